"""Files that are no spreadsheets: delimited text in the encodings met in practice, and Parquet."""

from __future__ import annotations

import csv
import glob
import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from evalkit.errors import DataError
from evalkit.panel.cells import single_precision
from evalkit.panel.findings import Finding, finding, listing
from evalkit.panel.formats.arrow import durations
from evalkit.panel.formats.encodings import decode
from evalkit.panel.formats.lines import line_faults, open_quote, row_of
from evalkit.panel.header import find_header
from evalkit.panel.raw import Cells
from evalkit.terms import Text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_DELIMITERS = ",\t;|"
MOST_DIGITS = 38  # of a decimal that DuckDB reads as one
MOST_SINGLE = 2**24  # whole numbers beyond it are not all told apart in single precision
_COMMA = re.compile(r"\s*[+-]?[1-9]\d{0,2},\d{3}\s*")
_THOUSAND = re.compile(r"\s*[+-]?[1-9]\d{0,2}\.\d{3}\s*")
_POINT = re.compile(r"^\s*[+-]?\d*\.\d+\s*$")  # one that is read as decimal
_GROUPS = re.compile(r"\s*[+-]?[1-9]\d{0,2}(?:,\d{3}){2,}(?:\.\d+)?\s*|\s*[+-]?[1-9]\d{0,2},\d{3}\.\d+\s*")
_COMMAS, _POINTS = Text("逗号", "comma"), Text("点号", "point")
_LINES = 60  # lines looked at to find the delimiter and the header


def read_text(data: bytes, *, name: str, header: int | None, delimiter: str | None = None) -> Cells:
    """The cells of a delimited text file; comment lines above the header become blank rows, so that rows keep their number."""
    text, findings = decode(data, name)
    text, comments = _uncomment(text)
    if not text.strip(" \n,;|\t"):
        raise DataError("the file is empty", where=name)
    try:
        mark = delimiter or _sniff(text, header)
        sample = _sample(text, mark)
    except csv.Error:  # a cell of more than 131,072 letters
        raise _not_parsed(text, delimiter or ",", "", name) from None
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
        raise _not_parsed(text, mark, str(fault), name) from None
    if comments:
        findings.append(finding("comment_lines", count=comments))
    if mark != ",":
        findings += doubtful_marks(table, always=mark == ";")
    cells = len(sample[header - 1]) if header and 0 < header <= len(sample) else _widest(sample)
    findings += line_faults(text, mark, cells)
    return Cells(table=table, findings=tuple(findings))


def read_parquet(path: Path, text: Collection[str] = ()) -> Cells:
    """The cells of a Parquet file, its column names as the first row; whole numbers wanted as text keep all their digits."""
    every = _columns(path)
    chosen = [_selected(column, path, as_text=column.name in text and column.kind in _WHOLE) for column in every]
    engine, source = _parquet(path, limits={})
    with engine:
        try:
            frame = engine.execute(f"SELECT {', '.join(chosen)} FROM {source}").df()
        except _duckdb_error() as fault:
            raise _no_parquet(path, fault) from None
    names, twice = [column.name for column in every], list[Finding]()
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        at = [f"column {number}" for number, other in enumerate(names, start=1) if other == name]
        twice.append(finding("duplicate_column", column=name, count=len(at), where=listing(at)))
    seen = [column.asked if column.name in names[:at] else column.name for at, column in enumerate(every)]
    frame.columns = pd.Index(seen, dtype=object)
    _only_text(frame, {column.name for column in every if column.kind == "BLOB"} & set(text), path)
    cells = framed(frame, text)
    return replace(cells, findings=(*cells.findings, *twice))


def parquet_columns(path: Path) -> dict[str, str]:
    """The columns of a Parquet file and their types, in the words of DuckDB; DURATION(ns) where numbers are lengths of time."""
    return {column.name: column.kind for column in _columns(path)}


