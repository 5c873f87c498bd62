"""A fallen income: that of twelve months against that of the twelve months before."""

from __future__ import annotations

import narwhals as nw

from evalkit.monitor.engine.base import Frame
from evalkit.monitor.income import counted
from evalkit.monitor.rules.rules import IncomeDrop
from evalkit.monitor.rules.thresholds import BASIS
from evalkit.monitor.signals.ground import Found, Ground, measured, part_of, pointing
from evalkit.monitor.windows import Window


def found(rule: IncomeDrop, ground: Ground) -> Found:
    """Homes whose income fell: `value` is the income now, `limit` the highest that is fallen far enough.

    In whole numbers: income × 10,000 ≤ (10,000 − share) × income before, which must be above 0. The evidence are the records
    that both incomes are made of.
    """
    homes = ground.judged(rule).filter(nw.col("earned"), nw.col("income_before") > 0)
    sure = ground.sure(rule, homes, Window(ground.before.first, ground.window.last))
    rows = rule.limits.onto(ground.engine, sure, "share")
    kept = (BASIS - nw.col("share")) * nw.col("income_before")
    fallen = rows.filter(nw.col("income") * BASIS <= kept)
    hits = ground.engine.keep(fallen.select("home", nw.col("income").alias("value"), part_of(kept).alias("limit")))
    evidence = ground.engine.keep(_both(ground, hits.select("home")))
    return Found(ground.engine.keep(measured(hits, evidence)), evidence)


def _both(ground: Ground, homes: Frame) -> Frame:
    """The records of both incomes."""
    span, parts = Window(ground.before.first, ground.window.last), []
    for flow in ground.flows:
        records = ground.records[flow.id].join(homes, on="home", how="semi")
        asked = [(ground.window, 0), (ground.window, 1)] if flow.covers == "year" else [(span, 0)]
        parts += [pointing(counted(records, flow, at, ground.as_of, back=back), flow.id) for at, back in asked]
    return nw.concat(parts, how="vertical")
