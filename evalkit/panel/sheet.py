"""Spreadsheets: the cells of one sheet, after its archive and its XML were looked over for what a reader would lose."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.errors import DataError, did_you_mean, several
from evalkit.panel.findings import Finding, finding, listing
from evalkit.panel.raw import Cells

MOST_BYTES, MOST_RATIO, MOST_ENTRIES, MOST_CELLS = 2**30, 200, 10_000, 100_000_000

_ERROR = re.compile(
    rb"<(?:\w+:)?c\b(?=[^>]*\bt=[\"']e[\"'])[^>]*\br=[\"']([A-Z]+\d+)[\"'][^>]*>(?:\s*<(?:\w+:)?f\b[^>]*(?:/>|>[^<]*</(?:\w+:)?f>))?"
    rb"\s*(?:<(?:\w+:)?v>([^<]*)<)?"
)
_FORMULA = re.compile(rb"<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?f\b[^>]*?(?:/>|>[^<]*</(?:\w+:)?f>)\s*(<(?:\w+:)?v>[^<])?")
_ADDRESS = re.compile(rb"\br=[\"']([A-Z]+)(\d+)[\"']")
_STYLED = re.compile(rb"<(?:\w+:)?c\b(?=[^>]*\bs=[\"'](\d+)[\"'])[^>]*\br=[\"']([A-Z]+)(\d+)[\"']")
_ZEROS = re.compile(r"(0{2,})(?:_.)?(?:;|$)")


def read_sheet(data: bytes, *, name: str, sheet: str | None) -> Cells:
    """The cells of one sheet of a spreadsheet file; of the first visible one when none is named."""
    from python_calamine import CalamineError, CalamineWorkbook

    archive = open_archive(data, name)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        chosen, others = _choose(book, sheet, name)
        xml = archive.read(_part(archive, chosen))
        _measure(xml, name)
        table = book.get_sheet_by_name(chosen)
        rows = table.to_python(skip_empty_area=False)
        merges = tuple((a[0], a[1], b[0], b[1]) for a, b in table.merged_cell_ranges or ())
    except (CalamineError, zipfile.BadZipFile, ElementTree.ParseError, KeyError) as fault:
        raise DataError(
            "the spreadsheet cannot be read", where=name, found=type(fault).__name__, do="open and save it again"
        ) from None
    if not any(cell not in ("", None) for row in rows for cell in row):
        raise DataError(f"sheet '{chosen}' is empty", where=name, do="name another sheet" if others else "")
    findings = _lost(xml)
    if others and sheet is None:
        findings += (finding("other_sheets", column=chosen, count=len(others), found=listing(others)),)
    columns = {at: _column(cells) for at, cells in enumerate(zip(*rows, strict=True))}
    percent, digits = _shown(archive, xml)
    findings += _padded(columns, digits)
    return Cells(table=pd.DataFrame(columns, dtype=object), merges=merges, sheet=chosen, findings=findings, percent=percent)


def letter(column: int) -> str:
    """The spreadsheet letter of a column counted from 0.

    Examples
    --------
    >>> letter(0), letter(25), letter(26), letter(701)
    ('A', 'Z', 'AA', 'ZZ')
    """
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def _number(letters: bytes) -> int:
    at = 0
    for byte in letters:
        at = at * 26 + byte - 64
    return at - 1


def _column(cells: tuple[Any, ...]) -> list[str | float | None]:
    return list(cells) if set(map(type, cells)) == {float} else [_plain(cell) for cell in cells]


def _plain(cell: Any) -> str | float | None:
    """A cell as text, float or None."""
    if isinstance(cell, str):
        return cell if cell and not cell.isspace() else None
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, int | float):
        return float(cell)
    return str(cell) if isinstance(cell, date | datetime | time | timedelta) else None


def open_archive(data: bytes, name: str) -> zipfile.ZipFile:
    """The file as an archive, refused when it is none, a bomb, or holds a document type declaration."""
    if data[:4] == b"\xd0\xcf\x11\xe0":
        raise DataError(
            "the file is an old .xls or is protected by a password", where=name, do="save it as .xlsx without a password"
        )
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
        total, packed = sum(e.file_size for e in entries), max(1, sum(e.compress_size for e in entries))
        if len(entries) > MOST_ENTRIES or total > MOST_BYTES or (total > 2**24 and total / packed > MOST_RATIO):
            raise DataError(
                "the spreadsheet unpacks to more than is safe to read",
                where=name,
                found=f"{len(entries)} parts, {total:,} bytes out of {packed:,}",
                do="save the table as a new file",
            )
        for entry in entries:
            if entry.filename.endswith((".xml", ".rels", ".vml")) and b"<!DOCTYPE" in (part := archive.read(entry)).replace(
                b"\0", b""
            ):
                raise DataError(
                    "the spreadsheet declares a document type, which no spreadsheet program writes",
                    where=name,
                    found=f"{entry.filename}, {len(part):,} bytes",
                    do="do not use this file",
                )
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError) as fault:
        raise DataError(
            "the file is not a readable .xlsx spreadsheet", where=name, found=type(fault).__name__, do="save it again as .xlsx"
        ) from None
    return archive


def _choose(book: Any, sheet: str | None, name: str) -> tuple[str, list[str]]:
    """The sheet to read, and the other visible ones."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    sheets = [s.name for s in book.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet]
    visible = [s.name for s in book.sheets_metadata if s.name in sheets and s.visible == SheetVisibleEnum.Visible] or sheets
    if sheet is not None and sheet not in sheets:
        raise DataError(
            f"there is no sheet '{sheet}'",
            where=name,
            found=f"sheets [{several(sheets, 8)}]",
            do=did_you_mean(sheet, sheets) or "name one of these",
        )
    if not sheets:
        raise DataError("the spreadsheet has no worksheet", where=name)
    return sheet or visible[0], [other for other in visible if other != (sheet or visible[0])]


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
    """Refuse a sheet whose farthest cells span more than memory holds."""
    tail = xml[max(0, xml.rfind(b"row ")) :][:200]
    last = [int(row) for row in re.findall(rb"\br=[\"'](\d+)[\"']", tail)[:1]]
    far = [_number(letters) for letters in re.findall(rb"\br=[\"']([A-Z]{3})\d+[\"']", xml)]
    if last and last[0] * (max(far, default=701) + 1 if far else 256) > MOST_CELLS:
        raise DataError(
            "the sheet spans too many cells",
            where=name,
            found=f"{last[0]:,} rows",
            do="delete stray cells far from the table, or use csv",
        )


