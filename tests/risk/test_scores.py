"""Scores with errors: coverage of a known truth, pairing, groups, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from evalkit.errors import DataError, EvalkitError, NoAnswer, SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.risk.scoring.bootstrap import ClusterBootstrap
from evalkit.risk.scoring.measures import auc, average_precision, brier, calibration_line, expected_calibration_error, log_loss
from evalkit.risk.scoring.scored import MEASURES, RANKING
from evalkit.risk.scoring.scores import RiskScores
from evalkit.stats.logistic import expit

NONE = ClusterBootstrap(replicates=0)
DESIGN = SurveyDesign(weights="w", clusters="village")


def homes(seed=0, villages=40, size=15, effect=0.5):
    """Households in villages, with a risk that knows the truth and one that knows half of it."""
    rng = np.random.default_rng(seed)
    village = np.repeat(np.arange(villages), size)
    x, z = rng.normal(size=(2, len(village)))
    logits = -1.5 + x + z + effect * rng.normal(size=villages)[village]
    return pd.DataFrame(
        {
            "y": (rng.random(len(village)) < expit(logits)).astype(int),
            "good": expit(-1.5 + x + z),
            "half": expit(-1.3 + x),
            "w": rng.uniform(0.5, 3, len(village)),
            "village": village,
            "county": np.where(village < villages // 2, "a", "b"),
        }
    )


def test_the_answer_holds_the_formulas():
    frame = homes()
    found = RiskScores(outcome="y", risks="half", design=DESIGN, bootstrap=NONE).measure(frame).frame
    p, y, w = (frame[c].to_numpy(float) for c in ("half", "y", "w"))
    base = np.average(y, weights=w)
    level, slope = calibration_line(p, y, w)
    expected = {
        "auc": auc(p, y, w),
        "average_precision": average_precision(p, y, w),
        "brier": brier(p, y, w),
        "brier_skill": 1 - brier(p, y, w) / (base * (1 - base)),
        "log_loss": log_loss(p, y, w),
        "intercept": level,
        "slope": slope,
        "ece": expected_calibration_error(p, y, w),
    }
    assert found["measure"].tolist() == list(MEASURES)
    np.testing.assert_allclose(found["estimate"], list(expected.values()), atol=1e-10)
    assert found[["std_error", "ci_low", "ci_high"]].isna().all(axis=None)


def test_each_resample_is_the_measure_of_the_resampled_rows():
    """A resample that counts villages m times gives what the formulas give with weights m w."""
    frame = homes()
    ask = RiskScores(outcome="y", risks="half", design=DESIGN, bootstrap=ClusterBootstrap(replicates=8, seed=3))
    draws = ask.measure(frame).draws
    p, y, w = (frame[c].to_numpy(float) for c in ("half", "y", "w"))
    from evalkit.stats.domains import bootstrap_weights

    times = bootstrap_weights(np.random.default_rng(np.random.SeedSequence(3).spawn(1)[0]), np.zeros(40, dtype=int), 10)[:8]
    for r, line in enumerate(times):
        often = line[frame["village"]] * w
        assert draws[r, 0] == pytest.approx(auc(p, y, often), abs=1e-12)
        assert draws[r, 1] == pytest.approx(average_precision(p, y, often), abs=1e-12)
        assert draws[r, 2] == pytest.approx(brier(p, y, often), abs=1e-12)
        np.testing.assert_allclose(draws[r, 5:7], calibration_line(p, y, often), atol=1e-8)


def test_intervals_cover_a_known_area():
    """Two normal scores δ = 1 apart with village shifts of sd ½: the area is Φ(δ/√(2(1 + ¼))); 400 samples of 50 villages."""
    truth, hits, rng = norm.cdf(1 / np.sqrt(2.5)), 0, np.random.default_rng(11)
    village = np.repeat(np.arange(50), 12)
    ask = RiskScores(
        outcome="y",
        risks="s",
        measures=("auc",),
        design=SurveyDesign(clusters="v"),
        bootstrap=ClusterBootstrap(replicates=200),
    )
    for _ in range(400):
        y = (rng.random(600) < 0.3).astype(int)
        s = y + rng.normal(size=600) + 0.5 * rng.normal(size=50)[village]
        found = ask.measure(pd.DataFrame({"y": y, "s": s, "v": village})).frame.iloc[0]
        hits += found["ci_low"] <= truth <= found["ci_high"]
    assert 0.925 <= hits / 400 <= 0.975


def test_differences_are_paired():
    frame = homes()
    found = RiskScores(outcome="y", risks=("half", "good"), measures=RANKING, design=DESIGN).measure(frame)
    apart = found.differences.iloc[0]
    assert (apart["risk"], apart["against"]) == ("good", "half")
    single = found.frame.query("measure == 'auc'")["std_error"]
    assert apart["std_error"] < np.hypot(*single)
    assert apart["estimate"] == pytest.approx(found.frame["estimate"].iloc[2] - found.frame["estimate"].iloc[0])
    same = RiskScores(outcome="y", risks=("half", "again"), design=DESIGN).measure(frame.assign(again=frame["half"]))
    assert (same.differences[["estimate", "std_error", "ci_low", "ci_high"]].abs() < 1e-12).all(axis=None)


def test_how_many_resamples_are_held_at_once_changes_nothing(monkeypatch):
    ask = RiskScores(outcome="y", risks="half", design=DESIGN, bootstrap=ClusterBootstrap(replicates=37))
    whole = ask.measure(homes()).draws
    for cells in (1, 3_000, 10_000):
        monkeypatch.setattr("evalkit.risk.scoring.bootstrap.CELLS", cells)
        np.testing.assert_allclose(ask.measure(homes()).draws, whole, atol=1e-10)


def test_groups_are_scored_as_if_alone():
    frame = homes()
    ask = RiskScores(outcome="y", risks=("half", "good"), design=DESIGN, bootstrap=NONE)
    together, alone = ask.measure(frame, over="county"), ask.measure(frame[frame["county"] == "b"])
    part = together.frame.query("county == 'b'")
    np.testing.assert_allclose(part["estimate"], alone.frame["estimate"], atol=1e-10)
    assert part["n"].unique().tolist() == [300]
    assert together.reliability.columns[:2].tolist() == ["county", "risk"]
    assert set(together.differences["county"]) == {"a", "b"}


def test_reliability_adds_up():
    frame = homes()
    table = RiskScores(outcome="y", risks="half", design=DESIGN, bootstrap=NONE).measure(frame).reliability
    assert table["n"].sum() == len(frame)
    assert table["weight_share"].sum() == pytest.approx(1)
    assert (table["weight_share"] * table["observed"]).sum() == pytest.approx(np.average(frame["y"], weights=frame["w"]))
    ece = expected_calibration_error(*(frame[c].to_numpy(float) for c in ("half", "y", "w")))
    assert (table["weight_share"] * (table["observed"] - table["predicted"]).abs()).sum() == pytest.approx(ece)


def test_same_seed_same_bits_and_row_order_does_not_matter():
    frame = homes()
    ask = RiskScores(outcome="y", risks=("half", "good"), design=DESIGN, bootstrap=ClusterBootstrap(replicates=50, seed=5))
    first, again = ask.measure(frame), ask.measure(frame.copy())
    pd.testing.assert_frame_equal(first.frame, again.frame, check_exact=True)
    moved = ask.measure(frame.sample(frac=1, random_state=1))
    np.testing.assert_allclose(first.frame["estimate"], moved.frame["estimate"], atol=1e-10)


def test_what_one_outcome_lacks_is_said_by_group():
    frame = homes().assign(y=lambda f: f["y"].where(f["county"] == "a", 0))
    found = RiskScores(outcome="y", risks="half", measures=RANKING, design=DESIGN).measure(frame, over="county")
    assert found.frame.query("county == 'b'")["estimate"].isna().all()
    assert any(note.kind == "left_out" and "auc b half" in note.text.en for note in found.notes)


def test_risks_of_0_and_1_are_counted():
    frame = pd.DataFrame({"y": [0, 1, 0, 1, 1], "p": [0.0, 1.0, 0.5, 0.5, 0.4]})
    found = RiskScores(outcome="y", risks="p", bootstrap=NONE).measure(frame)
    assert any("2 risks of exactly 0 or 1" in note.text.en for note in found.notes)


@pytest.mark.parametrize(
    "wrong",
    [
        {"risks": ()},
        {"risks": ("a", "a")},
        {"risks": 3},
        {"outcome": ""},
        {"measures": ("auc", "accuracy")},
        {"measures": ()},
        {"bins": 1},
        {"bins": True},
        {"against": "other"},
        {"design": "weights"},
        {"bootstrap": 500},
    ],
)
def test_wrong_questions_are_refused(wrong):
    with pytest.raises(SpecError):
        RiskScores(**{"outcome": "y", "risks": "p", **wrong})


@pytest.mark.parametrize("wrong", [{"replicates": -1}, {"replicates": 2.5}, {"seed": -1}, {"level": 1}, {"level": "95%"}])
def test_wrong_bootstraps_are_refused(wrong):
    with pytest.raises(SpecError):
        ClusterBootstrap(**wrong)


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        ([1, 2], SpecError),
        (pd.Series([1.0]), SpecError),
        (pd.DataFrame({"y": [], "p": []}), DataError),
        (pd.DataFrame({"y": [1], "p": [0.5]}), NoAnswer),
        (pd.DataFrame({"y": [1, 0]}), DataError),
        (pd.DataFrame({"y": [1, 0], "p": [0.5, np.nan]}), DataError),
        (pd.DataFrame({"y": [1, np.nan], "p": [0.5, 0.2]}), DataError),
        (pd.DataFrame({"y": [1, 2], "p": [0.5, 0.2]}), DataError),
        (pd.DataFrame({"y": ["1", "0"], "p": [0.5, 0.2]}), DataError),
        (pd.DataFrame({"y": [1, 0], "p": ["0.5", "0.2"]}), DataError),
        (pd.DataFrame({"y": [1, 0], "p": [0.5, np.inf]}), DataError),
        (pd.DataFrame({"y": [1, 0], "p": [0.5, 1.2]}), DataError),
        (pd.DataFrame([[1, 0.5, 0.2], [0, 0.1, 0.3]], columns=["y", "p", "p"]), DataError),
    ],
)
def test_data_that_cannot_answer_are_refused(frame, error):
    with pytest.raises(error) as said:
        RiskScores(outcome="y", risks="p").measure(frame)
    assert isinstance(said.value, EvalkitError)


def test_scores_that_are_no_probabilities_can_still_be_ranked():
    frame = pd.DataFrame({"y": [1, 0, 1, 0], "s": [5.0, -2.0, 3.0, 4.0]})
    found = RiskScores(outcome="y", risks="s", measures=RANKING, bootstrap=NONE).measure(frame)
    assert found.frame["estimate"].iloc[0] == 0.75
    assert found.reliability.empty
    with pytest.raises(DataError, match="ranking alone"):
        RiskScores(outcome="y", risks="s").measure(frame)


def test_text_weights_are_refused():
    frame = pd.DataFrame({"y": [1, 0], "p": [0.5, 0.2], "w": ["1", "2"]})
    with pytest.raises(DataError, match="numbers"):
        RiskScores(outcome="y", risks="p", design=SurveyDesign(weights="w")).measure(frame)


@pytest.mark.parametrize("over", ["risk", "measure", "n", "absent", 3, ["county"]])
def test_groups_that_cannot_be_named_are_refused(over):
    frame = homes().assign(risk="a", measure="a", n="a")
    with pytest.raises(EvalkitError):
        RiskScores(outcome="y", risks="half", measures=RANKING, bootstrap=NONE).measure(frame, over=over)


def test_a_stratum_of_one_village_cannot_be_drawn_anew():
    frame = homes().assign(s=lambda f: np.where(f["village"] == 0, "lonely", "rest"))
    ask = {"outcome": "y", "risks": "half", "measures": RANKING, "bootstrap": ClusterBootstrap(replicates=20)}
    with pytest.raises(DataError, match="drawn anew"):
        RiskScores(**ask, design=SurveyDesign(clusters="village", strata="s")).measure(frame)
    sure = RiskScores(**ask, design=SurveyDesign(clusters="village", strata="s", single="certainty")).measure(frame)
    assert sure.frame["std_error"].gt(0).all()


def test_a_sample_of_most_villages_has_smaller_errors():
    """Rao & Wu: with 40 of 50 villages drawn errors shrink by about √(1 − .8)."""
    frame = homes().assign(all=50)
    errors = [
        RiskScores(outcome="y", risks="half", measures=("brier",), design=design).measure(frame).frame["std_error"].iloc[0]
        for design in (SurveyDesign(clusters="village"), SurveyDesign(clusters="village", population="all"))
    ]
    assert errors[1] / errors[0] == pytest.approx(np.sqrt(0.2), rel=0.01)


def test_a_group_within_one_village_has_no_errors():
    frame = homes().assign(g=lambda f: np.where(f["village"] == 3, "one", "rest"))
    found = RiskScores(outcome="y", risks="half", measures=RANKING, design=DESIGN).measure(frame, over="g").frame
    assert found.loc[found["g"] == "one", ["std_error", "ci_low"]].isna().all(axis=None)
    assert found.loc[found["g"] == "rest", "std_error"].gt(0).all()
