"""Replicate weights held against R's survey, the linearized variance of totals, and samples with known truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import binom

from evalkit.errors import DataError, NoAnswer, SpecError
from evalkit.stats.inference import unit_covariance
from evalkit.stats.replicates import Balanced, Jackknife, Replicates, RescaledBootstrap, replicated

# data(scd) of R's survey, from Levy & Lemeshow, Sampling of Populations: cardiac arrests by ambulance station in three areas
AREA = np.array([0, 0, 1, 1, 2, 2])
ARRESTS = np.array([120.0, 78, 185, 228, 670, 530])
ALIVE = np.array([25.0, 24, 30, 49, 80, 70])
LEVY_LEMESHOW = 2.0 * np.array([[1, 0, 1, 0, 1, 0], [1, 0, 0, 1, 0, 1], [0, 1, 1, 0, 0, 1], [0, 1, 0, 1, 1, 0]])


def means_and_totals(w):
    return np.stack([w @ ALIVE / w.sum(axis=1), w @ ARRESTS / w.sum(axis=1), w @ ALIVE, w @ ARRESTS], axis=1)


@pytest.mark.parametrize(
    "made",
    [
        Replicates(LEVY_LEMESHOW, np.full(4, 1 / 4)),
        Balanced().of(AREA),
        Balanced(rho=0.3).of(AREA),
        Jackknife().of(AREA),
    ],
    ids=["weights of Levy and Lemeshow", "balanced", "Fay", "jackknife"],
)
def test_data_scd(made):
    """R's survey on data(scd): svymean and svytotal of `alive` and `arrests`, BRR and Fay, as stored by the package Survey.jl."""
    found = np.sqrt(np.diag(made.covariance(replicated(means_and_totals, np.ones(6), np.arange(6), made))))
    np.testing.assert_allclose(found, [3.58236421003411, 25.3930217885851, 21.4941852602047, 152.35813073151], rtol=1e-12)


strata = st.lists(st.integers(2, 5), min_size=1, max_size=4)


@given(strata, st.integers(0, 10_000), st.booleans(), st.sampled_from(["remove", "certainty", "average"]))
def test_the_jackknife_of_totals_is_the_linearized_variance(sizes, seed, corrected, single):
    rng = np.random.default_rng(seed)
    stratum = rng.permutation(np.repeat(np.arange(len(sizes) + 1), [*sizes, 1]))
    fraction = rng.uniform(0, 0.9, len(sizes) + 1) if corrected else None
    t = rng.normal(size=(2, len(stratum)))
    made = Jackknife().of(stratum, fraction, single)
    found = made.covariance(replicated(lambda w: w @ t.T, np.ones(len(stratum)), np.arange(len(stratum)), made), t.sum(axis=1))
    np.testing.assert_allclose(found, unit_covariance(t, stratum, fraction, single), atol=1e-10)


@given(st.integers(1, 9), st.integers(0, 10_000), st.floats(0, 0.9))
def test_balanced_replicates_of_totals_are_the_linearized_variance(count, seed, rho):
    rng = np.random.default_rng(seed)
    stratum = rng.permutation(np.repeat(np.arange(count), 2))
    t = rng.normal(size=(1, 2 * count))
    made = Balanced(rho=rho).of(stratum)
    assert len(made.factors) <= 2 * (count + 1)
    found = made.covariance(replicated(lambda w: w @ t.T, np.ones(2 * count), np.arange(2 * count), made))
    np.testing.assert_allclose(found, unit_covariance(t, stratum), rtol=1e-9, atol=1e-12)


@given(arrays(float, 8, elements=st.floats(-5, 5)))
def test_the_jackknife_of_a_mean_of_units_is_the_textbook_one(x):
    made = Jackknife().of(np.zeros(8, dtype=int))
    means = replicated(lambda w: w @ x / w.sum(axis=1), np.ones(8), np.arange(8), made)
    np.testing.assert_allclose(made.covariance(means)[0, 0], x.var(ddof=1) / 8, atol=1e-10)


@pytest.mark.parametrize("fraction", [None, np.array([0.5, 0.2, 0.0, 1.0])])
def test_bootstraps_of_totals_have_the_linearized_variance(fraction):
    """Within four standard errors of 40,000 resamples; of strata drawn without replacement too."""
    rng = np.random.default_rng(8)
    stratum, t = np.repeat(np.arange(4), [2, 3, 5, 8]), rng.normal(5, 2, 18)
    made = RescaledBootstrap(resamples=40_000, seed=3).of(stratum, fraction)
    found = made.covariance(made.factors @ t[:, None])[0, 0]
    assert found == pytest.approx(unit_covariance(t[None], stratum, fraction)[0, 0], rel=4 * np.sqrt(2 / 40_000))
    np.testing.assert_allclose(made.factors.mean(axis=0), 1, atol=4 * np.sqrt(2 / 40_000))
    assert (made.factors >= 0).all()


