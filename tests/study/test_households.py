"""A survey of households in a study: read without the codes of homes, asked all that it answers, printed in one chapter."""

import re

import pandas as pd
import pytest

import evalkit as ek
from evalkit.report.households import households
from evalkit.report.words import Voice
from evalkit.study.household_form import HouseholdsForm
from evalkit.study.households import household_findings, read_homes

FOLDER = ek.datasets.folder()
ASKED = {
    "dataset": "households",
    "place": "county",
    "village": "village",
    "weight": "weight",
    "members": "members",
    "strata": "county",
    "clusters": "village",
    "transfers": ("transfer_pc",),
    "deprivations": "guarantees",
    "formerly_poor": "formerly_poor",
    "threshold": 0.45,
}


@pytest.fixture(scope="module")
def found():
    return household_findings(HouseholdsForm(**ASKED), FOLDER)


def test_figures_are_those_of_the_file(found):
    rows = pd.read_csv(FOLDER / "households.csv", comment="#")
    now = rows[rows["year"] == 2024]
    weight = now["weight"] * now["members"]
    poor = now["income_pc"] < now["line"]
    expected = (weight * poor).sum() / weight.sum()
    by_year = found.by_year.frame.query("measure == 'headcount' and year == 2024")
    assert by_year["estimate"].item() == pytest.approx(expected)
    alone = (weight * ((now["income_pc"] - now["transfer_pc"] < now["line"]) & ~poor)).sum() / weight.sum()
    kept = found.transfers.frame.set_index("measure")["estimate"]["kept_above"]
    assert kept == pytest.approx(alone)
    assert found.homes == len(now)
    left = now["formerly_poor"] == 1
    assert found.bottom.overall["returns"].item() == (poor & left).sum()


def test_the_chapter_names_no_home_in_either_language(found):
    for lang in ("zh", "en"):
        blocks = households(found, Voice(lang))
        text = " ".join(str(part) for block in blocks for part in (getattr(block, "text", ""), getattr(block, "frame", "")))
        assert len(blocks) > 20
        assert not re.search(r"H\d{7}|\b00\d{5}\b", text)


def test_codes_of_homes_never_reach_a_message(tmp_path):
    secret = "510321199001011234"
    rows = pd.read_csv(FOLDER / "households.csv", comment="#", dtype=str).head(8)
    rows.loc[1, "income_pc"] = "many"
    rows.loc[2:3, "year"] = "2021"
    rows["household"] = secret
    rows["name of the head"] = "Zhang"
    rows.to_csv(tmp_path / "homes.csv", index=False)
    form = HouseholdsForm(file="homes.csv")
    with pytest.raises(ek.DataError) as wrong:
        read_homes(tmp_path / "homes.csv", form)
    assert "many" in str(wrong.value)
    assert secret not in str(wrong.value)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"file": "a.csv"}, "either a file or a dataset"),
        ({"threshold": None}, "needs both formerly_poor"),
        ({"line": -5.0}, "above 0"),
        ({"formerly_poor": None, "threshold": None}, "village by village"),
    ],
)
def test_a_form_that_makes_no_sense(wrong, said):
    with pytest.raises(ValueError, match=said):
        HouseholdsForm(**(ASKED | wrong))


def test_a_column_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ek.DataError, match="incom"):
        household_findings(HouseholdsForm(dataset="households", income="incom_pc"), tmp_path)


def test_one_wave_without_a_design_tells_what_it_can(tmp_path):
    rows = pd.read_csv(FOLDER / "households.csv", comment="#")
    rows[rows["year"] == 2024].to_csv(tmp_path / "one.csv", index=False)
    found = household_findings(HouseholdsForm(file="one.csv"), tmp_path)
    assert (found.moves, found.lasting, found.bottom, found.transfers, found.many) == (None,) * 5
    assert len(households(found, Voice("en"))) > 3
