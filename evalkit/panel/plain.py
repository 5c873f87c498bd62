"""Files that are no spreadsheets: delimited text in the encodings met in practice, Parquet and Stata."""

from __future__ import annotations

import csv
import glob
import io
import struct
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pandas as pd

from evalkit.errors import DataError
from evalkit.panel.findings import Finding, finding
from evalkit.panel.header import find_header
from evalkit.panel.raw import Cells

_DELIMITERS = ",\t;|"
_LINES = 60  # lines looked at to find the delimiter and the header


def read_text(data: bytes, *, name: str, header: int | None, delimiter: str | None = None) -> Cells:
    """The cells of a delimited text file; comment lines above the header become blank rows, so that rows keep their number."""
    text, encoding = _decode(data, name)
    text, comments = _uncomment(text)
    if not text.strip(" \n,;|\t"):
        raise DataError("the file is empty", where=name)
    mark = delimiter or _sniff(text, header)
    width = max(map(len, _sample(text, mark)))
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
    findings = list[Finding]()
    if encoding != "UTF-8":
        findings.append(finding("encoding", found=encoding))
    if comments:
        findings.append(finding("comment_lines", count=comments))
    return Cells(table=table, findings=tuple(findings))


def read_parquet(path: Path) -> Cells:
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
    return _framed(frame)


def read_stata(path: Path, text: Collection[str]) -> Cells:
    """The cells of a Stata file; columns wanted as text come as their value labels, figures as they are stored."""
    try:
        frame = pd.read_stata(path, convert_categoricals=False)
        for column in [name for name in text if name in frame.columns]:
            frame[column] = pd.read_stata(path, columns=[column])[column].astype(object)
    except (ValueError, OSError, EOFError, struct.error) as fault:
        raise DataError(
            "the file is not a readable Stata file", where=path.name, found=type(fault).__name__, do="save it again"
        ) from None
    return _framed(frame)


def _framed(frame: pd.DataFrame) -> Cells:
    """A table that has typed columns, as cells: numbers as floats, all else as text."""
    columns = dict[int, Any]()
    for at, name in enumerate(frame.columns):
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            columns[at] = column.astype("float64")
        else:
            columns[at] = pd.Series([None if pd.isna(cell) or cell == "" else _text(cell) for cell in column], dtype=object)
    table = pd.DataFrame(columns, index=pd.RangeIndex(len(frame)))
    table.attrs["names"] = [str(name) for name in frame.columns]
    return Cells(table=table)


def _text(cell: object) -> object:
    return float(cell) if isinstance(cell, int | float) and not isinstance(cell, bool) else str(cell).removesuffix(" 00:00:00")


def _decode(data: bytes, name: str) -> tuple[str, str]:
    """The text of a file and the name of its encoding."""
    if data[:2] in (b"PK", b"\xd0\xcf", b"\x1f\x8b"):
        raise DataError(
            "the file is not text: its name does not say what it is",
            where=name,
            do="give it the ending it should have, such as .xlsx",
        )
    tries = ["utf-16"] if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "gb18030"]
    for encoding in tries:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        plain = {"utf-8-sig": "UTF-8", "gb18030": "GB18030", "utf-16": "UTF-16"}[encoding]
        return text.replace("\r\n", "\n").replace("\r", "\n"), plain
    raise DataError("the file is not text in UTF-8 or GB18030", where=name, do="save it as CSV UTF-8")


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
