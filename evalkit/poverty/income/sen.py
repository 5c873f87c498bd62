"""Poverty and inequality among the poor in one: Sen, and Sen–Shorrocks–Thon."""

from __future__ import annotations

import numpy as np

from evalkit.poverty.income.gaps import is_poor, poverty_gaps
from evalkit.stats.arrays import Array
from evalkit.stats.inequality import distances, gini
from evalkit.stats.parted import Parted


def sen(income: Array, line: Array, weights: Array, *, strict: bool = True, finite: bool = False) -> float:
    """Sen (1976): H [I + (1 − I) G_p] with I the mean gap of the poor and G_p the Gini of their incomes as shares of the line.

    This is the form for large populations, which replication does not change. `finite` is that of the paper, G_p q/(q + 1) with q
    poor persons: weights must then be numbers of persons. Source: Sen (1976), Econometrica 44:219–231.

    Examples
    --------
    >>> x = np.array([541.0, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261])  # documentation of R's ineq
    >>> [round(sen(x, np.full(10, 2000.0), np.ones(10), finite=finite), 5) for finite in (False, True)]
    [0.12285, 0.11517]
    """
    poor = is_poor(income, line, strict=strict)
    if not weights[poor].any():
        return 0.0
    held = float(weights[poor].sum())
    gap = float(weights[poor] @ ((line - income) / line)[poor]) / held
    spread = gini((income / line)[poor], weights[poor]) * (held / (held + 1) if finite else 1.0)
    return held / float(weights.sum()) * (gap + (1 - gap) * spread)


def sen_shorrocks_thon(income: Array, line: Array, weights: Array, *, strict: bool = True) -> float:
    """Sen–Shorrocks–Thon: P₁ (1 + G(g)) with G the Gini of the gaps of all, poor or not; in [0, 1].

    Source: Shorrocks (1995), Econometrica 63:1225–1230.

    Examples
    --------
    >>> x = np.array([541.0, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261])
    >>> round(sen_shorrocks_thon(x, np.full(10, 2000.0), np.ones(10)), 5)
    0.18425
    """
    gaps = poverty_gaps(income, line, strict=strict)
    mean = float(weights @ gaps / weights.sum())
    return mean * (1 + gini(gaps, weights)) if mean > 0 else 0.0


def sen_influence(income: Array, line: Array, parted: Parted, *, strict: bool) -> tuple[Array, Array]:
    """Sen's index as P₁ + D/H, D half the mean distance among the poor; 0 where nobody is poor."""
    poor = is_poor(income, line, strict=strict).astype(float)
    gap, head = poverty_gaps(income, line, strict=strict), parted.mean(poor)
    apart = distances(income / line, Parted.of(parted.weights * poor, parted.codes, parted.count))
    apart = np.where(poor > 0, apart * parted.rows(head), 0.0)
    half, mean = parted.mean(apart) / 2, parted.mean(gap)
    one = np.divide(1.0, head, out=np.zeros(parted.count), where=head > 0)
    own = gap - parted.rows(mean) + (apart - parted.rows(2 * half)) * parted.rows(one)
    own -= parted.rows(half * one**2) * (poor - parted.rows(head))
    return mean + half * one, parted.per(own)


def thon_influence(gap: Array, parted: Parted) -> tuple[Array, Array]:
    """Sen–Shorrocks–Thon as the mean gap and half the mean distance of gaps."""
    apart, mean = distances(gap, parted), parted.mean(gap)
    half = parted.mean(apart) / 2
    return mean + half, parted.per(gap - parted.rows(mean) + apart - parted.rows(2 * half))
