"""Exact tails and bounds of counts: binomial, hypergeometric, and sums of unequal chances."""

from __future__ import annotations

import numpy as np

from evalkit.stats.arrays import Array, Codes

TIE = 1 + 1e-9  # a chance this near to 1 − level counts as equal to it


def binomial_below(events: Array, trials: Array, chance: Array | float) -> Array:
    """P(X ≤ x) of a binomial count; counts may be effective ones, with fractions.

    Examples
    --------
    >>> binomial_below(np.array([0.0]), np.array([299.0]), 0.01).round(4)
    array([0.0495])
    """
    from scipy.special import betainc

    whole = events >= trials
    return np.where(whole, 1.0, betainc(np.where(whole, 1.0, trials - events), events + 1, 1 - np.asarray(chance)))


def binomial_above(events: Array, trials: Array, chance: Array | float) -> Array:
    """P(X ≥ x) of a binomial count; counts may be effective ones, with fractions.

    Examples
    --------
    >>> binomial_above(np.array([2.0]), np.array([10.0]), 0.1).round(4)
    array([0.2639])
    """
    from scipy.special import betainc

    none = events <= 0
    return np.where(none, 1.0, betainc(np.where(none, 1.0, events), trials - events + 1, chance))


def binomial_upper(events: Array, trials: Array, level: float = 0.95) -> Array:
    """The largest share not ruled out at `level`, one-sided: the p with P(X ≤ x | n, p) = 1 − level; 1 where all are events.

    Source: Clopper & Pearson (1934), Biometrika 26:404–413; no event in 300 is the rule of three, about 3/n: Hanley &
    Lippman-Hand (1983), Journal of the American Medical Association 249:1743–1745.

    Examples
    --------
    >>> binomial_upper(np.array([0.0, 5.0]), np.array([300.0, 100_000.0])).round(7)
    array([0.0099361, 0.0001051])
    """
    from scipy.special import betaincinv

    whole = events >= trials
    return np.where(whole, 1.0, betaincinv(events + 1, np.where(whole, 1.0, trials - events), level))


def binomial_lower(events: Array, trials: Array, level: float = 0.95) -> Array:
    """The smallest share that is not ruled out at `level`, one-sided: the p with P(X ≥ x | n, p) = 1 − level; 0 where none is.

    Examples
    --------
    >>> binomial_lower(np.array([0.0, 682.0]), np.array([300.0, 925.0]), 0.975).round(7)
    array([0.       , 0.7076683])
    """
    from scipy.special import betaincinv

    none = events <= 0
    return np.where(none, 0.0, betaincinv(np.where(none, 1.0, events), trials - events + 1, 1 - level))


def effective_trials(share: Array, variance: Array, trials: Array, df: Array, level: float, *, capped: bool = True) -> Array:
    """How many independent draws tell as much of a share as a sample by design: p(1 − p)/V × (t(n − 1)/t(df))², `capped` at n.

    Exact bounds of n* trials and n* p events are then those of Korn and Graubard, for t at `level`, one-sided. A variance of
    0 has no effective count: NaN. Source: Korn & Graubard (1998), Survey Methodology 24:193–201.

    Examples
    --------
    >>> effective_trials(np.array([0.1]), np.array([0.0018]), np.array([100.0]), np.array([20.0]), 0.975).round(2)
    array([45.24])
    """
    from scipy.stats import t

    known = (variance > 0) & (df > 0) & (trials > 1)
    ratio = t.ppf(level, np.where(known, trials - 1, 1)) / t.ppf(level, np.where(known, df, 1))
    n = share * (1 - share) / np.where(known, variance, 1.0) * ratio**2
    return np.where(known, np.minimum(n, trials) if capped else n, np.nan)


def hypergeometric_below(events: Codes, population: Codes, cases: Codes, drawn: Codes) -> Array:
    """P(X ≤ x) of x cases among `drawn`, taken without return from a population that holds `cases` of them.

    Examples
    --------
    >>> hypergeometric_below(np.array([0]), np.array([1000]), np.array([10]), np.array([258])).round(6)
    array([0.049796])
    """
    return _hypergeometric_tails(events, population, cases, drawn)[0]


def hypergeometric_above(events: Codes, population: Codes, cases: Codes, drawn: Codes) -> Array:
    """P(X ≥ x) of x cases among `drawn`, taken without return from a population that holds `cases` of them.

    Examples
    --------
    >>> hypergeometric_above(np.array([3]), np.array([1000]), np.array([10]), np.array([30])).round(6)
    array([0.00254])
    """
    return _hypergeometric_tails(np.asarray(events) - 1, population, cases, drawn)[1]


