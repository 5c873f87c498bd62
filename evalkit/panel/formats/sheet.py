"""Spreadsheets: the cells of one sheet, after its archive and its XML were looked over for what a reader would lose."""

from __future__ import annotations

import io
import math
import re
import zipfile
import zlib
from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.etree import ElementTree

import pandas as pd

from evalkit.errors import DataError, SafetyError, did_you_mean, several
from evalkit.identifiers import masked as masked_number
from evalkit.panel.findings import Finding, finding, listing, refusal
from evalkit.panel.formats.addresses import addressed, letter
from evalkit.panel.formats.sheet_scan import hidden, is_due, lost, masked, not_renewed, raised_marks, repeated, shown_as, span
from evalkit.panel.raw import Cells
from evalkit.terms import Text

MOST_BYTES, MOST_RATIO, MOST_ENTRIES, MOST_CELLS = 2**30, 200, 10_000, 100_000_000
MOST_MERGED, MOST_SPARSE = 200_000, 10  # the last row of a merged range; how many times the rows there are the last row may be

_PICTURES = ("xl/media/", "xl/embeddings/", "docProps/thumbnail")
_A_SHEET, _ROWS, _COLUMNS = Text("工作表", "a sheet"), Text("{n} 行", "{n} row(s)"), Text("{n} 列", "{n} column(s)")
_UNSEEN = Text("（隐藏）", " (hidden)")
_PAGE = re.compile(rb"\s*<(?:!doctype|html|head|body|table|meta|\?xml|!--)", re.IGNORECASE)


def read_sheet(data: bytes, *, name: str, sheet: str | None) -> Cells:
    """The cells of one sheet of a spreadsheet file; of the first visible one when none is named."""
    from python_calamine import CalamineError, CalamineWorkbook

    archive, broken = open_archive(data, name), tuple[Finding, ...]()
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        chosen, others, unseen = _choose(book, sheet, name)
        xml = archive.read(_part(archive, chosen))
        _measure(xml, name)
        xml, workbook = addressed(xml), archive.read("xl/workbook.xml")
        findings = broken = lost(xml, due=is_due(workbook))
        table = book.get_sheet_by_name(chosen)
        rows = table.to_python(skip_empty_area=False)
        merges = tuple((a[0], a[1], b[0], b[1]) for a, b in table.merged_cell_ranges or ())
        findings, shown = (*findings, *repeated(xml)), shown_as(archive, xml)
        raised, old = raised_marks(archive, xml), not_renewed(workbook, xml)
    except (CalamineError, zipfile.BadZipFile, zlib.error, ElementTree.ParseError, KeyError, ValueError, OSError, EOFError):
        if broken:  # such as an error newer than the reader
            raise refusal(broken, where=name) from None
        raise DataError(
            "the spreadsheet is damaged, or is none", where=name, do="open it in a spreadsheet program and save it again as .xlsx"
        ) from None
    if not any(cell not in ("", None) for row in rows for cell in row):
        raise DataError(f"sheet '{chosen}' is empty", where=name, do="name another sheet" if others else "")
    if others and sheet is None:
        findings += (finding("other_sheets", column=chosen, count=len(others), found=_listed(others, unseen)),)
    if old:
        findings += (finding("manual_calculation", count=old),)
    columns = {at: _column(cells) for at, cells in enumerate(zip(*rows, strict=True))}
    findings += (*_padded(columns, shown.digits), *_marked(columns, raised))
    _worded(columns, shown.units)
    findings += (*_hidden(xml, columns, chosen if chosen in unseen else ""), *_scaled(columns, shown.scaled))
    cells = pd.DataFrame(columns, dtype=object)
    return Cells(table=cells, merges=merges, sheet=chosen, findings=findings, percent=shown.percent)


def _column(cells: tuple[Any, ...]) -> list[str | float | None]:
    whole = set(map(type, cells)) == {float} and not any(map(math.isnan, cells))
    return list(cells) if whole else [_plain(cell) for cell in cells]


def _plain(cell: Any) -> str | float | None:
    """A cell as text, float or None."""
    if isinstance(cell, str):
        return cell if cell and not cell.isspace() else None
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, int | float):
        return "NaN" if math.isnan(cell) else float(cell)
    return str(cell) if isinstance(cell, date | datetime | time | timedelta) else None


