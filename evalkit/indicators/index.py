"""CompositeIndex: curves and weights are learnt once, on named reference years, and carried to every other year."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from evalkit.answer import Answer, Note, NoteKind
from evalkit.check import has_columns, instance, many
from evalkit.errors import DataError, NoAnswer, SpecError
from evalkit.indicators.aggregation.combine import Aggregation
from evalkit.indicators.aggregation.means import ARITHMETIC
from evalkit.indicators.aggregation.tree import ByLevel, Tree, grown
from evalkit.indicators.normalization.curves import Curve
from evalkit.indicators.normalization.min_max import MinMax
from evalkit.indicators.normalization.normalized import Normalization, Normalized
from evalkit.indicators.steps import stands_at
from evalkit.indicators.treatment.missing import Carry, Interpolate, Treated, Treatment, treat
from evalkit.indicators.treatment.outliers import OutlierRule, Tamed, untamed
from evalkit.indicators.weighting.equal import Equal
from evalkit.indicators.weighting.weights import Weighting
from evalkit.panel.panel import Panel, Periods, resolve
from evalkit.panel.system import IndicatorSystem
from evalkit.stats.arrays import Array, Columns
from evalkit.stats.moments import skewness
from evalkit.terms import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeIndex:
    """One score a unit and year from an indicator system.

    Parameters
    ----------
    system
        What is scored.
    treat
        Steps against missing values, in order; what they leave missing is an error. By default gaps of up to three years
        inside a unit are interpolated and its ends carried for up to two; every filled cell is recorded.
    outliers
        How outliers are tamed, by rules learnt on the reference periods; None leaves every figure as it is.
    normalize
        How raw figures become scores; by default min–max on the reference periods, clipped to [0, 1].
    weigh
        How much each indicator counts; by default all alike.
    aggregate
        How scores become one index; by default the weighted arithmetic mean.

    Examples
    --------
    >>> import evalkit as ek
    >>> counties = ek.datasets.load("counties")
    >>> system = ek.systems("consolidation")["consolidation"]
    >>> index = ek.CompositeIndex(system=system, weigh=ek.Entropy())
    >>> scores = index.fit(counties, on=slice(2016, 2020)).score(counties)
    >>> bool(scores.series.between(0, 1).all())
    True
    """

    system: IndicatorSystem
    treat: tuple[Treatment, ...] = (Interpolate(), Carry())
    outliers: OutlierRule | None = None
    normalize: Normalization = MinMax()
    weigh: Weighting = Equal()
    aggregate: Aggregation | ByLevel = ARITHMETIC

    def __post_init__(self) -> None:
        instance(self.system, IndicatorSystem, who="CompositeIndex system", do='give one, such as ek.systems("a", "b")["a"]')
        steps = many(self.treat, who="CompositeIndex treat", do="give the steps in a tuple: (Interpolate(), Carry())")
        object.__setattr__(self, "treat", steps)
        for step in steps:
            stands_at("treat", step, who="a step of CompositeIndex treat")
        if self.outliers is not None:
            stands_at("outliers", self.outliers, who="CompositeIndex outliers")
        stands_at("normalize", self.normalize, who="CompositeIndex normalize")
        stands_at("weigh", self.weigh, who="CompositeIndex weigh")
        if not isinstance(self.aggregate, ByLevel):
            stands_at("aggregate", self.aggregate, who="CompositeIndex aggregate")

    def fit(self, panel: Panel, on: Periods = None) -> FittedIndex:
        """Learn transforms, curves, weights and rules on the reference periods `on` (None: all periods of the panel, pooled).

        Gaps are treated before the reference periods are cut out, so that a gap at their edge is filled from observed
        neighbors.

        Raises
        ------
        SpecError
            The panel is none.
        DataError
            A column is absent, a gap is left, a figure is beyond 1e150, or the panel has no rows or does not cover the periods.
        NoAnswer
            An indicator does not vary over the reference periods, or in the last bits of its figures alone.
        """
        treated = treated_for(self, panel)
        periods = resolve(on, panel.periods)
        cut = None if periods == panel.periods else list(periods)
        raw = treated.panel.columns(self.system.columns, cut, dated=self.normalize.dated)
        tamed = (self.outliers.learn if self.outliers else untamed)(raw, self.system.indicators)
        reference = replace(raw, transforms=tamed.transforms)
        z = Normalized(reference, self.normalize.learn(reference, self.system.indicators), self.normalize.clips)
        learnt = self.weigh.learn(z, self.system)
        return FittedIndex(
            spec=self,
            frame=_recipe(self.system, z, tamed).assign(weight=learnt.weight, **learnt.beside),
            reference=periods,
            tamed=tamed,
            curves=z.curves,
            tree=grown(self.aggregate, z, learnt.weight, self.system.membership),
            notes=(*_choices(self, periods), *tamed.notes, *self.normalize.remarks(self.system.indicators), *learnt.notes),
        )

    def score(self, panel: Panel) -> IndexScores:
        """Refused: an index scores once it has learnt."""
        raise SpecError(f"the index '{self.system.id}' has learnt nothing yet", do="score what fit(panel, on=…) returns")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FittedIndex(Answer):
    """Transforms, curves, weights and rules as learnt: `frame` has one row an indicator.

    Columns: `dimension` (id), `zero_at` and `one_at` (raw values that score 0 and 1; NaN where there is not just one),
    `skewness` (of the normalized reference scores), `weight`, and what the outlier rule and the weighting learnt beside it,
    such as `divergence` (1 − e) with entropy weights. `reference` are the periods learnt on.
    """

    spec: CompositeIndex
    reference: tuple[int, ...]
    tamed: Tamed
    curves: tuple[Curve, ...]
    tree: Tree

    def score(self, panel: Panel) -> IndexScores:
        """Apply what was learnt to any panel with the same columns: later years, other units."""
        treated = treated_for(self.spec, panel)
        z = self.normalized(treated.panel)
        scores = self.tree.scores(z, self.weights)
        names = ["score", *(dimension.id for dimension in self.spec.system.dimensions)]
        frame = pd.DataFrame(scores.T, index=treated.panel.frame.index, columns=names, copy=False)
        notes = (*self.notes, *treated.notes, *_beyond(z, self.spec.normalize.clips))
        return IndexScores(spec=self, frame=frame, panel=treated.panel, filled=treated.filled, notes=notes)

    @property
    def weights(self) -> Array:
        """The weights, in the order of the system."""
        return self.frame["weight"].to_numpy()

    def columns(self, panel: Panel) -> Columns:
        """The columns of a complete panel, outliers tamed."""
        raw = panel.columns(self.spec.system.columns, dated=self.spec.normalize.dated)
        return replace(raw, transforms=self.tamed.transforms)

    def normalized(self, panel: Panel) -> Normalized:
        """The normalized columns of a complete panel, made piece by piece."""
        return Normalized(self.columns(panel), self.curves, self.spec.normalize.clips)


@dataclass(frozen=True, eq=False, kw_only=True)
class IndexScores(Answer):
    """Scores: `frame` is keyed by (unit, period) and holds `score` and one column a dimension.

    `panel` is the panel after treatment, `filled` lists every filled cell.
    """

    spec: FittedIndex
    panel: Panel
    filled: pd.DataFrame

    @property
    def system(self) -> IndicatorSystem:
        """The system that was scored."""
        return self.spec.spec.system

    @property
    def series(self) -> pd.Series:
        """The index as a Series keyed by (unit, period): what other families take; it carries the name of its system."""
        series = self.frame["score"].rename(self.system.id)
        series.attrs["title"] = self.system.name
        return series

    @property
    def normalized(self) -> pd.DataFrame:
        """Normalized scores of every indicator, 0 worst and 1 best on the bounds learnt; yours to change."""
        return self._normalized.copy()

    @property
    def tamed(self) -> pd.DataFrame:
        """Every figure that winsorizing reads as another: unit, period, indicator, value, read_as, method; yours to change."""
        return self._tamed.copy()

    @cached_property
    def _normalized(self) -> pd.DataFrame:
        z = self.spec.normalized(self.panel).whole()
        return pd.DataFrame(z.T, index=self.frame.index, columns=list(self.system.columns))

    @cached_property
    def _tamed(self) -> pd.DataFrame:
        return self.spec.tamed.cells(self.panel)

    @property
    def contributions(self) -> pd.DataFrame:
        """What each indicator adds to the index, w_j z_ij; a row sums to its score. The names of the indicators come with it.

        Raises
        ------
        NoAnswer
            The index is no weighted arithmetic mean, so no sum of parts.
        """
        if self.spec.spec.aggregate != ARITHMETIC:
            name = self.spec.spec.aggregate.name.en
            raise NoAnswer(f"an index by {name} is no sum of contributions", do="look at the obstacle degrees")
        parts = self._normalized * self.spec.weights
        named = [(one.id, one.name) for one in self.system.dimensions] + [(one.id, one.name) for one in self.system.every]
        parts.attrs["titles"] = dict(named)
        return parts


def treated_for(index: CompositeIndex, panel: Panel) -> Treated:
    """The panel with the index's columns treated; absent columns are named with the nearest name."""
    do = 'make one of a table: Panel.from_frame(table, unit="county", period="year")'
    instance(panel, Panel, who="CompositeIndex panel", do=do)
    has_columns(panel.frame, index.system.columns, who=f"CompositeIndex '{index.system.id}'")
    if panel.frame.empty:
        what = "the panel has no rows, so there is nothing to score"
        raise DataError(what, where=panel.source.en, do="check what was selected before")
    return treat(panel, index.system.columns, index.treat)


