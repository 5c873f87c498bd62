"""Codes of homes in memory: one that is written in two ways would count as two; a table without keys says how to key it."""

import pandas as pd
import pytest

import evalkit as ek
from evalkit.errors import DataError
from evalkit.poverty.dynamics.spells import PovertySpells
from evalkit.risk.features.dated import FeaturePlan
from evalkit.risk.features.measures import Level
from evalkit.risk.labels.labels import ReturnLabel

PLAN = FeaturePlan(features=(Level(name="size", columns="size"),))
KEYED = {"ReturnLabel": ReturnLabel(poor="poor").on, "FeaturePlan": PLAN.measure}


def homes(*codes: object) -> pd.DataFrame:
    """Two homes in two waves each, by the codes of the four rows."""
    return pd.DataFrame({"unit": codes, "period": [2020, 2021] * 2, "poor": [0, 1, 0, 0], "size": [3.0, 3.0, 5.0, 5.0]})


TWICE = [("1", "1 ", "2", "2"), ("张a", "张ａ", "2", "2"), ("1", "1.0", "2", "2"), ("1", "1\u200b", "2", "2")]


@pytest.mark.parametrize("codes", TWICE)
@pytest.mark.parametrize("ask", KEYED.values(), ids=KEYED)
def test_a_home_that_is_written_in_two_ways_is_told_by_its_rows(ask, codes):
    with pytest.raises(DataError, match="codes of homes differ in blanks or wide letters alone") as refused:
        ask(homes(*codes).set_index(["unit", "period"]))
    assert (refused.value.where, refused.value.do) == ("rows 1, 2", "write each code in one way, such as by .str.strip()")


@pytest.mark.parametrize("codes", TWICE)
def test_so_it_is_where_waves_are_paired_or_followed(codes):
    with pytest.raises(DataError, match="pairs of waves: codes of homes differ") as refused:
        ek.paired(homes(*codes), unit="unit", period="period", state="poor")
    assert refused.value.where == "rows 1, 2"
    with pytest.raises(DataError, match="codes of homes differ in blanks or wide letters alone"):
        PovertySpells(unit="unit", period="period", state="poor").measure(homes(*codes))


@pytest.mark.parametrize("codes", [("1 ", "1 ", "2", "2"), (1, 1, 2, 2), ("H-1", "H-1", "H-2", "H-2"), ("乙", "乙", "甲", "甲")])
def test_codes_that_are_written_in_one_way_are_taken_as_they_are(codes):
    pairs = ek.paired(homes(*codes), unit="unit", period="period", state="poor")
    assert pairs["unit"].tolist() == [codes[0], codes[2]]
    labels = ReturnLabel(poor="poor").on(homes(*codes).set_index(["unit", "period"]))
    assert labels.frame.index.get_level_values("unit").tolist() == [codes[0], codes[2]]


@pytest.mark.parametrize("ask", KEYED.values(), ids=KEYED)
def test_a_table_that_is_not_keyed_says_how_to_key_it(ask):
    with pytest.raises(DataError, match=r"must be keyed by \(unit, period\)") as refused:
        ask(homes("1", "1", "2", "2"))
    assert refused.value.do == 'call the columns so and write frame.set_index(["unit", "period"])'
