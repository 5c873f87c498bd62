"""A data file as found: cells before a header is known, and the table cut out of them with its cells' addresses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.answer import Note, NoteKind
from evalkit.panel.findings import LISTED, Finding, listing
from evalkit.terms import Text

Held = TypeVar("Held")
Merge = tuple[int, int, int, int]  # first row, first column, last row, last column; counted from 0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Cells:
    """All cells of a sheet: row and column numbers are positions in the file, counted from 0; `labels` are those of values."""

    table: pd.DataFrame
    merges: tuple[Merge, ...] = ()
    percent: Mapping[int, NDArray[np.intp]] = field(default_factory=dict)
    sheet: str = ""
    findings: tuple[Finding, ...] = ()
    labels: Mapping[str, Mapping[float, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RawTable:
    """The table of a data file, every cell as found.

    Parameters
    ----------
    frame
        Cells as texts, floats or missing; the columns are the names in the header.
    rows
        Row number in the file of each row of `frame`, as a spreadsheet program shows it.
    letters
        Spreadsheet letter of each column; empty for files that are no spreadsheets.
    path, sheet
        Where it was read.
    fingerprint
        SHA-256 of the bytes of the file.
    findings
        What is wrong with the file or its header, and what was left aside.
    merged, percent
        For each column, the positions filled from a merged cell, and those in percent format.
    totals
        For each column wanted as text, the positions of cells that are called totals.
    personal
        Whether it holds names or numbers of persons; then no cell of it is told.
    unit
        The unit of measure that a line above the table names for all of it.
    labels
        For each column of figures of a Stata file, what its values are called.
    """

    frame: pd.DataFrame
    rows: NDArray[np.int64]
    letters: Mapping[str, str] = field(default_factory=dict)
    path: Path
    sheet: str = ""
    fingerprint: str = ""
    findings: tuple[Finding, ...] = ()
    merged: Mapping[str, NDArray[np.intp]] = field(default_factory=dict)
    percent: Mapping[str, NDArray[np.intp]] = field(default_factory=dict)
    totals: Mapping[str, NDArray[np.intp]] = field(default_factory=dict)
    personal: bool = False
    unit: str = ""
    labels: Mapping[str, Mapping[float, str]] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """The file and the sheet, as messages name them."""
        return f"{self.path.name} › {self.sheet}" if self.sheet else self.path.name

    @property
    def notes(self) -> tuple[Note, ...]:
        """What was done to the file on the way in."""
        return notes_of(self.findings)

    def renamed(self, names: Mapping[str, str]) -> RawTable:
        """The same table with other names for some columns."""
        if not names:
            return self
        return replace(
            self,
            frame=self.frame.rename(columns=names),
            letters=_renamed(self.letters, names),
            merged=_renamed(self.merged, names),
            percent=_renamed(self.percent, names),
            totals=_renamed(self.totals, names),
            labels=_renamed(self.labels, names),
        )

    def where(self, column: str, positions: Iterable[int]) -> str:
        """Addresses of some cells of a column: J5, J19 in a spreadsheet, row 5, row 19 elsewhere."""
        at = np.asarray(list(positions) if not isinstance(positions, np.ndarray) else positions, dtype=np.intp)
        head = "" if not self.letters else self.letters.get(column, "")
        names = [f"{head}{row}" if head else f"row {row}" for row in self.rows[at[:LISTED]]]
        return listing(names, total=len(at))


def _renamed(held: Mapping[str, Held], names: Mapping[str, str]) -> dict[str, Held]:
    return {names.get(name, name): one for name, one in held.items()}


def below_heads(columns: Collection[str], name: str) -> list[str]:
    """The columns "upper/lower" of a merged header whose lower part is a name, where no column is called so itself."""
    return [] if name in columns else [column for column in columns if column.endswith(f"/{name}")]


_REPAIRS = {
    "full_width": Text("全角写法转为半角", "full-width cells read as ordinary characters"),
    "thousands": Text("去掉千位分隔符", "thousands separators taken out"),
    "unit_in_cell": Text("去掉单元格内的单位", "units taken out of cells"),
    "percent_format": Text("百分比格式的单元格按所见读入", "cells in percent format read as shown"),
    "missing_marker": Text("缺失标记按缺失读入", "markers read as missing"),
    "year_text": Text("文字年份读为整数", "periods read from text"),
    "code_number": Text("数值代码转为文本", "numeric codes turned into text"),
    "merged_cells": Text("合并单元格向下填充", "merged cells filled down"),
}
_LEFT_OUT = ("footnotes", "blank_rows", "text_column")


def notes_of(findings: Iterable[Finding]) -> tuple[Note, ...]:
    """Repairs as notes: one a kind, with the count of cells by column; what is about the file, or a doubt, stands alone."""
    notes, counts = list[Note](), dict[str, list[str]]()
    for item in findings:
        if item.rule in _REPAIRS:
            told = f" ({item.found})" if item.rule == "missing_marker" and item.found not in ("", "***") else ""
            counts.setdefault(item.rule, []).append(f"{item.column} {item.count:,}{told}")
        elif item.severity != "defect":
            kinds: dict[str, NoteKind] = {"repaired": "choice", "notice": "caution"}
            notes.append(Note("left_out" if item.rule in _LEFT_OUT else kinds[item.severity], item.message))
    for rule, columns in counts.items():
        notes.append(
            Note(
                "choice",
                Text("{what}：{columns}", "{what}: {columns}").format(what=_REPAIRS[rule], columns=listing(columns, 8)),
            )
        )
    return tuple(notes)
