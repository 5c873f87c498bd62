"""The monthly bulletin of monitoring: how many homes are at which stage, what happened, who waits, and what could not be judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pandas as pd

from evalkit.answer import Note
from evalkit.check import has_columns, whole
from evalkit.errors import SpecError
from evalkit.monitor.bulletins import Printed
from evalkit.monitor.process.process import Process
from evalkit.monitor.signals.unjudged import REASONS
from evalkit.monitor.triage.triage import Triaged
from evalkit.report.document import Block, Bullets, Document, Heading, Paragraph, Table
from evalkit.report.monitor import process as process_ink
from evalkit.report.monitor import triage as triage_ink
from evalkit.report.monitor.cases import FLOWS, MONTH, OpenCases, flow_figure, flows
from evalkit.report.monitor.tables import COUNTY, HOMES, LEAST, PRINTED, RULE, WHY, Counts, small_hidden
from evalkit.report.printed import once
from evalkit.report.words import Voice
from evalkit.stats.suppression import Suppressed
from evalkit.terms import Lang, Text

CASES = ("home", "case", "county", "kind", "stage", "open", "flagged")
CHANGES = ("home", "case", "stage", "known_date", "county")
UNJUDGED = ("rule", "county", "reason", "homes")
TITLE = Text("防止返贫监测月报", "Monthly bulletin of monitoring")
COULD_NOT = Text("未能判断的户数", "Homes that could not be judged")
WHY_NOT = Text("原因", "Reason")
STATEMENT = Text(
    "本月报由部门数据与监测帮扶台账按所列规则汇总，描述工作进展，不评价任何农户，不作认定，不作为取消帮扶的依据；数字少于 {least} 户的不列出，"
    "由合计可推算者一并不列。“预警”表示需要入户核实，不等于存在返贫。",
    "This bulletin sums up departmental data and the ledger of monitoring by the rules it names. It describes work done, judges no home, "
    "decides nothing and is no ground for withdrawing help. Counts of fewer than {least} homes are not shown, nor what would give them away. "
    "A flag asks for a visit; it does not say that anybody fell back into poverty.",
)
HOW = Text(
    "各表中合计相同者一并核查，由其中任何一张或几张均不能推算出少于 {least} 户的数字；与其他资料相减仍可能推算，转发前应一并考虑。",
    "Tables that share totals were checked together: no count below {least} can be computed from one or several of them. Differences with "
    "other papers may still tell: consider them before passing this on.",
)
APART = Text(
    "已与往期月报（截至 {days}）的在办农户和各月进展一并核查，两者相减可推算的小数亦不列出。",
    "It was checked together with earlier bulletins (as of {days}), their open cases and what happened: what would give small counts away "
    "with these is not shown either.",
)
COUNTED = Text(
    "进展按台账获知的月份计，一户一环节计一次；补记的旧事计入获知的月份。",
    "What happened counts in the month in which the ledger learned of it, each case once a stage; what is told late counts then.",
)
NOTHING = Text("截至 {day} 没有在办农户。", "On {day} no home has an open case.")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class BulletinFindings:
    """What a bulletin is made of.

    Parameters
    ----------
    as_of
        The day; the month is that up to it.
    cases, changes
        The ledger as known on the day: the frame of its state, and its changes.
    triaged
        The list of the day; None: not part of the bulletin.
    unjudged
        Homes that rules could not judge, see `Signals`.
    process
        Days and indicators; None: not part.
    names
        What counties and rules are called.
    least
        Counts of fewer homes are not shown.
    printed
        What of open cases and of what happened is shown beside earlier bulletins, see `kept_apart`; None: what one alone shows.
    notes
        What else must be known; they must hold no small count.
    """

    as_of: date
    cases: pd.DataFrame
    changes: pd.DataFrame
    triaged: Triaged | None = None
    unjudged: pd.DataFrame | None = None
    process: Process | None = None
    organization: Text = Text("", "")
    source: Text = Text("部门数据与监测帮扶台账", "departmental data and the ledger of monitoring")
    names: Mapping[str, Text] = field(default_factory=dict)
    least: int = LEAST
    printed: Printed | None = None
    notes: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        whole(self.least, who="BulletinFindings least", least=2)
        has_columns(self.cases, CASES, who="the cases of a bulletin")
        has_columns(self.changes, CHANGES, who="the changes of a bulletin")
        if self.unjudged is not None:
            has_columns(self.unjudged, UNJUDGED, who="the homes of a bulletin that could not be judged")


def printed_tables(found: BulletinFindings) -> Printed:
    """The tables of a bulletin, as it prints them, that another may be held against."""
    if found.printed is not None:
        return found.printed
    openly, month, before = _counted(found)
    return Printed(
        day=found.as_of,
        open_in=openly.stage.rows,
        open_by=tuple(part.found for part in openly.parts),
        flows_in=month.rows,
        flows=month.found,
        drawn=Suppressed(before.found.table[-1:], before.found.small[-1:], before.found.hidden[-1:]),
    )


def compose_bulletin(found: BulletinFindings, lang: Lang) -> Document:
    """The bulletin in one language; both say the same."""
    voice = Voice(lang, {**triage_ink.RISK, **found.names})
    openly, now, before = _counted(found)
    blocks: list[Block] = [Heading(voice(Text("要点", "In short"))), Bullets(tuple(_short(found, openly, now, voice)))]
    blocks += [Heading(voice(Text("本月进展", "The month"))), flow_figure(now, before, found.as_of, voice)]
    blocks += [now.table("flows", MONTH, COUNTY, voice), Paragraph(voice(COUNTED), role="note")]
    blocks += _open(found, openly, voice)
    blocks += _found(found, voice)
    blocks += _process(found, voice)
    blocks += _unjudged(found, voice)
    blocks += [Heading(voice(Text("说明", "Notes"))), Paragraph(_how(found, voice), role="note")]
    blocks += [Paragraph(note.say(lang), role="note") for note in found.notes]
    return Document(
        title=voice(TITLE),
        subtitle=voice(Text("{y} 年 {m} 月", "{y}-{m:02d}"), y=found.as_of.year, m=found.as_of.month),
        lang=lang,
        cover=tuple((head, text) for head, text in _cover(found, voice) if text),
        statement=voice(STATEMENT, least=found.least),
        blocks=tuple(once(blocks)),
    ).sourced(voice(found.source))


def _counted(found: BulletinFindings) -> tuple[OpenCases, Counts, Counts]:
    """Open cases, what happened in the month, and in the month before."""
    openly, now = OpenCases.of(found.cases, found.as_of, found.least), flows(found.changes, found.as_of, found.least)
    before = flows(found.changes, found.as_of.replace(day=1) - timedelta(days=1), found.least)
    if (told := found.printed) is None:
        return openly, now, before
    if (told.day, told.open_in, told.flows_in) != (found.as_of, openly.stage.rows, now.rows):
        raise SpecError("what a bulletin shows is of another day or ledger", found=str(told.day), do="take it from the same")
    parts = (replace(part, found=one) for part, one in zip(openly.parts, told.open_by, strict=True))
    return OpenCases(*parts), replace(now, found=told.flows), replace(before, rows=(), found=told.drawn)


def _how(found: BulletinFindings, voice: Voice) -> str:
    """How small counts were kept."""
    said = voice(HOW, least=found.least)
    if found.printed is None or not found.printed.apart_from:
        return said
    days = voice.listing([day.isoformat() for day in found.printed.apart_from])
    return said + voice(Text("", " ")) + voice(APART, days=days)


def _cover(found: BulletinFindings, voice: Voice) -> tuple[tuple[str, str], ...]:
    return (
        (voice(Text("编制单位", "Prepared by")), voice(found.organization)),
        (voice(Text("截至", "As of")), found.as_of.isoformat()),
        (voice(Text("数据", "Data")), voice(found.source)),
    )


def _short(found: BulletinFindings, openly: OpenCases, now: Counts, voice: Voice) -> list[str]:
    """The bulletin in a few sentences, small counts not told."""
    end = voice(Text("。", "."))
    said = [openly.sentence(voice) + end if len(openly.stage.rows) else voice(NOTHING, day=found.as_of.isoformat())]
    month = Text(
        "本月新预警 {flagged} 户，入户核实 {visited} 户，纳入监测 {included} 户，落实帮扶 {helped} 户，风险消除 {resolved} 户，消除后再次预警 {reopened} 户",
        "In the month {flagged} homes were flagged, {visited} visited, {included} included, {helped} helped; the risk of {resolved} was "
        "resolved, and {reopened} were flagged again after it",
    )
    said.append(voice(month, **{stage: now.total(at, voice) for at, stage in enumerate(FLOWS)}) + end)
    if found.triaged is not None:
        said.append(triage_ink.said(found.triaged, voice, found.least) + end)
    if found.process is not None:
        said.append(process_ink.said(found.process, voice, found.least, counts=False))
    if found.unjudged is not None and len(found.unjudged):
        text = Text("{n} 个县有规则未能判断，多因数据未到，见下", "in {n} counties some rule could not judge homes, see below")
        counties = voice(text, n=found.unjudged["county"].nunique()) + end
        said.append(counties[0].upper() + counties[1:])
    return said


def _open(found: BulletinFindings, openly: OpenCases, voice: Voice) -> list[Block]:
    """Who has an open case."""
    title = Heading(voice(Text("在办农户", "Open cases")))
    if not len(openly.stage.rows):
        return [title, Paragraph(voice(NOTHING, day=found.as_of.isoformat()))]
    return [title, openly.figure(voice), *openly.tables(voice)]


def _found(found: BulletinFindings, voice: Voice) -> list[Block]:
    """What the rules found, and what villages can do about it."""
    if found.triaged is None or not len(found.triaged.frame):
        return []
    counts = triage_ink.visits(found.triaged, found.least)
    return [
        Heading(voice(Text("信号与走访", "Signals and visits"))),
        triage_ink.rule_table(found.triaged, voice, found.least),
        triage_ink.status_table(found.triaged, voice, found.least),
        counts.table("visits", triage_ink.VISITS, COUNTY, voice),
    ]


def _process(found: BulletinFindings, voice: Voice) -> list[Block]:
    """How fast homes are visited and helped; its notes are those that hold no count of homes."""
    if found.process is None or not len(found.process.frame):
        return []
    notes = [Paragraph(note.say(voice.lang), role="note") for note in found.process.notes if note.kind != "caution"]
    title = Heading(voice(Text("工作时效", "How long it takes")))
    tables = [
        process_ink.step_table(found.process, voice, found.least, counts=False),
        process_ink.indicator_table(found.process, voice, found.least, counts=False),
    ]
    return [title, *process_ink.day_figure(found.process, voice, found.least), *tables, *notes]


def _unjudged(found: BulletinFindings, voice: Voice) -> list[Block]:
    """What no rule could say, and why: not found is not the same as not there."""
    if found.unjudged is None or not len(found.unjudged):
        return []
    rows = found.unjudged.sort_values(["county", "rule", "reason"], kind="stable")
    county = ["—" if pd.isna(one) else voice.name(one) for one in rows["county"]]
    reasons = [voice(REASONS[one]) if one in REASONS else voice.name(one) for one in rows["reason"].astype(str)]
    columns = {COUNTY: county, RULE: [voice.name(one) for one in rows["rule"]], WHY_NOT: reasons}
    printed = pd.DataFrame({voice(head): values for head, values in columns.items()})
    printed[voice(HOMES)] = small_hidden(rows["homes"], found.least).to_numpy()
    text = Text(
        "以下农户未被相应规则判断：没有信号不等于没有风险。应催要数据，并以入户排查弥补。",
        "These homes were not judged by the rules named: no signal does not mean no risk. Ask for the data, and look in by visits.",
    )
    note = voice(WHY, least=found.least) if printed[voice(HOMES)].isna().any() else ""
    table = Table(key="unjudged", caption=COULD_NOT, frame=printed, decimals={voice(HOMES): 0}, note=note, show=PRINTED)
    return [Heading(voice(COULD_NOT)), Paragraph(voice(text), role="caution"), table]
