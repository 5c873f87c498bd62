"""Power means: the inequality of means, bounds, zeros, floors, many weights at once, refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import evalkit as ek
from evalkit.indicators.aggregation.means import power_mean
from evalkit.indicators.normalization.normalized import Normalized

unit = st.floats(0.0, 1.0).map(lambda v: round(v, 6))
blocks = st.integers(1, 12).flatmap(lambda m: arrays(float, (4, m), elements=unit))
weights = arrays(float, 4, elements=st.floats(0.05, 1.0)).map(lambda w: w / w.sum())
powers = st.floats(-20.0, 20.0).map(lambda r: round(r, 3))


def test_means_of_four_and_nine():
    """Hardy, Littlewood & Pólya (1934), chapter 2: of 4 and 9 the harmonic mean is 72/13, the geometric 6, the square √48.5."""
    z, w = np.array([[0.4], [0.9]]), np.array([0.5, 0.5])
    for r, mean in ((-1, 7.2 / 13), (0, 0.6), (1, 0.65), (2, np.sqrt(0.485))):
        np.testing.assert_allclose(power_mean(z, w, r), mean, rtol=1e-12)


@given(blocks, weights, powers, powers)
def test_means_rise_in_the_power_and_lie_between_the_extremes(z, w, r, s):
    low, high = (power_mean(z, w, power) for power in sorted((r, s)))
    assert (low <= high + 1e-9).all()
    assert (low >= z.min(axis=0) - 1e-9).all()
    assert (high <= z.max(axis=0) + 1e-9).all()


@given(blocks, weights, powers)
def test_means_rise_in_every_score_and_know_no_order(z, w, r):
    mean = power_mean(z, w, r)
    assert (power_mean(np.minimum(z + 0.1, 1.0), w, r) >= mean - 1e-9).all()
    np.testing.assert_allclose(power_mean(z[::-1, ::-1], w[::-1], r), mean[::-1], atol=1e-9)


@given(blocks, weights, powers, st.floats(0.01, 1.0))
def test_means_scale_with_the_scores(z, w, r, factor):
    np.testing.assert_allclose(power_mean(z * factor, w, r), factor * power_mean(z, w, r), atol=1e-9)


@given(blocks, st.lists(weights, min_size=1, max_size=4), powers)
def test_many_weights_at_once_are_those_one_by_one(z, several, r):
    mean = ek.PowerMean(power=r)
    np.testing.assert_allclose(mean.combine(z, np.array(several)), [mean.combine(z, w) for w in several], atol=1e-12)


@pytest.mark.parametrize("power", [0.0, -1.0, -0.5, -20.0])
def test_one_zero_of_positive_weight_decides_where_the_power_is_not_positive(power):
    z = np.array([[0.0, 0.5], [0.9, 0.5]])
    np.testing.assert_allclose(power_mean(z, np.array([0.5, 0.5]), power), [0.0, 0.5])
    np.testing.assert_allclose(power_mean(z, np.array([0.0, 1.0]), power), [0.9, 0.5])
    assert (power_mean(z, np.array([0.5, 0.5]), 0.5) > 0).all()


def test_a_floor_raises_scores_first_and_says_so():
    mean = ek.PowerMean(power=0.0, floor=0.01)
    np.testing.assert_allclose(mean.combine(np.array([[0.0], [1.0]]), np.array([0.5, 0.5])), 0.1)
    np.testing.assert_allclose(ek.PowerMean(floor=0.2).combine(np.array([[0.0], [1.0]]), np.array([0.5, 0.5])), 0.6)
    assert "0.01" in mean.name.en
    assert mean.learn(Normalized.of(np.ones((2, 2))), np.array([0.5, 0.5])).take([0]) == mean


@pytest.mark.parametrize("mean", [ek.GEOMETRIC, ek.HARMONIC, ek.PowerMean(power=2)])
def test_scores_below_zero_are_refused_but_by_the_arithmetic_mean(mean):
    z, w = np.array([[-0.1], [0.5]]), np.array([0.5, 0.5])
    np.testing.assert_allclose(ek.ARITHMETIC.combine(z, w), 0.2)
    with pytest.raises(ek.NoAnswer, match=f"{mean.name.en.split(' (')[0]}.*at least 0; found -0.1"):
        mean.combine(z, w)


def test_wrong_choices_are_refused():
    for wrong in ({"power": float("inf")}, {"power": float("nan")}, {"power": -21}, {"floor": 1.0}, {"floor": -0.1}):
        with pytest.raises(ek.SpecError):
            ek.PowerMean(**wrong)


def test_an_index_of_z_scores_has_no_geometric_mean(counties, systems):
    index = ek.CompositeIndex(system=systems["revitalization"], normalize=ek.ZScore(), aggregate=ek.GEOMETRIC)
    with pytest.raises(ek.NoAnswer, match="weighted geometric mean needs scores of at least 0"):
        index.fit(counties).score(counties)
