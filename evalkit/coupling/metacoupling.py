"""Metacoupling: coordination within a place, between it and its neighbors, and between it and distant partners."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Literal

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note, by_period
from evalkit.check import one_of
from evalkit.coupling.static import CouplingCoordination, coordination_degree
from evalkit.coupling.variants import CouplingVariant, Standard
from evalkit.errors import DataError, SpecError, several
from evalkit.stats.arrays import Array, Codes, pieces
from evalkit.terms import Text

MOST_SYSTEMS = 10  # mixed systems number 2ⁿ − 2
LARGEST = 1e150  # the square of a weight beyond it is none
PAIRS = 2**17  # how many pairs are mixed at once
KINDS = {
    "within": Text("本地", "within the place"),
    "neighbors": Text("与邻近地区", "with neighbors"),
    "distant": Text("与远程伙伴", "with distant partners"),
}


def mixed_coupling(u: Array, v: Array, degree: Callable[[Array], Array]) -> Array:
    """Coupling between two places: the mean coupling degree of all systems mixed of both.

    `u` and `v` of shape (n, m) are the n systems of m pairs of places. A mixed system takes each of the n indices from
    one place or the other, and at least one from each: there are 2ⁿ − 2, for two systems U₁ with V₂ and V₁ with U₂. It is
    symmetric, lies in the range of the degree, and of a place with itself is the place's own coupling. It compares
    levels; it knows of no flow between the places.

    Source: Tang, P., Huang, J. et al. (2021), Local and telecoupling coordination degree model of urbanization and the
    eco-environment, Sustainable Cities and Society 75:103405, in the form of the R package coupling (Lyu 2026).

    Examples
    --------
    >>> from evalkit.coupling.variants import coupling_degree
    >>> mixed_coupling(np.array([[0.9], [0.4]]), np.array([[0.4], [0.9]]), coupling_degree)
    array([1.])
    """
    n = len(u)
    mixes = [np.array(taken)[:, None] for taken in product([True, False], repeat=n) if 0 < sum(taken) < n]
    total = np.zeros(u.shape[1])
    for taken in mixes:
        total += degree(np.where(taken, u, v))
    return total / len(mixes)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Metacoupling:
    """How systems couple and coordinate within each place, with its neighbors, and with distant partners.

    Parameters
    ----------
    neighbors, distant
        Link matrices: DataFrames with the units as rows and columns, a weight from 0 on in each cell; the row of a place
        holds its partners. None: that kind is left out; one of the two is needed. They need not be symmetric.
    variant
        How coupling is measured.
    shares
        What each system counts in T, in the order they are passed; None: all alike.
    normalize
        "row": the weights of a place are divided by their sum, so that its coupling is a mean over its partners; "none": they
        are taken as they stand, and C and D may leave [0, 1] where they do not sum to 1.

    Notes
    -----
    C and T of a kind are weighted sums over the partners j, C = Σ w_ij C_ij and T = Σ w_ij (T_i + T_j) / 2, and D = √(C·T).
    A place without partners of a kind has no C, T and D of it. Where a partner is not in the data of a year, its link is
    left out of that year before the weights are divided.
    """

    neighbors: pd.DataFrame | None = None
    distant: pd.DataFrame | None = None
    variant: CouplingVariant = Standard()
    shares: tuple[float, ...] | None = None
    normalize: Literal["row", "none"] = "row"

    def __post_init__(self) -> None:
        one_of(self.normalize, ("row", "none"), who="Metacoupling normalize")
        if not self.links:
            raise SpecError("Metacoupling has no link matrix", do="pass neighbors=… or distant=…, a DataFrame keyed by unit")
        for kind, matrix in self.links.items():
            _check(matrix, kind)
        _ = self.local

    @property
    def links(self) -> dict[str, pd.DataFrame]:
        """The link matrices that were given, by kind."""
        return {kind: matrix for kind, matrix in (("neighbors", self.neighbors), ("distant", self.distant)) if matrix is not None}

    @property
    def local(self) -> CouplingCoordination:
        """The question about coupling within each place."""
        return CouplingCoordination(variant=self.variant, shares=self.shares)

    def measure(self, **systems: pd.Series) -> Metacoupled:
        """C, T and D of every unit and year, by kind; systems as in `CouplingCoordination.measure`.

        Raises
        ------
        SpecError
            Fewer than two systems, or more than ten.
        DataError
            A unit is not in a link matrix; or as in `CouplingCoordination.measure`.

        Examples
        --------
        >>> key = pd.MultiIndex.from_tuples([("a", 2020), ("b", 2020)], names=["unit", "period"])
        >>> kept, rise = pd.Series([0.9, 0.4], index=key), pd.Series([0.4, 0.9], index=key)
        >>> links = pd.DataFrame([[0, 1], [1, 0]], index=["a", "b"], columns=["a", "b"])
        >>> frame = Metacoupling(neighbors=links).measure(kept=kept, rise=rise).frame
        >>> frame.loc["a", ["D_within", "D_neighbors"]].round(4).values
        array([[0.7746, 0.8062]])
        """
        if len(systems) > MOST_SYSTEMS:
            raise SpecError(f"Metacoupling takes at most {MOST_SYSTEMS} systems, for it mixes them in 2ⁿ − 2 ways")
        local = self.local.measure(**systems)
        frame = local.frame[list(local.systems)].copy()
        for part in ("C", "T", "D"):
            frame[f"{part}_within"] = local.frame[part]
        u, t = local.frame[list(local.systems)].to_numpy().T.copy(), local.frame["T"].to_numpy()
        alone, own = {}, {}
        for kind, matrix in self.links.items():
            place = _place(local.frame.index, matrix, kind)
            c_sum, t_sum, weight = _sums(self, u, t, _linked(local.frame.index, place, matrix))
            apart = weight == 0
            for part, values in (("C", c_sum), ("T", t_sum), ("D", coordination_degree(c_sum, t_sum))):
                frame[f"{part}_{kind}"] = np.where(apart, np.nan, values)
            alone[kind] = local.frame.index[apart]
            own[kind] = int((np.diag(matrix.to_numpy()) > 0).sum())
        return Metacoupled(
            spec=self,
            frame=frame,
            systems=local.systems,
            kinds=("within", *self.links),
            titles=local.titles,
            notes=tuple(_notes(self, local.frame.index, alone, own)),
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Metacoupled(Answer):
    """Metacoupling: `frame` is keyed by (unit, period).

    Columns: one a system (its index), and `C_…`, `T_…`, `D_…` for each of `kinds`: "within", "neighbors", "distant". A place
    without partners of a kind has missing values there.
    """

    spec: Metacoupling
    systems: tuple[str, ...]
    kinds: tuple[str, ...]
    titles: Mapping[str, Text] = field(default_factory=dict)


def _check(matrix: pd.DataFrame, kind: str) -> None:
    """Refuse a link matrix that is not square, holds a unit twice, or holds weights that are missing or negative."""
    if not isinstance(matrix, pd.DataFrame):
        raise SpecError(
            f"Metacoupling {kind} must be a DataFrame", found=type(matrix).__name__, do="key rows and columns by unit"
        )
    twice = matrix.index[matrix.index.duplicated()].union(matrix.columns[matrix.columns.duplicated()])
    if len(twice):
        raise SpecError(f"link matrix '{kind}' holds a unit twice", found=several(twice))
    apart = matrix.index.symmetric_difference(matrix.columns)
    if len(apart):
        raise SpecError(f"link matrix '{kind}' needs the same units in rows and columns", found=f"in one only: {several(apart)}")
    try:
        values = matrix.to_numpy(dtype=float)
    except (TypeError, ValueError):
        raise SpecError(f"link matrix '{kind}' holds what is no number", do="use weights from 0 on") from None
    if not (np.isfinite(values) & (values >= 0)).all():
        raise SpecError(f"link matrix '{kind}' holds weights that are negative or missing", do="use 0 where there is no link")
    if (values > LARGEST).any():
        most = f"{values.max():g}"
        raise SpecError(f"link matrix '{kind}' holds weights beyond 1e150", found=most, do="give them in a larger unit")


def _place(index: pd.Index, matrix: pd.DataFrame, kind: str) -> Codes:
    """Where in the link matrix the unit of each row stands."""
    units = index.get_level_values("unit")
    place = matrix.index.get_indexer(units)
    if (place < 0).any():
        absent = units[place < 0].unique()
        raise DataError(
            f"units are not in link matrix '{kind}'",
            found=f"{len(absent)}: {several(absent)}",
            do="add their rows and columns (of 0 where they have no link), or check that codes are written alike",
        )
    return place


def _linked(index: pd.Index, place: Codes, matrix: pd.DataFrame) -> Iterator[tuple[Codes, Codes, Array]]:
    """Pairs of rows that are linked, with their weights, one period after the other."""
    weights = matrix[matrix.index].to_numpy(dtype=float)
    when, periods = by_period(index)
    for period in range(len(periods)):
        rows = np.flatnonzero(when == period)
        now = weights[np.ix_(place[rows], place[rows])]
        i, j = np.nonzero(now)
        yield rows[i], rows[j], now[i, j]


def _sums(spec: Metacoupling, u: Array, t: Array, linked: Iterator[tuple[Codes, Codes, Array]]) -> tuple[Array, Array, Array]:
    """Weighted sums of C and T over the partners of each row, and the sum of its weights."""
    c_sum, t_sum, weight = np.zeros(len(t)), np.zeros(len(t)), np.zeros(len(t))
    for i, j, w in linked:
        for some in pieces(len(w), PAIRS):
            a, b, part = i[some], j[some], w[some]
            c_sum += np.bincount(a, part * mixed_coupling(u[:, a], u[:, b], spec.variant.degree), len(t))
            t_sum += np.bincount(a, part * (t[a] + t[b]) / 2, len(t))
            weight += np.bincount(a, part, len(t))
    if spec.normalize == "row":
        for total in (c_sum, t_sum):
            np.divide(total, weight, out=total, where=weight > 0)
    return c_sum, t_sum, weight


def _notes(spec: Metacoupling, index: pd.Index, alone: Mapping[str, pd.Index], own: Mapping[str, int]) -> Iterator[Note]:
    text = Text(
        "元耦合按{variant}计算；联系矩阵{how}。它比较两地的水平，不说明两地之间有要素流动。",
        "Metacoupling uses the {variant}; {how}. It compares the levels of two places and shows no flow between them.",
    )
    how = {
        "row": Text("按行标准化", "the weights of each place sum to 1"),
        "none": Text("未标准化，C 与 D 可能超出 [0, 1]", "weights are taken as given, so that C and D may leave [0, 1]"),
    }
    yield Note("choice", text.format(variant=spec.variant.name, how=how[spec.normalize]))
    for kind, matrix in spec.links.items():
        name = KINDS[kind]
        if len(alone[kind]):
            text = Text(
                "“{name}”：{n} 个“地区—年份”没有伙伴，无此项结果（地区：{some}）。",
                "“{name}”: {n} unit-years have no partner and no result (units: {some}).",
            )
            yield Note("left_out", text.format(name=name, n=len(alone[kind]), some=_some(alone[kind].unique("unit"))))
        beyond = matrix.index.difference(index.get_level_values("unit"))
        if len(beyond):
            text = Text(
                "“{name}”：联系矩阵中有 {n} 个地区没有数据，其联系未计入。",
                "“{name}”: {n} units of the link matrix have no data; their links are left out.",
            )
            yield Note("left_out", text.format(name=name, n=len(beyond)))
        if own[kind]:
            text = Text(
                "“{name}”：{n} 个地区与自身相连，其本地耦合也计入此项。",
                "“{name}”: {n} units are linked to themselves, so that their own coupling counts in it.",
            )
            yield Note("caution", text.format(name=name, n=own[kind]))


def _some(units: pd.Index, most: int = 5) -> Text:
    first, more = [str(unit) for unit in units[:most]], len(units) - most
    if more <= 0:
        return Text("、".join(first), ", ".join(first))
    return Text(f"{'、'.join(first)}等 {len(units)} 个", f"{', '.join(first)} and {more} more")
