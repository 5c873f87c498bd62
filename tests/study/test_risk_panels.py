"""A risk study on other panels: simulated homes whose true risk is known, young women of the NLSY, pairs of Argentina."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata
from simulated import HOMES, homes_written, truth_of

from evalkit.errors import DataError, SpecError
from evalkit.report.risk.study import compose_risk
from evalkit.study.risk.run import RiskStudy


def auc(risk: pd.Series, event: pd.Series) -> float:
    """Mann–Whitney by hand: the chance that of two homes the one with the event has the greater risk."""
    n = int(event.sum())
    return float((rankdata(risk)[event == 1].sum() - n * (n + 1) / 2) / (n * (len(event) - n)))


SIMULATED = """
[features]
aside = ["head_female", "resettled"]
none = { workers = "no_labor" }
[split]
train = [2019, 2021]
test = [2023, 2023]
shares = [0.6, 0.4]
[ladder]
draws = 20
bends = ["income_level"]
"""


def test_on_simulated_homes_the_best_rung_comes_near_the_true_risk_and_none_beats_it(tmp_path):
    rows, truth = homes_written(tmp_path, 5000, 60)
    (tmp_path / "study.toml").write_text(HOMES + SIMULATED, encoding="utf-8")
    found = RiskStudy.read(tmp_path / "study.toml").run()
    risks = found.climbed.risks
    true = truth_of(risks, rows, truth)
    most = auc(true, risks["label"])
    best = max(auc(risks[name], risks["label"]) for name in found.climbed.models)
    assert len(found.climbed.models) == 8
    assert most - 0.02 < best < most + 0.01
    assert {"no_labor", "head_female"} <= set(found.fairness.frame["attribute"])


def test_young_women_of_the_nlsy_run_through_the_same_study(real_data, tmp_path):
    wide = pd.read_csv(real_data / "real" / "nlsy_teen_poverty.csv")
    stubs = ["pov", "mother", "spouse", "inschool", "hours"]
    long = pd.wide_to_long(wide, stubs, i="id", j="wave").reset_index().astype({"wave": int})
    long[["id", "wave", *stubs]].to_csv(tmp_path / "homes.csv", index=False)
    text = """
title = "NLSY"
[homes]
file = "homes.csv"
unit = "id"
period = "wave"
poor = "pov"
[features]
columns = ["mother", "spouse", "inschool", "hours"]
[split]
train = [1, 2]
test = [4, 4]
shares = [0.6, 0.4]
[ladder]
rungs = ["last_status", "logistic", "hazard"]
draws = 20
"""
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    found = RiskStudy.read(tmp_path / "study.toml").run()
    rows = found.labels.report["rows"]
    stay = [(wide[f"pov{t}"] == 0, wide[f"pov{t + 1}"] == 1) for t in range(1, 5)]
    assert rows["event"] == sum(int((now & later).sum()) for now, later in stay)
    assert list(found.climbed.models) == ["last_status", "logistic", "hazard"]
    assert 0.5 < found.climbed.wide.loc["logistic", "auc"] < 0.7
    (tmp_path / "taught.toml").write_text(f"{text}poor_teach = true\n", encoding="utf-8")
    taught = RiskStudy.read(tmp_path / "taught.toml").run()
    told = next(note.say("en") for note in taught.climbed.notes if "more rows" in note.say("en"))
    poor = sum(int((wide[f"pov{t}"] == 1).sum()) for t in (1, 2))  # of whom three in five were dealt to those that teach
    assert int(told.split()[0].replace(",", "")) == pytest.approx(0.6 * poor, rel=0.08)
    assert taught.climbed.risks[["label", "last_status"]].equals(found.climbed.risks[["label", "last_status"]])
    (tmp_path / "other.toml").write_text(f'{text}poor_teach = true\n[label]\nevent = "returning"\n', encoding="utf-8")
    with pytest.raises(SpecError, match="homes that are poor teach falling alone"):
        RiskStudy.read(tmp_path / "other.toml").run()
    (tmp_path / "other.toml").write_text(f'{text}poor_teach = true\n[label]\nattrition = "event"\n', encoding="utf-8")
    with pytest.raises(SpecError, match="only where all homes that are met again are labeled alike"):
        RiskStudy.read(tmp_path / "other.toml").run()


def test_household_pairs_of_argentina_hold_their_outcome_already(real_data, tmp_path):
    """Measured elsewhere on the same rows and windows: 39,993 train, 13,265 test, logit with all features AUC .818."""
    rest = ["dep", "emp", "unemp", "inf", "selfemp", "nohealth", "outschool", "pens", "subs", "v5sh", "v2sh", "maxed", "crowd"]
    columns = ["lr", "lr_l1", "n", "n_u6", "n_6_15", "n_65", *rest]
    kept = ["hid", "q", "pw", "AGLOMERADO", "r", "y", "lr_f", "poor_l1", "head_sex", *columns]
    pairs = pd.read_csv(real_data / "real" / "eph_household_pairs_2009_2015.csv.gz", usecols=[*kept, "imp", "imp_f"])
    pairs = pairs[(pairs["imp"] == 0) & (pairs["imp_f"] == 0)]
    pairs[kept].to_csv(tmp_path / "homes.csv", index=False)
    text = """
