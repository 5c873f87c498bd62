"""How indices look beside one another: agreement, a chart of the places that shift most, and what moves them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from evalkit.indicators.comparison import IndexAgreement
from evalkit.indicators.index import IndexScores
from evalkit.report import theme
from evalkit.report.document import Figure, Table
from evalkit.report.verbs import figures, names, tables, words
from evalkit.report.words import Voice
from evalkit.stats.arrays import Array
from evalkit.stats.ranks import even
from evalkit.terms import Text, same

MANY = 4  # other indices, from which on documents print less


@names.register
def _(answer: IndexAgreement) -> Mapping[str, Text]:
    known: dict[str, Text] = {}
    for index in answer.indices.values():
        if isinstance(index, IndexScores):
            known |= names(index)
    return {name: text for name, text in known.items() if name not in answer.indices} | dict(answer.spec.labels)


@tables.register
def _(answer: IndexAgreement, voice: Voice) -> tuple[Table, ...]:
    return agreement(answer, voice), shift_table(answer, voice), movers(answer, voice)


@figures.register
def _(answer: IndexAgreement, voice: Voice) -> tuple[Figure, ...]:
    return (slopes(answer, voice),)


@words.register
def _(answer: IndexAgreement, voice: Voice) -> str:
    row = answer.agreement.reset_index().sort_values("kendall", kind="stable", key=even).iloc[0]
    text = Text(
        "{year} 年 {n} 个地区，“{a}”与“{b}”的位次最不一致：斯皮尔曼相关 {rho:.3f}，肯德尔 τ {tau:.3f}（偏重前列为 {top:.3f}），平均相差 "
        "{mean:.1f} 位，最多 {most:.0f} 位；“{a}”的前 {k} 名中有 {stay:.0%} 仍在“{b}”的前 {k} 名。",
        "Of {n} places in {year}, the ranks by “{a}” and “{b}” agree least: Spearman {rho:.3f}, Kendall's τ {tau:.3f} ({top:.3f} where "
        "the top weighs most), {mean:.1f} places apart on average and {most:.0f} at most; {stay:.0%} of the first {k} by “{a}” are "
        "among the first {k} by “{b}”.",
    )
    said = [
        voice(
            text,
            year=answer.period,
            n=len(answer.frame),
            a=voice.name(row["first"]),
            b=voice.name(row["second"]),
            rho=row["spearman"],
            tau=row["kendall"],
            top=row["weighted_kendall"],
            mean=row["mean_shift"],
            most=row["max_shift"],
            k=answer.spec.top,
            stay=row["stay_leading"],
        )
    ]
    along = answer.movers[answer.movers["difference"] * answer.movers["shift"] > 0]
    if len(along):
        first = along.sort_values("shift", key=lambda s: -s.abs(), kind="stable").iloc[0]
        text = Text(
            "按“{index}”，{unit}{how} {k:.0f} 位，主要由“{cause}”造成。",
            "By “{index}”, {unit} {how} {k:.0f} places, above all through “{cause}”.",
        )
        how = Text("上升", "gains") if first["shift"] > 0 else Text("下降", "loses")
        unit, cause = voice.name(first["unit"]), voice.name(first["indicator"])
        said.append(voice(text, index=voice.name(first["index"]), unit=unit, how=how, k=abs(first["shift"]), cause=cause))
    return ("" if voice.lang == "zh" else " ").join(said)


def agreement(answer: IndexAgreement, voice: Voice) -> Table:
    """How far each pair of indices agrees."""
    frame = answer.agreement
    leading = Text("前 {k} 名仍在前列（%）", "First {k} stay (%)").format(k=answer.spec.top)
    printed = pd.DataFrame(
        {
            voice(Text("指数一", "First index")): [voice.name(key) for key in frame.index.get_level_values("first")],
            voice(Text("指数二", "Second index")): [voice.name(key) for key in frame.index.get_level_values("second")],
            voice(Text("斯皮尔曼", "Spearman")): frame["spearman"].to_numpy(),
            voice(Text("肯德尔 τ-b", "Kendall τ-b")): frame["kendall"].to_numpy(),
            voice(Text("加权 τ（重前列）", "Weighted τ (top)")): frame["weighted_kendall"].to_numpy(),
            voice(Text("平均位次差", "Mean shift")): frame["mean_shift"].to_numpy(),
            voice(Text("最大位次差", "Greatest shift")): frame["max_shift"].astype(int).to_numpy(),
            voice(leading): frame["stay_leading"].to_numpy() * 100,
        }
    )
    caption = Text(f"{answer.period} 年各指数位次的一致性", f"Agreement of the indices on ranks, {answer.period}")
    with_base = len(answer.indices) - 1  # of many indices, documents print the pairs with the base
    show = None if with_base < MANY else with_base
    return Table(key="agreement", caption=caption, frame=printed, decimals=dict.fromkeys(printed.columns[[5, 7]], 1), show=show)


def shift_table(answer: IndexAgreement, voice: Voice) -> Table:
    """The rank of each place under each index, and what it gains or loses."""
    base, *others = answer.indices
    printed = pd.DataFrame({voice.term("unit"): [voice.name(unit) for unit in answer.frame.index]})
    for name in answer.indices:
        printed[voice(Text("{index} 位次", "Rank by {index}"), index=voice.name(name))] = answer.frame[name].to_numpy()
    for name in others:
        printed[voice(Text("{index} 升降", "Gain by {index}"), index=voice.name(name))] = answer.frame[f"{name}_shift"].to_numpy()
    caption = Text("{year} 年各指数下的位次（升降以 {base} 为准）", "Ranks under each index, {year} (gains against {base})")
    show = 20 if len(others) < MANY else 0  # of many indices the table is wider than a page
    called = voice.names.get(base, same(base))
    return Table(key="shifts", caption=caption.format(year=answer.period, base=called), frame=printed, show=show)


def movers(answer: IndexAgreement, voice: Voice) -> Table:
    """Which indicators move the places that shift most."""
    frame = answer.movers
    printed = pd.DataFrame(
        {
            voice(Text("指数", "Index")): [voice.name(key) for key in frame["index"]],
            voice.term("unit"): [voice.name(unit) for unit in frame["unit"]],
            voice(Text("升降", "Gain")): frame["shift"].to_numpy(),
            voice(Text("得分变动（较平均）", "Change of score (beyond mean)")): frame["change"].to_numpy(),
            voice.term("indicator"): [voice.name(key) for key in frame["indicator"]],
            voice(Text("其中该指标", "Through the indicator")): frame["difference"].to_numpy(),
        }
    )
    caption = Text(f"{answer.period} 年位次变动最大的地区与主要来源", f"Greatest movers and what moves them, {answer.period}")
    return Table(key="movers", caption=caption, frame=printed, show=15)


def slopes(answer: IndexAgreement, voice: Voice) -> Figure:
    """The places that shift most, their ranks joined from index to index."""
    order = list(answer.indices)

    def draw() -> Canvas:
        span = answer.frame[order].max(axis=1) - answer.frame[order].min(axis=1)
        shown = answer.frame.loc[span.sort_values(ascending=False, kind="stable", key=even).index[: answer.spec.top], order]
        canvas, axes = theme.new_figure(7.2, 5.4)
        low, high = float(shown.to_numpy().min()), float(shown.to_numpy().max())
        room = max(high - low, 1.0) / 26
        for at, (_, row) in enumerate(shown.iterrows()):
            axes.plot(range(len(order)), row, **theme.line(at))
        for side, name, aligned in ((0, order[0], "right"), (len(order) - 1, order[-1], "left")):
            rank = shown[name].to_numpy(dtype=float)
            step = -0.06 if side == 0 else 0.06
            for unit, place, to in zip(shown.index, rank, _apart(rank, room, low, high), strict=True):
                said = f"{voice.name(unit)}  {place:.0f}" if side == 0 else f"{place:.0f}  {voice.name(unit)}"
                axes.annotate(
                    said,
                    (side, place),
                    (side + step * (len(order) - 1) * 1.4, to),
                    ha=aligned,
                    va="center",
                    fontsize=7.5,
                    arrowprops={"arrowstyle": "-", "color": "0.7", "lw": 0.6, "shrinkA": 0, "shrinkB": 3},
                )
        heads = [voice.name(name) for name in order]
        slanted = {"rotation": 35, "ha": "right", "va": "top", "rotation_mode": "anchor", "fontsize": 7.5}
        axes.set_xticks(range(len(order)), heads, **(slanted if len(order) > 3 else {"va": "top"}))
        axes.tick_params(length=0, pad=6)
        axes.set_xlim(-0.55 * (len(order) - 1), 1.55 * (len(order) - 1))
        axes.set_ylim(high + room, low - room)
        axes.set_yticks([])
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.grid(visible=False)
        return canvas

    caption = Text(
        f"{answer.period} 年位次变动最大的 {min(answer.spec.top, len(answer.frame))} 个地区（数字为位次）",
        f"The {min(answer.spec.top, len(answer.frame))} places that shift most, {answer.period} (numbers are ranks)",
    )
    return Figure(key="shifts", caption=caption, draw=draw, alt=words(answer, voice))


def _apart(places: Array, room: float, low: float, high: float) -> Array:
    """Places of labels at least `room` apart, in the order of what they name and as near to it as that allows."""
    order = np.argsort(places, kind="stable")
    steps = np.arange(len(places)) * room
    down = np.maximum.accumulate(places[order] - steps)
    up = np.minimum.accumulate((places[order] - steps)[::-1])[::-1]
    wanted = np.clip((down + up) / 2, low, high - steps[-1]) + steps
    out = np.empty(len(places))
    out[order] = wanted
    return out
