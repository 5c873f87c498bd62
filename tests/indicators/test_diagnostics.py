"""Diagnostics: published adequacy of known matrices, flags by their limits, and refusals that name the indicator."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import evalkit as ek
from evalkit.indicators.adequacy import (
    bartlett_sphericity,
    component_variances,
    cronbach_alpha,
    entangled,
    kaiser_meyer_olkin,
)
from evalkit.indicators.diagnostics import Diagnostics
from evalkit.stats.correlation import kendall, pearson, spearman_matrix, weighted_kendall

THURSTONE = """
.828
.776 .779
.439 .493 .460
.432 .464 .425 .674
.447 .489 .443 .590 .541
.447 .432 .401 .381 .402 .288
.541 .537 .534 .350 .367 .320 .555
.380 .358 .359 .424 .446 .325 .598 .452
"""  # SAS/STAT User's Guide, CALIS example 27.30: Thurstone's nine variables as McDonald (1985, pp. 57, 105) reports them

ARRESTS = """
13.2 236 58 21.2; 10 263 48 44.5; 8.1 294 80 31; 8.8 190 50 19.5; 9 276 91 40.6; 7.9 204 78 38.7; 3.3 110 77 11.1;
5.9 238 72 15.8; 15.4 335 80 31.9; 17.4 211 60 25.8; 5.3 46 83 20.2; 2.6 120 54 14.2; 10.4 249 83 24; 7.2 113 65 21;
2.2 56 57 11.3; 6 115 66 18; 9.7 109 52 16.3; 15.4 249 66 22.2; 2.1 83 51 7.8; 11.3 300 67 27.8; 4.4 149 85 16.3;
12.1 255 74 35.1; 2.7 72 66 14.9; 16.1 259 44 17.1; 9 178 70 28.2; 6 109 53 16.4; 4.3 102 62 16.5; 12.2 252 81 46;
2.1 57 56 9.5; 7.4 159 89 18.8; 11.4 285 70 32.1; 11.1 254 86 26.1; 13 337 45 16.1; 0.8 45 44 7.3; 7.3 120 75 21.4;
6.6 151 68 20; 4.9 159 67 29.3; 6.3 106 72 14.9; 3.4 174 87 8.3; 14.4 279 48 22.5; 3.8 86 45 12.8; 13.2 188 59 26.9;
12.7 201 80 25.5; 3.2 120 80 22.9; 2.2 48 32 11.2; 8.5 156 63 20.7; 4 145 73 26.2; 5.7 81 39 9.3; 2.6 53 66 10.8; 6.8 161 60 15.6
"""  # R's data set USArrests (McNeil 1977, World Almanac 1975): 50 states, 4 rates

ITEMS = [
    [3, 2, 2, 4, 1, 4, 5, 1, 4, 3],
    [5, 5, 4, 6, 3, 5, 1, 2, 5, 5],
    [7, 5, 3, 5, 5, 6, 4, 3, 3, 6],
    [2, 3, 4, 3, 3, 2, 2, 2, 6, 6],
    [6, 5, 5, 6, 5, 4, 4, 4, 6, 7],
    [1, 2, 2, 3, 4, 2, 5, 2, 3, 5],
    [4, 3, 3, 5, 3, 5, 2, 1, 2, 4],
    [2, 5, 4, 4, 3, 7, 2, 2, 4, 6],
    [6, 2, 5, 5, 5, 1, 6, 5, 2, 3],
    [5, 2, 4, 6, 4, 3, 5, 3, 1, 7],
    [4, 1, 3, 5, 2, 5, 3, 2, 3, 4],
    [4, 4, 2, 3, 2, 5, 3, 4, 2, 3],
    [5, 5, 5, 6, 2, 3, 3, 2, 4, 4],
    [6, 5, 5, 5, 4, 2, 2, 1, 4, 6],
    [4, 4, 3, 5, 5, 3, 1, 3, 2, 3],
]  # pingouin's data set "cronbach_alpha" (real-statistics.com): 15 subjects, 10 items on a scale from 1 to 7

columns = st.integers(6, 20).flatmap(lambda m: arrays(float, (4, m), elements=st.floats(0, 1).map(lambda x: round(x, 3))))


def thurstone():
    r = np.eye(9)
    for i, line in enumerate(THURSTONE.split("\n")[1:-1], 1):
        r[i, :i] = r[:i, i] = [float(x) for x in line.split()]
    return r


def arrests():
    return np.array([row.split() for row in ARRESTS.split(";")], dtype=float).T


def test_kmo_of_thurstone_is_that_of_psych():
    """R's psych prints for KMO(Thurstone): overall MSA 0.88, and these nine, to two decimals."""
    overall, each = kaiser_meyer_olkin(thurstone())
    assert round(overall, 2) == 0.88
    assert each.round(2).tolist() == [0.86, 0.86, 0.90, 0.86, 0.88, 0.92, 0.85, 0.93, 0.87]


