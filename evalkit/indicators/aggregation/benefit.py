"""Benefit of the doubt: every unit judged by the weights that favor it most, within bounds on the shares of its score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note, by_period, in_period
from evalkit.check import many, mapping, number, shown
from evalkit.errors import DataError, NoAnswer, SpecError, did_you_mean, several
from evalkit.indicators.index import IndexScores
from evalkit.panel.panel import Periods, resolve
from evalkit.panel.system import IndicatorSystem
from evalkit.stats.arrays import Array, Codes, Mask, pieces
from evalkit.stats.ranks import even, ranks
from evalkit.terms import Text, first_of

BATCH, FIRST, MORE = 16, 40, 20  # units a program, frontier rows at first, and rows added a round
CLOSE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Pie:
    """Bounds on the shares s of a score: low ≤ s ≤ high of shape (n,), and least ≤ sums @ s ≤ most with sums of shape (g, n)."""

    low: Array
    high: Array
    sums: Array
    least: Array
    most: Array


@dataclass(frozen=True, slots=True, eq=False)
class Favor:
    """The most favorable view of each unit: `score` (m,), `shares` (m, n) and `weights` (m, n), and who limits it.

    `unit`, `peer` and `intensity`, of one length, say which frontier rows bind which unit, and how much; the intensities of a
    unit sum to one. A unit of score 1 is its own peer and is not listed.
    """

    score: Array
    shares: Array
    weights: Array
    unit: Codes
    peer: Codes
    intensity: Array


def favorable(z: Array, frontier: Array, pie: Pie) -> Favor:
    """Benefit of the doubt of units z (m, n) against a frontier (k, n), none negative.

    For each unit i: max_w Σ_j w_j z_ij subject to Σ_j w_j f_kj ≤ 1 for every frontier row and for the unit itself, w ≥ 0, and
    bounds on the pie shares s_j = w_j z_ij / Σ w z_i. Solved for the shares: min θ with Σ_j s_j f_kj / z_ij ≤ θ, θ ≥ 1, and
    score 1/θ. In (0, 1]: 1 where weights exist under which no one is ahead; 0.8 says that under its own best weights the unit
    reaches 80 percent of the best. An indicator on which a unit scores 0 has no share of its score.

    Frontier rows that do not bind are left out of the linear programs: each starts with the rows that lead at equal shares and
    gains those that its answer overlooked, until none is. Programs are solved in batches, as blocks of one (HiGHS).

    Sources: Melyn & Moesen (1991); Cherchye, Moesen, Rogge & Van Puyenbroeck (2007), Social Indicators Research 82:111–145.

    Examples
    --------
    >>> z = np.array([[1.0, 0.2], [0.2, 1.0], [0.5, 0.5], [0.3, 0.6]])
    >>> free = Pie(np.zeros(2), np.ones(2), np.empty((0, 2)), np.empty(0), np.empty(0))
    >>> favorable(z, z, free).score.round(3)
    array([1.   , 1.   , 0.833, 0.75 ])
    """
    per_share = np.divide(1.0, z, out=np.zeros_like(z), where=z > 0)
    theta, shares, limits = np.empty(len(z)), np.empty_like(z), list[tuple[Codes, Codes, Array]]()
    todo, active = np.arange(len(z)), _ahead(per_share, frontier, min(FIRST, len(frontier)))
    while len(todo):
        kept, rows = list[Codes](), list[Codes]()
        for some in pieces(len(todo), BATCH):
            unit, among = todo[some], active[some]
            shares[unit], theta[unit], price = _least(frontier[among] * per_share[unit][:, None, :], z[unit] > 0, pie)
            lead = (shares[unit] * per_share[unit]) @ frontier.T - theta[unit, None]
            np.put_along_axis(lead, among, -np.inf, axis=1)
            over = lead.max(axis=1) > CLOSE
            at, place = np.nonzero((price > CLOSE) & ~over[:, None] & (theta[unit, None] > 1 + CLOSE))
            limits.append((unit[at], among[at, place], price[at, place]))
            kept.append(unit[over])
            rows.append(np.concatenate([among[over], _most(lead[over], min(MORE, len(frontier)))], axis=1))
        todo, active = np.concatenate(kept), np.concatenate(rows)
    unit, peer, intensity = (np.concatenate(part) for part in zip(*limits, strict=True))
    weights = shares * per_share / theta[:, None]
    return Favor(np.where(theta <= 1 + CLOSE, 1.0, 1 / theta), shares, weights, unit, peer, intensity)


@dataclass(frozen=True, slots=True, kw_only=True)
class BenefitOfTheDoubt:
    """Scores by each unit's own most favorable weights; see `favorable`.

    Parameters
    ----------
    shares
        Bounds (low, high) on the share that each indicator has of a unit's score, or bounds by dimension id on the share of
        each dimension (those not named are free). Without bounds most units find weights that praise them for one or two
        indicators alone.
    floor
        Scores below are raised to it first; 0 leaves them. A unit that scores 0 on an indicator cannot give it the least share
        that is asked for, and is refused.
    """

    shares: tuple[float, float] | Mapping[str, tuple[float, float]] = (0.0, 1.0)
    floor: float = 0.0

    def __post_init__(self) -> None:
        if isinstance(self.shares, Mapping):
            mapping(self.shares, who="BenefitOfTheDoubt shares", do='name dimensions: {"income": (0.2, 0.5)}')
        every = self.shares.items() if isinstance(self.shares, Mapping) else [("each indicator", self.shares)]
        for name, bounds in every:
            who, do = f"BenefitOfTheDoubt shares of {name}", "give (low, high) within [0, 1], such as (0.01, 0.2)"
            low, high = many(bounds, who=who, do=do, count=2)
            number(low, "[0, 1]", who=f"the lower of {who}", do=do)
            number(high, "(0, 1]", who=f"the upper of {who}", do=do)
            if low > high:
                raise SpecError(f"{who} do not rise", found=shown(bounds), do="give the lower one first")
        number(self.floor, "[0, 1)", who="BenefitOfTheDoubt floor", do="use 0.01, or 0 for none")

    def measure(self, scores: IndexScores, period: int | None = None, on: Periods = None) -> Benefit:
        """The benefit of the doubt of the units in one period, by default the last.

        `on` names the periods whose unit-years make the frontier, by default the period itself; each unit also stands in its
        own frontier, so that no score exceeds 1.

        Raises
        ------
        NoAnswer
            Scores are below 0.
        DataError
            Units score 0 where a share is asked for, or everywhere.

        Examples
        --------
        >>> import evalkit as ek
        >>> counties = ek.datasets.load("counties")
        >>> index = ek.CompositeIndex(system=ek.systems("revitalization")["revitalization"])
        >>> scores = index.fit(counties).score(counties)
        >>> own = BenefitOfTheDoubt(shares=(0.01, 0.2), floor=0.01).measure(scores)
        >>> bool(own.frame["score"].max() == 1.0), list(own.frame.columns)
        (True, ['rank', 'score', 'common', 'index_rank'])
        """
        at = scores.panel.periods[-1] if period is None else resolve(period, scores.panel.periods)[0]
        lifted = scores.normalized.clip(lower=self.floor) if self.floor else scores.normalized
        if lifted.to_numpy().min() < 0:
            low = lifted.columns[(lifted < 0).any()]
            raise NoAnswer(f"benefit of the doubt needs scores of at least 0; [{several(low)}] are below", do="use MinMax()")
        units, bounds = in_period(lifted, at), self._pie(scores.system)
        _refuse_out_of_reach(units, bounds, at)
        place, known = by_period(lifted.index)
        front = lifted[np.isin(known, resolve(at if on is None else on, known))[place]]
        found = favorable(units.to_numpy(), front.to_numpy(), bounds)
        common = units.to_numpy() @ scores.spec.weights
        frame = pd.DataFrame(
            {
                "rank": ranks(found.score),
                "score": found.score,
                "common": common / np.maximum(common, (front.to_numpy() @ scores.spec.weights).max()),
                "index_rank": ranks(in_period(scores.frame, at)["score"].to_numpy()),
            },
            index=units.index,
        )
        return Benefit(
            spec=self,
            frame=frame.sort_values(["rank", "common"], ascending=[True, False], kind="stable", key=even),
            period=at,
            shares=pd.DataFrame(found.shares, index=units.index, columns=units.columns),
            weights=pd.DataFrame(found.weights, index=units.index, columns=units.columns),
            peers=_peers(found, units.index, front.index),
            scores=scores,
            notes=self._notes(found, resolve(at if on is None else on, known)),
        )

    def _pie(self, system: IndicatorSystem) -> Pie:
        n = len(system.columns)
        if not isinstance(self.shares, Mapping):
            low, high = self.shares
            if n * low > 1 + CLOSE or n * high < 1 - CLOSE:
                raise SpecError(f"shares of {n} indicators within {self.shares} cannot sum to 1", do="widen the bounds")
            return Pie(np.full(n, low), np.full(n, high), np.empty((0, n)), np.empty(0), np.empty(0))
        known = [dimension.id for dimension in system.dimensions]
        strange = [name for name in self.shares if name not in known]
        if strange:
            near = did_you_mean(strange[0], known) or f"use one of {several(known)}"
            raise SpecError(f"'{system.id}' has no dimension '{strange[0]}'", do=near)
        least, most = np.array([self.shares.get(name, (0.0, 1.0)) for name in known]).T
        if least.sum() > 1 + CLOSE or most.sum() < 1 - CLOSE:
            raise SpecError(f"shares of the dimensions within {dict(self.shares)} cannot sum to 1", do="widen the bounds")
        sums = (np.arange(len(known))[:, None] == np.array(system.membership)).astype(np.float64)
        return Pie(np.zeros(n), np.ones(n), sums, least, most)

    def _notes(self, found: Favor, front: tuple[int, ...]) -> tuple[Note, ...]:
        own = Text(
            "每个地区采用对自身最有利的权重，得分为与前沿（{span} 年）的相对水平；{best} 个地区得 1 分，其权重未必唯一。",
            "Each place is judged by the weights that favor it most, relative to the frontier of {span}; {best} places score 1, "
            "and their weights need not be the only ones.",
        )
        span = first_of(front, 12)
        notes = [Note("choice", own.format(span=span, best=int((found.score == 1).sum())))]
        zero = float((found.shares <= CLOSE).mean())
        if zero > 0.25:
            text = Text(
                "最优权重中 {zero:.0%} 为零：多数地区仅凭少数指标取得高分，宜设定份额下限。",
                "{zero:.0%} of the chosen weights are zero: most places are praised for a few indicators; set a least share.",
            )
            notes.append(Note("caution", text.format(zero=zero)))
        if self.floor:
            text = Text("低于 {floor:g} 的得分先提升至该值。", "Scores below {floor:g} were raised to it first.")
            notes.append(Note("choice", text.format(floor=self.floor)))
        return tuple(notes)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Benefit(Answer):
    """Benefit of the doubt in one period: `frame` is keyed by unit, best first.

    Columns: `rank`, `score` (in (0, 1]), `common` (the weighted arithmetic mean under the weights of the index, over the best
    of the frontier) and `index_rank` (the rank by the index). `shares` and `weights` hold one column an indicator; a row of
    `shares` sums to one, and Σ weights · scores is the unit's score. `peers` lists who limits whom: `unit`, `peer`, `period`,
    `intensity`, which sums to one a unit; a unit of score 1 is its own peer and is not listed.
    """

    period: int
    shares: pd.DataFrame
    weights: pd.DataFrame
    peers: pd.DataFrame
    scores: IndexScores

    @property
    def dimensions(self) -> pd.DataFrame:
        """The share of each dimension in a unit's score."""
        system = self.scores.system
        member = [system.dimensions[d].id for d in system.membership]
        return self.shares.T.groupby(member, sort=False).sum().T


