"""What tests of normalizations and weights share: scores of one indicator's figures, and weights of made-up scores."""

import numpy as np
import pytest

import evalkit as ek
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.indicators.treatment.outliers import read_as
from evalkit.stats.arrays import Columns


@pytest.fixture(scope="session")
def scores():
    """Scores of figures by a normalization learnt on them, or of `later` figures."""

    def score(spec, x, direction="benefit", *, later=None, **declared):
        indicator = ek.Indicator(id="x", name=ek.Text("", ""), direction=ek.Direction(direction), **declared)
        known = Columns([np.asarray(x, dtype=float)], transforms=read_as([indicator]))
        curves = spec.learn(known, [indicator])
        figures = known if later is None else Columns([np.asarray(later, dtype=float)], transforms=known.transforms)
        return Normalized(figures, curves, spec.clips).whole()[0]

    return score


@pytest.fixture(scope="session")
def learn():
    """What a weighting learns from scores of shape (rows, indicators); the indicators are x0, x1, …"""

    def learnt(spec, z):
        z = np.asarray(z, dtype=float)
        items = tuple(ek.Indicator(id=f"x{j}", name=ek.Text("", "")) for j in range(z.shape[1]))
        dimension = ek.Dimension(id="d", name=ek.Text("", ""), indicators=items)
        system = ek.IndicatorSystem(id="s", name=ek.Text("", ""), dimensions=(dimension,))
        return spec.learn(Normalized.of(np.ascontiguousarray(z.T)), system)

    return learnt


@pytest.fixture(scope="session")
def min_max():
    """Min–max scores of raw columns, all of them benefits."""
    return lambda x: (x - np.min(x, axis=0)) / np.ptp(x, axis=0)