def _recipe(system: IndicatorSystem, z: Normalized, tamed: Tamed) -> pd.DataFrame:
    back = [transform.raw if transform else float for transform in tamed.transforms or (None,) * z.width]
    frame = pd.DataFrame(
        {
            "dimension": [system.dimensions[d].id for d in system.membership],
            "zero_at": [raw(curve.zero_at) for raw, curve in zip(back, z.curves, strict=True)],
            "one_at": [raw(curve.one_at) for raw, curve in zip(back, z.curves, strict=True)],
            "skewness": [skewness(z.column(j)) for j in range(z.width)],
        },
        index=pd.Index(system.columns, name="indicator"),
    )
    return frame.assign(**tamed.beside)


def _choices(index: CompositeIndex, periods: tuple[int, ...]) -> tuple[Note, ...]:
    text = Text(
        "“{name}”的上下界与权重在参考期 {span} 学得，并用于全部年份。",
        "Bounds and weights of “{name}” were learnt on the reference years {span} and applied to all years.",
    )
    span = f"{periods[0]}–{periods[-1]}" if len(periods) > 1 else str(periods[0])
    notes = [Note("choice", text.format(name=index.system.name, span=span))]
    if index.aggregate != ARITHMETIC:
        how = Text("综合指数的合成方法：{name}。", "The index is combined by {name}.")
        notes.append(Note("choice", how.format(name=index.aggregate.name)))
    return tuple(notes)


def _beyond(z: Normalized, clips: bool) -> tuple[Note, ...]:
    below, above = z.beyond()
    if not below + above:
        return ()
    cells = len(z) * z.width
    text = Text(
        "{below} 个单元格劣于下界、{above} 个优于上界（合计占 {share:.1%}），{how}。",
        "Cells beyond the bounds: {below} below the worse, {above} above the better ({share:.1%} of all); they were {how}.",
    )
    how = Text("按界限截断，界限之外的变化不计入", "clipped to the bounds: change beyond them does not count")
    how = how if clips else Text("保留原值", "kept as they are")
    kind: NoteKind = "caution" if (below + above) / cells > 0.05 else "choice"
    return (Note(kind, text.format(below=below, above=above, share=(below + above) / cells, how=how)),)
