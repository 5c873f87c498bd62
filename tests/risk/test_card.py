"""The card of a model: purpose first, errors of exclusion before all other figures, blanks where nobody filled them in."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from evalkit.errors import EvalkitError, SpecError
from evalkit.risk.drift.drift import Drift
from evalkit.risk.fairness.fairness import FairnessAudit
from evalkit.risk.keeping.card import SECTIONS, Card
from evalkit.risk.lists.targeting import Targeting
from evalkit.risk.scoring.bootstrap import ClusterBootstrap
from evalkit.risk.scoring.scores import RiskScores
from evalkit.terms import Text

BOOT = ClusterBootstrap(replicates=20)
CARD = Card(
    name=Text("模型", "A model"),
    data=Text("模拟农户", "simulated households"),
    trained=(2020, 2022),
    label="falling@1",
    label_says=Text("次年收入低于线", "income below the line a year later"),
    features=("income", "dwelling"),
)


@pytest.fixture(scope="module")
def homes():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.uniform(0.01, 0.6, 900), "b": rng.uniform(0.01, 0.6, 900), "sex": rng.choice(["f", "m"], 900)})
    frame["period"] = np.arange(900) % 2 + 2020
    frame["fell"] = (rng.uniform(size=900) < frame["a"]).astype(int)
    return frame


@pytest.fixture(scope="module")
def measured(homes):
    both = {"outcome": "fell", "risks": ("a", "b"), "bootstrap": BOOT}
    return {
        "targeted": Targeting(**both).measure(homes),
        "scored": RiskScores(**both).measure(homes),
        "fairness": FairnessAudit(outcome="fell", risk="a", attributes="sex", bootstrap=BOOT).measure(homes),
        "drifted": Drift(risk="a", outcome="fell").measure(homes),
    }


def test_the_card_says_what_it_is_for_and_what_never(measured):
    card = CARD.write(**measured, risk="a")
    assert card.frame["section"].tolist()[:2] == ["purpose", "never"]
    assert set(card.frame["section"]) <= set(SECTIONS)
    said = card.frame.set_index("section")
    assert "visit" in said.loc["purpose", "en"]
    assert said.loc["never", "zh"].startswith("不得")
    assert said.loc["label", "en"] == "falling@1: income below the line a year later"
    assert "despite the support" in said.loc["despite", "en"].replace(
        "the support there is, not without it", "despite the support"
    )
    assert "second" not in said.loc["rights", "en"]
    assert said.loc["drift", "en"] in ("keep", "recalibrate", "refit")
    assert (card.frame[["zh", "en"]].map(len) > 0).all().all()


def test_exclusion_errors_come_first_and_figures_are_those_measured(measured):
    card = CARD.write(**measured, risk="a")
    assert card.scores["measure"].iloc[0] == "exclusion_error"
    assert card.scores["ci_low"].notna().all()
    mine = measured["targeted"].frame.query("risk == 'a'").set_index("measure")["estimate"]
    found = card.scores.set_index("measure")["estimate"]
    for measure in ("exclusion_error", "inclusion_error", "precision"):
        assert found[measure] == mine[measure]
    auc = measured["scored"].frame.query("risk == 'a' and measure == 'auc'")["estimate"].iloc[0]
    assert found["auc"] == auc
    assert "b" not in card.reliability.get("risk", pd.Series(dtype=str)).tolist()
    assert len(card.reliability) == 10
    assert len(card.fairness) == len(measured["fairness"].gaps)
    assert card.drift.equals(measured["drifted"].rules)


def test_what_is_not_filled_in_or_measured_is_said(measured):
    bare = CARD.write()
    said = bare.frame.set_index("section")
    assert "待填写" in said.loc["contact", "zh"]
    assert "to be filled in" in said.loc["appeal", "en"]
    assert len([note for note in bare.notes if note.kind == "caution"]) == 6
    assert len(bare.scores) == len(bare.reliability) == len(bare.fairness) == len(bare.drift) == 0
    full = replace(CARD, contact=Text("县局", "County office"), appeal=Text("村委会", "Village committee"))
    written = full.write(**measured, risk="a")
    assert written.notes == ()
    assert written.frame.set_index("section").loc["contact", "en"] == "County office"


def test_names_limits_and_attributes_held_aside():
    card = replace(
        CARD,
        held_aside=("sex",),
        names={"income": Text("收入", "Income"), "sex": Text("户主性别", "sex of the head")},
        limits=(Text("甲", "one"), Text("乙", "two")),
        line_version="china-2024",
    )
    rows = card.write().frame
    assert rows.loc[rows["section"] == "limit", "en"].tolist() == ["one", "two"]
    said = rows.set_index("section")
    assert said.loc["features", "zh"] == "收入、dwelling"
    assert said.loc["held_aside", "en"] == "sex of the head"
    assert said.loc["line", "zh"] == "china-2024"


def test_how_many_rows_taught_is_said_with_those_of_homes_poor_at_the_origin():
    assert "taught" not in set(CARD.write().frame["section"])
    said = replace(CARD, taught=(12_345, 0)).write().frame.set_index("section").loc["taught"]
    assert (said["zh"], said["en"]) == ("12,345 行", "12,345 rows")
    said = replace(CARD, taught=(12_345, 2_345)).write().frame.set_index("section").loc["taught"]
    assert said["zh"].startswith("12,345 行，其中 2,345 行来自起点期已贫困的农户")
    assert said["en"].startswith("12,345 rows, of which 2,345 are of households poor at the origin: these teach only")


@pytest.mark.parametrize(
    "make",
    [
        lambda m: replace(CARD, name="model"),
        lambda m: replace(CARD, name=Text("", "model")),
        lambda m: replace(CARD, data=None),
        lambda m: replace(CARD, label=""),
        lambda m: replace(CARD, trained=2020),
        lambda m: replace(CARD, taught=5),
        lambda m: replace(CARD, taught=(5, 6)),
        lambda m: replace(CARD, taught=(0, 0)),
        lambda m: replace(CARD, trained=("a", "b")),
        lambda m: replace(CARD, features=()),
        lambda m: replace(CARD, features=("sex",), held_aside=("sex",)),
        lambda m: replace(CARD, limits=("none",)),
        lambda m: replace(CARD, limits=Text("无", "none")),
        lambda m: replace(CARD, contact="me"),
        lambda m: replace(CARD, names={"income": "Income"}),
        lambda m: replace(CARD, line_version=2024),
        lambda m: CARD.write(**m),
        lambda m: CARD.write(**m, risk="c"),
        lambda m: CARD.write(targeted=m["scored"]),
        lambda m: CARD.write(drifted="keep"),
    ],
)
def test_what_makes_no_sense_is_refused(measured, make):
    with pytest.raises(EvalkitError) as said:
        make(measured)
    assert isinstance(said.value, SpecError)
    assert len(str(said.value)) > 25
