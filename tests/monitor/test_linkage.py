"""Records and their homes: cases worked by hand, and every record counted once whatever was delivered."""

from datetime import date, timedelta
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_kinds import HOMES, MEMBERS, held
from store_kinds import RECORDS as STORED

from evalkit.errors import DataError, SpecError
from evalkit.monitor.linkage.linkage import Linkage
from evalkit.monitor.linkage.register import Register

RECORDS = {**STORED, "safe": "flag"}
BILLS = SimpleNamespace(id="bills", covers="event")
AID = SimpleNamespace(id="aid", covers="month")
DAY = date(2024, 6, 30)


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    from evalkit.monitor.engine.duck import DuckDB

    with DuckDB(memory="500MB").open([tmp_path_factory.mktemp("store")]) as opened:
        yield opened


def a_register(engine):
    homes = [(home, "c", "v", True, True, "2020-01-01") for home in (1, 2, 3)]
    members = [
        (11, 1, "2019-01-01", None, "2019-01-01"),
        (12, 1, "2019-01-01", "2024-01-01", "2024-01-31"),  # moved from home 1 to home 2
        (12, 2, "2024-01-01", None, "2024-01-31"),
        (13, 3, "2019-01-01", "2023-12-31", "2019-01-01"),  # left, to nowhere
        (14, 1, "2019-01-01", None, "2019-01-01"),  # claimed by two homes
        (14, 3, "2023-01-01", None, "2023-02-01"),
    ]
    return Register(homes=held(engine, homes, HOMES), members=held(engine, members, MEMBERS))


def bill(row, household, person, number, event="2024-03-05", known="2024-03-20", amount=100, county=None, delivery="a"):
    return (household, person, number, event, known, amount, county, delivery, row, None)


def linked(engine, rows, spec=None, day=DAY, source=BILLS):
    records = {source.id: held(engine, rows, RECORDS)}
    found = (spec or Linkage()).measure(engine, records, a_register(engine), [source], day)
    return found, engine.collect(found.records[source.id]).sort_values(["delivery", "row"], ignore_index=True)


def test_records_find_their_homes_by_person_then_by_household(engine):
    rows = [
        bill(1, 1, 11, 1),  # lives there
        bill(2, 1, 12, 2),  # filed under the old home: the person wins
        bill(3, 1, 12, 3, event="2023-12-31"),  # still lived there
        bill(4, None, 13, 4),  # lives nowhere any more: the home left
        bill(5, 2, None, 5),  # nobody named
        bill(6, 99, 11, 6),  # a household that is not registered
        bill(7, 99, None, 7),  # nothing to go by
        bill(8, 3, 77, 8),  # a person who is not registered
        bill(9, None, None, 9),
        bill(10, None, 13, 10, event="2025-01-01", known="2024-06-01"),  # left more than twelve months before
        bill(11, 1, 14, 11),  # claimed by homes 1 and 3
    ]
    found, kept = linked(engine, rows)
    by_row = kept.set_index("row")
    assert by_row["home"].to_dict() == {1: 1, 2: 2, 3: 1, 4: 3, 5: 2, 6: 1, 8: 3, 11: 3}
    rules = {1: "person", 2: "person", 3: "person", 4: "person_before", 5: "household", 6: "person", 8: "household", 11: "person"}
    assert by_row["link"].to_dict() == rules
    left = engine.collect(found.unmatched["bills"]).sort_values("row")
    assert left["row"].tolist() == [7, 9, 10]
    assert left["household_unknown"].tolist() == [True, False, False]
    counts = {
        "records": 11,
        "kept": 8,
        "duplicates": 0,
        "conflict_number": 0,
        "unmatched": 3,
        "by_person": 5,
        "by_person_before": 1,
        "by_household": 2,
        "moved": 2,
        "household_unknown": 2,
        "ambiguous": 1,
        "double_month": 0,
    }
    assert found.frame.loc["bills"].to_dict() == counts


