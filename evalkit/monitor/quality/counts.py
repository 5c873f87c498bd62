"""What is counted of the records of a source: gaps, doubles, values that are not plausible, and how long they took."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import narwhals as nw
import numpy as np
import pandas as pd

from evalkit.monitor.engine.base import Engine, Frame, distinct
from evalkit.monitor.linkage.rows import totals
from evalkit.monitor.sources.columns import FEN
from evalkit.monitor.sources.sources import Source
from evalkit.monitor.windows import month_of

PLACE = ("delivery", "row", "known_date", "home", "link")


class Delays(NamedTuple):
    """Days from events until they were known: over how many records, the middle, the slow ones, how many were late."""

    records: int
    median: int | None
    slow: int | None
    late: int
    before: int  # known before they happened
    newest: pd.Timestamp | None


def filled(engine: Engine, known: Frame, source: Source) -> pd.DataFrame:
    """By declared column, in how many records it is filled: source, column, records, filled, share."""
    columns = [column.name for column in source.layout]
    there = {name: (~nw.col(name).is_null()).cast(nw.Int64).sum() for name in columns}
    counts = totals(engine, known, records=nw.len(), **{f"_{name}": one for name, one in there.items()})
    held = np.array([counts[f"_{name}"] for name in columns], dtype=np.int64)
    frame = pd.DataFrame({"source": source.id, "column": columns, "records": counts["records"], "filled": held})
    return frame.assign(share=held / counts["records"] if counts["records"] else np.nan)


def doubles(engine: Engine, known: Frame, source: Source) -> dict[str, int]:
    """Rows that repeat another (`duplicates`), contents beyond the first of a number (`conflict_number`), and records beyond the
    first of a home, person and month where an amount stands for a month (`double_month`).

    Rows are the same if all their cells are but for where they stand and when they became known, and a number is one within the
    county as filed: as in linkage, where the counts are the same.
    """
    content = [name for name in source.kinds if name not in PLACE]
    contents = engine.keep(distinct(known, *content))
    numbered, bare = contents.filter(~nw.col("number").is_null()), contents.filter(nw.col("number").is_null())
    numbers = distinct(numbered, "number", "county")
    asked = {"records": known, "contents": contents, "numbered": numbered, "numbers": numbers}
    if source.covers == "month":
        month, who = month_of(nw.col("event_date")).alias("_month"), ["household", "person", "_month"]
        single = [*who, "number", "county"]
        one = distinct(numbered.with_columns(month), *single)
        asked["each"] = nw.concat([one.select(*who), bare.with_columns(month).select(*who)], how="vertical")
        asked["months"] = distinct(asked["each"], *who)
    rows = rows_of_all(engine, asked)
    return {
        "duplicates": rows["records"] - rows["contents"],
        "conflict_number": rows["numbered"] - rows["numbers"],
        "double_month": rows.get("each", 0) - rows.get("months", 0),
    }


def rows_of_all(engine: Engine, frames: Mapping[str, Frame]) -> dict[str, int]:
    """How many rows each of some frames has, asked at once."""
    each = [frame.select(nw.len().cast(nw.Int64).alias("rows"), nw.lit(name).alias("what")) for name, frame in frames.items()]
    told = engine.collect(nw.concat(each, how="vertical"))
    return dict(zip(told["what"], map(int, told["rows"]), strict=True))


def outside(engine: Engine, known: Frame, source: Source) -> int:
    """How many values are outside the plausible range of their column."""
    beyond = {}
    for name, (low, high) in source.ranges.items():
        unit = FEN[source.unit] if name == "amount" else 1
        value = nw.col(name)
        odd = (value < nw.lit(int(np.ceil(low * unit)))) | (value > nw.lit(int(np.floor(high * unit))))
        beyond[name] = nw.when(odd).then(nw.lit(1)).otherwise(nw.lit(0)).sum()
    return sum(totals(engine, known, **beyond).values()) if beyond else 0


def delays(engine: Engine, known: Frame, *, late_after: int, slow: int) -> Delays:
    """How long records took, from counts by both dates: whole numbers, the same on every engine."""
    counts = engine.collect(known.group_by("event_date", "known_date").agg(nw.len().cast(nw.Int64).alias("records")))
    many = counts["records"].to_numpy(dtype=np.int64)
    days = (counts["known_date"] - counts["event_date"]).dt.days.to_numpy(dtype=np.int64)
    before = days < 0
    newest = counts["known_date"].max() if len(counts) else None
    told = pd.Series(many[~before]).groupby(days[~before]).sum().sort_index()
    late = int(many[days > late_after].sum())
    return Delays(int(many.sum()), quantile(told, 50), quantile(told, slow), late, int(many[before].sum()), newest)


def quantile(counts: pd.Series, percent: int) -> int | None:
    """The least value that so many percent of all do not exceed, from counts by value; None of nothing.

    Examples
    --------
    >>> counts = pd.Series([5, 4, 1], index=[1, 2, 30])
    >>> quantile(counts, 50), quantile(counts, 90), quantile(counts, 91), quantile(counts[:0], 50)
    (1, 2, 30, None)
    """
    reached = counts.cumsum().to_numpy(dtype=np.int64) * 100 >= percent * int(counts.sum())
    return int(counts.index[int(reached.argmax())]) if len(counts) else None
