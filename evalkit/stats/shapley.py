"""Shapley values over a few players: how a change is shared out exactly, whatever the order in which things changed."""

from __future__ import annotations

from collections.abc import Callable
from math import factorial

import numpy as np

from evalkit.stats.arrays import Array, Mask


def shapley(value: Callable[[Mask], Array], players: int) -> Array:
    """Shapley value of each player of shape (players, m), where `value` gives the outcome (m,) once some have moved.

    φ_i = Σ_{S ∌ i} |S|! (n − |S| − 1)! / n! · [v(S ∪ i) − v(S)]: what i adds, averaged over all orders in which the players could
    have moved. The values of all players sum to v(all) − v(none); a player whose move never matters gets 0; players that
    matter alike get the same. `value` is asked once for each of the 2^n coalitions.

    Source: Shapley (1953); as a decomposition, Shorrocks (2013), Journal of Economic Inequality 11:99–126.

    Examples
    --------
    >>> shapley(lambda moved: np.array([6.0]) * moved.all(), 2)
    array([[3.],
           [3.]])
    """
    bits = np.arange(players)
    values = np.stack([value((coalition >> bits) % 2 == 1) for coalition in range(2**players)])
    phi = np.zeros((players, values.shape[1]))
    for coalition in range(2**players):
        size = int(((coalition >> bits) % 2).sum())
        for i in range(players):
            if not coalition >> i & 1:
                weight = factorial(size) * factorial(players - size - 1) / factorial(players)
                phi[i] += weight * (values[coalition | 1 << i] - values[coalition])
    return phi


def two_factors(c: Array, t: Array) -> Array:
    """Parts of the change of D = √(C·T) that are of C and of T, of shape (2, m); `c` and `t` hold start and end, of shape (2, m).

    The Shapley value of two factors in closed form: Δ√C · mean √T, and Δ√T · mean √C. They sum to the change of D.

    Examples
    --------
    >>> two_factors(np.array([[0.25], [1.0]]), np.array([[0.25], [0.25]]))
    array([[0.25],
           [0.  ]])
    """
    root_c, root_t = np.sqrt(c), np.sqrt(t)
    return np.stack([(root_c[1] - root_c[0]) * root_t.mean(axis=0), (root_t[1] - root_t[0]) * root_c.mean(axis=0)])
