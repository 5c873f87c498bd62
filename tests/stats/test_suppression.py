"""Small cells of tables: none can be computed from what is shown, by programs written here and by trying all tables out."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linprog

from evalkit.errors import SpecError
from evalkit.stats.suppression import (
    Sums,
    accompanied,
    below,
    disclosed,
    feasible,
    hidden_more,
    suppressed,
    suppressed_together,
    table_sums,
    with_totals,
)

BOTH = (True, True)


def sums_of(table):
    return table_sums(table.shape)


SOME = st.sampled_from([(True, True), (True, False), (False, True), (False, False)])
TABLES = st.tuples(st.integers(1, 5), st.integers(1, 4)).flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.one_of(st.integers(0, 12), st.integers(0, 200)))
)


def counts(seed=1, shape=(12, 6)):
    """Skewed counts such as of monitored households by county and kind; at seed 1 fourteen cells and totals are small."""
    rng = np.random.default_rng(seed)
    return rng.negative_binomial(1.2, 1.2 / 31.2, size=shape)


def bounds(shown, hidden, totals, floor):
    """The least and most of each hidden cell: dense programs over ALL cells, shown ones fixed by their bounds."""
    size, cell = shown.size, np.arange(shown.size).reshape(shown.shape)
    sums = []
    for row in range(shown.shape[0]) if totals[0] else ():
        sums.append((cell[row, :-1], cell[row, -1]))
    for column in range(shown.shape[1]) if totals[1] else ():
        sums.append((cell[:-1, column], cell[-1, column]))
    A = np.zeros((len(sums), size))
    for at, (parts, whole) in enumerate(sums):
        A[at, parts], A[at, whole] = 1, -1
    flat, away = shown.ravel().astype(float), hidden.ravel()
    limits = [(min(floor, v), 10_000) if gone else (v, v) for v, gone in zip(flat, away, strict=True)]
    with_sums = {"A_eq": A, "b_eq": np.zeros(len(A))} if len(A) else {}
    out = {}
    for at in np.flatnonzero(away):
        ends = []
        for sign in (1, -1):
            cost = np.zeros(size)
            cost[at] = sign
            found = linprog(cost, bounds=limits, method="highs", **with_sums)
            assert found.status == 0
            ends.append(found.x[at])
        out[at] = tuple(ends)
    return out


def test_the_totals_give_hidden_cells_away_and_then_no_longer():
    """A 12 × 6 table with 14 small cells: hidden alone, some follow from the totals; with 4 more, none does."""
    table = with_totals(counts())
    small = below(table, 10)
    assert small.sum() == 14
    alone = bounds(table, small, BOTH, floor=1)
    exact = [at for at, (low, high) in alone.items() if high - low < 0.5]
    assert len(exact) == 8
    assert disclosed(table.ravel(), small.ravel(), small.ravel(), sums_of(table), floor=1).sum() == 8
    found = suppressed(counts())
    after = bounds(found.table, found.hidden, BOTH, floor=1)
    assert all(high - low > 0.5 for low, high in after.values())
    assert found.hidden.sum() - found.small.sum() == 4


def test_bounds_are_those_of_all_tables_that_agree():
    """[[3, 20], [30, 25]]: the one hidden cell in four frees x with 0 ≤ x ≤ 23; counted out by trying every table."""
    table = with_totals(np.array([[3, 20], [30, 25]]))
    flat = accompanied(table.ravel(), below(table.ravel(), 10), sums_of(table))
    hidden = flat.reshape(table.shape)
    assert hidden[:2, :2].all() and hidden.sum() == 4
    low, high = (ends.reshape(table.shape) for ends in feasible(table.ravel(), flat, sums_of(table)))
    agree = [
        (a, b, c, d) for a, b, c, d in product(range(60), repeat=4) if a + b == 23 and c + d == 55 and a + c == 33 and b + d == 45
    ]
    cells = np.array(agree)
    assert low[:2, :2].ravel().tolist() == cells.min(axis=0).tolist() == [0, 0, 10, 22]
    assert high[:2, :2].ravel().tolist() == cells.max(axis=0).tolist() == [23, 23, 33, 45]


def test_a_cell_known_by_several_sums_at_once_is_found():
    """No hidden cell stands alone, and yet, for a = (0, 0), b = (0, 3), c = (2, 0) and d = (2, 3): a + c = 37 − 34 = 3,
    c + d = 75 − 57 = 18 and b + d = 114 − 97 = 17. So b = c − 1; all are 1 at least, since zeros are shown: c = 2, a = 1, b = 1.
    """
    table = with_totals(np.array([[1, 22, 1, 1], [34, 3, 16, 97], [2, 0, 57, 16]]))
    small = below(table, 10)
    hidden = accompanied(table.ravel(), small.ravel(), sums_of(table)).reshape(table.shape)
    assert hidden[[0, 0, 2, 2], [0, 3, 0, 3]].all() and not hidden[[1, 2, 1], [0, 2, 3]].any()
    assert (hidden.sum(axis=0) != 1).all() and (hidden.sum(axis=1) != 1).all()
    known = disclosed(table.ravel(), small.ravel(), hidden.ravel(), sums_of(table), floor=1).reshape(table.shape)
    ends = bounds(table, hidden, BOTH, floor=1)
    expected = [at for at in np.flatnonzero(small.ravel()) if ends[at][1] - ends[at][0] < 0.5]
    assert np.flatnonzero(known.ravel()).tolist() == expected
    assert np.argwhere(known).tolist() == [[0, 0], [0, 3], [2, 0]]
    final = suppressed(table[:-1, :-1])
    assert final.hidden.sum() > hidden.sum()
    assert not disclosed(table.ravel(), small.ravel(), final.hidden.ravel(), sums_of(table), floor=1).any()


@settings(max_examples=50)
@given(TABLES, SOME, st.sampled_from(["shown", "hidden"]))
def test_no_small_cell_can_be_computed(table, totals, zeros):
    found = suppressed(table, 10, zeros=zeros, totals=totals)
    assert (found.hidden >= found.small).all()
    assert found.table.shape == (len(table) + totals[1], table.shape[1] + totals[0])
    floor = 1 if zeros == "shown" else 0
    if not found.hidden.any():
        return
    ends = bounds(found.table, found.hidden, totals, floor)
    for at in np.flatnonzero(found.small.ravel()):
        low, high = ends[at]
        assert high - low > 0.5, (table, found.hidden)


@given(TABLES, SOME)
def test_nothing_is_hidden_where_nothing_is_small(table, totals):
    found = suppressed(table + 10, 10, totals=totals)
    assert not found.hidden.any()


@given(TABLES)
def test_a_zero_is_shown_where_zeros_are(table):
    found = suppressed(table, 10, zeros="shown")
    assert not found.hidden[found.table == 0].any()


@given(TABLES, st.integers(2, 30))
def test_no_hidden_cell_stands_alone(table, least):
    hidden = suppressed(table, least).hidden
    assert (hidden.sum(axis=0) != 1).all()
    assert (hidden.sum(axis=1) != 1).all()


@given(TABLES, st.randoms(use_true_random=False))
def test_small_cells_do_not_depend_on_the_order_of_rows(table, random):
    order = list(range(len(table)))
    random.shuffle(order)
    there, here = suppressed(table[order]).small, suppressed(table).small
    assert (there[:-1] == here[:-1][order]).all()


def test_a_lonely_small_place_takes_the_next_smallest_along():
    """One column of places with its total, 4 + 50 + 30 = 84: 4 alone would follow, so that 30 is hidden with it."""
    found = suppressed(np.array([[4], [50], [30]]), totals=(False, True))
    assert found.hidden.ravel().tolist() == [True, False, True, False]


def test_a_small_total_is_hidden_too():
    found = suppressed(np.array([[2, 0, 3], [40, 50, 60]]))
    assert found.hidden[0].tolist() == [True, False, True, True]
    assert found.small[0].tolist() == [True, False, True, True]


@pytest.mark.parametrize("zeros", ["shown", "hidden"])
def test_large_tables_take_seconds_at_most(zeros):
    found = suppressed(counts(3, (100, 10)), zeros=zeros)
    flat, floor = [part.ravel() for part in found], int(zeros == "shown")
    assert not disclosed(*flat, sums_of(found.table), floor=floor).any()


@settings(max_examples=50)
@given(st.integers(1, 4).flatmap(lambda rows: st.tuples(*[arrays(np.int64, (rows, 3), elements=st.integers(0, 40))] * 2)))
def test_tables_of_the_same_totals_are_safe_together(both):
    """Homes by stage and by kind: programs over both tables at once, written here, know no small cell."""
    stage, kind = both[0], both[1]
    kind = kind + 0
    kind[:, 0] += np.maximum(stage.sum(axis=1) - kind.sum(axis=1), 0)
    stage = stage + 0
    stage[:, 0] += kind.sum(axis=1) - stage.sum(axis=1)
    one, other = suppressed_together([stage, kind])
    assert (one.table[:, -1] == other.table[:, -1]).all() and (one.hidden[:, -1] == other.hidden[:, -1]).all()
    for found in (one, other):
        assert (found.hidden >= found.small).all() and not found.hidden[found.table == 0].any()
    values = np.concatenate([one.table.ravel(), other.table.ravel()])
    hidden = np.concatenate([one.hidden.ravel(), other.hidden.ravel()])
    small = np.concatenate([one.small.ravel(), other.small.ravel()])
    rows, columns = one.table.shape
    cell = np.arange(2 * rows * columns).reshape(2, rows, columns)
    lines = []
    for table in cell:
        lines += [(row[:-1], row[-1]) for row in table] + [(column[:-1], column[-1]) for column in table.T]
    A = np.zeros((len(lines) + rows, values.size))
    for at, (parts, whole) in enumerate(lines):
        A[at, parts], A[at, whole] = 1, -1
    for row in range(rows):
        A[len(lines) + row, cell[0, row, -1]], A[len(lines) + row, cell[1, row, -1]] = 1, -1
    limits = [(1, 10_000) if gone else (v, v) for v, gone in zip(values, hidden, strict=True)]
    for at in np.flatnonzero(small):
        cost = np.zeros(values.size)
        cost[at] = 1
        ends = [linprog(c, A_eq=A, b_eq=np.zeros(len(A)), bounds=limits, method="highs").x[at] for c in (cost, -cost)]
        assert ends[1] - ends[0] > 0.5


def test_a_total_hidden_in_one_table_is_hidden_in_the_other():
    """Row 1 holds 4 homes: by stage 4 + 0, by kind 1 + 3. Its total 4 is small and hidden in both."""
    stage, kind = suppressed_together([np.array([[4, 0], [30, 40]]), np.array([[1, 3], [50, 20]])])
    assert stage.hidden[0, -1] and kind.hidden[0, -1]
    with pytest.raises(SpecError, match="same row totals"):
        suppressed_together([np.array([[4, 0]]), np.array([[1, 2]])])


@pytest.mark.parametrize("seed", range(8))
def test_a_table_beside_one_that_was_printed_hides_what_tells_and_no_more(seed):
    """Of each cell it is told how many came since: what is small in the first table follows from what is shown of the second."""
    rng = np.random.default_rng(seed)
    first = rng.integers(1, 30, (4, 4))
    tables = [suppressed(first), suppressed(first + rng.integers(5, 30, first.shape))]
    came = tables[1].table - tables[0].table
    each, own = came.size, table_sums(came.shape)
    counts = np.concatenate([tables[0].table.ravel(), tables[1].table.ravel(), came.ravel()])
    small, hidden = (np.concatenate([*(np.ravel(one[at]) for one in tables), np.zeros(each, dtype=bool)]) for at in (1, 2))
    within = np.kron(np.eye(3)[:2], own.signs)  # the sums of either table
    between = np.kron([[1, -1, 1]], np.eye(each))
    sums, free = Sums(np.vstack([within, between]), np.tile(own.rank, 3)), np.repeat([False, True, False], each)

    more = hidden_more(counts, small, hidden, sums, free)
    hopeless = disclosed(counts, small, hidden | free, sums)
    assert disclosed(counts, small, hidden, sums).sum() > hopeless.sum()
    np.testing.assert_array_equal(disclosed(counts, small, more, sums), hopeless)
    assert (more >= hidden).all()
    assert not (more & ~hidden & ~free).any()
    for cell in np.flatnonzero(more & ~hidden):  # each is needed
        assert disclosed(counts, small, more & (np.arange(len(more)) != cell), sums).sum() > hopeless.sum()
