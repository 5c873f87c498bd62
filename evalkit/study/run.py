"""Study: one assessment as declared, from reading the panel to the assessment that the report prints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from platform import python_version

from evalkit import datasets
from evalkit.answer import Note
from evalkit.check import has_columns
from evalkit.coupling.compare import Comparison, compare
from evalkit.coupling.static import Coordination
from evalkit.distribution.groups import GroupDifferences, Groups
from evalkit.errors import SpecError
from evalkit.indicators.index import CompositeIndex, IndexScores
from evalkit.indicators.obstacle import ObstacleDegree
from evalkit.indicators.treatment.missing import Treated, treat
from evalkit.indicators.weighting.weights import Weighting
from evalkit.panel.audit import Audit, accepted, audit_panel, refuse
from evalkit.panel.form import read_form, read_system
from evalkit.panel.panel import Panel
from evalkit.panel.read import read_panel
from evalkit.panel.system import IndicatorSystem
from evalkit.report.assessment import Accepted, Assessment
from evalkit.study.form import Span, StudyForm, WeighForm
from evalkit.terms import Text

Progress = Callable[[str], None]
Scores = Mapping[str, IndexScores]

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
        return cls(form=read_form(Path(path), StudyForm), path=Path(path))

    @cached_property
    def systems(self) -> dict[str, IndicatorSystem]:
        """The indicator systems, by the name they have in the study, in its order."""
        systems: dict[str, IndicatorSystem] = {}
        for choice in self.form.system:
            beside = self.path.parent / choice.file
            whole = read_system(beside) if beside.suffix == ".toml" else datasets.systems(choice.file, core=False)[choice.file]
            system = whole.core() if choice.core else whole
            name = choice.name or system.id
            if name in systems:
                raise SpecError(f"two systems are called '{name}'", where=self.path.name, do="give one another name = …")
            systems[name] = system
        return systems

    @property
    def columns(self) -> tuple[str, ...]:
        """The panel columns the systems score, each once."""
        return tuple(dict.fromkeys(column for system in self.systems.values() for column in system.columns))

    @cached_property
    def panel(self) -> Panel:
        """The panel as observed, cut to the studied periods."""
        form = self.form.panel
        if form.dataset is not None:
            panel = datasets.load(form.dataset)
        else:
            panel = read_panel(
                self.path.parent / str(form.file),
                unit=form.unit,
                period=form.period,
                name=form.name,
                groups=form.groups,
                weight=form.weight,
                sheet=form.sheet,
                header=form.header,
                columns=form.columns,
                missing=form.missing,
            )
        has_columns(panel.frame, self.columns, who=f"the study '{self.path.name}'")
        panel = panel if form.periods is None else panel.at(slice(*form.periods))
        return self._blanked(panel)

    def audit(self) -> Audit:
        """What is wrong with the panel, seen through the study's indicator systems."""
        return audit_panel(self.panel, tuple(self.systems.values()))

    def run(self, progress: Progress = lambda stage: None) -> Assessment:
        """Audit, score, couple, and hold against other settings; `progress` is told the name of each stage.

        Raises
        ------
        DataError
            The audit finds a defect that the study does not accept, or the data cannot answer.
        """
        progress("audit")
        audit = self.audit()
        refuse(audit, accept=[one.key for one in self.form.accept])
        progress("indices")
        treated = treat(self.panel, self.columns, tuple(step.build() for step in self.form.missing.steps))
        scores = self._scores(treated, self.form.weigh.build(), self.form.reference)
        bond = self._couple(scores)
        progress("obstacles")
        drag = ObstacleDegree(top=self.form.top_obstacles)
        obstacles = {name: drag.measure(score) for name, score in scores.items()}
        progress("robustness")
        return Assessment(
            title=self.form.title,
            subtitle=self.form.subtitle,
            organization=self.form.report.organization,
            date=self.form.report.date,
            statement=self.form.report.statement,
            chapters=self.form.report.chapters,
            panel=replace(treated.panel, notes=(*self.panel.notes, *treated.notes)),
            audit=audit,
            accepted=tuple(self._accepted(audit)),
            scores=scores,
            filled=treated.filled,
            bond=bond,
            obstacles=obstacles,
            groups=_by_groups(bond, treated.panel),
            comparison=self._compare(treated, bond),
            versions={"python": python_version(), **{name: version(name) for name in LIBRARIES}},
        )

    def _accepted(self, audit: Audit) -> list[Accepted]:
        """What the study answers for, and how many defects that covers."""
        return [
            Accepted(one.rule, one.column, one.because, int(accepted(audit.defects, [one.key]).sum())) for one in self.form.accept
        ]

    def _blanked(self, panel: Panel) -> Panel:
        """The panel without the cells that the study knows to be wrong."""
        frame, notes = panel.frame.copy(), list(panel.notes)
        for one in self.form.blank:
            cell = (one.unit, one.period)
            if cell not in frame.index or one.column not in frame:
                what = f"[[blank]] names '{one.column}' of {one.unit} in {one.period}, which the panel does not have"
                raise SpecError(what, where=self.path.name, do="correct its unit, period or column")
            said = Text(
                "{unit}{period}年的 {column} 原值 {value:g} 视为缺失：{because}",
                "{column} of {unit} in {period}, {value:g}, is taken as missing: {because}",
            )
            told = {**one.model_dump(), "unit": panel.name(one.unit), "value": frame.loc[cell, one.column]}
            notes.append(Note("choice", said.format(**told)))
            frame.loc[cell, one.column] = float("nan")
        return replace(panel, frame=frame, notes=tuple(notes)) if self.form.blank else panel

    def _scores(self, treated: Treated, weigh: Weighting, reference: Span | None) -> dict[str, IndexScores]:
        on = None if reference is None else slice(*reference)
        normalize = self.form.normalize.build()
        return {
            name: CompositeIndex(system=system, treat=(), normalize=normalize, weigh=weigh)
            .fit(treated.panel, on)
            .score(treated.panel)
            for name, system in self.systems.items()
        }

    def _couple(self, scores: Scores) -> Coordination:
        return self.form.coupling.build().measure(**{name: score.series for name, score in scores.items()})

    def _compare(self, treated: Treated, bond: Coordination) -> Comparison | None:
        """The same coordination under other weights and other reference years."""
        others: dict[str, Coordination] = {}
        for method in self.form.robustness.weights:
            if method != self.form.weigh.method:
                scores = self._scores(treated, WeighForm(method=method).build(), self.form.reference)
                others[f"weights={method}"] = self._couple(scores)
        for span in self.form.robustness.reference or self._other_reference():
            if span != self.form.reference:
                others[f"reference={span[0]}–{span[1]}"] = self._couple(self._scores(treated, self.form.weigh.build(), span))
        return compare(bond, others) if others else None

    def _other_reference(self) -> tuple[Span, ...]:
        """Where the study names no other reference years: all its years, or, where it uses those, their first half."""
        years = self.panel.periods
        if self.form.reference not in (None, (years[0], years[-1])):
            return ((years[0], years[-1]),)
        return ((years[0], years[(len(years) - 1) // 2]),) if len(years) > 2 else ()


def _by_groups(bond: Coordination, panel: Panel) -> dict[str, Groups]:
    """Coordination by every grouping the panel has."""
    return {str(over): GroupDifferences(over=str(over)).measure(bond.series, panel.groups) for over in panel.groups}
