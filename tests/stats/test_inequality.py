"""Inequality indices: printed values, axioms, what a little weight does, and intervals that keep their level."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evalkit.errors import DataError, NoAnswer, SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.poverty.income.inequality import Inequality, share_ratio_influence
from evalkit.stats.inequality import (
    WALK,
    atkinson,
    atkinson_influence,
    distances,
    entropy_influence,
    generalized_entropy,
    gini,
    gini_influence,
    mean_log_deviation,
    theil,
)
from evalkit.stats.ordering import SMALL, order
from evalkit.stats.parted import Parted
from evalkit.stats.quantiles import lorenz_influence, quantile_influence, quantiles, weighted_quantile

INEQ = np.array([541.0, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261])
HANDBOOK = np.array([10.0, 15, 20, 25, 40, 20, 30, 35, 45, 90])
incomes = arrays(float, 12, elements=st.floats(1, 300))
weights = arrays(float, 12, elements=st.floats(0.1, 5))
INDICES = {
    "gini": gini,
    "theil": theil,
    "mean_log_deviation": mean_log_deviation,
    "ge_2": lambda x, w: generalized_entropy(x, w, 2),
    "ge_-1": lambda x, w: generalized_entropy(x, w, -1),
    "atkinson_0.5": lambda x, w: atkinson(x, w, 0.5),
    "atkinson_1": lambda x, w: atkinson(x, w, 1),
    "atkinson_2": lambda x, w: atkinson(x, w, 2),
}
INFLUENCES = {
    "gini": gini_influence,
    **{f"ge_{a}": lambda x, p, a=a: entropy_influence(x, p, a) for a in (-1, 0, 0.5, 1, 2)},
    **{f"atkinson_{e}": lambda x, p, e=e: atkinson_influence(x, p, e) for e in (0.5, 1, 2)},
    "lorenz": lambda x, p: lorenz_influence(x, p, 0.3),
    "share_ratio": lambda x, p: share_ratio_influence(x, p, 0.3),
}


def test_documentation_of_ineq():
    """R package ineq, `?ineq`: Gini .4620911 and Atkinson (.5) .1796591 of ten incomes."""
    assert round(gini(INEQ, np.ones(10)), 7) == 0.4620911
    assert round(atkinson(INEQ, np.ones(10), 0.5), 7) == 0.1796591


def test_world_bank_handbook_table_6_3():
    """Haughton & Khandker (2009), Table 6.3, as Julia's PovertyAndInequalityMeasures recomputes it (test/runtests.jl)."""
    ones = np.ones(10)
    assert round(gini(HANDBOOK, ones), 7) == 0.3272727
    assert [round(f(HANDBOOK, ones), 7) for f in (mean_log_deviation, theil)] == [0.1792203, 0.1830644]
    printed = {1.25: 0.1883288, 1.5: 0.1954897, 1.75: 0.2047211, 2: 0.2162534, 2.25: 0.2303812, 2.5: 0.2474728}
    assert {a: round(generalized_entropy(HANDBOOK, ones, a), 7) for a in printed} == printed
    printed = {0.25: 0.0446396, 0.5: 0.0869155, 0.75: 0.1267328, 1: 0.1640783, 1.25: 0.1989991, 1.5: 0.2315817, 2: 0.2901688}
    assert {e: round(atkinson(HANDBOOK, ones, e), 7) for e in printed} == printed


@given(incomes, weights)
def test_gini_is_the_mean_distance_of_pairs(x, w):
    pairs = (w[:, None] * w * np.abs(x[:, None] - x)).sum() / (2 * w.sum() ** 2 * np.average(x, weights=w))
    np.testing.assert_allclose(gini(x, w), pairs, atol=1e-12)
    parted = Parted.of(w)
    np.testing.assert_allclose(gini_influence(x, parted)[0], [pairs], atol=1e-12)
    np.testing.assert_allclose(distances(x, parted), (w * np.abs(x[:, None] - x)).sum(axis=1) / w.sum(), atol=1e-10)


@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
@settings(max_examples=40)
@given(x=incomes, w=weights, factor=st.floats(0.1, 10))
def test_scale_replication_and_order_change_nothing(index, x, w, factor):
    before = index(x, w)
    np.testing.assert_allclose(index(factor * x, w), before, atol=1e-10)
    np.testing.assert_allclose(index(np.tile(x, 2), np.tile(w, 2)), before, atol=1e-12)
    np.testing.assert_allclose(index(x[::-1].copy(), w[::-1].copy()), before, atol=1e-12)
    assert before >= -1e-12
    np.testing.assert_allclose(index(np.full(12, 7.0), w), 0, atol=1e-12)


