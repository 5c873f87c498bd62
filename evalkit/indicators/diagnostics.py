"""Whether a system hangs together: correlations of its indicators, the pairs that stand out, and how well each group is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import number, one_of
from evalkit.errors import NoAnswer, SpecError
from evalkit.indicators.adequacy import (
    bartlett_sphericity,
    component_variances,
    cronbach_alpha,
    entangled,
    kaiser_meyer_olkin,
)
from evalkit.indicators.index import IndexScores
from evalkit.indicators.naming import named
from evalkit.indicators.scored import scored
from evalkit.panel.panel import Periods
from evalkit.panel.system import IndicatorSystem
from evalkit.stats.arrays import Array, Codes
from evalkit.stats.correlation import pearson, spearman_matrix
from evalkit.stats.ranks import even, settled
from evalkit.terms import Text

NONE = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostics:
    """Correlations and adequacy of the normalized indicators, on which more is better for each.

    Parameters
    ----------
    correlation
        "pearson", or "spearman" for ranks; Bartlett's test is then a description, no test.
    redundant
        Two indicators are flagged as redundant above this |r|: they count one thing twice.
    opposed
        Two indicators of one dimension are flagged as opposed below this r: what one adds the other takes away.
    weak
        An indicator is flagged as weak below this r with its dimension or with the index: it hardly counts.

    Notes
    -----
    The limits are those by which COINr colors correlations (−0.4, 0.3, 0.9); they are habits, no tests. A correlation with
    a dimension or the index holds the indicator itself, and rises as the dimension gets smaller.
    Source: OECD & JRC (2008), Handbook on Constructing Composite Indicators, section 1.4; Becker et al. (2022), COINr, Journal
    of Open Source Software 7(78):4567.
    """

    correlation: Literal["pearson", "spearman"] = "pearson"
    redundant: float = 0.9
    opposed: float = -0.4
    weak: float = 0.3

    def __post_init__(self) -> None:
        one_of(self.correlation, ("pearson", "spearman"), who="Diagnostics correlation")
        for name in ("redundant", "opposed", "weak"):
            number(getattr(self, name), "[-1, 1]", who=f"Diagnostics {name}", do="give a correlation, such as 0.3")
        if not self.opposed < self.weak < self.redundant:
            raise SpecError(
                "Diagnostics limits must rise: −1 ≤ opposed < weak < redundant ≤ 1",
                found=f"{self.opposed}, {self.weak}, {self.redundant}",
                do="leave out those you do not mean to change: −0.4, 0.3 and 0.9",
            )

    def measure(self, scores: IndexScores, on: Periods = None) -> Diagnosis:
        """Correlations and adequacy over the scored rows of some periods (None: all, pooled).

        Raises
        ------
        NoAnswer
            There is one indicator alone, there are too few rows, or some indicators do not vary over them.

        Examples
        --------
        >>> import evalkit as ek
        >>> from evalkit.indicators.diagnostics import Diagnostics
        >>> counties, system = ek.datasets.load("counties"), ek.systems("consolidation")["consolidation"]
        >>> scores = ek.CompositeIndex(system=system).fit(counties).score(counties)
        >>> found = Diagnostics().measure(scores, on=2024)
        >>> bool(found.adequacy["kmo"].iloc[-1] > 0.8), bool(found.correlations.abs().max().max() == 1)
        (True, True)
        """
        system = scores.system
        if len(system.columns) < 2:
            raise NoAnswer("one indicator alone has no correlations", where=system.id)
        columns = scored(scores, on, who="Diagnostics")
        everything = np.vstack([columns.z, columns.dimensions, columns.index])
        r = spearman_matrix(everything) if self.correlation == "spearman" else pearson(everything)
        n, names = len(columns.z), list(system.columns)
        groups = _adequacies(r[:n, :n], np.cov(columns.z), columns.rows, system)
        pairs = self._pairs(r[:n, :n], system)
        frame = _by_indicator(r, system).assign(msa=groups.msa)
        for flag in ("redundant", "opposed"):
            some = pairs[pairs["flag"] == flag]
            frame[flag] = frame.index.isin([*some["first"], *some["second"]])
        frame["weak"] = frame[["with_dimension", "with_index"]].min(axis=1) < self.weak
        return Diagnosis(
            spec=self,
            frame=frame,
            correlations=pd.DataFrame(r[:n, :n], index=pd.Index(names, name="indicator"), columns=names),
            pairs=pairs,
            adequacy=groups.table,
            components=groups.components,
            scores=scores,
            periods=columns.periods,
            notes=(columns.pooled(), *groups.notes),
        )

    def _pairs(self, r: Array, system: IndicatorSystem) -> pd.DataFrame:
        """The pairs beyond the limits, the strongest first."""
        names, member = np.array(system.columns, dtype=object), np.array(system.membership)
        first, second = np.triu_indices(len(r), k=1)
        value, same = r[first, second], member[first] == member[second]
        pairs = pd.DataFrame({"first": names[first], "second": names[second], "r": value, "same_dimension": same})
        kinds = {"redundant": np.abs(settled(value)) > self.redundant, "opposed": same & (settled(value) < self.opposed)}
        every = pd.concat([pairs[which].assign(flag=flag) for flag, which in kinds.items()])
        return every.sort_values("r", key=lambda x: -even(x.abs()), kind="stable").reset_index(drop=True)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Diagnosis(Answer):
    """Diagnostics of a system: `frame` has one row an indicator.

    Columns: `dimension`, `with_dimension` and `with_index` (correlations), `nearest` (the other indicator of greatest |r|),
    `nearest_r`, `msa` (its measure of sampling adequacy among all indicators), and the flags `redundant`, `opposed`, `weak`.
    `correlations` is the matrix of all indicators; `pairs` the flagged pairs (`first`, `second`, `r`, `same_dimension`, `flag`).

    `adequacy` has one row a dimension and, last, one for the whole system: `indicators`, `alpha`, `alpha_standardized`, `kmo`,
    `chi_square`, `df`, `p` (Bartlett), `first_share` (variance share of the first component), `above_one` (components of
    variance above 1). NaN where a method does not apply; the notes say why. `components`, keyed by (group, component), holds
    `variance`, `share` and `cumulative`.
    """

    correlations: pd.DataFrame
    pairs: pd.DataFrame
    adequacy: pd.DataFrame
    components: pd.DataFrame
    scores: IndexScores
    periods: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Adequacies:
    table: pd.DataFrame
    components: pd.DataFrame
    msa: Array
    notes: tuple[Note, ...]


def _adequacies(r: Array, covariance: Array, rows: int, system: IndicatorSystem) -> _Adequacies:
    """Adequacy of each dimension and, last, of the whole."""
    member, whole = np.array(system.membership), np.arange(len(r))
    groups = {d.id: np.flatnonzero(member == at) for at, d in enumerate(system.dimensions)} | {system.id: whole}
    table, components, notes = {}, {}, list[Note]()
    msa = np.full(len(r), NONE)
    for name, which in groups.items():
        part = r[np.ix_(which, which)]
        tied = which[entangled(part)]
        table[name], each = _adequacy(part, covariance[np.ix_(which, which)], rows, singular=len(tied) > 0)
        components[name] = _components(part)
        if name == system.id:
            msa = each
        if len(tied):
            notes.append(_singular(name, tied, system))
    notes += _too_few({name: len(which) for name, which in groups.items()}, system)
    frame = pd.DataFrame.from_dict(table, orient="index").rename_axis("group")
    return _Adequacies(frame, pd.concat(components, names=["group"]), msa, tuple(notes))


def _adequacy(r: Array, covariance: Array, rows: int, *, singular: bool) -> tuple[dict[str, float], Array]:
    n, variances = len(r), component_variances(r)
    kmo, each = (NONE, np.full(n, NONE)) if singular or n < 3 else kaiser_meyer_olkin(r)
    chi_square, df, p = (NONE, NONE, NONE) if singular or n == 1 else bartlett_sphericity(r, rows)
    row = {
        "indicators": n,
        "alpha": cronbach_alpha(covariance) if n > 1 and covariance.sum() > 1e-12 else NONE,
        "alpha_standardized": cronbach_alpha(r) if n > 1 and r.sum() > 1e-12 else NONE,
        "kmo": kmo,
        "chi_square": chi_square,
        "df": df,
        "p": p,
        "first_share": variances[0] / n,
        "above_one": int((variances > 1 + 1e-10).sum()),
    }
    return row, each


def _components(r: Array) -> pd.DataFrame:
    variances = component_variances(r)
    share = variances / len(r)
    frame = pd.DataFrame({"variance": variances, "share": share, "cumulative": share.cumsum()})
    return frame.set_axis(pd.RangeIndex(1, len(r) + 1, name="component"), axis=0)


def _singular(group: str, tied: Codes, system: IndicatorSystem) -> Note:
    text = Text(
        "“{group}”的相关矩阵不可逆：指标 {names} 彼此线性相关，KMO 与球形检验不适用；请去掉其中一个。",
        "The correlation matrix of “{group}” has no inverse, so KMO and Bartlett's test do not apply: some "
        "indicators are linear combinations of each other ({names}). Take one of them out.",
    )
    return Note("caution", text.format(group=named(system, [group]), names=named(system, [system.columns[j] for j in tied])))


def _too_few(sizes: dict[str, int], system: IndicatorSystem) -> list[Note]:
    texts = {
        1: Text(
            "只有一个指标，不计算 α、KMO 与球形检验：{names}。",
            "One indicator alone has no α, KMO or test of sphericity: {names}.",
        ),
        2: Text(
            "只有两个指标，KMO 恒为 0.5，不列出：{names}。", "The KMO of two indicators is always 0.5 and left out: {names}."
        ),
    }
    few = {size: [name for name, n in sizes.items() if n == size] for size in texts}
    return [Note("left_out", texts[size].format(names=named(system, which))) for size, which in few.items() if which]


def _by_indicator(r: Array, system: IndicatorSystem) -> pd.DataFrame:
    """Of each indicator its correlation with its dimension, with the index, and with the indicator nearest to it."""
    n, member = len(system.columns), np.array(system.membership)
    others = np.where(np.eye(n, dtype=bool), 0.0, r[:n, :n])
    nearest = np.abs(settled(others)).argmax(axis=1)
    at = np.arange(n)
    return pd.DataFrame(
        {
            "dimension": [system.dimensions[d].id for d in member],
            "with_dimension": r[at, n + member],
            "with_index": r[at, -1],
            "nearest": np.array(system.columns, dtype=object)[nearest],
            "nearest_r": others[at, nearest],
        },
        index=pd.Index(system.columns, name="indicator"),
    )
