"""Published tables, recomputed at their printed precision; each test is named after its source.

The tables print their inputs rounded. A printed output is reproduced where some inputs that print alike give a value that
prints alike, rounded or cut (some of these papers cut). The bounds over the rounding box are taken at its corners, and at
the diagonal for C, whose only interior maximum lies there.
"""

import itertools

import numpy as np
import pytest

import evalkit as ek
from evalkit.coupling.static import coordination_degree, development_index
from evalkit.coupling.variants import coupling_degree


def attainable(u, decimals, measure):
    """Least and greatest value of a measure over all inputs that print as `u` (n systems × m rows)."""
    half = 0.5 * 10.0**-decimals
    corners = [measure(np.clip(u + half * np.array(signs)[:, None], 0, 1)) for signs in itertools.product((-1, 1), repeat=len(u))]
    if measure is coupling_degree:
        level = (u.max(axis=0) - u.min(axis=0)) <= 2 * half
        corners.append(np.where(level, 1.0, corners[0]))
    return np.min(corners, axis=0), np.max(corners, axis=0)


def assert_prints(printed, low, high, decimals):
    unit = 10.0**-decimals
    assert np.all(high >= printed - unit / 2 - 1e-12), "too small to print so"
    assert np.all(low <= printed + unit + 1e-12), "too large to print so"


def development(u):
    return development_index(u, np.full(len(u), 1 / len(u)))


def coordination(u):
    return coordination_degree(coupling_degree(u), development(u))


def test_hindawi2969206():
    """Mathematical Problems in Engineering 2022, art. 2969206, Table 4: two systems, equal shares, three decimals."""
    table = ek.datasets.published("hindawi2969206")
    u = table[["U1", "U2"]].to_numpy().T
    for column, measure in (("C", coupling_degree), ("T", development), ("D", coordination)):
        assert_prints(table[column].to_numpy(), *attainable(u, 3, measure), 3)


def test_lanzhou():
    """Li Hongfei et al., ChinaXiv:202208.00078, Tables 4 and 5: the figures use the factor 2 that the printed formula lacks."""
    table = ek.datasets.published("lanzhou")
    u = table[["U1", "U2"]].to_numpy().T
    assert_prints(table["C"].to_numpy(), *attainable(u, 4, coupling_degree), 4)
    assert_prints(table["D"].to_numpy(), *attainable(u, 4, coordination), 4)
    without_factor = coupling_degree(u) / 2
    assert np.all(np.abs(without_factor - table["C"]) > 0.4)


def test_coupling_pkg():
    """R package coupling, vignette ccd: four systems, equal shares, standard variant, seven decimals."""
    table = ek.datasets.published("coupling_pkg")
    u = table[["PS", "EL", "OH", "IL"]].to_numpy().T
    np.testing.assert_allclose(coupling_degree(u), table["C"], atol=1e-7)
    np.testing.assert_allclose(coordination(u), table["D"], atol=1e-7)


@pytest.fixture(scope="module")
def hobq():
    """The whole chain: 18 raw indicators → min–max → given AHP weights → f, g → C (k = 2) → D."""
    raw, indicators = ek.datasets.published("hobq"), ek.datasets.published("hobq_indicators")
    panel = ek.Panel.from_frame(raw.rename_axis("year").reset_index().assign(unit="Hobq"), unit="unit", period="year")
    scores = {}
    for side, rows in indicators.groupby("system"):
        items = tuple(
            ek.Indicator(id=i, name=ek.Text(i, i), direction=ek.Direction(row["direction"]), weight=row["weight"])
            for i, row in rows.iterrows()
        )
        whole = ek.Dimension(id=str(side), name=ek.Text(str(side), str(side)), indicators=items)
        system = ek.IndicatorSystem(id=str(side), name=whole.name, dimensions=(whole,))
        scores[str(side)] = ek.CompositeIndex(system=system, weigh=ek.Given()).fit(panel).score(panel)
    f, g = scores["economy"].series, next(s.series for name, s in scores.items() if name != "economy")
    bond = ek.CouplingCoordination(variant=ek.Power(k=2)).measure(f=f, g=g)
    return bond.frame.droplevel("unit")


def test_hobq(hobq):
    """Wang Rui & Yang Guojing, ChinaXiv:202101.00006: printed f, g, C, D, within 1e-4.

    The AHP weights are printed with four decimals and sum to 1.0001, so the fourth decimal of a result is not determined.
    """
    printed = ek.datasets.published("hobq_results")
    for column in ("f", "g", "C", "D"):
        known = printed[column].dropna()
        np.testing.assert_allclose(hobq.loc[known.index, column], known, atol=1e-4, err_msg=column)


def test_hobq_with_the_standard_variant_is_another_result(hobq):
    printed = ek.datasets.published("hobq_results")["D"].dropna()
    standard = ek.CouplingCoordination().measure(
        **{
            name: hobq[name].rename_axis("period").to_frame().assign(unit="Hobq").set_index("unit", append=True)[name].swaplevel()
            for name in "fg"
        }
    )
    assert (standard.frame["D"].droplevel("unit")[printed.index] - printed).abs().max() > 0.05
