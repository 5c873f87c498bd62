"""Sobol shares: functions with known shares, scipy's and SALib's own values, and the bootstrap."""

import numpy as np
import pytest

from evalkit.stats.resampling import bootstrap_counts
from evalkit.stats.sobol import resampled_indices, saltelli_points, sobol_bounds, sobol_indices


def ishigami(u, a=7.0, b=0.1):
    """sin x₁ + a sin² x₂ + b x₃⁴ sin x₁ with x from −π to π; Ishigami & Homma (1990)."""
    x = (2 * u - 1) * np.pi
    return np.sin(x[:, 0]) + a * np.sin(x[:, 1]) ** 2 + b * x[:, 2] ** 4 * np.sin(x[:, 0])


def sobol_g(u, a):
    return np.prod((np.abs(4 * u - 2) + a) / (1 + a), axis=1)


def swapped(A, B, groups):
    """A with each group of columns from B."""
    sides = []
    for group in groups:
        side = A.copy()
        side[:, group] = B[:, group]
        sides.append(side)
    return sides


def runs(f, A, B, groups=None):
    groups = [[i] for i in range(A.shape[1])] if groups is None else groups
    return f(A)[:, None], f(B)[:, None], np.stack([f(side)[:, None] for side in swapped(A, B, groups)])


def shares(f, dimensions, rows=2**14, groups=None, seed=3):
    first, total = sobol_indices(*runs(f, *saltelli_points(dimensions, rows, seed), groups))
    return first[:, 0], total[:, 0]


def ishigami_exact():
    """Saltelli et al. (2008), Global Sensitivity Analysis: The Primer, chapter 4, exercise 5 (as in scipy's tests)."""
    a, b = 7.0, 0.1
    variance = 0.5 + a**2 / 8 + b * np.pi**4 / 5 + b**2 * np.pi**8 / 18
    alone = np.array([0.5 + b * np.pi**4 / 5 + b**2 * np.pi**8 / 50, a**2 / 8, 0.0])
    together = b**2 * np.pi**8 * 8 / 225  # of x₁ and x₃
    return alone / variance, (alone + np.array([together, 0, together])) / variance


def test_ishigami_known_shares():
    first, total = shares(ishigami, 3)
    exact = ishigami_exact()
    np.testing.assert_allclose(first, exact[0], atol=0.01)
    np.testing.assert_allclose(total, exact[1], atol=0.01)


def test_ishigami_salib_test_values():
    """SALib's tests/test_regression.py, to the two digits it gives: single inputs, and x₁ and x₃ as a group."""
    first, total = shares(ishigami, 3)
    np.testing.assert_allclose(first, [0.31, 0.44, 0.00], atol=0.01)
    np.testing.assert_allclose(total, [0.55, 0.44, 0.24], atol=0.01)
    first, total = shares(ishigami, 3, groups=[[0, 2], [1]])
    np.testing.assert_allclose(first, [0.55, 0.44], atol=0.01)
    np.testing.assert_allclose(total, [0.55, 0.44], atol=0.01)


def test_sobol_g_salib_analytic_values():
    """SALib 1.6.0, Sobol_G.sensitivity_index and total_sensitivity_index for a = (78, 12, 0.5, 2, 97, 33)."""
    a = np.array([78, 12, 0.5, 2, 97, 33])
    first, total = shares(lambda u: sobol_g(u, a), 6)
    np.testing.assert_allclose(first, [0.000276, 0.010195, 0.765743, 0.191436, 0.000179, 0.001490], atol=0.005)
    np.testing.assert_allclose(total, [0.000329458, 0.012143240, 0.795969769, 0.220313061, 0.000214097, 0.001778255], atol=0.005)


def golden():
    """A small design anyone can rebuild: multiples of square roots of primes, modulo one."""
    points = (np.arange(1, 65)[:, None] * np.sqrt([2.0, 3.0, 5.0, 7.0, 11.0, 13.0])) % 1
    return points[:, :3], points[:, 3:]


def test_totals_are_those_of_salib_run_on_the_same_outputs():
    """SALib 1.6.0, analyze.sobol on the 64 rows of `golden`; its first-order shares center otherwise and are not compared."""
    _, total = sobol_indices(*runs(ishigami, *golden()))
    np.testing.assert_allclose(total[:, 0], [0.2707918335, 0.4222865927, 0.2167577062], atol=5e-11)


