"""What a study file may say of coupling, of how sure it is, and of what comes next."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from evalkit.coupling.forecast.baselines import Drift
from evalkit.coupling.forecast.forecast import Forecast
from evalkit.coupling.forecast.grey import GM11
from evalkit.coupling.forecast.statistical import Arima, Smoothing, Trend
from evalkit.coupling.grades import SCHEMES, GradeScheme
from evalkit.coupling.relative import LagRule, RatioRule
from evalkit.coupling.shares import ContributionShares, EntropyShares
from evalkit.coupling.static import CouplingCoordination
from evalkit.coupling.variants import Distance, Fan2024, PairwiseProduct, Power, Standard, Wang2021
from evalkit.errors import SpecError
from evalkit.panel.form import Form
from evalkit.study.choice import Choice

Span = tuple[int, int]


def _in_order(years: Span) -> Span:
    if years[0] > years[1]:
        raise ValueError(f"years run from the earlier to the later, not from {years[0]} to {years[1]}")
    return years


Years = Annotated[Span, AfterValidator(_in_order)]


class VariantForm(Choice):
    """`variant`: how coupling is measured."""

    METHODS: ClassVar = {
        "standard": Standard,
        "power": Power,
        "pairwise": PairwiseProduct,
        "wang2021": Wang2021,
        "fan2024": Fan2024,
        "distance": Distance,
    }

    k: float | None = None


class SharesForm(Choice):
    """`shares`: how the shares of the systems in T are learnt, on the study's reference years."""

    METHODS: ClassVar = {"entropy": EntropyShares, "contribution": ContributionShares}

    def build(self, *context: Any) -> Any:
        """The rule it names, on the reference years it is passed."""
        return self.METHODS[self.method](on=slice(*context[0]) if context and context[0] else None)


def _given_or_learnt(value: object) -> str | None:
    if isinstance(value, str | dict | SharesForm):
        return "<learnt>"
    return "<given>" if isinstance(value, list | tuple) else None


SomeShares = Annotated[
    Annotated[tuple[float, ...], Tag("<given>")] | Annotated[SharesForm, Tag("<learnt>")],
    Discriminator(
        _given_or_learnt,
        custom_error_type="shares",
        custom_error_message="write [0.5, 0.5], or how they are learnt: 'entropy' or 'contribution'",
    ),
]


class LagForm(Choice):
    """`lag`: when a system is said to lag."""

    METHODS: ClassVar = {"difference": LagRule, "ratio": RatioRule}

    tolerance: float | None = None
    ratio: float | None = None


class CouplingForm(Form):
    """`[coupling]`."""

    variant: VariantForm = VariantForm(method="standard")
    shares: SomeShares | None = None
    grades: Literal["ten", "four", "five", "six"] = "ten"
    closed: Literal["left", "right"] | None = None
    lag: LagForm = LagForm(method="difference")

    @model_validator(mode="after")
    def _whole(self) -> CouplingForm:
        given = self.shares if isinstance(self.shares, tuple) else None
        if given is not None and (min(given) < 0 or abs(sum(given) - 1) > 1e-9):
            raise ValueError(f"shares are not negative and sum to 1; these sum to {sum(given):g}")
        return self

    def build(self, reference: Span | None) -> CouplingCoordination:
        """The question about coupling it asks; shares that are learnt are learnt on the reference years."""
        shares = self.shares.build(reference) if isinstance(self.shares, SharesForm) else self.shares
        return CouplingCoordination(variant=self.variant.build(), shares=shares, grades=self._scheme(), lag=self.lag.build())

    def _scheme(self) -> GradeScheme:
        scheme = SCHEMES[self.grades]
        return scheme if self.closed is None else replace(scheme, closed=self.closed)


class UncertaintyForm(Form):
    """`[uncertainty]`: what is in doubt of D beside the weights, and how sure a grade must be to be named."""

    draws: Annotated[int, Field(ge=0)] = 2000
    level: Annotated[float, Field(gt=0, lt=1)] = 0.9
    certainty: Annotated[float, Field(ge=0.5, le=1)] = 0.8
    concentration: Annotated[float, Field(ge=0)] = 60.0
    error: Annotated[float, Field(ge=0, lt=1)] = 0.0
    variants: tuple[VariantForm, ...] = (VariantForm(method="standard"), VariantForm(method="wang2021"))
    between: Span | None = None
    seed: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _enough(self) -> UncertaintyForm:
        if 0 < self.draws < 100:
            raise ValueError(f"{self.draws} draws are too few to tell a probability; use 2000, or 0 for none")
        if self.between is not None and self.between[0] >= self.between[1]:
            raise ValueError(f"between names two years in order, not {self.between[0]} and {self.between[1]}")
        return self


class ForecastMethod(Choice):
    """One of `[forecast]`'s methods."""

    METHODS: ClassVar = {"grey": GM11, "drift": Drift, "smoothing": Smoothing, "arima": Arima}

    translate: float | Literal["least"] | None = None
    trend: Trend | None = None
    order: tuple[int, int, int] | None = None
    drift: bool | None = None


class ForecastForm(Form):
    """`[forecast]`: D some years ahead; the last value is always forecast beside the methods, for they have to beat it."""

    methods: tuple[ForecastMethod, ...] = (
        ForecastMethod(method="grey", translate="least"),
        ForecastMethod(method="drift"),
    )
    horizon: Annotated[int, Field(ge=1)] = 3
    origins: Annotated[int, Field(ge=1)] = 4
    level: Annotated[float, Field(gt=0, lt=1)] = 0.9
    of: Literal["places", "mean"] = "places"

    @model_validator(mode="after")
    def _can_be_asked(self) -> ForecastForm:
        try:
            self.build()
        except SpecError as wrong:
            raise ValueError(wrong) from None
        return self

    def build(self) -> Forecast:
        """The forecast it asks for."""
        methods = tuple(method.build() for method in self.methods)
        return Forecast(methods=methods, horizon=self.horizon, origins=self.origins, level=self.level, of=self.of)
