"""How a set of rules is written down in a TOML file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from evalkit import datasets
from evalkit.errors import SpecError, did_you_mean
from evalkit.monitor.rules.rules import KINDS, Rule, RuleSet
from evalkit.monitor.rules.unfit import unfit
from evalkit.monitor.sources.sources import Source
from evalkit.panel.form import Form, Words, read_form, whereabouts
from evalkit.terms import Text

Value = bool | int | str
LOW_LINE, LOW_SPENT = 100, 1  # yuan: below these a threshold was meant in ten thousands
HIGH_SHARE = 10  # from here on a share was meant in percent


class RuleForm(Form):
    """`[[rule]]` of a file: what its `kind` takes, see `KINDS`, and nothing else."""

    id: str
    kind: str
    name: Words
    channel: str
    level: int = 2
    source: Words = Text("", "")
    confidence: str = "own"
    counties: tuple[str, ...] = ()
    records: str | tuple[str, ...] = ()
    line: float | None = None
    multiple: float = 1.0
    share: float = 0.0
    least: float = 0.0
    over: str = ""
    who: str = "all"
    strict: bool = False
    no_record: str = "not_judged"
    column: str = ""
    among: tuple[Value, ...] = ()
    where: Mapping[str, tuple[Value, ...]] = Field(default_factory=dict)
    each: str = "home"
    months: int | None = None
    before: int = 3
    by_county: Mapping[str, float] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits(self) -> RuleForm:
        if self.kind not in KINDS:
            raise ValueError(f"'{self.kind}' is no kind of rule; use one of {', '.join(KINDS)}{_hint(self.kind, KINDS)}")
        taken = {field.name: field for field in fields(KINDS[self.kind])}
        strange = sorted(self._given - set(taken))
        if strange:
            known = [name for name in taken if name not in Rule.__slots__]
            raise ValueError(f"'{strange[0]}' is no key of kind '{self.kind}', which takes {', '.join(known)}")
        self._in_its_unit()
        try:
            self.build()
        except SpecError as wrong:
            raise ValueError(wrong) from None
        except TypeError:  # a key that the kind cannot do without
            needed = ("records", "least", "share", "column", "among")
            absent = [name for name in needed if name in taken and name not in self._given]
            raise ValueError(f"a rule of kind '{self.kind}' needs {', '.join(absent)}") from None
        return self

    def _in_its_unit(self) -> None:
        """Refuse money that is too little to be in yuan (0 of spending is every record), and shares that are percentages."""
        if self.kind == "spending_share" and (
            high := [one for one in (self.share, *self.by_county.values()) if one >= HIGH_SHARE]
        ):
            raise ValueError(f"{high[0]:g} is too high a share of the income: write 0.4, and not 40 (%)")
        counties = self.by_county.values() if self.kind in ("income_below", "spending_above") else ()
        low, figures = (LOW_LINE, (self.line, *counties)) if self.kind == "income_below" else (LOW_SPENT, (self.least, *counties))
        if small := [figure for figure in figures if figure is not None and 0 < figure < low]:
            raise ValueError(f"{small[0]:g} is too low a threshold in yuan: write 8700, and not 0.87 (万元)")

    def build(self) -> Rule:
        """The rule that it declares."""
        return KINDS[self.kind](**{name: getattr(self, name) for name in sorted(self._given)})

    @property
    def _given(self) -> set[str]:
        """The keys that are written in the file, without the kind."""
        return set(self.model_fields_set) - {"kind"}


class RuleSetForm(Form):
    """A whole file."""

    id: str
    version: str
    name: Words
    valid_from: date
    source: Words = Text("", "")
    confidence: str = "own"
    example: bool = False
    range: str | None = None
    income: tuple[str, ...] = ()
    rule: tuple[RuleForm, ...] = ()

    def build(self) -> RuleSet:
        """The set that the file declares."""
        told: dict[str, Any] = {name: getattr(self, name) for name in type(self).model_fields if name != "rule"}
        return RuleSet(**told, rules=tuple(one.build() for one in self.rule))


def read_rules(path: str | Path = "rules", sources: Sequence[Source] | None = None) -> RuleSet:
    """A set of rules: the shipped example by its name, or your own TOML file.

    Parameters
    ----------
    path
        "rules" is the shipped example: thresholds that some counties and provinces have published, to be replaced by your own.
    sources
        The declared sources; with them a rule that reads an unknown source or column is refused.

    Raises
    ------
    SpecError, DataError
        The file is not there or says what it should not, with file and line.

    Examples
    --------
    >>> rules = read_rules()
    >>> rules.example, [rule.id for rule in rules.rules][:3]
    (True, ['income_low', 'income_drop', 'dibao_stopped'])
    """
    file = Path(path)
    file = file if file.suffix == ".toml" else datasets.folder() / "monitor" / f"{path}.toml"
    form = read_form(file, RuleSetForm)
    _each_once(file, form)
    try:
        rules = form.build()
    except SpecError as wrong:
        raise SpecError(wrong.what, where=wrong.where or file.name, found=wrong.found, do=wrong.do) from None
    if sources is not None:
        for place, fault in unfit(rules, sources):
            raise SpecError(fault.what, where=whereabouts(file, *place), found=fault.found, do=fault.do)
    return rules


def _each_once(file: Path, form: RuleSetForm) -> None:
    """Refuse an id that stands twice, by its second line."""
    seen = set[str]()
    for at, one in enumerate(form.rule):
        if one.id in seen:
            where = whereabouts(file, "rule", at, "id")
            raise SpecError(f"rule id '{one.id}' stands twice", where=where, do="give each rule its own id")
        seen.add(one.id)


def _hint(name: str, known: Iterable[str]) -> str:
    near = did_you_mean(name, known)
    return f". {near}" if near else ""
