"""Axioms of C, T and D, and what the door refuses."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import evalkit as ek
from evalkit.coupling.static import coordination_degree, development_index
from evalkit.coupling.variants import coupling_degree

levels = st.floats(0.001, 1.0)


def keyed(values, unit="a"):
    return pd.Series(
        values, index=pd.MultiIndex.from_product([[unit], range(len(values))], names=["unit", "period"]), dtype=float
    )


def bundle(n):
    return arrays(float, (n, 5), elements=levels)


@given(st.integers(2, 5).flatmap(bundle))
def test_c_lies_in_the_unit_interval_and_is_one_on_the_diagonal(u):
    c = coupling_degree(u)
    assert np.all((c >= 0) & (c <= 1))
    np.testing.assert_allclose(coupling_degree(np.tile(u[0], (len(u), 1))), 1.0, rtol=1e-12)


@given(st.integers(2, 5).flatmap(bundle), st.floats(0.1, 1.0))
def test_c_knows_neither_the_order_nor_the_scale_of_the_systems(u, factor):
    np.testing.assert_allclose(coupling_degree(u[::-1]), coupling_degree(u), rtol=1e-10)
    np.testing.assert_allclose(coupling_degree(u * factor), coupling_degree(u), rtol=1e-9)


@given(st.integers(2, 5).flatmap(bundle))
def test_power_is_a_power_of_the_standard_variant(u):
    n = len(u)
    np.testing.assert_allclose(ek.Power(k=1 / n).degree(u), coupling_degree(u), rtol=1e-9)
    np.testing.assert_allclose(ek.Power(k=2).degree(u), coupling_degree(u) ** (2 * n), rtol=1e-9)


@given(st.integers(2, 5).flatmap(bundle))
def test_with_equal_shares_d_is_the_root_of_the_geometric_mean(u):
    n = len(u)
    d = coordination_degree(coupling_degree(u), development_index(u, np.full(n, 1 / n)))
    np.testing.assert_allclose(d, np.sqrt(np.prod(u, axis=0) ** (1 / n)), rtol=1e-9)


@given(st.integers(2, 5).flatmap(bundle), st.floats(0.0, 0.5))
def test_with_equal_shares_d_rises_with_every_system(u, more):
    n, shares = len(u), np.full(len(u), 1 / len(u))
    for s in range(n):
        raised = u.copy()
        raised[s] = np.minimum(raised[s] + more, 1.0)
        before = coordination_degree(coupling_degree(u), development_index(u, shares))
        after = coordination_degree(coupling_degree(raised), development_index(raised, shares))
        assert np.all(after >= before - 1e-12)


def test_with_unequal_shares_d_can_fall_when_the_system_of_small_share_rises():
    """Where theory says D is not monotone: more of a system that is ahead and hardly counts lowers C by more than it raises T."""
    shares = np.array([0.05, 0.95])
    d = [
        coordination_degree(coupling_degree(u), development_index(u, shares)).item()
        for u in (np.array([[0.5], [0.4]]), np.array([[0.9], [0.4]]))
    ]
    assert d[1] < d[0]


def test_zeros_make_c_and_d_zero_and_are_told():
    answer = ek.CouplingCoordination().measure(a=keyed([0.0, 0.0, 0.5]), b=keyed([0.0, 0.9, 0.5]))
    assert answer.frame["C"].tolist() == [0.0, 0.0, 1.0]
    assert answer.frame["D"].iloc[:2].tolist() == [0.0, 0.0]
    assert any("2 unit-years have a system at 0" in note.text.en for note in answer.notes)


@pytest.mark.parametrize("value", [1.2, -0.1])
def test_values_outside_the_unit_interval_are_refused_with_their_place(value):
    with pytest.raises(ek.NoAnswer, match=rf"b at a in 1: {value}"):
        ek.CouplingCoordination().measure(a=keyed([0.5, 0.5]), b=keyed([0.5, value]))


def test_different_keys_are_refused():
    with pytest.raises(ek.DataError, match="do not cover the same unit-years"):
        ek.CouplingCoordination().measure(a=keyed([0.5, 0.5]), b=keyed([0.5, 0.5], unit="b"))


def test_the_order_of_rows_does_not_matter():
    a, b = keyed([0.2, 0.4, 0.6]), keyed([0.5, 0.1, 0.9])
    straight = ek.CouplingCoordination().measure(a=a, b=b).frame
    shuffled = ek.CouplingCoordination().measure(a=a, b=b.iloc[[2, 0, 1]]).frame
    pd.testing.assert_frame_equal(straight, shuffled)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ek.CouplingCoordination().measure(a=keyed([0.5])), "at least two systems"),
        (lambda: ek.CouplingCoordination(shares=(0.6, 0.6)).measure(a=keyed([0.5]), b=keyed([0.5])), "sum to 1"),
        (lambda: ek.CouplingCoordination(shares=(1.0,)).measure(a=keyed([0.5]), b=keyed([0.5])), "needs 2 shares"),
        (lambda: ek.CouplingCoordination(grades=ek.COUPLING_STAGES), "not D"),
        (lambda: ek.CouplingCoordination().measure(D=keyed([0.5]), b=keyed([0.5])), "cannot be named D"),
        (lambda: ek.LagRule(tolerance=-1), "tolerance"),
        (lambda: ek.Power(k=0), "positive"),
    ],
)
def test_wrong_questions_are_refused(make, message):
    with pytest.raises(ek.SpecError, match=message):
        make()


def test_missing_values_are_refused():
    with pytest.raises(ek.DataError, match="missing values"):
        ek.CouplingCoordination().measure(a=keyed([0.5, np.nan]), b=keyed([0.5, 0.5]))


def test_the_lagging_system_is_named_beyond_the_tolerance():
    frame = ek.CouplingCoordination().measure(kept=keyed([0.50, 0.50, 0.50]), rise=keyed([0.60, 0.61, 0.30])).frame
    assert frame["lagging"].astype(object).where(frame["lagging"].notna(), None).tolist() == [None, "kept", "rise"]


def test_systems_keep_the_names_they_come_with(counties, systems):
    scores = {key: ek.CompositeIndex(system=system).fit(counties).score(counties) for key, system in systems.items()}
    bond = ek.CouplingCoordination().measure(**{key[:4]: score.series for key, score in scores.items()})
    assert bond.titles == {key[:4]: system.name for key, system in systems.items()}
    assert systems["revitalization"].name.zh in ek.table(bond, lang="zh").columns
    assert not ek.CouplingCoordination().measure(a=keyed([0.5]), b=keyed([0.5])).titles
