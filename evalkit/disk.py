"""The disk: a lock on a file that ends with its process, however that ends, and what is to be on the disk for certain."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from evalkit.errors import OutputError

try:
    import fcntl
except ImportError:  # Windows: there two runs at once are not kept apart
    fcntl = None  # type: ignore[assignment]

LOCKS = fcntl is not None


@contextmanager
def alone(file: Path, *, busy: OutputError, unwritable: Callable[[OSError], OutputError]) -> Iterator[IO[bytes]]:
    """One run at a time: the block runs under the lock of a file, which is made for its owner only.

    Parameters
    ----------
    busy
        What is raised where another run has it.
    unwritable
        What is raised where the file cannot be made or locked.

    Examples
    --------
    >>> import tempfile
    >>> busy = OutputError("another run is writing")
    >>> with tempfile.TemporaryDirectory() as folder, alone(Path(folder) / "lock", busy=busy, unwritable=lambda fault: busy):
    ...     with alone(Path(folder) / "lock", busy=busy, unwritable=lambda fault: busy):
    ...         pass
    Traceback (most recent call last):
    evalkit.errors.OutputError: another run is writing.
    """
    try:
        lock = os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "ab")
    except OSError as fault:
        raise unwritable(fault) from None
    with lock:
        try:
            mine = taken(lock)
        except OSError as fault:
            raise unwritable(fault) from None
        if not mine:
            raise busy
        yield lock


def taken(lock: IO[bytes]) -> bool:
    """Whether the lock of an open file could be taken; where there are no locks at all, it could.

    Raises
    ------
    OSError
        The file lies where nothing can be locked, such as some network disks.
    """
    if fcntl is None:
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as fault:
        if fault.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        raise
    return True


def settle(path: Path) -> None:
    """Have the system put a file, or the names in a folder, on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
