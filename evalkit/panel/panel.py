"""Panel: tidy rows keyed by unit and period, with the names, groups and weights of the units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from numbers import Integral

import numpy as np
import pandas as pd

from evalkit.answer import Note, by_period, first_rows
from evalkit.check import has_columns, shown
from evalkit.errors import DataError, SpecError, several
from evalkit.panel.cells import single_precision
from evalkit.panel.findings import finding, listing
from evalkit.stats.arrays import Columns, Mask
from evalkit.terms import Text

Periods = slice | range | list[int] | set[int] | int | None


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where the figures of a panel stand in a file: the row of each (unit, period), in a spreadsheet the letter of a column.

    `said` is the unit of measure that the file names for a column, in its header or in its cells.
    """

    rows: pd.Series
    letters: Mapping[str, str]
    said: Mapping[str, str] = field(default_factory=dict)

    def cells(self, column: str, keys: pd.Index) -> list[str]:
        """The cells of a column at some keys: C5 in a spreadsheet, row 5 elsewhere; "" for a key that the file does not have."""
        head = self.letters.get(column, "row ")
        return [f"{head}{self.rows[key]}" if key in self.rows.index else "" for key in keys]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Panel:
    """What is observed of units over periods.

    Parameters
    ----------
    frame
        Index (unit, period): unit a text code, period a whole number (a year), sorted, each pair once; columns of
        floats, one an indicator; NaN means not observed.
    names
        Name of each unit, in each language; empty where the code is the name.
    groups
        Index unit, one column a grouping (such as province).
    weights
        Index (unit, period): weights such as population; never an indicator.
    source
        What the panel was read from, as the reports print it.
    fingerprint
        SHA-256 of the file it was read from; empty for a panel made in memory.
    notes
        What the reader did to the figures on the way in.
    places
        Where the figures stand in the file, for messages; None for a panel made in memory.
    """

    frame: pd.DataFrame
    names: dict[str, Text] = field(default_factory=dict)
    groups: pd.DataFrame = field(default_factory=pd.DataFrame)
    weights: pd.Series | None = None
    source: Text = Text("", "")
    fingerprint: str = ""
    notes: tuple[Note, ...] = ()
    places: Places | None = None

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        unit: str,
        period: str,
        name: str | None = None,
        groups: Sequence[str] = (),
        weight: str | None = None,
    ) -> Panel:
        """A panel from a table with one row a unit and period.

        Examples
        --------
        >>> rows = pd.DataFrame({"county": ["a", "a"], "year": [2020, 2021], "income": [1.0, 1.2]})
        >>> Panel.from_frame(rows, unit="county", period="year").periods
        (2020, 2021)
        """
        roles = [unit, period, *groups, *(column for column in (name, weight) if column)]
        has_columns(frame, roles, who="a panel")
        codes = frame[unit].astype("string").str.strip()
        years = pd.to_numeric(frame[period], errors="coerce")
        bad = codes.isna() | (codes == "") | years.isna() | (years % 1 != 0)
        if bad.any():
            raise DataError(
                f"every row needs a unit in '{unit}' and a whole number in '{period}'",
                where=f"rows {several(frame.index[bad])}",
                found=several(map(tuple, frame.loc[bad, [unit, period]].to_numpy().tolist()), 3),
                do="complete or remove these rows",
            )
        index = pd.MultiIndex.from_arrays([codes.astype(object), years.astype("int64")], names=["unit", "period"])
        if index.has_duplicates:
            twice = index[index.duplicated()].unique()
            raise DataError("some units have several rows in one period", found=several(twice), do="keep one row of each")
        values = frame.drop(columns=roles)
        texts = [c for c in values.columns if not pd.api.types.is_numeric_dtype(values[c])]
        if texts:
            raise DataError(
                f"columns [{several(texts)}] hold text where figures belong",
                do="name them as groups or names, drop them, or correct the cells",
            )
        single = [str(name) for name in values.columns if single_precision(values[name])]
        keyed = values.astype("float64").set_axis(index, axis=0).sort_index()
        units = pd.Index(codes.astype(object), name="unit")
        return cls(
            frame=keyed,
            names={str(k): Text(str(v), str(v)) for k, v in zip(units, frame[name], strict=True)} if name else {},
            groups=_constant_by_unit(frame[list(groups)].set_axis(units, axis=0)) if groups else pd.DataFrame(),
            weights=frame[weight].astype("float64").set_axis(index).reindex(keyed.index) if weight else None,
            notes=(Note("caution", finding("single_precision", count=len(single), found=listing(single)).message),)
            if single
            else (),
        )

    @property
    def units(self) -> tuple[str, ...]:
        """The units, sorted."""
        return tuple(self.frame.index.unique("unit"))

    @property
    def periods(self) -> tuple[int, ...]:
        """The periods, sorted."""
        return by_period(self.frame.index)[1]

    def name(self, unit: str) -> Text:
        """The name of a unit, or its code where it has none."""
        return self.names.get(unit, Text(unit, unit))

    def at(self, periods: Periods) -> Panel:
        """The panel at some periods: a slice (both ends in), a list of periods, one period, or None for all."""
        if periods is None:
            return self
        return self.rows(self._within(periods))

    def columns(self, names: Sequence[str], periods: Periods = None, *, dated: bool = False) -> Columns:
        """Some columns as arrays, at all periods or some, with the period of each row if `dated`; nothing is copied."""
        bare = self.frame.set_axis(pd.RangeIndex(len(self.frame)))  # its columns are quicker to take than those of two keys
        arrays = [bare[name].to_numpy(dtype=np.float64) for name in names]
        rows = None if periods is None else np.flatnonzero(self._within(periods))
        dates = self.frame.index.get_level_values("period").to_numpy(dtype=np.intp) if dated else None
        return Columns(arrays, rows, dates=dates)

    def rows(self, keep: Mask) -> Panel:
        """The panel with some of its rows, everything else along."""
        frame = self.frame.loc[keep]
        weights = None if self.weights is None else self.weights.loc[keep]
        return replace(self, frame=frame, weights=weights)

    def _within(self, periods: Periods) -> Mask:
        place, known = by_period(self.frame.index)
        return np.isin(known, resolve(periods, known))[place]

    def _repr_html_(self) -> str:
        span = f"{self.periods[0]}–{self.periods[-1]}" if self.periods else "–"
        size = f"{len(self.units):,} × {span} × {self.frame.shape[1]}"
        source = " · ".join(dict.fromkeys(text for text in (self.source.zh, self.source.en) if text))
        return f"<div><b>Panel</b> · {size}<div>{escape(source)}</div>{first_rows(self.frame)}</div>"


