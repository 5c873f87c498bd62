"""Imputation by what is alike: scikit-learn's documented figures, a known truth, ranges, and what is refused."""

import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import evalkit as ek
from evalkit.indicators.treatment.neighbors import Iterative, Neighbors, from_neighbors, from_regressions

NAN = np.nan


def panel_of(x, years=(2020,)):
    x = np.asarray(x, dtype=float)
    units = [f"u{i:03}" for i in range(len(x) // len(years))]
    rows = pd.MultiIndex.from_product([units, years], names=["unit", "year"]).to_frame(index=False)
    return ek.Panel.from_frame(rows.assign(**{f"x{j}": x[:, j] for j in range(x.shape[1])}), unit="unit", period="year")


def filled(x, step, years=(2020,)):
    panel = panel_of(x, years)
    return ek.treat(panel, list(panel.frame), (step,)).panel.frame.to_numpy()


def test_neighbors_of_scikit_learn():
    """scikit-learn 1.9: the example in the docstring of KNNImputer, and test_knn_imputer_zero_nan_imputes_the_same."""
    x = [[1, 2, NAN], [3, 4, 3], [NAN, 6, 5], [8, 8, 7]]
    expected = [[1, 2, 4], [3, 4, 3], [5.5, 6, 5], [8, 8, 7]]
    np.testing.assert_allclose(from_neighbors(np.array(x), k=2), expected)
    np.testing.assert_allclose(filled(x, Neighbors(k=2)), expected)  # standardizing changes no neighbor here
    x = [[1, NAN, 1, 1, 1], [2, 2, 2, 2, 2], [3, 3, 3, 3, NAN], [6, 6, NAN, 6, 6]]
    expected = [[1, 2.5, 1, 1, 1], [2, 2, 2, 2, 2], [3, 3, 3, 3, 1.5], [6, 6, 2.5, 6, 6]]
    np.testing.assert_allclose(from_neighbors(np.array(x), k=2), expected)


def test_neighbors_do_not_depend_on_the_unit_of_measure():
    x = np.random.default_rng(3).normal(size=(40, 4))
    x[::7, 1] = NAN
    scaled = x * [1, 1000, 0.01, 5]
    np.testing.assert_allclose(filled(scaled, Neighbors()), filled(x, Neighbors()) * [1, 1000, 0.01, 5], rtol=1e-9)


def test_neighbors_are_sought_in_the_same_year_unless_pooled():
    x = [[1, 1], [2, NAN], [9, 9], [2, 50]]
    assert filled(x, Neighbors(k=1), years=(2019, 2020))[1, 1] == 50
    assert filled([[1, 1], [9, NAN], [9.2, 9], [2, 50]], Neighbors(k=1, pooled=True), years=(2019, 2020))[1, 1] == pytest.approx(
        9
    )


def test_regressions_recover_a_line():
    """x1 = 2 x0 + 1 and x2 = −x0 hold exactly; a tenth of the cells is taken out and comes back."""
    rng = np.random.default_rng(5)
    x0 = rng.uniform(0, 10, 300)
    truth = np.column_stack([x0, 2 * x0 + 1, -x0])
    x = truth.copy()
    gone = np.zeros(x.shape, dtype=bool)
    gone[rng.permutation(300)[:90], rng.integers(0, 3, 90)] = True
    x[gone] = NAN
    np.testing.assert_allclose(filled(x, Iterative()), truth, atol=0.05)


def test_regressions_are_the_same_each_time():
    x = np.random.default_rng(7).normal(size=(60, 4))
    x[::9, 2] = NAN
    assert (filled(x, Iterative()) == filled(x, Iterative())).all()


@settings(deadline=None, max_examples=25)
@given(
    arrays(float, (9, 3), elements=st.floats(-50, 50).map(lambda v: round(v, 2)) | st.just(NAN)),
    st.sampled_from([Neighbors(k=2), Neighbors(k=2, pooled=True), Iterative(rounds=3)]),
)
def test_filled_figures_stay_in_range_and_observed_ones_as_they_are(x, step):
    x[:3] = [[1, 2, 3]] * 3
    x[x[:, 0] != x[:, 0], 1] = 0.5  # no row is wholly empty
    seen, after = ~np.isnan(x), filled(x, step, years=(2018, 2019, 2020))
    assert (after[seen] == x[seen]).all()
    assert (after >= np.nanmin(x, axis=0)).all()
    assert (after <= np.nanmax(x, axis=0)).all()


def test_the_formulas_keep_the_range_too():
    x = np.array([[1, 2], [3, 6], [4, 8], [NAN, 3], [7, NAN]])
    assert from_regressions(x, rounds=10)[4, 1] == 8


@pytest.mark.parametrize("step", [Neighbors(k=2), Iterative()])
def test_a_row_with_nothing_observed_stays_open(step):
    with pytest.raises(ek.DataError, match="2 values are missing"):
        filled([[1, 2], [3, 4], [NAN, NAN], [5, NAN]], step)


@pytest.mark.parametrize("step", [Neighbors(k=2), Iterative()])
def test_a_column_without_figures_is_refused_by_name(step):
    with pytest.raises(ek.DataError, match=r"cannot fill \[x1\]"):
        filled([[1, NAN], [3, NAN]], step)


def test_a_year_without_figures_is_refused_by_name():
    x = [[1, 1], [2, NAN], [9, 9], [2, NAN]]
    with pytest.raises(ek.DataError, match=r"2020: Neighbors cannot fill \[x1\].*pooled=True"):
        filled(x, Neighbors(k=1), years=(2019, 2020))


def test_cells_and_notes_name_the_method(counties, systems):
    columns = systems["revitalization"].columns
    treated = ek.treat(counties, columns, (Neighbors(), Iterative()))
    assert set(treated.filled["method"]) == {"Neighbors"}
    assert len(treated.filled) == counties.frame[list(columns)].isna().sum().sum()
    assert "5 most similar units of the same year" in treated.notes[0].text.en


def test_without_scikit_learn_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ek.MachineError, match=r'needs scikit-learn.*pip install "evalkit\[learn\]"'):
        filled([[1, NAN], [3, 4]], Neighbors(k=1))


@pytest.mark.parametrize("make", [lambda: Neighbors(k=0), lambda: Iterative(rounds=0)])
def test_wrong_options_are_refused(make):
    with pytest.raises(ek.SpecError):
        make()


def test_last_bits_are_no_distance_between_neighbors():
    """Of three alike in the second column but for its last bit the one that is near in the first is the neighbor."""
    dust = np.nextafter(95.0, 94)
    x = [[0.0, 95.0, NAN], [0.1, dust, 1.0], [2.0, 95.0, 7.0], [9.5, dust, 8.0]]
    assert filled(x, Neighbors(k=1))[0, 2] == 1.0
