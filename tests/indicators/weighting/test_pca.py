"""Weights from principal components: the OECD/JRC handbook's case, mathmodels', factor_analyzer's, axioms, refusals."""

import numpy as np
import pytest

import evalkit as ek
from evalkit.indicators.weighting.pca import PCA, axis_weights, components, factor_weights
from evalkit.stats.varimax import varimax

TAI = np.array(  # OECD & JRC (2008), Table A.2, the 23 countries of the handbook's examples; the fifth and sixth are logarithms
    [
        [187, 125.6, 200.2, 50.7, 3.08, 4.15, 10, 27.4],
        [289, 130, 179.1, 66.2, 3.00, 4.07, 12, 13.9],
        [271, 156.6, 125.8, 59.7, 3.10, 4.14, 11.4, 15.3],
        [994, 64.6, 49, 80.8, 3.00, 3.86, 9.5, 10],
        [779, 9.8, 4.8, 66.7, 2.97, 3.65, 10.8, 23.2],
        [189, 151.2, 136, 50.9, 3.02, 3.77, 9.4, 9.5],
        [82, 134, 57.4, 61.9, 3.02, 3.73, 9.4, 14.9],
        [31, 38.6, 108, 48.7, 2.94, 4.18, 11.6, 14.2],
        [75, 18.2, 125.9, 16.2, 2.94, 3.94, 10.9, 25.3],
        [8, 25.5, 72.3, 74.9, 2.95, 3.83, 7.1, 24.2],
        [235, 36.8, 41.2, 64.2, 2.94, 3.75, 10.2, 14.4],
        [103, 20.2, 193.6, 19, 3.12, 4.39, 11.9, 11.2],
        [106, 110.3, 48.6, 53.6, 2.97, 3.68, 9.4, 12.3],
        [72, 73.9, 58.9, 47.6, 2.91, 3.86, 9.3, 13.6],
        [103, 13, 146.7, 15.4, 2.86, 3.91, 11.7, 13.1],
        [165, 14.8, 84.2, 50.3, 2.99, 3.79, 8.4, 13.6],
        [205, 33.6, 36.4, 58.9, 2.97, 3.80, 7.9, 12.6],
        [74, 43.6, 43.2, 45, 2.96, 3.74, 9.6, 11],
        [42, 8.6, 21, 53.4, 2.86, 3.62, 7.3, 15.6],
        [13, 9.8, 30.4, 51, 3.00, 3.65, 7.2, 13],
        [28, 4.2, 25, 51.7, 2.75, 3.68, 9.5, 8.2],
        [26, 6.2, 21.6, 63.5, 2.73, 3.46, 9.1, 7.7],
        [105, 4, 20.3, 49.5, 2.84, 3.71, 7.1, 10.6],
    ]
)
PRINTED_LOADINGS = np.array(  # Table 17
    [
        [0.07, 0.97, 0.06, 0.06],
        [0.13, 0.07, -0.07, 0.93],
        [0.79, -0.21, 0.21, 0.42],
        [-0.64, 0.56, -0.04, 0.36],
        [0.37, 0.17, 0.38, 0.68],
        [0.82, -0.04, 0.25, 0.35],
        [0.88, 0.23, -0.09, 0.09],
        [0.08, 0.04, 0.96, 0.04],
    ]
)
PRINTED_CORRELATIONS = [  # Table 6, above the diagonal
    [0.13, -0.09, 0.45, 0.28, 0.03, 0.22, 0.08],
    [0.46, 0.25, 0.56, 0.32, 0.30, 0.06],
    [-0.45, 0.56, 0.84, 0.63, 0.27],
    [0.00, -0.36, -0.35, -0.03],
    [0.64, 0.30, 0.33],
    [0.65, 0.26],
    [0.08],
]
PRINTED_WEIGHTS = [0.17, 0.15, 0.11, 0.07, 0.08, 0.12, 0.14, 0.16]  # Table 18, PC
IRIS = np.array(  # R's iris[1:10, 1:4], the last two taken as costs
    [
        [5.1, 3.5, 1.4, 0.2],
        [4.9, 3.0, 1.4, 0.2],
        [4.7, 3.2, 1.3, 0.2],
        [4.6, 3.1, 1.5, 0.2],
        [5.0, 3.6, 1.4, 0.2],
        [5.4, 3.9, 1.7, 0.4],
        [4.6, 3.4, 1.4, 0.3],
        [5.0, 3.4, 1.5, 0.2],
        [4.4, 2.9, 1.4, 0.2],
        [4.9, 3.1, 1.5, 0.1],
    ]
) * [1, 1, -1, -1]


