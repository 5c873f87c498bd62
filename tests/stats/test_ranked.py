"""Ranked rows: areas, precision and budgets against plain counting."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evalkit.stats.ranked import concordance, mean_precision, ranked, taken

scores = arrays(float, 14, elements=st.sampled_from([0.1, 0.2, 0.3, 0.5, 0.8]))
weights = arrays(float, 14, elements=st.floats(0.1, 5))
marks = arrays(float, 14, elements=st.sampled_from([0.0, 1.0]))


def counted(score, y, w):
    """Sums of runs of events and of others."""
    rows = ranked(score)
    return rows.sums((w * y)[rows.order]), rows.sums((w * (1 - y))[rows.order])


@given(scores, marks, weights)
def test_concordance_is_the_share_of_pairs(s, y, w):
    pairs = np.outer(w * y, w * (1 - y))
    won = (pairs * ((s[:, None] > s) + 0.5 * (s[:, None] == s))).sum()
    found = concordance(*counted(s, y, w))
    if pairs.sum() > 0:
        assert found == pytest.approx(won / pairs.sum(), abs=1e-12)
    else:
        assert np.isnan(found)


@given(scores, marks, weights)
def test_turning_scores_round_turns_concordance_round(s, y, w):
    both = concordance(*counted(s, y, w)) + concordance(*counted(-s, y, w))
    assert np.isnan(both) or both == pytest.approx(1, abs=1e-12)


@given(scores, marks, weights, st.floats(0.01, 1))
def test_a_budget_is_spent_exactly_and_rises_with_the_score(s, y, w, share):
    rows = ranked(s)
    chance = rows.spread(taken(rows.sums(w[rows.order]), rows, np.array([share])))
    assert (w * chance).sum() == pytest.approx(share * w.sum(), rel=1e-9)
    order = np.argsort(s)
    assert (np.diff(chance[order]) >= -1e-12).all()
    assert all(len(np.unique(chance[s == x])) == 1 for x in np.unique(s))


@given(scores, marks, weights)
def test_many_resamples_are_as_one_at_a_time(s, y, w):
    rows, rng = ranked(s), np.random.default_rng(0)
    often = rng.integers(0, 3, size=(5, 14)) * w[rows.order]
    share = np.array([0.3])
    together = taken(rows.sums(often), rows, share)
    one = np.stack([taken(rows.sums(line), rows, share) for line in often])
    np.testing.assert_allclose(together, one, atol=1e-12)
    e, o = rows.sums(often * y[rows.order]), rows.sums(often * (1 - y[rows.order]))
    np.testing.assert_allclose(mean_precision(e, o), [mean_precision(a, b) for a, b in zip(e, o, strict=True)], atol=1e-12)


def test_blocks_spend_their_own_shares():
    block = np.array([1, 0, 1, 0, 1, 1])
    rows = ranked(np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4]), block)
    chance = rows.spread(taken(np.ones(6), rows, np.array([0.5, 0.75])))
    assert chance.tolist() == [1, 1, 1, 0, 1, 0]


def test_rows_that_cost_nothing_are_taken_while_something_is_left():
    rows = ranked(np.array([0.9, 0.8, 0.7, 0.6]))
    assert rows.spread(taken(np.array([1.0, 0.0, 1.0, 0.0]), rows, np.array([0.75]))).tolist() == [1, 1, 0.5, 0]
