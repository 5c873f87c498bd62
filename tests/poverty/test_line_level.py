"""Lines of a month against incomes of a year, and the reverse."""

import numpy as np
import pandas as pd
import pytest

from evalkit.poverty.income.fgt import PovertyIndices
from evalkit.poverty.lines.lines import RelativeLine

YEAR = np.random.default_rng(7).lognormal(np.log(16000), 0.7, 400)


def cautions(income, line, **asked):
    frame = pd.DataFrame({"income": income, **asked})
    over = next((name for name in asked if name != "z"), None)
    found = PovertyIndices(income="income", line=line, measures=("headcount",)).measure(frame, over=over)
    return [note.text for note in found.notes if note.kind == "caution"]


@pytest.mark.parametrize("line", [2300.0, 4000.0, 6400.0, 8000.0, 16000.0, 20000.0])
def test_lines_in_use_pass_and_in_the_other_length_of_time_they_are_told(line):
    """A national line of 2010 prices, two ranges of monitoring, half the median, the median, a quarter above it."""
    assert cautions(YEAR, line) == []
    (of_month,) = cautions(YEAR, line / 12)
    assert f"{line / 12:,.6g} in the median" in of_month.en
    assert f"the median income of {np.median(YEAR):,.6g}, as if the line were of a month and incomes of a year" in of_month.en
    assert "疑似收入线按月而收入按年" in of_month.zh
    if line / np.median(YEAR) > 0.21:
        (of_year,) = cautions(YEAR / 12, line)
        assert "as if the line were of a year and incomes of a month" in of_year.en


def test_a_line_by_row_is_looked_at_as_well():
    (said,) = cautions(YEAR, "z", z=np.full(400, 300.0))
    assert said.en.startswith("The line, 300 in the median, is 0.0")


def test_another_unit_is_not_called_a_month():
    (said,) = cautions(YEAR, 0.4)
    assert "not of one unit or one length of time" in said.en


def test_one_wave_in_another_length_of_time_is_named():
    waves = np.repeat([2020, 2021, 2022, 2023], 100)
    income = np.where(waves == 2021, YEAR / 12, YEAR)
    (said,) = cautions(income, 8000.0, year=waves)
    assert said.en.startswith("In 2021, the line, 8,000 in the median, is ")
    assert said.zh.startswith("在2021，收入线（中位数 8,000）")
    (said,) = cautions(np.where(waves > 2021, YEAR / 12, YEAR), 8000.0, year=waves)
    assert said.en.startswith("In 2022, 2023, the line")
    assert "(in the first)" in said.en


def test_few_homes_of_a_group_tell_nothing():
    place = np.array(["a"] * 381 + ["b"] * 19)
    assert cautions(np.where(place == "b", YEAR / 100, YEAR), 8000.0, county=place) == []


def test_nothing_is_said_of_relative_lines_or_where_the_median_is_not_positive():
    assert cautions(YEAR, RelativeLine(share=0.1)) == []
    assert cautions(np.where(np.arange(400) < 250, 0.0, YEAR), 8000.0) == []
