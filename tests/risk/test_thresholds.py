"""Thresholds: Wilks's numbers, a guarantee that holds, costs and budgets."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from evalkit.errors import DataError, NoAnswer, SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.risk.lists.thresholds import BudgetThreshold, CostThreshold, RecallThreshold


def cases(n, seed=0):
    """n households with the event and as many without, each with its own risk."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"risk": rng.random(2 * n), "y": np.tile([0, 1], n)})


@pytest.mark.parametrize(("target", "least"), [(0.9, 29), (0.95, 59), (0.99, 299)])
def test_wilks_numbers(target, least):
    """Wilks (1941): of 29, 59, 299 draws the least bounds 90, 95, 99 % of a population with 95 % confidence."""
    ask = RecallThreshold(risk="risk", outcome="y", target=target)
    frame = cases(least)
    found = ask.fit(frame)
    assert found.value == frame.loc[frame["y"] == 1, "risk"].min()
    assert found.frame.set_index("measure").loc["recall", "ci_low"] >= target
    with pytest.raises(NoAnswer, match=str(least)):
        ask.fit(cases(least - 1))


@pytest.mark.parametrize("n", [60, 200, 777])
def test_the_threshold_is_an_order_statistic(n):
    """The j-th smallest risk of n with the event, j the greatest with P(Bin(n, 1 − β) ≥ j) ≥ 1 − α."""
    j = int(binom.ppf(0.05, n, 0.1))
    while binom.sf(j, n, 0.1) >= 0.95:
        j += 1
    while binom.sf(j - 1, n, 0.1) < 0.95:
        j -= 1
    frame = cases(n)
    expected = np.sort(frame.loc[frame["y"] == 1, "risk"])[j - 1]
    assert RecallThreshold(risk="risk", outcome="y", target=0.9).fit(frame).value == expected


def test_the_guarantee_holds():
    """Risks of those with the event uniform: true recall at t is 1 − t; of 2,000 samples of 120 at most 5 % miss the target."""
    rng = np.random.default_rng(2)
    ask = RecallThreshold(risk="risk", outcome="y", target=0.85)
    missed = 0
    for _ in range(2000):
        frame = pd.DataFrame({"risk": np.append(rng.random(120), 0.5), "y": np.append(np.ones(120), 0)})
        missed += 1 - ask.fit(frame).value < 0.85
    assert missed / 2000 <= 0.05 + 2.33 * np.sqrt(0.05 * 0.95 / 2000)


def test_the_guarantee_holds_in_clusters():
    """40 villages of 12 with a village shift: the share of 400 samples whose true recall falls short stays near 5 %."""
    rng = np.random.default_rng(6)
    ask = RecallThreshold(risk="risk", outcome="y", target=0.85, design=SurveyDesign(clusters="v"))
    plain = RecallThreshold(risk="risk", outcome="y", target=0.85)
    from scipy.stats import norm

    village, missed, naive = np.repeat(np.arange(40), 12), 0, 0
    for _ in range(400):
        frame = pd.DataFrame(
            {"risk": rng.normal(size=480) + rng.normal(size=40)[village], "y": np.tile([1, 1, 0], 160), "v": village}
        )
        missed += norm.sf(ask.fit(frame).value, scale=np.sqrt(2)) < 0.85
        naive += norm.sf(plain.fit(frame).value, scale=np.sqrt(2)) < 0.85
    assert missed / 400 <= 0.05 + 2.33 * np.sqrt(0.05 * 0.95 / 400)
    assert naive > missed


def test_weights_count():
    frame = cases(300).assign(w=1.0)
    alike = RecallThreshold(risk="risk", outcome="y", target=0.9, design=SurveyDesign(weights="w")).fit(frame).value
    rng = np.random.default_rng(1)
    uneven = frame.assign(w=rng.lognormal(0, 1, 600))
    assert alike <= RecallThreshold(risk="risk", outcome="y", target=0.9).fit(frame).value
    found = RecallThreshold(risk="risk", outcome="y", target=0.9, design=SurveyDesign(weights="w")).fit(uneven)
    recall = found.frame.set_index("measure").loc["recall"]
    assert recall["ci_low"] >= 0.9
    assert recall["estimate"] > recall["ci_low"]


