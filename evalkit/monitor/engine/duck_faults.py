"""What goes wrong in DuckDB, said without a cell: its own messages quote them."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.errors import DataError, EvalkitError, MachineError, OutputError, SpecError
from evalkit.identifiers import HIDDEN
from evalkit.monitor.engine.base import Kind, Kinds
from evalkit.monitor.engine.columns import stored, unreadable

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

REFUSED = frozenset({errno.EACCES, errno.EPERM, errno.EIO, errno.ESTALE, errno.EMFILE, errno.ENFILE, errno.ENOENT})
BEYOND = ("Could not read enough bytes", os.strerror(errno.EINVAL))  # how DuckDB says that a file points beyond its end
WORDS = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|[^\x20-\x7e]+|\S*\d{3,}\S*")  # of a message, what may be a value or a name
LONGEST = 120
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
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
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
        except duckdb.Error as fault:
            raise unreadable(file.name) if _damage(fault, connection) else _other(fault, file.name) from None
        stored(have, kinds, file=file)


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def literal(file: Path) -> str:
    """A path in which no letter stands for others."""
    return re.sub(r"([*?\[])", r"[\1]", str(file))


def broken(connection: DuckDBPyConnection, files: Iterable[Path]) -> str | None:
    """The first of some files of whose rows DuckDB says, when they are read alone, that they are damaged."""
    import duckdb

    for file in files:
        try:
            connection.execute(
                f"SELECT max(hash(COLUMNS(*))) FROM read_parquet({quoted(literal(file))}, hive_partitioning = false)"
            ).fetchall()
        except duckdb.Error as fault:
            if _damage(fault, connection):
                return file.name
    return None


def _damage(fault: Exception, connection: DuckDBPyConnection) -> bool:
    """Whether what DuckDB says of a file that is read alone is that the file is damaged, and not that it fails itself.

    Damage is an invalid input, a file that ends too early, or an error without a class of its own (of the decoder of Parquet).
    """
    import duckdb

    try:
        connection.execute("SELECT 1").fetchall()
    except duckdb.Error:  # an engine that has failed once refuses whatever comes after
        return False
    return (
        isinstance(fault, duckdb.InvalidInputException) or type(fault) is duckdb.Error or any(one in str(fault) for one in BEYOND)
    )


def _other(fault: Exception, where: str, damaged: Callable[[], str | None] = lambda: None) -> EvalkitError:
    """A full disk, a file that cannot be opened or is damaged, or what is not known: then DuckDB's own words, without a value."""
    said = str(fault)
    if os.strerror(errno.ENOSPC) in said:
        return OutputError("the disk is full", where=where, do="free some space, or spill to another folder")
    if said.startswith("IO Error: Could not write"):
        return OutputError("the file cannot be written", where=where, do="free some space, or choose another folder")
    if "Could not set lock" in said:
        return OutputError("the database is in use by another run", where=where, do="wait for it, or name another file")
    named = re.search(r"""["']([^"']+\.parquet)["']""", said)
    place = Path(named.group(1)).name if named else where
    refused = next((os.strerror(code) for code in REFUSED if os.strerror(code) in said), "")
    if refused:
        do = "check that the file is there, its rights and its disk, then run again"
        return MachineError("the system does not let the engine read or write", where=place, found=refused, do=do)
    if broken_file := damaged():
        return unreadable(broken_file)
    do = "run again; if it fails again, report this message, and try DuckDB of another version or fewer threads"
    return MachineError("the engine failed for a reason that is not known here", where=place, found=_worded(fault), do=do)


def _worded(fault: Exception) -> str:
    """The class of an error and its first line, without what may be a value: what is quoted, foreign letters, longer numbers."""
    lines = [line for line in str(fault).splitlines() if line.strip()]
    said = WORDS.sub(HIDDEN, lines[0]).strip() if lines else ""
    told = f"{type(fault).__name__}: {said}" if said else type(fault).__name__
    return told if len(told) <= LONGEST else f"{told[: LONGEST - 1]}…"
