"""Counts of homes as they are printed: small ones, and those that would give them away, are not shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.panel.household_kinds import KINDS
from evalkit.report.document import Table
from evalkit.report.words import Voice
from evalkit.stats.arrays import Codes
from evalkit.stats.suppression import Suppressed, suppressed
from evalkit.terms import Text

LEAST = 10
HOME_KINDS: dict[str, Text] = {  # the three kinds first; who is in none was flagged for another reason
    **{name: KINDS[name] for name in ("unstable", "marginal", "sudden")},
    "none": Text("尚无类型", "No kind yet"),
}
PRINTED = 40  # rows in a document
ALL = Text("合计", "All")
COUNTY = Text("县", "County")
HOMES = Text("户数", "Homes")
RULE = Text("规则", "Rule")
FEWER = Text("少于 {n}", "fewer than {n}")
NOT_SHOWN = Text("若干（不列出）", "some (not shown)")
WHY = Text(
    "“—”：少于 {least} 户，或为防止由合计推算而不列出。0 户照列。",
    "“—”: fewer than {least} homes, or not shown lest the totals give such a count away. Zeros are shown.",
)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Counts:
    """Counts of homes in rows and columns, with what of them is hidden; the totals are the last row and column.

    `rows` and `columns` are codes or words in the order of the table; the words of columns are `heads`.
    """

    rows: tuple[str, ...]
    heads: tuple[Text, ...]
    found: Suppressed
    least: int = LEAST

    @property
    def any_hidden(self) -> bool:
        """Whether something is not shown."""
        return bool(self.found.hidden.any())

    def frame(self, head: Text, voice: Voice) -> pd.DataFrame:
        """The table ready to print; hidden counts are missing."""
        shown = np.where(self.found.hidden, np.nan, self.found.table.astype(float))
        names = [first_capital(voice.name(one)) for one in self.rows]
        names += [voice(ALL)] * (len(shown) - len(names))
        heads = [first_capital(voice(one)) for one in self.heads]
        heads += [voice(ALL)] * (shown.shape[1] - len(heads))
        printed = pd.DataFrame(dict(zip(heads, shown.T, strict=True)))
        printed.insert(0, voice(head), names)
        return printed

    def table(self, key: str, caption: Text, head: Text, voice: Voice) -> Table:
        """The table with its note."""
        frame = self.frame(head, voice)
        digits = dict.fromkeys([str(name) for name in frame.columns[1:]], 0)
        note = voice(WHY, least=self.least) if self.any_hidden else ""
        return Table(key=key, caption=caption, frame=frame, decimals=digits, note=note, show=PRINTED)

    def said(self, row: int, column: int, voice: Voice) -> str:
        """One count in a sentence, as far as it is shown."""
        if not self.found.hidden[row, column]:
            return f"{int(self.found.table[row, column]):,}"
        return voice(FEWER, n=self.least) if self.found.small[row, column] else voice(NOT_SHOWN)

    def total(self, column: int, voice: Voice) -> str:
        """The total of a column in a sentence."""
        return self.said(-1, column, voice)

    def totals(self) -> list[float]:
        """The totals of the columns, missing where they are hidden."""
        return np.where(self.found.hidden[-1], np.nan, self.found.table[-1].astype(float)).tolist()


def first_capital(words: str) -> str:
    """Words as a head begins.

    Examples
    --------
    >>> first_capital("at the margin")
    'At the margin'
    """
    return words[:1].upper() + words[1:]


def crossed(rows: pd.Series, columns: pd.Series, order: Sequence[str], heads: Sequence[str]) -> Codes:
    """How many stand in each row and column, in an order of both; what is in neither is not counted.

    Examples
    --------
    >>> crossed(pd.Series(["a", "b", "a"]), pd.Series(["x", "y", "x"]), ["a", "b"], ["x", "y"]).tolist()
    [[2, 0], [0, 1]]
    """
    row, column = (pd.Index(names).get_indexer(pd.Index(one)) for names, one in ((order, rows), (heads, columns)))
    kept = (row >= 0) & (column >= 0)
    flat = np.bincount(row[kept] * len(heads) + column[kept], minlength=len(order) * len(heads))
    return flat.reshape(len(order), len(heads)).astype(np.intp)


def by_column(counts: Codes, rows: Sequence[str], heads: Mapping[str, Text], least: int) -> Counts:
    """Counts whose columns have totals and whose rows have none, for they count different things."""
    found = suppressed(counts, least, totals=(False, True))
    return Counts(rows=tuple(rows), heads=tuple(heads.values()), found=found, least=least)


def small_hidden(values: pd.Series, least: int) -> pd.Series:
    """Counts of a column that has no total, those below `least` missing.

    Examples
    --------
    >>> small_hidden(pd.Series([0, 3, 12]), 10).tolist()
    [0.0, nan, 12.0]
    """
    counts = values.astype(float)
    return counts.mask((counts > 0) & (counts < least))
