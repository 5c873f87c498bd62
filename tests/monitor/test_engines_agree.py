"""One look, row by row the same: on DuckDB and on Spark, and of files and of tables in PostgreSQL."""

import os
import re
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from evalkit import datasets
from evalkit.monitor.door.door import Door
from evalkit.monitor.door.files import readers
from evalkit.monitor.door.store import Store
from evalkit.monitor.engine.duck import DuckDB
from evalkit.monitor.engine.spark import Spark
from evalkit.monitor.ledger.ledger import Ledger
from evalkit.monitor.monitor import EVIDENCE, POINTERS, Look, Monitor
from evalkit.monitor.rules.form import read_rules
from evalkit.monitor.sources.sources import Declared, read_declared
from evalkit.monitor.triage.capacity import VillageCapacity
from evalkit.monitor.triage.triage import Triage, flags
from evalkit.simulate import DepartmentRecords, HouseholdSimulation
from evalkit.simulate.defects import DefectModel
from evalkit.simulate.deliveries import MonthlyDeliveries

HOMES = HouseholdSimulation(households=140, villages=4, counties=2, periods=(2021, 2022, 2023), seed=11)
DEFECTS = DefectModel(duplicate=0.05, wrong_id=0.05, late=0.05, missing=0.03)
EARLY, DAY = date(2022, 11, 30), date(2023, 8, 31)
KEY = b"a key of tests, 24 bytes"
SHIPPED = datasets.folder() / "monitor"
FRAMES = ("signals", "evidence", "linked", "unjudged", "counties")
TYPES = {"amount": "numeric(14,2)", "event_date": "date", "known_date": "date", "from_date": "date", "to_date": "date"}
TYPES |= {"record": "bigint", "at_work": "smallint", "month": "smallint", "born": "integer", "land": "double precision"}
TYPES |= dict.fromkeys(("safe", "insured", "enrolled", "formerly_poor", "labor", "female", "disabled"), "boolean")


@dataclass(frozen=True)
class Place:
    """Deliveries, a monitor on DuckDB of what came of them, and its look."""

    root: Path
    monitor: Monitor
    look: Look

    def evidence(self) -> pd.DataFrame:
        """That of all homes, as it lies in the store."""
        folder = self.monitor.store.folder
        with DuckDB(memory="500MB").open([folder]) as engine:
            found = engine.collect(engine.scan(sorted((folder / EVIDENCE / f"{DAY}").glob("*.parquet")), POINTERS))
        return found.sort_values(list(POINTERS), ignore_index=True)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    root = tmp_path_factory.mktemp("agree")
    sent = MonthlyDeliveries(records=DepartmentRecords(years=HOMES.periods, defects=DEFECTS), until=DAY).write(
        HOMES, root / "sent"
    )
    for path in sent:  # a file a table, as a first delivery
        table = path.stem.rsplit("-", 2)[0]
        target = root / "in" / path.relative_to(root / "sent").with_name(f"{table}.csv")
        target.parent.mkdir(parents=True, exist_ok=True)
        lines = path.read_bytes()
        with target.open("ab") as file:
            file.write(lines if file.tell() == 0 else lines.split(b"\n", 1)[1])
    rules = re.sub(r"(?m)^line = \d+", "line = 6300", (SHIPPED / "rules.toml").read_text(encoding="utf-8"))
    (root / "rules.toml").write_text(rules, encoding="utf-8")
    declared = read_declared(SHIPPED / "sources.toml")
    monitor = received(root, declared, root / "store", Ledger(root / "ledger"))
    told(monitor)
    return Place(root, monitor, monitor.look(DAY))


def received(root: Path, declared: Declared, folder: Path, ledger: Ledger) -> Monitor:
    """A monitor of what comes from the files or tables that are declared."""
    store = Store(folder)
    door = Door(sources=declared.sources, register=declared.register, key=KEY, store=store)
    came = door.receive(root / "in", readers(declared))
    assert not came.refusals
    assert set(came.frame["status"]) == {"stored"}
    assert not came.frame["set_aside"].any()
    return Monitor(
        sources=declared.sources,
        register=declared.register,
        rules=read_rules(root / "rules.toml", declared.sources),
        store=store,
        ledger=ledger,
        engine=DuckDB(memory="1GB", threads=2),
        triage=Triage(capacity=VillageCapacity(default=8), by_risk=2),
    )


def told(monitor: Monitor) -> None:
    """A ledger with cases in all stages."""
    early = monitor.look(EARLY)
    monitor.ledger.append(flags(early.triaged), known=EARLY)
    cases = monitor.ledger.state().frame[["home", "case"]].iloc[::2]
    for stage, day, more in (
        ("visited", date(2022, 12, 10), {}),
        ("included", date(2022, 12, 20), {}),
        ("helped", date(2023, 1, 10), {"measure": "employment"}),
    ):
        monitor.ledger.append(cases.assign(stage=stage, date=pd.Timestamp(day), source="township", **more), known=day)


