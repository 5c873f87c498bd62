"""Payments that have stopped: there was one in the months before, and none for the last complete months."""

from __future__ import annotations

import narwhals as nw

from evalkit.monitor.engine.base import Frame
from evalkit.monitor.rules.states import Stopped
from evalkit.monitor.signals.ground import EVIDENCE, Found, Ground, measured, pointing
from evalkit.monitor.windows import month_of


def found(rule: Stopped, ground: Ground) -> Found:
    """Homes whose payments have stopped: `value` is for how many complete months, `limit` from how many on.

    The evidence are the payments of the months before.
    """
    homes = rule.limits.onto(ground.engine, ground.judged(rule)).select("home", "limit")
    paid = _payments(rule, ground)
    last = paid.group_by("home").agg(nw.col("_month").max())
    silent = homes.join(last, on="home", how="inner").with_columns(value=ground.last - nw.col("_month"))
    value, limit = nw.col("value"), nw.col("limit")
    hits = ground.engine.keep(silent.filter(value >= limit, value < limit + rule.before).select("home", "value", "limit"))
    since = ground.last - nw.col("_month")
    rows = paid.join(hits.select("home", "limit"), on="home", how="inner")
    evidence = ground.engine.keep(
        pointing(rows.filter(since >= limit, since < limit + rule.before), rule.records).select(*EVIDENCE)
    )
    return Found(ground.engine.keep(measured(hits, evidence)), evidence)


def _payments(rule: Stopped, ground: Ground) -> Frame:
    """Payments of the months that are looked at, and of the days since, with the number of their month."""
    since = ground.since(max(rule.limits.every) + rule.before)
    paid = ground.known(rule.records).filter(nw.col("amount") > 0, nw.col("event_date") >= nw.lit(since))
    return paid.with_columns(_month=month_of(nw.col("event_date")))
