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
from evalkit.monitor.sources.columns import Column, contradicts, declare, named_unit
from evalkit.monitor.sources.sources import Declared
from evalkit.panel.findings import Finding
from evalkit.panel.formats.plain import parquet_batches, parquet_columns, read_text
from evalkit.panel.formats.sheet import read_sheet, titles
from evalkit.panel.header import Table, cut_table
from evalkit.panel.raw import RawTable
from evalkit.panel.read import FORMATS, file_bytes, open_table
from evalkit.panel.rules.rules import RULES

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
    kinds = parquet_columns(path)
    are_there(wanted, kinds, where=path.name)
    if short := [column.given for column in columns if column.reads == "key" and kinds[column.given] == "FLOAT"]:
        what, where = "keys are stored in single precision, which keeps seven digits", f"{path.name}, column '{short[0]}'"
        raise Refusal("unreadable", what, where=where, do="store keys as text")
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
    whole(raw, wanted)
    _own_figures(raw, columns)
    frame = _as_shown(raw, wanted)
    for start in range(0, max(len(frame), 1), many):
        yield Batch(frame.iloc[start : start + many].reset_index(drop=True), raw.rows[start : start + many])


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


def whole(raw: RawTable, wanted: Iterable[str]) -> None:
    """Refuse a table that loses something when it is read, or of which rows stand on another sheet.

    Raises
    ------
    Refusal
        It does.
    """
    _loses_nothing(raw.findings, raw.place)
    if not any(one.rule == "other_sheets" for one in raw.findings):
        return
    for at, title in enumerate(titles(file_bytes(raw.path)[0], raw.path.name), start=1):
        try:
            other = open_table(raw.path, sheet=title) if title != raw.sheet else None
        except DataError:  # it holds no table
            continue
        if other is not None and set(wanted) <= set(other.frame.columns):
            what, do = "another sheet holds rows of the same columns", "put all rows on one sheet, or each sheet into a file"
            raise Refusal("unreadable", what, where=f"{raw.path.name}, sheet {at}", do=do)  # it may be called by a name


def _loses_nothing(findings: Iterable[Finding], where: str) -> None:
    """Refuse a table of which names or formulas are lost when it is read."""
    if defects := [one for one in findings if one.severity == "defect"]:
        found = several([f"{one.rule} ({one.where})" if one.where else one.rule for one in defects])
        what, do = "the table loses something when it is read", RULES[defects[0].rule].do.en
        raise Refusal("unreadable", what, where=where, found=found, do=do)


def _own_figures(raw: RawTable, columns: Sequence[Column]) -> None:
    """Refuse a table in which a figure stands for several rows, or of which a line above it names another unit of amounts."""
    for column in (one for one in columns if one.reads in ("money", "integer")):
        if (merged := raw.merged.get(column.given)) is not None and merged.size:
            what = f"figures of '{column.given}' stand in merged cells"
            do = "unmerge, and write each figure in the row it belongs to"
            raise Refusal("merged_figures", what, where=raw.place, found=raw.where(column.given, merged), do=do)
        if column.reads == "money" and not named_unit(column.given) and contradicts(raw.unit, column.fen):
            what = "a line above the table names another unit of amounts than is declared"
            raise Refusal("unit_contradicts", what, where=raw.place, found=raw.unit, do=declare(raw.unit))


def _as_shown(raw: RawTable, wanted: list[str]) -> pd.DataFrame:
    """The declared columns; figures in percent format are the percentages that they show."""
    frame = raw.frame[wanted]
    for name in (name for name in wanted if name in raw.percent):
        shown, at = frame[name].astype(object), raw.percent[name]
        shown.iloc[at] = [f"{cell * 100:.15g}%" if isinstance(cell, float) else cell for cell in shown.iloc[at]]
        frame = frame.assign(**{name: shown})
    return frame


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
