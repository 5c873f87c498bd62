"""Rows of a delivery as the store holds them, and the count of what was kept and what was set aside, by which rule."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.monitor.door.columns import Read, read_column
from evalkit.monitor.door.files import Batch
from evalkit.monitor.door.rules import Refusal
from evalkit.monitor.engine.base import COLLECTED
from evalkit.monitor.sources.sources import Delivered, Source

SHOWN = 1000  # rows of a delivery that are named one by one
CROWD = 20  # names of places from which on they must be fewer than half the homes
EVENT = ("event_date", "from_date")


class Part(NamedTuple):
    """A batch read: the rows that are kept, what was against others, and amounts that had parts of a fen."""

    frame: pd.DataFrame
    rows: NDArray[np.int64]
    against: dict[tuple[str, str], NDArray[np.int64]]
    rounded: int

    @property
    def aside(self) -> int:
        """How many rows are set aside."""
        return len(self.rows) - len(self.frame)


def standardized(batch: Batch, table: Delivered, key: bytes) -> Part:
    """A batch as the store holds it: pseudonyms, days, fen, states, and nothing that was not declared.

    Raises
    ------
    Refusal
        Identity or telephone numbers stand where none belong.
    """
    reads = {column.name: read_column(batch.frame[column.given], column, key) for column in table.layout}
    against = {(name, rule): at for name, read in reads.items() for rule, at in read.against.items()}
    for column in table.layout:
        if column.needed:
            told = _marked(len(batch.rows), reads[column.name].against.values())
            _add(against, (column.name, "missing"), _missing(reads[column.name]) & ~told)
    unkeyed = np.logical_and.reduce([_missing(reads[name]) for name in table.keys])
    lost = _marked(len(batch.rows), [at for name in table.keys for at in reads[name].against.values()])
    if isinstance(table, Source):
        _add(against, (table.keys[0], "no_key"), unkeyed & ~lost)
    kept = ~_marked(len(batch.rows), against.values())
    whole = {name: _values(reads.get(name), kind, len(batch.rows)) for name, kind in table.kinds.items() if name != "delivery"}
    frame = pd.DataFrame(whole).assign(row=batch.rows.astype(np.int64))
    if table.known_after is not None:
        event = next(name for name in EVENT if name in frame)
        frame["known_date"] = frame[event] + pd.Timedelta(days=table.known_after)
    named = {place: batch.rows[at] for place, at in against.items()}
    rounded = sum(read.rounded for read in reads.values())
    return Part(frame[kept].reset_index(drop=True), batch.rows, named, rounded)


@dataclass(slots=True)
class Tally:
    """What is known of a delivery when its rows have come through."""

    table: Delivered
    file: str
    rows: int = 0
    aside: int = 0
    rounded: int = 0
    broken: Counter[tuple[str, str]] = field(default_factory=Counter)
    places: list[tuple[int, str, str]] = field(default_factory=list)
    days: dict[str, Any] = field(default_factory=dict)
    sums: tuple[int, int] = (0, 0)

    def add(self, part: Part) -> None:
        """Count a batch."""
        if not self.rows:
            self._no_crowd(part.frame)
        self.rows += len(part.rows)
        self.aside += part.aside
        self.rounded += part.rounded
        for (column, rule), rows in part.against.items():
            self.broken[column, rule] += len(rows)
            room = SHOWN - len(self.places)
            self.places += [(int(row), column, rule) for row in rows[: max(room, 0)]]
        for end, name in (("event", next((one for one in EVENT if one in part.frame), "")), ("known", "known_date")):
            if name and len(part.frame) and part.frame[name].notna().any():
                first, last = part.frame[name].min(), part.frame[name].max()
                self.days[f"first_{end}"] = min(first, self.days.get(f"first_{end}", first))
                self.days[f"last_{end}"] = max(last, self.days.get(f"last_{end}", last))
        self._add_content(part.frame)

    def judge(self, most: float) -> None:
        """Refuse a delivery of which too many rows cannot be read."""
        if self.aside > most * self.rows:
            told = ", ".join(f"{column}: {rule} {count:,}" for (column, rule), count in self.broken.most_common(5))
            rows = ", ".join(f"row {row}" for row, _, _ in self.places[:5])
            what = f"{self.aside:,} of {self.rows:,} rows cannot be read"
            do = "check units, dates and the declared values; or raise the share that may be set aside"
            raise Refusal("too_many", what, where=self.file, found=f"{told}; the first are {rows}", do=do)

    @property
    def counts(self) -> dict[str, Any]:
        """Figures of the delivery, days in writing."""
        days = {name: str(day.date()) for name, day in self.days.items()}
        told: dict[str, Any] = {"rows": self.rows, "kept": self.rows - self.aside, "set_aside": self.aside}
        blank = dict.fromkeys(("first_event", "last_event", "first_known", "last_known"))
        return {**told, "rounded": self.rounded, **blank, **days}

    @property
    def reasons(self) -> list[dict[str, Any]]:
        """Rows by column and the rule they break, the most frequent first."""
        every = sorted(self.broken.items(), key=lambda one: (-one[1], one[0]))
        return [{"column": column, "rule": rule, "rows": count} for (column, rule), count in every]

    @property
    def content(self) -> str:
        """A fingerprint of the kept rows that does not depend on their order."""
        kept = f"{self.rows - self.aside}:{self.sums[0]:016x}:{self.sums[1]:016x}"
        return hashlib.sha256(kept.encode()).hexdigest()

    def _add_content(self, frame: pd.DataFrame) -> None:
        if self.table.table is None or frame.empty:
            return
        for at, secret in enumerate(("0123456789123456", "6543219876543210")):
            hashed = pd.util.hash_pandas_object(frame.drop(columns="row"), index=False, hash_key=secret).to_numpy(np.uint64)
            total = (self.sums[at] + int(hashed.sum(dtype=np.uint64))) % 2**64
            self.sums = (total, self.sums[1]) if at == 0 else (self.sums[0], total)

    def _no_crowd(self, frame: pd.DataFrame) -> None:
        """Refuse a column of places that names persons, judged by the first batch."""
        homes = frame["household"].nunique() if "household" in frame else 0
        for column in self.table.layout:
            if column.reads == "word" and column.state is None:
                names = frame[column.name].nunique()
                if names > CROWD and 2 * names > homes > 0:
                    what = f"the column '{column.given}' names homes or persons and no places"
                    found = f"{names} names of {homes} homes"
                    raise Refusal("crowd", what, where=self.file, found=found, do="name a column of places")


def _values(read: Read | None, kind: str, many: int) -> Any:
    """A column as it is stored; one that the table does not have is missing throughout."""
    return pd.array([None] * many, dtype=COLLECTED[kind]) if read is None else read.values  # type: ignore[call-overload,index]


def _missing(read: Read) -> NDArray[np.bool_]:
    return np.asarray(pd.isna(read.values), dtype=bool)


def _marked(many: int, places: Any) -> NDArray[np.bool_]:
    marked = np.zeros(many, dtype=bool)
    for at in places:
        marked[at] = True
    return marked


def _add(against: dict[tuple[str, str], NDArray[np.intp]], place: tuple[str, str], mask: NDArray[np.bool_]) -> None:
    if mask.any():
        against[place] = np.flatnonzero(mask)
