"""Grey relational grades: peers' values, bounds, monotonicity."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import evalkit as ek
from evalkit.indicators.aggregation.grey import GreyRelational
from evalkit.indicators.normalization.normalized import Normalized

blocks = st.integers(2, 12).flatmap(lambda m: arrays(float, (3, m), elements=st.floats(0.0, 1.0)))
weights = arrays(float, 3, elements=st.floats(0.05, 1.0)).map(lambda w: w / w.sum())


def min_max(x, costs):
    x = np.array(x, dtype=float)
    z = (x - x.min(axis=0)) / (x.max(axis=0) - x.min(axis=0))
    z[:, list(costs)] = 1 - z[:, list(costs)]
    return z.T


def grades(z, w, rho=0.5):
    return GreyRelational(rho=rho).learn(Normalized.of(z), w).combine(z, w)


def test_jmcdm():
    """The value stored in JMcDM's test/mcdm/testgra.jl."""
    x = np.array(
        [
            [105000, 120000, 150000, 115000, 135000],
            [105, 110, 120, 105, 115],
            [10, 15, 12, 20, 15],
            [4, 4, 3, 4, 5],
            [300, 500, 550, 600, 400],
            [10, 8, 12, 9, 9],
        ]
    ).T
    found = grades(min_max(x, costs=[0, 2, 5]), np.array([0.05, 0.20, 0.10, 0.15, 0.10, 0.40]))
    expected = [0.525, 0.7007142857142857, 0.5464285714285715, 0.5762820512820512, 0.650952380952381]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_pydecision():
    """pyDecision 5.1.8, gra_method, run on these figures; it divides grades by the number of rows, which is undone here."""
    x = [[96, 83, 75, 7], [63, 5, 56, 9], [72, 45, 72, 8], [11, 4, 48, 3], [90, 71, 66, 6]]
    found = grades(min_max(x, costs=[3]), np.array([0.1, 0.2, 0.3, 0.4]))
    np.testing.assert_allclose(found / 5, [0.1542857143, 0.0762948302, 0.1122599608, 0.12, 0.1242053848], atol=1e-10)


def test_the_greatest_distance_is_that_of_all_indicators_together():
    """An indicator with half the range of another never sinks to ρ/(1 + ρ): 0.5 away gives 0.5/(0.5 + 0.5)."""
    z = np.array([[0.0, 1.0], [0.5, 1.0]])
    np.testing.assert_allclose(grades(z, np.array([1.0, 0.0])), [1 / 3, 1.0])
    np.testing.assert_allclose(grades(z, np.array([0.0, 1.0])), [1 / 2, 1.0])


@given(blocks, weights, st.floats(0.05, 1.0))
def test_grades_lie_between_rho_over_one_plus_rho_and_one_and_rise_in_every_score(z, w, rho):
    z[:, 0], z[:, 1] = 0.0, 1.0
    rule = GreyRelational(rho=rho).learn(Normalized.of(z), w)
    found = rule.combine(z, w)
    assert found.min() >= rho / (1 + rho) - 1e-12
    assert found.max() <= 1 + 1e-12
    np.testing.assert_allclose(found[:2], [rho / (1 + rho), 1.0])
    assert (rule.combine(z + 0.1, w) >= found - 1e-12).all()
    assert rule.combine(z - 9.0, w).min() >= rho / (1 + rho) - 1e-12
    np.testing.assert_allclose(rule.combine(z, np.stack([w, w[::-1]])), [found, rule.combine(z, w[::-1])], atol=1e-12)


def test_grades_of_dimensions_average_to_the_index(counties, systems):
    index = ek.CompositeIndex(system=systems["revitalization"], aggregate=GreyRelational(), weigh=ek.Entropy())
    scores = index.fit(counties, on=slice(2016, 2020)).score(counties)
    held = scores.spec.frame.groupby("dimension", sort=False)["weight"].sum()
    np.testing.assert_allclose(scores.frame[list(held.index)].to_numpy() @ held.to_numpy(), scores.series, atol=1e-12)


def test_what_cannot_be_is_refused():
    with pytest.raises(ek.SpecError, match="rho"):
        GreyRelational(rho=0)
    with pytest.raises(ek.NoAnswer, match="varies over the reference"):
        grades(np.full((2, 3), 0.4), np.array([0.5, 0.5]))
