"""Differences between groups: the two parts of the variance add up, and doors are shut."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import evalkit as ek

UNITS = list("abcdefgh")
KEY = pd.MultiIndex.from_product([UNITS, [2020, 2021]], names=["unit", "period"])
GROUPS = pd.DataFrame({"province": list("xxxyyzzz")}, index=pd.Index(UNITS, name="unit"))


@given(arrays(float, len(KEY), elements=st.floats(0, 1)))
def test_variance_is_the_part_between_and_the_part_within(y):
    answer = ek.GroupDifferences(over="province").measure(pd.Series(y, KEY), GROUPS)
    for period, row in answer.overall.iterrows():
        groups = answer.frame.xs(period, level="period")
        within = (groups["n"] * groups["std"] ** 2).sum() / len(UNITS)
        between = row["between_share"] * row["std"] ** 2
        np.testing.assert_allclose(within + between, row["std"] ** 2, atol=1e-12)


def test_equal_groups_share_nothing():
    answer = ek.GroupDifferences(over="province").measure(pd.Series(0.5, KEY), GROUPS)
    assert answer.overall["between_share"].tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("over", "groups", "message"),
    [("provinc", GROUPS, "did you mean 'province'"), ("province", GROUPS.drop("a"), r"units have no 'province': \[a\]")],
)
def test_wrong_groups_are_refused(over, groups, message):
    with pytest.raises(ek.DataError, match=message):
        ek.GroupDifferences(over=over).measure(pd.Series(0.5, KEY), groups)


def test_last_bits_lie_between_no_groups():
    """Every unit has 0.3, those of one province as 0.1 + 0.2."""
    y = pd.Series(np.where(KEY.get_level_values("unit") < "d", 0.1 + 0.2, 0.3), KEY)
    answer = ek.GroupDifferences(over="province").measure(y, GROUPS)
    assert answer.overall["between_share"].tolist() == [0.0, 0.0]


def test_a_unit_that_is_named_twice_is_refused():
    twice = pd.concat([GROUPS, GROUPS.loc[["b"]]])
    with pytest.raises(ek.DataError, match=r"names units twice; found \[b\]\. To do: keep one row of each unit"):
        ek.GroupDifferences(over="province").measure(pd.Series(0.5, KEY), twice)
