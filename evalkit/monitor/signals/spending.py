"""Spending that is large by itself, or large beside the income."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw

from evalkit.monitor.engine.base import Frame
from evalkit.monitor.rules.money import SpendingAbove, SpendingShare
from evalkit.monitor.rules.thresholds import BASIS
from evalkit.monitor.signals.ground import EVIDENCE, HITS, WINDOWS, Found, Ground, measured, part_of, pointing
from evalkit.monitor.windows import Window


def found(rule: SpendingAbove, ground: Ground) -> Found:
    """Homes that paid so much: `value` is the sum (of single records the largest), `limit` the threshold.

    The evidence are the records that were added up, or each that is large by itself.
    """
    homes = rule.limits.onto(ground.engine, concerned(rule, ground)).select("home", "limit")
    if rule.over == "record":
        large = ground.engine.keep(_records(rule, ground, homes))
        most = large.group_by("home").agg(nw.col("amount").max().alias("value"), nw.col("limit").max())
        return Found(ground.engine.keep(measured(most, large)), large.select(*EVIDENCE))
    window = WINDOWS[rule.over](ground.as_of)
    rows = homes.join(ground.totals(rule.records, window), on="home", how="inner")
    hits = ground.engine.keep(rows.filter(_reached(rule, nw.col("value"))).select(*HITS))
    return Found(hits, _added_up(rule.records, window, ground, hits))


def share_found(rule: SpendingShare, ground: Ground) -> Found:
    """Homes that paid so large a part of their income: `value` is the sum, `limit` the least that would have been too much.

    The evidence are the records of what was paid; the income is among the facts of the home.
    """
    homes = rule.limits.onto(ground.engine, ground.judged(rule).filter(_incomes(rule)), "share")
    income = nw.col("income").fill_null(0)
    asked = nw.col("share") * nw.when(income > 0).then(income).otherwise(nw.lit(0, dtype=nw.Int64))
    told = homes.select("home", "county", asked.alias("asked"))
    rows = told.join(ground.totals(rule.records, ground.window), on="home", how="inner")
    paid = nw.col("value")
    large = ground.sure(rule, rows.filter(paid > 0, paid >= rule.floor, paid * BASIS >= nw.col("asked")), ground.window)
    least, floor = part_of(nw.col("asked") + (BASIS - 1)), nw.lit(rule.floor, dtype=nw.Int64)
    hits = large.with_columns(limit=nw.when(least > floor).then(least).otherwise(floor)).select(*HITS)
    kept = ground.engine.keep(hits)
    return Found(kept, _added_up(rule.records, ground.window, ground, kept))


def concerned(rule: SpendingAbove, ground: Ground) -> Frame:
    """The homes that a rule is about; where it is not known whether a home was poor, neither of two rules is about it."""
    homes = ground.judged(rule)
    if rule.who == "all":
        return homes
    return homes.filter(nw.col("formerly_poor") if rule.who == "formerly_poor" else ~nw.col("formerly_poor"))


def _incomes(rule: SpendingShare) -> nw.Expr:
    """Homes whose income is known, or counts as zero where none is."""
    return nw.lit(True) if rule.no_record == "counts_as_zero" else nw.col("recorded")


def _reached(rule: SpendingAbove, value: nw.Expr) -> nw.Expr:
    return value > nw.col("limit") if rule.strict else value >= nw.col("limit")


def _added_up(tables: Sequence[str], window: Window, ground: Ground, hits: Frame) -> Frame:
    homes = hits.select("home")
    parts = [pointing(ground.spent(table, window).join(homes, on="home", how="semi"), table) for table in tables]
    return nw.concat(parts, how="vertical")


def _records(rule: SpendingAbove, ground: Ground, homes: Frame) -> Frame:
    """Each record that is large by itself, of homes with their `limit`."""
    large = nw.col("event_date") >= nw.lit(ground.since(12)), nw.col("amount") >= min(rule.limits.every)
    parts = [pointing(ground.known(table).filter(*large), table) for table in rule.records]
    return nw.concat(parts, how="vertical").join(homes, on="home", how="inner").filter(_reached(rule, nw.col("amount")))
