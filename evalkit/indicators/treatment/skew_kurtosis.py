"""Outliers by skewness and kurtosis: winsorize point by point; where that is not enough, take a logarithm or Box–Cox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from evalkit.answer import Note
from evalkit.check import number, one_of, whole
from evalkit.errors import NoAnswer
from evalkit.indicators.treatment.missing import listed
from evalkit.indicators.treatment.outliers import Tamed, Verdict, skewness_kurtosis, tamed
from evalkit.indicators.treatment.transforms import BoxCox, Within
from evalkit.panel.system import Direction, Indicator
from evalkit.stats.arrays import Array, Columns
from evalkit.terms import Text

OPEN = Within(-np.inf, np.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class SkewKurtosis:
    """Columns that are skewed and heavy-tailed at once are winsorized point by point, or transformed.

    Parameters
    ----------
    skewness, kurtosis
        A column is treated where |G₁| and G₂ both reach these thresholds; see `skewness_kurtosis`.
    points
        How many figures may be winsorized, both ends together: the farthest on the side of the longer tail is read as the
        next, and so on until a threshold is kept. 0 goes straight to the transform.
    then
        What replaces winsorizing where so many points are not enough: "log", the logarithm of x − min + (max − min) / 100;
        "box_cox", the power most likely to make the figures normal, of the same shifted figures where some are not positive;
        or None, which leaves the winsorized figures.

    Notes
    -----
    Learnt on the reference periods; later figures beyond the limits are read as the limit. A transform that would leave more
    skewness than winsorizing does is not taken, nor is one of a moderate indicator, whose two sides it would treat unlike;
    a note names what stays beyond the thresholds. Ties are winsorized together or not at all, and never until a column no longer
    varies. Sources: OECD & JRC (2008), Handbook on Constructing Composite Indicators; the thresholds and the order of the
    steps are those of `Treat` in COINr (Becker et al., 2022, Journal of Open Source Software 7(78)).

    Examples
    --------
    >>> import evalkit as ek
    >>> counties = ek.datasets.load("counties")
    >>> system = ek.systems("consolidation")["consolidation"]
    >>> index = ek.CompositeIndex(system=system, outliers=SkewKurtosis(points=30))
    >>> fitted = index.fit(counties, on=slice(2016, 2020)).frame
    >>> fitted.at["G09", "outliers"], int(fitted.at["G09", "points"])
    ('winsorized', 25)
    """

    skewness: float = 2.0
    kurtosis: float = 3.5
    points: int = 5
    then: Literal["log", "box_cox"] | None = "log"

    def __post_init__(self) -> None:
        number(self.skewness, "(0, ∞)", who="SkewKurtosis skewness", do="use 2")
        number(self.kurtosis, "(0, ∞)", who="SkewKurtosis kurtosis", do="use 3.5")
        whole(self.points, least=0, who="SkewKurtosis points", do="use 5, or 0 to go straight to the transform")
        if self.then is not None:
            one_of(self.then, ("log", "box_cox"), who="SkewKurtosis then")

    def learn(self, columns: Columns, indicators: Sequence[Indicator]) -> Tamed:
        """Limits and transforms of the columns."""
        if columns.height < 4:
            raise NoAnswer("skewness and kurtosis need at least four reference rows", found=str(columns.height))
        verdicts = [self._judge(x, i) for x, i in zip(columns, indicators, strict=True)]
        still = [i.name for i, v in zip(indicators, verdicts, strict=True) if self._outlying(v.after)]
        done = tamed(verdicts, indicators)
        if not still:
            return done
        text = Text(
            "处理后偏度与峰度仍达到阈值（{s:g}、{k:g}）：{items}。其得分仍主要由少数极端值决定。",
            "Skewness and kurtosis still reach their thresholds ({s:g}, {k:g}) after treatment: {items}. A few extreme figures "
            "still decide these scores.",
        )
        note = Note("caution", text.format(s=self.skewness, k=self.kurtosis, items=listed(still)))
        return replace(done, notes=(*done.notes, note))

    def _judge(self, x: Array, indicator: Indicator) -> Verdict:
        limits = self._limits(x)
        calm = Verdict.on(x, limits if limits != OPEN else None)
        if self.then is None or indicator.direction is Direction.MODERATE or not self._outlying(calm.after):
            return calm
        curved = Verdict.on(x, log(x) if self.then == "log" else likeliest(x))
        return curved if abs(curved.after[0]) < abs(calm.after[0]) else calm

    def _limits(self, x: Array) -> Within:
        """Limits drawn in from the longer tail, a figure at a time, until a threshold is kept or no point is left."""
        limits, y = OPEN, x
        while self._outlying(shape := skewness_kurtosis(y)):
            if shape[0] > 0:
                nearer = replace(limits, high=float(y[y < y.max()].max()))
            else:
                nearer = replace(limits, low=float(y[y > y.min()].min()))
            drawn = nearer.apply(x)
            if np.count_nonzero(drawn != x) > self.points or drawn.min() == drawn.max():
                break
            limits, y = nearer, drawn
        return limits

    def _outlying(self, shape: tuple[float, float]) -> bool:
        return abs(shape[0]) >= self.skewness and shape[1] >= self.kurtosis


def log(x: Array) -> BoxCox:
    """The logarithm of figures that vary, moved so that the lowest is a hundredth of their range: ln(x − min + (max − min)/100).

    The shape of the curve does not depend on the unit of measure. Source: COINr, `log_CT`.

    Examples
    --------
    >>> log(np.array([-50.0, 0.0, 50.0])).shift
    51.0
    """
    low, high = float(x.min()), float(x.max())
    return BoxCox(power=0.0, shift=0.01 * (high - low) - low, low=low)


def likeliest(x: Array) -> BoxCox:
    """The Box–Cox transform most likely to make figures normal, moved as in `log` where some are not positive.

    Its power λ maximizes (λ − 1) Σ ln x − (n/2) ln σ²(λ), where σ² is the variance of the transformed figures. Source: Box &
    Cox (1964), An Analysis of Transformations, JRSS B 26.

    Examples
    --------
    >>> round(abs(likeliest(np.exp(np.linspace(-1.0, 1.0, 9))).power), 4)
    0.0
    """
    from scipy.stats import boxcox_normmax

    low = float(x.min())
    shift = 0.0 if low > 0 else log(x).shift
    return BoxCox(power=float(boxcox_normmax(x + shift, method="mle")), shift=shift, low=low)
