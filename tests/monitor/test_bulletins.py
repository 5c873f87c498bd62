"""What bulletins give away together: hand-worked counties; and that one kept apart gives nothing away, by programs of its own."""

from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array

from evalkit.errors import SafetyError, SpecError
from evalkit.monitor.bulletins import FLOWS, given_away, kept_apart
from evalkit.monitor.ledger.changes import as_changes
from evalkit.monitor.ledger.state import case_states
from evalkit.report.monitor.bulletin import BulletinFindings, compose_bulletin, printed_tables
from evalkit.report.monitor.cases import FLOWS as PRINTED_FLOWS
from evalkit.report.monitor.cases import OPEN
from evalkit.study.monitor.bulletins import refuse_given_away

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
    return printed_tables(BulletinFindings(as_of=day, cases=case_states(known), changes=known, least=least))


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
    assert (MARCH, "甲", 0, 0) in given_away([march, april], changes)  # 18 − 30 + 15 = 3


def test_a_flow_that_april_hides_follows_from_the_open_cases_of_both():
    changes = told(flagged=30, visited=5)
    march, april = printed(changes, MARCH), printed(changes, APRIL)
    row = april.flows_in.index("甲")
    assert april.flows.table[row, 1] == 5 and april.flows.hidden[row, 1]
    assert (APRIL, "甲", 3, 1) in given_away([march, april], changes)  # 45 − 40 = 5


def test_within_a_month_the_flows_of_both_tell_what_happened_between():
    changes = pd.concat([told(30, 15), told(0, 0)]).drop_duplicates()
    early = changes["known_date"] == pd.Timestamp("2024-04-20")
    assert early.sum() == 45
    tenth, april = printed(changes, TENTH), printed(changes, APRIL)
    assert (TENTH, "甲", 0, 0) in given_away([tenth, april], changes)


def test_totals_of_the_month_between_are_drawn_by_the_later_bulletin_and_those_of_two_are_not():
    changes = told(flagged=30, visited=15, others=0)
    march = printed(changes, MARCH)
    assert march.open_by[0].hidden[-1, 0]
    assert (MARCH, "", 0, 0) in given_away([march, printed(changes, MAY)], changes)  # 18 − 30 + 15 = 3 again, of April's totals
    assert given_away([march, printed(changes, JUNE)], changes) == []


def test_what_is_named_is_small_and_hidden():
    changes = told(flagged=7, visited=5, others=2)
    march, april = printed(changes, MARCH), printed(changes, APRIL)
    found = given_away([march, april], changes)
    assert {(APRIL, "甲", 3, 0), (APRIL, "", 3, 0)} <= set(found)  # all open cases have grown by the 7 that were flagged
    for day, county, table, column in found:
        one = {MARCH: march, APRIL: april}[day]
        counts = one.flows if table == 3 else one.open_by[table]
        rows = one.flows_in if table == 3 else one.open_in
        at = (rows.index(county) if county else -1, column)
        assert 0 < counts.table[at] < 10 and counts.hidden[at]


def test_what_april_must_hide_is_hidden_and_little_more():
    changes = told(flagged=30, visited=15)
    march, alone = printed(changes, MARCH), printed(changes, APRIL)
    april = kept_apart([march], alone, changes)
    assert april.apart_from == (MARCH,)
    assert given_away([march, april], changes) == []
    pairs = [*zip(april.open_by, alone.open_by, strict=True), (april.flows, alone.flows), (april.drawn, alone.drawn)]
    for one, other in pairs:
        np.testing.assert_array_equal(one.table, other.table)
        assert (one.hidden >= other.hidden).all()
    assert 1 <= sum(int((one.hidden & ~other.hidden).sum()) for one, other in pairs) <= 4
    assert kept_apart([], alone, changes) is alone


