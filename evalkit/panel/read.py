"""The door for data files, and the only one: csv, xlsx, Parquet and Stata in, a `RawTable` or a `Panel` out."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from evalkit.check import has_columns
from evalkit.errors import DataError, did_you_mean
from evalkit.identifiers import direct_identifier
from evalkit.panel.cells import read_codes
from evalkit.panel.findings import refusal
from evalkit.panel.formats.addresses import letter
from evalkit.panel.formats.plain import read_parquet, read_text
from evalkit.panel.formats.sheet import MOST_BYTES, read_sheet
from evalkit.panel.formats.stata import read_stata
from evalkit.panel.header import a_header, cut_table
from evalkit.panel.keys import called_totals
from evalkit.panel.panel import Panel
from evalkit.panel.persons import unheaded
from evalkit.panel.raw import Cells, RawTable
from evalkit.panel.tidy import Layout, tidy

__all__ = ["FORMATS", "Layout", "RawTable", "open_table", "read_as", "read_panel", "read_table"]

LONGEST_NAME, LONGEST_PATH = 255, 4095  # bytes
FORMATS = (".csv", ".tsv", ".txt", ".csv.gz", ".xlsx", ".parquet", ".dta")


def read_table(path: str | Path, *, sheet: str | None = None, header: int | None = None, text: Collection[str] = ()) -> RawTable:
    """The table of a data file, every cell as found.

    Parameters
    ----------
    path
        A file ending in .csv, .tsv, .txt, .csv.gz, .xlsx, .parquet or .dta.
    sheet
        The sheet of a spreadsheet; the first visible one when none is named.
    header
        The row, counted from 1 as a spreadsheet program shows it, in which the names begin; found when not given.
    text
        Columns that are codes or names, to be kept as text, leading zeros and all.

    Raises
    ------
    DataError
        When the file cannot be read, or its header or its formulas lose something; all such problems in one error.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "counties.csv"
    ...     _ = file.write_text("code,year,income\\n010101,2020,\\"12,588\\"\\n", encoding="utf-8")
    ...     table = read_table(file)
    >>> table.frame.iloc[0].tolist(), table.rows.tolist()
    (['010101', '2020', '12,588'], [2])
    """
    raw = open_table(path, sheet=sheet, header=header, text=text)
    if any(item.severity == "defect" for item in raw.findings):
        raise refusal(raw.findings, where=raw.place)
    has_columns(raw.frame, text, who=raw.place)
    for column in text:
        raw.frame[column] = read_codes(raw.frame[column])[0]
    return raw


def read_panel(  # noqa: PLR0913  a door names everything that may come through it
    path: str | Path,
    *,
    unit: str,
    period: str,
    name: str | None = None,
    groups: Sequence[str] = (),
    weight: str | None = None,
    sheet: str | None = None,
    header: int | None = None,
    columns: Mapping[str, str] | None = None,
    missing: Collection[str] = (),
) -> Panel:
    """A panel from a data file with one row a unit and period.

    Parameters
    ----------
    path, sheet, header
        As in `read_table`.
    unit, period, name, groups, weight
        Columns of the file: the code of the unit, the year, the name of the unit, groupings such as province, and a
        weight such as population.
    columns
        For columns of the file, the indicator each holds; an empty name leaves the column out. Columns not mentioned
        keep their name.
    missing
        Words or numbers that mean "missing" in this file, beside blank, —, …, -, NA and the like.

    Raises
    ------
    DataError
        With everything that keeps the file from being a panel, each with its cells: what is not a number, units mixed in
        one column, duplicate rows, codes that lost a leading zero.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "counties.csv"
    ...     _ = file.write_text("code,year,income\\n010101,2020年,\\"12,588\\"\\n010101,2021年,—\\n", encoding="utf-8")
    ...     panel = read_panel(file, unit="code", period="year")
    >>> panel.frame["income"].tolist(), panel.units, panel.source.en
    ([12588.0, nan], ('010101',), 'counties.csv')
    """
    layout = Layout(
        unit=unit,
        period=period,
        name=name,
        groups=tuple(groups),
        weight=weight,
        columns=dict(columns or {}),
        missing=tuple(missing),
    )
    return read_as(path, layout, sheet=sheet, header=header)


def read_as(path: str | Path, layout: Layout, *, sheet: str | None = None, header: int | None = None) -> Panel:
    """As `read_panel`, the columns being what a layout says."""
    return tidy(open_table(path, sheet=sheet, header=header, text=layout.texts), layout).panel()


def open_table(path: str | Path, *, sheet: str | None = None, header: int | None = None, text: Collection[str] = ()) -> RawTable:
    """As `read_table`, but what is wrong with the header or the formulas is handed back in `findings`, for an audit."""
    path = Path(path)
    a_header(header)
    data, kind = file_bytes(path)
    if sheet is not None and kind != ".xlsx":
        raise DataError("only spreadsheets have sheets", where=path.name, found=f"sheet='{sheet}'", do="leave the sheet out")
    cells = _cells(path, data, kind, sheet=sheet, header=header, text=text)
    place = f"{path.name} › {cells.sheet}" if cells.sheet else path.name
    if "names" in cells.table.attrs:
        frame, rows = cells.table.set_axis(cells.table.attrs["names"], axis=1), np.arange(1, len(cells.table) + 1)
        frame.attrs = {}
        raw = RawTable(frame=frame, rows=rows, path=path, fingerprint=_digest(data), findings=cells.findings, labels=cells.labels)
    else:
        table = cut_table(cells, header, place=place)
        percent = {
            name: np.flatnonzero(np.isin(table.rows, cells.percent[int(column)]))
            for name, column in zip(table.body.columns, table.columns, strict=True)
            if int(column) in cells.percent
        }
        raw = RawTable(
            frame=_floats(table.body),
            rows=table.rows + 1,
            letters={name: letter(int(at)) for name, at in zip(table.body.columns, table.columns, strict=True)}
            if cells.sheet
            else {},
            path=path,
            sheet=cells.sheet,
            fingerprint=_digest(data),
            findings=(*cells.findings, *table.findings),
            merged=table.merged,
            percent={name: at for name, at in percent.items() if at.size},
            unit=table.unit,
        )
    named = {column: called_totals(raw.frame[column]) for column in text if column in raw.frame}
    return unheaded(replace(raw, totals={column: at for column, at in named.items() if at.size}))


def file_bytes(path: Path, formats: Sequence[str] = FORMATS) -> tuple[bytes, str]:
    """The bytes of a file and its kind, or why it cannot be read."""
    name = path.name.lower()
    kind = next((ending for ending in sorted(formats, key=len, reverse=True) if name.endswith(ending)), "")
    long = [part for part in path.parts if len(os.fsencode(part)) > LONGEST_NAME]
    if long or len(os.fsencode(path)) > LONGEST_PATH:
        where = f"{(long or [path.name])[0][:20]}…"
        raise DataError("the name is longer than a file can have", where=where, do="check the path")
    if path.is_dir():
        raise DataError("this is a folder, not a file", where=str(path), do="name a file in it")
    if not path.exists():
        others = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
        near = did_you_mean(path.name, (name for name in others if not direct_identifier(name)))
        raise DataError("there is no such file", where=str(path), do=near or "check the path")
    if not kind:
        what = f"files ending in '{path.suffix}' are not read" if path.suffix else "files without an ending are not read"
        raise DataError(what, where=path.name, do=f"save it as one of {', '.join(formats)}")
    if not path.is_file():
        raise DataError("this is not a regular file", where=path.name, do="name a file")
    try:
        data = path.read_bytes()
    except OSError as fault:
        raise DataError(
            "the file cannot be opened",
            where=path.name,
            found=fault.strerror or "",
            do="close it elsewhere, or ask for the right to read it",
        ) from None
    if not data:
        raise DataError("the file is empty", where=path.name, do="check how it was saved")
    return data, kind


def _cells(path: Path, data: bytes, kind: str, *, sheet: str | None, header: int | None, text: Collection[str]) -> Cells:
    """The cells of a file, by its kind."""
    if kind == ".xlsx":
        return read_sheet(data, name=path.name, sheet=sheet)
    if kind == ".parquet":
        return read_parquet(path, text)
    if kind == ".dta":
        return read_stata(path, text)
    if kind == ".csv.gz":
        data = _unpacked(data, path.name)
    return read_text(data, name=path.name, header=header, delimiter="\t" if kind == ".tsv" else None)


def _unpacked(data: bytes, name: str) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            plain = packed.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as fault:
        raise DataError("the file is not readable gzip", where=name, found=type(fault).__name__, do="pack it again") from None
    if len(plain) > MOST_BYTES:
        raise DataError(
            "the file unpacks to more than is safe to read", where=name, found=f"over {MOST_BYTES:,} bytes", do="use Parquet"
        )
    return plain


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _floats(body: pd.DataFrame) -> pd.DataFrame:
    """The body with columns that hold nothing but numbers kept as floats."""
    columns = {}
    for name in body.columns:
        column = body[name]
        kinds = set(map(type, column.to_numpy(object))) - {type(None)}
        columns[name] = column.astype("float64") if kinds == {float} and column.notna().any() else column
    return pd.DataFrame(columns, index=body.index).rename_axis(columns=None)
