"""The contents of a Word report and its captions: fields that show already what Word would find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from evalkit.report.document import Figure, Heading, Table
from evalkit.report.numbering import CONTENTS, KINDS, Numbered, listed
from evalkit.report.word.parts import field, field_begin, field_end, link, paragraph, run, wide
from evalkit.report.word.styles import LIST_LINE, LISTED
from evalkit.terms import Lang, Text

HINT = Text(  # inside the field, so that it goes when the page numbers come
    "页码由 Word 填写：打开时如询问是否更新域，请选“是”；也可全选（Ctrl+A）后按 F9。填写后本行自动消失。",
    "Word fills in the page numbers: choose Yes if it asks at opening whether to update fields, or select all (Ctrl+A) and press F9. "
    "This line then goes by itself.",
)


FEW = 0.4  # of a page, that lists are not worth
CLOSEST = 212  # twips from line to line that letters of this size can still be read at
SURE = 0.02  # of a page, that an estimate may be off
PAGE_NUMBER = 500  # twips at the end of a line
TITLE, HEADS = 980, {1: 450, 2: 304}  # twips of a title and of a line of the contents, by their styles


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """A caption in the main language: what stands before its number, the number as a field, and what comes after."""

    before: str
    number: str
    after: str

    def name(self, number: str) -> str:
        """The first part, "Table 3", around a number that is marked."""
        return run(self.before) + number


def toc_of(item: Numbered) -> str:
    """The name of the bookmark that the contents lead to."""
    return f"_Toc_{item.anchor.replace('-', '_')}"


def ref_of(item: Numbered) -> str:
    """The name of the bookmark around "Table 3", which references repeat."""
    return f"_Ref_{item.anchor.replace('-', '_')}"


def no_of(item: Numbered) -> str:
    """The name of the bookmark around the number of a caption, which the caption in the other language repeats."""
    return f"_No_{item.anchor.replace('-', '_')}"


def caption(item: Numbered, lang: Lang) -> tuple[Caption, str]:
    """The caption, and its line in the other language, or nothing.

    Its number is a field, so that Word counts on when a table is put in by hand; the other language repeats it.
    """
    before, after = item.label.split(item.number, 1)
    main = Caption(before=before, number=field(f"SEQ {_kind(item, lang)} \\* ARABIC", item.number), after=after)
    if not item.bilingual:
        return main, ""
    before, after = item.other.split(item.number, 1)
    hint = f'<w:rFonts w:hint="{"default" if lang == "zh" else "eastAsia"}"/>'
    return main, run(before, hint) + field(f"REF {no_of(item)} \\h", item.number, hint) + run(after, hint)


def contents(items: Sequence[Numbered], lang: Lang, width: int) -> list[str]:
    """Chapters and sections, then tables and figures where there are many, as paragraphs.

    Page numbers are missing until Word lays the text out; a line at the head of the first list says how they come.
    """
    out: list[str] = []
    tab = f'<w:tabs><w:tab w:val="right" w:leader="dot" w:pos="{width}"/></w:tabs>'
    for name, some in listed(items).items():
        code = 'TOC \\o "1-2" \\h \\z \\u' if name == "heading" else f'TOC \\h \\z \\c "{_kind(some[0], lang)}"'
        props = "" if out else "<w:pageBreakBefore/>"
        opening = field_begin(code, dirty=True)
        out.append(paragraph("ContentsTitle", run(CONTENTS[name].say(lang)), props=f"<w:keepNext/>{props}"))
        if name == "heading":
            out.append(paragraph("NoteText", opening, run(HINT.say(lang))))
            opening = ""
        for at, item in enumerate(some):
            head = "" if at else opening
            page = field(f"PAGEREF {toc_of(item)} \\h", "", dirty=True)
            line = link(toc_of(item), run(item.label), "<w:r><w:tab/></w:r>", page)
            last = field_end() if at == len(some) - 1 else ""
            out.append(paragraph(_style(item), head, line, last, props=tab))
    return out


def list_line(items: Sequence[Numbered], width: int, height: int) -> int:
    """Twips from line to line of the lists: a little fewer where their last lines would else have a page for themselves."""
    whole, few = divmod(_pages(items, width, height, LIST_LINE), 1)
    if not whole or few > FEW:
        return LIST_LINE
    closer = range(LIST_LINE, CLOSEST - 1, -2)
    return next((line for line in closer if _pages(items, width, height, line) < whole - SURE), LIST_LINE)


def _pages(items: Sequence[Numbered], width: int, height: int, line: int) -> float:
    """About how many pages the contents take, by the sizes of their styles."""
    lists = listed(items)
    heads = [item.block.level for item in lists.get("heading", []) if isinstance(item.block, Heading)]
    named = [item.label for name, some in lists.items() if name != "heading" for item in some]
    rows = [ceil(wide(label) * (0.9 if label.isascii() else 1) * LISTED * 5 / (width - PAGE_NUMBER)) for label in named]
    return (TITLE * len(lists) + sum(HEADS[level] for level in heads) + line * sum(rows)) / height


def _kind(item: Numbered, lang: Lang) -> str:
    return KINDS[type(item.block)].say(lang) if isinstance(item.block, Table | Figure) else ""


def _style(item: Numbered) -> str:
    return f"TOC{item.block.level}" if isinstance(item.block, Heading) else "TableOfFigures"
