"""Shares solved for from printed figures: the known ones lie in the ranges, and are found in spite of misprints."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.coupling.audit.boxes import Box
from evalkit.coupling.audit.shares import meets_shares, most_covered, solve_shares


def printed(values, decimals):
    half = 0.5 * 10.0**-decimals
    values = np.round(values, decimals)
    return Box(values - half, values + half)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 4), decimals=st.integers(2, 4), total=st.sampled_from([1.0, 0.8, 1.25]))
def test_the_true_shares_lie_in_the_ranges(seed, n, decimals, total):
    rng = np.random.default_rng(seed)
    a = rng.dirichlet(np.full(n, 5.0)) * total
    u = rng.uniform(0.1, 0.9, (n, 20))
    solved = solve_shares(printed(u, decimals), printed(a @ u, decimals), to_one=total == 1)
    assert solved is not None
    assert (solved.low - 1e-6 <= a).all()
    assert (a <= solved.high + 1e-6).all()
    assert solved.total[0] - 1e-6 <= total <= solved.total[1] + 1e-6
    assert meets_shares(solved.at, printed(u, decimals), printed(a @ u, decimals)).all()


@pytest.mark.parametrize("n", [2, 3])
def test_a_misprint_does_not_pull(n):
    rng = np.random.default_rng(3)
    a = np.array([0.7, 0.2, 0.1])[:n] / sum([0.7, 0.2, 0.1][:n])
    u = rng.uniform(0.1, 0.9, (n, 25))
    t = a @ u
    t[4] += 0.1
    solved = solve_shares(printed(u, 4), printed(t, 4), to_one=True)
    np.testing.assert_allclose(solved.at, a, atol=1e-3)
    assert np.flatnonzero(~meets_shares(solved.at, printed(u, 4), printed(t, 4))).tolist() == [4]


def test_shares_that_reproduce_too_little_are_none():
    rng = np.random.default_rng(4)
    u, t = rng.uniform(0.1, 0.9, (3, 25)), rng.uniform(0.1, 0.9, 25)
    assert solve_shares(printed(u, 3), printed(t, 3), to_one=True) is None


def test_most_covered_takes_the_stretch_most_intervals_share():
    assert most_covered(np.array([0.0, 0.1, 0.8]), np.array([0.3, 0.2, 0.9])) == (0.1, 0.2)
    assert most_covered(np.array([np.inf]), np.array([-np.inf])) == (0.0, 0.0)
