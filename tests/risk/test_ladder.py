"""The ladder: nobody on two sides, nothing known later, the default by its rule, and near the true risk where that is known."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from evalkit.errors import DataError, EvalkitError, NoAnswer, SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.risk.calibration.curves import Platt
from evalkit.risk.calibration.venn_abers import VennAbers
from evalkit.risk.explanation.importance import PermutationImportance, exchanged
from evalkit.risk.ladder import Ladder
from evalkit.risk.models.boosting import BoostedTrees
from evalkit.risk.models.choice import pairs_of, simplest_unbeaten
from evalkit.risk.models.linear import PenalizedLogistic
from evalkit.risk.models.rules import IncomeAlone
from evalkit.risk.models.rungs import Rung, standard_rungs
from evalkit.risk.models.windows import Windows
from evalkit.risk.scoring.bootstrap import ClusterBootstrap
from evalkit.risk.scoring.measures import auc
from evalkit.simulate import HouseholdSimulation

WINDOWS = Windows(train=(1, 4), calibrate=(5, 5), test=(8, 9), horizon=2)
RUNGS = (
    Rung(name="rule", estimator=IncomeAlone("lr"), features=("lr",)),
    Rung(name="logit", estimator=PenalizedLogistic()),
    Rung(name="trees", estimator=BoostedTrees(trees=40, rate=0.1, least_rows=20)),
)
QUICK = ClusterBootstrap(replicates=40)


@pytest.fixture(scope="module")
def homes():
    """Homes whose risk depends on income, illness and two columns of noise; each is seen once or twice."""
    rng = np.random.default_rng(11)
    n = 4_000
    frame = pd.DataFrame(
        {"lr": rng.normal(1, 0.6, n), "ill": rng.integers(0, 2, n), "u": rng.normal(size=n), "v": rng.normal(size=n)}
    )
    chance = 1 / (1 + np.exp(1.2 + 1.5 * frame["lr"] - 1.0 * frame["ill"]))
    frame["fell"] = (rng.random(n) < chance).astype(int)
    frame["later"] = frame["lr"] - 0.5 * frame["ill"] + rng.normal(0, 0.7, n)
    frame["w"] = rng.uniform(0.5, 3, n)
    frame["village"] = rng.integers(0, 40, n)
    frame["hid"] = rng.permutation(np.repeat(np.arange(n // 2), 2))
    frame["q"] = rng.integers(1, 10, n)
    return frame.drop_duplicates(["hid", "q"])


def asked(**more):
    spec = {
        "outcome": "fell",
        "features": ("lr", "ill", "u", "v"),
        "rungs": RUNGS,
        "windows": WINDOWS,
        "unit": "hid",
        "period": "q",
    }
    spec |= {"design": SurveyDesign(weights="w", clusters="village"), "bootstrap": QUICK}
    return Ladder(**(spec | more))


@pytest.fixture(scope="module")
def climbed(homes):
    return asked(groups=("ill",)).fit(homes)


def test_one_table_of_all_rungs_exclusion_error_first(climbed):
    assert list(climbed.wide.index) == ["rule", "logit", "trees"]
    assert climbed.wide.columns[0] == "exclusion_error"
    assert {"auc", "average_precision", "brier_skill", "ece", "slope", "intercept", "log_loss", "recall"} <= set(
        climbed.wide.columns
    )
    assert climbed.frame[["estimate", "std_error", "ci_low", "ci_high"]].notna().all(axis=None)
    assert (climbed.wide["recall"] + climbed.wide["exclusion_error"]).to_numpy() == pytest.approx(1)
    assert set(climbed.differences["against"]) == {"rule"}


def test_the_default_is_the_simplest_that_none_beats(climbed):
    assert climbed.chosen == "logit"
    over = climbed.beats.set_index(["rung", "against"])
    assert over.loc[("logit", "rule"), "ci_low"] > 0
    assert over.loc[("trees", "logit"), "ci_low"] < 0


def test_who_is_on_which_side(homes):
    key = pd.MultiIndex.from_frame(homes[["hid", "q"]], names=["unit", "period"])
    train, calibrate, test = WINDOWS.parts(key)
    hid, q = homes["hid"].to_numpy(), homes["q"].to_numpy()
    for one, other in ((train, test), (calibrate, test), (train, calibrate)):
        assert not set(hid[one]) & set(hid[other])
    assert q[train].max() + 2 < q[test].min()
    assert q[calibrate].max() + 2 < q[test].min()
    dealt = dataclasses.replace(WINDOWS, household_folds=4)
    assert all(rows.any() for rows in dealt.parts(key))


def test_groups_compare_observed_and_predicted(climbed):
    held = climbed.groups.query("rung == 'logit'").pivot(index="group", columns="measure", values="estimate")
    assert held["observed"].to_numpy() == pytest.approx(held["predicted"].to_numpy(), abs=0.05)
    assert held.loc[1, "observed"] > held.loc[0, "observed"]


def test_same_question_same_bits_and_batches_change_nothing(homes, climbed):
    again = asked(groups=("ill",)).fit(homes)
    pd.testing.assert_frame_equal(again.risks, climbed.risks, check_exact=True)
    pd.testing.assert_frame_equal(again.frame, climbed.frame, check_exact=True)
    whole = climbed.model.score(homes).frame
    parts = climbed.model.score(homes, batch=97).frame
    pd.testing.assert_frame_equal(whole, parts, check_exact=False, atol=1e-14)
    many = pd.concat([answer.frame for answer in climbed.model.score_batches([homes[:500], homes[500:]])])
    pd.testing.assert_frame_equal(whole, many, check_exact=False, atol=1e-14)


def test_frames_are_asked_for_one_by_one(homes, climbed):
    asked_for = []

    def frames():
        for first in (0, 500, 1000):
            asked_for.append(first)
            yield homes[first : first + 500]

    scored = climbed.model.score_batches(frames())
    assert asked_for == []
    assert len(next(scored).frame) == 500
    assert asked_for == [0]
    assert [len(answer.frame) for answer in scored] == [500, 500]


def test_a_score_has_its_key_and_interval(homes, climbed):
    found = climbed.models["logit"].score(homes)
    assert found.frame.index.names == ["unit", "period"]
    assert ((found.frame["low"] <= found.frame["risk"]) & (found.frame["risk"] <= found.frame["high"])).all()
    assert list(climbed.models["trees"].score(homes).frame.columns) == ["risk"]
    bounded = asked(calibration=VennAbers(), rungs=RUNGS[2:]).fit(homes)
    frame = bounded.model.score(homes[:300]).frame
    assert ((frame["low"] <= frame["risk"]) & (frame["risk"] <= frame["high"])).all()


def test_weights_count_in_the_fit_and_their_power_is_noted(homes):
    whole, even = asked(rungs=RUNGS[1:2]).fit(homes), asked(rungs=RUNGS[1:2], temper=0.0).fit(homes)
    heavy = homes.assign(w=np.where(homes["ill"] == 1, 30.0, 1.0))
    other = asked(rungs=RUNGS[1:2]).fit(heavy)
    assert not np.allclose(whole.risks["logit"], other.risks["logit"])
    alike = asked(rungs=RUNGS[1:2], temper=0.0).fit(heavy)
    slope = [np.polyfit(*(np.log(x / (1 - x)) for x in (a.risks["logit"], b.risks["logit"])), 1)[0] for a, b in ((even, alike),)]
    assert slope[0] == pytest.approx(1)
    assert any("power" in note.text.en for note in even.notes)


def test_balance_ruins_calibration_and_says_so(homes):
    plain, even = asked(rungs=RUNGS[1:2]).fit(homes), asked(rungs=RUNGS[1:2], balance=True).fit(homes)
    assert even.wide.loc["logit", "ece"] > plain.wide.loc["logit", "ece"] + 0.1
    assert even.wide.loc["logit", "auc"] == pytest.approx(plain.wide.loc["logit", "auc"], abs=0.01)
    assert any(note.kind == "caution" and "calibrated" in note.text.en for note in even.notes)


def test_calibration_and_refit(homes):
    curved = asked(calibration=Platt(), refit=True, later="later").fit(homes)
    assert all(model.curve is not None for model in curved.models.values())
    learnt = dict(curved.model.learnt)
    assert learnt["last_origin"] == 5
    assert learnt["rows"] > dict(asked().fit(homes).model.learnt)["rows"]


def test_rows_that_are_not_at_risk_teach_and_do_nothing_else(homes):
    """They change the rungs that are taught by all, and neither rules, nor who calibrates and tests, nor the reference rows."""
    rungs = (dataclasses.replace(RUNGS[0], taught_by_all=False), RUNGS[1])
    homes = homes.assign(open=(homes["lr"] > 0.5).astype(int))
    kept = homes[homes["open"] == 1]
    alone = asked(rungs=rungs, calibration=Platt()).fit(kept)
    found = asked(rungs=rungs, calibration=Platt(), at_risk="open").fit(homes)
    assert found.risks[["fell"]].equals(alone.risks[["fell"]])
    assert found.notes[0].say("en") == alone.notes[0].say("en")  # how many train, calibrate and test
    risk = {name: [one.models[name].estimator.predict_proba for one in (found, alone)] for name in ("rule", "logit")}
    rule, logit = (
        [ask(kept[list(names)]) for ask in risk[at]] for at, names in (("rule", ["lr"]), ("logit", found.spec.features))
    )
    assert np.array_equal(*rule)
    assert not np.allclose(*logit)
    assert found.models["logit"].reference.equals(alone.models["logit"].reference)
    learnt = dict(found.models["logit"].learnt)
    more = int(next(note.say("en") for note in found.notes if "not at risk" in note.say("en")).split()[0].replace(",", ""))
    assert learnt == dict(alone.models["logit"].learnt) | {"teach_only": more}
    assert found.models["rule"].learnt == alone.models["rule"].learnt
    more = int((homes["q"].between(1, 4) & (homes["open"] == 0)).sum())
    told = [note.say("en") for note in found.notes if "not at risk" in note.say("en")]
    assert told
    assert int(told[0].split()[0].replace(",", "")) <= more


def test_a_home_that_calibrates_does_not_teach_by_a_row_that_is_not_at_risk():
    key = pd.MultiIndex.from_tuples([("a", 1), ("a", 5), ("b", 1), ("c", 5), ("d", 8), ("d", 1)], names=["unit", "period"])
    windows = Windows(train=(1, 4), calibrate=(5, 5), test=(8, 9), horizon=2)
    train, calibrate, test = windows.parts(key, np.array([False, True, True, True, True, False]))
    assert [rows.nonzero()[0].tolist() for rows in (train, calibrate, test)] == [[2], [1, 3], [4]]
    with pytest.raises(NoAnswer, match="no row is left to train"):
        windows.parts(key, np.array([False, True, False, True, True, False]))


def test_rows_that_are_not_at_risk_cannot_make_an_outcome_vary(homes):
    homes = homes.assign(open=(homes["lr"] > 0.5).astype(int))
    homes.loc[(homes["open"] == 1) & (homes["q"] < 5), "fell"] = 0
    with pytest.raises(NoAnswer, match="'fell' does not vary among rows that train"):
        asked(at_risk="open", temper=0.5).fit(homes)


def test_the_level_is_that_of_rows_at_risk(homes):
    """Rows that fall far more often teach, and the risks of the others stay as high as they fell."""
    homes = homes.assign(open=(homes["lr"] > 0.5).astype(int))
    found = asked(rungs=RUNGS[1:2], at_risk="open").fit(homes)
    rows = homes[homes["q"].between(1, 4) & (homes["open"] == 1)]
    rows = rows[~rows["hid"].isin(found.risks.index.get_level_values("unit"))]
    said = np.average(found.models["logit"].risk(rows), weights=rows["w"])
    assert said == pytest.approx(np.average(rows["fell"], weights=rows["w"]), rel=1e-6)


def test_the_choice_follows_its_rule():
    names = ("a", "b", "c")
    draws = np.random.default_rng(0).normal(0, 0.001, (100, 3)) + np.array([0.70, 0.80, 0.801])
    noisy = draws + np.array([0, 0, 1]) * np.random.default_rng(1).normal(0, 0.01, (100, 1))
    assert simplest_unbeaten(names, pairs_of(names, noisy.mean(axis=0), noisy, 50, 0.95)) == "b"
    assert simplest_unbeaten(names, pairs_of(names, np.array([0.7, 0.8, 0.81]), np.empty((0, 3)), 50, 0.95)) == "c"
    assert simplest_unbeaten(("a",), pd.DataFrame()) == "a"


def test_less_is_better_where_it_is(homes):
    found = asked(criterion="log_loss").fit(homes)
    assert found.chosen == "logit"


def test_importance_finds_what_matters_within_periods(homes, climbed):
    ask = PermutationImportance(outcome="fell", design=SurveyDesign(weights="w", clusters="village"), bootstrap=QUICK)
    table = ask.measure(climbed.models["logit"], homes).frame.set_index("feature")
    assert list(table.index[:2]) == ["lr", "ill"]
    assert table.loc["ill", "ci_low"] > 0
    assert abs(table.loc["u", "estimate"]) < 0.01
    themes = dataclasses.replace(ask, themes={"lr": "income", "ill": "illness"}).measure(climbed.models["logit"], homes)
    assert set(themes.frame["feature"]) == {"income", "illness", "other"}
    loss = dataclasses.replace(ask, measure_of="log_loss").measure(climbed.models["logit"], homes).frame
    assert loss["estimate"].iloc[0] > 0


def test_exchange_stays_within_a_period_and_loses_nobody():
    period = np.random.default_rng(0).integers(0, 5, 200)
    lent = exchanged(period, np.random.default_rng(1))
    assert np.array_equal(period[lent], period)
    assert sorted(lent) == list(range(200))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: asked(features=()),
        lambda: asked(features="lr"),
        lambda: asked(features=("lr", "fell")),
        lambda: asked(features=("lr", "later"), later="later"),
        lambda: asked(features=("lr", "w")),
        lambda: asked(features=("lr", "ill"), at_risk="ill"),
        lambda: asked(at_risk=1),
        lambda: asked(rungs=()),
        lambda: asked(rungs=("logit",)),
        lambda: asked(rungs=(RUNGS[0], RUNGS[0])),
        lambda: asked(windows="later"),
        lambda: asked(temper=2),
        lambda: asked(criterion="accuracy"),
        lambda: asked(calibration="platt"),
        lambda: asked(windows=Windows(train=(1, 4), test=(8, 9), horizon=2), calibration=Platt()),
        lambda: asked(budget=0.1),
        lambda: asked(balance="yes"),
        lambda: asked(design="weights"),
        lambda: Windows(train=(1, 6), test=(8, 9), horizon=2),
        lambda: Windows(train=(4, 1), test=(8, 9), horizon=2),
        lambda: Windows(train=(1, 4), calibrate=(3, 5), test=(8, 9), horizon=2),
        lambda: Windows(train=1, test=(8, 9), horizon=2),
        lambda: Rung(name="x", estimator="logit"),
        lambda: Rung(name="x", estimator=PenalizedLogistic),
        lambda: standard_rungs(income="r", log_income="lr", shocks="ill"),
        lambda: PermutationImportance(outcome="fell", repeats=0),
        lambda: PermutationImportance(outcome="fell").measure("model", pd.DataFrame()),
    ],
)
def test_wrong_questions_are_said(wrong):
    with pytest.raises(SpecError):
        wrong()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda f: [1, 2], SpecError),
        (lambda f: f["lr"], SpecError),
        (lambda f: f.iloc[:0], DataError),
        (lambda f: f.drop(columns="ill"), DataError),
        (lambda f: f.assign(u="much"), DataError),
        (lambda f: f.assign(u=np.inf), DataError),
        (lambda f: f.assign(lr=np.where(f["hid"] == 3, np.nan, f["lr"])), DataError),
        (lambda f: f.assign(fell=2), DataError),
        (lambda f: f.assign(fell=0), NoAnswer),
        (lambda f: f.assign(q=f["q"].astype(str)), DataError),
        (lambda f: f.assign(w=-1.0), DataError),
        (lambda f: f.assign(rule=1), DataError),
        (lambda f: f[f["q"] < 8], NoAnswer),
        (lambda f: f.iloc[:1], EvalkitError),
    ],
)
def test_wrong_data_are_said(change, error, homes):
    with pytest.raises(error):
        asked(bootstrap=ClusterBootstrap(replicates=0)).fit(change(homes))


def known_at_origin(people) -> pd.DataFrame:
    """What was known at the close of a year: incomes of five years, of the village, shocks of two, members and benefits."""
    frame, home = people.frame, people.homes
    n, years = len(home), len(people.spec.periods)

    def grid(x):
        return np.asarray(x, dtype=float).reshape(n, years)

    def late(x, by):
        return np.hstack([np.full((n, by), np.nan), x[:, : years - by]])

    market = (frame["wage"] + frame["business"] + frame["property"]) / frame["members"] / frame["price"]
    own, village = np.log(np.maximum(grid(market), 1)), home["village"].cat.codes.to_numpy()
    others = np.bincount(village)[village] - 1
    around = np.stack([(np.bincount(village, own[:, j])[village] - own[:, j]) / others for j in range(years)], axis=1)
    count = np.arange(1, years + 1)
    columns = {f"market_{by}": late(own, by) for by in range(5)} | {f"village_{by}": late(around, by) for by in range(3)}
    columns |= {"ever": np.cumsum(own - around, axis=1) / count, "village_ever": np.cumsum(around, axis=1) / count}
    for shock in ("illness", "accident", "disaster", "job_loss"):
        columns |= {f"{shock}_{by}": late(grid(frame[shock]), by) for by in range(2)}
    for name in ("members", "workers", "children", "elderly", "students", "chronic", "enrolled", "granted", "treated"):
        columns[name] = grid(frame[name])
    for name in ("pension", "disability", "subsidy", "dibao"):
        columns[name] = grid(frame[name] / frame["members"] / frame["price"])
    left = (frame["line"] - frame["transfer"] / frame["members"]) / frame["price"]
    columns |= {
        "lr": np.log(np.maximum(grid(frame["income_pc"] / frame["line"]), 0.01)),
        "room": np.log(np.maximum(grid(left), 1)),
    }
    for name in ("baseline_income_pc", "head_schooling", "land", "off_farm"):
        columns[name] = np.repeat(home[name].to_numpy(dtype=float)[:, None], years, axis=1)
    found = pd.DataFrame({name: x.ravel() for name, x in columns.items()}, index=frame.index)
    found["baseline_income_pc"] = np.log(found["baseline_income_pc"])
    known = {"fell": grid(frame["poor"]), "later": columns["lr"]}
    for name, x in known.items():
        found[name] = np.hstack([x[:, 1:], np.full((n, 1), np.nan)]).ravel()
    found["true"] = people.truth["true_risk"]
    return found[(frame["poor"].to_numpy() == 0) & found["fell"].notna().to_numpy()]


def test_the_best_rung_comes_within_a_hundredth_of_the_true_risk():
    """40,000 simulated homes, of which 10,000 test: no score can beat the true risk by more than chance; one comes near."""
    sim = HouseholdSimulation(households=40_000, villages=400, counties=20, periods=tuple(range(2012, 2025)))
    frame = known_at_origin(sim.draw())
    features = tuple(frame.columns.drop(["fell", "later", "true"]))
    bends = ("market_0", "market_1", "village_0", "lr", "room", "ever", "baseline_income_pc")
    every = standard_rungs(income="lr", log_income="lr", bends=bends)
    rungs = tuple(rung for rung in every if rung.name in ("income_alone", "proxy_means", "expected_poverty", "logistic"))
    windows = Windows(train=(2014, 2021), test=(2023, 2023), horizon=1, household_folds=4)
    ask = Ladder(
        outcome="fell", later="later", features=features, rungs=rungs, windows=windows, bootstrap=ClusterBootstrap(replicates=0)
    )
    found = ask.fit(frame)
    truth = frame["true"].loc[found.risks.index].to_numpy()
    best = auc(truth, found.risks["fell"].to_numpy(dtype=float), np.ones(len(truth)))
    assert found.wide["auc"].max() > best - 0.01
    assert found.wide["auc"].max() < best + 0.005
    assert found.wide["auc"].max() > found.wide.loc["income_alone", "auc"] + 0.015
