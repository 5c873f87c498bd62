"""Errors of many domains at once, such as counties, from the totals of their sampling units: linearized, or by bootstrap."""

from __future__ import annotations

import numpy as np

from evalkit.errors import DataError
from evalkit.stats.arrays import Array, Codes
from evalkit.stats.inference import Single


def relabeled(codes: Codes, size: int) -> tuple[Codes, Codes]:
    """Codes in 0 … size − 1 numbered anew without holes, and the code each new number stands for, rising.

    Where the codes are dense a table of them saves the sort.

    Examples
    --------
    >>> relabeled(np.array([5, 2, 5]), size=6)
    (array([1, 0, 1]), array([2, 5]))
    """
    if size > 4 * len(codes):
        kept, labels = np.unique(codes, return_inverse=True)
        return labels.ravel(), kept
    held = np.bincount(codes, minlength=size) > 0
    return (np.cumsum(held) - 1)[codes], np.flatnonzero(held)


def domain_variances(
    totals: Array, domain: Codes, stratum: Codes, drawn: Codes, fraction: Array | None = None, single: Single = "fail"
) -> Array:
    """Variances (domains, k) of k estimated totals in each domain, from totals (k, P) of each sampling unit in each domain.

    Row p is what one unit of `stratum` p adds in `domain` p; a unit with no household in a domain has no row there and counts
    as 0. `drawn` is how many units each stratum has in the whole sample. It is the diagonal of `total_covariance` asked once for
    each domain, in one pass: Σ_h s_h (Σ_c t² − (Σ_c t)²/n_h) with s_h = (1 − f_h) n_h/(n_h − 1).

    Examples
    --------
    >>> domain_variances(np.array([[1.0, 2.0, 4.0, 5.0]]), np.zeros(4, int), np.zeros(4, int), np.array([4])).round(4)
    array([[13.3333]])
    """
    alone = drawn == 1
    if alone.any() and single == "fail":
        what = f"{int(alone.sum())} strata hold a single cluster, which says nothing of their variance"
        raise DataError(what, do="join them to others, or choose single='adjust', 'certainty' or 'average'")
    left = np.ones(len(drawn)) if fraction is None else 1.0 - fraction
    scale = np.where(alone, 0.0, left * drawn / np.maximum(drawn - 1, 1))
    domains, strata = int(domain.max()) + 1, len(drawn)
    cell, held = relabeled(domain * strata + stratum, domains * strata)
    spread = (scale / np.maximum(drawn, 1))[held % strata]
    variances = np.empty((domains, len(totals)))
    for k, t in enumerate(totals):
        sums = np.bincount(cell, weights=t)
        variances[:, k] = np.bincount(domain, weights=scale[stratum] * t**2, minlength=domains)
        variances[:, k] -= np.bincount(held // strata, weights=spread * sums**2, minlength=domains)
        if single == "adjust" and alone.any():
            variances[:, k] += _adjusted(t, domain, stratum, drawn, left)
    if single == "average" and alone.any() and not alone.all():
        variances *= np.count_nonzero(drawn) / np.count_nonzero(drawn > 1)
    return np.maximum(variances, 0.0)


def _adjusted(t: Array, domain: Codes, stratum: Codes, drawn: Codes, left: Array) -> Array:
    """What strata of a single unit add where their distance to the mean of all units is taken."""
    domains = int(domain.max()) + 1
    mean = np.bincount(domain, weights=t, minlength=domains) / drawn.sum()
    share = np.where(drawn == 1, left, 0.0)
    own = share[stratum] * (t**2 - 2 * t * mean[domain])
    return np.bincount(domain, weights=own, minlength=domains) + share.sum() * mean**2


def bootstrap_weights(rng: np.random.Generator, stratum: Codes, resamples: int) -> Array:
    """What each unit counts in each resample (resamples, units): of n_h units of a stratum n_h − 1 are drawn, × n_h/(n_h − 1).

    The variance of resampled totals is then that of `total_covariance`. A unit alone in its stratum always counts 1.
    Source: Rao & Wu (1988), Journal of the American Statistical Association 83:231–241.

    Examples
    --------
    >>> bootstrap_weights(np.random.default_rng(0), np.array([0, 0, 0, 1]), 2).sum(axis=1)
    array([4., 4.])
    """
    order = np.argsort(stratum, kind="stable")
    n = np.bincount(stratum)
    first = np.cumsum(n) - n
    counts = np.ones((resamples, len(stratum)))
    for start, size in zip(first[n > 1], n[n > 1], strict=True):
        drawn = rng.integers(size, size=(resamples, size - 1)) + size * np.arange(resamples)[:, None]
        count = np.bincount(drawn.ravel(), minlength=resamples * size).reshape(resamples, size)
        counts[:, order[start : start + size]] = count * (size / (size - 1))
    return counts


def resampled_totals(totals: Array, domain: Codes, unit: Codes, counts: Array) -> Array:
    """Totals (resamples, domains, k) of each domain in each resample: one product of counts and unit totals a domain.

    Row p of `totals` (k, P) belongs to sampling unit `unit` p in `domain` p.

    Examples
    --------
    >>> resampled_totals(np.array([[1.0, 10.0, 100.0]]), np.array([0, 0, 1]), np.arange(3), np.array([[2.0, 1.0, 0.0]])).tolist()
    [[[12.0], [0.0]]]
    """
    order = np.argsort(domain, kind="stable")
    limits = np.searchsorted(domain[order], np.arange(int(domain.max()) + 2))
    found = np.empty((len(counts), len(limits) - 1, len(totals)))
    for at in range(len(limits) - 1):
        rows = order[limits[at] : limits[at + 1]]
        found[:, at] = counts[:, unit[rows]] @ totals[:, rows].T
    return found
