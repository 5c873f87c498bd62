"""What is asked or given wrong is refused with what it is, what was found there, and what to do."""

import sys

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("sklearn")

from evalkit.errors import DataError, MachineError, NoAnswer, SpecError
from evalkit.risk.explanation.importance import PermutationImportance
from evalkit.risk.explanation.reasons import Reasons
from evalkit.risk.features.aside import HeldAside
from evalkit.risk.features.measures import Level
from evalkit.risk.keeping.card import Card
from evalkit.risk.labels.labels import ReturnLabel
from evalkit.risk.ladder import Ladder
from evalkit.risk.leakage.check import LeakageCheck
from evalkit.risk.lists.budgets import Number, Share
from evalkit.risk.lists.thresholds import BudgetThreshold
from evalkit.risk.lists.visiting import VisitingList
from evalkit.risk.models.averaged import AveragedLogits
from evalkit.risk.models.boosting import BoostedTrees, need_interpret
from evalkit.risk.models.fitted import RiskModel
from evalkit.risk.models.linear import PenalizedLogistic
from evalkit.risk.models.means import ProxyMeans
from evalkit.risk.models.odds import OddsRatios
from evalkit.risk.models.rungs import Rung
from evalkit.risk.models.windows import Windows
from evalkit.risk.scoring.scores import RiskScores
from evalkit.terms import Text

RUNG = Rung(name="logit", estimator=PenalizedLogistic())
LADDER = {"outcome": "fell", "features": ("wage",), "rungs": (RUNG,), "windows": Windows(train=(1, 2), test=(4, 4), horizon=1)}
HOMES = pd.DataFrame(
    {
        "unit": np.arange(60),
        "period": np.tile([1, 2, 4], 20),
        "wage": np.linspace(0, 1, 60),
        "fell": np.tile([0, 1, 1, 0], 15),
        "kind": "farm",
        "cost": 1.0,
        5: 0.5,
    }
)
MODEL = RiskModel(
    rung=RUNG,
    estimator=PenalizedLogistic().fit(HOMES[["wage"]], HOMES["fell"]),
    features=("wage",),
    reference=pd.Series({"wage": 0.5}),
)
KEYED = pd.DataFrame(
    {"income_pc": [9.0, 4.0, 9.0, 9.0]}, index=pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["unit", "period"])
)
ORIGINS = pd.MultiIndex.from_product([["a", "b", "c"], [2021]], names=["unit", "origin"])
FEATURES = pd.DataFrame({"wage": [1.0, 2.0, 3.0]}, index=ORIGINS)
LABELS = pd.DataFrame({"label": [0, 1, 0]}, index=ORIGINS)


def check(features=FEATURES, labels=LABELS, **more):
    return LeakageCheck().measure(features, labels, **more)


def under(*units):
    """Labels of other keys."""
    return LABELS.set_axis(pd.MultiIndex.from_tuples(list(units), names=["unit", "origin"]))


def card(**more):
    said = {"name": Text("模型", "model"), "data": Text("数据", "data"), "trained": (2020, 2021), "label": "falling@1"}
    return Card(**said, label_says=Text("返贫", "falls"), features=("wage",), **more)


