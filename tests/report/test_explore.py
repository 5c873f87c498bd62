"""Weights moved by hand: the arithmetic is the index's own, and where there are no sliders a table stands."""

import re
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import evalkit as ek
from evalkit.report.explore.page import arrow, table
from evalkit.report.explore.weights import held, reweighed

YEARS = slice(2016, 2020)
PARTS = ("industry", "ecology", "culture", "governance", "living")


@pytest.fixture(scope="module")
def panel():
    return ek.datasets.load("counties")


@pytest.fixture(scope="module")
def indices():
    return {name: ek.CompositeIndex(system=system, weigh=ek.Entropy()) for name, system in ek.systems().items()}


@pytest.fixture(scope="module")
def scores(panel, indices):
    return tuple(index.fit(panel, on=YEARS).score(panel) for index in indices.values())


@pytest.fixture
def both(scores):
    return ek.explore(*scores, lang="en")


def test_before_anything_moves_it_says_what_the_library_says(scores, both):
    kept, rise = scores
    bond = ek.CouplingCoordination().measure(consolidation=kept.series, revitalization=rise.series)
    now = bond.frame.xs(2024, level="period")
    frame = both.frame
    pd.testing.assert_frame_equal(frame[["consolidation", "revitalization", "D"]].sort_index(), now[frame.columns[2:5]])
    assert frame["grade"].sort_index().tolist() == now["grade"].tolist()
    assert frame["rank"].tolist() == now["D"].round(10).rank(ascending=False, method="min").sort_values().astype(int).tolist()
    assert (frame[["change", "grade_change"]] == 0).all().all()


@pytest.mark.parametrize(
    "variation",
    [
        {},
        {"normalize": ek.Percentile()},
        {"normalize": ek.MinMax(bounds="period")},
        {"aggregate": ek.PowerMean(power=0, floor=0.01)},
        {"aggregate": ek.ByLevel(between=ek.PowerMean(power=0, floor=0.01))},
        {"aggregate": ek.Topsis()},
        {"outliers": ek.Winsorize()},
    ],
    ids=str,
)
def test_moved_weights_give_what_an_index_asked_anew_by_them_gives(panel, indices, variation):
    index = replace(indices["revitalization"], **variation)
    on = None if index.normalize.dated else YEARS
    moved = ek.explore(index.fit(panel, on=on).score(panel), start={"ecology": 0.9, "living": 0.0})
    anew = replace(index, weigh=moved.given["revitalization"]).fit(panel, on=on).score(panel)
    expected = anew.series.xs(2024, level="period")
    np.testing.assert_allclose(moved.frame["revitalization"].sort_index(), expected, rtol=0, atol=1e-12)
    assert moved.frame["change"].any()


weights = st.lists(st.floats(0, 1), min_size=5, max_size=5).filter(lambda some: sum(some) > 0.01)


@settings(max_examples=25)
@given(some=weights, scale=st.floats(0.1, 1))
def test_only_proportions_count_and_indicators_keep_theirs(scores, some, scale):
    rise = scores[1]
    one, other = (reweighed(rise, dict(zip(PARTS, np.array(some) * by, strict=True))) for by in (1, scale))
    np.testing.assert_allclose(one.series, other.series, rtol=0, atol=1e-12)
    frame, learnt = one.spec.frame, rise.spec.frame
    assert frame["weight"].sum() == pytest.approx(1)
    np.testing.assert_allclose(frame.groupby("dimension", sort=False)["weight"].sum(), np.array(some) / sum(some), atol=1e-12)
    inside = (frame["weight"] / frame.groupby("dimension")["weight"].transform("sum")).dropna()
    own = learnt["weight"] / learnt.groupby("dimension")["weight"].transform("sum")
    np.testing.assert_allclose(inside, own.loc[inside.index], atol=1e-9)


@settings(max_examples=25)
@given(some=weights)
def test_ranks_gained_are_ranks_lost(scores, some):
    moved = ek.explore(scores[1], start=dict(zip(PARTS, some, strict=True)))
    frame = moved.frame
    assert sorted(frame.index) == sorted(scores[1].panel.units)
    assert frame["rank"].is_monotonic_increasing
    if frame["rank"].is_unique:
        assert frame["change"].sum() == 0


@pytest.mark.parametrize("part", PARTS)
def test_with_all_weight_on_one_dimension_the_index_is_that_dimension(scores, part):
    moved = reweighed(scores[1], {one: float(one == part) for one in PARTS})
    np.testing.assert_allclose(moved.series, scores[1].frame[part], rtol=0, atol=1e-12)


def test_indicators_can_be_moved_one_by_one(scores):
    moved = ek.explore(scores[1], by="indicator", start={"R24": 1.0})
    share = moved.weights["revitalization"]
    assert list(share) == list(scores[1].system.columns)
    assert share["R24"] == pytest.approx(1 / (2 - held(scores[1], "indicator")["R24"]))


