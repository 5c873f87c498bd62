"""Several rungs averaged on the logit: what a regression and boosting see together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import clone

from evalkit.check import shown
from evalkit.errors import SpecError
from evalkit.risk.models.base import RiskClassifier, logit_parts
from evalkit.risk.models.boosting import BoostedTrees
from evalkit.risk.models.linear import PenalizedLogistic
from evalkit.stats.arrays import Array
from evalkit.stats.logistic import logit


class AveragedLogits(RiskClassifier):
    """The mean of the logits of several rungs, all learnt on the same rows, with equal shares that are not tuned.

    Parameters
    ----------
    rungs
        Rungs of this folder; none: `PenalizedLogistic` and `BoostedTrees`.

    Examples
    --------
    >>> X, y = np.arange(8.0)[:, None], np.array([0, 0, 0, 1, 0, 1, 1, 1])
    >>> two = AveragedLogits(rungs=(PenalizedLogistic(penalty=0.01), PenalizedLogistic(penalty=1.0))).fit(X, y)
    >>> between = [rung.decision_function(X) for rung in two.rungs_]
    >>> bool(np.allclose(two.decision_function(X), (between[0] + between[1]) / 2))
    True
    """

    rungs_: list[RiskClassifier]

    def __init__(self, rungs: Sequence[RiskClassifier] = ()) -> None:
        self.rungs = rungs

    def fit(self, X: Any, y: Any, sample_weight: Any = None, later: Any = None) -> AveragedLogits:
        """Learn every rung; `later` goes to those that regress later income."""
        from sklearn.utils.validation import has_fit_parameter

        rungs = tuple(self.rungs) if isinstance(self.rungs, list | tuple) else None
        if rungs is None or any(not isinstance(rung, RiskClassifier) for rung in rungs):
            do = "write (PenalizedLogistic(), BoostedTrees())"
            raise SpecError("AveragedLogits rungs must be a tuple of rungs", found=shown(self.rungs), do=do)
        self._rows(X, y, sample_weight, later)
        self.rungs_ = [clone(rung) for rung in rungs or (PenalizedLogistic(), BoostedTrees())]
        for rung in self.rungs_:
            also = {"later": later} if later is not None and has_fit_parameter(rung, "later") else {}
            rung.fit(X, y, sample_weight, **also)
        return self

    def _learn(self, X: Array, event: Array, weights: Array) -> None:
        """Nothing of its own: in `fit` every rung learns from the rows as they came, by the names of their columns."""

    def _decide(self, X: Array) -> Array:
        return np.mean([logit(rung._chance(rung._decide(X))) for rung in self.rungs_], axis=0)

    def _parts(self, X: Array) -> Array:
        return np.mean([logit_parts(rung, X)[0] for rung in self.rungs_], axis=0)

    @property
    def base_(self) -> float:
        """The mean of what the parts of each rung are added to."""
        return float(np.mean([logit(rung._chance(np.array([rung.base_])))[0] for rung in self.rungs_]))
