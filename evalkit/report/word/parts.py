"""The raw parts of a Word text: runs, fields, paragraphs, and tables with three rules, as OOXML strings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from evalkit.report.columns import TEXT_WIDTH, Columns, wide
from evalkit.report.plain import safe_text

__all__ = ["Grid", "attribute", "bookmark", "field", "field_begin", "field_end", "link", "paragraph", "run", "wide"]

NARROW = '<w:tblCellMar><w:left w:w="55" w:type="dxa"/><w:right w:w="55" w:type="dxa"/></w:tblCellMar>'


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


def link(anchor: str, *inside: str) -> str:
    """Runs that lead to a bookmark."""
    return f'<w:hyperlink w:anchor="{anchor}" w:history="1">{"".join(inside)}</w:hyperlink>'


def _rpr(props: str) -> str:
    return f"<w:rPr>{props}</w:rPr>" if props else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table ready to print: its columns, what it is, to be read aloud, and the room it has in twips."""

    columns: Columns
    title: str
    description: str = ""
    room: int = TEXT_WIDTH
    ends: bool = True  # nothing follows that must stay on the same page

    def xml(self) -> str:
        """The table: header row repeated, rows never split, three rules, never wider than the page."""
        widths = self.columns.widths(self.room).each
        total = sum(widths)
        share = min(round(5000 * total / self.room), 5000)
        grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
        cells = [f'<w:tc><w:tcPr><w:tcW w:w="{round(5000 * width / total)}" w:type="pct"/>' for width in widths]
        return (
            f'<w:tbl><w:tblPr><w:tblStyle w:val="ThreeLine"/><w:tblW w:w="{share}" w:type="pct"/><w:jc w:val="center"/>'
            f'<w:tblLayout w:type="autofit"/>{NARROW if self.columns.small else ""}'
            '<w:tblLook w:val="0620" w:firstRow="1" w:lastRow="0" w:firstColumn="0" w:lastColumn="0" w:noHBand="1" w:noVBand="1"/>'
            f"<w:tblCaption w:val={attribute(self.title)}/><w:tblDescription w:val={attribute(self.description or self.title)}/>"
            f"</w:tblPr><w:tblGrid>{grid}</w:tblGrid>{self._header(cells)}{self._body(cells)}</w:tbl>"
        )

    def _header(self, cells: Sequence[str]) -> str:
        style, made = self._style("TableHead"), []
        for cell, text, numeric in zip(cells, self.columns.headers, self.columns.numeric, strict=True):
            rule = '<w:tcBorders><w:bottom w:val="single" w:sz="6" w:space="0" w:color="000000"/></w:tcBorders>'
            align = f'<w:keepNext/><w:jc w:val="{"right" if numeric else "left"}"/>'
            made.append(f'{cell}{rule}<w:vAlign w:val="bottom"/></w:tcPr>{paragraph(style, run(text), props=align)}</w:tc>')
        return f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{''.join(made)}</w:tr>"

    def _body(self, cells: Sequence[str]) -> str:
        style, last, made = self._style("TableText"), len(self.columns.rows) - 1, []
        right = ['<w:jc w:val="right"/>' if numeric else "" for numeric in self.columns.numeric]
        cells = [cell + "<w:noWrap/>" * numeric for cell, numeric in zip(cells, self.columns.numeric, strict=True)]
        for at, row in enumerate(self.columns.rows):
            kept = self.columns.short or at == 0 or at >= last - 1
            keep = "<w:keepNext/>" if kept and not (self.ends and at == last) else ""
            inside = "".join(
                f'{cell}</w:tcPr><w:p><w:pPr><w:pStyle w:val="{style}"/>{keep}{align}</w:pPr>{run(text)}</w:p></w:tc>'
                for cell, align, text in zip(cells, right, row, strict=True)
            )
            made.append(f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{inside}</w:tr>")
        return "".join(made)

    def _style(self, name: str) -> str:
        return f"{name}Small" if self.columns.small else name
