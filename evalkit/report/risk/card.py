"""How drift and the card of a model look."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from evalkit.report import theme
from evalkit.report.document import Figure, Table
from evalkit.report.estimates import PRINTED
from evalkit.report.poverty.indices import sentence
from evalkit.report.risk.lists import gap_tables
from evalkit.report.risk.scores import reliability_figure
from evalkit.report.risk.words import HEADS, PERCENT, between, in_percent, measure_called, risk_tables
from evalkit.report.verbs import figures, names, tables, words
from evalkit.report.words import Voice
from evalkit.risk.drift.drift import RULES, VERDICTS, Drifted
from evalkit.risk.keeping.card import SECTIONS, ModelCard
from evalkit.stats.ranks import even
from evalkit.terms import Text

SHIFTS = Text("风险与各特征的分布变化", "Shifts of the risk and its features")
RATES = Text("各时期的水平与校准", "Levels and calibration by period")
JUDGED = Text("判断规则", "Rules of the verdict")
SIZES = {"small": Text("小", "small"), "moderate": Text("中等", "moderate"), "large": Text("大", "large")}
MET = {"yes": Text("是", "yes"), "no": Text("否", "no"), "unknown": Text("无法判断", "cannot be judged")}
CARD = Text("模型说明卡", "Model card")
CARD_SCORES = Text("误差与得分", "Errors and scores")
PERIOD = Text("时期", "Period")


@tables.register
def _(answer: Drifted, voice: Voice) -> tuple[Table, ...]:
    frame = answer.frame
    heads = {
        "psi": Text("PSI", "PSI"),
        "expected": Text("无漂移时的期望值", "Expected without drift"),
        "df": Text("自由度", "Degrees of freedom"),
        "p_adjusted": Text("校正后 p 值", "Adjusted p-value"),
    }
    printed = pd.DataFrame(
        {
            voice(Text("变量", "Variable")): [voice.name(one) for one in frame["column"]],
            voice(PERIOD): [voice.name(one) for one in frame["period"]],
        }
    )
    for column, head in heads.items():
        printed[voice(head)] = frame[column].to_numpy()
    printed[voice(Text("幅度", "Size"))] = [voice(SIZES[one]) for one in frame["size"]]
    printed[voice(Text("超出随机波动", "Beyond chance"))] = [voice(MET["yes" if one else "no"]) for one in frame["beyond_chance"]]
    digits = {voice(heads["psi"]): 4, voice(heads["expected"]): 4, voice(heads["p_adjusted"]): 4}
    shifts = Table(key="drift", caption=SHIFTS, frame=printed, decimals=digits, show=PRINTED)
    rates = answer.rates.assign(
        period=[voice(HEADS["reference"]) if one is None else voice.name(one) for one in answer.rates["period"]]
    )
    return shifts, *risk_tables(rates, voice, "drift_rates", RATES), rules_table(answer.rules, voice)


def rules_table(rules: pd.DataFrame, voice: Voice) -> Table:
    """Each rule, the figure it was judged by, and what it asks for."""
    heads = {
        "found": Text("数值", "Found"),
        "limit": Text("界限", "Limit"),
    }
    printed = pd.DataFrame({voice(Text("规则", "Rule")): [voice(RULES[one]) for one in rules["rule"]]})
    printed[voice(PERIOD)] = [None if one is None else voice.name(one) for one in rules["period"]]
    for column, head in heads.items():
        printed[voice(head)] = rules[column].to_numpy(dtype=float)
    printed[voice(Text("是否触发", "Met"))] = [voice(MET[one]) for one in rules["met"]]
    printed[voice(Text("触发则", "Asks to"))] = [voice(VERDICTS[one]) for one in rules["leads_to"]]
    return Table(key="drift_rules", caption=JUDGED, frame=printed)


@figures.register
def _(answer: Drifted, voice: Voice) -> tuple[Figure, ...]:
    drawn = [_shifts(answer, voice)]
    seen = answer.rates[answer.rates["measure"] == "observed"]
    return (*drawn, _levels(answer, voice)) if len(seen) > 1 else tuple(drawn)


def _shifts(answer: Drifted, voice: Voice) -> Figure:
    """The index of each column in the latest period, beside what chance makes of it."""
    latest = answer.frame["period"].iloc[-1]
    rows = answer.frame[answer.frame["period"] == latest]
    rows = pd.concat([rows.head(1), rows.iloc[1:].sort_values("psi", ascending=False, kind="stable", key=even).head(24)])
    limits = answer.spec.rules

    def draw() -> Canvas:
        canvas, axes = theme.new_figure(6.6, 1.5 + 0.26 * len(rows))
        place = np.arange(len(rows))
        colors = [theme.PALETTE[1] if one else theme.PALETTE[0] for one in rows["beyond_chance"]]
        axes.barh(place, rows["psi"].to_numpy(dtype=float), color=colors, height=0.6)
        axes.plot(rows["expected"].to_numpy(dtype=float), place, "|", color="black", ms=9, mew=1.5)
        for limit in (limits.some, limits.much):
            axes.axvline(limit, color="0.35", lw=1, ls="--")
        axes.set_yticks(place, [theme.wrapped(voice.name(one), 34) for one in rows["column"]], fontsize=7.5)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(0, max(1.08 * float(rows["psi"].max()), 1.12 * limits.much))
        said = Text(
            "群体稳定性指数 PSI（短竖线：无漂移时的期望值；虚线：界限）",
            "Population stability index (tick: expected without drift; dashed: limits)",
        )
        axes.set_xlabel(voice(said))
        axes.grid(visible=False, axis="y")
        keys = [
            (theme.PALETTE[0], voice(Text("随机波动之内", "within chance"))),
            (theme.PALETTE[1], voice(Text("超出随机波动", "beyond chance"))),
        ]
        theme.keys_below(axes, keys)
        return canvas

    named = voice.name(latest)
    caption = Text(f"{SHIFTS.zh}（{named}）", f"{SHIFTS.en} ({named})")
    alt = Text(
        "条为 PSI，竖线为无漂移时的期望值，虚线为两道界限。",
        "Bars are the index, ticks what chance makes of it, dashed lines the limits.",
    )
    return Figure(key="drift", caption=caption, draw=draw, alt=voice(alt))


def _levels(answer: Drifted, voice: Voice) -> Figure:
    """What was said and what happened, period by period."""

    def draw() -> Canvas:
        canvas, axes = theme.new_figure(6.4, 3.8)
        periods = list(dict.fromkeys(answer.rates["period"]))
        for at, measure in enumerate(("predicted", "observed")):
            rows = answer.rates[answer.rates["measure"] == measure]
            x = np.array([periods.index(one) for one in rows["period"]]) + 0.08 * (at - 0.5)
            mid, low, high = (100 * rows[name].to_numpy(dtype=float) for name in ("estimate", "ci_low", "ci_high"))
            axes.vlines(x, low, high, color=theme.PALETTE[at], lw=3, alpha=0.35)
            axes.plot(x, mid, label=voice(PERCENT[measure]), **theme.line(at))
        labels = [voice(Text("基准期", "reference")) if one is None else voice.name(one) for one in periods]
        axes.set_xticks(range(len(periods)), labels)
        axes.set_ylabel(voice(Text("比例（%）", "Share (%)")))
        axes.set_ylim(bottom=0)
        theme.legend_below(axes)
        return canvas

    alt = Text("两条线为各时期的预测与实际发生率及其区间。", "Two lines: predicted and observed rates by period, with intervals.")
    return Figure(key="drift_rates", caption=RATES, draw=draw, alt=voice(alt))


@words.register
def _(answer: Drifted, voice: Voice) -> str:
    met = answer.rules[answer.rules["met"] == "yes"]
    parts = [voice(Text("漂移监测的结论是{verdict}", "Verdict on drift: {verdict}"), verdict=VERDICTS[answer.verdict])]
    if len(met):
        text = Text("触发的规则：{which}", "rules met: {which}")
        reasons = voice(Text("；", "; ")).join(voice(RULES[one]) for one in met["rule"])
        parts.append(voice(text, which=reasons))
    else:
        parts.append(voice(Text("没有规则被触发", "no rule is met")))
    moved = answer.frame[answer.frame["beyond_chance"] & (answer.frame["size"] != "small")]["column"].drop_duplicates()
    if len(moved):
        text = Text("分布变化超出随机波动的有：{which}", "beyond chance moved: {which}")
        parts.append(voice(text, which=voice.listing([voice.name(one) for one in moved])))
    return sentence(parts, voice)


@names.register
def _(answer: ModelCard) -> Mapping[str, Text]:
    return answer.spec.names


@tables.register
def _(answer: ModelCard, voice: Voice) -> tuple[Table, ...]:
    told = answer.frame[voice.lang].tolist()
    printed = pd.DataFrame({voice(Text("项目", "Item")): [voice(SECTIONS[one]) for one in answer.frame["section"]]})
    printed[voice(Text("内容", "Content"))] = told
    found = [
        Table(key="card", caption=Text(f"{CARD.zh}：{answer.spec.name.zh}", f"{CARD.en}: {answer.spec.name.en}"), frame=printed)
    ]
    if len(answer.scores):
        found += risk_tables(answer.scores, voice, "card_scores", CARD_SCORES, {"budget": answer.budgets})
    found += gap_tables(answer.fairness, voice)
    if len(answer.drift):
        found.append(rules_table(answer.drift, voice))
    return tuple(found)


@figures.register
def _(answer: ModelCard, voice: Voice) -> tuple[Figure, ...]:
    return (reliability_figure(answer.reliability, voice),) if len(answer.reliability) else ()


@words.register
def _(answer: ModelCard, voice: Voice) -> str:
    said = answer.frame.set_index("section")[voice.lang]
    parts = [str(said["purpose"]), str(said["never"])]
    rows = answer.scores
    if len(rows) and (rows["measure"] == "exclusion_error").any():
        row = rows[rows["measure"] == "exclusion_error"].iloc[0]
        text = Text("{measure}为 {said}。", "{measure}: {said}.")
        told = between(row, voice, percent=in_percent("exclusion_error"))
        parts.append(voice(text, measure=measure_called("exclusion_error"), said=told))
    return ("" if voice.lang == "zh" else " ").join(parts)
