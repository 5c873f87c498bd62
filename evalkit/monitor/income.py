"""The income of homes in a window: what flowed in it, and the yearly figures that stand for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

import narwhals as nw
import pandas as pd

from evalkit.monitor.engine.base import Engine, Frame, Kinds
from evalkit.monitor.windows import Window, the_window_before

PARTS: Kinds = {
    "home": "integer",
    "income": "integer",
    "records": "integer",
    "first_event": "date",
    "last_event": "date",
    "known_date": "date",
}
BOTH: Kinds = {
    "home": "integer",
    "income": "integer",
    "income_before": "integer",
    "records": "integer",
    "records_before": "integer",
    "first_event": "date",
    "last_event": "date",
    "known_date": "date",
    "known_before": "date",
}
COUNTS = {"income": "records", "income_before": "records_before"}
NEEDED = ("home", "event_date", "known_date", "amount")


class Flow(Protocol):
    """What must be known of a source of income: its name, and what stretch an amount stands for (event, month or year)."""

    @property
    def id(self) -> str:
        """Its name."""
        ...

    @property
    def covers(self) -> str:
        """What an amount stands for."""
        ...


def incomes(
    engine: Engine,
    linked: Mapping[str, Frame],
    sources: Sequence[Flow],
    window: Window,
    as_of: date,
    *,
    back: int = 0,
) -> Frame:
    """The income of each home that has a record of it: one row a home, columns as `PARTS`, money in fen.

    Payments are summed over the window. Of a source that covers years, the newest yearly figure stands for the whole window, see
    `standing`. A home without any record has no row: whether that is no income or no record, the reader of the frame must say.

    Parameters
    ----------
    linked
        Source → records with `home`, without duplicates, see `Linkage`.
    sources
        The sources that are income.
    back
        Years the window lies before the one that is judged: 1 for the window before. Yearly figures are then at least so much
        older than those that stand for the later window, so that a drop never compares a figure with itself.
    """
    parts = [_by_home(counted(linked[source.id], source, window, as_of, back=back)) for source in sources]
    return _together(engine, parts, PARTS)


def two_incomes(
    engine: Engine, linked: Mapping[str, Frame], sources: Sequence[Flow], window: Window, as_of: date, *, dated: bool = True
) -> Frame:
    """The income of a window and of the one before it beside each other, each source read once: columns as `BOTH`.

    The same figures as `incomes` of the window, and of `the_window_before` with `back` 1. A home that has no record in one of the
    two has a gap there and 0 records; `first_event`, `last_event` and `known_date` are of the window. Without dates, `dated` =
    False, it is quicker by half.
    """
    kinds: Kinds = {name: kind for name, kind in BOTH.items() if dated or kind != "date"}
    both = [_both(linked[source.id], source, window, as_of).select(*kinds) for source in sources]
    added = _together(engine, both, kinds)
    gaps = [nw.when(nw.col(of) > 0).then(nw.col(name)).alias(name) for name, of in COUNTS.items()]
    return added.with_columns(*gaps)  # the sum of no record is 0 to an engine


def counted(records: Frame, source: Flow, window: Window, as_of: date, *, back: int = 0) -> Frame:
    """The very records of a source that an income is made of, all their columns: its evidence.

    They are in the window (or stand for it), known by the day, of a home, and have an amount.
    """
    known = records.filter(
        nw.col("known_date") <= nw.lit(as_of),
        ~nw.col("amount").is_null(),
        ~nw.col("home").is_null(),
    )
    return standing(known, window.last.year + back, back) if source.covers == "year" else known.filter(window.holds("event_date"))


def standing(known: Frame, year: int, back: int = 0) -> Frame:
    """Of yearly figures, those of the newest year that a home has, up to this one; `back` years before those, the newest.

    A second figure of the same home, person and year replaces the first: the one known later stands. Those of several persons of
    a home add up. A home without a figure old enough has no row.
    """
    dated = known.with_columns(_year=nw.col("event_date").dt.year().cast(nw.Int64)).filter(nw.col("_year") <= year)
    newest = dated.unique(
        subset=["home", "person", "_year"], keep="last", order_by=["known_date", "event_date", "delivery", "row"]
    )
    top = nw.col("_year").max().over("home")
    if back:
        newest = newest.with_columns(_top=top).filter(nw.col("_year") <= nw.col("_top") - back).drop("_top")
    return newest.with_columns(_top=top).filter(nw.col("_year") == nw.col("_top")).drop("_year", "_top")


def _both(records: Frame, source: Flow, window: Window, as_of: date) -> Frame:
    """Sums and dates of a source by home, in the window and in the one before; payments are read once."""
    before = the_window_before(window)
    if source.covers == "year":
        parts = [counted(records, source, at, as_of, back=back) for back, at in enumerate((window, before))]
        marked = [part.select(*NEEDED).with_columns(_now=nw.lit(back == 0)) for back, part in enumerate(parts)]
        rows = nw.concat(marked, how="vertical")
    else:
        span = Window(before.first, window.last)
        rows = counted(records, source, span, as_of).select(*NEEDED)
        rows = rows.with_columns(_now=nw.col("event_date") >= nw.lit(window.first))
    now, one = nw.col("_now"), nw.lit(1)
    return rows.group_by("home").agg(
        nw.when(now).then(nw.col("amount")).sum().cast(nw.Int64).alias("income"),
        nw.when(~now).then(nw.col("amount")).sum().cast(nw.Int64).alias("income_before"),
        nw.when(now).then(one).otherwise(nw.lit(0)).sum().cast(nw.Int64).alias("records"),
        nw.when(now).then(nw.lit(0)).otherwise(one).sum().cast(nw.Int64).alias("records_before"),
        nw.when(now).then(nw.col("event_date")).min().alias("first_event"),
        nw.when(now).then(nw.col("event_date")).max().alias("last_event"),
        nw.when(now).then(nw.col("known_date")).max().alias("known_date"),
        nw.when(~now).then(nw.col("known_date")).max().alias("known_before"),
    )


def _by_home(records: Frame) -> Frame:
    """Sums and dates of a source by home."""
    return records.group_by("home").agg(
        nw.col("amount").sum().cast(nw.Int64).alias("income"),
        nw.len().cast(nw.Int64).alias("records"),
        nw.col("event_date").min().alias("first_event"),
        nw.col("event_date").max().alias("last_event"),
        nw.col("known_date").max().alias("known_date"),
    )


def _together(engine: Engine, parts: Sequence[Frame], kinds: Kinds) -> Frame:
    """The sources of a home added up; no source gives no rows."""
    if not parts:
        return engine.hold(pd.DataFrame({name: pd.Series([], dtype=object) for name in kinds}), kinds)
    if len(parts) == 1:
        return parts[0]
    sums = [nw.col(name).sum().cast(nw.Int64) for name, kind in kinds.items() if kind == "integer" and name != "home"]
    dates = [
        nw.col(name).min() if name == "first_event" else nw.col(name).max() for name, kind in kinds.items() if kind == "date"
    ]
    return nw.concat(parts, how="vertical").group_by("home").agg(*sums, *dates).select(*kinds)
