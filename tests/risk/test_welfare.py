"""Welfare curves and net benefit: closed forms, stored values of R's dcurves, and what is refused."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evalkit.errors import DataError, EvalkitError, NoAnswer, SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.risk.lists.welfare import WelfareCurve, equivalent_income
from evalkit.risk.scoring.bootstrap import ClusterBootstrap
from evalkit.risk.scoring.net_benefit import DecisionCurve, net_benefit
from evalkit.stats.logistic import expit, logistic

NONE = ClusterBootstrap(replicates=0)
incomes = arrays(float, 10, elements=st.floats(0.5, 50))
weights = arrays(float, 10, elements=st.floats(0.2, 5))


@given(incomes, weights, st.floats(0, 4), st.floats(0.1, 10))
def test_equivalent_income_lies_below_the_mean_and_grows_in_proportion(y, w, rho, factor):
    level = equivalent_income(y, w, rho)
    assert y.min() * (1 - 1e-9) <= level <= np.average(y, weights=w) * (1 + 1e-9)
    assert equivalent_income(y * factor, w, rho) == pytest.approx(factor * level, rel=1e-7)
    assert equivalent_income(np.full(10, 3.0), w, rho) == pytest.approx(3)


def test_aversion_two_is_the_harmonic_mean():
    y, w = np.array([2.0, 3.0, 6.0]), np.array([1.0, 2.0, 1.0])
    assert equivalent_income(y, w, 2) == pytest.approx(4 / (1 / 2 + 2 / 3 + 1 / 6))


def people(n=300, seed=0):
    rng = np.random.default_rng(seed)
    income = rng.lognormal(1, 0.8, n)
    return pd.DataFrame({"income": income, "need": -income, "lot": rng.random(n), "w": rng.uniform(0.5, 2, n)})


def test_shared_among_all_the_ranking_does_not_matter():
    frame = people()
    found = WelfareCurve(
        income="income", risks=("need", "lot"), amount=0.3, shares=(0.1, 1.0), design=SurveyDesign(weights="w"), bootstrap=NONE
    ).measure(frame)
    whole = found.frame.query("share == 1 and measure == 'equivalent_income'")["estimate"]
    expected = equivalent_income(frame["income"].to_numpy() + 0.3, frame["w"].to_numpy(), 3)
    np.testing.assert_allclose(whole, expected, rtol=1e-10)
    apart = found.differences.query("share == 0.1 and measure == 'gain'")["estimate"].iloc[0]
    assert apart < 0


def test_a_lot_is_the_mean_over_lots():
    """All tied: equivalent income is that of everybody listed with chance q, ∑ [q u(y + b/q) + (1 − q) u(y)]."""
    frame = people()
    y, q = frame["income"].to_numpy(), 0.25
    mean = (q * (y + 0.3 / q) ** -2 + (1 - q) * y**-2).mean()
    found = WelfareCurve(income="income", risks="tied", amount=0.3, shares=(q,), bootstrap=NONE).measure(frame.assign(tied=1.0))
    assert found.frame["estimate"].iloc[0] == pytest.approx(mean**-0.5)


def test_incomes_without_welfare():
    frame = people().assign(income=lambda f: f["income"].where(f.index > 1, 0.0))
    ask = {"income": "income", "risks": "lot", "amount": 0.3, "bootstrap": NONE}
    with pytest.raises(DataError, match="floor"):
        WelfareCurve(**ask).measure(frame)
    raised = WelfareCurve(**ask, floor=0.1).measure(frame)
    assert [note.kind for note in raised.notes[:2]] == ["choice", "filled"]
    assert "2 incomes" in raised.notes[1].text.en


@pytest.mark.parametrize(
    "wrong",
    [{"amount": 0}, {"shares": ()}, {"shares": (0.1, 0.1)}, {"shares": (0.0,)}, {"aversion": -1}, {"floor": -1}, {"shares": 0.1}],
)
def test_wrong_welfare_questions_are_refused(wrong):
    with pytest.raises(SpecError):
        WelfareCurve(**{"income": "i", "risks": "r", "amount": 1, **wrong})


@pytest.fixture(scope="module")
def cancer():
    """df_binary of dcurves with the risk of a logistic regression on age."""
    frame = pd.read_csv(Path(__file__).with_name("dcurves_df_binary.csv"), comment="#").astype(float)
    x = np.stack([np.ones(len(frame)), frame["age"]])
    return frame.assign(risk=expit(logistic(x, frame["cancer"].to_numpy(), np.ones(len(frame))) @ x))


def test_r_dcurves(cancer):
    """R's dcurves, `dca(cancer ~ age, as_probability = "age")` of df_binary, as stored by its twin in Python."""
    thresholds = (0.01, 0.05, 0.1, 0.15, 0.2, 0.3, 0.41, 0.5, 0.7)
    found = DecisionCurve(outcome="cancer", risks="risk", thresholds=thresholds, bootstrap=NONE).measure(cancer).frame
    benefit = found[found["measure"] == "net_benefit"].pivot(index="threshold", columns="risk", values="estimate")
    model = [
        0.1314747474747475,
        0.09880701754385966,
        0.0691851851851852,
        0.05082352941176472,
        0.04200000000000001,
        0.02038095238095238,
        0.008542372881355936,
        0.009333333333333336,
        0.002666666666666667,
    ]
    np.testing.assert_allclose(benefit["risk"], model, atol=1e-12)
    everybody = [0.13131313131313133, 0.09473684210526317, 0.04444444444444445, -0.011764705882352927, -0.07499999999999998]
    np.testing.assert_allclose(benefit["everybody"].iloc[:5], everybody, atol=1e-12)
    assert (benefit["nobody"] == 0).all()
    avoided = found[(found["measure"] == "visits_avoided") & (found["risk"] == "risk")].set_index("threshold")["estimate"]
    assert avoided[0.1] == pytest.approx((0.0691851851851852 - 0.04444444444444445) * 9, abs=1e-12)


