"""Who lives in a home: persons with birth years, schooling, health, and one move between neighbors at most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.simulate.chance import stream
from evalkit.simulate.places import Extent
from evalkit.stats.arrays import Array, Codes, Mask

Small = NDArray[np.int8]
Years = NDArray[np.int16]

SIZES = np.array([0.09, 0.20, 0.21, 0.20, 0.16, 0.10, 0.04])  # shares of homes of 1 … 7 members
SLOTS = len(SIZES) + 1  # 8, one byte each in `tally`; the last place in a home is kept for somebody who moves in
NEVER = np.int16(32_000)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Homes:
    """The homes of an atom and the persons in them; arrays of shape (homes,) or (homes, slots).

    A person lives in a home in the years `joins` … `leaves` − 1. Who moved in (last slot) is the person of slot `mover`
    of the home before: −1 if nobody. `study` is in [0, 1]: the lower, the longer at school. `land` is in mu.
    """

    start: int
    village: Codes
    born: Years
    female: Mask
    disabled: Mask
    chronic: Mask
    study: Array
    joins: Years
    leaves: Years
    mover: Small
    schooling: Small
    resettled: Mask
    off_farm: Mask
    land: Array

    def __len__(self) -> int:
        return len(self.village)

    def here(self, year: int) -> Mask:
        """Who lives in each home in a year."""
        return (self.joins <= year) & (year < self.leaves)

    def school(self, year: int) -> tuple[Mask, Mask, Mask]:
        """Who is at compulsory school (6–15), upper secondary school (16–18) and college (19–22) in a year."""
        here, age = self.here(year), year - self.born
        compulsory = here & (age >= 6) & (age <= 15)
        upper = here & (age >= 16) & (age <= 18) & (self.study < 0.75)
        return compulsory, upper, here & (age >= 19) & (age <= 22) & (self.study < 0.3)

    def counts(self, year: int) -> Counts:
        """How many of each kind live in each home in a year."""
        here, age = self.here(year), year - self.born
        compulsory, upper, college = self.school(year)
        working = here & (age >= 16) & (age <= 64) & ~self.disabled & ~upper & ~college
        kinds = (here, working, here & (age < 16), here & (age >= 60), compulsory, upper, college)
        sums = (tally(kind) for kind in (*kinds, here & self.disabled, here & self.chronic))
        return Counts(age[:, 0].astype(np.int8), *sums)


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """The head's age, and numbers of persons by home.

    Members, able to work (16–64, not at school, not disabled), under 16, of 60 and over, at compulsory school, upper
    secondary school and college, disabled, chronically ill.
    """

    head_age: Small
    members: Small
    workers: Small
    children: Small
    elderly: Small
    compulsory: Small
    upper: Small
    college: Small
    disabled: Small
    chronic: Small


def tally(persons: Mask) -> Small:
    """How many of the eight places of each home are marked: eight bytes summed by one product.

    Examples
    --------
    >>> tally(np.array([[True, False, True, False, False, False, False, True]]))
    array([3], dtype=int8)
    """
    bytes_ = np.ascontiguousarray(persons).view(np.uint64)[:, 0]
    return ((bytes_ * np.uint64(0x0101010101010101)) >> np.uint64(56)).astype(np.int8)


def draw_homes(extent: Extent, number: int, start: int, village: Codes) -> Homes:
    """The homes of atom `number`, whose first household is `start`."""
    own, many, base = stream(extent.seed, "homes", number), len(village), extent.periods[0] - 1
    size = own.choice(len(SIZES), many, p=SIZES) + 1
    age = _ages(own, many)
    fixed = np.arange(SLOTS) < size[:, None]
    old = age >= 58
    joins = np.where(fixed, np.int16(0), NEVER).astype(np.int16)
    disabled = own.random((many, SLOTS)) < 0.015 + 0.04 * old
    chronic = own.random((many, SLOTS)) < 0.05 + 0.20 * old
    female = own.random((many, SLOTS)) < 0.49
    female[:, 0] = own.random(many) < 0.16
    homes = Homes(
        start=start,
        village=village,
        born=(base - age).astype(np.int16),
        female=female,
        disabled=disabled,
        chronic=chronic,
        study=own.random((many, SLOTS)),
        joins=joins,
        leaves=np.full((many, SLOTS), NEVER),
        mover=np.full(many, -1, dtype=np.int8),
        schooling=np.clip(np.round(own.normal(8.2 - 0.06 * (age[:, 0] - 50), 2.6)), 0, 16).astype(np.int8),
        resettled=own.random(many) < 0.08,
        off_farm=own.random(many) < 0.72,
        land=np.round(own.gamma(2.5, 2.4, many), 1),
    )
    if len(extent.periods) > 1:
        _move(homes, own, extent.periods, size)
    return homes


def _ages(own: np.random.Generator, many: int) -> NDArray[np.int64]:
    """Ages in the baseline year: head, spouse or other, then children, parents and grandchildren."""
    head = np.clip(np.round(own.normal(50, 12, many)), 22, 85)[:, None]
    young = head - own.integers(21, 36, (many, SLOTS))
    young = np.where(young < 0, own.integers(0, 7, (many, SLOTS)), young)
    parent = np.minimum(head + own.integers(20, 30, (many, SLOTS)), 93)
    grand = np.maximum(head - own.integers(46, 62, (many, SLOTS)), 0)
    other = np.where(own.random((many, SLOTS)) < 0.68, young, np.where(head < 60, parent, grand))
    other[:, 0] = head[:, 0]
    spouse = np.clip(head[:, 0] + np.round(own.normal(-1.5, 3, many)), 20, 90)
    other[:, 1] = np.where(own.random(many) < 0.88, spouse, other[:, 1])
    return other.astype(np.int64)


def _move(homes: Homes, own: np.random.Generator, periods: tuple[int, ...], size: NDArray[np.int64]) -> None:
    """Let an adult of some homes of three and more move to the next home of the village, on the first day of a year."""
    year = own.choice(np.array(periods[1:]), len(homes)).astype(np.int16)
    age = year[:, None] - homes.born
    grown = (age >= 18) & (age <= 40) & (np.arange(SLOTS) >= 1) & (np.arange(SLOTS) < size[:, None])
    slot = SLOTS - 1 - grown[:, ::-1].argmax(axis=1)
    goes = (own.random(len(homes)) < 0.03 * (len(periods) - 1)) & grown.any(axis=1) & (size >= 3)
    goes &= np.append(homes.village[1:] == homes.village[:-1], False)
    source = np.flatnonzero(goes)
    target, place = source + 1, slot[source]
    for part in (homes.born, homes.female, homes.disabled, homes.chronic, homes.study):
        part[target, -1] = part[source, place]
    homes.leaves[source, place] = homes.joins[target, -1] = year[source]
    homes.mover[target] = place
