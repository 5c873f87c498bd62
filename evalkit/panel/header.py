"""Where a table begins and ends in a sheet: its header, the names in it, and what stands above and below."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.check import whole
from evalkit.errors import DataError
from evalkit.panel.cells import read_cell, unseen
from evalkit.panel.checks.measure_words import line_measure
from evalkit.panel.findings import Finding, finding, listing, shown
from evalkit.panel.formats.addresses import letter
from evalkit.panel.raw import Cells, Merge

_DEEPEST = 60  # rows looked at for a header
_ASIDE = re.compile(
    r"\s*(?:[(（]\s*)?(?:单位|计量单位|制表|填报|报送|审核|附表|表\s*\d|unit\s*:|units\s*:|table\s*\d)", re.IGNORECASE
)
_FOOT = re.compile(
    r"\s*(?:[(（*]\s*)?(?:注|资料来源|数据来源|来源|说明|备注|填表人|note|notes|source|sources)\s*\d*\s*[:：.、]", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table cut out of a sheet: its names, its body as found, and what was left aside."""

    body: pd.DataFrame
    columns: NDArray[np.intp]  # position in the sheet of each column
    rows: NDArray[np.intp]  # position in the sheet of each row
    merged: dict[str, NDArray[np.intp]]
    findings: tuple[Finding, ...]
    unit: str = ""  # that a line above the table names for all of it


def find_header(table: pd.DataFrame, merges: Sequence[Merge] = ()) -> int | None:
    """The row in which a table's names begin: the first that is mostly words and spans at least half of the table.

    Titles and lines such as "单位：万元" stand above it and do not count; None when no row qualifies.
    """
    head = _spread(table.iloc[:_DEEPEST], merges)
    filled = head.notna().to_numpy()
    width = int(filled.any(axis=0).sum())
    for at, row in enumerate(head.to_numpy(object)):
        cells = [str(cell) for cell, there in zip(row, filled[at], strict=True) if there]
        words = [cell for cell in cells if not _numeric(cell)]
        if len(set(cells)) < min(2, width) or 2 * len(cells) < width or 2 * len(words) < len(cells):
            continue
        if any(_ASIDE.match(cell) for cell in cells[:1] + cells[-1:]) and len(set(cells)) < max(3, width):
            continue
        return at
    return None


def a_header(row: int | None) -> int | None:
    """The row in which a header begins; rows are counted from 1, as a spreadsheet program does.

    Raises
    ------
    SpecError
        It is no whole number from 1 on.
    """
    if row is not None:
        whole(row, who="the row of the header", do="count the rows from 1: the first row of the file is 1, not 0")
    return row


def cut_table(cells: Cells, header: int | None, *, place: str) -> Table:
    """The table of a sheet: names from its header (two rows joined as "upper/lower"), rows below it, merged cells filled."""
    top = header - 1 if header is not None else find_header(cells.table, cells.merges)
    if top is not None and top >= len(cells.table):
        what, do = f"the table has no row {header} for a header", "count the rows from 1, or leave the header's row to be found"
        raise DataError(what, where=place, found=f"{len(cells.table):,} rows", do=do)
    if top is None:
        raise DataError(
            "no row looks like a header: a row of names above the figures",
            where=place,
            do="say in which row it begins, counted from 1 (header); a table with years as columns must first be made long",
        )
    table = _padded(cells.table, cells.merges)
    depth = _depth(table, cells.merges, top)
    names = _names(_spread(table.iloc[: top + depth], cells.merges).iloc[top:])
    body = table.iloc[top + depth :]
    used = np.array([bool(name) for name in names]) | body.notna().any().to_numpy()
    columns = np.flatnonzero(used)
    names, findings = _settle([names[at] for at in columns], body, columns)
    body, filled = _fill(body, cells.merges)
    body = body.iloc[:, columns].set_axis(pd.Index(names, dtype=object), axis=1)
    keep, left = _ends(body, first=top + depth)
    lines = [str(cell) for cell in table.iloc[:top].to_numpy(object).ravel() if pd.notna(cell)]
    above, units = list(map(shown, lines)), list(dict.fromkeys(filter(None, map(line_measure, lines))))
    if above:
        left = (finding("title_rows", count=int(table.iloc[:top].notna().any(axis=1).sum()), found=listing(above, 3)), *left)
    position = np.cumsum(keep) - 1
    merged = {
        name: position[at[keep[at]]]
        for name, column in zip(names, columns, strict=True)
        if (at := filled.get(int(column))) is not None
    }
    if not keep.any():
        raise DataError(
            "the file holds a header and no rows yet",
            where=place,
            do=_where_else(cells)
            or ("fill in one row a unit and year" if not above else "fill it in, or name another header row"),
        )
    rows = np.flatnonzero(keep) + top + depth
    unit = units[0] if len(units) == 1 else ""
    return Table(body.loc[keep].reset_index(drop=True), columns, rows, merged, (*findings, *left), unit)


def _where_else(cells: Cells) -> str:
    """The other sheets of the file, in which the table may stand."""
    others = next((item.found for item in cells.findings if item.rule == "other_sheets"), "")
    return f"name the sheet with the table; there are {others}" if others else ""


def _numeric(cell: str) -> bool:
    got = read_cell(cell)
    return got.readable and got.value == got.value