def test_a_move_that_is_not_known_yet_moves_no_record(engine):
    rows = [bill(1, 1, 12, 1, event="2024-01-10", known="2024-01-12")]
    assert linked(engine, rows, day=date(2024, 1, 30))[1]["home"].tolist() == [1]
    assert linked(engine, rows, day=date(2024, 1, 31))[1]["home"].tolist() == [2]
    assert linked(engine, rows, day=date(2024, 1, 11))[0].frame.loc["bills", "records"] == 0


def test_rules_are_asked_in_their_order_and_only_those_named(engine):
    rows = [bill(1, 1, 12, 1), bill(2, None, 12, 2)]
    only = linked(engine, rows, Linkage(rules=("household",)))[1]
    assert only[["row", "home", "link"]].to_numpy().tolist() == [[1, 1, "household"]]
    turned = linked(engine, rows, Linkage(rules=("household", "person")))[1]
    assert turned["home"].tolist() == [1, 2]
    assert turned["link"].tolist() == ["household", "person"]


def test_the_same_row_twice_is_one_record_the_first_one_known(engine):
    rows = [
        bill(2, 1, 11, 1),
        bill(1, 1, 11, 1),  # the smaller row
        bill(1, 1, 11, 1, known="2024-04-20", delivery="b"),  # the next delivery repeats it
        bill(3, 1, 11, None, amount=5),  # no number: the same in all cells
        bill(4, 1, 11, None, amount=5),
        bill(5, 1, 11, None, amount=6),
        bill(6, None, 11, None, amount=5),
    ]
    found, kept = linked(engine, rows)
    assert kept["row"].tolist() == [1, 3, 5, 6]
    assert kept["delivery"].unique().tolist() == ["a"]
    assert found.frame.loc["bills", ["records", "kept", "duplicates", "conflict_number"]].tolist() == [7, 4, 3, 0]


def test_of_a_number_with_other_content_the_newest_known_stands(engine):
    rows = [
        bill(1, 1, 11, 1, amount=100),
        bill(1, 1, 11, 1, amount=120, known="2024-04-20", delivery="b"),
        bill(2, 1, 11, 2, amount=7),
        bill(2, 1, 11, 2, amount=8, known="2024-04-20", delivery="b"),
        bill(2, 1, 11, 2, amount=7, known="2024-05-20", delivery="c"),  # corrected back
        bill(3, 1, 11, 3, county="x"),  # counties number their own records
        bill(3, 2, None, 3, county="y"),
        bill(4, 1, 11, 4, amount=1),
        bill(4, 1, 11, 4, amount=2, known="2024-07-01", delivery="d"),  # known after the day
    ]
    found, kept = linked(engine, rows)
    pointers = [["a", 2, 7], ["a", 3, 100], ["a", 3, 100], ["a", 4, 1], ["b", 1, 120]]
    assert kept[["delivery", "row", "amount"]].to_numpy().tolist() == pointers
    expected = {"records": 8, "kept": 5, "duplicates": 1, "conflict_number": 2, "unmatched": 0}
    assert found.frame.loc["bills", list(expected)].to_dict() == expected


def test_two_records_of_a_home_and_month_are_suspicious_where_one_is_paid(engine):
    rows = [
        bill(1, 1, None, 1, event="2024-03-10"),
        bill(2, 1, None, 2, event="2024-03-31"),  # another number in the same month
        bill(3, 1, None, 3, event="2024-04-01"),
        bill(4, 1, 11, 4, event="2024-03-10"),  # of a person: another payment
        bill(5, 2, None, 5, event="2024-03-10"),
        bill(6, 99, None, 6, event="2024-03-10"),
    ]
    assert linked(engine, rows, source=AID)[0].frame.loc["aid", "double_month"] == 1
    assert linked(engine, rows, source=BILLS)[0].frame.loc["bills", "double_month"] == 0


