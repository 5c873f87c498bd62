"""Homes in memory are keyed by a name and an identity number: no refusal, note or answer in a notebook says either of them."""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest

from evalkit.answer import Answer
from evalkit.errors import EvalkitError
from evalkit.panel.design import SurveyDesign
from evalkit.panel.panel import Panel
from evalkit.poverty.change.changes import PovertyChange
from evalkit.poverty.change.growth import GrowthRedistribution
from evalkit.poverty.change.sources import GiniBySource, PovertyBySource
from evalkit.poverty.change.subgroup_change import SubgroupChange
from evalkit.poverty.change.subgroups import InequalityBySubgroup, PovertyBySubgroup
from evalkit.poverty.change.transfers import WithoutTransfers
from evalkit.poverty.dynamics.attrition import Attrition
from evalkit.poverty.dynamics.hazard import ReturnHazard
from evalkit.poverty.dynamics.moves import PovertyTransitions, paired
from evalkit.poverty.dynamics.persistence import PovertyPersistence
from evalkit.poverty.dynamics.spells import PovertySpells
from evalkit.poverty.dynamics.vulnerability import Vulnerability
from evalkit.poverty.income.fgt import PovertyIndices
from evalkit.poverty.income.inequality import Inequality
from evalkit.poverty.lines.lines import PovertyLines
from evalkit.poverty.multidimensional.alkire_foster import AlkireFoster
from evalkit.poverty.multidimensional.deprivations import Deprivation, DeprivationSystem
from evalkit.poverty.returns.bottom_line import BottomLine
from evalkit.poverty.returns.clusters import ReturnClusters
from evalkit.terms import same

NAME, NUMBER = "欧阳慕容雪", "510321197001011234"
HOMES = [NAME, NUMBER, *(f"{NAME}{k}" for k in range(38))]
WAVES = (2019, 2020, 2021, 2022)
NUMBERS = ("income", "ln_income", "line", "later", "size", "wage", "pension", "weight", "risk", "cost", "price")
FLAGS = ("poor", "fell", "ill", "safe", "listed", "seen", "formerly_poor", "able")
PLACES = ("village", "county", "province")


def homes() -> pd.DataFrame:
    """Homes in four waves, keyed by (unit, period) and holding the same as columns."""
    key = pd.MultiIndex.from_product([HOMES, WAVES], names=["unit", "period"])
    n, rng = len(key), np.random.default_rng(3)
    frame = pd.DataFrame({name: rng.lognormal(1, 0.6, n) for name in NUMBERS}, index=key)
    frame = frame.assign(line=3.0, risk=rng.uniform(0.02, 0.6, n), size=rng.integers(1, 7, n), wage=frame["income"] * 0.6)
    frame = frame.assign(pension=frame["income"] - frame["wage"], **{name: rng.integers(0, 2, n) for name in FLAGS})
    frame = frame.assign(poor=(frame["income"] < 3).astype(int), village=np.repeat([f"v{k % 8}" for k in range(40)], 4))
    frame = frame.assign(county=np.repeat([f"c{k % 2}" for k in range(40)], 4), province="四川省")
    return frame.assign(home=key.get_level_values(0), year=key.get_level_values(1))


SYSTEM = DeprivationSystem(
    id="two", name=same("two"), deprivations=tuple(Deprivation(id=x, name=same(x)) for x in ("ill", "safe"))
)
DESIGN = SurveyDesign(weights="weight", strata="county", clusters="village")
WHO = {"unit": "home", "period": "year"}
INCOME = {"income": "income", "line": "line"}


