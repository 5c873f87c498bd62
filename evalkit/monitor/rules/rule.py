"""What every rule says: its id, name, channel and level, where it was read, and thresholds that counties have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, TypeAlias

from evalkit.check import instance, many, one_of, shown, whole
from evalkit.errors import SpecError
from evalkit.monitor.rules.thresholds import Limits, by_name
from evalkit.terms import Text

Channel = Literal["income", "shock", "guarantee"]
Value: TypeAlias = bool | int | str

CHANNELS = ("income", "shock", "guarantee")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What every rule says beside its condition.

    Parameters
    ----------
    id
        A word that stays the same from one version of the rules to the next.
    name
        As it is printed.
    channel
        "income", "shock" or "guarantee": what the signal is about.
    level
        How urgent it is: 1 most, 3 least.
    source, confidence
        Where the threshold was read, and how far that can be relied on.
    counties
        The rule holds in these only; none: everywhere.
    """

    KIND: ClassVar[str] = ""
    #: Whether it needs all deliveries of its months, so that nothing is concluded from records that never came.
    NEEDS_MONTHS: ClassVar[bool] = False
    #: Whether it looks at incomes: then only homes that draw on what never came are left unjudged, and not their whole county.
    ON_INCOME: ClassVar[bool] = False

    id: str
    name: Text
    channel: Channel
    level: int = 2
    source: Text = Text("", "")
    confidence: str = "own"
    counties: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        word(self.id, who="a rule's id")
        for told in ("name", "source"):
            instance(getattr(self, told), Text, who=f"{self.called} {told}", do='write Text("…", "…")')
        one_of(self.channel, CHANNELS, who=f"{self.called} channel")
        whole(self.level, who=f"{self.called} level", most=3)
        word(self.confidence, who=f"{self.called} confidence")
        object.__setattr__(self, "counties", words(self.counties, who=f"{self.called} counties", least=0))

    @property
    def called(self) -> str:
        """The rule, as messages name it."""
        return f"rule '{self.id}'"

    @property
    def tables(self) -> tuple[str, ...]:
        """The sources it reads, beside those of income."""
        return ()


class Exact(Protocol):
    """Makes a whole number of a threshold, or refuses it."""

    def __call__(self, value: float, /, *, who: str) -> int:
        """The whole number."""
        ...


def limits_of(rule: Rule, standard: float | None, by_county: Mapping[str, float], exact: Exact) -> Limits:
    """The threshold of a rule in whole numbers, for all and by county."""
    own = by_name(by_county, who=f"{rule.called} by_county")
    return Limits(
        standard=None if standard is None else exact(standard, who=f"{rule.called} threshold"),
        by_county={county: exact(value, who=f"{rule.called} by_county '{county}'") for county, value in own.items()},
    )


def word(value: object, *, who: str) -> None:
    """Refuse what is no word."""
    if not isinstance(value, str) or not value.strip():
        raise SpecError(f"{who} must be a word", found=shown(value), do='write it in quotes, such as "medical"')


def words(value: object, *, who: str, least: int = 1) -> tuple[str, ...]:
    """Words in a tuple or a list, none twice."""
    found = many(value, who=who, do='write ("medical",)')
    for one in found:
        word(one, who=who)
    if len(found) < least or len(set(found)) < len(found):
        what, do = f"{who} must be one at least, and each once", 'write ("medical",)'
        if not least:
            what, do = f"{who} must name each once", "take out what is there twice"
        raise SpecError(what, found=shown(value), do=do)
    return found


def values(values: object, *, who: str) -> tuple[Value, ...]:
    """States: all flags, all whole numbers or all words."""
    found = many(values, who=who, do='write (False,) or ("C", "D")')
    if not found or len({type(value) for value in found}) > 1 or not isinstance(found[0], bool | int | str):
        do = 'write (False,) or ("C", "D")'
        raise SpecError(f"{who} must be flags, whole numbers or words, one at least", found=shown(values), do=do)
    return found
