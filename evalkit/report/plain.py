"""Cells and words as they are printed: numbers with their digits, and text that no file format chokes on."""

from __future__ import annotations

import re
from datetime import datetime, time

import numpy as np
import pandas as pd

from evalkit.report.document import Table

MINUS = "−"
NOTHING = "—"
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_FORMULA = re.compile(r"^[\s\x00-\x1f]*[=+\-@\t\r|%＝＋－＠]")


def safe_text(text: object) -> str:
    """Text without control characters, lone surrogates (which XML cannot hold) and marks that turn the reading direction.

    Every end of a line is one sign: a bare carriage return would break a row of CSV in two.

    Examples
    --------
    >>> safe_text("a\\x00b")
    'ab'
    """
    return _UNPRINTABLE.sub("", str(text)).replace("\r\n", "\n").replace("\r", "\n")


def neutral(text: object) -> str:
    """Text that no spreadsheet takes for a formula: what begins like one is given an apostrophe.

    Examples
    --------
    >>> neutral("=HYPERLINK(1)"), neutral("-2+3"), neutral("illness")
    ("'=HYPERLINK(1)", "'-2+3", 'illness')
    """
    raw = str(text)
    plain = safe_text(raw)
    return f"'{plain}" if _FORMULA.match(raw) or _FORMULA.match(plain) else plain


def cell(value: object, *, decimals: int = 3, year: bool = False) -> str:
    """One value as printed.

    Examples
    --------
    >>> cell(-0.12345), cell(12345), cell(2020, year=True), cell(float("nan"))
    ('−0.123', '12,345', '2020', '—')
    """
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float | np.floating) and np.isnan(value)):
        return NOTHING
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.integer | np.floating):
        return safe_text(value)
    if isinstance(value, int | np.integer):
        return f"{int(value):d}" if year else f"{int(value):,d}".replace("-", MINUS)
    if np.isinf(value):
        return f"{MINUS}∞" if value < 0 else "∞"
    printed = f"{float(value):,.{decimals}f}"
    if float(printed.replace(",", "")) == 0:
        printed = printed.lstrip("-")
    return printed.replace("-", MINUS)


def printed(table: Table) -> tuple[list[str], list[list[str]], list[bool]]:
    """The headers of a table, its rows as far as they are shown, and which columns hold numbers."""
    shown = table.frame if table.show is None else table.frame.head(table.show)
    numeric = [holds_numbers(table.frame.iloc[:, at]) for at in range(table.frame.shape[1])]
    columns = []
    for at, head in enumerate(table.frame.columns):
        values, year = shown.iloc[:, at].tolist(), holds_years(table.frame.iloc[:, at])
        columns.append([cell(value, decimals=table.decimals.get(str(head), 3), year=year) for value in values])
    rows = [list(row) for row in zip(*columns, strict=True)] if columns else []
    return [safe_text(head) for head in table.frame.columns], rows, numeric


def hidden_rows(table: Table) -> int:
    """How many rows the documents leave to the workbook."""
    return 0 if table.show is None else max(0, len(table.frame) - table.show)


def holds_numbers(column: pd.Series) -> bool:
    """Whether a column holds numbers, missing ones aside; true and false are words."""
    if column.dtype == object:
        return pd.api.types.infer_dtype(column, skipna=True) in {"integer", "floating", "mixed-integer-float"}
    return pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype)


def holds_years(column: pd.Series) -> bool:
    """Whether a column holds years, which take no thousands separator."""
    years = column.dropna()
    return pd.api.types.infer_dtype(years) == "integer" and bool(years.between(1900, 2100).all())
