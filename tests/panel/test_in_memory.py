"""A table in memory is read as a file is: dates, codes, weights and figures that would make a false panel are refused or told."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import evalkit as ek
from evalkit.errors import DataError, SpecError

ROWS = pd.DataFrame({"county": ["a", "a", "b", "b"], "year": [2020, 2021] * 2, "roads": [1.0, 2.0, 3.0, 4.0]})
FIRST = pd.to_datetime(ROWS["year"].astype(str))
LAST = FIRST + pd.offsets.YearEnd()
QUARTERS = pd.Series(pd.PeriodIndex(["2020Q1", "2020Q2"] * 2, freq="Q"))


def panel(rows: pd.DataFrame = ROWS, **more: object) -> ek.Panel:
    return ek.Panel.from_frame(rows, unit="county", period="year", **more)


def kind_of(column: object) -> str:
    return str(getattr(column, "dtype", column))


def sound(rows: pd.DataFrame, **more: object) -> ek.Panel:
    """The panel of rows that hold what ROWS do."""
    made = panel(rows, **more)
    pd.testing.assert_frame_equal(made.frame, panel().frame)
    return made


class TestPeriods:
    @pytest.mark.parametrize(
        "dates",
        [
            FIRST,
            LAST,
            LAST + pd.Timedelta("23:59:59"),
            FIRST.dt.tz_localize("Asia/Shanghai"),
            FIRST.dt.date,
            FIRST.astype("timestamp[us][pyarrow]"),
            FIRST.dt.date.astype("date32[day][pyarrow]"),
            FIRST.dt.to_period("Y"),
            FIRST.dt.to_period("Y").astype(object),
            LAST.dt.to_period("Y-JUN") - 1,
        ],
        ids=kind_of,
    )
    def test_dates_that_name_years_are_these_years_and_a_note_says_so(self, dates):
        (note,) = sound(ROWS.assign(year=dates)).notes
        assert (note.kind, note.text.en) == ("choice", "'year' holds dates, whose years are the periods")
        assert note.text.zh == "“year”为日期，取其年份为时期"

    @pytest.mark.parametrize(
        "dates",
        [
            FIRST + pd.Timedelta(days=1),
            pd.Series([FIRST[0], LAST[1], FIRST[2], LAST[3]]),
            FIRST.where(ROWS.index > 0, pd.Timestamp("2020-07-01")),
            QUARTERS,
            FIRST.dt.to_period("M"),
            pd.Series([pd.Period("2020", "Y"), pd.Period("2021-01", "M")] * 2),
            pd.Series([FIRST[0].tz_localize("UTC"), FIRST[1].tz_localize("Asia/Shanghai")] * 2, dtype=object),
        ],
        ids=kind_of,
    )
    def test_dates_within_years_are_refused_with_what_to_do(self, dates):
        with pytest.raises(DataError, match="dates in 'year' are not all the first days of years, or all the last") as refused:
            panel(ROWS.assign(year=dates))
        assert refused.value.do == "number the periods: .dt.year for years, .dt.year * 4 + .dt.quarter for quarters"

    @pytest.mark.parametrize(
        ("years", "kind"),
        [
            ([False, True] * 2, "boolean"),
            (pd.array([False, True] * 2, dtype="boolean"), "boolean"),
            (pd.to_timedelta([2020, 2021] * 2, unit="D"), "timedelta64"),
            (ROWS["year"].astype(complex), "complex"),
            (pd.Series([2020, True, 2020, 2021], dtype=object), "mixed-integer"),
        ],
        ids=kind_of,
    )
    def test_what_is_no_number_of_a_period_is_refused(self, years, kind):
        with pytest.raises(DataError, match="'year' holds no periods") as refused:
            panel(ROWS.assign(year=years))
        assert (refused.value.found, refused.value.do) == (kind, "write whole numbers such as 2020")

    @pytest.mark.parametrize("far", [1e300, 1_577_836_800, -1e9])
    def test_what_is_too_large_is_refused_and_does_not_wrap_around(self, far):
        with pytest.raises(DataError, match="periods in 'year' are too large for years") as refused:
            panel(ROWS.assign(year=[2020, far, 2020, 2021]))
        assert (refused.value.where, refused.value.found) == ("row 2", f"such as {float(far)!r}")

    @pytest.mark.parametrize(
        "kind", ["int64[pyarrow]", "double[pyarrow]", "Int64", ">i8", ">f4", "category", "str", "Sparse[int]"]
    )
    def test_whole_numbers_of_any_kind_are_periods(self, kind):
        assert sound(ROWS.astype({"year": kind})).notes == ()

    def test_numbers_of_waves_quarters_and_days_are_kept(self):
        assert panel(ROWS.assign(year=[1, 8083, 20200101, -3])).periods == (-3, 1, 8083, 20200101)

    def test_a_date_that_is_missing_is_told_by_its_row(self):
        with pytest.raises(DataError, match="every row needs a unit") as refused:
            panel(ROWS.assign(year=FIRST.where(ROWS.index != 2)))
        assert refused.value.where == "row 3"
        with pytest.raises(DataError, match="every row needs a unit"):
            panel(ROWS.assign(year=pd.Series([pd.NaT] * 4)))


def test_dates_of_several_time_zones_are_no_years():
    zones = [pd.Timestamp("2020-01-01", tz=zone) for zone in ("UTC", "Asia/Shanghai")] * 2
    with pytest.raises(DataError, match="not all the first days of years"):
        panel(ROWS.assign(year=pd.Series(zones, dtype=object)))


def test_a_table_of_arrows_kinds_is_a_panel():
    sound(ROWS.convert_dtypes(dtype_backend="pyarrow"))


class TestUnits:
    def test_codes_are_read_as_those_of_a_file_are(self, tmp_path):
        codes = ["ａ１", "a1", " 甲县\u200b ", "甲县"]
        assert panel(ROWS.assign(county=codes)).units == ("a1", "甲县")
        rows = ROWS.assign(county=codes)
        rows.to_csv(tmp_path / "p.csv", index=False)
        assert ek.read_panel(tmp_path / "p.csv", unit="county", period="year").units == ("a1", "甲县")

    @pytest.mark.parametrize("kind", ["float64", "int64", ">f8", "float32", "Int64", "double[pyarrow]", "category"])
    def test_numbers_are_codes_without_a_point(self, kind):
        made = panel(ROWS.assign(county=pd.Series([110000, 110000, 120000, 120000]).astype(kind)))
        assert made.units == ("110000", "120000")

    def test_two_ways_of_writing_a_unit_are_one_and_its_rows_stand_twice(self):
        with pytest.raises(DataError, match="several rows in one period") as refused:
            panel(ROWS.assign(county=["a", "a", "ａ", "ａ"]))
        assert refused.value.found == "rows 3, 4"

    @pytest.mark.parametrize(("kind", "code"), [("float64", 530111001590336001.0), ("float32", 530111007.0)])
    def test_codes_that_lost_their_last_digits_are_refused(self, kind, code):
        with pytest.raises(DataError, match="codes in 'county' are numbers too long for their type") as refused:
            panel(ROWS.assign(county=pd.Series([code, code, 1.0, 1.0], dtype=kind)))
        assert (refused.value.found, refused.value.do) == (kind, "read them as text")

    def test_long_codes_that_are_whole_numbers_keep_every_digit(self):
        assert panel(ROWS.assign(county=[530111001590336001] * 2 + [530111001590336002] * 2)).units[0] == "530111001590336001"

    def test_a_unit_without_a_name_is_called_by_its_code(self):
        made = panel(ROWS.assign(called=["甲", "甲", None, np.nan]), name="called")
        assert [made.name(unit).zh for unit in made.units] == ["甲", "b"]


class TestFigures:
    @pytest.mark.parametrize("roads", [ROWS["roads"] + 5j, (ROWS["roads"] + 5j).astype(object)])
    def test_complex_figures_are_refused(self, roads):
        with pytest.raises(DataError, match=r"columns \[roads\] hold complex numbers") as refused:
            panel(ROWS.assign(roads=roads))
        assert refused.value.do == "take their real part, or drop them"

    @pytest.mark.parametrize("kind", ["float[pyarrow]", ">f4", "Sparse[float32]", "Float32", "float32", "halffloat[pyarrow]"])
    def test_figures_in_single_precision_are_told_whatever_they_are_kept_in(self, kind):
        (note,) = panel(ROWS.assign(roads=(ROWS["roads"] / 3).astype(kind))).notes
        assert note.text.en.startswith("1 column(s) are stored in single precision")

    @pytest.mark.parametrize(
        "kind", ["double[pyarrow]", ">f8", "Sparse[float64]", "Float64", "int32", "decimal128(9, 3)[pyarrow]"]
    )
    def test_others_are_not(self, kind):
        if kind.startswith("decimal"):
            kind = pd.ArrowDtype(__import__("pyarrow").decimal128(9, 3))
        assert sound(ROWS.assign(roads=ROWS["roads"].astype(kind))).notes == ()


class TestWeights:
    @pytest.mark.parametrize("weight", [-1.0, np.inf, -np.inf])
    def test_what_is_no_weight_is_refused(self, weight):
        with pytest.raises(DataError, match="the weight 'people' is infinite or below 0") as refused:
            panel(ROWS.assign(people=[1.0, weight, 2.0, 3.0]), weight="people")
        assert (refused.value.where, refused.value.do) == ("row 2", "correct the cells; leave blank what is not known")

    @pytest.mark.parametrize(("people", "found"), [(["1", "x", "2", "3"], "1, 2, 3, 4"), (pd.Series([1, 2, "x", 4]), "3")])
    def test_text_is_refused(self, people, found):
        with pytest.raises(DataError, match="the weight 'people' holds what is no number") as refused:
            panel(ROWS.assign(people=people), weight="people")
        assert refused.value.found.removeprefix("no numbers in row").lstrip("s ") == found

    def test_weights_that_are_missing_are_told(self):
        made = panel(ROWS.assign(people=[1.0, np.nan, 2.0, 3.0]), weight="people")
        assert [(note.kind, note.text.en) for note in made.notes] == [("caution", "the weight 'people' lacks 1 value(s): a 2021")]

    def test_those_that_are_nothing_are_left_to_the_audit(self):
        made = panel(ROWS.assign(people=[1.0, 0.0, 2.0, 3.0]), weight="people")
        assert "weight_not_positive" in ek.audit_panel(made).frame["rule"].tolist()

    def test_those_of_a_file_are_left_to_the_audit_which_may_accept_them(self, tmp_path):
        ROWS.assign(people=[1.0, -5.0, 2.0, 3.0]).to_csv(tmp_path / "p.csv", index=False)
        made = ek.read_panel(tmp_path / "p.csv", unit="county", period="year", weight="people")
        assert made.weights.tolist() == [1.0, -5.0, 2.0, 3.0]
        assert "weight_not_positive" in ek.audit_panel(made).frame["rule"].tolist()


class TestTables:
    @pytest.mark.parametrize("table", [{"county": ["a"], "year": [2020]}, None, ROWS["year"]])
    def test_what_is_no_table_is_refused_and_not_shown(self, table):
        with pytest.raises(SpecError, match="a panel is made of a DataFrame") as refused:
            panel(table)
        assert refused.value.found == type(table).__name__
        assert refused.value.do == "pass a table with one row a unit and period"

    @pytest.mark.parametrize("twice", ["county", "year", "roads"])
    def test_a_column_that_stands_twice_is_named(self, twice):
        with pytest.raises(DataError, match=rf"columns \[{twice}\] stand more than once in the table. To do: rename one of each"):
            panel(pd.concat([ROWS, ROWS[[twice]]], axis=1))

    def test_a_column_that_is_called_by_a_number_is_not_found_by_its_text(self):
        rows = ROWS.rename(columns={"year": 2020})
        with pytest.raises(DataError, match=r"finds no column named by the text '2020'. To do: rename the columns to text"):
            ek.Panel.from_frame(rows, unit="county", period="2020")
        with pytest.raises(DataError, match="no column named by the text '5'"):
            ek.PovertyIndices(income="5", line=2.0).measure(ROWS.rename(columns={"roads": 5}))

    def test_a_column_that_is_not_there_is_told_whatever_it_is_called(self):
        with pytest.raises(DataError, match=r"needs columns \[2020\], absent from the data"):
            ek.Panel.from_frame(ROWS, unit="county", period=2020)


class TestOrder:
    def test_a_panel_sorts_its_rows_and_its_weights_go_with_them(self):
        whole = panel(ROWS.assign(people=[10.0, 20.0, 30.0, 40.0]), weight="people")
        turned = replace(whole, frame=whole.frame.sort_values("roads", ascending=False))
        pd.testing.assert_frame_equal(turned.frame, whole.frame)
        pd.testing.assert_series_equal(turned.weights, whole.weights)
        other = replace(whole, weights=whole.weights[::-1])
        pd.testing.assert_series_equal(other.weights, whole.weights)
        some = replace(whole, frame=whole.frame.iloc[[3, 0]])
        assert some.weights.tolist() == [10.0, 40.0]
        assert some.at(2021).weights.tolist() == [40.0]

    def test_a_gap_is_carried_from_the_year_before_whatever_the_order_of_the_rows(self):
        rows = pd.DataFrame({"county": ["a"] * 3, "year": [2019, 2020, 2021], "roads": [1.0, np.nan, 9.0]})
        whole = panel(rows)
        turned = replace(whole, frame=whole.frame.iloc[[2, 1, 0]])
        for one in (whole, turned):
            assert ek.treat(one, ["roads"], (ek.Carry(),)).panel.frame["roads"].tolist() == [1.0, 1.0, 9.0]

    def test_a_sorted_panel_is_not_copied(self):
        whole = panel()
        assert replace(whole, names={}).frame is whole.frame

    def test_keys_that_stand_twice_are_told_by_their_rows(self):
        frame = panel().frame
        with pytest.raises(DataError, match="several rows in one period") as refused:
            ek.Panel(frame=frame.iloc[[0, 1, 1]])
        assert refused.value.found == "row 3"

    def test_columns_that_stand_twice_are_named(self):
        frame = panel().frame
        with pytest.raises(DataError, match=r"columns \[roads\] stand more than once in the table. To do: rename one of each"):
            ek.Panel(frame=pd.concat([frame, frame], axis=1))

    def test_what_is_not_keyed_by_unit_and_period_is_no_panel(self):
        with pytest.raises(DataError, match=r"a panel must be keyed by \(unit, period\); found index \[None\]") as refused:
            ek.Panel(frame=ROWS)
        assert refused.value.do == "make it with Panel.from_frame(frame, unit=…, period=…)"
        with pytest.raises(DataError, match=r"the weights of a panel must be keyed by \(unit, period\)"):
            replace(panel(), weights=pd.Series([1.0, 2.0], index=pd.Index(["a", "b"], name="unit")))


def test_days_in_python_s_own_dates_are_years_where_they_are_the_first():
    assert panel(ROWS.assign(year=[dt.date(2020, 1, 1), dt.date(2021, 1, 1)] * 2)).periods == (2020, 2021)
