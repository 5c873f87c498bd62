"""Signals against an oracle in plain pandas on simulated records, against planted events, and by what must always hold."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from evalkit.datasets import folder
from evalkit.errors import DataError, SpecError
from evalkit.monitor.linkage.linkage import Linkage
from evalkit.monitor.linkage.register import Register, homes_as_of
from evalkit.monitor.quality.quality import coverage
from evalkit.monitor.rules.form import read_rules
from evalkit.monitor.rules.rules import SpendingAbove, Stopped
from evalkit.monitor.signals import REASONS, SignalRules
from evalkit.monitor.signals.coverage import lacking
from evalkit.monitor.sources.sources import HOMES, MEMBERS, read_sources
from evalkit.monitor.windows import Window, month_number, the_window_before, twelve_months, year_to_date
from evalkit.simulate import DefectModel, DepartmentRecords, HouseholdSimulation
from evalkit.terms import Text

DAY = date(2024, 1, 31)
NOW, BEFORE = twelve_months(DAY), the_window_before(twelve_months(DAY))
SIMULATED = HouseholdSimulation(households=1500, villages=15, counties=3, periods=(2022, 2023))
RECORDS = DepartmentRecords(years=(2022, 2023), defects=DefectModel(missing=0.01))
SOURCES = read_sources(folder() / "monitor" / "sources.toml")
RULES = read_rules("rules", SOURCES)
KIND = {"key": "integer", "word": "word", "flag": "flag", "date": "date"}
EVENTS = {  # planted event → the rule that must find it
    "job_loss": "job_loss",
    "dropout": "dropout",
    "insurance_lapse": "insurance_lapsed",
    "unsafe_dwelling": "dwelling_unsafe",
    "unsafe_water": "water_unsafe",
    "disaster": "disaster",
}


def number(keys):
    return pd.Series(keys).astype("str").str[1:].astype("Int64").to_numpy()


def stored(source, table):
    """A simulated table as the door would have stored it."""
    none = pd.array([None] * len(table), dtype="Int64")
    frame = pd.DataFrame({"household": number(table["unit"]), "number": table["record"].astype("Int64")})
    frame["person"] = pd.array(number(table["person"]), dtype="Int64") if "person" in table else none
    frame[["event_date", "known_date"]] = table[["event_date", "known_date"]]
    frame["amount"] = (table["amount"] * 100).round().astype("Int64") if "amount" in table else none
    frame["county"] = None
    for name, state in source.states.items():
        frame[name] = table[name].astype("str") if state.kind == "word" else table[name]
    return frame.assign(delivery=f"{source.id}-1", row=np.arange(len(table)))


def accounts(frame):
    """Yearly figures of business, property and pensions, told in February of the next year."""
    told = frame.reset_index()
    year = told["period"].astype(str)
    return pd.DataFrame(
        {
            "unit": told["unit"],
            "record": 10**9 + np.arange(len(told)),
            "event_date": pd.to_datetime(year + "-12-31"),
            "known_date": pd.to_datetime(year + "-12-31") + pd.Timedelta(days=20),
            "amount": told[["business", "property", "pension"]].sum(axis=1),
        }
    )


@pytest.fixture(scope="module")
def truth():
    return SIMULATED.draw(), RECORDS.draw(SIMULATED)


@pytest.fixture(scope="module")
def engine(duck):
    return duck


@pytest.fixture(scope="module")
def ground(engine, truth):
    """Linked records, homes and coverage, in the engine and as pandas frames."""
    homes, drawn = truth
    rows = homes.homes.reset_index()
    known = pd.Timestamp("2021-01-01")
    table = pd.DataFrame({"household": number(rows["unit"]), "labor": True, "known_date": known})
    table[["county", "village", "formerly_poor"]] = rows[["county", "village", "formerly_poor"]].astype(
        {"county": "str", "village": "str"}
    )
    people = drawn.members[["from_date", "to_date", "known_date"]].assign(
        person=number(drawn.members["person"]), household=number(drawn.members["unit"])
    )
    register = Register(
        homes=engine.hold(table, {name: KIND[reads] for name, reads in HOMES.items()}),
        members=engine.hold(people, {name: KIND[reads] for name, reads in MEMBERS.items()}),
    )
    tables = {**drawn.tables, "accounts": accounts(homes.frame)}
    records = {source.id: engine.hold(stored(source, tables[source.id]), source.kinds) for source in SOURCES}
    linked = Linkage().measure(engine, records, register, SOURCES, DAY)
    as_of = homes_as_of(engine, register, DAY)
    covered = pd.concat([coverage(engine, linked.records[s.id], s, as_of, DAY) for s in SOURCES], ignore_index=True)
    plain = {name: engine.collect(frame) for name, frame in linked.records.items()}
    return linked.records, as_of, covered, plain, engine.collect(as_of).set_index("home")


@pytest.fixture(scope="module")
def found(engine, ground):
    return SignalRules(rules=RULES).find(engine, *ground[:2], sources=SOURCES, coverage=ground[2], as_of=DAY)


@pytest.fixture(scope="module")
def evidence(engine, found):
    return engine.collect(found.evidence)


# ---- the oracle


def span(frame, window):
    return frame[frame["event_date"].between(pd.Timestamp(window.first), pd.Timestamp(window.last)) & frame["amount"].notna()]


def income_rows(plain, window, back):
    """The records of income of a window; of accounts the newest year, or the newest before that."""
    parts = []
    for name in RULES.income:
        rows = plain[name].assign(source=name)
        if name != "accounts":
            parts.append(span(rows, window))
            continue
        year = rows["event_date"].dt.year
        rows, year = rows[year <= NOW.last.year], year[year <= NOW.last.year]
        top = year.groupby(rows["home"]).transform("max")
        if back:
            rows, year, top = rows[year < top], year[year < top], top[year < top]
            top = year.groupby(rows["home"]).transform("max")
        newest = rows[year == top].sort_values(["known_date", "event_date", "delivery", "row"])
        parts.append(newest.drop_duplicates(["home", "person"], keep="last"))
    return pd.concat(parts, ignore_index=True)


def summed(rows, value="sum"):
    told = rows.groupby("home").agg(
        value=("amount", value),
        records=("row", "size"),
        first_event=("event_date", "min"),
        last_event=("event_date", "max"),
        known_date=("known_date", "max"),
    )
    return told.astype({"value": "int64"})


def newest(rows, key, shows):
    """Rows of the last event, of those known last, that show a state."""
    for day in ("event_date", "known_date"):
        rows = rows[rows[day] == rows.groupby(key)[day].transform("max")]
    return rows[shows(rows)]


def closed(covered, sources, months):
    """Counties without one of the monthly deliveries."""
    monthly = {source.id for source in SOURCES if source.refresh == "month"}
    rows = covered[covered["source"].isin(sources) & covered["month"].isin(months)]
    wanted = {s: set(months) for s in sources if s in monthly}
    bad = set(rows.loc[~rows["delivered"], "county"])
    for county in ("C001", "C002", "C003"):
        mine = rows[(rows["county"] == county) & rows["delivered"]]
        if any(not wanted[s] <= set(mine.loc[mine["source"] == s, "month"]) for s in wanted):
            bad.add(county)
    return bad


def doubt(plain, homes, covered, window):
    """Homes whose income of a window may lack payments: they draw on a source that a delivery of did not come."""
    found = set()
    for source in (one for one in SOURCES if one.id in RULES.income):
        some = homes[homes["county"].isin(closed(covered, [source.id], list(window.months)))]
        if source.covers == "year":
            found |= set(some.index)
            continue
        paid = plain[source.id]
        paid = paid[paid["home"].isin(some.index) & paid["amount"].notna()]
        paid = paid[paid["event_date"].between(pd.Timestamp(BEFORE.first), pd.Timestamp(NOW.last))]
        months = span(paid, window).groupby("home")["event_date"].agg(lambda days: days.dt.to_period("M").nunique())
        whole = set(months.index[months == len(window.months)]) if source.covers == "month" else set()
        found |= set(paid["home"]) - whole
    return found


def oracle(ground):
    """Every signal of the shipped rules, worked out by pandas."""
    _, _, covered, plain, homes = ground
    low = RULES.the_range
    now_rows, before_rows = income_rows(plain, NOW, 0), income_rows(plain, BEFORE, 1)
    now, before = summed(now_rows), summed(before_rows)
    doubt_now = doubt(plain, homes, covered, NOW)
    doubt_both = doubt(plain, homes, covered, Window(BEFORE.first, NOW.last))
    parts = {}
    told = homes[homes["members"] > 0].join(now)
    told = told[told["records"].notna() | told.index.isin(before.index)].fillna({"value": 0, "records": 0})
    told["limit"] = low.limits.standard * told["members"]
    parts["income_low"] = told[(told["value"] < told["limit"]) & ~told.index.isin(doubt_now)]
    both = summed(pd.concat([now_rows, before_rows]))
    told = homes[~homes.index.isin(doubt_both)].join(both.drop(columns="value"), how="inner")
    told["value"] = now["value"].reindex(told.index, fill_value=0)
    told["was"] = before["value"].reindex(told.index, fill_value=0)
    told["limit"] = told["was"] * 7 // 10
    parts["income_drop"] = told[(told["was"] > 0) & (told["value"] * 10 <= told["was"] * 7)]
    medical, poor = plain["medical"], homes["formerly_poor"].astype(bool)
    year = homes.join(summed(span(medical, year_to_date(DAY))), how="inner")
    for rule, who, least in (("medical_registered", True, 500_000), ("medical_others", False, 2_000_000)):
        parts[rule] = year[(poor.reindex(year.index) == who) & (year["value"] >= least)].assign(limit=least)
    late = medical[(medical["event_date"] >= pd.Timestamp(NOW.first)) & (medical["event_date"] <= pd.Timestamp(DAY))]
    for rule, who, least in (("single_stay_registered", True, 600_000), ("single_stay_others", False, 1_000_000)):
        large = homes.join(summed(late[late["amount"] > least], "max"), how="inner")
        parts[rule] = large[poor.reindex(large.index) == who].assign(limit=least)
    school = plain["education"]
    school_now = school[school["event_date"].between("2023-09-01", "2023-12-31") & school["amount"].notna()]
    told = homes.join(summed(school_now), how="inner")
    parts["education_costs"] = told[told["value"] > 1_000_000].assign(limit=1_000_000)
    spent = summed(pd.concat([span(plain[name], NOW) for name in ("medical", "education", "disaster")]))
    told = homes[~homes.index.isin(doubt_now)].join(spent, how="inner")
    told = told[told.index.isin(now.index) | told.index.isin(before.index)]
    income = now["value"].reindex(told.index, fill_value=0).clip(lower=0)
    told["limit"] = np.maximum(-(-income * 6 // 10), 500_000)
    parts["rigid_spending"] = told[(told["value"] >= told["limit"])]
    hit = plain["disaster"][plain["disaster"]["event_date"] >= pd.Timestamp(NOW.first)]
    parts["disaster"] = homes.join(summed(hit, "max"), how="inner").assign(limit=0)
    unsafe = {
        "insurance_lapsed": ("insurance", lambda rows: ~rows["insured"].astype(bool)),
        "dwelling_unsafe": ("housing", lambda rows: rows["grade"].isin(["C", "D"])),
        "water_unsafe": ("water", lambda rows: ~rows["safe"].astype(bool)),
    }
    for rule, (table, shows) in unsafe.items():
        shown = newest(plain[table], "home", shows).assign(amount=1)
        parts[rule] = homes.join(summed(shown, "max"), how="inner").assign(limit=1)
    out = newest(
        school[school["event_date"] >= pd.Timestamp(NOW.first)],
        "person",
        lambda rows: ~rows["enrolled"].astype(bool) & (rows["stage"] == "compulsory"),
    )
    children = out.groupby("home")["person"].nunique()
    parts["dropout"] = homes.join(summed(out.assign(amount=1)), how="inner").assign(limit=1, value=children)
    parts["job_loss"] = lost_work(
        plain["employment"], homes[~homes["county"].isin(closed(covered, ["employment"], list(NOW.months)))]
    )
    shut = closed(covered, ["civil_affairs"], [month_number(date(2023, 11, 1)), month_number(date(2023, 12, 1))])
    parts["dibao_stopped"] = no_dibao(plain["civil_affairs"], homes[~homes["county"].isin(shut)])
    columns = ["value", "limit", "records", "first_event", "last_event", "known_date"]
    every = [part[columns].assign(rule=rule).reset_index(names="home") for rule, part in parts.items()]
    return pd.concat(every, ignore_index=True).sort_values(["home", "rule"], ignore_index=True)


def lost_work(work, homes):
    """Home by home: the newest record says 0, and one of the last twelve months was above 0."""
    parts = []
    for home, rows in (
        work[work["event_date"] >= pd.Timestamp(NOW.first)].sort_values(["event_date", "known_date"]).groupby("home")
    ):
        above = np.flatnonzero(rows["at_work"].to_numpy() > 0)
        if home in homes.index and len(above) and rows["at_work"].iloc[-1] == 0:
            parts.append(rows.iloc[above[-1] :])
    return homes.join(summed(pd.concat(parts).assign(amount=1), "max"), how="inner").assign(limit=1)


def no_dibao(paid, homes):
    """Paid in August to October, and not since."""
    paid = paid[paid["amount"] > 0]
    since = set(paid.loc[paid["event_date"] >= "2023-11-01", "home"])
    rows = paid[paid["event_date"].between("2023-08-01", "2023-10-31") & ~paid["home"].isin(since)]
    last = (
        month_number(date(2023, 12, 1))
        - (rows["event_date"].dt.year * 12 + rows["event_date"].dt.month - 1).groupby(rows["home"]).max()
    )
    return homes.join(summed(rows), how="inner").assign(limit=2, value=last)


def test_every_signal_is_that_of_the_oracle(found, ground):
    expected = oracle(ground)
    counts = expected["rule"].value_counts()
    assert len(counts) >= 13, counts  # a rule that nobody meets is not tested
    told = found.frame[expected.columns].copy()
    for name in ("home", "value", "limit", "records"):
        told[name], expected[name] = told[name].astype("int64"), expected[name].astype("int64")
    for name in ("first_event", "last_event", "known_date"):
        told[name], expected[name] = told[name].astype("datetime64[us]"), expected[name].astype("datetime64[us]")
    told["rule"], expected["rule"] = told["rule"].astype("str"), expected["rule"].astype("str")
    pd.testing.assert_frame_equal(told, expected, check_index_type=False)


def test_there_are_as_many_rows_of_evidence_as_records(found, evidence):
    counts = evidence.groupby(["home", "rule"]).agg(
        records=("row", "size"),
        first_event=("event_date", "min"),
        last_event=("event_date", "max"),
        known_date=("known_date", "max"),
        paid=("amount", "sum"),
    )
    told = found.frame.set_index(["home", "rule"])
    told = told.assign(records=told["records"].astype("int64"))
    assert counts["records"].reindex(told.index, fill_value=0).tolist() == told["records"].tolist()
    assert set(counts.index) <= set(told.index)
    some = told[told["records"] > 0]
    for name in ("first_event", "last_event", "known_date"):
        assert (counts[name].reindex(some.index) == some[name]).all()
    sums = some[
        some.index.get_level_values("rule").isin(
            ["income_low", "medical_registered", "medical_others", "education_costs", "rigid_spending"]
        )
    ]
    assert (counts["paid"].reindex(sums.index) == sums["value"]).all()
    assert not evidence.duplicated(["home", "rule", "source", "delivery", "row"]).any()


def test_planted_events_are_found_or_accounted_for(found, evidence, ground, truth):
    """Every event of 2023 whose record arrived in time, under its own home, in a county that was judged."""
    events, defects = truth[1].events, truth[1].defects
    shown = events[events["event"].isin(list(EVENTS)) & events["delivered"] & (events["known_date"] <= pd.Timestamp(DAY))]
    shown = shown[shown["date"].dt.year == 2023]
    astray = defects[defects["defect"].isin(["wrong_id", "old_home"])].set_index(["table", "record"]).index
    shown = shown[~pd.MultiIndex.from_frame(shown[["table", "record"]].astype({"table": "str"})).isin(astray)]
    unjudged = found.unjudged[found.unjudged["reason"] == "delivery_missing"]
    shut = set(zip(unjudged["rule"], unjudged["county"], strict=True))
    rule, county = shown["event"].astype("str").map(EVENTS), ground[4]["county"].reindex(number(shown["unit"])).to_numpy()
    judged = [pair not in shut for pair in zip(rule, county, strict=True)]
    keys = set(zip(number(shown["unit"])[judged], rule[judged], strict=True))
    told = set(zip(found.frame["home"], found.frame["rule"], strict=True))
    missed = keys - told
    assert len(keys) > 50
    assert not missed


def test_states_that_are_told_are_true(found, truth):
    """A signal of a state is a home in it, or one that a wrong key put there."""
    last = truth[0].frame.xs(2023, level="period")
    wrong = truth[1].defects[truth[1].defects["defect"] == "wrong_id"]
    for rule, column, good in (
        ("water_unsafe", "unsafe_water", False),
        ("dwelling_unsafe", "unsafe_dwelling", False),
        ("insurance_lapsed", "insured", True),
    ):
        homes = found.frame.loc[found.frame["rule"] == rule, "home"].astype(int)
        state = last[column].set_axis(pd.Index(number(last.index))).reindex(homes)
        false = int((state == good).sum())
        assert len(homes) > 5
        assert false <= len(wrong[wrong["table"].isin(["water", "housing", "insurance"])]), rule


def test_homes_that_draw_on_what_never_came_are_not_judged_by_income(found, ground, engine):
    _, _, covered, plain, homes = ground
    doubted = doubt(plain, homes, covered, NOW)
    assert 20 < len(doubted) < len(homes) - 20, "the simulation has both kinds"
    told = found.frame[found.frame["rule"].isin(["income_low", "rigid_spending"])]
    assert not told["home"].isin(doubted).any()
    rows = engine.collect(found.doubted)
    assert set(rows.loc[rows["rule"] == "income_low", "home"]) <= doubted
    counts = found.unjudged[found.unjudged["reason"] == "delivery_missing"].groupby("rule")["homes"].sum()
    for rule in ("income_low", "income_drop"):
        assert counts[rule] == (rows["rule"] == rule).sum() > 0
    facts = engine.collect(found.facts).set_index("home")
    low = set(rows.loc[rows["rule"] == "income_low", "home"])
    assert not facts.loc[facts.index.isin(low), "complete"].any()
    assert not facts.loc[facts.index.isin(low), "within"].any()
    assert set(found.unjudged["reason"]) <= set(REASONS)


def test_facts_have_every_home_once_and_add_up(engine, found, ground):
    facts = engine.collect(found.facts).set_index("home")
    assert sorted(facts.index) == sorted(ground[4].index)
    low = set(found.frame.loc[found.frame["rule"] == "income_low", "home"])
    assert set(facts.index[facts["within"].astype(bool)]) == low
    assert not (facts["within"].astype(bool) & ~facts["complete"].astype(bool)).any()
    rows = summed(income_rows(ground[3], NOW, 0))["value"]
    both = facts.index.intersection(rows.index)
    assert (facts["income"].reindex(both) == rows.reindex(both)).all()
    told = found.unjudged[(found.unjudged["rule"] == "income_low")]["homes"].sum()
    assert told + facts["complete"].astype(bool).sum() == len(facts)


def test_nothing_that_became_known_later_changes_a_day(engine, ground):
    """Records of 2024 that are known in February leave the signals of January as they were."""
    records, homes, covered, plain, _ = ground
    early = date(2023, 10, 15)
    asked = SignalRules(rules=RULES)
    cut = {
        name: engine.hold(frame[frame["known_date"] <= pd.Timestamp(early)], {**source.kinds, "home": "integer"})
        for source in SOURCES
        for name, frame in [(source.id, plain[source.id])]
    }
    one = asked.find(engine, records, homes, sources=SOURCES, coverage=covered, as_of=early)
    other = asked.find(engine, cut, homes, sources=SOURCES, coverage=covered, as_of=early)
    pd.testing.assert_frame_equal(one.frame, other.frame)
    pd.testing.assert_frame_equal(one.unjudged, other.unjudged)
    assert (one.frame["known_date"].dropna() <= pd.Timestamp(early)).all()


# ---- small frames


def some(engine, rows, source="medical"):
    """Records of (home, day, amount)."""
    kinds = {**next(one for one in SOURCES if one.id == source).kinds, "home": "integer"}
    frame = pd.DataFrame({name: pd.Series(index=range(len(rows)), dtype=object) for name in kinds})
    for at, (home, day, amount) in enumerate(rows):
        frame.loc[at, ["home", "household", "amount", "delivery", "row"]] = [home, home, amount, "d", at]
        frame.loc[at, ["event_date", "known_date"]] = [pd.Timestamp(day)] * 2
    types = {"integer": "Int64", "date": "datetime64[us]", "flag": "boolean", "word": object}
    return engine.hold(frame.astype({name: types[kind] for name, kind in kinds.items()}), kinds)


def three_homes(engine):
    frame = pd.DataFrame({"home": [1, 2, 3], "county": ["A", "B", None], "village": "v", "formerly_poor": [True, False, None]})
    frame = frame.assign(labor=True, members=1).astype({"formerly_poor": "boolean"})
    return engine.hold(
        frame,
        {"home": "integer", "county": "word", "village": "word", "formerly_poor": "flag", "labor": "flag", "members": "integer"},
    )


def own(*rules, **changes):
    return replace(RULES, rules=rules, range=None, example=False, income=(), **changes)


WORDS = {"name": Text("规则", "rule"), "channel": "shock"}
SPEND = SpendingAbove(id="spend", **WORDS, records=("medical",), least=10, over="twelve_months")


def test_a_home_of_unknown_poverty_is_judged_by_neither_rule(engine):
    records = {"medical": some(engine, [(1, "2023-03-01", 1000), (2, "2023-03-01", 1000), (3, "2023-03-01", 1000)])}
    rules = own(*(replace(SPEND, id=who, who=who) for who in ("all", "formerly_poor", "others")))
    told = SignalRules(rules=rules).find(engine, records, three_homes(engine), sources=SOURCES, coverage=None, as_of=DAY)
    homes = told.frame.groupby("rule")["home"].apply(list).to_dict()
    assert homes == {"all": [1, 2, 3], "formerly_poor": [1], "others": [2]}
    assert told.unjudged[["rule", "reason", "homes"]].to_numpy().tolist() == [
        ["formerly_poor", "poverty_unknown", 1],
        ["others", "poverty_unknown", 1],
    ]


def test_a_rule_of_some_counties_looks_at_no_other(engine):
    records = {"medical": some(engine, [(1, "2023-03-01", 1000), (2, "2023-03-01", 1000), (3, "2023-03-01", 1000)])}
    here, ours = replace(SPEND, counties=("B",)), replace(SPEND, id="ours", least=10, by_county={"A": 10.01})
    told = SignalRules(rules=own(here, ours)).find(
        engine, records, three_homes(engine), sources=SOURCES, coverage=None, as_of=DAY
    )
    assert told.frame.groupby("rule")["home"].apply(list).to_dict() == {"spend": [2], "ours": [2, 3]}


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        (replace(SPEND, counties=("B", "Bb")), "Bb"),
        (replace(SPEND, by_county={"A": 1, "620100": 2}), "620100"),
        (replace(SPEND, counties=("A",), by_county={"B": 1}), ""),
    ],
)
def test_counties_of_a_rule_that_the_register_does_not_have_are_told(engine, rule, named):
    records = {"medical": some(engine, [(1, "2023-03-01", 1000)])}
    told = SignalRules(rules=own(rule)).find(
        engine, records, three_homes(engine), sources=SOURCES, coverage=covered("medical", [LAST]), as_of=DAY
    )
    said = [note.text.en for note in told.notes if "where no home is" in note.text.en]
    assert said == (
        [f"Rule 'rule' names counties where no home is: {named}. Compare them with the codes of the register."] * bool(named)
    )


def test_keys_of_64_bits_and_their_signs_survive(engine):
    home = -(2**63) + 11
    homes = pd.DataFrame({"home": [home], "county": "A", "village": "v", "formerly_poor": True, "labor": True, "members": 1})
    kinds = {
        "home": "integer",
        "county": "word",
        "village": "word",
        "formerly_poor": "flag",
        "labor": "flag",
        "members": "integer",
    }
    records = {"medical": some(engine, [(home, "2023-03-01", 2**53 + 1)])}
    told = SignalRules(rules=own(SPEND)).find(
        engine, records, engine.hold(homes, kinds), sources=SOURCES, coverage=None, as_of=DAY
    )
    assert told.frame[["home", "value"]].to_numpy().tolist() == [[home, 2**53 + 1]]


def test_no_records_at_all_give_no_signals(engine):
    records = {source.id: some(engine, [], source.id) for source in SOURCES}
    told = SignalRules(rules=RULES).find(engine, records, three_homes(engine), sources=SOURCES, coverage=None, as_of=DAY)
    assert told.frame.empty
    assert engine.collect(told.evidence).empty
    assert "3 homes have no record of an income" in " ".join(note.text.en for note in told.notes)


def test_without_coverage_it_is_said(engine, found):
    records = {"medical": some(engine, [])}
    blind = SignalRules(rules=own(SPEND)).find(engine, records, three_homes(engine), sources=SOURCES, coverage=None, as_of=DAY)
    assert any("Nothing was said of deliveries" in note.text.en for note in blind.notes)
    assert not any("Nothing was said of deliveries" in note.text.en for note in found.notes)
    assert any("an example" in note.text.en for note in found.notes)
    early = replace(RULES, valid_from=date(2025, 1, 1))
    told = SignalRules(rules=replace(own(SPEND), valid_from=early.valid_from)).find(
        engine, records, three_homes(engine), sources=SOURCES, coverage=None, as_of=DAY
    )
    assert any("which is after 2024-01-31" in note.text.en for note in told.notes)


# ---- deliveries


def covered(source, months, county="A", but=()):
    return pd.DataFrame({"source": source, "county": county, "month": list(months), "delivered": [m not in but for m in months]})


STOP = Stopped(id="stop", **WORDS, records="civil_affairs", months=2, by_county={"B": 4})
LAST = month_number(date(2023, 12, 1))


@pytest.mark.parametrize(
    ("table", "closed"),
    [
        (covered("civil_affairs", range(LAST - 1, LAST + 1)), {"B"}),  # nothing is said of B
        (covered("civil_affairs", [LAST]), {"A", "B"}),  # a month of A is not spoken of
        (covered("civil_affairs", range(LAST - 9, LAST + 1), but=[LAST]), {"A", "B"}),
        (covered("civil_affairs", range(LAST - 9, LAST + 1), but=[LAST - 2]), {"B"}),  # before the months that A needs
        (covered("civil_affairs", range(LAST - 9, LAST + 1), "B", but=[LAST - 4]), {"A"}),
        (covered("civil_affairs", range(LAST - 9, LAST + 1), "B", but=[LAST - 3]), {"A", "B"}),  # B looks at four months
        (covered("employment", range(LAST - 9, LAST + 1)), {"A", "B"}),  # of another source
    ],
)
def test_a_county_is_judged_where_every_month_that_is_needed_came(table, closed):
    known = {source.id: source for source in SOURCES}
    assert lacking(own(STOP), known, table, frozenset("AB"), DAY) == {"stop": {"civil_affairs": closed}}


def test_what_comes_by_year_is_missing_where_it_is_said(engine):
    known = {source.id: source for source in SOURCES}
    rules = replace(RULES, income=("accounts",))
    missing = covered("accounts", NOW.months, but=[NOW.months[3]])
    assert lacking(rules, known, missing, frozenset("AB"), DAY)["income_low"] == {"accounts": {"A"}}
    assert lacking(rules, known, missing, frozenset("AB"), DAY)["medical_others"] == {}
    earlier = covered("accounts", BEFORE.months, but=[BEFORE.months[3]])
    told = lacking(rules, known, earlier, frozenset("AB"), DAY)
    assert (told["income_low"], told["income_drop"]) == ({"accounts": frozenset()}, {"accounts": {"A"}})


def test_questions_that_cannot_be_asked_are_refused(engine):
    with pytest.raises(SpecError, match="must be a RuleSet"):
        SignalRules(rules="rules")
    with pytest.raises(DataError, match="sources that are not at hand: medical"):
        SignalRules(rules=own(SPEND)).find(engine, {}, three_homes(engine), sources=SOURCES, coverage=None, as_of=DAY)
    with pytest.raises(SpecError, match="as_of must be a date without a time"):
        SignalRules(rules=own(SPEND)).find(engine, {}, three_homes(engine), sources=SOURCES, coverage=None, as_of="2024-01-31")
