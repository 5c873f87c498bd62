"""Study: one assessment as declared, from reading the panel to the assessment that the report prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import TYPE_CHECKING, Any

from evalkit import datasets
from evalkit.answer import Note
from evalkit.coupling.static import Coordination, CouplingCoordination
from evalkit.coupling.variant_comparison import compare_variants
from evalkit.distribution.groups import GroupDifferences, Groups
from evalkit.errors import DataError, EvalkitError, SpecError, did_you_mean, located, several
from evalkit.indicators.index import CompositeIndex
from evalkit.indicators.obstacle import ObstacleDegree
from evalkit.indicators.treatment.availability import Screened
from evalkit.indicators.treatment.missing import treat
from evalkit.panel.audit import Audit, accepted, audit_panel, refuse
from evalkit.panel.boundaries import Boundaries
from evalkit.panel.checks.observed import asked_of
from evalkit.panel.findings import Finding
from evalkit.panel.form import read_form, read_system, whereabouts
from evalkit.panel.panel import Panel, resolve
from evalkit.panel.read import Layout, open_table
from evalkit.panel.system import IndicatorSystem
from evalkit.panel.tidy import tidy
from evalkit.report.assessment.found import Accepted, Assessment, Monitored
from evalkit.report.assessment.households import HouseholdFindings
from evalkit.study.blame import blamed, placed, refuse_its_weight
from evalkit.study.doubt import coordination_doubts
from evalkit.study.form import StudyForm, SystemChoice
from evalkit.study.households.survey import household_findings
from evalkit.study.monitor.told import filled, monitored
from evalkit.study.movement import STILL, movement
from evalkit.study.robust import Asked, Scores, applicable, firmness, quality
from evalkit.study.slips import refuse_strange_accepts, unprinted
from evalkit.study.whole_file import defects_of, whole_panel
from evalkit.terms import Text

if TYPE_CHECKING:
    from evalkit.report.risk.study import RiskFindings

Progress = Callable[[str], None]

UNBOUNDED = ("z_score", "centered")  # normalizations whose scores leave [0, 1]

LIBRARIES = (
    "evalkit",
    "numpy",
    "pandas",
    "duckdb",
    "matplotlib",
    "python-docx",
    "XlsxWriter",
    "jinja2",
    "python-calamine",
    "pydantic",
    "scipy",
)


@dataclass(frozen=True)
class Study:
    """One assessment: `form` is the study file as read, `path` where it lies (paths in it are relative to it).

    Examples
    --------
    >>> study = Study.read(datasets.folder() / "studies" / "counties.toml")
    >>> list(study.systems)
    ['consolidation', 'revitalization']
    """

    form: StudyForm
    path: Path

    @classmethod
    def read(cls, path: str | Path) -> Study:
        """A study from its TOML file, checked; faults are named with file and line."""
        form = read_form(Path(path), StudyForm)
        for key, normalize in [("normalize", form.normalize), *(("robustness.normalize", o) for o in form.robustness.normalize)]:
            if normalize.method in UNBOUNDED:
                what = f"'{key}': scores by '{normalize.method}' leave [0, 1] and cannot be coupled"
                raise SpecError(what, where=whereabouts(Path(path), *key.split(".")), do="use min_max or target")
        return cls(form=form, path=Path(path))

    @cached_property
    def systems(self) -> dict[str, IndicatorSystem]:
        """The indicator systems, by the name they have in the study, in its order."""
        systems: dict[str, IndicatorSystem] = {}
        for at, choice in enumerate(self.form.system):
            with located(whereabouts(self.path, "system", at, "file")):
                system = self._system(choice)
                name = choice.name or system.id
                if name in systems:
                    raise SpecError(f"two systems are called '{name}'", do="give one another name = …")
            systems[name] = system
        self._refuse_strange_bounds()
        return _told_apart(systems)

    def _refuse_strange_bounds(self) -> None:
        """Refuse bounds of what no system holds: the indicator that was meant would be scored by others."""
        bounds, targets = self.form.normalize.bounds, self.form.normalize.targets
        every = [one.id for choice in self.form.system for part in self._whole(choice).dimensions for one in part.indicators]
        for key, given in (("bounds", bounds), ("targets", targets)):
            strange = [name for name in given if name not in every] if isinstance(given, dict) else []
            if strange:
                where = whereabouts(self.path, "normalize", key)
                do = did_you_mean(strange[0], every) or "name indicators of the systems"
                raise SpecError(f"{key} are given for [{several(strange)}], which no system holds", where=where, do=do)

    def _system(self, choice: SystemChoice) -> IndicatorSystem:
        """The system that is chosen: all of it, or its core."""
        whole = self._whole(choice)
        return whole.core() if choice.core else whole

    def _whole(self, choice: SystemChoice) -> IndicatorSystem:
        """The system as declared: a file beside the study, or a shipped one."""
        beside = self.path.parent / choice.file
        return read_system(beside) if beside.suffix == ".toml" else datasets.systems(choice.file, core=False)[choice.file]

    def _unscored(self, scores: Scores) -> dict[str, tuple[Text, ...]]:
        """The dimensions that each system declares and that were not scored."""
        scored = {name: {dimension.id for dimension in score.system.dimensions} for name, score in scores.items()}
        return {
            name: tuple(one.name for one in self._whole(choice).dimensions if one.id not in scored[name])
            for name, choice in zip(self.systems, self.form.system, strict=True)
        }

    @property
    def columns(self) -> tuple[str, ...]:
        """The panel columns the systems score, each once."""
        return _columns(self.systems)

    @property
    def layout(self) -> Layout:
        """What the columns of the panel file are."""
        form = self.form.panel
        with located(whereabouts(self.path, "panel")):
            return Layout(
                unit=form.unit,
                period=form.period,
                name=form.name,
                groups=form.groups,
                weight=form.weight,
                columns=form.columns,
                missing=form.missing,
                wanted=tuple(asked_of(tuple(self.systems.values()))),
            )

    @cached_property
    def _read(self) -> Panel:
        """The panel as it stands in its file."""
        form = self.form.panel
        if form.dataset is not None:
            with located(whereabouts(self.path, "panel", "dataset")):
                return datasets.load(form.dataset)
        layout, path = self.layout, self.path.parent / str(form.file)
        raw = open_table(path, sheet=form.sheet, header=form.header, text=layout.texts)
        return whole_panel(tidy(raw, layout), self._wrong)

    def _wrong(self, panel: Panel) -> list[Finding]:
        """What is wrong with the values of a panel as the study takes them, and that it does not accept."""
        try:
            taken = self._taken(panel, self._told(panel))
        except EvalkitError:  # it lacks what the study fills it from, divides it by or cuts it to, and cannot be taken
            return []
        return defects_of(self._audited(taken), [one.key for one in self.form.accept])

    @cached_property
    def monitored(self) -> Monitored | None:
        """What the study's monitor tells, if it has one."""
        return self._told(self._read)

    def _told(self, panel: Panel) -> Monitored | None:
        """What the study's monitor, if it has one, tells of the places of a panel."""
        if self.form.monitoring is None:
            return None
        with located(whereabouts(self.path, "monitoring")):
            return monitored(self.form.monitoring, self.path.parent, panel)

    @cached_property
    def panel(self) -> Panel:
        """The panel as observed, what it lacks of monitoring filled in, cut to the studied periods."""
        return self._taken(self._read, self.monitored)

    def _taken(self, panel: Panel, told: Monitored | None) -> Panel:
        """A panel as the study takes it."""
        form = self.form.panel
        panel = panel if told is None else filled(panel, told, self.columns)
        if self.form.denominate is not None:
            refuse_its_weight(self.form, self.path, panel)
            with located(whereabouts(self.path, "denominate")):
                panel = self.form.denominate.build().apply(panel)
        if form.periods is not None:
            with located(whereabouts(self.path, "panel", "periods")):
                panel = panel.at(slice(*form.periods))
        if self.form.reference is not None:
            with located(whereabouts(self.path, "reference")):
                resolve(slice(*self.form.reference), panel.periods)
        return self._blanked(panel)

    def audit(self) -> Audit:
        """What is wrong with the panel, seen through the study's indicator systems."""
        return self._audited(self.panel)

    def _audited(self, panel: Panel) -> Audit:
        return audit_panel(panel, tuple(self.systems.values()), reference=self.form.reference)

    def run(self, progress: Progress = lambda stage: None) -> Assessment:
        """Audit, score, couple, and hold against other settings; `progress` is told the name of each stage.

        Raises
        ------
        DataError
            The audit finds a defect that the study does not accept, or the data cannot answer.
        """
        progress("audit")
        audit = self.audit()
        refuse_strange_accepts(self.form.accept, self.panel, self.systems.values(), self.path)
        refuse(audit, accept=[one.key for one in self.form.accept])
        ground = self._ground()
        progress("indices")
        screened, panel, systems = self._screened()
        with located(whereabouts(self.path, "missing", "steps")):
            treated = treat(panel, _columns(systems), tuple(step.build() for step in self.form.missing.steps))
        asked = Asked(self._indices(systems), treated.panel, self.form.reference, self._couple)
        with placed(self.path, self.form.panel.file or self.path.name), self._blamed(asked):
            scores = asked.scores()
        with located(f"{self.path.name}, [robustness]"), self._blamed(asked):
            asked = applicable(asked, self.form.robustness)
        bond = self._couple(scores)
        progress("obstacles")
        drag = ObstacleDegree(top=self.form.top_obstacles)
        obstacles = {name: drag.measure(score) for name, score in scores.items()}
        return Assessment(
            **self._words(),
            **self._further(asked, scores, bond, progress),
            panel=replace(treated.panel, notes=(*panel.notes, *treated.notes, *unprinted(self.form))),
            audit=audit,
            accepted=tuple(self._accepted(audit)),
            screened=screened,
            scores=scores,
            filled=treated.filled,
            bond=bond,
            obstacles=obstacles,
            groups=_by_groups(bond, treated.panel),
            unscored=self._unscored(scores),
            ground=ground,
            versions={"python": python_version(), **{name: version(name) for name in LIBRARIES}},
        )

    def _words(self) -> dict[str, Any]:
        """What the study says of its report."""
        form, report = self.form, self.form.report
        return {
            "title": form.title,
            "subtitle": form.subtitle,
            "organization": report.organization,
            "date": report.date,
            "statement": report.statement,
            "chapters": report.chapters,
            "basis": report.basis,
            "signatories": form.signoff.build(report.organization),
        }

    def _further(self, asked: Asked, scores: Scores, bond: Coordination, progress: Progress) -> dict[str, Any]:
        """What is worked out only for the chapters that are asked for, and how firm the result is."""
        form, chapters = self.form, self.form.report.chapters
        progress("uncertainty")
        with located(f"{self.path.name}, [uncertainty]"):
            doubts = coordination_doubts(asked, form, self._coupling) if "uncertainty" in chapters else {}
        with located(f"{self.path.name}, [forecast]"):
            ahead = form.forecast.build().measure(bond.series) if form.forecast and "forecast" in chapters else None
        progress("robustness")
        with located(f"{self.path.name}, [robustness]"), self._blamed(asked):
            firm = firmness(asked, form.robustness, scores, bond)
        return {
            "doubts": doubts,
            "forecast": ahead,
            "firmness": firm,
            "households": self._households() if "households" in chapters else None,
            "movement": movement(bond, scores) if "dynamics" in chapters else STILL,
            "quality": quality(asked, scores) if "indicators" in chapters else {},
            "variants": compare_variants(bond) if "robustness" in chapters else None,
            "risk": self._risk() if "risk" in chapters else None,
            "monitoring": self.monitored if "monitoring" in chapters else None,
        }

    def _ground(self) -> Boundaries | None:
        """Where the study's maps are drawn, if it says so; at least one place must be there."""
        if self.form.map is None:
            return None
        with located(whereabouts(self.path, "map")):
            ground = self.form.map.build(self.path.parent, self.panel.units)
            if not set(ground.units) & set(self.panel.units):
                what, do = "no place of the panel is among those of the map", "name the property that holds its codes: key = …"
                do = do if self.form.map.tiles is None else "give the codes of the panel in the column unit of the tiles"
                raise DataError(what, found=f"{len(ground.units):,} other codes", do=do)
        return ground

    def _households(self) -> HouseholdFindings | None:
        """What the study's survey of households tells, if it has one."""
        if self.form.households is None:
            return None
        with located(f"{self.path.name}, [households]"):
            return household_findings(self.form.households, self.path.parent)

    def _risk(self) -> RiskFindings | None:
        """What the risk study finds that the study names, if it names one."""
        if self.form.risk is None:
            return None
        from evalkit.study.risk.run import RiskStudy

        return RiskStudy.read(self.path.parent / self.form.risk.file).run()

    def _screened(self) -> tuple[dict[str, Screened], Panel, dict[str, IndicatorSystem]]:
        """The panel and the systems without the units and indicators that too little is known of."""
        found, panel, systems = dict[str, Screened](), self.panel, dict(self.systems)
        if self.form.screen is not None:
            for name, system in self.systems.items():
                with located(whereabouts(self.path, "screen")):
                    found[name] = self.form.screen.build().measure(panel, system)
                panel, systems[name] = found[name].panel, found[name].system
        return found, panel, systems

    def _indices(self, systems: Mapping[str, IndicatorSystem]) -> dict[str, CompositeIndex]:
        """The index of each system, as the study declares it."""
        form, folder = self.form, self.path.parent
        choices = dict(zip(self.systems, form.system, strict=True))
        return {
            name: CompositeIndex(
                system=system,
                treat=(),
                outliers=None if form.outliers is None else form.outliers.build(),
                normalize=form.normalize.of(system.columns).build(),
                weigh=(choices[name].weigh or form.weigh).build(folder, system, self._whole(choices[name])),
                aggregate=form.aggregate.build(),
            )
            for name, system in systems.items()
        }

    def _blamed(self, asked: Asked) -> AbstractContextManager[None]:
        """What is declared nowhere is said of the table that lacks it."""
        return blamed(self.form, self.path, [index.system for index in asked.indices.values()])

    def _accepted(self, audit: Audit) -> list[Accepted]:
        """What the study answers for, and how many defects that covers."""
        return [
            Accepted(one.rule, one.column, one.because, int(accepted(audit.defects, [one.key]).sum())) for one in self.form.accept
        ]

    def _blanked(self, panel: Panel) -> Panel:
        """The panel without the cells that the study knows to be wrong."""
        frame, notes = panel.frame.copy(), list(panel.notes)
        for at, one in enumerate(self.form.blank):
            cell = (one.unit, one.period)
            if cell not in frame.index or one.column not in frame:
                what = f"[[blank]] names '{one.column}' of {one.unit} in {one.period}, which the panel does not have"
                raise SpecError(what, where=whereabouts(self.path, "blank", at), do="correct its unit, period or column")
            said = Text(
                "{unit} {period} 年“{column}”的原值 {value:g} 视为缺失：{because}",
                "“{column}” of {unit} in {period}, {value:g}, is taken as missing: {because}",
            )
            told = {"unit": panel.name(one.unit), "column": self._called(one.column), "value": frame.loc[cell, one.column]}
            notes.append(Note("choice", said.format(period=one.period, because=one.because, **told)))
            frame.loc[cell, one.column] = float("nan")
        return replace(panel, frame=frame, notes=tuple(notes)) if self.form.blank else panel

    def _called(self, column: str) -> Text:
        """The name of an indicator, or the column itself."""
        known = {indicator.id: indicator.name for system in self.systems.values() for indicator in system.every}
        return known.get(column, Text(column, column))

    def _couple(self, scores: Scores) -> Coordination:
        return self._coupling.measure(**{name: score.series for name, score in scores.items()})

    @property
    def _coupling(self) -> CouplingCoordination:
        return self.form.coupling.build(self.form.reference)


def _told_apart(systems: Mapping[str, IndicatorSystem]) -> dict[str, IndicatorSystem]:
    """The systems; of those that have one title the id is the name in the study, and the title says it too."""
    often = Counter(system.name for system in systems.values())
    named = Text("{title}（{name}）", "{title} ({name})")
    return {
        name: replace(system, id=name, name=named.format(title=system.name, name=name)) if often[system.name] > 1 else system
        for name, system in systems.items()
    }


def _columns(systems: Mapping[str, IndicatorSystem]) -> tuple[str, ...]:
    """The panel columns the systems score, each once."""
    return tuple(dict.fromkeys(column for system in systems.values() for column in system.columns))


def _by_groups(bond: Coordination, panel: Panel) -> dict[str, Groups]:
    """Coordination by every grouping the panel has."""
    return {str(over): GroupDifferences(over=str(over)).measure(bond.series, panel.groups) for over in panel.groups}
