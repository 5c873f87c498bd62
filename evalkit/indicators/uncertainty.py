"""How firm the answer is: one question asked in several ways, and the ranks every place takes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.errors import SpecError, did_you_mean
from evalkit.indicators.index import CompositeIndex
from evalkit.panel.panel import Panel, Periods
from evalkit.stats.ranks import ranks
from evalkit.terms import Text


def vary(index: CompositeIndex, **choices: Sequence[Any]) -> Variations:
    """All combinations of the given choices, each a full index of its own.

    Examples
    --------
    >>> import evalkit as ek
    >>> index = ek.CompositeIndex(system=ek.systems("revitalization")["revitalization"])
    >>> list(ek.vary(index, weigh=[ek.Equal(), ek.Entropy()]).members)
    ['Equal', 'Entropy']
    """
    known = [field.name for field in fields(index)]
    for name, options in choices.items():
        if name not in known:
            raise SpecError(f"CompositeIndex has no choice '{name}' to vary", do=did_you_mean(name, known) or f"one of {known}")
        if not options:
            raise SpecError(f"no options were given for '{name}'", do="give a list of at least one")
    if not choices:
        raise SpecError("nothing was given to vary", do="name a choice, such as weigh=[Equal(), Entropy()]")
    members: dict[str, CompositeIndex] = {}
    for combination in itertools.product(*choices.values()):
        label = " · ".join(_label(option) for option in combination)
        label = label if label not in members else f"{label} ({len(members) + 1})"
        members[label] = replace(index, **dict(zip(choices, combination, strict=True)))
    return Variations(base=index, members=members)


@dataclass(frozen=True, slots=True, eq=False)
class Variations:
    """The same index asked in several ways, by label; `base` is the one they vary."""

    base: CompositeIndex
    members: dict[str, CompositeIndex]

    def scores(self, panel: Panel, on: Periods = None) -> pd.DataFrame:
        """Scores of every member, one column each, keyed by (unit, period)."""
        return pd.DataFrame({label: member.fit(panel, on).score(panel).series for label, member in self.members.items()})

    def rank_intervals(self, panel: Panel, on: Periods = None, period: int | None = None) -> RankIntervals:
        """Best, median and worst rank of every unit in one period (by default the last) over all members."""
        at = panel.periods[-1] if period is None else period
        base = self.base.fit(panel, on).score(panel).series.xs(at, level="period")
        every = self.scores(panel, on).xs(at, level="period").reindex(base.index)
        places = ranks(every.to_numpy().T)
        frame = pd.DataFrame(
            {
                "rank": ranks(base.to_numpy()),
                "best": places.min(axis=0),
                "median": np.median(places, axis=0),
                "worst": places.max(axis=0),
            },
            index=base.index,
        )
        text = Text(
            "位次区间为 {n} 种设定下的最好与最差位次（{year} 年）；不含测量误差。",
            "Rank intervals run from the best to the worst rank over {n} settings ({year}); measurement error is not in them.",
        )
        return RankIntervals(
            spec=self,
            frame=frame.sort_values(["rank", "median"], kind="stable"),
            period=at,
            panel=panel,
            notes=(Note("caution", text.format(n=len(self.members), year=at)),),
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RankIntervals(Answer):
    """Ranks in one period: `frame` is keyed by unit with `rank` (of the base), `best`, `median` and `worst` over the members."""

    period: int
    panel: Panel


def _label(option: object) -> str:
    """A short name: the class, and the fields that differ from its defaults."""
    if isinstance(option, tuple):
        return "+".join(_label(part) for part in option) or "none"
    if not is_dataclass(option) or isinstance(option, type):
        return str(option)
    name = type(option).__name__
    told = [f"{f.name}={getattr(option, f.name)!r}" for f in fields(option) if getattr(option, f.name) != f.default]
    return f"{name}({', '.join(told)})" if told else name
