"""Distance to target: a line from the worst reference value to the value a policy asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from evalkit.answer import Note
from evalkit.check import one_of
from evalkit.errors import NoAnswer, SpecError, several
from evalkit.indicators.normalization.curves import Curve, Line
from evalkit.indicators.normalization.min_max import Beyond, extremes
from evalkit.panel.system import Direction, Indicator
from evalkit.stats.arrays import Columns


@dataclass(frozen=True, slots=True, kw_only=True)
class DistanceToTarget:
    """Distance to target: 0 at the worst reference value, 1 at the target of the indicator.

    Parameters
    ----------
    targets
        Targets by indicator id; where an id is absent, the target declared in the indicator system. The target of a
        moderate indicator is its ideal.
    beyond
        "clip": what is past the target scores 1, and past the worst reference value 0; "keep" lets both pass.
    """

    targets: Mapping[str, float] = field(default_factory=dict)
    beyond: Beyond = "clip"

    def __post_init__(self) -> None:
        one_of(self.beyond, ("clip", "keep"), who="DistanceToTarget beyond")

    @property
    def clips(self) -> bool:
        """Whether scores beyond the target are clipped."""
        return self.beyond == "clip"

    @property
    def dated(self) -> bool:
        """Never: one target for all periods."""
        return False

    def learn(self, columns: Columns, indicators: Sequence[Indicator]) -> tuple[Curve, ...]:
        """A line an indicator, from the worst reference value to the target."""
        low, high = extremes(columns, indicators)
        targets = [0.0 if i.direction is Direction.MODERATE else self.targets.get(i.id, i.target) for i in indicators]
        lacking = [i.id for i, target in zip(indicators, targets, strict=True) if target is None]
        if lacking:
            raise SpecError(f"[{several(lacking)}] have no target", do="declare target = … in the system, or pass targets={…}")
        worst = np.where([i.falls for i in indicators], high, low)
        found = [Line(float(a), float(goal)) for a, goal in zip(worst, targets, strict=True) if goal is not None]
        reached = [
            i.id
            for i, one in zip(indicators, found, strict=True)
            if (one.zero_at <= one.one_at if i.falls else one.zero_at >= one.one_at)
        ]
        if reached:
            raise NoAnswer(
                f"[{several(reached)}]: every reference value already reaches the target, so it tells units apart no more",
                do="set a further target or take the indicator out",
            )
        return tuple(found)

    def remarks(self) -> tuple[Note, ...]:
        """Nothing to add."""
        return ()
