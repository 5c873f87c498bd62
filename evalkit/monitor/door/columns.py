"""How cells are read at the door: keys become pseudonyms, money whole fen, dates days, states flags, words or whole numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.identifiers import direct_identifier
from evalkit.monitor.door.rules import Refusal
from evalkit.monitor.sources.columns import NO, YES, Column, Covers, as_meant
from evalkit.panel.cells import LONG as TOO_LONG
from evalkit.panel.cells import MISSING, read_numbers
from evalkit.panel.keys import called_totals
from evalkit.panel.pseudonyms import pseudonym_numbers
from evalkit.stats.arrays import Array, Mask

LARGER = 30  # times at least, amounts of another unit are larger or smaller than the same in the declared one
MOST = 2**53  # whole numbers up to here are exact in every file format
LONG = 1e10  # from here on a figure may be a telephone or an identity number
NOBODY = MISSING | {"无", "不详", "未知", "空", "unknown"}  # written where there is no key
CELL_FEN = {
    "元": 100, "yuan": 100, "rmb": 100, "cny": 100, "¥": 100, "分": 1, "百元": 10_000, "千元": 100_000, "万元": 1_000_000,
    "亿元": 10_000_000_000,
}  # fmt: skip
_WORDY = r"计|^\D*$"  # what may be called a total; keys have digits, and are many
_LOST = r"[+-]?\d(?:\.\d+)?[eE]\+?\d+"
_DAY = re.compile(
    r"((?:19|20|21)\d\d)\s*([-/.年])\s*(\d{1,2})\s*(?:\2|月)\s*(\d{1,2})\s*日?(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
)
_DIGITS = re.compile(r"((?:19|20|21)\d\d)(\d\d)(\d\d)(?:\.0)?")
_MONTH = re.compile(r"((?:19|20|21)\d\d)(?:\s*[-/.年]\s*(\d{1,2})\s*月?|(\d\d)(?:\.0)?)")
_TENTH = re.compile(r"\d{4}\.1")  # as a spreadsheet shows the number 2024.10
_YEAR = re.compile(r"((?:19|20|21)\d\d)(?:\.0)?\s*年?度?")

Places = NDArray[np.intp]


class Read(NamedTuple):
    """A column read: its values, missing where a cell is blank or cannot be read, and the positions against each rule."""

    values: Any
    against: dict[str, Places]
    rounded: int = 0


def read_column(cells: pd.Series, column: Column, key: bytes) -> Read:
    """A column of a file as the store holds it.

    Raises
    ------
    Refusal
        A column that is to hold states or places holds identity or telephone numbers.
    """
    match column.reads:
        case "key":
            return _keys(cells, column, key)
        case "date":
            return _dates(cells, column.part)
        case "money":
            return _money(cells, column)
        case "integer":
            return _integers(cells, column)
        case "flag":
            return _flags(cells, column)
        case _:
            return _words(cells, column)


def _keys(cells: pd.Series, column: Column, key: bytes) -> Read:
    """Keys as pseudonyms; a number written as 5.3E+17, or too long for a spreadsheet, has lost digits and is none."""
    assert column.domain is not None
    text = cells.astype("str")
    long = np.array([isinstance(cell, float) and abs(cell) >= TOO_LONG for cell in cells.to_numpy(object)], dtype=bool)
    lost = long | text.str.fullmatch(_LOST).fillna(value=False).to_numpy(dtype=bool)
    totals = text.str.contains(_WORDY).fillna(value=False).to_numpy(dtype=bool, copy=True)
    totals[totals] = np.isin(np.arange(totals.sum()), called_totals(cells[totals]))
    text = text.str.replace(r"^(\d+)\.0+$", r"\1", regex=True)
    plain = text.str.strip()
    nobody = plain.str.lower().isin(NOBODY) | plain.str.fullmatch("0+").fillna(value=False)
    numbers = pseudonym_numbers(text.mask(nobody.to_numpy(dtype=bool) | lost), key, column.domain)
    return Read(numbers, _against(key_digits=lost, total_row=totals))


def _dates(cells: pd.Series, part: Covers) -> Read:
    """Days; where a month or a year is meant, also these, as their first day."""
    if cells.dtype.kind == "M" and getattr(cells.dtype, "tz", None) is None:
        days = cells.dt.floor("D").astype("datetime64[us]")
        strange = (days.notna() & ~days.dt.year.between(1900, 2199)).to_numpy()
        return Read(days.mask(strange), _against(date_unreadable=strange))
    which, distinct = pd.factorize(cells.to_numpy(object), use_na_sentinel=True)
    blank = np.array([_blank(one) for one in distinct] + [True])
    read = [None if _blank(one) else read_day(one, part) for one in distinct] + [None]
    days = np.array([one or "NaT" for one in read], dtype="datetime64[us]")[which]
    strange = np.isnat(days) & ~blank[which]
    return Read(pd.Series(days, index=cells.index), _against(date_unreadable=strange))


def read_day(cell: object, part: Covers = "event") -> date | None:
    """The day that a cell means, or None; the time of day is left aside, and nothing is guessed: 2024.1 may have been 2024.10.

    Examples
    --------
    >>> [str(read_day(cell)) for cell in ("2024-6-1", "２０２４年６月１日", "20240601", 20240601.0, "2024-06-01 08:30:00")]
    ['2024-06-01', '2024-06-01', '2024-06-01', '2024-06-01', '2024-06-01']
    >>> [read_day(cell) for cell in ("2024-02-30", "1.6.2024", "06/01/24", 45444.0, "2024-06")]
    [None, None, None, None, None]
    >>> str(read_day("202406", "month")), str(read_day("2024年", "year")), read_day("2024.1", "month")
    ('2024-06-01', '2024-01-01', None)
    """
    plain = unicodedata.normalize("NFKC", str(cell)).strip().strip("'")
    whole = _DAY.fullmatch(plain)
    if whole:
        return _day(whole[1], whole[3], whole[4])
    if found := _DIGITS.fullmatch(plain):
        return _day(found[1], found[2], found[3])
    if part == "month" and not _TENTH.fullmatch(plain) and (found := _MONTH.fullmatch(plain)):
        return _day(found[1], found[2] or found[3], "1")
    if part == "year" and (found := _YEAR.fullmatch(plain)):
        return _day(found[1], "1", "1")
    return None


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _money(cells: pd.Series, column: Column) -> Read:
    """Whole fen; a unit that stands in a cell is that cell's own."""
    values, strange, units = _figures(cells)
    fen = column.fen
    if fen > 1:  # no home is paid ten billion yuan; so many fen may be money
        long = np.flatnonzero(np.abs(values) >= LONG)
        strange[long[[direct_identifier(str(cell)) for cell in cells.to_numpy(object)[long]]]] = True
    scale = np.full(len(cells), float(fen))
    unit = np.zeros(len(cells), dtype=bool)
    for name, at in units.items():
        scale[at] = CELL_FEN.get(name.lower(), np.nan)
        unit[at] = name.lower() not in CELL_FEN
        if CELL_FEN.get(name.lower(), fen) != fen:
            _no_other_size(values, units, at, column)
    exact = values * scale
    whole = np.rint(exact)
    strange |= np.isfinite(values) & ~unit & ~(np.abs(whole) < MOST)
    known = np.isfinite(whole) & ~strange & ~unit
    rounded = int((np.abs(exact[known] - whole[known]) > 1e-6 * np.maximum(1.0, np.abs(whole[known]) * 1e-6)).sum())
    return Read(_integer(whole, known), _against(amount_unreadable=strange, amount_unit=unit), rounded)


