"""Levels of risk and outcome in one period, and how the one fits the other, with errors of the sample design."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evalkit.check import has_columns, neither
from evalkit.errors import DataError
from evalkit.panel.design import Sampled
from evalkit.stats.arrays import Array
from evalkit.stats.inference import plain_interval, ratio_influence, share_interval
from evalkit.stats.logistic import expit, logistic, logit

Figure = tuple[float, float, float, float, int]  # estimate, standard error, ends of the interval, rows
Measured = tuple[str, float, float, float, float, int]  # the same with its name


def known_outcomes(frame: pd.DataFrame, name: str | None) -> Array:
    """Outcomes 1 and 0, NaN where they are not known.

    Examples
    --------
    >>> known_outcomes(pd.DataFrame({"fell": [1, None]}), "fell")
    array([ 1., nan])
    """
    if name is None:
        return np.full(len(frame), np.nan)
    has_columns(frame, [name], who="Drift")
    found = frame[name]
    if isinstance(found, pd.DataFrame) or not pd.api.types.is_numeric_dtype(found.dtype) or found.dtype.kind == "c":
        raise DataError(f"Drift needs one column of numbers '{name}'", do="give 1 where it happened, 0 where not, else a gap")
    values = found.to_numpy(dtype=float, na_value=np.nan)
    wrong = ~np.isnan(values) & (values != 0) & (values != 1)
    if wrong.any():
        raise DataError(f"Drift needs 1, 0 and gaps in column '{name}'", found=neither(np.unique(values[wrong])))
    return values


def mean_of(values: Array, drawn: Sampled, level: float, *, share: bool) -> Figure:
    """The mean of values, its interval on the logit scale where they are shares.

    Examples
    --------
    >>> from evalkit.panel.design import SurveyDesign
    >>> drawn = SurveyDesign().on(pd.DataFrame(index=range(4)))
    >>> [round(x, 4) for x in mean_of(np.array([0.0, 0.0, 1.0, 1.0]), drawn, 0.95, share=False)]
    [0.5, 0.2887, -0.4187, 1.4187, 4]
    """
    estimate, influence = ratio_influence(values, np.ones(len(values)), drawn.weights)
    return _figure(estimate, influence, drawn, level, share=share)


def calibration_of(risk: Array, outcome: Array, drawn: Sampled, level: float) -> list[Measured]:
    """Observed rate, observed over predicted, and the logit line of calibration: intercept at slope 1, and slope.

    The line is that of weighted logistic regression of the outcome on logit risk; errors are linearized, u = A⁻¹ x (y − μ)
    with A = Σ w μ(1 − μ) x xᵀ. Intercept 0 and slope 1: risks can be taken at their word; slope below 1: they are too far
    apart. NaN where the outcome or the risk does not vary; the ratio is infinite where all risks are 0 and something happened.

    Source: Cox (1958), Biometrika 45:562–565; Binder (1983), International Statistical Review 51:279–292.

    Examples
    --------
    >>> from evalkit.panel.design import SurveyDesign
    >>> drawn = SurveyDesign().on(pd.DataFrame(index=range(8)))
    >>> risk, outcome = np.repeat([0.25, 0.75], 4), np.array([1.0, 0, 0, 0, 1, 1, 1, 0])
    >>> [(name, round(at, 6)) for name, at, *_ in calibration_of(risk, outcome, drawn, 0.95)]
    [('observed', 0.5), ('ratio', 1.0), ('intercept', 0.0), ('slope', 1.0)]
    """
    w = drawn.weights
    found: list[Measured] = [("observed", *mean_of(outcome, drawn, level, share=True))]
    if (w * risk).any():
        found.append(("ratio", *_figure(*ratio_influence(outcome, risk, w), drawn, level, share=False)))
    else:
        found.append(("ratio", np.inf if (w * outcome).any() else np.nan, np.nan, np.nan, np.nan, int((w > 0).sum())))
    one, x = np.ones(len(risk)), logit(risk)
    level_only = float(logistic(one[None], outcome, w, offset=x)[0])
    both = logistic(np.stack([one, x]), outcome, w)
    for name, columns, b, offset in (
        ("intercept", one[None], np.array([level_only]), x),
        ("slope", np.stack([one, x]), both, 0.0 * x),
    ):
        at, influence = float(b[-1]), np.full(len(risk), np.nan)
        if np.isfinite(b).all():
            mu = expit(b @ columns + offset)
            curvature = (columns * (w * mu * (1 - mu))) @ columns.T
            influence = np.linalg.solve(curvature, columns * (outcome - mu))[-1]
        found.append((name, *_figure(at, influence, drawn, level, share=False)))
    return found


def _figure(estimate: float, influence: Array, drawn: Sampled, level: float, *, share: bool) -> Figure:
    """An estimate with its error and interval; none where there is no degree of freedom."""
    rows, df = int((drawn.weights > 0).sum()), drawn.df
    if df < 1 or not np.isfinite(influence).all():
        return estimate, np.nan, np.nan, np.nan, rows
    error = np.sqrt(drawn.covariance(influence[None])[0])
    inside = share and 0 < estimate < 1
    low, high = (share_interval if inside else plain_interval)(np.array([estimate]), error, df, level)
    return estimate, float(error[0]), float(low[0]), float(high[0]), rows
