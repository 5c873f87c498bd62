"""Varimax against what R and factor_analyzer store, and its axioms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evalkit.errors import NoAnswer
from evalkit.stats.varimax import varimax

loadings = arrays(float, (7, 3), elements=st.floats(-1.0, 1.0, width=16))


def kaiser(a):
    """What varimax maximizes: the variances of squared loadings within columns, rows brought to length 1."""
    length = np.sqrt((a**2).sum(axis=1, keepdims=True))
    return ((a / np.where(length > 0, length, 1)) ** 2).var(axis=0).sum()


def turned_as_in_r(a, stop):
    """Varimax by singular values, as R's `varimax` has it, until the criterion gains less than `stop`; R stops at 1e-5."""
    length = np.sqrt((a**2).sum(axis=1, keepdims=True))
    x, turn, reached = a / length, np.eye(a.shape[1]), 0.0
    while True:
        z = x @ turn
        u, s, v = np.linalg.svd(x.T @ (z**3 - z * (z**2).mean(axis=0)))
        turn, before, reached = u @ v, reached, s.sum()
        if reached < before * (1 + stop):
            return x @ turn * length


def test_two_axes_of_mathmodels():
    """The R package mathmodels, example of `pca_weight`, prints two axes of R's iris[1:10, 1:4] after varimax. R's rotation
    reproduces them from ours at print; taken further than R takes it, it meets ours, 3.4e-5 away.
    """
    sepal_length, sepal_width = (
        [5.1, 4.9, 4.7, 4.6, 5.0, 5.4, 4.6, 5.0, 4.4, 4.9],
        [3.5, 3, 3.2, 3.1, 3.6, 3.9, 3.4, 3.4, 2.9, 3.1],
    )
    petal_length, petal_width = (
        [1.4, 1.4, 1.3, 1.5, 1.4, 1.7, 1.4, 1.5, 1.4, 1.5],
        [0.2, 0.2, 0.2, 0.2, 0.2, 0.4, 0.3, 0.2, 0.2, 0.1],
    )
    axes = np.linalg.eigh(np.corrcoef([sepal_length, sepal_width, petal_length, petal_width]))[1][:, :1:-1]
    printed = [[0.7089283, 0.3581971], [0.5128833, 0.1963096], [0.4706905, 0.1075345], [0.1132333, 0.9064181]]
    np.testing.assert_allclose(np.abs(turned_as_in_r(axes, 1e-5)), printed, atol=5.1e-8)
    np.testing.assert_allclose(np.abs(varimax(axes)), np.abs(turned_as_in_r(axes, 1e-15)), atol=1e-9)
    np.testing.assert_allclose(np.abs(varimax(axes)), printed, atol=3.5e-5)


def test_ability_cov_of_r():
    """Two factors of R's `ability.cov` after `factanal`'s varimax, as the tests of GPArotation store them (tests/MASSoblimin.R).
    Turned away by any angle, they come back as one; R stopped 0.0027 short of it, at a lower criterion.
    """
    stored = np.array(
        [
            [0.499437829039896530, 0.54344904693111962],
            [0.156070079431279873, 0.62153798991197484],
            [0.205786989958578748, 0.85992588538426895],
            [0.108530754440558652, 0.46776101732283504],
            [0.956242470279811574, 0.18209631992182243],
            [0.784768183877880943, 0.22482213687364205],
        ]
    )
    ours = varimax(stored)
    np.testing.assert_allclose(ours, stored, atol=3e-3)
    np.testing.assert_allclose(ours, turned_as_in_r(stored, 1e-15), atol=1e-7)
    assert kaiser(ours) > kaiser(stored)
    for angle in (0.3, 1.0, 2.5):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        np.testing.assert_allclose(np.sort(np.abs(varimax(stored @ turn))), np.sort(np.abs(ours)), atol=1e-9)


@given(loadings)
def test_rotation_keeps_what_factors_share_and_never_lowers_the_criterion(a):
    turned = varimax(a)
    np.testing.assert_allclose(turned @ turned.T, a @ a.T, atol=1e-9)
    assert kaiser(turned) >= kaiser(a) - 1e-9


@given(loadings)
def test_what_is_rotated_stays(a):
    once = varimax(a)
    np.testing.assert_allclose(kaiser(varimax(once)), kaiser(once), atol=1e-9)


def test_one_factor_and_rows_of_zeros_stay_as_they_are():
    a = np.array([[0.6, 0.8], [0.0, 0.0], [0.8, -0.6]])
    np.testing.assert_allclose(np.abs(varimax(a)).max(axis=1), [1, 0, 1], atol=1e-12)
    np.testing.assert_array_equal(varimax(a[:, :1]), a[:, :1])


def test_a_rotation_that_does_not_settle_is_refused_and_not_handed_out(monkeypatch):
    """One sweep turns axes that are 20 degrees off, and a second is needed to see that nothing is left to turn."""
    turn = np.deg2rad(20.0)
    axes = np.array([[1.0, 0.0], [0.9, 0.0], [0.0, 1.0], [0.0, 0.8]]) @ [
        [np.cos(turn), -np.sin(turn)],
        [np.sin(turn), np.cos(turn)],
    ]
    assert np.sort(np.abs(varimax(axes)), axis=1)[:, 0] == pytest.approx(0.0, abs=1e-12)
    monkeypatch.setattr("evalkit.stats.varimax.SWEEPS", 1)
    with pytest.raises(NoAnswer, match=r"^the varimax rotation does not settle\. To do: keep fewer components\.$"):
        varimax(axes)
