"""Weights that are given or equal."""

import numpy as np
import pytest

import evalkit as ek
from evalkit.indicators.normalization.normalized import Normalized


def test_equal_weights_by_indicator_or_by_dimension(make_system):
    system = make_system(a={"x": "benefit", "y": "benefit", "z": "cost"}, b={"v": "benefit"})
    z = Normalized.of(np.full((4, 3), 0.5))
    assert ek.Equal().learn(z, system).weight.tolist() == [0.25] * 4
    np.testing.assert_allclose(ek.Equal(among="dimensions").learn(z, system).weight, [1 / 6, 1 / 6, 1 / 6, 1 / 2])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"x": 1.0}, r"none for \[y\]"),
        ({"x": 1, "y": 1, "w": 1}, r"weights for \[w\]"),
        ({"x": -1, "y": 2}, r"Given values of 'x' must be a number in \[0, ∞\); found -1"),
        ({"x": 0, "y": 0}, r"sum above 0; found \[0\.0, 0\.0\]"),
    ],
)
def test_given_weights_must_fit_the_system(make_system, values, message):
    system = make_system(a={"x": "benefit", "y": "benefit"})
    with pytest.raises(ek.SpecError, match=message):
        ek.Given(values=values).learn(Normalized.of(np.full((2, 3), 0.5)), system)


def test_weights_whose_sum_is_no_number_are_divided_all_the_same(make_system, recwarn):
    system = make_system(a={"x": "benefit", "y": "benefit"})
    found = ek.Given(values={"x": 1.5e308, "y": 0.5e308}).learn(Normalized.of(np.full((2, 3), 0.5)), system)
    np.testing.assert_allclose(found.weight, [0.75, 0.25])
    assert not recwarn.list
