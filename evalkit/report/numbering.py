"""Numbers of chapters, tables and figures, the same in every format."""

from __future__ import annotations

from dataclasses import dataclass

from evalkit.report.document import Block, Document, Figure, Heading, Table
from evalkit.report.plain import safe_text
from evalkit.report.sheets import elsewhere, sheet_names
from evalkit.terms import Text

KINDS = {Table: Text("表", "Table"), Figure: Text("图", "Figure")}


@dataclass(frozen=True, slots=True)
class Numbered:
    """A block with its number.

    `label` is the heading or caption as printed in the language of the document, `other` the caption in the other language,
    `elsewhere` what is said of rows that are left to the workbook.
    """

    block: Block
    number: str = ""
    label: str = ""
    other: str = ""
    anchor: str = ""
    elsewhere: str = ""


def numbered(document: Document) -> list[Numbered]:
    """The blocks of a document in order, headings, tables and figures numbered.

    Examples
    --------
    >>> found = numbered(Document(title="t", lang="en", blocks=(Heading("Scope"), Heading("Data", level=2), Heading("End"))))
    >>> [item.label for item in found]
    ['1 Scope', '1.1 Data', '2 End']
    """
    chapters, counts, out = [0, 0, 0], {Table: 0, Figure: 0}, []
    sheets = iter(sheet_names(document.tables()))
    for block in document.blocks:
        if isinstance(block, Heading):
            at = block.level - 1
            chapters[at:] = [chapters[at] + 1, *([0] * (len(chapters) - at - 1))]
            number = ".".join(str(n) for n in chapters[: at + 1])
            out.append(Numbered(block, number, f"{number} {safe_text(block.text)}", anchor=f"h{number.replace('.', '-')}"))
        elif isinstance(block, Table | Figure):
            kind = type(block)
            counts[kind] += 1
            said = elsewhere(block, next(sheets), document.lang, workbook=document.workbook) if isinstance(block, Table) else ""
            out.append(_captioned(block, counts[kind], document, said))
        else:
            out.append(Numbered(block))
    return out


def _captioned(block: Table | Figure, number: int, document: Document, said: str) -> Numbered:
    kind = KINDS[type(block)]
    zh, en = f"{kind.zh} {number}　{safe_text(block.caption.zh)}", f"{kind.en} {number}. {safe_text(block.caption.en)}"
    main, other = (zh, en) if document.lang == "zh" else (en, zh)
    return Numbered(block, str(number), main, other, f"{kind.en.lower()}-{number}", said)
