"""Poverty indices: printed examples, axioms, and standard errors."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evalkit.errors import DataError, NoAnswer, SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.poverty.income.fgt import PovertyIndices, exit_time, fgt, fgt_indices, watts
from evalkit.poverty.income.gaps import poverty_gaps
from evalkit.poverty.income.sen import sen, sen_shorrocks_thon
from evalkit.poverty.lines.lines import RelativeLine
from evalkit.stats.inequality import generalized_entropy, gini, mean_log_deviation
from evalkit.stats.inference import ratio_influence
from evalkit.stats.parted import Parted
from evalkit.stats.quantiles import densities, quantile_influence

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


@settings(max_examples=40)
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


EVERY = ("headcount", "gap", "severity", "watts", "sen", "sen_shorrocks_thon", "exit_time")


@pytest.mark.parametrize("over", [None, "g"])
def test_influence_is_what_a_little_weight_does(over):
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"y": rng.uniform(20, 200, 30), "w": rng.uniform(1, 3, 30), "g": np.arange(30) % 2})
    ask = PovertyIndices(income="y", line=Z, measures=EVERY, growth=0.05, design=SurveyDesign(weights="w"))
    found, step = ask.measure(frame, over), 1e-6
    for row in (0, 7, 21):
        more = ask.measure(frame.assign(w=frame["w"] + step * (np.arange(30) == row)), over)
        slope = (more.frame["estimate"] - found.frame["estimate"]) / step
        inside = slope if over is None else slope[found.frame["g"] == frame["g"].iloc[row]]
        np.testing.assert_allclose(inside, found.influence.iloc[row], atol=1e-4)
    np.testing.assert_allclose(found.influence.mul(frame["w"], axis=0).sum(), 0, atol=1e-12)


@given(incomes, weights)
def test_the_spec_says_what_the_formulas_say(x, w):
    frame = pd.DataFrame({"y": x, "w": w})
    ask = PovertyIndices(income="y", line=Z, measures=EVERY, growth=0.05, design=SurveyDesign(weights="w"))
    found = ask.measure(frame).frame["estimate"].tolist()
    z = line(x)
    plain = [fgt(x, z, w, 0), fgt(x, z, w, 1), fgt(x, z, w, 2), watts(x, z, w), sen(x, z, w), sen_shorrocks_thon(x, z, w)]
    assert found == pytest.approx([*plain, exit_time(x, z, w, 0.05)], abs=1e-12)
    np.testing.assert_allclose(fgt_indices(x, z, w), plain[:3], atol=1e-12)
    np.testing.assert_allclose(fgt_indices(x, Z, w, strict=False), [fgt(x, z, w, a, strict=False) for a in (0, 1, 2)], atol=1e-12)


def test_exit_time_and_sen_of_the_world_bank_handbook():
    """Chapter 4, country C at a line of 125: Watts .0877442, exit at 5 % growth 1.7548846 years, Gini of the poor .0238095,

    Sen .09, Gini of gaps .5625, as Julia's PovertyAndInequalityMeasures recomputes them (test/runtests.jl).
    """
    x, ones = np.array([100.0, 110, 150, 160]), np.ones(4)
    z = line(x, 125)
    assert round(watts(x, z, ones), 7) == 0.0877442
    assert round(exit_time(x, z, ones, 0.05), 7) == 1.7548846
    assert round(gini(x[:2], ones[:2]), 7) == 0.0238095
    assert round(gini(poverty_gaps(x, z), ones), 7) == 0.5625
    assert round(sen(x, z, ones), 7) == 0.09
    assert sen_shorrocks_thon(x, z, ones) == pytest.approx(0.08 * 1.5625, abs=1e-12)


def test_sen_of_a_finite_population():
    """Sen (1976): 2/((q + 1) n z) Σ (z − y_i)(q + 1 − i), the poor ranked from the poorest."""
    x = np.array([20.0, 50, 60, 90, 110, 140])
    q, n, poor = 4, 6, np.array([20.0, 50, 60, 90])
    expected = 2 / ((q + 1) * n * Z) * ((Z - poor) * (q + 1 - np.arange(1, q + 1))).sum()
    assert sen(x, line(x), np.ones(6), finite=True) == pytest.approx(expected, abs=1e-12)


@given(incomes, weights)
def test_watts_by_the_gap_and_the_inequality_of_the_poor(x, w):
    """Blackburn (1989), as convey's svywattsdec: W = H [ln(z/μ) + L], mean and mean log deviation being those of the poor."""
    poor = x < Z
    assume(poor.any())
    mean = np.average(x[poor], weights=w[poor])
    inside = mean_log_deviation(x[poor], w[poor])
    np.testing.assert_allclose(watts(x, line(x), w), fgt(x, line(x), w, 0) * (np.log(Z / mean) + inside), atol=1e-12)


@given(incomes, weights)
def test_severity_by_the_entropy_of_gaps(x, w):
    """Aristondo et al. (2010), as convey's svyfgtdec: FGT_2 = H I² [1 + 2 GE_2(g)] with g the gaps of the poor."""
    poor = x < Z - 1e-6
    assume(poor.any() and not ((x >= Z - 1e-6) & (x < Z)).any())
    gaps = (Z - x[poor]) / Z
    mean = np.average(gaps, weights=w[poor])
    spread = generalized_entropy(gaps, w[poor], 2)
    np.testing.assert_allclose(fgt(x, line(x), w, 2), fgt(x, line(x), w, 0) * mean**2 * (1 + 2 * spread), atol=1e-12)


