"""The sheets of a workbook: their names, and what a document says of the rows it leaves to them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import count

from evalkit.report.document import Table
from evalkit.report.plain import hidden_rows, safe_text
from evalkit.terms import Lang, Text

CONTENTS = Text("目录", "Contents")
SOURCES = Text("来源与说明", "Sources")
LONGEST_NAME = 31
SOME = Text(
    "本表共 {rows} 行，此处列出前 {shown} 行；全部 {rows} 行见随附工作簿的“{sheet}”工作表。",
    "The first {shown} of {rows} rows are printed; the workbook holds all {rows} rows in sheet “{sheet}”.",
)
SOME_ALONE = Text(
    "本表共 {rows} 行，此处列出前 {shown} 行；另存为 .xlsx 可得全部。",
    "The first {shown} of {rows} rows are printed; save the report as .xlsx for all of them.",
)
NONE_ALONE = Text("本表共 {rows} 行；另存为 .xlsx 可得全部。", "The table has {rows} rows; save the report as .xlsx for them.")
NONE = Text("本表共 {rows} 行，见随附工作簿的“{sheet}”工作表。", "The workbook holds all {rows} rows in sheet “{sheet}”.")


def sheet_names(tables: Iterable[Table]) -> list[str]:
    """A name for the sheet of each table: its key, without what a workbook forbids, at most 31 characters, each once.

    Examples
    --------
    >>> import pandas as pd
    >>> sheet_names([Table(key=key, caption=Text("", ""), frame=pd.DataFrame()) for key in ("a/b", "A:B", "")])
    ['a_b', 'A_B_2', 'sheet']
    """
    taken, names = {text.casefold() for text in (*CONTENTS, *SOURCES, "History")}, []
    for table in tables:
        base = re.sub(r"[\[\]:*?/\\\s]+", "_", safe_text(table.key)).strip("'_") or "sheet"
        for at in count(1):
            tail = "" if at == 1 else f"_{at}"
            name = base[: LONGEST_NAME - len(tail)].rstrip("'") + tail
            if name.casefold() not in taken:
                break
        taken.add(name.casefold())
        names.append(name)
    return names


def elsewhere(table: Table, sheet: str, lang: Lang, *, workbook: bool = True) -> str:
    """Where the rows are that a document does not print: in the workbook that comes along, if one does."""
    hidden, rows = hidden_rows(table), len(table.frame)
    if not hidden:
        return ""
    none, some = (NONE, SOME) if workbook else (NONE_ALONE, SOME_ALONE)
    said = none if hidden == rows else some
    return said.format(rows=f"{rows:,}", shown=f"{rows - hidden:,}", sheet=sheet).say(lang)
