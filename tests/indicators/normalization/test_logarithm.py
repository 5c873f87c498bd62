"""Min–max on logarithms: identities, later figures, refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import evalkit as ek
from evalkit.indicators.normalization.logarithm import Logarithm

figures = st.lists(st.floats(0.1, 1e6), min_size=2, max_size=30).filter(lambda x: max(x) / min(x) > 1.01)


@given(figures, st.floats(0.01, 100.0), st.sampled_from(["benefit", "cost"]))
def test_it_is_min_max_of_logarithms_and_knows_no_unit(scores, x, factor, way):
    z = scores(Logarithm(), x, way)
    np.testing.assert_allclose(z, scores(ek.MinMax(), np.log(x), way), atol=1e-12)
    np.testing.assert_allclose(scores(Logarithm(), np.array(x) * factor, way), z, atol=1e-9)
    assert z.min() == 0
    np.testing.assert_allclose(z.max(), 1.0, rtol=1e-12)


def test_equal_ratios_count_alike(scores):
    np.testing.assert_allclose(scores(Logarithm(), [1, 10, 100, 1000]), [0, 1 / 3, 2 / 3, 1], atol=1e-12)
    np.testing.assert_allclose(scores(Logarithm(shift=1), [0, 1, 3], "cost"), [1, 0.5, 0], atol=1e-12)


def test_later_figures_are_clipped_or_kept(scores):
    assert scores(Logarithm(), [1, 100], later=[0.1, 1000]).tolist() == [0.0, 1.0]
    np.testing.assert_allclose(scores(Logarithm(beyond="keep"), [1, 100], later=[0.1, 1000]), [-0.5, 1.5])


def test_a_shift_moves_scores_and_is_noted(counties, systems):
    system = systems["revitalization"]
    plain, shifted = (ek.CompositeIndex(system=system, normalize=Logarithm(shift=c)).fit(counties) for c in (1.0, 10.0))
    assert any("logarithms of figures + 10" in note.text.en for note in shifted.notes)
    assert np.abs(plain.score(counties).series - shifted.score(counties).series).max() > 1e-3


def test_what_has_no_logarithm_is_refused_by_name(scores):
    with pytest.raises(ek.NoAnswer, match=r"\[x\] hold figures without a logarithm; found figures of 0 or less"):
        scores(Logarithm(), [0, 1, 2])
    with pytest.raises(ek.NoAnswer, match=r"found figures of -1 or less"):
        scores(Logarithm(shift=1), [-1, 1, 2])
    with pytest.raises(ek.DataError, match="'x' has no logarithm; found a figure of -3"):
        scores(Logarithm(shift=1), [1, 2], later=[2, -3])
    with pytest.raises(ek.NoAnswer, match=r"\[x\] do not vary"):
        scores(Logarithm(), [2, 2])
    with pytest.raises(ek.SpecError, match=r"shift must be a number in \[0, ∞\); found -1"):
        Logarithm(shift=-1)
    with pytest.raises(ek.SpecError, match="'kep'"):
        Logarithm(beyond="kep")
