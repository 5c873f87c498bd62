"""Scores, weights and their aggregation beside the same formulas in 50 decimal digits or in fractions.

The formulas are written anew from their sources. Figures are taken as the computer holds them, so that all that is compared is
arithmetic. Where nothing else is said, 1e-12 of the value is asked for; entropy weights are asked for to 1e-9.
"""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from exactly import agree, decimals

import evalkit as ek
from evalkit.indicators.aggregation.grey import grey_coefficients
from evalkit.indicators.aggregation.means import power_mean, weighted_mean
from evalkit.indicators.aggregation.penalty import penalized_mean
from evalkit.indicators.aggregation.topsis import closeness
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.indicators.normalization.ranks import hazen, unit_rank
from evalkit.indicators.obstacle import obstacle_degree
from evalkit.indicators.weighting.combined import game_coefficients, geometric_combination, multiplicative_combination
from evalkit.indicators.weighting.critic import critic_weights
from evalkit.indicators.weighting.entropy import entropy_weights
from evalkit.indicators.weighting.moments import moments
from evalkit.indicators.weighting.priorities import (
    by_column_mean,
    by_eigenvector,
    by_geometric_mean,
    consistency_index,
    geometric_consistency,
)
from evalkit.indicators.weighting.spread import spread_weights, variation_weights
from evalkit.stats.arrays import Columns
from evalkit.stats.ranks import spearman


def mean(x):
    return sum(x) / len(x)


def comoment(x, y):
    a, b = mean(x), mean(y)
    return sum((v - a) * (w - b) for v, w in zip(x, y, strict=True)) / len(x)


def shared(values):
    total = sum(values)
    return [v / total for v in values]


def figures(variation, rows=3000, seed=0):
    """Four columns of positive figures on scales from 1e−6 to 1e9, all with about that coefficient of variation."""
    rng = np.random.default_rng(seed)
    around = 1 + variation * np.clip(rng.normal(size=(rows, 4)), -3, 3)
    around[:, 1] = (around[:, 0] + around[:, 1]) / 2
    return np.maximum(around, 1e-3) * [1e-6, 1.0, 37.5, 1e9]


def scored(rows=300, columns=5, seed=1):
    """Scores in [0, 1], some of them at either end."""
    z = np.random.default_rng(seed).beta(0.8, 1.2, (rows, columns))
    z[3, 1], z[4, :2], z[5] = 0.0, 1.0, 0.5
    return z


def entropies(columns):
    """1 − e of each column, e = −Σ p ln p / ln m."""
    out = []
    for x in columns:
        p = shared(x)
        out.append(1 + sum(v * v.ln() for v in p if v) / Decimal(len(x)).ln())
    return out


@pytest.mark.parametrize("variation", [0.005, 0.1, 1.0])
def test_entropy_weights(variation):
    x = figures(variation)
    agree(entropy_weights(x), shared(entropies([decimals(column) for column in x.T])), rtol=1e-9)


def test_entropy_weights_of_scores_with_zeros():
    z = scored()
    agree(entropy_weights(z), shared(entropies([decimals(column) for column in z.T])))


@pytest.mark.parametrize("variation", [0.005, 0.1, 1.0])
def test_critic_and_spread(variation):
    x = figures(variation)
    columns = [decimals(column) for column in x.T]
    s = [comoment(c, c).sqrt() for c in columns]
    r = [[comoment(a, b) / (s[i] * s[j]) for j, b in enumerate(columns)] for i, a in enumerate(columns)]
    agree(critic_weights(x), shared([s[i] * sum(1 - v for v in row) for i, row in enumerate(r)]))
    agree(spread_weights(x), shared(s))
    agree(variation_weights(x), shared([v / mean(c) for v, c in zip(s, columns, strict=True)]))
    found = moments(Normalized.of(x.T.copy()))
    agree(found.covariance, [comoment(a, b) for a in columns for b in columns], rtol=1e-11)
    agree(found.spread / found.mean, [v / mean(c) for v, c in zip(s, columns, strict=True)])


