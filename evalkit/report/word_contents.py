"""The contents of a Word report and its captions: fields that show already what Word would find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evalkit.report.document import Figure, Heading, Table
from evalkit.report.numbering import CONTENTS, KINDS, Numbered, listed
from evalkit.report.word_parts import field, field_begin, field_end, link, paragraph, run
from evalkit.terms import Lang


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
    """Chapters and sections, then tables and figures where there are many, as paragraphs."""
    out: list[str] = []
    tab = f'<w:tabs><w:tab w:val="right" w:leader="dot" w:pos="{width}"/></w:tabs>'
    for name, some in listed(items).items():
        code = 'TOC \\o "1-2" \\h \\z \\u' if name == "heading" else f'TOC \\h \\z \\c "{_kind(some[0], lang)}"'
        props = "" if out else "<w:pageBreakBefore/>"
        out.append(paragraph("ContentsTitle", run(CONTENTS[name].say(lang)), props=f"<w:keepNext/>{props}"))
        for at, item in enumerate(some):
            head = "" if at else field_begin(code, dirty=True)
            page = field(f"PAGEREF {toc_of(item)} \\h", "", dirty=True)
            line = link(toc_of(item), run(item.label), "<w:r><w:tab/></w:r>", page)
            last = field_end() if at == len(some) - 1 else ""
            out.append(paragraph(_style(item), head, line, last, props=tab))
    return out


def _kind(item: Numbered, lang: Lang) -> str:
    return KINDS[type(item.block)].say(lang) if isinstance(item.block, Table | Figure) else ""


def _style(item: Numbered) -> str:
    return f"TOC{item.block.level}" if isinstance(item.block, Heading) else "TableOfFigures"