def same(one: Look, other: Look, *, leave: tuple[str, ...] = ()) -> None:
    """All that a look says, in values, order and dtypes; `leave` are columns that may differ."""
    for name in FRAMES:
        compare(getattr(one, name), getattr(other, name), leave)
    compare(one.triaged.frame, other.triaged.frame)
    compare(one.triaged.villages, other.triaged.villages)
    for name in ("frame", "filled", "coverage"):
        compare(getattr(one.quality, name), getattr(other.quality, name))
    compare(one.closable.frame, other.closable.frame)
    for name in ("notes", "linked_notes"):
        assert getattr(one, name) == getattr(other, name)
    assert one.quality.notes == other.quality.notes
    assert one.closable.notes == other.closable.notes


def compare(one: pd.DataFrame, other: pd.DataFrame, leave: tuple[str, ...] = ()) -> None:
    kept = [name for name in one.columns if name not in leave]
    one, other = one[kept], other[kept]
    if leave:
        one, other = (frame.sort_values(kept, ignore_index=True) for frame in (one, other))
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_there_is_much_to_agree_on(files):
    look = files.look
    assert look.signals["rule"].nunique() >= 11
    assert {"delivery_missing", "no_record"} & set(look.unjudged["reason"])
    assert {"new", "waiting", "handled"} <= set(look.triaged.frame["status"])
    assert {"none", "unstable", "sudden"} <= set(look.triaged.frame["kind"])
    assert len(look.closable.frame) > 10
    assert (look.linked[["duplicates", "unmatched", "by_person", "moved"]].sum() > 0).all()
    assert not look.quality.coverage["delivered"].all()
    assert len(files.evidence()) > len(look.evidence) > 0


def test_a_look_on_spark_is_that_on_duckdb(files, spark):
    expected = files.evidence()
    server = os.environ.get("EVALKIT_SPARK_REMOTE")
    engine = Spark(remote=server) if server else Spark(master="local[2]", memory="1GB", shuffle_partitions=2)
    found = replace(files.monitor, engine=engine).look(DAY)
    same(files.look, found)
    pd.testing.assert_frame_equal(files.evidence(), expected)  # Spark has written it


@pytest.fixture(scope="module")
def tables(files, postgres):
    """The same rows as departments keep them in a database: dates, exact figures, flags."""
    driver = pytest.importorskip("adbc_driver_postgresql.dbapi")
    with driver.connect(postgres) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA bureau")
        for path in sorted((files.root / "in").rglob("*.csv")):
            frame = pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=False)
            typed = ", ".join(f"{name} {TYPES.get(name, 'text')}" for name in frame)
            cursor.execute(f"CREATE TABLE bureau.{path.stem} ({typed})")
            for start in range(0, len(frame), 1000):
                rows = frame.iloc[start : start + 1000].to_numpy().tolist()
                values = ", ".join(f"({', '.join(repr(cell) if cell else 'NULL' for cell in row)})" for row in rows)
                cursor.execute(f"INSERT INTO bureau.{path.stem} VALUES {values}")
        connection.commit()
    return postgres


def test_a_look_at_tables_of_postgresql_is_that_at_files(files, tables, tmp_path, monkeypatch):
    """The address stands in the environment only; rows have their numbers of the table, and all else is the same."""
    monkeypatch.setenv("BUREAU", tables)
    sources = (SHIPPED / "sources.toml").read_text(encoding="utf-8")
    declared_in = re.sub(r'file = "(?:register/)?(\w+)\*"', r'table = "bureau.\1"', sources)
    assert declared_in.count('table = "bureau.') == 13
    (tmp_path / "sources.toml").write_text(declared_in + '\n[database]\nvariable = "BUREAU"\n', encoding="utf-8")
    declared = read_declared(tmp_path / "sources.toml")
    monitor = received(files.root, declared, tmp_path / "store", files.monitor.ledger)
    place = ("delivery", "row")
    with DuckDB(memory="500MB").open([files.monitor.store.folder, monitor.store.folder]) as engine:
        for table in (*declared.register.tables, *declared.sources):
            one, other = (engine.collect(engine.scan(at.store.files(table), table.kinds)) for at in (files.monitor, monitor))
            assert len(one)
            compare(one, other, place)
    same(files.look, monitor.look(DAY), leave=place)
    address = [path for path in tmp_path.rglob("*") if path.is_file() and tables.encode() in path.read_bytes()]
    assert not address
