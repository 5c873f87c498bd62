"""What visits found and what help was given, as townships write it down, on its way into the ledger."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from evalkit.errors import DataError, did_you_mean, several
from evalkit.identifiers import direct_identifier
from evalkit.monitor.door.columns import read_column
from evalkit.monitor.door.files import rowless, whole
from evalkit.monitor.door.rules import Refusal
from evalkit.monitor.ledger.changes import COLUMNS
from evalkit.monitor.ledger.stages import CODES, RANK, STAGES
from evalkit.monitor.sources.columns import Column, State
from evalkit.panel.pseudonyms import normal, numbers_of
from evalkit.panel.raw import RawTable
from evalkit.panel.read import FORMATS, open_table
from evalkit.stats.arrays import Mask
from evalkit.study.monitor.form import FollowForm
from evalkit.terms import Text

OPENS = ("flagged", "reopened")  # stages that open a case: who comes forward is flagged by that
TOLD = ["home", "stage", "date", "reason", "measure", "source"]  # by which a change is known again
NEEDED = ("home", "stage", "date")
SHORT = {"不纳入": "not_included", "未纳入": "not_included"}  # as visitors write it
MOST = 20  # lines of a message


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FollowUps:
    """What files tell that the ledger does not hold yet: `rows` are changes, and in `place` stands the file and row of each.

    `files` is how many files there were, and `unread` how many more of other formats; `known` rows are in the ledger already,
    `later` rows are of days to come.
    """

    rows: pd.DataFrame
    files: int = 0
    unread: int = 0
    known: int = 0
    later: int = 0


def follow_ups(
    form: FollowForm, folder: Path, key: bytes, changes: pd.DataFrame, as_of: date, settled: date | None = None
) -> FollowUps:
    """The changes that are told in files and not in the ledger yet, known by a day; homes are pseudonyms from here on.

    A change is of the last case of its home; one that opens a case, of the next. It becomes known on the day that is told, and
    on that of this run where none is told or the ledger is settled beyond it. Reasons, measures and sources are words of the
    study, so that nothing else that stands in a cell reaches the ledger.

    Parameters
    ----------
    changes
        The ledger so far.
    settled
        The day up to which it is written.

    Raises
    ------
    DataError
        Files cannot be read or lack a column, or rows have no home, stage or day, or a word that is none of the study's; all of
        these at once, by file and row and never by a cell.
    """
    paths, others = _files(folder, form.file)
    parts, wrong = list[pd.DataFrame](), list[str]()
    for path in paths:
        try:
            parts.append(_read(form, path, key, wrong))
        except DataError as fault:
            fault.where = _hidden(fault.where or path.name)
            wrong.append(str(fault))
    refuse_follow_ups(wrong)
    if not parts:
        return FollowUps(rows=changes.iloc[:0].assign(place=""), unread=others)
    told = pd.concat(parts, ignore_index=True)
    day, known = pd.Timestamp(as_of), told["known_date"]
    later = ((told["date"] > day) | (known > day)).to_numpy()
    past = known.isna() if settled is None else known.isna() | (known < pd.Timestamp(settled))
    told["known_date"] = known.mask(past, day)
    here = told[~later].drop_duplicates(TOLD)
    there = _keys(here).isin(_keys(changes))
    rows = _placed(here[~there].reset_index(drop=True), changes)
    return FollowUps(rows=rows, files=len(parts), unread=others, known=int(there.sum()), later=int(later.sum()))


def refuse_follow_ups(wrong: list[str], written: str = "nothing of the follow-ups was") -> None:
    """Raise what is wrong with follow-ups, if anything is, as one error; `written` says what of them is in the ledger."""
    if not wrong:
        return
    lines = "".join(f"\n  - {line}" for line in wrong[:MOST])
    more = f"\n  and {len(wrong) - MOST} more" if len(wrong) > MOST else ""
    count = f"{len(wrong)} things are" if len(wrong) > 1 else "something is"
    do = f"correct the rows and run again; {written} written. What is in the ledger already does not change"
    raise DataError(f"{count} wrong with the follow-ups:{lines}{more}\n", do=do)


def _files(folder: Path, pattern: str) -> tuple[list[Path], int]:
    """Data files that match, and how many others do; hidden ones are none, nor are marks of open spreadsheets."""
    found = [path for path in sorted(folder.glob(pattern)) if path.is_file() and not path.name.startswith((".", "~$"))]
    read = [path for path in found if path.name.lower().endswith(FORMATS)]
    return read, len(found) - len(read)


def _hidden(place: str) -> str:
    """A place as messages name it; a file that is called by somebody's number is not named."""
    return "***" if direct_identifier(place) else place


