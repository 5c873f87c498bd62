"""Changes as the ledger takes them: its columns, their kinds, their canonical order and their fingerprint."""

from __future__ import annotations

import hashlib
from datetime import date, datetime

import pandas as pd

from evalkit.check import has_columns, instance, shown
from evalkit.errors import DataError, SpecError
from evalkit.monitor.engine.base import Kind

WORDS = ("county", "village", "kind", "reason", "measure", "source")
KINDS_OF: dict[str, Kind] = {
    "home": "integer",
    "case": "integer",
    "stage": "word",
    "date": "date",
    "known_date": "date",
    **dict.fromkeys(WORDS, "word"),
}
COLUMNS = tuple(KINDS_OF)
NEEDED = ("home", "case", "stage", "date", "source")


def as_changes(changes: pd.DataFrame, known: date) -> pd.DataFrame:
    """The columns of the ledger in their kinds; what is not given is missing, and where no day is told, `known` is it.

    Keys are whole numbers of 64 bits and stay exact. What cannot be read is missing here and a fault later.

    Raises
    ------
    SpecError
        These are no changes, or `known` is no day.
    DataError
        A needed column is absent, keys are no whole numbers, or a column of dates holds figures.
    """
    a_day(known, who="the day a batch becomes known")
    instance(changes, pd.DataFrame, who="the changes", do="give a frame with " + ", ".join(NEEDED))
    has_columns(changes, NEEDED, who="the ledger")
    out = pd.DataFrame(index=pd.RangeIndex(len(changes)))
    for name in ("home", "case"):
        out[name] = _whole(changes[name], name)
    out["stage"] = _words(changes["stage"])
    out["date"] = _dates(changes["date"], "date")
    now = pd.Timestamp(known).as_unit("s")
    out["known_date"] = _dates(changes["known_date"], "known_date").fillna(now) if "known_date" in changes else now
    for name in WORDS:
        out[name] = _words(changes[name]) if name in changes else pd.Series(None, index=out.index, dtype="str")
    return out


def canonical(batch: pd.DataFrame) -> pd.DataFrame:
    """A batch in the one order it has, whatever order its rows came in."""
    return batch.sort_values(list(COLUMNS), ignore_index=True, na_position="first")


def fingerprint(batch: pd.DataFrame) -> str:
    """SHA-256 of a canonical batch: the same for the same changes, and for no others."""
    digest = hashlib.sha256(f"{len(batch)}\n".encode())
    for name, kind in KINDS_OF.items():
        column = batch[name]
        if kind == "word":
            told = "\x1f".join(column.astype(object).where(column.notna(), "\x00")).encode()
        else:
            told = (column.fillna(-1) if kind == "integer" else column.astype("int64")).to_numpy(dtype="<i8").tobytes()
        digest.update(f"{name}\x00{len(told)}\n".encode())
        digest.update(told)
    return digest.hexdigest()


def a_day(day: date, *, who: str) -> None:
    """Refuse what is no day: a text, or an hour of one."""
    if not isinstance(day, date) or isinstance(day, datetime):
        raise SpecError(f"{who} must be a date", found=shown(day), do="write datetime.date(2024, 6, 30)")


def _whole(column: pd.Series, name: str) -> pd.Series:
    """Whole numbers, exact; floats hold no key of 64 bits."""
    if pd.api.types.is_integer_dtype(column.dtype) and column.dtype != "uint64":
        return column.astype("Int64").reset_index(drop=True)
    kept = column.dropna()
    if column.dtype == object and pd.api.types.infer_dtype(kept) in ("integer", "empty"):
        return pd.Series(pd.array(column.where(column.notna(), None).tolist(), dtype="Int64"))
    do = "give pseudonyms and cases as int64, or Int64 where some are missing"
    raise DataError(f"the column '{name}' of the changes holds no whole numbers", found=f"{column.dtype}", do=do)


def _dates(column: pd.Series, name: str) -> pd.Series:
    """Days; what cannot be read is missing."""
    if pd.api.types.is_numeric_dtype(column.dtype) and column.notna().any():
        found = f"{column.dtype}"
        raise DataError(f"the column '{name}' of the changes holds figures, not dates", found=found, do="write 2024-06-30")
    if not pd.api.types.is_datetime64_any_dtype(column.dtype):
        column = pd.to_datetime(column.astype(object), errors="coerce", format="ISO8601")
    if column.dt.tz is not None:
        column = column.dt.tz_localize(None)
    return column.dt.normalize().astype("datetime64[s]").reset_index(drop=True)


def _words(column: pd.Series) -> pd.Series:
    """Words without blanks at their ends; empty ones are missing."""
    distinct = pd.Series(column.dropna().unique())
    trimmed = distinct.astype(str).str.strip()
    told = dict(zip(distinct, trimmed.where(trimmed != "", None), strict=True))
    return column.map(told).astype("str").reset_index(drop=True)
