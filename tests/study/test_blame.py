"""What keeps a study from being run is said of the file, the table and the line, or the row, that it stands in."""

import re
import shutil
import tomllib
from pathlib import Path

import pandas as pd
import pytest

import evalkit as ek
from evalkit.panel.form import whereabouts
from evalkit.study.form import StudyForm
from evalkit.study.households.file import read_homes
from evalkit.study.risk.run import RiskStudy
from evalkit.study.run import Study

SYSTEM = """id = "{id}"
name = "{id}"
[[dimension]]
id = "of_{id}"
name = "all"
[[dimension.indicator]]
id = "{first}"
name = "{first}"
direction = "benefit"
{more}
[[dimension.indicator]]
id = "{last}"
name = "{last}"
direction = "benefit"
"""
STUDY = """title = "A small study"
{top}
[panel]
file = "panel.csv"
unit = "county"
period = "year"
weight = "people"
groups = ["province"]
{panel}
[[system]]
file = "kept.toml"
{own}
[[system]]
file = "rise.toml"
{table}
[robustness]
weights = {weights}
normalize = {normalize}
aggregate = []
draws = 0
samples = 0
[report]
chapters = ["scope"]
formats = ["html"]
"""


def lay(folder: Path, rows: pd.DataFrame | None = None, more: str = "", **parts: str) -> Study:
    """A study of six counties over three years with two systems of two indicators; `more` is said of the first indicator."""
    keys = [(f"5301{unit}", "EW"[unit % 2], year) for unit in range(11, 17) for year in (2020, 2021, 2022)]
    figures = {"income": 9000, "tap": 60, "output": 3000, "beds": 200}
    frame = pd.DataFrame(keys, columns=["county", "province", "year"]).assign(people=30_000)
    for column, start in figures.items():
        frame[column] = [start + 7 * at % 31 + 3 * at for at in range(len(frame))]
    (frame if rows is None else rows(frame)).to_csv(folder / "panel.csv", index=False)
    for name, first, last in (("kept", "income", "tap"), ("rise", "output", "beds")):
        text = SYSTEM.format(id=name, first=first, last=last, more=more)
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    blank = dict.fromkeys(("top", "panel", "own", "table"), "") | {"weights": "[]", "normalize": "[]"}
    (folder / "study.toml").write_text(STUDY.format(**blank | parts), encoding="utf-8")
    return Study.read(folder / "study.toml")


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"top": "top_obstacles = 0"}, "line 2: 'top_obstacles': must be greater than or equal to 1, not 0"),
        ({"table": "[screen]\nunits = 1.5"}, "line 16: 'screen.units': must be less than or equal to 1, not 1.5"),
        ({"table": "[screen]\nindicators = -0.1"}, "line 16: 'screen.indicators': must be greater than or equal to 0"),
        ({"table": "[denominate]\nby = {}"}, "line 15: 'denominate': Denominate divides no column. To do: name in `by`"),
        (
            {"table": '[denominate]\nby = { beds = "people" }\ntimes = { tap = 100 }'},
            "line 15: 'denominate': Denominate multiplies [tap], which it does not divide",
        ),
        (
            {"panel": "header = 0"},
            "line 9: 'panel.header': the row of the header must be a whole number from 1 on; found 0. "
            "To do: count the rows from 1: the first row of the file is 1, not 0.",
        ),
    ],
)
def test_what_a_table_says_wrongly_is_told_with_its_line(parts, told, tmp_path):
    with pytest.raises(ek.SpecError) as wrong:
        lay(tmp_path, **parts)
    assert str(wrong.value).startswith(f"study.toml, {told}")


