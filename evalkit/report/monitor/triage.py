"""How a list of homes to visit looks where it is published: counts by county and kind, and what villages cannot reach."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evalkit.monitor.signals.find import Signals
from evalkit.monitor.triage.triage import STATUSES, Triaged
from evalkit.report.document import Table
from evalkit.report.monitor.tables import COUNTY, FEWER, HOME_KINDS, LEAST, RULE, Counts, by_column, crossed
from evalkit.report.verbs import tables, words
from evalkit.report.words import Voice
from evalkit.stats.suppression import suppressed
from evalkit.terms import Text, same

VISITS = Text("本期走访安排", "Visits of this list")
KIND = Text("列入与待访农户：状态与类型", "Homes with signals, by what is to be done and kind")
SIGNALS = Text("各规则发现的户数（一户可有多项）", "Homes by rule (a home may have several)")
BY_COUNTY = Text("各县各规则的户数", "Homes by county and rule")
STATUS = Text("状态", "Status")
RISK = {"risk_score": Text("风险分值", "risk score")}
TO_VISIT = {"listed": Text("本期列入", "On this list"), "left": Text("留待下期", "Left for the next")}
KNOWN = {"fresh": Text("新信号", "New signals"), "known": Text("已在办或已有结论", "Handled or decided on")}


def visits(triaged: Triaged, least: int = LEAST) -> Counts:
    """Homes that are due by county: on the list, or left for the next."""
    by = triaged.villages.assign(county=triaged.villages["county"].astype(str)).groupby("county")[list(TO_VISIT)].sum()
    found = suppressed(by.to_numpy(), least)
    return Counts(rows=tuple(str(one) for one in by.index), heads=tuple(TO_VISIT.values()), found=found, least=least)


def statuses(triaged: Triaged, least: int = LEAST) -> Counts:
    """Homes by what is to be done with them, and by kind."""
    counts = crossed(triaged.frame["status"], triaged.frame["kind"], list(STATUSES), list(HOME_KINDS))
    return Counts(rows=tuple(STATUSES), heads=tuple(HOME_KINDS.values()), found=suppressed(counts, least), least=least)


def by_rule(triaged: Triaged, least: int = LEAST) -> Counts:
    """Homes of each rule: how many of its signals are new, and how many the ledger knows; rules have totals, columns have none."""
    pairs = {name: _pairs(triaged.frame[name]) for name in ("reasons", "fresh")}
    every = pairs["reasons"].value_counts()
    fresh = pairs["fresh"].value_counts().reindex(every.index).fillna(0).astype(int)
    table = pd.DataFrame({"fresh": fresh, "known": every - fresh}).sort_index()
    found = suppressed(table.to_numpy(), least, totals=(True, False))
    return Counts(rows=tuple(table.index), heads=tuple(KNOWN.values()), found=found, least=least)


def status_table(triaged: Triaged, voice: Voice, least: int = LEAST) -> Table:
    """What is to be done with how many homes of each kind."""
    named = Voice(voice.lang, {**voice.names, **STATUSES})
    return statuses(triaged, least).table("to_do", KIND, STATUS, named)


def rule_table(triaged: Triaged, voice: Voice, least: int = LEAST) -> Table:
    """Homes by rule."""
    return by_rule(triaged, least).table("signals", SIGNALS, RULE, Voice(voice.lang, {**RISK, **voice.names}))


def said(triaged: Triaged, voice: Voice, least: int = LEAST) -> str:
    """How many are to be visited, in one sentence."""
    counts = visits(triaged, least)
    text = Text(
        "本期应走访 {due} 户，列入名单 {listed} 户，{left} 户因走访能力所限留待下期",
        "{due} homes are due for a visit: {listed} are on this list, {left} are left for the next",
    )
    return voice(text, due=counts.total(2, voice), listed=counts.total(0, voice), left=counts.total(1, voice))


def _pairs(reasons: pd.Series) -> pd.Series:
    """The rules of all homes, one entry a home and rule."""
    counts = reasons[reasons.notna() & (reasons != "")].value_counts()
    rules = pd.Series(counts.index.astype(str)).str.split("; ")
    return rules.iloc[np.repeat(np.arange(len(counts)), counts.to_numpy(dtype=np.intp))].explode()


@tables.register
def _(answer: Triaged, voice: Voice) -> tuple[Table, ...]:
    return (visits(answer).table("visits", VISITS, COUNTY, voice), status_table(answer, voice), rule_table(answer, voice))


@words.register
def _(answer: Triaged, voice: Voice) -> str:
    return said(answer, voice) + voice(Text("。", "."))


@tables.register
def _(answer: Signals, voice: Voice) -> tuple[Table, ...]:
    rows = answer.frame
    counties, rules = (sorted(rows[name].dropna().astype(str).unique()) for name in ("county", "rule"))
    heads = {rule: voice.names.get(rule, same(rule)) for rule in rules}
    counts = by_column(crossed(rows["county"].astype(str), rows["rule"], counties, rules), counties, heads, LEAST)
    return (counts.table("signals_by_county", BY_COUNTY, COUNTY, voice),)


@words.register
def _(answer: Signals, voice: Voice) -> str:
    homes, unable = answer.frame["home"].nunique(), answer.unjudged["county"].nunique()
    text = Text(
        "{n} 户有信号，需入户核实；{k} 个县有规则因数据不全等原因未能判断，没有信号不等于没有风险。",
        "{n} homes have a signal and are to be visited; in {k} counties some rule could not judge homes: no signal does not mean no risk.",
    )
    return voice(text, n=f"{homes:,}" if homes == 0 or homes >= LEAST else voice(FEWER, n=LEAST), k=unable)