def test_oecd2008_weights_from_printed_loadings():
    """OECD & JRC (2008), Tables 17 and 18: the printed loadings give the printed weights, all eight, and the printed factors."""
    w, factor = factor_weights(PRINTED_LOADINGS)
    np.testing.assert_array_equal(w.round(2), PRINTED_WEIGHTS)
    assert factor.tolist() == [1, 3, 0, 0, 3, 0, 0, 2]
    explained = (PRINTED_LOADINGS**2).sum(axis=0)
    np.testing.assert_allclose(explained, [2.64, 1.39, 1.19, 1.76], atol=0.02)
    np.testing.assert_allclose(explained / explained.sum(), [0.38, 0.20, 0.17, 0.25], atol=0.005)


def test_oecd2008_loadings_from_printed_correlations():
    """Tables 6, 7 and 17: correlations printed with two decimals give the eigenvalues at print and the loadings within 0.014."""
    r = np.eye(8)
    for j, row in enumerate(PRINTED_CORRELATIONS):
        r[j, j + 1 :] = r[j + 1 :, j] = row
    values, axes = components(r)
    np.testing.assert_allclose(values, [3.3, 1.7, 1.0, 0.9, 0.5, 0.3, 0.2, 0.1], atol=0.0505)
    np.testing.assert_allclose(values / 8, np.array([41.9, 21.8, 12.3, 11.1, 6.0, 3.7, 2.2, 0.9]) / 100, atol=0.0012)
    turned = varimax(axes[:, :4] * np.sqrt(values[:4]))
    match = np.argmax(np.abs(PRINTED_LOADINGS.T @ turned), axis=1)
    assert sorted(match) == [0, 1, 2, 3]
    turned = turned[:, match]
    turned *= np.sign((turned * PRINTED_LOADINGS).sum(axis=0))
    np.testing.assert_allclose(turned, PRINTED_LOADINGS, atol=0.014)
    np.testing.assert_allclose(factor_weights(turned)[0], PRINTED_WEIGHTS, atol=0.006)


def test_oecd2008_weights_from_raw_figures(learn):
    """Table A.2 to Table 18, within a unit of the last printed digit: telephones and electricity are printed as logarithms of two
    decimals. Four components explain 87 %. Against factor_analyzer 0.5.1 (varimax, Kaiser) the same figures agree to 1e-9.
    """
    learnt = learn(PCA(form="rotated", keep=0.85), TAI)
    np.testing.assert_allclose(learnt.weight, PRINTED_WEIGHTS, atol=0.0055)
    peer = [0.164876368069, 0.151785640341, 0.109219833031, 0.073936405468]
    peer += [0.084615991927, 0.116390812939, 0.136212310372, 0.162962637853]
    np.testing.assert_allclose(learnt.weight, peer, atol=1e-9)
    assert "kept: 4 of 8, 87.2% of the variance" in learnt.notes[0].text.en
    assert len(set(learnt.beside["factor"])) == 4


