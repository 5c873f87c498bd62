"""The adjusted Mazziotta–Pareto index against the R package Compind, its bounds, and goalposts centered on a reference."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import evalkit as ek
from evalkit.indicators.aggregation.penalty import MazziottaPareto, penalized_mean
from evalkit.indicators.normalization.centered import Centered

blocks = st.integers(1, 12).flatmap(lambda m: arrays(float, (4, m), elements=st.floats(0.0, 1.0)))
weights = arrays(float, 4, elements=st.floats(0.05, 1.0)).map(lambda w: w / w.sum())


@pytest.fixture
def compind(make_panel, make_system):
    """Four units in two years; the index of the figures below, the second of which is a cost."""
    panel = make_panel(
        {
            "a": [12.1, 13.0, 15.4, 16.2, 9.8, 11.1, 20.3, 22.0],
            "b": [55, 52, 48, 47, 61, 57, 40, 36],
            "c": [3.1, 3.5, 2.2, 2.9, 4.0, 4.4, 5.6, 6.1],
        },
        units=tuple("wxyz"),
        years=(2020, 2021),
    )
    system = make_system(d={"a": "benefit", "b": "cost", "c": "benefit"})
    return panel, ek.CompositeIndex(system=system, normalize=Centered(at=2020), aggregate=MazziottaPareto())


@pytest.mark.parametrize(
    ("penalty", "expected"),
    [
        ("minus", [89.817, 95.713, 94.197, 100.872, 83.902, 91.672, 128.076, 136.636]),
        ("plus", [89.832, 95.789, 98.241, 102.968, 87.836, 94.832, 128.099, 136.641]),
    ],
)
def test_compind_ci_ampi(compind, penalty, expected):
    """Compind's ci_ampi (its NEG is minus), run in R 4.2.2 with goalposts at the means of 2020; it rounds to three digits."""
    panel, index = compind
    scores = replace(index, aggregate=MazziottaPareto(penalty=penalty)).fit(panel).score(panel).series
    np.testing.assert_allclose(70 + 60 * scores, expected, atol=0.5001e-3)


def test_the_reference_value_scores_one_half(compind, make_panel):
    panel, index = compind
    fitted = index.fit(panel)
    middle = fitted.frame[["zero_at", "one_at"]].mean(axis=1)
    np.testing.assert_allclose(middle, [14.4, 51.0, 3.725])
    np.testing.assert_allclose((fitted.frame["one_at"] - fitted.frame["zero_at"]).abs(), [12.2, 25.0, 3.9])
    given_values = replace(index, normalize=Centered(at={"a": 14.4, "b": 51.0, "c": 3.725})).fit(panel).frame
    np.testing.assert_allclose(given_values[["zero_at", "one_at"]], fitted.frame[["zero_at", "one_at"]])
    pooled = replace(index, normalize=Centered()).fit(panel)
    np.testing.assert_allclose(pooled.frame.loc["b", ["zero_at", "one_at"]].astype(float).mean(), 49.5)
    assert any("centered on the mean of 2020" in note.text.en for note in fitted.notes)


def test_a_year_outside_the_reference_is_refused(compind):
    panel, index = compind
    with pytest.raises(ek.DataError, match="at=2020 is no reference period"):
        index.fit(panel, on=2021)


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_a_reference_value_without_end_is_refused(value):
    said = rf"Centered at of 'b' must be a number in \(-∞, ∞\); found {value}\. To do: give a figure in the unit of the indicator"
    with pytest.raises(ek.SpecError, match=said):
        Centered(at={"a": 14.4, "b": value})


@given(blocks, weights)
def test_the_penalty_keeps_scores_in_the_unit_interval_and_balance_unpunished(z, w):
    mean, less, more = w @ z, penalized_mean(z, w), penalized_mean(z, w, 1)
    assert (less <= mean + 1e-12).all()
    assert (more >= mean - 1e-12).all()
    assert less.min() >= -1e-12
    assert more.max() <= 1 + 1e-12
    level = np.full((4, 1), z[0, 0])
    np.testing.assert_allclose(penalized_mean(level, w), z[0, 0], atol=1e-12)
    np.testing.assert_allclose(penalized_mean(z[::-1], w[::-1]), less, atol=1e-12)


@given(blocks)
def test_equal_weights_are_the_unweighted_index(z):
    r = 70 + 60 * z
    ampi = r.mean(axis=0) - r.var(axis=0) / r.mean(axis=0)
    np.testing.assert_allclose(70 + 60 * penalized_mean(z, np.full(4, 0.25)), ampi, atol=1e-9)


def test_an_indicator_that_runs_ahead_of_nine_others_lowers_the_index():
    """The index is not monotone: the docstring says so, and this is where."""
    z, w = np.zeros((10, 2)), np.full(10, 0.1)
    z[0] = [0.9, 1.0]
    low, high = penalized_mean(z, w)
    assert high < low


def test_rows_far_below_zero_are_refused():
    with pytest.raises(ek.NoAnswer, match="above −7/6"):
        MazziottaPareto().combine(np.full((2, 1), -2.0), np.array([0.5, 0.5]))
    with pytest.raises(ek.SpecError, match="not a choice"):
        MazziottaPareto(penalty="none")
