"""The ladder on the household pairs of Argentina: trained to 2011Q3, calibrated to 2012Q2, tested on 2013Q3–2014Q2.

Powers of weights, directions, penalties, columns of trees and features were chosen by rolling origins inside of the rows that
train and calibrate. Reference figures of rules and regressions were measured outside of this library.
"""

import eph
import numpy as np
import pytest

from evalkit.risk.explanation.reasons import THEMES, Reasons
from evalkit.risk.scoring.bootstrap import ClusterBootstrap

QUICK = ("official_line", "last_status", "income_alone", "proxy_means", "logistic", "explainable", "boosting", "averaged")


@pytest.fixture(scope="module")
def homes(real_data):
    return eph.pairs(real_data)


@pytest.fixture(scope="module")
def climbed(homes):
    ladder = eph.ladder()
    rungs = tuple(rung for rung in ladder.rungs if rung.name in QUICK)
    return eph.ladder(rungs=rungs, bootstrap=ClusterBootstrap(replicates=60)).fit(homes)


def test_rows_are_those_of_the_reference(homes, climbed):
    assert len(climbed.risks) == 13_265
    assert int((homes["q"].between(8036, 8046) & (homes["fit"] == 1)).sum()) == 39_993
    assert any("10,037 more rows" in note.say("en") for note in climbed.notes)
    assert dict(climbed.model.learnt)["last_origin"] == 8046


def test_income_alone_ranks_as_measured(climbed):
    """AUC .792, average precision .286, recall .354 at a budget of a tenth."""
    found = climbed.wide.loc["income_alone"]
    assert found[["auc", "average_precision", "recall"]].round(3).tolist() == pytest.approx([0.792, 0.286, 0.354], abs=0.0006)


def test_regressions_rank_at_least_as_measured(climbed):
    """Measured without history: proxy means .817, logistic .818, LightGBM .824; a regression with history comes to .821."""
    auc = climbed.wide["auc"]
    assert auc["proxy_means"] >= 0.8165
    assert auc["logistic"] >= 0.8240
    assert auc["boosting"] >= 0.8235


def test_two_models_averaged_rank_above_the_best_that_was_measured(climbed):
    """Measured elsewhere: explainable boosting and CatBoost .824. Asked: recall .41; found .400."""
    averaged = climbed.wide.loc["averaged"]
    assert averaged["auc"] >= 0.8245
    assert averaged["average_precision"] >= 0.365
    assert averaged["recall"] >= 0.39
    assert averaged["auc"] > climbed.wide.loc["boosting", "auc"]


def test_the_logistic_regression_reaches_all_that_was_asked_but_recall(climbed):
    """Asked: AUC .824, average precision .37, calibration error .012, recall .41. Found: .827, .374, .008, .400."""
    logistic = climbed.wide.loc["logistic"]
    assert logistic["auc"] >= 0.824
    assert logistic["average_precision"] >= 0.37
    assert logistic["ece"] <= 0.012
    assert logistic["recall"] >= 0.39


def test_a_change_is_of_the_quarter_before_and_a_gap_tells_nothing_later(homes):
    """Of a home met in two quarters running, workers less workers; 0 where no pair began the quarter before."""
    found = homes.set_index(["hid", "q"])
    twice = [key for key in found.index if (key[0], key[1] - 1) in found.index]
    before = found.loc[[(hid, q - 1) for hid, q in twice]]
    for name in eph.CHANGING:
        assert np.array_equal(found.loc[twice, f"d_{name}"], found.loc[twice, name].to_numpy() - before[name].to_numpy())
    assert found[[f"d_{name}" for name in eph.CHANGING]].notna().all(axis=None)
    assert (found.loc[twice, "d_emp"] != 0).mean() > 0.1


def test_the_default_is_the_simplest_no_other_beats_clearly(climbed):
    assert climbed.chosen == "logistic"
    over = climbed.beats.set_index(["rung", "against"])
    assert over.loc[("logistic", "income_alone"), "ci_low"] > 0.01
    assert over.loc[("logistic", "proxy_means"), "ci_low"] > 0
    assert (over.loc[[(name, "logistic") for name in ("explainable", "boosting", "averaged")], "ci_low"] < 0).all()


def test_who_lately_left_poverty_is_the_group_at_most_risk(climbed):
    """Of .33 observed income alone says about .24; a regression with history is within .03."""
    back = climbed.groups.query("group == 1").set_index(["rung", "measure"])["estimate"]
    assert back["income_alone", "calibration_gap"] > 0.08
    assert abs(back["logistic", "calibration_gap"]) < 0.03
    assert back["logistic", "observed"] > 3 * climbed.risks["y"].mean()


def test_a_regression_can_be_taken_at_its_word(climbed):
    """Calibration error at most .012, slope .90 as measured or nearer to 1."""
    assert climbed.wide.loc["logistic", "ece"] <= 0.012
    assert 0.90 <= climbed.wide.loc["logistic", "slope"] <= 1.1


def test_official_line_misses_most(climbed):
    assert climbed.wide.loc["official_line", "exclusion_error"] > 0.7
    assert climbed.wide.loc["logistic", "exclusion_error"] < 0.63


def test_reasons_of_the_listed_are_in_the_words_of_monitoring(homes, climbed):
    tested = homes[homes["q"].between(8054, 8057)]
    risk = climbed.models["boosting"].risk(tested)
    listed = tested[risk >= np.quantile(risk, 0.95)]
    found = Reasons(themes=eph.THEME_OF).measure(climbed.models["boosting"], listed)
    assert found.frame["theme"].isin(list(THEMES)).all()
    assert found.frame.groupby(level=["unit", "period"]).size().max() <= 3
    first = found.frame.xs(1, level="rank")["theme"].value_counts()
    assert first.index[0] == "income"
    assert {"work", "household"} <= set(found.frame["theme"])
    assert (found.frame["risk_without"] < found.frame["risk"]).mean() > 0.9
