"""Importance and removal: known correlation ratios, identities of linear indices, and what hangs on one indicator."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import evalkit as ek
from evalkit.indicators.importance import Importance, correlation_ratio, linear_importance
from evalkit.indicators.removal import RemoveOne, without_each
from evalkit.stats.ranks import ranks, spearman

cloud = st.integers(8, 40).flatmap(lambda m: arrays(float, (2, m), elements=st.floats(0, 1).map(lambda x: round(x, 3))))


def test_correlation_ratios_of_the_ishigami_function():
    """Ishigami & Homma (1990): y = sin x₁ + 7 sin² x₂ + 0.1 x₃⁴ sin x₁ on (−π, π)³, S = 0.3139, 0.4424, 0 by analysis.

    x₂ has no linear relation with y at all. 20,000 points: the standard error of a share is about 0.006.
    """
    x = np.random.default_rng(7).uniform(-np.pi, np.pi, (3, 20_000))
    y = np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])
    np.testing.assert_allclose([correlation_ratio(column, y) for column in x], [0.3139, 0.4424, 0.0], atol=0.015)
    assert linear_importance(x[1], y) < 0.001


def test_importance_of_independent_indicators_is_their_share_of_the_variance():
    """Paruolo, Saisana & Saltelli (2013): S_i = w_i² σ_i² / Σ w² σ² where indicators are independent."""
    weight, spread = np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.2, 0.3])
    x = np.random.default_rng(3).standard_normal((3, 50_000)) * spread[:, None]
    expected = (weight * spread) ** 2 / ((weight * spread) ** 2).sum()
    y = weight @ x
    np.testing.assert_allclose([correlation_ratio(column, y) for column in x], expected, atol=0.01)
    np.testing.assert_allclose([linear_importance(column, y) for column in x], expected, atol=0.01)


def test_importance_of_correlated_indicators_on_a_line_is_known():
    """S_i = ((Σ w)_i)² / (σ_i² w'Σw), exactly, of the sample covariance."""
    rng = np.random.default_rng(5)
    x = rng.standard_normal((4, 4)) @ rng.standard_normal((4, 300))
    weight = np.array([0.4, 0.3, 0.2, 0.1])
    c = np.cov(x)
    expected = (c @ weight) ** 2 / np.diag(c) / (weight @ c @ weight)
    np.testing.assert_allclose([linear_importance(column, weight @ x) for column in x], expected, rtol=1e-10)


def test_noise_is_seldom_taken_for_importance():
    rng = np.random.default_rng(11)
    found = [correlation_ratio(*rng.standard_normal((2, 120))) for _ in range(200)]
    assert np.mean(found) < 0.02
    assert np.quantile(found, 0.95) < 0.06


@given(cloud, st.floats(0.1, 10), st.floats(-3, 3))
def test_correlation_ratio_lies_between_the_squared_correlation_and_one(xy, factor, shift):
    x, y = xy
    if min(np.ptp(x), np.ptp(y)) < 0.01:
        return
    found, line = correlation_ratio(x, y), linear_importance(x, y)
    assert line - 1e-9 <= found <= 1
    np.testing.assert_allclose(line, np.corrcoef(x, y)[0, 1] ** 2, atol=1e-9)
    np.testing.assert_allclose(correlation_ratio(factor * x + shift, y), found, atol=1e-4)
    np.testing.assert_allclose(correlation_ratio(x, -factor * y + shift), found, atol=1e-4)
    np.testing.assert_allclose(correlation_ratio(x[::-1], y[::-1]), found, atol=1e-4)


@pytest.fixture(scope="module")
def index(systems):
    return ek.CompositeIndex(system=systems["consolidation"], weigh=ek.Entropy())


@pytest.fixture(scope="module")
def scores(index, counties):
    return index.fit(counties).score(counties)


def test_importance_stands_beside_the_weights(scores):
    found = Importance(method="linear").measure(scores, on=2024)
    z, index = scores.normalized.xs(2024, level="period"), scores.series.xs(2024, level="period")
    np.testing.assert_allclose(found.frame["correlation"], z.corrwith(index), atol=1e-12)
    np.testing.assert_allclose(found.frame["importance"], z.corrwith(index) ** 2, atol=1e-12)
    np.testing.assert_allclose(found.frame["weight"], scores.spec.weights)
    np.testing.assert_allclose(found.frame["ratio"], found.frame["share"] / found.frame["weight"])
    np.testing.assert_allclose([found.dimensions["weight"].sum(), found.dimensions["share"].sum()], 1)
    curved = Importance().measure(scores, on=2024)
    assert (curved.frame["importance"] >= found.frame["importance"] - 1e-9).all()


def test_an_indicator_that_falls_as_the_index_rises_is_named(make_panel, make_system):
    rng = np.random.default_rng(2)
    a = rng.uniform(size=30)
    values = {"a": a, "b": a + 0.1 * rng.uniform(size=30), "foe": -a + 0.1 * rng.uniform(size=30)}
    panel = make_panel(values, units=[f"u{i:02d}" for i in range(30)], years=(2020,))
    system = make_system(d=dict.fromkeys(values, "benefit"))
    found = Importance().measure(ek.CompositeIndex(system=system).fit(panel).score(panel))
    assert [note.kind for note in found.notes] == ["choice", "choice", "caution"]
    assert "foe" in found.notes[-1].text.en


def test_wrong_methods_are_refused():
    with pytest.raises(ek.SpecError, match="did you mean 'linear'"):
        Importance(method="lineal")
    with pytest.raises(ek.SpecError):
        RemoveOne(weights="both")


@given(arrays(float, 6, elements=st.floats(0.01, 1)))
def test_weights_without_one_stay_shares_and_dimensions_keep_theirs(w):
    weights, member = w / w.sum(), (0, 0, 1, 1, 1, 2)
    left = without_each(weights, member)
    np.testing.assert_allclose(left.sum(axis=1), 1)
    assert (np.diag(left) == 0).all()
    np.testing.assert_allclose(left[:2, :2].sum(axis=1), weights[:2].sum())
    np.testing.assert_allclose(left[2:5, 2:5].sum(axis=1), weights[2:5].sum())


def test_an_indicator_that_holds_all_the_weight_leaves_the_others_alike():
    assert without_each(np.array([1.0, 0.0, 0.0]), (0, 0, 1))[0].tolist() == [0, 0.5, 0.5]


def test_removal_is_what_coinr_defines(index, counties):
    """COINr's remove_elements (tests/testthat/test-audit_tools.R): rank differences against the nominal index, mean absolute one.

    Weights are those left in each group, in proportion, as COINr's Aggregate takes them.
    """
    found = RemoveOne(weights="kept").measure(index, counties)
    fitted = index.fit(counties)
    z = fitted.score(counties).normalized.xs(2024, level="period").to_numpy()
    nominal = ranks(z @ fitted.weights)
    assert found.ranks["full"].tolist() == nominal.tolist()
    system, w = index.system, fitted.weights
    for j, (name, dimension) in enumerate(zip(system.columns, system.membership, strict=True)):
        group = np.array(system.membership) == dimension
        others = group & (np.arange(len(w)) != j)
        heirs = others if others.any() else ~group
        left = np.where(np.arange(len(w)) == j, 0, w)
        left[heirs] += w[j] * w[heirs] / w[heirs].sum()
        shift = np.abs(nominal - ranks(z @ left))
        assert found.frame.loc[name, "mean_shift"] == shift.mean()
        assert found.frame.loc[name, "max_shift"] == shift.max()
        np.testing.assert_allclose(found.frame.loc[name, "spearman"], spearman(z @ w, z @ left))


def test_learning_again_is_replaying_the_recipe(index, counties):
    found = RemoveOne().measure(index, counties, on=slice(2016, 2020), period=2022)
    gone = "G10"
    kept = tuple(d for d in index.system.dimensions if d.id != "water")
    smaller = replace(index, system=replace(index.system, dimensions=kept))
    left = smaller.fit(counties, on=slice(2016, 2020)).score(counties).series.xs(2022, level="period")
    assert found.ranks[gone].tolist() == ranks(left.to_numpy()).tolist()
    assert found.frame["spearman"].between(-1, 1).all()
    assert (found.frame["mean_shift"] <= found.frame["max_shift"]).all()


def test_entropy_weights_of_an_arithmetic_index_can_be_learnt_again_or_kept_inside_one_dimension(make_panel, make_system):
    """One dimension: entropy weights of those left are the old ones in proportion, so both ways agree."""
    rng = np.random.default_rng(4)
    panel = make_panel(dict(zip("abc", rng.uniform(size=(3, 20)), strict=True)), units=[f"u{i}" for i in range(20)], years=(1,))
    index = ek.CompositeIndex(system=make_system(d=dict.fromkeys("abc", "benefit")), weigh=ek.Entropy())
    again, kept = RemoveOne().measure(index, panel), RemoveOne(weights="kept").measure(index, panel)
    assert again.ranks.equals(kept.ranks)


def test_given_weights_lose_the_one_that_is_taken_out(make_panel, make_system):
    panel = make_panel({"x": range(9), "y": [1, 5, 2, 8, 3, 9, 4, 7, 6]})
    system = make_system(a={"x": "benefit"}, b={"y": "benefit"})
    index = ek.CompositeIndex(system=system, weigh=ek.Given(values={"x": 0.9, "y": 0.1}))
    found = RemoveOne().measure(index, panel, period=2020)
    assert found.ranks["y"].tolist() == [3, 2, 1]
    assert found.ranks["x"].tolist() == [2, 3, 1]


def test_an_index_of_one_indicator_has_nothing_to_remove(make_panel, make_system):
    panel = make_panel({"x": range(9)})
    with pytest.raises(ek.NoAnswer, match="one indicator"):
        RemoveOne().measure(ek.CompositeIndex(system=make_system(d={"x": "benefit"})), panel)


def test_units_of_one_score_have_no_ranks_to_move(make_panel, make_system):
    """In 2021 a lack in one indicator makes up for what the other has; in 2019 it does not."""
    level = make_panel({"x": [0.0, 4, 4, 2, 4, 2, 4, 0, 0], "y": [0.0, 0, 0, 2, 0, 2, 0, 4, 4]})
    alike = ek.CompositeIndex(system=make_system(d={"x": "benefit", "y": "benefit"}))
    with pytest.raises(ek.NoAnswer, match=r"^test: all units have the same score in 2021.* To do: choose another period"):
        RemoveOne().measure(alike, level)
    assert len(RemoveOne().measure(alike, level, period=2019).frame) == 2


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_importance_and_removal_are_printed_drawn_and_told(index, scores, counties, lang):
    for found in (Importance().measure(scores, on=2024), RemoveOne(weights="kept").measure(index, counties)):
        assert len(ek.table(found, lang=lang)) == len(scores.system.columns)
        assert ek.figure(found, lang=lang).axes
        assert "{" not in ek.prose(found, lang=lang)
