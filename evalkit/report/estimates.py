"""How estimates with their uncertainty look: tables with intervals, and dots with whiskers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from evalkit.report import theme
from evalkit.report.document import Figure, Table
from evalkit.report.poverty.measures import called, in_percent
from evalkit.report.words import Voice
from evalkit.stats.ranks import even
from evalkit.terms import Text, same

MEASURE, SHARE = Text("指标", "Measure"), Text("指标（%）", "Measure (%)")
ESTIMATE, ERROR = Text("估计值", "Estimate"), Text("标准误", "Std. error")
LOW, HIGH = Text("下限", "Lower"), Text("上限", "Upper")
ROWS = Text("样本数", "Rows")
FIGURES = ("estimate", "std_error", "ci_low", "ci_high")
NAMED = 40  # how many groups a chart names
PRINTED = 30  # how many rows a table prints in documents

Labels = Mapping[str, Mapping[str, Text]]  # what the entries of a column of labels are called, by column


def estimated(frame: pd.DataFrame, voice: Voice, key: str, caption: Text, labels: Labels | None = None) -> tuple[Table, ...]:
    """Estimates as tables: shares in percent, then indices; one row a group and measure, with interval and rows."""
    share = frame["measure"].map(in_percent).to_numpy()
    heads = [voice(head) for head in (ESTIMATE, ERROR, LOW, HIGH)]
    tables = []
    for rows, head, scale, digits, part in ((share, SHARE, 100.0, 2, "shares"), (~share, MEASURE, 1.0, 4, "indices")):
        if not rows.any():
            continue
        some = frame[rows].sort_values("measure", key=lambda names: pd.factorize(names)[0], kind="stable")
        printed = pd.DataFrame({voice(head): [voice(called(name)) for name in some["measure"]]})
        for column in grouping(frame):
            printed[named(column, voice)] = pd.Series(_entries(some[column], voice, (labels or {}).get(column)), dtype=object)
        for head_, column in zip(heads, FIGURES, strict=True):
            printed[head_] = some[column].to_numpy(dtype=float) * scale
        printed[voice(ROWS)] = some["n"].to_numpy()
        only = share.all() or not share.any()
        tables.append(
            Table(
                key=key if only else f"{key}_{part}",
                caption=caption
                if only or part == "shares"
                else Text(f"{caption.zh}（非百分比）", f"{caption.en} (not in percent)"),
                frame=printed,
                decimals=dict.fromkeys(heads, digits),
                show=PRINTED,
            )
        )
    return tuple(tables)


def grouping(frame: pd.DataFrame) -> list[str]:
    """The columns that say what an estimate is of, beside its measure."""
    return [str(name) for name in frame.columns[: list(frame.columns).index("estimate")] if name != "measure"]


def timed(frame: pd.DataFrame) -> bool:
    """Whether the groups are years, which stay in their order."""
    over = grouping(frame)
    return len(over) == 1 and pd.api.types.is_integer_dtype(frame[over[0]])


COLUMNS = {
    "part": Text("构成", "Part"),
    "change": Text("口径", "Kind"),
    "source": Text("收入来源", "Source of income"),
    "duration": Text("已持续（期）", "Waves so far"),
    "indicator": Text("指标", "Indicator"),
    "county": Text("县", "County"),
    "village": Text("村", "Village"),
    "province": Text("省份", "Province"),
    "year": Text("年份", "Year"),
    "period": Text("时期", "Period"),
    "region": Text("区域", "Region"),
}


def named(column: str, voice: Voice) -> str:
    """What a column of labels is headed."""
    return voice(COLUMNS[column]) if column in COLUMNS and column not in voice.names else voice.name(column)


def by_groups(caption: Text, frame: pd.DataFrame, voice: Voice) -> Text:
    """A caption that says what the groups of estimates are, where there are any."""
    over = [voice.names.get(name) or COLUMNS.get(name) or same(name) for name in grouping(frame)]
    if not over:
        return caption
    small = [name.en[:1].lower() + name.en[1:] if name.en[1:2].islower() else name.en for name in over]
    groups = Text("、".join(name.zh for name in over), " and ".join(small))
    return Text("按{groups}分的{said}", "{said} by {groups}").format(groups=groups, said=caption)


def interval(row: pd.Series, voice: Voice, *, percent: bool) -> str:
    """An estimate and its interval in words, such as "12.3% (10.1% to 14.6%)"."""
    how = "{v:.1%}" if percent else "{v:.4f}"
    at, low, high = (how.format(v=float(row[name])) for name in ("estimate", "ci_low", "ci_high"))
    if np.isnan(row["ci_low"]):
        return at
    return voice(Text("{at}（{low} 至 {high}）", "{at} ({low} to {high})"), at=at, low=low, high=high)


def one(frame: pd.DataFrame, measure: str) -> pd.Series:
    """The first row of a measure."""
    return frame[frame["measure"] == measure].iloc[0]


def whiskers(frame: pd.DataFrame, voice: Voice, key: str, caption: Text, names: Sequence[str] | None = None) -> Figure:
    """Dots with intervals: the groups of one measure, the highest first, or the measures of all in their order.

    `names` labels the rows where they are neither measures nor groups.
    """
    over = grouping(frame)
    measure = str(frame["measure"].iloc[0]) if over and names is None else None
    rows = frame[frame["measure"] == measure] if measure else frame
    if measure and not timed(frame):
        rows = rows.sort_values("estimate", ascending=False, kind="stable", key=even)
    if names is None and measure is None:
        rows = rows[rows["measure"].map(in_percent) == in_percent(str(rows["measure"].iloc[0]))]
    percent = in_percent(str(rows["measure"].iloc[0]))
    labels = list(names) if names is not None else _labels(rows, over, voice)
    every = len(rows)
    picked = np.unique(np.linspace(0, every - 1, min(NAMED, every)).round().astype(int))
    rows, labels = rows.iloc[picked], [labels[at] for at in picked]

    def draw() -> Canvas:
        scale = 100.0 if percent else 1.0
        at, low, high = (rows[name].to_numpy(dtype=float) * scale for name in ("estimate", "ci_low", "ci_high"))
        canvas, axes = theme.new_figure(7.0, 1.2 + 0.24 * len(rows))
        place = np.arange(len(rows))
        axes.hlines(place, low, high, color=theme.PALETTE[0], lw=3.5, alpha=0.4)
        axes.plot(at, place, "o", color=theme.PALETTE[0], ms=4)
        axes.set_yticks(place, [theme.wrapped(label, 34) for label in labels], fontsize=7.5)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        unit = voice(called(measure)) if measure else voice(ESTIMATE)
        axes.set_xlabel(f"{unit} (%)" if percent and voice.lang == "en" else f"{unit}（%）" if percent else unit)
        axes.grid(visible=False, axis="y")
        return canvas

    sampled = every > len(rows)
    if sampled:
        caption = Text(f"{caption.zh}（等距抽取 {NAMED} 个）", f"{caption.en} ({NAMED}, evenly spaced)")
    alt = Text("区间图：点为估计值，线为其区间。", "Interval chart: dots are estimates, bars their intervals.")
    return Figure(key=key, caption=caption, draw=draw, alt=voice(alt))


def _labels(rows: pd.DataFrame, over: list[str], voice: Voice) -> list[str]:
    if not over:
        return [voice(called(str(name))) for name in rows["measure"]]
    return [" · ".join(voice.name(entry) for entry in entries) for entries in rows[over].itertuples(index=False)]


def _entries(column: pd.Series, voice: Voice, known: Mapping[str, Text] | None) -> list[object]:
    if known is not None:
        return [voice(known[str(entry)]) if str(entry) in known else entry for entry in column]
    return [voice.name(entry) if isinstance(entry, str) else entry for entry in column]
