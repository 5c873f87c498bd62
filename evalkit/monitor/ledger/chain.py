"""The folder of a ledger: segments that are there whole or not at all, each sealed and chained to the one before."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from evalkit.disk import LOCKS, settle, taken
from evalkit.errors import DataError, OutputError, SafetyError

HEAD, LOCK, PART = "head.json", "lock", ".part"
FORMAT = 1
AGAIN = "free space or choose another place, and run again; the ledger is as before"
RESTORE = "restore the folder from its last backup; nothing was read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One append: its number, its rows, the day it was written for, and what ties it to the segment before.

    `previous` is the SHA-256 of the seal before ("" of the first), `sha256` that of its rows' file, `content` that of its changes
    whatever their order, and `seal` that of its own seal: who has noted the last of these can tell whether anything was changed.
    `again` says that the same changes had been written before, and were not written twice.
    """

    sequence: int
    previous: str
    sha256: str
    rows: int
    known: date
    content: str
    again: bool = False

    @property
    def name(self) -> str:
        """The name of its rows' file."""
        return f"{_stem(self.sequence)}.parquet"

    @property
    def sealed(self) -> bytes:
        """Its seal, as it is written."""
        told = {"format": FORMAT, "sequence": self.sequence, "previous": self.previous, "sha256": self.sha256}
        return _json({**told, "rows": self.rows, "known": self.known.isoformat(), "content": self.content})

    @property
    def seal(self) -> str:
        """SHA-256 of its seal."""
        return hashlib.sha256(self.sealed).hexdigest()


def read_chain(folder: Path) -> tuple[Segment, ...]:
    """The segments of a folder, each of them verified; a folder that is not there has none.

    Raises
    ------
    SafetyError
        A segment was changed, cut short or taken away; it is named.
    DataError
        One cannot be read.
    """
    head, segments = _head(folder), _seals(folder)
    while len(segments) > head[0] + 1 and (again := _head(folder)) != head:  # others wrote meanwhile
        head, segments = again, _seals(folder)
    if len(segments) < head[0]:
        first, last = _stem(len(segments) + 1), _stem(head[0])
        lost = first if first == last else f"{first} to {last}"
        raise SafetyError(f"segments are missing: {lost}", where=folder.name, do=RESTORE)
    if len(segments) > head[0] + 1:
        raise SafetyError("the head of the ledger is missing or old", where=f"{folder.name}/{HEAD}", do=RESTORE)
    if head[0] and segments[head[0] - 1].seal != head[1]:
        raise _changed(folder, f"{_stem(head[0])}.json")
    for segment in segments:
        if _digest(folder / segment.name) != segment.sha256:
            raise _changed(folder, segment.name)
    return segments


@contextmanager
def writing(folder: Path) -> Iterator[Path]:
    """The folder to one writer alone, cleared of what dead ones left behind; what is given is a place for parts.

    Raises
    ------
    OutputError
        Another run is writing, or the folder cannot be written.
    """
    with _told(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.fdopen(os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600), "rb+")
    with lock:
        _lock(lock, folder)
        part = folder / PART
        with _told(folder):
            _clear(folder)
            part.mkdir(mode=0o700)
        try:
            yield part
        finally:
            shutil.rmtree(part, ignore_errors=True)


def publish(folder: Path, rows: Path, segment: Segment) -> None:
    """Make a segment part of the ledger: its rows first, then its seal, with which it is there, then the head.

    All that needs space is on disk before the seal appears.

    Raises
    ------
    OutputError
        It cannot be written; the ledger is as before.
    """
    part = rows.parent
    seal, head = part / "seal", part / "head"
    with _told(folder):
        rows.chmod(0o600)
        settle(rows)
        _write(seal, segment.sealed)
        _write(head, head_of(segment))
        _place(rows, folder / segment.name)
        settle(folder)
        _place(seal, folder / f"{_stem(segment.sequence)}.json")
    with _told(folder, "the disk did not confirm the last segment of the ledger", "look after the disk, then run again"):
        settle(folder)
        head.replace(folder / HEAD)
        settle(folder)


def mend_head(folder: Path, part: Path, segments: tuple[Segment, ...]) -> None:
    """Write the head again where a writer died between a seal and its head."""
    if segments and _head(folder)[0] < len(segments):
        with _told(folder):
            _write(part / "head", head_of(segments[-1]))
            (part / "head").replace(folder / HEAD)
            settle(folder)


def digest(file: Path) -> str:
    """SHA-256 of a file.

    Raises
    ------
    OutputError
        It cannot be read, though it was just written.
    """
    with _told(file.parent.parent):
        return _digest(file)


def head_of(segment: Segment) -> bytes:
    """What the head says when this segment is the last."""
    return _json({"format": FORMAT, "sequence": segment.sequence, "seal": segment.seal})


