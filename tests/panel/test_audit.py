"""The audit: each defect made on purpose, found by its rule, said once; and calm data left in peace."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evalkit.errors import DataError, SpecError
from evalkit.panel.audit import RULES, Audit, audit_file, audit_panel, refuse
from evalkit.panel.panel import Panel
from evalkit.panel.read import read_panel
from evalkit.panel.system import Dimension, Direction, Indicator, IndicatorSystem
from evalkit.panel.tidy import Layout
from evalkit.terms import Text

YEARS = list(range(2015, 2023))
UNITS = [f"01010{i}" for i in range(1, 10)]


def system(**indicators: tuple[str, tuple[float, float] | None]) -> IndicatorSystem:
    """A system of indicators, each with its unit and its plausible range."""
    every = tuple(
        Indicator(id=key, name=Text(key, key), unit=Text(unit, unit), plausible=span, direction=Direction.BENEFIT)
        for key, (unit, span) in indicators.items()
    )
    return IndicatorSystem(
        id="s", name=Text("体系", "system"), dimensions=(Dimension(id="d", name=Text("维", "d"), indicators=every),)
    )


SYSTEM = system(tap=("%", (40, 100)), income=("元", (3000, 60000)), beds=("张", (0, 100)))


def figures() -> pd.DataFrame:
    """A calm panel: tap water in percent, income in yuan, beds."""
    draw = np.random.default_rng(7)
    rows = [
        {"code": unit, "year": year, "tap": 60 + i * 3 + (year - 2015) * 1.5, "income": 8000 * 1.08 ** (year - 2015) + 300 * i,
         "beds": 20 + i + draw.normal(0, 0.3)}
        for i, unit in enumerate(UNITS) for year in YEARS
    ]  # fmt: skip
    return pd.DataFrame(rows)


def audited(frame: pd.DataFrame, *systems: IndicatorSystem) -> Audit:
    return audit_panel(Panel.from_frame(frame, unit="code", period="year"), systems)


def rules(audit: Audit, severity: str = "defect") -> list[str]:
    return audit.frame.loc[audit.frame["severity"] == severity, "rule"].tolist()


def only(audit: Audit) -> pd.Series:
    """The one defect of an audit."""
    assert len(audit.defects) == 1, audit.defects[["rule", "message_en"]].to_string()
    return audit.defects.iloc[0]


def test_a_calm_panel_has_no_defect_and_says_what_was_kept() -> None:
    audit = audited(figures(), SYSTEM)
    assert audit.frame.empty
    assert audit.kept.en == "72 rows, 9 units, 2015–2022, 3 columns of figures"
    assert list(audit.frame.columns) == ["rule", "severity", "column", "count", "where", "found", "message_zh", "message_en"]
    refuse(audit)


class TestValues:
    def test_out_of_range(self) -> None:
        frame = figures()
        frame.loc[3, "tap"] = 105
        found = only(audited(frame, SYSTEM))
        assert found["message_en"] == "'tap' has 1 value(s) outside its plausible range [40, 100]: 010101 2018; such as 105"
        assert found["message_zh"].startswith("“tap”有 1 个值超出合理范围")

    @pytest.mark.parametrize("low", [40, 0])
    def test_a_percentage_given_as_a_fraction_throughout(self, low: float) -> None:
        frame = figures().assign(tap=lambda rows: rows["tap"] / 100)
        found = only(audited(frame, system(tap=("%", (low, 100)))))
        assert (found["rule"], found["count"]) == ("percent_as_fraction", 72)
        assert "percent given as a fraction" in found["message_en"]
        assert "百分数写成了小数" in found["message_zh"]

    @pytest.mark.parametrize("low", [40, 0])
    def test_a_percentage_given_as_a_fraction_in_one_year(self, low: float) -> None:
        frame = figures()
        frame.loc[frame["year"] == 2019, "tap"] /= 100
        found = audited(frame, system(tap=("%", (low, 100)))).defects.set_index("rule")
        assert found.loc["percent_as_fraction", "count"] == 9
        assert "2019" in found.loc["percent_as_fraction", "where"]

    def test_a_percentage_given_as_a_fraction_by_one_unit(self) -> None:
        frame = figures()
        frame.loc[frame["code"] == UNITS[2], "tap"] /= 100
        found = only(audited(frame, system(tap=("%", (0, 100)))))
        assert (found["rule"], found["count"]) == ("percent_as_fraction", 8)

    def test_a_good_unit_among_bad_ones_is_no_fraction(self) -> None:
        """A city with a poverty rate of half a percent, among provinces with twenty."""
        frame = figures()
        frame["poverty"] = np.where(frame["code"] == UNITS[0], 0.5, 25 - frame.index % 9 * 2.4)
        assert rules(audited(frame, system(poverty=("%", (0, 80))))) == []

    def test_a_desert_among_forests_is_no_fraction(self) -> None:
        frame = figures()
        frame["forest"] = np.repeat([0.06, 2, 9, 14, 22, 35, 48, 60, 71], 8) + frame.index % 8 / 1000
        assert rules(audited(frame, system(forest=("%", (0, 100))))) == []

    @pytest.mark.parametrize(
        ("unit", "span", "factor", "rule", "words"),
        [
            ("元", (3000, 60000), 1e-4, "ten_thousand", Text("万元误作元", "figures in 10,000 yuan (万元) given as yuan (元)")),
            ("元/人", (3000, 60000), 1e-3, "thousand", Text("所用单位大 1,000 倍", "in a unit 1,000 times larger")),
            ("千克", (3000, 60000), 1e-4, "ten_thousand", Text("所用单位大 10,000 倍", "in a unit 10,000 times larger")),
            ("万元", (0.3, 6), 1, "ten_thousand", Text("元误作万元", "figures in yuan (元) given as 10,000 yuan (万元)")),
        ],
    )
    @pytest.mark.parametrize("part", ["one", "all"])
    def test_yuan_given_as_ten_thousand_yuan_and_back(
        self, unit: str, span: tuple[float, float], factor: float, rule: str, words: Text, part: str
    ) -> None:
        frame = figures()
        frame["income"] *= 1e-4 if unit == "万元" else 1
        wrong = slice(5, 5) if part == "one" else slice(None)
        frame.loc[wrong, "income"] *= 1e4 if unit == "万元" else factor
        found = audited(frame, system(income=(unit, span))).defects.set_index("rule")
        assert "out_of_range" not in found.index
        named = found.loc[f"unit_of_{rule}"]
        assert words.zh in named["message_zh"]
        assert words.en in named["message_en"]
        assert named["count"] == (1 if part == "one" else 72)

    def test_a_column_nobody_scores_is_only_noticed(self) -> None:
        audit = audited(figures().assign(more=5.0), SYSTEM)
        assert rules(audit) == []
        assert rules(audit, "notice") == ["constant_column"]

    def test_a_column_that_is_constant_but_for_its_last_bits_is_constant(self) -> None:
        people = np.random.default_rng(3).integers(1000, 90_000, len(figures()))
        frame = figures().assign(tap=people * 0.95 / people * 100)
        assert frame["tap"].nunique() > 1
        found = audited(frame).defects.set_index("rule")["message_en"]
        assert found["constant_column"] == "all 72 values of 'tap' are 95"
        assert rules(audited(frame.assign(tap=95 + 1e-9 * np.arange(72)))) == []

    def test_constant_empty_infinite_and_absent_columns(self) -> None:
        frame = figures().assign(tap=50.0, income=np.nan)
        frame.loc[4, "beds"] = np.inf
        asked = system(tap=("%", (40, 100)), income=("元", None), beds=("张", None), bed=("张", None))
        found = audited(frame, asked).defects.set_index("rule")["message_en"]
        assert found["constant_column"] == "all 72 values of 'tap' are 50"
        assert found["empty_column"] == "'income' holds no value at all"
        assert found["not_finite"] == "'beds' holds 1 infinite value(s): 010101 2019"
        assert found["missing_column"] == "there is no column 'bed'"


class TestGaps:
    def test_units_without_rows_or_figures_in_a_year(self) -> None:
        frame = figures().drop(index=[1, 2, 4])
        frame.loc[frame["year"].eq(2022) & frame["code"].eq(UNITS[1]), ["tap", "income", "beds"]] = np.nan
        found = only(audited(frame, SYSTEM))
        assert found["message_en"] == "2 unit(s) lack whole periods: 010101: 2016–2017, 2019, 010102: 2022"

    def test_missing_cells_are_counted_and_years_no_unit_has_are_noticed(self) -> None:
        frame = figures()
        frame.loc[:8, "beds"] = np.nan
        audit = audited(frame.loc[frame["year"] != 2018], SYSTEM).frame.set_index("rule")
        assert audit.loc["missing_cells", "message_en"] == "'beds' lacks 8 value(s) (12.7%)"
        assert audit.loc["period_gap", "where"] == "2018"
        assert set(audit["severity"]) == {"notice"}

    @pytest.mark.parametrize(
        ("reference", "severity", "rule"), [((2016, 2020), "defect", "reference_gap"), ((2019, 2020), "notice", "period_gap")]
    )
    def test_a_year_no_unit_has_is_a_defect_among_the_reference_years(
        self, reference: tuple[int, int], severity: str, rule: str
    ) -> None:
        panel = Panel.from_frame(figures().query("year != 2018"), unit="code", period="year")
        audit = audit_panel(panel, (SYSTEM,), reference=reference)
        assert rules(audit, severity) == [rule]
        assert audit.frame["where"].tolist() == ["2018"]
        refuse(audit, accept=("reference_gap",))

    def test_a_panel_of_every_second_year_has_no_gap(self) -> None:
        panel = Panel.from_frame(figures().query("year % 2 == 1"), unit="code", period="year")
        assert audit_panel(panel, (SYSTEM,), reference=(2015, 2021)).frame.empty


class TestJumps:
    def test_a_unit_that_changes_its_measure_for_good(self) -> None:
        frame = figures()
        frame.loc[frame["code"].eq(UNITS[3]) & (frame["year"] >= 2019), "income"] /= 10_000
        found = only(audited(frame))
        assert (found["rule"], found["count"]) == ("unit_jump", 1)
        assert "2019 ×10^-4: 010104" in found["message_en"]

    def test_one_year_in_another_measure_is_two_jumps(self) -> None:
        frame = figures()
        frame.loc[4, "beds"] *= 10
        found = only(audited(frame))
        assert found["where"] == "2019 ×10^1: 010101; 2020 ×10^-1: 010101"

    def test_a_whole_year_in_another_measure(self) -> None:
        frame = figures()
        frame.loc[frame["year"] >= 2020, "income"] /= 10_000
        assert only(audited(frame))["where"].startswith("2020 ×10^-4: 010101, 010102, 010103, 010104, 010105, … (+4)")

    def test_one_year_in_another_measure_is_seen_both_ways_through_growth(self) -> None:
        """Incomes that grow by up to 30 % a year, one year of them in 10,000 yuan."""
        frame = figures()
        frame["income"] *= np.repeat(np.linspace(1.0, 1.2, 9), 8) ** (frame["year"] - 2015)
        frame.loc[frame["year"] == 2019, "income"] /= 10_000
        found = only(audited(frame))
        assert found["count"] == 18
        assert "2019 ×10^-4" in found["where"]
        assert "2020 ×10^4" in found["where"]

    def test_real_growth_by_ten_is_left_in_peace(self) -> None:
        """Subscriptions that grow from nothing: 0.01, 0.1, 0.6, 2, …"""
        frame = figures()
        frame["broadband"] = np.tile([0.01, 0.1, 0.6, 2, 5, 9, 14, 18], 9) * (1 + frame.index / 500)
        assert rules(audited(frame)) == []

    def test_real_panels_show_only_their_errors(self, real_data: Path) -> None:
        """No jump among 51,000 figures of the World Bank; in Viet Nam one, a forest cover of 0.5 between 45.5 and 45.8."""
        wdi = audit_file(real_data / "real" / "wdi_developing_panel_2005_2022.csv")
        assert wdi.defects.empty
        assert wdi.kept.en == "1,458 rows, 81 units, 2005–2022, 35 columns of figures"
        vietnam = audit_file(real_data / "real" / "vn_gso_province_panel_2005_2016.csv")
        assert vietnam.defects[["rule", "column", "where"]].to_numpy().tolist() == [
            ["unit_jump", "r_forest_cover", "2010 ×10^-2: Hoa Binh; 2011 ×10^2: Hoa Binh"]
        ]


class TestFiles:
    def test_all_that_is_wrong_with_a_file_is_said_at_once(self, tmp_path: Path) -> None:
        text = (
            '行政区划代码,年份,收入,人口,备注\n010101,2020,"12,588",5,好\n010101,2020,12600,5,好\n10102,2020,约300,6万,好\n'
            "010103,去年,1.5万元,5,\n合计,2020,3,,\n,2021,4,7,\n"
        )
        path = tmp_path / "p.csv"
        path.write_bytes(text.encode("gbk"))
        audit = audit_file(path)
        assert set(rules(audit)) == {
            "unreadable_cell", "mixed_units", "unreadable_period", "duplicate_rows", "missing_key", "lost_leading_zeros",
            "total_row",
        }  # fmt: skip
        assert {"text_column", "missing_cells"} <= set(rules(audit, "notice"))
        assert {"thousands", "encoding", "unit_in_cell"} <= set(rules(audit, "repaired"))
        by = audit.frame.drop_duplicates("rule").set_index("rule")
        assert by.loc["duplicate_rows", "message_zh"] == "1 个地区—年份有多行（数值不同）：010101 2020 (第2, 3行)"
        assert by.loc["unreadable_cell", "where"] == "row 4"
        assert by.loc["total_row", "found"] == "合计"
        with pytest.raises(DataError) as caught:
            refuse(audit)
        assert all(f"[{rule}]" in str(caught.value) for rule in set(rules(audit)))

    def test_values_of_a_file_are_named_by_their_cell(self, tmp_path: Path) -> None:
        frame = figures()
        frame.loc[3, "tap"] = 105
        frame.sample(frac=1, random_state=1).to_excel(tmp_path / "p.xlsx", index=False)
        row = frame.sample(frac=1, random_state=1).index.get_loc(3) + 2
        found = only(audit_file(tmp_path / "p.xlsx", systems=(SYSTEM,)))
        assert f"010101 2018 (C{row})" in found["message_en"]

    def test_a_panel_remembers_the_cells_of_its_file(self, tmp_path: Path) -> None:
        frame = figures()
        frame.loc[[3, 9], "tap"] = 105
        frame.iloc[::-1].to_csv(tmp_path / "p.csv", index=False)
        panel = read_panel(tmp_path / "p.csv", unit="code", period="year").at(slice(2016, 2022))
        assert "010101 2018 (row 70), 010102 2016 (row 64)" in only(audit_panel(panel, (SYSTEM,)))["message_en"]

    def test_many_absent_columns_are_one_finding_that_suggests_only_what_is_free(self) -> None:
        asked = system(tap=("%", None), beds=("张", None), roads=("km", None), bed=("张", None), income2=("元", None))
        found = only(audited(figures(), asked))
        assert found["message_en"] == "there is no column 'roads', 'bed', 'income2' (did you mean 'income'?)"
        assert found["message_zh"] == "缺少列“roads”, “bed”, “income2”（是否为“income”？）"

    def test_names_of_a_study_are_found_below_a_merged_header_and_its_keys_guessed(self, tmp_path: Path) -> None:
        frame = figures().assign(population=lambda rows: 90_000 + rows.index * 500)
        heads = dict.fromkeys(("code", "year", "population"), "地区") | dict.fromkeys(("tap", "income", "beds"), "指标")
        frame.rename(columns=lambda name: f"{heads[name]}/{name}").to_csv(tmp_path / "p.csv", index=False)
        audit = audit_file(tmp_path / "p.csv", systems=(SYSTEM,))
        assert audit.defects.empty
        assert audit.kept.en.startswith("72 rows, 9 units")

    def test_a_layout_says_what_the_columns_are(self, tmp_path: Path) -> None:
        figures().rename(columns={"tap": "自来水", "year": "T"}).assign(省="甲").to_csv(tmp_path / "p.csv", index=False)
        layout = Layout(unit="code", period="T", groups=("省",), columns={"自来水": "tap"})
        assert audit_file(tmp_path / "p.csv", layout=layout, systems=(SYSTEM,)).frame.empty
        wrong = audit_file(tmp_path / "p.csv", layout=replace(layout, columns={}), systems=(SYSTEM,))
        assert rules(wrong) == ["missing_column"]

    @pytest.mark.parametrize(
        ("header", "unit", "period"),
        [
            ("县,年份", "县", "年份"),
            ("county,year", "county", "year"),
            ("Region Name,Time", "Region Name", "Time"),
            ("地区代码,统计年度", "地区代码", "统计年度"),
        ],
    )
    def test_keys_are_guessed(self, tmp_path: Path, header: str, unit: str, period: str) -> None:
        path = tmp_path / "p.csv"
        path.write_text(f"{header},x\na,2020,1\na,2020,2\nb,2021,3\n", encoding="utf-8")
        found = audit_file(path).defects.set_index("rule")
        assert found.loc["duplicate_rows", "column"] == unit
        assert "2021" in found.loc["missing_periods", "where"]

    def test_a_file_without_keys_is_still_looked_over(self, tmp_path: Path) -> None:
        path = tmp_path / "p.csv"
        path.write_text("x,y\n1,5\n2,5\n约3,5\n", encoding="utf-8")
        audit = audit_file(path)
        assert rules(audit) == ["unreadable_cell", "constant_column"]
        assert rules(audit, "notice").count("no_key_column") == 2

    def test_faults_of_a_header_are_findings(self, tmp_path: Path) -> None:
        path = tmp_path / "p.csv"
        path.write_text("county,year,x,x,\na,2020,1,2,3\n", encoding="utf-8")
        assert {"duplicate_column", "blank_header"} <= set(rules(audit_file(path)))

    def test_nobodys_number_is_printed(self, tmp_path: Path) -> None:
        path = tmp_path / "p.csv"
        path.write_text("county,year,phone\n甲,2020,13812345678\n乙,2020,13912345678\n", encoding="utf-8")
        audit = audit_file(path)
        assert rules(audit) == ["personal_data"]
        assert "138123" not in audit.frame.to_csv()


class TestRefusal:
    def test_a_defect_may_be_accepted_by_name(self) -> None:
        audit = audited(figures().assign(tap=50.0), SYSTEM)
        with pytest.raises(DataError, match="all 72 values of 'tap' are 50"):
            refuse(audit)
        refuse(audit, accept=("constant_column",))

    def test_a_rule_that_does_not_exist(self) -> None:
        with pytest.raises(SpecError, match="did you mean 'constant_column'"):
            refuse(audited(figures()), accept=("constant_columns",))

    def test_every_rule_says_itself_in_both_languages(self) -> None:
        for name, rule in RULES.items():
            assert name.isidentifier()
            assert rule.says.zh and rule.says.en
            assert rule.severity == "repaired" or rule.do.en or name in ("period_gap", "missing_cells", "text_column")


def test_a_large_panel_is_audited_in_about_a_second() -> None:
    """2,800 counties × 12 years × 40 indicators; the bound leaves room for a busy machine."""
    draw = np.random.default_rng(1)
    index = pd.MultiIndex.from_product([[f"{i:06d}" for i in range(2800)], range(2012, 2024)], names=["unit", "period"])
    frame = pd.DataFrame(draw.lognormal(3, 0.2, (len(index), 40)), index=index, columns=[f"x{i}" for i in range(40)])
    asked = system(**dict.fromkeys(frame.columns, ("元", (1.0, 1000.0))))
    start = time.perf_counter()
    audit = audit_panel(Panel(frame=frame), (asked,))
    assert time.perf_counter() - start < 5
    assert audit.defects.empty
