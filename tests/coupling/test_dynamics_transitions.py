"""Moves between grades: against a cross table, over true gaps only."""

import numpy as np
import pandas as pd
import pytest

from evalkit.coupling.dynamics.transitions import GradeTransitions
from evalkit.coupling.grades import TEN_GRADES
from evalkit.coupling.static import CouplingCoordination
from evalkit.errors import NoAnswer, SpecError


def bonded(d):
    """Coordination whose D is a given series: two equal systems of D²."""
    return CouplingCoordination().measure(kept=d**2, rise=d**2)


@pytest.fixture(scope="module")
def bond():
    rng = np.random.default_rng(7)
    key = pd.MultiIndex.from_product([[f"u{i:02d}" for i in range(50)], range(2010, 2020)], names=["unit", "period"])
    walk = rng.uniform(0.2, 0.8, (50, 1)) + rng.normal(0.01, 0.05, (50, 10)).cumsum(axis=1)
    return bonded(pd.Series(walk.clip(0, 1).ravel(), key))


@pytest.mark.parametrize("lag", [1, 3])
def test_counts_are_those_of_a_cross_table(bond, lag):
    grade = bond.frame["grade"].astype(int).unstack("period")
    before, after = grade.iloc[:, :-lag].to_numpy().ravel(), grade.iloc[:, lag:].to_numpy().ravel()
    table = pd.crosstab(before, after).reindex(index=range(1, 11), columns=range(1, 11), fill_value=0)
    moved = GradeTransitions(lag=lag).measure(bond)
    np.testing.assert_array_equal(moved.frame, table)
    began = table.sum(axis=1) > 0
    np.testing.assert_allclose(moved.shares[began.to_numpy()].sum(axis=1), 1.0)
    assert moved.shares[~began.to_numpy()].isna().all(axis=None)
    by = moved.by_period
    assert by.index.tolist() == list(range(2010 + lag, 2020))
    np.testing.assert_allclose(by[["down", "stay", "up"]].sum(axis=1), 1.0)
    first = grade.iloc[:, lag] > grade.iloc[:, 0]
    assert by["up"].iloc[0] == pytest.approx(first.mean())


def test_a_gap_is_no_yearly_move():
    key = pd.MultiIndex.from_tuples([("a", 2010), ("a", 2012), ("b", 2010), ("b", 2011)], names=["unit", "period"])
    bond = bonded(pd.Series([0.15, 0.95, 0.55, 0.65], key))
    moved = GradeTransitions().measure(bond)
    assert moved.frame.to_numpy().sum() == 1
    assert moved.frame.loc[6, 7] == 1
    assert GradeTransitions(lag=2).measure(bond).frame.loc[2, 10] == 1


def test_the_order_of_rows_does_not_matter(bond):
    d = bond.frame["D"]
    shuffled = bonded(d.sample(frac=1, random_state=3))
    pd.testing.assert_frame_equal(GradeTransitions().measure(shuffled).frame, GradeTransitions().measure(bond).frame)
    pd.testing.assert_frame_equal(GradeTransitions().measure(shuffled).by_period, GradeTransitions().measure(bond).by_period)


def test_the_matrix_covers_the_scheme(bond):
    assert GradeTransitions().measure(bond).frame.shape == (len(TEN_GRADES.grades),) * 2


def test_wrong_questions_are_refused(bond):
    with pytest.raises(SpecError, match="at least 1"):
        GradeTransitions(lag=0)
    with pytest.raises(NoAnswer, match="exactly 20 periods apart"):
        GradeTransitions(lag=20).measure(bond)
