"""Specs refuse at the door what is not of their kind: in the library's own words, and never as an error of the language."""

from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from itertools import product

import pandas as pd
import pytest

import evalkit as ek
from evalkit.answer import Answer
from evalkit.check import mapping, number, positive, shares
from evalkit.errors import EvalkitError
from evalkit.indicators.steps import STEPS
from evalkit.terms import Text, same

NAN = float("nan")
HUGE = 10**400  # a whole number that no float holds
ODD = (
    *(3.5, -1, True, None, NAN, float("inf"), HUGE),
    *("a", b"a", "\x00"),
    *([], [1], (1, 2, 3), ("a", "b"), set(), range(3)),
    *({"x": 3}, {"x": "a"}, {3: 1}, {"x": (1, 2, 3)}, {"x": ("a", 2)}, {"x": None}),
    *(object(), int),
)

SYSTEM = ek.IndicatorSystem(
    id="s",
    name=same("s"),
    dimensions=(ek.Dimension(id="d", name=same("d"), indicators=tuple(ek.Indicator(id=one, name=same(one)) for one in "xy")),),
)
SAID = ek.Judgements.from_upper(("x", "y"), (2,))
# what a spec that cannot be asked for without is given here, and what brings a field into play
BASES = {
    "Ahp": {"judgements": SAID},
    "AhpHierarchy": {"system": SYSTEM, "matrices": {"d": ek.Ahp(judgements=SAID)}},
    "Combined": {"parts": (ek.Equal(), ek.Entropy())},
    "CompositeIndex": {"system": SYSTEM},
    "Denominate": {"by": {"x": "y"}},
    "Dimension": {"id": "d", "name": same("d"), "indicators": (ek.Indicator(id="x", name=same("x")),)},
    "Entropy": {"zeros": "shift"},
    "IndicatorSystem": {"id": "s", "name": same("s"), "dimensions": SYSTEM.dimensions},
    "Judgements": {"items": ("x", "y"), "ratios": ((1, 2), (0.5, 1))},
    "PCA": {"form": "variance"},
    "Panel": {"frame": ek.Panel.from_frame(pd.DataFrame({"u": ["a"], "y": [1], "x": [1.0]}), unit="u", period="y").frame},
    "Sensitivity": {"weigh": (ek.Equal(), ek.Entropy())},
}
# what every other required field is given, by its type; None where that is not among them
WORDS = {
    "str": "x",
    "str | tuple[str, ...]": "x",
    "tuple[str, ...]": ("x", "y"),
    "Text": same("x"),
    "int": 2,
    "tuple[int, int]": (1, 2),
    **dict.fromkeys(("float", "float | str", "float | str | RelativeLine"), 0.5),
    "bytes": b"k" * 32,
    "date": date(2020, 1, 1),
}
LINES = (
    "GrowthRedistribution PovertyBySource PovertyBySubgroup PovertyIndices PovertyPersistence SubgroupChange "
    "Vulnerability WithoutTransfers"
)


# fields of other chapters that end in an error of the language, most for HUGE alone; what is mended is struck off
def public_specs() -> list[type]:
    """Every dataclass that is offered and is no answer."""
    offered = [getattr(place, name) for place in (ek, ek.risk, ek.monitor) for name in place.__all__]
    specs = [one for one in offered if isinstance(one, type) and is_dataclass(one) and not issubclass(one, Answer)]
    return sorted(set(specs), key=lambda spec: spec.__name__)


def base_of(spec: type) -> dict[str, object]:
    """What the spec is given beside the field that is looked at."""
    needed = [one for one in fields(spec) if one.init and one.default is MISSING and one.default_factory is MISSING]
    return BASES.get(spec.__name__, {one.name: WORDS.get(str(one.type)) for one in needed})


def refused(name: str, field: str, value: object) -> ek.SpecError:
    """The error that a field of a spec ends in."""
    spec = getattr(ek, name)
    with pytest.raises(ek.SpecError) as caught:
        spec(**base_of(spec) | {field: value})
    return caught.value


