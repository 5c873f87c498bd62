"""What a study file may say: its parts, their keys and their defaults."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field, model_validator

from evalkit.coupling.grades import SCHEMES, GradeScheme
from evalkit.coupling.relative import LagRule
from evalkit.coupling.static import CouplingCoordination
from evalkit.coupling.variants import CouplingVariant, Power, Standard
from evalkit.indicators.normalization.min_max import MinMax
from evalkit.indicators.normalization.normalized import Normalization
from evalkit.indicators.normalization.target import DistanceToTarget
from evalkit.indicators.normalization.z_score import ZScore
from evalkit.indicators.treatment.missing import Carry, GroupMean, Interpolate, LeaveOut, Refuse, Treatment
from evalkit.indicators.weighting.critic import Critic
from evalkit.indicators.weighting.entropy import Entropy, Zeros
from evalkit.indicators.weighting.equal import Equal
from evalkit.indicators.weighting.given import Given
from evalkit.indicators.weighting.weights import Weighting
from evalkit.panel.form import Form, Words
from evalkit.panel.rules import ACCEPTABLE
from evalkit.report.assessment import CHAPTERS, Chapter
from evalkit.terms import Lang, Text

Span = tuple[int, int]


class PanelForm(Form):
    """`[panel]`: the file and what its columns are, or the name of a registered data set."""

    file: str | None = None
    dataset: str | None = None
    sheet: str | None = None
    header: int | None = None
    unit: str = "unit"
    period: str = "period"
    name: str | None = None
    groups: tuple[str, ...] = ()
    weight: str | None = None
    periods: Span | None = None
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


class AcceptForm(Form):
    """`[[accept]]`: a defect the audit finds and the study accepts, everywhere or in one column; the report prints the reason."""

    rule: Literal[tuple(ACCEPTABLE)]  # type: ignore[valid-type]  # mypy reads only literals written out
    column: str | None = None
    because: Annotated[str, Field(min_length=2)]

    @property
    def key(self) -> str:
        """The rule, or the rule in one column, as the audit takes it."""
        return self.rule if self.column is None else f"{self.rule}:{self.column}"


class BlankForm(Form):
    """`[[blank]]`: a cell whose figure is known to be wrong and is taken as missing, with the reason, which the report prints."""

    unit: str
    period: int
    column: str
    because: Annotated[str, Field(min_length=2)]


class Step(Form):
    """One step of `[missing]`."""

    method: Literal["refuse", "interpolate", "carry", "group_mean", "leave_out"]
    max_gap: int | None = None
    over: str | None = None

    def build(self) -> Treatment:
        """The treatment it names."""
        gap = {} if self.max_gap is None else {"max_gap": self.max_gap}
        match self.method:
            case "refuse":
                return Refuse()
            case "interpolate":
                return Interpolate(**gap)
            case "carry":
                return Carry(**gap)
            case "group_mean":
                return GroupMean(over=self.over)
            case "leave_out":
                return LeaveOut()


class MissingForm(Form):
    """`[missing]`: how missing values are treated, step by step; what is left missing is an error."""

    steps: tuple[Step, ...] = (Step(method="interpolate", max_gap=3), Step(method="carry", max_gap=2))


class NormalizeForm(Form):
    """`[normalize]`."""

    method: Literal["min_max", "z_score", "target"] = "min_max"
    bounds: Literal["reference", "plausible"] | dict[str, tuple[float, float]] = "reference"
    beyond: Literal["clip", "keep"] = "clip"
    targets: dict[str, float] = Field(default_factory=dict)

    def build(self) -> Normalization:
        """The normalization it names."""
        if self.method == "min_max":
            return MinMax(bounds=self.bounds, beyond=self.beyond)
        return ZScore() if self.method == "z_score" else DistanceToTarget(targets=self.targets, beyond=self.beyond)


class WeighForm(Form):
    """`[weigh]`."""

    method: Literal["equal", "given", "entropy", "critic"] = "entropy"
    among: Literal["indicators", "dimensions"] = "indicators"
    zeros: Zeros = "limit"
    epsilon: float | None = None

    def build(self) -> Weighting:
        """The weighting it names."""
        match self.method:
            case "equal":
                return Equal(among=self.among)
            case "given":
                return Given()
            case "entropy":
                return Entropy(zeros=self.zeros, epsilon=self.epsilon)
            case "critic":
                return Critic()


class CouplingForm(Form):
    """`[coupling]`."""

    variant: Literal["standard", "power"] = "standard"
    k: float = 2.0
    shares: tuple[float, ...] | None = None
    grades: Literal["ten", "four", "five", "six"] = "ten"
    closed: Literal["left", "right"] | None = None
    tolerance: float = 0.1

    def build(self) -> CouplingCoordination:
        """The question about coupling it asks."""
        variant: CouplingVariant = Standard() if self.variant == "standard" else Power(k=self.k)
        return CouplingCoordination(
            variant=variant, shares=self.shares, grades=self._scheme(), lag=LagRule(tolerance=self.tolerance)
        )

    def _scheme(self) -> GradeScheme:
        scheme = SCHEMES[self.grades]
        return scheme if self.closed is None else replace(scheme, closed=self.closed)


class RobustnessForm(Form):
    """`[robustness]`: other weights and other reference years to hold the result against."""

    weights: tuple[Literal["equal", "entropy", "critic"], ...] = ("equal", "critic")
    reference: tuple[Span, ...] = ()


class ReportForm(Form):
    """`[report]`: what goes into it."""

    chapters: tuple[Chapter, ...] = CHAPTERS
    formats: tuple[Literal["html", "docx", "xlsx"], ...] = ("html", "docx", "xlsx")
    organization: Words = Text("", "")
    date: str = ""
    statement: Words = Text("", "")


class StudyForm(Form):
    """A whole study file."""

    title: Words
    subtitle: Words = Text("", "")
    lang: Lang = "zh"
    reference: Span | None = None
    top_obstacles: int = 5
    panel: PanelForm
    system: Annotated[tuple[SystemChoice, ...], Field(min_length=2)]
    accept: tuple[AcceptForm, ...] = ()
    blank: tuple[BlankForm, ...] = ()
    missing: MissingForm = MissingForm()
    normalize: NormalizeForm = NormalizeForm()
    weigh: WeighForm = WeighForm()
    aggregate: Literal["weighted_mean"] = "weighted_mean"
    coupling: CouplingForm = CouplingForm()
    robustness: RobustnessForm = RobustnessForm()
    report: ReportForm = ReportForm()
