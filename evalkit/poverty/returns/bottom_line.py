"""Is there a return to poverty on a large scale? The share that came back, place by place, and what it rules out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import number, one_of, positive, shown, whole
from evalkit.errors import DataError, SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.poverty.columns import groups_of, has_rows, is_level, is_name, numbers
from evalkit.poverty.income.ratios import yes_or_no
from evalkit.poverty.returns.counts import Counts, design_effect, sampled_counts, seen_counts
from evalkit.stats.arrays import Array
from evalkit.stats.exact import TIE
from evalkit.stats.multiplicity import bonferroni, holm
from evalkit.terms import Text

VERDICTS = {
    "ruled_out": Text("可以排除", "ruled out"),
    "not_ruled_out": Text("尚不能排除", "not ruled out"),
    "found": Text("已经出现", "found"),
}
COLUMNS = frozenset(
    {"returns", "n", "population", "n_effective", "estimate", "std_error", "ci_low", "ci_high", "lower", "upper"}
    | {"p_ruled_out", "p_found", "verdict", "small"}
)
FEW = 50  # returns, below which a design effect is told poorly
ADJUSTMENTS: dict[str, Callable[[Array], Array]] = {"holm": holm, "bonferroni": bonferroni, "none": lambda p: p}


def verdicts(p_ruled_out: Array, p_found: Array, level: float) -> Array:
    """ "ruled_out" or "found" where its p-value is at most 1 − level, else "not_ruled_out".

    Examples
    --------
    >>> verdicts(np.array([0.01, 0.4, 0.99]), np.array([1.0, 0.7, 0.02]), 0.95).tolist()
    ['ruled_out', 'not_ruled_out', 'found']
    """
    least = (1 - level) * TIE
    return np.select([p_ruled_out <= least, p_found <= least], ["ruled_out", "found"], "not_ruled_out")


@dataclass(frozen=True, slots=True, kw_only=True)
class BottomLine:
    """Whether a return to poverty at a stated rate or above is ruled out, found, or neither, place by place and overall.

    Parameters
    ----------
    returned
        Column that says which of the homes that had left poverty are poor again (1) or not (0).
    threshold
        The rate from which on a return counts as one on a large scale, in (0, 1). There is no official figure: state yours.
    design
        How homes were drawn. Bounds are exact (Clopper & Pearson) where all count alike and were drawn one by one, else those of
        Korn & Graubard, of effective counts.
    population
        Column that holds how many homes the place of a row has, drawn from without return: bounds are then hypergeometric, and
        those of a census are the rate itself. Only where all homes of a place count alike.
    design_effect
        Of places where it cannot be estimated, such as those without a return; None: that of all places together and, where
        there is none either, each cluster counts as one home.
    adjust
        How p-values of places allow for being asked together: "holm", "bonferroni" or "none".
    level
        Of bounds (one-sided), of intervals (two-sided) and of verdicts.
    smallest
        Places with fewer homes, or with some returns but fewer, are marked as not for publication.

    Examples
    --------
    >>> homes = pd.DataFrame({"county": ["a"] * 300 + ["b"] * 60, "back": [0] * 355 + [1] * 5})
    >>> found = BottomLine(returned="back", threshold=0.02).measure(homes, over="county")
    >>> found.frame[["county", "returns", "n", "upper", "verdict"]].round(4).values.tolist()
    [['a', 0, 300, 0.0099, 'ruled_out'], ['b', 5, 60, 0.1673, 'found']]
    """

    returned: str
    threshold: float
    design: SurveyDesign = SurveyDesign()
    population: str | None = None
    design_effect: float | None = None
    adjust: Literal["holm", "bonferroni", "none"] = "holm"
    level: float = 0.95
    smallest: int = 10

    def __post_init__(self) -> None:
        is_name(self.returned, who="BottomLine")
        is_level(self.threshold, who="the threshold of BottomLine: its")
        number(self.level, "(0.5, 1)", who="BottomLine level", do="use 0.95")
        one_of(self.adjust, tuple(ADJUSTMENTS), who="adjust of BottomLine")
        whole(self.smallest, who="the smallest cell of BottomLine", least=0)
        if not isinstance(self.design, SurveyDesign):
            raise SpecError("design of BottomLine must be a SurveyDesign", found=shown(self.design))
        if self.design_effect is not None:
            positive(self.design_effect, who="design effect of BottomLine")
        if self.population is not None:
            is_name(self.population, who="population of BottomLine")
            if not self.plain:
                what = "BottomLine takes population only where homes are drawn one by one, with equal weights"
                do = "leave it out: a design has its own population, of clusters"
                raise SpecError(what, found=self.population, do=do)

    @property
    def plain(self) -> bool:
        """Whether all homes count alike and were drawn one by one."""
        return self.design == SurveyDesign(single=self.design.single)

    def measure(self, frame: pd.DataFrame, over: str | None = None) -> ReturnVerdict:
        """Rates, bounds and verdicts of each place of `over`, and of all together.

        Raises
        ------
        DataError
            A column is absent or holds a gap, `returned` something else than 0 and 1, or a place has no single number of homes.
        """
        named = [name for name in (self.returned, over, self.population) if name is not None]
        has_rows(frame, named, who="BottomLine")
        if over in COLUMNS:
            raise DataError(f"a grouping cannot be called '{over}'", do="rename the column: the answer has one of that name")
        drawn, returned = self.design.on(frame), yes_or_no(frame, self.returned)
        codes, labels = groups_of(frame, over)
        place, places = (np.zeros(len(frame), dtype=np.intp), 1) if codes is None else (codes, len(labels))
        homes = None if self.population is None else numbers(frame, self.population, who="BottomLine")
        if self.plain:
            counts = seen_counts(returned, place, places, homes)
            together = counts if codes is None else _together(counts)
        else:
            together = sampled_counts(returned, np.zeros(len(frame), dtype=np.intp), 1, drawn, self.design_effect)
            effect = self.design_effect or design_effect(together)
            counts = together if codes is None else sampled_counts(returned, place, places, drawn, effect)
        table = self._table(counts)
        if over is not None:
            table.insert(0, over, list(labels))
        return ReturnVerdict(
            spec=self, frame=table, overall=self._table(together), notes=self._notes(table, counts, over) + drawn.notes
        )

    def _table(self, counts: Counts) -> pd.DataFrame:
        low, high = counts.bounds((1 + self.level) / 2)
        lower, upper = counts.bounds(self.level)
        adjust = ADJUSTMENTS[self.adjust]
        ruled, found = (adjust(p) for p in counts.tails(self.threshold, self.level))
        columns: dict[str, object] = {"returns": counts.returns, "n": counts.n}
        if counts.population is not None:
            columns["population"] = counts.population
        if counts.df is not None:
            columns["n_effective"] = counts.trials(self.level)
        columns |= {"estimate": counts.rate, "std_error": counts.std_error, "ci_low": low, "ci_high": high}
        columns |= {"lower": lower, "upper": upper, "p_ruled_out": ruled, "p_found": found}
        small = (counts.n < self.smallest) | ((counts.returns > 0) & (counts.returns < self.smallest))
        return pd.DataFrame({**columns, "verdict": verdicts(ruled, found, self.level), "small": small})

    def _notes(self, table: pd.DataFrame, counts: Counts, over: str | None) -> tuple[Note, ...]:
        asked = Text(
            "所问：返贫率是否达到 {t:.3g}；“可以排除”与“已经出现”的结论各有 {level:.0%} 的置信水平，其余为“尚不能排除”。",
            "Asked is whether the rate of return reaches {t:.3g}; 'ruled out' and 'found' hold at {level:.0%}, all else is 'not "
            "ruled out'.",
        ).format(t=self.threshold, level=self.level)
        notes = [Note("choice", asked), Note("choice", self._basis(counts))]
        if over is not None and len(table) > 1:
            text = Text("{n} 个地区同时检验：{how}。", "{n} places are asked together: {how}.")
            notes.append(Note("choice", text.format(n=len(table), how=_HOW[self.adjust])))
        untold = int(counts.untold.sum())
        if untold:
            text = Text(
                "{n} 个地区无法估计设计效应（无返贫、全部返贫或只有一个群组），{how}。",
                "The design effect of {n} places cannot be estimated (no return, nothing else, or one cluster): {how}.",
            )
            notes.append(Note("caution", text.format(n=untold, how=self._instead(counts))))
        if counts.df is not None and int(counts.returns.sum()) < FEW:
            text = Text(
                "样本中返贫仅 {n} 户：设计效应估计不稳，村间差异大时界限的实际覆盖率略低于标称（模拟中 95% 约为 91%–93%）。",
                "Only {n} returns were seen: design effects are then told poorly and, where villages differ much, bounds cover "
                "somewhat less than they say (in simulations 91 to 93 % for 95 %).",
            )
            notes.append(Note("caution", text.format(n=int(counts.returns.sum()))))
        if table["small"].any():
            text = Text("不足 {k} 户的单元不宜公布：共 {n} 个。", "Cells of fewer than {k} homes are not for publication: {n}.")
            notes.append(Note("caution", text.format(k=self.smallest, n=int(table["small"].sum()))))
        return tuple(notes)

    def _basis(self, counts: Counts) -> Text:
        if counts.df is not None:
            return Text(
                "界限按设计的有效样本量取（Korn–Graubard）。", "Bounds rest on effective counts by design (Korn–Graubard)."
            )
        if counts.population is None:
            return Text(
                "界限为二项分布精确界（Clopper–Pearson），假定受访户是随机抽取的。",
                "Bounds are exact binomial ones (Clopper–Pearson) and take the homes asked as drawn at random.",
            )
        if (counts.population == counts.n).all():
            return Text("全部住户均已调查，没有抽样误差。", "All homes were asked: there is no error of sampling.")
        return Text(
            "界限为超几何分布精确界，假定受访户是从该地住户中不放回随机抽取的。",
            "Bounds are exact hypergeometric ones and take the homes asked as drawn at random from those of the place.",
        )

    def _instead(self, counts: Counts) -> Text:
        effect = (counts.n / np.maximum(counts.spare, 1e-12))[counts.untold] if counts.spare is not None else np.ones(1)
        if self.design_effect is not None or (len(counts.n) > 1 and np.allclose(effect, effect[0])):
            return Text("取 {e:.3g}", "it is taken as {e:.3g}").format(e=float(effect[0]))
        return Text("每个群组按一户计", "each cluster counts as one home")


_HOW = {
    "holm": Text("p 值按 Holm 法校正，界限为单个地区的", "p-values are Holm's, bounds those of each place alone"),
    "bonferroni": Text(
        "p 值按 Bonferroni 法校正，界限为单个地区的", "p-values are Bonferroni's, bounds those of each place alone"
    ),
    "none": Text("p 值未作多重性校正", "p-values do not allow for that"),
}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ReturnVerdict(Answer):
    """Verdicts: `frame` has one row a place, `overall` one row of all together.

    Columns: the place, `returns` and `n` (homes seen, unweighted), `population` (if given), `n_effective` (samples by design),
    `estimate`, `std_error`, `ci_low`, `ci_high` (two-sided), `lower` and `upper` (one-sided bounds; `upper` is the smallest rate
    that is ruled out), `p_ruled_out` and `p_found` (of a rate at the threshold, adjusted), `verdict` ("ruled_out",
    "not_ruled_out", "found") and `small` (not for publication).
    """

    spec: BottomLine
    overall: pd.DataFrame


def _together(counts: Counts) -> Counts:
    """All places as one: of unequal shares drawn, by the weights they imply."""
    x, n = counts.returns.sum(keepdims=True), counts.n.sum(keepdims=True)
    if counts.population is None:
        rate = x / n
        return Counts(x, n, rate, np.sqrt(rate * (1 - rate) / np.maximum(n - 1, 1)))
    homes = counts.population
    if np.ptp(counts.n / homes) < 1e-12:
        rate, whole_population = x / n, homes.sum(keepdims=True)
        error = np.sqrt(rate * (1 - rate) * (1 - n / whole_population) / np.maximum(n - 1, 1))
        return Counts(x, n, rate, error, population=whole_population)
    part = homes / homes.sum()
    rate = np.array([part @ counts.rate])
    error = np.sqrt(np.array([part**2 @ np.nan_to_num(counts.std_error) ** 2]))
    kish = np.array([1 / (part**2 @ (1 / counts.n))])
    return Counts(x, n, rate, error, df=np.maximum(n - len(homes), 0).astype(float), spare=kish)