def test_the_header_of_a_survey_is_counted_from_1_too(tmp_path):
    with pytest.raises(ek.SpecError, match=r"^study.toml, line 18: 'households.header': .* the first row of the file is 1"):
        lay(tmp_path, table='[households]\nfile = "homes.csv"\nplace = "county"\nheader = 0')


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"table": '[denominate]\nby = { beds = "area" }'}, "study.toml, line 15: Denominate needs columns [area]"),
        (
            {"table": '[denominate]\nby = { beds = "people" }'},
            "study.toml, line 16: 'people' is the weight of the panel and no column of figures. To do: divide by \"weight\".",
        ),
        (
            {"table": '[missing]\nsteps = [{ method = "group_mean", over = "town" }]'},
            "study.toml, line 16: GroupMean over='town'",
        ),
        ({"table": "[screen]\nindicators = 1"}, "study.toml, line 15: no indicator of 'rise' has enough figures"),
        ({"own": 'weigh = "given"'}, "kept.toml, line 6: given weights must name exactly the scored indicators of 'kept'"),
        ({"table": '[weigh]\nmethod = "given"'}, "kept.toml, line 6: given weights"),
        ({"table": '[normalize]\nmethod = "target"'}, "kept.toml, line 6: [income, tap] have no target"),
        ({"table": '[normalize]\nmethod = "target"', "more": "target = 99999"}, "kept.toml, line 11: [tap] have no target"),
        (
            {"table": '[normalize]\nmethod = "target"\ntargets = { income = 99999 }'},
            "study.toml, line 17: [tap] have no target",
        ),
        (
            {"table": '[normalize]\nbounds = "plausible"'},
            "kept.toml, line 6: goalposts were asked for, but [income, tap] declare",
        ),
        (
            {"table": '[weigh]\nmethod = "levels"\ninside = { of_kep = "equal" }'},
            "study.toml: 'kept' has no dimension 'of_kep'. To do: did you mean 'of_kept'?",
        ),
        ({"normalize": '["target"]'}, "kept.toml, line 6: [income, tap] have no target"),
        ({"weights": '["given"]', "more": "weight = 2"}, "kept.toml, line 11: given weights"),
    ],
)
def test_what_a_run_lacks_is_told_where_it_should_stand(parts, told, tmp_path):
    def gaps(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.astype({"output": float, "beds": float}).assign(
            output=frame["output"].where(frame.index != 4), beds=frame["beds"].where(frame.index != 7)
        )

    study = lay(tmp_path, gaps, **parts)
    with pytest.raises(ek.EvalkitError) as wrong:
        study.run()
    assert str(wrong.value).startswith(told)
    assert type(wrong.value) in (ek.SpecError, ek.DataError, ek.NoAnswer)


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        ({"own": 'weigh = "given"'}, 12),
        ({"table": '[weigh]\nmethod = "given"'}, 15),
        ({"table": '[normalize]\nmethod = "target"'}, 15),
    ],
)
def test_what_a_shipped_system_does_not_declare_is_told_where_it_is_asked_for(parts, line, tmp_path):
    study = lay(tmp_path, **parts)
    text = study.path.read_text(encoding="utf-8").replace('file = "panel.csv"', 'dataset = "counties"')
    for name, shipped in (("kept.toml", "consolidation"), ("rise.toml", "revitalization")):
        text = text.replace(name, shipped)
    study.path.write_text(re.sub(r"(?m)^(unit|period|weight|groups) = .*$", "", text), encoding="utf-8")
    with pytest.raises(ek.SpecError, match=rf"^study.toml, line {line}: "):
        Study.read(study.path).run()


