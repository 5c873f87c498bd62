"""How labels, findings of leakage, the ladder, reasons and importance look."""

from __future__ import annotations

import pandas as pd

from evalkit.report.document import Figure, Table
from evalkit.report.risk.words import between, dotted, in_percent, inside, measure_called, risk_tables, side_by_side, told
from evalkit.report.verbs import figures, tables, words
from evalkit.report.words import Voice
from evalkit.risk.explanation.importance import Importance
from evalkit.risk.explanation.reasons import THEMES, HomeReasons
from evalkit.risk.labels.labels import Labels
from evalkit.risk.ladder import SMALLER, Climbed
from evalkit.risk.leakage.check import Leaks
from evalkit.risk.models.rungs import NAMES
from evalkit.stats.ranks import even
from evalkit.terms import Text

WHO = Text("谁有标签，谁没有", "Who has a label, and who has none")
LEAKED = Text("泄漏检查的发现", "Findings of leakage")
LADDER = Text("模型阶梯", "The ladder of models")
APART = Text("与最简单一级之差", "Each rung less the simplest")
GROUPS = Text("各组的实际与预测", "Observed and predicted, by group")
WHY = Text("名单上各类原因的户数", "Reasons, over all homes")
LOST = Text("打乱后损失的得分", "What is lost when it is exchanged")
FEATURE = Text("特征", "Feature")
ROWS = Text("行数", "Rows")
SHARE = Text("占比（%）", "Share (%)")


@tables.register
def _(answer: Labels, voice: Voice) -> tuple[Table, ...]:
    rows = answer.report[answer.report["rows"] > 0]
    printed = pd.DataFrame({voice(Text("标签或原因", "Label, or why none")): rows[voice.lang].to_numpy()})
    printed[voice(ROWS)] = rows["rows"].to_numpy()
    printed[voice(SHARE)] = 100 * rows["share"].to_numpy()
    return (Table(key="risk_labels", caption=WHO, frame=printed, decimals={voice(SHARE): 1}),)


@words.register
def _(answer: Labels, voice: Voice) -> str:
    rows = answer.report["rows"]
    n, came = int(rows["event"] + rows["no_event"]), int(rows["event"])
    text = Text(
        "{whole:,} 个“住户—时期”中 {n:,} 个有标签，其中 {came:,} 个发生（{rate:.1%}）；其余 {rest:,} 个没有标签，原因见表。",
        "Of {whole:,} home-periods {n:,} have a label, {came:,} of them the event ({rate:.1%}); the other {rest:,} have none, for "
        "the reasons in the table.",
    )
    return voice(text, whole=int(rows.sum()), n=n, came=came, rate=came / n, rest=int(rows.sum()) - n)


@tables.register
def _(answer: Leaks, voice: Voice) -> tuple[Table, ...]:
    rows = answer.frame
    if not len(rows):
        return ()
    printed = pd.DataFrame({voice(Text("规则", "Rule")): rows["rule"].to_numpy()})
    printed[voice(Text("发现", "What was found"))] = rows[f"message_{voice.lang}"].to_numpy()
    printed[voice(Text("处理", "What to do"))] = rows[f"do_{voice.lang}"].to_numpy()
    return (Table(key="risk_leaks", caption=LEAKED, frame=printed),)


@words.register
def _(answer: Leaks, voice: Voice) -> str:
    none = Text("泄漏检查没有未说明的发现。", "The check for leakage finds nothing that is not explained.")
    some = Text("泄漏检查发现 {n} 处。", "The check for leakage finds {n} breaches.")
    return voice(some, n=len(answer.frame)) if len(answer.frame) else voice(none)


@tables.register
def _(answer: Climbed, voice: Voice) -> tuple[Table, ...]:
    labels = {"risk": NAMES, "against": NAMES}
    frame, apart = (one.rename(columns={"rung": "risk"}) for one in (answer.frame, answer.differences))
    groups = answer.groups.rename(columns={"rung": "risk"})
    groups = groups[groups["measure"].isin(("observed", "predicted", "calibration_gap"))] if len(groups) else groups
    return (
        *side_by_side(frame, voice, "risk_ladder", LADDER, labels),
        *risk_tables(frame, voice, "risk_ladder_each", LADDER, labels),
        *(risk_tables(apart, voice, "risk_ladder_apart", APART, labels) if len(apart) else ()),
        *(risk_tables(groups, voice, "risk_ladder_groups", GROUPS, labels) if len(groups) else ()),
    )


