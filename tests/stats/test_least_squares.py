"""Least squares held against certified values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.stats.least_squares import dependent_columns, least_squares

LONGLEY = np.array(
    [
        [60323, 83.0, 234289, 2356, 1590, 107608, 1947],
        [61122, 88.5, 259426, 2325, 1456, 108632, 1948],
        [60171, 88.2, 258054, 3682, 1616, 109773, 1949],
        [61187, 89.5, 284599, 3351, 1650, 110929, 1950],
        [63221, 96.2, 328975, 2099, 3099, 112075, 1951],
        [63639, 98.1, 346999, 1932, 3594, 113270, 1952],
        [64989, 99.0, 365385, 1870, 3547, 115094, 1953],
        [63761, 100.0, 363112, 3578, 3350, 116219, 1954],
        [66019, 101.2, 397469, 2904, 3048, 117388, 1955],
        [67857, 104.6, 419180, 2822, 2857, 118734, 1956],
        [68169, 108.4, 442769, 2936, 2798, 120445, 1957],
        [66513, 110.8, 444546, 4681, 2637, 121950, 1958],
        [68655, 112.6, 482704, 3813, 2552, 123366, 1959],
        [69564, 114.2, 502601, 3931, 2514, 125368, 1960],
        [69331, 115.7, 518173, 4806, 2572, 127852, 1961],
        [70551, 116.9, 554894, 4007, 2827, 130081, 1962],
    ]
)


def test_longley_of_nist():
    """NIST StRD, Longley: certified coefficients and standard errors, to 11 digits."""
    X = np.column_stack([np.ones(16), LONGLEY[:, 1:]])
    found = least_squares(X, LONGLEY[:, 0], np.ones(16))
    certified = [-3482258.63459582, 15.0618722713733, -0.0358191792925910, -2.02022980381683, -1.03322686717359]
    certified += [-0.0511041056535807, 1829.15146461355]
    errors = [890420.383607373, 84.9149257747669, 0.0334910077722432, 0.488399681651699, 0.214274163161675]
    errors += [0.226073200069370, 455.478499142212]
    np.testing.assert_allclose(found.coefficients, certified, rtol=1e-11)
    variance = found.residuals @ found.residuals / 9
    np.testing.assert_allclose(np.sqrt(variance * np.diag(found.inverse)), errors, rtol=1e-11)


@pytest.mark.parametrize("truth", [np.ones(6), 10.0 ** -np.arange(6)])
def test_wampler_of_nist(truth):
    """NIST StRD, Wampler1 and Wampler2: a polynomial of fifth degree in 0 … 20 without error."""
    X = np.vander(np.arange(21.0), 6, increasing=True)
    np.testing.assert_allclose(least_squares(X, X @ truth, np.ones(21)).coefficients, truth, rtol=1e-10)


@given(st.integers(0, 10**6), st.floats(-9, 9))
def test_weights_count_rows_and_scale_does_not_matter(seed, power):
    rng = np.random.default_rng(seed)
    X, y, w = np.column_stack([np.ones(12), rng.normal(size=(12, 2))]), rng.normal(size=12), rng.integers(1, 4, 12)
    found = least_squares(X, y, w.astype(float))
    rows = np.repeat(np.arange(12), w)
    np.testing.assert_allclose(least_squares(X[rows], y[rows], np.ones(len(rows))).coefficients, found.coefficients, atol=1e-9)
    scaled = least_squares(X * [1, 10.0**power, 1], y, w.astype(float)).coefficients
    np.testing.assert_allclose(scaled * [1, 10.0**power, 1], found.coefficients, rtol=1e-7, atol=1e-9)


def test_columns_that_say_the_same_are_named():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 30))
    X = np.column_stack([np.ones(30), a, 1e9 * (1 + a), b, a - 3 * b + 2, np.zeros(30)])
    assert dependent_columns(X, np.ones(30)).tolist() == [2, 4, 5]
    assert dependent_columns(X[:, [0, 1, 3]], np.ones(30)).tolist() == []
    inside = (np.arange(30) < 2).astype(float)
    assert dependent_columns(X[:, [0, 1, 3]], inside).tolist() == [2]
