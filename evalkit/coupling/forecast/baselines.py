"""The forecasts every other one must beat: the last value, and the last value carried on by the mean change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.coupling.forecast.path import Path
from evalkit.stats.arrays import Array
from evalkit.terms import Text


def naive_forecast(y: Array, horizon: int) -> tuple[Array, Array]:
    """Naive forecast ŷ(T+h) = y(T), and its standard error σ√h.

    The best forecast of a random walk. σ² = Σ (y(t) − y(t−1))² / (T − 1): the residuals have no parameter taken from them.
    `y` has shape (series, T); both answers have shape (series, horizon).

    Source: Hyndman & Athanasopoulos (2021), Forecasting: Principles and Practice, 3rd edition, sections 5.2 and 5.5.

    Examples
    --------
    >>> estimate, std_error = naive_forecast(np.array([[0.3, 0.4, 0.6]]), 2)
    >>> estimate, std_error.round(4)
    (array([[0.6, 0.6]]), array([[0.1581, 0.2236]]))
    """
    steps = np.arange(1.0, horizon + 1)
    spread = np.sqrt(np.mean(np.diff(y, axis=1) ** 2, axis=1, keepdims=True))
    return np.repeat(y[:, -1:], horizon, axis=1), spread * np.sqrt(steps)


def drift_forecast(y: Array, horizon: int) -> tuple[Array, Array]:
    """Drift forecast ŷ(T+h) = y(T) + h (y(T) − y(1)) / (T − 1), and its standard error σ √(h (1 + h / (T − 1))).

    The line through the first and the last value, carried on: the best forecast of a random walk with drift. σ² is the sum
    of the squared deviations of the changes from their mean, over T − 2; the second term is the error of the drift itself.
    `y` has shape (series, T); both answers have shape (series, horizon).

    Source: Hyndman & Athanasopoulos (2021), Forecasting: Principles and Practice, 3rd edition, sections 5.2 and 5.5.

    Examples
    --------
    >>> estimate, std_error = drift_forecast(np.array([[0.3, 0.4, 0.6]]), 2)
    >>> estimate, std_error.round(4)
    (array([[0.75, 0.9 ]]), array([[0.0866, 0.1414]]))
    """
    steps, changes = np.arange(1.0, horizon + 1), np.diff(y, axis=1)
    count = changes.shape[1]
    slope = changes.mean(axis=1, keepdims=True)
    spread = np.sqrt(np.sum((changes - slope) ** 2, axis=1, keepdims=True) / (count - 1))
    return y[:, -1:] + slope * steps, spread * np.sqrt(steps * (1 + steps / count))


@dataclass(frozen=True, slots=True)
class Naive:
    """The last value; see `naive_forecast`."""

    @property
    def key(self) -> str:
        """What the method is called in a frame."""
        return "naive"

    @property
    def name(self) -> Text:
        """What the method is called."""
        return Text("朴素法（末年值）", "naive (last value)")

    @property
    def least(self) -> int:
        """How many values of a series it needs."""
        return 2

    def forecast(self, y: Array, horizon: int) -> Path:
        """Forecasts of series of shape (series, years), 1 … `horizon` steps ahead."""
        return Path(*naive_forecast(y, horizon))


@dataclass(frozen=True, slots=True)
class Drift:
    """The last value carried on by the mean change; see `drift_forecast`."""

    @property
    def key(self) -> str:
        """What the method is called in a frame."""
        return "drift"

    @property
    def name(self) -> Text:
        """What the method is called."""
        return Text("漂移法", "drift")

    @property
    def least(self) -> int:
        """How many values of a series it needs."""
        return 3

    def forecast(self, y: Array, horizon: int) -> Path:
        """Forecasts of series of shape (series, years), 1 … `horizon` steps ahead."""
        return Path(*drift_forecast(y, horizon))
