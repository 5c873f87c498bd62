"""Deliveries with a header and no row: taken in, told apart from what is missing or damaged, and believed or doubted."""

import gzip
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from test_door import GOOD, HEAD, MEDICAL, door, rows_of
from test_quality import KINDS, SOURCES, row

from evalkit.monitor.door.store import Store
from evalkit.monitor.quality.quality import DeliveryQuality
from evalkit.monitor.rules.form import read_rules
from evalkit.monitor.signals.coverage import lacking
from evalkit.monitor.windows import month_number

NAMES = HEAD.strip().split(",")
BARE = pd.DataFrame({name: pd.Series([], dtype="str") for name in NAMES})
COUNTIES = ["甲", "乙"]
APRIL = date(2024, 4, 10)


@pytest.fixture
def into(tmp_path):
    (made := tmp_path / "in").mkdir()
    return made


def as_tsv(path):
    path.write_text(HEAD.replace(",", "\t"), encoding="utf-8")


def as_sheet_under_a_title(path):
    frame = pd.DataFrame([["医保结算明细", *[None] * (len(NAMES) - 1)], NAMES])
    frame.to_excel(path, index=False, header=False)


WRITTEN = {
    "medical.csv": lambda path: path.write_text(HEAD, encoding="gb18030"),
    "medical-titled.csv": lambda path: path.write_text("2024年医保结算明细\n" + HEAD, encoding="utf-8"),
    "medical-blank.csv": lambda path: path.write_text(HEAD + "," * (len(NAMES) - 1) + "\n", encoding="utf-8"),
    "medical.tsv": as_tsv,
    "medical.csv.gz": lambda path: path.write_bytes(gzip.compress(HEAD.encode())),
    "medical.xlsx": lambda path: BARE.to_excel(path, index=False),
    "medical-titled.xlsx": as_sheet_under_a_title,
    "medical.parquet": lambda path: BARE.to_parquet(path, index=False),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_header_without_a_row_is_a_delivery_of_nobody(into, tmp_path, duck, name):
    WRITTEN[name](into / name)
    store = Store(tmp_path / "store")
    told = door(store).receive(into)
    assert told.frame[["file", "status", "rows", "kept", "set_aside"]].to_numpy().tolist() == [
        [told.frame["file"].iloc[0], "stored", 0, 0, 0]
    ], [str(one) for one in told.refusals.values()]
    assert rows_of(store, duck).empty
    assert store.deliveries(MEDICAL)["rows"].tolist() == [0]
    note = next(note for note in told.notes if "header and no row: 1" in note.text.en)
    assert note.kind == "caution"
    assert "1 份数据只有表头、没有记录" in note.say("zh")
    assert door(store).receive(into).frame["status"].tolist() == ["known"]


def two_sheets(path):
    with pd.ExcelWriter(path) as book:
        BARE.to_excel(book, sheet_name="封面", index=False)
        pd.DataFrame([GOOD.strip().split(",")], columns=NAMES).to_excel(book, sheet_name="明细", index=False)


REFUSED = {
    "medical-0.csv": (lambda path: path.write_bytes(b""), "unreadable", "the file is empty"),
    "medical-1.csv": (lambda path: path.write_text(HEAD.replace("自付金额", "金额")), "column_absent", "no column [自付金额]"),
    "medical-2.csv": (lambda path: path.write_text(GOOD), "column_absent", "the file has no column"),
    "medical-3.xlsx": (lambda path: path.write_bytes(b"PK\x03\x04 torn"), "unreadable", "not a readable .xlsx"),
    "medical-4.xlsx": (two_sheets, "unreadable", "name the sheet with the table"),
    "medical-5.csv": (lambda path: path.write_text(HEAD.replace("电话", "县")), "unreadable", "duplicate_column"),
    "medical-6.xlsx": (lambda path: BARE.drop(columns="县").to_excel(path), "column_absent", "no column [县]"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_damaged_or_has_other_columns_is_no_delivery_of_nobody(into, tmp_path, name):
    write, rule, said = REFUSED[name]
    write(into / name)
    store = Store(tmp_path / "store")
    told = door(store).receive(into)
    assert told.frame[["status", "rule"]].to_numpy().tolist() == [["refused", rule]]
    assert said in str(told.refusals[name])
    assert store.deliveries(MEDICAL).empty


def test_empty_months_are_deliveries_of_their_own_though_their_bytes_are_the_same(into, tmp_path):
    store = Store(tmp_path / "store")
    for month in ("2024-05", "2024-06"):
        (into / f"medical-{month}.csv").write_text(HEAD, encoding="utf-8")
    assert door(store).receive(into).frame["status"].tolist() == ["stored", "stored"]
    assert store.deliveries(MEDICAL)["file"].tolist() == ["medical-2024-05.csv", "medical-2024-06.csv"]
    assert door(store).receive(into).frame["status"].tolist() == ["known", "known"]


# what is made of them ------------------------------------------------------------------------------------------------------


def judged(duck, by_delivery, empty, *, source="civil_affairs", day=APRIL, rows=None):
    """A report on a source: by delivery the county and day of records; files without a row; how many rows the others had."""
    asked = SOURCES[source] if isinstance(source, str) else source
    table, cards = [], []
    for name, told in by_delivery.items():
        table += [row(1 + COUNTIES.index(county), None, known, known) | {"delivery": name} for county, known in told]
        cards.append((name, rows or len(told), max(known for _, known in told)))
    frame = pd.DataFrame(table).assign(county=None, row=np.arange(1, len(table) + 1))
    for at in ("event_date", "known_date"):
        frame[at] = pd.to_datetime(frame[at])
    receipts = pd.DataFrame([*cards, *((name, 0, None) for name in empty)], columns=["file", "rows", "last_known"])
    receipts = receipts.assign(table=asked.place)
    homes = duck.hold(pd.DataFrame({"home": [1, 2], "county": COUNTIES}), KINDS)
    records = {asked.id: duck.hold(frame, asked.kinds)}
    return DeliveryQuality().measure(duck, records, [asked], homes, day, receipts=receipts)


def came(told):
    table = told.coverage
    named = [f"{month // 12}-{month % 12 + 1:02d}" for month in table["month"]]
    return {(county, month): came for county, month, came in zip(table["county"], named, table["delivered"], strict=True)}


BOTH = {f"d{month}": [("甲", f"2024-0{month}-05"), ("乙", f"2024-0{month}-05")] for month in (1, 2)}


def test_a_month_in_which_nobody_is_reported_has_come(engine):
    told = judged(engine, BOTH, ["civil_affairs-2024-03.csv"])
    assert [came(told)[county, "2024-03"] for county in COUNTIES] == [True, True]
    assert told.frame.loc["civil_affairs", ["empty", "expected", "missing"]].tolist() == [1, 6, 0]
    (note,) = told.notes
    assert (note.kind, "最低生活保障金 2024-03" in note.say("zh"), "nothing was found" in note.say("en")) == (
        "choice",
        True,
        True,
    )


def test_a_month_without_any_file_is_missing_and_closes_the_counties(duck):
    told = judged(duck, BOTH, [])
    assert [came(told)[county, "2024-03"] for county in COUNTIES] == [False, False]
    assert told.frame.loc["civil_affairs", ["empty", "missing"]].tolist() == [0, 2]


def test_of_a_source_that_is_usually_large_an_empty_month_is_doubted(duck):
    told = judged(duck, BOTH, ["civil_affairs-2024-03.csv"], rows=100)
    assert [came(told)[county, "2024-03"] for county in COUNTIES] == [False, False]
    assert told.frame.loc["civil_affairs", ["empty", "missing"]].tolist() == [1, 2]
    note = next(note for note in told.notes if "export may have failed" in note.say("en"))
    assert note.kind == "caution"
    assert "minimum living allowance 2024-03" in note.say("en")
    assert "可能是导出失败" in note.say("zh")
    little = judged(duck, BOTH, ["civil_affairs-2024-03.csv"], rows=99)
    assert came(little)["甲", "2024-03"]


def test_only_deliveries_from_before_tell_what_is_usual(duck):
    later = {**BOTH, "d4": [("甲", "2024-04-05"), ("乙", "2024-04-05")]}
    told = judged(duck, later, ["civil_affairs-2024-02.csv"], day=date(2024, 5, 10), rows=100)
    assert told.frame.loc["civil_affairs", "empty"] == 1
    assert not any("header" in note.say("en") for note in told.notes)  # records of February came after all
    first = judged(duck, {"d4": later["d4"]}, ["civil_affairs-2024-03.csv"], day=date(2024, 5, 10), rows=100)
    assert [note.kind for note in first.notes] == ["choice"]


def test_where_records_came_in_the_period_an_empty_file_changes_nothing(duck):
    half = {**BOTH, "d3": [("甲", "2024-03-05")]}
    told = judged(duck, half, ["civil_affairs-2024-03.csv"])
    assert (came(told)["甲", "2024-03"], came(told)["乙", "2024-03"]) == (True, False)
    assert told.frame.loc["civil_affairs", "missing"] == 1


@pytest.mark.parametrize("name", ["civil_affairs.csv", "civil_affairs-2024.csv", "civil_affairs-2024-01_2024-03.csv"])
def test_a_file_that_names_no_month_says_nothing(duck, name):
    told = judged(duck, BOTH, [name])
    assert not came(told)["甲", "2024-03"]
    note = next(note for note in told.notes if "Nothing is concluded" in note.say("en"))
    assert (note.kind, "文件名中没有 2024-06 这样的月份" in note.say("zh")) == ("caution", True)


def test_where_counties_send_files_of_their_own_an_empty_one_is_of_nobody_knows_whom(engine):
    own = {f"{county}{month}": [(county, f"2024-0{month}-05")] for county in COUNTIES for month in (1, 2)}
    told = judged(engine, own, ["civil_affairs-2024-03.csv"])
    assert [came(told)[county, "2024-03"] for county in COUNTIES] == [False, False]
    assert any("Nothing is concluded" in note.say("en") for note in told.notes)


def test_what_is_named_by_a_later_month_is_not_known_yet(duck):
    then = judged(duck, BOTH, ["civil_affairs-2024-05.csv"])
    assert then.frame.loc["civil_affairs", "empty"] == 0
    pd.testing.assert_frame_equal(then.frame, judged(duck, BOTH, []).frame)
    assert [note.say("en") for note in then.notes] == [note.say("en") for note in judged(duck, BOTH, []).notes]


def test_who_says_that_there_was_nobody_is_not_overdue(duck):
    day = date(2024, 5, 10)
    silent = judged(duck, BOTH, [f"civil_affairs-2024-0{month}.csv" for month in (3, 4)], day=day).frame.loc["civil_affairs"]
    nothing = judged(duck, BOTH, [], day=day).frame.loc["civil_affairs"]
    assert (silent["overdue"], nothing["overdue"]) == (False, True)
    assert silent["age_days"] == nothing["age_days"] == (day - date(2024, 2, 5)).days


def test_of_a_source_that_is_not_expected_a_doubted_month_counts_as_one_that_did_not_come(duck):
    loose = replace(SOURCES["civil_affairs"], expects="none")
    doubted = judged(duck, BOTH, ["civil_affairs-2024-03.csv"], source=loose, rows=500)
    assert came(doubted) == {("甲", "2024-03"): False, ("乙", "2024-03"): False}
    assert came(judged(duck, BOTH, ["civil_affairs-2024-03.csv"], source=loose)) == {}
    event = judged(duck, BOTH, ["disaster-2024-03.csv"], source="disaster")
    assert (event.frame.loc["disaster", "empty"], [note.kind for note in event.notes]) == (1, ["choice"])


@pytest.mark.parametrize(("rows", "closed"), [(2, frozenset()), (500, frozenset(COUNTIES))])
def test_rules_stand_on_a_month_of_nobody_and_not_on_one_that_is_doubted(duck, rows, closed):
    every = {
        f"d{at}": [("甲", day), ("乙", day)]
        for at, day in enumerate(pd.date_range("2021-12-05", "2024-02-05", freq="MS").strftime("%F"))
    }
    told = judged(duck, every, ["civil_affairs-2024-03.csv"], rows=rows)
    sources = list(SOURCES.values())
    rules = read_rules("rules", sources)
    lacks = lacking(rules, SOURCES, told.coverage, frozenset(COUNTIES), APRIL)
    assert lacks["income_low"]["civil_affairs"] == closed
    assert month_number(APRIL) - 1 in set(told.coverage["month"])
