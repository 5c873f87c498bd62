"""Intervals of poverty and inequality keep their level in samples as they are drawn in the field."""

import numpy as np
import pandas as pd

from evalkit.panel.design import SurveyDesign
from evalkit.poverty.income.fgt import PovertyIndices, fgt, watts
from evalkit.poverty.income.inequality import Inequality
from evalkit.poverty.income.sen import sen, sen_shorrocks_thon
from evalkit.stats.inequality import gini

POVERTY = ("headcount", "gap", "severity", "watts", "sen", "sen_shorrocks_thon")


def test_intervals_cover_the_truth_in_stratified_two_stage_samples():
    """1,000 samples of villages within strata and homes within villages: 95 % intervals cover in 93 to 97 of 100."""
    rng = np.random.default_rng(20)
    strata, villages, size, draws, drawn_villages, homes = 4, 120, 30, 1000, 14, 12
    level = rng.normal(9, 0.15, (strata, villages))[:, :, None] + np.array([0, 0.1, 0.2, 0.3])[:, None, None]
    income = np.exp(level + rng.normal(0, 0.55, (strata, villages, size)))
    everyone, line_at = income.ravel(), float(np.quantile(income, 0.3))
    ones, z = np.ones(everyone.size), np.full(everyone.size, line_at)
    true = [fgt(everyone, z, ones, a) for a in (0, 1, 2)]
    true += [watts(everyone, z, ones), sen(everyone, z, ones), sen_shorrocks_thon(everyone, z, ones), gini(everyone, ones)]
    stratum = np.repeat(np.arange(strata), drawn_villages * homes)
    village = np.repeat(np.arange(strata * drawn_villages), homes)
    design = SurveyDesign(strata="s", clusters="v")
    poverty = PovertyIndices(income="y", line=line_at, measures=POVERTY, design=design)
    spread = Inequality(income="y", entropy=(), atkinson=(), shares=0, share_ratio=None, quantile_ratio=None, design=design)
    covered = np.zeros(len(true))
    for _ in range(draws):
        picked = rng.permuted(np.tile(np.arange(villages), (strata, 1)), axis=1)[:, :drawn_villages]
        inside = rng.permuted(np.tile(np.arange(size), (strata, drawn_villages, 1)), axis=2)[:, :, :homes]
        y = income[np.arange(strata)[:, None, None], picked[:, :, None], inside].ravel()
        frame = pd.DataFrame({"y": y, "s": stratum, "v": village})
        found = pd.concat([poverty.measure(frame).frame, spread.measure(frame).frame])
        covered += (found["ci_low"] <= true) & (true <= found["ci_high"])
    assert ((covered / draws >= 0.93) & (covered / draws <= 0.97)).all(), covered / draws
