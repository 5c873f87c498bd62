"""How a Word report looks: page, header and footer, and the styles of an official report in Chinese or English."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Cm

from evalkit.report.word_parts import TEXT_WIDTH, field, paragraph, run
from evalkit.terms import Lang, Text

BODY_FONTS = ("Times New Roman", "SimSun")
HEAD_FONTS = ("Arial", "SimHei")
GRAY = "595959"
AT_FOOT = (  # at the foot of the cover, whatever stands above
    f'<w:framePr w:w="{TEXT_WIDTH}" w:wrap="notBeside" w:vAnchor="margin" w:hAnchor="margin" w:xAlign="center" w:yAlign="bottom"/>'
)
PAGES = Text("第 {page} 页 共 {pages} 页", "Page {page} of {pages}")


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
            f"<w:qFormat/><w:pPr>{self.before}{self.box}"
            f'<w:spacing w:before="{self.space[0]}" w:after="{self.space[1]}" w:line="{self.line[0]}" w:lineRule="{self.line[1]}"/>'
            f'{self.indent}<w:jc w:val="{self.align}"/>{outline}</w:pPr>'
            f'<w:rPr>{fonts(*(HEAD_FONTS if self.head else BODY_FONTS), lang)}<w:b w:val="{int(self.bold)}"/><w:bCs w:val="{int(self.bold)}"/>'
            f'<w:color w:val="{self.color}"/><w:sz w:val="{self.size}"/><w:szCs w:val="{self.size}"/>'
            '<w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:style>'
        )

    def _next(self) -> str:
        return "BodyText" if self.outline is not None else self.id


CUSTOM = {
    "KeyFinding", "NoteText", "CautionText", "TableText", "TableTextSmall", "TableHead", "TableHeadSmall", "SourceLine",
    "FigureLine", "FormulaLine", "CoverLine", "CoverStatement", "ContentsTitle",
}  # fmt: skip


def fonts(latin: str, chinese: str, lang: Lang) -> str:
    """The fonts of a run; in a Chinese text, marks both scripts have (quotes, dashes) are set as Chinese."""
    hint = ' w:hint="eastAsia"' if lang == "zh" else ""
    return f'<w:rFonts{hint} w:ascii="{latin}" w:hAnsi="{latin}" w:eastAsia="{chinese}" w:cs="{latin}"/>'


def dress(word: Any, title: str, lang: Lang) -> None:
    """Give a python-docx document its page, header, footer and styles."""
    _page(word)
    root = word.styles.element
    defaults = root.find(".//{*}rPrDefault")
    defaults.getparent().replace(
        defaults,
        parse_xml(
            f"<w:rPrDefault {nsdecls('w')}><w:rPr>{fonts(*BODY_FONTS, lang)}"
            '<w:lang w:val="en-US" w:eastAsia="zh-CN" w:bidi="ar-SA"/></w:rPr></w:rPrDefault>'
        ),
    )
    for style in _styles(lang):
        for old in root.xpath(f'w:style[@w:styleId="{style.id}" or w:link/@w:val="{style.id}"]'):
            root.remove(old)
        root.append(parse_xml(style.xml(lang)))
    root.append(parse_xml(THREE_LINE))
    _edges(word.sections[0], title, lang)


def _page(word: Any) -> None:
    section = word.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(2.5)
    section.header_distance = section.footer_distance = Cm(1.5)
    section.different_first_page_header_footer = True


def _edges(section: Any, title: str, lang: Lang) -> None:
    """The title above, the page number below; nothing on the cover."""
    before, rest = PAGES.say(lang).split("{page}")
    between, after = rest.split("{pages}")
    count = [run(before), field("PAGE", "2"), run(between), field("NUMPAGES", "2"), *([run(after)] if after else [])]
    for part, style, inside in ((section.header, "Header", [run(title)]), (section.footer, "Footer", count)):
        part.is_linked_to_previous = False
        part._element.replace(part._element[0], _parsed(paragraph(style, *inside)))
    for part in (section.first_page_header, section.first_page_footer):
        part.is_linked_to_previous = False
        part._element.replace(part._element[0], _parsed(paragraph("Normal")))


def _parsed(xml: str) -> Any:
    return parse_xml(xml.replace("<w:p>", f"<w:p {nsdecls('w')}>", 1))


def _border(side: str, size: int, space: int, color: str) -> str:
    return f'<w:{side} w:val="single" w:sz="{size}" w:space="{space}" w:color="{color}"/>'


def _borders(*sides: str) -> str:
    return f"<w:pBdr>{''.join(sides)}</w:pBdr>"


def _styles(lang: Lang) -> list[Style]:
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
        Style(id="Caption", name="caption", size=21, head=True, space=(200, 80), align="center", before=lines),
        Style(id="SourceLine", name="Source Line", size=17, color=GRAY, space=(60, 0), before=lines),
        Style(id="FigureLine", name="Figure Line", size=21, space=(200, 0), align="center", before=keep),
        Style(id="FormulaLine", name="Formula Line", size=21, space=(120, 120), align="center"),
        Style(id="Header", name="header", size=18, color=GRAY, align="center", box=rule),
        Style(id="Footer", name="footer", size=18, color=GRAY, align="center"),
        Style(id="TOC1", name="toc 1", size=24, head=True, space=(120, 40), box=tab),
        Style(id="TOC2", name="toc 2", size=22, space=(20, 20), box=tab, indent='<w:ind w:left="440"/>'),
        Style(id="ContentsTitle", name="Contents Title", size=32, head=True, bold=True, space=(0, 320), align="center"),
    ]


def _cover() -> list[Style]:
    rule = _borders(_border("top", 4, 8, "7F7F7F"))
    return [
        Style(id="Title", name="Title", size=52, head=True, bold=True, space=(3000, 240), align="center"),
        Style(id="Subtitle", name="Subtitle", size=32, head=True, color="262626", space=(0, 1400), align="center"),
        Style(id="CoverLine", name="Cover Line", size=26, space=(80, 80), line=(360, "atLeast")),
        Style(id="CoverStatement", name="Cover Statement", size=19, color="404040", line=(320, "atLeast"), box=rule),
    ]


THREE_LINE = (
    f'<w:style {nsdecls("w")} w:type="table" w:customStyle="1" w:styleId="ThreeLine"><w:name w:val="Three-Line Table"/>'
    '<w:basedOn w:val="TableNormal"/><w:qFormat/><w:tblPr><w:tblBorders>'
    f"{_border('top', 12, 0, '000000')}{_border('bottom', 12, 0, '000000')}</w:tblBorders>"
    '<w:tblCellMar><w:left w:w="80" w:type="dxa"/><w:right w:w="80" w:type="dxa"/></w:tblCellMar></w:tblPr>'
    f'<w:tblStylePr w:type="firstRow"><w:tcPr><w:tcBorders>{_border("bottom", 6, 0, "000000")}</w:tcBorders></w:tcPr></w:tblStylePr>'
    "</w:style>"
)
