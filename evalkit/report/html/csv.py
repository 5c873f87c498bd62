"""What a figure gives away as CSV: the printed table that holds what it draws, else what it draws."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from io import StringIO

import numpy as np

from evalkit.report.document import Figure, Heading, Table
from evalkit.report.html.marks import Mark
from evalkit.report.numbering import Numbered
from evalkit.report.plain import hidden_rows, neutral, printed

ENOUGH = 0.95  # of the drawn numbers, found in a table, make it the table of the figure
ENOUGH_WORDS = 0.75  # the same of the words; those of a legend may be said in another way
_NUMBER = re.compile(r"[−-]?\d[\d,]*(?:\.\d+)?")


def table_of(at: int, items: Sequence[Numbered], marks: Sequence[Mark]) -> str:
    """The anchor of the table that holds what the figure at `at` draws; empty where none that is printed whole does.

    Tables between the same two headings are looked through: the one of the figure's key first, then those after it, then
    those before.
    """
    figure = items[at].block
    if not isinstance(figure, Figure):
        return ""
    whole = [(item.anchor, item.block) for item in _section(at, items) if isinstance(item.block, Table)]
    near = [(anchor, table) for anchor, table in whole if not hidden_rows(table)]
    near.sort(key=lambda one: one[1].key != figure.key)
    return next((anchor for anchor, table in near if holds(table, marks, named=table.key == figure.key)), "")


def holds(table: Table, marks: Sequence[Mark], *, named: bool = False) -> bool:
    """Whether a table says what the marks do: its numbers are theirs, in percent or not, signs aside, and its words too.

    `named`: the table bears the figure's name, and its words need not be the same.
    """
    drawn = np.abs([n for mark in marks for n in mark.numbers() if not (n.is_integer() and 1900 <= n <= 2100)])
    heads, rows, _ = printed(table)
    words = {text for text in (*heads, *(text for row in rows for text in row)) if len(text) > 1}
    labels = {label for mark in marks for label in mark.labels()}
    known = [any(word in label or label in word for word in words) for label in labels]
    if known and not named and np.mean(known) < ENOUGH_WORDS:
        return False
    numbers = [_read(hit) for row in rows for text in row for hit in _NUMBER.findall(text)]
    if not len(drawn) or not numbers:
        return False
    values, slack = np.abs(np.array(numbers)).T
    found = np.zeros(len(drawn), dtype=bool)
    for scale in (1.0, 100.0, 0.01):
        found |= (np.abs(scale * drawn[:, None] - values) <= slack + 1e-9).any(axis=1)
    return bool(found.mean() >= ENOUGH)


def as_csv(rows: Iterable[Sequence[str]]) -> str:
    """Rows as CSV; a text that a spreadsheet would take for a formula is given an apostrophe."""
    out = StringIO()
    csv.writer(out, lineterminator="\n").writerows([part if _is_number(part) else neutral(part) for part in row] for row in rows)
    return out.getvalue()


def _section(at: int, items: Sequence[Numbered]) -> list[Numbered]:
    """The blocks between the headings around a figure, those after it first."""
    after = next((to for to in range(at, len(items)) if isinstance(items[to].block, Heading)), len(items))
    before = next((to for to in range(at, -1, -1) if isinstance(items[to].block, Heading)), -1)
    return [*items[at + 1 : after], *items[before + 1 : at]]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _read(text: str) -> tuple[float, float]:
    """A printed number and half of its last digit; a whole number is meant as it stands."""
    digits = len(text.partition(".")[2])
    return float(text.replace("−", "-").replace(",", "")), 0.51 * 10**-digits if digits else 0.0
