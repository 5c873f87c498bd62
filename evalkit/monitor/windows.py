"""Days as windows of whole months: the twelve months of an income, the year so far, the school year; all are pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import narwhals as nw

from evalkit.check import shown, whole
from evalkit.errors import SpecError

SCHOOL = 8  # the place of September in a year, from 0


@dataclass(frozen=True, slots=True)
class Window:
    """Whole months in a row, from the first day of one to the last day of one; both days are in it.

    Examples
    --------
    >>> Window(date(2023, 6, 1), date(2024, 5, 31)).months
    range(24281, 24293)
    """

    first: date
    last: date

    def __post_init__(self) -> None:
        sound = isinstance(self.first, date) and isinstance(self.last, date)
        if not sound or self.first > self.last or self.first.day != 1 or (self.last + timedelta(days=1)).day != 1:
            found = f"{shown(self.first)} to {shown(self.last)}"
            raise SpecError("a Window is made of whole months", found=found, do="start on a first day and end on a last day")

    @property
    def months(self) -> range:
        """The numbers of its months."""
        return range(month_number(self.first), month_number(self.last) + 1)

    def holds(self, column: str) -> nw.Expr:
        """Whether a column of dates is in it."""
        return (nw.col(column) >= nw.lit(self.first)) & (nw.col(column) <= nw.lit(self.last))


def month_number(day: date) -> int:
    """The number of the month of a day: 12 × year + month − 1.

    Examples
    --------
    >>> month_number(date(2024, 1, 31)), month_number(date(2024, 2, 1))
    (24288, 24289)
    """
    return day.year * 12 + day.month - 1


def month_of(column: nw.Expr) -> nw.Expr:
    """The number of the month of each date, see `month_number`."""
    return column.dt.year().cast(nw.Int64) * 12 + column.dt.month().cast(nw.Int64) - 1


def month_start(number: int) -> date:
    """The first day of a month by its number.

    Examples
    --------
    >>> month_start(24288)
    datetime.date(2024, 1, 1)
    """
    return date(number // 12, number % 12 + 1, 1)


def month_end(number: int) -> date:
    """The last day of a month by its number.

    Examples
    --------
    >>> month_end(24289)
    datetime.date(2024, 2, 29)
    """
    return month_start(number + 1) - timedelta(days=1)


def months_to(last: int, many: int = 12) -> Window:
    """So many months that end with the one of this number.

    Examples
    --------
    >>> months_to(month_number(date(2024, 2, 29)), 3)
    Window(first=datetime.date(2023, 12, 1), last=datetime.date(2024, 2, 29))
    """
    whole(many, who="the months of a window")
    return Window(month_start(last - many + 1), month_end(last))


def last_month(as_of: date) -> Window:
    """The last month that had ended before the month of the day: of the last day of June it is May.

    Examples
    --------
    >>> last_month(date(2024, 6, 30)).last, last_month(date(2024, 7, 1)).last
    (datetime.date(2024, 5, 31), datetime.date(2024, 6, 30))
    """
    return months_to(month_number(as_of) - 1, 1)


def twelve_months(as_of: date) -> Window:
    """The months an income is counted in: from this month a year ago to the last month (上年当月初 … 上月末).

    Source: the 12-month window of income accounts in Anhui, 2020.

    Examples
    --------
    >>> twelve_months(date(2024, 6, 30))
    Window(first=datetime.date(2023, 6, 1), last=datetime.date(2024, 5, 31))
    """
    return months_to(month_number(as_of) - 1)


def the_window_before(window: Window) -> Window:
    """The twelve months before twelve months; of any window, as many months right before it.

    Examples
    --------
    >>> the_window_before(twelve_months(date(2024, 6, 30)))
    Window(first=datetime.date(2022, 6, 1), last=datetime.date(2023, 5, 31))
    """
    return months_to(window.months[0] - 1, len(window.months))


def year_to_date(as_of: date) -> Window:
    """From January to the last month: in January it is all of the year before.

    Examples
    --------
    >>> year_to_date(date(2024, 2, 1)).first, year_to_date(date(2024, 1, 31)).first
    (datetime.date(2024, 1, 1), datetime.date(2023, 1, 1))
    """
    last = month_number(as_of) - 1
    return months_to(last, last % 12 + 1)


def school_year(as_of: date) -> Window:
    """From September to the last month: in September it is all of the school year that ended in August.

    Examples
    --------
    >>> school_year(date(2024, 10, 1)).first, school_year(date(2024, 9, 30)).first
    (datetime.date(2024, 9, 1), datetime.date(2023, 9, 1))
    """
    last = month_number(as_of) - 1
    return months_to(last, (last - SCHOOL) % 12 + 1)


def month_ends(as_of: date, many: int) -> tuple[date, ...]:
    """The last days of so many months up to the last month, the oldest first."""
    last = month_number(as_of) - 1
    return tuple(month_end(number) for number in months_to(last, many).months)


def six_month_ends(as_of: date) -> tuple[date, ...]:
    """The half-year over which an income must have been stable before a case may be closed.

    Examples
    --------
    >>> [day.isoformat() for day in six_month_ends(date(2024, 6, 30))[::5]]
    ['2023-12-31', '2024-05-31']
    """
    return month_ends(as_of, 6)
