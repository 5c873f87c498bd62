"""Whether the label can be told from a feature or a small set of them: it was then made of what it is to foretell."""

from __future__ import annotations

from math import lgamma, log

import numpy as np
from scipy.stats import rankdata

from evalkit.risk.leakage.evidence import Evidence
from evalkit.risk.leakage.findings import Leak
from evalkit.stats.arrays import Array, Codes
from evalkit.terms import Text, same

CELLS = 6  # bins a feature in searches over pairs
ENOUGH = 100  # events, and others, below which a high AUC may be an accident
SMALL = 20  # events, and others, below which only single features are looked at


def rank_auc(score: Array, y: Array) -> float:
    """How often an event has the higher score than another row, ties counting half, or the lower one if that is more often.

    Examples
    --------
    >>> rank_auc(np.array([1.0, 2.0, 3.0, 3.0]), np.array([1.0, 0.0, 0.0, 1.0]))
    0.625
    """
    events = y.sum()
    others = len(y) - events
    if not events or not others:
        return 0.5
    ranks = rankdata(score)
    area = (ranks @ y - events * (events + 1) / 2) / (events * others)
    return float(max(area, 1 - area))


def cell_auc(counts: Array) -> Array:
    """AUC (…) of the event rate of cells, learnt in one half of the rows and looked at in the other.

    `counts` (…, halves 2, outcomes 2, cells) are rows by half, outcome (0 not, 1 the event) and cell.

    Examples
    --------
    >>> counts = np.array([[[9.0, 0.0], [0.0, 3.0]], [[7.0, 0.0], [0.0, 5.0]]])  # the second cell holds all events
    >>> round(float(cell_auc(counts)), 3)
    1.0
    """
    total = counts.sum(axis=(-3, -1), keepdims=True)
    base = total[..., 1:, :] / np.maximum(total.sum(axis=-2, keepdims=True), 1)
    rate = (counts[..., 1:, :] + base) / (counts.sum(axis=-2, keepdims=True) + 1)
    other = rate[..., ::-1, 0, :]
    order = np.argsort(other, axis=-1)
    y0, y1 = (np.take_along_axis(counts[..., k, :], order, axis=-1) for k in (0, 1))
    below = np.cumsum(y0, axis=-1) - y0 / 2
    pairs = y0.sum(axis=-1) * y1.sum(axis=-1)
    return np.asarray((y1 * below).sum(axis=-1).sum(axis=-1) / np.maximum(pairs.sum(axis=-1), 1))


def bins(x: Array, most: int) -> Codes:
    """Bins of like numbers of rows, gaps in one of their own; each value its own bin where there are few of them.

    Examples
    --------
    >>> bins(np.array([1.0, 1.0, 5.0, np.nan]), 3), bins(np.arange(6.0), 3)
    (array([0, 0, 1, 2]), array([0, 0, 1, 1, 2, 2]))
    """
    held = ~np.isnan(x)
    values, code = np.unique(x[held], return_inverse=True)
    if len(values) > most:
        cuts = np.unique(np.quantile(x[held], np.arange(1, most) / most))
        code = np.searchsorted(cuts, x[held], side="right")
    out = np.full(len(x), (int(code.max()) + 1) if held.any() else 0, dtype=np.intp)
    out[held] = code.ravel()
    return out


def labels_in_features(rows: Evidence, limit: float, suspicious: float) -> list[Leak]:
    """Single features, pairs and sets of up to four from which the label can be told, or nearly."""
    at = rows.some()
    x, y, half = rows.x[at], rows.y[at], rows.unit[at] % 2
    place = None if rows.place is None else rows.place[at]
    alone = _single(x, y, half, place)
    few = int(min(y.sum(), len(y) - y.sum()))
    told = [auc >= suspicious and _beyond_chance(auc, limit, few, x.shape) for auc in alone]
    leaks = [_leak(rows, (int(j),), alone[j], limit) for j in np.flatnonzero(told)]
    if few < SMALL or x.shape[1] < 2:
        return leaks
    free = np.flatnonzero(alone < suspicious)
    if len(free) >= 2:
        for found, auc in (_grid(x[:, free], y, half), _line(x[:, free], y)):
            leak = _leak(rows, tuple(int(j) for j in free[list(found)]), auc, limit)
            new = leak.column not in [other.column for other in leaks]
            if new and auc >= suspicious and _beyond_chance(auc, limit, few, x.shape):
                leaks.append(leak)
    return leaks


