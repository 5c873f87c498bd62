"""Lines of delimited text and the quotation marks in them: rows that a mark swallows, that are short, or that were cut off."""

from __future__ import annotations

import re
from itertools import accumulate

from evalkit.panel.findings import Finding, finding, listing

_FEWEST = 3  # cells of a row, from which on a line in a cell that holds as many delimiters is a row


def quoted(mark: str) -> re.Pattern[str]:
    """A cell in quotation marks: its last group holds the closing one, or nothing where the text ends before it."""
    return re.compile(rf'(?:\A|(?<=[\n{re.escape(mark)}]))"[^"]*(?:""[^"]*)*("|\Z)')


def open_quote(text: str, mark: str) -> int | None:
    """The row of the quotation mark that nothing closes, or None."""
    last = next((one for one in quoted(mark).finditer(text) if not one[1]), None)
    return None if last is None else text.count("\n", 0, last.start()) + 1


def row_of(text: str, mark: str, record: int) -> int:
    """The row in which a record begins, both counted from 1: cells in quotation marks may go over several rows."""
    return record + "\n".join(_records(text, mark)[0][: record - 1]).count("\0")


def _records(text: str, mark: str) -> tuple[list[str], list[tuple[int, int]]]:
    """The lines of a text, those of one cell together, and where cells over several lines begin and end.

    Cells in quotation marks are left out of the lines but for a sign for each new line in them.
    """
    several = list[tuple[int, int]]()

    def signs(cell: re.Match[str]) -> str:
        if lines := cell[0].count("\n"):
            several.append(cell.span())
        return "\0" * lines

    return (quoted(mark).sub(signs, text) if '"' in text else text).split("\n"), several


def line_faults(text: str, mark: str, width: int) -> list[Finding]:
    """Rows that a quotation mark takes into a cell; lines with fewer cells than others, or the end of a file that was cut off.

    Examples
    --------
    >>> [one.rule for one in line_faults('code,year,income\\na,"2020,7\\nb,2021",9\\n', ",", 3)]
    ['swallowed_lines']
    >>> [one.where for one in line_faults('code,income,note\\na,7,"one,\\ntwo"\\nb,8\\n', ",", 3)]
    ['row 4']
    >>> [one.rule for one in line_faults("code,year,income\\na,2020,7\\nb,20", ",", 3)]
    ['cut_off']
    """
    records, several = _records(text, mark)
    return [*_swallowed(text, mark, width, several), *_short(records, mark, width)]


def _swallowed(text: str, mark: str, width: int, several: list[tuple[int, int]]) -> list[Finding]:
    """Cells over several lines, each of which holds as many delimiters as a row."""
    found, row, before = list[str](), 1, 0
    for first, last in several if width >= _FEWEST else ():
        row, before = row + text.count("\n", before, first), first
        start, end = text.rfind("\n", 0, first) + 1, text.find("\n", last)
        lines = (text[start:first] + text[first + 1 : len(text) if end < 0 else end]).split("\n")
        if all(quoted(mark).sub("", line).count(mark) == width - 1 for line in lines):
            found.append(f"row {row}")
    return [finding("swallowed_lines", count=len(found), where=listing(found))] if found else []


def _short(records: list[str], mark: str, width: int) -> list[Finding]:
    """Lines with fewer cells than the others; where the last one is so and has no end, the file was cut off."""
    rows = accumulate((1 + record.count("\0") for record in records), initial=1)
    short = [row for row, record in zip(rows, records, strict=False) if mark in record and record.count(mark) < width - 1]
    if not short:
        return []
    if mark in records[-1] and records[-1].count(mark) < width - 1:
        return [finding("cut_off", where=f"row {short[-1]}")]
    return [finding("short_lines", count=len(short), where=listing([f"row {row}" for row in short]))]
