"""How firm coordination looks: intervals of D, stacked probabilities of grades, labels withheld, change and ranks."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from evalkit.answer import in_period
from evalkit.coupling.uncertainty.firmness import UncertainCoordination
from evalkit.report import theme
from evalkit.report.document import Figure, Table
from evalkit.report.verbs import figures, names, tables, words
from evalkit.report.words import Voice
from evalkit.stats.ranks import even
from evalkit.terms import Text

NAMED = 40  # how many places a chart names
PRINTED = 20  # how many places a table prints in documents; the workbook holds all

WITHHELD = Text("不予标注", "withheld")


@names.register
def _(answer: UncertainCoordination) -> Mapping[str, Text]:
    return answer.base.titles


@tables.register
def _(answer: UncertainCoordination, voice: Voice) -> tuple[Table, ...]:
    return by_year(answer, voice), by_place(answer, voice), changes(answer, voice), probabilities(answer, voice)


@figures.register
def _(answer: UncertainCoordination, voice: Voice) -> tuple[Figure, ...]:
    return stacked(answer, voice), moved(answer, voice)


@words.register
def _(answer: UncertainCoordination, voice: Voice) -> str:
    year, now = _last(answer)
    text = Text(
        "{year} 年 {n} 个地区的 D 的 {level:.0%} 区间宽度中位数为 {width:.3f}；{named} 个地区的等级概率达到 {p:.0%}，予以标注，其余"
        " {held} 个不予标注。{change}{rank}",
        "In {year} the median width of the {level:.0%} intervals of D of {n} places is {width:.3f}. The grade of {named} places "
        "reaches a probability of {p:.0%} and is named; that of the other {held} is withheld. {change}{rank}",
    )
    named = int(now["label"].notna().sum())
    return voice(
        text,
        year=year,
        n=len(now),
        level=answer.spec.level,
        width=(now["D_high"] - now["D_low"]).median(),
        named=named,
        p=answer.spec.certainty,
        held=len(now) - named,
        change=_change(answer, voice),
        rank=_rank(answer, voice),
    )


def _change(answer: UncertainCoordination, voice: Voice) -> str:
    change, (first, last) = answer.change, answer.years
    if first == last or change.empty:
        return ""
    text = Text(
        "{first}—{last} 年，{n} 个地区 D 变化的区间：高于 0 的 {up} 个，低于 0 的 {down} 个，含 0 的 {open} 个。",
        "From {first} to {last} the interval of the change of D lies above 0 in {up} of {n} places, below 0 in {down}, and holds "
        "0 in {open}. ",
    )
    up, down = (change["change_low"] > 0).sum(), (change["change_high"] < 0).sum()
    return voice(text, first=first, last=last, n=len(change), up=up, down=down, open=len(change) - up - down)


def _rank(answer: UncertainCoordination, voice: Voice) -> str:
    if answer.ranks.empty:
        return ""
    text = Text(
        "位次稳固的地区有 {k} 个，其余只可看作位次区间。",
        "The rank of {k} places is firm; of the others only its interval says where they stand.",
    )
    every = Text("全部 {k} 个地区的位次均稳固。", "The ranks of all {k} places are firm.")
    k = int(answer.ranks["firm"].sum())
    return voice(every if k == len(answer.ranks) else text, k=k) if len(answer.ranks) > 1 else ""


def by_year(answer: UncertainCoordination, voice: Voice) -> Table:
    """How wide the intervals are, and for how many places a grade is named, by year."""
    frame = answer.frame
    by = frame.assign(width=frame["D_high"] - frame["D_low"], named=frame["label"].notna()).groupby("period")
    share = voice(Text("等级予以标注的地区（%）", "Places whose grade is named (%)"))
    printed = pd.DataFrame(
        {
            voice(Text("D 均值", "Mean D")): by["D"].mean(),
            voice(Text("中位数的均值", "Mean of medians")): by["D_median"].mean(),
            voice(Text("区间平均宽度", "Mean width of intervals")): by["width"].mean(),
            voice(Text("最可能等级的平均概率（%）", "Mean probability of the likeliest grade (%)")): by["probability"].mean()
            * 100,
            share: by["named"].mean() * 100,
        }
    )
    caption = Text("各年 D 的区间宽度与等级的确定程度", "Width of the intervals of D, and how sure the grades are, by year")
    decimals = dict.fromkeys(printed.columns[-2:], 1)
    return Table(
        key="firmness_by_year", caption=caption, frame=printed.rename_axis(voice.term("period")).reset_index(), decimals=decimals
    )


def by_place(answer: UncertainCoordination, voice: Voice) -> Table:
    """Every place in the last year: D, its interval, its grade where that is sure, its rank where that is firm."""
    year, now = _last(answer)
    scheme = answer.spec.coupling.grades
    likeliest: list[int] = now["likely"].tolist()
    sure_of = now["probability"] >= answer.spec.certainty
    label = [scheme.label(g, voice.lang) if named else voice(WITHHELD) for g, named in zip(likeliest, sure_of, strict=True)]
    likely = voice(Text("最可能等级", "Likeliest grade"))
    sure = voice(Text("其概率（%）", "Its probability (%)"))
    printed = pd.DataFrame(
        {
            voice.term("unit"): [voice.name(unit) for unit in now.index],
            voice.term("D"): now["D"].to_numpy(),
            voice(Text("下限", "Lower")): now["D_low"].to_numpy(),
            voice(Text("上限", "Upper")): now["D_high"].to_numpy(),
            voice.term("grade"): label,
            likely: [scheme.label(g, voice.lang) for g in likeliest],
            sure: now["probability"].to_numpy() * 100,
        }
    )
    if not answer.ranks.empty:
        ranks = answer.ranks.reindex(now.index)
        interval = ranks["rank_low"].astype(str) + "–" + ranks["rank_high"].astype(str)
        firm = voice(Text("稳固", "firm"))
        printed.insert(0, voice(Text("位次的区间", "Interval of the rank")), interval.to_numpy())
        printed.insert(1, voice(Text("位次", "Rank")), [firm if held else "" for held in ranks["firm"]])
    caption = Text("{year} 年各地区 D 的 {level:.0%} 区间与等级", "{level:.0%} intervals of D and grades, {year}")
    return Table(
        key="firm_places",
        caption=caption.format(year=year, level=answer.spec.level),
        frame=printed,
        decimals={sure: 1},
        show=PRINTED,
    )


def cumulative(answers: Mapping[Text, UncertainCoordination], voice: Voice) -> Table:
    """What is left of the result as more and more is put in doubt, one row a step."""
    rows = []
    for label, answer in answers.items():
        _, now = _last(answer)
        change = answer.change
        rows.append(
            {
                voice(Text("存疑项", "In doubt")): voice(label),
                voice(Text("区间宽度中位数", "Median width")): (now["D_high"] - now["D_low"]).median(),
                voice(Text("等级予以标注", "Grade named")): int(now["label"].notna().sum()),
                voice(Text("位次稳固", "Rank firm")): int(answer.ranks["firm"].sum()),
                voice(Text("变化的区间高于 0", "Interval of the change above 0")): int((change["change_low"] > 0).sum()),
                voice(Text("低于 0", "Below 0")): int((change["change_high"] < 0).sum()),
            }
        )
    year, now = _last(next(iter(answers.values())))
    caption = Text(
        "逐步增加存疑项后仍然成立的结果（{year} 年，{n} 个地区）", "What holds as more is put in doubt ({year}, {n} places)"
    )
    return Table(key="firm_steps", caption=caption.format(year=year, n=len(now)), frame=pd.DataFrame(rows))


def with_the_method(answers: Mapping[Text, UncertainCoordination], voice: Voice) -> str:
    """What is left once the method is in doubt as far as the study puts it, in words; nothing where it does not."""
    if len(answers) < 2:
        return ""
    chosen, *_, last = answers.values()
    (year, before), (_, now) = _last(chosen), _last(last)
    text = Text(
        "方法也存疑时（{what}），{year} 年 {n} 个地区中等级可予标注的由 {a} 个变为 {b} 个，位次稳固的由 {c} 个变为 {d} 个，D 的变化区间高于 0 的由"
        " {e} 个变为 {f} 个。",
        "With the method in doubt too ({what}), of {n} places in {year} the grade of {b} can be named instead of {a}, the rank of {d} "
        "is firm instead of {c}, and the interval of the change of D lies above 0 in {f} instead of {e}.",
    )
    named = [int(one["label"].notna().sum()) for one in (before, now)]
    firm = [int(one.ranks["firm"].sum()) for one in (chosen, last)]
    up = [int((one.change["change_low"] > 0).sum()) for one in (chosen, last)]
    what = voice.listing([voice(label).removeprefix("再加：").removeprefix("and ") for label in list(answers)[1:]])
    counts = dict(zip("abcdef", (*named, *firm, *up), strict=True))
    return voice(text, what=what, year=year, n=len(now), **counts)


def changes(answer: UncertainCoordination, voice: Voice) -> Table:
    """The change of D of every place, with its interval."""
    first, last = answer.years
    frame = answer.change.sort_values("change", ascending=False, kind="stable", key=even)
    rises = voice(Text("上升的概率（%）", "Probability of a rise (%)"))
    verdict = np.select(
        [frame["change_low"] > 0, frame["change_high"] < 0],
        [voice(Text("上升", "rises")), voice(Text("下降", "falls"))],
        voice(Text("不能断定", "not settled")),
    )
    printed = pd.DataFrame(
        {
            voice.term("unit"): [voice.name(unit) for unit in frame.index],
            voice(Text("D 的变化", "Change of D")): frame["change"].to_numpy(),
            voice(Text("下限", "Lower")): frame["change_low"].to_numpy(),
            voice(Text("上限", "Upper")): frame["change_high"].to_numpy(),
            rises: frame["rises"].to_numpy() * 100,
            voice(Text("判断", "Verdict")): verdict,
        }
    )
    caption = Text("{a}—{b} 年 D 的变化及其区间", "Change of D from {a} to {b}, with its interval").format(a=first, b=last)
    return Table(key="firm_change", caption=caption, frame=printed, decimals={rises: 1}, show=PRINTED)


def probabilities(answer: UncertainCoordination, voice: Voice) -> Table:
    """The probability of each grade, of every place and year; the workbook holds them."""
    scheme = answer.spec.coupling.grades
    heads = {g: f"{scheme.label(g, voice.lang)} {scheme.interval(g)}" for g in range(1, len(scheme.grades) + 1)}
    printed = (answer.grades * 100).rename(columns=heads).reset_index()
    printed["unit"] = printed["unit"].map(voice.name)
    printed = printed.rename(columns={"unit": voice.term("unit"), "period": voice.term("period")})
    caption = Text("各地区各年各等级的概率（%）", "Probability of each grade, by place and year (%)")
    return Table(key="grade_probability", caption=caption, frame=printed, decimals=dict.fromkeys(heads.values(), 1), show=0)


def stacked(answer: UncertainCoordination, voice: Voice) -> Figure:
    """The probability of each grade in the last year, places in the order of D."""
    year, now = _last(answer)
    shown = now.index[_evenly(len(now))]

    def draw() -> Canvas:
        scheme = answer.spec.coupling.grades
        share = in_period(answer.grades, year).loc[shown]
        canvas, plots = theme.new_rows(len(share))
        colors = theme.grades(share.shape[1])
        present = [g for g in share.columns if (share[g] > 0.0005).any()]
        held = now.loc[shown, "label"].isna().to_numpy()
        marked = [f"{voice.name(unit)} ○" if open_ else voice.name(unit) for unit, open_ in zip(shown, held, strict=True)]
        for axes, part in plots:
            rows = np.arange(len(share.iloc[part]))
            left = np.zeros(len(rows))
            for grade in present:
                value = share[grade].to_numpy()[part]
                axes.barh(rows, value, left=left, color=colors(int(grade) - 1), height=0.82, edgecolor="0.4", lw=0.3)
                left += value
            axes.set_yticks(rows, marked[part], fontsize=7)
            axes.set(xlim=(0, 1), xlabel=voice(Text("概率", "Probability")))
        keys = [(colors(int(g) - 1), f"{scheme.label(int(g), voice.lang)} {scheme.interval(int(g))}") for g in present]
        theme.keys_below(axes, keys)
        if held.any():
            mark = Text("○：任一等级的概率均不足 {p:.0%}", "○: no grade reaches {p:.0%}")
            axes.set_title(voice(mark, p=answer.spec.certainty), loc="right", fontsize=7)
        return canvas

    sampled = len(shown) < len(now)
    caption = Text(
        f"{year} 年各地区各协调等级的概率" + (f"（按 D 等距抽取 {NAMED} 个）" if sampled else ""),
        f"Probability of each grade, {year}" + (f" ({NAMED} places, evenly spaced by D)" if sampled else ""),
    )
    alt = Text(
        "堆叠条形图：各地区各等级的概率；名后带 ○ 的，任一等级的概率均不足 {p:.0%}，不予标注。",
        "Stacked bars: the probability of each grade; ○ after a name: no grade reaches {p:.0%}, so none is named.",
    )
    said = voice(alt, p=answer.spec.certainty)
    return Figure(key="grade_probability", caption=caption, draw=draw, alt=said)


def moved(answer: UncertainCoordination, voice: Voice) -> Figure:
    """The change of D with its interval, places in the order of the change."""
    first, last = answer.years
    frame = answer.change.sort_values("change", ascending=False, kind="stable", key=even)
    shown = frame.iloc[_evenly(len(frame))]

    def draw() -> Canvas:
        canvas, plots = theme.new_rows(len(shown))
        for axes, part in plots:
            _changed(axes, shown.iloc[part], voice)
        theme.legend_below(*(axes for axes, _ in plots))
        return canvas

    sampled = len(shown) < len(frame)
    what = Text("{a}—{b} 年 D 的变化及其 {level:.0%} 区间", "Change of D from {a} to {b} with {level:.0%} intervals")
    what = what.format(a=first, b=last, level=answer.spec.level)
    caption = Text(
        what.zh + (f"（等距抽取 {NAMED} 个）" if sampled else ""),
        what.en + (f" ({NAMED} places, evenly spaced)" if sampled else ""),
    )
    alt = Text(
        "区间图：点为 D 的变化，线为其区间，竖线为 0。",
        "Interval chart: dots are changes of D, bars their intervals; the line is 0.",
    )
    return Figure(key="firm_change", caption=caption, draw=draw, alt=voice(alt))


def _changed(axes: Axes, shown: pd.DataFrame, voice: Voice) -> None:
    """One row a place: a dot for the change, a bar for its interval, in the color of what can be said of it."""
    place = np.arange(len(shown))
    kinds = (
        (shown["change_low"] > 0, theme.PALETTE[0], Text("上升", "rises")),
        (shown["change_high"] < 0, theme.PALETTE[1], Text("下降", "falls")),
        (~shown["firm"], theme.PALETTE[7], Text("不能断定", "not settled")),
    )
    for which, color, label in kinds:
        rows = which.to_numpy()
        if rows.any():
            ends = shown[rows]
            axes.hlines(place[rows], ends["change_low"], ends["change_high"], color=color, lw=4, alpha=0.4)
            axes.plot(ends["change"], place[rows], "o", color=color, ms=3.8, label=voice(label))
    axes.axvline(0, color="0.25", lw=0.9)
    axes.set_yticks(place, [voice.name(unit) for unit in shown.index], fontsize=7)
    axes.set_xlabel(voice(Text("D 的变化", "Change of D")))


def _last(answer: UncertainCoordination) -> tuple[int, pd.DataFrame]:
    """The last year, and its rows by D, best first."""
    year = int(answer.frame.index.get_level_values("period").max())
    return year, in_period(answer.frame, year).sort_values("D", ascending=False, kind="stable", key=even)


def _evenly(count: int) -> np.ndarray:
    """Positions of at most `NAMED` of so many, evenly spaced."""
    return np.unique(np.linspace(0, count - 1, min(NAMED, count)).round().astype(int))
