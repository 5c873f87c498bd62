"""Copeland's ranking: an election, peers' values, antisymmetry, invariance under rising transformations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import evalkit as ek
from evalkit.indicators.aggregation import copeland
from evalkit.indicators.aggregation.copeland import Copeland, majority, outranking

tables = st.integers(2, 10).flatmap(lambda m: arrays(float, (m, 4), elements=st.integers(0, 5).map(float)))
weights = arrays(float, 4, elements=st.floats(0.05, 1.0)).map(lambda w: w / w.sum())


def test_the_capital_of_tennessee():
    """The example of electowiki, «Kemeny–Young method»: shares of voters against Nashville > Chattanooga > Knoxville > Memphis
    in pairs are 32, 32, 42, 17, 42 and 42 percent. Voters are indicators here, their shares weights."""
    places = np.array(
        [  # Memphis, Nashville, Chattanooga and Knoxville as 42, 26, 15 and 17 percent of the voters place them, 4 the first
            [4, 1, 1, 1],
            [3, 4, 2, 2],
            [2, 3, 4, 3],
            [1, 2, 3, 4],
        ],
        dtype=float,
    )
    share = np.array([0.42, 0.26, 0.15, 0.17])
    against = (1 - majority(places, places, share)) / 2
    pairs = [(1, 2), (1, 3), (1, 0), (2, 3), (2, 0), (3, 0)]
    np.testing.assert_allclose([against[pair] for pair in pairs], [0.32, 0.32, 0.42, 0.17, 0.42, 0.42])
    wins, losses, _ = outranking(places, share)
    assert (wins - losses).tolist() == [-3, 3, 1, -1]


def test_coinr():
    """COINr's outrankMatrix and a_copeland (row sums of the matrix) of version 1.1, run in R 4.2.2 with weights 1, 2, 3, 4."""
    z = np.array(
        [
            [0.82, 0.35, 0.61, 0.95, 0.61],
            [0.40, 0.90, 0.70, 0.15, 0.85],
            [0.66, 0.52, 0.52, 0.30, 0.41],
            [0.10, 0.20, 0.30, 0.30, 0.50],
        ]
    ).T
    w = np.array([0.1, 0.2, 0.3, 0.4])
    matrix = [
        [0.0, 0.40, 0.40, 0.5, 0.40],
        [0.6, 0.00, 0.35, 0.5, 0.50],
        [0.6, 0.65, 0.00, 0.7, 0.35],
        [0.5, 0.50, 0.30, 0.0, 0.10],
        [0.6, 0.50, 0.65, 0.9, 0.00],
    ]
    np.testing.assert_allclose((1 + majority(z, z, w)) / 2 - np.eye(5) / 2, matrix, atol=1e-12)
    wins, losses, support = outranking(z, w)
    np.testing.assert_allclose(support * 4, [1.70, 1.95, 2.30, 1.40, 2.65], atol=1e-12)
    assert (wins - losses).tolist() == [-3, 0, 2, -2, 3]


def test_jmcdm_arslan_and_bircan2020():
    """JMcDM's test/testcopeland.jl, after Arslan & Bircan (2020), Yönetim ve Ekonomi 27:109–127: four rankings of 23 units."""
    rankings = np.array(
        [
            [7, 17, 3, 14, 6, 18, 10, 19, 8, 15, 22, 12, 2, 9, 23, 11, 16, 20, 5, 13, 1, 21, 4],
            [9, 17, 3, 14, 6, 18, 7, 19, 8, 16, 22, 13, 1, 10, 23, 11, 15, 20, 5, 12, 2, 21, 4],
            [7, 17, 3, 14, 5, 18, 10, 19, 8, 16, 22, 13, 1, 9, 23, 11, 15, 20, 6, 12, 2, 21, 4],
            [3, 14, 2, 15, 16, 21, 10, 23, 8, 9, 19, 6, 7, 5, 22, 17, 13, 18, 12, 11, 1, 20, 4],
        ]
    ).T
    expected = [15, 11, 22, 18, 8, 6, 2, 10, 17, 4, 12, 20, 16, 7, 14, 9, 1, 5, 19, 23, 3, 13, 21]  # from last to first
    wins, losses, _ = outranking(-rankings.astype(float), np.full(4, 0.25))
    rising = (wins - losses)[np.array(expected) - 1]
    assert (np.diff(rising) >= 0).all()


