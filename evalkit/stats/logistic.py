"""Logistic curves of a few columns, of many resamples at once."""

from __future__ import annotations

import numpy as np

from evalkit.stats.arrays import Array

EDGE = 1e-12  # how near to 0 or 1 a probability may lie before its logit is taken
REACH = 2.0  # how far a step may move the logit of any row: Newton's steps then do not run away
SETTLED = 1e-7  # how little the last step moves any logit: what is left of the way is then about its square
STEPS = 100


def logit(p: Array) -> Array:
    """ln(p/(1 − p)), of probabilities kept at least `EDGE` away from 0 and 1.

    Examples
    --------
    >>> logit(np.array([0.5, 0.9])).round(4)
    array([0.    , 2.1972])
    """
    kept = np.clip(p, EDGE, 1 - EDGE)
    return np.log(kept / (1 - kept))


def expit(x: Array) -> Array:
    """The probability 1/(1 + e^−x) of a logit.

    Examples
    --------
    >>> expit(np.array([0.0, -800.0]))
    array([0.5, 0. ])
    """
    from scipy.special import expit as curve

    return curve(x)


def logistic(columns: Array, outcome: Array, weights: Array, *, offset: Array | None = None, start: Array | None = None) -> Array:
    """Coefficients (…, p) that maximize Σ w [y ln μ + (1 − y) ln(1 − μ)], logit μ = offset + Σ_j b_j x_j, by Newton's steps.

    `columns` have shape (p, n), `outcome` (n) lies in [0, 1], `weights` have shape (n) or (resamples, n). Steps are cut so that
    no logit moves by more than 2 at once. NaN where there is no maximum: a column does not vary, or the columns part the
    outcomes without error. Source: McCullagh & Nelder (1989), Generalized Linear Models, chapter 4.

    Examples
    --------
    >>> x = np.array([-1.0, 0.0, 1.0, 2.0])
    >>> logistic(np.stack([np.ones(4), x]), np.array([0.0, 1.0, 0.0, 1.0]), np.ones(4)).round(4)
    array([-0.4541,  0.9082])
    """
    rows = np.atleast_2d(weights)
    p = len(columns)
    widest = np.abs(columns).max(axis=1)
    upper = np.triu_indices(p)
    products = columns[upper[0]] * columns[upper[1]]
    b = np.zeros((len(rows), p)) if start is None else np.broadcast_to(start, (len(rows), p)).copy()
    going, bad = np.arange(len(rows)), np.zeros(len(rows), dtype=bool)
    for _ in range(STEPS):
        step, singular = _step(columns, products, outcome, rows[going], _linear(columns, b[going], offset))
        bad[going[singular]] = True
        moved = np.abs(step) @ widest
        far = np.flatnonzero(moved > REACH)
        moved[far] = np.abs(_linear(columns, step[far], None)).max(axis=1)
        b[going] += step * np.minimum(1.0, REACH / np.maximum(moved, REACH))[:, None]
        going = going[(moved > SETTLED) & np.logical_not(singular)]
        if not len(going):
            break
    bad[going] = True
    b[bad] = np.nan
    return b.reshape(*np.shape(weights)[:-1], p)


def _linear(columns: Array, b: Array, offset: Array | None) -> Array:
    """Σ_j b_j x_j + offset, of shape (resamples, n), one column after the other so that threads change no bit."""
    eta = np.multiply.outer(b[:, 0], columns[0])
    for j in range(1, len(columns)):
        eta += np.multiply.outer(b[:, j], columns[j])
    return eta if offset is None else eta + offset


def _step(columns: Array, products: Array, outcome: Array, weights: Array, eta: Array) -> tuple[Array, Array]:
    """Newton's step (resamples, p), and where the curvature is singular."""
    p = len(columns)
    mu = expit(eta)
    gradient = np.einsum("bn,pn->bp", weights * (outcome - mu), columns)
    mu *= 1 - mu
    mu *= weights
    curvature = np.empty((len(eta), p, p))
    upper = np.triu_indices(p)
    curvature[:, upper[0], upper[1]] = curvature[:, upper[1], upper[0]] = np.einsum("bn,qn->bq", mu, products)
    own = np.sqrt(np.einsum("bpp->bp", curvature))
    flat = ~(own > 0).all(axis=1)
    own[flat] = 1.0
    scaled = curvature / (own[:, :, None] * own[:, None, :])
    scaled[flat] = np.eye(p)
    singular = flat | ~(np.linalg.det(scaled) > 1e-13)
    scaled[singular] = np.eye(p)
    step = np.linalg.solve(scaled, (gradient / own)[..., None])[..., 0] / own
    step[singular] = 0.0
    return step, singular
