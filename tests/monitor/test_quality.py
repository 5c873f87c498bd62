"""The quality of deliveries, held against what the simulation knows to have gone wrong, and against pandas."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from evalkit.datasets import folder
from evalkit.errors import DataError, SpecError
from evalkit.monitor.quality.quality import DeliveryQuality, coverage
from evalkit.monitor.sources.sources import read_sources
from evalkit.monitor.windows import month_number
from evalkit.simulate import DefectModel, DepartmentRecords, HouseholdSimulation
from evalkit.simulate.defects import TABLES

SOURCES = {source.id: source for source in read_sources(folder() / "monitor" / "sources.toml")}
HOMES = HouseholdSimulation(households=2400, villages=24, counties=3, periods=(2022, 2023))
RECORDS = DepartmentRecords(years=(2022, 2023), defects=DefectModel(delay=0, missing=0.1, late=0.02, duplicate=0.02))
AS_OF = date(2024, 1, 31)
MONTHLY = ("medical", "civil_affairs", "disability", "employment")
KINDS = {"home": "integer", "county": "word"}


def number(keys: pd.Series) -> pd.Series:
    """The number in a simulated key, in place of a pseudonym."""
    return keys.str[1:].astype("Int64")


def stored(source, table: pd.DataFrame) -> pd.DataFrame:
    """A simulated table as the door would have stored it."""
    frame = pd.DataFrame({"household": number(table["unit"]), "number": table["record"].astype("Int64")})
    none = pd.array([None] * len(table), dtype="Int64")
    frame["person"] = number(table["person"].astype("str")) if "person" in table else none
    for name in ("event_date", "known_date"):
        frame[name] = table[name]
    frame["amount"] = (table["amount"] * 100).round().astype("Int64") if "amount" in table else none
    frame["county"] = None
    for name in source.states:
        frame[name] = table[name].astype("str") if source.states[name].kind == "word" else table[name]
    return frame.assign(delivery=f"{source.id}-1", row=np.arange(len(table)))


@pytest.fixture(scope="module")
def drawn():
    return RECORDS.draw(HOMES)


@pytest.fixture(scope="module")
def counties():
    return HOMES.draw().homes["county"].astype("str")


@pytest.fixture(scope="module")
def frames(duck, drawn):
    return {name: duck.hold(stored(SOURCES[name], drawn.tables[name]), SOURCES[name].kinds) for name in TABLES}


@pytest.fixture(scope="module")
def homes(duck, counties):
    return duck.hold(pd.DataFrame({"home": number(counties.index.to_series()).to_numpy(), "county": counties.to_numpy()}), KINDS)


@pytest.fixture(scope="module")
def told(duck, frames, homes):
    return DeliveryQuality().measure(duck, frames, [SOURCES[name] for name in TABLES], homes, AS_OF)


def test_missing_deliveries_are_those_that_never_came(told, drawn, counties):
    missing = RECORDS.plan(HOMES).missing  # (tables, counties, months of known dates from January 2022 on)
    names = sorted(counties.unique())
    for name in MONTHLY:
        table = told.coverage[told.coverage["source"] == name]
        came = table.pivot(index="county", columns="month", values="delivered")
        assert came.columns.tolist() == list(range(month_number(date(2022, 1, 1)), month_number(date(2024, 1, 1))))
        np.testing.assert_array_equal(~came.loc[names].to_numpy(bool), missing[TABLES.index(name), :, :24], err_msg=name)
        assert told.frame.loc[name, "missing"] == missing[TABLES.index(name), :, :24].sum() > 0
        assert told.frame.loc[name, "expected"] == 3 * 24


def test_deliveries_that_come_once_a_year_or_half_year_are_expected_as_often(told, drawn, counties):
    for name, step in (("subsidy", 12), ("education", 6), ("insurance", 12)):
        table = told.coverage[told.coverage["source"] == name]
        known = drawn.tables[name]["known_date"].dt.year * 12 + drawn.tables[name]["known_date"].dt.month - 1
        assert table["month"].min() == known.min() and table["month"].max() == month_number(date(2023, 12, 1))
        assert told.frame.loc[name, "expected"] == 3 * 24 // step
        by_period = table.groupby(["county", table["month"] // step])["delivered"].nunique()
        assert (by_period == 1).all()  # a period came or did not
    assert told.frame.loc["disaster", "expected"] == 0 and (told.coverage["source"] != "disaster").all()


def test_late_and_double_records_are_those_the_simulation_spoiled(duck, frames, homes, drawn):
    told = DeliveryQuality().measure(duck, frames, [SOURCES[name] for name in TABLES], homes, date(2024, 12, 31))
    keys = drawn.defects.groupby("defect", observed=True)[["table", "record"]].apply(lambda t: set(map(tuple, t.to_numpy())))
    twice, late = keys["duplicate"] - keys["missing"], keys["late"] - keys["missing"]
    for name in TABLES:
        assert told.frame.loc[name, "duplicates"] == sum(table == name for table, _ in twice), name
        assert told.frame.loc[name, "late"] == sum(1 + (one in twice) for one in late if one[0] == name), name
        assert told.frame.loc[name, "records"] == len(drawn.tables[name])
    assert told.frame["conflict_number"].sum() == 0 and told.frame["event_after_known"].sum() == 0
    assert told.frame["late"].sum() > 100 and told.frame["duplicates"].sum() > 100


def test_days_from_event_to_known_are_those_of_pandas(told, drawn):
    for name in TABLES:
        days = (drawn.tables[name]["known_date"] - drawn.tables[name]["event_date"]).dt.days
        known = days[drawn.tables[name]["known_date"] <= pd.Timestamp(AS_OF)]
        assert told.frame.loc[name, "delay_median"] == known.quantile(0.5, interpolation="lower") == 1
        assert told.frame.loc[name, "delay_slow"] == np.quantile(known, 0.9, method="inverted_cdf")


def test_records_twice_in_a_month_are_those_of_pandas(told, drawn):
    benefits = drawn.tables["civil_affairs"].drop_duplicates()
    again = benefits.duplicated(["unit", "event_date"])  # all of a month are of one day
    known = benefits["known_date"] <= pd.Timestamp(AS_OF)
    first = benefits[known].duplicated(["unit", "event_date"])
    assert told.frame.loc["civil_affairs", "double_month"] == first.sum() > 0 and again.sum() >= first.sum()
    assert told.frame.loc["medical", "double_month"] == 0  # a home has several bills a month


def test_filled_shares_and_figures_outside_their_range_are_counted(duck, drawn, frames, homes):
    tight = replace(SOURCES["medical"], ranges={"amount": (10.5, 2000)})
    told = DeliveryQuality().measure(duck, frames, [tight, SOURCES["education"]], homes, AS_OF)
    amounts = drawn.tables["medical"].loc[lambda t: t["known_date"] <= pd.Timestamp(AS_OF), "amount"]
    assert told.frame.loc["medical", "outside_range"] == (~amounts.between(10.5, 2000)).sum() > 0
    shares = told.filled.set_index(["source", "column"])
    assert shares.loc[("education", "stage"), "share"] == 1 and shares.loc[("education", "stage"), "filled"] > 0
    assert set(shares.loc["medical"].index) == {"household", "person", "number", "event_date", "known_date", "amount"}


def row(home, number, event, known, amount=100, **more):
    return {
        "household": home,
        "person": None,
        "number": number,
        "event_date": event,
        "known_date": known,
        "amount": amount,
        **more,
    }


def held(duck, rows, source):
    frame = pd.DataFrame(rows).assign(county=None, delivery="d-1", row=range(1, len(rows) + 1))
    for name in ("event_date", "known_date"):
        frame[name] = pd.to_datetime(frame[name])
    return duck.hold(frame, source.kinds)


def test_a_hand_worked_delivery(duck):
    source = replace(SOURCES["civil_affairs"], ranges={"amount": (0, 20)})
    rows = [
        row(1, 7, "2024-01-10", "2024-01-15"),
        row(1, 7, "2024-01-10", "2024-02-15"),  # the same again, a month later: a duplicate
        row(1, 7, "2024-01-10", "2024-02-20", 200),  # the same number, another amount: a conflict
        row(1, 8, "2024-01-20", "2024-01-25"),  # another record of the same home and month: double
        row(2, 9, "2024-02-10", "2024-02-12", 2001),  # one fen above 20 yuan
        row(2, 9, "2024-02-10", "2024-08-01", 1),  # not known yet
        row(2, None, "2024-03-10", "2024-03-09", None),  # known before it happened; no amount
        row(3, None, "2024-01-01", "2024-04-01"),  # 91 days
    ]
    homes = duck.hold(pd.DataFrame({"home": [1, 2, 3], "county": ["甲", "乙", "甲"]}), KINDS)
    linked = pd.DataFrame({"unmatched": [4], "kept": [9]}, index=["civil_affairs"])
    records = {"civil_affairs": held(duck, rows, source)}
    told = DeliveryQuality(grace=0).measure(duck, records, [source], homes, date(2024, 5, 3), linked)
    one = told.frame.loc["civil_affairs"]
    assert one[["records", "duplicates", "conflict_number", "double_month"]].tolist() == [7, 1, 1, 1]
    assert one[["outside_range", "event_after_known", "late", "unmatched"]].tolist() == [1, 1, 1, 4]
    assert one["newest_known"] == pd.Timestamp("2024-04-01") and one["age_days"] == 32 and one["overdue"]
    # delays 2, 5, 5, 36, 41, 91 days
    assert one[["delay_median", "delay_slow"]].tolist() == [5, 91]
    strict = DeliveryQuality(late_after=36).measure(duck, records, [source], homes, date(2024, 5, 3))
    assert strict.frame["late"].tolist() == [2]  # 36 days are in time
    amounts = told.filled.set_index("column").loc["amount"]
    assert amounts[["records", "filled"]].tolist() == [7, 6]
    # 甲 was known of in January, February and April, 乙 in February and March
    came = told.coverage.pivot(index="county", columns="month", values="delivered")
    assert came.loc["甲"].tolist() == [True, True, False, True] and came.loc["乙"].tolist() == [False, True, True, False]
    assert one[["expected", "missing"]].tolist() == [8, 3]
    assert all(note.say("zh") and note.say("en") for note in told.notes) and len(told.notes) == 3


def test_of_a_source_without_records_it_is_said_that_it_is_overdue(duck):
    source = SOURCES["civil_affairs"]
    homes = duck.hold(pd.DataFrame({"home": [1], "county": ["甲"]}), KINDS)
    told = DeliveryQuality().measure(duck, {source.id: duck.scan([], source.kinds)}, [source], homes, AS_OF)
    assert told.frame.loc[source.id, ["records", "expected", "missing", "duplicates"]].tolist() == [0, 0, 0, 0]
    assert told.frame.loc[source.id, "overdue"] and pd.isna(told.frame.loc[source.id, "delay_median"])


def test_a_home_that_is_not_in_the_register_counts_for_the_county_that_was_filed(duck):
    source = SOURCES["civil_affairs"]
    rows = [row(1, 1, "2024-01-10", "2024-01-15"), row(99, 2, "2024-01-10", "2024-01-15")]
    frame = pd.DataFrame(rows).assign(county=["丙", "乙"], delivery="d", row=[1, 2])
    frame[["event_date", "known_date"]] = frame[["event_date", "known_date"]].apply(pd.to_datetime)
    homes = duck.hold(pd.DataFrame({"home": [1, 2, 3], "county": ["甲", "乙", "丙"]}), KINDS)
    came = coverage(duck, duck.hold(frame, source.kinds), source, homes, date(2024, 2, 1)).set_index("county")["delivered"]
    assert came.to_dict() == {"甲": True, "乙": True, "丙": False}  # the register goes before what was filed


def test_what_becomes_known_later_changes_nothing(duck, drawn, homes):
    source, day = SOURCES["medical"], date(2023, 3, 15)
    table = stored(source, drawn.tables["medical"])
    then = table[table["known_date"] <= pd.Timestamp(day)]
    ask = DeliveryQuality()
    one, other = (ask.measure(duck, {source.id: duck.hold(rows, source.kinds)}, [source], homes, day) for rows in (table, then))
    pd.testing.assert_frame_equal(one.frame, other.frame)
    pd.testing.assert_frame_equal(one.coverage, other.coverage)


def test_questions_that_make_no_sense_are_refused(duck, homes):
    for wrong in ({"grace": -1}, {"late_after": 1.5}, {"slow": 50}):
        with pytest.raises(SpecError):
            DeliveryQuality(**wrong)
    with pytest.raises(DataError, match="no records"):
        DeliveryQuality().measure(duck, {}, [SOURCES["medical"]], homes, AS_OF)
    counts = pd.DataFrame({"unmatched": [1, 2]}, index=["medical", "medical"])
    with pytest.raises(SpecError, match=r"the counts of linkage name a source twice\. To do: pass Linked\.frame"):
        DeliveryQuality().measure(duck, {}, [], homes, AS_OF, counts)


def test_spark_counts_the_same(duck, spark, drawn, counties):
    source = SOURCES["civil_affairs"]
    table = stored(source, drawn.tables["civil_affairs"].head(400))
    keyed = pd.DataFrame({"home": number(counties.index.to_series()).to_numpy(), "county": counties.to_numpy()})
    one, other = (
        DeliveryQuality().measure(e, {source.id: e.hold(table, source.kinds)}, [source], e.hold(keyed, KINDS), AS_OF)
        for e in (duck, spark)
    )
    for name in ("frame", "filled", "coverage"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
