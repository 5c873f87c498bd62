"""Inference from samples: printed examples of Stata and R, identities, and coverage by simulation."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evalkit.errors import DataError, NoAnswer, SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.stats.inference import (
    contrast,
    degrees_of_freedom,
    exact_interval,
    overlap_covariance,
    plain_interval,
    ratio_influence,
    share_interval,
    strata_scales,
    total_covariance,
    unit_covariance,
)


def error(x, design, frame):
    """A weighted mean and its standard error."""
    drawn = design.on(frame)
    mean, influence = ratio_influence(frame[x].to_numpy(float), np.ones(len(frame)), drawn.weights)
    return mean, float(np.sqrt(drawn.covariance(influence[None])[0, 0])), drawn.df


def test_stata_fpc_example():
    """Stata [SVY] manual, data set fpc: svy: mean x, strata, clusters drawn without replacement."""
    frame = pd.DataFrame(
        {
            "stratid": [1, 1, 1, 1, 1, 2, 2, 2],
            "psuid": [1, 2, 3, 4, 5, 1, 2, 3],
            "weight": [3.0] * 5 + [4.0] * 3,
            "Nh": [15] * 5 + [12] * 3,
            "x": [2.8, 4.1, 6.8, 6.8, 9.2, 3.7, 6.6, 4.2],
        }
    )
    design = SurveyDesign(weights="weight", strata="stratid", clusters="psuid", population="Nh")
    mean, se, df = error("x", design, frame)
    assert (round(mean, 6), df) == (5.448148, 6)
    assert round(se, 7) == 0.6160407


def test_levy_lemeshow_page_106():
    """Levy & Lemeshow, Sampling of Populations, as run in Stata 8 by UCLA: six clusters of 54, total 729 (85.94882)."""
    frame = pd.DataFrame({"x": [15, 13, 12, 10, 21, 10], "mean": [5, 4.33, 4, 3.33, 7, 3.33], "w": 9.0, "M": 54})
    design = SurveyDesign(weights="w", population="M")
    drawn = design.on(frame)
    total, se = 9 * frame["x"].sum(), np.sqrt(drawn.covariance(frame["x"].to_numpy(float)[None])[0, 0])
    assert (total, round(se, 5)) == (729, 85.94882)
    low, high = plain_interval(np.array([729.0]), np.array([se]), drawn.df)
    np.testing.assert_allclose([low[0], high[0]], [508.0615, 949.9385], atol=5e-5)
    mean, se, _ = error("mean", design, frame)
    assert (round(mean, 6), round(se, 7)) == (4.498333, 0.5310139)


def test_mpitb_eswatini():
    """R/Stata mpitb, Eswatini MICS 2014: M0 = .09782088 (.005230329), logit interval with t, to seven digits."""
    low, high = share_interval(np.array([0.09782088]), np.array([0.005230329]), df=339)
    assert (round(low[0], 8), round(high[0], 7)) == (0.08800425, 0.1086021)


rows = arrays(float, 12, elements=st.floats(-5, 5))


@given(rows)
def test_one_row_a_cluster_is_the_textbook_formula(x):
    design = SurveyDesign().on(pd.DataFrame({"x": x}))
    _, influence = ratio_influence(x, np.ones(12), design.weights)
    np.testing.assert_allclose(design.covariance(influence[None])[0, 0], x.var(ddof=1) / 12, atol=1e-12)


@given(rows, st.floats(0.1, 10))
def test_a_common_factor_of_the_weights_changes_nothing(x, factor):
    frame = pd.DataFrame({"x": x, "w": np.linspace(1, 2, 12), "village": np.arange(12) // 3})
    design = SurveyDesign(weights="w", clusters="village")
    scaled = frame.assign(w=frame["w"] * factor)
    np.testing.assert_allclose(error("x", design, frame), error("x", design, scaled), atol=1e-10)


@given(rows)
def test_of_clusters_of_one_size_the_jackknife_of_a_mean_is_the_linearized_one(x):
    frame = pd.DataFrame({"x": x, "village": np.arange(12) // 3})
    _, se, _ = error("x", SurveyDesign(clusters="village"), frame)
    left = np.array([x[frame["village"] != v].mean() for v in range(4)])
    np.testing.assert_allclose(se**2, 3 / 4 * ((left - left.mean()) ** 2).sum(), atol=1e-10)


def test_all_clusters_drawn_leave_no_doubt():
    frame = pd.DataFrame({"x": [1.0, 2.0, 4.0], "N": 3})
    assert error("x", SurveyDesign(population="N"), frame)[1] == 0


def test_the_difference_of_two_measures_keeps_their_covariance():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"a": rng.normal(size=60), "village": np.arange(60) // 5})
    frame["b"] = frame["a"] + 0.1 * rng.normal(size=60)
    drawn = SurveyDesign(clusters="village").on(frame)
    influence = np.stack([ratio_influence(frame[x].to_numpy(), np.ones(60), drawn.weights)[1] for x in ("a", "b")])
    both = drawn.covariance(influence)
    apart = drawn.covariance((influence[1] - influence[0])[None])[0, 0]
    np.testing.assert_allclose(both[0, 0] + both[1, 1] - 2 * both[0, 1], apart, atol=1e-14)
    assert apart < 0.2 * both[0, 0]


def test_rows_outside_of_a_domain_keep_their_clusters():
    """A domain mean by zero scores is not that of the rows alone: villages without a row of the domain still count."""
    frame = pd.DataFrame({"y": [1.0, 0, 1, 0, 1, 1], "in": [1.0, 1, 1, 1, 0, 0], "village": [0, 0, 1, 1, 2, 2]})
    drawn = SurveyDesign(clusters="village").on(frame)
    _, influence = ratio_influence((frame["y"] * frame["in"]).to_numpy(), frame["in"].to_numpy(), drawn.weights)
    assert drawn.df == 2
    assert np.all(influence[4:] == 0)


@pytest.mark.parametrize(
    ("single", "by_hand"), [("certainty", 4), ("remove", 4), ("adjust", 4 + (5 - 3) ** 2), ("average", 2 * 4)]
)
def test_a_stratum_of_one_cluster(single, by_hand):
    """Totals 1 and 3 in one stratum, with variance 2 (1 + 1) = 4; 5 alone in another; the mean of all clusters is 3."""
    scores, strata, clusters = np.array([[1.0, 3.0, 5.0]]), np.array([0, 0, 1]), np.arange(3)
    assert total_covariance(scores, strata, clusters, single=single)[0, 0] == pytest.approx(by_hand)
    with pytest.raises(DataError, match="single cluster"):
        total_covariance(scores, strata, clusters)


@pytest.mark.parametrize("single", ["adjusted", "Adjust", "certain", "", "lonely", 1, None, ["adjust"]])
def test_a_word_that_is_no_choice_is_refused(single):
    """A typo once passed for certainty; so do none here, whether or not a stratum is alone."""
    for strata in (np.array([0, 0, 1]), np.array([0, 0, 0])):
        with pytest.raises(SpecError, match="not a choice"):
            total_covariance(np.ones((1, 3)), strata, np.arange(3), single=single)


@pytest.mark.parametrize("single", ["average", "remove"])
def test_lonely_strata_alone_have_no_answer(single):
    with pytest.raises(NoAnswer, match="no stratum holds two clusters"):
        total_covariance(np.ones((1, 2)), np.array([0, 1]), np.arange(2), single=single)
    with pytest.raises(NoAnswer, match="no stratum holds two clusters"):  # one lonely, one drawn whole
        strata_scales(np.array([1, 3]), np.array([0.5, 1.0]), single)


@pytest.mark.parametrize("single", ["fail", "remove", "certainty", "adjust", "average"])
def test_a_stratum_drawn_whole_counts_nothing_even_of_one_cluster(single):
    """Strata of 2 of 4, of 1 of 1 and of 3 of 3 units: the variance is that of the first, (1 − ½) 2/(2 − 1) (1 + 1) = 2."""
    scores, strata = np.array([[1.0, 3.0, 50.0, 7.0, 8.0, 9.0]]), np.array([0, 0, 1, 2, 2, 2])
    found = total_covariance(scores, strata, np.arange(6), np.array([0.5, 1.0, 1.0]), single)
    assert found[0, 0] == pytest.approx(2.0)


def test_average_counts_strata_drawn_whole_as_known():
    """R divides by the strata whose variance is known, those drawn whole among them: 2 × 3/2 of two known and one lonely."""
    strata = strata_scales(np.array([2, 1, 1]), np.array([0.5, 1.0, 0.1]), "average")
    assert strata.blown == pytest.approx(3 / 2)
    assert strata.lonely.tolist() == [False, False, True]


@given(arrays(float, (3, 20), elements=st.floats(-5, 5)), arrays(float, 20, elements=st.floats(0, 5)))
def test_weights_are_multiplied_in_pieces(x, w):
    stratum = np.arange(20) % 3
    np.testing.assert_allclose(unit_covariance(x, stratum, weights=w), unit_covariance(w * x, stratum), atol=1e-10)


def test_many_pieces_are_one_covariance(monkeypatch):
    x, stratum = np.random.default_rng(1).normal(size=(4, 50)), np.arange(50) % 3
    whole = unit_covariance(x, stratum)
    monkeypatch.setattr("evalkit.stats.inference.HELD", 12)
    np.testing.assert_allclose(unit_covariance(x, stratum), whole, rtol=1e-12)


def test_degrees_of_freedom_inside_a_domain():
    """degf(subset(design)) counts the clusters and strata that are left."""
    strata, clusters = np.repeat([0, 1, 2], 4), np.array([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
    assert degrees_of_freedom(strata, clusters) == 3
    assert degrees_of_freedom(strata, clusters, strata < 2) == 2
    assert degrees_of_freedom(strata, clusters, clusters == 5) == 0
    assert degrees_of_freedom(strata, clusters, np.zeros(12, dtype=bool)) == 0


@pytest.mark.parametrize(("hits", "n", "low", "high"), [(682, 925, 0.7076683, 0.7654066), (5, 10, 0.1870860, 0.8129140)])
def test_clopper_pearson_of_r(hits, n, low, high):
    """R's binom.test: its example of Mendel's peas, 682 of 925 after Conover (1971), and 5 of 10."""
    p = np.array([hits / n])
    found = exact_interval(p, np.sqrt(p * (1 - p) / n), n - 1, n)
    np.testing.assert_allclose([side[0] for side in found], [low, high], atol=5e-8)


def test_none_and_all_of_the_sample():
    """None of n: the upper bound is 1 − (α/2)^(1/n); one-sided at 95 % of 300 about 3/300."""
    low, high = exact_interval(np.array([0.0, 1.0]), np.zeros(2), 31, 32)
    np.testing.assert_allclose([low, high], [[0, 0.025 ** (1 / 32)], [1 - 0.025 ** (1 / 32), 1]], rtol=1e-12)
    _, high = exact_interval(np.array([0.0]), np.zeros(1), 299, 300, level=0.9)
    assert high[0] == pytest.approx(0.00994, abs=5e-6)


def test_a_design_effect_widens_the_exact_interval():
    """Twice the error is a quarter of the sample; few degrees of freedom take more; the cap holds n* at n."""
    p, n = np.array([0.1]), 400
    plain = np.sqrt(p * (1 - p) / n)
    quarter = exact_interval(p, 2 * plain, 399, n)
    np.testing.assert_allclose(quarter, exact_interval(p, np.sqrt(p * (1 - p) / 100), 399, n), rtol=1e-12)
    few = exact_interval(p, 2 * plain, 5, n)
    assert few[0] < quarter[0]
    assert few[1] > quarter[1]
    np.testing.assert_allclose(exact_interval(p, plain / 2, 399, n), exact_interval(p, plain, 399, n), rtol=1e-12)
    assert exact_interval(p, plain / 2, 399, n, capped=False)[1] < exact_interval(p, plain, 399, n)[1]


def test_no_degree_of_freedom_is_no_interval():
    p, se, df = np.array([0.2, 0.2, 0.0]), np.array([0.1, 0.1, 0.0]), np.array([5, 0, 0])
    for low, high in (plain_interval(p, se, df), exact_interval(p, se, df, 50)):
        assert np.isnan(low).tolist() == np.isnan(high).tolist() == [False, True, True]
    low, _ = share_interval(p, se, df)
    assert np.isnan(low).tolist() == [False, True, False]


@given(st.floats(0.001, 0.999), st.floats(1e-4, 0.5), st.integers(1, 200))
def test_intervals_of_shares_stay_within_and_mirror(p, se, df):
    for interval in (share_interval, lambda *x: exact_interval(*x, 500)):
        low, high = (side[0] for side in interval(np.array([p]), np.array([se]), df))
        other = interval(np.array([1 - p]), np.array([se]), df)
        assert 0 <= low <= p + 1e-9
        assert p - 1e-9 <= high <= 1
        np.testing.assert_allclose([1 - other[1][0], 1 - other[0][0]], [low, high], atol=1e-7)


def test_exact_intervals_of_rare_shares_cover():
    """A share of 2 % in 40 villages of 15 homes, alike within a village: at least 94 % of 20,000 samples.

    With so few cases in so few villages the error is itself unsure, and coverage stays a little below 95 %.
    """
    rng = np.random.default_rng(6)
    level = rng.beta(0.2, 9.8, (20_000, 40))
    totals = rng.binomial(15, level)
    p = totals.mean(axis=1) / 15
    se = totals.std(axis=1, ddof=1) / 15 / np.sqrt(40)
    seen = p > 0
    low, high = exact_interval(p, se, 39, 600)
    assert ((low <= 0.02) & (high >= 0.02))[seen].mean() >= 0.94


# --- differences ---------------------------------------------------------------------------------------------------------


@given(arrays(float, (2, 30), elements=st.floats(-5, 5)))
def test_a_difference_is_the_total_of_differences(u):
    v = unit_covariance(u, np.arange(30) % 2)
    _, error = contrast(np.zeros(2), v, np.array([[-1.0, 1.0]]))
    np.testing.assert_allclose(error[0] ** 2, unit_covariance((u[1] - u[0])[None], np.arange(30) % 2)[0, 0], atol=1e-9)


def test_a_lost_estimate_spoils_only_its_own_differences():
    v = np.diag([1.0, np.nan, 4.0])
    value, error = contrast(np.array([1.0, np.nan, 3.0]), v, np.array([[-1.0, 0, 1], [-1, 1, 0]]))
    np.testing.assert_allclose(value, [2, np.nan])
    np.testing.assert_allclose(error, [np.sqrt(5), np.nan])


def test_a_negative_variance_is_nan_and_not_zero():
    v = np.array([[1.0, 3.0], [3.0, 1.0]])
    assert np.isnan(contrast(np.zeros(2), v, np.array([[-1.0, 1.0]]))[1][0])
    assert contrast(np.zeros(2), np.ones((2, 2)), np.array([[-1.0, 1.0]]))[1][0] == 0


@given(arrays(float, (2, 12), elements=st.floats(-5, 5)))
def test_units_all_shared_have_the_covariance_of_one_sample(u):
    stratum = np.arange(12) % 3
    np.testing.assert_allclose(overlap_covariance(u[:1], u[1:], stratum), unit_covariance(u, stratum)[:1, 1:], atol=1e-9)


def test_a_stratum_that_shares_one_unit_adds_nothing():
    assert overlap_covariance(np.array([[5.0]]), np.array([[7.0]]), np.zeros(1, dtype=int))[0, 0] == 0


def test_intervals_cover_under_two_stages():
    """95 % intervals of a share and a mean cover 93 to 97 % of 2,000 stratified two-stage samples."""
    rng = np.random.default_rng(11)
    villages, homes, take, per = 4 * 150, 40, 12, 10
    stratum = np.repeat(np.arange(4), 150)
    level = rng.normal(0, 0.4, villages) + 0.3 * stratum
    income = level[:, None] + rng.normal(0, 1, (villages, homes))
    truth = np.array([income.mean(), (income < 0).mean()])
    covered = np.zeros(2)
    for _ in range(2000):
        chosen = np.concatenate([rng.choice(150, take, replace=False) + 150 * h for h in range(4)])
        seen = rng.permuted(income[chosen], axis=1)[:, :per]
        frame = pd.DataFrame({"village": np.repeat(chosen, per), "h": np.repeat(stratum[chosen], per)})
        drawn = SurveyDesign(strata="h", clusters="village").on(frame)
        y = np.stack([seen.ravel(), (seen.ravel() < 0).astype(float)])
        found = [ratio_influence(row, np.ones(len(frame)), drawn.weights) for row in y]
        se = np.sqrt(np.diag(drawn.covariance(np.stack([influence for _, influence in found]))))
        at = np.array([estimate for estimate, _ in found])
        low, high = plain_interval(at[:1], se[:1], drawn.df)
        bottom, top = share_interval(at[1:], se[1:], drawn.df)
        covered += (np.append(low, bottom) <= truth) & (truth <= np.append(high, top))
    assert np.all((covered / 2000 >= 0.93) & (covered / 2000 <= 0.97)), covered / 2000


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"w": [1.0, -1.0, 1.0, 1.0]}, "not be negative"),
        ({"w": [1.0, np.nan, 1.0, 1.0]}, "gaps"),
        ({"N": [1, 1, 1, 1]}, "at least the clusters"),
        ({"N": [9, 8, 9, 9]}, "one number in each stratum"),
    ],
)
def test_designs_that_cannot_be_are_refused(change, said):
    frame = pd.DataFrame({"w": [1.0] * 4, "N": [9] * 4}).assign(**change)
    with pytest.raises(DataError, match=said):
        SurveyDesign(weights="w", population="N").on(frame)
