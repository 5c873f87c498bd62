"""Errors of many domains at once, held against the covariance of totals domain by domain, and against resampling by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import DataError, NoAnswer, SpecError
from evalkit.stats.domains import (
    bootstrap_weights,
    domain_covariance,
    domain_degrees,
    domain_variances,
    linearized_ratios,
    relabeled,
    resampled_totals,
)
from evalkit.stats.inference import degrees_of_freedom, ratio_influence, total_covariance


def sample(seed, units=30, domains=3, strata=5, alone=2):
    """Rows of (domain, unit) pairs, some pairs without a row; the first strata have a single unit."""
    rng = np.random.default_rng(seed)
    unit_stratum = np.concatenate([np.arange(alone), alone + np.arange(units - alone) % (strata - alone)])
    pair = rng.choice(units * domains, units * domains * 2 // 3, replace=False)
    pair = np.concatenate([pair, np.setdiff1d(np.arange(units) * domains, pair)])  # each unit has a row
    return rng.normal(1, 2, (2, len(pair))), pair % domains, pair // domains, unit_stratum


@pytest.mark.parametrize("single", ["adjust", "certainty", "remove", "average"])
@pytest.mark.parametrize("corrected", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_each_domain_has_the_variance_of_its_totals(seed, single, corrected):
    totals, domain, unit, unit_stratum = sample(seed)
    fraction = np.linspace(0, 0.5, 5) if corrected else None
    asked = domain_variances(totals, domain, unit_stratum[unit], np.bincount(unit_stratum), fraction, single)
    for d in range(3):
        alone = total_covariance(totals * (domain == d), unit_stratum[unit], unit, fraction, single)
        np.testing.assert_allclose(asked[d], np.diag(alone), rtol=1e-10)


@pytest.mark.parametrize("single", ["adjust", "certainty", "remove", "average"])
@pytest.mark.parametrize("fraction", [None, np.linspace(0, 0.5, 5), np.array([1.0, 0.2, 0.3, 1.0, 0.4])])
def test_domains_vary_together_as_rows_of_one_sample(single, fraction):
    totals, domain, unit, unit_stratum = sample(7)
    found = domain_covariance(totals[0], domain, unit, unit_stratum, fraction, single)
    scores = np.stack([totals[0] * (domain == d) for d in range(3)])
    np.testing.assert_allclose(
        found, total_covariance(scores, unit_stratum[unit], unit, fraction, single), rtol=1e-10, atol=1e-10
    )
    asked = domain_variances(totals[:1], domain, unit_stratum[unit], np.bincount(unit_stratum), fraction, single)
    np.testing.assert_allclose(np.diag(found), asked[:, 0], rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("seed", range(5))
def test_degrees_of_freedom_are_those_of_each_domain(seed):
    _, domain, unit, unit_stratum = sample(seed)
    found = domain_degrees(domain, unit, unit_stratum, 4)
    by_hand = [degrees_of_freedom(unit_stratum[unit], unit, domain == d) for d in range(4)]
    assert found.tolist() == by_hand
    twice = np.concatenate([np.arange(len(unit)), np.arange(len(unit))])
    assert domain_degrees(domain[twice], unit[twice], unit_stratum, 4).tolist() == by_hand


def test_ratios_of_domains_are_ratios_of_their_rows():
    totals, domain, _, _ = sample(2)
    x = np.abs(totals[1])
    ratio, influence = linearized_ratios([totals[0]], x, domain, 3)
    for d in range(3):
        found, own = ratio_influence(totals[0] * (domain == d), x * (domain == d), np.ones(len(x)))
        np.testing.assert_allclose(ratio[d, 0], found, rtol=1e-12)
        np.testing.assert_allclose(influence[0, domain == d], own[domain == d], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("asked", [domain_variances, domain_covariance])
def test_words_and_samples_that_cannot_be(asked):
    units = np.array([1]) if asked is domain_variances else np.zeros(1, dtype=int)
    rows = (np.ones((1, 1)) if asked is domain_variances else np.ones(1), np.zeros(1, int), np.zeros(1, int), units)
    with pytest.raises(SpecError, match="not a choice"):
        asked(*rows, single="adjusted")
    with pytest.raises(NoAnswer, match="no stratum"):
        asked(*rows, single="average")
    assert asked(*rows, np.array([1.0])).tolist() == [[0.0]]  # drawn whole


def test_a_stratum_of_one_unit_is_refused_unless_said():
    with pytest.raises(DataError, match="single cluster"):
        domain_variances(np.ones((1, 1)), np.zeros(1, int), np.zeros(1, int), np.array([1]))


def test_resampled_totals_are_sums_of_repeated_units():
    totals, domain, unit, _ = sample(1)
    counts = np.random.default_rng(3).integers(0, 4, (6, 30)).astype(float)
    found = resampled_totals(totals, domain, unit, counts)
    for b, count in enumerate(counts):
        for d in range(3):
            np.testing.assert_allclose(found[b, d], (totals * count[unit])[:, domain == d].sum(axis=1), rtol=1e-12, atol=1e-12)


def test_bootstraps_within_strata_have_the_linear_variance():
    """Of a total the bootstrap variance tends to the linear one: 40,000 resamples are within four standard errors of it."""
    rng = np.random.default_rng(8)
    stratum, t = np.repeat(np.arange(4), [2, 3, 5, 8]), rng.normal(5, 2, 18)
    counts = bootstrap_weights(rng, stratum, 40_000)
    np.testing.assert_allclose(np.add.reduceat(counts, [0, 2, 5, 10], axis=1), np.broadcast_to([2, 3, 5, 8], (40_000, 4)))
    linear = total_covariance(t[None], stratum, np.arange(18))[0, 0]
    assert (counts @ t).var() == pytest.approx(linear, rel=4 * np.sqrt(2 / 40_000))


@given(st.lists(st.integers(0, 50), min_size=1, max_size=40), st.sampled_from([51, 10_000]))
def test_relabeled_codes_stand_for_what_they_were(codes, size):
    codes = np.array(codes)
    labels, kept = relabeled(codes, size)
    np.testing.assert_array_equal(kept[labels], codes)
    np.testing.assert_array_equal(kept, np.unique(codes))
