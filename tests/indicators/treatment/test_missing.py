"""Missing values: what each step fills, what it leaves, and that every filled cell is recorded."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import evalkit as ek
from evalkit.indicators.treatment.missing import GroupMedian

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


def test_infinite_figures_are_named_and_never_filled(make_panel):
    panel = make_panel({"x": [1, np.inf, 3, 4, NAN, 6, 7, 8, -np.inf]})
    with pytest.raises(
        ek.DataError, match=r"^a 2020 'x', c 2021 'x': 2 values are infinite\. To do: correct them, or leave them"
    ):
        ek.treat(panel, ["x"], (ek.Interpolate(),))


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


ASEM = pd.DataFrame(
    {
        "Pat": [23.7, 583.5, 3.6, 249.8, NAN, 64.2, 0.3, NAN, 46.5, 7.2],
        "CultServ": [0.13405, 2.20754, 0.0578, 1.798, NAN, 1.15292, 0.00266, 0.08905, 0.34615, 0.03553],
        "CultGood": [NAN, 16.182, 0.985, NAN, NAN, 7.555, 0.046, NAN, 1.213, 1.256],
        "unit": list("abcdefghij"),
        "year": 2018,
        "group": ["a"] * 5 + ["b"] * 5,
    }
)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        pytest.param(
            ek.GroupMean(),
            {("e", "Pat"): 122.35, ("h", "Pat"): 122.35, ("e", "CultServ"): 0.6470778, ("a", "CultGood"): 4.5395},
            id="i_mean",
        ),
        pytest.param(
            GroupMedian(over="group"),
            {
                ("e", "Pat"): 136.75,
                ("h", "Pat"): 26.85,
                ("e", "CultServ"): 0.966025,
                ("a", "CultGood"): 8.5835,
                ("d", "CultGood"): 8.5835,
                ("h", "CultGood"): 1.2345,
            },
            id="i_median_grp",
        ),
    ],
)
def test_coinr_imputation_of_asem_rows(step, expected):
    """COINr 1.0, article "Imputation": rows 37 to 46 of ASEM_iData by i_mean, and by i_median_grp in two groups of five."""
    panel = ek.Panel.from_frame(ASEM, unit="unit", period="year", groups=["group"])
    after = ek.treat(panel, ["Pat", "CultServ", "CultGood"], (step,)).panel.frame.droplevel("period")
    for (unit, column), value in expected.items():
        assert after.loc[unit, column] == pytest.approx(value, abs=5e-8)


def test_groups_pooled_over_the_years(make_panel):
    panel = make_panel({"x": [1, 2, NAN, 4, 5, NAN, 30, 8, NAN]})
    with pytest.raises(ek.DataError, match="3 values are missing"):
        ek.treat(panel, ["x"], (ek.GroupMean(),))
    filled = [ek.treat(panel, ["x"], (step(pooled=True),)).filled for step in (ek.GroupMean, GroupMedian)]
    assert [cells["value"].unique().tolist() for cells in filled] == [[50 / 6], [4.5]]
    assert [cells["method"].unique().tolist() for cells in filled] == [["GroupMean"], ["GroupMedian"]]


def test_carrying_forward_only_leaves_beginnings_open(make_panel):
    panel = make_panel({"x": [NAN, 2, NAN, NAN]}, units=("a",), years=range(2015, 2019))
    with pytest.raises(ek.DataError, match="1 values are missing") as caught:
        ek.treat(panel, ["x"], (ek.Carry(direction="forward"),))
    assert "a 2015 'x'" in str(caught.value)


@given(arrays(float, (4, 3), elements=st.floats(-100, 100) | st.just(NAN)), st.data())
def test_group_figures_stay_within_what_was_observed(x, data):
    x[0] = 1.0
    rows = pd.MultiIndex.from_product([list("abcd"), [2019, 2020, 2021]], names=["unit", "year"]).to_frame(index=False)
    panel = ek.Panel.from_frame(rows.assign(x=x.ravel()), unit="unit", period="year")
    step = data.draw(st.sampled_from([ek.GroupMean(), GroupMedian(), ek.GroupMean(pooled=True), GroupMedian(pooled=True)]))
    after = ek.treat(panel, ["x"], (step,)).panel.frame["x"].to_numpy()
    seen = ~np.isnan(x.ravel())
    assert (after[seen] == x.ravel()[seen]).all()
    assert np.nanmin(x) - 1e-9 <= after.min() <= after.max() <= np.nanmax(x) + 1e-9


@pytest.mark.parametrize("figure", [1.7e308, -1.7e308, 2e150])
def test_figures_too_large_to_compute_with_are_named(make_panel, make_system, figure, recwarn):
    panel = make_panel({"x": [1, figure, 3, 4, 5, 6, 7, 8, 9]})
    index = ek.CompositeIndex(system=make_system(d={"x": "benefit"}), normalize=ek.ZScore(), weigh=ek.Critic())
    with pytest.raises(
        ek.DataError, match=r"^a 2020 'x': 1 values are beyond ±1e150, which is too large to compute with\. To do: "
    ):
        index.fit(panel)
    fitted = index.fit(make_panel({"x": range(9)}))
    with pytest.raises(ek.DataError, match="a 2020 'x': 1 values are beyond"):
        fitted.score(panel)
    assert not recwarn.list


def test_figures_that_are_great_and_not_too_great_are_scored(make_panel, make_system, recwarn):
    x, y = np.arange(9.0), np.array([4.0, 8, 1, 3, 2, 0, 9, 7, 5])
    system = make_system(d={"x": "benefit", "y": "cost"})
    for weigh in (ek.Equal(), ek.Entropy(), ek.Critic()):
        index = ek.CompositeIndex(system=system, weigh=weigh)
        plain, great = (
            index.fit(p).score(p).series for p in (make_panel({"x": x, "y": y}), make_panel({"x": x * 1e149, "y": y * 1e-200}))
        )
        np.testing.assert_allclose(great, plain, rtol=1e-9)
    assert not recwarn.list
