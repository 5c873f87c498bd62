"""From cells to a panel: each column read for what it is, and every reason why a panel cannot be made of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.panel.cells import Numbers, read_codes, read_numbers, read_years
from evalkit.panel.findings import Finding, absent, finding, listing, refusal, secret, shown
from evalkit.panel.panel import Panel, Places
from evalkit.panel.raw import RawTable, below_heads, notes_of
from evalkit.terms import Text, same

_TOTAL = re.compile(
    r"(?:.*(?:合\s*计|总\s*计|小\s*计|共\s*计)|全国|全省|全市|全县|全区|全州|各地区?平均|平均值?|均值|"
    r"(?:grand |sub|regional |national )?totals?|sum|average|mean|whole country|all (?:counties|provinces|units|regions))",
    re.IGNORECASE,
)
_SECRET_NAME = re.compile(
    r"身份证|证件号|手机|电话|联系方式|银行卡|id ?card|identity (?:card|number)|phone|mobile number", re.IGNORECASE
)
_SHORT = (5, 8, 11)  # one digit less than codes of counties, of townships and of villages have


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What the columns of a file are; `unit` and `period` may be left for an audit to guess.

    A column below a merged header, "upper/lower", may be named by "lower" alone where one column only ends so; `wanted` are
    the indicators that are looked for in this way.
    """

    unit: str | None = None
    period: str | None = None
    name: str | None = None
    groups: tuple[str, ...] = ()
    weight: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """The columns that hold codes and names."""
        return tuple(column for column in (self.unit, self.name, *self.groups) if column)

    @property
    def roles(self) -> tuple[str, ...]:
        """The columns that hold no figures of indicators."""
        return tuple(column for column in (self.unit, self.period, self.name, *self.groups, self.weight) if column)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Tidied:
    """A table read for what its columns are: keys, texts and figures, and everything found on the way.

    `frame` has the row positions of the raw table as its index; `keyed` tells which of its rows have a unit and a period
    that no row before them has; `units` holds the unit written in the cells of a column.
    """

    raw: RawTable
    layout: Layout
    frame: pd.DataFrame
    figures: tuple[str, ...]
    findings: tuple[Finding, ...]
    keyed: NDArray[np.bool_]
    letters: Mapping[str, str]

    @property
    def keys(self) -> pd.MultiIndex:
        """The keys of the rows that have one of their own."""
        rows = self.frame.loc[self.keyed]
        arrays = [rows[self.layout.unit].astype(object), rows[self.layout.period].astype(np.int64)]
        return pd.MultiIndex.from_arrays(arrays, names=["unit", "period"])

    @property
    def places(self) -> Places:
        """Where those rows stand in the file."""
        return Places(pd.Series(self.raw.rows[self.keyed], index=self.keys), self.letters)

    def panel(self) -> Panel:
        """The panel, or one error with everything that keeps it from being one."""
        if any(item.severity == "defect" for item in self.findings):
            raise refusal(self.findings, where=self.raw.place)
        layout = self.layout
        assert layout.unit is not None and layout.period is not None
        panel = Panel.from_frame(
            self.frame, unit=layout.unit, period=layout.period, name=layout.name, groups=layout.groups, weight=layout.weight
        )
        return replace(
            panel,
            source=same(self.raw.place),
            fingerprint=self.raw.fingerprint,
            notes=notes_of(self.findings),
            places=self.places,
        )


def tidy(raw: RawTable, layout: Layout) -> Tidied:
    """A raw table with its columns read for what `layout` says they are; nothing is raised, all is found."""
    raw, ambiguous = _known_below(raw, layout)
    findings = [*raw.findings, *ambiguous, *_absent(raw, layout)]
    have = [column for column in raw.frame.columns if layout.columns.get(column, column)]
    columns = dict[str, pd.Series]()
    for column in (column for column in layout.texts if column in raw.frame):
        columns[column], numeric = read_codes(raw.frame[column])
        short = _zeros(raw, column, columns[column]) if column == layout.unit else []
        if numeric.size and not short:
            findings.append(finding("code_number", column=column, count=len(numeric)))
        findings += [*short, *_filled(raw, column)]
    if layout.period is not None and layout.period in raw.frame:
        findings += _filled(raw, layout.period) + _years(raw, layout.period, columns)
    figures = list[str]()
    for column in have:
        if column in layout.roles and column != layout.weight:
            continue
        target = layout.columns.get(column, column)
        if target in columns:
            findings.append(finding("duplicate_column", column=target, count=2, where=f"{target}, {column}"))
            continue
        values, found = _figures(raw, column, target, layout)
        findings += found
        if values is not None:
            columns[target] = pd.Series(values, index=raw.frame.index)
            figures += [target] if column != layout.weight else []
    frame = pd.DataFrame(columns, index=raw.frame.index)
    keyed, about_keys = _keys(raw, frame, layout)
    letters = {layout.columns.get(column, column): at for column, at in raw.letters.items()}
    return Tidied(
        raw=raw,
        layout=layout,
        frame=frame,
        figures=tuple(figures),
        findings=(*findings, *about_keys),
        keyed=keyed,
        letters=letters,
    )


