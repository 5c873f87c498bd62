"""Who is on both sides of a split: homes, villages, copies of homes, and outcomes the test could not have waited for."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evalkit.risk.leakage.evidence import Evidence
from evalkit.risk.leakage.findings import Leak
from evalkit.stats.arrays import Array, Codes, Mask
from evalkit.terms import Text

TWINS = 0.002  # of rows of a home like those of another, above which this is no chance


def on_both_sides(group: Codes, train: Codes, test: Codes) -> Codes:
    """The groups with rows on both sides.

    Examples
    --------
    >>> on_both_sides(np.array([0, 0, 1]), np.array([0]), np.array([1, 2]))
    array([0])
    """
    return np.intersect1d(group[train], group[test])


def homes_in_both(rows: Evidence) -> list[Leak]:
    """Homes that train and test, over all folds."""
    shared = [on_both_sides(rows.unit, *fold) for fold in rows.folds]
    every = np.unique(np.concatenate(shared)) if shared else np.zeros(0, dtype=np.intp)
    if not len(every):
        return []
    first = np.unique(rows.unit, return_index=True)[1]
    return [Leak(rule="home_in_both_folds", count=len(every), where=rows.where(first[every]))]


def villages_in_both(rows: Evidence) -> list[Leak]:
    """Villages that train and test, over all folds."""
    if rows.place is None:
        return []
    shared = [on_both_sides(rows.place, *fold) for fold in rows.folds]
    every = np.unique(np.concatenate(shared)) if shared else np.zeros(0, dtype=np.intp)
    if not len(every):
        return []
    return [Leak(rule="village_in_both_folds", count=len(every), where=_names([rows.places[p] for p in every[:3]], len(every)))]


def outcomes_after_test(rows: Evidence) -> list[Leak]:
    """Training rows whose outcome was known only once their test had begun."""
    if rows.known_at is None or not rows.folds:
        return []
    late = np.zeros(len(rows.y), dtype=bool)
    said = (0, 0)
    for train, test in rows.folds:
        begins = int(rows.origin[test].min())
        wrong = train[rows.known_at[train] >= begins]
        if len(wrong) and not late.any():
            said = int(rows.known_at[wrong].max()), begins
        late[wrong] = True
    if not late.any():
        return []
    found = Text("结果最晚 {at} 期可知，测试自 {begins} 期起", "known in {at}, the test begins in {begins}")
    found = found.format(at=said[0], begins=said[1])
    return [Leak(rule="outcome_after_test", count=int(late.sum()), where=rows.where(late), found=found)]


def homes_twice(rows: Evidence) -> list[Leak]:
    """Rows that are the same in all features as rows of another home: across folds, or anywhere where there are none."""
    code = _row_codes(rows.x)
    if code is None:
        return []
    pairs = rows.folds or ((np.arange(len(code)), np.arange(len(code))),)
    twin = np.zeros(len(code), dtype=bool)
    tested = np.zeros(len(code), dtype=bool)
    for train, test in pairs:
        twin[test] |= _has_twin(code, rows.unit, train, test)
        tested[test] = True
    share = twin.sum() / tested.sum()
    if twin.sum() < 3 or share <= TWINS:
        return []
    found = Text("占 {share:.1%}", "{share:.1%} of them").format(share=share)
    return [Leak(rule="home_twice", count=int(twin.sum()), where=rows.where(twin), found=found)]


def _row_codes(x: Array) -> Codes | None:
    """One number for each different row of the features; None where rows are too plain to tell homes apart."""
    table = pd.DataFrame(x.astype(np.float32))
    code = pd.factorize(pd.util.hash_pandas_object(table, index=False))[0].astype(np.intp)
    rich = sum(len(np.unique(column[~np.isnan(column)])) >= 20 for column in x.T)
    return code if rich >= 3 else None


def _has_twin(code: Codes, unit: Codes, train: Codes, test: Codes) -> Mask:
    """Which test rows have a training row of another home with the same features."""
    size = int(code.max()) + 1
    low, high = np.full(size, np.iinfo(np.intp).max), np.full(size, -1)
    np.minimum.at(low, code[train], unit[train])
    np.maximum.at(high, code[train], unit[train])
    seen = high[code[test]] >= 0
    return seen & ((low[code[test]] != unit[test]) | (high[code[test]] != unit[test]))


def _names(first: list[object], count: int) -> str:
    text = ", ".join(str(name) for name in first)
    return f"{text} and {count - len(first):,} more" if count > len(first) else text
