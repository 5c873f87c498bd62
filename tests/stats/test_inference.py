"""Inference from samples: printed examples of Stata and R, identities, and coverage by simulation."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evalkit.errors import DataError
from evalkit.panel.design import SurveyDesign
from evalkit.stats.inference import plain_interval, ratio_influence, share_interval, total_covariance


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


@pytest.mark.parametrize(("single", "by_hand"), [("certainty", 4), ("adjust", 4 + (5 - 3) ** 2), ("average", 2 * 4)])
def test_a_stratum_of_one_cluster(single, by_hand):
    """Totals 1 and 3 in one stratum, with variance 2 (1 + 1) = 4; 5 alone in another; the mean of all clusters is 3."""
    scores, strata, clusters = np.array([[1.0, 3.0, 5.0]]), np.array([0, 0, 1]), np.arange(3)
    assert total_covariance(scores, strata, clusters, single=single)[0, 0] == pytest.approx(by_hand)
    with pytest.raises(DataError, match="single cluster"):
        total_covariance(scores, strata, clusters)


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
