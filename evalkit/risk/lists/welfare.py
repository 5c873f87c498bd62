"""What a fixed sum of money does for welfare when it is shared among few or many, by one ranking or another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import able, one_of, positive, shown
from evalkit.errors import DataError, SpecError
from evalkit.panel.design import Sampled, SurveyDesign
from evalkit.risk.lists.budgets import Allowed, Share
from evalkit.risk.lists.listed import Listed
from evalkit.risk.observed import a_design, a_frame, a_name, figures, names_of, sampled
from evalkit.risk.scoring.bootstrap import ClusterBootstrap, bootstrap_notes, sizes, with_errors
from evalkit.risk.scoring.paired import paired_differences
from evalkit.stats.arrays import Array
from evalkit.terms import Text


def equivalent_income(income: Array, weights: Array, aversion: float) -> float:
    """The income which, had by all alike, gives the same welfare Σ w y^(1−ρ)/(1−ρ) as incomes y > 0; ρ = 1: their geometric mean.

    ρ = 0: the mean; the larger ρ, the more the poorest count. It grows in proportion with incomes.
    Source: Atkinson (1970), Journal of Economic Theory 2:244–263.

    Examples
    --------
    >>> [round(equivalent_income(np.array([1.0, 4.0]), np.ones(2), rho), 4) for rho in (0, 1, 2)]
    [2.5, 2.0, 1.6]
    """
    return float(_back((weights * _felt(income, aversion)).sum() / weights.sum(), aversion))


@dataclass(frozen=True, slots=True, kw_only=True)
class WelfareCurve:
    """Welfare by the share of people among whom a fixed sum is shared alike, those of greatest risk first.

    Few beneficiaries: much for each, but some of the poor miss it. Many: little for each. The curve shows the trade, the share
    at which it is best, and by how much one ranking serves better than another.

    Parameters
    ----------
    income
        The column of incomes per person before the transfer, of the time at which it is received; positive.
    risks
        The column of risks, or several to be compared.
    amount
        The sum per person of the whole population, in the unit of income: each of a listed share q receives amount/q.
    shares
        The shares q at which the curve is asked; 1: everybody receives the same.
    aversion
        ρ, how much more a yuan counts for the poorer; 3 as in Hanna and Olken.
    floor
        Incomes below it are raised to it, and counted in a note (None: incomes of 0 or less are refused).
    against
        The risk the others are compared with (None: the first).
    design
        Weights (of persons), strata and clusters.
    bootstrap
        How errors are found.

    Source: Hanna & Olken (2018), Journal of Economic Perspectives 32(4):201–226.

    Examples
    --------
    >>> homes = pd.DataFrame({"income": [1.0, 2.0, 4.0, 8.0], "risk": [0.9, 0.5, 0.3, 0.1]})
    >>> found = WelfareCurve(income="income", risks="risk", amount=0.5, shares=(0.25, 0.5, 1.0)).measure(homes)
    >>> found.frame.loc[found.frame["measure"] == "equivalent_income", "estimate"].round(3).tolist()
    [3.018, 3.018, 2.448]
    """

    income: str
    risks: str | tuple[str, ...]
    amount: float
    shares: tuple[float, ...] = (0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0)
    aversion: float = 3.0
    floor: float | None = None
    against: str | None = None
    design: SurveyDesign = SurveyDesign()
    bootstrap: ClusterBootstrap = ClusterBootstrap()

    def __post_init__(self) -> None:
        a_name(self.income, who="WelfareCurve income")
        names = names_of(self.risks, who="WelfareCurve risks")
        if self.against is not None:
            one_of(self.against, names, who="WelfareCurve against")
        positive(self.amount, who="WelfareCurve amount")
        if not isinstance(self.shares, tuple) or not self.shares or len(set(self.shares)) != len(self.shares):
            raise SpecError("WelfareCurve shares must be a tuple of different shares", found=shown(self.shares))
        for share in self.shares:
            Share(share=share)
        if self.aversion != 0:
            positive(self.aversion, who="WelfareCurve aversion")
        if self.floor is not None:
            positive(self.floor, who="WelfareCurve floor")
        a_design(self.design, who="WelfareCurve")
        able(self.bootstrap, "run", who="WelfareCurve bootstrap", do="use ClusterBootstrap()")

    def measure(self, frame: pd.DataFrame) -> Welfare:
        """Equivalent income along the curve, and its gain over no transfer, of each risk.

        Raises
        ------
        DataError
            A column is absent or holds gaps or text, or an income is not positive and there is no `floor`.
        """
        a_frame(frame, who="WelfareCurve")
        income, raised = self._incomes(frame)
        drawn = sampled(frame, self.design, who="WelfareCurve")
        names = names_of(self.risks, who="WelfareCurve risks")
        curves = [_Curve(self, figures(frame, name, who="WelfareCurve"), income, drawn) for name in names]
        point, draws = self.bootstrap.run(lambda times: np.concatenate([c.of(times) for c in curves], axis=1), drawn)
        rows = [(m, name, q) for name in names for q in self.shares for m in ("equivalent_income", "gain")]
        keys = pd.DataFrame(rows, columns=["measure", "risk", "share"])
        keys["transfer"] = self.amount / keys["share"]
        of, level = sizes(drawn, [np.ones(len(frame), dtype=bool)], len(keys)), self.bootstrap.level
        return Welfare(
            spec=self,
            frame=with_errors(keys, point, draws, level, of),
            differences=paired_differences(keys, point, draws, self.against or names[0], level, of),
            draws=draws,
            notes=(*self._notes(raised), *bootstrap_notes(self.bootstrap, drawn, point, draws)),
        )

    def _incomes(self, frame: pd.DataFrame) -> tuple[Array, int]:
        """Positive incomes, and how many were raised."""
        income = figures(frame, self.income, who="WelfareCurve")
        least = 0.0 if self.floor is None else self.floor
        low = int((income <= 0).sum()) if self.floor is None else int((income < least).sum())
        if self.floor is None and low:
            do = "give a floor, such as a tenth of the poverty line"
            raise DataError(f"incomes '{self.income}' of 0 or less have no welfare", found=f"{low} of them", do=do)
        return np.maximum(income, least), low

    def _notes(self, raised: int) -> tuple[Note, ...]:
        text = Text("相对风险厌恶系数 ρ = {rho:g}；人均总额 {amount:g}。", "Aversion ρ = {rho:g}; {amount:g} per person in all.")
        notes = [Note("choice", text.format(rho=self.aversion, amount=self.amount))]
        if raised:
            up = Text("{n} 个收入低于 {floor:g}，按 {floor:g} 计。", "{n} incomes below {floor:g} were raised to it.")
            notes.append(Note("filled", up.format(n=raised, floor=self.floor)))
        return tuple(notes)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Welfare(Answer):
    """Welfare curves: `frame` has columns `measure`, `risk`, `share`, `transfer`, `estimate`, its errors and `n` (rows).

    `measure` is "equivalent_income" or "gain", that less the equivalent income without transfers; both in the unit of income.
    `differences` has the same with `against`: each risk less that one, by the same resamples.
    """

    differences: pd.DataFrame
    draws: Array


class _Curve:
    """One ranking with what each row would feel without the transfer and with it, rows in its order."""

    def __init__(self, ask: WelfareCurve, risk: Array, income: Array, drawn: Sampled) -> None:
        self.ask, weights = ask, drawn.weights
        block = np.zeros(len(risk), dtype=np.intp)
        lists = [Listed.under(risk, weights, Allowed(block, np.array([float(q)]))) for q in ask.shares]
        order = lists[0].rows.order
        self.weights, self.plain = weights[order], _felt(income[order], ask.aversion)
        self.more = [_felt(income[order] + ask.amount / q, ask.aversion) - self.plain for q in ask.shares]
        self.reach = [one.ready({}, weights, drawn.unit, []) for one in lists]
        self.unit = drawn.unit[order]

    def of(self, times: Array) -> Array:
        """Equivalent income and gain of each share, one after the other, of shape (resamples, 2 × shares)."""
        often = times[:, self.unit]
        held = often * self.weights
        total = held.sum(axis=1)
        plain = np.einsum("bn,n->b", held, self.plain)
        before = _back(plain / total, self.ask.aversion)
        found: list[Array] = []
        for reach, more in zip(self.reach, self.more, strict=True):
            added = np.einsum("bn,bn,n->b", held, reach.chance(often), more)
            after = _back((plain + added) / total, self.ask.aversion)
            found += [after, after - before]
        return np.stack(found, axis=1)


def _felt(income: Array, aversion: float) -> Array:
    """y^(1−ρ), or ln y where ρ = 1: the welfare of an income up to a constant."""
    return np.log(income) if aversion == 1 else income ** (1 - aversion)


def _back(mean: Array, aversion: float) -> Array:
    """The income of a mean of what is felt."""
    return np.exp(mean) if aversion == 1 else np.asarray(mean) ** (1 / (1 - aversion))
