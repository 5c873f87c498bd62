"""What growth and what redistribution did to poverty between two waves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import one_of
from evalkit.errors import DataError, NoAnswer
from evalkit.panel.design import SurveyDesign, wave_covariance
from evalkit.poverty.columns import odd
from evalkit.poverty.dynamics.waves import BASES, Base, Wave, base_notes, waves_of
from evalkit.poverty.income.additive import ADDITIVE, checked
from evalkit.poverty.income.fgt import fgt_indices
from evalkit.stats.arrays import Array
from evalkit.stats.inference import plain_interval
from evalkit.terms import Text

PARTS = ("first", "last", "change", "growth", "redistribution", "residual")
ENDS = np.array([[1.0, 0, 0, 0], [0, 0, 0, 1], [-1, 0, 0, 1]])  # first, last and change, of P(μ_u, L_t) in order 00, 01, 10, 11


def growth_redistribution(poverty: Array, base: Base = "average") -> Array:
    """Growth, redistribution and residual, of shape (3, …), of P at means μ₀, μ₁ (axis 0) and distributions L₀, L₁ (axis 1).

    Base "first": G = P(μ₁, L₀) − P(μ₀, L₀), D = P(μ₀, L₁) − P(μ₀, L₀), and what is left over; "last" takes the other as given,
    and what is left over changes its sign; "average" of both is the Shapley value, which leaves nothing over.

    Source: Datt & Ravallion (1992), Journal of Development Economics 38:275–295; Shorrocks (2013), Journal of Economic Inequality
    11:99–126.

    Examples
    --------
    >>> at = np.array([[0.40, 0.42], [0.30, 0.31]])  # P(μ₀, L₀), P(μ₀, L₁); P(μ₁, L₀), P(μ₁, L₁)
    >>> [growth_redistribution(at, base).round(3).tolist() for base in ("first", "average")]
    [[-0.1, 0.02, -0.01], [-0.105, 0.015, 0.0]]
    """
    growth, spread = poverty[1] - poverty[0], poverty[:, 1] - poverty[:, 0]
    change = poverty[1, 1] - poverty[0, 0]
    if base == "average":
        return np.stack([growth.mean(axis=0), spread.mean(axis=0), np.zeros_like(change)])
    at = BASES.index(base)
    return np.stack([growth[at], spread[at], change - growth[at] - spread[at]])


def poverty_at_means(
    incomes: tuple[Array, Array], line: float, weights: tuple[Array, Array] | None = None, *, strict: bool = True
) -> Array:
    """P₀, P₁ and P₂ at means μ_u (axis 0) and distributions L_t (axis 1), of shape (2, 2, 3): for long columns.

    Incomes of the two waves may differ in number, and stay where they are: P of wave t at the mean of wave u is P of its incomes
    at the line z μ_t/μ_u. Where lines differ, give incomes as shares of their line, and 1.

    Examples
    --------
    >>> at = poverty_at_means((np.array([50.0, 90, 160]), np.array([60.0, 108, 192])), 100.0)
    >>> growth_redistribution(at)[:, 0].round(3).tolist()
    [-0.333, 0.0, 0.0]
    """
    held = (None, None) if weights is None else weights
    mean = [y.mean() if w is None else w @ y / w.sum() for y, w in zip(incomes, held, strict=True)]
    moved = [[line * float(mean[t] / mean[u]) for t in (0, 1)] for u in (0, 1)]
    return np.stack([[fgt_indices(incomes[t], z[t], held[t], strict=strict) for t in (0, 1)] for z in moved])


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthRedistribution:
    """The change of poverty between two waves, parted into that of the mean and that of the distribution about it.

    Growth is what would have come of all incomes changing alike; redistribution of a distribution that changed about one mean.
    It is arithmetic of two distributions and says nothing of what caused either. The line is moved and not the incomes: P of
    wave t at the mean of wave u is P of its incomes at the line z μ_t/μ_u.

    Parameters
    ----------
    income
        The column of incomes, in prices of one year (see `Deflator`).
    line
        A number, or the column of lines; where they differ, incomes count as shares of their line.
    measures
        Any of "headcount", "gap", "severity" and "watts".
    base
        "first" or "last" wave, which leave a residual, or "average" (Shapley), which leaves none.
    design
        How the rows of both waves were drawn, by columns of one name. Clusters of one name are the same, which errors count.
    strict
        Whether an income at the line is not poor.
    level
        Of the intervals, plain, by Student's t.

    Examples
    --------
    >>> before, after = pd.DataFrame({"y": [50.0, 90, 160]}), pd.DataFrame({"y": [60.0, 108, 192]})
    >>> change = GrowthRedistribution(income="y", line=100.0, measures=("headcount",)).measure(before, after)
    >>> change.frame.set_index("part")["estimate"].loc[["change", "growth", "redistribution"]].round(3).tolist()
    [-0.333, -0.333, 0.0]
    """

    income: str
    line: float | str
    measures: tuple[str, ...] = ADDITIVE[:3]
    base: Base = "average"
    design: SurveyDesign = SurveyDesign()
    strict: bool = True
    level: float = 0.95

    def __post_init__(self) -> None:
        checked(self, who="GrowthRedistribution")
        one_of(str(self.base), BASES, who="GrowthRedistribution base")

    def measure(self, before: pd.DataFrame, after: pd.DataFrame, over: str | None = None) -> PovertyChangeParts:
        """The parts of the change, of all or of each group of `over`, with errors.

        Raises
        ------
        DataError
            A column is absent or holds gaps, or a group is in one wave only.
        NoAnswer
            A mean income is not positive, so that no growth can bring it to another.
        """
        waves = waves_of(self, (before, after), over, who="GrowthRedistribution")
        if waves[0].labels != waves[1].labels:
            only = set(waves[0].labels) ^ set(waves[1].labels)
            raise DataError("some groups are in one wave only", found=odd(only), do="leave them out, or join groups")
        mean = np.stack([wave.mean for wave in waves])
        if not (mean > 0).all():
            found = f"{int((~(mean > 0)).sum())} that are not"
            raise NoAnswer("growth and redistribution need positive mean incomes", found=found, do="choose other groups")
        shared = all(wave.drawn.design.clusters is not None for wave in waves)
        tables = []
        for name in self.measures:
            poverty, influence = _at_means(name, waves, mean)
            combine = np.concatenate([ENDS, growth_redistribution(np.eye(4).reshape(2, 2, 4), self.base)])
            tables.append(self._table(name, over, waves, (combine @ poverty, combine), (influence, shared)))
        frame = pd.concat(tables, ignore_index=True)
        return PovertyChangeParts(
            spec=self, frame=frame, notes=(*base_notes(self.base, strict=self.strict), _covariance_note(shared=shared))
        )

    def _table(
        self, name: str, over: str | None, waves: tuple[Wave, Wave], parts: tuple[Array, Array], moved: tuple[list[Array], bool]
    ) -> pd.DataFrame:
        """One row a group and part."""
        (estimate, combine), (influence, shared) = parts, moved
        error, df, n = np.empty(estimate.shape), np.empty(estimate.shape[1]), np.zeros(estimate.shape[1], dtype=int)
        for group in range(estimate.shape[1]):
            inside = [slice(None) if w.parted.codes is None else w.parted.codes == group for w in waves]
            own = []
            for values, rows in zip(influence, inside, strict=True):
                held = np.zeros(values.shape)
                held[:, rows] = values[:, rows]
                own.append(combine @ held)
            covariance = sum(w.drawn.covariance(u) for w, u in zip(waves, own, strict=True))
            if shared:
                both = wave_covariance(waves[0].drawn, own[0], waves[1].drawn, own[1])[0]
                covariance = covariance + both + both.T
            error[:, group] = np.sqrt(np.maximum(np.diag(covariance), 0.0))
            masks = [None if isinstance(rows, slice) else rows for rows in inside]
            df[group] = min(w.drawn.degrees_of_freedom(rows) for w, rows in zip(waves, masks, strict=True))
            n[group] = sum(len(w.income) if rows is None else int(rows.sum()) for w, rows in zip(waves, masks, strict=True))
        low, high = plain_interval(estimate, error, np.where(df > 0, df, np.nan), self.level)
        head: dict[str, object] = {"measure": [name] * estimate.size}
        if over is not None:
            head[over] = pd.Index(waves[0].labels).repeat(len(PARTS))
        figures = {"estimate": estimate, "std_error": error, "ci_low": low, "ci_high": high}
        tidy = {key: values.T.ravel() for key, values in figures.items()}
        return pd.DataFrame({**head, "part": list(PARTS) * estimate.shape[1], **tidy, "n": np.repeat(n, len(PARTS))})


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PovertyChangeParts(Answer):
    """Parts of a change: `frame` has `measure`, the group, `part`, `estimate`, `std_error`, `ci_low`, `ci_high` and `n`.

    Parts: `first` and `last` (poverty in each wave), `change`, and `growth`, `redistribution` and `residual`, which sum to it.
    `n` counts rows of both waves.
    """

    spec: GrowthRedistribution


def _at_means(name: str, waves: tuple[Wave, Wave], mean: Array) -> tuple[Array, list[Array]]:
    """P(μ_u, L_t) of each group, (4, groups), in order (u, t) = 00, 01, 10, 11; and its influence values by wave, (4, rows)."""
    found, influence = [], [np.zeros((4, len(wave.income))) for wave in waves]
    of_mean = [wave.parted.per(wave.income - wave.parted.rows(m)) for wave, m in zip(waves, mean, strict=True)]
    for u in (0, 1):
        for t, wave in enumerate(waves):
            ratio, at = mean[t] / mean[u], 2 * u + t
            values = wave.values(name, ratio)
            poverty = wave.parted.mean(values)
            found.append(poverty)
            influence[t][at] += wave.parted.per(values - wave.parted.rows(poverty))
            if u != t:
                slope, other = wave.slope(name, ratio), waves[u]
                influence[t][at] += wave.parted.rows(slope / mean[u]) * of_mean[t]
                influence[u][at] -= other.parted.rows(slope * ratio / mean[u]) * of_mean[u]
    return np.stack(found), influence


def _covariance_note(*, shared: bool) -> Note:
    if shared:
        text = Text("两期同名群组的协方差计入标准误。", "Errors count the covariance of clusters of one name in both waves.")
        return Note("choice", text)
    text = Text("两期视为独立样本：设计中未命名群组。", "The waves are taken as independent: the design names no clusters.")
    return Note("caution", text)