NORMALIZED = {
    "min-max": (ek.MinMax(), lambda x: [(v - min(x)) / (max(x) - min(x)) for v in x]),
    "z": (ek.ZScore(), lambda x: [(v - mean(x)) / comoment(x, x).sqrt() for v in x]),
    "vector": (ek.Vector(), lambda x: [v / sum(w * w for w in x).sqrt() for v in x]),
    "sum": (ek.Sum(), lambda x: [v / sum(x) for v in x]),
    "logarithm": (ek.Logarithm(), lambda x: [(v.ln() - min(x).ln()) / (max(x).ln() - min(x).ln()) for v in x]),
    "centered": (ek.Centered(), lambda x: [(v - mean(x)) / (max(x) - min(x)) + Decimal("0.5") for v in x]),
    "target": (
        ek.DistanceToTarget(targets={"x": 2e9}, beyond="keep"),
        lambda x: [(v - min(x)) / (Decimal(2_000_000_000) - min(x)) for v in x],
    ),
}


@pytest.mark.parametrize("name", NORMALIZED)
@pytest.mark.parametrize("way", ["benefit", "cost"])
def test_normalizations(name, way):
    """A cost is scored the other way round: 1 − z of what lies in [0, 1], and the lowest as a benefit's highest."""
    spec, formula = NORMALIZED[name]
    if name == "target" and way == "cost":
        spec, formula = (
            ek.DistanceToTarget(targets={"x": 1e8}, beyond="keep"),
            lambda x: [(max(x) - v) / (max(x) - Decimal(100_000_000)) for v in x],
        )
    x = figures(0.1, rows=400)[:, 3]
    indicator = ek.Indicator(id="x", name=ek.Text("", ""), direction=ek.Direction(way))
    columns = Columns([x])
    found = Normalized(columns, spec.learn(columns, [indicator]), spec.clips).whole()[0]
    truth = formula(decimals(x))
    if way == "cost" and name != "target":
        truth = [-v if name == "z" else 1 - v for v in truth]
    agree(found, truth, atol=2e-14)  # a difference of figures near an anchor keeps the bits that the anchor has


def test_ranks_as_scores():
    agree(unit_rank(np.array([1.0, 2.5, 7.0]), 7), [Fraction(0), Fraction(3, 12), Fraction(1)])
    agree(hazen(np.array([1.0, 2.5, 7.0]), 7), [Fraction(1, 14), Fraction(2, 7), Fraction(13, 14)])


def test_means_of_scores():
    z, w = scored(), np.array([0.1, 0.15, 0.2, 0.25, 0.3])
    rows, weights = [decimals(row) for row in z], decimals(w)
    agree(weighted_mean(z, w), [sum(a * b for a, b in zip(row, weights, strict=True)) for row in rows])

    def powered(row, power):
        if power == 0:
            return sum(w * v.ln() for w, v in zip(weights, row, strict=True)).exp() if all(row) else Decimal(0)
        if power < 0 and not all(row):
            return Decimal(0)
        return sum(w * v**power for w, v in zip(weights, row, strict=True)) ** (1 / Decimal(power))

    for power in (0, -1, 2, 0.5):
        agree(power_mean(z.T, w, power), [powered(row, Decimal(power)) for row in rows])

    def penalized(row):
        level = [70 + 60 * v for v in row]
        m = sum(w * v for w, v in zip(weights, level, strict=True)) / sum(weights)
        variance = sum(w * (v - m) ** 2 for w, v in zip(weights, level, strict=True)) / sum(weights)
        return (m - variance / m - 70) / 60

    agree(penalized_mean(z.T, w), [penalized(row) for row in rows])


