"""How judged weights look: weights by item and expert, the consistency of each matrix, the judgements that fit least."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from evalkit.indicators.weighting.ahp import GROUP, Ahp, Priorities, called
from evalkit.indicators.weighting.combined import Combined
from evalkit.indicators.weighting.hierarchy import DIMENSIONS, AhpHierarchy
from evalkit.indicators.weighting.levels import Levels
from evalkit.indicators.weighting.weights import Weighting
from evalkit.report import theme
from evalkit.report.document import Figure, Table
from evalkit.report.verbs import figures, names, tables, words
from evalkit.report.words import Voice, system_names
from evalkit.stats.ranks import even
from evalkit.terms import Text

LEVELS = ("dimension", "weight_of_dimension", "weight_inside", "weight")
MATRIX = Text("判断矩阵", "Matrix")
JUDGE = Text("判断者", "Judge")


@names.register
def _(answer: Priorities) -> Mapping[str, Text]:
    if not isinstance(answer.spec, AhpHierarchy):
        return {}
    return {DIMENSIONS: Text("维度之间", "Between dimensions"), **system_names({answer.spec.system.id: answer.spec.system})}


@tables.register
def _(answer: Priorities, voice: Voice) -> tuple[Table, ...]:
    every = weights_table(answer, voice), consistency_table(answer, voice)
    return every if answer.least.empty else (*every, least_table(answer, voice))


@figures.register
def _(answer: Priorities, voice: Voice) -> tuple[Figure, ...]:
    return (weights_chart(answer, voice),)


@words.register
def _(answer: Priorities, voice: Voice) -> str:
    weight = answer.frame["weight"].sort_values(ascending=False, kind="stable", key=even)
    first = Text(
        "由判断矩阵求得的权重以“{top}”最大（{a:.3f}），“{low}”最小（{b:.3f}）。",
        "Of the judged weights that of “{top}” is greatest ({a:.3f}) and that of “{low}” least ({b:.3f}). ",
    )
    said = voice(first, top=voice.name(weight.index[0]), a=weight.iloc[0], low=voice.name(weight.index[-1]), b=weight.iloc[-1])
    ratio, n = answer.consistency["cr"].max(), len(answer.consistency)
    if ratio > _limit(answer):
        return said + contradiction(answer, voice)
    every = Text(
        "全部 {n} 个判断矩阵通过一致性检验（CR 最大为 {cr:.3f}，不超过 {limit:g}）。",
        "All matrices ({n}) pass the test of consistency (greatest CR {cr:.3f}, at most {limit:g}).",
    )
    alone = Text(
        "判断矩阵通过一致性检验（CR={cr:.3f}，不超过 {limit:g}）。",
        "The matrix passes the test of consistency (CR {cr:.3f}, at most {limit:g}).",
    )
    return said + voice(every if n > 1 else alone, n=n, cr=ratio, limit=_limit(answer))


def contradiction(answer: Priorities, voice: Voice) -> str:
    """How many matrices fail the test of consistency, the worst of them, and the judgement that fits least in it."""
    worst = answer.consistency.iloc[int(even(answer.consistency["cr"]).to_numpy().argmax())]
    keys = [key for key in ("matrix", "judge") if key in worst]
    pair = answer.least[(answer.least[keys] == worst[keys]).all(axis=1)].iloc[0]
    text = Text(
        "{n} 个判断矩阵中有 {k} 个未通过一致性检验，CR 最大为 {cr:.3f}（{where}），超过 {limit:g}；最不一致的判断是“{item}”对“{over}”："
        "判断为 {judged}，其余判断支持 {fits}。",
        "Of the matrices ({n}), {k} fail the test of consistency: the greatest CR is {cr:.3f} ({where}), above {limit:g}. The "
        "judgement that fits least is “{item}” over “{over}”: judged {judged}, while the others speak for {fits}.",
    )
    return voice(
        text,
        n=len(answer.consistency),
        k=int((answer.consistency["cr"] > _limit(answer)).sum()),
        cr=worst["cr"],
        where=voice.listing([*(_dimension(answer, worst[key], voice) for key in keys[:-1]), voice(called(worst["judge"]))]),
        limit=_limit(answer),
        item=_item(answer, pair, "item", voice),
        over=_item(answer, pair, "over", voice),
        judged=ratio_in_words(pair["judged"]),
        fits=ratio_in_words(pair["fits"]),
    )


def weights_table(answer: Priorities, voice: Voice) -> Table:
    """Weights of every item, level by level in a hierarchy, and by expert where there are several."""
    heads = {
        "dimension": Text("维度", "Dimension"),
        "weight_of_dimension": Text("维度权重", "Weight of dimension"),
        "weight_inside": Text("维度内权重", "Weight inside"),
        "weight": Text("权重", "Weight"),
    }
    frame = answer.frame.copy()
    if "dimension" in frame:
        frame["dimension"] = [_dimension(answer, key, voice) for key in frame["dimension"]]
    columns = [name for name in LEVELS if name in frame]
    experts = [str(name) for name in frame if name not in LEVELS]
    printed = frame[[*columns, *experts]].set_axis(
        [*(voice(heads[name]) for name in columns), *(_judge(name, voice) for name in experts)], axis=1
    )
    printed.insert(0, voice(Text("对象", "Item")), [voice.name(item) for item in frame.index])
    return Table(
        key="judged_weights",
        caption=Text("判断矩阵权重", "Weights from judgements"),
        frame=printed.reset_index(drop=True),
        decimals={str(name): 4 for name in printed if printed[name].dtype == float},
    )


def consistency_table(answer: Priorities, voice: Voice) -> Table:
    """Consistency of every matrix."""
    heads = {
        "matrix": MATRIX,
        "judge": JUDGE,
        "size": Text("阶数", "Items"),
        "lambda_max": Text("最大特征根 λmax", "λmax"),
        "ci": Text("CI", "CI"),
        "ri": Text("RI", "RI"),
        "cr": Text("CR", "CR"),
        "gci": Text("GCI", "GCI"),
        "passed": Text("是否通过", "Passes"),
    }
    frame = _spoken(answer, answer.consistency, voice).assign(
        passed=[voice(Text("是", "yes") if cr <= _limit(answer) else Text("否", "no")) for cr in answer.consistency["cr"]]
    )
    printed = frame[[name for name in heads if name in frame]].rename(columns={name: voice(head) for name, head in heads.items()})
    note = Text(
        "CR=CI/RI，上限 {limit:g}；GCI 与 CR=0.1 对应的界限约为 0.31（3 阶）、0.35（4 阶）、0.37（5 阶及以上）。",
        "CR = CI / RI, limit {limit:g}. For GCI, 0.31 (3 items), 0.35 (4) and 0.37 (5 or more) correspond to CR = 0.1.",
    )
    return Table(
        key="judged_consistency",
        caption=Text("判断矩阵的一致性检验", "Consistency of the judgements"),
        frame=printed,
        note=voice(note, limit=_limit(answer)),
        decimals={voice(heads[name]): 4 for name in ("lambda_max", "ci", "ri", "cr", "gci")},
    )


def least_table(answer: Priorities, voice: Voice) -> Table:
    """The judgements that fit least, worst first in each matrix, and the value that would fit."""
    heads = {
        "matrix": MATRIX,
        "judge": JUDGE,
        "item": Text("对象", "Item"),
        "over": Text("相比于", "Over"),
        "judged": Text("判断值", "Judged"),
        "fits": Text("其余判断支持的值", "Others speak for"),
        "deviation": Text("偏离倍数", "Deviation (times)"),
    }
    frame = _spoken(answer, answer.least, voice)
    for name in ("item", "over"):
        frame[name] = [_item(answer, row, name, voice) for _, row in answer.least.iterrows()]
    for name in ("judged", "fits"):
        frame[name] = frame[name].map(ratio_in_words)
    printed = frame[[name for name in heads if name in frame]].rename(columns={name: voice(head) for name, head in heads.items()})
    return Table(
        key="judged_least",
        caption=Text("一致性最差的判断", "The judgements that fit least"),
        frame=printed,
        decimals={voice(heads["deviation"]): 2},
        show=20,
    )


def weights_chart(answer: Priorities, voice: Voice, most: int = 25) -> Figure:
    """Weights from greatest to least, with a mark for each expert."""
    experts = [str(name) for name in answer.frame if name not in LEVELS]
    shown = answer.frame.sort_values("weight", ascending=False, kind="stable", key=even).head(most)

    def draw() -> Canvas:
        labels = [theme.wrapped(voice.name(item), 40) for item in shown.index]
        lines = 1 + max(label.count("\n") for label in labels)
        canvas, axes = theme.new_figure(7.2, 1.3 + (0.16 + 0.14 * lines) * len(shown) + 0.25 * bool(experts))
        place = np.arange(len(shown))
        label = _judge(GROUP, voice) if experts else None
        axes.barh(place, shown["weight"], color=theme.PALETTE[0], alpha=0.45, height=0.62, label=label)
        for at, name in enumerate(experts):
            axes.scatter(shown[name], place, label=_judge(name, voice), zorder=3, **theme.dots(at + 1))
        axes.set_yticks(place, labels, fontsize=8)
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(voice.term("weight"))
        if experts:
            theme.legend_below(axes)
        return canvas

    return Figure(
        key="judged_weights",
        caption=Text("判断矩阵权重", "Weights from judgements"),
        draw=draw,
        alt=words(answer, voice),
    )


def ratio_in_words(ratio: float) -> str:
    """A judgement as experts write it: 3, 1/5, 2.14.

    Examples
    --------
    >>> [ratio_in_words(ratio) for ratio in (3.0, 0.2, 2.144, 0.459)]
    ['3', '1/5', '2.14', '1/2.18']
    """
    return f"{ratio:.3g}" if ratio >= 1 else f"1/{1 / ratio:.3g}"


def _limit(answer: Priorities) -> float:
    spec = answer.spec
    ahp = next(iter(spec.matrices.values())) if isinstance(spec, AhpHierarchy) else spec
    return float(ahp.limit)


def _judge(judge: str, voice: Voice) -> str:
    """A judge as the head of a row or column."""
    text = voice(called(judge))
    return text.removeprefix("the ").capitalize() if judge == GROUP or judge.isdigit() else text


def _spoken(answer: Priorities, frame: pd.DataFrame, voice: Voice) -> pd.DataFrame:
    """The frame with matrices and judges by name."""
    frame = frame.assign(judge=[_judge(judge, voice) for judge in frame["judge"]])
    if "matrix" not in frame:
        return frame
    return frame.assign(matrix=[_dimension(answer, key, voice) for key in frame["matrix"]])


def _dimension(answer: Priorities, key: str, voice: Voice) -> str:
    """The name of a dimension, also where one of its indicators has the same id."""
    known = {part.id: part.name for part in answer.spec.system.dimensions} if isinstance(answer.spec, AhpHierarchy) else {}
    return voice(known[key]) if key in known else voice.name(key)


def _item(answer: Priorities, judged: pd.Series, which: str, voice: Voice) -> str:
    """The name of what was compared: a dimension between dimensions, an indicator inside one."""
    key = str(judged[which])
    return _dimension(answer, key, voice) if judged.get("matrix") == DIMENSIONS else voice.name(key)


def judged(weigh: Weighting) -> list[Priorities]:
    """What experts' judgements gave, wherever they are part of a weighting."""
    match weigh:
        case Ahp() | AhpHierarchy():
            return [weigh.measure()]
        case Combined():
            return [answer for part in weigh.parts for answer in judged(part)]
        case Levels():
            inside = (weigh.dimensions, weigh.indicators, *weigh.inside.values())
            return [answer for part in inside for answer in judged(part)]
    return []
