"""Coupling coordination: how far two or more systems stand level (C), how high together (T), and both at once (D)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import keyed, shares
from evalkit.coupling.grades import COUPLING_STAGES, TEN_GRADES, GradeScheme
from evalkit.coupling.relative import LagRule
from evalkit.coupling.variants import CouplingVariant, Standard
from evalkit.errors import DataError, NoAnswer, SpecError, several
from evalkit.stats.arrays import Array
from evalkit.stats.ranks import settled
from evalkit.terms import Text


def development_index(u: Array, weights: Array) -> Array:
    """Development index T = Σ a_i U_i of systems of shape (n, m), with shares a that sum to one; in [0, 1].

    Examples
    --------
    >>> development_index(np.array([[0.5, 0.9], [0.5, 0.1]]), np.array([0.5, 0.5]))
    array([0.5, 0.5])
    """
    return weights @ u


def coordination_degree(c: Array, t: Array) -> Array:
    """Coordination degree D = √(C·T), in [0, 1]: 0 where a system is at its worst, 1 where all are at their best.

    With equal shares and the standard C, D is the square root of the geometric mean of the systems, and rises with each of
    them. With unequal shares it need not: where a system of small share is already ahead, more of it lowers C by more
    than it raises T.

    Examples
    --------
    >>> coordination_degree(np.array([1.0]), np.array([0.25]))
    array([0.5])
    """
    return np.sqrt(c * t)


@dataclass(frozen=True, slots=True, kw_only=True)
class CouplingCoordination:
    """How two or more systems couple and coordinate.

    Parameters
    ----------
    variant
        How coupling is measured.
    shares
        What each system counts in T, in the order they are passed; None: all alike.
    grades
        The classes of D.
    lag
        When a system is said to lag.

    Notes
    -----
    A system at 0 makes C = D = 0, however high the others are: zeros count, and the answer says how many there are.
    Coordination is arithmetic of two indices; it shows no cause and no mechanism.
    """

    variant: CouplingVariant = Standard()
    shares: tuple[float, ...] | None = None
    grades: GradeScheme = TEN_GRADES
    lag: LagRule = LagRule()

    def __post_init__(self) -> None:
        if self.grades.measure != "D":
            raise SpecError(f"grade scheme '{self.grades.id}' grades {self.grades.measure}, not D", do="choose a scheme for D")

    def measure(self, **systems: pd.Series) -> Coordination:
        """C, T, D, grade and lagging system of every unit and year.

        Each system is a Series in [0, 1] keyed by (unit, period), all with the same keys.

        Raises
        ------
        SpecError
            Fewer than two systems, or shares that do not fit them.
        DataError
            Keys differ, are double, or a value is missing.
        NoAnswer
            A value lies outside [0, 1].

        Examples
        --------
        >>> key = pd.MultiIndex.from_tuples([("a", 2020), ("a", 2021)], names=["unit", "period"])
        >>> kept, rise = pd.Series([0.8, 0.9], index=key), pd.Series([0.2, 0.4], index=key)
        >>> CouplingCoordination().measure(kept=kept, rise=rise).frame.loc["a", ["C", "T", "D", "grade"]].round(4).values
        array([[0.8   , 0.5   , 0.6325, 7.    ],
               [0.9231, 0.65  , 0.7746, 8.    ]])
        """
        if len(systems) < 2:
            raise SpecError("coupling needs at least two systems", found=several(systems), do="pass measure(kept=…, rise=…)")
        taken = [name for name in systems if name in ("C", "T", "D", "grade", "gap", "lagging")]
        if taken:
            raise SpecError(f"a system cannot be named {several(taken)}", do="that is a column of the answer; rename the system")
        weights = (1.0 / len(systems),) * len(systems) if self.shares is None else self.shares
        shares(weights, len(systems), who=f"coupling of {', '.join(systems)}")
        u, index = _together(systems)
        c = self.variant.degree(u)
        t = development_index(u, np.array(weights))
        d = coordination_degree(c, t)
        lagging, gap = self.lag.lagging(u)
        columns = {**dict(zip(systems, u, strict=True)), "C": c, "T": t, "D": d, "grade": self.grades.grade(d), "gap": gap}
        columns["lagging"] = pd.Categorical.from_codes(lagging, pd.Index(list(systems)))
        frame = pd.DataFrame(columns, index=index, copy=False)
        titles = {name: series.attrs["title"] for name, series in systems.items() if "title" in series.attrs}
        return Coordination(spec=self, frame=frame, systems=tuple(systems), titles=titles, notes=_notes(self, u))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Coordination(Answer):
    """Coupling coordination: `frame` is keyed by (unit, period).

    Columns: one a system (its index), `C`, `T`, `D`, `grade` (1 the worst class of the scheme), `gap` (highest minus lowest
    system) and `lagging` (the lagging system, missing where they are in step). `titles` are the names the systems came with.
    """

    spec: CouplingCoordination
    systems: tuple[str, ...]
    titles: Mapping[str, Text] = field(default_factory=dict)

    @property
    def series(self) -> pd.Series:
        """D as a Series keyed by (unit, period)."""
        return self.frame["D"]

    @property
    def stages(self) -> pd.Series:
        """Coupling stage of each C, 1 the lowest."""
        return pd.Series(COUPLING_STAGES.grade(self.frame["C"].to_numpy()), index=self.frame.index, name="stage")


def _together(systems: dict[str, pd.Series]) -> tuple[Array, pd.Index]:
    """The systems as one array (n, m) on common keys."""
    first_name, first = next(iter(systems.items()))
    for name, series in systems.items():
        keyed(series, who=f"system '{name}'")
        if not series.index.equals(first.index):
            apart = series.index.symmetric_difference(first.index)
            if len(apart):
                raise DataError(
                    f"systems '{first_name}' and '{name}' do not cover the same unit-years",
                    found=f"{len(apart)} are in one only: {several(apart)}",
                    do="treat both from one panel, or leave those units out of both",
                )
    u = np.stack([series.reindex(first.index).to_numpy(dtype=float) for series in systems.values()])
    if u.min(initial=0.0) >= 0 and u.max(initial=1.0) <= 1:
        return u, first.index
    outside = (settled(u) < 0) | (settled(u) > 1)
    if outside.any():
        rows = np.argwhere(outside)[:3]
        found = [f"{list(systems)[i]} at {several([first.index[int(j)]])}: {u[i, j]:.4g}" for i, j in rows]
        raise NoAnswer(
            f"coupling needs indices in [0, 1]; {int(outside.sum())} values lie outside",
            found=several(found),
            do='score by min–max with beyond="clip", not with z-scores or unclipped bounds',
        )
    return np.clip(u, 0.0, 1.0), first.index


def _notes(spec: CouplingCoordination, u: Array) -> tuple[Note, ...]:
    say = Text(
        "耦合协调度按{variant}计算，等级采用{grades}（{side}）；系统差距不超过 {tol:g} 视为同步。协调度不说明因果。",
        "Coordination uses the {variant}; grades: {grades} ({side}); systems within {tol:g} count as in step. "
        "Coordination shows no cause.",
    )
    side = Text("左开右闭", "a value on a limit belongs to the lower class")
    if spec.grades.closed == "left":
        side = Text("左闭右开", "a value on a limit belongs to the upper class")
    notes = [Note("choice", say.format(variant=spec.variant.name, grades=spec.grades.name, side=side, tol=spec.lag.tolerance))]
    zeros = int((u <= 0).any(axis=0).sum())
    if zeros:
        text = Text(
            "{n} 个“地区—年份”有系统指数为 0，其 C 与 D 为 0。", "{n} unit-years have a system at 0, so their C and D are 0."
        )
        notes.append(Note("caution", text.format(n=zeros)))
    return tuple(notes)