def open_archive(data: bytes, name: str) -> zipfile.ZipFile:
    """The file as an archive, refused when it is none, a bomb, or holds a document type declaration."""
    if data[:4] == b"\xd0\xcf\x11\xe0":
        raise DataError(
            "the file is an old .xls or is protected by a password", where=name, do="save it as .xlsx without a password"
        )
    try:
        if data[:2] != b"PK":
            raise _no_archive(data, name)
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
        total, packed = sum(e.file_size for e in entries), max(1, sum(e.compress_size for e in entries))
        if len(entries) > MOST_ENTRIES or total > MOST_BYTES or (total > 2**24 and total / packed > MOST_RATIO):
            raise SafetyError(
                "the spreadsheet unpacks to more than is safe to read",
                where=name,
                found=f"{len(entries)} parts, {total:,} bytes out of {packed:,}",
                do="save the table as a new file",
            )
        if again := [part for part, often in Counter(map(_normal, archive.namelist())).items() if often > 1]:
            raise SafetyError(
                "the spreadsheet holds two parts of one name, and programs differ in which they read",
                where=name,
                found=several(again, 3),
                do="do not use this file",
            )
        for entry in entries:
            if entry.filename.startswith(_PICTURES):
                continue
            if b"<!doctype" in (part := archive.read(entry)).replace(b"\0", b"").lower():
                raise SafetyError(
                    "the spreadsheet declares a document type, which no spreadsheet program writes",
                    where=name,
                    found=f"{entry.filename}, {len(part):,} bytes",
                    do="do not use this file",
                )
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError):
        raise DataError("the file is not a readable .xlsx spreadsheet", where=name, do="save it again as .xlsx") from None
    return archive


def _normal(part: str) -> str:
    """The name of a part as programs read it that make no difference of case and slash."""
    return part.replace("\\", "/").lstrip("/").lower()


def _no_archive(data: bytes, name: str) -> DataError:
    """What a file that is called a spreadsheet is instead."""
    if _PAGE.match(data[:200].removeprefix(b"\xef\xbb\xbf")):
        do = "open it in a spreadsheet program and save it as .xlsx"
        return DataError("the file is a web page or XML that is only called a spreadsheet", where=name, do=do)
    text = b"\0" not in data[:4096] and any(mark in data[:4096] for mark in (b",", b";", b"\t"))
    do = "call it .csv, or save it again as .xlsx" if text else "save it again as .xlsx"
    return DataError("the file is not a readable .xlsx spreadsheet", where=name, found="text" if text else "", do=do)


def titles(data: bytes, name: str) -> list[str]:
    """The names of the sheets of a workbook."""
    from python_calamine import CalamineError, CalamineWorkbook

    open_archive(data, name)
    try:
        return list(CalamineWorkbook.from_filelike(io.BytesIO(data)).sheet_names)
    except (CalamineError, zipfile.BadZipFile, zlib.error):
        raise DataError("the spreadsheet is damaged, or is none", where=name, do="open and save it again as .xlsx") from None


