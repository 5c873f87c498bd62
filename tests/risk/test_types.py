"""The three kinds of monitored households are exclusive, and follow the documents."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import EvalkitError
from evalkit.risk.labels.types import KINDS, MonitoringTypes, Threshold, monitoring_kind
from evalkit.simulate import HouseholdSimulation

ROW = st.tuples(st.floats(0, 20_000), st.booleans(), st.booleans(), st.booleans())


def table(rows) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["income_pc", "formerly_poor", "ill", "risk"])
    return frame.assign(income_pc=frame["income_pc"].astype(float))


@given(st.lists(ROW, min_size=1, max_size=30), st.booleans())
def test_exactly_one_kind_a_household_and_as_documents_say(rows, strict):
    frame = table(rows)
    spec = MonitoringTypes(range=6000.0, shocks=("ill",), at_risk="risk", strict=strict)
    found = spec.measure(frame)
    kind = found.frame["kind"].astype(str)
    assert kind.isin(KINDS).all()
    assert found.counts["rows"].sum() == len(frame)
    inside = frame["income_pc"] < 6000 if strict else frame["income_pc"] <= 6000
    conditions = {
        "unstable": inside & frame["formerly_poor"] & frame["risk"],
        "marginal": inside & ~frame["formerly_poor"] & frame["risk"],
        "sudden": ~inside & frame["ill"] & frame["risk"],
    }
    every = np.stack([rule.to_numpy() for rule in conditions.values()])
    assert (every.sum(axis=0) <= 1).all()
    for name, rule in conditions.items():
        assert (rule == (kind == name)).all()
    assert ((kind == "none") == ~every.any(axis=0)).all()


def test_all_eight_cases():
    """Above the range without a shock nobody is monitored; within it a shock changes nothing."""
    cases = pd.MultiIndex.from_product([[True, False]] * 3, names=["within", "poor", "struck"]).to_frame(index=False)
    code = monitoring_kind(*(cases[name].to_numpy() for name in cases), np.ones(8, dtype=bool))
    assert [list(KINDS)[at] for at in code] == ["unstable"] * 2 + ["marginal"] * 2 + ["sudden", "none"] * 2
    assert (monitoring_kind(*(cases[name].to_numpy() for name in cases), np.zeros(8, dtype=bool)) == 0).all()


def test_names_are_those_of_the_documents():
    assert [KINDS[kind].zh for kind in ("unstable", "marginal", "sudden")] == ["脱贫不稳定户", "边缘易致贫户", "突发严重困难户"]


def test_shocks_by_threshold():
    """Medical costs of 5,000 yuan, or of two fifths of income; who has no income and costs is struck."""
    columns = {"income_pc": 9e3, "income": [30e3, 10e3, 0.0, 0.0], "medical": [6e3, 4e3, 1.0, 0.0]}
    frame = pd.DataFrame({**columns, "formerly_poor": 0})
    fixed = MonitoringTypes(range=6000.0, shocks=(Threshold(column="medical", least=5000.0),)).measure(frame)
    assert fixed.frame["struck"].tolist() == [True, False, False, False]
    share = MonitoringTypes(range=6000.0, shocks=(Threshold(column="medical", least=0.4, of="income"),)).measure(frame)
    assert share.frame["struck"].tolist() == [False, True, True, False]
    assert (share.frame["kind"] == "sudden").tolist() == [False, True, True, False]


def test_every_year_of_a_province_has_its_own_range():
    people = HouseholdSimulation(households=2_000, villages=20, counties=2, periods=(2021, 2022), seed=2).draw()
    frame = people.frame.join(people.homes, on="unit").assign(limit=lambda f: 1.5 * f["line"])
    found = MonitoringTypes(range="limit", shocks=("illness", "disaster")).measure(frame)
    assert (found.frame["within"] == (frame["income_pc"] <= frame["limit"])).all()
    assert found.counts["rows"].min() > 0
    assert found.frame.index.equals(frame.index)


def test_notes_say_what_was_chosen_and_that_it_is_no_decision():
    frame = table([(5e3, True, True, True)])
    notes = MonitoringTypes(range=6000.0, shocks=("ill",), version="2021").measure(frame).notes
    text = " ".join(note.text.en for note in notes)
    assert "2021" in text
    assert "not decisions" in text
    assert "income decides" in text
    assert "cannot be seen" in " ".join(note.text.en for note in MonitoringTypes(range=6000.0).measure(frame).notes)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda f: MonitoringTypes(range=6000.0).measure("f"),
        lambda f: MonitoringTypes(range=6000.0).measure(f["income_pc"]),
        lambda f: MonitoringTypes(range=6000.0).measure(f.iloc[:0]),
        lambda f: MonitoringTypes(range=6000.0).measure(f.assign(income_pc=np.nan)),
        lambda f: MonitoringTypes(range=6000.0).measure(f.assign(income_pc="5000")),
        lambda f: MonitoringTypes(range=6000.0).measure(f.assign(formerly_poor=2)),
        lambda f: MonitoringTypes(range=6000.0, shocks=("il",)).measure(f),
        lambda f: MonitoringTypes(range="limit").measure(f.assign(limit=0.0)),
        lambda f: MonitoringTypes(range=0.0),
        lambda f: MonitoringTypes(range=None),
        lambda f: MonitoringTypes(range=6000.0, shocks=["ill"]),
        lambda f: MonitoringTypes(range=6000.0, shocks="ill"),
        lambda f: MonitoringTypes(range=6000.0, strict=1),
        lambda f: Threshold(column="medical", least=-1),
        lambda f: Threshold(column="", least=1),
    ],
)
def test_what_comes_wrong_is_refused_in_words(wrong):
    with pytest.raises(EvalkitError):
        wrong(table([(5e3, True, False, True)]))
