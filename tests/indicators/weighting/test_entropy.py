"""Entropy weights on scores and on raw shares: printed cases, exact and forty-digit references, axioms, zeros, refusals."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import evalkit as ek
from evalkit.indicators.weighting.entropy import Entropy, entropy_weights
from evalkit.indicators.weighting.raw_entropy import RawEntropy
from evalkit.stats.entropy import entropy_divergence

scores = st.integers(4, 30).flatmap(lambda m: arrays(float, (m, 4), elements=st.floats(0.01, 1.0)))

RAW_SHARES = [
    pytest.param(
        [
            [7, 312, 1891, 6613, 163],
            [72, 88, 728, 941804, 1078],
            [10, 252, 2594, 3466, 117471],
            [10, 145, 980, 2371, 86329],
            [65, 54, 350, 501, 29897],
            [29, 48, 380, 912, 34051],
            [7, 476, 3300, 78470, 2212],
            [70, 87, 650, 733, 819000],
            [4, 86, 591, 3015, 103],
            [12, 79, 579, 3240, 96098],
            [21, 45, 261, 1253, 453],
            [1, 72, 530, 4333, 0.1048],
        ],
        [0.104991, 0.069124, 0.071373, 0.449937, 0.304575],
        6,
        id="elsayed2017",
    ),
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
]


@pytest.mark.parametrize(("x", "expected", "decimals"), RAW_SHARES)
def test_entropy_of_raw_shares_reproduces_print(x, expected, decimals, learn):
    """Elsayed, Dawood & Karthikeyan (2017), IJETT 46:60–66; Zavadskas & Podvezko (2016), IJITDM 15:267–283; Ersoy (2021),
    LogForum 17(3). All three take shares of raw values.
    """
    x = np.array(x, dtype=float)
    np.testing.assert_allclose(entropy_weights(x), expected, atol=0.5001 * 10.0**-decimals)
    np.testing.assert_allclose(learn(RawEntropy(), x).weight, expected, atol=0.5001 * 10.0**-decimals)


def test_entropy_of_mathmodels(learn, min_max):
    """The R package mathmodels, example of `entropy_weight` as its check prints it: one cost, scores in [0.002, 0.998]."""
    x = min_max(np.array([[3, 10], [5, 20], [2, 15], [7, 25]], dtype=float))
    x[:, 1] = 1 - x[:, 1]
    np.testing.assert_allclose(learn(Entropy(zeros="rescale", epsilon=0.002), x).weight, [0.5452618, 0.4547382], atol=5e-8)


def test_entropy_against_exact_arithmetic():
    """Shares of powers of two have an entropy that is an exact fraction of ln 2: p = 1/2, 1/4, 1/8, 1/8 gives 7/4."""
    z = np.array([[1.0], [0.5], [0.25], [0.25]])
    exact = 1 - Fraction(7, 4) / 2
    np.testing.assert_allclose(entropy_divergence(z), [float(exact)], rtol=1e-14)


@pytest.mark.parametrize(
    ("rows", "variation", "exact", "digits"),
    [
        (50, 0.1, 0.001334467890296259862, 1e-13),
        (50, 0.005, 3.3257231797720127994e-6, 1e-10),
        (50, 0.0001, 1.3302788970496540167e-9, 2e-7),
        (3000, 0.1, 0.000626811706906066249, 1e-12),
        (3000, 0.005, 1.5623102341266689127e-6, 1e-10),
        (3000, 0.0001, 6.2491940540563298039e-10, 2e-7),
    ],
)
def test_entropy_of_nearly_equal_figures_against_fifty_digits(rows, variation, exact, digits, learn):
    """mpmath 1.4.1 at 50 digits on the same binary figures; 1 − e as it stands errs by 9e-6 at a variation of 0.0001."""
    k = np.arange(rows)
    x = 1 + variation * np.sqrt(3) * (2 * k / (rows - 1) - 1)
    np.testing.assert_allclose(entropy_divergence(x[:, None]), exact, rtol=digits)
    np.testing.assert_allclose(learn(Entropy(), x[:, None]).beside["divergence"], exact, rtol=digits)


@given(scores)
def test_weights_are_shares_and_follow_their_columns(z):
    if z.std(axis=0).min() <= 1e-3:
        return
    w = entropy_weights(z)
    assert w.min() >= 0
    np.testing.assert_allclose(w.sum(), 1.0, rtol=1e-12)
    np.testing.assert_allclose(entropy_weights(z[:, ::-1]), w[::-1], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(entropy_weights(z[::-1]), w, rtol=1e-6, atol=1e-9)


@given(scores, st.floats(0.1, 1.0))
def test_entropy_knows_no_scale(z, factor):
    np.testing.assert_allclose(entropy_divergence(z * factor), entropy_divergence(z), atol=1e-10)


@given(scores)
def test_divergence_lies_between_all_alike_and_one_that_holds_everything(z):
    d = entropy_divergence(z)
    assert d.min() >= 0
    assert d.max() < 1
    alone = np.zeros_like(z)
    alone[0] = z[0]
    np.testing.assert_allclose(entropy_divergence(alone), 1.0, rtol=1e-12)
    np.testing.assert_array_equal(entropy_divergence(np.broadcast_to(z[:1], z.shape)), 0.0)


@given(scores)
def test_divergence_is_theils_index_over_its_greatest_value(z):
    """Theil's T = (1/m) Σ (z/z̄) ln(z/z̄), of which ln m is the greatest value."""
    u = z / z.mean(axis=0)
    np.testing.assert_allclose(entropy_divergence(z), (u * np.log(u)).mean(axis=0) / np.log(len(z)), rtol=1e-9, atol=1e-13)


