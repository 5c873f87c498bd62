"""A document as a Word file that an institute can hand in: cover, contents, chapters, numbered tables and figures."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import Any

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Cm, Emu

from evalkit.report.archive import MOMENT, reproducible
from evalkit.report.document import Bullets, Document, Figure, Formula, Heading, Paragraph, Table
from evalkit.report.numbering import KINDS, Numbered, numbered
from evalkit.report.pictures import Pictures
from evalkit.report.plain import printed, safe_text
from evalkit.report.word_parts import Grid, bookmark, field, field_begin, field_end, paragraph, run, wide
from evalkit.report.word_styles import AT_FOOT, GRAY, HEAD_FONTS, dress
from evalkit.terms import Lang, Text

CONTENTS = Text("目  录", "Contents")
SOURCE, NOTE = Text("来源：{text}", "Source: {text}"), Text("注：{text}", "Note: {text}")
ROLES = {"body": "BodyText", "key": "KeyFinding", "note": "NoteText", "caution": "CautionText"}
MOST_WIDE, MOST_HIGH = Cm(16), Cm(22)


def word(document: Document, pictures: Pictures) -> bytes:
    """The document as a .docx file, the same bytes for the same content.

    The contents are a field already filled with the headings, each a link; only page numbers are missing, since nobody
    knows them before the text is laid out. The field is marked dirty, so that Word offers to fill them in when the file is
    opened; `updateFields` in the settings is not used, since it would ask again at every opening and renew every field.
    """
    file = docx.Document()
    dress(file, safe_text(document.title), document.lang)
    _describe(file, document)
    writer = _Writer(file, document, pictures)
    writer.cover()
    writer.contents()
    for item in writer.items:
        writer.write(item)
    out = BytesIO()
    file.save(out)
    return reproducible(out.getvalue())


def _describe(file: Any, document: Document) -> None:
    """Title and language in the properties; nothing of the template's own."""
    about = file.core_properties
    about.title, about.subject, about.comments = safe_text(document.title), safe_text(document.subtitle), ""
    about.author = about.last_modified_by = ""
    about.language = "zh-CN" if document.lang == "zh" else "en-US"
    about.created = about.modified = datetime(*MOMENT)
    links = file.part.package.rels
    for key in [key for key, link in links.items() if link.reltype.endswith("/thumbnail")]:
        del links[key]


