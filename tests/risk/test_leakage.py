"""Leakage: sixteen ways of cheating, planted in simulated homes and in a survey, are found; clean data pass."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import DataError, EvalkitError, SpecError
from evalkit.risk.features.dated import DatedFeatures, FeaturePlan
from evalkit.risk.features.imputed import FlaggedImputer
from evalkit.risk.features.measures import Level
from evalkit.risk.features.themes import household_features
from evalkit.risk.labels.labels import ReturnLabel
from evalkit.risk.leakage.check import LeakageCheck, refuse_leaks
from evalkit.risk.leakage.dates import _of_places, partial_correlation
from evalkit.risk.leakage.derived import cell_auc, rank_auc
from evalkit.risk.leakage.findings import Leak
from evalkit.risk.leakage.fitted import shrunk_means
from evalkit.risk.splits import HouseholdFolds, PurgedOrigins
from evalkit.simulate import HouseholdSimulation

FUTURE = {"lr_f", "y", "imp_f"}
NOT_FEATURES = {*FUTURE, "ANO4", "TRIMESTRE", "REGION", "AGLOMERADO", "PONDERA", "pw", "z", "poor", "imp"}
ASIDE = {"head_sex", "fem", "head_age"}


@dataclass(frozen=True)
class Trial:
    """Honest data: what is planted is planted in a copy."""

    drawn: DatedFeatures
    labels: pd.DataFrame
    folds: list
    places: pd.Series
    panel: pd.DataFrame
    lags: dict
    income: str  # column of the panel that decides the outcome
    level: str  # feature drawn from it
    horizon: int

    @property
    def x(self) -> pd.DataFrame:
        return self.drawn.frame.loc[self.labels.index]

    @property
    def y(self) -> np.ndarray:
        return self.labels["label"].to_numpy(dtype=float)

    def check(self, x=None, *, folds=None, **more):
        spec = more.pop("spec", LeakageCheck(lags=self.lags, lag_step=1))
        return spec.measure(self.x if x is None else x, more.pop("labels", self.labels), folds=folds or self.folds, **more)


def simulated(*, teach: bool = False) -> Trial:
    people = HouseholdSimulation(households=600, villages=25, counties=4, periods=range(2019, 2025), seed=5).draw()
    panel = people.frame.join(people.homes, on="unit")
    labels = ReturnLabel().on(panel).frame
    plan = FeaturePlan(features=(*household_features(panel.columns), Level(name="income", columns="income_pc")))
    drawn = plan.measure(panel)
    if teach:
        index = drawn.frame.index.set_names(["unit", "period"])
        poor, origin = panel["poor"].reindex(index).to_numpy(), index.get_level_values("period")
        at = pd.MultiIndex.from_arrays([index.get_level_values("unit"), origin + 1])
        known = {"label": panel["poor"].reindex(at).to_numpy(), "outcome_period": origin + 1, "known_at": origin + 1, "weight": 1}
        more = pd.DataFrame(known, index=drawn.frame.index)[poor == 1].dropna().astype({"label": int})
        labels = pd.concat([labels.assign(at_risk=1), more.assign(at_risk=0)])
    split = PurgedOrigins(horizon=1, windows=2, household_folds=3, period="origin")
    places = people.homes["village"].astype(str)
    folds = of_those_at_risk(split.split(drawn.frame.loc[labels.index]), labels)
    return Trial(drawn, labels, folds, places, panel, {}, "income_pc", "income", 1)


def of_those_at_risk(folds, labels: pd.DataFrame) -> list:
    """Rows that teach only do not test."""
    could = labels.get("at_risk", pd.Series(1, index=labels.index)).to_numpy() == 1
    return [(train, test[could[test]]) for train, test in folds]


def argentina(folder, *, teach: bool = False) -> Trial:
    pairs = pd.read_csv(folder / "real" / "eph_household_pairs_2009_2015.csv.gz")
    pairs = pairs[((pairs["poor"] == 0) | teach) & (pairs["imp"] == 0) & (pairs["imp_f"] == 0)]
    pairs = pairs[pd.util.hash_array(pairs["hid"].to_numpy().astype(object)) % 80 < 3]
    homes = pairs.rename(columns={"hid": "unit", "q": "period"}).set_index(["unit", "period"]).sort_index()
    columns = [name for name in homes.columns if name not in NOT_FEATURES | ASIDE]
    drawn = FeaturePlan(features=tuple(Level(name=name, columns=name) for name in columns)).measure(homes)
    index = drawn.frame.index
    origin = index.get_level_values(1).to_numpy()
    labels = pd.DataFrame({"label": homes["y"].to_numpy(), "outcome_period": origin + 4, "known_at": origin + 4}, index=index)
    labels = labels.assign(at_risk=1 - homes["poor"].to_numpy()) if teach else labels
    folds = of_those_at_risk(PurgedOrigins(horizon=4, windows=2, span=4, period="origin").split(drawn.frame), labels)
    places = pd.Series(homes["AGLOMERADO"].to_numpy(), index=index)
    key = pd.MultiIndex.from_arrays([index.get_level_values(0), origin + 4], names=["unit", "period"])
    later = homes[["lr_f"]].set_axis(key).rename(columns={"lr_f": "lr"})
    own = homes[[name for name in columns if name not in ("lr_l1", "poor_l1")]]
    panel = pd.concat([own, later[~key.isin(own.index)]])
    return Trial(drawn, labels, folds, places, panel, {"lr_l1": "lr"}, "lr", "lr", 4)


@pytest.fixture(scope="module", params=["simulation", "argentina"])
def trial(request):
    return simulated() if request.param == "simulation" else argentina(request.getfixturevalue("real_data"))


@pytest.fixture(scope="module", params=["simulation", "argentina"])
def taught(request):
    """The same with homes that are poor at the origin, which teach whether they stay so and do not test."""
    made = simulated(teach=True) if request.param == "simulation" else argentina(request.getfixturevalue("real_data"), teach=True)
    assert (made.labels["at_risk"] == 0).sum() > 100
    return made


def rules(found) -> set[str]:
    return set(found.frame["rule"])


def columns(found, rule) -> set[str]:
    return set(found.frame.loc[found.frame["rule"] == rule, "column"])


def test_clean_data_pass_every_check(trial):
    fitted = [FlaggedImputer().fit(trial.x.iloc[train]) for train, _ in trial.folds]
    found = trial.check(trial.drawn, places=trial.places, panel=trial.panel, fitted=fitted)
    assert found.frame.empty
    refuse_leaks(found)
    assert any("does not prove" in note.text.en for note in found.notes)


def test_1_a_feature_known_after_the_origin(trial):
    known = trial.drawn.known.copy()
    known.iloc[::7, 2] += 1
    found = trial.check(replace(trial.drawn, known=known))
    assert rules(found) == {"known_after_origin"}
    assert columns(found, "known_after_origin") == {trial.x.columns[2]}
    with pytest.raises(DataError, match="known after"):
        _ = replace(trial.drawn, known=known).matrix


def test_what_is_beyond_the_first_few_is_counted_in_each_language():
    leak = Leak(
        rule="known_after_origin", column="income", count=8, where="labels in rows 1, 4, 6 and 5 more, origins 2020, 2021"
    )
    assert leak.where in leak.message.en
    assert "：标签表第 1, 4, 6 行 等，另有 5 项，起点期 2020, 2021" in leak.message.zh
    assert " more" not in leak.message.zh


def test_2_a_household_in_both_folds(trial):
    lot = np.random.default_rng(0).permutation(len(trial.y))
    found = trial.check(folds=[(lot[: len(lot) // 2], lot[len(lot) // 2 :])])
    assert "home_in_both_folds" in rules(found)
    row = found.frame.set_index("rule").loc["home_in_both_folds"]
    half = [set(trial.x.index.get_level_values(0)[part]) for part in np.split(lot, [len(lot) // 2])]
    assert row["count"] == len(half[0] & half[1])


def test_3_a_village_in_both_folds(trial):
    folds = list(HouseholdFolds(folds=3).split(trial.x))
    spec = LeakageCheck(villages_apart=True, accept=("outcome_after_test",))
    found = trial.check(spec=spec, folds=folds, places=trial.places)
    assert rules(found) == {"village_in_both_folds"}
    assert any("Accepted by name" in note.text.en for note in found.notes)


def test_4_training_outcomes_that_were_not_known(trial):
    origin, unit = (trial.x.index.get_level_values(k).to_numpy() for k in (1, 0))
    last = origin == origin.max()
    train = ~last & ~np.isin(unit, unit[last])
    train &= origin < origin.max()
    found = trial.check(folds=[(np.flatnonzero(train), np.flatnonzero(last))])
    assert rules(found) == {"outcome_after_test"}
    late = train & (origin + trial.horizon >= origin.max())
    assert found.frame["count"].tolist() == [late.sum()]


def test_5_an_index_made_of_the_label(trial):
    noise = np.random.default_rng(1).normal(0, 0.2, len(trial.y))
    found = trial.check(trial.x.assign(index_of_need=trial.y + noise))
    assert columns(found, "label_in_feature") == {"index_of_need"}


def test_6_two_columns_that_tell_the_label_together(trial):
    noise = np.random.default_rng(2).normal(0, 4, len(trial.y))
    found = trial.check(trial.x.assign(asked=noise + trial.y, given=noise))
    assert columns(found, "label_in_feature") == {"asked + given"} or columns(found, "label_in_feature") == {"given + asked"}
    coin = np.random.default_rng(3).integers(0, 2, len(trial.y))
    found = trial.check(trial.x.assign(coin=coin, other=np.where(trial.y == 1, 1 - coin, coin)))
    assert "coin + other" in columns(found, "label_in_feature")


def test_7_a_number_of_the_home_that_encodes_the_outcome(trial):
    falls = pd.Series(trial.y, index=trial.x.index.get_level_values(0)).groupby(level=0).max()
    lot = np.random.default_rng(4).permutation(len(falls))
    order = np.lexsort((lot, falls.to_numpy()))
    number = pd.Series(np.arange(len(falls)), index=falls.index[order])
    of_rows = number.loc[trial.x.index.get_level_values(0)].to_numpy()
    assert "file" in columns(trial.check(trial.x.assign(file=of_rows)), "identifier")
    assert "file" in columns(trial.check(trial.x.assign(file=[f"K{n:06d}" for n in of_rows])), "identifier")
    assert "hid" in columns(trial.check(trial.x.assign(hid=trial.x.index.get_level_values(0).astype(str))), "identifier")


def test_8_homes_that_stand_twice(trial):
    train, test = trial.folds[0]
    copied = np.random.default_rng(5).choice(test, size=max(20, len(test) // 20), replace=False)
    key = pd.MultiIndex.from_arrays(
        [["copy of " + str(u) for u in trial.x.index.get_level_values(0)[copied]], trial.x.index.get_level_values(1)[copied] - 8],
        names=["unit", "origin"],
    )
    x = pd.concat([trial.x, trial.x.iloc[copied].set_axis(key)])
    labels = pd.concat([trial.labels, trial.labels.iloc[copied].set_axis(key) - [0, 8, 8, *[0] * (trial.labels.shape[1] - 3)]])
    n = len(trial.y)
    found = trial.check(x, labels=labels, folds=[(np.r_[train, n : n + len(copied)], test)])
    assert rules(found) == {"home_twice"}
    assert found.frame["count"].iloc[0] >= len(copied)


def test_9_dates_that_were_shuffled(trial):
    """Rows of a home change places: the plan's own figures differ, later ones stand earlier, declared lags break."""
    unit = pd.factorize(trial.x.index.get_level_values(0))[0]
    lot = np.random.default_rng(6).random(len(unit))
    mixed = trial.x.iloc[np.lexsort((lot, unit))].set_axis(trial.x.index)  # rows stand by unit: each home keeps its own
    found = trial.check(mixed, panel=trial.panel)
    assert trial.level in columns(found, "shuffled_dates")
    if trial.lags:
        assert set(trial.lags) <= columns(trial.check(mixed), "shuffled_dates")
    else:
        drawn = replace(trial.drawn, frame=mixed, known=trial.drawn.known.loc[mixed.index])
        assert "not_rebuilt" in rules(trial.check(drawn, panel=trial.panel))


