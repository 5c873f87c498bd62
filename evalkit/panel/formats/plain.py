"""Files that are no spreadsheets: delimited text in the encodings met in practice, and Parquet."""

from __future__ import annotations

import csv
import glob
import io
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evalkit.errors import DataError
from evalkit.panel.cells import single_precision
from evalkit.panel.findings import Finding, finding, listing
from evalkit.panel.formats.arrow import durations
from evalkit.panel.formats.encodings import decode
from evalkit.panel.header import find_header
from evalkit.panel.raw import Cells
from evalkit.terms import Text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_DELIMITERS = ",\t;|"
MOST_SINGLE = 2**24  # whole numbers beyond it are not all told apart in single precision
_COMMA = re.compile(r"\s*[+-]?[1-9]\d{0,2},\d{3}\s*")
_THOUSAND = re.compile(r"\s*[+-]?[1-9]\d{0,2}\.\d{3}\s*")
_POINT = re.compile(r"^\s*[+-]?\d*\.\d+\s*$")  # one that is read as decimal
_COMMAS, _POINTS = Text("逗号", "comma"), Text("点号", "point")
_LINES = 60  # lines looked at to find the delimiter and the header


def read_text(data: bytes, *, name: str, header: int | None, delimiter: str | None = None) -> Cells:
    """The cells of a delimited text file; comment lines above the header become blank rows, so that rows keep their number."""
    text, findings = decode(data, name)
    text, comments = _uncomment(text)
    if not text.strip(" \n,;|\t"):
        raise DataError("the file is empty", where=name)
    mark = delimiter or _sniff(text, header)
    sample = _sample(text, mark)
    width = max(map(len, sample))
    try:
        table = pd.read_csv(
            io.StringIO(text),
            sep=mark,
            header=None,
            names=list(range(width)),
            dtype=object,
            keep_default_na=False,
            na_values=[""],
            skip_blank_lines=False,
            index_col=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as fault:
        said = str(fault).strip().removeprefix("Error tokenizing data. C error: ")
        raise DataError(
            "the lines do not have the same number of cells",
            where=name,
            found=said,
            do="quote cells that hold the delimiter, and remove what stands beyond the table",
        ) from None
    if comments:
        findings.append(finding("comment_lines", count=comments))
    findings += _marks(table) if mark == ";" and delimiter is None else []
    findings += _short_lines(text, mark, len(sample[header - 1]) if header and 0 < header <= len(sample) else _widest(sample))
    return Cells(table=table, findings=tuple(findings))


def read_parquet(path: Path, text: Collection[str] = ()) -> Cells:
    """The cells of a Parquet file, its column names as the first row; whole numbers wanted as text keep all their digits."""
    types = parquet_columns(path)
    chosen = [_selected(column, kind, as_text=column in text and kind in _WHOLE) for column, kind in types.items()]
    engine, source = _parquet(path, limits={})
    with engine:
        try:
            frame = engine.execute(f"SELECT {', '.join(chosen)} FROM {source}").df()
        except _duckdb_error() as fault:
            raise _no_parquet(path, fault) from None
    return framed(frame, text)


def parquet_columns(path: Path) -> dict[str, str]:
    """The columns of a Parquet file and their types, in the words of DuckDB; DURATION(ns) where numbers are lengths of time."""
    engine, source = _parquet(path)
    with engine:
        try:
            told = engine.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
            schema = engine.execute(
                "SELECT value FROM parquet_kv_metadata(?) WHERE key = 'ARROW:schema'", [glob.escape(str(path))]
            ).fetchall()
        except _duckdb_error() as fault:
            raise _no_parquet(path, fault) from None
    lengths = durations(bytes(schema[0][0])) if schema else {}
    return {str(row[0]): f"DURATION({lengths[row[0]]})" if row[0] in lengths else str(row[1]) for row in told}


def parquet_batches(
    path: Path, columns: Collection[str], *, text: Collection[str] = (), many: int = 2**19
) -> Iterator[pd.DataFrame]:
    """Some columns of a Parquet file in batches of rows, in the order of the file, within the memory of a few batches.

    Columns of `text` come as text, so that long numbers keep their digits, and so does whatever is no number, date or flag.
    """
    types = parquet_columns(path)
    plain = {column for column in columns if types[column].split("(")[0] in _PLAIN_TYPES and column not in text}
    chosen = [_selected(column, types[column], as_text=column not in plain) for column in columns]
    engine, source = _parquet(path)
    with engine:
        try:
            engine.execute(f"SELECT {', '.join(chosen)} FROM {source}")
            while len(batch := engine.fetch_df_chunk(max(1, many // 2048))):
                yield batch
        except _duckdb_error() as fault:
            raise _no_parquet(path, fault) from None


_WHOLE = frozenset(
    ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT")
)
_LIMITS: Mapping[str, str | int] = {"memory_limit": "512MB", "threads": 2}
_PLAIN_TYPES = _WHOLE - {"UHUGEINT"} | {"FLOAT", "DOUBLE", "DECIMAL", "BOOLEAN", "DATE", "TIMESTAMP"}


def _selected(column: str, kind: str, *, as_text: bool) -> str:
    """A column as it is asked for; a length of time says that it is one, for no number of it tells the unit."""
    name = '"' + column.replace('"', '""') + '"'
    if kind.startswith(("DURATION", "INTERVAL")):
        unit = kind.removesuffix(")").partition("(")[2]
        return f"trim('a length of time: ' || {name}::VARCHAR || ' {unit}') AS {name}"
    return f"{name}::VARCHAR AS {name}" if as_text else name


def _parquet(path: Path, limits: Mapping[str, str | int] = _LIMITS) -> tuple[DuckDBPyConnection, str]:
    """An engine that only reads, and the file as it names it."""
    import duckdb

    lock = {"autoinstall_known_extensions": False, "autoload_known_extensions": False, "python_enable_replacements": False}
    name = glob.escape(str(path)).replace("'", "''")
    return duckdb.connect(config={**lock, **limits}), f"read_parquet('{name}')"


def _duckdb_error() -> type[Exception]:
    import duckdb

    return duckdb.Error


def _no_parquet(path: Path, fault: Exception) -> DataError:
    found = type(fault).__name__
    return DataError("the file is not a readable Parquet file", where=path.name, found=found, do="write it again")


def framed(frame: pd.DataFrame, text: Collection[str] = ()) -> Cells:
    """A table that has typed columns, as cells: numbers as floats, all else as text."""
    columns, single, short = dict[int, Any](), list[str](), list[Finding]()
    for at, name in enumerate(frame.columns):
        column = frame[name]
        if single_precision(column):
            single.append(str(name))
            short += _shortened(column) if name in text else []
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            columns[at] = column.astype("float64")
        else:
            columns[at] = pd.Series([None if pd.isna(cell) or cell == "" else _text(cell) for cell in column], dtype=object)
    table = pd.DataFrame(columns, index=pd.RangeIndex(len(frame)))
    table.attrs["names"] = [str(name) for name in frame.columns]
    found = (finding("single_precision", count=len(single), found=listing(single)),) if single else ()
    return Cells(table=table, findings=(*found, *short))


def _shortened(column: pd.Series) -> list[Finding]:
    """Codes stored as numbers of about seven digits that have more of them, and have lost the last."""
    at = np.flatnonzero((column.abs() > MOST_SINGLE).to_numpy(dtype=bool, na_value=False))
    some = listing([f"{value:.0f}" for value in column.iloc[at[:6]]], 3)
    where = listing([f"row {row + 1}" for row in at])
    return [finding("code_in_powers", column=str(column.name), count=len(at), found=some, where=where)] if at.size else []


def _text(cell: object) -> object:
    return float(cell) if isinstance(cell, int | float) and not isinstance(cell, bool) else str(cell).removesuffix(" 00:00:00")


def _uncomment(text: str) -> tuple[str, int]:
    """The text with the comment lines above its table blanked, and their number."""
    start = count = 0
    blanks = ""
    while text.startswith(("#", "\n"), start):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end + 1
        count += text[start] == "#"
        blanks += "\n"
        start = end
    return blanks + text[start:], count


def _sniff(text: str, header: int | None) -> str:
    """The delimiter that gives the header the most names, or else the lines the most cells."""

    def names(mark: str) -> tuple[int, int]:
        rows = _sample(text, mark)
        width = max(map(len, rows))
        sample = pd.DataFrame([[cell or None for cell in row] + [None] * (width - len(row)) for row in rows], dtype=object)
        at = header - 1 if header else find_header(sample)
        found = 0 if at is None or at >= len(sample) else int(sample.iloc[at].notna().sum())
        return found if found > 1 else 0, width

    return max(_DELIMITERS, key=names)


def _sample(text: str, mark: str) -> list[list[str]]:
    """The first lines as cells."""
    return list(csv.reader(io.StringIO("\n".join(text.split("\n", _LINES)[:_LINES])), delimiter=mark))


def _marks(table: pd.DataFrame) -> list[Finding]:
    """Figures such as 2,140 between semicolons, where commas are decimal: 2.14, or two thousand; and 2.140 where no other point
    tells that points are decimal."""
    cells = [(row, cell) for row, held in enumerate(table.itertuples(index=False)) for cell in held if isinstance(cell, str)]
    points = [cell for _, cell in cells if _POINT.search(cell) and not _THOUSAND.fullmatch(cell)]
    found = [(_COMMAS, [(row, cell) for row, cell in cells if _COMMA.fullmatch(cell)])]
    found += [] if points else [(_POINTS, [(row, cell) for row, cell in cells if _THOUSAND.fullmatch(cell)])]
    return [
        finding(
            "comma_of_two_kinds",
            count=len(either),
            mark=mark,
            where=listing([f"row {row + 1}" for row, _ in either]),
            found=listing([f"'{cell}'" for _, cell in either[:6]], 3),
        )
        for mark, either in found
        if either
    ]


def _widest(sample: list[list[str]]) -> int:
    """How many cells most lines have."""
    widths = [len(row) for row in sample if len(row) > 1]
    return max(set(widths), key=widths.count, default=0)


def _short_lines(text: str, mark: str, width: int) -> list[Finding]:
    """Lines with fewer cells than the others; where the last one is so and has no end, the file was cut off."""
    lines = text.split("\n")
    short = [at for at, line in enumerate(lines) if mark in line and line.count(mark) < width - 1] if '"' not in text else []
    if not short:
        return []
    cut = short[-1] == len(lines) - 1
    where = listing([f"row {at + 1}" for at in short])
    return [finding("cut_off", where=f"row {len(lines)}")] if cut else [finding("short_lines", count=len(short), where=where)]
