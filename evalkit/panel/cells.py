"""What is written in a cell: numbers, years and codes out of the many ways people write them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.check import at_rows
from evalkit.errors import DataError

MISSING = frozenset({"", "-", "--", "---", "—", "——", "–", "...", "......", ".", "..", "/", "na", "n/a", "nan", "null", "none"})

_PLAIN = r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_GROUPED = r"[1-9]\d{0,2}(?P<between>[, ])\d{3}(?:(?P=between)\d{3})*(?:\.\d+)?"
_NUMBER = re.compile(rf"([¥$]?)\s*([+-]?)\s*(?:({_PLAIN})|({_GROUPED}))\s*([^\d\s.,].*)?")
_SCALE = "(?:[十百千万亿]+)?"
_WHAT = (
    "元|美元|角|分|人|户|个|家|所|台|套|辆|艘|件|张|床|册|亩|公顷|平方米|平方公里|平方千米|立方米|米|公里|千米|里|公斤|千克|克|斤|吨|升|毫克|毫米|"
    "瓦|瓦时|度|年|月|日|天|小时|分钟|岁|次|人次|人日|倍|名|位|只|头|株|条|处|座|村|县|乡|镇|项|笔|例|篇|间|幢|栋|本|部|把|袋|"
    "标准煤|%|‰|个?百分点|°C|"
    "kg|mg|g|t|km2?|m[23]?|mm|cm|ha|mu|l|kw|kwh|mw|w|h|d|yuan|rmb|cny|usd|vnd|dong|tons?|tonnes?|years?|days?|hours?|months?|"
    "persons?|people|households?|villages?|hectares?|pp|pct|percent"
)
_UNIT = re.compile(rf"{_SCALE}(?:{_WHAT})?(?:[/每·]{_SCALE}(?:{_WHAT}))*", re.IGNORECASE)
_YEAR = re.compile(r"(\d{4})(?:\.0*)?\s*年?度?")
_WAVE = re.compile(r"(\d{1,9})(?:\.0*)?\s*年?度?")
_WIDE = re.compile(r"[\uff01-\uff5e\u3000]")
_RAISED = re.compile(r"(?<![^\W\d_])[\u00b2\u00b3\u00b9\u2070-\u209c\u2460-\u24ff\u2776-\u2793\u3251-\u325f\u32b1-\u32bf]")
_UNSEEN = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_WRITTEN = {ord(sign): str(digit) for digit, signs in enumerate(("〇零○", *"一二三四五六七八九")) for sign in signs}
LONGEST = 200  # letters of a code or a name, and of a figure
_SIMPLE = re.compile(r"[\w#/:-]*", re.ASCII)  # codes that are read as they are
LONG = 1e15  # a spreadsheet keeps fifteen digits of a number
YEARS = (1900, 2100)  # what is outside is no year of these data, but two of its four digits, or one too many


class Cell(NamedTuple):
    """One cell read: its number (NaN where missing), the unit written in it, and what was repaired."""

    value: float
    unit: str = ""
    repairs: tuple[str, ...] = ()
    readable: bool = True


UNREADABLE = Cell(np.nan, readable=False)


def read_cell(text: str, missing: Collection[str] = ()) -> Cell:
    """The number that a cell's text means, or an unreadable cell; nothing is guessed.

    Full-width characters, thousands separators and a unit behind the number are understood; the unit is handed back,
    never applied, so a percentage stays a percentage. A date, a range, a decimal comma, a raised or ringed figure, what is too
    small or too large to be held, or a word is not a number.

    Examples
    --------
    >>> read_cell("１，２３４．５").value
    1234.5
    >>> read_cell("3.5万元")[:2], read_cell("85.2%")[:2]
    ((3.5, '万元'), (85.2, '%'))
    >>> [read_cell(text).readable for text in ("约300", "1.234,5", "2016-05-01", "12,34")]
    [False, False, False, False]
    >>> [read_cell(text).readable for text in ("12345²", "③", "1e-400", "1e400")]
    [False, False, False, False]
    """
    plain = unseen(unicodedata.normalize("NFKC", text)).replace("\u2212", "-").strip()
    if plain.casefold() in MISSING or text.strip() in missing or plain in missing:
        return Cell(np.nan, repairs=("missing_marker",))
    if len(text) > LONGEST or (match := _NUMBER.fullmatch(plain)) is None or _RAISED.search(text):
        return UNREADABLE
    money, sign, simple, grouped, tail = match[1], match[2], match[3], match[4], match[6] or ""
    unit = (tail or money).strip()
    if tail and (money or not _UNIT.fullmatch(unit)):
        return UNREADABLE
    digits = simple or re.sub("[, ]", "", grouped)
    wide = _WIDE.search(text) or not digits.isascii()
    repairs = [name for name, hit in (("full_width", wide), ("thousands", grouped), ("unit_in_cell", unit)) if hit]
    value = float(sign + digits)
    lost = value == 0 and re.search("[1-9]", digits.partition("e")[0].partition("E")[0])
    return Cell(value, unit, tuple(repairs)) if np.isfinite(value) and not lost else UNREADABLE


def unseen(text: str) -> str:
    """A text without the characters that no one sees: of no width, of direction, marks of byte order.

    Examples
    --------
    >>> unseen("5301\u200b11\ufeff")
    '530111'
    """
    return text if text.isascii() else _UNSEEN.sub("", text)


def unit_word(text: str) -> bool:
    """Whether a word is a unit of measure, as it may stand behind a number.

    Examples
    --------
    >>> unit_word("万元"), unit_word("约")
    (True, False)
    """
    return _UNIT.fullmatch(unicodedata.normalize("NFKC", text)) is not None


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """A column read as numbers.

    `values` has NaN for missing and for unreadable cells; `unreadable` are the positions of the latter; `units` gives for
    each unit written in cells the positions that carry it; `repairs` the positions of each kind of repair.
    """

    values: NDArray[np.float64]
    unreadable: NDArray[np.intp]
    units: dict[str, NDArray[np.intp]] = field(default_factory=dict)
    repairs: dict[str, NDArray[np.intp]] = field(default_factory=dict)


_NONE = np.empty(0, dtype=np.intp)


def read_numbers(column: pd.Series, missing: Collection[str] = ()) -> Numbers:
    """A column of cells as found (texts, floats, None) read as numbers; only texts that are no plain number cost time.

    Examples
    --------
    >>> read_numbers(pd.Series(["1,200 元", 13.0, None, "—"], dtype=object)).values
    array([1200.,   13.,   nan,   nan])
    """
    if pd.api.types.is_float_dtype(column.dtype):
        values, unreadable = column.to_numpy(np.float64, copy=True), _NONE
        return _without(Numbers(values, unreadable), missing)
    found = column.to_numpy(object)
    coarse = np.asarray(pd.to_numeric(column.astype(object), errors="coerce"), dtype=np.float64)
    plain = np.isfinite(coarse)
    zeros = np.flatnonzero(coarse == 0)
    plain[zeros] = [not isinstance(cell, str) for cell in found[zeros]]  # a text may have been too small to be held
    values = np.full(len(found), np.nan)
    values[plain] = found[plain].astype(np.float64)  # Python's own conversion: the nearest double, as printed
    rest = np.flatnonzero(~plain & ~column.isna().to_numpy())
    if not rest.size:
        return _without(Numbers(values, _NONE), missing)
    which, distinct = pd.factorize(found[rest])
    cells = [read_cell(text, missing) if isinstance(text, str) else UNREADABLE for text in distinct]
    values[rest] = np.array([cell.value for cell in cells])[which]

    def at(chosen: list[bool]) -> NDArray[np.intp]:
        return rest[np.array(chosen, dtype=bool)[which]]

    units = {unit: at([cell.unit == unit for cell in cells]) for unit in dict.fromkeys(cell.unit for cell in cells) if unit}
    kinds = dict.fromkeys(name for cell in cells for name in cell.repairs)
    repairs = {kind: at([kind in cell.repairs for cell in cells]) for kind in kinds}
    return _without(Numbers(values, at([not cell.readable for cell in cells]), units, repairs), missing)


def _without(numbers: Numbers, missing: Collection[str]) -> Numbers:
    """The numbers with those taken out that the user says mean missing, such as -999; 100% is none but where the % is written."""
    marks = [cell for cell in map(read_cell, missing) if cell.readable and not np.isnan(cell.value)]
    if not marks:
        return numbers
    marked = np.isin(numbers.values, [mark.value for mark in marks if not mark.unit])
    for unit, at in numbers.units.items():
        marked[at] |= np.isin(numbers.values[at], [mark.value for mark in marks if mark.unit == unit])
    numbers.values[marked] = np.nan
    before = numbers.repairs.get("missing_marker", _NONE)
    repairs = numbers.repairs | ({"missing_marker": np.union1d(before, np.flatnonzero(marked))} if marked.any() else {})
    return Numbers(numbers.values, numbers.unreadable, numbers.units, repairs)


def read_years(column: pd.Series, *, waves: bool = False) -> Numbers:
    """A column read as whole years from 1900 to 2100: 2016, 2016.0, "2016年", "二〇一六年"; anything else is unreadable.

    With `waves` any whole number will do: surveys number theirs.

    Examples
    --------
    >>> read_years(pd.Series(["2016年", 2017.0, "２０１８", "二〇一九年", "20", 106.0], dtype=object)).values
    array([2016., 2017., 2018., 2019.,   nan,   nan])
    """
    found = column.to_numpy(object)
    values = np.full(len(found), np.nan)
    which, distinct = pd.factorize(found, use_na_sentinel=True)
    years = np.array([_year(value, waves=waves) for value in distinct] or [np.nan], dtype=np.float64)
    known = which >= 0
    values[known] = years[which[known]]
    texts = np.array([isinstance(value, str) and not value.strip().isascii() for value in distinct] or [False])
    repairs = {"year_text": np.flatnonzero(known & texts[which] & ~np.isnan(values))}
    blank = np.array([isinstance(value, str) and value.strip().casefold() in MISSING for value in distinct] or [False])
    return Numbers(
        values, np.flatnonzero(known & np.isnan(values) & ~blank[which]), repairs={k: v for k, v in repairs.items() if v.size}
    )


def _year(value: object, *, waves: bool) -> float:
    if isinstance(value, str):
        match = (_WAVE if waves else _YEAR).fullmatch(unseen(unicodedata.normalize("NFKC", value)).strip().translate(_WRITTEN))
        year = float(match[1]) if match and not _RAISED.search(value) else np.nan
    else:
        year = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else np.nan
    return year if (waves or YEARS[0] <= year <= YEARS[1]) and year.is_integer() else np.nan


def read_codes(column: pd.Series) -> tuple[pd.Series, NDArray[np.intp]]:
    """A column read as text codes or names, leading zeros kept, and the positions of numbers turned into text.

    Examples
    --------
    >>> read_codes(pd.Series([110000.0, "010101", " 甲县 "], dtype=object))[0].tolist()
    ['110000', '010101', '甲县']
    """
    which, distinct = pd.factorize(column.to_numpy(object), use_na_sentinel=True)
    texts = np.array([_code(value) for value in distinct] + [None], dtype=object)  # position -1, the last, is missing
    numeric = np.array([not isinstance(value, str) for value in distinct] + [False])
    return pd.Series(texts[which], index=column.index, name=column.name, dtype=object), np.flatnonzero(numeric[which])


def _code(value: object) -> str | None:
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    text = unseen(unicodedata.normalize("NFKC", str(value))).strip().removeprefix("'")
    return re.sub(r"^(\d+)\.0+$", r"\1", text) or None


def written_once(which: NDArray[np.intp], codes: Iterable[object], *, who: str) -> None:
    """Refuse codes of homes that read the same once blanks and full-width letters are out: one home would count as two.

    `which` says at which place among the `codes` the code of each row stands.

    Examples
    --------
    >>> written_once(np.array([0, 1, 1]), ["1", "2"], who="this")
    """
    every = list(codes)
    if all(not isinstance(code, str) or _SIMPLE.fullmatch(code) for code in every):
        return
    read = pd.Series([_code(code) if isinstance(code, str) else code for code in every], dtype=object)
    if (again := read.duplicated(keep=False).to_numpy()).any():
        what = f"{who}: codes of homes differ in blanks or wide letters alone"
        raise DataError(what, where=at_rows(again[which]), do="write each code in one way, such as by .str.strip()")


def single_precision(column: pd.Series) -> bool:
    """Whether figures are stored in fewer than 64 bits and those do not tell them exactly: fractions, and what is too large.

    Examples
    --------
    >>> [single_precision(pd.Series(x, dtype="float32")) for x in ([1.0, 12588.0], [0.1, 0.2])]
    [False, True]
    >>> [single_precision(pd.Series([0.1, 0.2], dtype=kind)) for kind in ("float[pyarrow]", ">f4", "Sparse[float32]")]
    [True, True, True]
    """
    kind = column.dtype.subtype if isinstance(column.dtype, pd.SparseDtype) else column.dtype
    kind = getattr(kind, "numpy_dtype", kind)  # what pandas and Arrow call otherwise
    digits = {"float16": 2**11, "float32": 2**24}.get(kind.name)
    if digits is None:
        return False
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    values = values[np.isfinite(values)]
    return bool(((values != np.rint(values)) | (np.abs(values) > digits)).any())
