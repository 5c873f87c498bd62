"""How moves between grades look: the matrix as a heat table, and who rose, stayed and fell by year."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from evalkit.coupling.dynamics.transitions import Transitions
from evalkit.report import theme
from evalkit.report.coupling.dynamics import PLACES, SHARE, stacked
from evalkit.report.document import Figure, Table
from evalkit.report.verbs import figures, names, tables, words
from evalkit.report.words import Voice
from evalkit.terms import Text

ENOUGH = 0.02  # of all pairs: a grade in which fewer began is called neither firm nor loose


@names.register
def _(answer: Transitions) -> Mapping[str, Text]:
    return names(answer.bond)


@tables.register
def _(answer: Transitions, voice: Voice) -> tuple[Table, ...]:
    return matrix(answer, voice), moves_by_year(answer, voice)


@figures.register
def _(answer: Transitions, voice: Voice) -> tuple[Figure, ...]:
    return heat(answer, voice), move_bars(answer, voice)


@words.register
def _(answer: Transitions, voice: Voice) -> str:
    by, scheme = answer.by_period, answer.bond.spec.grades
    down, stay, up = (by[["down", "stay", "up"]].to_numpy() * by[["pairs"]].to_numpy()).sum(axis=0) / by["pairs"].sum()
    began = answer.frame.sum(axis=1)
    kept = pd.Series(np.diag(answer.shares), index=answer.shares.index)[began >= ENOUGH * began.sum()]
    text = Text(
        "相隔 {lag} 期的等级共 {n} 对，{up:.1%} 上升、{stay:.1%} 不变、{down:.1%} 下降",
        "Pairs of grades at a lag of {lag}: {n}, of which {up:.1%} rose, {stay:.1%} stayed and {down:.1%} fell",
    )
    said = voice(text, lag=answer.spec.lag, n=int(by["pairs"].sum()), up=up, stay=stay, down=down)
    if len(kept) > 1:
        ends = Text(
            "；最稳定的等级为“{firm}”（{a:.0%} 留在原级），最易变动的为“{loose}”（{b:.0%}）",
            "; the firmest grade is “{firm}” ({a:.0%} stay in it), the loosest “{loose}” ({b:.0%})",
        )
        firm, loose = (scheme.label(kept.index[at], voice.lang) for at in (int(kept.argmax()), int(kept.argmin())))
        said += voice(ends, firm=firm, a=kept.max(), loose=loose, b=kept.min())
    return said + voice(Text("。", "."))


def matrix(answer: Transitions, voice: Voice) -> Table:
    """Shares of the moves out of each grade that was held, in percent, with how many began in it."""
    scheme, counts = answer.bond.spec.grades, answer.frame
    held = [grade for grade in counts.index if counts.loc[grade].any() or counts[grade].any()]
    label = {grade: scheme.label(int(grade), voice.lang) for grade in held}
    frame = (100 * answer.shares.loc[held, held]).rename(columns=label)
    frame.insert(0, voice(Text("起点数", "Began")), counts.loc[held].sum(axis=1))
    frame.insert(0, voice(Text("起始等级＼到达等级", "From \\ to")), list(label.values()))
    caption = Text("协调等级的转移（行为起始等级，%）", "Moves between grades (rows: the grade before, %)")
    return Table(
        key="grade_moves",
        caption=caption,
        frame=frame.reset_index(drop=True).rename_axis(columns=None),
        decimals=dict.fromkeys(label.values(), 1),
    )


def moves_by_year(answer: Transitions, voice: Voice) -> Table:
    """Shares of places that fell, stayed and rose, by year."""
    heads = {
        "pairs": PLACES,
        "down": Text("下降（%）", "Fell (%)"),
        "stay": Text("不变（%）", "Stayed (%)"),
        "up": Text("上升（%）", "Rose (%)"),
    }
    by = answer.by_period
    frame = by.assign(**{way: by[way] * 100 for way in ("down", "stay", "up")})
    printed = frame.rename(columns={key: voice(head) for key, head in heads.items()}).rename_axis(voice.term("period"))
    return Table(
        key="moves_by_year",
        caption=Text("各年等级升降的地区占比", "Places whose grade fell, stayed and rose, by year"),
        frame=printed.reset_index(),
        decimals=dict.fromkeys(printed.columns[1:], 1),
    )


def heat(answer: Transitions, voice: Voice) -> Figure:
    """The matrix of moves as a heat table."""
    table = matrix(answer, voice)

    def draw() -> Canvas:
        frame = table.frame
        shares, labels = frame.iloc[:, 2:].to_numpy(dtype=float), list(frame.columns[2:])
        canvas, axes = theme.new_figure(min(3.4 + 0.6 * len(labels), 8.0), 1.9 + 0.42 * len(labels))
        image = axes.imshow(np.nan_to_num(shares), cmap=theme.SEQUENTIAL, vmin=0, vmax=100, aspect="auto")
        for (i, j), share in np.ndenumerate(shares):
            if share > 0:
                axes.text(j, i, f"{share:.1f}", ha="center", va="center", fontsize=8, color=theme.on(image.norm(share)))
        axes.set_xticks(range(len(labels)), labels, fontsize=7.5, rotation=30, ha="right", rotation_mode="anchor")
        axes.set_yticks(
            range(len(labels)), [f"{label} (n={n:,})" for label, n in zip(labels, frame.iloc[:, 1], strict=True)], fontsize=7.5
        )
        axes.set(xlabel=voice(Text("到达等级", "Grade after")), ylabel=voice(Text("起始等级", "Grade before")))
        axes.grid(visible=False)
        canvas.colorbar(image, ax=axes, label=voice(SHARE), shrink=0.8)
        return canvas

    alt = voice(Text("热力表：{words}", "Heat table. {words}"), words=words(answer, voice))
    return Figure(key="grade_moves", caption=table.caption, draw=draw, alt=alt)


def move_bars(answer: Transitions, voice: Voice) -> Figure:
    """Places that fell, stayed and rose, by year."""
    table = moves_by_year(answer, voice)
    low, middle, high = theme.grades(5)([0.1, 0.5, 0.9])
    return Figure(
        key="moves_by_year",
        caption=table.caption,
        draw=lambda: stacked(table.frame.drop(columns=voice(PLACES)), voice(SHARE), [low, middle, high]),
        alt=voice(Text("堆积柱形图：{words}", "Stacked bars. {words}"), words=words(answer, voice)),
    )
