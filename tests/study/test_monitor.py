"""A monitor's study in its parts: what is told the ledger once, lists drawn twice, follow-ups as written, and the assessment."""

from datetime import date

import openpyxl
import pandas as pd
import pytest

import evalkit as ek
from evalkit.errors import DataError, OutputError, SpecError
from evalkit.monitor.ledger.ledger import Ledger
from evalkit.panel.pseudonyms import printed, pseudonym_numbers
from evalkit.report.assessment.chapters import compose
from evalkit.report.document import Heading, Table
from evalkit.study.monitor.follow import follow_ups
from evalkit.study.monitor.form import FollowForm
from evalkit.study.monitor.ledger import BeforeFlags, one_run, settled_day, untold
from evalkit.study.monitor.run import MonitorStudy
from evalkit.study.run import Study

DAY, KEY = date(2024, 6, 30), b"sixteen bytes ok"
FLAG = {"stage": "flagged", "date": "2024-06-30", "county": "C1", "source": "monitor"}


def flag(home: int, reason: str, **told: object) -> dict:
    return {"home": home, "case": 1, "reason": reason, **FLAG, **told}


@pytest.fixture
def ledger(tmp_path) -> Ledger:
    """Home 1 flagged in May and again by a signal on the day, homes 2 and 3 on the day; home 3 visited on the same day."""
    ledger = Ledger(tmp_path / "ledger")
    ledger.append(pd.DataFrame([flag(1, "disaster", date="2024-05-31")]), known=date(2024, 5, 31))
    ledger.append(pd.DataFrame([flag(1, "medical", stage="signal"), flag(2, "medical"), flag(3, "below")]), known=DAY)
    visited = {"home": 3, "case": 1, "stage": "visited", "date": "2024-06-30", "source": "township"}
    ledger.append(pd.DataFrame([visited]), known=DAY)
    return ledger


def test_before_its_flags_a_day_shows_what_others_told(ledger):
    seen = BeforeFlags(ledger.folder, day=DAY).changes(DAY)
    assert seen[["home", "stage"]].values.tolist() == [[1, "flagged"], [3, "flagged"], [3, "visited"]]
    assert BeforeFlags(ledger.folder, day=DAY).state(DAY).frame["home"].tolist() == [1, 3]
    later = BeforeFlags(ledger.folder, day=date(2024, 7, 31)).changes()
    pd.testing.assert_frame_equal(later, ledger.changes())


def test_flags_are_told_once_and_rules_that_came_since_are_a_signal(ledger):
    batch = pd.DataFrame([flag(1, "medical", stage="signal"), flag(2, "below; medical; work"), flag(4, "disaster")]).assign(
        known_date=pd.Timestamp(DAY)
    )
    fresh = untold(batch, ledger.changes(), DAY)
    assert fresh[["home", "stage", "reason"]].values.tolist() == [[2, "signal", "below; work"], [4, "flagged", "disaster"]]
    ledger.append(fresh, known=DAY)
    assert untold(batch, ledger.changes(), DAY).empty
    assert untold(batch.iloc[:0], ledger.changes(), DAY).empty


def test_a_ledger_that_is_written_beyond_a_day_is_told_nothing_of_it(ledger, tmp_path):
    assert settled_day(ledger, DAY) == DAY
    assert settled_day(Ledger(tmp_path / "none"), DAY) is None
    with pytest.raises(DataError, match="written up to a later day"):
        settled_day(ledger, date(2024, 6, 29))


def test_one_run_at_a_time(tmp_path):
    with one_run(tmp_path / "store"), pytest.raises(OutputError, match="under way"), one_run(tmp_path / "store"):
        pass
    with one_run(tmp_path / "store"):
        pass


def told(tmp_path, text: str, changes: pd.DataFrame, form: FollowForm, settled: date | None = None) -> pd.DataFrame:
    (tmp_path / "told.csv").write_text(text, encoding="utf-8")
    return follow_ups(form, tmp_path, KEY, changes, DAY, settled).rows


def test_stages_reasons_and_measures_are_codes_or_words_of_either_language(tmp_path, ledger):
    rows = (
        "household,stage,date,reason,measure\n"
        "H1,入户核实,2024-06-01,,\nH1,included,2024-06-02,,\nH1,helped,2024年6月3日,,产业帮扶\nH1,Helped,2024-06-04,,a  job\n"
        "H2,visited,2024-06-01,,\nH2,不纳入,2024-06-02,the visit found no risk,\n"
    )
    found = told(tmp_path, rows, ledger.changes().iloc[:0], FollowForm(file="*.csv"))
    by_home = {home: part["stage"].tolist() for home, part in found.groupby("home")}
    one, two = pseudonym_numbers(["H1", "H2"], KEY, "household")
    assert by_home == {one: ["visited", "included", "helped", "helped"], two: ["visited", "not_included"]}
    assert found["measure"].dropna().tolist() == ["industry", "employment"]
    assert found["reason"].dropna().tolist() == ["not_verified"]


