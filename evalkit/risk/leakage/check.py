"""The door: every way of being told what one cannot know is looked for, found ones are named, and the rest is said."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import number, one_of, shown, whole
from evalkit.errors import SpecError
from evalkit.panel.panel import Panel
from evalkit.risk.features.dated import DatedFeatures
from evalkit.risk.labels.labels import Labels
from evalkit.risk.leakage.dates import broken_lags, future_values, known_too_late, not_rebuilt
from evalkit.risk.leakage.derived import few_events, labels_in_features
from evalkit.risk.leakage.evidence import MOST, Evidence, Fold
from evalkit.risk.leakage.findings import RULES, Leak, refusal, table
from evalkit.risk.leakage.fitted import fitted_transformers, prepared_columns, target_encoded
from evalkit.risk.leakage.folds import homes_in_both, homes_twice, outcomes_after_test, villages_in_both
from evalkit.risk.leakage.identifiers import identifiers
from evalkit.risk.observed import a_share
from evalkit.terms import Text

__all__ = ["RULES", "LeakageCheck", "Leaks", "refuse_leaks"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakageCheck:
    """Whether a model would be told what it cannot know.

    It looks for: features known after their origin, or that follow later figures of the homes' own columns; homes, villages or
    copies of homes on both sides of a split; training outcomes not known when the test began; labels that can be told from a
    feature or a few; identifiers; means of the label taken over all rows; preparation fitted on rows that test; rows whose dates
    cannot be in order. What it does not find is not thereby sound.

    Parameters
    ----------
    limit
        AUC from which the label counts as told by a feature or a small set.
    suspicious
        AUC from which a feature is to be explained; on real panels the best models reach .70 to .83.
    follows
        Rank correlation with a column's later figure, given its present one, from which a feature counts as that figure.
    villages_apart
        Whether the split is meant to keep villages apart, as `VillageFolds` does.
    lags
        Column → column whose figure `lag_step` periods earlier it is: such as {"income_before": "income"}.
    lag_step
        How many periods earlier that is.
    accept
        Rules, or "rule:column", looked at and explained; they are said in a note and are no finding.

    Examples
    --------
    >>> import numpy as np
    >>> key = pd.MultiIndex.from_product([[f"H{i:02d}" for i in range(40)], [2021]], names=["unit", "origin"])
    >>> fell = pd.Series(np.tile([0, 1], 20), index=key)
    >>> features = pd.DataFrame({"index": fell * 2.0 + 1, "income": 9 + np.sin(np.arange(40))}, index=key)
    >>> LeakageCheck().measure(features, fell).frame[["rule", "column", "found"]].to_numpy().tolist()
    [['label_in_feature', 'index', 'AUC 1.000']]
    """

    limit: float = 0.99
    suspicious: float = 0.90
    follows: float = 0.5
    villages_apart: bool = False
    lags: Mapping[str, str] = field(default_factory=dict)
    lag_step: int = 1
    accept: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        number(self.limit, "(0.5, 1]", who="LeakageCheck limit")
        number(self.suspicious, "(0.5, 1]", who="LeakageCheck suspicious")
        a_share(self.follows, who="LeakageCheck follows")
        if not isinstance(self.villages_apart, bool):
            raise SpecError("LeakageCheck villages_apart must be True or False", found=shown(self.villages_apart))
        if not isinstance(self.lags, Mapping):
            raise SpecError("LeakageCheck lags must map columns", found=shown(self.lags), do='write {"income_before": "income"}')
        whole(self.lag_step, who="LeakageCheck lag_step")
        if not isinstance(self.accept, tuple):
            raise SpecError("LeakageCheck accept must be a tuple of rules", found=shown(self.accept))
        for rule in self.accept:
            one_of(str(rule).partition(":")[0], tuple(RULES), who="an accepted rule")

    def measure(
        self,
        features: DatedFeatures | pd.DataFrame,
        labels: Labels | pd.DataFrame | pd.Series,
        *,
        folds: Sequence[Fold] = (),
        places: pd.Series | None = None,
        panel: Panel | pd.DataFrame | None = None,
        fitted: Any = None,
    ) -> Leaks:
        """All findings.

        Parameters
        ----------
        features, labels
            Keyed by (unit, origin); of labels the column `label` and, where there, `outcome_period`, `known_at` and `at_risk`: 1
            where the outcome can happen, 0 where a row teaches only, such as of a home poor at the origin.
        folds
            Pairs of training and test rows, as places among the rows of the labels.
        places
            The village of each home, keyed by unit or by (unit, origin).
        panel
            The homes' own columns at the periods they are of, keyed by (unit, period), without lagged columns.
        fitted
            Transformers fitted on the training rows, one a fold.

        Raises
        ------
        SpecError
            Something is not what it should be: no frame, no pairs of rows, not as many transformers as folds.
        DataError
            Keys differ, stand twice or hold gaps, labels are not 0 and 1, or folds point outside of the rows.
        """
        rows = Evidence.of(features, labels, list(folds), places)
        leaks = [*known_too_late(rows), *homes_in_both(rows), *outcomes_after_test(rows)]
        leaks += villages_in_both(rows) if self.villages_apart else []
        leaks += self._of_those_at_risk(rows.only(rows.at_risk), panel)
        if not rows.at_risk.all():
            told = {(leak.rule, leak.column) for leak in leaks}
            leaks += [leak for leak in self._of_those_that_teach(rows, panel) if (leak.rule, leak.column) not in told]
        unsure: list[Text] = []
        if panel is not None and isinstance(features, DatedFeatures):
            anew = not_rebuilt(rows, features, panel)
            leaks += anew or []
            unsure += [Text("按方案重算特征（缺列）", "features drawn anew (columns are absent)")] if anew is None else []
        if fitted is not None:
            found, unsure = fitted_transformers(rows, fitted)
            leaks += found
        kept = [leak for leak in leaks if not self._accepts(leak)]
        unseen = self._unseen(rows, panel is not None, fitted is not None)
        return Leaks(spec=self, frame=table(kept), notes=_notes(rows, [*unseen, *unsure], leaks, kept))

    def _of_those_at_risk(self, rows: Evidence, panel: Panel | pd.DataFrame | None) -> list[Leak]:
        """What rows tell to which the outcome can happen."""
        leaks = [*homes_twice(rows), *identifiers(rows), *target_encoded(rows), *prepared_columns(rows)]
        leaks += labels_in_features(rows, self.limit, self.suspicious)
        leaks += broken_lags(rows, self.lags, self.lag_step)
        return leaks + (future_values(rows, panel, self.follows) if panel is not None else [])

    def _of_those_that_teach(self, rows: Evidence, panel: Panel | pd.DataFrame | None) -> list[Leak]:
        """What rows tell that teach only, by themselves or among all.

        Who is poor stays so by what is known beforehand, and incomes of the poor lie close together: what follows the outcome
        or a later figure counts as a leak only where it does so closely.
        """
        own = rows.only(~rows.at_risk)
        leaks = [*(homes_twice(rows) if rows.folds else []), *target_encoded(rows), *prepared_columns(rows)]
        leaks += broken_lags(rows, self.lags, self.lag_step)
        leaks += [*identifiers(own, by_name=False), *labels_in_features(own, self.limit, self.limit)]
        return leaks + (future_values(own, panel, (1 + self.follows) / 2) if panel is not None else [])

    def _accepts(self, leak: Leak) -> bool:
        return leak.rule in self.accept or f"{leak.rule}:{leak.column}" in self.accept

    def _unseen(self, rows: Evidence, panel: bool, fitted: bool) -> list[Text]:
        """What could not be looked at, for want of it."""
        lacks = {
            Text("特征的可知日期", "when features were known"): rows.known is None,
            Text("结果的可知日期", "when outcomes were known"): rows.known_at is None,
            Text("训练与测试的划分", "the split"): not rows.folds,
            Text("住户各期原始数据", "the homes' own columns over time"): not panel,
            Text("已拟合的预处理", "fitted preparation"): not fitted,
            Text("所在村", "villages"): rows.place is None,
        }
        few = few_events(rows)
        return [what for what, absent in lacks.items() if absent] + ([] if few is None else [few])


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Leaks(Answer):
    """Findings: `frame` has one row each.

    Columns: `rule` (see `RULES`), `severity` ("defect"), `column`, `count` (rows, homes or villages), `where` (the first ones:
    rows of the labels counted from 1 and their origins, or villages),
    `found` (the numbers), and what is wrong and what to do in both languages: `message_zh`, `message_en`, `do_zh`, `do_en`.
    """

    spec: LeakageCheck


def refuse_leaks(leaks: Leaks, accept: Collection[str] = ()) -> None:
    """Raise one `DataError` with every finding that is not accepted, by rule or by "rule:column".

    Raises
    ------
    SpecError
        `accept` names a rule that does not exist.
    DataError
        A finding remains.
    """
    refusal(leaks.frame, accept)


def _notes(rows: Evidence, unseen: list[Text], leaks: list[Leak], kept: list[Leak]) -> tuple[Note, ...]:
    notes = []
    if unseen:
        said = Text("、".join(text.zh for text in unseen), ", ".join(text.en for text in unseen))
        text = Text("未能查看（没有提供）：{what}。", "Not looked at, since it was not given: {what}.")
        notes.append(Note("caution", text.format(what=said)))
    taken = sorted(
        {f"{leak.rule}:{leak.column}".rstrip(":") for leak in leaks} - {f"{k.rule}:{k.column}".rstrip(":") for k in kept}
    )
    if taken:
        text = Text("经说明接受：{what}。", "Accepted by name: {what}.")
        notes.append(Note("choice", text.format(what=", ".join(taken))))
    if more := int((~rows.at_risk).sum()):
        text = Text(
            "其中 {n:,} 行只能参与学习：日期、划分、编号与后期数值一并核查，标签只查近乎完全的复原。",
            "{n:,} of the rows can only teach: their dates, folds, identifiers and later figures were checked too, and labels "
            "for near-perfect telling alone.",
        )
        notes.append(Note("choice", text.format(n=more)))
    if len(rows.y) > MOST:
        text = Text(
            "特征组合与日期的检查取均匀分布的 {n:,} 行。", "Sets of features and dates were searched on {n:,} spread rows."
        )
        notes.append(Note("choice", text.format(n=MOST)))
    sound = Text("没有发现不等于没有泄漏。", "Finding nothing does not prove that nothing leaks.")
    return (*notes, Note("caution", sound))
