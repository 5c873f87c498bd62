"""Files as they come to the door: in batches of rows, only the columns that are declared, the rest unread."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.errors import DataError, did_you_mean, several
from evalkit.monitor.door.rules import Refusal
from evalkit.monitor.sources.columns import Column
from evalkit.monitor.sources.sources import Declared
from evalkit.panel.findings import Finding
from evalkit.panel.formats.plain import parquet_batches, parquet_columns, read_text
from evalkit.panel.formats.sheet import read_sheet
from evalkit.panel.header import Table, cut_table
from evalkit.panel.read import FORMATS, file_bytes, open_table

Batches = Callable[[list[str]], Iterable[pd.DataFrame]]  # from the names of columns of a table to its rows


class Batch(NamedTuple):
    """Rows of a file by the names of its columns, and their numbers in it."""

    frame: pd.DataFrame
    rows: NDArray[np.int64]


def arrivals(folder: Path, pattern: str) -> list[Path]:
    """The data files of a folder that match a pattern, sorted; hidden ones are none, nor are marks of open spreadsheets."""
    real = folder.resolve()
    found = seen_files(folder, pattern)
    return [path for path in found if path.name.lower().endswith(FORMATS) and path.resolve().is_relative_to(real)]


def seen_files(folder: Path, pattern: str = "**/*") -> list[Path]:
    """The files of a folder that match a pattern, of whatever format, sorted."""
    return [path for path in sorted(folder.glob(pattern)) if path.is_file() and not path.name.startswith((".", "~$"))]


def fingerprint_of(path: Path) -> str:
    """SHA-256 of the bytes of a file."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as fault:
        found = fault.strerror or ""
        raise Refusal("unreadable", "the file cannot be opened", where=path.name, found=found, do="close it elsewhere") from None


def same(path: Path, fingerprint: str) -> str:
    """The fingerprint of a file that is still there, and what it was when it was opened."""
    try:
        now = fingerprint_of(path)
    except Refusal:
        now = ""
    if now != fingerprint:
        raise Refusal("changed", "the file changed while it was read", where=path.name, do="deliver it again")
    return fingerprint


def batches_of(path: Path, columns: Sequence[Column], many: int) -> Iterator[Batch]:
    """The declared columns of a file, in batches.

    Raises
    ------
    Refusal
        The file cannot be read, or a declared column is absent.
    """
    try:
        yield from (_parquet if path.name.lower().endswith(".parquet") else _table)(path, columns, many)
    except Refusal:
        raise
    except DataError as fault:
        raise Refusal("unreadable", fault.what, where=fault.where or path.name, do=fault.do) from None


def _parquet(path: Path, columns: Sequence[Column], many: int) -> Iterator[Batch]:
    """A Parquet file, never more than a few batches in memory."""
    wanted = _wanted(columns)
    are_there(wanted, parquet_columns(path), where=path.name)
    text = [column.given for column in columns if column.reads in ("key", "word")]
    yield from numbered(parquet_batches(path, wanted, text=text, many=many))


def _table(path: Path, columns: Sequence[Column], many: int) -> Iterator[Batch]:
    """A text file or a spreadsheet, which is read as a whole."""
    wanted = _wanted(columns)
    try:
        raw = open_table(path, text=wanted if path.suffix.lower() == ".dta" else ())
    except DataError:
        if (header := rowless(path)) is None:
            raise
        are_there(wanted, header.body.columns, where=path.name)
        _loses_nothing(header.findings, path.name)
        yield Batch(header.body[wanted].iloc[:0].reset_index(drop=True), np.empty(0, dtype=np.int64))
        return
    are_there(wanted, raw.frame.columns, where=raw.place)
    _loses_nothing(raw.findings, raw.place)
    for start in range(0, max(len(raw.frame), 1), many):
        yield Batch(raw.frame[wanted].iloc[start : start + many].reset_index(drop=True), raw.rows[start : start + many])


def rowless(path: Path) -> Table | None:
    """The table of a file that holds a header and no row under it; None of any other.

    The header is found as in a table with rows, for a row of zeros is set under it, and all rows are left out again. A
    spreadsheet with other sheets is none: what is meant may stand there.
    """
    try:
        data, kind = file_bytes(path)
        data = gzip.decompress(data) if kind == ".csv.gz" else data
        if kind == ".xlsx":
            cells = read_sheet(data, name=path.name, sheet=None)
        else:
            cells = read_text(data, name=path.name, header=None, delimiter="\t" if kind == ".tsv" else None)
        if any(one.rule == "other_sheets" for one in cells.findings):
            return None
        zeros = pd.DataFrame([["0"] * cells.table.shape[1]], columns=cells.table.columns, dtype=object)
        under = replace(cells, table=pd.concat([cells.table, zeros], ignore_index=True))
        table = cut_table(under, None, place=path.name)
    except (DataError, OSError, EOFError, zlib.error):
        return None
    return replace(table, body=table.body.iloc[:0])


def _loses_nothing(findings: Iterable[Finding], where: str) -> None:
    """Refuse a table of which names or formulas are lost when it is read."""
    if defects := [one.rule for one in findings if one.severity == "defect"]:
        do = "save the table with one header row, each name once, and values in place of formulas"
        raise Refusal("unreadable", "the table loses something when it is read", where=where, found=several(defects), do=do)


def _wanted(columns: Sequence[Column]) -> list[str]:
    return list(dict.fromkeys(column.given for column in columns))


def table_batches(name: str, columns: Sequence[Column], read: Batches) -> Iterator[Batch]:
    """The declared columns of a table of a database, in batches.

    Raises
    ------
    Refusal
        The table cannot be read, or a declared column is absent.
    """
    wanted = _wanted(columns)
    try:
        for batch in numbered(read(wanted)):
            are_there(wanted, batch.frame.columns, where=name)
            yield batch
    except Refusal:
        raise
    except DataError as fault:
        raise Refusal("unreadable", fault.what, where=fault.where or name, found=fault.found, do=fault.do) from None


def readers(declared: Declared) -> dict[str, Batches]:
    """What reads the tables of PostgreSQL that a file of sources declares, by source."""
    from evalkit.monitor.engine.postgres import PostgresTable

    def reader(table: str) -> Batches:
        return lambda columns: PostgresTable(address_in=str(declared.database), table=table, columns=tuple(columns)).batches()

    return {one.id: reader(one.table) for one in declared.tables if one.table is not None}


def numbered(batches: Iterable[pd.DataFrame]) -> Iterator[Batch]:
    """Batches with their rows numbered from 1 on."""
    seen = 0
    for frame in batches:
        yield Batch(frame.reset_index(drop=True), np.arange(seen + 1, seen + len(frame) + 1))
        seen += len(frame)


def are_there(wanted: Iterable[str], have: Iterable[str], *, where: str) -> None:
    """Refuse a file that lacks a declared column, without listing those it has: under a wrong header they are someone's cells."""
    there = set(map(str, have))
    absent = [name for name in wanted if name not in there]
    if absent:
        do = did_you_mean(absent[0], there) or "check the names of the columns and in which row the header stands"
        raise Refusal("column_absent", f"the file has no column [{several(absent)}]", where=where, do=do)
