"""The raw parts of a Word text: runs, fields, paragraphs, and tables with three rules, as OOXML strings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from evalkit.report.plain import safe_text

TEXT_WIDTH = 9071  # twentieths of a point between margins of 2.5 cm on A4
_SEAMS = re.compile("(?<=[0-9A-Za-z])(?=[一-鿿])|(?<=[一-鿿])(?=[0-9A-Za-z])")
NARROW = '<w:tblCellMar><w:left w:w="55" w:type="dxa"/><w:right w:w="55" w:type="dxa"/></w:tblCellMar>'
AIR = 116  # twips beside a number in a narrow cell: the margins of NARROW, and a hair
SAMPLE, SLICE = 60, 100  # rows looked at, and twips given at a time, to find widths
_BREAKABLE = re.compile(r"[\s/、，。；：;]+|(?<=-)")


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
            f'<w:tblLayout w:type="autofit"/>{NARROW if self.small else ""}'
            '<w:tblLook w:val="0620" w:firstRow="1" w:lastRow="0" w:firstColumn="0" w:lastColumn="0" w:noHBand="1" w:noVBand="1"/>'
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
        whole = last < 8 and all(wide(text) < 60 for row in self.rows for text in row)  # small enough for one page
        for at, row in enumerate(self.rows):
            kept = whole or at == 0 or at >= last - 1
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

    No number and no word is broken where there is room; what is left goes where it makes the rows lowest.
    """
    half, pad = (82, 130) if grid.small else (92, 175)  # half an em and a little; room at the sides of a cell
    wider = 1.09 if grid.small else 1.16  # letters of headers
    heads = [round(_longest(head) * half * wider) + pad for head in grid.headers]
    columns = _columns(grid)
    bodies = [max(map(_longest, column), default=0) * half + pad for column in columns]
    needs = list(map(max, heads, bodies))
    spans = [[wide(head) * half * wider for head in grid.headers], *([_span(text) * half for text in row] for row in grid.rows)]
    whole = [max(need, round(max(span)) + pad) for need, span in zip(needs, zip(*spans, strict=True), strict=True)]
    if sum(whole) <= TEXT_WIDTH:  # every cell on one line
        spare = max(TEXT_WIDTH * 0.62 - sum(whole), min(TEXT_WIDTH - sum(whole), 260 * len(whole))) / len(whole)
        widths = [round(want + spare) for want in whole]
        return widths, min(round(5000 * sum(widths) / TEXT_WIDTH), 5000)
    names = [min(max(map(_span, column), default=0), 24) * half + pad for column in columns]  # on one line where they can
    ease = [max(need, round(name)) for need, name in zip(needs, names, strict=True)]
    for least in (ease, needs):
        if sum(least) <= TEXT_WIDTH:
            return _lowest(least, whole, spans[:SAMPLE], pad), 5000
    if sum(bodies) <= TEXT_WIDTH:  # long words of headers are broken, numbers are not
        return _between(bodies, needs), 5000
    return _tight(bodies, grid, pad), 5000


def _tight(bodies: Sequence[int], grid: Grid, pad: int) -> list[int]:
    """Widths of a table too wide for its page: numbers keep theirs and lose the air beside them, words take what is left."""
    least = [body - (pad - AIR if numeric else 0) for body, numeric in zip(bodies, grid.numeric, strict=True)]
    numbers = sum(width for width, numeric in zip(least, grid.numeric, strict=True) if numeric)
    words = sum(least) - numbers
    if not words or numbers > 0.8 * TEXT_WIDTH:
        return [int(width * TEXT_WIDTH / sum(least)) for width in least]
    room = (TEXT_WIDTH - numbers) / words
    return [width if numeric else int(width * room) for width, numeric in zip(least, grid.numeric, strict=True)]


def _lowest(least: Sequence[int], most: Sequence[int], spans: Sequence[Sequence[float]], pad: int) -> list[int]:
    """Widths that fill the page, slice by slice: each goes to the column that makes the most rows high."""
    widths, room = list(least), TEXT_WIDTH - sum(least)
    while room > 0:
        gain = [0.0] * len(widths)
        for row in spans:
            lines = [span / (width - pad) for span, width in zip(row, widths, strict=True)]
            at = lines.index(max(lines))
            gain[at] += lines[at] / (widths[at] - pad)
        open_ = [at for at, width in enumerate(widths) if width < most[at]]
        at = max(open_, key=gain.__getitem__)
        step = min(SLICE, room, most[at] - widths[at])
        widths[at], room = widths[at] + step, room - step
    return widths


def _between(least: Sequence[int], most: Sequence[int]) -> list[int]:
    """Widths that fill the page, each between its least and its most; the widest columns give way first."""
    low, high = 0, max(most)
    while high - low > 1:
        cap = (low + high) // 2
        fits = sum(max(a, min(b, cap)) for a, b in zip(least, most, strict=True)) <= TEXT_WIDTH
        low, high = (cap, high) if fits else (low, cap)
    return [max(a, min(b, low)) for a, b in zip(least, most, strict=True)]


def wide(text: str) -> int:
    """How wide a text is, in half-width characters: a Chinese character takes two, and Latin beside Chinese some air."""
    if text.isascii():
        return len(text)
    full = sum(2 if unicodedata.east_asian_width(mark) in "WF" else 1 for mark in text)
    return full + (len(_SEAMS.findall(text)) + 1) // 2


def _span(text: str) -> float:
    """The width of a text in print: Latin letters are narrower than digits."""
    return wide(text) * (0.86 if text.isascii() and not text[-1:].isdigit() else 1)


def _longest(text: str) -> int:
    """The longest piece that should not be broken: a number, a Latin word, up to four Chinese characters."""
    return max((min(wide(piece), 8 if not piece.isascii() else 16) for piece in _BREAKABLE.split(text)), default=0)


def _columns(grid: Grid) -> list[tuple[str, ...]]:
    return list(zip(*grid.rows, strict=True)) if grid.rows else [()] * len(grid.headers)
