"""A rung of the ladder by name, and the ladder that is always climbed: from the official line to boosting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from evalkit.check import able, shown
from evalkit.errors import SpecError
from evalkit.risk.models.averaged import AveragedLogits
from evalkit.risk.models.base import RiskClassifier
from evalkit.risk.models.boosting import BoostedTrees, ExplainableBoosting
from evalkit.risk.models.fitted import features_of
from evalkit.risk.models.linear import DiscreteHazard, PenalizedLogistic
from evalkit.risk.models.means import ExpectedPoverty, ProxyMeans
from evalkit.risk.models.rules import IncomeAlone, LastStatus, LineOrShock, OfficialLine
from evalkit.risk.observed import a_name
from evalkit.terms import Text

NAMES: dict[str, Text] = {
    "official_line": Text("官方监测线", "official line"),
    "line_or_shock": Text("监测线加突发困难", "line or shock"),
    "last_status": Text("上期状态", "last status"),
    "income_alone": Text("仅按收入排序", "income alone"),
    "proxy_means": Text("代理家计调查", "proxy means test"),
    "expected_poverty": Text("预期贫困", "expected poverty"),
    "logistic": Text("惩罚逻辑回归", "penalized logistic"),
    "hazard": Text("离散时间风险", "discrete-time hazard"),
    "explainable": Text("可解释提升", "explainable boosting"),
    "boosting": Text("提升树", "boosted trees"),
    "averaged": Text("两种模型平均", "two models averaged"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A way to turn features into a risk: its name in tables, a classifier of scikit-learn that has not learnt, and its features.

    `features` None are those of the ladder. `calibrate` says whether the calibration of the ladder is for this rung too, and
    `taught_by_all` whether homes that are not at risk teach it, where the ladder has such. The classifier may take
    `sample_weight` and, as `later`, ln of later income over the line; no other way is open to what was not known at the origin.

    Examples
    --------
    >>> Rung(name="line", estimator=OfficialLine("r"), features=("r",)).title.en
    'line'
    """

    name: str
    estimator: Any
    features: tuple[str, ...] | None = None
    calibrate: bool = True
    taught_by_all: bool = True

    def __post_init__(self) -> None:
        a_name(self.name, who="Rung name")
        for verb in ("fit", "predict_proba", "get_params"):
            able(self.estimator, verb, who=f"Rung '{self.name}' estimator", do="use a classifier with predict_proba")
        if self.features is not None:
            object.__setattr__(self, "features", features_of(self.features, who=f"features of rung '{self.name}'"))

    @property
    def title(self) -> Text:
        """The name in both languages, where it is a known one."""
        return NAMES.get(self.name, Text(self.name, self.name))


def standard_rungs(  # noqa: PLR0913
    *,
    income: str,
    log_income: str,
    shocks: Sequence[str] = (),
    last_status: str | None = None,
    duration: str | None = None,
    classes: Sequence[str] = (),
    bends: Sequence[str] = (),
    rising: Sequence[str] = (),
    falling: Sequence[str] = (),
    features: Sequence[str] | None = None,
) -> tuple[Rung, ...]:
    """The ladder, simplest first; rungs whose columns are not named, or whose library is not installed, are left out.

    Rungs that learn the event itself are calibrated as they are, and a curve of an earlier time unsettles them; the calibration
    of the ladder is for those that regress income.

    Parameters
    ----------
    income, log_income
        Columns of income over the line, and of its logarithm.
    shocks, last_status
        Columns of shocks, and of poverty when last seen.
    duration
        Column of the time since a home was last poor, or first seen: a class each for the hazard.
    classes, bends
        Columns that are classes to regressions, and columns whose effect may bend.
    rising, falling
        Columns with which boosting lets the risk only rise, or only fall.
    features
        What the regressions and boosting use (None: the features of the ladder).

    Examples
    --------
    >>> [rung.name for rung in standard_rungs(income="r", log_income="lr")][:3]
    ['official_line', 'income_alone', 'proxy_means']
    """
    own = None if features is None else features_of(features, who="features of standard_rungs")
    kept: dict[str, Any] = {"classes": tuple(classes), "bends": tuple(bends)}
    timed: dict[str, Any] = dict(kept, classes=tuple(dict.fromkeys([*classes, *([duration] if duration else [])])))
    ways: dict[str, Any] = {"rising": tuple(rising), "falling": tuple(falling)}
    several_names(shocks, "shocks")
    rules: dict[str, tuple[RiskClassifier, tuple[str, ...]]] = {"official_line": (OfficialLine(income), (income,))}
    if shocks:
        rules["line_or_shock"] = (LineOrShock(income, tuple(shocks)), (income, *shocks))
    if last_status is not None:
        rules["last_status"] = (LastStatus(last_status), (last_status,))
    rules["income_alone"] = (IncomeAlone(log_income), (log_income,))
    rates: dict[str, Any] = {"calibrate": False, "taught_by_all": False}  # of homes as they are
    found = [Rung(name=name, estimator=rule, features=on, **rates) for name, (rule, on) in rules.items()]
    found.append(Rung(name="proxy_means", estimator=ProxyMeans(**kept), features=own))
    found.append(Rung(name="expected_poverty", estimator=ExpectedPoverty(**kept), features=own))
    sharp: dict[str, RiskClassifier] = {"logistic": PenalizedLogistic(**kept), "hazard": DiscreteHazard(**timed)}
    if find_spec("interpret") is not None:
        sharp["explainable"] = ExplainableBoosting(**ways)
    sharp["boosting"] = BoostedTrees(**ways)
    sharp["averaged"] = AveragedLogits(rungs=(sharp.get("explainable", sharp["logistic"]), sharp["boosting"]))
    return (*found, *(Rung(name=name, estimator=rung, features=own, calibrate=False) for name, rung in sharp.items()))


def several_names(value: Sequence[str], what: str) -> tuple[str, ...]:
    """Refuse a word where several names are wanted."""
    if isinstance(value, str) or any(not isinstance(name, str) for name in value):
        raise SpecError(f"{what} must be a tuple of column names", found=shown(value))
    return tuple(value)