def two_waves(spec) -> Callable[[pd.DataFrame], object]:
    """A change from the first half of rows to the second."""
    return lambda frame: spec.measure(frame.iloc[: len(frame) // 2], frame.iloc[len(frame) // 2 :], over="county")


def change(frame):
    spec = AlkireFoster(system=SYSTEM, cutoff=0.5, design=DESIGN)
    early, late = (spec.measure(part) for part in (frame.iloc[: len(frame) // 2], frame.iloc[len(frame) // 2 :]))
    return PovertyChange().measure(early, late)


POVERTY = {
    "indices": lambda frame: PovertyIndices(**INCOME, design=DESIGN).measure(frame, over="village"),
    "inequality": Inequality(income="income", design=DESIGN).measure,
    "many deprivations": AlkireFoster(system=SYSTEM, cutoff=0.5, design=DESIGN).measure,
    "lines": lambda frame: PovertyLines().measure(frame[frame["year"] == 2021]),
    "by group": PovertyBySubgroup(**INCOME, over="county", design=DESIGN).measure,
    "inequality by group": InequalityBySubgroup(income="income", over="county", design=DESIGN).measure,
    "by source": PovertyBySource(sources=("wage", "pension"), line=3.0, design=DESIGN).measure,
    "inequality by source": GiniBySource(sources=("wage", "pension"), design=DESIGN).measure,
    "without transfers": WithoutTransfers(income="income", transfers=("pension",), line=3.0, design=DESIGN).measure,
    "growth": two_waves(GrowthRedistribution(**INCOME)),
    "change by group": lambda frame: SubgroupChange(**INCOME, over="county").measure(frame.iloc[:80], frame.iloc[80:]),
    "change": change,
    "spells": PovertySpells(**WHO, state="poor").measure,
    "persistence": PovertyPersistence(**WHO, income="income", line=3.0).measure,
    "pairs": lambda frame: PovertyTransitions(before="before", after="after").measure(paired(frame, **WHO, state="poor")),
    "transitions": PovertyTransitions(before="poor", after="fell", earlier="ill", design=DESIGN).measure,
    "attrition": Attrition(seen="seen", by=("county",), design=DESIGN).measure,
    "hazard": ReturnHazard(**WHO, state="poor", covariates=("size",), design=DESIGN).estimate,
    "vulnerability": Vulnerability(income="income", **WHO, line=3.0, covariates=("size",), factors=("county",)).measure,
    "bottom line": lambda frame: BottomLine(returned="fell", threshold=0.1, design=DESIGN).measure(frame, over="county"),
    "clusters of returns": ReturnClusters(returned="fell", village="village").measure,
    "a panel": lambda frame: Panel.from_frame(
        frame[["home", "year", "income", "size", "county", "weight"]],
        unit="home",
        period="year",
        groups=["county"],
        weight="weight",
    ),
}


def risk_asks() -> dict[str, Callable[[pd.DataFrame], object]]:
    """Everything of the chapter on risk that is asked of a frame of homes."""
    pytest.importorskip("sklearn")
    from evalkit.risk.calibration.calibration import Calibration
    from evalkit.risk.drift.drift import Drift
    from evalkit.risk.explanation.importance import PermutationImportance
    from evalkit.risk.explanation.reasons import Reasons
    from evalkit.risk.fairness.fairness import FairnessAudit
    from evalkit.risk.features.dated import FeaturePlan
    from evalkit.risk.features.imputed import FlaggedImputer
    from evalkit.risk.features.measures import Level
    from evalkit.risk.features.places import PlaceContext
    from evalkit.risk.keeping.persistence import ModelRecord
    from evalkit.risk.labels.labels import ReturnLabel
    from evalkit.risk.labels.types import MonitoringTypes
    from evalkit.risk.ladder import Ladder
    from evalkit.risk.leakage.check import LeakageCheck, refuse_leaks
    from evalkit.risk.lists.budgets import CountyQuotas, Number, Share, VisitsPerVillage
    from evalkit.risk.lists.official import OfficialList
    from evalkit.risk.lists.targeting import Targeting
    from evalkit.risk.lists.thresholds import BudgetThreshold, CostThreshold, RecallThreshold
    from evalkit.risk.lists.visiting import VisitingList
    from evalkit.risk.lists.welfare import WelfareCurve
    from evalkit.risk.models.fitted import RiskModel
    from evalkit.risk.models.linear import PenalizedLogistic
    from evalkit.risk.models.odds import OddsRatios
    from evalkit.risk.models.rules import OfficialLine
    from evalkit.risk.models.rungs import Rung
    from evalkit.risk.models.windows import Windows
    from evalkit.risk.scoring.bootstrap import ClusterBootstrap
    from evalkit.risk.scoring.net_benefit import DecisionCurve
    from evalkit.risk.scoring.scores import RiskScores
    from evalkit.risk.splits import HeldOutCounty, HouseholdFolds, PurgedOrigins, VillageFolds

    judged = {"outcome": "fell", "bootstrap": ClusterBootstrap(replicates=5), "design": DESIGN}
    rung = Rung(name="logit", estimator=PenalizedLogistic())
    windows = Windows(train=(2019, 2020), test=(2022, 2022), horizon=1, household_folds=3)
    ladder = Ladder(
        outcome="fell",
        features=("ln_income", "size"),
        rungs=(Rung(name="rule", estimator=OfficialLine("income"), features=("income",), taught_by_all=False), rung),
        windows=windows,
        at_risk="able",
        design=DESIGN,
        bootstrap=judged["bootstrap"],
    )
    plain = homes()
    fitted = PenalizedLogistic().fit(plain[["ln_income", "size"]], plain["fell"])
    middle = pd.Series({"ln_income": 0.5, "size": 3.0})
    model = RiskModel(rung=rung, estimator=fitted, features=("ln_income", "size"), reference=middle)
    plan = FeaturePlan(
        features=(Level(name="income", columns="income"), PlaceContext(name="village_poor", column="poor")),
        known={"income": "year"},
    )
    own = {"risk": "risk", "outcome": "fell"}

    def leaks(frame):
        keyed = frame[["income", "size"]].rename_axis(index=["unit", "origin"])
        labels = frame[["fell", "able"]].rename_axis(index=["unit", "origin"]).set_axis(["label", "at_risk"], axis=1)
        half = np.arange(len(frame))
        found = LeakageCheck(villages_apart=True, lags={"size": "income"}).measure(
            keyed.assign(told=labels["label"], household_id=pd.factorize(frame["home"])[0]),
            labels,
            folds=[(half[::2], half[1::2])],
            places=frame["village"].rename_axis(index=["unit", "origin"]),
            panel=frame[["income", "size"]],
        )
        refuse_leaks(found)
        return found

    def split(splitter):
        return lambda frame: list(splitter.split(frame.drop(columns=["home"])))

    return {
        "labels": ReturnLabel(income="income", line="line").on,
        "labels of a panel": lambda frame: ReturnLabel(line=3.0).on(
            Panel.from_frame(
                frame[["home", "year", "income"]].rename(columns={"income": "income_pc"}), unit="home", period="year"
            )
        ),
        "labels by who is poor": ReturnLabel(poor="poor", within=True).on,
        "features": plan.measure,
        "a matrix": lambda frame: plan.measure(frame).matrix,
        "imputed": lambda frame: FlaggedImputer().fit(frame[["income", "size"]]).transform(frame[["income", "size"]]),
        "kinds": MonitoringTypes(range="line", income="income", formerly_poor="formerly_poor", shocks=("ill",)).measure,
        "ladder": ladder.fit,
        "a model that scores": model.score,
        "reasons": lambda frame: Reasons(themes={"ln_income": "income", "size": "work"}).measure(model, frame),
        "importance": lambda frame: PermutationImportance(**judged).measure(model, frame),
        "a record": lambda frame: ModelRecord(features=("ln_income", "size"), label="a@1", trained=(2019, 2020)).keep(
            fitted, frame
        ),
        "a kept model": lambda frame: (
            ModelRecord(features=("ln_income", "size"), label="a@1", trained=(2019, 2020)).keep(fitted, plain).score(frame)
        ),
        "scores": lambda frame: RiskScores(risks=("risk",), **judged).measure(frame, over="county"),
        "targeting": lambda frame: Targeting(risks=("risk",), **judged).measure(frame, over="county"),
        "decision curve": DecisionCurve(risks=("risk",), **judged).measure,
        "welfare": WelfareCurve(
            income="income", risks=("risk",), amount=1.0, design=DESIGN, bootstrap=judged["bootstrap"]
        ).measure,
        "fairness": FairnessAudit(risk="risk", attributes=("village",), least=1, **judged).measure,
        "drift": Drift(risk="risk", features=("size",), outcome="fell", line="line", deflator="price", design=DESIGN).measure,
        "odds": OddsRatios(outcome="fell", covariates=("size",), factors=("county",), design=DESIGN).measure,
        "an official list": lambda frame: OfficialList(listed="listed", due="fell", design=DESIGN).measure(frame, over="county"),
        "a list by share": VisitingList(risk="risk", budget=Share(share=0.1), cost="cost").measure,
        "a list by number": VisitingList(risk="risk", budget=Number(number=5)).measure,
        "a list by village": VisitingList(risk="risk", budget=VisitsPerVillage(visits=2)).measure,
        "a list by county": VisitingList(risk="risk", budget=CountyQuotas(quotas={"c0": 3, "c1": 2})).measure,
        "a threshold by budget": BudgetThreshold(**own, share=0.1, design=DESIGN).fit,
        "a threshold by cost": CostThreshold(**own, needless=1.0, missed=5.0).fit,
        "a threshold by recall": RecallThreshold(**own, target=0.6).fit,
        "calibration": lambda frame: Calibration(**own, by="county", weights="weight").fit(frame).score(frame),
        "leaks": leaks,
        "folds": split(HouseholdFolds(folds=2)),
        "village folds": split(VillageFolds(folds=2)),
        "county folds": split(HeldOutCounty()),
        "origins": split(PurgedOrigins(horizon=1, windows=1, household_folds=2)),
    }


ASKS = POVERTY | risk_asks()


def wrong_in(frame: pd.DataFrame, column: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """What may be wrong with one column."""
    few = np.arange(len(frame)) % 5 == 0
    cells = (None, NAME, np.inf, -1.0, 2.5, 1 + 2j, pd.Timestamp("2020-01-01"))
    for cell in (None, 7) if column in ("home", "year") else cells:
        yield f"{cell} in {column}", frame.assign(**{column: frame[column].astype(object).where(~few, cell)})
        if isinstance(cell, float):
            yield f"{cell} in {column} of numbers", frame.assign(**{column: frame[column].where(~few, cell)})
    yield f"names in {column}", frame.assign(**{column: frame.index.get_level_values("unit")})
    yield f"numbers of persons in {column}", frame.assign(**{column: int(NUMBER) + np.arange(len(frame))})
    yield f"{column} twice", pd.concat([frame, frame[[column]]], axis=1)
    yield f"{column} all alike", frame.assign(**{column: 0})


def broken(frame: pd.DataFrame) -> Iterator[tuple[str, object]]:
    """What may be wrong with a frame of homes."""
    unit, period = frame.index.get_level_values(0), frame.index.get_level_values(1)
    few = np.arange(len(frame)) % 5 == 0
    for place in PLACES:
        yield f"gaps in {place}", frame.assign(**{place: frame[place].astype(object).where(~few, None)})
        yield f"several kinds in {place}", frame.assign(**{place: frame[place].astype(object).where(~few, 7)})
    yield "every row twice", pd.concat([frame, frame])
    yield "a row twice", pd.concat([frame, frame.iloc[:1]])
    yield (
        "homes that move",
        frame.assign(county=np.where(few, "c0", frame["county"]), village=np.where(few, "v0", frame["village"])),
    )
    yield "one wave", frame[period == 2020]
    yield "the first wave alone", frame[period == 2019]
    yield "waves that are missing", frame[(period == 2019) | (period == 2022)]
    yield "one home", frame.iloc[:4]
    yield "one row", frame.iloc[:1]
    yield "no row", frame.iloc[:0]
    yield "no key", frame.reset_index(drop=True)
    yield "keyed by home alone", frame.droplevel("period")
    yield "a key of other names", frame.rename_axis(index=["household", "wave"])
    yield "a key the other way round", frame.swaplevel().rename_axis(index=["unit", "period"])
    yield "gaps in the key", frame.set_axis(pd.MultiIndex.from_arrays([unit.where(~few), period], names=["unit", "period"]))
    odd = [7 if one else name for one, name in zip(few, unit, strict=True)]
    yield "homes of several kinds", frame.set_axis(pd.MultiIndex.from_arrays([odd, period], names=["unit", "period"]))
    yield "periods in words", frame.set_axis(pd.MultiIndex.from_arrays([unit, period.astype(str)], names=["unit", "period"]))
    yield "half periods", frame.set_axis(pd.MultiIndex.from_arrays([unit, period + 0.5], names=["unit", "period"]))
    yield "a series", frame["fell"]
    yield "a series by home", frame["fell"].droplevel("period")
    yield "an array", frame.to_numpy()
    yield "a list of names", list(unit)
    yield "a mapping", dict(zip(unit, period, strict=True))


def told(ask: Callable[[pd.DataFrame], object], frame: object) -> tuple[str, bool]:
    """All that a notebook shows of an ask, and whether there was an answer: that with its notes, or the whole error."""
    try:
        answer = ask(frame)  # type: ignore[arg-type]
    except EvalkitError as wrong:
        return f"{wrong} {wrong!r} {wrong.what} {wrong.found} {wrong.do} {wrong.where}", False
    except Exception as fault:  # what is asked of a frame may be no frame already where it is parted
        return str(fault), False
    if not isinstance(answer, Answer):
        return repr(answer) if type(answer).__module__.startswith("evalkit") else "", True
    notes = [f"{note.say('zh')} {note.say('en')}" for note in answer.notes]
    return " ".join([repr(answer), str(answer), answer._repr_html_(), *notes]), True


@pytest.mark.parametrize("name", ASKS)
def test_no_message_names_a_home(name):
    """An ask is given all that may be wrong, in each column that it reads."""
    ask, frame = ASKS[name], homes()
    text, answered = told(ask, frame)
    assert answered or name == "leaks", text
    read = [column for column in (*NUMBERS, *FLAGS, "home", "year") if not told(ask, frame.drop(columns=column))[1]]
    tries = [*broken(frame), *(one for column in read for one in wrong_in(frame, column))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        said = {"as it is": text, **{how: told(ask, wrong)[0] for how, wrong in tries}}
    found = [f"{how}: {text[:300]}" for how, text in said.items() if NAME in text or NUMBER[:12] in text]
    assert not found, "\n".join([f"{len(found)} of {len(said)}:", *found])


SPECS = {type(ask.__self__).__name__: ask.__self__ for ask in ASKS.values() if hasattr(ask, "__self__")} | {"design": DESIGN}


@pytest.mark.parametrize("name", SPECS)
def test_a_table_in_place_of_a_word_is_not_printed(name):
    """A column where its name belongs."""
    spec, frame = SPECS[name], homes()
    for part in (one.name for one in fields(spec) if one.init):
        for given in (frame["home"], frame["fell"], frame, frame.index, frame["home"].to_numpy(), (frame["fell"],), [frame]):
            text, taken = told(lambda given, part=part: replace(spec, **{part: given}), given)
            assert taken or NAME not in text, (part, text[:300])
            assert taken or NUMBER[:12] not in text, (part, text[:300])