@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
@settings(max_examples=40)
@given(x=incomes)
def test_it_falls_where_the_richest_gives_to_the_poorest(index, x):
    low, high = np.argmin(x), np.argmax(x)
    assume(x[high] - x[low] > 1)
    moved = x.copy()
    moved[low], moved[high] = x[low] + 0.4, x[high] - 0.4
    assert index(moved, np.ones(12)) < index(x, np.ones(12))


@pytest.mark.parametrize("influence", INFLUENCES.values(), ids=INFLUENCES)
def test_influence_is_what_a_little_weight_does_in_each_group(influence):
    rng = np.random.default_rng(3)
    x, w, codes = rng.lognormal(3, 0.7, 40).round(1), rng.uniform(1, 3, 40), np.arange(40) % 3
    x[5] = x[8]  # a tie
    value, own = influence(x, Parted.of(w, codes, 3))
    alone = [influence(x[codes == g], Parted.of(w[codes == g])) for g in range(3)]
    np.testing.assert_allclose(value, [v[0] for v, _ in alone], atol=1e-12)
    for g, (_, inside) in enumerate(alone):
        np.testing.assert_allclose(own[codes == g], inside, atol=1e-12)
    np.testing.assert_allclose(np.bincount(codes, weights=w * own), 0, atol=1e-12)
    step = 1e-6
    for row in (0, 5, 17, 39):
        more = w + step * (np.arange(40) == row)
        slope = (influence(x, Parted.of(more, codes, 3))[0] - value)[codes[row]] / step
        assert slope == pytest.approx(own[row], abs=2e-6)


@given(incomes, weights, st.integers(1, 19))
def test_shares_of_the_poorest_add_up_and_the_quantile_parts_the_weight(x, w, twentieth):
    p, parted = twentieth / 20, Parted.of(w)
    low = lorenz_influence(x, parted, p)[0]
    assert -1e-12 <= low[0] <= p + 1e-12  # Lorenz curves lie below the diagonal
    np.testing.assert_allclose(lorenz_influence(x, parted, 1.0)[0], 1, atol=1e-12)
    np.testing.assert_allclose(lorenz_influence(x, parted, 0.0)[0], 0, atol=1e-12)
    q = weighted_quantile(x, w, p)
    assert w[x < q].sum() <= p * w.sum() * (1 + 1e-9)
    assert w[x <= q].sum() >= p * w.sum() * (1 - 1e-9)


def test_quantiles_as_laeken_takes_them():
    """R's laeken, `weightedQuantile`: the first figure that reaches the share; the mean with the next where just reached."""
    assert weighted_quantile(np.array([1.0, 2.0, 3.0, 4.0]), np.ones(4), 0.5) == 2.5
    assert weighted_quantile(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 4.0]), 0.5) == 3.0
    assert weighted_quantile(np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0, 4.0]), 0.5) == 2.5
    assert weighted_quantile(np.array([5.0, 1.0, 9.0]), np.array([1.0, 1.0, 0.0]), 0.9) == 5.0  # no weight, no part
    parted = Parted.of(np.array([1.0, 1.0, 1.0, 0.0]), np.array([0, 0, 1, 2]), 3)
    np.testing.assert_array_equal(quantiles(np.array([1.0, 3.0, 7.0, 8.0]), parted, 0.5), [2.0, 7.0, np.nan])


def test_the_error_of_a_median_is_that_of_many_samples():
    rng = np.random.default_rng(5)
    draws = rng.normal(size=(600, 400))
    errors = [np.sqrt((quantile_influence(x, Parted.of(np.ones(400)), 0.5)[1] ** 2).sum()) for x in draws]
    assert np.mean(errors) == pytest.approx(np.median(draws, axis=1).std(), rel=0.06)


@pytest.mark.parametrize("digits", [0, 2, 12])
def test_long_columns_are_put_in_exact_order(digits):
    rng = np.random.default_rng(digits)
    x = rng.normal(0, 1e5, SMALL + 500).round(digits)
    x[:4] = 0.0, -0.0, 1e-300, -1e-300
    x[10:20] = 1.0 + np.arange(10) * 2**-50  # neighbors that differ in their last bits
    found = order(x)
    np.testing.assert_array_equal(np.sort(found), np.arange(len(x)))
    assert (np.diff(x[found]) >= 0).all()
    w = rng.uniform(1, 2, len(x))
    shifted = x - x.min() + 1
    pairs = distances(shifted, Parted.of(w))
    np.testing.assert_allclose(gini(shifted, w), w @ pairs / (2 * w @ shifted), rtol=1e-10)


