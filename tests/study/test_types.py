"""What a study file says wrongly is told in plain words, once, with its line: wrong kinds, wrong years, unknown names."""

import re

import pytest

import evalkit as ek
from evalkit.report.assessment.chapters import compose
from evalkit.report.document import Heading, Table
from evalkit.study.run import Study

HEAD = 'title = "t"\n{top}\n[panel]\ndataset = "counties"\n{panel}\n'
SYSTEMS = '[[system]]\nfile = "consolidation"\n[[system]]\nfile = "revitalization"\n'
LEAKS = re.compile(r"tuple|dictionary|instance of|validation|literal\[|float|\bint\b|<|Form\b|Input|To do.*To do", re.DOTALL)


def write(folder, table="", *, top="", panel="", systems=SYSTEMS):
    path = folder / "study.toml"
    path.write_text(HEAD.format(top=top, panel=panel) + systems + table, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("table", "line", "told"),
    [
        ("coupling", "shares = [true, false]", "'coupling.shares': must be a number, not true"),
        (
            "coupling",
            "shares = [nan, 1.0]",
            "line 11: 'coupling.shares': must be a finite number, not nan. To do",
        ),
        ("coupling", "shares = [0.5, inf]", "line 11: 'coupling.shares': must be a finite number, not inf"),
        ("coupling", "shares = {}", "line 11: 'coupling.shares.method' is missing"),
        ("coupling", "lag = 0.1", "line 11: 'coupling.lag': name a method, as a word or as { method = … }, not 0.1"),
        ("coupling", "variant = true", "line 11: 'coupling.variant': name a method, as a word or as { method = … }, not true"),
        ("coupling", "variant = { method = 'power', k = '2' }", "line 11: 'coupling.variant.k': must be a number, not '2'"),
        (
            "coupling",
            "variant = { method = 'power', k = -1 }",
            "line 11: 'coupling.variant': Power k must be positive; found -1.0. To do: use a finite number above 0.",
        ),
        ("coupling", "grades = 10", "line 11: 'coupling.grades': must be 'ten', 'four', 'five' or 'six', not 10"),
        ("uncertainty", "certainty = true", "line 11: 'uncertainty.certainty': must be a number, not true"),
        ("uncertainty", "draws = 200.5", "line 11: 'uncertainty.draws': must be a whole number, not 200.5"),
        (
            "uncertainty",
            "between = []",
            "line 11: 'uncertainty.between' needs at least 2 values, not 0. To do",
        ),
        ("uncertainty", "between = [2012, 2015, 2020]", "line 11: 'uncertainty.between' needs at most 2 values, not 3"),
        ("uncertainty", "between = 2012", "line 11: 'uncertainty.between': must be a list in brackets, not 2012"),
        ("uncertainty", "between = ['2012', 2020]", "line 11: 'uncertainty.between': must be a whole number, not '2012'"),
        ("uncertainty", "variants = 'standard'", "line 11: 'uncertainty.variants': must be a list in brackets, not 'standard'"),
        ("forecast", "horizon = true", "line 11: 'forecast.horizon': must be a whole number, not true"),
        ("forecast", 'horizon = "3"', "line 11: 'forecast.horizon': must be a whole number, not '3'"),
        ("forecast", "horizon = { years = 3 }", "line 11: 'forecast.horizon': must be a whole number, not a table"),
        (
            "forecast",
            'methods = [{ method = "grey", translate = "most" }]',
            "line 11: 'forecast.methods.translate': must be a number or 'least', not 'most'. To do: correct the file.",
        ),
        (
            "forecast",
            'methods = [{ method = "grey", translate = -1 }]',
            "'forecast.methods': GM11 translate must be a number in [0, ∞); found -1.0. To do: use 0 for none, or 'least'",
        ),
        (
            "forecast",
            'methods = ["drift", "drift"]',
            "line 10: 'forecast': Forecast holds a method twice; found drift, drift. To do: keep one of each.",
        ),
        ("report", "date = 2024-01-01", "line 11: 'report.date': must be words in quotes, not 2024-01-01"),
        ("report", 'chapters = "scope"', "line 11: 'report.chapters': must be a list in brackets, not 'scope'"),
        ("robustness", "copeland = 1", "line 11: 'robustness.copeland': must be true or false, not 1"),
        ("robustness", "reference = [[2020, 2012]]", "line 11: 'robustness.reference': years run from the earlier to the later"),
        ("normalize", 'bounds = { G01 = ["0"] }', "'normalize.bounds.G01'"),
        (
            "missing",
            'steps = [{ method = "carry", max_gap = true }]',
            "'missing.steps.max_gap': must be a whole number, not true",
        ),
        ("aggregate", "rho = 0.5", "'aggregate': 'rho' is no option of method 'weighted_mean', which takes no option"),
    ],
)
def test_a_wrong_kind_is_told_once_in_plain_words_with_its_line(table, line, told, tmp_path):
    with pytest.raises(ek.SpecError) as wrong:
        Study.read(write(tmp_path, f"[{table}]\n{line}\n"))
    said = str(wrong.value)
    assert told in said
    assert said.startswith("study.toml")
    assert not LEAKS.search(said), said


