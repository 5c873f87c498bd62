"""Copeland's ranking: who beats whom by a weighted majority of indicators, however narrowly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note, in_period
from evalkit.errors import NoAnswer
from evalkit.indicators.index import IndexScores
from evalkit.panel.panel import resolve
from evalkit.stats.arrays import Array, Codes, pieces
from evalkit.stats.ranks import ranks, settled
from evalkit.terms import Text

PAIRS = 2**17  # how many pairs are compared at once


def majority(z: Array, others: Array, weights: Array) -> Array:
    """Weight for each row of `z` (m, n) less weight against it, over each row of `others` (k, n): Σ_j w_j sign(z_ij − o_kj).

    Of shape (m, k), in [−1, 1]: 1 where the row is better in every weighted indicator, above 0 where a majority of weight is
    on its side, 0 in a tie. How far it is ahead in an indicator plays no part. Antisymmetric: exchanging the two sides changes
    the sign. The outranking matrix of Munda & Nardo is (1 + majority) / 2.

    Examples
    --------
    >>> majority(np.array([[0.9, 0.1, 0.5]]), np.array([[0.1, 0.2, 0.5], [0.1, 0.2, 0.6]]), np.array([0.5, 0.3, 0.2]))
    array([[0.2, 0. ]])
    """
    lead = np.zeros((len(z), len(others)))
    for w, a, b in zip(weights, z.T, np.ascontiguousarray(others.T), strict=True):
        lead += w * ((a[:, None] > b).view(np.int8) - (a[:, None] < b).view(np.int8))
    return settled(lead)


def outranking(z: Array, weights: Array) -> tuple[Codes, Codes, Array]:
    """Wins and losses of each row of `z` (m, n) against all others, and the mean share of weight on its side.

    wins − losses is Copeland's score: in [−(m − 1), m − 1], of sum 0. A tie in an indicator gives half its weight to each.
    Source: Copeland (1951); OECD & JRC (2008), Handbook on Constructing Composite Indicators, section 6.5.

    Examples
    --------
    >>> wins, losses, support = outranking(np.array([[0.9, 0.8], [0.5, 0.9], [0.1, 0.1]]), np.array([0.6, 0.4]))
    >>> (wins - losses).tolist(), support.round(2).tolist()
    ([2, 0, -2], [0.8, 0.7, 0.0])
    """
    compared = settled(z)
    wins, losses, support = np.empty(len(z), np.intp), np.empty(len(z), np.intp), np.empty(len(z))
    for rows in pieces(len(z), max(1, PAIRS // len(z))):
        lead = majority(compared[rows], compared, weights)
        wins[rows] = np.count_nonzero(lead > 0, axis=1)
        losses[rows] = np.count_nonzero(lead < 0, axis=1)
        support[rows] = (1 + lead.sum(axis=1) / (len(z) - 1)) / 2
    return wins, losses, support


@dataclass(frozen=True, slots=True)
class Copeland:
    """Ranking by wins less losses, where a unit beats another if a majority of weight is on its side; see `outranking`.

    Notes
    -----
    Weights mean importance here, not rates of exchange: no lead in one indicator, however great, makes up for another. The
    price is that a hair's breadth counts as much as a mile, and that a score depends on who else is compared, so that scores
    of two periods are not comparable.
    """

    def measure(self, scores: IndexScores, period: int | None = None) -> Outranking:
        """The ranking of the units in one period, by default the last.

        Examples
        --------
        >>> import evalkit as ek
        >>> counties = ek.datasets.load("counties")
        >>> index = ek.CompositeIndex(system=ek.systems("revitalization")["revitalization"])
        >>> beaten = Copeland().measure(index.fit(counties).score(counties))
        >>> list(beaten.frame.columns), int(beaten.frame["copeland"].sum())
        (['rank', 'copeland', 'wins', 'losses', 'ties', 'support', 'index_rank'], 0)
        """
        at = scores.panel.periods[-1] if period is None else resolve(period, scores.panel.periods)[0]
        z = in_period(scores.normalized, at)
        if len(z) < 2:
            raise NoAnswer("Copeland's ranking compares units, and there is only one", where=str(at))
        known = scores.spec.normalized(scores.panel.at(at))
        place = np.array([known.levels(j)[1] for j in range(known.width)], dtype=float).T  # ties by the figures behind the scores
        wins, losses, support = outranking(place, scores.spec.weights)
        net = wins - losses
        frame = pd.DataFrame(
            {
                "rank": ranks(net.astype(float)),
                "copeland": net,
                "wins": wins,
                "losses": losses,
                "ties": len(z) - 1 - wins - losses,
                "support": support,
                "index_rank": ranks(in_period(scores.frame, at)["score"].to_numpy()),
            },
            index=z.index,
        )
        ordered = frame.sort_values(["rank", "support"], ascending=[True, False], kind="stable")
        return Outranking(spec=self, frame=ordered, period=at, scores=scores, notes=_notes(frame))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Outranking(Answer):
    """Copeland's ranking in one period: `frame` is keyed by unit, best first.

    Columns: `rank`, `copeland` (wins − losses), `wins`, `losses`, `ties`, `support` (mean share of weight on the unit's side,
    over all others) and `index_rank` (its rank by the index).
    """

    period: int
    scores: IndexScores


def _notes(frame: pd.DataFrame) -> tuple[Note, ...]:
    rule = Text(
        "两两比较：占权重多数的指标占优者胜，领先幅度不计；名次只在同年地区之间有意义，不同年份不可比。",
        "Pairs are compared: who is better on a majority of weight wins, by whatever margin. Ranks hold among the places of one "
        "year and are not comparable over years.",
    )
    top = frame.index[frame["losses"] + frame["ties"] == 0]
    none = Text("没有任何地区胜过其余全部地区。", "No place beats all others.")
    return (Note("choice", rule),) if len(top) else (Note("choice", rule), Note("caution", none))
