"""Metacoupling: the R package's stored example, pairs by hand, identities, and what is refused."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evalkit.coupling.metacoupling import Metacoupling, mixed_coupling
from evalkit.coupling.static import CouplingCoordination
from evalkit.coupling.variants import Standard, coupling_degree
from evalkit.errors import DataError, SpecError

UNITS = list("abcde")
KEY = pd.MultiIndex.from_product([UNITS, [2020]], names=["unit", "period"])


def links(values, units=UNITS):
    return pd.DataFrame(values, index=list(units), columns=list(units))


def r_uniform(seed, count):
    """R's runif after set.seed: Mersenne Twister, its state filled by a congruence after 50 warm-up steps."""
    state, x = [], seed
    for step in range(50 + 625):
        x = (69069 * x + 1) % 2**32
        if step >= 50:
            state.append(x)
    generator = np.random.MT19937()
    key = np.array(state[1:], dtype=np.uint32)
    generator.state = {"bit_generator": "MT19937", "state": {"key": key, "pos": 624}}
    return generator.random_raw(count) * 2.3283064365386963e-10


def test_r_package_coupling_example():
    """`metacoupling(mat, swm1, swm2)` of the reference page of the R package coupling 0.1 (Lyu 2026), its printed output.

    Its weights are those of `apply(m, 1, \\(x) x / sum(x))`, which returns the transpose: rows do not sum to 1.
    """
    draws = r_uniform(42, 70)
    assert draws[:3].round(7).tolist() == [0.9148060, 0.9370754, 0.2861395]  # as R prints after set.seed(42)
    mat = draws[:20].reshape(4, 5)
    near, far = (block.reshape(5, 5).T for block in (draws[20:45], draws[45:]))
    near, far = ((m / m.sum(axis=1, keepdims=True)).T for m in (near, far))
    systems = {f"s{k}": pd.Series(row, KEY) for k, row in enumerate(mat)}
    got = Metacoupling(neighbors=links(near), distant=links(far), normalize="none").measure(**systems).frame
    printed = [
        [0.9497342, 0.8199577, 0.9090374, 0.7621545, 1.3099835, 1.1089423],
        [0.9905121, 0.9136491, 1.1690717, 1.0278882, 0.5735267, 0.5064461],
        [0.6926110, 0.5050229, 0.7869004, 0.6461619, 0.6749018, 0.5429212],
        [0.9148146, 0.7122036, 0.8078109, 0.6369757, 1.2478349, 0.9992342],
        [0.9877654, 0.7649259, 0.8117074, 0.6539408, 0.7006156, 0.5491195],
    ]
    columns = [f"{part}_{kind}" for kind in ("within", "neighbors", "distant") for part in "CD"]
    np.testing.assert_allclose(got[columns].to_numpy(), printed, atol=5e-8, rtol=0)


def test_a_symmetric_pair_by_hand():
    """Two systems: C of a and b is the mean of the coupling of (a₁, b₂) and (b₁, a₂), and T the mean of theirs."""
    key = KEY[:2]
    one, two = pd.Series([0.9, 0.2], key), pd.Series([0.4, 0.6], key)
    frame = Metacoupling(neighbors=links([[0, 3], [3, 0]], "ab")).measure(one=one, two=two).frame
    c = (2 * np.sqrt(0.9 * 0.6) / 1.5 + 2 * np.sqrt(0.2 * 0.4) / 0.6) / 2
    t = (0.65 + 0.4) / 2
    assert frame["C_neighbors"].tolist() == pytest.approx([c, c])
    assert frame["T_neighbors"].tolist() == pytest.approx([t, t])
    assert frame["D_neighbors"].tolist() == pytest.approx([np.sqrt(c * t)] * 2)


@given(arrays(float, (3, 5), elements=st.floats(0, 1)))
def test_a_place_linked_to_itself_alone_has_its_own_coordination(u):
    systems = {f"s{k}": pd.Series(row, KEY) for k, row in enumerate(u)}
    answer = Metacoupling(neighbors=links(np.eye(5) * 2.5)).measure(**systems)
    local = CouplingCoordination().measure(**systems).frame
    for part in ("C", "T", "D"):
        np.testing.assert_allclose(answer.frame[f"{part}_neighbors"], local[part], atol=1e-12)
        assert (answer.frame[f"{part}_within"] == local[part]).all()


@given(arrays(float, (3, 6), elements=st.floats(0, 1)), arrays(float, (3, 6), elements=st.floats(0, 1)))
def test_mixing_is_symmetric_bounded_and_blind_to_the_order_of_systems(u, v):
    c = mixed_coupling(u, v, coupling_degree)
    assert ((c >= 0) & (c <= 1 + 1e-12)).all()
    np.testing.assert_allclose(c, mixed_coupling(v, u, coupling_degree), atol=1e-12)
    np.testing.assert_allclose(c, mixed_coupling(u[::-1], v[::-1], coupling_degree), atol=1e-12)


