"""What one place's indices are made of: dimensions and what changed D, indicators, obstacles."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evalkit.answer import in_period
from evalkit.indicators.index import IndexScores
from evalkit.indicators.obstacle import Obstacles, obstacle_degree
from evalkit.report.document import Block, Figure, Heading, Paragraph, Table
from evalkit.report.each import draw
from evalkit.report.each.place import HERE, Place, row_of, signed
from evalkit.stats.ranks import even
from evalkit.terms import Text

MOST = 5  # obstacles printed of each system
CLEARLY = 0.02  # a score is called below another where it is lower by more
SHARES = Text("份额变化", "change of shares")
_CELL, _PART = Text("{name}", "{name}"), Text("来自“{name}”", "through “{name}”")
INDICATOR, VALUE = Text("指标", "Indicator"), Text("{year}", "{year}")
SCORE, PEERS = Text("得分", "Score"), Text("得分中位数", "Median score")


def dimensions(place: Place) -> list[Block]:
    """The dimensions now beside the median of the group, and what each added to the change of D."""
    voice, table = place.voice, dimension_table(place)
    heads, printed = _dimension_heads(place), table.frame
    gap = (printed[heads["now"]] - printed[heads["peers"]]).sort_values(kind="stable", key=even)
    items = [signed(voice(_CELL, name=printed[heads["dimension"]][at]), gap[at]) for at in gap.index if gap[at] < -CLEARLY]
    text = Text("低于{peers}最多的维度：{items}。", "Dimensions furthest below the {peers}: {items}.")
    none = Text("没有维度明显低于{peers}。", "No dimension lies clearly below the {peers}.")
    said = voice(text, peers=place.inside, items=voice.listing(items, 3)) if items else voice(none, peers=place.inside)
    parts = heads["part"] if heads["part"] in printed else None
    columns = heads["dimension"], heads["now"], heads["peers"]
    alt = Text(
        "左图圆点为本地区，方块为{peers}；右图为各维度对 D 变化的贡献。{said}",
        "Left: dots are the place, squares the {peers}; right: contributions to the change of D. {said}",
    )
    figure = Figure(
        key="dimensions",
        caption=table.caption,
        draw=lambda: draw.side_by_side(printed, columns, (voice(HERE), place.peers), parts),
        alt=voice(alt, peers=place.inside, said=said),
    )
    return [
        Heading(voice(Text("维度得分与变化来源", "Dimensions, and what changed coordination"))),
        *(Paragraph(one) for one in (said, changed(place)) if one),
        figure,
        table,
    ]


def dimension_table(place: Place) -> Table:
    """Dimensions first and last, the median of the group, and contributions to the change of D."""
    voice, parts, heads, rows = place.voice, place.found.movement.change, _dimension_heads(place), list[tuple[object, ...]]()
    known = parts is not None and place.unit in parts.frame.index
    for name, score in place.found.scores.items():
        own, median = of(place, score.frame), place.median(score.frame)
        for one in score.system.dimensions:
            a, b = own[one.id].iloc[0], own[one.id].iloc[-1]
            part = parts.dimensions.loc[place.unit].get((name, one.id), np.nan) if parts is not None and known else np.nan
            rows.append((voice(score.system.name), voice(one.name), a, b, b - a, median.loc[place.year, one.id], part))
    printed = pd.DataFrame(rows, columns=list(heads.values()))
    if len(place.years) < 2:
        printed = printed.drop(columns=[heads["first"], heads["change"]])
    printed = printed if printed[heads["part"]].notna().any() else printed.drop(columns=heads["part"])
    caption = Text("{name}：{year} 年维度得分及其变化", "{name}: dimension scores and their change, {year}")
    return Table(
        key="dimensions", caption=caption.format(name=place.found.panel.name(place.unit), year=place.year), frame=printed
    )


def _dimension_heads(place: Place) -> dict[str, str]:
    voice = place.voice
    return {
        "system": voice.term("system"),
        "dimension": voice.term("dimension"),
        "first": str(place.first) if len(place.years) > 1 else f"{place.first} ",
        "now": str(place.year),
        "change": voice(Text("变化", "Change")),
        "peers": place.peers,
        "part": voice(Text("对 D 变化的贡献", "Part in the change of D")),
    }


def changed(place: Place) -> str:
    """What changed D of the place, in words; nothing with a single year."""
    voice, parts = place.voice, place.found.movement.change
    if parts is None or place.unit not in parts.frame.index:
        return ""
    own, systems = row_of(parts.frame, place.unit), row_of(parts.systems, place.unit)
    text = Text(
        "{first}—{last} 年 D 由 {a:.3f} 变为 {b:.3f}：{parts}。各部分相加等于 D 的变化；这是算术分解，不说明原因。",
        "From {first} to {last} D moved from {a:.3f} to {b:.3f}: {parts}. The parts add up to the change; they are arithmetic and show "
        "no cause.",
    )
    named = [
        signed(voice(_PART, name=voice.name(name) if name in place.found.bond.systems else voice(SHARES)), value)
        for name, value in systems.items()
    ]
    return voice(text, first=parts.first, last=parts.last, a=own["first"], b=own["last"], parts=voice.listing(named))


def indicators(place: Place) -> list[Block]:
    """Every indicator: its value, the group's, the bounds it is scored on, its score; and where it was not observed."""
    voice = place.voice
    lead = Text(
        "“0 分值”“1 分值”为标准化的参照界，由参考期（{span}）学得，对全部地区相同；得分为该界内的位置。",
        "“Scores 0 at” and “Scores 1 at” are the bounds of reference, learnt on {span} and the same for all places; a score says "
        "where a value lies between them.",
    )
    reference = next(iter(place.found.scores.values())).spec.reference
    span = f"{reference[0]}–{reference[-1]}" if len(reference) > 1 else str(reference[0])
    blocks: list[Block] = [Heading(voice(Text("各项指标", "The indicators"))), Paragraph(voice(lead, span=span))]
    for score in place.found.scores.values():
        blocks += [Heading(voice(score.system.name), level=2), *_indicators(place, score)]
    return blocks


