"""How the place of the systems to each other looks: quadrants of the last year, and how many places hold each, by year."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from evalkit.answer import in_period
from evalkit.coupling.balance import Balanced
from evalkit.report import theme
from evalkit.report.document import Figure, Table
from evalkit.report.verbs import figures, names, tables, words
from evalkit.report.words import Voice
from evalkit.stats.ranks import even
from evalkit.terms import Text

BOTH_HIGH, SECOND_HIGH, BOTH_LOW, FIRST_HIGH = 1, 2, 3, 4
QUADRANTS = {
    BOTH_HIGH: Text("双高", "both high"),
    SECOND_HIGH: Text("{a}低、{b}高", "{a} low, {b} high"),
    BOTH_LOW: Text("双低", "both low"),
    FIRST_HIGH: Text("{a}高、{b}低", "{a} high, {b} low"),
}


@names.register
def _(answer: Balanced) -> Mapping[str, Text]:
    return answer.bond.titles


@tables.register
def _(answer: Balanced, voice: Voice) -> tuple[Table, ...]:
    return by_year(answer, voice), by_place(answer, voice)


@figures.register
def _(answer: Balanced, voice: Voice) -> tuple[Figure, ...]:
    return (quadrants(answer, voice),) if "quadrant" in answer.frame else (apart(answer, voice),)


@words.register
def _(answer: Balanced, voice: Voice) -> str:
    year, now = _last(answer)
    text = Text(
        "{year} 年 {n} 个地区中，全部系统均高的 {high} 个、均低的 {low} 个；到均衡线的平均距离为 {d:.3f}，最低与最高系统之比平均为 {r:.2f}。",
        "In {year}, of {n} places, all systems are high in {high} and low in {low}; the mean distance to the line of balance is {d:.3f}, "
        "the mean ratio of the lowest to the highest system {r:.2f}.",
    )
    high, low = int((now["high"] == len(answer.bond.systems)).sum()), int((now["high"] == 0).sum())
    return voice(text, year=year, n=len(now), high=high, low=low, d=now["distance"].mean(), r=now["ratio"].mean())


def by_year(answer: Balanced, voice: Voice) -> Table:
    """Means by year, and of two systems how many places hold each quadrant."""
    by = answer.frame.groupby("period")
    heads = {
        "ratio": Text("最低与最高之比", "Lowest over highest"),
        "gap": Text("差距", "Gap"),
        "distance": Text("到均衡线的距离", "Distance to balance"),
    }
    printed = by[list(heads)].mean().rename(columns={key: voice(head) for key, head in heads.items()})
    if "quadrant" in answer.frame:
        for at in QUADRANTS:
            printed[_called(answer, at, voice)] = (answer.frame["quadrant"] == at).groupby(level="period").sum()
    caption = Text("各年系统的相对位置", "Where the systems stand, by year")
    return Table(key="balance_by_year", caption=caption, frame=printed.rename_axis(voice.term("period")).reset_index())


def by_place(answer: Balanced, voice: Voice) -> Table:
    """Every place in the last year, the widest apart first."""
    year, now = _last(answer)
    now = now.sort_values("distance", ascending=False, kind="stable", key=even)
    printed = pd.DataFrame({voice.term("unit"): [voice.name(unit) for unit in now.index]})
    for key, head in (
        ("ratio", Text("最低与最高之比", "Lowest over highest")),
        ("gap", Text("差距", "Gap")),
        ("distance", Text("到均衡线的距离", "Distance to balance")),
    ):
        printed[voice(head)] = now[key].to_numpy()
    if "quadrant" in now:
        printed[voice(Text("象限", "Quadrant"))] = [_called(answer, int(at), voice) for at in now["quadrant"]]
    caption = Text(f"{year} 年各地区系统的相对位置", f"Where the systems of each place stand, {year}")
    return Table(key="balance_places", caption=caption, frame=printed, show=20)


def quadrants(answer: Balanced, voice: Voice) -> Figure:
    """Two systems against each other in the last year, with the cuts and the line of balance."""
    year, now = _last(answer)
    x, y = answer.bond.systems

    def draw() -> Canvas:
        u = in_period(answer.bond.frame, year)
        canvas, axes = theme.new_figure(6.8, 5.4)
        for at in QUADRANTS:
            rows = (now["quadrant"] == at).reindex(u.index)
            if rows.any():
                label = f"{_called(answer, at, voice)} ({int(rows.sum())})"
                axes.scatter(u.loc[rows, x], u.loc[rows, y], label=label, **theme.dots(at - 1))
        axes.axvline(answer.cuts[0], color="0.35", lw=0.8)
        axes.axhline(answer.cuts[1], color="0.35", lw=0.8)
        axes.plot([0, 1], [0, 1], color="0.35", lw=1, ls="--")
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel=voice.name(x), ylabel=voice.name(y), aspect="equal")
        axes.set_xticks(np.linspace(0, 1, 6))
        theme.legend_below(axes)
        return canvas

    alt = Text(
        "散点图：实线为高低分界，虚线为均衡线。",
        "Scatter: solid lines part high from low, the dashed one is the line of balance.",
    )
    return Figure(key="quadrants", caption=Text(f"{year} 年两系统的象限", f"Quadrants, {year}"), draw=draw, alt=voice(alt))


def apart(answer: Balanced, voice: Voice) -> Figure:
    """How far places stand from the line of balance, by year: the median place and the middle half of them."""
    by = answer.frame["distance"].groupby("period").quantile(np.array([0.25, 0.5, 0.75])).unstack()

    def draw() -> Canvas:
        canvas, axes = theme.new_figure(6.8, 3.8)
        half = voice(Text("中间一半地区", "middle half of the places"))
        axes.fill_between(by.index, by[0.25], by[0.75], alpha=0.25, lw=0, label=half)
        axes.plot(by.index, by[0.5], label=voice(Text("中位数", "median")), **theme.line(0))
        axes.set_ylabel(voice(Text("到均衡线的距离", "Distance to balance")))
        axes.set_ylim(bottom=0)
        theme.years(axes, by.index)
        theme.legend_below(axes)
        return canvas

    caption = Text("各年到均衡线的距离", "Distance to the line of balance, by year")
    alt = Text("折线图：{words}", "Line chart. {words}")
    return Figure(key="balance_distance", caption=caption, draw=draw, alt=voice(alt, words=words(answer, voice)))


def _called(answer: Balanced, quadrant: int, voice: Voice) -> str:
    a, b = (voice.name(name) for name in answer.bond.systems)
    return voice(QUADRANTS[quadrant], a=a, b=b)


def _last(answer: Balanced) -> tuple[int, pd.DataFrame]:
    year = int(answer.frame.index.get_level_values("period").max())
    return year, in_period(answer.frame, year)
