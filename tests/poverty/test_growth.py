"""Growth and redistribution: identities, waves whose truth is known, and errors against the spread of many samples."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm

from evalkit.errors import DataError, NoAnswer, SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.poverty.change.growth import PARTS, GrowthRedistribution, growth_redistribution, poverty_at_means
from evalkit.poverty.income.fgt import PovertyIndices, fgt
from evalkit.stats.shapley import shapley

incomes = arrays(float, 15, elements=st.floats(1, 300))
weights = arrays(float, 15, elements=st.floats(0.1, 5))
MEASURES = ("headcount", "gap", "severity", "watts")
Z = 1.0
WAVES = {0: (1.6, 0.6), 1: (1.9, 0.75)}  # mean and spread of logarithms of two lognormal waves


def parts_of(answer):
    return answer.frame.pivot(index="measure", columns="part", values="estimate")


def truth(u, t):
    """Headcount of a lognormal wave with the mean of u and the spread of t."""
    mean, spread = WAVES[u][0], WAVES[t][1]
    return norm.cdf((np.log(Z) - (np.log(mean) - spread**2 / 2)) / spread)


def drawn(rng, wave, n):
    mean, spread = WAVES[wave]
    return rng.lognormal(np.log(mean) - spread**2 / 2, spread, n)


@settings(max_examples=40)
@given(incomes, incomes, weights, weights, st.sampled_from(["first", "last", "average"]))
def test_parts_add_up(x, y, w, v, base):
    before, after = pd.DataFrame({"y": x, "w": w}), pd.DataFrame({"y": y, "w": v})
    ask = GrowthRedistribution(income="y", line=100.0, measures=MEASURES, base=base, design=SurveyDesign(weights="w"))
    found = parts_of(ask.measure(before, after))
    np.testing.assert_allclose(found[["growth", "redistribution", "residual"]].sum(axis=1), found["change"], atol=1e-12)
    index = PovertyIndices(income="y", line=100.0, design=ask.design)
    for part, frame in (("first", before), ("last", after)):
        expected = index.measure(frame).frame.set_index("measure")["estimate"]
        np.testing.assert_allclose(found[part][list(MEASURES)], expected[list(MEASURES)], atol=1e-12)
    if base == "average":
        assert not found["residual"].any()


@settings(max_examples=40)
@given(incomes, weights, st.floats(0.5, 2))
def test_where_all_incomes_change_alike_all_is_growth(x, w, factor):
    before = pd.DataFrame({"y": x, "w": w})
    found = parts_of(
        GrowthRedistribution(income="y", line=100.0, measures=("gap",), base="first", design=SurveyDesign(weights="w")).measure(
            before, before.assign(y=x * factor)
        )
    )
    np.testing.assert_allclose(found[["redistribution", "residual"]], 0, atol=1e-10)


@settings(max_examples=40)
@given(incomes, incomes, weights, weights, st.sampled_from(["first", "last", "average"]))
def test_long_columns_come_to_the_same(x, y, w, v, base):
    design = SurveyDesign(weights="w")
    found = parts_of(
        GrowthRedistribution(income="y", line=100.0, base=base, design=design).measure(
            pd.DataFrame({"y": x, "w": w}), pd.DataFrame({"y": y, "w": v})
        )
    )
    at = poverty_at_means((x, y), 100.0, (w, v))
    parts = growth_redistribution(at, base)
    np.testing.assert_allclose(parts[:, 1:], found.loc[["gap", "severity"], list(PARTS[3:])].T, atol=1e-12)
    np.testing.assert_allclose(at[[0, 1], [0, 1]].T, found.loc[list(MEASURES[:3]), ["first", "last"]], atol=1e-12)


def test_poverty_at_means_is_that_of_scaled_incomes():
    rng = np.random.default_rng(8)
    waves = rng.uniform(20, 200, 20_000), rng.uniform(30, 300, 30_000)
    mean = [y.mean() for y in waves]
    found = poverty_at_means(waves, 100.0)
    for u in (0, 1):
        for t, y in enumerate(waves):
            scaled = y * mean[u] / mean[t]
            expected = [fgt(scaled, np.full(len(y), 100.0), np.ones(len(y)), alpha) for alpha in (0, 1, 2)]
            np.testing.assert_allclose(found[u, t], expected, rtol=1e-12)


def test_the_line_is_moved_as_incomes_would_be():
    rng = np.random.default_rng(2)
    x, y = rng.uniform(20, 200, 50), rng.uniform(30, 300, 50)
    found = parts_of(
        GrowthRedistribution(income="y", line=100.0, base="first").measure(pd.DataFrame({"y": x}), pd.DataFrame({"y": y}))
    )
    z, ones = np.full(50, 100.0), np.ones(50)
    for alpha, name in enumerate(MEASURES[:3]):
        growth = fgt(x * y.mean() / x.mean(), z, ones, alpha) - fgt(x, z, ones, alpha)
        spread = fgt(y * x.mean() / y.mean(), z, ones, alpha) - fgt(x, z, ones, alpha)
        assert found.loc[name, ["growth", "redistribution"]].to_list() == pytest.approx([growth, spread], abs=1e-12)


def test_the_average_is_the_shapley_value_of_two_players():
    at = np.random.default_rng(1).uniform(size=(2, 2))
    found = shapley(lambda moved: np.array([at[int(moved[0]), int(moved[1])]]), 2)
    np.testing.assert_allclose(growth_redistribution(at)[:2], found.ravel(), atol=1e-12)


def test_two_lognormal_waves_show_their_truth():
    """Two lognormal waves, whose headcount at any mean and spread is known: Φ((ln z − ln μ + σ²/2)/σ)."""
    rng = np.random.default_rng(11)
    before, after = (pd.DataFrame({"y": drawn(rng, wave, 200_000)}) for wave in (0, 1))
    at = np.array([[truth(u, t) for t in (0, 1)] for u in (0, 1)])
    for base in ("first", "last", "average"):
        found = GrowthRedistribution(income="y", line=Z, measures=("headcount",), base=base).measure(before, after).frame
        found = found.set_index("part")
        for part, true in zip(PARTS[3:], growth_redistribution(at, base), strict=True):
            assert abs(found.loc[part, "estimate"] - true) <= 4 * found.loc[part, "std_error"] + 1e-12, part


@pytest.mark.parametrize("shared", [False, True], ids=["independent", "panel"])
def test_errors_are_the_spread_of_many_samples(shared):
    rng, n = np.random.default_rng(3), 500
    ask = GrowthRedistribution(
        income="y",
        line=Z,
        measures=("headcount", "gap"),
        base="average",
        design=SurveyDesign(clusters="home" if shared else None),
    )
    rows = []
    for _ in range(250):
        z = rng.normal(size=(2, n))
        if shared:
            z[1] = 0.8 * z[0] + 0.6 * z[1]
        waves = [np.exp(np.log(m) - s**2 / 2 + s * z[t]) for t, (m, s) in WAVES.items()]
        frames = [pd.DataFrame({"y": y, "home": np.arange(n)}) for y in waves]
        rows.append(ask.measure(*frames).frame.set_index(["measure", "part"])[["estimate", "std_error"]])
    every = pd.concat(rows, keys=range(250))
    spread = every["estimate"].groupby(level=["measure", "part"]).std()
    error = every["std_error"].groupby(level=["measure", "part"]).mean()
    ratio = (error / spread).drop("residual", level="part")
    assert ratio.between(0.87, 1.13).all(), ratio  # the spread of 250 is itself sure to 4.5 %


def test_groups_are_measured_apart():
    rng = np.random.default_rng(5)
    frames = [pd.DataFrame({"y": rng.uniform(20, 200, 60), "g": np.arange(60) % 3, "v": np.arange(60)}) for _ in (0, 1)]
    ask = GrowthRedistribution(income="y", line=100.0, design=SurveyDesign(clusters="v"))
    every = ask.measure(*frames, over="g").frame
    alone = ask.measure(*(frame[frame["g"] == 1] for frame in frames)).frame
    inside = every[every["g"] == 1].reset_index(drop=True)
    np.testing.assert_allclose(inside["estimate"], alone["estimate"], atol=1e-12)
    np.testing.assert_allclose(inside["n"], alone["n"])


def test_lines_may_differ_between_rows_and_waves():
    before = pd.DataFrame({"y": [50.0, 90, 160], "z": 100.0})
    after = pd.DataFrame({"y": [60.0, 108, 192], "z": 120.0})  # prices rose as incomes did: nothing changed
    found = parts_of(GrowthRedistribution(income="y", line="z").measure(before, after))
    np.testing.assert_allclose(found[["change", "growth", "redistribution"]], 0, atol=1e-12)


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (lambda f: GrowthRedistribution(income="y", line=100.0, base="end"), SpecError),
        (lambda f: GrowthRedistribution(income="y", line=100.0, measures=("gini",)), SpecError),
        (lambda f: GrowthRedistribution(income="y", line=100.0, level=2), SpecError),
        (lambda f: GrowthRedistribution(income="y", line=100.0).measure(f["y"], f), SpecError),
        (lambda f: GrowthRedistribution(income="y", line=100.0).measure(f, f.assign(y=np.nan)), DataError),
        (lambda f: GrowthRedistribution(income="y", line=100.0).measure(f, f.assign(g="c"), over="g"), DataError),
        (lambda f: GrowthRedistribution(income="y", line=100.0).measure(f, f.assign(y=-1.0)), NoAnswer),
        (lambda f: GrowthRedistribution(income="y", line=100.0, measures=("watts",)).measure(f, f.assign(y=[0.0, 9])), NoAnswer),
    ],
)
def test_what_cannot_be_asked_is_refused(ask, error):
    with pytest.raises(error):
        ask(pd.DataFrame({"y": [50.0, 150.0], "g": ["a", "b"]}))
