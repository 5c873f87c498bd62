"""DuckDB in this process: no server, no network, only the folders that were named."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd

from evalkit.check import able, instance, whole
from evalkit.errors import OutputError
from evalkit.monitor.engine.base import Frame, Kind, Kinds
from evalkit.monitor.engine.columns import check_kinds, collected, in_kinds, kinds_of, settled
from evalkit.monitor.engine.duck_faults import broken, footers, literal, quoted, spoken
from evalkit.monitor.engine.places import Spill, named, readable, room, whole_or_not, within, writable

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SQL: dict[Kind, str] = {"integer": "BIGINT", "date": "DATE", "word": "VARCHAR", "flag": "BOOLEAN"}
OPENED = {  # before it reads anything: no extension, no variable of the program
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
    "preserve_insertion_order": "false",
}
ASKED = ("enable_progress_bar = true", "enable_progress_bar_print = false")  # it can be asked how far it is, and prints nothing
SILENT = ("enable_progress_bar = false",)
LOCKED = ("allow_persistent_secrets = false", "enable_external_access = false", "lock_configuration = true")
LOOK = 0.5  # seconds between two looks at the progress


@dataclass(frozen=True, slots=True, kw_only=True)
class DuckDB:
    """The embedded engine: no connection, no extension; it reads and writes in the folders it is opened on only.

    Parameters
    ----------
    memory
        How much it may hold in memory, such as "4GB"; beyond it spills.
    threads
        How many threads it may use; None: all cores. No figure depends on it.
    spill
        The folder to spill in, with household data; None: the first folder it is opened on that may be written. What it
        makes there is for its owner only, and ends with it; what a killed run left there is removed.
    most_spill
        How much it may spill.
    database
        None: what is kept lies in memory and in the spill. A file: it lies there, to be looked at afterwards, until it is opened
        again. Its folder must be its owner's only.
    progress
        Told of the percentage done, from another thread, while a query takes longer than half a second.

    Examples
    --------
    >>> DuckDB(memory="4 bananas")
    Traceback (most recent call last):
    evalkit.errors.SpecError: DuckDB memory must be a size; found '4 bananas'. To do: write it as "4GB" or "500MB".
    """

    memory: str = "4GB"
    threads: int | None = None
    spill: Path | None = None
    most_spill: str = "100GB"
    database: Path | None = None
    progress: Callable[[float], None] | None = None

    def __post_init__(self) -> None:
        for name, size in (("memory", self.memory), ("most_spill", self.most_spill)):
            room(size, who=f"DuckDB {name}")
        if self.threads is not None:
            whole(self.threads, who="DuckDB threads")
        for name, path in (("spill", self.spill), ("database", self.database)):
            if path is not None:
                instance(path, Path, who=f"DuckDB {name}", do="pass a pathlib.Path")
        if self.progress is not None:
            able(self.progress, "__call__", who="DuckDB progress", do="pass a function of a percentage")

    def open(self, folders: Sequence[Path]) -> OpenDuckDB:
        """The engine, which may read and write in these folders and nowhere else."""
        real = named(folders)
        if self.database is not None:
            _private(self.database)
        spill = Spill.within(self.spill or writable(real))
        try:
            with spoken(where="DuckDB"):
                connection = self._locked(real, spill)
        except BaseException:
            spill.remove()
            raise
        return OpenDuckDB(connection=connection, folders=(*real, spill.folder), spill=spill, spec=self)

    def _locked(self, folders: Sequence[Path], spill: Spill) -> DuckDBPyConnection:
        """A connection that cannot leave its folders, and cannot be talked out of it."""
        import duckdb

        config = {**OPENED, "memory_limit": self.memory, "temp_directory": str(spill.folder)}
        if self.threads is not None:
            config["threads"] = str(self.threads)
        connection = duckdb.connect(str(self.database or ":memory:"), config=config)  # type: ignore[arg-type]
        if self.database is not None:
            self.database.chmod(0o600)
            for (table,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
                if re.fullmatch(r"(held|kept)_\d+", table):
                    connection.execute(f"DROP TABLE {table}")
        allowed = ", ".join(quoted(f"{folder}/") for folder in (*folders, spill.folder))
        connection.execute(f"SET allowed_directories = [{allowed}]")
        # the limit of the spill is not kept when it is given at connecting (DuckDB 1.5.6)
        connection.execute(f"SET max_temp_directory_size = {quoted(self.most_spill)}")
        with suppress(duckdb.InvalidInputException):  # a notebook without ipywidgets cannot be asked
            for line in ASKED if self.progress is not None else SILENT:
                connection.execute(f"SET {line}")
        for line in LOCKED:
            connection.execute(f"SET {line}")
        return connection


@dataclass(slots=True, kw_only=True)
class OpenDuckDB:
    """An open DuckDB; see `Engine`."""

    connection: DuckDBPyConnection
    folders: tuple[Path, ...]
    spill: Spill
    spec: DuckDB
    number: count[int] = field(default_factory=count)
    scanned: dict[Path, None] = field(default_factory=dict)
    name: str = "duckdb"

    def scan(self, files: Sequence[Path], kinds: Kinds) -> Frame:
        """The rows of Parquet files that have these columns; no file gives no rows."""
        check_kinds(kinds)
        if not files:
            return self.hold(pd.DataFrame({column: [] for column in kinds}), kinds)
        real = readable(files, self.folders)
        footers(self.connection, real, kinds)
        self.scanned |= dict.fromkeys(real)
        listed = ", ".join(quoted(literal(file)) for file in real)
        with self._spoken(real[0].name):
            return self._lazy(
                f"SELECT {_chosen(kinds)} FROM read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"
            )

    def hold(self, frame: pd.DataFrame, kinds: Kinds) -> Frame:
        """A small table of this process."""
        table, arriving = f"held_{next(self.number)}", settled(frame, kinds)
        with spoken(where="a table to hold"):
            self.connection.register("arriving", arriving)
            try:
                self._run(f"CREATE {self._lasting} {table} AS SELECT {_chosen(kinds)} FROM arriving")
            finally:
                self.connection.unregister("arriving")
            return self._lazy(f"SELECT * FROM {table}")

    def keep(self, frame: Frame) -> Frame:
        """The same rows in a table of the engine."""
        table, query = f"kept_{next(self.number)}", in_kinds(frame).to_native().sql_query()
        with self._spoken("what is kept"):
            self._run(f"CREATE {self._lasting} {table} AS {query}")
            return self._lazy(f"SELECT * FROM {table}")

    def collect(self, frame: Frame) -> pd.DataFrame:
        """The rows in this process, in the dtypes of `COLLECTED`."""
        kinds = kinds_of(frame)
        with self._spoken("what is collected"):
            columns = self._run(in_kinds(frame).to_native().sql_query()).fetchnumpy()
        return pd.DataFrame({name: _column(columns[name], kind) for name, kind in kinds.items()})

    def write(self, frame: Frame, file: Path) -> None:
        """The rows to one Parquet file, whole or not at all."""
        real, query = within(file, self.folders), in_kinds(frame).to_native().sql_query()
        with whole_or_not(real) as part, self._spoken(real.name):
            self._run(f"COPY ({query}) TO {quoted(str(part))} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)")

    def close(self) -> None:
        """End the engine, and its spill."""
        self.connection.close()
        self.spill.remove()

    def __enter__(self) -> OpenDuckDB:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def _lasting(self) -> str:
        return "TEMP TABLE" if self.spec.database is None else "TABLE"

    def _spoken(self, where: str) -> AbstractContextManager[None]:
        return spoken(where=where, damaged=lambda: broken(self.connection, self.scanned))

    def _lazy(self, query: str) -> Frame:
        return nw.from_native(self.connection.sql(query))

    def _run(self, query: str) -> DuckDBPyConnection:
        with _watched(self.connection, self.spec.progress):
            return self.connection.execute(query)


@contextmanager
def _watched(connection: DuckDBPyConnection, told: Callable[[float], None] | None) -> Iterator[None]:
    """Ask in another thread how far the query is, and tell it."""
    if told is None:
        yield
        return
    done = Event()

    def look() -> None:
        while not done.wait(LOOK):
            percentage = connection.query_progress()
            if percentage >= 0:  # it does not know yet
                told(percentage)

    watch = Thread(target=look, daemon=True)
    watch.start()
    try:
        yield
    finally:
        done.set()
        watch.join()


def _private(database: Path) -> None:
    """Refuse a database in a folder that others can open: what it writes beside itself has no mode of its own."""
    folder = database.parent
    if not folder.is_dir() or stat.S_IMODE(folder.stat().st_mode) & 0o077:
        do = f"make it, with chmod 700 {folder.name}"
        raise OutputError("a database with household data needs a folder that only its owner opens", where=str(folder), do=do)


def _chosen(kinds: Kinds) -> str:
    return ", ".join(f"{_name(column)}::{SQL[kind]} AS {_name(column)}" for column, kind in kinds.items())


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _column(values: Any, kind: Kind) -> Any:
    missing = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else np.zeros(len(values), dtype=bool)
    return collected(np.ma.getdata(values), missing, kind)
