"""How risks look: how well they rank and are calibrated, whom a budget of visits misses, and whether acting on them is of use."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from evalkit.report import theme
from evalkit.report.document import Figure, Table
from evalkit.report.estimates import grouping
from evalkit.report.risk.words import (
    between,
    budget_labels,
    dotted,
    in_percent,
    inside,
    label,
    lines,
    measure_called,
    risk_tables,
    side_by_side,
    told,
    varying,
)
from evalkit.report.verbs import figures, tables, words
from evalkit.report.words import Voice
from evalkit.risk.calibration.calibration import CalibratedRisk
from evalkit.risk.lists.budgets import budgets_of
from evalkit.risk.lists.targeting import Targeted
from evalkit.risk.lists.thresholds import Threshold
from evalkit.risk.scoring.net_benefit import NOBODY, DecisionCurves
from evalkit.risk.scoring.scores import ScoredRisk
from evalkit.stats.ranks import even
from evalkit.terms import Text

SCORES = Text("风险的区分与校准", "How risks rank and are calibrated")
TOGETHER = Text("各风险并列", "Risks side by side")
APART = Text("与对照风险之差", "Differences between risks")
RELIABLE = Text("预测风险与实际发生率", "Predicted risk and observed rate")
TARGETS = Text("走访预算下的遗漏与误列", "Whom a budget of visits reaches and misses")
CURVES = Text("不同阈值下的净收益", "Net benefit by threshold")
CALIBRATED = Text("校准后的风险", "Calibrated risks")
THRESHOLD = Text("走访阈值", "Threshold of visits")
PREDICTED = Text("预测风险（%）", "Predicted risk (%)")
OBSERVED = Text("实际发生率（%）", "Observed rate (%)")


@tables.register
def _(answer: ScoredRisk, voice: Voice) -> tuple[Table, ...]:
    return (
        *side_by_side(answer.frame, voice, "risk_together", TOGETHER),
        *risk_tables(answer.frame, voice, "risk_scores", SCORES),
        *_differences(answer.differences, voice, "risk_differences"),
    )


@figures.register
def _(answer: ScoredRisk, voice: Voice) -> tuple[Figure, ...]:
    drawn = []
    if len(answer.reliability):
        drawn.append(reliability_figure(answer.reliability, voice))
    first = str(answer.frame["measure"].iloc[0])
    if (answer.frame["measure"] == first).sum() > 1:
        drawn.append(dotted(answer.frame, first, voice, "risk_scores", SCORES))
    return tuple(drawn)


@words.register
def _(answer: ScoredRisk, voice: Voice) -> str:
    parts = []
    for measure in answer.frame["measure"].unique()[:2]:
        rows = answer.frame[(answer.frame["measure"] == measure) & answer.frame["estimate"].notna()]
        if len(rows):
            parts.append(best_and_worst(rows, voice, highest=measure not in ("brier", "log_loss", "ece")))
    slopes = answer.frame[(answer.frame["measure"] == "slope") & answer.frame["ci_high"].notna()]
    wide = int((slopes["ci_high"] < 1).sum())
    if wide:
        text = Text(
            "{n} 个校准斜率的区间低于 1，风险拉得过开，使用前应重新校准",
            "{n} calibration slopes lie below 1: risks are too far apart and are to be calibrated before use",
        )
        parts.append(voice(text, n=wide))
    return told(parts, voice) if parts else ""


def best_and_worst(rows: pd.DataFrame, voice: Voice, *, highest: bool, judged: bool = True) -> str:
    """A measure in words: its figure, or the best and the worst of several, called highest and lowest where none is `judged`."""
    measure, percent = str(rows["measure"].iloc[0]), in_percent(str(rows["measure"].iloc[0]))
    order = rows.sort_values("estimate", ascending=not highest, kind="stable", key=even)
    best, worst = order.iloc[0], order.iloc[-1]
    if len(rows) == 1:
        text = Text("{measure}为 {said}", "{measure}: {said}")
        return voice(text, measure=measure_called(measure), said=between(best, voice, percent=percent))
    over = varying(rows, [name for name in grouping(rows) if name != "budget"]) or grouping(rows)[:1]
    text = Text("{measure}以{a}为最好，{best}；{b}最差，{worst}", "{measure} is best in {a}, {best}, and worst in {b}, {worst}")
    ends = Text(
        "{measure}以{a}为最高，{best}；{b}最低，{worst}", "{measure} is highest in {a}, {best}, and lowest in {b}, {worst}"
    )
    said = {"a": _named(best, over, voice), "b": _named(worst, over, voice)}
    said |= {"best": between(best, voice, percent=percent), "worst": between(worst, voice, percent=percent)}
    return voice(text if judged else ends, measure=measure_called(measure), **said)


def _named(row: pd.Series, over: list[str], voice: Voice) -> str:
    return " · ".join(label(row[name], voice) for name in over)


def reliability_figure(reliability: pd.DataFrame, voice: Voice) -> Figure:
    """What was said against what happened, a line for each risk or group."""
    heads = varying(reliability, list(reliability.columns[: list(reliability.columns).index("bin")]))

    def draw() -> Canvas:
        def on(axes: Axes) -> None:
            most = 0.0
            groups: Any = reliability.groupby(heads, sort=False) if heads else [((), reliability)]
            for at, (names, rows) in enumerate(groups):
                said = [label(one, voice) for one in (names if isinstance(names, tuple) else (names,))]
                x, y = 100 * rows["predicted"], 100 * rows["observed"]
                most = max(most, float(x.max()), float(y.max()))
                text = " · ".join(said) or voice(Text("各箱", "bins of like weight"))
                axes.plot(x, y, label=text, **theme.line(at))
            axes.plot([0, most], [0, most], color="0.4", lw=1, ls=":", label=voice(Text("完全一致", "taken at its word")))
            axes.set_xlim(0, most * 1.03)
            axes.set_ylim(0, most * 1.03)
            axes.set_aspect("equal")

        return lines(on, voice, (PREDICTED, OBSERVED), (4.6, 4.9))

    alt = Text(
        "线上各点为权重相同的一箱；虚线为完全一致。", "Each dot is a bin of like weight; on the dotted line risks come true."
    )
    return Figure(key="risk_reliability", caption=RELIABLE, draw=draw, alt=voice(alt))


def _differences(frame: pd.DataFrame, voice: Voice, key: str, labels: Any = None) -> tuple[Table, ...]:
    return risk_tables(frame, voice, key, APART, labels) if len(frame) else ()


@tables.register
def _(answer: Targeted, voice: Voice) -> tuple[Table, ...]:
    labels = budget_labels(budgets_of(answer.spec.budgets, who="Targeting"))
    return (
        *side_by_side(answer.frame, voice, "targeting_together", TOGETHER, labels),
        *risk_tables(answer.frame, voice, "targeting", TARGETS, labels),
        *_differences(answer.differences, voice, "targeting_differences", labels),
    )


@figures.register
def _(answer: Targeted, voice: Voice) -> tuple[Figure, ...]:
    labels = budget_labels(budgets_of(answer.spec.budgets, who="Targeting"))
    return (dotted(answer.frame, "exclusion_error", voice, "targeting", TARGETS, labels),)


@words.register
def _(answer: Targeted, voice: Voice) -> str:
    parts = []
    for budget in budgets_of(answer.spec.budgets, who="Targeting")[:2]:
        of = answer.frame[answer.frame["budget"] == budget.label]
        for measure in ("exclusion_error", "inclusion_error"):
            rows = of[(of["measure"] == measure) & of["estimate"].notna()]
            if len(rows):
                head = Text("预算为“{budget}”时，", "Under a budget of {budget}, ")
                ends = best_and_worst(rows, voice, highest=False)
                first = measure == "exclusion_error"
                parts.append(f"{voice(head, budget=budget.said)}{inside(ends, voice)}" if first else ends)
    return told(parts, voice) if parts else ""


@tables.register
def _(answer: DecisionCurves, voice: Voice) -> tuple[Table, ...]:
    benefits = answer.frame[answer.frame["measure"] == "net_benefit"]
    avoided = answer.frame[(answer.frame["measure"] == "visits_avoided") & ~answer.frame["risk"].isin(["everybody", NOBODY])]
    return (
        *risk_tables(benefits, voice, "net_benefit", CURVES),
        *risk_tables(avoided, voice, "visits_avoided", CURVES),
    )


@figures.register
def _(answer: DecisionCurves, voice: Voice) -> tuple[Figure, ...]:
    frame = answer.frame[answer.frame["measure"] == "net_benefit"]
    over = [name for name in grouping(frame) if name not in ("risk", "threshold")]
    shown = frame if not over else frame[frame[over[0]] == frame[over[0]].iloc[0]]

    def draw() -> Canvas:
        def on(axes: Axes) -> None:
            for at, (name, rows) in enumerate(shown.sort_values("threshold", kind="stable").groupby("risk", sort=False)):
                axes.plot(100 * rows["threshold"], rows["estimate"], label=label(name, voice), **theme.line(at))
                if name not in ("everybody", NOBODY) and rows["ci_low"].notna().all():
                    band = (rows["ci_low"].astype(float), rows["ci_high"].astype(float))
                    axes.fill_between(
                        100 * rows["threshold"], *band, color=theme.PALETTE[at % len(theme.PALETTE)], alpha=0.15, lw=0
                    )
            least = float(shown.loc[~shown["risk"].isin(["everybody"]), "estimate"].min())
            most = float(shown["estimate"].max())
            axes.set_ylim(min(least, 0) - 0.15 * most, most * 1.1)

        return lines(on, voice, (Text("阈值（%）", "Threshold (%)"), Text("净收益", "Net benefit")), (6.4, 4.0))

    caption = CURVES
    if over:
        one = label(shown[over[0]].iloc[0], voice)
        caption = Text(f"{CURVES.zh}：{one}", f"{CURVES.en}: {one}")
    alt = Text("高于另外两条线的阈值范围内，按风险走访有益。", "Where a line is above the other two, visiting by risk is of use.")
    return (Figure(key="net_benefit", caption=caption, draw=draw, alt=voice(alt)),)


@words.register
def _(answer: DecisionCurves, voice: Voice) -> str:
    rows = answer.frame[answer.frame["measure"] == "net_benefit"]
    over = [name for name in grouping(rows) if name not in ("risk", "threshold")]
    wide = rows.pivot_table(index=[*over, "threshold"], columns="risk", values="estimate", sort=False)
    parts = []
    for name in rows["risk"].unique():
        if name in ("everybody", NOBODY):
            continue
        better = wide[name] > np.maximum(wide["everybody"], wide[NOBODY]) + 1e-12
        text = Text(
            "{name}在 {all} 个阈值中的 {n} 个优于全部走访和都不走访",
            "{name} does better than visiting everybody or nobody at {n} of {all} thresholds",
        )
        parts.append(voice(text, name=label(name, voice), n=int(better.sum()), all=len(better)))
    return told(parts, voice)


@tables.register
def _(answer: CalibratedRisk, voice: Voice) -> tuple[Table, ...]:
    shares = [0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0]
    printed = pd.DataFrame({voice(Text("分位（%）", "Quantile (%)")): [100 * share for share in shares]})
    heads = {"risk": PREDICTED, "low": Text("下界（%）", "Lower bound (%)"), "high": Text("上界（%）", "Upper bound (%)")}
    for column in answer.frame.columns:
        printed[voice(heads[column])] = 100 * answer.frame[column].quantile(shares).to_numpy()
    digits = dict.fromkeys(printed.columns[1:], 2) | {printed.columns[0]: 0}
    return (Table(key="calibrated", caption=CALIBRATED, frame=printed, decimals=digits),)


@words.register
def _(answer: CalibratedRisk, voice: Voice) -> str:
    risk = answer.frame["risk"]
    text = Text(
        "{n:,} 户校准后的风险平均为 {mean:.1%}，最高 {most:.1%}。",
        "The calibrated risks of {n:,} households have a mean of {mean:.1%}; the highest is {most:.1%}.",
    )
    return voice(text, n=len(risk), mean=float(risk.mean()), most=float(risk.max()))


@tables.register
def _(answer: Threshold, voice: Voice) -> tuple[Table, ...]:
    frame = answer.frame
    percent = frame["measure"].map(in_percent).to_numpy(dtype=bool)
    scale = np.where(percent, 100.0, 1.0)
    names = [
        f"{voice(measure_called(one))}{voice(Text('（%）', ' (%)')) if p else ''}"
        for one, p in zip(frame["measure"], percent, strict=True)
    ]
    printed = pd.DataFrame({voice(Text("指标", "Measure")): names})
    printed[voice(Text("数值", "Value"))] = frame["estimate"].to_numpy(dtype=float) * scale
    if frame["ci_low"].notna().any():
        printed[voice(Text("单侧下限", "One-sided lower bound"))] = frame["ci_low"].to_numpy(dtype=float) * scale
    return (Table(key="threshold", caption=THRESHOLD, frame=printed),)


@words.register
def _(answer: Threshold, voice: Voice) -> str:
    at = answer.frame.set_index("measure")["estimate"]
    text = Text(
        "风险不低于 {value:.3g} 者走访，约占 {coverage:.1%}，可覆盖应访者的 {recall:.1%}。",
        "Visit where the risk is at least {value:.3g}: {coverage:.1%} of all, who are {recall:.1%} of those due a visit.",
    )
    return voice(text, value=answer.value, coverage=float(at["coverage"]), recall=float(at["recall"]))
