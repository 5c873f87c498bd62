"""How diagnostics look: correlation heatmap, flagged indicators and pairs, adequacy."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Rectangle

from evalkit.indicators.diagnostics import Diagnosis
from evalkit.report import theme
from evalkit.report.document import Figure, Table
from evalkit.report.verbs import figures, names, tables, words
from evalkit.report.words import Voice
from evalkit.terms import Text

FLAGS = {
    "redundant": Text("冗余", "redundant"),
    "opposed": Text("方向相抵", "opposed"),
    "weak": Text("联系弱", "weak"),
}
PRINTED = 20  # up to so many indicators the figures stand in the cells


@names.register
def _(answer: Diagnosis) -> Mapping[str, Text]:
    return names(answer.scores)


@tables.register
def _(answer: Diagnosis, voice: Voice) -> tuple[Table, ...]:
    flagged = () if answer.pairs.empty else (pairs(answer, voice),)
    return by_indicator(answer, voice), adequacy(answer, voice), *flagged, correlations(answer, voice)


@figures.register
def _(answer: Diagnosis, voice: Voice) -> tuple[Figure, ...]:
    return (heatmap(answer, voice),)


@words.register
def _(answer: Diagnosis, voice: Voice) -> str:
    whole, frame = answer.adequacy.iloc[-1], answer.frame
    text = Text(
        "“{system}”的 {n} 个指标：克朗巴赫 α 为 {alpha}，KMO 为 {kmo}，第一主成分占方差的 {first:.0%}。",
        "The {n} indicators of “{system}” have a Cronbach's α of {alpha} and a KMO of {kmo}; the first principal component holds "
        "{first:.0%} of their variance.",
    )
    said = [
        voice(
            text,
            system=answer.scores.system.name,
            n=len(frame),
            alpha=_figure(whole["alpha"]),
            kmo=_figure(whole["kmo"]),
            first=whole["first_share"],
        )
    ]
    for flag, sentence in _FLAGGED.items():
        which = frame.index[frame[flag]]
        if len(which):
            limit = getattr(answer.spec, flag)
            items = voice.listing([voice.name(key) for key in which], 5)
            said.append(voice(sentence, k=len(which), items=items, limit=_figure(limit)))
    if len(said) == 1:
        said.append(voice(Text("没有指标超出所设界限。", "No indicator is beyond the limits set.")))
    return ("" if voice.lang == "zh" else " ").join(said)


_FLAGGED = {
    "redundant": Text(
        "{k} 个指标与另一指标几乎同步（|r| > {limit}）：{items}。",
        "Indicators that all but repeat another (|r| > {limit}): {k} ({items}).",
    ),
    "opposed": Text(
        "{k} 个指标与同维度另一指标负相关（r < {limit}）：{items}。",
        "Indicators that run against another of their dimension (r < {limit}): {k} ({items}).",
    ),
    "weak": Text(
        "{k} 个指标与所在维度或指数联系弱（r < {limit}）：{items}。",
        "Indicators hardly related to their dimension or the index (r < {limit}): {k} ({items}).",
    ),
}


def by_indicator(answer: Diagnosis, voice: Voice) -> Table:
    """Each indicator's correlations with its dimension, the index and the nearest other, and its flags."""
    frame, none = answer.frame, voice(Text("—", "—"))
    flags = [voice.listing(voice(said) for flag, said in FLAGS.items() if row[flag]) or none for _, row in frame.iterrows()]
    printed = pd.DataFrame(
        {
            voice.term("indicator"): [_called(key, voice) for key in frame.index],
            voice.term("dimension"): [voice.name(key) for key in frame["dimension"]],
            voice(Text("与维度相关", "r with dimension")): frame["with_dimension"].to_numpy(),
            voice(Text("与指数相关", "r with index")): frame["with_index"].to_numpy(),
            voice(Text("最相关指标", "Nearest indicator")): [_called(key, voice) for key in frame["nearest"]],
            voice(Text("与其相关", "r with it")): frame["nearest_r"].to_numpy(),
            "MSA": frame["msa"].to_numpy(),
            voice(Text("提示", "Flags")): flags,
        }
    )
    return Table(
        key=f"diagnostics_{answer.scores.system.id}",
        caption=_caption(answer, "指标间的联系", "how indicators hang together"),
        frame=printed,
        decimals=dict.fromkeys(printed.columns, 2),
        note=voice(
            Text(
                "冗余：|r| > {a:g}；方向相抵：同维度内 r < {b:g}；联系弱：与维度或指数 r < {c:g}。",
                "Redundant: |r| > {a:g}; opposed: r < {b:g} within a dimension; weak: r < {c:g} with the dimension or the index.",
            ),
            a=answer.spec.redundant,
            b=answer.spec.opposed,
            c=answer.spec.weak,
        ),
    )


