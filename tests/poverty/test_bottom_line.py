"""The bottom line: exact and design-based bounds, verdicts, clusters and sample sizes."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, hypergeom

from evalkit.errors import DataError, NoAnswer, SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.poverty.returns.bottom_line import VERDICTS, BottomLine, verdicts
from evalkit.poverty.returns.clusters import ReturnClusters
from evalkit.poverty.returns.counts import seen_counts
from evalkit.poverty.returns.sample_size import SampleToRuleOut, homes_to_ask, homes_to_ask_of, rate_ruled_out
from evalkit.stats.exact import binomial_upper
from evalkit.stats.multiplicity import holm


def homes(**counties: tuple[int, int]) -> pd.DataFrame:
    """Homes of counties, given as (returns, homes)."""
    parts = [pd.DataFrame({"county": name, "back": np.arange(n) < x}) for name, (x, n) in counties.items()]
    return pd.concat(parts, ignore_index=True)


def test_none_of_300_bounds_a_rate_at_about_one_per_cent():
    """Hanley & Lippman-Hand (1983): 3/300 = 1.0 %, and with it 1 % is ruled out at 95 %, one-sided."""
    found = BottomLine(returned="back", threshold=0.01).measure(homes(a=(0, 300)))
    row = found.frame.iloc[0]
    assert row["upper"] == pytest.approx(1 - 0.05 ** (1 / 300), rel=1e-12)
    assert (round(row["upper"], 4), row["verdict"]) == (0.0099, "ruled_out")
    assert BottomLine(returned="back", threshold=0.01).measure(homes(a=(0, 298))).frame["verdict"].tolist() == ["not_ruled_out"]


def test_documentation_of_binom_test():
    """R, ?binom.test: 682 of 925, interval 0.7076683 to 0.7654066."""
    row = BottomLine(returned="back", threshold=0.5).measure(homes(a=(682, 925))).frame.iloc[0]
    assert (round(row["ci_low"], 7), round(row["ci_high"], 7)) == (0.7076683, 0.7654066)
    assert (round(row["estimate"], 7), row["verdict"]) == (0.7372973, "found")


def test_counties_are_told_apart_and_put_together():
    frame = homes(a=(0, 700), b=(3, 100), c=(40, 400), d=(0, 8))
    found = BottomLine(returned="back", threshold=0.02).measure(frame, over="county")
    assert found.frame["verdict"].tolist() == ["ruled_out", "not_ruled_out", "found", "not_ruled_out"]
    assert found.frame["small"].tolist() == [False, True, False, True]
    assert found.overall[["returns", "n"]].values.tolist() == [[43, 1208]]
    assert found.overall["verdict"].tolist() == ["found"]
    assert set(found.frame["verdict"]) <= set(VERDICTS)
    said = " ".join(note.text.en for note in found.notes)
    for words in ("Holm", "4 places", "not for publication: 2", "0.02", "95%"):
        assert words in said
    assert all(note.text.zh for note in found.notes)


def test_multiplicity_makes_it_harder():
    frame = homes(**{f"c{k}": (0, 320) for k in range(20)})
    alone = BottomLine(returned="back", threshold=0.01, adjust="none").measure(frame, over="county").frame
    holms = BottomLine(returned="back", threshold=0.01).measure(frame, over="county").frame
    bonf = BottomLine(returned="back", threshold=0.01, adjust="bonferroni").measure(frame, over="county").frame
    assert set(alone["verdict"]) == {"ruled_out"}
    assert set(holms["verdict"]) == set(bonf["verdict"]) == {"not_ruled_out"}
    assert (alone["p_ruled_out"] <= holms["p_ruled_out"]).all()
    assert (holms["p_ruled_out"] <= bonf["p_ruled_out"]).all()


def test_error_over_all_counties_is_kept():
    """40 counties exactly at the threshold, 2,000 times: in no more than 5 % of them is one ruled out, or found above."""
    rng, threshold = np.random.default_rng(2), 0.03
    n = rng.integers(50, 900, 40)
    wrong = []
    for x in rng.binomial(n, threshold, size=(2000, 40)):
        counts = replace_counts(x, n)
        below, above = counts.tails(threshold, 0.95)
        wrong.append([(verdicts(holm(below), np.ones(40), 0.95) == "ruled_out").any(), (holm(above) <= 0.05).any()])
    assert (np.mean(wrong, axis=0) <= 0.05).all()


def replace_counts(x, n):
    counts = seen_counts(np.array([True]), np.array([0]), 1)
    return replace(counts, returns=x, n=n, rate=x / n, std_error=np.sqrt(x / n * (1 - x / n) / (n - 1)))


@given(st.integers(1, 60), st.data())
def test_verdicts_are_bounds(n, data):
    """Ruled out is where the one-sided bound lies below the threshold, found where the lower one lies above."""
    x, threshold = data.draw(st.integers(0, n)), data.draw(st.floats(0.01, 0.99))
    row = BottomLine(returned="back", threshold=threshold).measure(homes(a=(x, n))).frame.iloc[0]
    if abs(row["upper"] - threshold) > 1e-6 and abs(row["lower"] - threshold) > 1e-6:
        assert (row["verdict"] == "ruled_out") == (row["upper"] < threshold)
        assert (row["verdict"] == "found") == (row["lower"] > threshold)
    assert row["lower"] <= row["estimate"] <= row["upper"]
    assert row["ci_low"] <= row["lower"]
    assert row["upper"] <= row["ci_high"]


# Finite populations


def test_a_census_leaves_no_doubt():
    frame = homes(a=(3, 200), b=(4, 200), c=(5, 200)).assign(homes=200)
    found = BottomLine(returned="back", threshold=0.02, population="homes").measure(frame, over="county")
    assert found.frame["verdict"].tolist() == ["ruled_out", "found", "found"]  # 4 of 200 reach 2 %
    assert found.frame["upper"].tolist() == found.frame["lower"].tolist() == [0.015, 0.02, 0.025]
    assert found.overall["upper"].tolist() == [0.02]
    assert any("All homes were asked" in note.text.en for note in found.notes)


def test_a_finite_population_tells_more():
    frame = homes(a=(0, 140)).assign(homes=200)
    finite = BottomLine(returned="back", threshold=0.02, population="homes").measure(frame).frame.iloc[0]
    endless = BottomLine(returned="back", threshold=0.02).measure(frame).frame.iloc[0]
    assert (endless["verdict"], finite["verdict"]) == ("not_ruled_out", "ruled_out")
    assert finite["p_ruled_out"] == pytest.approx(hypergeom.cdf(0, 200, 4, 140), rel=1e-9)
    assert finite["p_ruled_out"] <= endless["p_ruled_out"] == pytest.approx(binom.cdf(0, 140, 0.02))


def test_unequal_shares_of_counties_are_weighted():
    frame = pd.concat([homes(a=(10, 100)).assign(homes=100), homes(b=(0, 100)).assign(homes=900)], ignore_index=True)
    found = BottomLine(returned="back", threshold=0.05, population="homes").measure(frame, over="county")
    assert found.overall["estimate"].tolist() == [pytest.approx(0.01)]
    assert found.overall["n_effective"].iloc[0] < 200


def test_a_population_that_is_none_is_refused():
    ask = BottomLine(returned="back", threshold=0.02, population="homes")
    for wrong in (5.0, 150.5):
        with pytest.raises(DataError, match="homes of a place"):
            ask.measure(homes(a=(0, 100)).assign(homes=wrong))
    with pytest.raises(DataError, match="homes of a place"):
        ask.measure(homes(a=(0, 100)).assign(homes=np.arange(100) + 200))


# Samples by design


def village_sample(rng, villages=40, size=12, rate=0.05, spread=0.0):
    """Homes of villages whose chances differ (beta, with intraclass correlation `spread`)."""
    chance = np.full(villages, rate)
    if spread:
        strength = 1 / spread - 1
        chance = rng.beta(rate * strength, (1 - rate) * strength, villages)
    frame = pd.DataFrame({"village": np.repeat(np.arange(villages), size)})
    return frame.assign(back=rng.random(len(frame)) < np.repeat(chance, size))


@pytest.mark.parametrize(("villages", "spread", "least"), [(40, 0.05, 0.94), (100, 0.15, 0.94), (40, 0.15, 0.9)])
def test_design_bounds_cover_and_plain_ones_do_not(villages, spread, least):
    """500 samples of villages: the bound by design covers, the plain one falls short where villages differ much.

    Of 40 villages that differ much it covers 92 to 93 % instead of 95: few of them have returns, and the answer says so.
    """
    rng, design, plain = np.random.default_rng(7), [], []
    by_village = BottomLine(returned="back", threshold=0.1, design=SurveyDesign(clusters="village"))
    for _ in range(500):
        frame = village_sample(rng, villages, spread=spread)
        design.append(by_village.measure(frame).overall["upper"].iloc[0] >= 0.05)
        plain.append(binomial_upper(np.array([float(frame["back"].sum())]), np.array([12.0 * villages]))[0] >= 0.05)
    assert np.mean(design) >= least
    assert spread < 0.15 or np.mean(plain) < 0.90
    few = village_sample(rng, 40, spread=spread)
    assert any("told poorly" in note.text.en for note in by_village.measure(few).notes)


def test_a_sample_without_returns_counts_villages():
    """None of 480 homes in 40 villages: 480 homes rule out 0.62 %, 40 villages 7.2 %; a stated effect of 2 1.24 %."""
    frame = village_sample(np.random.default_rng(0)).assign(back=False)
    ask = BottomLine(returned="back", threshold=0.02, design=SurveyDesign(clusters="village"))
    found = ask.measure(frame)
    assert found.overall["n_effective"].iloc[0] == pytest.approx(40)
    assert found.overall["verdict"].tolist() == ["not_ruled_out"]
    assert any("each cluster counts as one home" in note.text.en for note in found.notes)
    stated = BottomLine(returned="back", threshold=0.02, design=SurveyDesign(clusters="village"), design_effect=2.0)
    assert stated.measure(frame).overall["upper"].iloc[0] == pytest.approx(1 - 0.05 ** (1 / 240))


def test_counties_without_returns_borrow_the_design_effect():
    rng = np.random.default_rng(3)
    frame = village_sample(rng, villages=60, rate=0.1, spread=0.2).assign(county=lambda f: np.where(f["village"] < 20, "a", "b"))
    frame.loc[frame["county"] == "a", "back"] = False
    ask = BottomLine(returned="back", threshold=0.02, design=SurveyDesign(clusters="village", strata="county"))
    found = ask.measure(frame, over="county")
    effect = found.overall["n"].iloc[0] / found.overall["n_effective"].iloc[0]
    assert effect > 1
    share = found.frame.set_index("county")
    assert 20 < share.loc["a", "n_effective"] < 240
    assert share.loc["a", "estimate"] == 0
    assert share.loc["a", "upper"] > 1 - 0.05 ** (1 / 240)


def test_weights_of_one_are_no_weights():
    frame = homes(a=(6, 200), b=(9, 150)).assign(w=2.5)
    by_weight = BottomLine(returned="back", threshold=0.02, design=SurveyDesign(weights="w")).measure(frame, over="county").frame
    plain = BottomLine(returned="back", threshold=0.02).measure(frame, over="county").frame
    np.testing.assert_allclose(by_weight["estimate"], plain["estimate"], rtol=1e-12)
    np.testing.assert_allclose(by_weight["std_error"], plain["std_error"], rtol=0.01)
    np.testing.assert_allclose(by_weight["n_effective"], plain["n"], rtol=0.01)


# Sample sizes


def test_documentation_of_rsurveillance():
    """R package RSurveillance, ?n.hypergeo, N = 100 … 10,000, prevalence 1 %: 95 156 226 259 296 by an approximation.

    The exact sizes are at most two below; 80 homes of which 1, 2, 5, 10: 76 63 37 21 there.
    """
    N = np.array([100, 200, 500, 1000, 10_000])
    exact = homes_to_ask_of(N, 0.01, np.zeros(5, dtype=int))
    assert ((np.array([95, 156, 226, 259, 296]) - exact >= 0) & (np.array([95, 156, 226, 259, 296]) - exact <= 2)).all()
    few = np.array([homes_to_ask_of(np.array([80]), d / 80, np.array([0]))[0] for d in (1, 2, 5, 10)])
    assert (np.abs(few - [76, 63, 37, 21]) <= 2).all()
    for size, population, cases in zip(exact, N, np.ceil(0.01 * N).astype(int), strict=True):
        assert hypergeom.cdf(0, population, cases, size) <= 0.05 + 1e-12
        assert hypergeom.cdf(0, population, cases, size - 1) > 0.05


def test_success_run_sizes():
    """Zero-failure plans n = ln(1 − C)/ln(R): 299 for 1 %, 149 for 2 %, 59 for 5 %, 29 for 10 %, 14 for 20 % at 95 %."""
    assert [int(homes_to_ask(p, np.array([0]))[0]) for p in (0.01, 0.02, 0.05, 0.1, 0.2)] == [299, 149, 59, 29, 14]
    assert homes_to_ask(0.05, np.arange(4)).tolist() == [59, 93, 124, 153]  # 95/95 plans with 0 … 3 failures


@given(st.floats(0.002, 0.3), st.integers(0, 12), st.sampled_from([0.9, 0.95, 0.99]))
def test_a_size_is_enough_and_one_less_is_not(rate, failures, level):
    n = int(homes_to_ask(rate, np.array([failures]), level)[0])
    assert binom.cdf(failures, n, rate) <= (1 - level) * (1 + 1e-6)
    assert binom.cdf(failures, n - 1, rate) > (1 - level) * (1 - 1e-6)
    assert rate_ruled_out(np.array([float(n)]), np.array([failures]), level)[0] <= rate * (1 + 1e-6)


def test_sizes_of_counties():
    population = pd.Series({"a": 100, "b": 1000, "c": 3}, name="homes").rename_axis("county")
    found = SampleToRuleOut(rate=0.01, failures=(0, 1), design_effect=1.5, true_rate=0.002).measure(population)
    rows = found.frame.set_index(["county", "failures"])
    assert rows.loc[("b", 0), "n"] == 387  # 258 × 1.5
    assert rows.loc[("a", 0), "n"] == 100  # not more than there are
    assert pd.isna(rows.loc[("a", 1), "n"])  # one return of 100 is 1 % itself
    assert rows.loc[("b", 0), "chance"] == pytest.approx(hypergeom.cdf(0, 1000, 2, 258))
    assert any("not even a census" in note.text.en for note in found.notes)
    large = SampleToRuleOut(rate=0.01, true_rate=0.001).measure().frame
    assert large["n"].tolist() == [299, 473, 628, 773]
    np.testing.assert_allclose(large["chance"], binom.cdf([0, 1, 2, 3], large["n"], 0.001), rtol=1e-9)


# Clusters


def test_a_planted_cluster_is_found_and_no_other():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"village": np.repeat(np.arange(200), 60)})
    frame["county"] = frame["village"] // 50
    frame["back"] = rng.random(len(frame)) < 0.01
    frame.loc[frame["village"] == 77, "back"] = np.arange(60) < 9
    for adjust in ("holm", "bonferroni", "min_p"):
        found = ReturnClusters(returned="back", village="village", within="county", adjust=adjust).measure(frame).frame
        assert found.loc[found["cluster"], "village"].tolist() == [77]
    row = found.iloc[0]
    fallen = int(frame.loc[frame["county"] == 1, "back"].sum())
    assert row["p_value"] == pytest.approx(hypergeom.sf(8, 3000, fallen, 60), rel=1e-9)
    assert row["expected"] == pytest.approx(fallen / 50)
    own = frame.assign(p=np.where(frame["village"] == 77, 0.15, 0.01))
    calm = ReturnClusters(returned="back", village="village", within="county", expected="p").measure(own).frame
    assert not calm["cluster"].any()  # no more than the homes' own risk explains


@pytest.mark.parametrize("adjust", ["holm", "min_p"])
def test_chance_alone_makes_no_clusters(adjust):
    """300 draws of returns at random over unequal villages: in at most 5 % (7.5 % with what 300 draws tell) is one found."""
    rng, found = np.random.default_rng(8), []
    village = np.repeat(np.arange(60), rng.integers(5, 60, 60))
    frame = pd.DataFrame({"village": village, "county": village // 20})
    ask = ReturnClusters(returned="back", village="village", within="county", adjust=adjust, draws=199)
    for k in range(300):
        at_random = frame.assign(back=rng.random(len(frame)) < 0.03)
        found.append(replace(ask, seed=k).measure(at_random).frame["cluster"].any())
    assert np.mean(found) <= 0.075


def test_clusters_do_not_depend_on_the_order_of_rows():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"village": rng.integers(0, 12, 400), "back": rng.random(400) < 0.1})
    ask = ReturnClusters(returned="back", village="village", adjust="min_p")
    one, other = ask.measure(frame).frame, ask.measure(frame.sample(frac=1, random_state=1)).frame
    pd.testing.assert_frame_equal(one, other)


# What cannot be asked


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: BottomLine(returned="back", threshold=1.0), "threshold"),
        (lambda: BottomLine(returned="back", threshold="1%"), "threshold"),
        (lambda: BottomLine(returned=["back"], threshold=0.1), "name of a column"),
        (lambda: BottomLine(returned="back", threshold=0.1, adjust="fdr"), "not a choice"),
        (lambda: BottomLine(returned="back", threshold=0.1, design="w"), "SurveyDesign"),
        (lambda: BottomLine(returned="back", threshold=0.1, design_effect=0), "positive"),
        (lambda: BottomLine(returned="back", threshold=0.1, population="N", design=SurveyDesign(weights="w")), "one by one"),
        (lambda: ReturnClusters(returned="back", village="n"), "cannot be called"),
        (lambda: ReturnClusters(returned="back", village="v", adjust="min_p", expected="p"), "alike"),
        (lambda: ReturnClusters(returned="back", village="v", draws=5), "99"),
        (lambda: SampleToRuleOut(rate=0.01, failures=[0]), "tuple"),
        (lambda: SampleToRuleOut(rate=0.01, failures=(-1,)), "failures"),
        (lambda: SampleToRuleOut(rate=0.01, design_effect=0.5), "below 1"),
        (lambda: SampleToRuleOut(rate=0.01, true_rate=0.02), "below the rate"),
    ],
)
def test_specs_check_themselves(ask, said):
    with pytest.raises(SpecError, match=said):
        ask()


@pytest.mark.parametrize(
    ("frame", "error", "said"),
    [
        ([1, 2], SpecError, "DataFrame"),
        (pd.Series([0, 1]), SpecError, "DataFrame"),
        (pd.DataFrame({"back": [], "v": []}), DataError, "no rows"),
        (pd.DataFrame({"back": [0.0, np.nan], "v": [1, 2]}), DataError, "gaps"),
        (pd.DataFrame({"back": [0, 2], "v": [1, 2]}), DataError, "yes"),
        (pd.DataFrame({"back": ["no", "yes"], "v": [1, 2]}), DataError, "yes"),
        (pd.DataFrame({"bac": [0, 1], "v": [1, 2]}), DataError, "did you mean 'bac'"),
        (pd.DataFrame({"back": [0, 1], "v": [1.0, np.nan]}), DataError, "gaps"),
    ],
)
def test_data_that_cannot_answer_is_refused(frame, error, said):
    with pytest.raises(error, match=said):
        BottomLine(returned="back", threshold=0.1).measure(frame, over="v")
    with pytest.raises(error, match=said):
        ReturnClusters(returned="back", village="v").measure(frame)


def test_one_row_and_one_village():
    row = BottomLine(returned="back", threshold=0.1).measure(pd.DataFrame({"back": [0]})).frame.iloc[0]
    assert (row["upper"], row["verdict"]) == (pytest.approx(0.95), "not_ruled_out")
    with pytest.raises(NoAnswer, match="single village"):
        ReturnClusters(returned="back", village="v").measure(pd.DataFrame({"back": [0, 1], "v": [1, 1]}))
    for wrong in (pd.Series([10.5]), pd.Series([np.nan]), pd.Series(["many"]), pd.Series([], dtype=int)):
        with pytest.raises(DataError, match=r"^population (must hold whole numbers of homes|holds no place)"):
            SampleToRuleOut(rate=0.1).measure(wrong)
    with pytest.raises(SpecError, match="Series"):
        SampleToRuleOut(rate=0.1).measure([100])


def test_return_after_just_leaving_in_the_household_survey_of_argentina(real_data):
    """EPH pairs, poor a quarter before and not now: .337 of 3,654 are poor a year later, person-weighted, by agglomerations."""
    path = Path(os.environ["EVALKIT_DATA"]) / "real" / "eph_household_pairs_2009_2015.csv.gz"
    pairs = pd.read_csv(path, usecols=["pw", "poor", "poor_l1", "y", "AGLOMERADO"])
    left = pairs[(pairs["poor_l1"] == 1) & (pairs["poor"] == 0)]
    design = SurveyDesign(weights="pw", clusters="AGLOMERADO")
    row = BottomLine(returned="y", threshold=0.25, design=design).measure(left).overall.iloc[0]
    assert (row["n"], round(row["estimate"], 3), row["verdict"]) == (3654, 0.337, "found")
    assert row["n_effective"] < 3654
