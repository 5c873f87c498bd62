"""Which deliveries came: by county and month, as far as a source is expected from every county."""

from __future__ import annotations

from datetime import date

import narwhals as nw
import numpy as np
import pandas as pd

from evalkit.monitor.engine.base import Engine, Frame, distinct
from evalkit.monitor.quality.empty import Empty
from evalkit.monitor.quality.places import placed
from evalkit.monitor.sources.columns import MONTHS
from evalkit.monitor.sources.sources import Source
from evalkit.monitor.windows import last_month, month_number

TENTH = 10
COLUMNS = {"source": "str", "county": "str", "month": "int64", "delivered": "bool"}


def coverage(
    engine: Engine, records: Frame, source: Source, homes: Frame, as_of: date, empty: Empty | None = None
) -> pd.DataFrame:
    """Whether each county's delivery came, month by month: source, county, month (its number) and delivered.

    A month is the one in which records became known, not the one they are about: a delivery that did not come in March lacks
    what happened in March and what was left over from before. A county's delivery came if records of its homes became known in
    the refresh period (month, quarter, half-year, year) that the month lies in: at least a tenth of what the county has in a
    usual period, for a few stray ones, late or under a wrong key, are no delivery. Rows run from the first month in which the
    source was known anywhere to the end of the last refresh period that was over on the day; of a source that is not expected
    from every county there are none but of those that are doubted.

    A refresh period with a delivery without a row that is believed has come for all counties, one that is doubted for none.

    Parameters
    ----------
    records
        As in the store, or linked (with `home`).
    homes
        The homes of the day with their county, see `register.homes_as_of`; a home that is not among them counts for the county
        that was filed.
    empty
        What is made of deliveries without a row; None: there are none.
    """
    told = Empty(source) if empty is None else empty
    loose = source.expects == "none" or source.refresh == "event"
    if loose and not told.doubted:
        return _framed(source, [], [], [])
    counties = sorted(engine.collect(distinct(homes, "county"))["county"].dropna())
    if loose:
        return _framed(source, *_doubted(told, counties, as_of))
    seen = engine.collect(_seen(records, homes, as_of)).dropna().astype({"month": int, "records": int})
    step = MONTHS[source.refresh]
    end = (month_number(last_month(as_of).last) + 1) // step * step  # the month after the last period that is over
    seen = seen[seen["month"] < end]
    months = np.arange(int(seen["month"].min()) if len(seen) else end, end)
    periods = pd.MultiIndex.from_product([counties, np.unique(months // step)], names=["county", "period"])
    nobody = [month // step for month in told.nobody]
    came = delivered(seen.groupby(["county", seen["month"] // step])["records"].sum().reindex(periods, fill_value=0))
    came |= periods.get_level_values("period").isin(nobody)
    each = pd.MultiIndex.from_product([counties, months], names=["county", "month"]).to_frame(index=False)
    flags = came.reindex(pd.MultiIndex.from_arrays([each["county"], each["month"] // step])).to_numpy(dtype=bool)
    return _framed(source, each["county"], each["month"], flags)


def delivered(records: pd.Series) -> pd.Series:
    """Of records by (county, period), where there is at least a tenth of the median of the county's periods that have any.

    Examples
    --------
    >>> index = pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("a", 3), ("b", 1)], names=["county", "period"])
    >>> delivered(pd.Series([100, 9, 130, 1], index=index)).tolist()
    [True, False, True, True]
    """
    usual = records.where(records > 0).groupby(level="county").transform("median")
    return (records > 0) & (TENTH * records >= usual)


def deliveries(table: pd.DataFrame, source: Source) -> pd.DataFrame:
    """The same by refresh period: county, period and delivered, one row an expected delivery."""
    step = MONTHS[source.refresh] if source.refresh != "event" else 1
    periods = table.assign(period=table["month"] // step)
    return periods.groupby(["county", "period"])["delivered"].max().reset_index()


def _seen(records: Frame, homes: Frame, as_of: date) -> Frame:
    """How many records became known, by county and month."""
    known = records.filter(nw.col("known_date") <= nw.lit(as_of))
    return placed(known, homes).group_by("county", "month").agg(nw.len().cast(nw.Int64).alias("records"))


def _doubted(told: Empty, counties: list[str], as_of: date) -> tuple[list[str], list[int], bool]:
    """Months of a source that is not expected from every county, in which a delivery without a row is not believed."""
    step = 1 if told.source.refresh == "event" else MONTHS[told.source.refresh]
    end = (month_number(last_month(as_of).last) + 1) // step * step
    months = sorted({one for month in told.doubted for one in range(month // step * step, month // step * step + step)})
    pairs = [(county, month) for county in counties for month in months if month < end]
    return [county for county, _ in pairs], [month for _, month in pairs], False


def _framed(source: Source, county: object, month: object, delivered: object) -> pd.DataFrame:
    frame = pd.DataFrame({"county": county, "month": month, "delivered": delivered})
    return frame.assign(source=source.id)[list(COLUMNS)].astype(COLUMNS)
