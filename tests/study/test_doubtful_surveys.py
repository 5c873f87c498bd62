"""A survey that says one thing and means another: labels, codes, units of measure, waves of a handful of homes."""

import numpy as np
import pandas as pd
import pytest
from shipped_survey import ASKED

import evalkit as ek
from evalkit.chinese import in_chinese
from evalkit.study.households.doubts import apart_in_writing
from evalkit.study.households.form import HouseholdsForm
from evalkit.study.households.labels import contradicts
from evalkit.study.households.survey import household_findings

ROWS = pd.read_csv(ek.datasets.folder() / "households.csv", comment="#", dtype={"county": str})
LAST = ROWS["year"] == 2024


def found(folder, rows, **asked):
    """What a survey with these rows tells."""
    rows.to_csv(folder / "homes.csv", index=False)
    return household_findings(HouseholdsForm(**ASKED, file="homes.csv", **asked), folder)


def of_stata(folder, column, labels):
    """What a survey tells of which the values of a column have labels."""
    ROWS.to_stata(folder / "homes.dta", write_index=False, version=118, value_labels={column: labels})
    return household_findings(HouseholdsForm(**ASKED, file="homes.dta"), folder)


def cautions(found):
    return [note.text.en for note in (*found.odd_line, *found.notes) if note.kind == "caution"]


def test_the_shipped_survey_raises_no_doubt(tmp_path):
    assert cautions(found(tmp_path, ROWS)) == []


@pytest.mark.parametrize(
    ("column", "labels", "said"),
    [
        ("education", {0: "未达标", 1: "达标"}, "1 in 'education' is taken for lacking and 0 for not"),
        ("formerly_poor", {0: "是", 1: "否"}, "1 in 'formerly_poor' is taken for yes and 0 for no"),
        ("formerly_poor", {0: "曾贫困户", 1: "非贫困户"}, "1 in 'formerly_poor' is taken for yes"),
    ],
)
def test_labels_that_say_the_opposite_are_refused(tmp_path, column, labels, said):
    with pytest.raises(ek.DataError) as wrong:
        of_stata(tmp_path, column, labels)
    assert str(wrong.value).startswith(f"homes.dta: {said}")
    assert f"found 0 = '{labels[0]}', 1 = '{labels[1]}'" in str(wrong.value)
    assert "值标签的含义相反" in in_chinese(str(wrong.value))


@pytest.mark.parametrize(
    ("column", "labels"), [("education", {0: "达标", 1: "未达标"}), ("formerly_poor", {0: "否", 1: "是"}), ("water", {1: "缺"})]
)
def test_labels_that_agree_are_read_without_a_word(tmp_path, column, labels):
    assert cautions(of_stata(tmp_path, column, labels)) == []


def test_a_bare_yes_for_what_is_not_lacking_is_told(tmp_path):
    (said,) = cautions(of_stata(tmp_path, "water", {0: "是", 1: "否"}))
    assert said == "The labels of “water” are 0 = '是', 1 = '否', and 1 counts as lacking: check what 1 means."


def test_labels_of_a_column_that_a_study_calls_otherwise_are_its_own(tmp_path):
    rows = ROWS.rename(columns={"formerly_poor": "poor_then"})
    rows.to_stata(tmp_path / "homes.dta", write_index=False, version=118, value_labels={"poor_then": {0: "是", 1: "否"}})
    form = HouseholdsForm(**ASKED, file="homes.dta", columns={"poor_then": "formerly_poor"})
    with pytest.raises(ek.DataError, match="1 in 'formerly_poor' is taken for yes"):
        household_findings(form, tmp_path)


@pytest.mark.parametrize(
    ("zero", "one", "yes", "lacks"),
    [
        ("1. Yes", "2. No", True, False),
        ("有", "无", True, False),
        ("脱贫户", "一般户", True, False),
        ("一般户", "脱贫户", False, False),
        ("不是", "是", False, False),
        ("non-poor", "poor", False, False),
        ("poor", "non-poor", True, False),
        ("辍学", "未辍学", False, True),
        ("未辍学", "辍学", False, False),
        ("饮水不安全", "饮水安全", False, True),
        ("无危房", "危房", False, False),
        ("Not met", "Met", False, True),
        ("已参保", "未参保", False, False),
    ],
)
def test_what_labels_of_0_and_1_contradict(zero, one, yes, lacks):
    labels = {0.0: zero, 1.0: one, 9.0: "不详"}
    assert (contradicts(labels, "yes") != "", contradicts(labels, "lacks") != "") == (yes, lacks)


@pytest.mark.parametrize("written", [lambda code: "Ｈ" + code[1:], lambda code: code[:3] + "\u200b" + code[3:] + " "])
def test_a_home_is_the_same_however_wide_its_code_is_written(tmp_path, written):
    other = ROWS["household"].where(~LAST, ROWS["household"].map(written))
    plain, wide = found(tmp_path, ROWS), found(tmp_path, ROWS.assign(household=other))
    pd.testing.assert_frame_equal(wide.moves.frame, plain.moves.frame)


