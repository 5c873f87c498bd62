"""A department's table in a real PostgreSQL: exact, in batches, and no word of a password or a cell where it fails."""

import datetime as dt

import pandas as pd
import pytest

from evalkit.errors import DataError, SpecError
from evalkit.monitor.engine.postgres import PostgresTable

ID = "110101199001011237"
MADE = f"""
CREATE SCHEMA "民政";
CREATE TYPE "民政".grade AS ENUM ('C', 'D');
CREATE TABLE "民政"."补贴 ""a" (id bigint, idcard char(20), amount numeric(14,2), share double precision, paid date,
    filed timestamp, ok boolean, county text, grade "民政".grade, small smallint);
INSERT INTO "民政"."补贴 ""a" VALUES
    (9007199254740993, '{ID}', 123456789012.30, 0.1, '2024-02-29', '2024-12-31 23:59:59.9', true, '甲县', 'D', -5),
    (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (-1, '', -0.50, 1e300, '1900-01-01', NULL, false, '', 'C', 0);
CREATE TABLE "民政".many AS SELECT i, 'w' || i AS word FROM generate_series(1, 25000) i;
CREATE TABLE "民政".late AS SELECT CASE WHEN i = 20000 THEN 'x{ID}' ELSE i::text END AS t FROM generate_series(1, 20000) i;
CREATE VIEW "民政".broken AS SELECT t::integer AS t FROM "民政".late;
CREATE ROLE clerk LOGIN PASSWORD 'clerk-word';
GRANT USAGE ON SCHEMA "民政" TO clerk;
"""
COLUMNS = ("id", "idcard", "amount", "share", "paid", "filed", "ok", "county", "grade", "small")


@pytest.fixture(scope="module")
def database(postgres):
    driver = pytest.importorskip("adbc_driver_postgresql.dbapi")
    with driver.connect(postgres) as connection, connection.cursor() as cursor:
        for line in MADE.split(";\n"):
            if line.strip():
                cursor.execute(line)
        connection.commit()
    return postgres


@pytest.fixture
def table(database, monkeypatch):
    monkeypatch.setenv("WELFARE_DB", database)

    def asked(name='民政.补贴 "a', columns=COLUMNS, **given):
        return PostgresTable(address_in="WELFARE_DB", table=name, columns=columns, **given)

    return asked


def test_every_value_comes_exactly(table):
    (frame,) = table().batches()
    dtypes = ["Int64", "str", "str", "str", "datetime64[us]", "datetime64[us]", "boolean", "str", "str", "Int64"]
    assert [str(dtype) for dtype in frame.dtypes] == dtypes
    rows = [[None if pd.isna(v) else v for v in frame[name].tolist()] for name in frame]
    first, gaps, last = zip(*rows, strict=True)
    day, filed = pd.Timestamp(2024, 2, 29), pd.Timestamp(2024, 12, 31)
    assert first == (2**53 + 1, ID, "123456789012.30", "0.1", day, filed, True, "甲县", "D", -5)
    assert set(gaps) == {None}
    assert last == (-1, "", "-0.50", "1e+300", pd.Timestamp(1900, 1, 1), None, False, "", "C", 0)


def test_batches_are_no_larger_than_asked_and_hold_every_row_once(table):
    frames = list(table("民政.many", ("i", "word"), rows=4_000).batches())
    assert max(map(len, frames)) <= 4_000
    whole = pd.concat(frames)
    assert sorted(whole["i"]) == list(range(1, 25_001))
    assert (whole["word"] == "w" + whole["i"].astype(str)).all()


def test_reading_may_stop_early(table):
    batches = table("民政.many", ("i",), rows=10).batches()
    assert len(next(batches)) == 10
    batches.close()
    assert len(next(table("民政.many", ("i",), rows=10).batches())) == 10


