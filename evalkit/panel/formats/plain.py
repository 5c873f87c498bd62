"""Files that are no spreadsheets: delimited text in the encodings met in practice, Parquet and Stata."""

from __future__ import annotations

import csv
import glob
import io
import re
import struct
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evalkit.errors import DataError
from evalkit.panel.cells import read_cell, single_precision
from evalkit.panel.findings import Finding, finding, listing
from evalkit.panel.formats.encodings import decode
from evalkit.panel.header import find_header
from evalkit.panel.raw import Cells

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_DELIMITERS = ",\t;|"
MOST_SINGLE = 2**24  # whole numbers beyond it are not all told apart in single precision
_COMMA = re.compile(r"\s*[+-]?[1-9]\d{0,2},\d{3}\s*")
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
    findings += _commas(table) if mark == ";" and delimiter is None else []
    findings += _short_lines(text, mark, len(sample[header - 1]) if header and 0 < header <= len(sample) else _widest(sample))
    return Cells(table=table, findings=tuple(findings))


def read_parquet(path: Path, text: Collection[str] = ()) -> Cells:
    """The cells of a Parquet file, its column names as the first row."""
    import duckdb

    lock = {"autoinstall_known_extensions": False, "autoload_known_extensions": False, "python_enable_replacements": False}
    try:
        with duckdb.connect(config=lock) as engine:  # type: ignore[arg-type]
            frame = engine.execute("SELECT * FROM read_parquet(?)", [glob.escape(str(path))]).df()
    except duckdb.Error as fault:
        raise DataError(
            "the file is not a readable Parquet file", where=path.name, found=type(fault).__name__, do="write it again"
        ) from None
    return _framed(frame, text)


def parquet_columns(path: Path) -> dict[str, str]:
    """The columns of a Parquet file and their types, in the words of DuckDB."""
    engine, source = _parquet(path)
    with engine:
        try:
            told = engine.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
        except _duckdb_error() as fault:
            raise _no_parquet(path, fault) from None
    return {str(row[0]): str(row[1]) for row in told}


def parquet_batches(
    path: Path, columns: Collection[str], *, text: Collection[str] = (), many: int = 2**19
) -> Iterator[pd.DataFrame]:
    """Some columns of a Parquet file in batches of rows, in the order of the file, within the memory of a few batches.

    Columns of `text` come as text, so that long numbers keep their digits, and so does whatever is no number, date or flag.
    """
    types = parquet_columns(path)
    chosen = []
    for column in columns:
        name = '"' + column.replace('"', '""') + '"'
        plain = types[column].split("(")[0] in _PLAIN_TYPES and column not in text
        chosen.append(name if plain else f"{name}::VARCHAR AS {name}")
    engine, source = _parquet(path)
    with engine:
        try:
            engine.execute(f"SELECT {', '.join(chosen)} FROM {source}")
            while len(batch := engine.fetch_df_chunk(max(1, many // 2048))):
                yield batch
        except _duckdb_error() as fault:
            raise _no_parquet(path, fault) from None


_PLAIN_TYPES = frozenset(
    {
        *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"),
        *("FLOAT", "DOUBLE", "DECIMAL", "BOOLEAN", "DATE", "TIMESTAMP"),
    }
)


def _parquet(path: Path) -> tuple[DuckDBPyConnection, str]:
    """An engine that only reads, and the file as it names it."""
    import duckdb

    lock = {"autoinstall_known_extensions": False, "autoload_known_extensions": False, "python_enable_replacements": False}
    name = glob.escape(str(path)).replace("'", "''")
    return duckdb.connect(config=lock | {"memory_limit": "512MB", "threads": 2}), f"read_parquet('{name}')"  # type: ignore[arg-type]


def _duckdb_error() -> type[Exception]:
    import duckdb

    return duckdb.Error


def _no_parquet(path: Path, fault: Exception) -> DataError:
    found = type(fault).__name__
    return DataError("the file is not a readable Parquet file", where=path.name, found=found, do="write it again")


def read_stata(path: Path, text: Collection[str]) -> Cells:
    """The cells of a Stata file; columns wanted as text come as their value labels, figures as they are stored."""
    try:
        frame = pd.read_stata(path, convert_categoricals=False)
        for column in [name for name in text if name in frame.columns]:
            labelled = pd.read_stata(path, columns=[column])[column]
            if isinstance(labelled.dtype, pd.CategoricalDtype):
                frame[column] = labelled.astype(object)
        labels = _labels(path)
    except (ValueError, OSError, EOFError, struct.error) as fault:
        raise DataError(
            "the file is not a readable Stata file", where=path.name, found=type(fault).__name__, do="save it again"
        ) from None
    cells = _framed(frame, text)
    return replace(cells, findings=(*cells.findings, *_encoded(frame, labels)))


def _labels(path: Path) -> dict[str, dict[float, str]]:
    """The labels of the values of each column of a Stata file that has some."""
    with pd.read_stata(path, iterator=True, convert_categoricals=False) as reader:
        known = reader.value_labels()
        named = dict(zip(reader._varlist, reader._lbllist, strict=True))  # type: ignore[attr-defined]  # has no public name
    return {
        column: {float(code): str(label) for code, label in known[name].items()}
        for column, name in named.items()
        if name in known
    }


def _encoded(frame: pd.DataFrame, labels: Mapping[str, Mapping[float, str]]) -> list[Finding]:
    """Columns of numbers that only number their labels: the figures are the labels, and what is stored is their order."""
    findings = list[Finding]()
    for column, words in labels.items():
        if column not in frame or not pd.api.types.is_numeric_dtype(frame[column]):
            continue
        read = {code: read_cell(label) for code, label in words.items()}
        other = {code: words[code] for code, cell in read.items() if cell.readable and cell.value not in (code, np.nan)}
        at = np.flatnonzero(frame[column].isin(list(other)))
        if 2 * len(other) > len(words) and at.size:
            where = listing([f"row {row + 1}" for row in at])
            some = listing([f"{code:g} = '{label}'" for code, label in list(other.items())[:6]], 3)
            findings.append(finding("encoded_figures", column=column, count=len(at), where=where, found=some))
    return findings


def _framed(frame: pd.DataFrame, text: Collection[str] = ()) -> Cells:
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


def _commas(table: pd.DataFrame) -> list[Finding]:
    """Figures such as 2,140 between semicolons, which stand there where commas are decimal: 2.14, or two thousand."""
    either = [(row, cell) for row, cells in enumerate(table.itertuples(index=False)) for cell in cells if _either(cell)]
    if not either:
        return []
    where, some = listing([f"row {row + 1}" for row, _ in either]), listing([f"'{cell}'" for _, cell in either[:6]], 3)
    return [finding("comma_of_two_kinds", count=len(either), where=where, found=some)]


def _either(cell: object) -> bool:
    return isinstance(cell, str) and _COMMA.fullmatch(cell) is not None


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
