"""What the columns of a data file are: keys, names, groups, the weight, and the indicators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from evalkit.errors import SpecError


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What the columns of a file are; `unit` and `period` may be left for an audit to guess.

    A column below a merged header, "upper/lower", may be named by "lower" alone where one column only ends so; `wanted` are
    the indicators that are looked for in this way. With `waves` a period may be the number of a wave as well as a year.
    `members` is the column, as it is called after `columns`, that says of how many persons a home is: whole numbers from 1.
    """

    unit: str | None = None
    period: str | None = None
    name: str | None = None
    groups: tuple[str, ...] = ()
    weight: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    waves: bool = False
    members: str | None = None

    def __post_init__(self) -> None:
        held = dict[str, str]()
        named = [("unit", self.unit), ("period", self.period), ("name", self.name), *(("groups", one) for one in self.groups)]
        for role, column in [*named, ("weight", self.weight)]:
            if column is None:
                continue
            if column in held:
                raise SpecError(
                    f"'{column}' is named as {held[column]} and as {role}; a column is one thing alone",
                    do="leave it out where it is not needed: without a column of names the codes are the names",
                )
            held[column] = role

    @property
    def texts(self) -> tuple[str, ...]:
        """The columns that hold codes and names."""
        return tuple(column for column in (self.unit, self.name, *self.groups) if column)

    @property
    def roles(self) -> tuple[str, ...]:
        """The columns that hold no figures of indicators."""
        return tuple(column for column in (self.unit, self.period, self.name, *self.groups, self.weight) if column)
