"""How the audit of a printed table looks: words an editor can send to an author, verdicts by step, and the cells that do not fit."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from evalkit.coupling.audit.audit import CouplingAudit
from evalkit.report import theme
from evalkit.report.document import Figure, Table
from evalkit.report.verbs import figures, tables, words
from evalkit.report.words import Voice
from evalkit.terms import TERMS, Text

KINDS = {"right": Text("算法", "computation"), "error": Text("错误", "error")}
BEST = 4  # hypotheses shown of each kind, computations and errors

STEPS: dict[str, Text] = {
    "Z": Text("标准化值", "normalized figures"),
    "W": Text("指标权重", "weights"),
    "U": Text("系统指数 U", "systems U"),
    "C": Text("耦合度 C", "coupling degree C"),
    "T": Text("综合发展指数 T", "development index T"),
    "D": Text("耦合协调度 D", "coordination degree D"),
    "grade": Text("协调等级", "grades"),
    "table": Text("全表", "the table"),
}
OUTCOMES: dict[str, Text] = {
    "reproduced": Text("可再现", "reproduced"),
    "error": Text("发现错误", "an error explains it"),
    "nothing": Text("不能再现", "nothing reproduces it"),
    "undecided": Text("无法判定", "undecided"),
    "not_printed": Text("未列出", "not printed"),
    "unchecked": Text("未检查", "not checked"),
}
ROUNDINGS: dict[str, Text] = {
    "rounded": Text("四舍五入", "rounded"),
    "cut": Text("截尾", "cut"),
    "either": Text("舍入与截尾并存", "rounded and cut"),
    "": Text("", ""),
}
ADVICE: dict[str, Text] = {
    "lost_coefficient": Text("请补上系数 n，重算 C、D 与等级。", "Please restore the coefficient n and compute C, D and the grades again."),
    "lost_denominator": Text("请补上分母 ΣU/n，重算 C、D 与等级。", "Please restore the denominator ΣU/n and compute C, D and the grades again."),
    "lost_power": Text("请核对分母的乘方，重算 C、D 与等级。", "Please check the power of the denominator and compute C, D and the grades again."),
    "d_as_c": Text("请核对两列是否互换或误填。", "Please check whether the columns were exchanged."),
    "c_as_d": Text("请按 D = √(C·T) 重算协调度。", "Please compute the coordination degree as D = √(C·T)."),
    "t_as_d": Text("请按 D = √(C·T) 重算协调度。", "Please compute the coordination degree as D = √(C·T)."),
    "lost_root": Text("请对 C·T 开平方后重算等级。", "Please take the square root of C·T and grade again."),
    "wrong_root": Text("请核对开方次数。", "Please check the order of the root."),
    "rescaled": Text("请直接以所列 U 计算，或说明为何再次归一化：再次归一化使各组最差一期的 D 几乎为零。", "Please compute from the printed U, or say why they were rescaled: it brings D of the worst row of each group near zero."),
    "not_to_one": Text("请核对 T 的权重，使其和为 1。", "Please check the shares in T, which should sum to one."),
    "both_systems": Text("请使各系统内部的指标权重和为 1，再取 T = Σa·U（Σa = 1）。", "Please let the weights of the indicators sum to one within each system, and take T = Σ a·U with Σ a = 1."),
    "sum": Text("请取 T = Σa·U（Σa = 1）。", "Please take T = Σ a·U with Σ a = 1."),
    "outside": Text("请说明指数的标准化方法；耦合度要求指数在 [0, 1] 内。", "Please say how the indices were normalized: a coupling degree needs indices in [0, 1]."),
    "by_entropy": Text("请以 1 − e 而非 e 计算熵权。", "Please compute entropy weights from 1 − e, not from e."),
    "no_shares": Text("请先求比重 p = Z/ΣZ，再取 p ln p。", "Please take p ln p on the shares p = Z/ΣZ."),
    "reversed": Text("请核对所列指标的方向。", "Please check the direction of the indicators named."),
}  # fmt: skip
OTHERWISE = Text(
    "请核对这一步的计算，并重算其后各列。", "Please check the computation of this step, and compute the columns after it again."
)


@words.register
def _(answer: CouplingAudit, voice: Voice) -> str:
    here = answer.verdicts.loc[answer.at or "table"]
    step = voice(STEPS[answer.at or "table"])
    message = str(here[f"message_{voice.lang}"])
    match answer.outcome:
        case "reproduced":
            steps = [
                s for s in ("C", "T", "D") if s in answer.verdicts.index and answer.verdicts.loc[s, "outcome"] == "reproduced"
            ]
            said = [
                f"{s}：{_message(answer, s, voice)}" if voice.lang == "zh" else f"{s}: {_message(answer, s, voice)}"
                for s in steps
            ]
            listed = ("；" if voice.lang == "zh" else ". ").join(said)
            head = voice(
                Text(
                    "所列数值可由所列系统指数再现。{listed}。", "The printed figures follow from the printed systems. {listed}."
                ),
                listed=listed,
            )
            return head + _strays(answer, voice)
        case "error":
            return voice(FOUND, step=step, message=message) + _counts(answer, voice) + voice(_advice(str(here["hypothesis"])))
        case "nothing":
            return voice(NOTHING, step=step, tried=int((answer.frame["step"] == answer.at).sum())) + _nearest(answer, voice)
        case _:
            return voice(UNDECIDED, step=step, message=message)


FOUND = Text("核算在“{step}”一步发现问题：{message}。", "At the step “{step}” the audit found: {message}. ")
NOTHING = Text(
    "“{step}”一列不能再现：已试 {tried} 种算法，均不足以说明所列数值。请作者提供计算过程或原始数据。",
    "The {step} cannot be reproduced: {tried} ways to compute it were tried, and none accounts for the printed figures. Please give the "
    "computation or the raw data. ",
)
UNDECIDED = Text(
    "“{step}”一步无法判定：{message}。给出更多小数位或更多行即可区分。",
    "The step “{step}” is undecided: {message}. More decimals or more rows would tell.",
)
COUNTS = Text(
    "该算法再现 {cells} 格中的 {hits} 格；不含此错误的算法至多再现 {right} 格。",
    "It reproduces {hits} of {cells} cells; no computation without this error reproduces more than {right}. ",
)


def _message(answer: CouplingAudit, step: str, voice: Voice) -> str:
    return str(answer.verdicts.loc[step, f"message_{voice.lang}"])


def _counts(answer: CouplingAudit, voice: Voice) -> str:
    """How many cells the error explains, and how many the best computation without it."""
    here = answer.verdicts.loc[answer.at]
    tried = answer.frame[(answer.frame["step"] == answer.at) & (answer.frame["kind"] == "right")]
    if tried.empty or not here["cells"]:
        return ""
    right = int(tried["reproduced"].max())
    return voice(COUNTS, hits=here["reproduced"], cells=here["cells"], right=right)


def _nearest(answer: CouplingAudit, voice: Voice) -> str:
    tried = answer.frame[answer.frame["step"] == answer.at]
    if tried.empty:
        return ""
    hits, cells = max(zip(tried["reproduced"], tried["cells"], strict=True))
    text = Text("最接近的算法也只再现 {cells} 格中的 {hits} 格。", "The nearest reproduces {hits} of {cells} cells.")
    return voice(text, hits=hits, cells=cells)


def _strays(answer: CouplingAudit, voice: Voice) -> str:
    count = len(answer.cells)
    return (
        voice(Text("另有不符的格 {n} 个，疑为排印之误。", " Cells that do not fit and may be misprints: {n}."), n=count)
        if count
        else ""
    )


def _advice(hypothesis: str) -> Text:
    """What to ask of the author, by the error."""
    parts = [part for part in hypothesis.replace("from_systems|", "").split("|") if part != "chain"]
    key = next((key for part in parts for key in ADVICE if part.startswith(key)), "")
    return ADVICE.get(key, OTHERWISE)


@tables.register
def _(answer: CouplingAudit, voice: Voice) -> tuple[Table, ...]:
    made = [verdicts(answer, voice)]
    if len(answer.cells):
        made.append(misfits(answer, voice))
    return (*made, hypotheses(answer, voice)) if len(answer.frame) else tuple(made)


def verdicts(answer: CouplingAudit, voice: Voice) -> Table:
    """The verdict on each step."""
    rows = answer.verdicts
    tried = rows["cells"] > 0
    printed = pd.DataFrame(
        {
            voice(Text("步骤", "Step")): [voice(STEPS[step]) for step in rows.index],
            voice(Text("结论", "Verdict")): [voice(OUTCOMES[one]) for one in rows["outcome"]],
            voice(Text("说明", "What reproduces it")): rows[f"message_{voice.lang}"].to_numpy(),
            voice(Text("再现格数", "Cells")): [
                f"{a}/{b}" if t else "" for a, b, t in zip(rows["reproduced"], rows["cells"], tried, strict=True)
            ],
            voice(Text("可区分格数", "Cells that tell")): [
                str(a) if t else "" for a, t in zip(rows["told_apart"], tried, strict=True)
            ],
            voice(Text("尾数", "Last digit")): [voice(ROUNDINGS[one]) for one in rows["rounding"]],
        }
    )
    note = Text(
        "可区分格数：所列算法可再现、而次优算法不能再现的格数。",
        "Cells that tell: those the named computation reproduces and the next best does not.",
    )
    caption = Text("逐步核算结论", "Verdicts step by step")
    return Table(key="verdicts", caption=caption, frame=printed, note=voice(note))


def misfits(answer: CouplingAudit, voice: Voice) -> Table:
    """The cells that do not fit, with what should stand there."""
    cells = answer.cells
    shown = pd.DataFrame({voice(Text("行", "Row")): cells["row"].to_numpy()})
    for key in ("unit", "period"):
        if cells[key].notna().any():
            shown[TERMS[key].say(voice.lang)] = cells[key].map(str).to_numpy()
    shown[voice(Text("列", "Column"))] = cells["column"].to_numpy()
    shown[voice(Text("印出值", "Printed"))] = cells["printed"].to_numpy(dtype=float)
    shown[voice(Text("应不小于", "At least"))] = cells["least"].to_numpy(dtype=float)
    shown[voice(Text("应不大于", "At most"))] = cells["greatest"].to_numpy(dtype=float)
    miss = voice(Text("相差（末位单位）", "Off by (last place)"))
    shown[miss] = cells["miss"].to_numpy(dtype=float)
    decimals = dict.fromkeys(shown.columns[-4:-1], 4) | {miss: 1}
    return Table(key="misfits", caption=Text("不符的格", "Cells that do not fit"), frame=shown, decimals=decimals, show=40)


def hypotheses(answer: CouplingAudit, voice: Voice) -> Table:
    """The hypotheses tried on each step, the best first."""
    rows = _best(answer)
    printed = pd.DataFrame(
        {
            voice(Text("步骤", "Step")): [voice(STEPS[step]) for step in rows["step"]],
            voice(Text("所试算法", "Tried")): [voice(answer.labels[key]) for key in rows["hypothesis"]],
            voice(Text("类别", "Kind")): [voice(KINDS[kind]) for kind in rows["kind"]],
            voice(Text("再现格数", "Cells")): [f"{a}/{b}" for a, b in zip(rows["reproduced"], rows["cells"], strict=True)],
            voice(Text("最大偏差（末位单位）", "Worst miss (last place)")): rows["worst_miss"].to_numpy(),
        }
    )
    caption = Text(
        f"所试算法（每步每类最好的 {BEST} 种）", f"What was tried (the best {BEST} computations and errors of each step)"
    )
    return Table(key="hypotheses", caption=caption, frame=printed, decimals={printed.columns[-1]: 1})


def _best(answer: CouplingAudit) -> pd.DataFrame:
    """The best computations and the best errors of each step, step after step."""
    kept = answer.frame.groupby(["step", "kind"], sort=False).head(BEST)
    return kept.sort_index()


@figures.register
def _(answer: CouplingAudit, voice: Voice) -> tuple[Figure, ...]:
    return (shares(answer, voice),) if len(answer.frame) else ()


def _colored(kind: str) -> str:
    return theme.PALETTE[list(KINDS).index(kind)]


def shares(answer: CouplingAudit, voice: Voice) -> Figure:
    """The share of cells that the best hypotheses of one step reproduce: the step that went wrong, else the last."""
    steps = list(dict.fromkeys(answer.frame["step"]))
    step = answer.at if answer.at in steps else steps[-1]
    rows = _best(answer).query("step == @step").iloc[::-1]

    def draw() -> Canvas:
        canvas, axes = theme.new_figure(7.0, 0.9 + 0.42 * len(rows))
        colors = [_colored(kind) for kind in rows["kind"]]
        axes.barh(np.arange(len(rows)), rows["share"] * 100, color=colors, edgecolor="0.4", linewidth=0.4)
        for at, (hits, cells, share) in enumerate(zip(rows["reproduced"], rows["cells"], rows["share"], strict=True)):
            axes.text(share * 100 + 1, at, f"{hits}/{cells}", va="center", fontsize=7)
        labels = [theme.wrapped(voice(answer.labels[key]), 52) for key in rows["hypothesis"]]
        axes.set_yticks(np.arange(len(rows)), labels, fontsize=7)
        axes.set(xlim=(0, 112), xlabel=voice(Text("可再现的格（%）", "Cells reproduced (%)")))
        axes.grid(visible=False, axis="y")
        present = [kind for kind in KINDS if (rows["kind"] == kind).any()]
        theme.keys_below(axes, [(_colored(kind), voice(KINDS[kind])) for kind in present])
        return canvas

    caption = Text("“{step}”：各算法可再现的格", "The {step}: cells that each computation reproduces").format(step=STEPS[step])
    alt = Text(
        "条形图：{step} 一步各算法可再现的格所占百分比。",
        "Bar chart: share of the cells of the {step} that each computation reproduces.",
    )
    return Figure(key=f"reproduced_{step}", caption=caption, draw=draw, alt=voice(alt, step=STEPS[step]))


def as_json(answer: CouplingAudit) -> bytes:
    """The answer as JSON, for programs: outcome, step, verdicts, cells, hypotheses and notes."""
    said = {
        "outcome": answer.outcome,
        "at": answer.at,
        "verdicts": json.loads(answer.verdicts.reset_index().to_json(orient="records", force_ascii=False)),
        "cells": json.loads(answer.cells.to_json(orient="records", force_ascii=False)),
        "hypotheses": json.loads(answer.frame.to_json(orient="records", force_ascii=False)),
        "notes": [{"kind": note.kind, "zh": note.text.zh, "en": note.text.en} for note in answer.notes],
    }
    return json.dumps(said, ensure_ascii=False, indent=1).encode("utf-8")