def resolve(periods: Periods, known: Sequence[int]) -> tuple[int, ...]:
    """The known periods that were asked for; asking for one that is not there is an error.

    Examples
    --------
    >>> resolve(slice(2016, 2018), [2015, 2016, 2017, 2018, 2019])
    (2016, 2017, 2018)
    """
    if periods is None:
        return tuple(known)
    if isinstance(periods, slice):
        asked = [end for end in (periods.start, periods.stop) if end is not None]
    else:
        asked = list(periods) if isinstance(periods, Iterable) else [periods]
    if isinstance(periods, tuple | str) or not all(map(_is_whole, asked)):
        do = "write slice(2016, 2020) for a span, [2016, 2020] for two years"
        raise SpecError("periods are a slice, a list, or one whole number", found=shown(periods), do=do)
    if not known:
        raise DataError("the panel has no rows, so it has no periods", do="check what was selected before")
    if isinstance(periods, slice):
        if periods.step is not None:
            do = "list the periods that are wanted"
            raise SpecError("periods are given as slice(first, last), without a step", found=str(periods), do=do)
        low = known[0] if periods.start is None else periods.start
        high = known[-1] if periods.stop is None else periods.stop
        wanted = tuple(p for p in known if low <= p <= high)
        if not wanted or low not in known or high not in known:
            raise DataError(
                f"the panel does not cover the periods {low} to {high}", found=several(known, 20), do="name periods it has"
            )
        return wanted
    absent = [p for p in asked if p not in known]
    if absent or not asked:
        what = f"the panel does not cover the periods [{several(absent)}]" if absent else "no period is asked for"
        raise DataError(what, found=several(known, 20), do="name periods it has")
    return tuple(sorted(set(map(int, asked))))


def _is_whole(period: object) -> bool:
    """Whether a period is a whole number, as pandas or a person writes one."""
    if isinstance(period, float):
        return period.is_integer()
    return isinstance(period, Integral) and not isinstance(period, bool)


def _constant_by_unit(groups: pd.DataFrame) -> pd.DataFrame:
    """One row a unit; a unit that changes its group is refused, for it would be counted in both."""
    distinct = groups.reset_index().drop_duplicates()
    moved = distinct["unit"][distinct["unit"].duplicated()]
    if not moved.empty:
        raise DataError(f"units change their group over the periods: [{several(moved.unique())}]", do="give each unit one group")
    return distinct.set_index("unit").sort_index()