def _beyond_chance(auc: float, limit: float, few: int, shape: tuple[int, ...]) -> bool:
    """Whether so high an AUC is no accident of few rows; `few` is the lesser of events and others, `shape` rows and features."""
    rows, features = shape
    if auc >= 1 - 1e-12:  # of all ways to place the events, two are in perfect order
        ways = lgamma(rows + 1) - lgamma(few + 1) - lgamma(rows - few + 1)
        return ways > log(2000 * features)
    return few >= (SMALL // 2 if auc >= limit else ENOUGH)


def _single(x: Array, y: Array, half: Codes, place: Codes | None) -> Array:
    """The best AUC of each feature: by its order, by its values in bins, or by its order within villages."""
    found = np.empty(x.shape[1])
    enough = min((y[half == h] == k).sum() for h in (0, 1) for k in (0, 1)) >= SMALL // 2
    for j, column in enumerate(x.T):
        filled = np.where(np.isnan(column), -np.inf, column)
        tries = [rank_auc(filled, y)]
        if enough:
            by_value = len(np.unique(column)) <= len(y) / 5
            code = bins(column, len(y) if by_value else 32)
            tries.append(float(cell_auc(_counted(code[:, None], y, half, int(code.max()) + 1)[0])))
        if place is not None:
            tries.append(rank_auc(_within(column, place), y))
        found[j] = max(tries)
    return found


def _within(column: Array, place: Codes) -> Array:
    """A feature less the mean of its village."""
    x = np.where(np.isnan(column), np.nanmean(column) if not np.isnan(column).all() else 0.0, column)
    mean = np.bincount(place, weights=x) / np.maximum(np.bincount(place), 1)
    return np.round(x - mean[place], 12)


def _counted(code: Codes, y: Array, half: Codes, cells: int) -> Array:
    """Rows by column of codes, half, outcome and cell."""
    columns = code.shape[1]
    place = ((np.arange(columns) * 2 + half[:, None]) * 2 + y[:, None].astype(np.intp)) * cells + code
    counts = np.bincount(place.ravel(), minlength=columns * 4 * cells)
    return np.asarray(counts.reshape(columns, 2, 2, cells), dtype=np.float64)


def _grid(x: Array, y: Array, half: Codes) -> tuple[tuple[int, ...], float]:
    """The pair of features whose cells tell most, and how well."""
    code = np.stack([bins(column, CELLS) for column in x.T], axis=1)
    width = int(code.max()) + 1
    best, pair = 0.0, (0, 1)
    for j in range(x.shape[1] - 1):
        auc = cell_auc(_counted(code[:, j : j + 1] * width + code[:, j + 1 :], y, half, width * width))
        if auc.max() > best:
            best, pair = float(auc.max()), (j, j + 1 + int(auc.argmax()))
    return pair, best


def _line(x: Array, y: Array, most: int = 4) -> tuple[tuple[int, ...], float]:
    """The smallest set of up to `most` features whose sum by least squares tells nearly all it can, and how well."""
    held = ~np.isnan(x)
    mean = np.where(held, x, 0.0).sum(axis=0) / np.maximum(held.sum(axis=0), 1)
    z = np.where(held, x - mean, 0.0)
    spread = np.sqrt((z**2).mean(axis=0))
    z = np.divide(z, spread, out=np.zeros_like(z), where=spread > 0)
    c, r = np.einsum("ni,nj->ij", z, z) / len(z), np.einsum("ni,n->i", z, y - y.mean()) / len(z)
    rest = 1 - c**2
    np.fill_diagonal(rest, 0.0)
    both = r[:, None] ** 2 + r**2 - 2 * np.outer(r, r) * c
    share = np.divide(both, rest, out=np.zeros_like(c), where=rest > 1e-9)
    if not share.any():
        return (0, 1), 0.0
    chosen = [int(at) for at in np.unravel_index(int(share.argmax()), share.shape)]
    best, auc = tuple(chosen), 0.0
    while True:
        weights = np.linalg.lstsq(c[np.ix_(chosen, chosen)], r[chosen], rcond=1e-9)[0]
        now = rank_auc(np.round(z[:, chosen] @ weights, 9), y)
        if now > auc + 0.005:
            best, auc = tuple(chosen), now
        left = [j for j in range(z.shape[1]) if j not in chosen and spread[j] > 0]
        if len(chosen) >= most or not left:
            return best, auc
        gain = _gain(c, r, chosen, left)
        chosen = [*chosen, left[int(gain.argmax())]]


def _gain(c: Array, r: Array, chosen: list[int], left: list[int]) -> Array:
    """How much of the label each feature that is left would explain beyond those chosen."""
    a = np.linalg.lstsq(c[np.ix_(chosen, chosen)], c[np.ix_(chosen, left)], rcond=1e-9)[0]
    rest = 1 - np.einsum("ij,ij->j", a, c[np.ix_(chosen, left)])
    return np.divide((r[left] - r[chosen] @ a) ** 2, rest, out=np.zeros(len(left)), where=rest > 1e-9)


def _leak(rows: Evidence, of: tuple[int, ...], auc: float, limit: float) -> Leak:
    rule = "label_in_feature" if auc >= limit else "suspicious_feature"
    return Leak(rule=rule, column=" + ".join(rows.names[j] for j in of), count=len(rows.y), found=same(f"AUC {auc:.3f}"))


def few_events(rows: Evidence) -> Text | None:
    """What could not be looked at where there are few events."""
    events = int(rows.y.sum())
    few = min(events, len(rows.y) - events)
    if few >= ENOUGH:
        return None
    if few >= SMALL:
        text = Text("事件（或未发生者）仅 {n} 个，只报告近乎完全的复原", "only {n} events (or others): near-perfect telling only")
        return text.format(n=few)
    return Text("事件（或未发生者）仅 {n} 个，未查特征组合", "only {n} events (or others): no sets of features").format(n=few)
