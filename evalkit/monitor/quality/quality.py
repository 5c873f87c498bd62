"""How good deliveries are: fresh, complete, each record once, consistent, on time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import narwhals as nw
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import instance, whole
from evalkit.errors import DataError, SpecError, several
from evalkit.monitor.engine.base import Engine, Frame
from evalkit.monitor.quality.counts import Delays, delays, doubles, filled, outside
from evalkit.monitor.quality.coverage import COLUMNS, coverage, deliveries
from evalkit.monitor.quality.empty import Empty, empty_deliveries
from evalkit.monitor.quality.empty import notes_of as empty_notes
from evalkit.monitor.sources.columns import Refresh
from evalkit.monitor.sources.sources import Source
from evalkit.terms import Text

__all__ = ["DeliveryQuality", "DeliveryReport", "coverage"]

DUE: dict[Refresh, int] = {"month": 31, "quarter": 92, "half_year": 184, "year": 366}
WHOLE = (
    "records", "age_days", "due_days", "empty", "expected", "missing", "duplicates", "conflict_number", "double_month",
    "outside_range", "event_after_known", "late", "delay_median", "delay_slow",
)  # fmt: skip
TWICE = ("duplicates", "conflict_number", "double_month")  # counted by linkage as well, where it has run
LINKED = ("unmatched", "household_unknown", "ambiguous", "moved")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryQuality:
    """How good the deliveries are that were known on a day.

    Parameters
    ----------
    grace
        Days beyond its refresh period after which a source without anything new is overdue.
    late_after
        Days from the event after which a record that becomes known is late.
    slow
        The percentage of records whose delay is told beside the median.

    Examples
    --------
    >>> DeliveryQuality(slow=100)
    Traceback (most recent call last):
    evalkit.errors.SpecError: DeliveryQuality slow must be a whole number from 51 to 99; found 100.
    """

    grace: int = 15
    late_after: int = 60
    slow: int = 90

    def __post_init__(self) -> None:
        whole(self.grace, who="DeliveryQuality grace", least=0)
        whole(self.late_after, who="DeliveryQuality late_after", least=0)
        whole(self.slow, who="DeliveryQuality slow", least=51, most=99)

    def measure(
        self,
        engine: Engine,
        records: Mapping[str, Frame],
        sources: Sequence[Source],
        homes: Frame,
        as_of: date,
        linked: pd.DataFrame | None = None,
        receipts: pd.DataFrame | None = None,
    ) -> DeliveryReport:
        """The figures of each source.

        Parameters
        ----------
        records
            By source, as in the store: with what was delivered twice.
        homes
            The homes of the day, see `register.homes_as_of`.
        linked
            The counts of linkage (`Linked.frame`), of which what found no home is told beside the rest.
        receipts
            Those of the store, by which deliveries without a row are known; see `empty_deliveries`.

        Raises
        ------
        DataError
            A source has no records, not even an empty table of them.
        """
        _sound(records, sources, as_of, linked)
        rows, covered, gaps, bare = dict[str, dict[str, Any]](), [], [], []
        for source in sources:
            known = records[source.id].filter(nw.col("known_date") <= nw.lit(as_of))
            empty = empty_deliveries(engine, known, source, homes, receipts, as_of)
            table = coverage(engine, known, source, homes, as_of, empty)
            took = delays(engine, known, late_after=self.late_after, slow=self.slow)
            came = deliveries(table, source)
            counted = linked if linked is not None and set(TWICE) <= set(linked) else None
            twice = doubles(engine, known, source) if counted is None else _counted(counted, source.id)
            told = {"empty": empty.many, "expected": len(came), "missing": int((~came["delivered"]).sum()), **twice}
            rows[source.id] = {**self._fresh(took, empty, as_of), **told, "outside_range": outside(engine, known, source)}
            bare.append(empty)
            covered.append(table)
            gaps.append(filled(engine, known, source))
        frame = _framed(rows, linked)
        return DeliveryReport(
            spec=self,
            frame=frame,
            notes=(*_notes(frame, sources), *empty_notes(bare)),
            filled=pd.concat(gaps, ignore_index=True) if gaps else pd.DataFrame(),
            coverage=pd.concat(covered, ignore_index=True) if covered else pd.DataFrame(columns=list(COLUMNS)),
        )

    def _fresh(self, took: Delays, empty: Empty, as_of: date) -> dict[str, Any]:
        """How old the newest record is, and how long records took; who said that there was nobody is not overdue."""
        source = empty.source
        age = None if took.newest is None else (pd.Timestamp(as_of) - took.newest).days
        due = None if source.refresh == "event" else DUE[source.refresh] + self.grace
        told = {"records": took.records, "newest_known": took.newest, "age_days": age, "due_days": due}
        silent = None if empty.heard is None else (as_of - empty.heard).days
        quiet = min((days for days in (age, silent) if days is not None), default=None)
        told["overdue"] = due is not None and (quiet is None or quiet > due)
        return {
            **told,
            "late": took.late,
            "event_after_known": took.before,
            "delay_median": took.median,
            "delay_slow": took.slow,
        }


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DeliveryReport(Answer):
    """The quality of deliveries: `frame` has a row a source.

    * fresh: `records`, `newest_known` (date), `age_days` since, `due_days` after which it is `overdue`; an event is never due.
    * complete: deliveries with a header and no row (`empty`), `expected` ones (counties times refresh periods) and how many are
      `missing`.
    * each once: `duplicates`, `conflict_number` and `double_month`, see `quality_counts.doubles`.
    * consistent: values `outside_range`, records with `event_after_known`; and of linkage, where it was given, `unmatched`,
      `household_unknown`, `ambiguous` and `moved`.
    * on time: `delay_median` and `delay_slow` days from event to known (the least that so many percent do not exceed), and
      how many are `late`.

    `filled` counts by source and declared column the records in which it is filled, and the share. `coverage` says by source,
    county and month (its number) whether the delivery came, see `coverage`.
    """

    filled: pd.DataFrame
    coverage: pd.DataFrame


def _sound(records: Mapping[str, Frame], sources: Sequence[Source], as_of: date, linked: pd.DataFrame | None) -> None:
    lacking = [source.id for source in sources if source.id not in records]
    if lacking:
        raise DataError(f"sources [{several(lacking)}] have no records", do="give an empty table of them")
    instance(as_of, date, who="the day", do="pass a datetime.date")
    if linked is not None and linked.index.has_duplicates:
        raise SpecError("the counts of linkage name a source twice", do="pass Linked.frame")


def _counted(linked: pd.DataFrame, source: str) -> dict[str, int]:
    """What linkage has counted already."""
    row = dict(zip(linked.columns, linked.loc[[source]].to_numpy()[0], strict=True))
    return {name: int(row[name]) for name in TWICE}


def _framed(rows: Mapping[str, Mapping[str, Any]], linked: pd.DataFrame | None) -> pd.DataFrame:
    order = ["records", "newest_known", "age_days", "due_days", "overdue", *WHOLE[3:]]
    frame = pd.DataFrame(list(rows.values()), index=pd.Index(list(rows), name="source", dtype="str"), columns=order)
    frame = frame.astype(dict.fromkeys(WHOLE, "Int64") | {"overdue": bool})
    frame["newest_known"] = pd.to_datetime(frame["newest_known"]).astype("datetime64[us]")
    if linked is not None:
        frame = frame.join(linked[[name for name in LINKED if name in linked]].astype("Int64"))
    return frame


def _notes(frame: pd.DataFrame, sources: Sequence[Source]) -> tuple[Note, ...]:
    names = {source.id: source.name for source in sources}
    notes = []
    overdue = [names[str(one)] for one in frame.index[frame["overdue"]]]
    if overdue:
        text = Text("{n} 个来源逾期没有新数据：{which}。", "Sources with nothing new beyond their time: {n} ({which}).")
        which = Text("、".join(one.zh for one in overdue), ", ".join(one.en for one in overdue))
        notes.append(Note("caution", text.format(n=len(overdue), which=which)))
    missing, expected = int(frame["missing"].sum()), int(frame["expected"].sum())
    if missing:
        text = Text(
            "应有 {expected:,} 份县级数据，未到 {n:,} 份；当期没有任何记录的小县也会被计为未到。",
            "Of {expected:,} deliveries expected from counties {n:,} did not come; a small county in which nothing happened in a "
            "period counts among them.",
        )
        notes.append(Note("caution", text.format(n=missing, expected=expected)))
    odd = int(frame["event_after_known"].sum())
    if odd:
        text = Text(
            "{n:,} 条记录的获知日期早于发生日期，未计入时效。",
            "{n:,} records became known before they happened, and do not count for how long records took.",
        )
        notes.append(Note("left_out", text.format(n=odd)))
    return tuple(notes)
