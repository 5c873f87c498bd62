"""How rankings beyond means look: who outranks whom, and what each place is best at by its own weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from evalkit.indicators.aggregation.benefit import Benefit
from evalkit.indicators.aggregation.copeland import Outranking
from evalkit.report import theme
from evalkit.report.document import Figure, Table
from evalkit.report.verbs import figures, names, tables, words
from evalkit.report.words import Voice
from evalkit.stats.ranks import even
from evalkit.terms import Text

MOST = 40
INDEX_RANK = Text("指数位次", "Rank by the index")
FIRST = Text("（前 {n} 个）", " (first {n})")


@names.register
def _(answer: Outranking) -> Mapping[str, Text]:
    return names(answer.scores)


@names.register
def _(answer: Benefit) -> Mapping[str, Text]:
    return names(answer.scores)


@tables.register
def _(answer: Outranking, voice: Voice) -> tuple[Table, ...]:
    return (outranking(answer, voice),)


@figures.register
def _(answer: Outranking, voice: Voice) -> tuple[Figure, ...]:
    return (wins_and_losses(answer, voice),)


@words.register
def _(answer: Outranking, voice: Voice) -> str:
    moved = (answer.frame["rank"] - answer.frame["index_rank"]).abs()
    first = answer.frame.iloc[0]
    text = Text(
        "{year} 年，{unit}净胜最多（与其余 {rivals} 个地区相比，胜 {wins}、负 {losses}）。与综合指数位次相比，位次平均变动 {mean:.1f} 位，"
        "变动最大的是{most}（{by} 位）。",
        "In {year}, {unit} comes first (it beats {wins} of {rivals} others and loses to {losses}). Against the rank by the index, "
        "places move by {mean:.1f} ranks on average, and {most} moves most ({by} ranks).",
    )
    return voice(
        text,
        year=answer.period,
        unit=voice.name(answer.frame.index[0]),
        wins=first["wins"].astype(int),
        losses=first["losses"].astype(int),
        rivals=len(answer.frame) - 1,
        mean=moved.mean(),
        most=voice.name(even(moved).idxmax()),
        by=moved.max(),
    )


@tables.register
def _(answer: Benefit, voice: Voice) -> tuple[Table, ...]:
    return own_scores(answer, voice), dimension_shares(answer, voice)


@figures.register
def _(answer: Benefit, voice: Voice) -> tuple[Figure, ...]:
    return own_against_common(answer, voice), share_bars(answer, voice)


@words.register
def _(answer: Benefit, voice: Voice) -> str:
    score = answer.frame["score"]
    text = Text(
        "{year} 年 {n} 个地区按对自身最有利的权重评价，得分均值 {mean:.3f}，{best} 个地区位于前沿（得分 1），最低为{low}（{least:.3f}）。"
        "所用权重平均最看重“{top}”（份额 {share:.0%}）。",
        "By the weights that favor each most, the {n} places of {year} score {mean:.3f} on average; {best} are on the frontier "
        "(score 1), and {low} is lowest ({least:.3f}). The dimension these weights rely on most is “{top}” (a share of {share:.0%}).",
    )
    mean = answer.dimensions.mean()
    return voice(
        text,
        year=answer.period,
        n=len(score),
        mean=score.mean(),
        best=int((score == 1).sum()),
        low=voice.name(even(score).idxmin()),
        least=score.min(),
        top=voice.name(even(mean).idxmax()),
        share=mean.max(),
    )


def outranking(answer: Outranking, voice: Voice) -> Table:
    """Wins, losses and ranks of every place."""
    heads = {
        "rank": voice.term("rank"),
        "copeland": voice(Text("净胜", "Wins − losses")),
        "wins": voice(Text("胜", "Wins")),
        "losses": voice(Text("负", "Losses")),
        "ties": voice(Text("平", "Ties")),
        "support": voice(Text("平均支持权重（%）", "Mean weight on its side (%)")),
        "index_rank": voice(INDEX_RANK),
    }
    frame = answer.frame.assign(support=answer.frame["support"] * 100)[list(heads)].rename(columns=heads)
    frame.insert(0, voice.term("unit"), [voice.name(unit) for unit in frame.index])
    return Table(
        key="outranking",
        caption=Text(f"{answer.period} 年两两比较结果（Copeland）", f"Pairwise comparison, {answer.period} (Copeland)"),
        frame=frame.reset_index(drop=True),
        decimals={heads["support"]: 1},
        show=MOST,
    )


def wins_and_losses(answer: Outranking, voice: Voice) -> Figure:
    """Wins to the right, losses to the left, of the first places."""

    def draw() -> Canvas:
        shown = answer.frame.head(MOST)
        canvas, plots = theme.new_rows(len(shown))
        for axes, part in plots:
            rows, place = shown.iloc[part], _places(axes, shown.index[part], voice)
            axes.barh(place, rows["wins"], color=theme.PALETTE[0], height=0.7, label=voice(Text("胜", "wins")))
            axes.barh(place, -rows["losses"], color=theme.PALETTE[1], height=0.7, label=voice(Text("负", "losses")))
            axes.plot(rows["copeland"], place, "D", color="0.1", mec="white", ms=4, label=voice(Text("净胜", "wins − losses")))
            axes.axvline(0, color="0.3", lw=0.8)
            axes.xaxis.set_major_formatter(lambda value, _: f"{abs(value):.0f}" if value else "0")
            axes.set_xlabel(voice(Text("地区数（左负右胜）", "Places (lost to the left, won to the right)")))
        theme.legend_below(plots[0][0])
        return canvas

    return Figure(
        key="outranking",
        caption=_first(Text("{year} 年两两比较的胜负", "Wins and losses in pairs, {year}"), answer.period, len(answer.frame)),
        draw=draw,
        alt=words(answer, voice),
    )


def own_scores(answer: Benefit, voice: Voice) -> Table:
    """Scores by own and by common weights, and who limits a place most."""
    heads = {
        "rank": voice.term("rank"),
        "score": voice(Text("自选权重得分", "Score by own weights")),
        "common": voice(Text("共同权重得分", "Score by common weights")),
        "index_rank": voice(INDEX_RANK),
    }
    frame = answer.frame[list(heads)].rename(columns=heads)
    frame.insert(0, voice.term("unit"), [voice.name(unit) for unit in frame.index])
    limits = answer.peers.groupby("unit", sort=False).head(2)
    several = len(set(answer.peers["period"]) | {answer.period}) > 1
    named = [voice.name(u) + (f" {p}" if several else "") for u, p in zip(limits["peer"], limits["period"], strict=True)]
    peers = pd.Series(named, index=limits["unit"], dtype=object).groupby(level=0).agg(voice.listing)
    frame[voice(Text("主要标杆", "Main benchmarks"))] = peers.reindex(frame.index).fillna("—").to_numpy()
    return Table(
        key="benefit_of_the_doubt",
        caption=Text(
            f"{answer.period} 年自选权重评价（benefit of the doubt）", f"Scores by each place's own weights, {answer.period}"
        ),
        frame=frame.reset_index(drop=True),
        show=MOST,
    )


def dimension_shares(answer: Benefit, voice: Voice) -> Table:
    """What share each dimension has of the score that a place gives itself."""
    shares = answer.dimensions.loc[answer.frame.index] * 100
    printed = shares.set_axis([voice.name(dimension) for dimension in shares.columns], axis=1)
    heads = list(printed.columns)
    printed.insert(0, voice.term("unit"), [voice.name(unit) for unit in printed.index])
    return Table(
        key="benefit_shares",
        caption=Text(f"{answer.period} 年各维度在自选权重得分中的份额（%）", f"Shares of the dimensions (%), {answer.period}"),
        frame=printed.reset_index(drop=True),
        decimals=dict.fromkeys(heads, 1),
        show=MOST,
    )


def own_against_common(answer: Benefit, voice: Voice) -> Figure:
    """Each place twice: by common weights, and by its own."""

    def draw() -> Canvas:
        shown = answer.frame.head(MOST)
        canvas, plots = theme.new_rows(len(shown))
        for axes, part in plots:
            rows, place = shown.iloc[part], _places(axes, shown.index[part], voice)
            axes.hlines(place, rows["common"], rows["score"], color="0.6", lw=1.2, zorder=1)
            axes.plot(rows["common"], place, "s", color=theme.PALETTE[1], ms=4, label=voice(Text("共同权重", "common weights")))
            axes.plot(rows["score"], place, "o", color=theme.PALETTE[0], ms=4.5, label=voice(Text("自选权重", "own weights")))
            axes.set_xlabel(voice(Text("相对于前沿的得分", "Score relative to the frontier")))
        theme.legend_below(plots[0][0])
        return canvas

    caption = Text("{year} 年自选权重与共同权重下的得分", "Scores by own and by common weights, {year}")
    return Figure(
        key="benefit_of_the_doubt",
        caption=_first(caption, answer.period, len(answer.frame)),
        draw=draw,
        alt=words(answer, voice),
    )


def share_bars(answer: Benefit, voice: Voice) -> Figure:
    """Shares of the dimensions, one bar a place."""

    def draw() -> Canvas:
        shown = answer.dimensions.loc[answer.frame.index[:MOST]] * 100
        canvas, plots = theme.new_rows(len(shown))
        for axes, part in plots:
            place = _places(axes, shown.index[part], voice)
            left = np.zeros(len(place))
            for at, dimension in enumerate(shown):
                share, color = shown[dimension].to_numpy()[part], theme.PALETTE[at % len(theme.PALETTE)]
                axes.barh(place, share, left=left, color=color, height=0.75, ec="white", lw=0.5, label=voice.name(dimension))
                left += share
            axes.set_xlim(0, 100)
            axes.set_xlabel(voice(Text("占自选权重得分的份额（%）", "Share of the score by own weights (%)")))
        theme.legend_below(plots[0][0])
        return canvas

    caption = Text("{year} 年各地区自选权重所看重的维度", "What the own weights of each place rely on, {year}")
    return Figure(
        key="benefit_shares",
        caption=_first(caption, answer.period, len(answer.frame)),
        draw=draw,
        alt=words(answer, voice),
    )


def _places(axes: Axes, units: pd.Index, voice: Voice) -> np.ndarray:
    """Where the rows of a plot stand, with the names of their places beside them."""
    axes.set_yticks(range(len(units)), [voice.name(unit) for unit in units], fontsize=7)
    return np.arange(len(units))


def _first(caption: Text, period: int, count: int) -> Text:
    said = caption.format(year=period)
    if count <= MOST:
        return said
    first = FIRST.format(n=MOST)
    return Text(said.zh + first.zh, said.en + first.en)
