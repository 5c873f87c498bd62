"""Benefit of the doubt against the R package Compind and a dense program, its axioms, refusals and time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import evalkit as ek
from evalkit.indicators.aggregation import benefit
from evalkit.indicators.aggregation.benefit import BenefitOfTheDoubt, Pie, favorable

tables = st.integers(3, 8).flatmap(lambda m: arrays(float, (m, 3), elements=st.integers(1, 20).map(lambda v: v / 20)))
rows = settings(max_examples=30, deadline=None)


def within(low, high, n=3):
    return Pie(np.full(n, low), np.full(n, high), np.empty((0, n)), np.empty(0), np.empty(0))


SIX = np.array(
    [[0.82, 0.40, 0.66], [0.35, 0.90, 0.52], [0.61, 0.70, 0.88], [0.95, 0.15, 0.30], [0.20, 0.85, 0.41], [0.55, 0.50, 0.45]]
)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 1.0, [1.0, 1.0, 1.0, 1.0, 0.9444444444, 0.8181818182]),
        (0.1, 0.6, [0.9791044776, 0.8705912367, 1.0, 0.5773905997, 0.6929910468, 0.7805974944]),
        (0.2, 0.5, [0.8913043478, 0.8031143972, 1.0, 0.4685188229, 0.6003600438, 0.7322485207]),
    ],
)
def test_compind_ci_bod_constr(low, high, expected):
    """Compind's ci_bod_constr (lpSolve), run in R 4.2.2 on these rows with bounds on pie shares."""
    np.testing.assert_allclose(favorable(SIX, SIX, within(low, high)).score, expected, atol=1e-9)


def test_compind_shares():
    """The pie shares of the same run, where they are the only ones."""
    found = favorable(SIX, SIX, within(0.1, 0.6))
    np.testing.assert_allclose(found.shares[[0, 1, 3, 4]], [[0.6, 0.1, 0.3], [0.1, 0.6, 0.3]] * 2, atol=1e-9)
    np.testing.assert_allclose(found.shares[5], [0.5997942387, 0.3002057613, 0.1], atol=1e-9)


def dense(z, frontier, low, high):
    """The program of Cherchye et al. (2007) as it is written, one unit after the other."""
    from scipy.optimize import linprog

    scores = []
    for y in z:
        share = np.diag(y)
        bounds = np.concatenate([low * y - share, share - high * y])
        limits = np.concatenate([frontier, y[None], bounds])
        solved = linprog(-y, A_ub=limits, b_ub=np.r_[np.ones(len(frontier) + 1), np.zeros(len(bounds))])
        scores.append(-solved.fun)
    return np.array(scores)


@rows
@given(tables, st.sampled_from([(0.0, 1.0), (0.1, 0.6), (0.2, 0.5)]))
def test_batches_and_left_out_rows_change_nothing(z, bounds):
    found = favorable(z, z[1:], within(*bounds))
    np.testing.assert_allclose(found.score, dense(z, z[1:], *bounds), atol=1e-8)
    np.testing.assert_allclose(found.shares.sum(axis=1), 1.0, atol=1e-9)
    np.testing.assert_allclose((found.weights * z).sum(axis=1), found.score, atol=1e-8)
    assert (found.weights @ z[1:].T).max() <= 1 + 1e-7
    assert found.shares.min() >= bounds[0] - 1e-9
    assert found.shares.max() <= bounds[1] + 1e-9


@rows
@given(tables, arrays(float, 3, elements=st.floats(0.0, 1.0)).filter(lambda w: w.sum() > 0.1))
def test_no_common_weights_praise_a_unit_more_than_its_own(z, w):
    common = z @ w
    assert (favorable(z, z, within(0, 1)).score >= common / common.max() - 1e-8).all()


@rows
@given(tables, st.integers(0, 2))
def test_a_unit_that_improves_does_not_lose(z, j):
    raised = z[:1].copy()
    raised[0, j] = min(1.0, raised[0, j] + 0.2)
    before, after = (favorable(one, z[1:], within(0, 1)).score for one in (z[:1], raised))
    assert after >= before - 1e-9


