"""What is of the wrong type is refused where it comes in: each spec and each verb of coupling says what was there."""

import numpy as np
import pandas as pd
import pytest

import evalkit as ek
from evalkit.coupling.dynamics.stages import AngleStage
from evalkit.coupling.forecast.statistical import Arima, Smoothing
from evalkit.coupling.grades import Grade, GradeScheme
from evalkit.stats.scatter import Dirichlet, Uniform

KEY = pd.MultiIndex.from_product([["a", "b"], [2018, 2019, 2020]], names=["unit", "period"])
LOW = pd.Series([0.2, 0.3, 0.3, 0.4, 0.5, 0.6], KEY)
HIGH = pd.Series([0.6, 0.5, 0.6, 0.4, 0.7, 0.8], KEY)
LINKS = pd.DataFrame([[0, 1], [1, 0]], ["a", "b"], ["a", "b"])
WORD = Grade(lower=0.0, upper=1.0, label=ek.Text("全", "all"))
STRANGERS = [[1], LOW, LOW.to_frame(), LOW.to_numpy(), None, "x"]


@pytest.fixture
def bond():
    return ek.CouplingCoordination().measure(x=LOW, y=HIGH)


def scheme(**changes):
    text = ek.Text("甲", "a")
    return GradeScheme(**{"id": "s", "name": text, "grades": (WORD,), "closed": "left", "source": text} | changes)


@pytest.mark.parametrize(
    ("spec", "wrong"),
    [
        (ek.CouplingCoordination, {"shares": [(0.5, "x"), (True, False), (np.nan, 1.0), (0.5, np.inf), (), (0.5, 0.6), {1}]}),
        (ek.LagRule, {"tolerance": ["0.1", None, True, np.nan, 1.0, -0.1, [0.1]]}),
        (ek.RatioRule, {"ratio": ["0.8", None, True, np.nan, 0.0, 1.1]}),
        (ek.EntropyShares, {"on": ["2012", (2012, 2020), slice("a", "b"), 1.5, [2012.5], {"a": 1}]}),
        (ek.ContributionShares, {"on": ["2012", object()]}),
        (ek.Balance, {"cut": ["high", None, True, 0, 1, np.nan, [0.5]]}),
        (ek.Decoupling, {"limits": [3, (0.8,), "ab", None, (0.8, "x"), (1.2, 0.8), (0.8, np.inf)], "lag": ["1", 1.5, True, 0]}),
        (ek.Speeds, {"degree": [1.5, "1", True, 0], "stages": ["x", None, ek.TEN_GRADES], "still": ["0", None, -1, np.inf]}),
        (ek.GradeTransitions, {"lag": ["1", None, 1.5, True, 0]}),
        (ek.ChangeOfD, {"first": ["2012", 2012.5, True], "last": ["2020", [2020]]}),
        (Dirichlet, {"concentration": ["60", None, True, 0.5, np.inf, np.nan]}),
        (Uniform, {"spread": ["0.2", None, True, 0, 1]}),
        (
            ek.CoordinationUncertainty,
            {
                "coupling": ["x", None, ek.Standard(), ek.CouplingCoordination],
                "variants": [ek.Standard(), None, "standard", ("standard",)],
                "draws": ["2000", 50, 150.5, True, None],
                "seed": [-1, 1.5, None, "x", True],
                "level": ["0.9", None, 0, 1, True],
                "certainty": ["0.8", None, 0.4, 1.1],
                "between": [2012, (2012,), (2012, 2015, 2020), (2012, 2012), (2020, 2012), ("2012", "2020"), (2012.5, 2020)],
                "decimals": [2.5, True, "2", 0, 16],
                "error": ["0.1", True, {"x": "0.1"}, {"x": True}, 1.0, None],
            },
        ),
        (
            ek.Forecast,
            {
                "methods": [ek.GM11(), "drift", None],
                "level": ["0.9", None, True, 0, 1],
                "of": [3, None, "place", (), ("a", "a"), (["a"],)],
                "bounds": ["x", 3, (0,), (1, 0), ("0", "1"), (0, np.nan)],
            },
        ),
        (Arima, {"order": [None, 5, (1, 1), "110", (1, 1, -1), (1, True, 0), (1, 1.0, 0)], "drift": ["x", None, 1]}),
        (Smoothing, {"trend": [None, 3, "up", ["none"]]}),
        (ek.GM11, {"translate": ["most", None, True, -1, np.inf, [1.0]]}),
        (lambda **some: ek.Metacoupling(neighbors=LINKS, **some), {"variant": ["power", None], "shares": ["x", (0.5, "x")]}),
        (scheme, {"grades": [None, "ten", WORD, ("ten",), (), (WORD,) * 128], "measure": ["T", None], "name": ["s", None]}),
        (lambda **some: Grade(**{"lower": 0.0, "upper": 1.0, "label": WORD.label} | some), {"upper": ["1", 2.0], "label": ["x"]}),
        (
            lambda lower: AngleStage(id="s", lower=lower, upper=180.0, label=WORD.label, meaning=WORD.label),
            {"lower": ["0", None, -181.0]},
        ),
    ],
    ids=lambda part: getattr(part, "__name__", ""),
)
def test_a_spec_made_of_what_it_does_not_take(spec, wrong):
    for name, values in wrong.items():
        for value in values:
            with pytest.raises(ek.SpecError) as refused:
                spec(**{name: value})
            said = str(refused.value)
            assert "\n" not in said
            assert len(said) < 250


