"""What a study file may say of its indices: missing values, outliers, normalization, weights, aggregation."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from evalkit.indicators.aggregation.grey import GreyRelational
from evalkit.indicators.aggregation.means import PowerMean
from evalkit.indicators.aggregation.penalty import MazziottaPareto
from evalkit.indicators.aggregation.rank_sum import RankSumRatio
from evalkit.indicators.aggregation.topsis import Topsis
from evalkit.indicators.aggregation.tree import ByLevel
from evalkit.indicators.normalization.centered import Centered
from evalkit.indicators.normalization.logarithm import Logarithm
from evalkit.indicators.normalization.min_max import MinMax
from evalkit.indicators.normalization.ranks import Percentile, Rank
from evalkit.indicators.normalization.shares import Sum, Vector
from evalkit.indicators.normalization.target import DistanceToTarget
from evalkit.indicators.normalization.z_score import ZScore
from evalkit.indicators.treatment.missing import Carry, GroupMean, GroupMedian, Interpolate, LeaveOut, Refuse
from evalkit.indicators.treatment.neighbors import Iterative, Neighbors
from evalkit.indicators.treatment.skew_kurtosis import SkewKurtosis
from evalkit.indicators.treatment.winsorize import Fences, Winsorize
from evalkit.indicators.weighting.combined import Combined
from evalkit.indicators.weighting.critic import Critic
from evalkit.indicators.weighting.entropy import Entropy, Zeros
from evalkit.indicators.weighting.equal import Equal
from evalkit.indicators.weighting.given import Given
from evalkit.indicators.weighting.hierarchy import AhpHierarchy
from evalkit.indicators.weighting.levels import Levels
from evalkit.indicators.weighting.matched import Matched
from evalkit.indicators.weighting.pca import PCA
from evalkit.indicators.weighting.raw_entropy import RawEntropy
from evalkit.indicators.weighting.spread import CoefficientOfVariation, StandardDeviation
from evalkit.panel.form import Form
from evalkit.panel.read_judgements import read_judgements
from evalkit.study.choice import Choice


class Step(Choice):
    """One step of `[missing]`."""

    METHODS: ClassVar = {
        "refuse": Refuse,
        "interpolate": Interpolate,
        "carry": Carry,
        "group_mean": GroupMean,
        "group_median": GroupMedian,
        "neighbors": Neighbors,
        "iterative": Iterative,
        "leave_out": LeaveOut,
    }

    max_gap: int | None = None
    over: str | None = None
    direction: Literal["both", "forward"] | None = None
    k: int | None = None
    pooled: bool | None = None
    rounds: int | None = None


class MissingForm(Form):
    """`[missing]`: how missing values are treated, step by step; what is left missing is an error."""

    steps: tuple[Step, ...] = (Step(method="interpolate", max_gap=3), Step(method="carry", max_gap=2))


class OutliersForm(Choice):
    """`[outliers]`: which figures are outliers and how they are tamed."""

    METHODS: ClassVar = {"skew_kurtosis": SkewKurtosis, "winsorize": Winsorize, "fences": Fences}

    skewness: float | None = None
    kurtosis: float | None = None
    points: int | None = None
    then: Literal["log", "box_cox"] | None = None
    low: float | None = None
    high: float | None = None
    times: float | None = None


class NormalizeForm(Choice):
    """`[normalize]`."""

    METHODS: ClassVar = {
        "min_max": MinMax,
        "z_score": ZScore,
        "target": DistanceToTarget,
        "logarithm": Logarithm,
        "rank": Rank,
        "percentile": Percentile,
        "vector": Vector,
        "sum": Sum,
        "centered": Centered,
    }

    method: str = "min_max"
    bounds: Literal["reference", "plausible", "period"] | dict[str, tuple[float, float]] | None = None
    beyond: Literal["clip", "keep"] | None = None
    targets: dict[str, float] | None = None
    shift: float | None = None

    def of(self, indicators: Collection[str]) -> NormalizeForm:
        """With the bounds and targets of some indicators alone: those of another system have no part in theirs."""
        given = {key: one for key in ("bounds", "targets") if isinstance(one := getattr(self, key), dict)}
        kept = {key: {name: value for name, value in one.items() if name in indicators} for key, one in given.items()}
        return self.model_copy(update={key: one or None for key, one in kept.items()})


class WeighForm(Choice):
    """`[weigh]`; methods may hold others: `parts` of a combination, `dimensions` and `indicators` of levels."""

    METHODS: ClassVar = {
        "equal": Equal,
        "given": Given,
        "entropy": Entropy,
        "raw_entropy": RawEntropy,
        "critic": Critic,
        "coefficient_of_variation": CoefficientOfVariation,
        "standard_deviation": StandardDeviation,
        "pca": PCA,
        "matched": Matched,
        "levels": Levels,
        "combined": Combined,
        "ahp": AhpHierarchy,
    }

    method: str = "entropy"
    among: Literal["indicators", "dimensions"] | None = None
    zeros: Zeros | None = None
    epsilon: float | None = None
    correlation: Literal["pearson", "spearman"] | None = None
    form: Literal["first", "variance", "rotated"] | None = None
    loadings: Literal["squared", "absolute"] | None = None
    keep: float | None = None
    on: Literal["scores", "raw"] | None = None
    target: dict[str, float] | None = None
    importance: Literal["variance", "correlation"] | None = None
    dimensions: WeighForm | None = None
    indicators: WeighForm | None = None
    inside: dict[str, WeighForm] | None = None
    parts: tuple[WeighForm, ...] | None = None
    how: Literal["arithmetic", "multiplicative", "geometric", "game"] | None = None
    shares: tuple[float, ...] | None = None
    judgements: tuple[str, ...] | None = None
    limit: Annotated[float, Field(gt=0, le=1)] | None = None
    beyond: Literal["refuse", "accept"] | None = None

    def checked(self) -> None:
        """Refuse values that the specs refuse; judgements are read only when the study runs."""
        if not self.judged():
            self.build()

    def build(self, *context: Any) -> Any:
        """The weighting it names; `context`: the folder in which judgements lie, the system that is scored, the whole system."""
        if self.method != "ahp":
            return super().build(*context)
        folder, system, whole = context
        experts = [read_judgements(folder / name, system=system, whole=whole) for name in self.judgements or ()]
        given = {name: getattr(self, name) for name in ("limit", "beyond") if name in self._given}
        return AhpHierarchy.of(system, *experts, **given)

    def options(self) -> set[str]:
        """The options the method takes; judgements are files here."""
        return {"judgements", "limit", "beyond"} if self.method == "ahp" else super().options()

    def judged(self) -> bool:
        """Whether judgements are part of it."""
        inside = (self.dimensions, self.indicators, *(self.inside or {}).values(), *(self.parts or ()))
        return self.method == "ahp" or any(one.judged() for one in inside if one is not None)


class AggregateForm(Choice):
    """`aggregate`."""

    METHODS: ClassVar = {
        "weighted_mean": PowerMean,
        "geometric": partial(PowerMean, power=0.0),
        "harmonic": partial(PowerMean, power=-1.0),
        "power": PowerMean,
        "levels": ByLevel,
        "topsis": Topsis,
        "grey": GreyRelational,
        "rank_sum": RankSumRatio,
        "mazziotta_pareto": MazziottaPareto,
    }

    method: str = "weighted_mean"
    power: float | None = None
    floor: float | None = None
    inside: AggregateForm | None = None
    between: AggregateForm | None = None
    ideals: Literal["reference", "bounds"] | None = None
    rho: float | None = None
    ranks: Literal["whole", "interpolated"] | None = None
    penalty: Literal["minus", "plus"] | None = None

    def options(self) -> set[str]:
        """The options the method takes; a mean that is named has its power."""
        named = {"weighted_mean": set[str](), "geometric": {"floor"}, "harmonic": {"floor"}}
        return named[self.method] if self.method in named else super().options()
