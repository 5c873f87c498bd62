"""The complementary log–log regression: printed fits, a peer, and recovery of a known truth."""

import numpy as np
import pytest

from evalkit.errors import NoAnswer
from evalkit.stats.cloglog import event_chance, event_rates
from evalkit.stats.feasible import mean_and_variance


def grouped(columns, events, homes):
    """Rows of events and of none, weighted by how many there are."""
    X = np.column_stack([np.ones(len(events)), *columns])
    return np.vstack([X, X]), np.repeat([1.0, 0.0], len(events)), np.concatenate([events, homes - events])


def test_beetles_of_bliss():
    """Dobson (2002), An Introduction to Generalized Linear Models, table 7.4: −39.572 and 22.041."""
    dose = np.array([1.6907, 1.7242, 1.7552, 1.7842, 1.8113, 1.8369, 1.8610, 1.8839])
    dead, n = np.array([6.0, 13, 18, 28, 52, 53, 61, 60]), np.array([59.0, 60, 62, 56, 63, 59, 62, 60])
    found = event_rates(*grouped([dose], dead, n))
    assert found.coefficients.round(3).tolist() == [-39.572, 22.041]
    fitted = n * event_chance(np.column_stack([np.ones(8), dose]) @ found.coefficients)
    assert fitted.round(2).tolist() == [5.59, 11.28, 20.95, 30.37, 47.78, 54.14, 61.11, 59.95]


def test_insects_of_bliss():
    """Faraway, Extending the Linear Model with R, chapter 2 (data bliss): fitted chances of the cloglog link."""
    dead, alive = np.array([2.0, 8, 15, 23, 27]), np.array([28.0, 22, 15, 7, 3])
    found = event_rates(*grouped([np.arange(5.0)], dead, dead + alive))
    fitted = event_chance(np.column_stack([np.ones(5), np.arange(5.0)]) @ found.coefficients)
    np.testing.assert_allclose(fitted, [0.1272700, 0.2496909, 0.4545910, 0.7217655, 0.9327715], atol=5e-7)


def test_infection_rates_of_sas():
    """SAS/STAT, PROC LOGISTIC, complementary log-log model for infection rates: log u −4.6605 (0.0725), offset log age."""
    age = np.array([1.5, 4, 7.5, 12.5, 17.5, 25, 35, 47, 60])
    n, r = np.array([123.0, 132, 182, 140, 138, 161, 133, 92, 74]), np.array([8.0, 6, 18, 14, 20, 39, 19, 25, 44])
    found = event_rates(*grouped([], r, n), offset=np.tile(np.log(age), 2))
    assert round(found.coefficients[0], 4) == -4.6605
    assert round(float(np.sqrt(found.inverse[0, 0])), 4) == 0.0725


def test_peer_statsmodels():
    sm = pytest.importorskip("statsmodels.api")
    rng = np.random.default_rng(3)
    X = np.column_stack([np.ones(800), rng.normal(size=(800, 2)) * [1, 1000.0]])
    y = (rng.random(800) < event_chance(X @ [-1.5, 0.5, 0.0005])).astype(float)
    w = rng.integers(1, 4, 800).astype(float)
    found = event_rates(X, y, w)
    peer = sm.GLM(y, X, family=sm.families.Binomial(link=sm.families.links.CLogLog()), freq_weights=w).fit(tol=1e-13)
    np.testing.assert_allclose(found.coefficients, peer.params, rtol=1e-7)
    assert found.log_likelihood == pytest.approx(peer.llf, rel=1e-10)
    np.testing.assert_allclose(np.sqrt(np.diag(found.inverse)), peer.bse, rtol=1e-6)


def test_intervals_cover_a_known_truth():
    """1,000 samples: Wald intervals of the coefficients cover in 93 to 97 % of them."""
    rng, truth, hits = np.random.default_rng(5), np.array([-1.0, 0.6]), []
    for _ in range(1000):
        X = np.column_stack([np.ones(300), rng.normal(size=300)])
        y = (rng.random(300) < event_chance(X @ truth)).astype(float)
        found = event_rates(X, y, np.ones(300))
        hits.append(np.abs(found.coefficients - truth) <= 1.96 * np.sqrt((found.influence**2).sum(axis=1)))
    assert ((np.mean(hits, axis=0) >= 0.93) & (np.mean(hits, axis=0) <= 0.97)).all()


@pytest.mark.parametrize("events", [[0, 1, 0, 0, 0, 0], [1, 0, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1]])
def test_what_has_no_maximum_is_said(events):
    X = np.column_stack([np.ones(6), [0, 0, 0, 1, 1, 1]])
    with pytest.raises(NoAnswer, match="without error"):
        event_rates(X, np.array(events, dtype=float), np.ones(6))


# Mean and variance


def test_mean_and_variance_by_ordinary_steps():
    """The three steps of Chaudhuri, Jalan & Suryahadi (2002), written out with another solver."""
    rng = np.random.default_rng(4)
    X = np.column_stack([np.ones(400), rng.uniform(0, 2, 400)])
    y, w = X @ [1.0, 0.5] + rng.normal(size=400) * np.sqrt(X @ [0.5, 0.5]), rng.uniform(1, 3, 400)

    def solve(A, b, by):
        root = np.sqrt(by)[:, None]
        return np.linalg.lstsq(A * root, b * root[:, 0], rcond=None)[0]

    e2 = (y - X @ solve(X, y, w)) ** 2
    rough = X @ solve(X, e2, w)
    assert rough.min() > 0
    theta = solve(X / rough[:, None], e2 / rough, w)
    sigma = np.sqrt(X @ theta)
    beta = solve(X / sigma[:, None], y / sigma, w)
    found = mean_and_variance(X, y, w, 0.01)
    np.testing.assert_allclose(found.mean, beta, rtol=1e-10)
    np.testing.assert_allclose(found.variance, theta, rtol=1e-10)
    assert not found.raised.any()


def test_intervals_of_mean_and_variance_cover():
    """1,000 samples of mean and variance linear in X: intervals cover in 93 to 97 %; those of the variance in 90 at least."""
    rng, beta, theta, hits = np.random.default_rng(6), np.array([1.0, 0.5]), np.array([0.3, 0.4]), []
    for _ in range(1000):
        X = np.column_stack([np.ones(600), rng.uniform(0, 2, 600)])
        y = X @ beta + rng.normal(size=600) * np.sqrt(X @ theta)
        found = mean_and_variance(X, y, np.ones(600), 0.05)
        for estimate, influence, truth in (
            (found.mean, found.mean_influence, beta),
            (found.variance, found.variance_influence, theta),
        ):
            hits.append(np.abs(estimate - truth) <= 1.96 * np.sqrt((influence**2).sum(axis=1)))
    covered = np.mean(np.array(hits).reshape(1000, 2, 2), axis=0)
    assert ((covered[0] >= 0.93) & (covered[0] <= 0.97)).all()
    assert ((covered[1] >= 0.90) & (covered[1] <= 0.97)).all()


def test_a_negative_variance_is_raised_and_counted():
    X = np.column_stack([np.ones(60), np.r_[np.zeros(30), np.full(29, 1.0), 3.0]])
    y = np.r_[np.tile([-1.0, 1.0], 15), np.tile([-0.1, 0.1], 15)]
    found = mean_and_variance(X, y, np.ones(60), 0.2)
    assert found.raised.sum() >= 1
    assert found.floor == pytest.approx(0.2 * np.mean((y - X @ np.linalg.lstsq(X, y, rcond=None)[0]) ** 2))
