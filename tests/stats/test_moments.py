"""Moments of columns in pieces."""

import numpy as np

from evalkit.stats.arrays import pieces
from evalkit.stats.moments import skewness


def test_skewness_in_pieces_is_the_definition():
    x = np.random.default_rng(5).beta(2, 8, 20_000)
    centered = x - x.mean()
    expected = (centered**3).mean() / (centered**2).mean() ** 1.5
    np.testing.assert_allclose(skewness(x[rows] for rows in pieces(len(x))), expected, rtol=1e-9)


def test_a_column_that_does_not_vary_has_no_skewness():
    assert np.isnan(skewness([np.full(10, 0.3)]))
