"""What a report is made of: headings, paragraphs, formulas, tables and figures in order, in one language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import pandas as pd

from evalkit.terms import Lang, Text

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 is a chapter; `page` begins a page with it."""

    text: str
    level: Literal[1, 2, 3] = 1
    page: bool = False


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph. Its role decides how it looks: body text, a key finding, a note, or a caution."""

    text: str
    role: Literal["body", "key", "note", "caution"] = "body"


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list, numbered or not."""

    items: tuple[str, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula: `tex` in matplotlib's mathtext (without dollar signs), `alt` to be read aloud."""

    tex: str
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A numbered table.

    `key` names its sheet in the workbook; `frame` is ready to print (headers in the language of the document, numbers
    still numbers); `decimals` gives the digits of each float column (3 where not named); `show` limits the rows printed in
    documents (the workbook holds all).
    """

    key: str
    caption: Text
    frame: pd.DataFrame
    source: str = ""
    note: str = ""
    decimals: dict[str, int] = field(default_factory=dict)
    show: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A numbered figure: `key` names its file, `draw` makes it, `alt` says what is to be seen."""

    key: str
    caption: Text
    draw: Callable[[], Canvas]
    alt: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOff:
    """A page to sign by hand: label–value lines, then a table; a cell or value without words is left blank to be written in."""

    title: str
    lines: tuple[tuple[str, str], ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


Block = Heading | Paragraph | Bullets | Formula | Table | Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole report: a cover, a page to sign where there is one, then blocks in order.

    `cover` holds label–value lines; `statement` stands under them.

    `workbook` says whether a workbook with all rows of its tables comes along.
    """

    title: str
    subtitle: str = ""
    lang: Lang = "zh"
    cover: tuple[tuple[str, str], ...] = ()
    statement: str = ""
    signoff: SignOff | None = None
    workbook: bool = True
    blocks: tuple[Block, ...] = ()

    def tables(self) -> tuple[Table, ...]:
        """The tables in order; the n-th is table n."""
        return tuple(block for block in self.blocks if isinstance(block, Table))

    def figures(self) -> tuple[Figure, ...]:
        """The figures in order; the n-th is figure n."""
        return tuple(block for block in self.blocks if isinstance(block, Figure))

    def with_blocks(self, blocks: Iterable[Block]) -> Document:
        """The document with more blocks at its end."""
        return replace(self, blocks=(*self.blocks, *blocks))

    def sourced(self, source: str) -> Document:
        """The document with a source line under every table and figure that has none of its own."""
        bare = (block for block in self.blocks if isinstance(block, Table | Figure) and not block.source)
        new = {id(block): replace(block, source=source) for block in bare}
        return replace(self, blocks=tuple(new.get(id(block), block) for block in self.blocks))
