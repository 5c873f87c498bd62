"""Moves between grades over time: how many places rose, stayed and fell, and from which grade to which."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note, by_period
from evalkit.check import whole
from evalkit.coupling.static import Coordination, on_coordination
from evalkit.errors import NoAnswer, several
from evalkit.stats.transitions import counted_moves, directions, lagged, shared_moves
from evalkit.terms import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeTransitions:
    """Moves between grades of coordination over `lag` periods.

    Only true gaps count: a grade in 2016 and one in 2018 are no yearly move, even where nothing was observed in 2017. Every pair
    of years is counted, so that with a lag of k a place is in up to k overlapping chains.
    """

    lag: int = 1

    def __post_init__(self) -> None:
        whole(self.lag, who="GradeTransitions lag", do="use at least 1")

    def measure(self, bond: Coordination) -> Transitions:
        """The matrix of moves, and the shares that rose, stayed and fell by period.

        Raises
        ------
        NoAnswer
            No place has two grades exactly `lag` periods apart.

        Examples
        --------
        >>> from evalkit.coupling.grades import FOUR_GRADES
        >>> from evalkit.coupling.static import CouplingCoordination
        >>> key = pd.MultiIndex.from_product([["a", "b"], [2019, 2020]], names=["unit", "period"])
        >>> u = pd.Series([0.2, 0.4, 0.4, 0.4], key)
        >>> moved = GradeTransitions().measure(CouplingCoordination(grades=FOUR_GRADES).measure(kept=u, rise=u))
        >>> moved.frame.loc[1, [1, 3]].tolist(), moved.by_period[["up", "stay", "down"]].values.tolist()
        ([0, 1], [[0.5, 0.5, 0.0]])
        """
        on_coordination(bond, what="moves between grades are counted")
        index = bond.frame.index
        assert isinstance(index, pd.MultiIndex)
        period = index.get_level_values("period").to_numpy().astype(np.intp)
        before, after = lagged(np.asarray(index.codes[0]), period, self.lag)
        place, years = by_period(index)
        if not len(before):
            raise NoAnswer(
                f"no place has grades exactly {self.lag} periods apart",
                found=f"periods {several(years, 20)}",
                do="choose another lag",
            )
        states = len(bond.spec.grades.grades)
        grade = bond.frame["grade"].to_numpy().astype(np.intp) - 1
        counts = counted_moves(grade[before], grade[after], place[after].astype(np.intp), (len(years), states))
        pairs = counts.sum(axis=(1, 2))
        ways = directions(counts)[pairs > 0] / pairs[pairs > 0, None]
        by = pd.DataFrame(ways, columns=["down", "stay", "up"], index=pd.Index(np.array(years)[pairs > 0], name="period"))
        by.insert(0, "pairs", pairs[pairs > 0])
        every = counts.sum(axis=0)
        rows, columns = pd.RangeIndex(1, states + 1, name="from"), pd.RangeIndex(1, states + 1, name="to")
        return Transitions(
            spec=self,
            frame=pd.DataFrame(every, index=rows, columns=columns),
            shares=pd.DataFrame(shared_moves(every), index=rows, columns=columns),
            by_period=by,
            bond=bond,
            notes=_notes(self, bond, len(before), len(index)),
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Transitions(Answer):
    """Moves between grades: `frame` counts those from each grade (row) to each grade (column), 1 the worst.

    `shares` divides each row by its sum (NaN where nobody began in the grade). `by_period` is keyed by the later period: `pairs`
    (places with both grades) and the shares `down`, `stay`, `up`. `bond` is what was graded.
    """

    spec: GradeTransitions
    shares: pd.DataFrame
    by_period: pd.DataFrame
    bond: Coordination


def _notes(spec: GradeTransitions, bond: Coordination, pairs: int, rows: int) -> tuple[Note, ...]:
    text = Text(
        "等级转移按恰隔 {lag} 期的同一地区统计，共 {pairs} 对（{rows} 个“地区—年份”）；等级采用{grades}。",
        "Moves are counted between grades of one place exactly {lag} period(s) apart: {pairs} pairs of {rows} unit-years; "
        "grades: {grades}.",
    )
    caution = Text(
        "跨过等级界限的变动可能极小，等级不变也可能掩盖较大变动；转移频率描述过去，不是预测。",
        "A move over a limit may be tiny, and a large one may stay within a grade; shares of moves describe the past and "
        "forecast nothing.",
    )
    said = text.format(lag=spec.lag, pairs=pairs, rows=rows, grades=bond.spec.grades.name)
    return Note("choice", said), Note("caution", caution)
