"""Odds ratios of an unpenalized logistic regression, with errors of the design: for reading, not for scoring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import has_columns, shown
from evalkit.errors import DataError, SpecError, several
from evalkit.panel.design import SurveyDesign
from evalkit.risk.observed import a_design, a_frame, a_name, a_share, figures, labeled, sampled, varied, yes_or_no
from evalkit.stats.arrays import Array
from evalkit.stats.inference import plain_interval
from evalkit.stats.least_squares import dependent_columns
from evalkit.stats.logistic import expit
from evalkit.stats.penalized import penalized
from evalkit.terms import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class OddsRatios:
    """Odds ratios exp b of logit P(y = 1) = a + Σ b x, with linearized errors by clusters and strata, and Student's t.

    1: no difference; 2: the odds of the event are twice as large for one unit more of x, others held. It describes how what is
    known goes together with the event, and says nothing of causes. Errors are those of R's svyglm and of Stata's cluster-robust
    logit: clusters count as drawn anew, times c/(c − 1).

    Parameters
    ----------
    outcome
        The column that says what happened (1) or did not (0).
    covariates, factors
        Columns of numbers, and of classes, whose first level in order is the one others are set against.
    design
        Weights, strata and clusters; without clusters rows are taken as drawn apart.
    level
        Of the intervals.

    Source: Binder (1983), International Statistical Review 51:279–292; Liang & Zeger (1986), Biometrika 73:13–22.

    Examples
    --------
    >>> homes = pd.DataFrame({"fell": [1] * 20 + [0] * 80 + [1] * 10 + [0] * 90, "ill": [1] * 100 + [0] * 100})
    >>> found = OddsRatios(outcome="fell", covariates=("ill",)).measure(homes).frame.set_index("measure")
    >>> round(float(found.loc["ill", "estimate"]), 4)  # (20/80)/(10/90)
    2.25
    """

    outcome: str
    covariates: tuple[str, ...] = ()
    factors: tuple[str, ...] = ()
    design: SurveyDesign = SurveyDesign()
    level: float = 0.95

    def __post_init__(self) -> None:
        a_name(self.outcome, who="OddsRatios outcome")
        names: list[str] = []
        for what in ("covariates", "factors"):
            value = getattr(self, what)
            if not isinstance(value, tuple) or any(not isinstance(name, str) or not name for name in value):
                raise SpecError(f"OddsRatios {what} must be a tuple of columns", found=shown(value), do='write ("size", "age")')
            names += value
        if not names or len(set(names)) < len(names) or self.outcome in names:
            found, do = several(names) or "none", "name each column once, in covariates or in factors"
            raise SpecError("OddsRatios needs different regressors, and not the outcome", found=found, do=do)
        a_design(self.design, who="OddsRatios")
        a_share(self.level, who="OddsRatios level")

    def measure(self, frame: pd.DataFrame) -> OddsRatioEstimates:
        """The odds ratio of each regressor.

        Raises
        ------
        DataError
            A column is absent, text, or holds gaps, or columns say the same.
        NoAnswer
            The outcome does not vary, or some columns part the outcomes without error.
        """
        a_frame(frame, who="OddsRatios")
        has_columns(frame, [self.outcome, *self.covariates, *self.factors], who="OddsRatios")
        event, drawn = yes_or_no(frame, self.outcome, who="OddsRatios"), sampled(frame, self.design, who="OddsRatios")
        w = drawn.weights
        varied(event, w, self.outcome, so="no odds can be compared")
        names, X = self._regressors(frame, w)
        center = w @ X / w.sum()
        scale = np.sqrt(w @ (X - center) ** 2 / w.sum())
        z = (X - center) / scale
        found = penalized(lambda rows: z[rows], event, w, penalty=0.0)
        back = np.vstack([np.append(1.0, -center / scale), np.hstack([np.zeros((len(names), 1)), np.diag(1 / scale)])])
        b = back @ found.coefficients
        full = np.hstack([np.ones((len(z), 1)), z])
        left = event - expit(full @ found.coefficients)
        error = np.sqrt(np.diag(drawn.covariance((back @ found.inverse / w.sum()) @ (full * left[:, None]).T)))
        return self._answer(("const", *names), b, error, drawn.df, len(frame), drawn.notes)

    def _regressors(self, frame: pd.DataFrame, weights: Array) -> tuple[tuple[str, ...], Array]:
        names, columns = list(self.covariates), [figures(frame, name, who="OddsRatios") for name in self.covariates]
        for factor in self.factors:
            codes, levels = labeled(frame, factor, who="OddsRatios")
            for at, level in enumerate(levels[1:], start=1):
                names.append(f"{factor}={level}")
                columns.append((codes == at).astype(float))
        if not columns:
            raise DataError("factors of OddsRatios have one level each, so there is nothing to compare", do="give others")
        X = np.column_stack(columns)
        idle = dependent_columns(np.hstack([np.ones((len(X), 1)), X]), weights)
        if len(idle):
            which = several(("const", *names)[j] for j in idle)
            raise DataError(f"columns [{which}] of OddsRatios say nothing that those before them do not", do="leave them out")
        return tuple(names), X

    def _answer(
        self, names: tuple[str, ...], b: Array, error: Array, df: int, n: int, notes: tuple[Note, ...]
    ) -> OddsRatioEstimates:
        low, high = plain_interval(b, error, np.full(len(b), df if df > 0 else np.nan), self.level)
        frame = pd.DataFrame(
            {
                "measure": names,
                "estimate": np.exp(b),
                "std_error": np.exp(b) * error,
                "ci_low": np.exp(low),
                "ci_high": np.exp(high),
                "coefficient": b,
                "coefficient_error": error,
                "n": n,
            }
        )
        text = Text(
            "比值比描述相关，不说明因果；误差按抽样设计（群、层、权重）计算。",
            "Odds ratios describe what goes together, not causes; errors follow the design (clusters, strata, weights).",
        )
        return OddsRatioEstimates(spec=self, frame=frame, notes=(Note("caution", text), *notes))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class OddsRatioEstimates(Answer):
    """Odds ratios: `frame` has columns `measure` (the regressor), `estimate`, `std_error` (by the delta method), `ci_low`,
    `ci_high`, `coefficient`, `coefficient_error` (on the logit) and `n`.
    """
