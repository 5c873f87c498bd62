"""Help: transfers by rule, and a program that reaches those in need with error and with a known effect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.simulate.chance import stream
from evalkit.simulate.composition import Counts, Homes
from evalkit.simulate.limits import within
from evalkit.simulate.places import Extent
from evalkit.stats.arrays import Array, Codes, Mask


@dataclass(frozen=True, slots=True, kw_only=True)
class Benefits:
    """Transfers a year, in prices of the first year; what next year brings is granted at the close of this one.

    Minimum living allowance (dibao) goes to homes whose market income a head, as officials see it (with an error of
    standard deviation `noise` in logs), is below the standard: `reach` of them get it, and `slip` of all others. A home is
    topped up to the standard, with at least a tenth and at most four fifths of it a head.

    Parameters
    ----------
    standard
        Dibao standard as a share of the line.
    reach, slip, noise
        As above.
    pension, disability
        Yuan for each member of 60 and over, and for each disabled member.
    subsidy
        Yuan for each mu of land.
    """

    standard: float = 0.6
    reach: float = 0.7
    slip: float = 0.012
    noise: float = 0.25
    pension: float = 1_200.0
    disability: float = 1_080.0
    subsidy: float = 100.0

    def __post_init__(self) -> None:
        within(self, 0, 2, "standard")
        within(self, 0, 1, "reach", "slip")
        within(self, 0, 5, "noise")
        within(self, 0, 1e5, "pension", "disability", "subsidy")

    def grant(self, own: np.random.Generator, market: Array, line: float) -> Array:
        """Dibao a head granted for next year, from market income a head as it was and the line of next year."""
        standard = self.standard * line
        seen = market * np.exp(self.noise * own.standard_normal(len(market)))
        given = own.random(len(market)) < np.where(seen < standard, self.reach, self.slip)
        return np.where(given, np.clip(standard - seen, 0.1 * standard, 0.8 * standard), 0.0)

    def by_rule(self, homes: Homes, counts: Counts) -> tuple[Array, Array, Array]:
        """Pension, disability benefit and farm subsidy of homes."""
        elderly, disabled = counts.elderly.astype(float), counts.disabled.astype(float)
        return self.pension * elderly, self.disability * disabled, self.subsidy * homes.land


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Help that raises log market income by `effect` in every year after enrolment.

    It comes to counties one after the other: a share `never` of them gets none, each other starts in a year drawn from
    the second on. At the close of the year before, need is what income, as officials see it, lacks of `bound` lines, in
    logs: need = ln(bound · line) − ln income + error. Homes with need above 0 are enrolled with chance `reach`, others
    with chance `slip`; who is enrolled stays. So the county's start is as good as random (differences in differences, event
    study), the jump at need = 0 is a fuzzy discontinuity, and a plain comparison of homes is biased by need.

    Parameters
    ----------
    effect
        τ, in logs.
    bound, noise
        Multiple of the line below which there is need, and standard deviation of the error, in logs.
    reach, slip
        Chance of enrolment with and without need.
    never
        Share of the counties without the program.
    """

    effect: float = 0.12
    bound: float = 1.5
    noise: float = 0.2
    reach: float = 0.8
    slip: float = 0.03
    never: float = 0.34

    def __post_init__(self) -> None:
        within(self, -2, 2, "effect")
        within(self, 0.01, 100, "bound")
        within(self, 0, 5, "noise")
        within(self, 0, 1, "reach", "slip", "never")

    def starts(self, extent: Extent) -> Codes:
        """The first year of the program in each county, 0 where it never comes."""
        own, later = stream(extent.seed, "program"), np.array(extent.periods[1:], dtype=np.intp)
        if not len(later):
            return np.zeros(extent.counties, dtype=np.intp)
        order = own.permutation(extent.counties)
        with_it = order[: extent.counties - round(self.never * extent.counties)]
        starts = np.zeros(extent.counties, dtype=np.intp)
        starts[with_it] = later[np.arange(len(with_it)) % len(later)]
        return starts

    def need(self, own: np.random.Generator, income: Array, line: float) -> Array:
        """The need of homes as officials see it, from income a head and this year's line."""
        return np.log(self.bound * line) - np.log(income) + self.noise * own.standard_normal(len(income))

    def enrol(self, own: np.random.Generator, need: Array) -> Mask:
        """Who is enrolled."""
        return own.random(len(need)) < np.where(need > 0, self.reach, self.slip)
