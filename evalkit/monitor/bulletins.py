"""What monthly bulletins say together, and what one must hide beside others: open cases and what happened make sums."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from evalkit.stats.arrays import Codes, Mask
from evalkit.stats.suppression import Sums, Suppressed, disclosed, hidden_more, table_sums

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
    drawn
        What happened in the whole month before, as its figure has it: a row of totals.
    apart_from
        The days of the bulletins before that it was kept apart from, see `kept_apart`.
    """

    day: date
    open_in: tuple[str, ...]
    open_by: tuple[Suppressed, ...]
    flows_in: tuple[str, ...]
    flows: Suppressed
    drawn: Suppressed
    apart_from: tuple[date, ...] = ()

    @property
    def month_before(self) -> date:
        """The last day of the month before."""
        return self.day.replace(day=1) - timedelta(days=1)


class _Places(NamedTuple):
    """Where the cells of a bulletin are: open cases (parts side by side, then their total), what happened, the month before."""

    opened: Codes
    happened: Codes
    drawn: Codes


@dataclass(slots=True)
class _Cells:
    """Cells of several tables in one row, and the sums that tie them: each a cell's sign by its place."""

    tables: list[Suppressed] = field(default_factory=list)
    ranks: list[Codes] = field(default_factory=list)
    lines: list[dict[int, int]] = field(default_factory=list)
    many: int = 0

    def add(self, found: Suppressed, rank: Codes | None = None) -> Codes:
        """Another table; given back are the places of its cells."""
        self.tables.append(found)
        self.ranks.append(np.zeros(found.table.size, dtype=np.intp) if rank is None else rank)
        places = np.arange(self.many, self.many + found.table.size).reshape(found.table.shape)
        self.many += found.table.size
        return places

    def total(self, cells: Codes) -> None:
        """The last of some cells is the total of the others."""
        self.lines.append({int(cells[-1]): -1, **dict.fromkeys(map(int, cells[:-1]), 1)})

    def sums(self, whole: Codes, *parts: Codes) -> None:
        """Each cell of a table is the sum of those at its place in others."""
        places = zip(*(np.ravel(one).tolist() for one in (whole, *parts)), strict=True)
        self.lines += [{at: 1, **dict.fromkeys(rest, -1)} for at, *rest in places]

    def known(self) -> Mask:
        """Which small cells can be computed from what is shown."""
        counts, small, hidden = self._told()
        return disclosed(counts, small & hidden, hidden, self._sums(counts), floor=1)

    def apart(self, places: Codes) -> Mask:
        """What is hidden once the cells at some places are hidden too, as far as that keeps small cells unknown; no zero is."""
        counts, small, hidden = self._told()
        free = np.isin(np.arange(self.many), places) & (counts > 0)
        return hidden_more(counts, small & hidden, hidden, self._sums(counts), free, floor=1)

    def _told(self) -> tuple[Codes, Mask, Mask]:
        counts, small, hidden = (np.concatenate([np.ravel(one[at]) for one in self.tables]) for at in range(3))
        return counts.astype(np.intp), small.astype(bool), hidden.astype(bool)

    def _sums(self, counts: Codes) -> Sums:
        signs = np.zeros((len(self.lines), self.many))
        for row, line in zip(signs, self.lines, strict=True):
            row[list(line)] = list(line.values())
        signs = signs[signs @ counts == 0]  # a home that is told of in another county later gives nothing to compute with
        return Sums(signs, np.concatenate(self.ranks))


def given_away(bulletins: Sequence[Printed], changes: pd.DataFrame) -> list[tuple[date, str, int, int]]:
    """Which small counts of some bulletins can be computed from all of them, though from none alone.

    Open cases of a county grow by what was flagged and shrink by what was decided on: where a later bulletin tells what
    happened since an earlier, what one hides may follow from the other. Linear programs look at all tables at once, as
    `suppressed` does at one. What happened in months that no bulletin tells is unknown, but for totals of the month before a
    later one, which it draws: two whole months between them part two bulletins. Ages are not followed from one to the next.

    Parameters
    ----------
    bulletins
        At least one; in the order of their days.
    changes
        Those of the ledger, known by the last day.

    Returns
    -------
    A row a count: the day of its bulletin, its county ("" of all together), which table (0 to 2 of open cases, 3 of what
    happened, 4 of the month before) and which column.
    """
    counties, cells, placed = _held_together(bulletins, changes)
    known = cells.known()
    return [
        (one.day, counties[row] if row < len(counties) and table < 4 else "", table, column)
        for one, at in zip(bulletins, placed, strict=True)
        for table, places in enumerate((*_parts(at.opened, one), at.happened, at.drawn))
        for row, column in zip(*map(np.ndarray.tolist, np.nonzero(known[places])), strict=True)
    ]