def _lost(xml: bytes) -> tuple[Finding, ...]:
    """Cells that a reader would hand back as blank: formula errors, and formulas without a stored result."""
    findings = []
    if b't="e"' in xml or b"t='e'" in xml:
        errors = [(m[1].decode(), (m[2] or b"").decode()) for m in _ERROR.finditer(xml)]
        found = ", ".join(dict.fromkeys(value for _, value in errors if value))
        findings.append(finding("error_cell", count=len(errors), where=listing([cell for cell, _ in errors]), found=found))
    if re.search(rb"<(?:\w+:)?f\b", xml):
        bare = [m[1] for m in _FORMULA.finditer(xml) if not m[2] and not re.search(rb"\bt=[\"'](?:str|e)[\"']", m[1])]
        cells = [b"".join(at.groups()).decode() for attributes in bare if (at := _ADDRESS.search(attributes))]
        if cells:
            findings.append(finding("formula_without_value", count=len(cells), where=listing(cells)))
    return tuple(findings)


def _formats(archive: zipfile.ZipFile) -> dict[bytes, str]:
    """The number format of the cell styles that show a percentage or leading zeros."""
    if "xl/styles.xml" not in archive.namelist():
        return {}
    styles = ElementTree.fromstring(archive.read("xl/styles.xml"))
    codes = {"9": "0%", "10": "0.00%"}
    codes |= {e.get("numFmtId", ""): e.get("formatCode", "") for e in styles.iter() if e.tag.endswith("}numFmt")}
    cells = next((e for e in styles.iter() if e.tag.endswith("}cellXfs")), ElementTree.Element("none"))
    used = {str(at).encode(): codes.get(element.get("numFmtId", ""), "") for at, element in enumerate(cells)}
    return {style: code for style, code in used.items() if "%" in code or _ZEROS.match(code)}


def _shown(archive: zipfile.ZipFile, xml: bytes) -> tuple[dict[int, NDArray[np.intp]], dict[tuple[int, int], int]]:
    """For each column the rows shown as a percentage, and the digits to which other cells (column, row) are filled with zeros."""
    formats = _formats(archive)
    rows, digits = dict[int, list[int]](), dict[tuple[int, int], int]()
    for match in _STYLED.finditer(xml) if formats else ():
        code, column, row = formats.get(match[1], ""), _number(match[2]), int(match[3]) - 1
        if "%" in code:
            rows.setdefault(column, []).append(row)
        elif zeros := _ZEROS.match(code):
            digits[column, row] = len(zeros[1])
    return {column: np.array(at, dtype=np.intp) for column, at in rows.items()}, digits


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
