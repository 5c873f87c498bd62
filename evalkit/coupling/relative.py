"""Who leads and who lags, with a stated tolerance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.errors import SpecError
from evalkit.stats.arrays import Array, Codes
from evalkit.stats.ranks import settled


@dataclass(frozen=True, slots=True, kw_only=True)
class LagRule:
    """A system lags where it is lowest and the highest is more than `tolerance` above it; else the systems are in step.

    The difference rule with tolerance 0.1 is that of 徐维祥等 (2020), 自然资源学报 35(9). Where two systems are equally low,
    the first of them is named.
    """

    tolerance: float = 0.1

    def __post_init__(self) -> None:
        if not 0 <= self.tolerance < 1:
            raise SpecError("LagRule tolerance must lie in [0, 1)", found=str(self.tolerance))

    def lagging(self, u: Array) -> tuple[Codes, Array]:
        """Position of the lagging system of each column of (n, m), −1 where in step; and the gap of highest and lowest.

        Examples
        --------
        >>> LagRule().lagging(np.array([[0.5, 0.5], [0.45, 0.8]]))
        (array([-1,  0]), array([0.05, 0.3 ]))
        """
        gap = settled(u.max(axis=0) - u.min(axis=0))
        lowest = (u[1] < u[0]).astype(np.intp) if len(u) == 2 else u.argmin(axis=0)
        return np.where(gap > self.tolerance, lowest, -1), gap
