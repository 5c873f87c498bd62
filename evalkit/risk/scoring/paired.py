"""Differences between risks scored on the same rows, by the same resamples."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evalkit.risk.scoring.bootstrap import with_errors
from evalkit.stats.arrays import Array, Codes


def paired_differences(
    keys: pd.DataFrame, point: Array, draws: Array, against: str, level: float, of: tuple[Codes, Codes]
) -> pd.DataFrame:
    """Each risk less the one it is set `against`, measure by measure and group by group; empty where there is one risk.

    The figures of a resample are of the same households, so that what they share cancels.

    Examples
    --------
    >>> keys = pd.DataFrame({"measure": ["auc", "auc"], "risk": ["rule", "model"]})
    >>> draws = np.array([[0.70, 0.75], [0.74, 0.80], [0.72, 0.77]])
    >>> found = paired_differences(keys, np.array([0.72, 0.77]), draws, "rule", 0.9, (np.array([50, 50]), np.array([9, 9])))
    >>> found[["risk", "against", "estimate", "std_error"]].round(4).values.tolist()
    [['model', 'rule', 0.05, 0.0058]]
    """
    others = [name for name in keys.columns if name != "risk"]
    same = keys.groupby(others, sort=False, dropna=False).ngroup().to_numpy()
    base = np.flatnonzero(keys["risk"] == against)
    place = np.empty(same.max() + 1, dtype=np.intp)
    place[same[base]] = base
    rest = np.flatnonzero(keys["risk"] != against)
    held = place[same[rest]]
    table = keys.iloc[rest].reset_index(drop=True)
    table.insert(list(table.columns).index("risk") + 1, "against", against)
    return with_errors(table, point[rest] - point[held], draws[:, rest] - draws[:, held], level, (of[0][rest], of[1][rest]))
