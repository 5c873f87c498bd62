"""Which columns of a printed table are the systems, C, T, D, grade, unit and period: named, or found by their headers."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from evalkit.coupling.audit.boxes import is_missing, plain
from evalkit.errors import DataError, SpecError, did_you_mean, several
from evalkit.stats.arrays import Array

_MEANS: dict[str, re.Pattern[str]] = {
    role: re.compile("|".join(words), re.IGNORECASE)
    for role, words in {
        "d": (
            r"d",
            r"d[\s_(-].*",
            r"d\d{4}",
            r"cd",
            r"ccd[im]?",
            r".*耦合协调.*",
            r".*协调发展度.*",
            r"协调(?:度|性|系数|水平).*",
            r"协同度.*",
            r".*coordination.*",
        ),
        "c": (r"c", r"c[\s_(-].*", r"c\d{4}", r".*耦合", r".*耦合(?:度|系数|强度).*", r".*coupling.*"),
        "t": (
            r"t",
            r"t[\s_(-].*",
            r"t\d{4}",
            r".*综合(?:协调|评价|发展|调和).*t\)?",
            r".*(?:协调|调和)指数.*",
            r".*development index.*",
            r"综合(?:协调|评价|发展|调和)?(?:指数|水平|得分|度)",
            r"发展(?:指数|水平|度)",
            r"(?:comprehensive )?development",
            r"comprehensive (?:index|score|level)",
        ),
        "grade": (r".*(?:等级|类型|阶段).*", r".*\b(?:grade|level|type|class|stage)\b.*"),
        "period": (r"年份?", r"年度", r"时间", r"时期", r"year", r"period", r"time", r"date"),
    }.items()
}
_LETTER = re.compile(r".*[^A-Za-z(]\(?([cdt])\)?", re.IGNORECASE)  # a header that ends in the letter of its measure
_SYSTEM = re.compile(
    r"(?:u|f|g|h|s|x|y)[\s_]?(?:\d|[a-z])?(?:[（(].*[)）])?|[fgh]\(.*\)|.*(?:综合指数|子系统|指数|水平|index|score)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedColumns:
    """The columns of a printed table. What is not printed is None; at least two systems and one of C, T, D are needed.

    Parameters
    ----------
    systems
        The indices of the systems.
    c, t, d
        Coupling degree, development index, coordination degree.
    grade
        The label of the class of D.
    unit, period
        What the rows are about.
    limits
        The classes of D as printed, such as ".000~.090" or "extreme disorder 0-0.1".
    decimals
        How many decimals a column is printed with, where its figures do not show it.
    idle
        Columns of figures, or of C, T or D, that take no part; found, not asked.
    """

    systems: tuple[str, ...] = ()
    c: str | None = None
    t: str | None = None
    d: str | None = None
    grade: str | None = None
    unit: str | None = None
    period: str | None = None
    limits: tuple[str, ...] = ()
    decimals: tuple[tuple[str, int], ...] = ()
    idle: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for part, do in (("systems", "write systems=('U1', 'U2')"), ("limits", "write limits=('0~0.4', '0.4~1')")):
            given = getattr(self, part)
            if not isinstance(given, tuple | list) or not all(isinstance(name, str) for name in given):
                raise SpecError(f"{part} of a printed table are several texts", found=repr(given), do=do)
            object.__setattr__(self, part, tuple(given))
        for role in (*_MEANS, "unit"):
            if not isinstance(getattr(self, role), str | None):
                raise SpecError(f"{role} of a printed table must name a column", found=repr(getattr(self, role)))
        pairs = self.decimals if isinstance(self.decimals, tuple | list) else ((),)
        if not all(isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[1], int) and pair[1] >= 0 for pair in pairs):
            raise SpecError("decimals of a printed table are pairs", found=repr(self.decimals), do="write (('D', 3),)")
        if len(set(self.systems)) != len(self.systems):
            raise SpecError("a printed table has a system twice", found=several(self.systems), do="name each column once")
        if len(self.systems) == 1:
            raise SpecError("coupling needs at least two systems", found=f"'{self.systems[0]}'", do="name both: U1,U2")
        if len(self.systems) > 8:
            raise SpecError("an audit of coupling takes at most eight systems", found=f"{len(self.systems)}")

    def found_in(self, frame: pd.DataFrame) -> PrintedColumns:
        """The columns with those that are not named found by their headers.

        Raises
        ------
        DataError
            A column that was named is not there; two columns could be the same thing; no systems, or none of C, T and D.

        Examples
        --------
        >>> table = pd.DataFrame({"年份": [2020], "f(x)": [0.4], "g(x)": [0.5], "耦合度": [0.99], "耦合协调度": [0.67]})
        >>> found = PrintedColumns().found_in(table)
        >>> found.systems, found.c, found.d, found.period
        (('f(x)', 'g(x)'), '耦合度', '耦合协调度', '年份')
        """
        columns = [str(column) for column in frame.columns]
        named = {role: getattr(self, role) for role in (*_MEANS, "unit")}
        twice = sorted({name for name in columns if columns.count(name) > 1})
        if twice:
            raise DataError("the printed table has columns twice", found=several(twice), do="name them apart")
        for name in (*self.systems, *named.values(), *(name for name, _ in self.decimals)):
            if name is not None and name not in columns:
                raise DataError(f"the printed table has no column '{name}'", found=several(columns, 12), do=_hint(name, columns))
        free = [name for name in columns if name not in self.systems and name not in named.values()]
        for role, pattern in _MEANS.items():
            if named[role] is None:
                named[role] = _one(role, [name for name in free if _is(role, pattern, _last(name))], frame)
                free = [name for name in free if name != named[role]]
        words = [name for name in free if not _is_figures(frame[name]) and frame[name].notna().any()]
        figures = [name for name in free if name not in words and not _measure(name)]
        systems = self.systems or _systems(figures)
        unit = named["unit"] if named["unit"] is not None else next(iter(words), None)
        if len(systems) < 2:
            odd = [f"{name}: {_odd(frame[name])}" for name in free if _SYSTEM.fullmatch(_last(name)) and name not in systems]
            raise DataError(
                "fewer than two systems with figures in [0, 1] were found in the printed table",
                found=f"columns [{several(odd or columns, 12)}]",
                do="divide percentages by 100 and correct what is no number"
                if odd
                else "name them: systems=('U1', 'U2'), or --systems U1,U2",
            )
        idle = _idle(columns, (*systems, *named.values(), unit), frame)
        if idle and named["d"] is None:
            raise DataError(
                "the printed table has no column that is known as D, and figures whose meaning is not known",
                found=f"columns [{several(idle, 12)}]",
                do=f"say which is D, d='{idle[0]}' or --D {idle[0]}, or take the others out",
            )
        if (named["c"], named["t"], named["d"]) == (None, None, None):
            raise DataError(
                "the printed table has neither C nor T nor D",
                found=f"columns [{several(columns, 12)}]",
                do="name what it has: d='D', or --D D",
            )
        return replace(self, systems=tuple(systems), idle=idle, **{**named, "unit": unit})


def _odd(column: pd.Series) -> object:
    """The first cell that is no figure in [0, 1], or the first of all."""
    values = pd.to_numeric(column.map(plain, na_action="ignore"), errors="coerce")
    wrong = column[~values.between(0, 1) & ~column.map(is_missing).astype(bool)]
    return wrong.iloc[0] if len(wrong) else column.iloc[0]


def _idle(columns: list[str], used: tuple[str | None, ...], frame: pd.DataFrame) -> tuple[str, ...]:
    """Columns that take no part although they hold figures as an index prints them, or are headed as C, T or D."""
    free = [name for name in columns if name not in used]
    return tuple(name for name in free if (_measure(name) and not _is_grade(name, frame)) or _is_figures(frame[name]))


def _measure(name: str) -> bool:
    """Whether a header names C, T or D, be it another one than those of the audit."""
    return any(_is(role, _MEANS[role], _last(name)) for role in ("c", "t", "d"))


def _is(role: str, pattern: re.Pattern[str], header: str) -> bool:
    """Whether a header names a role; one that ends in C, D or T names that measure, whatever its words."""
    letter = _LETTER.fullmatch(header)
    if letter is not None and role in ("c", "d", "t"):
        return letter[1].lower() == role
    return pattern.fullmatch(header) is not None


def _last(name: str) -> str:
    """A header without what stands above it and without "value", in ordinary characters; Chinese words hold no blanks."""
    header = unicodedata.normalize("NFKC", name).rpartition("/")[2].strip()
    header = re.sub(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])", "", header)
    return re.sub(r"(?:[\s-]*values?|值)$", "", header, flags=re.IGNORECASE) or header


def _one(role: str, names: list[str], frame: pd.DataFrame) -> str | None:
    """The one column of a role; a header that names C, T or D over cells that cannot be read is refused, never passed over."""
    if role in ("c", "t", "d"):
        names = [name for name in names if not (_is_grade(name, frame) or frame[name].map(is_missing).all())]
        names = [name for name in names if _figures(frame[name]) is not None] or names
    if role == "period":
        names = names[:1]
    exact = [name for name in names if _last(name).lower() == role]
    names = exact if len(exact) == 1 else names
    if len(names) > 1:
        option = role.upper() if len(role) == 1 else role
        raise DataError(
            f"several columns of the printed table could be {option}",
            found=several(names),
            do=f"name one: {role}='{names[0]}', or --{option} {names[0]}",
        )
    return names[0] if names else None


def _is_grade(name: str, frame: pd.DataFrame) -> bool:
    """Whether a header that may name D names its grade instead: its cells are no figures."""
    return _MEANS["grade"].fullmatch(_last(name)) is not None and _figures(frame[name]) is None


def _is_figures(column: pd.Series) -> bool:
    """Whether a column holds figures such as an index prints: decimals, within a few units of zero."""
    values = _figures(column)
    return values is not None and bool((np.abs(values) < 10).all() and (values != np.round(values)).any())


def _figures(column: pd.Series) -> Array | None:
    """The figures of a column, if most of its cells are figures."""
    values = pd.to_numeric(column.map(plain, na_action="ignore"), errors="coerce")
    known = ~column.map(is_missing).astype(bool)
    return values.dropna().to_numpy(dtype=float) if known.any() and values[known].notna().mean() >= 0.7 else None


def _systems(figures: list[str]) -> list[str]:
    """Columns named as systems are; where fewer than two are, every column of figures that is left."""
    named = [name for name in figures if _SYSTEM.fullmatch(_last(name))]
    return named if len(named) > 1 else figures


def _hint(name: str, columns: list[str]) -> str:
    return did_you_mean(name, columns) or "name a column that is there"
