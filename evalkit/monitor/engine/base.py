"""What every engine does: it scans, holds, keeps, collects and writes lazy frames; the expressions are narwhals' own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

import narwhals as nw
import pandas as pd

Frame: TypeAlias = nw.LazyFrame[Any]
Kind = Literal["integer", "date", "word", "flag"]
Kinds: TypeAlias = Mapping[str, Kind]

DTYPES: dict[Kind, type[nw.dtypes.DType]] = {"integer": nw.Int64, "date": nw.Date, "word": nw.String, "flag": nw.Boolean}


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
        """The rows in this process: integers as int64 (Int64 where some are missing), dates as datetime64, words as str, flags."""
        ...

    def write(self, frame: Frame, file: Path) -> None:
        """The rows to one Parquet file, which appears whole or not at all."""
        ...

    def close(self) -> None:
        """End the engine; what it kept is gone."""
        ...
