"""Simulated records with planted defects brought to their homes, and facts as known on past days, held against the truth."""

from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from store_kinds import HOMES, MEMBERS, RECORDS

from evalkit.errors import DataError, SpecError
from evalkit.monitor.as_of import AsOf
from evalkit.monitor.linkage.linkage import Linkage
from evalkit.monitor.linkage.register import Register
from evalkit.simulate.defects import DefectModel
from evalkit.simulate.households import HouseholdSimulation
from evalkit.simulate.records import DepartmentRecords

STATES = {
    "water": {"safe": "flag"},
    "housing": {"grade": "word"},
    "education": {"enrolled": "flag"},
    "employment": {"at_work": "integer"},
}
MONTHLY = ("civil_affairs", "disability", "employment")
EVENTS = ("medical", "subsidy", "education", "water", "housing", "insurance", "disaster")
SOURCES = tuple(SimpleNamespace(id=name, covers="month" if name in MONTHLY else "event") for name in (*MONTHLY, *EVENTS))
MANY = 1_000
SIMULATION = HouseholdSimulation(households=MANY, villages=15, counties=3, periods=(2021, 2022, 2023), seed=7)
END = date(2026, 1, 1)


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    from evalkit.monitor.engine.duck import DuckDB

    with DuckDB(memory="1GB").open([tmp_path_factory.mktemp("store")]) as opened:
        yield opened


@pytest.fixture(scope="module")
def truth():
    return SIMULATION.draw()


@pytest.fixture(scope="module")
def spoiled():
    """Records with everything that may go wrong, often."""
    model = DefectModel(duplicate=0.05, wrong_id=0.03, old_home=0.9, late=0.05, missing=0.0)
    return DepartmentRecords(years=(2022, 2023), defects=model).draw(SIMULATION)


@pytest.fixture(scope="module")
def store(spoiled, truth):
    return stored(spoiled, truth)


def code(keys):
    """Numbers for keys such as H0000012."""
    return keys.str[1:].astype("Int64")


def stored(drawn, truth):
    """The tables of the store, as pandas has them: the ten sources, `homes` and `members`."""
    made = {}
    for name, table in drawn.tables.items():
        frame = pd.DataFrame({"household": code(table["unit"]), "number": table["record"].astype("Int64")})
        frame["person"] = code(table["person"]) if "person" in table else pd.array([pd.NA] * len(table), dtype="Int64")
        frame["event_date"], frame["known_date"] = table["event_date"], table["known_date"]
        paid = np.round(table["amount"] * 100) if "amount" in table else pd.Series([pd.NA] * len(table))
        frame["amount"], frame["county"] = paid.astype("Int64"), None
        frame["delivery"] = name + "-" + table["known_date"].dt.strftime("%Y-%m")
        made[name] = frame.assign(row=np.arange(len(table)))
        for state, kind in STATES.get(name, {}).items():
            made[name][state] = table[state].astype({"flag": "boolean", "word": "str", "integer": "Int64"}[kind])
    homes = truth.homes.reset_index()
    made["homes"] = pd.DataFrame(
        {
            "household": code(homes["unit"].astype("str")),
            "county": homes["county"].astype("str"),
            "village": homes["village"].astype("str"),
        }
    ).assign(formerly_poor=homes["formerly_poor"].astype("boolean"), labor=True, known_date=pd.Timestamp("2021-01-01"))
    made["members"] = honest(drawn.members)
    return made


def honest(members):
    """Memberships as a register learns them: open at first, and closed 30 days after somebody moved."""
    rows = pd.DataFrame({"person": code(members["person"]), "household": code(members["unit"])})
    rows = rows.assign(**{name: members[name] for name in ("from_date", "to_date", "known_date")})
    closed = rows[rows["to_date"].notna()]
    closed = closed.assign(known_date=closed["to_date"] + pd.Timedelta(days=30))
    return pd.concat([rows.assign(to_date=pd.NaT), closed], ignore_index=True)


def opened(engine, store, day=None):
    """The store on the engine, cut off on a day or whole: records and register."""
    held = {}
    for name, frame in store.items():
        kinds = {"homes": HOMES, "members": MEMBERS}.get(name, {**RECORDS, **STATES.get(name, {})})
        rows = frame if day is None else frame[frame["known_date"] <= pd.Timestamp(day)]
        held[name] = engine.hold(rows, kinds)
    register = Register(homes=held.pop("homes"), members=held.pop("members"))
    return held, register


@pytest.fixture(scope="module")
def full(engine, store):
    """All records and the register, as they stand in the end."""
    return opened(engine, store)


@pytest.fixture(scope="module")
def linked(engine, full):
    return Linkage().measure(engine, *full, SOURCES, END)


