"""In which language a run speaks before and after its command does: what `--lang` says, else EVALKIT_LANG, else English."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

from evalkit.terms import Lang, Text

STOPPED = Text("已中断；没有写到一半的文件", "interrupted; nothing is half written")
_last_words: list[str] = []  # of the work at hand, where it has its own


def spoken() -> Lang:
    """The language of what ends this run."""
    return language(sys.argv, os.environ.get("EVALKIT_LANG", ""))


def language(words: list[str], usual: str) -> Lang:
    """The language that a command was asked to speak: the first that `--lang` names; without it what is usual here.

    Examples
    --------
    >>> language(["evalkit", "assess", "--lang", "zh"], ""), language(["evalkit", "assess"], "zh"), language(["evalkit"], "")
    ('zh', 'zh', 'en')
    >>> language(["evalkit", "--lang", "zh", "--lang=en"], ""), language(["evalkit", "--", "--lang=zh"], "")
    ('zh', 'en')
    """
    options = words[: words.index("--")] if "--" in words else words
    asked = (
        after if word == "--lang" else word.removeprefix("--lang=")
        for word, after in pairwise([*options, ""])
        if word == "--lang" or word.startswith("--lang=")
    )
    return "zh" if next(asked, usual) == "zh" else "en"


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