@pytest.mark.parametrize("written", [str.lower, lambda code: code[1:].lstrip("0")])
def test_codes_that_capitals_or_zeros_alone_keep_apart_are_told(tmp_path, written):
    code = ROWS["household"] if written == str.lower else ROWS["household"].str[1:]
    other = code.where(~LAST, ROWS["household"].map(written))
    (said,) = cautions(found(tmp_path, ROWS.assign(household=other)))
    assert said.startswith(f"Codes of {ROWS.loc[LAST, 'household'].isin(ROWS.loc[~LAST, 'household']).sum()} homes differ")
    assert "H0000" not in said


def test_codes_of_two_homes_of_one_wave_are_two_codes():
    codes = pd.Series([*(f"{letter}{n}" for letter in "Hh" for n in range(9))] * 2)
    assert apart_in_writing(codes, pd.Series([2021] * 18 + [2022] * 18)) == []
    few = pd.Series(["H1", "H2", "h1", "h2"])
    assert apart_in_writing(few, pd.Series([2021, 2021, 2022, 2022])) == []


def test_money_in_several_units_of_measure_is_refused(tmp_path):
    written = {
        "income_pc": (ROWS["income_pc"] / 10_000).map("{:.5f}万元".format),
        "line": (ROWS["line"] / 10_000).map("{:.4f}万元".format),
        "transfer_pc": ROWS["transfer_pc"].map("{:.1f}元".format),
    }
    with pytest.raises(ek.DataError, match="not in one unit of measure; found 'income_pc' 万元, 'transfer_pc' 元") as wrong:
        found(tmp_path, ROWS.assign(**written))
    assert wrong.value.where == "homes.csv"
    alike = written | {"transfer_pc": (ROWS["transfer_pc"] / 10_000).map("{:.5f}万元".format)}
    assert found(tmp_path, ROWS.assign(**alike)).transfers is not None


def test_transfers_above_the_income_of_most_homes_are_told(tmp_path):
    (said,) = cautions(found(tmp_path, ROWS.assign(income_pc=ROWS["income_pc"] / 10_000, line=ROWS["line"] / 10_000)))
    assert said.startswith("“transfer_pc” is more than the income “income_pc” in 100% of home-years")


@pytest.mark.parametrize(
    ("column", "some", "factor", "said"),
    [
        ("income_pc", ROWS["year"] == 2022, 12, "In 2022, the line"),
        ("line", ROWS["year"] == 2022, 10_000, "In 2022, the line"),
        ("income_pc", ROWS["county"] == "010101", 12, "In 010101, the line"),
        ("income_pc", (ROWS["county"] == "010101") & (ROWS["year"] == 2021), 12, "In 010101 2021, the line"),
        ("income_pc", LAST, 12, "The line"),
    ],
)
def test_a_line_far_from_incomes_is_told_of_any_wave_and_place(tmp_path, column, some, factor, said):
    changed = ROWS.assign(**{column: ROWS[column].where(~some, ROWS[column] / factor)})
    odd = found(tmp_path, changed).odd_line
    assert [note.text.en[: len(said)] for note in odd] == [said]


@pytest.mark.parametrize("year", [2025, 2042, 2019])
def test_a_wave_of_one_home_is_refused(tmp_path, year):
    with pytest.raises(ek.DataError, match="a wave has only a handful of homes") as wrong:
        found(tmp_path, ROWS.assign(year=ROWS["year"].where(ROWS.index != 3, year)), village="village")
    assert "(row 5)" in wrong.value.where
    assert wrong.value.found == f"{year}: 1; other waves have up to 703 homes"
    assert "H0000" not in str(wrong.value)
    assert "只有极少数户" in in_chinese(str(wrong.value))


def test_a_smaller_wave_is_a_wave(tmp_path):
    drawn = ROWS["household"].isin(ROWS["household"].drop_duplicates()[::8])
    assert found(tmp_path, ROWS[~LAST | drawn]).year == 2024


def test_gaps_of_the_weight_are_named_and_the_wave_they_take(tmp_path):
    gaps = found(tmp_path, ROWS.assign(weight=ROWS["weight"].where(ROWS.index > 20)))
    assert any("by column: weight 21)" in said for said in cautions(gaps))
    gone = found(tmp_path, ROWS.assign(weight=ROWS["weight"].where(~LAST)))
    assert gone.year == 2023
    assert cautions(gone)[-1] == (
        "No home of 2024 has all the figures that are asked: these waves are left out, and the last is 2023."
    )


@pytest.mark.parametrize("code", [-9, 9])
def test_codes_of_no_answer_among_deprivations_are_refused(tmp_path, code):
    with pytest.raises(ek.DataError, match=rf"'education' holds 21 value\(s\) that look like codes for missing \({code}\)"):
        found(tmp_path, ROWS.assign(education=np.where(ROWS.index <= 20, code, ROWS["education"])))
