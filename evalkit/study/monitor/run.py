"""A monitor as declared, run for a day: deliveries in, follow-ups and flags into the ledger, and what is to be printed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

import pandas as pd

from evalkit import datasets
from evalkit.answer import Note
from evalkit.check import has_columns
from evalkit.errors import DataError
from evalkit.monitor.bulletins import Printed, given_away
from evalkit.monitor.door.door import Door
from evalkit.monitor.door.files import readers, whole
from evalkit.monitor.door.received import Received
from evalkit.monitor.door.store import Store
from evalkit.monitor.engine.duck import DuckDB
from evalkit.monitor.engine.spark import Spark
from evalkit.monitor.ledger.ledger import Ledger
from evalkit.monitor.ledger.state import LedgerState
from evalkit.monitor.monitor import Look, Monitor
from evalkit.monitor.process.process import Process, ProcessQuality
from evalkit.monitor.rules.form import read_rules
from evalkit.monitor.sources.sources import Declared, read_declared
from evalkit.monitor.triage.capacity import VillageCapacity
from evalkit.monitor.triage.triage import Triage, flags
from evalkit.panel.cells import read_codes
from evalkit.panel.form import read_form
from evalkit.panel.pseudonyms import pseudonym_numbers
from evalkit.panel.read import FORMATS, open_table
from evalkit.report.monitor.bulletin import BulletinFindings, printed_tables
from evalkit.report.monitor.quality import QualityFindings
from evalkit.report.verbs import words
from evalkit.report.words import Voice
from evalkit.study.monitor.bulletins import Bulletins, earlier, refuse_given_away
from evalkit.study.monitor.follow import OPENS, FollowUps, follow_ups
from evalkit.study.monitor.form import MonitorForm
from evalkit.study.monitor.ledger import BeforeFlags, one_run, refuse_unmet, settled_day, sound, untold
from evalkit.terms import Lang, Text

Progress = Callable[[str], None]
LEDGER = "ledger"  # folder of the store
FOLLOWED = Text(
    "回填文件 {files} 份：{rows:,} 项新情况，{known:,} 项台账已有。",
    "Files of follow-ups: {files}, with {rows:,} changes that are new and {known:,} that the ledger had.",
)
LATER = Text(
    "{n:,} 行回填的日期晚于 {day}，未计入；如系笔误请更正。",
    "{n:,} rows of follow-ups are of days after {day} and wait for a later run; correct them where that is a slip.",
)
UNREAD = Text(
    "另有 {n} 个回填文件的格式不能读取，未计入：请另存为 {formats} 之一。",
    "Files of follow-ups in formats that are not read: {n}, left aside. Save them as one of {formats}.",
)
DUE = Text(
    "应走访 {due:,} 户，列入名单 {listed:,} 户，留待下期 {left:,} 户。",
    "{due:,} homes are due for a visit: {listed:,} are on the lists, {left:,} are left for the next.",
)
TOGETHER = Text(
    "{days} 的月报合看仍可推算出 {n} 个未列出的小数，本期不列出更多数字亦不能避免：本月报只限内部使用。",
    "From the bulletins of {days} {n} counts that are not shown can be computed, whatever this one hides: keep it in the office.",
)
RECORDED = Text("台账新增 {n:,} 条。", "Changes written to the ledger: {n:,}.")
RECORDED_BEFORE = Text("台账已有本次全部记录，未作改动。", "Everything was in the ledger already; nothing was written to it.")


@dataclass(frozen=True)
class MonitorStudy:
    """A monitor: `form` is its file as read, `path` where it lies (paths in it are relative to it)."""

    form: MonitorForm
    path: Path

    @classmethod
    def read(cls, path: str | Path) -> MonitorStudy:
        """A monitor from its TOML file.

        Raises
        ------
        SpecError
            With file and line, whatever is wrong with it.
        """
        return cls(read_form(Path(path), MonitorForm), Path(path))

    def beside(self, name: str) -> Path:
        """A path of the file, from where the file lies."""
        return self.path.parent / name

    @cached_property
    def declared(self) -> Declared:
        """Sources and register."""
        return read_declared(self._shipped(self.form.sources, "sources.toml"))

    @cached_property
    def monitor(self) -> Monitor:
        """What is asked each time."""
        folder, visits = self.beside(self.form.store), self.form.visits
        return Monitor(
            sources=self.declared.sources,
            register=self.declared.register,
            rules=read_rules(self._shipped(self.form.rules, "rules.toml"), self.declared.sources),
            store=Store(folder),
            ledger=Ledger(folder / LEDGER),
            engine=self._engine(),
            triage=Triage(capacity=VillageCapacity(default=visits.capacity, villages=visits.villages)),
        )

    @property
    def names(self) -> dict[str, Text]:
        """What rules, sources and places are called."""
        rules = {rule.id: rule.name for rule in self.monitor.rules.rules}
        return {**rules, **{source.id: source.name for source in self.declared.sources}, **self.form.names}

    def receive(self, key: bytes) -> Received:
        """Take in what was delivered."""
        monitor = self.monitor
        door = Door(sources=monitor.sources, register=monitor.register, key=key, store=monitor.store)
        return door.receive(self.beside(self.form.deliveries), readers(self.declared))

    def run(self, as_of: date, key: bytes, progress: Progress = lambda stage: None) -> MonitorRun:
        """Deliveries and follow-ups in, homes looked at, and the ledger told what is new; run again it changes nothing.

        Homes are looked at as the ledger stood before the flags of that day, so that a run that is repeated draws the same list.

        Raises
        ------
        DataError
            The ledger is written beyond the day; follow-ups are not legal, or resolve a risk whose conditions are not met; or
            records were changed.
        OutputError
            Another run is writing, or the disk is full; what was there before is as it was.
        """
        monitor, ledger = self.monitor, self.monitor.ledger
        with one_run(monitor.store.folder):
            settled = settled_day(ledger, as_of)
            progress("deliveries")
            received, told = self.receive(key), self._follow_ups(key, as_of, settled)
            closes = (told.rows["stage"] == "resolved").to_numpy()
            ledger.append(told.rows[~closes], known=as_of)
            progress("signals")
            look = replace(monitor, ledger=BeforeFlags(ledger.folder, day=as_of)).look(as_of, risk=self._risk(key))
            closing = told.rows[closes].reset_index(drop=True)
            refuse_unmet(closing, monitor.closing.refuse(closing, look.closable))
            ledger.append(closing, known=as_of)
            fresh = untold(flags(look.triaged), ledger.changes(as_of), as_of)
            ledger.append(fresh, known=as_of)
            state = ledger.state(as_of)
            changes = ledger.changes(as_of)
            before, printed = self.bulletins.apart(printed_tables(self._bulletin(state, changes, as_of)), changes)
            self.bulletins.keep(printed)
        return MonitorRun(
            study=self,
            as_of=as_of,
            look=look,
            received=received,
            state=state,
            follow_ups=told,
            flagged=len(fresh),
            printed=printed,
            together=_given_away([*before, printed], changes),
        )

    def bulletin(self, as_of: date, after: date | None = None) -> BulletinFindings:
        """What the ledger says of the month up to a day, without looking at records again.

        It shows what that of a run on the day showed, or hides more than one alone, lest small counts follow from it and the last
        run of each month before; or from it and the bulletin of the day `after`.

        Raises
        ------
        DataError
            The ledger knows of no case on one of the days, or the note of a bulletin is damaged.
        SafetyError
            Small counts follow from it and the one of the day `after`, whatever it hides.
        """
        found = self._known(as_of)
        printed = self.bulletins.settled(found)  # what it hid once it hides, whatever else: readers may have both
        if after is None:
            return replace(found, printed=printed)
        other = self.bulletins.as_printed(earlier(self._known(after).as_of, as_of))
        before, printed = self.bulletins.apart(printed, found.changes, other)
        refuse_given_away([*before, printed], found.changes)
        return replace(found, printed=printed)

    @property
    def bulletins(self) -> Bulletins:
        """What bulletins show, one after the other."""
        return Bulletins(ledger=self.monitor.ledger, store=self.monitor.store.folder, least=self.form.report.least)

    def _known(self, as_of: date) -> BulletinFindings:
        """The bulletin of a day on which the ledger knows of cases, as it would be alone."""
        state = self.monitor.ledger.state(as_of)
        if state.frame.empty:
            do = "run the monitor for that day first"
            raise DataError("the ledger knows of no case yet", where=self.form.store, found=f"as of {as_of}", do=do)
        return self._bulletin(state, self.monitor.ledger.changes(as_of), as_of)

    def _bulletin(self, state: LedgerState, changes: pd.DataFrame, as_of: date) -> BulletinFindings:
        return BulletinFindings(
            as_of=as_of,
            cases=state.frame,
            changes=changes,
            process=self.process(state, as_of),
            organization=self.form.report.organization,
            names=self.names,
            least=self.form.report.least,
        )

    def process(self, state: LedgerState, as_of: date, homes: pd.Series | None = None) -> Process:
        """How well the process works; with the homes of counties also how many of them are new."""
        within = self.form.process
        spec = ProcessQuality(within_days_visit=within.visit_within, within_days_help=within.help_within)
        return spec.measure(state, as_of, population=homes)

    def quality(self, look: Look, received: Received | None = None) -> QualityFindings:
        """What is known of the deliveries."""
        return QualityFindings(
            as_of=look.as_of,
            quality=look.quality,
            linked=look.linked,
            linked_notes=look.linked_notes,
            received=received,
            organization=self.form.report.organization,
            names=self.names,
        )

    def _shipped(self, name: str, kind: str) -> Path:
        """A file beside the study; "shipped" is the one that comes with evalkit."""
        return datasets.folder() / "monitor" / kind if name == "shipped" else self.beside(name)

    def _engine(self) -> DuckDB | Spark:
        form = self.form.engine
        spill = None if form.spill is None else self.beside(form.spill)
        if form.kind == "spark":
            return Spark(master=form.master, remote=form.remote, memory=form.memory, spill=spill)
        return DuckDB(memory=form.memory, threads=form.threads, spill=spill)

    def _follow_ups(self, key: bytes, as_of: date, settled: date | None) -> FollowUps:
        """What files tell and the ledger does not hold, each change a legal one; cases that are opened have their place."""
        changes, form = self.monitor.ledger.changes(), self.form.follow_up
        if form is None:
            return FollowUps(rows=changes.iloc[:0].assign(place=""))
        told = follow_ups(form, self.path.parent, key, changes, as_of, settled)
        opening = told.rows["stage"].isin(OPENS).to_numpy()
        if opening.any():
            homes = told.rows["home"].where(opening)
            places = self._places(homes.dropna(), as_of)
            for name in ("county", "village"):
                told.rows[name] = homes.map(places[name]).astype("str")
        sound(told.rows, changes, as_of, settled)
        return told

    def _places(self, homes: pd.Series, as_of: date) -> pd.DataFrame:
        """County and village of some homes, as the register knew them on a day."""
        monitor, table = self.monitor, self.monitor.register.tables[0]
        with monitor.engine.open([monitor.store.folder]) as engine:
            asked = engine.hold(pd.DataFrame({"home": homes.unique().astype("int64")}), {"home": "integer"})
            rows = monitor.store.register(engine, table).join(asked, left_on="household", right_on="home", how="semi")
            found = engine.collect(rows.select("household", "county", "village", "known_date"))
        found = found[found["known_date"] <= pd.Timestamp(as_of)]
        found = found.sort_values(["household", "known_date", "county", "village"])
        return found.drop_duplicates("household", keep="last").set_index("household")

    def _risk(self, key: bytes) -> pd.Series | None:
        """Scores by pseudonym."""
        form = self.form.risk
        if form is None:
            return None
        raw = open_table(self.beside(form.file), text=(form.household,))
        has_columns(raw.frame, [form.household, form.risk], who=f"[risk] in {raw.place}")
        whole(raw, [form.household, form.risk])
        risk = pd.to_numeric(raw.frame[form.risk], errors="coerce")
        if not risk.between(0, 1).all():
            row = int(raw.rows[(~risk.between(0, 1)).to_numpy().argmax()])
            raise DataError("risks must be numbers from 0 to 1", where=f"{raw.place}, row {row}", do="give probabilities")
        homes = pseudonym_numbers(read_codes(raw.frame[form.household])[0], key, "household")
        return pd.Series(risk.to_numpy(), index=pd.Index(homes, name="home")).groupby(level=0).max()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class MonitorRun:
    """A day of a monitor: what was found, and the ledger after it; what its bulletin shows, and gives away beside others."""

    study: MonitorStudy
    as_of: date
    look: Look
    received: Received
    state: LedgerState
    follow_ups: FollowUps
    flagged: int
    printed: Printed
    together: tuple[Note, ...]

    def say(self, lang: Lang) -> str:
        """What came and what is to be done, in a line for who ran it; counts are whole, and not for publication."""
        voice = Voice(lang, self.study.names)
        villages = self.look.triaged.villages
        said = {name: int(villages[name].sum()) for name in ("due", "listed", "left")}
        return words(self.received, voice) + voice(Text("", " ")) + voice(DUE, **said)

    @property
    def notes(self) -> tuple[Note, ...]:
        """What who ran it must know: deliveries, follow-ups, the ledger, the list, and what could not be judged."""
        told = self.follow_ups
        said = {"rows": len(told.rows), "files": told.files, "known": told.known, "later": told.later}
        notes = [*self.received.notes]
        if self.study.form.follow_up is not None:
            notes.append(Note("choice", FOLLOWED.format(**said)))
        if told.unread:
            notes.append(Note("left_out", UNREAD.format(n=told.unread, formats=", ".join(FORMATS))))
        if told.later:
            notes.append(Note("caution", LATER.format(n=told.later, day=self.as_of.isoformat())))
        new = len(told.rows) + self.flagged
        notes.append(Note("choice", RECORDED.format(n=new) if new else RECORDED_BEFORE))
        return (*notes, *self.together, *self.look.notes)

    @property
    def bulletin(self) -> BulletinFindings:
        """The bulletin, with the list of the day and what could not be judged."""
        openly = self.study._bulletin(self.state, self.study.monitor.ledger.changes(self.as_of), self.as_of)
        process = self.study.process(self.state, self.as_of, self.look.counties["homes"])
        look = self.look
        return replace(openly, triaged=look.triaged, unjudged=look.unjudged, process=process, printed=self.printed)


def _given_away(bulletins: list[Printed], changes: pd.DataFrame) -> tuple[Note, ...]:
    """A note where small counts follow from some bulletins whatever the last hides."""
    if not (counts := given_away(bulletins, changes)):
        return ()
    zh, en = (mark.join(one.day.isoformat() for one in bulletins) for mark in ("、", ", "))
    return (Note("caution", TOGETHER.format(days=Text(zh, en), n=len(counts))),)
