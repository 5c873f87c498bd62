"""The order of long columns, by one sort of whole numbers that hold both the figure and its place."""

from __future__ import annotations

import numpy as np

from evalkit.stats.arrays import Array, Codes, Mask

SMALL = 50_000  # rows: shorter columns are put in order the plain way
SIGN = np.uint64(1 << 63)


def order(x: Array) -> Codes:
    """Places of the figures from lowest to highest, as `np.argsort` gives them; ties in any order that is always the same.

    A long column is sorted by numbers of 64 bits: the highest bits of the figure, then its place. Sorting values is far quicker
    than sorting places; the few neighbors whose highest bits agree are put right afterwards, so that the order is exact.

    Examples
    --------
    >>> order(np.array([3.0, -1.0, 2.0]))
    array([1, 2, 0])
    """
    if len(x) < SMALL:
        return np.argsort(x, kind="stable")
    if (x[1:] >= x[:-1]).all():
        return np.arange(len(x))
    bits = np.uint64(int(len(x) - 1).bit_length())
    key = (x + 0.0).view(np.uint64)  # -0.0 is 0.0
    below = x < 0
    if below.any():
        np.invert(key, out=key, where=below)
    np.bitwise_or(key, SIGN, out=key, where=~below)
    low = (np.uint64(1) << bits) - np.uint64(1)
    key &= ~low
    key |= np.arange(len(x), dtype=np.uint64)
    key.sort()
    found = (key & low).astype(np.intp)
    key >>= bits
    return _put_right(found, key[1:] == key[:-1], x)


def _put_right(found: Codes, same: Mask, x: Array) -> Codes:
    """Neighbors that could not be told apart, sorted by the whole figure."""
    if same.any():
        unsure = np.zeros(len(found), dtype=bool)
        unsure[1:] = same
        unsure[:-1] |= same
        at = np.flatnonzero(unsure)
        held = found[at]
        found[at] = held[np.argsort(x[held], kind="stable")]
    return found
