"""The whole chain against planted truth: deliveries, door, looks at month ends in a row, and the ledger told each time."""

import re
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
import planted
import pytest

from evalkit import datasets
from evalkit.monitor.door.door import Door
from evalkit.monitor.door.store import Store
from evalkit.monitor.engine.duck import DuckDB
from evalkit.monitor.ledger.ledger import Ledger
from evalkit.monitor.monitor import EVIDENCE, POINTERS, Look, Monitor
from evalkit.monitor.rules.form import read_rules
from evalkit.monitor.sources.sources import read_declared
from evalkit.monitor.triage.triage import flags
from evalkit.simulate import DepartmentRecords, HouseholdSimulation
from evalkit.simulate.defects import TABLES, DefectModel
from evalkit.simulate.deliveries import MonthlyDeliveries
from evalkit.simulate.records import SimulatedRecords

HOMES = HouseholdSimulation(households=600, villages=12, counties=3, periods=(2020, 2021, 2022, 2023), seed=4)
DEFECTS = DefectModel(duplicate=0.03, wrong_id=0.02, late=0.05, missing=0.03)
RECORDS = DepartmentRecords(years=HOMES.periods, defects=DEFECTS)
DAYS = [date(2022, 12, 31), date(2023, 1, 31), date(2023, 2, 28), date(2023, 3, 31)]
ILL = ("medical_registered", "medical_others", "single_stay_registered", "single_stay_others")
RULES_OF = {
    "illness": ILL,
    "accident": ILL,
    "disaster": ("disaster",),
    "job_loss": ("job_loss",),
    "dropout": ("dropout",),
    "insurance_lapse": ("insurance_lapsed",),
    "unsafe_dwelling": ("dwelling_unsafe",),
    "unsafe_water": ("water_unsafe",),
    "benefit_stop": ("dibao_stopped",),
}
REASONS = (
    "not_known_yet",  # it becomes known after the day
    "missing_named",  # its delivery never came, and coverage says so
    "missing_unnamed",  # it never came, as part of a refresh period that is not over or of which other months came
    "unmatched",  # filed under a household that is none
    "at_another_home",  # filed under another household that exists
    "move_unknown",  # the person's move was not known yet
    "long_ago",  # outside of the window of its rule
    "not_due",  # payments have not stopped for long enough yet
    "below_threshold",
    "mended",  # a newer record shows it no more
    "newer_record",  # a newer record shows it still: that is the evidence
    "nothing_before",  # no record says that it was otherwise before
    "paid_again",  # a payment to the home became known, such as one under a wrong id
    "unjudged",  # the rule needs a delivery that never came to the county
)


@dataclass(frozen=True)
class Month:
    """A look, what the ledger was told of it, and what the oracle says."""

    look: Look
    told: pd.DataFrame
    before: pd.DataFrame
    oracle: "planted.Oracle"
    evidence: pd.DataFrame
    named: dict[int, str]


@dataclass(frozen=True)
class World:
    monitor: Monitor
    truth: SimulatedRecords
    ideal: dict[str, pd.DataFrame]
    filed: pd.DataFrame
    months: list[Month]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    root = tmp_path_factory.mktemp("whole")
    MonthlyDeliveries(records=RECORDS).write(HOMES, root / "sent")
    shipped = datasets.folder() / "monitor"
    declared = read_declared(shipped / "sources.toml")
    rules = re.sub(r"(?m)^line = \d+", f"line = {planted.LINE}", (shipped / "rules.toml").read_text(encoding="utf-8"))
    (root / "rules.toml").write_text(rules, encoding="utf-8")
    store = Store(root / "store")
    monitor = Monitor(
        sources=declared.sources,
        register=declared.register,
        rules=read_rules(root / "rules.toml", declared.sources),
        store=store,
        ledger=Ledger(root / "ledger"),
        engine=DuckDB(memory="1GB", threads=2),
    )
    door = Door(sources=declared.sources, register=declared.register, key=planted.KEY, store=store)
    months = []
    for day in DAYS:
        planted.send(root / "sent", root / "box", f"{day:%Y-%m}")
        received = door.receive(root / "box")
        assert not received.refusals
        assert not received.frame["set_aside"].any()
        months.append(one_month(monitor, day, planted.read(root / "box")))
    truth = RECORDS.draw(HOMES)
    filed = [rows[["record", "unit"]].assign(table=table) for table, rows in truth.tables.items()]
    sound = replace(RECORDS, defects=DefectModel(duplicate=0, wrong_id=0, old_home=0, late=0, missing=0))
    MonthlyDeliveries(records=sound, until=DAYS[-1]).write(HOMES, root / "sound")
    ideal = planted.read(root / "sound")
    return World(monitor, truth, ideal, pd.concat(filed).rename(columns={"unit": "filed"}).drop_duplicates(), months)


