"""An income below the line: the payments and yearly figures of twelve months against line × multiple × members."""

from __future__ import annotations

import narwhals as nw

from evalkit.monitor.income import counted
from evalkit.monitor.rules.rules import IncomeBelow
from evalkit.monitor.signals.ground import Found, Ground, able, below, measured, pointing


def found(rule: IncomeBelow, ground: Ground) -> Found:
    """Homes below the line: `value` is the income, `limit` what it is compared with; an income of nothing has 0 records.

    What never came could only add to an income: who is not below is not. The evidence are the records that the income is made of.
    """
    rows = rule.limits.onto(ground.engine, ground.judged(rule).filter(able(rule))).filter(below(rule))
    hits = rows.with_columns(value=nw.col("income").fill_null(0), limit=nw.col("limit") * nw.col("members"))
    kept = ground.engine.keep(ground.sure(rule, hits, ground.window).select("home", "value", "limit"))
    homes = kept.select("home")
    parts = [
        pointing(counted(ground.records[flow.id].join(homes, on="home", how="semi"), flow, ground.window, ground.as_of), flow.id)
        for flow in ground.flows
    ]
    evidence = ground.engine.keep(nw.concat(parts, how="vertical"))
    return Found(ground.engine.keep(measured(kept, evidence)), evidence)
