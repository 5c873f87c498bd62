"""Distance to target: a line from the worst reference value to the value a policy asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from evalkit.answer import Note
from evalkit.check import mapping, number, one_of
from evalkit.errors import NoAnswer, Undeclared, several
from evalkit.indicators.normalization.curves import Curve, Line
from evalkit.indicators.normalization.min_max import Beyond, extremes
from evalkit.indicators.normalization.normalized import Normalization, unused
from evalkit.panel.system import Indicator
from evalkit.stats.arrays import Columns
from evalkit.stats.ranks import flat
from evalkit.terms import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class DistanceToTarget(Normalization):
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
        mapping(self.targets, who="DistanceToTarget targets", do='name indicators: {"income": 20_000}')
        for name, target in self.targets.items():
            number(
                target, "(-∞, ∞)", who=f"DistanceToTarget targets of '{name}'", do="give a figure in the unit of the indicator"
            )

    @property
    def name(self) -> Text:
        """What the normalization is called."""
        return Text("目标距离标准化", "distance to target")

    @property
    def clips(self) -> bool:
        """Whether scores beyond the target are clipped."""
        return self.beyond == "clip"

    def remarks(self, indicators: Sequence[Indicator]) -> tuple[Note, ...]:
        """Which targets are of no indicator that is scored."""
        return unused(self.targets, indicators)

    def learn(self, columns: Columns, indicators: Sequence[Indicator]) -> tuple[Curve, ...]:
        """A line an indicator, from the worst reference value to the target."""
        low, high = extremes(columns, indicators)
        targets = [i.ideal[0] if i.ideal else self.targets.get(i.id, i.target) for i in indicators]
        lacking = [i.id for i, target in zip(indicators, targets, strict=True) if target is None]
        if lacking:
            do = "declare target = … in the system, or pass targets={…}"
            raise Undeclared(f"[{several(lacking)}] have no target", part="target", of=lacking, do=do)
        worst = np.where([i.falls for i in indicators], high, low)
        goals = [columns.mark(j, float(target)) for j, target in enumerate(targets) if target is not None]
        found = [Line(float(a), goal) for a, goal in zip(worst, goals, strict=True)]
        reached = [
            i.id
            for i, one in zip(indicators, found, strict=True)
            if (one.zero_at <= one.one_at if i.falls else one.zero_at >= one.one_at) or flat(*sorted((one.zero_at, one.one_at)))
        ]
        if reached:
            raise NoAnswer(
                f"[{several(reached)}]: every reference value already reaches the target, so it tells units apart no more",
                do="set a further target or take the indicator out",
            )
        return tuple(found)
