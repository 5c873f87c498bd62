"""Coupling of speeds: angles known by hand, trends held against numpy's polyfit, and what the door refuses."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.coupling.dynamics.speeds import Speeds, coupling_angle, scissors_difference, trend_speeds
from evalkit.coupling.dynamics.stages import OCTANTS, QUADRANTS
from evalkit.errors import DataError, NoAnswer, SpecError

speed = st.floats(-1.0, 1.0).filter(lambda v: v == 0 or abs(v) > 1e-6)
PANEL = pd.MultiIndex.from_tuples(
    [("a", 2010), ("a", 2011), ("a", 2014), ("b", 2010), ("b", 2012), ("c", 2010)], names=["unit", "period"]
)
KEPT = pd.Series([0.2, 0.3, 0.6, 0.5, 0.5, 0.4], PANEL)
RISE = pd.Series([0.5, 0.4, 0.7, 0.6, 0.4, 0.4], PANEL)


@pytest.mark.parametrize(
    ("v_a", "v_b", "angle", "quadrant", "octant"),
    [
        (0.0, 1.0, 0.0, "symbiosis", "apart_b_rises"),
        (1.0, 2.0, 26.56505117707799, "harmony", "both_rise_b"),
        (1.0, 1.0, 45.0, "harmony", "both_rise_b"),
        (2.0, 1.0, 63.43494882292201, "harmony", "both_rise_a"),
        (1.0, 0.0, 90.0, "harmony", "both_rise_a"),
        (2.0, -1.0, 116.56505117707799, "limit", "apart_a_rises"),
        (1.0, -2.0, 153.43494882292202, "limit", "apart_b_falls"),
        (0.0, -1.0, 180.0, "limit", "apart_b_falls"),
        (-0.0, -1.0, 180.0, "limit", "apart_b_falls"),
        (-1.0, -2.0, -153.43494882292202, "spiral", "both_fall_b"),
        (-2.0, -1.0, -116.56505117707799, "spiral", "both_fall_a"),
        (-1.0, 0.0, -90.0, "spiral", "both_fall_a"),
        (-2.0, 1.0, -63.43494882292201, "symbiosis", "apart_a_falls"),
        (-1.0, 2.0, -26.56505117707799, "symbiosis", "apart_b_rises"),
    ],
)
def test_angles_known_by_hand(v_a, v_b, angle, quadrant, octant):
    found = coupling_angle(np.array([v_a]), np.array([v_b]))
    np.testing.assert_allclose(found, [angle], rtol=1e-14)
    assert QUADRANTS.stages[QUADRANTS.stage(found)[0]].id == quadrant
    assert OCTANTS.stages[OCTANTS.stage(found)[0]].id == octant


@given(speed, speed, st.floats(0.01, 100.0))
def test_the_angle_knows_no_pace_and_turns_over_with_the_order(a, b, factor):
    """Both speeds times a factor leave it; swapping the systems mirrors it at 45 degrees."""
    va, vb = np.array([a]), np.array([b])
    angle = coupling_angle(va, vb)
    if a == b == 0:
        assert np.isnan(angle).all()
        return
    np.testing.assert_allclose(np.cos(np.radians(coupling_angle(va * factor, vb * factor) - angle)), 1.0, atol=1e-6)
    np.testing.assert_allclose(np.cos(np.radians(coupling_angle(vb, va) - (90 - angle))), 1.0, atol=1e-9)
    assert -180 < angle[0] <= 180


@given(st.floats(-50, 50), st.floats(-50, 50))
def test_scissors_are_the_acute_angle_between_the_tangents(a, b):
    slope = np.degrees(abs(np.arctan(a) - np.arctan(b)))
    found = scissors_difference(np.array([a]), np.array([b]))[0]
    assert found == pytest.approx(min(slope, 180 - slope), abs=1e-6)
    assert 0 <= found <= 90
    assert found == scissors_difference(np.array([b]), np.array([a]))[0]


def test_tangents_at_right_angles_are_ninety_degrees_apart():
    assert scissors_difference(np.array([4.0]), np.array([-0.25]))[0] == 90.0


def test_differences_go_over_the_years_between():
    frame = Speeds().measure(kept=KEPT, rise=RISE).frame
    assert frame.index.tolist() == [("a", 2011), ("a", 2014), ("b", 2012)]
    np.testing.assert_allclose(frame["V_kept"], [0.1, 0.1, 0.0], atol=1e-12)
    np.testing.assert_allclose(frame["V_rise"], [-0.1, 0.1, -0.1], atol=1e-12)
    np.testing.assert_allclose(frame["angle"], [135.0, 45.0, 180.0])
    np.testing.assert_allclose(frame["speed"], [0.02**0.5, 0.02**0.5, 0.1])
    assert frame["stage"].tolist() == ["limit", "harmony", "limit"]


@given(st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_trends_are_those_of_polyfit(degree, seed):
    """Unbalanced panels, gaps between years, ends included."""
    rng = np.random.default_rng(seed)
    unit, period, expected, u = [], [], [], []
    for one in range(5):
        years = np.sort(rng.choice(np.arange(2000, 2025), size=int(rng.integers(degree + 2, 15)), replace=False))
        values = rng.random((2, len(years)))
        slope = [np.polyval(np.polyder(np.polyfit(years - 2012.0, row, degree)), years - 2012.0) for row in values]
        unit += [one] * len(years)
        period += years.tolist()
        u.append(values)
        expected.append(slope)
    found = trend_speeds(np.hstack(u), np.array(unit), np.array(period), degree)
    np.testing.assert_allclose(found, np.hstack(expected), rtol=1e-6, atol=1e-9)


def test_a_trend_of_the_true_degree_gives_the_true_speeds():
    key = pd.MultiIndex.from_product([["a", "b"], range(2010, 2021)], names=["unit", "period"])
    t = key.get_level_values("period").to_numpy() - 2010.0
    curve = pd.Series(0.1 + 0.05 * t - 0.002 * t**2, key)
    frame = Speeds(degree=2).measure(kept=curve, rise=curve * 2).frame
    np.testing.assert_allclose(frame["V_kept"], 0.05 - 0.004 * t, rtol=1e-9, atol=1e-13)
    np.testing.assert_allclose(frame["angle"].dropna() % 180, np.degrees(np.arctan(0.5)), rtol=1e-9)


def test_the_order_of_rows_does_not_matter():
    straight = Speeds().measure(kept=KEPT, rise=RISE).frame
    shuffled = Speeds().measure(kept=KEPT.iloc[[5, 2, 0, 4, 1, 3]], rise=RISE).frame
    pd.testing.assert_frame_equal(straight, shuffled)
    renamed = Speeds().measure(kept=KEPT.rename({"a": "z"}), rise=RISE.rename({"a": "z"})).frame.loc["z"]
    pd.testing.assert_frame_equal(straight.loc["a"], renamed)


def test_what_stands_still_has_no_angle_and_is_told():
    same = pd.Series(0.5, PANEL)
    answer = Speeds().measure(kept=same, rise=same)
    assert answer.frame["angle"].isna().all()
    assert answer.frame["stage"].isna().all()
    said = " ".join(note.text.en for note in answer.notes)
    assert "3 unit-years stand still" in said
    assert "observed once, which have no speed: 1" in said
    slow = Speeds(still=0.1000001).measure(kept=KEPT, rise=RISE)
    assert slow.frame["angle"].isna().all()


def test_more_than_two_systems_are_sent_to_their_pairs():
    with pytest.raises(NoAnswer, match="kept with rise, kept with green, rise with green"):
        Speeds().measure(kept=KEPT, rise=RISE, green=RISE)


FOUR = QUADRANTS.stages


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda: Speeds().measure(kept=KEPT), SpecError, "two systems"),
        (lambda: Speeds(degree=0), SpecError, "at least 1"),
        (lambda: Speeds(still=-1.0), SpecError, "negative"),
        (lambda: Speeds(degree=2).measure(kept=KEPT, rise=RISE), DataError, "2 units with fewer: b, c"),
        (lambda: Speeds().measure(kept=KEPT.iloc[[0, 3]], rise=RISE.iloc[[0, 3]]), NoAnswer, "at least twice"),
        (lambda: Speeds().measure(kept=KEPT, rise=RISE.iloc[1:]), DataError, "do not cover the same unit-years"),
        (lambda: replace(QUADRANTS, stages=FOUR[1:]), SpecError, "does not run.*let the first stage begin at -180"),
        (lambda: replace(QUADRANTS, stages=(*FOUR[:2], FOUR[3])), SpecError, "a gap between 0 and 90.*begin where the last ends"),
        (lambda: replace(QUADRANTS, stages=(FOUR[0], *FOUR)), SpecError, "an overlap between -90 and -180"),
        (
            lambda: replace(QUADRANTS, stages=(FOUR[0], replace(FOUR[0], id="none", lower=-90.0, upper=-90.0), *FOUR[1:])),
            SpecError,
            "^stage 'none': angle scheme 'quadrants': -90 to -90 is no sector. To do: give the lower end first",
        ),
        (
            lambda: replace(QUADRANTS, stages=(*FOUR[:3], replace(FOUR[3], id="spiral"))),
            SpecError,
            "a stage twice; found spiral. To do: rename one",
        ),
    ],
)
def test_wrong_questions_are_refused(ask, error, message):
    with pytest.raises(error, match=message):
        ask()