def _known_below(raw: RawTable, layout: Layout) -> tuple[RawTable, list[Finding]]:
    """The table with columns "upper/lower" called "lower" where that is asked for, and what is said where several end so."""
    have = [column for column in map(str, raw.frame.columns) if column not in layout.columns]
    wanted = [name for name in layout.wanted if name not in layout.columns.values()]
    ends = {name: below_heads(have, name) for name in (*layout.roles, *layout.columns, *wanted) if name not in raw.frame}
    several = {name: columns for name, columns in ends.items() if len(columns) > 1}
    found = listing([f"'{name}' ({listing(columns, 4)})" for name, columns in several.items()])
    findings = [finding("ambiguous_column", count=len(several), found=found)] if several else []
    return raw.renamed({columns[0]: name for name, columns in ends.items() if len(columns) == 1}), findings


def _absent(raw: RawTable, layout: Layout) -> list[Finding]:
    have, named = list(map(str, raw.frame.columns)), dict.fromkeys((*layout.roles, *layout.columns))
    lacking = [name for name in named if name not in have and not below_heads(have, name)]
    free = [column for column in have if column not in named and column not in layout.wanted]
    return [absent(lacking, free)] if lacking else []


def _filled(raw: RawTable, column: str) -> list[Finding]:
    at = raw.merged.get(column, ())
    return [finding("merged_cells", column=column, count=len(at), where=raw.where(column, at))] if len(at) else []


def _some(raw: RawTable, column: str, at: NDArray[np.intp]) -> str:
    """Some of the different values at some positions of a column, masked where they are somebody's numbers."""
    if _SECRET_NAME.search(column):
        return "***"
    return listing([shown(value) for value in pd.unique(raw.frame[column].to_numpy(object)[at])[:6]], 5)


def _years(raw: RawTable, column: str, columns: dict[str, pd.Series]) -> list[Finding]:
    years = read_years(raw.frame[column])
    columns[column] = pd.Series(years.values, index=raw.frame.index)
    findings = []
    if years.unreadable.size:
        bad = years.unreadable
        findings.append(
            finding(
                "unreadable_period", column=column, count=len(bad), where=raw.where(column, bad), found=_some(raw, column, bad)
            )
        )
    if (at := years.repairs.get("year_text")) is not None:
        findings.append(finding("year_text", column=column, count=len(at), found=_some(raw, column, at)))
    return findings


def _figures(raw: RawTable, column: str, target: str, layout: Layout) -> tuple[NDArray[np.float64] | None, list[Finding]]:
    """A column read as figures, or None for a column of words, and what was found."""
    cells = raw.frame[column]
    hidden = _private(cells, column)
    if hidden:
        return None, [finding("personal_data", column=target, count=hidden)]
    numbers = read_numbers(cells, layout.missing)
    wordy = numbers.unreadable.size and np.isnan(numbers.values).all() and column != layout.weight
    if wordy and not _digits(cells, numbers.unreadable):
        return None, [
            finding("text_column", column=target, count=len(numbers.unreadable), where=_some(raw, column, numbers.unreadable[:3]))
        ]
    findings = list[Finding]()
    if numbers.unreadable.size:
        bad = numbers.unreadable
        findings.append(
            finding("unreadable_cell", column=target, count=len(bad), where=raw.where(column, bad), found=_some(raw, column, bad))
        )
    if (merged := raw.merged.get(column)) is not None and merged.size:
        findings.append(finding("merged_figures", column=target, count=len(merged), where=raw.where(column, merged)))
    values = _percent(raw, column, numbers, target, findings)
    findings += _mixed(raw, column, numbers, target)
    for kind, at in numbers.repairs.items():
        units = ", ".join(f"{unit} × {len(there):,}" for unit, there in numbers.units.items())
        found = units if kind == "unit_in_cell" else _some(raw, column, at) if kind == "missing_marker" else ""
        findings.append(finding(kind, column=target, count=len(at), found=found, where=raw.where(column, at)))
    return values, findings


def _private(cells: pd.Series, column: str) -> int:
    """How many cells are somebody's identity or telephone number, when the column is one of such numbers."""
    if pd.api.types.is_float_dtype(cells.dtype):
        whole = cells.to_numpy()[~np.isnan(cells.to_numpy())]
        mobile = (whole >= 1.3e10) & (whole < 2e10) & (whole % 1 == 0)
        return (
            int(mobile.sum())
            if whole.size and (mobile.mean() > 0.9) and (len(np.unique(whole)) > 1 and _SECRET_NAME.search(column))
            else 0
        )
    texts = [cell for cell in cells.to_numpy(object)[:1000] if isinstance(cell, str)]
    hits = sum(map(secret, texts))
    named = bool(_SECRET_NAME.search(column))
    if not hits or not (named or 2 * hits > len(texts)):
        return 0
    return sum(secret(cell) for cell in cells.to_numpy(object) if isinstance(cell, str))