def test_what_is_right_is_still_taken():
    number = np.float64(0.25)
    assert ek.LagRule(tolerance=number).tolerance == number
    assert ek.LagRule(tolerance=0).tolerance == 0
    assert ek.Forecast(methods=[ek.GM11()], of=["a"], bounds=[0, np.inf]).bounds == (0, np.inf)
    assert ek.CoordinationUncertainty(between=[2012, np.int64(2020)], variants=[ek.Standard()]).between == (2012, 2020)
    assert Arima(order=[np.int64(0), 1, 1]).key == "arima_0_1_1"
    assert ek.GM11(translate=np.float32(0.5)).key == "gm11_0.5"
    assert ek.ChangeOfD(first=0, last=2).first == 0
    assert ek.EntropyShares(on=[np.int64(2018)]).on == [2018]


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize(
    "ask",
    [
        ek.Balance().measure,
        ek.GradeTransitions().measure,
        ek.ChangeOfD().measure,
        ek.compare_variants,
        lambda stranger: ek.compare(stranger, {}),
        lambda stranger: ek.compare(ek.CouplingCoordination().measure(x=LOW, y=HIGH), {"other": stranger}),
    ],
)
def test_what_is_asked_of_a_coordination_takes_nothing_else(ask, stranger):
    with pytest.raises(ek.SpecError, match="on a coordination"):
        ask(stranger)


@pytest.mark.parametrize(
    "stranger", [one for one in STRANGERS if not isinstance(one, pd.Series)], ids=lambda one: type(one).__name__
)
def test_systems_are_series(stranger):
    for ask in (
        ek.CouplingCoordination(),
        ek.Decoupling(),
        ek.Speeds(),
        ek.CoordinationUncertainty(decimals=2),
        ek.Metacoupling(neighbors=LINKS),
    ):
        with pytest.raises(ek.SpecError):
            ask.measure(x=stranger, y=HIGH)
    with pytest.raises(ek.SpecError):
        ek.Forecast().measure(stranger)


@pytest.mark.parametrize(
    ("figures", "told"),
    [
        (LOW.astype(str), "no number; found str"),
        (LOW > 0.3, "no number; found bool"),
        (LOW.astype(object), "no number; found object.*astype"),
        (LOW.where(LOW > 0.2), "missing values; found a in 2018"),
        (LOW.where(LOW > 0.2, np.inf), "infinite values; found a in 2018"),
        (LOW.convert_dtypes().where(LOW > 0.2), "missing values; found a in 2018"),
        (pd.concat([LOW, LOW]), "twice"),
    ],
)
def test_figures_that_are_none(figures, told):
    for ask in (ek.CouplingCoordination(), ek.Decoupling(), ek.Speeds()):
        with pytest.raises(ek.DataError, match=told):
            ask.measure(x=figures, y=HIGH)
    with pytest.raises(ek.DataError, match=told):
        ek.Forecast(horizon=1, origins=1).measure(figures)


def test_figures_of_any_numeric_type_are_taken():
    asked = ek.CouplingCoordination().measure(x=LOW, y=HIGH).series
    for kind in ("Float64", "float32", "float64[pyarrow]"):
        try:
            given = LOW.astype(kind)
        except ImportError:
            continue
        np.testing.assert_allclose(ek.CouplingCoordination().measure(x=given, y=HIGH).series, asked, rtol=1e-6)


@pytest.mark.parametrize(("unit", "period"), [(None, 2018), (np.nan, 2018), ("a", pd.NA), ("a", None)])
def test_rows_without_a_unit_or_period(unit, period):
    key = pd.MultiIndex.from_tuples([("b", 2018), (unit, period)], names=["unit", "period"])
    with pytest.raises(ek.DataError, match=r"no whole numbers|without a unit or a period; found in 1 rows, .* row 2"):
        ek.CouplingCoordination().measure(x=pd.Series(0.5, key), y=pd.Series(0.7, key))


