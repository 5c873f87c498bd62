"""From cells to a panel: each column read for what it is, and every reason why a panel cannot be made of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.identifiers import called_personal, direct_identifier
from evalkit.panel.cells import Numbers, read_codes, read_numbers, read_years
from evalkit.panel.checks.measure_words import header_measure
from evalkit.panel.findings import Finding, absent, finding, listing, refusal, shown
from evalkit.panel.keys import keyed_rows, long_codes, spoilt_codes, unseen_signs
from evalkit.panel.layout import Layout
from evalkit.panel.panel import Panel, Places
from evalkit.panel.persons import about_persons, named_persons, numbered, private
from evalkit.panel.raw import RawTable, below_heads, notes_of
from evalkit.terms import same

__all__ = ["Layout", "Tidied", "tidy"]

_POWER = re.compile(r"\s*[+-]?\d(?:\.(\d+))?E\+(\d{2,})\s*")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Tidied:
    """A table read for what its columns are: keys, texts and figures, and everything found on the way.

    `frame` has the row positions of the raw table as its index; `keyed` tells which of its rows have a unit and a period
    that no row before them has; `said` is the unit of measure that the file names for a column.
    """

    raw: RawTable
    layout: Layout
    frame: pd.DataFrame
    figures: tuple[str, ...]
    findings: tuple[Finding, ...]
    keyed: NDArray[np.bool_]
    letters: Mapping[str, str]
    said: Mapping[str, str]

    @property
    def keys(self) -> pd.MultiIndex:
        """The keys of the rows that have one of their own."""
        rows = self.frame.loc[self.keyed]
        arrays = [rows[self.layout.unit].astype(object), rows[self.layout.period].astype(np.int64)]
        return pd.MultiIndex.from_arrays(arrays, names=["unit", "period"])

    @property
    def places(self) -> Places:
        """Where those rows stand in the file."""
        return Places(pd.Series(self.raw.rows[self.keyed], index=self.keys), self.letters, self.said)

    @property
    def weights(self) -> pd.Series | None:
        """The weights of those rows, whatever they are: an audit tells what is wrong with them."""
        weight = self.layout.weight
        return self.frame.loc[self.keyed, weight].set_axis(self.keys) if weight is not None and weight in self.frame else None

    def panel(self) -> Panel:
        """The panel, or one error with everything that keeps it from being one."""
        if any(item.severity == "defect" for item in self.findings):
            raise refusal(self.findings, where=self.raw.place, homes=self.layout.waves)
        layout = self.layout
        assert layout.unit is not None and layout.period is not None
        rows = self.frame.drop(columns=[] if layout.weight is None else [layout.weight])
        panel = Panel.from_frame(rows, unit=layout.unit, period=layout.period, name=layout.name, groups=layout.groups)
        return replace(
            panel,
            weights=self.weights,
            source=same(self.raw.place),
            fingerprint=self.raw.fingerprint,
            notes=notes_of(self.findings),
            places=self.places,
        )


def tidy(raw: RawTable, layout: Layout) -> Tidied:
    """A raw table with its columns read for what `layout` says they are; nothing is raised, all is found."""
    raw, ambiguous = _known_below(replace(raw, personal=raw.personal or about_persons(raw.frame) is not None), layout)
    told = [item for item in raw.findings if item.rule != "encoded_figures" or layout.columns.get(item.column, item.column)]
    findings = [*told, *ambiguous, *_absent(raw, layout)]
    have = [column for column in raw.frame.columns if layout.columns.get(column, column)]
    columns = dict[str, pd.Series]()
    for column in (column for column in layout.texts if column in raw.frame):
        columns[column], numeric = read_codes(raw.frame[column])
        if hidden := named_persons(raw.frame[column], column):
            findings.append(finding("personal_data", column=column, count=hidden))
            columns[column] = numbered(columns[column])
        short = spoilt_codes(raw, column, columns[column]) if column == layout.unit else []
        if numeric.size and not short:
            findings.append(finding("code_number", column=column, count=len(numeric)))
        findings += [*short, *long_codes(raw, column), *unseen_signs(raw, column), *_filled(raw, column)]
    if layout.period is not None and layout.period in raw.frame:
        findings += _filled(raw, layout.period) + _years(raw, layout, columns)
    figures, said = list[str](), dict[str, str]()
    for column in have:
        if column in layout.roles and column != layout.weight:
            continue
        target = layout.columns.get(column, column)
        if target in columns:
            findings.append(finding("duplicate_column", column=target, count=2, where=f"{target}, {column}"))
            continue
        values, found, unit = _figures(raw, column, target, layout)
        findings += found
        said[target] = unit or header_measure(column) or raw.unit
        if values is not None:
            columns[target] = pd.Series(values, index=raw.frame.index)
            figures += [target] if column != layout.weight else []
    frame = pd.DataFrame(columns, index=raw.frame.index)
    keyed, about_keys = keyed_rows(raw, frame, layout)
    letters = {layout.columns.get(column, column): at for column, at in raw.letters.items()}
    return Tidied(
        raw=raw,
        layout=layout,
        frame=frame,
        figures=tuple(figures),
        findings=(*findings, *about_keys),
        keyed=keyed,
        letters=letters,
        said=said,
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
    """Some of the different values at some positions of a column, masked where the file holds somebody's names or numbers."""
    if raw.personal or called_personal(column):
        return "***"
    return listing([shown(value) for value in pd.unique(raw.frame[column].to_numpy(object)[at])[:6]], 5)