def test_several_faults_stand_each_on_its_line_with_its_advice(tmp_path):
    text = '[coupling]\nvariant = { method = "power", k = -1 }\nlagg = 1\n[forecast]\nhorizon = "3"\n'
    with pytest.raises(ek.SpecError) as wrong:
        Study.read(write(tmp_path, text))
    assert str(wrong.value).splitlines() == [
        "study.toml: 3 faults:",
        "  line 11: 'coupling.variant': Power k must be positive; found -1.0 (use a finite number above 0)",
        "  line 12: 'coupling.lagg' is not a known key. did you mean 'lag'?",
        "  line 14: 'forecast.horizon': must be a whole number, not '3'. To do: correct the file.",
    ]


def test_figures_may_be_written_without_a_point(tmp_path):
    form = Study.read(write(tmp_path, "[coupling]\nshares = [0, 1]\n[uncertainty]\nerror = 0\ncertainty = 1\n")).form
    assert (form.coupling.shares, form.uncertainty.certainty) == ((0.0, 1.0), 1.0)


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"top": "reference = [2020, 2012]"}, "study.toml, line 2: 'reference': years run from the earlier to the later"),
        ({"panel": "periods = [2020, 2012]"}, "study.toml, line 5: 'panel.periods': years run from the earlier to the later"),
        (
            {"panel": 'file = "panel.csv"'},
            "study.toml, line 3: 'panel': name either a file or a dataset. To do: correct the file",
        ),
        ({"top": "reference = [2012]"}, "study.toml, line 2: 'reference' needs at least 2 values, not 1"),
        ({"systems": '[[system]]\nfile = "consolidation"\n'}, "line 6: 'system' needs at least 2 tables, not 1"),
        (
            {"systems": SYSTEMS + '[normalize]\nmethod = "z_score"\n'},
            "study.toml, line 10: 'normalize': scores by 'z_score' leave [0, 1]",
        ),
    ],
)
def test_what_is_wrong_at_reading_is_named_with_its_line(parts, told, tmp_path):
    with pytest.raises(ek.SpecError) as wrong:
        Study.read(write(tmp_path, **parts))
    assert told in str(wrong.value)


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"top": "reference = [2000, 2020]"}, r"study.toml, line 2: the panel does not cover the periods 2000 to 2020"),
        ({"panel": "periods = [2012, 2030]"}, r"study.toml, line 5: the panel does not cover the periods 2012 to 2030"),
        (
            {"panel": "periods = [2016, 2024]", "top": "reference = [2012, 2020]"},
            r"study.toml, line 2: the panel does not cover the periods 2012 to 2020",
        ),
        (
            {"systems": SYSTEMS.replace("revitalization", "revitalisation")},
            r"study.toml, line 9: no indicator system is called 'revitalisation'.*did you mean 'revitalization'",
        ),
        ({"systems": SYSTEMS.replace("revitalization", "consolidation")}, r"study.toml, line 9: two systems are called"),
        (
            {"table": '[[blank]]\nunit = "x"\nperiod = 2020\ncolumn = "G01"\nbecause = "a slip"\n'},
            r"study.toml, line 10: \[\[blank\]\] names 'G01' of x in 2020",
        ),
        (
            {"table": "[robustness]\nreference = [[1990, 2000]]\ndraws = 0\nsamples = 0\n"},
            r"\[robustness\]: the panel",
        ),
    ],
)
def test_what_the_panel_does_not_have_is_named_with_its_line(parts, told, tmp_path):
    quick = '[report]\nchapters = ["scope"]\n'
    study = Study.read(write(tmp_path, **parts | {"table": parts.get("table", "") + quick}))
    with pytest.raises(ek.EvalkitError, match=told):
        study.run()


def test_an_unknown_data_set_is_named_with_its_line(tmp_path):
    path = write(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace("counties", "countries"), encoding="utf-8")
    with pytest.raises(ek.SpecError, match=r"study.toml, line 4: no data set is called 'countries'.*did you mean 'counties'"):
        _ = Study.read(path).panel


def test_a_system_that_is_used_twice_is_told_apart_by_its_name(tmp_path):
    third = SYSTEMS + '[[system]]\nfile = "consolidation"\nname = "third"\nweigh = "equal"\n'
    quick = '[robustness]\ndraws = 0\nsamples = 0\n[report]\nchapters = ["scope", "systems", "coupling"]\n'
    found = Study.read(write(tmp_path, quick, systems=third)).run()
    titles = [title.zh for title in found.bond.titles.values()]
    assert len(set(titles)) == 3
    assert [("third" in title, "consolidation" in title) for title in titles] == [(False, True), (False, False), (True, False)]
    for lang in ("zh", "en"):
        blocks = compose(found, lang).blocks
        headings = [block.text for block in blocks if isinstance(block, Heading) and block.level == 1]
        assert len([text for text in headings if "consolidation" in text or "third" in text]) == 2
        told = next(block for block in blocks if isinstance(block, Table) and block.key == "systems").frame
        assert told.iloc[:, 0].nunique() == 3
