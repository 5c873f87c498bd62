"""How treatment looks: what was observed of indicators and places, how outliers were tamed, and every figure that was."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure as Canvas

from evalkit.indicators.index import FittedIndex, IndexScores
from evalkit.indicators.treatment.availability import Part, Screened
from evalkit.report import theme
from evalkit.report.document import Figure, Table
from evalkit.report.verbs import figures, names, tables, words
from evalkit.report.words import Voice, system_names
from evalkit.terms import Text

OBSERVED = Text("观测比例（%）", "Observed (%)")
KEPT = {True: Text("保留", "kept"), False: Text("剔除", "left out")}
TAMED = {
    "none": Text("不处理", "none"),
    "winsorized": Text("缩尾", "winsorized"),
    "log": Text("取对数", "logarithm"),
    "box_cox": Text("Box–Cox 变换", "Box–Cox"),
}


@names.register
def _(answer: Screened) -> Mapping[str, Text]:
    return {**answer.panel.names, **system_names({answer.asked.id: answer.asked})}


@tables.register
def _(answer: Screened, voice: Voice) -> tuple[Table, ...]:
    return of_indicators(answer, voice), of_places(answer, voice)


@figures.register
def _(answer: Screened, voice: Voice) -> tuple[Figure, ...]:
    return (observed_bars(answer, voice),)


@words.register
def _(answer: Screened, voice: Voice) -> str:
    text = Text(
        "{n} 项指标中保留 {kept} 项（观测比例至少 {a:.0%}），最低的是“{low}”（{share:.1%}）；{units} 个地区中保留 {stay} 个（至少 {b:.0%}）。",
        "{kept} of {n} indicators are kept (at least {a:.0%} observed); the lowest is “{low}” ({share:.1%}). {stay} of {units} places "
        "are kept (at least {b:.0%}).",
    )
    indicators, units = answer.of("indicator"), answer.of("unit")
    return voice(
        text,
        n=len(indicators),
        kept=int(indicators["kept"].sum()),
        a=answer.spec.indicators,
        low=voice.name(indicators.index[0]),
        share=indicators["share"].iloc[0],
        units=len(units),
        stay=int(units["kept"].sum()),
        b=answer.spec.units,
    )


def of_indicators(answer: Screened, voice: Voice) -> Table:
    """How much was observed of each indicator, the least first."""
    return Table(
        key=f"observed_{answer.asked.id}",
        caption=Text("{system}：指标观测比例", "{system}: share observed by indicator").format(system=answer.asked.name),
        frame=_observed(answer, voice, "indicator"),
        decimals={voice(OBSERVED): 1},
    )


def of_places(answer: Screened, voice: Voice) -> Table:
    """How much was observed of each place, the least first."""
    return Table(
        key=f"observed_places_{answer.asked.id}",
        caption=Text("{system}：地区观测比例", "{system}: share observed by place").format(system=answer.asked.name),
        frame=_observed(answer, voice, "unit"),
        decimals={voice(OBSERVED): 1},
        show=20,
    )


def observed_bars(answer: Screened, voice: Voice, most: int = 40) -> Figure:
    """Share observed of the indicators that have least, beside the share that was asked for."""
    shown = answer.of("indicator").head(most)

    def draw() -> Canvas:
        canvas, axes = theme.new_figure(7.2, 1.5 + 0.3 * len(shown))
        keys = [(theme.PALETTE[0], KEPT[True]), (theme.PALETTE[1], KEPT[False])]
        colors = [keys[0][0] if kept else keys[1][0] for kept in shown["kept"]]
        axes.barh(range(len(shown)), shown["share"] * 100, color=colors, height=0.7)
        for place, share in enumerate(shown["share"] * 100):
            axes.text(108, place, f"{share:.1f}", ha="right", va="center", fontsize=7)
        axes.axvline(answer.spec.indicators * 100, color="0.15", lw=1, ls="--")
        axes.set_yticks(range(len(shown)), [theme.wrapped(voice.name(key), 50) for key in shown.index], fontsize=7)
        axes.invert_yaxis()
        axes.set_xlim(0, 109)
        axes.set_xticks(range(0, 101, 20))
        axes.set_xlabel(voice(OBSERVED))
        axes.grid(visible=False, axis="y")
        theme.keys_below(axes, [(color, voice(text)) for color, text in keys])
        return canvas

    caption = Text("{system}：指标观测比例（虚线为阈值）", "{system}: share observed by indicator (dashed: the least asked for)")
    return Figure(
        key=f"observed_{answer.asked.id}",
        caption=caption.format(system=answer.asked.name),
        draw=draw,
        alt=words(answer, voice),
    )


def outlier_table(answer: FittedIndex, voice: Voice) -> Table:
    """How the outliers of each indicator were tamed, with skewness and kurtosis before and after."""
    frame, system = answer.frame, answer.spec.system
    heads = {
        "skewness_before": Text("处理前偏度", "Skewness before"),
        "kurtosis_before": Text("处理前峰度", "Kurtosis before"),
        "points": Text("缩尾点数", "Points winsorized"),
        "skewness_after": Text("处理后偏度", "Skewness after"),
        "kurtosis_after": Text("处理后峰度", "Kurtosis after"),
    }
    printed = pd.DataFrame({voice.term("indicator"): [f"{key} {voice.name(key)}" for key in frame.index]})
    printed[voice(Text("处理方法", "Treatment"))] = [voice(TAMED[how]) for how in frame["outliers"]]
    for key, head in heads.items():
        printed[voice(head)] = frame[key].to_numpy()
    return Table(
        key=f"outliers_{system.id}",
        caption=Text("{system}：离群值处理", "{system}: treatment of outliers").format(system=system.name),
        frame=printed,
        decimals={voice(head): 2 for key, head in heads.items() if key != "points"},
    )


def tamed_points(answer: IndexScores, voice: Voice) -> Table:
    """Every figure that winsorizing reads as another."""
    cells = answer.tamed
    printed = pd.DataFrame(
        {
            voice.term("indicator"): [f"{key} {voice.name(key)}" for key in cells["indicator"]],
            voice.term("unit"): [voice.name(unit) for unit in cells["unit"]],
            voice.term("period"): cells["period"].to_numpy(),
            voice(Text("观测值", "Observed value")): cells["value"].to_numpy(),
            voice(Text("计分用值", "Read as")): cells["read_as"].to_numpy(),
        }
    )
    return Table(
        key=f"tamed_{answer.system.id}",
        caption=Text("{system}：缩尾处理的数值", "{system}: figures winsorized").format(system=answer.system.name),
        frame=printed,
        decimals=dict.fromkeys(printed.columns[3:], 2),
        show=20,
    )


def _observed(answer: Screened, voice: Voice, part: Part) -> pd.DataFrame:
    frame = answer.of(part)
    label = (lambda key: f"{key} {voice.name(key)}") if part == "indicator" else voice.name
    return pd.DataFrame(
        {
            voice.term(part): [label(key) for key in frame.index],
            voice(Text("观测值个数", "Figures observed")): frame["observed"].to_numpy(),
            voice(OBSERVED): frame["share"].to_numpy() * 100,
            voice(Text("结果", "Outcome")): [voice(KEPT[bool(kept)]) for kept in frame["kept"]],
        }
    )
