"""Rules of states and payments: a state that should not be, one that was lost, and payments that have stopped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from evalkit.check import one_of, shown, whole
from evalkit.errors import SpecError
from evalkit.monitor.rules.rule import Rule, Value, limits_of, values, word
from evalkit.monitor.rules.thresholds import Limits

Each = Literal["home", "person"]

EACHES = ("home", "person")


@dataclass(frozen=True, slots=True, kw_only=True)
class State(Rule):
    """The newest known record of a home, or of one of its people, shows a state that should not be.

    The newest is the one of the latest event, and of several the one that became known last; where records of the same two dates
    differ, one that shows the state is enough to look at the home.

    Parameters
    ----------
    records
        The source.
    column
        Its column that holds the state.
    among
        The states that give a signal, such as (False,) or ("C", "D").
    where
        What else the newest record must show, such as {"stage": ("compulsory",)}.
    each
        Whether the newest record of a "home" counts, or that of each "person" in it.
    months
        A record speaks for so many months before the last complete one ends, and no longer; None: until the next.

    Examples
    --------
    >>> from evalkit.terms import Text
    >>> words = {"id": "water", "name": Text("饮水不安全", "unsafe water"), "channel": "guarantee"}
    >>> State(**words, records="water", column="safe", among=(False,)).each
    'home'
    """

    KIND: ClassVar[str] = "state"

    records: str
    column: str
    among: tuple[Value, ...]
    where: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    each: Each = "home"
    months: int | None = None

    def __post_init__(self) -> None:
        Rule.__post_init__(self)
        _stated(self, self.records, self.column, self.each)
        object.__setattr__(self, "among", values(self.among, who=f"{self.called} among"))
        if not isinstance(self.where, Mapping):
            raise SpecError(
                f"{self.called} where must be a table", found=shown(self.where), do='write {"stage": ("compulsory",)}'
            )
        where = {column: values(among, who=f"{self.called} where {column}") for column, among in self.where.items()}
        object.__setattr__(self, "where", where)
        if self.months is not None:
            whole(self.months, who=f"{self.called} months")

    @property
    def tables(self) -> tuple[str, ...]:
        """The source it reads."""
        return (self.records,)


@dataclass(frozen=True, slots=True, kw_only=True)
class StateLost(Rule):
    """A count was above 0 within the last months, and the newest known record says 0: nobody is at work any more.

    Parameters
    ----------
    records, column
        The source, and its column with the count.
    months
        How many complete months are looked back; records since then are looked at too.
    each
        Whether records of a "home" are compared, or those of each "person" in it.

    Examples
    --------
    >>> from evalkit.terms import Text
    >>> words = {"id": "job_loss", "name": Text("失业", "loss of work"), "channel": "shock"}
    >>> StateLost(**words, records="employment", column="at_work").months
    12
    """

    KIND: ClassVar[str] = "state_lost"
    NEEDS_MONTHS: ClassVar[bool] = True

    records: str
    column: str
    months: int = 12
    each: Each = "home"

    def __post_init__(self) -> None:
        Rule.__post_init__(self)
        _stated(self, self.records, self.column, self.each)
        whole(self.months, who=f"{self.called} months")

    @property
    def tables(self) -> tuple[str, ...]:
        """The source it reads."""
        return (self.records,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped(Rule):
    """Payments were known in the months before, and none is for the last complete months.

    Parameters
    ----------
    records
        The source of the payments.
    months
        How many complete months have gone without one.
    before
        In so many months before those there was one.
    by_county
        Months of counties that have their own.

    Examples
    --------
    >>> from evalkit.terms import Text
    >>> Stopped(id="dibao", name=Text("低保停发", "dibao stopped"), channel="income", records="civil_affairs").limits.standard
    2
    """

    KIND: ClassVar[str] = "stopped"
    NEEDS_MONTHS: ClassVar[bool] = True

    records: str
    months: int = 2
    before: int = 3
    by_county: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        Rule.__post_init__(self)
        word(self.records, who=f"{self.called} records")
        whole(self.before, who=f"{self.called} before")
        _ = self.limits

    @property
    def tables(self) -> tuple[str, ...]:
        """The source it reads."""
        return (self.records,)

    @property
    def limits(self) -> Limits:
        """How many months."""
        return limits_of(self, self.months, self.by_county, _months)


def _months(value: float, *, who: str) -> int:
    """Months as a whole number, which a file may write with a point."""
    exact = int(value) if isinstance(value, float) and value.is_integer() else value
    whole(exact, who=who)  # type: ignore[arg-type]  # that is what is checked
    return int(exact)


def _stated(rule: Rule, records: str, column: str, each: str) -> None:
    word(records, who=f"{rule.called} records")
    word(column, who=f"{rule.called} column")
    one_of(each, EACHES, who=f"{rule.called} each")
