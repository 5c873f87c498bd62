"""The summary of a report: the few numbers that matter with their uncertainty, on one page."""

from __future__ import annotations

import pandas as pd

from evalkit.answer import Note, in_period
from evalkit.indicators.uncertainty.monte_carlo import Uncertainty
from evalkit.poverty.returns.bottom_line import VERDICTS
from evalkit.report.assessment.findings import found_problems
from evalkit.report.assessment.found import Assessment
from evalkit.report.assessment.households import HouseholdFindings
from evalkit.report.document import Block, Bullets, Heading, Paragraph, Table
from evalkit.report.plain import NOTHING
from evalkit.report.printed import told
from evalkit.report.words import Voice
from evalkit.terms import Text

MOST_CAUTIONS = 2  # that stand on the page; each stands in its chapter too
Row = tuple[str, float, float, str]  # what, then, now, how sure


def summary(found: Assessment, voice: Voice) -> list[Block]:
    """The few numbers that matter, in one page."""
    cautions = list(dict.fromkeys(note.say(voice.lang) for note in _cautions(found)))
    return [
        Heading(voice(Text("摘要", "Summary"))),
        Paragraph(told(found.bond, voice), role="key"),
        _key_figures(found, voice),
        Bullets(tuple(_points(found, voice))),
        *(Paragraph(said, role="caution") for said in cautions[:MOST_CAUTIONS]),
    ]


def _points(found: Assessment, voice: Voice) -> list[str]:
    """What stands beside the numbers: the lowest dimension and the main obstacle of each system, groups, problems."""
    points = [_weak_side(found, name, voice) for name in found.scores]
    points += [told(answer, voice) for answer in list(found.groups.values())[:1]]
    if found.firmness.comparison is not None and len(found.firmness.comparison.frame):
        text = Text(
            "改用其他设定时，等级改变的“地区—年份”最多占 {share:.1%}。",
            "Under another setting at most {share:.1%} of the unit-years change their grade.",
        )
        points.append(voice(text, share=found.firmness.comparison.frame["grade_changed"].max()))
    titles = [row[0] for row in found_problems(found, voice)]
    if titles and "problems" in found.chapters:
        text = Text("按规则归纳的问题有 {n} 项：{items}。", "Problems drawn from the results by rule, {n}: {items}.")
        inside = titles if voice.lang == "zh" else [title[0].lower() + title[1:] for title in titles]
        points.append(voice(text, n=len(titles), items=voice.listing(inside, 10)))
    return points


def _weak_side(found: Assessment, name: str, voice: Voice) -> str:
    """The lowest dimension of a system, and its main obstacle."""
    score = found.scores[name]
    year = int(score.frame.index.get_level_values("period").max())
    means = in_period(score.frame, year).mean().drop("score")
    text = Text(
        "{year} 年“{system}”得分最低的维度为{low}（{v:.3f}）",
        "In {year} the lowest dimension of “{system}” is {low} ({v:.3f})",
    )
    said = voice(text, year=year, system=score.system.name, low=voice.name(means.idxmin()), v=means.min())
    if name in found.obstacles and len(found.obstacles[name].average):
        degrees = found.obstacles[name].average.iloc[-1]
        more = Text("，首要障碍为{item}（{share:.1%}）", "; its main obstacle is {item} ({share:.1%})")
        said += voice(more, item=voice.name(degrees.idxmax()), share=degrees.max())
    return said + voice(Text("。", "."))


def _key_figures(found: Assessment, voice: Voice) -> Table:
    """Indices, D, how many grades are sure, and what the survey says of poverty and return: then, now, how sure."""
    bond = found.bond
    years = bond.frame.index.unique("period").sort_values()
    first, last = (in_period(bond.frame, year) for year in (years[0], years[-1]))
    rows: list[Row] = []
    for name in bond.systems:
        sure = _sure_of_rank(found.firmness.uncertainty.get(name), voice)
        rows.append(
            (voice(Text("{name}指数", "Index “{name}”"), name=voice.name(name)), first[name].mean(), last[name].mean(), sure)
        )
    rows.append((voice.term("D"), first["D"].mean(), last["D"].mean(), _sure_of_d(found, years[-1], voice)))
    rows += _graded(found, (years[0], years[-1]), voice)
    rows += [] if found.households is None else _homes(found.households, voice)
    sure = voice(Text("不确定性", "Uncertainty"))
    frame = pd.DataFrame(rows, columns=[voice(Text("指标", "Figure")), str(years[0]), "now", sure])
    change = frame["now"] - frame[str(years[0])]
    frame = frame.drop(columns=str(years[0])) if len(years) == 1 else frame
    frame = frame.rename(columns={"now": str(years[-1])})
    if len(years) > 1:
        frame.insert(3, voice(Text("变化", "Change")), change)
    if (frame[sure] == NOTHING).all():
        frame = frame.drop(columns=sure)
    caption = Text("主要结果及其不确定性", "Main results, and how sure they are")
    note = Text("指数与 D 为各地区均值；占比为 0—1。", "Indices and D are means over places; shares run from 0 to 1.")
    return Table(key="summary", caption=caption, frame=frame, note=voice(note))


