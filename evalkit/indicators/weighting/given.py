"""Given weights: a judgement, written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from evalkit.answer import Note
from evalkit.check import mapping, number, shown
from evalkit.errors import SpecError, Undeclared, several
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.indicators.weighting.weights import Weights
from evalkit.panel.system import IndicatorSystem
from evalkit.terms import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Given weights, by indicator id, or as the system declares them (`weight = …` of each indicator).

    They must be given for every scored indicator. They are divided by their sum, which is noted.
    """

    values: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        if self.values is None:
            return
        mapping(self.values, who="Given values", do='name indicators: {"income": 0.6, "housing": 0.4}')
        for name, value in self.values.items():
            number(value, "[0, ∞)", who=f"Given values of '{name}'", do="give a share, or points")

    @property
    def name(self) -> Text:
        """What the weighting is called."""
        return Text("给定权重", "given weights")

    def learn(self, z: Normalized, system: IndicatorSystem) -> Weights:
        """The given weights, in the order of the system."""
        known = {i.id: i.weight for i in system.indicators if i.weight is not None} if self.values is None else dict(self.values)
        lacking = [column for column in system.columns if column not in known]
        extra = [name for name in known if name not in system.columns]
        what = f"given weights must name exactly the scored indicators of '{system.id}'"
        do = "complete the weights, or choose another weighting"
        if lacking:
            raise Undeclared(what, part="weight", of=lacking, found=f"none for [{several(lacking)}]", do=do)
        if extra:
            raise SpecError(what, found=f"weights for [{several(extra)}], which it does not score", do=do)
        w = np.array([known[column] for column in system.columns], dtype=float)
        if not w.any():
            raise SpecError("given weights must have a sum above 0", found=shown(w.tolist()), do="give one of them more than 0")
        w = w / w.max() if w.max() > 1e300 else w  # the sum of weights so large may be no number
        text = Text("权重为给定权重，已除以其和。", "Weights were given; they are divided by their sum.")
        return Weights(w / w.sum(), notes=(Note("choice", text),))
