"""Coupling coordination: how far two or more systems stand level (C), how high together (T), and both at once (D)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.answer import Answer, Note
from evalkit.check import able, keyed, shares, shown
from evalkit.coupling.grades import COUPLING_STAGES, TEN_GRADES, GradeScheme
from evalkit.coupling.relative import Lag, LagRule, spread
from evalkit.coupling.shares import ShareRule
from evalkit.coupling.variants import CouplingVariant, Power, Standard, WithoutCoefficient
from evalkit.errors import DataError, NoAnswer, SpecError, several
from evalkit.stats.arrays import BLOCK, Array, native, pieces
from evalkit.stats.ranks import settled
from evalkit.terms import Text, same


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


TAKEN = ("C", "T", "D", "grade", "lagging")
MOST_SYSTEMS = 127  # the position of the lagging system is held in one byte


@dataclass(frozen=True, slots=True, kw_only=True)
class CouplingCoordination:
    """How two or more systems couple and coordinate.

    Parameters
    ----------
    variant
        How coupling is measured.
    shares
        What each system counts in T: shares in the order the systems are passed, a rule such as `EntropyShares()` that learns
        them, or None: all alike.
    grades
        The classes of D.
    lag
        When a system is said to lag.

    Notes
    -----
    A system at 0 makes C = D = 0 in the standard variant, however high the others are: zeros count, and the answer says how many
    there are. Coordination is arithmetic of two indices; it shows no cause and no mechanism.
    """

    variant: CouplingVariant = Standard()
    shares: tuple[float, ...] | ShareRule | None = None
    grades: GradeScheme = TEN_GRADES
    lag: Lag = LagRule()

    def __post_init__(self) -> None:
        able(self.variant, "degree", who="the variant of coupling", do="use Standard(), Wang2021(), …")
        able(self.lag, "lagging", who="the lag rule", do="use LagRule() or RatioRule()")
        if isinstance(self.shares, list):
            object.__setattr__(self, "shares", tuple(self.shares))
        if isinstance(self.shares, tuple):
            shares(self.shares, len(self.shares), who="coupling")
        elif self.shares is not None:
            able(self.shares, "learn", who="the shares", do="use (0.5, 0.5), EntropyShares() or ContributionShares()")
        able(self.grades, "grade", who="the grades", do="use TEN_GRADES or a GradeScheme")
        if self.grades.measure != "D":
            raise SpecError(f"grade scheme '{self.grades.id}' grades {self.grades.measure}, not D", do="choose a scheme for D")
        if isinstance(self.variant, WithoutCoefficient):
            what = "a coupling degree without its coefficient is an error of published papers, not a choice"
            raise SpecError(what, do="use Standard()")

    def measure(self, **systems: pd.Series) -> Coordination:
        """C, T, D, grade and lagging system of every unit and year.

        Each system is a Series in [0, 1] keyed by (unit, period), all with the same keys.

        Raises
        ------
        SpecError
            Fewer than two systems, or more than 127; or shares that do not fit them.
        DataError
            Keys differ, are double or missing, or a value is missing, infinite or no number.
        NoAnswer
            A value lies outside [0, 1], or the variant does not apply.

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
        if len(systems) > MOST_SYSTEMS:
            raise SpecError(f"coupling takes at most {MOST_SYSTEMS} systems", found=str(len(systems)), do="couple fewer at once")
        taken = [name for name in systems if name in TAKEN]
        if taken:
            raise SpecError(f"a system cannot be named {several(taken)}", do="that is a column of the answer; rename the system")
        u, index = together(systems)
        weights = self.shares_of(u, index, who=f"coupling of {', '.join(systems)}")
        columns: dict[str, Any] = {**dict(zip(systems, u, strict=True)), **self.coupled(u, weights)}
        columns["lagging"] = pd.Categorical.from_codes(columns["lagging"], pd.Index(list(systems)))
        frame = pd.DataFrame(columns, index=index, copy=False)
        titles = {name: series.attrs["title"] for name, series in systems.items() if "title" in series.attrs}
        notes = _notes(self, u, weights, tuple(titles.get(name, same(name)) for name in systems))
        return Coordination(spec=self, frame=frame, systems=tuple(systems), shares=weights, titles=titles, notes=notes)

    def shares_of(self, u: Sequence[Array], index: pd.Index, who: str) -> Array:
        """The share of each system, given, equal or learnt."""
        if self.shares is not None and not isinstance(self.shares, tuple):
            return self.shares.learn(np.stack(u), index)
        given = (1.0 / len(u),) * len(u) if self.shares is None else self.shares
        shares(given, len(u), who=who)
        return np.array(given)

    def coupled(self, u: Sequence[Array], weights: Array) -> dict[str, NDArray[Any]]:
        """C, T, D, grade and position of the lagging system, in pieces that are read once."""
        m = len(u[0])
        c, t, d = np.empty(m), np.empty(m), np.empty(m)
        grade, lagging = np.empty(m, dtype=np.int8), np.empty(m, dtype=np.int8)
        held = np.empty((len(u), BLOCK))
        for rows in pieces(m):
            block = np.stack([system[rows] for system in u], out=held[:, : rows.stop - rows.start])
            c[rows] = self.variant.degree(block)
            t[rows] = development_index(block, weights)
            d[rows] = coordination_degree(c[rows], t[rows])
            grade[rows] = self.grades.grade(d[rows])
            lagging[rows] = self.lag.lagging(block)
        return {"C": c, "T": t, "D": d, "grade": grade, "lagging": lagging}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Coordination(Answer):
    """Coupling coordination: `frame` is keyed by (unit, period).

    Columns: one a system (its index), `C`, `T`, `D`, `grade` (1 the worst class of the scheme) and `lagging` (the lagging
    system, missing where they are in step). `shares` is what each system counts in T; `titles` are the names they came with.
    """

    spec: CouplingCoordination
    systems: tuple[str, ...]
    shares: Array
    titles: Mapping[str, Text] = field(default_factory=dict)

    @property
    def series(self) -> pd.Series:
        """D as a Series keyed by (unit, period)."""
        return self.frame["D"]

    @property
    def gap(self) -> pd.Series:
        """The highest less the lowest system."""
        return pd.Series(spread(self.frame[list(self.systems)].to_numpy().T), index=self.frame.index, name="gap")

    @property
    def stages(self) -> pd.Series:
        """Coupling stage of each C, 1 the lowest."""
        return pd.Series(COUPLING_STAGES.grade(self.frame["C"].to_numpy()), index=self.frame.index, name="stage")