def one_month(monitor, day, tables):
    look, before = monitor.look(day), monitor.ledger.changes(day)
    told = flags(look.triaged)
    monitor.ledger.append(told, known=day)
    named = {planted.pseudonym(unit): unit for unit in tables["homes"]["unit"].unique()}
    files = sorted((monitor.store.folder / EVIDENCE / f"{day}").glob("*.parquet"))
    with monitor.engine.open([monitor.store.folder]) as engine:
        evidence = engine.collect(engine.scan(files, POINTERS))
    oracle = planted.Oracle(tables, day, look.quality.coverage)
    return Month(look, told, before, oracle, evidence.assign(unit=evidence["home"].map(named)), named)


def test_signals_are_those_of_the_files_and_no_others(world):
    for month in world.months:
        found = month.look.signals.assign(unit=month.look.signals["home"].map(month.named))
        found = found[["unit", "rule", "value"]].sort_values(["unit", "rule"], ignore_index=True)
        expected = month.oracle.signals.astype({"value": "int64"})
        pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_every_planted_event_is_found_or_accounted_for(world):
    """A table that adds up: events = found + each reason, every reason worked out from the files and the truth alone."""
    tables = []
    for month in world.months:
        events = fated(world.truth, month)
        told = found_by_their_rule(events, month)
        wrong = events[told != (events["fate"] == "found")]
        assert wrong.empty, wrong.to_string()
        account = pd.crosstab(events["event"], events["fate"]).reindex(columns=["found", *REASONS], fill_value=0)
        assert account.sum(axis=1).to_dict() == world.truth.events["event"].value_counts().loc[account.index].to_dict()
        tables.append(account)
    whole = sum(tables)
    assert (whole["found"] > 0).all(), whole.to_string()
    assert (whole.drop(columns=["move_unknown", "nothing_before"]).sum() > 0).all(), whole.sum().to_string()


def fated(truth, month):
    """Every event with its `fate`: found, or the first reason for which it cannot be."""
    oracle, events = month.oracle, truth.events.astype({"event": "str", "table": "str"}).reset_index(drop=True)
    places = [rows[["source", "record", "home"]] for rows in oracle.linked.values()]
    where = pd.concat(places).set_index(["source", "record"])["home"]
    home = where.reindex(pd.MultiIndex.from_frame(events[["table", "record"]])).to_numpy()
    events = events.assign(home=home, county=oracle.homes["county"].reindex(events["unit"]).to_numpy())
    wrong = truth.defects[truth.defects["defect"] == "wrong_id"]
    marked = pd.MultiIndex.from_frame(wrong[["table", "record"]].astype({"table": "str"}))
    events["wrong"] = pd.MultiIndex.from_frame(events[["table", "record"]]).isin(marked)
    month_of = events["known_date"].dt.year * 12 + events["known_date"].dt.month - 1
    gone = oracle.coverage[~oracle.coverage["delivered"]]
    seen = pd.MultiIndex.from_arrays([events["table"], events["county"], month_of])
    named = seen.isin(pd.MultiIndex.from_frame(gone[["source", "county", "month"]]))
    stop = events["event"] == "benefit_stop"
    reasons = [
        ("not_known_yet", events["known_date"] > oracle.at),
        ("missing_named", ~events["delivered"] & named),
        ("missing_unnamed", ~events["delivered"]),
        ("unmatched", ~stop & events["home"].isna()),
        ("at_another_home", ~stop & (events["home"] != events["unit"]) & events["wrong"]),
        ("move_unknown", ~stop & (events["home"] != events["unit"])),
    ]
    fate = pd.Series(
        np.select([mask for _, mask in reasons], [name for name, _ in reasons], ""), index=events.index, dtype=object
    )
    for kind, rows in events[fate == ""].groupby("event"):
        fate[rows.index] = OF_KIND.get(kind, state_fate)(rows, oracle)
    return events.assign(fate=fate)


