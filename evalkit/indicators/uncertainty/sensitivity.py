"""What drives the ranking: Sobol shares of each choice, of the weights and of errors in how far ranks shift."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import number, one_of, shown, whole
from evalkit.errors import NoAnswer, SpecError
from evalkit.indicators.index import CompositeIndex
from evalkit.indicators.uncertainty.replay import CELLS, Doubts, Replay
from evalkit.panel.panel import Panel, Periods
from evalkit.stats.arrays import Array, pieces
from evalkit.stats.ranks import ranks, settled
from evalkit.stats.resampling import bootstrap_counts
from evalkit.stats.sobol import saltelli_points, sobol_bounds, sobol_indices
from evalkit.terms import Text

HEADS = ("first", "total", "first_low", "first_high", "total_low", "total_high")


class NothingShifts(NoAnswer):
    """No setting moves any rank: there is nothing to share among the causes."""


def mean_shift(rank: Array, base: Array) -> Array:
    """Average shift in ranks R̄ = (1/M) Σ_c |rank_c − base_c| of draws of shape (draws, units), each a number of places.

    Source: Saisana, Saltelli & Tarantola (2005), Journal of the Royal Statistical Society A 168:307–323.

    Examples
    --------
    >>> mean_shift(np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]), np.array([1.0, 2.0, 3.0])).round(3)
    array([0.   , 1.333])
    """
    return np.abs(rank - base).mean(axis=-1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity(Doubts):
    """What drives the ranking: Sobol shares of all that is uncertain in the average shift of ranks, and in each unit's rank.

    What is uncertain are the fields of `Doubts`, each one input: the options of a step, each as likely as the next; all weights
    together; all errors together. The index is scored `samples` × (inputs + 2) times.

    Parameters
    ----------
    samples
        Rows of the design, a power of two.
    seed
        The same seed gives the same answer, bit by bit.
    level, resamples
        How much of the bootstrap resamples, of rows of the design, the bounds of a share hold; and how many there are.
    of
        What each unit's shares are of: its "rank", or its "score" (not where normalizations are varied: those have no common
        scale).

    Notes
    -----
    Points from a scrambled Sobol sequence (errors from pseudo-random numbers); first-order shares by Saltelli, total ones by
    Jansen, see `evalkit.stats.sobol`. Source: Saltelli et al. (2010), Computer Physics Communications 181:259–270; on indices:
    Saisana, Saltelli & Tarantola (2005), Journal of the Royal Statistical Society A 168:307–323.

    Examples
    --------
    >>> import evalkit as ek
    >>> from evalkit.indicators.uncertainty.sensitivity import Sensitivity
    >>> counties = ek.datasets.load("counties")
    >>> index = ek.CompositeIndex(system=ek.systems("revitalization")["revitalization"], weigh=ek.Entropy())
    >>> ask = Sensitivity(samples=128, weigh=(ek.Entropy(), ek.Equal()), aggregate=(ek.ARITHMETIC, ek.GEOMETRIC))
    >>> drivers = ask.measure(index, counties, on=slice(2016, 2020))
    >>> list(drivers.frame.index)
    ['weigh', 'aggregate', 'weights']
    """

    samples: int = 512
    seed: int = 0
    level: float = 0.95
    resamples: int = 500
    of: Literal["rank", "score"] = "rank"

    def __post_init__(self) -> None:
        Doubts.__post_init__(self)
        one_of(self.of, ("rank", "score"), who="Sensitivity of")
        do = "use 256, 512 or 1024"
        whole(self.samples, least=16, who="Sensitivity samples", do=do)
        if self.samples & (self.samples - 1):
            raise SpecError("Sensitivity samples must be a power of two", found=shown(self.samples), do=do)
        whole(self.seed, least=0, who="Sensitivity seed", do="use 0")
        number(self.level, "(0, 1)", who="Sensitivity level", do="use 0.95")
        whole(self.resamples, least=50, who="Sensitivity resamples", do="use 500")
        if len(self.inputs) < 2:
            found = ", ".join(self.inputs) or "none"
            raise SpecError("Sensitivity shares variance among at least two inputs", found=found, do="name another step in doubt")
        if self.of == "score" and self.normalize:
            raise SpecError("scores of different normalizations have no common scale", do="use of='rank'")

    def measure(self, index: CompositeIndex, panel: Panel, on: Periods = None, period: int | None = None) -> Drivers:
        """Shares of all that is uncertain at `period` (None: the last), with all learning on the reference periods `on`.

        Raises
        ------
        NothingShifts
            No rank ever moves, so there is nothing to share.
        NoAnswer
            The options do not score the same units.
        """
        replay = Replay.of(self, index, panel, on, period)
        base = ranks(replay.base).astype(np.float64)
        shifts, runs = np.empty((len(self.inputs) + 2, self.samples, 1)), list[Array]()
        for rows, scores in self._runs(replay):
            placed = ranks(scores).astype(np.float64)
            shifts[:, rows, 0] = mean_shift(placed, base)
            runs.append(placed if self.of == "rank" else settled(scores))
        if not np.ptp(shifts[:2]) > 0:
            raise NothingShifts(
                "no setting shifts a rank more than another, so there is nothing to share",
                do="give more options, wider weights or larger errors",
            )
        counts = bootstrap_counts(np.random.default_rng(self.seed), self.samples, self.resamples)
        frame = self._shares(shifts, counts).droplevel("unit")
        whole = np.concatenate(runs, axis=1)
        moving = np.flatnonzero(np.ptp(whole[:2], axis=(0, 1)) > 0)
        return Drivers(
            spec=self,
            frame=frame,
            by_unit=self._shares(whole[:, :, moving], counts, replay.units[moving]),
            shift=float(shifts[:2].mean()),
            panel=panel,
            period=replay.period,
            notes=self._notes(len(base), len(moving)),
        )

    def _runs(self, replay: Replay) -> Iterator[tuple[slice, Array]]:
        """Scores of shape (2 + inputs, rows, units) of some rows of the design: A, B, and A with each input from B."""
        steps = len(self.choices)
        both = saltelli_points(steps + replay.width, self.samples, self.seed)
        streams = [np.random.default_rng(s) for s in np.random.SeedSequence(self.seed).spawn(2)]
        shape = (replay.width, len(replay.units))
        size = max(1, CELLS // ((len(self.inputs) + 2) * shape[1] * (1 if self.error is None else shape[0])))
        for rows in pieces(self.samples, size):
            u = [points[rows] for points in both]
            noise = [None if self.error is None else rng.standard_normal((len(u[0]), *shape)) for rng in streams]
            out = [self._run(replay, *side) for side in zip(u, noise, strict=True)]
            for name in self.inputs:
                if name == "error":
                    out.append(self._run(replay, u[0], noise[1]))
                    continue
                taken = u[0].copy()
                columns = slice(steps, None) if name == "weights" else self.inputs.index(name)
                taken[:, columns] = u[1][:, columns]
                out.append(self._run(replay, taken, noise[0]))
            yield rows, np.stack(out)

    def _run(self, replay: Replay, u: Array, noise: Array | None) -> Array:
        steps = len(self.choices)
        which = replay.member((u[:, :steps] * replay.sizes).astype(np.intp))
        center = replay.centers(which)
        return replay.scores(which, self.weights.at(u[:, steps:], center) if self.weights else center, noise)

    def _shares(self, runs: Array, counts: Array, units: pd.Index | None = None) -> pd.DataFrame:
        """Shares and bounds, keyed by (unit, input), from outputs of shape (2 + inputs, rows, outputs)."""
        shares = sobol_indices(runs[0], runs[1], runs[2:])
        bounds = sobol_bounds(runs[0], runs[1], runs[2:], counts, self.level)
        found = [*shares, *bounds[0], *bounds[1]]
        keys = pd.MultiIndex.from_product([["all"] if units is None else units, self.inputs], names=["unit", "input"])
        return pd.DataFrame({head: values.T.ravel() for head, values in zip(HEADS, found, strict=True)}, index=keys)

    def _notes(self, units: int, moving: int) -> tuple[Note, ...]:
        drawn = Text(
            "Sobol 方差分解：设计 {n} 行、共 {runs} 次计算（随机种子 {seed}）；存疑项：{what}。份额为估计值，可略小于 0；"
            "界限为 {r} 次自助重抽的 {level:.0%} 分位区间。",
            "Sobol shares of variance from {n} rows, {runs:,} runs of the index (seed {seed}). In doubt: {what}. Shares are "
            "estimates and may fall a little below 0; bounds hold {level:.0%} of {r} bootstrap resamples.",
        )
        values = {"n": self.samples, "runs": self.samples * (len(self.inputs) + 2), "seed": self.seed, "what": self.said}
        notes = [Note("choice", drawn.format(**values, level=self.level, r=self.resamples))]
        if moving < units:
            text = Text(
                "{n} 个地区在所有计算中均不变动，不列其份额。", "Places that never move in any run, and so have no shares: {n}."
            )
            notes.append(Note("left_out", text.format(n=units - moving)))
        if self.error is not None:
            text = Text(
                "各地区的测量误差相互独立，在全部地区的平均位次变动中大多相互抵消；其对单个地区的影响见各地区份额。",
                "Errors of single places are independent and largely average out in the average shift of all; what they do to "
                "a single place is in its own shares.",
            )
            notes.append(Note("caution", text))
        scope = Text(
            "份额取决于列出了哪些存疑项及其设定范围，不能单独说明某一步骤“重要”。",
            "Shares depend on what was put in doubt, and how widely; they do not say that a step matters as such.",
        )
        return (*notes, Note("caution", scope))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Drivers(Answer):
    """What drives the ranking: `frame` is keyed by input and holds its shares in the variance of the average rank shift.

    Columns: `first` (what would go if the input were known) and `total` (what would be left if all others were known), with
    bounds `first_low`, `first_high`, `total_low`, `total_high`. `by_unit`, keyed by (unit, input), holds the same for each unit's
    rank or score; units that never move are not in it. `shift` is the average shift of ranks against the base, in places.
    """

    by_unit: pd.DataFrame
    shift: float
    panel: Panel
    period: int
