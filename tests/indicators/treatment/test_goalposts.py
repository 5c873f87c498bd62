"""Goalposts and targets are given in raw figures, and stay where they were given when a column is transformed or winsorized."""

import numpy as np
import pytest

import evalkit as ek
from evalkit.indicators.treatment.skew_kurtosis import SkewKurtosis
from evalkit.indicators.treatment.winsorize import Winsorize

SKEWED = np.append(np.arange(1.0, 30.0), 900.0)


@pytest.fixture
def system(make_system):
    return make_system(d={"x": "benefit", "y": "cost"})


@pytest.fixture
def panel(make_panel):
    return make_panel({"x": SKEWED, "y": SKEWED}, units=[f"u{i:02d}" for i in range(30)], years=(2020,))


@pytest.mark.parametrize(
    "outliers", [None, SkewKurtosis(points=0), Winsorize(low=0.1, high=0.1)], ids=["raw", "log", "winsorized"]
)
def test_goalposts_stand_where_they_were_given(panel, system, outliers):
    normalize = ek.MinMax(bounds={"x": (0.5, 1000), "y": (0.5, 1000)})
    fitted = ek.CompositeIndex(system=system, outliers=outliers, normalize=normalize).fit(panel)
    np.testing.assert_allclose(fitted.frame[["zero_at", "one_at"]], [[0.5, 1000], [1000, 0.5]], rtol=1e-9)


def test_goalposts_that_fall_or_were_never_declared_are_refused(panel, system):
    with pytest.raises(ek.SpecError, match=r"of 'x' do not rise; found \[10, 2\]\. To do: give the lower one first"):
        ek.MinMax(bounds={"y": (0, 1), "x": (10, 2)})
    with pytest.raises(ek.SpecError, match=r"\[x, y\] declare no plausible range\. To do: declare it"):
        ek.CompositeIndex(system=system, normalize=ek.MinMax(bounds="plausible")).fit(panel)


@pytest.mark.parametrize("outliers", [None, SkewKurtosis(points=0)], ids=["raw", "log"])
def test_targets_stand_where_they_were_given(panel, system, outliers):
    normalize = ek.DistanceToTarget(targets={"x": 2000, "y": 0.5})
    fitted = ek.CompositeIndex(system=system, outliers=outliers, normalize=normalize).fit(panel)
    np.testing.assert_allclose(fitted.frame["one_at"], [2000, 0.5], rtol=1e-9)
    np.testing.assert_allclose(fitted.frame["zero_at"], [1, 900], rtol=1e-9)
