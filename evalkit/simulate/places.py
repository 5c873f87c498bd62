"""Counties and villages: who lives where, what a place adds to income, its weather, disasters and prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.simulate.chance import stream
from evalkit.simulate.limits import within
from evalkit.simulate.names import labeled, names
from evalkit.stats.arrays import Array, Codes, Mask

TERRAINS = ("plain", "hill", "mountain")


class Extent(NamedTuple):
    """How much is drawn: seed, households, villages, counties, and the years observed; the year before them is the baseline."""

    seed: int
    households: int
    villages: int
    counties: int
    periods: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Places:
    """The places of a population.

    `county` (villages,) is the county of each village, `first` (villages + 1,) its first household and, last, the end.
    `effect`, `terrain` (code in `TERRAINS`), `remote` (km to the township) and `hazard` (chance of a disaster in a year) have
    one figure a village; `weather` (villages, years + 1; the first is the baseline year) is in log income; `struck`
    (villages, years) tells where disasters came; `price` (counties, years) is 1 in the first year on average.
    """

    county: Codes
    first: Codes
    effect: Array
    terrain: NDArray[np.int8]
    remote: Array
    hazard: Array
    weather: Array
    struck: Mask
    price: Array

    def village_of(self, start: int, stop: int) -> Codes:
        """The village of households start … stop − 1."""
        return np.searchsorted(self.first, np.arange(start, stop), side="right") - 1

    def frame(self) -> pd.DataFrame:
        """One row a village: county, households, terrain, remoteness, hazard, and its true effect on log income."""
        return pd.DataFrame(
            {
                "county": labeled("C", self.county, int(self.county[-1]) + 1),
                "households": np.diff(self.first),
                "terrain": pd.Categorical.from_codes(self.terrain.astype(np.intp), pd.Index(TERRAINS)),
                "remote_km": self.remote,
                "hazard": self.hazard,
                "effect": self.effect,
            },
            index=pd.Index(names("V", np.arange(len(self.county)), len(self.county)), name="village"),
        )


def edges(many: int, weights: Array) -> Codes:
    """Where `many` households are parted into villages by weight, at least one in each: first of each, and the end.

    Examples
    --------
    >>> edges(10, np.array([1.0, 3.0])).tolist()
    [0, 3, 10]
    """
    shares = np.concatenate([[0.0], np.cumsum(weights) / weights.sum()])
    shares[-1] = 1.0
    return (np.floor(shares * (many - len(weights))) + np.arange(len(weights) + 1)).astype(np.intp)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceModel:
    """How places differ; all effects on log income, in logs.

    Parameters
    ----------
    county_sd, village_sd
        Standard deviation of what a county and a village add for good, beside terrain and remoteness.
    weather_sd
        Standard deviation of what a year adds to all incomes of a village; nobody knows it before.
    disaster
        Chance of a village among hills to be struck in a year; 0.7 of it on the plain, 1.4 times it on mountains.
    inflation
        Mean yearly rise of prices; counties part from it by a tenth of a percentage point or so a year.
    """

    county_sd: float = 0.12
    village_sd: float = 0.15
    weather_sd: float = 0.05
    disaster: float = 0.06
    inflation: float = 0.02

    def __post_init__(self) -> None:
        within(self, 0, 1, "county_sd", "village_sd", "weather_sd")
        within(self, 0, 0.5, "disaster")
        within(self, -0.2, 0.5, "inflation")

    def draw(self, extent: Extent) -> Places:
        """The places of a population of this extent."""
        own, villages, years = stream(extent.seed, "places"), extent.villages, len(extent.periods)
        county = np.arange(villages) * extent.counties // villages
        first = edges(extent.households, own.gamma(6.0, size=villages))
        terrain = own.choice(3, villages, p=[0.4, 0.35, 0.25]).astype(np.int8)
        remote = np.round(own.gamma(2.0, 3.0 + 3.0 * terrain), 1)
        added = own.normal(0, self.county_sd, extent.counties)[county] + own.normal(0, self.village_sd, villages)
        hazard = self.disaster * np.array([0.7, 1.0, 1.4])[terrain]
        drift = own.normal(0, 0.001, (extent.counties, years)).cumsum(axis=1)
        return Places(
            county=county,
            first=first,
            effect=added - 0.08 * terrain - 0.006 * (remote - 10.0),
            terrain=terrain,
            remote=remote,
            hazard=hazard,
            weather=own.normal(0, self.weather_sd, (villages, years + 1)),
            struck=own.random((villages, years)) < hazard[:, None],
            price=np.exp(np.arange(years) * np.log1p(self.inflation) + drift),
        )
