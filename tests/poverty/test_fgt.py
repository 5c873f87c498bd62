"""Poverty indices: printed examples, axioms, and standard errors."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evalkit.errors import DataError, SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.poverty.fgt import PovertyIndices, fgt, sen, sen_shorrocks_thon, watts
from evalkit.stats.inequality import gini
from evalkit.stats.inference import ratio_influence

ONE = np.array([541.0, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261])
TWO = np.array([841.0, 2063, 2445, 3438, 4437, 5401, 6392, 8304, 11304, 21961])
Z = 100.0
incomes = arrays(float, 15, elements=st.floats(1, 300))
weights = arrays(float, 15, elements=st.floats(0.1, 5))


def line(x, z=Z):
    return np.full(len(x), z)


def test_documentation_of_ineq():
    """R package ineq: headcount .2 and .1, Watts .1620141 and .08663108, of two samples at a line of 2000."""
    ones = np.ones(10)
    assert (fgt(ONE, line(ONE, 2000), ones, 0), fgt(TWO, line(TWO, 2000), ones, 0)) == (0.2, 0.1)
    assert round(watts(ONE, line(ONE, 2000), ones), 7) == 0.1620141
    assert round(watts(TWO, line(TWO, 2000), ones), 8) == 0.08663108


@pytest.mark.parametrize(
    ("x", "severity"), [((100, 110, 150, 160), 0.0136), ((99, 101, 150, 150), 0.02), ((79, 121, 150, 150), 0.0341)]
)
def test_world_bank_handbook_chapter_4(x, severity):
    """Haughton & Khandker (2009), chapter 4: three countries at a line of 125; the last two differ in severity alone."""
    x = np.array(x, dtype=float)
    assert round(fgt(x, line(x, 125), np.ones(4), 2), 4) == severity
    assert round(fgt(x, line(x, 125), np.ones(4), 1), 2) == (0.08 if severity == 0.0136 else 0.1)


@given(incomes, weights)
def test_gini_is_the_mean_distance_of_pairs(x, w):
    pairs = (w[:, None] * w * np.abs(x[:, None] - x)).sum() / (2 * w.sum() ** 2 * np.average(x, weights=w))
    np.testing.assert_allclose(gini(x, w), pairs, atol=1e-12)


@pytest.mark.parametrize(
    "measure", [lambda *a: fgt(*a, 0), lambda *a: fgt(*a, 1), lambda *a: fgt(*a, 2), watts, sen, sen_shorrocks_thon]
)
@given(x=incomes, w=weights, factor=st.floats(0.1, 10))
def test_focus_scale_and_replication(measure, x, w, factor):
    before = measure(x, line(x), w)
    richer = np.where(x >= Z, x + 50, x)
    np.testing.assert_allclose(measure(richer, line(x), w), before, atol=1e-12)
    np.testing.assert_allclose(measure(np.tile(x, 2), np.tile(line(x), 2), np.tile(w, 2)), before, atol=1e-12)
    clear = np.abs(x - Z) > 1e-6
    assume(clear.all())
    np.testing.assert_allclose(measure(x * factor, line(x) * factor, w * factor), before, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("measure", [lambda *a: fgt(*a, 1), lambda *a: fgt(*a, 2), watts, sen_shorrocks_thon])
@given(x=incomes, w=weights)
def test_it_rises_where_a_poor_person_loses(measure, x, w):
    assume((x < Z).any())
    worse = x.copy()
    worse[np.argmin(x)] *= 0.5
    assert measure(worse, line(x), w) > measure(x, line(x), w)


@pytest.mark.parametrize("measure", [lambda *a: fgt(*a, 2), watts])
@given(x=incomes)
def test_it_rises_where_the_poorest_gives_to_a_less_poor(measure, x):
    poor = np.flatnonzero(x < Z - 1)
    assume(len(poor) > 1)
    low, high = poor[np.argmin(x[poor])], poor[np.argmax(x[poor])]
    assume(low != high)
    moved = x.copy()
    step = min(0.5, x[low] / 2)
    moved[low], moved[high] = moved[low] - step, moved[high] + step
    assert measure(moved, line(x), np.ones(15)) > measure(x, line(x), np.ones(15))


@given(incomes, weights)
def test_groups_add_up(x, w):
    frame = pd.DataFrame({"y": x, "w": w, "g": np.arange(15) % 3})
    ask = PovertyIndices(income="y", line=Z, design=SurveyDesign(weights="w"))
    whole, parts = ask.measure(frame).frame, ask.measure(frame, over="g").frame
    share = frame.groupby("g")["w"].sum() / w.sum()
    for name, group in parts.groupby("measure"):
        total = (group.set_index("g")["estimate"] * share).sum()
        assert total == pytest.approx(whole.set_index("measure").loc[name, "estimate"], abs=1e-12)


@given(incomes, weights)
def test_severity_by_the_inequality_of_the_poor(x, w):
    """FGT₂ = H [I² + (1 − I)² CV²] with the coefficient of variation of the incomes of the poor."""
    poor = x < Z
    assume(poor.any())
    head = w[poor].sum() / w.sum()
    gap = np.average((Z - x[poor]) / Z, weights=w[poor])
    mean = np.average(x[poor], weights=w[poor])
    cv2 = np.average((x[poor] - mean) ** 2, weights=w[poor]) / mean**2
    np.testing.assert_allclose(fgt(x, line(x), w, 2), head * (gap**2 + (1 - gap) ** 2 * cv2), atol=1e-12)


def test_influence_is_what_a_little_weight_does():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"y": rng.uniform(20, 200, 30), "w": rng.uniform(1, 3, 30)})
    ask = PovertyIndices(income="y", line=Z, design=SurveyDesign(weights="w"))
    found, step = ask.measure(frame), 1e-6
    for row in (0, 7, 21):
        more = frame.assign(w=frame["w"] + step * (np.arange(30) == row))
        slope = (ask.measure(more).frame["estimate"] - found.frame["estimate"]) / step
        np.testing.assert_allclose(slope, found.influence[:, row], atol=1e-6)


def test_the_side_of_the_line_is_named():
    frame = pd.DataFrame({"y": [100.0, 50.0, 200.0]})
    assert PovertyIndices(income="y", line=Z).measure(frame).frame["estimate"].iloc[0] == pytest.approx(1 / 3)
    weak = PovertyIndices(income="y", line=Z, strict=False).measure(frame)
    assert weak.frame["estimate"].iloc[0] == pytest.approx(2 / 3)
    assert any("at or below" in note.text.en for note in weak.notes)


def test_incomes_that_have_no_logarithm_leave_out_watts():
    found = PovertyIndices(income="y", line=Z).measure(pd.DataFrame({"y": [-5.0, 50.0, 200.0]}))
    assert found.frame["measure"].tolist() == ["headcount", "gap", "severity"]
    assert [note.kind for note in found.notes] == ["choice", "left_out"]


@pytest.mark.parametrize(
    ("ask", "frame", "error", "said"),
    [
        (lambda: PovertyIndices(income="y", line=0), None, SpecError, "positive"),
        (lambda: PovertyIndices(income="y", line="z"), {"y": [1.0], "z": [0.0]}, DataError, "positive"),
        (lambda: PovertyIndices(income="inc", line=1), {"income": [1.0]}, DataError, "income"),
        (lambda: PovertyIndices(income="y", line=1), {"y": [1.0, np.nan]}, DataError, "gaps"),
    ],
)
def test_what_cannot_be_asked_is_refused(ask, frame, error, said):
    with pytest.raises(error, match=said):
        ask().measure(pd.DataFrame(frame))


def test_one_year_transitions_of_the_household_survey_of_argentina(real_data):
    """EPH pairs, person weights: .098 of those not poor fall within a year, .594 of the poor stay poor."""
    path = Path(os.environ["EVALKIT_DATA"]) / "real" / "eph_household_pairs_2009_2015.csv.gz"
    pairs = pd.read_csv(path, usecols=["pw", "poor", "y"])
    rates = [
        ratio_influence(
            (pairs["y"] * (pairs["poor"] == now)).to_numpy(float),
            (pairs["poor"] == now).to_numpy(float),
            pairs["pw"].to_numpy(float),
        )
        for now in (0, 1)
    ]
    assert [round(rate, 3) for rate, _ in rates] == [0.098, 0.594]
