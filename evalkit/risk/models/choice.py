"""Which rung is the default: the simplest that no other beats clearly."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evalkit.risk.scoring.bootstrap import resampled_error
from evalkit.stats.arrays import Array
from evalkit.stats.inference import plain_interval
from evalkit.stats.ranks import even


def pairs_of(names: tuple[str, ...], point: Array, draws: Array, df: int, level: float) -> pd.DataFrame:
    """What each rung gains over each other, with intervals by Student's t from the same resamples.

    Examples
    --------
    >>> found = pairs_of(("a", "b"), np.array([0.7, 0.8]), np.array([[0.7, 0.8], [0.72, 0.81], [0.68, 0.79]]), 30, 0.95)
    >>> found[["rung", "against", "estimate"]].round(3).values.tolist()
    [['b', 'a', 0.1], ['a', 'b', -0.1]]
    """
    against, rung = (x.ravel() for x in np.meshgrid(np.arange(len(names)), np.arange(len(names)), indexing="ij"))
    apart = against != rung
    against, rung = against[apart], rung[apart]
    gain = point[rung] - point[against]
    error = resampled_error(draws[:, rung] - draws[:, against]) if len(draws) else np.full(len(gain), np.nan)
    low, high = plain_interval(gain, error, np.full(len(gain), df), level)
    names_ = np.array(names, dtype=object)
    return pd.DataFrame(
        {"rung": names_[rung], "against": names_[against], "estimate": gain, "std_error": error, "ci_low": low, "ci_high": high}
    )


def simplest_unbeaten(names: tuple[str, ...], beats: pd.DataFrame) -> str:
    """The first rung over which no other gains with an interval above 0; without errors, that of the greatest figure.

    Examples
    --------
    >>> pairs = {"rung": ["b", "a"], "against": ["a", "b"], "estimate": [0.1, -0.1], "ci_low": [-0.1, -0.3]}
    >>> simplest_unbeaten(("a", "b"), pd.DataFrame(pairs))
    'a'
    """
    if len(names) == 1:
        return names[0]
    if beats["ci_low"].isna().all():
        return str(even(beats.groupby("against", sort=False)["estimate"].max()).idxmin())
    beaten = set(beats.loc[beats["ci_low"] > 0, "against"])
    return next((name for name in names if name not in beaten), names[-1])
