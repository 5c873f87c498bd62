"""Bounds of each year by itself: growth is erased, loudly, and a year that was not learnt has no bounds."""

from dataclasses import replace

import numpy as np
import pytest

import evalkit as ek

PER_YEAR = ek.MinMax(bounds="period")


@pytest.fixture
def growing(make_panel):
    """Every unit gains ten a year: three units, three years."""
    return make_panel({"x": [1, 11, 21, 2, 12, 22, 5, 15, 25]})


def test_growth_is_erased_where_pooled_bounds_keep_it(growing, make_system):
    index = ek.CompositeIndex(system=make_system(d={"x": "benefit"}))
    pooled = index.fit(growing).score(growing).series.groupby("period").mean()
    assert pooled.is_monotonic_increasing
    yearly = replace(index, normalize=PER_YEAR).fit(growing).score(growing).series
    for unit, score in (("a", 0.0), ("b", 0.25), ("c", 1.0)):
        np.testing.assert_allclose(yearly[unit], score)


def test_what_happens_to_all_units_of_a_year_alike_leaves_no_trace(counties, systems):
    index = ek.CompositeIndex(system=systems["revitalization"], normalize=PER_YEAR, weigh=ek.Entropy(), treat=(ek.GroupMean(),))
    moved = counties.frame.copy()
    moved.loc[(slice(None), 2020), :] = moved.loc[(slice(None), 2020), :].to_numpy() * 3 + 7
    panel = replace(counties, frame=moved)
    a, b = (index.fit(one).score(one).series for one in (counties, panel))
    np.testing.assert_allclose(b, a, atol=1e-9)


def test_each_year_is_stretched_to_zero_and_one(counties, systems):
    scored = ek.CompositeIndex(system=systems["revitalization"], normalize=PER_YEAR).fit(counties).score(counties)
    ends = scored.normalized.groupby("period").agg(["min", "max"])
    np.testing.assert_allclose(ends.xs("min", axis=1, level=1), 0.0, atol=1e-12)
    np.testing.assert_allclose(ends.xs("max", axis=1, level=1), 1.0, atol=1e-12)


def test_a_year_is_as_if_it_were_alone(counties, systems):
    index = ek.CompositeIndex(system=systems["revitalization"], normalize=PER_YEAR, treat=(ek.GroupMean(),))
    whole = index.fit(counties).score(counties).series.xs(2020, level="period")
    alone = counties.at(2020)
    only = replace(index, normalize=ek.MinMax()).fit(alone).score(alone).series.droplevel("period")
    np.testing.assert_allclose(whole, only, atol=1e-12)


def test_it_is_noted_as_a_caution(growing, make_system):
    scored = ek.CompositeIndex(system=make_system(d={"x": "benefit"}), normalize=PER_YEAR).fit(growing).score(growing)
    (caution,) = [note for note in scored.notes if note.kind == "caution"]
    assert "growth is erased" in caution.text.en
    assert "增长被抹去" in caution.text.zh


def test_years_that_were_not_learnt_are_refused(growing, make_system):
    """Bounds are those of the reference years: learnt on 2019 and 2020, 2021 has none, and those two are scored as ever."""
    index = ek.CompositeIndex(system=make_system(d={"x": "cost"}), normalize=PER_YEAR)
    fitted = index.fit(growing, on=slice(2019, 2020))
    with pytest.raises(ek.DataError, match=r"were not learnt for \[2021\]; found bounds of 2019, 2020.*on=None"):
        fitted.score(growing)
    known = growing.at(slice(2019, 2020))
    np.testing.assert_allclose(fitted.score(known).series["a"], 1.0)
    assert fitted.frame[["zero_at", "one_at"]].isna().all(axis=None)


def test_an_indicator_without_spread_in_some_year_is_refused_by_name(make_panel, make_system):
    panel = make_panel({"x": range(9), "y": [1, 5, 2, 3, 5, 4, 2, 5, 9]})
    with pytest.raises(ek.NoAnswer, match=r"\[y\] do not vary"):
        ek.CompositeIndex(system=make_system(d={"x": "benefit", "y": "benefit"}), normalize=PER_YEAR).fit(panel)
