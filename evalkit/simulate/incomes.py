"""The income process: what homes can expect, what persists, what passes, and what a careful observer knows of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from evalkit.simulate.composition import Counts, Homes
from evalkit.simulate.limits import within
from evalkit.stats.arrays import Array, Mask

# What a unit of each covariate adds to log market income a head, in logs.
COEFFICIENTS = {
    "labor": 0.90, "schooling": 0.045, "off_farm": 0.22, "chronic": -0.06, "disabled": -0.15, "female_head": -0.08,
    "size": -0.12, "land": 0.012, "resettled": -0.05,
}  # fmt: skip


class Knowledge(NamedTuple):
    """What an observer knows of the lasting part before and after each year: variances and weights of the year's news."""

    before: Array
    gain: Array
    after: Array


def knowledge(memory: float, lasting_sd: float, passing_sd: float, years: int) -> Knowledge:
    r"""The Kalman filter of an AR(1) seen through noise, once a year: variances that are the same for all homes.

    .. math:: P_t = \rho^2 V_{t-1} + (1 - \rho^2) \sigma_p^2, \quad K_t = P_t / (P_t + \sigma_e^2), \quad V_t = (1 - K_t) P_t

    starting with P_0 = σ_p². Source: Kalman (1960), Journal of Basic Engineering 82:35–45.

    Examples
    --------
    >>> [round(float(x), 4) for x in knowledge(0.5, 1.0, 1.0, 2).gain]
    [0.5, 0.4667]
    """
    before, gain, after = np.empty(years), np.empty(years), np.empty(years)
    variance = lasting_sd**2
    for year in range(years):
        before[year] = variance
        gain[year] = variance / (variance + passing_sd**2) if variance > 0 else 0.0
        after[year] = (1 - gain[year]) * variance
        variance = memory**2 * after[year] + (1 - memory**2) * lasting_sd**2
    return Knowledge(before, gain, after)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomeProcess:
    r"""Market income a head (wage, business, property), in prices of the first year.

    .. math:: \ln M_{it} = \ln\text{level} + g\,t + x_{it}'\beta + v + w_{vt} + p_{it} + e_{it} - S_{it} + \tau\,d_{it}

    with covariates x and `COEFFICIENTS` β, village effect v and its weather w, the lasting part
    :math:`p_{it} = \rho p_{i,t-1} + \eta_{it}` (stationary, standard deviation σ_p), the passing part e (σ_e), the scar S of
    shocks and the effect τ of the program on those it reaches. e and η are normal.

    Parameters
    ----------
    level
        Yuan a head of a home with no covariate above 0, at the outset.
    growth
        g, real growth of log income a year.
    memory, lasting_sd, passing_sd
        ρ, σ_p and σ_e.
    """

    level: float = 4_700.0
    growth: float = 0.03
    memory: float = 0.86
    lasting_sd: float = 0.60
    passing_sd: float = 0.27

    def __post_init__(self) -> None:
        within(self, 100, 1e6, "level")
        within(self, -0.3, 0.3, "growth")
        within(self, 0, 1, "memory")
        within(self, 0, 3, "lasting_sd", "passing_sd")

    def expected(self, homes: Homes, counts: Counts, years: int) -> Array:
        """ln level + g t + x'β of homes in the year of these counts, `years` after the first."""
        b, members = COEFFICIENTS, counts.members.astype(float)
        fixed = b["schooling"] * homes.schooling + b["land"] * homes.land + b["resettled"] * homes.resettled
        fixed += b["female_head"] * homes.female[:, 0]
        health = b["chronic"] * counts.chronic + b["disabled"] * counts.disabled
        labor = b["labor"] * counts.workers / members + b["off_farm"] * (homes.off_farm & (counts.workers > 0))
        return np.log(self.level) + self.growth * years + fixed + health + labor + b["size"] * np.log(members)

    def first(self, own: np.random.Generator, many: int) -> Array:
        """The lasting part in the baseline year."""
        return self.lasting_sd * own.standard_normal(many)

    def next(self, own: np.random.Generator, lasting: Array) -> Array:
        """The lasting part a year later."""
        new = np.sqrt(1 - self.memory**2) * self.lasting_sd
        return self.memory * lasting + new * own.standard_normal(len(lasting))

    def passing(self, own: np.random.Generator, many: int) -> Array:
        """The part of a year that passes."""
        return self.passing_sd * own.standard_normal(many)

    def knowledge(self, years: int) -> Knowledge:
        """See `knowledge`."""
        return knowledge(self.memory, self.lasting_sd, self.passing_sd, years)


class Kinds(NamedTuple):
    """Market income by kind: wages, business (farm and trade), property; they add up to it."""

    wage: Array
    business: Array
    property: Array


def split(own: np.random.Generator, market: Array, working: Mask, off_farm: Mask, lost: Mask) -> Kinds:
    """Market income by kind: without hands no wages; who loses work keeps a third of the wage's part; to a fen."""
    share = own.random((2, len(market)))
    wage = np.where(off_farm, 0.35 + 0.5 * share[0], 0.15 * share[0]) * working * np.where(lost, 0.33, 1.0)
    wages, rents = np.round(market * wage, 2), np.round(market * (0.005 + 0.045 * share[1] ** 3), 2)
    return Kinds(wages, np.round(market, 2) - wages - rents, rents)
