"""What tests share: the shipped panel and systems, and the folder of real data where there is one."""

import os
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import settings

import evalkit as ek
from evalkit.terms import Text

# a first example may import scipy; how long an example takes says nothing of what it checks
settings.register_profile("evalkit", deadline=None)
settings.load_profile("evalkit")


@pytest.fixture(scope="session")
def counties():
    return ek.datasets.load("counties")


@pytest.fixture(scope="session")
def systems():
    return ek.systems("consolidation", "revitalization")


@pytest.fixture(scope="session")
def real_data() -> Path:
    folder = os.environ.get("EVALKIT_DATA")
    if not folder:
        pytest.skip("EVALKIT_DATA is not set: the real panels are not at hand")
    return Path(folder)


@pytest.fixture
def make_panel():
    """A panel from columns of values, one unit after the other."""

    def make(columns: dict, units=("a", "b", "c"), years=(2019, 2020, 2021)) -> ek.Panel:
        rows = pd.MultiIndex.from_product([units, years], names=["unit", "year"]).to_frame(index=False)
        return ek.Panel.from_frame(rows.assign(**columns), unit="unit", period="year")

    return make


@pytest.fixture
def make_system():
    """A system of one dimension a key, from {dimension: {indicator: direction}}."""

    def make(**dimensions: dict) -> ek.IndicatorSystem:
        parts = tuple(
            ek.Dimension(
                id=name,
                name=Text(name, name),
                indicators=tuple(ek.Indicator(id=i, name=Text(i, i), direction=ek.Direction(d)) for i, d in inside.items()),
            )
            for name, inside in dimensions.items()
        )
        return ek.IndicatorSystem(id="test", name=Text("测试", "test"), dimensions=parts)

    return make
