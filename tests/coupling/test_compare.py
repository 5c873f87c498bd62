"""Alternatives beside a base."""

import pandas as pd
import pytest

import evalkit as ek

KEY = pd.MultiIndex.from_product([list("abcd"), [2020]], names=["unit", "period"])
KEPT, RISE = pd.Series([0.2, 0.5, 0.7, 0.9], KEY), pd.Series([0.3, 0.4, 0.8, 0.6], KEY)


@pytest.fixture
def base():
    return ek.CouplingCoordination().measure(kept=KEPT, rise=RISE)


def test_the_same_answer_changes_nothing(base):
    row = ek.compare(base, {"same": base}).frame.loc["same"]
    assert row[["mean_change", "largest_change", "grade_changed", "lag_changed"]].tolist() == [0, 0, 0, 0]
    assert row["rank_correlation"] == pytest.approx(1.0)


def test_another_variant_is_measured_against_the_base(base):
    other = ek.CouplingCoordination(variant=ek.Power(k=2)).measure(kept=KEPT, rise=RISE)
    row = ek.compare(base, {"k=2": other}).frame.loc["k=2"]
    assert row["mean_change"] < 0
    assert row["largest_change"] == pytest.approx((base.frame["D"] - other.frame["D"]).abs().max())


def test_places_hold_the_range_of_ranks_and_grades(base):
    other = ek.CouplingCoordination().measure(kept=KEPT, rise=pd.Series([0.9, 0.3, 0.8, 0.6], KEY))
    places = ek.compare(base, {"other": other}).places
    assert places["rank"].tolist() == [1, 2, 3, 4]
    assert places.loc["a", ["best", "worst"]].tolist() == [3, 4]
    assert places.loc["b", ["best", "worst"]].tolist() == [3, 4]
    assert places.loc["a", "lowest"] < places.loc["a", "highest"]
    assert (places.loc[["b", "c", "d"], "lowest"] == places.loc[["b", "c", "d"], "highest"]).all()
    assert places["always_first"].all()


def test_nothing_to_compare_is_refused(base):
    with pytest.raises(ek.SpecError, match="no alternative"):
        ek.compare(base, {})
    elsewhere = ek.CouplingCoordination().measure(kept=KEPT.rename({"a": "z"}).iloc[:1], rise=RISE.rename({"a": "z"}).iloc[:1])
    with pytest.raises(ek.DataError, match="no unit-year in common"):
        ek.compare(base, {"other": elsewhere})
