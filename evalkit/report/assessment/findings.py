"""The list of problems found, each with its evidence, drawn from the results by rule."""

from __future__ import annotations

import pandas as pd

from evalkit.answer import in_period
from evalkit.report.assessment.found import Assessment
from evalkit.report.assessment.progress import Span, misses, signed
from evalkit.report.document import Block, Heading, Paragraph, Table
from evalkit.report.plain import cell
from evalkit.report.printed import told
from evalkit.report.words import Voice
from evalkit.stats.ranks import even
from evalkit.terms import Text


def problems(found: Assessment, voice: Voice) -> list[Block]:
    """Problems found, each with its evidence and what could be done."""
    rows = found_problems(found, voice)
    heads = [
        voice(Text("序号", "No.")),
        voice(Text("问题", "Problem")),
        voice(Text("依据", "Evidence")),
        voice(Text("建议", "What to do")),
    ]
    frame = pd.DataFrame([(number, *row) for number, row in enumerate(rows, start=1)], columns=heads)
    lead = Text(
        "下列问题由结果自动归纳，须经实地核查后确认。",
        "These problems were drawn from the results by rule; verify them on the ground.",
    )
    return [
        Heading(voice(Text("问题清单", "Problems found"))),
        Paragraph(voice(lead)),
        Table(key="problems", caption=Text("问题、依据与建议", "Problems, evidence and what to do"), frame=frame),
    ]


Row = tuple[str, str, str]


def found_problems(found: Assessment, voice: Voice) -> list[Row]:
    """Each problem: what it is, its evidence, what to do."""
    checks = (
        _lowest,
        _falling,
        _declined,
        _short_of_target,
        _lagging,
        _main_obstacles,
        _odd_line,
        _returns,
        _kept_by_transfers,
        _weak_data,
        _not_firm,
    )
    return [row for check in checks if (row := check(found, voice))]


def _now(found: Assessment) -> tuple[int, pd.DataFrame]:
    last = int(found.bond.frame.index.get_level_values("period").max())
    return last, in_period(found.bond.frame, last)


