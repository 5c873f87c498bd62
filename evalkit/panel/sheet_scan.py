"""What the XML of a sheet tells and a reader of its values does not: lost results, hidden rows, raised marks, formats."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from evalkit.panel.cells import read_cell
from evalkit.panel.findings import Finding, finding, listing

_ERROR = re.compile(
    rb"<(?:\w+:)?c\b(?=[^>]*\bt=[\"']e[\"'])[^>]*\br=[\"']([A-Z]+\d+)[\"'][^>]*>(?:\s*<(?:\w+:)?f\b[^>]*(?:/>|>[^<]*</(?:\w+:)?f>))?"
    rb"\s*(?:<(?:\w+:)?v>([^<]*)<)?"
)
_FORMULA = re.compile(rb"<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?f\b[^>]*?(?:/>|>[^<]*</(?:\w+:)?f>)\s*(<(?:\w+:)?v>[^<])?")
_ADDRESS = re.compile(rb"\br=[\"']([A-Z]+)(\d+)[\"']")
_STYLED = re.compile(rb"<(?:\w+:)?c\b(?=[^>]*\bs=[\"'](\d+)[\"'])[^>]*\br=[\"']([A-Z]+)(\d+)[\"']")
_HIDDEN = re.compile(rb"<(?:\w+:)?row\b(?=[^>]*\bhidden=[\"'](?:1|true)[\"'])[^>]*?\br=[\"'](\d+)[\"']")
_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*?\br=[\"'](\d+)[\"']")
_CELL = re.compile(rb"<(?:\w+:)?c\b[^>]*?\br=[\"']([A-Z]+\d+)[\"']")
_BOXED = re.compile(rb"<!--|<!\[CDATA\[|<(?:\w+:)?c(?![^>]*\br=)(?:\s[^>]*)?/?>")
_ZEROS = re.compile(r"(0{2,})(?:_.)?(?:;|$)")
_SCALED = re.compile(r"[0#](,+)(?:[^0#,]|$)|0!\.0")
_QUOTED = re.compile(r"\"[^\"]*\"|\\.|\[[^\]]*\]")


def number(letters: bytes) -> int:
    """A column counted from 0 by its letters.

    Examples
    --------
    >>> number(b"A"), number(b"AA")
    (0, 26)
    """
    at = 0
    for byte in letters:
        at = at * 26 + byte - 64
    return at - 1


def lost(xml: bytes) -> tuple[Finding, ...]:
    """Cells that a reader would hand back as blank: formula errors, and formulas without a stored result."""
    if _BOXED.search(xml):
        return _lost_slowly(xml)
    findings, marked = [], len(re.findall(rb"<(?:\w+:)?c\b[^>]*\bt=[\"']e[\"']", xml))
    if marked:
        errors = [(m[1].decode(), (m[2] or b"").decode()) for m in _ERROR.finditer(xml)]
        if len(errors) != marked:
            return _lost_slowly(xml)
        found = ", ".join(dict.fromkeys(value for _, value in errors if value))
        findings.append(finding("error_cell", count=len(errors), where=listing([cell for cell, _ in errors]), found=found))
    formulas = len(re.findall(rb"<(?:\w+:)?f\b", xml))
    if formulas:
        matches = list(_FORMULA.finditer(xml))
        if len(matches) != formulas:
            return _lost_slowly(xml)
        bare = [m[1] for m in matches if not m[2] and not re.search(rb"\bt=[\"'](?:str|e)[\"']", m[1])]
        cells = [b"".join(at.groups()).decode() for attributes in bare if (at := _ADDRESS.search(attributes))]
        if cells:
            findings.append(finding("formula_without_value", count=len(cells), where=listing(cells)))
    return tuple(findings)


def _lost_slowly(xml: bytes) -> tuple[Finding, ...]:
    """The same by a parser, for sheets that no spreadsheet program writes so: remarks, cells without an address, odd order."""
    errors, bare, values, row = list[str](), list[str](), dict[str, None](), 0
    for event, element in ElementTree.iterparse(io.BytesIO(xml), events=("start", "end")):
        tag = element.tag.rpartition("}")[2]
        if tag == "row" and event == "start":
            row += 1
        if tag != "c" or event == "start":
            continue
        parts: dict[str, Any] = {child.tag.rpartition("}")[2]: (child.text or "") for child in element}
        names = [child.tag.rpartition("}")[2] for child in element]
        address, kind = element.get("r") or f"row {row}", element.get("t", "n")
        if kind == "e":
            errors.append(address)
            values[parts.get("v", "")] = None
        elif "f" in names and kind != "str" and (not parts.get("v") or names.index("v") < names.index("f")):
            bare.append(address)
        element.clear()
    found = ", ".join(value for value in values if value)
    told = {"error_cell": errors, "formula_without_value": bare}
    return tuple(finding(rule, count=len(at), where=listing(at), found=found) for rule, at in told.items() if at)


def hidden_rows(xml: bytes) -> tuple[Finding, ...]:
    """Rows that are hidden or filtered out, which are read all the same; rows and cells of one address, of which one is lost."""
    findings = list[Finding]()
    hidden = [int(row) for row in _HIDDEN.findall(xml)]
    if hidden:
        findings.append(finding("hidden_rows", count=len(hidden), where=listing(hidden)))
    rows, cells = _ROW.findall(xml), _CELL.findall(xml)
    if len(rows) != len(set(rows)):
        again = [f"row {row}" for row in sorted(int(row) for row, often in Counter(rows).items() if often > 1)]
        findings.append(finding("repeated_cell", count=len(again), where=listing(again)))
    elif len(cells) != len(set(cells)):
        again = [cell.decode() for cell, often in Counter(cells).items() if often > 1]
        findings.append(finding("repeated_cell", count=len(again), where=listing(again)))
    return tuple(findings)


def raised_marks(archive: zipfile.ZipFile, xml: bytes) -> set[str]:
    """Texts whose figure ends in a raised mark, such as that of a footnote, which a reader would take for a digit of it."""
    shared = archive.read("xl/sharedStrings.xml") if "xl/sharedStrings.xml" in archive.namelist() else b""
    return {text for part in (shared, xml) if b"superscript" in part for text in _raised(part)}


def _raised(part: bytes) -> Iterator[str]:
    for element in ElementTree.fromstring(part).iter():
        if element.tag.rpartition("}")[2] not in ("si", "is"):
            continue
        whole, raised = "", False
        for run in element:
            text = "".join(child.text or "" for child in run if child.tag.endswith("}t")) if run.tag.endswith("}r") else ""
            mark = any(child.get("val") == "superscript" for child in run.iter() if child.tag.endswith("}vertAlign"))
            raised |= mark and any(letter.isdigit() for letter in text)
            whole += text
        if raised and read_cell(whole).readable:
            yield whole


def formats(archive: zipfile.ZipFile) -> dict[bytes, str]:
    """The number format of the cell styles that show a percentage, leading zeros, or a thousandth of what is stored."""
    if "xl/styles.xml" not in archive.namelist():
        return {}
    styles = ElementTree.fromstring(archive.read("xl/styles.xml"))
    codes = {"9": "0%", "10": "0.00%"}
    codes |= {e.get("numFmtId", ""): e.get("formatCode", "") for e in styles.iter() if e.tag.endswith("}numFmt")}
    cells = next((e for e in styles.iter() if e.tag.endswith("}cellXfs")), ElementTree.Element("none"))
    used = {str(at).encode(): codes.get(element.get("numFmtId", ""), "") for at, element in enumerate(cells)}
    return {style: code for style, code in used.items() if "%" in code or _ZEROS.match(code) or _scaled(code)}


def _scaled(code: str) -> bool:
    return _SCALED.search(_QUOTED.sub("", code.partition(";")[0])) is not None or "0!.0" in code


def shown_as(archive: zipfile.ZipFile, xml: bytes) -> tuple[dict[int, NDArray[np.intp]], dict[tuple[int, int], int], list[str]]:
    """For each column the rows shown as a percentage; the digits to which cells (column, row) are filled with zeros; and the
    cells that show a thousandth or less of what they hold."""
    kinds = formats(archive)
    rows, digits, scaled = dict[int, list[int]](), dict[tuple[int, int], int](), list[str]()
    for match in _STYLED.finditer(xml) if kinds else ():
        code, column, row = kinds.get(match[1], ""), number(match[2]), int(match[3]) - 1
        if "%" in code:
            rows.setdefault(column, []).append(row)
        elif zeros := _ZEROS.match(code):
            digits[column, row] = len(zeros[1])
        elif code:
            scaled.append(f"{match[2].decode()}{row + 1}")
    return {column: np.array(at, dtype=np.intp) for column, at in rows.items()}, digits, scaled
