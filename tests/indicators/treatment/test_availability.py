"""Screening: COINr's printed example, what falls away, and what is refused."""

import numpy as np
import pandas as pd
import pytest

import evalkit as ek
from evalkit.indicators.treatment.availability import Screen, without

NAN = np.nan
ASEM = pd.DataFrame(
    [
        ["KOR", 20437, 249.8, 1.79800, NAN],
        ["LAO", 175, NAN, NAN, NAN],
        ["MYS", 8080, 64.2, 1.15292, 7.555],
        ["MNG", 293, 0.3, 0.00266, 0.046],
        ["MMR", 299, NAN, 0.08905, NAN],
        ["NZL", 7731, 46.5, 0.34615, 1.213],
        ["PAK", 7122, 7.2, 0.03553, 1.256],
        ["PHL", 1361, 11.3, 0.29555, 3.185],
        ["RUS", 16182, 141.5, 1.44633, 8.379],
        ["SGP", 11411, 270.5, 0.92780, 14.507],
        ["THA", 5317, 53.6, 0.08969, 6.661],
        ["VNM", 3618, NAN, NAN, NAN],
    ],
    columns=["uCode", "Research", "Pat", "CultServ", "CultGood"],
)


@pytest.fixture
def asem():
    return ek.Panel.from_frame(ASEM.assign(year=2018), unit="uCode", period="year")


@pytest.fixture
def people(make_system):
    return make_system(science={"Research": "benefit", "Pat": "benefit"}, culture={"CultServ": "benefit", "CultGood": "benefit"})


def test_coinr_unit_screening(asem, people):
    """COINr 1.0, article "Unit Screening": at least 75% observed leaves out LAO, MMR and VNM."""
    screened = Screen(units=0.75, indicators=0).measure(asem, people)
    assert sorted(set(asem.units) - set(screened.panel.units)) == ["LAO", "MMR", "VNM"]
    share = screened.frame.loc["unit", "share"]
    assert share.loc[["KOR", "LAO", "MYS", "MNG", "MMR", "NZL"]].tolist() == [0.75, 0.25, 1, 1, 0.5, 1]
    assert [note.text.en for note in screened.notes] == ["Left out, less than 75% observed (3): LAO, MMR, VNM."]
    assert screened.system == people


def test_units_are_judged_on_the_indicators_that_are_kept(asem, people):
    screened = Screen(units=1, indicators=0.8).measure(asem, people)
    assert screened.system.columns == ("Research", "CultServ")
    assert sorted(set(asem.units) - set(screened.panel.units)) == ["LAO", "VNM"]
    assert [note.kind for note in screened.notes] == ["left_out", "left_out"]


def test_a_dimension_left_empty_falls_away(asem, people):
    assert [d.id for d in Screen(units=0, indicators=1).measure(asem, people).system.dimensions] == ["science"]
    assert without(people, ["Pat"]).columns == ("Research", "CultServ", "CultGood")


def test_years_without_a_row_count_as_not_observed(make_panel, make_system):
    whole = make_panel({"x": range(9)})
    panel = whole.rows(np.array([True] * 7 + [False] * 2))
    screened = Screen(units=0.5).measure(panel, make_system(d={"x": "benefit"}))
    assert screened.frame["share"].tolist() == pytest.approx([7 / 9, 1, 1, 1 / 3])
    assert screened.panel.units == ("a", "b")


def test_what_is_left_is_ready_for_an_index(counties, systems):
    screened = Screen(units=0.985, indicators=0.975).measure(counties, systems["revitalization"])
    assert "R15" not in screened.system.columns
    assert 0 < len(screened.panel.units) < len(counties.units)
    scores = ek.CompositeIndex(system=screened.system).fit(screened.panel).score(screened.panel)
    assert scores.frame.index.equals(screened.panel.frame.index)


def test_nothing_left_is_refused(asem, make_system):
    with pytest.raises(ek.NoAnswer, match="no indicator of 'test' has enough figures; found at most 75"):
        Screen(indicators=0.9).measure(asem, make_system(d={"Pat": "benefit", "CultGood": "benefit"}))
    with pytest.raises(ek.NoAnswer, match="no unit has enough"):
        Screen(units=1, indicators=0).measure(
            asem.rows(asem.frame.index.get_level_values("unit").isin(["KOR", "LAO"])), make_system(d={"CultGood": "benefit"})
        )
    with pytest.raises(ek.SpecError, match=r"must be a number in \[0, 1\]"):
        Screen(units=65)
