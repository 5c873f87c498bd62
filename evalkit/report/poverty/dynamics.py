"""How poverty over time looks: moves, persistence, spells, attrition, hazards and vulnerability."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from evalkit.poverty.dynamics.attrition import AttritionTable
from evalkit.poverty.dynamics.hazard import HazardRatios
from evalkit.poverty.dynamics.moves import PovertyMoves
from evalkit.poverty.dynamics.persistence import Persistence
from evalkit.poverty.dynamics.spells import Spells
from evalkit.poverty.dynamics.vulnerability import VulnerabilityModel, VulnerabilityScores
from evalkit.report import theme
from evalkit.report.document import Figure, Table
from evalkit.report.estimates import ERROR, ESTIMATE, HIGH, LOW, ROWS, estimated, grouping, interval, one, whiskers
from evalkit.report.poverty.indices import all_or_ends, sentence
from evalkit.report.poverty.measures import MEASURES, called
from evalkit.report.verbs import figures, tables, words
from evalkit.report.words import Voice
from evalkit.stats.ranks import even
from evalkit.terms import Text

MOVES = Text("贫困的进入、退出与返回", "Entry into poverty, exit and return")
MATRIX = Text("贫困状态的转移（行为前期，%）", "Moves in and out of poverty (rows: before, %)")
STATES = {"not_poor": Text("非贫困", "not poor"), "poor": Text("贫困", "poor")}
LASTING = Text("长期贫困与暂时贫困", "Chronic and transient poverty")
HAZARDS = Text("按已持续时间的脱贫率与返贫率", "Hazards of exit and return, by time in the state")
LOST = Text("各类住户的失访", "Attrition, by kind of home")
RATIOS = Text("返贫风险比", "Hazard ratios of return")
EXITS = Text("脱贫风险比", "Hazard ratios of exit")
EXPECTED = Text("脆弱性：预期贫困", "Vulnerability: expected poverty")
FITTED = Text("预期收入方程", "Equations of expected income")
TERM = Text("变量", "Term")
TERMS = {
    "const": Text("常数", "constant"),
    "duration": Text("已持续期数", "waves so far"),
    "log_duration": Text("已持续期数的对数", "log of the waves so far"),
}
EQUATIONS = {"mean": Text("均值", "mean"), "variance": Text("方差", "variance")}


@tables.register
def _(answer: PovertyMoves, voice: Voice) -> tuple[Table, ...]:
    printed = pd.DataFrame(
        {voice(Text("前期＼后期", "Before \\ after")): [voice(STATES[str(row)]) for row in answer.matrix.index]}
    )
    for column in answer.matrix.columns:
        printed[voice(STATES[str(column)])] = 100 * answer.matrix[column].to_numpy()
    digits = dict.fromkeys(printed.columns[1:], 1)
    moves = Table(key="poverty_matrix", caption=MATRIX, frame=printed, decimals=digits)
    return *estimated(answer.frame, voice, "poverty_moves", MOVES), moves


@figures.register
def _(answer: PovertyMoves, voice: Voice) -> tuple[Figure, ...]:
    return (whiskers(answer.frame, voice, "poverty_moves", MOVES),)


@words.register
def _(answer: PovertyMoves, voice: Voice) -> str:
    parts = [all_or_ends(answer.frame, name, voice) for name in ("entry", "stay")]
    seen = answer.frame[answer.frame["measure"] == "return"]
    if seen["estimate"].notna().any():
        again, fresh = one(answer.frame, "return"), one(answer.frame, "first_entry")
        text = Text(
            "刚脱贫户的返贫率为 {again}，是此前非贫困户入贫率（{fresh:.1%}）的 {times:.1f} 倍",
            "of those who had just left poverty {again} return, {times:.1f} times the rate of those not poor before ({fresh:.1%})",
        )
        times = again["estimate"] / fresh["estimate"] if fresh["estimate"] > 0 else np.inf
        said = interval(again, voice, percent=True)
        if np.isfinite(times):
            parts.append(voice(text, again=said, fresh=fresh["estimate"], times=times))
        else:
            parts.append(all_or_ends(answer.frame, "return", voice))
    return sentence(parts, voice)


@tables.register
def _(answer: Persistence, voice: Voice) -> tuple[Table, ...]:
    return estimated(answer.frame, voice, "persistence", LASTING)


@words.register
def _(answer: Persistence, voice: Voice) -> str:
    share, duration = one(answer.frame, "transient_share"), one(answer.frame, "chronic_headcount")
    text = Text(
        "{n} 期中，暂时贫困占总贫困的 {share}；长期贫困户占 {chronic}",
        "Over {n} waves transient poverty makes up {share} of all; {chronic} of homes are chronically poor",
    )
    said = {"share": interval(share, voice, percent=True), "chronic": interval(duration, voice, percent=True)}
    return sentence([voice(text, n=answer.waves, **said)], voice)


@tables.register
def _(answer: Spells, voice: Voice) -> tuple[Table, ...]:
    frame = answer.frame.drop(columns=[name for name in ("events", "survival") if name in answer.frame])
    (first,) = estimated(frame, voice, "spells", HAZARDS)
    printed = first.frame.assign(
        **{
            voice(Text("结束的段数", "Ended")): answer.frame["events"].to_numpy(),
            voice(Text("仍处于该状态（%）", "Still in the state (%)")): 100 * answer.frame["survival"].to_numpy(),
        }
    )
    decimals = first.decimals | {str(printed.columns[-1]): 1}
    return (Table(key=first.key, caption=HAZARDS, frame=printed, decimals=decimals),)


@figures.register
def _(answer: Spells, voice: Voice) -> tuple[Figure, ...]:
    def draw() -> Canvas:
        canvas, axes = theme.new_figure(6.8, 3.8)
        for at, (name, rows) in enumerate(answer.frame.groupby("measure", sort=False)):
            look = theme.line(at)
            axes.plot(rows["duration"], 100 * rows["estimate"], label=voice(called(str(name))), **look)
            low, high = 100 * rows["ci_low"], 100 * rows["ci_high"]
            axes.fill_between(rows["duration"], low, high, color=look["color"], alpha=0.2, lw=0)
        axes.set_xticks(sorted(answer.frame["duration"].unique()))
        axes.set(xlabel=voice(Text("已持续的期数", "Waves in the state")), ylabel="%")
        axes.set_ylim(bottom=0)
        theme.legend_below(axes)
        return canvas

    alt = Text("折线图：{words}", "Line chart. {words}")
    return (Figure(key="spells", caption=HAZARDS, draw=draw, alt=voice(alt, words=words(answer, voice))),)


@words.register
def _(answer: Spells, voice: Voice) -> str:
    parts = []
    for name, rows in answer.frame.groupby("measure", sort=False):
        first, last = rows.iloc[0], rows.iloc[-1]
        text = Text(
            "{measure}在第 {a} 期后为 {p:.1%}，第 {b} 期后为 {q:.1%}",
            "{measure}: {p:.1%} after {a} waves in the state, {q:.1%} after {b}",
        )
        said = {"a": first["duration"], "p": first["estimate"], "b": last["duration"], "q": last["estimate"]}
        parts.append(voice(text, measure=called(str(name)), **said))
    return sentence(parts, voice)


@tables.register
def _(answer: AttritionTable, voice: Voice) -> tuple[Table, ...]:
    return estimated(answer.frame, voice, "attrition", LOST)


@words.register
def _(answer: AttritionTable, voice: Voice) -> str:
    rows = answer.frame.sort_values("estimate", kind="stable", key=even)
    text = Text(
        "各类住户的失访率为 {low:.1%} 至 {high:.1%}；留存户按类加权补偿",
        "Between {low:.1%} and {high:.1%} of the homes of a kind were lost; those that stayed are weighted up",
    )
    return sentence([voice(text, low=rows["estimate"].iloc[0], high=rows["estimate"].iloc[-1])], voice)


def term(name: object, voice: Voice) -> str:
    """What a regressor is called: a column, a level of one, a time spent, or the constant."""
    column, _, level = str(name).partition("=")
    if column in TERMS and column not in voice.names:
        return voice(TERMS[column]) + (f" {level}" if level else "")
    return f"{voice.name(column)} = {voice.name(level)}" if level else voice.name(column)


@tables.register
def _(answer: HazardRatios, voice: Voice) -> tuple[Table, ...]:
    heads = {
        "measure": TERM,
        "hazard_ratio": Text("风险比", "Hazard ratio"),
        "ratio_low": LOW,
        "ratio_high": HIGH,
        "estimate": Text("系数", "Coefficient"),
        "std_error": ERROR,
        "n": ROWS,
    }
    frame = answer.frame[list(heads)].rename(columns={name: voice(head) for name, head in heads.items()})
    frame[voice(TERM)] = [term(name, voice) for name in frame[voice(TERM)]]
    caption = RATIOS if answer.spec.event == "return" else EXITS
    base = {
        "duration": Text("已持续（期）", "Waves so far"),
        "hazard": Text("风险率（%）", "Hazard (%)"),
        "survival": Text("仍处于该状态（%）", "Still in the state (%)"),
        "n": ROWS,
    }
    line = answer.baseline[list(base)].assign(hazard=100 * answer.baseline["hazard"], survival=100 * answer.baseline["survival"])
    line = line.rename(columns={name: voice(head) for name, head in base.items()})
    second = Text("协变量取均值时的风险率", "Hazards at mean covariates")
    digits = {voice(base["hazard"]): 1, voice(base["survival"]): 1}
    return (
        Table(key="hazard_ratios", caption=caption, frame=frame),
        Table(key="hazard_baseline", caption=second, frame=line, decimals=digits),
    )


@words.register
def _(answer: HazardRatios, voice: Voice) -> str:
    clear = answer.frame[(answer.frame["ratio_low"] > 1) | (answer.frame["ratio_high"] < 1)]
    text = Text(
        "{n} 个处于风险的户期中有 {k} 个发生；区间不含 1 的变量有 {m} 个{which}",
        "Of {n} home-waves at risk {k} had the event; the interval of {m} terms leaves out 1{which}",
    )
    form = Text("{name}（{ratio:.2f} 倍）", "{name} (× {ratio:.2f})")
    listed = voice.listing(
        voice(form, name=term(row["measure"], voice), ratio=row["hazard_ratio"]) for _, row in clear.iterrows()
    )
    which = voice(Text("：{listed}", ": {listed}"), listed=listed) if listed else ""
    return sentence([voice(text, n=int(answer.frame["n"].iloc[0]), k=answer.events, m=len(clear), which=which)], voice)


@tables.register
def _(answer: VulnerabilityModel, voice: Voice) -> tuple[Table, ...]:
    frame = answer.frame
    columns: Mapping[Text, object] = {
        Text("方程", "Equation"): [voice(EQUATIONS[str(part)]) for part in frame["part"]],
        TERM: [term(name, voice) for name in frame["measure"]],
        ESTIMATE: frame["estimate"].to_numpy(),
        ERROR: frame["std_error"].to_numpy(),
        LOW: frame["ci_low"].to_numpy(),
        HIGH: frame["ci_high"].to_numpy(),
    }
    printed = pd.DataFrame({voice(head): column for head, column in columns.items()})
    return (Table(key="vulnerability_model", caption=FITTED, frame=printed, decimals=dict.fromkeys(printed.columns[2:], 4)),)


@words.register
def _(answer: VulnerabilityModel, voice: Voice) -> str:
    text = Text(
        "预期收入由 {k} 个变量估计；脆弱性达到 {cut:.1%} 的户计为脆弱",
        "Expected income is fitted on {k} terms; a home counts as vulnerable from a chance of {cut:.1%} on",
    )
    return sentence([voice(text, k=len(answer.mean), cut=answer.cut)], voice)


@tables.register
def _(answer: VulnerabilityScores, voice: Voice) -> tuple[Table, ...]:
    return estimated(answer.groups, voice, "vulnerability", EXPECTED)


@figures.register
def _(answer: VulnerabilityScores, voice: Voice) -> tuple[Figure, ...]:
    return (whiskers(answer.groups, voice, "vulnerability", EXPECTED),)


@words.register
def _(answer: VulnerabilityScores, voice: Voice) -> str:
    names = (
        ("vulnerability", "vulnerable")
        if grouping(answer.groups)
        else ("vulnerability", "vulnerable", "low_mean", "high_variance")
    )
    return sentence([all_or_ends(answer.groups, name, voice) for name in names if name in MEASURES], voice)
