"""TOPSIS: published and peers' values, bounds, monotonicity, and what becomes of scores beyond the ideals."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import evalkit as ek
from evalkit.indicators.aggregation.topsis import Ideals, Topsis, closeness
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.indicators.normalization.shares import Vector

unit = st.floats(0.0, 1.0)
blocks = st.integers(2, 12).flatmap(lambda m: arrays(float, (4, m), elements=unit))
weights = arrays(float, 4, elements=st.floats(0.05, 1.0)).map(lambda w: w / w.sum())


def of_ideals(z, w):
    """Closeness of all columns of z (n, rows) to the ideals among them."""
    return Topsis().learn(Normalized.of(z), w).combine(z, w)


def vector(x, costs=()):
    r = np.array(x, dtype=float).T
    r /= np.sqrt((r**2).sum(axis=1, keepdims=True))
    r[list(costs)] *= -1
    return r


def test_tzeng_and_huang2011():
    """Tzeng & Huang (2011), Multiple Attribute Decision Making: vector norms; as printed, to four decimals."""
    z = vector([[5, 8, 4], [7, 6, 8], [8, 8, 6], [7, 4, 6]])
    found = of_ideals(z, np.array([0.3, 0.4, 0.3]))
    np.testing.assert_allclose(found, [0.5037, 0.6581, 0.7482, 0.3340], atol=0.5001e-4)


def test_tzeng_and_huang2011_as_an_index(make_panel, make_system):
    """The same case from raw figures, with the normalization and the weights of an index."""
    panel = make_panel({"x": [5, 7, 8, 7], "y": [8, 6, 8, 4], "v": [4, 8, 6, 6]}, units=tuple("abcd"), years=(2011,))
    index = ek.CompositeIndex(
        system=make_system(d={"x": "benefit", "y": "benefit", "v": "benefit"}),
        normalize=Vector(),
        weigh=ek.Given(values={"x": 3, "y": 4, "v": 3}),
        aggregate=Topsis(),
    )
    np.testing.assert_allclose(index.fit(panel).score(panel).series, [0.5037, 0.6581, 0.7482, 0.3340], atol=0.5001e-4)


def test_scikit_criteria_unscaled():
    """The value stored in scikit-criteria's tests/agg/test_topsis.py: no scaling, weights alike."""
    found = of_ideals(np.array([[1.0, 0.0], [0.0, 5.0], [3.0, 6.0]]), np.full(3, 1 / 3))
    np.testing.assert_allclose(found, [0.14639248, 0.85360752], atol=1e-8)


def test_jmcdm():
    """The value stored in JMcDM's test/mcdm/testtopsis.jl (vector norms)."""
    z = vector([[9, 7, 6, 7], [8, 7, 9, 6], [7, 8, 6, 6]])
    found = of_ideals(z, np.array([4, 2, 6, 8]) / 20)
    np.testing.assert_allclose(found, [0.3876870, 0.6503238, 0.0834767], atol=1e-5)


X = [[96, 83, 75, 7], [63, 5, 56, 9], [72, 45, 72, 8], [11, 4, 48, 3], [90, 71, 66, 6]]


def test_pymcdm_with_a_cost():
    """pymcdm 1.4.0, TOPSIS with vector_normalization and with minmax_normalization, run on X with a cost in the last column."""
    w = np.array([0.1, 0.2, 0.3, 0.4])
    x = np.array(X, dtype=float)
    least, most = x.min(axis=0), x.max(axis=0)
    z = ((x - least) / (most - least)).T
    z[3] = 1 - z[3]
    np.testing.assert_allclose(
        of_ideals(z, w), [0.5983204833, 0.1790043248, 0.4637945939, 0.5166852265, 0.6028098156], atol=1e-10
    )
    flipped = vector(X)
    flipped[3] = 1 - flipped[3]  # pymcdm turns a vector-normalized cost around as 1 − r, which moves no distance
    found = of_ideals(flipped, w)
    np.testing.assert_allclose(found, [0.6109554179, 0.1473968243, 0.4000339316, 0.5018945767, 0.6457917452], atol=1e-10)
    np.testing.assert_allclose(of_ideals(vector(X, costs=[3]), w), found, atol=1e-12)