def test_10_next_years_benefits(trial):
    """Noisy, cut at 0, and of a column that no feature is called after."""
    unit, origin = trial.x.index.get_level_values(0), trial.x.index.get_level_values(1)
    key = pd.MultiIndex.from_arrays([unit, origin + trial.horizon])
    later = trial.panel[trial.income].reindex(key).to_numpy(dtype=float)
    need = -pd.Series(later).rank(pct=True).to_numpy()
    benefits = np.maximum(need + 0.8, 0) + np.random.default_rng(7).normal(0, 0.1, len(need))
    found = trial.check(trial.x.assign(benefits=benefits), panel=trial.panel)
    assert columns(found, "future_values") == {"benefits"}
    assert trial.income in found.frame.set_index("rule").loc["future_values", "found"]


@pytest.mark.parametrize("smooth", [0.0, 10.0])
def test_11_means_of_the_label_over_all_rows(trial, smooth):
    place = pd.factorize(_places_of(trial))[0]
    coded = shrunk_means(trial.y, place, smooth)[place]
    assert columns(trial.check(trial.x.assign(coded=coded)), "target_encoded") == {"coded"}


def test_11_means_of_training_rows_pass(trial):
    place = pd.factorize(_places_of(trial))[0]
    train = trial.folds[0][0]
    means = pd.Series(trial.y[train]).groupby(place[train]).mean()
    honest = pd.Series(place).map(means).fillna(trial.y[train].mean()).to_numpy()
    assert "target_encoded" not in rules(trial.check(trial.x.assign(coded=honest), folds=trial.folds[:1]))


