"""States: the newest known record shows one that should not be, or a count that was above 0 and is no more."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw

from evalkit.monitor.engine.base import Frame, distinct
from evalkit.monitor.rules.rule import Value
from evalkit.monitor.rules.states import State, StateLost
from evalkit.monitor.signals.ground import EVIDENCE, Found, Ground, measured, pointing

WHOSE = ("_named", "_whose")  # whose state a record tells: of a person, or of a home
DAYS = 10**7  # every day is numbered below this


def found(rule: State, ground: Ground) -> Found:
    """Homes in the state: `value` is how many of their people (or the home itself) are, `limit` 1.

    The evidence are the newest records, which show it.
    """
    return _found(rule, ground, _showing(rule, ground))


def lost_found(rule: StateLost, ground: Ground) -> Found:
    """Homes that have lost it: `value` is how many of their people (or the home itself) have, `limit` 1.

    The evidence are the last record above 0, and all since: the first of those is the loss.
    """
    return _found(rule, ground, _since_lost(rule, ground))


def _found(rule: State | StateLost, ground: Ground, rows: Frame) -> Found:
    """Hits, from the records that tell them, which are few."""
    told = pointing(rows.join(ground.judged(rule).select("home"), on="home", how="semi"), rule.records, *WHOSE)
    kept = ground.engine.keep(told)
    each = distinct(kept, "home", *WHOSE)
    many = each.group_by("home").agg(nw.len().cast(nw.Int64).alias("value"))
    hits = measured(many.with_columns(limit=nw.lit(1, dtype=nw.Int64)), kept)
    return Found(ground.engine.keep(hits), kept.select(*EVIDENCE))


def _showing(rule: State, ground: Ground) -> Frame:
    """Records that show the state, and are the newest of their home or person."""
    rows = _told(rule, ground, rule.months)
    shown = rows.filter(_among(rule.column, rule.among), *(_among(*other) for other in rule.where.items()))
    newest = _of(rows, shown).group_by(*WHOSE).agg(nw.col("_at").max().alias("_newest"))
    return shown.join(newest, on=[*WHOSE], how="inner").filter(nw.col("_at") == nw.col("_newest"))


def _since_lost(rule: StateLost, ground: Ground) -> Frame:
    """Records from the last above 0 on, of those whose newest is 0; where a person has moved, of the home of the newest."""
    rows = _told(rule, ground, rule.months)
    count, at = nw.col(rule.column), nw.col("_at")
    ends = (
        _of(rows, rows.filter(count == 0))
        .group_by(*WHOSE)
        .agg(at.max().alias("_newest"), nw.when(count > 0).then(at).max().alias("_had"))
        .filter(nw.col("_newest") > nw.col("_had"))
    )
    since = rows.join(ends, on=[*WHOSE], how="inner").filter(at >= nw.col("_had"))
    now = since.filter(at == nw.col("_newest")).group_by(*WHOSE).agg(nw.col("home").min())
    return since.drop("home").join(now, on=[*WHOSE], how="inner")


def _told(rule: State | StateLost, ground: Ground, months: int | None) -> Frame:
    """Records that tell a state, with whose it is and when: later events are larger, and of one day those known later."""
    rows = ground.known(rule.records).filter(~nw.col(rule.column).is_null())
    if months is not None:
        rows = rows.filter(nw.col("event_date") >= nw.lit(ground.since(months)))
    home, person = nw.col("home"), nw.col("person")
    named = ~person.is_null() if rule.each == "person" else nw.lit(False)
    whose = nw.when(named).then(person).otherwise(home)
    return rows.with_columns(_named=named, _whose=whose, _at=_numbered("event_date") * DAYS + _numbered("known_date"))


def _of(rows: Frame, some: Frame) -> Frame:
    """All records of those of whom some are given; most have none, so that little is put in order."""
    return rows.join(distinct(some, *WHOSE), on=[*WHOSE], how="semi")


def _numbered(day: str) -> nw.Expr:
    """A number for each day, later ones larger: 372 × year + 31 × month + day."""
    year, month, place = (getattr(nw.col(day).dt, part)().cast(nw.Int64) for part in ("year", "month", "day"))
    return year * 372 + month * 31 + place


def _among(column: str, values: Sequence[Value]) -> nw.Expr:
    """Whether a state is one of some values."""
    state = nw.col(column)
    return state.is_in([*values]) if not isinstance(values[0], bool) else (state if values[0] else ~state)
