"""What two bulletins give away together: a hand-worked county, and what is not given away."""

from datetime import date

import pandas as pd

from evalkit.monitor.bulletins import FLOWS, Printed, given_away
from evalkit.monitor.ledger.changes import as_changes
from evalkit.monitor.ledger.state import case_states
from evalkit.report.monitor.cases import FLOWS as PRINTED_FLOWS
from evalkit.report.monitor.cases import OPEN, OpenCases, flows

MARCH, TENTH, APRIL, MAY, JUNE = date(2024, 3, 31), date(2024, 4, 10), date(2024, 4, 30), date(2024, 5, 31), date(2024, 6, 30)
PATHS = {  # how many cases of each county had come to a stage by the end of March
    "甲": {"flagged": 3, "visited": 40, "included": 40, "helped": 40},
    "乙": {"flagged": 40, "visited": 40, "included": 40, "helped": 40},
    "丙": {"flagged": 40, "visited": 40, "included": 40, "helped": 40},
}
ORDER = ("flagged", "visited", "included", "helped")


def told(flagged, visited, others=40):
    """The ledger after March, where so many others wait, and of 甲 so many flagged and visited in April: old ones, then new."""
    day = "2024-04-20"
    rows, home = [], 0
    waiting = []
    for county, counts in PATHS.items():
        for stage, many in counts.items():
            for _ in range(others if stage == "flagged" and county != "甲" else many):
                home += 1
                rows += [(home, one, "2024-03-10", county) for one in ORDER[: ORDER.index(stage) + 1]]
                waiting += [home] if (county, stage) == ("甲", "flagged") else []
    new = list(range(home + 1, home + 1 + flagged))
    rows += [(one, "flagged", day, "甲") for one in new]
    rows += [(one, "visited", day, "甲") for one in [*waiting, *new][:visited]]
    frame = pd.DataFrame(rows, columns=["home", "stage", "date", "county"])
    frame = frame.assign(case=1, known_date=frame["date"], source="monitor", reason="medical", measure="industry", kind="sudden")
    return as_changes(frame, APRIL)


def printed(changes, day, least=10):
    known = changes[changes["known_date"] <= pd.Timestamp(day)]
    openly, month = OpenCases.of(case_states(known), day, least), flows(known, day, least)
    open_by = (openly.stage.found, openly.kind.found, openly.age.found)
    return Printed(day=day, open_in=openly.stage.rows, open_by=open_by, flows_in=month.rows, flows=month.found)


def test_the_columns_are_those_of_the_bulletin():
    assert tuple(PRINTED_FLOWS) == FLOWS
    assert tuple(OPEN) == ORDER


def test_a_count_that_march_hides_follows_from_april():
    changes = told(flagged=30, visited=15)
    march, april = printed(changes, MARCH), printed(changes, APRIL)
    assert march.open_by[0].hidden[march.open_in.index("甲"), 0]
    row = april.open_in.index("甲")
    assert [april.open_by[0].table[row, 0], april.flows.table[row, 0], april.flows.table[row, 1]] == [18, 30, 15]
    assert not april.open_by[0].hidden[row, 0] and not april.flows.hidden[row, :2].any()
    assert (MARCH, "甲", 0, 0) in given_away(march, april, changes)  # 18 − 30 + 15 = 3


def test_a_flow_that_april_hides_follows_from_the_open_cases_of_both():
    changes = told(flagged=30, visited=5)
    march, april = printed(changes, MARCH), printed(changes, APRIL)
    row = april.flows_in.index("甲")
    assert april.flows.table[row, 1] == 5 and april.flows.hidden[row, 1]
    assert (APRIL, "甲", 3, 1) in given_away(march, april, changes)  # 45 − 40 = 5


def test_within_a_month_the_flows_of_both_tell_what_happened_between():
    changes = pd.concat([told(30, 15), told(0, 0)]).drop_duplicates()
    early = changes["known_date"] == pd.Timestamp("2024-04-20")
    assert early.sum() == 45
    tenth, april = printed(changes, TENTH), printed(changes, APRIL)
    assert (TENTH, "甲", 0, 0) in given_away(tenth, april, changes)


def test_totals_of_the_month_between_are_drawn_by_the_later_bulletin_and_those_of_two_are_not():
    changes = told(flagged=30, visited=15, others=0)
    march = printed(changes, MARCH)
    assert march.open_by[0].hidden[-1, 0]
    assert (MARCH, "", 0, 0) in given_away(march, printed(changes, MAY), changes)  # 18 − 30 + 15 = 3 again, of April's totals
    assert given_away(march, printed(changes, JUNE), changes) == []


def test_what_is_named_is_small_and_hidden():
    changes = told(flagged=7, visited=5, others=2)
    march, april = printed(changes, MARCH), printed(changes, APRIL)
    found = given_away(march, april, changes)
    assert {(APRIL, "甲", 3, 0), (APRIL, "", 3, 0)} <= set(found)  # all open cases have grown by the 7 that were flagged
    for day, county, table, column in found:
        one = {MARCH: march, APRIL: april}[day]
        counts = one.flows if table == 3 else one.open_by[table]
        rows = one.flows_in if table == 3 else one.open_in
        at = (rows.index(county) if county else -1, column)
        assert 0 < counts.table[at] < 10 and counts.hidden[at]
