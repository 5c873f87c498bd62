"""What a printed figure stands for: an interval; and how far a measure can go over the intervals it is computed from."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import numpy as np
import pandas as pd

from evalkit.errors import DataError, several
from evalkit.stats.arrays import Array, Codes, Mask

MOST_DECIMALS = 8
SLACK = 1e-9  # the noise of the last bits
Cut = Literal["rounded", "cut", "either"]


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """Intervals: `low` and `high` of one shape, (m,) for a column, (n, m) for n systems."""

    low: Array
    high: Array

    @property
    def middle(self) -> Array:
        """The middle of each interval."""
        return (self.low + self.high) / 2

    def rows(self, chosen: Mask) -> Box:
        """The intervals of some rows."""
        return Box(self.low[..., chosen], self.high[..., chosen])

    def meets(self, other: Box) -> Mask:
        """Where two boxes have a point in common."""
        return (self.high >= other.low - SLACK) & (self.low <= other.high + SLACK)


@dataclass(frozen=True, slots=True, eq=False)
class Printed:
    """A printed column: its figures (NaN where nothing is printed) and the unit of the last place of each."""

    values: Array
    unit: Array

    @property
    def known(self) -> Mask:
        """Where a figure is printed."""
        return ~np.isnan(self.values)

    def where(self, kept: Mask) -> Printed:
        """The column with nothing printed elsewhere."""
        return Printed(np.where(kept, self.values, np.nan), self.unit)

    def box(self, how: Cut = "either") -> Box:
        """What the figures stand for.

        "rounded": half a unit of the last place to each side; "cut": up to a unit above; "either": both together.

        Examples
        --------
        >>> box = Printed(np.array([0.25]), np.array([0.01])).box("cut")
        >>> box.low.round(4).tolist(), box.high.round(4).tolist()
        ([0.25], [0.26])
        """
        below = 0.0 if how == "cut" else 0.5
        above = 0.5 if how == "rounded" else 1.0
        return Box(self.values - below * self.unit, self.values + above * self.unit)


def read_printed(column: pd.Series, *, who: str, decimals: int | None = None) -> Printed:
    """A column as printed, with the decimals of each figure.

    A percentage is read as the share it is, and a comma as the decimal point it stands for. Trailing zeros are lost where a table
    went through a spreadsheet. Of figures that were printed with d decimals, nine in ten still show d: a column has the decimals
    most of its figures show, and a figure that shows more has more.

    Examples
    --------
    >>> read_printed(pd.Series([0.1, 0.555, 0.85, 0.829, 0.0931]), who="D").unit.tolist()
    [0.001, 0.001, 0.001, 0.001, 0.0001]
    """
    cells = column.to_numpy(dtype=object)
    missing = np.array([is_missing(cell) for cell in cells], dtype=bool)
    texts = [None if gone else plain(cell) for cell, gone in zip(cells, missing, strict=True)]
    wrong = [at for at, text in enumerate(texts) if text is not None and not _NUMBER.fullmatch(text)]
    if wrong:
        raise DataError(
            f"column '{who}' of a printed table holds what is no number",
            found=f"under the header, {several(f'row {at + 1}: {cells[at]}' for at in wrong)}",
            do="correct the cells; what is not printed is a dash or empty",
        )
    values = np.array([np.nan if text is None else float(text) for text in texts], dtype=float)
    places = np.array([0 if text is None else len(text.partition(".")[2]) for text in texts], dtype=np.intp)
    if decimals is None:
        counts = np.bincount(places[~missing], minlength=1)
        decimals = int(len(counts) - 1 - np.argmax(counts[::-1]))
    return Printed(values, 10.0 ** -np.maximum(places, decimals).astype(float))


_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)")


def is_missing(cell: object) -> bool:
    """Whether a printed cell stands for no figure: a dash, dots, or nothing."""
    if isinstance(cell, str):
        return unicodedata.normalize("NFKC", cell).strip().lower() in {"", "-", "—", "–", "...", "/", "na", "nan", "n/a"}
    return bool(pd.isna(cell))  # type: ignore[call-overload]


def plain(cell: object) -> str:
    """A cell as digits: a percentage as a share, a decimal comma as a point, a float with no more decimals than a table prints.

    Examples
    --------
    >>> plain("67.50％"), plain("0,675"), plain(".589*"), plain(0.5)
    ('0.6750', '0.675', '.589', '0.5')
    """
    if isinstance(cell, str):
        text = unicodedata.normalize("NFKC", cell).strip().replace("−", "-").rstrip("*").strip()
        text = re.sub(r"^([+-]?[01]?),(\d+)", r"\1.\2", text)
        share = text.removesuffix("%").strip()
        return f"{Decimal(share).scaleb(-2):f}" if text.endswith("%") and _NUMBER.fullmatch(share) else text
    if isinstance(cell, bool | np.bool_):
        return str(cell)
    number = round(float(str(cell)), MOST_DECIMALS)  # a NumPy figure says itself in the fewest digits that its width tells apart
    text = f"{number:.{MOST_DECIMALS}f}".rstrip("0")
    return text.removesuffix(".")


def as_told(table: pd.DataFrame) -> pd.DataFrame:
    """A table whose figures of fewer than 64 bits, as Stata keeps them, are those they were made of: 0.31, not 0.3100000024.

    Examples
    --------
    >>> as_told(pd.DataFrame({"D": pd.Series([0.31, None], dtype="float32")}))["D"].tolist()
    [0.31, nan]
    """
    told = table.copy()
    for at, dtype in enumerate(table.dtypes):
        kept = getattr(dtype, "numpy_dtype", getattr(dtype, "subtype", dtype))  # behind masks, Arrow and sparse columns
        if isinstance(kept, np.dtype) and kept.kind == "f" and kept.itemsize < 8:
            figures = table.iloc[:, at].to_numpy(dtype=kept.newbyteorder("="), na_value=np.nan)
            told.isetitem(at, figures.astype(str).astype(float))
    return told


def systems_box(systems: tuple[Printed, ...], how: Cut) -> Box:
    """The intervals of the systems, of shape (n, m); what is printed in [0, 1] stays there."""
    boxes = [one.box(how) for one in systems]
    values = np.stack([one.values for one in systems])
    low, high = np.stack([b.low for b in boxes]), np.stack([b.high for b in boxes])
    high = np.where(values <= 1, np.minimum(high, 1.0), high)
    return Box(np.maximum(low, 0.0), np.maximum(high, 0.0))


def level_point(box: Box) -> Array:
    """The point of each box at which its systems stand most level: each system as near their common mean as its interval lets it.

    There the ratio of geometric to arithmetic mean is greatest, and the standard deviation least: a system below the mean would
    rise, one above would fall.
    """
    at = box.middle.mean(axis=0)
    for _ in range(40):  # the mean of what is clipped to it moves less each time
        at = np.clip(at, box.low, box.high).mean(axis=0)
    return np.clip(at, box.low, box.high)


def grid(box: Box) -> Array:
    """Points of each box at which the measures of coupling have their bounds, of shape (n, points, m).

    Per system its two ends and the level point, in all combinations. The standard variant, its powers and the spread are
    quasi-concave in U: they are least at a corner and greatest at the level point. The other measures have a single top along
    each system, so they too are least at a corner; their greatest value lies at a corner, or so near a point of the grid that it
    differs in the second order of the box.
    """
    n = len(box.low)
    ends = np.stack([box.low, level_point(box), box.high])
    which = np.array(list(itertools.product(range(3), repeat=n))) if n <= 6 else _corners(n)
    return np.stack([ends[which[:, i], i] for i in range(n)])


def _corners(n: int) -> Codes:
    """Corners and the level point alone, for many systems."""
    return np.array([*itertools.product((0, 2), repeat=n), (1,) * n])


def bounds(measure: Callable[[Array], Array], points: Array) -> Box:
    """Least and greatest value of a measure over the points of a grid."""
    n, count, rows = points.shape
    values = measure(points.reshape(n, -1)).reshape(count, rows)
    return Box(values.min(axis=0), values.max(axis=0))


def rescaled(box: Box, groups: Codes, span: tuple[float, float]) -> Box:
    """The intervals after min–max within groups of rows, onto a span; the least row of a group is exactly at the bottom."""
    lows, highs = np.empty_like(box.low), np.empty_like(box.high)
    for i, (low, high) in enumerate(zip(box.low, box.high, strict=True)):
        least_low, least_high = _others(low, groups), _others(high, groups)
        most_low, most_high = -_others(-low, groups), -_others(-high, groups)
        lows[i] = _place(low, np.minimum(least_high, low), np.maximum(most_high, low))
        highs[i] = _place(high, np.minimum(least_low, high), np.maximum(most_low, high))
    bottom, top = span
    return Box(bottom + (top - bottom) * lows, bottom + (top - bottom) * highs)


def _place(x: Array, least: Array, most: Array) -> Array:
    width = most - least
    return np.divide(x - least, width, out=np.zeros_like(x), where=width > 0)


def _others(x: Array, groups: Codes) -> Array:
    """For each row the least figure among the other rows of its group; +∞ where it is alone."""
    order = np.lexsort((x, groups))
    first = np.flatnonzero(np.diff(groups[order], prepend=-1))
    size = np.diff(first, append=len(x))
    second = np.where(size > 1, x[order][np.minimum(first + 1, len(x) - 1)], np.inf)
    out = np.repeat(x[order][first], size)
    out[first] = second
    back = np.empty_like(out)
    back[order] = out
    return back
