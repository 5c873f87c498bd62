"""Weights by standard deviation and coefficient of variation: printed and peers' values, axioms, refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import evalkit as ek
from evalkit.indicators.weighting.spread import CoefficientOfVariation, StandardDeviation, spread_weights, variation_weights

figures = st.integers(4, 30).flatmap(lambda m: arrays(float, (m, 3), elements=st.floats(0.01, 1.0)))


@pytest.mark.parametrize(
    ("z", "expected", "half"),
    [
        pytest.param(
            [
                [0, 0, 0],
                [0.39, 0.3, 0.77],
                [0.17, 0.36, 0.8],
                [0.35, 0.29, 0.93],
                [0.3, 0.4, 0.94],
                [0.84, 0.71, 1],
                [1, 1, 0.99],
            ],
            [0.35, 0.31, 0.34],
            5e-3,
            id="jahan2013",
        ),
        pytest.param(
            [[0.619, 0.449, 0.447], [0.862, 0.466, 0.006], [0.458, 0.698, 0.771], [0.777, 0.631, 0.491], [0.567, 0.992, 0.968]],
            [0.217, 0.294, 0.488],
            5e-4,
            id="salabun2020",
        ),
        pytest.param([[1, 2], [4, 16]], [0.176471, 0.82353], 1e-5, id="scikit-criteria"),
    ],
)
def test_standard_deviation_weights_in_print(z, expected, half, learn):
    """Jahan & Edwards (2013), Materials & Design 49:1000–1008, as pymcdm's tests store it; Sałabun, Wątróbski & Shekhovtsov
    (2020), Symmetry 12:1549, as pyrepo-mcda's do; and scikit-criteria's own test value.
    """
    np.testing.assert_allclose(learn(StandardDeviation(), z).weight, expected, atol=half)
    np.testing.assert_allclose(learn(StandardDeviation(), z).weight, spread_weights(np.array(z, dtype=float)), rtol=1e-12)


@pytest.mark.parametrize(
    ("x", "expected", "half"),
    [
        pytest.param(
            [[30, 30, 38, 29], [19, 54, 86, 29], [19, 15, 85, 28.9], [68, 70, 60, 29]],
            [0.4258, 0.3610, 0.2121, 0.0011],
            5e-5,
            id="shuai2012",
        ),
        pytest.param([[10, 5], [20, 10], [15, 8]], [0.503839, 0.496161], 5e-7, id="mathmodels"),
    ],
)
def test_coefficient_of_variation_weights_in_print(x, expected, half, learn):
    """Shuai et al. (2012), Chinese Control and Decision Conference, 3889–3892, as pyrepo-mcda's tests store it; and the example
    of `cv_weight` of the R package mathmodels as its check prints it.
    """
    x = np.array(x, dtype=float)
    np.testing.assert_allclose(variation_weights(x), expected, atol=half)
    np.testing.assert_allclose(learn(CoefficientOfVariation(on="raw"), x).weight, expected, atol=half)


@given(figures, st.integers(0, 2), st.floats(0.1, 10.0))
def test_variation_knows_no_unit_and_spread_does(x, at, factor):
    if x.std(axis=0).min() <= 1e-3:
        return
    scaled = x.copy()
    scaled[:, at] *= factor
    np.testing.assert_allclose(variation_weights(scaled), variation_weights(x), rtol=1e-9)
    ratio = spread_weights(scaled) / spread_weights(x)
    np.testing.assert_allclose(ratio[at] / ratio[at - 1], factor, rtol=1e-9)
    for weigh in (variation_weights, spread_weights):
        w = weigh(x)
        assert w.min() >= 0
        np.testing.assert_allclose(w.sum(), 1.0, rtol=1e-12)
        np.testing.assert_allclose(weigh(x[::-1, ::-1]), w[::-1], rtol=1e-9)


def test_raw_and_scored_variation_are_two_methods(counties, systems):
    system = systems["revitalization"]
    by_score, by_raw = (
        ek.CompositeIndex(system=system, weigh=CoefficientOfVariation(on=on)).fit(counties) for on in ("scores", "raw")
    )
    treated = by_raw.score(counties).panel.frame[list(system.columns)].to_numpy()
    np.testing.assert_allclose(by_raw.weights, variation_weights(treated), rtol=1e-9)
    np.testing.assert_allclose(by_raw.frame["variation"], treated.std(axis=0) / treated.mean(axis=0), rtol=1e-9)
    assert np.abs(by_score.weights - by_raw.weights).max() > 0.01


def test_after_z_scores_all_spreads_are_alike(counties, systems):
    fitted = ek.CompositeIndex(system=systems["revitalization"], normalize=ek.ZScore(), weigh=StandardDeviation()).fit(counties)
    np.testing.assert_allclose(fitted.weights, 1 / len(fitted.weights), rtol=1e-9)


def test_refusals_name_the_indicator(learn):
    rows = np.array([[0.1, 0.7], [0.9, 0.7]])
    for spec in (StandardDeviation(), CoefficientOfVariation()):
        with pytest.raises(ek.NoAnswer, match=r"\[x1\] do not vary"):
            learn(spec, rows)
    with pytest.raises(ek.NoAnswer, match=r"some of \[x0\] are below"):
        learn(CoefficientOfVariation(on="raw"), [[-1.0, 2.0], [3.0, 1.0]])
    with pytest.raises(ek.SpecError, match="on is 'ranks'"):
        CoefficientOfVariation(on="ranks")
