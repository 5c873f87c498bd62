"""Penalized regressions that have no minimum, and those a penalty gives one."""

import numpy as np
import pytest

from evalkit.errors import NoAnswer
from evalkit.stats.penalized import penalized

X = np.arange(-4.0, 4.0)[:, None]
PARTED, MIXED = (X[:, 0] > 0).astype(float), np.array([0.0, 1, 0, 0, 1, 0, 1, 1])


def fitted(x, event, penalty, link="logit"):
    return penalized(lambda rows: x[rows], event, np.ones(len(x)), penalty=penalty, link=link)


@pytest.mark.parametrize("link", ["logit", "cloglog"])
def test_a_class_without_events_has_no_coefficient_without_a_penalty(link):
    """Half of the homes of one class had the event, none of the other: its coefficient falls without end."""
    other, event = np.repeat([0.0, 1.0], 4)[:, None], np.array([0.0, 1, 0, 1, 0, 0, 0, 0])
    with pytest.raises(
        NoAnswer,
        match=r"^the regression does not settle: .* To do: leave some out, or use a larger penalty where one can be set\.$",
    ):
        fitted(other, event, 0.0, link)
    assert -10 < fitted(other, event, 0.01, link).coefficients[1] < 0


@pytest.mark.parametrize("link", ["logit", "cloglog"])
def test_outcomes_that_a_column_parts_have_no_minimum_without_a_penalty(link):
    with pytest.raises(NoAnswer, match=r"part the outcomes\. To do: .*use a larger penalty"):
        fitted(X, PARTED, 0.0, link)
    assert 0 < fitted(X, PARTED, 0.01, link).coefficients[1] < 10


def test_columns_that_say_the_same_have_no_minimum_without_a_penalty():
    """With one, both share alike what there is to say: ½ λ (b² + b²) is least where they are equal."""
    twice = np.hstack([X, X])
    with pytest.raises(NoAnswer, match=r"^some columns say the same, or part the outcomes\. To do: leave some out, or"):
        fitted(twice, MIXED, 0.0)
    shared, alone = fitted(twice, MIXED, 0.1).coefficients, fitted(X * 2**0.5, MIXED, 0.1).coefficients
    np.testing.assert_allclose(shared[1:], alone[1] / 2**0.5, rtol=1e-9)
