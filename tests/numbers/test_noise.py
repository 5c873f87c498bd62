"""The noise of the last bits decides nothing: figures times 1 ± 1e−15 give the same ranks, grades, classes, lists and orders.

Figures are chosen to tie and to lie on limits, where noise would tell: on grids, and with many alike.
"""

import numpy as np
import pandas as pd
import pytest

import evalkit as ek
from evalkit.coupling.dynamics.decoupling import decoupling_elasticity, decoupling_state
from evalkit.coupling.forecast.grey import accuracy_class, reach_class
from evalkit.indicators.aggregation.copeland import outranking
from evalkit.panel.panel import Panel
from evalkit.poverty.income.fgt import fgt, fgt_indices
from evalkit.poverty.income.gaps import is_poor
from evalkit.poverty.multidimensional.alkire_foster import alkire_foster
from evalkit.risk.lists.budgets import Share
from evalkit.risk.lists.thresholds import BudgetThreshold, CostThreshold, RecallThreshold
from evalkit.risk.lists.visiting import VisitingList
from evalkit.stats.ranked import ranked
from evalkit.stats.ranks import below, even, ranks

SEEDS = range(8)


def noisy(values, seed):
    """Figures times 1 ± 1e−15 at random; none but the least bits differ."""
    values = np.asarray(values, dtype=float)
    rng = np.random.default_rng(seed)
    return values * (1 + 1e-15 * rng.choice([-1.0, -0.3, 0.0, 0.3, 1.0], values.shape))


@pytest.fixture(scope="module")
def systems():
    """Two systems on squares of tenths, so that D lies on the limits between classes."""
    rng = np.random.default_rng(5)
    key = pd.MultiIndex.from_product([[f"u{i:03d}" for i in range(60)], range(2016, 2021)], names=["unit", "period"])
    steps = np.arange(11) / 10.0
    kept, rise = rng.choice(steps**2, len(key)), rng.choice(steps**2, len(key))
    level = rng.random(len(key)) < 0.5
    return pd.Series(kept, key), pd.Series(np.where(level, kept, rise), key)


def shaken(series, seed):
    return pd.Series(np.minimum(noisy(series, seed), 1.0), series.index)


@pytest.mark.parametrize("grades", [ek.TEN_GRADES, ek.FOUR_GRADES, ek.FIVE_GRADES, ek.SIX_GRADES])
def test_grades_and_who_lags(systems, grades):
    spec = ek.CouplingCoordination(grades=grades)
    kept, rise = systems
    plain = spec.measure(kept=kept, rise=rise)
    for seed in SEEDS:
        found = spec.measure(kept=shaken(kept, seed), rise=shaken(rise, seed + 100))
        for column in ("grade", "lagging"):
            pd.testing.assert_series_equal(found.frame[column], plain.frame[column])
        np.testing.assert_array_equal(ranks(found.frame["D"].to_numpy()), ranks(plain.frame["D"].to_numpy()))
        shown = [one.frame.sort_values("D", ascending=False, kind="stable", key=even).index for one in (found, plain)]
        assert shown[0].equals(shown[1])


def test_what_follows_from_grades(systems):
    kept, rise = systems
    plain = ek.CouplingCoordination().measure(kept=kept, rise=rise)
    found = ek.CouplingCoordination().measure(kept=shaken(kept, 1), rise=shaken(rise, 2))
    for spec in (ek.Balance(), ek.Balance(cut="median")):
        for column in ("high", "quadrant"):
            pd.testing.assert_series_equal(spec.measure(found).frame[column], spec.measure(plain).frame[column])
    moves = ek.GradeTransitions()
    pd.testing.assert_frame_equal(moves.measure(found).frame, moves.measure(plain).frame)
    stages = [ek.Speeds().measure(kept=a, rise=b).frame["stage"] for a, b in (systems, (shaken(kept, 1), shaken(rise, 2)))]
    pd.testing.assert_series_equal(*stages)