def _ahead(per_share: Array, frontier: Array, count: int) -> Codes:
    """For each unit the frontier rows that are farthest ahead of it at equal shares."""
    return np.concatenate([_most(per_share[some] @ frontier.T, count) for some in pieces(len(per_share), 1024)])


def _most(lead: Array, count: int) -> Codes:
    return np.argpartition(-lead, count - 1, axis=1)[:, :count]


def _least(ratios: Array, some: Mask, pie: Pie) -> tuple[Array, Array, Array]:
    """Shares (b, n), θ (b,) and the prices (b, k) of the frontier rows whose `ratios` are (b, k, n); `some` has a score at all.

    One linear program of b blocks: variables s and θ of each unit; rows ratios @ s − θ ≤ 0, bounds on sums, Σ s = 1.
    """
    from scipy.optimize import linprog
    from scipy.sparse import block_diag

    units, rows, n = ratios.shape
    caps = np.concatenate([pie.sums, -pie.sums])
    blocks = np.zeros((units, rows + len(caps), n + 1))
    blocks[:, :rows, :n], blocks[:, :rows, n], blocks[:, rows:, :n] = ratios, -1.0, caps
    limit = np.concatenate([np.zeros(rows), pie.most, -pie.least])
    low, high = np.empty((units, n + 1)), np.empty((units, n + 1))
    low[:, :n], low[:, n], high[:, :n], high[:, n] = pie.low, 1.0, np.where(some, pie.high, 0.0), np.inf
    solved = linprog(
        np.tile(np.append(np.zeros(n), 1.0), units),
        A_ub=block_diag(blocks, format="csr"),
        b_ub=np.tile(limit, units),
        A_eq=block_diag([np.append(np.ones(n), 0.0)[None]] * units, format="csr"),
        b_eq=np.ones(units),
        bounds=np.stack([low.ravel(), high.ravel()], axis=1),
        method="highs-ds",
        options={"presolve": False},
    )
    if solved.status != 0:
        do = "raise scores near 0 with floor=0.01"
        raise NoAnswer("a linear program of the benefit of the doubt was not solved", found=solved.message, do=do)
    answer = solved.x.reshape(units, n + 1)
    return answer[:, :n], answer[:, n], -solved.ineqlin.marginals.reshape(units, -1)[:, :rows]