def _lowest(found: Assessment, voice: Voice) -> Row:
    year, now = _now(found)
    low = now.sort_values("D", kind="stable", key=even).head(max(1, len(now) // 20))
    evidence = [f"{voice.name(unit)} {value:.3f}" for unit, value in low["D"].items()]
    return (
        voice(Text("协调度最低的地区", "Places with the lowest coordination")),
        voice(Text("{year} 年：{items}", "{year}: {items}"), year=year, items=voice.listing(evidence, 6)),
        voice(Text("对照附录中的主要障碍，逐地区核查短板。", "Check the main obstacles in the annex place by place.")),
    )


def _falling(found: Assessment, voice: Voice) -> Row | None:
    wide = found.bond.frame["D"].unstack("period")
    if wide.shape[1] < 2:
        return None
    change = (wide.iloc[:, -1] - wide.iloc[:, -2]).dropna()
    fallen = change[change < -0.005].sort_values(kind="stable", key=even)
    if fallen.empty:
        return None
    evidence = [f"{voice.name(unit)} {cell(value)}" for unit, value in fallen.items()]
    return (
        voice(Text("协调度较上年下降的地区", "Places whose coordination fell in the last year")),
        voice(Text("{n} 个：{items}", "{n}: {items}"), n=len(fallen), items=voice.listing(evidence, 6)),
        voice(Text("核查下降是否真实，抑或口径变动。", "Verify whether the fall is real or a change of definition.")),
    )


def _declined(found: Assessment, voice: Voice) -> Row | None:
    """Dimensions whose mean is below that of the base year."""
    fallen, base = dict[str, float](), 0
    for score in found.scores.values():
        span = Span.of(score)
        change = in_period(score.frame, span.last).mean() - in_period(score.frame, span.base).mean()
        fallen |= {str(key): float(value) for key, value in change.drop("score").items() if value < -0.005}
        base = span.base
    if not fallen:
        return None
    worst = sorted(fallen.items(), key=lambda item: item[1])
    said = Text("与 {base} 年相比：{items}", "Against {base}: {items}")
    return (
        voice(Text("得分均值下降的维度", "Dimensions whose mean score fell")),
        voice(said, base=base, items=voice.listing((f"{voice.name(key)} {signed(value)}" for key, value in worst), 6)),
        voice(Text("查明是退步还是口径变动，再分地区核查。", "Find out whether things got worse or a definition changed.")),
    )


def _short_of_target(found: Assessment, voice: Voice) -> Row | None:
    """Indicators whose target, where a policy document sets one, is missed by some places."""
    short = dict[str, int]()
    for score in found.scores.values():
        now = in_period(score.panel.frame, Span.of(score).last)
        short |= {one.id: k for one in score.system.indicators if (k := misses(one, now[one.id]))}
    if not short:
        return None
    most = sorted(short.items(), key=lambda item: -item[1])
    item = Text("{name} {k} 个地区", "{name}, {k} places")
    return (
        voice(Text("未达政策目标的指标", "Indicators short of a target of policy")),
        voice.listing((voice(item, name=voice.name(key), k=k) for key, k in most), 4),
        voice(Text("先核对目标是否适用于当地，再列入整改。", "Check first whether the target applies there.")),
    )


def _lagging(found: Assessment, voice: Voice) -> Row | None:
    year, now = _now(found)
    now = now.assign(gap=in_period(found.bond.gap.to_frame(), year)["gap"])
    worst = now[now["lagging"].notna()].sort_values("gap", ascending=False, kind="stable", key=even)
    if worst.empty:
        return None
    arrow = Text("{unit}（{system}滞后 {gap:.2f}）", "{unit} ({system} lags by {gap:.2f})")
    evidence = [
        voice(arrow, unit=voice.name(unit), system=voice.name(row["lagging"]), gap=row["gap"])
        for unit, row in worst.head(6).iterrows()
    ]
    one_sided = len(worst) > 0.8 * len(now) and (worst["lagging"] == worst["lagging"].iloc[0]).all()
    everywhere = Text(
        "几乎各地均为同一系统滞后，多因两系统上下界与指标分布不同：先核对界值，再作判断。",
        "The same system lags nearly everywhere, which mostly tells of bounds and distributions: examine these first.",
    )
    single = Text(
        "先核对差距是否来自上下界，属实的再加强滞后系统的衔接。",
        "Verify first that the gap does not come from the bounds; where it is real, give the lagging system more of the joint effort.",
    )
    return (
        voice(Text("系统间差距过大的地区", "Places with a wide gap between the systems")),
        voice(
            Text("{year} 年 {n} 个：{items}", "{year}, {n} places: {items}"),
            year=year,
            n=len(worst),
            items=voice.listing(evidence, 6),
        ),
        voice(everywhere if one_sided else single),
    )


def _main_obstacles(found: Assessment, voice: Voice) -> Row:
    evidence = []
    for answer in found.obstacles.values():
        now = answer.average.iloc[-1]
        said = Text("{system}：{item} {share:.1%}", "{system}: {item} {share:.1%}")
        evidence.append(voice(said, system=answer.scores.system.name, item=voice.name(even(now).idxmax()), share=now.max()))
    return (
        voice(Text("普遍的主要障碍", "Obstacles most places share")),
        voice.listing(evidence),
        voice(Text("列入上一级统筹的整改事项。", "Take them up at the level above the places.")),
    )


def _odd_line(found: Assessment, voice: Voice) -> Row | None:
    """A line so far from all incomes that what rests on it may be wrong."""
    doubts = () if found.households is None else found.households.odd_line
    if not doubts:
        return None
    do = Text(
        "核对收入与收入线的计量单位和时期后重新运行；核对之前不引用贫困发生率与返贫判断。",
        "Check units and lengths of time of incomes and line, and run again; till then quote neither poverty nor the verdict on "
        "return.",
    )
    return voice(Text("收入线疑似有误", "The line may be wrong")), doubts[0].say(voice.lang), voice(do)


def _returns(found: Assessment, voice: Voice) -> Row | None:
    """A return on a large scale that is found, or not ruled out."""
    bottom = None if found.households is None else found.households.bottom
    if bottom is None or bottom.overall["verdict"].iloc[0] == "ruled_out":
        return None
    there = bottom.overall["verdict"].iloc[0] == "found"
    title = Text("曾为贫困户者大量低于收入线", "Many once registered as poor are below the line")
    open_ = Text("规模性返贫尚不能排除", "A return on a large scale is not ruled out")
    do = Text("扩大样本后复核，并先走访低于收入线的户。", "Ask more homes, and visit those below the line first.")
    return voice(title if there else open_), told(bottom, voice), voice(do)


def _kept_by_transfers(found: Assessment, voice: Voice) -> Row | None:
    """Homes that transfers alone keep above the line, where the interval of their share leaves out 0."""
    transfers = None if found.households is None else found.households.transfers
    if transfers is None:
        return None
    kept = transfers.frame.set_index("measure").loc["kept_above"]
    if not kept["ci_low"] > 0:
        return None
    said = Text("占 {share:.1%}（{low:.1%} 至 {high:.1%}）", "{share:.1%} ({low:.1%} to {high:.1%})")
    return (
        voice(Text("仅靠转移收入维持在线上的户", "Homes that transfers alone keep above the line")),
        voice(said, share=kept["estimate"], low=kept["ci_low"], high=kept["ci_high"]),
        voice(
            Text(
                "先走访，发展自身收入来源；不得据此取消帮扶。",
                "Visit them first and help them earn; it is no ground to end help.",
            )
        ),
    )


def _weak_data(found: Assessment, voice: Voice) -> Row | None:
    count = len(found.filled)
    defects = 0 if found.audit is None else len(found.audit.defects)
    if not count and not defects:
        return None
    parts = [voice(Text("填补单元格 {n} 个", "cells filled: {n}"), n=count)] if count else []
    said = Text("审计缺陷 {n} 项，已说明理由接受", "defects accepted with a reason: {n}")
    parts += [voice(said, n=defects)] if defects else []
    return (
        voice(Text("数据不完整", "Incomplete data")),
        voice(Text("；", "; ")).join(parts),
        voice(Text("向数据部门补报并复核。", "Ask the departments for the figures and check again.")),
    )


def _not_firm(found: Assessment, voice: Voice) -> Row | None:
    if found.firmness.comparison is None:
        return None
    share = found.firmness.comparison.frame["grade_changed"]
    if not share.max() > 0.1:
        return None
    return (
        voice(Text("等级对设定敏感", "Grades depend on the settings")),
        voice(
            Text("替代设定下等级改变最多 {share:.1%}", "up to {share:.1%} of the grades change under another setting"),
            share=share.max(),
        ),
        voice(Text("引用等级时同时给出 D 值与设定。", "Quote a grade together with its D and the settings.")),
    )
