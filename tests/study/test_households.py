"""A survey of households in a study: read without the codes of homes, asked all that it answers, printed in one chapter."""

import re
import tomllib

import pandas as pd
import pytest
import shipped_survey

import evalkit as ek
from evalkit.report.assessment.chapters import compose
from evalkit.report.assessment.households import households
from evalkit.report.words import Voice
from evalkit.study.form import StudyForm
from evalkit.study.households.file import read_homes
from evalkit.study.households.form import HouseholdsForm
from evalkit.study.households.survey import household_findings
from evalkit.study.run import Study

FOLDER = ek.datasets.folder()
ASKED = {"dataset": "households", "village": "village", **shipped_survey.ASKED}


@pytest.fixture(scope="module")
def found():
    return household_findings(HouseholdsForm(**ASKED), FOLDER)


def test_figures_are_those_of_the_file(found):
    rows = pd.read_csv(FOLDER / "households.csv", comment="#")
    now = rows[rows["year"] == 2024]
    weight = now["weight"] * now["members"]
    poor = now["income_pc"] < now["line"]
    expected = (weight * poor).sum() / weight.sum()
    by_year = found.by_year.frame.query("measure == 'headcount' and year == 2024")
    assert by_year["estimate"].item() == pytest.approx(expected)
    alone = (weight * ((now["income_pc"] - now["transfer_pc"] < now["line"]) & ~poor)).sum() / weight.sum()
    kept = found.transfers.frame.set_index("measure")["estimate"]["kept_above"]
    assert kept == pytest.approx(alone)
    assert found.homes == len(now)
    left = now["formerly_poor"] == 1
    assert found.bottom.overall["returns"].item() == (poor & left).sum()


def test_the_chapter_names_no_home_in_either_language(found):
    for lang in ("zh", "en"):
        blocks = households(found, Voice(lang))
        text = " ".join(str(part) for block in blocks for part in (getattr(block, "text", ""), getattr(block, "frame", "")))
        assert len(blocks) > 20
        assert not re.search(r"H\d{7}|\b00\d{5}\b", text)


def test_codes_of_homes_never_reach_a_message(tmp_path):
    secret = "510321199001011234"
    rows = pd.read_csv(FOLDER / "households.csv", comment="#", dtype=str).head(8)
    rows.loc[1, "income_pc"] = "many"
    rows.loc[2:3, "year"] = "2021"
    rows["household"] = secret
    rows["name of the head"] = "Zhang"
    rows.to_csv(tmp_path / "homes.csv", index=False)
    form = HouseholdsForm(file="homes.csv")
    with pytest.raises(ek.DataError) as wrong:
        read_homes(tmp_path / "homes.csv", form)
    assert "row 3" in str(wrong.value)
    assert "many" not in str(wrong.value)
    assert secret not in str(wrong.value)


def test_cells_and_codes_for_missing_are_refused_in_one_error(tmp_path):
    rows = pd.read_csv(FOLDER / "households.csv", comment="#", dtype={"county": str})
    rows["members"] = rows["members"].astype(object)
    rows.loc[4, "members"] = "several"
    rows.loc[rows.index[100:110], "income_pc"] = -9999
    rows.to_csv(tmp_path / "homes.csv", index=False)
    with pytest.raises(ek.DataError, match=r"homes.csv: 2 problems:") as wrong:
        household_findings(asked(), tmp_path)
    assert "'members' holds 1 cell(s) that are not numbers: row 6" in str(wrong.value)
    assert "'income_pc'" in str(wrong.value)
    assert "[missing_code]" in str(wrong.value)
    assert not any(code in str(wrong.value) for code in rows["household"].unique())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"file": "a.csv"}, "either a file or a dataset"),
        ({"threshold": None}, "needs both formerly_poor"),
        ({"line": -5.0}, "above 0"),
        ({"formerly_poor": None, "threshold": None}, "village by village"),
        ({"place": "household"}, "column of the home"),
        ({"place": "village"}, "two columns"),
        ({"level": 0.5}, "0.8"),
    ],
)
def test_a_form_that_makes_no_sense(wrong, said):
    with pytest.raises(ValueError, match=said):
        HouseholdsForm(**(ASKED | wrong))


def survey(folder, **changes):
    """The shipped survey with columns changed, as a file."""
    rows = pd.read_csv(FOLDER / "households.csv", comment="#", dtype={"county": str})
    rows.assign(**changes).to_csv(folder / "homes.csv", index=False)
    return rows


def asked(**changes):
    return HouseholdsForm(**{**ASKED, "dataset": None, "file": "homes.csv", **changes})


def test_a_column_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ek.DataError, match=r"no column 'incom_pc'.*did you mean 'income_pc'"):
        household_findings(HouseholdsForm(dataset="households", income="incom_pc"), tmp_path)


