"""Naive and drift forecasts: a peer's standard errors, hand calculation, and coverage by simulation."""

from statistics import NormalDist

import numpy as np
import pytest

from evalkit.coupling.forecast.baselines import Drift, Naive, drift_forecast, naive_forecast

RNG = np.random.default_rng(20)


@pytest.mark.filterwarnings("ignore:Maximum Likelihood optimization failed")
def test_naive_is_the_arima_010_of_statsmodels():
    arima = pytest.importorskip("statsmodels.tsa.arima.model").ARIMA
    y = 0.5 + RNG.normal(0, 0.02, (3, 12)).cumsum(axis=1)
    estimate, std_error = naive_forecast(y, 4)
    for row, mean, error in zip(y, estimate, std_error, strict=True):
        ahead = arima(row, order=(0, 1, 0)).fit().get_forecast(4)
        np.testing.assert_allclose(mean, ahead.predicted_mean, rtol=1e-9)
        np.testing.assert_allclose(error, ahead.se_mean, rtol=1e-3)  # its variance is found by search


def test_drift_is_a_mean_of_changes_with_the_error_of_that_mean():
    """As R's rwf(drift = TRUE) puts it: √(h σ² + (h · se of the mean change)²)."""
    y = 0.5 + RNG.normal(0.01, 0.02, (4, 15)).cumsum(axis=1)
    estimate, std_error = drift_forecast(y, 3)
    changes = np.diff(y, axis=1)
    sigma, mean = changes.std(axis=1, ddof=1), changes.mean(axis=1)
    for h in (1, 2, 3):
        np.testing.assert_allclose(estimate[:, h - 1], y[:, -1] + h * mean)
        np.testing.assert_allclose(std_error[:, h - 1], np.sqrt(h * sigma**2 + (h * sigma / np.sqrt(14)) ** 2))


@pytest.mark.parametrize(("method", "drift"), [(Naive(), 0.0), (Drift(), 0.03)])
def test_intervals_cover_random_walks_at_their_level(method, drift):
    walks = np.random.default_rng(7).normal(drift, 0.1, (6000, 205)).cumsum(axis=1)
    path = method.forecast(walks[:, :200], 5)
    reach = NormalDist().inv_cdf(0.95) * path.std_error
    held = (np.abs(walks[:, 200:] - path.estimate) <= reach).mean(axis=0)
    assert np.abs(held - 0.9).max() < 0.015
