"""The ledger: every change of every case, dated and attributed, written once and never changed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import narwhals as nw
import numpy as np
import pandas as pd

from evalkit.answer import Note
from evalkit.check import instance
from evalkit.monitor.engine.base import Engine, Frame, distinct
from evalkit.monitor.engine.duck import DuckDB
from evalkit.monitor.ledger.chain import Segment, digest, mend_head, publish, read_chain, writing
from evalkit.monitor.ledger.changes import COLUMNS, KINDS_OF, a_day, as_changes, canonical, fingerprint
from evalkit.monitor.ledger.stages import CODES, faults, refuse, repeated
from evalkit.monitor.ledger.state import LedgerState, case_states
from evalkit.terms import Text

CODED = tuple(name for name, kind in KINDS_OF.items() if kind == "word")


@dataclass(frozen=True, slots=True)
class Ledger:
    """A ledger in a folder of its own: changes are appended in whole batches, and read as they were known on any day.

    Each batch becomes a numbered segment that names the one before by its SHA-256, so that a segment that was changed, cut short
    or taken away is seen when the ledger is read. One run writes at a time; others read meanwhile what was there before. A run
    that is killed leaves the batch there whole, or not at all. Homes are in it by their pseudonyms only.

    Parameters
    ----------
    folder
        Where its segments are; made with the first append.
    engine
        What reads and writes them.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ledger = Ledger(Path(folder) / "ledger")
    ...     flag = {"home": [12], "case": [1], "stage": ["flagged"], "date": ["2024-06-28"], "county": ["甲县"]}
    ...     batch = pd.DataFrame({**flag, "reason": ["medical"], "source": ["monitor"]})
    ...     first = ledger.append(batch, known=date(2024, 6, 30))
    ...     rerun = ledger.append(batch, known=date(2024, 6, 30))
    ...     ledger.state().frame[["home", "case", "stage", "flagged"]]
       home  case    stage    flagged
    0    12     1  flagged 2024-06-28
    >>> first.sequence, first.again, rerun.sequence, rerun.again
    (1, False, 1, True)
    """

    folder: Path
    engine: DuckDB = DuckDB()

    def __post_init__(self) -> None:
        instance(self.folder, Path, who="Ledger folder", do='write Path("ledger")')

    def segments(self) -> tuple[Segment, ...]:
        """The segments, each of them verified; the `seal` of the last stands for the whole ledger.

        Raises
        ------
        DataError
            A segment was changed, cut short or taken away.
        """
        return read_chain(self.folder)

    def changes(self, as_of: date | None = None) -> pd.DataFrame:
        """The changes known on a day, sorted by home, case, the day they became known, stage and date.

        Raises
        ------
        DataError
            A segment was changed, cut short or taken away.
        """
        if as_of is not None:
            a_day(as_of, who="the day the ledger is read as of")
        chain = read_chain(self.folder)
        if not chain:
            return _nothing()
        with self._opened(Path(tempfile.gettempdir())) as engine:
            frame = engine.scan([self.folder / one.name for one in chain], KINDS_OF)
            known = frame if as_of is None else frame.filter(nw.col("known_date") <= nw.lit(as_of))
            return _collected(engine, known)

    def state(self, as_of: date | None = None) -> LedgerState:
        """Every case as it was known on a day.

        Raises
        ------
        DataError
            A segment was changed, cut short or taken away.
        """
        frame = case_states(self.changes(as_of))
        return LedgerState(spec=self, frame=frame, as_of=as_of, notes=_notes(frame, as_of))

    def append(self, changes: pd.DataFrame, *, known: date, also: pd.DataFrame | None = None) -> Segment | None:
        """Write a batch of changes, all of it or nothing; an empty batch writes nothing.

        The same batch given again, as by a run that is repeated after a crash, is not written twice.

        Parameters
        ----------
        changes
            `home`, `case`, `stage`, `date` and `source`, and what the stage needs of `county`, `village`, `kind`, `reason` and
            `measure`; with `known_date` where some of it was known before `known`.
        known
            The day the ledger learns of it; what was written for a later day closes it to earlier ones.
        also
            Faults found elsewhere, such as by `ClosingConditions.refuse`, to be told with the others.

        Raises
        ------
        SpecError
            These are no changes.
        DataError
            Some are not legal (all are told), or a segment was changed, cut short or taken away.
        OutputError
            Another run is writing, or the disk is full; the ledger is as before.
        """
        batch = as_changes(changes, known)
        if batch.empty:
            return None
        ordered = canonical(batch)
        content = fingerprint(ordered)
        with writing(self.folder) as part:
            chain = read_chain(self.folder)
            mend_head(self.folder, part, chain)
            same = [one for one in chain if one.content == content]
            if same:
                return replace(same[0], again=True)
            rows = part / "rows.parquet"
            with self._opened(part) as engine:
                before = self._before(engine, chain, batch["home"])
                after = chain[-1].known if chain else None
                found = [faults(batch, case_states(before), known=known, after=after), repeated(batch, before)]
                refuse(pd.concat([*found, *([] if also is None else [also])]).sort_values(["row", "fault"], ignore_index=True))
                engine.write(engine.hold(ordered, KINDS_OF), rows)
            segment = Segment(
                sequence=len(chain) + 1,
                previous=chain[-1].seal if chain else "",
                sha256=digest(rows),
                rows=len(batch),
                known=known,
                content=content,
            )
            publish(self.folder, rows, segment)
        return segment

    def _before(self, engine: Engine, chain: tuple[Segment, ...], homes: pd.Series) -> pd.DataFrame:
        """The changes of some homes."""
        if not chain:
            return _nothing()
        asked = engine.hold(pd.DataFrame({"home": homes.dropna().drop_duplicates().astype("int64")}), {"home": "integer"})
        frame = engine.scan([self.folder / one.name for one in chain], KINDS_OF)
        found = engine.collect(frame.join(asked, on="home", how="semi"))
        return found.astype(_nothing().dtypes.to_dict())

    @contextmanager
    def _opened(self, spill: Path) -> Iterator[Engine]:
        with replace(self.engine, spill=self.engine.spill or spill).open([self.folder]) as engine:
            yield engine


def _collected(engine: Engine, frame: Frame) -> pd.DataFrame:
    """Changes in this process, each distinct word held once; sorted."""
    words, coded = dict[str, np.ndarray](), frame
    for name in CODED:
        each = engine.collect(distinct(frame.filter(~nw.col(name).is_null()), name))[name]
        words[name] = np.array([*sorted(each.astype(str)), None], dtype=object)
        codes = pd.DataFrame({name: words[name][:-1], f"{name}_code": np.arange(len(each))})
        table = engine.hold(codes, {name: "word", f"{name}_code": "integer"})
        coded = coded.join(table, on=name, how="left").drop(name)
    found = engine.collect(coded)
    out = {name: found[name].to_numpy(dtype=np.int64) for name in ("home", "case")}
    days = {name: found[name].astype("datetime64[s]") for name in ("date", "known_date")}
    told = {name: found[f"{name}_code"].to_numpy(dtype=np.intp, na_value=-1) for name in CODED}
    stage = np.array([CODES.get(word, 0) for word in words["stage"][:-1]])[told["stage"]]
    order = np.lexsort((*(told[name] for name in CODED), days["date"], stage, days["known_date"], out["case"], out["home"]))
    spoken = {name: pd.Series(words[name][told[name]], dtype="str") for name in CODED}
    return pd.DataFrame({**out, **days, **spoken})[list(COLUMNS)].take(order).reset_index(drop=True)


def _nothing() -> pd.DataFrame:
    """No changes."""
    kinds = {"integer": "int64", "date": "datetime64[s]", "word": "str", "flag": "bool"}
    return pd.DataFrame({name: pd.Series([], dtype=kinds[kind]) for name, kind in KINDS_OF.items()})


def _notes(frame: pd.DataFrame, as_of: date | None) -> tuple[Note, ...]:
    text = Text(
        "台账共 {n:,} 次，其中未结 {open:,} 次；截至 {day} 获知的记录。",
        "{n:,} cases, {open:,} of them open, by what was known {day}.",
    )
    day = Text("目前", "so far") if as_of is None else Text(as_of.isoformat(), f"on {as_of.isoformat()}")
    return (Note("choice", text.format(n=len(frame), open=int(frame["open"].sum()), day=day)),)