def on_coordination(bond: object, *, what: str) -> None:
    """Refuse what is no coordination where something is done on one; `what` is done, as in "balance is measured"."""
    if not isinstance(bond, Coordination):
        do = "pass what CouplingCoordination().measure(…) returns"
        raise SpecError(f"{what} on a coordination", found=shown(bond), do=do)


def together(systems: Mapping[str, pd.Series]) -> tuple[list[Array], pd.Index]:
    """The systems as arrays on common keys, in [0, 1]."""
    first_name, first = next(iter(systems.items()))
    for name, series in systems.items():
        keyed(series, who=f"system '{name}'", known=None if series is first else first.index)
        if not series.index.equals(first.index):
            apart = series.index.symmetric_difference(first.index)
            if len(apart):
                raise DataError(
                    f"systems '{first_name}' and '{name}' do not cover the same unit-years",
                    found=f"{len(apart)} are in one only: {several(apart)}",
                    do="treat both from one panel, or leave those units out of both",
                )
    u = [_aligned(series, first.index) for series in systems.values()]
    if all(x.min(initial=0.0) >= 0 and x.max(initial=1.0) <= 1 for x in u):
        return u, first.index
    outside = (settled(np.stack(u)) < 0) | (settled(np.stack(u)) > 1)
    if outside.any():
        rows = np.argwhere(outside)[:3]
        found = [f"{list(systems)[i]} at {several([first.index[int(j)]])}: {u[i][j]:.4g}" for i, j in rows]
        raise NoAnswer(
            f"coupling needs indices in [0, 1]; {int(outside.sum())} values lie outside",
            found=several(found),
            do='score by min–max with beyond="clip", not with z-scores or unclipped bounds',
        )
    return [np.clip(x, 0.0, 1.0) for x in u], first.index


def _aligned(series: pd.Series, index: pd.Index) -> Array:
    same_order = series.index is index or series.index.equals(index)
    return (series if same_order else native(series).reindex(index)).to_numpy(dtype=float)


def _notes(spec: CouplingCoordination, u: Sequence[Array], weights: Array, titles: tuple[Text, ...]) -> tuple[Note, ...]:
    say = Text(
        "耦合协调度按{variant}计算，等级采用{grades}（{side}）；系统同步的判定：{step}。协调度不说明因果。",
        "Coordination uses the {variant}; grades: {grades} ({side}); systems count as in step where {step}. "
        "Coordination shows no cause.",
    )
    side = Text("左开右闭", "a value on a limit belongs to the lower class")
    if spec.grades.closed == "left":
        side = Text("左闭右开", "a value on a limit belongs to the upper class")
    notes = [Note("choice", say.format(variant=spec.variant.name, grades=spec.grades.name, side=side, step=spec.lag.in_step))]
    if spec.shares is not None and not isinstance(spec.shares, tuple):
        learnt = [Text("{s} {a:.3f}", "{s} {a:.3f}").format(s=title, a=a) for title, a in zip(titles, weights, strict=True)]
        text = Text("T 采用{rule}：{learnt}。", "T takes {rule}: {learnt}.")
        told = Text("、".join(one.zh for one in learnt), ", ".join(one.en for one in learnt))
        notes.append(Note("choice", text.format(rule=spec.shares.name, learnt=told)))
    most = spec.variant.most(len(u))
    if most < 1:
        text = Text(
            "{variant}下 {n} 个系统的 C 最大为 {most:.3g}，按 D 达到 1 设定的等级对其偏严。",
            "With the {variant} the C of {n} systems is at most {most:.3g}: grades made for a D that reaches 1 are too strict.",
        )
        notes.append(Note("caution", text.format(variant=spec.variant.name, n=len(u), most=most)))
    zeros = int(np.any([x <= 0 for x in u], axis=0).sum()) if any(x.min(initial=1.0) <= 0 for x in u) else 0
    if zeros:
        text = Text("{n} 个“地区—年份”有系统指数为 0。", "{n} unit-years have a system at 0.")
        if isinstance(spec.variant, Standard | Power):
            text = Text(
                "{n} 个“地区—年份”有系统指数为 0，其 C 与 D 为 0。", "{n} unit-years have a system at 0, so their C and D are 0."
            )
        notes.append(Note("caution", text.format(n=zeros)))
    return tuple(notes)
