"""What the evaluator of one place reads first and last: one page, what it rests on, and what to verify and rectify."""

from __future__ import annotations

import pandas as pd

from evalkit.answer import in_period
from evalkit.report.document import Block, Bullets, Heading, Paragraph, Table
from evalkit.report.each.data import findings, share_filled
from evalkit.report.each.parts import greatest, shares
from evalkit.report.each.place import OF_ALL, Place, row_of, signed
from evalkit.report.each.standing import headline, lag, standings
from evalkit.terms import Text

Row = tuple[str, str, str]
NEAR = 0.02  # a score is called below another where it is lower by more


def summary(place: Place) -> list[Block]:
    """Page one: D with its interval and grade, the position, the systems beside the group, the first obstacles, the data."""
    voice = place.voice
    points = [(" " if voice.lang == "en" else "").join(standings(place)), lag(place), *_shortfalls(place), _data(place)]
    return [
        Heading(voice(Text("摘要", "Summary"))),
        Paragraph(headline(place), role="key"),
        key_figures(place),
        Bullets(tuple(point for point in points if point)),
        *(Paragraph(said, role="caution") for said in _cautions(place)),
    ]


def key_figures(place: Place) -> Table:
    """Each system, C, T and D: first year, last year, change, and the medians of the group and of all."""
    voice, bond = place.voice, place.found.bond
    keys = [*bond.systems, "C", "T", "D"]
    heads = [voice.name(key) if key in bond.systems else voice.term(key) for key in keys]
    own, group, whole = place.rows[keys], place.median(bond.frame[keys]).loc[place.year], place.now[keys].median()
    printed = pd.DataFrame({voice(Text("项目", "Measure")): heads})
    for year in place.years:
        printed[str(year)] = own.loc[year].to_numpy(dtype=float)
    if len(place.years) > 1:
        printed[voice(Text("变化", "Change"))] = printed[str(place.year)] - printed[str(place.first)]
    printed[place.peers] = group.to_numpy(dtype=float)
    printed[voice(OF_ALL)] = whole.to_numpy(dtype=float)
    caption = Text("{name}：主要结果", "{name}: main results").format(name=place.found.panel.name(place.unit))
    note = voice(Text("中位数为 {year} 年。", "Medians are of {year}."), year=place.year)
    return Table(key="summary", caption=caption, frame=printed, note=note)


def _shortfalls(place: Place) -> list[str]:
    """The first three obstacles of each system."""
    voice, said = place.voice, []
    for answer in place.found.obstacles.values():
        first = greatest(place, answer).head(3)
        text = Text("“{system}”的主要障碍（障碍度）：{items}。", "Main obstacles of “{system}” (degree): {items}.")
        if len(first):
            said.append(voice(text, system=answer.scores.system.name, items=voice.listing(shares(place, first["degree"]))))
    return said


def _data(place: Place) -> str:
    voice, (cells, filled), found = place.voice, share_filled(place), len(findings(place))
    text = Text(
        "数据：{cells} 个数值中填补 {filled} 个（其中 {year} 年 {now} 个），审计在本地区数值中有 {found} 项发现，见“本地区的数据”一章。",
        "Data: of {cells} figures {filled} were filled ({now} of them in {year}); the audit has {found} findings in the figures of the place; see the "
        "chapter on its data.",
    )
    return voice(text, cells=f"{cells:,}", filled=filled, year=place.year, now=len(place.filled(place.year)), found=found)


def _cautions(place: Place) -> list[str]:
    """What must be known before the first page is used."""
    voice = place.voice
    said = []
    last = int(place.found.bond.frame.index.unique("period").max())
    if place.year < last:
        text = Text(
            "本地区的数据止于 {year} 年，早于评估末年 {last} 年；下列比较均为 {year} 年。",
            "The data of the place end in {year}, before the last year of the assessment, {last}; all comparisons are of {year}.",
        )
        said.append(voice(text, year=place.year, last=last))
    notes = [note for score in place.found.scores.values() for note in score.notes] + [
        *place.found.bond.notes,
        *place.found.panel.notes,
    ]
    return [*said, *dict.fromkeys(note.say(voice.lang) for note in notes if note.kind == "caution")]


