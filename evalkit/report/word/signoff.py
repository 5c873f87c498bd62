"""The page to sign of a Word report: lines and a table with room to write by hand."""

from __future__ import annotations

from evalkit.report.columns import TEXT_WIDTH
from evalkit.report.document import SignOff
from evalkit.report.word.parts import attribute, paragraph, run, wide
from evalkit.terms import Lang

SHARES = (0.21, 0.24, 0.3, 0.25)  # of the width: part, name, signature, date
HEIGHT = 760  # twips of a row, for a signature
CENTERED = '<w:jc w:val="center"/>'
BOX = "".join(f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>' for side in ("top", "left", "bottom", "right"))
INSIDE = "".join(f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>' for side in ("insideH", "insideV"))


def signed(page: SignOff, lang: Lang) -> list[str]:
    """The page as parts of the text; it begins on a page of its own."""
    label = "：" if lang == "zh" else ":"
    title = paragraph("ContentsTitle", run(page.title), props="<w:pageBreakBefore/>")
    reach = 500 + 140 * max((wide(name) for name, _ in page.lines), default=0)
    lines = [_line(name + label, value, reach) for name, value in page.lines]
    note = [paragraph("SourceLine", run(page.note))] if page.note else []
    return [title, *lines, paragraph("Normal"), _table(page), *note]


def _line(name: str, value: str, reach: int) -> str:
    """A label and its value, or a rule to write on, that reaches the right margin."""
    stop = f'<w:tab w:val="left" w:pos="{reach}"/>' + (
        "" if value else f'<w:tab w:val="right" w:leader="underscore" w:pos="{TEXT_WIDTH}"/>'
    )
    props = f'<w:tabs>{stop}</w:tabs><w:spacing w:before="200" w:after="200"/><w:ind w:left="{reach}" w:hanging="{reach}"/>'
    said = [run(name, '<w:rStyle w:val="CoverLabel"/>'), "<w:r><w:tab/></w:r>", run(value) if value else "<w:r><w:tab/></w:r>"]
    return paragraph("CoverLine", *said, props=props)


def _table(page: SignOff) -> str:
    shares = SHARES if len(page.heads) == len(SHARES) else (1 / len(page.heads),) * len(page.heads)
    widths = [round(TEXT_WIDTH * share) for share in shares]
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    head = _row(page.heads, widths, "TableHead", "<w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>")
    tall = f'<w:trPr><w:cantSplit/><w:trHeight w:val="{HEIGHT}" w:hRule="atLeast"/></w:trPr>'
    rows = "".join(_row(row, widths, "TableText", tall) for row in page.rows)
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/><w:tblBorders>{BOX}{INSIDE}</w:tblBorders>'
        '<w:tblLayout w:type="fixed"/><w:tblLook w:val="0620" w:firstRow="1" w:lastRow="0" w:firstColumn="0" w:lastColumn="0" '
        f'w:noHBand="1" w:noVBand="1"/><w:tblCaption w:val={attribute(page.title)}/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{head}{rows}</w:tbl>'
    )


def _row(texts: tuple[str, ...], widths: list[int], style: str, props: str) -> str:
    cells = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>'
        f"{paragraph(style, run(text), props=CENTERED)}</w:tc>"
        for text, width in zip(texts, widths, strict=True)
    )
    return f"<w:tr>{props}{cells}</w:tr>"
