"""What changed D: parts of each system, dimension and indicator that add up exactly, and of coupling and development."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import instance, shown, whole
from evalkit.coupling.static import Coordination, coordination_degree, on_coordination
from evalkit.coupling.variants import CouplingVariant
from evalkit.errors import DataError, NoAnswer, SpecError, did_you_mean, several
from evalkit.stats.arrays import Array, Mask
from evalkit.stats.shapley import shapley, two_factors
from evalkit.terms import Text

SMALL = 1e-6  # a system that changed by less is followed along the slope of D
STEP = 1e-5  # how far to each side that slope is taken
FAITHFUL = 1e-9  # how far the parts of a system may miss its index
MOST = 10  # systems: more make too many coalitions
OF_SHARES = "(shares)"  # no system can have this name


def system_contributions(variant: CouplingVariant, u: Array, a: Array) -> tuple[Array, Array]:
    """What each system, and the shares, contributed to the change of D = √(C·T).

    `u` and `a` hold systems and their shares at start and end, of shape (2, n, m); T = Σ a_i U_i. Returns the Shapley values of
    the systems, of shape (n, m), and that of the shares, (m,), which is 0 where they stayed; together they sum to the change
    of D. A contribution is measured in points of D and may be negative though the system rose: it was ahead, and drew apart.

    Examples
    --------
    >>> from evalkit.coupling.variants import Standard
    >>> u = np.array([[[0.25], [0.25]], [[0.25], [1.0]]])
    >>> system_contributions(Standard(), u, np.full((2, 2, 1), 0.5))[0].round(4)
    array([[0.    ],
           [0.2071]])
    """
    n = u.shape[1]
    moves = bool((a[0] != a[1]).any())

    def value(moved: Mask) -> Array:
        now = np.where(moved[:n, None], u[1], u[0])
        share = a[int(moved[n])] if moves else a[0]
        return coordination_degree(variant.degree(now), (share * now).sum(axis=0))

    phi = shapley(value, n + moves)
    return phi[:n], phi[n] if moves else np.zeros(u.shape[2])


def slopes(variant: CouplingVariant, u: Array, a: Array, system: int) -> Array:
    """How much D changes for each point of one system that hardly moves, averaged over the moves of the others, (m,).

    The contribution of `system` had it moved by 10⁻⁵ to each side of where it stands, for each point moved: what φ/ΔU becomes
    as ΔU goes to 0.
    """
    around = u.copy()
    middle = u[:, system].mean(axis=0)
    around[0, system], around[1, system] = np.maximum(middle - STEP, 0.0), np.minimum(middle + STEP, 1.0)
    phi, _ = system_contributions(variant, around, a)
    return phi[system] / (around[1, system] - around[0, system])


def inside(phi: Array, slope: Array, parts: Array) -> Array:
    """A system's contribution (m,) shared out to its parts, whose changes have shape (k, m): slope times change of each.

    `slope` is φ/ΔU, or the slope of D where the system hardly moved. What rounding leaves over goes to the parts in proportion to
    how far they moved, so that they sum to φ.
    """
    out = slope * parts
    moved = np.abs(parts)
    total = moved.sum(axis=0)
    weight = np.divide(moved, total, out=np.full_like(parts, 1.0 / len(parts)), where=total > 0)
    return out + weight * (phi - out.sum(axis=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOfD:
    """What made D change from a first to a last period (None: the first and the last of the answer).

    Shapley values over the systems; inside a system each indicator counts in proportion to what its part of the index changed;
    a dimension is the sum of its indicators. All add up to the change of D. Beside them, the same change is parted into
    that of coupling (C) and that of development (T).

    Notes
    -----
    The parts are arithmetic: they say which figures moved D, and not what moved the figures.
    """

    first: int | None = None
    last: int | None = None

    def __post_init__(self) -> None:
        for end, year in (("first", self.first), ("last", self.last)):
            if year is not None:
                whole(year, least=None, who=f"ChangeOfD {end}", do="name a year, as in 2012")
        if self.first is not None and self.last is not None and not self.first < self.last:
            raise SpecError("ChangeOfD needs a first period before the last", found=f"{self.first} and {self.last}")

    def measure(
        self,
        bond: Coordination,
        parts: Mapping[str, pd.DataFrame] | None = None,
        dimensions: Mapping[str, str] | None = None,
    ) -> ChangeParts:
        """Contributions of every unit that has both periods.

        `parts` gives for a system what each indicator adds to its index, keyed by (unit, period), such as
        `scores.contributions`; systems without parts are not opened. `dimensions` says the dimension of each indicator; without
        it, a system is one dimension.

        Raises
        ------
        SpecError
            A system, or the dimension of an indicator, is not known.
        DataError
            A period is not there, or the parts lack unit-years or do not sum to the index of their system.
        NoAnswer
            No unit has both periods, there are more than ten systems, or D is not √(C·T) of the answer's own shares.

        Examples
        --------
        >>> from evalkit.coupling.static import CouplingCoordination
        >>> key = pd.MultiIndex.from_product([["a"], [2018, 2020]], names=["unit", "period"])
        >>> parts = pd.DataFrame({"roads": [0.1, 0.3], "water": [0.2, 0.2]}, key)
        >>> bond = CouplingCoordination().measure(kept=parts.sum(axis=1), rise=pd.Series([0.5, 0.4], key))
        >>> change = ChangeOfD().measure(bond, {"kept": parts})
        >>> change.frame[["change", "C", "T"]].round(4).values.tolist(), change.systems.round(4).values.tolist()
        ([[0.0464, 0.0084, 0.038]], [[0.0825, -0.0361]])
        """
        on_coordination(bond, what="the change of D is told")
        parts = _known(bond, {} if parts is None else parts)
        first, last, units = self._ends(bond)
        u, a, frame = _states(bond, first, last, units)
        phi, of_shares = system_contributions(bond.spec.variant, u, a)
        split = two_factors(
            np.stack([bond.spec.variant.degree(one) for one in u]), np.stack([(a[k] * u[k]).sum(axis=0) for k in (0, 1)])
        )
        frame = frame.assign(C=split[0], T=split[1])
        systems = pd.DataFrame(phi.T, index=units, columns=pd.Index(bond.systems, name="system"))
        if of_shares.any():
            systems[OF_SHARES] = of_shares
        pieces = {
            name: _shared_out(bond, name, _opened(bond, name, table, (first, last), units), (u, a, phi))
            for name, table in parts.items()
        }
        indicators = _labelled(pieces, dimensions, units)
        return ChangeParts(
            spec=self,
            frame=frame,
            systems=systems,
            dimensions=indicators.T.groupby(level=["system", "dimension"], sort=False).sum().T,
            indicators=indicators,
            bond=bond,
            titles={key: title for table in parts.values() for key, title in table.attrs.get("titles", {}).items()},
            first=first,
            last=last,
            notes=_notes(bond, first, last, len(units)),
        )

    def _ends(self, bond: Coordination) -> tuple[int, int, pd.Index]:
        """The two periods, and the units that have both."""
        period = bond.frame.index.get_level_values("period")
        known = sorted(int(p) for p in period.unique())
        first = known[0] if self.first is None else self.first
        last = known[-1] if self.last is None else self.last
        absent = [p for p in (first, last) if p not in known]
        if absent or not first < last:
            raise DataError(
                f"the change of D from {first} to {last} cannot be told",
                found=f"periods {several(known, 20)}",
                do="name two of them",
            )
        unit = bond.frame.index.get_level_values("unit")
        units = unit[period == first].intersection(unit[period == last], sort=False).rename("unit")
        if units.empty:
            raise NoAnswer(f"no unit was observed in both {first} and {last}", do="name other periods")
        return first, last, units


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ChangeParts(Answer):
    """What changed D: `frame` is keyed by unit.

    Columns: `first` and `last` (D), `change`, and its parts `C` and `T`, which sum to it. `systems` has one column a system (and
    `(shares)`, where these changed), `dimensions` one a (system, dimension) and `indicators` one a (system, dimension, indicator)
    of the systems that were opened. A row of `systems` sums to the change; a system is the sum of its dimensions and of its
    indicators. `first` and `last` are the periods, `bond` is what changed, `titles` are the names that the parts came with.
    """

    spec: ChangeOfD
    systems: pd.DataFrame
    dimensions: pd.DataFrame
    indicators: pd.DataFrame
    bond: Coordination
    first: int
    last: int
    titles: Mapping[str, Text] = field(default_factory=dict)

    @property
    def average(self) -> pd.DataFrame:
        """Means over the places: one row a part, with `level`, `system`, `dimension`, `indicator` and `contribution`."""
        levels = ("system", self.systems), ("dimension", self.dimensions), ("indicator", self.indicators)
        rows = [
            (level, *(key if isinstance(key, tuple) else (key,)), *("",) * (2 - at))
            for at, (level, table) in enumerate(levels)
            for key in table.columns
        ]
        values = np.concatenate([table.to_numpy().mean(axis=0) for _, table in levels])
        frame = pd.DataFrame(rows, columns=["level", "system", "dimension", "indicator"])
        return frame.assign(contribution=values)


def _states(bond: Coordination, first: int, last: int, units: pd.Index) -> tuple[Array, Array, pd.DataFrame]:
    """Systems and shares of shape (2, n, m) at the two periods, and D at both with its change."""
    n, names = len(bond.systems), list(bond.systems)
    if n > MOST:
        raise NoAnswer(f"the change of D can be shared out among at most {MOST} systems", found=str(n))
    rows = [bond.frame.index.get_indexer(pd.MultiIndex.from_product([units, [p]])) for p in (first, last)]
    u = np.stack([bond.frame[names].to_numpy()[row].T for row in rows])
    given = np.asarray(bond.shares, dtype=float)
    a = np.stack([np.broadcast_to(given[:, None] if given.ndim == 1 else given[:, row], u[0].shape) for row in rows])
    d = np.stack([bond.frame["D"].to_numpy()[row] for row in rows])
    again = np.stack([coordination_degree(bond.spec.variant.degree(u[k]), (a[k] * u[k]).sum(axis=0)) for k in (0, 1)])
    if np.abs(again - d).max() > FAITHFUL:
        raise NoAnswer("D of the answer is not √(C·T) of its systems and shares, so its change has no such parts")
    return u, a, pd.DataFrame({"first": again[0], "last": again[1], "change": again[1] - again[0]}, index=units)


def _known(bond: Coordination, parts: Mapping[str, pd.DataFrame]) -> Mapping[str, pd.DataFrame]:
    do = 'pass {"kept": scores.contributions}'
    instance(parts, Mapping, who="the parts of the systems", do=do)
    unknown = [name for name in parts if name not in bond.systems]
    if unknown:
        do = did_you_mean(str(unknown[0]), bond.systems) or f"name one of {several(bond.systems)}"
        raise SpecError(f"parts are given for '{unknown[0]}', which is no system of the answer", do=do)
    return parts


def _opened(bond: Coordination, name: str, table: pd.DataFrame, ends: tuple[int, int], units: pd.Index) -> pd.DataFrame:
    """How much each part of a system changed, one row a unit, after its parts are seen to sum to the index."""
    instance(table, pd.DataFrame, who=f"the parts of '{name}'", do="pass scores.contributions")
    if list(table.index.names) != ["unit", "period"]:
        found = f"index {list(table.index.names)}"
        raise DataError(f"the parts of '{name}' must be keyed by (unit, period)", found=found, do="pass scores.contributions")
    if table.index.has_duplicates:
        twice = several(table.index[table.index.duplicated()])
        raise DataError(f"the parts of '{name}' hold some (unit, period) twice", found=twice, do="keep one row of each")
    texts = [str(column) for column, kind in table.dtypes.items() if kind.kind not in "iuf"]
    if texts:
        do = "drop or correct them"
        raise DataError(f"the parts of '{name}' hold what is no number", found=f"columns [{several(texts)}]", do=do)
    at = [pd.MultiIndex.from_product([units, [p]], names=["unit", "period"]) for p in ends]
    lacking = [key for keys in at for key in keys[~keys.isin(table.index)]]
    if lacking:
        do = "pass the contributions of the same scores"
        raise DataError(f"the parts of '{name}' lack unit-years", found=f"{len(lacking)}: {several(lacking)}", do=do)
    values = [table.loc[keys].to_numpy(dtype=float) for keys in at]
    for keys, value in zip(at, values, strict=True):
        whole = bond.frame.loc[keys, name].to_numpy()
        off = np.flatnonzero(~(np.abs(value.sum(axis=1) - whole) <= FAITHFUL))
        if len(off):
            one = int(off[0])
            raise DataError(
                f"the parts of '{name}' do not sum to its index",
                found=f"{len(off)} unit-years, such as {several([keys[one]])}: {value[one].sum():.6g} against {whole[one]:.6g}",
                do="pass what each indicator adds to that very index, as scores.contributions of an arithmetic mean does",
            )
    return pd.DataFrame(values[1] - values[0], index=units, columns=table.columns)


def _shared_out(bond: Coordination, name: str, moved: pd.DataFrame, found: tuple[Array, Array, Array]) -> pd.DataFrame:
    """What each part of a system contributed, from how much it moved, and systems, shares and contributions as found."""
    u, a, phi = found
    at = bond.systems.index(name)
    du = u[1, at] - u[0, at]
    tiny = np.abs(du) < SMALL
    slope = np.divide(phi[at], du, out=np.zeros_like(du), where=~tiny)
    if tiny.any():
        slope[tiny] = slopes(bond.spec.variant, u[:, :, tiny], a[:, :, tiny], at)
    return pd.DataFrame(inside(phi[at], slope, moved.to_numpy().T).T, index=moved.index, columns=moved.columns)


def _labelled(pieces: Mapping[str, pd.DataFrame], dimensions: Mapping[str, str] | None, units: pd.Index) -> pd.DataFrame:
    """Contributions of all indicators under (system, dimension, indicator)."""
    if dimensions is not None:
        instance(dimensions, Mapping, who="the dimensions of the indicators", do='pass {"roads": "infrastructure"}')
        strange = [indicator for indicator, dimension in dimensions.items() if not isinstance(dimension, str)]
        if strange:
            found = f"'{strange[0]}': {shown(dimensions[strange[0]])}"
            raise SpecError("the dimension of an indicator is a word", found=found, do='pass {"roads": "infrastructure"}')
    keys = []
    for system, table in pieces.items():
        for indicator in map(str, table.columns):
            if dimensions is not None and indicator not in dimensions:
                hint = did_you_mean(indicator, dimensions)
                raise SpecError(f"indicator '{indicator}' of '{system}' has no dimension", do=hint or "add it to dimensions")
            keys.append((system, system if dimensions is None else dimensions[indicator], indicator))
    columns = pd.MultiIndex.from_tuples(keys, names=["system", "dimension", "indicator"])
    values = np.hstack([table.to_numpy() for table in pieces.values()]) if pieces else np.zeros((len(units), 0))
    return pd.DataFrame(values, index=units, columns=columns)


def _notes(bond: Coordination, first: int, last: int, units: int) -> tuple[Note, ...]:
    text = Text(
        "{first}—{last} 年 D 的变化按 Shapley 值分给各系统，系统内按各指标对指数变化的贡献分摊，合计与 D 的变化一致（{n} 个地区，"
        "均值中各地区权重相同）；分解是算术关系，不说明因果。",
        "The change of D from {first} to {last} is shared out to the systems by Shapley values and inside a system by what each "
        "indicator added to its index; the parts sum to the change ({n} places, alike in means). They are arithmetic and show no "
        "cause.",
    )
    notes = [Note("choice", text.format(first=first, last=last, n=units))]
    out = len(bond.frame.index.unique("unit")) - units
    if out:
        gone = Text("{n} 个地区缺首年或末年，未计入。", "Places not observed in both years are left out: {n}.")
        notes.append(Note("left_out", gone.format(n=out)))
    return tuple(notes)
