"""Records of what is written: one a report, put down last; the run they belong to; the lock of the folder."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, is_dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evalkit import disk
from evalkit.errors import OutputError
from evalkit.report.assessment.found import Assessment
from evalkit.report.render import write
from evalkit.study.deliver import digest

RECORD, STARTED, LOCK = "record.json", "started.json", ".lock"
_UNNAMEABLE = re.compile(r"[^\w.-]+")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
LONGEST = 60


def folder_names(units: Iterable[str]) -> dict[str, str]:
    """A folder name for each unit: its code where that can name a folder on any system, else made so and told apart by a hash.

    Examples
    --------
    >>> folder_names(["520201", "a/b"])
    {'520201': '520201', 'a/b': 'a_b-c14cddc0'}
    """
    every = list(units)
    lower = [unit.casefold() for unit in every]
    names = {}
    for unit, folded in zip(every, lower, strict=True):
        name = _UNNAMEABLE.sub("_", unit).strip(".")[:LONGEST]
        plain = name == unit and lower.count(folded) == 1 and not _RESERVED.fullmatch(name)
        names[unit] = name if plain else f"{name or 'place'}-{sha256(unit.encode()).hexdigest()[:8]}"
    return names


def fingerprint(found: Assessment) -> str:
    """What the reports are drawn from, as one hash: every figure, name and note of the assessment that they print."""
    told = sha256()
    for part in _parts(found):
        told.update(_bytes(part))
        told.update(b"\x1e")
    return told.hexdigest()


def _parts(found: Assessment) -> Iterator[object]:
    """The parts of an assessment that reports of places print."""
    yield from (found.title, found.subtitle, found.organization, found.date, found.statement, found.accepted)
    yield from (found.panel.frame, found.panel.groups, sorted(found.panel.names.items()), found.panel.source, found.panel.notes)
    yield from (
        found.filled,
        None if found.audit is None else found.audit.frame,
        found.bond.frame,
        found.bond.spec,
        found.bond.notes,
    )
    for name, score in found.scores.items():
        yield from (name, score.system, score.frame, score.spec.frame, score.spec.reference, score.notes)
    for name, drag in found.obstacles.items():
        yield from (name, drag.frame, drag.average)
    for label, doubt in found.doubts.items():
        yield from (label, doubt.frame, doubt.ranks, doubt.change)
    for name, firm in found.firmness.uncertainty.items():
        yield from (name, firm.frame)
    yield None if found.firmness.comparison is None else found.firmness.comparison.places
    change = found.movement.change
    yield from () if change is None else (change.frame, change.systems, change.dimensions)


def _bytes(part: object) -> bytes:
    """A part as bytes that are the same for the same content."""
    if isinstance(part, pd.DataFrame):
        rows = (_bytes(part.index.to_frame(index=False)) if part.index.nlevels > 1 else _column(part.index.to_series()),)
        return b"\x1d".join([*rows, *(repr(name).encode() + _column(part.iloc[:, at]) for at, name in enumerate(part.columns))])
    if is_dataclass(part) and not isinstance(part, type):
        return repr((type(part).__name__, asdict(part))).encode()
    return repr(part).encode()


def _column(values: pd.Series) -> bytes:
    if pd.api.types.is_float_dtype(values.dtype) and isinstance(values.dtype, np.dtype):
        return np.ascontiguousarray(values.to_numpy()).tobytes()
    return "\x1f".join(map(str, values.astype(object))).encode()


def key_of(told: Mapping[str, Any]) -> str:
    """What a report was made from, as one hash."""
    return sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def write_json(path: Path, told: Mapping[str, Any]) -> None:
    """Write a record, whole or not at all."""
    write(path, (json.dumps(told, ensure_ascii=False, indent=2) + "\n").encode())


def read_json(path: Path) -> dict[str, Any]:
    """A record; empty where there is none, or none that can be read."""
    with suppress(OSError, ValueError):
        told = json.loads(path.read_text(encoding="utf-8"))
        return told if isinstance(told, dict) else {}
    return {}


def record(folder: Path, key: str, what: Mapping[str, str]) -> None:
    """Put down last what a folder holds and what it was made from."""
    outputs = {path.name: digest(path) for path in sorted(folder.iterdir()) if path.is_file()}
    write_json(folder / RECORD, {**what, "key": key, "outputs": outputs})


def stands(folder: Path, key: str) -> bool:
    """Whether a folder holds what was asked for, whole: made from the same, every file as recorded."""
    told = read_json(folder / RECORD)
    outputs = told.get("outputs")
    if told.get("key") != key or not isinstance(outputs, dict):
        return False
    try:
        names = {path.name for path in folder.iterdir()} - {RECORD}
        return names == set(outputs) and all(digest(folder / name) == value for name, value in outputs.items())
    except OSError:
        return False


def clean(folder: Path, keep: Iterable[str]) -> None:
    """Take away what a killed run left half-done, and reports of places that are no longer asked for."""
    kept = set(keep)
    for path in folder.iterdir() if folder.is_dir() else ():
        half = path.name.startswith(".") and ".part-" in path.name
        if path.is_dir() and (half or (path.name not in kept and (path / RECORD).is_file())):
            shutil.rmtree(path, ignore_errors=True)
        elif half:
            path.unlink(missing_ok=True)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One run at a time in a folder; the lock ends with the process, however that ends.

    Raises
    ------
    OutputError
        Another run writes there, or the folder cannot be made.
    """

    def unwritable(fault: OSError) -> OutputError:
        do = "choose another --out"
        return OutputError("the output folder cannot be written", where=str(folder), found=fault.strerror or "", do=do)

    do = "wait until it has ended, or choose another --out"
    busy = OutputError("another run is writing there", where=str(folder), do=do)
    with disk.alone(folder / LOCK, busy=busy, unwritable=unwritable):
        try:
            yield
        finally:
            with suppress(OSError):  # a run that failed before it wrote anything leaves no folder
                if [path.name for path in folder.iterdir()] == [LOCK]:
                    (folder / LOCK).unlink()
                    folder.rmdir()


def memory() -> int | None:
    """The bytes of memory that are free for new processes; None where the system does not say."""
    free = []
    with suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        free.append(1024 * int(next(line for line in lines if line.startswith("MemAvailable:")).split()[1]))
    with suppress(OSError, ValueError):
        limit = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
        used = int(Path("/sys/fs/cgroup/memory.current").read_text(encoding="ascii"))
        free += [int(limit) - used] if limit != "max" else []
    return min(free, default=None)


def cores() -> int:
    """The processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
