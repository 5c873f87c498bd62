"""Departmental tables as a monitor declares them: what they are, their columns, how often they come, what they may hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from evalkit.check import instance, mapping, one_of
from evalkit.errors import SpecError, did_you_mean, several
from evalkit.monitor.sources.columns import (
    FEN,
    KEYS,
    KIND,
    MONTHS,
    STANDARD,
    Column,
    Covers,
    Expects,
    Reads,
    Refresh,
    State,
    Unit,
    comes_in,
    contradicts,
    declare,
    is_id,
    known_columns,
    known_on,
    named_unit,
)
from evalkit.terms import Text

if TYPE_CHECKING:
    from evalkit.monitor.engine.base import Kind

__all__ = ["Declared", "Delivered", "RegisterSource", "RegisterTable", "Source", "State", "read_declared", "read_sources"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A table that a department delivers.

    Parameters
    ----------
    id
        Its name in rules and in the store: small letters, digits and _.
    name, department
        What it is and whose, in words.
    file, table
        The files it comes in, a pattern such as "medical/*.xlsx" in the folder of deliveries; or a table of PostgreSQL.
    columns
        For standard columns, what they are called in the file: household or person or both, event_date, and where there are
        number (of the record), known_date, amount and county.
    known_after
        Days after the event on which a record is taken as known, where the file has no date of that.
    unit
        Of amounts; what the column's name or a line above the table says must not contradict it.
    refresh
        How often it comes; "event": when something happened.
    covers
        What stretch of time an amount stands for.
    expects
        "every_county": a county without records in a refresh period has missed a delivery. "none": it may have none.
    states
        Columns that say how things stand, by their name in the store.
    ranges
        Of the amount (in its unit) and of whole numbers: the lowest and highest that are plausible; what is outside is counted.

    Examples
    --------
    >>> water = Source(
    ...     id="water", name=Text("饮水检查", "inspections"), department=Text("水利局", "water"), file="water*.csv",
    ...     refresh="year", columns={"household": "户编号", "event_date": "日期"}, known_after=5,
    ...     states={"safe": State(kind="flag")},
    ... )
    >>> [(column.name, column.given) for column in water.layout]
    [('household', '户编号'), ('event_date', '日期'), ('safe', 'safe')]
    >>> sorted(water.kinds)[:6]
    ['amount', 'county', 'delivery', 'event_date', 'household', 'known_date']
    """

    id: str
    name: Text
    department: Text
    file: str | None = None
    table: str | None = None
    columns: Mapping[str, str]
    known_after: int | None = None
    unit: Unit = "yuan"
    refresh: Refresh = "month"
    covers: Covers = "event"
    expects: Expects = "none"
    states: Mapping[str, State] = field(default_factory=dict)
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        is_id(self.id, "a source")
        for part in ("name", "department"):
            instance(getattr(self, part), Text, who=f"Source {part}", do="give a Text in Chinese and English")
        comes_in(self.file, self.table, who=f"source '{self.id}'")
        one_of(self.unit, tuple(FEN), who="Source unit")
        one_of(self.refresh, (*MONTHS, "event"), who="Source refresh")
        one_of(self.covers, ("event", "month", "year"), who="Source covers")
        one_of(self.expects, ("every_county", "none"), who="Source expects")
        for name in ("columns", "states", "ranges"):
            mapping(getattr(self, name), who=f"the {name} of source '{self.id}'", do="name columns in a mapping")
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        self._has_columns()
        self._has_states()
        if self.refresh == "event" and self.expects != "none":
            raise SpecError(f"source '{self.id}' comes when something happened", found="expects 'every_county'", do="use 'none'")

    def _has_columns(self) -> None:
        known_columns(self.columns, STANDARD, who=f"source '{self.id}'")
        if "household" not in self.columns and "person" not in self.columns:
            raise SpecError(f"source '{self.id}' has no key", do="name the column of the household, of the person, or both")
        if "event_date" not in self.columns:
            raise SpecError(f"source '{self.id}' has no event_date", do="name the column that says when it happened")
        known_on(self.columns, self.known_after, who=f"source '{self.id}'")
        if contradicts(said := named_unit(amount := self.columns.get("amount", "")), FEN[self.unit]):
            what = f"the column of amounts of source '{self.id}' names another unit than is declared"
            raise SpecError(what, found=f"'{amount}', and unit '{self.unit}'", do=declare(said))

    def _has_states(self) -> None:
        taken = (*STANDARD, "delivery", "row", "home", "link", "source")
        for name, state in self.states.items():
            is_id(name, "a state")
            instance(state, State, who=f"state '{name}'", do="give a State")
            if name in taken:
                raise SpecError(f"'{name}' cannot be the name of a state", where=f"source '{self.id}'", do="call it otherwise")
        figures = [name for name, state in self.states.items() if state.kind == "integer"]
        figures += ["amount"] if "amount" in self.columns else []
        for name, ends in self.ranges.items():
            if name not in figures:
                do = did_you_mean(name, figures) or "give ranges of the amount or of whole numbers"
                raise SpecError(f"source '{self.id}' has no figures '{name}'", found=f"figures [{several(figures)}]", do=do)
            if len(ends) != 2 or not ends[0] <= ends[1]:
                do = "write the lower one first, such as [0, 120]"
                raise SpecError(f"the range of '{name}' must be a lowest and a highest value", found=str(tuple(ends)), do=do)

    @property
    def layout(self) -> tuple[Column, ...]:
        """Its columns as the door reads them."""
        return tuple(self._layout())

    def _layout(self) -> Iterator[Column]:
        for name, given in self.columns.items():
            if name in KEYS:
                yield Column(name=name, given=given, reads="key", domain=KEYS[name])
            elif name == "event_date":
                yield Column(name=name, given=given, reads="date", needed=True, part=self.covers)
            elif name == "known_date":
                yield Column(name=name, given=given, reads="date", needed=True)
            elif name == "amount":
                yield Column(name=name, given=given, reads="money", fen=FEN[self.unit])
            else:
                yield Column(name=name, given=given, reads="word")
        for name, state in self.states.items():
            yield Column(name=name, given=state.column or name, reads=state.kind, state=state)

    @property
    def kinds(self) -> dict[str, Kind]:
        """Its columns in the store, with their kinds."""
        kinds: dict[str, Kind] = {
            "household": "integer",
            "person": "integer",
            "number": "integer",
            "event_date": "date",
            "known_date": "date",
            "amount": "integer",
            "county": "word",
        }
        kinds |= {name: KIND[state.kind] for name, state in self.states.items()}
        return kinds | DELIVERED

    @property
    def place(self) -> str:
        """The folder of its records in the store."""
        return f"records/{self.id}"

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns of which a row needs one."""
        return tuple(name for name in ("household", "person") if name in self.columns)


DELIVERED: dict[str, Kind] = {"delivery": "word", "row": "integer"}
HOMES: dict[str, Reads] = {
    "household": "key",
    "county": "word",
    "village": "word",
    "formerly_poor": "flag",
    "labor": "flag",
    "known_date": "date",
}
MEMBERS: dict[str, Reads] = {"person": "key", "household": "key", "from_date": "date", "to_date": "date", "known_date": "date"}
MAY_LACK = ("labor", "to_date")  # columns of the register that files may leave out, and rows may leave blank


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterTable:
    """A table of the register: the homes, or who lives in them.

    Parameters
    ----------
    id
        "homes" or "members".
    file, table
        As of `Source`.
    columns
        For columns of the register, what they are called in the file. Homes: household, county, village, formerly_poor, labor
        (whether there is labor force; may be absent), known_date. Members: person, household, from_date, to_date (blank: until
        now; may be absent), known_date.
    known_after
        Of members: days after from_date on which a row is taken as known, where the file has no date of that.
    """

    id: Literal["homes", "members"]
    file: str | None = None
    table: str | None = None
    columns: Mapping[str, str]
    known_after: int | None = None

    def __post_init__(self) -> None:
        one_of(self.id, ("homes", "members"), who="RegisterTable id")
        who = f"register.{self.id}"
        comes_in(self.file, self.table, who=who)
        object.__setattr__(self, "columns", MappingProxyType(dict(self.columns)))
        known_columns(self.columns, tuple(self._reads), who=who)
        lacking = [name for name in self._reads if name not in (*self.columns, *MAY_LACK, "known_date")]
        if lacking:
            raise SpecError(f"{who} has no column '{lacking[0]}'", do="say what it is called in the file")
        if self.id == "homes" and self.known_after is not None:
            raise SpecError("known_after is not for register.homes", do="leave it out, and name the column known_date")
        known_on(self.columns, self.known_after, who=who)

    @property
    def _reads(self) -> dict[str, Reads]:
        return HOMES if self.id == "homes" else MEMBERS

    @property
    def layout(self) -> tuple[Column, ...]:
        """Its columns as the door reads them."""
        return tuple(
            Column(name=name, given=given, reads=self._reads[name], needed=name not in MAY_LACK, domain=KEYS.get(name))
            for name, given in self.columns.items()
        )

    @property
    def kinds(self) -> dict[str, Kind]:
        """Its columns in the store, with their kinds."""
        return {name: KIND[reads] for name, reads in self._reads.items()} | DELIVERED

    @property
    def place(self) -> str:
        """Its folder in the store."""
        return f"register/{self.id}"

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns of which a row needs one; each is needed anyway."""
        return ("household",)


