"""Values outside what an indicator can be, and the two commonest reasons: percent as a fraction, and another unit."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.panel.checks.observed import Observed
from evalkit.panel.findings import Finding, listing, shown
from evalkit.panel.system import Indicator
from evalkit.terms import Text

Mask = NDArray[np.bool_]
Values = NDArray[np.float64]

_FACTORS = {10_000.0: "unit_of_ten_thousand", 1_000.0: "unit_of_thousand", 100.0: "unit_of_hundred"}
_MONEY = (Text("元", "yuan (元)"), Text("万元", "10,000 yuan (万元)"), Text("亿元", "100 million yuan (亿元)"))
_FRACTION = 1.5  # the largest value that may still be a share of one: a rate may exceed the whole a little


def implausible(observed: Observed) -> list[Finding]:
    """For every indicator with a plausible range: what lies outside, named for its likely reason where there is one."""
    findings = list[Finding]()
    for column, indicator in observed.asked.items():
        if column not in observed.frame or indicator.plausible is None:
            continue
        values = observed.values(column)
        low, high = indicator.plausible
        outside = (values < low) | (values > high)
        fractions = _fractions(observed, values, indicator)
        if fractions.any():
            findings.append(_named(observed, "percent_as_fraction", column, fractions, unit=indicator.unit))
        outside &= ~fractions
        for chosen, factor, small in _shifted(observed, values, outside, indicator):
            guess = _guess(indicator.unit, factor, small=small)
            told = {"unit": indicator.unit, "factor": f"{factor:,.0f}", "guess": guess}
            findings.append(_named(observed, _FACTORS[factor], column, chosen, **told))
            outside &= ~chosen
        if outside.any():
            findings.append(_named(observed, "out_of_range", column, outside, span=f"[{low:g}, {high:g}]"))
    return findings


def _named(observed: Observed, rule: str, column: str, chosen: Mask, **more: object) -> Finding:
    at = np.flatnonzero(chosen)
    found = listing([shown(float(value)) for value in observed.values(column)[at[:3]]])
    return observed.found(rule, column, count=len(at), where=observed.where(column, at), found=found, **more)


def _fractions(observed: Observed, values: Values, indicator: Indicator) -> Mask:
    """Which values of a percentage look like fractions: single ones that become plausible, or a whole column, year or unit."""
    low, high = indicator.plausible or (0.0, 0.0)
    small = (values >= 0) & (values <= _FRACTION)
    percent = "%" in indicator.unit.zh + indicator.unit.en or "％" in indicator.unit.zh
    if not percent or high < 20 or not small.any():
        return np.zeros(len(values), dtype=bool)
    grown = values * 100
    fits = small & (grown >= low) & (grown <= high * 1.05)
    if low > _FRACTION:
        return np.asarray(fits)
    known = ~np.isnan(values)
    if known.sum() >= 5 and fits[known].all() and (values[known] > 0).any():
        return np.asarray(fits)
    return np.asarray(small & (_part(values, observed.periods) | _part(values, observed.units, cautious=True)))


def _part(values: Values, key: NDArray[np.object_] | NDArray[np.int64], *, cautious: bool = False) -> Mask:
    """Rows of the years (or units) whose values are all fractions, and a hundred times those typical of the others.

    A year is held against the median of the others. A unit may well be a hundred times better than most, so caution is due:
    it is named only where all the others lie close together and far above it.
    """
    by = pd.DataFrame({"key": key, "value": values}).dropna().groupby("key")["value"]
    table = pd.DataFrame({"max": by.max(), "median": by.median(), "low": by.quantile(0.05), "n": by.size()})
    suspect = (table["max"] <= _FRACTION) & (table["median"] > 0) & (table["n"] >= 3)
    others = table.loc[~suspect]
    if others.empty or not suspect.any():
        return np.zeros(len(values), dtype=bool)
    typical, low = others["median"].median(), others["low"].quantile(0.05)
    highest = (low / 10 if low >= typical / 4 else 0.0) if cautious else typical / 30
    alike = (table["median"] <= highest) & (table["median"] * 100 <= 3 * others["median"].max())
    return np.asarray(pd.Series(key).isin(table.index[suspect & alike]))


def _shifted(observed: Observed, values: Values, outside: Mask, indicator: Indicator) -> Iterator[tuple[Mask, float, bool]]:
    """Values outside that another unit would explain: which, by what factor, and whether they are too small."""
    low, high = indicator.plausible or (0.0, 0.0)
    inside = ~outside & (values > 0)
    if not outside.any() or not high > 0:
        return
    typical = _typical(observed, values, inside, low, high)
    near = np.where(inside.any(), 0.6, np.inf)
    best, distance = np.zeros(len(values)), np.full(len(values), np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        for power in (*_FACTORS, *(1 / factor for factor in _FACTORS)):
            moved = values * power
            far = np.abs(np.log10(moved / typical))
            better = outside & (values > 0) & (moved >= low) & (moved <= high) & (far <= near) & (far < distance - 0.05)
            best[better], distance[better] = power, far[better]
    for power in dict.fromkeys(best[best > 0]):
        yield best == power, float(round(max(power, 1 / power))), power > 1


def _typical(observed: Observed, values: Values, inside: Mask, low: float, high: float) -> Values:
    """What a value should be near: the unit's own plausible values, else everybody's, else the middle of the range."""
    if not inside.any():
        return np.full(len(values), np.sqrt(max(low, high / 100) * high))
    kept = pd.Series(np.where(inside, values, np.nan))
    return kept.groupby(observed.units).transform("median").fillna(kept.median()).to_numpy()


def _guess(unit: Text, factor: float, *, small: bool) -> Text:
    """What unit the figures seem to be in."""
    given = next((at for at, money in enumerate(_MONEY) if unit.zh.startswith(money.zh)), None)
    if given is not None and factor == 10_000 and 0 <= (meant := given + (1 if small else -1)) < len(_MONEY):
        said = Text("{meant}误作{given}", "figures in {meant} given as {given}")
        return said.format(meant=_MONEY[meant], given=_MONEY[given])
    size = Text("大", "larger") if small else Text("小", "smaller")
    return Text("所用单位{size} {factor} 倍", "as if in a unit {factor} times {size}").format(size=size, factor=f"{factor:,.0f}")
