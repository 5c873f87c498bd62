"""What groups add to poverty and to inequality: parts that sum exactly to the whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import able, real, shown
from evalkit.errors import NoAnswer, SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.poverty.columns import has_rows, is_level, is_name, numbers
from evalkit.poverty.estimates import Grouped, Measured
from evalkit.poverty.income.additive import ADDITIVE, additive_values, checked, counted_poor, incomes_and_lines
from evalkit.poverty.income.inequality import entropy_name
from evalkit.poverty.words import measure_names
from evalkit.stats.arrays import Array
from evalkit.stats.inequality import entropy_influence
from evalkit.stats.parted import Parted
from evalkit.terms import Text

PARTS = ("total", "within", "between")


def between_influence(x: Array, parted: Parted, alpha: float) -> tuple[float, Array]:
    """GE(α) between groups, each person having the mean of the group; and its influence values, (rows,).

    Examples
    --------
    >>> parted = Parted.of(np.ones(4), np.array([0, 0, 1, 1]), 2)
    >>> round(between_influence(np.array([1.0, 3.0, 4.0, 8.0]), parted, 1)[0], 4)  # of means 2 and 6
    0.1308
    """
    whole = Parted.of(parted.weights)
    mean = parted.mean(x) / whole.mean(x)[0]  # of groups, over that of all
    share = parted.total / whole.total[0]
    y, m = x / whole.mean(x)[0], parted.rows(mean)
    if alpha == 0:
        value = -float(share @ np.log(mean))
        own = y - 1 - np.log(m) - (y / m - 1) - value
    elif alpha == 1:
        value = float(share @ (mean * np.log(mean)))
        own = y * np.log(m) + y - m - value * y - (y - 1)
    else:
        middle, scale = float(share @ mean**alpha), alpha * (alpha - 1)
        value = (middle - 1) / scale
        own = ((1 - alpha) * m**alpha + alpha * m ** (alpha - 1) * y + middle * (alpha - 1 - alpha * y)) / scale
    return value, own / whole.total[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class PovertyBySubgroup:
    """What each group adds to poverty: P = Σ_g s_g P_g, with s_g its share of the population; parts sum exactly to the whole.

    Parameters
    ----------
    income, line, design, strict, level
        As of `PovertyIndices`; the line is a number or a column.
    over
        The column of groups.
    measures
        Any of "headcount", "gap", "severity" and "watts".

    Notes
    -----
    Source: Foster, Greer & Thorbecke (1984), Econometrica 52:761–766.

    Examples
    --------
    >>> homes = pd.DataFrame({"income": [50.0, 150.0, 80.0, 90.0], "county": list("aabb")})
    >>> found = PovertyBySubgroup(income="income", line=100.0, over="county", measures=("gap",)).measure(homes)
    >>> found.frame[["county", "population_share", "index", "contribution", "share"]].round(3).values.tolist()
    [['a', 0.5, 0.25, 0.125, 0.625], ['b', 0.5, 0.15, 0.075, 0.375]]
    """

    income: str
    line: float | str
    over: str
    measures: tuple[str, ...] = ADDITIVE[:3]
    design: SurveyDesign = SurveyDesign()
    strict: bool = True
    level: float = 0.95

    def __post_init__(self) -> None:
        checked(self, who="PovertyBySubgroup")
        is_name(self.over, who="PovertyBySubgroup over")

    def measure(self, frame: pd.DataFrame) -> SubgroupPoverty:
        """Share, index and contribution of each group, with the error of the contribution.

        Raises
        ------
        DataError
            A column is absent, or holds gaps or text.
        NoAnswer
            The Watts index is asked of incomes that are not positive.
        """
        income, line = incomes_and_lines(self, frame, [self.over], who="PovertyBySubgroup")
        groups, all_rows = Grouped.of(frame, self.over, self.design), Grouped.of(frame, None, self.design)
        part = groups.parted.total / all_rows.parted.total[0]
        tables, none = [], list[str]()
        for name in self.measures:
            value = additive_values(name, income, line, strict=self.strict)
            index, whole = groups.parted.mean(value), float(all_rows.parted.mean(value)[0])
            table = groups.contributions(value)
            share = table["contribution"] / whole if whole > 0 else 0.0
            none += [] if whole > 0 else [name]
            tables.append(table.assign(measure=name, population_share=part, index=index, share=share))
        columns = ["measure", self.over, "population_share", "index", "contribution", "std_error", "share", "n"]
        notes = [Note("choice", counted_poor(strict=self.strict))]
        notes.append(Note("choice", Text("各组贡献之和等于总体。", "Contributions of the groups sum to the whole.")))
        if none:
            text = Text("{which}为 0，各组所占份额记为 0。", "{which} is 0: shares of it are given as 0.")
            notes.append(Note("caution", text.format(which=measure_names(none))))
        return SubgroupPoverty(
            spec=self, frame=pd.concat(tables, ignore_index=True)[columns], notes=(*groups.drawn.notes, *notes)
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SubgroupPoverty(Answer):
    """Poverty by group: `frame` has one row a measure and group.

    Columns: `measure`, the group, `population_share`, `index` (of the group), `contribution` (population share times index) with
    its `std_error`, `share` (of the whole index; 0 where that is 0) and `n` (rows).
    """

    spec: PovertyBySubgroup


@dataclass(frozen=True, slots=True, kw_only=True)
class InequalityBySubgroup:
    """Inequality within and between groups: GE(α) = Σ_g s_g m_g^α GE_g(α) + GE of the group means, exactly.

    s_g is the share of the population and m_g the group's mean over that of all. For α = 0 groups weigh by their people, for
    α = 1 by their income.

    Parameters
    ----------
    income, design, level
        As of `Inequality`.
    over
        The column of groups.
    alpha
        Any numbers: 0 the mean log deviation, 1 Theil's index.

    Notes
    -----
    Source: Shorrocks (1984), Econometrica 52:1369–1385.

    Examples
    --------
    >>> homes = pd.DataFrame({"income": [1.0, 3.0, 4.0, 8.0], "county": list("aabb")})
    >>> found = InequalityBySubgroup(income="income", over="county", alpha=(1,)).measure(homes).frame
    >>> found[["part", "estimate"]].round(4).values.tolist()
    [['total', 0.206], ['within', 0.0752], ['between', 0.1308]]
    """

    income: str
    over: str
    alpha: tuple[float, ...] = (0, 1)
    design: SurveyDesign = SurveyDesign()
    level: float = 0.95

    def __post_init__(self) -> None:
        is_name(self.income, who="InequalityBySubgroup income")
        is_name(self.over, who="InequalityBySubgroup over")
        able(self.design, "on", who="InequalityBySubgroup design", do="give a SurveyDesign")
        is_level(self.level, who="InequalityBySubgroup")
        every = tuple(self.alpha) if isinstance(self.alpha, tuple | list) else (self.alpha,)
        if not every or not all(real(a) and np.isfinite(a) for a in every) or len(set(every)) < len(every):
            raise SpecError("InequalityBySubgroup alpha must be finite numbers, each once", found=shown(self.alpha))
        object.__setattr__(self, "alpha", tuple(float(a) for a in every))

    def measure(self, frame: pd.DataFrame) -> SubgroupInequality:
        """Total, within and between for each α, and what each group is.

        Raises
        ------
        DataError
            A column is absent, or holds gaps or text.
        NoAnswer
            An income is not positive, which entropy cannot take.
        """
        has_rows(frame, [self.income, self.over], who="InequalityBySubgroup")
        x = numbers(frame, self.income, who="InequalityBySubgroup")
        if not (x > 0).all():
            found = f"{int((x <= 0).sum())} that are not"
            raise NoAnswer("entropy within and between groups needs positive incomes", found=found, do="leave them out, by name")
        groups, all_rows = Grouped.of(frame, self.over, self.design), Grouped.of(frame, None, self.design)
        parts: dict[str, Measured] = {}
        tables = []
        for alpha in self.alpha:
            name = entropy_name(alpha)
            total, own = entropy_influence(x, all_rows.parted, alpha)
            between, of_means = between_influence(x, groups.parted, alpha)
            inside, table = _within(x, groups, alpha)
            tables.append(table.assign(measure=name))
            made = (total, own), (np.array([inside]), own - of_means), (np.array([between]), of_means)
            parts |= {f"{name}/{part}": values for part, values in zip(PARTS, made, strict=True)}
        frame_of = all_rows.table(parts, frozenset(), self.level)
        frame_of.insert(1, "part", frame_of["measure"].str.split("/").str[1])
        text = Text("组内与组间之和等于总体。", "Within and between sum to the total.")
        return SubgroupInequality(
            spec=self,
            frame=frame_of.assign(measure=frame_of["measure"].str.split("/").str[0]),
            groups=pd.concat(tables, ignore_index=True),
            notes=(*groups.drawn.notes, Note("choice", text)),
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SubgroupInequality(Answer):
    """Inequality within and between groups.

    `frame` has columns `measure`, `part` (total, within, between), `estimate`, `std_error`, `ci_low`, `ci_high` and `n`. `groups`
    has one row a group and measure: `population_share`, `income_share`, `index` (inequality inside), `within` (what it adds to
    the part within) and `n`.
    """

    spec: InequalityBySubgroup
    groups: pd.DataFrame


def _within(x: Array, groups: Grouped, alpha: float) -> tuple[float, pd.DataFrame]:
    """The part within groups, and what each group is."""
    parted = groups.parted
    share, whole = parted.total / parted.total.sum(), float(parted.weights @ x) / float(parted.total.sum())
    mean, index = parted.mean(x) / whole, entropy_influence(x, parted, alpha)[0]
    added = np.where(share > 0, share * mean**alpha * index, 0.0)
    columns = {
        groups.over or "": list(groups.labels),
        "population_share": share,
        "income_share": share * mean,
        "index": index,
        "within": added,
        "n": groups.n,
    }
    return float(np.nansum(added)), pd.DataFrame(columns)
