"""How poverty looks: indices of income, dimensions of deprivation, inequality, and what transfers do."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from evalkit.poverty.change.changes import PovertyChanges
from evalkit.poverty.change.transfers import TransferPoverty
from evalkit.poverty.income.fgt import PovertyEstimates
from evalkit.poverty.income.inequality import InequalityEstimates
from evalkit.poverty.lines.lines import Lines
from evalkit.poverty.multidimensional.alkire_foster import MultidimensionalPoverty
from evalkit.report.document import Figure, Table
from evalkit.report.estimates import by_groups, estimated, grouping, interval, timed, whiskers
from evalkit.report.poverty.measures import called, in_percent
from evalkit.report.verbs import figures, names, tables, words
from evalkit.report.words import Voice
from evalkit.stats.ranks import even
from evalkit.terms import Text

POVERTY = Text("贫困指数", "Poverty indices")
DEPRIVATION = Text("多维贫困", "Multidimensional poverty")
DEPRIVED = Text("各指标的剥夺状况", "Deprivations, by indicator")
INEQUALITY = Text("收入差距", "Inequality of income")
TRANSFERS = Text("计入与不计转移收入的贫困", "Poverty with transfers and without")
CHANGES = Text("多维贫困的变化", "Change of multidimensional poverty")
RATIOS = ("share_ratio", "quantile_ratio")  # of another size than indices in [0, 1]
KINDS = {
    "absolute": Text("绝对变化", "absolute"),
    "absolute_yearly": Text("年均绝对变化", "absolute, a year"),
    "relative": Text("相对变化", "relative"),
    "relative_yearly": Text("年均相对变化", "relative, a year"),
}


def all_or_ends(frame: pd.DataFrame, measure: str, voice: Voice) -> str:
    """A measure in words: its estimate of all, or of the groups with the highest and the lowest."""
    rows, percent = frame[frame["measure"] == measure], in_percent(measure)
    over = grouping(frame)
    if not over or len(rows) == 1:
        text = Text("{measure}为 {said}", "{measure}: {said}")
        return voice(text, measure=called(measure), said=interval(rows.iloc[0], voice, percent=percent))
    if timed(frame):
        first, last = rows.iloc[0], rows.iloc[-1]
        text = Text("{measure}由 {a} 年的 {then} 变为 {b} 年的 {now}", "{measure} went from {then} in {a} to {now} in {b}")
        said = {"then": interval(first, voice, percent=percent), "now": interval(last, voice, percent=percent)}
        return voice(text, measure=called(measure), a=first[over[0]], b=last[over[0]], **said)
    order = rows.sort_values("estimate", kind="stable", key=even)
    low, high = order.iloc[0], order.iloc[-1]
    text = Text(
        "{measure}以{a}最高，为 {high}，{b}最低，为 {low}", "{measure} is highest in {a}, {high}, and lowest in {b}, {low}"
    )
    ends = {"a": voice.name(high[over[0]]), "b": voice.name(low[over[0]])}
    said = {"high": interval(high, voice, percent=percent), "low": interval(low, voice, percent=percent)}
    return voice(text, measure=called(measure), **ends, **said)


def sentence(parts: list[str], voice: Voice) -> str:
    """Clauses as one sentence."""
    return ("；" if voice.lang == "zh" else "; ").join(parts) + ("。" if voice.lang == "zh" else ".")


@tables.register
def _(answer: PovertyEstimates, voice: Voice) -> tuple[Table, ...]:
    return estimated(answer.frame, voice, "poverty", by_groups(POVERTY, answer.frame, voice))


@figures.register
def _(answer: PovertyEstimates, voice: Voice) -> tuple[Figure, ...]:
    return (whiskers(answer.frame, voice, "poverty", by_groups(POVERTY, answer.frame, voice)),)


@words.register
def _(answer: PovertyEstimates, voice: Voice) -> str:
    return sentence([all_or_ends(answer.frame, name, voice) for name in answer.frame["measure"].unique()[:2]], voice)


@tables.register
def _(answer: InequalityEstimates, voice: Voice) -> tuple[Table, ...]:
    return estimated(answer.frame, voice, "inequality", INEQUALITY)


@figures.register
def _(answer: InequalityEstimates, voice: Voice) -> tuple[Figure, ...]:
    within = answer.frame[~answer.frame["measure"].isin(RATIOS)]
    return (whiskers(within, voice, "inequality", INEQUALITY),)


@words.register
def _(answer: InequalityEstimates, voice: Voice) -> str:
    return sentence([all_or_ends(answer.frame, str(answer.frame["measure"].iloc[0]), voice)], voice)


@tables.register
def _(answer: TransferPoverty, voice: Voice) -> tuple[Table, ...]:
    return estimated(answer.frame, voice, "transfers", TRANSFERS)


@figures.register
def _(answer: TransferPoverty, voice: Voice) -> tuple[Figure, ...]:
    frame = answer.frame
    kept = frame[frame["measure"] == "kept_above"] if grouping(frame) else frame
    return (whiskers(kept, voice, "transfers", TRANSFERS),)


@words.register
def _(answer: TransferPoverty, voice: Voice) -> str:
    parts = [all_or_ends(answer.frame, name, voice) for name in ("headcount_with", "headcount_without", "kept_above")]
    last = Text(
        "仅靠转移收入维持在线上的户，脱贫成果尚不稳固，宜优先走访。",
        " Homes that transfers alone keep above the line are not yet consolidated: visit them first.",
    )
    return sentence(parts, voice) + voice(last)


@names.register
def _(answer: MultidimensionalPoverty) -> Mapping[str, Text]:
    return {one_.id: one_.name for one_ in answer.spec.system.deprivations}


@tables.register
def _(answer: MultidimensionalPoverty, voice: Voice) -> tuple[Table, ...]:
    every = estimated(answer.frame, voice, "multidimensional", DEPRIVATION)
    return *every, *estimated(answer.indicators, voice, "deprivations", DEPRIVED)


@figures.register
def _(answer: MultidimensionalPoverty, voice: Voice) -> tuple[Figure, ...]:
    lacking = answer.indicators[answer.indicators["measure"] == "censored"]
    over = [name for name in grouping(lacking) if name != "indicator"]
    if not over:
        return (whiskers(lacking, voice, "deprivations", DEPRIVED),)
    return (whiskers(answer.frame, voice, "multidimensional", DEPRIVATION),)


@words.register
def _(answer: MultidimensionalPoverty, voice: Voice) -> str:
    parts = [all_or_ends(answer.frame, name, voice) for name in ("H", "A", "M0")]
    over = [name for name in grouping(answer.indicators) if name != "indicator"]
    if not over:
        added = answer.indicators[answer.indicators["measure"] == "contribution"]
        if added["estimate"].notna().all():
            most = added.iloc[int(even(added["estimate"]).to_numpy().argmax())]
            text = Text("对 M0 贡献最大的是“{name}”（{share:.0%}）", "“{name}” adds most to M0 ({share:.0%})")
            parts.append(voice(text, name=voice.name(most["indicator"]), share=most["estimate"]))
    return sentence(parts, voice)


@tables.register
def _(answer: PovertyChanges, voice: Voice) -> tuple[Table, ...]:
    return estimated(answer.frame, voice, "multidimensional_change", CHANGES, {"change": KINDS})


@words.register
def _(answer: PovertyChanges, voice: Voice) -> str:
    rows = answer.frame[answer.frame["change"] == "absolute"]
    over = [name for name in grouping(rows) if name != "change"]
    rows = rows[rows["measure"] == "M0"] if (rows["measure"] == "M0").any() else rows
    if not over:
        row = rows.iloc[0]
        said = interval(row, voice, percent=in_percent(str(row["measure"])))
        text = Text("{measure}的绝对变化为 {said}", "{measure} changed by {said}")
        return sentence([voice(text, measure=called(str(row["measure"])), said=said)], voice)
    fell, rose = int((rows["ci_high"] < 0).sum()), int((rows["ci_low"] > 0).sum())
    text = Text(
        "{n} 组中，{measure}变化的区间低于 0 的 {fell} 组，高于 0 的 {rose} 组",
        "Of {n} groups the interval of the change of {measure} lies below 0 in {fell} and above 0 in {rose}",
    )
    return sentence([voice(text, n=len(rows), measure=called(str(rows["measure"].iloc[0])), fell=fell, rose=rose)], voice)


@tables.register
def _(answer: Lines, voice: Voice) -> tuple[Table, ...]:
    heads = {
        "province": Text("省份", "Province"),
        "year": Text("年份", "Year"),
        "line": Text("收入线", "Line"),
        "unit": Text("单位", "Unit"),
        "source": Text("来源", "Source"),
        "confidence": Text("可信度", "Confidence"),
    }
    kept = [name for name in heads if name in answer.pairs]
    printed = answer.pairs[kept].rename(columns={name: voice(heads[name]) for name in kept}).reset_index(drop=True)
    return (
        Table(key="lines", caption=Text("所用收入线", "Income lines used"), frame=printed, decimals={voice(heads["line"]): 0}),
    )


@words.register
def _(answer: Lines, voice: Voice) -> str:
    line = answer.pairs["line"]
    text = Text("采用 {n} 条收入线，{low:,.0f} 至 {high:,.0f}。", "Income lines used: {n}, from {low:,.0f} to {high:,.0f}.")
    return voice(text, n=len(line), low=line.min(), high=line.max())