@pytest.mark.parametrize("spec", public_specs(), ids=lambda spec: spec.__name__)
def test_a_spec_takes_a_value_or_refuses_it_itself(spec):
    wrong = {}
    for field, value in product([one.name for one in fields(spec) if one.init], ODD):
        try:
            spec(**base_of(spec) | {field: value})
        except EvalkitError:
            continue
        except Exception as error:  # whatever else it is, it is wrong
            wrong.setdefault(field, f"{value!r:.20} ends in {type(error).__name__}: {error}")
    assert not wrong


WHOLE, WITHIN = "must be a whole number", "must be a number in"


@pytest.mark.parametrize(
    ("name", "field", "value", "what", "found", "do"),
    [
        ("Ahp", "judgements", "a", "Ahp judgements cannot be this", "'a'", "the Judgements of one expert"),
        ("Ahp", "judgements", (SAID, 3), "each of Ahp judgements must be a Judgements", "3", "Judgements.from_upper"),
        ("Ahp", "expert_shares", 1, "Ahp expert_shares cannot be this", "1", "(0.6, 0.4)"),
        ("Ahp", "random_index", "Saaty", "Ahp random_index must be a RandomIndex", "'Saaty'", "SAATY_1980"),
        ("Ahp", "limit", "a", f"Ahp limit {WITHIN} (0, 1]", "'a'", "use 0.1"),
        ("Ahp", "limit", 10, f"Ahp limit {WITHIN} (0, 1]", "10", "use 0.1"),
        ("AhpHierarchy", "system", "s", "AhpHierarchy system must be an IndicatorSystem", "'s'", "the system that is judged"),
        ("AhpHierarchy", "matrices", 3, "AhpHierarchy matrices cannot be this", "3", "AhpHierarchy.of"),
        ("AhpHierarchy", "matrices", {"d": 3}, "AhpHierarchy matrices of 'd' must be an Ahp", "3", "Ahp(judgements=…)"),
        ("BenefitOfTheDoubt", "shares", 0.5, "shares of each indicator cannot be this", "0.5", "(0.01, 0.2)"),
        ("BenefitOfTheDoubt", "shares", {"d": 0.5}, "shares of d cannot be this", "0.5", "(0.01, 0.2)"),
        ("BenefitOfTheDoubt", "shares", {3: (0, 1)}, "BenefitOfTheDoubt shares cannot be this", "{3: (0, 1)}", "name dimensions"),
        ("BenefitOfTheDoubt", "floor", "a", f"BenefitOfTheDoubt floor {WITHIN} [0, 1)", "'a'", "use 0.01"),
        ("ByLevel", "inside", "mean", "ByLevel inside cannot be this", "'mean'", "ARITHMETIC"),
        ("ByLevel", "between", ek.Equal(), "ByLevel between cannot be this", "Equal(", "ARITHMETIC"),
        ("Carry", "max_gap", "a", f"Carry max_gap {WHOLE} from 1 on", "'a'", "such as 2"),
        ("Centered", "at", "mean", f"Centered at {WHOLE}", "'mean'", "figures by indicator"),
        ("Centered", "at", {"x": "a"}, f"Centered at of 'x' {WITHIN} (-∞, ∞)", "'a'", "in the unit of the indicator"),
        ("Centered", "at", {3: 1}, "Centered at cannot be this", "{3: 1}", "name indicators"),
        ("Combined", "parts", 3, "Combined parts cannot be this", "3", "(Equal(), Entropy())"),
        ("Combined", "parts", (ek.Equal(), "ahp"), "each of Combined parts cannot be this", "'ahp'", "use a weighting"),
        ("Combined", "shares", 0.5, "Combined shares cannot be this", "0.5", "(0.6, 0.4)"),
        ("CompositeIndex", "system", "s", "CompositeIndex system must be an IndicatorSystem", "'s'", "ek.systems"),
        ("CompositeIndex", "treat", ek.Carry(), "CompositeIndex treat cannot be this", "Carry(", "(Interpolate(), Carry())"),
        ("CompositeIndex", "treat", ("carry",), "a step of CompositeIndex treat cannot be this", "'carry'", "GroupMean()"),
        ("CompositeIndex", "outliers", "iqr", "CompositeIndex outliers cannot be this", "'iqr'", "Winsorize()"),
        ("CompositeIndex", "normalize", "z", "CompositeIndex normalize cannot be this", "'z'", "MinMax()"),
        ("CompositeIndex", "weigh", "entropy", "CompositeIndex weigh cannot be this", "'entropy'", "Entropy()"),
        ("CompositeIndex", "weigh", ek.Entropy, "CompositeIndex weigh cannot be this", "the class Entropy", "Entropy()"),
        ("CompositeIndex", "aggregate", "mean", "CompositeIndex aggregate cannot be this", "'mean'", "ARITHMETIC"),
        ("Denominate", "by", "population", "Denominate by cannot be this", "'population'", "name columns"),
        ("Denominate", "by", {"x": 3}, "Denominate by of 'x' must be a str", "3", "name a column"),
        ("Denominate", "times", 1000, "Denominate times cannot be this", "1000", "name columns"),
        ("Denominate", "times", {"x": "a"}, f"Denominate times of 'x' {WITHIN} (0, ∞)", "'a'", "give 1000"),
        ("Diagnostics", "redundant", "a", f"Diagnostics redundant {WITHIN} [-1, 1]", "'a'", "give a correlation"),
        ("Diagnostics", "opposed", "a", f"Diagnostics opposed {WITHIN} [-1, 1]", "'a'", "give a correlation"),
        ("Diagnostics", "weak", "a", f"Diagnostics weak {WITHIN} [-1, 1]", "'a'", "give a correlation"),
        ("Diagnostics", "weak", 0.95, "Diagnostics limits must rise", "-0.4, 0.95, 0.9", "leave out those"),
        ("DistanceToTarget", "targets", 3, "DistanceToTarget targets cannot be this", "3", "name indicators"),
        ("DistanceToTarget", "targets", {"x": "a"}, f"DistanceToTarget targets of 'x' {WITHIN} (-∞, ∞)", "'a'", "give a figure"),
        ("Entropy", "epsilon", "a", f"Entropy epsilon {WITHIN} (0, 1]", "'a'", "use 0.0001"),
        ("Fences", "times", "a", f"Fences times {WITHIN} (0, ∞)", "'a'", "use 1.5"),
        ("Given", "values", 3, "Given values cannot be this", "3", "name indicators"),
        ("Given", "values", {"x": "a"}, f"Given values of 'x' {WITHIN} [0, ∞)", "'a'", "give a share"),
        ("GreyRelational", "rho", "a", f"GreyRelational rho {WITHIN} (0, 1]", "'a'", "use 0.5"),
        ("GroupMean", "over", 3, "GroupMean over must be a str", "3", "name one grouping"),
        ("GroupMean", "pooled", "yes", "GroupMean pooled must be True or False", "'yes'", ""),
        ("GroupMedian", "over", ("a", "b"), "GroupMedian over must be a str", "('a', 'b')", "name one grouping"),
        ("GroupMedian", "pooled", 1, "GroupMedian pooled must be True or False", "1", ""),
        ("IndexComparison", "period", "2020", f"IndexComparison period {WHOLE}", "'2020'", "such as 2020"),
        ("IndexComparison", "top", "a", f"IndexComparison top {WHOLE} from 1 on", "'a'", "use 10"),
        ("IndexComparison", "causes", 2.5, f"IndexComparison causes {WHOLE} from 1 on", "2.5", "use 3"),
        ("IndexComparison", "labels", "a", "IndexComparison labels cannot be this", "'a'", "equal weights"),
        ("IndexComparison", "labels", {"a": "b"}, "IndexComparison labels of 'a' must be a Text", "'b'", "equal weights"),
        ("IndexDraws", "weigh", ek.Equal(), "IndexDraws weigh cannot be this", "Equal(", "weigh=(Entropy(), …)"),
        ("IndexDraws", "weights", 3, "IndexDraws weights cannot be this", "3", "Dirichlet()"),
        ("Interpolate", "max_gap", 1.5, f"Interpolate max_gap {WHOLE} from 1 on", "1.5", "such as 3"),
        ("Iterative", "rounds", "a", f"Iterative rounds {WHOLE} from 1 on", "'a'", "use 10"),
        ("Levels", "dimensions", "a", "Levels dimensions cannot be this", "'a'", "use a weighting"),
        ("Levels", "indicators", ek.MinMax(), "Levels indicators cannot be this", "MinMax(", "use a weighting"),
        ("Levels", "inside", 3, "Levels inside cannot be this", "3", "name dimensions"),
        ("Levels", "inside", {"d": "a"}, "Levels inside of 'd' cannot be this", "'a'", "use a weighting"),
        ("Logarithm", "shift", "a", f"Logarithm shift {WITHIN} [0, ∞)", "'a'", "above 0"),
        ("Matched", "target", 3, "Matched target cannot be this", "3", "shares by indicator"),
        ("Matched", "target", {"x": "a"}, f"Matched target of 'x' {WITHIN} [0, ∞)", "'a'", "shares by indicator"),
        ("Matched", "target", {"x": 0}, "Matched target has no share above 0", "{'x': 0}", "shares by indicator"),
        ("MinMax", "bounds", 3, "MinMax bounds cannot be this", "3", '"reference", "plausible", "period"'),
        ("MinMax", "bounds", {"x": 3}, "MinMax bounds of 'x' cannot be this", "3", "give (low, high)"),
        ("MinMax", "bounds", {"x": (1, 2, 3)}, "MinMax bounds of 'x' cannot be this", "(1, 2, 3)", "give (low, high)"),
        ("MinMax", "bounds", {"x": ("a", 2)}, f"each of MinMax bounds of 'x' {WITHIN} (-∞, ∞)", "'a'", "in the unit"),
        ("MonteCarlo", "draws", "a", f"MonteCarlo draws {WHOLE} from 10 on", "'a'", "1000 or more"),
        ("MonteCarlo", "seed", "a", f"MonteCarlo seed {WHOLE} from 0 on", "'a'", "use 0"),
        ("MonteCarlo", "level", "a", f"MonteCarlo level {WITHIN} (0, 1)", "'a'", "use 0.9"),
        ("MonteCarlo", "group", "a", f"MonteCarlo group {WITHIN} (0, ∞)", "'a'", "10 for ten units"),
        ("MonteCarlo", "group", 2.5, "MonteCarlo group is a share below 1 or a whole number", "2.5", "10 for ten units"),
        ("MonteCarlo", "treat", (ek.Carry(),), "an option of MonteCarlo treat cannot be this", "Carry(", "(Interpolate()"),
        ("MonteCarlo", "treat", ((3,),), "a step of MonteCarlo treat cannot be this", "3", "Interpolate()"),
        ("MonteCarlo", "normalize", (3,), "an option of MonteCarlo normalize cannot be this", "3", "MinMax()"),
        ("MonteCarlo", "weigh", (ek.ByLevel(),), "an option of MonteCarlo weigh cannot be this", "", "use a weighting"),
        ("MonteCarlo", "error", 0.05, "MonteCarlo error must be a Noise", "0.05", "Noise(relative=0.05)"),
        ("Neighbors", "k", True, f"Neighbors k {WHOLE} from 1 on", "True", "use 5"),
        ("Neighbors", "pooled", "a", "Neighbors pooled must be True or False", "'a'", ""),
        ("Noise", "relative", "a", f"Noise relative {WITHIN} [0, ∞)", "'a'", "relative=0.05"),
        ("Noise", "absolute", {"x": "a"}, f"Noise absolute of 'x' {WITHIN} [0, ∞)", "'a'", "relative=0.05"),
        ("Noise", "absolute", {3: 1}, "Noise absolute cannot be this", "{3: 1}", "relative=0.05"),
        ("Noise", "absolute", 0, "Noise needs a standard deviation above 0", "0.0 and 0", "relative=0.05"),
        ("ObstacleDegree", "top", "a", f"ObstacleDegree top {WHOLE} from 1 on", "'a'", "None for all"),
        ("PCA", "keep", "a", f"PCA keep {WITHIN} (0, 1]", "'a'", "such as 0.85"),
        ("PowerMean", "power", "a", f"PowerMean power {WITHIN} [-20, 20]", "'a'", "the least or the greatest score"),
        ("PowerMean", "floor", "a", f"PowerMean floor {WITHIN} [0, 1)", "'a'", "use 0.01"),
        ("Screen", "units", "a", f"Screen units {WITHIN} [0, 1]", "'a'", "0.65"),
        ("Screen", "indicators", 65, f"Screen indicators {WITHIN} [0, 1]", "65", "0.65"),
        ("Sensitivity", "aggregate", 3, "Sensitivity aggregate cannot be this", "3", "aggregate=(ARITHMETIC, …)"),
        ("Sensitivity", "outliers", ("a",), "an option of Sensitivity outliers cannot be this", "'a'", "Winsorize()"),
        ("Sensitivity", "samples", "a", f"Sensitivity samples {WHOLE} from 16 on", "'a'", "use 256, 512 or 1024"),
        ("Sensitivity", "seed", -1, f"Sensitivity seed {WHOLE} from 0 on", "-1", "use 0"),
        ("Sensitivity", "level", "a", f"Sensitivity level {WITHIN} (0, 1)", "'a'", "use 0.95"),
        ("Sensitivity", "resamples", "a", f"Sensitivity resamples {WHOLE} from 50 on", "'a'", "use 500"),
        ("SkewKurtosis", "skewness", "a", f"SkewKurtosis skewness {WITHIN} (0, ∞)", "'a'", "use 2"),
        ("SkewKurtosis", "kurtosis", "a", f"SkewKurtosis kurtosis {WITHIN} (0, ∞)", "'a'", "use 3.5"),
        ("SkewKurtosis", "points", 2.5, f"SkewKurtosis points {WHOLE} from 0 on", "2.5", "use 5"),
        ("Winsorize", "low", "a", f"Winsorize low {WITHIN} [0, 0.5)", "'a'", "use 0.025"),
        ("Winsorize", "high", "a", f"Winsorize high {WITHIN} [0, 0.5)", "'a'", "use 0.025"),
    ],
)
def test_what_is_not_of_the_kind_of_a_field_is_refused_in_its_words(name, field, value, what, found, do):
    error = refused(name, field, value)
    assert what in error.what
    assert error.found.startswith(found)
    assert do in error.do


