"""Rules of money: an income below the line or fallen, and spending that is large, or large beside the income."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from evalkit.check import flag, one_of, shown
from evalkit.errors import SpecError
from evalkit.monitor.rules.rule import Rule, limits_of, words
from evalkit.monitor.rules.thresholds import BASIS, Limits, basis_points, fen

Over = Literal["year_to_date", "twelve_months", "month", "record", "school_year"]
Who = Literal["all", "formerly_poor", "others"]
NoRecord = Literal["not_judged", "counts_as_zero"]

OVERS = ("year_to_date", "twelve_months", "month", "record", "school_year")
WHOS = ("all", "formerly_poor", "others")
NO_RECORDS = ("not_judged", "counts_as_zero")
MOST_MULTIPLE = 10  # times the line
MOST_SHARE = 100  # times the income


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomeBelow(Rule):
    """The income of the last twelve months is below the line.

    The income of a home is compared with `line` × `multiple` × members; all are whole fen, so that a home stands exactly at the
    line or does not.

    Parameters
    ----------
    line
        Yuan a head and year; None: only the counties of `by_county` have one. A province sets it year by year.
    multiple
        Of the line: the guidance of 2020 had 1.5 times the national standard.
    strict
        Whether an income at the line is outside of the range (True) or within it.
    no_record
        Homes with no record of income in the last two years: "not_judged" (and counted), or "counts_as_zero".
    by_county
        Lines of counties that have their own.

    Examples
    --------
    >>> from evalkit.terms import Text
    >>> IncomeBelow(id="low", name=Text("低收入", "low income"), channel="income", line=8700).limits
    Limits(standard=870000, by_county={})
    """

    KIND: ClassVar[str] = "income_below"
    NEEDS_MONTHS: ClassVar[bool] = True
    ON_INCOME: ClassVar[bool] = True

    line: float | None = None
    multiple: float = 1.0
    strict: bool = False
    no_record: NoRecord = "not_judged"
    by_county: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        Rule.__post_init__(self)
        flag(self.strict, who=f"{self.called} strict")
        one_of(self.no_record, NO_RECORDS, who=f"{self.called} no_record")
        if self.line is None and not self.by_county:
            do = "write line = yuan a head and year, as your province set it for the year, or by_county"
            raise SpecError(f"{self.called} has no line", do=do)
        if not 0 < basis_points(self.multiple, who=f"{self.called} multiple") <= MOST_MULTIPLE * BASIS:
            what = f"{self.called} multiple must be above 0, and {MOST_MULTIPLE} at most"
            raise SpecError(what, found=shown(self.multiple), do="such as 1.5")
        for name, limit in _named(self.limits, "line"):
            if limit == 0:
                raise SpecError(f"{self.called} {name} must be above 0", found="0", do="write it in yuan a head and year")

    @property
    def lines(self) -> Limits:
        """The line, in fen a head."""
        return limits_of(self, self.line, self.by_county, fen)

    @property
    def limits(self) -> Limits:
        """The line times the multiple, in fen a head."""
        times, lines = basis_points(self.multiple, who=f"{self.called} multiple"), self.lines
        return Limits(
            standard=None if lines.standard is None else self._multiplied(lines.standard, times),
            by_county={county: self._multiplied(line, times) for county, line in lines.by_county.items()},
        )

    def _multiplied(self, line: int, times: int) -> int:
        if line * times % BASIS:
            found = f"{line / 100:.2f} × {self.multiple}"
            raise SpecError(
                f"{self.called} line × multiple is no whole number of fen", found=found, do="write the product as line"
            )
        return line * times // BASIS


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomeDrop(Rule):
    """The income of the last twelve months has fallen against the twelve months before, by at least a share of those.

    Parameters
    ----------
    share
        Of the income before, that was lost. No national figure says how much is a sharp drop.
    by_county
        Shares of counties that have their own.

    Examples
    --------
    >>> from evalkit.terms import Text
    >>> IncomeDrop(id="drop", name=Text("收入骤减", "a sharp drop"), channel="shock", share=0.3).limits.standard
    3000
    """

    KIND: ClassVar[str] = "income_drop"
    NEEDS_MONTHS: ClassVar[bool] = True
    ON_INCOME: ClassVar[bool] = True

    share: float
    by_county: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        Rule.__post_init__(self)
        _shares(self, self.limits, most=1)

    @property
    def limits(self) -> Limits:
        """The share, in basis points."""
        return limits_of(self, self.share, self.by_county, basis_points)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendingAbove(Rule):
    """What a home paid or lost is at least so much.

    Parameters
    ----------
    records
        Sources whose amounts count, together.
    least
        In yuan; 0: every record of a loss.
    over
        What is added up: "year_to_date", "twelve_months", "month" (the last complete one), "school_year" (from September on), or
        nothing: "record" looks at each record of the last twelve months, and of the days since, by itself.
    who
        "all" homes, the "formerly_poor", or the "others".
    strict
        Whether the amount must be more than `least` (True), or at least as much.
    by_county
        Amounts of counties that have their own.

    Examples
    --------
    >>> from evalkit.terms import Text
    >>> words = {"id": "medical", "name": Text("医疗支出", "medical costs"), "channel": "shock"}
    >>> SpendingAbove(**words, records=("medical",), least=5000, who="formerly_poor").limits.standard
    500000
    """

    KIND: ClassVar[str] = "spending_above"

    records: tuple[str, ...]
    least: float
    over: Over = "year_to_date"
    who: Who = "all"
    strict: bool = False
    by_county: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        Rule.__post_init__(self)
        object.__setattr__(self, "records", words(self.records, who=f"{self.called} records"))
        one_of(self.over, OVERS, who=f"{self.called} over")
        one_of(self.who, WHOS, who=f"{self.called} who")
        flag(self.strict, who=f"{self.called} strict")
        _ = self.limits

    @property
    def tables(self) -> tuple[str, ...]:
        """The sources it reads."""
        return self.records

    @property
    def limits(self) -> Limits:
        """The amount, in fen."""
        return limits_of(self, self.least, self.by_county, fen)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendingShare(Rule):
    """What a home paid or lost in the last twelve months is at least a share of its income of the same months.

    Parameters
    ----------
    records
        Sources whose amounts count, together.
    share
        Of the income; an income below 0 counts as none.
    least
        Yuan below which the share does not matter.
    no_record
        Homes with no record of income in the last two years: "not_judged" (and counted), or "counts_as_zero".
    by_county
        Shares of counties that have their own.

    Examples
    --------
    >>> from evalkit.terms import Text
    >>> words = {"id": "burden", "name": Text("刚性支出", "rigid spending"), "channel": "shock"}
    >>> SpendingShare(**words, records=("medical", "education"), share=0.4, least=3000).floor
    300000
    """

    KIND: ClassVar[str] = "spending_share"
    NEEDS_MONTHS: ClassVar[bool] = True
    ON_INCOME: ClassVar[bool] = True

    records: tuple[str, ...]
    share: float
    least: float = 0
    no_record: NoRecord = "not_judged"
    by_county: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        Rule.__post_init__(self)
        object.__setattr__(self, "records", words(self.records, who=f"{self.called} records"))
        one_of(self.no_record, NO_RECORDS, who=f"{self.called} no_record")
        _ = self.floor
        _shares(self, self.limits, most=MOST_SHARE)

    @property
    def tables(self) -> tuple[str, ...]:
        """The sources it reads, beside those of income."""
        return self.records

    @property
    def floor(self) -> int:
        """The least amount, in fen."""
        return fen(self.least, who=f"{self.called} least")

    @property
    def limits(self) -> Limits:
        """The share, in basis points."""
        return limits_of(self, self.share, self.by_county, basis_points)


def _named(limits: Limits, key: str) -> Iterator[tuple[str, int]]:
    """Thresholds with what a file calls them: the key of the one for all, and the counties."""
    if limits.standard is not None:
        yield key, limits.standard
    yield from ((f"by_county '{county}'", limit) for county, limit in limits.by_county.items())


def _shares(rule: Rule, limits: Limits, *, most: int) -> None:
    """Refuse shares of 0, and those above a most."""
    for name, limit in _named(limits, "share"):
        if not 0 < limit <= most * BASIS:
            what = f"{rule.called} {name} must be above 0, and {most} at most"
            raise SpecError(what, found=f"{limit / BASIS}", do="such as 0.3")
