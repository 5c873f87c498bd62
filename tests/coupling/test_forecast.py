"""Forecasts: rolling origins by hand, intervals that hold, the best method of known series, and what is refused."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import evalkit as ek
from evalkit.coupling.forecast.baselines import Drift, Naive
from evalkit.coupling.forecast.forecast import Forecast
from evalkit.coupling.forecast.grey import GM11
from evalkit.coupling.forecast.rolling import Plan, coverage, enough, past_offsets, trials
from evalkit.errors import DataError, NoAnswer, SpecError

YEARS = list(range(2010, 2022))


def keyed(values, years=YEARS, name="D"):
    values = np.atleast_2d(values)
    units = [f"u{i:04d}" for i in range(len(values))]
    return pd.Series(values.ravel(), pd.MultiIndex.from_product([units, years], names=["unit", "period"]), name=name)


def walks(count, drift=0.0, noise=0.01, years=12, seed=0):
    steps = np.random.default_rng(seed).normal(drift, noise, (count, years))
    return 0.5 + steps.cumsum(axis=1)


def said(answer, words):
    return [note.text.en for note in answer.notes if words in note.text.en]


def test_errors_are_those_of_a_plain_loop():
    y = walks(5, 0.01)
    answer = Forecast(methods=(Naive(), Drift()), horizon=2, origins=3).measure(keyed(y))
    for horizon in (1, 2):
        error, relative, scaled, naive = [], [], [], []
        for end in (8, 9, 10):  # the last three years that have two years after them
            for row in y:
                past, actual = row[:end], row[end + horizon - 1]
                slope = (past[-1] - past[0]) / (end - 1)
                error.append(actual - past[-1] - horizon * slope)
                naive.append(abs(actual - past[-1]))
                relative.append(abs(error[-1]) / actual)
                scaled.append(abs(error[-1]) / np.mean(np.abs(np.diff(past))))
        row = answer.errors.loc[("drift", horizon)]
        assert row["MAE"] == pytest.approx(np.mean(np.abs(error)))
        assert row["RMSE"] == pytest.approx(np.sqrt(np.mean(np.square(error))))
        assert row["MAPE"] == pytest.approx(np.mean(relative))
        assert row["MASE"] == pytest.approx(np.mean(scaled))
        assert row["against_naive"] == pytest.approx(np.mean(np.abs(error)) / np.mean(naive))
        assert row["n"] == 15
        assert answer.errors.loc[("naive", horizon), "against_naive"] == 1


def test_no_year_after_an_origin_is_seen():
    y = walks(4)
    late = y.copy()
    late[:, -1] = 0.1
    plan = Plan(horizon=2, origins=3, level=0.9, bounds=None)
    a, b = trials(GM11(), y, plan), trials(GM11(), late, plan)
    np.testing.assert_allclose(a.actual - a.error, b.actual - b.error, rtol=1e-14)  # the forecasts, got back by subtraction


def test_a_method_is_best_where_its_assumption_is_the_truth():
    growth = 0.2 * np.exp(0.08 * np.arange(12)) * np.linspace(0.8, 1.2, 40)[:, None]
    assert Forecast(horizon=2).measure(keyed(growth)).best == "gm11"
    assert Forecast(horizon=2).measure(keyed(walks(400, 0.02))).best == "drift"
    still = Forecast(horizon=2).measure(keyed(walks(400)))
    assert still.best == "naive"
    assert (still.against_naive.drop("naive") >= 1).all()
    assert said(still, "do not beat the naive forecast (the last value): grey model GM(1,1); drift")


def test_forecasts_of_an_exponential_come_close():
    q = 1.05
    answer = Forecast(methods=(GM11(),), horizon=3).measure(keyed(0.3 * q ** np.arange(12)))
    truth = 0.3 * q ** np.arange(12, 15)
    np.testing.assert_allclose(answer.frame.loc["gm11", "estimate"], truth, rtol=1e-3)


def test_the_naive_forecast_runs_along_and_ties_are_its():
    flat = Forecast(methods=(Drift(), GM11()), horizon=1).measure(keyed(np.full((3, 12), 0.5)))
    assert list(flat.errors.index.unique("method")) == ["naive", "drift", "gm11"]
    assert flat.best == "naive"
    assert (flat.against_naive == 1).all()
    assert flat.errors["MASE"].isna().all()
    assert flat.errors["MAE"].max() < 1e-12


def test_past_errors_make_intervals_that_hold_whatever_their_distribution():
    rng = np.random.default_rng(11)
    for draw in (rng.standard_normal, rng.exponential, lambda size: rng.standard_t(3, size)):
        size = (2000, 25)
        held = []
        for past, new in zip(draw(size=size), draw(size=2000), strict=True):
            below, above = past_offsets(past.reshape(1, -1, 1), 0.9)
            held.append(below[0] <= new <= above[0])
        assert 0.88 < np.mean(held) < 0.96  # of 25 errors: at least 0.9, at most 24/26


def test_few_past_errors_are_taken_for_normal():
    rng = np.random.default_rng(12)
    past, new = rng.standard_normal((20_000, 4)), rng.standard_normal(20_000)
    below, above = past_offsets(past.T[:, None, :], 0.9)  # four origins of one series, at 20,000 horizons
    assert np.mean((below <= new) & (new <= above)) == pytest.approx(0.9, abs=0.01)
    assert enough(0.9) == 19


def test_coverage_of_past_errors_leaves_the_origin_out():
    past = trials(GM11(), walks(30), Plan(1, 3, 0.9, None))
    by_hand = []
    for at in range(3):
        below, above = past_offsets(np.delete(past.error, at, axis=0), 0.9)
        by_hand.append(((past.error[at] >= below) & (past.error[at] <= above)).mean())
    assert coverage(past, 0.9) == pytest.approx([np.mean(by_hand)])
    assert np.isnan(coverage(trials(GM11(), walks(30), Plan(1, 1, 0.9, None)), 0.9)).all()


def test_coverage_of_the_naive_model_is_near_its_level():
    answer = Forecast(methods=(Naive(),), horizon=2).measure(keyed(walks(2000, years=40), years=range(1980, 2020)))
    assert answer.errors["coverage"].tolist() == pytest.approx([0.9, 0.9], abs=0.02)


def test_intervals_that_are_too_narrow_are_said():
    bent = 0.4 + 0.05 * np.minimum(np.arange(12), 6) + np.random.default_rng(5).normal(0, 0.001, (40, 12))
    answer = Forecast(methods=(Drift(),), horizon=3, origins=3).measure(keyed(bent))
    assert said(answer, "too narrow")


def test_forecasts_stay_within_bounds_and_cuts_are_counted():
    y = keyed(np.linspace(0.6, 0.99, 12) + np.zeros((3, 1)))
    cut, free = (Forecast(methods=(Drift(),), horizon=2, bounds=bounds).measure(y) for bounds in ((0.0, 1.0), None))
    assert cut.frame.max(axis=None) == 1
    assert free.frame.loc["drift", "estimate"].max() > 1
    assert said(cut, "6 forecasts and")
    assert not said(free, "were cut")


def test_the_frame_follows_the_years_and_the_units():
    answer = Forecast(horizon=2).measure(keyed(walks(3)))
    assert answer.frame.index.names == ["method", "unit", "period"]
    assert answer.frame.index.unique("period").tolist() == [2022, 2023]
    assert (answer.frame["ci_low"] <= answer.frame["estimate"]).all()
    assert (answer.frame["estimate"] <= answer.frame["ci_high"]).all()
    assert answer.series.index.names == ["unit", "period"]
    every_other = Forecast(horizon=2, origins=1).measure(keyed(walks(3, years=6), years=range(2010, 2022, 2)))
    assert every_other.frame.index.unique("period").tolist() == [2022, 2024]
    assert said(every_other, "2 steps of 2 years")


@settings(max_examples=20)
@given(arrays(float, (3, 9), elements=st.floats(0.05, 0.95)))
def test_rows_may_come_in_any_order_and_each_unit_stands_alone(y):
    series = keyed(y, years=range(2010, 2019))
    ask = Forecast(methods=(Naive(), Drift(), GM11()), horizon=2, origins=2)
    whole = ask.measure(series)
    shuffled = ask.measure(series.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(whole.frame, shuffled.frame)
    one = ask.measure(series.loc[["u0001"]])
    np.testing.assert_allclose(one.frame["estimate"], whole.frame.xs("u0001", level="unit")["estimate"], rtol=1e-12)


def test_the_mean_alone_or_places_by_name():
    series = keyed(walks(6, 0.01))
    whole = Forecast().measure(series)
    mean = Forecast(of="mean").measure(series)
    np.testing.assert_allclose(mean.frame.droplevel("unit")["estimate"], whole.mean["estimate"])
    assert mean.frame.index.unique("unit").tolist() == ["mean"]
    assert mean.errors["n"].unique().tolist() == [4]
    some = Forecast(of=("u0003", "u0001")).measure(series)
    assert some.frame.index.unique("unit").tolist() == ["u0003", "u0001"]
    own = Forecast(of="mean").measure(series.loc[["u0001", "u0003"]])
    pd.testing.assert_frame_equal(some.mean, own.mean)
    with pytest.raises(DataError, match="units to forecast are not in the series; found nowhere"):
        Forecast(of=("nowhere",)).measure(series)


def test_checks_and_translation_are_said():
    y = walks(5)
    y[0, 3] = 0.0
    with pytest.raises(NoAnswer, match=r"positive values; found 1 such values: u0000 in 2013: 0.*translate=\"least\""):
        Forecast().measure(keyed(y))
    assert Forecast(of="mean").measure(keyed(y)).checks.index.tolist() == [("gm11", "mean")]
    answer = Forecast(methods=(GM11(translate="least"),)).measure(keyed(y))
    checks = answer.checks.loc["gm11_least"]
    assert checks["ratios_pass"].all()
    assert (checks["constant"] > 0).tolist() == [True, False, False, False, False]
    assert said(answer, "was added to 1 series")
    y[0, 3] = 0.05
    assert said(Forecast().measure(keyed(y)), "1 fail the level ratio test")


def test_years_must_be_there_and_equally_apart():
    series = keyed(walks(3))
    with pytest.raises(DataError, match=r"same years of every unit; found none for u0001 in 2015"):
        Forecast().measure(series.drop(("u0001", 2015)))
    with pytest.raises(DataError, match="equal distances; found 2014 is followed by 2016"):
        Forecast().measure(series.drop(2015, level="period"))
    with pytest.raises(DataError, match="10 in all; found 6 years"):
        Forecast().measure(keyed(walks(3, years=6), years=range(2010, 2016)))
    with pytest.raises(DataError, match="missing values"):
        Forecast().measure(series.where(series.index.get_level_values("period") != 2012))
    with pytest.raises(NoAnswer, match=r"outside; found 36 such values"):
        Forecast().measure(series + 1)


def test_questions_that_make_no_sense_are_refused():
    for wrong, words in (
        ({"methods": ()}, "no method"),
        ({"methods": (Naive(), Naive())}, "method twice"),
        ({"horizon": 0}, "from 1 on"),
        ({"origins": 0}, "from 1 on"),
        ({"level": 1.0}, "between 0 and 1"),
        ({"of": "median"}, "not a choice"),
        ({"bounds": (1.0, 0.0)}, "must rise"),
    ):
        with pytest.raises(SpecError, match=words):
            replace(Forecast(), **wrong)


def test_good_grades_of_the_fit_do_not_make_a_good_forecast(counties, systems):
    """D of the shipped counties: GM(1,1) is graded good for 119 of 120, and errs twice as much as the last value."""
    index = {name: ek.CompositeIndex(system=one).fit(counties, on=slice(2016, 2020)) for name, one in systems.items()}
    d = ek.CouplingCoordination().measure(**{name: one.score(counties).series for name, one in index.items()}).series
    answer = Forecast().measure(d)
    assert (answer.checks["accuracy"] == 1).sum() == 119
    assert answer.best == "naive"
    assert answer.against_naive["gm11"] > 2


def test_rural_shares_of_developing_countries(real_data):
    """Steady declines of 81 countries, 2005–2022: GM(1,1) beats the last value, and the drift beats GM(1,1)."""
    wide = ek.datasets.load("wdi").frame["sp.rur.totl.zs"].unstack("period") / 100
    answer = Forecast().measure(wide.stack().rename("rural share"))
    against = answer.against_naive
    assert answer.best == "drift"
    assert against["drift"] < against["gm11"] < 1
    assert answer.errors.loc["naive", "n"].unique().tolist() == [81 * 4]


def test_an_interval_never_narrows_with_the_horizon():
    rng = np.random.default_rng(4)
    ahead = Forecast(methods=(Drift(), Naive()), horizon=4, origins=3).measure(keyed(0.5 + 0.02 * rng.standard_normal((3, 12))))
    for frame in (ahead.frame, ahead.mean):
        wide = (frame["ci_high"] - frame["ci_low"]).unstack("period")
        assert (wide.diff(axis=1).iloc[:, 1:] >= -1e-12).all(axis=None)


class Restless(Drift):
    """Drift, every fit of which says that it did not converge."""

    key = "restless"

    def forecast(self, y, horizon):
        path = Drift.forecast(self, y, horizon)
        return replace(path, fits=len(y), unsettled=len(y))


def test_a_method_that_does_not_converge_is_not_chosen():
    y = keyed(0.3 + 0.02 * np.arange(12) + 0.001 * np.random.default_rng(1).standard_normal((4, 12)))
    ahead = Forecast(methods=(Restless(), Naive()), horizon=2, origins=3).measure(y)
    assert ahead.against_naive["restless"] < 0.5
    assert (ahead.best, ahead.unsettled) == ("naive", ("restless",))
    assert said(ahead, "not the method of choice")


def test_the_mean_is_of_the_places_that_were_asked_for():
    y = keyed(walks(4))
    ahead = Forecast(methods=(Drift(),), of=("u0001", "u0003"), horizon=2, origins=3).measure(y)
    own = y.loc[["u0001", "u0003"]].groupby("period").mean()
    np.testing.assert_allclose(ahead.mean_history, own)
    assert "mean of the 2 places asked for" in ek.prose(ahead, lang="en")
