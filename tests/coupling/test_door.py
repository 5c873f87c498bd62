"""What comes to coupling wrong is refused where it comes in, by a message and never by Python's own."""

import numpy as np
import pandas as pd
import pytest

import evalkit as ek
from evalkit.coupling.uncertainty.doubt import CoordinationDoubts

KEY = pd.MultiIndex.from_product([["a", "b"], [2020, 2021]], names=["unit", "period"])
LOW, HIGH = pd.Series([0.2, 0.3, 0.4, 0.5], KEY), pd.Series([0.6, 0.5, 0.4, 0.7], KEY)


@pytest.fixture
def bond():
    return ek.CouplingCoordination().measure(x=LOW, y=HIGH)


@pytest.mark.parametrize("years", [["2020", "2021"], [2020.0, 2021.0], [2020.5, 2021.0]])
def test_years_that_are_no_whole_numbers(years):
    key = pd.MultiIndex.from_product([["a", "b"], years], names=["unit", "period"])
    with pytest.raises(ek.DataError, match="no whole numbers"):
        ek.CouplingCoordination().measure(x=pd.Series(0.5, key), y=pd.Series(0.7, key))


@pytest.mark.parametrize(
    ("given", "error"), [([0.2, 0.3], "must be a Series"), (LOW.to_frame(), "must be a Series"), (LOW.iloc[:0], "no rows")]
)
def test_systems_that_are_no_series_or_empty(given, error):
    with pytest.raises(ek.EvalkitError, match=error):
        ek.CouplingCoordination().measure(x=given, y=HIGH)


@pytest.mark.parametrize(
    "wrong",
    [
        {"variant": "power"},
        {"variant": ek.Power},
        {"shares": "entropy"},
        {"shares": 0.1},
        {"shares": ek.EntropyShares},
        {"grades": "ten"},
        {"lag": "ratio"},
    ],
)
def test_a_coupling_made_of_words(wrong):
    with pytest.raises(ek.SpecError, match="cannot be this"):
        ek.CouplingCoordination(**wrong)


def test_shares_may_come_as_a_list():
    assert ek.CouplingCoordination(shares=[0.4, 0.6]).shares == (0.4, 0.6)


@pytest.mark.parametrize("k", ["2", 0, -1, np.inf, np.nan, True, None])
@pytest.mark.parametrize("variant", [ek.Power, ek.Distance])
def test_a_power_that_is_no_positive_number(variant, k):
    with pytest.raises(ek.SpecError, match="k must be positive"):
        variant(k=k)


def test_entropy_of_one_row_gives_no_shares():
    with pytest.raises(ek.NoAnswer, match="there is one"):
        ek.CouplingCoordination(shares=ek.EntropyShares()).measure(x=LOW.iloc[:1], y=HIGH.iloc[:1])


@pytest.mark.parametrize(
    "wrong",
    [
        {"horizon": 1.5},
        {"horizon": 0},
        {"origins": True},
        {"methods": (ek.Drift,)},
        {"methods": ("drift",)},
        {"methods": ()},
        {"of": ()},
        {"of": ("a", "a")},
        {"of": "place"},
    ],
)
def test_forecasts_that_cannot_be_asked(wrong):
    with pytest.raises(ek.SpecError):
        ek.Forecast(**wrong)


@pytest.mark.parametrize("wrong", [{"variants": ("wang2021",)}, {"variants": (ek.Power,)}, {"shares": 0.1}])
def test_doubts_made_of_words(wrong):
    with pytest.raises(ek.SpecError, match="cannot be this"):
        CoordinationDoubts(**wrong)


@pytest.mark.parametrize("error", ["0.1", {"x": "0.1"}, None, 1.5, np.nan])
def test_an_error_that_is_no_deviation(error):
    with pytest.raises(ek.SpecError, match="standard deviation"):
        CoordinationDoubts(error=error)


def test_variants_are_compared_on_a_coordination():
    with pytest.raises(ek.SpecError, match="on a coordination"):
        ek.compare_variants(LOW)


def test_the_low_ceiling_of_a_variant_is_told(bond):
    said = ek.compare_variants(bond, [ek.Wang2021(), ek.Distance(k=2)])
    assert any("at most" in note.text.en for note in said.notes) == any(
        one.most(2) < 1 for one in (ek.Wang2021(), ek.Distance(k=2))
    )


def test_links_of_words():
    links = pd.DataFrame([["no", "link"], ["link", "no"]], ["a", "b"], ["a", "b"])
    with pytest.raises(ek.SpecError, match="no number"):
        ek.Metacoupling(neighbors=links).measure(x=LOW, y=HIGH)


def test_parts_of_a_change_are_tables(bond):
    with pytest.raises(ek.SpecError, match="must be a DataFrame"):
        ek.ChangeOfD().measure(bond, parts={"x": LOW})


@pytest.mark.parametrize("frame", [[[0.1, 0.2]], LOW, None])
def test_a_printed_table_is_a_frame(frame):
    with pytest.raises(ek.SpecError, match="must be a DataFrame"):
        ek.audit_coupling(frame)