def test_12_scaled_with_the_rows_that_test(trial):
    x = trial.x[trial.level]
    found = trial.check(trial.x.assign(scaled=(x - x.mean()) / x.std()))
    assert columns(found, "fitted_on_test") == {"scaled"}
    train = trial.folds[0][0]
    honest = (x - x.iloc[train].mean()) / x.iloc[train].std()
    assert trial.check(trial.x.assign(scaled=honest), folds=trial.folds[:1]).frame.empty


def test_13_gaps_filled_with_the_mean_of_all_rows(trial):
    x = trial.x[trial.level].to_numpy(dtype=float).copy() + np.random.default_rng(8).normal(0, 1e-3, len(trial.y))
    gone = np.random.default_rng(8).random(len(x)) < 0.05
    x[gone] = x[~gone].mean()
    assert columns(trial.check(trial.x.assign(filled=x)), "fitted_on_test") == {"filled"}


def test_14_transformers_fitted_on_all_rows(trial):
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    pipeline = pytest.importorskip("sklearn.pipeline")
    every = pipeline.make_pipeline(FlaggedImputer(), preprocessing.StandardScaler())
    leaked = trial.check(fitted=[every.fit(trial.x)] * len(trial.folds))
    assert rules(leaked) == {"fitted_on_test"}
    assert len(leaked.frame) == len(trial.folds)


