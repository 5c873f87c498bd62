"""The true risk: what the model itself gives as the chance that a home's income next year is below the line."""

from __future__ import annotations

import numpy as np

from evalkit.stats.arrays import Array


def true_risk(room: Array, mean: Array, sd: float, chances: Array, effects: Array) -> Array:
    r"""The chance that a home is below the line next year, given all that is known at the close of this one; in [0, 1].

    Given which shocks strike, the log of market income a head is normal, so that over all sets s of shocks

    .. math:: \Pr(M + B < z) = \sum_s \prod_k \pi_k^{s_k} (1 - \pi_k)^{1 - s_k}\,
        \Phi\!\left(\frac{\ln(z - B) - \mu + \sum_k \delta_k s_k}{\sigma}\right)

    with transfers B that are granted already, and 0 where they alone reach the line. It is exact: no draw, no outcome
    enters it. σ = 0 is taken at its limit.

    Parameters
    ----------
    room
        z − B a head, in the prices of μ; what market income must reach; shape (homes,).
    mean, sd
        μ and σ of log market income next year if no shock strikes.
    chances, effects
        π_k of shape (kinds, homes) and δ_k of shape (kinds,): kinds strike independently of each other.

    Examples
    --------
    >>> one = np.array([[0.1]])
    >>> true_risk(np.array([1.0]), np.array([0.5]), 0.5, one, np.array([0.5])).round(4)  # .9 Φ(−1) + .1 Φ(0)
    array([0.1928])
    """
    from scipy.special import ndtr

    with np.errstate(divide="ignore", invalid="ignore"):
        short = np.where(room > 0, np.log(np.maximum(room, 0.0)) - mean, -np.inf)
    scale = max(sd, 1e-12)
    edge, total = short / scale, np.zeros_like(mean)
    sets = [(np.ones_like(mean), 0.0)]
    for chance, effect in zip(chances, effects, strict=True):
        sets = [pair for weight, sum_ in sets for pair in ((weight * (1 - chance), sum_), (weight * chance, sum_ + effect))]
    for weight, sum_ in sets:
        total += weight * ndtr(edge + sum_ / scale)
    return np.minimum(total, 1.0)


def expected_auc(risk: Array) -> float:
    r"""The area under the ROC curve that a perfectly calibrated risk has on average in a large group of independent homes.

    .. math:: \frac{\sum_i \sum_j p_i (1 - p_j)\,[1(p_i > p_j) + \tfrac12 1(p_i = p_j)]}{\sum_i p_i \sum_j (1 - p_j)}

    0.5 where all have the same risk, 1 where every risk is 0 or 1; no score made of the same knowledge does better.

    Examples
    --------
    >>> round(expected_auc(np.array([0.2, 0.2, 0.8, 0.8])), 4), expected_auc(np.array([0.3, 0.3]))
    (0.8, 0.5)
    """
    level, at = np.unique(risk, return_inverse=True)
    count = np.bincount(at)
    hits, rest = level * count, (1 - level) * count
    below = np.cumsum(rest) - 0.5 * rest
    return float(hits @ below / (hits.sum() * rest.sum()))
