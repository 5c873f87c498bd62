"""The store: deliveries as Parquet files without a name or a number of anyone, each whole or not there at all."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import narwhals as nw
import pandas as pd

from evalkit.check import instance
from evalkit.disk import alone, settle
from evalkit.errors import DataError, OutputError, SafetyError, SpecError
from evalkit.identifiers import direct_identifier
from evalkit.monitor.engine.base import Engine, Frame
from evalkit.monitor.engine.duck import DuckDB
from evalkit.monitor.engine.places import whole_or_not
from evalkit.monitor.sources.sources import Delivered, RegisterTable, Source

ARRIVING = ".arriving-"
CARD = "store.json"
MEMORY = "512MB"  # of the engine that writes a delivery


@dataclass(frozen=True, slots=True)
class Store:
    """A folder with what was delivered: `register/homes`, `register/members` and `records/<source>`, one file a delivery.

    Beside the file of a delivery lies its receipt, which is written last: what has no receipt was never delivered. Folders
    are their owner's only (0700), and so are files (0600). Pseudonyms still stand for people: keep the store as you keep their
    records.

    Parameters
    ----------
    folder
        Where it lies; made at the first delivery.
    """

    folder: Path

    def __post_init__(self) -> None:
        instance(self.folder, Path, who="Store folder", do="pass a pathlib.Path")

    def deliveries(self, table: Delivered | None = None) -> pd.DataFrame:
        """The receipts of what is in the store, one row a delivery, in the order of table and delivery."""
        places = [self.folder / table.place] if table is not None else sorted(self.folder.glob("*/*"))
        told = [self._receipt(card) for place in places for card in sorted(place.glob("*.json"))]
        return pd.DataFrame(told, columns=list(RECEIPT))

    def files(self, table: Delivered) -> list[Path]:
        """The files of a table, each with its receipt."""
        place = self.folder / table.place
        return [place / f"{delivery}.parquet" for delivery in self.deliveries(table)["delivery"]]

    def records(self, engine: Engine, source: Source) -> Frame:
        """All records of a source, of all deliveries."""
        return engine.scan(self.files(source), source.kinds)

    def register(self, engine: Engine, table: RegisterTable) -> Frame:
        """All rows of a table of the register, of all deliveries."""
        return engine.scan(self.files(table), table.kinds)

    @contextmanager
    def writing(self, key: str) -> Iterator[Writing]:
        """The store to write to, for one run at a time; what a killed run left behind is removed first.

        Raises
        ------
        OutputError
            Another run is writing, or the folder cannot be made, or cannot be locked.
        SpecError
            The pseudonyms in the store were made with another key (`key` is its id).
        SafetyError
            It holds deliveries, and its note of the key is gone.
        """
        try:
            _folder(self.folder)
        except OSError as fault:
            raise _unwritable(self.folder, fault) from None
        busy = OutputError("another run is writing to the store", where=str(self.folder), do="wait until it has ended")
        with alone(self.folder / ".lock", busy=busy, unwritable=partial(_unwritable, self.folder)):
            self._same_key(key)
            try:
                self._clean()
            except OSError as fault:
                raise _unwritable(self.folder, fault) from None
            yield Writing(self, key)

    def _same_key(self, key: str) -> None:
        card = self.folder / CARD
        held = _read_json(card).get("key") if card.exists() else None
        if held is None and any(self.folder.glob("*/*/*.json")):
            what = "the store holds deliveries, and no longer says with which key they were pseudonymized"
            raise SafetyError(what, where=f"{self.folder.name}/{CARD}", do="restore this file from a copy of the store")
        if held is None:
            _write_json(card, {"key": key})
        elif held != key:
            do = "use the key the store was made with; under another no record would meet its home"
            raise SpecError("the key is not that of the store", where=self.folder.name, found=f"key {key}, not {held}", do=do)

    def _clean(self) -> None:
        """Remove what has no receipt: it is of runs that ended before they were done."""
        for place in (*self.folder.glob("register/*"), *self.folder.glob("records/*")):
            for left in place.iterdir():
                if left.name.startswith(ARRIVING):
                    shutil.rmtree(left, ignore_errors=True)
                elif left.name.startswith(".") or (left.suffix == ".parquet" and not left.with_suffix(".json").exists()):
                    left.unlink(missing_ok=True)

    def _receipt(self, card: Path) -> dict[str, Any]:
        told = _read_json(card)
        if not card.with_suffix(".parquet").is_file():
            do = "restore the file, or remove the receipt and have it delivered again"
            raise DataError("a delivery of the store is gone", where=f"{card.parent.name}/{card.stem}.parquet", do=do)
        return told


RECEIPT = (
    "table", "delivery", "file", "fingerprint", "declared", "rows", "kept", "set_aside", "rounded", "first_event", "last_event",
    "first_known", "last_known", "reasons",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Writing:
    """The store while one run writes to it."""

    store: Store
    key: str

    @contextmanager
    def arriving(self, table: Delivered) -> Iterator[Arriving]:
        """A folder for the parts of one delivery, which is gone afterwards, whether it was taken in or not."""
        place, folder = self.store.folder / table.place, Path()
        try:
            _folder(place.parent)
            _folder(place)
            folder = place / f"{ARRIVING}{os.getpid()}"
            folder.mkdir(mode=0o700)
        except OSError as fault:
            raise _unwritable(place, fault) from None
        try:
            yield Arriving(table, place, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def take_back(self, table: Delivered, delivery: str) -> None:
        """Remove a delivery, its receipt first: without one it was never delivered."""
        place = self.store.folder / table.place
        try:
            for ending in (".json", ".parquet"):
                (place / f"{delivery}{ending}").unlink(missing_ok=True)
            settle(place)
        except OSError as fault:
            raise _unwritable(place, fault) from None


@dataclass(slots=True)
class Arriving:
    """One delivery on its way in: parts, then the whole."""

    table: Delivered
    place: Path
    folder: Path
    parts: int = 0
    last: pd.DataFrame | None = None  # the part that came last; most deliveries have one

    def add(self, rows: pd.DataFrame) -> None:
        """A part of it, without the column delivery."""
        if self.last is not None:
            self._set_down(self.last)
        self.last = rows

    def commit(self, delivery: str, receipt: Mapping[str, Any]) -> None:
        """The whole of it under its name, then its receipt."""
        kinds = {name: kind for name, kind in self.table.kinds.items() if name != "delivery"}
        rows = pd.DataFrame({name: [] for name in kinds}) if self.last is None else self.last
        if self.parts:
            self._set_down(rows)
        parts = sorted(self.folder.glob("part-*.parquet"))
        with DuckDB(memory=MEMORY).open([self.folder]) as engine:
            every = engine.scan(parts, kinds) if parts else engine.hold(rows, kinds)
            named = every.with_columns(nw.lit(delivery).alias("delivery")).select(*self.table.kinds)
            engine.write(named, self.folder / "whole.parquet")
        try:
            (self.folder / "whole.parquet").replace(self.place / f"{delivery}.parquet")
        except OSError as fault:
            raise _unwritable(self.place, fault) from None
        _write_json(self.place / f"{delivery}.json", receipt)

    def _set_down(self, rows: pd.DataFrame) -> None:
        """A part into a file of its own, so that a large delivery needs the memory of one part."""
        kinds = {name: kind for name, kind in self.table.kinds.items() if name != "delivery"}
        with DuckDB(memory=MEMORY).open([self.folder]) as engine:
            engine.write(engine.hold(rows, kinds), self.folder / f"part-{self.parts:05d}.parquet")
        self.parts += 1


def delivery_name(file: str, fingerprint: str) -> str:
    """What a delivery is called: as its file, without what may name someone, and eight signs of its fingerprint.

    Examples
    --------
    >>> delivery_name("医保 2024-06.xlsx", "3fa94c10ffff"), delivery_name("13800000000.csv", "00c0ffee99")
    ('医保_2024-06-3fa94c10', 'file-00c0ffee')
    """
    stem = re.sub(r"[^\w-]+", "_", file.partition(".")[0]).strip("_-")[:60]
    return f"{'file' if direct_identifier(file) or not stem else stem}-{fingerprint[:8]}"


def declared(table: Delivered) -> str:
    """Eight signs of how a table was declared, by which its reading differs."""
    told = json.dumps([table.place, *(repr(column) for column in table.layout), table.known_after])
    return hashlib.sha256(told.encode()).hexdigest()[:8]


def _folder(place: Path) -> None:
    """A folder of household data: made for its owner only, and one that is there already is closed to others."""
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    if stat.S_IMODE(place.stat().st_mode) & 0o077:
        place.chmod(0o700)


def _write_json(file: Path, told: Mapping[str, Any]) -> None:
    with whole_or_not(file) as part:
        part.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")


def _read_json(file: Path) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        do = "restore it, or remove the delivery and have it delivered again"
        raise DataError("a receipt of the store cannot be read", where=file.name, found=type(fault).__name__, do=do) from None
    return told


def _unwritable(place: Path, fault: OSError) -> OutputError:
    found = os.strerror(fault.errno) if fault.errno else type(fault).__name__
    return OutputError("the store cannot be written to", where=str(place), found=found, do="free space, or choose another folder")
