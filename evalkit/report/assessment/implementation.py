"""The chapter on how responsibility, policy and work were carried out, by the indicators of process that the systems declare."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from evalkit.answer import in_period
from evalkit.panel.system import Indicator, Theme
from evalkit.report.assessment.found import MONITORED, Assessment
from evalkit.report.assessment.progress import Span, badness, called, progress, progress_table, worse
from evalkit.report.document import Block, Heading, Paragraph
from evalkit.report.words import Voice
from evalkit.terms import Text

TITLE = Text("责任落实、政策落实与工作落实", "How responsibility, policy and work were carried out")
THEMES = {
    Theme.RESPONSIBILITY: Text("责任落实", "Responsibility"),
    Theme.POLICY: Text("政策落实", "Policy"),
    Theme.WORK: Text("工作落实", "Work"),
}
MEANING = {
    Theme.RESPONSIBILITY: Text("当地决定并负责的投入与公示", "what those in charge decide and answer for"),
    Theme.POLICY: Text("应享政策是否到人", "whether what is due reaches people"),
    Theme.WORK: Text("监测、资产、培训等工作本身", "how the work itself is done"),
}
NONE_AT_ALL = Text(
    "本次评估的指标系统没有过程指标，责任、政策与工作落实情况不能由数据评价，须另行查阅资料并实地核查。",
    "The systems of this assessment have no indicator of process: how responsibility, policy and work were carried out cannot be told "
    "from these data; it has to be read in the records and verified on the ground.",
)
NONE_OF_IT = Text(
    "所评估的指标中没有反映这一方面的，本节不作评价。", "No indicator assessed tells of this, and nothing is said of it here."
)


def processes(found: Assessment) -> dict[str, Theme]:
    """The indicators of process that this chapter prints, by id: results chapters leave them to it."""
    if "implementation" not in found.chapters:
        return {}
    told = set(MONITORED) if found.monitoring is not None else set[str]()
    return {one.id: one.theme for _, one in _every(found) if one.theme is not None and one.id not in told}


def implementation(found: Assessment, voice: Voice) -> list[Block]:
    """Responsibility, policy and work in turn; one sentence where nothing tells of them."""
    head: list[Block] = [Heading(voice(TITLE))]
    if not processes(found):
        return [*head, Paragraph(voice(NONE_AT_ALL))]
    lead = Text(
        "本章只用过程指标：衡量工作怎样做；做成了什么，见其后各章。所列为各地区均值；资料查阅与访谈的结论由评估人员另行补充。",
        "This chapter rests on indicators of process alone: how the work was done. What came of it stands in the chapters that follow. "
        "Figures are means over places; what records and interviews tell is for the evaluators to add.",
    )
    return [*head, Paragraph(voice(lead)), *(block for theme in Theme for block in _theme(found, theme, voice))]


def _theme(found: Assessment, theme: Theme, voice: Voice) -> list[Block]:
    shown = processes(found)
    mine = {name: [one for key, one in _every(found) if key == name and shown.get(one.id) is theme] for name in found.scores}
    blocks: list[Block] = [Heading(voice(THEMES[theme]), level=2)]
    if not any(mine.values()):
        return [*blocks, Paragraph(voice(NONE_OF_IT))]
    for name, indicators in mine.items():
        if indicators:
            blocks += _told(found, name, theme, indicators, voice)
    return blocks


def _told(found: Assessment, name: str, theme: Theme, indicators: list[Indicator], voice: Voice) -> list[Block]:
    """The indicators of one system in words and a table."""
    score = found.scores[name]
    span = Span.of(score)
    frame = score.panel.frame
    text = Text(
        "这一方面（{what}）由“{system}”中的下列指标反映：{items}。", "Indicators of “{system}” that tell of it ({what}): {items}."
    )
    items = voice.listing((called(one, voice) for one in indicators), 12)
    said = voice(text, what=MEANING[theme], system=score.system.name, items=items)
    if not span.single:
        said += _moved(frame, indicators, span, voice)
    caption = Text("{theme}：{system}的过程指标", "{theme}: indicators of process in “{system}”")
    caption = caption.format(theme=THEMES[theme], system=score.system.name)
    return [Paragraph(said), progress_table(f"{theme}_{name}", caption, progress(frame, indicators, span, voice), voice)]


def _moved(frame: pd.DataFrame, indicators: list[Indicator], span: Span, voice: Voice) -> str:
    """How many of the indicators got better on average, and which got worse in the most places."""
    before, now = in_period(frame, span.base), in_period(frame, span.last)
    scored = [one for one in indicators if one.scored]
    if not scored:
        return ""
    up = sum(float(badness(one, now[one.id]).mean()) < float(badness(one, before[one.id]).mean()) for one in scored)
    down = {one.id: worse(one, before[one.id], now[one.id]) or 0 for one in scored}
    most = max(scored, key=lambda one: down[one.id])
    text = Text(
        "{base}—{last} 年均值改善的 {up} 项；变差的地区最多的是{item}（{n} 个地区中的 {k} 个）。",
        " From {base} to {last} the mean of {up} got better; {item} got worse in {k} of {n} places, the most of them.",
    )
    alone = Text("{base}—{last} 年，{n} 个地区中有 {k} 个变差。", " From {base} to {last} it got worse in {k} of {n} places.")
    said = text if len(scored) > 1 else alone
    return voice(said, base=span.base, last=span.last, up=up, item=called(most, voice), k=down[most.id], n=len(now))


def _every(found: Assessment) -> Iterator[tuple[str, Indicator]]:
    """The indicators of every system that the panel has figures of."""
    for name, score in found.scores.items():
        for one in score.system.every:
            if one.id in score.panel.frame:
                yield name, one