def scope(place: Place) -> list[Block]:
    """What the report rests on: the whole assessment, its data, bounds and rules, and what one place's report cannot say."""
    voice, found = place.voice, place.found
    reference = next(iter(found.scores.values())).spec.reference
    text = Text(
        "本报告取自一次对 {n} 个地区、{a}—{b} 年的评估：上下界与权重由全部地区在参考期 {span} 学得，对每个地区相同。数据来源：{source}。"
        "指标体系分别衡量{systems}。计算公式与方法选择见总报告“评估方法”一章。",
        "This report is part of one assessment of {n} places over {a}–{b}: bounds and weights were learnt on all places in the reference "
        "years {span} and are the same for each. Data: {source}. The indicator systems measure {systems}. Formulas and the choice of methods "
        "stand in the chapter on methods of the whole report.",
    )
    limits = (
        Text(
            "位次只与其区间一并使用；区间重叠的地区，先后不能断定。",
            "Use a rank only with its interval; between places whose intervals overlap the order is not settled.",
        ),
        Text(
            "指数为相对值，随参考期和参评地区而变，不宜与其他研究的数值直接比较。",
            "Indices are relative to the reference years and the places assessed; do not hold them against figures of other studies.",
        ),
        Text(
            "单个地区的结果不能检验方法，也不说明因果；问题须实地核查后再下结论。",
            "The result of one place tests no method and shows no cause; verify on the ground before concluding.",
        ),
        Text(
            "结果描述地区，不评价任何个人或家庭，不作为取消帮扶的依据。",
            "Results describe a place; they judge no person and no household and are no ground for withdrawing help.",
        ),
    )
    panel = found.panel
    return [
        Heading(voice(Text("评估依据与范围", "Basis and scope"))),
        Paragraph(
            voice(
                text,
                n=len(panel.units),
                a=panel.periods[0],
                b=panel.periods[-1],
                span=f"{reference[0]}–{reference[-1]}" if len(reference) > 1 else str(reference[0]),
                source=panel.source,
                systems=voice.listing([voice(score.system.name) for score in found.scores.values()]),
            )
        ),
        Bullets(tuple(voice(one) for one in limits)),
    ]


def problems(place: Place) -> list[Block]:
    """Problems to verify and rectify: each with its evidence and what to do."""
    voice = place.voice
    rows = [
        *_main_obstacles(place),
        *(row for check in (_below, _falling, _lagging, _open_data, _withheld) if (row := check(place))),
    ]
    heads = [
        voice(Text("序号", "No.")),
        voice(Text("问题", "Problem")),
        voice(Text("依据", "Evidence")),
        voice(Text("建议", "What to do")),
    ]
    lead = Text(
        "下列问题由结果按规则归纳，须经实地核查后确认，再列入整改。",
        "These problems were drawn from the results by rule; verify them on the ground before they are taken up.",
    )
    if not rows:
        return [
            Heading(voice(Text("问题与整改清单", "Problems to verify and rectify"))),
            Paragraph(voice(Text("按规则未归纳出问题。", "By rule, none was drawn."))),
        ]
    frame = pd.DataFrame([(at, *row) for at, row in enumerate(rows, 1)], columns=heads)
    return [
        Heading(voice(Text("问题与整改清单", "Problems to verify and rectify"))),
        Paragraph(voice(lead)),
        Table(key="problems", caption=Text("问题、依据与建议", "Problems, evidence and what to do"), frame=frame),
    ]


def _main_obstacles(place: Place) -> list[Row]:
    voice, rows = place.voice, []
    for answer in place.found.obstacles.values():
        first = greatest(place, answer).head(3)
        if first.empty:
            continue
        shared = first["among"] > 0.6 * len(place.mates)
        local = Text("{items}：列入本地区整改。", "{items}: for the place to rectify. ")
        above = Text("{items}：多数地区共有，报上一级统筹。", "{items}: most places share it; for the level above.")
        parts = [
            voice(text, items=voice.listing([voice.name(key) for key in first.index[which]]))
            for text, which in ((local, ~shared), (above, shared))
            if which.any()
        ]
        title = Text("“{system}”的主要短板", "Main shortfalls of “{system}”")
        evidence = voice.listing(shares(place, first["degree"]))
        rows.append((voice(title, system=answer.scores.system.name), evidence, "".join(parts).strip()))
    return rows


