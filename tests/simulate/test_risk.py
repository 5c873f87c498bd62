"""The true risk is what it says: it calibrates to outcomes, is as sharp as theory says, and nothing known does better."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm, rankdata

from evalkit.simulate import HouseholdSimulation, IncomeProcess, PlaceModel, ShockModel, expected_auc, true_risk
from evalkit.simulate.incomes import knowledge


def next_year(people):
    """Risk, outcome of the next year, poverty now and village, homes by origin."""
    years = len(people.spec.periods)
    risk = people.truth["true_risk"].to_numpy().reshape(-1, years)[:, :-1]
    poor = people.frame["poor"].to_numpy().reshape(-1, years)
    return risk, poor[:, 1:], poor[:, :-1]


def auc(score, hit):
    ranks, many = rankdata(score), hit.sum()
    return (ranks[hit].sum() - many * (many + 1) / 2) / (many * (~hit).sum())


def test_without_shared_shocks_every_tenth_of_risk_is_within_binomial_error(still):
    risk, fell, _ = next_year(still)
    for origin in range(risk.shape[1]):
        tenth = pd.qcut(risk[:, origin], 10, labels=False)
        for at in range(10):
            p, y = risk[tenth == at, origin], fell[tenth == at, origin]
            assert abs(y.sum() - p.sum()) < 4 * np.sqrt((p * (1 - p)).sum()), (origin, at)


def test_calibration_in_the_large_chi_square(still):
    """Sum over 5 origins × 20 bins of squared standardized differences: a chi-square of 100 degrees of freedom."""
    risk, fell, _ = next_year(still)
    total = 0.0
    for origin in range(risk.shape[1]):
        p, y = risk[:, origin], fell[:, origin]
        bins = pd.qcut(p, 20, labels=False)
        gap = np.bincount(bins, y - p)
        total += (gap**2 / np.bincount(bins, p * (1 - p))).sum()
    assert abs(total - 100) < 4 * np.sqrt(200)


def test_with_shared_shocks_tenths_calibrate_within_errors_clustered_by_village(people):
    risk, fell, _ = next_year(people)
    village = people.homes["village"].cat.codes.to_numpy()
    for origin in range(risk.shape[1]):
        tenth = pd.qcut(risk[:, origin], 10, labels=False)
        gap = fell[:, origin] - risk[:, origin]
        for at in range(10):
            by_village, p = np.bincount(village[tenth == at], gap[tenth == at]), risk[tenth == at, origin]
            variance = max((by_village**2).sum(), (p * (1 - p)).sum())  # what is shared only adds to the binomial error
            assert abs(by_village.sum()) < 4 * np.sqrt(variance), (origin, at)


@pytest.mark.parametrize("column", ["formerly_poor", "resettled", "head_female", "off_farm"])
def test_it_calibrates_in_every_group_of_homes(still, column):
    risk, fell, _ = next_year(still)
    group = still.homes[column].to_numpy()
    p, y = risk[group], fell[group]
    assert abs(y.sum() - p.sum()) < 4 * np.sqrt((p * (1 - p)).sum())


@pytest.mark.parametrize("column", ["poor", "illness", "job_loss", "granted", "enrolled", "treated", "unsafe_dwelling"])
def test_it_calibrates_given_what_is_known_at_the_origin(still, column):
    risk, fell, _ = next_year(still)
    known = still.frame[column].to_numpy().reshape(fell.shape[0], -1)[:, :-1]
    p, y = risk[known], fell[known]
    assert len(p) > 500
    assert abs(y.sum() - p.sum()) < 4 * np.sqrt((p * (1 - p)).sum())


def test_history_adds_nothing_to_it(still):
    """Those poor a year before fall as often as the risk says: the filter has taken the past in."""
    risk, fell, poor = next_year(still)
    returned = poor[:, 1:-1] & ~poor[:, 2:]
    p, y = risk[:, 2:][returned], fell[:, 2:][returned]
    assert abs(y.sum() - p.sum()) < 4 * np.sqrt((p * (1 - p)).sum())


def test_auc_is_what_theory_says(still):
    risk, fell, poor = next_year(still)
    for origin in range(risk.shape[1]):
        inside = ~poor[:, origin]
        p, y = risk[inside, origin], fell[inside, origin]
        theory = expected_auc(p)
        assert auc(p, y) == pytest.approx(theory, abs=4 * np.sqrt(theory * (1 - theory) / y.sum()))


def test_no_part_of_what_is_known_does_better(people):
    risk, fell, poor = next_year(people)
    rule = -np.log((people.frame["income_pc"] / people.frame["line"]).to_numpy().reshape(len(fell), -1)[:, :-1])
    inside = ~poor
    assert auc(risk[inside], fell[inside]) > auc(rule[inside], fell[inside]) + 0.02


def test_expected_auc_by_pairs():
    risk = np.random.default_rng(0).beta(1, 6, 300).round(2)
    greater = (risk[:, None] > risk) + 0.5 * (risk[:, None] == risk)
    pairs = risk[:, None] * (1 - risk)
    assert expected_auc(risk) == pytest.approx((pairs * greater).sum() / pairs.sum(), rel=1e-12)


def test_true_risk_against_integration_over_the_normal():
    """Two kinds of shock, by numerical integration over the year's income and the law of total probability."""
    chances, effects = np.array([[0.2], [0.05]]), np.array([0.3, 0.8])

    def below(mean: float) -> float:
        return quad(lambda x: norm.pdf(x, mean, 0.4), -20, np.log(0.7), epsabs=1e-13)[0]

    wanted = sum(
        (0.2 if one else 0.8) * (0.05 if two else 0.95) * below(0.1 - 0.3 * one - 0.8 * two) for one in (0, 1) for two in (0, 1)
    )
    assert true_risk(np.array([0.7]), np.array([0.1]), 0.4, chances, effects)[0] == pytest.approx(wanted, abs=1e-10)


