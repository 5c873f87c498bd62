"""From which risk on one visits: by budget, by the cost of missing a household, or so that a share of them is surely reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import positive
from evalkit.errors import NoAnswer
from evalkit.panel.design import Sampled, SurveyDesign
from evalkit.risk.observed import a_design, a_frame, a_name, a_share, figures, probabilities, sampled, varied, yes_or_no
from evalkit.stats.arrays import Array, Mask
from evalkit.stats.exact import binomial_lower, effective_trials
from evalkit.stats.inference import ratio_influence
from evalkit.stats.ranked import ranked
from evalkit.stats.ranks import settled
from evalkit.terms import Text


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Threshold(Answer):
    """A threshold: visit where the risk is at least `value`. `frame` has `measure`, `estimate` and, where known, `ci_low`.

    Measures on the rows it was found on: "threshold", "coverage" (share visited), "recall", "precision".
    """

    value: float

    def flags(self, risk: pd.Series) -> pd.Series:
        """Who is visited, of risks as they come later.

        Examples
        --------
        >>> homes = pd.DataFrame({"risk": [0.1, 0.4, 0.8, 0.9], "fell": [0, 0, 1, 1]})
        >>> BudgetThreshold(risk="risk", outcome="fell", share=0.5).fit(homes).flags(homes["risk"]).tolist()
        [False, False, True, True]
        """
        return pd.Series(_reached(settled(risk.to_numpy(dtype=float)), self.value), index=risk.index, name="visit")


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetThreshold:
    """The least threshold at which no more than a share is visited, on rows like those to come.

    Households of equal risk at the cutoff are left out together, so that the budget holds; how much of it is left is said.
    `risk` and `outcome` name columns, `share` is the budget, `design` the weights.

    Examples
    --------
    >>> homes = pd.DataFrame({"risk": [0.1, 0.8, 0.8, 0.9], "fell": [0, 0, 1, 1]})
    >>> found = BudgetThreshold(risk="risk", outcome="fell", share=0.5).fit(homes)
    >>> found.value, found.frame["estimate"].tolist()
    (0.9, [0.9, 0.25, 0.5, 1.0])
    """

    risk: str
    outcome: str
    share: float
    design: SurveyDesign = SurveyDesign()

    def __post_init__(self) -> None:
        _checked(self)
        a_share(self.share, who="BudgetThreshold share")

    def fit(self, frame: pd.DataFrame) -> Threshold:
        """The threshold of the rows of a frame.

        Raises
        ------
        DataError
            A column is absent or holds gaps or text, or an outcome is not 0 or 1.
        NoAnswer
            The households of greatest risk, all tied, are more than the budget, or the outcome does not vary.
        """
        risk, outcome, drawn = _read(self, frame)
        rows = ranked(risk)
        used = np.cumsum(rows.sums(drawn.weights[rows.order])) / drawn.weights.sum()
        fits = int(np.searchsorted(used, self.share * (1 + 1e-12), side="right"))
        if not fits:
            raise NoAnswer(
                f"the households of greatest '{self.risk}' are tied and more than the budget",
                found=f"{used[0]:.4g} of all against {self.share:.4g}",
                do="use a finer score, or a VisitingList, which draws among them",
            )
        value = _observed(self, frame, float(risk[rows.order[rows.first[fits - 1]]]))
        text = Text(
            "预算 {share:.4g}，用去 {used:.4g}：界线上风险相同者一并不列入。",
            "Of a budget of {share:.4g}, {used:.4g} is used: households tied at the cutoff are left out together.",
        )
        note = Note("choice", text.format(share=self.share, used=float(used[fits - 1])))
        return _answer(self, value, (risk, outcome, drawn), (note,))


@dataclass(frozen=True, slots=True, kw_only=True)
class CostThreshold:
    """The threshold at which a visit pays: t = c/(c + m), c the cost of a needless visit and m that of a missed household.

    It presumes calibrated risks; the frame shows what it does on observed rows, and a note the threshold that would have been
    cheapest there, which is far off where risks are not calibrated.
    Source: Elkan (2001), International Joint Conference on Artificial Intelligence 17:973–978.

    Examples
    --------
    >>> homes = pd.DataFrame({"risk": [0.05, 0.05, 0.2, 0.6], "fell": [0, 0, 0, 1]})
    >>> CostThreshold(risk="risk", outcome="fell", needless=1, missed=9).fit(homes).value
    0.1
    """

    risk: str
    outcome: str
    needless: float
    missed: float
    design: SurveyDesign = SurveyDesign()

    def __post_init__(self) -> None:
        _checked(self)
        positive(self.needless, who="CostThreshold needless")
        positive(self.missed, who="CostThreshold missed")

    def fit(self, frame: pd.DataFrame) -> Threshold:
        """The threshold, and what it does on the rows of a frame.

        Raises
        ------
        DataError
            A column is absent or holds gaps or text, an outcome is not 0 or 1, or a risk lies outside of [0, 1].
        NoAnswer
            The outcome does not vary.
        """
        risk, outcome, drawn = _read(self, frame)
        probabilities(frame, self.risk, who="CostThreshold")
        value = self.needless / (self.needless + self.missed)
        cheapest, least = self._cheapest(risk, outcome, drawn.weights)
        text = Text(
            "阈值 {value:.4g} 以风险已校准为前提；在这些行上每户成本 {cost:.4g}，最低 {least:.4g}（阈值 {cheapest:.4g}）。",
            "The threshold {value:.4g} presumes calibrated risks; on these rows it costs {cost:.4g} a household, the least being "
            "{least:.4g} (at {cheapest:.4g}).",
        )
        cost = self._cost(_reached(risk, value), outcome, drawn.weights)
        said = text.format(value=value, cost=cost, least=least, cheapest=cheapest)
        return _answer(self, value, (risk, outcome, drawn), (Note("choice", said),))

    def _cost(self, visited: Mask, outcome: Array, weights: Array) -> float:
        """What needless visits and missed households cost, per household."""
        each = np.where(visited, self.needless * (1 - outcome), self.missed * outcome)
        return float((weights * each).sum() / weights.sum())

    def _cheapest(self, risk: Array, outcome: Array, weights: Array) -> tuple[float, float]:
        """The observed risk at which visits would have cost least, infinite where no visit pays, and that cost."""
        rows = ranked(risk)
        w, y = weights[rows.order], outcome[rows.order]
        needless = np.append(0.0, np.cumsum(rows.sums(w * (1 - y)))) * self.needless
        missed = (w * y).sum() - np.append(0.0, np.cumsum(rows.sums(w * y)))
        cost = (needless + self.missed * missed) / w.sum()
        at = int(np.argmin(settled(cost)))
        return (float(risk[rows.order[rows.first[at - 1]]]) if at else np.inf), float(cost[at])


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallThreshold:
    """The greatest threshold at which recall is at least `target` with confidence `level`, on rows like those to come.

    Its lower bound of recall, one-sided, is not below the target: exactly, by Clopper and Pearson, where rows are drawn alike;
    with weights or clusters by Korn and Graubard's effective number of households with the event, and where all of them are
    reached by the number of clusters they live in. Since recall falls as the threshold rises, the bound holds for the threshold
    that is chosen too. It says nothing of a time in which households fall for other reasons.

    Sources: Wilks (1941), Annals of Mathematical Statistics 12:91–96; Korn & Graubard (1998), Survey Methodology 24:193–201.

    Examples
    --------
    >>> homes = pd.DataFrame({"risk": np.arange(1, 101) / 100, "fell": np.tile([0, 1], 50)})
    >>> found = RecallThreshold(risk="risk", outcome="fell", target=0.9).fit(homes)
    >>> found.value, found.frame.set_index("measure").loc["recall"].round(3).tolist()
    (0.04, [0.98, 0.909])
    """

    risk: str
    outcome: str
    target: float
    level: float = 0.95
    design: SurveyDesign = SurveyDesign()

    def __post_init__(self) -> None:
        _checked(self)
        a_share(self.target, who="RecallThreshold target")
        a_share(self.level, who="RecallThreshold level", least=0.5)

    def fit(self, frame: pd.DataFrame) -> Threshold:
        """The threshold, its recall, and the lower bound of it.

        Raises
        ------
        DataError
            A column is absent or holds gaps or text, or an outcome is not 0 or 1.
        NoAnswer
            Even visiting everybody with the event here would not show a recall of `target`: too few of them were observed.
        """
        risk, outcome, drawn = _read(self, frame)
        held = (outcome == 1) & (drawn.weights > 0)
        values = np.unique(risk[held])
        if self._bound(values[0], risk, outcome, drawn) < self.target:
            need = int(np.ceil(np.log(1 - self.level) / np.log(self.target)))
            raise NoAnswer(
                f"too few households with the event to be {self.level:.0%} sure of a recall of {self.target:.4g}",
                found=f"{int(held.sum())} of them",
                do=f"observe at least {need} drawn alike, or ask for a lower target or level",
            )
        low, high = 0, len(values)
        while high - low > 1:
            middle = (low + high) // 2
            sure = self._bound(values[middle], risk, outcome, drawn) >= self.target
            low, high = (middle, high) if sure else (low, middle)
        bound = self._bound(values[low], risk, outcome, drawn)
        text = Text(
            "在与这些行同样的情形下，有 {level:.0%} 的把握召回率不低于 {target:.4g}。",
            "For households like these, recall is at least {target:.4g} with {level:.0%} confidence.",
        )
        note = Note("choice", text.format(level=self.level, target=self.target))
        return _answer(self, _observed(self, frame, float(values[low])), (risk, outcome, drawn), (note,), bound)

    def _bound(self, value: float, risk: Array, outcome: Array, drawn: Sampled) -> float:
        """The lower bound of recall where those with a risk of at least `value` are visited."""
        events = (outcome == 1) & (drawn.weights > 0)
        n = float(events.sum())
        recall, influence = ratio_influence(outcome * (risk >= value), outcome, drawn.weights)
        if self.design == SurveyDesign():
            return float(binomial_lower(np.array([round(recall * n)]), np.array([n]), self.level)[0])
        df, clusters = float(drawn.degrees_of_freedom(events)), float(len(np.unique(drawn.unit[events])))
        variance = float(drawn.covariance(influence[None])[0, 0])
        trials = np.array([min(n, clusters)])
        if variance > 1e-18 and recall < 1:
            known = [np.array([x]) for x in (recall, variance, n, df)]
            trials = effective_trials(known[0], known[1], known[2], known[3], self.level)
        bound = float(binomial_lower(trials * min(recall, 1.0), trials, self.level)[0])
        return bound if np.isfinite(bound) else 0.0


def _checked(spec: Any) -> None:
    """What every threshold is asked with."""
    who = type(spec).__name__
    a_name(spec.risk, who=f"{who} risk")
    a_name(spec.outcome, who=f"{who} outcome")
    a_design(spec.design, who=who)


def _read(spec: Any, frame: pd.DataFrame) -> tuple[Array, Array, Sampled]:
    who = type(spec).__name__
    a_frame(frame, who=who)
    risk, outcome = settled(figures(frame, spec.risk, who=who)), yes_or_no(frame, spec.outcome, who=who)
    drawn = sampled(frame, spec.design, who=who)
    varied(outcome, drawn.weights, spec.outcome, so="no threshold can be judged by it")
    return risk, outcome, drawn


def _reached(risk: Array, value: float) -> Mask:
    """Which risks, rounded to ten digits, are at least a threshold rounded likewise."""
    return risk >= settled(np.array(value))


def _observed(spec: Any, frame: pd.DataFrame, value: float) -> float:
    """The least risk as it was passed of those that are at least `value` once rounded: it flags the same rows, rounded or not."""
    risk = figures(frame, spec.risk, who=type(spec).__name__)
    return float(risk[settled(risk) >= value].min())


def _answer(
    spec: Any, value: float, rows: tuple[Array, Array, Sampled], notes: tuple[Note, ...], bound: float = np.nan
) -> Threshold:
    """The threshold with what it does on the rows (risk, outcome, design) it was found on."""
    risk, outcome, drawn = rows
    w, visited = drawn.weights, _reached(risk, value)
    hits, visits = (w * visited * outcome).sum(), (w * visited).sum()
    table = [
        ("threshold", value, np.nan),
        ("coverage", visits / w.sum(), np.nan),
        ("recall", hits / (w * outcome).sum(), bound),
        ("precision", hits / visits if visits > 0 else np.nan, np.nan),
    ]
    frame = pd.DataFrame(table, columns=["measure", "estimate", "ci_low"])
    return Threshold(spec=spec, frame=frame, value=value, notes=notes)
