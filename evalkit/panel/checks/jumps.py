"""Jumps within a unit that look like a change of its unit of measure: by a power of ten, in an otherwise calm series."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.panel.checks.observed import Observed
from evalkit.panel.findings import SHOWN, Finding, listing, shown

_NEAR = {1: math.log10(1.15), 2: math.log10(1.6)}  # how far growth may take a step from one power of ten, and from more
_CALM = {1: math.log10(1.35), 2: math.log10(1.8)}  # the largest other step of the unit, for a step of one and of more powers


def unit_jumps(observed: Observed) -> list[Finding]:
    """For every column, steps between consecutive observed periods of a unit by about 10, 100, … or a tenth, a hundredth, ….

    A step counts when all other steps of that unit are small (real growth comes in several steps), and the column as a whole
    is calm; or when most units take the same step in the same period.
    """
    codes, _ = pd.factorize(observed.units)
    findings = []
    for column in map(str, observed.frame.columns):
        values = observed.values(column)
        at = np.flatnonzero(np.isfinite(values) & (values != 0))
        before, after = at[:-1], at[1:]
        pairs = (codes[before] == codes[after]) & (np.sign(values[before]) == np.sign(values[after]))
        before, after = before[pairs], after[pairs]
        step = np.log10(np.abs(values[after])) - np.log10(np.abs(values[before]))
        power = np.rint(step)
        close = (power != 0) & (np.abs(step - power) < np.where(np.abs(power) == 1, _NEAR[1], _NEAR[2]))
        if not close.any():
            continue
        chosen = close & (_lonely(step, power, close, codes[after]) | _common(step, power, close, observed.periods[after]))
        if chosen.any():
            findings.append(_found(observed, column, before[chosen], after[chosen], power[chosen].astype(int)))
    return findings


def _lonely(
    step: NDArray[np.float64], power: NDArray[np.float64], close: NDArray[np.bool_], unit: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Steps in units, and in a column, whose other steps are all small."""
    size = np.abs(step)
    largest, others = np.zeros(unit.max() + 1), np.zeros(unit.max() + 1)
    np.maximum.at(largest, unit[~close], size[~close])
    np.add.at(others, unit[~close], 1)
    jumps: NDArray[np.intp] = np.bincount(unit[close], minlength=len(others))
    limit = np.where(np.abs(power) == 1, _CALM[1], _CALM[2])
    usual = float(np.quantile(size[~close], 0.95)) if (~close).any() else 0.0
    seen = (others[unit] >= 2) | (int((~close).sum()) >= 20)
    return np.asarray(seen & (largest[unit] <= limit) & (jumps[unit] <= np.maximum(2, others[unit])) & (usual <= limit))


def _common(
    step: NDArray[np.float64], power: NDArray[np.float64], close: NDArray[np.bool_], period: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Steps that most of the units take in the same period; one of ten only where all other steps are small."""
    frame = pd.DataFrame({"period": period, "power": np.where(close, power, 0.0)})
    all_steps = frame.groupby("period")["power"].transform("size")
    same = frame.groupby(["period", "power"])["power"].transform("size")
    calm = bool((np.abs(step[~close]) <= _CALM[1]).mean() >= 0.9) if (~close).any() else False
    return np.asarray((same >= 0.6 * all_steps) & (same >= 5) & ((np.abs(power) > 1) | calm))


def _found(
    observed: Observed, column: str, before: NDArray[np.intp], after: NDArray[np.intp], power: NDArray[np.intp]
) -> Finding:
    """The jumps of a column, by period and power."""
    frame = pd.DataFrame({"at": after, "period": observed.periods[after], "power": power})
    where = []
    for (period, steps), group in frame.groupby(["period", "power"]):
        units = observed.units[group["at"].to_numpy()]
        where.append(f"{period} ×10^{steps}: {listing(list(units[:SHOWN]), 5, total=len(units))}")
    values = observed.values(column)
    found = f"{shown(float(values[before[0]]))} → {shown(float(values[after[0]]))}"
    return observed.found("unit_jump", column, count=len(after), where="; ".join(where[:SHOWN]), found=found)
