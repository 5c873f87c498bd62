"""Deliveries with a header and no row: months in which nobody was reported, or exports that have failed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import narwhals as nw
import pandas as pd

from evalkit.answer import Note
from evalkit.monitor.engine.base import Engine, Frame, distinct
from evalkit.monitor.quality.places import placed
from evalkit.monitor.sources.columns import MONTHS
from evalkit.monitor.sources.sources import Source
from evalkit.monitor.windows import month_end, month_number, month_of
from evalkit.terms import Text, first_of

LARGE = 100  # rows of a usual delivery from which on one without any is not believed
_MONTH = re.compile(  # 2024-06, 202406, 2024-06-30, 2024年6月 (of which the letters are not kept)
    r"(?<!\d)(20\d\d)(?:[-_.…]?(0[1-9]|1[0-2])(?:[-_.…]?(?:0[1-9]|[12]\d|3[01]))?|…([1-9])…)(?!\d)"
)
NOBODY = Text(
    "{n} 份数据只有表头、没有记录（{which}），按当期无人上报计：所涉规则已查，未发现信号。",
    "Deliveries with a header and no row: {n} ({which}). They count as nobody reported: what rests on them was looked at, and "
    "nothing was found.",
)
DOUBTED = Text(
    "{n} 份数据只有表头、没有记录，而该来源此前每份通常有 {least} 行以上（{which}），可能是导出失败："
    "当期按未送达处理，所涉农户不作判断；请部门核实后重新报送。",
    "Deliveries with a header and no row of sources that usually send {least} rows or more: {n} ({which}). An export may have "
    "failed: they count as not delivered, and homes that rest on them are not judged; have them checked and sent again.",
)
UNPLACED = Text(
    "{n} 份数据只有表头、没有记录，但不知属于哪个月或哪个县（文件名中没有 2024-06 这样的月份，或各县分开报送）："
    "{which}；不据此作任何推断。",
    "Deliveries with a header and no row of which the month or the county is not known (no month such as 2024-06 in the name, or "
    "counties that send files of their own): {n} ({which}). Nothing is concluded from them.",
)


@dataclass(frozen=True, slots=True)
class Empty:
    """The deliveries of a source without a row.

    Parameters
    ----------
    source
        Whose they are.
    many
        How many there are, by the month that they name.
    nobody, doubted
        Months (their numbers) in which nobody was reported, and those that are not believed.
    unplaced
        How many are of no month or county that is known.
    """

    source: Source
    many: int = 0
    nobody: tuple[int, ...] = ()
    doubted: tuple[int, ...] = ()
    unplaced: int = 0

    @property
    def heard(self) -> date | None:
        """The last day of the last month in which nobody was reported."""
        return month_end(max(self.nobody)) if self.nobody else None


def empty_deliveries(
    engine: Engine, known: Frame, source: Source, homes: Frame, receipts: pd.DataFrame | None, as_of: date
) -> Empty:
    """What is made of the deliveries of a source that have no row.

    The month stands in the name of the file; where it does not, or where counties send files of their own, nothing is made of
    them, nor where records became known in the same refresh period after all. One is not believed (`doubted`) if earlier
    deliveries had `LARGE` rows or more in the middle.

    Parameters
    ----------
    known
        The records that were known on the day.
    receipts
        Those of the store; None: nothing is known of them.
    """
    if receipts is None or source.file is None:
        return Empty(source)
    own = receipts[receipts["table"] == source.place]
    bare = own[own["rows"] == 0]
    months = [month_of_name(str(file)) for file in bare["file"]]
    told = sorted({month for month in months if month is not None and month <= month_number(as_of)})
    unknown = sum(month is None for month in months)
    many = unknown + sum(month in told for month in months)
    step = 1 if source.refresh == "event" else MONTHS[source.refresh]
    heard = {month // step for month in _months(engine, known)} if told else set()
    open_months = [month for month in told if month // step not in heard]
    doubted = tuple(month for month in open_months if _usual(own, month) >= LARGE)
    rest = tuple(month for month in open_months if month not in doubted)
    if rest and source.expects == "every_county" and not _of_all_counties(engine, known, homes):
        return Empty(source, many, (), doubted, unknown + len(rest))
    return Empty(source, many, rest, doubted, unknown)


def _months(engine: Engine, known: Frame) -> set[int]:
    """The months in which records became known."""
    seen = engine.collect(distinct(known.select(month=month_of(nw.col("known_date"))), "month"))
    return set(map(int, seen["month"].dropna()))


def month_of_name(file: str) -> int | None:
    """The number of the month that a file is named by; None where it names none, or several.

    Examples
    --------
    >>> [month_of_name(name) for name in ("disaster-2024-06.csv", "灾害202406.xlsx", "disaster-2024-06-30.csv", "…2024…6….csv")]
    [24293, 24293, 24293, 24293]
    >>> [month_of_name(name) for name in ("a.csv", "a-2024.csv", "2024-01_2024-06.csv", "20241306.csv", "a-2024-6.csv")]
    [None, None, None, None, None]
    """
    found = {(int(year), int(two or one)) for year, two, one in _MONTH.findall(file)}
    if len(found) != 1:
        return None
    year, month = found.pop()
    return month_number(date(year, month, 1))


def notes_of(every: Sequence[Empty]) -> tuple[Note, ...]:
    """What must be known of deliveries without a row."""
    notes = []
    nobody, doubted = _newest(every, "nobody"), _newest(every, "doubted")
    if nobody:
        notes.append(Note("choice", NOBODY.format(n=len(nobody), which=first_of(nobody))))
    if doubted:
        notes.append(Note("caution", DOUBTED.format(n=len(doubted), least=LARGE, which=first_of(doubted))))
    if unplaced := sum(one.unplaced for one in every):
        which = first_of([one.source.name for one in every if one.unplaced])
        notes.append(Note("caution", UNPLACED.format(n=unplaced, which=which)))
    return tuple(notes)


def _newest(every: Sequence[Empty], part: str) -> list[Text]:
    """Sources with their months, the newest first."""
    pairs = sorted(((month, one.source.name) for one in every for month in getattr(one, part)), key=lambda pair: -pair[0])
    months = [(f"{month // 12}-{month % 12 + 1:02d}", name) for month, name in pairs]
    return [Text(f"{name.zh} {month}", f"{name.en} {month}") for month, name in months]


def _usual(own: pd.DataFrame, month: int) -> float:
    """How many rows deliveries had in the middle that were known by the end of a month; 0 where there were none."""
    before = own[(own["rows"] > 0) & (pd.to_datetime(own["last_known"]) <= pd.Timestamp(month_end(month)))]
    return float(before["rows"].median()) if len(before) else 0.0


def _of_all_counties(engine: Engine, known: Frame, homes: Frame) -> bool:
    """Whether one delivery is of all counties: there is one, or most deliveries have records of several."""
    if len(engine.collect(distinct(homes, "county")).dropna()) <= 1:
        return True
    pairs = engine.collect(distinct(placed(known, homes), "delivery", "county")).dropna()
    return bool(pairs.groupby("delivery")["county"].nunique().median() > 1) if len(pairs) else False
