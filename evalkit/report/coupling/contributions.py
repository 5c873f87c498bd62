"""How the change of D looks: a waterfall of systems, dimensions and indicators, each drawn from its table, and a table by place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from evalkit.coupling.dynamics.contributions import OF_SHARES, ChangeParts
from evalkit.report import theme
from evalkit.report.document import Figure, Table
from evalkit.report.verbs import figures, names, tables, words
from evalkit.report.words import Voice
from evalkit.stats.ranks import even, settled
from evalkit.terms import Text

GREATEST = 8  # indicators that have a bar of their own
PART = Text("项目", "Part")
CHANGE = Text("D 的变化", "Change of D")
REACHED = Text("累计 D", "D reached")
OWNER = Text("系统", "System")
REST = Text("其余 {n} 项指标", "the other {n} indicators")
SHARES = Text("系统权重变动", "shares of the systems")


class Bar(NamedTuple):
    """One step of a waterfall: whose it is (nobody's: ""), its label, and how far it goes."""

    system: str
    label: str
    change: float


@names.register
def _(answer: ChangeParts) -> Mapping[str, Text]:
    return {**names(answer.bond), **answer.titles}


@tables.register
def _(answer: ChangeParts, voice: Voice) -> tuple[Table, ...]:
    opened = () if answer.indicators.empty else (indicator_steps(answer, voice), indicator_means(answer, voice))
    return steps(answer, voice), system_means(answer, voice), *opened, change_by_place(answer, voice)


@figures.register
def _(answer: ChangeParts, voice: Voice) -> tuple[Figure, ...]:
    first = waterfall(answer, voice, steps(answer, voice))
    return (first,) if answer.indicators.empty else (first, waterfall(answer, voice, indicator_steps(answer, voice)))


@words.register
def _(answer: ChangeParts, voice: Voice) -> str:
    mean, of = answer.frame.mean(), answer.systems.mean()
    form = Text("{name} {part:+.4f}", "“{name}” {part:+.4f}")
    listed = voice.listing(voice(form, name=_name(str(key), voice), part=part) for key, part in of.items())
    text = Text(
        "{first}—{last} 年，D 的均值由 {a:.3f} 变为 {b:.3f}（{change:+.4f}）：按系统分，{systems}；按构成分，来自耦合度 C {c:+.4f}、来自综合发展 T {t:+.4f}。",
        "From {first} to {last} the mean of D went from {a:.3f} to {b:.3f} ({change:+.4f}): by system {systems}; {c:+.4f} of it came "
        "through coupling (C) and {t:+.4f} through development (T).",
    )
    said = voice(
        text,
        first=answer.first,
        last=answer.last,
        a=mean["first"],
        b=mean["last"],
        change=mean["change"],
        systems=listed,
        c=mean["C"],
        t=mean["T"],
    )
    if answer.indicators.empty:
        return said
    each = answer.indicators.mean().to_numpy()
    up, down = int(settled(each).argmax()), int(settled(each).argmin())
    indicator = answer.indicators.columns.get_level_values("indicator")
    most = Text("拉动最大的指标是“{up}”（{u:+.4f}）", " The indicator that raised D most is “{up}” ({u:+.4f})")
    least = Text("，拖累最大的是“{down}”（{d:+.4f}）。", ", and “{down}” held it back most ({d:+.4f}).")
    end = voice(least, down=voice.name(indicator[down]), d=each[down]) if each[down] < 0 else voice(Text("。", "."))
    if each[up] <= 0:
        fell = Text(
            "没有指标拉动 D 上升，拖累最大的是“{down}”（{d:+.4f}）。",
            " No indicator raised D; “{down}” held it back most ({d:+.4f}).",
        )
        return said + voice(fell, down=voice.name(indicator[down]), d=each[down])
    return said + voice(most, up=voice.name(indicator[up]), u=each[up]) + end


def steps(answer: ChangeParts, voice: Voice) -> Table:
    """From the mean of D in the first year to that in the last, by dimension, or by system where it was not opened."""
    average, bars = answer.average, list[Bar]()
    for system, part in answer.systems.mean().items():
        inside = average[(average["level"] == "dimension") & (average["system"] == system)]
        if len(inside) < 2:
            bars.append(Bar(str(system), _name(str(system), voice), part))
        else:
            named = zip(inside["dimension"], inside["contribution"], strict=True)
            bars += [Bar(str(system), voice.name(dimension), change) for dimension, change in named]
    caption = Text("D 均值变化的分解：系统", "What changed the mean of D: systems")
    if len(bars) > len(answer.systems.columns):
        caption = Text("D 均值变化的分解：系统与维度", "What changed the mean of D: systems and dimensions")
    return _fall(answer, voice, bars, "change_steps", caption)


def indicator_steps(answer: ChangeParts, voice: Voice) -> Table:
    """The same way by the indicators that moved D most, the others in one step."""
    every = answer.average[answer.average["level"] == "indicator"]
    every = every.iloc[np.argsort(-even(every["contribution"].abs()).to_numpy(), kind="stable")]
    top = every.head(GREATEST).sort_values("contribution", ascending=False, kind="stable", key=even)
    named = zip(top["system"], top["indicator"], top["contribution"], strict=True)
    bars = [Bar(str(system), voice.name(indicator), change) for system, indicator, change in named]
    rest = every["contribution"].iloc[GREATEST:]
    if len(rest):
        bars.append(Bar("", voice(REST, n=len(rest)), rest.sum()))
    opened = set(answer.indicators.columns.get_level_values("system"))
    for system, part in answer.systems.mean().items():
        if system not in opened:
            bars.append(Bar(str(system), _name(str(system), voice), part))
    caption = Text("D 均值变化的分解：主要指标", "What changed the mean of D: the indicators that did most")
    return _fall(answer, voice, bars, "change_indicator_steps", caption)


def system_means(answer: ChangeParts, voice: Voice) -> Table:
    """The change of D by system and by component: mean, range, and how many places it raised."""
    rows = pd.concat([answer.systems, answer.frame[["C", "T", "change"]]], axis=1)
    labels = [_name(str(key), voice) for key in answer.systems] + [voice.term("C"), voice.term("T"), voice(CHANGE)]
    return Table(
        key="change_systems",
        caption=Text("D 变化的来源：系统与构成", "Where the change of D comes from: systems and components"),
        frame=_spread(rows, voice).assign(**{voice(PART): labels}),
        decimals=_decimals(voice),
    )


def indicator_means(answer: ChangeParts, voice: Voice) -> Table:
    """The contribution of every indicator, greatest first."""
    rows = answer.indicators
    order = rows.mean().sort_values(ascending=False, kind="stable", key=even).index
    frame = _spread(rows[order], voice).assign(**{voice(PART): [voice.name(key[2]) for key in order]})
    frame.insert(1, voice(OWNER), [_name(str(key[0]), voice) for key in order])
    frame.insert(2, voice.term("dimension"), [voice.name(key[1]) for key in order])
    caption = Text("各指标对 D 变化的贡献", "What each indicator contributed to the change of D")
    return Table(key="change_indicators", caption=caption, frame=frame, decimals=_decimals(voice), show=20)


def change_by_place(answer: ChangeParts, voice: Voice) -> Table:
    """D in both years, its change and the parts of it, for every place, the greatest change first."""
    order = answer.frame["change"].sort_values(ascending=False, kind="stable", key=even).index
    frame = answer.frame.loc[order]
    out = pd.DataFrame({voice.term("unit"): [voice.name(unit) for unit in order]})
    out[f"D {answer.first}"], out[f"D {answer.last}"] = frame["first"].to_numpy(), frame["last"].to_numpy()
    out[voice(CHANGE)] = frame["change"].to_numpy()
    for key in answer.systems:
        out[_name(str(key), voice)] = answer.systems[key].reindex(order).to_numpy()
    for key in ("C", "T"):
        out[voice.term(key)] = frame[key].to_numpy()
    caption = Text("各地区 D 的变化及其来源", "The change of D in each place and where it comes from")
    return Table(key="change_places", caption=caption, frame=out, decimals=dict.fromkeys(out.columns[3:], 4), show=20)


def waterfall(answer: ChangeParts, voice: Voice, table: Table) -> Figure:
    """The steps of a table as a waterfall, from the first year to the last."""

    def draw() -> Canvas:
        frame = table.frame
        reached, change = frame[voice(REACHED)].to_numpy(), frame[voice(CHANGE)].to_numpy()
        begun = reached - np.nan_to_num(change)
        room = max(np.ptp(reached), 1e-3)
        start = max(0.0, min(reached.min(), begun[1:].min()) - 0.35 * room)
        begun[[0, -1]] = start
        owner = frame[voice(OWNER)].tolist()
        systems = [_name(str(key), voice) for key in answer.systems]
        colors = ["0.35" if not np.isfinite(c) else _color(o, systems) for o, c in zip(owner, change, strict=True)]
        canvas, axes = theme.new_figure(7.2, 1.3 + 0.26 * len(frame))
        place = np.arange(len(frame))
        axes.barh(place, reached - begun, left=begun, color=colors, edgecolor="white", linewidth=0.5, height=0.72)
        axes.vlines(reached[:-1], place[:-1] + 0.36, place[1:] - 0.36, color="0.5", lw=0.6)
        for at in range(len(frame)):
            text = f"{change[at]:+.4f}" if np.isfinite(change[at]) else f"{reached[at]:.4f}"
            axes.text(max(begun[at], reached[at]) + 0.01 * room, at, text, va="center", fontsize=7.5)
        axes.set_yticks(place, [theme.wrapped(label, 34) for label in frame[voice(PART)]], fontsize=7.5)
        axes.invert_yaxis()
        axes.set(xlim=(start, max(reached.max(), begun.max()) + 0.16 * room))
        cut = Text("{D}（横轴不从 0 开始）", "{D} (the axis does not begin at 0)") if start > 0 else Text("{D}", "{D}")
        axes.set_xlabel(voice(cut, D=voice.term("D")))
        axes.grid(visible=False, axis="y")
        theme.keys_below(axes, [(_color(name, systems), name) for name in dict.fromkeys(owner) if name in systems])
        return canvas

    return Figure(
        key=table.key,
        caption=table.caption,
        draw=draw,
        alt=voice(Text("瀑布图：{words}", "Waterfall. {words}"), words=words(answer, voice)),
    )


def _fall(answer: ChangeParts, voice: Voice, bars: list[Bar], key: str, caption: Text) -> Table:
    """A table of steps between the mean of D in the first and in the last year."""
    start, end = answer.frame["first"].mean(), answer.frame["last"].mean()
    year = Text("{year} 年 D 均值", "Mean of D, {year}")
    labels = [voice(year, year=answer.first), *(bar.label for bar in bars), voice(year, year=answer.last)]
    changes = [np.nan, *(bar.change for bar in bars), np.nan]
    frame = pd.DataFrame(
        {
            voice(PART): labels,
            voice(OWNER): ["—", *(_name(bar.system, voice) if bar.system else "—" for bar in bars), "—"],
            voice(CHANGE): changes,
            voice(REACHED): [*(start + np.cumsum([0.0, *changes[1:-1]])), end],
        }
    )
    return Table(key=key, caption=caption, frame=frame, decimals={voice(CHANGE): 4, voice(REACHED): 4})


def _spread(rows: pd.DataFrame, voice: Voice) -> pd.DataFrame:
    """Mean, least and greatest value of each column, and the share of places in which it is positive."""
    heads = (Text("均值", "Mean"), Text("最小", "Least"), Text("最大", "Greatest"), Text("为正的地区（%）", "Positive in (%)"))
    values = rows.to_numpy()
    parts = values.mean(axis=0), values.min(axis=0), values.max(axis=0), 100 * (values > 0).mean(axis=0)
    return pd.DataFrame({voice(PART): "", **{voice(head): part for head, part in zip(heads, parts, strict=True)}})


def _decimals(voice: Voice) -> dict[str, int]:
    return {voice(Text("均值", "Mean")): 4, voice(Text("最小", "Least")): 4, voice(Text("最大", "Greatest")): 4} | {
        voice(Text("为正的地区（%）", "Positive in (%)")): 1
    }


def _name(key: str, voice: Voice) -> str:
    return voice(SHARES) if key == OF_SHARES else voice.name(key)


def _color(owner: str, systems: list[str]) -> str:
    return theme.PALETTE[systems.index(owner) % len(theme.PALETTE)] if owner in systems else "0.65"
