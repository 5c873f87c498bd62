"""Where an engine may read and write: the folders it was opened on, files that appear whole, and a spill folder of its own."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from evalkit.check import many, shown
from evalkit.disk import LOCKS, settle, taken
from evalkit.errors import DataError, OutputError, SpecError

SIZE = re.compile(r"([1-9][0-9]*(?:\.[0-9]+)?) ?([KMGT])(i?)B", re.IGNORECASE)
SPILL = ".spill-"
LOCK = "in-use"
HOUR = 3600.0
ROOM = "free some space, or choose another folder"


def room(size: str, *, who: str) -> int:
    """A size in bytes.

    Examples
    --------
    >>> room("4GB", who="memory"), room("1.5 MiB", who="memory")
    (4000000000, 1572864)
    """
    found = SIZE.fullmatch(size) if isinstance(size, str) else None
    if found is None:
        raise SpecError(f"{who} must be a size", found=shown(size), do='write it as "4GB" or "500MB"')
    step = 1024 if found[3] else 1000
    return int(float(found[1]) * step ** ("KMGT".index(found[2].upper()) + 1))


def named(folders: Sequence[Path]) -> tuple[Path, ...]:
    """The folders an engine is opened on, as they lie on the disk; refuses what is no folder."""
    given = many(folders, who="the folders of an engine", do="pass [folder]")
    for folder in given:
        if not isinstance(folder, Path) or not folder.is_dir():
            raise OutputError("the engine is opened on what is no folder", where=str(folder), do="make it, or name another")
    if not given:
        raise SpecError("an engine needs a folder it may use", do="pass [folder]")
    return tuple(folder.resolve() for folder in given)


def writable(folders: Sequence[Path]) -> Path:
    """The first folder that may be written, or else the system's for what is temporary: what is only read may be read-only."""
    return next((folder for folder in folders if os.access(folder, os.W_OK)), Path(tempfile.gettempdir()))


def within(file: Path, folders: Iterable[Path]) -> Path:
    """The file as it lies on the disk; refuses one outside the folders, also by `..` or a link."""
    real = Path(file).resolve()
    if not any(real.is_relative_to(folder) for folder in folders):
        do = "open the engine on its folder"
        raise SpecError("the file lies outside the folders of the engine", where=Path(file).name, do=do)
    return real


def readable(files: Sequence[Path], folders: Iterable[Path]) -> list[Path]:
    """The files to be scanned, as they lie on the disk; refuses one that is not there."""
    within_folders = tuple(folders)
    found = [within(file, within_folders) for file in files]
    for file in found:
        if not file.is_file():
            raise DataError("the file is not there", where=file.name, do="check the folder")
    return found


@contextmanager
def whole_or_not(file: Path) -> Iterator[Path]:
    """A file beside another's place to write into, for its owner only; it takes that place when it is whole and on the disk."""
    part = None
    try:
        _sweep_parts(file)
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.part-{os.getpid()}-", dir=file.parent)
        os.close(handle)
        part = Path(name)
        yield part
        part.chmod(0o600)
        settle(part)
        part.replace(file)
        settle(file.parent)
    except OSError as fault:
        raise OutputError("the file cannot be written", where=file.name, found=_said(fault), do=ROOM) from None
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


@contextmanager
def passing(file: Path) -> Iterator[Path]:
    """A folder beside a file's place, for its owner only, that is gone afterwards."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=f".{file.name}.part-{os.getpid()}-", dir=file.parent))
    except OSError as fault:
        raise OutputError("the file cannot be written", where=file.name, found=_said(fault), do=ROOM) from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(slots=True)
class Spill:
    """A folder with household data that ends with its engine: 0700, locked while in use; one left by a killed run is removed."""

    folder: Path
    lock: IO[bytes]

    @classmethod
    def within(cls, parent: Path) -> Spill:
        """A new one in a folder, which is made when it is not there."""
        try:
            parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _sweep(parent)
            made = Path(tempfile.mkdtemp(prefix=f".new{SPILL}", dir=parent))
            lock = (made / LOCK).open("wb")
            taken(lock, parent)
            folder = made.rename(
                made.with_name(made.name.removeprefix(".new"))
            )  # only now may another run look whether it is locked
        except OSError as fault:
            raise OutputError("the spill folder cannot be made", where=str(parent), found=_said(fault), do=ROOM) from None
        return cls(folder=folder, lock=lock)

    def remove(self) -> None:
        """End it, with all that is in it."""
        self.lock.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _sweep(parent: Path) -> None:
    """Remove the spill folders of runs that were killed: those that no one holds locked, and those never finished in an hour."""
    for folder in parent.glob(f"{SPILL}*") if LOCKS else ():
        try:
            with (folder / LOCK).open("rb+") as lock:
                free = taken(lock, parent)
        except OSError:  # another run is just making it, or it is another's
            continue
        if free:
            shutil.rmtree(folder, ignore_errors=True)
    for folder in parent.glob(f".new{SPILL}*"):
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime > HOUR:
                shutil.rmtree(folder, ignore_errors=True)


def _sweep_parts(file: Path) -> None:
    """Remove what runs that were killed wrote of this file."""
    start = f".{file.name}.part-"
    for part in [path for path in file.parent.iterdir() if path.name.startswith(start)]:
        writer = part.name.removeprefix(start).partition("-")[0]
        if writer.isdigit() and not _runs(int(writer)):
            shutil.rmtree(part, ignore_errors=True) if part.is_dir() else part.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # it runs, for another user
    return True


def _said(fault: OSError) -> str:
    return os.strerror(fault.errno) if fault.errno else type(fault).__name__