@pytest.fixture
def eusilc(real_data):
    path = real_data / "real" / "eusilc.csv"
    if not path.is_file():
        pytest.skip("eusilc.csv, the data set of R's laeken, is not in the folder of real data")
    return pd.read_csv(path)


BY_STATE = SurveyDesign(weights="rb050", strata="db040")


def test_eusilc_as_convey_and_laeken_print_it(eusilc):
    """FGT at 10,000 and at 60 % of the mean; the median line 10859.24 and its rate 14.44422 %; Gini and the line's errors.

    R's convey, documentation of svyfgt, svyarpt, svyarpr, and laeken, of gini: persons by state, weight rb050, weak comparison.
    """
    fixed = PovertyIndices(income="eqIncome", line=10_000.0, design=BY_STATE, strict=False)
    found = fixed.measure(eusilc).frame.set_index("measure")
    assert round(found.loc["headcount", "estimate"], 5) == 0.11444
    assert found["std_error"].round(4).tolist()[:2] == [0.0027, 0.0011]
    assert round(found.loc["gap", "estimate"], 6) == 0.032085
    mean = PovertyIndices(income="eqIncome", line=RelativeLine(of="mean"), measures=("gap",), design=BY_STATE, strict=False)
    assert round(mean.measure(eusilc).frame["estimate"].iloc[0], 6) == 0.051187
    median = PovertyIndices(income="eqIncome", line=RelativeLine(), measures=("headcount",), design=BY_STATE, strict=False)
    asked = median.measure(eusilc)
    assert round(asked.line[0], 2) == 10859.24
    assert round(100 * asked.frame["estimate"].iloc[0], 5) == 14.44422
    x, w = eusilc["eqIncome"].to_numpy(), eusilc["rb050"].to_numpy()
    assert round(100 * gini(x, w), 5) == 26.48962


def test_errors_of_a_median_line_as_convey_prints_them(eusilc):
    """R's convey book, 2.1 and 2.2: SE of the line 50.63622, of the rate .2756769 %, with its kernel of width s N^(−1/5)."""
    x, drawn = eusilc["eqIncome"].to_numpy(), BY_STATE.on(eusilc)
    parted, total = Parted.of(drawn.weights), drawn.weights.sum()
    width = np.array([np.sqrt(np.cov(x, aweights=drawn.weights, bias=True)) / total**0.2])
    middle, influence = quantile_influence(x, parted, 0.5, width)
    assert round(float(np.sqrt(drawn.covariance(0.6 * influence[None])[0, 0])), 5) == 50.63622
    poor = (x <= 0.6 * middle).astype(float)
    own = parted.per(poor - parted.mean(poor)) + densities(x, parted, 0.6 * middle, width) * 0.6 * influence
    assert round(100 * float(np.sqrt(drawn.covariance(own[None])[0, 0])), 7) == 0.2756769


@pytest.mark.parametrize("rule", [RelativeLine(), RelativeLine(of="mean", share=0.5), RelativeLine(over="g")])
@pytest.mark.parametrize("over", [None, "g"])
def test_the_error_of_a_relative_line_is_the_spread_of_many_samples(rule, over):
    rng, n = np.random.default_rng(6), 800
    ask = PovertyIndices(income="y", line=rule, measures=("headcount", "gap"))
    rows = []
    for _ in range(200):
        frame = pd.DataFrame({"y": rng.lognormal(3, 0.7, n), "g": rng.integers(0, 2, n)})
        frame["y"] *= 1 + frame["g"]
        rows.append(ask.measure(frame, over).frame[["estimate", "std_error"]].to_numpy())
    every = np.stack(rows)
    ratio = every[:, :, 1].mean(axis=0) / every[:, :, 0].std(axis=0)
    assert ((ratio > 0.84) & (ratio < 1.16)).all(), ratio  # the spread of 200 is itself sure to 5 %


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
        (lambda: PovertyIndices(income="y", line=1), {"y": ["a", "b"]}, DataError, "numbers"),
        (lambda: PovertyIndices(income="y", line=1), {"y": []}, DataError, "no rows"),
        (lambda: PovertyIndices(income="y", line=1), {"y": [1.0, np.inf]}, DataError, "infinite"),
        (lambda: PovertyIndices(income="y", line=np.nan), None, SpecError, "positive"),
        (lambda: PovertyIndices(income="y", line=[1]), None, SpecError, "line"),
        (lambda: PovertyIndices(income="y", line=True), None, SpecError, "line"),
        (lambda: PovertyIndices(income="y", line=1, measures=("gini",)), None, SpecError, "not a choice"),
        (lambda: PovertyIndices(income="y", line=1, measures=("exit_time",)), None, SpecError, "growth"),
        (lambda: PovertyIndices(income="y", line=1, measures=("exit_time",), growth=-1), None, SpecError, "positive"),
        (lambda: PovertyIndices(income="y", line=RelativeLine(), measures=("sen",)), None, SpecError, "Sen"),
        (lambda: PovertyIndices(income="y", line=1, design="w"), None, SpecError, "design"),
        (lambda: PovertyIndices(income="y", line=2, measures=("watts",)), {"y": [0.0, 9.0]}, NoAnswer, "positive"),
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
