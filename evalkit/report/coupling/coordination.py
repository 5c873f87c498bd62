"""How coupling coordination looks: trend, grade ladder, balance scatter, ranked bars, and tables by year and place."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from evalkit.answer import in_period
from evalkit.coupling.compare import FIRST, Comparison
from evalkit.coupling.static import Coordination
from evalkit.report import theme
from evalkit.report.document import Figure, Table
from evalkit.report.verbs import figures, names, tables, words
from evalkit.report.words import Voice
from evalkit.stats.ranks import even
from evalkit.terms import Text

YEARS_ACROSS = 14  # columns of years that fit beside the names of grades


@names.register
def _(answer: Coordination) -> Mapping[str, Text]:
    return answer.titles


@tables.register
def _(answer: Coordination, voice: Voice) -> tuple[Table, ...]:
    return by_year(answer, voice), grade_counts(answer, voice), by_place(answer, voice)


@figures.register
def _(answer: Coordination, voice: Voice) -> tuple[Figure, ...]:
    return trend(answer, voice), ladder(answer, voice), balance(answer, voice), ranking(answer, voice)


@words.register
def _(answer: Coordination, voice: Voice) -> str:
    mean = answer.frame.groupby("period")["D"].mean()
    first, last = mean.index[0], mean.index[-1]
    scheme, grade = answer.spec.grades, in_period(answer.frame, last)["grade"]
    text = Text(
        "{first}—{last} 年，平均耦合协调度由 {a:.3f} {verb} {b:.3f}（{change:+.3f}）；{last} 年最多见的等级为“{label}”（{n} 个地区中的 {k} 个）。",
        "From {first} to {last} the mean coordination degree {verb} {a:.3f} to {b:.3f} ({change:+.3f}); the most frequent grade "
        "in {last} is “{label}” ({k} of {n} places).",
    )
    if first == last:
        text = Text(
            "{first} 年平均耦合协调度为 {b:.3f}；最多见的等级为“{label}”（{n} 个地区中的 {k} 个）。",
            "In {first} the mean coordination degree is {b:.3f}; the most frequent grade is “{label}” ({k} of {n} places).",
        )
    a, b = float(mean.iloc[0]), float(mean.iloc[-1])
    verb = Text("升至", "rose from") if b >= a else Text("降至", "fell from")
    most = int(grade.mode().iloc[0])
    label = scheme.label(most, voice.lang)
    count = int((grade == most).sum())
    return voice(text, first=first, last=last, a=a, b=b, change=b - a, verb=verb, label=label, n=len(grade), k=count)


@tables.register
def _(answer: Comparison, voice: Voice) -> tuple[Table, ...]:
    return alternatives(answer, voice), survivors(answer, voice)


@words.register
def _(answer: Comparison, voice: Voice) -> str:
    frame, places = answer.frame, answer.places
    keep = int((places["lowest"] == places["highest"]).sum())
    near = max(1, round(0.05 * len(places)))
    moved = np.maximum(places["rank"] - places["best"], places["worst"] - places["rank"])
    text = Text(
        "在 {n} 种替代设定下，位次相关系数最低为 {rho:.3f}，等级改变的“地区—年份”最多占 {share:.1%}。{year} 年 {all} 个地区中，"
        "{keep} 个（{kept:.0%}）在全部设定下等级不变，{firm} 个（{firmly:.0%}）位次变动不超过 {near} 位；"
        "前 {first} 名中有 {always} 个在任何设定下都居前 {first} 名。",
        "Over {n} alternative settings the rank correlation is at least {rho:.3f}, and at most {share:.1%} of the unit-years change "
        "their grade. Of {all} places in {year}, {keep} ({kept:.0%}) keep their grade under every setting and {firm} ({firmly:.0%}) "
        "stay within {near} of their rank; {always} of the first {first} are among the first {first} under every setting.",
    )
    return voice(
        text,
        n=len(frame),
        rho=frame["rank_correlation"].min(),
        share=frame["grade_changed"].max(),
        year=answer.period,
        all=len(places),
        keep=keep,
        kept=keep / len(places),
        firm=int((moved <= near).sum()),
        firmly=float((moved <= near).mean()),
        near=near,
        first=min(FIRST, len(places)),
        always=int(places["always_first"].sum()),
    )


def by_year(answer: Coordination, voice: Voice) -> Table:
    """Means of the systems, C, T and D by year, and the share of places in the upper half of the grades."""
    by = answer.frame.groupby("period")
    frame = by[[*answer.systems, "C", "T", "D"]].mean()
    frame["spread"] = by["D"].std(ddof=0)
    for name in answer.systems:
        frame[f"lag {name}"] = (answer.frame["lagging"] == name).groupby(level="period").mean() * 100
    heads = {name: voice.name(name) for name in answer.systems}
    heads |= {key: voice.term(key) for key in ("C", "T", "D")}
    heads |= {"spread": voice(Text("D 的标准差", "Std. of D"))}
    heads |= {f"lag {n}": voice(Text("{name}滞后占比（%）", "{name} lags (%)"), name=voice.name(n)) for n in answer.systems}
    printed = frame.rename(columns=heads).rename_axis(voice.term("period")).reset_index()
    return Table(
        key="coordination_by_year",
        caption=Text("各年系统指数与耦合协调度均值", "System indices and coordination by year (means)"),
        frame=printed,
        decimals={heads[f"lag {n}"]: 1 for n in answer.systems},
    )


def grade_counts(answer: Coordination, voice: Voice) -> Table:
    """How many places hold each grade, by year; where the years are too many for a page, they go down, beside the grades held."""
    scheme = answer.spec.grades
    counts = answer.frame.groupby("period")["grade"].value_counts().unstack(fill_value=0)
    counts = counts.reindex(columns=range(1, len(scheme.grades) + 1), fill_value=0).T
    caption = Text("各年协调等级的地区数", "Places in each grade by year")
    if counts.shape[1] > YEARS_ACROSS:
        held = counts[counts.any(axis=1)].T.rename_axis(voice.term("period"))
        held.columns = pd.Index([f"{scheme.label(int(g), voice.lang)} {scheme.interval(int(g))}" for g in held.columns])
        return Table(key="grades_by_year", caption=caption, frame=held.reset_index())
    counts.index = pd.Index([scheme.label(g, voice.lang) for g in counts.index], name=voice.term("grade"))
    counts.insert(0, voice(Text("区间", "Interval")), [scheme.interval(g + 1) for g in range(len(scheme.grades))])
    return Table(
        key="grades_by_year",
        caption=caption,
        frame=counts.reset_index().rename(columns=str),
    )


def by_place(answer: Coordination, voice: Voice, period: int | None = None, show: int | None = 40) -> Table:
    """Every place in one year (by default the last), best D first."""
    at = int(answer.frame.index.get_level_values("period").max()) if period is None else period
    now = in_period(answer.frame, at).sort_values("D", ascending=False, kind="stable", key=even)
    return Table(
        key=f"places_{at}",
        caption=Text(f"{at} 年各地区耦合协调结果", f"Coordination of all places, {at}"),
        frame=printed_rows(answer, now.reset_index(), voice, ranked=True),
        show=show,
    )


def all_rows(answer: Coordination, voice: Voice) -> Table:
    """Every place and year."""
    return Table(
        key="coordination_all",
        caption=Text("全部地区各年耦合协调结果", "Coordination of all places and years"),
        frame=printed_rows(answer, answer.frame.reset_index(), voice),
        show=0,
    )


def printed_rows(answer: Coordination, rows: pd.DataFrame, voice: Voice, *, ranked: bool = False) -> pd.DataFrame:
    """Rows of the answer with names, grade labels and headers in the language."""
    scheme = answer.spec.grades
    labels = {g: scheme.label(g, voice.lang) for g in range(1, len(scheme.grades) + 1)}
    out = voice.places(rows["unit"])
    if ranked:  # a table to be read: the codes stand in the full one
        out = out[[voice.term("unit")]]
        out.insert(0, voice.term("rank"), range(1, len(rows) + 1))
    if "period" in rows:
        out[voice.term("period")] = rows["period"].to_numpy()
    for name in answer.systems:
        out[voice.name(name)] = rows[name].to_numpy()
    for key in ("C", "T", "D"):
        out[voice.term(key)] = rows[key].to_numpy()
    out[voice.term("grade")] = rows["grade"].map(labels).to_numpy()
    lagging = rows["lagging"].astype(object)
    out[voice.term("lagging")] = lagging.map(voice.name).where(lagging.notna(), voice.term("synchronous")).to_numpy()
    return out


def survivors(answer: Comparison, voice: Voice) -> Table:
    """The rank and the grade of each place, and how far the alternatives move them."""
    scheme, places = answer.spec.grades, answer.places
    label = {grade: scheme.label(grade, voice.lang) for grade in range(1, len(scheme.grades) + 1)}
    printed = pd.DataFrame(
        {
            voice.term("unit"): [voice.name(unit) for unit in places.index],
            voice.term("D"): places["D"].to_numpy(),
            voice.term("rank"): places["rank"].to_numpy(),
            voice(Text("最好位次", "Best rank")): places["best"].to_numpy(),
            voice(Text("最差位次", "Worst rank")): places["worst"].to_numpy(),
            voice.term("grade"): places["grade"].map(label).to_numpy(),
            voice(Text("最低等级", "Lowest grade")): places["lowest"].map(label).to_numpy(),
            voice(Text("最高等级", "Highest grade")): places["highest"].map(label).to_numpy(),
        }
    )
    caption = Text(f"{answer.period} 年位次与等级在各设定下的范围", f"Ranks and grades over all settings, {answer.period}")
    return Table(key="survivors", caption=caption, frame=printed, show=20)


def alternatives(answer: Comparison, voice: Voice) -> Table:
    """What changes under each other setting."""
    frame = answer.frame
    heads = {
        "mean_D": Text("D 均值", "Mean D"),
        "mean_change": Text("均值变化", "Mean change"),
        "largest_change": Text("最大变化", "Largest change"),
        "rank_correlation": Text("位次相关", "Rank correlation"),
        "grade_changed": Text("等级改变（%）", "Grade changed (%)"),
        "lag_changed": Text("滞后类型改变（%）", "Lagging system changed (%)"),
    }
    printed = frame[list(heads)].assign(grade_changed=frame["grade_changed"] * 100, lag_changed=frame["lag_changed"] * 100)
    printed = printed.rename(columns={key: voice(head) for key, head in heads.items()})
    printed.insert(0, voice(Text("替代设定", "Alternative")), [voice(answer.labels[str(label)]) for label in frame.index])
    return Table(
        key="robustness",
        caption=Text("替代设定下的耦合协调结果", "Coordination under other settings"),
        frame=printed.reset_index(drop=True),
        decimals={voice(heads["grade_changed"]): 1, voice(heads["lag_changed"]): 1},
    )


def trend(answer: Coordination, voice: Voice) -> Figure:
    """Means of the systems, C and D over the years."""

    def draw() -> Canvas:
        mean = answer.frame.groupby("period")[[*answer.systems, "C", "D"]].mean()
        canvas, axes = theme.new_figure(7.2, 3.8)
        for at, key in enumerate(mean):
            label = voice.name(key) if key in answer.systems else voice.term(str(key))
            axes.plot(mean.index, mean[key], label=label, **theme.line(at))
        axes.set_ylim(0, 1)
        axes.set_ylabel(voice(Text("均值", "Mean")))
        theme.years(axes, mean.index)
        theme.legend_below(axes)
        return canvas

    return Figure(
        key="trend",
        caption=Text("系统指数、耦合度与耦合协调度的变化", "System indices, coupling and coordination over the years"),
        draw=draw,
        alt=voice(Text("折线图：{words}", "Line chart. {words}"), words=words(answer, voice)),
    )


def ladder(answer: Coordination, voice: Voice, most: int = 40) -> Figure:
    """The grade of each place in each year; of many places an even sample of the ranking."""

    def draw() -> Canvas:
        scheme = answer.spec.grades
        wide = answer.frame["grade"].unstack("period")
        order = answer.frame["D"].unstack("period").iloc[:, -1].sort_values(ascending=False, kind="stable", key=even).index
        shown = order[np.unique(np.linspace(0, len(order) - 1, min(most, len(order))).round().astype(int))]
        wide = wide.loc[shown]
        canvas, plots = theme.new_rows(len(wide))
        colors = theme.grades(len(scheme.grades))
        for axes, part in plots:
            rows, limits = wide.iloc[part], axes.get_ylim()
            axes.imshow(rows.to_numpy(dtype=float), cmap=colors, vmin=0.5, vmax=len(scheme.grades) + 0.5, aspect="auto")
            axes.set_ylim(limits)
            theme.years(axes, answer.frame.index.unique("period").sort_values(), tiles=True, share=1 / len(plots))
            axes.set_yticks(range(len(rows)), [voice.name(u) for u in rows.index], fontsize=7)
            axes.grid(visible=False)
        present = sorted({int(g) for g in np.unique(wide.to_numpy()[~wide.isna().to_numpy()])})
        theme.keys_below(axes, [(colors(g - 1), f"{scheme.label(g, voice.lang)} {scheme.interval(g)}") for g in present])
        return canvas

    sample = len(answer.frame.index.unique("unit")) > most
    return Figure(
        key="ladder",
        caption=Text(
            "各地区各年协调等级" + (f"（按末年位次等距抽取 {most} 个）" if sample else ""),
            "Grade of each place by year" + (f" ({most} places, evenly spaced by rank)" if sample else ""),
        ),
        draw=draw,
        alt=voice(
            Text("色块图：行为地区，列为年份，颜色为协调等级。", "Tile chart: rows are places, columns years, colors grades.")
        ),
    )


def balance(answer: Coordination, voice: Voice) -> Figure:
    """The first two systems against each other in the first and the last year, with the line of balance."""

    def draw() -> Canvas:
        x, y = answer.systems[:2]
        years = answer.frame.index.unique("period").sort_values()
        canvas, axes = theme.new_figure(4.9, 4.5)
        for at, year in enumerate(dict.fromkeys((years[0], years[-1]))):
            now = in_period(answer.frame, year)
            axes.scatter(now[x], now[y], label=str(year), **theme.dots(at))
        axes.plot([0, 1], [0, 1], color="0.35", lw=1, ls="--", label=voice(Text("均衡线", "line of balance")))
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel=voice.name(x), ylabel=voice.name(y), aspect="equal")
        theme.legend_below(axes)
        return canvas

    alt = Text(
        "散点图：横轴为{x}，纵轴为{y}，虚线为均衡线。", "Scatter of {x} (across) against {y} (up), with the line of balance."
    )
    return Figure(
        key="balance",
        caption=Text("两系统的均衡：首末年对照", "Balance of the systems, first and last year"),
        draw=draw,
        alt=voice(alt, x=voice.name(answer.systems[0]), y=voice.name(answer.systems[1])),
    )


def ranking(answer: Coordination, voice: Voice) -> Figure:
    """The highest and the lowest places by D in the last year."""
    at, ends = int(answer.frame.index.get_level_values("period").max()), 15  # more rows than one plot holds: each end has its own

    def draw() -> Canvas:
        now = in_period(answer.frame, at).sort_values("D", ascending=False, kind="stable", key=even)
        shown = now if len(now) <= 2 * ends else pd.concat([now.head(ends), now.tail(ends)])
        colors = theme.grades(len(answer.spec.grades.grades))
        canvas, plots = theme.new_rows(len(shown), base=1.3, row=0.19)
        for axes, part in plots:
            rows = shown.iloc[part]
            place = np.arange(len(rows))
            axes.barh(place, rows["D"], color=[colors(g - 1) for g in rows["grade"]], edgecolor="0.4", linewidth=0.4)
            for height, value in zip(place, rows["D"], strict=True):
                axes.text(value + 0.008, float(height), f"{value:.3f}", va="center", fontsize=7)
            axes.set_yticks(place, [voice.name(u) for u in rows.index], fontsize=7)
            axes.set(xlim=(0, shown["D"].max() * 1.18), xlabel=voice.term("D"))
        return canvas

    many = len(answer.frame.index.unique("unit")) > 2 * ends
    return Figure(
        key="ranking",
        caption=Text(
            f"{at} 年耦合协调度排序" + (f"（最高与最低各 {ends} 个）" if many else ""),
            f"Coordination ranked, {at}" + (f" (highest and lowest {ends})" if many else ""),
        ),
        draw=draw,
        alt=voice(Text("条形图：{at} 年各地区耦合协调度。", "Bar chart of coordination by place, {at}."), at=at),
    )
