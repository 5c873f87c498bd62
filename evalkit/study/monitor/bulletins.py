"""The bulletins of a monitor, each kept apart from those before: what a run's showed is noted in the store for those to come."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evalkit.errors import DataError, SafetyError, SpecError, several
from evalkit.monitor.bulletins import Printed, given_away, kept_apart
from evalkit.monitor.engine.places import whole_or_not
from evalkit.monitor.ledger.ledger import Ledger
from evalkit.monitor.monitor import EVIDENCE
from evalkit.report.monitor.bulletin import BulletinFindings, printed_tables
from evalkit.stats.suppression import Suppressed

NOTES = "bulletins"  # folder of the store
TABLES = (  # as `given_away` numbers them
    "open cases by stage",
    "open cases by kind",
    "open cases by age",
    "the month",
    "the month before",
)


@dataclass(frozen=True, slots=True)
class Bulletins:
    """What bulletins of the `ledger` show; `store` is the folder of the store, counts below `least` are not shown.

    A note holds which cells of a bulletin were hidden, no count: these are in the ledger.
    """

    ledger: Ledger
    store: Path
    least: int

    def apart(self, alone: Printed, changes: pd.DataFrame, *more: Printed) -> tuple[list[Printed], Printed]:
        """The bulletins before one, which are the last of each month that still tells and `more`; and that one kept apart."""
        days = set(self.days_before(alone.day)) - {one.day for one in more}
        before = sorted([*more, *(self.as_printed(day) for day in days)], key=lambda one: one.day)
        return before, kept_apart(before, alone, changes)

    def as_printed(self, day: date) -> Printed:
        """What the bulletin of a day shows, see `settled`."""
        cases, changes = self.ledger.state(day).frame, self.ledger.changes(day)
        return self.settled(BulletinFindings(as_of=day, cases=cases, changes=changes, least=self.least))

    def settled(self, found: BulletinFindings) -> Printed:
        """What a bulletin shows: what that of a run of its day showed; without a run, what it can beside those before.

        Raises
        ------
        DataError
            The note of a bulletin is damaged, or is of another ledger.
        """
        alone = printed_tables(found)
        if self._note(alone.day).is_file():
            return self._noted(alone)
        if alone.day in self._days():
            return alone  # of a run that did not look at others yet
        return self.apart(alone, found.changes)[1]

    def keep(self, printed: Printed) -> None:
        """Note what the bulletin of a run shows.

        Raises
        ------
        OutputError
            It cannot be written; an earlier note of that day is as it was.
        """
        file = self._note(printed.day)
        file.parent.mkdir(mode=0o700, exist_ok=True)
        with whole_or_not(file) as part:
            part.write_text(json.dumps(_told(printed), ensure_ascii=False), encoding="utf-8")

    def days_before(self, as_of: date) -> list[date]:
        """The last run of each month of which a bulletin as of a day still tells: of that month and the two before."""
        first = (as_of.replace(day=1) - timedelta(days=1)).replace(day=1) - timedelta(days=1)
        days = [day for day in self._days() if first.replace(day=1) <= day < as_of]
        return sorted({(day.year, day.month): day for day in days}.values())

    def _days(self) -> list[date]:
        """The days of runs: each keeps its evidence."""
        return [date.fromisoformat(kept.name) for kept in sorted((self.store / EVIDENCE).glob("????-??-??"))]

    def _note(self, day: date) -> Path:
        return self.store / NOTES / f"{day.isoformat()}.json"

    def _noted(self, alone: Printed) -> Printed:
        file = self._note(alone.day)
        try:
            return _as_told(json.loads(file.read_text(encoding="utf-8")), alone)
        except (OSError, ValueError, KeyError, TypeError):
            what = "the note of what a bulletin showed is damaged, or is of another ledger"
            do = "put the store's copy back; without the note its bulletin counts as one that was not kept apart from others"
            raise DataError(what, where=f"{NOTES}/{file.name}", do=do) from None


def refuse_given_away(bulletins: list[Printed], changes: pd.DataFrame) -> None:
    """Refuse the last of some bulletins where small counts of any can be computed from all.

    Raises
    ------
    SafetyError
        They can; they are named by place and table.
    """
    if not (counts := given_away(bulletins, changes)):
        return
    *before, now = bulletins
    places = several(dict.fromkeys(f"{county or 'all together'}, {TABLES[table]}, {day}" for day, county, table, _ in counts))
    days = several([one.day.isoformat() for one in before])
    what = f"with the bulletins of {days} small counts that are not shown can be computed, whatever this one hides"
    do = "keep it in the office and pass on one of a later month: with two whole months between them nothing follows"
    raise SafetyError(what, where=f"the bulletin of {now.day}", found=f"{len(counts)} counts ({places})", do=do)


def earlier(after: date, as_of: date) -> date:
    """The day of a bulletin before another.

    Raises
    ------
    SpecError
        It is not before.
    """
    if after >= as_of:
        do = "name the day of a bulletin that was written before"
        raise SpecError("the bulletin before is not of an earlier day", where="--after", found=after.isoformat(), do=do)
    return after


def _told(printed: Printed) -> dict[str, Any]:
    """What of a bulletin is hidden, as it is written."""
    return {
        "day": printed.day.isoformat(),
        "apart_from": [day.isoformat() for day in printed.apart_from],
        "open_in": list(printed.open_in),
        "open_by": [found.hidden.astype(int).tolist() for found in printed.open_by],
        "flows_in": list(printed.flows_in),
        "flows": printed.flows.hidden.astype(int).tolist(),
        "drawn": printed.drawn.hidden.astype(int).tolist(),
    }


def _as_told(note: dict[str, Any], alone: Printed) -> Printed:
    """Tables with what a note says is hidden.

    Raises
    ------
    ValueError, KeyError, TypeError
        The note is not of these tables.
    """
    if (note["day"], tuple(note["open_in"]), tuple(note["flows_in"])) != (str(alone.day), alone.open_in, alone.flows_in):
        raise ValueError("of other tables")
    return replace(
        alone,
        open_by=tuple(_hiding(found, rows) for found, rows in zip(alone.open_by, note["open_by"], strict=True)),
        flows=_hiding(alone.flows, note["flows"]),
        drawn=_hiding(alone.drawn, note["drawn"]),
        apart_from=tuple(map(date.fromisoformat, note["apart_from"])),
    )


def _hiding(found: Suppressed, rows: list[list[int]]) -> Suppressed:
    hidden = np.array(rows, dtype=bool).reshape(-1, found.table.shape[1])
    if hidden.shape != found.table.shape:
        raise ValueError("of other tables")
    return found._replace(hidden=hidden)
