"""The three kinds of monitored households: what they are called, and which one a household is."""

from __future__ import annotations

from typing import Literal

import numpy as np

from evalkit.stats.arrays import Codes, Mask
from evalkit.terms import Text

Kind = Literal["none", "unstable", "marginal", "sudden"]
KINDS: dict[str, Text] = {
    "none": Text("非监测对象", "not monitored"),
    "unstable": Text("脱贫不稳定户", "out of poverty, not yet stable"),
    "marginal": Text("边缘易致贫户", "at the margin of poverty"),
    "sudden": Text("突发严重困难户", "in sudden serious difficulty"),
}


def monitoring_kind(within: Mask, formerly_poor: Mask, struck: Mask, at_risk: Mask) -> Codes:
    """The place in `KINDS` of each household, by whether it is within the range, was poor, is struck, and is at risk.

    Within the range those formerly poor are "unstable", others "marginal"; above it those struck are "sudden", whoever they are.
    Every household has one kind. Who is not found at risk at the visit has none.

    Sources: Dayao County (dayao.gov.cn 312608); Qin'an County (qinan.gov.cn 1360362).

    Examples
    --------
    >>> yes, no = np.array([True]), np.array([False])
    >>> cases = [(yes, yes, no), (yes, no, yes), (no, yes, yes), (no, no, no)]
    >>> [list(KINDS)[monitoring_kind(*case, yes)[0]] for case in cases]
    ['unstable', 'marginal', 'sudden', 'none']
    """
    kind = np.where(within, np.where(formerly_poor, 1, 2), np.where(struck, 3, 0))
    return np.where(at_risk, kind, 0).astype(np.intp)