def _no_other_size(values: Array, units: dict[str, Places], at: Places, column: Column) -> None:
    """Refuse a delivery in which bare amounts are of the size of those that name another unit: they may be in it, too."""
    bare = np.isfinite(values) & (values != 0)
    bare[np.concatenate([*units.values()])] = False
    small, large = sorted(np.median(np.abs(some)) for some in (values[at], values[bare])) if bare.any() else (0.0, 0.0)
    if large < LARGER * small:
        what = f"some cells of '{column.given}' name another unit than is declared, and bare ones may be in it"
        raise Refusal("unit_contradicts", what, do="have all of them in one unit, and declare it")


def _integers(cells: pd.Series, column: Column) -> Read:
    """Whole numbers, of those that are declared where some are."""
    values, strange, units = _figures(cells)
    for at in units.values():  # "3人" is 3
        strange[at] |= ~np.isfinite(values[at])
    whole = np.isfinite(values) & (np.rint(values) == values) & (np.abs(values) < MOST)
    strange |= np.isfinite(values) & ~whole
    _no_identifiers(pd.unique(cells.to_numpy(object)[strange | (np.abs(values) >= LONG)]), column)
    among = column.state.among if column.state is not None else ()
    other = whole & ~np.isin(values, np.array(among, dtype=float)) if among else np.zeros(len(cells), dtype=bool)
    return Read(_integer(values, whole & ~other), _against(not_whole=strange, not_among=other))


