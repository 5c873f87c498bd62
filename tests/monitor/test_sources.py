"""What a file of sources may say, and how what is wrong with it is told."""

from dataclasses import FrozenInstanceError, replace

import pytest

from evalkit.datasets import folder
from evalkit.errors import SpecError
from evalkit.monitor.sources.sources import RegisterTable, Source, State, read_declared, read_sources
from evalkit.simulate.defects import TABLES
from evalkit.terms import Text

SHIPPED = folder() / "monitor" / "sources.toml"
PLAIN = Source(
    id="water",
    name=Text("饮水", "water"),
    department=Text("水利局", "water"),
    file="water*.csv",
    columns={"household": "户编号", "event_date": "日期", "known_date": "上报日期"},
)
HEAD = """[register.homes]
file = "homes.csv"
columns = { household = "unit", county = "county", village = "village", formerly_poor = "poor", known_date = "known" }
"""
SOURCE = """[[source]]
id = "water"
name = { zh = "饮水", en = "water" }
department = "水利局"
file = "water*.csv"
columns = { household = "unit", event_date = "day" }
known_after = 3
refresh = "year"
"""


def written(tmp_path, *parts):
    file = tmp_path / "sources.toml"
    file.write_text("".join(parts), encoding="utf-8")
    return file


def test_the_shipped_file_declares_the_tables_of_the_simulation():
    declared = read_declared(SHIPPED)
    assert [source.id for source in declared.sources] == [*TABLES, "accounts"]
    assert declared.sources[-1].covers == "year" and declared.database is None
    assert [table.place for table in declared.tables[:3]] == ["register/homes", "register/members", "records/medical"]
    for source in declared.sources:
        assert source.name.zh and source.name.en and source.name.zh != source.name.en
        assert set(source.kinds) >= {
            "household",
            "person",
            "number",
            "event_date",
            "known_date",
            "amount",
            "county",
            "delivery",
            "row",
        }
    assert declared.sources[8].kinds["at_work"] == "integer" and declared.sources[5].kinds["safe"] == "flag"


def test_sources_are_read_with_their_defaults(tmp_path):
    (source,) = read_sources(written(tmp_path, HEAD, SOURCE))
    assert source == replace(PLAIN, columns={"household": "unit", "event_date": "day"}, known_after=3, refresh="year",
                             department=Text("水利局", "水利局"))  # fmt: skip
    assert (source.unit, source.covers, source.expects) == ("yuan", "event", "none")
    with pytest.raises(FrozenInstanceError):
        source.unit = "fen"
    with pytest.raises(TypeError):
        source.columns["household"] = "other"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('refresh = "year"', 'refresh = "weekly"', "'month', 'quarter'"),
        ("known_after = 3", "", "say once when a record becomes known"),
        ("known_after = 3", "known_afer = 3", "did you mean 'known_after'"),
        ("known_after = 3", "known_after = -3", "greater than or equal to 0"),
        ('id = "water"', 'id = "Water Board"', "small letters"),
        ("household", "houshold", "did you mean 'household'"),
        ('household = "unit", ', "", "has no key"),
        ('event_date = "day"', 'person = "day"', "no event_date"),
        ('file = "water*.csv"', 'file = "../water*.csv"', "folder of deliveries"),
        ('file = "water*.csv"', 'file = ""', "the files of source 'water' have no name"),
        ("known_after = 3", "known_after = 20240601", "less than or equal to 3660"),
        ('file = "water*.csv"', 'file = "w.csv"\ntable = "a.b"', "name one of the two"),
        ("known_after = 3", "known_after = 3\nranges = { amount = [0, 9] }", "no figures 'amount'"),
        ('refresh = "year"', 'refresh = "event"\nexpects = "every_county"', "comes when something happened"),
        ('refresh = "year"', 'refresh = "year"\n[source.states]\ngrade = { kind = "word" }', "needs the words it may be"),
        ('refresh = "year"', 'refresh = "year"\n[source.states]\ncounty = { kind = "flag" }', "cannot be the name of a state"),
    ],
)
def test_faults_are_told_with_file_and_line(tmp_path, old, new, told):
    assert old in SOURCE
    with pytest.raises(SpecError) as refused:
        read_sources(written(tmp_path, HEAD, SOURCE.replace(old, new, 1)))
    assert told in str(refused.value) and refused.value.where.startswith("sources.toml, line"), str(refused.value)


def test_a_fault_of_a_column_is_told_on_its_line(tmp_path):
    with pytest.raises(SpecError) as refused:
        read_sources(written(tmp_path, HEAD, SOURCE.replace("known_after = 3", "known_after = true")))
    assert refused.value.where == "sources.toml, line 10"