def _choose(book: Any, sheet: str | None, name: str) -> tuple[str, list[str], set[str]]:
    """The sheet to read, the others, visible ones first, and which of all are hidden."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    sheets = [s.name for s in book.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet]
    unseen = {s.name for s in book.sheets_metadata if s.name in sheets and s.visible != SheetVisibleEnum.Visible}
    if sheet is not None and sheet not in sheets:
        raise DataError(
            f"there is no sheet '{sheet}'",
            where=name,
            found=f"sheets [{several(sheets, 8)}]",
            do=did_you_mean(sheet, sheets) or "name one of these",
        )
    if not sheets:
        raise DataError("the spreadsheet has no worksheet", where=name)
    ordered = sorted(sheets, key=lambda one: one in unseen)
    chosen = sheet or ordered[0]
    return chosen, [other for other in ordered if other != chosen], unseen


def _listed(sheets: list[str], unseen: set[str]) -> Text:
    """Sheets that were not read, and which of them are hidden."""
    told = [(masked_number(one), one in unseen) for one in sheets]
    zh, en = ([f"{name}{said}" if hid else name for name, hid in told] for said in (_UNSEEN.zh, _UNSEEN.en))
    return Text(listing(zh), listing(en))


def _hidden(xml: bytes, columns: dict[int, list[str | float | None]], sheet: str) -> tuple[Finding, ...]:
    """The hidden sheet, rows and columns that hold what was read."""
    rows, spans = hidden(xml)
    full = [row for row in rows if any(row <= len(cells) and cells[row - 1] is not None for cells in columns.values())]
    held = [at for at, cells in columns.items() if any(cell is not None for cell in cells)]
    letters = [letter(at) for at in held if any(first <= at + 1 <= last for first, last in spans)]
    told = (([sheet] if sheet else [], _A_SHEET), (full, _ROWS), (letters, _COLUMNS))
    return tuple(
        finding("hidden_rows", count=len(at), what=what.format(n=f"{len(at):,}"), where=listing(at)) for at, what in told if at
    )


def _scaled(columns: dict[int, list[str | float | None]], cells: list[tuple[int, int]]) -> tuple[Finding, ...]:
    """Figures that are shown otherwise than they are held."""
    held = [(column, row) for column, row in cells if column in columns and row < len(columns[column])]
    at = [f"{letter(column)}{row + 1}" for column, row in held if isinstance(columns[column][row], float)]
    return (finding("scaled_format", count=len(at), where=listing(at)),) if at else ()


def _part(archive: zipfile.ZipFile, sheet: str) -> str:
    """The part of the archive that holds a sheet."""
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    for element in book.iter():
        if element.tag.endswith("}sheet") and element.get("name") == sheet:
            target = next(targets[value] for key, value in element.attrib.items() if key.endswith("}id"))
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    raise KeyError(sheet)


def _measure(xml: bytes, name: str) -> None:
    """Refuse a sheet whose farthest cells span more than memory holds, and one whose figures would be read in part."""
    last, columns, merged = span(xml)
    sparse = last > MOST_SPARSE * (xml.count(b"<row") + xml.count(b":row"))
    if last * columns > MOST_CELLS or merged > MOST_MERGED or sparse:
        raise DataError(
            "the sheet spans too many cells",
            where=name,
            found=f"{max(last, merged):,} rows",
            do="delete stray cells far from the table, or use csv",
        )
    if masked(xml):
        raise DataError(
            "the sheet writes figures as no spreadsheet program does, and they would be read in part",
            where=name,
            do="open it in a spreadsheet program and save it again as .xlsx",
        )


def _worded(columns: dict[int, list[str | float | None]], units: dict[tuple[int, int], str]) -> None:
    """Give numbers whose format shows a unit behind them, such as 万元, the text they show."""
    for (column, row), unit in units.items():
        cells = columns.get(column, [])
        if row < len(cells) and isinstance(number := cells[row], float) and math.isfinite(number):
            cells[row] = f"{int(number) if number.is_integer() else number}{unit}"


def _padded(columns: dict[int, list[str | float | None]], digits: dict[tuple[int, int], int]) -> tuple[Finding, ...]:
    """Give numbers that are shown with leading zeros, such as region codes in the format 000000, the text they show."""
    padded = []
    for (column, row), width in digits.items():
        cells = columns.get(column, [])
        number = cells[row] if row < len(cells) else None
        if isinstance(number, float) and number.is_integer() and 0 <= number < 10 ** (width - 1):
            cells[row] = f"{number:0{width}.0f}"
            padded.append(f"{letter(column)}{row + 1}")
    return (finding("code_format", count=len(padded), where=listing(padded)),) if padded else ()


def _marked(columns: dict[int, list[str | float | None]], raised: set[str]) -> tuple[Finding, ...]:
    """Cells that hold a figure with a raised or lowered mark behind it."""
    cells = ((column, row, cell) for column, held in columns.items() for row, cell in enumerate(held)) if raised else ()
    at = [f"{letter(column)}{row + 1}" for column, row, cell in cells if isinstance(cell, str) and cell in raised]
    return (finding("raised_marks", count=len(at), where=listing(at)),) if at else ()
