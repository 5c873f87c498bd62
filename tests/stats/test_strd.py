"""NIST Statistical Reference Datasets: certified values, reached to the digits that the arithmetic of 64 bits allows.

Source: NIST/ITL, Statistical Reference Datasets, https://www.itl.nist.gov/div898/strd/ (a work of the United States government,
in the public domain); the figures are in `strd/`. Accuracy is counted as LRE = −log₁₀ of the relative error: digits that agree.
What is asked for is what QR on scaled columns with one refinement reached on the same sets, or more.
"""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from evalkit.stats.arrays import pieces
from evalkit.stats.least_squares import least_squares
from evalkit.stats.moments import comoments

HERE = Path(__file__).parent / "strd"

# Name, degree, certified coefficients, certified standard errors, digits asked of both.
REGRESSIONS = {
    "Norris": (
        ["-0.262323073774029", "1.00211681802045"],
        ["0.232818234301152", "0.429796848199937E-03"],
        (13.5, 13.5),
    ),
    "Pontius": (
        ["0.673565789473684E-03", "0.732059160401003E-06", "-0.316081871345029E-14"],
        ["0.107938612033077E-03", "0.157817399981659E-09", "0.486652849992036E-16"],
        (12.7, 12.8),
    ),
    "Filip": (
        [
            "-1467.48961422980",
            "-2772.17959193342",
            "-2316.37108160893",
            "-1127.97394098372",
            "-354.478233703349",
            "-75.1242017393757",
            "-10.8753180355343",
            "-1.06221498588947",
            "-0.670191154593408E-01",
            "-0.246781078275479E-02",
            "-0.402962525080404E-04",
        ],
        [
            "298.084530995537",
            "559.779865474950",
            "466.477572127796",
            "227.204274477751",
            "71.6478660875927",
            "15.2897178747400",
            "2.23691159816033",
            "0.221624321934227",
            "0.142363763154724E-01",
            "0.535617408889821E-03",
            "0.896632837373868E-05",
        ],
        (7.4, 7.6),
    ),
    "NoInt1": (["2.07438016528926"], ["0.165289256198347E-01"], (14.5, 14.5)),
    "NoInt2": (["0.727272727272727"], ["0.420827318078432E-01"], (14.5, 14.5)),
    "Wampler3": (
        ["1"] * 6,
        ["2152.32624678170", "2363.55173469681", "779.343524331583", "101.475507550350", "5.64566512170752", "0.112324854679312"],
        (13.0, 13.6),
    ),
    "Wampler4": (
        ["1"] * 6,
        ["215232.624678170", "236355.173469681", "77934.3524331583", "10147.5507550350", "564.566512170752", "11.2324854679312"],
        (11.0, 13.6),
    ),
    "Wampler5": (
        ["1"] * 6,
        ["21523262.4678170", "23635517.3469681", "7793435.24331583", "1014755.07550350", "56456.6512170752", "1123.24854679312"],
        (9.5, 13.6),
    ),
}
# Name: certified mean and standard deviation, digits asked of both. Of the last two the figures themselves lose digits in binary.
# PiDigits is left out: its certified sum, 22674, is not that of the first 5000 digits of π, 22679, so they cannot be made anew.
UNIVARIATE = {
    "Lew": ("-177.435", "277.332168044316", 14.5),
    "Lottery": ("518.958715596330", "291.699727470969", 14.5),
    "Mavro": ("2.001856", "0.000429123454003053", 12.5),
    "Michelso": ("299.8524", "0.0790105478190518", 13.5),
    "NumAcc1": ("10000002", "1", 14.5),
    "NumAcc2": ("1.2", "0.1", 14.5),
    "NumAcc3": ("1000000.2", "0.1", 9.0),
    "NumAcc4": ("10000000.2", "0.1", 8.0),
}
# Name: certified F, digits asked.
VARIANCE = {
    "SiRstv": ("1.18046237440255", 12.5),
    "AtmWtAg": ("15.9467335677930", 9.5),
    **{f"SmLs0{k}": (F, digits) for k, F, digits in ((1, "21", 13.5), (2, "201", 13.5), (3, "2001", 13.0))},
    **{f"SmLs0{k}": (F, digits) for k, F, digits in ((4, "21", 10.0), (5, "201", 10.0), (6, "2001", 10.0))},
    **{f"SmLs0{k}": (F, digits) for k, F, digits in ((7, "21", 4.0), (8, "201", 4.0), (9, "2001", 4.0))},
}


