"""Whom a budget of visits reaches and whom it misses: errors of exclusion and inclusion, and what they cost the poor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import able, many, one_of
from evalkit.panel.design import SurveyDesign
from evalkit.risk.lists.budgets import Budget, Share, budgets_of
from evalkit.risk.lists.listed import Listed, poorest
from evalkit.risk.observed import (
    a_design,
    a_frame,
    a_name,
    a_share,
    figures,
    groups,
    names_of,
    not_negative,
    sampled,
    varied,
    yes_or_no,
)
from evalkit.risk.scoring.bootstrap import ClusterBootstrap, bootstrap_notes, sizes, with_errors
from evalkit.risk.scoring.paired import paired_differences
from evalkit.stats.arrays import Array
from evalkit.terms import Text, first_of, same


@dataclass(frozen=True, slots=True, kw_only=True)
class Targeting:
    """Whom a list of the greatest risks reaches under a budget, and whom it misses.

    Parameters
    ----------
    outcome
        The column that says who was due a visit: 1 where the event came.
    risks
        The column of risks or scores, or several to be compared; the greatest are listed first.
    budgets
        One budget or several: `Share`, `Number`, `VisitsPerVillage`, `CountyQuotas`.
    against
        The risk the others are compared with (None: the first).
    design
        Weights (those of the measures), strata and clusters.
    cost
        The column that says what a row takes of the budget (None: its weight).
    gap
        A column of poverty gaps, for the share of them that is missed (None: not asked).
    income
        A column of later incomes, for Coady–Grosh–Hoddinott ratios of the poorest `poorest` (None: not asked).
    bootstrap
        How errors are found; in a resample each block spends the same share of what it would cost whole.

    Examples
    --------
    >>> homes = pd.DataFrame({"fell": [1, 0, 1, 0, 0], "risk": [0.9, 0.6, 0.6, 0.2, 0.1]})
    >>> found = Targeting(outcome="fell", risks="risk", budgets=Share(share=0.4)).measure(homes)
    >>> found.frame.set_index("measure")["estimate"].round(3)[["exclusion_error", "precision"]].tolist()
    [0.25, 0.75]
    """

    outcome: str
    risks: str | tuple[str, ...]
    budgets: Budget | tuple[Budget, ...] = Share(share=0.1)
    against: str | None = None
    design: SurveyDesign = SurveyDesign()
    cost: str | None = None
    gap: str | None = None
    income: str | None = None
    poorest: tuple[float, ...] = (0.2, 0.4)
    bootstrap: ClusterBootstrap = ClusterBootstrap()

    def __post_init__(self) -> None:
        a_name(self.outcome, who="Targeting outcome")
        names = names_of(self.risks, who="Targeting risks")
        if self.against is not None:
            one_of(self.against, names, who="Targeting against")
        budgets_of(self.budgets, who="Targeting")
        a_design(self.design, who="Targeting")
        for name in (self.cost, self.gap, self.income):
            if name is not None:
                a_name(name, who="a column of Targeting")
        for share in many(self.poorest, who="Targeting poorest", do="write (0.2, 0.4)"):
            a_share(share, who="Targeting poorest")
        able(self.bootstrap, "run", who="Targeting bootstrap", do="use ClusterBootstrap()")

    def measure(self, frame: pd.DataFrame, over: str | None = None) -> Targeted:
        """The errors of each risk under each budget, over all rows or in each group of `over`; the list is one for all groups.

        Raises
        ------
        DataError
            A column is absent, holds gaps or text, an outcome is not 0 or 1, or a cost or gap is negative.
        NoAnswer
            Nobody has the event, or everybody has.
        """
        a_frame(frame, who="Targeting")
        outcome = yes_or_no(frame, self.outcome, who="Targeting")
        drawn = sampled(frame, self.design, who="Targeting")
        varied(outcome, drawn.weights, self.outcome, so="no list can be judged by it")
        values = self._values(frame, outcome, drawn.weights)
        cost = drawn.weights if self.cost is None else not_negative(frame, self.cost, who="Targeting")
        inside = groups(frame, over, who="Targeting")
        lists = [
            (budget, name, Listed.under(figures(frame, name, who="Targeting"), cost, budget.over(frame, cost)))
            for budget in budgets_of(self.budgets, who="Targeting")
            for name in names_of(self.risks, who="Targeting risks")
        ]
        masks = list(inside.values())
        parts = [listed.ready(values, drawn.weights, drawn.unit, masks) for _, _, listed in lists]
        point, draws = self.bootstrap.run(lambda times: np.concatenate([p.of(times) for p in parts], axis=1), drawn)
        heads = [(b.label, label, name) for b, name, _ in lists for label in inside]
        keys = _keys(heads, parts[0].names, over)
        of = sizes(drawn, masks * len(lists), len(parts[0].names))
        level = self.bootstrap.level
        against = self.against or names_of(self.risks, who="Targeting risks")[0]
        return Targeted(
            spec=self,
            frame=with_errors(keys, point, draws, level, of),
            differences=paired_differences(keys, point, draws, against, level, of),
            draws=draws,
            notes=(*self._notes(lists, point, keys), *bootstrap_notes(self.bootstrap, drawn, point, draws)),
        )

    def _values(self, frame: pd.DataFrame, outcome: Array, weights: Array) -> dict[str, Array]:
        """What is summed over who is listed."""
        values = {"all": np.ones(len(frame)), "due": outcome}
        if self.gap is not None:
            values["gap"] = not_negative(frame, self.gap, who="Targeting")
        if self.income is not None:
            income = figures(frame, self.income, who="Targeting")
            values |= {f"poorest_{share:g}": poorest(income, weights, share) for share in self.poorest}
        return values

    def _notes(self, lists: list[tuple[Budget, str, Listed]], point: Array, keys: pd.DataFrame) -> tuple[Note, ...]:
        notes = []
        for budget, name, listed in lists:
            rows, places = listed.tied
            if rows:
                text = Text(
                    "“{risk}”在预算“{budget}”的界线上有 {rows} 户风险相同或只部分入选，共占 {places:.4g} 个名额；"
                    "数值为在其中随机取舍的精确平均。",
                    "At the cutoff of '{risk}' under {budget}, {rows} rows are tied, or taken in part, for {places:.4g} places; "
                    "figures are exact means over random choice among them.",
                )
                only = len({other for _, other, _ in lists}) == 1
                called = Text("本模型", "this risk") if only else same(name)
                notes.append(Note("choice", text.format(risk=called, budget=budget.said, rows=rows, places=places)))
        lacking = keys.loc[~np.isfinite(point)].astype(str).agg(" ".join, axis=1)
        if len(lacking):
            text = Text("无法计算（分母为 0）：{which}。", "No figure (nothing to divide by): {which}.")
            notes.append(Note("left_out", text.format(which=first_of(lacking))))
        return tuple(notes)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Targeted(Answer):
    """Errors of lists: `frame` has columns `measure`, `budget`, the group, `risk`, `estimate`, its errors and `n` (rows).

    Measures, exclusion error first, are those of `targeting_measures`. `differences` has the same with `against`: each risk less
    that one, by the same resamples. `draws` (replicates, rows of the frame) are the resampled figures.
    """

    differences: pd.DataFrame
    draws: Array


def _keys(heads: list[tuple[str, object, str]], measures: list[str], over: str | None) -> pd.DataFrame:
    """One row a figure: list by list, group by group, measure by measure."""
    rows = [(m, budget, label, risk) for budget, label, risk in heads for m in measures]
    frame = pd.DataFrame(rows, columns=["measure", "budget", "over" if over is None else over, "risk"])
    return frame.drop(columns="over") if over is None else frame
