"""A document as a Word file that an institute can hand in: cover, contents, chapters, numbered tables and figures."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from io import BytesIO
from typing import Any

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Cm, Emu

from evalkit.report.archive import MOMENT, reproducible
from evalkit.report.document import Block, Bullets, Document, Figure, Formula, Heading, Paragraph, Table
from evalkit.report.pictures import Pictures
from evalkit.report.plain import hidden_rows, printed, safe_text
from evalkit.report.word_parts import Grid, bookmark, field, field_begin, field_end, paragraph, run, wide
from evalkit.report.word_styles import AT_FOOT, GRAY, HEAD_FONTS, dress
from evalkit.report.workbook import sheet_names
from evalkit.terms import Lang, Text

TABLE, FIGURE = Text("表", "Table"), Text("图", "Figure")
CONTENTS = Text("目  录", "Contents")
SOURCE, NOTE = Text("来源：{text}", "Source: {text}"), Text("注：{text}", "Note: {text}")
HIDDEN = Text(
    "本表共 {rows} 行，此处列出前 {shown} 行；全部 {rows} 行见随附工作簿的“{sheet}”工作表。",
    "The first {shown} of {rows} rows are printed; the workbook holds all {rows} rows in sheet “{sheet}”.",
)
ELSEWHERE = Text("本表共 {rows} 行，见随附工作簿的“{sheet}”工作表。", "The workbook holds all {rows} rows in sheet “{sheet}”.")
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
    for block in document.blocks:
        writer.write(block)
    out = BytesIO()
    file.save(out)
    return reproducible(out.getvalue())


def _describe(file: Any, document: Document) -> None:
    """Title and language in the properties; nothing of the template's own."""
    about = file.core_properties
    about.title, about.subject, about.comments = safe_text(document.title), safe_text(document.subtitle), ""
    about.author = about.last_modified_by = ""
    about.language = "zh-CN" if document.lang == "zh" else "en-US"
    about.created = about.modified = datetime(*MOMENT)  # noqa: DTZ001
    links = file.part.package.rels
    for key in [key for key, link in links.items() if link.reltype.endswith("/thumbnail")]:
        del links[key]


