"""Scores up the tree: levels with rules of their own, weights that fall on none, many weights at once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import evalkit as ek
from evalkit.indicators.aggregation.grey import GreyRelational
from evalkit.indicators.aggregation.penalty import MazziottaPareto
from evalkit.indicators.aggregation.rank_sum import RankSumRatio
from evalkit.indicators.aggregation.topsis import Topsis
from evalkit.indicators.aggregation.tree import grown
from evalkit.indicators.normalization.normalized import Normalized

MEMBER = (0, 0, 1, 1, 1)
RULES = [ek.ARITHMETIC, ek.GEOMETRIC, ek.HARMONIC, Topsis(), GreyRelational(), RankSumRatio(), MazziottaPareto()]
AGGREGATIONS = [
    *RULES,
    *(ek.ByLevel(inside=rule, between=ek.GEOMETRIC) for rule in RULES),
    *(ek.ByLevel(inside=ek.HARMONIC, between=rule) for rule in RULES),
]

blocks = st.integers(3, 12).flatmap(lambda m: arrays(float, (5, m), elements=st.integers(1, 50).map(lambda v: v / 50)))
weights = arrays(float, 5, elements=st.floats(0.05, 1.0)).map(lambda w: w / w.sum())


def spread(z):
    """The block with a worst and a best row, so that every rule has something to learn."""
    return np.concatenate([z, np.full((5, 1), 0.01), np.ones((5, 1))], axis=1)


@pytest.mark.parametrize("aggregate", AGGREGATIONS, ids=lambda aggregate: aggregate.name.en[:60])
@settings(max_examples=20, deadline=None)
@given(blocks, st.lists(weights, min_size=1, max_size=3))
def test_scores_stay_in_bounds_and_many_weights_are_those_one_by_one(aggregate, z, several):
    z = spread(z)
    tree = grown(aggregate, Normalized.of(z), several[0], MEMBER)
    one = [tree.scores(Normalized.of(z), w) for w in several]
    np.testing.assert_allclose(tree.index(z, np.array(several)), [scores[0] for scores in one], atol=1e-10)
    assert np.min(one) >= -1e-12
    assert np.max(one) <= 1 + 1e-12


@given(blocks, weights)
def test_by_level_is_one_rule_after_the_other(z, w):
    scores = grown(ek.ByLevel(inside=ek.ARITHMETIC, between=ek.GEOMETRIC), Normalized.of(z), w, MEMBER).scores(
        Normalized.of(z), w
    )
    a, b = w[:2].sum(), w[2:].sum()
    first, second = w[:2] @ z[:2] / a, w[2:] @ z[2:] / b
    np.testing.assert_allclose(scores, [first**a * second**b, first, second], atol=1e-12)


@given(blocks, weights)
def test_arithmetic_at_every_level_is_arithmetic_at_once(z, w):
    levels = grown(ek.ByLevel(), Normalized.of(z), w, MEMBER).scores(Normalized.of(z), w)
    np.testing.assert_allclose(levels, grown(ek.ARITHMETIC, Normalized.of(z), w, MEMBER).scores(Normalized.of(z), w), atol=1e-12)
    np.testing.assert_allclose(levels[0], w @ z, atol=1e-12)


@given(blocks)
def test_a_dimension_without_weight_has_even_scores_and_no_say(z):
    w = np.array([0.5, 0.5, 0.0, 0.0, 0.0])
    for aggregate in (ek.ARITHMETIC, ek.ByLevel(inside=ek.ARITHMETIC, between=ek.GEOMETRIC)):
        scores = grown(aggregate, Normalized.of(z), w, MEMBER).scores(Normalized.of(z), w)
        np.testing.assert_allclose(scores[2], z[2:].mean(axis=0), atol=1e-12)
        np.testing.assert_allclose(scores[0], scores[1], atol=1e-12)


def test_the_better_the_balance_the_less_the_levels_matter(counties, systems):
    """A geometric index of arithmetic dimensions lies below the arithmetic one, by the inequality of means."""
    system = systems["revitalization"]
    flat, steep = (
        ek.CompositeIndex(system=system, aggregate=aggregate).fit(counties).score(counties)
        for aggregate in (ek.ARITHMETIC, ek.ByLevel(between=ek.GEOMETRIC))
    )
    assert (steep.series <= flat.series + 1e-12).all()
    np.testing.assert_allclose(steep.frame.drop(columns="score"), flat.frame.drop(columns="score"), atol=1e-12)
    assert any("inside dimensions" in note.text.en for note in steep.notes)
