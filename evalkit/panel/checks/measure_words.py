"""Units of measure as people write them: of what, how large, and how many times one is larger than another."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from math import prod
from typing import NamedTuple

from evalkit.terms import Text

_BRACKETS = re.compile(r"[(\[]\s*([^()\[\]]+?)\s*[)\]]\s*$")
_WHOSE = "".join(
    f"(?<!{who})" for who in ("填报", "报送", "上报", "编制", "制表", "主管", "责任", "帮扶", "经办", "工作", "所在")
)
_LINE = re.compile(rf"{_WHOSE}单位\s*:\s*([^\s,、;)]+)\s*\)?\s*$|\bunits?\s*:\s*([^,;)]+?)\s*\)?\s*$", re.IGNORECASE)
_SCALES = {"十": 10.0, "百": 100.0, "千": 1e3, "万": 1e4, "亿": 1e8}
_WORDS = {
    "yuan": "元",
    "rmb": "元",
    "cny": "元",
    "percent": "%",
    "pct": "%",
    "百分比": "%",
    "km": "千米",
    "kg": "千克",
    "ha": "公顷",
}
_KINDS: Mapping[str, tuple[str, float]] = {
    **{"角": ("元", 0.1), "分": ("元", 0.01), "公里": ("米", 1e3), "里": ("米", 500.0), "公斤": ("克", 1e3), "斤": ("克", 500.0)},
    **{
        "吨": ("克", 1e6),
        "公顷": ("平方米", 1e4),
        "亩": ("平方米", 1e4 / 15),
        "平方公里": ("平方米", 1e6),
        "平方千米": ("平方米", 1e6),
    },
    **{"%": ("share", 0.01), "‰": ("share", 0.001)},
}


class Measure(NamedTuple):
    """A unit of measure: of what, and how large; below the bar likewise, where there is one."""

    kind: str
    size: float
    below: tuple[str, float] | None = None


def header_measure(name: str) -> str:
    """The unit that a header names in brackets at its end.

    Examples
    --------
    >>> header_measure("农业产值（万元）"), header_measure("income")
    ('万元', '')
    """
    match = _BRACKETS.search(unicodedata.normalize("NFKC", name))
    return match[1] if match else ""


def line_measure(text: str) -> str:
    """The unit that a line above a table names for all of it.

    Examples
    --------
    >>> line_measure("计量单位：万元"), line_measure("单位：万元、人"), line_measure("填报单位：甲县"), line_measure("表1")
    ('万元', '', '', '')
    """
    match = _LINE.search(unicodedata.normalize("NFKC", text).strip())
    return (match[1] or match[2] or "") if match else ""


def measure(unit: str) -> Measure:
    """A unit as written, taken apart.

    Examples
    --------
    >>> measure("万元"), measure("张/千人")
    (Measure(kind='元', size=10000.0, below=None), Measure(kind='张', size=1.0, below=('人', 1000.0)))
    """
    above, _, below = unicodedata.normalize("NFKC", unit).strip().casefold().partition("/")
    return Measure(*_part(above), _part(below) if below else None)


def _part(unit: str) -> tuple[str, float]:
    """Of what a part of a unit is, and how large."""
    counted = re.fullmatch(r"(10+|1(?:,000)+|10{1,2}(?:,000)+)\s*(.+)", unit)
    size, unit = (float(counted[1].replace(",", "")), counted[2]) if counted else (1.0, unit.strip())
    unit = _WORDS.get(unit, unit)
    while unit[:1] in _SCALES and len(unit) > 1 and unit not in _KINDS and not unit.startswith("百分"):
        size, unit = size * _SCALES[unit[0]], unit[1:]
    kind, times = _KINDS.get(unit, (unit, 1.0))
    return kind, size * times


def _scale(unit: str) -> float:
    """How many the scale words at the head of a unit are."""
    head = re.match(f"(?!百分)[{''.join(_SCALES)}]*", unit)
    return prod(_SCALES[word] for word in head[0]) if head else 1.0


def times_off(said: str, wanted: Text) -> float:
    """How many times larger the unit that a file names is than the declared one; 1: the same, or not to be compared.

    Examples
    --------
    >>> times_off("万元", Text("元", "yuan")), times_off("元", Text("万元", "10,000 yuan")), times_off("户", Text("元", "yuan"))
    (10000.0, 0.0001, 1.0)
    >>> times_off("张/千人", Text("张/万人", "beds per 10,000")), times_off("元/人", Text("元", "yuan"))
    (10.0, 1.0)
    >>> times_off("万", Text("元", "yuan")), times_off("万", Text("万人", "10,000 people"))
    (10000.0, 1.0)
    """
    if said and set(said) <= set(_SCALES):  # a bare 万: so many of what is wanted
        return float(f"{_scale(said) / _scale(wanted.zh or wanted.en):.12g}")
    here, there = measure(said), measure(wanted.zh or wanted.en)
    if here.kind != there.kind:
        return 1.0
    times = here.size / there.size
    if here.below and there.below and here.below[0] == there.below[0]:
        times *= there.below[1] / here.below[1]
    return float(f"{times:.12g}")