def adequacy(answer: Diagnosis, voice: Voice) -> Table:
    """α, KMO, Bartlett's test and the first principal component of each dimension and of the whole."""
    frame = answer.adequacy
    printed = pd.DataFrame(
        {
            voice(Text("范围", "Group")): [voice.name(key) for key in frame.index],
            voice(Text("指标数", "Indicators")): frame["indicators"].astype(int).to_numpy(),
            voice(Text("α", "α")): frame["alpha"].to_numpy(),
            voice(Text("标准化 α", "α, standardized")): frame["alpha_standardized"].to_numpy(),
            "KMO": frame["kmo"].to_numpy(),
            voice(Text("巴特利特 χ²", "Bartlett χ²")): frame["chi_square"].to_numpy(),
            voice(Text("自由度", "df")): frame["df"].astype("Int64").to_numpy(),
            "p": ["—" if np.isnan(p) else "<0.001" if p < 0.001 else f"{p:.3f}" for p in frame["p"]],
            voice(Text("第一主成分（%）", "First component (%)")): frame["first_share"].to_numpy() * 100,
            voice(Text("方差大于 1 的主成分", "Components above 1")): frame["above_one"].astype(int).to_numpy(),
        }
    )
    return Table(
        key=f"adequacy_{answer.scores.system.id}",
        caption=_caption(answer, "内部一致性与因子适切性", "consistency and sampling adequacy"),
        frame=printed,
        decimals=dict.fromkeys(printed.columns[[2, 3, 4]], 2) | dict.fromkeys(printed.columns[[5, 8]], 1),
    )


def pairs(answer: Diagnosis, voice: Voice) -> Table:
    """The pairs beyond the limits."""
    frame = answer.pairs
    yes, no = voice(Text("是", "yes")), voice(Text("否", "no"))
    printed = pd.DataFrame(
        {
            voice(Text("指标一", "First")): [_called(key, voice) for key in frame["first"]],
            voice(Text("指标二", "Second")): [_called(key, voice) for key in frame["second"]],
            "r": frame["r"].to_numpy(),
            voice(Text("同一维度", "Same dimension")): [yes if same else no for same in frame["same_dimension"]],
            voice(Text("提示", "Flag")): [voice(FLAGS[flag]) for flag in frame["flag"]],
        }
    )
    caption = _caption(answer, "需留意的指标对", "pairs that stand out")
    return Table(key=f"pairs_{answer.scores.system.id}", caption=caption, frame=printed, decimals={"r": 2}, show=15)


def correlations(answer: Diagnosis, voice: Voice) -> Table:
    """The whole matrix, for the workbook."""
    printed = answer.correlations.rename_axis(voice.term("indicator")).reset_index()
    caption = _caption(answer, "相关系数矩阵", "correlation matrix")
    return Table(key=f"correlations_{answer.scores.system.id}", caption=caption, frame=printed, show=0)


def heatmap(answer: Diagnosis, voice: Voice) -> Figure:
    """Correlations by dimension: the darker, the stronger; hatched where negative."""
    r, frame = answer.correlations.to_numpy(), answer.frame
    n = len(r)

    def draw() -> Canvas:
        canvas, axes = theme.new_figure(7.2, 1.5 + 0.27 * n if n <= PRINTED else 1.5 + 0.2 * n)
        size = 7.5 if n <= PRINTED else 6
        image = axes.imshow(np.abs(r), cmap=theme.SEQUENTIAL, vmin=0, vmax=1, aspect="auto")
        axes.set_xticks(range(0, n, step := 1 if n <= PRINTED else 2), [str(j + 1) for j in range(0, n, step)], fontsize=size)
        labels = [f"{theme.wrapped(voice.name(key), 44 if n <= PRINTED else 60)}  {j + 1}" for j, key in enumerate(frame.index)]
        axes.set_yticks(range(n), labels, fontsize=size)
        axes.tick_params(length=0)
        axes.grid(visible=False)
        for i, j in np.argwhere(r < -0.05):
            axes.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, fill=False, hatch="////", edgecolor="0.55", linewidth=0))
        if n <= PRINTED:
            for (i, j), value in np.ndenumerate(r):
                if i != j:
                    said = f"{value:.2f}".replace("0.", ".").replace("-", "−")
                    color = theme.on(abs(value))
                    back = {"facecolor": image.cmap(abs(value)), "edgecolor": "none", "pad": 0.6} if value < -0.05 else None
                    axes.text(j, i, said, ha="center", va="center", fontsize=6.2, color=color, bbox=back)
        _frames(axes, frame["dimension"].tolist())
        canvas.colorbar(
            image, ax=axes, label=voice(Text("|r|（斜线：负相关）", "|r| (hatched: negative)")), shrink=0.6, aspect=30
        )
        return canvas

    return Figure(
        key=f"correlations_{answer.scores.system.id}",
        caption=_caption(answer, "指标相关系数（粗框为维度）", "correlations of the indicators (frames: dimensions)"),
        draw=draw,
        alt=words(answer, voice),
    )


def _frames(axes: Axes, dimensions: list[str]) -> None:
    """A frame around the indicators of each dimension."""
    starts = [0, *(at + 1 for at, (one, other) in enumerate(pairwise(dimensions)) if one != other), len(dimensions)]
    for start, end in pairwise(starts):
        box = Rectangle((start - 0.5, start - 0.5), end - start, end - start, fill=False, ec="black", lw=1.5, clip_on=False)
        axes.add_patch(box)


def _caption(answer: Diagnosis, zh: str, en: str) -> Text:
    system = answer.scores.system.name
    return Text(f"{system.zh}：{zh}", f"{system.en}: {en}")


def _called(key: str, voice: Voice) -> str:
    return f"{key} {voice.name(key)}"


def _figure(value: float) -> str:
    return "—" if np.isnan(value) else f"{value:.2f}".replace("-", "−")
