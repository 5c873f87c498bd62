"""Rolling origins: what each method would have forecast in past years, against what came, and intervals from it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from evalkit.coupling.forecast.path import ForecastMethod, Path
from evalkit.stats.arrays import Array, Mask
from evalkit.stats.ranks import settled

Bounds = tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Plan:
    """How far ahead, from how many past years, with intervals of what probability, and within what bounds."""

    horizon: int
    origins: int
    level: float
    bounds: Bounds


@dataclass(frozen=True, slots=True, eq=False)
class Trials:
    """Forecasts of one method from past origins; arrays of shape (origins, series, horizon).

    `error` is what came minus the forecast; `actual` is what came; `scale` of shape (origins, series) the mean absolute
    change of each series up to the origin, which MASE divides by.
    """

    error: Array
    actual: Array
    scale: Array
    std_error: Array | None
    fits: int
    unsettled: int
    failed: int


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What one method gave: forecasts with the ends of their intervals, before any cut, and its trials."""

    path: Path
    low: Array
    high: Array
    past: Trials

    @property
    def unsettled(self) -> float:
        """The share of fits that did not converge or failed."""
        bad = sum(part.unsettled + part.failed for part in (self.path, self.past))
        return bad / max(1, self.path.fits + self.past.fits)


def run(method: ForecastMethod, y: Array, plan: Plan) -> Run:
    """Forecasts of series of shape (series, years), with intervals, and trials."""
    path, past = method.forecast(y, plan.horizon), trials(method, y, plan)
    return Run(path, *interval(path, past, plan.level), past)


def trials(method: ForecastMethod, y: Array, plan: Plan) -> Trials:
    """Forecasts of series of shape (series, years) from the last `origins` years that have `horizon` years after them."""
    horizon = plan.horizon
    ends = range(y.shape[1] - horizon - plan.origins + 1, y.shape[1] - horizon + 1)
    paths = [method.forecast(y[:, :end], horizon) for end in ends]
    actual = np.stack([y[:, end : end + horizon] for end in ends])
    errors = [path.std_error for path in paths if path.std_error is not None]
    return Trials(
        error=actual - np.stack([within(path.estimate, plan.bounds) for path in paths]),
        actual=actual,
        scale=np.stack([np.abs(np.diff(y[:, :end], axis=1)).mean(axis=1) for end in ends]),
        std_error=np.stack(errors) if errors else None,
        fits=sum(path.fits for path in paths),
        unsettled=sum(path.unsettled for path in paths),
        failed=sum(path.failed for path in paths),
    )


def within(values: Array, bounds: Bounds) -> Array:
    """Values brought within bounds, where there are any."""
    return values if bounds is None else np.clip(values, *bounds)


def interval(path: Path, past: Trials, level: float) -> tuple[Array, Array]:
    """Lower and upper ends around the forecasts, of shape (series, horizon): of the method's model, or of its past errors.

    An interval of past errors reaches at least as far as that of the step before.
    """
    if path.std_error is not None:
        reach = NormalDist().inv_cdf((1 + level) / 2) * path.std_error
        return path.estimate - reach, path.estimate + reach
    below, above = past_offsets(past.error, level)
    return path.estimate + np.minimum.accumulate(below), path.estimate + np.maximum.accumulate(above)


def past_offsets(error: Array, level: float) -> tuple[Array, Array]:
    """What to add to a forecast for the ends of its interval, from past errors of shape (origins, series, horizon).

    The errors of all origins and series are one sample at each horizon. Where it has enough of them, the ends are its order
    statistics ⌊(m+1)(1−level)/2⌋ and ⌈(m+1)(1+level)/2⌉ of m, which hold a further error of the same kind with at least
    probability `level`, whatever its distribution. Of fewer, t · √(mean squared error) with m degrees of freedom, which
    takes the errors for normal about 0.

    Examples
    --------
    >>> below, above = past_offsets(np.linspace(-1, 1, 41).reshape(1, 41, 1), 0.9)
    >>> below.round(2), above.round(2)
    (array([-0.95]), array([0.95]))
    """
    sample = error.reshape(-1, error.shape[-1])
    count = len(sample)
    if count >= enough(level):
        rising = np.sort(sample, axis=0)
        lowest = math.floor(round((count + 1) * (1 - level) / 2, 9))
        return rising[lowest - 1], rising[count - lowest]
    from scipy.special import stdtrit

    reach = stdtrit(count, (1 + level) / 2) * np.sqrt(np.mean(sample**2, axis=0))
    return -reach, reach


def enough(level: float) -> int:
    """How many past errors an interval without a distribution needs.

    Examples
    --------
    >>> enough(0.9), enough(0.95)
    (19, 39)
    """
    return math.ceil(round(2 / (1 - level), 9)) - 1


def coverage(past: Trials, level: float) -> Array:
    """Share of what came that lay within the intervals, at each horizon.

    Intervals of past errors are made anew for each origin, from the errors of the other origins; with one origin there are
    none, and the share is missing.
    """
    if past.std_error is not None:
        reach = NormalDist().inv_cdf((1 + level) / 2) * past.std_error
        return np.mean(np.abs(past.error) <= reach, axis=(0, 1))
    origins = len(past.error)
    if origins == 1:
        return np.full(past.error.shape[-1], np.nan)
    held = []
    for at in range(origins):
        below, above = past_offsets(np.delete(past.error, at, axis=0), level)
        held.append(np.mean((past.error[at] >= below) & (past.error[at] <= above), axis=0))
    return np.mean(held, axis=0)


def error_frame(past: Mapping[str, Trials], level: float) -> pd.DataFrame:
    """Errors of each method by horizon, pooled over series and origins, beside those of the method "naive"."""
    parts = {key: _errors(one, level) for key, one in past.items()}
    for part in parts.values():
        part.insert(4, "against_naive", ratio(part["MAE"].to_numpy(), parts["naive"]["MAE"].to_numpy()))
    return pd.concat(parts, names=["method", "horizon"])


def ratio(value: Array, base: Array) -> Array:
    """A ratio rounded to ten digits, so that the noise of the last bits makes no method better than another; 1 of 0 and 0."""
    nothing = np.where(value > 0, np.inf, 1.0)
    return settled(np.divide(value, base, out=nothing, where=base > 0))


def _errors(past: Trials, level: float) -> pd.DataFrame:
    size = np.abs(past.error)
    varies = np.broadcast_to((past.scale > 0)[:, :, None], size.shape)
    scaled = np.divide(size, past.scale[:, :, None], out=np.zeros_like(size), where=varies)
    nonzero = past.actual != 0
    relative = np.divide(size, np.abs(past.actual), out=np.zeros_like(size), where=nonzero)
    return pd.DataFrame(
        {
            "MAE": size.mean(axis=(0, 1)),
            "RMSE": np.sqrt(np.mean(past.error**2, axis=(0, 1))),
            "MAPE": _mean_where(relative, nonzero),
            "MASE": _mean_where(scaled, varies),
            "coverage": coverage(past, level),
            "n": size.shape[0] * size.shape[1],
        },
        index=pd.RangeIndex(1, size.shape[-1] + 1),
    )


def _mean_where(values: Array, counted: Mask) -> Array:
    count = counted.sum(axis=(0, 1))
    total = values.sum(axis=(0, 1))
    return np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