def _columns(path: Path) -> list[_Column]:
    """The columns of a Parquet file, in their order."""
    engine, source = _parquet(path)
    with engine:
        try:
            told = engine.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
            asked = "SELECT name, num_children, type, precision, scale FROM parquet_schema(?)"
            parts = engine.execute(asked, [glob.escape(str(path))]).fetchall()
            schema = engine.execute(
                "SELECT value FROM parquet_kv_metadata(?) WHERE key = 'ARROW:schema'", [glob.escape(str(path))]
            ).fetchall()
        except _duckdb_error() as fault:
            raise _no_parquet(path, fault) from None
    lengths = durations(bytes(schema[0][0])) if schema else {}
    columns = list[_Column]()
    for row, (name, kind, precision, scale) in zip(told, _tops(parts), strict=True):
        if kind != "group" and (precision or 0) > MOST_DIGITS:
            stored = f"DECIMAL({precision},{scale})"
        else:
            stored = f"DURATION({lengths[name]})" if name in lengths else str(row[1])
        columns.append(_Column(name, str(row[0]), stored))
    return columns


def _tops(parts: Sequence[tuple[Any, ...]]) -> Iterator[tuple[str, str, int | None, int | None]]:
    """Name, stored type, precision and scale of each column, out of all parts they are made of; the first is the whole."""
    inside = 0
    for name, children, kind, precision, scale in parts[1:]:
        if not inside:
            yield str(name), "group" if children else str(kind), precision, scale
        inside = max(inside - 1, 0) + (children or 0)


