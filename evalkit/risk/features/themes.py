"""The features a household survey or register allows, theme by theme: as many as the columns at hand can draw."""

from __future__ import annotations

from collections.abc import Iterable

from evalkit.check import shown
from evalkit.errors import NoAnswer, SpecError, several
from evalkit.risk.features.dated import Feature
from evalkit.risk.features.history import PovertyHistory
from evalkit.risk.features.measures import IncomeLevel, IncomeTrend, Level, Ratio, Recent, RelativeDrop
from evalkit.risk.features.places import PlaceContext
from evalkit.terms import Text

THEMES: dict[str, Text] = {
    "income": Text("收入水平与变化", "level and change of income"),
    "burden": Text("支出负担", "burden of expenditure"),
    "dependency": Text("抚养负担", "dependency"),
    "health": Text("健康", "health"),
    "schooling": Text("教育", "schooling"),
    "work": Text("就业", "work"),
    "housing": Text("住房与饮水", "dwelling and water"),
    "transfers": Text("转移性收入占比", "share of transfers"),
    "shock": Text("灾害与事故", "disasters and accidents"),
    "history": Text("贫困经历", "history of poverty"),
    "village": Text("村情", "the village"),
    "county": Text("县情", "the county"),
}

# The columns are those of HouseholdSimulation, with `county` and `village` joined to them.
FEATURES: tuple[Feature, ...] = (
    IncomeLevel(),
    IncomeTrend(),
    RelativeDrop(),
    Ratio(name="wage_share", parts="wage", whole="income", theme="work"),
    Ratio(name="medical_burden", parts="medical", whole="income", most=2.0, theme="burden"),
    Ratio(name="education_burden", parts="education", whole="income", most=2.0, theme="burden"),
    Ratio(name="loss_burden", parts="loss", whole="income", most=2.0, theme="burden"),
    Level(name="size", columns="members", theme="dependency"),
    Ratio(name="dependents", parts=("children", "elderly", "students"), whole="members", theme="dependency"),
    Ratio(name="chronic_share", parts="chronic", whole="members", theme="health"),
    Recent(name="illness_lately", columns="illness", waves=2, theme="health"),
    Level(name="insured", columns="insured", theme="health"),
    Ratio(name="student_share", parts="students", whole="members", theme="schooling"),
    Recent(name="dropout_lately", columns="dropout", waves=2, theme="schooling"),
    Level(name="head_schooling", columns="head_schooling", theme="schooling"),
    Ratio(name="worker_share", parts="workers", whole="members", theme="work"),
    Recent(name="job_lost_lately", columns="job_loss", waves=2, theme="work"),
    Level(name="unsafe_dwelling", columns="unsafe_dwelling", theme="housing"),
    Level(name="unsafe_water", columns="unsafe_water", theme="housing"),
    Ratio(name="transfer_share", parts="transfer", whole="income", theme="transfers"),
    Ratio(name="dibao_share", parts="dibao", whole="income", theme="transfers"),
    Recent(name="struck_lately", columns=("accident", "disaster"), waves=2, theme="shock"),
    PovertyHistory(),
    Level(name="registered_poor", columns="formerly_poor", theme="history"),
    PlaceContext(name="village_income", column="income_pc"),
    PlaceContext(name="village_poor", column="poor"),
    PlaceContext(name="village_struck", column="disaster"),
    PlaceContext(name="county_income", column="income_pc", place="county", theme="county"),
    PlaceContext(name="county_poor", column="poor", place="county", theme="county"),
)


def household_features(columns: Iterable[str]) -> tuple[Feature, ...]:
    """The features of `FEATURES` that can be drawn from these columns.

    Raises
    ------
    NoAnswer
        None can.

    Examples
    --------
    >>> from evalkit.risk.features.dated import FeaturePlan
    >>> plan = FeaturePlan(features=household_features(["income_pc", "line", "poor", "village"]))
    >>> [next(iter(one.sources)) for one in plan.features]
    ['income_pc', 'income_pc', 'income_pc', 'poor', 'income_pc', 'poor']
    """
    if isinstance(columns, str):
        raise SpecError("household_features needs names of columns", found=shown(columns), do="pass frame.columns")
    have = {str(name) for name in columns}
    found = tuple(one for one in FEATURES if set(one.sources) <= have)
    if not found:
        wanted = sorted({name for one in FEATURES for name in one.sources})
        raise NoAnswer(
            "no feature can be drawn from these columns", found=several(sorted(have)), do=f"name them {several(wanted, 40)}"
        )
    return found
