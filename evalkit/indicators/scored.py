"""What is asked of scores: indicators, dimensions and index as columns, over some periods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.answer import Note, by_period
from evalkit.errors import NoAnswer, several
from evalkit.indicators.index import IndexScores
from evalkit.panel.panel import Periods, resolve
from evalkit.stats.arrays import Array
from evalkit.terms import Text

FEWEST = 8


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Columns of scored rows: `z` of shape (indicators, rows), `dimensions` of shape (dimensions, rows), `index` (rows,)."""

    z: Array
    dimensions: Array
    index: Array
    periods: tuple[int, ...]

    @property
    def rows(self) -> int:
        """How many unit-years there are."""
        return len(self.index)

    def pooled(self) -> Note:
        """Over which rows the columns run, and what that mixes."""
        if len(self.periods) == 1:
            text = Text("按 {year} 年 {n} 个地区计算。", "Over {n} places in {year}.")
            return Note("choice", text.format(year=self.periods[0], n=self.rows))
        text = Text(
            "按 {first}–{last} 年 {n} 个“地区—年份”合并计算：地区差异与共同的逐年变化混在一起；只看某一年请指定 on=年份。",
            "Pooled over {n} unit-years, {first}–{last}: differences between places and change common to all over the years are "
            "mixed; name one year with on= to see places alone.",
        )
        return Note("caution", text.format(first=self.periods[0], last=self.periods[-1], n=self.rows))


def scored(scores: IndexScores, on: Periods, *, who: str) -> Scored:
    """The columns of the scores at some periods, each of which must vary.

    Raises
    ------
    NoAnswer
        There are too few rows, or some indicators, dimensions or the index do not vary over them.
    """
    place, known = by_period(scores.frame.index)
    periods = resolve(on, known)
    keep = np.isin(known, periods)[place]
    if keep.sum() < FEWEST:
        raise NoAnswer(f"{who} needs at least {FEWEST} unit-years", found=str(int(keep.sum())), do="take more periods or units")
    z = scores.normalized.to_numpy()[keep].T
    index, *dimensions = scores.frame.to_numpy()[keep].T
    names = [*scores.system.columns, *(dimension.id for dimension in scores.system.dimensions), scores.system.id]
    flat = [name for name, column in zip(names, [*z, *dimensions, index], strict=True) if not np.ptp(column) > 1e-10]
    if flat:
        raise NoAnswer(
            f"{who} needs columns that vary; [{several(flat)}] do not over {several(periods)}",
            do="take the indicators out, or other periods",
        )
    return Scored(z, np.array(dimensions), index, periods)
