"""Errors of many domains at once, such as counties, from the totals of their sampling units: linearized, or by bootstrap."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from evalkit.stats.arrays import Array, Codes
from evalkit.stats.inference import Single, Strata, strata_scales


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


class DomainRatios(NamedTuple):
    """Ratios of totals in every domain, with what is needed for their differences."""

    estimate: Array  # (domains, k); NaN where a domain has no weight
    std_error: Array  # (domains, k)
    df: Codes  # degrees of freedom, (domains,)
    n: Codes  # rows, (domains,)
    influence: Array  # (k, P): what a sampling unit does to the estimates of a domain
    domain: Codes  # (P,)
    unit: Codes  # (P,)


def linearized_ratios(above: Iterable[Array], below: Array, domain: Codes, domains: int) -> tuple[Array, Array]:
    """Ratios (domains, k) of totals of `above` (k, P) and `below` (P,), and the influence (k, P) of each place on its domain.

    A place is a sampling unit in a domain; its influence is (y_p − R x_p)/X of its domain, 0 where the domain has no weight and
    its ratio is NaN.

    Examples
    --------
    >>> ratio, influence = linearized_ratios([np.array([1.0, 3.0, 5.0])], np.array([2.0, 2.0, 0.0]), np.array([0, 0, 1]), 2)
    >>> ratio.ravel().tolist(), influence.tolist()
    ([1.0, nan], [[-0.25, 0.25, 0.0]])
    """
    total = np.bincount(domain, weights=below, minlength=domains)
    known = np.where(total > 0, total, np.nan)
    ratios, influence = [], []
    for t in above:
        ratio = np.bincount(domain, weights=t, minlength=domains) / known
        ratios.append(ratio)
        influence.append(np.nan_to_num((t - ratio[domain] * below) / known[domain]))
    return np.stack(ratios, axis=1), np.stack(influence)


def domain_variances(
    totals: Array, domain: Codes, stratum: Codes, drawn: Codes, fraction: Array | None = None, single: Single = "fail"
) -> Array:
    """Variances (domains, k) of k estimated totals in each domain, from totals (k, P) of each sampling unit in each domain.

    Row p is what one unit of `stratum` p adds in `domain` p; a unit with no household in a domain has no row there and counts
    as 0. `drawn` is how many units each stratum has in the whole sample. It is the diagonal of `total_covariance` asked once for
    each domain, in one pass: Σ_h s_h (Σ_c t² − (Σ_c t)²/n_h) with s_h of `strata_scales`.

    Examples
    --------
    >>> domain_variances(np.array([[1.0, 2.0, 4.0, 5.0]]), np.zeros(4, int), np.zeros(4, int), np.array([4])).round(4)
    array([[13.3333]])
    """
    strata = strata_scales(drawn, fraction, single)
    scale = np.where(strata.lonely, 0.0, strata.scale)
    domains, held = int(domain.max()) + 1, len(drawn)
    cell, kept = relabeled(domain * held + stratum, domains * held)
    spread = (scale / np.maximum(drawn, 1))[kept % held]
    variances = np.empty((domains, len(totals)))
    for k, t in enumerate(totals):
        sums = np.bincount(cell, weights=t)
        variances[:, k] = np.bincount(domain, weights=scale[stratum] * t**2, minlength=domains)
        variances[:, k] -= np.bincount(kept // held, weights=spread * sums**2, minlength=domains)
        if single == "adjust" and strata.lonely.any():
            variances[:, k] += _adjusted(t, domain, stratum, strata)
    return np.maximum(variances * strata.blown, 0.0)


def _adjusted(t: Array, domain: Codes, stratum: Codes, strata: Strata) -> Array:
    """What strata of a single unit add where their distance to the mean of all units is taken."""
    domains = int(domain.max()) + 1
    mean = np.bincount(domain, weights=t, minlength=domains) / strata.drawn.sum()
    share = np.where(strata.lonely, strata.scale, 0.0)
    own = share[stratum] * (t**2 - 2 * t * mean[domain])
    return np.bincount(domain, weights=own, minlength=domains) + share.sum() * mean**2


def domain_covariance(
    totals: Array, domain: Codes, unit: Codes, unit_stratum: Codes, fraction: Array | None = None, single: Single = "fail"
) -> Array:
    """Covariance (domains, domains) of one estimated total in every domain, from totals (P,) of sampling units in domains.

    Two domains vary together where they share strata or units: two groups of one village do. Row p is what unit `unit` p adds in
    `domain` p, `unit_stratum` the stratum of each unit. A product of sparse matrices, with the diagonal of `domain_variances`.

    Examples
    --------
    >>> t, domain, unit = np.array([1.0, 3.0, 2.0]), np.array([0, 0, 1]), np.array([0, 1, 1])
    >>> domain_covariance(t, domain, unit, np.zeros(2, int))  # of totals (1, 3) and (0, 2)
    array([[4., 4.],
           [4., 4.]])
    """
    from scipy.sparse import csr_array

    units, domains = len(unit_stratum), int(domain.max()) + 1
    strata = strata_scales(np.bincount(unit_stratum), fraction, single)
    by_unit = csr_array((totals, (domain, unit)), shape=(domains, units))
    of = csr_array((np.ones(units), (np.arange(units), unit_stratum)), shape=(units, len(strata.drawn)))
    known = np.where(strata.lonely, 0.0, strata.scale)
    sums = by_unit @ of
    covariance = ((by_unit * known[unit_stratum]) @ by_unit.T).toarray()
    covariance -= ((sums * (known / np.maximum(strata.drawn, 1))) @ sums.T).toarray()
    if single == "adjust" and strata.lonely.any():
        share = np.where(strata.lonely, strata.scale, 0.0)
        mean, alone = by_unit.sum(axis=1) / units, by_unit @ share[unit_stratum]
        covariance += ((by_unit * share[unit_stratum]) @ by_unit.T).toarray() + share.sum() * np.outer(mean, mean)
        covariance -= np.outer(alone, mean) + np.outer(mean, alone)
    return np.asarray(covariance * strata.blown)


def domain_degrees(domain: Codes, unit: Codes, unit_stratum: Codes, domains: int) -> Codes:
    """Degrees of freedom of each domain: the sampling units that hold a row of it, less their strata.

    Row p says that sampling unit `unit` p holds a row of `domain` p; a pair may stand more than once. As `degrees_of_freedom`
    asked once for each domain.

    Examples
    --------
    >>> domain_degrees(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 2]), np.array([0, 0, 1]), domains=3)
    array([1, 0, 0])
    """
    _, pairs = relabeled(unit * domains + domain, len(unit_stratum) * domains)
    strata = int(unit_stratum.max()) + 1
    _, cells = relabeled(unit_stratum[pairs // domains] * domains + pairs % domains, strata * domains)
    return np.bincount(pairs % domains, minlength=domains) - np.bincount(cells % domains, minlength=domains)


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
