"""Which rows of a source are one record: the same row delivered twice, and a number delivered with other content."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import narwhals as nw

from evalkit.monitor.engine.base import Engine, Frame
from evalkit.monitor.linkage.register import repeated

PLACE = ("known_date", "delivery", "row")
KEY = ("number", "_county")


class Rows(NamedTuple):
    """The records of a source, each once; how many rows repeat another, and how many contents gave way to newer ones."""

    records: Frame
    duplicates: int
    conflicts: int


def once_each(engine: Engine, known: Frame) -> Rows:
    """Each record once: of rows that are the same the first one known, of a number the newest known content.

    Rows are the same if all cells are, but for where they stand (delivery, row) and when they became known. Numbers are a
    department's within a county as filed. A number whose content was corrected and corrected back holds the last.
    """
    columns = known.collect_schema().names()
    content = [name for name in columns if name not in PLACE]
    numbered = known.filter(~nw.col("number").is_null()).with_columns(_county=nw.col("county").fill_null(""))
    often = engine.keep(repeated(numbered, ["number"]))  # whole numbers are counted quickly, and few stand twice
    several = engine.keep(numbered.join(often, on="number", how="semi"))
    twice = engine.keep(repeated(several, KEY))
    single = numbered.join(twice, on=[*KEY], how="anti").select(*columns)
    paired = several.join(twice, on=[*KEY], how="semi")
    firsts = engine.keep(_firsts(paired, content))
    last = engine.keep(firsts.unique(subset=[*KEY], keep="last", order_by=["_last", *PLACE]).select(*columns))
    unnumbered = known.filter(nw.col("number").is_null())
    bare = engine.keep(unnumbered.unique(subset=content, keep="first", order_by=[*PLACE]).select(*columns))
    contents = rows_of(engine, firsts)
    duplicates = rows_of(engine, paired) - contents + rows_of(engine, unnumbered) - rows_of(engine, bare)
    return Rows(nw.concat([single, last, bare], how="vertical"), duplicates, contents - rows_of(engine, last))


def rows_of(engine: Engine, frame: Frame) -> int:
    """How many rows there are."""
    return totals(engine, frame, rows=nw.len())["rows"]


def totals(engine: Engine, frame: Frame, **sums: nw.Expr) -> dict[str, int]:
    """Whole numbers over all rows; of no rows 0."""
    found = engine.collect(frame.select(**{name: one.cast(nw.Int64) for name, one in sums.items()}))
    return {name: 0 if found[name].isna().iloc[0] else int(found[name].iloc[0]) for name in sums}


def _firsts(several: Frame, content: Iterable[str]) -> Frame:
    """Of rows that are the same the first one known, and when such a row became known last."""
    same = list(content)
    dated = several.with_columns(_last=nw.col("known_date").max().over(*same))
    return dated.unique(subset=same, keep="first", order_by=[*PLACE])
