"""Rates of those who are at risk of something, as tidy estimates with the errors of the sample design."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from evalkit.check import neither
from evalkit.errors import DataError
from evalkit.panel.design import Sampled
from evalkit.poverty.columns import has_rows
from evalkit.poverty.estimates import bounded_interval
from evalkit.stats.arrays import Array, Mask
from evalkit.stats.inference import ratio_influence


def rates(happened: Sequence[Mask], at_risk: Sequence[Mask], drawn: Sampled, level: float) -> tuple[pd.DataFrame, Array]:
    """Σ w 1(happened, at risk)/Σ w 1(at risk), one row a pair, with errors, intervals and rows at risk `n`.

    Also the covariance of the rates. Where no weight is at risk the rate is NaN. Intervals have the degrees of freedom of the
    clusters that hold a row at risk; they are those of `bounded_interval`.
    """
    found, influence = [], []
    for event, risk in zip(happened, at_risk, strict=True):
        ratio, own = ratio_influence((event & risk).astype(float), risk.astype(float), drawn.weights)
        found.append(ratio)
        influence.append(np.nan_to_num(own))
    estimate, covariance = np.array(found), drawn.covariance(np.stack(influence))
    error = np.where(np.isfinite(estimate), np.sqrt(np.diag(covariance)), np.nan)
    df = np.array([drawn.degrees_of_freedom(risk) for risk in at_risk])
    clusters = None if drawn.whole else np.array([drawn.clusters_with(risk) for risk in at_risk])
    low, high = bounded_interval(estimate, error, df, clusters, level)
    n = [int(risk.sum()) for risk in at_risk]
    table = pd.DataFrame({"estimate": estimate, "std_error": error, "ci_low": low, "ci_high": high, "n": n})
    return table, covariance


def yes_or_no(frame: pd.DataFrame, name: str) -> Mask:
    """A column of yes and no; a gap or another figure is refused."""
    has_rows(frame, [name], who="poverty dynamics")
    column = frame[name]
    if column.isna().any():
        gaps = f"{int(column.isna().sum())} gaps"
        raise DataError(f"column '{name}' holds gaps", found=gaps, do="leave those rows out, by name")
    x = column.to_numpy()
    if x.dtype != bool and ((x != 0) & (x != 1)).any():
        raise DataError(
            f"column '{name}' must say yes (1) or no (0)", found=neither(pd.unique(x)), do="give 1 where poor, else 0"
        )
    return x.astype(bool)
