"""SurveyDesign: how the households of a frame were drawn, which is what honest standard errors need to know."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.check import has_columns
from evalkit.errors import DataError, several
from evalkit.stats.arrays import Array, Codes
from evalkit.stats.inference import Single, total_covariance


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyDesign:
    """How rows were drawn; each part names a column of the frame, or is None.

    Parameters
    ----------
    weights
        Design weights (None: all alike). For measures of persons multiply them by household size beforehand.
    strata
        Strata (None: one).
    clusters
        Clusters, such as villages, drawn within strata (None: each row by itself).
    population
        How many clusters the stratum of a row has in the population (None: draws with replacement).
    single
        What a stratum of a single cluster counts; see `total_covariance`.

    Examples
    --------
    >>> homes = pd.DataFrame({"w": [10.0, 10.0, 20.0, 20.0], "village": ["a", "a", "b", "c"], "poor": [1.0, 0.0, 0.0, 1.0]})
    >>> drawn = SurveyDesign(weights="w", clusters="village").on(homes)
    >>> drawn.df, drawn.covariance(homes["poor"].to_numpy()[None]).round(1)
    (2, array([[300.]]))
    """

    weights: str | None = None
    strata: str | None = None
    clusters: str | None = None
    population: str | None = None
    single: Single = "fail"

    def on(self, frame: pd.DataFrame) -> Sampled:
        """The design of a frame.

        Raises
        ------
        DataError
            A column is absent or holds a gap, a weight is negative, or a stratum has fewer clusters than were drawn.
        """
        named = [name for name in (self.weights, self.strata, self.clusters, self.population) if name is not None]
        has_columns(frame, named, who="the survey design")
        gaps = [name for name in named if frame[name].isna().any()]
        if gaps:
            raise DataError(f"columns of the survey design hold gaps: [{several(gaps)}]", do="complete them")
        weights = np.ones(len(frame)) if self.weights is None else frame[self.weights].to_numpy(dtype=float)
        if not (weights >= 0).all() or not weights.any():
            raise DataError(f"design weights '{self.weights}' must not be negative, and not all 0")
        strata = np.zeros(len(frame), dtype=np.intp) if self.strata is None else pd.factorize(frame[self.strata])[0]
        clusters = np.arange(len(frame)) if self.clusters is None else pd.factorize(frame[self.clusters])[0]
        return Sampled(self, weights, strata, clusters, self._fraction(frame, strata, clusters))

    def _fraction(self, frame: pd.DataFrame, strata: Codes, clusters: Codes) -> Array | None:
        """The share of its clusters that was drawn, by stratum."""
        if self.population is None:
            return None
        drawn = np.bincount(np.unique(np.stack([strata, clusters]), axis=1)[0])
        held = frame[self.population].groupby(strata).agg(["min", "max"])
        wrong = held[(held["min"] != held["max"]) | (held["min"] < drawn)]
        if len(wrong):
            what = f"'{self.population}' must be one number in each stratum, at least the clusters drawn from it"
            raise DataError(what, found=f"{len(wrong)} strata where it is not")
        return drawn / held["min"].to_numpy(dtype=float)


@dataclass(frozen=True, slots=True, eq=False)
class Sampled:
    """A design as it lies over the rows of a frame."""

    design: SurveyDesign
    weights: Array
    strata: Codes
    clusters: Codes
    fraction: Array | None

    @property
    def df(self) -> int:
        """Degrees of freedom: clusters less strata."""
        drawn = np.unique(np.stack([self.strata, self.clusters]), axis=1)
        return int(drawn.shape[1] - len(np.unique(drawn[0])))

    def covariance(self, influence: Array) -> Array:
        """Covariance (k, k) of estimates whose influence values have shape (k, rows)."""
        return total_covariance(self.weights * influence, self.strata, self.clusters, self.fraction, self.design.single)