@pytest.mark.parametrize(
    ("name", "field"),
    [
        *product(["Ahp"], ["limit"]),
        *product(["BenefitOfTheDoubt", "PowerMean"], ["floor"]),
        *product(["Carry", "Interpolate"], ["max_gap"]),
        *product(["Centered"], ["at"]),
        *product(["Diagnostics"], ["redundant", "opposed", "weak"]),
        *product(["Entropy"], ["epsilon"]),
        *product(["Fences"], ["times"]),
        *product(["GreyRelational"], ["rho"]),
        *product(["IndexComparison"], ["period", "top", "causes"]),
        *product(["Iterative"], ["rounds"]),
        *product(["Logarithm"], ["shift"]),
        *product(["MonteCarlo"], ["draws", "seed", "level", "group"]),
        *product(["Neighbors"], ["k"]),
        *product(["Noise"], ["relative", "absolute"]),
        *product(["ObstacleDegree"], ["top"]),
        *product(["PCA"], ["keep"]),
        *product(["PowerMean"], ["power"]),
        *product(["Screen"], ["units", "indicators"]),
        *product(["Sensitivity"], ["samples", "seed", "level", "resamples"]),
        *product(["SkewKurtosis"], ["skewness", "kurtosis", "points"]),
        *product(["Winsorize"], ["low", "high"]),
    ],
)
@pytest.mark.parametrize("value", [NAN, float("inf"), True], ids=str)
def test_no_number_is_no_number_and_neither_is_a_truth_value(name, field, value):
    error = refused(name, field, value)
    assert f"{name} {field}" in error.what
    assert error.found == repr(value)
    assert error.do


