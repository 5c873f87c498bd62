"""One question asked in several ways, and the ranks every place takes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note, in_period
from evalkit.errors import NoAnswer, SpecError, did_you_mean, several
from evalkit.indicators.aggregation.means import PowerMean
from evalkit.indicators.index import CompositeIndex
from evalkit.panel.panel import Panel, Periods
from evalkit.stats.ranks import ranks
from evalkit.terms import Text, same


def vary(index: CompositeIndex, **choices: Sequence[Any]) -> Variations:
    """All combinations of the given choices, each a full index of its own; any field of `CompositeIndex` can be varied.

    Examples
    --------
    >>> import evalkit as ek
    >>> index = ek.CompositeIndex(system=ek.systems("revitalization")["revitalization"])
    >>> list(ek.vary(index, weigh=[ek.Equal(), ek.Entropy()]).members)
    ['Equal', 'Entropy']
    >>> list(ek.vary(index, aggregate=[ek.ARITHMETIC, ek.GEOMETRIC], treat=[(ek.Carry(max_gap=1), ek.GroupMean())]).members)
    ['weighted arithmetic mean · Carry(max_gap=1) + GroupMean', 'weighted geometric mean · Carry(max_gap=1) + GroupMean']
    """
    members: dict[str, CompositeIndex] = {}
    for options, member in combinations(index, choices):
        label = " · ".join(label_of(option) for option in options)
        members[label if label not in members else f"{label} ({len(members) + 1})"] = member
    return Variations(base=index, members=members, varied=tuple(choices))


@dataclass(frozen=True, slots=True, eq=False)
class Variations:
    """The same index asked in several ways, by label; `base` is the one they vary, `varied` the fields that were varied."""

    base: CompositeIndex
    members: dict[str, CompositeIndex]
    varied: tuple[str, ...] = ()

    def scores(self, panel: Panel, on: Periods = None) -> pd.DataFrame:
        """Scores of every member, one column each, keyed by (unit, period)."""
        return pd.DataFrame({label: member.fit(panel, on).score(panel).series for label, member in self.members.items()})

    def rank_intervals(self, panel: Panel, on: Periods = None, period: int | None = None) -> RankIntervals:
        """Best, median and worst rank of every unit in one period (by default the last) over all members.

        Raises
        ------
        NoAnswer
            The members do not score the same units, so their ranks do not compare.
        """
        scores = self.base.fit(panel, on).score(panel)
        at = panel.periods[-1] if period is None else period
        score = in_period(scores.frame, at)["score"]
        every = in_period(self.scores(panel, on), at)
        same_units(score.index, every.index, every.isna().any(axis=1))
        every = every.loc[score.index]
        rank, places = ranks(score.to_numpy()), ranks(every.to_numpy().T)
        frame = pd.DataFrame(
            {
                "rank": rank,
                "best": places.min(axis=0),
                "median": np.median(places, axis=0),
                "worst": places.max(axis=0),
                "moved": (places != rank).sum(axis=0),
            },
            index=score.index,
        )
        if "normalize" not in self.varied:
            frame = frame.assign(score=score, score_low=every.min(axis=1), score_high=every.max(axis=1))
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
    """Ranks in one period: `frame` is keyed by unit with `rank` (of the base), `best`, `median` and `worst` over the members.

    `moved` counts the members under which the unit has another rank than in the base. Unless normalizations were varied, whose
    scores have no common scale, `score` (of the base), `score_low` and `score_high` stand beside them.
    """

    period: int
    panel: Panel


def combinations(index: CompositeIndex, choices: Mapping[str, Sequence[Any]]) -> Iterator[tuple[tuple[Any, ...], CompositeIndex]]:
    """Every combination of options, and the index that takes them.

    Raises
    ------
    SpecError
        A choice is no field of the index, or has no options, or nothing is varied.
    """
    known = [field.name for field in fields(index)]
    for name, options in choices.items():
        if name not in known:
            raise SpecError(f"CompositeIndex has no choice '{name}' to vary", do=did_you_mean(name, known) or f"one of {known}")
        if not options:
            raise SpecError(f"no options were given for '{name}'", do="give a list of at least one")
        if name == "treat" and not all(isinstance(option, tuple) for option in options):
            raise SpecError("each option for 'treat' is a tuple of steps", do="write treat=[(Interpolate(),), (Carry(),)]")
    if not choices:
        raise SpecError("nothing was given to vary", do="name a choice, such as weigh=[Equal(), Entropy()]")
    for options in itertools.product(*choices.values()):
        yield options, replace(index, **dict(zip(choices, options, strict=True)))


def same_units(base: pd.Index, other: pd.Index, lost: pd.Series | None = None) -> None:
    """Refuse ranks among different sets of units."""
    differ = base.symmetric_difference(other if lost is None else other[~lost])
    if len(differ):
        raise NoAnswer(
            "the settings do not score the same units, so their ranks do not compare",
            where=f"units [{several(differ)}]",
            do="take treatments that leave the same units, or leave these units out beforehand",
        )


def label_of(option: object) -> str:
    """A short name: its class, and the fields that differ from its defaults; of a mean, its English name."""
    if option is None:
        return "none"
    if isinstance(option, tuple):
        return " + ".join(label_of(part) for part in option) or "none"
    if isinstance(option, PowerMean):
        return option.name.en
    if not is_dataclass(option) or isinstance(option, type):
        return repr(option)
    values = [(field, getattr(option, field.name)) for field in fields(option)]
    told = [f"{field.name}={label_of(value)}" for field, value in values if value != _default(field)]
    return f"{type(option).__name__}({', '.join(told)})" if told else type(option).__name__


def spoken(option: object) -> Text:
    """What an option is called, where it knows; its label otherwise."""
    if isinstance(option, tuple):
        parts = [spoken(part) for part in option]
        return Text("、".join(part.zh for part in parts) or "无", ", then ".join(part.en for part in parts) or "none")
    name = getattr(option, "name", None)
    return name if isinstance(name, Text) else same(label_of(option))


def _default(field: Field[Any]) -> object:
    return field.default_factory() if field.default_factory is not MISSING else field.default
