"""How sure a score is: whole clusters drawn anew, the same draws for every measure, risk and group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import Note
from evalkit.check import whole
from evalkit.errors import DataError
from evalkit.panel.design import Sampled
from evalkit.risk.observed import a_share
from evalkit.stats.arrays import Array, Codes, Mask, pieces
from evalkit.stats.domains import bootstrap_weights
from evalkit.stats.inference import plain_interval, share_interval
from evalkit.terms import Text

CELLS = 400_000  # how many resampled row weights are held at once
TOGETHER = 10  # resamples drawn from one stream of chance
SHARES = {  # measures in [0, 1], whose intervals are found on the logit scale
    *("auc", "average_precision", "brier", "ece", "exclusion_error", "inclusion_error", "recall", "precision", "coverage"),
    *("gap_missed", "selection", "false_alarm", "observed", "predicted"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterBootstrap:
    """Errors by drawing clusters anew: of the n_h clusters of a stratum n_h − 1 are drawn, each then counting n_h/(n_h − 1).

    With a sampling fraction f_h counts are drawn towards 1 by √(1 − f_h). Intervals take the standard deviation of the resampled
    figures and Student's t with clusters less strata degrees of freedom, on the logit scale for measures in [0, 1]; of some 30 to
    50 clusters they cover better than percentiles.

    Parameters
    ----------
    replicates
        How many resamples; 0: no errors are asked for, and they are NaN.
    seed
        Of the draws: same seed, same data, same figures.
    level
        Of the intervals.

    Source: Rao & Wu (1988), Journal of the American Statistical Association 83:231–241.
    """

    replicates: int = 500
    seed: int = 0
    level: float = 0.95

    def __post_init__(self) -> None:
        whole(self.replicates, who="ClusterBootstrap replicates", least=0)
        whole(self.seed, who="ClusterBootstrap seed", least=0)
        a_share(self.level, who="ClusterBootstrap level")

    def run(self, statistic: Callable[[Array], Array], drawn: Sampled, width: int = 1) -> tuple[Array, Array]:
        """The figures (k) of the sample as it is, and of each resample (replicates, k).

        `statistic` takes how often each cluster counts, of shape (resamples, clusters), and gives (resamples, k); it holds about
        `width` numbers a resample and row.
        """
        if self.replicates:
            _resampled(drawn)
        point = statistic(np.ones((1, len(drawn.unit_stratum))))[0]
        found = [statistic(times) for times in self._times(drawn, len(drawn.unit) * width)]
        return point, np.concatenate(found) if found else np.empty((0, len(point)))

    def _times(self, drawn: Sampled, cells: int) -> Iterator[Array]:
        """How often each cluster counts, some resamples at once; each ten resamples have their own stream of chance."""
        at_once = max(1, CELLS // cells)
        pull = None if drawn.fraction is None else np.sqrt(1 - drawn.fraction)[drawn.unit_stratum]
        streams = np.random.SeedSequence(self.seed).spawn(-(-self.replicates // TOGETHER))
        for some in pieces(len(streams), max(1, at_once // TOGETHER)):
            rngs = [np.random.default_rng(stream) for stream in streams[some]]
            times = np.concatenate([bootstrap_weights(rng, drawn.unit_stratum, TOGETHER) for rng in rngs])
            times = times if pull is None else 1 + pull * (times - 1)
            times = times[: self.replicates - some.start * TOGETHER]
            yield from (times[part] for part in pieces(len(times), at_once))


def with_errors(keys: pd.DataFrame, point: Array, draws: Array, level: float, of: tuple[Codes, Codes]) -> pd.DataFrame:
    """Keys beside `estimate`, `std_error`, `ci_low`, `ci_high` and `n`; `of` are rows and degrees of freedom of each figure.

    Of measures in [0, 1] intervals are found on the logit scale, unless the keys name what they are set `against`.
    """
    error = np.where((of[1] > 0) & np.isfinite(point), resampled_error(draws), np.nan)
    df = np.maximum(of[1], 1)
    low, high = plain_interval(point, error, df, level)
    share = keys["measure"].isin(SHARES).to_numpy() & ("against" not in keys.columns) & (point > 0) & (point < 1)
    low[share], high[share] = share_interval(point[share], error[share], df[share], level)
    return keys.assign(estimate=point, std_error=error, ci_low=low, ci_high=high, n=of[0])


def sizes(drawn: Sampled, groups: Iterable[Mask], figures: int) -> tuple[Codes, Codes]:
    """Rows and degrees of freedom of each group, each said `figures` times."""
    found = [(int(rows.sum()), drawn.degrees_of_freedom(rows)) for rows in groups]
    n, df = np.array(found, dtype=np.intp).reshape(-1, 2).repeat(figures, axis=0).T
    return n, df


def resampled_error(draws: Array) -> Array:
    """Standard deviation of resampled figures (replicates, k), of those that are there; NaN where most are not.

    Examples
    --------
    >>> resampled_error(np.array([[0.0, 1.0], [1.0, np.nan], [2.0, np.nan]]))
    array([ 1., nan])
    """
    held = np.isfinite(draws)
    count = held.sum(axis=0)
    x = np.where(held, draws, 0.0)
    mean = x.sum(axis=0) / np.maximum(count, 1)
    spread = np.sqrt((np.where(held, x - mean, 0.0) ** 2).sum(axis=0) / np.maximum(count - 1, 1))
    return np.where(count >= max(2, len(draws) / 2), spread, np.nan)


def bootstrap_notes(ask: ClusterBootstrap, drawn: Sampled, point: Array, draws: Array) -> tuple[Note, ...]:
    """How errors were found, and what limits them."""
    if not ask.replicates:
        return (Note("choice", Text("未要求计算误差。", "No errors were asked for.")),)
    text = Text(
        "误差由整群自助法给出：{clusters:,} 个群，{r:,} 次重抽样，种子 {seed}；区间按 t 分布，水平 {level:.4g}%。",
        "Errors by cluster bootstrap: {clusters:,} clusters, {r:,} resamples, seed {seed}; {level:.4g} % intervals by t.",
    )
    said = text.format(clusters=len(drawn.unit_stratum), r=ask.replicates, seed=ask.seed, level=100 * ask.level)
    notes = [Note("choice", said)]
    lost = int((~np.isfinite(draws[:, np.isfinite(point)])).any(axis=1).sum())
    if lost:
        gone = Text(
            "{n} 次重抽样缺少某些数值（例如某组没有发生事件），相应误差由其余次数算出。",
            "{n} resamples lack some figure (a group without events, for one); its errors are those of the others.",
        )
        notes.append(Note("caution", gone.format(n=lost)))
    return (*notes, *drawn.notes)


def _resampled(drawn: Sampled) -> None:
    """Refuse strata of a single cluster, unless they count as certain: drawn anew they never vary."""
    count = np.bincount(drawn.unit_stratum)
    alone = (count == 1) & (True if drawn.fraction is None else drawn.fraction < 1)
    if alone.any() and drawn.design.single != "certainty":
        do = "join them to others, or choose single='certainty'"
        raise DataError(f"{int(alone.sum())} strata hold a single cluster, which cannot be drawn anew", do=do)
