"""What departments write down of the homes of an atom in a year: one function a table, from what truly happened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evalkit.simulate.columns import Table
from evalkit.simulate.composition import SLOTS, Homes
from evalkit.stats.arrays import Array, Codes, Mask

EVENTS = (
    "illness", "accident", "disaster", "job_loss", "dropout", "insurance_lapse",
    "unsafe_dwelling", "unsafe_water", "benefit_stop",
)  # fmt: skip
ILLNESS, ACCIDENT, DISASTER, JOB_LOSS, DROPOUT, LAPSE, DWELLING, WATER, STOP = range(len(EVENTS))
STAGES = ("compulsory", "upper_secondary", "college")
GRADES = ("A", "B", "C", "D")


class Book(NamedTuple):
    """A year of an atom: its homes, year and place among the years drawn, their true columns (homes, years), and chance."""

    homes: Homes
    year: int
    at: int
    columns: Table
    own: np.random.Generator

    def of(self, name: str) -> NDArray[Any]:
        """A column in this year."""
        return self.columns[name][:, self.at]

    def before(self, name: str) -> NDArray[Any]:
        """A column in the year before, or in this one where there is none before."""
        return self.columns[name][:, max(self.at - 1, 0)]

    def began(self, name: str) -> Mask:
        """Where a state holds this year and did not the year before."""
        return self.of(name) & ~self.before(name)

    def days(self, many: int, first: int = 0, last: int = 365) -> Codes:
        """Days of the year, counted from 0."""
        return self.own.integers(first, last, many)


def parted(total: Array, home: Codes, weight: Array) -> Array:
    """Yuan of homes parted over rows, in whole fen that add up to the total; `home` is sorted and names every home's rows.

    Examples
    --------
    >>> parted(np.array([1.0, 0.05]), np.array([0, 0, 0, 1]), np.ones(4))
    array([0.33, 0.34, 0.33, 0.05])
    """
    if not len(home):
        return np.zeros(0)
    head = np.append(True, home[1:] != home[:-1])
    group = np.cumsum(head) - 1
    running = np.cumsum(weight)
    base = (running - weight)[head][group]
    whole = running[np.append(np.flatnonzero(head)[1:] - 1, len(home) - 1)][group] - base
    edge = np.round((running - base) / whole * np.round(total[home] * 100))
    return (edge - np.where(head, 0.0, np.append(0.0, edge[:-1]))) / 100


def by_month(total: Array, weight: Array) -> Array:
    """Yuan of homes by month, of shape (homes, 12), in whole fen that add up to the total, by weights of the same shape.

    Examples
    --------
    >>> by_month(np.array([1.0]), np.ones((1, 12)))[0, :4]
    array([0.08, 0.09, 0.08, 0.08])
    """
    running = np.cumsum(weight, axis=1)
    edge = np.round(running / running[:, -1:] * np.round(total * 100)[:, None])
    return np.diff(edge, axis=1, prepend=0.0) / 100


def someone(book: Book, home: Codes) -> Codes:
    """Any member who lives in each of these homes."""
    lot = book.own.random((len(home), SLOTS)) * book.homes.here(book.year)[home]
    return lot.argmax(axis=1)


def medical(book: Book) -> Table:
    """Medical insurance: bills, with what was paid out of pocket; they add up to the home's year."""
    ill, hurt = book.of("illness").astype(np.intp), book.of("accident").astype(np.intp)
    count = 1 + np.minimum(book.of("chronic"), 3) + ill + hurt
    home = np.repeat(np.arange(len(count)), count)
    place = np.arange(len(home)) - (np.cumsum(count) - count)[home]
    event = np.where(place < ill[home], ILLNESS, np.where(place < (ill + hurt)[home], ACCIDENT, -1))
    paid = parted(book.of("medical"), home, book.own.uniform(0.5, 1.5, len(home)) * np.where(event >= 0, 15.0, 1.0))
    bill = np.round(paid / book.own.uniform(0.3, 0.7, len(home)), 2)
    day = book.days(len(home))
    return {"home": home, "slot": someone(book, home), "event": event, "day": day, "total": bill, "amount": paid}


def civil_affairs(book: Book) -> Table:
    """Civil affairs: the minimum living allowance, paid month by month."""
    return _monthly(book, np.flatnonzero(book.of("dibao") > 0), "dibao")


def disability(book: Book) -> Table:
    """Disability benefits: each disabled person, month by month."""
    home, slot = np.nonzero(book.homes.disabled & book.homes.here(book.year))
    year = parted(book.of("disability"), home, np.ones(len(home)))
    amount, month = by_month(year, np.ones((len(home), 12))), np.tile(np.arange(12), len(home))
    columns = {"home": home.repeat(12), "slot": slot.repeat(12), "day": _month_start(book.year)[month] + 9}
    return {**columns, "month": month + 1, "amount": amount.ravel()}


