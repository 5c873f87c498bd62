"""Decoupling: the eight states as printed, zeros, and what the door refuses."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.coupling.dynamics.decoupling import STATES, Decoupling, decoupling_elasticity, decoupling_state
from evalkit.errors import NoAnswer, SpecError

change = st.floats(-0.5, 0.5).filter(lambda v: v == 0 or abs(v) > 1e-6)


def keyed(*values, years=None):
    years = range(2010, 2010 + len(values)) if years is None else years
    return pd.Series(values, pd.MultiIndex.from_product([["a"], years], names=["unit", "period"]), dtype=float)


def states(a, b):
    e = decoupling_elasticity(np.array(a), np.array(b))
    return [STATES[at].id if at >= 0 else None for at in decoupling_state(e, np.array(b))]


# PMC10559243 (Heliyon 2023), Table 3, inside its ranges: sign of ΔF, sign of ΔGDP, an elasticity, the state.
PRINTED = [
    (-1, 1, -0.5, "strong_decoupling"),
    (1, 1, 0.4, "weak_decoupling"),
    (-1, -1, 1.0, "recessive_coupling"),
    (1, 1, 1.5, "expansive_negative_decoupling"),
    (1, -1, -0.5, "strong_negative_decoupling"),
    (-1, -1, 0.4, "weak_negative_decoupling"),
    (1, 1, 1.0, "expansive_coupling"),
    (-1, -1, 1.5, "recessive_decoupling"),
]


@pytest.mark.parametrize(("sign_a", "sign_b", "e", "state"), PRINTED)
def test_the_eight_states_as_printed(sign_a, sign_b, e, state):
    b = 0.1 * sign_b
    assert np.sign(e * b) == sign_a
    assert states([e * b], [b]) == [state]


def by_the_rules(a, b):
    """The states as rules for single numbers, written out."""
    if b == 0:
        return None
    e = round(a / b, 10)
    if b > 0:
        names = "strong_decoupling", "weak_decoupling", "expansive_coupling", "expansive_negative_decoupling"
    else:
        names = "strong_negative_decoupling", "weak_negative_decoupling", "recessive_coupling", "recessive_decoupling"
    return names[0] if e < 0 else names[1] if e < 0.8 else names[2] if e <= 1.2 else names[3]


@given(change, change)
def test_states_follow_the_rules(a, b):
    assert states([a], [b]) == [by_the_rules(a, b)]


@given(st.integers(0, 1000))
def test_limits_belong_to_coupling_at_any_size_of_change(seed):
    b = np.random.default_rng(seed).uniform(0.001, 0.9)
    assert states([0.8 * b, 1.2 * b], [b, b]) == ["expansive_coupling"] * 2
    assert states([-0.8 * b, -1.2 * b], [-b, -b]) == ["recessive_coupling"] * 2


def test_changes_are_relative_to_the_year_before():
    frame = Decoupling().measure(carbon=keyed(100, 110, 99), growth=keyed(10, 12, 12.6)).frame
    np.testing.assert_allclose(frame["carbon"], [0.1, -0.1])
    np.testing.assert_allclose(frame["growth"], [0.2, 0.05])
    np.testing.assert_allclose(frame["elasticity"], [0.5, -2.0])
    assert frame["state"].tolist() == ["weak_decoupling", "strong_decoupling"]
    assert frame["since"].tolist() == [2010, 2011]


@given(st.floats(0.1, 1000), st.floats(0.1, 1000))
def test_units_of_measure_do_not_matter(p, q):
    a, b = keyed(3, 4, 3.5, 6), keyed(1, 1.5, 1.7, 1.2)
    straight, scaled = (Decoupling().measure(a=x, b=y).frame for x, y in ((a, b), (a * p, b * q)))
    np.testing.assert_allclose(straight["elasticity"], scaled["elasticity"], rtol=1e-9)
    assert straight["state"].tolist() == scaled["state"].tolist()


def test_a_lag_takes_true_gaps_only():
    a, b = keyed(1, 2, 4, years=[2010, 2012, 2013]), keyed(1, 2, 3, years=[2010, 2012, 2013])
    assert Decoupling().measure(a=a, b=b).frame["since"].tolist() == [2010, 2012]
    assert Decoupling(lag=3).measure(a=a, b=b).frame["since"].tolist() == [2010]
    assert Decoupling(lag=1).measure(a=a, b=b).frame["since"].tolist() == [2012]


def test_zero_changes_and_zero_starts():
    """A that stands still is weakly decoupled; where B stands still, or a start is 0, there is no state, and it is told."""
    still = Decoupling().measure(a=keyed(5, 5, 5), b=keyed(10, 11, 10))
    assert still.frame["state"].tolist() == ["weak_decoupling", "weak_negative_decoupling"]
    none = Decoupling().measure(a=keyed(5, 6, 7), b=keyed(10, 10, 11))
    assert none.frame["state"].isna().tolist() == [True, False]
    assert np.isnan(none.frame["elasticity"].iloc[0])
    assert any("Steps that see no change of “b”, so no elasticity: 1" in note.text.en for note in none.notes)
    zero = Decoupling().measure(a=keyed(0, 6, 7), b=keyed(10, 12, 11))
    assert zero.frame["state"].isna().tolist() == [True, False]
    assert any("Steps that start at 0, which has no relative change: 1" in note.text.en for note in zero.notes)


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda: Decoupling(lag=0), SpecError, "at least 1"),
        (lambda: Decoupling(limits=(1.2, 0.8)), SpecError, "around 1"),
        (lambda: Decoupling().measure(state=keyed(1, 2), b=keyed(1, 2)), SpecError, "cannot be named state"),
        (lambda: Decoupling().measure(a=keyed(-1, 2), b=keyed(1, 2)), NoAnswer, "a in 2010"),
        (lambda: Decoupling(lag=5).measure(a=keyed(1, 2), b=keyed(1, 2)), NoAnswer, "exactly 5 apart"),
        (lambda: Decoupling().measure(a=keyed(1, 2), b=keyed(1, 2), c=keyed(1, 2)), NoAnswer, "a matter of two"),
    ],
)
def test_wrong_questions_are_refused(ask, error, message):
    with pytest.raises(error, match=message):
        ask()
