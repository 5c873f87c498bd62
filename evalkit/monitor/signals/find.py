"""Signals: a set of rules asked of linked records as known on a day; each keeps the records that made it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import narwhals as nw
import pandas as pd

from evalkit.answer import Answer
from evalkit.check import instance, shown
from evalkit.errors import SpecError
from evalkit.monitor.engine.base import Engine, Frame
from evalkit.monitor.rules.rules import (
    IncomeBelow,
    IncomeDrop,
    Rule,
    RuleSet,
    SpendingAbove,
    SpendingShare,
    State,
    StateLost,
    Stopped,
)
from evalkit.monitor.signals import below, drop, spending, state, stopped
from evalkit.monitor.signals.ground import EVIDENCE, Found, Ground
from evalkit.monitor.signals.notes import notes_of
from evalkit.monitor.signals.unjudged import census, unjudged
from evalkit.monitor.sources.sources import Source

FOUND: dict[type[Rule], Callable[[Any, Ground], Found]] = {
    IncomeBelow: below.found,
    IncomeDrop: drop.found,
    SpendingAbove: spending.found,
    SpendingShare: spending.share_found,
    State: state.found,
    StateLost: state.lost_found,
    Stopped: stopped.found,
}
COLUMNS = [
    "home", "county", "village", "rule", "channel", "level", "value", "limit", "records", "first_event", "last_event",
    "known_date",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalRules:
    """A set of rules, asked of the homes of a register.

    A signal opens a visit; it decides nothing.

    Parameters
    ----------
    rules
        The set, see `read_rules`.

    Examples
    --------
    >>> from evalkit.monitor.rules.form import read_rules
    >>> SignalRules(rules=read_rules()).rules.the_range.limits.standard
    870000
    """

    rules: RuleSet

    def __post_init__(self) -> None:
        instance(self.rules, RuleSet, who="SignalRules rules", do="use read_rules(path)")

    def find(
        self,
        engine: Engine,
        records: Mapping[str, Frame],
        homes: Frame,
        *,
        sources: Sequence[Source],
        coverage: Frame | pd.DataFrame | None,
        as_of: date,
    ) -> Signals:
        """The signals of a day.

        Parameters
        ----------
        records
            Source → linked records, see `Linkage`; those that became known later are passed over.
        homes
            Of the day, see `homes_as_of`.
        sources
            As declared.
        coverage
            Columns source, county, month and delivered; None: nothing is known of deliveries, and all homes are judged, which is
            said.
        as_of
            The day.

        Raises
        ------
        DataError
            A source that the rules read is not at hand.
        """
        if not isinstance(as_of, date) or isinstance(as_of, datetime):
            raise SpecError("as_of must be a date without a time", found=shown(as_of), do="give a datetime.date")
        told = engine.collect(coverage) if isinstance(coverage, nw.LazyFrame) else coverage
        known = {source.id: source for source in sources}
        ground = Ground(engine=engine, rules=self.rules, sources=known, records=records, homes=homes, as_of=as_of, coverage=told)
        return self._found(ground)

    def _found(self, ground: Ground) -> Signals:
        engine, rules = ground.engine, self.rules.rules
        found = {rule.id: FOUND[type(rule)](rule, ground) for rule in rules}
        every = nw.concat([one.hits.with_columns(nw.lit(rule).alias("rule")) for rule, one in found.items()], how="vertical")
        pointers = [one.evidence.with_columns(nw.lit(rule).alias("rule")) for rule, one in found.items()]
        evidence = nw.concat(pointers, how="vertical").select("home", "rule", *EVIDENCE[1:])
        facts = engine.keep(ground.facts())
        placed = every.join(facts.select("home", "county", "village"), on="home", how="inner")
        table = engine.collect(placed).sort_values(["home", "rule"], ignore_index=True)
        channel, level = ({rule.id: getattr(rule, part) for rule in rules} for part in ("channel", "level"))
        frame = table.assign(channel=table["rule"].map(channel), level=table["rule"].map(level).astype("int64"))[COLUMNS]
        counts = census(ground)
        shut = unjudged(ground, counts)
        notes = notes_of(ground, counts, shut)
        doubted = [one.select("home", nw.lit(rule).alias("rule")) for rule, one in ground.doubted.items()]
        return Signals(
            spec=self,
            frame=frame,
            notes=notes,
            evidence=evidence,
            facts=facts,
            unjudged=shut,
            doubted=nw.concat(doubted, how="vertical") if doubted else evidence.select("home", "rule").head(0),
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Signals(Answer):
    """Signals: `frame` has one row a home and rule, sorted by both.

    Its columns: `home`, `county`, `village`, `rule` (its id), `channel`, `level`, `value` and `limit` (fen, or a count: what was
    found and from where on it is a signal), `records` (how many rows of evidence there are), `first_event` and `last_event` of
    them, `known_date` (when the last of them became known). An income of nothing has no evidence and no dates.

    Attributes
    ----------
    evidence
        In the engine, computed when it is asked for: home, rule, source, delivery, row, event_date, known_date, amount; one row a
        record. It leads the department to the row and says nothing else.
    facts
        In the engine, one row a home: home, county, village, formerly_poor, labor, members, `income` (fen; a gap where no income
        is on record in two years), `income_before`, `line` (fen a head), `within` (whether the income is within the range of
        monitoring) and `complete` (whether that could be judged; else `within` is False).
    unjudged
        Columns rule, county, reason and homes: how many a rule could not judge, see `REASONS`.
    doubted
        In the engine: home and rule, where the home draws on a delivery that never came, and so was not judged.
    """

    spec: SignalRules
    evidence: Frame
    facts: Frame
    unjudged: pd.DataFrame
    doubted: Frame