def test_15_leave_one_out_means_of_the_label(trial):
    place = pd.factorize(_places_of(trial))[0]
    n, total = np.bincount(place), np.bincount(place, weights=trial.y)
    coded = (total[place] - trial.y) / (n[place] - 1)
    assert "coded" in columns(trial.check(trial.x.assign(coded=coded), places=trial.places), "label_in_feature")


def test_16_the_order_of_rows_sorted_by_label(trial):
    order = np.argsort(trial.y, kind="stable")
    x, labels = trial.x.iloc[order], trial.labels.iloc[order]
    found = LeakageCheck().measure(x.assign(row=np.arange(len(x))), labels)
    assert "row" in columns(found, "identifier")
    assert "row" in columns(found, "label_in_feature")


def only_there(trial, values, elsewhere=0.0) -> np.ndarray:
    """A column that holds something in rows that teach only, and nothing of it elsewhere."""
    return np.where(trial.labels["at_risk"] == 0, values, elsewhere)


def test_clean_rows_that_teach_only_pass_every_check(taught):
    fitted = [FlaggedImputer().fit(taught.x.iloc[train]) for train, _ in taught.folds]
    found = taught.check(taught.drawn, places=taught.places, panel=taught.panel, fitted=fitted)
    assert found.frame.empty
    n = int((taught.labels["at_risk"] == 0).sum())
    assert any(note.text.en.startswith(f"{n:,} of the rows can only teach") for note in found.notes)
    assert LeakageCheck().measure(taught.x, taught.labels, panel=taught.panel, places=taught.places).frame.empty


