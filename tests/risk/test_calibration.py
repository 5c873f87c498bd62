"""Calibration: scikit-learn, betacal and venn-abers as peers, known truth, groups, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import isotonic_regression

from evalkit.errors import DataError, EvalkitError, NoAnswer, SpecError
from evalkit.risk.calibration.calibration import Calibration
from evalkit.risk.calibration.curves import Beta, Isotonic, Platt
from evalkit.risk.calibration.venn_abers import VennAbers, lowered, raised
from evalkit.risk.scoring.measures import auc, calibration_line, log_loss
from evalkit.stats.logistic import expit, logit

S = np.array([0.05, 0.1, 0.1, 0.2, 0.25, 0.3, 0.3, 0.4, 0.5, 0.55, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95])
Y = np.array([0.0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 1, 0, 1, 1, 0, 1])
Q = np.array([0.02, 0.1, 0.15, 0.3, 0.45, 0.65, 0.9, 0.97])
ONE = np.ones(16)
counts = arrays(float, 8, elements=st.integers(1, 4).map(float))


@pytest.fixture(scope="module")
def sample():
    rng = np.random.default_rng(1)
    s = rng.beta(1, 4, 3000)
    w = rng.uniform(0.5, 2, 3000)
    return s, (rng.random(3000) < np.clip(1.3 * s**1.5, 0, 1)).astype(float), w / w.mean()


def test_sigmoid_of_scikit_learn(sample):
    sigmoid = pytest.importorskip("sklearn.calibration")._SigmoidCalibration
    s, y, w = sample
    peer = sigmoid().fit(s, y, w).predict(Q)
    np.testing.assert_allclose(Platt(scale="identity").fit(s, y, w).score(Q), peer, atol=1e-6)


def test_isotonic_of_scikit_learn(sample):
    isotonic = pytest.importorskip("sklearn.isotonic").IsotonicRegression
    s, y, w = sample
    grid = np.linspace(0, 1, 777)
    for x in (s, s.round(2)):
        peer = isotonic(out_of_bounds="clip").fit(x, y, w).predict(grid)
        np.testing.assert_allclose(Isotonic().fit(x, y, w).score(grid), peer, atol=1e-12)


def test_beta_is_logistic_regression_on_its_two_logs():
    linear = pytest.importorskip("sklearn.linear_model")
    x = np.column_stack([np.log(S), -np.log1p(-S)])
    peer = linear.LogisticRegression(C=np.inf, tol=1e-12, max_iter=1000, solver="newton-cholesky").fit(x, Y)
    found = Beta().fit(S, Y, ONE)
    np.testing.assert_allclose([found.c, found.a, found.b], [peer.intercept_[0], *peer.coef_[0]], atol=1e-7)


def test_betacal():
    """betacal 1.1.0, `BetaCalibration("abm")`: its solver stops some 2e-4 before the maximum; the likelihood here is not less."""
    a, b, c = 0.32928611, 0.59237769, -0.46263758
    peer = expit(c + a * np.log(S) - b * np.log1p(-S))
    found = Beta().fit(S, Y, ONE)
    assert log_loss(found.score(S), Y, ONE) <= log_loss(peer, Y, ONE)
    np.testing.assert_allclose(found.score(S), peer, atol=3e-4)


def test_venn_abers():
    """venn-abers 1.5.4, `VennAbers().fit(...).predict_proba(...)`: both levels and the probability."""
    low = [0.0, 0.2, 0.2, 0.25, 0.25, 0.4, 0.5, 0.6]
    high = [1 / 3, 0.375, 0.375, 0.5, 0.6, 2 / 3, 0.75, 1.0]
    found = VennAbers().fit(S, Y, ONE)
    np.testing.assert_allclose(found.bounds(Q), [low, high], atol=1e-12)
    p = [0.25, 0.3191489361702127, 0.3191489361702127, 0.4, 0.4444444444444444, 0.5263157894736842, 0.6, 0.7142857142857143]
    np.testing.assert_allclose(found.score(Q), p, atol=1e-12)


@given(counts, arrays(float, 8, elements=st.floats(0, 1)))
def test_venn_abers_is_isotonic_with_one_more_row(n, share):
    """Each level, between scores and at them, is what isotonic regression gives once the row is put in."""
    events = np.floor(share * n)
    for made, label in ((raised, 1.0), (lowered, 0.0)):
        between, at = made(n, events)
        for k in range(9):
            x = isotonic_regression(np.insert(events / n, k, label), weights=np.insert(n, k, 1.0)).x
            assert between[k] == pytest.approx(x[k], abs=1e-12)
        for k in range(8):
            more = n + (np.arange(8) == k)
            x = isotonic_regression((events + label * (np.arange(8) == k)) / more, weights=more).x
            assert at[k] == pytest.approx(x[k], abs=1e-12)


def test_venn_abers_bounds_hold_the_truth():
    """Of rows drawn alike one of the two levels is calibrated: over 300 draws the mean outcome lies between the mean levels."""
    rng = np.random.default_rng(5)
    low, high, seen = np.zeros(300), np.zeros(300), np.zeros(300)
    for r in range(300):
        s = rng.random(61)
        y = (rng.random(61) < s**2).astype(float)
        found = VennAbers().fit(s[:60], y[:60], np.ones(60))
        low[r], high[r] = (side[0] for side in found.bounds(s[60:]))
        seen[r] = y[60]
    error = 3 * np.sqrt(seen.var() / 300)
    assert low.mean() - error < seen.mean() < high.mean() + error


@given(
    arrays(float, 25, elements=st.floats(0, 1).map(lambda x: round(x, 2))),
    arrays(float, 25, elements=st.sampled_from([0.0, 1.0])),
)
def test_curves_rise_and_stay_in_the_unit(s, y):
    if not 0 < y.sum() < 25:
        return
    grid = np.linspace(0, 1, 30)
    for method in (Isotonic(), VennAbers(), Beta()):
        try:
            p = method.fit(s, y, np.ones(25)).score(grid)
        except NoAnswer:
            continue
        assert (np.diff(p) >= -1e-12).all()
        assert p.min() >= 0
        assert p.max() <= 1


def test_a_bent_risk_is_made_straight():
    """A risk whose logit was halved and moved: Platt on logits brings intercept 0 and slope 1, and leaves the ranking."""
    rng = np.random.default_rng(3)
    truth = rng.beta(1, 6, 200_000)
    bent = expit(1 + 0.5 * logit(truth))
    y = (rng.random(200_000) < truth).astype(float)
    found = Platt(smooth=False).fit(bent, y, np.ones(200_000))
    assert (found.intercept, found.slope) == pytest.approx((-2, 2), abs=0.06)
    np.testing.assert_allclose(calibration_line(found.score(bent), y, np.ones(200_000)), [0, 1], atol=1e-6)
    assert auc(found.score(bent), y, np.ones(200_000)) == pytest.approx(auc(truth, y, np.ones(200_000)), abs=1e-12)


def test_beta_mends_what_a_logistic_curve_cannot():
    """Where P(y) follows the curve exactly its coefficients are found."""
    s = np.repeat(np.linspace(0.01, 0.98, 60), 2)
    truth, y = expit(0.3 + 0.5 * np.log(s) - 2 * np.log1p(-s)), np.tile([1.0, 0.0], 60)
    found = Beta().fit(s, y, np.where(y == 1, truth, 1 - truth))
    assert (found.a, found.b, found.c) == pytest.approx((0.5, 2, 0.3), abs=1e-8)


def test_beta_keeps_coefficients_from_falling_below_0():
    rng = np.random.default_rng(0)
    s = rng.random(500)
    found = Beta().fit(s, (rng.random(500) < 1 - s).astype(float), np.ones(500))
    assert (found.a, found.b) == (0.0, 0.0)


def groups(n=4000):
    rng = np.random.default_rng(8)
    back = rng.integers(0, 2, n)
    s = rng.beta(1, 8, n)
    truth = expit(logit(s) + np.where(back, 1.2, 0.0))
    y = (rng.random(n) < truth).astype(int)
    return pd.DataFrame({"risk": s, "y": y, "back": np.where(back, "returned", "never"), "w": rng.uniform(0.5, 2, n)})


@pytest.mark.parametrize("method", [Platt(), Isotonic(), Beta(), VennAbers()])
def test_groups_get_curves_of_their_own(method):
    frame = groups()
    ask = Calibration(risk="risk", outcome="y", method=method, by="back", weights="w")
    scored = ask.fit(frame).score(frame).frame
    for name in ("returned", "never"):
        rows = frame["back"] == name
        seen = np.average(frame["y"][rows], weights=frame["w"][rows])
        assert np.average(scored["risk"][rows], weights=frame["w"][rows]) == pytest.approx(seen, abs=0.01)
    alone = Calibration(risk="risk", outcome="y", method=method, weights="w").fit(frame[frame["back"] == "never"])
    rows = frame["back"] == "never"
    np.testing.assert_allclose(scored["risk"][rows], alone.score(frame[rows]).frame["risk"], atol=1e-9)
    assert ("low" in scored) == isinstance(method, VennAbers)


def test_small_and_unseen_groups_take_the_curve_of_all():
    frame = groups()
    frame.loc[:20, "back"] = "few"
    fitted = Calibration(risk="risk", outcome="y", by="back").fit(frame)
    assert set(fitted.own) == {"returned", "never"}
    assert any(note.kind == "caution" and "few" in note.text.en for note in fitted.notes)
    new = pd.DataFrame({"risk": [0.1, 0.2], "back": ["new", "never"]}, index=["H1", "H2"])
    scored = fitted.score(new)
    assert scored.frame.index.tolist() == ["H1", "H2"]
    assert scored.frame["risk"].iloc[0] == pytest.approx(fitted.pooled.score(np.array([0.1]))[0])
    assert any("new" in note.text.en for note in scored.notes)


def test_the_scale_of_weights_does_not_matter():
    frame = groups()
    ask = Calibration(risk="risk", outcome="y", weights="w")
    a = ask.fit(frame).score(frame).frame
    b = ask.fit(frame.assign(w=frame["w"] * 1000)).score(frame).frame
    np.testing.assert_allclose(a, b, atol=1e-9)


def test_a_score_that_runs_backwards_is_said():
    frame = pd.DataFrame({"risk": np.linspace(0.05, 0.95, 40), "y": np.tile([1, 1, 0, 0], 10)})
    frame["y"] = (frame["risk"] < 0.5).astype(int)
    frame.loc[[5, 30], "y"] = [0, 1]
    fitted = Calibration(risk="risk", outcome="y").fit(frame)
    assert any("does not order risks" in note.text.en for note in fitted.notes)


@pytest.mark.parametrize("wrong", [{"method": "platt"}, {"method": Platt}, {"least": 0}, {"risk": 3}, {"by": ""}, {"weights": 1}])
def test_wrong_questions_are_refused(wrong):
    with pytest.raises(SpecError):
        Calibration(**{"risk": "risk", "outcome": "y", **wrong})


def test_wrong_platts_are_refused():
    with pytest.raises(SpecError):
        Platt(scale="probit")
    with pytest.raises(SpecError):
        Platt(smooth="yes")


@pytest.mark.parametrize(
    ("columns", "method", "error"),
    [
        ({"risk": [0.1, 0.2], "y": [0, 0]}, Platt(), NoAnswer),
        ({"risk": [0.2, 0.2], "y": [0, 1]}, Platt(), NoAnswer),
        ({"risk": [0.1, 0.2], "y": [0, 1]}, Beta(), NoAnswer),
        ({"risk": [0.1, 0.2, 0.9], "y": [0, 0, 1]}, Platt(smooth=False), NoAnswer),
        ({"risk": [0.1, 1.2], "y": [0, 1]}, Platt(), DataError),
        ({"risk": [0.1, 1.2], "y": [0, 1]}, Beta(), DataError),
        ({"risk": [0.1, np.nan], "y": [0, 1]}, Isotonic(), DataError),
        ({"risk": ["a", "b"], "y": [0, 1]}, Isotonic(), DataError),
        ({"risk": [], "y": []}, Isotonic(), DataError),
        ({"risk": [0.1], "y": [1]}, VennAbers(), NoAnswer),
    ],
)
def test_data_that_cannot_answer_are_refused(columns, method, error):
    with pytest.raises(error) as said:
        Calibration(risk="risk", outcome="y", method=method).fit(pd.DataFrame(columns))
    assert isinstance(said.value, EvalkitError)
