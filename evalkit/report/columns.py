"""How wide the columns of a printed table are, and whether it needs a page turned on its side."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

TEXT_WIDTH = 9071  # twentieths of a point between margins of 2.5 cm on A4
TURNED_WIDTH = 14003  # the same on a page turned on its side
MANY = 8  # columns; with more a table is set smaller
AIR = 116  # twips beside a number in a narrow cell: its margins, and a hair
SPARE = 1.3  # how much wider digits of another font may be, where a table's own is not at hand
SYLLABLES = 8  # letters of a header's long word that stay together
SAMPLE, SLICE = 60, 100  # rows looked at, and twips given at a time, to find widths
_SEAMS = re.compile("(?<=[0-9A-Za-z])(?=[一-鿿])|(?<=[一-鿿])(?=[0-9A-Za-z])")
_BREAKABLE = re.compile(r"[\s/、，。；：;]+|(?<=-)")


class Widths(NamedTuple):
    """Widths of columns in twips, and how they fit.

    `loose`: every cell on one line; `full`: the page is filled; `broken`: words of headers are broken; `squeezed`: anything is.
    `scale` is the size of letters at which the numbers of a squeezed table still fit, as a share of the usual.
    """

    each: list[int]
    fit: Literal["loose", "full", "broken", "squeezed"]
    scale: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The cells of a table as printed, column by column, and which of them hold numbers."""

    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: Sequence[bool]

    @property
    def small(self) -> bool:
        """Whether there are too many columns for the usual size on an upright page."""
        return len(self.headers) > MANY or self._widths(TEXT_WIDTH, 92, 175, 1.16).fit in ("broken", "squeezed")

    @property
    def short(self) -> bool:
        """Whether the table is low enough to be kept on one page."""
        return len(self.rows) <= 8 and all(wide(text) < 60 for row in self.rows for text in row)

    def turned(self, room: int = TEXT_WIDTH) -> bool:
        """Whether the table needs a page turned on its side: its numbers or the words of its cells would be squeezed.

        A page is not turned for broken words of headers: what is left of it, and of the page before it, would stay empty.
        """
        return self.widths(room).fit == "squeezed"

    def widths(self, room: int = TEXT_WIDTH) -> Widths:
        """Widths by what the columns hold, in `room` twips.

        No number and no word is broken where there is room; what is left goes where it makes the rows lowest.
        """
        return self._widths(room, 82, 130, 1.09) if self.small else self._widths(room, 92, 175, 1.16)

    def _widths(self, room: int, half: int, pad: int, wider: float) -> Widths:
        """With half an em and a little, the room at the sides of a cell, and how much wider letters of headers are."""
        heads = [round((_longest(head) + _capitals(head)) * half * wider) + pad for head in self.headers]
        columns = list(zip(*self.rows, strict=True)) if self.rows else [()] * len(self.headers)
        bodies = [max(map(_longest, column), default=0) * half + pad for column in columns]
        needs = list(map(max, heads, bodies))
        figures = [max(map(_figure, column), default=0) * half * SPARE + pad for column in columns]
        firm = [round(max(need, figure)) for need, figure in zip(needs, figures, strict=True)]
        spans = [
            [wide(head) * half * wider for head in self.headers],
            *([_span(text) * half for text in row] for row in self.rows),
        ]
        whole = [max(need, round(max(span)) + pad) for need, span in zip(firm, zip(*spans, strict=True), strict=True)]
        if sum(whole) <= room:  # every cell on one line
            spare = max(room * 0.62 - sum(whole), min(room - sum(whole), 260 * len(whole))) / max(len(whole), 1)
            return Widths([round(want + spare) for want in whole], "loose")
        names = [min(max(map(_span, column), default=0), 24) * half + pad for column in columns]  # on one line where they can
        ease = [max(need, round(name)) for need, name in zip(firm, names, strict=True)]
        for least in (ease, firm, needs):
            if sum(least) <= room:
                return Widths(_lowest(least, whole, spans[:SAMPLE], pad, room), "full")
        syllables = [max(body, min(head, SYLLABLES * half + pad)) for body, head in zip(bodies, heads, strict=True)]
        for least in (syllables, bodies):  # long words of headers are broken, numbers are not
            if sum(least) <= room:
                return Widths(_lowest(least, whole, spans[:SAMPLE], pad, room), "broken")
        return self._squeezed(bodies, pad, room)

    def _squeezed(self, bodies: Sequence[int], pad: int, room: int) -> Widths:
        """Widths of a table too wide for its page: numbers keep theirs and lose the air beside them, words take what is left."""
        least = [body - (pad - AIR if numeric else 0) for body, numeric in zip(bodies, self.numeric, strict=True)]
        numbers = sum(width for width, numeric in zip(least, self.numeric, strict=True) if numeric)
        words = sum(least) - numbers
        if not words or numbers > 0.8 * room:
            scale = room / sum(least)
            return Widths([int(width * scale) for width in least], "squeezed", scale)
        share = (room - numbers) / words
        each = [width if numeric else int(width * share) for width, numeric in zip(least, self.numeric, strict=True)]
        return Widths(each, "squeezed")


def _lowest(least: Sequence[int], most: Sequence[int], spans: Sequence[Sequence[float]], pad: int, room: int) -> list[int]:
    """Widths that fill the page, slice by slice: each goes to the column that makes the most rows high."""
    widths, left = list(least), room - sum(least)
    while left > 0:
        gain = [0.0] * len(widths)
        for row in spans:
            lines = [span / max(width - pad, 1) for span, width in zip(row, widths, strict=True)]
            at = lines.index(max(lines))
            gain[at] += lines[at] / max(widths[at] - pad, 1)
        open_ = [at for at, width in enumerate(widths) if width < most[at]]
        at = max(open_, key=gain.__getitem__)
        step = min(SLICE, left, most[at] - widths[at])
        widths[at], left = widths[at] + step, left - step
    return widths


def wide(text: str) -> int:
    """How wide a text is, in half-width characters: a Chinese character takes two, and Latin beside Chinese some air."""
    if text.isascii():
        return len(text)
    full = sum(2 if unicodedata.east_asian_width(mark) in "WF" else 1 for mark in text)
    return full + (len(_SEAMS.findall(text)) + 1) // 2


def _span(text: str) -> float:
    """The width of a text in print: Latin letters are narrower than digits."""
    return wide(text) * (0.86 if text.isascii() and not text[-1:].isdigit() else 1)


def _longest(text: str) -> int:
    """The longest piece that should not be broken: a number, a Latin word, up to four Chinese characters."""
    return max((min(wide(piece), 8 if not piece.isascii() else 16) for piece in _BREAKABLE.split(text)), default=0)


def _figure(text: str) -> int:
    """The length of the longest number in a cell."""
    return max((wide(piece) for piece in _BREAKABLE.split(text) if piece[-1:].isdigit()), default=0)


def _capitals(head: str) -> float:
    """How much wider than usual letters those of an acronym are."""
    return max((0.4 * len(word) for word in re.findall(r"[A-Z]{2,}", head)), default=0.0)
