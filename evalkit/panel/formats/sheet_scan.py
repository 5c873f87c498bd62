"""What the XML of a sheet tells and a reader of its values does not: lost results, what is hidden, raised marks, formats."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from evalkit.panel.cells import read_cell, unit_word
from evalkit.panel.findings import Finding, finding, listing
from evalkit.panel.formats.addresses import number

_ERROR = re.compile(
    rb"<(?:\w+:)?c\b(?=[^>]*\bt=[\"']e[\"'])[^>]*\br=[\"']([A-Z]+\d+)[\"'][^>]*>(?:\s*<(?:\w+:)?f\b[^>]*(?:/>|>[^<]*</(?:\w+:)?f>))?"
    rb"\s*(?:<(?:\w+:)?v>([^<]*)<)?"
)
_FORMULA = re.compile(rb"<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?f\b[^>]*?(?:/>|>[^<]*</(?:\w+:)?f>)\s*(<(?:\w+:)?v\b[^>]*>)?([^<]*)")
_ADDRESS = re.compile(rb"\br=[\"']([A-Z]+\d+)[\"']")
_KIND = re.compile(rb"\bt=[\"'](\w+)[\"']")
_ZERO = re.compile(r"-?0+(?:\.0*)?")
_DUE = re.compile(rb"<(?:\w+:)?calcPr\b[^>]*\bfullCalcOnLoad\s*=\s*[\"'](?:1|true)[\"']")
_STYLED = re.compile(rb"<(?:\w+:)?c\b(?=[^>]*\bs=[\"'](\d+)[\"'])[^>]*\br=[\"']([A-Z]+)(\d+)[\"']")
_NOT_SEEN = rb"(?=[^>]*\b(?:hidden=[\"'](?:1|true)|%b=[\"']0(?:\.0*)?)[\"'])"
_HIDDEN = re.compile(rb"<(?:\w+:)?row\b" + _NOT_SEEN % b"ht" + rb"[^>]*?\br=[\"'](\d+)[\"']")
_HIDDEN_COLUMNS = re.compile(
    rb"<(?:\w+:)?col\b" + _NOT_SEEN % b"width" + rb"(?=[^>]*\bmin=[\"'](\d+)[\"'])[^>]*\bmax=[\"'](\d+)[\"']"
)
_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*?\br=[\"'](\d+)[\"']")
_CELL = re.compile(rb"<(?:\w+:)?c\b[^>]*?\br=[\"']([A-Z]+\d+)[\"']")
_BOXED = re.compile(rb"<!--|<!\[CDATA\[|<(?:\w+:)?c(?![^>]*\br=)(?:\s[^>]*)?/?>")
_ZEROS = re.compile(r"(0{2,})(?:_.)?(?:;|$)")
_SCALED = re.compile(r"[0#](,+)(?:[^0#,]|$)|0!\.0")
_QUOTED = re.compile(r"\"[^\"]*\"|[\\!_*].|\[[^\]]*\]")
_TAIL = re.compile(r"(?:[0#?]|General)([^0#?]*)$")
_MASKED = re.compile(rb"<(?:\w+:)?v\b[^>]*>[^<&]*(?:&|<!|<\?|</(?:\w+:)?v\s*>\s*<(?:\w+:)?v\b)")
_LATE = re.compile(rb"\br\s*=\s*[\"'][A-Za-z]*(\d{6,})[\"']")
_WIDE = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]{3})\d+[\"']")
_PLACE = re.compile(rb"\br\s*=\s*[\"'][A-Za-z]*(\d+)[\"']")
_NARROW = re.compile(rb"\br=[\"']([A-Z]{1,2})\d+[\"']")
_MERGED = re.compile(rb"\bref\s*=\s*[\"'][A-Za-z]+\d+:[A-Za-z]+(\d+)[\"']")
_TEXT = re.compile(rb"\bt\s*=\s*[\"']str[\"']")
_MARKS = (b"superscript", b"subscript", b"strike")
_LONGEST = 40_000  # bytes of a formula


class Shown(NamedTuple):
    """How cells are shown that hold something else: rows of each column in percent, digits to which cells (column, row) are
    filled with zeros, words of a unit behind them, and the cells that show another figure than they hold, or none."""

    percent: dict[int, NDArray[np.intp]]
    digits: dict[tuple[int, int], int]
    units: dict[tuple[int, int], str]
    scaled: list[tuple[int, int]]


class Formula(NamedTuple):
    """A cell with a formula: where, the type of its result, and the result that is stored; None where none is."""

    address: str
    kind: str
    stored: str | None


def lost(xml: bytes, *, due: bool = False) -> tuple[Finding, ...]:
    """Cells that a reader would hand back as blank or 0: formula errors, and formulas without a stored result.

    In a workbook that is `due` to be calculated, 0 and an empty text are no result where no formula of the column has another.
    """
    if _BOXED.search(xml):
        return _lost_slowly(xml, due=due)
    findings, marked = [], len(re.findall(rb"<(?:\w+:)?c\b[^>]*\bt=[\"']e[\"']", xml))
    if marked:
        errors = [(m[1].decode(), (m[2] or b"").decode()) for m in _ERROR.finditer(xml)]
        if len(errors) != marked:
            return _lost_slowly(xml, due=due)
        found = ", ".join(dict.fromkeys(value for _, value in errors if value))
        findings.append(finding("error_cell", count=len(errors), where=listing([cell for cell, _ in errors]), found=found))
    formulas = len(re.findall(rb"<(?:\w+:)?f\b", xml))
    if formulas:
        matches = list(_FORMULA.finditer(xml))
        if len(matches) != formulas:
            return _lost_slowly(xml, due=due)
        findings += _bare(list(map(_formula, matches)), due=due)
    return tuple(findings)


def _formula(match: re.Match[bytes]) -> Formula:
    address, kind = _ADDRESS.search(match[1]), _KIND.search(match[1])
    stored = match[3].decode().strip() if match[2] else None
    return Formula(address[1].decode() if address else "", kind[1].decode() if kind else "n", stored)


def _bare(formulas: list[Formula], *, due: bool) -> list[Finding]:
    """The formulas without a stored result; a text may well be empty."""
    known = {_column(one) for one in formulas if one.stored and not _ZERO.fullmatch(one.stored)}
    nothing = [
        one.address
        for one in formulas
        if one.kind != "e"
        and (
            one.stored is None
            or (not one.stored and one.kind != "str")
            or (due and _column(one) not in known and _ZERO.fullmatch(one.stored or "0"))
        )
    ]
    return [finding("formula_without_value", count=len(nothing), where=listing(nothing))] if nothing else []


def _column(formula: Formula) -> str:
    return formula.address.rstrip("0123456789")


def is_due(workbook: bytes) -> bool:
    """Whether a workbook asks to be calculated when it is opened, as programs write that cannot calculate.

    Examples
    --------
    >>> is_due(b'<calcPr calcId="124519" fullCalcOnLoad="1"/>'), is_due(b'<calcPr calcId="191029"/>')
    (True, False)
    """
    return _DUE.search(workbook) is not None


def not_renewed(workbook: bytes, xml: bytes) -> int:
    """How many formulas a sheet has in a workbook that is calculated by hand only, whose results may be old.

    Examples
    --------
    >>> not_renewed(b'<calcPr calcId="1" calcMode="manual"/>', b"<c><f>1+1</f><v>2</v></c>")
    1
    """
    return (
        len(re.findall(rb"<(?:\w+:)?f\b", xml))
        if re.search(rb"<(?:\w+:)?calcPr\b[^>]*\bcalcMode=[\"']manual[\"']", workbook)
        else 0
    )


def _lost_slowly(xml: bytes, *, due: bool) -> tuple[Finding, ...]:
    """The same by a parser, for sheets that no spreadsheet program writes so: remarks, odd order."""
    errors, formulas, values, row = list[str](), list[Formula](), dict[str, None](), 0
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
        elif "f" in names:
            behind = "v" in names and names.index("v") > names.index("f")
            formulas.append(Formula(address, kind, parts["v"].strip() if behind else None))
        element.clear()
    found = ", ".join(value for value in values if value)
    told = [finding("error_cell", count=len(errors), where=listing(errors), found=found)] if errors else []
    return (*told, *_bare(formulas, due=due))


def hidden(xml: bytes) -> tuple[list[int], list[tuple[int, int]]]:
    """Rows that are hidden, filtered out or of no height, and the first and last of columns that are hidden or of no width.

    Examples
    --------
    >>> hidden(b'<cols><col min="2" max="3" hidden="1"/></cols><row r="5" hidden="1"/><row r="6"/><row ht="0" r="7"/>')
    ([5, 7], [(2, 3)])
    """
    return [int(row) for row in _HIDDEN.findall(xml)], [(int(first), int(last)) for first, last in _HIDDEN_COLUMNS.findall(xml)]


def repeated(xml: bytes) -> tuple[Finding, ...]:
    """Rows and cells of one address, of which one is lost."""
    rows, cells = _ROW.findall(xml), _CELL.findall(xml)
    if len(rows) != len(set(rows)):
        again = [f"row {row}" for row in sorted(int(row) for row, often in Counter(rows).items() if often > 1)]
    else:
        again = [cell.decode() for cell, often in Counter(cells).items() if often > 1] if len(cells) != len(set(cells)) else []
    return (finding("repeated_cell", count=len(again), where=listing(again)),) if again else ()


def raised_marks(archive: zipfile.ZipFile, xml: bytes) -> set[str]:
    """Texts of which a reader would take for digits of a figure what is raised, lowered or struck through: a footnote's mark, or
    what no longer holds."""
    shared = archive.read("xl/sharedStrings.xml") if "xl/sharedStrings.xml" in archive.namelist() else b""
    return {text for part in (shared, xml) if any(mark in part for mark in _MARKS) for text in _raised(part)}


def _raised(part: bytes) -> Iterator[str]:
    for element in ElementTree.fromstring(part).iter():
        if element.tag.rpartition("}")[2] not in ("si", "is"):
            continue
        whole, raised = "", False
        for run in element:
            text = "".join(child.text or "" for child in run if child.tag.endswith("}t")) if run.tag.endswith("}r") else ""
            mark = any(
                child.get("val") in ("superscript", "subscript")
                if child.tag.endswith("}vertAlign")
                else child.get("val", "1") in ("1", "true")
                for child in run.iter()
                if child.tag.endswith(("}vertAlign", "}strike"))
            )
            raised |= mark and any(letter.isdigit() for letter in text)
            whole += text
        if raised and read_cell(whole).readable:
            yield whole


def span(xml: bytes) -> tuple[int, int, int]:
    """The farthest row and column of a large sheet, in whatever order its cells stand, and the last row of a merged range.

    A sheet of less than 100,000 rows and 703 columns is none, and not measured.

    Examples
    --------
    >>> span(b'<row r="2"><c r="C2"/><c r="A900000"/></row>'), span(b'<row r="2"><c r="C2"/></row>')
    ((900000, 3, 0), (0, 0, 0))
    """
    last = max((int(match[1]) for match in _LATE.finditer(xml)), default=0)
    wide = max((number(match[1].upper()) + 1 for match in _WIDE.finditer(xml)), default=0)
    merged = max((int(row) for row in _MERGED.findall(xml)), default=0)
    if wide and not last:
        last = max((int(match[1]) for match in _PLACE.finditer(xml)), default=0)
    if last and not wide:
        wide = max((number(letters) + 1 for letters in {match[1] for match in _NARROW.finditer(xml)}), default=256)
    return last, wide, merged


def masked(xml: bytes) -> bool:
    """Whether the figure of a cell is written in two parts, or with what a reader of values leaves out: a remark, a reference.

    Examples
    --------
    >>> masked(b'<c r="F2"><v>74<!-- -->89</v></c>'), masked(b'<c r="F2"><v>7489</v></c>')
    (True, False)
    """
    for match in _MASKED.finditer(xml):
        at, first = match.start(), max(0, match.start() - _LONGEST)
        cell = max(xml.rfind(b"<c ", first, at), xml.rfind(b":c ", first, at))
        if not match[0].endswith(b"&") or not _TEXT.search(xml[cell : xml.find(b">", cell)]):  # references in texts are read
            return True
    return False


def formats(archive: zipfile.ZipFile) -> dict[bytes, str]:
    """The number format of each cell style that has one of its own."""
    if "xl/styles.xml" not in archive.namelist():
        return {}
    styles = ElementTree.fromstring(archive.read("xl/styles.xml"))
    codes = {"9": "0%", "10": "0.00%"}
    codes |= {e.get("numFmtId", ""): e.get("formatCode", "") for e in styles.iter() if e.tag.endswith("}numFmt")}
    cells = next((e for e in styles.iter() if e.tag.endswith("}cellXfs")), ElementTree.Element("none"))
    used = {str(at).encode(): codes.get(element.get("numFmtId", ""), "") for at, element in enumerate(cells)}
    return {style: code for style, code in used.items() if code}


def told_by(code: str) -> tuple[str, str]:
    """What a number format does to the figure, and the digits or the unit it shows.

    Examples
    --------
    >>> [told_by(code) for code in ("0.0%", "000000", '0.00"万元"', '0.0"%"', '#,##0,')]
    [('percent', ''), ('zeros', '6'), ('unit', '万元'), ('unit', '%'), ('scaled', '')]
    >>> [told_by(code)[0] for code in ("[>1]0.0;0.0%", "[<=1]0.0%;General")]
    ['scaled', 'scaled']
    >>> [told_by(code)[0] for code in (";;;", '"缺"', '"-"0', "@", "yyyy-mm-dd", "_-* #,##0_-", "0;-0;;@")]
    ['scaled', 'scaled', 'scaled', '', '', '', '']
    """
    if _otherwise(code.partition(";")[0]):
        return "scaled", ""
    sections = [part for part in _QUOTED.sub("", code).split(";")[:2] if re.search("[0#?]|general", part, re.IGNORECASE)]
    percent = ["%" in part for part in sections]
    if any(percent):
        return ("percent" if all(percent) else "scaled"), ""
    if zeros := _ZEROS.match(code):
        return "zeros", str(len(zeros[1]))
    if (sections and _SCALED.search(sections[0])) or "0!.0" in code:
        return "scaled", ""
    tail = _TAIL.search(re.sub(r"[_*].|\[[^\]]*\]", "", code.partition(";")[0]))
    word = re.sub(r"[\"\\!]", "", tail[1]).strip() if tail else ""
    return ("unit", word) if word and unit_word(word) else ("", "")


def _otherwise(first: str) -> bool:
    """Whether figures above 0 are not shown at all, or with a minus before them, by the first section of a format."""
    bare = _QUOTED.sub("", first)
    if not re.search("[0#?@]|general|[ymdhsebg]", bare, re.IGNORECASE):
        return True
    return "-" in re.split("[0#?]", re.sub(r"[_*].|\[[^\]]*\]", "", first))[0] and re.search("[0#?]", bare) is not None


def shown_as(archive: zipfile.ZipFile, xml: bytes) -> Shown:
    """How the cells of a sheet are shown, by their number formats."""
    kinds = {style: told for style, code in formats(archive).items() if (told := told_by(code))[0]}
    rows, shown = dict[int, list[int]](), Shown({}, {}, {}, [])
    for match in _STYLED.finditer(xml) if kinds else ():
        (kind, word), column, row = kinds.get(match[1], ("", "")), number(match[2]), int(match[3]) - 1
        if kind == "percent":
            rows.setdefault(column, []).append(row)
        elif kind == "zeros":
            shown.digits[column, row] = int(word)
        elif kind == "unit":
            shown.units[column, row] = word
        elif kind:
            shown.scaled.append((column, row))
    return shown._replace(percent={column: np.array(at, dtype=np.intp) for column, at in rows.items()})