def test_two_sources_of_one_name_and_tables_without_a_database_are_refused(tmp_path):
    with pytest.raises(SpecError, match="'water' is declared twice"):
        read_sources(written(tmp_path, HEAD, SOURCE, SOURCE))
    table = SOURCE.replace('file = "water*.csv"', 'table = "dept.water"')
    with pytest.raises(SpecError, match="database must say"):
        read_sources(written(tmp_path, HEAD, table))
    told = read_declared(written(tmp_path, HEAD, table, '[database]\nvariable = "WATER_DB"\n'))
    assert told.database == "WATER_DB" and told.sources[0].table == "dept.water"
    with pytest.raises(SpecError, match="variable"):
        read_sources(written(tmp_path, HEAD, table, '[database]\nvariable = "postgresql://me:secret@host"\n'))


def test_a_register_names_what_it_needs():
    columns = {"household": "a", "county": "b", "village": "c", "formerly_poor": "d", "known_date": "e"}
    homes = RegisterTable(id="homes", file="x.csv", columns=columns)
    assert [column.name for column in homes.layout if not column.needed] == [] and homes.kinds["labor"] == "flag"
    with pytest.raises(SpecError, match="no column 'village'"):
        RegisterTable(id="homes", file="x.csv", columns={k: v for k, v in columns.items() if k != "village"})
    with pytest.raises(SpecError, match="must say once"):
        RegisterTable(id="members", file="x.csv", columns={"person": "a", "household": "b", "from_date": "c"})
    members = RegisterTable(
        id="members", file="x.csv", columns={"person": "a", "household": "b", "from_date": "c"}, known_after=30
    )
    assert set(members.kinds) == {"person", "household", "from_date", "to_date", "known_date", "delivery", "row"}


def test_states_are_flags_words_or_whole_numbers():
    for wrong in (
        {"kind": "word"},
        {"kind": "word", "among": (1,)},
        {"kind": "integer", "among": ("a",)},
        {"kind": "integer", "among": (True,)},
        {"kind": "flag", "among": ("yes",)},
        {"kind": "integer", "yes": ("on",)},
        {"kind": "number"},
    ):
        with pytest.raises(SpecError):
            State(**wrong)


BLANK, BOTH = "a state has a word that is read as a blank cell", "a flag has a word that stands for both yes and no"


@pytest.mark.parametrize(
    ("told", "what", "found"),
    [
        ({"kind": "flag", "yes": ("x",), "no": ("Ｘ",)}, BOTH, "'x'"),
        ({"kind": "flag", "yes": ("否",)}, BOTH, "'否'"),
        ({"kind": "flag", "no": ("1.0",)}, BOTH, "'1'"),
        ({"kind": "flag", "no": ("/",)}, BLANK, "'/'"),
        ({"kind": "word", "among": ("A", "NA")}, BLANK, "'NA'"),
        ({"kind": "word", "among": ("A", "")}, BLANK, "''"),
        ({"kind": "word", "among": ("A", "Ａ")}, "a state has a value twice", "'A', 'Ａ'"),
    ],
)
def test_words_of_a_state_are_each_read_as_one_thing(told, what, found):
    with pytest.raises(SpecError) as refused:
        State(**told)
    assert (refused.value.what, refused.value.found) == (what, found)


@pytest.mark.parametrize(
    ("change", "what", "found", "do"),
    [
        ({"file": None, "table": "dept."}, "the table of source 'water' has no name", "'dept.'", 'write "schema.table"'),
        (
            {"columns": {"household": "", "event_date": "日期", "known_date": "上报日期"}},
            "the column 'household' of source 'water' has no name in the file",
            "",
            "write its name in quotes",
        ),
        (
            {"states": {"tap": State(kind="integer")}, "ranges": {"tap": (9, 1)}},
            "the range of 'tap' must be a lowest and a highest value",
            "(9, 1)",
            "write the lower one first, such as [0, 120]",
        ),
        (
            {"states": {"tap": State(kind="integer")}, "ranges": {"tap": (1,)}},
            "the range of 'tap' must be a lowest and a highest value",
            "(1,)",
            "write the lower one first, such as [0, 120]",
        ),
    ],
)
def test_a_source_that_makes_no_sense_is_refused_with_what_to_write(change, what, found, do):
    with pytest.raises(SpecError) as refused:
        replace(PLAIN, **change)
    told = refused.value
    assert (told.what, told.found, told.do) == (what, found, do)


def test_homes_become_known_on_a_day_of_their_own():
    columns = {name: name for name in ("household", "county", "village", "formerly_poor")}
    with pytest.raises(SpecError) as refused:
        RegisterTable(id="homes", file="x.csv", columns=columns, known_after=3)
    told = refused.value
    assert (told.what, told.do) == ("known_after is not for register.homes", "leave it out, and name the column known_date")


def test_only_a_flag_has_words_for_yes():
    with pytest.raises(SpecError) as refused:
        State(kind="integer", yes=("on",))
    told = refused.value
    assert (told.what, told.found) == ("only a flag has words for yes and no", "kind 'integer'")
    assert told.do == "leave yes and no out"


def test_one_column_may_be_both_dates_and_no_others_are_read_twice():
    replace(PLAIN, columns={"household": "a", "event_date": "d", "known_date": "d"})
    with pytest.raises(SpecError, match="reads a column twice"):
        replace(PLAIN, columns={"household": "a", "person": "a", "event_date": "d", "known_date": "d"})
