"""What is asked for: indicators in dimensions in a system, declared in TOML and kept as frozen data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from evalkit.check import instance, many, number
from evalkit.errors import SpecError
from evalkit.terms import Text


class Direction(StrEnum):
    """Which way is better: more of a benefit, less of a cost, what is near the ideal of a moderate indicator.

    A context indicator is shown and never scored.
    """

    BENEFIT = "benefit"
    COST = "cost"
    MODERATE = "moderate"
    CONTEXT = "context"


class Theme(StrEnum):
    """Which part of the work an indicator of process tells of.

    Responsibility: what those in charge decide and answer for. Policy: whether what is due reaches people. Work: how it is done.
    """

    RESPONSIBILITY = "responsibility"
    POLICY = "policy"
    WORK = "work"


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One thing that is observed.

    Parameters
    ----------
    id
        The name of its column in a panel.
    name
        Its Chinese and English name.
    unit
        Unit of measure, as printed.
    direction
        Benefit, cost, moderate or context.
    ideal
        The range in which a moderate indicator is at its best, (low, high); both the same where it is one value.
    plausible
        The range outside of which a value is an error of transcription or of unit.
    target
        The value a policy document sets, if one does.
    weight
        A given weight, used by `Given` weighting only.
    theme
        Of an indicator of process, which part of the work it tells of; None: it tells of results.
    source, note, core
        Where the figures come from; what to mind; whether it belongs to the core of its system.
    """

    id: str
    name: Text
    unit: Text = Text("", "")
    direction: Direction = Direction.BENEFIT
    plausible: tuple[float, float] | None = None
    ideal: tuple[float, float] | None = None
    target: float | None = None
    weight: float | None = None
    theme: Theme | None = None
    source: Text = Text("", "")
    note: Text = Text("", "")
    core: bool = True

    def __post_init__(self) -> None:
        for part, ends in (("plausible", self.plausible), ("ideal", self.ideal)):
            for end in (
                () if ends is None else many(ends, who=f"the {part} range of '{self.id}'", do="give it as [low, high]", count=2)
            ):
                number(end, "[-∞, ∞]", who=f"an end of the {part} range of '{self.id}'")
        if self.plausible is not None and not self.plausible[0] < self.plausible[1]:
            raise SpecError(
                f"indicator '{self.id}' has an empty plausible range", found=str(self.plausible), do="give it as [low, high]"
            )
        if (self.direction is Direction.MODERATE) != (self.ideal is not None):
            raise SpecError(
                f"indicator '{self.id}' is {self.direction} and has {'an' if self.ideal else 'no'} ideal",
                do="a moderate indicator, and no other, declares ideal = [low, high]",
            )
        if self.ideal is not None and not self.ideal[0] <= self.ideal[1]:
            raise SpecError(f"indicator '{self.id}' has an empty ideal range", found=str(self.ideal), do="give it as [low, high]")
        if self.weight is not None:
            number(self.weight, "(-∞, ∞)", who=f"the weight of indicator '{self.id}'")
        if self.weight is not None and self.weight < 0:
            raise SpecError(f"indicator '{self.id}' has a negative weight", found=str(self.weight))

    @property
    def scored(self) -> bool:
        """Whether the indicator enters a score."""
        return self.direction is not Direction.CONTEXT

    @property
    def falls(self) -> bool:
        """Whether its score falls as what is read rises; of a moderate indicator, that is the distance from its ideal."""
        return self.direction in (Direction.COST, Direction.MODERATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """A named group of indicators; context indicators stand in it and are never scored."""

    id: str
    name: Text
    indicators: tuple[Indicator, ...]

    def __post_init__(self) -> None:
        do = "list indicators: (Indicator(…), …)"
        for one in many(self.indicators, who=f"the indicators of dimension '{self.id}'", do=do):
            instance(one, Indicator, who=f"each indicator of dimension '{self.id}'", do=do)
        if not any(indicator.scored for indicator in self.indicators):
            raise SpecError(f"dimension '{self.id}' is empty: it has no indicator to score", do="add one or remove the dimension")


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorSystem:
    """An indicator system: dimensions of indicators, each id once.

    `sections` says in which order a report goes through the dimensions, and which of them share a section; without it each has
    its own, in the order declared.

    Examples
    --------
    >>> water = Indicator(id="water", name=Text("自来水普及率", "tap water"))
    >>> safe = Dimension(id="safe", name=Text("饮水安全", "safe water"), indicators=(water,))
    >>> IndicatorSystem(id="kept", name=Text("巩固", "consolidation"), dimensions=(safe,)).columns
    ('water',)
    """

    id: str
    name: Text
    dimensions: tuple[Dimension, ...]
    source: Text = Text("", "")
    sections: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        do = "list dimensions: (Dimension(…), …)"
        for one in many(self.dimensions, who=f"the dimensions of system '{self.id}'", do=do):
            instance(one, Dimension, who=f"each dimension of system '{self.id}'", do=do)
        if not self.dimensions:
            raise SpecError(f"system '{self.id}' has no dimension", do="declare at least one [[dimension]]")
        dimensions, seen = set[str](), dict[str, str]()
        for dimension in self.dimensions:
            if dimension.id in dimensions:
                raise SpecError(f"dimension '{dimension.id}' is declared twice in system '{self.id}'", do="rename or merge one")
            dimensions.add(dimension.id)
            for indicator in dimension.indicators:
                if seen.get(indicator.id) == dimension.id:
                    raise SpecError(
                        f"indicator '{indicator.id}' is declared twice in dimension '{dimension.id}'", do="remove one"
                    )
                if indicator.id in seen:
                    raise SpecError(
                        f"indicator '{indicator.id}' stands in two dimensions, '{seen[indicator.id]}' and '{dimension.id}'",
                        do="keep it in one: it would count twice",
                    )
                seen[indicator.id] = dimension.id

    @property
    def every(self) -> tuple[Indicator, ...]:
        """All indicators, context ones too, in the order declared."""
        return tuple(indicator for dimension in self.dimensions for indicator in dimension.indicators)

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """The scored indicators, in the order declared."""
        return tuple(indicator for indicator in self.every if indicator.scored)

    @property
    def columns(self) -> tuple[str, ...]:
        """The panel columns the score needs."""
        return tuple(indicator.id for indicator in self.indicators)

    @property
    def membership(self) -> tuple[int, ...]:
        """For each scored indicator, the position of its dimension."""
        return tuple(at for at, dimension in enumerate(self.dimensions) for indicator in dimension.indicators if indicator.scored)

    @property
    def parts(self) -> tuple[tuple[Dimension, ...], ...]:
        """The dimensions by section of a report; those that `sections` does not name come last, one each."""
        left = {dimension.id: dimension for dimension in self.dimensions}
        named = [tuple(left.pop(key) for key in section if key in left) for section in self.sections]
        return tuple(part for part in (*named, *((dimension,) for dimension in left.values())) if part)

    def core(self) -> IndicatorSystem:
        """The system reduced to its core indicators; a dimension left with none to score falls away."""
        kept = []
        for dimension in self.dimensions:
            inside = tuple(indicator for indicator in dimension.indicators if indicator.core)
            if any(indicator.scored for indicator in inside):
                kept.append(replace(dimension, indicators=inside))
        return replace(self, dimensions=tuple(kept))