def test_what_earlier_bulletins_give_away_by_themselves_asks_for_nothing_and_is_refused_to_be_passed_on():
    changes = pd.concat([told(30, 15), told(0, 0)]).drop_duplicates()
    changes.loc[changes["known_date"] == pd.Timestamp("2024-04-20"), "known_date"] = pd.Timestamp("2024-04-05")
    march, tenth, alone = printed(changes, MARCH), printed(changes, TENTH), printed(changes, APRIL)
    april = kept_apart([march, tenth], alone, changes)
    assert set(given_away([march, tenth, april], changes)) == set(given_away([march, tenth], changes)) != set()
    with pytest.raises(SafetyError, match="with the bulletins of 2024-03-31, 2024-04-10 small counts") as refused:
        refuse_given_away([march, tenth, april], changes)
    assert "甲, open cases by stage, 2024-03-31" in str(refused.value)
    refuse_given_away([march, kept_apart([march], tenth, changes)], changes)


def test_what_one_day_shows_is_no_bulletin_of_another():
    changes = told(flagged=30, visited=15)
    found = BulletinFindings(as_of=APRIL, cases=case_states(changes), changes=changes, printed=printed(changes, MARCH))
    with pytest.raises(SpecError, match="what a bulletin shows is of another day or ledger; found 2024-03-31"):
        compose_bulletin(found, "zh")


def lived(seed, homes=900, counties=5, months=4):
    """A ledger of cases that go their way at random, in counties some of which are small."""
    rng = np.random.default_rng(seed)
    county = rng.choice(counties, homes, p=rng.dirichlet(np.ones(counties)))
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, months * 30, homes), "D")
    at, parts = np.arange(homes), []
    for stage, share, most in (
        ("flagged", 1, 1),
        ("visited", 0.9, 40),
        ("included", 0.6, 20),
        ("helped", 0.8, 40),
        ("resolved", 0.5, 90),
    ):
        goes = rng.random(len(at)) < share
        day = day + pd.to_timedelta(rng.integers(0, most, homes), "D")
        parts.append(pd.DataFrame({"home": at[goes] + 1, "stage": stage, "date": day[at[goes]], "county": county[at[goes]]}))
        if stage == "included":
            rest = at[~goes]
            parts.append(pd.DataFrame({"home": rest + 1, "stage": "not_included", "date": day[rest], "county": county[rest]}))
        at = at[goes]
    frame = pd.concat(parts, ignore_index=True)
    frame["county"] = frame["county"].map("第{}县".format)
    frame = frame.assign(case=1, known_date=frame["date"], source="monitor", reason="medical", measure="industry")
    frame["kind"] = np.where(frame["home"] % 3 == 0, "sudden", "marginal")
    return as_changes(frame.sort_values(["date", "home"], kind="stable", ignore_index=True), JUNE)