class _Writer:
    """Writes numbered blocks one after another."""

    def __init__(self, file: Any, document: Document, pictures: Pictures) -> None:
        self.file, self.document, self.pictures = file, document, pictures
        self.lang: Lang = document.lang
        self.end = file.element.body[-1]  # the section's properties stay last
        self.items = numbered(document)
        self.anchors = {item.anchor: at for at, item in enumerate(self.items, start=1) if isinstance(item.block, Heading)}
        self.pictured = 0

    def write(self, item: Numbered) -> None:
        """One block at the end of the text."""
        match block := item.block:
            case Heading():
                self._heading(item, block)
            case Paragraph():
                self._add(paragraph(ROLES[block.role], run(block.text)))
            case Bullets():
                self._bullets(block)
            case Formula():
                self._picture("FormulaLine", self.pictures.formula_png(block), block.alt, whole=False)
            case Table():
                self._table(item, block)
            case Figure():
                self._figure(item, block)

    def cover(self) -> None:
        """Title, subtitle, label–value lines and statement, on a page of their own."""
        document = self.document
        self._add(paragraph("Title", run(document.title)), paragraph("Subtitle", run(document.subtitle)))
        if document.cover:
            reach = 1500 + 130 * max(wide(label) for label, _ in document.cover) + 500
            hang = f'<w:tabs><w:tab w:val="left" w:pos="{reach}"/></w:tabs><w:ind w:left="{reach}" w:right="900" w:hanging="{reach - 1500}"/>'
            colon = "：" if self.lang == "zh" else ":"
            bold = f'<w:rFonts w:ascii="{HEAD_FONTS[0]}" w:hAnsi="{HEAD_FONTS[0]}" w:eastAsia="{HEAD_FONTS[1]}"/>'
            for label, value in document.cover:
                self._add(paragraph("CoverLine", run(label + colon, bold), "<w:r><w:tab/></w:r>", run(value), props=hang))
        if document.statement:
            self._add(paragraph("CoverStatement", run(document.statement), props=AT_FOOT), paragraph("Normal"))

    def contents(self) -> None:
        """The table of contents, a field that already shows the headings."""
        lines: list[str] = []
        for item in self.items:
            if isinstance(item.block, Heading) and item.block.level <= 2:
                link = f'<w:hyperlink w:anchor="{self._anchor(item)}" w:history="1">{run(item.label)}</w:hyperlink>'
                head = "" if lines else field_begin('TOC \\o "1-2" \\h \\z \\u', dirty=True)
                lines.append(paragraph(f"TOC{item.block.level}", head, link))
        if lines:
            title = paragraph("ContentsTitle", run(CONTENTS.say(self.lang)), props="<w:pageBreakBefore/>")
            self._add(title, *lines, paragraph("Normal", field_end()))
        if self.document.blocks and not isinstance(self.document.blocks[0], Heading):
            self._add(paragraph("Normal", '<w:r><w:br w:type="page"/></w:r>'))

    def _heading(self, item: Numbered, block: Heading) -> None:
        first = "<w:pageBreakBefore/>" if item is self.items[0] else ""
        inside = bookmark(self.anchors[item.anchor], self._anchor(item), run(item.label))
        self._add(paragraph(f"Heading{min(block.level, 3)}", inside, props=first))

    def _anchor(self, item: Numbered) -> str:
        """The name Word gives to what its contents link to."""
        return f"_Toc{self.anchors[item.anchor]:09d}"

    def _bullets(self, block: Bullets) -> None:
        style, props = ("ListNumber", self._fresh_list()) if block.numbered else ("ListBullet", "")
        self._add(*(paragraph(style, run(item), props=props) for item in block.items))

    def _fresh_list(self) -> str:
        """A numbering that starts at 1 again."""
        numbering = self.file.part.numbering_part.element
        style = numbering.num_having_numId(self.file.styles["List Number"].element.pPr.numPr.numId.val)
        fresh = numbering.add_num(style.abstractNumId.val)
        fresh.add_lvlOverride(0).add_startOverride(1)
        return f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{fresh.numId}"/></w:numPr><w:ind w:left="720" w:hanging="360"/>'

    def _table(self, item: Numbered, block: Table) -> None:
        lines = self._below(item, block)
        headers, rows, numeric = printed(block)
        self._caption(item, block.caption, keep=bool(rows or lines))
        if rows:
            title, note = block.caption.say(self.lang), block.note
            grid = Grid(headers=headers, rows=rows, numeric=numeric, title=title, description=note, ends=not lines)
            self._add(grid.xml())
        self._lines(lines)

    def _below(self, item: Numbered, table: Table) -> list[str]:
        """What stands under a table: where the other rows are, its note, its source."""
        lines = [item.elsewhere] if item.elsewhere else []
        lines += [NOTE.say(self.lang).format(text=table.note)] if table.note else []
        return lines + ([SOURCE.say(self.lang).format(text=table.source)] if table.source else [])

    def _figure(self, item: Numbered, block: Figure) -> None:
        self._picture("FigureLine", self.pictures.png(block), block.alt, whole=True)
        self._caption(item, block.caption, keep=bool(block.source))
        self._lines([SOURCE.say(self.lang).format(text=block.source)] if block.source else [])

    def _caption(self, item: Numbered, caption: Text, *, keep: bool) -> None:
        """The caption in the main language, and smaller in the other where that says something else.

        Its number is a field, so that Word counts on when a table is put in by hand; the other language repeats it.
        """
        kind = KINDS[type(item.block)].say(self.lang)
        before, after = item.label.split(item.number, 1)
        inside = [run(before), field(f"SEQ {kind} \\* ARABIC", item.number), run(after)]
        if caption.zh and caption.en and caption.zh != caption.en:
            hint = "default" if self.lang == "zh" else "eastAsia"
            small = f'<w:rFonts w:hint="{hint}"/><w:color w:val="{GRAY}"/><w:sz w:val="17"/><w:szCs w:val="17"/>'
            before, after = item.other.split(item.number, 1)
            inside += ["<w:r><w:br/></w:r>", run(before, small), field(f"SEQ {kind} \\c", item.number, small), run(after, small)]
        self._add(paragraph("Caption", *inside, props="<w:keepNext/>" if keep else ""))

    def _lines(self, lines: list[str]) -> None:
        """Small lines under a table or figure, kept together, with some room after the last."""
        for at, line in enumerate(lines, start=1):
            last = at == len(lines)
            self._add(paragraph("SourceLine", run(line), props='<w:spacing w:after="240"/>' if last else "<w:keepNext/>"))
        if not lines:
            self._add(paragraph("SourceLine"))

    def _picture(self, style: str, png: bytes, alt: str, *, whole: bool) -> None:
        """A picture on a line of its own, as wide as the text (`whole`) or of its own size, never larger than the page."""
        made = self.file.add_paragraph()
        shape = made.add_run().add_picture(BytesIO(png))
        limit = min(MOST_WIDE / shape.width, MOST_HIGH / shape.height)
        scale = limit if whole else min(limit, 1)
        shape.width, shape.height = Emu(round(shape.width * scale)), Emu(round(shape.height * scale))
        about = shape._inline.docPr
        self.pictured += 1
        about.set("name", f"Picture {self.pictured}")
        about.set("descr", " ".join(safe_text(alt).split()))
        made._p.get_or_add_pPr().style = style

    def _add(self, *parts: str) -> None:
        body = parse_xml(f"<w:body {nsdecls('w')}>{''.join(parts)}</w:body>")
        for part in list(body):
            self.end.addprevious(part)
