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
from evalkit.stats.inference import plain_interval, share_interval
from evalkit.stats.parted import Parted

Measured = tuple[Array, Array]  # estimates (groups,), influence on the estimate of its own group (rows,)


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
        codes, drawn = self.parted.codes, self.drawn
        if codes is None:
            return np.array([drawn.df])
        held, units = drawn.weights > 0, len(drawn.unit_stratum)
        pairs = relabeled((codes * units + drawn.unit)[held], self.parted.count * units)[1]
        return domain_degrees(pairs // units, pairs % units, drawn.unit_stratum, self.parted.count)

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

        Intervals of `shares` are on the logit scale, others plain, both by Student's t; no interval where a group has no degree
        of freedom.
        """
        estimate = np.stack([values for values, _ in measured.values()], axis=1)
        shifts = shifts or {}
        error = np.stack([self.errors(own, shifts.get(name)) for name, (_, own) in measured.items()], axis=1)
        told = self.df
        df = np.broadcast_to(np.where(told > 0, told, np.nan)[:, None], error.shape)
        low, high = plain_interval(estimate, error, df, level)
        share = [name in shares for name in measured]
        low[:, share], high[:, share] = share_interval(estimate[:, share], error[:, share], df[:, share], level)
        head: dict[str, Any] = {"measure": list(measured) * len(self.labels)}
        if self.over is not None:
            head[self.over] = pd.Index(self.labels).repeat(len(measured))
        figures = {"estimate": estimate, "std_error": error, "ci_low": low, "ci_high": high}
        head |= {name: values.ravel() for name, values in figures.items()}
        return pd.DataFrame({**head, "n": np.repeat(self.n, len(measured))})


def _totals(codes: Codes, values: Array, count: int) -> Array:
    return np.asarray(np.bincount(codes, weights=values, minlength=count), dtype=np.float64)
