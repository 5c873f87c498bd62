"""What columns of departmental tables may be, and what a declaration of them must say."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from evalkit.check import one_of, shown, whole
from evalkit.errors import SpecError, did_you_mean, several
from evalkit.panel.cells import MISSING
from evalkit.panel.checks.measure_words import header_measure, times_off
from evalkit.panel.pseudonyms import Domain
from evalkit.terms import same

if TYPE_CHECKING:
    from evalkit.monitor.engine.base import Kind

Unit = Literal["yuan", "fen", "ten_thousand_yuan"]
Refresh = Literal["month", "quarter", "half_year", "year", "event"]
Covers = Literal["event", "month", "year"]
Expects = Literal["every_county", "none"]
Reads = Literal["key", "date", "money", "flag", "word", "integer"]

FEN: dict[Unit, int] = {"fen": 1, "yuan": 100, "ten_thousand_yuan": 1_000_000}
CALLED: dict[int, str] = {1: "分", 100: "元", 1_000_000: "万元"}  # by fen, how tables call the units of amounts
MONTHS: dict[Refresh, int] = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}  # of a refresh period; an event has none
LATEST = 3660  # days after which nothing more becomes known
STANDARD = ("household", "person", "number", "event_date", "known_date", "amount", "county")
KEYS: dict[str, Domain] = {"household": "household", "person": "person", "number": "record"}
KIND: dict[Reads, Kind] = {
    "key": "integer",
    "date": "date",
    "money": "integer",
    "flag": "flag",
    "word": "word",
    "integer": "integer",
}
YES = ("true", "1", "1.0", "yes", "y", "t", "是", "有")
NO = ("false", "0", "0.0", "no", "n", "f", "否", "无")


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A column that says how things stand: a flag, a word among those declared, or a whole number.

    Parameters
    ----------
    kind
        "flag", "word" or "integer".
    among
        What it may be; words must say it, so that no other text comes through the door.
    column
        What the column is called in the file, where it is called otherwise.
    yes, no
        Further words of the file that stand for true and false.
    """

    kind: Literal["flag", "word", "integer"]
    among: tuple[str | int, ...] = ()
    column: str | None = None
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        one_of(self.kind, ("flag", "word", "integer"), who="State kind")
        wanted = {"word": str, "integer": int, "flag": type(None)}[self.kind]
        if any(not isinstance(one, wanted) or isinstance(one, bool) for one in self.among):
            do = "list whole numbers for an integer, words for a word, nothing for a flag"
            raise SpecError(f"a state of kind '{self.kind}' cannot be these", found=several(map(repr, self.among)), do=do)
        if self.kind == "word" and not self.among:
            raise SpecError("a state of words needs the words it may be", do='write among = ["A", "B"]')
        if self.kind != "flag" and (self.yes or self.no):
            raise SpecError("only a flag has words for yes and no", found=f"kind '{self.kind}'", do="leave yes and no out")
        self._has_words()

    def _has_words(self) -> None:
        """Refuse words that are read as blank cells, that are the same once read, and that stand for both yes and no."""
        among, yes, no = ([as_meant(str(one)) for one in part] for part in (self.among, self.yes, self.no))
        if unread := [word for word in (*among, *yes, *no) if word.casefold() in MISSING]:
            do = "leave it out: such a cell is blank"
            raise SpecError("a state has a word that is read as a blank cell", found=f"'{unread[0]}'", do=do)
        if len(set(among)) < len(among):
            raise SpecError("a state has a value twice", found=several(map(repr, self.among)), do="name each once")
        true, false = ({word.casefold() for word in part} for part in (yes, no))
        if (both := true & false) or bool(true & set(NO)) != bool(false & set(YES)):
            found = f"'{min(both or true & set(NO) or false & set(YES))}'"
            do = "name it under one, and under the other what stands for the contrary"
            raise SpecError("a flag has a word that stands for both yes and no", found=found, do=do)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column as the door reads it: its name in the store and in the file, and how its cells are read.

    A row without a value of a `needed` column is set aside. Of an event a month (`part` "month") or a year counts as its first
    day.
    """

    name: str
    given: str
    reads: Reads
    needed: bool = False
    domain: Domain | None = None
    fen: int = 100
    part: Covers = "event"
    state: State | None = None


def as_meant(text: str) -> str:
    """A word as it is compared: without blanks about it and the width of its letters, a whole number without a point.

    Examples
    --------
    >>> as_meant(" Ａ "), as_meant("2.0")
    ('A', '2')
    """
    return re.sub(r"^(\d+)\.0+$", r"\1", unicodedata.normalize("NFKC", text).strip())


def comes_in(file: str | None, table: str | None, *, who: str) -> None:
    """Refuse what comes neither in files nor in a table, or in both, or in files outside the folder of deliveries."""
    if file is not None and not str(file).strip():
        raise SpecError(f"the files of {who} have no name", found=repr(file), do='write a pattern, such as "medical*"')
    for given in (file, table):
        if given is not None and not isinstance(given, str):
            raise SpecError(
                f"{who} comes in what has no name", found=shown(given), do='write file = "…" or table = "schema.table"'
            )
    if (file is None) == (table is None):
        raise SpecError(f"{who} must come either in files or in a table", do="name one of the two: file or table")
    pattern = Path(file or "x")
    if pattern.is_absolute() or ".." in pattern.parts or not pattern.parts:
        raise SpecError(f"the files of {who} must lie in the folder of deliveries", found=repr(file), do="leave out .. and /")
    if table is not None and not all(table.split(".")):
        raise SpecError(f"the table of {who} has no name", found=repr(table), do='write "schema.table"')


def known_columns(columns: Mapping[str, str], standard: tuple[str, ...], *, who: str) -> None:
    """Refuse columns that are not standard, have no name in the file, or share one."""
    for name, given in columns.items():
        if name not in standard:
            do = did_you_mean(name, standard) or f"use {', '.join(standard)}; other columns are states"
            raise SpecError(f"{who} has no standard column '{name}'", do=do)
        if not isinstance(given, str) or not given:
            raise SpecError(f"the column '{name}' of {who} has no name in the file", do="write its name in quotes")
    twice = [given for given in columns.values() if list(columns.values()).count(given) > 1]
    dates = {columns.get("event_date"), columns.get("from_date")}  # what is known on its day may be named twice
    if any(given not in dates or given != columns.get("known_date") for given in twice):
        raise SpecError(f"{who} reads a column twice", found=f"'{twice[0]}'", do="name another column")


def known_on(columns: Mapping[str, str], known_after: int | None, *, who: str) -> None:
    """Refuse what does not say when its records become known, or says it twice."""
    if ("known_date" in columns) == (known_after is not None):
        do = "name the column known_date, or the days known_after"
        raise SpecError(f"{who} must say once when a record becomes known", do=do)
    if known_after is not None:
        whole(known_after, who=f"known_after of {who}", least=0, most=LATEST)


def named_unit(given: str) -> str:
    """The unit that a column's name ends with in brackets, or else a header above it.

    Examples
    --------
    >>> named_unit("自付金额（万元）"), named_unit("金额（万元）/个人自付"), named_unit("金额（元/月）"), named_unit("自付金额")
    ('万元', '万元', '元/月', '')
    """
    return next(filter(None, map(header_measure, (given, *reversed(given.split("/"))))), "")


def contradicts(said: str, fen: int) -> bool:
    """Whether a unit, as a table names it, is of money and another than that of so many fen.

    Examples
    --------
    >>> [contradicts(said, 100) for said in ("万元", "千元", "分", "元", "元/月", "人", "")]
    [True, True, True, False, False, False, False]
    """
    return bool(said) and times_off(said, same(CALLED[fen])) != 1


def declare(said: str) -> str:
    """What to do where a table names a unit of amounts that is not the declared one."""
    unit = next((unit for unit, fen in FEN.items() if not contradicts(said, fen)), None)
    if unit is None:
        return "have amounts delivered in yuan, fen or ten thousand yuan, and called so"
    return f'if amounts are in {said}, write unit = "{unit}"; if not, have the table corrected'


def is_id(name: Any, who: str) -> None:
    """Refuse an id that is no small word."""
    if not isinstance(name, str) or not name.isascii() or not name.isidentifier() or name != name.lower():
        found, do = repr(name)[:40], 'use a word such as "medical"'
        raise SpecError(f"the id of {who} must be small letters, digits and _", found=found, do=do)
