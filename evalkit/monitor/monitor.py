"""The monitor: what a store of records says of every home on a day, and what the ledger is to be told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import narwhals as nw
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import instance, shown
from evalkit.errors import SpecError
from evalkit.monitor.door.store import Store
from evalkit.monitor.engine.base import Engine, Frame, Kinds
from evalkit.monitor.engine.duck import DuckDB
from evalkit.monitor.engine.spark import Spark
from evalkit.monitor.ledger.closing import Closable, ClosingConditions, HomeFacts
from evalkit.monitor.ledger.ledger import Ledger
from evalkit.monitor.ledger.state import LedgerState
from evalkit.monitor.linkage.linkage import Linkage, Linked
from evalkit.monitor.linkage.register import Register, homes_known
from evalkit.monitor.quality.quality import DeliveryQuality, DeliveryReport
from evalkit.monitor.rules.rules import RuleSet
from evalkit.monitor.signals.find import SignalRules, Signals
from evalkit.monitor.sources.sources import RegisterSource, Source
from evalkit.monitor.stable import month_end_incomes
from evalkit.monitor.triage.history import History
from evalkit.monitor.triage.triage import Triage, Triaged

EVIDENCE = "evidence"  # folder of the store
POINTERS: Kinds = {
    "home": "integer",
    "rule": "word",
    "source": "word",
    "delivery": "word",
    "row": "integer",
    "event_date": "date",
    "known_date": "date",
    "amount": "integer",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """The question of a monitor: which homes of a store show what, by which rules, and whom to visit first.

    Parameters
    ----------
    sources, register
        What is delivered, see `read_sources` and `read_declared`.
    rules
        By which homes are looked at, see `read_rules`.
    store
        What was delivered, see `Door`.
    ledger
        What is known of cases; it may be empty yet.
    engine
        What runs it: `DuckDB` in this process, or `Spark`. The rows are the same.
    linkage, quality, triage, closing
        How records find homes, how deliveries are judged, how visits are ordered, when a risk counts as resolved.
    """

    sources: tuple[Source, ...]
    register: RegisterSource
    rules: RuleSet
    store: Store
    ledger: Ledger
    engine: DuckDB | Spark = DuckDB()
    linkage: Linkage = Linkage()
    quality: DeliveryQuality = DeliveryQuality()
    triage: Triage = Triage()
    closing: ClosingConditions = ClosingConditions()

    def __post_init__(self) -> None:
        instance(self.register, RegisterSource, who="Monitor register", do="use read_declared(path)")
        if len(self.register.tables) != 2:
            do = "declare [register.members]"
            raise SpecError("a monitor needs to know who lives in which home", found="a register of homes alone", do=do)
        instance(self.rules, RuleSet, who="Monitor rules", do="use read_rules(path)")
        instance(self.store, Store, who="Monitor store", do="write Store(Path(…))")
        instance(self.ledger, Ledger, who="Monitor ledger", do="write Ledger(Path(…))")

    def look(self, as_of: date, *, risk: pd.Series | None = None, keep: bool = True) -> Look:
        """What was known on a day: signals with their evidence, homes in their kinds, whom to visit, which cases may be closed.

        It writes nothing but the evidence of all signals, to the folder of the store, and not even that unless it is to be kept.

        Parameters
        ----------
        as_of
            The day. Records that became known later have no part, whatever the store holds.
        risk
            Scores of a model by home; they order visits within a level and take nobody off the list.
        keep
            Whether the store keeps the evidence of that day; without, `evidence` is empty, and what a run has kept stays.

        Raises
        ------
        DataError
            The store or the ledger was changed, or lacks what the rules read.
        OutputError
            Memory or spill do not suffice.
        """
        if not isinstance(as_of, date) or isinstance(as_of, datetime):
            raise SpecError("as_of must be a date without a time", found=shown(as_of), do="give a datetime.date")
        told = self.ledger.state(as_of), self.ledger.changes(as_of)
        place = self.store.folder / EVIDENCE / as_of.isoformat() if keep else None
        with self.engine.open([self.store.folder]) as engine:
            return self._look(engine, as_of, told, risk, place)

    def _look(
        self,
        engine: Engine,
        as_of: date,
        told: tuple[LedgerState, pd.DataFrame],
        risk: pd.Series | None,
        evidence: Path | None,
    ) -> Look:
        state, changes = told
        records = {source.id: self.store.records(engine, source) for source in self.sources}
        homes, members = self.register.tables
        register = Register(homes=self.store.register(engine, homes), members=self.store.register(engine, members))
        linked = self.linkage.measure(engine, records, register, self.sources, as_of)
        known = engine.keep(homes_known(register, linked.stays, as_of).drop("known_date", "members_known"))
        receipts = self.store.deliveries()
        quality = self.quality.measure(engine, records, self.sources, known, as_of, linked.frame, receipts)
        rules = SignalRules(rules=self.rules)
        signals = rules.find(engine, linked.records, known, sources=self.sources, coverage=quality.coverage, as_of=as_of)
        facts = _facts(engine, signals, state, risk if self.triage.by_risk else None)
        triage = replace(self.triage, levels={rule.id: rule.level for rule in self.rules.rules} | dict(self.triage.levels))
        triaged = triage.measure(signals.frame, facts, as_of, History.of(state.frame, changes), risk)
        listed = triaged.frame.index[triaged.frame["listed"]]
        return Look(
            spec=self,
            frame=triaged.frame,
            notes=(*signals.notes, *triaged.notes),
            as_of=as_of,
            linked=linked.frame,
            linked_notes=linked.notes,
            quality=quality,
            signals=signals.frame,
            unjudged=signals.unjudged,
            evidence=_evidence(engine, self.rules, signals, listed, evidence),
            triaged=triaged,
            counties=_counties(engine, signals),
            closable=self._closable(engine, linked, known, signals, quality, state, as_of),
        )

    def _closable(
        self,
        engine: Engine,
        linked: Linked,
        homes: Frame,
        signals: Signals,
        quality: DeliveryReport,
        state: LedgerState,
        as_of: date,
    ) -> Closable:
        """Which open cases meet the conditions of closing."""
        cases = state.frame[state.frame["open"] & state.frame["included"].notna()]
        asked = _held(engine, pd.Index(cases["home"]))
        some = engine.keep(homes.join(asked, on="home", how="semi").select("home", "county", "members", "labor"))
        flows = self.rules.income if len(cases) else ()
        records = {name: engine.keep(linked.records[name].join(asked, on="home", how="semi")) for name in flows}
        months = month_end_incomes(
            engine,
            records,
            some,
            rules=self.rules,
            sources=self.sources,
            coverage=quality.coverage,
            as_of=as_of,
            many=self.closing.stable_months,
        )
        by_county = {rule.id: rule.channel for rule in self.rules.rules if not rule.ON_INCOME}
        by_home = {rule.id: rule.channel for rule in self.rules.rules if rule.ON_INCOME}
        shut = signals.unjudged[signals.unjudged["reason"] == "delivery_missing"]
        doubted = engine.collect(signals.doubted.join(asked, on="home", how="semi"))
        facts = HomeFacts(
            months=months,
            signals=signals.frame,
            homes=engine.collect(some.select("home", "labor")),
            unjudged=shut.assign(channel=shut["rule"].map(by_county)),
            doubted=doubted.assign(channel=doubted["rule"].map(by_home)),
        )
        return self.closing.measure(state, facts, as_of)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Look(Answer):
    """What was known on a day: `frame` is that of `triaged`, one row a home.

    Attributes
    ----------
    linked, linked_notes
        Records and how they found homes, by source.
    quality
        How good the deliveries are.
    signals, unjudged
        One row a home and rule, see `Signals`; and how many homes of which county a rule could not judge.
    evidence
        Of the homes that are listed: which records, down to the row of the delivery. That of all is in the store. Empty where it
        was not to be kept.
    triaged
        The kinds of homes, and whom to visit.
    counties
        Homes and members by county, and those within the range of monitoring.
    closable
        Which open cases meet which conditions of closing.
    """

    spec: Monitor
    as_of: date
    linked: pd.DataFrame
    linked_notes: tuple[Note, ...]
    quality: DeliveryReport
    signals: pd.DataFrame
    unjudged: pd.DataFrame
    evidence: pd.DataFrame
    triaged: Triaged
    counties: pd.DataFrame
    closable: Closable


def _facts(engine: Engine, signals: Signals, state: LedgerState, risk: pd.Series | None) -> pd.DataFrame:
    """The facts of homes that have a signal, a case, or a score that may list them."""
    asked = pd.Index(signals.frame["home"]).union(pd.Index(state.frame["home"]))
    asked = asked if risk is None else asked.union(risk.index)
    frame = engine.collect(signals.facts.join(_held(engine, asked), on="home", how="semi"))
    return frame.assign(within=frame["within"].where(frame["complete"]))


def _evidence(engine: Engine, rules: RuleSet, signals: Signals, listed: pd.Index, folder: Path | None) -> pd.DataFrame:
    """The evidence of listed homes; that of all goes into the store, a file a rule and source: all at once need room.

    Without a folder there is none.
    """
    if folder is None:
        return engine.collect(engine.scan([], POINTERS))
    for place in (folder.parent, folder):
        place.mkdir(mode=0o700, exist_ok=True)
    files, rang = [], set(signals.frame["rule"].unique())
    for rule in (one for one in rules.rules if one.id in rang):
        for source in dict.fromkeys([*rule.tables, *(rules.income if rule.ON_INCOME else ())]):
            files.append(folder / f"{rule.id}.{source}.parquet")
            engine.write(signals.evidence.filter(nw.col("rule") == rule.id, nw.col("source") == source), files[-1])
    for left in set(folder.glob("*.parquet")) - set(files):  # of an earlier look at this day
        left.unlink()
    found = engine.collect(engine.scan(files, POINTERS).join(_held(engine, listed), on="home", how="semi"))
    return found.sort_values(["home", "rule", "source", "delivery", "row"], ignore_index=True)


def _counties(engine: Engine, signals: Signals) -> pd.DataFrame:
    """How many homes and members each county has, how many could be judged by income, and how many are within the range."""
    within, judged = (nw.when(nw.col(name)).then(nw.lit(1)).otherwise(nw.lit(0)) for name in ("within", "complete"))
    counted = signals.facts.group_by("county").agg(
        nw.len().cast(nw.Int64).alias("homes"),
        nw.col("members").sum().cast(nw.Int64).alias("members"),
        judged.sum().cast(nw.Int64).alias("judged"),
        within.sum().cast(nw.Int64).alias("within"),
    )
    return engine.collect(counted).sort_values("county", ignore_index=True).set_index("county")


def _held(engine: Engine, homes: pd.Index) -> Frame:
    table = pd.DataFrame({"home": homes.unique().astype("int64")})
    return engine.hold(table, {"home": "integer"})