def test_long_columns_walked_in_pieces_give_the_formula(learn):
    z = np.random.default_rng(1).beta(2, 5, size=(50_000, 3))
    np.testing.assert_allclose(learn(Entropy(), z).weight, entropy_weights(z), rtol=1e-11)
    late = z * (np.arange(50_000) > 30_000)[:, None]
    np.testing.assert_allclose(learn(Entropy(), late).weight, entropy_weights(late), rtol=1e-11)


def test_zero_handling_is_a_choice_that_moves_weights(learn):
    z = np.array([[0.0, 0.2, 0.4], [0.1, 0.9, 0.5], [1.0, 0.3, 0.6], [0.4, 0.0, 1.0]])
    limit = learn(Entropy(), z).weight
    np.testing.assert_allclose(limit, entropy_weights(z), rtol=1e-12)
    small = learn(Entropy(zeros="shift", epsilon=1e-6), z).weight
    np.testing.assert_allclose(small, limit, atol=1e-4)
    raised = learn(Entropy(zeros="shift", epsilon=1.0), z).weight
    assert np.abs(raised - limit).max() > 0.01
    squeezed = learn(Entropy(zeros="rescale"), z).weight
    np.testing.assert_allclose(squeezed, entropy_weights(0.002 + 0.996 * z), rtol=1e-12)


def test_entropy_of_a_panel_pools_unit_years(counties, systems):
    """The base is ln(N·T): the divergence of pooled scores, not a mean over years."""
    fitted = ek.CompositeIndex(system=systems["revitalization"], weigh=Entropy()).fit(counties, on=slice(2016, 2020))
    scored = fitted.score(counties)
    z = scored.normalized.loc[(slice(None), slice(2016, 2020)), :].to_numpy()
    assert len(z) == 120 * 5
    np.testing.assert_allclose(fitted.frame["divergence"], entropy_divergence(z), rtol=1e-9)
    assert fitted.frame["skewness"].notna().all()


def test_raw_entropy_reads_the_figures_and_no_directions(counties, systems, make_panel, make_system):
    fitted = ek.CompositeIndex(system=systems["revitalization"], weigh=RawEntropy()).fit(counties, on=slice(2016, 2020))
    columns = list(systems["revitalization"].columns)
    raw = fitted.score(counties).panel.frame.loc[(slice(None), slice(2016, 2020)), columns].to_numpy()
    np.testing.assert_allclose(fitted.weights, entropy_weights(raw), rtol=1e-9)
    panel = make_panel({"x": range(1, 10), "y": [3, 1, 4, 1, 5, 9, 2, 6, 5]})
    ways = [make_system(d={"x": "benefit", "y": way}) for way in ("benefit", "cost")]
    one, other = (ek.CompositeIndex(system=system, weigh=RawEntropy()).fit(panel).weights for system in ways)
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    "make", [lambda: Entropy(zeros="never"), lambda: Entropy(epsilon=0.1), lambda: Entropy(zeros="shift", epsilon=-1)]
)
def test_wrong_options_are_refused(make):
    with pytest.raises(ek.SpecError):
        make()


def test_entropy_refuses_scores_below_zero(counties, systems, learn):
    with pytest.raises(ek.NoAnswer, match="at least 0"):
        ek.CompositeIndex(system=systems["revitalization"], normalize=ek.ZScore(), weigh=Entropy()).fit(counties)
    for bad in ([-1.0, 1.0], [-0.2, -0.1], [-0.1, 0.0]):
        with pytest.raises(ek.NoAnswer, match=r"\[x1\] are below"):
            learn(Entropy(), np.array([[0.1, 0.7], bad]).T)


def test_where_peers_go_silently_wrong(learn, make_panel, make_system):
    """A zero is no difficulty; a constant, negative raw values, one row, and a gap are refused by name."""
    zero = np.array([[0.0, 1.0], [0.5, 0.0], [1.0, 0.25]])
    np.testing.assert_allclose(learn(Entropy(), zero).weight.sum(), 1.0)
    with pytest.raises(ek.NoAnswer, match=r"\[x1\] do not vary"):
        learn(Entropy(), np.array([[0.1, 0.7], [0.7, 0.7], [0.4, 0.7]]))
    with pytest.raises(ek.NoAnswer, match=r"\[x0\] are below"):
        learn(RawEntropy(), [[-1.0, 2.0], [3.0, 1.0], [2.0, 5.0]])
    with pytest.raises(ek.NoAnswer, match=r"s: entropy compares rows and there is one"):
        learn(Entropy(), [[0.2, 0.5]])
    system = make_system(d={"x": "benefit", "y": "benefit"})
    gap = make_panel({"x": [np.nan, 2, 3], "y": [1, 2, 3]}, units=("a",))
    with pytest.raises(ek.DataError, match="a 2019 'x'"):
        ek.CompositeIndex(system=system, treat=(ek.Refuse(),), weigh=Entropy()).fit(gap)
    alone = make_panel({"x": [1], "y": [2]}, units=("a",), years=(2019,))
    with pytest.raises(ek.NoAnswer, match=r"\[x, y\] do not vary"):
        ek.CompositeIndex(system=system, weigh=Entropy()).fit(alone)
