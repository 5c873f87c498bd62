"""Denominators: COINr's own test, the panel's weights, and refusals that name unit and year."""

import numpy as np
import pandas as pd
import pytest

import evalkit as ek
from evalkit.indicators.treatment.denominators import Denominate

ROWS = pd.DataFrame(
    {
        "uCode": ["AUT", "BEL", "BGR"],
        "year": 2018,
        "Goods": [278.42640, 597.87230, 42.82515],
        "Flights": [29.01725, 31.88546, 9.23588],
        "LPI": [4.097985, 4.108538, 2.807685],
        "GDP": [400.0, 500.0, 50.0],  # denominators are round figures of our own
        "Population": [8000.0, 10000.0, 8000.0],
    }
)


@pytest.fixture
def asem():
    return ek.Panel.from_frame(ROWS, unit="uCode", period="year")


def test_coinr_denominate_test(asem):
    """COINr, tests/testthat/test-Denominate.R: x / denominator × scale factor, other columns as they are."""
    rates = Denominate(by={"Goods": "GDP", "Flights": "Population"}, times={"Flights": 1000}).apply(asem)
    np.testing.assert_allclose(rates.frame["Goods"], ROWS["Goods"] / ROWS["GDP"], rtol=1e-15)
    np.testing.assert_allclose(rates.frame["Flights"], ROWS["Flights"] / ROWS["Population"] * 1000, rtol=1e-15)
    assert rates.frame[["LPI", "GDP"]].equals(asem.frame[["LPI", "GDP"]])
    assert rates.notes[-1].text.en == "Turned into rates: Goods / GDP, Flights / Population × 1,000."


def test_every_denominator_is_the_figure_observed(asem):
    rates = Denominate(by={"Goods": "GDP", "GDP": "Population"}).apply(asem)
    np.testing.assert_allclose(rates.frame["Goods"], ROWS["Goods"] / ROWS["GDP"], rtol=1e-15)


def test_the_weights_of_the_panel_may_divide(asem):
    weighted = ek.Panel.from_frame(ROWS, unit="uCode", period="year", weight="Population")
    rates = Denominate(by={"Goods": None}).apply(weighted)
    np.testing.assert_allclose(rates.frame["Goods"], ROWS["Goods"] / ROWS["Population"], rtol=1e-15)
    assert "Goods / weight" in rates.notes[-1].text.en
    with pytest.raises(ek.DataError, match="it has none"):
        Denominate(by={"Goods": None}).apply(asem)


def test_the_weights_have_no_column_of_their_name():
    weighted = ek.Panel.from_frame(ROWS, unit="uCode", period="year", weight="Population")
    with pytest.raises(ek.DataError, match=r"'Population' is the weight of the panel.*Denominate\(by=\{'Goods': None\}\)"):
        Denominate(by={"Goods": "Population"}).apply(weighted)


@pytest.mark.parametrize(("value", "found"), [(0.0, "0"), (np.nan, "nan"), (-3.0, "-3"), (np.inf, "inf")])
def test_a_denominator_that_is_not_above_zero_or_infinite_is_refused(make_panel, value, found):
    panel = make_panel({"beds": range(9), "people": [5, 5, 5, 5, value, 5, 5, 5, 5]})
    with pytest.raises(ek.DataError, match=f"b 2020: 'beds' cannot be divided by 'people'.*found {found}"):
        Denominate(by={"beds": "people"}).apply(panel)


def test_where_there_is_nothing_to_divide_the_cell_stays_missing(make_panel):
    panel = make_panel({"beds": [1, np.nan, 3], "people": [5, np.nan, 5]}, units=("a",))
    rates = Denominate(by={"beds": "people"}).apply(panel).frame["beds"]
    assert rates.isna().tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Denominate(by={}), "divides no column"),
        (lambda: Denominate(by={"a": "b"}, times={"c": 2}), r"\[c\], which it does not divide"),
        (lambda: Denominate(by={"a": "b"}, times={"a": 0}), r"times of 'a' must be a number in \(0, ∞\); found 0\. To do: give"),
    ],
)
def test_wrong_options_are_refused(make, message):
    with pytest.raises(ek.SpecError, match=message):
        make()


def test_an_absent_column_is_named(asem):
    with pytest.raises(ek.DataError, match="did you mean 'Population'"):
        Denominate(by={"Flights": "population"}).apply(asem)
