"""Matched weights: importance as intended where it can be, the nearest where it cannot, and a word about which."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import evalkit as ek
from evalkit.indicators.importance import linear_importance
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.indicators.weighting.matched import Matched, importance_shares, matched_weights

mixing = arrays(float, (4, 4), elements=st.floats(0.05, 1))
shares = arrays(float, 4, elements=st.floats(0.1, 1)).map(lambda s: s / s.sum())


def correlated(mix, rows=200, seed=0):
    return mix @ np.random.default_rng(seed).standard_normal((mix.shape[1], rows))


def system(make_system, n):
    return make_system(d={f"x{j}": "benefit" for j in range(n)})


@pytest.mark.parametrize(("target", "obtained"), [((1, 1), [0.5, 0.5]), ((1, 2), [0.33, 0.67])])
def test_two_sub_indices_reach_what_coinr_reaches(make_system, target, obtained):
    """COINr's test of get_opt_weights (tests/testthat/test-weights.R): normalized correlations .50 .50, and .33 .67, at r > 0.

    COINr matches correlations, not their squares, and asks for these values of its own two sub-indices; the answer is the
    same for any two whose r lets it be, here 0.3.
    """
    r = np.array([[1.0, 0.3], [0.3, 1.0]])
    v = matched_weights(r, np.array(target) / sum(target), power=1)
    c = r @ v
    assert (c / c.sum()).round(2).tolist() == obtained
    assert v.min() > 0


def test_uncorrelated_indicators_weigh_as_their_intended_importance_to_the_half(make_system):
    """Of independent indicators S_i = w_i² σ_i² / Σ, so w_i ∝ √t_i / σ_i (Paruolo, Saisana & Saltelli 2013)."""
    rows = np.array([[1, 1, 1, 1, -1, -1, -1, -1], [1, 1, -1, -1, 1, 1, -1, -1], [1, -1, 1, -1, 1, -1, 1, -1]], dtype=float)
    spread, target = np.array([1.0, 2.0, 4.0]), {"x0": 4, "x1": 1, "x2": 1}
    learnt = Matched(target=target).learn(Normalized.of(rows * spread[:, None]), system(make_system, 3))
    expected = np.sqrt([4, 1, 1]) / spread
    np.testing.assert_allclose(learnt.weight, expected / expected.sum())
    np.testing.assert_allclose(learnt.beside["importance_share"], [4 / 6, 1 / 6, 1 / 6])
    assert [note.kind for note in learnt.notes] == ["choice"]


@given(mixing, shares)
@settings(deadline=None)
def test_weights_are_shares_and_reach_what_they_say(mix, intended):
    if np.linalg.matrix_rank(mix, tol=0.05) < 4:
        return
    z = correlated(mix)
    r = np.corrcoef(z)
    v = matched_weights(r, intended)
    assert v.min() >= 0
    np.testing.assert_allclose(v.sum(), 1)
    y = v @ (z / z.std(axis=1, keepdims=True))
    s = np.array([linear_importance(column, y) for column in z])
    reached = importance_shares(r, v)
    np.testing.assert_allclose(reached, s / s.sum(), atol=1e-8)
    exact = np.linalg.solve(r, np.sqrt(intended))
    if exact.min() > 0:
        np.testing.assert_allclose(reached, intended, atol=1e-8)
        np.testing.assert_allclose(v, exact / exact.sum(), atol=1e-6)
    even = importance_shares(r, np.full(4, 0.25))
    assert ((reached - intended) ** 2).sum() <= ((even - intended) ** 2).sum() + 1e-6


@given(mixing, st.permutations(range(4)))
@settings(deadline=None)
def test_weights_follow_their_columns(mix, order):
    if np.linalg.matrix_rank(mix, tol=0.05) < 4:
        return
    r = np.corrcoef(correlated(mix))
    even = np.full(4, 0.25)
    if np.linalg.solve(r, even**0.5).min() > 0:
        np.testing.assert_allclose(
            matched_weights(r[np.ix_(order, order)], even), matched_weights(r, even)[list(order)], atol=1e-8
        )


def test_where_no_weights_match_the_nearest_are_taken_and_named(make_system):
    """One indicator is nearly the sum of two others: it is important whatever its weight."""
    rng = np.random.default_rng(1)
    a, b, c = rng.standard_normal((3, 500))
    z = np.stack([a, b, a + b + 0.1 * c])
    learnt = Matched(target={"x0": 4, "x1": 4, "x2": 1}).learn(Normalized.of(z), system(make_system, 3))
    assert [note.kind for note in learnt.notes] == ["choice", "caution", "caution"]
    assert "x2" in learnt.notes[1].text.en
    assert "x2" in learnt.notes[2].text.en
    assert learnt.weight[2] == 0
    grid = np.random.default_rng(2).dirichlet(np.ones(3), 20_000)
    r, intended = np.corrcoef(z), np.array([4, 4, 1]) / 9
    best = min(((importance_shares(r, v) - intended) ** 2).sum() for v in grid)
    reached = learnt.beside["importance_share"]
    assert ((reached - intended) ** 2).sum() <= best + 1e-9


def test_matched_weights_carry_an_index(counties, systems):
    index = ek.CompositeIndex(system=systems["revitalization"], weigh=ek.Levels(indicators=Matched(), dimensions=Matched()))
    fitted = index.fit(counties, on=slice(2016, 2020))
    np.testing.assert_allclose(fitted.weights.sum(), 1)
    assert fitted.weights.min() >= 0


@pytest.mark.parametrize("target", [{"x0": 1}, {"x0": 1, "x1": 1, "y": 1}])
def test_a_target_must_name_the_indicators(make_system, target):
    with pytest.raises(ek.SpecError, match="exactly the scored indicators"):
        Matched(target=target).learn(Normalized.of(np.eye(2)), system(make_system, 2))


@pytest.mark.parametrize(
    "options", [{"importance": "rank"}, {"target": {"x": -1}}, {"target": {"x": 0}}, {"target": {"x": np.nan}}]
)
def test_wrong_options_are_refused(options):
    with pytest.raises(ek.SpecError):
        Matched(**options)


def test_still_and_opposite_indicators_are_refused(make_system):
    two = system(make_system, 2)
    with pytest.raises(ek.NoAnswer, match=r"\[x1\] do not"):
        Matched().learn(Normalized.of(np.array([[0.0, 1, 2], [1, 1, 1]])), two)
    with pytest.raises(ek.NoAnswer, match="cancel each other out"):
        Matched().learn(Normalized.of(np.array([[0.0, 1, 2], [2, 1, 0]])), two)
