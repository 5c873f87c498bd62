"""A panel made of a table in memory, and the periods that are asked of it: what is refused, with its place and what to do."""

import numpy as np
import pandas as pd
import pytest

import evalkit as ek
from evalkit.errors import DataError, SpecError

ROWS = pd.DataFrame({"county": ["a", "a", "b", "b"], "year": [2016, 2018, 2016, 2018], "roads": [1.0, 2.0, 3.0, 4.0]})


def panel(rows: pd.DataFrame = ROWS, **more: object) -> ek.Panel:
    return ek.Panel.from_frame(rows, unit="county", period="year", **more)


@pytest.mark.parametrize(
    ("column", "value", "found"),
    [
        ("county", None, "no unit"),
        ("county", "  ", "no unit"),
        ("year", 2018.5, "such as 2018.5"),
        ("year", np.inf, "such as inf"),
    ],
)
def test_a_row_without_a_key_is_told_by_its_place(column, value, found):
    rows = ROWS.astype({"year": float}).set_axis(["w", "x", "y", "z"])
    rows.loc["z", column] = value
    with pytest.raises(DataError, match="every row needs a unit in 'county' and a whole number in 'year'") as refused:
        panel(rows)
    assert (refused.value.where, refused.value.do) == ("row 4", "complete or remove these rows")
    assert refused.value.found == found


def test_a_key_that_stands_twice_is_told_by_its_rows():
    with pytest.raises(DataError, match="several rows in one period") as refused:
        panel(pd.concat([ROWS, ROWS.tail(1), ROWS.tail(1)]))
    assert (refused.value.found, refused.value.do) == ("rows 5, 6", "keep one row of each")


def test_words_are_no_figures():
    with pytest.raises(DataError, match=r"columns \[kind\] hold text where figures belong. To do: name them as groups or names"):
        panel(ROWS.assign(kind="hill"))
    assert panel(ROWS.assign(kind="hill"), groups=["kind"]).groups["kind"].tolist() == ["hill", "hill"]


def test_a_unit_is_of_one_group():
    with pytest.raises(
        DataError, match=r"units change their group over the periods; found row 4. To do: give each unit one group"
    ):
        panel(ROWS.assign(kind=["hill", "hill", "hill", "plain"]), groups=["kind"])


@pytest.mark.parametrize(
    "asked", [[2018], {2018}, 2018, 2018.0, np.int64(2018), range(2018, 2019), slice(2018, None), [2018, 2018]]
)
def test_ways_to_ask_for_a_period(asked):
    assert panel().at(asked).periods == (2018,)


@pytest.mark.parametrize("asked", [(2016, 2018), "2016", [2016.7], 2018.5, ["2016"], [None], True, slice("2016", None), object()])
def test_what_is_no_period_is_refused_and_not_rounded(asked):
    with pytest.raises(SpecError, match="periods are a slice, a list, or one whole number") as refused:
        panel().at(asked)
    assert refused.value.found == (repr(asked) if not repr(asked).startswith("<") else "an object")
    assert refused.value.do == "write slice(2016, 2020) for a span, [2016, 2020] for two years"


@pytest.mark.parametrize(
    ("asked", "kind", "what", "found", "do"),
    [
        (slice(2016, 2018, 2), SpecError, "without a step", "slice(2016, 2018, 2)", "list the periods that are wanted"),
        (slice(2015, 2018), DataError, "not cover the periods 2015 to 2018", "2016, 2018", "name periods it has"),
        (slice(2018, 2016), DataError, "not cover the periods 2018 to 2016", "2016, 2018", "name periods it has"),
        ([2016, 2017, 2030], DataError, r"not cover the periods \[2017, 2030\]", "2016, 2018", "name periods it has"),
        ([], DataError, "no period is asked for", "2016, 2018", "name periods it has"),
    ],
)
def test_periods_that_are_not_there(asked, kind, what, found, do):
    with pytest.raises(kind, match=what) as refused:
        panel().at(asked)
    assert (refused.value.found, refused.value.do) == (found, do)


@pytest.mark.parametrize("asked", [slice(None, 2018), [2018]])
def test_a_panel_without_rows_has_no_periods(asked):
    with pytest.raises(DataError, match=r"the panel has no rows, so it has no periods. To do: check what was selected before"):
        panel(ROWS[:0]).at(asked)