def test_moving_shows_in_frame_and_weights_and_goes_back(both):
    published = both.weights["consolidation"]
    both.move("consolidation", water=1.0, income=0.0)
    assert both.weights["consolidation"]["income"] == 0
    assert both.frame["change"].abs().max() > 0
    both.reset()
    assert both.weights["consolidation"] == published
    assert not both.frame["change"].any()


def test_grades_follow_the_scheme_and_the_year_that_was_asked(scores):
    coupling = ek.CouplingCoordination(grades=ek.FIVE_GRADES, variant=ek.Wang2021())
    moved = ek.explore(*scores, coupling=coupling, period=2016)
    moved.move("revitalization", industry=1.0, ecology=0.0, culture=0.0, governance=0.0, living=0.0)
    series = {"consolidation": scores[0].series, "revitalization": scores[1].frame["industry"]}
    expected = coupling.measure(**series).frame.xs(2016, level="period")
    found = moved.frame.sort_index()
    np.testing.assert_allclose(found["D"], expected["D"], atol=1e-12)
    assert found["grade"].tolist() == expected["grade"].tolist()
    assert found["grade_change"].any()


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda kept, rise: ek.explore(), "there are no scores whose weights could be moved"),
        (lambda kept, rise: ek.explore(rise.spec), "IndexScores"),
        (lambda kept, rise: ek.explore(rise, rise), "two scores are of one system"),
        (lambda kept, rise: ek.explore(rise, coupling=ek.CouplingCoordination()), "at least two systems"),
        (lambda kept, rise: ek.explore(kept, rise, coupling="standard"), "coupling"),
        (lambda kept, rise: ek.explore(rise, by="place"), "dimension"),
        (lambda kept, rise: ek.explore(rise, lang="fr"), "lang"),
        (lambda kept, rise: ek.explore(rise, start={"ecolgy": 0.2}), "did you mean 'ecology'"),
        (lambda kept, rise: ek.explore(rise, start={"ecology": -0.2}), "ecology"),
        (lambda kept, rise: ek.explore(rise, start={"ecology": float("nan")}), "ecology"),
        (lambda kept, rise: ek.explore(rise, start=dict.fromkeys(PARTS, 0.0)), "at least one weight"),
        (lambda kept, rise: ek.explore(rise).move("consolidation", water=1.0), "system"),
        (lambda kept, rise: ek.explore(rise).move("revitalization", water=1.0), "a part of"),
        (lambda kept, rise: ek.explore(rise).move("revitalization", living=2.0), "living"),
    ],
)
def test_what_cannot_be_explored_is_refused(scores, ask, says):
    with pytest.raises(ek.SpecError, match=re.escape(says)):
        ask(*scores)


def test_a_year_without_scores_is_refused(scores):
    with pytest.raises(ek.DataError, match="2030"):
        ek.explore(scores[0], period=2030)


def test_without_ipywidgets_a_table_stands_and_says_how_to_get_sliders(monkeypatch, scores):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    shown = ek.explore(*scores, lang="en")._repr_mimebundle_()
    assert set(shown) == {"text/plain", "text/html"}
    page = shown["text/html"]
    assert "pip install ipywidgets" in page
    assert page.count("<tr>") == 1 + 14 + 1 + 120  # weights of nine and five dimensions, and the places
    assert not re.search("[\u3400-\u9fff]", page)
    assert "安装 ipywidgets" in ek.explore(scores[0], lang="zh")._repr_html_()


def test_names_are_escaped():
    assert "<script>" not in table(["<script>"], [["<script>x"]], {0})
    assert [arrow(n) for n in (2, 0, -1)] == ["↑2", "–", "↓1"]


def slider(board, at=0):
    return list(board.sliders.values())[at]


def test_a_slider_moves_the_table_and_the_button_brings_it_back(scores):
    pytest.importorskip("ipywidgets")
    moved = ek.explore(*scores, lang="zh")
    shown = moved._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"} <= set(shown)
    board = moved._board
    still, shares = board.places.value, [share.value for share in board.shares.values()]
    assert slider(board).description == "收入与增收"
    slider(board).value = 0.9
    assert board.places.value != still
    assert board.page.standing() in board.places.value
    assert moved.held["consolidation"]["income"] == 0.9
    assert [share.value for share in board.shares.values()] != shares
    moved.reset()
    assert board.places.value == still
    assert slider(board).value == held(scores[0], "dimension")["income"]


def test_with_every_slider_at_nothing_it_says_so_and_recovers(scores):
    pytest.importorskip("ipywidgets")
    moved = ek.explore(scores[1], lang="zh")
    moved._repr_mimebundle_()
    board = moved._board
    for one in board.sliders.values():
        one.value = 0.0
    assert "至少要有一个权重大于 0" in board.places.value
    slider(board).value = 0.4
    assert board.places.value.count("<tr>") == 121
    assert next(iter(board.shares.values())).value == "100.0%"
