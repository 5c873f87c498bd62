"""What changed D: parts that add up, Shapley's axioms, and the change against orders walked one by one."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import evalkit as ek
from evalkit.coupling.dynamics.contributions import OF_SHARES, ChangeOfD, inside, slopes, system_contributions
from evalkit.coupling.static import CouplingCoordination, coordination_degree
from evalkit.coupling.variants import Distance, Fan2024, PairwiseProduct, Power, Standard, Wang2021
from evalkit.errors import DataError, NoAnswer, SpecError
from evalkit.stats.shapley import shapley, two_factors

VARIANTS = (Standard(), Power(k=2), Wang2021(), Fan2024(), Distance(k=2))
UNITS = [f"u{i}" for i in range(6)]


def drawn(seed, n, k=3, still=0.3):
    """Parts of n systems of six units in two years, some of them at 0, some systems standing still while their parts move."""
    rng = np.random.default_rng(seed)
    key = pd.MultiIndex.from_product([UNITS, [2015, 2020]], names=["unit", "period"])
    parts = {}
    for s in range(n):
        values = rng.random((6, 2, k)) / k * (rng.random((6, 2, 1)) > 0.1)
        level = rng.random(6) < still  # the second year is the first one turned round: the sum stays, the parts move
        values[level, 1] = values[level, 0][:, ::-1]
        parts[f"s{s}"] = pd.DataFrame(values.reshape(12, k), key, [f"s{s}_{j}" for j in range(k)])
    shares = rng.dirichlet(np.ones(n))
    return parts, tuple((shares / shares.sum()).tolist())


def coupled(parts, shares=None, variant=None):
    spec = CouplingCoordination(variant=variant or Standard(), shares=shares)
    return spec.measure(**{name: table.sum(axis=1).clip(0, 1) for name, table in parts.items()})


@given(st.integers(0, 2**32 - 1), st.integers(2, 4), st.sampled_from(VARIANTS), st.booleans())
def test_all_parts_add_up(seed, n, variant, equal):
    parts, shares = drawn(seed, n)
    bond = coupled(parts, None if equal else shares, variant)
    dimensions = {name: f"d{name[-1]}" for table in parts.values() for name in table}
    answer = ChangeOfD().measure(bond, parts, dimensions)
    d = bond.frame["D"].unstack("period")
    exact = {"rtol": 0, "atol": 1e-12}
    np.testing.assert_allclose(answer.frame["change"], d[2020] - d[2015], **exact)
    np.testing.assert_allclose(answer.systems.sum(axis=1), answer.frame["change"], **exact)
    np.testing.assert_allclose(answer.frame["C"] + answer.frame["T"], answer.frame["change"], **exact)
    for table in (answer.dimensions, answer.indicators):
        np.testing.assert_allclose(table.T.groupby(level="system", sort=False).sum().T, answer.systems, **exact)
    average = answer.average.groupby("level")["contribution"].sum()
    np.testing.assert_allclose(average, answer.frame["change"].mean(), **exact)


@given(st.integers(0, 2**32 - 1), st.integers(2, 4), st.sampled_from(VARIANTS))
def test_shapley_is_the_mean_over_all_orders(seed, n, variant):
    rng = np.random.default_rng(seed)
    u, a = rng.random((2, n, 4)), np.full((2, n, 1), 1 / n)

    def d(now):
        return coordination_degree(variant.degree(now), now.mean(axis=0))

    walked = np.zeros((n, 4))
    orders = list(permutations(range(n)))
    for order in orders:
        now = u[0].copy()
        for i in order:
            before = d(now)
            now[i] = u[1, i]
            walked[i] += (d(now) - before) / len(orders)
    np.testing.assert_allclose(system_contributions(variant, u, a)[0], walked, rtol=0, atol=1e-13)


def test_shapley_of_three_parties():
    """The glove game: one left glove (player 0) and two right ones; a pair is worth 1. Shapley: 2/3, 1/6, 1/6."""
    found = shapley(lambda m: np.array([float(m[0] and (m[1] or m[2]))]), 3)
    np.testing.assert_allclose(found[:, 0], [2 / 3, 1 / 6, 1 / 6], rtol=1e-14)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=5))
def test_where_the_whole_is_a_sum_each_gets_its_own(worth):
    found = shapley(lambda m: np.array([np.array(worth)[m].sum()]), len(worth))
    np.testing.assert_allclose(found[:, 0], worth, atol=1e-12)


@given(st.floats(0.001, 1), st.floats(0.001, 1), st.floats(0.001, 1))
def test_who_stood_still_gets_nothing_and_alike_get_alike(a, b, c):
    u = np.array([[[a], [b]], [[a], [c]]])
    phi, _ = system_contributions(Standard(), u, np.full((2, 2, 1), 0.5))
    assert phi[0, 0] == pytest.approx(0.0, abs=1e-15)
    twins = np.array([[[a], [a]], [[b], [b]]])
    phi, _ = system_contributions(Standard(), twins, np.full((2, 2, 1), 0.5))
    assert phi[0, 0] == pytest.approx(phi[1, 0], abs=1e-15)


def test_two_systems_by_hand():
    """D is the fourth root of U_1 U_2: from (0.0625, 1) to (1, 0.0625) both moves undo each other."""
    u = np.array([[[0.0625], [1.0]], [[1.0], [0.0625]]])
    phi, of_shares = system_contributions(Standard(), u, np.full((2, 2, 1), 0.5))
    # ½[(1 − ½) + (½ − ¼)] = 0.375
    np.testing.assert_allclose(phi[:, 0], [0.375, -0.375], rtol=1e-12)
    assert of_shares[0] == 0
    c, t = np.array([[0.64], [0.36]]), np.array([[0.25], [1.0]])
    # √C falls by 0.2 at a mean √T of 0.75; √T rises by 0.5 at a mean √C of 0.7
    np.testing.assert_allclose(two_factors(c, t)[:, 0], [-0.15, 0.35], rtol=1e-12)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_system_that_hardly_moves_is_opened_as_one_that_moves_little(variant):
    """Parts of +0.1 and −0.1 + ε: what they get goes over smoothly as ε passes the change that counts as small."""
    found = []
    for change in (0.0, 1e-9, 5e-7, 2e-6, 1e-4):
        u = np.array([[[0.4], [0.6]], [[0.4 + change], [0.8]]])
        a = np.full((2, 2, 1), 0.5)
        phi, _ = system_contributions(variant, u, a)
        slope = slopes(variant, u, a, 0) if change < 1e-6 else phi[0] / change
        out = inside(phi[0], slope, np.array([[0.1], [-0.1 + change]]))
        assert out.sum() == pytest.approx(phi[0, 0], abs=1e-15)
        found.append(out[0, 0])
    np.testing.assert_allclose(found, found[0], rtol=3e-4)
    assert abs(found[0]) > 0.001


def test_indicators_get_what_their_part_changed():
    parts, _ = drawn(5, 2, still=0.0)
    answer = ChangeOfD().measure(coupled(parts), parts)
    moved = {name: table.xs(2020, level="period") - table.xs(2015, level="period") for name, table in parts.items()}
    for name, table in moved.items():
        share = table.div(table.sum(axis=1), axis=0)
        np.testing.assert_allclose(answer.indicators[name].to_numpy(), share.mul(answer.systems[name], axis=0), atol=1e-12)
    assert answer.dimensions.columns.tolist() == [("s0", "s0"), ("s1", "s1")]


def test_systems_without_parts_are_not_opened():
    parts, _ = drawn(1, 2)
    whole = ChangeOfD().measure(coupled(parts))
    assert whole.indicators.empty
    assert whole.dimensions.empty
    half = ChangeOfD().measure(coupled(parts), {"s1": parts["s1"]})
    assert set(half.indicators.columns.get_level_values("system")) == {"s1"}
    pd.testing.assert_frame_equal(half.systems, whole.systems)


def test_shares_that_change_are_one_player_more():
    parts, _ = drawn(2, 3, still=0.0)
    bond = coupled(parts)
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.ones(3), size=len(bond.frame)).T
    u = bond.frame[list(bond.systems)].to_numpy().T
    d = coordination_degree(bond.spec.variant.degree(u), (shares * u).sum(axis=0))
    moved = ChangeOfD().measure(replace(bond, shares=shares, frame=bond.frame.assign(D=d)), parts)
    assert moved.systems.columns.tolist() == ["s0", "s1", "s2", OF_SHARES]
    np.testing.assert_allclose(moved.systems.sum(axis=1), moved.frame["change"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(moved.indicators.sum(axis=1) + moved.systems[OF_SHARES], moved.frame["change"], rtol=0, atol=1e-12)


def test_units_without_both_years_are_left_out_and_told():
    parts, _ = drawn(3, 2)
    short = {name: table.drop(("u1", 2020)) for name, table in parts.items()}
    answer = ChangeOfD().measure(coupled(short), short)
    assert "u1" not in answer.frame.index
    assert any("left out: 1" in note.text.en for note in answer.notes)


def test_two_named_years_of_many():
    key = pd.MultiIndex.from_product([["a", "b"], range(2010, 2016)], names=["unit", "period"])
    rng = np.random.default_rng(1)
    kept, rise = pd.Series(rng.random(12), key), pd.Series(rng.random(12), key)
    bond = CouplingCoordination().measure(kept=kept, rise=rise)
    answer = ChangeOfD(first=2011, last=2013).measure(bond)
    d = bond.frame["D"].unstack("period")
    np.testing.assert_allclose(answer.frame["change"], d[2013] - d[2011], atol=1e-12)
    steps = [ChangeOfD(first=year, last=year + 1).measure(bond).frame["change"] for year in range(2010, 2015)]
    np.testing.assert_allclose(sum(steps), ChangeOfD().measure(bond).frame["change"], atol=1e-12)


@pytest.mark.parametrize(("name", "years"), [("counties", (2012, 2024)), ("wdi", (2005, 2021)), ("vietnam", (2008, 2015))])
def test_real_panels_add_up(name, years, request):
    """Simulated counties, and where the real panels are at hand: countries of the World Bank, provinces of Viet Nam."""
    import evalkit as ek
    from evalkit.panel.form import read_system

    if name != "counties":
        request.getfixturevalue("real_data")
    folder = ek.datasets.folder() / ("systems" if name == "counties" else name)
    systems = {key: read_system(folder / f"{key}.toml").core() for key in ("consolidation", "revitalization")}
    columns = [column for system in systems.values() for column in system.columns]
    steps = ek.Interpolate(max_gap=3), ek.Carry(max_gap=2), ek.LeaveOut()
    panel = ek.treat(ek.datasets.load(name).at(slice(*years)), columns, steps).panel
    scores = {key: ek.CompositeIndex(system=system, treat=()).fit(panel).score(panel) for key, system in systems.items()}
    bond = CouplingCoordination().measure(**{key: score.series for key, score in scores.items()})
    dimensions = {i.id: d.id for system in systems.values() for d in system.dimensions for i in d.indicators}
    answer = ChangeOfD().measure(bond, {key: score.contributions for key, score in scores.items()}, dimensions)
    assert len(answer.frame) > 40
    for table in (answer.systems, answer.dimensions, answer.indicators):
        np.testing.assert_allclose(table.sum(axis=1), answer.frame["change"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(answer.frame["C"] + answer.frame["T"], answer.frame["change"], rtol=0, atol=1e-12)


def refused():
    parts, _ = drawn(4, 2)
    bond = coupled(parts)
    off = {"s0": parts["s0"] * 1.01}
    key = pd.MultiIndex.from_product([["a"], [2010]], names=["unit", "period"])
    alone = CouplingCoordination().measure(kept=pd.Series([0.5], key), rise=pd.Series([0.5], key))
    apart = pd.MultiIndex.from_tuples([("a", 2010), ("b", 2011)], names=["unit", "period"])
    never = CouplingCoordination().measure(kept=pd.Series([0.5, 0.5], apart), rise=pd.Series([0.5, 0.5], apart))
    many = CouplingCoordination().measure(**{f"s{i}": pd.Series(0.5, bond.frame.index) for i in range(11)})
    other = replace(bond, frame=bond.frame.assign(D=bond.frame["D"] ** 2))
    return {
        "order": (lambda: ChangeOfD(first=2020, last=2015), SpecError, "before the last"),
        "absent": (lambda: ChangeOfD(first=2014).measure(bond), DataError, "from 2014 to 2020"),
        "one": (lambda: ChangeOfD().measure(alone), DataError, "from 2010 to 2010"),
        "never": (lambda: ChangeOfD().measure(never), NoAnswer, "in both 2010 and 2011"),
        "many": (lambda: ChangeOfD().measure(many), NoAnswer, "at most 10"),
        "other": (lambda: ChangeOfD().measure(other), NoAnswer, "not √"),
        "sum": (lambda: ChangeOfD().measure(bond, off), DataError, "do not sum to its index"),
        "unknown": (lambda: ChangeOfD().measure(bond, {"s9": parts["s0"]}), SpecError, "no system of the answer"),
        "dimension": (lambda: ChangeOfD().measure(bond, parts, {"s0_0": "x"}), SpecError, "'s0_1' of 's0' has no dimension"),
        "keys": (lambda: ChangeOfD().measure(bond, {"s0": parts["s0"].reset_index()}), DataError, "keyed by"),
        "rows": (lambda: ChangeOfD().measure(bond, {"s0": parts["s0"].iloc[:-1]}), DataError, "u5 in 2020"),
    }


@pytest.mark.parametrize("case", refused())
def test_wrong_questions_are_refused(case):
    ask, error, message = refused()[case]
    with pytest.raises(error, match=message):
        ask()


def test_variants_of_pairs_are_shared_out_too():
    parts, _ = drawn(8, 3)
    answer = ChangeOfD().measure(coupled(parts, variant=PairwiseProduct()), parts)
    np.testing.assert_allclose(answer.indicators.sum(axis=1), answer.frame["change"], rtol=0, atol=1e-12)


def test_indicators_are_called_by_their_names_without_the_study():
    counties = ek.datasets.load("counties")
    scores = {name: ek.CompositeIndex(system=one).fit(counties).score(counties) for name, one in ek.systems().items()}
    bond = ek.CouplingCoordination().measure(**{name: one.series for name, one in scores.items()})
    change = ek.ChangeOfD().measure(bond, {name: one.contributions for name, one in scores.items()})
    shown = ek.table(change, "change_indicators", lang="en")["Part"].tolist()
    names = {one.id: one.name.en for score in scores.values() for one in score.system.every if one.scored}
    assert sorted(shown) == sorted(names.values())
