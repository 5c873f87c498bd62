"""What is done about missing values: refuse, interpolate, carry, group mean or median, leave out; every cell is recorded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np
import pandas as pd

from evalkit.answer import Note
from evalkit.check import flag, has_columns, instance, one_of, whole
from evalkit.errors import DataError, SpecError, several
from evalkit.panel.panel import Panel
from evalkit.stats.arrays import Mask
from evalkit.terms import Text

LARGEST = 1e150  # the square of a figure beyond it is none


class Treatment(Protocol):
    """One step of the treatment of missing values."""

    @property
    def name(self) -> Text:
        """What the step is called, as a note says it: "missing cells filled by …"."""
        ...

    def fill(self, values: pd.DataFrame, panel: Panel) -> pd.DataFrame:
        """The values with some gaps filled, or without some units; observed cells unchanged."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Treated:
    """A panel after treatment: `filled` lists every filled cell (unit, period, indicator, value, method)."""

    panel: Panel
    filled: pd.DataFrame
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Refuse:
    """Fill nothing; any missing value is an error."""

    @property
    def name(self) -> Text:
        """What the step is called."""
        return Text("不填补", "nothing")

    def fill(self, values: pd.DataFrame, panel: Panel) -> pd.DataFrame:
        """The values as they are."""
        return values


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpolate:
    """Linear interpolation over the years within a unit, across gaps of at most `max_gap` periods; ends stay open.

    A gap is counted in years of the calendar, not in rows: a year the panel has no row for is part of the gap.
    """

    max_gap: int = 3

    def __post_init__(self) -> None:
        whole(self.max_gap, who="Interpolate max_gap", do="give a number of years, such as 3")

    @property
    def name(self) -> Text:
        """What the step is called."""
        text = Text("地区内线性插值（缺口≤{n}年）", "linear interpolation within the unit (gaps of up to {n} years)")
        return text.format(n=self.max_gap)

    def fill(self, values: pd.DataFrame, panel: Panel) -> pd.DataFrame:
        """Interior gaps filled on the line between the observed neighbors."""
        unit, year = _keys(values)
        before, after = _neighbors(values, unit, year)
        out = values.copy()
        for column in values.columns[values.isna().any()]:
            missing = values[column].isna()
            last, next_ = before[column], after[column]
            short = missing & (next_["year"] - last["year"] - 1 <= self.max_gap)
            share = (year - last["year"]) / (next_["year"] - last["year"])
            line = last["value"] + share * (next_["value"] - last["value"])
            out[column] = values[column].where(~short, line)
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Carry:
    """The nearest observed value of the unit carried at most `max_gap` years, forward first, then backward.

    With `direction="forward"` only the latest value before a gap is carried, and a gap at the beginning stays open.
    """

    max_gap: int = 2
    direction: Literal["both", "forward"] = "both"

    def __post_init__(self) -> None:
        whole(self.max_gap, who="Carry max_gap", do="give a number of years, such as 2")
        one_of(self.direction, ("both", "forward"), who="Carry direction")

    @property
    def name(self) -> Text:
        """What the step is called."""
        if self.direction == "forward":
            return Text("沿用此前最近年份（≤{n}年）", "carrying the latest year before (up to {n} years)").format(n=self.max_gap)
        return Text("沿用最近年份（≤{n}年）", "carrying the nearest year (up to {n} years)").format(n=self.max_gap)

    def fill(self, values: pd.DataFrame, panel: Panel) -> pd.DataFrame:
        """Gaps filled from the last observed value, then from the next."""
        unit, year = _keys(values)
        before, after = _neighbors(values, unit, year)
        out = values.copy()
        for column in values.columns[values.isna().any()]:
            for near in (before[column], after[column]) if self.direction == "both" else (before[column],):
                reach = out[column].isna() & ((year - near["year"]).abs() <= self.max_gap)
                out[column] = out[column].where(~reach, near["value"])
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMean:
    """The mean of the observed units of the same group in the same period, or over all periods where `pooled`.

    `over` names a grouping of the panel; None takes all units as one group.
    """

    over: str | None = None
    pooled: bool = False

    def __post_init__(self) -> None:
        _refuse_no_group(self)

    @property
    def name(self) -> Text:
        """What the step is called."""
        if self.pooled:
            return Text("同组各年均值", "the mean of the group over all years")
        return Text("同组同年均值", "the mean of the group in the same year")

    def fill(self, values: pd.DataFrame, panel: Panel) -> pd.DataFrame:
        """Gaps filled with the mean of the group."""
        return values.fillna(values.groupby(_groups(self, values, panel)).transform("mean"))


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMedian:
    """As `GroupMean`, with the median, which a few extreme units do not move."""

    over: str | None = None
    pooled: bool = False

    def __post_init__(self) -> None:
        _refuse_no_group(self)

    @property
    def name(self) -> Text:
        """What the step is called."""
        if self.pooled:
            return Text("同组各年中位数", "the median of the group over all years")
        return Text("同组同年中位数", "the median of the group in the same year")

    def fill(self, values: pd.DataFrame, panel: Panel) -> pd.DataFrame:
        """Gaps filled with the median of the group."""
        return values.fillna(values.groupby(_groups(self, values, panel)).transform("median"))


