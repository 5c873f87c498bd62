"""Min–max, z-scores, goalposts and targets, and two-sided indicators: printed and peers' values."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import evalkit as ek
from evalkit.indicators.normalization.centered import Centered
from evalkit.indicators.normalization.logarithm import Logarithm
from evalkit.indicators.normalization.ranks import Percentile, Rank
from evalkit.indicators.weighting.critic import Critic
from evalkit.indicators.weighting.matched import Matched
from evalkit.indicators.weighting.pca import PCA
from evalkit.indicators.weighting.raw_entropy import RawEntropy
from evalkit.indicators.weighting.spread import StandardDeviation

SCHOOLING = [  # OECD & JRC (2008), Table 15: mean years of school of 23 countries, z-score and min–max as printed
    (10, 0.26, 0.59), (12, 1.52, 1.00), (11.4, 1.14, 0.88), (9.5, -0.06, 0.49), (10.8, 0.76, 0.76), (9.4, -0.12, 0.47),
    (9.4, -0.12, 0.47), (11.6, 1.27, 0.92), (10.9, 0.83, 0.78), (7.1, -1.58, 0.00), (10.2, 0.38, 0.63), (11.9, 1.46, 0.98),
    (9.4, -0.12, 0.47), (9.3, -0.19, 0.45), (11.7, 1.33, 0.94), (8.4, -0.76, 0.27), (7.9, -1.08, 0.16), (9.6, 0.00, 0.51),
    (7.3, -1.46, 0.04), (7.2, -1.52, 0.02), (9.5, -0.06, 0.49), (9.1, -0.31, 0.41), (7.1, -1.58, 0.00),
]  # fmt: skip


def test_oecd2008_table15_z_scores_and_min_max(scores):
    """Min–max agrees at print for all 23. z-scores are printed with the divisor n − 1, and agree once ours are brought to it."""
    x, z_score, min_max = np.array(SCHOOLING).T
    np.testing.assert_allclose(scores(ek.MinMax(), x), min_max, atol=5.001e-3)
    np.testing.assert_allclose(scores(ek.ZScore(), x) * np.sqrt(22 / 23), z_score, atol=5.001e-3)


def test_min_max_of_pymcdm(scores):
    """pymcdm 1.4.0, test/test_normalizations.py: two costs and a benefit, eight decimals."""
    cases = [
        ([66, 61, 65, 95, 63, 74], "cost", [0.85294118, 1.0, 0.88235294, 0.0, 0.94117647, 0.61764706]),
        ([56, 55, 49, 56, 43, 59], "cost", [0.1875, 0.25, 0.625, 0.1875, 1.0, 0.0]),
        ([95, 166, 113, 99, 178, 140], "benefit", [0.0, 0.85542169, 0.21686747, 0.04819277, 1.0, 0.54216867]),
    ]
    for x, way, expected in cases:
        np.testing.assert_allclose(scores(ek.MinMax(), x, way), expected, atol=5.1e-9)


def test_goalposts_of_coinr(scores):
    """COINr, tests/testthat/test-normalise.R, `n_goalposts` with posts at 0 and 10."""
    posts = ek.MinMax(bounds={"x": (0, 10)})
    np.testing.assert_allclose(scores(posts, [3, 4], later=[1, 11, -1]), [0.1, 1, 0])
    np.testing.assert_allclose(scores(posts, [3, 4], "cost", later=[1, -1, 11]), [0.9, 1, 0])


@pytest.mark.parametrize(
    ("x", "way", "target", "kept", "clipped"),
    [
        ([0, 5, 11], "benefit", 10, [0, 0.5, 1.1], [0, 0.5, 1]),
        ([-1, 1, 10], "cost", 0, [1.1, 0.9, 0], [1, 0.9, 0]),
    ],
)
def test_distance_to_target_of_coinr(x, way, target, kept, clipped, scores):
    """COINr, tests/testthat/test-normalise.R, `n_dist2targ`."""
    for beyond, expected in (("keep", kept), ("clip", clipped)):
        spec = ek.DistanceToTarget(targets={"x": target}, beyond=beyond)
        np.testing.assert_allclose(scores(spec, x, way), expected, atol=1e-12)


def test_two_sided_indicators_of_mathmodels(scores):
    """The R package mathmodels, `rescale_middle` (pH of 7) and `rescale_interval` (36 to 37 °C), as its check prints them."""
    np.testing.assert_allclose(scores(ek.MinMax(), [6, 7, 8, 9], "moderate", ideal=(7, 7)), [0.5, 1.0, 0.5, 0.0])
    warmth = [35.2, 35.8, 36.6, 37.1, 37.8, 38.4]
    printed = [0.4285714, 0.8571429, 1.0000000, 0.9285714, 0.4285714, 0.0]
    np.testing.assert_allclose(scores(ek.MinMax(), warmth, "moderate", ideal=(36, 37)), printed, atol=5.1e-8)


@given(
    st.lists(st.floats(-100, 100), min_size=2, max_size=20),
    st.tuples(st.floats(-50, 50), st.floats(-50, 50)).map(lambda ends: tuple(sorted(ends))),
)
def test_moderate_scores_by_the_formulas_in_print(scores, x, ideal):
    """1 inside [a, b], 1 − (a − x)/M below and 1 − (x − b)/M above, M the greatest distance of a figure from the range."""
    x, (a, b) = np.array(x), ideal
    most = max(a - x.min(), x.max() - b)
    if most < 1e-6:
        return
    expected = np.where(x < a, 1 - (a - x) / most, np.where(x > b, 1 - (x - b) / most, 1.0))
    np.testing.assert_allclose(scores(ek.MinMax(), x, "moderate", ideal=ideal), expected, atol=1e-9)


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=20), st.floats(0.1, 10), st.floats(-10, 10))
def test_scores_know_no_unit_and_mirror_for_a_cost(scores, x, factor, shift):
    x = np.array(x)
    if np.ptp(x) < 1e-2:
        return
    for spec, mirrored in ((ek.MinMax(), lambda z: 1 - z), (ek.ZScore(), lambda z: -z)):
        z = scores(spec, x)
        np.testing.assert_allclose(scores(spec, factor * x + shift), z, atol=1e-7)
        np.testing.assert_allclose(scores(spec, x, "cost"), mirrored(z), atol=1e-12)
        assert (np.diff(z[np.argsort(x)]) >= 0).all()


COUNTS = np.random.default_rng(3).integers(1000, 90_000, 60)
DUST = COUNTS * 0.95 / COUNTS * 100  # 95, or a last bit less
LEARNT = [
    ek.MinMax(),
    ek.MinMax(bounds="period"),
    ek.ZScore(),
    Logarithm(),
    Logarithm(shift=1.0),
    Rank(),
    Percentile(),
    Centered(),
    Centered(at={"x": 90.0}),
]


@pytest.mark.parametrize("spec", LEARNT, ids=str)
@pytest.mark.parametrize("weigh", [ek.Equal(), ek.Entropy(), ek.Critic()])
def test_a_column_that_moves_in_its_last_bits_alone_is_refused_as_a_constant(make_panel, make_system, spec, weigh):
    assert np.ptp(DUST) > 0
    panel = make_panel({"x": DUST, "y": COUNTS}, units=range(10, 40), years=(2020, 2021))
    index = ek.CompositeIndex(system=make_system(d={"x": "benefit", "y": "benefit"}), normalize=spec, weigh=weigh)
    with pytest.raises(ek.NoAnswer, match=r"indicators \[x\] do not vary"):
        index.fit(panel)


@pytest.mark.parametrize("spec", [ek.MinMax(), ek.ZScore(), Rank()], ids=str)
def test_distances_of_the_last_bits_from_an_ideal_are_no_distances(scores, spec):
    with pytest.raises(ek.NoAnswer, match=r"indicators \[x\] do not vary"):
        scores(spec, DUST, "moderate", ideal=(95.0, 95.0))


@pytest.mark.parametrize("spec", [ek.MinMax(), ek.ZScore(), Logarithm(), Rank(), Centered()], ids=str)
def test_what_varies_however_little_is_scored(scores, spec):
    """A ten-millionth of the figure, in one row of many."""
    z = scores(spec, [95.0] * 99 + [95.00001])
    assert np.ptp(z) > 0.5


def test_a_target_that_is_reached_but_for_the_last_bit_is_reached(scores):
    with pytest.raises(ek.NoAnswer, match=r"\[x\]: every reference value already reaches the target"):
        scores(ek.DistanceToTarget(targets={"x": 95.0}), DUST)


@pytest.mark.parametrize(
    "weigh",
    [ek.Entropy(), Critic(), Critic(correlation="spearman"), StandardDeviation(), PCA(), RawEntropy(), Matched()],
    ids=str,
)
def test_last_bits_are_not_weighed_where_goalposts_keep_them_from_being_stretched(make_panel, make_system, weigh):
    """The goalpost stands where the figures do, so that their scores are the last bits and nothing else."""
    panel = make_panel({"x": DUST, "y": COUNTS}, units=range(10, 40), years=(2020, 2021))
    system = make_system(d={"x": "benefit", "y": "benefit"})
    for low in (0.0, 94.99999999999999):
        index = ek.CompositeIndex(system=system, normalize=ek.MinMax(bounds={"x": (low, 200)}), weigh=weigh)
        with pytest.raises(ek.NoAnswer, match=r"\[x\] do not vary over the reference rows"):
            index.fit(panel)


@pytest.mark.parametrize(
    "spec", [ek.MinMax(bounds={"X": (0, 60)}), ek.DistanceToTarget(targets={"X": 60, "x": 90, "y": 90}), Centered(at={"X": 60})]
)
def test_values_for_what_is_not_scored_are_named_in_a_caution(make_panel, make_system, spec):
    panel = make_panel({"x": range(9), "y": range(9)})
    fitted = ek.CompositeIndex(system=make_system(d={"x": "benefit", "y": "benefit"}), normalize=spec).fit(panel)
    said = [note.text.en for note in fitted.notes if note.kind == "caution"]
    assert said == ["Values given to the normalization for X are not used: no indicator of that id is scored here."]
    assert not any("given values" in note.text.en for note in fitted.notes)


def test_centered_says_where_its_goalposts_are(make_panel, make_system):
    panel = make_panel({"x": range(9), "y": range(9)})
    index = ek.CompositeIndex(system=make_system(d={"x": "benefit", "y": "benefit"}))
    where = {
        "centered on the mean of the reference rows:": {},
        "centered on given values, and on the mean of the reference rows where none is given:": {"x": 3},
        "centered on given values:": {"x": 3, "y": 5},
    }
    for text, at in where.items():
        notes = replace(index, normalize=Centered(at=at)).fit(panel).notes
        assert any(text in note.text.en for note in notes)
        assert not any(note.kind == "caution" for note in notes)