def test_a_wrong_header_prints_no_row(tmp_path):
    survey(tmp_path)
    with pytest.raises(ek.DataError, match="in which row the header stands") as wrong:
        household_findings(asked(header=3), tmp_path)
    assert "H0000065" not in str(wrong.value)


@pytest.mark.parametrize(
    ("wrong", "said", "where", "do"),
    [
        ({"income_pc": None}, "no home has all the columns that are asked; found income_pc, line", "homes.csv", "fill the gaps"),
        ({"water": None}, "no home of the last wave has all deprivations", "", "leave deprivations out"),
        (
            {"income_pc": lambda rows: rows["income_pc"].mask(rows.index % 50 == 0, -99.0)},
            r"'income_pc' holds .*-99.*\[missing_code\]",
            "homes.csv",
            "",
        ),
        (
            {"line": 5.0},
            "'income_pc' and the line are not in one unit of measure; found a median income of",
            "homes.csv",
            "convert",
        ),
    ],
)
def test_figures_that_cannot_answer_are_named(tmp_path, wrong, said, where, do):
    survey(tmp_path, **wrong)
    with pytest.raises(ek.DataError, match=said) as refused:
        household_findings(asked(), tmp_path)
    assert refused.value.where == where
    assert do in refused.value.do


@pytest.mark.parametrize(
    ("wrong", "column"),
    [({"place": "户主姓名"}, "户主姓名"), ({"strata": "联系电话"}, "联系电话"), ({"transfers": ("gps_lat",)}, "gps_lat")],
)
def test_a_column_of_persons_takes_no_part(tmp_path, wrong, column):
    survey(tmp_path, **{column: "Zhang"})
    with pytest.raises(ek.DataError, match=f"the column '{column}' is called as one of persons' names") as refused:
        household_findings(asked(**wrong), tmp_path)
    assert (refused.value.where, refused.value.do) == ("homes.csv", "leave it out, or rename it if it holds something else")
    assert "Zhang" not in str(refused.value)


def test_words_where_figures_belong_are_told(tmp_path):
    survey(tmp_path, formerly_poor="是")
    with pytest.raises(ek.DataError, match=r"'formerly_poor'"):
        household_findings(asked(), tmp_path)


def test_other_codes_than_yes_and_no_are_refused(tmp_path):
    rows = survey(tmp_path)
    survey(tmp_path, formerly_poor=rows["formerly_poor"] + 1)
    with pytest.raises(ek.DataError, match="formerly_poor"):
        household_findings(asked(), tmp_path)


def test_gaps_are_told_and_touch_only_what_they_are_of(tmp_path):
    rows = survey(tmp_path)
    poor = (rows["income_pc"] < rows["line"]) & (rows.index % 2 == 0)
    survey(tmp_path, income_pc=rows["income_pc"].mask(poor))
    found = household_findings(asked(), tmp_path)
    said = [note.text.en for note in found.notes if note.kind == "caution"]
    assert any(f"left out for gaps: {poor.sum()} " in text and f"income_pc {poor.sum()}" in text for text in said)
    survey(tmp_path, water=rows["water"].astype(float).mask(rows.index % 50 == 0))
    found = household_findings(asked(), tmp_path)
    assert found.by_year.frame["n"].sum() == len(rows) * 4
    assert any("left out of multidimensional poverty" in note.text.en for note in found.notes)


def test_the_poorest_stay_in_lasting_poverty(tmp_path):
    rows = survey(tmp_path)
    survey(tmp_path, income_pc=rows["income_pc"].mask(rows["income_pc"] < 2500, 0.0))
    found = household_findings(asked(transfers=()), tmp_path)
    assert found.lasting is not None
    n = rows.groupby("household").size()
    assert found.lasting.frame["n"].iloc[0] == (n == 4).sum()


@pytest.mark.parametrize("column", ["identity", "each"])
def test_a_place_that_names_persons_is_refused(tmp_path, column):
    rows = survey(tmp_path)
    number = pd.factorize(rows["household"])[0]
    survey(tmp_path, identity=[f"51032119900101{n:04d}" for n in number], each=[f"家 {n}" for n in number])
    with pytest.raises(ek.DataError) as wrong:
        household_findings(asked(place=column), tmp_path)
    assert "51032119900101" not in str(wrong.value)


def test_a_place_of_which_a_few_homes_are_called_by_old_numbers_is_refused(tmp_path):
    rows = survey(tmp_path)
    number = pd.Series(pd.factorize(rows["household"])[0])
    survey(tmp_path, hamlet=("510321900101" + (number % 7).astype(str).str.zfill(3)).where(number % 50 == 0, "甲村"))
    with pytest.raises(ek.DataError, match="the column 'hamlet' of the survey holds identity or telephone numbers") as refused:
        household_findings(asked(place="hamlet"), tmp_path)
    assert refused.value.do == "name a column of places"
    assert "510321900101" not in str(refused.value)


