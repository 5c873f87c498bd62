"""How a Word report looks: the styles of an official report in Chinese or English, each to be restyled in Word."""

from __future__ import annotations

from dataclasses import dataclass

from docx.oxml.ns import nsdecls

from evalkit.report.columns import TEXT_WIDTH
from evalkit.terms import Lang

BODY_FONTS = ("Times New Roman", "SimSun")
HEAD_FONTS = ("Arial", "SimHei")
GRAY = "595959"
LISTED = 18  # half points: letters of the lists of tables and figures
LIST_LINE = 250  # twips from one line of them to the next


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """A paragraph style: sizes in half points, distances in twips."""

    id: str
    name: str
    size: int
    base: str = "Normal"
    head: bool = False
    bold: bool = False
    color: str = "000000"
    space: tuple[int, int] = (0, 0)
    line: tuple[int, str] = (240, "auto")
    align: str = "left"
    before: str = ""  # properties that stand before borders and spacing: keepNext, numPr
    box: str = ""  # borders, shading, tabs
    indent: str = ""
    outline: int | None = None

    def xml(self, lang: Lang) -> str:
        """The style as OOXML."""
        outline = "" if self.outline is None else f'<w:outlineLvl w:val="{self.outline}"/>'
        base = "" if self.id == "Normal" else f'<w:basedOn w:val="{self.base}"/><w:next w:val="{self._next()}"/>'
        default = ' w:default="1"' if self.id == "Normal" else ""
        custom = ' w:customStyle="1"' if self.id in CUSTOM else ""
        return (
            f'<w:style {nsdecls("w")} w:type="paragraph"{default}{custom} w:styleId="{self.id}"><w:name w:val="{self.name}"/>{base}'
            f"<w:qFormat/><w:pPr>{self.before}{self.box}{self._hyphens()}"
            f'<w:spacing w:before="{self.space[0]}" w:after="{self.space[1]}" w:line="{self.line[0]}" w:lineRule="{self.line[1]}"/>'
            f'{self.indent}<w:jc w:val="{self.align}"/>{outline}</w:pPr>'
            f'<w:rPr>{fonts(*(HEAD_FONTS if self.head else BODY_FONTS), lang)}<w:b w:val="{int(self.bold)}"/><w:bCs w:val="{int(self.bold)}"/>'
            f'<w:color w:val="{self.color}"/><w:sz w:val="{self.size}"/><w:szCs w:val="{self.size}"/>'
            '<w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:style>'
        )

    def _hyphens(self) -> str:
        """Words are broken in tables only, where columns are narrow."""
        return "" if self.id.startswith("Table") else "<w:suppressAutoHyphens/>"

    def _next(self) -> str:
        return "BodyText" if self.outline is not None else self.id


CUSTOM = {
    "KeyFinding", "NoteText", "CautionText", "TableText", "TableTextSmall", "TableHead", "TableHeadSmall", "SourceLine",
    "FigureLine", "FormulaLine", "CoverLine", "CoverStatement", "ContentsTitle", "CaptionOther",
}  # fmt: skip


def fonts(latin: str, chinese: str, lang: Lang) -> str:
    """The fonts of a run; in a Chinese text, marks both scripts have (quotes, dashes) are set as Chinese."""
    hint = ' w:hint="eastAsia"' if lang == "zh" else ""
    return f'<w:rFonts{hint} w:ascii="{latin}" w:hAnsi="{latin}" w:eastAsia="{chinese}" w:cs="{latin}"/>'


def _border(side: str, size: int, space: int, color: str) -> str:
    return f'<w:{side} w:val="single" w:sz="{size}" w:space="{space}" w:color="{color}"/>'


def _borders(*sides: str) -> str:
    return f"<w:pBdr>{''.join(sides)}</w:pBdr>"


def styles(lang: Lang) -> list[Style]:
    """Every style the report uses; Chinese text is larger and indents its first line by two characters."""
    return [*_text(lang), *_headings(), *_lists(lang), *_boxes(lang), *_around(), *_cover()]


def _text(lang: Lang) -> list[Style]:
    zh = lang == "zh"
    size, line = (24, (420, "atLeast")) if zh else (22, (300, "atLeast"))
    first = '<w:ind w:firstLineChars="200" w:firstLine="480"/>' if zh else ""
    align = "both" if zh else "left"
    return [
        Style(id="Normal", name="Normal", size=size, line=line),
        Style(id="BodyText", name="Body Text", size=size, line=line, align=align, indent=first, space=(0, 60 if zh else 120)),
    ]


def _headings() -> list[Style]:
    keep = "<w:keepNext/><w:keepLines/>"
    sizes = ((32, (480, 240)), (28, (320, 160)), (24, (240, 120)))
    return [
        Style(id=f"Heading{n}", name=f"heading {n}", size=size, head=True, bold=True, space=space, before=keep, outline=n - 1)
        for n, (size, space) in enumerate(sizes, start=1)
    ]


def _lists(lang: Lang) -> list[Style]:
    """Lists keep the numbering definitions of the template: 1 is the bullet, 5 the number."""
    size, line = (24, (400, "atLeast")) if lang == "zh" else (22, (290, "atLeast"))
    return [
        Style(
            id=id_,
            name=name,
            size=size,
            line=line,
            space=(0, 60),
            before=f'<w:numPr><w:numId w:val="{num}"/></w:numPr>',
            indent='<w:ind w:left="720" w:hanging="360"/>',
        )
        for id_, name, num in (("ListBullet", "List Bullet", 1), ("ListNumber", "List Number", 5))
    ]


