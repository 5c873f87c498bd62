"""Rules as data: exact thresholds, faults named with file and line, and what the declared sources must have."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit import datasets
from evalkit.errors import DataError, SpecError
from evalkit.monitor.rules.form import read_rules
from evalkit.monitor.rules.rules import (
    KINDS,
    IncomeBelow,
    IncomeDrop,
    RuleSet,
    SpendingAbove,
    SpendingShare,
    State,
    StateLost,
    Stopped,
)
from evalkit.monitor.rules.thresholds import Limits, basis_points, fen
from evalkit.monitor.sources.sources import read_sources
from evalkit.terms import Text

NAME = Text("规则", "rule")
SHARED = {"name": NAME, "channel": "income"}
HEAD = """
id = "own"
version = "1"
name = "own rules"
valid_from = 2024-01-01
income = ["employment", "accounts"]
"""
LOW = """
[[rule]]
id = "low"
kind = "income_below"
name = "low"
channel = "income"
line = 8700
"""
SPENT = "[[rule]]\nid = 's'\nkind = '{}'\nname = 's'\nchannel = 'shock'\nrecords = ['medical']\n{}\n"
WATER = """
[[rule]]
id = "water"
kind = "state"
name = "water"
channel = "guarantee"
records = "water"
column = "safe"
among = [false]
"""


def low(**changes):
    return IncomeBelow(**{"id": "low", **SHARED, "line": 8700, **changes})


def a_set(*rules, **changes):
    told = {"id": "own", "version": "1", "name": NAME, "valid_from": date(2024, 1, 1), "income": ("employment",), **changes}
    return RuleSet(**told, rules=rules or (low(),))


def refused(tmp_path, text, sources=None):
    """The message of a file that is refused, and the text of the line it names."""
    file = tmp_path / "own.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        read_rules(file, sources)
    where = caught.value.where
    assert where.startswith("own.toml, line "), str(caught.value)
    return str(caught.value), text.splitlines()[int(where.rsplit(" ", 1)[1]) - 1]


@pytest.fixture(scope="module")
def sources():
    return read_sources(datasets.folder() / "monitor" / "sources.toml")


# ---- thresholds


@given(st.integers(0, 10**13))
def test_yuan_with_two_decimals_are_whole_fen(many):
    written = float(Decimal(many) / 100)
    if Decimal(str(written)) * 100 == many:  # a float holds so many digits
        assert fen(written, who="x") == many


@pytest.mark.parametrize("wrong", [0.001, -1, float("nan"), float("inf"), True, "8700", None, 1e15])
def test_what_is_no_exact_amount_is_refused(wrong):
    with pytest.raises(SpecError, match="cannot be counted exactly"):
        fen(wrong, who="the line")


def test_shares_are_basis_points():
    assert (basis_points(0.3, who="x"), basis_points(0.0001, who="x"), basis_points(1.5, who="x")) == (3000, 1, 15000)
    with pytest.raises(SpecError):
        basis_points(1 / 3, who="x")


def test_a_county_has_its_own_limit_or_the_standard_one_or_none():
    limits = Limits(standard=5, by_county={"B": 7})
    assert (limits.of("A"), limits.of("B"), limits.of(None)) == (5, 7, 5)
    assert Limits(standard=None, by_county={"B": 7}).of("A") is None
    assert sorted(limits.every) == [5, 7]


def test_limits_are_joined_as_a_small_table(tmp_path):
    from evalkit.monitor.engine.duck import DuckDB

    with DuckDB(memory="500MB").open([tmp_path]) as engine:
        homes = engine.hold(pd.DataFrame({"home": [1, 2, 3], "county": ["A", "B", None]}), {"home": "integer", "county": "word"})
        for standard, wanted in ((5, {1: 5, 2: 7, 3: 5}), (None, {2: 7})):
            told = engine.collect(Limits(standard=standard, by_county={"B": 7}).onto(engine, homes))
            assert dict(zip(told["home"], told["limit"], strict=True)) == wanted
        plain = engine.collect(Limits(standard=5, by_county={}).onto(engine, homes))
        assert plain["limit"].tolist() == [5, 5, 5]


# ---- specs


def test_the_limit_is_line_times_multiple():
    assert low(line=4000, multiple=1.5, by_county={"B": 4000.02}).limits == Limits(standard=600000, by_county={"B": 600003})
    with pytest.raises(SpecError, match="no whole number of fen"):
        low(line=4000.01, multiple=1.5)


def test_a_line_must_be_given():
    with pytest.raises(SpecError, match="has no line"):
        low(line=None)
    assert low(line=None, by_county={"B": 1}).limits.of("A") is None
    for wrong in (
        {"line": 0},
        {"by_county": {"B": 0}},
        {"multiple": 0},
        {"multiple": 11},
        {"strict": "yes"},
        {"no_record": "zero"},
    ):
        with pytest.raises(SpecError):
            low(**wrong)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (IncomeDrop, {"share": 0}),
        (IncomeDrop, {"share": 1.1}),
        (IncomeDrop, {"share": 0.3, "by_county": {"B": 2}}),
        (IncomeDrop, {"share": 0.3, "by_county": {1: 0.2}}),
        (SpendingAbove, {"records": (), "least": 1}),
        (SpendingAbove, {"records": ("medical", "medical"), "least": 1}),
        (SpendingAbove, {"records": "medical", "least": 1}),
        (SpendingAbove, {"records": ("medical",), "least": -1}),
        (SpendingAbove, {"records": ("medical",), "least": 1, "over": "week"}),
        (SpendingAbove, {"records": ("medical",), "least": 1, "who": "poor"}),
        (SpendingShare, {"records": ("medical",), "share": 0}),
        (SpendingShare, {"records": ("medical",), "share": 101}),
        (State, {"records": "water", "column": "safe", "among": ()}),
        (State, {"records": "water", "column": "safe", "among": (False, 1)}),
        (State, {"records": "water", "column": "safe", "among": (0.5,)}),
        (State, {"records": "water", "column": "safe", "among": (False,), "each": "child"}),
        (State, {"records": "water", "column": "safe", "among": (False,), "months": 0}),
        (State, {"records": "water", "column": "safe", "among": (False,), "where": ("stage",)}),
        (StateLost, {"records": "employment", "column": "", "months": 12}),
        (StateLost, {"records": "employment", "column": "at_work", "months": 0}),
        (Stopped, {"records": "civil_affairs", "months": 0}),
        (Stopped, {"records": "civil_affairs", "by_county": {"B": 1.5}}),
        (Stopped, {"records": "civil_affairs", "before": 0}),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(kind, told):
    with pytest.raises(SpecError):
        kind(id="x", **SHARED, **told)


@pytest.mark.parametrize(
    "wrong", [{"id": ""}, {"channel": "health"}, {"level": 0}, {"level": 4}, {"name": "low"}, {"counties": "A"}]
)
def test_what_every_rule_says_is_checked(wrong):
    with pytest.raises(SpecError):
        low(**wrong)


BURDEN = {"records": ("medical",), "share": 0.4}
STATE = {"records": "water", "column": "safe", "among": (False,)}


@pytest.mark.parametrize(
    ("kind", "told", "what", "found", "do"),
    [
        (IncomeBelow, {"line": 0}, "rule 'x' line must be above 0", "0", "write it in yuan a head and year"),
        (IncomeBelow, {"by_county": {"B": 0}}, "rule 'x' by_county 'B' must be above 0", "0", "write it in yuan a head and year"),
        (IncomeBelow, {"multiple": 11}, "rule 'x' multiple must be above 0, and 10 at most", "11", "such as 1.5"),
        (IncomeDrop, {"share": 1.1}, "rule 'x' share must be above 0, and 1 at most", "1.1", "such as 0.3"),
        (
            IncomeDrop,
            {"share": 0.3, "by_county": {"B": 2}},
            "rule 'x' by_county 'B' must be above 0, and 1 at most",
            "2.0",
            "such as 0.3",
        ),
        (SpendingShare, {**BURDEN, "share": 100.5}, "rule 'x' share must be above 0, and 100 at most", "100.5", "such as 0.3"),
        (
            SpendingShare,
            {**BURDEN, "by_county": {"B": 0}},
            "rule 'x' by_county 'B' must be above 0, and 100 at most",
            "0.0",
            "such as 0.3",
        ),
        (
            SpendingShare,
            {**BURDEN, "by_county": [0.3]},
            "rule 'x' by_county must be a table of counties",
            "[0.3]",
            'write {"6201" = 8700}',
        ),
        (
            SpendingShare,
            {**BURDEN, "records": ()},
            "rule 'x' records must be one at least, and each once",
            "()",
            'write ("medical",)',
        ),
        (
            State,
            {**STATE, "counties": ("A", "A")},
            "rule 'x' counties must name each once",
            "('A', 'A')",
            "take out what is there twice",
        ),
        (State, {**STATE, "records": 5}, "rule 'x' records must be a word", "5", 'write it in quotes, such as "medical"'),
        (
            State,
            {**STATE, "among": (0.5,)},
            "rule 'x' among must be flags, whole numbers or words, one at least",
            "(0.5,)",
            'write (False,) or ("C", "D")',
        ),
        (
            State,
            {**STATE, "where": ("stage",)},
            "rule 'x' where must be a table",
            "('stage',)",
            'write {"stage": ("compulsory",)}',
        ),
    ],
)
def test_a_refused_rule_names_what_was_written_and_what_to_write(kind, told, what, found, do):
    with pytest.raises(SpecError) as refused:
        kind(**{"id": "x", **SHARED, **({"line": 8700} if kind is IncomeBelow else {}), **told})
    assert (refused.value.what, refused.value.found, refused.value.do) == (what, found, do)


def test_a_set_is_checked_as_a_whole():
    other = low(id="other")
    assert a_set().the_range.id == "low"
    assert a_set(low(), other, range="other").the_range is other
    faults = [
        ((low(), low()), {}, "stand twice"),
        ((low(), other), {}, "several rules are income_below"),
        ((low(),), {"range": "lwo"}, "did you mean 'low'"),
        ((low(),), {"income": ()}, "need the sources of income"),
        ((low(),), {"valid_from": "2024-01-01"}, "must be a day"),
        ((1,), {}, "each of RuleSet rules"),
    ]
    for rules, changes, said in faults:
        with pytest.raises(SpecError, match=said):
            a_set(*rules, **changes)
    with pytest.raises(SpecError, match=r"RuleSet rules must be one at least. To do: write \(IncomeBelow\(…\), …\)"):
        replace(a_set(), rules=())


def test_a_set_names_every_source_it_reads_once():
    spend = SpendingAbove(id="spend", **SHARED, records=("medical", "employment"), least=1)
    assert a_set(low(), spend).tables == ("employment", "medical")
    assert a_set(low(), spend).called("spend") is spend
    with pytest.raises(SpecError, match="did you mean 'spend'"):
        a_set(low(), spend).called("spent")


# ---- files


def test_the_shipped_example_says_what_it_is_and_fits_the_shipped_sources(sources):
    rules = read_rules("rules", sources)
    assert rules.example
    assert {type(rule).KIND for rule in rules.rules} == set(KINDS)
    assert rules.the_range.limits.standard == 870_000
    for rule in rules.rules:
        assert rule.source.zh and rule.source.en and rule.name.zh != rule.name.en, rule.id
        assert rule.confidence in ("high", "medium-high", "medium", "low", "unknown")
    by = {rule.id: rule for rule in rules.rules}
    assert by["medical_registered"].limits.standard == 500_000
    assert by["medical_others"].limits.standard == 2_000_000
    assert (by["education_costs"].limits.standard, by["education_costs"].strict) == (1_000_000, True)
    assert by["income_drop"].confidence == "unknown"  # no national figure is known


def test_a_file_says_all_that_a_spec_does(tmp_path):
    file = tmp_path / "own.toml"
    file.write_text(
        HEAD + LOW + "by_county = { B = 8800 }\nmultiple = 1.5\nstrict = true\ncounties = ['A', 'B']\n" + WATER, encoding="utf-8"
    )
    one, other = read_rules(file).rules
    assert one == low(name=Text("low", "low"), by_county={"B": 8800.0}, multiple=1.5, strict=True, counties=("A", "B"))
    assert other.among == (False,)


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        (HEAD + LOW + "lime = 3\n", "'rule.lime' is not a known key. did you mean 'line'?", "lime = 3"),
        (HEAD + LOW + "months = 3\n", "'months' is no key of kind 'income_below'", "[[rule]]"),
        (HEAD + LOW.replace("income_below", "income_bellow"), "did you mean 'income_below'?", "[[rule]]"),
        (HEAD + LOW.replace("line = 8700", "line = true"), "must be a number, not true", "line = true"),
        (HEAD + LOW.replace("line = 8700", ""), "rule 'low' has no line", "[[rule]]"),
        (HEAD + WATER.replace("among = [false]", ""), "a rule of kind 'state' needs among", "[[rule]]"),
        (HEAD + LOW + WATER + WATER, "rule id 'water' stands twice", 'id = "water"'),
        (HEAD.replace('version = "1"', "version = 1") + LOW, "'version'", "version = 1"),
        (HEAD.replace("2024-01-01", '"someday"') + LOW, "'valid_from'", 'valid_from = "someday"'),
        (HEAD + LOW.replace("8700", "0.87"), "0.87 is too low a threshold in yuan: write 8700", "[[rule]]"),
        (HEAD + LOW + "by_county = { B = 0.88 }\n", "0.88 is too low a threshold in yuan", "[[rule]]"),
        (HEAD + SPENT.format("spending_above", "least = 0.5"), "0.5 is too low a threshold in yuan", "[[rule]]"),
        (HEAD + SPENT.format("spending_share", "share = 40"), "40 is too high a share of the income: write 0.4", "[[rule]]"),
        ("rang = 'low'\n" + HEAD + LOW, "'rang' is not a known key. did you mean 'range'?", "rang = 'low'"),
    ],
)
def test_faults_of_a_file_are_told_with_their_line(tmp_path, text, said, line):
    message, found = refused(tmp_path, text)
    assert said in message
    assert found == line


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        (HEAD.replace("accounts", "acounts") + LOW, "did you mean 'accounts'?", 'income = ["employment", "acounts"]'),
        (HEAD + LOW + WATER.replace('records = "water"', 'records = "watter"'), "which is no source", 'records = "watter"'),
        (HEAD + LOW + WATER.replace('"safe"', '"save"'), "which is no state of 'water'", 'column = "save"'),
        (HEAD + LOW + WATER.replace("[false]", '["no"]'), "cannot be; found 'no'. To do: use true or false", 'among = ["no"]'),
        (HEAD + LOW + WATER + 'each = "person"\n', "whom 'water' does not name", 'each = "person"'),
        (HEAD + LOW + WATER + 'where = { stage = ["x"] }\n', "reads 'stage'", 'where = { stage = ["x"] }'),
        (
            HEAD + LOW + "[[rule]]\nid = 's'\nkind = 'stopped'\nname = 's'\nchannel = 'income'\nrecords = 'housing'\n",
            "reads amounts of 'housing', which has none",
            "records = 'housing'",
        ),
        (
            HEAD + LOW + WATER.replace('"water"\ncolumn = "safe"\namong = [false]', '"housing"\ncolumn = "grade"\namong = ["E"]'),
            "'grade' cannot be; found 'E'. To do: use one of A, B, C, D",
            'among = ["E"]',
        ),
        (
            HEAD + LOW + SPENT.format("spending_above", "least = 0").replace("medical", "employment"),
            "reads 'employment' as spending, which is among the sources of income",
            "records = ['employment']",
        ),
        (
            HEAD
            + LOW
            + "[[rule]]\nid = 's'\nkind = 'state_lost'\nname = 's'\nchannel = 'shock'\nrecords = 'water'\ncolumn = 'safe'\n",
            "looks for what 'safe' cannot be; found 0. To do: name a column of whole numbers",
            "column = 'safe'",
        ),
    ],
)
def test_what_the_sources_do_not_have_is_told_with_its_line(tmp_path, sources, text, said, line):
    message, found = refused(tmp_path, text, sources)
    assert said in message
    assert found == line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            HEAD.replace("valid_from", "range = 'lwo'\nvalid_from") + LOW,
            "range 'lwo' is no rule of kind income_below. To do: did you",
        ),
        (HEAD, "RuleSet rules must be one at least. To do: write"),
        (
            HEAD.replace('"employment", "accounts"', "") + LOW,
            "rules low need the sources of income. To do: name them under income",
        ),
    ],
)
def test_what_is_wrong_with_a_set_as_a_whole_is_told_with_its_file(tmp_path, text, said):
    file = tmp_path / "own.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as refused:
        read_rules(file)
    assert str(refused.value).startswith(f"own.toml: {said}")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_rules(tmp_path / "none.toml")
