"""Weighted means: arithmetic, geometric, harmonic, and any power between and beyond."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.check import number
from evalkit.errors import NoAnswer
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.stats.arrays import Array
from evalkit.terms import Text

STEEPEST = 20  # steeper powers of small scores leave the range of floating-point numbers


def weighted_mean(z: Array, weights: Array) -> Array:
    """Index S_i = Σ_j w_j z_ij of normalized rows of shape (m, n), with weights that sum to one.

    In [0, 1] where z is; 0 where every indicator is at its worst bound, 1 where every one is at its best. Fully
    compensatory: a lack in one indicator is made up by any other, in the proportion of their weights.

    Examples
    --------
    >>> weighted_mean(np.array([[0.0, 1.0], [0.5, 0.5]]), np.array([0.25, 0.75]))
    array([0.75, 0.5 ])
    """
    return z @ weights


def power_mean(z: Array, weights: Array, power: float) -> Array:
    """Power mean S = (Σ_j w_j z_j^r)^(1/r) of scores of shape (n, rows), none negative; r = 0 is the geometric mean.

    In [min z, max z], rising in r and in every z. r = 1 arithmetic, 0 geometric, −1 harmonic. The smaller r, the less one
    indicator makes up for another; for r ≤ 0 a single zero of positive weight makes the score zero.

    Source: Hardy, Littlewood & Pólya (1934), Inequalities, chapter 2.

    Examples
    --------
    >>> z, w = np.array([[0.25], [1.0]]), np.array([0.5, 0.5])
    >>> [round(float(power_mean(z, w, r)[0]), 3) for r in (1, 0, -1)]
    [0.625, 0.5, 0.4]
    """
    if power == 1:
        return weights @ z
    gone = z <= 0
    safe = np.where(gone, 1.0, z) if power <= 0 and gone.any() else z
    mean = np.exp(weights @ np.log(safe)) if power == 0 else (weights @ safe**power) ** (1 / power)
    return mean if safe is z else np.where(weights @ gone > 0, 0.0, mean)


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerMean:
    """Weighted power mean of the scores; see `power_mean`.

    Parameters
    ----------
    power
        r in [−20, 20]: 1 arithmetic, 0 geometric, −1 harmonic.
    floor
        Scores below are raised to it first; 0 leaves them. Papers with geometric means use 0.01 or so, since one zero
        otherwise decides the whole score; the choice is a treatment and is noted.
    """

    power: float = 1.0
    floor: float = 0.0

    def __post_init__(self) -> None:
        do = "use 1, 0 or -1; beyond, take the least or the greatest score instead"
        number(self.power, f"[-{STEEPEST}, {STEEPEST}]", who="PowerMean power", do=do)
        number(self.floor, "[0, 1)", who="PowerMean floor", do="use 0.01, or 0 for none")

    @property
    def name(self) -> Text:
        """What the mean is called."""
        known = {
            1.0: Text("加权算术平均", "weighted arithmetic mean"),
            0.0: Text("加权几何平均", "weighted geometric mean"),
            -1.0: Text("加权调和平均", "weighted harmonic mean"),
        }
        other = Text("加权幂平均（r={r:g}）", "weighted power mean (r = {r:g})").format(r=self.power)
        name, raised = known.get(self.power, other), Text("{name}（得分下限 {floor:g}）", "{name}, scores raised to {floor:g}")
        return raised.format(name=name, floor=self.floor) if self.floor else name

    def learn(self, z: Normalized, weights: Array) -> PowerMean:
        """Nothing is learnt: the mean reads each row alone."""
        return self

    def combine(self, block: Array, weights: Array) -> Array:
        """The mean of rows of shape (n, rows)."""
        if self.power == 1 and not self.floor:
            return weights @ block
        z = np.maximum(block, self.floor) if self.floor else block
        if self.power != 1 and z.min(initial=0.0) < 0:
            raise NoAnswer(
                f"the {self.name.en} needs scores of at least 0",
                found=f"{z.min():.4g}",
                do='normalize by min–max with beyond="clip"',
            )
        return power_mean(z, weights, self.power)

    def take(self, which: Sequence[int]) -> PowerMean:
        """The same mean."""
        return self


ARITHMETIC = PowerMean(power=1.0)
GEOMETRIC = PowerMean(power=0.0)
HARMONIC = PowerMean(power=-1.0)
