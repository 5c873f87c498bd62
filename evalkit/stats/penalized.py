"""Penalized regressions of an event with the logit or the complementary log–log link, by Newton's steps over blocks of rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np

from evalkit.errors import NoAnswer
from evalkit.stats.arrays import Array, pieces
from evalkit.stats.logistic import expit

Link = Literal["logit", "cloglog"]
STEPS = 100
SETTLED = 1e-6  # how little the last step moves any coefficient, in units of the largest: what is left is about its square
ROWS = 4096  # in a block: 60 columns of them stay in the cache of a core
DO = "leave some out, or use a larger penalty where one can be set"
HIGH = 6.0  # beyond which a rate of exp η makes the event sure


class Penalized(NamedTuple):
    """Coefficients (k + 1), the constant first, the inverse of the penalized information, and its middle: Σ w² s² x xᵀ."""

    coefficients: Array
    inverse: Array
    middle: Array

    @property
    def covariance(self) -> Array:
        """The sandwich of both: the covariance of the coefficients where rows were drawn apart."""
        return self.inverse @ self.middle @ self.inverse


def penalized(
    block: Callable[[slice], Array], event: Array, weights: Array, *, penalty: float, link: Link = "logit"
) -> Penalized:
    """The b that minimizes −Σ w [y ln μ + (1 − y) ln(1 − μ)]/Σ w + ½ penalty Σ_j b_j², j ≥ 1, with link(μ) = b₀ + Σ_j b_j x_j.

    `block` gives the rows of a slice as regressors (n, k). The loss is a mean, so that neither the scale of weights nor the
    number of rows changes what the penalty means. Same rows, same bits, however many threads there are.

    Raises
    ------
    NoAnswer
        There is no minimum, which a penalty above 0 rules out.

    Source: Hoerl & Kennard (1970), Technometrics 12:55–67; le Cessie & van Houwelingen (1992), Applied Statistics 41:191–201.

    Examples
    --------
    >>> x, y = np.array([[-1.0], [0.0], [1.0], [2.0]]), np.array([0.0, 1.0, 0.0, 1.0])
    >>> penalized(lambda rows: x[rows], y, np.ones(4), penalty=0.0).coefficients.round(4)
    array([-0.4541,  0.9082])
    """
    from threadpoolctl import threadpool_limits

    w = weights / weights.sum()
    rate = float(w @ event)
    k = block(slice(0, 1)).shape[1]
    b = np.zeros(k + 1)
    b[0] = np.log(rate / (1 - rate)) if link == "logit" else np.log(-np.log1p(-rate))
    with threadpool_limits(1, user_api="blas"):
        now = _pass(block, event, w, b, link)
        for _ in range(STEPS):
            step = _step(now, b, penalty)
            if np.abs(step).max() <= SETTLED * max(1.0, float(np.abs(b).max())):
                b = b + step
                break
            b, now = _downhill(block, event, w, (b, step, now), penalty, link)
        else:
            raise NoAnswer("the regression does not settle: some columns part the outcomes", do=DO)
        middle = np.zeros((k + 1, k + 1))
        information = _pass(block, event, w, b, link, middle).information
        return Penalized(b, _inverse(information + np.diag(np.append(0.0, np.full(k, penalty)))), middle)


class _Pass(NamedTuple):
    loss: float
    gradient: Array
    information: Array


def _pass(block: Callable[[slice], Array], event: Array, w: Array, b: Array, link: Link, middle: Array | None = None) -> _Pass:
    """Loss, downhill gradient and information at b, in one pass over the rows; the middle is added to where it is asked for."""
    k = len(b)
    loss, gradient, information = 0.0, np.zeros(k), np.zeros((k, k))
    for rows in pieces(len(event), ROWS):
        x, y, weight = block(rows), event[rows], w[rows]
        eta = x @ b[1:] + b[0]
        score, curvature, surprise = _logit(eta, y) if link == "logit" else _cloglog(eta, y)
        curvature *= weight
        loss += float(weight @ surprise)
        score *= weight
        gradient[0] += score.sum()
        gradient[1:] += score @ x
        _add(information, x, np.sqrt(curvature))
        if middle is not None:
            _add(middle, x, np.abs(score))
    return _Pass(loss, gradient, information)


def _add(table: Array, x: Array, root: Array) -> None:
    """Adds Σ root² (1, x)(1, x)ᵀ to a table."""
    scaled = x * root[:, None]
    sums = root @ scaled
    table[0, 0] += root @ root
    table[0, 1:] += sums
    table[1:, 0] += sums
    table[1:, 1:] += scaled.T @ scaled


def _logit(eta: Array, y: Array) -> tuple[Array, Array, Array]:
    mu = expit(eta)
    return y - mu, mu * (1 - mu), np.logaddexp(0.0, eta) - y * eta


def _cloglog(eta: Array, y: Array) -> tuple[Array, Array, Array]:
    eta = np.clip(eta, -700, HIGH)
    rate = np.exp(eta)
    h = -np.expm1(-rate)
    return (y - h) * rate / h, rate**2 * np.exp(-rate) / h, np.where(y == 1, -np.log(h), rate)


def _step(now: _Pass, b: Array, penalty: float) -> Array:
    ridge = np.append(0.0, np.full(len(b) - 1, penalty))
    return _inverse(now.information + np.diag(ridge)) @ (now.gradient - ridge * b)


def _inverse(information: Array) -> Array:
    try:
        return np.asarray(np.linalg.inv(information), dtype=np.float64)
    except np.linalg.LinAlgError:
        raise NoAnswer("some columns say the same, or part the outcomes", do=DO) from None


def _downhill(
    block: Callable[[slice], Array], event: Array, w: Array, at: tuple[Array, Array, _Pass], penalty: float, link: Link
) -> tuple[Array, _Pass]:
    """A step, halved until the loss does not rise, and where it leads."""
    b, step, now = at
    before = now.loss + 0.5 * penalty * float(b[1:] @ b[1:])
    for part in 0.5 ** np.arange(30):
        new = b + part * step
        there = _pass(block, event, w, new, link)
        after = there.loss + 0.5 * penalty * float(new[1:] @ new[1:])
        if after <= before + 1e-12 * abs(before):
            break
    return new, there