def test_what_must_be_known_is_said_in_both_languages(engine):
    notes = linked(engine, [bill(1, 1, 14, 1), bill(2, 2, None, 2), bill(3, 99, None, 3)])[0].notes
    assert [note.kind for note in notes] == ["choice", "left_out", "caution", "caution"]
    said = " ".join(note.text.en for note in notes)
    for words in ("1 record found no home", "cannot be seen by its key", "1 person is registered in two homes"):
        assert words in said
    assert all(note.text.zh and "{" not in note.text.zh + note.text.en for note in notes)


def test_records_that_are_absent_or_lack_a_column_are_refused(engine):
    with pytest.raises(DataError, match="'bills' has no records"):
        Linkage().measure(engine, {}, a_register(engine), [BILLS], DAY)
    short = held(engine, [], {name: kind for name, kind in RECORDS.items() if name != "number"})
    with pytest.raises(DataError, match=r"lack columns \[number\]"):
        Linkage().measure(engine, {"bills": short}, a_register(engine), [BILLS], DAY)


@pytest.mark.parametrize("rules", [(), ("person", "person"), ("name",), "person"])
def test_rules_that_make_no_sense_are_refused(rules):
    with pytest.raises(SpecError) as refused:
        Linkage(rules=rules)
    assert '"person"' in refused.value.do or "person, person_before, household" in refused.value.do


def test_no_records_give_counts_of_nothing(engine):
    found, kept = linked(engine, [], source=AID)
    assert len(kept) == 0
    assert not found.frame.loc["aid"].any()


cell = st.tuples(
    st.sampled_from([None, 1, 2, 99]),
    st.sampled_from([None, 11, 12, 13, 77]),
    st.sampled_from([None, 1, 2, 3]),
    st.integers(0, 3),
    st.integers(0, 5),
    st.integers(0, 1),
    st.sampled_from([None, "x"]),
    st.sampled_from(["a", "b"]),
)


def in_words(rows, day):
    """The records that stand, by an independent search: (delivery, row) → amount."""
    known = [row for row in rows if pd.Timestamp(row[4]).date() <= day]
    groups: dict[tuple, list] = {}
    for row in known:
        content = (*row[:4], *row[5:7])
        groups.setdefault(("number", row[2], row[6]) if row[2] is not None else content, []).append((row, content))
    stands = {}
    for own in groups.values():
        first, last = {}, {}
        for row, content in own:
            place = (row[4], row[7], row[8])
            first[content] = min(first.get(content, place), place)
            last[content] = max(last.get(content, row[4]), row[4])
        newest = max(first, key=lambda content: (last[content], first[content]))
        stands[first[newest][1:]] = newest
    return known, stands


@settings(max_examples=25)
@given(st.lists(cell, max_size=14))
def test_whatever_arrives_every_row_is_counted_once_and_the_right_ones_stand(engine, cells):
    start = date(2024, 3, 1)
    rows = [
        bill(row, home, person, number, start + timedelta(event), start + timedelta(31 + known), amount, county, delivery)
        for row, (home, person, number, event, known, amount, county, delivery) in enumerate(cells)
    ]
    day = start + timedelta(34)
    found, kept = linked(engine, rows, day=day)
    known, stands = in_words(rows, day)
    counts = found.frame.loc["bills"]
    left = engine.collect(found.unmatched["bills"])
    standing = [*zip(kept["delivery"], kept["row"], strict=True), *zip(left["delivery"], left["row"], strict=True)]
    assert sorted(standing) == sorted(stands)
    assert counts["records"] == len(known)
    assert counts["records"] == counts[["kept", "duplicates", "conflict_number", "unmatched"]].sum()
    assert counts["kept"] == counts[["by_person", "by_person_before", "by_household"]].sum() == len(kept)
    assert counts["duplicates"] == len(known) - len({(*row[:4], *row[5:7]) for row in known})
    assert counts["unmatched"] == len(left)
    homes = np.where(kept["link"] == "household", kept["household"].astype("Int64"), kept["home"].astype("Int64"))
    assert (homes == kept["home"]).all()
