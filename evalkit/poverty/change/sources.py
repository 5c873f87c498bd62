"""What each kind of income adds to poverty and inequality, and who is above the line by transfers alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import able
from evalkit.errors import NoAnswer, SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.poverty.columns import has_rows, is_level, line_per_row, names_of, numbers
from evalkit.poverty.estimates import Grouped, Measured
from evalkit.poverty.income.additive import ADDITIVE, additive_values, checked, counted_poor
from evalkit.stats.arrays import Array, Mask
from evalkit.stats.inequality import gini_influence
from evalkit.stats.parted import Parted
from evalkit.stats.ranks import significant
from evalkit.stats.shapley import shapley
from evalkit.terms import Text

MOST = 10  # sources: more make too many coalitions
FLAT = 1e-12  # a Gini coefficient that is no more is none: its source has no correlation with anything


def concentration_influence(part: Array, whole: Array, weights: Array, key: Array | None = None) -> tuple[float, Array]:
    """Σ w y_k (2F − 1)/Σ w y, what the source y_k adds to the Gini coefficient of the whole y; and its influence values.

    F is the mid-rank of the whole, or of `key`, in which wholes that differ in their last bits alone are ties. Over all
    sources it sums to the Gini coefficient. It is S_k C_k with S_k the share of the source in all income and C_k its
    concentration coefficient, or S_k G_k R_k with its own Gini coefficient and Gini correlation.

    Source: Lerman & Yitzhaki (1985), Review of Economics and Statistics 67:151–156.

    Examples
    --------
    >>> wage, transfer = np.array([0.0, 1.0, 5.0]), np.array([2.0, 1.0, 0.0])
    >>> [round(concentration_influence(kind, wage + transfer, np.ones(3))[0], 4) for kind in (wage, transfer)]
    [0.3333, -0.1111]
    """
    total, mean = float(weights.sum()), float(weights @ whole) / float(weights.sum())
    values, place = np.unique(whole if key is None else key, return_inverse=True)
    held, carried = (np.bincount(place, weights=x, minlength=len(values)) for x in (weights, weights * part))
    rank = ((np.cumsum(held) - held / 2) / total)[place]
    above = ((carried.sum() - np.cumsum(carried) + carried / 2) / total)[place]
    own = float(weights @ part) / total
    middle = float(weights @ (part * rank)) / total
    value = (2 * middle - own) / mean
    moved = 2 * (part * rank + above - 2 * middle) - (part - own)
    return value, (moved - value * (whole - mean)) / (mean * total)


@dataclass(frozen=True, slots=True, kw_only=True)
class GiniBySource:
    """What each source of income adds to the Gini coefficient of the whole: G = Σ_k S_k G_k R_k, exactly.

    Parameters
    ----------
    sources
        Columns of incomes by kind, such as wage, business, property and transfer; their sum is the whole.
    design
        How the rows were drawn.
    level
        Of the intervals.

    Examples
    --------
    >>> homes = pd.DataFrame({"wage": [0.0, 1.0, 5.0], "transfer": [2.0, 1.0, 0.0]})
    >>> found = GiniBySource(sources=("wage", "transfer")).measure(homes).frame
    >>> found[["source", "contribution", "income_share", "marginal"]].round(3).values.tolist()
    [['wage', 0.333, 0.667, 0.833], ['transfer', -0.111, 0.333, -0.833]]
    """

    sources: tuple[str, ...]
    design: SurveyDesign = SurveyDesign()
    level: float = 0.95

    def __post_init__(self) -> None:
        object.__setattr__(self, "sources", names_of(self.sources, who="GiniBySource sources"))
        able(self.design, "on", who="GiniBySource design", do="give a SurveyDesign")
        is_level(self.level, who="GiniBySource")

    def measure(self, frame: pd.DataFrame) -> SourceGini:
        """Contribution, share and marginal effect of each source.

        Raises
        ------
        DataError
            A column is absent, or holds gaps or text.
        NoAnswer
            The mean of all income is not positive, or all incomes are alike.
        """
        has_rows(frame, self.sources, who="GiniBySource")
        parts = {name: numbers(frame, name, who="GiniBySource") for name in self.sources}
        every, grouped = np.stack([*parts.values()]), Grouped.of(frame, None, self.design)
        whole = every.sum(axis=0)
        key = significant(whole, of=np.abs(every).sum(axis=0))
        w, mean = grouped.drawn.weights, float(grouped.parted.mean(whole)[0])
        found = f"a mean of {mean:.4g}"
        if mean <= 0:
            raise NoAnswer("the Gini coefficient by source needs a positive mean of all income", found=found)
        measured: dict[str, Measured] = {}
        for name, part in parts.items():
            value, own = concentration_influence(part, whole, w, key)
            measured[name] = np.array([value]), own
        total = sum(float(value[0]) for value, _ in measured.values())
        if not total > FLAT:
            raise NoAnswer("all incomes are alike, so that no source adds to their inequality", found=found)
        table = grouped.table(measured, frozenset(), self.level)
        table = table.rename(columns={"measure": "source", "estimate": "contribution"})
        income_share = np.array([float(w @ part) for part in parts.values()]) / float(w @ whole)
        own = np.array([_own_gini(part, grouped.parted) for part in parts.values()])
        scale = income_share * own
        varies = np.abs(np.nan_to_num(scale)) > FLAT
        correlation = np.divide(table["contribution"], scale, out=np.full(len(own), np.nan), where=varies)
        share = table["contribution"] / total
        table = table.assign(
            income_share=income_share, gini=own, correlation=correlation, share=share, marginal=share - income_share
        )
        text = Text("各来源贡献之和等于总收入的基尼系数。", "Contributions sum to the Gini coefficient of all income.")
        return SourceGini(spec=self, frame=table, gini=total, notes=(*grouped.drawn.notes, Note("choice", text)))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SourceGini(Answer):
    """Gini by source: `frame` has one row a source, and `gini` is that of all income.

    Columns: `source`, `contribution` with `std_error`, `ci_low`, `ci_high`; `n`; `income_share` S; `gini` G of the source itself
    (NaN where it has incomes below 0); `correlation` R (NaN also where it does not vary); `share` of the whole Gini; `marginal`:
    by what share the Gini coefficient changes where the source grows by 1 for all, per 1.
    """

    spec: GiniBySource
    gini: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PovertyBySource:
    """By how much each source of income lowers poverty: Shapley values over the orders in which incomes could be added.

    With no income at all everybody is poor (an index of 1); with all of it poverty is what it is; the parts of the sources sum
    exactly to the difference. Source: Shorrocks (2013), Journal of Economic Inequality 11:99–126.

    Parameters
    ----------
    sources
        Columns of incomes by kind, at most ten; their sum is the whole.
    line
        A number, or the column of lines.
    measures
        Any of "headcount", "gap" and "severity".
    design
        Its weights count.
    strict
        Whether an income at the line is not poor.

    Examples
    --------
    >>> homes = pd.DataFrame({"wage": [0.0, 120.0], "transfer": [60.0, 0.0]})
    >>> found = PovertyBySource(sources=("wage", "transfer"), line=100.0, measures=("headcount", "gap")).measure(homes)
    >>> found.frame[["measure", "source", "contribution"]].round(3).values.tolist()
    [['headcount', 'wage', -0.5], ['headcount', 'transfer', 0.0], ['gap', 'wage', -0.5], ['gap', 'transfer', -0.3]]
    """

    sources: tuple[str, ...]
    line: float | str
    measures: tuple[str, ...] = ADDITIVE[:3]
    design: SurveyDesign = SurveyDesign()
    strict: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "sources", names_of(self.sources, who="PovertyBySource sources"))
        checked(self, who="PovertyBySource")
        if "watts" in self.measures:
            raise SpecError("without income there is no Watts index, so that sources cannot be added to it", do="ask for others")
        if len(self.sources) > MOST:
            raise SpecError(f"PovertyBySource takes at most {MOST} sources", found=str(len(self.sources)), do="join some")

    @property
    def income(self) -> str:
        """The first source; all are incomes."""
        return self.sources[0]

    def measure(self, frame: pd.DataFrame, over: str | None = None) -> SourcePoverty:
        """The part of each source, of all or of each group of `over`.

        Raises
        ------
        DataError
            A column is absent, or holds gaps or text.
        """
        named = [*self.sources, *([self.line] if isinstance(self.line, str) else []), *([] if over is None else [over])]
        has_rows(frame, named, who="PovertyBySource")
        parts = np.stack([numbers(frame, name, who="PovertyBySource") for name in self.sources])
        line, grouped = line_per_row(frame, self.line, who="PovertyBySource"), Grouped.of(frame, over, self.design)

        def value(held: Mask) -> Array:
            income = parts[held].sum(axis=0)
            found = [grouped.parted.mean(additive_values(name, income, line, strict=self.strict)) for name in self.measures]
            return np.concatenate(found)

        phi = shapley(value, len(parts)).reshape(len(parts), len(self.measures), len(grouped.labels))
        rows = pd.MultiIndex.from_product([self.measures, grouped.labels, self.sources], names=["measure", over or "", "source"])
        table = pd.DataFrame({"contribution": phi.transpose(1, 2, 0).ravel()}, index=rows).reset_index()
        table = table if over is not None else table.drop(columns="")
        text = Text(
            "来源贡献为算术分解，不是取消该项收入的后果。",
            "The parts are arithmetic: no forecast of taking a source away.",
        )
        poor = counted_poor(strict=self.strict)
        return SourcePoverty(spec=self, frame=table, notes=(Note("choice", poor), Note("caution", text)))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SourcePoverty(Answer):
    """Poverty by source: `frame` has columns `measure`, the group, `source`, `contribution`; below 0 where it lowers poverty."""

    spec: PovertyBySource


def _own_gini(part: Array, parted: Parted) -> float:
    if (part < 0).any() or not (part > 0).any():
        return float("nan")
    return float(gini_influence(part, parted)[0][0])
