"""Every defect a panel or a system can have: one message that names it, a code that is not zero, and nothing written."""

from pathlib import Path

import pandas as pd
import pytest

import evalkit as ek
from evalkit.cli import main

SHIPPED = ek.datasets.folder()


@pytest.fixture
def study(tmp_path) -> Path:
    """A clean study of a user's own, in a folder."""
    template = (SHIPPED / "studies" / "template.toml").read_text(encoding="utf-8")
    (tmp_path / "study.toml").write_text(template, encoding="utf-8")
    for name in ("consolidation", "revitalization"):
        (tmp_path / f"{name}.toml").write_bytes((SHIPPED / "systems" / f"{name}.toml").read_bytes())
    rows().to_csv(tmp_path / "panel.csv", index=False)
    return tmp_path / "study.toml"


def rows() -> pd.DataFrame:
    frame = pd.read_csv(SHIPPED / "counties.csv", comment="#", dtype={"county": str})
    return frame.drop(columns=["name_en", "province_en"]).astype({"G10": object, "R24": object})


def run(capsys, *arguments: object) -> tuple[int, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["evalkit", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
    told = capsys.readouterr()
    return int(stop.value.code or 0), told.out + told.err


def at(frame: pd.DataFrame, year: int) -> pd.Series:
    return frame["year"] == year


def first(frame: pd.DataFrame) -> pd.Series:
    return frame["county"] == frame["county"].iloc[0]


def text(frame):
    frame.loc[7, "G10"] = "约85"


def duplicate(frame):
    frame.loc[len(frame)] = frame.loc[3]


def out_of_range(frame):
    frame.loc[9, "G10"] = 250


def fraction(frame):
    frame["G10"] = frame["G10"].astype(float) / 100


def ten_thousand(frame):
    frame["R24"] = frame["R24"].astype(float) / 10_000


def constant(frame):
    frame["G10"] = 90.0


def empty(frame):
    frame["G10"] = None


def missing_years(frame):
    frame.loc[first(frame) & frame["year"].isin([2016, 2017]), frame.columns[5:]] = None


def absent_years(frame):
    return frame[~(first(frame) & frame["year"].isin([2016, 2017]))]


def year_without_rows(frame):
    return frame[~at(frame, 2018)]


def thousand(frame):
    frame["R01"] = frame["R01"] * 1000


def jump(frame):
    frame.loc[first(frame) & (frame["year"] >= 2019), "R01"] *= 1000


def zeros_lost(frame):
    frame.loc[first(frame), "county"] = frame["county"].iloc[0].lstrip("0")


def mixed(frame):
    frame.loc[at(frame, 2018), "R24"] = frame.loc[at(frame, 2018), "R24"].astype(float).div(10_000).round(3).astype(str) + "万元"
    frame.loc[at(frame, 2019), "R24"] = frame.loc[at(frame, 2019), "R24"].astype(str) + "元"


def no_column(frame):
    return frame.drop(columns="G10")


def no_year(frame):
    frame.loc[5, "year"] = None


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (text, "unreadable_cell"),
        (duplicate, "duplicate_rows"),
        (out_of_range, "out_of_range"),
        (fraction, "percent_as_fraction"),
        (ten_thousand, "unit_of_ten_thousand"),
        (constant, "constant_column"),
        (empty, "empty_column"),
        (missing_years, "missing_periods"),
        (absent_years, "missing_periods"),
        (year_without_rows, "reference_gap"),
        (thousand, "unit_of_thousand"),
        (jump, "unit_jump"),
        (zeros_lost, "lost_leading_zeros"),
        (mixed, "mixed_units"),
        (no_column, "missing_column"),
        (no_year, "missing_key"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_defect_of_the_panel(spoil, rule, study, capsys):
    frame = rows()
    spoiled = spoil(frame)
    (frame if spoiled is None else spoiled).to_csv(study.parent / "panel.csv", index=False)
    before = sorted(study.parent.iterdir())
    code, told = run(capsys, "audit", study.parent / "panel.csv", "--study", study, "--lang", "en")
    assert code == 3, told
    assert rule in told
    code, told = run(capsys, "assess", study, "--out", study.parent / "report")
    assert code == 3, told
    assert told.count("error") == 1, told
    assert "Traceback" not in told
    assert sorted(study.parent.iterdir()) == before


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('direction = "benefit"', 'directon = "benefit"', "is not a known key. did you mean 'direction'"),
        ('direction = "benefit"', 'direction = "upward"', "must be 'benefit', 'cost', 'moderate' or 'context', not 'upward'"),
        ('id = "G02"', 'id = "G01"', "indicator 'G01' is declared twice in dimension 'income'"),
        ('id = "G05"', 'id = "G01"', "indicator 'G01' stands in two dimensions, 'income' and 'guarantees'"),
        ("plausible = [40, 120]", "plausible = [120, 40]", "has an empty plausible range"),
        (
            '[[dimension]]\nid = "guarantees"',
            '[[dimension]]\nid = "none"\nname = "none"\n\n[[dimension]]\nid = "guarantees"',
            "dimension 'none' is empty",
        ),
        ("[[dimension]]", "[[dimension", "not valid TOML"),
    ],
)
def test_a_defect_of_a_system_is_named_with_file_and_line(old, new, message, study, capsys):
    path = study.parent / "consolidation.toml"
    whole = path.read_text(encoding="utf-8")
    assert old in whole
    path.write_text(whole.replace(old, new, 1), encoding="utf-8")
    code, told = run(capsys, "assess", study, "--out", study.parent / "report")
    assert code == 2, told
    assert message in " ".join(told.split())
    assert "consolidation.toml" in told
    assert "line " in told
    assert not (study.parent / "report").exists()


def test_a_study_in_a_folder_without_its_panel_file_says_so_once(study, capsys):
    (study.parent / "panel.csv").rename(study.parent / "panels.csv")
    code, told = run(capsys, "assess", study, "--out", study.parent / "report")
    assert code == 3
    assert told.rstrip().endswith("panel.csv: there is no such file. To do: did you mean 'panels.csv'?")


def test_an_absent_column_is_not_taken_for_one_in_use(study, capsys):
    no_column(rows()).to_csv(study.parent / "panel.csv", index=False)
    for command in (("audit", study.parent / "panel.csv", "--study", study), ("assess", study)):
        code, told = run(capsys, *command)
        assert code == 3
        assert "G10" in told
        assert "did you mean" not in told


def test_the_cells_of_a_defect_are_named_by_assess_too(study, capsys):
    frame = rows()
    out_of_range(frame)
    frame.to_csv(study.parent / "panel.csv", index=False)
    code, told = run(capsys, "assess", study, "--out", study.parent / "report")
    assert code == 3
    assert "(row 11)" in told


def test_a_header_of_two_rows_with_merged_cells_is_read_by_the_names_below(study, capsys):
    frame = rows()
    frame.columns = [f"{'地区' if at < 5 else '指标'}/{name}" for at, name in enumerate(frame.columns)]
    frame.to_csv(study.parent / "panel.csv", index=False)
    code, told = run(capsys, "audit", study.parent / "panel.csv", "--study", study)
    assert code == 0, told
    assert ek.Study.read(study).panel.frame.shape == (1560, 36)


def test_a_normalization_that_cannot_be_coupled_is_named_with_its_file_and_key(study, capsys):
    whole = study.read_text(encoding="utf-8")
    start, end = whole.index("[normalize]"), whole.index("[weigh]")
    study.write_text(f'{whole[:start]}[normalize]\nmethod = "z_score"\n\n{whole[end:]}', encoding="utf-8")
    code, told = run(capsys, "assess", study, "--out", study.parent / "report")
    assert code == 2
    assert "study.toml, line 65: 'normalize': scores by 'z_score' leave [0, 1] and cannot be coupled" in told


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_a_clean_panel_runs_in_every_encoding(encoding, study, capsys):
    rows().to_csv(study.parent / "panel.csv", index=False, encoding=encoding)
    code, told = run(capsys, "audit", study.parent / "panel.csv", "--study", study)
    assert code == 0, told
