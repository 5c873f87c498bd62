"""A hypothesis tried on the printed cells of one step, and the choice among those that were tried."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from evalkit.coupling.audit.boxes import SLACK, Box, Cut, Printed
from evalkit.stats.arrays import Array, Mask
from evalkit.terms import Text, same

Kind = Literal["right", "error"]
Outcome = Literal["reproduced", "error", "nothing", "undecided", "not_printed", "unchecked"]

STATED = 0.85  # the share of cells a hypothesis must reproduce; the rest are stray misprints, and listed
CHANCE = 1e-3  # how probable at most so many cells fit by chance, over all hypotheses tried
MARGIN = 1  # a rival reproduces at most so many cells less than the best
MOST_PAIRS = 300  # rows that are compared with one another for the rate of chance fits


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Hypothesis:
    """A way the figures of a step may have come about: the interval it leaves for each printed cell.

    `key` names it, `free` counts the parameters solved from the table, `wider` are keys of hypotheses that hold this one as a
    special case, `found` says the parameters, `rows` where it says anything.
    """

    key: str
    name: Text
    kind: Kind
    box: Box
    free: int = 0
    wider: tuple[str, ...] = ()
    found: Text = same("")
    range: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Trial:
    """A hypothesis and the cells it reproduces: `hits` over the printed rows, `miss` in units of the last place."""

    hypothesis: Hypothesis
    hits: Mask
    miss: Array
    chance: float
    rounding: Cut

    @property
    def missed(self) -> int:
        """How many cells it does not reproduce."""
        return int((~self.hits).sum())

    @property
    def share(self) -> float:
        """The share of cells it reproduces."""
        return float(self.hits.mean()) if len(self.hits) else 0.0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Decision:
    """What was decided on one step: the outcome, the best trial, its rivals, and how many cells tell the best from the next."""

    step: str
    outcome: Outcome
    best: Trial | None = None
    rivals: tuple[Trial, ...] = ()
    tried: tuple[Trial, ...] = ()
    told_apart: int = 0


def attempt(hypothesis: Hypothesis, printed: Printed) -> Trial:
    """A hypothesis held against the printed cells of its step.

    The chance that so many cells fit though the hypothesis is false is binomial, with the rate at which the interval of one row
    meets the figure printed in another; parameters solved from the table each take away one cell.
    """
    box = hypothesis.box
    target = printed.box("either")
    hits = box.meets(target)
    short = np.maximum(target.low - box.high, box.low - target.high) / printed.unit
    cells = len(hits) - hypothesis.free
    fitted = int(hits.sum()) - hypothesis.free
    return Trial(
        hypothesis=hypothesis,
        hits=hits,
        miss=np.where(hits, 0.0, np.maximum(short, 0.0)),
        chance=_tail(fitted, cells, _by_chance(box, target)),
        rounding=_rounding(box, printed, int(hits.sum())),
    )


def _rounding(box: Box, printed: Printed, hits: int) -> Cut:
    """The narrowest reading of the printed figures that fits as many cells."""
    readings: tuple[Cut, ...] = ("rounded", "cut")
    return next((how for how in readings if int(box.meets(printed.box(how)).sum()) == hits), "either")


def _by_chance(box: Box, target: Box) -> float:
    """How often the interval of one row meets the figure of another."""
    rows = np.linspace(0, len(box.low) - 1, min(len(box.low), MOST_PAIRS)).astype(int)
    low, high = box.low[rows], box.high[rows]
    pairs = (high[:, None] >= target.low[rows] - SLACK) & (low[:, None] <= target.high[rows] + SLACK)
    off = len(rows) * (len(rows) - 1)
    return float((pairs.sum() - np.trace(pairs)) / off) if off else 1.0


def _tail(hits: int, cells: int, rate: float) -> float:
    """The probability of at least so many hits."""
    from scipy.special import bdtrc

    if hits <= 0 or cells <= 0:
        return 1.0
    return float(bdtrc(hits - 1, cells, max(rate, 1.0 / (cells + 1) ** 2)))


def decide(step: str, hypotheses: Iterable[Hypothesis], printed: Printed) -> Decision:
    """What reproduces the printed cells of a step.

    A hypothesis stands if it reproduces at least 85 % of the cells. One with parameters solved from the table falls to a special
    case of it that does as well. The step is decided where a single one stands, or is ahead of every other by more than one cell,
    and chance does not explain so many fits; it is undecided where several fit alike; where none stands, nothing reproduces it.
    """
    tried = sorted((attempt(one, printed) for one in hypotheses), key=lambda trial: (trial.missed, trial.hypothesis.free))
    most = int(np.floor((1 - STATED) * len(printed.values) + 1e-9))
    standing = _simplest([trial for trial in tried if trial.missed <= most])
    if not standing:
        few = len(printed.values) < 3
        return Decision(step=step, outcome="undecided" if few else "nothing", tried=tuple(tried))
    best = standing[0]
    rivals = tuple(trial for trial in standing[1:] if trial.missed <= best.missed + MARGIN)
    beaten = [trial for trial in tried if trial is not best and trial not in rivals and not _holds(trial, best)]
    apart = min((int((best.hits & ~other.hits).sum()) for other in beaten), default=len(best.hits))
    outcome: Outcome = "reproduced" if best.hypothesis.kind == "right" else "error"
    if rivals or best.chance * len(tried) > CHANCE:
        outcome = "undecided"
    return Decision(step=step, outcome=outcome, best=best, rivals=rivals, tried=tuple(tried), told_apart=apart)


def _holds(wide: Trial, narrow: Trial) -> bool:
    """Whether one hypothesis holds the other as a special case."""
    return wide.hypothesis.key in narrow.hypothesis.wider


def _simplest(standing: Sequence[Trial]) -> list[Trial]:
    """Those that no special case of theirs equals."""
    return [trial for trial in standing if not any(_holds(trial, other) and other.missed <= trial.missed for other in standing)]


def settled(decision: Decision) -> bool:
    """Whether a step is explained to the last cell, with nothing solved for that would be an error."""
    best = decision.best
    return best is not None and best.missed == 0 and (best.hypothesis.free == 0 or best.hypothesis.kind == "right")


def plainer(one: Decision, other: Decision) -> bool:
    """Whether one decision explains more cells than another, or as many with fewer parameters."""
    if one.best is None or other.best is None:
        return one.best is not None
    return (one.best.missed, one.best.hypothesis.free) < (other.best.missed, other.best.hypothesis.free)


def frame_of(decisions: Iterable[Decision]) -> pd.DataFrame:
    """One row a step and hypothesis tried, the best first."""
    rows = [
        {
            "step": decision.step,
            "hypothesis": trial.hypothesis.key,
            "kind": trial.hypothesis.kind,
            "cells": len(trial.hits),
            "reproduced": int(trial.hits.sum()),
            "share": trial.share,
            "worst_miss": float(trial.miss.max(initial=0.0)),
            "chance": trial.chance,
            "solved": trial.hypothesis.found.en,
        }
        for decision in decisions
        for trial in decision.tried
    ]
    columns = ["step", "hypothesis", "kind", "cells", "reproduced", "share", "worst_miss", "chance", "solved"]
    return pd.DataFrame(rows, columns=columns)
