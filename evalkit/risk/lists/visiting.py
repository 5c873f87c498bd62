"""The list of households to be visited first: the greatest risks a budget allows, ties broken by lot and said."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import able, whole
from evalkit.errors import DataError
from evalkit.risk.lists.budgets import Budget
from evalkit.risk.lists.listed import Listed
from evalkit.risk.observed import a_frame, a_name, figures
from evalkit.stats.arrays import Array, Codes, Mask
from evalkit.stats.ranks import settled
from evalkit.terms import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitingList:
    """Whom to visit first under a budget: greatest risk first, in each village or county where the budget says so.

    A list opens visits. It grants nothing and removes nobody: who is not on it keeps what they have, and may come forward.

    Parameters
    ----------
    risk
        The column of risks.
    budget
        `Share`, `Number`, `VisitsPerVillage` or `CountyQuotas`. It is never overspent.
    cost
        The column that says what a visit to a row takes of the budget (None: 1 each).
    seed
        Of the lot drawn among households of equal risk.

    Examples
    --------
    >>> from evalkit.risk.lists.budgets import Number
    >>> homes = pd.DataFrame({"risk": [0.2, 0.9, 0.2, 0.1]}, index=["H1", "H2", "H3", "H4"])
    >>> found = VisitingList(risk="risk", budget=Number(number=2)).measure(homes)
    >>> found.frame["chance"].tolist(), int(found.frame["listed"].sum())
    ([0.5, 1.0, 0.5, 0.0], 2)
    """

    risk: str
    budget: Budget
    cost: str | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        a_name(self.risk, who="VisitingList risk")
        able(self.budget, "over", who="VisitingList budget", do="use Share, Number, VisitsPerVillage or CountyQuotas")
        if self.cost is not None:
            a_name(self.cost, who="VisitingList cost")
        whole(self.seed, who="VisitingList seed", least=0)

    def measure(self, frame: pd.DataFrame) -> Visits:
        """Who is listed, and in which order.

        Raises
        ------
        DataError
            A column is absent, holds gaps or text, or a cost is not positive.
        """
        a_frame(frame, who="VisitingList")
        risk = figures(frame, self.risk, who="VisitingList")
        cost = np.ones(len(frame)) if self.cost is None else figures(frame, self.cost, who="VisitingList")
        if (cost <= 0).any():
            found, do = f"{int((cost <= 0).sum())} that are not", "mend them, or leave those rows out"
            raise DataError(f"VisitingList costs '{self.cost}' must be positive", found=found, do=do)
        allowed = self.budget.over(frame, cost)
        listed = Listed.under(risk, cost, allowed)
        chosen, place = self._drawn(risk, cost, allowed.block, allowed.share)
        columns = {"risk": risk, "chance": listed.chance, "listed": chosen, "place": place}
        return Visits(spec=self, frame=pd.DataFrame(columns, index=frame.index), notes=self._notes(chosen, listed))

    def _drawn(self, risk: Array, cost: Array, block: Codes, share: Array) -> tuple[Mask, Codes]:
        """Who is listed where the lot orders equal risks, and the place of each row in its block, 1 first."""
        lot = np.random.default_rng(self.seed).permutation(len(risk))
        order = np.lexsort((lot, -settled(risk), block))
        size = np.bincount(block, minlength=len(share))
        spent = np.cumsum(cost[order])
        opens = np.cumsum(size) - size
        before = np.append(0.0, spent)[opens]
        total = np.append(0.0, spent)[opens + size] - before
        fits = spent - np.repeat(before, size) <= np.repeat(share * total * (1 + 1e-12), size)
        chosen, place = np.empty(len(risk), dtype=bool), np.empty(len(risk), dtype=np.intp)
        chosen[order], place[order] = fits, np.arange(len(risk)) - np.repeat(opens, size) + 1
        return chosen, place

    def _notes(self, chosen: Mask, listed: Listed) -> tuple[Note, ...]:
        text = Text(
            "预算为{budget}：{n:,} 户中列出 {k:,} 户。名单只用于安排走访，不增减任何帮扶。",
            "Under a budget of {budget}, {k:,} of {n:,} households are listed. A list opens visits; it changes nobody's support.",
        )
        notes = [Note("choice", text.format(budget=self.budget.said, n=len(chosen), k=int(chosen.sum())))]
        rows, places = listed.tied
        if rows:
            tie = Text(
                "界线上 {rows} 户风险相同（或走访量只够一部分），约 {places:.4g} 个名额，按种子 {seed} 抽签决定。",
                "At the cutoff {rows} households of equal risk (or only partly affordable) share about {places:.4g} places, "
                "by lot with seed {seed}.",
            )
            notes.append(Note("caution", tie.format(rows=rows, places=places, seed=self.seed)))
        return tuple(notes)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Visits(Answer):
    """A visiting list: `frame` has the index that was asked, and columns `risk`, `chance`, `listed` and `place`.

    `chance` is that of being listed before the lot is drawn: 1 above the cutoff, 0 below it. `place` is the order of visits, in
    each block of the budget.
    """
