"""How lists look: gaps between groups, an existing list against a sample, and a list of visits as a whole, naming no household."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from evalkit.report import theme
from evalkit.report.document import Figure, Table
from evalkit.report.estimates import PRINTED, ROWS
from evalkit.report.risk.scores import best_and_worst
from evalkit.report.risk.words import (
    Dots,
    between,
    dotted,
    entries,
    headed,
    inside,
    label,
    measure_called,
    risk_tables,
    told,
)
from evalkit.report.verbs import figures, tables, words
from evalkit.report.words import Voice
from evalkit.risk.fairness.fairness import Fairness, untold
from evalkit.risk.lists.official import ListEvaluation
from evalkit.risk.lists.visiting import Visits
from evalkit.terms import Text

GROUPS = Text("各组被列入与被遗漏的情况", "How groups are listed and missed")
GAPS = Text("与最大组的差距", "Gaps to the largest group")
EVALUATED = Text("现有名单的核查结果", "An existing list against visits")
LIST = Text("走访名单概况", "The list of visits as a whole")
ADJUSTED = Text("校正后 p 值", "Adjusted p-value")


@tables.register
def _(answer: Fairness, voice: Voice) -> tuple[Table, ...]:
    frame, gaps = (untold(rows, answer.telling) for rows in (answer.frame, answer.gaps))
    named = frame.assign(attribute=[headed(str(one), voice) for one in frame["attribute"]])
    return *risk_tables(named, voice, "fairness", GROUPS), *gap_tables(gaps, voice)


def gap_tables(gaps: pd.DataFrame, voice: Voice) -> tuple[Table, ...]:
    """Gaps to the largest group, with adjusted p-values."""
    if not len(gaps):
        return ()
    named = gaps.assign(attribute=[headed(str(one), voice) for one in gaps["attribute"]])
    (table,) = risk_tables(named, voice, "fairness_gaps", GAPS)
    printed = table.frame.assign(**{voice(ADJUSTED): gaps["p_adjusted"].to_numpy()})
    digits = {**table.decimals, voice(ADJUSTED): 4}
    return (Table(key=table.key, caption=GAPS, frame=printed, decimals=digits, show=PRINTED),)


@figures.register
def _(answer: Fairness, voice: Voice) -> tuple[Figure, ...]:
    rows = answer.frame[(answer.frame["measure"] == "recall") & answer.frame["estimate"].notna()]
    names = [f"{headed(a, voice)} · {label(g, voice)}" for a, g in zip(rows["attribute"], rows["group"], strict=True)]
    dots = Dots.of(rows, voice, names, percent=True, axis=voice(measure_called("recall")))
    alt = Text(
        "各组中返贫户被列入名单的比例及其区间。", "Of those with the event, the share on the list in each group, with intervals."
    )
    return (Figure(key="fairness", caption=GROUPS, draw=dots.draw, alt=voice(alt)),)


@words.register
def _(answer: Fairness, voice: Voice) -> str:
    rows = answer.frame[(answer.frame["measure"] == "recall") & answer.frame["estimate"].notna()]
    parts = []
    for attribute in rows["attribute"].unique():
        of = rows[rows["attribute"] == attribute].drop(columns="attribute")
        head = Text("按{name}，", "By {name}, ")
        ends = inside(best_and_worst(of, voice, highest=True, judged=False), voice)
        parts.append(f"{voice(head, name=inside(headed(attribute, voice), voice))}{ends}")
    sure = answer.gaps[(answer.gaps["measure"] == "recall") & (answer.gaps["p_adjusted"] < 0.05)]
    text = Text(
        "校正后仍明显的召回率差距 {n} 处，应查明数据漏掉了什么",
        "{n} gaps in recall stand after adjustment: look at what the data miss there",
    )
    one = Text(
        "校正后仍明显的召回率差距 1 处，应查明数据漏掉了什么",
        "1 gap in recall stands after adjustment: look at what the data miss there",
    )
    none = Text("校正后没有明显的召回率差距", "no gap in recall stands after adjustment")
    parts.append(voice(text, n=len(sure)) if len(sure) > 1 else voice(one if len(sure) else none))
    return told(parts, voice)


@tables.register
def _(answer: ListEvaluation, voice: Voice) -> tuple[Table, ...]:
    shown = answer.frame[~answer.frame["small"]]
    over = [answer.over] if answer.over is not None else []
    printed = pd.DataFrame({voice(Text("指标（%）", "Measure (%)")): [voice(measure_called(one)) for one in shown["measure"]]})
    for name in over:
        printed[headed(name, voice)] = pd.Series(entries(shown[name], voice), dtype=object)
    heads = {
        "estimate": Text("估计值", "Estimate"),
        "ci_low": Text("下限", "Lower"),
        "ci_high": Text("上限", "Upper"),
    }
    for column, head in heads.items():
        printed[voice(head)] = 100 * shown[column].to_numpy(dtype=float)
    counts = {
        "found": Text("其中户数", "Found"),
        "n": ROWS,
        "needed": Text("更准确所需户数", "Households for more"),
        "to_draw": Text("相应需抽取户数", "To be drawn in all"),
    }
    for column, head in counts.items():
        printed[voice(head)] = shown[column].to_numpy(dtype=float)
    digits = {voice(head): 2 for head in heads.values()} | {voice(head): 0 for head in counts.values()}
    note = Text(
        "“更准确所需户数”使区间向两侧各不超过 {d:.1%}。",
        "“Households for more” would bring the interval within {d:.1%} to either side.",
    )
    said = voice(note, d=answer.spec.within)
    return (Table(key="list_evaluation", caption=EVALUATED, frame=printed, decimals=digits, show=PRINTED, note=said),)


@figures.register
def _(answer: ListEvaluation, voice: Voice) -> tuple[Figure, ...]:
    shown = answer.frame[~answer.frame["small"] & answer.frame["measure"].isin(["missed", "no_longer", "due_again"])]
    if answer.over is not None:
        return (dotted(shown[shown["measure"] == "missed"], "missed", voice, "list_evaluation", EVALUATED),)
    names = [voice(measure_called(one)) for one in shown["measure"]]
    dots = Dots.of(shown, voice, names, percent=True, axis=voice(Text("估计值", "Estimate")))
    alt = Text("区间图：点为估计值，线为其区间。", "Interval chart: dots are estimates, bars their intervals.")
    return (Figure(key="list_evaluation", caption=EVALUATED, draw=dots.draw, alt=voice(alt)),)


@words.register
def _(answer: ListEvaluation, voice: Voice) -> str:
    parts = []
    for measure in ("missed", "no_longer"):
        rows = answer.frame[(answer.frame["measure"] == measure) & ~answer.frame["small"]]
        if len(rows) > 1:
            parts.append(best_and_worst(rows, voice, highest=True, judged=False))
        elif len(rows):
            text = Text("{measure}为 {said}，{n} 户中有 {k} 户", "{measure}: {said}, {k} of {n} households")
            row = rows.iloc[0]
            said = between(row, voice, percent=True)
            counts = {"n": int(row["n"]), "k": int(row["found"])}
            parts.append(voice(text, measure=measure_called(measure), said=said, **counts))
    none = Text("样本太小，各比例均不列出", "The sample is too small: no rate is shown")
    return told(parts or [voice(none)], voice)


@tables.register
def _(answer: Visits, voice: Voice) -> tuple[Table, ...]:
    frame = answer.frame
    rows = []
    kinds = ((True, Text("列入", "listed")), (False, Text("未列入", "not listed")))
    for listed, said in kinds:
        risk = frame.loc[frame["listed"] == listed, "risk"].to_numpy(dtype=float)
        ends = [100 * f(risk) if len(risk) else np.nan for f in (np.min, np.median, np.max)]
        rows.append((voice(said), len(risk), *ends))
    heads = [Text("是否列入", "On the list"), Text("户数", "Households"), Text("最低风险（%）", "Lowest risk (%)")]
    heads += [Text("中位风险（%）", "Median risk (%)"), Text("最高风险（%）", "Highest risk (%)")]
    printed = pd.DataFrame(rows, columns=[voice(head) for head in heads])
    return (Table(key="visits", caption=LIST, frame=printed, decimals={voice(head): 2 for head in heads[2:]}),)


@figures.register
def _(answer: Visits, voice: Voice) -> tuple[Figure, ...]:
    frame = answer.frame

    def draw() -> Canvas:
        canvas, axes = theme.new_figure(6.4, 3.6)
        risk = 100 * frame["risk"].to_numpy(dtype=float)
        edges = np.histogram_bin_edges(risk, bins=30).tolist()
        listed = frame["listed"].to_numpy(dtype=bool)
        parts = [risk[listed], risk[~listed]]
        names = [voice(Text("列入", "listed")), voice(Text("未列入", "not listed"))]
        axes.hist(
            parts, bins=edges, stacked=True, color=[theme.PALETTE[1], theme.PALETTE[0]], label=names, edgecolor="white", lw=0.3
        )
        axes.set_xlabel(voice(Text("风险（%）", "Risk (%)")))
        axes.set_ylabel(voice(Text("户数", "Households")))
        axes.grid(visible=False, axis="x")
        theme.legend_below(axes)
        return canvas

    alt = Text("风险的分布，列入名单者另色。", "Risks of all households, those on the list in another color.")
    return (Figure(key="visits", caption=LIST, draw=draw, alt=voice(alt)),)


@words.register
def _(answer: Visits, voice: Voice) -> str:
    listed = answer.frame["listed"].to_numpy(dtype=bool)
    text = Text(
        "{n:,} 户中列出 {k:,} 户先走访，其平均风险 {a:.1%}，其余各户 {b:.1%}。",
        "Of {n:,} households {k:,} are to be visited first; their mean risk is {a:.1%}, that of the others {b:.1%}.",
    )
    some = Text("{n:,} 户中列出 {k:,} 户。", "Of {n:,} households {k:,} are listed.")
    risk = answer.frame["risk"].to_numpy(dtype=float)
    if listed.all() or not listed.any():
        return voice(some, n=len(listed), k=int(listed.sum()))
    return voice(text, n=len(listed), k=int(listed.sum()), a=float(risk[listed].mean()), b=float(risk[~listed].mean()))