def test_jmcdm_four_units_in_a_row():
    """JMcDM's test/testcopeland.jl: methods that agree on four units give 3, 1, −1, −3."""
    wins, losses, support = outranking(-np.arange(4.0)[:, None] * np.ones(7), np.full(7, 1 / 7))
    assert (wins - losses).tolist() == [3, 1, -1, -3]
    np.testing.assert_allclose(support, [1, 2 / 3, 1 / 3, 0], atol=1e-12)


@given(tables, weights)
def test_what_one_wins_another_loses(z, w):
    lead = majority(z, z, w)
    np.testing.assert_array_equal(lead, -lead.T)
    wins, losses, support = outranking(z, w)
    assert wins.sum() == losses.sum()
    np.testing.assert_allclose(support.mean(), 0.5)


@given(tables, weights)
def test_only_order_counts(z, w):
    for mine, other in zip(outranking(z, w), outranking(np.exp(z) * [1, 2, 3, 4], w), strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-12)
    for mine, other in zip(outranking(z, w), outranking(z[::-1, ::-1], w[::-1]), strict=True):
        np.testing.assert_allclose(mine, other[::-1], atol=1e-9)


def test_pieces_of_pairs_give_the_whole(monkeypatch):
    z = np.random.default_rng(2).random((30, 4))
    whole = outranking(z, np.full(4, 0.25))
    monkeypatch.setattr(copeland, "PAIRS", 50)
    for mine, other in zip(whole, outranking(z, np.full(4, 0.25)), strict=True):
        np.testing.assert_array_equal(mine, other)


def test_a_unit_that_is_better_in_everything_beats_all(make_panel, make_system):
    panel = make_panel({"x": [1, 2, 3, 2, 3, 4, 3, 4, 5], "y": [5, 6, 7, 6, 7, 8, 7, 8, 9.0]})
    index = ek.CompositeIndex(system=make_system(d={"x": "benefit", "y": "cost"}, e={"x2": "benefit"}))
    panel = ek.Panel(frame=panel.frame.assign(x2=panel.frame["x"]))
    ranking = Copeland().measure(index.fit(panel).score(panel), period=2020)
    assert ranking.frame["copeland"].to_dict() == {"c": 2, "b": 0, "a": -2}
    assert ranking.frame["rank"].tolist() == [1, 2, 3]
    assert ranking.period == 2020
    assert not any(note.kind == "caution" for note in ranking.notes)


def test_one_unit_alone_is_refused(make_panel, make_system):
    panel = make_panel({"x": [1, 2, 3]}, units=("a",))
    index = ek.CompositeIndex(system=make_system(d={"x": "benefit"}))
    with pytest.raises(ek.NoAnswer, match="only one"):
        Copeland().measure(index.fit(panel).score(panel))
    with pytest.raises(ek.DataError, match="does not cover"):
        Copeland().measure(index.fit(panel).score(panel), period=1999)


@pytest.mark.parametrize("far", [1e3, 1e12])
def test_one_figure_far_from_all_makes_no_ties_of_the_others(make_panel, make_system, far):
    panel = make_panel({"a": [3, 1, 0.1 + 0.2, 0.3, far]}, units=list("abcde"), years=(2020,))
    index = ek.CompositeIndex(system=make_system(d={"a": "benefit"}))
    found = Copeland().measure(index.fit(panel).score(panel)).frame["copeland"]
    assert found.sort_index().tolist() == [2, 0, -3, -3, 4]
