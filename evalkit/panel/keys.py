"""Units and periods of a file: rows without a key, keys that stand twice, codes that were spoilt, totals among the units."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.panel.cells import LONG, LONGEST, MISSING, unseen
from evalkit.panel.findings import Finding, finding, listing, shown
from evalkit.panel.layout import Layout
from evalkit.panel.raw import RawTable
from evalkit.terms import Text

_OF = "grand|sub|sample|group|overall|un|weighted|simple|arithmetic|annual|regional|national|provincial|municipal|county|city"
_TOTAL = re.compile(
    r"(?:.*(?:合计|总计|小计|共计|总和|汇总)|其中[:：]?.*|.*(?:平均(?:水平|值|数)?|均值|均数|中位[数值])|"
    r"(?:全(?:[国省市县区州体]|样本)|各(?:省|市|县|区|州|地区?))?(?:总(?:数|量|体)|整体|全部)|全[国省市县区州体]|"
    rf"(?:{_OF})*(?:totals?|sums?|averages?|means?|medians?)(?:values?|levels?|figures?|(?:of|for|over|across)[a-z]+)?|"
    r"wholecountry|all(?:counties|provinces|units|regions|places)?)",
    re.IGNORECASE,
)
_SUM = re.compile(r".*(?:合计|总计|小计|共计)|(?:grand|sub)?totals?|sum", re.IGNORECASE)  # no group is called so
_ASIDE = re.compile(r"[(（\[].*?[)）\]]|[\s:：_*-]")
_SHORT = (5, 8, 11)  # one digit less than codes of counties, of townships and of villages have
_REGION = (6, 9, 12)
_POWER = re.compile(r"\d(?:\.\d+)?[eE]\+?\d+")


def keyed_rows(raw: RawTable, frame: pd.DataFrame, layout: Layout) -> tuple[NDArray[np.bool_], list[Finding]]:
    """Which rows have a key of their own, and what is wrong with the keys."""
    unit, period = layout.unit, layout.period
    if unit is None or period is None or unit not in frame or period not in frame:
        return np.zeros(len(frame), dtype=bool), _totals(raw, frame, layout) if unit in frame else []
    findings = list[Finding]()
    years = frame[period].to_numpy()
    nameless = frame[unit].isna().to_numpy() | _means_nothing(raw.frame[unit], words=False)
    blank = nameless | ((raw.frame[period].isna().to_numpy() | _means_nothing(raw.frame[period])) & np.isnan(years))
    if blank.any():
        at = np.flatnonzero(blank)
        findings.append(
            finding("missing_key", count=len(at), where=listing([_lacking(raw, row, unit, period) for row in at.tolist()]))
        )
    findings += _totals(raw, frame, layout)
    known = ~(nameless | np.isnan(years))
    keys = pd.MultiIndex.from_arrays([frame[unit].to_numpy(object)[known], years[known]])
    again = np.zeros(len(frame), dtype=bool)
    again[known] = keys.duplicated()
    if again.any():
        findings.append(_twice(raw, frame, keys, known, layout))
    for group in (group for group in layout.groups if group in frame):
        if where := _moved(raw, frame.loc[known], unit, group):
            findings.append(finding("group_changes", column=group, count=len(where), where=listing(where)))
    if layout.name is not None and layout.name in frame:
        findings += _names(frame.loc[known], unit, layout.name, period)
    return known & ~again, findings


def _means_nothing(cells: pd.Series, *, words: bool = True) -> NDArray[np.bool_]:
    """Which cells hold what stands for a missing value, such as —, and of `words` NA: among codes, it may be one."""
    which, distinct = pd.factorize(cells.to_numpy(object))
    texts = [cell.strip().casefold() if isinstance(cell, str) else "0" for cell in distinct]
    return np.array([*(text in MISSING and (words or not re.search("[a-z]", text)) for text in texts), False])[which]


def _lacking(raw: RawTable, row: int, *columns: str) -> str:
    """The row of a key that is not whole, with what stands there for a missing value."""
    cells = [raw.frame[column].iloc[row] for column in columns]
    stood = [shown(cell.strip()) for cell in cells if isinstance(cell, str) and cell.strip().casefold() in MISSING - {""}]
    return f"row {raw.rows[row]}" + (f" ({', '.join(stood)})" if stood else "")


def _moved(raw: RawTable, known: pd.DataFrame, unit: str, group: str) -> list[str]:
    """Units that are of several groups, each with the rows in which it is of another than in most of its rows."""
    distinct = known[[unit, group]].drop_duplicates()
    moved = known[known[unit].isin(distinct[unit][distinct[unit].duplicated()])]
    named = moved[group].fillna("")
    other = named != named.groupby(moved[unit]).transform(lambda held: Counter(held).most_common(1)[0][0])
    rows = pd.Series(raw.rows[moved.index[other]], index=moved[unit][other]).groupby(level=0, sort=False).agg(list)
    return [f"{key} (row{'s' if len(at) > 1 else ''} {listing(at, 6)})" for key, at in rows.items()]


def called_totals(cells: pd.Series) -> NDArray[np.intp]:
    """The positions of cells that are called totals, whatever their column holds.

    Examples
    --------
    >>> called_totals(pd.Series(["H001", "合 计", None, 7.0, "Total:", "合作社"], dtype=object))
    array([1, 4])
    """
    which, distinct = pd.factorize(cells.to_numpy(object))
    called = np.array([*(isinstance(cell, str) and _called(cell, _SUM) for cell in distinct), False])  # the last: missing
    return np.flatnonzero(called[which])


def _called(name: object, pattern: re.Pattern[str]) -> bool:
    return len(str(name)) <= LONGEST and pattern.fullmatch(_ASIDE.sub("", unicodedata.normalize("NFKC", str(name)))) is not None


def spoilt_codes(raw: RawTable, unit: str, codes: pd.Series) -> list[Finding]:
    """Codes of units that a spreadsheet turned into numbers: without their zero, or with a power of ten for their last digits."""
    long = [isinstance(cell, float) and abs(cell) >= LONG for cell in raw.frame[unit].to_numpy(object)]
    powers = np.flatnonzero(codes.str.fullmatch(_POWER).fillna(value=False).to_numpy(bool) | np.array(long, dtype=bool))
    if powers.size:
        some = listing(list(codes.iloc[powers].unique()), 5)
        return [finding("code_in_powers", column=unit, count=len(powers), found=some, where=raw.where(unit, powers))]
    return _zeros(raw, unit, codes)


def long_codes(raw: RawTable, column: str) -> list[Finding]:
    """Codes and names that are too long to be any: a text, or several cells in one."""
    at = np.flatnonzero([isinstance(cell, str) and len(cell) > LONGEST for cell in raw.frame[column].to_numpy(object)])
    return [finding("long_code", column=column, count=len(at), found=LONGEST, where=raw.where(column, at))] if at.size else []


def unseen_signs(raw: RawTable, column: str) -> list[Finding]:
    """Cells of keys and names from which signs that no one sees were taken out."""
    cells = raw.frame[column].to_numpy(object)
    at = np.array([isinstance(cell, str) and (unseen(cell) != cell or cell[:1] == "'") for cell in cells], dtype=bool)
    where = np.flatnonzero(at)
    return [finding("unseen_signs", column=column, count=len(where), where=raw.where(column, where))] if where.size else []


def _twice(raw: RawTable, frame: pd.DataFrame, keys: pd.MultiIndex, known: NDArray[np.bool_], layout: Layout) -> Finding:
    """The rows that share their unit and period, grouped."""
    rows = pd.Series(raw.rows[known], index=keys)[keys.duplicated(keep=False)]
    groups = rows.groupby(level=[0, 1], sort=False).agg(list)
    where = [f"{key[0]} {key[1]:.0f} (rows {listing(at, 6)})" for key, at in zip(groups.index.tolist(), groups, strict=True)]
    same_figures = bool(frame.loc[known].duplicated().sum() == keys.duplicated().sum())
    found = Text("完全相同", "identical") if same_figures else Text("数值不同", "with different figures")
    return finding("duplicate_rows", column=str(layout.unit), count=len(groups), where=listing(where), found=found)


def _zeros(raw: RawTable, unit: str, codes: pd.Series) -> list[Finding]:
    """Codes that are a digit shorter than the others, or than codes of regions are: as if a leading zero was lost."""
    every = pd.Series(codes.dropna().unique(), dtype=object)
    distinct = every[every.str.fullmatch(r"\d+").astype(bool)]
    if 2 * len(distinct) <= len(every):
        return []
    lengths = distinct.str.len()
    longest = lengths.max()
    if longest >= 5 and set(lengths) == {longest, longest - 1}:
        rule, short = "lost_leading_zeros", distinct[lengths < longest]
    elif distinct.str.startswith("0").any():
        return []
    else:
        rule, short = "short_codes", distinct[lengths.isin(_SHORT)]
    where = raw.where(unit, np.flatnonzero(codes.isin(short)))
    return [finding(rule, column=unit, count=len(short), found=listing(list(short), 5), where=where)] if len(short) else []


def _totals(raw: RawTable, frame: pd.DataFrame, layout: Layout) -> list[Finding]:
    """Rows that are called totals, and codes of regions that hold others."""
    findings = list[Finding]()
    for column in (column for column in (layout.unit, layout.name, *layout.groups) if column and column in frame):
        names = pd.Series(frame[column].dropna().unique(), dtype=object)
        sums = names[[_called(name, _SUM if column in layout.groups else _TOTAL) for name in names]]
        at = np.union1d(np.flatnonzero(frame[column].isin(sums)), raw.totals.get(column, np.empty(0, dtype=np.intp)))
        if at.size:
            found = "***" if raw.personal else listing(list(sums), 5)
            findings.append(finding("total_row", column=column, count=len(at), found=found, where=raw.where(column, at)))
        elif column == layout.unit and (whole := _wholes(names)):
            at = np.flatnonzero(frame[column].isin(whole))
            findings.append(
                finding("whole_region", column=column, count=len(whole), found=listing(whole, 5), where=raw.where(column, at))
            )
    return findings or _named_as_group(raw, frame, layout)


def _named_as_group(raw: RawTable, frame: pd.DataFrame, layout: Layout) -> list[Finding]:
    """Rows that are called as a group of which there are other rows, such as a city among its counties."""
    for column in (column for column in (layout.unit, layout.name) if column and column in frame):
        called = frame[column].to_numpy(object)
        own = {g: (called == frame[g].to_numpy(object)) & frame[g].notna().to_numpy() for g in layout.groups if g in frame}
        at = [np.flatnonzero(same & frame[g].isin(frame[g][~same]).to_numpy()) for g, same in own.items()]
        if (rows := np.unique(np.concatenate([*at, np.empty(0, dtype=np.intp)]))).size:
            some, where = list(pd.unique(called[rows])), raw.where(column, rows)
            return [finding("whole_region", column=column, count=len(some), found=listing(some, 5), where=where)]
    return []


def _wholes(codes: pd.Series) -> list[str]:
    """Codes of regions, such as 530000, that begin others, such as 530111."""
    digits = [str(code) for code in codes if str(code).isdigit()]
    if not digits or len({len(code) for code in digits}) > 1 or len(digits[0]) not in _REGION:
        return []
    heads = {head for code in digits for head in (code[:2], code[:4], code[:6], code[:9]) if head.ljust(len(code), "0") != code}
    ends = {code: re.sub(r"(?:000|00)+$", "", code) for code in digits}
    return [code for code, end in ends.items() if len(end) < len(code) and end in heads]


def _names(frame: pd.DataFrame, unit: str, name: str, period: str) -> list[Finding]:
    """Units whose name changes over the periods, and names that several units bear."""
    named = frame[[unit, name, period]].dropna(subset=[name])
    pairs = named[[unit, name]].drop_duplicates()
    findings = list[Finding]()
    changed = pairs.loc[pairs[unit].duplicated(keep=False)].groupby(unit, sort=False)[name].agg(list)
    if len(changed):
        where = listing([f"{key}: {' → '.join(map(str, each))}" for key, each in changed.items()])
        findings.append(finding("name_changes", column=name, count=len(changed), where=where))
    shared = (
        pairs.loc[~pairs[unit].isin(changed.index) & pairs[name].duplicated(keep=False)].groupby(name, sort=False)[unit].agg(list)
    )
    if len(shared):
        where = listing([f"{key}: {listing(each, 4)}" for key, each in shared.items()])
        findings.append(finding("name_shared", column=name, count=len(shared), where=where))
    return findings
