"""Slips of a study that would go unsaid: tables that no chapter prints, names of what is not there, faults out of order."""

import re

import pandas as pd
import pytest

import evalkit as ek
from evalkit.cli import main
from evalkit.report.assessment.chapters import compose
from evalkit.report.assessment.found import CHAPTERS
from evalkit.report.document import Paragraph
from evalkit.study.form import StudyForm
from evalkit.study.risk.run import RiskStudy
from evalkit.study.run import Study
from evalkit.study.slips import unprinted

FOLDER = ek.datasets.folder()
STUDIES = FOLDER / "studies"
SMALL = """title = "t"
[panel]
dataset = "counties"
[[system]]
file = "consolidation"
[[system]]
file = "revitalization"
[uncertainty]
draws = 0
[robustness]
weights = []
normalize = []
aggregate = []
draws = 0
samples = 0
[report]
formats = ["html"]
"""
HOMES = '[households]\ndataset = "households"\n'
ACCEPT = '[[accept]]\nrule = "unit_jump"\ncolumn = "{}"\nbecause = "a new survey"\n'


@pytest.fixture
def write(tmp_path):
    """A small study with these chapters and more tables."""

    def make(chapters, more=""):
        path = tmp_path / "study.toml"
        path.write_text(f"{SMALL}chapters = {list(chapters)}\n{more}".replace("'", '"'), encoding="utf-8")
        return path

    return make


class TestUnprinted:
    def test_a_table_without_its_chapter_is_told_in_the_notes_and_in_the_report(self, write):
        found = Study.read(write(["scope", "audit"], HOMES)).run()
        said = "Declared in the study and not printed, as [report] chapters leaves the chapter out: [households] (households)."
        assert [note.say("en") for note in found.panel.notes if note.kind == "left_out"][-1] == said
        assert said in [block.text for block in compose(found, "en").blocks if isinstance(block, Paragraph)]
        chinese = "研究文件中已声明、但报告未刊印（[report] chapters 未列入相应的章）：[households]（households）。"
        assert chinese in [block.text for block in compose(found, "zh").blocks if isinstance(block, Paragraph)]

    @pytest.mark.parametrize(
        ("table", "told"),
        [
            (HOMES, "[households] (households)"),
            ('[risk]\nfile = "risk.toml"\n', "[risk] (risk)"),
            ('[monitoring]\npanel = "indicators.csv"\n', "[monitoring] (monitoring)"),
            ('[map]\ntiles = "tiles.csv"\n', "[map] (regions)"),
            ("[forecast]\nhorizon = 2\n", "[forecast] (forecast)"),
            (ACCEPT.format("G10"), "[[accept]] (audit)"),
            ('[[blank]]\nunit = "1"\nperiod = 2016\ncolumn = "G10"\nbecause = "a slip"\n', "[[blank]] (audit)"),
            ("[screen]\nunits = 0.5\n", "[screen] (audit)"),
        ],
    )
    def test_every_table_that_one_chapter_prints_is_told_without_it_and_not_with_it(self, write, table, told):
        (note,) = unprinted(Study.read(write(["overview"], table)).form)
        assert note.say("en").endswith(f"leaves the chapter out: {told}.")
        chapter = re.search(r"\((\w+)\)$", told).group(1)
        assert not unprinted(Study.read(write(["overview", chapter], table)).form)

    @pytest.mark.parametrize(
        ("old", "new", "told"),
        [
            ("draws = 0\n[robustness]", "draws = 200\n[robustness]", "[uncertainty] (uncertainty)"),
            ("samples = 0", "samples = 0\ncopeland = true", "[robustness] copeland (robustness)"),
            (
                "samples = 0",
                "samples = 0\nbenefit_of_the_doubt = [0.1, 0.5]",
                "[robustness] benefit_of_the_doubt (robustness)",
            ),
            ("formats =", 'basis = ["a law"]\nformats =', "[report] basis (scope)"),
        ],
    )
    def test_and_what_is_asked_inside_a_table_that_is_read(self, write, old, new, told):
        path = write(["overview"])
        assert not unprinted(Study.read(path).form)
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        (note,) = unprinted(Study.read(path).form)
        assert note.say("en").endswith(f"leaves the chapter out: {told}.")

    def test_all_that_is_left_out_is_told_in_one_note(self, write):
        (note,) = unprinted(Study.read(write(["scope"], HOMES + '[risk]\nfile = "risk.toml"\n')).form)
        assert "[households] (households); [risk] (risk)." in note.say("en")

    def test_the_command_says_it_and_quiet_keeps_it_to_itself(self, write, tmp_path, capsys, monkeypatch):
        path = write(["scope"], HOMES)
        for more, said in (["--lang", "en"], True), (["--lang", "en", "--quiet", "--force"], False):
            monkeypatch.setattr("sys.argv", ["evalkit", "assess", str(path), "--out", str(tmp_path / "out"), *more])
            with pytest.raises(SystemExit) as ended:
                main()
            assert not ended.value.code
            assert ("Declared in the study and not printed" in capsys.readouterr().out) == said

    @pytest.mark.parametrize("name", ["counties", "wdi", "vietnam", "template"])
    def test_shipped_studies_print_all_that_they_declare(self, name):
        form = Study.read(STUDIES / f"{name}.toml").form
        assert form.report.chapters == CHAPTERS
        assert not unprinted(form)

    def test_defaults_that_the_file_does_not_write_are_not_told(self):
        plain = {"title": "t", "panel": {"dataset": "counties"}, "system": [{"file": "a"}, {"file": "b"}]}
        assert not unprinted(StudyForm.model_validate(plain | {"report": {"chapters": ["scope"]}}))


