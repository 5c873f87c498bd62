"""Whether preparation learnt from rows that test: transformers fitted anew, scaled or filled columns, means of the label."""

from __future__ import annotations

from typing import Any

import numpy as np

from evalkit.check import able
from evalkit.errors import SpecError
from evalkit.risk.leakage.evidence import Evidence, Fold
from evalkit.risk.leakage.findings import Leak
from evalkit.stats.arrays import Array, Codes
from evalkit.terms import Text

FEWEST_VALUES = 50  # different figures below which a repeated one is no sign
SMOOTH = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 50.0, 100.0, 200.0, 300.0, 500.0, 1000.0)
EXACT = 0.99999


def shrunk_means(y: Array, code: Codes, weight: float) -> Array:
    """Mean of y by group, drawn towards the mean of all as `weight` rows of it would: (n ȳ_g + m ȳ)/(n + m).

    Examples
    --------
    >>> shrunk_means(np.array([1.0, 1.0, 0.0, 0.0]), np.array([0, 0, 1, 1]), 2.0)
    array([0.75, 0.25])
    """
    n, total = np.bincount(code), np.bincount(code, weights=y)
    return np.asarray((total + weight * y.mean()) / np.maximum(n + weight, 1e-12))


def target_encoded(rows: Evidence) -> list[Leak]:
    """Columns that are the mean label of groups over all rows, better than over those that train."""
    leaks = []
    for j, column in enumerate(rows.x.T):
        held = ~np.isnan(column)
        values, code = np.unique(column[held], return_inverse=True)
        if not 10 <= len(values) <= held.sum() / 5 or rows.text[j]:
            continue
        fit = _fit(values, code.ravel(), rows.y[held])
        if fit >= EXACT and all(fit > _fit_of(column, rows.y, train) for train, _ in rows.folds):
            found = Text("与全部行分组均值的相关系数 {r:.5f}", "correlation with those means {r:.5f}").format(r=fit)
            leaks.append(Leak(rule="target_encoded", column=rows.names[j], count=int(held.sum()), found=found))
    return leaks


def prepared_columns(rows: Evidence) -> list[Leak]:
    """Columns scaled, or filled with a mean, by all rows while only some of them train."""
    leaks = []
    trains = [train for train in (np.unique(train) for train, _ in rows.folds) if len(train) < len(rows.y)]
    for j, column in enumerate(rows.x.T if trains else ()):
        held = column[~np.isnan(column)]
        values, count = np.unique(held, return_counts=True)
        for train in trains:
            why = _scaled(held, column[train]) or _filled(held, values, count, column[train])
            if why is not None:
                leaks.append(Leak(rule="fitted_on_test", column=rows.names[j], count=len(rows.y) - len(train), found=why))
                break
    return leaks


def fitted_transformers(rows: Evidence, fitted: Any) -> tuple[list[Leak], list[Text]]:
    """Transformers, one a fold, that give what a refit on all rows gives and not what one on training rows gives."""
    every = list(fitted) if isinstance(fitted, list | tuple) else [fitted]
    if len(every) != len(rows.folds):
        found, do = f"{len(every)} for {len(rows.folds)} folds", "pass the transformer of each fold, in order"
        raise SpecError("fitted transformers and folds must be as many", found=found, do=do)
    leaks: list[Leak] = []
    unsure: list[Text] = []
    for at, (one, fold) in enumerate(zip(every, rows.folds, strict=True)):
        able(one, "transform", who="a fitted transformer", do="pass what was fitted on the training rows of a fold")
        name = f"{type(one).__name__}, fold {at + 1}"
        apart, whole, chance = _refits(rows, one, fold)
        if chance > 1e-9:
            text = Text("{name} 每次拟合结果不同，无法核对", "{name} gives other figures each time: it was not checked")
            unsure.append(text.format(name=name))
        elif apart > 1e-6:
            text = Text(
                "与仅用训练行重拟合相差 {a:.3g}，与用全部行相差 {b:.3g}",
                "it differs by {a:.3g} from a refit on training rows, by {b:.3g} from one on all rows",
            )
            leaks.append(Leak(rule="fitted_on_test", column=name, found=text.format(a=apart, b=whole), count=len(fold[1])))
    return leaks, unsure