def test_kmo_bartlett_and_components_of_usarrests_are_those_of_r():
    """psych::KMO and cortest.bartlett print 0.65 (.62 .64 .50 .78), χ² 88.28815, p 6.868423e-17, df 6.

    prcomp(USArrests, scale = TRUE) prints variances 2.4802416 0.9897652 0.3565632 0.1734301 (James et al., An Introduction to
    Statistical Learning, section 12.5).
    """
    r = pearson(arrests())
    overall, each = kaiser_meyer_olkin(r)
    assert round(overall, 2) == 0.65
    assert each.round(2).tolist() == [0.62, 0.64, 0.50, 0.78]
    chi_square, df, p = bartlett_sphericity(r, 50)
    assert (round(chi_square, 5), df) == (88.28815, 6)
    np.testing.assert_allclose(p, 6.868423e-17, rtol=1e-6)
    np.testing.assert_allclose(component_variances(r), [2.4802416, 0.9897652, 0.3565632, 0.1734301], atol=5.001e-8)


def test_cronbach_alpha_is_that_of_pingouin():
    """pingouin's documentation gives 0.5917188485995826 for its data set, and says that R's psych agrees."""
    np.testing.assert_allclose(cronbach_alpha(np.cov(np.array(ITEMS, dtype=float).T)), 0.5917188485995826, rtol=1e-14)


def test_kendall_and_weighted_kendall_are_those_of_the_scipy_manual():
    a, b = np.array([12.0, 2, 1, 12, 2]), np.array([1.0, 4, 7, 1, 0])
    np.testing.assert_allclose(kendall(a, b), -0.47140452079103173, rtol=1e-14)
    np.testing.assert_allclose(weighted_kendall(a, b), -0.56694968153682723, rtol=1e-14)


@pytest.mark.parametrize("n", [3, 5, 8])
def test_adequacy_of_equally_correlated_indicators_is_known(n):
    """With r throughout, standardized α is n r / (1 + (n − 1) r), the first component holds (1 + (n − 1) r) / n, and all
    partial correlations are r / (1 + (n − 2) r).
    """
    r = 0.4
    matrix = np.full((n, n), r) + (1 - r) * np.eye(n)
    partial = r / (1 + (n - 2) * r)
    np.testing.assert_allclose(cronbach_alpha(matrix), n * r / (1 + (n - 1) * r))
    np.testing.assert_allclose(component_variances(matrix)[0], 1 + (n - 1) * r)
    overall, each = kaiser_meyer_olkin(matrix)
    np.testing.assert_allclose([overall, *each], r**2 / (r**2 + partial**2))


@given(columns)
def test_correlations_are_those_of_pandas_and_deaf_to_order(x):
    if np.ptp(x, axis=1).min() < 0.01:
        return
    table = pd.DataFrame(x.T)
    np.testing.assert_allclose(pearson(x), table.corr(), atol=1e-9)
    np.testing.assert_allclose(spearman_matrix(x), table.corr("spearman"), atol=1e-9)
    np.testing.assert_allclose(pearson(x[::-1]), pearson(x)[::-1, ::-1], atol=1e-12)
    np.testing.assert_allclose(pearson(x[:, ::-1]), pearson(x), atol=1e-12)


@given(columns, st.floats(0.1, 10), st.floats(-3, 3))
def test_adequacy_lies_in_its_bounds_and_knows_no_unit(x, factor, shift):
    if np.ptp(x, axis=1).min() < 0.01 or len(entangled(pearson(x))):
        return
    r, moved = pearson(x), pearson(factor * x + shift)
    overall, each = kaiser_meyer_olkin(r)
    assert 0 <= each.min() <= overall <= each.max() <= 1
    assert cronbach_alpha(r) <= 1 + 1e-12
    assert bartlett_sphericity(r, x.shape[1])[0] >= -1e-9 or x.shape[1] < 1 + (2 * 4 + 5) / 6
    np.testing.assert_allclose(component_variances(r).sum(), 4)
    np.testing.assert_allclose(moved, r, atol=1e-8)


@pytest.fixture(scope="module")
def scores(counties, systems):
    return ek.CompositeIndex(system=systems["consolidation"]).fit(counties, on=slice(2016, 2020)).score(counties)


