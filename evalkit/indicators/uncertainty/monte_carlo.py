"""Monte Carlo: an index under many draws of all that is uncertain, and how far scores and ranks scatter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.answer import Answer, Note
from evalkit.check import number, shown, whole
from evalkit.errors import NoAnswer, SpecError, did_you_mean
from evalkit.indicators.index import CompositeIndex
from evalkit.indicators.uncertainty.replay import Doubts, Replay
from evalkit.panel.panel import Panel, Periods
from evalkit.stats.arrays import Array, pieces
from evalkit.stats.ranks import Counts, count_ranks, counted_quantiles, order_index, ranks, settled
from evalkit.terms import Text

KEPT = 2**25  # how many scores are kept for their quantiles, at single precision: 134 MB
MOST_UNITS = 10_000

Kept: TypeAlias = NDArray[np.float32]


def share_above(scores: Array) -> Array:
    """How often each of some units lies above each other one, from scores of shape (draws, units); an equal score counts half.

    Of shape (units, units), row above column; P + Pᵀ = 1, so the diagonal is 1/2.

    Examples
    --------
    >>> share_above(np.array([[0.3, 0.2], [0.3, 0.3], [0.1, 0.4], [0.5, 0.2]]))
    array([[0.5  , 0.625],
           [0.375, 0.5  ]])
    """
    even = settled(scores)
    wins = np.stack([(one[:, None] > even).mean(axis=0) for one in even.T])
    return (1 + wins - wins.T) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class MonteCarlo(Doubts):
    """Scores and ranks of one period under random draws of options, weights and errors of measurement.

    Each draw takes one option of every step in doubt at random, all alike, weights around those learnt, and errors, and scores
    all units anew: the multi-model approach of the handbook. What is uncertain are the fields of `Doubts`: `treat`, `outliers`,
    `normalize`, `weigh`, `aggregate`, `weights` and `error`.

    Parameters
    ----------
    draws
        How many; a probability is then known within about ± 1/√draws (two standard errors at worst).
    seed
        The same seed gives the same answer, bit by bit.
    level
        How much of the draws an interval holds; 0.9 runs from 5 to 95 %.
    group
        The top and the bottom group: a share of the units (0.1: the best tenth), or their number (10).

    Notes
    -----
    Source: OECD & JRC (2008), Handbook on Constructing Composite Indicators, step 7; Saisana, Saltelli & Tarantola (2005),
    Journal of the Royal Statistical Society A 168:307–323.

    Examples
    --------
    >>> import evalkit as ek
    >>> from evalkit.indicators.uncertainty.monte_carlo import MonteCarlo
    >>> counties = ek.datasets.load("counties")
    >>> index = ek.CompositeIndex(system=ek.systems("revitalization")["revitalization"], weigh=ek.Entropy())
    >>> ask = MonteCarlo(draws=500, weigh=(ek.Entropy(), ek.Equal()), aggregate=(ek.ARITHMETIC, ek.GEOMETRIC))
    >>> firm = ask.measure(index, counties, on=slice(2016, 2020))
    >>> bool((firm.frame["rank_low"] <= firm.frame["rank_high"]).all())
    True
    >>> best, last = firm.frame.index[[0, -1]]
    >>> firm.beats(best, last)
    1.0
    """

    draws: int = 1000
    seed: int = 0
    level: float = 0.90
    group: float = 0.1

    def __post_init__(self) -> None:
        Doubts.__post_init__(self)
        whole(self.draws, least=10, who="MonteCarlo draws", do="use 1000 or more")
        whole(self.seed, least=0, who="MonteCarlo seed", do="use 0")
        number(self.level, "(0, 1)", who="MonteCarlo level", do="use 0.9 for 5 to 95 %")
        do = "use 0.1 for the best tenth, or 10 for ten units"
        number(self.group, "(0, ∞)", who="MonteCarlo group", do=do)
        if self.group >= 1 and self.group != int(self.group):
            raise SpecError("MonteCarlo group is a share below 1 or a whole number of units", found=shown(self.group), do=do)

    def measure(self, index: CompositeIndex, panel: Panel, on: Periods = None, period: int | None = None) -> Uncertainty:
        """How firm scores and ranks are at `period` (None: the last), with all learning on the reference periods `on`.

        Raises
        ------
        NoAnswer
            The options do not score the same units, or there are more than 10,000 (a count for each unit and rank is kept).
        """
        replay = Replay.of(self, index, panel, on, period)
        units = len(replay.units)
        if not 2 <= units <= MOST_UNITS:
            raise NoAnswer(f"ranks of {units:,} units are not counted", do=f"ask of 2 to {MOST_UNITS:,} units at a time")
        size = int(self.group) if self.group >= 1 else max(1, round(self.group * units))
        if 2 * size > units:
            raise SpecError("MonteCarlo group is larger than half of the units", found=f"{size} of {units} units")
        counts, kept, total = self._tally(replay)
        frame = self._ranked(replay, counts, size)
        if not self.normalize:
            frame = frame.join(self._scored(replay, kept, total))
        order = frame.sort_values(["rank", "rank_median", "rank_mean"], kind="stable").index
        return Uncertainty(
            spec=self,
            frame=frame.loc[order],
            replay=replay,
            panel=panel,
            size=size,
            notes=self._notes(kept),
        )

    def _tally(self, replay: Replay) -> tuple[Counts, Kept, Array]:
        """Counts of ranks; the scores of as many draws, evenly spaced, as are kept; and the sum of all scores."""
        units = len(replay.units)
        step = -(-self.draws * units // KEPT)
        counts, total = np.zeros((units, units), dtype=np.uint32), np.zeros(units)
        kept, done, filled = np.empty((0 if self.normalize else -(-self.draws // step), units), dtype=np.float32), 0, 0
        for block in replay.draws(self, self.draws, self.seed):
            count_ranks(block, counts)
            if not self.normalize:
                total += block.sum(axis=0)
                some = block[-done % step :: step]
                kept[filled : filled + len(some)] = some
                filled += len(some)
            done += len(block)
        return counts, kept, total

    def _tails(self) -> list[float]:
        return [(1 - self.level) / 2, 0.5, (1 + self.level) / 2]

    def _ranked(self, replay: Replay, counts: Counts, size: int) -> pd.DataFrame:
        low, median, high = counted_quantiles(counts, self._tails())
        return pd.DataFrame(
            {
                "rank": ranks(replay.base),
                "rank_mean": np.arange(1, len(counts) + 1) @ counts / self.draws,
                "rank_median": median,
                "rank_low": low,
                "rank_high": high,
                "top": counts[:size].sum(axis=0) / self.draws,
                "bottom": counts[-size:].sum(axis=0) / self.draws,
            },
            index=replay.units,
        )

    def _scored(self, replay: Replay, kept: Kept, total: Array) -> pd.DataFrame:
        places = [order_index(len(kept), share) for share in self._tails()]
        found = np.empty((3, len(replay.units)))
        for some in pieces(len(replay.units), 128):
            found[:, some] = np.sort(kept[:, some], axis=0)[places]
        heads = ("score_low", "score_median", "score_high")
        frame = pd.DataFrame(dict(zip(heads, found, strict=True)), index=replay.units)
        return frame.assign(score=replay.base, score_mean=total / self.draws)

    def _notes(self, kept: Kept) -> tuple[Note, ...]:
        drawn = Text(
            "共抽取 {n} 次（随机种子 {seed}），每次对各存疑步骤等概率随机取一种设定：{what}。概率的抽样误差至多约 ±{error:.1%}。",
            "Draws: {n:,} (seed {seed}); each takes one option of every step in doubt at random, all alike: {what}. A "
            "probability is known within about ±{error:.1%} or better.",
        )
        notes = [Note("choice", drawn.format(n=self.draws, seed=self.seed, what=self.said, error=1 / np.sqrt(self.draws)))]
        if self.error is not None:
            text = Text(
                "上下界、权重与合成规则按观测数据学得，不在含误差的数据上重新学习。",
                "Bounds, weights and rules were learnt on the figures as observed, not anew on the noisy ones.",
            )
            notes.append(Note("choice", text))
        if self.normalize:
            text = Text(
                "各标准化方法的得分没有共同尺度，因此只给出位次，不给出得分区间。",
                "Scores of different normalizations have no common scale: ranks are given, and no intervals of scores.",
            )
            notes.append(Note("left_out", text))
        elif len(kept) < self.draws:
            text = Text("得分分位数取自等距的 {k} 次抽取。", "Quantiles of scores are those of {k:,} evenly spaced draws.")
            notes.append(Note("choice", text.format(k=len(kept))))
        scope = Text(
            "区间只反映所列不确定性；指标体系的选取等未列入者不在其中。",
            "Intervals hold what is listed here and nothing else: not, for one, the choice of the indicators.",
        )
        return (*notes, Note("caution", scope))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Uncertainty(Answer):
    """How firm scores and ranks are: `frame` is keyed by unit, in the order of the base.

    Columns: `rank` (of the base), `rank_mean`, `rank_median`, `rank_low`, `rank_high` over the draws (medians and bounds are
    ranks that were taken, no means of two); `top` and `bottom`, the probabilities of being among the `size` best and last;
    and, unless normalizations were varied, `score` (of the base), `score_mean`, `score_median`, `score_low`, `score_high`.
    """

    replay: Replay
    panel: Panel
    size: int

    @property
    def period(self) -> int:
        """The period that was ranked."""
        return self.replay.period

    def above(self, units: Sequence[str]) -> pd.DataFrame:
        """The probability that the row's unit lies above the column's, an equal score counting half; the draws are replayed.

        Examples
        --------
        >>> import evalkit as ek
        >>> from evalkit.indicators.uncertainty.monte_carlo import MonteCarlo
        >>> index = ek.CompositeIndex(system=ek.systems("revitalization")["revitalization"])
        >>> firm = MonteCarlo(draws=200).measure(index, ek.datasets.load("counties"))
        >>> first = firm.above(firm.frame.index[:3])
        >>> bool((first + first.T == 1).all(axis=None))
        True
        """
        asked = list(dict.fromkeys(units))
        strange = [unit for unit in asked if unit not in self.replay.units]
        if strange:
            near = did_you_mean(str(strange[0]), map(str, self.replay.units)) or "name units of the answer"
            raise SpecError(f"'{strange[0]}' is not among the ranked units", do=near)
        places = self.replay.units.get_indexer(pd.Index(asked))
        blocks = self.replay.draws(self.spec, self.spec.draws, self.spec.seed)
        scores = np.concatenate([block[:, places] for block in blocks])
        return pd.DataFrame(share_above(scores), index=pd.Index(asked, name="unit"), columns=pd.Index(asked, name="above"))

    def beats(self, a: str, b: str) -> float:
        """The probability that `a` lies above `b`; see `above`."""
        return float(self.above([a, b]).to_numpy()[0, -1])