def medical_fate(rows, oracle):
    """Of the year's bills together, or by itself."""
    year, unit = oracle.medical_year(), rows["unit"]
    paid = year.groupby("home")["fen"].sum().reindex(unit).to_numpy()
    among = rows["record"].isin(year["record"]) & (paid >= oracle.limits(5_000, 20_000).reindex(unit).to_numpy())
    recent = rows["date"] >= oracle.since(12)
    single = recent & ((rows["amount"] * 100).round() > oracle.limits(6_000, 10_000).reindex(unit).to_numpy())
    return np.select([~recent, among | single], ["long_ago", "found"], "below_threshold")


def disaster_fate(rows, oracle):
    return np.where(rows["date"] >= oracle.since(12), "found", "long_ago")


def state_fate(rows, oracle):
    (rule,) = RULES_OF[rows["event"].iloc[0]]
    who = "person" if rule == "dropout" else "home"
    shown = oracle.showing(rule)
    old = (rows["date"] < oracle.since(12)) & (rule == "dropout")
    by = rows["person" if rule == "dropout" else "unit"]
    cases = [old, rows["record"].isin(shown["record"]), by.isin(shown[who])]
    return np.select(cases, ["long_ago", "found", "newer_record"], "mended")


def work_fate(rows, oracle):
    """Evidence runs from the last record of work on."""
    at = pd.Series(list(zip(rows["date"], rows["known_date"], strict=True)), index=rows.index)
    had = rows["unit"].map(oracle.work()["had"])
    none = had.isna()
    again = pd.Series([not gap and one < last for one, last, gap in zip(at, had, none, strict=True)], index=rows.index)
    shut = rows["county"].isin(oracle.closed("employment", 12))
    return np.select(
        [rows["date"] < oracle.since(12), shut, none, again], ["long_ago", "unjudged", "nothing_before", "mended"], "found"
    )


def stop_fate(rows, oracle):
    silent = rows["unit"].map(oracle.silence())
    due = oracle.last.ordinal - (rows["date"].dt.to_period("M").astype("int64") - 1)
    cases = {
        "long_ago": (due >= 5) & ~(silent < due),
        "nothing_before": silent.isna(),
        "paid_again": silent < due,
        "not_due": silent < 2,
        "unjudged": rows["county"].isin(oracle.closed("civil_affairs", 2)),
    }
    late = (silent >= 5) & ~cases["long_ago"]
    return np.select([late, *cases.values()], ["nothing_before", *cases], "found")


OF_KIND = {
    "illness": medical_fate,
    "accident": medical_fate,
    "disaster": disaster_fate,
    "job_loss": work_fate,
    "benefit_stop": stop_fate,
}


def found_by_their_rule(events, month):
    """Whether a signal of the event's own rule, at its own home, rests on the very record; of a stop, on the payments before."""
    rows = traced(month)
    keys = set(zip(rows["unit"], rows["rule"], rows["source"], rows["record"], strict=True))
    stops = month.look.signals[month.look.signals["rule"] == "dibao_stopped"]
    stopped = set(zip(stops["home"].map(month.named), stops["last_event"].dt.year + 1, strict=True))
    columns = (events[name] for name in ("event", "unit", "table", "record", "date"))
    return np.array(
        [
            (unit, day.year) in stopped
            if event == "benefit_stop"
            else any((unit, rule, table, record) in keys for rule in RULES_OF[event])
            for event, unit, table, record, day in zip(*columns, strict=True)
        ]
    )


def traced(month):
    """The evidence of all homes with the rows of the very files it points to."""
    columns = [*planted.POINT, "record", "unit", "event_date", "known_date", "fen"]
    rows = pd.concat([rows.reindex(columns=columns) for rows in month.oracle.tables_of_records.values()])
    rows = rows.rename(columns={"unit": "filed", "event_date": "event_date_filed", "known_date": "known_date_filed"})
    return month.evidence.merge(rows, on=planted.POINT, how="left", validate="many_to_one")