QUESTIONS = {
    "themes": (
        lambda: PermutationImportance(outcome="fell", themes="work"),
        "PermutationImportance themes must map features to themes; found 'work'.",
    ),
    "least of reasons": (
        lambda: Reasons(themes={}, least=-1),
        "Reasons least must be a number in [0, ∞); found -1. To do: write 0.1.",
    ),
    "bands": (
        lambda: HeldAside(bands=("head_age", 40)),
        'HeldAside bands and none are mappings of columns. To do: write bands={"head_age": (40, 60)}.',
    ),
    "theme": (
        lambda: Level(name="wage", columns="wage", theme=3),
        "the theme of Level 'wage' must be a word; found 3. To do: write theme=\"income\".",
    ),
    "limits of a card": (
        lambda: card(limits=["none"]),
        "Card limits must be a tuple, and names a mapping; found (['none'], {}). "
        "To do: write limits=(Text(…),) and names={column: Text(…)}.",
    ),
    "groups": (
        lambda: Ladder(**LADDER, groups="just_left"),
        "Ladder groups must be a tuple of columns; found 'just_left'. To do: write (\"just_left\",).",
    ),
    "temper": (
        lambda: Ladder(**LADDER, temper="half"),
        "Ladder temper must be a number in [0, 1]; found 'half'. To do: write 0.5, or 1 for whole weights.",
    ),
    "ridge": (
        lambda: BoostedTrees(ridge="much").fit(HOMES[["wage"]], HOMES["fell"]),
        "BoostedTrees ridge must be a number in [0, ∞); found 'much'. To do: write 20.0.",
    ),
    "least share": (
        lambda: PenalizedLogistic(least_share="few").fit(HOMES[["wage"]], HOMES["fell"]),
        "PenalizedLogistic least_share must be a number in [0, 1); found 'few'. To do: write 0.005.",
    ),
    "penalty": (
        lambda: PenalizedLogistic(penalty=np.inf).fit(HOMES[["wage"]], HOMES["fell"]),
        "PenalizedLogistic penalty must be positive; found inf. To do: use a finite number above 0.",
    ),
    "columns as a word": (
        lambda: PenalizedLogistic(classes="wage").fit(HOMES[["wage"]], HOMES["fell"]),
        'classes of PenalizedLogistic must be a tuple of columns; found \'wage\'. To do: write ("a", "b").',
    ),
    "a column that is not there": (
        lambda: PenalizedLogistic(bends=("wagee",)).fit(HOMES[["wage"]], HOMES["fell"]),
        "bends of PenalizedLogistic is 'wagee', which is no column; found wage. To do: did you mean 'wage'?",
    ),
    "a place that is not there": (
        lambda: PenalizedLogistic(bends=(1,)).fit(HOMES[["wage"]], HOMES["fell"]),
        "bends of PenalizedLogistic must be a name or a place from 0 to 0; found 1. "
        "To do: name columns of the frame that is learnt from.",
    ),
    "both ways": (
        lambda: BoostedTrees(rising=("wage",), falling=("wage",)).fit(HOMES[["wage"]], HOMES["fell"]),
        "BoostedTrees cannot both rise and fall with a column; found ('wage',). To do: name it in rising or in falling.",
    ),
    "a share of 1": (
        lambda: BudgetThreshold(risk="wage", outcome="fell", share=1.0),
        "BudgetThreshold share must be a number in (0, 1); found 1.0.",
    ),
    "a share beyond 1": (
        lambda: Share(share=1.5),
        "Share share must be a number in (0, 1]; found 1.5.",
    ),
    "a name that is no column": (
        lambda: Rung(name="", estimator=PenalizedLogistic()),
        "Rung name must be a name: text that is not empty; found ''.",
    ),
    "rungs of an average": (
        lambda: AveragedLogits(rungs="logit").fit(HOMES[["wage"]], HOMES["fell"]),
        "AveragedLogits rungs must be a tuple of rungs; found 'logit'. To do: write (PenalizedLogistic(), BoostedTrees()).",
    ),
    "covariates": (
        lambda: OddsRatios(outcome="fell", covariates="wage"),
        'OddsRatios covariates must be a tuple of columns; found \'wage\'. To do: write ("size", "age").',
    ),
    "the outcome among regressors": (
        lambda: OddsRatios(outcome="fell", covariates=("wage", "fell")),
        "OddsRatios needs different regressors, and not the outcome; found wage, fell. "
        "To do: name each column once, in covariates or in factors.",
    ),
}
DATA = {
    "text for a number": (
        lambda: RiskScores(outcome="fell", risks="5").measure(HOMES),
        "RiskScores finds no column named by the text '5'. To do: rename the columns to text.",
    ),
    "costs": (
        lambda: VisitingList(risk="wage", budget=Number(number=2), cost="cost").measure(HOMES.assign(cost=[0.0, -1.0] * 30)),
        "VisitingList costs 'cost' must be positive; found 60 that are not. To do: mend them, or leave those rows out.",
    ),
    "a feature twice": (
        lambda: MODEL.score(pd.concat([HOMES, HOMES[["wage"]]], axis=1)),
        "'logit' finds columns more than once; found wage. To do: give each its own name.",
    ),
    "no period": (
        lambda: MODEL.score(HOMES.drop(columns="period")),
        "RiskModel finds no 'period' of the rows. To do: key the frame by it, or name the column that holds it.",
    ),
    "gaps in the key": (
        lambda: MODEL.score(HOMES.assign(period=np.nan)),
        "RiskModel finds gaps in 'period'. To do: complete it.",
    ),
    "three outcomes": (
        lambda: PenalizedLogistic().fit(HOMES[["wage"]], HOMES["period"]),
        "Only binary classification is supported. The type of the target is multiclass.",
    ),
    "later figures": (
        lambda: ProxyMeans().fit(HOMES[["wage"]], HOMES["fell"], later=[1.0]),
        "later figures must be finite numbers, one a row; found 1 of them for 60 rows. "
        "To do: complete them, or leave those rows out.",
    ),
    "columns that say the same": (
        lambda: OddsRatios(outcome="fell", covariates=("wage", "double")).measure(HOMES.assign(double=2 * HOMES["wage"])),
        "columns [double] of OddsRatios say nothing that those before them do not. To do: leave them out.",
    ),
    "one level": (
        lambda: OddsRatios(outcome="fell", factors=("kind",)).measure(HOMES),
        "factors of OddsRatios have one level each, so there is nothing to compare. To do: give others.",
    ),
    "columns of a panel twice": (
        lambda: ReturnLabel(line=6.0).on(pd.concat([KEYED, KEYED], axis=1)),
        "ReturnLabel 'falling@1' finds columns more than once; found income_pc. To do: give each column its own name.",
    ),
    "keys with gaps": (
        lambda: ReturnLabel(line=6.0).on(KEYED.rename(index={"b": None})),
        "the frame of ReturnLabel 'falling@1' has rows without a unit or a period; found in 2 rows, the first of them row 3. "
        "To do: complete or remove these rows.",
    ),
    "units of several kinds": (
        lambda: ReturnLabel(line=6.0).on(KEYED.rename(index={"a": 1, "b": pd.Timestamp(0)})),
        "units of the frame of ReturnLabel 'falling@1' are of several kinds. To do: make them all text.",
    ),
    "a panel without numbers": (
        lambda: check(panel=KEYED.astype(str)),
        "the panel holds no column of numbers; found columns [income_pc]. To do: pass the columns features were drawn from.",
    ),
    "no labels": (
        lambda: check(labels=LABELS.rename(columns={"label": "fell"})),
        "labels need a column 'label'; found columns [fell]. To do: name the column of outcomes 'label'.",
    ),
    "origins in words": (
        lambda: check(labels=under(("a", "2021"), ("b", "2021"), ("c", "2022"))),
        "origins of labels must be whole numbers; found such as '2021'. To do: write origins as whole numbers such as 2021.",
    ),
    "rows of nobody": (
        lambda: check(labels=under(("a", 2021), (None, 2021), ("c", 2021))),
        "labels hold rows without a unit or an origin. To do: complete or leave out these rows.",
    ),
    "features twice": (
        lambda: check(features=pd.concat([FEATURES, FEATURES], axis=1)),
        "features hold some columns twice; found wage. To do: give each column its own name.",
    ),
    "half a period": (
        lambda: check(labels=LABELS.assign(known_at=2022.5)),
        "'known_at' of labels must hold whole periods; found float64. To do: complete them, and cast them with .astype(int).",
    ),
    "two places": (
        lambda: check(places=pd.Series(["p", "q"], index=["a", "a"])),
        "places hold some keys twice. To do: keep one place of each.",
    ),
}
VARIED = "'fell' does not vary among rows with weight, so {so}; found {found} rows with the event. To do: give rows with and "
VARIED += "without it, such as those of more periods."
UNANSWERED = {
    "everybody fell": (
        lambda: PermutationImportance(outcome="fell").measure(MODEL, HOMES.assign(fell=1)),
        VARIED.format(so="nothing can be lost", found="60 of 60"),
    ),
    "nobody fell": (
        lambda: OddsRatios(outcome="fell", covariates=("wage",)).measure(HOMES.assign(fell=0)),
        VARIED.format(so="no odds can be compared", found="0 of 60"),
    ),
    "nobody to learn from": (
        lambda: PenalizedLogistic().fit(HOMES[["wage"]], HOMES["fell"], HOMES["fell"]),
        "a risk needs both classes of the outcome among rows with weight; found one class (1). To do: give rows of both.",
    ),
    "nobody to exchange with": (
        lambda: PermutationImportance(outcome="fell").measure(MODEL, HOMES.assign(period=np.arange(60))),
        "no period holds two homes, so nothing can be exchanged; found 60 rows. To do: give more homes of a period.",
    ),
}
REFUSED = [
    pytest.param(kind, make, said, id=name)
    for kind, cases in ((SpecError, QUESTIONS), (DataError, DATA), (NoAnswer, UNANSWERED))
    for name, (make, said) in cases.items()
]


@pytest.mark.parametrize(("kind", "make", "said"), REFUSED)
def test_what_is_wrong_is_said_with_what_to_do(kind, make, said):
    with pytest.raises(kind) as wrong:
        make()
    assert str(wrong.value) == said


def test_a_library_that_is_not_there_is_named_with_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "interpret", None)
    with pytest.raises(MachineError) as wrong:
        need_interpret()
    assert str(wrong.value) == (
        'ExplainableBoosting needs interpret-core, which is not installed. To do: run: pip install "evalkit[risk]".'
    )