def kept_apart(before: Sequence[Printed], now: Printed, changes: pd.DataFrame) -> Printed:
    """A bulletin with more of it hidden, so that with those before no small count of any of them can be computed.

    What these give away without it stays given away; see `given_away`. Without any before, it is as it was.
    """
    if not before:
        return now
    counties, cells, placed = _held_together([*before, now], changes)
    own = placed[-1]
    hidden = cells.apart(np.concatenate([np.ravel(one) for one in own]))
    open_in, flows_in = ([*(counties.index(county) for county in rows), -1] for rows in (now.open_in, now.flows_in))
    open_by = zip(now.open_by, _parts(own.opened, now), strict=True)
    return replace(
        now,
        open_by=tuple(found._replace(hidden=hidden[part[open_in]]) for found, part in open_by),
        flows=now.flows._replace(hidden=hidden[own.happened[flows_in]]),
        drawn=now.drawn._replace(hidden=hidden[own.drawn]),
        apart_from=tuple(one.day for one in before),
    )


def _held_together(bulletins: Sequence[Printed], changes: pd.DataFrame) -> tuple[list[str], _Cells, list[_Places]]:
    """All counties, the cells of all bulletins with the sums that tie them, and where those of each bulletin are."""
    counties = sorted({county for one in bulletins for county in (*one.open_in, *one.flows_in)})
    cells = _Cells()
    placed = [_bulletin(one, counties, cells) for one in bulletins]
    for (before, was), (now, is_now) in pairwise(zip(bulletins, placed, strict=True)):
        _tie(cells, (before, was), (now, is_now), changes, counties)
    return counties, cells, placed


def _tie(
    cells: _Cells, before: tuple[Printed, _Places], now: tuple[Printed, _Places], changes: pd.DataFrame, counties: Sequence[str]
) -> None:
    """Two bulletins that follow each other, by what happened between and no bulletin tells."""
    (one, was), (other, is_now) = before, now
    first, month_before = one.day + timedelta(days=1), other.month_before
    same = one.day > month_before  # within a month, of which both tell what happened so far
    last = other.day if same else month_before
    between = cells.add(_untold(_happened(changes, first, last, counties), nothing=first > last))
    for column in between.T:
        cells.total(column)
    if same:
        cells.sums(is_now.happened, was.happened, between)
        cells.sums(is_now.drawn, was.drawn)
    elif one.day >= month_before.replace(day=1):
        cells.sums(is_now.drawn, was.happened[-1], between[-1])
    elif first == month_before.replace(day=1):
        cells.sums(is_now.drawn, between[-1])
    cells.lines += _moves(was.opened, is_now.opened, [between] if same else [between, is_now.happened])


def _bulletin(one: Printed, counties: Sequence[str], cells: _Cells) -> _Places:
    """The cells of a bulletin by county, all together last."""
    wide: Iterator[Any] = (
        np.column_stack([*(found[at][:, :-1] for found in one.open_by), one.open_by[0][at][:, -1]])
        for at in range(3)  # counts, what is small, what is hidden
    )
    spread = _spread(Suppressed(*wide), one.open_in, counties)
    opened = cells.add(spread, table_sums(spread.table.shape).rank)
    flows = _spread(one.flows, one.flows_in, counties)
    happened = cells.add(flows, table_sums(flows.table.shape, (False, True)).rank)
    drawn = cells.add(one.drawn, np.ones(one.drawn.table.size, dtype=np.intp))
    for part in _parts(opened, one):
        for row in part:
            cells.total(row)
    for column in (*opened.T, *happened.T):
        cells.total(column)
    return _Places(opened, happened, drawn)


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


def _untold(counts: Codes, *, nothing: bool) -> Suppressed:
    """What happened and no bulletin tells; and whether there is no day for anything."""
    return Suppressed(counts, np.zeros(counts.shape, dtype=bool), np.full(counts.shape, not nothing))


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
