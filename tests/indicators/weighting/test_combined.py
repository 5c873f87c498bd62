"""Combinations of weights: published cases, exact arithmetic, the stability of the game, axioms."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import evalkit as ek
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.indicators.weighting.combined import (
    Combined,
    arithmetic_combination,
    game_coefficients,
    geometric_combination,
    multiplicative_combination,
)

EVEN = np.array([0.5, 0.5])

# Niu Yaxuan et al., ChinaXiv:202112.00053V1, table 1: entropy, AHP, and their mean.
NIU = (
    [0.0565, 0.0585, 0.0546, 0.0563, 0.0565, 0.0530, 0.0592, 0.0571, 0.0896, 0.0665, 0.0894, 0.0554, 0.0568, 0.0531],
    [0.0371, 0.0486, 0.0164, 0.0657, 0.0216, 0.0282, 0.0126, 0.0097, 0.0830, 0.0076, 0.0062, 0.0051, 0.1080, 0.1399],
    [0.0468, 0.0535, 0.0355, 0.0610, 0.0390, 0.0406, 0.0359, 0.0334, 0.0863, 0.0371, 0.0478, 0.0302, 0.0824, 0.0965],
)

# Hou & Wang (2021), Journal of Safety and Environment 21(6):2443 ff.: fuzzy AHP and CRITIC weights of eleven indicators.
HOU = np.array(
    [
        [0.1691, 0.0764, 0.0828, 0.0533, 0.2469, 0.0828, 0.0763, 0.0553, 0.0553, 0.0111, 0.0887],
        [0.0209, 0.0495, 0.0565, 0.0390, 0.0351, 0.1682, 0.1766, 0.1899, 0.0209, 0.1217, 0.1217],
    ]
)


def given_by(*vectors):
    """Parts that give these weights, and the system and scores they weigh."""
    n = len(vectors[0])
    items = tuple(ek.Indicator(id=f"x{j}", name=ek.Text("", "")) for j in range(n))
    dimension = ek.Dimension(id="d", name=ek.Text("", ""), indicators=items)
    system = ek.IndicatorSystem(id="s", name=ek.Text("", ""), dimensions=(dimension,))
    parts = tuple(ek.Given(values={f"x{j}": float(w) for j, w in enumerate(vector)}) for vector in vectors)
    return parts, (Normalized.of(np.full((n, 3), 0.5)), system)


def test_the_mean_of_entropy_and_ahp_of_niu_2021():
    """Printed to four decimals from unrounded weights: halves of printed digits may go either way."""
    combined = arithmetic_combination(np.array(NIU[:2]), EVEN)
    np.testing.assert_allclose(combined, NIU[2], rtol=0, atol=0.5001e-4)


def test_the_game_of_hou_wang_2021():
    """The products agree to all eight printed digits; the solution does not.

    They print α = .6364 and .6485, which miss their second equation by 2e-4; solved, α is .6352 and .6506, and the shares
    .4940 and .5060 instead of .4953 and .5047. From the printed shares on, all eleven weights agree to four digits.
    """
    np.testing.assert_allclose(HOU @ HOU.T, [[0.13187272, 0.07394352], [0.07394352, 0.13443172]], atol=0.5e-8)
    alpha, condition = game_coefficients(HOU)
    np.testing.assert_allclose(HOU @ HOU.T @ alpha, np.diag(HOU @ HOU.T), rtol=1e-12)
    np.testing.assert_allclose(alpha, [0.6352, 0.6506], atol=0.5001e-4)
    assert abs((HOU @ HOU.T @ [0.6364, 0.6485] - np.diag(HOU @ HOU.T))[1]) > 1e-4
    assert condition < 5
    printed = [0.0943, 0.0628, 0.0695, 0.0461, 0.1400, 0.1259, 0.1269, 0.1232, 0.0379, 0.0669, 0.1054]
    np.testing.assert_allclose(arithmetic_combination(HOU, np.array([0.4953, 0.5047])), printed, atol=0.5001e-4)


def test_combinations_in_exact_arithmetic():
    """The example vectors of mathmodels' combine_weights (R), worked in fractions."""
    a = [Fraction(k, 10) for k in (4, 3, 2, 1)]
    b = [Fraction(k, 20) for k in (5, 4, 6, 5)]
    w = np.array([a, b], dtype=float)
    product = [x * y for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(multiplicative_combination(w), [float(p / sum(product)) for p in product], rtol=1e-14)
    linear = [Fraction(3, 5) * x + Fraction(2, 5) * y for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(arithmetic_combination(w, np.array([0.6, 0.4])), list(map(float, linear)), rtol=1e-14)
    alpha, _ = game_coefficients(w)
    np.testing.assert_allclose(alpha, [0.014025 / 0.016475, 0.003 / 0.016475], rtol=1e-10)
    parts, weighed = given_by(*w)
    learnt = Combined(parts=parts, how="game").learn(*weighed)
    exact = [Fraction(187, 227) * x + Fraction(40, 227) * y for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(learnt.weight, list(map(float, exact)), rtol=1e-10)
    np.testing.assert_allclose(learnt.beside["share_given_1"], 187 / 227, rtol=1e-10)
    np.testing.assert_allclose(learnt.beside["weight_given_2"], w[1], rtol=1e-14)


def test_weights_at_right_angles_each_count_fully():
    w = np.array([[0.6, 0.4, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5]])
    alpha, _ = game_coefficients(w)
    np.testing.assert_allclose(alpha, [1.0, 1.0], rtol=1e-12)
    parts, weighed = given_by(*w)
    np.testing.assert_allclose(Combined(parts=parts, how="game").learn(*weighed).weight, w.mean(axis=0), rtol=1e-12)


def test_equal_parts_give_their_weights_back_and_say_that_alpha_means_nothing():
    w = np.array([0.5, 0.3, 0.2])
    parts, weighed = given_by(w, w)
    learnt = Combined(parts=parts, how="game").learn(*weighed)
    np.testing.assert_allclose(learnt.weight, w, rtol=1e-12)
    np.testing.assert_allclose(learnt.beside["share_given_1"], 0.5)
    assert [note.kind for note in learnt.notes].count("caution") == 1
    assert "unstable" in learnt.notes[-1].text.en


def test_nearly_equal_parts_exchange_who_counts_and_are_cautioned():
    """Both neighbors turn the deviation from flat weights by 0.1; one is 1 % longer, and takes all, the other leaves all."""
    base = np.array([0.40, 0.35, 0.25])
    away = base - 1 / 3
    across = np.cross(np.full(3, 1 / np.sqrt(3)), away)
    longer = base + np.tan(0.1) * across
    shorter = 1 / 3 + np.cos(0.1) * (np.cos(0.1) * away + np.sin(0.1) * across)
    assert np.abs(longer - shorter).max() < 0.001
    for near, share in ((longer, 0.0), (shorter, 1.0)):
        parts, weighed = given_by(base, near)
        learnt = Combined(parts=parts, how="game").learn(*weighed)
        np.testing.assert_allclose(learnt.beside["share_given_1"], share, atol=1e-6)
        assert any(note.kind == "caution" and "unstable" in note.text.en for note in learnt.notes)


def test_a_negative_coefficient_is_cautioned():
    parts, weighed = given_by([0.4, 0.3, 0.3], [0.8, 0.1, 0.1])
    alpha, _ = game_coefficients(np.array([[0.4, 0.3, 0.3], [0.8, 0.1, 0.1]]))
    assert alpha.min() < 0
    learnt = Combined(parts=parts, how="game").learn(*weighed)
    assert any("absolute value" in note.text.en for note in learnt.notes)
    assert learnt.weight.min() >= 0
    assert learnt.weight.sum() == pytest.approx(1.0)


vectors = (
    st.integers(2, 8)
    .flatmap(lambda n: arrays(float, (2, n), elements=st.floats(0.02, 1.0)))
    .map(lambda w: w / w.sum(axis=1, keepdims=True))
)
few = settings(max_examples=50, deadline=None)


@given(vectors, st.sampled_from(["arithmetic", "multiplicative", "geometric", "game"]))
@few
def test_combined_weights_are_weights_and_follow_their_indicators(w, how):
    parts, weighed = given_by(*w)
    learnt = Combined(parts=parts, how=how).learn(*weighed)
    assert learnt.weight.min() >= 0
    assert learnt.weight.sum() == pytest.approx(1.0)
    back, weighed = given_by(*w[:, ::-1])
    np.testing.assert_allclose(Combined(parts=back, how=how).learn(*weighed).weight[::-1], learnt.weight, atol=1e-6)


@given(vectors)
@few
def test_flat_weights_change_no_product_and_never_count_in_the_game(w):
    flat = np.full(w.shape[1], 1 / w.shape[1])
    np.testing.assert_allclose(multiplicative_combination(np.array([flat, w[0]])), w[0], rtol=1e-10)
    if np.abs(w[0] - flat).max() > 0.01:
        alpha, _ = game_coefficients(np.array([flat, w[0]]))
        np.testing.assert_allclose(alpha, [0.0, 1.0], atol=1e-6)


@given(vectors, st.floats(0.1, 0.9), st.integers(0, 10_000))
@few
def test_the_geometric_combination_has_the_least_relative_entropy(w, share, seed):
    shares = np.array([share, 1 - share])

    def divergence(v):
        return float(sum(s * (v @ np.log(v / part)) for s, part in zip(shares, w, strict=True)))

    best = geometric_combination(w, shares)
    other = np.random.default_rng(seed).dirichlet(100 * best + 0.01) + 1e-12
    assert divergence(best) <= divergence(other / other.sum()) + 1e-9


@given(vectors)
@few
def test_means_lie_between_their_parts_and_agree_where_the_parts_do(w):
    mean = arithmetic_combination(w, EVEN)
    assert np.all(mean >= w.min(axis=0) - 1e-12)
    assert np.all(mean <= w.max(axis=0) + 1e-12)
    twice = np.array([w[0], w[0]])
    for combined in (arithmetic_combination(twice, EVEN), geometric_combination(twice, EVEN)):
        np.testing.assert_allclose(combined, w[0], rtol=1e-10)


def test_shares_count_in_the_means():
    parts, weighed = given_by([0.5, 0.5], [0.9, 0.1])
    learnt = Combined(parts=parts, shares=(0.25, 0.75)).learn(*weighed)
    np.testing.assert_allclose(learnt.weight, [0.8, 0.2])
    assert "given weights 0.25, given weights 0.75" in learnt.notes[-1].text.en
    assert "给定权重 0.25、给定权重 0.75" in learnt.notes[-1].text.zh


def test_parts_stand_beside_the_weights_of_a_fitted_index(counties, systems):
    weigh = Combined(parts=(ek.Entropy(), ek.Critic()), how="geometric")
    fitted = ek.CompositeIndex(system=systems["revitalization"], weigh=weigh).fit(counties)
    frame = fitted.frame
    root = np.sqrt(frame["weight_entropy"] * frame["weight_critic"])
    np.testing.assert_allclose(frame["weight"], root / root.sum(), rtol=1e-12)
    assert any("CRITIC" in note.text.zh for note in fitted.notes)


def test_a_product_without_a_common_indicator_is_refused():
    parts, weighed = given_by([1.0, 0.0], [0.0, 1.0])
    for how in ("multiplicative", "geometric"):
        with pytest.raises(ek.NoAnswer, match="weight of zero"):
            Combined(parts=parts, how=how).learn(*weighed)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"how": "nash"}, "not a choice"),
        ({"parts": (ek.Equal(),)}, "two parts"),
        ({"how": "game", "shares": (0.5, 0.5)}, "takes no shares"),
        ({"how": "multiplicative", "shares": (0.5, 0.5)}, "takes no shares"),
        ({"shares": (0.5, 0.6)}, "sum to 1"),
    ],
)
def test_wrong_options_are_refused(options, message):
    with pytest.raises(ek.SpecError, match=message):
        Combined(**{"parts": (ek.Equal(), ek.Entropy())} | options)