def subsidy(book: Book) -> Table:
    """Agriculture: the farm subsidy, once a year from April to June."""
    home = np.flatnonzero(book.of("subsidy") > 0)
    return {"home": home, "day": book.days(len(home), 95, 180), "land": book.homes.land[home], "amount": book.of("subsidy")[home]}


def education(book: Book) -> Table:
    """Education: each student in each of two terms, enrolled or not, with what the home paid; it adds up to the home's year."""
    stages = np.stack(book.homes.school(book.year))
    home, slot = np.nonzero(stages.any(axis=0))
    stage = stages[:, home, slot].argmax(axis=0)
    child = np.flatnonzero(stage == 0)
    _, first = np.unique(home[child], return_index=True)
    left = np.zeros(len(home), dtype=bool)
    left[child[first]] = book.of("dropout")[home[child[first]]]
    home, slot, stage = home.repeat(2), slot.repeat(2), stage.repeat(2)
    term = np.tile(np.array([0, 1]), len(left))
    gone = left.repeat(2) & (term == 1)
    cost = np.array([1.0, 10.0, 30.0])[stage] * np.where(gone, 0.0, 1.0)
    return {
        "home": home,
        "slot": slot,
        "event": np.where(gone, DROPOUT, -1),
        "day": np.where(term == 0, 62, 246),
        "term": term + 1,
        "stage": stage,
        "enrolled": ~gone,
        "amount": parted(book.of("education"), home, cost),
    }


def water(book: Book) -> Table:
    """Water: one inspection a year."""
    return _inspected(book, "unsafe_water", WATER, {"safe": ~book.of("unsafe_water")})


def housing(book: Book) -> Table:
    """Housing: one inspection a year; grades A and B are safe, C and D are not."""
    grade = 2 * book.of("unsafe_dwelling") + (book.own.random(len(book.homes)) < 0.4)
    return _inspected(book, "unsafe_dwelling", DWELLING, {"grade": grade})


def insurance(book: Book) -> Table:
    """Basic medical insurance: whether the home is insured this year, as of January."""
    home = np.arange(len(book.homes))
    event = np.where(book.before("insured") & ~book.of("insured"), LAPSE, -1)
    return {"home": home, "event": event, "day": book.days(len(home), 0, 31), "insured": book.of("insured")}


def employment(book: Book) -> Table:
    """Employment: homes with wages, month by month: how many are at work, and what they earn; after a loss nobody, nothing."""
    home = np.flatnonzero((book.of("wage") > 0) & book.homes.off_farm)
    lost, many = book.of("job_loss")[home], len(home)
    until = np.where(lost, book.own.integers(3, 10, many), 12)
    month = np.arange(12)
    paid = month < until[:, None]
    weight = paid * book.own.uniform(0.9, 1.1, (many, 12))
    hands = np.minimum(book.of("workers")[home], 2).astype(np.int8)
    event = np.where(lost[:, None] & (month == until[:, None]), JOB_LOSS, -1)
    return {
        "home": home.repeat(12),
        "event": event.ravel(),
        "day": np.tile(_month_start(book.year), many) + 14,
        "month": np.tile(month + 1, many),
        "at_work": np.where(paid, hands[:, None], 0).ravel(),
        "amount": by_month(book.of("wage")[home], weight).ravel(),
    }


def disaster(book: Book) -> Table:
    """Emergency management: homes hit by a disaster, with the loss; all homes of a village on the same day."""
    home = np.flatnonzero(book.of("disaster"))
    day = 121 + (book.homes.village[home] * 7 + book.year * 31) % 150
    return {"home": home, "event": np.full(len(home), DISASTER), "day": day, "amount": book.of("loss")[home]}


# Departments in order, and how many days later a record is known on average.
DEPARTMENTS: dict[str, tuple[Callable[[Book], Table], float]] = {
    "medical": (medical, 25.0),
    "civil_affairs": (civil_affairs, 5.0),
    "disability": (disability, 8.0),
    "subsidy": (subsidy, 20.0),
    "education": (education, 30.0),
    "water": (water, 15.0),
    "housing": (housing, 15.0),
    "insurance": (insurance, 10.0),
    "employment": (employment, 12.0),
    "disaster": (disaster, 4.0),
}


def _monthly(book: Book, home: Codes, name: str) -> Table:
    amount, month = by_month(book.of(name)[home], np.ones((len(home), 12))), np.tile(np.arange(12), len(home))
    return {"home": home.repeat(12), "day": _month_start(book.year)[month] + 9, "month": month + 1, "amount": amount.ravel()}


def _inspected(book: Book, state: str, event: int, columns: Table) -> Table:
    home = np.arange(len(book.homes))
    found = np.where(book.began(state), event, -1)
    return {"home": home, "event": found, "day": book.days(len(home), 150, 330), **columns}


def _month_start(year: int) -> Codes:
    """The day of the year on which each month starts, from 0."""
    months = np.arange(f"{year}-01", f"{year + 1}-01", dtype="datetime64[M]").astype("datetime64[D]")
    return (months - months[0]).astype(np.intp)