def test_bootstraps_of_a_median_have_the_exact_variance():
    """Maritz & Jarrett (1978), JASA 73:194–196: the k-th of m draws from n figures is at most x_(j) with P(Bin(m, j/n) ≥ k).

    Of 20 draws from 21 figures the median is the tenth; 40,000 resamples are within four standard errors of that variance.
    """
    x = np.sort(np.random.default_rng(2).normal(size=21))
    p = np.diff(binom.sf(9, 20, np.arange(22) / 21))
    apart = x - p @ x
    exact = p @ apart**2
    made = RescaledBootstrap(resamples=40_000, seed=4).of(np.zeros(21, dtype=int))
    found = made.covariance(replicated(lambda w: medians(w, x), np.ones(21), np.arange(21), made))[0, 0]
    assert found == pytest.approx(exact, rel=4 * np.sqrt((p @ apart**4 / exact**2 - 1) / 40_000))


def medians(w, x):
    """Weighted medians of figures in rising order."""
    reached = np.cumsum(w, axis=1)
    return x[(reached < (0.5 - 1e-9) * reached[:, -1:]).sum(axis=1)]


def test_units_carry_their_rows():
    unit, weights, y = np.array([0, 0, 1, 1, 2]), np.array([1.0, 2, 1, 1, 3]), np.array([1.0, 2, 3, 4, 5])
    made = Jackknife().of(np.zeros(3, dtype=int))
    found = replicated(lambda w: w @ y, weights, unit, made).ravel()
    np.testing.assert_allclose(found, [1.5 * (7 + 15), 1.5 * (5 + 15), 1.5 * (5 + 7)])


@pytest.mark.parametrize("held", [1, 20, 1 << 22])
def test_pieces_make_the_same_estimates(held, monkeypatch):
    x = np.random.default_rng(3).normal(size=10)
    made = RescaledBootstrap(resamples=7).of(np.arange(10) % 2)
    monkeypatch.setattr("evalkit.stats.replicates.HELD", held)
    found = replicated(lambda w: np.stack([w @ x, w.sum(axis=1)], axis=1), np.ones(10), np.arange(10), made)
    np.testing.assert_allclose(found, np.stack([made.factors @ x, made.factors.sum(axis=1)], axis=1), rtol=1e-12)


def test_lonely_strata_of_bootstraps():
    """Certain strata never change; under "average" their variance is that of the others."""
    stratum, t = np.array([0, 0, 0, 1]), np.array([1.0, 2.0, 4.0, 100.0])
    plain, blown = (RescaledBootstrap(resamples=50).of(stratum, single=how) for how in ("certainty", "average"))
    assert (plain.factors[:, 3] == 1).all()
    np.testing.assert_allclose(blown.covariance(blown.factors @ t[:, None]), 2 * plain.covariance(plain.factors @ t[:, None]))
    with pytest.raises(DataError, match="single cluster"):
        RescaledBootstrap().of(stratum)
    with pytest.raises(NoAnswer, match="cannot adjust"):
        RescaledBootstrap().of(stratum, single="adjust")


def test_a_sample_of_everyone_has_no_variance():
    made = Jackknife().of(np.array([0, 0, 1]), np.array([1.0, 1.0]))
    assert made.factors.shape == (0, 3)
    assert made.covariance(np.zeros((0, 2))).tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_a_lost_replicate_is_nan():
    made = Jackknife().of(np.zeros(3, dtype=int))
    with np.errstate(invalid="ignore"):
        found = replicated(lambda w: (w @ [1.0, 0, 0]) / (w @ [1.0, 0, 0]), np.ones(3), np.arange(3), made)
    assert np.isnan(made.covariance(found)[0, 0])


def test_the_seed_makes_the_resamples():
    stratum = np.arange(12) % 3
    first, again, other = (RescaledBootstrap(resamples=5, seed=seed).of(stratum).factors for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize(
    "ask",
    [
        lambda: Balanced(rho=1.0),
        lambda: Balanced(rho="half"),
        lambda: RescaledBootstrap(resamples=1),
        lambda: RescaledBootstrap(resamples=2.5),
        lambda: RescaledBootstrap(seed=-1),
    ],
)
def test_specs_that_make_no_sense_are_refused(ask):
    with pytest.raises(SpecError):
        ask()


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: Balanced().of(np.array([0, 0, 0])), "two clusters"),
        (lambda: Balanced().of(np.array([0, 0]), np.array([0.5])), "with replacement"),
        (lambda: Jackknife().of(np.zeros(20_000, dtype=int)), "cannot be held"),
        (lambda: RescaledBootstrap(resamples=100_000).of(np.zeros(2_000, dtype=int)), "cannot be held"),
    ],
)
def test_samples_a_scheme_cannot_replicate(ask, said):
    with pytest.raises(NoAnswer, match=said):
        ask()


@pytest.mark.parametrize("statistic", [lambda w: w.sum(), lambda w: w[:2, 0], lambda w: w[:, :, None]])
def test_statistics_of_another_shape_are_refused(statistic):
    made = Jackknife().of(np.zeros(3, dtype=int))
    with pytest.raises(DataError, match="one figure"):
        replicated(statistic, np.ones(3), np.arange(3), made)
