"""Fairness: the example of fairlearn, gaps with errors, small cells and multiplicity."""

import numpy as np
import pandas as pd
import pytest

from evalkit.errors import DataError, EvalkitError, NoAnswer, SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.risk.fairness.fairness import FairnessAudit
from evalkit.risk.fairness.parity import demographic_parity, equal_opportunity, equalized_odds, group_rates
from evalkit.risk.lists.budgets import Number, Share
from evalkit.risk.scoring.bootstrap import ClusterBootstrap
from evalkit.stats.logistic import expit


def test_documentation_of_fairlearn():
    """fairlearn, user guide, common fairness metrics: 18 rows in groups a, b, c."""
    y = np.array([0, 1, 1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1], dtype=float)
    visited = np.array([0, 0, 1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 0], dtype=float)
    group = np.array(["abc".index(g) for g in "bbabbcccaacabccbcc"])
    rates = group_rates(visited, y, np.ones(18), group)
    assert demographic_parity(rates).difference == 0.25
    assert round(demographic_parity(rates).ratio, 7) == 0.6666667
    assert equalized_odds(rates) == (1.0, 0.0)
    assert equal_opportunity(rates).difference == pytest.approx(3 / 5 - 2 / 5)  # groups b and c, by hand


def test_groups_without_a_rate_are_left_out():
    rates = group_rates(np.ones(3), np.array([1.0, 0.0, 0.0]), np.ones(3), np.array([0, 1, 1]))
    assert np.isnan(equal_opportunity(rates)).all()
    assert demographic_parity(rates) == (0.0, 1.0)


def homes(seed=0, n=4000, shift=0.0):
    """Households of women and men as heads; where shift is not 0 women are at more risk than is said."""
    rng = np.random.default_rng(seed)
    sex = rng.choice(["female", "male"], n, p=[0.3, 0.7])
    said = rng.normal(-2, 1, n)
    truth = expit(said + shift * (sex == "female"))
    return pd.DataFrame(
        {
            "y": (rng.random(n) < truth).astype(int),
            "risk": expit(said),
            "sex": sex,
            "band": rng.choice(["<60", "60+"], n),
            "village": rng.integers(0, 80, n),
            "w": rng.uniform(0.5, 2, n),
        }
    )


ASK = FairnessAudit(
    outcome="y",
    risk="risk",
    attributes=("sex", "band"),
    design=SurveyDesign(weights="w", clusters="village"),
    budget=Share(share=0.2),
)


def test_the_answer_is_the_arithmetic_of_the_list():
    frame = homes()
    found = ASK.measure(frame).frame
    from evalkit.risk.lists.listed import Listed

    w = frame["w"].to_numpy()
    chance = Listed.under(frame["risk"].to_numpy(), w, ASK.budget.over(frame, w)).chance
    group = (frame["sex"] == "male").to_numpy().astype(int)
    rates = group_rates(chance, frame["y"].to_numpy(float), w, group)
    for at, name in enumerate(("female", "male")):
        own = found[found["group"] == name].set_index("measure")["estimate"]
        assert own["recall"] == pytest.approx(rates.recall[at])
        assert own["selection"] == pytest.approx(rates.selection[at])
        assert own["false_alarm"] == pytest.approx(rates.false_alarm[at])
        rows = frame["sex"] == name
        assert own["observed"] == pytest.approx(np.average(frame["y"][rows], weights=w[rows]))
        assert own["predicted"] == pytest.approx(np.average(frame["risk"][rows], weights=w[rows]))
        assert own["calibration_gap"] == pytest.approx(own["observed"] - own["predicted"])


def test_gaps_are_to_the_largest_group_and_adjusted():
    found = ASK.measure(homes(shift=0.8)).gaps
    assert found["against"].tolist()[:2] == ["male", "male"]
    assert len(found) == 4
    women = found.query("attribute == 'sex' and measure == 'calibration_gap'").iloc[0]
    assert women["estimate"] > 0.05
    assert women["p_adjusted"] < 0.01
    assert (found["p_adjusted"] >= found["p"]).all()
    assert women["ci_low"] < women["estimate"] < women["ci_high"]


def test_without_a_gap_few_are_found():
    """30 populations without a gap: at 5 % for four questions together, chance finds at most 4 (P < .03)."""
    ask = FairnessAudit(
        outcome="y", risk="risk", attributes=("sex", "band"), design=ASK.design, bootstrap=ClusterBootstrap(replicates=100)
    )
    hits = sum((ask.measure(homes(seed=s, n=1500)).gaps["p_adjusted"] < 0.05).any() for s in range(30))
    assert hits <= 4


def test_small_groups_are_not_shown():
    frame = homes()
    frame.loc[:15, "sex"] = "unsaid"
    found = ASK.measure(frame)
    assert set(found.frame["group"]) == {"female", "male", "<60", "60+"}
    assert any(note.kind == "left_out" and "sex unsaid" in note.text.en for note in found.notes)
    with pytest.raises(NoAnswer):
        FairnessAudit(outcome="y", risk="risk", attributes="sex").measure(frame.iloc[:40])


def test_scores_that_are_no_probabilities():
    frame = homes().assign(risk=lambda f: 100 * f["risk"])
    with pytest.raises(DataError, match="probabilities"):
        ASK.measure(frame)
    ask = FairnessAudit(outcome="y", risk="risk", attributes="sex", calibrated=False, budget=Number(number=400))
    found = ask.measure(frame)
    assert set(found.frame["measure"]) == {"recall", "selection", "false_alarm"}
    assert set(found.gaps["measure"]) == {"recall"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"attributes": ()},
        {"attributes": 3},
        {"budget": 0.1},
        {"calibrated": 1},
        {"least": 0},
        {"design": 3},
        {"bootstrap": 1},
        {"cost": 2},
    ],
)
def test_wrong_questions_are_refused(wrong):
    with pytest.raises(SpecError):
        FairnessAudit(**{"outcome": "y", "risk": "risk", "attributes": "sex", **wrong})


def test_costs_are_not_negative():
    with pytest.raises(DataError, match="negative"):
        FairnessAudit(outcome="y", risk="risk", attributes="sex", cost="c").measure(homes(n=300).assign(c=-1.0))


@pytest.mark.parametrize("change", [{"sex": None}, {"risk": "high"}, {"y": 2}, {"risk": np.nan}])
def test_data_that_cannot_answer_are_refused(change):
    with pytest.raises(EvalkitError):
        ASK.measure(homes(n=200).assign(**change))


def test_the_report_does_not_print_the_numbers_that_would_tell_a_small_group():
    from evalkit.report.verbs import tables
    from evalkit.report.words import Voice

    frame = homes()
    frame.loc[:15, "sex"] = "unsaid"
    found = ASK.measure(frame)
    smallest = min(("female", "male"), key=lambda sex: (frame["sex"] == sex).sum())
    assert found.telling == (("sex", smallest),)
    for table in tables(found, Voice("en")):
        rows = table.frame[table.frame.iloc[:, 2].astype(str).str.lower() == smallest]
        assert rows["Rows"].isna().all()
        others = table.frame.drop(rows.index)
        assert others["Rows"].notna().all()
    assert ASK.measure(homes()).telling == ()