@pytest.mark.parametrize(
    ("name", "field", "given"),
    [
        ("BenefitOfTheDoubt", "shares", {"d": (0.1, NAN)}),
        ("Centered", "at", {"x": NAN}),
        ("Denominate", "times", {"x": NAN}),
        ("DistanceToTarget", "targets", {"x": NAN}),
        ("Given", "values", {"x": NAN}),
        ("Matched", "target", {"x": NAN}),
        ("MinMax", "bounds", {"x": (0, NAN)}),
        ("Noise", "absolute", {"x": NAN}),
    ],
)
def test_no_number_is_no_number_inside_a_mapping_either(name, field, given):
    error = refused(name, field, given)
    assert WITHIN in error.what
    assert error.found == "nan"


STANDING = {
    "treat": (ek.Interpolate(), ek.Carry(), ek.GroupMean(), ek.GroupMedian(), ek.LeaveOut(), ek.Refuse(), ek.Neighbors()),
    "outliers": (ek.SkewKurtosis(), ek.Winsorize(), ek.Fences()),
    "normalize": (ek.MinMax(), ek.ZScore(), ek.Centered(), ek.Logarithm(), ek.Rank(), ek.Percentile(), ek.Vector(), ek.Sum()),
    "weigh": (ek.Equal(), ek.Given(), ek.Entropy(), ek.Critic(), ek.PCA(), ek.Levels(), ek.Matched(), ek.Ahp(judgements=SAID)),
    "aggregate": (ek.ARITHMETIC, ek.MazziottaPareto(), ek.Topsis(), ek.RankSumRatio(), ek.GreyRelational(), ek.ByLevel()),
}