def attacked(bulletins, counties):
    """Hidden small cells that an outsider computes: from printed figures alone, by sums as anybody would write them down."""
    sums, bounds, asked = [], [], []

    def cells(found, rows):
        """The variables of a table by county and head, all together under ""; who has no row has none."""
        heads = range(found.table.shape[1])
        named = {}
        for row in (*counties, ""):
            at = rows.index(row) if row in rows else -1
            for head in heads:
                count, hidden = (0, False) if row and row not in rows else (int(found.table[at, head]), found.hidden[at, head])
                named[row, head] = len(bounds)
                asked.append(bool(hidden and 0 < count < 10))
                bounds.append((1, None) if hidden else (count, count))
        for head in heads:
            sums.append({named["", head]: -1, **{named[row, head]: 1 for row in counties}})
        return named

    def unknown():
        bounds.append((0, None))
        asked.append(False)
        return len(bounds) - 1

    kept = []
    for one in bulletins:
        stage, kind, age = (cells(found, one.open_in) for found in one.open_by)
        for part in (stage, kind, age):
            for row in (*counties, ""):
                sums.append({part[row, 4]: -1, **{part[row, head]: 1 for head in range(4)}})
                sums.append({part[row, 4]: 1, stage[row, 4]: -1} if part is not stage else {})
        flow = cells(one.flows, one.flows_in)
        last = [unknown() for _ in FLOWS]
        for at, head in enumerate(last):
            bounds[head] = (0, None) if one.drawn.hidden[0, at] else (int(one.drawn.table[0, at]),) * 2
        kept.append((stage, flow, last))
    for (was, told_then, _), (is_now, told_now, drawn) in pairwise(kept):  # of ends of months, one after the other
        for row in (*counties, ""):
            flow = {name: told_now[row, FLOWS.index(name)] for name in FLOWS}
            sums.append({is_now[row, 0]: 1, was[row, 0]: -1, flow["flagged"]: -1, flow["reopened"]: -1, flow["visited"]: 1})
            sums.append({is_now[row, 1]: 1, was[row, 1]: -1, flow["visited"]: -1, flow["included"]: 1, flow["not_included"]: 1})
            held = {is_now[row, 2]: 1, is_now[row, 3]: 1, was[row, 2]: -1, was[row, 3]: -1}
            sums.append({**held, flow["included"]: -1, flow["resolved"]: 1})
        sums += [{drawn[at]: 1, told_then["", at]: -1} for at in range(len(FLOWS))]
    matrix = np.zeros((len(sums), len(bounds)))
    for line, signs in zip(matrix, sums, strict=True):
        line[list(signs)] = list(signs.values())
    least, most, told = np.full(len(bounds), np.inf), np.full(len(bounds), -np.inf), []
    for at in np.flatnonzero(asked):
        for sign in (1, -1):
            if most[at] - least[at] < 0.5:  # else two worlds are known in which all that is printed is the same
                cost = np.zeros(len(bounds))
                cost[at] = sign
                world = linprog(cost, A_eq=csr_array(matrix), b_eq=np.zeros(len(sums)), bounds=bounds, method="highs")
                assert world.status in (0, 3)
                seen = world.x if world.status == 0 else np.where(np.arange(len(bounds)) == at, np.inf, np.nan)
                least, most = np.fmin(least, seen), np.fmax(most, seen)
        if most[at] - least[at] < 0.5:
            told.append(at)
    return len(told)


@pytest.mark.parametrize("seed", range(3))
def test_bulletins_that_were_kept_apart_give_no_small_count_to_an_outsider(seed):
    """Four months: each alone is safe, together they are not; kept apart they are, and most of what was shown still is."""
    changes = lived(seed)
    counties = sorted(changes["county"].dropna().unique())
    alone = [printed(changes, day) for day in (date(2024, 1, 31), date(2024, 2, 29), MARCH, APRIL)]
    apart = []
    for one in alone:
        apart.append(kept_apart(apart, one, changes[changes["known_date"] <= pd.Timestamp(one.day)]))
    assert attacked(alone, counties) > 0
    assert attacked(apart, counties) == 0
    shown = [sum(int((~found.hidden).sum()) for one in some for found in (*one.open_by, one.flows)) for some in (alone, apart)]
    assert shown[1] > 0.85 * shown[0]


def test_a_cell_that_needs_not_be_hidden_beside_the_last_is_shown():
    """Each cell that is hidden for the sake of March gives something away when it alone is shown again."""
    changes = told(flagged=30, visited=5)
    march, alone = printed(changes, MARCH), printed(changes, APRIL)
    april = kept_apart([march], alone, changes)
    more = np.argwhere(april.flows.hidden & ~alone.flows.hidden).tolist()
    shown = [april.flows.hidden.copy() for _ in more]
    for hidden, (row, column) in zip(shown, more, strict=True):
        hidden[row, column] = False
        assert given_away([march, replace(april, flows=april.flows._replace(hidden=hidden))], changes)
    stage, was = april.open_by[0].hidden, alone.open_by[0].hidden
    assert more or (stage & ~was).any()
