"""The stages of a case, from its flag to its resolution: what may follow what, and what each change must carry."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.errors import DataError
from evalkit.identifiers import direct_identifier
from evalkit.monitor.ledger.changes import WORDS
from evalkit.monitor.ledger.faults import FAULTS
from evalkit.panel.household_kinds import KINDS
from evalkit.panel.pseudonyms import printed
from evalkit.stats.arrays import Codes, Mask
from evalkit.terms import Text

Days = NDArray[np.int64]
Found: TypeAlias = tuple[str, Mask, Any]  # a fault, the rows that have it, and a detail of each

STAGES: dict[str, Text] = {
    "flagged": Text("预警", "flagged"),
    "reopened": Text("风险消除后再次预警", "flagged again after its resolution"),
    "signal": Text("处置中新增预警", "another signal on an open case"),
    "visited": Text("入户核实", "visited"),
    "included": Text("纳入监测", "included"),
    "not_included": Text("核实后不纳入", "visited and not included"),
    "helped": Text("落实帮扶", "helped"),
    "resolved": Text("风险消除", "risk resolved"),
}
FOLLOWS: dict[str, tuple[str, ...]] = {
    "flagged": ("visited",),
    "reopened": ("visited",),
    "visited": ("included", "not_included"),
    "included": ("helped",),
    "helped": ("helped", "resolved"),
    "not_included": (),
    "resolved": (),
}
OPENS: dict[str, str] = {"": "flagged", "not_included": "flagged", "resolved": "reopened"}
OPEN = tuple(stage for stage, after in FOLLOWS.items() if after)
CODES = {stage: code for code, stage in enumerate(STAGES)}
RANK = np.array([0, 0, 1, 2, 3, 3, 4, 5])  # the order of changes that became known on one day
NONE = -1
MISSING = np.iinfo(np.int64).min  # a date that is not there, in days

_LEGAL = np.array([[after in FOLLOWS.get(stage, ()) for after in STAGES] for stage in STAGES])
_OPEN = np.array([stage in OPEN for stage in STAGES])


def next_stages(stage: str) -> tuple[str, ...]:
    """What may happen next to a case in this stage; "": to a home without a case. A closed case is followed by a new one.

    Examples
    --------
    >>> next_stages("visited"), next_stages("resolved"), next_stages("")
    (('included', 'not_included', 'signal'), ('reopened',), ('flagged',))
    """
    return (OPENS[stage],) if stage in OPENS else (*FOLLOWS[stage], "signal")


class _Walk(NamedTuple):
    """The changes of a batch that can be placed, in the order they are gone through; one entry a row."""

    row: Codes  # place in the batch
    group: Codes  # number of the case within the batch
    starts: Codes  # first row of each of these
    ends: Codes  # and the last
    home: Days
    case: Days
    stage: Codes
    date: Days
    known: Days
    before: Codes  # stage before the change, NONE: the case was not there
    earlier: Days  # latest date of the stages before it


def faults(batch: pd.DataFrame, state: pd.DataFrame, *, known: date, after: date | None = None) -> pd.DataFrame:
    """What keeps a batch of changes out of the ledger, all at once; no row where nothing does.

    Changes of one case may stand in one batch: they are gone through as they became known, on one day in the order of stages.

    Parameters
    ----------
    batch
        Changes as `as_changes` returns them.
    state
        The cases of these homes so far, as `case_states` returns them.
    known
        The day the batch becomes known; no change in it can be known later.
    after
        The day up to which the ledger is settled; nothing can become known before it.

    Returns
    -------
    pandas.DataFrame
        One row a fault: `row` (1 is the first of the batch), `home` (Int64; printed as a pseudonym only), `case`, `stage`,
        `fault` (see `FAULTS`) and `detail` (the stage before, where that is what is wrong).
    """
    walk = _walk(batch, state)
    found: list[Found] = [(fault, mask, None) for fault, mask in _by_itself(batch, known, after)]
    found += _out_of_place(walk, state, len(batch))
    late = (walk.stage != CODES["signal"]) & (walk.date != MISSING) & (walk.date < walk.earlier)
    late &= (RANK[walk.stage] > 0) & (walk.before != NONE) & _LEGAL[walk.before, walk.stage]
    found.append(("date_before", _at(walk.row[late], len(batch)), None))
    parts = [fault_rows(batch, mask, fault, detail) for fault, mask, detail in found if mask.any()]
    if not parts:
        return fault_rows(batch, np.zeros(len(batch), dtype=bool), "")
    every = pd.concat(parts, ignore_index=True)
    return every.sort_values(["row", "fault"], ignore_index=True)


def repeated(batch: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Help and signals of a batch that are written already, or stand twice in it; as `faults` returns them.

    They may come several times in one stage, so that only what they say tells a repetition.
    """
    several = batch["stage"].isin(["helped", "signal"]).to_numpy()
    columns = ["home", "case", "stage", "date", "reason", "measure", "source"]
    every = pd.concat([before[columns].astype({"home": "Int64", "case": "Int64"}), batch[columns]], ignore_index=True)
    twice = every.duplicated().to_numpy()[len(before) :]
    return fault_rows(batch, twice & several, "repeated")


