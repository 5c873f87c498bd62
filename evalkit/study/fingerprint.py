"""The results of an assessment as one hash: the same wherever the same numbers come out to ten digits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from hashlib import sha256

import numpy as np
import pandas as pd

from evalkit.answer import Answer
from evalkit.report.assessment.found import Assessment
from evalkit.stats.ranks import even

NOT_RESULTS = ("spec", "panel", "versions", "replay")  # what was asked, what went in, and with what it was computed
CELL, PART = "\x1f", "\x1e"


def results_hash(found: Assessment) -> str:
    """SHA-256 of every table of every answer of an assessment, numbers rounded to ten digits of the greatest in their column.

    Formats, language, machine and number of threads do not change it as long as numbers agree to that. What is equal was
    found alike; what is not may still agree to nine digits, where a figure lies between two tenth digits.
    """
    told = sha256()
    for name, table in tables_of(found):
        told.update(f"{name}{PART}".encode())
        told.update(_bytes(table))
    return told.hexdigest()


def tables_of(found: object, path: str = "") -> Iterator[tuple[str, pd.DataFrame]]:
    """Every table of the answers in an assessment, with where it stands; a table that two answers hold is told once."""
    seen = set[int]()
    for name, table in _walk(found, path):
        if id(table) not in seen:
            seen.add(id(table))
            yield name, table


def _walk(value: object, path: str) -> Iterator[tuple[str, pd.DataFrame]]:
    if isinstance(value, pd.DataFrame | pd.Series):
        yield path, value if isinstance(value, pd.DataFrame) else value.to_frame("value")
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _walk(part, f"{path}/{getattr(key, 'en', key)}")
    elif isinstance(value, tuple | list):
        for at, part in enumerate(value):
            yield from _walk(part, f"{path}/{at}")
    elif is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            part = getattr(value, one.name)
            inner = isinstance(part, Answer | pd.DataFrame | pd.Series | Mapping | tuple | list) or not isinstance(value, Answer)
            if one.name not in NOT_RESULTS and inner:
                yield from _walk(part, f"{path}/{one.name}")


def _bytes(table: pd.DataFrame) -> bytes:
    """Columns, index and cells; floats rounded, all else as text."""
    whole = table.reset_index(allow_duplicates=True)
    parts = [f"{len(whole)}{CELL}{CELL.join(map(str, whole.columns))}{PART}".encode()]
    for at in range(whole.shape[1]):
        column = whole.iloc[:, at]
        if column.dtype.kind == "f":
            parts.append((even(column).to_numpy() + 0.0).astype("<f8").tobytes())
            parts.append(f"{_size(column)}{PART}".encode())
        else:
            parts.append(f"{CELL.join(map(str, column.tolist()))}{PART}".encode("utf-8", "backslashreplace"))
    return b"".join(parts)


def _size(column: pd.Series) -> int:
    """The power of ten of the greatest figure, which rounding by it leaves out."""
    values = column.to_numpy(dtype=float, na_value=np.nan)
    most = float(np.abs(values[np.isfinite(values)]).max(initial=0.0))
    return int(np.floor(np.log10(most))) if most > 0 else 0
