"""Risks that can be taken at their word: a curve learnt on later rows, for all or group by group, and applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import able, whole
from evalkit.panel.design import SurveyDesign
from evalkit.risk.calibration.curves import Curve, Method, Platt, PlattCurve
from evalkit.risk.calibration.venn_abers import VennAbersCurve
from evalkit.risk.observed import a_frame, a_name, figures, labeled, sampled, varied, yes_or_no
from evalkit.stats.arrays import Array, Mask
from evalkit.terms import Text, first_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How a score is made a probability: learnt on rows that trained no model, then applied to others.

    Parameters
    ----------
    risk
        The column of scores.
    outcome
        The column that says what happened (1) or did not (0).
    method
        `Platt`, `Isotonic`, `Beta` or `VennAbers`.
    by
        A column of groups that get a curve of their own, such as those who left poverty lately (None: one for all).
    weights
        A column of weights (None: all alike); they are scaled to mean 1.
    least
        How many rows with the event, and without it, a group needs for a curve of its own; smaller groups get that of all.

    Examples
    --------
    >>> homes = pd.DataFrame({"risk": [0.2] * 5 + [0.6] * 5, "fell": [1, 0, 0, 0, 0, 1, 1, 0, 0, 0]})
    >>> fitted = Calibration(risk="risk", outcome="fell", method=Platt(smooth=False)).fit(homes)
    >>> fitted.score(homes).frame["risk"].round(3).unique().tolist()
    [0.2, 0.4]
    """

    risk: str
    outcome: str
    method: Method = Platt()
    by: str | None = None
    weights: str | None = None
    least: int = 50

    def __post_init__(self) -> None:
        a_name(self.risk, who="Calibration risk")
        a_name(self.outcome, who="Calibration outcome")
        able(self.method, "fit", who="Calibration method", do="use Platt(), Isotonic(), Beta() or VennAbers()")
        for name in (self.by, self.weights):
            if name is not None:
                a_name(name, who="a column of Calibration")
        whole(self.least, who="Calibration least")

    def fit(self, frame: pd.DataFrame) -> Calibrator:
        """The curves, learnt on the rows of a frame.

        Raises
        ------
        DataError
            A column is absent or holds gaps or text, an outcome is not 0 or 1, or a risk does not suit the method.
        NoAnswer
            The outcome does not vary, or the method finds no curve.
        """
        a_frame(frame, who="Calibration")
        risk, outcome = figures(frame, self.risk, who="Calibration"), yes_or_no(frame, self.outcome, who="Calibration")
        weights = sampled(frame, SurveyDesign(weights=self.weights), who="Calibration").weights
        held = weights > 0
        varied(outcome, weights, self.outcome, so="no curve can be learnt from it")
        pooled = self._curve(risk, outcome, weights, held)
        own: dict[object, Curve] = {}
        small = []
        if self.by is not None:
            codes, names = labeled(frame, self.by, who="Calibration")
            for at, name in enumerate(names):
                rows = held & (codes == at)
                events = int(outcome[rows].sum())
                if min(events, int(rows.sum()) - events) < self.least:
                    small.append(name)
                else:
                    own[name] = self._curve(risk, outcome, weights, rows)
        notes = self._notes(int(held.sum()), int(outcome[held].sum()), small, [pooled, *own.values()])
        return Calibrator(spec=self, pooled=pooled, own=own, notes=notes)

    def _curve(self, risk: Array, outcome: Array, weights: Array, rows: Mask) -> Curve:
        w = weights[rows]
        return self.method.fit(risk[rows], outcome[rows], w / w.mean())

    def _notes(self, n: int, events: int, small: list[object], curves: list[Curve]) -> tuple[Note, ...]:
        text = Text(
            "{method} 校准，用 {n:,} 行（其中 {events:,} 行发生）学得。",
            "{method} calibration, learnt on {n:,} rows, {events:,} of them with the event.",
        )
        notes = [Note("choice", text.format(method=type(self.method).__name__, n=n, events=events))]
        if small:
            few = Text(
                "各组中发生或未发生的行不足 {least}，用总体曲线：{which}。",
                "Groups with fewer than {least} rows with or without the event take the curve of all: {which}.",
            )
            notes.append(Note("caution", few.format(least=self.least, which=first_of(small))))
        if any(isinstance(curve, PlattCurve) and curve.slope <= 0 for curve in curves):
            turned = Text("斜率不为正：该分数不区分或颠倒了风险。", "A slope is not positive: the score does not order risks.")
            notes.append(Note("caution", turned))
        return tuple(notes)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Calibrator:
    """A calibration that was learnt: `pooled` is the curve of all, `own` those of groups."""

    spec: Calibration
    pooled: Curve
    own: Mapping[object, Curve]
    notes: tuple[Note, ...] = ()

    def score(self, frame: pd.DataFrame) -> CalibratedRisk:
        """The calibrated risk of each row; a group that was not seen takes the curve of all.

        Raises
        ------
        DataError
            A column is absent or holds gaps or text, or a risk does not suit the method.
        """
        a_frame(frame, who="Calibration")
        risk = figures(frame, self.spec.risk, who="Calibration")
        found = np.empty((3, len(risk)))
        if self.spec.by is None:
            found[:] = _applied(self.pooled, risk)
            return self._answer(found, frame, [])
        codes, names = labeled(frame, self.spec.by, who="Calibration")
        for at, name in enumerate(names):
            rows = codes == at
            found[:, rows] = _applied(self.own.get(name, self.pooled), risk[rows])
        return self._answer(found, frame, [name for name in names if name not in self.own])

    def _answer(self, found: Array, frame: pd.DataFrame, pooled: list[object]) -> CalibratedRisk:
        bounded = isinstance(self.pooled, VennAbersCurve)
        columns = {"risk": found[0]} | ({"low": found[1], "high": found[2]} if bounded else {})
        notes = self.notes
        if pooled and self.own:
            text = Text("这些组用总体曲线：{which}。", "These groups take the curve of all: {which}.")
            notes = (*notes, Note("choice", text.format(which=first_of(pooled))))
        return CalibratedRisk(spec=self.spec, frame=pd.DataFrame(columns, index=frame.index), notes=notes)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CalibratedRisk(Answer):
    """Calibrated risks: `frame` has the index that was asked and a column `risk`, with `VennAbers` also `low` and `high`."""


def _applied(curve: Curve, risk: Array) -> Array:
    """The risk and, where the curve has them, its bounds, of shape (3, n)."""
    low, high = curve.bounds(risk) if isinstance(curve, VennAbersCurve) else (np.nan, np.nan)
    return np.stack(np.broadcast_arrays(curve.score(risk), low, high))
