"""What is uncertain of an index, and the index replayed under many draws of it at once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from evalkit.answer import in_period
from evalkit.check import able, instance, many
from evalkit.errors import NoAnswer, SpecError
from evalkit.indicators.aggregation.combine import Aggregation
from evalkit.indicators.aggregation.tree import ByLevel, Tree
from evalkit.indicators.index import CompositeIndex, treated_for
from evalkit.indicators.normalization.normalized import Normalization, Normalized
from evalkit.indicators.steps import stands_at
from evalkit.indicators.treatment.missing import Treatment
from evalkit.indicators.treatment.outliers import OutlierRule
from evalkit.indicators.uncertainty.draws import Noise
from evalkit.indicators.uncertainty.variations import combinations, same_units, spoken
from evalkit.indicators.weighting.weights import Weighting
from evalkit.panel.panel import Panel, Periods, resolve
from evalkit.stats.arrays import Array, Codes
from evalkit.stats.scatter import Around, Dirichlet
from evalkit.terms import Text

CELLS = 2**21  # how many scores, or noisy figures, are held at once

STEPS = {
    "treat": Text("缺失值处理", "treatment of missing values"),
    "outliers": Text("异常值处理", "treatment of outliers"),
    "normalize": Text("标准化方法", "normalization"),
    "weigh": Text("赋权方法", "weighting method"),
    "aggregate": Text("合成方法", "aggregation"),
    "weights": Text("权重扰动", "scatter of the weights"),
    "error": Text("测量误差", "measurement error"),
}
# the steps that have options, and one option of each
OPTIONS = {
    "treat": "(Interpolate(), Carry())",
    "outliers": "None",
    "normalize": "MinMax()",
    "weigh": "Entropy()",
    "aggregate": "ARITHMETIC",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubts:
    """What is uncertain of an index.

    Parameters
    ----------
    treat, outliers, normalize, weigh, aggregate
        Options for these steps of the index, each as likely as the next; they stand in place of the index's own option, which
        is among them only if it is named. Empty: the step is not in doubt.
    weights
        How weights scatter around those that the weighting gives; None: they do not.
    error
        Errors of measurement of the raw figures; None: they have none. What was learnt (bounds, weights, rules) is learnt on
        the figures as observed and not learnt anew on the noisy ones.
    """

    treat: tuple[tuple[Treatment, ...], ...] = ()
    outliers: tuple[OutlierRule | None, ...] = ()
    normalize: tuple[Normalization, ...] = ()
    weigh: tuple[Weighting, ...] = ()
    aggregate: tuple[Aggregation | ByLevel, ...] = ()
    weights: Around | None = Dirichlet()
    error: Noise | None = None

    def __post_init__(self) -> None:
        for step, such in OPTIONS.items():
            who = f"{type(self).__name__} {step}"
            options = many(getattr(self, step), who=who, do=f"give the options in a tuple: {step}=({such}, …)")
            object.__setattr__(self, step, tuple(_option(step, option, who) for option in options))
        if self.weights is not None:
            able(self.weights, "draw", who=f"{type(self).__name__} weights", do="use Dirichlet(), Uniform(), or None")
        if self.error is not None:
            instance(self.error, Noise, who=f"{type(self).__name__} error", do="use Noise(relative=0.05), or None")

    @property
    def choices(self) -> dict[str, tuple[Any, ...]]:
        """The steps in doubt and their options."""
        return {step: getattr(self, step) for step in OPTIONS if getattr(self, step)}

    @property
    def inputs(self) -> tuple[str, ...]:
        """All that is uncertain: the steps, then weights and errors."""
        return (*self.choices, *(name for name in ("weights", "error") if getattr(self, name) is not None))

    @property
    def said(self) -> Text:
        """All that is uncertain, in words."""
        parts = [_listed(STEPS[step], [spoken(option) for option in options]) for step, options in self.choices.items()]
        parts += [given.said for given in (self.weights, self.error) if given is not None]
        return Text("；".join(part.zh for part in parts), "; ".join(part.en for part in parts))


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """One combination of options as learnt: normalized rows `z` of shape (n, units), and what noise on the figures needs."""

    z: Array
    tree: Tree
    weights: Array
    source: Normalized
    deviation: Array | None

    def at(self, rows: Codes) -> Member:
        """The member at some of its rows."""
        columns = self.source.columns
        some = replace(
            columns,
            arrays=[x[rows] for x in columns.arrays],
            dates=None if columns.dates is None else columns.dates[rows],
        )
        deviation = None if self.deviation is None else self.deviation[:, rows]
        return replace(self, z=self.z[:, rows], source=replace(self.source, columns=some), deviation=deviation)

    def scores(self, weights: Array, noise: Array | None) -> Array:
        """The index of shape (draws, units) under `weights` (draws, n) and standard normal `noise` (draws, n, units).

        Raises
        ------
        NoAnswer
            Errors are so large that a figure has no score.
        """
        if noise is None or self.deviation is None:
            return self.tree.index(self.z, weights)
        draws, _, units = noise.shape
        columns = self.source.columns
        noisy = [
            (x + spread * errors).ravel()
            for x, spread, errors in zip(columns.arrays, self.deviation, noise.transpose(1, 0, 2), strict=True)
        ]
        dates = None if columns.dates is None else np.tile(columns.dates, draws)
        z = replace(self.source, columns=replace(columns, arrays=noisy, dates=dates)).whole().reshape(-1, draws, units)
        found = np.stack([self.tree.index(z[:, at], weights[at : at + 1])[0] for at in range(draws)])
        if not np.isfinite(found).all():
            do = "use a smaller error or another curve"
            raise NoAnswer("errors of measurement take figures where they have no score", do=do)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """An index at one period, ready to be scored under any combination of options, weights and errors.

    `members` holds the combinations, the last step's options changing first; `sizes` how many options each step has.
    """

    units: pd.Index
    period: int
    base: Array
    members: tuple[Member, ...]
    sizes: tuple[int, ...]

    @classmethod
    def of(cls, doubts: Doubts, index: CompositeIndex, panel: Panel, on: Periods, period: int | None) -> Replay:
        """Every combination learnt on the reference periods `on`, and its rows at `period` (None: the last)."""
        if not doubts.inputs:
            raise SpecError("nothing is uncertain", do="name options, such as weigh=(Equal(), Entropy()), or weights=Dirichlet()")
        scores = index.fit(panel, on).score(panel)
        (at,) = resolve(panel.periods[-1] if period is None else period, panel.periods)
        base = in_period(scores.frame, at)["score"]
        learnt = members(doubts, index, panel, on, base.index, at)
        sizes = tuple(len(options) for options in doubts.choices.values())
        return cls(base.index, at, base.to_numpy(), learnt, sizes)

    @property
    def width(self) -> int:
        """How many indicators there are."""
        return len(self.members[0].weights)

    def member(self, options: Codes) -> Codes:
        """Which combination the options of shape (draws, steps) make."""
        which = np.zeros(len(options), dtype=np.intp)
        for at, size in enumerate(self.sizes):
            which = which * size + options[:, at]
        return which

    def centers(self, which: Codes) -> Array:
        """The weights as learnt, of shape (draws, n)."""
        return np.stack([member.weights for member in self.members])[which]

    def scores(self, which: Codes, weights: Array, noise: Array | None = None) -> Array:
        """The index of shape (draws, units): draw k takes combination `which[k]`, `weights[k]` and `noise[k]`."""
        out = np.empty((len(which), len(self.units)))
        for code in np.unique(which):
            rows = np.flatnonzero(which == code)
            out[rows] = self.members[code].scores(weights[rows], None if noise is None else noise[rows])
        return out

    def draws(self, doubts: Doubts, count: int, seed: int, most: int | None = None) -> Iterator[Array]:
        """Scores of `count` random draws in blocks of shape (draws, units); the same whatever the size of the blocks (`most`).

        Each draw takes one option of every step at random, all alike, as the handbook of OECD and JRC (2008) does with its
        triggers; draws of one combination come together. Options, weights and errors each have a stream of their own.
        """
        options, weights, errors = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(3))
        which = np.sort((options.random(count) * len(self.members)).astype(np.intp))
        size = most or max(1, CELLS // (len(self.units) * (1 if doubts.error is None else self.width)))
        for start in range(0, count, size):
            some = which[start : start + size]
            center = self.centers(some)
            drawn = center if doubts.weights is None else doubts.weights.draw(weights, center)
            noise = None
            if doubts.error is not None:
                noise = errors.standard_normal((len(some), self.width, len(self.units)))
            yield self.scores(some, drawn, noise)


def _listed(step: Text, options: Sequence[Text]) -> Text:
    zh, en = ("、".join(option.zh for option in options), "; ".join(option.en for option in options))
    return Text(f"{step.zh}（{zh}）", f"{step.en} ({en})")


def members(
    doubts: Doubts, index: CompositeIndex, panel: Panel, on: Periods, rows: pd.Index, at: int | None = None
) -> tuple[Member, ...]:
    """Every combination learnt on the reference periods `on`, and its rows: those of one period, or all (None).

    Raises
    ------
    NoAnswer
        An option does not score exactly the units of `rows`.
    """
    choices, found = doubts.choices, list[Member]()
    every = (member for _, member in combinations(index, choices)) if choices else iter([index])
    for _, some in itertools.groupby(every, key=lambda member: member.treat):
        known: Panel | None = None
        for member in some:
            known = treated_for(member, panel).panel if known is None else known
            found.append(_member(replace(member, treat=()), known, on, at, doubts.error))
        assert known is not None
        same_units(rows, known.frame.index if at is None else in_period(known.frame, at).index)
    return tuple(found)


def _member(index: CompositeIndex, panel: Panel, on: Periods, at: int | None, error: Noise | None) -> Member:
    """One combination learnt on a treated panel, and its rows at one period or at all."""
    fitted = index.fit(panel, on)
    z = fitted.normalized(panel if at is None else panel.at([at]))
    deviation = None
    if error is not None:
        deviation = error.deviation(np.stack(list(z.columns.arrays)), index.system.columns)
    return Member(z.whole(), fitted.tree, fitted.weights, z, deviation)


def _option(step: str, option: Any, who: str) -> Any:
    """An option of a step, of its kind; the treatment is a tuple of steps."""
    if step == "treat":
        option = many(option, who=f"an option of {who}", do=f"give the steps of each in a tuple: {OPTIONS[step]}")
        for part in option:
            stands_at(step, part, who=f"a step of {who}")
    elif not (step == "outliers" and option is None) and not (step == "aggregate" and isinstance(option, ByLevel)):
        stands_at(step, option, who=f"an option of {who}")
    return option