@given(
    arrays(float, 15, elements=st.floats(0, 1)),
    arrays(float, 15, elements=st.sampled_from([0.0, 1.0])),
    arrays(float, 15, elements=st.floats(0.1, 4)),
    st.floats(0.02, 0.98),
)
def test_the_curve_is_the_formula_and_at_most_the_base_rate(p, y, w, threshold):
    frame = pd.DataFrame({"p": p, "y": y, "w": w})
    ask = DecisionCurve(
        outcome="y", risks="p", thresholds=(threshold, 0.99, 0.01), design=SurveyDesign(weights="w"), bootstrap=NONE
    )
    one = ask.measure(frame).frame["estimate"].iloc[0]
    assert one == pytest.approx(net_benefit(p, y, w, threshold), abs=1e-10)
    assert one <= (w * y).sum() / w.sum() + 1e-12


def test_decision_curves_by_group_with_errors(cancer):
    frame = cancer.assign(old=np.where(cancer["age"] > 65, "old", "young"), doctor=np.arange(len(cancer)) % 40)
    ask = DecisionCurve(outcome="cancer", risks="risk", thresholds=(0.1, 0.2), design=SurveyDesign(clusters="doctor"))
    found = ask.measure(frame, over="old")
    alone = ask.measure(frame[frame["old"] == "old"]).frame
    np.testing.assert_allclose(found.frame.query("old == 'old'")["estimate"], alone["estimate"], atol=1e-12)
    assert found.differences["against"].eq("everybody").all()
    model = found.frame.query("risk == 'risk' and measure == 'net_benefit' and old == 'old'")
    assert (model["ci_low"] < model["estimate"]).all()
    assert (model["estimate"] < model["ci_high"]).all()


@pytest.mark.parametrize(
    "wrong",
    [
        {"thresholds": (0.0,)},
        {"thresholds": (1.0,)},
        {"thresholds": ()},
        {"thresholds": 0.1},
        {"risks": "nobody"},
        {"against": "x"},
    ],
)
def test_wrong_decision_questions_are_refused(wrong):
    with pytest.raises(SpecError):
        DecisionCurve(**{"outcome": "y", "risks": "p", **wrong})


@pytest.mark.parametrize(
    "frame", [{"y": [1, 0], "p": [0.2, 1.3]}, {"y": [1, 0]}, {"y": [], "p": []}, {"y": [1, 0], "p": ["a", "b"]}]
)
def test_decision_data_that_cannot_answer_are_refused(frame):
    with pytest.raises(EvalkitError):
        DecisionCurve(outcome="y", risks="p").measure(pd.DataFrame(frame))


def test_no_weight_no_answer():
    frame = pd.DataFrame({"y": [1, 0, 1], "p": [0.2, 0.3, 0.4], "w": [1.0, 1.0, 0.0], "g": ["a", "a", "b"]})
    with pytest.raises(NoAnswer):
        DecisionCurve(outcome="y", risks="p", design=SurveyDesign(weights="w")).measure(frame, over="g")