@pytest.mark.parametrize("name", [source.id for source in SOURCES])
def test_every_record_is_at_its_true_home_or_accounted_for(engine, linked, spoiled, name):
    table, defects = spoiled.tables[name], spoiled.defects[spoiled.defects["table"] == name]
    of_persons = "person" in table
    once = table.drop_duplicates("record").set_index("record")
    filed, true = code(once["unit"]), code(once["unit"])
    wrong = defects[defects["defect"].isin(["wrong_id", "old_home"])].set_index("record")
    true.loc[wrong.index] = code(wrong["true_unit"])
    kept = engine.collect(linked.records[name]).set_index("number")
    assert kept.index.is_unique
    assert set(kept.index) <= set(once.index)
    lost = filed[(filed > MANY) & (not of_persons)].index
    assert set(once.index) - set(kept.index) == set(lost) <= set(wrong.index)
    misled = kept.index[kept["home"].to_numpy() != true[kept.index].to_numpy()]
    unseen = filed[(filed != true) & (filed <= MANY) & (not of_persons)].index
    assert set(misled) == set(unseen) <= set(wrong.index)
    counts = linked.frame.loc[name]
    assert counts["records"] == len(table) == counts[["kept", "duplicates", "conflict_number", "unmatched"]].sum()
    assert counts["duplicates"] == len(table) - len(once) == (defects["defect"] == "duplicate").sum() > 0
    assert counts["conflict_number"] == counts["ambiguous"] == counts["by_person_before"] == 0
    assert counts["household_unknown"] == (filed > MANY).sum()
    assert counts["moved"] == (((filed != true) & (filed <= MANY)).sum() if of_persons else 0)
    assert counts["by_person" if of_persons else "by_household"] == counts["kept"]


def test_records_filed_under_the_old_home_are_repaired_by_their_persons(engine, linked, spoiled):
    old = spoiled.defects[spoiled.defects["defect"] == "old_home"]
    found = {name: engine.collect(linked.records[name]).set_index("number") for name in ("medical", "education", "disability")}
    assert len(old) > 5
    for name, record, true in zip(old["table"], old["record"], code(old["true_unit"]), strict=True):
        row = found[name].loc[record]
        assert row["home"] == true
        assert row["household"] == true - 1
        assert row["link"] == "person"


@pytest.mark.parametrize(("name", "column"), [("medical", "medical"), ("education", "education"), ("disability", "disability")])
def test_amounts_of_homes_and_years_add_up_to_what_truly_was_paid(engine, linked, truth, name, column):
    rows = engine.collect(linked.records[name])
    found = rows["amount"].groupby([rows["home"], rows["event_date"].dt.year]).sum()
    paid = (truth.frame[column] * 100).round().astype("int64")
    paid = paid[paid.index.get_level_values("period") > 2021]
    expected = pd.Series(paid.to_numpy(), index=[(int(unit[1:]), year) for unit, year in paid.index])
    found = found.reindex(pd.MultiIndex.from_tuples(expected.index), fill_value=0)
    assert found.tolist() == expected.tolist()
    assert expected.sum() > 0


def test_misfiled_monthly_payments_show_as_doubles(linked, spoiled):
    """Dibao filed under a home that has its own that month, or has two misfiled."""
    table = spoiled.tables["civil_affairs"].drop_duplicates("record")
    table = table[code(table["unit"]) <= MANY]
    doubles = table.duplicated(["unit", "month", "event_date"]).sum()
    assert linked.frame.loc["civil_affairs", "double_month"] == doubles > 0
    assert linked.frame.loc["disability", "double_month"] == 0  # several persons of a home are not one payment


SPEC = AsOf(
    sources=SOURCES,
    income=("employment", "civil_affairs", "disability", "subsidy"),
    spending=("medical", "education"),
    states={"water": ("safe",), "housing": ("grade",), "employment": ("at_work",), "education": ("enrolled",)},
)


@pytest.mark.parametrize("day", [date(2022, 8, 15), date(2023, 1, 20), date(2023, 12, 31)])
def test_facts_of_a_past_day_are_the_same_whatever_became_known_later(engine, store, full, day):
    whole = SPEC.facts(engine, *full, day)
    then = SPEC.facts(engine, *opened(engine, store, day), day)
    pd.testing.assert_frame_equal(whole.frame, then.frame)
    pd.testing.assert_frame_equal(whole.linked, then.linked)
    assert len(whole.frame) == MANY
    seen = store["medical"]["known_date"] <= pd.Timestamp(day)
    assert 0 < seen.mean() < 1
    assert whole.linked.loc["medical", "records"] == seen.sum()