def test_diagnosis_of_a_panel_holds_together(scores):
    found = Diagnostics().measure(scores, on=2024)
    z = scores.normalized.xs(2024, level="period")
    np.testing.assert_allclose(found.correlations, z.corr(), atol=1e-12)
    index = scores.series.xs(2024, level="period")
    np.testing.assert_allclose(found.frame["with_index"], z.corrwith(index), atol=1e-12)
    whole = found.adequacy.loc[scores.system.id]
    assert whole["indicators"] == len(z.columns)
    assert found.adequacy["kmo"].notna().tolist() == (found.adequacy["indicators"] > 2).tolist()
    assert found.adequacy["alpha"].notna().tolist() == (found.adequacy["indicators"] > 1).tolist()
    np.testing.assert_allclose(found.components.loc[scores.system.id, "cumulative"].iloc[-1], 1)
    assert [note.kind for note in found.notes] == ["choice", "left_out", "left_out"]


def test_pooling_the_years_is_a_caution(scores):
    assert Diagnostics().measure(scores).notes[0].kind == "caution"


def made(make_panel, make_system, seed=0, **columns):
    rng = np.random.default_rng(seed)
    base = rng.uniform(size=(3, 400))
    values = {"a": base[0], "b": base[1], "c": base[2]} | {name: f(*base) for name, f in columns.items()}
    panel = make_panel(values, units=[f"u{i:03d}" for i in range(400)], years=(2020,))
    system = make_system(one={"a": "benefit", "b": "benefit", **dict.fromkeys(columns, "benefit")}, two={"c": "benefit"})
    return ek.CompositeIndex(system=system).fit(panel).score(panel)


def test_flags_stand_for_what_they_say(make_panel, make_system):
    scored = made(make_panel, make_system, twin=lambda a, b, c: a + 0.05 * b, foe=lambda a, b, c: 0.3 * c - b)
    found = Diagnostics().measure(scored)
    assert found.frame.index[found.frame["redundant"]].tolist() == ["a", "b", "twin", "foe"]
    assert found.frame.index[found.frame["opposed"]].tolist() == ["b", "foe"]
    first = found.pairs.iloc[0]
    assert {first["first"], first["second"]} == {"a", "twin"}
    assert found.frame.loc["a", "nearest"] == "twin"
    assert found.frame["weak"].tolist() == (found.frame[["with_dimension", "with_index"]].min(axis=1) < 0.3).tolist()


def test_a_singular_matrix_leaves_kmo_out_and_names_the_indicators(make_panel, make_system):
    found = Diagnostics().measure(made(make_panel, make_system, sum=lambda a, b, c: a + b))
    assert found.adequacy["kmo"].isna().all()
    assert found.adequacy["alpha"].notna().tolist() == [True, False, True]
    caution = [note.text.en for note in found.notes if note.kind == "caution"]
    assert len(caution) == 2
    assert "a; b; sum" in caution[0]


def test_indicators_that_do_not_vary_are_refused_by_name(make_panel, make_system, scores):
    varied = make_panel({"x": range(24), "y": [*range(12), *range(12)]}, units=[f"u{i}" for i in range(8)])
    still = make_panel({"x": range(24), "y": [5] * 24}, units=[f"u{i}" for i in range(8)])
    fitted = ek.CompositeIndex(system=make_system(d={"x": "benefit", "y": "benefit"})).fit(varied)
    with pytest.raises(ek.NoAnswer, match=r"\[y\] do not over 2019, 2020, 2021"):
        Diagnostics().measure(fitted.score(still))
    with pytest.raises(ek.DataError, match="does not cover"):
        Diagnostics().measure(scores, on=1990)


def test_one_indicator_or_few_rows_are_refused(make_panel, make_system):
    panel = make_panel({"x": range(9), "y": [1, 5, 2, 8, 3, 9, 4, 7, 6]})
    alone = ek.CompositeIndex(system=make_system(d={"x": "benefit"})).fit(panel).score(panel)
    both = ek.CompositeIndex(system=make_system(d={"x": "benefit", "y": "cost"})).fit(panel).score(panel)
    with pytest.raises(ek.NoAnswer, match="one indicator alone"):
        Diagnostics().measure(alone)
    with pytest.raises(ek.NoAnswer, match="at least 8 unit-years; found 3"):
        Diagnostics().measure(both, on=2019)


@pytest.mark.parametrize("options", [{"correlation": "kendall"}, {"weak": 0.95}, {"redundant": 1.2}, {"opposed": -2}])
def test_wrong_options_are_refused(options):
    with pytest.raises(ek.SpecError):
        Diagnostics(**options)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_diagnosis_is_printed_drawn_and_told(scores, lang):
    found = Diagnostics(redundant=0.6, weak=0.5).measure(scores, on=2024)
    key = scores.system.id
    for kind in (None, f"adequacy_{key}", f"pairs_{key}", f"correlations_{key}"):
        assert len(ek.table(found, kind, lang=lang)) > 0
    assert ek.figure(found, lang=lang).axes
    said = ek.prose(found, lang=lang)
    assert "KMO" in said
    assert "{" not in said
