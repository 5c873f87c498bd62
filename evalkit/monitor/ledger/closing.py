"""Whose risk may be found resolved: which open cases meet which conditions. It proposes; people decide."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import has_columns, instance, one_of, whole
from evalkit.errors import DataError
from evalkit.monitor.ledger.changes import a_day, as_changes
from evalkit.monitor.ledger.stages import fault_rows
from evalkit.monitor.ledger.state import LedgerState, is_known
from evalkit.monitor.windows import month_ends
from evalkit.stats.arrays import Mask
from evalkit.terms import Text

Flags = pd.arrays.BooleanArray  # yes, no, or not known

CONDITIONS: dict[str, Text] = {
    "months": Text("识别已满规定月数", "long enough since inclusion"),
    "measures": Text("已落实帮扶措施", "helped by enough measures"),
    "income": Text("收入持续稳定高于监测范围", "income steadily at or above the range"),
    "burden": Text("刚性支出等风险已解决，无现存预警", "burdens solved, no warning of income or spending stands"),
    "guarantees": Text("“三保障”和饮水安全持续巩固", "the three guarantees and safe water held"),
    "labor": Text("家中有劳动力", "somebody in the home can work"),
}
CHANNELS = {"burden": ("income", "shock"), "guarantees": ("guarantee",)}
AND = "; "


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeFacts:
    """What is known of homes on the day, beside the ledger.

    Parameters
    ----------
    months
        One row a home and month end: `home`, `month_end`, and either `above`, whether its income of twelve months was at or above
        the range, or `income` and `limit` of the home in fen.
    signals
        The signals that stand on the day: `home`, `channel` ("income", "shock" or "guarantee").
    homes
        One row a home: `home`, `labor`, whether somebody can work.
    unjudged
        Where rules of a channel could not be judged for want of records: `county`, `channel`. What is not known is not met.
    doubted
        The same of single homes: `home`, `channel`.
    """

    months: pd.DataFrame
    signals: pd.DataFrame
    homes: pd.DataFrame
    unjudged: pd.DataFrame | None = None
    doubted: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        needed = {"months": ["home", "month_end"], "signals": ["home", "channel"], "homes": ["home", "labor"]}
        for name, columns in needed.items():
            frame = getattr(self, name)
            instance(frame, pd.DataFrame, who=f"HomeFacts {name}", do="give a frame with " + ", ".join(columns))
            has_columns(frame, columns, who=f"HomeFacts {name}")
        if self.unjudged is not None:
            instance(self.unjudged, pd.DataFrame, who="HomeFacts unjudged", do="give a frame with county, channel")
            has_columns(self.unjudged, ["county", "channel"], who="HomeFacts unjudged")
        if self.doubted is not None:
            instance(self.doubted, pd.DataFrame, who="HomeFacts doubted", do="give a frame with home, channel")
            has_columns(self.doubted, ["home", "channel"], who="HomeFacts doubted")
        for name, keys in (("months", ["home", "month_end"]), ("homes", ["home"])):
            twice = getattr(self, name).duplicated(keys)
            if twice.any():
                found = f"{int(twice.sum())}, the first of them row {int(np.flatnonzero(twice)[0]) + 1}"
                do = f"keep one row of each {' and '.join(keys)}"
                raise DataError(f"HomeFacts {name} holds some rows twice", found=found, do=do)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingConditions:
    """The conditions on which a risk counts as resolved (风险消除), asked of every case that is included and open.

    All must hold: some months since inclusion; a measure carried out; income at or above the range at each of the last month
    ends; burdens solved, so that no signal of income or shock stands; the three guarantees and water held; and somebody who can
    work, since households without labor are not marked as removed. There is no quota. Sources: yjq.gov.cn (2024-03-15),
    zongyang.gov.cn, cxs.gov.cn, and Hainan's rules; counties differ, hence parameters.

    Parameters
    ----------
    months
        Since inclusion, in months of the calendar.
    measures
        How many must have been carried out.
    stable_months
        Month ends, up to that of the last month, at each of which the income must be at or above the range.
    no_labor
        "stays_open": a household without labor is not closed; "may_close": it may be, where a county says so.
    margin
        How far above the range an income must be, in hundredths of a percent (500: 5 %); needs `income` and `limit`.

    Examples
    --------
    >>> ClosingConditions().no_labor
    'stays_open'
    """

    months: int = 6
    measures: int = 1
    stable_months: int = 6
    no_labor: Literal["stays_open", "may_close"] = "stays_open"
    margin: int = 0

    def __post_init__(self) -> None:
        whole(self.months, who="ClosingConditions months", least=0)
        whole(self.measures, who="ClosingConditions measures", least=0)
        whole(self.stable_months, who="ClosingConditions stable_months")
        one_of(self.no_labor, ("stays_open", "may_close"), who="ClosingConditions no_labor")
        whole(self.margin, who="ClosingConditions margin", least=0, do="write 500 for 5 %")

    def measure(self, state: LedgerState, facts: HomeFacts, as_of: date) -> Closable:
        """Which open cases meet which conditions. It closes none.

        Raises
        ------
        DataError
            The state knows what became known after the day, or the facts lack a column.
        """
        a_day(as_of, who="the day of closing")
        is_known(state, as_of)
        instance(facts, HomeFacts, who="the facts of closing", do="give HomeFacts")
        cases = state.frame[state.frame["open"] & state.frame["included"].notna()].reset_index(drop=True)
        met = {
            "months": _flags(cases["included"] + pd.DateOffset(months=self.months) <= pd.Timestamp(as_of)),
            "measures": _flags(cases["measures"] >= self.measures),
            "income": self._income(cases["home"], facts.months, as_of),
            "burden": _without(cases, facts, CHANNELS["burden"]),
            "guarantees": _without(cases, facts, CHANNELS["guarantees"]),
            "labor": self._labor(cases["home"], facts.homes),
        }
        table = cases[["home", "case", "county", "village", "stage", "included", "measures"]]
        table = table.rename(columns={"measures": "carried_out"}).assign(**met)
        lacking = {name: ~flags.to_numpy(dtype=bool, na_value=False) for name, flags in met.items()}
        table["met"] = ~np.any(list(lacking.values()), axis=0)
        table["missing"] = _named(lacking, len(table))
        return Closable(spec=self, frame=table, as_of=as_of, notes=self._notes(table, met))

    def refuse(self, changes: pd.DataFrame, closable: Closable) -> pd.DataFrame:
        """The `resolved` of a batch that do not meet the conditions by the state before it, as `stages.faults` returns faults.

        `detail` names the conditions. Give them to `Ledger.append(also=…)`, which tells them with all others.
        """
        instance(closable, Closable, who="what may be closed", do="give what ClosingConditions.measure returns")
        batch = as_changes(changes, closable.as_of)
        found = closable.frame[["home", "case", "met", "missing"]].astype({"home": "Int64", "case": "Int64"})
        asked = batch[["home", "case"]].merge(found, on=["home", "case"], how="left")
        resolved = (batch["stage"] == "resolved").to_numpy(dtype=bool)
        met = asked["met"].astype("boolean").fillna(False).to_numpy(dtype=bool)
        detail = asked["missing"].astype(object).where(asked["missing"].notna(), "included before this batch")
        return fault_rows(batch, resolved & ~met, "not_closable", detail.to_numpy(dtype=object))

    def _income(self, homes: pd.Series, months: pd.DataFrame, as_of: date) -> Flags:
        """Whether income was at or above the range at every month end; not known where one of them is."""
        ends = pd.to_datetime(pd.Series(month_ends(as_of, self.stable_months)))
        rows = months[pd.to_datetime(months["month_end"]).isin(ends)]
        above = self._above(rows)
        yes = rows["home"][above.fillna(False)].value_counts().reindex(homes).fillna(0).to_numpy()
        no = homes.isin(rows["home"][~above.fillna(True)]).to_numpy()
        return pd.arrays.BooleanArray(yes == len(ends), ~no & (yes < len(ends)))

    def _above(self, rows: pd.DataFrame) -> pd.Series:
        if self.margin or "above" not in rows:
            has_columns(rows, ["income", "limit"], who="HomeFacts months")
            income, limit = rows["income"].astype("Int64"), rows["limit"].astype("Int64")
            return (income * 10_000 >= limit * (10_000 + self.margin)).astype("boolean")
        return rows["above"].astype("boolean")

    def _labor(self, homes: pd.Series, known: pd.DataFrame) -> Flags:
        if self.no_labor == "may_close":
            return _flags(np.ones(len(homes), dtype=bool))
        labor = known.set_index("home")["labor"].astype("boolean").reindex(homes)
        return pd.arrays.BooleanArray(labor.fillna(False).to_numpy(dtype=bool), labor.isna().to_numpy())

    def _notes(self, table: pd.DataFrame, met: dict[str, Flags]) -> tuple[Note, ...]:
        proposed = Text(
            "在监测的 {n:,} 次中，{met:,} 次符合全部风险消除条件。此为建议，须经入户核实和民主评议后方可消除；不设指标。",
            "Of {n:,} open cases, {met:,} meet all conditions. This is a proposal: a risk is found resolved by people after a "
            "visit and a review, and there is no quota.",
        )
        notes = [Note("choice", proposed.format(n=len(table), met=int(table["met"].sum())))]
        idle = int((~met["labor"].to_numpy(dtype=bool, na_value=True)).sum())
        if idle:
            said = Text("{n:,} 次因家中无劳动力而不作消除。", "{n:,} stay open because nobody in the home can work.")
            notes.append(Note("left_out", said.format(n=idle)))
        unknown = int(np.any([flags.isna() for flags in met.values()], axis=0).sum())
        if unknown:
            said = Text(
                "{n:,} 次有条件因缺少记录而无法判断，按不符合处理。",
                "Of {n:,} some condition cannot be judged for want of records; it counts as not met.",
            )
            notes.append(Note("caution", said.format(n=unknown)))
        return tuple(notes)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Closable(Answer):
    """Open cases by what they meet: `frame` has one row a case that is included and open.

    `home`, `case`, `county`, `village`, `stage`, `included`, `carried_out` (measures); one flag a condition (see `CONDITIONS`;
    missing where it is not known), `met` where all are, and `missing`, those that are not met or not known, joined by "; ".
    """

    spec: ClosingConditions
    as_of: date


def _without(cases: pd.DataFrame, facts: HomeFacts, channels: tuple[str, ...]) -> Flags:
    """Where no signal of these channels stands; not known where their rules could not be judged."""

    def named(frame: pd.DataFrame | None, key: str) -> Mask:
        if frame is None:
            return np.zeros(len(cases), dtype=bool)
        return cases[key].isin(frame[key][frame["channel"].isin(channels)]).to_numpy(dtype=bool)

    stands = named(facts.signals, "home")
    dark = named(facts.unjudged, "county") | named(facts.doubted, "home")
    return pd.arrays.BooleanArray(~stands, dark & ~stands)


def _named(lacking: dict[str, Mask], rows: int) -> pd.Series:
    """The conditions that are lacking, joined."""
    text = np.full(rows, "", dtype=object)
    for name, mask in lacking.items():
        text[mask] = np.where(text[mask] == "", "", text[mask] + AND) + name
    return pd.Series(text, dtype="str")


def _flags(values: pd.Series | Mask) -> Flags:
    known = np.asarray(values, dtype=bool)
    return pd.arrays.BooleanArray(known, np.zeros(len(known), dtype=bool))
