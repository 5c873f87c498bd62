"""A document as a Word file that an institute can hand in: cover, contents, chapters, numbered tables and figures."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import Any

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Emu, Twips

from evalkit.report.archive import NO_MOMENT, moment, reproducible
from evalkit.report.columns import Columns
from evalkit.report.document import Bullets, Document, Figure, Formula, Heading, Paragraph, Table
from evalkit.report.numbering import Numbered, below, mention, numbered
from evalkit.report.pictures import Pictures
from evalkit.report.plain import printed, safe_text
from evalkit.report.word.contents import caption, contents, list_line, no_of, ref_of, toc_of
from evalkit.report.word.page import Room, close, dress, section_end
from evalkit.report.word.parts import Grid, bookmark, field, paragraph, run, wide
from evalkit.report.word.signoff import signed
from evalkit.report.word.template import Names, adopted
from evalkit.terms import Lang

ROLES = {"body": "BodyText", "key": "KeyFinding", "note": "NoteText", "caution": "CautionText"}
HIGHEST = 0.6  # of the page: a picture leaves room for its caption, and less of a page empty before it


def word(document: Document, pictures: Pictures, template: bytes | None = None) -> bytes:
    """The document as a .docx file, the same bytes for the same content.

    With a template, a .docx file of the evaluator's own, the report takes its styles, page, header and footer, and only
    styles it lacks are made. The contents are fields already filled with headings and captions, each a link; only page
    numbers are missing, since nobody knows them before the text is laid out. The fields are marked dirty, so that Word
    offers to fill them in when the file is opened; `updateFields` in the settings is not used, since it would ask again at
    every opening and renew every field.
    """
    title = safe_text(document.title)
    if template is None:
        file, names = docx.Document(), Names()
        dress(file, title, document.lang)
    else:
        file, names = adopted(template, title, document.lang)
    _describe(file, document)
    writer = _Writer(file, document, pictures, names)
    writer.cover()
    writer.signoff()
    writer.contents()
    for item in writer.items:
        writer.write(item)
    writer.turn(False)
    out = BytesIO()
    file.save(out)
    return reproducible(out.getvalue())


def _describe(file: Any, document: Document) -> None:
    """Title and language in the properties; nothing of the template's own."""
    about = file.core_properties
    about.title, about.subject, about.comments = safe_text(document.title), safe_text(document.subtitle), ""
    about.author = about.last_modified_by = about.keywords = about.category = ""
    about.language = "zh-CN" if document.lang == "zh" else "en-US"
    about.created = about.modified = moment() or datetime(*NO_MOMENT)
    links = file.part.package.rels
    for key in [key for key, rel in links.items() if rel.reltype.endswith("/thumbnail")]:
        del links[key]


