"""The homes of a day: their rules in a word, their kind, what the ledger knows of them, and who is due for a visit."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from evalkit.check import has_columns
from evalkit.errors import DataError
from evalkit.monitor.triage.history import joined
from evalkit.panel.household_kinds import KINDS, monitoring_kind
from evalkit.stats.arrays import Mask

SIGNALS = ("home", "county", "village", "rule", "channel", "level", "first_event", "last_event", "known_date")
FACTS = ("home", "county", "village", "formerly_poor", "within")
LAST = ("case", "county", "village", "kind", "reason", "flagged", "open", "waiting", "resolved")


def sound_facts(facts: pd.DataFrame, signals: pd.DataFrame) -> pd.DataFrame:
    """Facts by home, of every home with a signal; `within` is missing where the facts are not `complete`.

    Raises
    ------
    DataError
        A column is absent, a home stands twice or has a rule twice, or a home with a signal has no facts.
    """
    has_columns(signals, SIGNALS, who="the signals of triage")
    facts = facts if "home" in facts.columns else facts.reset_index()
    has_columns(facts, FACTS, who="the facts of triage")
    twice = int(facts["home"].duplicated().sum())
    if twice:
        raise DataError("facts of triage must hold no home twice", found=f"{twice} rows too many", do="keep one row of each home")
    if signals[["home", "rule"]].duplicated().any():
        raise DataError("signals of triage must hold no rule of a home twice", do="pass the frame of Signals")
    absent = signals.loc[~signals["home"].isin(facts["home"]), "home"].nunique()
    if absent:
        do = "collect them of the homes of the signals"
        raise DataError("every home with a signal needs facts", found=f"{absent} homes without", do=do)
    within = facts["within"].astype("boolean")
    if "complete" in facts.columns:
        within = within.mask(~facts["complete"].astype("boolean").fillna(False))
    return facts.assign(within=within).set_index("home")


def homes_of(signals: pd.DataFrame, facts: pd.DataFrame, last: pd.DataFrame | None, as_of: date) -> pd.DataFrame:
    """One row a home with a signal, or one that waits for a visit: place, kind, reasons, status, case, and since when.

    `signals` say in `known` whether the ledger knows them; `last` are the last cases of homes, see `History`.
    """
    rows = _signaled(signals).join(_of(last), how="outer")
    rows = rows[rows["signaled"].eq(True) | rows["last_waiting"].eq(True)]
    return _placed(rows, facts.reindex(rows.index), as_of)


def due(rows: pd.DataFrame) -> Mask:
    """Who belongs on the list: homes that are new, wait, or come again, and open cases with a fresh signal of the first level."""
    at_once = (rows["status"] == "signal") & (rows["fresh_level"] == 1)
    return np.asarray(rows["status"].isin(["new", "waiting", "reopened"]) | at_once)


def _signaled(signals: pd.DataFrame) -> pd.DataFrame:
    """Each home with a signal: its rules and the fresh ones, its most urgent level, that of the fresh ones, and shocks."""
    rows = signals.sort_values(["home", "rule"], kind="stable")
    by, fresh = rows.groupby("home", sort=True), rows[~rows["known"]]
    return pd.DataFrame(
        {
            "reasons": joined(rows),
            "fresh": joined(fresh),
            "level": by["level"].min().astype(float),
            "fresh_level": fresh.groupby("home")["level"].min().astype(float),
            "struck": (rows["channel"] == "shock").groupby(rows["home"]).any(),
            "signal_county": by["county"].first(),
            "signal_village": by["village"].first(),
        }
    ).assign(signaled=True)


def _of(last: pd.DataFrame | None) -> pd.DataFrame:
    """The last case of each home under names of its own."""
    told = pd.DataFrame(columns=[*LAST], index=pd.Index([], dtype=np.int64, name="home")) if last is None else last[[*LAST]]
    return told.add_prefix("last_")


def _placed(rows: pd.DataFrame, about: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """The rows with their place, kind, status and case; `judged` says whether the income is known."""
    signaled, within = rows["signaled"].eq(True).to_numpy(), about["within"].astype("boolean")
    poor = about["formerly_poor"].astype("boolean").fillna(False).to_numpy(dtype=bool)
    code = monitoring_kind(within.fillna(False).to_numpy(dtype=bool), poor, rows["struck"].eq(True).to_numpy(), signaled)
    kinds = np.array(list(KINDS), dtype=object)[code]
    waiting, opened, resolved = (rows[f"last_{name}"].eq(True).to_numpy() for name in ("waiting", "open", "resolved"))
    stale = rows["fresh"].isna().to_numpy()
    status = np.select([waiting, stale, opened, resolved], ["waiting", "handled", "signal", "reopened"], "new")
    anew = np.isin(status, ["new", "reopened"])
    return rows.assign(
        county=about["county"].fillna(rows["signal_county"]).fillna(rows["last_county"]),
        village=about["village"].fillna(rows["signal_village"]).fillna(rows["last_village"]),
        kind=np.where(signaled, kinds, rows["last_kind"].astype(object)),
        reasons=rows["reasons"].where(signaled, rows["last_reason"]),
        fresh=rows["fresh"].fillna(""),
        status=status,
        case=rows["last_case"].fillna(0).astype(np.int64) + anew,
        since=pd.to_datetime(rows["last_flagged"]).dt.as_unit("s").mask(anew, pd.Timestamp(as_of).as_unit("s")),
        judged=~signaled | within.notna().to_numpy(),
    )
