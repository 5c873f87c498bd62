"""Reasons come from the model itself: they add up, they name what was planted, and say what the risk would be without."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from evalkit.errors import DataError, SpecError
from evalkit.risk.explanation.reasons import THEMES, Reasons, by_theme
from evalkit.risk.models.averaged import AveragedLogits
from evalkit.risk.models.base import ablated, on_logit_scale
from evalkit.risk.models.boosting import BoostedTrees, ExplainableBoosting
from evalkit.risk.models.fitted import RiskModel
from evalkit.risk.models.linear import DiscreteHazard, PenalizedLogistic
from evalkit.risk.models.means import ExpectedPoverty, ProxyMeans
from evalkit.risk.models.rungs import Rung
from evalkit.terms import Text

FEATURES = ("lr", "ill", "out_of_work", "fee", "well", "noise")
THEME_OF = {"lr": "income", "ill": "illness", "out_of_work": "work", "fee": "schooling", "well": "water"}
MODELS = {
    "logistic": PenalizedLogistic(penalty=0.001),
    "hazard": DiscreteHazard(penalty=0.001),
    "proxy_means": ProxyMeans(),
    "expected_poverty": ExpectedPoverty(),
    "explainable": ExplainableBoosting(rounds=2_000, bags=2, least_rows=20),
    "lightgbm": BoostedTrees(engine="lightgbm", trees=150, rate=0.05),
    "sklearn": BoostedTrees(engine="sklearn", trees=60, rate=0.1),
    "averaged": AveragedLogits(rungs=(PenalizedLogistic(), BoostedTrees(engine="lightgbm", trees=100, rate=0.1))),
}


@pytest.fixture(scope="module")
def homes():
    """Independent features with planted effects on the logit: −1.5, 1.2, .9, .6, 0 and 0."""
    rng = np.random.default_rng(5)
    n = 6_000
    X = pd.DataFrame({name: rng.integers(0, 2, n).astype(float) for name in FEATURES[1:]})
    X.insert(0, "lr", rng.normal(1, 0.6, n))
    X["noise"] = rng.normal(size=n)
    chance = expit(-1.5 * X["lr"] + 1.2 * X["ill"] + 0.9 * X["out_of_work"] + 0.6 * X["fee"] - 0.5)
    return X, (rng.random(n) < chance).astype(int)


def learnt(name, homes):
    X, y = homes
    reference = pd.Series({"lr": 1.0} | dict.fromkeys(FEATURES[1:], 0.0))
    return RiskModel(
        rung=Rung(name=name, estimator=MODELS[name]), estimator=MODELS[name].fit(X, y), features=FEATURES, reference=reference
    )


def listed(**home):
    usual = {"unit": "a", "period": 2024, "lr": 1.0} | dict.fromkeys(FEATURES[1:], 0.0)
    return pd.DataFrame([usual | home])


@pytest.mark.parametrize("name", MODELS)
def test_every_model_names_what_was_planted(name, homes):
    model, ask = learnt(name, homes), Reasons(themes=THEME_OF, least=0.1)
    ill = ask.measure(model, listed(ill=1.0)).frame
    assert ill["theme"].iloc[0] == "illness"
    low = ask.measure(model, listed(lr=-0.3, ill=1.0, out_of_work=1.0, fee=1.0)).frame
    assert low["theme"].tolist() == ["income", "illness", "work"]
    assert (low["risk_without"] < low["risk"]).all()
    assert low["contribution"].is_monotonic_decreasing


@pytest.mark.parametrize("name", MODELS)
def test_contributions_add_up_to_the_logit_of_the_risk(name, homes):
    model = learnt(name, homes)
    X = homes[0][:100]
    frame = X.assign(unit=np.arange(100), period=2024)
    added = Reasons(themes=THEME_OF).measure(model, frame).contributions
    start = on_logit_scale(model.estimator, X)[1]
    if name == "sklearn":  # its parts are set against what is usual
        start = logit(model.risk(listed()))[0]
    assert added.sum(axis=1).to_numpy() + start == pytest.approx(logit(model.risk(X)), abs=1e-6)


def test_without_is_the_risk_of_the_home_with_the_theme_as_usual(homes):
    model = learnt("logistic", homes)
    found = Reasons(themes=THEME_OF).measure(model, listed(ill=1.0, fee=1.0)).frame.reset_index().set_index("theme")
    assert found.loc["illness", "risk_without"] == pytest.approx(model.risk(listed(fee=1.0))[0], abs=1e-12)
    given = Reasons(themes=THEME_OF, reference={"lr": 3.0}).measure(model, listed(lr=0.0)).frame.reset_index().set_index("theme")
    assert given.loc["income", "risk_without"] == pytest.approx(model.risk(listed(lr=3.0))[0], abs=1e-12)


def test_a_curve_moves_risks_and_no_reason(homes):
    from evalkit.risk.calibration.curves import PlattCurve

    model = learnt("logistic", homes)
    moved = dataclasses.replace(model, curve=PlattCurve(-0.5, 0.8, "logit"))
    plain, curved = (Reasons(themes=THEME_OF).measure(m, listed(ill=1.0)).frame for m in (model, moved))
    assert plain["contribution"].tolist() == curved["contribution"].tolist()
    assert curved["risk"].iloc[0] < plain["risk"].iloc[0]


def test_trees_are_explained_exactly(homes):
    """Shapley values by hand: over all orders of six features with the trees' own conditional expectation, additive trees."""
    X, y = homes
    stumps = BoostedTrees(engine="lightgbm", trees=80, rate=0.1, leaves=2, columns=1.0).fit(X, y)
    parts = stumps.contributions(X[:50])
    ill = X[:50].assign(ill=1.0), X[:50].assign(ill=0.0)
    difference = stumps.decision_function(ill[0]) - stumps.decision_function(ill[1])
    shown = stumps.contributions(ill[0])[:, 1] - stumps.contributions(ill[1])[:, 1]
    assert shown == pytest.approx(difference, abs=1e-9)  # of sums of one-feature trees every attribution agrees
    assert parts.shape == (50, 6)


