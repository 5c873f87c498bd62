"""In which language a run speaks before and after its command does: what `--lang` says among the words of the command."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

from evalkit.terms import Lang, Text

STOPPED = Text("已中断；没有写到一半的文件", "interrupted; nothing is half written")
_last_words: list[str] = []  # of the work at hand, where it has its own


def spoken() -> Lang:
    """The language of what ends this run: Chinese where `--lang zh` was asked for."""
    return "zh" if chinese(sys.argv) else "en"


def chinese(words: list[str]) -> bool:
    """Whether a command was asked to speak Chinese.

    Examples
    --------
    >>> chinese(["evalkit", "assess", "--lang", "zh"]), chinese(["evalkit", "assess"])
    (True, False)
    """
    return "--lang=zh" in words or ("--lang", "zh") in pairwise(words)


def when_stopped() -> str:
    """What a run says last that is stopped now."""
    return _last_words[-1] if _last_words else STOPPED.say(spoken())


@contextmanager
def stopped_says(words: str) -> Iterator[None]:
    """A run that is stopped in the block says this.

    Examples
    --------
    >>> with stopped_says("what is written stays"):
    ...     print(when_stopped())
    what is written stays
    """
    _last_words.append(words)
    try:
        yield
    finally:
        _last_words.pop()
