"""Exact tails and bounds: printed values, peers, and what must hold for each of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, hypergeom, t

from evalkit.stats.exact import (
    binomial_above,
    binomial_below,
    binomial_lower,
    binomial_upper,
    effective_trials,
    hypergeometric_above,
    hypergeometric_below,
    hypergeometric_lower,
    hypergeometric_upper,
    unequal_above,
)
from evalkit.stats.multiplicity import bonferroni, holm


def one(x):
    return np.array([x], dtype=float)


def test_documentation_of_binom_test():
    """R, ?binom.test: Conover's 682 of 925 (Mendel), 95 % interval 0.7076683 to 0.7654066."""
    low, high = binomial_lower(one(682), one(925), 0.975)[0], binomial_upper(one(682), one(925), 0.975)[0]
    assert (round(low, 7), round(high, 7)) == (0.7076683, 0.7654066)


def test_documentation_of_genbinomapps():
    """R package GenBinomApps, ?clopper.pearson.ci: upper bound of 5 in 100,000 at alpha .05: 0.0001051275."""
    assert round(binomial_upper(one(5), one(100_000), 0.95)[0], 10) == 0.0001051275


def test_documentation_of_binom_test_three_of_four():
    """R, binom.test(3, 4, alternative = "greater"): 95 % interval 0.2486046 to 1, p-value 0.3125."""
    assert round(binomial_lower(one(3), one(4), 0.95)[0], 7) == 0.2486046
    assert binomial_above(one(3), one(4), 0.5)[0] == pytest.approx(0.3125, abs=1e-12)


@pytest.mark.parametrize("n", [30, 100, 300, 1000])
def test_rule_of_three(n):
    """Hanley & Lippman-Hand (1983): none of n bounds the rate at about 3/n; exactly at 1 − .05^(1/n)."""
    bound = binomial_upper(one(0), one(n), 0.95)[0]
    assert bound == pytest.approx(1 - 0.05 ** (1 / n), rel=1e-12)
    assert bound == pytest.approx(3 / n, rel=2 / n + 0.01)


@given(st.integers(1, 400), st.integers(0, 400), st.floats(0.001, 0.999))
def test_binomial_tails_are_those_of_scipy(n, x, p):
    x = min(x, n)
    np.testing.assert_allclose(binomial_below(one(x), one(n), p)[0], binom.cdf(x, n, p), rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(binomial_above(one(x), one(n), p)[0], binom.sf(x - 1, n, p), rtol=1e-9, atol=1e-14)


@given(st.integers(1, 300), st.floats(0.001, 0.999), st.sampled_from([0.9, 0.95, 0.99]))
def test_exact_bounds_cover(n, p, level):
    """Whatever the rate, the chance that the bound does not fall short of it is at least the level."""
    x = np.arange(n + 1.0)
    covered = binomial_upper(x, np.full(n + 1, float(n)), level) >= p
    assert binom.pmf(x, n, p)[covered].sum() >= level - 1e-9
    covered = binomial_lower(x, np.full(n + 1, float(n)), level) <= p
    assert binom.pmf(x, n, p)[covered].sum() >= level - 1e-9


def test_hypergeometric_tails_are_those_of_scipy():
    rng = np.random.default_rng(0)
    N = rng.integers(2, 3000, 3000)
    K, n, x = (N * rng.random(3000) ** 3).astype(int), (N * rng.random(3000)).astype(int), rng.integers(0, 40, 3000)
    np.testing.assert_allclose(hypergeometric_below(x, N, K, n), hypergeom.cdf(x, N, K, n), rtol=1e-9, atol=1e-11)
    above = hypergeometric_above(x, N, K, n)
    peer = hypergeom.sf(x - 1, N, K, n)
    np.testing.assert_allclose(above, peer, rtol=1e-9, atol=1e-11)
    tiny = (peer > 1e-200) & (peer < 1e-11)
    np.testing.assert_allclose(above[tiny], peer[tiny], rtol=1e-9)  # small tails keep their digits


@given(st.integers(2, 200), st.data())
def test_hypergeometric_bounds_cover(N, data):
    n, K = data.draw(st.integers(1, N)), data.draw(st.integers(0, N))
    x = np.arange(max(0, n + K - N), min(n, K) + 1)
    chance = hypergeom.pmf(x, N, K, n)
    every = np.full(len(x), N), np.full(len(x), n)
    assert chance[hypergeometric_upper(x, *every, 0.95) >= K].sum() >= 0.95 - 1e-9
    assert chance[hypergeometric_lower(x, *every, 0.95) <= K].sum() >= 0.95 - 1e-9


@given(st.integers(1, 100), st.data())
def test_a_census_is_its_own_bound(N, data):
    x = np.array([data.draw(st.integers(0, N))])
    assert hypergeometric_upper(x, np.array([N]), np.array([N]))[0] == x[0]
    assert hypergeometric_lower(x, np.array([N]), np.array([N]))[0] == x[0]


@given(st.integers(0, 10**6))
def test_unequal_chances_by_convolution(seed):
    rng = np.random.default_rng(seed)
    chances, group = rng.random(25) ** 2, rng.integers(0, 4, 25)
    events = rng.integers(0, 6, 4)
    found = unequal_above(chances, group, events)
    for g in range(4):
        law = np.array([1.0])
        for p in chances[group == g]:
            law = np.convolve(law, [1 - p, p])
        assert found[g] == pytest.approx(law[events[g] :].sum(), abs=1e-12)


def test_equal_chances_are_binomial():
    found = unequal_above(np.full(500, 0.01), np.zeros(500, dtype=int), np.array([25]))
    assert found[0] == pytest.approx(binom.sf(24, 500, 0.01), rel=1e-9)


def test_effective_trials_of_a_plain_sample():
    """V = p(1 − p)/(n − 1) with df = n − 1 leaves n − 1; SAS' PROC SURVEYFREQ has the same formula with p(1 − p)/V first."""
    p = np.array([0.03])
    left = effective_trials(p, p * (1 - p) / 99, one(100), one(99), 0.975)
    assert left[0] == pytest.approx(99)
    few = effective_trials(p, p * (1 - p) / 99, one(100), one(9), 0.975)
    assert few[0] == pytest.approx(99 * (t.ppf(0.975, 99) / t.ppf(0.975, 9)) ** 2)
    assert effective_trials(p, p * (1 - p) / 9999, one(100), one(99), 0.975)[0] == 100
    assert np.isnan(effective_trials(p * 0, p * 0, one(100), one(99), 0.975)[0])


def test_p_adjust_of_r():
    """R, p.adjust(c(.01, .02, .03, .04, .05)): Holm .05 .08 .09 .09 .09, Bonferroni .05 .10 .15 .20 .25."""
    p = np.arange(1, 6) / 100
    np.testing.assert_allclose(holm(p), [0.05, 0.08, 0.09, 0.09, 0.09])
    np.testing.assert_allclose(bonferroni(p), [0.05, 0.10, 0.15, 0.20, 0.25])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_holm_lies_between_p_and_bonferroni(values):
    p = np.array(values)
    assert (holm(p) >= p).all()
    assert (holm(p) <= bonferroni(p)).all()
    np.testing.assert_allclose(holm(p[::-1])[::-1], holm(p))
