"""Signals sorted by home: which of the three kinds it may be, what is new, and whom a village visits first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from evalkit.answer import Answer
from evalkit.check import instance, one_of, shown, whole
from evalkit.errors import DataError, SpecError
from evalkit.monitor.triage.capacity import VillageCapacity, lots
from evalkit.monitor.triage.history import AND, History, counted
from evalkit.monitor.triage.notes import notes_of
from evalkit.monitor.triage.rows import due, homes_of, sound_facts
from evalkit.stats.arrays import Mask
from evalkit.stats.ranks import settled
from evalkit.terms import Text

Order = Literal["level", "risk", "since"]
ORDERS = ("level", "risk", "since")
STATUSES: dict[str, Text] = {
    "new": Text("新发现", "new"),
    "waiting": Text("待走访", "waiting for a visit"),
    "signal": Text("在办户有新信号", "new signal on an open case"),
    "reopened": Text("风险消除后再现", "after the risk was resolved"),
    "handled": Text("已在办理", "being handled"),
}
RISK = "risk_score"  # the reason of a home that no rule signals
LEAST_URGENT = 3
COLUMNS = ("county", "village", "kind", "reasons", "fresh", "level", "risk", "status", "case", "since", "place", "listed")
CHANGES = ("home", "case", "stage", "date", "known_date", "county", "village", "kind", "reason", "measure", "source")


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """Whom to visit: homes with signals in one of three kinds or none, in the order of visits, within what villages can do.

    It opens visits and decides nothing: who is listed is looked at by people; who is not keeps what they have.

    Parameters
    ----------
    capacity
        How many homes each village can visit until the next list; the others wait and are counted.
    order
        By what homes come first: their most urgent `level`, their `risk` if given, the day `since` they are flagged. Homes that
        wait for a visit come first in their level, the longest waiting before all.
    by_risk
        In each village, up to so many places that signals leave free go to the greatest risks among homes that no rule
        signals and no case was ever of. With 0 no home is listed by a score alone; a score never takes a home off the list.
    levels
        Levels of rules, for homes that wait though no signal of theirs shows any more; else the least urgent.
    seed
        Of the lot among equal homes.

    Examples
    --------
    >>> signals = pd.DataFrame({"home": [7, 7, 8], "county": "C", "village": "V", "rule": ["below", "medical", "medical"]})
    >>> signals = signals.assign(channel=["income", "shock", "shock"], level=[1, 2, 2], first_event=pd.Timestamp("2024-05-02"))
    >>> signals = signals.assign(last_event=signals["first_event"], known_date=pd.Timestamp("2024-06-05"))
    >>> facts = pd.DataFrame({"home": [7, 8], "county": "C", "village": "V", "formerly_poor": True, "within": [True, False]})
    >>> found = Triage(capacity=VillageCapacity(default=1)).measure(signals, facts, date(2024, 6, 30))
    >>> found.frame[["kind", "reasons", "status", "place", "listed"]].values.tolist()
    [['unstable', 'below; medical', 'new', 1, True], ['sudden', 'medical', 'new', 2, False]]
    """

    capacity: VillageCapacity = VillageCapacity()
    order: tuple[Order, ...] = ("level", "risk", "since")
    by_risk: int = 0
    levels: Mapping[str, int] = field(default_factory=dict)
    seed: int = 0

    def __post_init__(self) -> None:
        instance(self.capacity, VillageCapacity, who="Triage capacity", do="write VillageCapacity(default=20)")
        if not isinstance(self.order, tuple) or not self.order or len(set(self.order)) != len(self.order):
            raise SpecError("Triage order names each thing once", found=shown(self.order), do=f"use some of {ORDERS}")
        for one in self.order:
            one_of(one, ORDERS, who="Triage order")
        whole(self.by_risk, who="Triage by_risk", least=0)
        whole(self.seed, who="Triage seed", least=0)
        if not isinstance(self.levels, Mapping):
            raise SpecError("Triage levels must be levels by rule", found=shown(self.levels), do='write {"medical": 2}')
        for rule, level in self.levels.items():
            whole(level, who=f"the level of {shown(rule)}", most=LEAST_URGENT)
        object.__setattr__(self, "levels", dict(self.levels))

    def measure(
        self,
        signals: pd.DataFrame,
        facts: pd.DataFrame,
        as_of: date,
        history: History | None = None,
        risk: pd.Series | None = None,
    ) -> Triaged:
        """The homes of a day.

        Parameters
        ----------
        signals
            One row a home and rule: the frame of `Signals`.
        facts
            One row a home, at least of each with a signal: place, `formerly_poor`, and `within` the range (missing where that is
            not known, or not `complete` where there is such a column).
        as_of
            The day of the list.
        history
            What the ledger knows on that day; None: nothing.
        risk
            Scores by home; they only order, see `by_risk`.

        Raises
        ------
        DataError
            A column is absent, a home with a signal has no facts, or homes stand twice.
        """
        facts = sound_facts(facts, signals)
        last = None if history is None else history.last()
        known = np.zeros(len(signals), dtype=bool)
        if history is not None and last is not None and len(signals):
            known = history.known(signals, last)
        rows = homes_of(signals.assign(known=known), facts, last, as_of)
        rows["level"] = self._level(rows, signals)
        rows["risk"] = np.nan if risk is None else _scores(risk).reindex(rows.index).to_numpy(dtype=float)
        rows = self._listed(rows, as_of)
        if self.by_risk and risk is not None:
            rows = pd.concat([rows, self._by_risk(rows, facts, last, _scores(risk), as_of)])
        rows = rows.sort_index()
        villages = _villages(rows, self.capacity)
        return Triaged(spec=self, frame=rows[[*COLUMNS]], notes=notes_of(self, rows, villages), villages=villages, as_of=as_of)

    def _level(self, rows: pd.DataFrame, signals: pd.DataFrame) -> pd.Series:
        """The most urgent level of each home; where no signal shows any more, that of the rules it was flagged for."""
        by_rule = dict(self.levels) | signals.groupby("rule")["level"].min().to_dict()
        code, reasons = pd.factorize(rows["reasons"].fillna(""))
        told = pd.Series(list(reasons), dtype=str).str.split(AND).explode().map(by_rule)
        least = told.groupby(level=0).min().reindex(range(len(reasons))).fillna(LEAST_URGENT).to_numpy(dtype=np.int64)
        return rows["level"].fillna(pd.Series(least[code], index=rows.index)).astype(np.int64)

    def _listed(self, rows: pd.DataFrame, as_of: date) -> pd.DataFrame:
        """The rows with their `place` in the list of the village, and whether they are `listed` or were `tied` for it."""
        eligible = due(rows)
        block = _blocks(rows)
        waits = (rows["status"] == "waiting").to_numpy()
        since = rows["since"].to_numpy(dtype="datetime64[s]").astype(np.int64)
        first = [~waits, np.where(waits, since, 0)]
        by = {
            "level": [rows["level"].to_numpy(), *first],
            "risk": [-settled(rows["risk"].fillna(-np.inf).to_numpy(dtype=float))],
            "since": [since],
        }
        keys = [key for name in self.order for key in by[name]]
        keys = keys if "level" in self.order else [*first, *keys]
        lot = lots(rows.index.to_numpy(dtype=np.int64), as_of, self.seed)
        order = np.lexsort([lot, *reversed(keys), ~eligible, block])
        place = np.empty(len(rows), dtype=np.int64)
        place[order] = counted(block[order]) + 1
        room = self.capacity.of(rows)
        listed = eligible & (place <= room)
        tied = _tied(keys, eligible, block, place, room)
        return rows.assign(place=np.where(eligible, place, 0), listed=listed, tied=tied)

    def _by_risk(
        self, listed: pd.DataFrame, facts: pd.DataFrame, last: pd.DataFrame | None, risk: pd.Series, as_of: date
    ) -> pd.DataFrame:
        """Homes without a signal whose risk is greatest, in places that are left free."""
        seen = listed.index if last is None else listed.index.union(last.index)
        rest = facts[~facts.index.isin(seen) & facts.index.isin(risk.dropna().index)]
        rest = rest.assign(risk=risk.reindex(rest.index).to_numpy(dtype=float))
        in_village = listed[listed["listed"]].groupby(["county", "village"]).size().rename("taken")
        rest = rest.join(in_village, on=["county", "village"]).fillna({"taken": 0})
        lot = lots(rest.index.to_numpy(dtype=np.int64), as_of, self.seed)
        rest = rest.iloc[np.lexsort([lot, -settled(rest["risk"].to_numpy(dtype=float)), _blocks(rest)])]
        at, taken = counted(_blocks(rest)), rest["taken"].to_numpy(dtype=np.int64)
        kept = (at < self.by_risk) & (taken + at < self.capacity.of(rest))
        rest = rest[kept].assign(place=(taken + at + 1)[kept], listed=True, tied=False, judged=True)
        rest = rest.assign(kind="none", reasons=RISK, fresh=RISK, level=LEAST_URGENT, status="new", case=1)
        return rest.assign(since=pd.Timestamp(as_of).as_unit("s"))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Triaged(Answer):
    """Homes of a day: `frame` by `home`, with its place, `kind`, `reasons` and the `fresh` ones among them, and its visit.

    `kind` is one of `KINDS`, each home in one; `reasons` are rules joined by "; ", `fresh` those the ledger does not know yet;
    `level` is the most urgent; `status` is one of `STATUSES`; `case` is the ledger's number of the case it belongs to; `since` is
    when it was first flagged; `place` is its place in the list of its village (0: not on it) and `listed` says whether the
    village can go there. `villages` counts by village: `capacity` (−1: none set), `due`, `listed` and `left`.
    """

    villages: pd.DataFrame
    as_of: date


def flags(triaged: Triaged) -> pd.DataFrame:
    """What the ledger is to be told: new cases, cases opened again, and new signals on open ones; all are of the day of the list.

    Examples
    --------
    >>> row = {"county": "C", "village": "V", "kind": "sudden", "fresh": "medical", "status": "new", "case": 1}
    >>> frame = pd.DataFrame(row, index=[7])
    >>> found = Triaged(spec=Triage(), frame=frame, villages=frame, as_of=date(2024, 6, 30))
    >>> flags(found)[["home", "case", "stage", "reason", "source"]].values.tolist()
    [[7, 1, 'flagged', 'medical', 'monitor']]
    """
    told = triaged.frame[triaged.frame["fresh"] != ""]
    stage = told["status"].map({"new": "flagged", "reopened": "reopened"}).fillna("signal")
    day = pd.Timestamp(triaged.as_of).as_unit("s")
    rows = told.assign(
        home=told.index, stage=stage, date=day, known_date=day, reason=told["fresh"], measure=None, source="monitor"
    )
    return rows[[*CHANGES]].reset_index(drop=True)


def _scores(risk: pd.Series) -> pd.Series:
    if not isinstance(risk, pd.Series) or risk.index.has_duplicates or not pd.api.types.is_numeric_dtype(risk.dtype):
        do = "give one score of each home, with the pseudonyms of homes as index"
        raise DataError("risks of triage must be a Series of numbers by home, each home once", found=shown(risk), do=do)
    return risk


def _blocks(rows: pd.DataFrame) -> np.ndarray:
    return rows.groupby(["county", "village"], dropna=False, sort=True).ngroup().to_numpy()


def _tied(keys: list[np.ndarray], due: Mask, block: np.ndarray, place: np.ndarray, room: np.ndarray) -> Mask:
    """Who is equal in all but the lot to the last that was listed, where the next one was not."""
    rows = pd.DataFrame(dict(enumerate([block, *keys]))).assign(
        due=due, last=due & (place == room), next=due & (place == room + 1)
    )
    by = rows.groupby(list(range(len(keys) + 1)), dropna=False)
    return np.asarray(due & by["last"].transform("any") & by["next"].transform("any"))


def _villages(frame: pd.DataFrame, capacity: VillageCapacity) -> pd.DataFrame:
    """How many homes are due, listed and left for later, by village."""
    by = frame.assign(due=frame["place"] > 0).groupby(["county", "village"], dropna=False)[["due", "listed"]].sum().reset_index()
    room = capacity.of(by)
    by.insert(2, "capacity", np.where(room > len(frame), -1, room))
    return by.assign(left=by["due"] - by["listed"])