@rows
@given(tables, arrays(float, 3, elements=st.floats(0.1, 5.0)))
def test_units_of_measure_play_no_part(z, factor):
    np.testing.assert_allclose(
        favorable(z * factor, z * factor, within(0, 1)).score, favorable(z, z, within(0, 1)).score, atol=1e-7
    )


@rows
@given(tables)
def test_narrower_bounds_never_raise_a_score(z):
    free, some, narrow = (favorable(z, z, within(*bounds)).score for bounds in ((0, 1), (0.1, 0.6), (0.2, 0.5)))
    assert (free >= some - 1e-8).all()
    assert (some >= narrow - 1e-8).all()


def test_a_dominated_unit_is_limited_by_the_one_that_dominates_it():
    z = np.array([[0.8, 0.8], [0.4, 0.4]])
    found = favorable(z, z, within(0.0, 1.0, n=2))
    np.testing.assert_allclose(found.score, [1.0, 0.5])
    assert (found.unit.tolist(), found.peer.tolist()) == ([1], [0])
    np.testing.assert_allclose(found.intensity, [1.0])


def test_rows_are_added_until_none_is_overlooked(monkeypatch):
    z = np.random.default_rng(5).uniform(0.05, 1.0, size=(120, 6))
    whole = favorable(z, z, within(0.0, 1.0, n=6)).score
    monkeypatch.setattr(benefit, "FIRST", 2)
    monkeypatch.setattr(benefit, "MORE", 1)
    monkeypatch.setattr(benefit, "BATCH", 7)
    np.testing.assert_allclose(favorable(z, z, within(0.0, 1.0, n=6)).score, whole, atol=1e-9)
    np.testing.assert_allclose(whole[:20], dense(z[:20], z, 0.0, 1.0), atol=1e-8)


@pytest.fixture(scope="module")
def scores(counties, systems):
    return ek.CompositeIndex(system=systems["revitalization"]).fit(counties).score(counties)


def test_of_counties_each_has_its_own_weights(scores):
    own = BenefitOfTheDoubt(shares=(0.01, 0.2), floor=0.01).measure(scores)
    assert own.frame["score"].between(0, 1).all()
    np.testing.assert_allclose(own.shares.sum(axis=1), 1.0)
    assert own.shares.to_numpy().min() >= 0.01 - 1e-9
    assert own.shares.to_numpy().max() <= 0.2 + 1e-9
    below = own.frame.index[own.frame["score"] < 1]
    intensity = own.peers.groupby("unit")["intensity"].sum()
    assert sorted(intensity.index) == sorted(below)
    np.testing.assert_allclose(intensity, 1.0, atol=1e-7)
    assert set(own.peers["period"]) == {2024}


def test_dimensions_keep_to_their_bounds(scores):
    bounds = {dimension.id: (0.1, 0.4) for dimension in scores.system.dimensions}
    own = BenefitOfTheDoubt(shares=bounds, floor=0.01).measure(scores, period=2020)
    assert own.period == 2020
    assert list(own.dimensions.columns) == list(bounds)
    assert own.dimensions.to_numpy().min() >= 0.1 - 1e-9
    assert own.dimensions.to_numpy().max() <= 0.4 + 1e-9


def test_without_bounds_the_zeros_are_counted(scores):
    free = BenefitOfTheDoubt().measure(scores)
    assert any(note.kind == "caution" and "weights are zero" in note.text.en for note in free.notes)
    bounded = BenefitOfTheDoubt(shares=(0.0, 0.2)).measure(scores)
    assert (free.frame["score"] >= bounded.frame["score"].reindex(free.frame.index) - 1e-9).all()


def test_a_frontier_of_earlier_years_does_not_push_scores_beyond_one(scores):
    past = BenefitOfTheDoubt(shares=(0.0, 0.2)).measure(scores, on=slice(2012, 2016))
    assert past.frame["score"].max() <= 1
    assert (past.frame["score"] == 1).sum() > (BenefitOfTheDoubt(shares=(0.0, 0.2)).measure(scores).frame["score"] == 1).sum()
    assert past.peers.empty or past.peers["period"].max() <= 2016


