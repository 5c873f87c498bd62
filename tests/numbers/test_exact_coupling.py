"""Coupling, coordination, their change and their forecast beside the same formulas in 50 decimal digits or in fractions.

The formulas are written anew from their sources. Indices in [0, 1] are asked for to 1e-12 of the value or, near 0, to 1e-15.
"""

from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import pairwise, permutations
from math import atan2, degrees

import numpy as np
import pytest
from exactly import agree as agreeing
from exactly import decimals
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.coupling.balance import balance_distance
from evalkit.coupling.dynamics.contributions import system_contributions
from evalkit.coupling.dynamics.decoupling import decoupling_elasticity
from evalkit.coupling.dynamics.speeds import coupling_angle, scissors_difference, trend_speeds
from evalkit.coupling.forecast.grey import grey_parameters, grey_path, posterior_error
from evalkit.coupling.static import coordination_degree, development_index
from evalkit.coupling.variants import (
    Distance,
    Fan2024,
    PairwiseProduct,
    Power,
    Standard,
    Wang2021,
    WithoutCoefficient,
    coupling_degree,
)
from evalkit.stats.correlation import kendall
from evalkit.stats.shapley import shapley, two_factors
from evalkit.stats.transitions import counted_moves, directions, shared_moves

agree = partial(agreeing, atol=1e-15)  # indices may be 0


def product(values):
    out = Decimal(1)
    for v in values:
        out *= v
    return out


def power(base, exponent):
    return base**exponent if base else Decimal(0)


def systems(n, rows=200):
    """Indices on scales from 1e−8 to 1; some at 0, some level."""
    rng = np.random.default_rng(n)
    u = rng.beta(1.0, 1.5, (n, rows)) * 10.0 ** rng.choice([0, 0, 0, -3, -8], rows)
    u[0, 1], u[:, 2], u[:, 3], u[:, 4] = 0.0, 0.0, 0.7, 1.0
    return u


def standard(u):
    return len(u) * power(product(u), 1 / Decimal(len(u))) / sum(u) if sum(u) else Decimal(0)


def wang(u):
    n, most = len(u), max(u)
    if not most:
        return Decimal(0)
    apart = sum(abs(a - b) for i, a in enumerate(u) for b in u[:i]) / (Decimal(n * (n - 1)) / 2)
    return ((1 - apart) * product(power(v / most, 1 / Decimal(n - 1)) for v in u)).sqrt()


def fan(u):
    m = sum(u) / len(u)
    return max(1 - 2 * (sum((v - m) ** 2 for v in u) / len(u)).sqrt(), Decimal(0))


def distance(u):
    n = len(u)
    return (1 - (sum((v - (sum(u) - v) / (n - 1)) ** 2 for v in u) / n).sqrt()).sqrt()


def by_pairs(u):
    below = product(a + b for i, a in enumerate(u) for b in u[:i])
    return power(product(u) / below, 1 / Decimal(len(u))) if below else Decimal(0)


VARIANTS = {
    "standard": (Standard(), standard),
    "power": (Power(k=3.0), lambda u: power(product(u) / (sum(u) / len(u)) ** len(u), Decimal(3)) if sum(u) else Decimal(0)),
    "without": (WithoutCoefficient(), lambda u: standard(u) / len(u)),
    "wang": (Wang2021(), wang),
    "fan": (Fan2024(), fan),
    "distance": (Distance(), distance),
    "pairs": (PairwiseProduct(), by_pairs),
}


@pytest.mark.parametrize("n", [2, 3, 4])
@pytest.mark.parametrize("name", VARIANTS)
def test_coupling_degrees(name, n):
    variant, formula = VARIANTS[name]
    if name == "pairs" and n > 3:
        pytest.skip("has no upper end")
    u = systems(n)
    if name == "distance":  # beyond a distance of 1 the degree is 0, and the formula has no root
        u = u / 2
    agree(variant.degree(u), [formula(decimals(column)) for column in u.T])


@pytest.mark.parametrize("n", [2, 3])
def test_development_coordination_and_balance(n):
    u = systems(n)
    a = np.arange(1.0, n + 1) / (n * (n + 1) / 2)
    weights = decimals(a)
    t = development_index(u, a)
    developed = [sum(w * v for w, v in zip(weights, decimals(column), strict=True)) for column in u.T]
    agree(t, developed)
    truth = [(standard(decimals(column)) * d).sqrt() for column, d in zip(u.T, developed, strict=True)]
    agree(coordination_degree(coupling_degree(u), t), truth)
    off = [[v - sum(c) / n for v in c] for c in map(decimals, u.T)]
    agree(balance_distance(u), [sum(v * v for v in row).sqrt() for row in off])


def test_contributions_are_means_over_all_orders():
    """Shapley's definition itself: what a system adds, over all orders in which the systems could have moved."""
    u, a = np.stack([systems(3, 12), systems(3, 24)[:, 12:]]), np.full((2, 3, 1), 1 / 3)
    phi, _ = system_contributions(Standard(), u, a)
    share = Decimal(1 / 3)
    for column in range(12):
        start, end = decimals(u[0, :, column]), decimals(u[1, :, column])
        truth = [Decimal(0)] * 3
        for order in permutations(range(3)):
            now = list(start)
            for i in order:
                before = (standard(now) * share * sum(now)).sqrt()
                now[i] = end[i]
                truth[i] += ((standard(now) * share * sum(now)).sqrt() - before) / 6
        agree(phi[:, column], truth)


