"""Weights: published cases, exact references, axioms, and the options for zeros."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import evalkit as ek
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.indicators.weighting.critic import critic_weights
from evalkit.indicators.weighting.entropy import entropy_divergence, entropy_weights

scores = st.integers(4, 30).flatmap(lambda m: arrays(float, (m, 4), elements=st.floats(0.01, 1.0)))


def normalized(z):
    return Normalized.of(np.ascontiguousarray(z.T))


def some_system(n):
    items = tuple(ek.Indicator(id=f"x{j}", name=ek.Text("", "")) for j in range(n))
    dimension = ek.Dimension(id="d", name=ek.Text("", ""), indicators=items)
    return ek.IndicatorSystem(id="s", name=ek.Text("", ""), dimensions=(dimension,))


def test_critic_diakoulaki1995():
    """Diakoulaki, Mavrotas & Papayannakis (1995), Computers & OR 22:763–770; the paper prints .20 .48 .32."""
    x = np.array(
        [
            [61, 1.08, 4.33],
            [20.7, 0.26, 4.34],
            [16.3, 1.98, 2.53],
            [9, 3.29, 1.65],
            [5.4, 2.77, 2.33],
            [4, 4.12, 1.21],
            [-6.1, 3.52, 2.1],
            [-34.6, 3.31, 0.98],
        ]
    )
    z = (x - x.min(axis=0)) / (x.max(axis=0) - x.min(axis=0))
    np.testing.assert_allclose(critic_weights(z), [0.20222554, 0.48090173, 0.31687273], atol=1e-8)
    np.testing.assert_allclose(ek.Critic().learn(normalized(z), some_system(z.shape[1])).weight, critic_weights(z), rtol=1e-12)


@pytest.mark.parametrize(
    ("x", "expected", "decimals"),
    [
        pytest.param(
            [[3, 100, 10, 7], [2.5, 80, 8, 5], [1.8, 50, 20, 11], [2.2, 70, 12, 9]],
            [0.1146, 0.1981, 0.4185, 0.2689],
            4,
            id="zavadskas2016",
        ),
        pytest.param(
            [
                [256, 8, 41, 1.6, 1.77, 7347.16],
                [256, 8, 32, 1, 1.8, 6919.99],
                [256, 8, 53, 1.6, 1.9, 8400],
                [256, 8, 41, 1, 1.75, 6808.9],
                [512, 8, 35, 1.6, 1.7, 8479.99],
                [256, 4, 35, 1.6, 1.7, 7499.99],
            ],
            [0.405, 0.221, 0.134, 0.199, 0.007, 0.034],
            3,
            id="ersoy2021",
        ),
    ],
)
def test_the_entropy_formula_on_raw_shares_reproduces_print(x, expected, decimals):
    """Zavadskas & Podvezko (2016), IJITDM 15:267–283; Ersoy (2021), LogForum 17(3): both take shares of raw values."""
    np.testing.assert_allclose(entropy_weights(np.array(x, dtype=float)), expected, atol=0.5001 * 10.0**-decimals)


def test_entropy_against_exact_arithmetic():
    """Shares of powers of two have an entropy that is an exact fraction of ln 2: p = 1/2, 1/4, 1/8, 1/8 gives 7/4."""
    z = np.array([[1.0], [0.5], [0.25], [0.25]])
    exact = 1 - Fraction(7, 4) / 2
    np.testing.assert_allclose(entropy_divergence(z), [float(exact)], rtol=1e-14)


@given(scores)
def test_weights_are_shares_and_follow_their_columns(z):
    for weigh in (entropy_weights, critic_weights):
        spread = z.std(axis=0).min() > 1e-3
        if not spread:
            continue
        w = weigh(z)
        assert w.min() >= 0
        np.testing.assert_allclose(w.sum(), 1.0, rtol=1e-12)
        np.testing.assert_allclose(weigh(z[:, ::-1]), w[::-1], rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(weigh(z[::-1]), w, rtol=1e-6, atol=1e-9)


@given(scores, st.floats(0.1, 1.0))
def test_entropy_knows_no_scale(z, factor):
    np.testing.assert_allclose(entropy_divergence(z * factor), entropy_divergence(z), atol=1e-10)


def test_long_columns_walked_in_pieces_give_the_formula():
    z = np.random.default_rng(1).beta(2, 5, size=(50_000, 3))
    np.testing.assert_allclose(ek.Entropy().learn(normalized(z), some_system(z.shape[1])).weight, entropy_weights(z), rtol=1e-11)


def test_zero_handling_is_a_choice_that_moves_weights():
    z = np.array([[0.0, 0.2, 0.4], [0.1, 0.9, 0.5], [1.0, 0.3, 0.6], [0.4, 0.0, 1.0]])
    limit = ek.Entropy().learn(normalized(z), some_system(z.shape[1])).weight
    np.testing.assert_allclose(limit, entropy_weights(z), rtol=1e-12)
    small = ek.Entropy(zeros="shift", epsilon=1e-6).learn(normalized(z), some_system(z.shape[1])).weight
    np.testing.assert_allclose(small, limit, atol=1e-4)
    raised = ek.Entropy(zeros="shift", epsilon=1.0).learn(normalized(z), some_system(z.shape[1])).weight
    assert np.abs(raised - limit).max() > 0.01
    squeezed = ek.Entropy(zeros="rescale").learn(normalized(z), some_system(z.shape[1])).weight
    np.testing.assert_allclose(squeezed, entropy_weights(0.002 + 0.996 * z), rtol=1e-12)


def test_entropy_of_a_panel_pools_unit_years(counties, systems):
    """The base is ln(N·T): the divergence of pooled scores, not a mean over years."""
    fitted = ek.CompositeIndex(system=systems["revitalization"], weigh=ek.Entropy()).fit(counties, on=slice(2016, 2020))
    scored = fitted.score(counties)
    z = scored.normalized.loc[(slice(None), slice(2016, 2020)), :].to_numpy()
    assert len(z) == 120 * 5
    np.testing.assert_allclose(fitted.frame["divergence"], entropy_divergence(z), rtol=1e-9)
    assert fitted.frame["skewness"].notna().all()


def test_equal_weights_by_indicator_or_by_dimension(make_system):
    system = make_system(a={"x": "benefit", "y": "benefit", "z": "cost"}, b={"v": "benefit"})
    z = normalized(np.full((3, 4), 0.5))
    assert ek.Equal().learn(z, system).weight.tolist() == [0.25] * 4
    np.testing.assert_allclose(ek.Equal(among="dimensions").learn(z, system).weight, [1 / 6, 1 / 6, 1 / 6, 1 / 2])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"x": 1.0}, r"none for \[y\]"),
        ({"x": 1, "y": 1, "w": 1}, r"weights for \[w\]"),
        ({"x": -1, "y": 2}, "not negative"),
        ({"x": 0, "y": 0}, "not all zero"),
    ],
)
def test_given_weights_must_fit_the_system(make_system, values, message):
    system = make_system(a={"x": "benefit", "y": "benefit"})
    with pytest.raises(ek.SpecError, match=message):
        ek.Given(values=values).learn(normalized(np.full((3, 2), 0.5)), system)


@pytest.mark.parametrize(
    "make", [lambda: ek.Entropy(zeros="never"), lambda: ek.Entropy(epsilon=0.1), lambda: ek.Entropy(zeros="shift", epsilon=-1)]
)
def test_wrong_options_are_refused(make):
    with pytest.raises(ek.SpecError):
        make()


def test_entropy_refuses_scores_below_zero(counties, systems):
    with pytest.raises(ek.NoAnswer, match="at least 0"):
        ek.CompositeIndex(system=systems["revitalization"], normalize=ek.ZScore(), weigh=ek.Entropy()).fit(counties)
