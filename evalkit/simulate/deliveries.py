"""Simulated departmental records as files in a folder, a file a table and month, as a monitor receives them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from evalkit.errors import SpecError
from evalkit.simulate.households import HouseholdSimulation, SimulatedHouseholds
from evalkit.simulate.limits import made_of
from evalkit.simulate.records import DepartmentRecords
from evalkit.simulate.stream import ready
from evalkit.stats.arrays import Codes

REGISTER = ("homes", "members")  # in a folder of their own
FLOWS = ("business", "property", "pension")  # of a year, told once it is over


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlyDeliveries:
    """What departments and villages send of simulated homes, month by month, as CSV files.

    Beside the tables of `DepartmentRecords` there are `accounts` (what no department pays out: business, property and pension
    of a year, and wages of homes without work off the farm; told in January), `homes` (county, village, whether formerly poor,
    whether somebody can work; told in January) and `members` (who lives where).

    Parameters
    ----------
    records
        Which years, and what goes wrong on the way.
    until
        The last day; what becomes known later is not delivered yet. None: all.

    Examples
    --------
    >>> import tempfile
    >>> homes = HouseholdSimulation(households=200, villages=4, counties=2, periods=(2022, 2023))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     files = MonthlyDeliveries(until=date(2023, 3, 31)).write(homes, Path(folder) / "in")
    ...     sorted({file.name.split("-")[0] for file in files})[:4], [f.name for f in files if f.name.startswith("accounts")]
    (['accounts', 'civil_affairs', 'disability', 'education'], ['accounts-2023-01.csv'])
    """

    records: DepartmentRecords | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        if self.records is not None:
            made_of(self, records=DepartmentRecords)
        if self.until is not None and not isinstance(self.until, date):
            raise SpecError("MonthlyDeliveries until must be a date", found=repr(self.until), do="use datetime.date(2024, 6, 30)")

    def write(self, homes: HouseholdSimulation, folder: str | Path) -> tuple[Path, ...]:
        """The files, in a new or empty folder."""
        place = ready(folder)
        (place / "register").mkdir()
        drawn = homes.draw()
        told = self.records or DepartmentRecords(years=homes.periods)
        sent = told.draw(homes)
        tables = {**sent.tables, "accounts": accounts(drawn), "homes": register(drawn), "members": memberships(sent.members)}
        return tuple(path for name, table in sorted(tables.items()) for path in self._by_month(name, table, place))

    def _by_month(self, name: str, table: pd.DataFrame, folder: Path) -> list[Path]:
        known = table["known_date"].to_numpy().astype("datetime64[D]")
        if self.until is not None:
            table, known = table[known <= np.datetime64(self.until)], known[known <= np.datetime64(self.until)]
        written = []
        for month, rows in table.groupby(known.astype("datetime64[M]").astype(str), sort=True):
            path = folder / ("register" if name in REGISTER else "") / f"{name}-{month}.csv"
            rows.to_csv(path, index=False, lineterminator="\n", encoding="utf-8-sig")
            written.append(path)
        return written


def accounts(drawn: SimulatedHouseholds) -> pd.DataFrame:
    """A row a home and year: what it earned that no department pays out."""
    frame = drawn.frame
    farm = ~drawn.homes["off_farm"].reindex(frame.index.get_level_values("unit")).to_numpy(dtype=bool)
    amount = frame[list(FLOWS)].sum(axis=1) + frame["wage"].where(farm, 0.0)
    table = _dated(frame, "12-31").assign(amount=amount.round(2).to_numpy())
    return table.assign(
        record=np.arange(1, len(table) + 1), known_date=_later(table["event_date"], 10 + np.arange(len(table)) % 15)
    )


def register(drawn: SimulatedHouseholds) -> pd.DataFrame:
    """A row a home and year: where it lies, whether it was poor, and whether somebody can work, known in January."""
    frame = drawn.frame
    table = _dated(frame, "01-01")
    units = table["unit"]
    fixed = {name: drawn.homes[name].reindex(units).to_numpy() for name in ("county", "village", "formerly_poor")}
    table = table.assign(**fixed, labor=frame["workers"].to_numpy() > 0)
    return table.assign(known_date=table.pop("event_date"))


def memberships(members: pd.DataFrame) -> pd.DataFrame:
    """Who lives where as a register learns it: open at first, and closed 30 days after somebody has moved."""
    left = members[members["to_date"].notna()]
    left = left.assign(known_date=left["to_date"] + pd.Timedelta(days=30))
    return pd.concat([members.assign(to_date=members["to_date"].mask(members["to_date"].notna())), left], ignore_index=True)


def _dated(frame: pd.DataFrame, day: str) -> pd.DataFrame:
    """The keys of a frame of homes and years, with that day of the year."""
    units, years = (frame.index.get_level_values(name) for name in ("unit", "period"))
    return pd.DataFrame({"unit": units.to_numpy(), "event_date": [np.datetime64(f"{year}-{day}") for year in years]})


def _later(dates: pd.Series, days: Codes) -> pd.Series:
    return dates + pd.to_timedelta(days, unit="D")