def refuse(found: pd.DataFrame, most: int = 10) -> None:
    """Raise the faults of a batch as one error that names rows and pseudonyms, if there are any.

    Raises
    ------
    DataError
        There are faults: the first of them in full, and how many more.
    """
    if not len(found):
        return
    shown = found.head(most)
    homes = printed(shown["home"].to_numpy(dtype=np.int64, na_value=0))
    lines = []
    for one, home in zip(shown.itertuples(), homes, strict=True):
        fault = FAULTS[str(one.fault)]
        who = "" if one.home is pd.NA else f" (home {home})"
        what = fault.what.en.format(stage=one.stage, detail=one.detail)
        lines.append(f"\n  - row {one.row}{who}: {what}. {fault.do.en}.")
    more = f"\n  and {len(found) - most} more" if len(found) > most else ""
    count = f"{len(found)} faults" if len(found) > 1 else "a fault"
    do = "correct the rows and give the batch again; nothing of it was written"
    raise DataError(f"{count} in {found['row'].nunique()} of the changes:{''.join(lines)}{more}\n", do=do)


def _by_itself(batch: pd.DataFrame, known: date, after: date | None) -> Iterator[tuple[str, Mask]]:
    """The faults a change has by itself."""
    stage = batch["stage"]
    yield "no_home", batch["home"].isna().to_numpy()
    yield "no_case", (batch["case"].isna() | (batch["case"] < 1)).fillna(True).to_numpy(dtype=bool)
    yield "no_stage", ~stage.isin(list(STAGES)).to_numpy()
    yield "no_date", batch["date"].isna().to_numpy()
    yield "not_known_yet", (batch["known_date"] < batch["date"]).to_numpy()
    yield "known_after", (batch["known_date"] > pd.Timestamp(known)).to_numpy()
    if after is not None:
        yield "settled", (batch["known_date"] < pd.Timestamp(after)).to_numpy()
    opens = stage.isin(["flagged", "reopened"])
    yield "no_source", batch["source"].isna().to_numpy()
    yield "no_county", (opens & batch["county"].isna()).to_numpy()
    yield "no_rule", ((opens | (stage == "signal")) & batch["reason"].isna()).to_numpy()
    yield "no_reason", ((stage == "not_included") & batch["reason"].isna()).to_numpy()
    yield "no_grounds", ((stage == "resolved") & batch["reason"].isna()).to_numpy()
    yield "no_measure", ((stage == "helped") & batch["measure"].isna()).to_numpy()
    yield "no_kind", (batch["kind"].notna() & ~batch["kind"].isin(list(KINDS))).to_numpy()
    yield "identifier", np.any([_identifying(batch[name]) for name in WORDS], axis=0)


def _identifying(words: pd.Series) -> Mask:
    """Where a word holds an identity or telephone number."""
    return words.isin([word for word in words.dropna().unique() if direct_identifier(word)]).to_numpy()


def _walk(batch: pd.DataFrame, state: pd.DataFrame) -> _Walk:
    """The changes that name a home, a case and a stage, in order, each with what was before it."""
    placed = (batch["home"].notna() & batch["case"].notna() & batch["stage"].isin(list(STAGES))).to_numpy()
    told = batch[placed]
    days = {name: in_days(told[name]) for name in ("date", "known_date")}
    codes = {"row": np.flatnonzero(placed), "stage": _codes(told["stage"])}
    rows = pd.DataFrame({**told[["home", "case"]].astype("int64").reset_index(drop=True), **codes, **days})
    order = np.lexsort((rows["row"], rows["date"], RANK[rows["stage"]], rows["known_date"], rows["case"], rows["home"]))
    row, stage = (np.asarray(rows[name], dtype=np.intp)[order] for name in ("row", "stage"))
    home, case, day, known = (np.asarray(rows[name], dtype=np.int64)[order] for name in ("home", "case", "date", "known_date"))
    new = np.append(True, (home[1:] != home[:-1]) | (case[1:] != case[:-1]))[: len(row)]
    starts, group = np.flatnonzero(new), np.cumsum(new) - 1
    ends = np.append(starts[1:], len(row))[: len(starts)] - 1
    was = _of_case(state, home[starts], case[starts])
    signal = stage == CODES["signal"]
    last = np.maximum.accumulate(np.append(-1, np.where(signal, -1, np.arange(len(row)))))[:-1]
    inside = last >= starts[group]
    before = np.where(inside, stage[last], was.stage[group])
    so_far = pd.Series(np.where(signal, MISSING, day)).groupby(group).cummax().groupby(group).shift(fill_value=MISSING)
    earlier = np.maximum(so_far.to_numpy(dtype=np.int64), was.latest[group])
    included = was.included.copy()
    found = stage == CODES["included"]
    included[group[found]] = day[found]
    earlier = np.where(stage == CODES["helped"], included[group], earlier)
    return _Walk(row, group, starts, ends, home, case, stage, day, known, before, earlier)


