"""Ranks: against pandas' own, and deaf to the last bit."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evalkit.stats.ranks import ranks, spearman

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
