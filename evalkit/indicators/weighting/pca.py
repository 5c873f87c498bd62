"""Weights from principal components: the first one, all kept ones by their share of the variance, or rotated factors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from evalkit.answer import Note
from evalkit.check import number, one_of, shown
from evalkit.errors import NoAnswer, SpecError, several
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.indicators.weighting.moments import moments, refuse_flat
from evalkit.indicators.weighting.weights import Weights
from evalkit.panel.system import IndicatorSystem
from evalkit.stats.arrays import Array
from evalkit.stats.ranks import settled
from evalkit.stats.varimax import varimax
from evalkit.terms import Text, first_of

ALIKE = 1e-9  # eigenvalues that near have no components of their own


def components(correlation: Array) -> tuple[Array, Array]:
    """Principal components of a correlation matrix (n, n): eigenvalues, greatest first, and axes (n, n), a column each.

    Eigenvalues are variances and sum to n. An axis has length 1 and points where more indicators rise than fall (its sum is not
    negative), so that the answer does not hang on the machine. The loading of an indicator, its correlation with the
    component, is axis · √eigenvalue.

    Examples
    --------
    >>> values, axes = components(np.array([[1.0, 0.6], [0.6, 1.0]]))
    >>> values.round(6).tolist(), axes[:, 0].round(4).tolist()
    ([1.6, 0.4], [0.7071, 0.7071])
    """
    values, axes = np.linalg.eigh(correlation)
    values, axes = np.clip(values[::-1], 0.0, None), axes[:, ::-1]
    return values, axes * np.where(axes.sum(axis=0) < 0, -1.0, 1.0)


def axis_weights(axes: Array, values: Array, power: int = 2) -> Array:
    """Weights w_j ∝ Σ_k |a_jk|^p λ_k of indicators by axes (n, k) and eigenvalues (k,): how much of the components they are.

    With one component and p = 2 they are the squared axis, which sums to 1 as it is.

    Examples
    --------
    >>> axis_weights(np.array([[0.6], [0.8]]), np.array([1.5])).round(4).tolist()
    [0.36, 0.64]
    """
    w = np.abs(axes) ** power @ values
    return w / w.sum()


def factor_weights(loadings: Array) -> tuple[Array, Array]:
    """Weights by rotated loadings (n, k), and the factor each indicator belongs to: the one it loads most on.

    Inside its factor an indicator weighs l²/Σl², and a factor weighs its share of the variance that all factors explain,
    Σl²/ΣΣl². Their product is l² over a constant, so that w_j ∝ max_k l²_jk, divided by the sum.
    Source: Nicoletti, Scarpetta & Boylaud (2000), OECD Economics Department Working Papers 226; OECD & JRC (2008), Handbook on
    Constructing Composite Indicators, section 6.1.

    Examples
    --------
    >>> w, factor = factor_weights(np.array([[0.9, 0.1], [0.8, -0.2], [0.1, 0.9]]))
    >>> w.round(4).tolist(), factor.tolist()
    ([0.3584, 0.2832, 0.3584], [0, 0, 1])
    """
    square = loadings * loadings
    w = square.max(axis=1)
    return w / w.sum(), settled(square).argmax(axis=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PCA:
    """Weights from the principal components of the reference scores: what moves along with the others counts more.

    Parameters
    ----------
    form
        "first": by the first component alone, the weights under which an index keeps most of the variance. "variance": by all
        kept components, each by its share of the variance. "rotated": by the factor each indicator loads most on, after
        varimax, as in the OECD/JRC handbook.
    loadings
        "squared" or "absolute": how loadings become weights; "rotated" squares them.
    keep
        Components kept by "variance" and "rotated": None those of eigenvalue above 1 (at least one); or the fewest that
        explain this share of the variance, such as 0.85.

    Notes
    -----
    Weights correct for what indicators have in common; they are no measure of importance. An indicator that falls where the
    first component rises is named in a caution: COINr would give it a negative weight.

    Examples
    --------
    >>> import evalkit as ek
    >>> counties, system = ek.datasets.load("counties"), ek.systems("consolidation")["consolidation"]
    >>> fitted = ek.CompositeIndex(system=system, weigh=PCA(form="rotated", keep=0.8)).fit(counties)
    >>> round(float(fitted.weights.sum()), 12)
    1.0
    """

    form: Literal["first", "variance", "rotated"] = "first"
    loadings: Literal["squared", "absolute"] = "squared"
    keep: float | None = None

    def __post_init__(self) -> None:
        one_of(self.form, ("first", "variance", "rotated"), who="PCA form")
        one_of(self.loadings, ("squared", "absolute"), who="PCA loadings")
        if self.form == "rotated" and self.loadings == "absolute":
            raise SpecError("PCA form='rotated' squares its loadings", do="drop loadings, or choose another form")
        if self.keep is None:
            return
        if self.form == "first":
            do = "drop keep, or use form='variance' or 'rotated'"
            raise SpecError("PCA form='first' keeps one component", found=f"keep={shown(self.keep)}", do=do)
        number(self.keep, "(0, 1]", who="PCA keep", do="give a share of the variance, such as 0.85")

    @property
    def name(self) -> Text:
        """What the weighting is called."""
        return Text("主成分权重", "principal-component weights")

    def learn(self, z: Normalized, system: IndicatorSystem) -> Weights:
        """Weights from the correlations of the normalized reference rows, read in one pass."""
        found = moments(z)
        refuse_flat(found.spread, z, system, who="principal components")
        values, axes = components(found.correlation)
        kept = self._kept(values)
        self._refuse_alike(values, kept, system)
        loadings = axes[:, :kept] * np.sqrt(values[:kept])
        note = self._remark(kept, float(values[:kept].sum() / values.sum()), len(values))
        if self.form == "rotated":
            turned = varimax(loadings)
            w, factor = factor_weights(turned)
            beside = {"factor": factor + 1.0, "loading": turned[np.arange(len(w)), factor]}
            return Weights(w, beside=beside, notes=(note,))
        w = axis_weights(axes[:, :kept], values[:kept], power=2 if self.loadings == "squared" else 1)
        return Weights(w, beside={"loading": loadings[:, 0]}, notes=(note, *_against(loadings[:, 0], system)))

    def _kept(self, values: Array) -> int:
        if self.form == "first":
            return 1
        if self.keep is None:
            return max(1, int(np.count_nonzero(values > 1 + ALIKE)))
        return int(np.count_nonzero(np.cumsum(values) / values.sum() < self.keep - ALIKE)) + 1

    def _refuse_alike(self, values: Array, kept: int, system: IndicatorSystem) -> None:
        """Refuse components that are not determined: eigenvalues that are equal where one is kept and the next is not."""
        gaps = -np.diff(values)[kept - 1 : kept] if self.form == "rotated" else -np.diff(values)[:kept]
        if len(gaps) and gaps.min() < ALIKE:
            raise NoAnswer(
                "principal components have equal variances, so no one of them can be told from the next",
                where=system.id,
                found=f"eigenvalues {several(values.round(4).tolist())}",
                do="use equal weights, or keep another share of the variance",
            )

    def _remark(self, kept: int, share: float, count: int) -> Note:
        size = {"squared": Text("平方", "squared"), "absolute": Text("绝对值", "absolute")}[self.loadings]
        how = {
            "first": Text("第一主成分载荷的{size}", "the {size} loadings on the first component"),
            "variance": Text(
                "各主成分系数的{size}按方差加权之和", "the {size} axes of the components, weighed by their variance"
            ),
            "rotated": Text(
                "方差最大旋转后所属因子载荷的{size}", "the {size} loadings on the nearest factor after varimax rotation"
            ),
        }[self.form].format(size=size)
        text = Text(
            "主成分权重取自{how}（{n} 个成分中保留 {k} 个，解释方差的 {share:.1%}）；它校正指标间的信息重叠，不表示重要性。",
            "Weights are {how} (kept: {k} of {n}, {share:.1%} of the variance). They correct for what indicators have in common "
            "and do not show importance.",
        )
        return Note("choice", text.format(how=how, n=count, k=kept, share=share))


def _against(loading: Array, system: IndicatorSystem) -> tuple[Note, ...]:
    """That some indicators fall where the first component rises."""
    falling = [column for column, one in zip(system.columns, loading, strict=True) if one < 0]
    if not falling:
        return ()
    text = Text(
        "第一主成分上载荷为负的指标：{names}。它们与其余指标反向变动，此处按载荷大小取正权重，不宜直接采用，应先检查其方向。",
        "Indicators with a negative loading on the first component: {names}. They move against the others and are weighed by the "
        "size of the loading; check their direction before these weights are used.",
    )
    return (Note("caution", text.format(names=first_of(falling, 12))),)
