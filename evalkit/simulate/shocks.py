"""Shocks of illness, accident, disaster and lost work: how likely, what they cost, and what they take from income."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from evalkit.errors import SpecError
from evalkit.simulate.composition import Counts, Homes
from evalkit.simulate.limits import within
from evalkit.stats.arrays import Array, Mask

SHOCKS = ("illness", "accident", "disaster", "job_loss")


def at_least_one(rate: Array) -> Array:
    """The chance of at least one event when `rate` are expected: 1 − exp(−rate).

    Examples
    --------
    >>> at_least_one(np.array([0.0, 0.1])).round(4)
    array([0.    , 0.0952])
    """
    return -np.expm1(-rate)


def scar(before: Array, hit: Mask, effects: Array, lasting: float) -> Array:
    """What past and present shocks take from log income: S_t = φ S_{t−1} + Σ_k δ_k hit_k, for `hit` of shape (kinds, homes).

    Examples
    --------
    >>> scar(np.array([0.4]), np.array([[True], [False]]), np.array([0.3, 0.2]), 0.5)
    array([0.5])
    """
    return lasting * before + effects @ hit


class Costs(NamedTuple):
    """What a home pays in a year, in prices of the first year: for medical care, for schools, for what a disaster took."""

    medical: Array
    education: Array
    loss: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class ShockModel:
    """How often homes are hit, and what it does to log income.

    With m members, e of 60 and over, c chronically ill, d disabled and w able to work, the chance of grave illness is
    1 − exp(−illness (0.3 m + e + 2 c + d)), that of an accident 1 − exp(−accident w); a home whose village is struck is
    hit with chance `exposure`; one with work off the farm loses it with chance `job_loss` (1.5 − s/16), s the head's
    years of school. Kinds are independent of each other given the home; a home's chance of disaster is the hazard of its
    village times `exposure`.

    Parameters
    ----------
    illness, accident, exposure, job_loss
        Rates and chances, as above.
    effects
        What each kind of `SHOCKS` takes from log income in its year.
    lasting
        Share φ of it which is left a year later; see `scar`.
    """

    illness: float = 0.025
    accident: float = 0.012
    exposure: float = 0.6
    job_loss: float = 0.07
    effects: tuple[float, float, float, float] = (0.25, 0.30, 0.25, 0.45)
    lasting: float = 0.7

    def __post_init__(self) -> None:
        within(self, 0, 1, "illness", "accident", "exposure")
        within(self, 0, 0.6, "job_loss")
        within(self, 0, 0.99, "lasting")
        numbers = isinstance(self.effects, tuple) and all(isinstance(effect, int | float) for effect in self.effects)
        if not numbers or len(self.effects) != len(SHOCKS) or not all(0 <= effect < 5 for effect in self.effects):
            raise SpecError(f"ShockModel effects must be {len(SHOCKS)} numbers in [0, 5)", found=repr(self.effects))

    def chances(self, homes: Homes, counts: Counts, hazard: Array) -> Array:
        """The chance of each kind in the year of these counts, (kinds, homes), with the hazard of each home's village."""
        need: Array = 0.3 * counts.members.astype(float) + counts.elderly + 2.0 * counts.chronic + counts.disabled
        work = self.job_loss * (1.5 - homes.schooling / 16.0) * (homes.off_farm & (counts.workers > 0))
        accident = at_least_one(self.accident * counts.workers.astype(float))
        return np.stack([at_least_one(self.illness * need), accident, hazard * self.exposure, work])

    def strike(self, own: np.random.Generator, chances: Array, struck: Mask) -> Mask:
        """Who is hit by what, of shape (kinds, homes); disasters only where the village is struck."""
        chances = chances.copy()
        chances[2] = np.where(struck, self.exposure, 0.0)
        return own.random(chances.shape) < chances

    def usual(self, chances: Array) -> Array:
        """The scar that homes bear on average in the long run, Σ_k δ_k π_k / (1 − φ): what the baseline year starts with."""
        return np.asarray(self.effects, dtype=float) @ chances / (1 - self.lasting)

    def scar(self, before: Array, hit: Mask) -> Array:
        """See `scar`."""
        return scar(before, hit, np.asarray(self.effects, dtype=float), self.lasting)


def costs(own: np.random.Generator, counts: Counts, hit: Mask, insured: Mask) -> Costs:
    """What a year costs; people without insurance pay 1.6 times as much for the same care."""
    routine = (90.0 * counts.members + 700.0 * counts.chronic) * np.exp(0.7 * own.standard_normal(len(insured)))
    grave = np.exp(0.8 * own.standard_normal(len(insured))) * (9_000.0 * hit[0] + 7_000.0 * hit[1])
    school = 300.0 * counts.compulsory + 3_200.0 * counts.upper + 9_500.0 * counts.college
    paid = school * np.exp(0.35 * own.standard_normal(len(insured)))
    loss = hit[2] * np.exp(8.7 + 0.9 * own.standard_normal(len(insured)))
    return Costs(medical=(routine + grave) * np.where(insured, 1.0, 1.6), education=paid, loss=loss)
