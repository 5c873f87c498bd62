"""A department's table in PostgreSQL, read in batches: a source, not an engine."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from evalkit.check import many, shown, whole
from evalkit.errors import DataError, SpecError, did_you_mean, not_installed
from evalkit.monitor.engine.base import COLLECTED, Kind

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection, Cursor

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
KINDS: dict[str, Kind] = {
    **dict.fromkeys(("int2", "int4", "int8"), "integer"),
    **dict.fromkeys(("date", "timestamp", "timestamptz"), "date"),
    "bool": "flag",
}
AS: dict[Kind, str] = {"integer": "bigint", "date": "date", "flag": "boolean", "word": "text"}
COLUMNS = """SELECT a.attname, t.typname FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped"""
HELD = 2**23  # bytes the driver holds at a time
REFUSED = {  # a word of the server's refusal, which may quote more than it should, and what is said of it
    "password authentication failed": "name or password refused",
    "does not exist": "no such database",
    "Connection refused": "no server there",
    "could not translate host name": "no such host",
    "missing": "no address",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresTable:
    """Some columns of a table, read as they stand at one moment; nothing is written, and no SQL comes from the user.

    Parameters
    ----------
    address_in
        The environment variable that holds the address, such as postgresql://user:password@host/database. It is never stored.
    table
        Schema and table, such as "welfare.payments".
    columns
        The columns to read; others are not fetched.
    rows
        How many rows a batch has at most.

    Examples
    --------
    >>> PostgresTable(address_in="WELFARE_DB", table="welfare.payments", columns=("paid_on", "amount")).rows
    200000
    """

    address_in: str
    table: str
    columns: tuple[str, ...]
    rows: int = 200_000

    def __post_init__(self) -> None:
        if not isinstance(self.address_in, str) or not VARIABLE.fullmatch(self.address_in):
            do = "name the environment variable that holds the address; an address has a password and stays out of files"
            raise SpecError("a PostgreSQL table needs the name of an environment variable", do=do)
        if not isinstance(self.table, str) or not all(self.table.split(".")) or self.table.count(".") != 1 or "\0" in self.table:
            raise SpecError("a PostgreSQL table must be schema and table", found=shown(self.table), do='write "schema.table"')
        columns = many(self.columns, who="the columns of a PostgreSQL table", do="name them in a list")
        if not columns or not all(isinstance(name, str) and name and "\0" not in name for name in columns):
            raise SpecError("a PostgreSQL table needs the names of columns", found=shown(self.columns), do="name them in a list")
        object.__setattr__(self, "columns", columns)
        whole(self.rows, who="the rows of a batch")

    def batches(self) -> Iterator[pd.DataFrame]:
        """The rows, some at a time, in no order.

        Whole numbers come as Int64, dates and times as datetime64[us] (the day, as the database's own time zone has it), flags as
        boolean, and all else as str: numbers with fractions too, so that money keeps every digit.
        """
        address = os.environ.get(self.address_in)
        if not address:
            raise SpecError(f"the environment variable {self.address_in} is not set", do="set it to the address of the database")
        with self._connected(address) as connection, self._spoken(), connection.cursor() as cursor:
            cursor.execute("SET client_encoding TO 'UTF8'")
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            kinds = self._kinds(cursor)
            cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": str(HELD)})
            chosen = ", ".join(f"{_name(column)}::{AS[kind]} AS {_name(column)}" for column, kind in kinds.items())
            cursor.execute(f"SELECT {chosen} FROM {self._quoted}")
            with cursor.fetch_record_batch() as reader:
                for batch in reader:
                    for start in range(0, batch.num_rows, self.rows):
                        yield _frame(batch.slice(start, self.rows), kinds)

    @property
    def _quoted(self) -> str:
        return ".".join(_name(part) for part in self.table.split("."))

    def _kinds(self, cursor: Cursor) -> dict[str, Kind]:
        """The kind of each column; refuses a table or a column that is not there."""
        cursor.execute(COLUMNS, (self._quoted,))
        have = {str(name): str(type_) for name, type_ in cursor.fetchall()}
        if not have:
            raise DataError("the table is not there", where=self._where, do="check schema and table, and who may read it")
        for column in self.columns:
            if column not in have:
                do = did_you_mean(column, have) or "check the columns of the table"
                raise DataError(f"the table has no column '{column}'", where=self._where, do=do)
        return {column: KINDS.get(have[column], "word") for column in self.columns}

    @contextmanager
    def _connected(self, address: str) -> Iterator[Connection]:
        try:
            import adbc_driver_postgresql.dbapi as driver
            import pyarrow  # noqa: F401
        except ImportError:
            raise not_installed("the driver of PostgreSQL is not installed", "postgres") from None
        try:
            connection = driver.connect(address)
        except driver.Error as fault:
            found = next((said for word, said in REFUSED.items() if word in str(fault)), type(fault).__name__)
            do = f"check the address in {self.address_in}"
            raise DataError("the database cannot be reached", where=self._where, found=found, do=do) from None
        try:
            yield connection
        finally:
            connection.close()

    @contextmanager
    def _spoken(self) -> Iterator[None]:
        """What the driver raises, without its message: that quotes cells."""
        from adbc_driver_manager.dbapi import Error
        from pyarrow import ArrowException

        try:
            yield
        except (Error, ArrowException, OSError) as fault:
            code = getattr(fault, "sqlstate", None)
            found = "no permission" if code == "42501" else f"SQLSTATE {code}" if code else type(fault).__name__
            do = "ask who runs the database, and start again"
            raise DataError("the table cannot be read", where=self._where, found=found, do=do) from None

    @property
    def _where(self) -> str:
        return f"{self.table} in the database of {self.address_in}"


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _frame(batch: Any, kinds: Mapping[str, Kind]) -> pd.DataFrame:
    """A batch in the dtypes of its kinds."""
    import pyarrow as pa

    types = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype(), pa.string(): pd.StringDtype(na_value=float("nan"))}
    frame = batch.to_pandas(types_mapper=types.get, date_as_object=False)
    return frame.astype({column: COLLECTED[kind] for column, kind in kinds.items()})