def _refuse_out_of_reach(units: pd.DataFrame, pie: Pie, period: int) -> None:
    """Refuse units that score 0 on so much that the shares cannot be met."""
    some = units.to_numpy() > 0
    inside = some @ pie.sums.T > 0
    lost = (~some & (pie.low > 0)).any(axis=1) | (~inside & (pie.least > 0)).any(axis=1)
    lost |= (some * pie.high).sum(axis=1) < 1 - CLOSE
    if len(pie.most):
        lost |= (inside * pie.most).sum(axis=1) < 1 - CLOSE
    if lost.any():
        raise DataError(
            f"{int(lost.sum())} units score 0 on too many indicators to meet the shares",
            where=f"{several(units.index[lost])}, {period}",
            found=f"0 on [{several(units.columns[(~some[lost]).any(axis=0)])}]",
            do="raise scores with floor=0.01, or widen the shares",
        )


def _peers(found: Favor, units: pd.Index, front: pd.Index) -> pd.DataFrame:
    who = front[found.peer]
    peers = {
        "unit": units[found.unit],
        "peer": who.get_level_values("unit"),
        "period": who.get_level_values("period"),
        "intensity": found.intensity,
    }
    return pd.DataFrame(peers).sort_values(["unit", "intensity"], ascending=[True, False], kind="stable", ignore_index=True)