title = "EPH"
[homes]
file = "homes.csv"
unit = "hid"
period = "q"
weight = "pw"
clusters = "AGLOMERADO"
income = "r"
line = 1.0
[label]
outcome = "y"
later = "lr_f"
horizon = 4
[features]
standard = false
columns = COLUMNS
aside = ["head_sex"]
[[accept]]
rule = "home_twice"
because = "homes of like composition with rounded incomes"
[split]
train = [8036, 8046]
calibrate = [8047, 8049]
test = [8054, 8057]
[ladder]
rungs = ["income_alone", "logistic"]
bends = ["lr", "lr_l1"]
draws = 20
refit = true
"""
    text = text.replace("COLUMNS", json.dumps([*columns, "poor_l1"]))
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    found = RiskStudy.read(tmp_path / "study.toml").run()
    assert len(found.climbed.risks) == 13_265
    table = found.climbed.wide
    assert table.loc["income_alone", "auc"] == pytest.approx(0.792, abs=5e-4)
    assert table.loc["income_alone", "recall"] == pytest.approx(0.354, abs=5e-4)
    assert table.loc["logistic", "auc"] > 0.815
    assert found.kept == "logistic"
    (tmp_path / "taught.toml").write_text(text.replace("refit = true", "poor_teach = true"), encoding="utf-8")
    taught = RiskStudy.read(tmp_path / "taught.toml").run()
    assert taught.climbed.risks["label"].equals(found.climbed.risks["label"])
    assert any("10,030 more rows" in note.say("en") for note in taught.climbed.notes)
    assert any("of the rows can only teach" in note.say("en") for note in taught.leaks.notes)
    assert taught.climbed.notes[0].say("en").startswith("40,000 rows train")
    card = taught.card.frame.set_index("section")
    assert card.loc["taught", "en"].startswith("50,030 rows, of which 10,030 are of households poor at the origin")
    assert card.loc["taught", "zh"].startswith("50,030 行，其中 10,030 行来自起点期已贫困的农户")
    assert found.card.frame.set_index("section").loc["taught", "en"].endswith("rows")
    for lang, words in (("en", "10,030 more rows, such as homes poor at the origin"), ("zh", "另有 10,030 行不在风险集内")):
        assert any(words in getattr(block, "text", "") for block in compose_risk(taught, lang).blocks)
    assert taught.climbed.wide.loc["income_alone", "auc"] == pytest.approx(0.792, abs=5e-4)
    pairs[kept].assign(y=pairs["y"].where(pairs["r"] >= 1, 0)).to_csv(tmp_path / "homes.csv", index=False)
    with pytest.raises(DataError, match="no home that was poor has 'y', as if it meant falling"):
        RiskStudy.read(tmp_path / "taught.toml").run()
    gaps = pairs["lr_f"].where((pairs["r"] >= 1) | (np.arange(len(pairs)) % 2 == 0))
    pairs[kept].assign(lr_f=gaps).to_csv(tmp_path / "homes.csv", index=False)
    half = RiskStudy.read(tmp_path / "taught.toml").run()
    assert half.climbed.spec.later is not None
    assert any(re.search(r"^[45],\d{3} more rows", note.say("en")) for note in half.climbed.notes)
    assert taught.climbed.wide.loc["logistic", "average_precision"] > found.climbed.wide.loc["logistic", "average_precision"]
