"""Triage against a home-by-home reading of its rules, hand-worked days, and laws: one kind a home, nobody lost."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import DataError, SpecError
from evalkit.monitor.triage.capacity import VillageCapacity, lots
from evalkit.monitor.triage.history import History
from evalkit.monitor.triage.triage import STATUSES, Triage, flags
from evalkit.panel.household_kinds import KINDS

DAY = date(2024, 6, 30)
RULES = {
    "below": ("income", 1),
    "drop": ("income", 2),
    "medical": ("shock", 2),
    "disaster": ("shock", 1),
    "water": ("guarantee", 3),
}


def signals(*rows):
    """Rows of (home, rule, first event, known); the village is 10 homes wide."""
    frame = pd.DataFrame(rows, columns=["home", "rule", "first_event", "known_date"])
    frame["home"] = frame["home"].astype(np.int64)
    for name in ("first_event", "known_date"):
        frame[name] = pd.to_datetime(frame[name])
    frame["last_event"] = frame["first_event"]
    frame["channel"], frame["level"] = (frame["rule"].map({k: v[at] for k, v in RULES.items()}) for at in (0, 1))
    return frame.assign(county="C1", village="V" + (frame["home"] // 10).astype(str))


def facts(homes, within=(), poor=(), unknown=()):
    homes = np.array(sorted(set(homes)), dtype=np.int64)
    inside = pd.array(np.isin(homes, list(within)), dtype="boolean")
    inside[np.isin(homes, list(unknown))] = pd.NA
    village = [f"V{home // 10}" for home in homes]
    poor_ = np.isin(homes, list(poor))
    return pd.DataFrame({"home": homes, "county": "C1", "village": village, "formerly_poor": poor_, "within": inside})


def case(home, stage, flagged="2024-03-31", visited=None, closed=None, number=1, reason="below"):
    return {
        "home": home,
        "case": number,
        "county": "C1",
        "village": f"V{home // 10}",
        "kind": "marginal",
        "stage": stage,
        "flagged": flagged,
        "visited": visited,
        "not_included": closed if stage == "not_included" else None,
        "resolved": closed if stage == "resolved" else None,
        "reason": reason,
    }


def history(*cases):
    return History.of(pd.DataFrame(list(cases)))


def test_kinds_of_the_four_homes():
    """Within and once poor; within and not; above and struck; above with a guarantee failing only: no kind, but a visit."""
    told = signals(
        (1, "below", "2024-05-01", "2024-06-01"),
        (2, "below", "2024-05-01", "2024-06-01"),
        (2, "medical", "2024-05-01", "2024-06-01"),
        (3, "medical", "2024-05-01", "2024-06-01"),
        (4, "water", "2024-05-01", "2024-06-01"),
    )
    found = Triage().measure(told, facts([1, 2, 3, 4], within=[1, 2], poor=[1, 3]), DAY)
    assert found.frame["kind"].to_dict() == {1: "unstable", 2: "marginal", 3: "sudden", 4: "none"}
    assert found.frame["reasons"].to_dict() == {1: "below", 2: "below; medical", 3: "medical", 4: "water"}
    assert found.frame["listed"].all() and (found.frame["status"] == "new").all()
    assert found.frame["level"].tolist() == [1, 1, 2, 3]
    assert found.frame["place"].tolist()[:1] != [0] and sorted(found.frame["place"]) == [1, 2, 3, 4]
    assert found.frame.loc[4, "place"] == 4 and found.frame.loc[3, "place"] == 3
    assert (found.frame["since"] == pd.Timestamp(DAY)).all()


def test_an_income_that_is_not_known_is_said():
    told = signals((1, "medical", "2024-05-01", "2024-06-01"), (2, "water", "2024-05-01", "2024-06-01"))
    found = Triage().measure(told, facts([1, 2], unknown=[1, 2]), DAY)
    assert found.frame["kind"].to_dict() == {1: "sudden", 2: "none"}
    assert any(note.kind == "caution" and "income of 2 homes" in note.text.en for note in found.notes)


def test_an_income_that_is_not_complete_is_not_known():
    """`Signals.facts` say False for within where they are not complete."""
    told = signals((1, "medical", "2024-05-01", "2024-06-01"), (2, "medical", "2024-05-01", "2024-06-01"))
    about = facts([1, 2], within=[1]).assign(complete=[True, False])
    found = Triage().measure(told, about, DAY)
    assert found.frame["kind"].tolist() == ["marginal", "sudden"]
    assert any("income of 1 home" in note.text.en for note in found.notes)


def test_a_signal_without_dates_opens_a_resolved_case_and_no_other():
    """An income of nothing has no evidence: once resolved it is looked at again; while open it is known by its rule."""
    told = signals((1, "below", None, None), (2, "below", None, None), (3, "below", None, None))
    known = history(
        case(1, "resolved", visited="2024-04-05", closed="2024-05-01"),
        case(2, "visited", visited="2024-04-05"),
        case(3, "not_included", visited="2024-04-05", closed="2024-05-01"),
    )
    found = Triage().measure(told, facts([1, 2, 3]), DAY, known).frame
    assert found["status"].tolist() == ["reopened", "handled", "handled"]


def test_what_the_ledger_knows():
    """Six homes with cases: waiting, handled, a fresh rule, the same rule with younger evidence, closed without and after."""
    told = signals(
        (1, "below", "2024-02-01", "2024-03-01"),  # waits since March: still waiting
        (2, "below", "2024-02-01", "2024-03-01"),  # visited: handled
        (3, "below", "2024-02-01", "2024-03-01"),
        (3, "disaster", "2024-06-02", "2024-06-05"),  # fresh, level 1: listed anew
        (4, "medical", "2024-06-02", "2024-06-05"),  # fresh, level 2: told only
        (5, "below", "2024-04-15", "2024-06-05"),  # told on 31 March, all evidence younger: fresh
        (6, "below", "2024-02-01", "2024-03-01"),  # visited and not included: decided on
        (7, "below", "2024-05-20", "2024-06-05"),  # not included on 1 May, all evidence younger: a new case
        (8, "medical", "2024-02-01", "2024-04-30"),  # known when the risk was resolved on 1 May
        (9, "medical", "2024-02-01", "2024-05-02"),  # became known after it
    )
    known = history(
        case(1, "flagged"),
        case(2, "visited", visited="2024-04-05"),
        case(3, "helped", visited="2024-04-05"),
        case(4, "included", visited="2024-04-05"),
        case(5, "included", visited="2024-04-05"),
        case(6, "not_included", visited="2024-04-05", closed="2024-05-01"),
        case(7, "not_included", visited="2024-04-05", closed="2024-05-01"),
        case(8, "resolved", visited="2024-04-05", closed="2024-05-01"),
        case(9, "resolved", visited="2024-04-05", closed="2024-05-01"),
    )
    found = Triage().measure(told, facts(range(1, 10), within=range(1, 10)), DAY, known).frame
    assert found["status"].tolist() == [
        "waiting",
        "handled",
        "signal",
        "signal",
        "signal",
        "handled",
        "new",
        "handled",
        "reopened",
    ]
    assert found["listed"].tolist() == [True, False, True, False, True, False, True, False, True]
    assert found["fresh"].tolist() == ["", "", "disaster", "medical", "below", "", "below", "", "medical"]
    assert found["case"].tolist() == [1, 1, 1, 1, 1, 1, 2, 1, 2]
    assert found.loc[1, "since"] == pd.Timestamp("2024-03-31") and found.loc[9, "since"] == pd.Timestamp(DAY)


def test_what_is_told_to_the_ledger():
    told = signals(
        (1, "below", "2024-05-01", "2024-06-01"),
        (2, "below", "2024-02-01", "2024-03-01"),
        (2, "medical", "2024-06-01", "2024-06-05"),
        (3, "medical", "2024-02-01", "2024-05-02"),
        (4, "below", "2024-02-01", "2024-03-01"),
    )
    known = history(
        case(2, "flagged"),
        case(3, "resolved", visited="2024-04-05", closed="2024-05-01"),
        case(4, "visited", visited="2024-04-05"),
    )
    rows = flags(Triage().measure(told, facts([1, 2, 3, 4], within=[1, 2]), DAY, known))
    assert rows[["home", "case", "stage", "reason"]].values.tolist() == [
        [1, 1, "flagged", "below"],
        [2, 1, "signal", "medical"],
        [3, 2, "reopened", "medical"],
    ]
    assert (rows["date"] == pd.Timestamp(DAY)).all() and (rows["source"] == "monitor").all()


def test_told_again_the_next_day_there_is_nothing_to_tell():
    """What `flags` said, given back as changes of the ledger, is known: no row is told twice."""
    told = signals((1, "below", "2024-05-01", "2024-06-01"), (1, "medical", "2024-05-01", "2024-06-01"))
    about = facts([1], within=[1])
    rows = flags(Triage().measure(told, about, DAY))
    state = pd.DataFrame([case(1, "flagged", flagged=str(DAY), reason="anything")])
    again = Triage().measure(told, about, date(2024, 7, 31), History.of(state, rows))
    assert again.frame["status"].tolist() == ["waiting"]
    assert not len(flags(again))


def test_a_home_that_waits_is_kept_though_its_signal_is_gone():
    """Nothing closes a case but people: it stays on the list with the kind and reasons it was flagged with."""
    known = history(case(1, "flagged", reason="below; water"))
    found = Triage(levels={"water": 2}).measure(signals(), facts([1]), DAY, known).frame
    row = found.loc[1]
    assert (row["status"], row["kind"], row["reasons"], row["level"], bool(row["listed"])) == (
        "waiting",
        "marginal",
        "below; water",
        2,
        True,
    )


def test_those_who_wait_come_first_in_their_level_the_longest_before_all():
    rows = [(home, "drop", "2024-05-01", "2024-06-01") for home in (1, 2, 3)] + [(4, "disaster", "2024-05-01", "2024-06-01")]
    known = history(case(2, "flagged", "2024-04-30", reason="drop"), case(3, "flagged", "2024-02-29", reason="drop"))
    risk = pd.Series({1: 0.99, 2: 0.1, 3: 0.2, 4: 0.0})
    found = Triage(capacity=VillageCapacity(default=3)).measure(signals(*rows), facts([1, 2, 3, 4]), DAY, known, risk)
    assert found.frame["place"].to_dict() == {4: 1, 3: 2, 2: 3, 1: 4}
    assert found.frame["listed"].to_dict() == {1: False, 2: True, 3: True, 4: True}
    assert found.villages.values.tolist() == [["C1", "V0", 3, 4, 3, 1]]


def test_a_score_orders_and_takes_nobody_off():
    rows = [(home, "drop", "2024-05-01", "2024-06-01") for home in (1, 2, 3)]
    about, risk = facts([1, 2, 3, 4, 5, 6]), pd.Series({1: 0.1, 2: 0.3, 4: 0.95, 5: 0.9, 6: 0.5})
    spec = Triage(capacity=VillageCapacity(default=5))
    found = spec.measure(signals(*rows), about, DAY, risk=risk)
    assert found.frame["place"].to_dict() == {2: 1, 1: 2, 3: 3}
    slots = Triage(capacity=VillageCapacity(default=5), by_risk=3).measure(signals(*rows), about, DAY, risk=risk)
    assert slots.frame["place"].to_dict() == {2: 1, 1: 2, 3: 3, 4: 4, 5: 5}
    assert slots.frame.loc[[4, 5], "reasons"].tolist() == ["risk_score"] * 2
    full = Triage(capacity=VillageCapacity(default=3), by_risk=3).measure(signals(*rows), about, DAY, risk=risk)
    assert full.frame.index.tolist() == [1, 2, 3]
    gone = history(case(4, "not_included", visited="2024-04-05", closed="2024-05-01"))
    asked = Triage(capacity=VillageCapacity(default=5), by_risk=3).measure(signals(*rows), about, DAY, gone, risk)
    assert asked.frame.index.tolist() == [1, 2, 3, 5, 6]


def test_ties_are_by_lot_and_said():
    rows = [(home, "drop", "2024-05-01", "2024-06-01") for home in range(10)]
    found = Triage(capacity=VillageCapacity(default=4)).measure(signals(*rows), facts(range(10)), DAY)
    by_lot = np.argsort(lots(np.arange(10), DAY))
    assert found.frame["place"].sort_values().index.tolist() == by_lot.tolist()
    assert any("in 1 village" in note.text.en and "among 10 homes" in note.text.en for note in found.notes)
    other = Triage(capacity=VillageCapacity(default=4), seed=1).measure(signals(*rows), facts(range(10)), DAY)
    assert other.frame["place"].tolist() != found.frame["place"].tolist()


def test_lots_are_even():
    """Each of 40 homes comes first about as often: chi-squared of 4,000 days on 39 degrees below its 99.9 % point, 72.06."""
    homes = np.arange(40) * 7_919
    first = [int(np.argmin(lots(homes, date.fromordinal(730_000 + day)))) for day in range(4_000)]
    counts = np.bincount(first, minlength=40)
    assert ((counts - 100) ** 2 / 100).sum() < 72.06


DATES = st.dates(date(2024, 1, 1), DAY).map(str)


@st.composite
def days(draw):
    """A day: signals, facts, cases and risks of up to 25 homes in three villages."""
    homes = draw(st.lists(st.integers(0, 29), min_size=1, max_size=25, unique=True))
    rows = []
    for home in homes:
        for rule in draw(st.lists(st.sampled_from(sorted(RULES)), max_size=3, unique=True)):
            first = draw(DATES)
            rows.append((home, rule, first, max(first, draw(DATES))))
    cases = []
    for home in draw(st.lists(st.integers(0, 29), max_size=12, unique=True)):
        stage = draw(st.sampled_from(["flagged", "visited", "not_included", "resolved"]))
        flagged, visited, closed = sorted(draw(st.tuples(DATES, DATES, DATES)))
        reason = "; ".join(draw(st.lists(st.sampled_from(sorted(RULES)), min_size=1, max_size=2, unique=True)))
        ended = closed if stage in ("not_included", "resolved") else None
        cases.append(case(home, stage, flagged, None if stage == "flagged" else visited, ended, reason=reason))
    everyone = range(30)
    about = facts(
        everyone, draw(st.sets(st.integers(0, 29))), draw(st.sets(st.integers(0, 29))), draw(st.sets(st.integers(0, 29)))
    )
    risk = draw(st.dictionaries(st.integers(0, 29), st.sampled_from([0.1, 0.2, 0.3])))
    return rows, about, cases, pd.Series(risk, dtype=float), draw(st.integers(0, 5))


def one_by_one(rows, about, cases, risk, room):
    """Triage read out home by home; what it says of each, and the list of each village."""
    told, of = {}, {one["home"]: one for one in cases}
    for home, rule, first, learnt in rows:
        told.setdefault(home, []).append((rule, first, learnt))
    out = {}
    for home in sorted({*told, *(h for h, one in of.items() if one["stage"] == "flagged")}):
        one, mine = of.get(home), told.get(home, [])
        if one is None:
            fresh = [rule for rule, _, _ in mine]
        elif one["stage"] == "resolved":
            fresh = [rule for rule, _, learnt in mine if learnt > one["resolved"]]
        else:
            since = one["not_included"] or one["flagged"]
            fresh = [rule for rule, first, _ in mine if rule not in one["reason"].split("; ") or first > since]
        if one is not None and one["stage"] == "flagged":
            status = "waiting"
        elif not fresh:
            status = "handled"
        elif one is None or one["stage"] == "not_included":
            status = "new"
        else:
            status = {"visited": "signal", "resolved": "reopened"}[one["stage"]]
        listed_by = [rule for rule, _, _ in mine] or one["reason"].split("; ")
        level = min((RULES[rule][1] for rule in listed_by), default=3)
        row = about.set_index("home").loc[home]
        within, poor = row["within"] is not pd.NA and bool(row["within"]), bool(row["formerly_poor"])
        struck = any(RULES[rule][0] == "shock" for rule, _, _ in mine)
        kind = ("unstable" if poor else "marginal") if within else "sudden" if struck else "none"
        since = str(DAY) if status in ("new", "reopened") else one["flagged"]
        due = status in ("new", "waiting", "reopened") or any(status == "signal" and RULES[rule][1] == 1 for rule in fresh)
        out[home] = {
            "kind": kind if mine else one["kind"],
            "status": status,
            "fresh": "; ".join(sorted(fresh)),
            "level": level,
            "since": since,
            "due": due,
        }
    for village in range(3):
        mine = [home for home in out if home // 10 == village and out[home]["due"]]
        lot = dict(zip(mine, lots(np.array(mine, dtype=np.int64), DAY).tolist(), strict=True))

        def key(home, lot=lot):
            one, waits = out[home], out[home]["status"] == "waiting"
            score = risk.get(home, -np.inf)
            return (one["level"], not waits, one["since"] if waits else "", -score, one["since"], lot[home])

        for place, home in enumerate(sorted(mine, key=key), start=1):
            out[home] |= {"place": place, "listed": place <= room}
    return out


@settings(max_examples=50)
@given(days())
def test_home_by_home(day):
    rows, about, cases, risk, room = day
    levels = {rule: level for rule, (_, level) in RULES.items()}
    spec = Triage(capacity=VillageCapacity(default=room), levels=levels)
    found = spec.measure(signals(*rows), about, DAY, history(*cases) if cases else None, risk)
    expected = one_by_one(rows, about, cases, risk, room)
    assert found.frame.index.tolist() == sorted(expected)
    for home, row in found.frame.iterrows():
        one = expected[home]
        said = (
            row["kind"],
            row["status"],
            row["fresh"],
            row["level"],
            str(row["since"].date()),
            row["place"],
            bool(row["listed"]),
        )
        assert said == (
            one["kind"],
            one["status"],
            one["fresh"],
            one["level"],
            one["since"],
            one.get("place", 0),
            one.get("listed", False),
        )


@settings(max_examples=25)
@given(days(), st.randoms(use_true_random=False))
def test_laws(day, random):
    rows, about, cases, risk, room = day
    spec, known = Triage(capacity=VillageCapacity(default=room), by_risk=1), history(*cases) if cases else None
    found = spec.measure(signals(*rows), about, DAY, known, risk)
    frame = found.frame
    assert frame["kind"].isin(list(KINDS)).all() and frame["status"].isin(list(STATUSES)).all()
    assert {home for home, *_ in rows} <= set(frame.index)  # nobody with a signal is lost
    assert (frame[frame["listed"]].groupby(["county", "village"]).size() <= room).all()
    by = frame[frame["place"] > 0].groupby(["county", "village"])["place"]
    assert (by.nunique() == by.size()).all() and (by.max() == by.size()).all()
    assert (found.villages["due"] == found.villages["listed"] + found.villages["left"]).all()
    shuffled, about_ = list(rows), about.sample(frac=1, random_state=random.randint(0, 9))
    random.shuffle(shuffled)
    again = spec.measure(signals(*shuffled), about_, DAY, known, risk.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(again.frame, frame)
    ruled = Triage(capacity=VillageCapacity(default=room)).measure(signals(*rows), about, DAY, known).frame
    assert ruled.index.isin(frame.index).all()  # a score takes nobody off
    told = flags(found)
    assert not told["home"].duplicated().any() and (told["reason"] != "").all()


def test_capacity_by_village():
    spec = VillageCapacity(default=1, villages={"V1": 2, "C2/V1": 0, "V9": 4})
    places = pd.DataFrame({"county": ["C1", "C2", "C1"], "village": ["V1", "V1", "V2"]})
    assert spec.of(places).tolist() == [2, 0, 1]
    assert spec.unused(places) == ("V9",)


@pytest.mark.parametrize(
    "wrong",
    [
        {"capacity": 5},
        {"order": ()},
        {"order": ("level", "level")},
        {"order": ("income",)},
        {"by_risk": -1},
        {"levels": {"below": 7}},
        {"seed": 0.5},
    ],
)
def test_wrong_questions(wrong):
    with pytest.raises(SpecError):
        Triage(**wrong)


@pytest.mark.parametrize(
    ("wrong", "what", "found", "do"),
    [
        (
            {"order": ("level", "level")},
            "Triage order names each thing once",
            "('level', 'level')",
            "use some of ('level', 'risk', 'since')",
        ),
        ({"levels": ("below",)}, "Triage levels must be levels by rule", "('below',)", 'write {"medical": 2}'),
    ],
)
def test_a_wrong_question_is_told_what_to_write(wrong, what, found, do):
    with pytest.raises(SpecError) as refused:
        Triage(**wrong)
    assert (refused.value.what, refused.value.found, refused.value.do) == (what, found, do)


def test_wrong_capacities():
    with pytest.raises(SpecError):
        VillageCapacity(default=-1)
    with pytest.raises(SpecError):
        VillageCapacity(villages={"V1": 2.5})
    with pytest.raises(SpecError):
        VillageCapacity(villages=[3])


def test_wrong_data():
    told = signals((1, "below", "2024-05-01", "2024-06-01"))
    spec = Triage()
    with pytest.raises(DataError, match="needs facts"):
        spec.measure(told, facts([2]), DAY)
    with pytest.raises(DataError, match="twice"):
        spec.measure(told, pd.concat([facts([1]), facts([1])]), DAY)
    with pytest.raises(DataError, match="twice"):
        spec.measure(pd.concat([told, told]), facts([1]), DAY)
    with pytest.raises(DataError, match="channel"):
        spec.measure(told.drop(columns="channel"), facts([1]), DAY)
    for risk in (pd.Series(["high"], index=[1]), pd.Series([0.1, 0.2], index=[1, 1]), {1: 0.1}):
        with pytest.raises(DataError, match=r"Series of numbers by home, each home once; found .* To do: give one score of each"):
            spec.measure(told, facts([1]), DAY, risk=risk)
    with pytest.raises(DataError, match="reason"):
        History.of(pd.DataFrame([case(1, "flagged")]).drop(columns="reason"))
