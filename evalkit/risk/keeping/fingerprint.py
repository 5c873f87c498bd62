"""A frame told by one number: the same for the same figures, in whatever order and with whatever names their rows come."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from evalkit.stats.arrays import Array, Codes

DIGITS = 12  # significant digits that count


def fingerprint(frame: pd.DataFrame) -> str:
    """SHA-256 of the columns of a frame: their names, kinds and values, to twelve digits; neither its index nor its order counts.

    Each column is told by its distinct values, rising, and the places of these among the rows, which are sorted by all columns.
    It cannot be read back, yet a frame of few possible rows could be guessed: it is a check, not a way to hide data.

    Examples
    --------
    >>> one = pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]})
    >>> other = pd.DataFrame({"b": ["y", "x"], "a": [2.0, 1.0]}, index=[7, 8])
    >>> fingerprint(one) == fingerprint(other), fingerprint(one) == fingerprint(one.assign(a=[1.0, 2.1]))
    (True, False)
    """
    names = sorted(str(name) for name in frame.columns)
    told = [_column(frame[name]) for name in names]
    order = np.lexsort([codes for _, codes, _ in reversed(told)]) if told else np.arange(len(frame))
    digest = hashlib.sha256(f"{len(frame)}\n".encode())
    for name, (kind, codes, distinct) in zip(names, told, strict=True):
        digest.update(f"{name}\x00{kind}\x00{len(distinct)}\n".encode())
        digest.update(distinct)
        digest.update(codes[order].astype("<i8").tobytes())
    return digest.hexdigest()


def rounded(values: Array) -> Array:
    """Values to twelve significant digits.

    Examples
    --------
    >>> rounded(np.array([0.1 + 0.2, -0.0, np.nan]))
    array([0.3, 0. , nan])
    """
    held = np.isfinite(values) & (values != 0)
    size = np.floor(np.log10(np.abs(np.where(held, values, 1.0))))
    scale = 10.0 ** np.clip(DIGITS - 1 - size, -290, 290)
    return np.where(held, np.round(values * scale) / scale, values) + 0.0


def _column(column: pd.Series) -> tuple[str, Codes, bytes]:
    """The kind of a column, the place of each row among its distinct values, and these as bytes."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        values = rounded(column.to_numpy(dtype=float, na_value=np.nan))
        distinct, codes = np.unique(values, return_inverse=True)
        return "number", codes.ravel(), distinct.astype("<f8").tobytes()
    words = column.astype(str).where(column.notna(), "\x00").to_numpy(dtype=object)
    found, codes = np.unique(words.astype(str), return_inverse=True)
    return "word", codes.ravel(), "\x1f".join(found.tolist()).encode()