def _years(raw: RawTable, layout: Layout, columns: dict[str, pd.Series]) -> list[Finding]:
    column = str(layout.period)
    years = read_years(raw.frame[column])
    if layout.waves and len(years.unreadable) > np.isfinite(years.values).sum():  # most are no years, so all are waves
        years = read_years(raw.frame[column], waves=True)
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


def _figures(raw: RawTable, column: str, target: str, layout: Layout) -> tuple[NDArray[np.float64] | None, list[Finding], str]:
    """A column read as figures, or None for a column of words; what was found; and the unit written in its cells."""
    cells = raw.frame[column]
    hidden = private(cells, column)
    if hidden:
        return None, [finding("personal_data", column=target, count=hidden)], ""
    numbers = read_numbers(cells, layout.missing)
    wordy = numbers.unreadable.size and np.isnan(numbers.values).all() and column != layout.weight and target not in layout.wanted
    if wordy and not _digits(cells, numbers.unreadable):
        some = _some(raw, column, numbers.unreadable[:3])
        return None, [finding("text_column", column=target, count=len(numbers.unreadable), where=some)], ""
    if hidden := _told_in_words(cells, numbers.unreadable):
        return None, [finding("personal_data", column=target, count=hidden)], ""
    findings = list[Finding]()
    if numbers.unreadable.size:
        bad = numbers.unreadable
        findings.append(
            finding("unreadable_cell", column=target, count=len(bad), where=raw.where(column, bad), found=_some(raw, column, bad))
        )
    if (merged := raw.merged.get(column)) is not None and merged.size:
        findings.append(finding("merged_figures", column=target, count=len(merged), where=raw.where(column, merged)))
    values = _percent(raw, column, numbers, target, findings)
    findings += _shortened(raw, column, target)
    findings += _no_members(raw, column, values, target) if target == layout.members else []
    findings += _mixed(raw, column, numbers, target)
    for kind, at in numbers.repairs.items():
        units = ", ".join(f"{unit} × {len(there):,}" for unit, there in numbers.units.items())
        found = units if kind == "unit_in_cell" else _some(raw, column, at) if kind == "missing_marker" else ""
        findings.append(finding(kind, column=target, count=len(at), found=found, where=raw.where(column, at)))
    return values, findings, next(iter(numbers.units), "") if len(numbers.units) == 1 else ""


def _shortened(raw: RawTable, column: str, target: str) -> list[Finding]:
    """Figures such as 4.12E+07, which a spreadsheet wrote as it showed them, and of which the last digits are lost."""
    if pd.api.types.is_float_dtype(raw.frame[column].dtype):
        return []
    powers = [_POWER.fullmatch(cell) if isinstance(cell, str) else None for cell in raw.frame[column].to_numpy(object)]
    at = np.array([row for row, power in enumerate(powers) if power and len(power[1] or "") < int(power[2])], dtype=np.intp)
    if not at.size:
        return []
    where, some = raw.where(column, at), _some(raw, column, at)
    return [finding("code_in_powers", severity="notice", column=target, count=len(at), where=where, found=some)]


def _no_members(raw: RawTable, column: str, values: NDArray[np.float64], target: str) -> list[Finding]:
    """Numbers of the members of homes that are none: fractions, and what is below 1."""
    at = np.flatnonzero((values < 1) | (values % 1 != 0) & ~np.isnan(values))
    if not at.size:
        return []
    some = listing([f"{value:g}" for value in dict.fromkeys(values[at[:50]].tolist())], 5)
    return [finding("member_count", column=target, count=len(at), where=raw.where(column, at), found=some)]


def _told_in_words(cells: pd.Series, at: NDArray[np.intp]) -> int:
    """How many of some texts hold somebody's number, such as a telephone, among words."""
    return sum(map(direct_identifier, cells.to_numpy(object)[at]))


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
        if 0 < max(sizes) < 30 * min(sizes):
            return []
    if bare.any():
        units["—"] = np.flatnonzero(bare)
    found = ", ".join(f"{unit} × {len(at):,}" for unit, at in units.items())
    fewest = sorted(units, key=lambda unit: len(units[unit]))[:-1]
    where = "; ".join(f"{unit}: {raw.where(column, units[unit])}" for unit in fewest)
    return [finding("mixed_units", column=target, count=sum(len(units[unit]) for unit in fewest), where=where, found=found)]
