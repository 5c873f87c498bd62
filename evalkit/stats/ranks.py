"""Ranks that do not depend on the last bit: values are rounded to ten digits before they are compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from evalkit.stats.arrays import Array, Codes, Mask, pieces

if TYPE_CHECKING:
    import pandas as pd

DIGITS = 10
HALF = 0.5 * 10.0**-DIGITS  # what rounding moves a value by at most
FLAT = 1e-12  # a column whose range is no more of its greatest figure is constant but for the last bits
EXACT = 2**53  # whole numbers below have a float of their own
CELLS = 2**17  # how many values are ranked at once: what a processor's cache holds

Counts: TypeAlias = NDArray[np.uint32]


def settled(values: Array) -> Array:
    """Values rounded to ten decimals, so that the noise of the last bits decides no rank and no grade."""
    return np.round(values, DIGITS)


def even(column: pd.Series) -> pd.Series:
    """Figures of any size rounded to ten digits of the greatest of them: what tables are put in order by, so that ties stay ties.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"sum": [0.1 + 0.2, 0.3, 1e-12]}, index=["a", "b", "c"])
    >>> frame.sort_values("sum", ascending=False, kind="stable", key=even).index.tolist()
    ['a', 'b', 'c']
    """
    values = column.to_numpy(dtype=float, na_value=np.nan)
    most = float(np.abs(values[np.isfinite(values)]).max(initial=0.0))
    size = 10.0 ** np.floor(np.log10(most)) if most > 0 else 1.0
    return type(column)(np.round(values / size, DIGITS - 1), index=column.index)


def significant(values: Array, of: Array | None = None) -> Array:
    """Figures each rounded to ten digits of its own, however large others are; `of`: the size of what they were summed from.

    Examples
    --------
    >>> significant(np.array([0.1 + 0.2, 0.3, 1e12])).tolist()
    [0.3, 0.3, 1000000000000.0]
    >>> significant(np.array([100_000.1 - 100_000]), of=np.array([200_000.1])).tolist()
    [0.1]
    """
    size = np.abs(values if of is None else of)
    places = DIGITS - 1 - np.floor(np.log10(np.where(size > 0, size, 1.0)))
    up, down = 10.0 ** np.clip(places, 0, 290), 10.0 ** np.clip(-places, 0, 290)
    return np.asarray(np.rint(values * up / down) / up * down)


def flat(low: Array | float, high: Array | float) -> Mask:
    """Where figures from `low` to `high` are constant but for their last bits: a range of at most 1e-12 of the greatest of them.

    Examples
    --------
    >>> flat(np.array([94.99999999999999, 0.0]), np.array([95.0, 1e-9])).tolist()
    [True, False]
    """
    return np.logical_not(high - low > FLAT * np.maximum(np.abs(low), np.abs(high)))


def levels(scores: Array, figures: Array) -> Codes:
    """Places 0, 1, … of scores from the least up; scores that are alike, or whose figures are to ten digits, share one.

    Figures are compared and not scores, which one figure far from all others leaves too near one another.

    Examples
    --------
    >>> figures = np.array([0.1 + 0.2, 1e12, 0.3, 5.0])
    >>> levels(figures / 1e12, figures).tolist()
    [0, 2, 0, 1]
    """
    order = np.argsort(scores, kind="stable")
    apart, key = np.diff(scores[order]), significant(figures)[order]
    new = (apart > 0) & ((key[1:] != key[:-1]) | (apart > HALF))
    out = np.empty(len(scores), dtype=np.intp)
    out[order] = np.append(0, np.cumsum(new))
    return out


def below(values: Array, limit: Array | float, *, strict: bool = True) -> Mask:
    """Which values lie below a limit (strict), or at it too; what differs from it in no more than the tenth digit lies at it.

    Examples
    --------
    >>> below(np.array([99.0, 0.1 + 0.2]), np.array([100.0, 0.3])), below(np.array([0.3]), 0.1 + 0.2, strict=False)
    (array([ True, False]), array([ True]))
    """
    edge = np.abs(limit) * HALF
    return np.asarray(values < limit - edge if strict else values <= limit + edge)


def ranks(values: Array) -> Codes:
    """Rank of each value along the last axis, 1 for the greatest; equal values share the better rank.

    Examples
    --------
    >>> ranks(np.array([0.3, 0.9, 0.3, 0.1]))
    array([2, 1, 2, 4])
    """
    rows = values.reshape(-1, values.shape[-1])
    out = np.empty(rows.shape, dtype=np.intp)
    for some in pieces(len(rows), _at_once(rows)):
        unit, tied, first = _in_order(rows[some])
        rank = np.tile(np.arange(1, rows.shape[-1] + 1), len(unit))
        rank[tied] = rank[first]
        np.put_along_axis(out[some], unit, rank.reshape(unit.shape), axis=-1)
    return out.reshape(values.shape)


def count_ranks(values: Array, counts: Counts) -> None:
    """Add the ranks of draws of shape (draws, units) to `counts`: how often each rank (row) was taken by each unit (column).

    Examples
    --------
    >>> counts = np.zeros((2, 2), dtype=np.uint32)
    >>> count_ranks(np.array([[0.3, 0.9], [0.4, 0.5], [0.7, 0.1]]), counts)
    >>> counts.tolist()
    [[1, 2], [2, 1]]
    """
    units = values.shape[1]
    taken = np.empty((units, len(values)), dtype=np.min_scalar_type(units))  # by which unit each place, draw after draw
    for some in pieces(len(values), _at_once(values)):
        unit, tied, first = _in_order(values[some])
        taken[:, some] = unit.T
        np.add.at(counts, (first % units, unit.ravel()[tied]), np.uint32(1))  # equal values share the better rank
        np.subtract.at(counts, (tied % units, unit.ravel()[tied]), np.uint32(1))
    for some in pieces(units, 16):
        cell = taken[some].astype(np.intp)
        cell += units * np.arange(len(cell))[:, None]
        counts[some] += np.bincount(cell.ravel(), minlength=len(cell) * units).reshape(len(cell), units).astype(np.uint32)


def counted_quantiles(counts: Counts, shares: Sequence[float]) -> Codes:
    """For each share the rank that at least so many of the draws of a unit do not exceed, of shape (shares, units).

    Ranks stay whole numbers: the inverse of the distribution, no mean of two ranks.

    Examples
    --------
    >>> counted_quantiles(np.array([[7, 0], [2, 5], [1, 5]], dtype=np.uint32), [0.5, 0.9])
    array([[1, 2],
           [2, 3]])
    """
    below = counts.cumsum(axis=0, dtype=np.uint32)
    draws = int(below[-1, 0])
    return np.stack([np.count_nonzero(below <= order_index(draws, share), axis=0) + 1 for share in shares])


def order_index(count: int, share: float) -> int:
    """Where in a rising row of `count` values the least one stands that at least `share` of them do not exceed.

    Examples
    --------
    >>> order_index(1000, 0.05), order_index(1000, 0.95), order_index(3, 0.5)
    (49, 949, 1)
    """
    return max(0, int(np.ceil(round(share * count, 6))) - 1)


def whole_part(count: int, share: float) -> int:
    """How many whole ones a share of `count` holds; 0.29 of 100 are 29, though the product is a last bit less.

    Examples
    --------
    >>> whole_part(100, 0.29), whole_part(99, 0.29)
    (29, 28)
    """
    return int(share * count * (1 + 1e-9))


def spearman(a: Array, b: Array) -> float:
    """Spearman's rank correlation: Pearson's correlation of the mid-ranks; 1 the same order, −1 the reverse.

    Examples
    --------
    >>> spearman(np.array([1.0, 2.0, 3.0]), np.array([10.0, 20.0, 15.0]))
    0.5
    """
    x, y = _mid_ranks(a), _mid_ranks(b)
    x, y = x - x.mean(), y - y.mean()
    spread = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / spread if spread > 0 else float("nan")


def _in_order(rows: Array) -> tuple[Codes, Codes, Codes]:
    """Units from greatest to least value; which places (counted through all rows) hold a value equal to one before, and where.

    Value and unit are packed into one whole number each, for numbers sort several times as quickly as their places do.
    """
    width = rows.shape[-1]
    bits = (width - 1).bit_length()
    key = rows * -(10.0**DIGITS)
    np.rint(key, out=key)
    if max(-key.min(initial=0.0), key.max(initial=0.0)) < EXACT >> bits:
        key *= 1 << bits
        key += np.arange(width)
        key.sort(axis=-1)
        unit = key.astype(np.intp)
        level = unit >> bits
        unit &= (1 << bits) - 1
    else:
        unit = np.argsort(key, axis=-1, kind="stable")
        level = np.take_along_axis(key, unit, axis=-1)
    same = np.zeros(rows.shape, dtype=bool)
    np.equal(level[:, 1:], level[:, :-1], out=same[:, 1:])
    tied = np.flatnonzero(same.ravel())
    run = np.flatnonzero(np.diff(tied, prepend=-2) != 1)  # where equal values follow one another
    return unit, tied, np.repeat(tied[run] - 1, np.diff(run, append=len(tied)))


def _at_once(rows: Array) -> int:
    return max(1, CELLS // max(1, rows.shape[-1]))


def _mid_ranks(values: Array) -> Array:
    rounded = settled(values)
    _, inverse, counts = np.unique(rounded, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2.0)[inverse]
