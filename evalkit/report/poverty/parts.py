"""How parts of poverty and inequality look: growth and redistribution, groups, and sources of income."""

from __future__ import annotations

import pandas as pd

from evalkit.poverty.change.growth import PovertyChangeParts
from evalkit.poverty.change.sources import SourceGini, SourcePoverty
from evalkit.poverty.change.subgroup_change import SubgroupChanges
from evalkit.poverty.change.subgroups import SubgroupInequality, SubgroupPoverty
from evalkit.report.document import Figure, Table
from evalkit.report.estimates import ERROR, HIGH, LOW, MEASURE, ROWS, estimated, grouping, named, whiskers
from evalkit.report.poverty.indices import sentence
from evalkit.report.poverty.measures import called
from evalkit.report.verbs import figures, tables, words
from evalkit.report.words import Voice
from evalkit.stats.ranks import even
from evalkit.terms import Text

GROWTH = Text("贫困变化的分解：增长与分配", "Change of poverty: growth and redistribution")
GROUPS = Text("各组对贫困的贡献", "What each group adds to poverty")
INSIDE = Text("收入差距的组内与组间分解", "Inequality within groups and between them")
SHIFTS = Text("贫困变化的分解：组内变化与人口流动", "Change of poverty: within groups and shifts between them")
SOURCES = Text("各收入来源对基尼系数的贡献", "What each source of income adds to the Gini coefficient")
LOWERED = Text("各收入来源对贫困的影响", "What each source of income does to poverty")
PARTS = {
    "first": Text("前期", "first wave"),
    "last": Text("后期", "last wave"),
    "change": Text("变化", "change"),
    "growth": Text("增长", "growth"),
    "redistribution": Text("分配", "redistribution"),
    "residual": Text("残差", "residual"),
    "total": Text("总计", "total"),
    "within": Text("组内", "within groups"),
    "between": Text("组间", "between groups"),
}
HEADS = {
    "population_share": Text("人口份额（%）", "Population share (%)"),
    "income_share": Text("收入份额（%）", "Income share (%)"),
    "index": Text("本组指数", "Own index"),
    "contribution": Text("贡献", "Contribution"),
    "std_error": ERROR,
    "ci_low": LOW,
    "ci_high": HIGH,
    "share": Text("占总量（%）", "Share of the whole (%)"),
    "first": Text("前期", "First wave"),
    "last": Text("后期", "Last wave"),
    "change": Text("变化", "Change"),
    "within": Text("组内变化", "Within"),
    "shift": Text("人口流动", "Shift"),
    "interaction": Text("交互", "Interaction"),
    "gini": Text("来源自身的基尼系数", "Gini of the source"),
    "correlation": Text("基尼相关", "Gini correlation"),
    "marginal": Text("边际效应", "Marginal effect"),
    "n": ROWS,
}
PERCENT = frozenset({"population_share", "income_share", "share"})


def plain(frame: pd.DataFrame, voice: Voice, key: str, caption: Text) -> Table:
    """A frame of parts as it is, with its columns named and shares in percent."""
    printed = pd.DataFrame(index=frame.index)
    for column in frame.columns:
        values = frame[column]
        if column == "measure":
            printed[voice(MEASURE)] = [voice(called(str(name))) for name in values]
        elif column in HEADS:
            printed[voice(HEADS[str(column)])] = values.to_numpy() * 100 if column in PERCENT else values.to_numpy()
        else:
            printed[named(str(column), voice)] = [voice.name(entry) for entry in values]
    numbers = [str(name) for name in printed.select_dtypes("float").columns]
    digits = {name: 1 if "%" in name else 4 for name in numbers}
    return Table(key=key, caption=caption, frame=printed.reset_index(drop=True), decimals=digits, show=30)


@tables.register
def _(answer: PovertyChangeParts, voice: Voice) -> tuple[Table, ...]:
    return estimated(answer.frame, voice, "poverty_growth", GROWTH, {"part": PARTS})


@figures.register
def _(answer: PovertyChangeParts, voice: Voice) -> tuple[Figure, ...]:
    first = answer.frame["measure"].iloc[0]
    rows = answer.frame[(answer.frame["measure"] == first) & answer.frame["part"].isin(["change", "growth", "redistribution"])]
    over = [name for name in grouping(answer.frame) if name != "part"]
    if over:
        rows = rows[rows["part"] == "change"]
        labels = [voice.name(entry) for entry in rows[over[0]]]
    else:
        labels = [voice(PARTS[str(part)]) for part in rows["part"]]
    return (whiskers(rows, voice, "poverty_growth", GROWTH, labels),)


