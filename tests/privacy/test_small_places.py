"""Places with few homes are not printed in the chapter of a survey, nor one from which, with the whole, theirs would follow."""

import pandas as pd
import pytest

import evalkit as ek
from evalkit.report.assessment.households import households
from evalkit.report.words import Voice
from evalkit.study.households.form import HouseholdsForm
from evalkit.study.households.survey import household_findings

ROWS = pd.read_csv(ek.datasets.folder() / "households.csv", comment="#")
ASKED = {"file": "homes.csv", "place": "county", "weight": "weight", "members": "members"}


def found(folder, rows, **more):
    rows.to_csv(folder / "homes.csv", index=False)
    return household_findings(HouseholdsForm(**ASKED, **more), folder)


def with_small(*sizes):
    """The survey with places of so many homes, cut out of the first county."""
    rows, homes = ROWS.copy(), ROWS.loc[ROWS["county"] == ROWS["county"].iloc[0], "household"].unique()
    rows["county"] = rows["county"].astype(str)
    for at, size in enumerate(sizes):
        own, homes = homes[:size], homes[size:]
        rows.loc[rows["household"].isin(own), "county"] = f"small {at}"
    return rows


def printed(findings, lang="en"):
    blocks = households(findings, Voice(lang))
    frames = [block.frame.to_csv() for block in blocks if hasattr(block, "frame")]
    return " ".join([*frames, *(str(getattr(block, "text", "")) for block in blocks)])


def test_a_small_place_takes_the_next_smallest_along(tmp_path):
    rows = with_small(4)
    last = rows[rows["year"] == rows["year"].max()]
    sizes = last.groupby("county").size().sort_values()
    assert sizes.index[0] == "small 0" and sizes.iloc[0] <= 4 < 10 <= sizes.iloc[1]
    told = found(tmp_path, rows)
    assert set(told.by_place.frame["county"]) == set(sizes.index[2:])
    said = next(note for note in told.by_place.notes if note.kind == "left_out")
    assert "fewer than 10" in said.say("en") and said.say("en").endswith("2.")
    text = printed(told)
    assert "small 0" not in text and "fewer than 10 homes" in text


def test_two_small_places_hide_each_other(tmp_path):
    told = found(tmp_path, with_small(6, 7))
    assert told.by_place.frame["county"].nunique() == ROWS["county"].nunique()
    assert not told.by_place.frame["county"].str.startswith("small").any()


def test_where_no_place_is_small_all_are_shown(tmp_path):
    told = found(tmp_path, ROWS)
    assert told.by_place.frame["county"].nunique() == ROWS["county"].nunique()
    assert all(note.kind != "left_out" for note in told.by_place.notes)


def test_five_is_the_least_that_may_be_asked_for(tmp_path):
    rows = with_small(9)
    told = found(tmp_path, rows, smallest=5)
    assert "small 0" in set(told.by_place.frame["county"])
    with pytest.raises(ValueError, match="greater than or equal to 5"):
        found(tmp_path, rows, smallest=4)
