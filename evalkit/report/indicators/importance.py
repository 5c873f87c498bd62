"""How importance looks: weight and share of importance side by side, and what hangs on one indicator."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from evalkit.indicators.importance import EffectiveImportance
from evalkit.indicators.removal import Removals
from evalkit.report import theme
from evalkit.report.document import Figure, Table
from evalkit.report.verbs import figures, names, tables, words
from evalkit.report.words import Voice
from evalkit.stats.ranks import even
from evalkit.terms import Text


@names.register
def _(answer: EffectiveImportance) -> Mapping[str, Text]:
    return names(answer.scores)


@names.register
def _(answer: Removals) -> Mapping[str, Text]:
    return names(answer.scores)


@tables.register
def _(answer: EffectiveImportance, voice: Voice) -> tuple[Table, ...]:
    return importance(answer, voice), importance_of_dimensions(answer, voice)


@tables.register
def _(answer: Removals, voice: Voice) -> tuple[Table, ...]:
    return (removals(answer, voice),)


@figures.register
def _(answer: EffectiveImportance, voice: Voice) -> tuple[Figure, ...]:
    return (dumbbells(answer, voice),)


@figures.register
def _(answer: Removals, voice: Voice) -> tuple[Figure, ...]:
    return (shifts(answer, voice),)


@words.register
def _(answer: EffectiveImportance, voice: Voice) -> str:
    frame = answer.frame
    order = frame.sort_values("ratio", kind="stable", key=even).dropna(subset="ratio")
    most, least = order.iloc[-1], order.iloc[0]
    text = Text(
        "“{system}”中，“{most}”的重要性占比为 {a:.1%}，权重为 {b:.1%}（{c:.1f} 倍）；“{least}”的重要性占比为 {d:.1%}，权重为 "
        "{e:.1%}（{f:.1f} 倍）。占比与权重平均相差 {gap:.1f} 个百分点。",
        "In “{system}”, “{most}” holds {a:.1%} of the importance at a weight of {b:.1%} ({c:.1f} times); “{least}” holds {d:.1%} at a "
        "weight of {e:.1%} ({f:.1f} times). Shares differ from weights by {gap:.1f} percentage points on average.",
    )
    return voice(
        text,
        system=answer.scores.system.name,
        most=voice.name(most.name),
        least=voice.name(least.name),
        a=most["share"],
        b=most["weight"],
        c=most["ratio"],
        d=least["share"],
        e=least["weight"],
        f=least["ratio"],
        gap=(frame["share"] - frame["weight"]).abs().mean() * 100,
    )


@words.register
def _(answer: Removals, voice: Voice) -> str:
    frame = answer.frame.sort_values("mean_shift", ascending=False, kind="stable")
    text = Text(
        "{year} 年，剔除“{most}”对位次影响最大：平均变动 {a:.1f} 位，最多 {b} 位（{unit}）；剔除“{least}”影响最小，平均变动 {c:.1f} "
        "位。与完整指数的斯皮尔曼相关不低于 {low:.3f}。",
        "In {year} the ranks hang most on “{most}”: without it they move by {a:.1f} on average and by {b} at most ({unit}). They hang "
        "least on “{least}” ({c:.1f} on average). The Spearman correlation with the full index is never below {low:.3f}.",
    )
    return voice(
        text,
        year=answer.period,
        most=voice.name(frame.index[0]),
        a=frame["mean_shift"].iloc[0],
        b=int(frame["max_shift"].iloc[0]),
        unit=voice.name(frame["most_moved"].iloc[0]),
        least=voice.name(frame.index[-1]),
        c=frame["mean_shift"].iloc[-1],
        low=np.floor(frame["spearman"].min() * 1000) / 1000,
    )


def importance(answer: EffectiveImportance, voice: Voice) -> Table:
    """Weight and importance of each indicator."""
    frame = answer.frame
    printed = _weighed(frame, voice)
    printed.insert(0, voice.term("dimension"), [voice.name(key) for key in frame["dimension"]])
    printed.insert(0, voice.term("indicator"), [_called(key, voice) for key in frame.index])
    caption = _caption(answer, "指标的权重与实际重要性", "weight and effective importance")
    return Table(key=f"importance_{answer.scores.system.id}", caption=caption, frame=printed, decimals=_weighed_decimals(voice))


def importance_of_dimensions(answer: EffectiveImportance, voice: Voice) -> Table:
    """Weight and importance of each dimension."""
    printed = _weighed(answer.dimensions, voice)
    printed.insert(0, voice.term("dimension"), [voice.name(key) for key in answer.dimensions.index])
    caption = _caption(answer, "维度的权重与实际重要性", "weight and effective importance of the dimensions")
    key = f"importance_dimensions_{answer.scores.system.id}"
    return Table(key=key, caption=caption, frame=printed, decimals=_weighed_decimals(voice))


def removals(answer: Removals, voice: Voice) -> Table:
    """How far ranks move without each indicator, the greatest mean shift first."""
    frame = answer.frame.sort_values("mean_shift", ascending=False, kind="stable")
    printed = pd.DataFrame(
        {
            voice(Text("剔除的指标", "Without")): [_called(key, voice) for key in frame.index],
            voice.term("dimension"): [voice.name(key) for key in frame["dimension"]],
            voice(Text("权重（%）", "Weight (%)")): frame["weight"].to_numpy() * 100,
            voice(Text("平均位次变动", "Mean shift")): frame["mean_shift"].to_numpy(),
            voice(Text("最大位次变动", "Greatest shift")): frame["max_shift"].to_numpy(),
            voice(Text("变动最大的地区", "Most moved")): [voice.name(unit) for unit in frame["most_moved"]],
            voice(Text("斯皮尔曼相关", "Spearman")): frame["spearman"].to_numpy(),
        }
    )
    decimals = dict.fromkeys(printed.columns[[2, 3]], 1)
    caption = _caption(answer, f"{answer.period} 年逐一剔除指标的影响", f"one indicator out at a time, {answer.period}")
    return Table(key=f"removals_{answer.scores.system.id}", caption=caption, frame=printed, decimals=decimals)


def dumbbells(answer: EffectiveImportance, voice: Voice) -> Figure:
    """Weight and share of importance of each indicator on one line."""

    def draw() -> Canvas:
        frame = answer.frame
        place = np.arange(len(frame))
        labels = [theme.wrapped(voice.name(key), 56) for key in frame.index]
        canvas, axes = theme.new_figure(7.2, 1.5 + _room(labels) * len(frame))
        weight, share = frame["weight"].to_numpy() * 100, frame["share"].to_numpy() * 100
        axes.hlines(place, weight, share, color="0.6", lw=1.6)
        axes.plot(weight, place, "D", mfc="white", mec="0.2", ms=5.5, label=voice.term("weight"))
        axes.plot(share, place, "o", color=theme.PALETTE[0], ms=6, label=voice(Text("重要性占比", "Share of importance")))
        axes.set_yticks(place, labels, fontsize=7)
        for at, (one, other) in enumerate(pairwise(frame["dimension"])):
            if one != other:
                axes.axhline(at + 0.5, color="0.75", lw=0.8)
        axes.invert_yaxis()
        axes.set_xlim(left=0)
        axes.set_xlabel("%")
        theme.legend_below(axes)
        return canvas

    return Figure(
        key=f"importance_{answer.scores.system.id}",
        caption=_caption(answer, "权重与实际重要性", "weight and effective importance"),
        draw=draw,
        alt=words(answer, voice),
    )


def shifts(answer: Removals, voice: Voice) -> Figure:
    """Mean and greatest shift of rank without each indicator."""

    def draw() -> Canvas:
        frame = answer.frame.sort_values("mean_shift", ascending=False, kind="stable")
        place = np.arange(len(frame))
        labels = [theme.wrapped(voice.name(key), 56) for key in frame.index]
        canvas, axes = theme.new_figure(7.2, 1.5 + _room(labels) * len(frame))
        mean, most = Text("平均位次变动", "Mean shift of rank"), Text("最大位次变动", "Greatest shift of rank")
        axes.barh(place, frame["mean_shift"], height=0.62, color=theme.PALETTE[0], label=voice(mean))
        axes.plot(frame["max_shift"], place, "D", mfc="white", mec="0.2", ms=4.5, label=voice(most))
        axes.set_yticks(place, labels, fontsize=7)
        axes.invert_yaxis()
        axes.set_xlim(left=0)
        axes.set_xlabel(voice(Text("位次", "Ranks")))
        theme.legend_below(axes)
        return canvas

    return Figure(
        key=f"removals_{answer.scores.system.id}",
        caption=_caption(answer, f"{answer.period} 年逐一剔除指标的位次变动", f"ranks without one indicator, {answer.period}"),
        draw=draw,
        alt=words(answer, voice),
    )


def _room(labels: list[str]) -> float:
    """Inches a row needs for its label."""
    return 0.12 + 0.11 * (1 + max(label.count("\n") for label in labels))


def _weighed(frame: pd.DataFrame, voice: Voice) -> pd.DataFrame:
    columns = (
        frame["weight"] * 100,
        frame["share"] * 100,
        frame["ratio"],
        frame["importance"],
        frame["linear"],
        frame["correlation"],
    )
    heads = [voice(head) for head in _WEIGHED]
    return pd.DataFrame({head: column.to_numpy() for head, column in zip(heads, columns, strict=True)})


def _weighed_decimals(voice: Voice) -> dict[str, int]:
    return {voice(head): digits for head, digits in _WEIGHED.items()}


_WEIGHED = {
    Text("权重（%）", "Weight (%)"): 1,
    Text("重要性占比（%）", "Share of importance (%)"): 1,
    Text("占比/权重", "Share/weight"): 2,
    Text("重要性 S", "Importance S"): 3,
    Text("线性 R²", "Linear R²"): 3,
    Text("与指数相关", "r with index"): 2,
}


def _caption(answer: EffectiveImportance | Removals, zh: str, en: str) -> Text:
    system = answer.scores.system.name
    return Text(f"{system.zh}：{zh}", f"{system.en}: {en}")


def _called(key: str, voice: Voice) -> str:
    return f"{key} {voice.name(key)}"