class _Was(NamedTuple):
    """What the ledger has on cases that are asked for."""

    stage: Codes  # NONE where it has nothing
    latest: Days
    included: Days


def _of_case(state: pd.DataFrame, home: Days, case: Days) -> _Was:
    """The stage and the dates the ledger has of each of these cases."""
    asked = pd.DataFrame({"home": home, "case": case})
    found = asked.merge(state[["home", "case", "stage", "latest", "included"]], on=["home", "case"], how="left")
    return _Was(_codes(found["stage"]), in_days(found["latest"]), in_days(found["included"]))


def _out_of_place(walk: _Walk, state: pd.DataFrame, rows: int) -> Iterator[Found]:
    """The changes that may not follow what was before them, by the fault they have."""
    opens, there = RANK[walk.stage] == 0, walk.before != NONE
    legal, is_open = _LEGAL[walk.before, walk.stage], _OPEN[walk.before] & there
    signal = walk.stage == CODES["signal"]
    prior = _prior(walk, state)
    first, closed = opens & ~there, ~_OPEN[prior] & (prior != NONE)
    closed &= ~_follows(walk) | (walk.known >= walk.known[walk.ends[walk.group - 1]])
    resolved = prior == CODES["resolved"]
    found = {
        "already_open": opens & there,
        "closed": signal & there & ~is_open,
        "out_of_order": there & ~opens & ~signal & ~legal,
        "not_opened": ~there & ~opens,
        "skips_case": first & (walk.case > 1) & (prior == NONE),
        "still_open": first & (prior != NONE) & ~closed,
        "was_resolved": first & resolved & (walk.stage == CODES["flagged"]),
        "was_not_resolved": first & ~resolved & (closed | (walk.case == 1)) & (walk.stage == CODES["reopened"]),
    }
    names = np.array([*STAGES, ""], dtype=object)
    for code, mask in found.items():
        detail = np.full(rows, None, dtype=object)
        detail[walk.row[mask]] = names[np.where(first, prior, walk.before)[mask]]
        yield code, _at(walk.row[mask], rows), detail
    behind = first & closed & (walk.date != MISSING) & (walk.date < _prior_latest(walk, state))
    yield "date_before", _at(walk.row[behind], rows), None


def _prior(walk: _Walk, state: pd.DataFrame) -> Codes:
    """The stage in which the case before each change's case stands when the batch is through; NONE: there is none."""
    was = _of_case(state, walk.home, walk.case - 1).stage
    stage, before = walk.stage[walk.ends], walk.before[walk.ends]
    left = np.where(stage == CODES["signal"], before, stage)
    return np.where(_follows(walk), left[walk.group - 1], was)


def _prior_latest(walk: _Walk, state: pd.DataFrame) -> Days:
    """The latest date of the case before each change's case."""
    was = _of_case(state, walk.home, walk.case - 1).latest
    signal, day = walk.stage[walk.ends] == CODES["signal"], walk.date[walk.ends]
    left = np.maximum(walk.earlier[walk.ends], np.where(signal, MISSING, day))
    return np.where(_follows(walk), left[walk.group - 1], was)


def _follows(walk: _Walk) -> Mask:
    """Whether the case before a change's case has changes in the batch as well."""
    first = walk.starts[walk.group]
    return (walk.group > 0) & (walk.home[first - 1] == walk.home) & (walk.case[first - 1] == walk.case - 1)


def in_days(column: pd.Series) -> Days:
    """Dates as days since 1970, `MISSING` where there is none."""
    days = column.to_numpy(dtype="datetime64[D]").astype(np.int64)
    return np.where(column.isna().to_numpy(), MISSING, days)


def _codes(stage: pd.Series) -> Codes:
    """The code of each stage, `NONE` where there is none."""
    return np.asarray(stage.map(CODES).fillna(NONE), dtype=np.intp)


def _at(rows: Codes, count: int) -> Mask:
    mask = np.zeros(count, dtype=bool)
    mask[rows] = True
    return mask


def fault_rows(batch: pd.DataFrame, mask: Mask, fault: str, detail: Any = None) -> pd.DataFrame:
    """The rows of a batch that have a fault, as `faults` returns them; `detail` has one entry a row of the batch."""
    rows = np.flatnonzero(mask)
    stage = batch["stage"].where(batch["stage"].isin(list(STAGES)))
    told = np.full(len(rows), None, dtype=object) if detail is None else detail[rows]
    columns = {"row": rows + 1, "home": batch["home"].array[rows], "case": batch["case"].array[rows], "stage": stage.array[rows]}
    return pd.DataFrame({**columns, "fault": pd.Series(fault, index=range(len(rows)), dtype="str"), "detail": told})