def test_ranks_and_outranking():
    scores = np.random.default_rng(2).integers(0, 40, 3000) / 39.0
    for seed in SEEDS:
        np.testing.assert_array_equal(ranks(noisy(scores, seed)), ranks(scores))
    z = np.random.default_rng(3).integers(0, 6, (80, 4)) / 5.0
    w = np.array([0.1, 0.2, 0.3, 0.4])
    for a, b in zip(outranking(noisy(z, 1), w), outranking(z, w), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_index_ranks_and_obstacles():
    """The shipped counties with every figure to two digits, so that many tie."""
    panel = ek.datasets.load("counties")
    names = list(panel.frame.columns)
    coarse = panel.frame.copy()
    for name in names:
        size = 10.0 ** np.floor(np.log10(np.abs(coarse[name]).max()))
        coarse[name] = np.round(coarse[name] / size, 1) * size
    other = coarse.assign(**{name: noisy(coarse[name], at) for at, name in enumerate(names)})
    system = ek.systems("revitalization")["revitalization"]
    weights = ek.Given(values={column: 1 / len(system.columns) for column in system.columns})
    for weigh in (weights, ek.Entropy()):
        index = ek.CompositeIndex(system=system, weigh=weigh)
        plain, found = (index.fit(Panel(frame=f)).score(Panel(frame=f)) for f in (coarse, other))
        for year in (2016, 2020):
            a, b = (one.series.xs(year, level="period").to_numpy() for one in (plain, found))
            np.testing.assert_array_equal(ranks(b), ranks(a))
        drag, shaky = (ek.ObstacleDegree(top=5).measure(one) for one in (plain, found))
        for place in range(1, 6):
            pd.testing.assert_series_equal(shaky.frame[f"obstacle_{place}"], drag.frame[f"obstacle_{place}"])
        assert shaky.few().index.equals(drag.few().index)
        pd.testing.assert_frame_equal(shaky.frequency, drag.frequency)


def test_decoupling_and_classes_of_forecasts():
    change_b = np.repeat([0.1, -0.1, 0.05, 0.0], 5)
    change_a = change_b * np.tile([0.8, 1.2, 0.0, 1.0, -1.0], 4)
    plain = decoupling_state(decoupling_elasticity(change_a, change_b), change_b)
    for seed in SEEDS:
        a, b = noisy(change_a, seed), noisy(change_b, seed + 50)
        np.testing.assert_array_equal(decoupling_state(decoupling_elasticity(a, b), b), plain)
        ratio, share = np.array([0.35, 0.5, 0.65, 0.35]), np.array([0.95, 0.8, 0.7, 0.8])
        np.testing.assert_array_equal(accuracy_class(noisy(ratio, seed), noisy(share, seed)), [1, 2, 3, 2])
        np.testing.assert_array_equal(reach_class(noisy([-0.3, -0.5, -0.8, -1.0], seed)), [1, 2, 3, 4])


@pytest.mark.parametrize("strict", [True, False])
def test_who_is_poor(strict):
    """Incomes of a third of a sum of money, many of them at the line."""
    income = np.random.default_rng(4).integers(1, 9, 400) * 1000.0 / 3
    line, w = np.full(400, 5000.0 / 3), np.ones(400)
    for seed in SEEDS:
        x, z = noisy(income, seed), noisy(line, seed + 9)
        np.testing.assert_array_equal(is_poor(x, z, strict=strict), is_poor(income, line, strict=strict))
        assert fgt(x, z, w, 0, strict=strict) == fgt(income, line, w, 0, strict=strict)
        np.testing.assert_array_equal(fgt_indices(x, z, strict=strict)[0], fgt_indices(income, line, strict=strict)[0])
        assert fgt(x, z, w, 0.5, strict=strict) == pytest.approx(fgt(income, line, w, 0.5, strict=strict), rel=1e-12)
    assert below(np.array([1e9 * (1 + 1e-9)]), 1e9, strict=False).tolist() == [False]
    assert below(np.array([1e9 * (1 - 1e-9)]), 1e9).tolist() == [True]


def test_deprivation_scores_at_the_cutoff():
    g = (np.random.default_rng(6).random((10, 500)) < 0.5).astype(float)
    shares = np.array([1 / 6] * 4 + [1 / 18] * 6)
    plain = alkire_foster(g, shares, np.ones(500), 1 / 3)
    for seed in SEEDS:
        assert alkire_foster(g, noisy(shares, seed), np.ones(500), 1 / 3)[0] == plain[0]


def test_lists_of_visits_and_thresholds():
    """Risks in steps of a hundredth: ties are broken by lot, not by the last bit."""
    rng = np.random.default_rng(7)
    risk = rng.integers(1, 100, 600) / 99.0
    homes = pd.DataFrame({"risk": risk, "fell": (rng.random(600) < risk).astype(int)})
    rules = [
        BudgetThreshold(risk="risk", outcome="fell", share=0.2),
        CostThreshold(risk="risk", outcome="fell", needless=1, missed=9.9 * 10 / 11),
        RecallThreshold(risk="risk", outcome="fell", target=0.7),
    ]
    for seed in SEEDS:
        other = homes.assign(risk=noisy(risk, seed))
        for rule in rules:
            plain, found = rule.fit(homes), rule.fit(other)
            np.testing.assert_allclose(found.frame["estimate"], plain.frame["estimate"], rtol=1e-12)
            pd.testing.assert_series_equal(found.flags(other["risk"]), plain.flags(homes["risk"]))
            held = (other["risk"] >= found.value).sum(), (homes["risk"] >= plain.value).sum()
            assert held[0] == held[1] or isinstance(rule, CostThreshold)
        ask = VisitingList(risk="risk", budget=Share(share=0.1))
        for column in ("listed", "place"):
            pd.testing.assert_series_equal(ask.measure(other).frame[column], ask.measure(homes).frame[column])
        np.testing.assert_array_equal(ranked(noisy(risk, seed)).first, ranked(risk).first)


def test_orders_of_tables_of_any_size():
    """Sums of money in yuan, shares and small contributions alike: ties keep the order of places."""
    for size in (1e12, 1.0, 1e-6):
        column = pd.Series(np.random.default_rng(8).integers(1, 20, 300) / 19.0 * size)
        for seed in SEEDS:
            order = pd.Series(noisy(column, seed)).sort_values(kind="stable", key=even).index
            assert order.equals(column.sort_values(kind="stable").index)
