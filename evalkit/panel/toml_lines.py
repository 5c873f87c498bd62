"""On which line of a TOML file something stands."""

from __future__ import annotations

import re

Place = tuple[int | str, ...]


def line_of(text: str, loc: Place) -> int:
    """The line on which a place of a TOML document stands or begins, or the nearest above that leads to it; 0: there is none."""
    best, best_depth, counts = 0, 0, dict[Place, int]()
    here: Place = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*(\[\[?)\s*([\w.\"'-]+)\s*\]", line):
            here = _header(header.group(2), many=header.group(1) == "[[", counts=counts)
            path = here
        elif key := re.match(r"\s*([\w.\"'-]+)\s*=", line):
            path = (*here, *(part.strip("\"'") for part in key.group(1).split(".")))
        else:
            continue
        depth = shared(path, loc)
        if depth == min(len(path), len(loc)) and depth > best_depth:
            best, best_depth = number, depth
    return best


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


def shared(path: Place, wanted: Place) -> int:
    """How many leading steps two paths share."""
    for at, (a, b) in enumerate(zip(path, wanted, strict=False)):
        if a != b:
            return at
    return min(len(path), len(wanted))


def last_line(text: str, name: str) -> int:
    """The last line on which an id is declared, or 0."""
    lines = [
        n for n, line in enumerate(text.splitlines(), start=1) if re.search(rf"\bid\s*=\s*[\"']{re.escape(name)}[\"']", line)
    ]
    return lines[-1] if lines else 0