@given(arrays(float, (3, 5), elements=st.floats(0.01, 1)), arrays(float, (5, 5), elements=st.floats(0, 1)))
def test_sums_over_pairs_match_a_plain_loop(u, w):
    systems = {f"s{k}": pd.Series(row, KEY) for k, row in enumerate(u)}
    frame = Metacoupling(distant=links(w), normalize="none").measure(**systems).frame
    for i, j_weights in enumerate(w):
        c = t = 0.0
        for j, weight in enumerate(j_weights):
            mixes = [np.where(m, u[:, i], u[:, j]) for m in product([True, False], repeat=3) if 0 < sum(m) < 3]
            c += weight * np.mean([3 * np.prod(m) ** (1 / 3) / m.sum() for m in mixes])
            t += weight * np.mean([m.mean() for m in mixes])  # the mean over mixes is the mean of both places
        if w[i].sum() > 0:
            assert frame["C_distant"].iloc[i] == pytest.approx(c, abs=1e-12)
            assert frame["T_distant"].iloc[i] == pytest.approx(t, abs=1e-12)


def test_row_weights_make_means_and_common_factors_count_nothing():
    rng = np.random.default_rng(3)
    u, w = rng.random((2, 5)), rng.random((5, 5)) * ~np.eye(5, dtype=bool)
    systems = {f"s{k}": pd.Series(row, KEY) for k, row in enumerate(u)}
    one, ten = (Metacoupling(neighbors=links(w * f)).measure(**systems).frame for f in (1, 10))
    pd.testing.assert_frame_equal(one, ten)
    assert one.filter(like="_neighbors").max(axis=None) <= 1


def test_years_are_apart_and_a_partner_without_data_is_left_out():
    key = pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1), ("c", 1), ("c", 2)], names=["unit", "period"])
    systems = {"one": pd.Series([0.9, 0.8, 0.2, 0.5, 0.4], key), "two": pd.Series([0.4, 0.3, 0.6, 0.5, 0.7], key)}
    w = links([[0, 1, 1], [1, 0, 1], [1, 1, 0]], "abc")
    both = Metacoupling(neighbors=w).measure(**systems).frame
    alone = Metacoupling(neighbors=w.loc[["a", "c"], ["a", "c"]]).measure(**{n: s.drop("b") for n, s in systems.items()}).frame
    pd.testing.assert_series_equal(both.loc[("a", 2)], alone.loc[("a", 2)])
    assert both.loc[("a", 1), "C_neighbors"] != pytest.approx(alone.loc[("a", 1), "C_neighbors"])


def test_isolated_units_are_missing_and_said():
    systems = {f"s{k}": pd.Series(row, KEY) for k, row in enumerate(np.full((2, 5), 0.5))}
    w = np.ones((5, 5)) - np.eye(5)
    w[0] = 0
    answer = Metacoupling(neighbors=links(w), distant=links(np.eye(5))).measure(**systems)
    assert answer.frame.filter(like="_neighbors").isna().all(axis=1).tolist() == [True, False, False, False, False]
    assert answer.frame["D_neighbors"].iloc[1:].tolist() == pytest.approx([np.sqrt(0.5)] * 4)
    said = [note.text for note in answer.notes]
    assert any("1 unit-year has no partner and no result (units: a)" in text.en for text in said)
    assert any("5 units are linked to themselves" in text.en for text in said)
    assert all("units" not in text.zh and " in " not in text.zh for text in said)


def test_links_beyond_the_data_are_left_out_and_said():
    systems = {f"s{k}": pd.Series([0.5, 0.6], KEY[:2]) for k in range(2)}
    answer = Metacoupling(neighbors=links(np.ones((5, 5)) - np.eye(5))).measure(**systems)
    assert answer.frame["D_neighbors"].notna().all()
    assert any("3 units of the link matrix have no data" in note.text.en for note in answer.notes)


def test_questions_that_make_no_sense_are_refused():
    with pytest.raises(SpecError, match="no link matrix"):
        Metacoupling()
    with pytest.raises(SpecError, match="must be a DataFrame"):
        Metacoupling(neighbors=np.eye(2))
    with pytest.raises(SpecError, match="same units in rows and columns"):
        Metacoupling(neighbors=pd.DataFrame([[0, 1]], index=["a"], columns=["a", "b"]))
    with pytest.raises(SpecError, match="holds a unit twice"):
        Metacoupling(neighbors=links(np.eye(2), "aa"))
    with pytest.raises(SpecError, match="negative or missing"):
        Metacoupling(neighbors=links([[0, -1], [1, 0]], "ab"))
    with pytest.raises(SpecError, match="not a choice"):
        Metacoupling(neighbors=links(np.eye(2), "ab"), normalize="rows")


def test_units_without_a_row_and_too_many_systems_are_refused():
    half = pd.Series(0.5, KEY)
    with pytest.raises(DataError, match=r"not in link matrix 'neighbors'.*4: b, c, d, e"):
        Metacoupling(neighbors=links([[1]], "a")).measure(one=half, two=half)
    with pytest.raises(SpecError, match="at most 10 systems"):
        Metacoupling(neighbors=links(np.eye(5))).measure(**{f"s{k}": half for k in range(11)})
    with pytest.raises(SpecError, match="at least two systems"):
        Metacoupling(neighbors=links(np.eye(5)), variant=Standard()).measure(one=half)


def test_weights_too_large_to_be_added_up_are_refused():
    with pytest.raises(
        SpecError, match=r"link matrix 'distant' holds weights beyond 1e150; found 1e\+308\. To do: give them in a"
    ):
        Metacoupling(distant=links(np.full((5, 5), 1e308)))
