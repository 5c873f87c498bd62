"""Which county a record counts for."""

from __future__ import annotations

import narwhals as nw

from evalkit.monitor.engine.base import Frame
from evalkit.monitor.windows import month_of


def placed(known: Frame, homes: Frame) -> Frame:
    """Records as delivery, county and month (of the day they became known): the county of the home, or else the one filed."""
    key = "home" if "home" in known.collect_schema().names() else "household"
    marked = known.select(
        "delivery", nw.col(key).alias("_home"), nw.col("county").alias("_filed"), month=month_of(nw.col("known_date"))
    )
    joined = marked.join(homes.select(nw.col("home").alias("_home"), "county"), on="_home", how="left")
    return joined.select("delivery", nw.coalesce("county", "_filed").alias("county"), "month")
