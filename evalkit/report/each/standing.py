"""Coordination of one place: by year with its interval, its position among others, and what is left in doubt."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evalkit.report.coupling.doubt import WITHHELD
from evalkit.report.document import Block, Figure, Heading, Paragraph, Table
from evalkit.report.each import draw
from evalkit.report.each.place import HERE, Place, Standing, row_of
from evalkit.terms import Text

MANY = 11  # places of the group that are printed around the place itself
LOWER, UPPER = Text("下限", "Lower"), Text("上限", "Upper")
FULL = Text("{low}—{high}", "{low}–{high}")


def trends(place: Place) -> list[Block]:
    """The systems and coordination by year beside the median of the group: D with its interval, the grade where it is sure."""
    voice, table = place.voice, by_year(place)
    blocks: list[Block] = [
        Heading(voice(Text("两系统与耦合协调的变化", "The systems and coordination over the years"))),
        Paragraph(_indices(place)),
    ]
    if len(place.rows) > 1:
        blocks.append(_trend(place, table))
    return [*blocks, table, Paragraph(lag(place))]


def _indices(place: Place) -> str:
    """The index of each system, first and last, and what the group has."""
    voice, systems = place.voice, place.found.bond.systems
    median = place.median(place.found.bond.frame[list(systems)]).loc[place.year]
    text = Text(
        "“{system}”指数由 {first} 年的 {a:.3f} 变为 {year} 年的 {b:.3f}（{peers} {m:.3f}）。",
        "The index “{system}” moved from {a:.3f} in {first} to {b:.3f} in {year} ({peers}: {m:.3f}). ",
    )
    single = Text(
        "“{system}”指数 {year} 年为 {b:.3f}（{peers} {m:.3f}）。",
        "The index “{system}” is {b:.3f} in {year} ({peers}: {m:.3f}). ",
    )
    said = [
        voice(
            text if len(place.years) > 1 else single,
            system=voice.name(name),
            first=place.first,
            year=place.year,
            a=place.rows[name].iloc[0],
            b=place.rows[name].iloc[-1],
            peers=place.inside,
            m=median[name],
        )
        for name in systems
    ]
    return "".join(said).strip()


def headline(place: Place) -> str:
    """D of the place now, its interval, its grade and how sure it is, and how D moved."""
    voice, now = place.voice, row_of(place.rows, place.year)
    scheme = place.found.bond.spec.grades
    text = Text(
        "{year} 年{name}的耦合协调度 D 为 {d:.3f}{interval}，{grade}{moved}",
        "In {year} the coordination degree D of {name} is {d:.3f}{interval}; {grade}{moved}",
    )
    interval, label = (
        "",
        voice(Text("等级为“{grade}”。", "its grade is “{grade}”. "), grade=scheme.label(int(now["grade"]), voice.lang)),
    )
    if place.doubt is not None and place.doubted is not None:
        own = row_of(place.doubted, place.unit)
        between = Text("（{level:.0%} 区间 {low:.3f}—{high:.3f}）", " ({level:.0%} interval {low:.3f}–{high:.3f})")
        interval = voice(between, level=place.doubt.spec.level, low=own["D_low"], high=own["D_high"])
        likely = scheme.label(int(own["likely"]), voice.lang)
        sure = Text("等级为“{likely}”（概率 {p:.0%}）。", "its grade is “{likely}” (probability {p:.0%}). ")
        open_ = Text(
            "等级不予标注：最可能为“{likely}”，概率 {p:.0%}，不足 {need:.0%}。",
            "its grade is withheld: the likeliest, “{likely}”, has a probability of {p:.0%}, short of {need:.0%}. ",
        )
        held = pd.isna(own["label"])
        label = voice(open_ if held else sure, likely=likely, p=own["probability"], need=place.doubt.spec.certainty)
    said = {"year": place.year, "name": place.name, "d": now["D"], "interval": interval, "grade": label}
    return voice(text, **said, moved=moved(place)).strip()


def moved(place: Place) -> str:
    """How D changed, and whether the change is sure."""
    voice = place.voice
    if place.doubt is None or place.unit not in place.doubt.change.index or place.doubt.years[0] == place.doubt.years[1]:
        return ""
    own, (first, last) = row_of(place.doubt.change, place.unit), place.doubt.years
    verdict = Text("上升", "a rise") if own["change_low"] > 0 else Text("下降", "a fall") if own["change_high"] < 0 else None
    sure = Text(
        "{a}—{b} 年 D 变化 {d}（区间 {low} 至 {high}），可以认定为{verdict}。",
        "From {a} to {b} D changed by {d} (interval {low} to {high}), {verdict}.",
    )
    open_ = Text(
        "{a}—{b} 年 D 变化 {d}（区间 {low} 至 {high}），升降不能断定。",
        "From {a} to {b} D changed by {d} (interval {low} to {high}): neither a rise nor a fall is settled.",
    )
    d, low, high = (f"{own[key]:+.3f}".replace("-", "−") for key in ("change", "change_low", "change_high"))
    return voice(sure if verdict else open_, a=first, b=last, d=d, low=low, high=high, verdict=verdict or "")


def lag(place: Place) -> str:
    """Which system lags now, and in how many years it did."""
    voice, rows = place.voice, place.rows
    now, before = row_of(rows, place.year)["lagging"], rows["lagging"]
    rule = place.found.bond.spec.lag.in_step
    if pd.isna(now):
        even = Text("{year} 年各系统同步发展（{rule}）。", "In {year} the systems are in step ({rule}).")
        return voice(even, year=place.year, rule=rule)
    text = Text(
        "{year} 年“{system}”滞后，{n} 年中有 {k} 年如此。滞后由两指数之差判定，取决于各自的上下界，不等于绝对水平落后。",
        "In {year} “{system}” lags, as in {k} of {n} years. Lagging is told from the difference of the indices, which hangs on their bounds; "
        "it does not mean worse off.",
    )
    return voice(text, year=place.year, system=voice.name(now), n=len(rows), k=int((before == now).sum()))


def by_year(place: Place) -> Table:
    """Each system and D with the median of the group by year, the interval of D, C, and the grade where it is sure."""
    voice, rows, scheme = place.voice, place.rows, place.found.bond.spec.grades
    keys = [*place.found.bond.systems, "D"]
    median = place.median(place.found.bond.frame[keys]).reindex(rows.index)
    printed = pd.DataFrame({voice.term("period"): rows.index})
    for key in keys:
        printed[_called(place, key)] = rows[key].to_numpy()
        printed[_median(place, key)] = median[key].to_numpy()
    names = [scheme.label(int(grade), voice.lang) for grade in rows["grade"]]
    if place.doubt is not None:
        frame = place.doubt.frame
        own = frame[frame.index.get_level_values("unit") == place.unit].droplevel("unit").reindex(rows.index)
        printed[voice(LOWER)], printed[voice(UPPER)] = own["D_low"].to_numpy(), own["D_high"].to_numpy()
        names = [voice(WITHHELD) if pd.isna(sure) else name for name, sure in zip(names, own["label"], strict=True)]
    printed[voice.term("grade")] = names
    caption = Text("{name}：各年系统指数与耦合协调度", "{name}: indices and coordination by year").format(
        name=place.found.panel.name(place.unit)
    )
    note = Text(
        "各“中位数”列为其左侧一列的{peers}；“下限”“上限”为 D 的区间。",
        "Each median is the {peers} of the column to its left; “Lower” and “Upper” bound D.",
    )
    return Table(key="by_year", caption=caption, frame=printed, note=voice(note, peers=place.inside))


def _called(place: Place, key: str) -> str:
    return "D" if key == "D" else place.voice.name(key)


def _median(place: Place, key: str) -> str:
    """The header of a median; that of a system by its number, for names are long."""
    if key == "D":
        return place.voice(Text("D 中位数", "Median of D"))
    return place.voice(Text("中位数 {n}", "Median {n}"), n=place.found.bond.systems.index(key) + 1)


def _trend(place: Place, table: Table) -> Figure:
    voice = place.voice
    band = (voice(LOWER), voice(UPPER)) if voice(LOWER) in table.frame else None
    lines = [
        draw.Line(
            voice.term("D") if key == "D" else voice.name(key),
            _called(place, key),
            _median(place, key),
            band if key == "D" else None,
        )
        for key in (*place.found.bond.systems, "D")
    ]
    level = f"{place.doubt.spec.level:.0%}" if place.doubt is not None else ""
    labels = (voice(HERE), place.peers, voice(Text("D 的 {level} 区间", "{level} interval of D"), level=level))
    alt = voice(
        Text("折线图：各系统指数与 D，与{peers}对照。", "Line charts: the indices and D beside the {peers}."), peers=place.inside
    )
    return Figure(key="by_year", caption=table.caption, draw=lambda: draw.over_years(table.frame, lines, labels), alt=alt)


def position(place: Place) -> list[Block]:
    """Where the place stands among all and in its group; ranks only with their intervals."""
    voice = place.voice
    blocks: list[Block] = [Heading(voice(Text("所处位置", "Where the place stands")))]
    if place.doubted is None:
        none = Text(
            "本研究未要求不确定性，位次没有区间，故不给出位次。",
            "The study asked for no uncertainty: a rank would have no interval, so none is given.",
        )
        return [*blocks, Paragraph(voice(none), role="note")]
    table = neighbors(place)
    heads = (voice.term("D"), voice(LOWER), voice(UPPER))
    alt = voice(
        Text("区间图：点为 D，线为其区间；本地区以蓝色标出。", "Dots are D, bars their intervals; the place is drawn in blue.")
    )
    figure = Figure(
        key="position",
        caption=table.caption,
        draw=lambda: draw.intervals(table.frame, voice.term("unit"), heads, place.name),
        alt=alt,
    )
    return [
        *blocks,
        Paragraph(" ".join(standings(place)) if voice.lang == "en" else "".join(standings(place))),
        ranks(place),
        figure,
        table,
    ]


def standings(place: Place) -> list[str]:
    """The position in words: among all with its interval, in the group, and with how many it cannot be told apart."""
    voice, said = place.voice, []
    if (whole := place.standing()) is not None:
        text = Text(
            "在全部 {n} 个地区中，D 的位次区间为第 {low}—{high} 位（点估计第 {rank} 位）。",
            "Among all {n} places its rank by D lies between {low} and {high} (estimate: {rank}).",
        )
        said.append(voice(text, **whole._asdict()))
    if (near := place.among_mates()) is not None:
        text = Text(
            "在{group}的 {n} 个地区中，居第 {low}—{high} 位之间。",
            "Within {group} ({n} places) it stands between {low} and {high}.",
        )
        said.append(voice(text, group=voice.name(place.group), **near._asdict()))
    if place.doubted is not None:
        own = row_of(place.doubted, place.unit)
        alike = int(((place.doubted["D_low"] <= own["D_high"]) & (place.doubted["D_high"] >= own["D_low"])).sum()) - 1
        text = Text(
            "有 {k} 个地区的 D 区间与本地区重叠，与其先后不能断定。",
            "The intervals of {k} other places overlap with its own; which of them is ahead is not settled.",
        )
        said.append(voice(text, k=alike))
    return said


def ranks(place: Place) -> Table:
    """The ranks of the place with their intervals: by each index, by D, and by D with the method in doubt."""
    voice, rows = place.voice, list[tuple[str, Standing]]()
    for name, answer in place.found.firmness.uncertainty.items():
        if place.unit in answer.frame.index and answer.period == place.year:
            held = row_of(answer.frame, place.unit)
            one = Standing(int(held["rank"]), int(held["rank_low"]), int(held["rank_high"]), len(answer.frame))
            rows.append((voice(Text("“{name}”指数", "Index “{name}”"), name=voice.name(name)), one))
    labels = {0: Text("D（方法不变）", "D (method as chosen)"), -1: Text("D（方法也存疑）", "D (method in doubt too)")}
    answers = list(place.found.doubts.values())
    for at in (0, -1) if len(answers) > 1 else (0,):
        if (whole := place.standing(answers[at])) is not None:
            rows.append((voice(labels[at]), whole))
    if (near := place.among_mates()) is not None:
        rows.append((voice(Text("D（在{group}内）", "D (within {group})"), group=voice.name(place.group)), near))
    heads = [
        voice(Text("依据", "By")),
        voice(Text("位次（点估计）", "Rank (estimate)")),
        voice(Text("位次区间", "Interval of the rank")),
    ]
    printed = pd.DataFrame(
        [(label, one.rank, voice(FULL, low=one.low, high=one.high), one.n) for label, one in rows],
        columns=[*heads, voice(Text("地区数", "Places"))],
    )
    note = Text(
        "组内区间由各地区 D 的区间推出，较联合抽样得到的宽。指数的区间计入赋权、标准化、合成方法与误差。",
        "The interval within the group follows from the intervals of D and is wider than one drawn jointly. Those of the indices hold "
        "other weights, normalization, aggregation and errors.",
    )
    caption = Text("{name}：{year} 年位次及其区间", "{name}: ranks and their intervals, {year}")
    return Table(
        key="ranks",
        caption=caption.format(name=place.found.panel.name(place.unit), year=place.year),
        frame=printed,
        note=voice(note),
    )


def neighbors(place: Place) -> Table:
    """The places of the group by D with their intervals; of many, those around the place."""
    at = list(place.mates).index(place.unit)
    start = int(np.clip(at - MANY // 2, 0, max(0, len(place.mates) - MANY)))
    table = interval_table(place, place.mates[start : start + MANY])
    whom = (
        place.found.panel.names.get(str(place.group), Text(str(place.group), str(place.group)))
        if place.grouped
        else Text("全部地区", "all places")
    )
    cut = Text("{year} 年{whom}的 D 及其区间（本地区前后 {k} 个）", "D with its interval, {whom}, {year} ({k} around the place)")
    every = Text("{year} 年{whom}的 D 及其区间", "D with its interval, {whom}, {year}")
    caption = (cut if len(place.mates) > MANY else every).format(year=place.year, whom=whom, k=MANY)
    return Table(key="position", caption=caption, frame=table)


def interval_table(place: Place, units: pd.Index) -> pd.DataFrame:
    """Some places with D, its interval, the interval of the rank among all, the grade where it is sure, and who lags."""
    voice, scheme = place.voice, place.found.bond.spec.grades
    assert place.doubted is not None
    assert place.doubt is not None
    own = place.doubted.loc[units]
    printed = pd.DataFrame({voice.term("unit"): [voice.name(unit) for unit in units]})
    for head, key in ((voice.term("D"), "D"), (voice(LOWER), "D_low"), (voice(UPPER), "D_high")):
        printed[head] = own[key].to_numpy()
    known = place.doubt.ranks.reindex(units)
    printed[voice(Text("全部地区中的位次区间", "Interval of the rank among all"))] = [
        "—" if pd.isna(low) else voice(FULL, low=int(low), high=int(high))
        for low, high in zip(known["rank_low"], known["rank_high"], strict=True)
    ]
    printed[voice.term("grade")] = [
        voice(WITHHELD) if pd.isna(label) else scheme.label(int(label), voice.lang) for label in own["label"]
    ]
    lagging = place.now.loc[units, "lagging"].astype(object)
    printed[voice.term("lagging")] = lagging.map(voice.name).where(lagging.notna(), voice.term("synchronous")).to_numpy()
    return printed


def firmness(place: Place) -> list[Block]:
    """How far the result of the place holds as more and more is put in doubt, and under other settings."""
    voice, rows = place.voice, []
    scheme = place.found.bond.spec.grades
    for label, answer in place.found.doubts.items():
        if (place.unit, place.year) not in answer.frame.index:
            continue
        own, whole = row_of(answer.frame, (place.unit, place.year)), place.standing(answer)
        change = row_of(answer.change, place.unit) if place.unit in answer.change.index else None
        rows.append(
            {
                voice(Text("存疑项", "In doubt")): voice(label),
                voice(LOWER): own["D_low"],
                voice(UPPER): own["D_high"],
                voice(Text("最可能等级", "Likeliest grade")): scheme.label(int(own["likely"]), voice.lang),
                voice(Text("其概率（%）", "Its probability (%)")): own["probability"] * 100,
                voice(Text("位次区间", "Interval of the rank")): voice(FULL, low=whole.low, high=whole.high) if whole else "—",
                voice(Text("D 变化的区间", "Interval of the change of D")): "—"
                if change is None
                else voice(
                    Text("{low:+.3f} 至 {high:+.3f}", "{low:+.3f} to {high:+.3f}"),
                    low=change["change_low"],
                    high=change["change_high"],
                ).replace("-", "−"),
            }
        )
    settings = _settings(place)
    if not rows and not settings:
        return []
    blocks: list[Block] = [Heading(voice(Text("结果有多稳", "How firm the result is")))]
    blocks += [Paragraph(said) for said in (settings,) if said]
    if rows:
        caption = Text("逐步增加存疑项时{name}的结果（{year} 年）", "{name} as more is put in doubt, {year}")
        blocks.append(
            Table(
                key="firmness",
                caption=caption.format(name=place.found.panel.name(place.unit), year=place.year),
                frame=pd.DataFrame(rows),
                decimals={voice(Text("其概率（%）", "Its probability (%)")): 1},
            )
        )
    return blocks


def _settings(place: Place) -> str:
    """The range of the rank and the grade over the other settings the study tried."""
    voice, answer = place.voice, place.found.firmness.comparison
    if answer is None or answer.period != place.year or place.unit not in answer.places.index:
        return ""
    own, scheme = row_of(answer.places, place.unit), place.found.bond.spec.grades
    text = Text(
        "在 {n} 种替代设定（赋权、标准化、合成方法、参考期）下，位次在第 {best}—{worst} 位之间，等级{grades}。",
        "Over {n} other settings (weights, normalization, aggregation, reference years) its rank lies between {best} and {worst}, and its grade {grades}.",
    )
    low, high = (scheme.label(int(own[key]), voice.lang) for key in ("lowest", "highest"))
    same = Text("始终为“{low}”", "stays “{low}”")
    other = Text("由“{low}”至“{high}”", "goes from “{low}” to “{high}”")
    grades = voice(same if low == high else other, low=low, high=high)
    return voice(text, n=len(answer.frame), best=int(own["best"]), worst=int(own["worst"]), grades=grades)
