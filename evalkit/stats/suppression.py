"""Small cells of a table: which to hide, and which others with them, so that the totals give none of them away."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any, Literal, NamedTuple

import numpy as np

from evalkit.errors import SpecError
from evalkit.stats.arrays import Array, Codes, Mask

Zeros = Literal["shown", "hidden"]
Totals = tuple[bool, bool]  # whether each row has its total printed, and each column
SURE = 0.5  # counts are whole: bounds nearer than this are one and the same


class Sums(NamedTuple):
    """What is known of cells beside their counts: each row of `signs` (sums, cells) adds parts (1) and takes a total away (−1).

    `rank` is 0 of an inner cell, 1 of a total, 2 of a total of totals.
    """

    signs: Array
    rank: Codes


class Suppressed(NamedTuple):
    """A table with its totals, and what of it is not shown.

    `table` has the totals of rows as its last column and those of columns as its last row, where they are printed; `small` are
    the cells that must not be known, `hidden` those and the ones hidden with them.
    """

    table: Codes
    small: Mask
    hidden: Mask


def suppressed(counts: Codes, least: int = 10, *, zeros: Zeros = "shown", totals: Totals = (True, True)) -> Suppressed:
    """The cells of a table of counts, shape (rows, columns), that are not shown, so that none below `least` can be computed.

    1. Cells below `least` are hidden; a zero is shown or not, by choice. 2. In a row or column with its total no hidden cell
    may stand alone: the smallest shown one is hidden with it. 3. For each small cell linear programs look for the least and the
    most it can be, given all that is shown; where both are the same it is known, another cell is hidden, and all is done again.

    Totals below `least` are hidden like other cells. That a hidden cell is below `least` may still follow; its figure does not.
    Only this one table is looked at: a table of last month with the same totals, or one of parts of a place, may give cells away
    (see `suppressed_together`, `suppressed_years`).

    Source: Cox (1980), Journal of the American Statistical Association 75:377–385.

    Examples
    --------
    >>> found = suppressed(np.array([[3, 20, 40], [30, 25, 60], [35, 50, 80]]))
    >>> found.small.astype(int).tolist()
    [[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    >>> found.hidden.astype(int).tolist()
    [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    """
    table = with_totals(counts, totals)
    small, hidden = suppressed_cells(table.ravel(), table_sums(table.shape, totals), least, zeros=zeros)
    return Suppressed(table, small.reshape(table.shape), hidden.reshape(table.shape))


def suppressed_together(tables: Sequence[Codes], least: int = 10, *, zeros: Zeros = "shown") -> tuple[Suppressed, ...]:
    """Tables of the same rows with the same row totals, such as homes of counties by stage and by kind, looked at together.

    A total that is hidden in one is hidden in all, and no small cell can be computed from all of them at once. (Bounds of several
    tables need not be whole: where they are not, reasoning with whole numbers might know more than the linear programs.)

    Raises
    ------
    SpecError
        The tables differ in a row total.

    Examples
    --------
    >>> stage, kind = np.array([[3, 20], [30, 25]]), np.array([[12, 11], [20, 35]])
    >>> [found.hidden.astype(int).tolist() for found in suppressed_together([stage, kind])]
    [[[1, 1, 0], [1, 1, 0], [0, 0, 0]], [[0, 0, 0], [0, 0, 0], [0, 0, 0]]]
    """
    inner = np.hstack([with_totals(counts, (False, True)) for counts in tables])
    ends = [0, *accumulate(counts.shape[1] for counts in tables)]
    whole = inner[:, : ends[1]].sum(axis=1)
    if any((inner[:, a:b].sum(axis=1) != whole).any() for a, b in pairwise(ends)):
        raise SpecError("tables that are looked at together need the same row totals", do="count the same homes in each")
    wide = np.column_stack([inner, whole])
    parts = [np.r_[a:b, -1] for a, b in pairwise(ends)]
    small, hidden = suppressed_cells(wide.ravel(), _linked(wide.shape, parts), least, zeros=zeros)
    small, hidden = small.reshape(wide.shape), hidden.reshape(wide.shape)
    return tuple(Suppressed(wide[:, at], small[:, at], hidden[:, at]) for at in parts)


def suppressed_years(years: Sequence[Codes], least: int = 10, *, zeros: Zeros = "shown") -> tuple[Suppressed, ...]:
    """Tables of the same rows and columns in several years, and last the table of all years together, looked at together.

    Each has its totals, and each cell of the last is the sum over the years: what one year hides, the others and the sum do not
    give away. Cells of the three ways are linked as in `suppressed_together`.

    Raises
    ------
    SpecError
        The tables differ in shape.

    Examples
    --------
    >>> one, two = np.array([[3, 20], [30, 25]]), np.array([[14, 21], [31, 26]])
    >>> [found.hidden.astype(int).tolist()[0] for found in suppressed_years([one, two])]
    [[1, 1, 0], [1, 1, 0], [0, 0, 0]]
    """
    if len({np.shape(counts) for counts in years}) != 1:
        raise SpecError("tables of several years need the same rows and columns", do="write 0 where a year has none")
    inner = np.stack([with_totals(counts) for counts in years])
    cube = np.concatenate([inner, inner.sum(axis=0, keepdims=True)])
    cell = np.arange(cube.size).reshape(cube.shape)
    lines = [line for axis in range(3) for line in np.moveaxis(cell, axis, -1).reshape(-1, cube.shape[axis])]
    rank = sum((np.indices(cube.shape)[axis] == cube.shape[axis] - 1).astype(np.intp) for axis in range(3))
    sums = Sums(_signs(lines, cube.size), np.ravel(rank))
    small, hidden = (part.reshape(cube.shape) for part in suppressed_cells(cube.ravel(), sums, least, zeros=zeros))
    return tuple(Suppressed(*parts) for parts in zip(cube, small, hidden, strict=True))


def suppressed_cells(counts: Codes, sums: Sums, least: int, *, zeros: Zeros = "shown") -> tuple[Mask, Mask]:
    """Which of some counts are small, and which are hidden so that none of these can be computed; see `suppressed`."""
    small, floor = below(counts, least, zeros=zeros), int(zeros == "shown")
    hidden, known = accompanied(counts, small, sums, zeros=zeros), small
    while (known := disclosed(counts, known, hidden, sums, floor=floor)).any():  # what is unsure once stays so
        hidden = accompanied(counts, _one_more(counts, known, hidden, sums, zeros), sums, zeros=zeros)
    return small, hidden


def hidden_more(counts: Codes, small: Mask, hidden: Mask, sums: Sums, free: Mask, *, floor: int = 0) -> Mask:
    """Hidden cells, and of the `free` ones as many more as it takes, so that no small cell can be computed.

    The cells that are not free stay as they are: they were printed before. What can be computed even where all that are free
    are hidden was given away before, and asks for nothing more. 1. Each linear program that tells a small cell also tells what
    it was computed from (its dual): of the free cells those are hidden from which most are, and all is done again. 2. Of those
    that were hidden each is shown again where nothing follows from it any more. `floor` as for `disclosed`.

    Examples
    --------
    >>> table = with_totals(np.array([[3, 20], [30, 25]])).ravel()
    >>> hidden, free = below(table, 10), np.array([0, 0, 0, 1, 1, 1, 1, 1, 1], dtype=bool)  # the first row was printed
    >>> hidden_more(table, hidden, hidden, table_sums((3, 3)), free).astype(int).tolist()
    [1, 0, 0, 0, 0, 0, 0, 0, 0]
    >>> hidden_more(table, hidden, hidden, table_sums((3, 3)), table > 9).astype(int).tolist()
    [1, 1, 0, 1, 1, 0, 0, 0, 0]
    """
    asked = small & ~disclosed(counts, small, hidden | free, sums, floor=floor)
    more, told = _until_unknown(counts, asked, hidden, sums, free, floor)
    added = np.flatnonzero(more & ~hidden)
    for cell in added[np.lexsort([-counts[added], -sums.rank[added]])].tolist():
        less = more & (np.arange(len(counts)) != cell)
        if not disclosed(counts, told, less, sums, floor=floor).any():
            more = less
    return _until_unknown(counts, asked, more, sums, free, floor)[0]  # what was never told until now may be


def with_totals(counts: Codes, totals: Totals = (True, True)) -> Codes:
    """A table with the totals of its rows as last column and those of its columns as last row, each where it is wanted.

    Examples
    --------
    >>> with_totals(np.array([[1, 2], [3, 4]])).tolist(), with_totals(np.array([[1], [3]]), (False, True)).tolist()
    ([[1, 2, 3], [3, 4, 7], [4, 6, 10]], [[1], [3], [4]])
    """
    table = np.asarray(counts, dtype=np.intp)
    if totals[0]:
        table = np.column_stack([table, table.sum(axis=1)])
    return np.vstack([table, table.sum(axis=0)]) if totals[1] else table


def table_sums(shape: tuple[int, ...], totals: Totals = (True, True)) -> Sums:
    """The sums of a table that ends with its totals."""
    cell = np.arange(shape[0] * shape[1]).reshape(shape)
    lines = [*(cell if totals[0] else ()), *(cell.T if totals[1] else ())]
    rank = np.zeros(shape, dtype=np.intp)
    rank[:, -1] += totals[0]
    rank[-1, :] += totals[1]
    return Sums(_signs(lines, cell.size), rank.ravel())


def below(counts: Codes, least: int, *, zeros: Zeros = "shown") -> Mask:
    """Which counts are below `least`; zeros where they are to be hidden.

    Examples
    --------
    >>> below(np.array([0, 9, 10]), 10).tolist(), below(np.array([0, 9, 10]), 10, zeros="hidden").tolist()
    ([False, True, False], [True, True, False])
    """
    return (counts < least) & ((counts > 0) | (zeros == "hidden"))


def accompanied(counts: Codes, hidden: Mask, sums: Sums, *, zeros: Zeros = "shown") -> Mask:
    """Hidden cells and others with them, found one after the other, so that none stands alone in a sum.

    With a cell that stands alone goes the smallest of its sum, inner cells before totals, and first those that leave no other
    sum with a lone cell. Where zeros are shown no zero is hidden, for then a hidden cell is known to be none. Source: Cox
    (1980), as above.

    Examples
    --------
    >>> table = with_totals(np.array([[3, 20], [30, 25]]))
    >>> accompanied(table.ravel(), below(table.ravel(), 10), table_sums(table.shape)).astype(int).reshape(3, 3).tolist()
    [[1, 1, 0], [1, 1, 0], [0, 0, 0]]
    """
    hidden, free, member = hidden.copy(), (counts > 0) | (zeros == "hidden"), sums.signs != 0
    added = True
    while added:
        added = False
        for line in member:
            if hidden[line].sum() == 1 and (choice := line & free & ~hidden).any():
                hidden[_cheapest(counts, choice, hidden, sums)] = True
                added = True
    return hidden


def disclosed(counts: Codes, small: Mask, hidden: Mask, sums: Sums, *, floor: int = 0) -> Mask:
    """Which small cells can be computed exactly from what is shown, by linear programs over all hidden cells (HiGHS).

    `floor` is what every hidden cell is known to be at least. One solution shows other figures for many cells at once, so that
    few need a program of their own. Sums of tables of two ways are totally unimodular: bounds are whole.

    Examples
    --------
    >>> table = with_totals(np.array([[3, 20], [30, 25]])).ravel()
    >>> disclosed(table, below(table, 10), below(table, 10), table_sums((3, 3))).astype(int).tolist()
    [1, 0, 0, 0, 0, 0, 0, 0, 0]
    """
    cells, known = np.flatnonzero(hidden), np.zeros(len(counts), dtype=bool)
    solve, doubted = _Programs(counts, hidden, sums, floor), np.zeros(len(cells), dtype=bool)
    for at in np.flatnonzero(small[cells]).tolist():
        for sign in (1, -1):
            if not doubted[at]:
                doubted |= np.abs(solve(at, sign) - counts[cells]) > SURE
        known[cells[at]] = not doubted[at]
    return known


def feasible(counts: Codes, hidden: Mask, sums: Sums, *, floor: int = 0) -> tuple[Array, Array]:
    """The least and the most each cell can be, given what is shown; a shown cell is what it is, a cell without bound is infinite.

    Examples
    --------
    >>> table = with_totals(np.array([[3, 20], [30, 25]])).ravel()
    >>> low, high = feasible(table, accompanied(table, below(table, 10), table_sums((3, 3))), table_sums((3, 3)))
    >>> low.astype(int).tolist()[:3], high.astype(int).tolist()[:3]
    ([0, 0, 23], [23, 23, 23])
    """
    low, high = counts.astype(float), counts.astype(float)
    solve = _Programs(counts, hidden, sums, floor)
    for at, cell in enumerate(np.flatnonzero(hidden)):
        low[cell], high[cell] = solve(at, 1)[at], solve(at, -1)[at]
    return low, high


class _Programs:
    """The linear programs of counts with hidden cells: the same sums, another cell to be made small or large each time."""

    def __init__(self, counts: Codes, hidden: Mask, sums: Sums, floor: int) -> None:
        from scipy.sparse import csr_array

        self.whole = sums.signs[(sums.signs[:, hidden] != 0).any(axis=1)]
        self.signs = csr_array(self.whole[:, hidden])
        true = counts[hidden].astype(float)
        self.right, self.floor = self.signs @ true, np.minimum(true, floor)

    def __call__(self, at: int, sign: int) -> Array:
        """Hidden cells that agree with what is shown, the at-th as small as can be (1) or as large (−1).

        Where nothing bounds it, it is infinite, and the others are not told (NaN).
        """
        found = self._solved(at, sign)
        if found.x is not None:
            return np.asarray(found.x)
        endless = np.full(len(self.floor), np.nan)
        endless[at] = np.inf
        return endless

    def told_from(self, at: int, sign: int) -> Mask:
        """Which of all cells the bound of the at-th hidden one is computed from, where there is a bound."""
        return np.asarray(np.abs(self._solved(at, sign).eqlin.marginals @ self.whole) > SURE / 10**6)

    def _solved(self, at: int, sign: int) -> Any:
        from scipy.optimize import linprog

        cost = np.zeros(len(self.floor))
        cost[at] = sign
        bounds = np.column_stack([self.floor, np.full(len(self.floor), np.inf)])
        with_sums: dict[str, Any] = {"A_eq": self.signs, "b_eq": self.right} if self.signs.shape[0] else {}
        return linprog(cost, bounds=bounds, method="highs", **with_sums)


def _linked(shape: tuple[int, ...], parts: Sequence[Codes]) -> Sums:
    """The sums of tables side by side: of each part with the shared total, and of each column."""
    cell = np.arange(shape[0] * shape[1]).reshape(shape)
    lines = [*(row[at] for at in parts for row in cell), *cell.T]
    return Sums(_signs(lines, cell.size), table_sums(shape).rank)


def _signs(lines: Sequence[Codes], size: int) -> Array:
    """Each line of cells as a row: its last is the total of the others."""
    signs = np.zeros((len(lines), size))
    for row, line in zip(signs, lines, strict=True):
        row[line[:-1]], row[line[-1]] = 1.0, -1.0
    return signs


def _cheapest(counts: Codes, choice: Mask, hidden: Mask, sums: Sums) -> int:
    """The cell of a choice that is cheapest to hide: inner cells first, then such that leave no other sum with a lone cell,
    then the smallest, then by place.
    """
    cells = np.flatnonzero(choice)
    member = sums.signs[:, cells] != 0
    bare = ((sums.signs != 0) @ hidden.astype(np.intp)) == 0
    lonely = member[bare].sum(axis=0)
    return int(cells[np.lexsort([cells, counts[cells], lonely, sums.rank[cells]])[0]])


def _one_more(counts: Codes, known: Mask, hidden: Mask, sums: Sums, zeros: Zeros) -> Mask:
    """Hidden cells and one more: in a sum with the first cell that is known, or else the cheapest of all."""
    free = ((counts > 0) | (zeros == "hidden")) & ~hidden
    free = free if free.any() else ~hidden  # only zeros are left
    member = sums.signs != 0
    near = free & member[member[:, np.flatnonzero(known)[0]]].any(axis=0)
    more = hidden.copy()
    more[_cheapest(counts, near if near.any() else free, hidden, sums)] = True
    return more


def _until_unknown(counts: Codes, asked: Mask, hidden: Mask, sums: Sums, free: Mask, floor: int) -> tuple[Mask, Mask]:
    """Hidden cells and more, until none that is asked for is known; and which of these were, on the way."""
    more, told, known = hidden.copy(), np.zeros(len(counts), dtype=bool), asked
    while (known := disclosed(counts, known, more, sums, floor=floor)).any():
        told |= known
        more[_told_from(counts, known, more, sums, free & ~more, floor)] = True
    return more, told


def _told_from(counts: Codes, known: Mask, hidden: Mask, sums: Sums, free: Mask, floor: int) -> list[int]:
    """Free cells without which the known ones are not computed as they were: first such as most are computed from."""
    solve = _Programs(counts, hidden, sums, floor)
    proofs = [solve.told_from(at, 1) | solve.told_from(at, -1) for at in np.flatnonzero(known[hidden]).tolist()]
    left = np.array(proofs) & free
    left, chosen = left[left.any(axis=1)], list[int]()
    while len(left):
        votes = left.sum(axis=0)
        cells = np.flatnonzero(votes)
        chosen.append(int(cells[np.lexsort([cells, counts[cells], sums.rank[cells], -votes[cells]])[0]]))
        left = left[~left[:, chosen[-1]]]
    return chosen or np.flatnonzero(free).tolist()  # no proof was given: all, and what need not be is shown again