def test_variance_form_of_mathmodels():
    """The R package mathmodels, example of `pca_weight` as its check prints it: the sizes of two turned axes, weighed by the
    variances before the rotation. Its axes are held against ours in tests/stats/test_varimax.py.
    """
    values, _ = components(np.corrcoef(IRIS.T))
    np.testing.assert_allclose(values[:2], [2.7523578, 0.6296417], atol=5e-8)
    turned = np.array([[-0.7089283, 0.3581971], [-0.5128833, -0.1963096], [0.4706905, 0.1075345], [0.1132333, 0.9064181]])
    np.testing.assert_allclose(axis_weights(turned, values[:2], power=1), [0.3653755, 0.2576950, 0.2288199, 0.1481095], atol=1e-7)


def test_the_first_form_is_the_first_axis_of_coinr():
    """COINr's `get_PCA` takes the first column of prcomp's rotation: unit length, signs and all. Squared they are our weights,
    absolute and divided by their sum they are what COINr's aggregation makes of them where all have one sign.
    """
    values, axes = components(np.corrcoef(IRIS.T))
    np.testing.assert_allclose(np.corrcoef(IRIS.T) @ axes[:, 0], values[0] * axes[:, 0], atol=1e-12)
    np.testing.assert_allclose(axis_weights(axes[:, :1], values[:1]), axes[:, 0] ** 2, rtol=1e-12)


@pytest.mark.parametrize(
    "spec",
    [
        PCA(),
        PCA(loadings="absolute"),
        PCA(form="variance"),
        PCA(form="variance", loadings="absolute", keep=0.9),
        PCA(form="rotated"),
    ],
    ids=str,
)
def test_weights_are_shares_that_follow_their_columns_and_know_no_unit(spec, learn):
    z = np.random.default_rng(8).normal(size=(60, 5)) @ np.random.default_rng(9).normal(size=(5, 5))
    w = learn(spec, z).weight
    assert w.min() >= 0
    np.testing.assert_allclose(w.sum(), 1.0, rtol=1e-12)
    np.testing.assert_allclose(learn(spec, z[::-1]).weight, w, rtol=1e-7)
    np.testing.assert_allclose(learn(spec, z[:, ::-1]).weight, w[::-1], rtol=1e-7)
    np.testing.assert_allclose(learn(spec, z * [1, 2, 3, 4, 5] + 7).weight, w, rtol=1e-7)
    np.testing.assert_allclose(learn(spec, z * [1, -1, 1, -1, 1]).weight, w, rtol=1e-7)


def test_a_common_cause_is_recovered(learn):
    """Indicators are a·f + noise: the loadings on the first component fall with the noise, and so do the weights."""
    rng = np.random.default_rng(4)
    noise = np.array([0.2, 0.5, 1.0, 2.0])
    z = rng.normal(size=(20_000, 1)) + noise * rng.normal(size=(20_000, 4))
    learnt = learn(PCA(), z)
    assert (np.diff(learnt.weight) < 0).all()
    assert all(note.kind == "choice" for note in learnt.notes)


def test_indicators_that_load_against_the_first_component_are_named(learn):
    f = np.random.default_rng(5).normal(size=(200, 1))
    z = f * [1, 1, -1] + 0.3 * np.random.default_rng(6).normal(size=(200, 3))
    caution = learn(PCA(), z).notes[1]
    assert caution.kind == "caution"
    assert "x2." in caution.text.en
    assert "x0" not in caution.text.en


def test_refusals(learn):
    rows = np.array([[0.1, 0.7, 0.2], [0.9, 0.7, 0.1], [0.4, 0.7, 0.6]])
    with pytest.raises(ek.NoAnswer, match=r"\[x1\] do not vary over the reference rows, so principal components"):
        learn(PCA(), rows)
    apart = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    with pytest.raises(ek.NoAnswer, match="equal variances"):
        learn(PCA(), apart)
    assert learn(PCA(), [[0.0], [1.0]]).weight.tolist() == [1.0]
    for make in (
        lambda: PCA(form="second"),
        lambda: PCA(loadings="signed"),
        lambda: PCA(keep=0.8),
        lambda: PCA(form="variance", keep=1.5),
        lambda: PCA(form="rotated", loadings="absolute"),
    ):
        with pytest.raises(ek.SpecError):
            make()
