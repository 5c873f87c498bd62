"""How many are poor, how deeply, and how unequally: Foster–Greer–Thorbecke, Watts, Sen and Sen–Shorrocks–Thon."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import has_columns
from evalkit.errors import DataError, SpecError, several
from evalkit.panel.design import Sampled, SurveyDesign
from evalkit.stats.arrays import Array, Mask
from evalkit.stats.inequality import gini
from evalkit.stats.inference import plain_interval, ratio_influence, share_interval
from evalkit.terms import Text

MEASURES = ("headcount", "gap", "severity", "watts")


def is_poor(income: Array, line: Array, *, strict: bool = True) -> Mask:
    """Who is poor: below the line (strict, as the World Bank counts), or at it too (weak, as R's convey counts).

    Examples
    --------
    >>> is_poor(np.array([99.0, 100.0]), np.array([100.0, 100.0])), is_poor(np.array([100.0]), np.array([100.0]), strict=False)
    (array([ True, False]), array([ True]))
    """
    return income < line if strict else income <= line


def poverty_gaps(income: Array, line: Array, *, strict: bool = True) -> Array:
    """How far each falls short of the line, as a share of it: g = (z − y)/z of the poor, 0 of others; above 1 of incomes below 0.

    Examples
    --------
    >>> poverty_gaps(np.array([75.0, 150.0]), np.array([100.0, 100.0]))
    array([0.25, 0.  ])
    """
    return np.where(is_poor(income, line, strict=strict), (line - income) / line, 0.0)


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
    return float(weights @ _powered(income, line, alpha, strict=strict) / weights.sum())


def watts(income: Array, line: Array, weights: Array, *, strict: bool = True) -> float:
    """Watts (1968): the mean of ln(z/y) of the poor, over all; 0 where nobody is poor, without upper end.

    Divided by the growth rate of incomes it is the mean time of exit from poverty (Morduch 1998). Incomes must be positive.

    Examples
    --------
    >>> round(watts(np.array([100.0, 110.0, 150.0, 160.0]), np.full(4, 125.0), np.ones(4)), 4)
    0.0877
    """
    return float(weights @ _logged(income, line, strict=strict) / weights.sum())


def sen(income: Array, line: Array, weights: Array, *, strict: bool = True) -> float:
    """Sen (1976), for large populations: H [I + (1 − I) G_p] with I the mean gap of the poor and G_p the Gini of their incomes.

    Examples
    --------
    >>> x = np.array([541.0, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261])  # documentation of R's ineq
    >>> round(sen(x, np.full(10, 2000.0), np.ones(10)), 5)
    0.12285
    """
    poor = is_poor(income, line, strict=strict)
    if not weights[poor].any():
        return 0.0
    head = float(weights[poor].sum() / weights.sum())
    gap = float(weights[poor] @ ((line - income) / line)[poor] / weights[poor].sum())
    return head * (gap + (1 - gap) * gini((income / line)[poor], weights[poor]))


def sen_shorrocks_thon(income: Array, line: Array, weights: Array, *, strict: bool = True) -> float:
    """Sen–Shorrocks–Thon: P₁ (1 + G(g)) with G the Gini of the gaps of all, poor or not; in [0, 1].

    Source: Shorrocks (1995), Econometrica 63:1225–1230.

    Examples
    --------
    >>> x = np.array([541.0, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261])
    >>> round(sen_shorrocks_thon(x, np.full(10, 2000.0), np.ones(10)), 5)
    0.18425
    """
    gaps = poverty_gaps(income, line, strict=strict)
    mean = float(weights @ gaps / weights.sum())
    return mean * (1 + gini(gaps, weights)) if mean > 0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PovertyIndices:
    """Headcount ratio, poverty gap, severity and Watts index of households or persons, with honest standard errors.

    Parameters
    ----------
    income
        The column of incomes, in the unit of the line; a person's share of it if persons are counted.
    line
        The poverty line: a number, or the column that holds it row by row.
    design
        How the rows were drawn.
    strict
        Whether an income at the line is not poor (True) or poor.
    level
        Of the intervals; on the logit scale for the headcount ratio, by Student's t with the design's degrees of freedom.

    Examples
    --------
    >>> homes = pd.DataFrame({"income": [100.0, 110.0, 150.0, 160.0, 90.0, 300.0], "county": list("aaabbb")})
    >>> found = PovertyIndices(income="income", line=125.0).measure(homes, over="county")
    >>> found.frame.loc[found.frame["measure"] == "headcount", ["county", "estimate", "n"]].round(3).values.tolist()
    [['a', 0.667, 3], ['b', 0.333, 3]]
    """

    income: str
    line: float | str
    design: SurveyDesign = SurveyDesign()
    strict: bool = True
    level: float = 0.95

    def __post_init__(self) -> None:
        if not isinstance(self.line, str) and not self.line > 0:
            raise SpecError("a poverty line must be positive", found=str(self.line))
        if not 0 < self.level < 1:
            raise SpecError("PovertyIndices level must lie between 0 and 1", found=str(self.level))

    def measure(self, frame: pd.DataFrame, over: str | None = None) -> PovertyEstimates:
        """The indices of all rows, or of each group of `over`.

        Raises
        ------
        DataError
            A column is absent or holds a gap, or a line is not positive.
        """
        income, line = self._figures(frame, over)
        values = {name: _powered(income, line, alpha, strict=self.strict) for alpha, name in enumerate(MEASURES[:3])}
        below = int((income[is_poor(income, line, strict=self.strict)] <= 0).sum())
        if not below:
            values["watts"] = _logged(income, line, strict=self.strict)
        drawn = self.design.on(frame)
        groups = {None: np.ones(len(frame))} if over is None else _groups(frame[over])
        rows, influence = [], []
        for group, inside in groups.items():
            for name, value in values.items():
                estimate, own = ratio_influence(value * inside, inside, drawn.weights)
                head = {"measure": name} if over is None else {"measure": name, over: group}
                rows.append({**head, "estimate": estimate, "n": int(inside.sum())})
                influence.append(own)
        return PovertyEstimates(
            spec=self,
            frame=self._with_errors(pd.DataFrame(rows), np.stack(influence), drawn),
            influence=np.stack(influence),
            notes=self._notes(below),
        )

    def _figures(self, frame: pd.DataFrame, over: str | None) -> tuple[Array, Array]:
        named = [self.income, *([self.line] if isinstance(self.line, str) else []), *([over] if over is not None else [])]
        has_columns(frame, named, who="PovertyIndices")
        gaps = [name for name in named if frame[name].isna().any()]
        if gaps:
            raise DataError(f"columns [{several(gaps)}] hold gaps", do="fill them, or leave the rows out and say so")
        income = frame[self.income].to_numpy(dtype=float)
        line = frame[self.line].to_numpy(dtype=float) if isinstance(self.line, str) else np.full(len(frame), float(self.line))
        if not (line > 0).all():
            raise DataError(f"poverty lines '{self.line}' must be positive", found=f"{int((line <= 0).sum())} that are not")
        return income, line

    def _with_errors(self, frame: pd.DataFrame, influence: Array, drawn: Sampled) -> pd.DataFrame:
        estimate, error = frame["estimate"].to_numpy(), np.sqrt(np.diag(drawn.covariance(influence)))
        low, high = plain_interval(estimate, error, drawn.df, self.level)
        share = (frame["measure"] == "headcount").to_numpy()
        low[share], high[share] = share_interval(estimate[share], error[share], drawn.df, self.level)
        n = frame.pop("n")
        return frame.assign(std_error=error, ci_low=low, ci_high=high, n=n)

    def _notes(self, below: int) -> tuple[Note, ...]:
        side = Text("低于贫困线", "below the line") if self.strict else Text("不高于贫困线", "at or below the line")
        notes = [Note("choice", Text("收入{side}者计为贫困。", "Whose income is {side} is counted as poor.").format(side=side))]
        if below:
            text = Text("{n} 行收入不为正，Watts 指数无定义。", "{n} incomes are not positive, so there is no Watts index.")
            notes.append(Note("left_out", text.format(n=below)))
        return tuple(notes)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PovertyEstimates(Answer):
    """Poverty indices: `frame` has columns `measure`, the group, `estimate`, `std_error`, `ci_low`, `ci_high` and `n` (rows).

    `influence`, of shape (estimates, rows), is what each row of the frame that was asked does to each estimate.
    """

    influence: Array


def _powered(income: Array, line: Array, alpha: float, *, strict: bool) -> Array:
    """g^α of the poor, 0 of others."""
    if alpha == 0:
        return is_poor(income, line, strict=strict).astype(float)
    return poverty_gaps(income, line, strict=strict) ** alpha


def _logged(income: Array, line: Array, *, strict: bool) -> Array:
    """ln(z/y) of the poor, 0 of others."""
    return np.log(line / np.where(is_poor(income, line, strict=strict), income, line))


def _groups(column: pd.Series) -> dict[object, Array]:
    """Which rows belong to each group, groups in order."""
    return {group: (column == group).to_numpy().astype(float) for group in sorted(column.unique())}
