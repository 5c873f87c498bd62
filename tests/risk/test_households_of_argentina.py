"""The income rule on the household survey of Argentina: reference figures measured outside of this library."""

import numpy as np
import pandas as pd
import pytest

from evalkit.panel.design import SurveyDesign
from evalkit.risk.calibration.calibration import Calibration
from evalkit.risk.calibration.curves import Platt
from evalkit.risk.fairness.fairness import FairnessAudit
from evalkit.risk.lists.budgets import Share
from evalkit.risk.lists.targeting import Targeting
from evalkit.risk.lists.visiting import VisitingList
from evalkit.risk.scoring.scored import RANKING
from evalkit.risk.scoring.scores import RiskScores
from evalkit.risk.splits import PurgedOrigins

DESIGN = SurveyDesign(weights="pw", clusters="AGLOMERADO")


@pytest.fixture(scope="module")
def pairs(real_data):
    """Pairs of homes not poor at the origin and without imputed incomes, with the income rule as a score."""
    kept = ["hid", "q", "AGLOMERADO", "pw", "r", "lr", "y", "poor", "imp", "imp_f", "poor_l1", "head_sex"]
    frame = pd.read_csv(real_data / "real" / "eph_household_pairs_2009_2015.csv.gz", usecols=kept)
    frame = frame[(frame["poor"] == 0) & (frame["imp"] == 0) & (frame["imp_f"] == 0)]
    return frame.assign(rule=-frame["r"]).reset_index(drop=True)


@pytest.fixture(scope="module")
def later(pairs):
    """Origins 2013Q3 to 2014Q2; quarters are counted as year × 4 + quarter less 1."""
    return pairs[pairs["q"].between(2013 * 4 + 2, 2014 * 4 + 1)].reset_index(drop=True)


def test_the_rule_ranks_as_measured(later):
    """13,265 rows: AUC .792 with a cluster error of about .010, average precision .286."""
    found = RiskScores(outcome="y", risks="rule", measures=RANKING, design=DESIGN).measure(later).frame.set_index("measure")
    assert len(later) == 13_265
    assert round(found.loc["auc", "estimate"], 3) == 0.792
    assert round(found.loc["average_precision", "estimate"], 3) == 0.286
    assert found.loc["auc", "std_error"] == pytest.approx(0.010, abs=0.002)


def test_the_rule_reaches_whom_was_measured(later):
    """Recall .354 at a budget of 10 %, .575 at 20 %; precision .365 of the rows that fit wholly into the budget of 10 %."""
    ask = Targeting(outcome="y", risks="rule", budgets=(Share(share=0.1), Share(share=0.2)), design=DESIGN)
    found = ask.measure(later).frame.set_index(["budget", "measure"])["estimate"]
    assert round(found["share 0.1", "recall"], 3) == 0.354
    assert round(found["share 0.2", "recall"], 3) == 0.575
    assert round(found["share 0.1", "exclusion_error"], 3) == 0.646
    listed = VisitingList(risk="rule", budget=Share(share=0.1), cost="pw").measure(later).frame["listed"]
    assert round(np.average(later["y"][listed], weights=later["pw"][listed]), 3) == 0.365


def test_a_purged_origin_parts_train_and_test(pairs, later):
    splitter = PurgedOrigins(horizon=4, windows=1, span=4, unit="hid", period="q")
    ((train, test),) = splitter.split(pairs)
    assert len(test) == len(later)
    assert pairs["q"].iloc[train].max() + 4 < pairs["q"].iloc[test].min()
    assert not set(pairs["hid"].iloc[train]) & set(pairs["hid"].iloc[test])


def test_the_rule_calibrated_on_earlier_pairs(pairs, later):
    """Learnt on origins to 2012Q2: later slope near 1; those who lately left poverty fall more often than it says."""
    earlier = pairs[pairs["q"] <= 2012 * 4 + 1].assign(risk=lambda f: -f["lr"])
    curve = Calibration(risk="risk", outcome="y", method=Platt(scale="identity"), weights="pw").fit(earlier)
    scored = later.assign(risk=-later["lr"])
    scored["p"] = curve.score(scored).frame["risk"]
    found = RiskScores(outcome="y", risks="p", design=DESIGN).measure(scored).frame.set_index("measure")
    assert found.loc["slope", "ci_low"] < 1 < found.loc["slope", "ci_high"]
    assert found.loc["brier_skill", "estimate"] > 0.08
    back = scored.assign(back=np.where(scored["poor_l1"] == 1, "returned", "other"))
    audit = FairnessAudit(outcome="y", risk="p", attributes="back", design=DESIGN).measure(back)
    gap = audit.frame.query("group == 'returned' and measure == 'calibration_gap'")["estimate"].iloc[0]
    assert gap > 0.05
