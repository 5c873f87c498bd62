"""The grey model GM(1,1): an exponential fitted to running sums, with the checks it is judged by."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from evalkit.check import number
from evalkit.coupling.forecast.path import Path
from evalkit.errors import NoAnswer
from evalkit.stats.arrays import Array, Codes
from evalkit.stats.ranks import settled
from evalkit.terms import Text

SHORTEST = 4  # values that GM(1,1) needs
CONSTANT_DIGITS = 4  # the constant that is added is rounded up to so many decimals, so that it can be printed as it is
SMALL_ERROR = 0.6745  # half of a normal distribution lies within so many standard deviations
POSTERIOR_LIMITS = np.array([0.35, 0.50, 0.65])
SMALL_LIMITS = np.array([0.95, 0.80, 0.70])
REACH_LIMITS = np.array([0.3, 0.5, 0.8, 1.0])
ACCURACY = (
    Text("一级（好）", "1 good"),
    Text("二级（合格）", "2 qualified"),
    Text("三级（勉强合格）", "3 barely qualified"),
    Text("四级（不合格）", "4 unqualified"),
)
REACH = (
    Text("中长期", "medium and long term"),
    Text("短期", "short term"),
    Text("短期（慎用）", "short term, with caution"),
    Text("须修正残差", "with corrected residuals only"),
    Text("不宜采用", "not to be used"),
)


def grey_parameters(x: Array) -> tuple[Array, Array]:
    """Development coefficient a and grey input b of GM(1,1), the least squares of x(k) + a z(k) = b.

    x of shape (series, n) is positive and equally spaced in time; y(k) = x(1) + … + x(k) are its running sums and
    z(k) = (y(k−1) + y(k)) / 2 their means, k = 2 … n. Running sums of positive values rise, and look like an exponential
    even where x does not: a good fit to them says little, which is why GM(1,1) has checks of its own. −a is about the rate
    of growth: a series of ratio q gives a = 2 (1 − q) / (1 + q). A common factor of x leaves a as it is and multiplies b.

    Source: Deng Julong (1982), Control problems of grey systems, Systems & Control Letters 1(5):288–294; Deng Julong (1989),
    Introduction to grey system theory, The Journal of Grey System 1(1):1–24.

    Examples
    --------
    >>> a, b = grey_parameters(np.array([[71.1, 72.4, 72.4, 72.1, 71.4, 72.0, 71.6]]))
    >>> a.round(4), b.round(4)
    (array([0.0023]), array([72.6573]))
    """
    sums = x.cumsum(axis=1)
    z, later = (sums[:, 1:] + sums[:, :-1]) / 2, x[:, 1:]
    deviation = z - z.mean(axis=1, keepdims=True)
    a = -np.sum(deviation * later, axis=1) / np.sum(deviation**2, axis=1)
    return a, later.mean(axis=1) + a * z.mean(axis=1)


def grey_path(x: Array, horizon: int) -> tuple[Array, Array, Array]:
    """Values of GM(1,1) of shape (series, n + horizon), fitted and then forecast, and a and b.

    With ŷ(k+1) = (x(1) − b/a) e^(−ak) + b/a the values are x̂(k+1) = ŷ(k+1) − ŷ(k), and x̂(1) = x(1). They are written here
    as x̂(k+1) = (b − a x(1)) e^(−ak) (e^a − 1) / a, which also holds as a goes to 0.

    Examples
    --------
    >>> path, _, _ = grey_path(np.array([[2.874, 3.278, 3.337, 3.390, 3.679]]), 1)
    >>> path.round(4)
    array([[2.874 , 3.232 , 3.3545, 3.4817, 3.6137, 3.7507]])
    """
    a, b = grey_parameters(x)
    slope = np.divide(np.expm1(a), a, out=np.ones_like(a), where=a != 0)
    steps = np.arange(1.0, x.shape[1] + horizon)
    after = ((b - a * x[:, 0]) * slope)[:, None] * np.exp(-a[:, None] * steps)
    return np.concatenate([x[:, :1], after], axis=1), a, b


def level_ratio_limits(n: int) -> tuple[float, float]:
    """Between which limits the level ratios σ(k) = x(k−1) / x(k) of n values must lie: e^(−2/(n+1)) and e^(2/(n+1)).

    Examples
    --------
    >>> tuple(round(limit, 4) for limit in level_ratio_limits(7))
    (0.7788, 1.284)
    """
    return math.exp(-2 / (n + 1)), math.exp(2 / (n + 1))


def least_constant(x: Array) -> Array:
    """The least constant c ≥ 0 of each series that brings the level ratios of x + c within their limits.

    It is rounded up to four decimals. A large constant brings every series within the limits, for it drowns the changes: the
    constant belongs beside the forecast.

    Examples
    --------
    >>> least_constant(np.array([[0.5, 0.52, 0.55, 0.56], [0.1, 0.2, 0.3, 0.4]]))
    array([0.    , 0.1034])
    """
    low, high = level_ratio_limits(x.shape[1])
    before, after = x[:, :-1], x[:, 1:]
    needed = np.maximum((before - high * after) / (high - 1), (low * after - before) / (1 - low)).max(axis=1)
    scale = 10.0**CONSTANT_DIGITS
    above = np.floor(np.round(np.maximum(needed, -x.min(axis=1)) * scale, 6)) + 1  # within the limits, not on them
    return np.maximum(above / scale, 0.0)


def posterior_error(x: Array, fitted: Array) -> tuple[Array, Array]:
    """Posterior error ratio C = S2 / S1 and small-error probability P of fitted values, each of shape (series,).

    S1 is the standard deviation of the n values, S2 that of the n residuals, both over n; P is the share of residuals that
    lie less than 0.6745 S1 from their mean. C near 0 and P near 1 are good. Both are taken within the sample: they say
    how well the past was fitted, not how well the future is forecast. Where the values are all the same, C = 0 and P = 1.

    Examples
    --------
    >>> x = np.array([[27260.0, 29547.0, 32411.0, 35388.0]])
    >>> c, p = posterior_error(x, grey_path(x, 0)[0])
    >>> c.round(3), p
    (array([0.011]), array([1.]))
    """
    residual = x - fitted
    apart = np.abs(residual - residual.mean(axis=1, keepdims=True))
    spread = x.std(axis=1)
    varies = np.ptp(x, axis=1) > 0
    ratio = np.divide(residual.std(axis=1), spread, out=np.zeros_like(spread), where=varies)
    return ratio, np.where(varies, np.mean(apart < SMALL_ERROR * spread[:, None], axis=1), 1.0)


def accuracy_class(ratio: Array, share: Array) -> Codes:
    """The usual four classes of accuracy, 1 good … 4 unqualified: the worse of the class of C and the class of P.

    C up to 0.35, 0.50, 0.65 and P from 0.95, 0.80, 0.70 on.

    Examples
    --------
    >>> accuracy_class(np.array([0.3, 0.3, 0.7]), np.array([1.0, 0.8, 1.0]))
    array([1, 2, 4])
    """
    return np.maximum(np.searchsorted(POSTERIOR_LIMITS, settled(ratio)), np.searchsorted(-SMALL_LIMITS, -settled(share))) + 1


def reach_class(a: Array) -> Codes:
    """How far ahead GM(1,1) may be used, by its growth −a: 1 medium and long term … 5 not at all, as in `REACH`.

    −a up to 0.3, 0.5, 0.8, 1 and above. Source: Liu Sifeng & Deng Julong (2000), 系统工程理论与实践 20(5):121–124.

    Examples
    --------
    >>> reach_class(np.array([0.02, -0.3, -0.4, -1.2]))
    array([1, 1, 2, 5])
    """
    return np.searchsorted(REACH_LIMITS, settled(-a)) + 1


@dataclass(frozen=True, slots=True)
class GM11:
    """The grey model GM(1,1); see `grey_parameters` and `grey_path`.

    Parameters
    ----------
    translate
        A constant added to each series before the fit and taken off its forecasts: a number (0: none), or "least", for each
        series the least that brings its level ratios within their limits, 0 for the most.

    Notes
    -----
    GM(1,1) has no error of its own: its intervals come from its past errors. It knows one shape, the exponential, and
    carries growth on without end.
    """

    translate: float | Literal["least"] = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.translate, str) or self.translate != "least":
            number(self.translate, "[0, ∞)", who="GM11 translate", do="use 0 for none, or 'least'")

    @property
    def key(self) -> str:
        """What the method is called in a frame."""
        return "gm11" if self.translate == 0 else f"gm11_{self.translate}"

    @property
    def name(self) -> Text:
        """What the method is called."""
        if self.translate == 0:
            return Text("灰色模型 GM(1,1)", "grey model GM(1,1)")
        if self.translate == "least":
            return Text("灰色模型 GM(1,1)（最小平移）", "grey model GM(1,1), least translation")
        return Text("灰色模型 GM(1,1)（平移 {c:g}）", "grey model GM(1,1), translated by {c:g}").format(c=self.translate)

    @property
    def least(self) -> int:
        """How many values of a series it needs."""
        return SHORTEST

    def constant(self, y: Array) -> Array:
        """What is added to each series."""
        return least_constant(y) if self.translate == "least" else np.full(len(y), float(self.translate))

    def forecast(self, y: Array, horizon: int) -> Path:
        """Forecasts of series of shape (series, years), 1 … `horizon` steps ahead."""
        shift = self.constant(y)[:, None]
        if not (y + shift > 0).all():
            raise NoAnswer("GM(1,1) needs positive values", do='leave those series out, or use GM11(translate="least")')
        return Path(grey_path(y + shift, horizon)[0][:, y.shape[1] :] - shift)

    def check(self, y: Array) -> dict[str, Array | Codes]:
        """The checks of each series: its constant, a, b, level ratios, C, P, accuracy, mean relative error and reach.

        The mean relative error is taken over the second to the last value, for the first is met by construction; values of 0
        are left out of it.
        """
        shift = self.constant(y)[:, None]
        x, n = y + shift, y.shape[1]
        fitted, a, b = grey_path(x, 0)
        ratios, (low, high) = x[:, :-1] / x[:, 1:], level_ratio_limits(n)
        c, p = posterior_error(x, fitted)
        later, nonzero = y[:, 1:], y[:, 1:] != 0
        relative = np.divide(np.abs(x - fitted)[:, 1:], np.abs(later), out=np.zeros_like(later), where=nonzero)
        return {
            "constant": shift[:, 0],
            "a": a,
            "b": b,
            "lowest_ratio": ratios.min(axis=1),
            "highest_ratio": ratios.max(axis=1),
            "ratios_pass": ((ratios > low) & (ratios < high)).all(axis=1),
            "C": c,
            "P": p,
            "accuracy": accuracy_class(c, p),
            "relative_error": relative.sum(axis=1) / np.maximum(nonzero.sum(axis=1), 1),
            "reach": reach_class(a),
        }
