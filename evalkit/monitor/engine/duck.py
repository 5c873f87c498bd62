"""DuckDB in this process: no server, no network, only the folders that were named."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd

from evalkit.check import whole
from evalkit.errors import OutputError
from evalkit.monitor.engine.base import Frame, Kinds

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SQL = {"integer": "BIGINT", "date": "DATE", "word": "VARCHAR", "flag": "BOOLEAN"}
CLOSED = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DuckDB:
    """The embedded engine.

    Parameters
    ----------
    memory
        How much it may hold in memory, such as "4GB"; beyond it spills.
    threads
        How many threads it may use; None: all cores.
    spill
        The folder it spills to, with household data; None: one of its own beside the first folder that may be written.
    most_spill
        How much it may spill.
    """

    memory: str = "4GB"
    threads: int | None = None
    spill: Path | None = None
    most_spill: str = "100GB"

    def __post_init__(self) -> None:
        if self.threads is not None:
            whole(self.threads, who="DuckDB threads")

    def open(self, folders: Sequence[Path]) -> OpenDuckDB:
        """The engine, which may read and write these folders and nothing else."""
        import duckdb

        spill = self.spill or Path(tempfile.mkdtemp(prefix=".spill-", dir=folders[0] if folders else None))
        config = {
            **CLOSED,
            "memory_limit": self.memory,
            "temp_directory": str(spill),
            "max_temp_directory_size": self.most_spill,
            "preserve_insertion_order": "false",
        }
        if self.threads is not None:
            config["threads"] = str(self.threads)
        connection = duckdb.connect(":memory:", config=config)  # type: ignore[arg-type]
        allowed = ", ".join(_quoted(str(folder.resolve()) + os.sep) for folder in (*folders, spill))
        connection.execute(f"SET allowed_directories = [{allowed}]")
        for line in ("allow_persistent_secrets = false", "enable_external_access = false", "lock_configuration = true"):
            connection.execute(f"SET {line}")
        return OpenDuckDB(connection, spill)


@dataclass(slots=True)
class OpenDuckDB:
    """An open DuckDB; see `Engine`."""

    connection: DuckDBPyConnection
    spill: Path
    number: count[int] = field(default_factory=count)
    name: str = "duckdb"

    def scan(self, files: Sequence[Path], kinds: Kinds) -> Frame:
        """The rows of Parquet files."""
        if not files:
            empty = {column: pd.Series([], dtype=object) for column in kinds}
            return self.hold(pd.DataFrame(empty), kinds)
        chosen = ", ".join(f'"{column}"::{SQL[kind]} AS "{column}"' for column, kind in kinds.items())
        listed = ", ".join(_quoted(str(file)) for file in files)
        return self._lazy(f"SELECT {chosen} FROM read_parquet([{listed}])")

    def hold(self, frame: pd.DataFrame, kinds: Kinds) -> Frame:
        """A small table of this process."""
        table = f"held_{next(self.number)}"
        self.connection.register("arriving", frame[list(kinds)])
        chosen = ", ".join(f'"{column}"::{SQL[kind]} AS "{column}"' for column, kind in kinds.items())
        self.connection.execute(f"CREATE TEMP TABLE {table} AS SELECT {chosen} FROM arriving")
        self.connection.unregister("arriving")
        return self._lazy(f"SELECT * FROM {table}")

    def keep(self, frame: Frame) -> Frame:
        """The same rows in a table of the engine."""
        table = f"kept_{next(self.number)}"
        self.connection.execute(f"CREATE TEMP TABLE {table} AS {frame.to_native().sql_query()}")
        return self._lazy(f"SELECT * FROM {table}")

    def collect(self, frame: Frame) -> pd.DataFrame:
        """The rows, missing ones as missing."""
        columns = self.connection.execute(frame.to_native().sql_query()).fetchnumpy()
        return pd.DataFrame({name: _column(values) for name, values in columns.items()})

    def write(self, frame: Frame, file: Path) -> None:
        """The rows to a Parquet file."""
        import duckdb

        partial = file.with_name(f".{file.name}.part-{os.getpid()}")
        try:
            query = frame.to_native().sql_query()
            self.connection.execute(f"COPY ({query}) TO {_quoted(str(partial))} (FORMAT parquet, COMPRESSION zstd)")
            partial.replace(file)
        except (duckdb.Error, OSError) as fault:
            partial.unlink(missing_ok=True)
            found = type(fault).__name__  # the message may quote cells
            raise OutputError("the file cannot be written", where=file.name, found=found, do="free space") from None

    def close(self) -> None:
        """End the engine."""
        self.connection.close()

    def __enter__(self) -> OpenDuckDB:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _lazy(self, query: str) -> Frame:
        return nw.from_native(self.connection.sql(query))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _column(values: Any) -> Any:
    """A column of DuckDB as pandas has it, whole numbers staying whole."""
    masked = isinstance(values, np.ma.MaskedArray)
    mask = np.ma.getmaskarray(values) if masked else np.zeros(len(values), dtype=bool)
    plain = values.data if masked else values
    if plain.dtype.kind in "iu":
        return pd.array(np.where(mask, 0, plain), dtype="Int64").copy() if not mask.any() else _gapped(plain, mask)
    if plain.dtype.kind == "b":
        return pd.arrays.BooleanArray(plain.copy(), mask)
    return pd.Series(plain, dtype=object).mask(mask) if plain.dtype.kind == "O" else plain


def _gapped(plain: Any, mask: Any) -> Any:
    return pd.arrays.IntegerArray(np.where(mask, 0, plain).astype(np.int64), mask)