def test_a_database_in_gbk_gives_the_same_words(database, monkeypatch):
    driver = pytest.importorskip("adbc_driver_postgresql.dbapi")
    with driver.connect(database, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE old ENCODING 'EUC_CN' LOCALE 'C' TEMPLATE template0")
    old = database.replace("/postgres?", "/old?")
    with driver.connect(old) as connection, connection.cursor() as cursor:
        cursor.execute("SET client_encoding TO 'UTF8'")
        cursor.execute('CREATE TABLE public."县" AS SELECT \'甲县\'::text AS "名"')
        connection.commit()
    monkeypatch.setenv("OLD_DB", old)
    (frame,) = PostgresTable(address_in="OLD_DB", table="public.县", columns=("名",)).batches()
    assert frame["名"].tolist() == ["甲县"]


@pytest.mark.parametrize(
    ("name", "columns", "said"),
    [
        ("民政.nix", ("i",), "the table is not there"),
        ("nix.many", ("i",), "the table is not there"),
        ("民政.many", ("wrod",), "did you mean 'word'"),
        ('民政.many"; DROP TABLE x; --', ("i",), "the table is not there"),
        ("民政.many", ('i" FROM x; --',), "the table has no column"),
    ],
)
def test_what_is_not_there_is_named(table, name, columns, said):
    with pytest.raises(DataError, match=said):
        list(table(name, columns).batches())


def test_a_server_that_stops_midway_says_no_cell(table):
    with pytest.raises(DataError, match="cannot be read; found") as raised:
        list(table("民政.broken", ("t",)).batches())
    assert ID not in f"{raised.value!r}{raised.value}{raised.value.__cause__}"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("officer:", "officer:x"), "name or password refused"),
        (("/postgres?", "/nix?"), "no such database"),
        (("postgresql://", "nonsense "), "cannot be reached"),
        (("port=5432", "port=5433"), "cannot be reached"),
    ],
)
def test_a_refused_address_is_never_shown(table, database, monkeypatch, change, said):
    word = database.split(":")[2].split("@")[0]
    monkeypatch.setenv("WELFARE_DB", database.replace(*change))
    with pytest.raises(DataError, match=said) as raised:
        list(table().batches())
    shown = f"{raised.value} {raised.value!r} {table()!r}"
    assert word not in shown
    assert "officer" not in shown


def test_who_may_not_read_is_told_so(table, database, monkeypatch):
    start = database.index("officer:")
    monkeypatch.setenv("WELFARE_DB", database[:start] + "clerk:clerk-word" + database[database.index("@") :])
    with pytest.raises(DataError, match="no permission"):
        list(table("民政.many", ("i",)).batches())


def test_an_address_is_not_taken_where_its_variable_belongs(monkeypatch):
    with pytest.raises(SpecError, match="environment variable") as raised:
        PostgresTable(address_in="postgresql://a:geheim@b/c", table="a.b", columns=("x",))
    assert "geheim" not in str(raised.value)
    monkeypatch.delenv("NOT_SET", raising=False)
    with pytest.raises(SpecError, match="NOT_SET is not set"):
        next(PostgresTable(address_in="NOT_SET", table="a.b", columns=("x",)).batches())


@pytest.mark.parametrize(
    "given", [{"table": "payments"}, {"table": "a.b.c"}, {"table": ".b"}, {"columns": ()}, {"columns": "ab"}, {"rows": 0}]
)
def test_a_question_that_makes_no_sense_is_refused(given):
    with pytest.raises(SpecError):
        PostgresTable(**{"address_in": "X", "table": "a.b", "columns": ("x",), **given})


def test_dates_of_the_batch_are_those_an_engine_holds(table, duck):
    (frame,) = table(columns=("id", "paid", "ok", "county")).batches()
    held = duck.hold(frame, {"id": "integer", "paid": "date", "ok": "flag", "county": "word"})
    got = duck.collect(held).sort_values("id", ignore_index=True)
    assert got["paid"].tolist()[:2] == [pd.Timestamp(1900, 1, 1), pd.Timestamp(dt.date(2024, 2, 29))]
    assert got["id"].tolist()[:2] == [-1, 2**53 + 1]
