"""What goes wrong with records on their way: late, twice, under a wrong key, under the old home, or never."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from evalkit.simulate.chance import stream
from evalkit.simulate.columns import Table
from evalkit.simulate.departments import DEPARTMENTS
from evalkit.simulate.limits import within
from evalkit.simulate.names import width
from evalkit.simulate.places import Extent
from evalkit.stats.arrays import Codes, Mask

DEFECTS = ("duplicate", "wrong_id", "old_home", "late", "missing")
DUPLICATE, WRONG, OLD_HOME, LATE, MISSING = range(len(DEFECTS))
TABLES = tuple(DEPARTMENTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class DefectModel:
    """How often records go wrong; all are shares from 0 to 0.5, and 0 makes a kind absent.

    Parameters
    ----------
    duplicate
        Records delivered twice, the same in every cell.
    wrong_id
        Records under a wrong household key: half under one that exists, half under one that does not.
    old_home
        Of the records of a person who moved within the last 120 days, those still filed under the old home.
    late
        Records known 90 to 200 days later than usual.
    missing
        Monthly deliveries of a table from a county that never come.
    delay
        How many times as long as usual records take to be known; 0: known on the next day. From 0 to 20.
    """

    duplicate: float = 0.01
    wrong_id: float = 0.004
    old_home: float = 0.5
    late: float = 0.02
    missing: float = 0.02
    delay: float = 1.0

    def __post_init__(self) -> None:
        within(self, 0, 0.5, "duplicate", "wrong_id", "late", "missing")
        within(self, 0, 1, "old_home")
        within(self, 0, 20, "delay")

    def missing_months(self, extent: Extent, months: int) -> Mask:
        """Which deliveries never come, of shape (tables, counties, months)."""
        own = stream(extent.seed, "deliveries")
        return own.random((len(TABLES), extent.counties, months)) < self.missing


class Written(NamedTuple):
    """The rows of a table as they arrive, which original row each one is, and (row, kind) of every defect."""

    rows: Table
    origin: Codes
    defect_row: Codes
    defect_kind: Codes
    missing: Mask


def spoil(model: DefectModel, own: np.random.Generator, rows: Table, moved: Mask, lost: Mask, extent: Extent) -> Written:
    """Records with their defects.

    `rows` has integer `unit` and dates `known_date`; `moved` marks records that may be filed under the home before theirs
    in number, `lost` those whose delivery never comes.
    """
    many = len(rows["unit"])
    u = own.random((4, many))
    late, wrong, twice = u[0] < model.late, u[1] < model.wrong_id, u[2] < model.duplicate
    old = moved & (u[3] < model.old_home) & ~wrong
    rows = dict(rows)
    rows["known_date"] = rows["known_date"] + np.where(late, own.integers(90, 201, many), 0).astype("timedelta64[D]")
    rows["unit"] = np.where(wrong, _other(own, rows["unit"], extent.households), rows["unit"] - old)
    marks = {DUPLICATE: twice, WRONG: wrong, OLD_HOME: old, LATE: late, MISSING: lost}
    found = [(np.flatnonzero(mark), kind) for kind, mark in marks.items()]
    origin = np.repeat(np.arange(many), np.where(lost, 0, 1 + twice))
    return Written(
        rows={name: column[origin] for name, column in rows.items()},
        origin=origin,
        defect_row=np.concatenate([row for row, _ in found]),
        defect_kind=np.concatenate([np.full(len(row), kind) for row, kind in found]),
        missing=lost,
    )


def _other(own: np.random.Generator, unit: Codes, households: int) -> Codes:
    """A key that is not that of the unit: of another household, or of none."""
    step = own.integers(1, max(households, 2), len(unit))
    free = 10 ** width("H", households) - 1 - households
    nobody = households + own.integers(0, max(min(households, free), 1), len(unit))
    none = (own.random(len(unit)) < 0.5) | (households == 1)
    return np.where(none & (free > 0), nobody, (unit + step) % households)
