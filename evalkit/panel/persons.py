"""Columns that name persons: by the pattern of their cells, or by what a column of words is called."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd

from evalkit.identifiers import HIDDEN, called_personal, direct_identifier, secret
from evalkit.panel.findings import finding
from evalkit.panel.raw import RawTable

LOOKED_AT = 1000  # first cells, by which a column is judged


def private(cells: pd.Series, column: str) -> int:
    """How many cells are somebody's identity or telephone number, when the column is one of such numbers."""
    if pd.api.types.is_float_dtype(cells.dtype):
        whole = cells.to_numpy()[np.isfinite(cells.to_numpy())]
        long = (((whole >= 1.3e10) & (whole < 2e10)) | (whole >= 1e14)) & (whole % 1 == 0)  # telephones; cards and accounts
        told = whole.size and long.mean() > 0.9 and len(np.unique(whole)) > 1 and called_personal(column)
        return int(long.sum()) if told else 0
    texts = [cell for cell in cells.to_numpy(object)[:LOOKED_AT] if isinstance(cell, str)]
    hits = sum(map(secret, texts))
    named = called_personal(column)
    if not hits or not (named or 2 * hits > len(texts)):
        return 0
    return sum(secret(cell) for cell in cells.to_numpy(object) if isinstance(cell, str))


def named_persons(cells: pd.Series, column: str) -> int:
    """How many cells are those of persons, by a number in them, or by what a column of words is called."""
    if hidden := private(cells, column):
        return hidden
    texts = [cell for cell in cells.to_numpy(object) if isinstance(cell, str)]
    numbers = sum(map(direct_identifier, set(texts)))
    words = sum(re.search(r"[^\W\d_]", text) is not None for text in texts) if called_personal(column) else 0
    return max(numbers, words if 2 * words > len(texts) else 0)


def numbered(cells: pd.Series) -> pd.Series:
    """Numbers in place of texts, so that no message can hold one."""
    return pd.Series([None if at < 0 else f"{HIDDEN}{at + 1}" for at in pd.factorize(cells)[0]], index=cells.index, dtype=object)


def unheaded(raw: RawTable) -> RawTable:
    """The table; a header with a number of a person in it is a row of cells, and columns are then called by their place."""
    names = [str(name) for name in raw.frame.columns]
    told = sum(map(direct_identifier, names))
    if not told:
        return raw
    called = {name: f"{HIDDEN}{at}" for at, name in enumerate(names, start=1)}
    found = finding("personal_data", column=HIDDEN, count=told)
    return replace(raw.renamed(called), findings=(*raw.findings, found), personal=True)


def about_persons(frame: pd.DataFrame) -> str | None:
    """The first column of a table that names persons, by its first cells; None where there is none.

    Examples
    --------
    >>> about_persons(pd.DataFrame({"县": ["甲县"], "联系电话": ["13812345678"]}))
    '联系电话'
    >>> about_persons(pd.DataFrame({"县": ["甲县"], "移动电话普及率": [98.5]})) is None
    True
    """
    head = frame.head(LOOKED_AT)
    columns = ((str(column), head.iloc[:, at]) for at, column in enumerate(head.columns))
    return next((column for column, cells in columns if named_persons(cells, column)), None)
