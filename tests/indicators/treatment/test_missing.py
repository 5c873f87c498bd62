"""Missing values: what each step fills, what it leaves, and that every filled cell is recorded."""

import numpy as np
import pytest

import evalkit as ek

NAN = np.nan


@pytest.fixture
def gappy(make_panel):
    return make_panel({"x": [1, NAN, 3, NAN, 5, 6, 7, 8, NAN], "y": range(9)})


def test_refuse_names_every_gap(gappy):
    with pytest.raises(ek.DataError, match="3 values are missing") as caught:
        ek.treat(gappy, ["x", "y"], (ek.Refuse(),))
    assert "a 2020 'x', b 2019 'x', c 2021 'x'" in str(caught.value)


def test_interpolation_fills_inside_a_unit_only(gappy):
    treated = ek.treat(gappy, ["x"], (ek.Interpolate(), ek.Carry()))
    assert treated.panel.frame["x"].tolist() == [1, 2, 3, 5, 5, 6, 7, 8, 8]
    assert treated.filled[["unit", "period", "indicator", "value", "method"]].to_numpy().tolist() == [
        ["a", 2020, "x", 2.0, "Interpolate"],
        ["b", 2019, "x", 5.0, "Carry"],
        ["c", 2021, "x", 8.0, "Carry"],
    ]
    assert [note.kind for note in treated.notes] == ["filled", "filled"]


def test_gaps_longer_than_stated_stay_open(make_panel):
    panel = make_panel({"x": [1, NAN, NAN, NAN, 5]}, units=("a",), years=range(2015, 2020))
    assert ek.treat(panel, ["x"], (ek.Interpolate(max_gap=3),)).panel.frame["x"].tolist() == [1, 2, 3, 4, 5]
    with pytest.raises(ek.DataError, match="3 values are missing"):
        ek.treat(panel, ["x"], (ek.Interpolate(max_gap=2),))


def test_gaps_are_counted_in_calendar_years(make_panel):
    panel = make_panel({"x": [1, NAN, 5]}, units=("a",), years=(2015, 2016, 2019))
    assert ek.treat(panel, ["x"], (ek.Interpolate(max_gap=3),)).panel.frame["x"].tolist() == [1, 2, 5]
    with pytest.raises(ek.DataError):
        ek.treat(panel, ["x"], (ek.Interpolate(max_gap=2),))


def test_carry_reaches_only_so_far(make_panel):
    panel = make_panel({"x": [NAN, NAN, 3, NAN, NAN]}, units=("a",), years=range(2015, 2020))
    assert ek.treat(panel, ["x"], (ek.Carry(max_gap=2),)).panel.frame["x"].tolist() == [3] * 5
    with pytest.raises(ek.DataError, match="a 2015 'x', a 2019 'x'"):
        ek.treat(panel, ["x"], (ek.Carry(max_gap=1),))


def test_group_mean_takes_the_same_year_and_group(make_panel):
    from dataclasses import replace

    import pandas as pd

    panel = make_panel({"x": [1, 10, NAN, 30, 5, 50]}, units=("a", "b", "c"), years=(2019, 2020))
    assert ek.treat(panel, ["x"], (ek.GroupMean(),)).panel.frame["x"].tolist() == [1, 10, 3, 30, 5, 50]
    groups = pd.DataFrame({"province": ["p", "p", "q"]}, index=pd.Index(["a", "b", "c"], name="unit"))
    grouped = replace(panel, groups=groups)
    assert ek.treat(grouped, ["x"], (ek.GroupMean(over="province"),)).panel.frame["x"].tolist() == [1, 10, 1, 30, 5, 50]
    with pytest.raises(ek.SpecError, match="no such grouping"):
        ek.treat(panel, ["x"], (ek.GroupMean(over="province"),))


def test_units_left_out_are_named(gappy):
    treated = ek.treat(gappy, ["x"], (ek.Interpolate(), ek.LeaveOut()))
    assert treated.panel.units == ("a",)
    assert any("b, c" in note.text.en for note in treated.notes)


def test_when_no_unit_is_complete_nothing_is_left_to_score(make_panel):
    panel = make_panel({"x": [NAN, 1, 2] * 3})
    with pytest.raises(ek.DataError, match="no unit is complete"):
        ek.treat(panel, ["x"], (ek.LeaveOut(),))


def test_observed_cells_never_change(counties, systems):
    columns = systems["revitalization"].columns
    treated = ek.treat(counties, columns, (ek.Interpolate(), ek.Carry()))
    before, after = counties.frame[list(columns)], treated.panel.frame[list(columns)]
    assert after.notna().all(axis=None)
    assert (before.isna().sum().sum()) == len(treated.filled)
    assert before.where(before.notna(), after).equals(after)
