"""Grade schemes: what they cover, which side is closed, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import evalkit as ek
from evalkit.coupling.grades import SCHEMES, Grade, GradeScheme
from evalkit.coupling.grades import scheme as written
from evalkit.terms import Text


def scheme(*limits):
    grades = tuple(Grade(lower=a, upper=b, label=Text("级", "grade")) for a, b in limits)
    return GradeScheme(id="t", name=Text("t", "t"), grades=grades, closed="right", source=Text("测试", "test"))


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ([(0.0, 0.4), (0.5, 1.0)], "a gap between 0.4 and 0.5"),
        ([(0.0, 0.6), (0.5, 1.0)], "an overlap between 0.6 and 0.5"),
        ([(0.1, 0.5), (0.5, 1.0)], "open end"),
        ([(0.0, 0.5), (0.5, 0.9)], "open end"),
        ([(0.0, 0.5), (0.5, 0.5), (0.5, 1.0)], "no interval"),
        ([], "no grade"),
    ],
)
def test_gaps_overlaps_and_open_ends_are_refused(limits, message):
    with pytest.raises(ek.SpecError, match=message):
        scheme(*limits)


def test_a_class_without_a_label_is_refused():
    with pytest.raises(ek.SpecError, match=r"^grade scheme 'two' has 1 labels for 2 classes\. To do: give each class a label\.$"):
        written("two", Text("两级", "two grades"), "0 .5 1", "失调 disorder", closed="right", source=Text("测试", "test"))


def test_the_shipped_schemes_are_the_ten_grades_and_four_others():
    assert [len(one.grades) for one in SCHEMES.values()] == [10, 4, 5, 6, 4]
    assert {one.measure for one in SCHEMES.values()} == {"D", "C"}


@given(st.floats(0, 1), st.sampled_from(sorted(SCHEMES)))
def test_every_value_has_exactly_one_grade_that_holds_it(value, name):
    one = SCHEMES[name]
    grade = one.grade(np.array([value])).item()
    inside = one.grades[grade - 1]
    assert inside.lower - 1e-9 <= value <= inside.upper + 1e-9


def test_the_closed_side_decides_a_value_on_a_limit():
    limit = np.array([0.6, 0.1 + 0.2 + 0.3])  # the second is 0.6000000000000001 in binary
    assert ek.TEN_GRADES.grade(limit).tolist() == [6, 6]
    assert replace(ek.TEN_GRADES, closed="left").grade(limit).tolist() == [7, 7]
    assert ek.TEN_GRADES.interval(1) == "[0, 0.1]"
    assert replace(ek.TEN_GRADES, closed="left").interval(10) == "[0.9, 1]"


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan])
def test_what_has_no_grade_is_refused(value):
    with pytest.raises(ek.NoAnswer):
        ek.TEN_GRADES.grade(np.array([value]))