def test_every_signal_leads_back_to_the_rows_of_the_files(world):
    """Its evidence are rows that stand there as it says, of the home itself, or under a wrong key that is known to be wrong."""
    defects = world.truth.defects.astype({"table": "str"})
    mine = defects[defects["defect"].isin(["wrong_id", "old_home"])]
    true_unit = mine.set_index(["table", "record"])["true_unit"]
    repaired = 0
    for month in world.months:
        rows = traced(month)
        for name in ("event_date", "known_date"):
            assert (rows[name] == rows[f"{name}_filed"]).all()
        assert (rows["known_date"] <= month.oracle.at).all()
        paid = rows["amount"].notna()
        assert (rows.loc[paid, "amount"] == rows.loc[paid, "fen"]).all()
        key = pd.MultiIndex.from_frame(rows[["source", "record"]])
        owner = pd.Series(true_unit.reindex(key).to_numpy(), index=rows.index).fillna(rows["filed"])
        strange = rows[owner != rows["unit"]]
        assert set(zip(strange["source"], strange["record"], strict=True)) <= those_with(world.truth, "wrong_id")
        repaired += int((rows["filed"] != owner)[owner == rows["unit"]].sum())

        signals = month.look.signals.set_index(["home", "rule"])
        counts = rows.groupby(["home", "rule"]).agg(records=("row", "size"), amount=("fen", "sum"), known=("known_date", "max"))
        with_evidence = signals[signals["records"] > 0]
        assert (counts["records"].reindex(with_evidence.index) == with_evidence["records"]).all()
        assert len(counts) == len(with_evidence)
        assert (counts["known"].reindex(with_evidence.index) == with_evidence["known_date"]).all()
        summed = with_evidence[with_evidence.index.get_level_values("rule").isin(SUMMED)]
        assert (counts["amount"].reindex(summed.index) == summed["value"]).all()
    assert repaired  # records of people who had moved, or under a wrong household, came to their person's home


SUMMED = ("income_low", "medical_registered", "medical_others", "education_costs", "rigid_spending")


def those_with(truth, *defects):
    some = truth.defects[truth.defects["defect"].isin(defects)]
    return set(zip(some["table"].astype(str), some["record"], strict=True))


def test_a_missing_delivery_is_named_unless_stray_records_stand_in_for_it(world):
    """Against the simulation's own draw; a few late records, or under a wrong key, can stand in for that of a small county."""
    lost = RECORDS.plan(HOMES).missing
    first = HOMES.periods[0] * 12
    month = world.months[-1]
    table = month.look.quality.coverage
    for source in ("medical", "employment"):
        told = table[table["source"] == source]
        county = told["county"].str[1:].astype(int) - 1
        gone = lost[TABLES.index(source), county, told["month"] - first]
        assert gone.any()
        hidden = told[told["delivered"].to_numpy() == gone]
        assert hidden["delivered"].all(), "a delivery that came is called missing"
        assert len(hidden) <= gone.sum() / 4
        for county, number in zip(hidden["county"], hidden["month"], strict=True):
            rows = world.truth.tables[source]
            known = rows["known_date"].dt.year * 12 + rows["known_date"].dt.month - 1
            stray = rows[(known == number) & rows["unit"].map(month.oracle.homes["county"]).eq(county)]
            assert len(stray)
            assert set(zip([source] * len(stray), stray["record"], strict=True)) <= those_with(world.truth, "wrong_id", "late")


def test_signals_that_defects_made_or_hid_are_accounted_for(world):
    """Beside the same homes whose records come as they should: each signal more or less is at a home with a defect."""
    tables = []
    for month in world.months:
        ideal = planted.Oracle(world.ideal, month.oracle.day, whole_coverage(month))
        key = ["unit", "rule"]
        both = (
            month.oracle.signals[key].merge(ideal.signals[key], on=key, how="outer", indicator="which").query("which != 'both'")
        )
        cause = why_different(both, world, month)
        assert (cause != "").all(), both[cause == ""].to_string()
        tables.append(pd.crosstab(both["which"].astype(str).map({"left_only": "more", "right_only": "less"}), cause))
        assert tables[-1].to_numpy().sum() == len(both)
    whole = sum(table.reindex(columns=CAUSES, fill_value=0) for table in tables)
    assert whole.loc["more", ["unjudged", "missing"]].eq(0).all(), "a signal was made of records that never came"
    assert (whole.loc["less"] > 0).all(), whole.to_string()
    assert whole.loc["more", "wrong_id"] > 0


CAUSES = ["unjudged", "wrong_id", "late", "missing"]


def whole_coverage(month):
    """Every delivery came."""
    table = month.oracle.coverage
    last = month.oracle.last.year * 12 + month.oracle.last.month
    index = pd.MultiIndex.from_product(
        [table["source"].unique(), table["county"].unique(), range(HOMES.periods[0] * 12, last)],
        names=["source", "county", "month"],
    )
    return index.to_frame(index=False).assign(delivered=True)


