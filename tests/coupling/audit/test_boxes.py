"""Intervals of printed figures, and bounds of a measure over them, held against points drawn inside."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.coupling.audit.boxes import Box, as_told, bounds, grid, level_point, plain, read_printed, rescaled
from evalkit.coupling.audit.coupling import formulas
from evalkit.coupling.audit.development import harmonic_mean, own_level, own_level_bounds
from evalkit.errors import DataError


def drawn(box, count, seed):
    """Points inside a box, its corners among them: (n, count, m)."""
    rng = np.random.default_rng(seed)
    at = rng.uniform(size=(count, *box.low.shape))
    at[: count // 3] = rng.integers(0, 2, size=(count // 3, *box.low.shape))
    return np.moveaxis(box.low + at * (box.high - box.low), 1, 0)


def printed_box(seed, n, decimals, rows=12):
    u = np.round(np.random.default_rng(seed).uniform(0.02, 0.98, (n, rows)), decimals)
    half = 0.5 * 10.0**-decimals
    return Box(np.clip(u - half, 0, 1), np.clip(u + half, 0, 1))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 4), decimals=st.integers(2, 4))
def test_no_point_of_a_box_lies_beyond_its_bounds(seed, n, decimals):
    """Exact for the standard variant, its powers and the spread; else to a hundredth of the width."""
    box = printed_box(seed, n, decimals)
    points, inside = grid(box), drawn(box, 600, seed)
    for one in formulas(n):
        found = bounds(one.measure, points)
        values = one.measure(inside.reshape(n, -1)).reshape(600, -1)
        room = 1e-12 if one.key in ("standard", "fan", "lost_coefficient") or "power" in one.key else 0.01
        width = (found.high - found.low) * room + 1e-12
        assert (values >= found.low - width).all(), one.key
        assert (values <= found.high + width).all(), one.key
    for mean, found in ((harmonic_mean, bounds(harmonic_mean, points)), (own_level, own_level_bounds(box, points))):
        values = mean(inside.reshape(n, -1)).reshape(600, -1)
        assert (values >= found.low - 1e-12).all()
        assert (values <= found.high + 1e-12).all()


def test_level_systems_reach_one():
    box = Box(np.array([[0.295], [0.302]]), np.array([[0.305], [0.312]]))
    assert np.ptp(level_point(box)) < 1e-12
    assert bounds(formulas(2)[0].measure, grid(box)).high == pytest.approx(1.0, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), decimals=st.integers(2, 4))
def test_rescaled_boxes_hold_every_rescaled_point(seed, decimals):
    box = printed_box(seed, 2, decimals, rows=15)
    groups = np.repeat([0, 1, 2], 5)
    found = rescaled(box, groups, (0.01, 0.99))
    for point in np.moveaxis(drawn(box, 200, seed), 1, 0):
        table = pd.DataFrame(point.T).groupby(groups)
        low, high = table.transform("min").to_numpy().T, table.transform("max").to_numpy().T
        there = (high - low) > 0
        z = 0.01 + 0.98 * (point - low) / np.where(there, high - low, 1)
        assert (z[there] >= found.low[there] - 1e-9).all()
        assert (z[there] <= found.high[there] + 1e-9).all()


def test_the_least_row_of_a_group_is_exactly_at_the_bottom():
    box = Box(np.array([[0.1995, 0.4995, 0.7995]]), np.array([[0.2005, 0.5005, 0.8005]]))
    found = rescaled(box, np.zeros(3, dtype=int), (0.0, 1.0))
    assert found.low[0, 0] == found.high[0, 0] == 0
    assert found.low[0, 2] == found.high[0, 2] == 1


def test_decimals_are_those_most_figures_show():
    assert read_printed(pd.Series([0.31, 0.305, 0.4, 0.512]), who="U").unit.tolist() == [0.001] * 4
    assert read_printed(pd.Series(["0.30", "0.40", "0.50"]), who="U").unit.tolist() == [0.01] * 3
    assert read_printed(pd.Series([0.3, 0.4]), who="U", decimals=3).unit.tolist() == [0.001] * 2
    assert read_printed(pd.Series([0.1 + 0.2, 0.25]), who="U").unit.tolist() == [0.01] * 2


def test_cells_as_tables_print_them():
    read = read_printed(pd.Series(["０．３１", " 0.305* ", "—", None, "−0.010", ".5"]), who="U")
    np.testing.assert_array_equal(read.values, [0.31, 0.305, np.nan, np.nan, -0.01, 0.5])
    with pytest.raises(DataError, match="no number; found under the header, row 2: about half"):
        read_printed(pd.Series(["0.3", "about half"]), who="U")


@pytest.mark.parametrize("dtype", ["float32", ">f4", "Float32", "float[pyarrow]", "Sparse[float32]"])
def test_figures_of_32_bits_are_those_they_were_made_of(dtype):
    """Stata keeps 0.31 as 0.310000002384…: that is no figure of ten decimals."""
    cells = pd.Series([0.31, 0.5, None, 0.0931, 0.829])
    told = as_told(pd.DataFrame({"D": cells.astype(dtype)}))["D"]
    assert told.dropna().tolist() == cells.dropna().tolist()
    np.testing.assert_array_equal(read_printed(told, who="D").unit, read_printed(cells, who="D").unit)


def test_a_figure_of_32_bits_among_others_is_read_as_it_was_made():
    assert plain(np.float32(0.31)) == plain(0.31) == "0.31"


def test_figures_of_64_bits_and_words_stay_as_they_are():
    table = pd.DataFrame({"unit": ["a", "b"], "D": [0.1 + 0.2, 0.3], "n": [1, 2]})
    pd.testing.assert_frame_equal(as_told(table), table)
