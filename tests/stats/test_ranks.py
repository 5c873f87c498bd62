"""Ranks: against pandas' own, and deaf to the last bit."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evalkit.stats.ranks import (
    count_ranks,
    counted_quantiles,
    flat,
    levels,
    order_index,
    ranks,
    significant,
    spearman,
    whole_part,
)

values = arrays(float, st.integers(2, 30), elements=st.floats(0, 1).map(lambda x: round(x, 2)))


@given(values)
def test_ranks_are_those_of_pandas(x):
    assert ranks(x).tolist() == pd.Series(x).rank(method="min", ascending=False).astype(int).tolist()


@given(values, st.integers(0, 2**32))
def test_the_last_bits_decide_no_rank(x, seed):
    noise = np.random.default_rng(seed).uniform(-1e-13, 1e-13, len(x))
    assert ranks(x + noise).tolist() == ranks(x).tolist()


@given(arrays(float, (2, 12), elements=st.floats(0, 1).map(lambda x: round(x, 1))))
def test_spearman_is_that_of_pandas(xy):
    ours, theirs = spearman(*xy), pd.Series(xy[0]).rank().corr(pd.Series(xy[1]).rank())
    assert np.isnan(ours) == np.isnan(theirs)
    if not np.isnan(ours):
        np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_ranks_of_many_draws_are_taken_row_by_row():
    draws = np.random.default_rng(0).random((50, 20))
    assert np.array_equal(ranks(draws), np.stack([ranks(row) for row in draws]))


@given(arrays(float, st.tuples(st.integers(1, 40), st.integers(1, 9)), elements=st.floats(-2, 2).map(lambda x: round(x, 1))))
def test_counted_ranks_are_ranks_counted_one_by_one(draws):
    counts = np.zeros((draws.shape[1],) * 2, dtype=np.uint32)
    count_ranks(draws, counts)
    plain = np.zeros_like(counts)
    for row in ranks(draws):
        for unit, rank in enumerate(row):
            plain[rank - 1, unit] += 1
    assert np.array_equal(counts, plain)


@given(arrays(float, st.integers(1, 30), elements=st.floats(-1e12, 1e12)))
def test_values_too_large_to_be_packed_are_ranked_all_the_same(x):
    assert ranks(x).tolist() == pd.Series(np.round(x, 10)).rank(method="min", ascending=False).astype(int).tolist()


@given(st.integers(1, 300), st.sampled_from([0.005, 0.05, 0.5, 0.95, 0.999]))
def test_counted_quantiles_are_those_of_numpy(draws, share):
    scores = np.random.default_rng(draws).random((draws, 4))
    counts = np.zeros((4, 4), dtype=np.uint32)
    count_ranks(scores, counts)
    theirs = np.quantile(ranks(scores), share, axis=0, method="inverted_cdf")
    assert counted_quantiles(counts, [share])[0].tolist() == theirs.tolist()


def test_order_indices_are_whole_numbers():
    """0.05 × 1000 is a little more than 50 in floats of some machines; the index must not be."""
    assert [order_index(n, 0.05) for n in (20, 1000, 10_000)] == [0, 49, 499]
    assert order_index(7, 0.0) == 0


@given(arrays(float, st.integers(2, 30), elements=st.integers(-50, 50).map(float)), st.sampled_from([1e-9, 1.0, 1e6, 1e12]))
def test_levels_are_those_of_the_figures_whatever_lies_far_from_them(x, far):
    """Each figure moves by its last bit, and one more stands far above them all, as an outlier does in a column of scores."""
    plain = np.unique(x, return_inverse=True)[1]
    rng = np.random.default_rng(len(x))
    moved = np.append(np.nextafter(x, x + rng.integers(-1, 2, len(x))), 60 * far + 60)
    score = (moved - moved.min()) / np.ptp(moved)
    assert levels(score, moved).tolist() == [*plain, plain.max() + 1]


def test_levels_part_what_differs_in_score_alone_and_join_what_is_clipped():
    """Figures of two years, each scored on its own line; and two that lie beyond the same bound."""
    assert levels(np.array([0.2, 0.7]), np.array([5.0, 5.0])).tolist() == [0, 1]
    assert levels(np.array([1.0, 1.0, 0.5]), np.array([9.0, 12.0, 5.0])).tolist() == [1, 1, 0]


def test_significant_digits_are_those_of_each_figure():
    x = np.array([0.1 + 0.2, 1e12 + 0.1, -1234567890.12, 0.0, 5e-324, 1e300])
    assert significant(x).tolist() == [0.3, 1e12, -1234567890.0, 0.0, 0.0, 1e300]


def test_a_column_is_flat_where_it_moves_in_its_last_bits_alone():
    counts = np.random.default_rng(3).integers(1000, 90_000, 100)
    dust = counts * 0.95 / counts * 100
    assert np.ptp(dust) > 0
    assert flat(dust.min(), dust.max())
    assert not flat(94.9999, 95.0)
    assert not flat(0.0, 1e-300)
    assert flat(0.0, 0.0)


def test_whole_parts_are_those_of_decimals():
    from fractions import Fraction

    for hundredths in range(50):
        for count in (7, 100, 300, 12_345):
            assert whole_part(count, hundredths / 100) == Fraction(hundredths, 100) * count // 1
