"""Exponential smoothing and ARIMA through statsmodels, one fit a series; see `pip install "evalkit[forecast]"`."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from evalkit.check import flag, many, one_of, whole
from evalkit.coupling.forecast.baselines import naive_forecast
from evalkit.coupling.forecast.path import Path
from evalkit.errors import SpecError, not_installed
from evalkit.stats.arrays import Array
from evalkit.terms import Text

Trend = Literal["none", "linear", "damped"]
TRENDS = ("none", "linear", "damped")


@dataclass(frozen=True, slots=True)
class Smoothing:
    """Exponential smoothing with additive errors: simple, with Holt's linear trend, or with a damped trend.

    The state space form of statsmodels (`tsa.statespace.ExponentialSmoothing`), fitted by maximum likelihood with its initial
    states; its intervals are those of the model, and take the fitted parameters for the true ones. One fit a series of some
    hundredths of a second: of thousands of places, forecast the mean or some of them (`Forecast(of=…)`).

    Source: Hyndman, Koehler, Ord & Snyder (2008), Forecasting with Exponential Smoothing: The State Space Approach.
    """

    trend: Trend = "none"

    def __post_init__(self) -> None:
        one_of(self.trend, TRENDS, who="Smoothing trend")

    @property
    def key(self) -> str:
        """What the method is called in a frame."""
        return f"smoothing_{self.trend}"

    @property
    def name(self) -> Text:
        """What the method is called."""
        names = {
            "none": Text("简单指数平滑", "simple exponential smoothing"),
            "linear": Text("Holt 线性趋势指数平滑", "exponential smoothing, linear trend (Holt)"),
            "damped": Text("阻尼趋势指数平滑", "exponential smoothing, damped trend"),
        }
        return names[self.trend]

    @property
    def least(self) -> int:
        """How many values of a series it needs: its parameters and initial states, and one more."""
        return {"none": 4, "linear": 5, "damped": 6}[self.trend]

    def forecast(self, y: Array, horizon: int) -> Path:
        """Forecasts of series of shape (series, years), 1 … `horizon` steps ahead."""
        statsmodels(self)
        from statsmodels.tsa.statespace.exponential_smoothing import ExponentialSmoothing

        trend, damped = self.trend != "none", self.trend == "damped"
        return one_by_one(y, horizon, lambda x: ExponentialSmoothing(x, trend=trend, damped_trend=damped).fit(disp=False))


@dataclass(frozen=True, slots=True)
class Arima:
    """ARIMA(p, d, q) of statsmodels (`tsa.arima.model.ARIMA`), fitted by maximum likelihood.

    Without differences (d = 0) the mean is fitted along. `drift` adds a linear trend (d = 0 or 1). The intervals are those of
    the model, and take the fitted parameters for the true ones. One fit a series of some hundredths of a second: of thousands
    of places, forecast the mean or some of them (`Forecast(of=…)`). The order is a choice, not searched for: a dozen years
    cannot tell many orders apart.

    Source: Box, Jenkins, Reinsel & Ljung (2015), Time Series Analysis: Forecasting and Control, 5th edition.
    """

    order: tuple[int, int, int] = (1, 1, 0)
    drift: bool = False

    def __post_init__(self) -> None:
        order = many(self.order, count=3, who="Arima order, three whole numbers (p, d, q) from 0 on,", do="use (1, 1, 0)")
        for part in order:
            whole(part, least=0, who="each part of Arima order, three whole numbers (p, d, q),")
        object.__setattr__(self, "order", order)
        flag(self.drift, who="Arima drift")
        if self.drift and self.order[1] > 1:
            raise SpecError("Arima with drift needs d = 0 or 1: more differences leave no linear trend", found=str(self.order))

    @property
    def key(self) -> str:
        """What the method is called in a frame."""
        return "arima_{}_{}_{}".format(*self.order) + ("_drift" if self.drift else "")

    @property
    def name(self) -> Text:
        """What the method is called."""
        order = "ARIMA({},{},{})".format(*self.order)
        return Text(f"{order}（含漂移）", f"{order} with drift") if self.drift else Text(order, order)

    @property
    def least(self) -> int:
        """How many values of a series it needs: its parameters and differences, and two more."""
        return max(4, sum(self.order) + int(self.drift) + int(self.order[1] == 0) + 3)

    def forecast(self, y: Array, horizon: int) -> Path:
        """Forecasts of series of shape (series, years), 1 … `horizon` steps ahead."""
        statsmodels(self)
        from statsmodels.tsa.arima.model import ARIMA

        trend = {(0, False): "c", (0, True): "ct", (1, True): "t"}.get((self.order[1], self.drift), "n")
        return one_by_one(y, horizon, lambda x: ARIMA(x, order=self.order, trend=trend).fit())


def one_by_one(y: Array, horizon: int, fit: Callable[[Array], Any]) -> Path:
    """Forecasts from one fit a series; what a fit complains of is counted, not printed.

    A series that does not vary is forecast at its value, without error and without a fit. Where a fit breaks off, or gives
    no number, the last value stands with its own error, and the series counts as failed. The matrices are so small that one
    thread is several times as quick as many: set OPENBLAS_NUM_THREADS=1 before numpy is imported.
    """
    estimate, std_error = naive_forecast(y, horizon)
    fits = unsettled = failed = 0
    for at in np.flatnonzero(np.ptp(y, axis=1) > 0):
        fits += 1
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                result = fit(y[at])
                ahead = result.get_forecast(horizon)
                mean, error = np.asarray(ahead.predicted_mean), np.asarray(ahead.se_mean)
            except (np.linalg.LinAlgError, ValueError, IndexError):
                mean = error = np.full(horizon, np.nan)
        if np.isfinite(mean).all() and np.isfinite(error).all():
            estimate[at], std_error[at] = mean, error
            unsettled += not result.mle_retvals["converged"]
        else:
            failed += 1
    return Path(estimate, std_error, fits, unsettled, failed)


def statsmodels(method: object) -> None:
    """Refuse a method that needs statsmodels where it is not installed."""
    from importlib.util import find_spec

    if find_spec("statsmodels") is None:
        raise not_installed(f"{type(method).__name__} needs statsmodels, which is not installed", "forecast")
