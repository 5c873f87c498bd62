"""The stages of a case, against a small machine of plain Python that goes through changes one by one."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import DataError, SpecError
from evalkit.monitor.ledger.changes import as_changes, canonical, fingerprint
from evalkit.monitor.ledger.faults import FAULTS
from evalkit.monitor.ledger.stages import OPENS, STAGES, faults, next_stages, refuse, repeated
from evalkit.monitor.ledger.state import case_states
from evalkit.panel.pseudonyms import printed

DAY = date(2024, 1, 1)
ORDER = ["flagged", "reopened", "signal", "visited", "included", "not_included", "helped", "resolved"]
LEGAL = {
    "flagged": ["visited"],
    "reopened": ["visited"],
    "visited": ["included", "not_included"],
    "included": ["helped"],
    "helped": ["helped", "resolved"],
    "not_included": [],
    "resolved": [],
}


def change(home, case, stage, day, known=None, **more):
    told = {"county": "甲县", "village": "V1", "kind": None, "source": "township", "reason": None, "measure": None}
    told |= {"reason": "medical"} if stage in ("flagged", "reopened", "signal", "not_included", "resolved") else {}
    told |= {"measure": "dibao"} if stage == "helped" else {}
    happened = DAY + timedelta(days=day)
    learnt = DAY + timedelta(days=day if known is None else known)
    return {"home": home, "case": case, "stage": stage, "date": happened, "known_date": learnt, **told, **more}


def found(rows, before=(), known=400, after=None):
    """(row, fault) of a batch of changes after other changes."""
    prior = case_states(as_changes(pd.DataFrame(list(before) or [change(0, 1, "flagged", 0)]), DAY + timedelta(days=known)))
    prior = prior if before else prior.iloc[:0]
    batch = as_changes(pd.DataFrame(rows), DAY + timedelta(days=known))
    told = faults(batch, prior, known=DAY + timedelta(days=known), after=after)
    return list(zip(told["row"], told["fault"], strict=True))


WHOLE = [
    change(7, 1, "flagged", 0),
    change(7, 1, "visited", 9),
    change(7, 1, "included", 12),
    change(7, 1, "helped", 20),
    change(7, 1, "helped", 30, measure="job"),
    change(7, 1, "resolved", 230),
    change(7, 2, "reopened", 300),
]


class Machine:
    """Goes through changes one by one; knows nothing of arrays."""

    def __init__(self):
        self.cases = {}  # (home, case) → what is known

    def takes(self, batch):
        """Whether every change is legal; they are gone through day by day."""
        rows = sorted(batch, key=lambda r: (r["known_date"], r["home"], r["case"], self.rank(r["stage"]), r["date"]))
        return not [row for row in rows if not self.step(row)]  # goes through all

    @staticmethod
    def rank(stage):
        return {"reopened": 0, "not_included": 4}.get(stage, ORDER.index(stage))

    def step(self, row):
        key, stage = (row["home"], row["case"]), row["stage"]
        case = self.cases.get(key)
        if stage in ("flagged", "reopened"):
            if case is not None:
                return False
            last = self.cases.get((row["home"], row["case"] - 1))
            if row["case"] > 1 and (last is None or LEGAL[last["stage"]] or row["date"] < last["latest"]):
                return False
            if stage != ("reopened" if last is not None and last["stage"] == "resolved" else "flagged"):
                return False
            self.cases[key] = {"stage": stage, "latest": row["date"], "flagged": row["date"], "helps": [], "signals": 0}
            return True
        if case is None:
            return False
        if stage == "signal":
            case["signals"] += 1
            return bool(LEGAL[case["stage"]])
        least = case.get("included", row["date"]) if stage == "helped" else case["latest"]
        if stage not in LEGAL[case["stage"]] or row["date"] < least:
            return False
        case["stage"], case["latest"] = stage, max(case["latest"], row["date"])
        case.setdefault(stage, row["date"])
        if stage == "helped":
            case["helps"].append(row["date"])
        return True


@st.composite
def histories(draw):
    """Batches of changes of two homes that are mostly legal, with what became known rising from batch to batch."""
    cases, day, batches = {1: [], 2: []}, 0, []
    for _ in range(draw(st.integers(1, 3))):
        batch = []
        for _ in range(draw(st.integers(1, 7))):
            home, day = draw(st.sampled_from([1, 2])), day + draw(st.integers(0, 2))
            stages = cases[home]
            options = next_stages(stages[-1] if stages else "")
            wild = draw(st.integers(0, 11)) == 0
            stage = draw(st.sampled_from(ORDER if wild else options))
            number = max(1, sum(s in ("flagged", "reopened") for s in stages) + (stage in ("flagged", "reopened")))
            number += draw(st.integers(0, 20)) == 0
            happened = max(0, day - draw(st.sampled_from([0, 0, 0, 0, 1, 3])))
            batch.append(change(home, number, stage, happened, day, measure=f"m{len(stages)}", reason=f"r{len(stages)}"))
            if stage != "signal":
                stages.append(stage)
            else:
                cases[home] = [*stages]
        batches.append((day, draw(st.permutations(batch))))
    return batches


@settings(max_examples=60, deadline=None)
@given(histories())
def test_a_batch_is_legal_where_a_machine_that_goes_step_by_step_takes_it(batches):
    machine, before = Machine(), []
    for day, batch in batches:
        told = found(batch, before, known=day)
        takes = machine.takes(batch)
        assert takes == (not told), told
        if not takes:
            return
        before += batch
    states = case_states(as_changes(pd.DataFrame(before), DAY + timedelta(days=day)))
    assert [tuple(key) for key in states[["home", "case"]].to_numpy()] == sorted(machine.cases)
    for row in states.to_dict("records"):
        case = machine.cases[row["home"], row["case"]]
        for name in ("flagged", "visited", "included", "not_included", "helped", "resolved"):
            told = min(case["helps"], default=None) if name == "helped" else case.get(name)
            assert (None if pd.isna(row[name]) else row[name].date()) == told, name
        assert (row["stage"], row["measures"], row["signals"]) == (case["stage"], len(case["helps"]), case["signals"])
        assert row["open"] == bool(LEGAL[case["stage"]])
        assert row["latest"].date() == case["latest"]


def test_a_whole_case_is_legal_in_one_batch_or_in_many_and_in_any_order_of_rows():
    assert found(WHOLE) == []
    assert found(WHOLE[::-1]) == []
    for at in range(len(WHOLE)):
        assert found(WHOLE[at:], WHOLE[:at]) == []


@pytest.mark.parametrize(
    ("before", "row", "fault"),
    [
        ([], change(7, 1, "visited", 3), "not_opened"),
        ([], change(7, 2, "flagged", 3), "skips_case"),
        ([], change(7, 1, "reopened", 3), "was_not_resolved"),
        (WHOLE[:1], change(7, 1, "included", 3), "out_of_order"),
        (WHOLE[:1], change(7, 1, "flagged", 3), "already_open"),
        (WHOLE[:1], change(7, 2, "flagged", 3), "still_open"),
        (WHOLE[:2], change(7, 1, "visited", 10), "out_of_order"),
        (WHOLE[:2], change(7, 1, "included", 8), "date_before"),
        (WHOLE[:4], change(7, 1, "helped", 11, measure="job"), "date_before"),
        (WHOLE[:5], change(7, 1, "resolved", 29), "date_before"),
        (WHOLE[:3], change(7, 1, "resolved", 40), "out_of_order"),
        (WHOLE[:6], change(7, 1, "signal", 240), "closed"),
        (WHOLE[:6], change(7, 2, "flagged", 240), "was_resolved"),
        (WHOLE[:6], change(7, 2, "reopened", 229), "date_before"),
        ([], change(7, 1, "flagged", 5, known=4), "not_known_yet"),
        ([], change(7, 1, "flagged", 5, known=401), "known_after"),
        ([], change(7, 1, "flagged", 5, source=None), "no_source"),
        ([], change(7, 1, "flagged", 5, county=None), "no_county"),
        ([], change(7, 1, "flagged", 5, reason=" "), "no_rule"),
        (WHOLE[:2], change(7, 1, "not_included", 10, reason=None), "no_reason"),
        (WHOLE[:3], change(7, 1, "helped", 20, measure=None), "no_measure"),
        (WHOLE[:5], change(7, 1, "resolved", 230, reason=None), "no_grounds"),
        ([], change(7, 1, "flagged", 5, kind="poor"), "no_kind"),
        ([], change(7, 1, "flagged", 5, village="电话13812345678"), "identifier"),
        ([], change(7, 0, "flagged", 5), "no_case"),
        ([], change(7, 1, "watched", 5), "no_stage"),
    ],
)
def test_each_fault_is_told_by_its_name_and_alone(before, row, fault):
    assert found([row], before) == [(1, fault)]


def test_help_that_is_told_late_may_be_older_than_other_help_but_not_than_the_inclusion():
    assert found([change(7, 1, "helped", 13, known=40, measure="job")], WHOLE[:4]) == []


def test_a_case_after_one_that_was_turned_down_is_a_flag():
    turned = [*WHOLE[:2], change(7, 1, "not_included", 12)]
    assert found([change(7, 2, "flagged", 40, source="appeal")], turned) == []
    assert found([change(7, 2, "reopened", 40)], turned) == [(1, "was_not_resolved")]


def test_what_became_known_in_another_order_is_not_legal_on_the_days_between():
    late = [change(7, 1, "flagged", 0, known=30), change(7, 1, "visited", 9, known=20)]
    assert found(late) == [(1, "already_open"), (2, "not_opened")]
    across = [*WHOLE[:5], change(7, 1, "resolved", 230, known=390), change(7, 2, "reopened", 300, known=380)]
    assert found(across) == [(7, "still_open")]


def test_nothing_becomes_known_before_a_day_that_is_settled():
    rows = [change(7, 1, "flagged", 10), change(8, 1, "flagged", 11)]
    assert found(rows, after=DAY + timedelta(days=11)) == [(1, "settled")]


def test_missing_cells_are_faults_and_all_faults_are_told_at_once():
    rows = [change(None, 1, "flagged", 1), change(8, None, "flagged", 1), change(9, 1, "flagged", 1), change(9, 1, "helped", 2)]
    rows[2]["date"] = None
    batch = pd.DataFrame(rows).astype({"home": "Int64", "case": "Int64"})
    told = faults(
        as_changes(batch, DAY + timedelta(days=9)), case_states(as_changes(batch.iloc[:0], DAY)), known=DAY + timedelta(days=9)
    )
    expected = [(1, "no_home"), (2, "no_case"), (3, "no_date"), (4, "out_of_order")]
    assert list(zip(told["row"], told["fault"], strict=True)) == expected
    assert told["detail"].tolist()[-1] == "flagged"


def test_a_refusal_names_rows_and_pseudonyms_and_no_cell():
    phone = "13812345678"
    rows = [change(987654321, 1, "visited", 3), change(5, 1, phone, 3), change(6, 1, "flagged", 3, reason=f"call {phone}")]
    batch = as_changes(pd.DataFrame(rows), DAY + timedelta(days=9))
    told = faults(batch, case_states(batch.iloc[:0]), known=DAY + timedelta(days=9))
    with pytest.raises(DataError) as refused:
        refuse(told)
    text = str(refused.value)
    assert printed([987654321])[0] in text
    assert "row 1" in text and "row 2" in text and "row 3" in text
    assert "987654321" not in text and phone not in text
    refuse(told.iloc[:0])


def test_a_repeated_help_or_signal_is_told_and_another_measure_is_not():
    known = DAY + timedelta(days=400)
    before = as_changes(pd.DataFrame(WHOLE[:4]), known)
    rows = [
        change(7, 1, "helped", 20),
        change(7, 1, "helped", 20, measure="job"),
        change(7, 1, "signal", 25),
        change(7, 1, "signal", 25),
    ]
    told = repeated(as_changes(pd.DataFrame(rows), known), before)
    assert list(zip(told["row"], told["fault"], strict=True)) == [(1, "repeated"), (4, "repeated")]


def test_every_stage_and_fault_has_both_languages():
    assert list(STAGES) == ORDER and set(OPENS.values()) <= set(STAGES)
    for text in (*STAGES.values(), *(part for fault in FAULTS.values() for part in fault)):
        assert text.zh and text.en


def test_rules_of_a_case_are_joined_once_each_in_the_order_they_came():
    rows = [
        change(7, 1, "flagged", 0, reason="medical; drop"),
        change(7, 1, "signal", 5, reason="school; medical"),
        change(7, 1, "signal", 3, reason="flood"),
        change(8, 1, "flagged", 0, reason="flood"),
    ]
    states = case_states(as_changes(pd.DataFrame(rows), DAY + timedelta(days=9)))
    assert states["reason"].tolist() == ["medical; drop; flood; school", "flood"]
    assert states["signals"].tolist() == [2, 0]


def test_the_state_does_not_depend_on_the_order_of_rows():
    generator = np.random.default_rng(5)
    rows = [{**row, "home": home} for home in generator.integers(-(2**62), 2**62, 20).tolist() for row in WHOLE]
    changes = as_changes(pd.DataFrame(rows), DAY + timedelta(days=400))
    expected = case_states(changes)
    for seed in range(3):
        mixed = changes.sample(frac=1, random_state=seed).reset_index(drop=True)
        pd.testing.assert_frame_equal(case_states(mixed), expected)
        assert fingerprint(canonical(mixed)) == fingerprint(canonical(changes))
    assert fingerprint(canonical(changes.iloc[1:].reset_index(drop=True))) != fingerprint(canonical(changes))


def test_keys_of_64_bits_stay_exact_and_floats_are_refused():
    key = 2**62 + 1
    assert as_changes(pd.DataFrame([change(key, 1, "flagged", 0)]), DAY)["home"].tolist() == [key]
    with pytest.raises(DataError, match="'home' of the changes holds no whole numbers; found float64"):
        as_changes(pd.DataFrame([change(1.5e17, 1, "flagged", 0)]), DAY)
    with pytest.raises(DataError, match="'date' of the changes holds figures"):
        as_changes(pd.DataFrame([change(1, 1, "flagged", 0)]).assign(date=20240101), DAY)
    with pytest.raises(DataError, match="needs columns"):
        as_changes(pd.DataFrame({"home": [1]}), DAY)
    with pytest.raises(SpecError, match="must be a date"):
        as_changes(pd.DataFrame([change(1, 1, "flagged", 0)]), "2024-06-30")
