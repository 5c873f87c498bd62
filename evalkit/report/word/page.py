"""The page of a Word report: its room, its header and footer, its styles, and the sections in which it is turned."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm

from evalkit.report.numbering import PAGES
from evalkit.report.word.parts import field, paragraph, run
from evalkit.report.word.styles import BODY_FONTS, COVER_LABEL, THREE_LINE, fonts, styles
from evalkit.terms import Lang

SIDES = ("top", "right", "bottom", "left")


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The room for text on a page, in twips, and on one that is turned on its side."""

    width: int
    height: int
    turned: int

    @classmethod
    def of(cls, section: Any) -> Room:
        """The room on the pages of a section."""
        page, (top, right, bottom, left) = section.page_width.twips, _margins(section)
        high = section.page_height.twips
        return cls(width=page - left - right, height=high - top - bottom, turned=max(page, high) - left - right)


def _margins(section: Any) -> tuple[int, ...]:
    gutter = section.gutter.twips if section.gutter else 0
    return tuple(getattr(section, f"{side}_margin").twips + (gutter if side == "left" else 0) for side in SIDES)


def dress(word: Any, title: str, lang: Lang) -> None:
    """Give a new document its page, header, footer and styles."""
    section = word.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(2.5)
    section.header_distance = section.footer_distance = Cm(1.5)
    root = word.styles.element
    defaults = root.find(".//{*}rPrDefault")
    defaults.getparent().replace(
        defaults,
        parse_xml(
            f"<w:rPrDefault {nsdecls('w')}><w:rPr>{fonts(*BODY_FONTS, lang)}"
            '<w:lang w:val="en-US" w:eastAsia="zh-CN" w:bidi="ar-SA"/></w:rPr></w:rPrDefault>'
        ),
    )
    for style in styles(lang):
        for old in root.xpath(f'w:style[@w:styleId="{style.id}" or w:link/@w:val="{style.id}"]'):
            root.remove(old)
        root.append(parse_xml(style.xml(lang)))
    root.append(parse_xml(COVER_LABEL))
    root.append(parse_xml(THREE_LINE))
    hyphens = parse_xml(f"<w:autoHyphenation {nsdecls('w')}/>")
    word.settings.element.find(qn("w:defaultTabStop")).addnext(hyphens)
    edges(section, title, lang)


def close(word: Any, line: int) -> None:
    """Set the lines of the lists of tables and figures this far apart."""
    for spacing in word.styles.element.xpath('w:style[@w:styleId="TableOfFigures"]/w:pPr/w:spacing'):
        spacing.set(qn("w:line"), str(line))


def edges(section: Any, title: str, lang: Lang) -> None:
    """The title above, the page number below; nothing on the cover."""
    section.different_first_page_header_footer = True
    before, rest = PAGES.say(lang).split("{page}")
    between, after = rest.split("{pages}")
    count = [run(before), field("PAGE", "2"), run(between), field("NUMPAGES", "2"), *([run(after)] if after else [])]
    for part, style, inside in ((section.header, "Header", [run(title)]), (section.footer, "Footer", count)):
        part.is_linked_to_previous = False
        part._element.replace(part._element[0], _parsed(paragraph(style, *inside)))
    for part in (section.first_page_header, section.first_page_footer):
        part.is_linked_to_previous = False
        part._element.replace(part._element[0], _parsed(paragraph("Normal")))


def section_end(last: Any, *, turned: bool) -> Any:
    """A hardly visible paragraph that ends a section like the last one, turned on its side or not.

    The first section keeps the cover without header; those after it have none.
    """
    ends = deepcopy(last)
    for kind in ("type",):
        for old in ends.findall(qn(f"w:{kind}")):
            ends.remove(old)
    if turned:
        turn(ends)
    for name in ("titlePg", "pgNumType"):
        for old in last.findall(qn(f"w:{name}")):
            last.remove(old)
    made = _parsed(paragraph("Normal", props='<w:spacing w:before="0" w:after="0" w:line="20" w:lineRule="exact"/>'))
    made.pPr.append(ends)
    return made


def turn(section: Any) -> None:
    """Turn the page of a section on its side; the margins at its sides stay."""
    page = section.find(qn("w:pgSz"))
    wide, high = page.get(qn("w:w")), page.get(qn("w:h"))
    if int(wide) < int(high):
        page.set(qn("w:w"), high)
        page.set(qn("w:h"), wide)
        page.set(qn("w:orient"), "landscape")


def _parsed(xml: str) -> Any:
    return parse_xml(xml.replace("<w:p>", f"<w:p {nsdecls('w')}>", 1))