def test_rows_are_placed_by_day_wherever_they_stand_and_known_again(tmp_path, ledger):
    form = FollowForm(file="*.csv")
    rows = "household,stage,date,reason,source\nH5,visited,2024-06-03,,\nH5,flagged,2024-06-02,illness,self_report\n"
    found = told(tmp_path, rows, ledger.changes(), form)
    assert found[["stage", "case"]].values.tolist() == [["flagged", 1], ["visited", 1]]
    ledger.append(found.assign(county="C1").drop(columns="place"), known=DAY)
    again = follow_ups(form, tmp_path, KEY, ledger.changes(), date(2024, 7, 31), DAY)
    assert (len(again.rows), again.known) == (0, 2)


@pytest.mark.parametrize(
    ("known", "settled", "becomes"),
    [
        ("2024-06-20", None, "2024-06-20"),
        ("2024-06-20", date(2024, 6, 15), "2024-06-20"),
        ("2024-06-10", date(2024, 6, 15), "2024-06-30"),
        ("", date(2024, 6, 15), "2024-06-30"),
        ("", None, "2024-06-30"),
    ],
)
def test_when_a_change_becomes_known(tmp_path, ledger, known, settled, becomes):
    rows = f"household,stage,date,heard\nH1,visited,2024-06-01,{known}\n"
    found = told(tmp_path, rows, ledger.changes().iloc[:0], FollowForm(file="*.csv", known="heard"), settled)
    assert found["known_date"].dt.strftime("%F").tolist() == [becomes]


def test_codes_that_are_none_are_named_by_row(tmp_path, ledger):
    code = printed(pseudonym_numbers(["H1"], KEY, "household").to_numpy("int64"))[0]
    form = FollowForm(file="*.csv", code="code")
    found = told(tmp_path, f"code,stage,date\n {code.lower()} ,visited,2024-06-01\n", ledger.changes().iloc[:0], form)
    assert printed(found["home"].to_numpy("int64")) == [code]
    with pytest.raises(
        DataError, match=r"column 'code' cannot be read; found rows 2, 3\. To do: write the 13 letters"
    ) as refused:
        told(tmp_path, "code,stage,date\nSOMEBODY,visited,2024-06-01\n,visited,2024-06-01\n", ledger.changes(), form)
    assert "SOMEBODY" not in str(refused.value)


def test_a_column_of_persons_is_refused_and_not_shown(tmp_path, ledger):
    numbers = [f"138{n:08d}" for n in range(12345670, 12345690)]
    rows = "household,stage,date,source\n" + "".join(f"H{at},visited,2024-06-01,{one}\n" for at, one in enumerate(numbers))
    with pytest.raises(DataError, match="the column holds identity or telephone numbers") as refused:
        told(tmp_path, rows, ledger.changes(), FollowForm(file="*.csv"))
    assert "told.csv, column 'source'" in str(refused.value)
    assert "take them out" in str(refused.value)
    assert not any(one in str(refused.value) for one in numbers)


def test_a_file_of_follow_ups_without_a_column_says_which(tmp_path, ledger):
    with pytest.raises(DataError, match=r"told\.csv: the file has no column \[stage\]") as refused:
        told(tmp_path, "household,stages,date\nZhang,visited,2024-06-01\n", ledger.changes(), FollowForm(file="*.csv"))
    assert "did you mean 'stages'?" in str(refused.value)
    assert "Zhang" not in str(refused.value)


CODE = printed(pseudonym_numbers(["H1"], KEY, "household").to_numpy("int64"))[0]
WIDE = "".join(chr(ord(sign) + 0xFEE0) for sign in CODE)


@pytest.mark.parametrize("code", [WIDE, f"{CODE}\u200b", f"\u3000{CODE.lower()}"])
def test_codes_are_read_as_they_are_meant(tmp_path, ledger, code):
    found = told(
        tmp_path, f"code,stage,date\n{code},visited,2024-06-01\n", ledger.changes(), FollowForm(file="*.csv", code="code")
    )
    assert printed(found["home"].to_numpy("int64")) == [CODE]


def test_a_row_of_two_homes_is_of_neither(tmp_path, ledger):
    form, rows = FollowForm(file="*.csv", code="code"), f"household,code,stage,date\nH1,{CODE},visited,2024-06-01\n"
    assert len(told(tmp_path, rows, ledger.changes(), form)) == 1
    with pytest.raises(DataError, match=r"column 'code' cannot be read; found row 3\. To do: 'household' and it name two homes"):
        told(tmp_path, f"{rows}H2,{CODE},visited,2024-06-01\n", ledger.changes(), form)


