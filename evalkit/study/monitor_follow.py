"""What visits found and what help was given, as townships write it down, on its way into the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from evalkit.check import has_columns
from evalkit.errors import DataError, several
from evalkit.monitor.door.columns import read_column
from evalkit.monitor.door.rules import Refusal
from evalkit.monitor.ledger.changes import COLUMNS
from evalkit.monitor.ledger.stages import STAGES
from evalkit.monitor.sources.columns import Column, State
from evalkit.panel.raw import RawTable
from evalkit.panel.read import open_table
from evalkit.study.monitor_form import FollowForm

OPENS = ("flagged", "reopened")  # stages that open a case: who comes forward is flagged by that
TOLD = ["home", "stage", "date", "reason", "measure", "source"]
NEEDED = ("home", "stage", "date")


def follow_ups(form: FollowForm, folder: Path, key: bytes, changes: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """The changes that are told in files and not in the ledger yet, known by a day; homes are pseudonyms from here on.

    A change is of the last case of its home; one that opens a case, of the next. Reasons and measures are words of the study, so
    that nothing else that stands in a cell reaches the ledger.

    Raises
    ------
    DataError
        A file lacks a column, or some rows have no home, no stage or no day, or a word that is none of the study's; rows are
        named, cells are not.
    """
    parts = [_read(form, path, key) for path in sorted(folder.glob(form.file)) if path.is_file()]
    if not parts:
        return changes.iloc[:0]
    told = pd.concat(parts, ignore_index=True)
    told = told[told["known_date"] <= pd.Timestamp(as_of)].drop_duplicates(TOLD)
    fresh = told[~_keys(told).isin(_keys(changes))].reset_index(drop=True)
    return _placed(fresh, changes)


def _read(form: FollowForm, path: Path, key: bytes) -> pd.DataFrame:
    """One file."""
    raw = open_table(path, text=(form.household,))
    columns = [column for column in _columns(form) if column.name in NEEDED or column.given in raw.frame]
    has_columns(raw.frame, [column.given for column in columns], who=f"[follow_up] in {raw.place}")
    told = pd.DataFrame(index=raw.frame.index)
    for column in columns:
        told[column.name] = _column(raw, column, key)
    told = told.reindex(columns=[*dict.fromkeys([*told, "reason", "measure", "source", "known_date"])])
    told["known_date"] = told["known_date"].fillna(told["date"])
    return told.assign(source=told["source"].fillna("township"))


def _columns(form: FollowForm) -> Iterable[Column]:
    """The columns of a file."""
    yield Column(name="home", given=form.household, reads="key", domain="household")
    yield Column(name="stage", given=form.stage, reads="word", state=State(kind="word", among=tuple(STAGES)))
    yield Column(name="date", given=form.date, reads="date")
    if form.known is not None:
        yield Column(name="known_date", given=form.known, reads="date")
    for name, words in (("reason", form.reasons), ("measure", form.measures), ("source", form.sources)):
        yield Column(name=name, given=getattr(form, name), reads="word", state=State(kind="word", among=tuple(words)))


def _column(raw: RawTable, column: Column, key: bytes) -> pd.Series:
    """A column, or why it cannot be taken."""
    where = f"[follow_up] in {raw.place}, column '{column.given}'"
    try:
        read = read_column(raw.frame[column.given], column, key)
    except Refusal:
        raise DataError("the column holds identity or telephone numbers", where=where, do="take them out") from None
    values = pd.Series(read.values, index=raw.frame.index)
    wrong = np.unique(np.concatenate([*read.against.values(), np.array([], dtype=np.intp)]))
    if column.name in NEEDED:
        wrong = np.union1d(wrong, np.flatnonzero(values.isna()))
    if len(wrong):
        among = () if column.state is None else column.state.among
        do = f"use one of {several(among, 20)}" if among else "complete them"
        raise DataError("some cells cannot be read", where=where, found=f"rows {several(raw.rows[wrong])}", do=do)
    return values


def _keys(changes: pd.DataFrame) -> pd.MultiIndex:
    """What tells a change from others."""
    return pd.MultiIndex.from_frame(changes[TOLD].astype("string").fillna(""))


def _placed(told: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """Changes with the number of their case."""
    case = told["home"].map(changes.groupby("home")["case"].max()).fillna(0).astype(np.int64)
    opened = told["stage"].isin(OPENS).astype(np.int64).groupby(told["home"]).cumsum()
    return told.assign(case=case + opened).reindex(columns=list(COLUMNS))