@dataclass(frozen=True, slots=True)
class LeaveOut:
    """Units that still have a gap are left out altogether, by name."""

    @property
    def name(self) -> Text:
        """What the step is called."""
        return Text("剔除", "leaving out")

    def fill(self, values: pd.DataFrame, panel: Panel) -> pd.DataFrame:
        """The rows of complete units."""
        gaps = values.isna().any(axis=1)
        incomplete = values.index.get_level_values("unit")[gaps].unique()
        return values[~values.index.get_level_values("unit").isin(incomplete)]


def treat(panel: Panel, columns: Sequence[str], steps: Sequence[Treatment]) -> Treated:
    """A panel whose `columns` have no gap, by the steps in order; what is still missing after the last is an error.

    Raises
    ------
    DataError
        Names the unit-years and columns that are still missing.
    """
    has_columns(panel.frame, columns, who="the treatment of missing values")
    if all(x.min(initial=0.0) >= -LARGEST and x.max(initial=0.0) <= LARGEST for x in panel.columns(columns)):  # a gap is neither
        return Treated(panel=panel, filled=_no_cells(), notes=())
    values = panel.frame[list(columns)]
    _refuse_too_large(values, panel)
    cells, notes = [_no_cells()], list[Note]()
    for step in steps:
        after = step.fill(values, panel)
        if len(after) < len(values):
            notes.append(_left_out(values, after, panel))
        new = values.loc[after.index].isna() & after.notna()
        if new.any(axis=None):
            cells.append(_cells(after, new, method=type(step).__name__))
            notes.append(_filled(step, int(new.sum().sum()), after.size))
        values = after
    _refuse_gaps(values, panel)
    filled = pd.concat(cells[1:], ignore_index=True) if len(cells) > 1 else cells[0]
    frame = panel.frame.loc[values.index]
    frame = frame.assign(**{column: values[column] for column in columns})
    weights = None if panel.weights is None else panel.weights.loc[values.index]
    return Treated(panel=replace(panel, frame=frame, weights=weights), filled=filled, notes=tuple(notes))


def listed(names: Iterable[Text]) -> Text:
    """Names in a row, in both languages.

    Examples
    --------
    >>> listed([Text("甲县", "A"), Text("乙县", "B")])
    Text(zh='甲县、乙县', en='A, B')
    """
    every = list(names)
    return Text("、".join(name.say("zh") for name in every), ", ".join(name.say("en") for name in every))


def _refuse_no_group(step: GroupMean | GroupMedian) -> None:
    """Refuse a grouping that is no name."""
    who = type(step).__name__
    if step.over is not None:
        instance(step.over, str, who=f"{who} over", do="name one grouping of the panel, or None for all units")
    flag(step.pooled, who=f"{who} pooled")


