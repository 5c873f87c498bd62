"""The door: what comes in, what is set aside or refused, and that nobody's name or number passes."""

import os
import signal
import stat
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import DataError, OutputError, SafetyError, SpecError
from evalkit.monitor.door.columns import read_column, read_day
from evalkit.monitor.door.door import Door
from evalkit.monitor.door.files import readers
from evalkit.monitor.door.store import Store
from evalkit.monitor.sources.columns import Column
from evalkit.monitor.sources.sources import Declared, RegisterSource, RegisterTable, Source, State
from evalkit.panel.pseudonyms import key_id, pseudonym_numbers
from evalkit.terms import Text

KEY = b"0123456789abcdef0123456789abcdef"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
MEDICAL = Source(
    id="medical",
    name=Text("医保结算", "medical bills"),
    department=Text("医保局", "medical insurance"),
    file="medical*",
    columns={
        "household": "户编号", "person": "身份证号", "number": "结算单号", "event_date": "结算日期", "known_date": "上报日期",
        "amount": "自付金额", "county": "县",
    },
    states={"insured": State(kind="flag", column="参保"), "level": State(kind="word", among=("一级", "二级"), column="医院")},
)  # fmt: skip
HOMES = RegisterTable(
    id="homes",
    file="homes*",
    columns={
        "household": "户",
        "county": "县",
        "village": "村",
        "formerly_poor": "脱贫户",
        "labor": "劳动力",
        "known_date": "日",
    },
)
HEAD = "户编号,户主姓名,身份证号,结算单号,结算日期,上报日期,自付金额,县,参保,医院,电话\n"
GOOD = "H1,某某,53010219900101123x,A-1,2024-05-03,2024-05-20,1234.56,甲县,是,一级,x\n"


def identity(at: int) -> str:
    body = f"990101{1950 + at % 60}{1 + at % 12:02d}{1 + at % 28:02d}{at % 1000:03d}"
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11]


def number(text: str, domain: str = "household") -> int:
    return int(pseudonym_numbers([text], KEY, domain)[0])


@pytest.fixture
def places(tmp_path):
    (tmp_path / "in").mkdir()
    return tmp_path / "in", Store(tmp_path / "store")


def door(store, *sources, **more):
    return Door(sources=sources or (MEDICAL,), key=KEY, store=store, **more)


def rows_of(store, duck, source=MEDICAL):
    return duck.collect(store.records(duck, source)).sort_values(["delivery", "row"]).reset_index(drop=True)


def test_a_delivery_is_standardized_and_the_rest_is_dropped(places, duck):
    into, store = places
    dirty = "Ｈ２,某某,—,A-2,２０２４年５月４日,20240521,“x”,甲县,否,二级,x\n".replace("“x”", '"１，２３４．５ 元"')
    wan = "h1 ,某某,53010219900101123X,A-3,2024/5/5,2024-05-22 08:00:00,0.05万元,乙县,,,x\n"
    (into / "medical_202405.csv").write_text(HEAD + GOOD + dirty + wan, encoding="gb18030")
    told = door(store).receive(into)
    rows = rows_of(store, duck)
    assert rows.columns.tolist() == list(MEDICAL.kinds)
    assert rows["household"].tolist() == [number("H1"), number("H2"), number("H1")]
    assert rows["person"].tolist() == [number("53010219900101123X", "person"), pd.NA, number("53010219900101123X", "person")]
    assert rows["amount"].tolist() == [123456, 123450, 50000]
    assert rows["event_date"].dt.strftime("%m-%d").tolist() == ["05-03", "05-04", "05-05"]
    assert rows["known_date"].dt.strftime("%m-%d").tolist() == ["05-20", "05-21", "05-22"]
    assert rows["county"].tolist() == ["甲县", "甲县", "乙县"] and rows["row"].tolist() == [2, 3, 4]
    assert rows["insured"].tolist() == [True, False, pd.NA] and rows["level"].tolist()[:2] == ["一级", "二级"]
    one = told.frame.iloc[0]
    assert one["status"] == "stored" and one["delivery"] == rows["delivery"].iloc[0] == f"medical_202405-{one['fingerprint'][:8]}"
    assert (one["first_event"], one["last_known"]) == (pd.Timestamp("2024-05-03"), pd.Timestamp("2024-05-22"))
    assert one[["rows", "kept", "set_aside", "rounded"]].tolist() == [3, 3, 0, 0]


