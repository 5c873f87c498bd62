"""How many homes a village can visit until the next list, and the lot that orders equal homes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.check import shown, whole
from evalkit.errors import SpecError
from evalkit.stats.arrays import Codes

ALL = np.iinfo(np.intp).max  # a village without limit


@dataclass(frozen=True, slots=True, kw_only=True)
class VillageCapacity:
    """How many homes are visited in each village until the next list.

    Parameters
    ----------
    default
        In a village that is not named; None: as many as there are.
    villages
        Villages with a number of their own; one whose name stands in several counties is written "county/village".

    Examples
    --------
    >>> places = pd.DataFrame({"county": ["C1", "C1", "C2"], "village": ["V1", "V2", "V1"]})
    >>> VillageCapacity(default=5, villages={"V1": 8, "C2/V1": 2}).of(places)
    array([8, 5, 2])
    """

    default: int | None = None
    villages: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.default is not None:
            whole(self.default, who="VillageCapacity default", least=0)
        if not isinstance(self.villages, Mapping) or not all(isinstance(name, str) and name for name in self.villages):
            do = 'write villages={"V1": 8}'
            raise SpecError("VillageCapacity villages must be numbers by village", found=shown(self.villages), do=do)
        for name, number in self.villages.items():
            whole(number, who=f"the capacity of {name}", least=0)
        object.__setattr__(self, "villages", dict(self.villages))

    def of(self, places: pd.DataFrame) -> Codes:
        """The capacity of each row's village, by its columns `county` and `village`."""
        village = places["village"].astype(object)
        both = places["county"].astype(str).astype(object) + "/" + village.astype(str)
        given = both.map(self.villages).fillna(village.map(self.villages)).astype("Int64")
        return given.fillna(ALL if self.default is None else self.default).to_numpy(dtype=np.int64).astype(np.intp)

    def unused(self, places: pd.DataFrame) -> tuple[str, ...]:
        """The names that are no village of these rows."""
        known = {*places["village"].astype(str), *(places["county"].astype(str) + "/" + places["village"].astype(str))}
        return tuple(name for name in self.villages if name not in known)


def lots(homes: NDArray[np.int64], as_of: date, seed: int = 0) -> NDArray[np.uint64]:
    """A number for each home, as good as drawn by lot: it hangs on the home, the day and the seed, and on no order of rows.

    The finalizer of SplitMix64. Source: Steele, Lea & Flood (2014), Fast splittable pseudorandom number generators, OOPSLA.

    Examples
    --------
    >>> from datetime import date
    >>> one, other = lots(np.array([1, 2]), date(2024, 6, 30)), lots(np.array([2, 1]), date(2024, 6, 30))
    >>> (one[::-1] == other).all(), (one == lots(np.array([1, 2]), date(2024, 7, 31))).any()
    (np.True_, np.False_)
    """
    start = _mixed(np.array([as_of.toordinal()], dtype=np.uint64) ^ _mixed(np.array([seed], dtype=np.uint64)))
    return _mixed(_mixed(np.asarray(homes, dtype=np.int64).view(np.uint64)) ^ start)


def _mixed(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
