"""The summary that comes with the reports of many places: one row each, group by group, and what most of them share."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from evalkit.answer import in_period
from evalkit.report.assessment.chapters import COMPUTED, STATEMENT, lagging
from evalkit.report.assessment.findings import problems
from evalkit.report.assessment.found import Assessment
from evalkit.report.assessment.signoff import signoff
from evalkit.report.coupling.doubt import WITHHELD
from evalkit.report.document import Block, Document, Figure, Heading, Paragraph, Table
from evalkit.report.each import draw
from evalkit.report.each.place import places, voice_of
from evalkit.report.each.standing import FULL, LOWER, UPPER
from evalkit.report.indicators import indices as index_ink
from evalkit.report.printed import told
from evalkit.report.words import Voice
from evalkit.stats.ranks import even
from evalkit.terms import TERMS, Lang, Text

LAGS, FILLED, REPORT = TERMS["lagging"], Text("填补数值", "Cells filled"), Text("分报告", "Report in")
DRAWN = 60  # places of a group that one figure shows


def compose_overview(found: Assessment, lang: Lang, folders: Mapping[str, str], *, workbook: bool = True) -> Document:
    """The summary in one language; `folders` says where the report of each place lies."""
    voice = voice_of(found, lang)
    blocks = [*_summary(found, voice), *_places(found, voice, folders), *_obstacles(found, voice), *problems(found, voice)]
    years = found.panel.periods
    cover = (
        (voice(Text("评估机构", "Prepared by")), voice(found.organization)),
        (voice(Text("评估对象", "Places")), voice(Text("{n} 个地区", "{n} places"), n=len(places(found)))),
        (voice(Text("评估期", "Period")), f"{years[0]}–{years[-1]}"),
        (voice(Text("数据", "Data")), voice(found.panel.source)),
        (voice(Text("日期", "Date")), found.date),
    )
    return Document(
        title=voice(found.title),
        subtitle=voice(Text("汇总（附各地分报告）", "Summary, with a report of each place")),
        lang=lang,
        cover=tuple((label, value) for label, value in cover if value),
        statement=voice(found.statement if any(found.statement) else STATEMENT),
        signoff=signoff(found.signatories, voice),
        workbook=workbook,
        blocks=tuple(blocks),
    ).sourced(voice(COMPUTED, source=found.panel.source))


def _summary(found: Assessment, voice: Voice) -> list[Block]:
    blocks: list[Block] = [Heading(voice(Text("摘要", "Summary"))), Paragraph(told(found.bond, voice), role="key")]
    blocks += [Paragraph(told(answer, voice)) for answer in list(found.doubts.values())[:1]]
    blocks.append(Paragraph(lagging(found, voice)))
    absent = sorted(set(found.panel.units) - set(places(found)))
    if absent:
        text = Text("下列地区未能计分，没有分报告：{items}。", "These could not be scored and have no report: {items}.")
        blocks.append(Paragraph(voice(text, items=voice.listing(map(voice.name, absent), 20)), role="caution"))
    groups = group_table(found, voice)
    return [*blocks, groups] if groups is not None else blocks


def group_table(found: Assessment, voice: Voice) -> Table | None:
    """One row a group in the last year; None without groups."""
    now, group = _now(found)
    if group is None:
        return None
    rows = []
    for name in _groups(found, group):
        inside = now[(group == name).to_numpy()]
        row = {voice.term("group"): voice.name(name), voice(Text("地区数", "Places")): len(inside)}
        row |= {voice.name(system): inside[system].median() for system in found.bond.systems}
        row[voice.term("D")] = inside["D"].median()
        row |= {voice(Text("D 最低", "Lowest D")): inside["D"].min(), voice(Text("D 最高", "Highest D")): inside["D"].max()}
        rows.append(row)
    caption = Text("{year} 年各组的中位数", "Medians of the groups, {year}").format(year=_last(found))
    return Table(key="groups", caption=caption, frame=pd.DataFrame(rows))


def _places(found: Assessment, voice: Voice, folders: Mapping[str, str]) -> list[Block]:
    """Every place, group by group, with a figure of D and its interval where that is known."""
    whole, (now, group) = place_table(found, voice, folders), _now(found)
    lead = Text(
        "位次只与其区间一并使用；区间重叠的地区，先后不能断定。",
        "Use a rank only with its interval; between places whose intervals overlap the order is not settled.",
    )
    blocks: list[Block] = [Heading(voice(Text("各地区结果", "The places"))), Paragraph(voice(lead))]
    year = _last(found)
    labels = [""] if group is None else _groups(found, group)
    left = [voice(one) for one in (LAGS, FILLED, REPORT)]  # in the table of all places, which only the workbook prints
    for label in labels:
        inside = now.index if group is None else now.index[(group == label).to_numpy()]
        rows = whole.loc[whole.index.isin(inside)].reset_index(drop=True).drop(columns=left)
        name = found.panel.names.get(label, Text(label, label)) if label else Text("全部地区", "all places")
        blocks.append(Heading(name.say(voice.lang), level=2))
        caption = Text("{year} 年{name}各地区结果", "Results of the places, {name}, {year}").format(year=year, name=name)
        if found.doubts and len(rows):
            blocks.append(_figure(rows, caption, f"places_{label}", voice))
        blocks.append(Table(key=f"places_{label}", caption=caption, frame=rows))
    every = Text(
        "{year} 年全部地区：滞后系统、填补数值与分报告的位置",
        "All places, {year}: who lags, cells filled, and where each report lies",
    )
    return [*blocks, Table(key="places_all", caption=every.format(year=year), frame=whole.reset_index(drop=True), show=0)]


def _groups(found: Assessment, group: pd.Series) -> list[str]:
    """The groups in the order of the codes of their places."""
    first = found.panel.groups.iloc[:, 0].reindex(sorted(map(str, group.index)))
    return [str(name) for name in dict.fromkeys(first.dropna())]


def _figure(rows: pd.DataFrame, caption: Text, key: str, voice: Voice) -> Figure:
    columns = voice.term("D"), voice(LOWER), voice(UPPER)
    first = rows.head(DRAWN)
    said = Text("{caption}：D 及其区间", "{caption}: D with its interval").format(caption=caption)
    if len(first) < len(rows):
        said = Text("{said}（前 {k} 个）", "{said} (the first {k})").format(said=said, k=DRAWN)
    alt = voice(Text("区间图：点为 D，线为其区间。", "Dots are D, bars their intervals."))
    return Figure(key=key, caption=said, draw=lambda: draw.intervals(first, voice.term("unit"), columns, None), alt=alt)


def place_table(found: Assessment, voice: Voice, folders: Mapping[str, str]) -> pd.DataFrame:
    """Every place in the last year, best D first, keyed by unit: indices, D with its interval, rank interval, grade, who lags,
    cells filled, and the folder of its report.
    """
    now, _ = _now(found)
    scheme, doubt = found.bond.spec.grades, next(iter(found.doubts.values()), None)
    printed = pd.DataFrame({voice.term("unit"): [voice.name(unit) for unit in now.index]}, index=now.index)
    for name in found.bond.systems:
        printed[voice.name(name)] = now[name]
    printed[voice.term("D")] = now["D"]
    grades = [scheme.label(int(grade), voice.lang) for grade in now["grade"]]
    if doubt is not None:
        own = in_period(doubt.frame, _last(found)).reindex(now.index)
        printed[voice(LOWER)], printed[voice(UPPER)] = own["D_low"], own["D_high"]
        grades = [voice(WITHHELD) if pd.isna(sure) else grade for grade, sure in zip(grades, own["label"], strict=True)]
        ranks = doubt.ranks.reindex(now.index)
        pairs = zip(ranks["rank_low"], ranks["rank_high"], strict=True)
        printed[voice(Text("位次区间", "Interval of the rank"))] = [
            "—" if pd.isna(low) else voice(FULL, low=int(low), high=int(high)) for low, high in pairs
        ]
    printed[voice.term("grade")] = grades
    lags = now["lagging"].astype(object)
    printed[voice(LAGS)] = lags.map(voice.name).where(lags.notna(), voice.term("synchronous"))
    filled = found.filled["unit"].value_counts() if len(found.filled) else pd.Series(dtype=int)
    printed[voice(FILLED)] = filled.reindex(now.index, fill_value=0).astype(int)
    printed[voice(REPORT)] = [folders.get(str(unit), "—") for unit in now.index]
    return printed


def _obstacles(found: Assessment, voice: Voice) -> list[Block]:
    """What most places share."""
    blocks: list[Block] = [Heading(voice(Text("普遍的障碍", "Obstacles that are shared")))]
    for answer in found.obstacles.values():
        blocks += [Paragraph(told(answer, voice)), index_ink.often(answer, voice)]
    return blocks


def _last(found: Assessment) -> int:
    return int(found.bond.frame.index.get_level_values("period").max())


def _now(found: Assessment) -> tuple[pd.DataFrame, pd.Series | None]:
    """The last year, best D first, and the group of each place by the first grouping."""
    now = in_period(found.bond.frame, _last(found)).sort_values("D", ascending=False, kind="stable", key=even)
    groups = found.panel.groups
    return now, None if groups.empty else groups.iloc[:, 0].reindex(now.index).astype(object)
