"""DuckDB stays in its folders, says nothing of cells, and leaves nothing behind."""

import os
import signal
import stat
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from evalkit.errors import DataError, MachineError, OutputError, SpecError
from evalkit.monitor.engine.base import Engine
from evalkit.monitor.engine.duck import DuckDB

ID, PHONE = "110101199001011237", "13800138000"


@pytest.fixture
def folder(tmp_path) -> Path:
    made = tmp_path / "store"
    made.mkdir(mode=0o700)
    return made


@pytest.fixture
def opened(folder):
    with DuckDB(memory="500MB", threads=2).open([folder]) as engine:
        yield engine


def numbers(engine, count=10):
    return engine.hold(pd.DataFrame({"a": range(count)}), {"a": "integer"})


def test_it_is_an_engine(opened):
    assert isinstance(opened, Engine)
    assert opened.name == "duckdb"


SECRET = pd.DataFrame({"phone": [PHONE]})  # a variable of the program


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM read_blob('/etc/hostname')",
        "SELECT * FROM read_csv('/etc/passwd', sep=':', header=false)",
        "SELECT * FROM '/etc/hostname'",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM read_text('{folder}/../outside.csv')",
        "SELECT * FROM read_csv('{folder}/link.csv')",
        "SELECT * FROM read_csv('{folder}/away/outside.csv')",
        "COPY (SELECT 1) TO '{folder}/../out.csv'",
        "COPY (SELECT 1) TO '/tmp/evalkit-out.csv'",
        "COPY (SELECT 1) TO '{folder}/away/out.csv'",
        "EXPORT DATABASE '/tmp/evalkit-out'",
        "ATTACH '/tmp/evalkit-other.duckdb'",
        "ATTACH '{folder}/../other.duckdb'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "INSTALL 'https://example.org/x.duckdb_extension'",
        "SELECT * FROM read_csv('https://example.org/x.csv')",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "SET allowed_directories = ['/']",
        "SET memory_limit = '900GB'",
        "SET temp_directory = '/tmp'",
        "SET python_enable_replacements = true",
        "RESET enable_external_access",
        "SELECT * FROM SECRET",
        "CREATE PERSISTENT SECRET s (TYPE http, bearer_token 'x')",
        "SELECT getenv('PATH')",
    ],
)
def test_it_cannot_be_talked_out_of_its_folders(opened, folder, query):
    (folder.parent / "outside.csv").write_text("secret\n1\n", encoding="utf-8")
    (folder / "link.csv").symlink_to(folder.parent / "outside.csv")
    (folder / "away").symlink_to(folder.parent)
    before = set(folder.parent.iterdir())
    with pytest.raises(duckdb.Error):
        opened.connection.execute(query.format(folder=folder)).fetchall()
    assert set(folder.parent.iterdir()) == before
    assert not list(Path("/tmp").glob("evalkit-o*"))


@pytest.mark.parametrize("path", ["../outside.parquet", "link.parquet", "away/outside.parquet"])
def test_neither_scan_nor_write_leaves_its_folders(opened, folder, path):
    numbers_file = folder.parent / "outside.parquet"
    with DuckDB().open([folder.parent]) as other:
        other.write(numbers(other), numbers_file)
    (folder / "link.parquet").symlink_to(numbers_file)
    (folder / "away").symlink_to(folder.parent)
    data = numbers_file.read_bytes()
    with pytest.raises(SpecError, match="outside the folders"):
        opened.scan([folder / path], {"a": "integer"})
    with pytest.raises(SpecError, match="outside the folders"):
        opened.write(numbers(opened), folder / path)
    assert numbers_file.read_bytes() == data


def test_a_file_that_has_become_a_link_to_elsewhere_is_not_read(opened, folder):
    file, outside = folder / "a.parquet", folder.parent / "outside.parquet"
    opened.write(numbers(opened), file)
    rows = opened.scan([file], {"a": "integer"})
    file.rename(outside)
    file.symlink_to(outside)
    with pytest.raises(SpecError) as refused:
        opened.collect(rows)
    told = refused.value
    assert (told.what, told.where) == ("that lies outside the folders of the engine", "what is collected")
    assert told.do == "open the engine on its folder"


def test_it_still_does_its_work_when_locked(opened, folder):
    opened.write(numbers(opened), folder / "a.parquet")
    rows = opened.scan([folder / "a.parquet", folder / "a.parquet"], {"a": "integer"})
    assert opened.collect(rows.select(nw.col("a").sum().cast(nw.Int64)))["a"].tolist() == [90]


