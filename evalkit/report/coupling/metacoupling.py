"""How metacoupling looks: coordination within places, with neighbors and with distant partners, over the years and by place."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure as Canvas

from evalkit.answer import in_period
from evalkit.coupling.metacoupling import KINDS, Metacoupled
from evalkit.report import theme
from evalkit.report.document import Figure, Table
from evalkit.report.verbs import figures, names, tables, words
from evalkit.report.words import Voice
from evalkit.stats.ranks import even
from evalkit.terms import Text, same


@names.register
def _(answer: Metacoupled) -> Mapping[str, Text]:
    return answer.titles


@tables.register
def _(answer: Metacoupled, voice: Voice) -> tuple[Table, ...]:
    return by_year(answer, voice), by_place(answer, voice)


@figures.register
def _(answer: Metacoupled, voice: Voice) -> tuple[Figure, ...]:
    return trend(answer, voice), against_within(answer, voice)


@words.register
def _(answer: Metacoupled, voice: Voice) -> str:
    at = int(answer.frame.index.get_level_values("period").max())
    now = in_period(answer.frame, at)
    said = [
        voice(
            Text("{kind}为 {mean:.3f}（{n} 个地区）", "{mean:.3f} {kind} ({n} places)"),
            kind=KINDS[kind],
            mean=now[f"D_{kind}"].mean(),
            n=int(now[f"D_{kind}"].notna().sum()),
        )
        for kind in answer.kinds
        if now[f"D_{kind}"].notna().any()
    ]
    text = Text("{at} 年平均耦合协调度 D：{means}。", "Mean coordination D in {at}: {means}.")
    above = Text(
        "{n} 个有伙伴的地区中，{k} 个{kind}的协调度高于本地。",
        " {k} of {n} places with partners coordinate better {kind} than within.",
    )
    more = [
        voice(
            above,
            n=int(now[f"D_{kind}"].notna().sum()),
            k=int((now[f"D_{kind}"] > now["D_within"]).sum()),
            kind=KINDS[kind],
        )
        for kind in answer.kinds[1:]
        if now[f"D_{kind}"].notna().any()
    ]
    alone = [kind for kind in answer.kinds if now[f"D_{kind}"].isna().all()]
    none = Text("没有地区有可算的伙伴：{kind}。", " No place has a partner that counts: {kind}.")
    more += [voice(none, kind=KINDS[kind]) for kind in alone]
    return voice(text, at=at, means=voice.listing(said)) + "".join(more)


def head(part: str, kind: str) -> Text:
    """How a column is headed, such as “D with neighbors”."""
    return Text("{kind} {part}", "{part} {kind}").format(kind=KINDS[kind], part=same(part))


def by_year(answer: Metacoupled, voice: Voice) -> Table:
    """Means of C, T and D of each kind by year."""
    columns = [f"{part}_{kind}" for kind in answer.kinds for part in "CTD"]
    mean = answer.frame[columns].groupby("period").mean()
    mean.columns = pd.Index([voice(head(*column.split("_", 1))) for column in columns])
    return Table(
        key="metacoupling_by_year",
        caption=Text("各年本地、邻近与远程耦合协调（均值）", "Coordination within, near and far by year (means)"),
        frame=mean.rename_axis(voice.term("period")).reset_index(),
    )


def by_place(answer: Metacoupled, voice: Voice) -> Table:
    """Every place in the last year: its systems, and D of each kind."""
    at = int(answer.frame.index.get_level_values("period").max())
    now = in_period(answer.frame, at).sort_values("D_within", ascending=False, kind="stable", key=even)
    printed = voice.places(now.index.to_series())
    for system in answer.systems:
        printed[voice.name(system)] = now[system].to_numpy()
    for kind in answer.kinds:
        printed[voice(head("D", kind))] = now[f"D_{kind}"].to_numpy()
    return Table(
        key="metacoupling_places",
        caption=Text(f"{at} 年各地区的本地、邻近与远程协调度", f"Coordination of all places within, near and far, {at}"),
        frame=printed,
        show=40,
    )


def trend(answer: Metacoupled, voice: Voice) -> Figure:
    """Mean D of each kind over the years."""

    def draw() -> Canvas:
        mean = answer.frame[[f"D_{kind}" for kind in answer.kinds]].groupby("period").mean()
        canvas, axes = theme.new_figure(7.2, 3.6)
        for at, kind in enumerate(answer.kinds):
            axes.plot(mean.index, mean[f"D_{kind}"], label=voice(KINDS[kind]), **theme.line(at))
        axes.set_ylabel(voice.term("D"))
        theme.years(axes, mean.index)
        theme.legend_below(axes)
        return canvas

    return Figure(
        key="metacoupling_trend",
        caption=Text("本地、邻近与远程协调度的变化（均值）", "Coordination within, near and far over the years (means)"),
        draw=draw,
        alt=voice(Text("折线图：{words}", "Line chart. {words}"), words=words(answer, voice)),
    )


def against_within(answer: Metacoupled, voice: Voice) -> Figure:
    """D with partners against D within, by place in the last year, with the line where they are equal."""
    year = int(answer.frame.index.get_level_values("period").max())

    def draw() -> Canvas:
        now = in_period(answer.frame, year)
        canvas, axes = theme.new_figure(5.2, 4.9)
        for at, kind in enumerate(answer.kinds[1:]):
            axes.scatter(now["D_within"], now[f"D_{kind}"], label=voice(head("D", kind)), **theme.dots(at))
        axes.axline((0, 0), slope=1, color="0.35", lw=1, ls="--", label=voice(Text("两者相等", "equal")))
        shown = now[[f"D_{kind}" for kind in answer.kinds]]
        low, high = float(shown.min().min()), float(shown.max().max())
        room = 0.05 * (high - low) + 0.01
        axes.set(xlim=(low - room, high + room), ylim=(low - room, high + room), aspect="equal")
        axes.set(xlabel=voice(head("D", "within")), ylabel=voice(Text("与伙伴的 D", "D with partners")))
        theme.legend_below(axes)
        return canvas

    alt = Text(
        "散点图：横轴为本地协调度，纵轴为与伙伴的协调度；虚线以上的地区与伙伴更协调。",
        "Scatter of coordination within each place (across) and with its partners (up); above the line it is higher with partners.",
    )
    return Figure(
        key="metacoupling_places",
        caption=Text(f"{year} 年本地与伙伴协调度的对照", f"Coordination within and with partners, {year}"),
        draw=draw,
        alt=voice(alt),
    )