def test_a_feature_known_too_late_in_rows_that_teach_only(taught):
    known = taught.drawn.known.copy()
    poor = taught.labels.index[taught.labels["at_risk"] == 0][::7]
    known.loc[poor, known.columns[2]] += 1
    found = taught.check(replace(taught.drawn, known=known))
    assert rules(found) == {"known_after_origin"}
    assert found.frame["count"].tolist() == [len(poor)]


def test_a_home_that_tests_teaches_by_a_year_in_which_it_was_poor(taught):
    train, test = taught.folds[0]
    unit = pd.factorize(taught.x.index.get_level_values(0))[0]
    own = np.flatnonzero((taught.labels["at_risk"] == 0) & np.isin(unit, unit[test]))
    spec = LeakageCheck(accept=("outcome_after_test",))
    found = taught.check(spec=spec, folds=[(np.r_[train, own], test)])
    assert rules(found) == {"home_in_both_folds"}
    assert found.frame["count"].tolist() == [len(np.unique(unit[own]))]


def test_outcomes_of_rows_that_teach_only_are_known_before_the_test(taught):
    train, test = taught.folds[0]
    unit = pd.factorize(taught.x.index.get_level_values(0))[0]
    late = np.flatnonzero(
        (taught.labels["at_risk"] == 0)
        & (taught.labels["known_at"] >= taught.x.index.get_level_values(1)[test].min())
        & ~np.isin(unit, unit[test])
    )
    found = taught.check(folds=[(np.r_[train, late], test)])
    assert rules(found) == {"outcome_after_test"}
    assert found.frame["count"].tolist() == [len(late)]


