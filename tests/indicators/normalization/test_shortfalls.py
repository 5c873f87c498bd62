"""Shortfalls: what scores lack to the best, in units of the figures."""

import numpy as np
import pytest

from evalkit.indicators.normalization.curves import Knots, Line, LogLine
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.stats.arrays import Columns

RISING, FALLING = Line(2.0, 6.0), Line(6.0, 2.0)
BENT = Knots(x=np.array([0.0, 3.0, 9.0]), z=np.array([0.0, 1.0, 0.0]))


@pytest.mark.parametrize("clip", [False, True])
def test_shortfalls_are_one_less_the_score_times_the_span(clip):
    x = np.random.default_rng(1).gamma(2.0, 2.0, size=(4, 20_000)) + 0.1
    z = Normalized(Columns(list(x)), (RISING, FALLING, BENT, LogLine(1.0, 8.0)), clip)
    np.testing.assert_array_equal(z.spans, [4.0, 4.0, 1.0, 1.0])
    short = np.concatenate([block.copy() for _, block in z.shortfalls()], axis=1)
    np.testing.assert_allclose(short, (1.0 - z.whole()) * z.spans[:, None], atol=1e-14)


def test_the_best_falls_short_by_a_zero_without_a_sign():
    z = Normalized(Columns([np.array([6.0, 7.0]), np.array([2.0, 1.0])]), (RISING, FALLING), clip=True)
    ((_, short),) = z.shortfalls()
    assert not short.any()
    assert not np.signbit(short).any()