class _Writer:
    """Writes blocks one after another, counting headings, tables and figures."""

    def __init__(self, file: Any, document: Document, pictures: Pictures) -> None:
        self.file, self.document, self.pictures = file, document, pictures
        self.lang: Lang = document.lang
        self.end = file.element.body[-1]  # the section's properties stay last
        self.sheets = dict(zip(map(id, document.tables()), sheet_names(document.tables()), strict=True))
        self.headings = numbered(block for block in document.blocks if isinstance(block, Heading))
        self.seen = {"heading": 0, "table": 0, "figure": 0, "picture": 0}

    def write(self, block: Block) -> None:
        """One block at the end of the text."""
        match block:
            case Heading():
                self._heading(block)
            case Paragraph():
                self._add(paragraph(ROLES[block.role], run(block.text)))
            case Bullets():
                self._bullets(block)
            case Formula():
                self._picture("FormulaLine", self.pictures.formula_png(block), block.alt, whole=False)
            case Table():
                self._table(block)
            case Figure():
                self._figure(block)

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
            self._add(paragraph("CoverStatement", run(document.statement), props=AT_FOOT))

    def contents(self) -> None:
        """The table of contents, a field that already shows the headings."""
        listed = [(at, level, text) for at, (level, text) in enumerate(self.headings, start=1) if level <= 2]
        lines: list[str] = []
        for at, level, text in listed:
            link = f'<w:hyperlink w:anchor="{_anchor(at)}" w:history="1">{run(text)}</w:hyperlink>'
            head = field_begin('TOC \\o "1-2" \\h \\z \\u', dirty=True) if not lines else ""
            lines.append(paragraph(f"TOC{level}", head, link))
        if lines:
            title = paragraph("ContentsTitle", run(CONTENTS.say(self.lang)), props="<w:pageBreakBefore/>")
            self._add(title, *lines, paragraph("Normal", field_end()))
        if self.document.blocks and not isinstance(self.document.blocks[0], Heading):
            self._add(paragraph("Normal", '<w:r><w:br w:type="page"/></w:r>'))

    def _heading(self, block: Heading) -> None:
        at = self.seen["heading"] = self.seen["heading"] + 1
        level, text = self.headings[at - 1]
        first = "<w:pageBreakBefore/>" if block is self.document.blocks[0] else ""
        self._add(paragraph(f"Heading{level}", bookmark(at, _anchor(at), run(text)), props=first))

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

    def _table(self, block: Table) -> None:
        self.seen["table"] += 1
        lines = self._below(block)
        headers, rows, numeric = printed(block)
        self._caption(TABLE, self.seen["table"], block.caption, keep=bool(rows or lines))
        if rows:
            title, note = block.caption.say(self.lang), block.note
            grid = Grid(headers=headers, rows=rows, numeric=numeric, title=title, description=note, ends=not lines)
            self._add(grid.xml())
        self._lines(lines)

    def _below(self, table: Table) -> list[str]:
        """What stands under a table: where the other rows are, its note, its source."""
        lines, hidden, rows = [], hidden_rows(table), len(table.frame)
        if hidden:
            said = (ELSEWHERE if hidden == rows else HIDDEN).say(self.lang)
            lines.append(said.format(rows=rows, shown=rows - hidden, sheet=self.sheets[id(table)]))
        lines += [NOTE.say(self.lang).format(text=table.note)] if table.note else []
        return lines + ([SOURCE.say(self.lang).format(text=table.source)] if table.source else [])

    def _figure(self, block: Figure) -> None:
        self.seen["figure"] += 1
        self._picture("FigureLine", self.pictures.png(block), block.alt, whole=True)
        self._caption(FIGURE, self.seen["figure"], block.caption, keep=bool(block.source))
        self._lines([SOURCE.say(self.lang).format(text=block.source)] if block.source else [])

    def _caption(self, kind: Text, number: int, caption: Text, *, keep: bool) -> None:
        """The caption in the main language, and smaller in the other where that says something else."""
        other: Lang = "en" if self.lang == "zh" else "zh"
        count = f"SEQ {kind.say(self.lang)}"
        inside = [*_label(kind.say(self.lang), number, f"{count} \\* ARABIC"), run(caption.say(self.lang))]
        if caption.say(other) != caption.say(self.lang):
            small = (
                f'<w:rFonts w:hint="{"default" if other == "en" else "eastAsia"}"/><w:color w:val="{GRAY}"/><w:sz w:val="17"/>'
            )
            inside += [
                "<w:r><w:br/></w:r>",
                *_label(kind.say(other), number, f"{count} \\c", small),
                run(caption.say(other), small),
            ]
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
        self.seen["picture"] += 1
        about.set("name", f"Picture {self.seen['picture']}")
        about.set("descr", " ".join(safe_text(alt).split()))
        made._p.get_or_add_pPr().style = style

    def _add(self, *parts: str) -> None:
        body = parse_xml(f"<w:body {nsdecls('w')}>{''.join(parts)}</w:body>")
        for part in list(body):
            self.end.addprevious(part)


def numbered(headings: Iterable[Heading]) -> list[tuple[int, str]]:
    """The headings with their numbers: 1, 1.1, 1.1.1.

    Examples
    --------
    >>> numbered([Heading("Summary"), Heading("Methods"), Heading("Weights", level=2)])
    [(1, '1  Summary'), (1, '2  Methods'), (2, '2.1  Weights')]
    """
    count, made = [0, 0, 0], []
    for heading in headings:
        level = min(heading.level, 3)
        count = [*count[: level - 1], count[level - 1] + 1, *[0] * (3 - level)]
        made.append((level, f"{'.'.join(map(str, count[:level]))}  {heading.text}"))
    return made


def _label(name: str, number: int, code: str, props: str = "") -> list[str]:
    """“表 1” or “Table 1”: the number is a field, so that Word counts on when a table is put in by hand."""
    return [run(f"{name} ", props), field(code, str(number), props), run("  ", props)]


def _anchor(at: int) -> str:
    return f"_Toc{at:09d}"
