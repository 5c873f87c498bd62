"""Vector and sum normalization: values that pymcdm, scikit-criteria and mathmodels store, axioms, refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import evalkit as ek
from evalkit.indicators.normalization.shares import Sum, Vector

figures = st.lists(st.floats(0.0, 1e6), min_size=1, max_size=30).filter(lambda x: max(x) > 1e-3)

COLUMNS = [[66, 61, 65, 95, 63, 74], [56, 55, 49, 56, 43, 59], [95, 166, 113, 99, 178, 140]]
WAYS = ["cost", "cost", "benefit"]


def test_vector_normalization_of_pymcdm(scores):
    """pymcdm 1.4.0, test/test_normalizations.py: two costs and a benefit, eight decimals."""
    stored = [
        [0.62375904, 0.65226214, 0.62945966, 0.45844104, 0.6408609, 0.57815408],
        [0.57085288, 0.57851622, 0.62449627, 0.57085288, 0.67047632, 0.54786285],
        [0.28587109, 0.49952212, 0.34003614, 0.29790777, 0.53563215, 0.42128371],
    ]
    for x, way, expected in zip(COLUMNS, WAYS, stored, strict=True):
        np.testing.assert_allclose(scores(Vector(), x, way), expected, atol=5.1e-9)


def test_sum_normalization_of_pymcdm(scores):
    """The same file. A benefit agrees; for a cost pymcdm takes shares of reciprocals, evalkit 1 less the share."""
    expected = [0.12010114, 0.20986094, 0.14285714, 0.12515803, 0.22503161, 0.17699115]
    np.testing.assert_allclose(scores(Sum(), COLUMNS[2]), expected, atol=5.1e-9)
    np.testing.assert_allclose(scores(Sum(), COLUMNS[0], "cost"), 1 - np.array(COLUMNS[0]) / sum(COLUMNS[0]), rtol=1e-12)


def test_scalers_of_scikit_criteria(scores):
    """scikit-criteria, tests/preprocessing/test_scalers.py, columns 1 4, 2 5 and 3 6; it scales costs as benefits."""
    for x, length, total in (([1, 4], 4.123105626, 5), ([2, 5], 5.385164807, 7), ([3, 6], 6.708203932, 9)):
        np.testing.assert_allclose(scores(Vector(), x), np.array(x) / length, rtol=1e-9)
        np.testing.assert_allclose(scores(Sum(), x), np.array(x) / total, rtol=1e-12)


def test_l2_normalization_of_mathmodels(scores):
    """The R package mathmodels, example of `normalize` as its check prints it, without its missing value."""
    np.testing.assert_allclose(scores(Vector(), [4, 1, 5, 8]), [0.38851434, 0.09712859, 0.48564293, 0.77702869], atol=5.1e-9)


@given(figures, st.floats(0.01, 100.0))
def test_shares_know_no_unit_keep_zero_and_mirror_for_a_cost(scores, x, factor):
    x = np.array(x)
    for spec in (Vector(), Sum()):
        z = scores(spec, x)
        assert 0 <= z.min() <= z.max() <= 1 + 1e-12
        assert (z[x == 0] == 0).all()
        np.testing.assert_allclose(scores(spec, x * factor), z, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(scores(spec, x, "cost"), 1 - z, atol=1e-12)
    np.testing.assert_allclose(scores(Sum(), x).sum(), 1.0, rtol=1e-9)
    np.testing.assert_allclose((scores(Vector(), x) ** 2).sum(), 1.0, rtol=1e-9)


def test_later_figures_are_measured_by_what_was_learnt(scores):
    np.testing.assert_allclose(scores(Vector(), [3, 4], later=[10, 0]), [2.0, 0.0])
    np.testing.assert_allclose(scores(Sum(), [3, 5], "cost", later=[16]), [-1.0])


def test_negative_and_empty_columns_are_refused_by_name(scores):
    with pytest.raises(ek.NoAnswer, match=r"\[x\] hold negative figures"):
        scores(Vector(), [1, -1, 2])
    with pytest.raises(ek.NoAnswer, match=r"\[x\] are zero on all reference rows"):
        scores(Sum(), [0, 0])
