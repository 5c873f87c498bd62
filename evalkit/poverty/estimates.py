"""Tidy estimates of groups with the errors of the sample design, from what each row does to the estimate of its group."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evalkit.panel.design import Sampled, SurveyDesign
from evalkit.poverty.columns import groups_of
from evalkit.stats.arrays import Array, Codes
from evalkit.stats.domains import domain_degrees, domain_variances, relabeled
from evalkit.stats.inference import exact_interval, plain_interval, share_interval
from evalkit.stats.parted import Parted

ROUNDING = 1e-12  # of a share that is 0 or 1
POINTS = frozenset({"sen_shorrocks_thon", "kept_of_not_poor"})  # at 0 the clusters of the group do not bound them
Measured = tuple[Array, Array]  # estimates (groups,), influence on the estimate of its own group (rows,)


def bounded_interval(
    share: Array, error: Array, df: float | Array | Codes, clusters: Array | Codes | None, level: float
) -> tuple[Array, Array]:
    """Interval in [0, 1] of what lies there: on the logit scale, and where all or none were seen the exact bound.

    A share of 0 or 1 shows no variance: the bound of Clopper and Pearson then takes each cluster as one draw, the cautious end.
    Without `clusters` (None: all were drawn, nothing is left to chance) it stays the point.

    Examples
    --------
    >>> low, high = bounded_interval(np.array([0.0, 0.5]), np.array([0.0, 0.1]), np.array([29, 29]), np.array([30, 30]), 0.95)
    >>> low.round(3), high.round(3)
    (array([0.   , 0.306]), array([0.116, 0.694]))
    """
    low, high = share_interval(share, error, df, level)
    ends = (np.abs(share) < ROUNDING) | (np.abs(share - 1) < ROUNDING)
    if clusters is None or not ends.any():
        return low, high
    bound = exact_interval(np.where(ends, np.round(share), 0.0), np.zeros(share.shape), df, clusters.astype(np.float64), level)
    return np.where(ends, bound[0], low), np.where(ends, bound[1], high)


@dataclass(frozen=True, slots=True, eq=False)
class Shift:
    """What all rows do to the estimates of all groups: `slopes` (groups,) times `common` (rows,), such as that of one line."""

    slopes: Array
    common: Array


@dataclass(frozen=True, slots=True, eq=False)
class Grouped:
    """The rows that were asked, in groups, as they were drawn; a group's errors count its own clusters and strata."""

    parted: Parted
    drawn: Sampled
    labels: tuple[Hashable, ...]
    over: str | None

    @classmethod
    def of(cls, frame: pd.DataFrame, over: str | None, design: SurveyDesign) -> Grouped:
        """Groups of a column, or all rows."""
        drawn = design.on(frame)
        codes, labels = groups_of(frame, over)
        return cls(Parted.of(drawn.weights, codes, len(labels)), drawn, labels, over)

    @property
    def n(self) -> Codes:
        """Rows of each group."""
        codes = self.parted.codes
        return np.array([len(self.drawn.weights)]) if codes is None else np.bincount(codes, minlength=self.parted.count)

    @property
    def df(self) -> Codes:
        """Clusters less strata, of those that hold rows of the group with weight, as R's `degf` counts a subset."""
        if self.parted.codes is None:
            return np.array([self.drawn.df])
        group, unit = self._held
        return domain_degrees(group, unit, self.drawn.unit_stratum, self.parted.count)

    @property
    def _held(self) -> tuple[Codes, Codes]:
        """Pairs of group and cluster that hold a row with weight."""
        drawn, units = self.drawn, len(self.drawn.unit_stratum)
        codes = np.zeros(len(drawn.weights), dtype=np.intp) if self.parted.codes is None else self.parted.codes
        pairs = relabeled((codes * units + drawn.unit)[drawn.weights > 0], self.parted.count * units)[1]
        return pairs // units, pairs % units

    @property
    def clusters(self) -> Codes | None:
        """Clusters of each group with weight, which bound shares of 0 and 1; None where all clusters were drawn."""
        if self.drawn.whole:
            return None
        return np.bincount(self._held[0], minlength=self.parted.count)

    def errors(self, influence: Array, shift: Shift | None = None) -> Array:
        """Standard errors (groups,) from influence values (rows,)."""
        if shift is not None and self.parted.codes is not None:
            return self._shifted(influence, shift)
        codes, units = self.parted.codes, len(self.drawn.unit_stratum)
        own = influence if shift is None else influence + shift.slopes[0] * shift.common
        if codes is None:
            totals = _totals(self.drawn.unit, self.drawn.weights * own, units)
            return self._deviations(totals, np.zeros(units, dtype=np.intp), np.arange(units))
        place, held = relabeled(self.drawn.unit * self.parted.count + codes, units * self.parted.count)
        totals = _totals(place, self.drawn.weights * own, len(held))
        return self._deviations(totals, held % self.parted.count, held // self.parted.count)

    def _deviations(self, totals: Array, domain: Codes, unit: Codes) -> Array:
        drawn, single = np.bincount(self.drawn.unit_stratum), self.drawn.design.single
        fraction = self.drawn.fraction
        return np.sqrt(domain_variances(totals[None], domain, self.drawn.unit_stratum[unit], drawn, fraction, single)[:, 0])

    def _shifted(self, influence: Array, shift: Shift) -> Array:
        """Errors where rows outside of a group move its estimate too: one group after the other."""
        codes, units = self.parted.codes, len(self.drawn.unit_stratum)
        line = _totals(self.drawn.unit, self.drawn.weights * shift.common, units)
        found = np.empty(self.parted.count)
        for group, slope in enumerate(shift.slopes):
            inside = codes == group
            own = _totals(self.drawn.unit[inside], (self.drawn.weights * influence)[inside], units)
            found[group] = self._deviations(own + slope * line, np.zeros(units, dtype=np.intp), np.arange(units))[0]
        return found

    def contributions(self, value: Array) -> pd.DataFrame:
        """What each group adds to the mean of all: Σ w v of its rows over Σ w of all, with standard errors."""
        whole = float(self.parted.total.sum())
        added = self.parted.sum(value) / whole
        error = self.errors(value / whole, Shift(-added, np.full(len(value), 1 / whole)))
        return pd.DataFrame({str(self.over): list(self.labels), "contribution": added, "std_error": error, "n": self.n})

    def table(
        self, measured: Mapping[str, Measured], shares: frozenset[str], level: float, shifts: Mapping[str, Shift] | None = None
    ) -> pd.DataFrame:
        """One row a group and measure: `measure`, the group, `estimate`, `std_error`, `ci_low`, `ci_high`, `n`.

        Intervals of `shares` are those of `bounded_interval`, others plain, both by Student's t; no interval where a group has
        no degree of freedom.
        """
        estimate = np.stack([values for values, _ in measured.values()], axis=1)
        shifts = shifts or {}
        error = np.stack([self.errors(own, shifts.get(name)) for name, (_, own) in measured.items()], axis=1)
        told = self.df
        df = np.broadcast_to(np.where(told > 0, told, np.nan)[:, None], error.shape)
        low, high = plain_interval(estimate, error, df, level)
        share = [name in shares for name in measured]
        exact = [name in shares - POINTS for name in measured]
        ends = (estimate[:, exact] < ROUNDING) | (estimate[:, exact] > 1 - ROUNDING)
        low[:, share], high[:, share] = share_interval(estimate[:, share], error[:, share], df[:, share], level)
        if ends.any() and (held := self.clusters) is not None:
            at = np.broadcast_to(held[:, None], ends.shape)
            low[:, exact], high[:, exact] = bounded_interval(estimate[:, exact], error[:, exact], df[:, exact], at, level)
        head: dict[str, Any] = {"measure": list(measured) * len(self.labels)}
        if self.over is not None:
            head[self.over] = pd.Index(self.labels).repeat(len(measured))
        figures = {"estimate": estimate, "std_error": error, "ci_low": low, "ci_high": high}
        head |= {name: values.ravel() for name, values in figures.items()}
        return pd.DataFrame({**head, "n": np.repeat(self.n, len(measured))})


def _totals(codes: Codes, values: Array, count: int) -> Array:
    return np.asarray(np.bincount(codes, weights=values, minlength=count), dtype=np.float64)