def _below(place: Place) -> Row | None:
    """Dimensions below the group."""
    voice, low = place.voice, []
    for score in place.found.scores.values():
        median, own = row_of(place.median(score.frame), place.year), row_of(score.frame, (place.unit, place.year))
        low += [
            (own[one.id] - median[one.id], voice(one.name))
            for one in score.system.dimensions
            if own[one.id] < median[one.id] - NEAR
        ]
    if not low:
        return None
    items = [signed(name, gap) for gap, name in sorted(low)]
    return (
        voice(Text("低于{peers}的维度", "Dimensions below the {peers}"), peers=place.inside),
        voice.listing(items, 6),
        voice(Text("对照“各项指标”一章，逐项核查差距。", "Go through the chapter on indicators and examine each gap.")),
    )


def _falling(place: Place) -> Row | None:
    """Indicators whose score fell in each of the last two years, or clearly in the last."""
    voice, items = place.voice, []
    if len(place.rows) < 3:
        return None
    for score in place.found.scores.values():
        z = (
            score.normalized.loc[score.normalized.index.get_level_values("unit") == place.unit]
            .droplevel("unit")
            .sort_index()
            .iloc[-3:]
        )
        steps = z.diff().iloc[1:]
        fallen = [key for key in z.columns if (steps[key] < 0).all() and z[key].iloc[-1] - z[key].iloc[0] < -NEAR]
        items += [(float(z[key].iloc[-1] - z[key].iloc[0]), voice.name(key)) for key in fallen]
    if not items:
        return None
    said = [signed(name, drop) for drop, name in sorted(items)]
    return (
        voice(Text("得分连续两年下降的指标", "Indicators whose score fell two years running")),
        voice.listing(said, 6),
        voice(
            Text(
                "核查下降是否真实，抑或口径变动；属实的查明原因。",
                "Verify whether the fall is real or a change of definition; where real, find out why.",
            )
        ),
    )


def _lagging(place: Place) -> Row | None:
    voice, own = place.voice, row_of(place.rows, place.year)
    if pd.isna(own["lagging"]):
        return None
    same = int((in_period(place.found.bond.frame, place.year)["lagging"] == own["lagging"]).sum())
    evidence = Text("“{system}”滞后；{n} 个地区中同样的有 {k} 个", "“{system}” lags, as in {k} of {n} places")
    everywhere = same > 0.8 * len(place.now)
    shared = Text(
        "多数地区相同，先核对上下界与指标分布，不宜据此单独整改。",
        "Nearly everywhere alike: examine bounds and distributions first; no ground for a measure of the place alone.",
    )
    single = Text(
        "先核对差距是否来自上下界，属实的再加强滞后系统的衔接。",
        "Verify that the gap does not come from the bounds; where real, give the lagging system more of the joint effort.",
    )
    return (
        voice(Text("系统间差距", "Gap between the systems")),
        voice(evidence, system=voice.name(own["lagging"]), n=len(place.now), k=same),
        voice(shared if everywhere else single),
    )


def _open_data(place: Place) -> Row | None:
    voice, filled, found = place.voice, place.filled(place.year), findings(place)
    if filled.empty and found.empty:
        return None
    parts = []
    if len(filled):
        names = voice.listing([voice.name(key) for key in filled["indicator"]], 6)
        parts.append(voice(Text("{year} 年填补：{names}", "filled in {year}: {names}"), year=place.year, names=names))
    if len(found):
        parts.append(voice(Text("审计发现 {n} 项", "{n} findings of the audit"), n=len(found)))
    return (
        voice(Text("数据待核实", "Data to verify")),
        voice(Text("；", "; ")).join(parts),
        voice(
            Text(
                "补报缺失数值，核实所列发现，更正后重新计算。", "Report what is missing, verify the findings, and compute again."
            )
        ),
    )


def _withheld(place: Place) -> Row | None:
    if place.doubt is None or place.doubted is None or pd.notna(row_of(place.doubted, place.unit)["label"]):
        return None
    voice, own = place.voice, row_of(place.doubted, place.unit)
    likely = place.found.bond.spec.grades.label(int(own["likely"]), voice.lang)
    return (
        voice(Text("等级不稳固", "The grade is not firm")),
        voice(
            Text("最可能为“{likely}”，概率 {p:.0%}", "likeliest “{likely}”, probability {p:.0%}"),
            likely=likely,
            p=own["probability"],
        ),
        voice(Text("以 D 及其区间表述，不以等级下结论。", "State D with its interval; conclude nothing from the grade.")),
    )
