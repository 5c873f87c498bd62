"""The assessment as a document: chapters in the order evaluators use, each a function from what was found to blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from evalkit.answer import in_period
from evalkit.report.assessment.audit import audit
from evalkit.report.assessment.findings import problems
from evalkit.report.assessment.firmness import indicators, robustness, uncertainty
from evalkit.report.assessment.found import Assessment, Chapter
from evalkit.report.assessment.households import households
from evalkit.report.assessment.implementation import implementation
from evalkit.report.assessment.maps import map_section
from evalkit.report.assessment.methods import methods
from evalkit.report.assessment.movement import dynamics, forecast
from evalkit.report.assessment.overview import overview
from evalkit.report.assessment.rectification import rectification
from evalkit.report.assessment.results import results
from evalkit.report.assessment.signoff import signoff
from evalkit.report.assessment.summary import summary
from evalkit.report.coupling import coordination as coupling_ink
from evalkit.report.document import Block, Bullets, Document, Heading, Paragraph, Table
from evalkit.report.indicators import indices as index_ink
from evalkit.report.indicators.weighting import judged
from evalkit.report.verbs import figures, tables, words
from evalkit.report.words import Voice, system_names
from evalkit.terms import Lang, Text

STATEMENT = Text(
    "本报告的指数、耦合协调度与障碍度由所列数据按所列方法计算，结果可由随附清单复现。结论用于后评估参考，描述地区发展状况，"
    "不评价任何个人或家庭，不作为取消帮扶的依据；协调度高低不说明因果关系。",
    "The indices, coordination and obstacle degrees of this report were computed from the data and by the methods it names, and "
    "can be reproduced from the manifest that comes with it. They describe places for the purpose of ex-post evaluation; they judge "
    "no person and no household and are no ground for withdrawing help. Coordination shows no cause.",
)

COMPUTED = Text("{source}；本报告计算", "{source}; computed for this report")


def compose(found: Assessment, lang: Lang) -> Document:
    """The whole report in one language."""
    systems = {name: score.system for name, score in found.scores.items()}
    voice = Voice(lang, {**found.panel.names, **system_names(systems)})
    rest = [block for chapter in found.chapters for block in CHAPTER[chapter](found, voice)]
    blocks = [*summary(found, voice), *_on_a_page(rest)]
    return Document(
        title=voice(found.title),
        subtitle=voice(found.subtitle),
        lang=lang,
        cover=_cover(found, voice),
        statement=voice(found.statement if any(found.statement) else STATEMENT),
        signoff=signoff(found.signatories, voice),
        blocks=tuple(blocks),
    ).sourced(voice(COMPUTED, source=found.panel.source))


def _on_a_page(blocks: list[Block]) -> list[Block]:
    """The blocks, the first heading at the top of a page, so that the summary stands alone on its own."""
    head = blocks[:1]
    return [replace(head[0], page=True), *blocks[1:]] if head and isinstance(head[0], Heading) else blocks


def scope(found: Assessment, voice: Voice) -> list[Block]:
    """What was assessed, on which data."""
    panel, years = found.panel, found.panel.periods
    text = Text(
        "评估对象为 {n} 个地区，年份为 {first}—{last}，共 {rows} 个“地区—年份”。数据来源：{source}。",
        "The assessment covers {n} places from {first} to {last}, {rows} unit-years in all. Data: {source}.",
    )
    said = voice(text, n=len(panel.units), first=years[0], last=years[-1], rows=len(panel.frame), source=panel.source)
    rows = [
        {
            voice.term("system"): voice(score.system.name),
            voice.term("dimension"): voice(dimension.name),
            voice(Text("计分指标数", "Scored indicators")): sum(i.scored for i in dimension.indicators),
            voice.term("weight"): float(score.spec.frame.loc[score.spec.frame["dimension"] == dimension.id, "weight"].sum()),
            voice.term("indicator"): voice.listing([voice(i.name) for i in dimension.indicators if i.scored], most=12),
        }
        for score in found.scores.values()
        for dimension in score.system.dimensions
    ]
    caption = Text("评估的指标系统与维度", "Systems and dimensions assessed")
    basis = Text(
        "指标体系分别衡量{systems}。指标不涉及个人的民族、宗教、政治与私人行为。",
        "The indicator systems measure {systems}. No indicator touches a person's ethnicity, religion, politics or private conduct.",
    )
    named = voice.listing([voice(score.system.name) for score in found.scores.values()])
    documents: list[Block] = []
    if found.basis:
        lead = Paragraph(voice(Text("评估依据：", "The assessment rests on these documents:")))
        documents = [lead, Bullets(tuple(voice(one) for one in found.basis))]
    return [
        Heading(voice(Text("评估依据与范围", "Basis and scope"))),
        *documents,
        Paragraph(said),
        Paragraph(voice(basis, systems=named)),
        Table(key="systems", caption=caption, frame=pd.DataFrame(rows), source=voice(panel.source)),
    ]


def coupling(found: Assessment, voice: Voice) -> list[Block]:
    """Coordination, its grades, and who leads and lags."""
    bond = found.bond
    trend, ladder, balance, ranking = figures(bond, voice)
    by_year, grades, places = tables(bond, voice)
    return [
        Heading(voice(Text("耦合协调分析", "Coupling and coordination"))),
        Paragraph(words(bond, voice)),
        trend,
        by_year,
        Heading(voice(Text("协调等级", "Grades")), level=2),
        grades,
        ladder,
        Heading(voice(Text("领先与滞后", "Leading and lagging")), level=2),
        Paragraph(lagging(found, voice)),
        balance,
        Heading(voice(Text("地区排序", "Ranking of places")), level=2),
        ranking,
        *_firm_ranks(found, voice),
        places,
        *(Paragraph(note.say(voice.lang), role="note") for note in bond.notes),
    ]


def _firm_ranks(found: Assessment, voice: Voice) -> list[Block]:
    """How many of the ranks are firm, where that was asked."""
    if not found.doubts:
        return []
    ranks = next(iter(found.doubts.values())).ranks
    text = Text(
        "下表的位次按点估计给出；{n} 个地区中只有 {k} 个位次稳固，各地区的位次区间见“结果的不确定性”一章。",
        "Ranks below are those of the estimates; of {n} places only {k} have a firm one. Intervals of all ranks stand in the chapter "
        "“How sure the result is”.",
    )
    return [Paragraph(voice(text, n=len(ranks), k=int(ranks["firm"].sum())), role="caution")] if len(ranks) else []


def obstacles(found: Assessment, voice: Voice) -> list[Block]:
    """What holds places back."""
    blocks: list[Block] = [Heading(voice(Text("障碍因素", "Obstacles")))]
    for answer in found.obstacles.values():
        blocks += [Heading(voice(answer.scores.system.name), level=2), Paragraph(words(answer, voice))]
        blocks += [*figures(answer, voice), index_ink.greatest(answer, voice), index_ink.often(answer, voice)]
    notes = {note.say(voice.lang): None for answer in found.obstacles.values() for note in answer.notes}
    return [*blocks, *(Paragraph(note, role="note") for note in notes)]


def regions(found: Assessment, voice: Voice) -> list[Block]:
    """Differences between groups of places, and where the places stand."""
    drawn = map_section(found, voice)
    if not found.groups and not drawn:
        return []
    blocks: list[Block] = [Heading(voice(Text("区域差异", "Regional differences")))]
    for answer in found.groups.values():
        blocks += [Paragraph(words(answer, voice)), *figures(answer, voice), *tables(answer, voice)]
        blocks += [Paragraph(note.say(voice.lang), role="note") for note in answer.notes]
    return [*blocks, *drawn]


def monitoring(found: Assessment, voice: Voice) -> list[Block]:
    """How soon homes are found and helped, by the ledger of a monitor; or its indicators alone, where a panel gives them."""
    told = found.monitoring
    if told is None:
        return []
    if told.process is not None:
        from evalkit.report.monitor.process import monitoring_chapter

        return monitoring_chapter(told.process, Voice(voice.lang, {**told.names, **voice.names}), least=told.least)
    last = int(told.panel.index.get_level_values("period").max())
    now = in_period(told.panel, last)
    indicators = {one.id: one.name for score in found.scores.values() for one in score.system.every}
    heads = [f"{name} {voice(indicators.get(name, Text('', '')))}".strip() for name in map(str, now.columns)]
    frame = pd.DataFrame(now.to_numpy(), columns=heads)
    frame.insert(0, voice.term("unit"), [voice.name(unit) for unit in now.index])
    said = Text("下表为 {year} 年监测帮扶指标（{source}）。", "Indicators of monitoring and help in {year} ({source}).")
    caption = Text("监测帮扶指标，{year} 年", "Indicators of monitoring and help, {year}").format(year=last)
    return [
        Heading(voice(Text("监测帮扶", "Monitoring and help"))),
        Paragraph(voice(said, year=last, source=told.source)),
        Table(key="monitoring", caption=caption, frame=frame, source=voice(told.source)),
    ]


def risk(found: Assessment, voice: Voice) -> list[Block]:
    """Who may return to poverty, with the errors of saying so: the risk study that goes with the assessment."""
    if found.risk is None:
        return []
    from evalkit.report.risk.study import STATEMENT as VISIT
    from evalkit.report.risk.study import compose_risk

    told = compose_risk(found.risk, voice.lang).blocks
    lower = [replace(one, level=2 if one.level == 1 else 3) if isinstance(one, Heading) else one for one in told]
    title = Text("返贫风险及其误差", "Risk of return, and its errors")
    return [Heading(voice(title)), *lower, Paragraph(voice(VISIT), role="note")]


def annexes(found: Assessment, voice: Voice) -> list[Block]:
    """Indicators with weights and sources, full tables, versions and fingerprints."""
    blocks: list[Block] = [Heading(voice(Text("附录", "Annexes")))]
    for score in found.scores.values():
        blocks += [index_ink.recipe(score.spec, voice), index_ink.sources(score.spec, voice)]
        blocks += [table for answer in judged(score.spec.spec.weigh) for table in tables(answer, voice)]
    blocks.append(coupling_ink.all_rows(found.bond, voice))
    blocks += [
        table
        for answer in found.obstacles.values()
        for table in (index_ink.by_place(answer, voice), index_ink.by_year(answer, voice))
    ]
    blocks += [index_ink.all_scores(score, voice) for score in found.scores.values()]
    item, value = voice(Text("项目", "Item")), voice(Text("内容", "Value"))
    rows = [(name, number) for name, number in found.versions.items()]
    rows += [(voice(Text("数据指纹 SHA-256", "Data fingerprint SHA-256")), found.panel.fingerprint or "—")]
    caption = Text("软件版本与数据指纹", "Versions and data fingerprints")
    return [*blocks, Table(key="versions", caption=caption, frame=pd.DataFrame(rows, columns=[item, value]))]


def lagging(found: Assessment, voice: Voice) -> str:
    """Who lags in the last year, in one sentence."""
    bond = found.bond
    last = bond.frame.index.get_level_values("period").max()
    now = in_period(bond.frame, last)["lagging"]
    parts = [
        voice(Text("{name}滞后 {k} 个", "{name} lags in {k}"), name=voice.name(name), k=int((now == name).sum()))
        for name in bond.systems
    ]
    text = Text(
        "{year} 年，{n} 个地区中{parts}，同步发展 {even} 个（{step}）。",
        "In {year}, of {n} places, {parts}; {even} are in step ({step}).",
    )
    said = ("，" if voice.lang == "zh" else ", ").join(parts)
    return voice(text, year=last, n=len(now), parts=said, even=int(now.isna().sum()), step=bond.spec.lag.in_step)


def _cover(found: Assessment, voice: Voice) -> tuple[tuple[str, str], ...]:
    years = found.panel.periods
    lines = [
        (voice(Text("评估机构", "Prepared by")), voice(found.organization)),
        (voice(Text("评估对象", "Places")), voice(Text("{n} 个地区", "{n} places"), n=len(found.panel.units))),
        (voice(Text("评估期", "Period")), f"{years[0]}–{years[-1]}"),
        (voice(Text("数据", "Data")), voice(found.panel.source)),
        (voice(Text("日期", "Date")), found.date),
    ]
    return tuple((label, value) for label, value in lines if value)


CHAPTER: dict[Chapter, Callable[[Assessment, Voice], list[Block]]] = {
    "scope": scope,
    "methods": methods,
    "audit": audit,
    "overview": overview,
    "implementation": implementation,
    "systems": results,
    "coupling": coupling,
    "dynamics": dynamics,
    "forecast": forecast,
    "obstacles": obstacles,
    "regions": regions,
    "households": lambda found, voice: households(found.households, voice),
    "risk": risk,
    "monitoring": monitoring,
    "indicators": indicators,
    "uncertainty": uncertainty,
    "robustness": robustness,
    "problems": problems,
    "rectification": rectification,
    "annexes": annexes,
}
