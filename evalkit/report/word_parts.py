"""The raw parts of a Word text: runs, fields, paragraphs, and tables with three rules, as OOXML strings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from evalkit.report.plain import safe_text

TEXT_WIDTH = 9071  # twentieths of a point between margins of 2.5 cm on A4
_BREAKABLE = re.compile(r"[\s/、，。；：,;]+|(?<=-)")


def attribute(text: str) -> str:
    """A text as a quoted attribute, on one line."""
    return quoteattr(" ".join(safe_text(text).split()))


def run(text: str, props: str = "") -> str:
    """A run of text; a new line in it is a line break."""
    inside = "<w:br/>".join(f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in safe_text(text).split("\n"))
    return f"<w:r>{_rpr(props)}{inside}</w:r>"


def field(code: str, cached: str, props: str = "", *, dirty: bool = False) -> str:
    """A field and the result a reader sees before it is updated."""
    return field_begin(code, props, dirty=dirty) + run(cached, props) + field_end(props)


def field_begin(code: str, props: str = "", *, dirty: bool = False) -> str:
    """The head of a field whose result follows."""
    r, asks = f"<w:r>{_rpr(props)}", ' w:dirty="true"' if dirty else ""
    return (
        f'{r}<w:fldChar w:fldCharType="begin"{asks}/></w:r>'
        f'{r}<w:instrText xml:space="preserve"> {escape(code)} </w:instrText></w:r>'
        f'{r}<w:fldChar w:fldCharType="separate"/></w:r>'
    )


def field_end(props: str = "") -> str:
    """The end of a field."""
    return f'<w:r>{_rpr(props)}<w:fldChar w:fldCharType="end"/></w:r>'


def paragraph(style: str, *inside: str, props: str = "") -> str:
    """A paragraph in a style, by its id; `props` are further paragraph properties, in the order of the standard."""
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{props}</w:pPr>{"".join(inside)}</w:p>'


def bookmark(number: int, name: str, inside: str) -> str:
    """Runs that can be linked to."""
    return f'<w:bookmarkStart w:id="{number}" w:name="{name}"/>{inside}<w:bookmarkEnd w:id="{number}"/>'


def _rpr(props: str) -> str:
    return f"<w:rPr>{props}</w:rPr>" if props else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table ready to print: headers, rows of text, which columns are numbers, and what it is, to be read aloud."""

    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: Sequence[bool]
    title: str
    description: str = ""
    ends: bool = True  # nothing follows that must stay on the same page

    @property
    def small(self) -> bool:
        """Whether it has too many columns for the usual size."""
        return len(self.headers) > 8

    def xml(self) -> str:
        """The table: header row repeated, rows never split, three rules, never wider than the page."""
        widths, share = widths_of(self)
        total = sum(widths)
        columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
        cells = [f'<w:tc><w:tcPr><w:tcW w:w="{round(5000 * width / total)}" w:type="pct"/>' for width in widths]
        return (
            f'<w:tbl><w:tblPr><w:tblStyle w:val="ThreeLine"/><w:tblW w:w="{share}" w:type="pct"/><w:jc w:val="center"/>'
            '<w:tblLayout w:type="autofit"/>'
            '<w:tblLook w:val="0020" w:firstRow="1" w:lastRow="0" w:firstColumn="0" w:lastColumn="0" w:noHBand="1" w:noVBand="1"/>'
            f"<w:tblCaption w:val={attribute(self.title)}/><w:tblDescription w:val={attribute(self.description or self.title)}/>"
            f"</w:tblPr><w:tblGrid>{columns}</w:tblGrid>{self._header(cells)}{self._body(cells)}</w:tbl>"
        )

    def _header(self, cells: Sequence[str]) -> str:
        style, made = self._style("TableHead"), []
        for cell, text, numeric in zip(cells, self.headers, self.numeric, strict=True):
            rule = '<w:tcBorders><w:bottom w:val="single" w:sz="6" w:space="0" w:color="000000"/></w:tcBorders>'
            align = f'<w:keepNext/><w:jc w:val="{"right" if numeric else "left"}"/>'
            made.append(f'{cell}{rule}<w:vAlign w:val="bottom"/></w:tcPr>{paragraph(style, run(text), props=align)}</w:tc>')
        return f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{''.join(made)}</w:tr>"

    def _body(self, cells: Sequence[str]) -> str:
        style, last, made = self._style("TableText"), len(self.rows) - 1, []
        right = ['<w:jc w:val="right"/>' if numeric else "" for numeric in self.numeric]
        for at, row in enumerate(self.rows):
            kept = at == 0 or last < 8 or at >= last - 1
            keep = "<w:keepNext/>" if kept and not (self.ends and at == last) else ""
            inside = "".join(
                f'{cell}</w:tcPr><w:p><w:pPr><w:pStyle w:val="{style}"/>{keep}{align}</w:pPr>{run(text)}</w:p></w:tc>'
                for cell, align, text in zip(cells, right, row, strict=True)
            )
            made.append(f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{inside}</w:tr>")
        return "".join(made)

    def _style(self, name: str) -> str:
        return f"{name}Small" if self.small else name


def widths_of(grid: Grid) -> tuple[list[int], int]:
    """Widths of the columns in twips by what they hold, and the table's share of the text width in fiftieths of a percent.

    A column gets what its longest word needs, then a part of what is left in proportion to its text.
    """
    half = 80 if grid.small else 90  # half an em
    pad = 170
    columns = [[head, *column] for head, column in zip(grid.headers, _columns(grid), strict=True)]
    needs = [max(_longest(text) for text in column) * half + pad for column in columns]
    wants = [max(min(max(map(wide, column)), 64) * half + pad, need) for column, need in zip(columns, needs, strict=True)]
    if sum(wants) <= TEXT_WIDTH:
        spare = max(TEXT_WIDTH * 0.62 - sum(wants), min(TEXT_WIDTH - sum(wants), 260 * len(wants))) / len(wants)
        widths = [round(want + max(spare, 0)) for want in wants]
        return widths, min(round(5000 * sum(widths) / TEXT_WIDTH), 5000)
    room, asked = TEXT_WIDTH - sum(needs), sum(wants) - sum(needs)
    if room <= 0:
        return [int(need * TEXT_WIDTH / sum(needs)) for need in needs], 5000
    return [int(need + room * (want - need) / asked) for need, want in zip(needs, wants, strict=True)], 5000


def wide(text: str) -> int:
    """How wide a text is, in half-width characters: a Chinese character takes two."""
    return len(text) if text.isascii() else sum(2 if unicodedata.east_asian_width(mark) in "WFA" else 1 for mark in text)


def _longest(text: str) -> int:
    """The longest piece that should not be broken: a number, a Latin word, up to four Chinese characters."""
    return max((min(wide(piece), 8 if not piece.isascii() else 16) for piece in _BREAKABLE.split(text)), default=0)


def _columns(grid: Grid) -> list[tuple[str, ...]]:
    return list(zip(*grid.rows, strict=True)) if grid.rows else [()] * len(grid.headers)
