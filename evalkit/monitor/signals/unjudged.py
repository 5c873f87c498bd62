"""The homes that a rule could not judge, by county and reason."""

from __future__ import annotations

from collections.abc import Iterator

import narwhals as nw
import pandas as pd

from evalkit.monitor.engine.base import Frame
from evalkit.monitor.rules.rules import IncomeBelow, IncomeDrop, Rule, SpendingAbove, SpendingShare
from evalkit.monitor.signals.ground import Ground
from evalkit.terms import Text

REASONS: dict[str, Text] = {
    "county_unknown": Text("名册未载明所在县", "the register names no county"),
    "delivery_missing": Text("所需部门数据未送达", "a delivery that the rule needs did not come"),
    "no_threshold": Text("该县未设阈值", "the county has no threshold"),
    "no_members": Text("名册中无人居住", "the register knows no member"),
    "no_record": Text("没有收入记录", "no income is on record"),
    "poverty_unknown": Text("名册未载明是否脱贫户", "the register does not say whether it was poor"),
}
BY = ("county", "formerly_poor", "recorded", "earned", "peopled")
COLUMNS = ["rule", "county", "reason", "homes"]


def census(ground: Ground) -> pd.DataFrame:
    """How many homes there are of each county and of what may keep a rule from judging them."""
    counts = ground.base.group_by(*BY).agg(nw.len().cast(nw.Int64).alias("homes"))
    return ground.engine.collect(counts).astype({"recorded": bool, "earned": bool, "peopled": bool})


def unjudged(ground: Ground, homes: pd.DataFrame) -> pd.DataFrame:
    """Columns rule, county, reason (see `REASONS`) and homes; a home counts once a rule, under the first reason there is."""
    parts = [_of_rule(rule, ground, homes) for rule in ground.rules.rules]
    parts += [_doubted(rule, frame, ground) for rule, frame in ground.doubted.items()]
    table = pd.concat(parts, ignore_index=True)
    return table.groupby(COLUMNS[:3], dropna=False, sort=True)["homes"].sum().reset_index()


def _doubted(rule: str, frame: Frame, ground: Ground) -> pd.DataFrame:
    """Homes that draw on what never came."""
    counts = ground.engine.collect(frame.group_by("county").agg(nw.len().cast(nw.Int64).alias("homes")))
    return counts.assign(rule=rule, reason="delivery_missing")[COLUMNS]


def _of_rule(rule: Rule, ground: Ground, homes: pd.DataFrame) -> pd.DataFrame:
    """What keeps a rule from judging homes."""
    rows = homes[homes["county"].isin(rule.counties)] if rule.counties else homes
    reason = pd.Series(pd.NA, index=rows.index, dtype=object)
    for name, holds in _reasons(rule, ground, rows):
        reason = reason.mask(reason.isna() & holds, name)
    told = rows.assign(rule=rule.id, reason=reason)
    return told.loc[reason.notna(), COLUMNS]


def _reasons(rule: Rule, ground: Ground, rows: pd.DataFrame) -> Iterator[tuple[str, pd.Series]]:
    county = rows["county"]
    if rule.NEEDS_MONTHS:
        yield "county_unknown", county.isna()
        yield "delivery_missing", county.isin(ground.closed(rule))
    limits = getattr(rule, "limits", None)
    if limits is not None and limits.standard is None:
        yield "no_threshold", ~county.isin(list(limits.by_county))
    if isinstance(rule, IncomeBelow):
        yield "no_members", ~rows["peopled"]
    if isinstance(rule, IncomeBelow | SpendingShare) and rule.no_record == "not_judged":
        yield "no_record", ~rows["recorded"]
    if isinstance(rule, IncomeDrop):
        yield "no_record", ~rows["earned"]
    if isinstance(rule, SpendingAbove) and rule.who != "all":
        yield "poverty_unknown", rows["formerly_poor"].isna()
