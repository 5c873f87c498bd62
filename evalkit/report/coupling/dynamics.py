"""How movement looks: phase plane, stages of the coupling of speeds by year, and states of decoupling by year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure as Canvas

from evalkit.answer import in_period
from evalkit.coupling.dynamics.decoupling import STATES, Decoupled
from evalkit.coupling.dynamics.speeds import SpeedCoupling, coupling_angle
from evalkit.report import theme
from evalkit.report.document import Figure, Table
from evalkit.report.verbs import figures, names, tables, words
from evalkit.report.words import Voice
from evalkit.stats.arrays import Array
from evalkit.stats.ranks import even
from evalkit.terms import Text

PATHS = 40  # paths of single places that are still told apart
APART = 0.06  # of a plane's width: years named along a path stand at least so far from each other
PLACES = Text("地区数", "Places")
NONE = Text("未归类", "in none")
SHARE = Text("占比（%）", "Share (%)")


@names.register
def _(answer: SpeedCoupling) -> Mapping[str, Text]:
    return answer.titles


@names.register
def _(answer: Decoupled) -> Mapping[str, Text]:
    return answer.titles


# speeds


@tables.register
def _(answer: SpeedCoupling, voice: Voice) -> tuple[Table, ...]:
    return stages_by_year(answer, voice), mean_path(answer, voice), stage_meanings(answer, voice), speeds_by_place(answer, voice)


@figures.register
def _(answer: SpeedCoupling, voice: Voice) -> tuple[Figure, ...]:
    return phase_plane(answer, voice), stage_bars(answer, voice)


@words.register
def _(answer: SpeedCoupling, voice: Voice) -> str:
    stages, frame = {one.id: one for one in answer.spec.stages.stages}, answer.frame
    last = int(frame.index.get_level_values("period").max())
    now = in_period(frame, last)
    mean = now[[f"V_{name}" for name in answer.systems]].mean()
    told = now["stage"].value_counts()
    told = told[told > 0]
    if told.empty:
        return voice(Text("{last} 年各地区均无变化。", "In {last} no place moved."), last=last)
    text = Text(
        "{last} 年，{a}与{b}的平均速度分别为每年 {va:+.4f} 与 {vb:+.4f}；最多见的阶段为“{stage}”{meaning}，{n} 个地区中有 {k} 个（{share:.0%}）。",
        "In {last} “{a}” moves by {va:+.4f} a year and “{b}” by {vb:+.4f} on average; the most frequent stage is “{stage}”{meaning}: "
        "{k} of {n} places ({share:.0%}).",
    )
    top = stages[str(told.index[0])]
    a, b = (voice.name(name) for name in answer.systems)
    meaning = top.meaning.format(a=a, b=b)
    aside = Text("（{meaning}）", " ({meaning})").format(meaning=meaning) if top.meaning != top.label else Text("", "")
    return voice(
        text,
        last=last,
        a=a,
        b=b,
        va=mean.iloc[0],
        vb=mean.iloc[1],
        stage=top.label.format(a=a, b=b),
        meaning=aside,
        n=len(now),
        k=int(told.iloc[0]),
        share=told.iloc[0] / len(now),
    )


def stages_by_year(answer: SpeedCoupling, voice: Voice) -> Table:
    """How many places are in each stage, by year."""
    labels = {one.id: one.label for one in answer.spec.stages.stages}
    return Table(
        key="speed_stages_by_year",
        caption=Text("各年速度耦合阶段的地区数", "Places in each stage of the coupling of speeds, by year"),
        frame=_counts(answer.frame["stage"], _said(labels, answer.systems, voice), voice),
    )


def mean_path(answer: SpeedCoupling, voice: Voice) -> Table:
    """The mean of both systems by year, and the speeds, the angle of the mean speeds and the scissors difference."""
    a, b = answer.systems
    levels = answer.levels.groupby("period").mean()
    speeds = answer.frame.groupby("period")[[f"V_{a}", f"V_{b}", "scissors"]].mean().reindex(levels.index)
    angle = coupling_angle(speeds[f"V_{a}"].to_numpy(), speeds[f"V_{b}"].to_numpy())
    frame = levels.join(speeds.drop(columns="scissors")).assign(angle=angle, scissors=speeds["scissors"])
    velocity = Text("{name}的速度（每年）", "Speed of {name} (a year)")
    heads = {a: voice.name(a), b: voice.name(b)}
    heads |= {f"V_{name}": voice(velocity, name=voice.name(name)) for name in answer.systems}
    heads |= {
        "angle": voice(Text("平均速度的耦合角（°）", "Angle of mean speeds (°)")),
        "scissors": voice(Text("剪刀差均值（°）", "Mean scissors difference (°)")),
    }
    return Table(
        key="mean_path",
        caption=Text(
            "各年系统指数、速度、耦合角与剪刀差（均值）", "Systems, speeds, angle and scissors difference by year (means)"
        ),
        frame=frame.rename(columns=heads).rename_axis(voice.term("period")).reset_index(),
        decimals={heads[f"V_{a}"]: 4, heads[f"V_{b}"]: 4, heads["angle"]: 1, heads["scissors"]: 2},
    )


def stage_meanings(answer: SpeedCoupling, voice: Voice) -> Table:
    """What each stage means, and how many unit-years are in it."""
    scheme = answer.spec.stages
    count = answer.frame["stage"].value_counts().reindex(scheme.ids).to_numpy()
    labels = list(_said({one.id: one.label for one in scheme.stages}, answer.systems, voice).values())
    said = list(_said({one.id: one.meaning for one in scheme.stages}, answer.systems, voice).values())
    frame = pd.DataFrame(
        {
            voice(Text("阶段", "Stage")): labels,
            voice(Text("耦合角（°）", "Angle (°)")): [f"({one.lower:g}, {one.upper:g}]" for one in scheme.stages],
            **({} if said == labels else {voice(Text("含义", "Meaning")): said}),
            voice(Text("地区—年份", "Unit-years")): count,
            voice(SHARE): 100 * count / max(1, count.sum()),
        }
    )
    caption = Text("速度耦合阶段的含义", "What the stages of the coupling of speeds mean")
    return Table(key="speed_stages", caption=caption, frame=frame, source=voice(scheme.source), decimals={voice(SHARE): 1})


def speeds_by_place(answer: SpeedCoupling, voice: Voice) -> Table:
    """Every place in the last year."""
    last = int(answer.frame.index.get_level_values("period").max())
    now = in_period(answer.frame, last).sort_values("speed", ascending=False, kind="stable", key=even)
    said = _said({one.id: one.label for one in answer.spec.stages.stages}, answer.systems, voice)
    velocity = Text("{name}的速度", "Speed of {name}")
    out = pd.DataFrame({voice.term("unit"): [voice.name(unit) for unit in now.index]})
    for name in answer.systems:
        out[voice(velocity, name=voice.name(name))] = now[f"V_{name}"].to_numpy()
    angle, scissors = voice(Text("耦合角（°）", "Angle (°)")), voice(Text("剪刀差（°）", "Scissors (°)"))
    out[angle], out[scissors] = now["angle"].to_numpy(), now["scissors"].to_numpy()
    out[voice(Text("阶段", "Stage"))] = _named(now["stage"], said, voice)
    return Table(
        key=f"speeds_{last}",
        caption=Text(f"{last} 年各地区的速度与耦合角", f"Speeds and coupling angles of all places, {last}"),
        frame=out,
        decimals=dict.fromkeys(out.columns[1:3], 4) | {angle: 1, scissors: 2},
        show=20,
    )


def phase_plane(answer: SpeedCoupling, voice: Voice) -> Figure:
    """The path of the yearly means through the plane of both systems, and pale paths of single places."""
    levels, path = answer.levels, mean_path(answer, voice).frame
    years, x, y = (path.iloc[:, at].to_numpy() for at in range(3))

    def draw() -> Canvas:
        canvas, axes = theme.new_figure(5.6, 4.8)
        blue, shown = theme.PALETTE[0], set(_sample(levels))
        paths = [rows.to_numpy() for unit, rows in levels.groupby(level="unit") if unit in shown]
        axes.add_collection(LineCollection(paths, colors="0.8", linewidths=0.7, zorder=1))
        ends = np.array([path[-1] for path in paths])
        single = voice(Text("单个地区（点为末年）", "single places (dot: last year)"))
        axes.scatter(ends[:, 0], ends[:, 1], s=7, color="0.68", zorder=1, label=single)
        axes.autoscale_view()
        axes.set(
            xlim=axes.get_xlim(), ylim=axes.get_ylim(), xlabel=voice.name(answer.systems[0]), ylabel=voice.name(answer.systems[1])
        )
        axes.axline((0, 0), slope=1, color="0.35", lw=1, ls="--", label=voice(Text("均衡线", "line of balance")))
        axes.plot(x, y, color=blue, lw=1.6, zorder=3, label=voice(Text("各年均值", "mean of each year")))
        for at in range(len(years) - 1):
            arrow = {"arrowstyle": "-|>", "color": blue, "lw": 1.6, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 9}
            axes.annotate("", (x[at + 1], y[at + 1]), (x[at], y[at]), arrowprops=arrow, zorder=3)
        for at in _spaced(x / np.ptp(axes.get_xlim()), y / np.ptp(axes.get_ylim())):
            axes.plot(x[at], y[at], color=blue, marker="o", ms=4, mec="white", mew=0.6, zorder=4)
            axes.annotate(str(years[at]), (x[at], y[at]), (5, -10), textcoords="offset points", fontsize=7.5, zorder=5)
        theme.legend_below(axes)
        return canvas

    many = len(levels.index.unique("unit")) > PATHS
    caption = Text("相平面：各年均值的轨迹", "Phase plane: the path of the yearly means")
    if many:
        caption = Text(f"{caption.zh}与等距抽取的 {PATHS} 个地区", f"{caption.en}, and {PATHS} places evenly sampled")
    alt = Text(
        "相平面图：横轴为{a}，纵轴为{b}；蓝色箭线为 {first}—{last} 年的均值轨迹，灰线为单个地区。",
        "Phase plane of {a} (across) and {b} (up): arrows run through the means of {first} to {last}; gray lines are single places.",
    )
    a, b = (voice.name(name) for name in answer.systems)
    return Figure(key="phase_plane", caption=caption, draw=draw, alt=voice(alt, a=a, b=b, first=years[0], last=years[-1]))


def stage_bars(answer: SpeedCoupling, voice: Voice) -> Figure:
    """Places in each stage, by year."""
    table = stages_by_year(answer, voice)
    alt = Text("堆积柱形图：{words}", "Stacked bars. {words}")
    return Figure(
        key="speed_stages",
        caption=table.caption,
        draw=lambda: stacked(table.frame, voice(PLACES), _colors(len(answer.spec.stages.stages))),
        alt=voice(alt, words=words(answer, voice)),
    )


# decoupling


@tables.register
def _(answer: Decoupled, voice: Voice) -> tuple[Table, ...]:
    return states_by_year(answer, voice), state_meanings(answer, voice), decoupling_by_place(answer, voice)


@figures.register
def _(answer: Decoupled, voice: Voice) -> tuple[Figure, ...]:
    table = states_by_year(answer, voice)
    return (
        Figure(
            key="decoupling_states",
            caption=table.caption,
            draw=lambda: stacked(table.frame, voice(PLACES), _colors(len(STATES))),
            alt=voice(Text("堆积柱形图：{words}", "Stacked bars. {words}"), words=words(answer, voice)),
        ),
    )


@words.register
def _(answer: Decoupled, voice: Voice) -> str:
    last = int(answer.frame.index.get_level_values("period").max())
    now = in_period(answer.frame, last)
    told = now["state"].value_counts()
    told = told[told > 0].head(2)
    if told.empty:
        return voice(Text("{last} 年没有地区可判定脱钩状态。", "In {last} no place is in a state."), last=last)
    states = {one.id: one for one in STATES}
    a, b = (voice.name(name) for name in answer.systems)
    form = Text("“{state}”（{meaning}）{k} 个", "“{state}” ({meaning}) {k}")
    items = voice.listing(
        voice(form, state=states[str(key)].label, meaning=states[str(key)].meaning.format(a=a, b=b), k=int(k))
        for key, k in told.items()
    )
    text = Text(
        "截至 {last} 年的时段，{a}对{b}的脱钩状态以{items}为多（共 {n} 个地区）；弹性中位数为 {e:.2f}。",
        "In the step that ends in {last} the most frequent states of “{a}” against “{b}” are {items}, of {n} places; the median "
        "elasticity is {e:.2f}.",
    )
    return voice(text, last=last, a=a, b=b, items=items, n=len(now), e=now["elasticity"].median())


def states_by_year(answer: Decoupled, voice: Voice) -> Table:
    """How many places are in each state, by the later year."""
    return Table(
        key="decoupling_by_year",
        caption=Text("各年脱钩状态的地区数", "Places in each state of decoupling, by year"),
        frame=_counts(answer.frame["state"], {one.id: voice(one.label) for one in STATES}, voice),
    )


def state_meanings(answer: Decoupled, voice: Voice) -> Table:
    """What each state means, and how many steps are in it."""
    low, high = answer.spec.limits
    ranges = ("e < 0", f"0 ≤ e < {low:g}", f"{low:g} ≤ e ≤ {high:g}", f"e > {high:g}") * 2
    count = answer.frame["state"].value_counts().reindex([one.id for one in STATES]).to_numpy()
    rise, fall = Text("升", "rises"), Text("降", "falls")
    a, b = answer.systems
    frame = pd.DataFrame(
        {
            voice(Text("状态", "State")): [voice(one.label) for one in STATES],
            voice.name(b): [voice(rise if at < 4 else fall) for at in range(len(STATES))],
            voice(Text("弹性", "Elasticity")): ranges,
            voice(Text("含义", "Meaning")): list(_said({one.id: one.meaning for one in STATES}, (a, b), voice).values()),
            voice(Text("地区—时段", "Steps")): count,
            voice(SHARE): 100 * count / max(1, count.sum()),
        }
    )
    source = Text("Tapio（2005），Transport Policy 12(2)", "Tapio (2005), Transport Policy 12(2)")
    caption = Text("脱钩状态的含义", "What the states of decoupling mean")
    return Table(key="decoupling_states", caption=caption, frame=frame, source=voice(source), decimals={voice(SHARE): 1})


def decoupling_by_place(answer: Decoupled, voice: Voice) -> Table:
    """Every place in the last step."""
    last = int(answer.frame.index.get_level_values("period").max())
    now = in_period(answer.frame, last)
    change = Text("{name}变化率（%）", "Change of {name} (%)")
    out = pd.DataFrame({voice.term("unit"): [voice.name(unit) for unit in now.index]})
    out[voice(Text("起始年份", "Since"))] = now["since"].to_numpy()
    for name in answer.systems:
        out[voice(change, name=voice.name(name))] = 100 * now[name].to_numpy()
    out[voice(Text("弹性", "Elasticity"))] = now["elasticity"].to_numpy()
    out[voice(Text("状态", "State"))] = _named(now["state"], {one.id: voice(one.label) for one in STATES}, voice)
    caption = Text(f"{last} 年各地区脱钩状态", f"Decoupling of all places, {last}")
    return Table(key=f"decoupling_{last}", caption=caption, frame=out, decimals=dict.fromkeys(out.columns[2:5], 2), show=20)


# what they share


def _said(texts: Mapping[str, Text], systems: tuple[str, str], voice: Voice) -> dict[str, str]:
    a, b = (voice.name(name) for name in systems)
    return {key: voice(text, a=a, b=b) for key, text in texts.items()}


def _named(kinds: pd.Series, said: Mapping[str, str], voice: Voice) -> list[str]:
    return [said.get(str(kind), voice(NONE)) for kind in kinds.astype(object)]


def _counts(kinds: pd.Series, said: Mapping[str, str], voice: Voice) -> pd.DataFrame:
    """How many places are of each kind in each year, years down; those of none at the end, where there are any."""
    counts = kinds.groupby(level="period").value_counts().unstack(fill_value=0).reindex(columns=list(said), fill_value=0)
    every = kinds.groupby(level="period").size()
    out = counts.rename(columns=dict(said)).rename_axis(columns=None).rename_axis(voice.term("period"))
    rest = every - counts.sum(axis=1)
    if rest.any():
        out[voice(NONE)] = rest
    return out.reset_index().rename(columns=str)


def _colors(count: int) -> list[Any]:
    return [*theme.PALETTE[:count], "0.9"]


def stacked(frame: pd.DataFrame, label: str, colors: Sequence[Any]) -> Canvas:
    """Stacked bars of a table whose first column holds years."""
    years = frame.iloc[:, 0].to_numpy()
    canvas, axes = theme.new_figure(7.2, 4.2)
    below, keys = np.zeros(len(years)), []
    for color, (name, column) in zip(colors, frame.iloc[:, 1:].items(), strict=False):
        if column.any():
            axes.bar(years, column, bottom=below, width=0.8, color=color, edgecolor="white", linewidth=0.6)
            below += column.to_numpy()
            keys.append((color, str(name)))
    axes.set_ylabel(label)
    axes.grid(visible=False, axis="x")
    theme.years(axes, years)
    theme.keys_below(axes, keys)
    return canvas


def _sample(levels: pd.DataFrame) -> pd.Index:
    """Units evenly spaced by their mean over all years."""
    order = levels.mean(axis=1).groupby(level="unit").mean().sort_values(kind="stable", key=even).index
    return order[np.unique(np.linspace(0, len(order) - 1, min(PATHS, len(order))).round().astype(int))]


def _spaced(x: Array, y: Array) -> list[int]:
    """Which points of a path are named: its ends, and those between that stand clear of each other."""
    kept = [len(x) - 1]
    for at in range(len(x) - 1):
        if all(np.hypot(x[at] - x[k], y[at] - y[k]) > APART for k in kept):
            kept.append(at)
    return sorted(kept)
