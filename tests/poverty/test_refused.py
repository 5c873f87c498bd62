"""Questions of this chapter that are refused: what is wrong, what was there, and what to do."""

import numpy as np
import pandas as pd
import pytest

from evalkit.errors import DataError, NoAnswer, SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.poverty.dynamics.moves import paired
from evalkit.poverty.dynamics.vulnerability import Vulnerability
from evalkit.poverty.income.fgt import PovertyIndices
from evalkit.poverty.lines.lines import RelativeLine
from evalkit.poverty.multidimensional.alkire_foster import AlkireFoster
from evalkit.poverty.multidimensional.deprivations import Deprivation, DeprivationSystem
from evalkit.poverty.returns.bottom_line import BottomLine
from evalkit.poverty.returns.clusters import ReturnClusters
from evalkit.terms import same


def homes():
    """40 homes of two counties and four villages, whose incomes are of 50 to 89 yuan."""
    place = {"county": np.repeat(["x", "y"], 20), "village": np.repeat(list("abcd"), 10)}
    numbers = {"home": range(40), "year": 2020, "y": np.arange(50.0, 90.0), "size": np.arange(40) % 5, "poor": [0, 0, 0, 1] * 10}
    return pd.DataFrame({**place, **numbers})


def grouped(cells):
    return PovertyIndices(income="y", line=60.0).measure(homes().assign(k=pd.Series(cells * 20, dtype=object)), over="k")


def system(*names):
    return DeprivationSystem(id="own", name=same("own"), deprivations=tuple(Deprivation(id=x, name=same(x)) for x in names))


VULNERABLE = {"income": "y", "unit": "home", "period": "year", "covariates": ("size",), "cut": "poverty_rate"}


@pytest.mark.parametrize(
    ("ask", "error", "said"),
    [
        (
            lambda: grouped([pd.Timestamp("2020-01-01"), 3]),
            DataError,
            "groups in column 'k' cannot be put in order; found Timestamp, int. To do: make them all text.",
        ),
        (
            lambda: grouped([["x"], ["y"]]),
            DataError,
            "groups in column 'k' cannot be put in order; found list. To do: make them all text.",
        ),
        (
            lambda: PovertyIndices(income="y", line=RelativeLine(over="county")).measure(homes(), over="village"),
            SpecError,
            "lines are drawn by 'county', estimates by 'village'. "
            "To do: group the estimates as the line, or draw one line for all.",
        ),
        (
            lambda: paired(homes().rename(columns={"home": "before"}), unit="before", period="year", state="poor"),
            SpecError,
            "pairs of waves have columns of their own that are called so; found before. To do: rename the column.",
        ),
        (
            lambda: Vulnerability(line=49.0, **VULNERABLE).fit(homes()),
            NoAnswer,
            "a poverty rate of 0 or 1 is no cut; found 0. To do: state a cut.",
        ),
        (
            lambda: Vulnerability(line=90.0, **VULNERABLE).fit(homes()),
            NoAnswer,
            "a poverty rate of 0 or 1 is no cut; found 1. To do: state a cut.",
        ),
        (
            lambda: AlkireFoster(system=system("a", "b"), replicates=1),
            SpecError,
            "AlkireFoster replicates must be 0 or at least 2; found 1. To do: use 0, or some hundreds.",
        ),
        (
            system,
            SpecError,
            "system of deprivations 'own' must have 1 to 62 deprivations; found 0. "
            "To do: declare at least one, and join some where there are more.",
        ),
        (
            lambda: system(*(f"d{k}" for k in range(63))),
            SpecError,
            "system of deprivations 'own' must have 1 to 62 deprivations; found 63. "
            "To do: declare at least one, and join some where there are more.",
        ),
        (
            lambda: system("a", "b", "a"),
            SpecError,
            "system of deprivations 'own' declares some twice: [a]. To do: rename or remove one.",
        ),
        (
            lambda: ReturnClusters(returned="poor", village="village", expected="p").measure(homes().assign(p=[0.2, 7.5] * 20)),
            DataError,
            "'p' must hold chances in [0, 1]; found 20 that are none. To do: give each home's own chance, not a percentage.",
        ),
        (
            lambda: BottomLine(returned="poor", threshold=0.1, design=SurveyDesign(weights="w")).measure(
                homes().assign(w=np.repeat([1.0, 0.0], [30, 10])), over="village"
            ),
            DataError,
            "some places hold no home of positive weight; found 1 places. To do: leave them out.",
        ),
    ],
)
def test_it_is_said_what_is_wrong_and_what_to_do(ask, error, said):
    with pytest.raises(error) as refused:
        ask()
    assert str(refused.value) == said


def test_as_many_deprivations_as_there_are_bits_are_taken():
    names = [f"d{k}" for k in range(62)]
    found = AlkireFoster(system=system(*names), cutoff=1.0).measure(pd.DataFrame({name: [0, 1, 1] for name in names}))
    assert found.frame.set_index("measure").loc["H", "estimate"] == pytest.approx(2 / 3)
