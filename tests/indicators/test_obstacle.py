"""Obstacle degrees: shares that add up to one, by indicator and by dimension."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import evalkit as ek
from evalkit.indicators.obstacle import _Ranking, obstacle_degree


@pytest.fixture(scope="module")
def scored(counties, systems):
    return (
        ek.CompositeIndex(system=systems["consolidation"], weigh=ek.Entropy()).fit(counties, on=slice(2016, 2020)).score(counties)
    )


@given(arrays(float, (6, 4), elements=st.floats(0, 0.99)), arrays(float, 4, elements=st.floats(0.01, 1)))
def test_shares_lie_in_the_unit_interval_and_sum_to_one(z, w):
    o = obstacle_degree(z, w / w.sum())
    assert np.all((o >= 0) & (o <= 1))
    np.testing.assert_allclose(o.sum(axis=1), 1.0, rtol=1e-12)


def test_all_ranked_obstacles_are_the_formula(scored):
    every = ek.ObstacleDegree().measure(scored)
    expected = obstacle_degree(scored.normalized.to_numpy(), scored.spec.weights)
    degrees = every.frame[[c for c in every.frame if c.startswith("degree")]].to_numpy()
    np.testing.assert_allclose(degrees, -np.sort(-expected, axis=1), atol=1e-12)
    np.testing.assert_allclose(degrees.sum(axis=1), 1.0, rtol=1e-12)
    np.testing.assert_allclose(every.dimensions.sum(axis=1), 1.0, rtol=1e-12)
    np.testing.assert_allclose(every.average.sum(axis=1), 1.0, rtol=1e-12)
    by_hand = pd.DataFrame(expected, index=scored.frame.index, columns=every.average.columns).groupby("period").mean()
    np.testing.assert_allclose(every.average, by_hand, atol=1e-12)


def test_the_top_few_are_the_first_of_all(scored):
    every, few = ek.ObstacleDegree().measure(scored), ek.ObstacleDegree(top=3).measure(scored)
    pd.testing.assert_frame_equal(few.frame, every.frame.iloc[:, :6])


def test_a_place_that_lacks_nothing_has_no_obstacle_and_is_told(make_panel, make_system):
    panel = make_panel({"x": [1, 2, 3, 3, 3, 3, 1, 1, 1], "y": [1, 2, 3, 3, 2, 1, 1, 2, 3]})
    scores = ek.CompositeIndex(system=make_system(d={"x": "benefit", "y": "benefit"})).fit(panel).score(panel)
    drag = ek.ObstacleDegree(top=1).measure(scores)
    assert len(drag.frame) == 7
    assert any("2 unit-years lack nothing" in note.text.en for note in drag.notes)


def test_top_must_be_positive():
    with pytest.raises(ek.SpecError):
        ek.ObstacleDegree(top=0)


def test_frequencies_count_the_places_where_an_indicator_is_among_the_first(scored):
    few = ek.ObstacleDegree(top=3).measure(scored)
    frequency = few.frequency
    assert (frequency.sum(axis=1) <= 3.0 + 1e-12).all()
    now = few.frame.xs(2024, level="period")
    named = now[["obstacle_1", "obstacle_2", "obstacle_3"]].astype(object)
    for key in frequency.columns:
        assert frequency.loc[2024, key] == pytest.approx((named == key).any(axis=1).mean())
    lacking = (scored.normalized < 1).groupby("period").mean()
    np.testing.assert_allclose(ek.ObstacleDegree().measure(scored).frequency, lacking)


def test_the_few_that_matter_most_hold_the_share_that_was_asked_for(scored):
    drag = ek.ObstacleDegree(top=1).measure(scored)
    few = drag.few(0.5)
    assert few.sum() >= 0.5
    assert few.iloc[:-1].sum() < 0.5
    assert drag.few(1.0).sum() == pytest.approx(1.0)


@given(st.integers(1, 24).flatmap(lambda n: st.tuples(arrays(float, (n, 6), elements=st.integers(0, 5)), st.integers(1, n))))
def test_the_greatest_are_those_of_a_stable_sort(drawn):
    shares, top = drawn
    which, degree = np.empty((top, 6), dtype=np.int8), np.empty((top, 6))
    _Ranking.of(len(shares), top)(shares.copy(), which, degree)
    expected = np.argsort(-shares, axis=0, kind="stable")[:top]
    np.testing.assert_array_equal(which, expected)
    np.testing.assert_allclose(degree, np.take_along_axis(shares, expected, axis=0), rtol=1e-14)


def test_a_full_order_of_up_to_eight_takes_the_fewest_comparisons_there_are():
    """OEIS A003075, minimal number of comparisons of a sorting network."""
    assert [len(_Ranking.of(n, n).pairs) for n in range(1, 9)] == [0, 1, 3, 5, 9, 12, 16, 19]


@pytest.mark.parametrize("beyond", ["clip", "keep"])
def test_degrees_are_the_formula_where_figures_lie_beyond_the_bounds(beyond, counties, systems):
    index = ek.CompositeIndex(system=systems["revitalization"], normalize=ek.MinMax(beyond=beyond))
    scores = index.fit(counties, on=[2016]).score(counties)
    drag = ek.ObstacleDegree().measure(scores)
    expected = obstacle_degree(scores.normalized.loc[drag.frame.index].to_numpy(), scores.spec.weights)
    np.testing.assert_allclose(drag.frame.iloc[:, 1::2].to_numpy(dtype=float), -np.sort(-expected, axis=1), atol=1e-13)
