"""The chapters on results: each system by section, with its level, its change since the reference years, and its best and weakest places."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evalkit.answer import in_period
from evalkit.indicators.index import IndexScores
from evalkit.panel.system import Dimension, Theme
from evalkit.report.assessment.found import MONITORED, Assessment
from evalkit.report.assessment.implementation import THEMES, processes
from evalkit.report.assessment.progress import Span, progress, progress_table, signed
from evalkit.report.document import Block, Heading, Paragraph
from evalkit.report.indicators import indices as index_ink
from evalkit.report.printed import once
from evalkit.report.verbs import figures, words
from evalkit.report.words import Voice
from evalkit.stats.ranks import even
from evalkit.terms import Text

NAMED = 3  # places that are named as best or weakest


def results(found: Assessment, voice: Voice) -> list[Block]:
    """A chapter a system, with a section for each of its parts."""
    blocks: list[Block] = []
    for name, score in found.scores.items():
        title = Text("{system}：分维度结果", "{system}: results by dimension")
        blocks += [Heading(voice(title, system=score.system.name)), Paragraph(words(score, voice))]
        blocks += [*figures(score, voice), index_ink.dimension_means(score, voice)]
        blocks += [Paragraph(note.say(voice.lang), role="note") for note in score.notes]
        if left := found.unscored.get(name, ()):
            text = Text(
                "下列维度没有可计分的指标，本报告未予评价：{items}。", "Not assessed, for want of an indicator to score: {items}."
            )
            blocks.append(Paragraph(voice(text, items=voice.listing((voice(one) for one in left), 12)), role="caution"))
        for part in score.system.parts:
            blocks += _section(found, name, part, voice)
    return once(blocks)


def _section(found: Assessment, name: str, part: tuple[Dimension, ...], voice: Voice) -> list[Block]:
    """One section: its dimensions in words, and a table of their indicators of results."""
    score = found.scores[name]
    span, shown = Span.of(score), processes(found)
    title = voice(Text("与", " and ")).join(voice(dimension.name) for dimension in part)
    every = [one for dimension in part for one in dimension.indicators if one.id in score.panel.frame]
    elsewhere = {one.id: one.theme for one in every if one.id in shown and one.theme is not None}
    mine = [one for one in every if one.id not in elsewhere]
    said = [_dimension(score, dimension, span, voice) for dimension in part]
    said += [_elsewhere(dict.fromkeys(elsewhere.values()), voice)] if elsewhere else []
    joined = ("" if voice.lang == "zh" else " ").join(said)
    blocks: list[Block] = [Heading(title, level=2), Paragraph(joined)]
    if found.monitoring is not None:  # its chapter prints them
        mine = [one for one in mine if one.id not in MONITORED]
    if mine:
        caption = Text("{part}：成效指标的均值", "{part}: indicators of results (means)")
        joint = Text("与".join(d.name.say("zh") for d in part), " and ".join(d.name.say("en") for d in part))
        key = f"results_{score.system.id}_{part[0].id}"
        table = progress(score.panel.frame, mine, span, voice)
        blocks.append(progress_table(key, caption.format(part=joint), table, voice))
    return blocks


def _dimension(score: IndexScores, dimension: Dimension, span: Span, voice: Voice) -> str:
    """Level, change and extreme places of one dimension."""
    now = in_period(score.frame, span.last)[dimension.id]
    level = Text("“{name}”{last} 年得分均值 {b:.3f}", "“{name}” scores {b:.3f} on average in {last}")
    said = voice(level, name=dimension.name, last=span.last, b=now.mean())
    if not span.single:
        before = in_period(score.frame, span.base)[dimension.id].reindex(now.index)
        text = Text(
            "，较 {base} 年 {d}；{n} 个地区中 {k} 个低于其 {base} 年水平",
            ", {d} since {base}; {k} of {n} places are below where they were in {base}",
        )
        k = int((now < before - 1e-9).sum())
        said += voice(text, base=span.base, d=signed(now.mean() - before.mean()), k=k, n=len(now))
    ends = Text("。得分最高的为{best}；最低的为{low}。", ". The highest are {best}; the lowest are {low}.")
    if len(now) < 2:
        return said + voice(Text("。", "."))
    return said + voice(ends, best=_named(-now, voice), low=_named(now, voice))


def _named(values: pd.Series, voice: Voice) -> str:
    """The first places by a value, with their scores; how many, where more share the first place than are named."""
    alike = np.isclose(values, values.min(), rtol=1e-9)
    if alike.sum() > NAMED:
        text = Text("并列的 {n} 个地区（均为 {v:.3f}）", "{n} places with {v:.3f} each")
        return voice(text, n=int(alike.sum()), v=abs(float(values.min())))
    first = values.sort_values(kind="stable", key=even).head(min(NAMED, max(1, len(values) // 2)))
    item = Text("{unit}（{v:.3f}）", "{unit} ({v:.3f})")
    return voice.listing(voice(item, unit=voice.name(unit), v=abs(float(v))) for unit, v in first.items())


def _elsewhere(themes: dict[Theme, None], voice: Voice) -> str:
    """Where the indicators of process of a section stand."""
    text = Text("本维度的过程指标列于“{themes}”。", "Its indicators of process stand under “{themes}”.")
    return voice(text, themes=voice.listing(voice(THEMES[theme]) for theme in themes))