def _flags(cells: pd.Series, column: Column) -> Read:
    """True and false, by the words for them."""
    own = column.state
    said = dict.fromkeys(NO, False) | dict.fromkeys(YES, True)
    for words, means in ((own.no, False), (own.yes, True)) if own else ():
        said |= {as_meant(word).casefold(): means for word in words}
    read, strange = _coded(cells, lambda text: said.get(text.casefold()), column)
    values = np.array([one is True for one in read], dtype=bool)
    missing = np.array([one is None for one in read], dtype=bool)
    return Read(pd.arrays.BooleanArray(values, missing), _against(flag_unreadable=strange))


def _words(cells: pd.Series, column: Column) -> Read:
    """Words, of those that are declared where some are; names of places where none are."""
    among = None if column.state is None else {as_meant(str(one)): str(one) for one in column.state.among}
    read, strange = _coded(cells, lambda text: text if among is None else among.get(text), column, every=among is None)
    return Read(pd.array(read, dtype="str"), _against(not_among=strange))


def _coded(cells: pd.Series, code: Callable[[str], Any], column: Column, *, every: bool = False) -> tuple[NDArray[Any], Mask]:
    """What each cell stands for, and where it stands for nothing though it is not blank."""
    which, distinct = pd.factorize(cells.to_numpy(object), use_na_sentinel=True)
    texts = [None if _blank(one) else as_meant(str(one)) for one in distinct]
    coded = [None if text is None else code(text) for text in texts]
    unknown = [text is not None and one is None for text, one in zip(texts, coded, strict=True)]
    _no_identifiers((text for text, odd in zip(texts, unknown, strict=True) if text is not None and (odd or every)), column)
    values = np.array([*coded, None], dtype=object)[which]
    return values, np.array([*unknown, False], dtype=bool)[which]


def _no_identifiers(values: Iterable[object], column: Column) -> None:
    """Refuse a delivery that has identity or telephone numbers where none belong."""
    if any(direct_identifier(str(value)) for value in values):
        what = f"the column '{column.given}' holds identity or telephone numbers"
        raise Refusal("identifier", what, do=f"it is declared as '{column.name}': name the column that holds that")


def _figures(cells: pd.Series) -> tuple[Array, Mask, dict[str, Places]]:
    """Figures, where a cell is none though it is not blank, and the units that stand in cells; true and false are no figures."""
    if cells.dtype.kind in "iuf":
        values = cells.to_numpy(dtype=np.float64, na_value=np.nan)
        return values, np.isinf(values), {}
    read = read_numbers(cells.astype(object))
    strange = np.array([isinstance(cell, bool | np.bool_) for cell in cells.to_numpy(object)], dtype=bool)
    strange[read.unreadable] = True
    values = np.where(strange, np.nan, read.values)
    return values, strange | np.isinf(values), read.units


def _integer(values: Array, known: Mask) -> pd.arrays.IntegerArray:
    return pd.arrays.IntegerArray(np.where(known, values, 0).astype(np.int64), ~known)


def _blank(cell: object) -> bool:
    return str(cell).strip().casefold() in MISSING


def _against(**masks: Mask) -> dict[str, Places]:
    return {rule: np.flatnonzero(mask) for rule, mask in masks.items() if mask.any()}
