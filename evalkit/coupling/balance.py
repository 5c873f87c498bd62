"""Where the systems stand to each other: quadrant, ratio, and distance to the line of balance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import number, one_of
from evalkit.coupling.relative import spread
from evalkit.coupling.static import Coordination, on_coordination
from evalkit.stats.arrays import Array
from evalkit.stats.ranks import settled
from evalkit.terms import Text, same


def balance_distance(u: Array) -> Array:
    """Distance of systems of shape (n, m) to the line of balance U_1 = … = U_n: √Σ (U_i − Ū)², of two systems |U_1 − U_2|/√2.

    0: level; the greatest distance of two systems is √½.

    Examples
    --------
    >>> balance_distance(np.array([[0.5, 0.0], [0.5, 1.0]])).round(4)
    array([0.    , 0.7071])
    """
    return np.sqrt(len(u)) * u.std(axis=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Where the systems of each place stand to each other.

    `cut` parts high from low: a level, or the "mean" or "median" of each system over all unit-years. A value on the cut is high.
    """

    cut: float | Literal["mean", "median"] = 0.5

    def __post_init__(self) -> None:
        if isinstance(self.cut, str):
            one_of(self.cut, ("mean", "median"), who="Balance cut")
        else:
            number(self.cut, "(0, 1)", who="Balance cut", do="use 0.5, 'mean' or 'median'")

    def measure(self, bond: Coordination) -> Balanced:
        """Quadrant, ratio and distance of every unit and year.

        Examples
        --------
        >>> from evalkit.coupling.static import CouplingCoordination
        >>> key = pd.MultiIndex.from_tuples([("a", 2020), ("a", 2021)], names=["unit", "period"])
        >>> kept, rise = pd.Series([0.8, 0.9], index=key), pd.Series([0.2, 0.6], index=key)
        >>> Balance().measure(CouplingCoordination().measure(kept=kept, rise=rise)).frame["quadrant"].tolist()
        [4, 1]
        """
        on_coordination(bond, what="balance is measured")
        u = bond.frame[list(bond.systems)].to_numpy().T
        cuts = self._cuts(u)
        high = settled(u) >= settled(cuts)[:, None]
        frame = pd.DataFrame(
            {
                "ratio": np.divide(u.min(axis=0), u.max(axis=0), out=np.ones(u.shape[1]), where=u.max(axis=0) > 0),
                "gap": spread(u),
                "distance": balance_distance(u),
                "high": high.sum(axis=0).astype(np.int8),
            },
            index=bond.frame.index,
        )
        if len(u) == 2:
            frame["quadrant"] = np.select([high[0] & high[1], high[1], high[0]], [1, 2, 4], 3).astype(np.int8)
        return Balanced(spec=self, frame=frame, bond=bond, cuts=cuts, notes=(self._note(bond, cuts),))

    def _note(self, bond: Coordination, cuts: Array) -> Note:
        text = Text("高低以 {cut} 为界，界上为高。", "High and low are parted at {cut}; a value on it is high.")
        if isinstance(self.cut, float):
            return Note("choice", text.format(cut=f"{self.cut:.3g}"))
        named = [(bond.titles.get(name, same(name)), cut) for name, cut in zip(bond.systems, cuts, strict=True)]
        said = Text(
            "、".join(f"{name.zh} {cut:.3g}" for name, cut in named), ", ".join(f"{name.en} {cut:.3g}" for name, cut in named)
        )
        return Note("choice", text.format(cut=said))

    def _cuts(self, u: Array) -> Array:
        if self.cut == "mean":
            return u.mean(axis=1)
        return np.median(u, axis=1) if self.cut == "median" else np.full(len(u), self.cut)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Balanced(Answer):
    """Where the systems stand: `frame` is keyed by (unit, period).

    Columns: `ratio` (lowest over highest system, 1 level), `gap` (highest less lowest), `distance` (to the line of balance),
    `high` (how many systems are at least at their cut) and, of two systems, `quadrant`: 1 both high, 2 the first low and the
    second high, 3 both low, 4 the first high and the second low. `cuts` are the levels that part high from low.
    """

    bond: Coordination
    cuts: Array