LOSSES = {
    "a column twice": ("household,stage,date,date\nH1,visited,2024-06-01,2024-06-20\n", r"duplicate_column \(C, D\).*rename"),
    "cut off": ("household,stage,date,source\nH1,visited,2024-06-01,部门\nH2,visited,2024-06-02", r"cut_off \(row 3\).*again"),
    "a header misspelt": ("household,stage,date,rea son\nH1,visited,2024-06-01,illness\n", r"no column \[reason\].*'rea son'"),
    "a row of totals": ("household,stage,date\n合计,visited,2024-06-01\n", "'household' cannot be read; found row 2.*totals out"),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_follow_ups_that_would_lose_something_are_refused(tmp_path, ledger, loss):
    text, says = LOSSES[loss]
    with pytest.raises(DataError, match=f"told.csv: .*{says}"):
        told(tmp_path, text, ledger.changes(), FollowForm(file="*.csv"))


def test_follow_ups_on_two_sheets_are_refused(tmp_path, ledger):
    book = openpyxl.Workbook()
    for sheet in (book.active, book.create_sheet("July")):
        for row in (["household", "stage", "date"], ["H1", "visited", "2024-06-01"]):
            sheet.append(row)
    book.create_sheet("words").append(["visited"])
    book.save(tmp_path / "told.xlsx")
    with pytest.raises(DataError, match=r"told.xlsx, sheet 2: another sheet holds rows of the same columns"):
        follow_ups(FollowForm(file="*.xlsx"), tmp_path, KEY, ledger.changes(), DAY)
    del book["July"]
    book.save(tmp_path / "told.xlsx")
    assert len(follow_ups(FollowForm(file="*.xlsx"), tmp_path, KEY, ledger.changes(), DAY).rows) == 1


def test_a_form_without_rows_tells_nothing_and_other_formats_are_counted(tmp_path, ledger):
    (tmp_path / "a.csv").write_text("household,stage,date\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("household,stage,date\nH1,visited,2024-06-01\n", encoding="utf-8")
    for name in ("c.xls", "d.docx", ".hidden.xls", "~$b.xlsx"):
        (tmp_path / name).write_bytes(b"x")
    found = follow_ups(FollowForm(file="*"), tmp_path, KEY, ledger.changes(), DAY)
    assert (len(found.rows), found.files, found.unread) == (1, 2, 2)


def test_a_bulletin_of_nothing(tmp_path):
    shipped = (ek.datasets.folder() / "studies" / "monitor.toml").read_text(encoding="utf-8")
    (tmp_path / "monitor.toml").write_text(shipped, encoding="utf-8")
    with pytest.raises(DataError, match="the ledger knows of no case yet; found as of 2024-06-30") as refused:
        MonitorStudy.read(tmp_path / "monitor.toml").bulletin(DAY)
    assert (refused.value.where, refused.value.do) == ("store", "run the monitor for that day first")


@pytest.mark.parametrize(
    "words", [{"reasons": {"a": "因病", "b": " 因病"}}, {"measures": {"a": "b", "b": "医疗"}}, {"sources": {"a": "Ａ", "b": "a"}}]
)
def test_words_of_follow_ups_mean_one_code(words):
    told = {name: {code: {"zh": text, "en": text} for code, text in part.items()} for name, part in words.items()}
    with pytest.raises(ValueError, match=f"two {next(iter(words))} are called"):
        FollowForm(file="*", **told)


def test_patterns_of_follow_ups_lie_beside_the_monitor():
    with pytest.raises(ValueError, match="beside the monitor file"):
        FollowForm(file="/somewhere/*.csv")


STUDY = """
title = "t"
lang = "en"
[panel]
file = "panel.csv"
unit = "county"
period = "year"
name = "name_en"
weight = "population"
columns = { "name" = "", "province" = "", "province_en" = "" }
[[system]]
file = "consolidation"
[[system]]
file = "revitalization"
[uncertainty]
draws = 0
[robustness]
draws = 0
samples = 0
[report]
chapters = ["scope", "monitoring"]
[monitoring]
"""


@pytest.fixture
def study(tmp_path):
    """A panel of a few counties that lacks G21 in the last year, and a monitor whose ledger has it for one of them."""
    panel = pd.read_csv(ek.datasets.folder() / "counties.csv", comment="#", dtype={"county": str})
    units = [str(unit) for unit in panel["county"].unique()[:8]]
    panel = panel[panel["county"].isin(units) & panel["year"].between(2022, 2024)]
    panel.loc[(panel["year"] == 2024) & panel["county"].isin(units[:2]), "G21"] = None
    panel.to_csv(tmp_path / "panel.csv", index=False)
    counties = ["A"] * 80 + [units[1]] * 20 + [units[2]] * 30
    cases = pd.DataFrame({"home": range(1, 131), "case": 1, "county": counties})
    steps = [
        cases.assign(stage="flagged", date="2024-01-10", reason="medical", source="monitor"),
        cases.assign(stage="visited", date="2024-01-20", source="township"),
        cases.assign(stage="included", date="2024-01-25", source="township"),
        cases.assign(stage="helped", date="2024-02-10", measure="industry", source="township"),
        cases.iloc[[*range(20, 80), *range(80, 83), *range(100, 115)]].assign(
            stage="resolved", date="2024-09-01", reason="conditions_met", source="township"
        ),
    ]
    Ledger(tmp_path / "watch" / "store" / "ledger").append(pd.concat(steps, ignore_index=True), known=date(2024, 12, 31))
    shipped = (ek.datasets.folder() / "studies" / "monitor.toml").read_text(encoding="utf-8")
    (tmp_path / "watch" / "monitor.toml").write_text(shipped, encoding="utf-8")

    def read(monitoring: str) -> Study:
        (tmp_path / "study.toml").write_text(STUDY + monitoring, encoding="utf-8")
        return Study.read(tmp_path / "study.toml")

    return read, units


def test_gaps_of_the_panel_are_filled_from_the_ledger_where_enough_homes_bear_them(study):
    read, units = study
    whole = read(f'file = "watch/monitor.toml"\nas_of = 2024-12-31\npopulation = "weight"\ncounties = {{ A = "{units[0]}" }}')
    panel = whole.panel
    assert panel.frame.loc[(units[0], 2024), "G21"] == 75.0  # 60 of 80
    assert pd.isna(panel.frame.loc[(units[1], 2024), "G21"])  # 3 of 20 would tell of three homes
    assert panel.frame.loc[(units[2], 2024), "G21"] > 0  # what is there is kept
    told = whole.monitored.panel["G22"].droplevel("period")
    assert set(told.index) == set(units[:3])  # of other counties the ledger does not say that nobody was included
    assert told[units[0]] == pytest.approx(100 * 80 / panel.weights[(units[0], 2024)])
    assert any("1 gap of G21 is filled from the ledger" in note.say("en") for note in panel.notes)


def test_the_report_has_a_chapter_of_the_ledger(study):
    read, units = study
    found = read(f'file = "watch/monitor.toml"\nas_of = 2024-12-31\ncounties = {{ A = "{units[0]}" }}').run()
    for lang, title in (("en", "Monitoring and help"), ("zh", "监测帮扶")):
        document = compose(found, lang)
        assert title in [block.text for block in document.blocks if isinstance(block, Heading)]
        tables = {block.key: block for block in document.blocks if isinstance(block, Table)}
        rows = tables["process_indicators"].frame
        assert 75.0 in rows.iloc[:, 1].tolist()
    assert found.monitoring.process.as_of == date(2024, 12, 31)


def test_a_panel_of_indicators_does_as_well(study, tmp_path):
    read, units = study
    (tmp_path / "g.csv").write_text(f"unit,period,G21\n{units[0]},2024,61\nelsewhere,2024,50\n", encoding="utf-8")
    whole = read('panel = "g.csv"')
    assert whole.panel.frame.loc[(units[0], 2024), "G21"] == 61
    assert any("elsewhere" in note.say("en") for note in whole.panel.notes)
    document = compose(whole.run(), "en")
    assert [block.key for block in document.blocks if isinstance(block, Table) and block.key == "monitoring"] == ["monitoring"]


@pytest.mark.parametrize(
    ("monitoring", "fault", "says"),
    [
        ('file = "watch/monitor.toml"', SpecError, "as_of names the days"),
        ('panel = "g.csv"\nas_of = 2024-12-31', SpecError, "a panel needs none"),
        ("as_of = 2024-12-31", SpecError, "either the file of a monitor or a panel"),
        ('file = "watch/monitor.toml"\nas_of = [2024-06-30, 2024-12-31]', SpecError, "a year twice"),
        ('file = "watch/monitor.toml"\nas_of = 2023-12-31', DataError, "knows of no case"),
        ('file = "watch/monitor.toml"\nas_of = 2024-12-31\npopulation = "homes"', SpecError, "population names 'homes'"),
        (
            'file = "watch/monitor.toml"\nas_of = 2024-12-31\ncounties = { "010102" = "B", "010103" = "C" }',
            DataError,
            "no county of the monitoring",
        ),
    ],
)
def test_what_is_wrong_with_the_monitoring_of_a_study_is_said(study, monitoring, fault, says):
    read, _ = study
    with pytest.raises(fault, match=says):
        _ = read(monitoring).panel
