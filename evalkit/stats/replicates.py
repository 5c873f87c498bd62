"""Replicate weights: the sample over and over with some units left out or doubled, for errors of any weighted statistic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from evalkit.check import shown, whole
from evalkit.errors import DataError, NoAnswer, SpecError
from evalkit.stats.arrays import Array, Codes, pieces
from evalkit.stats.domains import bootstrap_weights
from evalkit.stats.inference import Single, strata_scales

HELD = 1 << 22  # weights held at once
MOST = 1 << 27  # factors of replicates by units that are made at all: 1 GiB


@dataclass(frozen=True, slots=True, eq=False)
class Replicates:
    """What each sampling unit counts in each replicate, and what the replicates make of a variance.

    `factors`, of shape (R, units), multiply the weights of the rows of a unit; `scales` (R,) the squared deviations:
    V = Σ_r s_r (θ_r − θ̄)(θ_r − θ̄)ᵀ. Weights that came with a survey are factors too: replicate weights over full weights. Of
    functions of totals t (k, units), such as ratios, `factors @ t.T` is the quick way; of others see `replicated`.

    Examples
    --------
    >>> two = Replicates(factors=np.array([[2.0, 0.0], [0.0, 2.0]]), scales=np.full(2, 0.5))
    >>> two.covariance(np.array([[10.0], [14.0]]))
    array([[4.]])
    """

    factors: Array
    scales: Array

    def covariance(self, estimates: Array, center: Array | None = None) -> Array:
        """Covariance (k, k) of statistics, from their estimates (R, k) in the replicates.

        Deviations are from the mean of the replicates that have a scale, as R's survey takes them by default, or from `center`,
        the estimates (k,) of the full sample, which is never less (`mse = TRUE` in R). A statistic that is NaN in a replicate
        with a scale is NaN.
        """
        used = self.scales > 0
        if not used.any():
            return np.zeros((estimates.shape[1], estimates.shape[1]))
        at = estimates[used].mean(axis=0) if center is None else center
        apart = (estimates[used] - at) * np.sqrt(self.scales[used])[:, None]
        return np.asarray(apart.T @ apart)


class ReplicateScheme(Protocol):
    """How replicates are made of a sample."""

    def of(self, stratum: Codes, fraction: Array | None = None, single: Single = "fail") -> Replicates:
        """Replicates of sampling units in strata 0 … H − 1, drawn with replacement or a share `fraction` of each stratum."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Jackknife:
    """Each sampling unit left out in turn, the others of its stratum raised by n_h/(n_h − 1): JKn; with one stratum JK1.

    V = Σ_h (1 − f_h)(n_h − 1)/n_h Σ_c (θ_(hc) − θ̄)². Of totals it is the linearized variance; of smooth statistics it tends to
    it. Not of medians and other quantiles, for which it is wrong however large the sample: take `RescaledBootstrap`. Strata of
    a single unit: see `strata_scales`; under "adjust" the unit is left out and all others are raised by H/(H − 1), as R does.

    Source: Wolter (2007), Introduction to Variance Estimation, chapter 4; R's `as.svrepdesign`, types "JK1" and "JKn".

    Examples
    --------
    >>> Jackknife().of(np.array([0, 0, 1, 1])).factors.tolist()
    [[0.0, 2.0, 1.0, 1.0], [2.0, 0.0, 1.0, 1.0], [1.0, 1.0, 0.0, 2.0], [1.0, 1.0, 2.0, 0.0]]
    """

    def of(self, stratum: Codes, fraction: Array | None = None, single: Single = "fail") -> Replicates:
        """One replicate for each unit that tells a variance.

        Raises
        ------
        NoAnswer
            There are too many units for their replicates to be held.
        """
        strata = strata_scales(np.bincount(stratum, minlength=0 if fraction is None else len(fraction)), fraction, single)
        left_out = np.flatnonzero(strata.scale[stratum] > 0)
        _fits(len(left_out), len(stratum))
        of, n = stratum[left_out], strata.drawn
        used = int(np.count_nonzero(n))
        raised = np.where(strata.lonely, used / max(used - 1, 1), n / np.maximum(n - 1, 1))
        share = np.where(strata.lonely, (used - 1) / used, ((n - 1) / np.maximum(n, 1)) ** 2)
        touched = (stratum == of[:, None]) | strata.lonely[of][:, None]
        factors = np.where(touched, raised[of][:, None], 1.0)
        factors[np.arange(len(left_out)), left_out] = 0.0
        return Replicates(factors, (strata.scale * share)[of] * strata.blown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Balanced:
    """Balanced repeated replication of two units in each stratum: one of the two is doubled, by the rows of a Hadamard matrix.

    V = Σ_r (θ_r − θ̄)²/(R (1 − ρ)²); with Fay's `rho` ρ the units count 2 − ρ and ρ. R is the least power of 2 above the number
    of strata. Of totals it is the linearized variance, and it holds for medians too.

    Source: McCarthy (1969), Review of the International Statistical Institute 37:239–264; Judkins (1990), Journal of Official
    Statistics 6:223–239.

    Examples
    --------
    >>> Balanced().of(np.array([0, 0])).factors.tolist()
    [[2.0, 0.0], [0.0, 2.0]]
    """

    rho: float = 0.0

    def __post_init__(self) -> None:
        if isinstance(self.rho, bool) or not isinstance(self.rho, int | float) or not 0 <= self.rho < 1:
            raise SpecError("Balanced rho must lie in [0, 1)", found=shown(self.rho))

    def of(self, stratum: Codes, fraction: Array | None = None, single: Single = "fail") -> Replicates:
        """Replicates of a sample of two units in each stratum.

        Raises
        ------
        NoAnswer
            A stratum has another number of units, or draws were without replacement.
        """
        from scipy.linalg import hadamard

        drawn = np.bincount(stratum)
        if fraction is not None:
            raise NoAnswer(
                "balanced replicates draw with replacement", do="leave population out of the design, or take Jackknife()"
            )
        other = int(((drawn != 2) & (drawn > 0)).sum())
        if other:
            found = f"{other} strata with another number"
            raise NoAnswer("balanced replicates need two clusters in each stratum", found=found, do="take Jackknife()")
        size = 1 << int(np.count_nonzero(drawn)).bit_length()
        _fits(size, len(stratum))
        column = np.cumsum(drawn > 0)[stratum]  # the first column is constant
        second = np.zeros(len(stratum), dtype=bool)
        second[np.argsort(stratum, kind="stable")[1::2]] = True
        signs = hadamard(size)[:, column] * np.where(second, -1, 1)
        return Replicates(1.0 + (1.0 - self.rho) * signs, np.full(size, 1.0 / (size * (1.0 - self.rho) ** 2)))


@dataclass(frozen=True, slots=True, kw_only=True)
class RescaledBootstrap:
    """Bootstraps of clusters within strata: n_h − 1 of n_h are drawn with replacement and count n_h/(n_h − 1) each time.

    V is the variance of the replicates. Drawn without replacement, a unit counts 1 + √(1 − f_h)(c − 1) in place of c. It holds
    for medians, Gini coefficients and whatever else the weights make. Strata of a single unit count 1 in every replicate.

    Source: Rao & Wu (1988), Journal of the American Statistical Association 83:231–241; Rao, Wu & Yue (1992), Survey Methodology
    18:209–217; R's `as.svrepdesign`, type "subbootstrap".

    Examples
    --------
    >>> drawn = RescaledBootstrap(resamples=2).of(np.array([0, 0, 0, 1, 1]))
    >>> drawn.factors[:, :3].sum(axis=1).round(9), drawn.scales
    (array([3., 3.]), array([1., 1.]))
    """

    resamples: int = 500
    seed: int = 0

    def __post_init__(self) -> None:
        whole(self.resamples, who="RescaledBootstrap resamples", least=2)
        whole(self.seed, who="RescaledBootstrap seed", least=0)

    def of(self, stratum: Codes, fraction: Array | None = None, single: Single = "fail") -> Replicates:
        """So many resamples.

        Raises
        ------
        NoAnswer
            Strata of a single unit are to be taken from the mean of all units, which no resample of them shows; or resamples
            of so many units cannot be held.
        """
        strata = strata_scales(np.bincount(stratum, minlength=0 if fraction is None else len(fraction)), fraction, single)
        if single == "adjust" and strata.lonely.any():
            do = "take Jackknife(), or single='average' or 'certainty'"
            raise NoAnswer("a bootstrap within strata cannot adjust strata of a single cluster", do=do)
        _fits(self.resamples, len(stratum))
        factors = bootstrap_weights(np.random.default_rng(self.seed), stratum, self.resamples)
        if fraction is not None:
            factors = 1.0 + np.sqrt(np.maximum(1.0 - fraction, 0.0))[stratum] * (factors - 1.0)
        return Replicates(factors, np.full(self.resamples, strata.blown / (self.resamples - 1)))


def replicated(statistic: Callable[[Array], Array], weights: Array, unit: Codes, replicates: Replicates) -> Array:
    """Estimates (R, k) of a statistic in every replicate, of rows with `weights` (m,) that belong to sampling units `unit` (m,).

    `statistic` takes weights of shape (b, m), one row a replicate, and gives (b,) or (b, k) figures; it is asked for as many
    replicates at once as keep its weights below 32 MiB.

    Raises
    ------
    DataError
        The statistic gives another shape.

    Examples
    --------
    >>> y = np.array([1.0, 2.0, 6.0])
    >>> made = Jackknife().of(np.zeros(3, dtype=int))
    >>> means = replicated(lambda w: w @ y / w.sum(axis=1), np.ones(3), np.arange(3), made)
    >>> means.ravel().tolist(), made.covariance(means).round(4)  # s²/n = 7/3
    ([4.0, 3.5, 1.5], array([[2.3333]]))
    """
    parts = []
    for piece in pieces(len(replicates.factors), max(1, HELD // max(len(weights), 1))):
        drawn = replicates.factors[piece][:, unit] * weights
        part = np.asarray(statistic(drawn), dtype=np.float64)
        if part.ndim not in (1, 2) or len(part) != len(drawn):
            what = "a statistic of replicates must give one figure, or one row of them, for each row of weights"
            raise DataError(
                what, found=f"shape {part.shape} of weights {drawn.shape}", do="sum over the last axis of the weights"
            )
        parts.append(part.reshape(len(drawn), -1))
    return np.concatenate(parts)


def _fits(replicates: int, units: int) -> None:
    if replicates * units > MOST:
        what = "so many replicates of so many sampling units cannot be held"
        found = f"{replicates:,} × {units:,}"
        raise NoAnswer(what, found=found, do="take linearized errors, or RescaledBootstrap with fewer resamples")
