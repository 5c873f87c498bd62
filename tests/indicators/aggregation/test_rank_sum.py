"""Rank-sum ratios: the textbook data of ten regions, a peer's value, ties, later rows."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import evalkit as ek
from evalkit.indicators.aggregation.rank_sum import RankSumRatio
from evalkit.indicators.normalization.normalized import Normalized

blocks = st.integers(2, 15).flatmap(lambda m: arrays(float, (3, m), elements=st.integers(0, 8).map(lambda v: v / 8)))
thirds = np.full(3, 1 / 3)

# Ten regions: antenatal check-ups (%), maternal deaths per 100,000, perinatal deaths per 1,000. The textbook example of the
# method, as several public repositories carry it.
REGIONS = np.array(
    [
        [99.54, 96.52, 99.36, 92.83, 91.71, 95.35, 96.09, 99.27, 94.76, 84.80],
        [60.27, 59.67, 43.91, 58.99, 35.40, 44.71, 49.81, 31.69, 22.91, 81.49],
        [16.15, 20.10, 15.60, 17.04, 15.01, 13.93, 17.43, 13.89, 19.87, 23.63],
    ]
)


def ratios(z, w, ranks="whole"):
    return RankSumRatio(ranks=ranks).learn(Normalized.of(z), w).combine(z, w)


def min_max(x, costs=()):
    z = (x - x.min(axis=1, keepdims=True)) / np.ptp(x, axis=1, keepdims=True)
    z[list(costs)] = 1 - z[list(costs)]
    return z


def test_ten_regions_against_ranks_in_r():
    """R 4.2.2: rowSums(cbind(rank(x), rank(-y), rank(-v)))/30, and the same of 1 + 9 (x − min)/(max − min)."""
    z = min_max(REGIONS, costs=[1, 2])
    whole = [0.6, 0.4, 0.76666667, 0.4, 0.6, 0.66666667, 0.5, 0.9, 0.56666667, 0.1]
    np.testing.assert_allclose(ratios(z, thirds), whole, atol=1e-8)
    interpolated = [
        *(0.7390620454, 0.5590061219, 0.8361218575, 0.5816372885, 0.7421769904),
        *(0.8018476138, 0.6829876683, 0.9495405974, 0.7185247925, 0.1),
    ]
    np.testing.assert_allclose(ratios(z, thirds, "interpolated"), interpolated, atol=1e-10)


def test_mathmodels():
    """The example printed in the reference of the R package mathmodels (zhjx19): RSR of A, B, C to three digits."""
    z = min_max(np.array([[10.0, 20.0, 15.0], [5.0, 10.0, 8.0]]))
    np.testing.assert_allclose(ratios(z, np.array([0.4, 0.6])), [0.333, 1.0, 0.667], atol=0.5e-3)


def test_ties_share_the_mean_of_their_ranks_and_later_rows_fall_between():
    rule = RankSumRatio().learn(Normalized.of(np.array([[0.2, 0.4, 0.4, 0.9]])), np.ones(1))
    np.testing.assert_allclose(rule.combine(np.array([[0.2, 0.4, 0.9, 0.3, -5.0, 5.0]]), np.ones(1)) * 4, [1, 2.5, 4, 1.75, 1, 4])


@given(blocks)
def test_ratios_lie_in_the_unit_interval_and_sum_to_half_of_one_more_than_n(z):
    """Σ R = n (n + 1)/2 in every column, so the ratios sum to (n + 1)/2."""
    found = ratios(z, thirds)
    assert found.min() >= 1 / z.shape[1] - 1e-12
    assert found.max() <= 1 + 1e-12
    np.testing.assert_allclose(found.sum(), (z.shape[1] + 1) / 2)


@given(blocks)
def test_whole_ranks_know_order_alone(z):
    np.testing.assert_allclose(ratios(z**3 + 2, thirds), ratios(z, thirds))


def test_later_years_may_all_rise_and_many_weights_are_those_one_by_one(counties, systems):
    index = ek.CompositeIndex(system=systems["revitalization"], aggregate=RankSumRatio())
    scores = index.fit(counties, on=slice(2016, 2020)).score(counties)
    by_year = scores.series.groupby("period").mean()
    assert scores.series.between(0, 1).all()
    assert by_year[2024] > by_year[2016]
    z, rng = scores.normalized.to_numpy().T, np.random.default_rng(1)
    several = rng.dirichlet(np.ones(len(z)), 3)
    top = scores.spec.tree.top
    np.testing.assert_allclose(top.combine(z, several), [top.combine(z, w) for w in several], atol=1e-12)


def test_a_wrong_choice_is_refused():
    with pytest.raises(ek.SpecError, match="not a choice"):
        RankSumRatio(ranks="dense")


def panel_of(make_panel, **columns):
    count = len(next(iter(columns.values())))
    return make_panel(columns, units=[f"u{i:02d}" for i in range(count)], years=(2020,))


def test_reference_rows_have_their_own_ranks_to_the_last_bit(make_panel, make_system):
    """Seven places of which what one is ahead in a it is behind in b: all have the same ratio, and it is a half."""
    panel = panel_of(make_panel, a=[1, 2, 3, 4, 5, 6, 7, 100], b=[7, 6, 5, 4, 3, 2, 1, 100])
    index = ek.CompositeIndex(system=make_system(d={"a": "benefit", "b": "benefit"}), aggregate=RankSumRatio())
    assert index.fit(panel).score(panel).series.tolist() == [0.5] * 7 + [1.0]


@pytest.mark.parametrize("far", [1e3, 1e9, 1e12, 1e15])
def test_one_figure_far_from_all_makes_no_ties_of_the_others(make_panel, make_system, far):
    panel = panel_of(make_panel, a=[1, 2, 3, 4, 5, 6, 6, far])
    for direction, ends in (("benefit", [1, 2, 3, 4, 5, 6.5, 6.5, 8]), ("cost", [8, 7, 6, 5, 4, 2.5, 2.5, 1])):
        index = ek.CompositeIndex(system=make_system(d={"a": direction}), aggregate=RankSumRatio())
        assert (index.fit(panel).score(panel).series * 8).tolist() == ends


def test_figures_that_differ_in_the_last_bit_share_a_rank(make_panel, make_system):
    """A rate near 99.9 in a range of 0.1: its last bit is a ten-billionth of the range, and no lead."""
    rate = np.nextafter(99.9, 100)
    panel = panel_of(make_panel, a=[99.9, rate, 99.95, 100])
    index = ek.CompositeIndex(system=make_system(d={"a": "benefit"}), aggregate=RankSumRatio())
    assert (index.fit(panel).score(panel).series * 4).tolist() == [1.5, 1.5, 3, 4]


def test_ranks_of_a_real_panel_are_those_of_scipy(real_data):
    from scipy.stats import rankdata

    columns = ["sp.pop.totl", "sp.rur.totl", "ny.gnp.pcap.pp.cd"]
    rows = pd.read_csv(real_data / "real" / "wdi_developing_panel_2005_2022.csv")
    rows = rows[rows["Year"] == 2019].dropna(subset=columns).sort_values("Country Code")
    panel = ek.Panel.from_frame(rows[["Country Code", "Year", *columns]], unit="Country Code", period="Year")
    part = ek.Dimension(id="d", name=ek.Text("", ""), indicators=tuple(ek.Indicator(id=c, name=ek.Text(c, c)) for c in columns))
    system = ek.IndicatorSystem(id="s", name=ek.Text("s", "s"), dimensions=(part,))
    found = ek.CompositeIndex(system=system, aggregate=RankSumRatio()).fit(panel).score(panel).series
    own = sum(rankdata(rows[c]) for c in columns) / (3 * len(rows))
    np.testing.assert_allclose(found, own, rtol=0, atol=1e-15)