def _seals(folder: Path) -> tuple[Segment, ...]:
    """The seals of a folder from the first to the last, chained."""
    names = sorted(path.name for path in folder.glob("segment-*.json"))
    wanted = [f"{_stem(number)}.json" for number in range(1, len(names) + 1)]
    if names != wanted:
        odd = next(name for name in wanted if name not in names)
        raise SafetyError(f"the segment {odd.removesuffix('.json')} is missing", where=folder.name, do=RESTORE)
    segments, previous = list[Segment](), ""
    for number, name in enumerate(names, start=1):
        segment = _segment(folder / name)
        if segment.sequence != number:
            raise _changed(folder, name)
        if segment.previous != previous:
            raise _changed(folder, names[number - 2] if number > 1 else name, f"{name} follows another")
        segments.append(segment)
        previous = segment.seal
    return tuple(segments)


def _segment(seal: Path) -> Segment:
    told = _read_json(seal)
    try:
        segment = Segment(
            sequence=int(told["sequence"]),
            previous=str(told["previous"]),
            sha256=str(told["sha256"]),
            rows=int(told["rows"]),
            known=date.fromisoformat(told["known"]),
            content=str(told["content"]),
        )
        sound = told["format"] == FORMAT and segment.sealed == _bytes(seal)
    except (KeyError, TypeError, ValueError, OverflowError):
        sound = False
    if not sound:
        raise _changed(seal.parent, seal.name)
    return segment


def _head(folder: Path) -> tuple[int, str]:
    """The number of the last segment and its seal, as the head has them; 0 of a new ledger."""
    if not (folder / HEAD).exists():
        return 0, ""
    told = _read_json(folder / HEAD)
    try:
        sequence, seal = int(told["sequence"]), str(told["seal"])
    except (KeyError, TypeError, ValueError, OverflowError):
        sequence, seal = 0, ""
    if sequence < 1:  # it is written with the first segment
        raise _changed(folder, HEAD)
    return sequence, seal


def _read_json(path: Path) -> Any:
    try:
        return json.loads(_bytes(path))
    except ValueError:
        raise _changed(path.parent, path.name) from None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise _unreadable(path, fault) from None


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as fault:
        raise _unreadable(path, fault) from None


def _unreadable(path: Path, fault: OSError) -> DataError:
    gone = isinstance(fault, FileNotFoundError)
    what = "this segment of the ledger is missing" if gone else "this segment of the ledger cannot be read"
    kind = SafetyError if gone else DataError
    return kind(what, where=f"{path.parent.name}/{path.name}", found="" if gone else fault.strerror or "", do=RESTORE)


def _changed(folder: Path, name: str, found: str = "") -> SafetyError:
    what = "this segment of the ledger is not the one that was written"
    return SafetyError(what, where=f"{folder.name}/{name}", found=found, do=RESTORE)


def _lock(lock: IO[bytes], folder: Path) -> None:
    """Take the lock or refuse at once."""
    if not LOCKS:
        do = "keep the ledger on a machine that has locks"
        raise OutputError("this system cannot lock a folder", where=folder.name, do=do)
    with _told(folder):
        mine = taken(lock, Path(folder.name))
    if not mine:
        since = datetime.fromtimestamp(os.fstat(lock.fileno()).st_mtime).isoformat(" ", "seconds")
        do = "wait until it has ended, and run again; the ledger is as before"
        raise OutputError(f"another run is writing since {since}", where=folder.name, do=do)
    os.utime(lock.fileno())


def _clear(folder: Path) -> None:
    """Take away what a writer that died has left: its parts, and rows that come after the last seal."""
    shutil.rmtree(folder / PART, ignore_errors=True)
    last = max([_stem(_head(folder)[0]), *(seal.stem for seal in folder.glob("segment-*.json"))])
    for rows in folder.glob("segment-*.parquet"):
        if rows.stem > last:
            rows.unlink()


def _place(part: Path, final: Path) -> None:
    """Give a file its name, unless something has it: never over anything."""
    try:
        os.link(part, final)
    except OSError as fault:
        if fault.errno not in (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP) or final.exists():
            raise
        part.rename(final)  # a file system without links; the lock keeps others away


def _write(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _told(folder: Path, what: str = "the ledger cannot be written", do: str = AGAIN) -> Iterator[None]:
    """What the system refuses, as what it means."""
    try:
        yield
    except OSError as fault:
        raise OutputError(what, where=folder.name, found=fault.strerror or "", do=do) from None


def _stem(sequence: int) -> str:
    return f"segment-{sequence:06d}"


def _json(told: dict[str, Any]) -> bytes:
    return (json.dumps(told, indent=1) + "\n").encode()
