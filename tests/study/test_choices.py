"""What a study file may choose of its indices: every method by its name, every wrong option refused with its line."""

import tomllib

import pytest
from experts import judged
from pydantic import ValidationError

import evalkit as ek
from evalkit.report.assessment.chapters import compose
from evalkit.report.document import Paragraph
from evalkit.study.form import RobustnessForm, StudyForm
from evalkit.study.index_form import AggregateForm, NormalizeForm, OutliersForm, Step, WeighForm
from evalkit.study.run import Study

STUDIES = ek.datasets.folder() / "studies"
QUICK = {"weights": [], "normalize": [], "aggregate": [], "draws": 0, "samples": 0}


def study(**changes):
    """The demonstration with parts of its file changed, and no robustness unless it is asked for."""
    read = Study.read(STUDIES / "counties.toml")
    plain = tomllib.loads(read.path.read_text(encoding="utf-8"))
    chapters = ("scope", "methods", "audit", "systems", "coupling", "robustness", "annexes")
    return Study(
        form=StudyForm.model_validate(plain | {"robustness": QUICK, "report": {"chapters": chapters}} | changes), path=read.path
    )


@pytest.mark.parametrize("form", [Step, OutliersForm, NormalizeForm, WeighForm, AggregateForm])
def test_every_method_is_built_by_its_name_alone_or_says_what_it_lacks(form):
    for method in form.METHODS:
        if method in {"combined", "ahp"}:
            continue
        built = form.model_validate(method).build()
        assert built == form.model_validate({"method": method}).build()


@pytest.mark.parametrize(
    ("form", "value", "spec"),
    [
        (NormalizeForm, {"method": "min_max", "bounds": "plausible"}, ek.MinMax(bounds="plausible")),
        (NormalizeForm, {"method": "logarithm", "shift": 1.0}, ek.Logarithm(shift=1.0)),
        (WeighForm, {"method": "critic", "correlation": "spearman"}, ek.Critic(correlation="spearman")),
        (WeighForm, {"method": "pca", "form": "rotated"}, ek.PCA(form="rotated")),
        (
            WeighForm,
            {"method": "levels", "dimensions": "equal", "indicators": "entropy", "inside": {"income": "critic"}},
            ek.Levels(dimensions=ek.Equal(), indicators=ek.Entropy(), inside={"income": ek.Critic()}),
        ),
        (
            WeighForm,
            {"method": "combined", "how": "geometric", "parts": ["entropy", "critic"]},
            ek.Combined(how="geometric", parts=(ek.Entropy(), ek.Critic())),
        ),
        (AggregateForm, "geometric", ek.GEOMETRIC),
        (
            AggregateForm,
            {"method": "levels", "between": {"method": "geometric", "floor": 0.01}},
            ek.ByLevel(between=ek.PowerMean(power=0, floor=0.01)),
        ),
        (OutliersForm, {"method": "skew_kurtosis", "points": 3, "then": "box_cox"}, ek.SkewKurtosis(points=3, then="box_cox")),
    ],
)
def test_options_reach_the_spec(form, value, spec):
    assert form.model_validate(value).build() == spec


@pytest.mark.parametrize(
    ("form", "value", "message"),
    [
        (WeighForm, "entrpy", "'entrpy' is no method; use one of equal, .*did you mean 'entropy'"),
        (WeighForm, {"method": "critic", "zeros": "limit"}, "'zeros' is no option of method 'critic', which takes correlation"),
        (WeighForm, {"method": "given", "form": "first"}, "which takes no option"),
        (WeighForm, {"method": "combined", "parts": ["entropy"]}, "two parts or more"),
        (
            WeighForm,
            {"method": "entropy", "zeros": "shift", "epsilon": 3.0},
            r"Entropy epsilon must be a number in \(0, 1\]; found 3\.0",
        ),
        (AggregateForm, {"method": "geometric", "power": 2.0}, "'power' is no option of method 'geometric', which takes floor"),
        (AggregateForm, {"method": "grey", "rho": 2.0}, "rho"),
        (NormalizeForm, {"method": "rank", "beyond": "clip"}, "which takes no option"),
        (RobustnessForm, {"weights": ["nothing"]}, "'nothing' is no method"),
    ],
)
def test_wrong_choices_are_refused(form, value, message):
    with pytest.raises(ValidationError, match=message):
        form.model_validate(value)


def test_a_wrong_option_is_named_with_its_line(tmp_path):
    text = (STUDIES / "counties.toml").read_text(encoding="utf-8").replace('zeros = "limit"', 'correlation = "spearman"')
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    line = next(n for n, row in enumerate(text.splitlines(), 1) if row.startswith("[weigh]"))
    with pytest.raises(ek.SpecError, match=rf"study.toml, line {line}: 'weigh': 'correlation' is no option of method 'entropy'"):
        Study.read(path)


@pytest.mark.parametrize(
    ("shares", "message"), [([0.5, 0.6], "sum to 1; these sum to 1.1"), ([0.2, 0.3, 0.5], "3 shares for 2 systems")]
)
def test_shares_of_the_systems_are_held_to_their_sum_and_number(shares, message):
    with pytest.raises(ValidationError, match=message):
        study(coupling={"shares": shares})


