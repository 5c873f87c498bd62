"""Numbers of chapters, tables and figures, and the lines around them, the same in every format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from evalkit.report.document import Block, Document, Figure, Heading, Paragraph, Table
from evalkit.report.plain import safe_text
from evalkit.report.sheets import elsewhere, sheet_names
from evalkit.terms import Lang, Text

KINDS = {Table: Text("表", "Table"), Figure: Text("图", "Figure")}
CONTENTS = {"heading": Text("目  录", "Contents"), "table": Text("表目录", "Tables"), "figure": Text("图目录", "Figures")}
PAGES = Text("第 {page} 页 共 {pages} 页", "Page {page} of {pages}")
SOURCE, NOTE = Text("来源：{text}", "Source: {text}"), Text("注：{text}", "Note: {text}")
ENDS = (".", "。", "”", "）", ")", "!", "！", "?", "？")  # of a paragraph that another sentence may follow
WORTH_A_LIST = 8  # tables or figures


@dataclass(frozen=True, slots=True)
class Numbered:
    """A block with its number.

    `label` is the heading or caption as printed in the language of the document, `other` the caption in the other language,
    `elsewhere` what is said of rows that are left to the workbook; `shown` are the figures and tables under a paragraph,
    which it ends by naming (`mention`).
    """

    block: Block
    number: str = ""
    label: str = ""
    other: str = ""
    anchor: str = ""
    elsewhere: str = ""
    shown: tuple[Numbered, ...] = ()

    @property
    def name(self) -> str:
        """What a table or figure is called in the text: "Table 3"."""
        return self.label[: self.label.index(self.number) + len(self.number)] if self.number else self.label

    @property
    def bilingual(self) -> bool:
        """Whether the caption says something else in the other language."""
        caption = self.block.caption if isinstance(self.block, Table | Figure) else Text("", "")
        return bool(caption.zh and caption.en and caption.zh != caption.en)


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
    return _mentioning(out)


def _mentioning(items: list[Numbered]) -> list[Numbered]:
    """Each paragraph of the text with the figures and tables right under it."""
    out = list(items)
    for at, item in enumerate(items):
        block = item.block
        if isinstance(block, Paragraph) and block.role == "body" and block.text.rstrip().endswith(ENDS):
            out[at] = replace(item, shown=tuple(takewhile(lambda one: isinstance(one.block, Table | Figure), items[at + 1 :])))
    return out


def mention(item: Numbered, lang: Lang) -> list[str | Numbered]:
    """How a paragraph names what stands under it, in pieces: words, and the figures and tables themselves.

    Examples
    --------
    >>> from evalkit.terms import Text
    >>> import pandas as pd
    >>> table = Table(key="t", caption=Text("", ""), frame=pd.DataFrame())
    >>> item, *_ = numbered(Document(title="t", lang="en", blocks=(Paragraph("Incomes rose."), table, table, table)))
    >>> "".join(piece if isinstance(piece, str) else piece.name for piece in mention(item, "en"))
    ' See Table 1 to Table 3.'
    >>> drawn = Figure(key="f", caption=Text("", ""), draw=lambda: None, alt="")
    >>> item, *_ = numbered(Document(title="t", lang="en", blocks=(Paragraph("Incomes rose."), drawn, drawn, table)))
    >>> "".join(piece if isinstance(piece, str) else piece.name for piece in mention(item, "en"))
    ' See Figure 1, Figure 2 and Table 1.'
    """
    zh = lang == "zh"
    kinds = [some for kind in (Figure, Table) if (some := [one for one in item.shown if isinstance(one.block, kind)])]
    if not kinds:
        return []
    to, then, also, end = ("至", "、", "、", "。") if zh else (" to ", ", ", " and ", ".")
    parts: list[list[str | Numbered]] = []
    for some in kinds:
        parts += [[one] for one in some] if len(some) < 3 else [[some[0], to, some[-1]]]
    pieces: list[str | Numbered] = ["见" if zh else " See "]
    for at, part in enumerate(parts):
        pieces += [*([] if at == 0 else [also if at == len(parts) - 1 else then]), *part]
    return [*pieces, end]


def _captioned(block: Table | Figure, number: int, document: Document, said: str) -> Numbered:
    kind = KINDS[type(block)]
    zh, en = f"{kind.zh} {number}　{safe_text(block.caption.zh)}", f"{kind.en} {number}. {safe_text(block.caption.en)}"
    main, other = (zh, en) if document.lang == "zh" else (en, zh)
    return Numbered(block, str(number), main, other, f"{kind.en.lower()}-{number}", said)


def below(item: Numbered, lang: Lang) -> list[str]:
    """What stands under a table or figure: where its other rows are, its note, its source."""
    block = item.block
    note = block.note if isinstance(block, Table) else ""
    source = block.source if isinstance(block, Table | Figure) else ""
    said = [(NOTE, note), (SOURCE, source)]
    return [*filter(None, [item.elsewhere]), *(text.say(lang).format(text=safe_text(words)) for text, words in said if words)]


def listed(items: Sequence[Numbered]) -> dict[str, list[Numbered]]:
    """What the contents list: chapters and sections, then tables and figures where there are many."""
    kinds = {"heading": Heading, "table": Table, "figure": Figure}
    every = {name: [item for item in items if isinstance(item.block, kind)] for name, kind in kinds.items()}
    every["heading"] = [item for item in every["heading"] if isinstance(item.block, Heading) and item.block.level <= 2]
    return {name: some for name, some in every.items() if len(some) >= (1 if name == "heading" else WORTH_A_LIST)}