def _refits(rows: Evidence, one: Any, fold: Fold) -> tuple[float, float, float]:
    """How far a transformer is from its refit on training rows, from that on all rows, and two refits from each other."""
    from sklearn.base import clone

    every = np.unique(np.concatenate(fold))
    probe = rows.frame.iloc[every]
    given = _output(one, probe)
    refits = [_output(clone(one).fit(rows.frame.iloc[at], rows.y[at]), probe) for at in (fold[0], every, fold[0])]
    apart, whole, chance = (_apart(x, y) for x, y in ((given, refits[0]), (given, refits[1]), (refits[0], refits[2])))
    return apart, whole, chance


def _output(one: Any, probe: Any) -> Array:
    out = one.transform(probe)
    return np.asarray(out.toarray() if hasattr(out, "toarray") else out, dtype=float)


def _apart(a: Array, b: Array) -> float:
    """The greatest difference, in spreads of the column; infinite where shapes or gaps differ."""
    if a.shape != b.shape or (np.isnan(a) != np.isnan(b)).any():
        return float("inf")
    spread = np.nanstd(b, axis=0)
    gap = np.nan_to_num(np.abs(a - b)) / np.where(spread > 0, spread, 1.0)
    return float(gap.max()) if gap.size else 0.0


def _fit(values: Array, code: Codes, y: Array) -> float:
    """The best correlation of values with shrunk means of their rows, over some strengths of shrinking."""
    n = np.bincount(code).astype(float)
    if values.std() == 0 or y.std() == 0:
        return 0.0
    tries = [shrunk_means(y, code, weight) for weight in SMOOTH]
    mean = shrunk_means(y, code, 0.0)
    own = mean * (1 - mean)
    tries.append((n * y.var() * mean + own * y.mean()) / np.maximum(n * y.var() + own, 1e-12))
    return max(_correlation(values, means, n) for means in tries)


def _fit_of(column: Array, y: Array, at: Codes) -> float:
    own = column[at]
    held = ~np.isnan(own)
    values, code = np.unique(own[held], return_inverse=True)
    return _fit(values, code.ravel(), y[at][held]) if len(values) >= 10 else 0.0


def _correlation(a: Array, b: Array, w: Array) -> float:
    a, b = a - np.average(a, weights=w), b - np.average(b, weights=w)
    below = np.sqrt((w @ a**2) * (w @ b**2))
    return float(w @ (a * b) / below) if below > 0 else 0.0


def _scaled(held: Array, own: Array) -> Text | None:
    """A mean of 0 and a spread of 1 over all figures, but not over those that train (`own`)."""
    n = len(held)
    if n < 3 or abs(held.mean()) > 1e-7:
        return None
    spread = held.std()
    even = min(abs(spread - 1), abs(spread * np.sqrt(n / (n - 1)) - 1)) < 1e-7
    if not even or np.isnan(own).all() or abs(np.nanmean(own)) < 1e-7:
        return None
    return Text("均值 0、标准差 1 取自全部行", "mean 0 and spread 1 over all rows, not over training rows")


def _filled(held: Array, values: Array, count: Codes, own: Array) -> Text | None:
    """One repeated figure that is the mean or median of all others, but not of those that train (`own`)."""
    if len(values) < FEWEST_VALUES:
        return None
    top = int(count.argmax())
    if count[top] < 5 or np.delete(count, top).max() > 0.2 * count[top]:
        return None
    fill = values[top]
    rest, own = held[held != fill], own[~np.isnan(own) & (own != fill)]
    for zh, en, middle in (("均值", "mean", np.mean), ("中位数", "median", np.median)):
        if len(own) and np.isclose(fill, middle(rest), rtol=1e-9, atol=0) and not np.isclose(fill, middle(own), rtol=1e-6):
            return Text("缺失值填为全部行的{zh}", "gaps are filled with the {en} of all rows").format(zh=zh, en=en)
    return None
