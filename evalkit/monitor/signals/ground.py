"""What rules stand on: records, homes and incomes as known on a day; what several rules need is computed once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import narwhals as nw
import pandas as pd

from evalkit.errors import DataError, several
from evalkit.monitor.engine.base import Engine, Frame, distinct
from evalkit.monitor.income import two_incomes
from evalkit.monitor.rules.rules import IncomeBelow, Rule, RuleSet
from evalkit.monitor.rules.thresholds import BASIS
from evalkit.monitor.signals.coverage import lacking
from evalkit.monitor.sources.sources import Source
from evalkit.monitor.windows import (
    Window,
    last_month,
    month_of,
    month_start,
    school_year,
    the_window_before,
    twelve_months,
    year_to_date,
)

HITS = ("home", "value", "limit", "records", "first_event", "last_event", "known_date")
EVIDENCE = ("home", "source", "delivery", "row", "event_date", "known_date", "amount")
FACTS = (
    "home", "county", "village", "formerly_poor", "labor", "members", "income", "income_before", "line", "within", "complete",
)  # fmt: skip
WINDOWS = {"year_to_date": year_to_date, "twelve_months": twelve_months, "month": last_month, "school_year": school_year}


class Found(NamedTuple):
    """What a rule found: `hits`, one row a home, columns as `HITS`; and their `evidence`, one row a record, as `EVIDENCE`."""

    hits: Frame
    evidence: Frame


@dataclass(slots=True, kw_only=True)
class Ground:
    """The records, homes and rules of a run.

    Parameters
    ----------
    records
        Source → linked records, see `Linkage`.
    homes
        As of `homes_as_of`.
    coverage
        Columns source, county, month and delivered; None: nothing is known of deliveries.
    counties
        Those of the homes, where deliveries are known of.
    lacks
        Rule id → source → the counties where a delivery of it that the rule needs did not come, see `lacking`.
    doubted
        Rule id → the homes that it does not judge, since they draw on what never came: home and county.
    """

    engine: Engine
    rules: RuleSet
    sources: Mapping[str, Source]
    records: Mapping[str, Frame]
    homes: Frame
    as_of: date
    coverage: pd.DataFrame | None
    counties: frozenset[str] = field(init=False, default=frozenset())
    lacks: Mapping[str, Mapping[str, frozenset[str]]] = field(init=False, default_factory=dict)
    doubted: dict[str, Frame] = field(init=False, default_factory=dict)
    base: Frame = field(init=False)
    made: dict[tuple[str, Window], Frame] = field(default_factory=dict)

    def __post_init__(self) -> None:
        absent = [table for table in self.rules.tables if table not in self.records or table not in self.sources]
        if absent:
            raise DataError(f"the rules read sources that are not at hand: {several(absent)}", do="declare and link them")
        self.base = self.engine.keep(self._base())
        if self.coverage is not None:
            counties = self.engine.collect(distinct(self.base, "county"))["county"]
            self.counties = frozenset(counties.dropna().astype(str))
            self.lacks = lacking(self.rules, self.sources, self.coverage, self.counties, self.as_of)

    @property
    def window(self) -> Window:
        """The twelve months of an income."""
        return twelve_months(self.as_of)

    @property
    def last(self) -> int:
        """The number of the last complete month."""
        return self.window.months[-1]

    @property
    def before(self) -> Window:
        """The twelve months before those of an income."""
        return the_window_before(self.window)

    @property
    def flows(self) -> tuple[Source, ...]:
        """The sources that are income."""
        return tuple(self.sources[name] for name in self.rules.income)

    def since(self, months: int) -> date:
        """The first day of so many complete months."""
        return month_start(self.last - months + 1)

    def known(self, source: str) -> Frame:
        """The records of a source that had happened and were known on the day, of homes that are known."""
        day = nw.lit(self.as_of)
        return self.records[source].filter(nw.col("known_date") <= day, nw.col("event_date") <= day, ~nw.col("home").is_null())

    def spent(self, source: str, window: Window) -> Frame:
        """The records of a source that have an amount in a window."""
        return self.known(source).filter(window.holds("event_date"), ~nw.col("amount").is_null())

    def totals(self, tables: Sequence[str], window: Window) -> Frame:
        """By home the amounts of sources in a window: `value`, with `records` and dates; each source is read once a window."""
        for table in tables:
            if (table, window) not in self.made:
                self.made[table, window] = self.engine.keep(by_home(self.spent(table, window)))
        parts = [self.made[table, window] for table in tables]
        return parts[0] if len(parts) == 1 else together(parts)

    def closed(self, rule: Rule) -> frozenset[str]:
        """The counties that a rule does not judge, since a delivery that it needs did not come."""
        return frozenset() if rule.ON_INCOME else frozenset().union(*self.lacks.get(rule.id, {}).values())

    def judged(self, rule: Rule) -> Frame:
        """The homes that a rule judges: of its counties, whose deliveries came where it needs them; of incomes see `sure`."""
        homes = self.base if not rule.counties else self.base.filter(nw.col("county").is_in([*rule.counties]))
        if not rule.NEEDS_MONTHS:
            return homes
        known, closed = homes.filter(~nw.col("county").is_null()), self.closed(rule)
        return known.filter(~nw.col("county").is_in(sorted(closed))) if closed else known

    def sure(self, rule: Rule, rows: Frame, span: Window) -> Frame:
        """The rows of homes whose income of a span lacks nothing; the others are remembered as `doubted`.

        An income lacks something where a delivery of a source did not come to the county, and the home draws on that source: it
        has payments of it in the two years, and of monthly ones not a payment in every month. Yearly figures concern every home.
        """
        parts = [self._drawing(name, some, span) for name, some in self.lacks.get(rule.id, {}).items() if some]
        if not parts:
            return rows
        drawing = self.engine.keep(distinct(nw.concat(parts, how="vertical"), "home"))
        self.doubted[rule.id] = self.engine.keep(rows.join(drawing, on="home", how="semi").select("home", "county"))
        return rows.join(drawing, on="home", how="anti")

    def _drawing(self, source: str, counties: frozenset[str], span: Window) -> Frame:
        """The homes of some counties whose income of a span may lack payments of a source."""
        homes = self.base.filter(nw.col("county").is_in(sorted(counties))).select("home")
        covers = self.sources[source].covers
        if covers == "year":
            return homes
        paid = self.spent(source, Window(self.before.first, self.window.last))
        if counties != self.counties:  # of all counties, all payments are looked at anyway
            paid = paid.join(homes, on="home", how="semi")
        if covers == "event":
            return distinct(paid, "home")
        within = nw.when(span.holds("event_date")).then(month_of(nw.col("event_date")))
        months = (
            distinct(paid.with_columns(_month=within), "home", "_month")
            .group_by("home")
            .agg((~nw.col("_month").is_null()).cast(nw.Int64).sum())
        )
        return months.filter(nw.col("_month") < len(span.months)).select("home")

    def _base(self) -> Frame:
        """Homes with their incomes; `recorded`: an income is known in one of the two years, `earned`: in the year before."""
        both = two_incomes(self.engine, self.records, self.flows, self.window, self.as_of, dated=False)
        homes = self.homes.select("home", "county", "village", "formerly_poor", "labor", nw.col("members").fill_null(0))
        joined = homes.join(both, on="home", how="left").with_columns(
            nw.col("records").fill_null(0), nw.col("records_before").fill_null(0)
        )
        marked = joined.with_columns(
            recorded=(nw.col("records") + nw.col("records_before")) > 0, earned=nw.col("records_before") > 0
        )
        income = nw.when(nw.col("recorded")).then(nw.col("income").fill_null(0))
        return marked.with_columns(income=income, peopled=nw.col("members") > 0)

    def facts(self) -> Frame:
        """One row a home, columns as `FACTS`: what the three kinds of homes are told by."""
        rule = self.rules.the_range
        if rule is None:
            none = {"line": nw.lit(None, dtype=nw.Int64), "within": nw.lit(False), "complete": nw.lit(False)}
            return self.base.with_columns(**none).select(*FACTS)
        reached = rule.limits.onto(self.engine, self.judged(rule).filter(able(rule)))
        judged = reached.select("home", below(rule).alias("within"), nw.lit(True).alias("complete"))
        lined = rule.lines.onto(self.engine, self.base.select("home", "county"), "line").select("home", "line")
        joined = self.base.join(lined, on="home", how="left").join(judged, on="home", how="left")
        told = joined.with_columns(nw.col("within").fill_null(False), nw.col("complete").fill_null(False))
        if rule.id in self.doubted:
            doubt = self.doubted[rule.id].select("home", _doubt=nw.lit(True))
            sure = nw.col("_doubt").is_null()
            told = told.join(doubt, on="home", how="left").with_columns(nw.col("within") & sure, nw.col("complete") & sure)
        zero = nw.col("complete") & nw.col("income").is_null()  # it was judged, so that none counts as zero
        income = nw.when(zero).then(nw.lit(0, dtype=nw.Int64)).otherwise(nw.col("income"))
        return told.with_columns(income=income).select(*FACTS)


def able(rule: IncomeBelow) -> nw.Expr:
    """Homes whose income a rule can compare: with members, and with a record of income or none counted as zero."""
    return nw.col("peopled") if rule.no_record == "counts_as_zero" else nw.col("peopled") & nw.col("recorded")


def below(rule: IncomeBelow) -> nw.Expr:
    """Whether an income is below `limit` × members, or at it where that counts."""
    income, line = nw.col("income").fill_null(0), nw.col("limit") * nw.col("members")
    return income < line if rule.strict else income <= line


ROWS = (
    nw.len().cast(nw.Int64).alias("records"),
    nw.col("event_date").min().alias("first_event"),
    nw.col("event_date").max().alias("last_event"),
    nw.col("known_date").max().alias("known_date"),
)


def by_home(records: Frame) -> Frame:
    """By home: the sum of amounts, the number of records, and their dates."""
    return records.group_by("home").agg(nw.col("amount").sum().cast(nw.Int64).alias("value"), *ROWS)


def together(parts: Sequence[Frame]) -> Frame:
    """Sums of several sources added up by home."""
    sums = [nw.col(name).sum().cast(nw.Int64) for name in ("value", "records")]
    dates = nw.col("first_event").min(), nw.col("last_event").max(), nw.col("known_date").max()
    return nw.concat(parts, how="vertical").group_by("home").agg(*sums, *dates)


def measured(found: Frame, evidence: Frame) -> Frame:
    """Hits (home, value, limit) with how many rows their evidence has, and its dates: columns as `HITS`."""
    rows = found.select("home", "value", "limit").join(evidence.group_by("home").agg(*ROWS), on="home", how="left")
    return rows.with_columns(nw.col("records").fill_null(0)).select(*HITS)


def pointing(records: Frame, source: str, *also: str) -> Frame:
    """Records as evidence, columns as `EVIDENCE`: they lead the department to the row and say nothing else."""
    return records.with_columns(nw.lit(source).alias("source")).select(*EVIDENCE, *also)


def part_of(number: nw.Expr) -> nw.Expr:
    """A number of basis points as whole ones, what is left over cut off; the division is of a multiple and so exact."""
    return ((number - number % BASIS) / BASIS).cast(nw.Int64)
