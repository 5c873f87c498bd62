"""CRITIC weights: printed and peers' values, axioms, and refusals that name the indicator."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import evalkit as ek
from evalkit.indicators.weighting.critic import Critic, critic_weights

scores = st.integers(4, 30).flatmap(lambda m: arrays(float, (m, 4), elements=st.floats(0.01, 1.0)))

DIAKOULAKI = np.array(
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


@pytest.mark.parametrize(
    ("correlation", "expected"),
    [("pearson", [0.20222554, 0.48090173, 0.31687273]), ("spearman", [0.21454645, 0.4898563, 0.29559726])],
)
def test_critic_diakoulaki1995(correlation, expected, learn, min_max):
    """Diakoulaki, Mavrotas & Papayannakis (1995), Computers & OR 22:763–770, which prints .20 .48 .32; eight decimals of both
    correlations are those that scikit-criteria's tests store (tests/preprocessing/test_weighters.py).
    """
    z = min_max(DIAKOULAKI)
    np.testing.assert_allclose(learn(Critic(correlation=correlation), z).weight, expected, atol=1e-8)
    if correlation == "pearson":
        np.testing.assert_allclose(critic_weights(z), expected, atol=1e-8)


def test_critic_without_normalization_of_scikit_criteria():
    """scikit-criteria's stored weights of the same figures unscaled: what is measured in large numbers takes nearly all."""
    np.testing.assert_allclose(critic_weights(DIAKOULAKI), [0.86874234, 0.08341434, 0.04784331], atol=1e-8)


def test_critic_tus2019(learn, min_max):
    """Tuş & Aytaç Adalı (2019), Opsearch 56:528–538, as pymcdm's tests store it. It reproduces only with the first criterion, a
    cost, taken as a benefit.
    """
    x = [[5000, 3, 3, 4, 3, 2], [680, 5, 3, 2, 2, 1], [2000, 3, 2, 3, 4, 3], [600, 4, 3, 1, 2, 2], [800, 2, 4, 3, 3, 4]]
    z, printed = min_max(np.array(x, dtype=float)), [0.157, 0.249, 0.168, 0.121, 0.154, 0.151]
    np.testing.assert_allclose(learn(Critic(), z).weight, printed, atol=5.001e-4)
    z[:, 0] = 1 - z[:, 0]
    assert np.abs(learn(Critic(), z).weight - printed).max() > 0.01


def test_critic_of_mathmodels(learn, min_max):
    """The R package mathmodels, example of `critic_weight` as its check prints it; one benefit and one cost."""
    z = min_max(np.array([[3, 10], [5, 20], [2, 15], [7, 25]], dtype=float))
    z[:, 1] = 1 - z[:, 1]
    np.testing.assert_allclose(learn(Critic(), z).weight, [0.5075187, 0.4924813], atol=5e-8)


@given(scores)
def test_weights_are_shares_and_follow_their_columns(z):
    if z.std(axis=0).min() <= 1e-3:
        return
    w = critic_weights(z)
    assert w.min() >= 0
    np.testing.assert_allclose(w.sum(), 1.0, rtol=1e-12)
    np.testing.assert_allclose(critic_weights(z[:, ::-1]), w[::-1], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(critic_weights(z[::-1]), w, rtol=1e-6, atol=1e-9)


@given(scores, st.floats(0.1, 5.0), st.floats(-1.0, 1.0))
def test_a_common_scale_and_any_shift_leave_weights(z, factor, shift):
    if z.std(axis=0).min() <= 1e-3:
        return
    np.testing.assert_allclose(critic_weights(factor * z + shift), critic_weights(z), rtol=1e-6, atol=1e-9)


def test_rank_correlation_sees_no_difference_along_a_curve(learn):
    """Columns replaced by rising functions of them keep Spearman's conflict; ties share mid-ranks."""
    z = np.random.default_rng(3).integers(0, 6, size=(80, 3)) / 5
    bent = z.copy()
    bent[:, 1] = z[:, 1] ** 3
    by_rank = [learn(Critic(correlation="spearman"), x).weight / x.std(axis=0) for x in (z, bent)]
    np.testing.assert_allclose(*(w / w.sum() for w in by_rank), rtol=1e-12)


def test_long_columns_walked_in_pieces_give_the_formula(learn):
    z = np.random.default_rng(2).beta(2, 5, size=(40_000, 4))
    np.testing.assert_allclose(learn(Critic(), z).weight, critic_weights(z), rtol=1e-10)


def test_one_indicator_alone_holds_all(learn):
    assert learn(Critic(), [[0.0], [1.0]]).weight.tolist() == [1.0]


def test_refusals_name_the_indicator(learn):
    rows = np.array([[0.1, 0.7, 0.2], [0.9, 0.7, 0.1], [0.4, 0.7, 0.6]])
    for correlation in ("pearson", "spearman"):
        with pytest.raises(ek.NoAnswer, match=r"\[x1\] do not vary over the reference rows, so CRITIC"):
            learn(Critic(correlation=correlation), rows)
    with pytest.raises(ek.NoAnswer, match=r"\[x0, x1, x2\] do not vary"):
        learn(Critic(), rows[:1])
    with pytest.raises(ek.NoAnswer, match="all indicators move as one"):
        learn(Critic(), np.column_stack([rows[:, 0], rows[:, 0]]))
    with pytest.raises(ek.SpecError, match="use one of pearson, spearman"):
        Critic(correlation="kendall")


@pytest.mark.parametrize("normalize", [ek.MinMax(), ek.MinMax(beyond="keep"), ek.ZScore(), ek.Percentile()])
def test_weights_by_shortfalls_are_those_of_the_scores(normalize, counties, systems):
    """Benefits, costs and moderate indicators, inside and beyond the bounds, along lines and other curves."""
    index = ek.CompositeIndex(system=systems["consolidation"], weigh=Critic(), normalize=normalize)
    fitted = index.fit(counties, on=slice(2016, 2020))
    scored = fitted.score(counties)
    known = scored.normalized.query("2016 <= period <= 2020")
    np.testing.assert_allclose(fitted.weights, critic_weights(known.to_numpy()), rtol=1e-11)


def test_scores_clipped_at_goalposts_are_weighed_as_clipped(counties, systems):
    system = systems["consolidation"]
    inner = {i.id: tuple(counties.frame[i.id].quantile([0.2, 0.7])) for i in system.indicators if i.scored}
    index = ek.CompositeIndex(system=system, weigh=Critic(), normalize=ek.MinMax(bounds=inner))
    fitted = index.fit(counties)
    np.testing.assert_allclose(fitted.weights, critic_weights(fitted.score(counties).normalized.to_numpy()), rtol=1e-11)


@pytest.mark.parametrize("far", [1e3, 1e12])
def test_ranks_are_those_of_the_figures_however_far_one_is(make_panel, make_system, far):
    from scipy.stats import spearmanr

    rng = np.random.default_rng(0)
    x = np.column_stack([[*np.arange(1.0, 32), far], rng.normal(size=(32, 2))])
    panel = make_panel(dict(zip("abc", x.T, strict=True)), units=[f"u{i:02d}" for i in range(32)], years=(2020,))
    system = make_system(d=dict.fromkeys("abc", "benefit"))
    weight = ek.CompositeIndex(system=system, weigh=Critic(correlation="spearman")).fit(panel).weights
    information = ((x - x.min(axis=0)) / np.ptp(x, axis=0)).std(axis=0) * (1 - spearmanr(x).statistic).sum(axis=1)
    np.testing.assert_allclose(weight, information / information.sum(), atol=1e-12)