@pytest.mark.parametrize(("step", "own"), list(product(STEPS, STANDING)))
def test_a_spec_stands_at_its_own_step_of_an_index_alone(step, own):
    for one in STANDING[own]:
        given = {step: (one,) if step == "treat" else one}
        if step == own:
            assert getattr(ek.CompositeIndex(system=SYSTEM, **given), step) == given[step]
            continue
        with pytest.raises(ek.SpecError, match=rf"CompositeIndex {step} cannot be this; found .*{type(one).__name__}") as caught:
            ek.CompositeIndex(system=SYSTEM, **given)
        assert caught.value.do == STEPS[step][1]


def test_a_weighting_of_ones_own_is_taken():
    class Own:
        name = Text("自定", "own")

        def learn(self, z, declared):
            raise NotImplementedError

    own = Own()
    assert ek.CompositeIndex(system=SYSTEM, weigh=own).weigh is own


def test_a_list_is_kept_as_a_tuple():
    both = [ek.Equal(), ek.Entropy()]
    assert ek.CompositeIndex(system=SYSTEM, treat=[ek.Carry()]).treat == (ek.Carry(),)
    assert ek.Combined(parts=both).parts == tuple(both)
    assert ek.Ahp(judgements=[SAID]).judgements == (SAID,)
    drawn = ek.MonteCarlo(weigh=both, treat=[[ek.Carry()], []])
    assert drawn.choices == {"treat": ((ek.Carry(),), ()), "weigh": tuple(both)}


def test_sources_that_are_none_are_refused():
    with pytest.raises(ek.SpecError, match=r"^AsOf sources cannot be this; found 'b'\. To do: give .* each with its id\.$"):
        ek.monitor.AsOf(sources=("b",))


def test_a_number_that_no_float_holds_is_no_number():
    for refuse in (lambda: number(HUGE, "[0, ∞)", who="a"), lambda: positive(HUGE, who="a"), lambda: shares((HUGE,), 1, who="a")):
        with pytest.raises(ek.SpecError, match=r"^a .*; found (an int|a tuple)"):
            refuse()


@pytest.mark.parametrize(("value", "found"), [(3, "3"), ("ab", "'ab'"), ({3: 1}, "{3: 1}"), (None, "None")])
def test_what_is_no_mapping_from_words_is_refused(value, found):
    with pytest.raises(ek.SpecError) as caught:
        mapping(value, who="the targets", do="write {'income': 1}")
    assert str(caught.value) == f"the targets cannot be this; found {found}. To do: write {{'income': 1}}."