def test_the_same_file_twice_is_told_and_not_stored_twice(places, duck):
    into, store = places
    (into / "medical_1.csv").write_text(HEAD + GOOD, encoding="utf-8")
    (into / "medical_2.csv").write_text(HEAD + GOOD, encoding="utf-8")
    first = door(store).receive(into)
    assert first.frame["status"].tolist() == ["stored", "known"] and first.frame["delivery"].nunique() == 1
    again = door(store).receive(into)
    assert again.frame["status"].tolist() == ["known", "known"] and again.frame["kept"].tolist() == [1, 1]
    assert any(note.kind == "choice" and "2" in note.text.en for note in again.notes)
    (into / "medical_1.csv").write_text(HEAD + GOOD + GOOD.replace("A-1", "A-9"), encoding="utf-8")
    assert door(store).receive(into).frame["status"].tolist() == ["stored", "known"]
    assert len(rows_of(store, duck)) == 3 and len(store.deliveries(MEDICAL)) == 2
    other = replace(MEDICAL, unit="fen")
    told = door(store, other).receive(into)
    assert told.frame["status"].tolist() == ["known", "known"] and any("declaration" in note.text.en for note in told.notes)


BAD = {
    "date_unreadable": ("结算日期", "2024-02-30"),
    "amount_unreadable": ("自付金额", "约300"),
    "amount_unit": ("自付金额", "3亩"),
    "not_among": ("医院", "三级"),
    "flag_unreadable": ("参保", "也许"),
    "key_digits": ("身份证号", "5.30102E+17"),
    "missing": ("上报日期", ""),
}


def test_bad_rows_are_kept_out_and_named_by_row_column_and_rule(places, duck):
    into, store = places
    heads = HEAD.strip().split(",")
    lines = []
    for column, cell in BAD.values():
        cells = dict(zip(heads, GOOD.strip().split(","), strict=True)) | {column: cell}
        lines.append(",".join(cells.values()) + "\n")
    lines.insert(3, GOOD)
    lines.append(",某某,-,A-8,2024-05-03,2024-05-20,1,甲县,是,一级,x\n")  # no key at all
    (into / "medical.csv").write_text(HEAD + "".join(lines), encoding="utf-8")
    told = door(store, most=0.9).receive(into)
    assert told.frame[["rows", "kept", "set_aside"]].iloc[0].tolist() == [9, 1, 8]
    names = {given: name for name, given in MEDICAL.columns.items()} | {"参保": "insured", "医院": "level"}
    want = {(rule, names[column]) for rule, (column, _) in BAD.items()} | {("no_key", "household")}
    assert set(zip(told.aside["rule"], told.aside["column"], strict=True)) == want
    assert told.aside["row"].tolist() == [2, 3, 4, 6, 7, 8, 9, 10] and (told.reasons["rows"] == 1).all()
    assert rows_of(store, duck)["row"].tolist() == [5]
    assert store.deliveries(MEDICAL)["set_aside"].tolist() == [8]


def test_a_row_against_several_rules_is_set_aside_once(places):
    into, store = places
    bad = GOOD.replace("2024-05-03", "soon").replace("1234.56", "much").replace("一级", "三级")
    (into / "medical.csv").write_text(HEAD + GOOD * 9 + bad, encoding="utf-8")
    told = door(store).receive(into)
    assert told.frame["set_aside"].tolist() == [1] and len(told.aside) == 3


