"""How a run is stopped from outside: at once where it can be, and within two seconds where a library does not listen."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from evalkit.cli.tongue import when_stopped

PATIENCE = 2.0  # seconds a run has to put itself in order
STOPS = (signal.SIGINT, signal.SIGTERM)


class Stopped(BaseException):
    """A run was told to stop by a signal; nothing that handles errors takes it for one."""

    def __init__(self, number: int, last_words: str = "") -> None:
        super().__init__(f"signal {number}")
        self.exit_code = 128 + number
        self.last_words = last_words


@contextmanager
def stoppable() -> Iterator[None]:
    """The block is stopped by SIGINT and SIGTERM: `Stopped` is raised in it; what does not hear that ends two seconds later.

    Ending a run at once is safe, for whatever it writes takes its place whole; the next run clears what is left beside it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reading, writing = socket.socketpair()
    writing.setblocking(False)
    watch = threading.Thread(target=_watch, args=(reading,), daemon=True)
    watch.start()
    before = {number: signal.getsignal(number) for number in STOPS}
    wakeup = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
    try:
        for number in STOPS:
            signal.signal(number, _stop)
        yield
    finally:
        signal.set_wakeup_fd(wakeup)
        for number, handler in before.items():
            signal.signal(number, handler)
        writing.close()  # which ends the watch
        watch.join(timeout=1)
        reading.close()


def _stop(number: int, frame: FrameType | None) -> None:
    for each in STOPS:  # while the run puts itself in order it is not stopped again
        signal.signal(each, signal.SIG_IGN)
    raise Stopped(number, when_stopped())


def _watch(reading: socket.socket) -> None:
    """End a process that was told to stop and works on in a library that does not listen."""
    told = reading.recv(1)
    while told and told[0] not in STOPS:
        told = reading.recv(1)
    if not told:
        return
    said = when_stopped()  # now, while the work at hand still says it
    reading.settimeout(PATIENCE)
    try:
        while reading.recv(1):
            pass
    except TimeoutError:
        with suppress(OSError):
            os.write(2, f"{said}\n".encode(getattr(sys.stderr, "encoding", None) or "utf-8", "replace"))
        os._exit(128 + told[0])
