"""How unequally figures are spread over people: Gini, generalized entropy, Atkinson; and what a little weight does to each.

An influence value is dθ/dw_i: what a little more weight of one row does to the index of its group. The variance of the index is
that of the total of w_i times it.
"""

from __future__ import annotations

import numpy as np

from evalkit.stats.arrays import Array, Codes, pieces
from evalkit.stats.ordering import order
from evalkit.stats.parted import Parted

WALK = 1 << 16  # rows taken at once
NEAR = 0.25  # how far from the mean, as a share of it, a figure is near it


def gini(x: Array, weights: Array) -> float:
    """Gini coefficient Σ_i Σ_j w_i w_j |x_i − x_j| / (2 W² x̄) of figures that are not negative, by one sort.

    0: all alike; towards 1: one holds everything. The population form: replicating everybody changes nothing, and of n people
    it is at most 1 − 1/n. Where all figures are 0 it is 0. Whole figures of a narrow range, such as yuan, are counted and
    not sorted. Source: Gini (1912).

    Examples
    --------
    >>> x = np.array([541.0, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261])  # documentation of R's ineq
    >>> round(gini(x, np.ones(10)), 7)
    0.4620911
    """
    x, w, at = _rising(x, weights)
    total = float(w.sum())
    mean = float(w @ x) / total
    if mean <= 0:
        return 0.0
    apart = reached = 0.0
    for rows in pieces(len(x), WALK):
        pick = rows if at is None else at[rows]
        y, own = x[pick] - mean, w[pick]
        middle = np.cumsum(own)
        below, reached = reached, reached + float(middle[-1])
        middle += below - own / 2
        y *= middle
        apart += float(own @ y)
    return 2 * apart / (total**2 * mean)


def distances(x: Array, parted: Parted) -> Array:
    """Mean distance Σ_j w_j |x_i − x_j| / W of each figure to all of its group, by one sort.

    Half of its own mean is the mean of the figures times their Gini coefficient.

    Examples
    --------
    >>> distances(np.array([1.0, 2.0, 4.0]), Parted.of(np.ones(3))).round(4)
    array([1.3333, 1.    , 1.6667])
    """
    at, reached, before = parted.ranked(x)
    about = x - parted.rows(parted.mean(x))  # the mean, where least is lost
    y = about[at]
    held = np.cumsum(parted.weights[at] * y)
    if parted.codes is None:
        below, total, carried, whole = reached, parted.total[0], held, held[-1]
    else:
        codes = parted.codes[at]
        ends = np.searchsorted(codes, np.arange(parted.count), side="right") - 1
        start = np.append(0.0, held)[np.append(0, ends[:-1] + 1)]
        below, total = reached - before[codes], parted.total[codes]
        carried, whole = held - start[codes], (held[ends] - start)[codes]
    apart = np.empty(len(x))
    with np.errstate(divide="ignore", invalid="ignore"):
        apart[at] = (y * (2 * below - total) - (2 * carried - whole)) / total
    return apart


def gini_influence(x: Array, parted: Parted) -> tuple[Array, Array]:
    """Gini coefficients, and influence values [(h_i − 2D)/x̄ − D (x_i − x̄)/x̄²]/W with h the mean distance and D = Σ w h/2W.

    Source: Osier (2009), Survey Research Methods 3:167–195.

    Examples
    --------
    >>> g, influence = gini_influence(np.array([1.0, 2.0, 4.0]), Parted.of(np.ones(3)))
    >>> g.round(4), influence.round(4)
    (array([0.2857]), array([ 0.0544, -0.034 , -0.0204]))
    """
    apart, mean = distances(x, parted), parted.mean(x)
    half = parted.mean(apart) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        value = half / mean
        own = (apart - parted.rows(2 * half)) / parted.rows(mean) - parted.rows(value) * (x / parted.rows(mean) - 1)
    return value, parted.per(own)


def generalized_entropy(x: Array, weights: Array, alpha: float) -> float:
    """Generalized entropy GE(α) = [Σ w (x/x̄)^α / W − 1]/(α(α − 1)); α = 0 the mean log deviation, 1 Theil's index.

    0: all alike; at most ln n for Theil, without upper end for α ≤ 0. The lower α, the more the poor count. Figures must be
    positive (for α > 0 not negative). Source: Theil (1967); Shorrocks (1980), Econometrica 48:613–625.

    Examples
    --------
    >>> x = np.array([10.0, 15, 20, 25, 40, 20, 30, 35, 45, 90])  # World Bank Handbook (2009), Table 6.3
    >>> [round(generalized_entropy(x, np.ones(10), alpha), 4) for alpha in (0, 1, 2)]
    [0.1792, 0.1831, 0.2163]
    """
    return float(entropy_influence(x, Parted.of(weights), alpha)[0][0])