def test_homes_drawn_one_by_one_and_lonely_strata(tmp_path):
    rows = survey(tmp_path)
    found = household_findings(asked(clusters="household", village=None), tmp_path)
    assert found.moves.frame["estimate"].notna().all()
    lonely = rows["village"].where(rows["county"] != "010101", "V1")
    survey(tmp_path, village=lonely)
    found = household_findings(asked(), tmp_path)
    assert any("single cluster" in note.text.en for note in found.by_year.notes)


def test_waves_of_unequal_distance_and_nobody_registered(tmp_path):
    rows = survey(tmp_path)
    survey(tmp_path, year=rows["year"].replace({2023: 2025}), formerly_poor=0)
    found = household_findings(asked(), tmp_path)
    assert found.bottom is None
    assert any("not equally far apart" in note.text.en for note in found.notes)


def test_no_words_hold_nan(tmp_path):
    rows = survey(tmp_path)
    for changes in ({"income_pc": rows["line"] * 3}, {"year": rows["year"].clip(upper=2022)}):
        kept = rows.assign(**changes).drop_duplicates(["household", "year"])
        kept.to_csv(tmp_path / "homes.csv", index=False)
        found = household_findings(asked(transfers=()), tmp_path)
        for lang in ("zh", "en"):
            texts = [block.text for block in households(found, Voice(lang)) if hasattr(block, "text")]
            assert not any("nan" in text for text in texts)


def test_a_single_hidden_place_is_not_left_to_be_computed(tmp_path):
    rows = survey(tmp_path)
    few = (rows["county"] == "020101") & (rows["formerly_poor"] == 1)
    first = rows[few]["household"].drop_duplicates().head(4)
    survey(tmp_path, formerly_poor=rows["formerly_poor"].where(~few | rows["household"].isin(first), 0))
    printed = ek.table(household_findings(asked(), tmp_path).bottom, lang="en")
    assert (printed["Verdict"] == "not shown").sum() >= 2


def test_one_wave_without_a_design_tells_what_it_can(tmp_path):
    rows = pd.read_csv(FOLDER / "households.csv", comment="#")
    rows[rows["year"] == 2024].to_csv(tmp_path / "one.csv", index=False)
    found = household_findings(HouseholdsForm(file="one.csv"), tmp_path)
    assert (found.moves, found.lasting, found.bottom, found.transfers, found.many) == (None,) * 5
    assert len(households(found, Voice("en"))) > 3


def test_what_a_survey_finds_is_among_the_problems():
    study = Study.read(FOLDER / "studies" / "counties.toml")
    plain = tomllib.loads(study.path.read_text(encoding="utf-8"))
    firm = {"draws": 0, "samples": 0, "reference": []}
    form = StudyForm.model_validate(plain | {"report": {"chapters": ["households", "problems"]}, "robustness": firm})
    document = compose(Study(form=form, path=study.path).run(), "en")
    rows = next(table for table in document.tables() if table.key == "problems").frame
    said = " ".join(rows["Problem"])
    assert "A return on a large scale is not ruled out" in said
    assert "Homes that transfers alone keep above the line" in said


def test_a_line_of_a_month_is_told_wherever_its_figures_are_read(tmp_path):
    rows = pd.read_csv(FOLDER / "households.csv", comment="#")
    rows.assign(line=rows["line"] / 12).to_csv(tmp_path / "monthly.csv", index=False)
    shipped = FOLDER / "studies" / "counties.toml"
    plain = tomllib.loads(shipped.read_text(encoding="utf-8"))
    asked = {key: value for key, value in plain["households"].items() if key != "dataset"}
    asked |= {"file": str(tmp_path / "monthly.csv"), "threshold": 0.45}
    firm = {"draws": 0, "samples": 0, "reference": []}
    chapters = {"report": {"chapters": ["households", "problems"]}, "robustness": firm, "households": asked}
    found = Study(form=StudyForm.model_validate(plain | chapters), path=shipped).run()
    for lang, doubt, verdict, problem in (
        ("en", "as if the line were of a month and incomes of a year", "ruled out if the line is right", "The line may be wrong"),
        ("zh", "疑似收入线按月而收入按年", "可以排除（以收入线无误为前提）", "收入线疑似有误"),
    ):
        document = compose(found, lang)
        first, chapter = [block for block in document.blocks if getattr(block, "role", "") == "caution" and doubt in block.text]
        assert first.text == chapter.text
        figures, problems = (next(table for table in document.tables() if table.key == key) for key in ("summary", "problems"))
        assert figures.frame.iloc[-1].str.contains(verdict, regex=False).any()
        assert problem in problems.frame.to_numpy().ravel().tolist()