class _Writer:
    """Writes numbered blocks one after another."""

    def __init__(self, file: Any, document: Document, pictures: Pictures, names: Names) -> None:
        self.file, self.document, self.pictures, self.names = file, document, pictures, names
        self.lang: Lang = document.lang
        self.end = file.element.body[-1]  # the section's properties stay last
        self.room = Room.of(file.sections[-1])
        self.items = numbered(document)
        self.marks = 0  # bookmarks made
        self.pictured = 0
        self.turned = False

    def write(self, item: Numbered) -> None:
        """One block at the end of the text."""
        block = item.block
        if not isinstance(block, Table):
            self.turn(False)
        match block:
            case Heading():
                self._heading(item, block)
            case Paragraph():
                self._paragraph(item, block)
            case Bullets():
                self._bullets(block)
            case Formula():
                self._picture("FormulaLine", self.pictures.formula_png(block), block.alt)
            case Table():
                self._table(item, block)
            case Figure():
                self._figure(item, block)

    def turn(self, turned: bool) -> None:
        """Go on on pages turned on their side, or upright again."""
        if turned != self.turned:
            self.end.addprevious(self.names.apply(section_end(self.end, turned=self.turned)))
            self.turned = turned

    def cover(self) -> None:
        """Title, subtitle, label–value lines and statement, on a page of their own."""
        document, width = self.document, self.room.width
        self._add(paragraph("Title", run(document.title)), paragraph("Subtitle", run(document.subtitle)))
        if document.cover:
            reach = 1500 + 130 * max(wide(label) for label, _ in document.cover) + 500
            hang = f'<w:tabs><w:tab w:val="left" w:pos="{reach}"/></w:tabs><w:ind w:left="{reach}" w:right="900" w:hanging="{reach - 1500}"/>'
            colon = "：" if self.lang == "zh" else ":"
            for label, value in document.cover:
                name = run(label + colon, '<w:rStyle w:val="CoverLabel"/>')
                self._add(paragraph("CoverLine", name, "<w:r><w:tab/></w:r>", run(value), props=hang))
        if document.statement:
            at_foot = f'<w:framePr w:w="{width}" w:wrap="notBeside" w:vAnchor="margin" w:hAnchor="margin" w:xAlign="center" w:yAlign="bottom"/>'
            self._add(paragraph("CoverStatement", run(document.statement), props=at_foot), paragraph("Normal"))

    def signoff(self) -> None:
        """The page to sign, where there is one."""
        if self.document.signoff is not None:
            self._add(*signed(self.document.signoff, self.lang))

    def contents(self) -> None:
        """The contents, fields that already show headings and captions."""
        if not self.names.ids:  # a template keeps its own lists
            close(self.file, list_line(self.items, self.room.width, self.room.height))
        self._add(*contents(self.items, self.lang, self.room.width))
        if self.document.blocks and not isinstance(self.document.blocks[0], Heading):
            self._add(paragraph("Normal", '<w:r><w:br w:type="page"/></w:r>'))

    def _heading(self, item: Numbered, block: Heading) -> None:
        first = "<w:pageBreakBefore/>" if item is self.items[0] or block.page else ""
        level = min(block.level, 3)
        text = block.text if level in self.names.counting else item.label
        self._add(paragraph(f"Heading{level}", self._mark(toc_of(item), run(text)), props=first))

    def _mark(self, name: str, inside: str) -> str:
        self.marks += 1
        return bookmark(self.marks, name, inside)

    def _paragraph(self, item: Numbered, block: Paragraph) -> None:
        """A paragraph; the figures and tables it names are references that follow their numbers."""
        named = [
            run(one) if isinstance(one, str) else field(f"REF {ref_of(one)} \\h", one.name) for one in mention(item, self.lang)
        ]
        self._add(paragraph(ROLES[block.role], run(block.text), *named))

    def _bullets(self, block: Bullets) -> None:
        style, props = ("ListNumber", self._fresh_list()) if block.numbered else ("ListBullet", self.names.bullets)
        self._add(*(paragraph(style, run(item), props=props) for item in block.items))

    def _fresh_list(self) -> str:
        """A numbering that starts at 1 again."""
        fresh = self.file.part.numbering_part.element.add_num(self.names.numbers(self.file))
        fresh.add_lvlOverride(0).add_startOverride(1)
        return f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{fresh.numId}"/></w:numPr><w:ind w:left="720" w:hanging="360"/>'

    def _table(self, item: Numbered, block: Table) -> None:
        lines = below(item, self.lang)
        headers, rows, numeric = printed(block)
        columns = Columns(headers=headers, rows=rows, numeric=numeric)
        self.turn(bool(rows) and columns.turned(self.room.width))
        self._caption(item, keep=bool(rows or lines))
        if rows:
            title, room = block.caption.say(self.lang), self.room.turned if self.turned else self.room.width
            self._add(Grid(columns=columns, title=title, description=block.note, room=room, ends=not lines).xml())
        self._lines(lines)

    def _figure(self, item: Numbered, block: Figure) -> None:
        self._picture("FigureLine", self.pictures.png(block), block.alt)
        lines = below(item, self.lang)
        self._caption(item, keep=bool(lines))
        self._lines(lines)

    def _caption(self, item: Numbered, *, keep: bool) -> None:
        """The caption in the main language, and smaller in the other where that says something else."""
        main, other = caption(item, self.lang)
        named = self._mark(ref_of(item), main.name(self._mark(no_of(item), main.number)))
        props = "<w:keepNext/>" if keep or other else ""
        self._add(paragraph("Caption", self._mark(toc_of(item), named + run(main.after)), props=props))
        if other:
            self._add(paragraph("CaptionOther", other, props="<w:keepNext/>" if keep else ""))

    def _lines(self, lines: list[str]) -> None:
        """Small lines under a table or figure, kept together, with some room after the last."""
        for at, line in enumerate(lines, start=1):
            last = at == len(lines)
            self._add(paragraph("SourceLine", run(line), props='<w:spacing w:after="240"/>' if last else "<w:keepNext/>"))
        if not lines:
            self._add(paragraph("SourceLine"))

    def _picture(self, style: str, png: bytes, alt: str) -> None:
        """A picture on a line of its own, of its own size, never larger than the page."""
        made = self.file.add_paragraph()
        shape = made.add_run().add_picture(BytesIO(png))
        most = Twips(self.room.width) / shape.width, Twips(round(self.room.height * HIGHEST)) / shape.height
        scale = min(*most, 1)
        shape.width, shape.height = Emu(round(shape.width * scale)), Emu(round(shape.height * scale))
        about = shape._inline.docPr
        self.pictured += 1
        about.set("id", str(self.pictured))
        about.set("name", f"Picture {self.pictured}")
        about.set("descr", " ".join(safe_text(alt).split()))
        made._p.get_or_add_pPr().insert(0, parse_xml(f'<w:pStyle {nsdecls("w")} w:val="{style}"/>'))
        self.names.apply(made._p)

    def _add(self, *parts: str) -> None:
        body = self.names.apply(parse_xml(f"<w:body {nsdecls('w')}>{''.join(parts)}</w:body>"))
        for part in list(body):
            self.end.addprevious(part)
