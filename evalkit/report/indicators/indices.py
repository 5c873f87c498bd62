"""How indices look: weights and bounds, dimension scores, obstacle tables and heatmap."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from evalkit.answer import in_period
from evalkit.indicators.index import FittedIndex, IndexScores
from evalkit.indicators.obstacle import Obstacles
from evalkit.indicators.weighting.combined import Combined
from evalkit.report import theme
from evalkit.report.document import Figure, Table
from evalkit.report.verbs import figures, names, tables, words
from evalkit.report.words import Voice, system_names
from evalkit.stats.ranks import even
from evalkit.terms import Text


@names.register
def _(answer: FittedIndex) -> Mapping[str, Text]:
    return system_names({answer.spec.system.id: answer.spec.system})


@names.register
def _(answer: IndexScores) -> Mapping[str, Text]:
    return {**answer.panel.names, **system_names({answer.system.id: answer.system})}


@names.register
def _(answer: Obstacles) -> Mapping[str, Text]:
    return names(answer.scores)


@tables.register
def _(answer: FittedIndex, voice: Voice) -> tuple[Table, ...]:
    return (recipe(answer, voice),)


@tables.register
def _(answer: IndexScores, voice: Voice) -> tuple[Table, ...]:
    return dimension_means(answer, voice), recipe(answer.spec, voice)


@figures.register
def _(answer: IndexScores, voice: Voice) -> tuple[Figure, ...]:
    return (dimension_trend(answer, voice),)


@words.register
def _(answer: IndexScores, voice: Voice) -> str:
    by_year = answer.frame.groupby("period").mean()
    change = (by_year.iloc[-1] - by_year.iloc[0]).drop("score")
    text = Text(
        "{system}指数均值由 {first} 年的 {a:.3f} 变为 {last} 年的 {b:.3f}；{last} 年得分最低的维度为“{low}”（{v:.3f}），"
        "期间提升最多的维度为“{up}”（{d:+.3f}）。",
        "The mean index “{system}” moved from {a:.3f} in {first} to {b:.3f} in {last}; the lowest dimension in {last} is “{low}” "
        "({v:.3f}), and “{up}” gained most ({d:+.3f}).",
    )
    low = even(by_year.iloc[-1].drop("score")).idxmin()
    return voice(
        text,
        system=answer.system.name,
        first=by_year.index[0],
        last=by_year.index[-1],
        a=by_year["score"].iloc[0],
        b=by_year["score"].iloc[-1],
        low=voice.name(low),
        v=by_year[low].iloc[-1],
        up=voice.name(even(change).idxmax()),
        d=change.max(),
    )


@tables.register
def _(answer: Obstacles, voice: Voice) -> tuple[Table, ...]:
    return greatest(answer, voice), often(answer, voice), by_place(answer, voice), by_year(answer, voice)


@figures.register
def _(answer: Obstacles, voice: Voice) -> tuple[Figure, ...]:
    return (heatmap(answer, voice),)


@words.register
def _(answer: Obstacles, voice: Voice) -> str:
    last = answer.average.iloc[-1].sort_values(ascending=False, kind="stable", key=even)
    text = Text(
        "{year} 年，“{system}”的主要障碍指标为{items}；平均障碍度合计 {share:.1%}。",
        "In {year} the main obstacles of “{system}” are {items}; together they hold {share:.1%} of what is lacking on average.",
    )
    top = last.head(3)
    items = voice.listing(
        f"{voice.name(key)}（{value:.1%}）" if voice.lang == "zh" else f"{voice.name(key)} ({value:.1%})"
        for key, value in top.items()
    )
    return voice(text, year=last.name, system=answer.scores.system.name, items=items, share=top.sum())


def recipe(answer: FittedIndex, voice: Voice) -> Table:
    """Bounds, weights and skewness of each indicator."""
    system, frame = answer.spec.system, answer.frame
    by_id = {indicator.id: indicator for indicator in system.indicators}
    printed = pd.DataFrame(
        {
            voice.term("dimension"): [voice.name(d) for d in frame["dimension"]],
            voice.term("indicator"): [f"{key} {voice(by_id[key].name)}" for key in frame.index],
            voice.term("measure_unit"): [voice(by_id[key].unit) for key in frame.index],
            voice.term("direction"): [voice.term(by_id[key].direction.value) for key in frame.index],
            voice(Text("0 分值", "Scores 0 at")): frame["zero_at"].to_numpy(),
            voice(Text("1 分值", "Scores 1 at")): frame["one_at"].to_numpy(),
            voice.term("weight"): frame["weight"].to_numpy(),
            **{voice(head): frame[column].to_numpy() for column, head in _beside(answer).items()},
            voice.term("skewness"): frame["skewness"].to_numpy(),
        }
    )
    return Table(
        key=f"weights_{system.id}",
        caption=Text(f"{system.name.zh}：指标、上下界与权重", f"{system.name.en}: indicators, bounds and weights"),
        frame=printed,
        decimals={
            voice(Text("0 分值", "Scores 0 at")): 2,
            voice(Text("1 分值", "Scores 1 at")): 2,
            voice.term("weight"): 4,
            **{voice(head): 4 for head in _beside(answer).values()},
            voice.term("skewness"): 2,
        },
    )


def _beside(answer: FittedIndex) -> dict[str, Text]:
    """The columns of the recipe that say what a weight is made of: its parts, or its levels."""
    weigh = answer.spec.weigh
    if isinstance(weigh, Combined):
        return {f"weight_{name}": part.name for name, part in zip(weigh.names, weigh.parts, strict=True)}
    levels = {
        "weight_of_dimension": Text("维度权重", "Weight of dimension"),
        "weight_inside": Text("维度内权重", "Weight inside it"),
    }
    return {column: head for column, head in levels.items() if column in answer.frame}


def sources(answer: FittedIndex, voice: Voice) -> Table:
    """Where the figures of each indicator come from, and what to mind."""
    every = [(dimension, indicator) for dimension in answer.spec.system.dimensions for indicator in dimension.indicators]
    system = answer.spec.system
    printed = pd.DataFrame(
        {
            voice.term("indicator"): [f"{i.id} {voice(i.name)}" for _, i in every],
            voice.term("dimension"): [voice(d.name) for d, _ in every],
            voice.term("source"): [voice(i.source) or "—" for _, i in every],
            voice.term("note"): [voice(i.note) or "—" for _, i in every],
        }
    )
    return Table(
        key=f"sources_{system.id}",
        caption=Text(f"{system.name.zh}：指标来源与说明", f"{system.name.en}: sources and notes of the indicators"),
        frame=printed,
    )


def dimension_means(answer: IndexScores, voice: Voice) -> Table:
    """Means of the index and its dimensions by year."""
    mean = (
        answer.frame.groupby("period")
        .mean()
        .rename(columns={"score": voice.term("score")} | {d.id: voice(d.name) for d in answer.system.dimensions})
    )
    return Table(
        key=f"dimensions_{answer.system.id}",
        caption=Text(f"{answer.system.name.zh}：各年维度得分均值", f"{answer.system.name.en}: dimension scores by year (means)"),
        frame=mean.rename_axis(voice.term("period")).reset_index(),
    )


def dimension_trend(answer: IndexScores, voice: Voice) -> Figure:
    """Mean of each dimension over the years."""

    def draw() -> Canvas:
        mean = answer.frame.groupby("period").mean()
        canvas, axes = theme.new_figure(7.2, 3.9)
        for at, dimension in enumerate(answer.system.dimensions):
            axes.plot(mean.index, mean[dimension.id], label=voice(dimension.name), **theme.line(at))
        axes.plot(mean.index, mean["score"], label=voice.term("score"), color="0.15", lw=2.6)
        axes.set_ylim(0, 1)
        axes.set_ylabel(voice(Text("得分均值", "Mean score")))
        theme.years(axes, mean.index)
        theme.legend_below(axes)
        return canvas

    return Figure(
        key=f"dimensions_{answer.system.id}",
        caption=Text(f"{answer.system.name.zh}：维度得分的变化", f"{answer.system.name.en}: dimension scores over the years"),
        draw=draw,
        alt=words(answer, voice),
    )


def greatest(answer: Obstacles, voice: Voice, most: int = 10) -> Table:
    """The indicators with the greatest mean obstacle degree in the last year, beside the first year."""
    first, last = answer.average.iloc[0], answer.average.iloc[-1]
    top = last.sort_values(ascending=False, kind="stable", key=even).head(most)
    system = answer.scores.system
    dimension = {i.id: d.name for d in system.dimensions for i in d.indicators}
    printed = pd.DataFrame(
        {
            voice.term("rank"): range(1, len(top) + 1),
            voice.term("indicator"): [f"{key} {voice.name(key)}" for key in top.index],
            voice.term("dimension"): [voice(dimension[key]) for key in top.index],
            voice(Text("{year} 年障碍度（%）", "Degree {year} (%)"), year=first.name): first[top.index].to_numpy() * 100,
            voice(Text("{year} 年障碍度（%）", "Degree {year} (%)"), year=last.name): top.to_numpy() * 100,
        }
    )
    return Table(
        key=f"obstacles_{system.id}",
        caption=Text(f"{system.name.zh}：主要障碍指标", f"{system.name.en}: main obstacles"),
        frame=printed,
        decimals=dict.fromkeys(printed.columns[3:], 1),
    )


def often(answer: Obstacles, voice: Voice, most: int = 10) -> Table:
    """How often an indicator is among the ranked obstacles of a place, in the first and the last year."""
    shares = answer.frequency
    top = shares.iloc[-1].sort_values(ascending=False, kind="stable", key=even).head(most)
    system, ranked = answer.scores.system, answer.frame.shape[1] // 2
    printed = pd.DataFrame({voice.term("indicator"): [f"{key} {voice.name(key)}" for key in top.index]})
    for year in dict.fromkeys((shares.index[0], shares.index[-1])):
        printed[voice(Text("{year} 年（%）", "{year} (%)"), year=year)] = shares.loc[year, top.index].to_numpy() * 100
    caption = Text(
        "{system}：位列各地区前 {k} 位障碍的频率", "{system}: how often an indicator is among the first {k} obstacles of a place"
    )
    return Table(
        key=f"obstacles_often_{system.id}",
        caption=caption.format(system=system.name, k=ranked),
        frame=printed,
        decimals=dict.fromkeys(printed.columns[1:], 1),
    )


def by_place(answer: Obstacles, voice: Voice) -> Table:
    """The greatest obstacles of every place in the last year."""
    last = answer.average.index[-1]
    now = in_period(answer.frame, last)
    printed = pd.DataFrame({voice.term("unit"): [voice.name(unit) for unit in now.index]})
    for place in range(1, now.shape[1] // 2 + 1):
        head = voice(Text("第 {n} 障碍", "Obstacle {n}"), n=place)
        printed[head] = now[f"obstacle_{place}"].astype(object).map(voice.name).to_numpy()
        printed[voice(Text("障碍度 {n}（%）", "Degree {n} (%)"), n=place)] = now[f"degree_{place}"].to_numpy() * 100
    system = answer.scores.system
    return Table(
        key=f"obstacles_places_{system.id}",
        caption=Text(f"{system.name.zh}：{last} 年各地区主要障碍", f"{system.name.en}: main obstacles of each place, {last}"),
        frame=printed,
        decimals=dict.fromkeys(printed.columns[2::2], 1),
        show=0,
    )


def by_year(answer: Obstacles, voice: Voice) -> Table:
    """Mean obstacle degree of every indicator by year."""
    degrees = answer.average.T * 100
    degrees.columns = pd.Index([str(year) for year in degrees.columns])
    degrees.insert(0, voice.term("indicator"), [f"{key} {voice.name(key)}" for key in degrees.index])
    system = answer.scores.system
    return Table(
        key=f"obstacles_years_{system.id}",
        caption=Text(f"{system.name.zh}：各指标各年平均障碍度（%）", f"{system.name.en}: mean obstacle degrees by year (%)"),
        frame=degrees.reset_index(drop=True),
        decimals=dict.fromkeys(degrees.columns[1:], 1),
        show=0,
    )


def heatmap(answer: Obstacles, voice: Voice, most: int = 16) -> Figure:
    """Mean obstacle degree of the leading indicators by year."""
    system = answer.scores.system

    def draw() -> Canvas:
        order = answer.average.iloc[-1].sort_values(ascending=False, kind="stable", key=even).index[:most]
        shown = answer.average[order].T * 100
        canvas, axes = theme.new_figure(7.2, 1.4 + 0.32 * len(shown))
        image = axes.imshow(shown.to_numpy(), cmap=theme.SEQUENTIAL, aspect="auto", vmin=0)
        theme.years(axes, answer.average.index, tiles=True)
        axes.set_yticks(range(len(shown)), [theme.wrapped(voice.name(key)) for key in shown.index], fontsize=7.5)
        axes.grid(visible=False)
        for (i, j), value in np.ndenumerate(shown.to_numpy()):
            axes.text(j, i, f"{value:.0f}", ha="center", va="center", fontsize=6.5, color=theme.on(image.norm(value)))
        canvas.colorbar(image, ax=axes, label=voice(Text("平均障碍度（%）", "Mean obstacle degree (%)")), shrink=0.8)
        return canvas

    return Figure(
        key=f"obstacles_{system.id}",
        caption=Text(f"{system.name.zh}：主要障碍指标的变化", f"{system.name.en}: main obstacles over the years"),
        draw=draw,
        alt=words(answer, voice),
    )


def all_scores(answer: IndexScores, voice: Voice) -> Table:
    """Index and dimension scores of every place and year."""
    rows = answer.frame.reset_index()
    printed = voice.places(rows["unit"]).assign(**{voice.term("period"): rows["period"]})
    printed[voice.term("score")] = rows["score"]
    for dimension in answer.system.dimensions:
        printed[voice(dimension.name)] = rows[dimension.id]
    return Table(
        key=f"scores_{answer.system.id}",
        caption=Text(f"{answer.system.name.zh}：全部地区各年得分", f"{answer.system.name.en}: scores of all places and years"),
        frame=printed,
        show=0,
    )
