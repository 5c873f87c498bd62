"""Min–max normalization: a line from the worst reference value to the best."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from evalkit.answer import Note
from evalkit.check import many, mapping, number, one_of
from evalkit.errors import SpecError, Undeclared, several
from evalkit.indicators.normalization.curves import ByPeriod, Curve, Line
from evalkit.indicators.normalization.normalized import Normalization, refuse_constant, unused
from evalkit.panel.system import Direction, Indicator
from evalkit.stats.arrays import Array, Columns
from evalkit.terms import Text

Beyond = Literal["clip", "keep"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MinMax(Normalization):
    """Min–max normalization: 0 at the worst reference value, 1 at the best.

    Parameters
    ----------
    bounds
        "reference": minimum and maximum of the reference periods, pooled over units and years. "plausible": the goalposts
        the indicator system declares. "period": minimum and maximum of each year by itself, which erases growth and is
        noted as a caution; a year outside of the reference periods has no bounds and is refused. A mapping gives
        goalposts by indicator id, (low, high), and learns the rest.
    beyond
        What becomes of later values beyond the bounds: "clip" sets them to 0 or 1, so that scores stay in [0, 1] as
        coupling needs (progress beyond the bounds then no longer counts; the answer notes how many cells), "keep" lets
        them pass.

    Notes
    -----
    A moderate indicator scores 1 − d / max d, where d is its distance from the ideal: 1 anywhere in the ideal range.
    Source: OECD & JRC (2008), Handbook on Constructing Composite Indicators, section 5.4.
    """

    bounds: Literal["reference", "plausible", "period"] | Mapping[str, tuple[float, float]] = "reference"
    beyond: Beyond = "clip"

    def __post_init__(self) -> None:
        one_of(self.beyond, ("clip", "keep"), who="MinMax beyond")
        if isinstance(self.bounds, str):
            one_of(self.bounds, ("reference", "plausible", "period"), who="MinMax bounds")
            return
        do = 'use "reference", "plausible", "period", or goalposts by indicator: {"income": (0, 20_000)}'
        mapping(self.bounds, who="MinMax bounds", do=do)
        for name, given in self.bounds.items():
            low, high = many(given, who=f"MinMax bounds of '{name}'", do="give (low, high)", count=2)
            for end in (low, high):
                number(
                    end, "(-∞, ∞)", who=f"each of MinMax bounds of '{name}'", do="give (low, high) in the unit of the indicator"
                )
            if not low < high:
                raise SpecError(
                    f"the goalposts of '{name}' do not rise",
                    found=f"[{low:g}, {high:g}]",
                    do="give the lower one first; which end is better is said by the direction of the indicator",
                )

    @property
    def name(self) -> Text:
        """What the normalization is called."""
        known = {
            "reference": Text("极差标准化", "min–max"),
            "plausible": Text("目标区间极差标准化", "min–max between declared goalposts"),
            "period": Text("逐年极差标准化", "min–max year by year"),
        }
        return (
            known[self.bounds] if isinstance(self.bounds, str) else Text("给定界值极差标准化", "min–max between given goalposts")
        )

    @property
    def clips(self) -> bool:
        """Whether scores beyond the bounds are clipped."""
        return self.beyond == "clip"

    @property
    def dated(self) -> bool:
        """Whether bounds are those of each year."""
        return self.bounds == "period"

    def learn(self, columns: Columns, indicators: Sequence[Indicator]) -> tuple[Curve, ...]:
        """A line an indicator, from the worst value to the best, or through the goalposts where they are given."""
        if self.bounds == "period":
            return _by_period(columns, indicators)
        low, high = extremes(columns, indicators)
        for j, (a, b) in self._goalposts(indicators).items():
            low[j], high[j] = columns.mark(j, a), columns.mark(j, b)
        return lines(low, high, indicators)

    def remarks(self, indicators: Sequence[Indicator]) -> tuple[Note, ...]:
        """That bounds per year erase growth, where they are used; and which goalposts are of no indicator that is scored."""
        if not isinstance(self.bounds, str):
            return unused(self.bounds, indicators)
        if self.bounds != "period":
            return ()
        text = Text(
            "上下界逐年取得：各年得分均在 0 至 1 之间重新拉伸，增长被抹去，年际变化只反映相对位置，不可解读为进步。",
            "Bounds are those of each year: every year is stretched anew to 0 and 1, so growth is erased. A change over the "
            "years is one of relative standing and must not be read as progress.",
        )
        return (Note("caution", text),)

    def _goalposts(self, indicators: Sequence[Indicator]) -> dict[int, tuple[float, float]]:
        """The goalposts that are given, by position."""
        if self.bounds == "plausible":
            lacking = [i.id for i in indicators if not i.plausible and i.direction is not Direction.MODERATE]
            if lacking:
                what = f"goalposts were asked for, but [{several(lacking)}] declare no plausible range"
                raise Undeclared(what, part="plausible", of=lacking, do="declare it")
            given = {i.id: i.plausible for i in indicators if i.plausible and i.direction is not Direction.MODERATE}
        else:
            given = {} if isinstance(self.bounds, str) else dict(self.bounds)
        place = {indicator.id: j for j, indicator in enumerate(indicators)}
        return {place[name]: span for name, span in given.items() if span is not None and name in place}


def extremes(columns: Iterable[Array], indicators: Sequence[Indicator]) -> tuple[Array, Array]:
    """Minimum and maximum of each column; the distance of a moderate indicator from its ideal starts at 0."""
    low, high = np.array([(x.min(), x.max()) for x in columns]).T.copy()
    low[[i.direction is Direction.MODERATE for i in indicators]] = 0.0
    return low, high


def lines(low: Array, high: Array, indicators: Sequence[Indicator]) -> tuple[Line, ...]:
    """Lines that score 0 at the worse bound: the upper one of a cost, the lower one of a benefit."""
    refuse_constant(low, high, indicators)
    return tuple(
        Line(float(b), float(a)) if i.falls else Line(float(a), float(b)) for i, a, b in zip(indicators, low, high, strict=True)
    )


def _by_period(columns: Columns, indicators: Sequence[Indicator]) -> tuple[ByPeriod, ...]:
    """A line of its own for each period and indicator."""
    dates = columns.period(slice(None))
    found: list[dict[int, Line]] = [{} for _ in indicators]
    for period in np.unique(dates):
        at = np.flatnonzero(dates == period)
        for lines_of, line in zip(found, lines(*extremes((x[at] for x in columns), indicators), indicators), strict=True):
            lines_of[int(period)] = line
    return tuple(ByPeriod(lines=one) for one in found)
