"""Figures that stand for something else: zeros and codes written for missing values, and what is too large to be a figure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.panel.checks.observed import Observed
from evalkit.panel.findings import Finding, listing

AMOUNT = 100.0  # figures of this size count something, where smaller ones may be rates
HUGE = 1e18  # more than the product of the world in its smallest coin
_FAR = 2.0  # how many times beyond all other figures a code for missing stands
_MADE = {int(digit * n) for digit in "987" for n in range(2, 9)} | {10**n - k for n in range(3, 9) for k in (2, 3, 4)}
_CODES = np.array(sorted(_MADE | {-code for code in _MADE} | {-1, -7, -8, -9}))
_ANSWERS = (7.0, 8.0, 9.0)  # to a question of yes or no: refused, does not apply, not known
_LOW = 3.0  # how far below the median of a unit all its figures lie at most, for a 0 among them to be odd


def odd_marks(observed: Observed, *, homes: bool = False) -> list[Finding]:
    """For every column: figures too large to be any, codes for missing such as −99 and 9999, zeros among large figures, and the
    rare figure below 0; of `homes`, also a 7, 8 or 9 in a column of yes and no."""
    findings = list[Finding]()
    for column in map(str, observed.frame.columns):
        values = observed.values(column)
        huge = np.isfinite(values) & (np.abs(values) >= HUGE)
        coded = _coded(np.where(huge, np.nan, values), homes=homes)
        zeros = _zeros(observed, np.where(coded | huge, np.nan, values))
        below = _below(np.where(coded | huge, np.nan, values), falls=_may_fall(observed, column))
        marks = {"too_large": huge, "missing_code": coded, "zero_for_missing": zeros, "few_negative": below}
        found = [_found(observed, rule, column, values, at) for rule, at in marks.items() if at.any()]
        rate = _typical(values) < AMOUNT  # a rate may well be 0: no woman in a parliament, no one poor
        findings += [replace(one, severity="notice") if rate and one.rule == "zero_for_missing" else one for one in found]
    return findings


def bad_weights(observed: Observed) -> list[Finding]:
    """What is wrong with the weights: none at all, not above 0, not finite, missing here and there."""
    if observed.weights is None:
        return []
    name, values = observed.weights
    if np.isnan(values).all():
        return [observed.of_weights("empty_column", name, np.arange(len(values)))]
    wrong = np.flatnonzero((values <= 0) | np.isinf(values))
    findings = [observed.of_weights("weight_not_positive", name, wrong)] if wrong.size else []
    gaps = np.flatnonzero(np.isnan(values))
    return [*findings, *([observed.of_weights("weight_missing", name, gaps)] if gaps.size else [])]


def _coded(values: NDArray[np.float64], *, homes: bool) -> NDArray[np.bool_]:
    """Which figures are codes for missing: made of 9s, 8s or 7s, of 9s before a 6 to 8, −1 to −9; and far from all others."""
    code = np.isin(values, _CODES)
    code &= (values < 0) | (values >= 99)
    code |= _beside_yes_and_no(values) if homes else False
    rest = values[~code & np.isfinite(values)]
    if not code.any() or len(rest) < 5 or rest.max() <= 0:
        return np.zeros(len(values), dtype=bool)
    low, high = float(rest.min()), float(rest.max())
    often = np.isin(values, [mark for mark in np.unique(values[code]) if (values == mark).sum() > 1])
    nines = np.isin(values, [*_CODES[_CODES % 10 == 9], 9.0])
    above = (values > _FAR * high) & (nines | often)
    under = (values > 0) & (values < low / _FAR) & often
    below = (values < 0) & (low >= 0)
    return np.asarray(code & (below | above | under))


def _beside_yes_and_no(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which figures are a 7, 8 or 9 in a column that holds 0 and 1 otherwise, and mostly."""
    mark, known = np.isin(values, _ANSWERS), np.isfinite(values)
    flags = known.any() and np.array_equal(np.unique(values[known & ~mark & ~np.isin(values, _CODES)]), [0, 1])
    return mark & bool(flags and 2 * mark.sum() < known.sum())


def _zeros(observed: Observed, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which zeros stand among figures of their unit that are all far above 0."""
    zero = values == 0
    if not zero.any():
        return zero
    other = pd.Series(np.where(zero, np.nan, values)).groupby(pd.factorize(observed.units)[0])
    typical, least, many = (other.transform(how).to_numpy() for how in ("median", "min", "count"))
    calm = (many >= 3) & (least > 0) & (least * _LOW >= typical) & (typical >= _typical(values) / 3)
    return np.asarray(zero & calm & (zero.mean() <= 0.2))


def _typical(values: NDArray[np.float64]) -> float:
    """The median of the figures above 0."""
    above = values[values > 0]
    return float(np.median(above)) if above.size else 0.0


def _below(values: NDArray[np.float64], *, falls: bool) -> NDArray[np.bool_]:
    """The figures below 0, where they are rare and not to be expected."""
    below = np.asarray(values < 0, dtype=np.bool_)
    known = int((~np.isnan(values)).sum())
    rare = not falls and known >= 20 and below.sum() <= 0.05 * known
    return below if rare else np.zeros(len(values), dtype=np.bool_)


def _may_fall(observed: Observed, column: str) -> bool:
    """Whether an indicator says itself that it may be below 0."""
    indicator = observed.asked.get(column)
    return indicator is not None and indicator.plausible is not None and indicator.plausible[0] < 0


def _found(observed: Observed, rule: str, column: str, values: NDArray[np.float64], chosen: NDArray[np.bool_]) -> Finding:
    at = np.flatnonzero(chosen)
    found = listing([f"{value:.15g}" for value in dict.fromkeys(values[at[:50]].tolist())], 3)
    return observed.found(rule, column, count=len(at), where=observed.where(column, at), found=found)
