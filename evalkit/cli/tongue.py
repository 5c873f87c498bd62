"""In which language a run speaks before and after its command does: what `--lang` says among the words of the command."""

from __future__ import annotations

import sys
from itertools import pairwise

from evalkit.terms import Lang, Text

STOPPED = Text("已中断；没有写到一半的文件", "interrupted; nothing is half written")


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