def hypergeometric_upper(events: Codes, population: Codes, drawn: Codes, level: float = 0.95) -> Codes:
    """The most cases in a population that are not ruled out at `level`, one-sided: the last K with P(X ≤ x | K) > 1 − level.

    Examples
    --------
    >>> hypergeometric_upper(np.array([0, 3]), np.array([1000, 500]), np.array([258, 500]))
    array([9, 3])
    """
    low, high = events + 0, population - drawn + events
    while (low < high).any():
        middle = (low + high + 1) // 2
        kept = hypergeometric_below(events, population, middle, drawn) > (1 - level) * TIE
        low, high = np.where(kept, middle, low), np.where(kept, high, middle - 1)
    return low


def hypergeometric_lower(events: Codes, population: Codes, drawn: Codes, level: float = 0.95) -> Codes:
    """The fewest cases in a population that are not ruled out at `level`, one-sided: the first K with P(X ≥ x | K) > 1 − level.

    Examples
    --------
    >>> hypergeometric_lower(np.array([0, 5]), np.array([1000, 1000]), np.array([258, 258]))
    array([0, 9])
    """
    low, high = events + 0, population - drawn + events
    while (low < high).any():
        middle = (low + high) // 2
        kept = hypergeometric_above(events, population, middle, drawn) > (1 - level) * TIE
        low, high = np.where(kept, low, middle + 1), np.where(kept, middle, high)
    return low


def unequal_above(chances: Array, group: Codes, events: Codes) -> Array:
    """P(X ≥ x) of each group, X the count of independent events of unequal chances (the Poisson binomial law).

    `chances` and `group` (codes 0 … G − 1) have one entry a member, `events` one a group. The members of all groups are
    walked through side by side; what is held is the chance that so many events are still missing, so small tails stay exact.

    Examples
    --------
    >>> unequal_above(np.array([0.1, 0.2, 0.5]), np.array([0, 0, 1]), np.array([1, 1])).round(12)
    array([0.28, 0.5 ])
    """
    size = np.bincount(group, minlength=len(events))
    order = np.argsort(group, kind="stable")
    first = np.cumsum(size) - size
    missing = np.zeros((int(events.max(initial=0)) + 1, len(events)))
    missing[events, np.arange(len(events))] = 1.0
    by_size = np.argsort(-size, kind="stable")
    larger = np.searchsorted(-size[by_size], -np.arange(1, int(size.max(initial=0)) + 1), side="right")
    for k, active in enumerate(larger):
        at = by_size[:active]
        p = chances[order[first[at] + k]]
        held = missing[:, at]
        held[0] += held[1] * p if len(held) > 1 else 0.0
        held[1:-1] = held[1:-1] * (1 - p) + held[2:] * p
        if len(held) > 1:
            held[-1] *= 1 - p
        missing[:, at] = held
    return missing[0]


def _hypergeometric_tails(events: Codes, population: Codes, cases: Codes, drawn: Codes) -> tuple[Array, Array]:
    """P(X ≤ x) and P(X > x); the smaller of the two is summed, the other is what is left."""
    x, population, cases, drawn = np.broadcast_arrays(events, population, cases, drawn)
    low, high = np.maximum(0, drawn + cases - population), np.minimum(drawn, cases)
    below = x * population <= drawn * cases
    start = np.clip(np.where(below, x, x + 1), low, high)
    tail = np.minimum(_summed(start, np.where(below, low, high), population, cases, drawn, np.where(below, -1, 1)), 1.0)
    to = np.select([x < low, x >= high], [0.0, 1.0], np.where(below, tail, 1 - tail))
    beyond = np.select([x < low, x >= high], [1.0, 0.0], np.where(below, 1 - tail, tail))
    return to, beyond


def _summed(start: Codes, end: Codes, population: Codes, cases: Codes, drawn: Codes, step: Codes) -> Array:
    """The sum of hypergeometric chances from `start` to `end`, by their ratios; it stops where nothing more is added."""
    from scipy.special import gammaln

    def chosen(n: Codes, k: Codes) -> Array:
        return np.asarray(gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0))

    term = np.exp(chosen(cases, start) + chosen(population - cases, drawn - start) - chosen(population, drawn))
    total, x, left = term.copy(), start.astype(float), population - cases - drawn
    going, up = start != end, step > 0
    while going.any():
        above, below = np.where(up, x, x - 1), np.where(up, x + 1, x)
        ratio = (cases - above) * (drawn - above) / np.maximum(below * (left + below), 1.0)
        term = np.where(going, term * np.where(up, ratio, 1 / np.where(ratio > 0, ratio, np.inf)), 0.0)
        total += term
        x = np.where(going, x + step, x)
        going &= (x != end) & (term > 1e-18 * total)
    return total