def _groups(step: GroupMean | GroupMedian, values: pd.DataFrame, panel: Panel) -> list[pd.Index]:
    """The keys that put each row into its group: its period unless pooled, and its grouping if one is named."""
    if step.over is not None and step.over not in panel.groups:
        known = several(panel.groups.columns) or "none"
        who = type(step).__name__
        raise SpecError(f"{who} over='{step.over}': the panel has no such grouping", found=f"groupings: {known}")
    period, unit = values.index.get_level_values("period"), values.index.get_level_values("unit")
    keys = [period * 0 if step.pooled else period]
    return keys if step.over is None else [*keys, pd.Index(panel.groups[step.over].reindex(unit))]


def _keys(values: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    unit = values.index.get_level_values("unit").to_series(index=values.index)
    year = values.index.get_level_values("period").to_series(index=values.index).astype(float)
    return unit, year


def _neighbors(values: pd.DataFrame, unit: pd.Series, year: pd.Series) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """For each column with gaps, the last and the next observed value of the same unit, with its year."""
    before, after = {}, {}
    for column in values.columns[values.isna().any()]:
        seen = pd.DataFrame({"value": values[column], "year": year.where(values[column].notna())})
        by_unit = seen.groupby(unit, sort=False)
        before[column], after[column] = by_unit.ffill(), by_unit.bfill()
    return before, after


def _no_cells() -> pd.DataFrame:
    return pd.DataFrame({"unit": [], "period": [], "indicator": [], "value": [], "method": []})


def _cells(after: pd.DataFrame, new: pd.DataFrame, *, method: str) -> pd.DataFrame:
    rows, columns = np.nonzero(new.to_numpy())
    keys = after.index[rows]
    return pd.DataFrame(
        {
            "unit": keys.get_level_values("unit"),
            "period": keys.get_level_values("period"),
            "indicator": after.columns[columns],
            "value": after.to_numpy()[rows, columns],
            "method": method,
        }
    )


def _filled(step: Treatment, count: int, cells: int) -> Note:
    text = Text("{count} 个缺失单元格（占 {share:.2%}）由{how}填补。", "Missing cells filled by {how}: {count} ({share:.2%}).")
    return Note("filled", text.format(count=count, share=count / cells, how=step.name))


def _left_out(before: pd.DataFrame, after: pd.DataFrame, panel: Panel) -> Note:
    gone = sorted(set(before.index.unique("unit")) - set(after.index.unique("unit")))
    if after.empty:
        raise DataError(
            "no unit is complete, so none is left", do="fill more gaps, shorten the period, or drop the emptiest indicators"
        )
    text = Text("{n} 个地区因数据缺失未参评：{names}。", "Left out for missing data ({n}): {names}.")
    return Note("left_out", text.format(n=len(gone), names=listed(panel.name(unit) for unit in gone)))


def _refuse_too_large(values: pd.DataFrame, panel: Panel) -> None:
    """Refuse infinite figures, and those whose squares would be."""
    size = np.abs(values.to_numpy(dtype=float))
    infinite, beyond = np.isinf(size), size > LARGEST
    if infinite.any():
        where = panel.where(_where(values, infinite))
        raise DataError(f"{int(infinite.sum())} values are infinite", where=where, do="correct them, or leave them blank")
    if beyond.any():
        where, do = panel.where(_where(values, beyond)), "correct them, leave them blank, or give the column in a larger unit"
        raise DataError(f"{int(beyond.sum())} values are beyond ±1e150, which is too large to compute with", where=where, do=do)


def _where(values: pd.DataFrame, at: Mask) -> list[tuple[str, int, str]]:
    """The unit, the period and the column of some cells."""
    rows, columns = np.nonzero(at)
    return [(*key, column) for key, column in zip(values.index[rows], values.columns[columns], strict=True)]


def _refuse_gaps(values: pd.DataFrame, panel: Panel) -> None:
    missing = values.isna()
    if missing.any(axis=None):
        raise DataError(
            f"{int(missing.to_numpy().sum())} values are missing and the treatment leaves them so",
            where=panel.where(_where(values, missing.to_numpy())),
            do="complete them, allow longer gaps (max_gap), add a step (GroupMean: group_mean, LeaveOut: leave_out), "
            "or shorten the period",
        )