def test_a_telephone_number_is_no_amount(places, duck):
    into, store = places
    (into / "medical.csv").write_text(HEAD + GOOD * 9 + GOOD.replace("1234.56", "13800000000"), encoding="utf-8")
    told = door(store).receive(into)
    assert told.aside[["row", "column", "rule"]].to_numpy().tolist() == [[11, "amount", "amount_unreadable"]]
    assert rows_of(store, duck)["amount"].unique().tolist() == [123_456]


@pytest.mark.parametrize(
    ("text", "rule", "said"),
    [
        (HEAD.replace("自付金额", "自付金额元") + GOOD, "column_absent", "did you mean '自付金额元'"),
        (HEAD + GOOD * 3 + GOOD.replace("2024-05-03", "?"), "too_many", "event_date: date_unreadable 1; the first are row 5"),
        (HEAD + GOOD * 9 + GOOD.replace("甲县", identity(3)), "identifier", "'县'"),
        (HEAD + GOOD * 9 + GOOD.replace("一级", "13800000000"), "identifier", "'医院'"),
        (HEAD + GOOD * 9 + GOOD.replace("是", "某某１３８００００００００"), "identifier", "'参保'"),
        (
            HEAD + "".join(GOOD.replace("H1", f"H{n}").replace("甲县", f"人{n}") for n in range(25)),
            "crowd",
            "25 names of 25 homes",
        ),
        ("", "unreadable", "empty"),
    ],
)
def test_whole_deliveries_are_refused_and_hold_up_no_other(places, duck, text, rule, said):
    into, store = places
    (into / "medical_a.csv").write_text(text, encoding="utf-8")
    (into / "medical_b.csv").write_text(HEAD + GOOD, encoding="utf-8")
    told = door(store).receive(into)
    assert told.frame["status"].tolist() == ["refused", "stored"] and told.frame["rule"].tolist() == [rule, ""]
    assert said in str(told.refusals["medical_a.csv"]) and "medical_a.csv" in str(told.refusals["medical_a.csv"])
    assert len(rows_of(store, duck)) == 1 and not list(store.folder.rglob(".arriving*"))
    assert any(note.kind == "left_out" and "medical_a.csv" in note.text.zh for note in told.notes)


def test_fifty_people_pass_through_no_crack(places, duck, capsys):
    """Names, identity numbers and telephones: in files that are taken, set aside, refused, misdeclared, broken, or misnamed."""
    into, store = places
    people = [(f"欧阳试{chr(0x4E00 + at)}", identity(at), f"13{at % 10}{10_000_000 + at}") for at in range(50)]
    line = "{id},{name},{id},{tel},2024-05-03,2024-05-20,{amount},甲县,{insured},{level},{tel}\n"
    good = {"amount": "10", "insured": "是", "level": "一级"}
    files = {"medical_1.csv": good, "medical_2.csv": good | {"amount": "{name}", "level": "{name}"}}
    files |= {"medical_3.csv": good | {"level": "{id}"}, "medical_4.csv": good | {"insured": "{tel}"}}
    for file, parts in files.items():
        text = "".join(line.format(id=i, name=n, tel=t, **{k: v.format(id=i, name=n, tel=t) for k, v in parts.items()})
                       for n, i, t in people)  # fmt: skip
        (into / file).write_text(HEAD + text, encoding="utf-8")
    bare = "".join(f"{n},{i},{t},村民,住址,东头\n" for n, i, t in people)
    (into / "medical_5.csv").write_text(bare, encoding="utf-8")
    (into / "medical_6.csv").write_text(HEAD + f'"{people[0][0]},{people[0][1]},"\n"' + bare, encoding="utf-8")
    (into / f"medical_{people[7][1]}.csv").write_text(HEAD + GOOD, encoding="utf-8")
    (into / "medical_broken.parquet").write_bytes(b"PAR1" + bare.encode())
    told = door(store, most=1.0).receive(into)
    said = [told.frame.to_csv(), told.reasons.to_csv(), told.aside.to_csv(), repr(told), told._repr_html_(), *capsys.readouterr()]
    said += [str(one) + repr(one.__dict__) for one in told.refusals.values()] + [
        note.say(lang) for note in told.notes for lang in ("zh", "en")
    ]
    said += [rows_of(store, duck).to_csv(), *map(str, store.folder.rglob("*"))]
    stored = b"".join(file.read_bytes() for file in store.folder.rglob("*") if file.is_file())
    for name, number_, telephone in people:
        for secret in (name, number_, telephone):
            assert not any(secret in text for text in said), secret
            assert secret.encode() not in stored and secret.encode("gb18030") not in stored
    status = dict(zip(told.frame["file"], told.frame["status"], strict=True))
    assert status["medical_1.csv"] == status["***.csv"] == "stored" and status["medical_3.csv"] == "refused"
    assert KEY not in stored and KEY.hex().encode() not in stored and KEY.decode() not in repr(told.spec)


