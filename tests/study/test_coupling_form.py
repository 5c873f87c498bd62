"""What a study file may say of coupling, of how sure it is and of what comes next; each reaches the result and the report."""

import re
import tomllib

import numpy as np
import pytest
from pydantic import ValidationError

import evalkit as ek
from evalkit.report.assessment.chapters import compose
from evalkit.report.document import Heading, Paragraph
from evalkit.study.coupling_form import CouplingForm, ForecastForm, UncertaintyForm, VariantForm
from evalkit.study.form import StudyForm
from evalkit.study.run import Study

STUDIES = ek.datasets.folder() / "studies"
HAN = re.compile("[一-鿿]")


def study(chapters, **changes):
    """The demonstration with some chapters, few draws, and parts of its file changed."""
    read = Study.read(STUDIES / "counties.toml")
    plain = tomllib.loads(read.path.read_text(encoding="utf-8"))
    plain["robustness"] |= {"draws": 0, "samples": 0}
    return Study(form=StudyForm.model_validate(plain | {"report": {"chapters": chapters}} | changes), path=read.path)


def headings(found, lang):
    return [block.text for block in compose(found, lang).blocks if isinstance(block, Heading)]


@pytest.mark.parametrize("method", VariantForm.METHODS)
def test_every_variant_is_known_by_its_name_and_explained(method):
    found = study(("methods", "coupling"), coupling={"variant": method}).run()
    assert isinstance(found.bond.spec.variant, VariantForm.METHODS[method])
    for lang in ("zh", "en"):
        said = [block.text for block in compose(found, lang).blocks if isinstance(block, Paragraph)]
        assert any(found.bond.spec.variant.name.say(lang) in text for text in said)


def test_shares_are_learnt_on_the_reference_years_of_the_study():
    found = study(("coupling",), coupling={"shares": "contribution"}).run()
    scores = [score.series for score in found.scores.values()]
    known = [series[series.index.get_level_values("period") <= 2020].sum() for series in scores]
    np.testing.assert_allclose(found.bond.shares, np.array(known) / sum(known))
    given = study(("coupling",), coupling={"shares": [0.7, 0.3]}).run()
    assert given.bond.shares.tolist() == [0.7, 0.3]


def test_the_ratio_rule_reaches_the_result():
    found = study(("coupling",), coupling={"lag": {"method": "ratio", "ratio": 0.9}}).run()
    assert found.bond.spec.lag == ek.RatioRule(ratio=0.9)


def test_doubts_come_step_by_step():
    found = study(("uncertainty",), uncertainty={"draws": 200}).run()
    labels = [label.en for label in found.doubts]
    assert labels == [
        "weights, shares and errors (method as chosen)",
        "and the weighting method",
        "and the aggregation",
        "and the normalization",
        "and the variant of the coupling degree",
    ]
    widths = [(answer.frame["D_high"] - answer.frame["D_low"]).mean() for answer in found.doubts.values()]
    assert widths[0] < widths[1] < widths[-1]
    last = list(found.doubts.values())[-1]
    assert last.spec.variants == (ek.Standard(), ek.Wang2021())
    for lang, title in (("zh", "结果的不确定性"), ("en", "How sure the result is")):
        assert title in headings(found, lang)


def test_no_draws_no_chapter():
    found = study(("uncertainty",), uncertainty={"draws": 0}).run()
    assert found.doubts == {}
    assert "How sure the result is" not in headings(found, "en")


def test_movement_and_forecast_have_chapters_of_their_own():
    found = study(("dynamics", "forecast"), forecast={"horizon": 2, "methods": ["drift"]}).run()
    assert {"How coordination moved", "If the past went on"} <= set(headings(found, "en"))
    np.testing.assert_allclose(found.movement.change.systems.sum(axis=1), found.movement.change.frame["change"], atol=1e-12)
    assert sorted(found.forecast.frame.index.unique("method")) == ["drift", "naive"]
    without = study(("dynamics", "forecast"))
    plain = Study(form=without.form.model_copy(update={"forecast": None}), path=without.path).run()
    assert "If the past went on" not in headings(plain, "en")


def test_a_chapter_that_is_left_out_costs_nothing():
    found = study(("scope",)).run()
    assert (found.doubts, found.forecast, found.variants, found.movement.change) == ({}, None, None, None)


