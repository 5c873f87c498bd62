"""The register as of a day, against cases worked by hand and a search day by day."""

from datetime import date, timedelta

import numpy as np
import pytest
from store_kinds import HOMES, MEMBERS, held

from evalkit.monitor.linkage.register import Register, homes_as_of, lived, stays_as_of


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    from evalkit.monitor.engine.duck import DuckDB

    with DuckDB(memory="500MB").open([tmp_path_factory.mktemp("store")]) as opened:
        yield opened


def register(engine, homes, members):
    return Register(homes=held(engine, homes, HOMES), members=held(engine, members, MEMBERS))


HAND = (
    [
        (1, "c", "old", True, True, "2020-01-01"),
        (1, "c", "new", True, False, "2023-02-01"),
        (2, "c", "v", False, True, "2020-01-01"),
        (3, "c", "v", False, True, "2024-01-01"),  # registered late
    ],
    [
        (11, 1, "2019-01-01", None, "2019-01-01"),
        (12, 1, "2019-01-01", None, "2019-01-01"),
        (12, 1, "2019-01-01", "2023-01-01", "2023-01-31"),  # moves to home 2, known a month later
        (12, 2, "2023-01-01", None, "2023-01-31"),
        (13, 2, "2019-01-01", "2022-01-01", "2019-01-01"),  # gone
        (14, 9, "2019-01-01", None, "2019-01-01"),  # in a home that is in no register
    ],
)


@pytest.mark.parametrize(
    ("day", "members", "villages"),
    [
        (date(2021, 6, 1), {1: 2, 2: 1}, {1: "old", 2: "v"}),
        (date(2023, 1, 30), {1: 2, 2: 0}, {1: "old", 2: "v"}),  # moved, and not known yet
        (date(2023, 1, 31), {1: 1, 2: 1}, {1: "old", 2: "v"}),
        (date(2024, 1, 1), {1: 1, 2: 1, 3: 0}, {1: "new", 2: "v", 3: "v"}),
    ],
)
def test_homes_and_their_members_are_those_known_on_the_day(engine, day, members, villages):
    found = engine.collect(homes_as_of(engine, register(engine, *HAND), day)).set_index("home").sort_index()
    assert found.columns.tolist() == ["county", "village", "formerly_poor", "labor", "members"]
    assert found["members"].to_dict() == members
    assert found["village"].to_dict() == villages
    assert bool(found.loc[1, "labor"]) is (day.year < 2024)


def answers(engine, stays, asked):
    """Where persons lived on days: rows of (person, day)."""
    rows = [(number, person, day) for number, (person, day) in enumerate(asked)]
    frame = held(engine, rows, {"row": "integer", "person": "integer", "event_date": "date"})
    return engine.collect(lived(frame, stays)).set_index("row").sort_index()


def test_a_person_lives_from_the_first_day_and_no_longer_on_the_last(engine):
    stays = stays_as_of(engine, register(engine, *HAND), date(2024, 1, 1))
    asked = [
        (12, "2022-12-31"),
        (12, "2023-01-01"),
        (13, "2021-12-31"),
        (13, "2022-01-01"),
        (11, "2018-12-31"),
        (14, "2020-01-01"),
        (99, "2020-01-01"),
        (None, "2020-01-01"),
    ]
    found = answers(engine, stays, asked)
    assert found["lives"].fillna(0).tolist() == [1, 2, 2, 0, 0, 0, 0, 0]
    assert found["left"].fillna(0).tolist() == [0, 0, 0, 2, 0, 0, 0, 0]
    assert str(found.loc[3, "left_on"].date()) == "2022-01-01"
    assert not found["shared"].any()


def test_of_two_homes_that_claim_a_person_the_one_known_last_stands_and_the_claim_is_marked(engine):
    members = [
        (1, 1, "2019-01-01", None, "2019-01-01"),
        (1, 2, "2022-01-01", None, "2022-03-01"),  # no row ever closes the first
        (2, 1, "2019-01-01", None, "2023-05-01"),  # known last, though it began first
        (2, 2, "2022-01-01", "2022-02-01", "2022-03-01"),
        (3, 1, "2020-01-01", None, "2020-01-01"),  # known on one day: what began last
        (3, 2, "2021-01-01", None, "2020-01-01"),
    ]
    stays = stays_as_of(engine, register(engine, HAND[0], members), date(2024, 1, 1))
    found = answers(
        engine, stays, [(1, "2021-12-31"), (1, "2022-01-01"), (2, "2022-01-15"), (3, "2020-12-31"), (3, "2021-01-01")]
    )
    assert found["lives"].tolist() == [1, 2, 1, 1, 2]
    assert found["shared"].tolist() == [False, True, True, False, True]
    counted = engine.collect(homes_as_of(engine, register(engine, HAND[0], members), date(2024, 1, 1))).set_index("home")
    assert counted["members"].sum() == 3  # nobody counts twice


def some_members(rng, persons):
    rows = []
    for person in range(1, persons + 1):
        for _ in range(rng.integers(1, 6)):
            start = date(2020, 1, 1) + timedelta(int(rng.integers(0, 40)))
            end = None if rng.random() < 0.4 else start + timedelta(int(rng.integers(-2, 30)))
            known = start + timedelta(int(rng.integers(0, 40)))
            rows.append((person, int(rng.integers(1, 4)), start, end, known))
    return rows


def lives_in(rows, person, day, as_of):
    """Where a person lives on a day, and whether two homes claim the person: row by row."""
    versions = {}
    for who, home, start, end, known in rows:
        if who == person and known <= as_of:
            age = (known, end or date.min)
            if age >= versions.get((home, start), ((date.min, date.min), None))[0]:
                versions[home, start] = (age, end)
    claims = [
        (age[0], start, home) for (home, start), (age, end) in versions.items() if start <= day and (end is None or day < end)
    ]
    return (max(claims)[2] if claims else 0), len({home for *_, home in claims}) > 1


@pytest.mark.parametrize("seed", range(3))
def test_whatever_was_registered_a_person_lives_where_a_search_day_by_day_says(engine, seed):
    rng = np.random.default_rng(seed)
    rows = some_members(rng, 60)
    homes = [(home, "c", "v", True, True, "2020-01-01") for home in (1, 2, 3)]
    as_of = date(2020, 2, 20)
    stays = stays_as_of(engine, register(engine, homes, rows), as_of)
    asked = [(person, date(2019, 12, 30) + timedelta(step)) for person in range(1, 61) for step in range(0, 70, 3)]
    found = answers(engine, stays, asked)
    expected = [lives_in(rows, person, day, as_of) for person, day in asked]
    assert len(found) == len(asked)
    assert found["lives"].fillna(0).tolist() == [home for home, _ in expected]
    assert found["shared"].tolist() == [shared for _, shared in expected]
    assert sum(shared for _, shared in expected) > 20
