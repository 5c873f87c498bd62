"""What goes wrong in DuckDB, said without a cell: its own messages quote them."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.errors import DataError, OutputError, SpecError
from evalkit.monitor.engine.base import Kind, Kinds
from evalkit.monitor.engine.columns import stored, unreadable

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LESS = "give it more memory, a larger spill folder, or fewer threads (each needs its share)"
STORED: dict[Kind, str] = {  # what DuckDB calls the types of a file that a kind takes as they are
    "integer": "TINYINT SMALLINT INTEGER BIGINT UTINYINT USMALLINT UINTEGER",
    "date": "DATE TIMESTAMP",
    "word": "VARCHAR",
    "flag": "BOOLEAN",
}
OF: dict[str, str] = {name: kind for kind, names in STORED.items() for name in names.split()}


@contextmanager
def spoken(*, where: str, damaged: Callable[[], str | None] = lambda: None) -> Iterator[None]:
    """What DuckDB raises inside becomes an error of evalkit, which names a file and never what stands in it.

    Where DuckDB does not say which file it cannot read, `damaged` looks for it.
    """
    import duckdb

    try:
        yield
    except duckdb.OutOfMemoryException:
        raise OutputError("there is not enough room in memory and in the spill folder", where=where, do=LESS) from None
    except (duckdb.ConversionException, duckdb.OutOfRangeException):
        do = "look for amounts that are too large, and for words that are no figures"
        raise DataError("a value does not fit its kind, or a sum goes beyond 64 bits", where=where, do=do) from None
    except (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException) as fault:
        do = "check its columns and their kinds"
        raise SpecError("the engine does not understand the question", where=where, found=type(fault).__name__, do=do) from None
    except duckdb.PermissionException:
        raise SpecError("that lies outside the folders of the engine", where=where, do="open the engine on its folder") from None
    except duckdb.ConnectionException:
        raise OutputError("the database is in use", where=where, do="close it first, or name another file") from None
    except duckdb.Error as fault:
        raise _other(fault, where, damaged) from None
    except RuntimeError as fault:
        if "interrupted" in str(fault).lower():
            raise KeyboardInterrupt from None
        raise


def footers(connection: DuckDBPyConnection, files: Sequence[Path], kinds: Kinds) -> None:
    """Refuse a file that is no Parquet, lacks a column, or stores it as another kind; each by its name."""
    import duckdb

    for file in files:
        try:
            rows = connection.execute(
                "SELECT name, duckdb_type FROM parquet_schema(?) WHERE num_children IS NULL", [[literal(file)]]
            )
            have = {name: OF.get(told, told) for name, told in rows.fetchall()}
        except duckdb.Error:
            raise unreadable(file.name) from None
        stored(have, kinds, file=file)


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def literal(file: Path) -> str:
    """A path in which no letter stands for others."""
    return re.sub(r"([*?\[])", r"[\1]", str(file))


def broken(connection: DuckDBPyConnection, files: Iterable[Path]) -> str | None:
    """The first of some files whose rows cannot be read."""
    import duckdb

    for file in files:
        try:
            connection.execute(f"SELECT max(hash(COLUMNS(*))) FROM read_parquet({quoted(literal(file))})").fetchall()
        except duckdb.Error:
            return file.name
    return None


def _other(fault: Exception, where: str, damaged: Callable[[], str | None]) -> OutputError | DataError:
    """A full disk, or a file that cannot be read; its name is taken from the message, and nothing else."""
    said = str(fault)
    if os.strerror(errno.ENOSPC) in said:
        return OutputError("the disk is full", where=where, do="free some space, or spill to another folder")
    if said.startswith("IO Error: Could not write"):
        return OutputError("the file cannot be written", where=where, do="free some space, or choose another folder")
    if "Could not set lock" in said:
        return OutputError("the database is in use by another run", where=where, do="wait for it, or name another file")
    found = re.search(r"""["']([^"']+\.parquet)["']""", said)
    return unreadable(Path(found.group(1)).name if found else damaged() or where)
