"""Ranks and percentiles: the OECD/JRC handbook's table, plotting positions of scipy and numpy, axioms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import evalkit as ek
from evalkit.indicators.normalization.ranks import Percentile, Rank

figures = st.lists(st.integers(-50, 50), min_size=3, max_size=40).filter(lambda x: len(set(x)) > 1)

SCHOOLING = [  # OECD & JRC (2008), Table 15: mean years of school of 23 countries, and their ranks, ties at the lower one
    (10, 15), (12, 23), (11.4, 19), (9.5, 12), (10.8, 17), (9.4, 9), (9.4, 9), (11.6, 20), (10.9, 18), (7.1, 1), (10.2, 16),
    (11.9, 22), (9.4, 9), (9.3, 8), (11.7, 21), (8.4, 6), (7.9, 5), (9.6, 14), (7.3, 4), (7.2, 3), (9.5, 12), (9.1, 7), (7.1, 1),
]  # fmt: skip


def test_oecd2008_table15_ranks(scores):
    """Printed ranks share the lower place of a tie, ours its middle; printed percentiles are r/23, ours (r − ½)/23."""
    x, printed = np.array(SCHOOLING).T
    tied = np.array([np.count_nonzero(x == one) for one in x])
    middle = printed + (tied - 1) / 2
    np.testing.assert_allclose(scores(Rank(), x), (middle - 1) / 22, atol=1e-12)
    np.testing.assert_allclose(scores(Percentile(), x), (middle - 0.5) / 23, atol=1e-12)
    assert np.count_nonzero(tied == 1) == 16


def test_percentiles_are_hazens_plotting_positions_of_scipy_and_numpy(scores):
    from scipy.stats.mstats import plotting_positions

    x = np.random.default_rng(7).normal(size=50)
    z = scores(Percentile(), x)
    np.testing.assert_allclose(z, np.asarray(plotting_positions(x, alpha=0.5, beta=0.5)), rtol=1e-12)
    between = np.linspace(0.02, 0.98, 97)
    quantiles = np.quantile(x, between, method="hazen")
    np.testing.assert_allclose(scores(Percentile(), x, later=quantiles), between, atol=1e-12)


@given(figures)
def test_ranks_know_only_the_order_and_mirror_for_a_cost(scores, x):
    x = np.array(x, dtype=float)
    for spec in (Rank(), Percentile()):
        z = scores(spec, x)
        assert 0 <= z.min() <= z.max() <= 1
        np.testing.assert_allclose(scores(spec, np.exp(x / 10)), z, atol=1e-9)
        np.testing.assert_allclose(scores(spec, x, "cost"), 1 - z, atol=1e-12)
        np.testing.assert_allclose(scores(spec, -x, "cost"), z, atol=1e-12)
        np.testing.assert_allclose(scores(spec, x[::-1]), z[::-1], atol=1e-12)
        np.testing.assert_allclose(z.mean(), 0.5, atol=1e-12)


def test_later_figures_stand_between_their_neighbors_and_never_beyond(scores):
    x, later = [10, 20, 40], [0, 10, 15, 30, 40, 99]
    np.testing.assert_allclose(scores(Rank(), x, later=later), [0, 0, 0.25, 0.75, 1, 1])
    np.testing.assert_allclose(scores(Percentile(), x, "cost", later=later), [5 / 6, 5 / 6, 4 / 6, 2 / 6, 1 / 6, 1 / 6])


def test_the_noise_of_the_last_bits_breaks_no_tie(scores):
    """Distances from an ideal of 7 that are alike on paper differ in their last bits."""
    z = scores(Rank(), [6.9, 7.1, 7.0, 6.8, 7.2], "moderate", ideal=(7.0, 7.0))
    np.testing.assert_allclose(z, [0.625, 0.625, 1.0, 0.125, 0.125], atol=1e-6)


def test_an_index_by_ranks_lies_in_bounds_for_years_not_learnt_on(counties, systems):
    index = ek.CompositeIndex(system=systems["revitalization"], normalize=Rank())
    scored = index.fit(counties, on=slice(2016, 2020)).score(counties)
    assert scored.series.between(0, 1).all()
    assert any("they keep the order" in note.text.en for note in scored.notes)


def test_a_constant_is_refused_by_name(scores):
    with pytest.raises(ek.NoAnswer, match=r"\[x\] do not vary"):
        scores(Rank(), [3, 3, 3])


@pytest.mark.parametrize("far", [1e3, 1e9, 1e12, 1e15])
def test_one_figure_far_from_all_makes_no_ties_of_the_others(scores, far):
    x = [*range(1, 32), far]
    assert scores(Rank(), x).tolist() == (np.arange(32) / 31).tolist()
    assert scores(Percentile(), x, "cost").tolist() == (1 - (np.arange(32) + 0.5) / 32).tolist()


def test_figures_that_differ_in_the_last_bit_score_exactly_alike(scores):
    assert scores(Rank(), [0.1, 0.3, 0.1 + 0.2, 0.3 + 1e-9, 5.0]).tolist() == [0, 0.375, 0.375, 0.75, 1]