def indicator_table(place: Place, score: IndexScores) -> Table:
    """The indicators of a system: values first and last, the median of the group, bounds, scores."""
    voice, spec, raw = place.voice, score.spec.frame, score.panel.frame
    own, z, medians = of(place, raw), of(place, score.normalized), place.median(score.normalized).loc[place.year]
    values = place.median(raw[list(score.system.columns)]).loc[place.year]
    filled = set(place.filled(place.year)["indicator"]) if len(place.filled()) else set[str]()
    mark = voice(Text("填补", "filled"))
    rows = [
        (
            voice(Text("{name}（{unit}）", "{name} ({unit})"), name=one.name, unit=one.unit)
            if any(one.unit)
            else voice(one.name),
            own[one.id].iloc[0],
            own[one.id].iloc[-1],
            values[one.id],
            spec.loc[one.id, "zero_at"],
            spec.loc[one.id, "one_at"],
            spec.loc[one.id, "weight"],
            z[one.id].iloc[-1],
            medians[one.id],
            mark if one.id in filled else "",
        )
        for one in score.system.indicators
    ]
    zero, best = voice(Text("0 分值", "Scores 0 at")), voice(Text("1 分值", "Scores 1 at"))
    years = [voice(VALUE, year=place.first), voice(VALUE, year=place.year)]
    if len(place.years) < 2:
        years[0] = ""
    heads = [
        voice(INDICATOR),
        *years,
        place.peers,
        zero,
        best,
        voice.term("weight"),
        voice(SCORE),
        voice(PEERS),
        voice.term("note"),
    ]
    printed = pd.DataFrame(rows, columns=heads)
    printed = printed.drop(columns=[""]) if len(place.years) < 2 else printed
    printed = printed if filled & set(score.system.columns) else printed.drop(columns=[heads[-1]])
    caption = Text("{system}：{year} 年各指标的取值与得分", "{system}: values and scores of the indicators, {year}")
    digits = dict.fromkeys([*years, place.peers, zero, best], 2) | dict.fromkeys([voice(SCORE), voice(PEERS)], 2)
    return Table(
        key=f"indicators_{score.system.id}",
        caption=caption.format(system=score.system.name, year=place.year),
        frame=printed,
        decimals=digits,
    )


def _indicators(place: Place, score: IndexScores) -> list[Block]:
    voice, table = place.voice, indicator_table(place, score)
    names, own, other = voice(INDICATOR), voice(SCORE), voice(PEERS)
    printed = table.frame
    gap = (printed[own] - printed[other]).to_numpy()
    text = Text(
        "{n} 项指标中，得分高于中位数的 {up} 项，低于中位数的 {down} 项；低得最多的为{worst}，高得最多的为{best}。",
        "Of {n} indicators, {up} score above the median and {down} below it; the furthest below is {worst}, the furthest above {best}.",
    )
    up, down = int((gap > 0).sum()), int((gap < 0).sum())
    worst, best = (printed[names].iloc[int(at)] for at in (gap.argmin(), gap.argmax()))
    said = voice(text, n=len(printed), up=up, down=down, worst=f"“{worst}”", best=f"“{best}”")
    alt = Text("点图：各指标得分，圆点为本地区，方块为中位数。{said}", "Scores: dots are the place, squares the median. {said}")
    caption = Text("{system}：{year} 年各指标得分", "{system}: scores of the indicators, {year}")
    figure = Figure(
        key=table.key,
        caption=caption.format(system=score.system.name, year=place.year),
        draw=lambda: draw.side_by_side(printed, (names, own, other), (voice(HERE), place.peers)),
        alt=voice(alt, said=said),
    )
    return [Paragraph(said), figure, table]


