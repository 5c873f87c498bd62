"""What two monthly bulletins say together: counts that neither shows, worked out from open cases and what happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from evalkit.stats.arrays import Codes, Mask
from evalkit.stats.suppression import Sums, Suppressed, disclosed

FLOWS = ("flagged", "visited", "included", "not_included", "helped", "resolved", "reopened")  # columns of what happened
WAITING, VISITED, HELD = (0,), (1,), (2, 3)  # columns of open cases by stage: flagged, visited, included and helped
# what open cases grow and shrink by; a measure of help may be carried out again, so that included and helped are one
MOVES: dict[tuple[int, ...], dict[str, int]] = {
    WAITING: {"flagged": 1, "reopened": 1, "visited": -1},
    VISITED: {"visited": 1, "included": -1, "not_included": -1},
    HELD: {"included": 1, "resolved": -1},
}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Printed:
    """The tables of a bulletin that another bulletin may be held against.

    Parameters
    ----------
    day
        As of which it was written.
    open_in, open_by
        The counties of open cases, and these cases by stage, by kind and by age: with totals of rows and columns.
    flows_in, flows
        The counties of what happened in the month up to the day, and that: columns as `FLOWS`, with totals of columns alone.
    """

    day: date
    open_in: tuple[str, ...]
    open_by: tuple[Suppressed, ...]
    flows_in: tuple[str, ...]
    flows: Suppressed


@dataclass(slots=True)
class _Cells:
    """Cells of several tables in one row, and the sums that tie them: each a cell's sign by its place."""

    tables: list[Suppressed]
    lines: list[dict[int, int]]
    many: int = 0

    def add(self, found: Suppressed) -> Codes:
        """Another table; given back are the places of its cells."""
        self.tables.append(found)
        places = np.arange(self.many, self.many + found.table.size).reshape(found.table.shape)
        self.many += found.table.size
        return places

    def total(self, cells: Codes) -> None:
        """The last of some cells is the total of the others."""
        self.lines.append({int(cells[-1]): -1, **dict.fromkeys(map(int, cells[:-1]), 1)})

    def known(self) -> Mask:
        """Which small cells can be computed from what is shown."""
        counts, small, hidden = (np.concatenate([np.ravel(one[at]) for one in self.tables]) for at in range(3))
        signs = np.zeros((len(self.lines), self.many))
        for row, line in zip(signs, self.lines, strict=True):
            row[list(line)] = list(line.values())
        signs = signs[signs @ counts == 0]  # a home that is told of in another county later gives nothing to compute with
        rank = np.zeros(self.many, dtype=np.intp)
        return disclosed(counts.astype(np.intp), (small & hidden).astype(bool), hidden.astype(bool), Sums(signs, rank), floor=1)


def given_away(before: Printed, now: Printed, changes: pd.DataFrame) -> list[tuple[date, str, int, int]]:
    """Which small counts of two bulletins can be computed from both, though from none alone.

    Open cases of a county grow by what was flagged and shrink by what was decided on: where the later bulletin tells what
    happened since the earlier, what one hides may follow from the other. Linear programs look at all tables at once, as
    `suppressed` does at one. What happened in months that no bulletin tells is unknown, but for totals of the month before the
    later one, which it draws: two whole months between them part two bulletins. Ages are not followed from one to the next.

    Parameters
    ----------
    before, now
        The bulletins; the later one second.
    changes
        Those of the ledger, known by the later day.

    Returns
    -------
    A row a count: the day of its bulletin, its county ("" of all together), which table (0 to 2 of open cases, 3 of what
    happened) and which column.
    """
    counties = sorted({*before.open_in, *now.open_in, *before.flows_in, *now.flows_in})
    cells = _Cells([], [])
    placed = [_bulletin(one, counties, cells) for one in (before, now)]
    (was, then), (is_now, flows) = placed
    first, month_before = before.day + timedelta(days=1), now.day.replace(day=1) - timedelta(days=1)
    same = before.day > month_before  # within a month, of which both tell what happened so far
    last = now.day if same else month_before
    drawn = not same and first >= month_before.replace(day=1)
    between = cells.add(_untold(_happened(changes, first, last, counties), totals=drawn, nothing=first > last))
    for column in between.T:
        cells.total(column)
    if same:
        cells.lines += [{int(f): 1, int(a): -1, int(b): -1} for f, a, b in zip(flows.flat, then.flat, between.flat, strict=True)]
    cells.lines += _moves(was, is_now, [between] if same else [between, flows])
    known = cells.known()
    return [
        (one.day, counties[row] if row < len(counties) else "", table, column)
        for one, (opened, happened) in zip((before, now), placed, strict=True)
        for table, places in enumerate((*_parts(opened, one), happened))
        for row, column in zip(*map(np.ndarray.tolist, np.nonzero(known[places])), strict=True)
    ]