def test_ablation_is_exact_for_sums_and_fair_for_products():
    X = np.array([[1.0, 2.0, 3.0], [0.0, 1.0, -1.0]])
    assert ablated(lambda x: x @ np.array([1.0, -2.0, 0.5]), X, np.ones(3)) == pytest.approx((X - 1) * np.array([1.0, -2.0, 0.5]))
    found = ablated(lambda x: x[:, 0] * x[:, 1], np.array([[2.0, 4.0]]), np.zeros(2))
    assert found.tolist() == [[4.0, 4.0]]


def test_another_classifier_is_explained_too(homes):
    from sklearn.linear_model import LogisticRegression

    X, y = homes
    peer = LogisticRegression().fit(X, y)
    model = RiskModel(
        rung=Rung(name="peer", estimator=LogisticRegression()), estimator=peer, features=FEATURES, reference=X.median()
    )
    found = Reasons(themes=THEME_OF).measure(model, listed(ill=1.0))
    wanted = peer.coef_[0][1] * (1.0 - X["ill"].median())
    assert found.contributions["illness"].iloc[0] == pytest.approx(wanted, abs=1e-6)


def test_words_for_lists_in_both_languages(homes):
    model = learnt("logistic", homes)
    frame = pd.concat([listed(ill=1.0, fee=1.0), listed(unit="b", lr=3.0)], ignore_index=True)
    found = Reasons(themes=THEME_OF).measure(model, frame)
    assert found.sentences.loc[("a", 2024), "zh"] == "因病、因学"
    assert found.sentences.loc[("a", 2024), "en"] == "illness, schooling costs"
    assert found.sentences.loc[("b", 2024), "en"] == ""
    assert found.frame.index.names == ["unit", "period", "rank"]
    assert any("No theme" in note.text.en for note in found.notes)
    assert {"illness", "disability", "schooling", "disaster", "work", "income", "dwelling", "water"} <= set(THEMES)


def test_the_same_themes_are_summed():
    names, sums = by_theme(np.array([[1.0, 2.0, 4.0], [0.0, -1.0, 1.0]]), ("a", "b", "a"))
    assert names == ("a", "b")
    assert sums.tolist() == [[5.0, 2.0], [1.0, -1.0]]


def test_own_themes_can_be_named(homes):
    ask = Reasons(themes=THEME_OF | {"noise": "roads"}, names={"roads": Text("道路", "roads")})
    assert "roads" in ask.measure(learnt("logistic", homes), listed()).contributions.columns


@pytest.mark.parametrize(
    "wrong",
    [
        {"themes": "illness"},
        {"themes": {"ill": "ilness"}},
        {"themes": THEME_OF, "most": 0},
        {"themes": THEME_OF, "least": -1},
        {"themes": THEME_OF, "least": "some"},
    ],
)
def test_wrong_questions_are_said(wrong):
    with pytest.raises(SpecError):
        Reasons(**wrong)


def test_a_theme_without_a_name_is_said_with_what_to_write():
    for theme, do in (("ilness", "did you mean 'illness'? Otherwise name it in names"), ("zzz", "or name it in names")):
        with pytest.raises(SpecError) as wrong:
            Reasons(themes={"ill": theme})
        assert wrong.value.do.endswith(do)


def test_wrong_data_are_said(homes):
    model, ask = learnt("logistic", homes), Reasons(themes=THEME_OF)
    for frame, error in ((listed().drop(columns="ill"), DataError), ("frame", SpecError), (listed()[:0], DataError)):
        with pytest.raises(error):
            ask.measure(model, frame)
    with pytest.raises(SpecError):
        ask.measure("model", listed())
    with pytest.raises(SpecError):
        Reasons(themes={"age": "household"}).measure(model, listed())
    with pytest.raises(DataError):
        Reasons(themes=THEME_OF, reference={"age": 1.0}).measure(model, listed())
