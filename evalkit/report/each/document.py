"""One report a place, out of one assessment: a document that the evaluator of that place can hand in."""

from __future__ import annotations

import pandas as pd

from evalkit.report.assessment.chapters import COMPUTED, STATEMENT
from evalkit.report.assessment.found import Assessment
from evalkit.report.assessment.signoff import signoff
from evalkit.report.document import Block, Document, Heading, Table
from evalkit.report.each.data import data
from evalkit.report.each.parts import dimensions, indicators, obstacles
from evalkit.report.each.place import Place, place
from evalkit.report.each.standing import firmness, position, trends
from evalkit.report.each.summary import problems, scope, summary
from evalkit.terms import Lang, Text

CHAPTERS = (summary, scope, trends, position, firmness, dimensions, indicators, obstacles, data, problems)


def compose_place(found: Assessment, unit: str, lang: Lang, *, workbook: bool = True) -> Document:
    """The report of one place in one language; `workbook` says whether a workbook of its tables comes along."""
    own = place(found, unit, lang)
    voice = own.voice
    blocks: list[Block] = [block for chapter in CHAPTERS for block in chapter(own)]
    return Document(
        title=voice(Text("{name}：{title}", "{name}: {title}"), name=own.name, title=found.title),
        subtitle=voice(Text("分报告（一地一册）", "Report of one place")),
        lang=lang,
        cover=_cover(own),
        statement=voice(found.statement if any(found.statement) else STATEMENT),
        signoff=signoff(found.signatories, voice),
        workbook=workbook,
        blocks=(*blocks, *annexes(own)),
    ).sourced(voice(COMPUTED, source=found.panel.source))


def annexes(own: Place) -> list[Block]:
    """What identifies the computation."""
    voice, found = own.voice, own.found
    blocks: list[Block] = [Heading(voice(Text("附录", "Annex")))]
    item, value = voice(Text("项目", "Item")), voice(Text("内容", "Value"))
    rows = [(name, number) for name, number in found.versions.items() if name in ("evalkit", "python")]
    rows.append((voice(Text("数据指纹 SHA-256", "Data fingerprint SHA-256")), found.panel.fingerprint or "—"))
    caption = Text("软件版本与数据指纹", "Versions and data fingerprint")
    return [*blocks, Table(key="versions", caption=caption, frame=pd.DataFrame(rows, columns=[item, value]))]


def _cover(own: Place) -> tuple[tuple[str, str], ...]:
    voice, found = own.voice, own.found
    group = voice.name(own.group) if own.group is not None else ""
    lines = [
        (voice(Text("评估机构", "Prepared by")), voice(found.organization)),
        (
            voice(Text("评估对象", "Place")),
            own.name
            if own.name == own.unit
            else f"{own.name} ({own.unit})"
            if voice.lang == "en"
            else f"{own.name}（{own.unit}）",
        ),
        (voice(Text("所属", "Belongs to")), group),
        (voice(Text("评估期", "Period")), f"{own.first}–{own.year}" if own.first != own.year else str(own.year)),
        (voice(Text("数据", "Data")), voice(found.panel.source)),
        (voice(Text("日期", "Date")), found.date),
    ]
    return tuple((label, value) for label, value in lines if value)
