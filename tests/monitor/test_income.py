"""Incomes of windows, against figures worked by hand and an oracle in plain pandas."""

from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from evalkit.monitor.income import counted, incomes, two_incomes
from evalkit.monitor.windows import the_window_before, twelve_months

KINDS = {
    "home": "integer",
    "person": "integer",
    "event_date": "date",
    "known_date": "date",
    "amount": "integer",
    "delivery": "word",
    "row": "integer",
}
DAY = date(2024, 6, 30)
WINDOW = twelve_months(DAY)
WAGES = SimpleNamespace(id="wages", covers="month")
ACCOUNTS = SimpleNamespace(id="accounts", covers="year")


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    from evalkit.monitor.engine.duck import DuckDB

    with DuckDB(memory="500MB").open([tmp_path_factory.mktemp("store")]) as opened:
        yield opened


def held(engine, rows):
    """Rows of (home, person, event, known, amount)."""
    frame = pd.DataFrame(rows, columns=["home", "person", "event_date", "known_date", "amount"])
    frame = frame.assign(delivery="d", row=range(len(frame)))
    for name in ("home", "person", "amount"):
        frame[name] = frame[name].astype("Int64")
    for name in ("event_date", "known_date"):
        frame[name] = pd.to_datetime(frame[name])
    return engine.hold(frame, KINDS)


def of(engine, frame):
    return engine.collect(frame).set_index("home").sort_index()


def test_payments_count_from_the_first_to_the_last_day_of_the_window_if_known_by_the_day(engine):
    wages = held(
        engine,
        [
            (1, None, "2023-05-31", "2023-06-10", 1),  # the day before
            (1, None, "2023-06-01", "2023-06-10", 10),
            (1, None, "2024-05-31", "2024-06-30", 100),  # known on the very day
            (1, None, "2024-06-01", "2024-06-02", 1_000),  # the month that is not over
            (1, None, "2024-02-01", "2024-07-01", 10_000),  # known too late
            (1, None, "2024-03-01", "2024-03-02", None),  # nothing was written
            (1, None, "2024-03-01", "2024-03-02", -3),  # a correction
            (None, None, "2024-03-01", "2024-03-02", 7),  # nobody's
        ],
    )
    found = of(engine, incomes(engine, {"wages": wages}, [WAGES], WINDOW, DAY))
    assert found.index.tolist() == [1]
    assert found.loc[1, ["income", "records"]].tolist() == [107, 3]
    days = [str(found.loc[1, name].date()) for name in ("first_event", "last_event", "known_date")]
    assert days == ["2023-06-01", "2024-05-31", "2024-06-30"]
    assert len(engine.collect(counted(wages, WAGES, WINDOW, DAY))) == 3  # its evidence, one row a record


def test_the_newest_yearly_figure_stands_and_the_window_before_has_an_older_one(engine):
    accounts = held(
        engine,
        [
            (1, None, "2021-12-31", "2022-02-01", 700),
            (1, None, "2022-12-31", "2023-02-01", 800),
            (1, None, "2022-12-31", "2023-03-01", 850),  # revised
            (1, None, "2023-12-31", "2024-07-01", 900),  # not known yet
            (2, None, "2023-01-01", "2024-01-01", 50),  # no figure before
            (3, 31, "2023-12-31", "2024-02-01", 5),  # two persons of a home add up
            (3, 32, "2023-12-31", "2024-02-01", 6),
            (3, 31, "2021-12-31", "2022-02-01", 4),  # two years older: the newest there is
        ],
    )
    args = (engine, {"accounts": accounts}, [ACCOUNTS])
    assert of(engine, incomes(*args, WINDOW, DAY))["income"].to_dict() == {1: 850, 2: 50, 3: 11}
    before = of(engine, incomes(*args, the_window_before(WINDOW), DAY, back=1))
    assert before["income"].to_dict() == {1: 700, 3: 4}
    later = date(2025, 1, 31)  # the calendar year 2024, of which there is no figure: that of 2023 stands
    assert of(engine, incomes(*args, twelve_months(later), later))["income"].to_dict() == {1: 900, 2: 50, 3: 11}
    before = of(engine, incomes(*args, the_window_before(twelve_months(later)), later, back=1))
    assert before["income"].to_dict() == {1: 850, 3: 4}