def test_english_chapters_hold_no_chinese():
    found = study(("dynamics", "forecast", "uncertainty", "robustness"), uncertainty={"draws": 200}).run()
    for block in compose(found, "en").blocks:
        if isinstance(block, Paragraph | Heading):
            assert not HAN.search(block.text), block.text


@pytest.mark.parametrize(
    ("form", "value", "message"),
    [
        (CouplingForm, {"variant": "wang"}, "wang2021"),
        (CouplingForm, {"variant": {"method": "standard", "k": 2}}, "no option"),
        (CouplingForm, {"variant": {"method": "power", "k": -1}}, "positive"),
        (CouplingForm, {"shares": [0.5, 0.4]}, "sum to 0.9"),
        (CouplingForm, {"lag": {"method": "ratio", "tolerance": 0.1}}, "no option"),
        (UncertaintyForm, {"draws": 50}, "too few"),
        (UncertaintyForm, {"certainty": 0.2}, "certainty"),
        (ForecastForm, {"methods": ["gray"]}, "grey"),
        (ForecastForm, {"horizon": 0}, "horizon"),
    ],
)
def test_wrong_choices_are_refused(form, value, message):
    with pytest.raises(ValidationError, match=message):
        form.model_validate(value)


@pytest.mark.parametrize(
    ("table", "line", "told"),
    [
        ("coupling", 'shares = "entrpy"', r"line 10: 'coupling.shares': 'entrpy' is no method.*did you mean 'entropy'"),
        ("coupling", "shares = 0.1", r"line 10: 'coupling.shares': write \[0.5, 0.5\].*not 0.1"),
        ("coupling", "shares = [0.2, 0.3, 0.5]", r"line 10: coupling.shares names 3 shares for 2 systems"),
        ("coupling", "horizon = 2", r"line 10: 'coupling.horizon' is not a known key. To do"),
        ("coupling", 'lagg = "ratio"', r"did you mean 'lag'"),
        ("uncertainty", "certainty = 80", r"line 10: 'uncertainty.certainty': must be less than or equal to 1, not 80"),
        ("uncertainty", "between = [2020, 2012]", r"'uncertainty': between names two years in order"),
        ("forecast", 'methods = [{ method = "arima", order = [1, 1] }]', r"'forecast.methods.order' needs at least 3 values"),
        ("forecast", 'methods = ["drift", "drift"]', r"line 9: 'forecast': Forecast holds a method twice"),
    ],
)
def test_a_fault_is_named_with_its_line_and_what_was_there(table, line, told, tmp_path):
    path = tmp_path / "study.toml"
    head = 'title = "t"\n[panel]\ndataset = "counties"\n'
    systems = '[[system]]\nfile = "consolidation"\n[[system]]\nfile = "revitalization"\n\n'
    path.write_text(f"{head}{systems}[{table}]\n{line}\n", encoding="utf-8")
    with pytest.raises(ek.SpecError, match=told) as wrong:
        Study.read(path)
    assert not re.search(r"tuple|function|<|Form", str(wrong.value))


@pytest.mark.parametrize(("part", "wrong"), [("uncertainty", {"between": [2010, 2024]}), ("forecast", {"horizon": 40})])
def test_what_the_data_cannot_answer_is_named_with_its_table(part, wrong):
    with pytest.raises(ek.EvalkitError, match=rf"counties.toml, \[{part}\]"):
        study((part,), **{part: wrong}).run()


def test_a_single_year_is_told_as_one():
    panel = {"dataset": "counties", "periods": [2020, 2020]}
    fill = {"steps": [{"method": "group_mean", "over": "province"}]}
    firm = {"draws": 0, "samples": 0, "reference": []}
    asked = {"panel": panel, "reference": [2020, 2020], "missing": fill, "uncertainty": {"draws": 100}, "robustness": firm}
    found = study(("coupling", "uncertainty", "problems"), **asked).run()
    for lang in ("zh", "en"):
        document = compose(found, lang)
        main = next(table for table in document.tables() if table.key == "summary")
        assert main.frame.shape[1] == 3  # what, how much, how sure
        assert not any("nan" in block.text.split() for block in document.blocks if isinstance(block, Paragraph))
