"""Logistic curves against scikit-learn and known sums, one at a time and many at once."""

import numpy as np
import pytest

from evalkit.stats.logistic import expit, logistic, logit


@pytest.fixture
def sample():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(2, 400))
    y = (rng.random(400) < expit(-1 + 0.8 * x[0] - 0.5 * x[1])).astype(float)
    return np.stack([np.ones(400), *x]), y, rng.uniform(0.5, 3, 400)


def test_scikit_learn_finds_the_same_coefficients(sample):
    linear = pytest.importorskip("sklearn.linear_model")
    columns, y, w = sample
    peer = linear.LogisticRegression(C=np.inf, tol=1e-12, max_iter=1000, solver="newton-cholesky").fit(columns[1:].T, y, w)
    np.testing.assert_allclose(logistic(columns, y, w), [peer.intercept_[0], *peer.coef_[0]], atol=1e-8)


def test_the_gradient_is_zero(sample):
    columns, y, w = sample
    left = (w * (y - expit(logistic(columns, y, w) @ columns)) * columns).sum(axis=1)
    np.testing.assert_allclose(left, 0, atol=1e-9)


def test_many_weights_at_once_are_as_one_at_a_time(sample):
    columns, y, w = sample
    many = np.random.default_rng(1).integers(0, 4, size=(6, 400)) * w
    np.testing.assert_allclose(logistic(columns, y, many), [logistic(columns, y, line) for line in many], atol=1e-10)
    offset = logit(np.full(400, 0.2))
    alone = logistic(columns[:1], y, many, offset=offset)[:, 0]
    share = (many * y).sum(axis=1) / many.sum(axis=1)
    np.testing.assert_allclose(alone, logit(share) - logit(np.array(0.2)), atol=1e-9)


def test_where_there_is_no_maximum_there_is_no_figure():
    one = np.ones(4)
    x, y = np.array([-2.0, -1.0, 1.0, 2.0]), np.array([0.0, 0.0, 1.0, 1.0])
    assert np.isnan(logistic(np.stack([one, x]), y, one)).all()
    assert np.isnan(logistic(np.stack([one, 3 * one]), np.array([0.0, 1.0, 0.0, 1.0]), one)).all()
    assert np.isnan(logistic(one[None], one, one)).all()


def test_far_logits_do_not_run_away():
    x = np.array([-25.0, -20.0, 0.0, 20.0, 25.0, -22.0, 22.0])
    y = np.array([0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0])
    found = logistic(np.stack([np.ones(7), x]), y, np.ones(7), start=np.array([0.0, 1.0]))
    left = ((y - expit(found[0] + found[1] * x)) * np.stack([np.ones(7), x])).sum(axis=1)
    np.testing.assert_allclose(left, 0, atol=1e-8)
