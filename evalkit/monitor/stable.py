"""Whether incomes were steady: at or above the range at each of the last month ends, by what is known today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import narwhals as nw
import pandas as pd

from evalkit.monitor.engine.base import Engine, Frame, Kinds, distinct
from evalkit.monitor.income import incomes
from evalkit.monitor.rules.rules import RuleSet
from evalkit.monitor.signals.coverage import lacking
from evalkit.monitor.signals.ground import below
from evalkit.monitor.sources.sources import Source
from evalkit.monitor.windows import month_ends, twelve_months

MONTHS: Kinds = {"home": "integer", "month_end": "date", "above": "flag", "income": "integer", "limit": "integer"}


def month_end_incomes(  # noqa: PLR0913  what a run has at hand
    engine: Engine,
    records: Mapping[str, Frame],
    homes: Frame,
    *,
    rules: RuleSet,
    sources: Sequence[Source],
    coverage: pd.DataFrame | None,
    as_of: date,
    many: int = 6,
) -> pd.DataFrame:
    """One row a home and month end: home, month_end, `income` of twelve months, `limit` of the home in fen, and `above`: it
    was not below the range.

    Homes have the members and the range of today. Where no income is on record, or it is below and a delivery did not come, there
    is no row: what is not known is not met.

    Parameters
    ----------
    records
        Linked, those of the homes asked about; none where no home is.
    homes
        Columns home, county, members.
    many
        How many month ends, up to that of the last month.
    """
    rule = rules.the_range
    if rule is None or not records:
        return engine.collect(engine.hold(pd.DataFrame(columns=list(MONTHS)), MONTHS))
    limited = engine.keep(rule.limits.onto(engine, homes.filter(nw.col("members") > 0)))
    known, flows = {source.id: source for source in sources}, [source for source in sources if source.id in rules.income]
    counties = frozenset(engine.collect(distinct(limited, "county"))["county"].dropna().astype(str))
    parts = []
    for end in month_ends(as_of, many):
        then = end + timedelta(days=1)
        told = incomes(engine, records, flows, twelve_months(then), as_of)
        lacks = {} if coverage is None else lacking(rules, known, coverage, counties, then)[rule.id]
        closed = sorted(frozenset[str]().union(*lacks.values()))
        both = limited.join(told, on="home", how="inner").with_columns(month_end=nw.lit(end), above=~below(rule))
        both = both.filter(nw.col("above") | ~nw.col("county").is_in(closed)) if closed else both
        parts.append(both.select("home", "month_end", "above", "income", (nw.col("limit") * nw.col("members")).alias("limit")))
    return engine.collect(nw.concat(parts, how="vertical")).sort_values(["home", "month_end"], ignore_index=True)