@pytest.mark.parametrize("rows", [64, 1024])
def test_shares_are_those_of_scipy_on_the_same_outputs(rows):
    from scipy.stats import sobol_indices as of_scipy

    A, B = golden() if rows == 64 else saltelli_points(3, rows, seed=0)
    f_A, f_B, f_AB = runs(ishigami, A, B)
    theirs = of_scipy(func={"f_A": f_A.T, "f_B": f_B.T, "f_AB": f_AB.transpose(0, 2, 1)}, n=rows)
    first, total = sobol_indices(f_A, f_B, f_AB)
    np.testing.assert_allclose(first[:, 0], theirs.first_order.ravel(), rtol=1e-10)
    np.testing.assert_allclose(total[:, 0], theirs.total_order.ravel(), rtol=1e-10)


def test_ishigami_scipy_documented_example():
    """scipy.stats.sobol_indices prints these for n = 1024 and an unseeded sequence, so to two hundredths."""
    first, total = shares(ishigami, 3, rows=1024)
    np.testing.assert_allclose(first, [0.31637954, 0.43781162, 0.00318825], atol=0.02)
    np.testing.assert_allclose(total, [0.56122127, 0.44287857, 0.24229595], atol=0.02)


def test_an_input_that_does_nothing_has_shares_of_zero():
    """COINr, tests/testthat/test-sensitivity.R: y = x₁ + 10 x₂, and x₃ is not used."""
    first, total = shares(lambda u: u[:, 0] + 10 * u[:, 1], 3, rows=128)
    assert first[2] == 0
    assert total[2] == 0


def test_many_outputs_are_many_single_ones():
    A, B = saltelli_points(3, 128, seed=5)
    slopes = np.random.default_rng(0).normal(size=(3, 300))
    f_A, f_B, f_AB = A @ slopes, B @ slopes, np.stack([side @ slopes for side in swapped(A, B, [[0], [1], [2]])])
    first, total = sobol_indices(f_A, f_B, f_AB)
    one = sobol_indices(f_A[:, 7:8], f_B[:, 7:8], f_AB[:, :, 7:8])
    np.testing.assert_allclose([first[:, 7], total[:, 7]], [one[0][:, 0], one[1][:, 0]], rtol=1e-10)
    exact = slopes**2 / (slopes**2).sum(axis=0)
    assert np.abs(first - exact).mean() < 0.02
    counts = bootstrap_counts(np.random.default_rng(0), 128, 200)
    low, high = sobol_bounds(f_A, f_B, f_AB, counts, 0.9)[1]
    alone = sobol_bounds(f_A[:, 280:281], f_B[:, 280:281], f_AB[:, :, 280:281], counts, 0.9)[1]
    np.testing.assert_allclose([low[:, 280], high[:, 280]], alone[:, :, 0], rtol=1e-10)


def test_resamples_by_counts_are_resamples_by_rows():
    f_A, f_B, f_AB = runs(ishigami, *golden())
    drawn = np.random.default_rng(2).integers(64, size=64)
    counts = np.bincount(drawn, minlength=64).astype(float)[None]
    first, total = resampled_indices(f_A, f_B, f_AB, counts)
    mean = np.concatenate([f_A, f_B]).mean()
    a, b, ab = f_A[drawn] - mean, f_B[drawn] - mean, f_AB[:, drawn] - mean
    variance = np.concatenate([a, b]).var()
    np.testing.assert_allclose(first[0, :, 0], (b * (ab - a)).mean(axis=1)[:, 0] / variance, rtol=1e-10)
    np.testing.assert_allclose(total[0, :, 0], ((a - ab) ** 2).mean(axis=1)[:, 0] / 2 / variance, rtol=1e-10)


def test_bounds_hold_the_truth_about_as_often_as_they_say():
    """90 % bounds of total shares in 60 designs of 256 pseudo-random rows: at least 80 % hold the known share."""
    exact, held = ishigami_exact()[1], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        made = runs(ishigami, *rng.random((2, 256, 3)))
        low, high = sobol_bounds(*made, bootstrap_counts(rng, 256, 400), 0.9)[1]
        held.append((low[:, 0] <= exact) & (exact <= high[:, 0]))
    assert np.mean(held) > 0.8
    assert np.mean(held) < 0.98


def test_an_output_that_never_varies_has_no_shares():
    f_A, f_B, f_AB = (np.concatenate([part, np.ones_like(part)], axis=-1) for part in runs(ishigami, *golden()))
    first, total = sobol_indices(f_A, f_B, f_AB)
    assert np.isnan(first[:, 1]).all()
    assert np.isnan(total[:, 1]).all()
    assert np.isfinite(first[:, 0]).all()
    bounds = sobol_bounds(f_A, f_B, f_AB, bootstrap_counts(np.random.default_rng(0), 64, 50), 0.9)
    assert np.isnan(bounds[0][:, :, 1]).all()