@pytest.mark.parametrize("below", ["output", "weight"])
def test_a_denominator_of_0_is_told_with_the_row_of_the_file(below, tmp_path):
    column = {"output": "output", "weight": "people"}[below]

    def zero(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(**{column: frame[column].where(frame.index != 4, 0)})

    study = lay(tmp_path, zero, table=f'[denominate]\nby = {{ beds = "{below}" }}')
    with pytest.raises(ek.DataError, match=rf"^panel.csv, 530112 2021 \(row 6\): 'beds' cannot be divided by '{below}'"):
        _ = study.panel


def test_a_gap_is_told_with_the_row_of_the_file(tmp_path):
    def gaps(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.astype({"beds": float}).assign(beds=frame["beds"].where(frame.index != 4))

    study = lay(tmp_path, gaps, table='[missing]\nsteps = ["refuse"]')
    with pytest.raises(ek.DataError, match=r"^panel.csv, 530112 2021 'beds' \(row 6\): 1 values are missing"):
        study.run()


HOMES = "household,county,year,weight,income_pc\n" + "".join(
    f"H{home},{'AB'[home % 2]},{year},2,{5000 + 97 * home}\n" for home in range(8) for year in (2021, 2022)
)
SURVEY = """[households]
file = "homes.csv"
place = "county"
weight = "weight"
line = 5200
{more}
"""


@pytest.mark.parametrize(
    ("homes", "more", "told"),
    [
        (
            HOMES.replace("H3,B,2022,2", "H3,B,2022,-2"),
            "",
            "homes.csv, 0000004 2022 (row 9): the weight 'weight' has 1 value(s) that are below 0, or infinite",
        ),
        (
            HOMES.replace("H3,B,2021", "H3,A,2021"),
            "",
            "homes.csv: 1 unit(s) change their 'county' over the periods: 0000004 (row",
        ),
        (
            HOMES.replace(",2,", ",x,"),
            "",
            "homes.csv: 'weight' holds 16 cell(s) that are not numbers: row 2, row 3",
        ),
        (
            HOMES,
            'deprivations = "guarantee"',
            "study.toml, [households]: no system of deprivations is called 'guarantee'. To do: did you mean 'guarantees'?",
        ),
        (HOMES, 'deprivations = "none.toml"', "{folder}/none.toml: there is no such file"),
    ],
)
def test_what_is_wrong_with_a_survey_is_told_of_its_file_and_row_and_of_no_home(homes, more, told, tmp_path):
    (tmp_path / "homes.csv").write_text(homes, encoding="utf-8")
    study = lay(tmp_path, table=SURVEY.format(more=more))
    text = study.path.read_text(encoding="utf-8").replace('chapters = ["scope"]', 'chapters = ["households"]')
    study.path.write_text(text, encoding="utf-8")
    with pytest.raises(ek.EvalkitError) as wrong:
        Study.read(study.path).run()
    said = str(wrong.value)
    assert said.startswith(told.format(folder=tmp_path)), said
    assert "evalkit audit" not in said and "H3" not in said


def test_a_list_of_many_faults_of_a_survey_sends_nobody_to_the_audit_of_panels(tmp_path):
    (tmp_path / "homes.csv").write_text(HOMES.replace("H3,", ",").replace(",2,", ",x,"), encoding="utf-8")
    form = StudyForm.model_validate(tomllib.loads(lay(tmp_path, table=SURVEY.format(more="")).path.read_text(encoding="utf-8")))
    with pytest.raises(ek.DataError, match="correct them one by one, and run again") as wrong:
        read_homes(tmp_path / "homes.csv", form.households)
    assert "problems:" in str(wrong.value) and "evalkit audit" not in str(wrong.value)
    assert "逐项改正后再运行" in wrong.value.in_chinese()


def test_units_that_move_are_told_with_the_rows_that_differ(tmp_path):
    def moved(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(province=frame["province"].where(frame.index != 3, "S"))

    with pytest.raises(ek.DataError, match=r"1 unit\(s\) change their 'province' over the periods: 530112 \(row 5\)"):
        _ = lay(tmp_path, moved).panel


@pytest.mark.parametrize(
    ("quotas", "told"),
    [
        ("{}", "'list': CountyQuotas quotas must name a number for each county"),
        (
            '{ "010101" = -1 }',
            "'list': the quota of '010101' must be a number in [0, ∞); found -1.0. To do: give a number, 0 for",
        ),
        ('{ "010101" = 5 }', "some counties have no quota; found 020101, 030101"),
    ],
)
def test_quotas_are_told_of_the_list_and_its_line(quotas, told, tmp_path):
    path = tmp_path / "risk.toml"
    shutil.copy(ek.datasets.folder() / "studies" / "risk.toml", path)
    path.write_text(path.read_text(encoding="utf-8").replace("share = 0.2", f"quotas = {quotas}"), encoding="utf-8")
    with pytest.raises(ek.EvalkitError) as wrong:
        RiskStudy.read(path).run()
    assert str(wrong.value).startswith(f"{whereabouts(path, 'list')}: {told}")


def test_the_weight_of_a_data_set_is_no_column_of_figures_either(tmp_path):
    shipped = (ek.datasets.folder() / "studies" / "counties.toml").read_text(encoding="utf-8")
    divided = '[denominate]\nby = { G01 = "population" }\n\n[normalize]'
    (tmp_path / "study.toml").write_text(shipped.replace("[normalize]", divided, 1), encoding="utf-8")
    with pytest.raises(ek.SpecError, match="'population' is the weight of the panel and no column of figures") as wrong:
        _ = Study.read(tmp_path / "study.toml").panel
    assert (wrong.value.do, "study.toml, line" in wrong.value.where) == ('divide by "weight"', True)