class TestAccepted:
    @pytest.mark.parametrize(
        ("column", "do"), [("G100", "did you mean 'G10'?"), ("roads", "use one of "), ("人均收入", "use one of ")]
    )
    def test_an_accepted_defect_of_no_column_is_refused_with_its_line(self, write, column, do):
        path = write(["scope"], ACCEPT.format(column))
        line = path.read_text(encoding="utf-8").splitlines().index(f'column = "{column}"') + 1
        with pytest.raises(ek.SpecError) as wrong:
            Study.read(path).run()
        said = f"study.toml, line {line}: [[accept]] names the column '{column}', which neither the panel nor a system has."
        assert str(wrong.value).startswith(f"{said} To do: {do}")

    def test_it_is_told_before_the_defect_that_was_meant(self, tmp_path):
        rows = pd.read_csv(FOLDER / "counties.csv", comment="#", dtype={"county": str})
        rows.loc[rows["year"] == 2018, "R24"] *= 10_000
        rows.to_csv(tmp_path / "panel.csv", index=False)
        text = SMALL.replace(
            'dataset = "counties"', 'file = "panel.csv"\nunit = "county"\nperiod = "year"\nweight = "population"'
        )
        text = text.replace("[uncertainty]", "{}[uncertainty]")
        path = tmp_path / "study.toml"
        path.write_text(text.format(ACCEPT.format("R2A")), encoding="utf-8")
        with pytest.raises(ek.SpecError, match=r"'R2A', which neither.*did you mean 'R2"):
            Study.read(path).run()
        path.write_text(text.format(ACCEPT.format("population")), encoding="utf-8")
        with pytest.raises(ek.DataError, match="R24"):
            Study.read(path).run()

    def test_a_finding_of_leakage_accepted_of_no_feature_is_refused_with_its_line(self, tmp_path):
        accept = '[[accept]]\nrule = "suspicious_feature"\ncolumn = "{}"\nbecause = "known before"\n'
        for column, said in {
            "watr": "'watr', and no such feature is drawn. To do: did you mean 'water'?",
            "water + wage_shar": "'wage_shar', and no such feature is drawn. To do: did you mean 'wage_share'?",
        }.items():
            with pytest.raises(ek.SpecError) as wrong:
                risk(tmp_path, "[split]", accept.format(column) + "[split]").run()
            assert re.fullmatch(r"study\.toml, line \d+: \[\[accept\]\] names " + re.escape(said), str(wrong.value))
            assert told_at(tmp_path, wrong.value) == f'column = "{column}"'

    def test_a_finding_accepted_of_a_small_set_of_features_is_none_of_these(self, tmp_path):
        accept = '[[accept]]\nrule = "suspicious_feature"\ncolumn = "water + wage_share"\nbecause = "known before"\n'
        assert risk(tmp_path, "[split]", accept + "[split]").run().why


def risk(folder, *changes):
    """The demonstration of a risk study with parts of its file changed."""
    text = (STUDIES / "risk.toml").read_text(encoding="utf-8")
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        assert old in text
        text = text.replace(old, new, 1)
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return RiskStudy.read(folder / "study.toml")


def told_at(folder, wrong):
    """The line of the study that an error names, without its comment."""
    line = int(re.search(r"line (\d+)", wrong.where).group(1))
    return (folder / "study.toml").read_text(encoding="utf-8").splitlines()[line - 1].partition("  #")[0]