def words(name):
    return [line.split() for line in (HERE / f"{name}.txt").read_text(encoding="ascii").splitlines()]


def certain(values):
    return np.array([float(v) for v in values])


def digits(found, certified):
    """The least LRE; at most 15."""
    wrong = np.abs(np.asarray(found) - certified) / np.abs(certified)
    return float(-np.log10(np.maximum(wrong, 1e-15)).min())


def powers(x, degree):
    """Powers of figures as their text says them, each rounded once."""
    return np.array([[float(Fraction(v) ** k) for k in range(degree + 1)] for v in x])


def design(name):
    if name.startswith("NoInt"):
        x, y = (range(60, 71), range(130, 141)) if name == "NoInt1" else ((4, 5, 6), (3, 4, 4))
        return np.array(x, dtype=float)[:, None], np.array(y, dtype=float)
    if name.startswith("Wampler"):
        return powers(range(21), 5), certain(words("Wampler")[int(name[-1]) - 3])
    y, x = zip(*words(name), strict=True)
    return powers(x, len(REGRESSIONS[name][0]) - 1), certain(y)


@pytest.mark.parametrize("name", REGRESSIONS)
def test_regressions(name):
    coefficients, errors, asked = REGRESSIONS[name]
    X, y = design(name)
    found = least_squares(X, y, np.ones(len(y)))
    variance = found.residuals @ found.residuals / (len(y) - X.shape[1])
    assert digits(found.coefficients, certain(coefficients)) >= asked[0]
    assert digits(np.sqrt(variance * np.diag(found.inverse)), certain(errors)) >= asked[1]


@pytest.mark.parametrize("base", [Fraction(1), Fraction(1, 10)])
def test_polynomials_without_error(base):
    """Wampler1 and Wampler2: their residuals are nothing, so no standard error is compared."""
    y = np.array([float(sum(base**k * x**k for k in range(6))) for x in range(21)])
    found = least_squares(powers(range(21), 5), y, np.ones(21))
    assert digits(found.coefficients, certain(base**k for k in range(6))) >= 13.0
    assert np.abs(found.residuals).max() <= 1e-14 * y.max()


def series(name):
    made = {
        "NumAcc1": lambda: [10000001, 10000003, 10000002],
        "NumAcc2": lambda: ["1.2", *["1.1", "1.3"] * 500],
        "NumAcc3": lambda: ["1000000.2", *["1000000.1", "1000000.3"] * 500],
        "NumAcc4": lambda: ["10000000.2", *["10000000.1", "10000000.3"] * 500],
    }
    return certain(made[name]() if name in made else [word for line in words(name) for word in line])


@pytest.mark.parametrize("name", UNIVARIATE)
def test_means_and_standard_deviations(name):
    mean, deviation, asked = UNIVARIATE[name]
    y = series(name)
    found, covariance = comoments(y[None, rows].copy() for rows in pieces(len(y), 300))
    assert digits(found[0], float(mean)) >= 14.5
    assert digits(np.sqrt(covariance[0, 0] * len(y) / (len(y) - 1)), float(deviation)) >= asked
    assert digits(y.std(ddof=1), float(deviation)) >= asked


def cells(name):
    """Treatment and response; those of SmLs are made by the rule of their authors: a mean, then pairs a tenth below and above."""
    if not name.startswith("SmLs"):
        group, y = zip(*words(name), strict=True)
        return np.array(group, dtype=int), certain(y)
    k = int(name[-1]) - 1
    base, pairs = Decimal([1, 10**6, 10**12][k // 3]), [10, 100, 1000][k % 3]
    tenths = [[m, *[m - 1, m + 1] * pairs] for m in (4, 3, 5, 3, 5, 3, 5, 3, 5)]
    return np.repeat(np.arange(9), 2 * pairs + 1), certain(base + Decimal(t) / 10 for row in tenths for t in row)


@pytest.mark.parametrize("name", VARIANCE)
def test_analysis_of_variance(name):
    """Regression on treatments, the first of them left out: F of what it takes from the sum of squares about the mean."""
    certified, asked = VARIANCE[name]
    group, y = cells(name)
    levels = np.unique(group)
    X = np.column_stack([np.ones(len(y)), *[group == level for level in levels[1:]]]).astype(float)
    found = least_squares(X, y, np.ones(len(y)))
    k = len(levels) - 1
    total = comoments([y[None].copy()])[1][0, 0] * len(y)
    within = found.residuals @ found.residuals
    assert digits((total - within) / k / (within / (len(y) - k - 1)), float(certified)) >= asked
