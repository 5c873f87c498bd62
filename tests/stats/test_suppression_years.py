"""200 random tables with margins, of two linked years: linear programs written here recover no hidden small count exactly."""

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array

from evalkit.errors import SpecError
from evalkit.stats.suppression import suppressed, suppressed_together, suppressed_years

TRIALS = 200


def cube(rng: np.random.Generator) -> np.ndarray:
    """Counts of two years (year, row, column), skewed as those of homes by county and kind; the second is near the first."""
    shape = tuple(rng.integers(2, 6, size=2))
    first = rng.negative_binomial(1.2, 1.2 / (1.2 + rng.choice([8, 25, 60])), size=shape)
    change = rng.poisson(2, size=shape) - rng.binomial(first, 0.15)
    return np.stack([first, np.maximum(first + change, 0)])


def with_margins(counts: np.ndarray) -> np.ndarray:
    """The counts with the totals of every way, this one's own addition."""
    for axis in range(counts.ndim):
        counts = np.concatenate([counts, counts.sum(axis=axis, keepdims=True)], axis=axis)
    return counts


def recovered(whole: np.ndarray, hidden: np.ndarray, small: np.ndarray, floor: int) -> list[int]:
    """Small cells whose least and most, over all tables that agree with what is shown, are one figure.

    All hidden cells are unknowns; every line of cells along every way says that parts make the total.
    """
    values, unknown = whole.ravel().astype(float), np.flatnonzero(hidden.ravel())
    if not len(unknown):
        return []
    place = np.full(values.size, -1)
    place[unknown] = np.arange(len(unknown))
    cells = np.arange(values.size).reshape(whole.shape)
    rows, right = [], []
    for axis in range(whole.ndim):
        for line in np.moveaxis(cells, axis, -1).reshape(-1, whole.shape[axis]):
            signs = np.r_[np.ones(len(line) - 1), -1.0]
            free = place[line] >= 0
            if free.any():
                row = np.zeros(len(unknown))
                row[place[line[free]]] = signs[free]
                rows.append(row)
                right.append(-(signs[~free] * values[line[~free]]).sum())
    system = {"A_eq": csr_array(np.array(rows)), "b_eq": right} if rows else {}
    bounds = [(min(floor, int(values[at])), 100_000) for at in unknown]
    unsure, out = np.zeros(len(unknown), dtype=bool), []
    for at in np.flatnonzero(small.ravel()[unknown]):
        for sign in (1.0, -1.0):
            if unsure[at]:
                break
            cost = np.zeros(len(unknown))
            cost[at] = sign
            found = linprog(cost, bounds=bounds, method="highs", **system)
            assert found.status == 0
            unsure |= np.abs(found.x - values[unknown]) > 0.5
        if not unsure[at]:
            out.append(int(unknown[at]))
    return out


@pytest.mark.parametrize("part", range(4))
def test_no_small_count_of_two_linked_years_is_recovered(part):
    """Both years with their totals, and the sums of both with theirs; every hidden small cell keeps some room."""
    rng, looked_at, alone = np.random.default_rng(900 + part), 0, 0
    for trial in range(TRIALS // 4):
        zeros = ("shown", "hidden")[trial % 2]
        years = cube(rng)
        found = suppressed_years(list(years), zeros=zeros)
        whole = with_margins(years)
        assert all((one.table == table).all() for one, table in zip(found, whole, strict=True))
        hidden, small = (np.stack([getattr(one, name) for one in found]) for name in ("hidden", "small"))
        floor = int(zeros == "shown")
        assert (small == (whole < 10) & ((whole > 0) | (zeros == "hidden"))).all()
        assert (hidden >= small).all()
        assert recovered(whole, hidden, small, floor) == []
        looked_at += int(small.sum())
        apart = np.stack([suppressed(table, zeros=zeros).hidden for table in (*years, years.sum(axis=0))])
        alone += bool(recovered(whole, apart, small, floor))
    assert looked_at > 100
    assert alone > 0  # looked at one by one, tables give one another away


def test_tables_looked_at_alone_give_small_counts_away():
    """The search of this test finds what hiding of small cells alone leaves open, and what linked tables add."""
    rng = np.random.default_rng(3)
    open_ = 0
    for _ in range(20):
        whole = with_margins(cube(rng)[0])
        small = (whole < 10) & (whole > 0)
        open_ += len(recovered(whole, small, small, 1))
    assert open_ > 10


@pytest.mark.parametrize("least", [5, 10])
def test_the_least_count_can_be_chosen(least):
    rng = np.random.default_rng(7)
    for _ in range(20):
        years = cube(rng)
        found = suppressed_years(list(years), least)
        hidden, small = (np.stack([getattr(one, name) for one in found]) for name in ("hidden", "small"))
        assert (small == (with_margins(years) < least) & (with_margins(years) > 0)).all()
        assert recovered(with_margins(years), hidden, small, 1) == []


def test_parts_of_one_whole_are_looked_at_together():
    """A table and the same homes by another kind: 100 random pairs, a common total hidden in one is hidden in both."""
    rng = np.random.default_rng(11)
    for _ in range(30):
        stage = cube(rng)[0]
        kind = np.stack([rng.multinomial(total, [0.6, 0.3, 0.1]) for total in stage.sum(axis=1)])
        one, other = suppressed_together([stage, kind])
        for found in (one, other):
            assert recovered(found.table, found.hidden, found.small, 1) == []


def test_years_of_other_shapes_are_refused():
    with pytest.raises(SpecError, match="same rows and columns"):
        suppressed_years([np.ones((2, 2), dtype=int), np.ones((2, 3), dtype=int)])