def test_a_home_that_tests_stands_twice_among_those_that_teach_only(taught):
    train, test = taught.folds[0]
    copied = np.random.default_rng(5).choice(test, size=max(20, len(test) // 20), replace=False)
    unit, origin = taught.x.index[copied].get_level_values(0).astype(str), taught.x.index[copied].get_level_values(1)
    key = pd.MultiIndex.from_arrays(["copy of " + unit, origin - 8], names=["unit", "origin"])
    x = pd.concat([taught.x, taught.x.iloc[copied].set_axis(key)])
    more = taught.labels.iloc[copied].set_axis(key).assign(at_risk=0)
    more[["outcome_period", "known_at"]] -= 8
    n = len(taught.y)
    labels = pd.concat([taught.labels, more])
    found = taught.check(x, labels=labels, folds=[(np.r_[train, n : n + len(copied)], test)])
    assert rules(found) == {"home_twice"}
    assert found.frame["count"].iloc[0] >= len(copied)


@pytest.mark.parametrize("empty", [0.0, np.nan])
def test_a_number_of_the_home_in_rows_that_teach_only(taught, empty):
    number = pd.factorize(taught.x.index.get_level_values(0))[0]
    lot = np.random.default_rng(4).permutation(number.max() + 1)[number] * 3.0 + 7
    found = taught.check(taught.x.assign(file=only_there(taught, lot, empty)))
    assert columns(found, "identifier") == {"file"}


def test_an_index_made_of_the_label_in_rows_that_teach_only(taught):
    noise = np.random.default_rng(1).normal(0, 0.2, len(taught.y))
    found = taught.check(taught.x.assign(index_of_need=only_there(taught, taught.y + noise, noise)))
    assert columns(found, "label_in_feature") == {"index_of_need"}
    assert rules(found) == {"label_in_feature"}


def test_later_figures_in_rows_that_teach_only(taught):
    unit, origin = taught.x.index.get_level_values(0), taught.x.index.get_level_values(1)
    now, later = (
        taught.panel[taught.income].reindex(pd.MultiIndex.from_arrays([unit, origin + step])).to_numpy(dtype=float)
        for step in (0, taught.horizon)
    )
    found = taught.check(taught.x.assign(benefits=only_there(taught, later, now)), panel=taught.panel)
    assert "benefits" in columns(found, "future_values")


def test_who_is_at_risk_is_said_of_every_label():
    x, y = small()
    told = pd.DataFrame({"label": y, "at_risk": 1})
    assert LeakageCheck().measure(x, told).frame.empty
    for wrong in (np.nan, 2, "no"):
        with pytest.raises(DataError, match="'at_risk' of labels must say 1 or 0"):
            LeakageCheck().measure(x, told.astype({"at_risk": object}).assign(at_risk=[1] * 59 + [wrong]))
    with pytest.raises(DataError, match="at least once"):
        LeakageCheck().measure(x, told.assign(at_risk=0))


def test_one_home_makes_no_correlation_with_a_later_figure():
    """A rare flag that stood before the only home that lost another one is an accident, and no leak."""
    x, y = small()
    unit = x.index.get_level_values("unit")
    waves = pd.MultiIndex.from_product([unit, [2021, 2022]], names=["unit", "period"])
    lost = (waves.get_level_values("unit") == unit[7]) & (waves.get_level_values("period") == 2022)
    panel = pd.DataFrame({"insured": np.where(lost, 0.0, 1.0), "income": np.arange(120.0) % 7}, index=waves)
    found = LeakageCheck().measure(x.assign(unsafe=(unit == unit[7]).astype(float)), y, panel=panel)
    assert found.frame.empty


def test_findings_say_rows_and_no_home():
    key = pd.MultiIndex.from_product([[f"Wang Xiaoming {i}" for i in range(40)], [2021, 2022]], names=["unit", "origin"])
    rng = np.random.default_rng(0)
    x, y = pd.DataFrame({"income": rng.lognormal(9, 1, 80)}, index=key), pd.Series(rng.integers(0, 2, 80), index=key)
    found = LeakageCheck().measure(x, y, folds=[(np.arange(0, 80, 2), np.arange(1, 80, 2))])
    assert found.frame["where"].tolist() == ["labels in rows 1, 3, 5, 7, 9 and 35 more, origins 2021"]
    assert "标签表第 1, 3, 5, 7, 9 行 等，另有 35 项，起点期 2021" in found.frame["message_zh"].iloc[0]
    with pytest.raises(DataError) as refused:
        refuse_leaks(found)
    assert "Wang" not in str(refused.value) + refused.value.in_chinese()


def _places_of(trial) -> pd.Series:
    by = trial.x.index if isinstance(trial.places.index, pd.MultiIndex) else trial.x.index.get_level_values(0)
    return trial.places.loc[by].to_numpy()


def small(n=60):
    key = pd.MultiIndex.from_product([[f"H{i:02d}" for i in range(n)], [2021]], names=["unit", "origin"])
    rng = np.random.default_rng(0)
    return pd.DataFrame({"income": rng.lognormal(9, 1, n)}, index=key), pd.Series(rng.integers(0, 2, n), index=key)


def test_what_is_refused_names_rule_and_remedy():
    x, y = small()
    found = LeakageCheck().measure(x.assign(told=y), y)
    with pytest.raises(DataError, match=r"\[label_in_feature\]"):
        refuse_leaks(found)
    refuse_leaks(found, accept=("label_in_feature:told",))
    refuse_leaks(found, accept=("label_in_feature",))
    with pytest.raises(SpecError, match="accepted rule"):
        refuse_leaks(found, accept=("nothing",))
    two = LeakageCheck().measure(x.assign(told=y, hid=np.arange(len(y))), y)
    with pytest.raises(DataError, match=r"2 ways.*label_in_feature.*identifier|2 ways"):
        refuse_leaks(two)
    both = two.frame[["message_zh", "message_en", "do_zh", "do_en"]]
    assert (both.map(len) > 3).all(axis=None)


def test_what_was_not_given_is_said():
    x, y = small()
    text = " ".join(note.text.en for note in LeakageCheck().measure(x, y).notes)
    assert all(word in text for word in ("the split", "villages", "when features were known", "fitted preparation"))
    rare = pd.Series(np.r_[np.ones(5, dtype=int), np.zeros(55, dtype=int)], index=y.index)
    assert "only 5 events (or others): no sets" in " ".join(note.text.en for note in LeakageCheck().measure(x, rare).notes)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("rows", [1, 2, 30, 60])
def test_plain_and_empty_columns_and_few_rows_are_borne(rows):
    x, y = small()
    x = x.assign(none=np.nan, one=1.0, same=x["income"], word="p", some=np.where(np.arange(60) < 3, 1.0, np.nan)).iloc[:rows]
    panel = x.drop(columns="word").set_axis(x.index.set_names(["unit", "period"]), axis=0)
    folds = [(np.arange(rows // 2), np.arange(rows // 2, rows))] if rows > 1 else []
    found = LeakageCheck().measure(x, y.iloc[:rows], folds=folds, places=pd.Series("p", index=x.index), panel=panel)
    assert found.frame.empty


@pytest.mark.parametrize(
    "wrong",
    [
        lambda x, y: LeakageCheck().measure("x", y),
        lambda x, y: LeakageCheck().measure(x, "y"),
        lambda x, y: LeakageCheck().measure(x, [0, 1]),
        lambda x, y: LeakageCheck().measure(x.reset_index(), y),
        lambda x, y: LeakageCheck().measure(x.iloc[:0], y),
        lambda x, y: LeakageCheck().measure(x.iloc[:5], y),
        lambda x, y: LeakageCheck().measure(x[[]], y),
        lambda x, y: LeakageCheck().measure(x, y * 2),
        lambda x, y: LeakageCheck().measure(x, y.astype(float).where(y == 1)),
        lambda x, y: LeakageCheck().measure(x * np.inf, y),
        lambda x, y: LeakageCheck().measure(pd.concat([x, x]), y),
        lambda x, y: LeakageCheck().measure(x, y, folds=[1]),
        lambda x, y: LeakageCheck().measure(x, y, folds=[([0], [999])]),
        lambda x, y: LeakageCheck().measure(x, y, folds=[([0.5], [1])]),
        lambda x, y: LeakageCheck().measure(x, y, places=[1, 2]),
        lambda x, y: LeakageCheck().measure(x, y, places=pd.Series(["a"], index=["H00"])),
        lambda x, y: LeakageCheck().measure(x, y, panel="panel"),
        lambda x, y: LeakageCheck().measure(x, y, fitted="scaler", folds=[([0, 1], [2])]),
        lambda x, y: LeakageCheck().measure(x, y, fitted=object()),
        lambda x, y: LeakageCheck(lags={"a": "b"}).measure(x, y),
        lambda x, y: LeakageCheck(limit="high"),
        lambda x, y: LeakageCheck(suspicious=0.2),
        lambda x, y: LeakageCheck(lags=["a"]),
        lambda x, y: LeakageCheck(accept="future_values"),
        lambda x, y: LeakageCheck(accept=("future",)),
        lambda x, y: LeakageCheck(villages_apart=1),
    ],
)
def test_what_comes_wrong_is_refused_in_words(wrong):
    with pytest.raises(EvalkitError):
        wrong(*small())


@given(st.integers(2, 60), st.integers(0, 10_000))
def test_auc_is_that_of_scikit_learn(n, seed):
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    score, y = rng.integers(0, 8, n).astype(float), rng.integers(0, 2, n).astype(float)
    y[:2] = 0, 1
    peer = metrics.roc_auc_score(y, score)
    assert rank_auc(score, y) == pytest.approx(max(peer, 1 - peer), abs=1e-12)
    assert rank_auc(-score, y) == pytest.approx(rank_auc(score, y), abs=1e-12)


def test_cells_that_tell_nothing_in_the_other_half_tell_nothing():
    rng = np.random.default_rng(0)
    assert cell_auc(rng.poisson(200, (2, 2, 30)).astype(float)) == pytest.approx(0.5, abs=0.02)


def test_partial_correlation_is_that_of_residuals():
    rng = np.random.default_rng(3)
    a, b, g = rng.normal(size=(3, 500))
    a, b = a + g, b + 0.5 * a - g
    design = np.stack([np.ones(500), g])
    ra, rb = (v - design.T @ np.linalg.lstsq(design.T, v, rcond=None)[0] for v in (a, b))
    r = np.corrcoef([a, b, g])
    found = partial_correlation(*(np.array([x]) for x in (r[0, 1], r[0, 2], r[1, 2])))
    assert found[0] == pytest.approx(np.corrcoef(ra, rb)[0, 1], abs=1e-12)


def test_a_line_in_whole_yuan_is_of_places_and_a_yes_is_of_homes():
    wave = np.repeat([2020, 2021], 200)
    line = np.where(np.arange(400) % 2, 6000.0, 6150.0) + 10 * (wave - 2020)
    assert _of_places(line, wave)
    assert _of_places(line / 7, wave)
    assert not _of_places((np.arange(400) % 2).astype(float), wave)
    assert not _of_places(np.random.default_rng(0).normal(9000, 900, 400).round(), wave)
