"""Splits: no household on both sides, no outcome from the future, and scikit-learn takes them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evalkit.errors import DataError, EvalkitError, NoAnswer, SpecError
from evalkit.risk.splits import HeldOutCounty, HouseholdFolds, PurgedOrigins, VillageFolds, balanced_folds


def panel(homes=60, periods=6, seed=0):
    """Homes in villages in counties, some of which move, in random order of rows."""
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(homes), periods)
    village = unit // 6
    frame = pd.DataFrame(
        {
            "unit": [f"H{u:03d}" for u in unit],
            "period": np.tile(np.arange(2015, 2015 + periods), homes),
            "village": np.where((unit % 20 == 0) & (rng.random(len(unit)) < 0.5), (village + 1) % 10, village),
            "x": rng.normal(size=len(unit)),
        }
    )
    frame["county"] = frame["village"] // 3
    return frame.sample(frac=1, random_state=seed).reset_index(drop=True)


ALL = (
    HouseholdFolds(),
    HouseholdFolds(folds=3, seed=7),
    VillageFolds(folds=3),
    HeldOutCounty(),
    PurgedOrigins(horizon=1, windows=2, household_folds=3),
)


@pytest.mark.parametrize("splitter", ALL, ids=repr)
def test_no_household_is_on_both_sides_and_rows_keep_their_order(splitter):
    frame = panel()
    pairs = list(splitter.split(frame))
    assert len(pairs) == splitter.get_n_splits(frame)
    for train, test in pairs:
        assert train.dtype.kind == test.dtype.kind == "i"
        assert not set(frame["unit"].iloc[train]) & set(frame["unit"].iloc[test])
        assert (np.diff(train) > 0).all()
        assert (np.diff(test) > 0).all()


@pytest.mark.parametrize("splitter", ALL[:3], ids=repr)
def test_folds_part_the_rows(splitter):
    frame = panel()
    tests = np.concatenate([test for _, test in splitter.split(frame)])
    assert sorted(tests) == list(range(len(frame)))


def test_group_k_fold_of_scikit_learn_is_as_balanced():
    """Where households differ in size: whole groups, and folds within the largest household of the sizes GroupKFold finds."""
    selection = pytest.importorskip("sklearn.model_selection")
    rng = np.random.default_rng(1)
    unit = np.repeat(np.arange(400), rng.integers(1, 12, 400))
    frame = pd.DataFrame({"unit": unit})
    own = sorted(len(test) for _, test in HouseholdFolds().split(frame))
    peer = sorted(len(test) for _, test in selection.GroupKFold(5).split(frame, groups=unit))
    assert np.abs(np.array(own) - peer).max() <= 11
    for _, test in HouseholdFolds().split(frame):
        assert len(np.intersect1d(unit[test], np.delete(unit, test))) == 0


@given(arrays(np.intp, 40, elements=st.integers(0, 11)), st.integers(2, 4))
def test_folds_are_balanced(raw, folds):
    group = np.unique(raw, return_inverse=True)[1]
    size = np.bincount(balanced_folds(group, folds), minlength=folds)
    assert size.max() - size.min() <= 2 * np.bincount(group).max()


def test_villages_that_share_a_household_stay_together():
    frame = panel()
    for train, test in VillageFolds(folds=3).split(frame):
        assert not set(frame["village"].iloc[train]) & set(frame["village"].iloc[test])


def test_a_county_is_held_out():
    frame = panel()
    for county, (train, test) in zip(sorted(frame["county"].unique()), HeldOutCounty().split(frame), strict=True):
        assert set(frame["county"].iloc[test]) == {county}
        assert len(test) == (frame["county"] == county).sum()
        assert county not in set(frame["county"].iloc[train])
    one = HeldOutCounty(counties=(2,))
    assert one.get_n_splits() == 1
    assert len(list(one.split(frame))) == 1


@given(st.integers(1, 3), st.integers(0, 2), st.integers(1, 2), st.integers(1, 2))
def test_every_outcome_that_trains_was_known_before_the_window(horizon, lag, windows, span):
    frame = pd.DataFrame({"unit": np.arange(200), "period": np.random.default_rng(0).integers(0, 14, 200)})
    splitter = PurgedOrigins(horizon=horizon, lag=lag, windows=windows, span=span)
    seen = []
    for train, test in splitter.split(frame):
        start = frame["period"].iloc[test].min()
        assert (frame["period"].iloc[train] + horizon + lag < start).all()
        kept = frame["period"] + horizon + lag < start
        assert len(train) == kept.sum()
        seen += list(test)
    assert len(seen) == len(set(seen))
    assert frame["period"].iloc[seen].max() == frame["period"].max()


def test_training_can_be_limited_to_late_origins():
    frame = pd.DataFrame({"unit": range(10), "period": range(10)})
    ((train, test),) = PurgedOrigins(horizon=2, windows=1, train_span=3).split(frame)
    assert (train.tolist(), test.tolist()) == ([4, 5, 6], [9])


def test_a_balanced_panel_needs_household_folds():
    frame = panel()
    with pytest.raises(NoAnswer, match="household_folds"):
        list(PurgedOrigins(horizon=1, windows=1).split(frame))
    pairs = list(PurgedOrigins(horizon=1, windows=1, household_folds=4).split(frame))
    assert sum(len(test) for _, test in pairs) == 60


@pytest.mark.parametrize("splitter", [*ALL[:3], ALL[4]], ids=repr)
def test_scikit_learn_takes_them(splitter):
    """`cross_validate` with keys in the index, and with keys beside the features as `groups`."""
    selection, linear = pytest.importorskip("sklearn.model_selection"), pytest.importorskip("sklearn.linear_model")
    frame = panel()
    y = (frame["x"] + np.random.default_rng(2).normal(size=len(frame)) > 0).astype(int)
    keys = ["unit", "period", "village"]
    beside = selection.cross_validate(linear.LogisticRegression(), frame[["x"]], y, groups=frame[keys], cv=splitter)
    keyed = frame.set_index(keys)
    inside = selection.cross_validate(linear.LogisticRegression(), keyed[["x"]], y.to_numpy(), cv=splitter)
    np.testing.assert_allclose(beside["test_score"], inside["test_score"])
    assert len(beside["test_score"]) == splitter.get_n_splits(frame)


def test_arrays_take_their_keys_from_groups():
    frame = panel()
    a = list(HouseholdFolds().split(frame[["x"]].to_numpy(), groups=frame[["unit"]]))
    b = list(HouseholdFolds().split(frame))
    assert all((x[1] == y[1]).all() for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: HouseholdFolds(folds=1),
        lambda: HouseholdFolds(folds="5"),
        lambda: HouseholdFolds(seed=-1),
        lambda: HouseholdFolds(unit=""),
        lambda: VillageFolds(village=3),
        lambda: HeldOutCounty(counties="a"),
        lambda: HeldOutCounty().get_n_splits(),
        lambda: PurgedOrigins(horizon=0),
        lambda: PurgedOrigins(horizon=1.5),
        lambda: PurgedOrigins(horizon=1, windows=0),
        lambda: PurgedOrigins(horizon=1, lag=-1),
        lambda: PurgedOrigins(horizon=1, household_folds=1),
        lambda: PurgedOrigins(horizon=1, span=None),
    ],
)
def test_wrong_splitters_are_refused(wrong):
    with pytest.raises(SpecError):
        wrong()


@pytest.mark.parametrize(
    ("splitter", "X"),
    [
        (HouseholdFolds(), np.zeros((10, 2))),
        (HouseholdFolds(), pd.DataFrame({"unit": ["a", "b"]})),
        (HouseholdFolds(), pd.DataFrame({"unit": ["a", None] * 5})),
        (HouseholdFolds(), pd.DataFrame({"unit": []})),
        (HouseholdFolds(), [1, 2, 3]),
        (HouseholdFolds(), None),
        (HeldOutCounty(counties=("z",)), pd.DataFrame({"unit": ["a", "b"], "county": ["p", "q"]})),
        (HeldOutCounty(), pd.DataFrame({"unit": ["a", "b"], "county": ["p", "p"]})),
        (PurgedOrigins(horizon=1), pd.DataFrame({"unit": ["a", "b"], "period": ["2019", "2020"]})),
        (PurgedOrigins(horizon=1), pd.DataFrame({"unit": ["a", "b"], "period": [2019.0, 2020.0]})),
        (PurgedOrigins(horizon=5), pd.DataFrame({"unit": ["a", "b"], "period": [2019, 2020]})),
    ],
)
def test_rows_that_cannot_be_split_are_refused(splitter, X):
    with pytest.raises(EvalkitError):
        list(splitter.split(X))


def test_a_county_of_all_households_leaves_none_to_train():
    with pytest.raises(NoAnswer, match=r"^county 'p': no row is left .* To do: add households that were never in it\.$"):
        list(HeldOutCounty().split(pd.DataFrame({"unit": ["a", "a", "b"], "county": ["p", "q", "p"]})))


def test_groups_must_be_of_the_same_rows():
    with pytest.raises(DataError, match="each row"):
        list(HouseholdFolds(folds=2).split(np.zeros((3, 1)), groups=pd.DataFrame({"unit": [1, 2]})))
