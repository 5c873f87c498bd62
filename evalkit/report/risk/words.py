"""What the measures of risk are called, and how their tables and charts look: estimates with intervals, in words of one language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from evalkit.report import theme
from evalkit.report.document import Figure, Table
from evalkit.report.estimates import ERROR, ESTIMATE, FIGURES, HIGH, LOW, NAMED, PRINTED, ROWS, grouping, named
from evalkit.report.poverty.indices import sentence
from evalkit.report.words import Voice
from evalkit.risk.lists.budgets import Budget
from evalkit.stats.arrays import Array
from evalkit.terms import Text, same

PERCENT: dict[str, Text] = {
    "exclusion_error": Text("遗漏误差（应访而未列入）", "Exclusion error (due, not listed)"),
    "inclusion_error": Text("误列误差（列入而不应访）", "Inclusion error (listed, not due)"),
    "recall": Text("召回率", "Recall"),
    "precision": Text("命中率", "Precision"),
    "coverage": Text("覆盖率", "Coverage"),
    "gap_missed": Text("未覆盖的贫困缺口", "Poverty gaps missed"),
    "selection": Text("列入比例", "Share listed"),
    "false_alarm": Text("未返贫户中列入的比例", "Listed, of those without the event"),
    "observed": Text("实际发生率", "Observed rate"),
    "predicted": Text("预测发生率", "Predicted rate"),
    "calibration_gap": Text("实际减预测", "Observed less predicted"),
    "visits_avoided": Text("可省去的走访", "Visits avoided"),
    "line_change": Text("收入线实际值的变动", "Change of the real line"),
    "missed": Text("遗漏率（有风险而未在名单）", "Missed (at risk, not listed)"),
    "no_longer": Text("已不符合条件的比例（在名单）", "No longer meeting the criteria (listed)"),
    "missed_of_unlisted": Text("名单外农户中有风险的比例", "At risk, of those not listed"),
    "due_again": Text("已退出农户中有风险的比例", "At risk, of those taken off"),
    "at_risk": Text("有风险的比例", "At risk, of all"),
}
INDEX: dict[str, Text] = {
    "auc": Text("AUC（区分度）", "AUC"),
    "average_precision": Text("平均精确率", "Average precision"),
    "brier": Text("Brier 得分", "Brier score"),
    "brier_skill": Text("Brier 技巧得分", "Brier skill"),
    "log_loss": Text("对数损失", "Log loss"),
    "intercept": Text("校准截距", "Calibration intercept"),
    "slope": Text("校准斜率", "Calibration slope"),
    "ece": Text("校准误差 ECE", "Calibration error ECE"),
    "lift": Text("提升倍数", "Lift"),
    "differential": Text("瞄准差异（Galasso–Ravallion）", "Targeting differential (Galasso–Ravallion)"),
    "net_benefit": Text("净收益", "Net benefit"),
    "ratio": Text("实际与预测之比", "Observed over predicted"),
    "line": Text("收入线实际值", "Real value of the line"),
    "threshold": Text("阈值", "Threshold"),
}
CGH = Text("最贫困 {x}% 的瞄准比（CGH）", "Targeting ratio of the poorest {x} % (CGH)")
HEADS = {
    "risk": Text("风险", "Risk"),
    "budget": Text("走访预算", "Budget of visits"),
    "threshold": Text("阈值", "Threshold"),
    "attribute": Text("属性", "Attribute"),
    "group": Text("组别", "Group"),
    "against": Text("对照", "Against"),
    "reference": Text("基准期", "reference"),
}
SAID = {
    "everybody": Text("全部走访", "visit everybody"),
    "nobody": Text("都不走访", "visit nobody"),
}
Labels = Mapping[str, Mapping[str, Text]]


def measure_called(measure: str) -> Text:
    """The name of a measure of risk.

    Examples
    --------
    >>> measure_called("exclusion_error").en, measure_called("cgh_0.2").en
    ('Exclusion error (due, not listed)', 'Targeting ratio of the poorest 20 % (CGH)')
    """
    if measure.startswith("cgh_"):
        return CGH.format(x=f"{100 * float(measure.removeprefix('cgh_')):g}")
    return PERCENT.get(measure) or INDEX.get(measure) or same(measure)


def in_percent(measure: str) -> bool:
    """Whether a measure is printed in percent."""
    return measure in PERCENT


def budget_labels(budgets: Sequence[Budget]) -> Labels:
    """What budgets are called where a table names them."""
    return {"budget": {budget.label: budget.said for budget in budgets}}


def risk_tables(frame: pd.DataFrame, voice: Voice, key: str, caption: Text, labels: Labels | None = None) -> tuple[Table, ...]:
    """Estimates as tables: those in percent, then indices; one row a measure and group, with interval and rows."""
    share = frame["measure"].map(in_percent).to_numpy(dtype=bool)
    heads = [voice(head) for head in (ESTIMATE, ERROR, LOW, HIGH)]
    tables = []
    for rows, scale, digits, part in ((share, 100.0, 2, "shares"), (~share, 1.0, 4, "indices")):
        if not rows.any():
            continue
        some, both = frame[rows], not (share.all() or not share.any())
        head = Text("指标（%）", "Measure (%)") if scale == 100 else Text("指标", "Measure")
        printed = pd.DataFrame({voice(head): [voice(measure_called(one)) for one in some["measure"]]})
        for column in grouping(some.dropna(axis=1, how="all")):
            printed[headed(column, voice)] = pd.Series(entries(some[column], voice, labels), dtype=object)
        for head_, column in zip(heads, FIGURES, strict=True):
            printed[head_] = some[column].to_numpy(dtype=float) * scale
        printed[voice(ROWS)] = some["n"].to_numpy()
        name, digits_of = f"{key}_{part}" if both else key, dict.fromkeys(heads, digits)
        tables.append(Table(key=name, caption=caption, frame=printed, decimals=digits_of, show=PRINTED))
    return tuple(tables)


def side_by_side(frame: pd.DataFrame, voice: Voice, key: str, caption: Text, labels: Labels | None = None) -> tuple[Table, ...]:
    """Several risks in one table: a row each, a column for each measure; nothing where there is one."""
    if "risk" not in frame or frame["risk"].nunique() < 2:
        return ()
    over = grouping(frame)
    rows = frame[over].drop_duplicates().reset_index(drop=True)
    printed = pd.DataFrame({headed(name, voice): pd.Series(entries(rows[name], voice, labels), dtype=object) for name in over})
    decimals: dict[str, int] = {}
    for measure in frame["measure"].unique():
        found = rows.merge(frame[frame["measure"] == measure], on=over, how="left")["estimate"].to_numpy(dtype=float)
        percent = in_percent(measure)
        head = f"{voice(measure_called(measure))}{voice(Text('（%）', ' (%)')) if percent else ''}"
        printed[head], decimals[head] = found * (100 if percent else 1), 1 if percent else 3
    return (Table(key=key, caption=caption, frame=printed, decimals=decimals, show=PRINTED),)


def varying(frame: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """The columns that hold more than one value.

    Examples
    --------
    >>> varying(pd.DataFrame({"a": [1, 1], "b": [1, 2]}), ["a", "b"])
    ['b']
    """
    return [name for name in columns if len(frame[name].unique()) > 1]


def headed(column: str, voice: Voice) -> str:
    """What a column of labels is headed."""
    return voice(HEADS[column]) if column in HEADS and column not in voice.names else named(column, voice)


def entries(column: pd.Series, voice: Voice, labels: Labels | None = None) -> list[object]:
    """The labels of a column as a reader says them."""
    known = (labels or {}).get(str(column.name), {})
    return [one if isinstance(one, float) else label(one, voice, known) for one in column.tolist()]


def label(value: object, voice: Voice, known: Mapping[str, Text] | None = None) -> str:
    """One label as a reader says it."""
    if known and str(value) in known:
        return voice(known[str(value)])
    return voice(SAID[str(value)]) if str(value) in SAID else voice.name(value)


@dataclass(frozen=True, slots=True)
class Dots:
    """Estimates with intervals to be drawn: a label each, and what the axis says."""

    labels: list[str]
    at: Array
    low: Array
    high: Array
    axis: str
    mark: float | None = None

    @classmethod
    def of(cls, rows: pd.DataFrame, voice: Voice, names: list[str], *, percent: bool, axis: str) -> Dots:
        """Those of a tidy frame, evenly spaced where there are too many."""
        scale = 100.0 if percent else 1.0
        picked = np.unique(np.linspace(0, len(rows) - 1, min(NAMED, len(rows))).round().astype(int))
        at, low, high = (rows[name].to_numpy(dtype=float)[picked] * scale for name in ("estimate", "ci_low", "ci_high"))
        said = f"{axis}{voice(Text('（%）', ' (%)'))}" if percent else axis
        return cls([names[at] for at in picked], at, low, high, said)

    def draw(self) -> Canvas:
        """Dots with bars, from above."""
        canvas, axes = theme.new_figure(7.0, 1.2 + 0.26 * len(self.labels))
        place = np.arange(len(self.labels))
        axes.hlines(place, self.low, self.high, color=theme.PALETTE[0], lw=3.5, alpha=0.4)
        axes.plot(self.at, place, "o", color=theme.PALETTE[0], ms=4)
        if self.mark is not None:
            axes.axvline(self.mark, color="0.25", lw=1, ls="--")
        axes.set_yticks(place, [theme.wrapped(one, 40) for one in self.labels], fontsize=7.5)
        axes.set_ylim(len(self.labels) - 0.4, -0.6)
        axes.set_xlabel(self.axis)
        axes.grid(visible=False, axis="y")
        return canvas


def dotted(frame: pd.DataFrame, measure: str, voice: Voice, key: str, caption: Text, labels: Labels | None = None) -> Figure:
    """One measure of every risk, budget and group with its interval."""
    rows = frame[(frame["measure"] == measure) & frame["estimate"].notna()].reset_index(drop=True)
    over = varying(rows, grouping(frame))
    columns = [entries(rows[name], voice, labels) for name in over]
    names = [" · ".join(map(_short, parts)) for parts in zip(*columns, strict=True)] or [voice(measure_called(measure))] * len(
        rows
    )
    dots = Dots.of(rows, voice, names, percent=in_percent(measure), axis=voice(measure_called(measure)))
    alt = Text("区间图：点为估计值，线为其区间。", "Interval chart: dots are estimates, bars their intervals.")
    return Figure(key=key, caption=caption, draw=dots.draw, alt=voice(alt))


def between(row: Any, voice: Voice, *, percent: bool) -> str:
    """An estimate and its interval in words, such as "12.3% (10.1% to 14.6%)"."""
    how = "{v:.1%}" if percent else "{v:.3f}"
    at, low, high = (how.format(v=float(row[name])) for name in ("estimate", "ci_low", "ci_high"))
    if np.isnan(row["ci_low"]):
        return at
    return voice(Text("{at}（{low} 至 {high}）", "{at} ({low} to {high})"), at=at, low=low, high=high)


def inside(text: str, voice: Voice) -> str:
    """Words as they stand within a sentence: in English with a small letter, unless they begin with a name in capitals.

    Examples
    --------
    >>> inside("Recall is high", Voice("en")), inside("AUC is high", Voice("en"))
    ('recall is high', 'AUC is high')
    """
    return text[:1].lower() + text[1:] if voice.lang == "en" and text[1:2].islower() else text


def told(parts: Sequence[str], voice: Voice) -> str:
    """Clauses as one sentence."""
    return sentence([*parts[:1], *(inside(part, voice) for part in parts[1:])], voice)


def lines(draw: Callable[[Any], None], voice: Voice, axes_said: tuple[Text, Text], size: tuple[float, float]) -> Canvas:
    """A chart of lines with its axes named and its legend below."""
    canvas, axes = theme.new_figure(*size)
    draw(axes)
    axes.set_xlabel(voice(axes_said[0]))
    axes.set_ylabel(voice(axes_said[1]))
    theme.legend_below(axes)
    return canvas


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
