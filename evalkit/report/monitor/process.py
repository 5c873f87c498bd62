"""How process quality looks: days from signal to visit and help, who waits, and the four indicators of monitoring."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from evalkit.monitor.process.process import STEPS, Process
from evalkit.report import theme
from evalkit.report.document import Block, Figure, Heading, Paragraph, Table
from evalkit.report.monitor.tables import ALL, HOME_KINDS, LEAST, NOT_SHOWN, PRINTED, first_capital
from evalkit.report.verbs import figures, tables, words
from evalkit.report.words import Voice
from evalkit.stats.arrays import Array, Codes, Mask
from evalkit.stats.suppression import suppressed
from evalkit.terms import Text

STEP_DAYS = Text("各环节所需天数", "Days between steps")
GRADED = Text("监测帮扶工作质量", "Quality of monitoring and help")
WHERE = {"county": Text("县", "County"), "kind": Text("对象类型", "Kind")}
STEP = Text("环节", "Step")
DAYS: dict[str, Text] = {
    "n": Text("完成户次", "Cases done"),
    "median": Text("中位天数", "Median days"),
    "p90": Text("九成不超过（天）", "Nine in ten within (days)"),
    "in_time": Text("按期率（%）", "In time (%)"),
    "waiting": Text("尚在等待", "Still waiting"),
    "waiting_mean": Text("已等待平均天数", "Mean days waited"),
}
INDICATORS: dict[str, Text] = {
    "G21": Text("风险消除率（%）", "Risk resolved (%)"),
    "G22": Text("新致贫返贫发生率（%）", "New cases per 100"),
    "G23": Text("抽样漏测率（%）", "Missed in a sample (%)"),
    "G24": Text("发现到帮扶平均天数", "Mean days, detection to help"),
}
CODES = {name: Text(f"{name} {text.zh}", f"{name} {text.en}") for name, text in INDICATORS.items()}
UNSEEN = Text(
    "“—”：户数不足 {least} 户或为防止推算而不列出，或无从计算。天数与比例只在所依户数不少于 {least} 户时列出。",
    "“—”: resting on fewer than {least} homes, hidden lest these be computed, or not to be said. Days and rates are shown where they "
    "rest on {least} homes or more.",
)
LEAD = Text(
    "本章依据监测帮扶台账（截至 {day}），评价发现、核实与帮扶是否及时，不评价任何农户；户数过少的数字不列出。",
    "This chapter rests on the ledger of monitoring (as known on {day}). It is about whether homes are found, visited and helped in time, "
    "not about any home; figures of few homes are not shown.",
)


def monitoring_chapter(process: Process | None, voice: Voice, *, least: int = LEAST) -> list[Block]:
    """The chapter of an assessment on monitoring: the indicators G21–G24, the days between steps, and who waits; nothing without.

    Notes that hold counts of homes are not printed: the tables tell them as far as they may be told.
    """
    if process is None:
        return []
    lead = voice(LEAD, day=process.as_of.isoformat())
    notes = [Paragraph(note.say(voice.lang), role="note") for note in process.notes if note.kind != "caution"]
    return [
        Heading(voice(Text("监测帮扶", "Monitoring and help"))),
        Paragraph(lead),
        Paragraph(said(process, voice, least)),
        indicator_table(process, voice, least),
        Heading(voice(STEP_DAYS), level=2),
        *day_figure(process, voice, least),
        step_table(process, voice, least),
        *notes,
    ]


def step_table(process: Process, voice: Voice, least: int = LEAST, *, counts: bool = True) -> Table:
    """Days of each step by group, all together last; what rests on few homes is missing.

    Without `counts` it has days and rates alone: numbers of cases so far, taken from one month to the next, would tell what
    happened in a month in places where that is not shown.
    """
    over = _over(process)
    parts = []
    for step, (_, _, name) in STEPS.items():
        every = pd.concat([process.frame[process.frame["step"] == step], process.total[process.total["step"] == step]])
        shown = _shown(every["n"].to_numpy(), least), _shown(every["waiting"].to_numpy(), least)
        part = pd.DataFrame({voice(STEP): first_capital(voice(name)), voice(WHERE[over]): _named(every[over], voice)})
        due = every["due"].astype("Float64").fillna(0).to_numpy(dtype=float) >= least
        masks = {"n": shown[0], "median": shown[0], "p90": shown[0], "in_time": shown[0] & due}
        masks |= {"waiting": shown[1], "waiting_mean": shown[1]}
        for column, mask in masks.items():
            if not counts and column in ("n", "waiting", "waiting_mean"):
                continue
            values = every[column].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
            part[voice(DAYS[column])] = np.where(mask, values * (100 if column == "in_time" else 1), np.nan)
        parts.append(part)
    digits = {voice(head): 0 for head in DAYS.values()} | {voice(DAYS["waiting_mean"]): 1, voice(DAYS["median"]): 1}
    frame = pd.concat(parts, ignore_index=True)
    note = voice(UNSEEN, least=least)
    return Table(key="process_days", caption=STEP_DAYS, frame=frame, decimals=digits, note=note, show=PRINTED)


def indicator_table(process: Process, voice: Voice, least: int = LEAST, *, counts: bool = True) -> Table:
    """The four indicators by group, those that rest on few homes or give a small count away missing.

    Without `counts` (see `step_table`) G22 is left out, for it is a count over a population that is known.
    """
    figures_ = indicators_shown(process, least)
    printed = pd.DataFrame({voice(WHERE[_over(process)]): _named(pd.Series(figures_.index), voice)})
    digits = {}
    for name, head in CODES.items():
        if name == "G22" and not counts:
            continue
        printed[voice(head)] = figures_[name].to_numpy(dtype=float)
        digits[voice(head)] = 3 if name == "G22" else 1
        if name == "G23" and figures_["G23"].notna().any():
            for end, said_ in (("ci_low", Text("G23 下限", "G23 lower")), ("ci_high", Text("G23 上限", "G23 upper"))):
                printed[voice(said_)] = figures_[end].to_numpy(dtype=float)
                digits[voice(said_)] = 1
    note = voice(UNSEEN, least=least) if printed.isna().to_numpy().any() else ""
    return Table(key="process_indicators", caption=GRADED, frame=printed, decimals=digits, note=note, show=PRINTED)


def day_figure(process: Process, voice: Voice, least: int = LEAST, most: int = 40) -> tuple[Figure, ...]:
    """Median days from signal to visit and to first help by group, the slowest visits first."""
    over = _over(process)
    steps = {step: process.frame[process.frame["step"] == step].set_index(over) for step in ("signal_to_visit", "signal_to_help")}
    kept = {
        step: rows[_shown(np.append(rows["n"], rows["n"].sum()), least)[:-1] & (rows["n"] > 0)] for step, rows in steps.items()
    }
    order = kept["signal_to_visit"].sort_values("median", ascending=False, kind="stable").head(most).index
    if not len(order):
        return ()

    def draw() -> Canvas:
        canvas, axes = theme.new_figure(7.0, 1.3 + 0.24 * len(order))
        for at, (step, rows) in enumerate(kept.items()):
            days = rows["median"].reindex(order).to_numpy(dtype=float)
            look: dict[str, Any] = {**theme.line(at), "ls": "", "ms": 5}
            axes.plot(days, np.arange(len(order)), label=voice(STEPS[step][2]), **look)
        limit = process.spec.within_days_visit
        axes.axvline(limit, color="0.4", lw=1, ls="--", label=voice(Text("入户期限", "limit for the visit")))
        axes.set_yticks(np.arange(len(order)), [voice.name(one) for one in order], fontsize=7.5)
        axes.set_ylim(len(order) - 0.4, -0.6)
        axes.set_xlim(left=0)
        axes.set_xlabel(voice(DAYS["median"]))
        axes.grid(visible=False, axis="y")
        theme.legend_below(axes)
        return canvas

    alt = Text("点图：各地预警到入户、到帮扶的中位天数。", "Dots: median days from signal to visit and to help, by place.")
    return (Figure(key="process_days", caption=STEP_DAYS, draw=draw, alt=voice(alt)),)


def said(process: Process, voice: Voice, least: int = LEAST, *, counts: bool = True) -> str:
    """All groups together in a sentence or two; `counts` as in `step_table`, and shown where that shows them."""
    total = process.total.set_index("step")
    text = Text(
        "{step}：已完成 {n} 户次，中位 {median:.0f} 天，九成不超过 {p90:.0f} 天",
        "{step}: {n} cases, {median:.0f} days in the middle, nine in ten within {p90:.0f}",
    )
    days = Text(
        "{step}中位 {median:.0f} 天，九成不超过 {p90:.0f} 天",
        "{step}: {median:.0f} days in the middle, nine in ten within {p90:.0f}",
    )
    few = Text("{step}：完成户次过少，天数不列出", "{step}: too few cases, days not shown")
    parts = []
    for step in ("signal_to_visit", "signal_to_help"):
        row, name = total.loc[step], STEPS[step][2]
        if _total_shown(process, step, "n", least) and row["n"]:
            figures_ = {"n": f"{int(row['n']):,}", "median": row["median"], "p90": row["p90"]}
            parts.append(voice(text if counts else days, step=name, **figures_))
        else:
            parts.append(voice(few, step=name))
    if counts:
        shown = _total_shown(process, "signal_to_visit", "waiting", least)
        still = f"{int(total['waiting'].loc['signal_to_visit']):,}" if shown else voice(NOT_SHOWN)
        parts.append(voice(Text("尚待入户：{n}", "still waiting for a visit: {n}"), n=still))
    end, between = ("。", "；") if voice.lang == "zh" else (".", "; ")
    return first_capital(between.join(parts)) + end


def _total_shown(process: Process, step: str, column: str, least: int) -> bool:
    """Whether the table shows the total of a column of counts."""
    counts = process.frame.loc[process.frame["step"] == step, column].to_numpy()
    return bool(_shown(np.append(counts, counts.sum()), least)[-1])


def indicators_shown(process: Process, least: int) -> pd.DataFrame:
    """G21–G24 by group, missing where they rest on few homes, or where a small count would follow from them."""
    counts = process.counts.droplevel("period")
    table = process.panel.droplevel("period").astype(float)
    resolved, ever = (counts[name].to_numpy(dtype=np.intp) for name in ("resolved", "ever_included"))
    hidden = suppressed(np.column_stack([resolved, ever - resolved]), least).hidden[:-1]
    enough = {
        name: counts[name].to_numpy(dtype=float) >= least if name in counts else np.zeros(len(counts), dtype=bool)
        for name in ("qualify", "helped")
    }
    new = counts["included"].to_numpy(dtype=np.intp)
    table["G21"] = table["G21"].mask(np.asarray(hidden.any(axis=1)))
    table["G22"] = table["G22"].where(_shown(np.append(new, new.sum()), least)[:-1])
    table["G23"] = table["G23"].where(enough["qualify"])
    table["G24"] = table["G24"].where(enough["helped"])
    for end in ("ci_low", "ci_high"):
        table[end] = counts[end].where(enough["qualify"]) if end in counts else np.nan
    return table


def _shown(with_total: Array | Codes, least: int) -> Mask:
    """Which counts of a column that ends with its total are shown."""
    counts = np.asarray(with_total).astype(np.intp)[:-1, None]
    return ~suppressed(counts, least, totals=(False, True)).hidden.ravel()


def _over(process: Process) -> str:
    return str(process.frame.columns[0])


def _named(groups: pd.Series, voice: Voice) -> list[str]:
    kinds = {name: voice(text) for name, text in HOME_KINDS.items()}
    return [voice(ALL) if pd.isna(one) else kinds.get(str(one), voice.name(one)) for one in groups]


@tables.register
def _(answer: Process, voice: Voice) -> tuple[Table, ...]:
    return indicator_table(answer, voice), step_table(answer, voice)


@figures.register
def _(answer: Process, voice: Voice) -> tuple[Figure, ...]:
    return day_figure(answer, voice)


@words.register
def _(answer: Process, voice: Voice) -> str:
    return said(answer, voice)