def theil(x: Array, weights: Array) -> float:
    """Theil's index T = Σ w (x/x̄) ln(x/x̄) / W, which is GE(1); 0 counts as 0 · ln 0 = 0.

    Examples
    --------
    >>> round(theil(np.array([10.0, 15, 20, 25, 40, 20, 30, 35, 45, 90]), np.ones(10)), 7)
    0.1830644
    """
    return generalized_entropy(x, weights, 1)


def mean_log_deviation(x: Array, weights: Array) -> float:
    """Mean log deviation L = Σ w ln(x̄/x) / W, which is GE(0), of positive figures.

    Examples
    --------
    >>> round(mean_log_deviation(np.array([10.0, 15, 20, 25, 40, 20, 30, 35, 45, 90]), np.ones(10)), 7)
    0.1792203
    """
    return generalized_entropy(x, weights, 0)


def entropy_influence(x: Array, parted: Parted, alpha: float) -> tuple[Array, Array]:
    """Generalized entropy GE(α) of each group, and influence values.

    Examples
    --------
    >>> value, influence = entropy_influence(np.array([1.0, 3.0]), Parted.of(np.ones(2)), 2)
    >>> value.round(4), influence.round(4)
    (array([0.125]), array([ 0.0625, -0.0625]))
    """
    above, logs = _apart(x, parted)
    if alpha == 0:
        own = above - logs
        value = parted.mean(own)
        return value, parted.per(own - parted.rows(value))
    if alpha == 1:
        own = np.multiply(1 + above, logs, out=np.zeros_like(logs), where=above > -1) - above
        value = parted.mean(own)
        return value, parted.per(own - (1 + above) * parted.rows(value))
    own = (above**2 if alpha == 2 else np.expm1(alpha * logs) - alpha * above) / (alpha * (alpha - 1))
    value = parted.mean(own)
    return value, parted.per(own - parted.rows(value) * (1 + alpha * above))


def atkinson(x: Array, weights: Array, epsilon: float) -> float:
    """Atkinson's index 1 − (Σ w (x/x̄)^(1−ε) / W)^(1/(1−ε)), for ε = 1 one less geometric over arithmetic mean; in [0, 1].

    The share of all income that could be given up without loss of welfare, were the rest spread evenly. ε > 0 is the aversion
    to inequality. Figures must be positive (for ε < 1 not negative). Source: Atkinson (1970), Journal of Economic Theory
    2:244–263.

    Examples
    --------
    >>> x = np.array([541.0, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261])  # documentation of R's ineq
    >>> round(atkinson(x, np.ones(10), 0.5), 7)
    0.1796591
    """
    return float(atkinson_influence(x, Parted.of(weights), epsilon)[0][0])


def atkinson_influence(x: Array, parted: Parted, epsilon: float) -> tuple[Array, Array]:
    """Atkinson's index of each group, and influence values.

    Examples
    --------
    >>> value, influence = atkinson_influence(np.array([1.0, 4.0]), Parted.of(np.ones(2)), 1)
    >>> value.round(4), influence.round(4)
    (array([0.2]), array([ 0.0373, -0.0373]))
    """
    above, logs = _apart(x, parted)
    rest = 1 - epsilon
    own = logs - above if epsilon == 1 else np.expm1(rest * logs) - rest * above
    lost = parted.mean(own)
    value = -np.expm1(lost) if epsilon == 1 else -np.expm1(np.log1p(lost) / rest)
    even = 1 - value
    if epsilon == 1:
        return value, parted.per(parted.rows(even) * (parted.rows(lost) - own))
    slope = even / (rest * (1 + lost))
    return value, parted.per(parted.rows(even) * above - parted.rows(slope) * (own + rest * above - parted.rows(lost)))


def _apart(x: Array, parted: Parted) -> tuple[Array, Array]:
    """(x − x̄)/x̄ of each figure and ln(x/x̄), which near 0 is taken from the former: indices are small sums of what is left."""
    mean = parted.rows(parted.mean(x))
    with np.errstate(divide="ignore", invalid="ignore"):
        above, logs = (x - mean) / mean, np.log(x / mean)
    return above, np.log1p(above, out=logs, where=np.abs(above) < NEAR)


def _rising(x: Array, weights: Array) -> tuple[Array, Array, Codes | None]:
    """Figures with their weights, and their places from lowest to highest; whole ones of a narrow range counted and in order."""
    low, high = float(x.min()), float(x.max())
    if high - low < 4 * len(x) and max(-low, high) < 2**31:
        least = 0 if 0 <= low < len(x) else int(low)
        held = _counted(x, weights, least, int(high) - least + 1)
        if held is not None:
            return np.arange(float(len(held))) + least, held, None
    return x, weights, order(x)


def _counted(x: Array, weights: Array, least: int, size: int) -> Array | None:
    """The weight of each whole number from `least` on, one piece of rows after the other; None where a figure is not whole."""
    table = np.zeros(size)
    for rows in pieces(len(x), WALK):
        whole = x[rows].astype(np.int32)
        if not (whole == x[rows]).all():
            return None
        cell = whole.astype(np.intp)
        if least:
            cell -= least
        np.add.at(table, cell, weights[rows])
    return table
