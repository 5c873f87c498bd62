"""The page on the quality of deliveries: fresh, complete, each record once, consistent, on time; what found its home, what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from evalkit.answer import Answer, Note
from evalkit.monitor.door.received import Received
from evalkit.monitor.door.rules import ROWS, WHOLE
from evalkit.monitor.linkage.linkage import Linked
from evalkit.monitor.quality.quality import DeliveryReport
from evalkit.report import theme
from evalkit.report.document import Block, Document, Figure, Heading, Paragraph, Table
from evalkit.report.printed import once
from evalkit.report.verbs import figures, tables, words
from evalkit.report.words import Voice
from evalkit.terms import Lang, Text

FRESH = Text("时效：各来源最近一次数据", "Freshness: the newest data of each source")
COMPLETE = Text("完整性：应到与未到", "Completeness: what was due and what did not come")
FILLED = Text("完整性：各列填写率", "Completeness: how far columns are filled")
SOUND = Text("唯一性与一致性", "Uniqueness and consistency")
LINKS = Text("归户情况", "Records that found a home")
WAYS = Text("归户途径与存疑", "How records found their homes, and what is doubtful")
DOOR = Text("收到的数据", "Deliveries received")
ASIDE = Text("未收入的行", "Rows set aside")
MISSING = Text("未到的县级数据（来源数）", "Deliveries of counties that did not come (number of sources)")
SOURCE = Text("来源", "Source")
RECORDS = Text("记录数", "Records")
YES, NO = Text("是", "yes"), Text("否", "no")
FRESH_HEADS: dict[str, Text] = {
    "records": RECORDS,
    "newest_known": Text("最近获知", "Newest known"),
    "age_days": Text("距今（天）", "Days since"),
    "due_days": Text("期限（天）", "Due within (days)"),
    "overdue": Text("逾期", "Overdue"),
    "delay_median": Text("发生到获知中位（天）", "Days to know, median"),
    "delay_slow": Text("发生到获知九成（天）", "Days to know, slow"),
    "late": Text("迟到记录", "Late records"),
}
COMPLETE_HEADS: dict[str, Text] = {
    "expected": Text("应到份数", "Due"),
    "missing": Text("未到份数", "Missing"),
    "share": Text("未到比例（%）", "Missing (%)"),
}
SOUND_HEADS: dict[str, Text] = {
    "records": RECORDS,
    "duplicates": Text("重复行", "Repeated rows"),
    "conflict_number": Text("同号不同内容", "One number, other content"),
    "double_month": Text("同户同月多条", "Twice in a month"),
    "outside_range": Text("超出范围", "Out of range"),
    "event_after_known": Text("先获知后发生", "Known before it happened"),
}
LINK_HEADS: dict[str, Text] = {
    "records": RECORDS,
    "kept": Text("归户", "Found a home"),
    "duplicates": Text("重复", "Repeated"),
    "conflict_number": Text("同号旧内容", "Replaced"),
    "unmatched": Text("未归户", "Found none"),
}
WAY_HEADS: dict[str, Text] = {
    "by_person": Text("按人归户", "By person"),
    "by_person_before": Text("按人此前所在户", "By former home"),
    "by_household": Text("按填报户", "As filed"),
    "moved": Text("填报户已变", "Filed elsewhere"),
    "household_unknown": Text("户号不在册", "Unknown household"),
    "ambiguous": Text("一人两户", "Claimed twice"),
    "double_month": Text("同月多条", "Twice in a month"),
}
DOOR_HEADS: dict[str, Text] = {
    "status": Text("结果", "Outcome"),
    "rows": Text("行数", "Rows"),
    "kept": Text("收入", "Taken in"),
    "set_aside": Text("未收入", "Set aside"),
    "last_known": Text("最近获知", "Newest known"),
    "rule": Text("原因", "Reason"),
}
STATUS = {"stored": Text("已收入", "stored"), "known": Text("此前已收", "known already"), "refused": Text("退回", "refused")}
TITLE = Text("监测数据质量", "Quality of monitoring data")
STATEMENT = Text(
    "本页评价部门数据的交付，不涉及任何农户；所列均为记录数，不是户数。未到的数据不等于没有发生。",
    "This page is about what departments delivered and about no home; it counts records, not homes. What did not come is not what did not "
    "happen.",
)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class QualityFindings:
    """What is known of the deliveries of a day; parts that were not asked for are None.

    `linked` and `linked_notes` are the frame and the notes of `Linked`, which outlive the engine.
    """

    as_of: date
    quality: DeliveryReport
    linked: pd.DataFrame | None = None
    linked_notes: tuple[Note, ...] = ()
    received: Received | None = None
    organization: Text = Text("", "")
    names: Mapping[str, Text] = field(default_factory=dict)


def compose_quality(found: QualityFindings, lang: Lang) -> Document:
    """The page in one language."""
    voice = Voice(lang, found.names)
    blocks = _part(Text("交付质量", "Quality of deliveries"), found.quality, voice)
    if found.linked is not None:
        told = Paragraph(linkage_words(found.linked, voice))
        blocks += [Heading(voice(LINKS)), told, *linkage_tables(found.linked, voice), *_notes(found.linked_notes, voice)]
    if found.received is not None:
        blocks += _part(DOOR, found.received, voice)
    cover = (
        (voice(Text("单位", "Organization")), voice(found.organization)),
        (voice(Text("截至", "As of")), found.as_of.isoformat()),
    )
    page = Document(
        title=voice(TITLE),
        lang=lang,
        cover=tuple((head, text) for head, text in cover if text),
        statement=voice(STATEMENT),
        workbook=False,
        blocks=tuple(once(blocks)),
    )
    return page.sourced(voice(Text("部门数据；本报告计算", "departmental data; computed for this page")))


def _part(title: Text, answer: Answer, voice: Voice) -> list[Block]:
    told = [Paragraph(text) for text in [words(answer, voice)] if text]
    return [Heading(voice(title)), *told, *figures(answer, voice), *tables(answer, voice), *_notes(answer.notes, voice)]


def _notes(notes: tuple[Note, ...], voice: Voice) -> list[Paragraph]:
    return [Paragraph(note.say(voice.lang), role="caution" if note.kind == "caution" else "note") for note in notes]


def _columns(frame: pd.DataFrame, heads: Mapping[str, Text], voice: Voice) -> pd.DataFrame:
    """Some columns of a frame by source, under their heads, as far as it has them."""
    printed = pd.DataFrame({voice(SOURCE): [voice.name(one) for one in frame.index]})
    for column, head in heads.items():
        if column not in frame:
            continue
        values = frame[column]
        if column == "overdue":
            printed[voice(head)] = [voice(YES if one else NO) for one in values]
        elif pd.api.types.is_datetime64_any_dtype(values.dtype):
            printed[voice(head)] = [None if pd.isna(one) else one.date().isoformat() for one in values]
        else:
            printed[voice(head)] = values.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    return printed


def _whole(key: str, caption: Text, frame: pd.DataFrame, show: int | None = None) -> Table:
    """A table whose figures are whole numbers."""
    return Table(key=key, caption=caption, frame=frame, decimals=dict.fromkeys(map(str, frame.columns), 0), show=show)


@tables.register
def _(answer: DeliveryReport, voice: Voice) -> tuple[Table, ...]:
    frame = answer.frame
    missing, expected = (frame[name].to_numpy(dtype=float, na_value=np.nan) for name in ("missing", "expected"))
    share = np.divide(100 * missing, expected, out=np.full(len(frame), np.nan), where=expected > 0)
    complete = _columns(frame.assign(share=share), COMPLETE_HEADS, voice)
    made = [
        _whole("freshness", FRESH, _columns(frame, FRESH_HEADS, voice)),
        Table(
            key="completeness",
            caption=COMPLETE,
            frame=complete,
            decimals={voice(head): int(name == "share") for name, head in COMPLETE_HEADS.items()},
        ),
        _whole("soundness", SOUND, _columns(frame, SOUND_HEADS, voice)),
    ]
    gaps = answer.filled[answer.filled["share"] < 1]
    if len(gaps):
        heads = [SOURCE, Text("列", "Column"), RECORDS, Text("已填（%）", "Filled (%)")]
        columns = [gaps["source"].map(voice.name), gaps["column"], gaps["records"], 100 * gaps["share"]]
        printed = pd.DataFrame({voice(head): one.to_numpy() for head, one in zip(heads, columns, strict=True)})
        made.append(Table(key="filled", caption=FILLED, frame=printed, decimals={voice(heads[-1]): 1}, show=40))
    return tuple(made)


@figures.register
def _(answer: DeliveryReport, voice: Voice) -> tuple[Figure, ...]:
    gone = _missing(answer.coverage)
    if gone is None:
        return ()
    alt = Text("色块图：各县各月未到数据的来源数。", "Tiles: number of sources that did not come, by county and month.")
    return (Figure(key="missing_deliveries", caption=MISSING, draw=lambda: _tiles(gone, voice), alt=voice(alt)),)


def _missing(coverage: pd.DataFrame, months: int = 24, counties: int = 40) -> pd.DataFrame | None:
    """How many sources did not come, by county (those with most first) and month, where any did not; NaN where none was due."""
    if not len(coverage):
        return None
    rows = coverage[coverage["month"] > coverage["month"].max() - months].assign(gone=lambda one: ~one["delivered"])
    table = rows.pivot_table(index="county", columns="month", values="gone", aggfunc="sum")
    table = table.reindex(columns=range(int(table.columns.min()), int(table.columns.max()) + 1))
    order = table.sum(axis=1).sort_values(ascending=False, kind="stable").index
    return table.loc[order[:counties]].astype(float)


def _tiles(gone: pd.DataFrame, voice: Voice) -> Canvas:
    canvas, axes = theme.new_figure(7.0, 1.5 + 0.24 * len(gone))
    values = gone.to_numpy()
    top = max(1.0, float(np.nanmax(values)))
    axes.set_facecolor("0.9")
    axes.imshow(np.ma.masked_invalid(values), cmap="OrRd", vmin=0, vmax=top, aspect="auto")
    for row, column in zip(*np.nonzero(np.nan_to_num(values)), strict=True):
        color = theme.on(values[row, column] / top, "OrRd")
        axes.text(column, row, f"{int(values[row, column])}", ha="center", va="center", fontsize=7, color=color)
    axes.set_yticks(range(len(gone)), [voice.name(one) for one in gone.index], fontsize=7.5)
    step = max(1, -(-len(gone.columns) // 12))
    labels = [f"{month // 12}-{month % 12 + 1:02d}" for month in map(int, gone.columns)]
    axes.set_xticks(range(0, len(labels), step), labels[::step], fontsize=7.5, rotation=45, ha="right")
    axes.grid(visible=False)
    axes.set_xlabel(
        voice(Text("无数字：应到来源均已到；灰色：无应到来源", "without a number: all that were due came; gray: none was due"))
    )
    return canvas


@words.register
def _(answer: DeliveryReport, voice: Voice) -> str:
    frame = answer.frame
    text = Text(
        "{n} 个来源共 {records:,} 条记录；{overdue} 个来源逾期，县级数据应到 {expected:,} 份、未到 {missing:,} 份；重复 {double:,} 行，同号不同内容 "
        "{conflict:,} 条，超出范围 {range:,} 处。",
        "{n} sources hold {records:,} records; {overdue} are overdue; of {expected:,} deliveries due from counties {missing:,} did not come; "
        "{double:,} rows are repeated, {conflict:,} give a number other content, {range:,} values are out of range.",
    )
    names = ("records", "expected", "missing")
    said = {name: int(frame[name].sum()) for name in names} | {"n": len(frame), "overdue": int(frame["overdue"].sum())}
    said |= {"double": int(frame["duplicates"].sum()), "conflict": int(frame["conflict_number"].sum())}
    return voice(text, **said, range=int(frame["outside_range"].sum()))


def linkage_tables(frame: pd.DataFrame, voice: Voice) -> tuple[Table, ...]:
    """What became of the records of each source, and how those found their homes that did."""
    ways = _whole("linkage_ways", WAYS, _columns(frame, WAY_HEADS, voice))
    return _whole("linkage", LINKS, _columns(frame, LINK_HEADS, voice)), ways


def linkage_words(frame: pd.DataFrame, voice: Voice) -> str:
    """How many records found a home, in a sentence."""
    text = Text(
        "{records:,} 条记录中 {kept:,} 条归户，{left:,} 条未归户。",
        "Of {records:,} records {kept:,} found a home and {left:,} found none.",
    )
    said = {"records": int(frame["records"].sum()), "kept": int(frame["kept"].sum()), "left": int(frame["unmatched"].sum())}
    return voice(text, **said)


@tables.register
def _(answer: Linked, voice: Voice) -> tuple[Table, ...]:
    return linkage_tables(answer.frame, voice)


@words.register
def _(answer: Linked, voice: Voice) -> str:
    return linkage_words(answer.frame, voice)


@tables.register
def _(answer: Received, voice: Voice) -> tuple[Table, ...]:
    come = answer.frame[answer.frame["status"] != "known"]  # those that were there already are counted in words
    frame = come.sort_values("status", key=lambda told: told != "refused", kind="stable").set_index("source")
    printed = _columns(frame.drop(columns=["status", "rule"]), DOOR_HEADS, voice)
    printed.insert(1, voice(Text("交付", "Delivery")), frame["delivery"].where(frame["delivery"] != "", frame["file"]).to_numpy())
    printed.insert(2, voice(DOOR_HEADS["status"]), [voice(STATUS[str(one)]) for one in frame["status"]])
    printed[voice(DOOR_HEADS["rule"])] = [voice(WHOLE[str(one)]) if str(one) in WHOLE else "" for one in frame["rule"]]
    made = [_whole("deliveries", DOOR, printed, show=60)] if len(printed) else []
    if len(answer.reasons):
        why = answer.reasons
        heads = (SOURCE, Text("交付", "Delivery"), Text("列", "Column"), Text("原因", "Reason"), Text("行数", "Rows"))
        rules = [voice(ROWS[str(one)]) if str(one) in ROWS else str(one) for one in why["rule"]]
        columns = (why["source"].map(voice.name), why["delivery"], why["column"], pd.Series(rules), why["rows"])
        aside = pd.DataFrame({voice(head): one.to_numpy() for head, one in zip(heads, columns, strict=True)})
        made.append(_whole("set_aside", ASIDE, aside, show=60))
    return tuple(made)


@words.register
def _(answer: Received, voice: Voice) -> str:
    status = answer.frame["status"].value_counts()
    text = Text(
        "收到 {n} 份数据：收入 {stored} 份，此前已收 {known} 份，退回 {refused} 份；{aside:,} 行未收入。",
        "{n} deliveries came: {stored} stored, {known} known already, {refused} refused; {aside:,} rows were set aside.",
    )
    said = {name: int(status.get(name, 0)) for name in STATUS}
    return voice(text, n=len(answer.frame), aside=int(answer.frame["set_aside"].fillna(0).sum()), **said)