Delivered = Source | RegisterTable


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterSource:
    """Where the register comes from: its homes, and its members where there are records of persons."""

    homes: RegisterTable
    members: RegisterTable | None = None

    @property
    def tables(self) -> tuple[RegisterTable, ...]:
        """The tables it has."""
        return (self.homes,) if self.members is None else (self.homes, self.members)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What a file declares: sources, the register, and the environment variable that says where PostgreSQL is."""

    sources: tuple[Source, ...]
    register: RegisterSource
    database: str | None = None

    @property
    def tables(self) -> tuple[Delivered, ...]:
        """Everything that is delivered, the register first."""
        return (*self.register.tables, *self.sources)


def read_sources(path: str | Path) -> tuple[Source, ...]:
    """The departmental tables that a TOML file declares.

    Raises
    ------
    SpecError
        With file and line: a key that is not known, a source twice, a standard column that is none, a source without keys.

    Examples
    --------
    >>> from evalkit.datasets import folder
    >>> [source.id for source in read_sources(folder() / "monitor" / "sources.toml")][:3]
    ['medical', 'civil_affairs', 'disability']
    """
    return read_declared(path).sources


def read_declared(path: str | Path) -> Declared:
    """The sources and the register that a TOML file declares; see `read_sources`."""
    from evalkit.monitor.sources.form import SourcesForm  # pydantic is slow to import, and only files need it
    from evalkit.panel.form import read_form

    declared: Declared = read_form(Path(path), SourcesForm).build()
    return declared