def test_facts_are_those_of_an_oracle_in_pandas(engine, store, full, linked, truth):
    """At the end all is known: the window is the calendar year 2023, and so is the truth."""
    day = date(2024, 1, 31)
    facts = SPEC.facts(engine, *full, day).frame
    rows = engine.collect(linked.records["medical"])
    rows = rows[(rows["known_date"] <= pd.Timestamp(day)) & (rows["event_date"].dt.year == 2023)]
    spent = rows.groupby("home").agg(amount=("amount", "sum"), known=("known_date", "max"))
    got = facts.droplevel("period")["spending_medical"].dropna()
    assert (got * 100).round().astype(int).to_dict() == spent["amount"].astype(int).to_dict()
    assert facts.droplevel("period")["spending_medical_date"].dropna().to_dict() == spent["known"].to_dict()
    assert facts["members"].tolist() == truth.frame.xs(2023, level="period")["members"].tolist()
    water = (
        store["water"]
        .drop_duplicates("number")
        .merge(  # inspections of homes that were filed under a home that is there
            engine.collect(linked.records["water"])[["number", "home"]], on="number"
        )
    )
    water = water[water["known_date"] <= pd.Timestamp(day)].sort_values(["event_date", "known_date", "delivery", "row"])
    newest = water.groupby("home")["safe"].last().astype(float)
    assert facts.droplevel("period")["water_safe"].dropna().to_dict() == newest.to_dict()


def test_facts_say_when_they_became_known_and_what_is_not_known_is_a_gap(engine, full):
    day = date(2023, 6, 30)
    facts = SPEC.facts(engine, *full, day)
    frame = facts.frame
    assert frame.index.names == ["unit", "period"]
    assert frame.index.get_level_values("period").unique().tolist() == [2023 * 12 + 5]
    assert frame.index.is_unique
    for name in SPEC.columns:
        known, when = frame[f"{name}_known"], frame[f"{name}_date"]
        assert (known.isna() == frame[name].isna()).all(), name
        assert (when.isna() == frame[name].isna()).all(), name
        assert (known.dropna() == 2023 * 12 + 5).all(), name
        assert (when.dropna() <= pd.Timestamp(day)).all(), name
    assert 0 < frame["income"].isna().mean() < 1
    assert set(frame["housing_grade"].dropna()) == {"A", "B", "C", "D"}
    assert facts.notes[0].text.en.startswith("As known on 2023-06-30")


def test_facts_of_several_days_are_features_of_a_risk_model(engine, full):
    from evalkit.risk.features.dated import FeaturePlan
    from evalkit.risk.features.measures import Level

    records, register = full
    panel = pd.concat([SPEC.facts(engine, records, register, date(year, 12, 31)).frame for year in (2022, 2023)])
    columns = ("income", "spending_medical", "water_safe", "members")
    plan = FeaturePlan(
        features=tuple(Level(name=f"{name}_now", columns=name) for name in columns),
        known={name: f"{name}_known" for name in columns},
        step=12,
    )
    matrix = plan.measure(panel).matrix
    assert matrix.shape == (2 * MANY, 4)
    assert matrix["income_now"].notna().any()


def test_a_year_may_be_the_period(engine, full):
    spec = AsOf(sources=SOURCES[:1], income=("civil_affairs",), period="year")
    frame = spec.facts(engine, *full, date(2023, 6, 30)).frame
    assert frame.index.get_level_values("period").unique().tolist() == [2023]
    assert set(frame["income_known"].dropna()) == {2023.0}


@pytest.mark.parametrize(
    "wrong",
    [
        {"income": ("nothing",)},
        {"spending": ("nothing",)},
        {"states": {"nothing": ("safe",)}},
        {"period": "day"},
        {"linkage": None},
        {"spending": ("medical", "medical")},
    ],
)
def test_questions_that_make_no_sense_are_refused(wrong):
    with pytest.raises(SpecError):
        AsOf(sources=SOURCES, **wrong)


@pytest.mark.parametrize(
    ("wrong", "what", "do"),
    [
        ({"states": ("water",)}, "AsOf states map sources to columns", 'write {"water": ("safe",)}'),
        ({"states": {"water": "safe"}}, "AsOf states of 'water' cannot be this", 'write {"water": ("safe",)}'),
        ({"spending": ("medical", "medical")}, "AsOf has two facts of one name", "name each source and state once"),
    ],
)
def test_facts_that_are_none_or_stand_twice_are_refused_with_what_to_write(wrong, what, do):
    with pytest.raises(SpecError) as refused:
        AsOf(sources=SOURCES, **wrong)
    assert (refused.value.what, refused.value.do) == (what, do)


@pytest.mark.parametrize(("column", "do"), [("saef", "did you mean 'safe'?"), ("colour", "name one of its columns")])
def test_a_state_that_is_not_in_the_records_is_refused(engine, full, column, do):
    spec = AsOf(sources=SOURCES, states={"water": (column,)})
    with pytest.raises(DataError) as refused:
        spec.facts(engine, *full, date(2023, 6, 30))
    told = refused.value
    assert (told.what, told.do) == (f"records of 'water' lack the state '{column}'", do)
    assert "safe" in told.found
