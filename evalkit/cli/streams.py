"""What is printed never ends a run: not on a pipe that was closed, nor on a console that lacks a letter."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO


class Patient:
    """A stream of text that goes on when nobody reads it any more: the run ends as it would have, with its own exit code."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text, or nothing where nobody reads."""
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            self._unread()
            return len(text)

    def flush(self) -> None:
        """Hand on what was written, if anybody reads it."""
        try:
            self._stream.flush()
        except BrokenPipeError:
            self._unread()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _unread(self) -> None:
        """Let whatever else is written go nowhere."""
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


@contextmanager
def patient() -> Iterator[None]:
    """Both streams of a run, made patient; a letter that a console does not have is printed as "?"."""
    before = sys.stdout, sys.stderr
    for stream in before:
        with suppress(AttributeError, ValueError, OSError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    if None not in before:  # a program without a console has no streams
        sys.stdout, sys.stderr = Patient(before[0]), Patient(before[1])
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(AttributeError, ValueError, OSError):
                stream.flush()
        sys.stdout, sys.stderr = before
