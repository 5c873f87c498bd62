"""How the bottom line looks: whether a return to poverty on a large scale is ruled out, villages to look at, and sample sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from evalkit.poverty.returns.bottom_line import COLUMNS, VERDICTS, ReturnVerdict
from evalkit.poverty.returns.clusters import ClustersFound
from evalkit.poverty.returns.sample_size import SampleSizes
from evalkit.report import theme
from evalkit.report.document import Figure, Table
from evalkit.report.estimates import NAMED, PRINTED, named
from evalkit.report.poverty.indices import sentence
from evalkit.report.verbs import figures, tables, words
from evalkit.report.words import Voice
from evalkit.stats.arrays import Codes, Mask
from evalkit.stats.ranks import even
from evalkit.terms import Text

RETURNS = Text("返贫率及其界限", "Rates of return, and what they rule out")
VILLAGES = Text("返贫户较集中的村", "Villages where returns come together")
SIZES = Text("排除给定返贫率所需的样本户数", "Homes to ask so that a rate of return is ruled out")
HOMES, BACK = Text("样本户数", "Homes"), Text("返贫户数", "Returns")
RATE = Text("返贫率（%）", "Rate of return (%)")
UPPER = Text("单侧上限（%）", "One-sided upper bound (%)")
VERDICT = Text("判断", "Verdict")
FEW = Text("不列出", "not shown")
WHY = Text(
    "不列出：户数过少，或为防止由合计推算出户数过少的地区。",
    "Not shown: too few homes, or lest the total give such a place away.",
)


@tables.register
def _(answer: ReturnVerdict, voice: Voice) -> tuple[Table, ...]:
    together = answer.overall.assign(place=voice(Text("合计", "all together")))
    over = _place(answer)
    every = together if over is None else pd.concat([together, answer.frame.assign(place=answer.frame[over].map(voice.name))])
    shown = _shown(every["small"].to_numpy(dtype=bool), every["n"].to_numpy(), whole=over is not None)
    printed = pd.DataFrame({named(over, voice) if over else voice(Text("范围", "Extent")): every["place"].to_numpy()})
    columns = {HOMES: ("n", 1), BACK: ("returns", 1), RATE: ("estimate", 100), UPPER: ("upper", 100)}
    for head, (column, scale) in columns.items():
        printed[voice(head)] = np.where(shown, every[column].to_numpy(dtype=float) * scale, np.nan)
    printed[voice(VERDICT)] = [
        voice(VERDICTS[str(one)]) if here else voice(FEW) for one, here in zip(every["verdict"], shown, strict=True)
    ]
    digits = {voice(HOMES): 0, voice(BACK): 0, voice(RATE): 2, voice(UPPER): 2}
    return (
        Table(
            key="returns", caption=RETURNS, frame=printed, decimals=digits, show=PRINTED, note="" if shown.all() else voice(WHY)
        ),
    )


def _shown(small: Mask, n: Codes, *, whole: bool) -> Mask:
    """Which rows are shown: one small place alone would follow from the total, so the next smallest is hidden with it."""
    hidden = small.copy()
    places = np.arange(int(whole), len(n))
    if whole and hidden[places].sum() == 1 and len(places) > 1:
        rest = places[~hidden[places]]
        hidden[rest[np.argmin(n[rest])]] = True
    return ~hidden


@figures.register
def _(answer: ReturnVerdict, voice: Voice) -> tuple[Figure, ...]:
    over = _place(answer)
    if over is None:
        return ()
    small = np.concatenate([[False], answer.frame["small"].to_numpy(dtype=bool)])
    shown = _shown(small, np.concatenate([[0], answer.frame["n"].to_numpy()]), whole=True)[1:]
    kept = answer.frame[shown].sort_values("upper", ascending=False, kind="stable", key=even).head(NAMED)

    def draw() -> Canvas:
        canvas, axes = theme.new_figure(7.0, 1.3 + 0.22 * len(kept))
        place = np.arange(len(kept))
        for at, (kind, text) in enumerate(VERDICTS.items()):
            rows = (kept["verdict"] == kind).to_numpy()
            if rows.any():
                low, high = 100 * kept["lower"][rows], 100 * kept["upper"][rows]
                axes.hlines(place[rows], low, high, color=theme.PALETTE[at], lw=3.5, alpha=0.4)
                axes.plot(100 * kept["estimate"][rows], place[rows], label=voice(text), ls="", **_dot(at))
        axes.axvline(100 * answer.spec.threshold, color="0.25", lw=1, ls="--", label=voice(Text("给定界限", "stated threshold")))
        axes.set_yticks(place, [voice.name(name) for name in kept[over]], fontsize=7.5)
        axes.set_ylim(len(kept) - 0.4, -0.6)
        axes.set_xlabel(voice(RATE))
        axes.grid(visible=False, axis="y")
        theme.legend_below(axes)
        return canvas

    alt = Text(
        "区间图：点为返贫率，线为单侧界限，虚线为给定界限。",
        "Dots are rates, bars run between one-sided bounds; dashed: threshold.",
    )
    return (Figure(key="returns", caption=RETURNS, draw=draw, alt=voice(alt)),)


def _dot(at: int) -> dict[str, Any]:
    look = theme.line(at)
    return {"color": look["color"], "marker": look["marker"], "ms": 4}


@words.register
def _(answer: ReturnVerdict, voice: Voice) -> str:
    row = answer.overall.iloc[0]
    text = Text(
        "{n} 户中 {k} 户返贫，按权数计返贫率为 {rate:.2%}，{level:.0%} 单侧上限 {upper:.2%}；达到 {threshold:.1%} 的返贫{verdict}",
        "Of {n} homes {k} are back in poverty, a weighted rate of {rate:.2%} with a one-sided {level:.0%} bound of {upper:.2%}. A return at "
        "{threshold:.1%} or above is {verdict}",
    )
    said = voice(
        text,
        n=f"{int(row['n']):,}",
        k=int(row["returns"]),
        rate=row["estimate"],
        level=answer.spec.level,
        upper=row["upper"],
        threshold=answer.spec.threshold,
        verdict=VERDICTS[str(row["verdict"])],
    )
    if _place(answer) is None:
        return sentence([said], voice)
    counts = answer.frame["verdict"].value_counts()
    places = Text(
        "{all} 个地区中，可以排除的 {out} 个，尚不能排除的 {open} 个，已经出现的 {found} 个",
        "of {all} places it is ruled out in {out}, not ruled out in {open}, and found in {found}",
    )
    each = {"out": counts.get("ruled_out", 0), "open": counts.get("not_ruled_out", 0), "found": counts.get("found", 0)}
    return sentence([said, voice(places, all=len(answer.frame), **each)], voice)


def _place(answer: ReturnVerdict) -> str | None:
    """The column that names the places, if they were told apart."""
    return next((str(name) for name in answer.frame.columns if name not in COLUMNS), None)


@tables.register
def _(answer: ClustersFound, voice: Voice) -> tuple[Table, ...]:
    shown = answer.frame[answer.frame["cluster"] & ~answer.frame["small"]]
    if shown.empty:
        return ()
    heads = {
        "n": HOMES,
        "returns": BACK,
        "expected": Text("随机预期", "Expected by chance"),
        "p_adjusted": Text("校正后 p 值", "Adjusted p-value"),
    }
    places = [name for name in (answer.spec.within, answer.spec.village) if name is not None]
    printed = pd.DataFrame({named(name, voice): [voice.name(one) for one in shown[name]] for name in places})
    for column, head in heads.items():
        printed[voice(head)] = shown[column].to_numpy()
    digits = {voice(heads["expected"]): 2, voice(heads["p_adjusted"]): 4}
    return (Table(key="return_villages", caption=VILLAGES, frame=printed, decimals=digits, show=PRINTED),)


@words.register
def _(answer: ClustersFound, voice: Voice) -> str:
    text = Text(
        "{n} 个村中，返贫户比随机情形更集中的有 {k} 个，应先走访查明共同原因",
        "In {k} of {n} villages more homes came back than chance would put together: visit them first and look for a common cause",
    )
    none = Text(
        "{n} 个村中，未能显示有村的返贫户比随机情形更集中；每村户数少时，这并不等于没有",
        "Of {n} villages none can be shown to hold more returns than chance would bring; where villages have few homes, that is no proof",
    )
    k = int(answer.frame["cluster"].sum())
    return sentence([voice(text if k else none, n=len(answer.frame), k=k)], voice)


@tables.register
def _(answer: SampleSizes, voice: Voice) -> tuple[Table, ...]:
    heads = {
        "failures": Text("允许的返贫户数", "Returns allowed"),
        "n": Text("需询问户数", "Homes to ask"),
        "chance": Text("成功的概率（%）", "Chance of success (%)"),
        "population": Text("总户数", "Homes in all"),
        "share": Text("占总户数（%）", "Share of homes (%)"),
    }
    frame, printed = answer.frame, pd.DataFrame(index=answer.frame.index)
    for column in frame.columns:
        values = frame[column].to_numpy()
        if column in heads:
            printed[voice(heads[str(column)])] = values * 100 if column in ("chance", "share") else values
        else:
            printed[named(str(column), voice)] = [voice.name(one) for one in values]
    digits = {voice(heads[name]): 1 for name in ("chance", "share") if name in frame}
    return (Table(key="sample_sizes", caption=SIZES, frame=printed.reset_index(drop=True), decimals=digits, show=PRINTED),)


@words.register
def _(answer: SampleSizes, voice: Voice) -> str:
    row = answer.frame.iloc[0]
    text = Text(
        "要以 {level:.0%} 的把握排除 {rate:.1%} 的返贫率，至少需询问 {n} 户且返贫不超过 {k} 户",
        "To rule out a rate of {rate:.1%} at {level:.0%}, ask at least {n} homes and find no more than {k} of them back",
    )
    said = {"level": answer.spec.level, "rate": answer.spec.rate, "n": int(row["n"]), "k": int(row["failures"])}
    return sentence([voice(text, **said)], voice)