def _read(form: FollowForm, path: Path, key: bytes, wrong: list[str]) -> pd.DataFrame:
    """One file; what is wrong with its rows is added to `wrong`."""
    raw = _opened(path, [name for name in (form.household, form.code) if name is not None])
    by_code = form.code is not None and form.code in raw.frame
    needed = [name for name in NEEDED if not (name == "home" and by_code)]
    columns = [column for column in _columns(form) if column.name in needed or column.given in raw.frame]
    absent = [column.given for column in columns if column.given not in raw.frame]
    if absent:  # what columns there are is not told: under a wrong header they are someone's cells
        do = did_you_mean(absent[0], list(map(str, raw.frame.columns))) or "check the header, or name the columns in [follow_up]"
        raise DataError(f"the file has no column [{several(absent)}]", where=raw.place, do=do)
    whole(raw, [column.given for column in columns])
    _nearly_named(raw, form, columns)
    told = pd.DataFrame({"home": pd.Series(pd.NA, index=raw.frame.index, dtype="Int64")})
    for column in columns:
        told[column.name], faulty = _column(raw, column, key, form)
        blank = told[column.name].isna().to_numpy() & (column.name in needed)
        _say(wrong, raw, column.given, faulty | blank, _do(column, form))
    if by_code:
        codes, faulty = _codes(raw.frame[str(form.code)])
        two = (told["home"] != codes).fillna(value=False).to_numpy(dtype=bool)
        _say(wrong, raw, str(form.code), two, f"'{form.household}' and it name two homes: correct one, or leave it blank")
        told["home"] = told["home"].fillna(codes)
        _say(wrong, raw, str(form.code), faulty | told["home"].isna().to_numpy(), "write the 13 letters of the list")
    told = told.reindex(columns=[*TOLD, "known_date"]).astype({"known_date": "datetime64[s]", "date": "datetime64[s]"})
    told["place"] = [f"{_hidden(raw.place)}, row {row}" for row in raw.rows]
    return told.assign(source=told["source"].astype("str").fillna("township"))


def _opened(path: Path, text: list[str]) -> RawTable:
    """The table of a file; one with a header alone has no rows: nothing was told."""
    try:
        return open_table(path, text=text)
    except DataError:
        if (header := rowless(path)) is None:
            raise
    return RawTable(frame=header.body, rows=np.empty(0, dtype=np.int64), path=path, findings=header.findings)


def _nearly_named(raw: RawTable, form: FollowForm, columns: list[Column]) -> None:
    """Refuse a file that lacks a column it may lack, and has one of nearly its name, which would stay unread."""
    read = {column.given for column in columns} | {form.code}
    free = [name for name in map(str, raw.frame.columns) if name not in read]
    for column in _columns(form):
        if column.given not in raw.frame and column.given not in read and (near := did_you_mean(column.given, free)):
            do = f"{near} Correct the header, or name the column in [follow_up]"
            raise DataError(f"the file has no column [{column.given}]", where=raw.place, do=do)


def _say(wrong: list[str], raw: RawTable, name: str, rows: Mask, do: str) -> None:
    """Add which rows of a column cannot be read, if some cannot."""
    if rows.any():
        which = ("row " if rows.sum() == 1 else "rows ") + several(raw.rows[rows])
        fault = DataError(f"cells of the column '{name}' cannot be read", where=_hidden(raw.place), found=which, do=do)
        wrong.append(str(fault))