def test_topsis_and_grey_grades():
    z, w = scored(), np.array([0.1, 0.15, 0.2, 0.25, 0.3])
    rows, weights = [decimals(row) for row in z], decimals(w)
    low, high = z.min(axis=0), z.max(axis=0)
    worst, best = decimals(low), decimals(high)

    def away(row, ideal):
        return sum((w * (v - i)) ** 2 for w, v, i in zip(weights, row, ideal, strict=True)).sqrt()

    agree(closeness(z.T, w, low, high), [away(row, worst) / (away(row, worst) + away(row, best)) for row in rows])
    widest = max(b - a for a, b in zip(worst, best, strict=True))
    half = widest / 2
    grades = [sum(w * half / (b - v + half) for w, v, b in zip(weights, row, best, strict=True)) for row in rows]
    agree(w @ grey_coefficients(z.T, high, float(widest), 0.5), grades)


def test_obstacle_degrees():
    z, w = scored(), np.array([0.1, 0.15, 0.2, 0.25, 0.3])
    weights = decimals(w)
    truth = [v for row in z for v in shared([b * (1 - a) for a, b in zip(decimals(row), weights, strict=True)])]
    agree(obstacle_degree(z, w), truth)


JUDGED = [[1, 3, 5, 9, 2], [0, 1, 2, 4, 1], [0, 0, 1, 3, 1], [0, 0, 0, 1, 0.25], [0, 0, 0, 0, 1]]


def judgments():
    a = np.array(JUDGED, dtype=float)
    return np.where(a > 0, a, np.divide(1.0, a.T, out=np.ones_like(a), where=a.T > 0))


def test_priorities_of_pairwise_judgments():
    """The eigenvector by powers of the matrix, in 50 digits."""
    a = judgments()
    rows, n = [decimals(row) for row in a], len(a)
    w = [Decimal(1) / n] * n
    for _ in range(200):
        w = shared([sum(v * x for v, x in zip(row, w, strict=True)) for row in rows])
    agree(by_eigenvector(a), w)
    largest = sum(v * x for v, x in zip(rows[0], w, strict=True)) / w[0]
    agree([consistency_index(a)], [(largest - n) / (n - 1)], rtol=1e-12)
    means = shared([sum(v.ln() for v in row).__truediv__(n).exp() for row in rows])
    agree(by_geometric_mean(a), means)
    total = [sum(row[j] for row in rows) for j in range(n)]
    agree(by_column_mean(a), [mean([v / t for v, t in zip(row, total, strict=True)]) for row in rows])
    misfits = [(rows[i][j] * means[j] / means[i]).ln() ** 2 for i in range(n) for j in range(i + 1, n)]
    agree([geometric_consistency(a)], [2 * sum(misfits) / ((n - 1) * (n - 2))])


def test_combinations_of_weights():
    w = np.random.default_rng(3).dirichlet(np.ones(6), size=2)
    one, two = (decimals(row) for row in w)
    agree(multiplicative_combination(w), shared([a * b for a, b in zip(one, two, strict=True)]))
    agree(geometric_combination(w, np.array([0.5, 0.5])), shared([(a * b).sqrt() for a, b in zip(one, two, strict=True)]))
    aa, ab, bb = (sum(u * v for u, v in zip(p, q, strict=True)) for p, q in ((one, one), (one, two), (two, two)))
    truth = [(aa * bb - ab * bb) / (aa * bb - ab * ab), (aa * bb - ab * aa) / (aa * bb - ab * ab)]
    agree(game_coefficients(w)[0], truth, rtol=1e-12 * game_coefficients(w)[1])


def test_spearman_is_a_fraction():
    """Mid-ranks are halves: the correlation is a fraction under one root."""
    rng = np.random.default_rng(4)
    a, b = rng.integers(0, 40, 300).astype(float), rng.integers(0, 40, 300).astype(float)

    def mid(x):
        return [Fraction(int((x < v).sum()) * 2 + int((x == v).sum()) + 1, 2) for v in x]

    p, q = mid(a), mid(b)
    p, q = [v - Fraction(301, 2) for v in p], [v - Fraction(301, 2) for v in q]
    above = sum(u * v for u, v in zip(p, q, strict=True))
    below = sum(u * u for u in p) * sum(v * v for v in q)
    truth = Decimal(above.numerator) / above.denominator / (Decimal(below.numerator) / below.denominator).sqrt()
    agree([spearman(a, b)], [truth])
