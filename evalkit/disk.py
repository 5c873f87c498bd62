"""The disk: a lock that ends with its process, however that ends; room; folders that change places; what is there for certain."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO

from evalkit.errors import OutputError

try:
    import fcntl
except ImportError:  # Windows: there two runs at once are not kept apart
    fcntl = None  # type: ignore[assignment]

LOCKS = fcntl is not None
LOCKLESS = frozenset({errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})  # said where a disk has no locks
FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
EXCHANGE = 2  # RENAME_EXCHANGE of Linux
HERE = -100  # AT_FDCWD


@contextmanager
def alone(
    file: Path, *, busy: OutputError, unwritable: Callable[[OSError], OutputError], passing: bool = False, mode: int = 0o777
) -> Iterator[IO[bytes]]:
    """One run at a time: the block runs under the lock of a file, which is made for its owner only.

    While it runs the file says which process has the lock since when.

    Parameters
    ----------
    busy
        What is raised where another run has it; who has it is added.
    unwritable
        What is raised where the folder or the file cannot be made, or the file cannot be locked.
    passing
        The file goes when the block ends.
    mode
        The rights of its folder, which is made where it is not there.

    Examples
    --------
    >>> import tempfile
    >>> busy = OutputError("another run is writing")
    >>> with tempfile.TemporaryDirectory() as folder, alone(Path(folder) / "lock", busy=busy, unwritable=lambda fault: busy):
    ...     try:
    ...         with alone(Path(folder) / "lock", busy=busy, unwritable=lambda fault: busy):
    ...             pass
    ...     except OutputError as refused:
    ...         print(str(refused).startswith("another run is writing; found process "))
    True
    """
    try:
        file.parent.mkdir(mode=mode, parents=True, exist_ok=True)
        lock = _locked(file)
    except OSError as fault:
        raise unwritable(fault) from None
    if lock is None:
        busy.found = busy.found or _holder(file)
        raise busy
    with lock:
        try:
            yield lock
        finally:
            with suppress(OSError):
                file.unlink() if passing else os.ftruncate(lock.fileno(), 0)


def _locked(file: Path) -> IO[bytes] | None:
    """The file, open and locked, with who has it; None where another has."""
    while True:
        lock = os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "ab")
        try:
            if not taken(lock, file.parent):
                lock.close()
                return None
            if not _is_there(lock, file):  # who had it took the file away meanwhile
                lock.close()
                continue
        except OSError:
            lock.close()
            raise
        with suppress(OSError):  # on a full disk nobody is named
            os.ftruncate(lock.fileno(), 0)
            os.write(lock.fileno(), f"process {os.getpid()} since {datetime.now():%Y-%m-%d %H:%M:%S}".encode())
        return lock


def _is_there(lock: IO[bytes], file: Path) -> bool:
    """Whether an open file is the one of that name."""
    try:
        return os.path.samestat(os.fstat(lock.fileno()), file.stat())
    except FileNotFoundError:
        return False


def _holder(file: Path) -> str:
    """Who has the lock, as it says."""
    with suppress(OSError, UnicodeDecodeError):
        return file.read_bytes()[:80].decode("ascii")
    return ""


def taken(lock: IO[bytes], folder: Path) -> bool:
    """Whether the lock of an open file of a folder could be taken; where there are no locks at all, it could.

    Raises
    ------
    OutputError
        The folder lies where nothing can be locked, such as on some network disks.
    OSError
        The disk fails.
    """
    if fcntl is None:
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as fault:
        if fault.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        if fault.errno in LOCKLESS:
            do = "move it to a disk of this machine: on this one, as on some network disks, two runs cannot be kept apart"
            what = "the folder lies on a disk without locks"
            raise OutputError(what, where=str(folder), found=fault.strerror or "", do=do) from None
        raise
    return True


def settle(path: Path) -> None:
    """Have the system put a file, or the names in a folder, on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def need_room(folder: Path, size: int) -> None:
    """Refuse a folder on whose disk so many bytes are not free.

    Raises
    ------
    OutputError
        They are not.

    Examples
    --------
    >>> need_room(Path("."), 1 << 60)
    Traceback (most recent call last):
    evalkit.errors.OutputError: .: the disk has too little space; found 1,152,921,504,606,846,976 bytes needed, ...
    """
    with suppress(OSError):
        free = shutil.disk_usage(folder).free
        if free < size:
            raise full(folder, size, free)


def full(place: Path, size: int, free: int | None = None) -> OutputError:
    """That a disk is full: what is needed, and what is free."""
    if free is None:
        with suppress(OSError):
            free = shutil.disk_usage(place if place.is_dir() else place.parent).free
    found = f"{size:,} bytes needed" + ("" if free is None else f", {free:,} free")
    return OutputError("the disk has too little space", where=str(place), found=found, do="free some, or choose another place")


def exchanged(one: Path, other: Path) -> bool:
    """Let two names change places at one instant; False where the system cannot."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    return rename(HERE, os.fsencode(one), HERE, os.fsencode(other), EXCHANGE) == 0
