"""How the records of an atom of households are filed: keys, dates, defects, and the truth about each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from evalkit.simulate.chance import stream
from evalkit.simulate.columns import Table, empty
from evalkit.simulate.composition import SLOTS, Homes
from evalkit.simulate.defects import TABLES, DefectModel, Written, spoil
from evalkit.simulate.departments import DEPARTMENTS, STOP, Book
from evalkit.simulate.households import HouseholdSimulation
from evalkit.simulate.walk import Setting, Walk
from evalkit.stats.arrays import Codes, Mask


class Plan(NamedTuple):
    """What all atoms share: the households' setting, the years, and the deliveries that never come."""

    setting: Setting
    model: DefectModel
    years: tuple[int, ...]
    missing: Mask


def records_of(plan: Plan, number: int, start: int, stop: int) -> dict[str, Table]:
    """Tables and lists of one atom; keys are numbers still."""
    spec = plan.setting.spec
    fixed, columns = empty(stop - start, len(spec.periods))
    homes = Walk(plan.setting, number, start, stop, fixed, columns).run()
    made: dict[str, list[Table]] = {name: [] for name in (*TABLES, "events", "defects")}
    for year in plan.years:
        at = year - spec.periods[0]
        for code, (name, (write, delay)) in enumerate(DEPARTMENTS.items()):
            own = stream(spec.seed, "records", name, number, year)
            book = Book(homes, year, at, columns, own)
            rows, event, late = _dated(book, write(book), delay * plan.model.delay)
            rows = {"record": ((number * 256 + year - 1900) << 18) + np.arange(len(event)), **rows}
            lost = plan.missing[code, plan.setting.places.county[homes.village[rows["unit"] - start]], _month(plan, rows)]
            written = spoil(plan.model, own, rows, late, lost, spec.extent)
            made[name].append(written.rows)
            made["events"].append(_events(rows, written, event, code))
            made["defects"].append(_defects(rows, written, code))
        made["events"].append(_stops(Book(homes, year, at, columns, stream(spec.seed, "stops", number, year))))
    return {**{name: joint(parts) for name, parts in made.items()}, "members": _members(homes, spec)}


def joint(parts: list[Table]) -> Table:
    """Tables one after the other."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _persons(homes: Homes, home: Codes, slot: Codes) -> Codes:
    """Numbers of persons: ten times the home in which they were first, and their place there."""
    came = (slot == SLOTS - 1) & (homes.mover[home] >= 0)
    return (homes.start + home - came) * 10 + np.where(came, homes.mover[home], slot)


def _dated(book: Book, rows: Table, delay: float) -> tuple[Table, Codes, Mask]:
    """Rows with unit, person and dates; the event each one shows, −1 for none; whether its person came of late."""
    homes, home, rows = book.homes, rows["home"], dict(rows)
    day, event = rows.pop("day"), rows.pop("event", np.full(len(home), -1))
    slot = rows.pop("slot", None)
    del rows["home"]
    date = np.datetime64(f"{book.year}-01-01", "D") + day.astype("timedelta64[D]")
    wait = 1 + np.floor(delay * book.own.standard_exponential(len(home))).astype(np.intp)
    keys: Table = {"unit": homes.start + home}
    late = np.zeros(len(home), dtype=bool)
    if slot is not None:
        keys["person"] = _persons(homes, home, slot)
        late = (homes.joins[home, slot] == book.year) & (day < 120)
    dates: Table = {"event_date": date, "known_date": date + wait.astype("timedelta64[D]")}
    return {**keys, **dates, **rows}, event, late


def _month(plan: Plan, rows: Table) -> Codes:
    """The month in which records are delivered, from the first of the years on; the last one stands for all after."""
    first = np.datetime64(f"{plan.years[0]}-01", "M")
    month = (rows["known_date"].astype("datetime64[M]") - first).astype(np.intp)
    return np.minimum(month, plan.missing.shape[2] - 1)


def _events(rows: Table, written: Written, event: Codes, code: int) -> Table:
    shows = np.flatnonzero(event >= 0)
    many = len(shows)
    known = rows["known_date"].copy()
    known[written.origin] = written.rows["known_date"]
    return {
        "event": event[shows],
        "unit": rows["unit"][shows],
        "person": rows["person"][shows] if "person" in rows else np.full(many, -1),
        "date": rows["event_date"][shows],
        "amount": rows["amount"][shows] if "amount" in rows else np.zeros(many),
        "table": np.full(many, code),
        "record": rows["record"][shows],
        "known_date": known[shows],
        "delivered": ~written.missing[shows],
    }


def _defects(rows: Table, written: Written, code: int) -> Table:
    row = written.defect_row
    return {
        "table": np.full(len(row), code),
        "record": rows["record"][row],
        "defect": written.defect_kind,
        "true_unit": rows["unit"][row],
    }


def _stops(book: Book) -> Table:
    """Homes that had dibao the year before and have none this year."""
    home = np.flatnonzero((book.before("dibao") > 0) & (book.of("dibao") == 0))
    many, date = len(home), np.full(len(home), np.datetime64(f"{book.year}-01-01", "D"))
    return {
        "event": np.full(many, STOP),
        "unit": book.homes.start + home,
        "person": np.full(many, -1),
        "date": date,
        "amount": book.before("dibao")[home],
        "table": np.full(many, TABLES.index("civil_affairs")),
        "record": np.full(many, -1),
        "known_date": date,
        "delivered": np.ones(many, dtype=bool),
    }


def _members(homes: Homes, spec: HouseholdSimulation) -> Table:
    """Who lived where: one row a person and home; a move is known 30 days later."""
    home, slot = np.nonzero(homes.joins <= spec.periods[-1])
    base = spec.periods[0] - 1
    joined, left = np.maximum(homes.joins[home, slot], base).astype(np.int64), homes.leaves[home, slot].astype(np.int64)
    start = (joined - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    end = np.where(left <= spec.periods[-1], left - 1970, 0).astype("datetime64[Y]").astype("datetime64[D]")
    return {
        "person": _persons(homes, home, slot),
        "unit": homes.start + home,
        "from_date": start,
        "to_date": np.where(left <= spec.periods[-1], end, np.datetime64("NaT", "D")),
        "known_date": start + np.where(joined > base, 30, 0).astype("timedelta64[D]"),
        "born": homes.born[home, slot],
        "female": homes.female[home, slot],
        "disabled": homes.disabled[home, slot],
    }
