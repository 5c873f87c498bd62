"""Which counties lack a delivery that a rule needs: there nothing is concluded from records that never came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from evalkit.monitor.rules.rules import IncomeBelow, IncomeDrop, Rule, RuleSet, SpendingShare, StateLost, Stopped
from evalkit.monitor.sources.sources import Source
from evalkit.monitor.windows import the_window_before, twelve_months


@dataclass(frozen=True, slots=True)
class Need:
    """The deliveries of a source in some months, which a rule needs in some counties; None: in all."""

    source: str
    months: range
    counties: frozenset[str] | None = None


def needed(rule: Rule, rules: RuleSet, counties: frozenset[str], as_of: date) -> Iterator[Need]:
    """The deliveries that a rule needs.

    Sums that are too large already need none: what is missing could only add to them. The newest state needs none either.
    """
    window = twelve_months(as_of)
    end = window.months[-1] + 1
    if isinstance(rule, IncomeBelow | SpendingShare):
        yield from (Need(source, window.months) for source in rules.income)
    elif isinstance(rule, IncomeDrop):
        both = range(the_window_before(window).months[0], end)
        yield from (Need(source, both) for source in rules.income)
    elif isinstance(rule, StateLost):
        yield Need(rule.records, range(end - rule.months, end))
    elif isinstance(rule, Stopped):
        for limit in sorted(set(rule.limits.every)):
            those = frozenset(county for county in counties if rule.limits.of(county) == limit)
            yield Need(rule.records, range(end - limit, end), those)


def lacking(
    rules: RuleSet, sources: Mapping[str, Source], coverage: pd.DataFrame, counties: frozenset[str], as_of: date
) -> dict[str, dict[str, frozenset[str]]]:
    """Rule id → source → the counties where a delivery that the rule needs did not come.

    Parameters
    ----------
    coverage
        Columns source, county, month (its number, see `month_number`) and delivered. A delivery did not come where it says so;
        and, of a source that every county delivers each month, also where it does not speak of the month.
    """
    table = coverage[["source", "county", "month", "delivered"]].dropna()
    lacks: dict[str, dict[str, frozenset[str]]] = {}
    for rule in rules.rules:
        by_source = lacks.setdefault(rule.id, {})
        for need in needed(rule, rules, counties, as_of):
            closed = _closed(need, sources[need.source], table, counties)
            by_source[need.source] = by_source.get(need.source, frozenset()) | closed
    return lacks


def _closed(need: Need, source: Source, table: pd.DataFrame, counties: frozenset[str]) -> frozenset[str]:
    """The counties that lack one of the deliveries."""
    asked = counties if need.counties is None else need.counties
    rows = table[(table["source"] == need.source) & table["month"].isin(need.months) & table["county"].isin(asked)]
    came = rows["delivered"].astype(bool)
    closed = frozenset(rows.loc[~came, "county"])
    if source.expects == "every_county" and source.refresh == "month":
        months = rows[came].groupby("county")["month"].nunique()
        closed |= asked - frozenset(months.index[months == len(need.months)])
    return closed
