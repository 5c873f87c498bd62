"""Measures of a risk: scikit-learn's metrics as peers, printed examples, and what must hold."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evalkit.risk.scoring.measures import (
    auc,
    average_precision,
    brier,
    calibration_line,
    expected_calibration_error,
    log_loss,
    mass_bins,
)
from evalkit.stats.logistic import expit, logit

risks = arrays(float, 20, elements=st.floats(0.01, 0.99).map(lambda x: round(x, 2)))
marks = arrays(float, 20, elements=st.sampled_from([0.0, 1.0]))
weights = arrays(float, 20, elements=st.floats(0.1, 5))


def both(y):
    return 0 < y.sum() < len(y)


@pytest.mark.parametrize("ties", [False, True])
def test_scikit_learn_has_the_same_figures(ties):
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(7)
    p = rng.beta(1, 5, 3000)
    p = p.round(2) if ties else p
    y, w = (rng.random(3000) < p).astype(float), rng.uniform(0.2, 9, 3000)
    np.testing.assert_allclose(auc(p, y, w), metrics.roc_auc_score(y, p, sample_weight=w), atol=1e-12)
    np.testing.assert_allclose(average_precision(p, y, w), metrics.average_precision_score(y, p, sample_weight=w), atol=1e-12)
    np.testing.assert_allclose(brier(p, y, w), metrics.brier_score_loss(y, p, sample_weight=w), atol=1e-12)
    np.testing.assert_allclose(log_loss(p, y, w), metrics.log_loss(y, p, sample_weight=w), atol=1e-12)


def test_documentation_of_scikit_learn():
    """Brier score .0375; area .75 and average precision .83 of four scores, as the documentation of scikit-learn prints them."""
    assert brier(np.array([0.1, 0.9, 0.8, 0.3]), np.array([0.0, 1, 1, 0]), np.ones(4)) == pytest.approx(0.0375, abs=1e-12)
    y, s = np.array([0.0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8])
    assert auc(s, y, np.ones(4)) == 0.75
    assert round(average_precision(s, y, np.ones(4)), 2) == 0.83


@given(risks, marks, weights)
def test_only_the_order_of_risks_counts_for_ranking(p, y, w):
    assume(both(y))
    for measure in (auc, average_precision):
        assert measure(p, y, w) == pytest.approx(measure(np.exp(3 * p) - 7, y, w), abs=1e-12)


@given(risks, marks, weights, st.floats(0.1, 50))
def test_the_scale_of_weights_and_replication_change_nothing(p, y, w, factor):
    assume(both(y))
    for measure in (auc, average_precision, brier, log_loss, expected_calibration_error):
        once = measure(p, y, w)
        assert measure(p, y, w * factor) == pytest.approx(once, abs=1e-9)
        assert measure(np.tile(p, 2), np.tile(y, 2), np.tile(w, 2)) == pytest.approx(once, abs=1e-9)


@given(risks, marks, weights)
def test_a_weight_is_as_many_rows(p, y, w):
    assume(both(y))
    n = np.ceil(w).astype(int)
    long = np.repeat(np.arange(20), n)
    for measure in (auc, average_precision, brier, log_loss, expected_calibration_error):
        assert measure(p, y, n.astype(float)) == pytest.approx(measure(p[long], y[long], np.ones(len(long))), abs=1e-10)


def test_the_line_of_a_risk_that_was_bent_is_found():
    """Where logit P(y) = 0.4 + 0.7 logit p exactly, slope .7; the intercept makes the mean right."""
    p = np.repeat(np.linspace(0.02, 0.9, 30), 2)
    truth = expit(0.4 + 0.7 * logit(p))
    y = np.tile([1.0, 0.0], 30)
    w = np.where(y == 1, truth, 1 - truth)
    level, slope = calibration_line(p, y, w)
    assert slope == pytest.approx(0.7, abs=1e-9)
    assert (w * (y - expit(level + logit(p)))).sum() == pytest.approx(0, abs=1e-9)


def test_calibrated_risks_have_intercept_0_slope_1_and_no_error():
    p = np.repeat([0.1, 0.3, 0.6], 2)
    y = np.tile([1.0, 0.0], 3)
    w = np.where(y == 1, p, 1 - p)
    np.testing.assert_allclose(calibration_line(p, y, w), [0, 1], atol=1e-10)
    assert expected_calibration_error(p, y, w, bins=3) == pytest.approx(0, abs=1e-12)


def test_ece_by_hand():
    """Naeini et al.: two bins of half the rows each, .3 said and .5 seen, .8 said and .5 seen: (.2 + .3)/2."""
    p, y = np.array([0.3, 0.3, 0.8, 0.8]), np.array([0.0, 1.0, 0.0, 1.0])
    assert expected_calibration_error(p, y, np.ones(4), bins=2) == pytest.approx(0.25, abs=1e-12)


@given(risks, weights, st.integers(2, 10))
def test_bins_keep_equal_risks_together_and_rise(p, w, bins):
    at = mass_bins(p, w, bins)
    assert at.min() >= 0
    assert at.max() < bins
    assert (np.diff(at[np.argsort(p, kind="stable")]) >= 0).all()
    assert all(len(np.unique(at[p == x])) == 1 for x in np.unique(p))


def test_bins_of_different_risks_hold_like_weight():
    assert np.bincount(mass_bins(np.random.default_rng(0).random(1000), np.ones(1000), 10)).tolist() == [100] * 10
