"""On which line of a TOML file something stands."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

Place = tuple[int | str, ...]


def line_of(text: str, loc: Place) -> int:
    """The line on which a place of a TOML document stands or begins, or the nearest above that leads to it; 0: there is none."""
    return lines_of(text, [loc])[0]


def lines_of(text: str, places: Collection[Place]) -> list[int]:
    """The lines of some places of a TOML document, as `line_of` tells each, in one reading."""
    deepest = max(map(len, places), default=0)
    stands, begins = dict[Place, int](), dict[Place, int]()
    for number, path in _paths(text):
        if len(path) <= deepest:
            stands.setdefault(path, number)
        for depth in range(1, min(len(path), deepest) + 1):
            begins.setdefault(path[:depth], number)
    above = [(begins.get(loc), *(stands.get(loc[:depth]) for depth in range(len(loc) - 1, 0, -1))) for loc in places]
    return [next((line for line in found if line is not None), 0) for found in above]


def _paths(text: str) -> Iterator[tuple[int, Place]]:
    """The lines on which tables and keys stand, each with the path of what it declares."""
    counts = dict[Place, int]()
    here: Place = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*(\[\[?)\s*([\w.\"'-]+)\s*\]", line):
            here = _header(header.group(2), many=header.group(1) == "[[", counts=counts)
            yield number, here
        elif key := re.match(r"\s*([\w.\"'-]+)\s*=", line):
            yield number, (*here, *(part.strip("\"'") for part in key.group(1).split(".")))


def _header(words: str, *, many: bool, counts: dict[Place, int]) -> Place:
    """The indexed path of a `[table]` or `[[table]]` header."""
    path: Place = ()
    parts = [part.strip("\"'") for part in words.split(".")]
    for part in parts[:-1]:
        path = (*path, part)
        path = (*path, counts[path] - 1) if path in counts else path
    path = (*path, parts[-1])
    if many:
        counts[path] = counts.get(path, 0) + 1
        path = (*path, counts[path] - 1)
    return path


def last_line(text: str, name: str) -> int:
    """The last line on which an id is declared, or 0."""
    lines = [
        n for n, line in enumerate(text.splitlines(), start=1) if re.search(rf"\bid\s*=\s*[\"']{re.escape(name)}[\"']", line)
    ]
    return lines[-1] if lines else 0
