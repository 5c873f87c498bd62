"""Poverty and inequality beside the same formulas in fractions or in 50 decimal digits, of incomes on awkward scales.

The formulas are written anew from their sources, as sums over all pairs where there are pairs. 1e-12 of the value is asked for.
"""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from exactly import agree, decimals

from evalkit.poverty.income.fgt import exit_time, fgt, fgt_indices, watts
from evalkit.poverty.income.sen import sen, sen_influence, sen_shorrocks_thon, thon_influence
from evalkit.poverty.multidimensional.alkire_foster import alkire_foster
from evalkit.stats.inequality import atkinson, generalized_entropy, gini, gini_influence, mean_log_deviation, theil
from evalkit.stats.parted import Parted


def exact(values):
    return [Fraction(float(v)) for v in values]


def total(w, x):
    return sum(a * b for a, b in zip(w, x, strict=True))


SCALES = {
    "yuan": lambda rng: np.round(rng.lognormal(9.0, 0.7, 300)),
    "cents": lambda rng: np.round(rng.lognormal(9.0, 0.7, 300), 2),
    "nearly equal": lambda rng: 1e6 * (1 + 0.005 * np.clip(rng.normal(size=3000), -3, 3)),
    "tiny": lambda rng: rng.lognormal(-20.0, 1.0, 300),
    "long tail": lambda rng: 1e4 * (1 + rng.pareto(1.2, 300)),
}


def drawn(name):
    rng = np.random.default_rng(len(name))
    x = SCALES[name](rng)
    return x, rng.integers(1, 9, len(x)) / 4.0


def apart(w, x):
    """Σ_i Σ_j w_i w_j |x_i − x_j|, by rising figures: each is above all those before it."""
    rising = sorted(zip(x, w, strict=True))
    below = held = out = Fraction(0)
    for value, weight in rising:
        out += 2 * weight * (value * below - held)
        below, held = below + weight, held + weight * value
    return out


@pytest.mark.parametrize("name", SCALES)
def test_gini(name):
    x, w = drawn(name)
    xs, ws = exact(x), exact(w)
    truth = apart(ws, xs) / (2 * sum(ws) * total(ws, xs))
    agree([gini(x, w)], [truth])
    agree(gini_influence(x, Parted.of(w))[0], [truth])


@pytest.mark.parametrize("name", SCALES)
def test_entropies_and_atkinson(name):
    x, w = drawn(name)
    xs, ws = decimals(x), decimals(w)
    size = sum(ws)
    mean = total(ws, xs) / size
    y = [v / mean for v in xs]
    agree([theil(x, w)], [total(ws, [v * v.ln() for v in y]) / size])
    agree([mean_log_deviation(x, w)], [-total(ws, [v.ln() for v in y]) / size])
    for alpha in (2, -1, 0.5):
        a = Decimal(alpha)
        agree([generalized_entropy(x, w, alpha)], [(total(ws, [v**a for v in y]) / size - 1) / (a * (a - 1))])
    agree([atkinson(x, w, 1)], [1 - (total(ws, [v.ln() for v in y]) / size).exp()])
    for epsilon in (0.5, 2):
        rest = 1 - Decimal(epsilon)
        agree([atkinson(x, w, epsilon)], [1 - (total(ws, [v**rest for v in y]) / size) ** (1 / rest)])


def test_incomes_of_nothing():
    """0 ln 0 is 0, and a root of nothing is nothing."""
    x, w = np.array([0.0, 1.0, 3.0]), np.array([1.0, 2.0, 1.0])
    y = [Decimal(0), Decimal(4) / 5, Decimal(12) / 5]
    agree([theil(x, w)], [(2 * y[1] * y[1].ln() + y[2] * y[2].ln()) / 4])
    agree([generalized_entropy(x, w, 2)], [Fraction(38, 100)])  # [(2 · 0.8² + 2.4²)/4 − 1]/2
    agree([atkinson(x, w, 0.5)], [1 - ((2 * y[1].sqrt() + y[2].sqrt()) / 4) ** 2])


@pytest.mark.parametrize("name", SCALES)
def test_poverty_indices(name):
    x, w = drawn(name)
    z = np.full(len(x), float(np.quantile(x, 0.4)))
    xs, ws, zs = exact(x), exact(w), exact(z)
    size = sum(ws)
    gaps = [(b - a) / b if a < b else Fraction(0) for a, b in zip(xs, zs, strict=True)]
    poor = [Fraction(a < b) for a, b in zip(xs, zs, strict=True)]
    truth = [total(ws, poor) / size, total(ws, gaps) / size, total(ws, [g * g for g in gaps]) / size]
    agree([fgt(x, z, w, alpha) for alpha in (0, 1, 2)], truth)
    agree(fgt_indices(x, z, w), truth)
    logs = [(Decimal(float(b)) / Decimal(float(a))).ln() if a < b else Decimal(0) for a, b in zip(x, z, strict=True)]
    deep = total(decimals(w), logs) / sum(decimals(w))
    agree([watts(x, z, w), exit_time(x, z, w, 0.05)], [deep, deep * 20])
    of_poor = [(a / b, v) for a, b, v, p in zip(xs, zs, ws, poor, strict=True) if p]
    incomes, weights = [a for a, _ in of_poor], [v for _, v in of_poor]
    short = total(weights, [1 - a for a in incomes]) / sum(weights)
    uneven = apart(weights, incomes) / (2 * sum(weights) * total(weights, incomes))
    sens = truth[0] * (short + (1 - short) * uneven)
    agree([sen(x, z, w)], [sens])
    agree(sen_influence(x, z, Parted.of(w), strict=True)[0], [sens])
    thon = truth[1] * (1 + apart(ws, gaps) / (2 * size * total(ws, gaps)))
    agree([sen_shorrocks_thon(x, z, w)], [thon])
    agree(thon_influence(np.array([float(g) for g in gaps]), Parted.of(w))[0], [thon])


@pytest.mark.parametrize("cutoff", ["1/3", "1/2", "1"])
def test_deprivation_scores(cutoff):
    """Thirds and sixths, as the global index has them: who stands on the cut-off is poor."""
    rng = np.random.default_rng(11)
    shares = [Fraction(1, 6)] * 4 + [Fraction(1, 18)] * 6
    g, w = rng.random((10, 2000)) < 0.45, rng.integers(1, 5, 2000)
    g[:, 0] = True
    k = Fraction(cutoff)
    score = [sum(s for s, lacks in zip(shares, row, strict=True) if lacks) for row in g.T]
    poor = [int(c >= k) for c in score]
    head, adjusted = Fraction(int(w @ poor), int(w.sum())), sum(int(v) * c * p for v, c, p in zip(w, score, poor, strict=True))
    adjusted /= int(w.sum())
    found = alkire_foster(g.astype(float), np.array([float(s) for s in shares]), w.astype(float), float(k))
    assert sum(c == k for c in score) > 0
    agree(found, [head, adjusted / head, adjusted])