def _digits(cells: pd.Series, at: NDArray[np.intp]) -> bool:
    """Whether most of some texts are figures with words about them, "约300", rather than words or names, "模拟县01"."""
    texts = [str(text) for text in cells.to_numpy(object)[at[:2000]]]
    return 2 * sum(2 * sum(letter.isdigit() or letter in ".,，%" for letter in text) > len(text) for text in texts) > len(texts)


def _percent(raw: RawTable, column: str, numbers: Numbers, target: str, findings: list[Finding]) -> NDArray[np.float64]:
    """Values with cells in percent format read as the percentage they show; the unit is noted with those written out."""
    at = raw.percent.get(column)
    if at is None:
        return numbers.values
    cells = raw.frame[column].to_numpy(object)
    at = np.array(
        [place for place in at if isinstance(cells[place], float) and not np.isnan(numbers.values[place])], dtype=np.intp
    )
    if not at.size:
        return numbers.values
    values = numbers.values
    values[at] = np.array([float(f"{value * 100:.15g}") for value in values[at]])
    numbers.units["%"] = np.union1d(numbers.units.get("%", at), at)
    findings.append(finding("percent_format", column=target, count=len(at), where=raw.where(column, at)))
    return values


def _mixed(raw: RawTable, column: str, numbers: Numbers, target: str) -> list[Finding]:
    """Cells of one column in different units, or some with a unit and others, bare, of quite another size."""
    units = dict(numbers.units)
    bare = ~np.isnan(numbers.values)
    for at in units.values():
        bare[at] = False
    if not units or (len(units) == 1 and not bare.any()):
        return []
    if len(units) == 1:
        sizes = [np.median(np.abs(numbers.values[at])) for at in (np.flatnonzero(bare), next(iter(units.values())))]
        if min(sizes) > 0 and max(sizes) / min(sizes) < 30:
            return []
    if bare.any():
        units["—"] = np.flatnonzero(bare)
    found = ", ".join(f"{unit} × {len(at):,}" for unit, at in units.items())
    fewest = sorted(units, key=lambda unit: len(units[unit]))[:-1]
    where = "; ".join(f"{unit}: {raw.where(column, units[unit])}" for unit in fewest)
    return [finding("mixed_units", column=target, count=sum(len(units[unit]) for unit in fewest), where=where, found=found)]


def _keys(raw: RawTable, frame: pd.DataFrame, layout: Layout) -> tuple[NDArray[np.bool_], list[Finding]]:
    """Which rows have a key of their own, and what is wrong with the keys."""
    unit, period = layout.unit, layout.period
    if unit not in frame or period not in frame:
        return np.zeros(len(frame), dtype=bool), _totals(raw, frame, layout) if unit in frame else []
    findings = list[Finding]()
    years = frame[period].to_numpy()
    blank = frame[unit].isna().to_numpy() | (raw.frame[period].isna().to_numpy() & np.isnan(years))
    if blank.any():
        at = np.flatnonzero(blank)
        findings.append(finding("missing_key", count=len(at), where=listing([f"row {row}" for row in raw.rows[at]])))
    findings += _totals(raw, frame, layout)
    known = ~(frame[unit].isna().to_numpy() | np.isnan(years))
    keys = pd.MultiIndex.from_arrays([frame[unit].to_numpy(object)[known], years[known]])
    again = np.zeros(len(frame), dtype=bool)
    again[known] = keys.duplicated()
    if again.any():
        findings.append(_twice(raw, frame, keys, known, layout))
    for group in (group for group in layout.groups if group in frame):
        distinct = frame.loc[known, [unit, group]].drop_duplicates()
        moved = distinct[unit][distinct[unit].duplicated()].unique()
        if len(moved):
            findings.append(finding("group_changes", column=group, count=len(moved), where=listing(list(moved))))
    return known & ~again, findings


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
    """Rows that look like totals."""
    findings = list[Finding]()
    for column in (column for column in (layout.unit, layout.name) if column and column in frame):
        names = pd.Series(frame[column].dropna().unique(), dtype=object)
        sums = names[[_TOTAL.fullmatch(str(name)) is not None for name in names]]
        if len(sums):
            at = np.flatnonzero(frame[column].isin(sums))
            findings.append(
                finding("total_row", column=column, count=len(at), found=listing(list(sums), 5), where=raw.where(column, at))
            )
    return findings
