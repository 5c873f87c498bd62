"""Households worked by hand: their records as they were delivered, and the signals, evidence and kind that must come out."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from store_kinds import HOMES, MEMBERS

from evalkit import datasets
from evalkit.monitor.engine.duck import DuckDB
from evalkit.monitor.linkage.linkage import Linkage
from evalkit.monitor.linkage.register import Register, homes_as_of
from evalkit.monitor.rules.form import read_rules
from evalkit.monitor.rules.rules import IncomeBelow
from evalkit.monitor.signals import SignalRules
from evalkit.monitor.sources.sources import read_sources
from evalkit.monitor.windows import month_end, month_number, month_start, months_to

HAND = Path(__file__).parent / "hand"
DAY = date(2024, 6, 30)
LONG_AGO, ALL_LIFE = "2010-01-05", "2010-01-01 .. 2010-01-05"
MISSING = {("C", "employment", 2024, 3), ("D", "civil_affairs", 2023, 1), ("E", "civil_affairs", 2024, 5)}
STATES = {"true": True, "false": False}
POINT = ["source", "delivery", "row"]


@dataclass(frozen=True, kw_only=True)
class Home:
    """One home of the folder `hand`."""

    number: int
    title: str
    county: str
    formerly_poor: bool
    arithmetic: str
    kind: str
    within: bool = False
    complete: bool = True
    absent: bool = False
    variant: str = "plain"
    members: int = 0
    people: str = ""
    records: str = ""
    signals: str = ""
    registered: str = LONG_AGO
    rows: list[dict] = field(default_factory=list)


def homes_of_the_folder() -> list[Home]:
    files = [file for file in sorted(HAND.glob("*.toml")) if file.name != "rules.toml"]
    homes = [Home(**one) for file in files for one in tomllib.loads(file.read_text(encoding="utf-8"))["home"]]
    at = 0
    for home in sorted(homes, key=lambda one: one.number):
        lines = [line.split() for line in home.records.strip().splitlines()]
        for line in lines:
            made = list(records_of(home, line, at))
            home.rows.extend(made)
            at += len(made)
    return homes


def person(word: str, home: int) -> int:
    name, _, other = word.partition("@")
    return int(other or home) * 100 + int(name[1:])


def yuan(word: str) -> int:
    fen = Decimal(word) * 100
    assert fen == int(fen)
    return int(fen)


def records_of(home: Home, line: list[str], at: int):
    """The rows of one line; a stretch of months gives a row each."""
    mark, source, who, when, known, amount, *others = line
    if ".." in when:
        span, day = when.split("@") if "@" in when else (when, "1")
        first, last = (date.fromisoformat(f"{month}-01") for month in span.split(".."))
        days = [month_start(n).replace(day=int(day)) for n in range(month_number(first), month_number(last) + 1)]
    else:
        days = [date.fromisoformat(when)]
    told = dict(part.split("=") for part in others if "=" in part)
    for place, day in enumerate(days):
        row = at + place
        seen = day + timedelta(days=int(known)) if known.startswith("+") else date.fromisoformat(known)
        states = {name: STATES.get(value, int(value) if value.isdigit() else value) for name, value in told.items()}
        states = {name: value for name, value in states.items() if name not in ("no", "home")}
        yield {
            "mark": mark,
            "source": source,
            "household": int(told.get("home", home.number)),
            "person": None if who == "-" else person(who, home.number),
            "number": home.number * 1000 + int(told["no"]) if "no" in told else 10**6 + row,
            "event_date": pd.Timestamp(day),
            "known_date": pd.Timestamp(seen),
            "amount": None if amount == "-" else yuan(amount),
            "county": None,
            "delivery": f"{source}-{seen:%Y%m}",
            "row": row,
            "again": "again" in others,
            **states,
        }


def members_of(home: Home) -> list[dict]:
    told = home.people.strip().splitlines() or [f"p{n} {ALL_LIFE}" for n in range(1, home.members + 1)]
    rows = []
    for who, start, end, known in (line.split() for line in told):
        gone = None if end == ".." else pd.Timestamp(end)
        rows.append(
            {
                "person": person(who, home.number),
                "household": home.number,
                "from_date": pd.Timestamp(start),
                "to_date": gone,
                "known_date": pd.Timestamp(known),
            }
        )
    return rows


def expected_of(home: Home) -> dict[str, tuple[int, int, list[dict]]]:
    """Rule → value, limit and the rows of its evidence."""
    found = {}
    for line in home.signals.strip().splitlines():
        rule, value, limit, marks = line.split()
        value, limit = (yuan(word) if "." in word else int(word) for word in (value, limit))
        rows = []
        for mark in () if marks == "-" else marks.split(",") if "," in marks or ":" in marks else list(marks):
            letter, _, span = mark.partition(":")
            mine = [row for row in home.rows if row["mark"] == letter and not row["again"]]
            if span:
                first, _, last = span.partition("..")
                start, end = date.fromisoformat(f"{first}-01"), date.fromisoformat(f"{last or first}-01")
                until = pd.Timestamp(month_end(month_number(end)))
                mine = [row for row in mine if pd.Timestamp(start) <= row["event_date"] <= until]
            assert mine, f"{mark} names no record"
            rows += mine
        found[rule] = value, limit, rows
    return found


CASES = homes_of_the_folder()


def rule_sets():
    plain = read_rules(HAND / "rules.toml", read_sources(datasets.folder() / "monitor" / "sources.toml"))
    low = plain.the_range

    def other(**changes) -> object:  # of the line alone: no other rule is met by these homes
        return replace(plain, rules=(replace(low, **changes),))

    return {
        "plain": plain,
        "strict": other(strict=True),
        "zero": other(no_record="counts_as_zero"),
        "multiple": other(line=4000, multiple=1.5, by_county={}),
    }


def coverage(sources) -> pd.DataFrame:
    """All monthly deliveries of two years came, but those of `MISSING`."""
    grid = [
        (source.id, county, month, (county, source.id, *divmod(month, 12)) not in {(*m[:3], m[3] - 1) for m in MISSING})
        for source in sources
        if source.refresh == "month"
        for county in "ABCDE"
        for month in months_to(month_number(DAY) - 1, 24).months
    ]
    return pd.DataFrame(grid, columns=["source", "county", "month", "delivered"])


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    with DuckDB(memory="1GB", threads=2).open([tmp_path_factory.mktemp("hand")]) as opened:
        yield opened


@pytest.fixture(scope="module")
def found(engine):
    """Signals, evidence and facts of every variant of the rules, by register, linkage and rules."""
    sources = read_sources(datasets.folder() / "monitor" / "sources.toml")
    register = Register(
        homes=engine.hold(
            pd.DataFrame(
                [
                    {
                        "household": home.number,
                        "county": home.county,
                        "village": f"{home.county}1",
                        "formerly_poor": home.formerly_poor,
                        "labor": True,
                        "known_date": pd.Timestamp(home.registered),
                    }
                    for home in CASES
                ]
            ),
            HOMES,
        ),
        members=engine.hold(
            pd.DataFrame([row for home in CASES for row in members_of(home)]).astype({"to_date": "datetime64[us]"}), MEMBERS
        ),
    )
    rows = pd.DataFrame([row for home in CASES for row in home.rows])
    records = {}
    for source in sources:
        own = rows[rows["source"] == source.id].reindex(columns=list(source.kinds)).astype(object)
        own = own.where(own.notna(), None)
        typed = {
            name: "Int64"
            if kind == "integer"
            else "boolean"
            if kind == "flag"
            else "datetime64[us]"
            if kind == "date"
            else object
            for name, kind in source.kinds.items()
        }
        records[source.id] = engine.hold(own.astype(typed), source.kinds)
    linked = Linkage().measure(engine, records, register, sources, DAY)
    homes = homes_as_of(engine, register, DAY)
    answers = {}
    for variant, rules in rule_sets().items():
        asked = SignalRules(rules=rules)
        signals = asked.find(engine, linked.records, homes, sources=sources, coverage=coverage(sources), as_of=DAY)
        answers[variant] = signals, engine.collect(signals.evidence), engine.collect(signals.facts).set_index("home")
    return answers


def test_there_are_forty_and_more_and_each_is_told():
    numbers = [home.number for home in CASES]
    assert len(set(numbers)) == len(numbers) >= 40
    assert all(home.arithmetic and home.title for home in CASES)


@pytest.mark.parametrize("home", CASES, ids=lambda home: f"{home.number}: {home.title}")
def test_signals_are_those_worked_by_hand(home, found):
    signals, _, _ = found[home.variant]
    mine = signals.frame[signals.frame["home"] == home.number].set_index("rule")
    expected = expected_of(home)
    assert {rule: (row["value"], row["limit"]) for rule, row in mine.iterrows()} == {
        rule: told[:2] for rule, told in expected.items()
    }
    for rule, (_, _, rows) in expected.items():
        row = mine.loc[rule]
        assert row["records"] == len(rows)
        assert (row["county"], row["village"]) == (home.county, f"{home.county}1")
        if not rows:
            assert row[["first_event", "last_event", "known_date"]].isna().all()
            continue
        assert row["first_event"] == min(one["event_date"] for one in rows)
        assert row["last_event"] == max(one["event_date"] for one in rows)
        assert row["known_date"] == max(one["known_date"] for one in rows) <= pd.Timestamp(DAY)


@pytest.mark.parametrize("home", CASES, ids=lambda home: f"{home.number}: {home.title}")
def test_evidence_is_the_very_records(home, found):
    _, evidence, _ = found[home.variant]
    mine = evidence[evidence["home"] == home.number]
    for rule, (_, _, rows) in expected_of(home).items():
        told = mine[mine["rule"] == rule]
        assert sorted(told[POINT].itertuples(index=False, name=None)) == sorted(
            tuple(one[part] for part in POINT) for one in rows
        )
        amounts = {one["row"]: one["amount"] for one in rows}
        assert {
            row: None if pd.isna(amount) else amount for row, amount in zip(told["row"], told["amount"], strict=True)
        } == amounts
    assert set(mine["rule"]) == {rule for rule, told in expected_of(home).items() if told[2]}


@pytest.mark.parametrize("home", CASES, ids=lambda home: f"{home.number}: {home.title}")
def test_facts_and_kinds_are_those_worked_by_hand(home, found):
    signals, _, facts = found[home.variant]
    if home.absent:
        assert home.number not in facts.index
        return
    row = facts.loc[home.number]
    assert (bool(row["within"]), bool(row["complete"])) == (home.within, home.complete)
    mine = signals.frame[signals.frame["home"] == home.number]
    struck = bool((mine["channel"] == "shock").any())
    kind = ("unstable" if home.formerly_poor else "marginal") if row["within"] else "sudden" if struck else "none"
    assert kind == home.kind
    assert bool(row["formerly_poor"]) == home.formerly_poor


def test_what_could_not_be_judged_is_counted(found):
    told = found["plain"][0].unjudged.set_index(["rule", "county", "reason"])["homes"]
    by = {
        county: sum(1 for home in CASES if home.county == county and not home.absent) for county in "ACDE"
    }  # every variant looks at all homes
    assert told["low", "C", "delivery_missing"] == 1  # 22: 71 has enough, 72 draws no wages, 73 has every month
    assert told["job_loss", "C", "delivery_missing"] == by["C"] == 4
    assert told["drop", "D", "delivery_missing"] == 1  # 26, and not 70
    assert ("low", "D", "delivery_missing") not in told.index
    assert told["dibao", "E", "delivery_missing"] == by["E"] == 1
    assert ("low", "E", "delivery_missing") not in told.index  # 57 is above the line whatever is missing
    assert told["low", "A", "no_record"] == 2  # 15 and 16
    assert told["low", "A", "no_members"] == 1  # 23
    assert ("low", "A", "no_record") not in found["zero"][0].unjudged.set_index(["rule", "county", "reason"]).index


def test_homes_without_an_income_on_record_are_told(found):
    plain, zero = (" ".join(note.text.en for note in found[variant][0].notes) for variant in ("plain", "zero"))
    assert "2 homes have no record of an income in two years: they are not taken as without income" in plain
    assert "2 homes have no record of an income in two years: rules low count them as without income" in zero


def test_the_rules_of_the_folder_are_every_kind():
    rules = read_rules(HAND / "rules.toml")
    assert len({type(rule) for rule in rules.rules}) == 7
    assert isinstance(rules.the_range, IncomeBelow)