def test_a_yearly_figure_of_the_year_after_the_window_does_not_stand(engine):
    accounts = held(engine, [(1, None, "2024-01-01", "2024-01-05", 9), (1, None, "2023-01-01", "2024-01-05", 8)])
    day = date(2024, 1, 31)  # the window is 2023
    assert of(engine, incomes(engine, {"accounts": accounts}, [ACCOUNTS], twelve_months(day), day))["income"].to_dict() == {1: 8}


def test_a_home_without_records_in_one_window_has_a_gap_there_and_no_zero(engine):
    wages = held(engine, [(1, None, "2023-05-31", "2023-06-10", 5), (2, None, "2024-05-31", "2024-06-10", 0)])
    both = of(engine, two_incomes(engine, {"wages": wages}, [WAGES], WINDOW, DAY))
    assert both["income"].isna().tolist() == [True, False]
    assert both["income_before"].isna().tolist() == [False, True]
    assert both.loc[2, "income"] == 0
    assert both[["records", "records_before"]].to_numpy().tolist() == [[0, 1], [1, 0]]


def test_no_source_gives_no_rows(engine):
    assert engine.collect(incomes(engine, {}, [], WINDOW, DAY)).shape == (0, 6)
    assert engine.collect(two_incomes(engine, {}, [], WINDOW, DAY)).shape == (0, 9)


def random_rows(rng, many):
    event = pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 1300, many), unit="D")
    person = pd.array(rng.integers(0, 3, many), dtype="Int64")
    person[rng.random(many) < 0.5] = pd.NA
    amount = pd.array(rng.integers(-50, 10**12, many), dtype="Int64")
    amount[rng.random(many) < 0.1] = pd.NA
    known = event + pd.to_timedelta(rng.integers(0, 200, many), unit="D")
    return list(zip(rng.integers(1, 40, many), person, event, known, amount, strict=True))


def oracle(rows, source, day, years):
    """Income by home in plain pandas: of the twelve months before the month of the day, or of so many years before."""
    frame = pd.DataFrame(rows, columns=["home", "person", "event", "known", "amount"])
    frame = frame[(frame["known"] <= pd.Timestamp(day)) & frame["amount"].notna()]
    month = frame["event"].dt.to_period("M")
    last = pd.Period(day, "M") - 1 - 12 * years
    if source.covers != "year":
        return frame[(month <= last) & (month > last - 12)].groupby("home")["amount"].sum().astype(int)
    made = {}
    limit = (pd.Period(day, "M") - 1).year
    for home, own in frame[frame["event"].dt.year <= limit].groupby("home"):
        top = own["event"].dt.year.max()
        old = own[own["event"].dt.year <= top - years]
        if len(old):
            chosen = old[old["event"].dt.year == old["event"].dt.year.max()]
            order = chosen.sort_values(["known", "event"], kind="stable")
            made[home] = int(order.groupby("person", dropna=False)["amount"].last().sum())
    return pd.Series(made, dtype=int)


@pytest.mark.parametrize("seed", range(3))
def test_incomes_are_those_of_an_oracle_in_pandas(engine, seed):
    rng = np.random.default_rng(seed)
    rows = {source.id: random_rows(rng, 400) for source in (WAGES, ACCOUNTS)}
    day = date(2023, 1 + seed * 4, 28)
    frames = {name: held(engine, some) for name, some in rows.items()}
    sources, window = [WAGES, ACCOUNTS], twelve_months(day)
    expected = [
        pd.concat([oracle(rows[source.id], source, day, years) for source in sources]).groupby(level=0).sum() for years in (0, 1)
    ]
    now = of(engine, incomes(engine, frames, sources, window, day))["income"]
    before = of(engine, incomes(engine, frames, sources, the_window_before(window), day, back=1))["income"]
    assert now.to_dict() == expected[0].to_dict()
    assert before.to_dict() == expected[1].to_dict()
    both = of(engine, two_incomes(engine, frames, sources, window, day))
    assert both["income"].dropna().to_dict() == now.to_dict()
    assert both["income_before"].dropna().to_dict() == before.to_dict()
    evidence = sum(len(engine.collect(counted(frames[source.id], source, window, day))) for source in sources)
    assert both["records"].sum() == evidence
