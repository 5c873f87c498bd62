"""Which columns of a file are its units and its periods, guessed from their names and their cells."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd

from evalkit.panel.cells import read_codes, read_years
from evalkit.panel.layout import Layout
from evalkit.panel.raw import RawTable

_PERIOD = re.compile(r"年份?|年度|时间|时期|.*\b(?:year|period|time|date)\b.*|.*_year|yr", re.IGNORECASE)
_CODE = re.compile(r".*(?:代码|编码|区划码|code|adcode|geoid|fips|iso[23]?)|.*\bid|gb", re.IGNORECASE)
_PLACE = re.compile(
    r".*(?:县|地区|区域|省份?|市|州|旗|乡|镇|村|单位名称|名称|region|county|country|province|district|prefecture|city|village|place|unit|area|state|town).*",
    re.IGNORECASE,
)


def guess_layout(raw: RawTable, layout: Layout) -> Layout:
    """The layout with its unit and period filled in where the file shows them.

    A period is a column of whole years from 1900 to 2100, best one that is named so; a unit is a column named as a code or
    a place that has the most different values, a code before a name.
    """
    period = layout.period or _period(raw)
    return replace(layout, period=period, unit=layout.unit or _unit(raw, {period, *layout.roles}))


def _period(raw: RawTable) -> str | None:
    ranked = []
    for order, column in enumerate(raw.frame.columns):
        named = _PERIOD.fullmatch(_last(column)) is not None
        cells = raw.frame[column]
        if not named and _share(cells.iloc[:200]) < 1:
            continue
        years, known, share = read_years(cells).values, cells.notna().sum(), _share(cells)
        if share >= (0.5 if named else 1.0) and len(np.unique(years[~np.isnan(years)])) < max(2, known):
            ranked.append((not named, -share, order, str(column)))
    return min(ranked)[-1] if ranked else None


def _share(cells: pd.Series) -> float:
    """How many of the cells that are there are years from 1900 to 2100."""
    years, known = read_years(cells).values, cells.notna().sum()
    return float(((years >= 1900) & (years <= 2100)).sum() / known) if known else 0.0


def _unit(raw: RawTable, taken: set[str | None]) -> str | None:
    ranked = []
    for order, column in enumerate(raw.frame.columns):
        coded, placed = _CODE.fullmatch(_last(column)) is not None, _PLACE.fullmatch(_last(column)) is not None
        if column in taken or not (coded or placed):
            continue
        texts, numeric = read_codes(raw.frame[column])
        fraction = [text for text in texts.iloc[numeric[:100]] if "." in str(text)]
        if fraction or texts.isna().all() or (placed and not coded and _figures(texts)):
            continue
        ranked.append((-texts.nunique(), not coded, order, str(column)))
    return min(ranked)[-1] if ranked else None


def _last(column: object) -> str:
    """The name of a column without what stands above it in a merged header."""
    return str(column).rpartition("/")[2]


def _figures(texts: pd.Series) -> bool:
    """Whether a column named after places holds figures about them, such as a number of villages."""
    known = texts.dropna()
    return bool(known.str.fullmatch(r"[\d.,%]+").mean() > 0.5) and not known.str.fullmatch(r"\d{4,12}").all()