@given(room=st.floats(0.01, 10), mean=st.floats(-3, 3), sd=st.floats(0.05, 2), chance=st.floats(0, 1), effect=st.floats(0, 2))
def test_true_risk_is_a_chance_and_falls_with_income(room, mean, sd, chance, effect):
    def risk(mean: float, effect: float) -> float:
        return float(true_risk(np.array([room]), np.array([mean]), sd, np.array([[chance]]), np.array([effect]))[0])

    assert 0 <= risk(mean, effect) <= 1
    assert risk(mean + 0.5, effect) <= risk(mean, effect) + 1e-12
    assert risk(mean, effect + 0.5) >= risk(mean, effect) - 1e-12


def test_transfers_that_reach_the_line_leave_no_risk_and_no_spread_is_the_limit():
    one, none = np.array([1.0]), np.zeros((1, 2))
    assert true_risk(np.array([-1.0, 0.0]), np.zeros(2), 0.3, none, one).tolist() == [0, 0]
    assert true_risk(np.array([1.1, 0.9]), np.zeros(2), 0.0, none, one).round(9).tolist() == [1, 0]


def test_the_filter_is_the_regression_on_all_past_years():
    """Gains of `knowledge` give the same forecast as the joint normal of five years, solved outright."""
    memory, lasting, passing = 0.8, 0.5, 0.3
    gaps = np.abs(np.subtract.outer(np.arange(6), np.arange(6)))
    cov = lasting**2 * memory**gaps
    seen = cov[:5, :5] + passing**2 * np.eye(5)
    weights = np.linalg.solve(seen, cov[:5, 5])
    left = lasting**2 - cov[5, :5] @ weights
    known, filtered = knowledge(memory, lasting, passing, 6), np.zeros(5)
    for year in range(5):
        filtered = memory * filtered * (1 - known.gain[year]) if year else filtered
        filtered[year] = known.gain[year]
    assert memory * filtered == pytest.approx(weights, abs=1e-12)
    assert known.before[5] == pytest.approx(left, abs=1e-12)


def test_without_lasting_parts_and_shocks_risk_is_that_of_the_covariates():
    quiet = HouseholdSimulation(
        households=500,
        villages=5,
        counties=1,
        process=IncomeProcess(lasting_sd=0.0, passing_sd=0.4),
        shocks=ShockModel(illness=0, accident=0, job_loss=0),
        place_model=PlaceModel(weather_sd=0.0, disaster=0.0),
        periods=(2020, 2021),
    ).draw()
    assert quiet.truth["scar"].abs().max() == 0
    # market income of next year without its passing part
    after = quiet.truth.xs(2021, level="period")
    middle = np.log(after["market_pc"]) - after["passing"]
    now, later = quiet.frame.xs(2020, level="period"), quiet.frame.xs(2021, level="period")
    sure = (later["transfer"] / later["members"] / later["price"]).to_numpy()
    room = (later["line"] / later["price"]).to_numpy() - sure
    wanted = np.where(room > 0, norm.cdf((np.log(np.maximum(room, 1e-9)) - middle) / 0.4), 0.0)
    assert quiet.truth.xs(2020, level="period")["true_risk"].to_numpy() == pytest.approx(wanted, abs=1e-4)
    assert len(now) == 500
