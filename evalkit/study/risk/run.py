"""A risk study: homes read, labeled and described by what was known, leaks refused, the ladder climbed, one rung kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evalkit.errors import NoAnswer, SpecError, located, several
from evalkit.panel.form import read_form, whereabouts
from evalkit.report.risk.study import NAMED, RiskFindings
from evalkit.risk.drift.drift import Drift, Drifted
from evalkit.risk.explanation.importance import PermutationImportance
from evalkit.risk.fairness.fairness import Fairness, FairnessAudit
from evalkit.risk.features.aside import HeldAside
from evalkit.risk.features.dated import DatedFeatures, Feature, FeaturePlan
from evalkit.risk.keeping.card import Card
from evalkit.risk.labels.labels import Labels, ReturnLabel
from evalkit.risk.labels.outcomes import EVENTS
from evalkit.risk.ladder import Climbed, Ladder
from evalkit.risk.leakage.check import LeakageCheck, Leaks, refuse_leaks
from evalkit.risk.lists.targeting import Targeting
from evalkit.risk.models.boosting import need_interpret
from evalkit.risk.models.fitted import RiskModel
from evalkit.risk.models.rungs import NAMES, Rung, standard_rungs
from evalkit.risk.models.windows import Windows
from evalkit.risk.scoring.bootstrap import ClusterBootstrap
from evalkit.risk.scoring.scores import RiskScores
from evalkit.stats.arrays import Mask
from evalkit.study.risk.form import CURVES, OVER_LINE, RiskForm
from evalkit.study.risk.homes import Homes, labels_of, later_income, poor_homes, read_homes, where_of
from evalkit.study.risk.names import accepts_are_of_features, features_are_there, ladder_is_drawn
from evalkit.terms import Text, same

Progress = Callable[[str], None]
LABEL, LATER, WEIGHT, KEPT, AT_RISK = "label", "later income", "row weight", "risk of the model", "could fall"
STRUCK = ("illness_lately", "job_lost_lately", "dropout_lately", "struck_lately")
HELPERS = ("official_line", "income_alone")  # rungs that need income over the line
RELATIVE = ("line_or_shock", *HELPERS)
OWN = (OVER_LINE.name,)  # drawn for the rules alone: regressions and boosting have its logarithm


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Told:
    """Labeled rows: `frame` keyed by (unit, origin) has features, what is held aside, label, later income, weights and places.

    `every` has below them the homes that were poor at the origin, where these teach, and says by `AT_RISK` who could fall.
    """

    homes: Homes
    plan: FeaturePlan
    features: DatedFeatures
    labels: Labels
    leaks: Leaks
    every: pd.DataFrame

    @property
    def frame(self) -> pd.DataFrame:
        """The rows of homes that could fall."""
        return self.every[self.every[AT_RISK] == 1]

    def parts(self, windows: Windows) -> tuple[Mask, Mask, Mask]:
        """Which rows of `frame` train, calibrate and test."""
        could = (self.every[AT_RISK] == 1).to_numpy()
        train, calibrate, test = windows.parts(_key(self.every), could)
        return train[could], calibrate[could], test[could]


@dataclass(frozen=True)
class RiskStudy:
    """One risk study: `form` is its file as read, `path` where it lies (paths in it are relative to it).

    Examples
    --------
    >>> from evalkit.datasets import folder
    >>> RiskStudy.read(folder() / "studies" / "risk.toml").form.label.build(RiskStudy.read(
    ...     folder() / "studies" / "risk.toml").form.homes).name
    'falling@1'
    """

    form: RiskForm
    path: Path

    @classmethod
    def read(cls, path: str | Path) -> RiskStudy:
        """A risk study from its TOML file, checked; faults are named with file and line."""
        study = cls(form=read_form(Path(path), RiskForm), path=Path(path))
        for part, build in (("label", study._label), ("features", study._features), ("split", study._windows)):
            with located(f"{study.path.name}, [{part}]"):
                build()
        features_are_there(study.form.features, study.path)
        return study

    def run(self, key: bytes | None = None, progress: Progress = lambda stage: None) -> RiskFindings:
        """Read, label, describe, look for leaks, climb the ladder and audit the rung that is kept.

        Raises
        ------
        SpecError
            The study asks for what does not fit together.
        DataError
            The file lacks what is asked for, or a model would know what it cannot; each finding is named.
        NoAnswer
            No row can be labeled, or a window holds none.
        """
        progress("homes")
        told = self._told(key)
        with located(whereabouts(self.path, "list")):
            tested = told.frame[told.parts(self._windows())[2]]
            self.form.list.budget.over(tested, np.ones(len(tested)))
        progress("ladder")
        with located(f"{self.path.name}, [ladder]"):
            rungs = self._rungs(told)
            climbed = self._climb(told, rungs, key)
        progress("audits")
        return self._found(told, climbed)

    def _label(self) -> ReturnLabel:
        return self.form.label.build(self.form.homes)

    def _features(self) -> tuple[HeldAside, tuple[Feature, ...]]:
        return self.form.features.held, self.form.features.own

    def _windows(self) -> Windows:
        return self.form.split.build(self.form.label)

    def _told(self, key: bytes | None) -> Told:
        """The homes with their labels and features, refused where a model would know what it cannot."""
        form = self.form
        must = [*form.features.must_read, *form.label.figures]
        with located(f"{self.path.name}, [homes]"):
            homes = read_homes(where_of(form.homes, self.path.parent), form, key, sorted(must), form.features.may_read)
        with located(f"{self.path.name}, [label]"):
            labels = labels_of(form, homes.frame)
        with located(f"{self.path.name}, [features]"):
            plan = form.features.build(set(homes.frame.columns), income=form.homes.income is not None)
            features = plan.measure(homes.frame)
        taught = self._taught(homes, labels)
        every = self._laid_beside(homes, taught, features)
        accepts_are_of_features(form.accept, features.frame.columns, self.path)
        leaks = self._leaks(homes, taught.loc[every.index], features, every)
        with located(f"{self.path.name}, [features]"):
            refuse_leaks(leaks)
        return Told(homes=homes, plan=plan, features=features, labels=labels, leaks=leaks, every=every)

    def _taught(self, homes: Homes, labels: Labels) -> pd.DataFrame:
        """The labels, and below them those of homes that were poor at the origin, where these teach."""
        told = labels.frame.assign(**{AT_RISK: 1})
        if not self.form.ladder.poor_teach:
            return told
        return pd.concat([told, poor_homes(self.form, labels, homes.frame).assign(**{AT_RISK: 0})])

    def _laid_beside(self, homes: Homes, told: pd.DataFrame, features: DatedFeatures) -> pd.DataFrame:
        """Everything the ladder needs of each row that teaches or tests; homes that are dealt to another part are left out."""
        form, index = self.form, told.index
        rows = homes.frame.reindex(index.set_names(["unit", "period"])).set_axis(index, axis=0)
        places = [name for name in (*form.homes.texts, "village", "county") if name in rows]
        frame = features.matrix.loc[index].join(features.aside.loc[index])
        taken = sorted(set(frame.columns) & {*places, *NAMES, LABEL, LATER, WEIGHT, KEPT, AT_RISK})
        if taken:
            raise SpecError("features have names that are taken", where=self.path.name, found=several(taken), do="rename them")
        frame = frame.join(rows[list(dict.fromkeys(places))])
        members = rows["members"] if form.counts_persons else 1.0
        frame = frame.assign(**{LABEL: told["label"], WEIGHT: told["weight"] * members, AT_RISK: told[AT_RISK]})
        later = later_income(form, homes.frame)
        if later is not None:
            frame[LATER] = later.loc[index]
            frame = frame[(frame[AT_RISK] == 1) | frame[LATER].notna()]
            frame = frame if frame[LATER].notna().all() else frame.drop(columns=LATER)
        return frame[self._dealt(frame)]

    def _dealt(self, frame: pd.DataFrame) -> Mask:
        """Rows of homes in the part they were dealt to by lot, those that could fall first; all rows where none are dealt."""
        split = self.form.split
        if not split.shares:
            return np.ones(len(frame), dtype=bool)
        unit, names = pd.factorize(frame.index.get_level_values("unit"), sort=True)
        could, lots = np.isin(np.arange(len(names)), unit[frame[AT_RISK] == 1]), np.random.default_rng(split.seed)
        part = np.zeros(len(names), dtype=np.intp)
        for some in (could, ~could):
            bounds = np.cumsum(split.shares)[:-1] * some.sum()
            part[some] = np.searchsorted(bounds, lots.permutation(int(some.sum())), side="right")
        spans = [span for span in (split.train, split.calibrate, split.test) if span is not None]
        first, last = (np.array([span[end] for span in spans])[part[unit]] for end in (0, 1))
        origin = frame.index.get_level_values("origin").to_numpy()
        return np.asarray((origin >= first) & (origin <= last))

    def _leaks(self, homes: Homes, told: pd.DataFrame, features: DatedFeatures, frame: pd.DataFrame) -> Leaks:
        """What a model would know and cannot, with what the study answers for set aside."""
        told = told.rename(columns={AT_RISK: "at_risk"})
        with located(f"{self.path.name}, [split]"):
            train, calibrate, test = self._windows().parts(_key(frame), (told["at_risk"] == 1).to_numpy())
        folds = [(np.flatnonzero(train | calibrate), np.flatnonzero(test))]
        panel = homes.frame if self.form.label.outcome is None else None
        check = LeakageCheck(accept=tuple(one.key for one in self.form.accept))
        return check.measure(features, told, folds=folds, places=frame.get("village"), panel=panel)

    def _rungs(self, told: Told) -> tuple[Rung, ...]:
        """The rungs that are asked for, as far as the columns they rest on are drawn."""
        asked, drawn = self.form.ladder, set(told.features.frame.columns)
        every = [name for name in told.features.frame.columns if name not in OWN]
        if not every:
            raise SpecError("no feature is drawn", do="name columns in [features]")
        ladder_is_drawn(asked, every, self.path)
        shocks = [name for name in STRUCK if name in drawn] if asked.shocks is None else list(asked.shocks)
        if "explainable" in asked.rungs:
            need_interpret()
        rungs = standard_rungs(
            income=OVER_LINE.name,
            log_income="income_level" if "income_level" in drawn else OVER_LINE.name,
            shocks=shocks,
            last_status="just_left" if "just_left" in drawn else None,
            duration="waves_since_exit" if "waves_since_exit" in drawn else None,
            classes=asked.classes,
            bends=asked.bends,
            rising=asked.rising,
            falling=asked.falling,
            features=every,
        )
        kept = [one for one in rungs if one.name in asked.rungs and (OVER_LINE.name in drawn or one.name not in RELATIVE)]
        for one in kept:
            if "multiple" in one.estimator.get_params(deep=False):
                one.estimator.set_params(multiple=asked.multiple)
        names = [one.name for one in kept]
        if not names:
            raise SpecError("no rung can be climbed on these columns", found=several(asked.rungs), do="ask for others")
        if asked.choose is not None and asked.choose not in names:
            do = "choose one of these, or name the columns it rests on in [features]"
            raise SpecError(f"'{asked.choose}' cannot be climbed on these columns, nor kept", found=several(names), do=do)
        return tuple(kept)

    def _climb(self, told: Told, rungs: tuple[Rung, ...], key: bytes | None) -> Climbed:
        asked = self.form.ladder
        signed = [one.name for one in rungs if one.name in ("boosting", "averaged")]
        if key is None and signed:
            do = "give a key, so that the file of the model is signed, or leave them out of rungs"
            raise SpecError("boosted trees are kept in signed files only", found=several(signed), do=do)
        ladder = Ladder(
            outcome=LABEL,
            features=tuple(name for name in told.features.frame.columns if name not in OWN),
            rungs=rungs,
            windows=self._windows(),
            later=LATER if LATER in told.frame else None,
            design=self.form.design,
            unit="unit",
            period="origin",
            calibration=None if asked.calibration is None else CURVES[asked.calibration],
            at_risk=AT_RISK if asked.poor_teach else None,
            refit=asked.refit,
            temper=asked.temper,
            balance=asked.balance,
            budget=self.form.list.budget,
            criterion=asked.criterion,
            bootstrap=self._bootstrap,
        )
        return ladder.fit(told.every)

    @property
    def _bootstrap(self) -> ClusterBootstrap:
        asked = self.form.ladder
        return ClusterBootstrap(replicates=asked.draws, seed=asked.seed, level=asked.level)

    def _found(self, told: Told, climbed: Climbed) -> RiskFindings:
        """The rung that is kept, judged alone, with what a reader must know."""
        form = self.form
        kept = form.ladder.choose or climbed.chosen
        model = climbed.models[kept]
        frame, parts = told.frame, told.parts(climbed.spec.windows)
        tested = frame[parts[2]]
        tested = tested.assign(**{KEPT: model.risk(tested)})
        ask: dict[str, Any] = {"outcome": LABEL, "design": form.design, "bootstrap": self._bootstrap}
        themes = self.reasons(told.features)
        targeted = Targeting(risks=KEPT, budgets=form.list.budget, **ask).measure(tested)
        scored = RiskScores(risks=KEPT, **ask).measure(tested)
        fairness = self._fair(tested, ask)
        drifted = self._drift(frame, parts, model)
        card = self._card(told, model).write(targeted=targeted, scored=scored, fairness=fairness, drifted=drifted, risk=KEPT)
        return RiskFindings(
            title=form.title,
            subtitle=form.subtitle,
            organization=form.report.organization,
            date=form.report.date,
            statement=form.report.statement,
            source=told.homes.source,
            fingerprint=told.homes.fingerprint,
            homes=told.homes.frame.index.get_level_values("unit").nunique(),
            keyed=told.homes.keyed,
            names=self._names,
            labels=told.labels,
            leaks=told.leaks,
            why=tuple(_accepted(one.key, one.because) for one in form.accept),
            climbed=climbed,
            kept=kept,
            targeted=targeted,
            scored=scored,
            importance=PermutationImportance(themes=themes, **ask).measure(model, tested),
            fairness=fairness,
            drifted=drifted,
            card=card,
            plan=told.plan,
            themes=themes,
            trained=frame[parts[0] | parts[1]] if climbed.spec.refit else frame[parts[0]],
        )

    def reasons(self, features: DatedFeatures) -> dict[str, str]:
        """The theme of each feature in the terms of the monitoring system."""
        return {str(name): self.form.features.reason(str(name), str(theme)) for name, theme in features.themes.items()}

    def _fair(self, tested: pd.DataFrame, ask: dict[str, Any]) -> Fairness | None:
        """The audit over what is held aside; None where nothing is, or no group is large enough."""
        names = self.form.features.held.names
        if not names:
            return None
        told = tested.assign(**{name: _words(tested[name]) for name in names})
        try:
            return FairnessAudit(risk=KEPT, attributes=names, budget=self.form.list.budget, **ask).measure(told)
        except NoAnswer:
            return None

    def _drift(self, frame: pd.DataFrame, parts: tuple[Mask, Mask, Mask], model: RiskModel) -> Drifted | None:
        """What moved from the last rows learnt or calibrated on to those that test."""
        before = parts[1] if parts[1].any() else parts[0]
        rows = frame[before | parts[2]]
        early, late = (_span(frame[mask]) for mask in (before, parts[2]))
        rows = rows.assign(**{KEPT: model.risk(rows), "part": np.where(before[before | parts[2]], early, late)})
        drift = Drift(
            risk=KEPT, features=model.features, outcome=LABEL, period="part", reference=(early,), design=self.form.design
        )
        try:
            return drift.measure(rows)
        except NoAnswer:
            return None

    @property
    def _names(self) -> dict[str, Text]:
        return {**NAMES, **NAMED, KEPT: Text("本模型", "the model"), **self.form.features.names}

    def _card(self, told: Told, model: RiskModel) -> Card:
        form, learnt = self.form, dict(model.learnt)
        label = told.labels.spec
        says = form.label.says or Text("{event}；间隔 {h} 期", "{event}; {h} period(s) ahead").format(
            event=EVENTS[label.event], h=label.horizon
        )
        return Card(
            name=form.report.name or form.title,
            data=form.report.data or same(told.homes.source),
            trained=(learnt["first_origin"], learnt["last_origin"]),
            taught=(learnt["rows"] + learnt.get("teach_only", 0), learnt.get("teach_only", 0)),
            label=label.name,
            label_says=says,
            line_version=label.line_version,
            features=model.features,
            held_aside=form.features.held.names,
            names=self._names,
            limits=form.report.limits,
            contact=form.report.contact,
            appeal=form.report.appeal,
        )


def _key(frame: pd.DataFrame) -> pd.MultiIndex:
    """The index of rows, called (unit, period)."""
    assert isinstance(frame.index, pd.MultiIndex)
    return frame.index.set_names(["unit", "period"])


def _span(frame: pd.DataFrame) -> str:
    """The origins of rows, first and last."""
    origin = frame.index.get_level_values("origin")
    return str(origin.min()) if origin.min() == origin.max() else f"{origin.min()}–{origin.max()}"


def _words(column: pd.Series) -> pd.Series:
    """A column of groups as words: whole numbers without their point, gaps by name."""
    if pd.api.types.is_float_dtype(column.dtype) and (column.dropna() % 1 == 0).all():
        column = column.astype("Int64")
    return column.astype("string").fillna("not known")


def _accepted(rule: str, because: Text) -> Text:
    text = Text("接受的发现 {rule}：{because}", "Accepted finding {rule}: {because}")
    return text.format(rule=rule, because=because)
