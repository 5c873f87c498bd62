"""What a risk study may say: its homes, what is foreseen, what is known, who tests, which rungs are climbed, and the list."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from evalkit.errors import SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.panel.form import Form, Words
from evalkit.risk.calibration.curves import Beta, Isotonic, Method, Platt
from evalkit.risk.calibration.venn_abers import VennAbers
from evalkit.risk.explanation.reasons import THEMES
from evalkit.risk.features.aside import HeldAside
from evalkit.risk.features.dated import Feature, FeaturePlan
from evalkit.risk.features.measures import Level, Ratio, Recent
from evalkit.risk.features.themes import FEATURES
from evalkit.risk.labels.labels import Assistance, Lost, ReturnLabel
from evalkit.risk.labels.outcomes import Event
from evalkit.risk.ladder import CRITERIA
from evalkit.risk.leakage.findings import RULES
from evalkit.risk.lists.budgets import Budget, CountyQuotas, Number, Share, VisitsPerVillage
from evalkit.risk.models.rungs import NAMES
from evalkit.risk.models.windows import Windows
from evalkit.study.households.homes import HomesFile
from evalkit.study.report_form import Formats, Reason
from evalkit.terms import Lang, Text

Portion = Annotated[float, Field(gt=0, lt=1)]
Span = tuple[int, int]
HEAVY = ("explainable", "boosting", "averaged")  # rungs that take minutes, or libraries of their own
OVER_LINE = Ratio(name="income_over_line", parts="income_pc", whole="line", most=1000.0, theme="income")
CURVES: dict[str, Method] = {"platt": Platt(), "isotonic": Isotonic(), "beta": Beta(), "venn_abers": VennAbers()}
REASON_OF = {  # the theme of a feature in the terms of the monitoring system: by its name, or by what it is about
    "medical_burden": "illness",
    "education_burden": "schooling",
    "loss_burden": "disaster",
    "unsafe_water": "water",
    "income": "income",
    "dependency": "household",
    "health": "illness",
    "schooling": "schooling",
    "work": "work",
    "housing": "dwelling",
    "transfers": "support",
    "shock": "disaster",
    "history": "history",
    "village": "place",
    "county": "place",
}


class HomesForm(HomesFile):
    """`[homes]`: one row a home and period; its codes are replaced as it is read.

    Standard features know `income`, `line`, `formerly_poor`, `members`, `village` and `place` by the names `income_pc`, `line`,
    `formerly_poor`, `members`, `village` and `county`; who is `poor` is told by income and line where no
    column says it. Incomes are of the column `income_pc` where neither is named.
    """

    income: str | None = None
    line: float | str = "line"
    strict: bool = True
    formerly_poor: str | None = None
    poor: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _with_income(cls, told: Any) -> Any:
        """Incomes are of the column income_pc, unless another is named, or a column that says who is poor; "" is none."""
        if not isinstance(told, dict):
            return told
        return {
            "income": None if "poor" in told else "income_pc",
            **told,
            **({"income": None} if told.get("income") == "" else {}),
        }

    @model_validator(mode="after")
    def _whole(self) -> HomesForm:
        if (self.file is None) == (self.dataset is None):
            raise ValueError("name either a file or a dataset")
        if isinstance(self.line, float) and not self.line > 0:
            raise ValueError(f"the line must be above 0, not {self.line:g}")
        return self

    @property
    def texts(self) -> tuple[str, ...]:
        """Columns of codes and names beside that of the home, each once."""
        named = (self.place, self.village, self.strata, self.clusters)
        return tuple(dict.fromkeys(column for column in named if column is not None))

    @property
    def figures(self) -> tuple[str, ...]:
        """Columns of figures that are named here, each once."""
        line = self.line if isinstance(self.line, str) and self.income is not None else None
        named = (self.income, line, self.members, self.formerly_poor, self.poor)
        return tuple(dict.fromkeys(column for column in named if column is not None))


class LabelForm(Form):
    """`[label]`: what is to be foreseen; see `ReturnLabel`.

    `outcome` names a column of the file that holds it already (1 or 0), one row a home and origin, and `later` one of ln of the
    later income over the line.
    """

    id: str = "falling"
    version: str = "1"
    line_version: str = ""
    says: Words | None = None
    event: Event = "falling"
    horizon: Annotated[int, Field(ge=1)] = 1
    within: bool = False
    origins: tuple[int, ...] | None = None
    transfers: str | None = None
    held: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    shocks: tuple[str, ...] = ()
    history: int | None = None
    gaps: Annotated[int, Field(ge=0)] = 0
    attrition: Lost = "leave_out"
    stay: str | None = None
    assisted: str | None = None
    assistance: Assistance = "as_is"
    lag: Annotated[int, Field(ge=0)] = 0
    as_of: int | None = None
    outcome: str | None = None
    later: str | None = None

    @model_validator(mode="after")
    def _together(self) -> LabelForm:
        if self.later is not None and self.outcome is None:
            raise ValueError("later goes with outcome; of a panel it is found by itself")
        return self

    @property
    def figures(self) -> tuple[str, ...]:
        """Columns of figures that are named here."""
        one = (self.transfers, self.stay, self.assisted, self.outcome, self.later)
        return (*(column for column in one if column is not None), *self.held, *self.lacking, *self.shocks)

    def build(self, homes: HomesForm) -> ReturnLabel:
        """The label it declares, of columns as they are called once read."""
        own = self.model_dump(exclude={"says", "outcome", "later"})
        return ReturnLabel(
            **own,
            strict=homes.strict,
            poor=None if self.event == "falling_without_transfers" else "poor",
            formerly_poor=None if homes.formerly_poor is None else "formerly_poor",
            weight=None if homes.weight is None else "weight",
        )


class RatioForm(Form):
    """`[[features.ratio]]`: some columns over others, cut at `most`."""

    name: str
    parts: tuple[str, ...]
    whole: tuple[str, ...]
    most: float = 1.0


class RecentForm(Form):
    """`[[features.recent]]`: in how many of the last `waves` any of some yes-or-no columns held."""

    name: str
    columns: tuple[str, ...]
    waves: Annotated[int, Field(ge=1)] = 1


class FeaturesForm(Form):
    """`[features]`: what a model may know, when it was known, and what is held aside for audits.

    Standard features are those of `household_features` that the columns at hand allow; `columns` are taken as they are.
    """

    standard: bool = True
    leave_out: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    ratio: tuple[RatioForm, ...] = ()
    recent: tuple[RecentForm, ...] = ()
    reasons: dict[str, Literal[tuple(THEMES)]] = Field(default_factory=dict)  # type: ignore[valid-type]
    names: dict[str, Words] = Field(default_factory=dict)
    delays: dict[str, int] = Field(default_factory=dict)
    known: dict[str, str] = Field(default_factory=dict)
    imputed: dict[str, str] = Field(default_factory=dict)
    step: Annotated[int, Field(ge=1)] = 1
    aside: tuple[str, ...] = ()
    bands: dict[str, tuple[float, ...]] = Field(default_factory=dict)
    none: dict[str, str] = Field(default_factory=dict)

    @property
    def held(self) -> HeldAside:
        """What is kept for audits."""
        return HeldAside(attributes=self.aside, bands=self.bands, none=self.none)

    @property
    def own(self) -> tuple[Feature, ...]:
        """Features that the study declares itself."""
        ratios = [Ratio(name=one.name, parts=one.parts, whole=one.whole, most=one.most) for one in self.ratio]
        recent = [Recent(name=one.name, columns=one.columns, waves=one.waves, theme="other") for one in self.recent]
        return (*(Level(name=column, columns=column) for column in self.columns), *ratios, *recent)

    @property
    def made(self) -> tuple[str, ...]:
        """The names of all that can be drawn, whatever the columns at hand: of standard features and of its own."""
        return tuple(dict.fromkeys(name for one in (*FEATURES, *self.own) for name in _made(one)))

    @property
    def may_read(self) -> set[str]:
        """Columns that standard features would read, were they there."""
        return {name for one in FEATURES for name in one.sources} if self.standard else set()

    @property
    def must_read(self) -> set[str]:
        """Columns that are asked for by name."""
        named = {name for one in self.own for name in one.sources} | set(self.known.values()) | set(self.imputed.values())
        return named | set(self.aside) | set(self.bands) | set(self.none)

    def build(self, columns: set[str], *, income: bool, audited: bool = True) -> FeaturePlan:
        """The plan it declares, as far as the columns at hand go; attributes are held aside where they are `audited`."""
        standard = [one for one in FEATURES if self.standard and set(one.sources) <= columns]
        drawn = [one for one in (*standard, *self.own) if not set(_made(one)) & set(self.leave_out)]
        return FeaturePlan(
            features=(*([OVER_LINE] if income else []), *drawn),
            delays=self.delays,
            known=self.known,
            imputed=self.imputed,
            step=self.step,
            held=self.held if audited else HeldAside(),
        )

    def reason(self, feature: str, theme: str) -> str:
        """The theme of a feature in the terms of the monitoring system."""
        root = feature.removesuffix("_imputed")
        given = self.reasons.get(feature) or self.reasons.get(root)
        return given or REASON_OF.get(root) or REASON_OF.get(theme) or "other"


def _made(feature: Feature) -> tuple[str, ...]:
    """The names of the figures a feature makes."""
    return tuple(getattr(feature, "names", None) or (feature.name,))  # type: ignore[attr-defined]


class SplitForm(Form):
    """`[split]`: origins that train, calibrate and test, first and last of each.

    Where the same homes are seen in every period, `shares` deals them out by lot: parts that train, calibrate and test.
    """

    train: Span
    test: Span
    calibrate: Span | None = None
    shares: tuple[Portion, ...] = ()
    seed: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _parts(self) -> SplitForm:
        needed = 2 if self.calibrate is None else 3
        if self.shares and (len(self.shares) != needed or abs(sum(self.shares) - 1) > 1e-9):
            raise ValueError(f"shares must be {needed} parts that sum to 1: train, {'calibrate, ' * (needed > 2)}test")
        return self

    def build(self, label: LabelForm) -> Windows:
        """The windows it declares."""
        return Windows(train=self.train, test=self.test, calibrate=self.calibrate, horizon=label.horizon, lag=label.lag)


class LadderForm(Form):
    """`[ladder]`: which rungs are climbed and how they are judged; `choose` keeps one by name, whatever comes out."""

    rungs: tuple[Literal[tuple(NAMES)], ...] = tuple(name for name in NAMES if name not in HEAVY)  # type: ignore[valid-type]
    multiple: Annotated[float, Field(gt=0)] = 1.5
    shocks: tuple[str, ...] | None = None
    bends: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    rising: tuple[str, ...] = ()
    falling: tuple[str, ...] = ()
    calibration: Literal["platt", "isotonic", "beta", "venn_abers"] | None = None
    refit: bool = False
    poor_teach: bool = False
    temper: Annotated[float, Field(ge=0, le=1)] = 1.0
    balance: bool = False
    criterion: Literal[CRITERIA] = "auc"  # type: ignore[valid-type]
    choose: Literal[tuple(NAMES)] | None = None  # type: ignore[valid-type]
    draws: Annotated[int, Field(ge=20)] = 200
    seed: Annotated[int, Field(ge=0)] = 0
    level: Portion = 0.95

    @model_validator(mode="after")
    def _climbed(self) -> LadderForm:
        if not self.rungs:
            raise ValueError("rungs must name one at least")
        if self.choose is not None and self.choose not in self.rungs:
            raise ValueError(f"choose names '{self.choose}', which is not among the rungs")
        return self


class ListForm(Form):
    """`[list]`: how many homes can be visited, and what the list says of each."""

    share: Annotated[float, Field(gt=0, le=1)] | None = None
    number: Annotated[float, Field(gt=0)] | None = None
    visits: Annotated[float, Field(gt=0)] | None = None
    quotas: dict[str, float] | None = None
    reasons: Annotated[int, Field(ge=0)] = 3
    least: Annotated[int, Field(ge=5)] = 10
    seed: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _one_budget(self) -> ListForm:
        if sum(value is not None for value in (self.share, self.number, self.visits, self.quotas)) > 1:
            raise ValueError("name one budget: share, number, visits (in each village) or quotas (by place)")
        try:
            _ = self.budget
        except SpecError as wrong:
            raise ValueError(wrong) from None
        return self

    @property
    def budget(self) -> Budget:
        """The budget it declares; a tenth of all where it names none."""
        if self.number is not None:
            return Number(number=self.number)
        if self.visits is not None:
            return VisitsPerVillage(visits=self.visits)
        if self.quotas is not None:
            return CountyQuotas(quotas=dict(self.quotas.items()))
        return Share(share=0.1 if self.share is None else self.share)


class LeakForm(Form):
    """`[[accept]]`: a finding of leakage that was looked at and explained; the report prints the reason."""

    rule: Literal[tuple(RULES)]  # type: ignore[valid-type]
    column: str | None = None
    because: Reason

    @property
    def key(self) -> str:
        """The rule, or the rule in one column, as the check takes it."""
        return self.rule if self.column is None else f"{self.rule}:{self.column}"


class RiskReportForm(Form):
    """`[report]`: what stands on it and on the card."""

    formats: Formats = ("html", "docx", "xlsx")
    organization: Words = Text("", "")
    date: str = ""
    statement: Words = Text("", "")
    name: Words | None = None
    data: Words | None = None
    limits: tuple[Words, ...] = ()
    contact: Words | None = None
    appeal: Words | None = None


class RiskForm(Form):
    """A whole risk study."""

    title: Words
    subtitle: Words = Text("", "")
    lang: Lang = "zh"
    homes: HomesForm
    label: LabelForm = LabelForm()
    features: FeaturesForm = FeaturesForm()
    split: SplitForm
    accept: tuple[LeakForm, ...] = ()
    ladder: LadderForm = LadderForm()
    list: ListForm = ListForm()
    report: RiskReportForm = RiskReportForm()

    @model_validator(mode="after")
    def _whole(self) -> RiskForm:
        homes, label = self.homes, self.label
        if homes.income is None and homes.poor is None and label.outcome is None and label.event in ("falling", "returning"):
            raise ValueError("homes needs income, or poor, a column that says who is poor")
        if self.list.visits is not None and homes.village is None:
            raise ValueError("list.visits needs homes.village")
        if self.list.quotas is not None and homes.place is None:
            raise ValueError("list.quotas needs homes.place")
        return self

    @property
    def flags(self) -> tuple[str, ...]:
        """Columns that say yes by 1 and no by 0."""
        homes, label = self.homes, self.label
        one = (homes.formerly_poor, homes.poor, label.assisted, label.outcome, *label.held, *label.shocks)
        return tuple(dict.fromkeys(column for column in one if column is not None))

    @property
    def counts_persons(self) -> bool:
        """Whether scores count persons: where members are named, and the budget is a share; visits are to homes."""
        return self.homes.members is not None and isinstance(self.list.budget, Share)

    @property
    def design(self) -> SurveyDesign:
        """The design of scores and fits, of columns as they are called once read."""
        homes = self.homes
        return SurveyDesign(weights="row weight", strata=homes.strata, clusters=homes.clusters)
