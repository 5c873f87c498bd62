"""Exponential smoothing and ARIMA are statsmodels' own, quiet, counted, and asked for by name where absent."""

import importlib.util
import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from evalkit.coupling.forecast.baselines import naive_forecast
from evalkit.coupling.forecast.forecast import Forecast
from evalkit.coupling.forecast.statistical import Arima, Smoothing, one_by_one
from evalkit.errors import MachineError, SpecError

Y = 0.4 + 0.02 * np.arange(12) + np.random.default_rng(1).normal(0, 0.01, (2, 12))


@pytest.fixture(scope="module")
def peer():
    return pytest.importorskip("statsmodels.api")


def quiet(model, **how):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(**how).get_forecast(3)


@pytest.mark.parametrize("trend", ["none", "linear", "damped"])
def test_smoothing_is_statsmodels(peer, trend):
    path = Smoothing(trend).forecast(Y, 3)
    for row, mean, error in zip(Y, path.estimate, path.std_error, strict=True):
        model = peer.tsa.statespace.ExponentialSmoothing(row, trend=trend != "none", damped_trend=trend == "damped")
        ahead = quiet(model, disp=False)
        assert mean.tolist() == ahead.predicted_mean.tolist()
        assert error.tolist() == ahead.se_mean.tolist()


@pytest.mark.parametrize(
    ("spec", "trend"),
    [
        (Arima((1, 1, 0)), "n"),
        (Arima((0, 1, 1), drift=True), "t"),
        (Arima((1, 0, 0)), "c"),
        (Arima((1, 0, 0), drift=True), "ct"),
        (Arima((0, 2, 1)), "n"),
    ],
)
def test_arima_is_statsmodels(peer, spec, trend):
    path = spec.forecast(Y, 3)
    for row, mean, error in zip(Y, path.estimate, path.std_error, strict=True):
        ahead = quiet(peer.tsa.ARIMA(row, order=spec.order, trend=trend))
        assert mean.tolist() == ahead.predicted_mean.tolist()
        assert error.tolist() == ahead.se_mean.tolist()


def test_a_first_order_autoregression_is_recovered(peer):
    rng, y = np.random.default_rng(4), np.zeros(3000)
    for t in range(1, 3000):
        y[t] = 0.7 * y[t - 1] + rng.normal(0, 0.1)
    path = Arima((1, 0, 0)).forecast(y[None, :], 2)
    assert path.estimate[0] == pytest.approx([0.7 * y[-1], 0.49 * y[-1]], abs=0.02)
    assert path.std_error[0] == pytest.approx([0.1, 0.1 * np.sqrt(1.49)], rel=0.04)


@pytest.mark.parametrize("method", [Smoothing(), Smoothing("linear"), Smoothing("damped"), Arima(), Arima((0, 1, 1), drift=True)])
def test_the_shortest_series_it_says_it_takes_are_taken_without_a_word(peer, method, recwarn):
    path = method.forecast(Y[:, : method.least], 3)
    assert np.isfinite(path.estimate).all()
    assert path.fits == 2
    assert not recwarn.list


def test_a_series_that_does_not_vary_stays_without_a_fit(peer):
    path = Arima().forecast(np.vstack([np.full(12, 0.6), Y[0]]), 2)
    assert path.fits == 1
    assert path.estimate[0].tolist() == [0.6, 0.6]
    assert path.std_error[0].tolist() == [0, 0]


def test_a_fit_that_breaks_off_leaves_the_last_value():
    def broken(x):
        raise np.linalg.LinAlgError

    path = one_by_one(Y, 2, broken)
    assert (path.fits, path.failed) == (2, 2)
    np.testing.assert_array_equal(path.estimate, naive_forecast(Y, 2)[0])


def test_fits_that_do_not_converge_are_counted_in_a_note():
    class Result:
        mle_retvals = {"converged": False}  # noqa: RUF012

        def get_forecast(self, horizon):
            return SimpleNamespace(predicted_mean=[0.5] * horizon, se_mean=[0.1] * horizon)

    assert one_by_one(Y, 2, lambda x: Result()).unsettled == 2
    key = pd.MultiIndex.from_product([["a"], range(2010, 2022)], names=["unit", "period"])

    class Stubborn(Arima):
        def forecast(self, y, horizon):
            return one_by_one(y, horizon, lambda x: Result())

    answer = Forecast(methods=(Stubborn(),), horizon=1, origins=3).measure(pd.Series(Y[0], key))
    said = [note.text.en for note in answer.notes if "converge" in note.text.en]
    assert said == [
        "ARIMA(1,1,0): of 4 fits 4 did not converge and 0 failed (there the last value stands).",
        "ARIMA(1,1,0): more than 10% of its fits did not converge or failed, so it is not the method of choice.",
    ]
    assert answer.best == "naive"


@pytest.mark.parametrize("method", [Arima(), Smoothing()])
def test_without_statsmodels_the_extra_is_named(method, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MachineError, match=r'needs statsmodels.*pip install "evalkit\[forecast\]"'):
        method.forecast(Y, 2)


def test_orders_and_trends_that_do_not_exist_are_refused():
    for odd in ((1, 1), (1, -1, 0), (1.0, 0, 0)):
        with pytest.raises(SpecError, match="three whole numbers"):
            Arima(odd)
    with pytest.raises(SpecError, match="drift needs d"):
        Arima((0, 2, 1), drift=True)
    with pytest.raises(SpecError, match="not a choice"):
        Smoothing("holt")