@given(blocks, weights)
def test_closeness_lies_in_the_unit_interval_and_rises_in_every_score(z, w):
    worst, best = np.zeros(4), np.ones(4)
    score = closeness(z, w, worst, best)
    assert score.min() >= 0
    assert score.max() <= 1
    for j in range(4):
        raised = z.copy()
        raised[j] += 0.5 * (1 - raised[j])
        assert (closeness(raised, w, worst, best) >= score - 1e-12).all()


@given(blocks, weights)
def test_units_and_indicators_may_be_taken_in_any_order(z, w):
    rule = Ideals(np.zeros(4), np.ones(4))
    np.testing.assert_allclose(rule.combine(z[:, ::-1], w), rule.combine(z, w)[::-1], atol=1e-12)
    np.testing.assert_allclose(rule.take([3, 2, 1, 0]).combine(z[::-1], w[::-1]), rule.combine(z, w), atol=1e-12)


@given(blocks, st.lists(weights, min_size=1, max_size=4))
def test_many_weights_at_once_are_those_one_by_one(z, several):
    rule = Ideals(np.zeros(4), np.ones(4))
    many = rule.combine(z, np.array(several))
    np.testing.assert_allclose(many, [rule.combine(z, w) for w in several], atol=1e-12)


@given(blocks, weights, st.floats(0.1, 10), st.floats(-3, 3))
def test_a_common_affine_change_of_scores_and_ideals_changes_nothing(z, w, factor, shift):
    low, high = np.zeros(4), np.ones(4)
    moved = closeness(z * factor + shift, w, low * factor + shift, high * factor + shift)
    np.testing.assert_allclose(moved, closeness(z, w, low, high), atol=1e-9)


def test_scores_beyond_the_ideals_count_as_the_ideal():
    rule = Topsis().learn(Normalized.of(np.array([[0.2, 0.8], [0.1, 0.9]])), np.array([0.5, 0.5]))
    np.testing.assert_allclose(rule.combine(np.array([[0.0, 1.0], [-3.0, 5.0]]), np.array([0.5, 0.5])), [0.0, 1.0])


def test_fixed_ideals_do_not_depend_on_the_reference_rows():
    z, w = np.array([[0.2, 0.8], [0.1, 0.9]]), np.array([0.5, 0.5])
    rule = Topsis(ideals="bounds").learn(Normalized.of(z), w)
    np.testing.assert_allclose(rule.combine(np.array([[0.0, 1.0], [0.0, 1.0]]), w), [0.0, 1.0])
    assert 0 < rule.combine(z, w)[0] < 0.5


def test_ideals_are_learnt_on_the_reference_years_and_dimensions_get_theirs(counties, systems):
    index = ek.CompositeIndex(system=systems["revitalization"], normalize=ek.MinMax(beyond="keep"), aggregate=Topsis())
    fitted = index.fit(counties, on=slice(2016, 2020))
    whole = fitted.score(counties)
    later = fitted.score(whole.panel.at(slice(2021, 2024)))
    np.testing.assert_allclose(later.frame, whole.frame.loc[later.frame.index], rtol=1e-12)
    assert whole.frame.to_numpy().min() >= 0
    assert whole.frame.to_numpy().max() <= 1
    z, w = whole.normalized, fitted.weights
    reference = z.loc[(slice(None), slice(2016, 2020)), :]
    formula = closeness(z.to_numpy().T, w, reference.min().to_numpy(), reference.max().to_numpy())
    np.testing.assert_allclose(whole.series, formula, atol=1e-12)
    with pytest.raises(ek.NoAnswer, match="no sum of contributions"):
        _ = whole.contributions
    by_level = replace(index, aggregate=ek.ByLevel(inside=Topsis())).fit(counties).score(counties)
    assert by_level.series.between(0, 1).all()


def test_what_does_not_vary_has_no_closeness():
    flat = Normalized.of(np.array([[0.5, 0.5], [0.1, 0.9]]))
    with pytest.raises(ek.NoAnswer, match="varies over the reference"):
        Topsis().learn(flat, np.array([1.0, 0.0]))
    rule = Topsis().learn(flat, np.array([0.5, 0.5]))
    with pytest.raises(ek.NoAnswer, match="constant indicators alone"):
        rule.combine(np.array([[0.5], [0.5]]), np.array([1.0, 0.0]))
    with pytest.raises(ek.SpecError, match="not a choice"):
        Topsis(ideals="mine")