def test_what_it_writes_is_for_its_owner_only_whatever_the_umask(folder):
    old = os.umask(0o000)
    try:
        with DuckDB().open([folder]) as engine:
            assert stat.S_IMODE(engine.spill.folder.stat().st_mode) == 0o700
            file = folder / "a.parquet"
            engine.write(numbers(engine), file)
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
    finally:
        os.umask(old)
    assert [path.name for path in folder.iterdir()] == ["a.parquet"]


def test_a_file_is_replaced_whole_or_stays_as_it_was(opened, folder):
    file = folder / "a.parquet"
    opened.write(numbers(opened), file)
    data = file.read_bytes()
    too_large = numbers(opened).select(a=(nw.col("a") + 1) * (2**62))
    with pytest.raises(DataError, match="beyond 64 bits"):
        opened.write(too_large, file)
    assert file.read_bytes() == data
    with pytest.raises(OutputError, match="cannot be written"):
        opened.write(numbers(opened), folder / "none" / "a.parquet")
    assert sorted(path.name for path in folder.iterdir() if not path.name.startswith(".spill-")) == ["a.parquet"]


def random_words(engine, times):
    """Words that do not compress, about 8 MB each time."""
    dice = np.random.default_rng(3).integers(0, 2**63 - 1, 200_000)
    frame = engine.hold(pd.DataFrame({"a": dice}), {"a": "integer"})
    word = nw.concat_str([nw.col("a").cast(nw.String), (nw.col("a") // 7).cast(nw.String)])
    return nw.concat([frame.select("a", w=word) for _ in range(times)])


def test_it_says_where_room_is_missing_and_what_to_do(folder):
    with DuckDB(memory="40MB", most_spill="10MB", threads=1).open([folder]) as engine:
        with pytest.raises(OutputError, match="not enough room") as raised:
            engine.keep(random_words(engine, 20))
        assert len(engine.collect(numbers(engine))) == 10
    assert raised.value.exit_code == 4
    assert "memory, a larger spill folder, or fewer threads" in str(raised.value)
    assert list(folder.iterdir()) == []


def test_it_spills_what_does_not_fit(folder):
    with DuckDB(memory="40MB", threads=1).open([folder]) as engine:
        kept = engine.keep(random_words(engine, 20))
        assert any(engine.spill.folder.glob("duckdb_temp*"))
        assert engine.collect(kept.select(n=nw.len()))["n"].tolist() == [4_000_000]
    assert list(folder.iterdir()) == []


def damaged(folder: Path, how: str) -> Path:
    file = folder / f"{how}.parquet"
    with DuckDB().open([folder]) as engine:
        frame = numbers(engine, 30_000)
        engine.write(frame.select("a", w=nw.concat_str([nw.lit(ID), nw.col("a").cast(nw.String)])), file)
    data = bytearray(file.read_bytes())
    if how == "cut":
        del data[len(data) // 2 :]
    elif how == "empty":
        data.clear()
    elif how == "text":
        data[:] = b"name,phone\nx," + PHONE.encode()
    elif how == "footer":
        data[-300:-12] = os.urandom(288)
    else:
        data[4:200] = bytes(196)  # the header of the first page
    file.write_bytes(data)
    return file


@pytest.mark.parametrize("how", ["cut", "empty", "text", "footer", "page"])
def test_a_damaged_file_is_named(opened, folder, how):
    good, bad = folder / "good.parquet", damaged(folder, how)
    opened.write(numbers(opened).with_columns(w=nw.lit("x")), good)
    with pytest.raises(DataError, match=rf"^{how}\.parquet: the file is no Parquet that can be read") as raised:
        opened.collect(opened.scan([good, bad], {"a": "integer", "w": "word"}))
    assert ID not in str(raised.value)
    assert PHONE not in str(raised.value)


FAILED = f"INTERNAL Error: Attempted to access index 7 of '张三' {PHONE} in 欧阳试\nLINE 1: SELECT '{ID}'"


def test_a_failure_of_the_engine_is_not_told_as_a_damaged_file_and_quotes_no_cell(opened, folder, monkeypatch):
    opened.write(numbers(opened), folder / "good.parquet")
    rows = opened.scan([folder / "good.parquet"], {"a": "integer"})

    def fails(*_: object) -> None:
        raise duckdb.InternalException(FAILED)

    monkeypatch.setattr(type(opened), "_run", fails)
    with pytest.raises(MachineError) as raised:
        opened.collect(rows)
    told = raised.value
    assert (told.where, told.exit_code) == ("what is collected", 4)
    assert told.what == "the engine failed for a reason that is not known here"
    assert told.found == "InternalException: INTERNAL Error: Attempted to access index 7 of *** *** in ***"
    assert "run again" in told.do


def test_an_engine_that_has_failed_for_good_blames_no_file(opened, folder):
    opened.write(numbers(opened), folder / "good.parquet")
    opened.scan([folder / "good.parquet"], {"a": "integer"})
    opened.connection.close()  # from now on it refuses everything, as after a fatal error
    with pytest.raises(MachineError, match="the engine failed for a reason") as raised, opened._spoken("what is kept"):
        raise duckdb.FatalException("FATAL Error: the database has been invalidated because of a previous fatal error")
    assert "damaged" not in str(raised.value)


def test_a_frame_of_another_engine_is_not_understood(opened, folder):
    with DuckDB().open([folder]) as other, pytest.raises(SpecError) as refused:
        opened.collect(numbers(other))
    told = refused.value
    assert (told.what, told.where) == ("the engine does not understand the question", "what is collected")
    assert (told.found, told.do) == ("CatalogException", "check its columns and their kinds")


def test_a_file_that_may_not_be_opened_is_not_damaged(opened):
    with pytest.raises(MachineError) as raised, opened._spoken("what is kept"):
        raise duckdb.IOException('IO Error: Cannot open file "/store/records/张三/medical.parquet": Permission denied')
    told = raised.value
    assert (told.where, told.found, told.exit_code) == ("medical.parquet", "Permission denied", 4)
    assert "rights" in told.do


def test_a_column_that_is_absent_or_another_kind_is_named_with_its_file(opened, folder):
    first, second = folder / "first.parquet", folder / "second.parquet"
    opened.write(numbers(opened).select(amount=nw.col("a"), day=nw.lit("x")), first)
    opened.write(numbers(opened).select(amuont=nw.col("a"), day=nw.lit("x")), second)
    with pytest.raises(DataError, match=r"second\.parquet: the file has no column 'amount'. To do: did you mean 'amuont'"):
        opened.scan([first, second], {"amount": "integer"})
    with pytest.raises(DataError, match=r"first\.parquet: the column 'day' is stored as another kind than date"):
        opened.scan([first], {"day": "date"})
    with pytest.raises(DataError, match=r"none\.parquet: the file is not there"):
        opened.scan([folder / "none.parquet"], {"day": "date"})


def test_money_stored_with_fractions_is_no_whole_number(opened, folder):
    pd.DataFrame({"amount": [1.0, 2.5]}).to_parquet(folder / "yuan.parquet")
    with pytest.raises(DataError, match="stored as another kind than integer; found DOUBLE"):
        opened.scan([folder / "yuan.parquet"], {"amount": "integer"})


def test_files_of_other_widths_are_read_together(opened, folder):
    pd.DataFrame({"a": np.array([1, 2], dtype=np.int8)}).to_parquet(folder / "narrow.parquet")
    pd.DataFrame({"a": [2**40], "more": ["x"]}).to_parquet(folder / "wide.parquet")
    rows = opened.scan([folder / "narrow.parquet", folder / "wide.parquet"], {"a": "integer"})
    assert sorted(opened.collect(rows)["a"]) == [1, 2, 2**40]


@pytest.mark.parametrize("memory", ["4 bananas", "", "-4GB", "0GB", "50%", "4GB; DROP", 4, None, "4"])
def test_a_size_that_is_none_is_refused(memory):
    with pytest.raises(SpecError, match="memory must be a size"):
        DuckDB(memory=memory)


def test_questions_that_make_no_sense_are_refused(folder, tmp_path):
    with pytest.raises(SpecError):
        DuckDB(threads=0)
    with pytest.raises(SpecError):
        DuckDB(progress=3)
    with pytest.raises(OutputError, match="no folder"):
        DuckDB().open([tmp_path / "none"])
    with pytest.raises(SpecError, match="needs a folder"):
        DuckDB().open([])


def test_a_spill_folder_of_the_users_keeps_what_is_in_it(folder, tmp_path):
    spill = tmp_path / "fast" / "disk"
    with DuckDB(spill=spill).open([folder]) as engine:
        (spill / "mine.txt").write_text("mine", encoding="utf-8")
        assert engine.spill.folder.parent == spill
        assert list(folder.iterdir()) == []
    assert [path.name for path in spill.iterdir()] == ["mine.txt"]


def test_a_spill_folder_that_was_never_finished_goes_after_an_hour(folder):
    old, new = folder / ".new.spill-old", folder / ".new.spill-new"
    for made in (old, new):
        made.mkdir()
    os.utime(old, (time.time() - 4000,) * 2)
    with DuckDB().open([folder]):
        assert not old.exists() and new.exists()


def test_what_may_only_be_read_is_read(folder, tmp_path, monkeypatch):
    with DuckDB().open([folder]) as engine:
        engine.write(numbers(engine), folder / "a.parquet")
    monkeypatch.setattr("evalkit.monitor.engine.places.os.access", lambda *_: False)  # root may write everywhere
    monkeypatch.setattr("evalkit.monitor.engine.places.tempfile.gettempdir", lambda: str(tmp_path))
    with DuckDB().open([folder]) as engine:
        assert engine.spill.folder.parent == tmp_path
        assert len(engine.collect(engine.scan([folder / "a.parquet"], {"a": "integer"}))) == 10


KILLED = """
import os, signal, sys
from pathlib import Path
import pandas as pd
from evalkit.monitor.engine.duck import DuckDB
folder = Path(sys.argv[1])
engine = DuckDB().open([folder])
(engine.spill.folder / "duckdb_temp_storage").write_text("rows of homes")
(folder / f".a.parquet.part-{os.getpid()}-x").write_text("rows of homes")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_run_left_is_removed_and_what_another_uses_is_not(folder):
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder)], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert len(list(folder.glob(".*"))) == 2
    with DuckDB().open([folder]) as engine, DuckDB().open([folder]) as other:
        engine.write(numbers(engine), folder / "a.parquet")
        left = {path.name for path in folder.iterdir()}
        assert left == {"a.parquet", engine.spill.folder.name, other.spill.folder.name}


def test_it_tells_how_far_it_is(folder):
    told = []
    slow = textwrap.dedent("SELECT count(*) AS n FROM range(2000) a, range(40000) b WHERE hash(a.range + b.range) % 7 = 1")
    with DuckDB(threads=1, progress=told.append).open([folder]) as engine:
        engine.collect(nw.from_native(engine.connection.sql(slow)))
        assert engine.connection.query_progress() is not None
    assert all(0 <= percentage <= 100 for percentage in told)
    assert told == sorted(told)
    assert len(told) > 0
    assert not [thread for thread in threading.enumerate() if thread.daemon and "look" in thread.name]


def test_a_break_of_the_user_stays_one(folder):
    with DuckDB(threads=1).open([folder]) as engine:
        endless = nw.from_native(engine.connection.sql("SELECT count(*) AS n FROM range(10000000) a, range(10000000) b"))
        threading.Thread(target=lambda: (time.sleep(0.5), os.kill(os.getpid(), signal.SIGINT)), daemon=True).start()
        with pytest.raises(KeyboardInterrupt):
            engine.collect(endless)
        assert len(engine.collect(numbers(engine))) == 10


def test_a_database_keeps_what_was_kept_until_it_is_opened_again(folder):
    file = folder / "kept.duckdb"
    for _ in range(2):
        with DuckDB(database=file).open([folder]) as engine:
            kept = engine.keep(numbers(engine))
            assert len(engine.collect(kept)) == 10
            with pytest.raises(OutputError, match="in use"):
                DuckDB(database=file, threads=1).open([folder])
        with duckdb.connect(str(file), read_only=True) as look:
            assert look.execute("SELECT count(*) FROM kept_1").fetchall() == [(10,)]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == ["kept.duckdb"]


def test_a_database_stands_in_a_folder_of_its_owner_only(folder):
    folder.chmod(0o755)
    with pytest.raises(OutputError, match="only its owner opens"):
        DuckDB(database=folder / "kept.duckdb").open([folder])
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_change_no_figure(folder, threads):
    dice = np.random.default_rng(1)
    values = dice.integers(-(10**12), 10**12, 200_000)
    with DuckDB(threads=threads).open([folder]) as engine:
        frame = engine.hold(pd.DataFrame({"k": values % 1000, "a": values}), {"k": "integer", "a": "integer"})
        got = engine.collect(frame.group_by("k").agg(nw.col("a").sum().cast(nw.Int64))).sort_values("k", ignore_index=True)
    expected = pd.Series(values).groupby(values % 1000).sum()
    assert got["a"].tolist() == expected.tolist()