def test_what_has_no_share_is_refused_by_name(make_panel, make_system):
    panel = make_panel({"x": [0, 1, 2, 3, 4, 5, 0, 7, 8], "y": [0, 1, 2, 3, 4, 5, 6, 7, 8], "v": [0, 3, 1, 4, 1, 5, 9, 2, 6]})
    system = make_system(d={"x": "benefit", "y": "benefit"}, e={"v": "benefit"})
    scores = ek.CompositeIndex(system=system).fit(panel).score(panel)
    with pytest.raises(ek.DataError, match=r"a, c, 2019.*score 0.*found 0 on \[x, y, v\].*floor"):
        BenefitOfTheDoubt(shares=(0.1, 0.8)).measure(scores, period=2019)
    with pytest.raises(ek.DataError, match=r"^a, 2019: 1 units score 0"):
        BenefitOfTheDoubt().measure(scores, period=2019)
    with pytest.raises(ek.DataError, match="a, 2019"):
        BenefitOfTheDoubt(shares={"e": (0.1, 0.9)}).measure(scores, period=2019)
    assert BenefitOfTheDoubt(shares=(0.1, 0.8), floor=0.01).measure(scores, period=2019).frame["score"].between(0, 1).all()
    below = ek.CompositeIndex(system=system, normalize=ek.ZScore()).fit(panel).score(panel)
    with pytest.raises(ek.NoAnswer, match=r"at least 0; \[x, y, v\] are below"):
        BenefitOfTheDoubt().measure(below)


def test_a_score_too_near_to_zero_is_told_and_a_floor_helps(make_panel, make_system):
    """Of a score of 1e-25 others are 1e25 times ahead, which is more than a linear program can hold."""
    panel = make_panel({"x": [0, 1e-25, 1, 0.3, 0.2, 0.1, 0.4, 0.5, 0.6], "y": [1, 1e-25, 0, 0.3, 0.2, 0.1, 0.4, 0.5, 0.6]})
    scores = ek.CompositeIndex(system=make_system(d={"x": "benefit", "y": "benefit"})).fit(panel).score(panel)
    with pytest.raises(ek.NoAnswer, match=r"was not solved; found .*HiGHS.* To do: raise scores near 0 with floor=0\.01"):
        BenefitOfTheDoubt().measure(scores, period=2020)
    assert BenefitOfTheDoubt(floor=0.01).measure(scores, period=2020).frame["score"].between(0, 1, inclusive="right").all()


def test_bounds_that_cannot_be_are_refused(scores):
    for wrong, said in (
        ((0.5, 0.2), r"each indicator do not rise; found \(0\.5, 0\.2\)\. To do: give the lower one first"),
        ((-0.1, 1.0), r"lower of .* must be a number in \[0, 1\]; found -0\.1"),
        ((0.0, 0.0), r"upper of .* must be a number in \(0, 1\]; found 0\.0"),
        ((0.1, 0.2, 0.3), r"cannot be this; found \(0\.1, 0\.2, 0\.3\)\. To do: give \(low, high\) within"),
    ):
        with pytest.raises(ek.SpecError, match=said):
            BenefitOfTheDoubt(shares=wrong)
    with pytest.raises(ek.SpecError, match="cannot sum to 1"):
        BenefitOfTheDoubt(shares=(0.0, 0.001)).measure(scores)
    first = scores.system.dimensions[0].id
    with pytest.raises(ek.SpecError, match=f"did you mean '{first}'"):
        BenefitOfTheDoubt(shares={first + "x": (0.1, 0.5)}).measure(scores)
    with pytest.raises(ek.SpecError, match="dimensions within"):
        BenefitOfTheDoubt(shares=dict.fromkeys([d.id for d in scores.system.dimensions], (0.0, 0.01))).measure(scores)
    with pytest.raises(ek.SpecError, match="floor"):
        BenefitOfTheDoubt(floor=1.0)
