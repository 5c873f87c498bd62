"""How differences between groups look: a table by group and a chart of group means."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure as Canvas

from evalkit.answer import in_period
from evalkit.distribution.groups import Groups
from evalkit.report import theme
from evalkit.report.document import Figure, Table
from evalkit.report.verbs import figures, tables, words
from evalkit.report.words import Voice
from evalkit.stats.ranks import even
from evalkit.terms import Text

MOST_ACROSS = 10  # groups whose means by year fit beside one another on a page


@tables.register
def _(answer: Groups, voice: Voice) -> tuple[Table, ...]:
    return by_group(answer, voice), by_year(answer, voice), spread(answer, voice)


@figures.register
def _(answer: Groups, voice: Voice) -> tuple[Figure, ...]:
    return (group_trend(answer, voice),)


@words.register
def _(answer: Groups, voice: Voice) -> str:
    last = answer.overall.index[-1]
    now = in_period(answer.frame, last)["mean"].sort_values(kind="stable", key=even)
    first = answer.overall["between_share"].iloc[0]
    text = Text(
        "{year} 年，耦合协调度均值最高的组为{high}（{a:.3f}），最低的为{low}（{b:.3f}）；组间差异占总方差的 {share:.1%}（{start} 年为 {before:.1%}）。",
        "In {year} the mean coordination is highest in {high} ({a:.3f}) and lowest in {low} ({b:.3f}); {share:.1%} of the variance lies "
        "between the groups ({before:.1%} in {start}).",
    )
    return voice(
        text,
        year=last,
        high=voice.name(now.index[-1]),
        low=voice.name(now.index[0]),
        a=now.iloc[-1],
        b=now.iloc[0],
        share=answer.overall["between_share"].iloc[-1],
        start=answer.overall.index[0],
        before=first,
    )


def by_group(answer: Groups, voice: Voice) -> Table:
    """Each group in the last year, beside its mean in the first."""
    first, last = answer.overall.index[0], answer.overall.index[-1]
    now, then = in_period(answer.frame, last), in_period(answer.frame, first)["mean"]
    heads = {
        "n": Text("地区数", "Places"),
        "then": Text("{first} 年均值", "Mean {first}").format(first=first),
        "mean": Text("{last} 年均值", "Mean {last}").format(last=last),
        "std": Text("标准差", "Std."),
        "min": Text("最小", "Min."),
        "max": Text("最大", "Max."),
    }
    frame = now.assign(then=then)[list(heads)].sort_values("mean", ascending=False, kind="stable", key=even)
    frame.index = pd.Index([voice.name(group) for group in frame.index], name=voice.term("group"))
    return Table(
        key=f"groups_{answer.spec.over}",
        caption=Text("各组耦合协调度", "Coordination by group"),
        frame=frame.rename(columns={key: voice(head) for key, head in heads.items()}).reset_index(),
    )


def by_year(answer: Groups, voice: Voice) -> Table:
    """The mean of each group by year."""
    wide = answer.frame["mean"].unstack("group")
    wide.columns = pd.Index([voice.name(group) for group in wide.columns])
    return Table(
        key=f"group_years_{answer.spec.over}",
        caption=Text("各组各年耦合协调度均值", "Mean coordination by group and year"),
        frame=wide.rename_axis(voice.term("period")).reset_index(),
        show=None if wide.shape[1] <= MOST_ACROSS else 0,
    )


def spread(answer: Groups, voice: Voice) -> Table:
    """Spread over all places by year, and the share of it between the groups."""
    heads = {
        "mean": Text("均值", "Mean"),
        "std": Text("标准差", "Std."),
        "cv": Text("变异系数", "Coefficient of variation"),
        "between_share": Text("组间方差占比（%）", "Between groups (% of variance)"),
    }
    frame = answer.overall.assign(between_share=answer.overall["between_share"] * 100)[list(heads)]
    return Table(
        key=f"spread_{answer.spec.over}",
        caption=Text("耦合协调度的离散程度与组间占比", "Spread of coordination and the share between groups"),
        frame=frame.rename(columns={key: voice(head) for key, head in heads.items()})
        .rename_axis(voice.term("period"))
        .reset_index(),
        decimals={voice(heads["between_share"]): 1},
    )


def group_trend(answer: Groups, voice: Voice) -> Figure:
    """Mean of each group over the years."""

    def draw() -> Canvas:
        table = by_year(answer, voice).frame
        canvas, axes = theme.new_figure(7.2, 3.8)
        for at in range(1, table.shape[1]):
            axes.plot(table.iloc[:, 0], table.iloc[:, at], label=str(table.columns[at]), **theme.line(at - 1))
        theme.years(axes, table.iloc[:, 0])
        axes.set_ylabel(voice(Text("耦合协调度均值", "Mean coordination degree")))
        theme.legend_below(axes)
        return canvas

    return Figure(
        key=f"groups_{answer.spec.over}",
        caption=Text("各组耦合协调度均值的变化", "Mean coordination by group over the years"),
        draw=draw,
        alt=words(answer, voice),
    )
