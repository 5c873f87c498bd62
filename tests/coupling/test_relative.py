"""Lag rules, shares that are learnt, and where the systems stand to each other."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evalkit.coupling.balance import Balance, balance_distance
from evalkit.coupling.relative import LagRule, RatioRule, spread
from evalkit.coupling.shares import ContributionShares, EntropyShares
from evalkit.coupling.static import CouplingCoordination
from evalkit.errors import NoAnswer, SpecError

KEY = pd.MultiIndex.from_product([["a", "b"], [2020, 2021]], names=["unit", "period"])
KEPT, RISE = pd.Series([0.8, 0.9, 0.3, 0.2], KEY), pd.Series([0.2, 0.6, 0.4, 0.7], KEY)


@given(arrays(float, (3, 8), elements=st.floats(0, 1)), st.floats(0.3, 1.0))
def test_the_ratio_rule_does_not_see_a_common_scale(u, factor):
    u = np.round(u, 3)
    clear = np.abs(u.min(axis=0) - 0.8 * u.max(axis=0)) > 1e-6
    np.testing.assert_array_equal(RatioRule().lagging(u * factor)[clear], RatioRule().lagging(u)[clear])


def test_rules_of_difference_and_ratio_part_low_levels_and_high_ones():
    u = np.array([[0.05, 0.90], [0.10, 0.75]])
    assert LagRule().lagging(u).tolist() == [-1, 1]
    assert RatioRule().lagging(u).tolist() == [0, -1]


def test_a_ratio_rule_can_be_asked_for():
    bond = CouplingCoordination(lag=RatioRule(ratio=0.5)).measure(kept=KEPT, rise=RISE)
    assert bond.frame["lagging"].astype(object).where(bond.frame["lagging"].notna(), None).tolist() == [
        "rise",
        None,
        None,
        "kept",
    ]
    with pytest.raises(SpecError, match="ratio"):
        RatioRule(ratio=0)


def test_learnt_shares_are_those_of_the_reference_years():
    bond = CouplingCoordination(shares=ContributionShares(on=[2020])).measure(kept=KEPT, rise=RISE)
    np.testing.assert_allclose(bond.shares, np.array([1.1, 0.6]) / 1.7)
    np.testing.assert_allclose(bond.frame["T"], bond.shares[0] * KEPT + bond.shares[1] * RISE)
    assert any("shares by contribution" in note.text.en for note in bond.notes)


def test_entropy_shares_follow_the_entropy_weights():
    """By hand: e = −Σ p ln p / ln 4 of each system's four values."""
    p = np.stack([KEPT / KEPT.sum(), RISE / RISE.sum()])
    d = 1 + (p * np.log(p)).sum(axis=1) / np.log(4)
    bond = CouplingCoordination(shares=EntropyShares()).measure(kept=KEPT, rise=RISE)
    np.testing.assert_allclose(bond.shares, d / d.sum(), rtol=1e-12)


def test_shares_that_cannot_be_learnt_are_refused():
    flat = pd.Series(0.5, KEY)
    with pytest.raises(NoAnswer, match="no system varies"):
        CouplingCoordination(shares=EntropyShares()).measure(kept=flat, rise=flat)
    with pytest.raises(NoAnswer, match="every system is 0"):
        CouplingCoordination(shares=ContributionShares()).measure(kept=flat * 0, rise=flat * 0)


def test_quadrants_and_distance_by_hand():
    stand = Balance().measure(CouplingCoordination().measure(kept=KEPT, rise=RISE))
    assert stand.frame["quadrant"].tolist() == [4, 1, 3, 2]
    np.testing.assert_allclose(stand.frame["gap"], [0.6, 0.3, 0.1, 0.5])
    np.testing.assert_allclose(stand.frame["distance"], np.array([0.6, 0.3, 0.1, 0.5]) / np.sqrt(2))
    np.testing.assert_allclose(stand.frame["ratio"], [0.25, 2 / 3, 0.75, 2 / 7])


def test_a_cut_may_be_the_mean_of_each_system():
    stand = Balance(cut="mean").measure(CouplingCoordination().measure(kept=KEPT, rise=RISE))
    np.testing.assert_allclose(stand.cuts, [KEPT.mean(), RISE.mean()])
    with pytest.raises(SpecError, match="cut"):
        Balance(cut="middle")


@given(arrays(float, (4, 6), elements=st.floats(0, 1)))
def test_distance_to_the_line_of_balance_is_what_is_left_beside_the_mean(u):
    """Pythagoras: ‖u‖² = n Ū² + distance²."""
    np.testing.assert_allclose((u**2).sum(axis=0), 4 * u.mean(axis=0) ** 2 + balance_distance(u) ** 2, atol=1e-12)
    assert np.all(spread(u) >= 0)