@figures.register
def _(answer: Climbed, voice: Voice) -> tuple[Figure, ...]:
    frame = answer.frame.rename(columns={"rung": "risk"})
    measures = dict.fromkeys(("exclusion_error", answer.spec.criterion))
    drawn = [dotted(frame, one, voice, f"risk_ladder_{one}", LADDER, {"risk": NAMES}) for one in measures]
    called = [Text(f"{LADDER.zh}：{measure_called(one).zh}", f"{LADDER.en}: {measure_called(one).en}") for one in measures]
    return tuple(Figure(key=one.key, caption=text, draw=one.draw, alt=one.alt) for one, text in zip(drawn, called, strict=True))


@words.register
def _(answer: Climbed, voice: Voice) -> str:
    frame, measure = answer.frame, answer.spec.criterion
    parts = []
    missed = frame[frame["measure"] == "exclusion_error"].set_index("rung").loc[answer.chosen]
    text = Text("按预算走访，{rung}遗漏 {said}", "under the budget, {rung} misses {said} of those due a visit")
    parts.append(voice(text, rung=_called(answer.chosen, voice), said=between(missed, voice, percent=True)))
    rows = frame[(frame["measure"] == measure) & frame["estimate"].notna()]
    best = rows.sort_values("estimate", ascending=measure in SMALLER, kind="stable", key=even).iloc[0]
    text = Text("{measure}最好的是{rung}，{said}", "{measure} is best in {rung}, {said}")
    said = between(best, voice, percent=in_percent(measure))
    parts.append(voice(text, measure=measure_called(measure), rung=_called(str(best["rung"]), voice), said=said))
    text = Text("默认取{rung}", "the default is {rung}")
    parts.append(voice(text, rung=_called(answer.chosen, voice)))
    whole = told(parts, voice)
    return whole[:1].upper() + whole[1:]


def _called(rung: str, voice: Voice) -> str:
    return inside(voice(NAMES[rung]), voice) if rung in NAMES else rung


@tables.register
def _(answer: HomeReasons, voice: Voice) -> tuple[Table, ...]:
    counts = answer.frame.groupby("theme", sort=False).size().sort_values(ascending=False, kind="stable")
    known = {**THEMES, **(answer.spec.names or {})}
    printed = pd.DataFrame({voice(Text("原因", "Reason")): [voice(known[str(one)]) for one in counts.index]})
    printed[voice(Text("户数", "Homes"))] = [voice(Text("少于 10", "fewer than 10")) if n < 10 else f"{n:,}" for n in counts]
    return (Table(key="risk_reasons", caption=WHY, frame=printed),)


@words.register
def _(answer: HomeReasons, voice: Voice) -> str:
    first = answer.frame[answer.frame.index.get_level_values("rank") == 1]["theme"].value_counts()
    known = {**THEMES, **(answer.spec.names or {})}
    text = Text("首要原因最多的是{which}。", "Named first most often: {which}.")
    return voice(text, which=voice.listing([voice(known[str(one)]) for one in first.index[:3]])) if len(first) else ""


@tables.register
def _(answer: Importance, voice: Voice) -> tuple[Table, ...]:
    what = voice(FEATURE)
    return risk_tables(answer.frame.rename(columns={"feature": what}), voice, "risk_importance", LOST, {what: THEMES})


@figures.register
def _(answer: Importance, voice: Voice) -> tuple[Figure, ...]:
    measure = str(answer.frame["measure"].iloc[0])
    return (dotted(answer.frame, measure, voice, "risk_importance", LOST, {"feature": THEMES}),)


@words.register
def _(answer: Importance, voice: Voice) -> str:
    text = Text("排序最依赖的是{which}。", "What the ranking leans on most: {which}.")
    names = [voice(THEMES[one]) if one in THEMES else voice.name(one) for one in answer.frame["feature"].head(3)]
    return voice(text, which=voice.listing(names))
