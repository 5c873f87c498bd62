"""Intervals of changes of counties keep their level where each county has few villages."""

import numpy as np
import pandas as pd

from evalkit.panel.design import SurveyDesign
from evalkit.poverty.change.changes import PovertyChange
from evalkit.poverty.multidimensional.alkire_foster import AlkireFoster
from evalkit.poverty.multidimensional.deprivations import Deprivation, DeprivationSystem
from evalkit.terms import same

SYSTEM = DeprivationSystem(id="two", name=same("two"), deprivations=tuple(Deprivation(id=x, name=same(x)) for x in ("a", "b")))


def _counties(seed, counties=6, villages=60, size=30):
    """Two waves of the homes of a small world: what they lack lasts in part, and falls."""
    rng = np.random.default_rng(seed)
    lasting = rng.normal(0, 0.35, (counties, villages, 1)) + rng.normal(0, 0.8, (counties, villages, size))
    waves = []
    for easier in (0.0, 0.35):
        own = rng.normal(0, 0.6, (counties, villages, size, 2)) + rng.normal(0, 0.1, (counties, villages, 1, 1))
        waves.append(lasting[..., None] + own > 0.4 + easier)
    return rng, np.array(waves)


def test_changes_of_counties_cover_the_truth_by_their_own_degrees_of_freedom():
    """400 samples of the same homes, six villages a county: 95 % intervals of the change of M0 cover in 93 to 97 of 100."""
    rng, waves = _counties(3)
    _, counties, villages, size, _ = waves.shape
    score = waves.mean(axis=-1)
    true = np.diff((score * (score >= 0.5)).mean(axis=(2, 3)), axis=0)[0]
    spec, asked = AlkireFoster(system=SYSTEM, cutoff=0.5, design=SurveyDesign(strata="c", clusters="v")), PovertyChange()
    names = pd.DataFrame({"c": np.repeat(np.arange(counties), 60), "v": np.repeat(np.arange(counties * 6), 10)})
    covered, draws = np.zeros(counties), 400
    for _ in range(draws):
        picked = rng.permuted(np.tile(np.arange(villages), (counties, 1)), axis=1)[:, :6, None]
        inside = rng.permuted(np.tile(np.arange(size), (counties, 6, 1)), axis=2)[:, :, :10]
        seen = waves[:, np.arange(counties)[:, None, None], picked, inside].reshape(2, -1, 2)
        both = [spec.measure(names.assign(a=wave[:, 0], b=wave[:, 1]), over="c") for wave in seen]
        found = asked.measure(*both).frame
        found = found[(found["measure"] == "M0") & (found["change"] == "absolute")]
        covered += (found["ci_low"].to_numpy() <= true) & (true <= found["ci_high"].to_numpy())
    assert 0.93 <= covered.mean() / draws <= 0.97, covered / draws
    assert ((covered / draws >= 0.92) & (covered / draws <= 0.98)).all(), covered / draws  # each county within chance of 400