def test_keys_that_a_spreadsheet_stored_as_numbers_have_lost_their_digits(places):
    into, store = places
    frame = pd.DataFrame([GOOD.strip().split(",")] * 4, columns=HEAD.strip().split(","))
    frame["身份证号"] = [990101195001010000.0, 990101195001010000.0, "53010219900101123X", "53010219900101123X"]
    frame["户编号"] = [1.0, 2.0, 3.0, "3"]
    frame["自付金额"] = [1.5, 2.0, "３元", None]
    frame["结算日期"] = [pd.Timestamp("2024-05-03"), "2024-05-03", pd.Timestamp("2024-05-03 10:00"), "2024-5-3"]
    frame.to_excel(into / "medical.xlsx", index=False)
    told = door(store, most=0.5).receive(into)
    assert told.frame["set_aside"].tolist() == [2] and set(told.reasons["rule"]) == {"key_digits"}


def test_parquet_in_batches_gives_the_rows_of_the_text_file(tmp_path, duck):
    many = 6000
    own = np.random.default_rng(3)
    persons = [None if n % 7 == 0 else f"P{n % 900}" for n in range(many)]
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(own.integers(0, 90, many), unit="D")
    frame = pd.DataFrame({
        "户编号": own.integers(10**17, 2 * 10**17, many), "身份证号": persons, "结算单号": np.arange(many), "结算日期": days,
        "上报日期": "2024-06-01", "自付金额": np.round(own.uniform(0, 1e6, many), 2), "县": own.choice(["甲", "乙"], many),
        "参保": own.random(many) < 0.5, "医院": own.choice(["一级", "二级"], many), "电话": "13800000000",
    })  # fmt: skip
    frame.loc[::11, "自付金额"] = np.nan
    frame.loc[5, "医院"] = "三级"
    found = {}
    for kind, write in (("parquet", frame.to_parquet), ("csv", frame.to_csv)):
        into, store = tmp_path / f"in_{kind}", Store(tmp_path / f"store_{kind}")
        into.mkdir()
        write(into / f"medical.{kind}", index=False)
        told = door(store, batch=2048).receive(into)
        assert told.frame["kept"].tolist() == [many - 1]
        found[kind] = rows_of(store, duck).drop(columns="delivery")
    found["csv"]["row"] -= 1  # the header is a row of a text file
    pd.testing.assert_frame_equal(found["parquet"], found["csv"])
    assert found["csv"]["amount"].sum() == round(frame["自付金额"].drop(5).sum() * 100)
    assert found["csv"]["row"].tolist() == [n for n in range(1, many + 1) if n != 6]


