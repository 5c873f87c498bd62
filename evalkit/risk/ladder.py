"""The ladder: all rungs on the same rows, scored alike, and the simplest that no other beats clearly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import able, number, one_of, shown, whole
from evalkit.errors import DataError, NoAnswer, SpecError, several
from evalkit.panel.design import SurveyDesign
from evalkit.risk.calibration.curves import Curve, Method, PlattCurve
from evalkit.risk.fairness.fairness import FairnessAudit
from evalkit.risk.lists.budgets import Budget, Share, budgets_of
from evalkit.risk.lists.targeting import Targeting
from evalkit.risk.models.base import middles, one_thread
from evalkit.risk.models.choice import pairs_of, simplest_unbeaten
from evalkit.risk.models.fitted import RiskModel, features_of, key_of, matrix_of
from evalkit.risk.models.rungs import Rung
from evalkit.risk.models.windows import Windows
from evalkit.risk.observed import a_design, a_frame, a_name, figures, sampled, yes_or_no
from evalkit.risk.scoring.bootstrap import ClusterBootstrap
from evalkit.risk.scoring.scored import MEASURES
from evalkit.risk.scoring.scores import RiskScores
from evalkit.stats.arrays import Array, Mask
from evalkit.stats.logistic import logistic, logit
from evalkit.terms import Text

TARGETED = ("exclusion_error", "recall", "precision")
CRITERIA = (*TARGETED, *MEASURES[:5], "ece")
SMALLER = ("exclusion_error", "brier", "log_loss", "ece")  # measures of which less is better


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """All rungs learnt and scored on the same rows, with paired errors; the default is the simplest that no other beats clearly.

    Parameters
    ----------
    outcome
        The column that says what happened (1) or did not (0).
    features
        Columns known at the origin; rungs may name their own.
    rungs
        From the simplest to the most complex; see `standard_rungs`.
    windows
        Who trains, calibrates and tests.
    later
        Column of ln of later income over the line, for rungs that regress it (None: they regress the outcome).
    at_risk
        Column that says to which rows the outcome can happen (1), such as homes not poor at the origin, and to which not (0;
        None: to all). Only the former calibrate and test. The others have an outcome too, such as being poor later, and teach
        the rungs that are taught by all: more is then known of homes near the line.
    design
        Weights (of fit and scores), strata and clusters.
    unit, period
        Levels of the index or columns.
    calibration
        A curve for rungs that ask for it, learnt in the window that calibrates (None: risks stay as they are).
    refit
        Whether rungs learn once more on the rows that train and calibrate together; the curve stays.
    temper
        The power of the weights in the fit, in [0, 1]. Very unequal weights make a model learn from few homes; at ½ it is
        steadier and somewhat biased, and the level is then restored by whole weights. Choose it inside of the rows that train;
        scores are always weighted in full.
    balance
        Whether both outcomes get the same weight in the fit. It wrecks calibration and gains nothing; asked for, it is noted.
    budget
        Of the list by which rungs are judged.
    groups
        Columns of groups in which observed and predicted are compared, such as those who left poverty lately.
    criterion
        The measure by which one rung beats another.
    bins
        Of the calibration error.
    bootstrap
        How errors are found.
    """

    outcome: str
    features: tuple[str, ...]
    rungs: tuple[Rung, ...]
    windows: Windows
    later: str | None = None
    at_risk: str | None = None
    design: SurveyDesign = SurveyDesign()
    unit: str = "unit"
    period: str = "period"
    calibration: Method | None = None
    refit: bool = False
    temper: float = 1.0
    balance: bool = False
    budget: Budget = Share(share=0.1)
    groups: tuple[str, ...] = ()
    criterion: str = "auc"
    bins: int = 10
    bootstrap: ClusterBootstrap = ClusterBootstrap()

    def __post_init__(self) -> None:
        for name in ("outcome", "unit", "period"):
            a_name(getattr(self, name), who=f"Ladder {name}")
        object.__setattr__(self, "features", features_of(self.features, who="features of the Ladder"))
        rungs = self.rungs if isinstance(self.rungs, tuple) else ()
        if not rungs or any(not isinstance(rung, Rung) for rung in rungs) or len({rung.name for rung in rungs}) < len(rungs):
            raise SpecError("Ladder rungs must be a tuple of rungs of different names", found=shown(self.rungs))
        if not isinstance(self.windows, Windows):
            raise SpecError(
                "Ladder windows must be Windows", found=shown(self.windows), do="use Windows(train=…, test=…, horizon=…)"
            )
        for name in ("later", "at_risk"):
            if getattr(self, name) is not None:
                a_name(getattr(self, name), who=f"Ladder {name}")
        if self.calibration is not None:
            able(self.calibration, "fit", who="Ladder calibration", do="use Platt(), Isotonic(), Beta() or VennAbers()")
            if self.windows.calibrate is None:
                raise SpecError("a calibration needs rows of its own", do="give Windows calibrate=(first, last)")
        for name in ("refit", "balance"):
            if not isinstance(getattr(self, name), bool):
                raise SpecError(f"Ladder {name} must be True or False", found=shown(getattr(self, name)))
        number(self.temper, "[0, 1]", who="Ladder temper", do="write 0.5, or 1 for whole weights")
        a_design(self.design, who="Ladder")
        budgets_of(self.budget, who="Ladder")
        if not isinstance(self.groups, tuple):
            raise SpecError("Ladder groups must be a tuple of columns", found=shown(self.groups), do='write ("just_left",)')
        one_of(self.criterion, CRITERIA, who="Ladder criterion")
        whole(self.bins, who="Ladder bins", least=2)
        able(self.bootstrap, "run", who="Ladder bootstrap", do="use ClusterBootstrap()")
        self._nothing_later()

    def fit(self, frame: pd.DataFrame) -> Climbed:
        """Learn every rung, and score all on the rows that test.

        Raises
        ------
        DataError
            A column is absent or not what it should be, or a rung has the name of a column.
        NoAnswer
            A window has no rows, or the outcome does not vary in it.
        """
        a_frame(frame, who="Ladder")
        names = [rung.name for rung in self.rungs]
        taken = [name for name in names if name in frame.columns]
        if taken:
            raise DataError("some rungs have the names of columns", found=several(taken), do="rename the columns")
        event, weights = yes_or_no(frame, self.outcome, who="Ladder"), sampled(frame, self.design, who="Ladder").weights
        key = key_of(frame, self.unit, self.period, who="Ladder")
        told = Told(frame, event, weights, self.risk_set(frame))
        parts = self.windows.parts(key, told.at_risk)
        self._varies(told, parts[0])
        with one_thread():
            models = {rung.name: self._learn(rung, told, parts) for rung in self.rungs}
            tested = frame.loc[parts[2]]
            risks = pd.DataFrame({name: model.risk(tested) for name, model in models.items()}, index=tested.index)
            tested = tested.join(risks) if tested.index.is_unique else _beside(tested, risks)
            return self._judged(tested, models, parts, key, told.at_risk)

    def _varies(self, told: Told, train: Mask) -> None:
        """Refuse rows that train, and could have had the outcome, of which all had it, or none."""
        own = train & told.at_risk
        y, w = told.event[own], told.weights[own]
        if not (w * y).any() or not (w * (1 - y)).any():
            raise NoAnswer(f"'{self.outcome}' does not vary among rows that train", do="give a longer window")

    def risk_set(self, frame: pd.DataFrame) -> Mask:
        """To which rows of a frame the outcome can happen."""
        if self.at_risk is None:
            return np.ones(len(frame), dtype=bool)
        return np.asarray(yes_or_no(frame, self.at_risk, who="Ladder") == 1)

    def _learn(self, rung: Rung, told: Told, parts: tuple[Mask, Mask, Mask]) -> RiskModel:
        """A rung learnt on the rows that train, its curve on those that calibrate."""
        train, calibrate, _ = parts
        frame, event, weights = told.frame, told.event, told.weights
        taught = train if rung.taught_by_all else train & told.at_risk
        estimator = self._fitted(rung, frame, event, weights, taught)
        features = rung.features or self.features
        bare = RiskModel(rung=rung, estimator=estimator, features=features, reference=pd.Series())
        curve: Curve | None = None
        if self.calibration is not None and rung.calibrate:
            w = weights[calibrate]
            curve = self.calibration.fit(bare.risk(frame.loc[calibrate]), event[calibrate], w / w.mean())
        rows = (train | calibrate if self.refit else train) & told.at_risk
        if self.refit and calibrate.any():
            estimator = self._fitted(rung, frame, event, weights, taught | calibrate)
        only = int((taught & ~told.at_risk).sum())
        if (self.temper != 1 or only) and curve is None:
            curve = level_of(replace(bare, estimator=estimator).risk(frame.loc[rows]), event[rows], weights[rows])
        middle = middles(matrix_of(frame.loc[rows], features, gaps=True, who="Ladder").to_numpy(), weights[rows])
        period = key_of(frame.loc[rows], self.unit, self.period, who="Ladder").get_level_values("period")
        return RiskModel(
            rung=rung,
            estimator=estimator,
            features=features,
            reference=pd.Series(middle, index=list(features)),
            curve=curve,
            unit=self.unit,
            period=self.period,
            level=self.bootstrap.level,
            learnt=(
                ("rows", int(rows.sum())),
                ("events", int(event[rows].sum())),
                ("first_origin", int(period.min())),
                ("last_origin", int(period.max())),
                *([("teach_only", only)] if only else []),
            ),
        )

    def _fitted(self, rung: Rung, frame: pd.DataFrame, event: Array, weights: Array, rows: Mask) -> Any:
        from sklearn.base import clone
        from sklearn.utils.validation import has_fit_parameter

        estimator = clone(rung.estimator)
        tags = getattr(estimator, "__sklearn_tags__", None)
        gaps = bool(tags and tags().input_tags.allow_nan)
        X = matrix_of(frame.loc[rows], rung.features or self.features, gaps=gaps, who=f"rung '{rung.name}'")
        y, w = event[rows], weights[rows]
        w = np.where(w > 0, w**self.temper, 0.0)
        w = w / w.mean()
        if self.balance:
            w = np.where(y == 1, w / (w @ y), w / (w @ (1 - y))) * len(w) / 2
        also: dict[str, Any] = {}
        if has_fit_parameter(estimator, "sample_weight"):
            also["sample_weight"] = w
        if self.later is not None and has_fit_parameter(estimator, "later"):
            also["later"] = figures(frame.loc[rows], self.later, who="Ladder later")
        return estimator.fit(X, y.astype(int), **also)

    def _judged(
        self,
        tested: pd.DataFrame,
        models: Mapping[str, RiskModel],
        parts: tuple[Mask, Mask, Mask],
        key: pd.MultiIndex,
        at_risk: Mask,
    ) -> Climbed:
        names = tuple(models)
        ask: dict[str, Any] = {"outcome": self.outcome, "risks": names, "design": self.design, "bootstrap": self.bootstrap}
        listed = Targeting(budgets=self.budget, **ask).measure(tested)
        scored = RiskScores(bins=self.bins, **ask).measure(tested)
        frame, differences = _together(listed.frame, scored.frame), _together(listed.differences, scored.differences)
        held = listed if self.criterion in TARGETED else scored
        rows = (held.frame["measure"] == self.criterion).to_numpy()
        df = max(int(sampled(tested, self.design, who="Ladder").degrees_of_freedom()), 1)
        beats = pairs_of(names, held.frame.loc[rows, "estimate"].to_numpy(), held.draws[:, rows], df, self.bootstrap.level)
        if self.criterion in SMALLER:
            beats = beats.assign(estimate=-beats["estimate"], ci_low=-beats["ci_high"], ci_high=-beats["ci_low"])
        risks = tested[[self.outcome, *names]].set_axis(key[parts[2]], axis=0)
        return Climbed(
            spec=self,
            frame=frame,
            differences=differences,
            beats=beats,
            groups=self._groups(tested, names),
            chosen=simplest_unbeaten(names, beats),
            models=dict(models),
            risks=risks,
            notes=(*self._notes(parts, at_risk), *scored.notes),
        )

    def _groups(self, tested: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
        """Observed and predicted in each group, rung by rung."""
        if not self.groups:
            return pd.DataFrame()
        found = []
        for name in names:
            audit = FairnessAudit(
                outcome=self.outcome,
                risk=name,
                attributes=self.groups,
                budget=self.budget,
                design=self.design,
                bootstrap=self.bootstrap,
            )
            found.append(audit.measure(tested).frame.assign(rung=name))
        table = pd.concat(found, ignore_index=True)
        return table[["rung", *table.columns.drop("rung")]]

    def _nothing_later(self) -> None:
        """Refuse an outcome, or a later income, among the features."""
        every = {name for rung in self.rungs for name in rung.features or self.features} | set(self.features)
        known = [
            name
            for name in (self.outcome, self.later, self.at_risk, self.unit, self.design.weights)
            if name is not None and name in every
        ]
        if known:
            raise SpecError(
                "features may not hold the outcome, its income, who is at risk, the unit or weights",
                found=several(known),
                do="leave them out",
            )

    def _notes(self, parts: tuple[Mask, Mask, Mask], at_risk: Mask) -> tuple[Note, ...]:
        n = [int((rows & at_risk).sum()) for rows in parts]
        text = Text(
            "训练 {a:,} 行、校准 {b:,} 行、检验 {c:,} 行，按起点期先后划分，检验开始前全部结果已知，住户不跨集合。",
            "{a:,} rows train, {b:,} calibrate, {c:,} test, by origin; outcomes were known before; no home is on two sides.",
        )
        notes = [Note("choice", text.format(a=n[0], b=n[1], c=n[2]))]
        rule = Text(
            "默认取最简单、且没有其他模型明显胜过的一级（按 {measure}，区间下限大于 0 为明显）。",
            "The default is the simplest rung that no other beats clearly (by {measure}: interval of the difference above 0).",
        )
        notes.append(Note("choice", rule.format(measure=self.criterion)))
        if (more := int((parts[0] & ~at_risk).sum())) and any(rung.taught_by_all for rung in self.rungs):
            text = Text(
                "另有 {n:,} 行不在风险集内（如起点期即为贫困），只参与学习，不用于校准和检验。",
                "{n:,} more rows, such as homes poor at the origin, are not at risk: they teach, but do not calibrate or test.",
            )
            notes.append(Note("choice", text.format(n=more)))
        if self.refit and parts[1].any():
            notes.append(
                Note(
                    "choice", Text("各级在训练与校准两段上重新学习。", "Rungs learnt once more on rows that train and calibrate.")
                )
            )
        if self.temper != 1:
            text = Text(
                "学习时权数取 {x:g} 次方；评分使用全部权数。",
                "Weights have the power {x:g} in the fit, and are whole in scores.",
            )
            notes.append(Note("choice", text.format(x=self.temper)))
        if self.balance:
            even = Text(
                "按要求平衡了两类的权重：预测概率因此偏高，须重新校准，排序并不更好。",
                "Outcomes were given equal weight, as asked: risks are then too high, to be calibrated; ranking gains nothing.",
            )
            notes.append(Note("caution", even))
        return tuple(notes)


class Told(NamedTuple):
    """What a ladder is told: a frame, the outcome of each row, its weight, and whether the outcome could happen to it."""

    frame: pd.DataFrame
    event: Array
    weights: Array
    at_risk: Mask


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Climbed(Answer):
    """The ladder, climbed: `frame` has columns `measure` (exclusion error first), `rung`, `estimate`, its errors and `n`.

    `differences` has the same with `against`: each rung less the simplest, by the same resamples. `beats` has, of each ordered
    pair, how much `rung` gains over `against` by the criterion. `groups` has observed and predicted in each group. `chosen` is
    the default, `models` are the rungs as they learnt, `risks` the risks of the rows that test, keyed by (unit, period).
    """

    spec: Ladder
    differences: pd.DataFrame
    beats: pd.DataFrame
    groups: pd.DataFrame
    chosen: str
    models: Mapping[str, RiskModel]
    risks: pd.DataFrame

    @property
    def model(self) -> RiskModel:
        """The default rung as it learnt."""
        return self.models[self.chosen]

    @property
    def wide(self) -> pd.DataFrame:
        """One row a rung, one column a measure: the estimates alone."""
        measures = list(dict.fromkeys(self.frame["measure"]))
        return self.frame.pivot(index="rung", columns="measure", values="estimate").loc[list(self.models), measures]


def level_of(risk: Array, event: Array, weights: Array) -> PlattCurve:
    """The curve that moves all logits alike so that, by these weights, as many events are said as there were.

    Examples
    --------
    >>> p, y, w = np.array([0.2, 0.2, 0.4]), np.array([0.0, 1.0, 1.0]), np.array([1.0, 1.0, 2.0])
    >>> bool(np.isclose(w @ level_of(p, y, w).score(p), w @ y))
    True
    """
    found = logistic(np.ones((1, len(risk))), event, weights / weights.mean(), offset=logit(risk))
    return PlattCurve(float(found[0]), 1.0, "logit")


def _together(listed: pd.DataFrame, scored: pd.DataFrame) -> pd.DataFrame:
    """Measures of lists, then of scores, in one table."""
    first = listed[listed["measure"].isin(TARGETED)].drop(columns="budget")
    return pd.concat([first, scored], ignore_index=True).rename(columns={"risk": "rung"})


def _beside(tested: pd.DataFrame, risks: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([tested.reset_index(drop=True), risks.reset_index(drop=True)], axis=1)
