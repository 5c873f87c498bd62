"""One risk in one group, put in order once, and its measures under any resampling of clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from evalkit.risk.scoring.measures import mass_bins, surprise
from evalkit.stats.arrays import Array, Codes
from evalkit.stats.logistic import logistic, logit
from evalkit.stats.ranked import Ranked, concordance, mean_precision, ranked

Measure = Literal["auc", "average_precision", "brier", "brier_skill", "log_loss", "intercept", "slope", "ece"]
RANKING: tuple[Measure, ...] = ("auc", "average_precision")
LINES: tuple[Measure, ...] = ("intercept", "slope")
MEASURES: tuple[Measure, ...] = (*RANKING, "brier", "brier_skill", "log_loss", *LINES, "ece")


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Rows of one risk by falling risk: risk, outcome, weight, cluster and bin of each, and what each cluster adds to totals.

    `start` is the line of calibration of the sample, from which those of resamples are found.
    """

    measures: tuple[Measure, ...]
    ranks: Ranked
    p: Array
    y: Array
    w: Array
    unit: Codes
    bin: Codes
    totals: Array
    start: Array

    @classmethod
    def under(
        cls, measures: tuple[Measure, ...], bins: int, rows: tuple[Array, Array, Array], unit: Codes, clusters: int
    ) -> Scored:
        """Rows of (risk, outcome, weight) put in order; `unit` are their clusters, numbered 0 … clusters − 1."""
        ranks = ranked(rows[0])
        p, y, w = (x[ranks.order] for x in rows)
        unit = unit[ranks.order]
        at = mass_bins(p, w, bins) if w.any() else np.zeros(len(p), dtype=np.intp)
        totals, start = np.empty((clusters, 0)), np.array([0.0, 1.0])
        if not set(measures) <= set(RANKING):
            totals = _totals((p, y, w), unit, at, clusters, bins)
        if "slope" in measures and 0 < (w * y).sum() < w.sum():
            found = logistic(np.stack([np.ones(len(p)), logit(p)]), y, w, start=start)
            start = found if np.isfinite(found).all() else start
        return cls(measures, ranks, p, y, w, unit, at, totals, start)

    def of(self, times: Array) -> Array:
        """The measures (resamples, k), of how often each cluster counts (resamples, clusters)."""
        found: dict[str, Array] = {}
        if set(self.measures) & {*RANKING, *LINES}:
            weights = times[:, self.unit] * self.w
            found |= self._ranking(weights) | self._lines(weights)
        if self.totals.shape[1]:
            found |= _means(np.einsum("bc,ck->bk", times, self.totals))
        return np.stack([found[m] for m in self.measures], axis=1)

    def _ranking(self, weights: Array) -> dict[str, Array]:
        if not set(self.measures) & set(RANKING):
            return {}
        events = self.ranks.sums(weights * self.y)
        others = self.ranks.sums(weights * (1 - self.y))
        return {"auc": concordance(events, others), "average_precision": mean_precision(events, others)}

    def _lines(self, weights: Array) -> dict[str, Array]:
        """Intercept and slope of each resample that holds both outcomes."""
        found: dict[str, Array] = {m: np.full(len(weights), np.nan) for m in LINES if m in self.measures}
        if not found:
            return {}
        one, x = np.ones(len(self.p)), logit(self.p)
        events, all_of = (weights * self.y).sum(axis=1), weights.sum(axis=1)
        mixed = (events > 0) & (events < all_of)
        if "intercept" in found:
            found["intercept"][mixed] = logistic(one[None], self.y, weights[mixed], offset=x)[:, 0]
        if "slope" in found:
            found["slope"][mixed] = logistic(np.stack([one, x]), self.y, weights[mixed], start=self.start)[:, 1]
        return found

    def reliability(self) -> pd.DataFrame:
        """What was said and what happened in each bin that holds weight."""
        held = self.w > 0
        rows = pd.DataFrame({"bin": self.bin, "p": self.p, "wp": self.w * self.p, "wy": self.w * self.y, "w": self.w})[held]
        by = rows.groupby("bin")
        sums = by[["wp", "wy", "w"]].sum()
        return pd.DataFrame(
            {
                "bin": sums.index,
                "low": by["p"].min().to_numpy(),
                "high": by["p"].max().to_numpy(),
                "predicted": (sums["wp"] / sums["w"]).to_numpy(),
                "observed": (sums["wy"] / sums["w"]).to_numpy(),
                "weight_share": (sums["w"] / sums["w"].sum()).to_numpy(),
                "n": by.size().to_numpy(),
            }
        )


def _totals(rows: tuple[Array, Array, Array], unit: Codes, bin_of: Codes, clusters: int, bins: int) -> Array:
    """What each cluster adds to: weight, events, squared distance, surprise, and outcome less risk in each bin."""
    p, y, w = rows
    sums = [np.bincount(unit, weights=w * x, minlength=clusters) for x in (np.ones(len(p)), y, (p - y) ** 2, surprise(p, y))]
    apart = np.bincount(unit * bins + bin_of, weights=w * (y - p), minlength=clusters * bins)
    return np.concatenate([np.stack(sums, axis=1), apart.reshape(clusters, bins)], axis=1)


def _means(sums: Array) -> dict[str, Array]:
    """Brier score, its skill, log loss and calibration error of totals (resamples, 4 + bins)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = sums / sums[:, :1]
        spread = share[:, 1] * (1 - share[:, 1])
        skill = 1 - share[:, 2] / np.where(spread > 0, spread, np.nan)
    return {"brier": share[:, 2], "brier_skill": skill, "log_loss": share[:, 3], "ece": np.abs(share[:, 4:]).sum(axis=1)}
