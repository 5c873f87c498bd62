"""How firmness looks: rank intervals, probabilities of the top group, and what drives the ranking."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from evalkit.indicators.uncertainty.monte_carlo import Uncertainty
from evalkit.indicators.uncertainty.replay import STEPS
from evalkit.indicators.uncertainty.sensitivity import Drivers
from evalkit.indicators.uncertainty.variations import RankIntervals
from evalkit.report import theme
from evalkit.report.document import Figure, Table
from evalkit.report.verbs import figures, names, tables, words
from evalkit.report.words import Voice
from evalkit.stats.ranks import even
from evalkit.terms import Text

NAMED = 40  # how many places a chart names

BASE_RANK = Text("基准位次", "Base rank")
MEDIAN_RANK = Text("位次中位数", "Median rank")


@names.register(RankIntervals)
@names.register(Uncertainty)
@names.register(Drivers)
def _(answer: RankIntervals | Uncertainty | Drivers) -> Mapping[str, Text]:
    return {**answer.panel.names, **STEPS}


# rank intervals over settings


@tables.register
def _(answer: RankIntervals, voice: Voice) -> tuple[Table, ...]:
    heads = {
        "rank": BASE_RANK,
        "best": Text("最好位次", "Best rank"),
        "median": MEDIAN_RANK,
        "worst": Text("最差位次", "Worst rank"),
        "moved": Text("位次变动的设定数", "Settings that move it"),
        "score": Text("基准指数", "Base index"),
        "score_low": Text("最低指数", "Lowest index"),
        "score_high": Text("最高指数", "Highest index"),
    }
    caption = Text(f"{answer.period} 年位次区间", f"Rank intervals, {answer.period}")
    return (_by_place("rank_intervals", caption, answer.frame, heads, voice, {"median": 1}),)


@figures.register
def _(answer: RankIntervals, voice: Voice) -> tuple[Figure, ...]:
    frame = answer.frame.rename(columns={"best": "low", "worst": "high"})
    what = Text(f"{answer.period} 年位次区间", f"Rank intervals, {answer.period}")
    return _interval_figures("rank_intervals", what, frame, voice)


@words.register
def _(answer: RankIntervals, voice: Voice) -> str:
    width = answer.frame["worst"] - answer.frame["best"]
    text = Text(
        "{year} 年 {n} 个地区在 {k} 种设定下的位次区间宽度中位数为 {w:.0f}，{firm} 个地区位次不变。",
        "Over {k} settings the median width of the rank intervals of {n} places in {year} is {w:.0f}; {firm} places keep their rank.",
    )
    firm = int((answer.frame["moved"] == 0).sum())
    return voice(text, year=answer.period, n=len(width), k=len(answer.spec.members), w=width.median(), firm=firm)


# Monte Carlo


@tables.register
def _(answer: Uncertainty, voice: Voice) -> tuple[Table, ...]:
    low, high = (f"{(1 + sign * answer.spec.level) / 2:.1%}".replace(".0%", "%") for sign in (-1, 1))
    heads = {
        "rank": BASE_RANK,
        "rank_median": MEDIAN_RANK,
        "rank_low": Text("位次 {q} 分位", "Rank, {q} quantile").format(q=low),
        "rank_high": Text("位次 {q} 分位", "Rank, {q} quantile").format(q=high),
        "top": Text("进入前 {n} 名的概率（%）", "In the first {n} (%)").format(n=answer.size),
        "bottom": Text("落入后 {n} 名的概率（%）", "In the last {n} (%)").format(n=answer.size),
        "score": Text("基准指数", "Base index"),
        "score_low": Text("指数 {q} 分位", "Index, {q} quantile").format(q=low),
        "score_high": Text("指数 {q} 分位", "Index, {q} quantile").format(q=high),
    }
    caption = Text(f"{answer.period} 年位次与得分的不确定性", f"Uncertainty of ranks and scores, {answer.period}")
    frame = answer.frame.assign(top=answer.frame["top"] * 100, bottom=answer.frame["bottom"] * 100)
    return (_by_place("uncertainty", caption, frame, heads, voice, {"top": 1, "bottom": 1}),)


@figures.register
def _(answer: Uncertainty, voice: Voice) -> tuple[Figure, ...]:
    frame = answer.frame.rename(columns={"rank_low": "low", "rank_median": "median", "rank_high": "high"})
    level = f"{answer.spec.level:.0%}"
    what = Text(f"{answer.period} 年位次的 {level} 区间", f"{level} intervals of ranks, {answer.period}")
    return (*_interval_figures("uncertainty", what, frame, voice), top_group(answer, voice))


@words.register
def _(answer: Uncertainty, voice: Voice) -> str:
    frame, size = answer.frame, answer.size
    width, inside = frame["rank_high"] - frame["rank_low"], frame["rank"] <= size
    text = Text(
        "在 {draws} 次随机抽取下，{year} 年 {n} 个地区位次 {level:.0%} 区间的宽度中位数为 {w:.0f} 位。基准前 {size} 名中，{sure} 个"
        "在至少 95% 的抽取中仍居前 {size} 名；此外有 {near} 个地区的区间触及前 {size} 名。",
        "Over {draws:,} random draws the median width of the {level:.0%} rank intervals of {n} places in {year} is {w:.0f}. Of the "
        "first {size}, {sure} stay among them in at least 95% of the draws; the intervals of {near} other places reach into them.",
    )
    return voice(
        text,
        draws=answer.spec.draws,
        year=answer.period,
        n=len(frame),
        level=answer.spec.level,
        w=width.median(),
        size=size,
        sure=int((inside & (frame["top"] >= 0.95)).sum()),
        near=int((~inside & (frame["rank_low"] <= size)).sum()),
    )


def top_group(answer: Uncertainty, voice: Voice) -> Figure:
    """The probability of being in the top group, for the places that have one worth showing."""
    shown = answer.frame[answer.frame["top"] >= 0.01].sort_values(["top", "rank"], ascending=[False, True]).head(NAMED)

    def draw() -> Canvas:
        canvas, plots = theme.new_rows(len(shown))
        for axes, part in plots:
            _members(axes, shown.iloc[part], answer.size, voice)
        theme.legend_below(*(axes for axes, _ in plots))
        return canvas

    caption = Text("{year} 年进入前 {n} 名的概率", "Probability of being among the first {n}, {year}")
    alt = Text(
        "条形图：各地区进入前 {n} 名的概率，虚线为一半。",
        "Bar chart: how likely each place is to be among the first {n}; the dashed line is one half.",
    )
    return Figure(
        key="top_group",
        caption=caption.format(year=answer.period, n=answer.size),
        draw=draw,
        alt=voice(alt, n=answer.size),
    )


def _members(axes: Axes, shown: pd.DataFrame, size: int, voice: Voice) -> None:
    """One bar a place, in the color of those that are in the top group of the base, or not."""
    place, inside = np.arange(len(shown)), (shown["rank"] <= size).to_numpy()
    labels = (
        Text("基准在前 {n} 名", "Among the first {n} in the base"),
        Text("基准不在前 {n} 名", "Not among them in the base"),
    )
    for member, color, label in ((inside, theme.PALETTE[0], labels[0]), (~inside, theme.PALETTE[1], labels[1])):
        if member.any():
            axes.barh(place[member], shown["top"][member], color=color, label=voice(label, n=size), height=0.7)
    axes.axvline(0.5, color="0.25", lw=0.8, ls="--")
    axes.set_yticks(place, [voice.name(unit) for unit in shown.index], fontsize=7)
    axes.set_xlim(0, 1)
    axes.set_xlabel(voice(Text("进入前 {n} 名的概率", "Probability of being among the first {n}"), n=size))


# what drives the ranking


@tables.register
def _(answer: Drivers, voice: Voice) -> tuple[Table, ...]:
    heads = {
        "first": Text("一阶份额（%）", "First-order (%)"),
        "first_low": Text("一阶下限", "Lower"),
        "first_high": Text("一阶上限", "Upper"),
        "total": Text("总效应份额（%）", "Total (%)"),
        "total_low": Text("总效应下限", "Lower, total"),
        "total_high": Text("总效应上限", "Upper, total"),
    }
    named = {key: voice(head) for key, head in heads.items()}
    source = voice(Text("存疑项", "In doubt"))
    frame = (answer.frame[list(heads)] * 100).rename(columns=named)
    frame.insert(0, source, [voice.name(name) for name in frame.index])
    units = (answer.by_unit[list(heads)] * 100).rename(columns=named).reset_index()
    units["unit"], units["input"] = units["unit"].map(voice.name), units["input"].map(voice.name)
    units = units.rename(columns={"unit": voice.term("unit"), "input": source})
    caption = Text("{year} 年位次变动的来源（Sobol 份额）", "What drives the ranking, {year} (Sobol shares)")
    places = Text("{year} 年各地区的 Sobol 份额", "Sobol shares of each place, {year}")
    decimals = dict.fromkeys(named.values(), 1)
    return (
        Table(
            key="drivers",
            caption=caption.format(year=answer.period),
            frame=frame.reset_index(drop=True),
            decimals=decimals,
            note=voice(
                Text("界限为 {level:.0%} 自助区间。", "Bounds hold {level:.0%} of the bootstrap resamples."),
                level=answer.spec.level,
            ),
        ),
        Table(key="drivers_places", caption=places.format(year=answer.period), frame=units, decimals=decimals, show=0),
    )


@figures.register
def _(answer: Drivers, voice: Voice) -> tuple[Figure, ...]:
    def draw() -> Canvas:
        frame = answer.frame.sort_values("total", kind="stable", key=even)
        canvas, axes = theme.new_figure(7.2, 1.5 + 0.55 * len(frame))
        place = np.arange(len(frame))
        heads = {
            "total": Text("总效应（含交互）", "Total, interactions included"),
            "first": Text("一阶（单独作用）", "First-order, alone"),
        }
        for at, (key, head) in enumerate(heads.items()):
            value = frame[key].to_numpy()
            reach = np.abs(frame[[f"{key}_low", f"{key}_high"]].to_numpy().T - value)
            axes.barh(
                place + 0.19 * (1 - 2 * at),
                value,
                height=0.36,
                color=theme.PALETTE[at],
                label=voice(head),
                xerr=reach,
                error_kw={"ecolor": "0.15", "elinewidth": 1.0, "capsize": 2.5},
            )
        axes.axvline(0, color="0.25", lw=0.8)
        axes.set_yticks(place, [theme.wrapped(voice.name(name)) for name in frame.index])
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(voice(Text("在平均位次变动方差中的份额", "Share of the variance of the average rank shift")))
        theme.legend_below(axes)
        return canvas

    caption = Text("{year} 年位次变动的来源（Sobol 份额）", "What drives the ranking, {year} (Sobol shares)")
    return (Figure(key="drivers", caption=caption.format(year=answer.period), draw=draw, alt=words(answer, voice)),)


@words.register
def _(answer: Drivers, voice: Voice) -> str:
    order = answer.frame.sort_values("total", ascending=False, kind="stable", key=even)
    top, alone = order.iloc[0], float(order["first"].sum())
    level_with = order.index[1:][(order["total_high"].iloc[1:] >= top["total_low"]).to_numpy()]
    text = Text(
        "{year} 年，各次计算的位次相对基准平均变动 {shift:.1f} 位；变动大小的首要来源是“{top}”，总效应份额 {share:.0%}"
        "（{level:.0%} 界限 {low:.0%}–{high:.0%}），{clear}。{alone}{places}",
        "In {year} ranks shift by {shift:.1f} places from the base on average. How far they shift is driven most by “{top}”: its total "
        "share is {share:.0%} ({level:.0%} bounds {low:.0%}–{high:.0%}), {clear}. {alone}{places}",
    )
    if len(level_with):
        clear = Text(
            "但界限与“{others}”重叠，先后尚不能分清", "though its bounds overlap those of “{others}”, so the order is not settled"
        )
        said = voice(clear, others=voice(Text("”、“", "”, “")).join(voice.name(name) for name in level_with))
    else:
        clear = Text("明显大于次位的“{second}”（{share:.0%}）", "clearly ahead of “{second}” ({share:.0%})")
        said = voice(clear, second=voice.name(order.index[1]), share=order["total"].iloc[1])
    return voice(
        text,
        year=answer.period,
        shift=answer.shift,
        top=voice.name(order.index[0]),
        share=top["total"],
        level=answer.spec.level,
        low=top["total_low"],
        high=top["total_high"],
        clear=said,
        alone=_alone(alone, voice),
        places=_by_places(answer, voice),
    )


def _alone(share: float, voice: Voice) -> str:
    if share >= 0.995:
        return voice(Text("交互作用不明显。", "Interactions do not show."))
    text = Text(
        "各项单独作用合计解释 {share:.0%}，其余来自交互作用。",
        "Acting alone the inputs explain {share:.0%}; the rest is interaction.",
    )
    return voice(text, share=share)


def _by_places(answer: Drivers, voice: Voice) -> str:
    """For how many places each input is the greatest source."""
    greatest = answer.by_unit["total"].unstack("unit").idxmax().value_counts()
    text = Text(
        "就单个地区的{what}而言，“{top}”在 {n} 个有变动的地区中的 {k} 个是最大来源。",
        " For the {what} of single places, “{top}” is the greatest source in {k} of the {n} that move.",
    )
    what = Text("位次", "rank") if answer.spec.of == "rank" else Text("得分", "score")
    return voice(text, what=what, top=voice.name(greatest.index[0]), k=int(greatest.iloc[0]), n=int(greatest.sum()))


# what the tables and charts share


def _by_place(
    key: str, caption: Text, frame: pd.DataFrame, heads: Mapping[str, Text], voice: Voice, decimals: Mapping[str, int]
) -> Table:
    """A row a place, as many columns as the answer has."""
    said = {name: voice(head) for name, head in heads.items() if name in frame}
    printed = frame[list(said)].rename(columns=said)
    printed.insert(0, voice.term("unit"), [voice.name(unit) for unit in frame.index])
    digits = {said[name]: count for name, count in decimals.items()}
    return Table(key=key, caption=caption, frame=printed.reset_index(drop=True), decimals=digits, show=NAMED)


def _interval_figures(key: str, what: Text, frame: pd.DataFrame, voice: Voice) -> tuple[Figure, ...]:
    """The first places by name; of many places, the whole field first."""
    alt = voice(
        Text("区间图：点为基准位次，线为位次区间。", "Interval chart: dots are the base ranks, bars the intervals of ranks.")
    )
    if len(frame) <= NAMED:
        return (Figure(key=key, caption=what, draw=lambda: _named(frame, voice), alt=alt),)
    first = Text(f"{what.zh}（前 {NAMED} 名）", f"{what.en} (first {NAMED})")
    every = Text(f"{what.zh}（全部 {len(frame)} 个地区）", f"{what.en} (all {len(frame):,} places)")
    return (
        Figure(key=key, caption=first, draw=lambda: _named(frame.head(NAMED), voice), alt=alt),
        Figure(key=f"{key}_all", caption=every, draw=lambda: _whole_field(frame, voice), alt=alt),
    )


def _named(frame: pd.DataFrame, voice: Voice) -> Canvas:
    canvas, plots = theme.new_rows(len(frame))
    interval = voice(Text("区间", "Interval"))
    for axes, part in plots:
        rows = frame.iloc[part]
        place = np.arange(len(rows))
        axes.hlines(place, rows["low"], rows["high"], color=theme.PALETTE[0], lw=4, alpha=0.35, label=interval)
        axes.plot(rows["median"], place, "|", color=theme.PALETTE[2], ms=7, mew=1.6, label=voice(MEDIAN_RANK))
        axes.plot(rows["rank"], place, "o", color=theme.PALETTE[0], ms=3.6, label=voice(BASE_RANK))
        axes.set_yticks(place, [voice.name(unit) for unit in rows.index], fontsize=7)
        axes.set_xlabel(voice.term("rank"))
    plots[0][0].set_xlim(left=0)
    theme.legend_below(*(axes for axes, _ in plots))
    return canvas


def _whole_field(frame: pd.DataFrame, voice: Voice) -> Canvas:
    canvas, axes = theme.new_figure(7.2, 4.6)
    width = min(3.0, max(0.5, 360 / len(frame)))
    axes.vlines(
        frame["rank"], frame["low"], frame["high"], color=theme.PALETTE[8], lw=width, label=voice(Text("区间", "Interval"))
    )
    axes.plot(
        frame["rank"], frame["median"], ".", color=theme.PALETTE[2], ms=2.4 if len(frame) < 500 else 1.2, label=voice(MEDIAN_RANK)
    )
    ends = [1, len(frame)]
    axes.plot(ends, ends, color="0.15", lw=0.9, ls="--", label=voice(Text("与基准相同", "Same as the base")))
    axes.set_xlabel(voice(BASE_RANK))
    axes.set_ylabel(voice.term("rank"))
    axes.invert_yaxis()
    theme.legend_below(axes)
    return canvas
