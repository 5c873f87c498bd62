"""Whether a feature is the name of a home: what is learnt from it is the home, or the order it was written down in."""

from __future__ import annotations

import re

import numpy as np
from scipy.stats import rankdata

from evalkit.risk.leakage.evidence import Evidence
from evalkit.risk.leakage.findings import Leak
from evalkit.stats.arrays import Array, Codes
from evalkit.terms import Text

WORDS = frozenset({"id", "ids", "hid", "uid", "pid", "hhid", "uuid", "identifier", "serial", "phone", "telephone"})
PARTS = ("编号", "户号", "序号", "身份证", "户编码", "电话", "手机号")
FEW = 20  # homes below which nothing can be told


def named_like_one(name: str) -> bool:
    """Whether a column is called what identifiers are called.

    Examples
    --------
    >>> named_like_one("household_id"), named_like_one("户编号"), named_like_one("paid")
    (True, True, False)
    """
    return bool(set(re.split(r"[^a-z]+", name.lower())) & WORDS) or any(part in name for part in PARTS)


def counted_off(x: Array) -> bool:
    """Whether different figures are so many steps of one size, and most of the steps are taken: 1, 2, 3 … or 10, 20, 30 …

    Examples
    --------
    >>> counted_off(np.array([0.1, 0.2, 0.3, 0.5])), counted_off(np.array([1.0, 2.7, 9.1, 31.3]))
    (True, False)
    """
    values = np.unique(x)
    if len(values) < 3:
        return False
    step = float(np.diff(values).min())
    places = (values - values[0]) / step
    return bool(np.allclose(places, np.round(places), atol=1e-3) and places[-1] <= 2 * len(values))


def identifiers(rows: Evidence, *, by_name: bool = True) -> list[Leak]:
    """Features that name homes: by what they are called, by being each home's own, or by following the order of homes."""
    homes, first = np.unique(rows.unit, return_index=True)
    if len(homes) < FEW:
        return [_leak(name, _called()) for name in rows.names if by_name and named_like_one(name)]
    label = rows.frame.index.get_level_values(0)
    order = np.argsort(np.argsort(label[first].astype(str), kind="stable"), kind="stable").astype(float)
    leaks = []
    for j, name in enumerate(rows.names):
        why = _why(rows, j, name if by_name else "", first, order)
        if why is not None:
            leaks.append(_leak(name, why))
    return leaks


def _why(rows: Evidence, j: int, name: str, first: Codes, order: Array) -> Text | None:
    """Why a column is an identifier, or None."""
    column = rows.x[:, j]
    own = column[first]
    held = ~np.isnan(own)
    share = len(np.unique(own[held])) / max(int(held.sum()), 1)
    if named_like_one(name) and share >= 0.1:
        return _called()
    if held.sum() < FEW or share < 0.99:
        return None
    constant = _constant(rows, column)
    repeated = len(rows.unit) > len(first)
    whole = rows.text[j] or bool((own[held] == np.round(own[held])).all())
    if (repeated and constant and whole) or ((constant or not repeated) and counted_off(own[held])):
        text = Text("{share:.0%} 的住户取值各不相同", "{share:.0%} of homes have a value of their own")
        return text.format(share=share)
    along = abs(np.corrcoef(rankdata(own[held]), order[held])[0, 1])
    by_row = abs(np.corrcoef(rankdata(column), np.arange(len(column)))[0, 1]) if not np.isnan(column).any() else 0.0
    if along >= 0.999 or (by_row >= 0.999 and counted_off(column)):
        return Text("与住户或行的次序一致", "it follows the order of homes or of rows")
    return None


def _constant(rows: Evidence, column: Array) -> bool:
    """Whether nearly all homes keep one value over their rows."""
    x = np.nan_to_num(column)
    low, high = np.full(int(rows.unit.max()) + 1, np.inf), np.full(int(rows.unit.max()) + 1, -np.inf)
    np.minimum.at(low, rows.unit, x)
    np.maximum.at(high, rows.unit, x)
    return bool((low == high).mean() >= 0.99)


def _called() -> Text:
    return Text("从名称看", "by its name")


def _leak(name: str, why: Text) -> Leak:
    return Leak(rule="identifier", column=name, found=why)