def parquet_batches(
    path: Path, columns: Collection[str], *, text: Collection[str] = (), many: int = 2**19
) -> Iterator[pd.DataFrame]:
    """Some columns of a Parquet file in batches of rows, in the order of the file, within the memory of a few batches.

    Columns of `text` come as text, so that long numbers keep their digits, and so does whatever is no number, date or flag.
    """
    every = _columns(path)
    wanted = [_only(name, every, path) for name in columns]
    plain = {one.name for one in wanted if one.kind.split("(")[0] in _PLAIN_TYPES and one.name not in text}
    chosen = [_selected(one, path, as_text=one.name not in plain) for one in wanted]
    engine, source = _parquet(path)
    with engine:
        try:
            engine.execute(f"SELECT {', '.join(chosen)} FROM {source}")
            while len(batch := engine.fetch_df_chunk(max(1, many // 2048))):
                batch.columns = pd.Index([one.name for one in wanted], dtype=object)
                _only_text(batch, {one.name for one in wanted if one.kind == "BLOB"}, path)
                yield batch
        except _duckdb_error() as fault:
            raise _no_parquet(path, fault) from None


def _only(name: str, every: Sequence[_Column], path: Path) -> _Column:
    """The column of a name."""
    found = [column for column in every if column.name == name]
    if len(found) > 1:
        do = "rename or remove the repeated columns"
        raise DataError("a column that is asked for stands more than once", where=f"{path.name}, column '{name}'", do=do)
    return found[0]


def _only_text(frame: pd.DataFrame, columns: Collection[str], path: Path) -> None:
    """Refuse codes that are stored as bytes and are no text."""
    for name in columns:
        if frame[name].eq(_BYTES).any():
            do = "store it as text, in UTF-8"
            raise DataError("a column holds bytes that are no text in UTF-8", where=f"{path.name}, column '{name}'", do=do)


class _Column(NamedTuple):
    """A column of a Parquet file: its name, the name by which DuckDB tells it from others, and its type."""

    name: str
    asked: str
    kind: str


_WHOLE = frozenset(
    ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT")
)
_BYTES = "bytes that are no text"
_LIMITS: Mapping[str, str | int] = {"memory_limit": "512MB", "threads": 2}
_PLAIN_TYPES = _WHOLE - {"UHUGEINT"} | {"FLOAT", "DOUBLE", "DECIMAL", "BOOLEAN", "DATE", "TIMESTAMP"}


def _selected(column: _Column, path: Path, *, as_text: bool) -> str:
    """A column as it is asked for; a length of time says that it is one, for no number of it tells the unit."""
    asked = name_in_sql(column.asked)
    base, _, rest = column.kind.removesuffix(")").partition("(")
    if base == "DECIMAL" and int(rest.split(",")[0]) > MOST_DIGITS:
        where, do = f"{path.name}, column '{column.name}'", "store it as double, or as a decimal of 38 digits at most"
        what = "a column has decimals of more digits than can be read"
        raise DataError(what, where=where, found=column.kind.lower(), do=do)
    if base in ("DURATION", "INTERVAL"):
        return f"trim('a length of time: ' || {asked}::VARCHAR || ' {rest}') AS {asked}"
    if base == "BLOB":
        return f"CASE WHEN {asked} IS NULL THEN NULL ELSE coalesce(TRY(decode({asked})), '{_BYTES}') END AS {asked}"
    nested = column.kind.endswith("]") or base in ("STRUCT", "MAP", "UNION")
    return f"{asked}::VARCHAR AS {asked}" if as_text or nested else asked


def name_in_sql(column: str) -> str:
    """The name of a column as SQL writes it.

    Examples
    --------
    >>> name_in_sql('a"; DROP TABLE t')
    '"a""; DROP TABLE t"'
    """
    return '"' + column.replace('"', '""') + '"'


def _parquet(path: Path, limits: Mapping[str, str | int] = _LIMITS) -> tuple[DuckDBPyConnection, str]:
    """An engine that only reads, and the file as it names it; what folders above it are called is no column."""
    import duckdb

    lock = {"autoinstall_known_extensions": False, "autoload_known_extensions": False, "python_enable_replacements": False}
    name = glob.escape(str(path)).replace("'", "''")
    return duckdb.connect(config={**lock, **limits}), f"read_parquet('{name}', hive_partitioning = false)"


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


def _not_parsed(text: str, mark: str, fault: str, name: str) -> DataError:
    """What keeps lines from being a table, and the row of the file, as a text editor shows it, where that begins."""
    if (row := open_quote(text, mark)) is not None:
        do = "close it, or take it out"
        return DataError("a quotation mark opens a cell and is never closed", where=f"{name}, row {row}", do=do)
    what = "the lines do not have the same number of cells"
    do = "quote cells that hold the delimiter, and remove what stands beyond the table"
    if not fault:
        what, do = "a cell is longer than any of a table", "look for a quotation mark that is not closed"
    if told := re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", fault):
        wanted, record, have = map(int, told.groups())
        where, found = f"{name}, row {row_of(text, mark, record)}", f"{have} cells where there should be {wanted}"
        return DataError(what, where=where, found=found, do=do)
    return DataError(what, where=name, found=fault.strip().removeprefix("Error tokenizing data. C error: "), do=do)


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


def doubtful_marks(table: pd.DataFrame, *, always: bool) -> list[Finding]:
    """Figures such as 2,140, which are 2.14 where commas are decimal, and two thousand elsewhere; and 2.140 likewise.

    Between semicolons commas may `always` be decimal, and so are points only where another one tells; elsewhere a comma is in
    doubt where no point and no second comma of a figure tells what commas are.
    """
    found = [(_COMMAS, [one for one in _holding(table, ",") if _COMMA.fullmatch(one[1])])]
    found += [(_POINTS, [one for one in _holding(table, ".") if _THOUSAND.fullmatch(one[1])])] if always else []
    if any(either for _, either in found) and any(
        (_POINT.search(cell) and not _THOUSAND.fullmatch(cell)) or _GROUPS.fullmatch(cell)
        for sign in (".", ",")
        for _, cell in _holding(table, sign)
    ):
        found = found[:1] if always else []
    return [
        finding(
            "comma_of_two_kinds",
            count=len(either),
            mark=mark,
            where=listing([f"row {row + 1}" for row, _ in sorted(either)]),
            found=listing([f"'{cell}'" for _, cell in sorted(either)[:6]], 3),
        )
        for mark, either in found
        if either
    ]


def _holding(table: pd.DataFrame, sign: str) -> Iterator[tuple[int, str]]:
    """The texts of a table that hold a sign, each with the row in which it stands."""
    for column in table.columns:
        for row, cell in enumerate(table[column].to_numpy(object)):
            if isinstance(cell, str) and sign in cell:
                yield row, cell


def _widest(sample: list[list[str]]) -> int:
    """How many cells most lines have."""
    widths = [len(row) for row in sample if len(row) > 1]
    return max(set(widths), key=widths.count, default=0)
