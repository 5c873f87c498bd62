"""Coupling of speeds: at which angle two systems move, in which stage that is, and how far their curves part (scissors)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import instance, number, whole
from evalkit.coupling.dynamics.paired import Pair, paired
from evalkit.coupling.dynamics.stages import QUADRANTS, AngleScheme
from evalkit.errors import DataError, NoAnswer, several
from evalkit.stats.arrays import Array, Codes
from evalkit.stats.ranks import settled
from evalkit.terms import Text


def coupling_angle(v_a: Array, v_b: Array) -> Array:
    """Coupling angle α = atan2(V_A, V_B) of two speeds, in degrees, in (−180, 180].

    45: both rise equally fast; 0: only B rises; 90: only A rises; ±180: only B falls; −135: both fall equally fast. The angle
    says in which direction two systems move together, and nothing of how fast: where both stand still there is none (NaN).
    Printed papers write α = arctan(V_A/V_B), which cannot tell falling together from rising together; the quadrant of the
    two signs must be read with it, as atan2 does.

    Source: Qiao Biao & Fang Chuanglin (2005), 生态学报 25(11).

    Examples
    --------
    >>> coupling_angle(np.array([0.02, -0.01, 0.0]), np.array([0.02, -0.01, 0.0]))
    array([  45., -135.,   nan])
    """
    a, b = settled(v_a) + 0.0, settled(v_b) + 0.0  # no negative zero, which atan2 would send to −180
    angle = np.degrees(np.arctan2(a, b))
    return np.where((a == 0) & (b == 0), np.nan, angle)


def scissors_difference(v_a: Array, v_b: Array) -> Array:
    """Scissors difference (剪刀差) atan |(V_A − V_B) / (1 + V_A V_B)|, the acute angle between two tangents, in degrees.

    In [0, 90]. 0: the curves run side by side, rising or falling; the greater, the faster they part or close, which the
    formula does not tell apart. Where 1 + V_A V_B = 0 the tangents stand at right angles: 90. The angle depends on the units of
    both axes: of indices in [0, 1] over years speeds are small, and it is near 57.3° times |V_A − V_B|.

    Examples
    --------
    >>> scissors_difference(np.array([0.1, 2.0, 1.0]), np.array([0.1, -0.5, 0.0]))
    array([ 0., 90., 45.])
    """
    return np.degrees(np.arctan2(np.abs(v_a - v_b), np.abs(1.0 + v_a * v_b)))


def trend_speeds(u: Array, unit: Codes, period: Codes, degree: int) -> Array:
    """Speeds dU/dt of the polynomial trend of each unit, at its own periods; `u` of shape (systems, m), rows sorted by unit.

    One least-squares fit a unit and system, all at once: the normal equations in Legendre polynomials of the unit's own time,
    scaled to [−1, 1]. A straight line (degree 1) has one speed a unit.

    Examples
    --------
    >>> t = np.array([2000, 2001, 2003, 2006])
    >>> trend_speeds(np.array([0.1 + 0.02 * (t - 2000.0) ** 2]), np.zeros(4, dtype=int), t, 2).round(6)
    array([[0.  , 0.04, 0.12, 0.24]])
    """
    start = np.flatnonzero(np.diff(unit, prepend=-1))
    first, last = period[start], np.maximum.reduceat(period, start)
    middle, half = (first + last) / 2.0, (last - first) / 2.0
    x = (period - middle[unit]) / half[unit]
    basis = np.polynomial.legendre.legvander(x, degree)
    square = np.add.reduceat(basis[:, :, None] * basis[:, None, :], start, axis=0)
    slopes = np.polynomial.legendre.legvander(x, degree - 1) @ np.polynomial.legendre.legder(np.eye(degree + 1))
    out = np.empty_like(u)
    for at, system in enumerate(u):
        cross = np.add.reduceat(basis * system[:, None], start, axis=0)
        coefficient = np.linalg.solve(square, cross[:, :, None])[:, :, 0]
        out[at] = (slopes * coefficient[unit]).sum(axis=1) / half[unit]
    return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Speeds:
    """Dynamic coupling of two systems: the angle of their speeds, its stage, and the scissors difference.

    Parameters
    ----------
    degree
        None: speeds are differences (U_t − U_s)/(t − s) to the observation before, over the years that lie between. A whole
        number: the derivative of a polynomial trend of that degree, fitted to each unit and system by least squares.
    stages
        The stages of the angle; `OCTANTS` says plainly who rises and who is faster.
    still
        Units whose speeds are both at most this (index points a year) stand still: they have no angle.

    Notes
    -----
    The first system passed is A, the second is B. The stage names of `QUADRANTS` come from a life cycle of cities and their
    environment; read first what both systems do.
    """

    degree: int | None = None
    stages: AngleScheme = QUADRANTS
    still: float = 0.0

    def __post_init__(self) -> None:
        if self.degree is not None:
            whole(self.degree, who="Speeds degree", do="use None for differences, or at least 1")
        instance(self.stages, AngleScheme, who="Speeds stages", do="use QUADRANTS or OCTANTS")
        number(self.still, "[0, ∞)", who="Speeds still", do="use 0, or a small speed that is not negative")

    def measure(self, **systems: pd.Series) -> SpeedCoupling:
        """Speeds, angle, stage and scissors difference of every unit and year.

        Raises
        ------
        SpecError, DataError
            Fewer than two systems; keys that differ, are double or missing; too few years for the degree.
        NoAnswer
            More than two systems: the angle is one of a pair. Or no unit was observed twice.

        Examples
        --------
        >>> key = pd.MultiIndex.from_product([["a"], [2018, 2019, 2021]], names=["unit", "period"])
        >>> kept, rise = pd.Series([0.5, 0.6, 0.6], key), pd.Series([0.2, 0.3, 0.5], key)
        >>> Speeds().measure(kept=kept, rise=rise).frame[["V_kept", "V_rise", "angle", "stage"]].round(3).values.tolist()
        [[0.1, 0.1, 45.0, 'harmony'], [0.0, 0.1, 0.0, 'symbiosis']]
        """
        pair = paired(systems, who="coupling of speeds")
        v, rows = self._speeds(pair)
        angle = np.where((np.abs(v) <= self.still).all(axis=0), np.nan, coupling_angle(v[0], v[1]))
        frame = pd.DataFrame(
            {
                **{f"V_{name}": speed for name, speed in zip(pair.names, v, strict=True)},
                "speed": np.hypot(v[0], v[1]),
                "angle": angle,
                "stage": pd.Categorical.from_codes(self.stages.stage(angle), pd.Index(self.stages.ids)),
                "scissors": scissors_difference(v[0], v[1]),
            },
            index=pair.index[rows],
        )
        levels = pd.DataFrame(pair.u.T, index=pair.index, columns=list(pair.names))
        notes = _notes(self, pair, frame)
        return SpeedCoupling(spec=self, frame=frame, systems=pair.names, levels=levels, titles=pair.titles, notes=notes)

    def _speeds(self, pair: Pair) -> tuple[Array, Codes]:
        """Speeds of shape (2, rows), and the rows they belong to."""
        before, after = pair.steps()
        if not len(after):
            raise NoAnswer("speeds need units that were observed at least twice", do="take more periods")
        if self.degree is None:
            years = pair.period[after] - pair.period[before]
            return (pair.u[:, after] - pair.u[:, before]) / years, after
        count = np.bincount(pair.unit)
        few = np.flatnonzero(count <= self.degree)
        if len(few):
            names = pair.index.get_level_values("unit")[np.flatnonzero(np.isin(pair.unit, few))].unique()
            raise DataError(
                f"a trend of degree {self.degree} needs at least {self.degree + 1} observations of each unit",
                found=f"{len(few)} units with fewer: {several(names)}",
                do="lower the degree, or leave the units out",
            )
        return trend_speeds(pair.u, pair.unit, pair.period, self.degree), np.arange(len(pair.unit))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SpeedCoupling(Answer):
    """Coupling of speeds: `frame` is keyed by (unit, period).

    Columns: `V_<system>` (index points a year) of both, `speed` (√(V_A² + V_B²)), `angle` (degrees), `stage` (id of the scheme,
    missing where the unit stands still) and `scissors` (degrees). With differences a row belongs to the later of its two years.
    `levels` holds the systems themselves, all rows; `titles` the names they came with.
    """

    spec: Speeds
    systems: tuple[str, str]
    levels: pd.DataFrame
    titles: Mapping[str, Text] = field(default_factory=dict)


def _notes(spec: Speeds, pair: Pair, frame: pd.DataFrame) -> tuple[Note, ...]:
    how = Text("相邻两次观测之间的年均变化", "mean yearly change between one observation and the next")
    if spec.degree is not None:
        how = Text("{d} 次多项式趋势的导数", "derivative of a polynomial trend of degree {d}").format(d=spec.degree)
    choice = Text(
        "速度：{how}；耦合角 α = atan2(V_A, V_B)，A 为“{a}”，B 为“{b}”；阶段划分：{scheme}（{source}）。",
        "Speeds are the {how}; the angle is atan2(V_A, V_B), A is “{a}”, B is “{b}”; stages: {scheme} ({source}).",
    )
    a, b = (pair.titles.get(name, Text(name, name)) for name in pair.names)
    caution = Text(
        "耦合角只说明方向，不说明快慢：变化很小的地区角度并不稳定，请与速度大小一并阅读；阶段名称出自城市化与生态环境的演化周期，以升降含义为准。",
        "The angle says the direction and nothing of the pace: of places that hardly move it is unstable, so read it with the "
        "speed; stage names come from the cycle of cities and their environment, so go by what rises and falls.",
    )
    said = choice.format(how=how, a=a, b=b, scheme=spec.stages.name, source=spec.stages.source)
    notes = [Note("choice", said), Note("caution", caution)]
    still, single = int(frame["angle"].isna().sum()), pair.units - len(frame.index.unique("unit"))
    if still:
        text = Text("{n} 个“地区—年份”两系统均无变化，没有耦合角。", "{n} unit-years stand still and have no angle.")
        notes.append(Note("caution", text.format(n=still)))
    if single:
        text = Text("{n} 个地区只有一次观测，没有速度。", "Units observed once, which have no speed: {n}.")
        notes.append(Note("left_out", text.format(n=single)))
    return tuple(notes)