def test_years_with_a_point_are_told_how_to_lose_it():
    key = pd.MultiIndex.from_product([["a"], [2018.0, 2019.0]], names=["unit", "period"])
    with pytest.raises(ek.DataError, match=r"such as 2018.0. To do: write years as whole numbers such as 2020; .*astype\(int\)"):
        ek.CouplingCoordination().measure(x=pd.Series(0.5, key), y=pd.Series(0.7, key))


def test_more_systems_than_one_byte_numbers():
    one = pd.Series([0.5], pd.MultiIndex.from_tuples([("a", 2020)], names=["unit", "period"]))
    most = ek.CouplingCoordination().measure(**{f"s{at}": one - 0.003 * at for at in range(127)})
    assert most.frame["lagging"].item() == "s126"
    with pytest.raises(ek.SpecError, match="at most 127 systems; found 128"):
        ek.CouplingCoordination().measure(**{f"s{at}": one for at in range(128)})


def test_an_error_of_a_system_without_a_name():
    with pytest.raises(ek.SpecError, match="'3', which is no system"):
        ek.CoordinationUncertainty(error={3: 0.1}).measure(x=LOW, y=HIGH)


@pytest.mark.parametrize("parts", [[LOW], "x", LOW, LOW.to_frame(), {3: LOW.to_frame()}, {"x": "parts"}, {"x": None}])
def test_parts_of_a_change_that_are_none(bond, parts):
    with pytest.raises(ek.SpecError):
        ek.ChangeOfD().measure(bond, parts)


def test_parts_of_text_or_twice(bond):
    with pytest.raises(ek.DataError, match="no number; found columns"):
        ek.ChangeOfD().measure(bond, {"x": LOW.astype(str).to_frame("roads")})
    with pytest.raises(ek.DataError, match="twice"):
        ek.ChangeOfD().measure(bond, {"x": pd.concat([LOW, LOW]).to_frame("roads")})


@pytest.mark.parametrize("dimensions", ["roads", ["roads"], LOW, {"roads": 3}, {"roads": ["ways"]}])
def test_dimensions_that_are_none(bond, dimensions):
    with pytest.raises(ek.SpecError, match="dimension"):
        ek.ChangeOfD().measure(bond, {"x": LOW.to_frame("roads")}, dimensions)


@pytest.mark.parametrize("alternatives", [[], "x", LOW, None, {}])
def test_alternatives_are_named(bond, alternatives):
    with pytest.raises(ek.SpecError, match=r"must be a Mapping|no alternative"):
        ek.compare(bond, alternatives)
    with pytest.raises(ek.SpecError, match="same name"):
        ek.compare(bond, {"a": bond, ek.Text("甲", "a"): bond})
    with pytest.raises(ek.SpecError, match="named by a word"):
        ek.compare(bond, {3: bond})


def test_alternatives_of_other_years_are_compared_in_the_last_they_share(bond):
    def of(years):
        rows = KEY.get_level_values("period").isin(years)
        return ek.CouplingCoordination(shares=(0.6, 0.4)).measure(x=LOW[rows], y=HIGH[rows])

    beside = ek.compare(bond, {"early": of([2018, 2019]), "all": of([2018, 2019, 2020])})
    assert beside.period == 2019
    assert beside.frame["units"].tolist() == [4, 6]
    pd.testing.assert_series_equal(
        beside.places["D"], bond.frame["D"].xs(2019, level="period"), check_names=False, check_like=True
    )
    with pytest.raises(ek.DataError, match="in common with every alternative"):
        ek.compare(bond, {"first": of([2018]), "last": of([2020])})


@pytest.mark.parametrize("variants", ["standard", ["standard"], ek.Wang2021(), [ek.Power], {ek.Wang2021()}, 3])
def test_variants_to_compare_are_variants(bond, variants):
    with pytest.raises(ek.SpecError, match="cannot be this"):
        ek.compare_variants(bond, variants)


@pytest.mark.parametrize("lang", [None, 3, "fr", ["zh"]])
@pytest.mark.parametrize("say", [ek.prose, ek.table, ek.figure])
def test_a_language_that_is_none(bond, say, lang):
    with pytest.raises(ek.SpecError, match=r"lang is .*not a choice"):
        say(bond, lang=lang)


@pytest.mark.parametrize(("horizon", "told"), [(1, "carried on for 1 year;"), (2, "carried on for 2 years;")])
def test_one_year_is_one_year(horizon, told):
    key = pd.MultiIndex.from_product([["a", "b"], range(2010, 2021)], names=["unit", "period"])
    ahead = ek.Forecast(horizon=horizon, methods=(ek.Drift(),)).measure(pd.Series(np.linspace(0.2, 0.8, 22), key))
    assert told in ahead.notes[0].text.en
