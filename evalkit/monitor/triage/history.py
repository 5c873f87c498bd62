"""What the ledger already knows of a home: its last case, whether that is open, and which rules it was told of, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.check import has_columns
from evalkit.stats.arrays import Codes, Mask

CASES = ("home", "case", "county", "village", "kind", "flagged", "visited", "not_included", "resolved")
CHANGES = ("home", "case", "stage", "known_date", "reason")
TELLING = ("flagged", "reopened", "signal")  # stages of the ledger that carry rules
AND = "; "  # between the rules of a reason


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class History:
    """Cases of the ledger as triage needs them.

    `cases` has one row a case (the frame of a `LedgerState`); `told` one row a home, case and rule, with the last `date` on which
    the ledger was told of that rule.

    Examples
    --------
    >>> case = {"home": [7], "case": [1], "county": ["C"], "village": ["V"], "kind": ["sudden"], "reason": ["medical; disaster"]}
    >>> days = {"flagged": ["2024-01-31"], "visited": [None], "not_included": [None], "resolved": [None]}
    >>> History.of(pd.DataFrame(case | days)).told["rule"].tolist()
    ['medical', 'disaster']
    """

    cases: pd.DataFrame
    told: pd.DataFrame

    @classmethod
    def of(cls, cases: pd.DataFrame, changes: pd.DataFrame | None = None) -> History:
        """The history of a ledger's state, with its changes as known on the day; without them rules are those of the flags.

        Raises
        ------
        DataError
            A column is absent.
        """
        cases = cases if "home" in cases.columns else cases.reset_index()
        has_columns(cases, CASES, who="the cases of triage")
        if changes is None:
            has_columns(cases, ["reason"], who="the cases of triage")
            return cls(cases=cases, told=_by_rule(cases.assign(date=pd.to_datetime(cases["flagged"]))))
        has_columns(changes, CHANGES, who="the changes of triage")
        telling = changes[changes["stage"].isin(TELLING)]
        return cls(cases=cases, told=_by_rule(telling.assign(date=pd.to_datetime(telling["known_date"]))))

    def last(self) -> pd.DataFrame:
        """The last case of each home, by home: `case`, place, `kind`, `reason`, `flagged`, and whether it is `open`, `waiting`
        for its first visit, or `closed`; `closed_on` is when.
        """
        newest = self.cases.sort_values(["home", "case"], kind="stable").drop_duplicates("home", keep="last").set_index("home")
        days = {name: pd.to_datetime(newest[name]) for name in ("flagged", "visited", "not_included", "resolved")}
        closed = days["resolved"].fillna(days["not_included"])
        told = self.told.merge(newest[["case"]].reset_index(), on=["home", "case"]).sort_values(["home", "rule"], kind="stable")
        return newest[["case", "county", "village", "kind"]].assign(
            reason=joined(told),
            flagged=days["flagged"],
            open=closed.isna(),
            waiting=closed.isna() & days["visited"].isna(),
            resolved=days["resolved"].notna(),
            closed_on=closed,
        )

    def known(self, signals: pd.DataFrame, last: pd.DataFrame) -> Mask:
        """Which signals the last case of their home knows already.

        While it is open, and after a visit that did not include the home: the rules it was told of, unless all evidence of a
        signal is younger than that. After its risk was resolved: what was known by then (a signal without dates was not).
        """
        case = last.reindex(signals["home"])
        keys = signals[["home", "rule"]].assign(case=case["case"].to_numpy())
        told = keys.merge(self.told, on=["home", "case", "rule"], how="left")["date"].to_numpy(dtype="datetime64[s]")
        closed = case["closed_on"].to_numpy(dtype="datetime64[s]")
        since = np.where(np.isnat(closed), told, np.fmax(told, closed))
        first, learnt = (pd.to_datetime(signals[name]).to_numpy(dtype="datetime64[s]") for name in ("first_event", "known_date"))
        younger = ~np.isnat(first) & (first > since)
        resolved = case["resolved"].fillna(False).to_numpy(dtype=bool)
        return np.where(resolved, learnt <= closed, ~np.isnat(told) & ~younger)


def _by_rule(told: pd.DataFrame) -> pd.DataFrame:
    """One row a home, case and rule of reasons such as "medical; disaster", with the last date."""
    code, reasons = pd.factorize(told["reason"])
    rules = pd.Series(list(reasons), dtype=str).str.split(AND).explode().rename("rule")
    pairs = told[["home", "case", "date"]].assign(code=code).merge(rules, left_on="code", right_index=True)
    return pairs.groupby(["home", "case", "rule"], sort=False)["date"].max().reset_index()


def joined(rows: pd.DataFrame) -> pd.Series:
    """The rules of each home in one word, from rows sorted by home: a pass over them for each further rule."""
    rules, home = rows["rule"].astype(object).to_numpy(), rows["home"].to_numpy()
    at = counted(home)
    said = pd.Series(rules[at == 0], index=pd.Index(home[at == 0], name="home"), dtype=object)
    for more in range(1, int(at.max(initial=0)) + 1):
        here = at == more
        said.loc[home[here]] = said.loc[home[here]].to_numpy() + AND + rules[here]
    return said


def counted(block: NDArray[Any]) -> Codes:
    """The place of each row in its block, from 0, where the rows of a block stand together.

    Examples
    --------
    >>> counted(np.array([4, 4, 7, 7, 7]))
    array([0, 1, 0, 1, 2])
    """
    at = np.arange(len(block))
    starts = np.append(True, block[1:] != block[:-1])[: len(block)]
    return at - np.maximum.accumulate(np.where(starts, at, 0))