def test_shapley_of_a_game_is_a_fraction():
    worth = np.random.default_rng(0).integers(0, 100, 16)
    found = shapley(lambda moved: np.array([float(worth[int(moved @ [1, 2, 4, 8])])]), 4)
    truth = [Fraction(0)] * 4
    for order in permutations(range(4)):
        held = 0
        for i in order:
            truth[i] += Fraction(int(worth[held | 1 << i]) - int(worth[held]), 24)
            held |= 1 << i
    agree(found, truth)


def test_parts_of_coupling_and_development():
    rng = np.random.default_rng(8)
    c, t = rng.random((2, 50)), rng.random((2, 50))
    truth = [[], []]
    for pair in zip(c.T, t.T, strict=True):
        (c0, c1), (t0, t1) = ([v.sqrt() for v in decimals(one)] for one in pair)
        truth[0].append((c1 - c0) * (t0 + t1) / 2)
        truth[1].append((t1 - t0) * (c0 + c1) / 2)
    agree(two_factors(c, t), truth[0] + truth[1])


def test_decoupling_elasticity():
    rng = np.random.default_rng(9)
    a, b = rng.normal(size=(2, 100)) * 10.0 ** rng.integers(-6, 3, (2, 100))
    agree(decoupling_elasticity(a, b), [Fraction(x) / Fraction(y) for x, y in zip(a, b, strict=True)])


def test_speeds_and_angles():
    """Of a parabola through whole points the slope is a fraction; angles of the axes and diagonals are known."""
    t = np.arange(2000.0, 2006.0)
    u = np.array([[(3 * (x - 2000) ** 2 + 7) / 128 for x in t]])  # exact in binary
    agree(trend_speeds(u, np.zeros(6, dtype=int), t, 2), [Fraction(6 * int(x - 2000), 128) for x in t], atol=1e-14)
    v = np.random.default_rng(3).normal(size=(2, 40))
    agree(coupling_angle(np.array([1.0, 1.0, -1.0, 1.0]), np.array([0.0, 1.0, 0.0, -1.0])), [90, 45, -90, 135], atol=0)
    agree(scissors_difference(np.array([0.25]), np.array([0.25])), [0])
    truth = [degrees(atan2(*map(float, (abs(Fraction(a) - Fraction(b)), abs(1 + Fraction(a) * Fraction(b)))))) for a, b in v.T]
    agree(scissors_difference(*v), truth, atol=1e-12)


def grey(x, ahead):
    """GM(1,1) by fractions, but for the exponential."""
    x = [Fraction(float(v)) for v in x]
    sums = [sum(x[: k + 1]) for k in range(len(x))]
    z = [(a + b) / 2 for a, b in pairwise(sums)]
    n, sz, sx = len(z), sum(z), sum(x[1:])
    a = (sz * sx - n * sum(p * q for p, q in zip(z, x[1:], strict=True))) / (n * sum(p * p for p in z) - sz * sz)
    b = (sx + a * sz) / n

    def decimal(f):
        return Decimal(f.numerator) / f.denominator

    da, db, first = decimal(a), decimal(b), decimal(x[0])
    grown = [(first - db / da) * (-da * k).exp() + db / da for k in range(len(x) + ahead)]
    return da, db, [first, *(q - p for p, q in pairwise(grown))]


@pytest.mark.parametrize("seed", range(6))
def test_grey_model(seed):
    """a of a series that hardly grows is a small difference: it is asked for to 1e-13 of 1."""
    rng = np.random.default_rng(seed)
    x = (0.4 + 0.02 * np.arange(9) + 0.01 * rng.normal(size=9)) * 10.0 ** (seed - 3)
    a, b, path = grey(x, 5)
    found, found_a, found_b = grey_path(x[None], 5)
    agree(found_a, [a], atol=1e-13)
    agree(found_b, [b])
    agree(found, path, rtol=1e-12, atol=0)
    np.testing.assert_array_equal(grey_parameters(x[None])[0], found_a)
    fitted = found[:, :9]
    rest = [u - v for u, v in zip(decimals(x), decimals(fitted), strict=True)]

    def spread(v):
        m = sum(v) / len(v)
        return (sum((w - m) ** 2 for w in v) / len(v)).sqrt()

    agree(posterior_error(x[None], fitted)[0], [spread(rest) / spread(decimals(x))])


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60))
def test_shares_of_moves(pairs):
    before, after = np.array(pairs, dtype=np.intp).T
    counts = counted_moves(before, after, np.zeros(len(pairs), dtype=np.intp), (1, 4))[0]
    shared = shared_moves(counts)
    for i in range(4):
        began = sum(p[0] == i for p in pairs)
        if began:
            agree(shared[i], [Fraction(pairs.count((i, j)), began) for j in range(4)])
    assert directions(counts).tolist() == [sum(np.sign(b - a) == way for a, b in pairs) for way in (-1, 0, 1)]


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=25))
def test_kendall_counts_pairs(pairs):
    agreed = tied_a = tied_b = 0
    for i, (a, b) in enumerate(pairs):
        for c, d in pairs[:i]:
            agreed += int(np.sign(a - c) * np.sign(b - d))
            tied_a, tied_b = tied_a + (a == c), tied_b + (b == d)
    every = len(pairs) * (len(pairs) - 1) // 2
    found = kendall(*np.array(pairs, dtype=float).T)
    if every in (tied_a, tied_b):
        assert np.isnan(found)
    else:
        agree([found], [agreed / (Decimal(every - tied_a) * (every - tied_b)).sqrt()])
