"""Rows that are no unit: totals and averages, by their name or their figures, and rows with a mark for their unit or year."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import evalkit as ek
from evalkit.panel.audit import audit_file
from evalkit.panel.layout import Layout

COUNTIES = pd.read_csv(ek.datasets.folder() / "counties.csv", comment="#", dtype={"county": str})
TEXTS = ["county", "name", "name_en", "province", "province_en"]
LAYOUT = Layout(unit="county", period="year", name="name", groups=("province",), weight="population")
MEANS = COUNTIES.drop(columns=TEXTS).groupby("year").mean().reset_index().assign(county="010199", province="甲省")


def defects(folder: Path, rows: pd.DataFrame) -> list[str]:
    """The rules that a file of these rows breaks."""
    rows.to_csv(folder / "panel.csv", index=False)
    return audit_file(folder / "panel.csv", layout=LAYOUT).defects["rule"].tolist()


def small(folder: Path, *rows: str) -> Path:
    """A file of four counties over two years, and more rows."""
    keys = [(county, year) for county in range(1, 5) for year in (2020, 2021)]
    lines = [f"52020{county},县{county},{year},{12000 + 100 * county + year},{80 + county}" for county, year in keys]
    (folder / "panel.csv").write_text("\n".join(["code,name,year,income,tap", *lines, *rows]) + "\n", encoding="utf-8")
    return folder / "panel.csv"


CHINESE = [
    "全省平均",
    "全国平均",
    "平均数",
    "省平均",
    "全省平均水平",
    "云南省均值",
    "汇总",
    "总数",
    "全部",
    "全体",
    "各县中位数",
    "中位值",
]
ENGLISH = [
    "Provincial average",
    "Mean value",
    "national mean",
    "Median",
    "Mean of all counties",
    "Grand total",
    "Unweighted mean",
]


@pytest.mark.parametrize("name", [*CHINESE, *ENGLISH])
def test_a_row_called_a_total_or_an_average_is_no_unit(tmp_path: Path, name: str) -> None:
    audit = audit_file(
        small(tmp_path, f"520299,{name},2020,12345,81", f"520299,{name},2021,12399,82"), layout=Layout(name="name")
    )
    assert "total_row" in audit.defects["rule"].tolist()


@pytest.mark.parametrize(
    "name", ["全州县", "平江县", "汇川区", "总口乡", "中卫市", "Summit", "Sumner", "Allen", "Meaney", "Medina"]
)
def test_a_county_that_is_called_like_one_is_a_unit(tmp_path: Path, name: str) -> None:
    audit = audit_file(
        small(tmp_path, f"520299,{name},2020,12345,81", f"520299,{name},2021,12399,82"), layout=Layout(name="name")
    )
    assert audit.defects.empty


@pytest.mark.parametrize("decimals", [12, 3, 1])
def test_a_unit_that_is_the_mean_of_all_others_is_found_by_its_figures(tmp_path: Path, decimals: int) -> None:
    assert defects(tmp_path, pd.concat([COUNTIES, MEANS.round(decimals).assign(name="某县")])) == ["mean_row"]


def test_counties_that_are_no_mean_are_left_in_peace(tmp_path: Path) -> None:
    assert defects(tmp_path, COUNTIES) == []
    near = MEANS.assign(name="某县", **{column: MEANS[column] * 1.01 for column in MEANS.columns[MEANS.columns.str.match("G|R")]})
    assert defects(tmp_path, pd.concat([COUNTIES, near])) == []
    coarse = pd.DataFrame(
        [(f"{unit}", year, 2, 2, 2) for unit in "abcde" for year in (2020, 2021)], columns=[*"ut", "x", "y", "z"]
    )
    chance = np.random.default_rng(0).integers(1, 4, size=(len(coarse), 3))
    panel = ek.Panel.from_frame(coarse.assign(x=chance[:, 0], y=chance[:, 1], z=chance[:, 2]), unit="u", period="t")
    assert "mean_row" not in ek.audit_panel(panel).defects["rule"].tolist()


def test_weights_of_one_county_in_another_unit_of_measure_are_told(tmp_path: Path) -> None:
    weight = COUNTIES["population"].astype(float)
    COUNTIES.assign(population=weight.where(COUNTIES["county"] != "010101", weight / 10_000)).to_csv(
        tmp_path / "p.csv", index=False
    )
    told = audit_file(tmp_path / "p.csv", layout=LAYOUT).frame.set_index("rule").loc["far_level"]
    assert (told["column"], told["where"]) == ("population", "010101")


@pytest.mark.parametrize("mark", ["—", "-", "NA", ".", "/"])
def test_a_mark_for_a_year_is_no_year(tmp_path: Path, mark: str) -> None:
    path = small(tmp_path, f"520205,县5,{mark},12345,81")
    audit = audit_file(path)
    assert audit.defects[["rule", "where"]].to_numpy().tolist() == [["missing_key", f"row 10 ('{mark}')"]]
    with pytest.raises(ek.DataError) as wrong:
        ek.read_panel(path, unit="code", period="year")
    assert str(wrong.value).startswith(f"panel.csv: 1 row(s) lack a unit or a period: row 10 ('{mark}').")


@pytest.mark.parametrize("mark", ["—", "-", "..."])
def test_a_mark_for_a_code_is_no_unit(tmp_path: Path, mark: str) -> None:
    path = small(tmp_path, f"{mark},县5,2020,12345,81", f"{mark},县5,2021,12346,82")
    with pytest.raises(ek.DataError, match=r"row 10 \('.*'\), row 11 \('.*'\).*missing_key"):
        ek.read_panel(path, unit="code", period="year", name="name")


def test_a_word_for_a_code_may_be_one(tmp_path: Path) -> None:
    """NA is Namibia."""
    path = small(tmp_path, "NA,县5,2020,12345,81", "NA,县5,2021,12346,82")
    assert "NA" in ek.read_panel(path, unit="code", period="year", name="name").units
