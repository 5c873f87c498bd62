"""The data of one place: what was observed, what was filled, what the audit found in its figures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from evalkit.panel.audit import audit_panel
from evalkit.panel.system import IndicatorSystem
from evalkit.report.assessment.audit import CALLED
from evalkit.report.document import Block, Bullets, Heading, Paragraph, Table
from evalkit.report.each.place import Place
from evalkit.report.words import spoken_method
from evalkit.terms import Text, same

# rules that a place's own figures break; the others compare columns or the whole panel
OF_CELLS = ("out_of_range", "percent_as_fraction", "unit_of_ten_thousand", "unit_of_thousand", "unit_of_hundred", "unit_jump")
PRINTED = 30


def data(place: Place) -> list[Block]:
    """How much of the place was observed, every cell that was filled, and findings in its figures."""
    voice, filled = place.voice, place.filled()
    blocks: list[Block] = [Heading(voice(Text("本地区的数据", "The data of the place"))), Paragraph(_told(place))]
    found = findings(place)
    clean = Text(
        "数据审计未在本地区的数值中发现超出合理范围、疑似口径或单位改变的情形。",
        "The audit found no figure of the place out of its plausible range and no likely change of definition or unit.",
    )
    if found.empty:
        blocks.append(Paragraph(voice(clean)))
    else:
        caption = Text("本地区数值中的审计发现", "Findings of the audit in the figures of the place")
        blocks += [
            Paragraph(
                voice(
                    Text(
                        "下列发现已由研究说明后接受，或仅作提示，须由本地区核实。",
                        "These were accepted by the study with its reasons, or are notices; the place should verify them.",
                    )
                )
            ),
            Table(key="audit", caption=caption, frame=found),
        ]
        blocks += _accepted(place)
    if not filled.empty:
        blocks.append(_filled(place, filled))
    left = _outliers(place)
    return [*blocks, left] if left is not None else blocks


def share_filled(place: Place) -> tuple[int, int]:
    """How many cells of the scored indicators the place has, and how many of them were filled."""
    columns = {column for score in place.found.scores.values() for column in score.system.columns}
    filled = place.filled()
    return len(place.rows) * len(columns), int(filled["indicator"].isin(columns).sum()) if len(filled) else 0


def _told(place: Place) -> str:
    voice, (cells, filled) = place.voice, share_filled(place)
    now = place.filled(place.year)
    text = Text(
        "计分指标在 {first}—{year} 年共 {cells} 个数值，其中观测 {seen} 个，填补 {filled} 个（{share:.1%}；全部地区平均 {mean:.1%}）。{year} 年填补 {now} 个{which}。",
        "The scored indicators have {cells} figures in {first}–{year}: {seen} were observed and {filled} filled ({share:.1%}; {mean:.1%} on average "
        "over all places). In {year}, {now} were filled{which}.",
    )
    every = len(place.found.bond.frame) * max(1, cells // max(1, len(place.rows)))
    names = voice.listing([voice.name(key) for key in now["indicator"]] if len(now) else [], 6)
    which = voice(Text("：{names}", ": {names}"), names=names) if names else ""
    mean = len(place.found.filled) / every if every else 0.0
    return voice(
        text,
        first=place.first,
        year=place.year,
        cells=f"{cells:,}",
        seen=f"{cells - filled:,}",
        filled=filled,
        share=filled / cells if cells else 0.0,
        mean=mean,
        now=len(now),
        which=which,
    )


def findings(place: Place) -> pd.DataFrame:
    """What the audit found in cells of the place, ready to print: those of its findings that stand in the audit of the whole panel."""
    voice, audit = place.voice, place.found.audit
    heads = [
        voice(Text("发现", "Finding")),
        voice.term("indicator"),
        voice(Text("年份或位置", "Where")),
        voice(Text("数值", "Figures")),
    ]
    empty = pd.DataFrame(columns=heads)
    if audit is None or not audit.frame["rule"].isin(OF_CELLS).any():
        return empty
    own = audit_panel(replace(place.found.panel, frame=_observed(place), places=None, notes=()), _systems(place)).frame
    known = set(zip(audit.frame["rule"], audit.frame["column"], strict=True))
    broken = own["rule"].isin(OF_CELLS).to_numpy()
    kept = own[broken & np.array([key in known for key in zip(own["rule"], own["column"], strict=True)], dtype=bool)]
    if kept.empty:
        return empty
    rows = [
        (voice(CALLED.get(rule, same(rule))), voice.name(column), str(where).replace(place.unit, place.name), found)
        for rule, column, where, found in kept[["rule", "column", "where", "found"]].to_numpy().tolist()
    ]
    return pd.DataFrame(rows, columns=heads)


def _systems(place: Place) -> tuple[IndicatorSystem, ...]:
    return tuple(score.system for score in place.found.scores.values())


def _observed(place: Place) -> pd.DataFrame:
    """The figures of the place as they were observed: what was filled is left open."""
    frame = place.found.panel.frame
    own = frame[frame.index.get_level_values("unit") == place.unit].copy()
    for key, period, column in place.filled()[["unit", "period", "indicator"]].to_numpy().tolist() if len(place.filled()) else []:
        if column in own.columns and (key, period) in own.index:
            own.loc[(key, period), column] = np.nan
    return own


def _accepted(place: Place) -> list[Block]:
    voice = place.voice
    said = Text("研究接受“{rule}”，理由：{because}", "The study accepts “{rule}”: {because}")
    items = [
        voice(said, rule=CALLED.get(one.rule, same(one.rule)), because=one.because)
        for one in place.found.accepted
        if one.rule in OF_CELLS
    ]
    return [Bullets(tuple(dict.fromkeys(items)))] if items else []


def _filled(place: Place, filled: pd.DataFrame) -> Table:
    voice = place.voice
    ordered = filled.sort_values(["period", "indicator"], ascending=[False, True], kind="stable")
    printed = pd.DataFrame(
        {
            voice.term("period"): ordered["period"].to_numpy(),
            voice.term("indicator"): [voice.name(key) for key in ordered["indicator"]],
            voice(Text("填补的值", "Filled with")): ordered["value"].to_numpy(dtype=float),
            voice(Text("方法", "Method")): [voice(spoken_method(str(method))) for method in ordered["method"]],
        }
    )
    caption = Text("本地区填补的数值（并非观测，请补报）", "Figures of the place that were filled (not observed: report them)")
    return Table(key="filled", caption=caption, frame=printed, decimals={voice(Text("填补的值", "Filled with")): 2}, show=PRINTED)


def _outliers(place: Place) -> Table | None:
    """Figures that the study's rule for outliers reads as another; None where it has no rule, or the place no such figure."""
    voice, rows = place.voice, []
    for score in place.found.scores.values():
        if score.spec.spec.outliers is None or score.tamed.empty:
            continue
        own = score.tamed[score.tamed["unit"] == place.unit]
        rows += [
            (int(row["period"]), voice.name(row["indicator"]), float(row["value"]), float(row["read_as"]))
            for _, row in own.iterrows()
        ]
    if not rows:
        return None
    heads = [voice.term("period"), voice.term("indicator"), voice(Text("原值", "Figure")), voice(Text("按此计分", "Scored as"))]
    caption = Text("按异常值规则计分的数值", "Figures scored by the rule for outliers")
    return Table(
        key="outliers",
        caption=caption,
        frame=pd.DataFrame(rows, columns=heads),
        decimals=dict.fromkeys(heads[2:], 2),
        show=PRINTED,
    )
