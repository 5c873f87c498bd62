"""Whether acting on a risk does more good than visiting everybody or nobody, by how much a needless visit weighs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import able, one_of, shown
from evalkit.errors import NoAnswer, SpecError
from evalkit.panel.design import Sampled, SurveyDesign
from evalkit.risk.observed import a_design, a_frame, a_name, a_share, groups, names_of, probabilities, sampled, yes_or_no
from evalkit.risk.scoring.bootstrap import ClusterBootstrap, bootstrap_notes, sizes, with_errors
from evalkit.risk.scoring.paired import paired_differences
from evalkit.stats.arrays import Array, Codes
from evalkit.stats.ranks import settled
from evalkit.terms import Text

EVERYBODY, NOBODY = "everybody", "nobody"
MEASURES = ("net_benefit", "visits_avoided")


def net_benefit(risk: Array, outcome: Array, weights: Array, threshold: float) -> float:
    """Net benefit TP/n − FP/n · t/(1 − t) of visiting those with a risk of at least t; at best the base rate π.

    t/(1 − t) is what a needless visit weighs against a household reached in time. Visiting everybody has π − (1 − π) t/(1 − t),
    visiting nobody 0: a risk is of use at t where it exceeds both. Source: Vickers & Elkin (2006), Medical Decision Making
    26:565–574.

    Examples
    --------
    >>> round(net_benefit(np.array([0.9, 0.6, 0.2, 0.1]), np.array([1.0, 0.0, 0.0, 0.0]), np.ones(4), 0.2), 4)
    0.125
    """
    visited = weights * (settled(risk) >= threshold)
    return float((visited * (outcome - (1 - outcome) * threshold / (1 - threshold))).sum() / weights.sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionCurve:
    """Net benefit of acting on risks at several thresholds, beside visiting everybody and nobody.

    Parameters
    ----------
    outcome
        The column that says what happened (1) or did not (0).
    risks
        The column of probabilities, or several to be compared.
    thresholds
        The risks from which on one would visit, in (0, 1): 0.1 says a needless visit weighs a ninth of a household reached.
    against
        What the others are compared with: a risk, "everybody" or "nobody" (the default is "everybody").
    design
        Weights, strata and clusters.
    bootstrap
        How errors are found.

    Examples
    --------
    >>> homes = pd.DataFrame({"fell": [1, 0, 0, 0], "risk": [0.9, 0.6, 0.2, 0.1]})
    >>> found = DecisionCurve(outcome="fell", risks="risk", thresholds=(0.2,)).measure(homes)
    >>> found.frame.loc[found.frame["measure"] == "net_benefit", ["risk", "estimate"]].round(4).values.tolist()
    [['risk', 0.125], ['everybody', 0.0625], ['nobody', 0.0]]
    """

    outcome: str
    risks: str | tuple[str, ...]
    thresholds: tuple[float, ...] = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
    against: str = EVERYBODY
    design: SurveyDesign = SurveyDesign()
    bootstrap: ClusterBootstrap = ClusterBootstrap()

    def __post_init__(self) -> None:
        a_name(self.outcome, who="DecisionCurve outcome")
        names = names_of(self.risks, who="DecisionCurve risks")
        if set(names) & {EVERYBODY, NOBODY}:
            raise SpecError(f"a risk of DecisionCurve may not be called '{EVERYBODY}' or '{NOBODY}'", do="rename the column")
        one_of(self.against, (*names, EVERYBODY, NOBODY), who="DecisionCurve against")
        if not isinstance(self.thresholds, tuple) or not self.thresholds or len(set(self.thresholds)) != len(self.thresholds):
            raise SpecError("DecisionCurve thresholds must be a tuple of different ones", found=shown(self.thresholds))
        for threshold in self.thresholds:
            a_share(threshold, who="DecisionCurve thresholds")
        a_design(self.design, who="DecisionCurve")
        able(self.bootstrap, "run", who="DecisionCurve bootstrap", do="use ClusterBootstrap()")

    def measure(self, frame: pd.DataFrame, over: str | None = None) -> DecisionCurves:
        """Net benefit of each risk at each threshold, over all rows or in each group of `over`.

        Raises
        ------
        DataError
            A column is absent, holds gaps or text, an outcome is not 0 or 1, or a risk lies outside of [0, 1].
        NoAnswer
            A group has no weight.
        """
        a_frame(frame, who="DecisionCurve")
        outcome = yes_or_no(frame, self.outcome, who="DecisionCurve")
        drawn = sampled(frame, self.design, who="DecisionCurve")
        inside = groups(frame, over, who="DecisionCurve")
        if any(not drawn.weights[rows].any() for rows in inside.values()):
            raise NoAnswer("a group of DecisionCurve has no weight", do="leave its rows out, by name")
        names = names_of(self.risks, who="DecisionCurve risks")
        columns = [
            *(probabilities(frame, name, who="DecisionCurve") for name in names),
            np.ones(len(frame)),
            np.zeros(len(frame)),
        ]
        totals = [self._totals(columns, outcome, drawn.weights * rows, drawn) for rows in inside.values()]

        def benefits(times: Array) -> Array:
            return np.concatenate([self._benefits(np.einsum("bc,ckt->bkt", times, part)) for part in totals], axis=1)

        point, draws = self.bootstrap.run(benefits, drawn, len(self.thresholds))
        keys = self._keys([*names, EVERYBODY, NOBODY], over, list(inside))
        of = sizes(drawn, inside.values(), len(columns) * len(MEASURES) * len(self.thresholds))
        return DecisionCurves(
            spec=self,
            frame=with_errors(keys, point, draws, self.bootstrap.level, of),
            differences=paired_differences(keys, point, draws, self.against, self.bootstrap.level, of),
            draws=draws,
            notes=(_note(), *bootstrap_notes(self.bootstrap, drawn, point, draws)),
        )

    def _totals(self, columns: list[Array], outcome: Array, weights: Array, drawn: Sampled) -> Array:
        """What each cluster adds, of shape (clusters, 1 + risks, thresholds): its weight, and its net benefit under each risk."""
        order, size, clusters = np.argsort(self.thresholds), len(self.thresholds), len(drawn.unit_stratum)
        cuts = np.array(self.thresholds)[order]
        weight = np.bincount(drawn.unit, weights=weights, minlength=clusters)
        found: list[Array] = [np.repeat(weight[:, None], size, axis=1)]
        for risk in columns:
            cell = drawn.unit * (size + 1) + np.searchsorted(cuts, settled(risk), side="right")
            sums = np.empty((clusters, size))
            sums[:, order] = _passing(cell, weights * outcome, clusters, size)
            sums[:, order] -= _passing(cell, weights * (1 - outcome), clusters, size) * (cuts / (1 - cuts))
            found.append(sums)
        return np.stack(found, axis=1)

    def _benefits(self, sums: Array) -> Array:
        """Net benefit, and visits avoided beside visiting everybody, of totals (resamples, 1 + risks, thresholds)."""
        odds = np.array(self.thresholds) / (1 - np.array(self.thresholds))
        benefit = np.divide(sums[:, 1:], sums[:, :1], out=np.full(sums[:, 1:].shape, np.nan), where=sums[:, :1] > 0)
        avoided = (benefit - benefit[:, -2:-1]) / odds
        return np.stack([benefit, avoided], axis=2).reshape(len(sums), -1)

    def _keys(self, names: list[str], over: str | None, labels: list[object]) -> pd.DataFrame:
        rows = [(m, label, name, t) for label in labels for name in names for m in MEASURES for t in self.thresholds]
        keys = pd.DataFrame(rows, columns=["measure", "over" if over is None else over, "risk", "threshold"])
        return keys.drop(columns="over") if over is None else keys


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DecisionCurves(Answer):
    """Net benefits: `frame` has columns `measure`, the group, `risk`, `threshold`, `estimate`, its errors and `n` (rows).

    `risk` is a column of risks, "everybody" or "nobody". `measure` is "net_benefit", per household, or "visits_avoided": the
    share of households one need not visit for the same net benefit as visiting everybody. `differences` has the same with
    `against`.
    """

    differences: pd.DataFrame
    draws: Array


def _passing(cell: Codes, weights: Array, clusters: int, size: int) -> Array:
    """Weights (clusters, thresholds) of rows that reach each threshold; `cell` is cluster × (size + 1) + thresholds reached."""
    held = np.bincount(cell, weights=weights, minlength=clusters * (size + 1)).reshape(clusters, size + 1)
    return held[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]


def _note() -> Note:
    text = Text(
        "风险不低于阈值者走访；净收益只在风险经过校准时可比。",
        "Those with a risk of at least the threshold are visited; net benefit presumes calibrated risks.",
    )
    return Note("choice", text)