def test_whole_figures_are_counted_to_the_same_end():
    rng = np.random.default_rng(1)
    x, w = rng.integers(5, 90, 400).astype(float), rng.uniform(1, 3, 400)
    np.testing.assert_allclose(gini(x, w), gini(x * 1000.5, w), rtol=1e-12)
    np.testing.assert_allclose(gini(x + 1e6, w), gini_influence(x + 1e6, Parted.of(w))[0][0], rtol=1e-9)


def test_long_columns_in_pieces_come_to_the_same():
    """More rows than one piece, whole and not; and a single figure that is not whole, at the very end."""
    rng = np.random.default_rng(3)
    n = 2 * WALK + 11
    x, w = rng.integers(0, 90_000, n).astype(float), rng.uniform(0, 3, n)
    for figures in (x, x + 0.25, x + 1e7, x / 7, np.append(x[:-1], 0.5), rng.integers(0, 3, n).astype(float)):
        at = np.argsort(figures, kind="stable")
        y, v = figures[at], w[at]
        share = np.cumsum(v * y) / (v @ y)
        trapezoids = v @ (share + np.append(0.0, share[:-1])) / v.sum()
        np.testing.assert_allclose(gini(figures, w), 1 - trapezoids, rtol=1e-10, atol=1e-13)


def test_the_spec_gives_errors_by_group():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"y": rng.lognormal(9, 0.8, 300), "w": rng.uniform(1, 4, 300), "v": np.arange(300) // 6})
    frame["county"] = frame["v"] % 4
    ask = Inequality(income="y", entropy=(0, 1, 2), shares=4, design=SurveyDesign(weights="w", strata="county", clusters="v"))
    whole, parts = ask.measure(frame), ask.measure(frame, over="county")
    one = frame[frame["county"] == 2]
    alone = ask.measure(one).frame
    inside = parts.frame[parts.frame["county"] == 2].reset_index(drop=True)
    for column in ("estimate", "std_error", "ci_low", "n"):
        np.testing.assert_allclose(inside[column], alone[column], rtol=1e-9)
    shares = whole.frame[whole.frame["measure"].str.fullmatch(r"share_\d")]
    assert shares["estimate"].sum() == pytest.approx(1, abs=1e-12)
    smooth = whole.influence.drop(columns="quantile_ratio")
    np.testing.assert_allclose(smooth.mul(frame["w"], axis=0).sum(), 0, atol=1e-12)


def test_incomes_that_an_index_does_not_take_leave_it_out():
    zero = Inequality(income="y", shares=0).measure(pd.DataFrame({"y": [0.0, 1.0, 2.0, 5.0]}))
    assert zero.frame["measure"].tolist() == ["gini", "theil", "atkinson_0.5", "share_ratio", "quantile_ratio"]
    assert [note.kind for note in zero.notes] == ["left_out"]
    debt = Inequality(income="y", quantile_ratio=(0.9, 0.5)).measure(pd.DataFrame({"y": [-1.0, 1.0, 2.0, 5.0]}))
    assert debt.frame["measure"].tolist() == ["quantile_ratio"]
    with pytest.raises(NoAnswer, match="do not exist"):
        Inequality(income="y", quantile_ratio=None).measure(pd.DataFrame({"y": [-1.0, 1.0]}))


@pytest.mark.parametrize(
    "ask",
    [
        {"entropy": ("one",)},
        {"entropy": (1, 1)},
        {"atkinson": (0,)},
        {"atkinson": (np.nan,)},
        {"shares": -1},
        {"shares": 2.5},
        {"share_ratio": 0.7},
        {"quantile_ratio": (0.1, 0.9)},
        {"quantile_ratio": 0.5},
        {"level": 1},
        {"design": "w"},
        {"income": 3},
        {"gini": False, "entropy": (), "atkinson": (), "shares": 0, "share_ratio": None, "quantile_ratio": None},
    ],
)
def test_what_cannot_be_asked_is_refused(ask):
    with pytest.raises(SpecError):
        Inequality(**{"income": "y", **ask})


@pytest.mark.parametrize(
    "frame",
    [{"y": ["a", "b"]}, {"y": [1.0, np.nan]}, {"y": [1.0, np.inf]}, {"y": []}, {"x": [1.0]}, {"y": [1.0, 2.0], "g": [1, None]}],
)
def test_data_that_cannot_answer_are_refused(frame):
    frame = pd.DataFrame(frame)
    with pytest.raises(DataError):
        Inequality(income="y").measure(frame, over="g" if "g" in frame else None)
    with pytest.raises(SpecError, match="DataFrame"):
        Inequality(income="y").measure(pd.Series([1.0]))
