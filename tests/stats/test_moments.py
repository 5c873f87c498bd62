"""Moments of columns in pieces."""

import numpy as np

from evalkit.stats.arrays import pieces
from evalkit.stats.moments import comoments, skewness


def test_skewness_in_pieces_is_the_definition():
    x = np.random.default_rng(5).beta(2, 8, 20_000)
    centered = x - x.mean()
    expected = (centered**3).mean() / (centered**2).mean() ** 1.5
    np.testing.assert_allclose(skewness(x[rows] for rows in pieces(len(x))), expected, rtol=1e-9)


def test_a_column_that_does_not_vary_has_no_skewness():
    assert np.isnan(skewness([np.full(10, 0.3)]))


def test_covariances_in_pieces_are_those_of_numpy():
    x = np.random.default_rng(6).gamma(2.0, 1.0, (3, 20_000))
    x[1] += 1e6
    mean, covariance = comoments(x[:, rows].copy() for rows in pieces(x.shape[1]))
    np.testing.assert_allclose(mean, x.mean(axis=1), rtol=1e-12)
    np.testing.assert_allclose(covariance, np.cov(x, ddof=0), rtol=1e-9, atol=1e-12)


def test_a_column_that_does_not_vary_has_variance_zero_to_the_bit():
    blocks = [np.array([[0.3, 0.3], [1.0, 2.0]]), np.array([[0.3], [7.0]])]
    assert comoments(blocks)[1][0].tolist() == [0.0, 0.0]