class TestJudgements:
    def study(self, folder, value, limit=0.1):
        """A study that weighs two indicators by what one expert judged, and where it lies."""
        for name, ids in {"kept": ("G10", "G12"), "rural": ("R01", "R02")}.items():
            items = "".join(f'[[dimension.indicator]]\nid = "{one}"\nname = "{one}"\ndirection = "benefit"\n' for one in ids)
            whole = f'id = "{name}"\nname = "{name}"\n[[dimension]]\nid = "d"\nname = "d"\n{items}'
            (folder / f"{name}.toml").write_text(whole, encoding="utf-8")
        said = f'[judgements.d]\nitems = ["G10", "G12"]\nupper = [{value}]\n'
        (folder / "expert.toml").write_text(said, encoding="utf-8")
        weigh = f'weigh = {{ method = "ahp", judgements = ["expert.toml"], limit = {limit} }}'
        text = SMALL.replace('"consolidation"', f'"kept.toml"\n{weigh}').replace('"revitalization"', '"rural.toml"')
        (folder / "study.toml").write_text(f'{text}chapters = ["scope"]\n', encoding="utf-8")
        return folder / "study.toml"

    @pytest.mark.parametrize("value", ["9.5", "12", '"1/10"', "0.1", '"1/12"'])
    def test_a_judgement_beyond_the_ends_of_the_scale_is_refused_with_its_place(self, tmp_path, value):
        with pytest.raises(ek.DataError, match=r"expert.toml, \[judgements.d\], row 1, column 2: .*from 1/9 to 9") as wrong:
            Study.read(self.study(tmp_path, value)).run()
        assert "for 'G10' over 'G12'" in str(wrong.value)

    @pytest.mark.parametrize(("value", "share"), [("9", 0.9), ('"1/9"', 0.1), ("0.11", 0.1)])
    def test_the_ends_of_the_scale_are_on_it(self, tmp_path, value, share):
        found = Study.read(self.study(tmp_path, value)).run()
        assert found.scores["kept"].spec.frame["weight"].to_numpy()[0] == pytest.approx(share, abs=1e-12)

    @pytest.mark.parametrize("limit", [10, 1.5, 0, -0.1])
    def test_a_limit_of_contradiction_that_limits_nothing_is_refused_with_its_line(self, tmp_path, limit):
        with pytest.raises(ek.SpecError, match=r"study.toml, line 6: 'system.weigh.limit': must be"):
            Study.read(self.study(tmp_path, 3, limit))


class TestFeatures:
    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            (
                '"income_drop"',
                '"income_dropp"',
                "leave_out names [income_dropp], and no feature is called so. To do: did you mean",
            ),
            ('"income_drop"', '"income_over_line"', "leave_out names [income_over_line], and no feature is called so"),
            (
                'housing = "dwelling"',
                'housin = "dwelling"',
                "reasons names [housin], and no feature is called so. To do: did you",
            ),
            ('housing = "dwelling"', 'burden = "income"', "reasons names [burden], and no feature is called so"),
        ],
    )
    def test_a_name_of_no_feature_is_refused_at_reading_with_its_line(self, tmp_path, old, new, said):
        with pytest.raises(ek.SpecError) as wrong:
            risk(tmp_path, old, new)
        assert said in str(wrong.value)
        assert told_at(tmp_path, wrong.value).startswith(said.split(" ")[0])

    def test_standard_features_may_be_named_whether_or_not_the_columns_draw_them(self, tmp_path):
        more = 'leave_out = ["county_poor", "struck_lately", "water", '
        reasons = 'reasons = { chronic_share = "illness", income_over_line = "income", housing_imputed = "dwelling", '
        study = risk(tmp_path, "leave_out = [", more, "reasons = {", reasons)
        assert study.form.features.leave_out[:2] == ("county_poor", "struck_lately")

    @pytest.mark.parametrize("key", ["shocks", "bends", "classes", "rising", "falling"])
    def test_a_ladder_that_names_a_feature_that_is_not_drawn_is_refused_with_its_line(self, tmp_path, key):
        with pytest.raises(ek.SpecError) as wrong:
            risk(tmp_path, "multiple = 1.2", f'multiple = 1.2\n{key} = ["watr"]').run()
        assert told_at(tmp_path, wrong.value) == f'{key} = ["watr"]'
        assert str(wrong.value).endswith("the ladder names features that are not drawn; found watr. To do: did you mean 'water'?")


class TestOrder:
    @pytest.mark.parametrize("name", ["risk", "monitor"])
    def test_the_faults_of_a_file_given_to_the_wrong_command_stand_in_the_order_of_its_lines(self, name):
        with pytest.raises(ek.SpecError) as wrong:
            Study.read(STUDIES / f"{name}.toml")
        lines = [int(line) for line in re.findall(r"^  line (\d+):", str(wrong.value), re.MULTILINE)]
        assert len(lines) > 8
        assert lines == sorted(lines)

    def test_of_many_faults_the_first_twenty_of_the_file_are_told(self, write):
        many = "".join(f"zz{at} = 1\n" for at in range(30))
        path = write(["scope"])
        path.write_text(f'{many}{path.read_text(encoding="utf-8")}[coupling]\ngrades = "none"\n', encoding="utf-8")
        with pytest.raises(ek.SpecError) as wrong:
            Study.read(path)
        told = re.findall(r"^  line (\d+):", str(wrong.value), re.MULTILINE)
        assert told == [str(line) for line in range(1, 21)]
        assert "31 faults:" in str(wrong.value)
        assert "and 11 more" in str(wrong.value)
