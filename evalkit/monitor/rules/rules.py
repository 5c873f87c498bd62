"""A set of rules: data with a version, a source and a day from which it holds; read from a file, never built in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from evalkit.check import flag, instance, many, shown
from evalkit.errors import SpecError, did_you_mean, several
from evalkit.monitor.rules.money import IncomeBelow, IncomeDrop, SpendingAbove, SpendingShare
from evalkit.monitor.rules.rule import Rule, word, words
from evalkit.monitor.rules.states import State, StateLost, Stopped
from evalkit.terms import Text

__all__ = [
    "KINDS", "IncomeBelow", "IncomeDrop", "Rule", "RuleSet", "SpendingAbove", "SpendingShare", "State", "StateLost", "Stopped",
]  # fmt: skip

KINDS: dict[str, type[Rule]] = {
    kind.KIND: kind for kind in (IncomeBelow, IncomeDrop, SpendingAbove, SpendingShare, State, StateLost, Stopped)
}
OF_INCOME = (IncomeBelow, IncomeDrop, SpendingShare)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """The rules of a place and a time.

    Parameters
    ----------
    id, version
        Which set this is; both travel with every signal.
    name
        As it is printed.
    valid_from
        The day from which it holds.
    rules
        In the order in which they are told; no id stands twice.
    income
        The sources that are income: payments, and yearly figures that stand for a year.
    source, confidence
        Where it comes from, and how far that can be relied on.
    range
        Id of the `IncomeBelow` that is the range of monitoring, which parts the three kinds of homes; None: the only one.
    example
        Whether it only shows how rules are written: then every answer says so.

    Examples
    --------
    >>> low = IncomeBelow(id="low", name=Text("低收入", "low income"), channel="income", line=8700)
    >>> words = {"id": "own", "version": "1", "name": Text("规则", "rules"), "valid_from": date(2024, 1, 1)}
    >>> RuleSet(**words, rules=(low,), income=("employment",)).the_range.id
    'low'
    """

    id: str
    version: str
    name: Text
    valid_from: date
    rules: tuple[Rule, ...]
    income: tuple[str, ...] = ()
    source: Text = Text("", "")
    confidence: str = "own"
    range: str | None = None
    example: bool = False

    def __post_init__(self) -> None:
        for told in ("id", "version", "confidence"):
            word(getattr(self, told), who=f"RuleSet {told}")
        for told in ("name", "source"):
            instance(getattr(self, told), Text, who=f"RuleSet {told}", do='write Text("…", "…")')
        if not isinstance(self.valid_from, date) or isinstance(self.valid_from, datetime):
            raise SpecError("RuleSet valid_from must be a day", found=shown(self.valid_from), do="write date(2024, 1, 1)")
        flag(self.example, who="RuleSet example")
        object.__setattr__(self, "income", words(self.income, who="RuleSet income", least=0))
        object.__setattr__(self, "rules", many(self.rules, who="RuleSet rules", do="write (IncomeBelow(…), …)"))
        self._sound()

    def _sound(self) -> None:
        """Refuse rules that are none, ids that stand twice, a range that is none, and rules of income without income."""
        if not self.rules:
            raise SpecError("RuleSet rules must be one at least", do="write (IncomeBelow(…), …)")
        for rule in self.rules:
            instance(rule, Rule, who="each of RuleSet rules", do=f"use one of {', '.join(KINDS)}")
        ids = [rule.id for rule in self.rules]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise SpecError(f"rule ids stand twice: {several(twice)}", do="give each rule its own id")
        if not self.income and (needy := [rule.id for rule in self.rules if isinstance(rule, OF_INCOME)]):
            raise SpecError(f"rules {several(needy)} need the sources of income", do="name them under income")
        ranges = [rule.id for rule in self.rules if isinstance(rule, IncomeBelow)]
        if self.range is None and len(ranges) > 1:
            raise SpecError(f"several rules are income_below: {several(ranges)}", do="say by range which is that of monitoring")
        if self.range is not None and self.range not in ranges:
            hint = did_you_mean(self.range, ranges)
            raise SpecError(f"range '{self.range}' is no rule of kind income_below", do=hint or "name one that is")

    @property
    def the_range(self) -> IncomeBelow | None:
        """The rule whose line is the range of monitoring; None: there is no rule of income."""
        below = [rule for rule in self.rules if isinstance(rule, IncomeBelow)]
        return next((rule for rule in below if self.range in (None, rule.id)), None)

    @property
    def tables(self) -> tuple[str, ...]:
        """Every source that it reads, each once."""
        return tuple(dict.fromkeys([*self.income, *(table for rule in self.rules for table in rule.tables)]))

    def called(self, rule: str) -> Rule:
        """The rule of an id."""
        found = next((one for one in self.rules if one.id == rule), None)
        if found is None:
            hint = did_you_mean(rule, [one.id for one in self.rules])
            raise SpecError(f"there is no rule '{rule}'", do=hint or "look at the ids of the set")
        return found
