"""GM(1,1): textbook examples at their printed precision, identities, and its checks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evalkit.coupling.forecast.grey import (
    GM11,
    accuracy_class,
    grey_parameters,
    grey_path,
    least_constant,
    level_ratio_limits,
    posterior_error,
    reach_class,
)
from evalkit.errors import NoAnswer, SpecError

NOISE = np.array([[71.1, 72.4, 72.4, 72.1, 71.4, 72.0, 71.6]])
POSITIVE = arrays(float, (3, 7), elements=st.floats(0.05, 1))


def ratios(x):
    return x[:, :-1] / x[:, 1:]


def test_noise_levels_of_a_northern_city():
    """Road traffic noise 1986–1992, the worked example of Si Shoukui, 数学建模算法与应用: level ratios, limits, a and b."""
    assert ratios(NOISE).round(4).tolist() == [[0.9820, 1.0000, 1.0042, 1.0098, 0.9917, 1.0056]]
    assert np.round(level_ratio_limits(7), 4).tolist() == [0.7788, 1.2840]
    a, b = grey_parameters(NOISE)
    assert a.round(4).tolist() == [0.0023]
    assert b.round(4).tolist() == [72.6573]
    assert GM11().check(NOISE)["ratios_pass"].tolist() == [True]


def test_township_enterprises_of_changge():
    """Output 1983–1986, buffered, the worked example printed at xueke.org/wenku/42327: its S1, deviations, C and P.

    Its mean relative error, 0.068 %, counts the first value, met by construction; here it is left out.
    """
    x = np.array([[27260.0, 29547.0, 32411.0, 35388.0]])
    fitted, _, _ = grey_path(x, 0)
    residual = (x - fitted)[0]
    assert x.mean() == 31151.5
    assert x.var() == 9313116.25
    assert round(x.std(), 2) == 3051.74
    assert np.abs(residual - residual.mean()).round().tolist() == [19, 25, 56, 12]
    c, p = posterior_error(x, fitted)
    assert c.round(3).tolist() == [0.011]
    assert p.tolist() == [1]
    check = GM11().check(x)
    assert round(check["relative_error"][0] * 3 / 4, 5) == 0.00068
    assert check["accuracy"].tolist() == [1]


@given(st.floats(0.6, 1.6), st.floats(0.1, 10), st.integers(4, 12))
def test_a_geometric_series_has_parameters_in_closed_form(q, first, n):
    """Of x(k) = A q^(k−1): a = 2 (1 − q) / (1 + q), b = 2 A / (1 + q)."""
    a, b = grey_parameters(first * q ** np.arange(n)[None, :])
    assert a[0] == pytest.approx(2 * (1 - q) / (1 + q), abs=1e-9)
    assert b[0] == pytest.approx(2 * first / (1 + q), rel=1e-9)


@given(POSITIVE)
def test_a_batch_is_the_textbook_recipe_series_by_series(x):
    """The matrix recipe, (BᵀB)⁻¹BᵀY and differences of the accumulated response, of each series on its own."""
    path, a, b = grey_path(x, 3)
    for row, a_i, b_i, got in zip(x, a, b, path, strict=True):
        sums = row.cumsum()
        design = np.column_stack([-(sums[1:] + sums[:-1]) / 2, np.ones(len(row) - 1)])
        slope, level = np.linalg.lstsq(design, row[1:], rcond=None)[0]
        assert (a_i, b_i) == (pytest.approx(slope, abs=1e-8), pytest.approx(level, abs=1e-8))
        if abs(a_i) > 1e-3:
            steps = np.arange(len(row) + 3)
            response = (row[0] - b_i / a_i) * np.exp(-a_i * steps) + b_i / a_i
            np.testing.assert_allclose(got, np.r_[row[0], np.diff(response)], rtol=1e-9, atol=1e-9)


@given(POSITIVE, st.floats(0.01, 100))
def test_a_common_factor_leaves_a_and_scales_the_forecast(x, factor):
    path, a, b = grey_path(x, 2)
    scaled, a_scaled, b_scaled = grey_path(x * factor, 2)
    np.testing.assert_allclose(a_scaled, a, atol=1e-9)
    np.testing.assert_allclose(b_scaled, b * factor, rtol=1e-8)
    np.testing.assert_allclose(scaled, path * factor, rtol=1e-7)


def test_a_constant_series_is_carried_on():
    path, a, _ = grey_path(np.full((1, 6), 0.4), 3)
    assert a == pytest.approx([0], abs=1e-12)
    np.testing.assert_allclose(path, 0.4)
    check = GM11().check(np.full((1, 6), 0.4))
    assert (check["C"][0], check["P"][0], check["accuracy"][0]) == (0, 1, 1)


@given(arrays(float, (2, 6), elements=st.floats(0, 1)))
def test_the_least_constant_brings_the_ratios_within_and_no_less_does(x):
    low, high = level_ratio_limits(6)
    c = least_constant(x)
    moved = ratios(x + c[:, None])
    assert ((moved > low) & (moved < high)).all()
    for row, constant in zip(x, c, strict=True):
        if constant > 0:
            less = row + constant - 2e-4
            passes = (less > 0).all() and all(low < r < high for r in less[:-1] / less[1:])
            assert not passes


def test_series_that_pass_are_not_moved():
    assert least_constant(NOISE).tolist() == [0]
    assert GM11(translate="least").forecast(NOISE, 2).estimate == pytest.approx(GM11().forecast(NOISE, 2).estimate)


def test_the_constant_is_added_and_taken_off():
    x = np.array([[0.3, 0.35, 0.33, 0.4, 0.42]])
    moved = GM11(translate=2.0)
    assert moved.forecast(x, 2).estimate == pytest.approx(grey_path(x + 2, 2)[0][:, 5:] - 2)
    assert moved.check(x)["constant"].tolist() == [2]


def test_classes_at_their_limits():
    assert accuracy_class(np.array([0.35, 0.351, 0.5, 0.65, 0.66]), np.ones(5)).tolist() == [1, 2, 2, 3, 4]
    assert accuracy_class(np.zeros(5), np.array([0.95, 0.94, 0.8, 0.7, 0.69])).tolist() == [1, 2, 2, 3, 4]
    assert reach_class(-np.array([0.3, 0.31, 0.5, 0.8, 1.0, 1.01])).tolist() == [1, 2, 2, 3, 4, 5]


def test_values_of_zero_and_odd_constants_are_refused():
    with pytest.raises(NoAnswer, match="positive values"):
        GM11().forecast(np.array([[0.0, 0.1, 0.2, 0.3]]), 1)
    for odd in (-1, "most", float("inf"), float("nan")):
        with pytest.raises(SpecError, match="translate"):
            GM11(translate=odd)