def test_a_table_of_a_database_is_known_by_what_it_holds(places, duck):
    into, store = places
    source = replace(MEDICAL, file=None, table="dept.medical")
    lines = [GOOD.replace("A-1", f"A-{n}").strip().split(",") for n in range(10)]
    frame = pd.DataFrame(lines, columns=HEAD.strip().split(","))
    asked = []

    def reader(rows):
        def read(columns):
            asked.append(columns)
            yield from (rows[columns].iloc[start : start + 4] for start in range(0, len(rows), 4))

        return read

    told = door(store, source).receive(into, {"medical": reader(frame)})
    assert told.frame[["status", "rows", "kept", "file"]].iloc[0].tolist() == ["stored", 10, 10, "dept.medical"]
    assert "户主姓名" not in asked[0] and "电话" not in asked[0]
    assert door(store, source).receive(into, {"medical": reader(frame.iloc[::-1])}).frame["status"].tolist() == ["known"]
    more = pd.concat([frame, frame.tail(1)])
    assert door(store, source).receive(into, {"medical": reader(more)}).frame["status"].tolist() == ["stored"]
    assert len(rows_of(store, duck, source)) == 21
    with pytest.raises(SpecError, match="nothing reads"):
        door(store, source).receive(into)

    def failing(columns):
        raise DataError("the table cannot be read", where="dept.medical", found="SQLSTATE 42501", do="ask")

    assert door(store, source).receive(into, {"medical": failing}).frame["rule"].tolist() == ["unreadable"]


def test_postgresql_gives_the_rows_of_the_file(places, duck, postgres, monkeypatch):
    import adbc_driver_postgresql.dbapi as driver

    into, store = places
    lines = [GOOD.replace("A-1", f"A-{n}").replace("1234.56", f"{n}.{n % 100:02d}") for n in range(50)]
    (into / "medical.csv").write_text(HEAD + "".join(lines), encoding="utf-8")
    columns = ", ".join(f'"{name}" {"numeric(12,2)" if name == "自付金额" else "text"}' for name in HEAD.strip().split(","))
    with driver.connect(postgres) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA door")
        cursor.execute(f"CREATE TABLE door.medical ({columns})")
        for line in lines:
            cells = ", ".join(f"'{cell}'" for cell in line.strip().split(","))
            cursor.execute(f"INSERT INTO door.medical VALUES ({cells})")
        connection.commit()
    monkeypatch.setenv("H2_DATABASE", postgres)
    source = replace(MEDICAL, id="bills", file=None, table="door.medical")
    declared = Declared(sources=(source,), register=RegisterSource(homes=HOMES), database="H2_DATABASE")
    told = door(store, MEDICAL, source).receive(into, readers(declared))
    assert told.frame["kept"].tolist() == [50, 50]
    one, other = (
        rows_of(store, duck, each).drop(columns=["delivery", "row"]).sort_values("amount") for each in (MEDICAL, source)
    )
    pd.testing.assert_frame_equal(one.reset_index(drop=True), other.reset_index(drop=True))


def test_the_register_comes_through_the_same_door(places, duck):
    into, store = places
    rows = ["H1,某某,甲,一村,是,否", "H2,某某,甲,一村,否,", "H3,某某,,一村,否,是"]
    text = "户,户主,县,村,脱贫户,劳动力,日\n" + "".join(f"{row},2024-01-01\n" for row in rows)
    (into / "homes_2024.csv").write_text(text, encoding="utf-8")
    told = door(store, register=RegisterSource(homes=HOMES), most=0.5).receive(into)
    rows = duck.collect(store.register(duck, HOMES)).sort_values("row")
    assert rows["household"].tolist() == [number("H1"), number("H2")] and rows["labor"].tolist() == [False, pd.NA]
    assert told.aside[["row", "column", "rule"]].to_numpy().tolist() == [[4, "county", "missing"]]


def test_what_becomes_known_some_days_later_is_dated_so(places, duck):
    into, store = places
    source = replace(
        MEDICAL,
        columns={name: given for name, given in MEDICAL.columns.items() if name != "known_date"},
        known_after=40,
        covers="month",
    )
    (into / "medical.csv").write_text(HEAD + GOOD.replace("2024-05-03", "2024年5月"), encoding="utf-8")
    door(store, source).receive(into)
    row = rows_of(store, duck, source).iloc[0]
    assert (row["event_date"], row["known_date"]) == (pd.Timestamp("2024-05-01"), pd.Timestamp("2024-06-10"))


