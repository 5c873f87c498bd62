"""How firm D is: its interval, the probability of each grade, its change, and the ranks that hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note, in_period
from evalkit.check import able, many, number, whole
from evalkit.coupling.static import Coordination
from evalkit.coupling.uncertainty.doubt import CoordinationDoubts, Drawing, InDoubt
from evalkit.coupling.uncertainty.tally import MOST_UNITS, Tally
from evalkit.errors import SpecError
from evalkit.stats.ranks import HALF, count_ranks, counted_quantiles, ranks
from evalkit.terms import Text

NEAR = 0.05  # a rank is firm where its interval reaches no more than this share of all places to either side
FEW = 10  # of fewer places a rank is firm only where it does not move at all


@dataclass(frozen=True, slots=True, kw_only=True)
class CoordinationUncertainty(CoordinationDoubts):
    """D and its grade under random draws of all that is uncertain, at every unit and year.

    Each draw takes one set of weights, shares and one variant for all units and years, as one analyst would, and errors of its
    own for each unit and year; so the change of a place between two years keeps what both have in common.

    Parameters
    ----------
    draws
        How many; a probability is then known within about ± 1/√draws.
    seed
        The same seed gives the same answer, bit by bit.
    level
        How much of the draws an interval holds; 0.9 runs from 5 to 95 %.
    certainty
        The least probability at which a grade is named; below it the label is withheld.
    between
        The two periods whose change is asked; None: the first and the last.

    Notes
    -----
    An interval covers what was put in doubt and nothing else. It is no sampling interval of a survey unless the error is
    that of one.

    Examples
    --------
    >>> key = pd.MultiIndex.from_tuples([("a", 2020), ("b", 2020)], names=["unit", "period"])
    >>> kept, rise = pd.Series([0.8, 0.5], index=key), pd.Series([0.2, 0.5], index=key)
    >>> firm = CoordinationUncertainty(error=0.02).measure(kept=kept, rise=rise)
    >>> firm.frame[["D", "D_low", "D_high"]].round(3).values
    array([[0.632, 0.604, 0.658],
           [0.707, 0.692, 0.723]])
    """

    draws: int = 2000
    seed: int = 0
    level: float = 0.90
    certainty: float = 0.8
    between: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        CoordinationDoubts.__post_init__(self)
        whole(self.draws, least=100, who="CoordinationUncertainty draws", do="take at least 100 draws, better 2000")
        whole(self.seed, least=0, who="CoordinationUncertainty seed")
        number(self.level, "(0, 1)", who="CoordinationUncertainty level", do="use 0.9")
        do = "use 0.8: below one half two grades could both be named"
        number(self.certainty, "[0.5, 1]", who="CoordinationUncertainty certainty", do=do)
        if self.between is not None:
            who = "CoordinationUncertainty between"
            years = many(self.between, count=2, who=who, do="name two years, as in (2012, 2020)")
            for year in years:
                whole(year, least=None, who=f"each year of {who}")
            if not years[0] < years[1]:
                raise SpecError(f"{who} names two of the years, in order", found=str(years), do="name the earlier one first")
            object.__setattr__(self, "between", years)

    def measure(self, **systems: pd.Series | InDoubt) -> UncertainCoordination:
        """How firm D is at every unit and year.

        Each system is a Series in [0, 1] keyed by (unit, period), or an index in doubt such as `IndexDraws(…).of(index, panel)`.

        Raises
        ------
        SpecError
            Nothing is uncertain; or what `CouplingCoordination` refuses.
        """
        for name, one in systems.items():
            if not isinstance(one, pd.Series):
                do = "pass a Series keyed by (unit, period), or IndexDraws(…).of(index, panel)"
                able(one, "draws", who=f"system '{name}'", do=do)
        doubtful = [one for one in systems.values() if not isinstance(one, pd.Series)]
        if not doubtful and not any(self.said):
            do = "pass an index in doubt, or name variants=, shares=, error= or decimals="
            raise SpecError("nothing is uncertain", do=do)
        base = self.coupling.measure(**{name: one if isinstance(one, pd.Series) else one.series for name, one in systems.items()})
        drawing = Drawing.of(self, _aligned(systems, base.frame.index), base.shares, self.draws, self.seed)
        tally = Tally.of(base.frame.index, drawing, self.level, self.coupling.grades.limits, self.between)
        tally.fill(self.seed)
        grades = pd.RangeIndex(1, tally.grades.shape[1] + 1, name="grade")
        return UncertainCoordination(
            spec=self,
            base=base,
            frame=self._frame(base, tally),
            grades=pd.DataFrame(tally.grades, index=base.frame.index, columns=grades),
            change=_changes(base, tally),
            ranks=_ranked(base, tally),
            years=tally.years,
            notes=self._notes(doubtful, ranked=tally.last is not None),
        )

    def _frame(self, base: Coordination, tally: Tally) -> pd.DataFrame:
        likely = tally.grades.argmax(axis=1)
        probability = tally.grades[np.arange(len(likely)), likely]
        label = pd.array(likely + 1, dtype="Int8")
        label[probability < self.certainty] = pd.NA
        low, median, high = tally.quantiles
        columns = {"D": base.frame["D"], "D_low": low, "D_median": median, "D_high": high, "grade": base.frame["grade"]}
        told = {"likely": (likely + 1).astype(np.int8), "probability": probability, "label": label}
        return pd.DataFrame({**columns, **told}, index=base.frame.index)

    def _notes(self, doubtful: list[InDoubt], *, ranked: bool) -> tuple[Note, ...]:
        told = [one.said for one in doubtful]
        if any(self.said):
            told.append(self.said)
        told = list(dict.fromkeys(told))
        drawn = Text(
            "{n} 次随机抽取（种子 {seed}），区间含 {level:.0%} 的抽取；存疑项：{what}。区间只反映所列存疑项。",
            "{n:,} random draws (seed {seed}); intervals hold {level:.0%} of them. In doubt: {what}. Intervals cover this and "
            "nothing else.",
        )
        what = Text("；".join(one.zh for one in told), "; ".join(one.en for one in told))
        notes = [Note("choice", drawn.format(n=self.draws, seed=self.seed, level=self.level, what=what))]
        text = Text(
            "等级的概率不足 {p:.0%} 时不标注等级。",
            "A grade is named only where its probability reaches {p:.0%}; else it is withheld.",
        )
        notes.append(Note("choice", text.format(p=self.certainty)))
        if ranked:
            text = Text(
                "位次的区间向任一侧不超出全部地区的 {near:.0%}（地区不少于 {few} 个时至少 1 位）时，位次视为稳固。",
                "A rank is called firm where its interval reaches no more than {near:.0%} of all places to either side; of {few} "
                "places or more, one place is allowed.",
            )
            notes.append(Note("choice", text.format(near=NEAR, few=FEW)))
        else:
            text = Text("地区超过 {n} 个，不计位次区间。", "There are more than {n:,} places; intervals of ranks are not taken.")
            notes.append(Note("left_out", text.format(n=MOST_UNITS)))
        return tuple(notes)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class UncertainCoordination(Answer):
    """How firm coordination is: `frame` is keyed by (unit, period).

    Columns: `D` (as asked), `D_low`, `D_median`, `D_high`; `grade` (of `D`), `likely` (the most probable grade), `probability`
    (its probability) and `label` (the grade where its probability reaches the stated certainty, else missing: withheld).

    `grades` holds the probability of each grade, one column each; `change`, keyed by unit, the change of D between the two
    `years`: `change` (as asked), `change_low`, `change_high`, `rises` (its probability) and `firm` (the interval leaves out 0).
    `ranks`, keyed by unit, is of the last period: `rank`, `rank_low`, `rank_high` and `firm` (the interval reaches at most a
    twentieth of all places to either side, and of ten places or more at least one); it is empty with more than 10,000 units.
    `base` is coordination as asked.
    """

    spec: CoordinationUncertainty
    base: Coordination
    grades: pd.DataFrame
    change: pd.DataFrame
    ranks: pd.DataFrame
    years: tuple[int, int]


def _changes(base: Coordination, tally: Tally) -> pd.DataFrame:
    low, _, high, rises = tally.moved
    first, last = (in_period(base.frame, year)["D"] for year in tally.years)
    frame = pd.DataFrame({"change_low": low, "change_high": high, "rises": rises}, index=tally.units).dropna()
    frame.insert(0, "change", (last - first).reindex(frame.index))
    return frame.assign(firm=(frame["change_low"] > HALF) | (frame["change_high"] < -HALF))


def _ranked(base: Coordination, tally: Tally) -> pd.DataFrame:
    """Ranks of the last period and their intervals, where they were taken."""
    if tally.last is None:
        return pd.DataFrame(columns=["rank", "rank_low", "rank_high", "firm"])
    there = ~np.isnan(tally.last[0])
    drawn = tally.last[:, there].astype(float)
    counts = np.zeros((drawn.shape[1], drawn.shape[1]), dtype=np.uint32)
    count_ranks(drawn, counts)
    low, high = counted_quantiles(counts, tally.tails[::2])
    units = tally.units[there]
    rank = ranks(in_period(base.frame, tally.now)["D"].reindex(units).to_numpy())
    near = max(int(len(units) >= FEW), round(NEAR * len(units)))
    frame = pd.DataFrame({"rank": rank, "rank_low": low, "rank_high": high}, index=units)
    frame["firm"] = (rank - low <= near) & (high - rank <= near)
    return frame.sort_values(["rank", "rank_high"], kind="stable")


def _aligned(systems: Mapping[str, pd.Series | InDoubt], index: pd.Index) -> Mapping[str, pd.Series | InDoubt]:
    """The systems on common rows; an index in doubt must have them as they are."""
    out: dict[str, pd.Series | InDoubt] = {}
    for name, one in systems.items():
        if isinstance(one, pd.Series):
            out[name] = one if one.index.equals(index) else one.reindex(index)
        elif one.series.index.equals(index):
            out[name] = one
        else:
            raise SpecError(f"the index in doubt '{name}' has its rows in another order", do="score both from one panel")
    return out
