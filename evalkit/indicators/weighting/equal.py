"""Equal weights: each indicator alike, or each dimension alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from evalkit.check import one_of
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.indicators.weighting.weights import Weights
from evalkit.panel.system import IndicatorSystem
from evalkit.terms import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Equal:
    """Equal weights: `among="indicators"` each indicator alike; "dimensions" each dimension alike, shared evenly inside."""

    among: Literal["indicators", "dimensions"] = "indicators"

    def __post_init__(self) -> None:
        one_of(self.among, ("indicators", "dimensions"), who="Equal among")

    @property
    def name(self) -> Text:
        """What the weighting is called."""
        return Text("等权", "equal weights") if self.among == "indicators" else Text("维度等权", "equal weights of dimensions")

    def learn(self, z: Normalized, system: IndicatorSystem) -> Weights:
        """1/n each, or 1/dimensions shared inside each."""
        member = np.array(system.membership)
        if self.among == "indicators":
            return Weights(np.full(len(member), 1.0 / len(member)))
        sizes = np.bincount(member, minlength=len(system.dimensions))
        return Weights(1.0 / (len(system.dimensions) * sizes[member]))
