"""What a file of sources may say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from evalkit.errors import SpecError
from evalkit.monitor.sources.columns import LATEST, Covers, Expects, Refresh, State, Unit
from evalkit.monitor.sources.sources import Declared, RegisterSource, RegisterTable, Source
from evalkit.panel.form import Form, Words


class StateForm(Form):
    """`[source.states]`: one column that says how things stand."""

    kind: Literal["flag", "word", "integer"]
    among: tuple[int | str, ...] = ()
    column: str | None = None
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _sound(self) -> StateForm:
        _try(self.build)
        return self

    def build(self) -> State:
        """The state it declares."""
        return State(kind=self.kind, among=self.among, column=self.column, yes=self.yes, no=self.no)


class SourceForm(Form):
    """`[[source]]`."""

    id: str
    name: Words
    department: Words
    file: str | None = None
    table: str | None = None
    columns: dict[str, str]
    known_after: Annotated[int, Field(ge=0, le=LATEST)] | None = None
    unit: Unit = "yuan"
    refresh: Refresh
    covers: Covers = "event"
    expects: Expects = "none"
    states: dict[str, StateForm] = Field(default_factory=dict)
    ranges: dict[str, tuple[float, float]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _sound(self) -> SourceForm:
        _try(self.build)
        return self

    def build(self) -> Source:
        """The source it declares."""
        told = dict(self)
        return Source(**told | {"states": {name: state.build() for name, state in self.states.items()}})


class RegisterTableForm(Form):
    """`[register.homes]` and `[register.members]`."""

    file: str | None = None
    table: str | None = None
    columns: dict[str, str]
    known_after: Annotated[int, Field(ge=0, le=LATEST)] | None = None


class HomesForm(RegisterTableForm):
    """`[register.homes]`."""

    @model_validator(mode="after")
    def _sound(self) -> HomesForm:
        _try(self.build)
        return self

    def build(self) -> RegisterTable:
        """The table it declares."""
        return RegisterTable(id="homes", **dict(self))


class MembersForm(RegisterTableForm):
    """`[register.members]`."""

    @model_validator(mode="after")
    def _sound(self) -> MembersForm:
        _try(self.build)
        return self

    def build(self) -> RegisterTable:
        """The table it declares."""
        return RegisterTable(id="members", **dict(self))


class RegisterForm(Form):
    """`[register]`."""

    homes: HomesForm
    members: MembersForm | None = None


class DatabaseForm(Form):
    """`[database]`: the environment variable that holds the address of PostgreSQL; the address itself stands in no file."""

    variable: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class SourcesForm(Form):
    """A whole file of sources."""

    register_: RegisterForm = Field(alias="register")
    database: DatabaseForm | None = None
    source: Annotated[tuple[SourceForm, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _whole(self) -> SourcesForm:
        ids = [one.id for one in self.source]
        twice = [one for one in ids if ids.count(one) > 1]
        if twice:
            raise ValueError(f"source '{twice[0]}' is declared twice")
        tables = [self.register_.homes.table, *(one.table for one in self.source)]
        tables += [self.register_.members.table] if self.register_.members is not None else []
        if any(tables) and self.database is None:
            raise ValueError("database must say in which environment variable the address of PostgreSQL stands")
        return self

    def build(self) -> Declared:
        """What it declares."""
        homes, members = self.register_.homes, self.register_.members
        register = RegisterSource(homes=homes.build(), members=members.build() if members is not None else None)
        database = self.database.variable if self.database is not None else None
        return Declared(sources=tuple(one.build() for one in self.source), register=register, database=database)


def _try(build: Callable[[], Any]) -> None:
    """What the spec refuses is a fault of the file."""
    try:
        build()
    except SpecError as wrong:
        raise ValueError(wrong) from None
