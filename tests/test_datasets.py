"""The registered data sets and indicator systems: what they hold, and what is said where they are not at hand."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evalkit import datasets
from evalkit.errors import DataError, SpecError
from evalkit.panel.system import Direction
from evalkit.simulate import CountyPanel

FOLDER = datasets.folder()
REAL = os.environ.get(datasets.ENVIRONMENT)
needs_real_data = pytest.mark.skipif(not REAL, reason=f"{datasets.ENVIRONMENT} is not set: the real panels are not at hand")

CONSOLIDATION = datasets.systems("consolidation", core=False)["consolidation"]
REVITALIZATION = datasets.systems("revitalization", core=False)["revitalization"]
EVERY_SYSTEM = [f"{at}/{kind}.toml" for at in ("systems", "wdi", "vietnam") for kind in datasets.SHIPPED_SYSTEMS]
CHINESE = re.compile(r"[\u3001-\u303f\u3400-\u9fff\uff00-\uffef]")  # characters and punctuation
MAY_STAY_ENGLISH = re.compile(r"CC BY 4\.0|UN IGME|163\.com|\b[A-Z0-9]{2,}(?:\.[A-Z0-9]+){2,}\b")  # license, names, codes


# The indicator systems


def test_every_indicator_is_there():
    assert {indicator.id for indicator in CONSOLIDATION.every} == {f"G{at:02d}" for at in range(34)}
    assert {indicator.id for indicator in REVITALIZATION.every} == {f"R{at:02d}" for at in range(1, 31)}


def test_core_indicators():
    core = {name: [i.id for i in system.every] for name, system in datasets.systems().items()}
    consolidation = "G01 G02 G03 G05 G06 G07 G09 G10 G12 G14 G15 G16 G18 G21 G22 G27 G30 G32"
    revitalization = "R01 R02 R03 R04 R07 R08 R09 R11 R13 R14 R15 R18 R19 R21 R24 R25 R26 R27"
    assert core == {"consolidation": consolidation.split(), "revitalization": revitalization.split()}


def test_directions():
    every = {indicator.id: indicator.direction for system in (CONSOLIDATION, REVITALIZATION) for indicator in system.every}
    cost = {name for name, direction in every.items() if direction is Direction.COST}
    assert cost == {"G08", "G09", "G17", "G22", "G23", "G24", "R11", "R25", "R26"}
    assert {name for name, direction in every.items() if direction is Direction.CONTEXT} == {"G00"}


def test_dimensions():
    consolidation = "income guarantees water employment industry_support safety_net monitoring relocation assets capacity"
    assert [dimension.id for dimension in CONSOLIDATION.dimensions] == consolidation.split()
    assert [dimension.id for dimension in REVITALIZATION.dimensions] == ["industry", "ecology", "culture", "governance", "living"]


def test_unverified_figures_stay_marked_and_are_no_targets():
    every = (*CONSOLIDATION.every, *REVITALIZATION.every)
    unverified = {indicator.id for indicator in every if "(unverified)" in indicator.source.en}
    assert unverified == {"G05", "G10", "G20", "G24", "R09", "R10", "R11", "R21", "R27"}
    assert all(indicator.target is None for indicator in every if indicator.id in unverified)


def test_targets_lie_in_the_plausible_range():
    for indicator in (*CONSOLIDATION.every, *REVITALIZATION.every):
        low, high = indicator.plausible
        assert indicator.target is None or low <= indicator.target <= high, indicator.id


@pytest.mark.parametrize("file", EVERY_SYSTEM)
def test_systems_are_complete_in_both_languages(file: str):
    (system,) = datasets.systems(FOLDER / file, core=False).values()
    words = [system.name, *(d.name for d in system.dimensions), *(i.name for i in system.every), *(i.unit for i in system.every)]
    for text in words:
        assert text.zh.strip(), text
        assert text.en.strip(), text
        assert not re.search(r"[\u4e00-\u9fff]", text.en), text
    for indicator in system.every:
        assert indicator.source, indicator.id
        assert indicator.plausible, indicator.id


@pytest.mark.parametrize("file", EVERY_SYSTEM)
def test_systems_do_not_mix_languages(file: str):
    (system,) = datasets.systems(FOLDER / file, core=False).values()
    said = {(system.id, key): getattr(system, key) for key in ("name", "source")}
    said |= {(d.id, "name"): d.name for d in system.dimensions}
    said |= {(i.id, key): getattr(i, key) for i in system.every for key in ("name", "unit", "source", "note")}
    for where, text in said.items():
        chinese = MAY_STAY_ENGLISH.sub("", text.zh)
        assert bool(text.zh) == bool(text.en), where
        assert not CHINESE.search(text.en), where
        assert not re.search(r"[A-Za-z]+(?:[\s,.;:()'/-]+[A-Za-z]+){3,}", chinese), where
        assert not re.search(r"[\u4e00-\u9fff] ?[,;:()]|[,;:()] ?[\u4e00-\u9fff]", chinese), where
        assert text.en.count("unverified") == text.zh.count("未核实"), where
        if where[1] in ("source", "note") and text.zh:
            assert CHINESE.search(chinese), where


def test_nothing_measures_persons():
    every = " ".join(f"{i.name.en} {i.name.zh}".lower() for i in (*CONSOLIDATION.every, *REVITALIZATION.every))
    for word in ("民族", "宗教", "党员", "离婚", "信访", "ethnic", "religio", "party", "divorce", "petition", "poverty-prone"):
        assert word not in every
    assert "G00" in (FOLDER / "excluded.md").read_text(encoding="utf-8")


def test_systems_by_name_and_by_path():
    both = datasets.systems()
    assert list(both) == ["consolidation", "revitalization"]
    assert list(datasets.systems("wdi/consolidation")) == ["wdi/consolidation"]
    assert list(datasets.systems(FOLDER / "wdi" / "consolidation.toml")) == ["wdi_consolidation"]
    with pytest.raises(SpecError, match="did you mean 'consolidation'"):
        datasets.systems("consolidaton")
    with pytest.raises(SpecError, match="two indicator systems are called 'consolidation'"):
        datasets.systems("consolidation", FOLDER / "systems" / "consolidation.toml")


# The county panel


def test_counties_load_as_they_were_drawn():
    panel, drawn = datasets.load("counties"), CountyPanel().draw(datasets.systems())
    pd.testing.assert_frame_equal(panel.frame, drawn.panel.frame, check_exact=True)
    assert panel.names == drawn.panel.names
    pd.testing.assert_frame_equal(panel.groups, drawn.panel.groups, check_dtype=False)
    pd.testing.assert_series_equal(panel.weights, drawn.panel.weights)
    assert panel.source == drawn.panel.source
    assert len(panel.fingerprint) == 64


def test_counties_are_named_in_both_languages():
    panel = datasets.load("counties")
    assert panel.name("010101") == ("模拟县甲01", "Simulated County Jia-01")
    assert panel.name("甲省") == ("甲省", "Jia Province")
    assert panel.groups.columns.tolist() == ["province"]


def test_counties_file_says_it_is_simulated():
    head = (FOLDER / "counties.csv").read_text(encoding="utf-8").splitlines()[:2]
    assert head[0].startswith("# simulated")
    assert head[1].startswith("# 模拟")


def test_truth_is_keyed_like_the_panel():
    truth = datasets.truth("counties")
    assert truth.index.equals(datasets.load("counties").frame.index)
    assert truth.columns.tolist() == ["consolidation", "revitalization"]
    assert truth.gt(0).all(axis=None)
    assert truth.lt(1).all(axis=None)
    with pytest.raises(SpecError):
        datasets.truth("wdi")


# Data sets that are not shipped


def test_unknown_data_set():
    with pytest.raises(SpecError, match="did you mean 'counties'"):
        datasets.load("countis")


@pytest.mark.parametrize(
    ("ask", "what", "do"),
    [
        (lambda: datasets.load("vietnm"), "no data set is called 'vietnm'", "did you mean 'vietnam'?"),
        (lambda: datasets.systems("consolidatio"), "no indicator system is called", "did you mean 'consolidation'?"),
        (lambda: datasets.systems("consolidation", "consolidation"), "two indicator systems are called", "give one of the files"),
        (lambda: datasets.published("lanzho"), "no published table is called 'lanzho'", "did you mean 'lanzhou'?"),
        (lambda: datasets.lines("chin"), "no table of lines is called 'chin'", "use one of china. did you mean 'china'?"),
        (lambda: datasets.truth("wdi"), "'wdi' has no known truth", "only the simulated data set 'counties' has one"),
    ],
)
def test_what_is_not_shipped_by_that_name(ask, what: str, do: str):
    with pytest.raises(SpecError, match=what) as refused:
        ask()
    assert do in refused.value.do


def test_a_place_that_nobody_registered(tmp_path: Path):
    rows = (
        "province,year,region,pop_total_k,r_forest_cover,r_forest_destroyed\nAtlantis,2008,Sea,1,2,3\nHa Noi,2008,River,1,2,3\n"
    )
    (tmp_path / datasets.REGISTER["vietnam"].file).write_text(rows, encoding="utf-8")
    with pytest.raises(
        DataError, match=r"some units are not in the register of units; found Atlantis\. To do: correct their codes"
    ):
        datasets.load("vietnam", root=tmp_path)


@pytest.mark.parametrize("name", ["wdi", "vietnam"])
def test_without_a_folder_the_way_to_the_data_is_told(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.delenv(datasets.ENVIRONMENT, raising=False)
    with pytest.raises(DataError, match=f"https://.*datasets/{name}/README.md.*{datasets.ENVIRONMENT}"):
        datasets.load(name)
    with pytest.raises(DataError, match="which is not there"):
        datasets.load(name, root=tmp_path)
    assert (FOLDER / name / "README.md").is_file()


def filled(frame: pd.DataFrame, most: int) -> pd.DataFrame:
    """Interior gaps of at most so many years interpolated."""

    def one(series: pd.Series) -> pd.Series:
        gap = series.isna()
        length = gap.groupby((gap != gap.shift()).cumsum()).transform("sum")
        return series.where(~gap, series.interpolate(limit_area="inside").where(length <= most))

    return frame.groupby(level="unit", group_keys=False).apply(lambda unit: unit.apply(one))


@needs_real_data
def test_wdi_has_72_complete_countries_on_19_indicators():
    panel, pair = datasets.load("wdi"), datasets.systems("wdi/consolidation", "wdi/revitalization")
    columns = [column for system in pair.values() for column in system.columns]
    assert (len(panel.units), len(panel.groups["region"].unique()), len(columns)) == (81, 6, 19)
    whole = filled(panel.frame[columns], 3).loc[lambda x: x.index.get_level_values("period") <= 2021]
    assert whole.notna().all(axis=1).groupby(level="unit").all().sum() == 72
    assert panel.name("CHN") == ("中国", "China")


@needs_real_data
def test_vietnam_has_63_complete_provinces_2008_to_2015():
    panel, pair = datasets.load("vietnam"), datasets.systems("vietnam/consolidation", "vietnam/revitalization")
    columns = [column for system in pair.values() for column in system.columns]
    assert (len(panel.units), len(panel.groups["region"].unique()), len(columns)) == (63, 6, 21)
    assert panel.at(slice(2008, 2015)).frame[columns].notna().all(axis=None)
    assert (panel.frame.loc["Can Tho", "r_forest_cover"] == 0).all()
    assert any("Can Tho" in note.text.en for note in panel.notes)


@needs_real_data
@pytest.mark.parametrize("name", ["wdi", "vietnam"])
def test_real_panels_lie_in_the_plausible_ranges(name: str):
    frame = datasets.load(name).frame
    for system in datasets.systems(f"{name}/consolidation", f"{name}/revitalization", core=False).values():
        for indicator in system.every:
            if indicator.id in frame.columns:
                assert frame[indicator.id].dropna().between(*indicator.plausible).all(), indicator.id


# Published tables


@pytest.mark.parametrize("name", ["hindawi2969206", "lanzhou", "coupling_pkg", "hobq", "hobq_indicators", "hobq_results"])
def test_published_tables_name_their_source(name: str):
    table = datasets.published(name)
    assert len(table.attrs["source"]) > 30
    assert table.index.is_unique


def test_published_tables_hold_what_was_printed():
    assert datasets.published("hindawi2969206").loc[2020].tolist() == [0.879, 0.637, 0.987, 0.758, 0.865]
    assert datasets.published("coupling_pkg").columns.tolist() == ["PS", "EL", "OH", "IL", "C", "D"]
    raw, indicators = datasets.published("hobq"), datasets.published("hobq_indicators")
    assert raw.shape == (10, 18)
    assert raw.columns.tolist() == indicators.index.tolist()
    assert np.allclose(indicators.groupby("system")["weight"].sum(), 1, atol=2e-4)
    assert indicators.index[indicators["direction"] == "cost"].tolist() == ["B12", "B16"]
    with pytest.raises(SpecError, match="did you mean 'lanzhou'"):
        datasets.published("lanzou")
