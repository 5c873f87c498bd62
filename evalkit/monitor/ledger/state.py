"""The state of every case, worked out from its changes in whatever order they were written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from evalkit.answer import Answer
from evalkit.check import instance
from evalkit.errors import DataError
from evalkit.monitor.ledger.stages import CODES, MISSING, OPEN, RANK, STAGES, Days, in_days
from evalkit.stats.arrays import Codes, Mask

AND = "; "  # between the rules of a reason
DATED = ("flagged", "visited", "included", "not_included", "helped", "resolved")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LedgerState(Answer):
    """The cases of a ledger: `frame` has one row a case, sorted by `home` and `case`.

    `county`, `village` and `kind` as last told; `stage` (see `STAGES`) and whether the case is `open`; the dates `flagged` (when
    it was opened, also where that was a reopening: `reopened` says so), `visited`, `included`, `not_included`, `helped` (first)
    and `resolved`; counts `measures` and `signals`; `reason`, the rules of its flag and of further signals, joined by "; ";
    `grounds`, why it was not included or on what it was resolved; `source`, who told of it first; `latest`, the date of its
    latest stage, and `known`, the day the newest of its changes became known. `as_of` is the day it was known on; None: so far.
    """

    as_of: date | None = None


def is_known(state: LedgerState, as_of: date) -> None:
    """Refuse a state that knows what became known after a day."""
    instance(state, LedgerState, who="the state of the ledger", do="give ledger.state(as_of)")
    latest = max(pd.Timestamp(state.as_of or as_of), state.frame["known"].max())
    if latest > pd.Timestamp(as_of):
        do = f"read it with ledger.state(date({as_of.year}, {as_of.month}, {as_of.day}))"
        raise DataError("the state of the ledger knows what became known after the day", found=f"{latest.date()}", do=do)


def case_states(changes: pd.DataFrame) -> pd.DataFrame:
    """One row a case; the same whatever the order of the changes.

    Changes follow each other as they became known; of one day, in the order of stages, then by date.
    """
    rows = _in_order(changes)
    home, case = rows["home"].to_numpy(dtype=np.int64), rows["case"].to_numpy(dtype=np.int64)
    new = np.append(True, (home[1:] != home[:-1]) | (case[1:] != case[:-1]))[: len(rows)]
    at = _Cases(np.flatnonzero(new), np.cumsum(new) - 1)
    stage, day = rows["stage"].map(CODES).to_numpy(dtype=np.intp), in_days(rows["date"])
    signal = stage == CODES["signal"]
    moved = at.last(~signal)
    out: dict[str, Any] = {"home": home[at.starts], "case": case[at.starts]}
    out |= {name: at.last_word(rows[name]) for name in ("county", "village", "kind")}
    out["stage"] = pd.Series(np.array(list(STAGES), dtype=object)[stage[moved]], dtype="str")
    out["open"] = np.isin(stage[moved], [CODES[name] for name in OPEN])
    opens = RANK[stage] == 0
    for name in DATED:
        out[name] = _days(at.first_day(day, opens if name == "flagged" else stage == CODES[name]))
    out["measures"], out["signals"] = at.count(stage == CODES["helped"]), at.count(signal)
    out["reopened"] = at.count(stage == CODES["reopened"]) > 0
    out["reason"] = _joined(rows["reason"], at, opens | signal)
    closes = (stage == CODES["not_included"]) | (stage == CODES["resolved"])
    out["grounds"] = at.last_word(rows["reason"].where(closes))
    out["source"] = at.last_word(rows["source"].where(opens))
    out["latest"] = _days(at.most(np.where(signal, MISSING, day)))
    out["known"] = _days(at.most(in_days(rows["known_date"])))
    return pd.DataFrame(out)


@dataclass(frozen=True, slots=True)
class _Cases:
    """Which of the sorted rows belong to which case."""

    starts: Codes
    group: Codes

    def last(self, mask: Mask) -> Codes:
        """The last row of each case among some of them; −1 where it has none."""
        return self.most(np.where(mask, np.arange(len(mask)), -1))

    def most(self, values: Any) -> Any:
        """The greatest value of each case."""
        return np.maximum.reduceat(values, self.starts) if len(self.starts) else values

    def count(self, mask: Mask) -> Days:
        """How many of its rows are among these."""
        return np.bincount(self.group[mask], minlength=len(self.starts)).astype(np.int64)

    def first_day(self, day: Days, mask: Mask) -> Days:
        """The earliest date among some rows of each case, `MISSING` where it has none."""
        late = np.where(mask, day, np.iinfo(np.int64).max)
        first = np.minimum.reduceat(late, self.starts) if len(self.starts) else late
        return np.where(first == np.iinfo(np.int64).max, MISSING, first)

    def last_word(self, words: pd.Series) -> pd.Series:
        """The last word that was told of each case."""
        at = self.last(words.notna().to_numpy())
        return words.take(np.maximum(at, 0)).reset_index(drop=True).where(at >= 0)


def _in_order(changes: pd.DataFrame) -> pd.DataFrame:
    """Changes by home and case, in the order they count in; ties are broken by what they say, never by where they stand."""
    stage = changes["stage"].map(CODES).to_numpy(dtype=np.intp)
    tied = [changes[name].factorize(sort=True)[0] for name in ("kind", "village", "county", "source", "reason")]
    keys = (*tied, in_days(changes["date"]), RANK[stage], in_days(changes["known_date"]))
    order = np.lexsort((*keys, changes["case"].to_numpy(dtype=np.int64), changes["home"].to_numpy(dtype=np.int64)))
    return changes.take(order).reset_index(drop=True)


def _joined(reasons: pd.Series, at: _Cases, telling: Mask) -> pd.Series:
    """The rules each case was told of, each once, in the order they came."""
    rows = np.flatnonzero(telling & reasons.notna().to_numpy())
    code, words = pd.factorize(reasons.take(rows))
    parts = pd.Series(list(words), dtype="str").str.split(AND).explode()
    told = pd.DataFrame({"case": at.group[rows], "code": code, "turn": np.arange(len(rows))})
    pairs = told.merge(parts.rename("rule"), left_on="code", right_index=True).sort_values("turn", kind="stable")
    pairs = pairs.drop_duplicates(["case", "rule"])
    turn = pairs.groupby("case").cumcount().to_numpy()
    out = np.full(len(at.starts), "", dtype=object)
    for k in range(int(turn.max(initial=-1)) + 1):
        case, rule = pairs["case"].to_numpy()[turn == k], pairs["rule"].to_numpy(dtype=object)[turn == k]
        out[case] = out[case] + (AND if k else "") + rule
    return pd.Series(out, dtype="str").where(out != "")


def _days(days: Days) -> pd.Series:
    """Days since 1970 as dates."""
    told = np.where(days == MISSING, 0, days).astype("datetime64[D]").astype("datetime64[s]")
    return pd.Series(told).where(days != MISSING)