def _boxes(lang: Lang) -> list[Style]:
    size, line = (23, (400, "atLeast")) if lang == "zh" else (21, (290, "atLeast"))
    frame = _borders(*(_border(side, 4, 6, "BFBFBF") for side in ("top", "left", "bottom", "right")))
    shade = '<w:shd w:val="clear" w:color="auto" w:fill="F2F2F2"/>'
    inset = '<w:ind w:left="140" w:right="140"/>'
    amber = _borders(_border("left", 36, 8, "C77700"))
    return [
        Style(
            id="KeyFinding", name="Key Finding", size=size, line=line, space=(160, 160), before="<w:keepLines/>",
            box=frame + shade, indent=inset,
        ),
        Style(id="NoteText", name="Note Text", size=18, color=GRAY, line=(280, "atLeast"), space=(40, 80)),
        Style(
            id="CautionText", name="Caution Text", size=size, line=line, space=(140, 140), before="<w:keepLines/>",
            box=amber, indent='<w:ind w:left="220"/>',
        ),
    ]  # fmt: skip


def _around() -> list[Style]:
    """Tables, figures, formulas, their captions and sources; header, footer and contents."""
    rule = _borders(_border("bottom", 4, 4, "7F7F7F"))
    tab = f'<w:tabs><w:tab w:val="right" w:leader="dot" w:pos="{TEXT_WIDTH}"/></w:tabs>'
    keep, lines = "<w:keepNext/>", "<w:keepLines/>"
    tables = [
        Style(id=f"{id_}{tail}", name=f"{name}{' Small' * bool(tail)}", size=size, head=head, space=(30, 30))
        for id_, name, head in (("TableText", "Table Text", False), ("TableHead", "Table Head", True))
        for tail, size in (("", 18), ("Small", 15 if head else 16))
    ]
    return [
        *tables,
        Style(id="Caption", name="caption", size=21, head=True, space=(200, 40), align="center", before=lines),
        Style(
            id="CaptionOther",
            name="Caption Other Language",
            size=17,
            head=True,
            color=GRAY,
            space=(0, 80),
            align="center",
            before=lines,
        ),
        Style(id="SourceLine", name="Source Line", size=17, color=GRAY, space=(60, 0), before=lines),
        Style(id="FigureLine", name="Figure Line", size=21, space=(200, 0), align="center", before=keep),
        Style(id="FormulaLine", name="Formula Line", size=21, space=(120, 120), align="center"),
        Style(id="Header", name="header", size=18, color=GRAY, align="center", box=rule),
        Style(id="Footer", name="footer", size=18, color=GRAY, align="center"),
        Style(id="TOC1", name="toc 1", size=24, head=True, space=(120, 40), box=tab),
        Style(id="TOC2", name="toc 2", size=22, space=(20, 20), box=tab, indent='<w:ind w:left="440"/>'),
        Style(id="TableOfFigures", name="table of figures", size=LISTED, line=(LIST_LINE, "exact"), box=tab),
        Style(id="ContentsTitle", name="Contents Title", size=32, head=True, bold=True, space=(360, 240), align="center"),
    ]


def _cover() -> list[Style]:
    rule = _borders(_border("top", 4, 8, "7F7F7F"))
    return [
        Style(id="Title", name="Title", size=52, head=True, bold=True, space=(3000, 240), align="center"),
        Style(id="Subtitle", name="Subtitle", size=32, head=True, color="262626", space=(0, 1400), align="center"),
        Style(id="CoverLine", name="Cover Line", size=26, space=(80, 80), line=(360, "atLeast")),
        Style(id="CoverStatement", name="Cover Statement", size=19, color="404040", line=(320, "atLeast"), box=rule),
    ]


COVER_LABEL = (
    f'<w:style {nsdecls("w")} w:type="character" w:customStyle="1" w:styleId="CoverLabel"><w:name w:val="Cover Label"/><w:qFormat/>'
    f'<w:rPr><w:rFonts w:ascii="{HEAD_FONTS[0]}" w:hAnsi="{HEAD_FONTS[0]}" w:eastAsia="{HEAD_FONTS[1]}"/></w:rPr></w:style>'
)
THREE_LINE = (
    f'<w:style {nsdecls("w")} w:type="table" w:customStyle="1" w:styleId="ThreeLine"><w:name w:val="Three-Line Table"/>'
    '<w:basedOn w:val="TableNormal"/><w:qFormat/><w:tblPr><w:tblBorders>'
    f"{_border('top', 12, 0, '000000')}{_border('bottom', 12, 0, '000000')}</w:tblBorders>"
    '<w:tblCellMar><w:left w:w="80" w:type="dxa"/><w:right w:w="80" w:type="dxa"/></w:tblCellMar></w:tblPr>'
    f'<w:tblStylePr w:type="firstRow"><w:tcPr><w:tcBorders>{_border("bottom", 6, 0, "000000")}</w:tcBorders></w:tcPr></w:tblStylePr>'
    "</w:style>"
)
