"""Moves between states, held against a plain walk over units and an R-style contingency by pandas."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from evalkit.stats.transitions import counted_moves, directions, lagged, shared_moves

panels = st.sets(st.tuples(st.integers(0, 4), st.integers(1990, 2004)), min_size=1, max_size=40).flatmap(
    lambda rows: st.permutations(sorted(rows))
)


@given(panels, st.integers(1, 6))
def test_pairs_are_those_of_a_plain_walk(rows, lag):
    unit, period = np.array(rows).T
    where = {row: at for at, row in enumerate(rows)}
    walked = [(at, where[u, p + lag]) for at, (u, p) in enumerate(rows) if (u, p + lag) in where]
    before, after = lagged(unit, period, lag)
    assert list(zip(before.tolist(), after.tolist(), strict=True)) == walked


def test_no_rows_make_no_pairs():
    before, after = lagged(np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp), 1)
    assert len(before) == len(after) == 0


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=60))
def test_counts_are_those_of_a_cross_table(moves):
    before, after, layer = np.array(moves).T
    counts = counted_moves(before, after, layer, (3, 4))
    table = pd.crosstab(pd.Series(before), pd.Series(after)).reindex(index=range(4), columns=range(4), fill_value=0)
    np.testing.assert_array_equal(counts.sum(axis=0), table)
    assert counts.sum() == len(moves)
    np.testing.assert_array_equal(counts.sum(axis=(1, 2)), np.bincount(layer, minlength=3))
    ways = directions(counts)
    np.testing.assert_array_equal(ways.sum(axis=1), counts.sum(axis=(1, 2)))
    assert ways[:, 2].sum() == (after > before).sum()
    assert ways[:, 1].sum() == (after == before).sum()


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60))
def test_shares_of_a_row_sum_to_one_where_someone_began(moves):
    before, after = np.array(moves).T
    shares = shared_moves(counted_moves(before, after, np.zeros(len(moves), dtype=int), (1, 4)))[0]
    began = np.isin(np.arange(4), before)
    np.testing.assert_allclose(shares[began].sum(axis=1), 1.0, rtol=1e-12)
    assert np.isnan(shares[~began]).all()


def test_a_markov_chain_is_recovered():
    """Of a long chain of known probabilities the shares come near the truth: within four standard errors."""
    truth = np.array([[0.8, 0.2, 0.0], [0.1, 0.7, 0.2], [0.0, 0.3, 0.7]])
    rng = np.random.default_rng(4)
    units, years = 2_000, 30
    state = np.zeros((units, years), dtype=int)
    for year in range(1, years):
        state[:, year] = (rng.random(units)[:, None] > truth.cumsum(axis=1)[state[:, year - 1]]).sum(axis=1)
    unit, period = np.repeat(np.arange(units), years), np.tile(np.arange(years), units)
    before, after = lagged(unit, period, 1)
    flat = state.ravel()
    counts = counted_moves(flat[before], flat[after], period[after], (years, 3)).sum(axis=0)
    error = np.sqrt(truth * (1 - truth) / counts.sum(axis=1, keepdims=True))
    assert (np.abs(shared_moves(counts) - truth) <= 4 * error + 1e-12).all()
