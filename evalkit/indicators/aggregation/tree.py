"""Scores up the tree: indicators into dimensions, dimensions or indicators into the index."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from evalkit.indicators.aggregation.combine import Aggregation, Rule
from evalkit.indicators.aggregation.means import ARITHMETIC
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.indicators.steps import stands_at
from evalkit.stats.arrays import Array
from evalkit.terms import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ByLevel:
    """Different rules at different levels: `inside` makes dimension scores of indicators, `between` the index of those.

    An index that is geometric between dimensions and arithmetic inside them lets indicators of one dimension make up for
    each other, and dimensions much less.
    """

    inside: Aggregation = ARITHMETIC
    between: Aggregation = ARITHMETIC

    def __post_init__(self) -> None:
        stands_at("aggregate", self.inside, who="ByLevel inside")
        stands_at("aggregate", self.between, who="ByLevel between")

    @property
    def name(self) -> Text:
        """What the rule is called."""
        text = Text("维度内{inside}、维度间{between}", "{inside} inside dimensions, {between} between them")
        return text.format(inside=self.inside.name, between=self.between.name)


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """The learnt rules of an index: one for the dimensions, and `top` for the index.

    `member` is the dimension of each indicator. Where `between`, `top` combines dimension scores by the weights that the
    dimensions hold; else it combines all indicators at once, as the methods that know no levels do.
    """

    member: tuple[int, ...]
    inside: tuple[Rule, ...]
    top: Rule
    between: bool

    def scores(self, z: Normalized, weights: Array) -> Array:
        """The index and the dimension scores of all rows, of shape (1 + dimensions, rows), made piece by piece."""
        out = np.empty((1 + len(self.inside), len(z)))
        parts = list(self._parts(weights))
        for rows, block in z.blocks():
            for at, (which, inner, _) in enumerate(parts, start=1):
                out[at, rows] = self.inside[at - 1].combine(block[which], inner)
            if self.between:
                out[0, rows] = self.top.combine(out[1:, rows], np.array([held for _, _, held in parts]))
            else:
                out[0, rows] = self.top.combine(block, weights)
        return out

    def index(self, block: Array, weights: Array) -> Array:
        """The index of rows (n, rows) under many vectors of weights (k, n): of shape (k, rows)."""
        if not self.between or all(rule == ARITHMETIC for rule in (self.top, *self.inside)):
            return self.top.combine(block, weights)
        parts = list(self._parts(weights))
        scores = np.stack([rule.combine(block[which], inner) for rule, (which, inner, _) in zip(self.inside, parts, strict=True)])
        held = np.stack([share for _, _, share in parts], axis=-1)
        return self.top.combine(np.moveaxis(scores, 0, 1), held[:, None, :])[:, 0]

    def _parts(self, weights: Array) -> Iterator[tuple[slice, Array, Array]]:
        """For each dimension its indicators, their weights inside it (summing to one), and the weight it holds."""
        member = np.array(self.member)
        for at in range(len(self.inside)):
            which = np.flatnonzero(member == at)
            some = weights[..., which]
            held = some.sum(axis=-1)
            even = np.full_like(some, 1.0 / len(which))
            inner = np.divide(some, held[..., None], out=even, where=held[..., None] > 0)
            yield slice(int(which[0]), int(which[-1]) + 1), inner, held


def grown(aggregate: Aggregation | ByLevel, z: Normalized, weights: Array, member: tuple[int, ...]) -> Tree:
    """The rules of an index, learnt on normalized reference rows."""
    if isinstance(aggregate, ByLevel):
        return _by_level(aggregate, z, weights, member)
    top = aggregate.learn(z, weights)
    return Tree(member, tuple(top.take(which) for which in _groups(member)), top, between=aggregate == ARITHMETIC)


def _by_level(aggregate: ByLevel, z: Normalized, weights: Array, member: tuple[int, ...]) -> Tree:
    rules, scores = list[Rule](), np.empty((max(member) + 1, len(z)))
    held = np.bincount(member, weights).astype(np.float64)
    for at, which in enumerate(_groups(member)):
        some, within = weights[which], z.take(which)
        inner = some / held[at] if held[at] > 0 else np.full(len(which), 1.0 / len(which))
        rules.append(aggregate.inside.learn(within, inner))
        for rows, block in within.blocks():
            scores[at, rows] = rules[-1].combine(block, inner)
    return Tree(member, tuple(rules), aggregate.between.learn(Normalized.of(scores), held), between=True)


def _groups(member: tuple[int, ...]) -> list[list[int]]:
    return [[j for j, d in enumerate(member) if d == at] for at in range(max(member) + 1)]
