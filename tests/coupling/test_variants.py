"""Variants of the coupling degree: identities between them, their ranges, and what each does and does not see."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evalkit.coupling.static import CouplingCoordination
from evalkit.coupling.variant_comparison import compare_variants, usual
from evalkit.coupling.variants import (
    Distance,
    Fan2024,
    PairwiseProduct,
    Power,
    Standard,
    Wang2021,
    WithoutCoefficient,
    coupling_degree,
)
from evalkit.errors import NoAnswer, SpecError

levels = st.floats(0.001, 1.0)
SOUND = (Standard(), Power(k=2), Wang2021(), Fan2024(), Distance(), Distance(k=2))


def bundle(n):
    return arrays(float, (n, 6), elements=levels)


systems = st.integers(2, 5).flatmap(bundle)


@pytest.mark.parametrize("variant", SOUND, ids=lambda v: v.name.en)
@given(u=systems)
def test_sound_variants_lie_in_the_unit_interval_and_are_one_where_level(variant, u):
    c = variant.degree(u)
    assert np.all((c >= 0) & (c <= 1))
    np.testing.assert_allclose(variant.degree(np.tile(u[0], (len(u), 1))), 1.0, rtol=1e-7)
    assert variant.most(len(u)) == 1


@pytest.mark.parametrize("variant", SOUND, ids=lambda v: v.name.en)
@given(u=systems)
def test_the_order_of_the_systems_does_not_matter(variant, u):
    np.testing.assert_allclose(variant.degree(u[::-1]), variant.degree(u), rtol=1e-9, atol=1e-12)


@given(systems, st.floats(0.2, 4.0))
def test_power_k_is_the_standard_degree_to_n_times_k(u, k):
    np.testing.assert_allclose(Power(k=k).degree(u), coupling_degree(u) ** (len(u) * k), rtol=1e-9)
    direct = (np.prod(u, axis=0) / u.mean(axis=0) ** len(u)) ** k
    np.testing.assert_allclose(Power(k=k).degree(u), direct, rtol=1e-8, atol=1e-300)


@given(bundle(2))
def test_of_two_systems_wang_is_below_the_root_of_their_ratio(u):
    ratio = u.min(axis=0) / u.max(axis=0)
    c = Wang2021().degree(u)
    np.testing.assert_allclose(c, np.sqrt((1 - np.abs(u[0] - u[1])) * ratio), rtol=1e-12)
    assert np.all(c <= np.sqrt(ratio) + 1e-12)


@given(bundle(2))
def test_of_two_systems_fan_and_distance_see_the_difference_alone(u):
    d = np.abs(u[0] - u[1])
    np.testing.assert_allclose(Fan2024().degree(u), 1 - d, atol=1e-12)
    np.testing.assert_allclose(Distance(k=2).degree(u), 1 - d, atol=1e-12)
    np.testing.assert_allclose(Distance(k=1).degree(u), np.sqrt(1 - d), atol=1e-7)


@given(systems)
def test_without_its_coefficient_the_degree_stays_below_one_over_n(u):
    lost = WithoutCoefficient()
    np.testing.assert_allclose(lost.degree(u) * len(u), coupling_degree(u), rtol=1e-12)
    assert np.all(lost.degree(u) <= lost.most(len(u)) + 1e-12)


@given(bundle(3), st.floats(0.1, 1.0))
def test_by_pairs_of_three_systems_is_free_of_scale_and_at_most_a_half(u, factor):
    c = PairwiseProduct().degree(u)
    np.testing.assert_allclose(PairwiseProduct().degree(u * factor), c, rtol=1e-9)
    assert np.all(c <= 0.5 + 1e-12)


@given(bundle(2))
def test_by_pairs_of_two_systems_is_the_root_of_half_their_harmonic_mean(u):
    harmonic = 2 / (1 / u[0] + 1 / u[1])
    np.testing.assert_allclose(PairwiseProduct().degree(u), np.sqrt(harmonic / 2), rtol=1e-9)


def test_by_pairs_of_four_systems_is_refused():
    with pytest.raises(NoAnswer, match="no upper end"):
        PairwiseProduct().degree(np.full((4, 1), 0.5))


def test_coupling_pkg():
    """R package coupling (stscl/coupling), vignette ccd: four systems, Wang 2021 and Fan 2024, seven decimals."""
    u = np.array([[0.8179733, 0.3246648, 0.6590316, 0.1308531], [0.3020233, 0.1318888, 0.4046987, 0.5173794]]).T
    np.testing.assert_allclose(Wang2021().degree(u), [0.4722274, 0.6211236], atol=1e-7)
    np.testing.assert_allclose(Fan2024().degree(u), [0.4593785, 0.7164548], atol=1e-7)


def test_wang2021_table8():
    """Wang Shujia et al. (2021), Table 8, 13 cities of Beijing–Tianjin–Hebei in 2008: old and new C of the same two systems.

    The systems themselves are not printed. The old C gives their ratio, with the new C that gives their difference, and both
    together give levels, which must lie in (0, 1]; from these both printed values follow. The bounds are half a unit of the
    last place of either C.
    """
    old = np.array([0.9989, 0.9935, 0.8868, 0.9073, 0.6821, 0.8328, 0.6816, 0.7789, 0.6871, 0.6101, 0.8017, 0.7867, 0.7191])
    new = np.array([0.9404, 0.8660, 0.5440, 0.5769, 0.3006, 0.4780, 0.3344, 0.4171, 0.3278, 0.2700, 0.4374, 0.4196, 0.3738])
    ratio = ((1 - np.sqrt(1 - old**2)) / old) ** 2
    high = (1 - new**2 / ratio) / (1 - ratio)
    u = np.array([high, ratio * high])
    assert np.all(new <= np.sqrt(ratio))
    assert np.all((u > 0) & (u <= 1))
    np.testing.assert_allclose(coupling_degree(u), old, atol=5e-5)
    np.testing.assert_allclose(Wang2021().degree(u), new, atol=5e-5)


@pytest.mark.parametrize("variant", [*SOUND, PairwiseProduct()], ids=lambda v: v.name.en)
def test_all_zero_is_no_division(variant):
    c = variant.degree(np.zeros((2, 1)))
    assert np.isfinite(c).all()


def test_a_degree_without_its_coefficient_is_no_choice():
    with pytest.raises(SpecError, match="error of published papers"):
        CouplingCoordination(variant=WithoutCoefficient())


def test_a_low_ceiling_is_said():
    key = pd.MultiIndex.from_product([["a", "b"], [2020]], names=["unit", "period"])
    three = {name: pd.Series([0.4, 0.8], key) for name in ("x", "y", "z")}
    bond = CouplingCoordination(variant=PairwiseProduct()).measure(**three)
    assert any("at most 0.5" in note.text.en for note in bond.notes)


def test_variants_stand_side_by_side():
    rng = np.random.default_rng(5)
    key = pd.MultiIndex.from_product([[f"u{i}" for i in range(9)], [2020, 2021]], names=["unit", "period"])
    x, y = (pd.Series(rng.uniform(0.2, 0.9, len(key)), key) for _ in range(2))
    bond = CouplingCoordination(shares=(0.7, 0.3)).measure(x=x, y=y)
    beside = compare_variants(bond)
    assert next(iter(beside.labels)) == Standard().name.en
    assert len(beside.labels) == len(usual(2))
    own = beside.frame[Standard().name.en]
    pd.testing.assert_series_equal(own["D"], bond.frame["D"])
    wang = CouplingCoordination(shares=(0.7, 0.3), variant=Wang2021()).measure(x=x, y=y).frame
    changed = (wang["grade"] != bond.frame["grade"]).mean()
    assert beside.against.frame.loc[Wang2021().name.en, "grade_changed"] == pytest.approx(changed)
    for year in (2020, 2021):
        assert sorted(own.xs(year, level="period")["rank"]) == list(range(1, 10))


def test_a_comparison_needs_another_variant():
    key = pd.MultiIndex.from_product([["a"], [2020]], names=["unit", "period"])
    bond = CouplingCoordination().measure(x=pd.Series([0.4], key), y=pd.Series([0.5], key))
    with pytest.raises(SpecError, match="no other variant"):
        compare_variants(bond, [Standard()])
