"""Comparison of indices: rank correlations with known values, shifts that are differences of ranks, and what moves whom."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import evalkit as ek
from evalkit.indicators.comparison import IndexComparison, moving_differences
from evalkit.stats.correlation import kendall, weighted_kendall

pair = st.integers(3, 25).flatmap(lambda m: arrays(float, (2, m), elements=st.floats(0, 1).map(lambda x: round(x, 1))))


def keyed(values, period=2020):
    index = pd.MultiIndex.from_product([[f"u{i:02d}" for i in range(len(values))], [period]], names=["unit", "period"])
    return pd.Series(values, index=index, dtype=float)


def tau_b(a, b):
    """Kendall (1945): pairs counted one by one."""
    s = np.sign(a[:, None] - a) * np.sign(b[:, None] - b)
    return s.sum() / np.sqrt((np.sign(a[:, None] - a) ** 2).sum() * (np.sign(b[:, None] - b) ** 2).sum())


def tau_h(a, b):
    """Vigna (2015): pairs weighted by 1/rank + 1/rank, ranks by (a, b), then by (b, a)."""
    found = []
    for first, second in ((a, b), (b, a)):
        rank = np.empty(len(a))
        rank[np.lexsort((second, first))[::-1]] = np.arange(1, len(a) + 1)
        w = 1 / rank[:, None] + 1 / rank
        x, y = np.sign(a[:, None] - a), np.sign(b[:, None] - b)
        found.append((w * x * y).sum() / np.sqrt((w * x**2).sum() * (w * y**2).sum()))
    return np.mean(found)


@given(pair)
def test_kendall_and_the_weighted_one_are_their_definitions(ab):
    a, b = ab
    if min(np.ptp(a), np.ptp(b)) == 0:
        return
    np.testing.assert_allclose(kendall(a, b), tau_b(a, b), atol=1e-12)
    np.testing.assert_allclose(weighted_kendall(a, b), tau_h(a, b), atol=1e-12)
    np.testing.assert_allclose(kendall(b, a), kendall(a, b), atol=1e-12)
    np.testing.assert_allclose(kendall(a[::-1], b[::-1]), kendall(a, b), atol=1e-12)
    np.testing.assert_allclose(kendall(a, -b), -kendall(a, b), atol=1e-12)


def test_agreement_of_small_orders_is_known():
    """The same order, its reverse, and one swap at the bottom of six: Spearman 1 − 6·2/(6·35), τ = 1 − 2/15, weighted by hand."""
    same, reverse, swap = keyed(range(6)), keyed(range(6)[::-1]), keyed([1, 0, 2, 3, 4, 5])
    found = IndexComparison(top=3).measure(base=same, same=same, reverse=reverse, swap=swap).agreement.loc["base"]
    by_hand = 1 - 2 * (1 / 5 + 1 / 6) / sum(1 / i + 1 / j for i in range(1, 7) for j in range(i + 1, 7))
    np.testing.assert_allclose(found["spearman"], [1, -1, 1 - 12 / 210])
    np.testing.assert_allclose(found["kendall"], [1, -1, 1 - 2 / 15])
    np.testing.assert_allclose(found["weighted_kendall"], [1, -1, by_hand])
    assert found["stay_leading"].tolist() == [1, 0, 1]
    assert found["max_shift"].tolist() == [0, 5, 1]


@given(arrays(float, (2, 5, 3), elements=st.floats(0, 1)))
def test_what_moves_units_adds_up(both):
    moved = moving_differences(*both)
    change = (both[1] - both[0]).sum(axis=1)
    np.testing.assert_allclose(moved.sum(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(moved.sum(axis=1), change - change.mean(), atol=1e-12)


@pytest.fixture(scope="module")
def indices(counties, systems):
    index = ek.CompositeIndex(system=systems["consolidation"])
    choices = {
        "equal": index,
        "entropy": replace(index, weigh=ek.Entropy()),
        "geometric": replace(index, aggregate=ek.ByLevel(between=ek.GEOMETRIC)),
    }
    return {name: one.fit(counties).score(counties) for name, one in choices.items()}


def test_shifts_are_differences_of_ranks_and_movers_are_explained(indices):
    found = IndexComparison(top=4, causes=2).measure(**indices)
    rank = {name: one.series.xs(2024, level="period").rank(ascending=False, method="min") for name, one in indices.items()}
    expected = (rank["equal"] - rank["entropy"]).astype(int)
    assert (found.frame["entropy_shift"] == expected.reindex(found.frame.index)).all()
    assert found.frame["equal"].is_monotonic_increasing
    assert found.agreement["max_shift"].loc[("equal", "entropy")] == expected.abs().max()
    movers = found.movers
    assert movers["index"].unique().tolist() == ["entropy"]
    assert len(movers) == 8
    assert movers["shift"].abs().iloc[0] == expected.abs().max()
    assert "geometric" in found.notes[-1].text.en
    parts = [indices[name].contributions.xs(2024, level="period") for name in ("equal", "entropy")]
    change = parts[1] - parts[0]
    first = movers.iloc[0]
    np.testing.assert_allclose(first["difference"], (change - change.mean()).loc[first["unit"], first["indicator"]])


def test_series_and_scores_with_other_units_are_compared_on_what_they_share(indices):
    series = indices["entropy"].series
    some = series[series.index.get_level_values("unit") < "03"]
    found = IndexComparison(period=2020).measure(equal=indices["equal"], other=some)
    assert len(found.frame) == some.index.unique("unit").size
    assert [note.kind for note in found.notes] == ["caution", "left_out", "left_out"]
    assert found.movers.empty


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"a": keyed([1, 2, 3])}, ek.SpecError, "at least two"),
        ({"a": keyed([1, 2, 3]), "b": keyed([1, 2, 3], 2021)}, ek.DataError, "do not all have a period"),
        ({"a": keyed([1, 2, 3]), "b": keyed([1, 2])}, ek.DataError, "fewer than three units"),
        ({"a": keyed([1, 2, 3]), "b": keyed([2, 2, 2])}, ek.NoAnswer, r"\[b\] give all units the same"),
        ({"a": keyed([1, 2, 3]), "b": pd.Series([1.0, 2.0])}, ek.DataError, "index 'b' must be keyed"),
    ],
)
def test_what_cannot_be_compared_is_refused(given, error, message):
    with pytest.raises(error, match=message):
        IndexComparison().measure(**given)


def test_a_period_that_is_not_shared_and_wrong_options_are_refused():
    with pytest.raises(ek.DataError, match="the period 1999"):
        IndexComparison(period=1999).measure(a=keyed([1, 2, 3]), b=keyed([3, 2, 1]))
    with pytest.raises(ek.SpecError):
        IndexComparison(top=0)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_comparison_is_printed_drawn_and_told(indices, lang):
    found = IndexComparison().measure(**indices)
    for kind in ("agreement", "shifts", "movers"):
        assert len(ek.table(found, kind, lang=lang)) > 0
    assert ek.figure(found, lang=lang).axes
    assert "{" not in ek.prose(found, lang=lang)
