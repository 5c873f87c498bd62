"""Drift: the index beside what chance makes of it, calibration over time, and a verdict by stated rules."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import DataError, EvalkitError, NoAnswer, SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.risk.drift.drift import RULES, VERDICTS, Drift, DriftRules
from evalkit.risk.drift.period_rates import calibration_of
from evalkit.stats.logistic import expit, logit
from evalkit.stats.stability import cells, independent_draws, mass_edges, stability_index, stability_test

COUNTS = st.lists(st.integers(1, 500), min_size=2, max_size=12)


def test_psi_example_of_kascore():
    # R package KAscore, reference of psi(): set.seed(123), samples of 1000 and 200 prints 0.3404592; these are its counts
    before, after = np.array([248.0, 247.0, 260.0, 245.0]), np.array([13.0, 43.0, 63.0, 81.0])
    assert round(stability_index(before / 1000, after / 200), 7) == 0.3404592
    assert round(stability_test(before, after, (1000.0, 200.0)).psi, 7) == 0.3404592


def test_without_drift_the_index_is_what_chance_makes_of_it():
    # Yurdakul (2018): mean (k − 1)(1/n + 1/m), and χ² with k − 1 degrees of freedom
    rng, p = np.random.default_rng(0), np.full(10, 0.1)
    pairs = zip(rng.multinomial(4_000, p, 2_000), rng.multinomial(1_500, p, 2_000), strict=True)
    found = [stability_test(a.astype(float), b.astype(float), (4_000.0, 1_500.0)) for a, b in pairs]
    assert found[0].expected == pytest.approx(9 * (1 / 4_000 + 1 / 1_500))
    assert np.mean([one.psi for one in found]) == pytest.approx(found[0].expected, rel=0.03)
    p_values = np.array([one.p for one in found])
    for level in (0.01, 0.05, 0.5):
        assert np.mean(p_values <= level) == pytest.approx(level, abs=3 * np.sqrt(level * (1 - level) / 2_000) + 0.005)


@given(COUNTS, st.floats(0.1, 50), st.randoms())
def test_the_index_is_symmetric_never_negative_and_knows_no_order_or_scale(counts, scale, shuffle):
    before, after = np.array(counts, dtype=float), np.array(counts[::-1], dtype=float)
    p, q = before / before.sum(), after / after.sum()
    assert stability_index(p, q) == pytest.approx(stability_index(q, p), abs=1e-15)
    assert stability_index(p, q) >= 0
    assert stability_index(p, p) == 0
    one = stability_test(before, after, (100.0, 50.0))
    order = list(range(len(counts)))
    shuffle.shuffle(order)
    other = stability_test(scale * before[order], after[order], (100.0, 50.0))
    assert other == pytest.approx(one, rel=1e-9, abs=1e-12)


@given(COUNTS, COUNTS)
def test_cells_put_together_never_raise_the_index(counts, others):
    size = min(len(counts), len(others))
    p, q = np.array(counts[:size], dtype=float), np.array(others[:size], dtype=float)
    p, q = p / p.sum(), q / q.sum()
    joined = [np.append(x[2:], x[:2].sum()) for x in (p, q)]
    assert stability_index(*joined) <= stability_index(p, q) + 1e-12


def test_empty_cells():
    gone = stability_test(np.array([50.0, 50.0, 0.0]), np.array([50.0, 50.0, 0.0]), (100.0, 100.0))
    assert (gone.psi, gone.df, gone.p) == (0, 1, 1)
    new = stability_test(np.array([50.0, 50.0, 0.0]), np.array([40.0, 40.0, 20.0]), (100.0, 100.0))
    assert np.isfinite(new.psi)
    assert new.p < 1e-4
    assert stability_test(np.array([9.0]), np.array([3.0]), (9.0, 3.0)).p == 1


@given(st.lists(st.floats(-5, 5), min_size=3, max_size=60), st.integers(2, 10))
@settings(max_examples=50)
def test_bins_hold_every_value_once(values, bins):
    x = np.array(values)
    edges = mass_edges(x, np.ones(len(x)), bins)
    at = cells(x, edges)
    assert len(edges) < max(bins, 2)
    assert len(np.unique(at)) == len(edges) + 1
    order = np.argsort(x, kind="stable")
    assert (np.diff(at[order]) >= 0).all()


def test_bins_are_of_like_weight():
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=10_000), rng.uniform(0.5, 2, 10_000)
    held = np.bincount(cells(x, mass_edges(x, w, 10)), weights=w)
    assert held / held.sum() == pytest.approx(np.full(10, 0.1), abs=5e-4)


def test_clusters_count_for_what_they_are_worth():
    rng = np.random.default_rng(0)
    p = np.array([0.25, 0.75])
    assert independent_draws(p, p * (1 - p) / 400, 400) == pytest.approx(400)
    # homes of a village that are all alike: worth as many draws as villages
    village = np.repeat(np.arange(50), 20)
    risk = np.repeat(rng.uniform(size=50), 20)
    frame = pd.DataFrame(
        {"period": np.tile([1, 2], 1_000).repeat(1), "risk": np.repeat(risk, 2), "village": np.repeat(village, 2)}
    )
    found = Drift(risk="risk", bins=5, design=SurveyDesign(clusters="village")).measure(frame)
    assert found.frame["worth_before"].iloc[0] == pytest.approx(49, abs=0.5)
    plain = Drift(risk="risk", bins=5).measure(frame)
    assert plain.frame["worth_before"].iloc[0] == 1_000


def test_clustered_samples_without_drift_are_not_taken_for_drift():
    false = {True: 0, False: 0}
    for seed in range(40):
        rng = np.random.default_rng(seed)
        village = np.repeat(np.arange(120), 15)
        risk = expit(-2 + rng.normal(0, 1, 120)[village] + rng.normal(0, 0.5, 1_800))
        frame = pd.DataFrame({"period": (village >= 60).astype(int), "risk": risk, "village": village})
        for clustered in false:
            design = SurveyDesign(clusters="village") if clustered else SurveyDesign()
            false[clustered] += bool(Drift(risk="risk", bins=5, design=design).measure(frame).frame["beyond_chance"].iloc[0])
    assert false[True] <= 6
    assert false[False] >= 25


@pytest.mark.parametrize("clustered", [False, True])
def test_calibration_line_is_that_of_statsmodels(clustered):
    sm = pytest.importorskip("statsmodels.api")
    rng = np.random.default_rng(3)
    risk = rng.beta(2, 6, 900)
    outcome = (rng.uniform(size=900) < expit(0.3 + 0.8 * logit(risk))).astype(float)
    frame = pd.DataFrame({"village": np.repeat(np.arange(60), 15), "w": 1.0})
    drawn = SurveyDesign(clusters="village" if clustered else None).on(frame)
    found = {name: rest for name, *rest in calibration_of(risk, outcome, drawn, 0.95)}
    how = {"cov_type": "HC0"}
    if clustered:
        how = {"cov_type": "cluster", "cov_kwds": {"groups": frame["village"], "use_correction": False}}
    units = 60 if clustered else 900
    both = sm.GLM(outcome, sm.add_constant(logit(risk)), family=sm.families.Binomial()).fit(**how)
    level = sm.GLM(outcome, np.ones(900), offset=logit(risk), family=sm.families.Binomial()).fit(**how)
    for name, peer in (("slope", both), ("intercept", level)):
        assert found[name][0] == pytest.approx(peer.params[-1], abs=1e-7)
        assert found[name][1] == pytest.approx(peer.bse[-1] * np.sqrt(units / (units - 1)), rel=1e-6)
    assert found["ratio"][0] == pytest.approx(outcome.sum() / risk.sum())


def homes(periods=(2020, 2021, 2022), n=4_000, seed=0, shift=0.0, slope=1.0, level=0.0, line=1.0):
    """Households of three periods; the last differs by what is asked."""
    rng = np.random.default_rng(seed)
    parts = []
    for period in periods:
        last = period == periods[-1]
        x = rng.normal(shift * last, 1, n)
        risk = expit(-2 + x)
        true = expit((level + slope * logit(risk)) if last else logit(risk))
        one = pd.DataFrame({"period": period, "risk": risk, "x": x, "word": rng.choice(["a", "b"], n)})
        one["fell"] = (rng.uniform(size=n) < true).astype(float)
        one["line"], one["prices"] = 6_000 * 1.02 ** (period - 2020) * (line if last else 1), 1.02 ** (period - 2020)
        parts.append(one)
    return pd.concat(parts, ignore_index=True)


SPEC = Drift(risk="risk", features=("x", "word"), outcome="fell", line="line", deflator="prices")


def test_nothing_moved():
    found = SPEC.measure(homes())
    assert found.verdict == "keep"
    assert set(found.rules["met"]) == {"no"}
    assert list(found.rules["rule"]) == list(RULES)
    assert found.frame[["column", "period"]].drop_duplicates().shape[0] == len(found.frame) == 6
    rates = found.rates.set_index(["measure", "period"])
    assert rates.loc[("line", None), "estimate"] == pytest.approx(6_000)
    assert rates.loc[("line_change", 2022), "estimate"] == pytest.approx(0, abs=1e-12)
    slope = rates.loc[("slope", 2022)]
    assert slope["ci_low"] < 1 < slope["ci_high"]
    assert rates.loc[("observed", 2021), "n"] == 4_000


@pytest.mark.parametrize(
    ("how", "verdict", "rule"),
    [
        ({"slope": 0.4}, "refit", "slope_lost"),
        ({"shift": 0.8}, "refit", "risk_shifted_much"),
        ({"level": 0.4}, "recalibrate", "level_off"),
        ({"slope": 0.88}, "recalibrate", "slope_off"),
        ({"shift": 0.4}, "recalibrate", "risk_shifted"),
        ({"line": 1.08}, "recalibrate", "line_moved"),
    ],
)
def test_what_moved_is_found(how, verdict, rule):
    found = SPEC.measure(homes(n=12_000, **how))
    assert found.verdict == verdict
    assert found.rules.set_index("rule").loc[rule, "met"] == "yes"
    assert found.verdict in VERDICTS


def test_a_feature_that_moved_is_named():
    frame = homes()
    frame.loc[frame["period"] == 2022, "word"] = "b"
    frame.loc[(frame["period"] == 2021) & (np.arange(len(frame)) % 3 == 0), "x"] = np.nan
    found = SPEC.measure(frame)
    moved = found.frame[found.frame["beyond_chance"]]
    assert moved[["column", "period", "size"]].values.tolist() == [["x", 2021, "large"], ["word", 2022, "large"]]
    assert found.rules.set_index("rule").loc["feature_shifted", "met"] == "yes"
    assert found.verdict == "recalibrate"


def test_outcomes_that_are_not_known_yet():
    frame = homes(slope=0.4)
    frame.loc[frame["period"] == 2022, "fell"] = np.nan
    found = SPEC.measure(frame)
    rules = found.rules.set_index("rule")
    assert rules.loc["slope_lost", "period"] == 2021
    assert found.verdict == "keep"
    assert any(note.kind == "left_out" and "4,000" in note.text.en for note in found.notes)
    alone = Drift(risk="risk").measure(frame)
    assert alone.rules.set_index("rule").loc["slope_lost", "met"] == "unknown"
    assert any(note.kind == "caution" for note in alone.notes)


def test_the_reference_is_yours_to_name():
    frame = homes().set_index("period", append=True)
    found = Drift(risk="risk", reference=(2020, 2021)).measure(frame)
    assert found.frame[["period", "n"]].values.tolist() == [[2022, 4_000]]
    assert found.frame["worth_before"].iloc[0] == 8_000
    assert Drift(risk="risk", rules=DriftRules(some=0.0001, much=0.0002)).measure(homes()).verdict == "keep"  # by chance alone


def test_weights_of_all_rows_alike_change_nothing():
    frame = homes(shift=0.3).assign(w=7.0)
    one, other = (
        SPEC.measure(frame),
        Drift(**{**{n: getattr(SPEC, n) for n in SPEC.__slots__}, "design": SurveyDesign(weights="w")}),
    )
    weighted = other.measure(frame)
    assert weighted.frame["psi"].to_numpy() == pytest.approx(one.frame["psi"].to_numpy(), rel=1e-9)
    assert weighted.frame["worth_after"].to_numpy() == pytest.approx(one.frame["worth_after"].to_numpy() - 1, abs=0.1)
    assert weighted.rates["estimate"].to_numpy() == pytest.approx(one.rates["estimate"].to_numpy(), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    "make",
    [
        lambda f: Drift(risk=""),
        lambda f: Drift(risk=3),
        lambda f: Drift(risk="risk", features=("x", "x")),
        lambda f: Drift(risk="risk", features=7),
        lambda f: Drift(risk="risk", deflator="prices"),
        lambda f: Drift(risk="risk", reference=2020),
        lambda f: Drift(risk="risk", bins=1),
        lambda f: Drift(risk="risk", level=95),
        lambda f: Drift(risk="risk", rules="strict"),
        lambda f: Drift(risk="risk", design="simple"),
        lambda f: DriftRules(some=0.3),
        lambda f: DriftRules(slope=1.2),
        lambda f: SPEC.measure("frame"),
        lambda f: SPEC.measure(f["risk"]),
        lambda f: SPEC.measure(f.head(0)),
        lambda f: SPEC.measure(f.drop(columns="x")),
        lambda f: SPEC.measure(f.assign(risk=f["risk"] * 3)),
        lambda f: SPEC.measure(f.assign(risk="high")),
        lambda f: SPEC.measure(f.assign(risk=np.nan)),
        lambda f: SPEC.measure(f.assign(fell=2.0)),
        lambda f: SPEC.measure(f.assign(fell="yes")),
        lambda f: SPEC.measure(f.assign(x=np.inf)),
        lambda f: SPEC.measure(f.assign(line=-1.0)),
        lambda f: SPEC.measure(f.assign(period=2020)),
        lambda f: SPEC.measure(f.assign(period=np.nan)),
        lambda f: Drift(risk="risk", reference=(1999,)).measure(f),
        lambda f: SPEC.measure(pd.concat([f, f[["x"]]], axis=1)),
    ],
)
def test_what_makes_no_sense_is_refused(make):
    with pytest.raises(EvalkitError) as said:
        make(homes(n=50))
    assert isinstance(said.value, SpecError | DataError | NoAnswer)
    assert len(str(said.value)) > 25


def test_risks_of_nothing_where_something_happened_are_not_kept():
    found = Drift(risk="risk", outcome="fell").measure(homes(n=200).assign(risk=0.0))
    assert found.verdict == "recalibrate"
    assert found.rules.set_index("rule").loc["level_off", "found"] == np.inf


def test_columns_of_any_kind_are_cells():
    frame = homes(n=300)
    frame["kind"], frame["yes"] = pd.Categorical(frame["word"]), frame["x"] > 0
    frame["count"], frame["gone"] = pd.array(np.arange(len(frame)) % 3, dtype="Int64"), np.nan
    frame.loc[frame["period"] == 2021, "count"] = pd.NA
    found = Drift(risk="risk", features=("kind", "yes", "count", "gone")).measure(frame).frame.set_index(["column", "period"])
    assert found.loc[("gone", 2022), "df"] == 0
    assert found.loc[("count", 2021), "beyond_chance"]
    assert not found.loc[("count", 2022), "beyond_chance"]


def test_households_of_argentina_between_calibration_and_test(real_data):
    """Reference: the null expectation of these samples is .0010 (all pairs of homes not poor, imputed ones too)."""
    kept = ["q", "AGLOMERADO", "pw", "lr", "n", "emp", "y", "poor"]
    pairs = pd.read_csv(real_data / "real" / "eph_household_pairs_2009_2015.csv.gz", usecols=kept)
    pairs = pairs[pairs["poor"] == 0]
    calibrated, tested = pairs["q"].between(8047, 8049), pairs["q"].between(8054, 8057)
    frame = pd.concat([pairs[calibrated].assign(period=1), pairs[tested].assign(period=2)], ignore_index=True)
    frame["risk"] = expit(-1.9 - 1.6 * frame["lr"])
    assert tested.sum() == 21_207
    plain = Drift(risk="risk", features=("lr", "n", "emp"), outcome="y").measure(frame)
    assert round(plain.frame["expected"].iloc[0], 3) == 0.001
    assert plain.frame["size"].iloc[0] == "small"
    # clusters are few and unlike: shares of cells are worth far fewer draws than rows, and nothing moved beyond chance
    clustered = Drift(risk="risk", features=("lr", "n", "emp"), design=SurveyDesign(weights="pw", clusters="AGLOMERADO"))
    found = clustered.measure(frame)
    assert found.frame["worth_after"].iloc[0] < 3_000
    assert found.verdict == "keep"


def test_one_row_a_period_gives_no_intervals_and_no_alarm():
    frame = pd.DataFrame({"period": [1, 2], "risk": [0.2, 0.9], "fell": [0.0, 1.0]})
    found = Drift(risk="risk", outcome="fell").measure(frame)
    assert found.rates["ci_low"].isna().all()
    assert not found.frame["beyond_chance"].any()
    same = Drift(risk="risk").measure(pd.DataFrame({"period": [1, 1, 2, 2], "risk": 0.5}))
    assert same.frame[["psi", "df", "p"]].values.tolist() == [[0.0, 0, 1.0]]
