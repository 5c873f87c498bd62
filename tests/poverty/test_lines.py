"""Lines: what is known with its source, what is not said to be, own tables, the 1.5 rule, prices, and relative lines."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evalkit import datasets
from evalkit.errors import DataError, SpecError
from evalkit.poverty.lines.lines import Lines, PovertyLines, RelativeLine
from evalkit.poverty.lines.prices import Deflator
from evalkit.stats.parted import Parted

OWN = pd.DataFrame(
    {
        "province": ["全国", "四川"],
        "year": [2022, 2022],
        "kind": ["monitoring"] * 2,
        "value": [6600.0, 6700.0],
        "source": ["x", "y"],
    }
)


def test_every_shipped_figure_has_a_source_and_every_gap_says_so():
    table = datasets.lines()
    known = table["value"].notna()
    assert (table.loc[known, "source"] != "").all()
    assert (table.loc[known, "confidence"] != "unknown").all()
    assert (table.loc[~known, "confidence"] == "unknown").all()
    assert set(table["kind"]) == {"standard", "monitoring"}
    assert not table.duplicated(["province", "year", "kind"]).any()
    assert PovertyLines().line(2021) == 6000  # 2021: the national bottom line
    assert PovertyLines().line(2024, "Yunnan") == PovertyLines().line(2024, "云南") == 8700


@pytest.mark.parametrize("year", [2019, 2022, 2023, 2025])
def test_a_line_without_source_is_an_error_that_says_what_to_do(year):
    with pytest.raises(DataError, match=r"no source was found.*PovertyLines\(own="):
        PovertyLines().line(year)


def test_a_name_that_is_nearly_one_is_hinted_at():
    with pytest.raises(DataError, match="did you mean 'Yunnan'"):
        PovertyLines().line(2024, "Yunan")


def test_one_and_a_half_times_the_standard_of_2020():
    """The guidance of March 2020: monitored are incomes below about 1.5 times a standard of about 4,000 yuan."""
    rule = PovertyLines(times=1.5).measure(pd.DataFrame({"year": [2020]}), province=None, kind="standard")
    assert rule.frame["line"].tolist() == [6000.0]
    assert any("1.5 times" in note.text.en for note in rule.notes)
    assert any("rough" in note.text.en for note in rule.notes)  # the source says about


def test_own_lines_override_and_fill():
    lines = PovertyLines(own=OWN)
    assert [lines.line(2022), lines.line(2022, "四川"), lines.line(2021)] == [6600, 6700, 6000]
    mine = OWN.assign(year=2021, value=[6100.0, 6200.0])
    assert PovertyLines(own=mine).line(2021) == 6100
    assert PovertyLines(own=mine).line(2021, "四川") == 6200


def test_rows_get_their_line_and_what_stood_in_is_said():
    homes = pd.DataFrame({"province": ["四川", "云南", "四川"], "year": [2022, 2022, 2021]}, index=[7, 3, 5])
    found = PovertyLines(own=OWN).measure(homes)
    assert isinstance(found, Lines)
    assert found.series.to_dict() == {7: 6700, 3: 6600, 5: 6000}
    assert found.frame["whose"].tolist() == ["四川", "全国", "全国"]
    assert any("stands in" in note.text.en and "云南" in note.text.en for note in found.notes)
    assert all(note.text.zh and note.text.en for note in found.notes)


def test_a_line_is_carried_forward_by_prices():
    prices = Deflator(index={2021: 100.0, 2022: 102.0, 2023: 102.2}, kind="yearly")
    found = PovertyLines(deflator=prices).measure(pd.DataFrame({"year": [2023]}), province=None)
    assert found.frame["line"].iloc[0] == pytest.approx(6000 * 1.02 * 1.022)
    assert [note.kind for note in found.notes if "carried" in note.text.en] == ["filled"]
    assert found.frame["from_year"].iloc[0] == 2021


@given(st.lists(st.floats(50, 200), min_size=3, max_size=6), st.floats(1, 1e5))
def test_prices_there_and_back(index, value):
    years = range(2018, 2018 + len(index))
    for kind in ("level", "yearly"):
        prices = Deflator(index=dict(zip(years, index, strict=True)), kind=kind)
        there = prices.carry(value, 2018, years[-1])
        assert prices.carry(there, years[-1], 2018) == pytest.approx(value, rel=1e-12)
        assert prices.carry(value, 2018, 2018) == pytest.approx(value, rel=1e-12)
        middle = prices.carry(prices.carry(value, 2018, 2019), 2019, years[-1])
        assert middle == pytest.approx(there, rel=1e-12)


@given(arrays(float, 9, elements=st.floats(1, 100)), st.floats(0.1, 10))
def test_a_relative_line_moves_with_all_incomes(x, factor):
    parted = Parted.of(np.ones(9), np.arange(9) % 2, 2)
    for rule in (RelativeLine(), RelativeLine(of="mean", share=0.5)):
        np.testing.assert_allclose(rule.values(factor * x, parted), factor * rule.values(x, parted), rtol=1e-12)


def test_relative_lines_of_groups_are_weighted():
    x, w = np.array([1.0, 2.0, 9.0, 4.0]), np.array([1.0, 1.0, 5.0, 2.0])
    parted = Parted.of(w, np.array([0, 0, 0, 1]), 2)
    np.testing.assert_allclose(RelativeLine(share=0.5).values(x, parted), [4.5, 2.0])
    np.testing.assert_allclose(RelativeLine(share=0.5, of="mean").values(x, parted), [0.5 * 48 / 7, 2.0])


@pytest.mark.parametrize(
    "ask",
    [
        lambda: PovertyLines(times=0),
        lambda: PovertyLines(deflator={2020: 100.0}),
        lambda: PovertyLines(own=[1, 2]),
        lambda: RelativeLine(share=-1),
        lambda: RelativeLine(of="mode"),
        lambda: RelativeLine(over=3),
        lambda: Deflator(index={}),
        lambda: Deflator(index={2020: 0.0}),
        lambda: Deflator(index={"2020": 100.0}),
        lambda: Deflator(index={2020: 100.0, 2022: 101.0}, kind="yearly"),
        lambda: Deflator(index=[100.0]),
        lambda: PovertyLines().measure(pd.DataFrame({"year": [2021]}), province=None, kind="dibao"),
        lambda: datasets.lines("chinna"),
    ],
)
def test_what_cannot_be_asked_is_refused(ask):
    with pytest.raises(SpecError):
        ask()


@pytest.mark.parametrize(
    "ask",
    [
        lambda: PovertyLines(own=OWN.drop(columns="value")),
        lambda: PovertyLines(own=OWN.assign(value=["6,600", "6,700"])),
        lambda: PovertyLines(own=OWN.assign(value=[-1.0, 2.0])),
        lambda: PovertyLines(own=OWN.assign(value=[np.inf, 2.0])),
        lambda: PovertyLines(own=OWN.assign(kind="bottom")),
        lambda: PovertyLines(own=OWN.assign(year="2022")),
        lambda: PovertyLines(own=pd.concat([OWN, OWN])),
        lambda: PovertyLines().measure(pd.DataFrame({"year": ["2021"]}), province=None),
        lambda: PovertyLines().measure(pd.DataFrame({"year": [2021.5]}), province=None),
        lambda: PovertyLines().measure(pd.DataFrame({"year": [2021, None]}), province=None),
        lambda: PovertyLines().measure(pd.DataFrame({"year": []}), province=None),
        lambda: PovertyLines().measure(pd.DataFrame({"yaer": [2021]}), province=None),
        lambda: Deflator(index={2020: 100.0}).carry(1.0, 2020, 2024),
        lambda: RelativeLine().values(np.array([-1.0, -2.0]), Parted.of(np.ones(2))),
    ],
)
def test_data_that_cannot_answer_are_refused(ask):
    with pytest.raises(DataError):
        ask()
