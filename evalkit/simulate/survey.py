"""A survey of simulated households: villages within counties, homes within villages, the same homes wave after wave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import whole
from evalkit.errors import SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.simulate.chance import stream
from evalkit.simulate.households import FICTION, SimulatedHouseholds
from evalkit.simulate.limits import made_of, within
from evalkit.stats.arrays import Array, Codes, Mask
from evalkit.terms import Text


def lowest(lot: Array, group: Codes, quota: Codes) -> Mask:
    """The `quota[g]` rows with the lowest lot of each group g: a simple random sample of each group if lots are random.

    Examples
    --------
    >>> lowest(np.array([0.3, 0.1, 0.2, 0.5]), np.array([0, 0, 0, 1]), np.array([2, 1]))
    array([False,  True,  True,  True])
    """
    order = np.lexsort((lot, group))
    sizes = np.bincount(group, minlength=len(quota))
    place = np.empty(len(lot), dtype=np.intp)
    place[order] = np.arange(len(lot)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return place < quota[group]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attrition:
    """Homes that leave the survey for good: after each wave, with log odds that depend on what the wave showed.

    log odds = base + income · ln(income a head / line) + alone · (one member) + young · (head under 40). Nothing else
    enters, so that weights of 1 / `stay_chance`, or of a model of these columns, mend what attrition bends.
    """

    base: float = -2.9
    income: float = 0.5
    alone: float = 0.5
    young: float = 0.7

    def __post_init__(self) -> None:
        within(self, -50, 50, "base", "income", "alone", "young")

    def chance(self, seen: pd.DataFrame) -> Array:
        """The chance that a home leaves after a wave."""
        level = np.log(np.maximum((seen["income_pc"] / seen["line"]).to_numpy(dtype=float), 1e-6))
        odds = self.base + self.income * level + self.alone * (seen["members"] == 1) + self.young * (seen["head_age"] < 40)
        return 1 / (1 + np.exp(-odds.to_numpy(dtype=float)))


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdSurvey:
    """A stratified two-stage sample of simulated households, visited in every year of the simulation.

    Counties are strata; of each, `villages` are drawn (all, where it has no more); in each of these `homes` that were never
    registered as poor and `formerly_poor` that were (all, where there are no more); draws are simple random ones without
    replacement. A weight is the inverse of the chance to be drawn, so that totals are unbiased.

    Parameters
    ----------
    villages, homes, formerly_poor
        As above.
    attrition
        Who leaves; None: nobody.
    seed
        Another seed, another sample of the same population.

    Examples
    --------
    >>> from evalkit.simulate.households import HouseholdSimulation
    >>> people = HouseholdSimulation(households=2_000, villages=20, counties=2, periods=(2020, 2021)).draw()
    >>> drawn = HouseholdSurvey(villages=4, homes=6, formerly_poor=4).draw(people)
    >>> drawn.frame.xs(2020, level="period")["cluster"].nunique()
    8
    """

    villages: int = 10
    homes: int = 12
    formerly_poor: int = 8
    attrition: Attrition | None = Attrition()
    seed: int = 1

    def __post_init__(self) -> None:
        whole(self.villages, who="HouseholdSurvey villages")
        for name in ("homes", "formerly_poor", "seed"):
            whole(getattr(self, name), who=f"HouseholdSurvey {name}", least=0)
        if self.homes + self.formerly_poor == 0:
            raise SpecError("HouseholdSurvey needs homes to visit", do="set homes or formerly_poor above 0")
        if self.attrition is not None:
            made_of(self, attrition=Attrition)

    def draw(self, people: SimulatedHouseholds) -> SurveyedHouseholds:
        """The homes drawn, and what is seen of them in every wave."""
        if not isinstance(people, SimulatedHouseholds):
            found, do = type(people).__name__, "pass HouseholdSimulation(…).draw()"
            raise SpecError("a survey is drawn of simulated households", found=found, do=do)
        own = stream(people.spec.seed, "survey", self.seed)
        chosen, weight, clusters = self._choose(own, people)
        years = len(people.spec.periods)
        rows = (np.flatnonzero(chosen)[:, None] * years + np.arange(years)).ravel()
        homes = people.homes[chosen]
        frame = people.frame.iloc[rows]
        design = {"stratum": homes["county"], "cluster": homes["village"], "clusters_in_stratum": clusters, "weight": weight}
        fixed = pd.concat([homes, pd.DataFrame(design, index=homes.index)], axis=1)
        repeated = fixed.iloc[np.arange(len(fixed)).repeat(years)].set_axis(frame.index)
        whole_frame = pd.concat([frame, repeated], axis=1)
        stays, chance = self._stay(own, frame, years)
        notes = (FICTION, _left(stays)) if self.attrition is not None else (FICTION,)
        return SurveyedHouseholds(spec=self, frame=whole_frame.assign(stay_chance=chance)[stays], notes=notes)

    def _choose(self, own: np.random.Generator, people: SimulatedHouseholds) -> tuple[Mask, Array, Codes]:
        """Which homes are drawn; of those, weight and number of villages in the county."""
        county = people.villages["county"].cat.codes.to_numpy().astype(np.intp)
        held = np.bincount(county)
        taken = lowest(own.random(len(county)), county, np.minimum(held, self.villages))
        village = people.homes["village"].cat.codes.to_numpy().astype(np.intp)
        cell = 2 * village + people.homes["formerly_poor"].to_numpy()
        sizes = np.bincount(cell, minlength=2 * len(county))
        quota = np.minimum(sizes, np.tile([self.homes, self.formerly_poor], len(county)))
        chosen = lowest(own.random(len(cell)), cell, quota) & taken[village]
        first = held / np.minimum(held, self.villages)
        at, place = cell[chosen], county[village[chosen]]
        return chosen, first[place] * sizes[at] / quota[at], held[place]

    def _stay(self, own: np.random.Generator, frame: pd.DataFrame, years: int) -> tuple[Mask, Array]:
        """Which rows are seen, and the chance of each home to be still there."""
        many = len(frame) // years
        if self.attrition is None:
            return np.ones(len(frame), dtype=bool), np.ones(len(frame))
        leave = self.attrition.chance(frame).reshape(many, years)
        gone = np.logical_or.accumulate(own.random((many, years)) < leave, axis=1)
        before = np.concatenate([np.zeros((many, 1), dtype=bool), gone[:, :-1]], axis=1)
        chance = np.concatenate([np.ones((many, 1)), np.cumprod(1 - leave, axis=1)[:, :-1]], axis=1)
        return ~before.ravel(), chance.ravel()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SurveyedHouseholds(Answer):
    """What a survey saw: `frame` is keyed by (unit, period).

    Columns of `SimulatedHouseholds.frame` and `homes`, and `stratum` (county), `cluster` (village), `clusters_in_stratum`
    (in the population), `weight` (of homes; times `members` of persons) and `stay_chance`, the true chance that the home is
    still in the survey in this wave, given what was seen of it before. `DESIGN` names the columns.
    """


DESIGN = SurveyDesign(weights="weight", strata="stratum", clusters="cluster")


def _left(stays: Mask) -> Note:
    text = Text("失访住户—年份 {n} 个。", "{n} household-years were lost to attrition.")
    return Note("left_out", text.format(n=int((~stays).sum())))
