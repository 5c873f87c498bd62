"""Features: known figures by hand, nothing of after the origin, protected attributes held aside, scikit-learn's own checks."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.estimator_checks import parametrize_with_checks

from evalkit.errors import DataError, EvalkitError, NoAnswer, SpecError
from evalkit.risk.features.aside import HeldAside, never_measured, protected, refuse_protected
from evalkit.risk.features.dated import Feature, FeaturePlan
from evalkit.risk.features.history import PovertyHistory
from evalkit.risk.features.imputed import FlaggedImputer
from evalkit.risk.features.measures import IncomeLevel, IncomeTrend, Level, Ratio, Recent, RelativeDrop
from evalkit.risk.features.past import slope
from evalkit.risk.features.places import PlaceContext, mean_of_others
from evalkit.risk.features.themes import FEATURES, THEMES, household_features
from evalkit.risk.labels.labels import ReturnLabel
from evalkit.simulate import HouseholdSimulation

NAN = float("nan")
HELD = HeldAside(attributes=("head_female", "resettled"), bands={"head_age": (40, 60)}, none={"workers": "no_labor"})


def rows(columns: dict, units=("a",), first=2020) -> pd.DataFrame:
    waves = len(next(iter(columns.values()))) // len(units)
    index = pd.MultiIndex.from_product([units, range(first, first + waves)], names=["unit", "period"])
    return pd.DataFrame(columns, index=index)


def drawn(frame, *features, **more) -> pd.DataFrame:
    return FeaturePlan(features=features, **more).measure(frame).frame


@pytest.fixture(scope="module")
def people():
    return HouseholdSimulation(households=600, villages=20, counties=4, periods=range(2019, 2025), seed=9).draw()


@pytest.fixture(scope="module")
def panel(people):
    return people.frame.join(people.homes, on="unit")


@pytest.fixture(scope="module")
def plan(panel):
    return FeaturePlan(features=household_features(panel.columns), held=HELD)


def test_income_level_trend_and_drop():
    frame = rows({"income_pc": [4.0, 8.0, 6.0, 0.0], "line": [2.0, 2.0, 3.0, 2.0]})
    found = drawn(frame, IncomeLevel(), IncomeTrend(), RelativeDrop())
    assert found["income_level"].tolist() == pytest.approx([np.log(2), np.log(4), np.log(2), np.log(0.05)])
    logs = np.log([2.0, 4.0, 2.0])
    assert np.isnan(found["income_trend"].iloc[0])
    assert found["income_trend"].iloc[1] == pytest.approx(np.log(2))
    assert found["income_trend"].iloc[2] == pytest.approx(np.polyfit([0, 1, 2], logs, 1)[0])
    assert found["income_drop"].tolist()[1:] == pytest.approx([-1.0, 0.25, 1.0])


def test_a_gap_of_a_wave_is_a_gap_and_not_the_wave_before():
    frame = rows({"income_pc": [4.0, 8.0, 6.0]}).drop(("a", 2021))
    assert np.isnan(drawn(frame, RelativeDrop())["income_drop"].iloc[1])
    assert drawn(frame, IncomeTrend(line=2.0))["income_trend"].iloc[1] == pytest.approx((np.log(3) - np.log(2)) / 2)


def test_ratios_where_there_is_nothing_to_divide_by():
    frame = rows({"medical": [1.0, 1.0, 0.0, 9.0, NAN], "school": [1.0, 0.0, 0.0, 0.0, 1.0], "income": [4.0, 0.0, 0.0, 2.0, 1.0]})
    found = drawn(frame, Ratio(name="burden", parts=("medical", "school"), whole="income", most=2.0))
    assert found["burden"].tolist()[:4] == [0.5, 2.0, 0.0, 2.0]
    assert np.isnan(found["burden"].iloc[4])


def test_history_of_poverty():
    frame = rows({"poor": [1.0, 0.0, 0.0, 1.0, 0.0]})
    found = drawn(frame, PovertyHistory(waves=2))
    assert found["just_left"].tolist()[1:] == [1.0, 0.0, 0.0, 1.0]
    assert found["waves_since_exit"].tolist()[1:] == [1.0, 2.0, 3.0, 1.0]
    assert found["poor_before"].tolist()[1:] == [1.0, 0.5, 0.0, 0.5]
    assert found["waves_seen"].tolist() == [0.0, 1.0, 2.0, 2.0, 2.0]
    assert found.iloc[0, :3].isna().all()


def test_shocks_of_the_last_waves():
    frame = rows({"ill": [1.0, 0.0, 0.0, NAN], "hurt": [0.0, 0.0, 1.0, NAN]})
    assert drawn(frame, Recent(name="struck", columns=("ill", "hurt"), waves=2))["struck"].tolist() == [1.0, 1.0, 1.0, 1.0]
    assert np.isnan(drawn(frame, Recent(name="struck", columns=("ill", "hurt")))["struck"].iloc[3])


def test_the_mean_of_the_others_of_a_village():
    frame = rows({"poor": [1.0, 0.0, 0.0, NAN, 1.0], "village": list("ppppq")}, units=tuple("abcde"))
    found = drawn(frame, PlaceContext(name="around", column="poor", least=1))["around"]
    assert found.tolist()[:4] == pytest.approx([0.0, 0.5, 0.5, 1 / 3])
    assert np.isnan(found.iloc[4])
    assert drawn(frame, PlaceContext(name="around", column="poor", least=3))["around"].notna().tolist() == [False] * 3 + [
        True,
        False,
    ]


@given(st.lists(st.tuples(st.integers(0, 3), st.one_of(st.none(), st.floats(-9, 9)), st.floats(0.1, 3)), min_size=1, max_size=25))
def test_means_of_others_are_those_of_a_loop(table):
    group = np.array([row[0] for row in table])
    x = np.array([NAN if row[1] is None else row[1] for row in table])
    w = np.array([row[2] for row in table])
    found = mean_of_others(x, group, w)
    for at in range(len(x)):
        rest = (group == group[at]) & (np.arange(len(x)) != at) & ~np.isnan(x)
        wanted = np.average(x[rest], weights=w[rest]) if rest.any() else NAN
        assert found[at] == pytest.approx(wanted, nan_ok=True, abs=1e-9)


@given(st.lists(st.one_of(st.none(), st.floats(-5, 5)), min_size=2, max_size=6))
def test_slopes_are_those_of_a_fitted_line(values):
    x = np.array([NAN if v is None else v for v in values])
    t = -np.arange(len(x), dtype=float)
    seen = ~np.isnan(x)
    wanted = np.polyfit(t[seen], x[seen], 1)[0] if seen.sum() >= 2 else NAN
    assert slope(x[:, None])[0] == pytest.approx(wanted, nan_ok=True, abs=1e-7)


def test_late_columns_show_an_earlier_wave():
    frame = rows({"income_pc": [4.0, 8.0, 6.0], "medical": [1.0, 2.0, 3.0]})
    plan = FeaturePlan(features=(Level(name="medical", columns="medical"),), delays={"medical": 1})
    found = plan.measure(frame)
    assert found.frame["medical"].tolist()[1:] == [1.0, 2.0]
    assert found.known["medical"].tolist() == [2020, 2021, 2022]
    quarters = frame.set_axis(frame.index.set_levels([8, 12, 16], level="period"))
    steps = replace(plan, step=4).measure(quarters)  # one quarter late, waves a year apart: the wave before, known since
    assert steps.known["medical"].tolist() == [8, 9, 13]
    assert "medical 1" in " ".join(note.text.en for note in found.notes)


def test_dated_columns_show_what_was_known():
    frame = rows({"medical": [1.0, 2.0, 3.0], "filed": [2020.0, 2022.0, NAN]})
    plan = FeaturePlan(features=(Level(name="medical", columns="medical"),), known={"medical": "filed"})
    found = plan.measure(frame)
    assert found.frame["medical"].iloc[0] == 1.0
    assert found.frame["medical"].isna().tolist() == [False, True, True]
    drop = FeaturePlan(features=(RelativeDrop(column="medical"),), known={"medical": "filed"}).measure(frame)
    assert np.isnan(drop.frame["income_drop"].iloc[2])
    with pytest.raises(DataError, match="before its own period"):
        plan.measure(frame.assign(filed=2019.0))


def test_nothing_of_after_the_origin_enters(panel, plan):
    """Whatever comes after an origin may be anything: the features of the origin are the same, and known by it."""
    whole = plan.measure(panel, origins=(2021,))
    later = panel.index.get_level_values("period") > 2021
    cut = plan.measure(panel[~later], origins=(2021,))
    pd.testing.assert_frame_equal(whole.frame, cut.frame)
    changed = panel.copy()
    money = ["income", "income_pc", "medical", "wage", "transfer"]
    changed.loc[later, money] = changed.loc[later, money] * 7 + 1
    pd.testing.assert_frame_equal(whole.frame, plan.measure(changed, origins=(2021,)).frame)
    known = plan.measure(panel).known
    assert (known.to_numpy() <= known.index.get_level_values("origin").to_numpy()[:, None]).all()


@given(st.integers(0, 10_000), st.integers(0, 2), st.integers(1, 2))
def test_no_figure_is_known_late_whatever_its_delay(seed, delay, step):
    rng = np.random.default_rng(seed)
    frame = rows({"poor": rng.integers(0, 2, 12).astype(float), "x": rng.random(12)}, units=tuple("abc"))
    frame = frame[rng.random(12) < 0.8]
    if frame.empty:
        return
    features = (PovertyHistory(waves=2), Level(name="x", columns="x"), RelativeDrop(column="x"))
    plan = FeaturePlan(features=features, delays={"poor": delay, "x": delay}, step=step)
    found = plan.measure(frame)
    origin = found.frame.index.get_level_values("origin").to_numpy()
    assert (found.known.to_numpy() <= origin[:, None]).all()
    wave = int(rng.choice(origin))
    known = frame[frame.index.get_level_values("period") <= wave - delay]
    now = frame[frame.index.get_level_values("period") == wave].assign(poor=NAN, x=NAN)
    before = pd.concat([known, now[~now.index.isin(known.index)]])
    only = plan.measure(before, origins=(wave,)).frame
    pd.testing.assert_frame_equal(only.dropna(axis=1), found.frame[origin == wave][only.dropna(axis=1).columns])


def test_every_theme_is_drawn_from_a_household_survey(panel, plan):
    found = plan.measure(panel)
    assert set(found.themes) == set(THEMES)
    assert list(found.themes.index) == list(found.frame.columns)
    assert not any(protected(name) for name in found.frame.columns)
    assert np.isfinite(found.frame.to_numpy()[found.frame.notna().to_numpy()]).all()
    assert all(isinstance(one, Feature) for one in FEATURES)


def test_history_is_the_strongest_marker_of_return(panel, plan):
    """As on the real panels: those who have just left fall again more often than others."""
    labels = ReturnLabel().on(panel).frame["label"]
    left = plan.measure(panel).frame["just_left"].loc[labels.index]
    assert labels[left == 1].mean() > 2 * labels[left == 0].mean()


def test_the_share_that_returns_in_argentina(real_data):
    """Reference, without imputed incomes: .353 after just leaving, .076 of others, weighted by persons."""
    named = ["hid", "q", "pw", "poor", "y", "poor_l1", "imp", "imp_f"]
    pairs = pd.read_csv(real_data / "real" / "eph_household_pairs_2009_2015.csv.gz", usecols=named)
    pairs = pairs[(pairs["imp"] == 0) & (pairs["imp_f"] == 0) & pairs["poor_l1"].notna()].set_index(["hid", "q"])
    earlier = pd.DataFrame({"poor": pairs["poor_l1"].astype(float)})
    earlier = earlier.set_axis(pd.MultiIndex.from_arrays([pairs.index.get_level_values(0), pairs.index.get_level_values(1) - 1]))
    now = pd.DataFrame({"poor": pairs["poor"].astype(float)})
    frame = pd.concat([now, earlier[~earlier.index.isin(now.index)]]).rename_axis(["unit", "period"])
    history = drawn(frame, PovertyHistory(waves=1)).loc[pairs.index.rename(["unit", "origin"])]
    pairs = pairs.set_axis(history.index)
    safe = pairs["poor"] == 0
    rates = {k: np.average(g["y"], weights=g["pw"]) for k, g in pairs[safe].groupby(history.loc[safe, "just_left"])}
    assert rates[1.0] == pytest.approx(0.353, abs=5e-4)
    assert rates[0.0] == pytest.approx(0.076, abs=5e-4)


def test_imputed_figures_carry_a_flag():
    frame = rows({"income_pc": [4.0, 8.0, 6.0], "guessed": [0, 1, 0]})
    plan = FeaturePlan(features=(IncomeLevel(line=2.0),), imputed={"income_pc": "guessed"})
    assert plan.measure(frame).frame["income_level_imputed"].tolist() == [0.0, 1.0, 0.0]
    late = replace(plan, delays={"income_pc": 1}).measure(frame)
    assert late.frame["income_level_imputed"].tolist() == [0.0, 0.0, 1.0]


def test_protected_attributes_are_held_aside(panel, plan):
    found = plan.measure(panel)
    assert list(found.aside.columns) == ["head_female", "resettled", "head_age", "no_labor"]
    assert found.aside.index.equals(found.frame.index)
    assert set(found.aside["head_age"].unique()) <= {"<40", "40-<60", ">=60"}
    assert (found.aside["no_labor"].to_numpy() == (panel["workers"] == 0).to_numpy()).all()
    assert found.matrix is found.frame


@pytest.mark.parametrize(
    "name", ["head_sex", "fem", "head_age", "HeadAge", "disabled", "resettled", "remote_km", "无劳动力", "性别"]
)
def test_a_protected_name_is_refused_as_a_feature(name):
    assert protected(name)
    with pytest.raises(DataError, match="must not see"):
        FeaturePlan(features=(Level(name="harmless", columns=name),))
    frame = rows({"x": [1.0, 2.0]})
    with pytest.raises(DataError, match="must not see"):
        FeaturePlan(features=(Level(name=name, columns="x"),)).measure(frame)
    with pytest.raises(DataError, match=name):
        refuse_protected(["income", name], who="a model")


def test_what_is_held_aside_under_any_name_is_refused():
    held = HeldAside(attributes=("group_7",))
    with pytest.raises(DataError, match="group_7"):
        FeaturePlan(features=(Level(name="x", columns="group_7"),), held=held)


@pytest.mark.parametrize("name", ["head_ethnicity", "民族", "religion", "party_member", "宗教信仰"])
def test_what_is_never_measured_cannot_even_be_held_aside(name):
    assert never_measured(name)
    with pytest.raises(SpecError, match="never measured"):
        HeldAside(attributes=(name,))
    with pytest.raises(DataError):
        refuse_protected([name], who="a model")


@pytest.mark.parametrize(
    "name", ["wage", "village_income", "average", "percentage", "page", "sextile", "agent", "elderly", "dependents"]
)
def test_harmless_names_pass(name):
    assert not protected(name)
    assert not never_measured(name)


def test_a_matrix_with_late_figures_is_refused(panel, plan):
    found = plan.measure(panel)
    late = found.known.copy()
    late.iloc[0, 0] += 1
    with pytest.raises(DataError, match="income_level"):
        _ = replace(found, known=late).matrix
    with pytest.raises(DataError, match=r"\[added\] have no date"):
        _ = replace(found, frame=found.frame.assign(added=1.0)).matrix


@parametrize_with_checks([FlaggedImputer(), FlaggedImputer(statistic="mean", flags=False), FlaggedImputer(statistic="zero")])
def test_scikit_learn_finds_nothing(estimator, check):
    check(estimator)


def test_flags_are_those_of_scikit_learn(panel, plan):
    impute = pytest.importorskip("sklearn.impute")
    X = plan.measure(panel).frame
    ours = FlaggedImputer().fit(X)
    peer = impute.SimpleImputer(strategy="median", add_indicator=True).fit(X)
    assert np.array_equal(ours.transform(X), peer.transform(X))
    assert list(ours.get_feature_names_out())[-1].endswith("_missing")
    assert len(ours.get_feature_names_out()) == ours.transform(X).shape[1]
    empty = FlaggedImputer().fit(np.array([[NAN, 1.0], [NAN, 2.0]]))
    assert empty.transform(np.array([[NAN, NAN]])).tolist() == [[0.0, 1.5, 1.0]]
    with pytest.raises(SpecError):
        FlaggedImputer(statistic="mode").fit(X)


def test_rows_in_any_order_give_the_same(panel, plan):
    shuffled = panel.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(plan.measure(shuffled).frame, plan.measure(panel).frame)


FRAME = rows({"income_pc": [4.0, 8.0], "line": [2.0, 2.0], "poor": [0, 1], "village": ["p", "p"]})


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: FeaturePlan(features=IncomeLevel()),
        lambda: FeaturePlan(features=()),
        lambda: FeaturePlan(features=("income",)),
        lambda: FeaturePlan(features=(IncomeLevel,)),
        lambda: FeaturePlan(features=(IncomeLevel(),), delays={"income_pc": -1}),
        lambda: FeaturePlan(features=(IncomeLevel(),), delays=["income_pc"]),
        lambda: FeaturePlan(features=(IncomeLevel(),), delays={"other": 1}),
        lambda: FeaturePlan(features=(IncomeLevel(),), delays={"line": 1}, known={"line": "when"}),
        lambda: FeaturePlan(features=(IncomeLevel(),), step=0),
        lambda: FeaturePlan(features=(IncomeLevel(),), held="sex"),
        lambda: IncomeTrend(waves=1),
        lambda: IncomeLevel(line=0.0),
        lambda: Ratio(name="r", parts=(), whole="income"),
        lambda: Ratio(name="", parts="a", whole="b"),
        lambda: Level(name="x", columns=3),
        lambda: Recent(name="x", columns="a", waves=0),
        lambda: HeldAside(attributes="sex"),
        lambda: HeldAside(bands={"head_age": (60, 40)}),
        lambda: HeldAside(bands={"head_age": 40}),
        lambda: HeldAside(attributes=("a",), none={"b": "a"}),
        lambda: household_features(["nothing"]),
        lambda: household_features("income"),
        lambda: drawn("frame", IncomeLevel()),
        lambda: drawn(FRAME.iloc[:0], IncomeLevel()),
        lambda: drawn(FRAME.assign(income_pc="4"), IncomeLevel()),
        lambda: drawn(FRAME.assign(line=0.0), IncomeLevel()),
        lambda: drawn(FRAME.assign(poor=2), PovertyHistory()),
        lambda: drawn(FRAME.assign(village=None), PlaceContext(name="v", column="poor")),
        lambda: drawn(FRAME, IncomeLevel(), IncomeLevel()),
        lambda: drawn(FRAME.drop(columns="line"), IncomeLevel()),
        lambda: FeaturePlan(features=(IncomeLevel(),)).measure(FRAME, origins=(1999,)),
        lambda: FeaturePlan(features=(IncomeLevel(),)).measure(FRAME, origins=2020),
        lambda: FeaturePlan(features=(IncomeLevel(),)).measure(FRAME.reset_index()),
    ],
)
def test_what_comes_wrong_is_refused_in_words(wrong):
    with pytest.raises(EvalkitError):
        wrong()


def test_one_row_is_enough():
    found = drawn(FRAME.iloc[[0]], IncomeLevel(), IncomeTrend(), RelativeDrop(), PovertyHistory())
    assert found["income_level"].iloc[0] == pytest.approx(np.log(2))
    with pytest.raises(NoAnswer):
        FeaturePlan(features=(IncomeLevel(),)).measure(FRAME, origins=(2030,))
