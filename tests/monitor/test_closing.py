"""Conditions of resolution, case by case, each worked by hand."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from evalkit.errors import DataError, SpecError
from evalkit.monitor.ledger.changes import as_changes
from evalkit.monitor.ledger.closing import CONDITIONS, ClosingConditions, HomeFacts
from evalkit.monitor.ledger.ledger import Ledger
from evalkit.monitor.ledger.state import LedgerState, case_states
from evalkit.monitor.windows import six_month_ends

AS_OF = date(2024, 7, 1)  # its six month ends: 31 January to 30 June
ENDS = pd.to_datetime(pd.Series(six_month_ends(AS_OF)))
SPEC = ClosingConditions()

# home → (what is told of it, the conditions that are missing)
CASES = {
    1: ("all met", ""),
    2: ("included on 2 January: six months are over on 2 July", "months"),
    3: ("included on 1 January: six months are over on 1 July", ""),
    4: ("no measure yet", "measures"),
    5: ("below the range at the end of March", "income"),
    6: ("the end of April is not known", "income"),
    7: ("a shock stands", "burden"),
    8: ("a drop of income stands", "burden"),
    9: ("a dwelling fails", "guarantees"),
    10: ("nobody can work", "labor"),
    11: ("it is not known whether somebody can work", "labor"),
    12: ("in a county whose insurance lists did not come", "guarantees"),
    13: ("nothing is met", "months; measures; income; burden; guarantees; labor"),
}


def state_of(as_of=AS_OF):
    rows = []
    for home in CASES:
        county = "乙县" if home == 12 else "甲县"
        included = {2: "2024-01-02", 3: "2024-01-01", 13: "2024-06-20"}.get(home, "2023-11-30")
        told = {"home": home, "case": 1, "source": "township", "date": included, "county": county}
        rows += [{**told, "stage": "flagged", "date": "2023-10-31", "reason": "medical"}, {**told, "stage": "visited"}]
        rows.append({**told, "stage": "included"})
        if home not in (4, 13):
            rows.append({**told, "stage": "helped", "measure": "job"})
    rows.append({**told, "home": 20, "stage": "flagged", "reason": "medical"})  # not included
    rows += [{**rows[k], "home": 21} for k in range(4)]
    rows.append({**rows[-1], "stage": "resolved", "reason": "visit", "date": "2024-06-30"})  # closed
    changes = as_changes(pd.DataFrame(rows), as_of)
    return LedgerState(spec=None, frame=case_states(changes), as_of=as_of)


def facts_of():
    homes = list(CASES)
    months = pd.DataFrame({"home": np.repeat(homes, 6), "month_end": np.tile(ENDS, len(homes)), "above": True})
    march, april = pd.Timestamp(2024, 3, 31), pd.Timestamp(2024, 4, 30)
    months.loc[(months["home"] == 5) & (months["month_end"] == march), "above"] = False
    months = months[~((months["home"] == 6) & (months["month_end"] == april))]
    months.loc[months["home"] == 13, "above"] = False
    earlier = pd.DataFrame({"home": homes, "month_end": pd.Timestamp(2023, 12, 31), "above": False})  # before the half-year
    signals = {"home": [7, 8, 9, 13, 13], "channel": ["shock", "income", "guarantee", "shock", "guarantee"]}
    labor = pd.Series(True, index=homes, dtype="boolean")
    labor[[10, 13]], labor[11] = False, pd.NA
    return HomeFacts(
        months=pd.concat([months, earlier]),
        signals=pd.DataFrame(signals),
        homes=pd.DataFrame({"home": homes, "labor": labor.array}),
        unjudged=pd.DataFrame({"county": ["乙县"], "channel": ["guarantee"]}),
    )


def test_each_home_lacks_what_was_planted_and_nothing_else():
    found = SPEC.measure(state_of(), facts_of(), AS_OF)
    missing = dict(zip(found.frame["home"], found.frame["missing"], strict=True))
    assert missing == {home: lacking for home, (_, lacking) in CASES.items()}
    assert found.frame["met"].tolist() == [not lacking for _, lacking in CASES.values()]


def test_what_is_not_known_is_missing_and_not_false():
    frame = SPEC.measure(state_of(), facts_of(), AS_OF).frame.set_index("home")
    assert frame.loc[6, "income"] is pd.NA and frame.loc[11, "labor"] is pd.NA and frame.loc[12, "guarantees"] is pd.NA
    assert not frame.loc[5, "income"] and not frame.loc[10, "labor"]
    assert str(frame.dtypes["income"]) == "boolean"


def test_notes_say_it_proposes_who_stays_open_and_what_is_unknown():
    notes = [note.text.en for note in SPEC.measure(state_of(), facts_of(), AS_OF).notes]
    assert notes[0].startswith("Of 13 open cases, 2 meet all conditions. This is a proposal")
    assert notes[1].startswith("2 stay open because nobody") and notes[2].startswith("Of 3 some condition cannot be judged")


def test_conditions_are_parameters():
    frame = replace(SPEC, no_labor="may_close", measures=0, months=7).measure(state_of(), facts_of(), AS_OF).frame
    missing = dict(zip(frame["home"], frame["missing"], strict=True))
    assert [missing[home] for home in (1, 3, 4, 10, 11)] == ["", "months", "", "", ""]
    assert replace(SPEC, stable_months=2).measure(state_of(), facts_of(), AS_OF).frame.set_index("home").loc[5, "income"]


def test_six_months_from_the_end_of_august_are_over_at_the_end_of_february():
    told = {"home": 1, "case": 1, "source": "township", "county": "甲县", "date": "2023-08-31"}
    rows = [{**told, "stage": "flagged", "reason": "r"}, {**told, "stage": "visited"}, {**told, "stage": "included"}]
    state = LedgerState(spec=None, frame=case_states(as_changes(pd.DataFrame(rows), date(2023, 9, 1))))
    for day, met in ((date(2024, 2, 28), False), (date(2024, 2, 29), True)):
        assert SPEC.measure(state, facts_of(), day).frame["months"].tolist() == [met]


def test_income_at_the_range_counts_and_a_margin_is_exact():
    facts = facts_of()
    money = facts.months[["home", "month_end"]].assign(limit=3_480_001, income=3_480_001)
    exact = replace(facts, months=money.assign(income=3_654_002))  # 5 % more is 3,654,001.05 fen
    short = replace(facts, months=money.assign(income=3_654_001))
    assert SPEC.measure(state_of(), replace(facts, months=money), AS_OF).frame["income"].iloc[0]
    margin = replace(SPEC, margin=500)
    assert margin.measure(state_of(), exact, AS_OF).frame["income"].iloc[0]
    assert not margin.measure(state_of(), short, AS_OF).frame["income"].iloc[0]
    with pytest.raises(DataError, match=r"HomeFacts months needs columns \[income, limit\]"):
        margin.measure(state_of(), facts, AS_OF)


def test_a_resolution_that_does_not_meet_them_is_refused_with_their_names(tmp_path):
    batch = pd.DataFrame({"home": [1, 5, 13, 20], "case": 1, "stage": "resolved", "date": "2024-06-30"})
    batch = batch.assign(reason="visit", source="township")
    found = SPEC.refuse(batch, SPEC.measure(state_of(), facts_of(), AS_OF))
    assert found["row"].tolist() == [2, 3, 4]
    assert found["detail"].tolist() == ["income", CASES[13][1], "included before this batch"]
    assert set(found["fault"]) == {"not_closable"}
    assert SPEC.refuse(batch.assign(stage="helped", measure="job"), SPEC.measure(state_of(), facts_of(), AS_OF)).empty
    with pytest.raises(DataError, match=r"row 2 \(home .*\): the conditions of resolution are not met: income\. "):
        Ledger(tmp_path / "ledger").append(batch.iloc[:2], known=AS_OF, also=found)


def test_it_asks_of_a_day_and_of_no_later_knowledge():
    with pytest.raises(DataError, match=rf"knows what became known after the day; found {AS_OF}\. "):
        SPEC.measure(state_of(), facts_of(), date(2024, 6, 1))
    with pytest.raises(DataError, match=r"HomeFacts homes holds some rows twice; .* keep one row of each home\."):
        replace(facts_of(), homes=pd.DataFrame({"home": [1, 1], "labor": True}))
    with pytest.raises(DataError, match=r"HomeFacts months holds some rows twice; .* keep one row of each home and month_end\."):
        replace(facts_of(), months=pd.DataFrame({"home": [1, 1], "month_end": AS_OF}))
    with pytest.raises(DataError, match="HomeFacts signals needs columns"):
        replace(facts_of(), signals=pd.DataFrame({"home": [1]}))
    with pytest.raises(SpecError, match="no_labor"):
        ClosingConditions(no_labor="closes")
    with pytest.raises(SpecError, match="stable_months"):
        ClosingConditions(stable_months=0)
    assert all(text.zh and text.en for text in CONDITIONS.values())
    empty = LedgerState(spec=None, frame=state_of().frame.iloc[:0])
    assert SPEC.measure(empty, facts_of(), AS_OF).frame.empty
