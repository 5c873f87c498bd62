"""What a study file may say: its parts, their keys and their defaults."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from evalkit.errors import SpecError
from evalkit.indicators.treatment.availability import Screen
from evalkit.indicators.treatment.denominators import Denominate
from evalkit.panel.form import Form, HeaderRow, Words
from evalkit.panel.rules.rules import ACCEPTABLE
from evalkit.report.assessment.found import CHAPTERS, Chapter, Signatories
from evalkit.study.coupling_form import CouplingForm, ForecastForm, UncertaintyForm, Years
from evalkit.study.households.form import HouseholdsForm
from evalkit.study.index_form import AggregateForm, MissingForm, NormalizeForm, OutliersForm, WeighForm
from evalkit.study.map_form import MapForm
from evalkit.study.monitor.told import MonitoringForm
from evalkit.study.report_form import Formats, Reason
from evalkit.terms import Lang, Text


class PanelForm(Form):
    """`[panel]`: the file and what its columns are, or the name of a registered data set."""

    file: str | None = None
    dataset: str | None = None
    sheet: str | None = None
    header: HeaderRow = None
    unit: str = "unit"
    period: str = "period"
    name: str | None = None
    groups: tuple[str, ...] = ()
    weight: str | None = None
    periods: Years | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    missing: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_source(self) -> PanelForm:
        if (self.file is None) == (self.dataset is None):
            raise ValueError("name either a file or a dataset")
        return self


class SystemChoice(Form):
    """`[[system]]`: an indicator system, by the name of a shipped one or the path of a TOML file beside the study."""

    file: str
    name: str | None = None
    core: bool = True
    weigh: WeighForm | None = None


class DenominateForm(Form):
    """`[denominate]`: columns that are divided by another column, and what the quotient is multiplied by."""

    by: dict[str, str]
    times: dict[str, float] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits(self) -> DenominateForm:
        try:
            self.build()
        except SpecError as wrong:
            raise ValueError(wrong) from None
        return self

    def build(self) -> Denominate:
        """The division it declares; "weight" stands for the panel's weight."""
        by = {column: None if other == "weight" else other for column, other in self.by.items()}
        return Denominate(by=by, times=self.times)


class ScreenForm(Form):
    """`[screen]`: the least share of figures that must be observed of an indicator, and then of a unit."""

    units: Annotated[float, Field(ge=0, le=1)] = 0.65
    indicators: Annotated[float, Field(ge=0, le=1)] = 0.65

    def build(self) -> Screen:
        """The screening it declares."""
        return Screen(units=self.units, indicators=self.indicators)


class AcceptForm(Form):
    """`[[accept]]`: a defect the audit finds and the study accepts, everywhere or in one column; the report prints the reason."""

    rule: Literal[tuple(ACCEPTABLE)]  # type: ignore[valid-type]  # mypy reads only literals written out
    column: str | None = None
    because: Reason

    @property
    def key(self) -> str:
        """The rule, or the rule in one column, as the audit takes it."""
        return self.rule if self.column is None else f"{self.rule}:{self.column}"


class BlankForm(Form):
    """`[[blank]]`: a cell whose figure is known to be wrong and is taken as missing, with the reason, which the report prints."""

    unit: str
    period: int
    column: str
    because: Reason


class RobustnessForm(Form):
    """`[robustness]`: other settings to hold the result against, one at a time and all at once."""

    weights: tuple[WeighForm, ...] = (WeighForm(method="equal"), WeighForm(method="critic"))
    normalize: tuple[NormalizeForm, ...] = (NormalizeForm(method="percentile"),)
    aggregate: tuple[AggregateForm, ...] = (AggregateForm(method="geometric", floor=0.01),)
    reference: tuple[Years, ...] = ()
    draws: Annotated[int, Field(ge=0)] = 1000
    samples: Annotated[int, Field(ge=0)] = 512
    concentration: Annotated[float, Field(gt=0)] = 100.0
    error: Annotated[float, Field(ge=0, lt=1)] = 0.0
    seed: Annotated[int, Field(ge=0)] = 0
    copeland: bool = False
    benefit_of_the_doubt: tuple[float, float] | None = None

    @model_validator(mode="after")
    def _none_judged(self) -> RobustnessForm:
        if any(option.judged() for option in self.weights):
            raise ValueError("weights by judgements belong to one system: write weigh = … in its [[system]]")
        return self

    def alternatives(self) -> dict[str, tuple[Any, ...]]:
        """Other options of the index, by its field."""
        steps = {"normalize": self.normalize, "weigh": self.weights, "aggregate": self.aggregate}
        return {step: tuple(option.build() for option in options) for step, options in steps.items()}

    @property
    def named(self) -> set[str]:
        """The steps of the index whose other options stand in the file."""
        keys = {"normalize": "normalize", "weigh": "weights", "aggregate": "aggregate"}
        return {step for step, key in keys.items() if key in self.model_fields_set}


class ReportForm(Form):
    """`[report]`: what goes into it."""

    chapters: tuple[Chapter, ...] = CHAPTERS
    formats: Formats = ("html", "docx", "xlsx")
    organization: Words = Text("", "")
    date: str = ""
    statement: Words = Text("", "")
    basis: tuple[Words, ...] = ()


class RiskFileForm(Form):
    """`[risk]`: the file of a risk study, which is run with this one and becomes its chapter on the risk of return."""

    file: str


class SignoffForm(Form):
    """`[signoff]`: who signs the report; what is not named is left blank, to be written by hand."""

    organization: Words = Text("", "")
    lead: Words = Text("", "")
    authors: tuple[Words, ...] = ()
    reviewers: tuple[Words, ...] = ()

    def build(self, organization: Text) -> Signatories:
        """Those who sign; the organization is that of the report where none is named here."""
        own = self.organization if any(self.organization) else organization
        return Signatories(organization=own, lead=self.lead, authors=self.authors, reviewers=self.reviewers)


class StudyForm(Form):
    """A whole study file."""

    title: Words
    subtitle: Words = Text("", "")
    lang: Lang = "zh"
    reference: Years | None = None
    top_obstacles: Annotated[int, Field(ge=1)] = 5
    panel: PanelForm
    system: Annotated[tuple[SystemChoice, ...], Field(min_length=2)]
    accept: tuple[AcceptForm, ...] = ()
    blank: tuple[BlankForm, ...] = ()
    denominate: DenominateForm | None = None
    screen: ScreenForm | None = None
    missing: MissingForm = MissingForm()
    outliers: OutliersForm | None = None
    normalize: NormalizeForm = NormalizeForm()
    weigh: WeighForm = WeighForm()
    aggregate: AggregateForm = AggregateForm()
    coupling: CouplingForm = CouplingForm()
    households: HouseholdsForm | None = None
    risk: RiskFileForm | None = None
    monitoring: MonitoringForm | None = None
    forecast: ForecastForm | None = None
    uncertainty: UncertaintyForm = UncertaintyForm()
    robustness: RobustnessForm = RobustnessForm()
    report: ReportForm = ReportForm()
    signoff: SignoffForm = SignoffForm()
    map: MapForm | None = None

    @model_validator(mode="after")
    def _shares_fit(self) -> StudyForm:
        shares = self.coupling.shares
        if isinstance(shares, tuple) and len(shares) != len(self.system):
            raise ValueError(f"coupling.shares names {len(shares)} shares for {len(self.system)} systems")
        return self
