"""One place seen within an assessment: its rows, its year, its group, and where it stands with what is uncertain of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import pandas as pd

from evalkit.answer import in_period
from evalkit.coupling.uncertainty.firmness import UncertainCoordination
from evalkit.report.assessment.found import Assessment
from evalkit.report.plain import MINUS
from evalkit.report.words import Voice, system_names
from evalkit.stats.ranks import even
from evalkit.terms import Lang, Text

HERE = Text("本地区", "This place")
OF_ALL = Text("全部地区中位数", "Median of all")


class Standing(NamedTuple):
    """A rank and the interval it lies in, of `n` places."""

    rank: int
    low: int
    high: int
    n: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Place:
    """One place of an assessment, in one language.

    `year` is the last year in which the place was scored, which is the assessment's last but where its data end before.
    """

    found: Assessment
    unit: str
    voice: Voice

    @property
    def name(self) -> str:
        """What the place is called."""
        return self.voice.name(self.unit)

    @cached_property
    def rows(self) -> pd.DataFrame:
        """Its coordination, keyed by period."""
        frame = self.found.bond.frame
        rows: pd.DataFrame = frame.loc[frame.index.get_level_values("unit") == self.unit].droplevel("unit").sort_index()
        return rows

    @property
    def first(self) -> int:
        """The first year in which it was scored."""
        return int(self.rows.index[0])

    @property
    def year(self) -> int:
        """The last year in which it was scored."""
        return int(self.rows.index[-1])

    @property
    def years(self) -> tuple[int, ...]:
        """The first and the last year, once where they are one."""
        return tuple(dict.fromkeys((self.first, self.year)))

    @cached_property
    def now(self) -> pd.DataFrame:
        """Coordination of all places in its year, best D first."""
        return in_period(self.found.bond.frame, self.year).sort_values("D", ascending=False, kind="stable", key=even)

    @property
    def group(self) -> str | None:
        """The group it belongs to by the first grouping of the panel, such as its province; None without one, or alone in it."""
        groups = self.found.panel.groups
        if groups.empty or self.unit not in groups.index or pd.isna(groups.loc[self.unit].iloc[0]):
            return None
        return str(groups.loc[self.unit].iloc[0])

    @cached_property
    def mates(self) -> pd.Index:
        """The places of its group in its year, itself among them, best D first; all places without a group."""
        group = self.group
        if group is None:
            return self.now.index
        column = self.found.panel.groups.iloc[:, 0].reindex(self.now.index)
        return self.now.index[(column.astype(object) == group).to_numpy()]

    @property
    def grouped(self) -> bool:
        """Whether there is a group smaller than all places, and larger than the place, to hold it against."""
        return 1 < len(self.mates) < len(self.now)

    @property
    def peers(self) -> str:
        """What the median of the group is called."""
        if not self.grouped:
            return self.voice(OF_ALL)
        return self.voice(Text("{group}中位数", "Median of {group}"), group=self.voice.name(self.group))

    @property
    def inside(self) -> str:
        """The same within a sentence."""
        return self.peers if self.voice.lang == "zh" else self.peers[0].lower() + self.peers[1:]

    def median(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Medians over the group by period, of a frame keyed by (unit, period)."""
        inside = frame.index.get_level_values("unit").isin(self.mates)
        return frame.loc[inside].groupby(level="period").median()

    @cached_property
    def doubt(self) -> UncertainCoordination | None:
        """Coordination in doubt with the method as chosen, where the study asked for it."""
        return next(iter(self.found.doubts.values()), None)

    @cached_property
    def doubted(self) -> pd.DataFrame | None:
        """What is uncertain of all places in its year, keyed by unit."""
        return None if self.doubt is None else in_period(self.doubt.frame, self.year)

    def standing(self, doubt: UncertainCoordination | None = None) -> Standing | None:
        """Its rank by D among all with the interval of the rank; None where no interval is known."""
        doubt = doubt or self.doubt
        if (
            doubt is not None
            and self.unit in doubt.ranks.index
            and self.year == self.found.bond.frame.index.unique("period").max()
        ):
            own = row_of(doubt.ranks, self.unit)
            return Standing(int(own["rank"]), int(own["rank_low"]), int(own["rank_high"]), len(doubt.ranks))
        return None

    def among_mates(self) -> Standing | None:
        """Where it stands in its group: by D, and between which ranks the intervals of D leave room.

        Places whose whole interval lies above its own are surely before it, those whose whole interval lies below surely behind.
        """
        if self.doubted is None or not self.grouped:
            return None
        inside = self.doubted.reindex(self.mates)
        own = inside.loc[self.unit]
        before, behind = int((inside["D_low"] > own["D_high"]).sum()), int((inside["D_high"] < own["D_low"]).sum())
        return Standing(int((inside["D"] > own["D"]).sum()) + 1, 1 + before, len(inside) - behind, len(inside))

    def filled(self, year: int | None = None) -> pd.DataFrame:
        """The cells of the place that were filled, in all years or one."""
        cells = self.found.filled
        if cells.empty:
            return cells
        mine = cells["unit"] == self.unit
        return cells[mine if year is None else mine & (cells["period"] == year)]


def place(found: Assessment, unit: str, lang: Lang) -> Place:
    """A place of an assessment, spoken of in one language."""
    return Place(found=found, unit=unit, voice=voice_of(found, lang))


def voice_of(found: Assessment, lang: Lang) -> Voice:
    """How the reports of an assessment speak: with the names of its places, systems, dimensions and indicators."""
    systems = {name: score.system for name, score in found.scores.items()}
    return Voice(lang, {**found.panel.names, **system_names(systems)})


def row_of(frame: pd.DataFrame, key: Any) -> dict[str, Any]:
    """One row of a frame, by column."""
    found: Any = frame.loc[key]
    return {str(column): value for column, value in found.items()}


def places(found: Assessment) -> tuple[str, ...]:
    """The places that were scored, sorted by their codes."""
    return tuple(sorted(map(str, found.bond.frame.index.unique("unit"))))


def signed(name: str, value: float) -> str:
    """A change as printed after its name.

    Examples
    --------
    >>> signed("roads", -0.1234)
    'roads −0.123'
    """
    return f"{name} {f'{value:+.3f}'.replace('-', MINUS)}".strip()
