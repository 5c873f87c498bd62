"""What was found against a rule: where, how often, what was there; and the refusal that lists it all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.errors import DataError, nearest, sentence
from evalkit.identifiers import direct_identifier, masked
from evalkit.panel.rules.rules import RULES, Severity
from evalkit.terms import Text

SHOWN = 20  # places, values and problems printed before the rest is only counted
LISTED = 5000  # places kept for a file of problems
ALL = Text(
    "列出全部问题：evalkit audit {file} --study 设定文件 --out problems.csv",
    "list every problem with: evalkit audit {file} --study STUDY --out problems.csv",
)
SOME = Text("逐项改正后再运行", "correct them one by one, and run again")


class Listed(str):
    """The first of many, as they are printed, with `every` one of them beside it."""

    __slots__ = ("every",)
    every: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One breach of one rule in one column: how often, where (the first of them), and what was there."""

    rule: str
    severity: Severity
    message: Text
    column: str = ""
    count: int = 1
    where: str = ""
    found: str = ""
    places: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """The finding as a line of an error: what, what to do, and the rule's id."""
        return f"{sentence(self.message.en)} To do: {RULES[self.rule].do.en} [{self.rule}]"


def finding(rule: str, *, severity: Severity | None = None, **parts: object) -> Finding:
    """What was found against a rule, its message filled in with `column`, `count`, `where`, `found` and what else it says.

    Numbers of persons are masked, wherever they stand.

    Examples
    --------
    >>> finding("constant_column", column="income", count=4, found="5").message.en
    "all 4 values of 'income' are 5"
    """
    parts = {"column": "", "count": 1, "where": "", "found": ""} | parts
    places = tuple(map(masked, getattr(parts["where"], "every", ())))
    parts = {name: masked(part) if isinstance(part, str) else part for name, part in parts.items()}
    found, count = parts["found"], int(str(parts["count"]))
    return Finding(
        rule=rule,
        severity=severity or RULES[rule].severity,
        message=RULES[rule].says.format(
            **parts | {"where": Text(in_chinese(str(parts["where"])), str(parts["where"])), "count": f"{count:,}"}
        ),
        column=str(parts["column"]),
        count=count,
        where=str(parts["where"]),
        found=found.en if isinstance(found, Text) else str(found),
        places=places,
    )


def in_chinese(where: str) -> str:
    """Places in Chinese: the rows of a file that has no letters for its columns."""
    return re.sub(r"\brows? (\d+(?:, \d+)*)", r"第\1行", where)


def absent(names: Sequence[str], have: Sequence[str], **more: Any) -> Finding:
    """Columns that are not there in one finding, each with the nearest that is, out of those that hold nothing else wanted.

    Examples
    --------
    >>> absent(["incom", "roads"], ["income", "beds"]).message.en
    "there is no column 'incom' (did you mean 'income'?), 'roads'"
    >>> absent(["roads"], ["income", "beds"]).message.en
    "there is no column 'roads'; there are income, beds"
    """
    near = {name: nearest(name, have) for name in names}
    found = Text(
        listing([f"“{name}”（是否为“{other}”？）" if other else f"“{name}”" for name, other in near.items()]),
        listing([f"'{name}' (did you mean '{other}'?)" if other else f"'{name}'" for name, other in near.items()]),
    )
    others = Text("；现有列：{have}", "; there are {have}").format(have=listing(have, 8))
    column = names[0] if len(names) == 1 else ""
    tell = others if have and not any(near.values()) and not any(map(direct_identifier, have)) else ""
    return finding("missing_column", column=column, count=len(names), found=found, others=tell, **more)


def listing(items: Sequence[object], most: int = SHOWN, total: int | None = None) -> Listed:
    """The first of many in words of no language, and how many more there are.

    Examples
    --------
    >>> listing(["J5", "J19", "J31"], most=2)
    'J5, J19, … (+1)'
    """
    more = (len(items) if total is None else total) - min(most, len(items))
    text = ", ".join(str(item) for item in items[:most])
    listed = Listed(f"{text}, … (+{more:,})" if more else text)
    listed.every = tuple(map(str, items[:LISTED]))
    return listed


def shown(value: object) -> str:
    """A value as it may be printed: short, and with numbers of persons masked.

    Examples
    --------
    >>> shown("约300"), shown("13812345678"), shown(85.25)
    ("'约300'", "'***'", '85.25')
    """
    if isinstance(value, float):
        return f"{value:,.6g}"
    text = masked(str(value))
    return f"'{text}'" if len(text) <= 40 else f"'{text[:37]}…'"


def refusal(findings: Iterable[Finding], *, where: str, homes: bool = False) -> DataError:
    """One error that lists every defect, the first twenty in full; a file of `homes` is none that the audit of panels reads."""
    wrong = [item for item in findings if item.severity == "defect"]
    every = SOME if homes else ALL.format(file=where.partition(" › ")[0])
    if len(wrong) == 1:
        told = DataError(wrong[0].message.en, where=where, do=f"{RULES[wrong[0].rule].do.en} [{wrong[0].rule}]")
        told.zh = f"{where}：{_line_zh(wrong[0])}"
        if wrong[0].count > SHOWN:
            told.do, told.zh = f"{told.do}; {every.en}", f"{told.zh}{every.zh}"
        return told
    lines = [f"\n  - {item.line}" for item in wrong[:SHOWN]]
    more = f"\n  and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
    told = DataError(f"{len(wrong)} problems:{''.join(lines)}{more}", where=where, do=every.en)
    more = f"\n  另有 {len(wrong) - SHOWN} 处" if len(wrong) > SHOWN else ""
    told.zh = (
        f"{where}：{len(wrong)} 处问题：" + "".join(f"\n  - {_line_zh(item)}" for item in wrong[:SHOWN]) + more + f"\n{every.zh}"
    )
    return told


def _line_zh(item: Finding) -> str:
    """A finding as a line of an error, in Chinese."""
    return f"{item.message.zh}。处理：{RULES[item.rule].do.zh}。[{item.rule}]"
