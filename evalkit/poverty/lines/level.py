"""Lines that are far from all incomes, as when one is of a month and the other of a year."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import pandas as pd

from evalkit.answer import Note
from evalkit.poverty.columns import told
from evalkit.stats.arrays import Array, Codes
from evalkit.terms import Text, first_of

LOW, HIGH = 1 / 8, 2.5  # of median incomes: where lines lie as a rule
MONTHS = 12
FEW = 20  # incomes, of which a median tells little


def odd_lines(income: Array, line: Array, codes: Codes | None, labels: tuple[Hashable, ...]) -> tuple[Note, ...]:
    """A caution where the median line is below an eighth or above two and a half times the median income, in all or some groups.

    Absolute and relative lines in use lie between. A line of a month against incomes of a year is twelve times lower, and lies
    below for every line of up to one and a half median incomes; a line of a year against incomes of a month lies above from a
    fifth of the median on. That nobody is poor, or everybody, is no sign by itself: it follows.

    Groups of fewer than twenty incomes are not looked at. Incomes whose median is not positive tell nothing of a line.

    Examples
    --------
    >>> year = np.linspace(4000.0, 40000.0, 30)
    >>> [len(odd_lines(year, np.full(30, line), None, (None,))) for line in (4000.0, 4000 / 12, 12 * 8000.0)]
    [0, 1, 1]
    """
    levels = pd.DataFrame({"line": line, "income": income})
    each = levels.groupby(np.zeros(len(levels), dtype=np.intp) if codes is None else codes)
    medians = each.median()[each.size() >= (1 if codes is None else FEW)]
    odd = medians[[_far(*level) for level in medians.to_numpy().tolist()]]
    if odd.empty:
        return ()
    every = len(odd) == len(medians)
    at = levels.median() if every else odd.iloc[0]
    return (_said(float(at["line"]), float(at["income"]), [] if every else [labels[group] for group in odd.index]),)


def _far(line: float, income: float) -> bool:
    return income > 0 and not LOW * income <= line <= HIGH * income


def _said(line: float, income: float, groups: list[Hashable]) -> Note:
    """The caution, with the figures of all or of the first of some groups."""
    head = Text("收入线", "The line")
    if groups:
        head = Text("在{g}，收入线", "In {g}, the line").format(g=first_of(map(told, groups)))
    first = Text("（第一组）", " (in the first)") if len(groups) > 1 else Text("", "")
    times = line / income
    guess = Text("疑似不是同一计量单位或不是同一时期", "as if the two were not of one unit or one length of time")
    if not _far(times * MONTHS, 1.0):
        guess = Text("疑似收入线按月而收入按年", "as if the line were of a month and incomes of a year")
    elif not _far(times / MONTHS, 1.0):
        guess = Text("疑似收入线按年而收入按月", "as if the line were of a year and incomes of a month")
    text = Text(
        "{head}（中位数 {line}）是收入中位数 {income} 的 {times} 倍{first}，{guess}：请核对后再用这些贫困指标。",
        "{head}, {line} in the median, is {times} times the median income of {income}{first}, {guess}: check before use.",
    )
    figures = {"line": f"{line:,.6g}", "income": f"{income:,.6g}", "times": f"{times:.3g}"}
    return Note("caution", text.format(head=head, first=first, guess=guess, **figures))
