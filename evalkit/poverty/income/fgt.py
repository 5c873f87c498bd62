"""How many are poor, how deeply, and how unequally: Foster–Greer–Thorbecke, Watts, Sen and Sen–Shorrocks–Thon."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import able, flag, one_of, positive, shown
from evalkit.errors import NoAnswer, SpecError, several
from evalkit.panel.design import SurveyDesign
from evalkit.poverty.columns import groups_of, has_rows, is_level, is_line, is_name, line_per_row, names_of, numbers
from evalkit.poverty.estimates import Grouped, Measured, Shift
from evalkit.poverty.income.additive import counted_poor
from evalkit.poverty.income.gaps import gap_powers, is_poor, log_gaps, poverty_gaps
from evalkit.poverty.income.sen import sen_influence, thon_influence
from evalkit.poverty.lines.level import odd_lines
from evalkit.poverty.lines.lines import RelativeLine
from evalkit.poverty.words import measure_names
from evalkit.stats.arrays import Array, Codes, pieces
from evalkit.stats.parted import Parted
from evalkit.stats.quantiles import densities
from evalkit.stats.ranks import HALF
from evalkit.terms import Text

MEASURES = ("headcount", "gap", "severity", "watts")
EVERY = (*MEASURES, "sen", "sen_shorrocks_thon", "exit_time")
BOUNDED = frozenset({"headcount", "gap", "severity", "sen", "sen_shorrocks_thon"})  # in [0, 1] where no income is below 0
LOGS = ("watts", "exit_time")  # they need positive incomes of the poor


def fgt(income: Array, line: Array, weights: Array, alpha: float, *, strict: bool = True) -> float:
    """Foster–Greer–Thorbecke P_α = Σ w g^α / Σ w over all: α = 0 the headcount ratio, 1 the poverty gap, 2 severity; in [0, 1].

    0: nobody is poor; 1: all are, with no income at all (or, of α = 0, whatever they have). It does not change when a
    person who is not poor grows richer (focus), and is the mean of its groups weighted by their size.
    Source: Foster, Greer & Thorbecke (1984), Econometrica 52:761–766.

    Examples
    --------
    >>> y, z = np.array([100.0, 110.0, 150.0, 160.0]), np.full(4, 125.0)  # World Bank Handbook, chapter 4
    >>> [round(fgt(y, z, np.ones(4), alpha), 4) for alpha in (0, 1, 2)]
    [0.5, 0.08, 0.0136]
    """
    return float(weights @ gap_powers(income, line, alpha, strict=strict) / weights.sum())


def watts(income: Array, line: Array, weights: Array, *, strict: bool = True) -> float:
    """Watts (1968): the mean of ln(z/y) of the poor, over all; 0 where nobody is poor, without upper end.

    Divided by the growth rate of incomes it is the mean time of exit from poverty (Morduch 1998). Incomes must be positive.

    Examples
    --------
    >>> round(watts(np.array([100.0, 110.0, 150.0, 160.0]), np.full(4, 125.0), np.ones(4)), 4)
    0.0877
    """
    return float(weights @ log_gaps(income, line, strict=strict) / weights.sum())


def exit_time(income: Array, line: Array, weights: Array, growth: float, *, strict: bool = True) -> float:
    """Mean years until all have left poverty, were every income to grow at the rate `growth` a year: Watts/growth, over all.

    Those who are not poor count 0; over the poor alone it is that over the headcount ratio. It is a measure of distance and no
    forecast. Source: Morduch (1998), Economics Letters 59:385–390.

    Examples
    --------
    >>> round(exit_time(np.array([100.0, 110.0, 150.0, 160.0]), np.full(4, 125.0), np.ones(4), 0.05), 4)
    1.7549
    """
    return watts(income, line, weights, strict=strict) / growth


def fgt_indices(income: Array, line: Array | float, weights: Array | None = None, *, strict: bool = True) -> Array:
    """P₀, P₁ and P₂ at once, of shape (3,), in pieces that stay in the cache: for long columns.

    `line` is one number or one for each row; without weights all count alike.

    Examples
    --------
    >>> fgt_indices(np.array([100.0, 110.0, 150.0, 160.0]), 125.0).round(4)
    array([0.5   , 0.08  , 0.0136])
    """
    sums = np.zeros(3)
    for rows in pieces(len(income)):
        y, z = income[rows], line if isinstance(line, float | int) else line[rows]
        gap = y / z
        np.subtract(1.0, gap, out=gap)
        poor = gap > HALF if strict else gap >= -HALF
        gap[gap <= HALF] = 0.0
        if weights is None:
            sums += np.count_nonzero(poor), gap.sum(), gap @ gap
        else:
            w = weights[rows]
            weighted = w * gap
            sums += w @ poor, weighted.sum(), weighted @ gap
    return sums / (len(income) if weights is None else weights.sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class PovertyIndices:
    """Headcount ratio, poverty gap, severity, Watts and others, of households or persons, with honest standard errors.

    Parameters
    ----------
    income
        The column of incomes, in the unit of the line; a person's share of it if persons are counted.
    line
        The poverty line: a number, the column that holds it row by row, or a `RelativeLine`, whose own error is then counted.
    measures
        Any of "headcount", "gap", "severity", "watts", "sen", "sen_shorrocks_thon" and "exit_time".
    growth
        Of all incomes a year, for the exit time: 0.05 is five percent.
    design
        How the rows were drawn.
    strict
        Whether an income at the line is not poor (True) or poor.
    level
        Of the intervals, by Student's t with the degrees of freedom of the group. Indices in [0, 1] have theirs on the logit
        scale, which stays there (the headcount ratio only where incomes are below 0); at 0 or 1 exact bounds, see
        `bounded_interval`.

    Examples
    --------
    >>> homes = pd.DataFrame({"income": [100.0, 110.0, 150.0, 160.0, 90.0, 300.0], "county": list("aaabbb")})
    >>> found = PovertyIndices(income="income", line=125.0).measure(homes, over="county")
    >>> found.frame.loc[found.frame["measure"] == "headcount", ["county", "estimate", "n"]].round(3).values.tolist()
    [['a', 0.667, 3], ['b', 0.333, 3]]
    """

    income: str
    line: float | str | RelativeLine
    measures: tuple[str, ...] = MEASURES
    growth: float | None = None
    design: SurveyDesign = SurveyDesign()
    strict: bool = True
    level: float = 0.95

    def __post_init__(self) -> None:
        is_name(self.income, who="PovertyIndices income")
        able(self.design, "on", who="PovertyIndices design", do="give a SurveyDesign")
        flag(self.strict, who="PovertyIndices strict")
        is_level(self.level, who="PovertyIndices")
        object.__setattr__(self, "measures", names_of(self.measures, who="PovertyIndices measures"))
        for name in self.measures:
            one_of(name, EVERY, who="a measure of PovertyIndices")
        if self.growth is not None:
            positive(self.growth, who="PovertyIndices growth")
        if "exit_time" in self.measures and self.growth is None:
            raise SpecError("the exit time needs a rate of growth", do="give growth=0.05 for five percent a year")
        if not isinstance(self.line, RelativeLine):
            is_line(self.line, who="PovertyIndices")
        elif {"sen", "sen_shorrocks_thon"} & set(self.measures):
            do = "measure the line first, and give it as a number"
            raise SpecError("errors of the Sen indices do not count that of a relative line", found=shown(self.line), do=do)

    def measure(self, frame: pd.DataFrame, over: str | None = None) -> PovertyEstimates:
        """The indices of all rows, or of each group of `over`.

        Raises
        ------
        SpecError
            `frame` is no frame.
        DataError
            A column is absent, holds a gap or text, or a line is not positive.
        NoAnswer
            Only measures were asked that these incomes do not have.
        """
        named = [self.income, *([self.line] if isinstance(self.line, str) else []), *([] if over is None else [over])]
        has_rows(frame, named, who="PovertyIndices")
        income, grouped = numbers(frame, self.income, who="PovertyIndices"), Grouped.of(frame, over, self.design)
        line, moved = self._drawn_line(frame, income, grouped)
        odd = () if moved is not None else odd_lines(income, line, grouped.parted.codes, grouped.labels)
        below = int((income[is_poor(income, line, strict=self.strict)] <= 0).sum())
        measures = [name for name in self.measures if not (below and name in LOGS)]
        if not measures:
            found = f"{below} incomes that are not positive"
            raise NoAnswer(
                f"{several(self.measures)} need positive incomes of the poor", found=found, do="ask for other measures"
            )
        measured = {name: self._one(name, income, line, grouped.parted) for name in measures}
        shifts: dict[str, Shift] = {}
        if moved is not None:
            measured, shifts = self._with_line(measured, (income, line), grouped, moved)
        return PovertyEstimates(
            spec=self,
            frame=grouped.table(measured, BOUNDED if (income >= 0).all() else BOUNDED & {"headcount"}, self.level, shifts),
            influence=pd.DataFrame({name: own for name, (_, own) in measured.items()}, index=frame.index),
            line=line,
            notes=(*grouped.drawn.notes, *odd, *self._notes(below)),
        )

    def _drawn_line(self, frame: pd.DataFrame, income: Array, grouped: Grouped) -> tuple[Array, tuple[Array, Parted] | None]:
        """The line of each row; of a relative one also its influence values and the groups it is drawn for."""
        if not isinstance(self.line, RelativeLine):
            return line_per_row(frame, self.line, who="PovertyIndices"), None
        rule = self.line
        if rule.over is not None:
            has_rows(frame, [rule.over], who="RelativeLine over")
            if grouped.over not in (None, rule.over):
                do = "group the estimates as the line, or draw one line for all"
                raise SpecError(f"lines are drawn by '{rule.over}', estimates by '{grouped.over}'", do=do)
        codes, labels = groups_of(frame, rule.over)
        parted = Parted.of(grouped.drawn.weights, codes, len(labels))
        line = parted.rows(rule.values(income, parted))
        return np.broadcast_to(line, income.shape), (rule.influence(income, parted), parted)

    def _one(self, name: str, income: Array, line: Array, parted: Parted) -> Measured:
        if name == "sen":
            return sen_influence(income, line, parted, strict=self.strict)
        if name == "sen_shorrocks_thon":
            return thon_influence(poverty_gaps(income, line, strict=self.strict), parted)
        if name in LOGS:
            value = log_gaps(income, line, strict=self.strict) / (self.growth if name == "exit_time" and self.growth else 1.0)
        else:
            value = gap_powers(income, line, MEASURES.index(name), strict=self.strict)
        estimate = parted.mean(value)
        return estimate, parted.per(value - parted.rows(estimate))

    def _with_line(
        self, measured: dict[str, Measured], rows: tuple[Array, Array], grouped: Grouped, moved: tuple[Array, Parted]
    ) -> tuple[dict[str, Measured], dict[str, Shift]]:
        """Influence values with that of the line: on the own group where each has its line, else on all groups."""
        influence, drawn_for = moved
        apart = drawn_for.codes is None and grouped.parted.codes is not None
        by = grouped.parted if apart else drawn_for
        slopes = {name: self._slope(name, *rows, by) for name in measured}
        if apart:
            return measured, {name: Shift(slope, influence) for name, slope in slopes.items()}
        part = by.total / by.total.sum() if grouped.parted.codes is None else 1.0
        return {name: (v, own + by.rows(slopes[name] * part) * influence) for name, (v, own) in measured.items()}, {}

    def _slope(self, name: str, income: Array, line: Array, parted: Parted) -> Array:
        """How fast a measure of each group rises with its line."""
        poor = is_poor(income, line, strict=self.strict)
        if name == "headcount":
            first = np.zeros(parted.count, dtype=np.intp) if parted.codes is None else _first(parted.codes, parted.count)
            return densities(income, parted, line[first])
        if name in LOGS:
            return parted.mean(poor / line) / (self.growth if name == "exit_time" and self.growth else 1.0)
        power = MEASURES.index(name)
        return parted.mean(poor * power * poverty_gaps(income, line, strict=self.strict) ** (power - 1) * (income / line) / line)

    def _notes(self, below: int) -> tuple[Note, ...]:
        notes = [Note("choice", counted_poor(strict=self.strict))]
        if isinstance(self.line, RelativeLine):
            of = Text("中位数", "median") if self.line.of == "median" else Text("平均数", "mean")
            said = Text(
                "贫困线为收入{of}的 {x} 倍，误差包括线的抽样误差。", "The line is {x} of the {of} income; errors count its own."
            )
            notes.append(Note("choice", said.format(of=of, x=f"{self.line.share:g}")))
        lost = [name for name in self.measures if below and name in LOGS]
        if lost:
            text = Text("{n} 行收入不为正，未计算 {which}。", "{n} incomes of the poor are not positive: {which} is left out.")
            notes.append(Note("left_out", text.format(n=below, which=measure_names(lost))))
        if "exit_time" in self.measures and not below:
            years = Text("脱贫时间假定收入每年增长 {x}%，并非预测。", "Exit time takes incomes to grow by {x} % a year.")
            notes.append(Note("choice", years.format(x=f"{100 * float(self.growth or 0):g}")))
        return tuple(notes)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PovertyEstimates(Answer):
    """Poverty indices: `frame` has columns `measure`, the group, `estimate`, `std_error`, `ci_low`, `ci_high` and `n` (rows).

    `influence`, on the index that was asked with one column a measure, is what a little more weight of each row does to the
    estimate of its own group; `line` is the line of each row.
    """

    influence: pd.DataFrame
    line: Array


def _first(codes: Codes, count: int) -> Codes:
    """The first row of each group."""
    first = np.zeros(count, dtype=np.intp)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    return first
