"""Departmental records: they add up to the truth, every defect is written down, and undoing the defects gives back what was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from evalkit.errors import SpecError
from evalkit.simulate import DefectModel, DepartmentRecords, HouseholdSimulation
from evalkit.simulate.chance import ATOM
from evalkit.simulate.defects import TABLES
from evalkit.simulate.deliveries import MonthlyDeliveries

CLEAN = DefectModel(duplicate=0, wrong_id=0, old_home=0, late=0, missing=0)
HOMES = HouseholdSimulation(households=2 * ATOM + 700, villages=120, counties=8, periods=(2021, 2022, 2023))
ASKED = DepartmentRecords(years=(2022, 2023))


@pytest.fixture(scope="module")
def truth():
    return HOMES.draw()


@pytest.fixture(scope="module")
def clean():
    return replace(ASKED, defects=CLEAN).draw(HOMES)


@pytest.fixture(scope="module")
def dirty():
    return ASKED.draw(HOMES)


def home_years(table: pd.DataFrame, column: str) -> pd.Series:
    return table.groupby(["unit", table["event_date"].dt.year])[column].sum().rename_axis(["unit", "period"])


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("medical", "medical"), ("civil_affairs", "dibao"), ("disability", "disability"), ("subsidy", "subsidy"),
        ("education", "education"), ("disaster", "loss"), ("employment", "wage"),
    ],
)  # fmt: skip
def test_amounts_add_up_to_the_year_of_the_home(truth, clean, table, column):
    got = home_years(clean.tables[table], "amount")
    want = truth.frame[column].loc[lambda x: x.index.get_level_values("period") >= 2022]
    if column == "wage":  # homes without work off the farm earn wages that nobody writes down
        want = want[truth.homes["off_farm"].reindex(want.index.get_level_values("unit")).to_numpy()]
    want = want[want > 0]
    assert got[got > 0].index.sort_values().equals(want.index.sort_values())
    assert (got.reindex(want.index) - want).abs().max() < 1e-6


def test_states_are_those_of_the_home(truth, clean):
    for table, column, state in (("water", "safe", "unsafe_water"), ("insurance", "insured", "insured")):
        seen = clean.tables[table].set_index(["unit", clean.tables[table]["event_date"].dt.year])[column]
        want = truth.frame[state].reindex(seen.index).to_numpy()
        assert (seen.to_numpy() == (~want if state.startswith("unsafe") else want)).all()
        assert len(seen) == 2 * HOMES.households
    grades = clean.tables["housing"].set_index(["unit", clean.tables["housing"]["event_date"].dt.year])["grade"]
    assert (grades.isin(["C", "D"]).to_numpy() == truth.frame["unsafe_dwelling"].reindex(grades.index).to_numpy()).all()


@pytest.mark.parametrize("event", ["illness", "accident", "disaster", "job_loss", "dropout"])
def test_every_event_of_the_truth_is_listed_once(truth, clean, event):
    listed = clean.events[clean.events["event"] == event]
    keys = pd.MultiIndex.from_arrays([listed["unit"], listed["date"].dt.year])
    want = truth.frame[truth.frame[event] & (truth.frame.index.get_level_values("period") >= 2022)].index
    assert keys.is_unique
    assert sorted(keys) == sorted(want)
    assert listed["delivered"].all()


@pytest.mark.parametrize(
    ("event", "column", "ends"),
    [
        ("insurance_lapse", "insured", True),
        ("unsafe_water", "unsafe_water", False),
        ("unsafe_dwelling", "unsafe_dwelling", False),
        ("benefit_stop", "dibao", True),
    ],
)
def test_changes_of_state_are_listed(truth, clean, event, column, ends):
    state = truth.frame[column].to_numpy().reshape(-1, 3) > 0
    changed = (state[:, :-1] & ~state[:, 1:]) if ends else (~state[:, :-1] & state[:, 1:])
    listed = clean.events[clean.events["event"] == event]
    assert listed["date"].dt.year.value_counts().reindex([2022, 2023]).tolist() == changed.sum(axis=0).tolist()
    assert set(listed.loc[listed["date"].dt.year == 2022, "unit"]) == set(truth.homes.index[changed[:, 0]])


def test_every_event_shows_in_its_record(dirty):
    events = dirty.events[dirty.events["record"] >= 0]
    for name, group in events.groupby("table", observed=True):
        table = dirty.tables[str(name)].drop_duplicates("record").set_index("record")
        delivered = group[group["delivered"]]
        assert delivered["record"].isin(table.index).all()
        assert not group.loc[~group["delivered"], "record"].isin(table.index).any()
        rows = table.loc[delivered["record"]]
        assert (rows["event_date"].to_numpy() == delivered["date"].to_numpy()).all()
        assert (rows["known_date"].to_numpy() == delivered["known_date"].to_numpy()).all()
    lost = events[~events["delivered"]]
    gone = dirty.defects[dirty.defects["defect"] == "missing"]
    keys = set(zip(gone["table"], gone["record"], strict=True))
    assert all(key in keys for key in zip(lost["table"], lost["record"], strict=True))


@pytest.mark.parametrize("name", TABLES)
def test_undoing_the_defects_gives_back_the_clean_table(clean, dirty, name):
    was, came = clean.tables[name], dirty.tables[name]
    told = dirty.defects[dirty.defects["table"] == name]
    by_kind = dict(iter(told.groupby("defect", observed=False)))
    assert came.groupby("record").size().max() <= 2
    twice = came.loc[came.duplicated("record"), "record"]
    assert set(twice) == set(by_kind["duplicate"]["record"]) - set(by_kind["missing"]["record"])
    assert came.duplicated().sum() == len(twice), "a duplicate is the same in every cell"
    mended = came.drop_duplicates("record").set_index("record")
    moved = pd.concat([by_kind["wrong_id"], by_kind["old_home"]]).drop_duplicates("record").set_index("record")["true_unit"]
    moved = moved[moved.index.isin(mended.index)]
    assert (mended.loc[moved.index, "unit"] != moved).all(), "a wrong key is not the right one"
    mended.loc[moved.index, "unit"] = moved
    late = by_kind["late"]["record"][by_kind["late"]["record"].isin(mended.index)]
    wait = mended["known_date"] - was.set_index("record")["known_date"].reindex(mended.index)
    assert wait[~wait.index.isin(late)].eq(pd.Timedelta(0)).all()
    assert wait[late].between(pd.Timedelta(days=90), pd.Timedelta(days=200)).all()
    want = was.set_index("record").drop(by_kind["missing"]["record"])
    pd.testing.assert_frame_equal(mended.drop(columns="known_date"), want.drop(columns="known_date"))


def test_missing_deliveries_are_whole_months_of_a_county(truth, clean, dirty):
    county = truth.homes["county"].astype(str)
    for name, was in clean.tables.items():
        gone = dirty.defects[(dirty.defects["table"] == name) & (dirty.defects["defect"] == "missing")]["record"]
        month = was["known_date"].dt.year * 12 + was["known_date"].dt.month
        lost = was["record"].isin(gone).groupby([county.reindex(was["unit"]).to_numpy(), month]).mean()
        assert set(lost.unique()) <= {0.0, 1.0}
    assert (dirty.defects["defect"] == "missing").sum() > 0


def test_shares_of_defects_are_those_asked_for(dirty, clean):
    rows = sum(len(table) for table in clean.tables.values())
    kinds = dirty.defects["defect"].value_counts()
    for kind in ("duplicate", "wrong_id", "late"):
        asked = getattr(DefectModel(), kind)
        assert abs(kinds[kind] - asked * rows) < 5 * np.sqrt(asked * rows), kind
    wrong = dirty.defects[dirty.defects["defect"] == "wrong_id"].drop_duplicates(["table", "record"])
    filed = pd.concat([table.drop_duplicates("record").assign(table=name) for name, table in dirty.tables.items()])
    filed = wrong.merge(filed[["table", "record", "unit"]], on=["table", "record"])
    exists = (filed["unit"] <= f"H{HOMES.households:07d}").mean()
    assert 0.45 < exists < 0.55


def test_records_of_movers_are_filed_under_the_home_they_left(dirty):
    old = dirty.defects[dirty.defects["defect"] == "old_home"]
    assert len(old) > 20
    for name, group in old.groupby("table", observed=True):
        table = dirty.tables[str(name)].drop_duplicates("record").set_index("record")
        came = group[group["record"].isin(table.index)]
        rows = table.loc[came["record"]]
        lived = dirty.members[dirty.members["person"].isin(rows["person"])].groupby("person")["unit"].agg(set)
        for person, filed, true in zip(rows["person"], rows["unit"], came["true_unit"], strict=True):
            assert lived[person] == {filed, true}


def test_each_person_lives_in_one_home_at_a_time(truth, clean):
    members = clean.members
    for year in HOMES.periods:
        day = pd.Timestamp(year, 7, 1)
        here = members[(members["from_date"] <= day) & ~(members["to_date"] <= day)]
        assert here["person"].is_unique
        count = here.groupby("unit").size()
        assert (count == truth.frame["members"].xs(year, level="period").reindex(count.index)).all()
    moves = members[members["person"].duplicated(keep=False)].sort_values(["person", "from_date"])
    assert len(moves) > 50
    assert (moves["to_date"].iloc[::2].to_numpy() == moves["from_date"].iloc[1::2].to_numpy()).all()


def test_records_name_persons_who_live_in_the_home(clean):
    medical = clean.tables["medical"].merge(clean.members, on="person", suffixes=("", "_home"))
    inside = (medical["from_date"] <= medical["event_date"]) & ~(medical["to_date"] <= medical["event_date"])
    medical = medical[inside]
    assert len(medical) == len(clean.tables["medical"])
    assert (medical["unit"] == medical["unit_home"]).all()


def test_known_after_the_event_and_at_the_asked_pace(clean):
    for name, mean in (("medical", 25), ("civil_affairs", 5), ("education", 30)):
        wait = (clean.tables[name]["known_date"] - clean.tables[name]["event_date"]).dt.days
        assert wait.min() >= 1
        assert wait.mean() == pytest.approx(mean + 0.5, rel=0.03)
    at_once = replace(ASKED, years=(2023,), defects=DefectModel(delay=0)).draw(replace(HOMES, households=500))
    wait = (at_once.tables["water"]["known_date"] - at_once.tables["water"]["event_date"]).dt.days
    assert set(wait[wait < 90]) == {1}


def test_wages_stop_when_work_is_lost(clean):
    lost = clean.events[clean.events["event"] == "job_loss"].set_index("unit")["date"]
    lost = lost[~lost.index.duplicated()]
    rows = clean.tables["employment"]
    rows = rows[rows["unit"].isin(lost.index)]
    since = lost.reindex(rows["unit"]).to_numpy()
    same_year = rows["event_date"].dt.year.to_numpy() == pd.DatetimeIndex(since).year
    after, before = same_year & (rows["event_date"] >= since), same_year & (rows["event_date"] < since)
    assert (rows.loc[after, ["amount", "at_work"]] == 0).all(axis=None)
    assert (rows.loc[before, "amount"] > 0).all()


def test_frame_counts_what_is_there(dirty):
    assert dirty.frame["rows"].to_dict() == {name: len(table) for name, table in dirty.tables.items()}
    assert dirty.frame["events"].sum() == len(dirty.events)
    assert dirty.frame["defects"].sum() == len(dirty.defects)


def test_streamed_records_are_those_drawn(tmp_path, dirty):
    import duckdb

    streamed = ASKED.stream(HOMES, tmp_path / "records", block=1, threads=2)
    for name, wanted in {**dirty.tables, "events": dirty.events, "defects": dirty.defects, "members": dirty.members}.items():
        assert streamed.rows[name] == len(wanted)
        read = duckdb.read_parquet([str(path) for path in streamed.files[name]]).df()
        assert list(read) == list(wanted)
        for column in wanted:
            got, want = read[column], wanted[column]
            if want.dtype.kind == "M":
                assert (pd.to_datetime(got).to_numpy() == want.to_numpy())[want.notna()].all()
                assert (got.isna() == want.isna()).all()
            else:
                same = (
                    got.astype(object).where(got.notna(), None).tolist() == want.astype(object).where(want.notna(), None).tolist()
                )
                assert same, (name, column)


def test_same_records_whatever_the_threads(dirty):
    again = ASKED.draw(HOMES, threads=1)
    for name, table in dirty.tables.items():
        pd.testing.assert_frame_equal(table, again.tables[name], check_exact=True)
    pd.testing.assert_frame_equal(dirty.events, again.events)


def test_one_household():
    one = DepartmentRecords().draw(HouseholdSimulation(households=1, villages=1, counties=1, periods=[2024]))
    assert len(one.tables["insurance"]) <= 2
    assert set(one.tables) == set(one.frame.index)


@pytest.mark.parametrize(
    "wrong", [{"years": ()}, {"years": "2023"}, {"years": 2023}, {"years": (2023.0,)}, {"defects": None}, {"defects": "few"}]
)
def test_senseless_specs_are_refused(wrong):
    with pytest.raises(SpecError):
        DepartmentRecords(**wrong)


def test_senseless_asks_are_refused(truth):
    with pytest.raises(SpecError, match="not in the simulation"):
        DepartmentRecords(years=(2030,)).draw(HOMES)
    with pytest.raises(SpecError, match="HouseholdSimulation"):
        DepartmentRecords().draw(truth)
    with pytest.raises(SpecError, match="DefectModel late"):
        DefectModel(late=0.9)


def test_monthly_files_go_where_a_path_or_its_name_says(tmp_path):
    homes = HouseholdSimulation(households=100, villages=2, counties=1, periods=(2022,))
    by_name = MonthlyDeliveries().write(homes, str(tmp_path / "name"))
    by_path = MonthlyDeliveries().write(homes, tmp_path / "path")
    assert [path.relative_to(tmp_path / "name") for path in by_name] == [path.relative_to(tmp_path / "path") for path in by_path]
    with pytest.raises(SpecError, match="a folder is needed"):
        MonthlyDeliveries().write(homes, 7)
    with pytest.raises(SpecError, match=r"until must be a date; found '2022-06'\. To do: use datetime.date\(2024, 6, 30\)"):
        MonthlyDeliveries(until="2022-06")