def _sure_of_rank(answer: Uncertainty | None, voice: Voice) -> str:
    """How far the rank of a place reaches by an index, where that was asked."""
    if answer is None or len(answer.frame) < 2:
        return NOTHING
    width = (answer.frame["rank_high"] - answer.frame["rank_low"]).median()
    text = Text("位次的 {level:.0%} 区间跨 {k:.0f} 位", "{level:.0%} interval of a rank spans {k:.0f}")
    return voice(text, level=answer.spec.level, k=width)


def _sure_of_d(found: Assessment, year: int, voice: Voice) -> str:
    """Half the width of the interval of D of a place: with the method as chosen, and with all of it in doubt."""
    if not found.doubts:
        return NOTHING
    answers = list(found.doubts.values())
    halves = [float((now["D_high"] - now["D_low"]).median()) / 2 for now in (in_period(one.frame, year) for one in answers)]
    text = Text("单个地区 ±{a:.3f}（{level:.0%}）", "one place: ±{a:.3f} ({level:.0%})")
    more = Text("；方法存疑时 ±{b:.3f}", "; with the method in doubt ±{b:.3f}")
    said = voice(text, a=halves[0], level=answers[0].spec.level)
    return said + voice(more, b=halves[-1]) if len(halves) > 1 else said


def _graded(found: Assessment, years: tuple[int, int], voice: Voice) -> list[Row]:
    """The share of places whose grade is sure enough to be named."""
    answer = next(iter(found.doubts.values()), None)
    if answer is None:
        return []
    then, now = (float(in_period(answer.frame, year)["label"].notna().mean()) for year in years)
    said = Text("等级的概率不低于 {p:.0%}", "probability of the grade at least {p:.0%}")
    name = Text("等级可予标注的地区（占比）", "Places whose grade is named (share)")
    return [(voice(name), then, now, voice(said, p=answer.spec.certainty))]


def _homes(homes: HouseholdFindings, voice: Voice) -> list[Row]:
    """Income poverty and return to it in the last wave of the survey."""
    rows: list[Row] = []
    poor = homes.by_year.frame
    poor = poor[(poor["measure"] == "headcount") & (poor["year"] == homes.year)] if "year" in poor else poor.iloc[:0]
    interval = Text("{low:.3f}—{high:.3f}（{level:.0%}）", "{low:.3f} to {high:.3f} ({level:.0%})")
    if len(poor) == 1:
        one = poor.iloc[0]
        name = Text("收入贫困发生率，住户调查 {year} 年（占比）", "Income poverty, survey of {year} (share)")
        said = _if_right(voice(interval, low=one["ci_low"], high=one["ci_high"], level=_level(homes)), homes, voice)
        rows.append((voice(name, year=homes.year), float("nan"), float(one["estimate"]), said))
    if homes.bottom is not None and not bool(homes.bottom.overall["small"].iloc[0]):
        one = homes.bottom.overall.iloc[0]
        name = Text("曾为贫困户者低于收入线，{year} 年（占比）", "Once registered as poor and below the line, {year} (share)")
        text = Text("单侧上限 {upper:.3f}；规模性返贫{verdict}", "upper bound {upper:.3f}; large-scale return {verdict}")
        said = _if_right(voice(text, upper=one["upper"], verdict=VERDICTS[str(one["verdict"])]), homes, voice)
        rows.append((voice(name, year=homes.year), float("nan"), float(one["estimate"]), said))
    return rows


def _if_right(said: str, homes: HouseholdFindings, voice: Voice) -> str:
    """What rests on the line, which may be wrong."""
    return voice(Text("{said}（以收入线无误为前提）", "{said} if the line is right"), said=said) if homes.odd_line else said


def _level(homes: HouseholdFindings) -> float:
    return float(getattr(homes.by_year.spec, "level", 0.95))


def _cautions(found: Assessment) -> list[Note]:
    """What is most in doubt first: a line that may be wrong, scores, the bond, the panel."""
    notes = [] if found.households is None else [*found.households.odd_line]
    notes += [note for score in found.scores.values() for note in score.notes] + [*found.bond.notes, *found.panel.notes]
    return [note for note in notes if note.kind == "caution"]