def test_a_budget_is_kept():
    frame = pd.DataFrame({"risk": [0.9, 0.7, 0.7, 0.2, 0.1], "y": [1, 1, 0, 0, 0]})
    found = BudgetThreshold(risk="risk", outcome="y", share=0.4).fit(frame)
    assert found.value == 0.9
    assert "0.2 is used" in found.notes[0].text.en
    assert BudgetThreshold(risk="risk", outcome="y", share=0.6).fit(frame).flags(frame["risk"]).sum() == 3
    with pytest.raises(NoAnswer, match="tied"):
        BudgetThreshold(risk="risk", outcome="y", share=0.1).fit(frame)


def test_costs():
    """Elkan (2001): t = 1/(1 + m); with calibrated risks it is the cheapest of all thresholds, up to chance."""
    rng = np.random.default_rng(0)
    p = rng.beta(1, 6, 200_000)
    frame = pd.DataFrame({"risk": p, "y": (rng.random(200_000) < p).astype(int)})
    found = CostThreshold(risk="risk", outcome="y", needless=1, missed=9).fit(frame)
    assert found.value == 0.1
    cost = [np.where(p >= t, 1 - frame["y"], 9 * frame["y"]).mean() for t in (0.05, 0.1, 0.2)]
    assert cost[1] < min(cost[0], cost[2])
    said = found.notes[0].text.en
    least = float(said.split("the least being ")[1].split(" ")[0])
    assert least <= round(cost[1], 4)
    assert least == pytest.approx(cost[1], rel=0.005)


def test_no_visit_pays():
    frame = pd.DataFrame({"risk": [0.2, 0.3, 0.4], "y": [1, 0, 0]})
    found = CostThreshold(risk="risk", outcome="y", needless=5, missed=1).fit(frame)
    assert found.frame.set_index("measure").loc["coverage", "estimate"] == 0
    assert np.isnan(found.frame.set_index("measure").loc["precision", "estimate"])
    assert "inf" in found.notes[0].text.en


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: BudgetThreshold(risk="r", outcome="y", share=0),
        lambda: BudgetThreshold(risk="r", outcome="y", share="all"),
        lambda: BudgetThreshold(risk="", outcome="y", share=0.1),
        lambda: CostThreshold(risk="r", outcome="y", needless=0, missed=1),
        lambda: CostThreshold(risk="r", outcome="y", needless=1, missed=np.inf),
        lambda: RecallThreshold(risk="r", outcome="y", target=1.0),
        lambda: RecallThreshold(risk="r", outcome="y", target=0.9, level=0.4),
        lambda: RecallThreshold(risk="r", outcome="y", target=0.9, design="w"),
    ],
)
def test_wrong_questions_are_refused(wrong):
    with pytest.raises(SpecError):
        wrong()


@pytest.mark.parametrize(
    ("columns", "error"),
    [
        ({"risk": [0.1, 0.2], "y": [1, 1]}, NoAnswer),
        ({"risk": [0.1], "y": [1]}, NoAnswer),
        ({"risk": ["x", "z"], "y": [1, 0]}, DataError),
        ({"risk": [0.1, np.nan], "y": [1, 0]}, DataError),
        ({"risk": [], "y": []}, DataError),
        ({"y": [1, 0]}, DataError),
    ],
)
def test_data_that_cannot_answer_are_refused(columns, error):
    for ask in (
        BudgetThreshold(risk="risk", outcome="y", share=0.5),
        CostThreshold(risk="risk", outcome="y", needless=1, missed=1),
        RecallThreshold(risk="risk", outcome="y", target=0.9),
    ):
        with pytest.raises(error):
            ask.fit(pd.DataFrame(columns))


def test_costs_need_probabilities():
    with pytest.raises(DataError, match="probabilities"):
        CostThreshold(risk="risk", outcome="y", needless=1, missed=1).fit(pd.DataFrame({"risk": [3.0, 0.2], "y": [1, 0]}))
