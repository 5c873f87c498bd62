"""Forecasts and metacoupling on paper, in both languages."""

import re

import numpy as np
import pandas as pd
import pytest

import evalkit as ek
import evalkit.report.coupling.forecast
import evalkit.report.coupling.metacoupling
from evalkit.coupling.forecast.baselines import Drift
from evalkit.coupling.forecast.forecast import Forecast
from evalkit.coupling.forecast.grey import GM11
from evalkit.coupling.metacoupling import Metacoupling

UNITS = [f"u{i:02d}" for i in range(30)]
KEY = pd.MultiIndex.from_product([UNITS, range(2010, 2022)], names=["unit", "period"])
FEW_LATIN = re.compile(r"GM\(1,1\)|MAE|[A-Za-z]+\d+|\bD\b|[()\d.,:%+−–—-]")


@pytest.fixture(scope="module")
def ahead():
    steps = np.random.default_rng(2).normal(0.012, 0.01, (30, 12))
    return Forecast(methods=(GM11(), Drift())).measure(pd.Series((0.4 + steps.cumsum(axis=1)).ravel(), KEY, name="D"))


@pytest.fixture(scope="module")
def meta():
    u = np.random.default_rng(3).uniform(0.2, 0.9, (2, len(KEY)))
    ring = pd.DataFrame(np.eye(30, k=1) + np.eye(30, k=-1), UNITS, UNITS)
    ring.loc["u00"] = 0.0
    return Metacoupling(neighbors=ring, distant=ring @ ring).measure(kept=pd.Series(u[0], KEY), rise=pd.Series(u[1], KEY))


def test_tables_of_a_forecast_hold_what_was_measured(ahead):
    errors = ek.table(ahead, "forecast_errors", lang="en")
    assert errors["MAE"].tolist() == ahead.errors["MAE"].tolist()
    assert errors.columns.tolist()[6] == "MAE over naive"
    mean = ek.table(ahead, lang="en")
    assert len(mean) == 12 + 3 * 3
    assert mean["Value"].iloc[:12].tolist() == ahead.mean_history.tolist()
    checks = ek.table(ahead, "grey_checks", lang="en")
    assert len(checks) == 30
    assert checks["Accuracy"].str.match(r"[1-4] ").all()
    places = ek.table(ahead, "forecast_places", lang="en")
    assert places["2024 forecast"].is_monotonic_decreasing
    assert set(places["2024 forecast"]) == set(ahead.series.xs(2024, level="period"))


def test_the_mean_alone_has_no_table_of_places(ahead):
    alone = Forecast(of="mean", methods=(Drift(),)).measure(ahead.history.rename("D"))
    kinds = [table.key for table in ek.report.verbs.tables(alone, ek.report.words.Voice("en"))]
    assert kinds == ["forecast_mean", "forecast_errors"]


def test_a_forecast_in_words(ahead):
    english, chinese = ek.prose(ahead, lang="en"), ek.prose(ahead)
    assert "in 2021" in english
    assert "beat the naive forecast" in english
    assert "朴素法" in chinese
    assert not re.search("[A-Za-z]", FEW_LATIN.sub("", chinese))
    assert not re.search("[一-鿿]", english)


def test_a_method_that_does_not_beat_the_naive_one_is_said_in_words():
    still = 0.5 + np.random.default_rng(4).normal(0, 0.01, (30, 12)).cumsum(axis=1)
    answer = Forecast().measure(pd.Series(still.ravel(), KEY, name="D"))
    assert "None of the 2 methods beats the naive forecast" in ek.prose(answer, lang="en")
    assert "2 种方法在回测中都没有超过朴素法" in ek.prose(answer)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_figures_are_drawn_from_their_tables(ahead, meta, lang):
    fan = ek.figure(ahead, "forecast_fan", lang=lang).axes[0]
    assert fan.lines[0].get_ydata().tolist() == ahead.mean_history.tolist()
    assert fan.lines[1].get_ydata()[1:].tolist() == ahead.mean.loc["naive", "estimate"].tolist()
    errors = ek.figure(ahead, "forecast_errors", lang=lang).axes[0]
    assert len(errors.lines) == 3
    trend = ek.figure(meta, "metacoupling_trend", lang=lang).axes[0]
    assert trend.lines[1].get_ydata()[0] == pytest.approx(ek.table(meta, lang="en")["D with neighbors"].iloc[0])
    assert len(ek.figure(meta, "metacoupling_places", lang=lang).axes[0].collections) == 2


def test_metacoupling_on_paper(meta):
    table = ek.table(meta, "metacoupling_places", lang="en")
    assert len(table) == 30
    assert table["D with neighbors"].isna().sum() == 1
    english, chinese = ek.prose(meta, lang="en"), ek.prose(meta)
    assert "29 places" in english
    assert not re.search("[一-鿿]", english)
    assert not re.search("[A-Za-z]", FEW_LATIN.sub("", chinese))
    for note in meta.notes:
        assert not re.search("[一-鿿]", note.text.en)