def _columns(form: FollowForm) -> Iterable[Column]:
    """The columns of a file."""
    yield Column(name="home", given=form.household, reads="key", domain="household")
    yield Column(name="stage", given=form.stage, reads="word", state=State(kind="word", among=tuple(STAGES)))
    yield Column(name="date", given=form.date, reads="date")
    if form.known is not None:
        yield Column(name="known_date", given=form.known, reads="date")
    for name, words in (("reason", form.reasons), ("measure", form.measures), ("source", form.sources)):
        yield Column(name=name, given=getattr(form, name), reads="word", state=State(kind="word", among=tuple(words)))


def _words(form: FollowForm) -> dict[str, Mapping[str, Text]]:
    """The words a column may hold: codes, and what they are called in both languages."""
    return {"stage": STAGES, "reason": form.reasons, "measure": form.measures, "source": form.sources}


def _do(column: Column, form: FollowForm) -> str:
    """What to do about cells that cannot be read."""
    words = _words(form).get(column.name)
    if words is None:
        home = "complete them, each home's number whole and as text; leave rows of totals out"
        return home if column.name == "home" else "write days as 2024-06-30"
    return f"use one of {several([f'{code} ({text.zh})' for code, text in words.items()], MOST)}"


def _column(raw: RawTable, column: Column, key: bytes, form: FollowForm) -> tuple[pd.Series, Mask]:
    """A column, and which of its cells cannot be read."""
    cells = raw.frame[column.given]
    words = _words(form).get(column.name)
    if words is not None:
        meant = SHORT | {_plain(said): code for code, text in words.items() for said in (text.zh, text.en, code)}
        cells = cells.map(lambda cell: meant.get(_plain(cell), cell), na_action="ignore")
    try:
        read = read_column(cells, column, key)
    except Refusal:
        where = f"{raw.place}, column '{column.given}'"
        raise DataError("the column holds identity or telephone numbers", where=where, do="take them out") from None
    faulty = np.zeros(len(cells), dtype=bool)
    faulty[np.concatenate([*read.against.values(), np.array([], dtype=np.intp)]).astype(np.intp)] = True
    return pd.Series(read.values, index=cells.index), faulty


def _plain(cell: object) -> str:
    """A word as it is compared: without blanks and the width of its letters."""
    return "".join(unicodedata.normalize("NFKC", str(cell)).split()).casefold()


def _codes(cells: pd.Series) -> tuple[pd.Series, Mask]:
    """Homes by the codes of lists, and which cells are none."""
    text = cells.map(normal, na_action="ignore").astype("str")
    given = text.notna().to_numpy(dtype=bool)
    sound = text.str.fullmatch(r"[A-Z2-7]{12}[ACEGIKMOQSUWY246]").fillna(value=False).to_numpy(dtype=bool)
    homes = pd.Series(pd.NA, index=cells.index, dtype="Int64")
    if sound.any():
        homes[sound] = numbers_of(text[sound].tolist())
    return homes, given & ~sound


def _keys(changes: pd.DataFrame) -> pd.MultiIndex:
    """What tells a change from others."""
    return pd.MultiIndex.from_frame(changes[TOLD].astype("string").fillna(""))


def _placed(told: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """Changes with the number of their case: gone through by day, on one day in the order of stages, wherever they stood."""
    rank = RANK[told["stage"].map(CODES).to_numpy(dtype=np.intp)] if len(told) else np.array([], dtype=np.intp)
    told = told.assign(rank=rank).sort_values(["home", "date", "rank"], kind="stable", ignore_index=True)
    case = told["home"].map(changes.groupby("home")["case"].max()).fillna(0).astype(np.int64)
    opened = told["stage"].isin(OPENS).astype(np.int64).groupby(told["home"]).cumsum()
    return told.assign(case=case + opened).reindex(columns=[*COLUMNS, "place"])
