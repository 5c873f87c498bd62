"""Bootstrap counts."""

import numpy as np

from evalkit.stats.resampling import bootstrap_counts


def test_counts_are_multinomial():
    """Mean 1, variance 1 − 1/n, covariance −1/n of the multinomial distribution."""
    counts = bootstrap_counts(np.random.default_rng(4), rows=5, resamples=40_000)
    assert (counts.sum(axis=1) == 5).all()
    covariance = np.cov(counts.T)
    np.testing.assert_allclose(counts.mean(axis=0), 1, atol=0.02)
    np.testing.assert_allclose(np.diag(covariance), 0.8, atol=0.03)
    np.testing.assert_allclose(covariance[~np.eye(5, dtype=bool)], -0.2, atol=0.02)


def test_the_spread_of_resampled_means_is_the_standard_error():
    x = np.random.default_rng(1).normal(size=300)
    means = bootstrap_counts(np.random.default_rng(2), 300, 4000) @ x / 300
    np.testing.assert_allclose(means.std(), x.std() / np.sqrt(300), rtol=0.05)
