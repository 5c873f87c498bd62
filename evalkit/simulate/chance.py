"""Streams of chance keyed by purpose and place, so that what is drawn does not depend on blocks, threads or order."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from evalkit.check import whole

Item = TypeVar("Item")
Made = TypeVar("Made")

# Households drawn in one go: small enough for a processor's cache. It is part of what a seed means: another size, other bits.
ATOM = 8_192


def stream(seed: int, *words: str | int) -> np.random.Generator:
    """A stream of its own for each purpose and place.

    Examples
    --------
    >>> bool(stream(1, "homes", 0).random() == stream(1, "homes", 0).random()), bool(stream(1, "homes", 1).random() < 1)
    (True, True)
    """
    keys = (zlib.crc32(word.encode()) if isinstance(word, str) else word for word in words)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *keys])))


def atoms(first: int, last: int) -> Iterator[tuple[int, int, int]]:
    """The atoms of households first … last − 1: number, first household and the one after the last; `first` starts an atom.

    Examples
    --------
    >>> list(atoms(8192, 20000))
    [(1, 8192, 16384), (2, 16384, 20000)]
    """
    for start in range(first, last, ATOM):
        yield start // ATOM, start, min(start + ATOM, last)


def in_order(job: Callable[[Item], Made], items: Iterable[Item], threads: int | None = None) -> list[Made]:
    """What a job makes of each item, in order, by several threads at once (None: as many as processors, four at most).

    Examples
    --------
    >>> in_order(abs, [-2, -1], threads=2)
    [2, 1]
    """
    if threads is not None:
        whole(threads, who="threads")
    many, every = threads or min(4, os.cpu_count() or 1), list(items)
    if many == 1 or len(every) == 1:
        return [job(item) for item in every]
    with ThreadPoolExecutor(many) as pool:
        return list(pool.map(job, every))
