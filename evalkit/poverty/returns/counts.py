"""Returns among the homes of many places, as counts that exact bounds can be taken of: seen ones, or effective ones by design."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.errors import DataError
from evalkit.panel.design import Sampled
from evalkit.stats.arrays import Array, Codes, Mask
from evalkit.stats.exact import (
    binomial_above,
    binomial_below,
    binomial_lower,
    binomial_upper,
    effective_trials,
    hypergeometric_above,
    hypergeometric_below,
    hypergeometric_lower,
    hypergeometric_upper,
)


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Returns seen and homes asked in each place, the rate and its error, and what bounds rest on."""

    returns: Codes
    n: Codes
    rate: Array
    std_error: Array
    df: Array | None = None  # of samples by design; None: homes count alike
    spare: Array | None = None  # effective homes where the design cannot tell them
    population: Codes | None = None  # homes of each place, drawn from without return

    @property
    def untold(self) -> Mask:
        """Where the design effect cannot be estimated: no return, nothing but returns, or a single cluster."""
        if self.df is None:
            return np.zeros(len(self.n), dtype=bool)
        return ~((self.std_error > 0) & (self.df > 0))

    def trials(self, level: float) -> Array:
        """Homes that bounds at `level`, one-sided, rest on: those asked, or effective ones."""
        if self.df is None or self.spare is None:
            return self.n.astype(float)
        told = effective_trials(self.rate, self.std_error**2, self.n.astype(float), self.df, level)
        return np.where(self.untold, np.minimum(self.spare, self.n), told)

    def tails(self, threshold: float, level: float) -> tuple[Array, Array]:
        """P(no more returns | the threshold is reached) and P(no fewer | it is not): small ones rule it out, or find it.

        Of a finite population the first is of the fewest homes that reach the threshold, the second of one home less.
        """
        if self.population is None:
            trials = self.trials(level)
            events = self.rate * trials
            return binomial_below(events, trials, threshold), binomial_above(events, trials, threshold)
        reach = np.ceil(threshold * self.population - 1e-9).astype(np.intp)
        below = hypergeometric_below(self.returns, self.population, reach, self.n)
        return below, hypergeometric_above(self.returns, self.population, reach - 1, self.n)

    def bounds(self, level: float) -> tuple[Array, Array]:
        """Bounds of the rate from below and above, each at `level`, one-sided."""
        if self.population is None:
            trials = self.trials(level)
            events = self.rate * trials
            return binomial_lower(events, trials, level), binomial_upper(events, trials, level)
        low = hypergeometric_lower(self.returns, self.population, self.n, level)
        high = hypergeometric_upper(self.returns, self.population, self.n, level)
        return low / self.population, high / self.population


def seen_counts(returned: Mask, place: Codes, places: int, homes: Array | None = None) -> Counts:
    """Counts of places whose homes count alike, drawn one by one; `homes` says of each row how many its place has.

    Raises
    ------
    DataError
        A place has no single number of homes, or fewer than were asked.

    Examples
    --------
    >>> seen_counts(np.array([True, False, False]), np.array([0, 0, 1]), 2).bounds(0.95)[1].round(4)
    array([0.9747, 0.95  ])
    """
    n = np.bincount(place, minlength=places)
    x = np.bincount(place, weights=returned, minlength=places).astype(np.intp)
    population = None
    if homes is not None:
        most = np.full(places, -np.inf)
        np.maximum.at(most, place, homes)
        wrong = np.unique(place[(homes != most[place]) | (homes < n[place]) | (homes != np.floor(homes))])
        if len(wrong):
            what = "the homes of a place must be one whole number, at least those asked there"
            raise DataError(what, found=f"{len(wrong)} places where it is not", do="give the homes of the place in each row")
        population = most.astype(np.intp)
    rate = x / n
    left = 1.0 if population is None else 1 - n / population
    error = np.sqrt(np.divide(rate * (1 - rate) * left, n - 1, out=np.full(places, np.nan), where=n > 1))
    return Counts(x, n, rate, error, population=population)


def sampled_counts(returned: Mask, place: Codes, places: int, drawn: Sampled, effect: float | None = None) -> Counts:
    """Counts of places sampled by design; where it tells of no variance, homes over `effect`, or clusters as one home each.

    The count of clusters is (Σ t)²/Σ t² of the weights t they hold (Kish), the cautious end: as if homes of a village were one.
    """
    asked = drawn.weights > 0
    n = np.bincount(place[asked], minlength=places)
    empty = np.flatnonzero(n == 0)
    if len(empty):
        raise DataError("some places hold no home of positive weight", found=f"{len(empty)} places", do="leave them out")
    x = np.bincount(place[asked], weights=returned[asked], minlength=places).astype(np.intp)
    found = drawn.domain_ratios([returned.astype(float)], place)
    units = len(drawn.unit_stratum)
    pair, at = np.unique(place * units + drawn.unit, return_inverse=True)
    held = np.bincount(at.ravel(), weights=drawn.weights)
    total, squares = (np.bincount(pair // units, weights=t, minlength=places) for t in (held, held**2))
    spare = total**2 / squares if effect is None else n / max(effect, 1.0)
    return Counts(x, n, found.estimate[:, 0], found.std_error[:, 0], df=found.df.astype(float), spare=spare)


def design_effect(counts: Counts) -> float | None:
    """V/(p(1 − p)/n) of a sample as one place; None where it cannot be told."""
    if counts.df is None or counts.untold.any():
        return None
    p = counts.rate
    return float((counts.std_error**2 / (p * (1 - p) / counts.n))[0])