def obstacles(place: Place) -> list[Block]:
    """What holds the place back, beside how many of its group it holds back too."""
    voice, table = place.voice, obstacle_table(place)
    lead = Text(
        "障碍度是某指标的加权差距占本地区该系统全部加权差距的份额：说明短板在哪里，不说明本地区比别处差多少。多数地区共有的障碍宜报上一级"
        "统筹，本地区特有的宜在本级整改。",
        "An obstacle degree is the share of an indicator in all that the place lacks in a system: it says where the shortfall lies, not how "
        "far the place is behind others. What most places share is for the level above; what is the place's own, for the place.",
    )
    blocks: list[Block] = [Heading(voice(Text("障碍因素", "Obstacles"))), Paragraph(voice(lead))]
    if table.frame.empty:
        return [
            *blocks,
            Paragraph(
                voice(Text("各指标均达到最佳界，没有障碍。", "Every indicator is at its best bound: there is no obstacle."))
            ),
        ]
    heads = _obstacle_heads(place)
    columns = heads["indicator"], heads["degree"], heads["mean"]
    alt = Text("条形图：条为本地区，菱形为均值；各系统依次排列。", "Bars are the place, diamonds the mean, system by system.")
    figure = Figure(
        key="obstacles",
        caption=table.caption,
        draw=lambda: draw.bars(table.frame, columns, (voice(HERE), heads["mean"])),
        alt=voice(alt),
    )
    return [*blocks, figure, table]


def greatest(place: Place, answer: Obstacles) -> pd.DataFrame:
    """The greatest obstacles of the place, keyed by indicator: `before` and `degree`, the `mean` of the group, and `among` how
    many of the group it is one of the first.
    """
    z, weights = answer.scores.normalized, answer.scores.spec.weights
    own = obstacle_degree(of(place, z).to_numpy(), weights)
    group = obstacle_degree(in_period(z, place.year).reindex(place.mates).to_numpy(), weights)
    named = in_period(answer.frame, place.year).reindex(place.mates).iloc[:, ::2].astype(object)
    with np.errstate(invalid="ignore"):
        found = pd.DataFrame({"before": own[0], "degree": own[-1], "mean": np.nanmean(group, axis=0)}, index=z.columns)
    found["among"] = [int((named == key).any(axis=1).sum()) for key in z.columns]
    return found[found["degree"] > 0].sort_values("degree", ascending=False, kind="stable", key=even).head(MOST)


def shares(place: Place, degrees: pd.Series) -> list[str]:
    """Obstacles with their degrees, in words."""
    return [f"{place.voice.name(key)} {value:.1%}" for key, value in degrees.items()]


def obstacle_table(place: Place) -> Table:
    """The greatest obstacles of each system: degrees first and last, the mean of the group, how many share them."""
    voice, rows, heads = place.voice, list[tuple[object, ...]](), _obstacle_heads(place)
    for answer in place.found.obstacles.values():
        for key, row in greatest(place, answer).iterrows():
            degrees = (row["before"] * 100, row["degree"] * 100, row["mean"] * 100)
            rows.append((voice(answer.scores.system.name), voice.name(key), *degrees, int(row["among"])))
    printed = pd.DataFrame(rows, columns=list(heads.values()))
    printed = printed.drop(columns=heads["before"]) if len(place.years) < 2 else printed
    caption = Text("{name}：{year} 年主要障碍", "{name}: main obstacles, {year}")
    return Table(
        key="obstacles",
        caption=caption.format(name=place.found.panel.name(place.unit), year=place.year),
        frame=printed,
        decimals=dict.fromkeys((heads["before"], heads["degree"], heads["mean"]), 1),
    )


def _obstacle_heads(place: Place) -> dict[str, str]:
    voice, n = place.voice, len(place.mates)
    whom = voice.name(place.group) if place.grouped else voice(Text("全部地区", "all places"))
    first = next((answer.frame.shape[1] // 2 for answer in place.found.obstacles.values()), 0)
    degree = Text("{year} 年障碍度（%）", "Degree {year} (%)")
    return {
        "system": voice.term("system"),
        "indicator": voice(INDICATOR),
        "before": voice(degree, year=place.first if len(place.years) > 1 else f"{place.first} "),
        "degree": voice(degree, year=place.year),
        "mean": voice(Text("{whom}均值（%）", "Mean of {whom} (%)"), whom=whom),
        "among": voice(Text("{n} 个地区中列前 {k} 位的", "Among the first {k} in (of {n})"), k=first, n=n),
    }


def of(place: Place, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of the place, by period."""
    rows: pd.DataFrame = frame.loc[frame.index.get_level_values("unit") == place.unit].droplevel("unit").sort_index()
    return rows.loc[rows.index <= place.year]
