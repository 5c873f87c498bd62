"""What every engine does: it scans, holds, keeps, collects and writes lazy frames; the expressions are narwhals' own.

An expression gives the same rows on DuckDB and on Spark when it keeps to what both have: filter, select, with_columns,
group_by().agg(sum, min, max, len), joins (inner, left, semi, anti), concat, when/then, shift, rank and cum_sum
over(order_by=...), dt.year, dt.month. `tests/monitor/test_engine_laws.py` holds them against each other, dtypes included.

What to keep away from, and what to write instead:

* `/`, `mean`, `round`, `median`, floats: fractions do not pass, and are refused. Compare whole numbers, as in
  `now * 10_000 <= 7_000 * before`.
* `sum` of whole numbers without `.cast(nw.Int64)`: DuckDB counts in 128 bits, which no file and no other engine has; refused.
* `sum` of flags: Spark has none. Write `.cast(nw.Int64).sum()`.
* `dt.truncate`, `dt.offset_by` without `.cast(nw.Date)`: they give a time of day, which is refused.
* date − date: count months as `year * 12 + month − 1`, or work the day out in Python and pass it as a literal.
* as-of joins, joins on an inequality, `first` and `last` over, `n_unique` over, rank "ordinal", `top_k`, pivot, unpivot: an
  engine lacks each of them. Join on the key and filter; take the newest with `unique(subset, keep="first", order_by=...)`.
* `unique` to have each combination once: it numbers all rows on DuckDB. `distinct` below groups them, which is quicker.
* `shift`, `cum_sum`, `unique(order_by=...)` where the order has ties: which row comes first is not defined. Break every tie.
* `concat` of frames with their columns in another order: refused on Spark, and by position on DuckDB. `select` them first.
* joins on keys that may be missing: a missing key meets nothing, not another missing key. Anti joins keep such rows.
* `a != b` where one may be missing is missing, and a filter drops it. Ask `is_null()` by name.
* two columns whose names differ only in capitals: DuckDB takes them for one.
* the order of rows: there is none. Sort after `collect`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

import narwhals as nw
import pandas as pd

Frame: TypeAlias = nw.LazyFrame[Any]
Kind = Literal["integer", "date", "word", "flag"]
Kinds: TypeAlias = Mapping[str, Kind]

DTYPES: dict[Kind, nw.dtypes.DType] = {"integer": nw.Int64(), "date": nw.Date(), "word": nw.String(), "flag": nw.Boolean()}
COLLECTED: dict[Kind, str] = {"integer": "Int64", "date": "datetime64[us]", "word": "str", "flag": "boolean"}


def distinct(frame: Frame, *columns: str) -> Frame:
    """Each combination of some columns once; what is missing is one of their values."""
    return frame.group_by(*columns).agg(nw.len().alias("_rows")).select(*columns)


@runtime_checkable
class Engine(Protocol):
    """An engine that has been opened; `with` closes it. Whatever engine it is, the same expression gives the same rows.

    Four kinds of columns pass through it: whole numbers of 64 bits (keys, money in fen), dates, words and flags. Figures with
    fractions do not, so that sums are the same bits on every engine and with any number of threads.
    """

    @property
    def name(self) -> str:
        """The engine: "duckdb" or "spark"."""
        ...

    def scan(self, files: Sequence[Path], kinds: Kinds) -> Frame:
        """The rows of Parquet files that have these columns; no file gives no rows."""
        ...

    def hold(self, frame: pd.DataFrame, kinds: Kinds) -> Frame:
        """A small table of this process, to be joined with."""
        ...

    def keep(self, frame: Frame) -> Frame:
        """The same rows, computed once and read again from there: memory first, then the spill folder."""
        ...

    def collect(self, frame: Frame) -> pd.DataFrame:
        """The rows in this process, in no order.

        The dtype of a column follows from its kind and never from what it holds: Int64, datetime64[us], str, boolean
        (`COLLECTED`). What is missing is pd.NA, NaT, nan, pd.NA.
        """
        ...

    def write(self, frame: Frame, file: Path) -> None:
        """The rows to one Parquet file that only its owner can read, and that appears whole or not at all."""
        ...

    def close(self) -> None:
        """End the engine; what it kept is gone."""
        ...
