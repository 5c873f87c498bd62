"""What the words of a grade mean: disorder or coordination, how much of it, and which class of a known scheme."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

import numpy as np

from evalkit.coupling.audit.boxes import is_missing
from evalkit.coupling.grades import GradeScheme
from evalkit.stats.arrays import Array, Mask

_BAD = re.compile(r"失调|失衡|不协调|不均衡|disorder|imbalance|un-?coordinated|in-?coordination|dys", re.IGNORECASE)
_GOOD = re.compile(r"协调|均衡|coordinat|balanced", re.IGNORECASE)
_SUFFIX = re.compile(r"(?:发展|衰退)?(?:类型?|型|级|阶段|状态|等级|发展|衰退)$")
_DISORDER = (
    r"濒临|near|verge|on the",
    r"轻度|轻微|mild|slight|light|low",
    r"中度|moderate|medium",
    r"严重|重度|高度|serious|severe|high",
    r"极度|极端|extreme",
)
_ORDER = (
    r"勉强|barely|reluctant",
    r"初级|低度|轻度|primary|low",
    r"中级|中度|intermediate|moderate|medium",
    r"良好|高度|good|high",
    r"优质|极度|极端|quality|excellent|superior|extreme",
)


def read_labels(cells: Sequence[object]) -> tuple[str | None, ...]:
    """Printed grades as plain texts; None where a dash or nothing stands.

    Examples
    --------
    >>> read_labels(["优质协调 ", "—", None, "Ⅳ"])
    ('优质协调', None, None, 'IV')
    """
    return tuple(None if is_missing(cell) else unicodedata.normalize("NFKC", str(cell)).strip() for cell in cells)


def core(label: str) -> str:
    """A label without the word for class, type or development at its end.

    Examples
    --------
    >>> core("极度失调类"), core("优质协调发展"), core("中级协调")
    ('极度失调', '优质协调', '中级协调')
    """
    return _SUFFIX.sub("", label) or label


def ranks(scheme: GradeScheme) -> Mapping[str, int]:
    """The place of each label of a scheme, in either language, 1 the worst."""
    return {core(label).lower(): at for at, one in enumerate(scheme.grades, 1) for label in one.label}


def sign(label: str | None) -> float:
    """−1 of disorder, 1 of coordination, NaN of a word that says neither.

    Examples
    --------
    >>> sign("轻度失调"), sign("不协调"), sign("良好协调"), sign("Ⅳ")
    (-1.0, -1.0, 1.0, nan)
    """
    if label is None:
        return np.nan
    return -1.0 if _BAD.search(label) else 1.0 if _GOOD.search(label) else np.nan


def degree(label: str | None) -> float:
    """How good a label is: −5 extreme disorder … −1 near it, 1 barely coordinated … 5 of quality; NaN where it says no degree.

    Examples
    --------
    >>> degree("极度失调"), degree("濒临失调"), degree("勉强协调"), degree("优质协调发展类"), degree("协调")
    (-5.0, -1.0, 1.0, 5.0, nan)
    """
    which = sign(label)
    words = _DISORDER if which < 0 else _ORDER
    at = next((at for at, pattern in enumerate(words, 1) if label and re.search(pattern, label, re.IGNORECASE)), None)
    return np.nan if at is None or np.isnan(which) else which * at


def against(sense: Array, d: Array, known: Mask) -> Mask:
    """Rows whose label is the better of two while its figure is the lower; labels without a sense are left out."""
    use = known & ~np.isnan(sense)
    order = np.flatnonzero(use)[np.argsort(d[use], kind="stable")]
    out = np.zeros(len(sense), dtype=bool)
    if len(order):
        best_below = np.maximum.accumulate(sense[order])
        worst_above = np.minimum.accumulate(sense[order][::-1])[::-1]
        out[order] = (sense[order] > worst_above) | (sense[order] < best_below)
    return out
