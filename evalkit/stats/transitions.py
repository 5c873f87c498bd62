"""Moves between states: which rows lie a given time apart in one unit, and how often each state follows each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evalkit.stats.arrays import Array, Codes


def lagged(unit: Codes, period: Codes, lag: int) -> tuple[Codes, Codes]:
    """Positions (before, after) of rows of one unit whose periods lie exactly `lag` apart, in the order of the rows before.

    Over a gap nothing is joined: a row with no observation `lag` later is in no pair. No (unit, period) may stand twice.

    Examples
    --------
    >>> unit, period = np.array([0, 0, 0, 1, 1]), np.array([2018, 2019, 2021, 2018, 2020])
    >>> lagged(unit, period, 1), lagged(unit, period, 2)
    ((array([0]), array([1])), (array([1, 3]), array([2, 4])))
    """
    if not len(unit):
        return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
    width = int(period.max()) - int(period.min()) + lag + 1  # so wide that no unit runs into the next
    key = unit.astype(np.int64) * width + (period.astype(np.int64) - int(period.min()))
    order = np.argsort(key, kind="stable")
    place = np.searchsorted(key[order], key + lag)
    there = order[np.minimum(place, len(order) - 1)]
    before = np.flatnonzero(key[there] == key + lag)
    return before, there[before]


def counted_moves(before: Codes, after: Codes, layer: Codes, shape: tuple[int, int]) -> NDArray[np.int64]:
    """How many rows moved from each state (row) to each state (column), one matrix a layer, such as a period.

    States and layers are numbered from 0; `shape` is (layers, states). The result has shape (layers, states, states); its sum
    over the layers is the matrix of all moves.

    Examples
    --------
    >>> counted_moves(np.array([0, 0, 1]), np.array([0, 1, 1]), np.array([0, 0, 0]), (1, 2)).tolist()
    [[[1, 1], [0, 1]]]
    """
    layers, states = shape
    cell = (layer * states + before) * states + after
    return np.bincount(cell, minlength=layers * states * states).reshape(layers, states, states).astype(np.int64)


def shared_moves(counts: NDArray[np.int64]) -> Array:
    """Shares of the moves out of each state: rows of counts (…, states, states) divided by their sums; NaN where none began.

    Each row that is there sums to one; it estimates the probabilities of moving by maximum likelihood.

    Examples
    --------
    >>> shared_moves(np.array([[3, 1], [0, 0]]))
    array([[0.75, 0.25],
           [ nan,  nan]])
    """
    began = counts.sum(axis=-1, keepdims=True)
    return np.divide(counts, began, out=np.full(counts.shape, np.nan), where=began > 0)


def directions(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many moves of counts (…, states, states) went down, stayed and went up, of shape (…, 3), states ordered from worst.

    Examples
    --------
    >>> directions(np.array([[3, 1], [2, 4]])).tolist()
    [2, 7, 1]
    """
    states = np.arange(counts.shape[-1])
    way = np.sign(states[None, :] - states[:, None])
    return np.stack([(counts * (way == sign)).sum(axis=(-2, -1)) for sign in (-1, 0, 1)], axis=-1)
