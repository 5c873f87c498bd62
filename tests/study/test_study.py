"""Studies: read with every fault named by line, run on shipped and real panels, delivered whole or not at all."""

import json
import re
import shutil
from hashlib import sha256
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from experts import judged

import evalkit as ek
from evalkit.panel.audit import audit_file
from evalkit.study.deliver import deliver
from evalkit.study.monitor.form import BulletinForm
from evalkit.study.risk.form import LeakForm, RiskReportForm
from evalkit.study.run import Study

STUDIES = ek.datasets.folder() / "studies"


@pytest.fixture(scope="session")
def delivered(tmp_path_factory) -> Path:
    """The demonstration, delivered once in Chinese."""
    return deliver(Study.read(STUDIES / "counties.toml"), tmp_path_factory.mktemp("out") / "assessment")


def test_the_demonstration_delivers_every_part(delivered):
    assert {p.name for p in delivered.iterdir()} == {"report.html", "report.docx", "report.xlsx", "figures", "manifest.json"}
    manifest = json.loads((delivered / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["versions"]["evalkit"] == ek.__version__
    assert len(manifest["inputs"]["panel"]["sha256"]) == 64
    assert manifest["study"]["weigh"]["method"] == "entropy"
    assert "report.docx" in manifest["outputs"]
    assert str(delivered) not in (delivered / "manifest.json").read_text(encoding="utf-8")


READ = """
title = "t"
[panel]
dataset = "counties"
[[system]]
file = "consolidation"
weigh = { method = "ahp", judgements = ["experts/one.xlsx"] }
[[system]]
file = "revitalization"
[households]
file = "homes.csv"
place = "county"
village = "village"
weight = "weight"
formerly_poor = "formerly_poor"
threshold = 0.45
[map]
tiles = "tiles.csv"
[robustness]
weights = []
normalize = []
aggregate = []
draws = 0
samples = 0
[report]
chapters = ["scope", "households"]
formats = ["html"]
"""


def test_the_manifest_names_every_file_that_was_read(tmp_path, counties, systems):
    (tmp_path / "experts").mkdir()
    judged(tmp_path / "experts" / "one.xlsx", systems["consolidation"])
    rows = [f"{unit},{1 + at // 12},{1 + at % 12}" for at, unit in enumerate(counties.units)]
    (tmp_path / "tiles.csv").write_text("\n".join(["unit,row,column", *rows]), encoding="utf-8")
    shutil.copy(ek.datasets.folder() / "households.csv", tmp_path / "homes.csv")
    (tmp_path / "unread.csv").write_text("a\n1\n", encoding="utf-8")
    (tmp_path / "study.toml").write_text(READ, encoding="utf-8")
    out = deliver(Study.read(tmp_path / "study.toml"), tmp_path / "out")
    told = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["inputs"]
    assert told["files"] == {
        name: sha256((tmp_path / name).read_bytes()).hexdigest() for name in ("experts/one.xlsx", "homes.csv", "tiles.csv")
    }
    assert told["households"]["sha256"] == told["files"]["homes.csv"]


def test_the_workbook_holds_every_row(delivered):
    book = openpyxl.load_workbook(delivered / "report.xlsx", read_only=True)
    rows = book["coordination_all"].max_row
    assert rows >= 120 * 13


def test_the_same_study_gives_the_same_bytes(delivered, tmp_path):
    again = deliver(Study.read(STUDIES / "counties.toml"), tmp_path / "again")
    for path in sorted(p for p in delivered.rglob("*") if p.is_file()):
        assert path.read_bytes() == (again / path.relative_to(delivered)).read_bytes(), path.name


def test_english_reports_speak_english(tmp_path):
    folder = deliver(Study.read(STUDIES / "counties.toml"), tmp_path / "en", lang="en")
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert 'lang="en"' in page
    assert "Coupling and coordination" in page


@pytest.mark.parametrize("name", ["wdi", "vietnam"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_real_studies_run_to_every_format_and_coordination_rises(name, lang, tmp_path, real_data):
    study = Study.read(STUDIES / f"{name}.toml")
    mean = study.run().bond.series.groupby("period").mean()
    assert mean.iloc[-1] > mean.iloc[0] + 0.02
    assert mean.diff().dropna().min() > -0.002
    folder = deliver(study, tmp_path / "out", lang=lang)
    assert all((folder / f"report.{kind}").stat().st_size > 10_000 for kind in ("html", "docx", "xlsx"))


def test_real_data_that_are_not_at_hand_say_where_they_are(monkeypatch):
    monkeypatch.delenv("EVALKIT_DATA", raising=False)
    with pytest.raises(ek.DataError, match="EVALKIT_DATA"):
        _ = Study.read(STUDIES / "wdi.toml").panel


def write_study(folder: Path, text: str = "", *, panel: pd.DataFrame | None = None, **changes: str) -> Path:
    """A small study on a copy of the simulated counties, with parts of its text replaced."""
    template = (STUDIES / "template.toml").read_text(encoding="utf-8")
    for name in ("consolidation", "revitalization"):
        source = ek.datasets.folder() / "systems" / f"{name}.toml"
        (folder / f"{name}.toml").write_bytes(source.read_bytes())
    for old, new in changes.items():
        assert old in template
        template = template.replace(old, new)
    path = folder / "study.toml"
    path.write_text(template + text, encoding="utf-8")
    rows = county_rows() if panel is None else panel
    rows.to_csv(folder / "panel.csv", index=False)
    return path


def county_rows() -> pd.DataFrame:
    rows = pd.read_csv(ek.datasets.folder() / "counties.csv", comment="#", dtype={"county": str})
    return rows.drop(columns=["name_en", "province_en"])


def test_a_users_own_file_runs(tmp_path):
    found = Study.read(write_study(tmp_path)).run()
    assert found.bond.frame.shape[0] == 1560
    assert found.scores["consolidation"].spec.reference == tuple(range(2016, 2021))


@pytest.mark.parametrize(
    ("add", "message"),
    [
        ('\n[[accept]]\nrule = "no_such_rule"\nbecause = "no reason"\n', "'accept.rule': must be"),
        ("\n[nonsense]\nx = 1\n", "'nonsense' is not a known key"),
        ('\n[[blank]]\nunit = "nowhere"\nperiod = 2016\ncolumn = "G10"\nbecause = "a slip"\n', "which the panel does not have"),
    ],
)
def test_faults_of_a_study_are_named(tmp_path, add, message):
    with pytest.raises(ek.SpecError, match=message):
        Study.read(write_study(tmp_path, add)).run()


REASON = '\n[[accept]]\nrule = "unit_jump"\nbecause = {}\n'
BLANK = '\n[[blank]]\nunit = "010101"\nperiod = 2016\ncolumn = "G10"\nbecause = {}\n'


@pytest.mark.parametrize("table", [REASON, BLANK], ids=["accept", "blank"])
@pytest.mark.parametrize(
    "because", ['"  "', '" \\u3000\\u200b\\u200b "', '"……"', '{ zh = "  ", en = "a slip" }', '{ zh = "", en = "" }']
)
def test_a_reason_without_words_is_refused(tmp_path, table, because):
    path = write_study(tmp_path, table.format(because))
    line = path.read_text(encoding="utf-8").splitlines().index(f"because = {because}") + 1
    with pytest.raises(ek.SpecError, match=rf"study.toml, line {line}: '(accept|blank).because': give a reason in words"):
        Study.read(path)


@pytest.mark.parametrize("because", ['"已核实"', '"ok"', '{ zh = "", en = "a slip" }'])
def test_a_reason_in_words_of_either_language_is_taken(tmp_path, because):
    (taken,) = Study.read(write_study(tmp_path, REASON.format(because))).form.accept
    assert taken.because.say("zh") in because


def test_a_report_in_no_format_is_refused(tmp_path):
    path = write_study(tmp_path, **{'formats = ["html", "docx", "xlsx"]': "formats = []"})
    line = path.read_text(encoding="utf-8").splitlines().index("formats = []") + 1
    with pytest.raises(ek.SpecError, match=rf"line {line}: 'report.formats': name at least one of html, docx, xlsx, pdf"):
        Study.read(path)


@pytest.mark.parametrize("form", [RiskReportForm, BulletinForm])
def test_so_is_one_of_a_risk_study_and_a_monitor(form):
    with pytest.raises(ValueError, match="name at least one of html, docx, xlsx, pdf"):
        form(formats=[])
    assert form(formats=["pdf"]).formats == ("pdf",)


def test_a_finding_of_leakage_is_accepted_for_a_reason_in_words_only():
    with pytest.raises(ValueError, match="give a reason in words"):
        LeakForm(rule="home_twice", because=" ")


def test_a_wrong_key_is_named_with_its_line(tmp_path):
    path = write_study(tmp_path, **{'method = "entropy" ': 'methd = "entropy" '})
    line = next(n for n, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if "methd" in text)
    with pytest.raises(ek.SpecError, match=rf"line {line}: 'weigh.methd' is not a known key. did you mean 'method'"):
        Study.read(path)


def test_a_cell_known_to_be_wrong_is_blanked_with_its_reason(tmp_path):
    rows = county_rows()
    unit = rows["county"].iloc[30]
    blank = f'\n[[blank]]\nunit = "{unit}"\nperiod = 2016\ncolumn = "G10"\nbecause = "typed twice"\n'
    study = Study.read(write_study(tmp_path, blank))
    assert pd.isna(study.panel.frame.loc[(unit, 2016), "G10"])
    assert any("typed twice" in note.text.en for note in study.run().panel.notes)


def test_a_defect_refuses_unless_it_is_accepted_with_a_reason(tmp_path):
    rows = county_rows()
    rows.loc[rows["year"] == 2018, "R24"] *= 10_000
    with pytest.raises(ek.DataError, match="R24"):
        Study.read(write_study(tmp_path, panel=rows)).run()
    accepted = "".join(
        f'\n[[accept]]\nrule = "{rule}"\nbecause = "known and shown"\n'
        for rule in ("unit_jump", "unit_of_ten_thousand", "out_of_range")
    )
    found = Study.read(write_study(tmp_path, accepted, panel=rows)).run()
    assert found.accepted[0] == ("unit_jump", None, ek.Text("known and shown", "known and shown"), 1)


def spoilt() -> pd.DataFrame:
    """Figures with a defect of each kind: a cell, a key, a column, and values."""
    rows = county_rows()
    rows["G10"] = rows["G10"].astype(object)
    rows.loc[5, "G10"] = "约300"
    rows.loc[rows["year"] == 2018, "R24"] *= 10_000
    return pd.concat([rows.rename(columns={"G15": "G015"}), rows.head(1).rename(columns={"G15": "G015"})])


def rules_of(refused: pytest.ExceptionInfo) -> list[str]:
    return re.findall(r"\[([a-z_]+)\]", refused.value.what)


def test_cells_keys_columns_and_values_are_refused_in_one_error_as_the_audit_finds_them(tmp_path):
    rows = spoilt()
    study = Study.read(write_study(tmp_path, panel=rows))
    with pytest.raises(ek.DataError, match=r"panel.csv: \d+ problems:") as refused:
        study.run()
    found = audit_file(
        tmp_path / "panel.csv", layout=study.layout, systems=tuple(study.systems.values()), reference=study.form.reference
    )
    assert rules_of(refused) == found.defects["rule"].tolist()
    assert {"unreadable_cell", "duplicate_rows", "missing_column", "unit_of_ten_thousand"} <= set(rules_of(refused))
    assert "row 7; found '约300'" in refused.value.what
    assert "no column 'G15' (did you mean 'G015'?)" in refused.value.what
    assert all(message in refused.value.zh for message in found.defects["message_zh"])


def test_what_the_study_accepts_or_blanks_is_no_part_of_that_error(tmp_path):
    accepted = "".join(
        f'\n[[accept]]\nrule = "{rule}"\nbecause = "known and shown"\n' for rule in ("unit_jump", "unit_of_ten_thousand")
    )
    with pytest.raises(ek.DataError) as refused:
        Study.read(write_study(tmp_path, accepted, panel=spoilt())).run()
    assert {"unit_jump", "unit_of_ten_thousand"}.isdisjoint(rules_of(refused))
    assert {"unreadable_cell", "duplicate_rows", "missing_column"} <= set(rules_of(refused))
    rows = spoilt().rename(columns={"G015": "G15"})
    rows.loc[rows["year"] == 2018, "R24"] /= 10_000
    rows.loc[(rows["county"] == "010101") & (rows["year"] == 2016), "R24"] = 1e9
    for more, told in (("", True), (BLANK.format('"typed twice"').replace("G10", "R24"), False)):
        with pytest.raises(ek.DataError) as refused:
            Study.read(write_study(tmp_path, more, panel=rows)).run()
        assert "unreadable_cell" in rules_of(refused)
        assert ("'R24'" in refused.value.what) is told


def test_values_of_years_that_are_not_studied_are_no_part_of_it(tmp_path):
    rows = spoilt()
    with pytest.raises(ek.DataError) as whole:
        Study.read(write_study(tmp_path, panel=rows)).run()
    fewer = {"# periods = [2016, 2024]": "periods = [2019, 2024]", "reference = [2016, 2020]": "reference = [2019, 2020]"}
    with pytest.raises(ek.DataError) as cut:
        Study.read(write_study(tmp_path, panel=rows, **fewer)).run()
    assert "unit_of_ten_thousand" in rules_of(whole)
    assert "unit_of_ten_thousand" not in rules_of(cut)
    assert "unreadable_cell" in rules_of(cut)


def test_without_a_column_of_units_cells_alone_are_told(tmp_path):
    rows = spoilt().rename(columns={"county": "place"})
    with pytest.raises(ek.DataError) as refused:
        Study.read(write_study(tmp_path, panel=rows)).run()
    assert "missing_column" in rules_of(refused)
    assert "unreadable_cell" in rules_of(refused)


def test_a_failing_study_leaves_nothing_behind(tmp_path):
    rows = pd.concat([county_rows(), county_rows().head(2)])
    study = Study.read(write_study(tmp_path, panel=rows))
    with pytest.raises(ek.DataError, match="duplicate_rows"):
        deliver(study, tmp_path / "out")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["consolidation.toml", "panel.csv", "revitalization.toml", "study.toml"]


def test_a_fault_while_writing_leaves_nothing_behind(tmp_path, monkeypatch):
    def fail(*args, **kwargs):
        raise ek.OutputError("the disk is full")

    monkeypatch.setattr("evalkit.study.deliver._manifest", fail)
    with pytest.raises(ek.OutputError, match="disk is full"):
        deliver(Study.read(STUDIES / "counties.toml"), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_an_output_folder_that_is_there_is_kept(tmp_path):
    study = Study.read(STUDIES / "counties.toml")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(ek.OutputError, match="there already"):
        deliver(study, tmp_path / "out")
    with pytest.raises(ek.OutputError, match="holds none"):
        deliver(study, tmp_path / "out", force=True)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ek.OutputError, match="this is none"):
        deliver(study, tmp_path / "file", force=True)
    assert (tmp_path / "out" / "mine.txt").read_text() == "mine"


def test_a_template_without_a_word_report_is_refused_before_anything_is_computed(tmp_path, monkeypatch):
    monkeypatch.setattr(Study, "run", lambda *_: pytest.fail("it was computed"))
    study = Study.read(write_study(tmp_path, **{'formats = ["html", "docx", "xlsx"]': 'formats = ["html"]'}))
    with pytest.raises(ek.SpecError, match="a template dresses the Word report, and the study asks for none") as refused:
        deliver(study, tmp_path / "out", template=tmp_path / "mine.docx")
    assert (refused.value.where, refused.value.do) == (str(tmp_path / "mine.docx"), "add docx to the report's formats")
    assert not (tmp_path / "out").exists()


def test_systems_that_share_a_column_are_treated_once(tmp_path):
    study = Study.read(STUDIES / "counties.toml")
    assert len(study.columns) == sum(len(system.columns) for system in study.systems.values())


def test_the_other_weights_of_robustness_leave_out_the_chosen_ones():
    firm = Study.read(STUDIES / "counties.toml").run().firmness
    assert list(firm.comparison.frame.index) == [
        "normalization: percentiles",
        "weighting method: equal weights",
        "weighting method: CRITIC weights",
        "aggregation: weighted geometric mean, scores raised to 0.01",
        "reference years: 2012–2024",
        "reference years: 2016–2020",
    ]
    assert set(firm.uncertainty) == set(firm.drivers) == set(firm.agreement) == {"consolidation", "revitalization"}
    assert not firm.outranking


def test_a_defect_is_accepted_in_one_column_only(tmp_path):
    rows = county_rows()
    rows.loc[rows["year"] == 2018, ["R24", "G10"]] *= 10_000
    accepted = "".join(
        f'\n[[accept]]\nrule = "{rule}"\ncolumn = "R24"\nbecause = "known"\n'
        for rule in ("unit_jump", "unit_of_ten_thousand", "out_of_range")
    )
    with pytest.raises(ek.DataError) as refused:
        Study.read(write_study(tmp_path, accepted, panel=rows)).run()
    assert "G10" in str(refused.value)
    assert "R24" not in str(refused.value)
