"""Decoupling in Tapio's eight states: how much one system changes for each percent of another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import many, number, whole
from evalkit.coupling.dynamics.paired import Pair, paired
from evalkit.errors import NoAnswer, several
from evalkit.stats.arrays import Array, Codes
from evalkit.stats.ranks import settled
from evalkit.terms import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class DecouplingState:
    """One of the eight states: its label, and what the systems {a} and {b} do in it."""

    id: str
    label: Text
    meaning: Text


STATES = (
    DecouplingState(
        id="strong_decoupling",
        label=Text("强脱钩", "strong decoupling"),
        meaning=Text("{b}升而{a}降", "{b} rises, {a} falls"),
    ),
    DecouplingState(
        id="weak_decoupling",
        label=Text("弱脱钩", "weak decoupling"),
        meaning=Text("同升，{a}升得明显慢", "both rise, {a} clearly less"),
    ),
    DecouplingState(
        id="expansive_coupling",
        label=Text("扩张连接", "expansive coupling"),
        meaning=Text("同升，幅度相近", "both rise about alike"),
    ),
    DecouplingState(
        id="expansive_negative_decoupling",
        label=Text("扩张负脱钩", "expansive negative decoupling"),
        meaning=Text("同升，{a}升得明显快", "both rise, {a} clearly more"),
    ),
    DecouplingState(
        id="strong_negative_decoupling",
        label=Text("强负脱钩", "strong negative decoupling"),
        meaning=Text("{b}降而{a}升", "{b} falls, {a} rises"),
    ),
    DecouplingState(
        id="weak_negative_decoupling",
        label=Text("弱负脱钩", "weak negative decoupling"),
        meaning=Text("同降，{a}降得明显慢", "both fall, {a} clearly less"),
    ),
    DecouplingState(
        id="recessive_coupling",
        label=Text("衰退连接", "recessive coupling"),
        meaning=Text("同降，幅度相近", "both fall about alike"),
    ),
    DecouplingState(
        id="recessive_decoupling",
        label=Text("衰退脱钩", "recessive decoupling"),
        meaning=Text("同降，{a}降得明显快", "both fall, {a} clearly more"),
    ),
)
TAKEN = ("since", "elasticity", "state")


def decoupling_elasticity(change_a: Array, change_b: Array) -> Array:
    """Decoupling elasticity e = (ΔA/A) / (ΔB/B) of relative changes: the percent of A for each percent of B.

    1: both change alike; 0: A stands still while B moves; negative: they move apart. Where B does not change there is no
    elasticity (NaN), for no finite number says how A answers to nothing.

    Source: Tapio (2005), Towards a theory of decoupling, Transport Policy 12(2):137–151.

    Examples
    --------
    >>> decoupling_elasticity(np.array([0.01, -0.02, 0.01]), np.array([0.02, 0.01, 0.0]))
    array([ 0.5, -2. ,  nan])
    """
    moves = settled(change_b) != 0
    return np.divide(change_a, change_b, out=np.full_like(change_a, np.nan), where=moves)


def decoupling_state(elasticity: Array, change_b: Array, limits: tuple[float, float] = (0.8, 1.2)) -> Codes:
    """Position in `STATES` of each elasticity, by whether B rises or falls; −1 where there is no elasticity.

    Below 0 decoupling is strong; [0, 0.8) weak; [0.8, 1.2] coupled; above 1.2 the other way of weak. A that stands still
    (e = 0) is weakly decoupled: B moved and A did not, though not against it. Papers differ on which state 0.8 itself is in.

    Examples
    --------
    >>> e, b = np.array([-0.1, 0.0, 0.8, 1.2, 1.3, 1.3]), np.array([0.1, 0.1, 0.1, 0.1, 0.1, -0.1])
    >>> [STATES[at].id for at in decoupling_state(e, b)][-2:]
    ['expansive_negative_decoupling', 'recessive_decoupling']
    """
    low, high = limits
    e = settled(elasticity)
    place = (e >= 0).astype(np.intp) + (e >= low) + (e > high) + 4 * (change_b < 0)
    return np.where(np.isnan(e), -1, place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoupling:
    """Decoupling of a first system A from a second B, in Tapio's eight states.

    Parameters
    ----------
    lag
        None: from each observation of a unit to its next; k: only over exactly k periods.
    limits
        Between these elasticities the two are coupled.

    Notes
    -----
    Tapio's names are made for a burden A (traffic, emissions) and a growth B: there strong decoupling is what is hoped for.
    Where A is a good as well, such as a development index, strong decoupling means that A fell while B rose.
    """

    lag: int | None = None
    limits: tuple[float, float] = (0.8, 1.2)

    def __post_init__(self) -> None:
        if self.lag is not None:
            whole(self.lag, who="Decoupling lag", do="use None for the next observation, or at least 1")
        low, high = many(self.limits, count=2, who="Decoupling limits, two numbers around 1,", do="use (0.8, 1.2)")
        number(low, "(0, 1)", who="the lower of Decoupling limits around 1", do="use (0.8, 1.2)")
        number(high, "(1, ∞)", who="the upper of Decoupling limits around 1", do="use (0.8, 1.2)")

    def measure(self, **systems: pd.Series) -> Decoupled:
        """Relative changes, elasticity and state of every unit and period; the first system passed is A, the second B.

        Raises
        ------
        SpecError, DataError
            Fewer than two systems; keys that differ, are double or missing.
        NoAnswer
            More than two systems; a negative value, of which no relative change can be told; no two observations so far apart.

        Examples
        --------
        >>> key = pd.MultiIndex.from_product([["a"], [2018, 2019, 2020]], names=["unit", "period"])
        >>> carbon, growth = pd.Series([100.0, 103.0, 101.0], key), pd.Series([50.0, 55.0, 56.0], key)
        >>> Decoupling().measure(carbon=carbon, growth=growth).frame[["elasticity", "state"]].round(4).values.tolist()
        [[0.3, 'weak_decoupling'], [-1.068, 'strong_decoupling']]
        """
        pair = paired(systems, who="decoupling", taken=TAKEN)
        negative = np.flatnonzero((pair.u < 0).any(axis=0))
        if len(negative):
            raise NoAnswer(
                "relative changes need values that are not negative",
                found=f"{len(negative)} rows, such as {several(pair.index[negative][:3])}",
                do="couple their speeds instead: Speeds().measure(…)",
            )
        before, after = pair.steps(self.lag)
        if not len(after):
            gap = "two periods" if self.lag is None else f"two periods exactly {self.lag} apart"
            raise NoAnswer(f"no unit was observed in {gap}", do="choose another lag")
        start, end = pair.u[:, before], pair.u[:, after]
        change = np.divide(end - start, start, out=np.full_like(start, np.nan), where=start > 0)
        elasticity = decoupling_elasticity(change[0], change[1])
        state = decoupling_state(elasticity, change[1], self.limits)
        frame = pd.DataFrame(
            {
                "since": pair.period[before],
                **dict(zip(pair.names, change, strict=True)),
                "elasticity": elasticity,
                "state": pd.Categorical.from_codes(state, pd.Index([one.id for one in STATES])),
            },
            index=pair.index[after],
        )
        notes = _notes(self, pair, change)
        return Decoupled(spec=self, frame=frame, systems=pair.names, titles=pair.titles, notes=notes)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Decoupled(Answer):
    """Decoupling: `frame` is keyed by unit and the later of two periods.

    Columns: `since` (the earlier period), one a system (its relative change; NaN from a start at 0), `elasticity` and `state`
    (an id of `STATES`; both missing where a start is 0 or B does not change). `titles` are the names the systems came with.
    """

    spec: Decoupling
    systems: tuple[str, str]
    titles: Mapping[str, Text] = field(default_factory=dict)


def _notes(spec: Decoupling, pair: Pair, change: Array) -> tuple[Note, ...]:
    a, b = (pair.titles.get(name, Text(name, name)) for name in pair.names)
    step = Text("相邻两次观测", "one observation to the next")
    if spec.lag is not None:
        step = Text("恰隔 {lag} 期", "exactly {lag} period(s) apart").format(lag=spec.lag)
    choice = Text(
        "脱钩弹性为“{a}”变化率与“{b}”变化率之比（{step}）；弹性在 [{low:g}, {high:g}] 内为连接，为 0 归入弱脱钩或弱负脱钩"
        "（Tapio, 2005）。",
        "The elasticity is the relative change of “{a}” over that of “{b}” ({step}); within [{low:g}, {high:g}] they are "
        "coupled, and 0 counts as weak (Tapio, 2005).",
    )
    caution = Text(
        "脱钩名称原指压力 A 与增长 B；若“{a}”本身是好事，“强脱钩”即“{a}”下降而“{b}”上升，并非好结果。",
        "The names are made for a burden A and a growth B; where “{a}” is a good, strong decoupling means that it fell while "
        "“{b}” rose.",
    )
    said = choice.format(a=a, b=b, step=step, low=spec.limits[0], high=spec.limits[1])
    notes = [Note("choice", said), Note("caution", caution.format(a=a, b=b))]
    zero = int(np.isnan(change).any(axis=0).sum())
    still = int((settled(change[1]) == 0).sum())
    for count, why in (
        (zero, Text("起点为 0，没有变化率", "start at 0, which has no relative change")),
        (still, Text("“{b}”没有变化，没有弹性", "see no change of “{b}”, so no elasticity").format(b=b)),
    ):
        if count:
            text = Text("{n} 个“地区—时段”{why}，未归入任何状态。", "Steps that {why}: {n}; they are in no state.")
            notes.append(Note("left_out", text.format(n=count, why=why)))
    return tuple(notes)