@pytest.mark.parametrize(
    "changes",
    [
        {"normalize": "percentile", "weigh": "pca", "aggregate": "topsis"},
        {"normalize": "rank", "weigh": {"method": "levels", "indicators": "entropy"}, "aggregate": "rank_sum"},
        {"outliers": "skew_kurtosis", "weigh": {"method": "combined", "how": "game", "parts": ["entropy", "critic"]}},
        {"outliers": "fences", "weigh": "coefficient_of_variation", "aggregate": "grey"},
        {
            "screen": {},
            "missing": {"steps": [{"method": "neighbors", "k": 3}]},
            "weigh": "matched",
            "aggregate": "mazziotta_pareto",
        },
        {"weigh": "standard_deviation", "aggregate": {"method": "levels", "between": {"method": "geometric", "floor": 0.01}}},
    ],
    ids=lambda changes: "+".join(map(str, changes)),
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_any_recipe_runs_and_is_explained(changes, lang):
    found = study(**changes).run()
    assert found.bond.series.between(0, 1).all()
    said = "".join(block.text for block in compose(found, lang).blocks if isinstance(block, Paragraph))
    assert "{" not in said
    for spec in {type(score.spec.spec.weigh).__name__ for score in found.scores.values()}:
        assert spec not in said.split(), "a method is called by its class"


def test_a_recipe_the_figures_do_not_allow_is_refused_by_name():
    with pytest.raises(ek.NoAnswer, match=r"\[G02\] are below"):
        study(weigh="raw_entropy").run()


def test_judgements_in_a_workbook_weigh_a_system(tmp_path, systems):
    system = systems["consolidation"]
    judged(tmp_path / "expert.xlsx", system)
    own = {"method": "ahp", "judgements": ["expert.xlsx"]}
    read = study(system=[{"file": "consolidation", "weigh": own}, {"file": "revitalization"}])
    found = Study(form=read.form, path=tmp_path / "study.toml").run()
    captions = [table.caption.en for table in compose(found, "en").tables()]
    assert any("onsistency" in caption for caption in captions), captions
    held = found.scores["consolidation"].spec.frame.groupby("dimension")["weight"].sum()
    assert held.to_numpy() == pytest.approx(1 / len(held))
    assert isinstance(found.scores["revitalization"].spec.spec.weigh, ek.Entropy)


def test_what_is_divided_and_screened_is_said():
    changed = study(denominate={"by": {"G10": "weight"}, "times": {"G10": 1e6}}, accept=[])
    assert any("G10" in note.text.en for note in changed.panel.notes)
    screened = study(screen={"units": 0.0, "indicators": 0.99}).run()
    assert any(not kept for answer in screened.screened.values() for kept in answer.frame["kept"])
    assert len(screened.scores["revitalization"].system.columns) < 18
    said = "".join(block.text for block in compose(screened, "en").blocks if isinstance(block, Paragraph))
    assert "1 of 18 indicators is kept (at least 99% observed)" in said


def test_doubts_are_drawn_and_other_rankings_made_where_they_are_asked_for():
    asked = {"draws": 200, "error": 0.02, "copeland": True, "benefit_of_the_doubt": [0.01, 0.2], "weights": ["equal"]}
    found = study(robustness=QUICK | asked).run()
    firm = found.firmness
    assert set(firm.uncertainty) == set(firm.outranking) == set(firm.benefit) == {"consolidation", "revitalization"}
    assert firm.benefit["consolidation"].frame["score"].between(0, 1).all()
    for lang in ("zh", "en"):
        keys = [table.key for table in compose(found, lang).tables()]
        assert len(keys) > 10
    assert not firm.drivers
    assert firm.uncertainty["consolidation"].spec.error is not None


def test_bounds_of_what_no_system_holds_are_refused():
    """A slip in a name would score the indicator that was meant by other bounds."""
    asked = {"normalize": {"method": "min_max", "bounds": {"G01": (0, 100), "G1O": (0, 10)}}}
    with pytest.raises(
        ek.SpecError, match=r"bounds are given for \[G1O\], which no system holds. Did you mean 'G10'|To do: did you"
    ):
        _ = study(**asked).systems
    asked["normalize"]["bounds"].pop("G1O")
    assert list(study(**asked).systems) == ["consolidation", "revitalization"]


def test_bounds_of_one_system_are_no_slip_in_another():
    """Each index is given those of its own indicators, and says nothing of the others'."""
    form = NormalizeForm.model_validate({"bounds": {"G01": (0, 100), "Z01": (0, 10)}})
    assert form.of(["G01", "G02"]).build() == ek.MinMax(bounds={"G01": (0, 100)})
    assert form.of(["Z02"]).build() == ek.MinMax()
    assert NormalizeForm(method="target", targets={"G01": 3.0, "Z01": 1.0}).of(["Z01"]).targets == {"Z01": 1.0}
    found = study(normalize={"bounds": {"G01": (0, 100)}}).run()
    assert "not used" not in " ".join(note.say("en") for scores in found.scores.values() for note in scores.notes)
