"""Stages of the coupling of speeds as checked data: sectors of the angle that cover the whole turn once.

The names of `QUADRANTS` are those of the two abstracts of Qiao Biao & Fang Chuanglin (2005; Journal of Geographical Sciences and
生态学报), which place the limit between harmonious and utmost development at 90 degrees. That the four stages are the four
quadrants is how later papers print them; on which side a limit is closed is a choice made here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from evalkit.check import instance, many, number
from evalkit.errors import SpecError, several
from evalkit.stats.arrays import Array, Codes
from evalkit.stats.ranks import settled
from evalkit.terms import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class AngleStage:
    """One sector (lower, upper] in degrees: its label, and what the systems {a} and {b} do in it."""

    id: str
    lower: float
    upper: float
    label: Text
    meaning: Text

    def __post_init__(self) -> None:
        number(self.lower, "[-180, 180]", who=f"the lower end of stage '{self.id}'")
        number(self.upper, "[-180, 180]", who=f"the upper end of stage '{self.id}'")


@dataclass(frozen=True, slots=True, kw_only=True)
class AngleScheme:
    """Stages of an angle in (−180°, 180°]; an angle on a limit belongs to the sector that ends there.

    Raises
    ------
    SpecError
        A gap, an overlap, an end that does not reach −180 or 180, or an id that stands twice.

    Examples
    --------
    >>> [QUADRANTS.stages[at].id for at in QUADRANTS.stage(np.array([-135.0, 0.0, 45.0, 90.0, 180.0]))]
    ['spiral', 'symbiosis', 'harmony', 'harmony', 'limit']
    """

    id: str
    name: Text
    stages: tuple[AngleStage, ...]
    source: Text

    def __post_init__(self) -> None:
        do = "write (AngleStage(…), AngleStage(…))"
        object.__setattr__(self, "stages", many(self.stages, who=f"the stages of angle scheme '{self.id}'", do=do))
        for stage in self.stages:
            instance(stage, AngleStage, who=f"each stage of angle scheme '{self.id}'", do=do)
        if not self.stages or (self.stages[0].lower, self.stages[-1].upper) != (-180.0, 180.0):
            do = "let the first stage begin at -180.0 and the last end at 180.0"
            raise SpecError(f"angle scheme '{self.id}' does not run from −180 to 180 degrees", do=do)
        for stage in self.stages:
            if not stage.lower < stage.upper:
                what = f"angle scheme '{self.id}': {stage.lower:g} to {stage.upper:g} is no sector"
                raise SpecError(what, where=f"stage '{stage.id}'", do="give the lower end first")
        for below, above in zip(self.stages, self.stages[1:], strict=False):
            if below.upper != above.lower:
                kind = "a gap" if below.upper < above.lower else "an overlap"
                what = f"angle scheme '{self.id}' has {kind} between {below.upper:g} and {above.lower:g} degrees"
                raise SpecError(what, do="let each stage begin where the last ends")
        if len(set(self.ids)) < len(self.stages):
            twice = [one for one, count in Counter(self.ids).items() if count > 1]
            raise SpecError(f"angle scheme '{self.id}' has a stage twice", found=several(twice), do="rename one of them")

    @property
    def ids(self) -> list[str]:
        """The ids of the stages, in the order of the turn."""
        return [stage.id for stage in self.stages]

    def stage(self, angle: Array) -> Codes:
        """Position of the stage of each angle in degrees, −1 where there is none (NaN)."""
        limits = np.array([stage.upper for stage in self.stages[:-1]])
        place = np.searchsorted(limits, settled(angle), side="left")
        return np.where(np.isnan(angle), -1, place)


def _sector(id: str, lower: float, upper: float, label: Text, meaning: Text | None = None) -> AngleStage:  # noqa: A002
    return AngleStage(id=id, lower=lower, upper=upper, label=label, meaning=meaning or label)


QUADRANTS = AngleScheme(
    id="quadrants",
    name=Text("四阶段", "four stages"),
    source=Text(
        "乔标、方创琳（2005），城市化与生态环境协调发展的动态耦合模型及其在干旱区的应用，生态学报 25(11)",
        "Qiao Biao & Fang Chuanglin (2005), The dynamic coupling model of the harmonious development between urbanization and "
        "eco-environment and its application in arid area, Acta Ecologica Sinica 25(11)",
    ),
    stages=(
        _sector(
            "spiral",
            -180.0,
            -90.0,
            Text("螺旋式上升阶段", "spiral rise"),
            Text("{a}与{b}同降", "{a} and {b} both fall"),
        ),
        _sector(
            "symbiosis",
            -90.0,
            0.0,
            Text("低级协调共生阶段", "rudimentary symbiosis"),
            Text("{a}降、{b}升", "{a} falls, {b} rises"),
        ),
        _sector(
            "harmony",
            0.0,
            90.0,
            Text("协调发展阶段", "harmonious development"),
            Text("{a}与{b}同升", "{a} and {b} both rise"),
        ),
        _sector(
            "limit",
            90.0,
            180.0,
            Text("极限发展阶段", "utmost development"),
            Text("{a}升、{b}降", "{a} rises, {b} falls"),
        ),
    ),
)
OCTANTS = AngleScheme(
    id="octants",
    name=Text("八方位", "eight directions"),
    source=Text("几何划分：两系统升降与快慢", "geometry: which system rises or falls, and which is faster"),
    stages=(
        _sector("both_fall_b", -180.0, -135.0, Text("同降，{b}降得快", "both fall, {b} faster")),
        _sector("both_fall_a", -135.0, -90.0, Text("同降，{a}降得快", "both fall, {a} faster")),
        _sector("apart_a_falls", -90.0, -45.0, Text("{a}降为主，{b}微升", "{a} falls more than {b} rises")),
        _sector("apart_b_rises", -45.0, 0.0, Text("{b}升为主，{a}微降", "{b} rises more than {a} falls")),
        _sector("both_rise_b", 0.0, 45.0, Text("同升，{b}升得快", "both rise, {b} faster")),
        _sector("both_rise_a", 45.0, 90.0, Text("同升，{a}升得快", "both rise, {a} faster")),
        _sector("apart_a_rises", 90.0, 135.0, Text("{a}升为主，{b}微降", "{a} rises more than {b} falls")),
        _sector("apart_b_falls", 135.0, 180.0, Text("{b}降为主，{a}微升", "{b} falls more than {a} rises")),
    ),
)