@settings(deadline=None)
@given(st.lists(st.integers(-(10**12) + 1, 10**12 - 1), min_size=1, max_size=20))  # from 10 billion yuan on it may be a telephone
def test_money_is_exact_to_the_fen_however_it_is_written(amounts):
    column = {fen: Column(name="amount", given="a", reads="money", fen=fen) for fen in (1, 100, 1_000_000)}
    yuan = [f"{'-' if one < 0 else ''}{abs(one) // 100}.{abs(one) % 100:02d}" for one in amounts]
    grouped = [f"{'-' if one < 0 else ''}{abs(one) // 100:,}.{abs(one) % 100:02d} 元" for one in amounts]
    wan = [f"{'-' if one < 0 else ''}{abs(one) // 1_000_000}.{abs(one) % 1_000_000:06d}" for one in amounts]
    for cells, fen in ((map(str, amounts), 1), (yuan, 100), (grouped, 1), (wan, 1_000_000), ([float(one) for one in yuan], 100)):
        read = read_column(pd.Series(list(cells)), column[fen], KEY)
        assert read.values.tolist() == amounts and not read.against and not read.rounded


def test_parts_of_a_fen_are_rounded_and_counted(places):
    into, store = places
    (into / "medical.csv").write_text(HEAD + GOOD + GOOD.replace("1234.56", "33.333"), encoding="utf-8")
    told = door(store).receive(into)
    assert told.frame["rounded"].tolist() == [1] and any("whole fen" in note.text.en for note in told.notes)


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_a_day_is_the_same_however_it_is_written(day):
    for text in (
        str(day),
        f"{day.year}/{day.month}/{day.day}",
        f"{day:%Y%m%d}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day} 23:59:59",
    ):
        assert read_day(text) == day


