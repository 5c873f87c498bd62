"""What a run tells the ledger, once: follow-ups by file and row, and the flags of a day as the ledger stood before them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd

from evalkit.disk import alone
from evalkit.errors import DataError, OutputError
from evalkit.monitor.ledger.changes import as_changes
from evalkit.monitor.ledger.closing import CONDITIONS
from evalkit.monitor.ledger.faults import FAULTS
from evalkit.monitor.ledger.ledger import Ledger
from evalkit.monitor.ledger.stages import faults, repeated
from evalkit.monitor.ledger.state import AND, case_states
from evalkit.study.monitor.follow import refuse_follow_ups

MONITOR = "monitor"  # the source of flags
CASE = ["home", "case"]
DO = {  # where files name homes, and no cases
    "no_county": "the register does not know this home: check its number",
    "not_opened": "check the number of the home; for one that came forward, write its flag first",
}


@dataclass(frozen=True, slots=True)
class BeforeFlags(Ledger):
    """A ledger as it stood on a `day` before the flags of that day's own list: a list that is drawn twice says the same.

    A flag stays where others have told something of its case since.
    """

    day: date = field(kw_only=True)

    def changes(self, as_of: date | None = None) -> pd.DataFrame:
        """The changes known on a day, but for the flags and signals of the monitor on `day`."""
        known = Ledger.changes(self, as_of)
        own = flags_of(known, self.day)
        cases = pd.MultiIndex.from_frame(known[CASE])
        moved = cases.isin(cases[~own.to_numpy()])
        return known[~(own & (~moved | (known["stage"] == "signal")))].reset_index(drop=True)


def flags_of(changes: pd.DataFrame, day: date) -> pd.Series:
    """Which changes the monitor told on a day."""
    return (changes["source"] == MONITOR).fillna(value=False) & (changes["known_date"] == pd.Timestamp(day))


def untold(batch: pd.DataFrame, changes: pd.DataFrame, day: date) -> pd.DataFrame:
    """The flags of a day that the ledger does not hold yet; rules that came since its case was flagged that day are a signal."""
    own = changes[flags_of(changes, day)]
    rules = _by_rule(own)[[*CASE, "rule"]].drop_duplicates()
    again = pd.MultiIndex.from_frame(batch[CASE]).isin(pd.MultiIndex.from_frame(own[CASE]))
    fresh = _by_rule(batch[again]).merge(rules, on=[*CASE, "rule"], how="left", indicator="there")
    fresh = fresh[fresh["there"] == "left_only"]
    said = fresh.groupby("row")["rule"].agg(AND.join)
    more = batch.loc[said.index].assign(reason=said, stage="signal")
    return pd.concat([batch[~again], more]).sort_index(ignore_index=True)


def _by_rule(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a rule of reasons such as "medical; disaster"."""
    rules = rows[CASE].assign(row=rows.index, rule=rows["reason"].astype("str").str.split(AND, regex=False))
    return rules.explode("rule").reset_index(drop=True)


def sound(told: pd.DataFrame, changes: pd.DataFrame, known: date, settled: date | None) -> None:
    """Refuse follow-ups that are no legal changes; rows are named by their file.

    Raises
    ------
    DataError
        Some are not; all of them are told.
    """
    batch = as_changes(told, known)
    before = changes[changes["home"].isin(told["home"])]
    found = pd.concat([faults(batch, case_states(before), known=known, after=settled), repeated(batch, before)])
    refuse_follow_ups(_lines(told, found))


def refuse_unmet(told: pd.DataFrame, found: pd.DataFrame) -> None:
    """Refuse risks that are told to be resolved and do not meet the conditions, by file and row.

    Raises
    ------
    DataError
        Some do not; all of them are told. Other follow-ups are in the ledger by then.
    """
    refuse_follow_ups(_lines(told, found), "the other follow-ups are")


def _lines(told: pd.DataFrame, found: pd.DataFrame) -> list[str]:
    """A line a fault: where, what, what to do; that a home without a case has no number of one goes without saying."""
    lines, unopened = [], set(found["row"][found["fault"] == "not_opened"])
    found = found[~((found["fault"] == "no_case") & found["row"].isin(unopened))]
    for one in found.sort_values(["row", "fault"]).itertuples():
        fault, detail = FAULTS[str(one.fault)], str(one.detail)
        named = "; ".join(CONDITIONS[part].en if part in CONDITIONS else part for part in detail.split(AND))
        what = fault.what.en.format(stage=one.stage, detail=named)
        lines.append(f"{told['place'].iloc[int(str(one.row)) - 1]}: {what}; {DO.get(str(one.fault), fault.do.en)}")
    return lines


def settled_day(ledger: Ledger, as_of: date) -> date | None:
    """The day up to which a ledger is written; a run of an earlier day is refused, for it could tell it nothing any more.

    Raises
    ------
    DataError
        It is written beyond the day.
    """
    chain = ledger.segments()
    settled = chain[-1].known if chain else None
    if settled is not None and as_of < settled:
        do = f"run for {settled} or later; bulletin and quality page of earlier days are written by their own commands"
        raise DataError("the ledger is written up to a later day", where="--as-of", found=f"{as_of}, before {settled}", do=do)
    return settled


@contextmanager
def one_run(store: Path) -> Iterator[None]:
    """One run of a monitor at a time.

    Raises
    ------
    OutputError
        Another is under way, or the folder cannot be made.
    """

    def unwritable(fault: OSError) -> OutputError:
        do = "free space, or check rights"
        return OutputError("the store cannot be written to", where=str(store), found=fault.strerror or "", do=do)

    busy = OutputError("another run of this monitor is under way", where=str(store), do="wait until it has ended")
    with alone(store / ".run", busy=busy, unwritable=unwritable, mode=0o700):
        yield