def _bulletin(one: Printed, counties: Sequence[str], cells: _Cells) -> tuple[Codes, Codes]:
    """The cells of a bulletin by county, all together last: open cases (parts side by side, then their total); what happened."""
    wide: Iterator[Any] = (
        np.column_stack([*(found[at][:, :-1] for found in one.open_by), one.open_by[0][at][:, -1]])
        for at in range(3)  # counts, what is small, what is hidden
    )
    opened = cells.add(_spread(Suppressed(*wide), one.open_in, counties))
    happened = cells.add(_spread(one.flows, one.flows_in, counties))
    for part in _parts(opened, one):
        for row in part:
            cells.total(row)
    for column in (*opened.T, *happened.T):
        cells.total(column)
    return opened, happened


def _parts(opened: Codes, one: Printed) -> list[Codes]:
    """The tables of open cases, each with the total that they share."""
    ends = np.cumsum([0, *(found.table.shape[1] - 1 for found in one.open_by)])
    return [opened[:, np.r_[a:b, -1]] for a, b in pairwise(ends)]


def _spread(found: Suppressed, rows: Sequence[str], counties: Sequence[str]) -> Suppressed:
    """A table with a row for each county, and that of all together; who has no row has nothing, and that is shown."""
    at = [*(counties.index(county) for county in rows), -1]

    def wide(table: Any) -> Any:
        made = np.zeros((len(counties) + 1, table.shape[1]), dtype=table.dtype)
        made[at] = table
        return made

    return Suppressed(*map(wide, found))


def _untold(counts: Codes, *, totals: bool, nothing: bool) -> Suppressed:
    """What happened and no bulletin tells by county; whether its totals are told, and whether there is no day for anything."""
    hidden = np.full(counts.shape, not nothing)
    hidden[-1] &= not totals
    return Suppressed(counts, np.zeros(counts.shape, dtype=bool), hidden)


def _happened(changes: pd.DataFrame, first: date, last: date, counties: Sequence[str]) -> Codes:
    """How many cases came to each stage by county, all together last, by when the ledger learned of it."""
    learnt = pd.to_datetime(changes["known_date"])
    rows = changes[(learnt >= pd.Timestamp(first)) & (learnt <= pd.Timestamp(last)) & changes["stage"].isin(FLOWS)]
    rows = rows.drop_duplicates(["home", "case", "stage"])
    place = changes.dropna(subset=["county"]).drop_duplicates(["home", "case"]).set_index(["home", "case"])["county"]
    county = rows[["home", "case"]].join(place, on=["home", "case"])["county"].astype(str)
    table = pd.crosstab(county, rows["stage"]).reindex(index=list(counties), columns=list(FLOWS), fill_value=0)
    inner = table.to_numpy(dtype=np.intp)
    return np.vstack([inner, inner.sum(axis=0)])


def _moves(was: Codes, is_now: Codes, since: Sequence[Codes]) -> list[dict[int, int]]:
    """By county and all together: open cases now are those before and what has happened since."""
    lines = []
    for row in range(len(was)):
        for stages, signs in MOVES.items():
            line = {int(is_now[row, at]): 1 for at in stages} | {int(was[row, at]): -1 for at in stages}
            line |= {int(part[row, FLOWS.index(name)]): -sign for part in since for name, sign in signs.items()}
            lines.append(line)
    return lines