def test_everything_is_for_its_owner_only(places):
    into, store = places
    (into / "medical.csv").write_text(HEAD + GOOD, encoding="utf-8")
    before = os.umask(0)
    try:
        door(store).receive(into)
    finally:
        os.umask(before)
    for path in [store.folder, *store.folder.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_another_key_another_run_and_another_folder_are_refused(places):
    into, store = places
    (into / "medical.csv").write_text(HEAD + GOOD, encoding="utf-8")
    door(store).receive(into)
    with pytest.raises(SpecError, match="not that of the store"):
        Door(sources=(MEDICAL,), key=KEY[::-1], store=store).receive(into)
    with store.writing(key_id(KEY)), pytest.raises(OutputError, match="another run"):
        door(store).receive(into)
    with pytest.raises(DataError, match="no such folder"):
        door(store).receive(into / "none")
    with pytest.raises(SpecError, match="needs a folder of deliveries"):
        door(store).receive(None)
    assert door(store).receive(str(into)).frame["status"].tolist() == ["known"]
    with pytest.raises(SpecError, match="both take a file"):
        door(store, MEDICAL, replace(MEDICAL, id="other")).receive(into)
    (into / "link.csv").symlink_to("/etc/hostname")
    assert len(door(store, replace(MEDICAL, file="link*")).receive(into).frame) == 0


@pytest.mark.parametrize("card", [None, "{}"])
def test_a_store_that_does_not_say_with_which_key_takes_none(places, card):
    """Under another key no record would meet its home: a store with deliveries is not given one anew."""
    into, store = places
    (into / "medical.csv").write_text(HEAD + GOOD, encoding="utf-8")
    door(store).receive(into)
    (store.folder / "store.json").unlink()
    if card is not None:
        (store.folder / "store.json").write_text(card, encoding="utf-8")
    for key in (KEY, KEY[::-1]):
        with pytest.raises(SafetyError, match=r"store/store.json: the store holds deliveries, and no longer says with which key"):
            Door(sources=(MEDICAL,), key=key, store=store).receive(into)


def test_files_of_no_source_are_counted_and_not_named(places):
    into, store = places
    (into / "medical.csv").write_text(HEAD + GOOD, encoding="utf-8")
    assert not any("match no source" in note.text.en for note in door(store).receive(into).notes)
    (into / "more").mkdir()
    for name in ("medcal_张三.csv", "medical_2.xls", "more/medical_3.csv", ".hidden.csv"):
        (into / name).write_text(HEAD + GOOD, encoding="utf-8")
    told = door(store).receive(into).notes
    strays = [note.say(lang) for note in told for lang in ("zh", "en") if "match no source" in note.text.en]
    assert [text.count("3") for text in strays] == [1, 1]
    assert "张三" not in "".join(strays)


def test_two_sources_of_one_id_are_refused(places):
    with pytest.raises(SpecError) as refused:
        door(places[1], MEDICAL, replace(MEDICAL, file="other*"))
    told = refused.value
    assert (told.what, told.found, told.do) == (
        "two sources of a Door have one id", "medical, medical", "give each source its own id",
    )  # fmt: skip


RUN = """
import duckdb, importlib.util, os, signal, sys, time
from pathlib import Path
spec = importlib.util.spec_from_file_location("door_tests", {file!r})
tests = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tests)
{first}
for line in sys.stdin:  # seconds and the name of a store: a child takes the deliveries in, and is killed after that time
    wait, store = line.strip().split(" ", 1)
    child = os.fork()
    if not child:
        tests.door(tests.Store(Path(store)), batch=2048).receive(Path({into!r}))
        os._exit(0)
    if float(wait) >= 0:
        time.sleep(float(wait))
        os.kill(child, signal.SIGKILL)  # it may have ended, but is not waited for yet: the number is still its own
    print(os.waitpid(child, 0)[1], flush=True)
"""


def runs(into, first=""):
    """A process whose children come through the door, one for each line it is given, and can be killed."""
    text = RUN.format(file=__file__, into=str(into), first=first)
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen([sys.executable, "-c", text], text=True, bufsize=1, **pipes)


def test_killed_at_random_instants_nothing_is_half_in_the_store(places, tmp_path, duck):
    into, store = places
    for file in range(8):
        lines = [GOOD.replace("A-1", f"A-{file}-{n}") for n in range(2500)]
        (into / f"medical_{file}.csv").write_text(HEAD + "".join(lines), encoding="utf-8")
    own, killed, counts = np.random.default_rng(11), 0, set()
    with runs(into) as run:

        def once(folder, wait):
            print(f"{wait:.4f} {folder}", file=run.stdin, flush=True)
            return int(run.stdout.readline())

        began = time.monotonic()
        assert once(tmp_path / "whole", -1) == 0
        long = time.monotonic() - began
        for trial in range(100):  # until enough were killed before their end, however busy the machine is
            store = Store(tmp_path / f"store-{trial}")
            killed += once(store.folder, own.uniform(0, long)) == signal.SIGKILL
            there = store.deliveries(MEDICAL)
            assert len(rows_of(store, duck)) == 2500 * len(there) == there["kept"].sum()
            counts.add(len(there))
            if killed >= 8 and len(counts) >= 2:
                break
        run.stdin.close()
    told = door(store).receive(into)
    assert set(told.frame["status"]) <= {"stored", "known"} and len(rows_of(store, duck)) == 20_000
    assert killed >= 8 and len(counts) >= 2
    left = {path.name for path in store.folder.rglob("*") if path.is_file()} - {"store.json", ".lock"}
    assert left == {f"{one}.{end}" for one in told.frame["delivery"] for end in ("parquet", "json")}


def test_on_a_full_disk_the_store_stays_as_it_was(places, duck):
    into, store = places
    (into / "medical_0.csv").write_text(HEAD + GOOD, encoding="utf-8")
    door(store).receive(into)
    lines = [GOOD.replace("A-1", f"A-{n}").replace("H1", f"H{n}") for n in range(20_000)]
    (into / "medical_1.csv").write_text(HEAD + "".join(lines), encoding="utf-8")
    small = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    with runs(into, small + "resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))") as run:
        said = run.communicate(f"-1 {store.folder}\n", timeout=60)[1]
    assert "OutputError" in said, said
    assert len(store.deliveries(MEDICAL)) == len(rows_of(store, duck)) == 1 and not list(store.folder.rglob(".arriving*"))
    assert door(store).receive(into).frame["status"].tolist() == ["known", "stored"]


def test_a_file_that_changes_while_it_is_read_is_refused(places, duck):
    into, store = places
    file = into / "medical.csv"
    file.write_text(HEAD + GOOD, encoding="utf-8")
    source = replace(MEDICAL)
    own = door(store, source)

    class Changing(type(own)):
        def _take(self, writing, told, batches, print_of):
            def changed():
                yield from batches
                file.write_text(HEAD + GOOD * 2, encoding="utf-8")

            return super()._take(writing, told, changed(), print_of)

    told = Changing(sources=(source,), key=KEY, store=store).receive(into)
    assert told.frame["rule"].tolist() == ["changed"] and store.deliveries(source).empty


def after_the_second_file(patched, change):
    """Something happens to the folder once the second file is read."""
    own = Door._file

    def file(self, writing, table, path, name):
        told = own(self, writing, table, path, name)
        if path.name == "medical_2.csv":
            change(path.parent)
        return told

    patched.setattr(Door, "_file", file)


CHANGES = {
    "corrected": lambda folder: (folder / "medical_1.csv").write_text(HEAD + GOOD.replace("A-1", "A-7"), encoding="utf-8"),
    "taken away": lambda folder: (folder / "medical_1.csv").unlink(),
}


def test_the_folder_of_a_refused_delivery_is_told_once(places):
    into, store = places
    (into / "medical").mkdir()
    (into / "medical" / "medical_a.csv").write_text(HEAD + GOOD.replace("2024-05-03", "?"), encoding="utf-8")
    (into / "medical" / "medical_b.csv").write_text("", encoding="utf-8")
    told = door(store, replace(MEDICAL, file="medical/*")).receive(into).refusals
    assert [str(told[f"medical/medical_{one}.csv"]).split(": ")[0] for one in "ab"] == [
        "medical/medical_a.csv",
        "medical/medical_b.csv",
    ]


@pytest.mark.parametrize("how", CHANGES)
def test_of_a_file_that_changes_before_all_are_read_nothing_is_kept(places, duck, monkeypatch, how):
    into, store = places
    (into / "medical_1.csv").write_text(HEAD + GOOD, encoding="utf-8")
    (into / "medical_2.csv").write_text(HEAD + GOOD.replace("A-1", "A-2"), encoding="utf-8")
    with monkeypatch.context() as patched:
        after_the_second_file(patched, CHANGES[how])
        told = door(store).receive(into)
    assert told.frame[["file", "delivery", "status", "rule", "kept"]].iloc[0].tolist() == [
        "medical_1.csv", "", "refused", "changed", 0,
    ]  # fmt: skip
    assert told.frame["status"].iloc[1] == "stored"
    said = str(told.refusals["medical_1.csv"])
    assert said == "medical_1.csv: the file changed while it was read. To do: deliver it again."
    left = {path.name for path in (store.folder / MEDICAL.place).iterdir()}
    assert left == {f"{told.frame['delivery'].iloc[1]}.{ending}" for ending in ("parquet", "json")}
    assert rows_of(store, duck)["number"].tolist() == [number("A-2", "record")]
    again = door(store).receive(into)
    assert again.frame["status"].tolist() == (["stored", "known"] if how == "corrected" else ["known"])


def test_what_another_file_brought_as_well_stays(places, duck, monkeypatch):
    into, store = places
    for name in ("medical_1.csv", "medical_2.csv"):
        (into / name).write_text(HEAD + GOOD, encoding="utf-8")
    after_the_second_file(monkeypatch, CHANGES["corrected"])
    told = door(store).receive(into)
    assert told.frame["status"].tolist() == ["refused", "known"]
    assert told.frame["delivery"].iloc[1] == store.deliveries(MEDICAL)["delivery"].item()
    assert len(rows_of(store, duck)) == 1


def test_days_are_a_calendar_away():
    assert [read_day(str(date(2024, 2, 28) + timedelta(days=n))) for n in (1, 2)] == [date(2024, 2, 29), date(2024, 3, 1)]
