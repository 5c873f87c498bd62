"""Panel: tidy rows keyed by unit and period, with the names, groups and weights of the units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from numbers import Integral

import numpy as np
import pandas as pd

from evalkit.answer import Note, by_period, first_rows
from evalkit.check import a_period, at_rows, instance, rising, shown
from evalkit.errors import DataError, SpecError, several
from evalkit.panel.in_memory import a_table, figures_of, notes_of_table, unit_codes, weights_of, whole_periods
from evalkit.stats.arrays import Columns, Mask
from evalkit.terms import Text

TOLD = 5  # cells that a message names

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
        Index (unit, period): unit a text code, period a whole number (a year), each pair once; columns of floats, one an
        indicator; NaN means not observed. It is sorted by its keys where it is not, and weights are put in its order.
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

    def __post_init__(self) -> None:
        instance(self.frame, pd.DataFrame, who="Panel frame", do="make a panel of a table by Panel.from_frame")
        if self.weights is not None:
            instance(self.weights, pd.Series, who="Panel weights", do="make a panel of a table by Panel.from_frame")
        index = _keys(self.frame.index, who="a panel")
        if self.frame.columns.has_duplicates:
            twice = self.frame.columns[self.frame.columns.duplicated()].unique()
            raise DataError(f"columns [{several(twice)}] stand more than once in the table", do="rename one of each")
        if not (rising(index) and all(level.is_monotonic_increasing for level in index.levels)):
            _once(index)
            object.__setattr__(self, "frame", self.frame.sort_index())
        if self.weights is not None and not self.weights.index.equals(self.frame.index):
            _once(_keys(self.weights.index, who="the weights of a panel"))
            object.__setattr__(self, "weights", self.weights.reindex(self.frame.index))

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

        Codes of units are read as those of a file are: 110000.0 is "110000", and blanks and full-width letters are no part of
        them. Dates that are the first days of years, or the last, stand for these years, and a note says so.

        Raises
        ------
        SpecError
            This is no DataFrame.
        DataError
            A column is absent or stands twice; a row lacks a unit or a period, or shares both with another; periods are dates
            within years, or no numbers; figures are text or complex; weights are text, infinite or below 0; a unit changes its
            group.

        Examples
        --------
        >>> rows = pd.DataFrame({"county": ["a", "a"], "year": [2020, 2021], "income": [1.0, 1.2]})
        >>> Panel.from_frame(rows, unit="county", period="year").periods
        (2020, 2021)
        """
        roles = [unit, period, *groups, *(column for column in (name, weight) if column)]
        frame = a_table(frame, roles)
        codes, (years, dated) = unit_codes(frame[unit]), whole_periods(frame[period])
        nameless = codes.isna().to_numpy(dtype=bool)
        bad = nameless | np.isnan(years)
        if bad.any():
            raise DataError(
                f"every row needs a unit in '{unit}' and a whole number in '{period}'",
                where=at_rows(bad),
                found="no unit" if nameless.any() else a_period(frame[period].to_numpy()[bad][0]),
                do="complete or remove these rows",
            )
        index = pd.MultiIndex.from_arrays([codes, years.astype(np.int64)], names=["unit", "period"])
        _once(index)
        keyed = figures_of(frame.drop(columns=roles)).set_axis(index, axis=0).sort_index()
        weights = None if weight is None else weights_of(frame[weight]).set_axis(index).reindex(keyed.index)
        units = pd.Index(codes, dtype=object, name="unit")
        return cls(
            frame=keyed,
            names={str(k): Text(str(v), str(v)) for k, v in zip(units, frame[name], strict=True) if not pd.isna(v)}
            if name
            else {},
            groups=_constant_by_unit(frame[list(groups)].set_axis(units, axis=0)) if groups else pd.DataFrame(),
            weights=weights,
            notes=notes_of_table(frame, list(keyed.columns), weights, period if dated else None),
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

    def where(self, cells: Sequence[tuple[str, int, str]], *, named: bool = True) -> str:
        """Some cells (unit, period, column) for messages; of a panel from a file, the file and the cells in it as well.

        Examples
        --------
        >>> rows = pd.DataFrame({"county": ["a", "a"], "year": [2020, 2021], "income": [1.0, None]})
        >>> Panel.from_frame(rows, unit="county", period="year").where([("a", 2021, "income")])
        "a 2021 'income'"
        """
        told = []
        for unit, period, column in cells[:TOLD]:
            key = pd.MultiIndex.from_tuples([(unit, period)])
            at = self.places.cells(column, key)[0] if self.places else ""
            told.append(f"{unit} {period}" + (f" '{column}'" if named else "") + (f" ({at})" if at else ""))
        some = several([*told, *cells[TOLD:]], most=TOLD)
        return f"{self.source.en}, {some}" if self.places and self.source.en else some

    def _within(self, periods: Periods) -> Mask:
        place, known = by_period(self.frame.index)
        return np.isin(known, resolve(periods, known))[place]

    def __repr__(self) -> str:
        return f"Panel({self._size})"  # a dataclass prints the whole frame, of homes too

    @property
    def _size(self) -> str:
        span = f"{self.periods[0]}–{self.periods[-1]}" if self.periods else "–"
        return f"{len(self.units):,} × {span} × {self.frame.shape[1]}"

    def _repr_html_(self) -> str:
        source = " · ".join(dict.fromkeys(text for text in (self.source.zh, self.source.en) if text))
        return f"<div><b>Panel</b> · {self._size}<div>{escape(source)}</div>{first_rows(self.frame)}</div>"


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


def _keys(index: pd.Index, *, who: str) -> pd.MultiIndex:
    """The keys of a panel or its weights; anything else is refused."""
    if not isinstance(index, pd.MultiIndex) or list(index.names) != ["unit", "period"]:
        do = "make it with Panel.from_frame(frame, unit=…, period=…)"
        raise DataError(f"{who} must be keyed by (unit, period)", found=f"index {list(index.names)}", do=do)
    return index


def _once(index: pd.Index) -> None:
    """Refuse keys that stand twice."""
    if index.has_duplicates:
        what, do = "some units have several rows in one period", "keep one row of each"
        raise DataError(what, found=at_rows(index.duplicated()), do=do)


def _constant_by_unit(groups: pd.DataFrame) -> pd.DataFrame:
    """One row a unit; a unit that changes its group is refused, for it would be counted in both."""
    held = groups.reset_index()
    moved = ~held.duplicated() & held.duplicated("unit")
    if moved.any():
        what, do = "units change their group over the periods", "give each unit one group"
        raise DataError(what, found=at_rows(moved.to_numpy()), do=do)
    return held.drop_duplicates().set_index("unit").sort_index()