def _padded(table: pd.DataFrame, merges: Sequence[Merge]) -> pd.DataFrame:
    """The table with the blank rows that a merged cell at its foot reaches over."""
    last = max([len(table) - 1, *(merge[2] for merge in merges if merge[0] < len(table))])
    return table.reindex(pd.RangeIndex(last + 1)) if last >= len(table) else table


def _spread(head: pd.DataFrame, merges: Sequence[Merge]) -> pd.DataFrame:
    """Rows in which every cell of a merged range holds the range's text."""
    cells = head.to_numpy(object, copy=True)
    for top, left, bottom, right in merges:
        if top < len(cells) and left < cells.shape[1]:
            cells[top : bottom + 1, left : right + 1] = cells[top, left]
    return pd.DataFrame(cells, columns=head.columns, dtype=object)


def _depth(table: pd.DataFrame, merges: Sequence[Merge], top: int) -> int:
    """How many rows the header takes: merged cells that begin in it say so."""
    here = [merge for merge in merges if merge[0] == top]
    depth = max([merge[2] - merge[0] + 1 for merge in here], default=1)
    if depth == 1 and any(right > left for _, left, _, right in here) and top + 1 < len(table):
        below = [str(cell) for cell in table.iloc[top + 1] if pd.notna(cell)]
        depth += bool(below) and not any(map(_numeric, below))
    return depth


def _names(head: pd.DataFrame) -> list[str]:
    """The name of each column: the texts above it from top to bottom, each once."""
    names = []
    for column in head.columns:
        parts = [_tidy(cell) for cell in head[column] if pd.notna(cell)]
        names.append("/".join(dict.fromkeys(part for part in parts if part)))
    return names


def _tidy(cell: object) -> str:
    """A header cell on one line; a break between Latin words stays a blank, between characters it goes."""
    text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
    text = re.sub(r"(?<=[\x21-\x7e])\s*\n\s*(?=[\x21-\x7e])", " ", text)
    return unseen(re.sub(r"\s*\n\s*", "", text)).strip()


def _settle(names: list[str], body: pd.DataFrame, columns: NDArray[np.intp]) -> tuple[list[str], list[Finding]]:
    """Names that are there and differ, with findings for those that were not."""
    findings = []
    blank = [letter(int(column)) for name, column in zip(names, columns, strict=True) if not name]
    if blank:
        held = body.iloc[:, [int(at) for name, at in zip(names, columns, strict=True) if not name]].notna().any(axis=1)
        rows = [f"row {int(row) + 1}" for row in held.index[held]]
        few = f" ({listing(rows, 5)})" if len(rows) < len(body) else ""
        findings.append(finding("blank_header", count=len(blank), where=listing(blank) + few))
    for name in dict.fromkeys(name for name in names if name and names.count(name) > 1):
        where = [letter(int(column)) for other, column in zip(names, columns, strict=True) if other == name]
        findings.append(finding("duplicate_column", column=name, count=len(where), where=listing(where)))
    settled = list[str]()
    for name, column in zip(names, columns, strict=True):
        settled.append(f"{name}({letter(int(column))})" if not name or name in settled else name)
    return settled, findings


def _fill(body: pd.DataFrame, merges: Sequence[Merge]) -> tuple[pd.DataFrame, dict[int, NDArray[np.intp]]]:
    """The body with merged cells filled, and for each column the positions that were."""
    first = int(body.index[0]) if len(body) else 0
    filled = dict[int, list[int]]()
    wanted = [merge for merge in merges if merge[0] >= first and merge[1] < body.shape[1]]
    if not wanted:
        return body, {}
    cells = body.to_numpy(object, copy=True)
    for top, left, bottom, right in wanted:
        value = cells[top - first, left]
        if value is None or pd.isna(value) or (isinstance(value, str) and _FOOT.match(value)):
            continue
        for column in range(left, min(right + 1, body.shape[1])):
            cells[top - first : bottom + 1 - first, column] = value
            start = top - first + (column == left)
            filled.setdefault(column, []).extend(range(start, min(bottom + 1 - first, len(body))))
    frame = pd.DataFrame(cells, index=body.index, columns=body.columns, dtype=object)
    return frame, {column: np.array(at, dtype=np.intp) for column, at in filled.items() if at}


def _ends(body: pd.DataFrame, *, first: int) -> tuple[NDArray[np.bool_], tuple[Finding, ...]]:
    """Which rows belong to the table: not the blank ones, and not the remarks below it."""
    there = body.notna().to_numpy()
    keep: NDArray[np.bool_] = np.asarray(there.any(axis=1), dtype=np.bool_)
    findings = list[Finding]()
    if not body.shape[1]:
        return keep, ()
    remarks = list[str]()
    for at in np.flatnonzero(keep)[::-1]:
        text = next(cell for cell, is_there in zip(body.iloc[at], there[at], strict=True) if is_there)
        if there[at].sum() > max(1, body.shape[1] // 3) or not isinstance(text, str) or not _FOOT.match(text):
            break
        keep[at] = False
        remarks.insert(0, shown(text))
    inside = np.flatnonzero(~keep[: np.flatnonzero(keep)[-1]]) if keep.any() else np.empty(0, dtype=np.intp)
    if remarks:
        findings.append(finding("footnotes", count=len(remarks), found=listing(remarks, 3)))
    if inside.size:
        findings.append(finding("blank_rows", count=len(inside), where=listing([int(at) + first + 1 for at in inside])))
    return keep, tuple(findings)
