"""Departmental records of simulated households, with delays and defects, and the truth by which a monitor can be scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.answer import Answer
from evalkit.errors import SpecError
from evalkit.simulate.chance import atoms, in_order
from evalkit.simulate.columns import Table
from evalkit.simulate.defects import DEFECTS, TABLES, DefectModel
from evalkit.simulate.departments import EVENTS, GRADES, STAGES
from evalkit.simulate.filing import Plan, joint, records_of
from evalkit.simulate.households import FICTION, HouseholdSimulation
from evalkit.simulate.limits import made_of
from evalkit.simulate.names import names, width
from evalkit.stats.arrays import Codes

if TYPE_CHECKING:
    from evalkit.simulate.stream import StreamedHouseholds

LISTS = ("members", "events", "defects")


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentRecords:
    """What ten departments write down of simulated households in some years, as it arrives at the monitor's door.

    Tables, one row a record: `medical` (bills; `amount` is out of pocket), `civil_affairs` (dibao by month), `disability`
    (by person and month), `subsidy` (farm subsidy), `education` (by student and term; `amount` is self-paid), `water` and
    `housing` (inspections), `insurance` (by year), `employment` (homes with work off the farm by month: hands `at_work` and
    wages), `disaster` (loss). Every record has its number `record`, `unit` as filed, `person` where it is about one,
    `event_date` and `known_date`, on which the monitor can know it. Before defects the amounts of a home and year add up to
    its column in `SimulatedHouseholds.frame`.

    Parameters
    ----------
    years
        Years of the simulation; None: the last.
    defects
        What goes wrong, and how late records are.

    Examples
    --------
    >>> homes = HouseholdSimulation(households=300, villages=6, counties=2, periods=(2022, 2023))
    >>> drawn = DepartmentRecords().draw(homes)
    >>> list(drawn.tables)[:3], drawn.tables["medical"].columns[:5].tolist()
    (['medical', 'civil_affairs', 'disability'], ['record', 'unit', 'person', 'event_date', 'known_date'])
    """

    years: Sequence[int] | None = None
    defects: DefectModel = DefectModel()

    def __post_init__(self) -> None:
        made_of(self, defects=DefectModel)
        if self.years is not None:
            sound = isinstance(self.years, Sequence) and not isinstance(self.years, str) and len(self.years) > 0
            if not sound or any(isinstance(year, bool) or not isinstance(year, int | np.integer) for year in self.years):
                raise SpecError("DepartmentRecords years are years of the simulation", found=repr(self.years))
            object.__setattr__(self, "years", tuple(sorted({int(year) for year in self.years})))

    def draw(self, homes: HouseholdSimulation, *, threads: int | None = None) -> SimulatedRecords:
        """The records of all households in memory."""
        plan = self.plan(homes)
        parts = in_order(lambda atom: records_of(plan, *atom), atoms(0, homes.households), threads)
        joined = {name: labels(homes, joint([part[name] for part in parts])) for name in (*TABLES, *LISTS)}
        tables = {name: pd.DataFrame(joined[name]) for name in TABLES}
        events, defects, members = (pd.DataFrame(joined[name]) for name in ("events", "defects", "members"))
        told = {"rows": {name: len(table) for name, table in tables.items()}}
        frame = pd.DataFrame(told).assign(events=events["table"].value_counts(), defects=defects["table"].value_counts())
        lists = {"members": members, "events": events, "defects": defects}
        return SimulatedRecords(spec=self, frame=frame.fillna(0).astype(int), notes=(FICTION,), tables=tables, **lists)

    def stream(
        self, homes: HouseholdSimulation, folder: Path, *, block: int = 65_536, threads: int | None = None
    ) -> StreamedHouseholds:
        """The records to Parquet files in a new or empty folder, a block of households at a time; rows as of `draw`."""
        from evalkit.simulate.stream import StreamedHouseholds, Writer, blocks

        plan, writer = self.plan(homes), Writer(folder, homes, threads)
        for first, last in blocks(homes.households, block):
            parts = in_order(lambda atom: records_of(plan, *atom), atoms(first, last), threads)
            for name in (*TABLES, *LISTS):
                writer.write(name, coded(joint([part[name] for part in parts])))
        return StreamedHouseholds(spec=homes, folder=writer.folder, files=writer.written(), rows=dict(writer.rows))

    def plan(self, homes: HouseholdSimulation) -> Plan:
        """What all atoms share."""
        if not isinstance(homes, HouseholdSimulation):
            what = "records are drawn of a HouseholdSimulation"
            raise SpecError(what, found=type(homes).__name__, do="pass the spec itself, not what it drew")
        years = tuple(self.years or homes.periods[-1:])
        absent = [year for year in years if year not in homes.periods]
        if absent:
            raise SpecError(f"years {absent} are not in the simulation", found=f"years {homes.periods[0]}–{homes.periods[-1]}")
        months = 12 * (years[-1] - years[0] + 3)
        return Plan(homes.setting(), self.defects, years, self.defects.missing_months(homes.extent, months))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SimulatedRecords(Answer):
    """Simulated records: `frame` counts rows, events and defects by table; `tables` holds them as they arrived.

    `members` says who lived in which home: `from_date` ≤ day < `to_date` (NaT: until now), known from `known_date`.

    `events` is the truth: what happened (`event`) to which `unit` (and `person`) on which `date`, by which `table` and `record`
    it shows, when that record is known, whether it was ever `delivered`, and its `amount`. A `benefit_stop` shows by no
    record (−1): payments cease on 1 January.

    `defects` is what went wrong: `table`, `record`, `defect` and the `true_unit` of the record.
    """

    tables: dict[str, pd.DataFrame]
    members: pd.DataFrame
    events: pd.DataFrame
    defects: pd.DataFrame


def labels(homes: HouseholdSimulation, table: Table) -> dict[str, Any]:
    """A table with keys and words for its numbers."""
    made = dict(coded(table))
    for name, letter in (("unit", "H"), ("true_unit", "H")):
        if name in made:
            made[name] = names(letter, table[name], homes.households)
    if "person" in made:
        made["person"] = person_keys(table["person"], homes.households)
    return made


def coded(table: Table) -> dict[str, Any]:
    """A table with words for its codes."""
    words = {"stage": STAGES, "grade": GRADES, "event": EVENTS, "defect": DEFECTS, "table": TABLES}
    return {
        name: pd.Categorical.from_codes(column.astype(np.intp), pd.Index(words[name])) if name in words else column
        for name, column in table.items()
    }


def person_keys(numbers: Codes, households: int) -> NDArray[np.object_]:
    """Keys such as "P00000012": the home in which a person was first, and the place there; None where there is nobody."""
    known = numbers >= 0
    keys = np.full(len(numbers), None, dtype=object)
    digits = 10 ** (width("H", households) + 1) - 1
    keys[known] = names("P", numbers[known] + 9, digits)
    return keys