def why_different(both, world, month):
    """By home and the tables that the rule reads: the first kind of defect that a record of them has."""
    defects = world.truth.defects.astype({"table": "str", "defect": "str"})
    received = world.filed.merge(defects, on=["table", "record"])
    at = pd.concat([defects.rename(columns={"true_unit": "unit"}), received.rename(columns={"filed": "unit"})])
    rules = {rule.id: rule for rule in world.monitor.rules.rules}
    cause = pd.Series("", index=both.index, dtype=object)
    for rule, rows in both.groupby("rule"):
        reads = set(rules[rule].tables) | (set(world.monitor.rules.income) if rules[rule].ON_INCOME else set())
        some = at[at["table"].isin(reads)]
        unsure = set()
        if rules[rule].ON_INCOME:
            unsure = month.oracle.doubted(24 if rule == "income_drop" else 12)
        counties = month.oracle.homes["county"].reindex(rows["unit"]).to_numpy()
        shut = {"job_loss": ("employment", 12), "dibao_stopped": ("civil_affairs", 2)}.get(rule)
        closed = set() if shut is None else month.oracle.closed(*shut)
        cases = [
            (rows["which"] == "right_only") & (rows["unit"].isin(unsure) | pd.Series(counties, index=rows.index).isin(closed)),
            *(
                rows["unit"].isin(some.loc[some["defect"] == kind, "unit"])
                for kind in ("wrong_id", "late", "old_home", "missing")
            ),
        ]
        cause[rows.index] = np.select(cases, ["unjudged", "wrong_id", "late", "old_home", "missing"], "")
    return cause


def test_each_home_has_one_kind_and_lists_hold_homes_with_signals(world):
    for month in world.months:
        frame, signals = month.look.triaged.frame, month.look.signals
        assert frame.index.is_unique
        assert frame["kind"].isin(["none", "unstable", "marginal", "sudden"]).all()
        case = month.before["home"]
        assert set(signals["home"]) <= set(frame.index)
        assert set(frame.index[frame["listed"]]) <= set(signals["home"]) | set(case)
        within = low_incomes(month)
        poor = month.oracle.homes["formerly_poor"].reindex(frame.index.map(month.named)).to_numpy(dtype=bool)
        low = frame.index.map(month.named).isin(within)
        shock = frame.index.isin(signals.loc[signals["channel"] == "shock", "home"])
        expected = np.select([low & poor, low, shock], ["unstable", "marginal", "sudden"], "none")
        now = frame.index.isin(signals["home"])
        assert (frame["kind"].to_numpy() == expected)[now].all()


def low_incomes(month):
    signals = month.oracle.signals
    return set(signals.loc[signals["rule"] == "income_low", "unit"])


def test_the_ledger_is_the_sum_of_what_it_was_told(world):
    """Each signal is told to the ledger, or is there already; after the months it holds the flags and nothing else."""
    known = set()
    for month in world.months:
        fresh, before = by_rule(month.told), by_rule(month.before)
        told = set(zip(fresh["home"], fresh["rule"], strict=True))
        signals = set(zip(month.look.signals["home"], month.look.signals["rule"], strict=True))
        assert told <= signals
        assert signals == told | (signals & known)
        again = month.look.signals.set_index(["home", "rule"]).loc[sorted(told & known)]
        for (home, rule), signal in again.iterrows():  # only where all of the evidence is younger than what it was told
            rows = before[(before["home"] == home) & (before["rule"] == rule)]
            assert signal["first_event"] > rows["known_date"].max()
        known |= told
    changes = world.monitor.ledger.changes()
    assert len(changes) == sum(len(month.told) for month in world.months)
    together = pd.concat([month.told for month in world.months])
    key = ["home", "case", "stage", "known_date", "reason"]
    assert set(map(tuple, changes[key].astype(str).to_numpy())) == set(map(tuple, together[key].astype(str).to_numpy()))
    state = world.monitor.ledger.state().frame
    assert set(state["home"]) == {home for home, _ in known}
    assert (changes["stage"] == "flagged").sum() == len(state)


def by_rule(changes):
    return changes.assign(rule=changes["reason"].str.split("; ")).explode("rule")


def test_what_comes_late_changes_no_look_of_the_past(world):
    """The same looks, now that all else was delivered and the ledger knows more."""
    month = world.months[1]
    again = replace(world.monitor, ledger=world.monitor.ledger).look(month.look.as_of)
    for name in ("signals", "unjudged", "linked", "counties"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(month.look, name))
    for name in ("frame", "filled", "coverage"):
        pd.testing.assert_frame_equal(getattr(again.quality, name), getattr(month.look.quality, name))
    same = ["county", "village", "kind", "reasons", "level"]
    pd.testing.assert_frame_equal(again.triaged.frame[same], month.look.triaged.frame[same])
    later = world.months[-1].look
    assert not later.signals.equals(month.look.signals)
