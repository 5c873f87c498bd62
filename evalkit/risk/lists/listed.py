"""A list of the greatest risks under a budget: whom it holds, and its errors under any resampling of clusters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from evalkit.risk.lists.budgets import Allowed
from evalkit.stats.arrays import Array, Codes, Mask
from evalkit.stats.ranked import Ranked, ranked, taken


def targeting_measures(reached: Mapping[str, Array], whole: Mapping[str, Array]) -> dict[str, Array]:
    """Errors of a list, from what it reaches and what there is: totals of `all` and of those `due` (with the event).

    With Σ over weights, T who is listed and y who is due: exclusion error 1 − Σ T y/Σ y (undercoverage), inclusion error
    1 − Σ T y/Σ T, their complements recall and precision, coverage Σ T/Σ 1, lift precision/base rate (1: no better than a lot),
    and the differential of Galasso and Ravallion, share listed of those due less that of others (1: exact, 0: a lot). With
    `gap`, `gap_missed` is the share of all poverty gaps not reached. With each `poorest_q`, `cgh_q` is the share of the list that
    goes to the poorest q over q: Coady, Grosh and Hoddinott's performance, 1 a lot, 1/q at best. NaN where a total is 0.

    Sources: Brown, Ravallion & van de Walle (2018), Journal of Development Economics 134:109–124; Galasso & Ravallion (2005),
    Journal of Public Economics 89:705–727; Coady, Grosh & Hoddinott (2004), Targeting of Transfers in Developing Countries.

    Examples
    --------
    >>> listed, there = {"all": np.array(20.0), "due": np.array(12.0)}, {"all": np.array(100.0), "due": np.array(20.0)}
    >>> found = targeting_measures(listed, there)
    >>> {name: round(float(value), 3) for name, value in found.items()}  # doctest: +NORMALIZE_WHITESPACE
    {'exclusion_error': 0.4, 'inclusion_error': 0.4, 'recall': 0.6, 'precision': 0.6, 'coverage': 0.2, 'lift': 3.0,
     'differential': 0.5}
    """
    recall = _ratio(reached["due"], whole["due"])
    precision = _ratio(reached["due"], reached["all"])
    false = _ratio(reached["all"] - reached["due"], whole["all"] - whole["due"])
    found = {
        "exclusion_error": 1 - recall,
        "inclusion_error": 1 - precision,
        "recall": recall,
        "precision": precision,
        "coverage": _ratio(reached["all"], whole["all"]),
        "lift": _ratio(precision, _ratio(whole["due"], whole["all"])),
        "differential": recall - false,
    }
    if "gap" in reached:
        found["gap_missed"] = 1 - _ratio(reached["gap"], whole["gap"])
    for name in reached:
        if name.startswith("poorest_"):
            found[name.replace("poorest", "cgh")] = _ratio(
                _ratio(reached[name], reached["all"]), _ratio(whole[name], whole["all"])
            )
    return found


def poorest(income: Array, weights: Array, share: float) -> Array:
    """How far each row is among the poorest `share`: 1, 0, or at the cut the part that makes the share exact.

    Examples
    --------
    >>> poorest(np.array([3.0, 1.0, 2.0, 2.0]), np.ones(4), 0.5)
    array([0. , 1. , 0.5, 0.5])
    """
    rows = ranked(-income)
    return rows.spread(taken(rows.sums(weights[rows.order]), rows, np.array([share])))


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """Rows of one risk under one budget: their order, what each costs, and the share each block may spend."""

    rows: Ranked
    cost: Array
    share: Array

    @classmethod
    def under(cls, risk: Array, cost: Array, allowed: Allowed) -> Listed:
        """The rows put in order, block by block."""
        return cls(ranked(risk, allowed.block), cost, allowed.share)

    @property
    def chance(self) -> Array:
        """The chance of each row, in the order rows came in, to be listed: 1, 0, or at the cutoff between."""
        return self.rows.spread(taken(self.rows.sums(self.cost[self.rows.order]), self.rows, self.share))

    @property
    def tied(self) -> tuple[int, float]:
        """How many rows at the cutoff share fewer places than they are, and how many places those are."""
        chance = self.chance
        between = (chance > 1e-9) & (chance < 1 - 1e-9)
        return int(between.sum()), float(chance[between].sum())

    def ready(self, values: Mapping[str, Array], weights: Array, unit: Codes, groups: list[Mask]) -> Reach:
        """What is needed to count the list anew under any resampling of clusters."""
        order = self.rows.order
        columns = {name: (weights * x)[order] for name, x in values.items()}
        held = [np.flatnonzero(mask[order]) for mask in groups]
        return Reach(self.rows, self.cost[order], self.share, columns, unit[order], held)


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """One list with all it needs to be counted, rows in its order; `of` gives the measures of each group of rows."""

    rows: Ranked
    cost: Array
    share: Array
    columns: Mapping[str, Array]
    unit: Codes
    groups: list[Codes]

    @property
    def names(self) -> list[str]:
        """The measures, in order."""
        one = {name: np.ones(1) for name in self.columns}
        return list(targeting_measures(one, one))

    def of(self, times: Array) -> Array:
        """Measures (resamples, groups × measures), of how often each cluster counts (resamples, clusters)."""
        return np.stack([x for totals in self.totals(times) for x in targeting_measures(*totals).values()], axis=1)

    def totals(self, times: Array) -> Iterator[tuple[dict[str, Array], dict[str, Array]]]:
        """What the list reaches and what there is, group by group, of how often each cluster counts (resamples, clusters)."""
        often = times[:, self.unit]
        listed = often * self.chance(often)
        for at in self.groups:
            every = len(at) == len(self.cost)
            held, most = (listed, often) if every else (listed[:, at], often[:, at])
            columns = {name: x if every else x[at] for name, x in self.columns.items()}
            reached = {name: np.einsum("bn,n->b", held, x) for name, x in columns.items()}
            yield reached, {name: np.einsum("bn,n->b", most, x) for name, x in columns.items()}

    def chance(self, often: Array) -> Array:
        """The chance (resamples, n) of each row to be listed, of how often it counts."""
        chance = taken(self.rows.sums(often * self.cost), self.rows, self.share)
        if chance.shape[1] == len(self.cost):
            return chance
        return np.repeat(chance, np.diff(self.rows.first, append=len(self.cost)), axis=1)


def _ratio(above: Array, below: Array) -> Array:
    return np.divide(above, below, out=np.full(np.shape(below), np.nan), where=below > 0)