@words.register
def _(answer: PovertyChangeParts, voice: Voice) -> str:
    over = [name for name in grouping(answer.frame) if name != "part"]
    first = answer.frame["measure"].iloc[0]
    wide = answer.frame[answer.frame["measure"] == first].pivot_table(index=over or "measure", columns="part", values="estimate")
    row = wide.iloc[0]
    if over:
        text = Text(
            "{n} 组中，{measure}下降的 {fell} 组；增长使其下降的 {growth} 组，分配使其下降的 {apart} 组",
            "Of {n} groups {measure} fell in {fell}; growth lowered it in {growth}, redistribution in {apart}",
        )
        counts = {"fell": "change", "growth": "growth", "apart": "redistribution"}
        said = {name: int((wide[part] < 0).sum()) for name, part in counts.items()}
        return sentence([voice(text, n=len(wide), measure=called(str(first)), **said)], voice)
    text = Text(
        "{measure}由 {a:.4f} 变为 {b:.4f}（{change:+.4f}）：增长贡献 {growth:+.4f}，分配贡献 {apart:+.4f}",
        "{measure} went from {a:.4f} to {b:.4f} ({change:+.4f}): {growth:+.4f} by growth and {apart:+.4f} by redistribution",
    )
    ends = {"a": row["first"], "b": row["last"], "change": row["change"]}
    said = {"growth": row["growth"], "apart": row["redistribution"]}
    return sentence([voice(text, measure=called(str(first)), **ends, **said)], voice)


@tables.register
def _(answer: SubgroupPoverty, voice: Voice) -> tuple[Table, ...]:
    return (plain(answer.frame, voice, "poverty_groups", GROUPS),)


@words.register
def _(answer: SubgroupPoverty, voice: Voice) -> str:
    first = answer.frame["measure"].iloc[0]
    rows = answer.frame[answer.frame["measure"] == first]
    most = rows.iloc[int(even(rows["share"]).to_numpy().argmax())]
    text = Text(
        "{group}占人口的 {people:.0%}，对{measure}的贡献最大，占 {share:.0%}",
        "{group}, with {people:.0%} of the people, adds most to {measure}: {share:.0%}",
    )
    group, people = voice.name(most[answer.spec.over]), most["population_share"]
    return sentence([voice(text, group=group, people=people, measure=called(str(first)), share=most["share"])], voice)


@tables.register
def _(answer: SubgroupInequality, voice: Voice) -> tuple[Table, ...]:
    groups = plain(answer.groups, voice, "inequality_groups", GROUPS_APART)
    return *estimated(answer.frame, voice, "inequality_parts", INSIDE, {"part": PARTS}), groups


GROUPS_APART = Text("各组的收入差距", "Inequality of each group")


@words.register
def _(answer: SubgroupInequality, voice: Voice) -> str:
    first = answer.frame["measure"].iloc[0]
    parts = answer.frame[answer.frame["measure"] == first].set_index("part")["estimate"]
    text = Text(
        "{measure}为 {total:.4f}，其中组间差距占 {share:.0%}",
        "{measure} is {total:.4f}; {share:.0%} of it lies between the groups",
    )
    return sentence(
        [voice(text, measure=called(str(first)), total=parts["total"], share=parts["between"] / parts["total"])], voice
    )


@tables.register
def _(answer: SubgroupChanges, voice: Voice) -> tuple[Table, ...]:
    return (plain(answer.frame, voice, "poverty_shifts", SHIFTS),)


@words.register
def _(answer: SubgroupChanges, voice: Voice) -> str:
    first = answer.frame["measure"].iloc[0]
    total = answer.frame[answer.frame["measure"] == first][["change", "within", "shift"]].sum()
    text = Text(
        "{measure}变化 {change:+.4f}，其中组内变化 {within:+.4f}，人口流动 {shift:+.4f}",
        "{measure} changed by {change:+.4f}: {within:+.4f} within groups and {shift:+.4f} by shifts between them",
    )
    return sentence([voice(text, measure=called(str(first)), **total.to_dict())], voice)


@tables.register
def _(answer: SourceGini, voice: Voice) -> tuple[Table, ...]:
    return (plain(answer.frame, voice, "gini_sources", SOURCES),)


@words.register
def _(answer: SourceGini, voice: Voice) -> str:
    most = answer.frame.iloc[int(even(answer.frame["share"]).to_numpy().argmax())]
    text = Text(
        "基尼系数为 {gini:.4f}；{source}占收入的 {part:.0%}，对差距的贡献为 {share:.0%}，为各来源之首",
        "The Gini coefficient is {gini:.4f}; {source}, {part:.0%} of income, adds most to it: {share:.0%}",
    )
    source = voice.name(most["source"])
    return sentence([voice(text, gini=answer.gini, source=source, part=most["income_share"], share=most["share"])], voice)


@tables.register
def _(answer: SourcePoverty, voice: Voice) -> tuple[Table, ...]:
    return (plain(answer.frame, voice, "poverty_sources", LOWERED),)


@words.register
def _(answer: SourcePoverty, voice: Voice) -> str:
    first = answer.frame["measure"].iloc[0]
    mean = answer.frame[answer.frame["measure"] == first].groupby("source", sort=False)["contribution"].mean()
    text = Text("使{measure}下降最多的收入来源是{source}（{part:+.4f}）", "{source} lowers {measure} most ({part:+.4f})")
    return sentence([voice(text, measure=called(str(first)), source=voice.name(even(mean).idxmin()), part=mean.min())], voice)
