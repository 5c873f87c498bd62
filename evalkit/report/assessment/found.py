"""What one assessment found, and the chapters it can be printed in, in the order evaluators use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import pandas as pd

from evalkit.answer import Note
from evalkit.coupling.compare import Comparison
from evalkit.coupling.dynamics.contributions import ChangeParts
from evalkit.coupling.dynamics.speeds import SpeedCoupling
from evalkit.coupling.dynamics.transitions import Transitions
from evalkit.coupling.forecast.forecast import Forecasted
from evalkit.coupling.static import Coordination
from evalkit.coupling.uncertainty.firmness import UncertainCoordination
from evalkit.coupling.variant_comparison import VariantComparison
from evalkit.distribution.groups import Groups
from evalkit.indicators.aggregation.benefit import Benefit
from evalkit.indicators.aggregation.copeland import Outranking
from evalkit.indicators.comparison import IndexAgreement
from evalkit.indicators.diagnostics import Diagnosis
from evalkit.indicators.importance import EffectiveImportance
from evalkit.indicators.index import IndexScores
from evalkit.indicators.obstacle import Obstacles
from evalkit.indicators.removal import Removals
from evalkit.indicators.treatment.availability import Screened
from evalkit.indicators.uncertainty.monte_carlo import Uncertainty
from evalkit.indicators.uncertainty.sensitivity import Drivers
from evalkit.panel.audit import Audit
from evalkit.panel.boundaries import Boundaries
from evalkit.panel.panel import Panel
from evalkit.report.assessment.households import HouseholdFindings
from evalkit.terms import Text

if TYPE_CHECKING:
    from evalkit.monitor.process.process import Process
    from evalkit.report.risk.study import RiskFindings

Chapter = Literal[
    "scope",
    "methods",
    "audit",
    "overview",
    "implementation",
    "monitoring",
    "systems",
    "coupling",
    "dynamics",
    "forecast",
    "obstacles",
    "regions",
    "households",
    "risk",
    "indicators",
    "uncertainty",
    "robustness",
    "problems",
    "rectification",
    "annexes",
]
CHAPTERS: tuple[Chapter, ...] = get_args(Chapter)
MONITORED = ("G21", "G22", "G23", "G24")  # indicators of monitoring


class Accepted(NamedTuple):
    """Defects a study answers for: the rule, the one column or all, the reason, and how many defects that covers."""

    rule: str
    column: str | None
    because: Text
    found: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatories:
    """Who signs the report, as far as the study names them; what it does not name is left to be written by hand."""

    organization: Text = Text("", "")
    lead: Text = Text("", "")
    authors: tuple[Text, ...] = ()
    reviewers: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Quality:
    """What the indicators of a system have in common, how important each is, and what hangs on it.

    `removals` is None where all places have the same score.
    """

    diagnosis: Diagnosis
    importance: EffectiveImportance
    removals: Removals | None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Firmness:
    """How firm the result is: under other settings one at a time, and under all doubts at once.

    `comparison` is of coordination, `agreement` of indices; `uncertainty` and its `drivers` are of all doubts; `outranking`
    ranks without letting one lead make up for another, `benefit` by the weights that suit each place best. All but the first are keyed by system, and empty where not asked for. `notes` say what was left out of it.
    """

    comparison: Comparison | None
    agreement: Mapping[str, IndexAgreement]
    uncertainty: Mapping[str, Uncertainty]
    drivers: Mapping[str, Drivers]
    outranking: Mapping[str, Outranking]
    benefit: Mapping[str, Benefit]
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Movement:
    """How coordination moved: the speeds of two systems, moves between grades, and what changed D; None with a single year.

    `speeds` is also None where there are more than two systems.
    """

    speeds: SpeedCoupling | None
    grades: Transitions | None
    change: ChangeParts | None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Monitored:
    """What is told of monitoring: a `panel` of G21–G24 by (unit, period), and where a ledger tells it, the process of its last day.

    Figures of fewer than `least` homes are not in the panel; `names` are those of the ledger's counties.
    """

    panel: pd.DataFrame
    source: Text
    process: Process | None = None
    least: int = 10
    names: Mapping[str, Text] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Assessment:
    """What one assessment found; the report prints it and adds nothing to it.

    `scores`, `obstacles` and `quality` are keyed by system, in the order of the study; `doubts` puts more and more of the method in
    doubt, by what each step adds, and is empty where not asked for; `households` is None without a survey, `risk` without a risk
    study and `monitoring` without a monitor; `versions` names what computed it; `basis` are the documents that the study names;
    `unscored` are the dimensions that a system declares and that were left out for want of an indicator to score; `ground` is where
    maps are drawn, if the study says so.
    """

    title: Text
    subtitle: Text
    organization: Text
    date: str
    statement: Text
    chapters: tuple[Chapter, ...]
    panel: Panel
    audit: Audit | None
    accepted: tuple[Accepted, ...]
    screened: Mapping[str, Screened]
    scores: Mapping[str, IndexScores]
    filled: pd.DataFrame
    bond: Coordination
    obstacles: Mapping[str, Obstacles]
    groups: Mapping[str, Groups]
    households: HouseholdFindings | None
    movement: Movement
    forecast: Forecasted | None
    quality: Mapping[str, Quality]
    doubts: Mapping[Text, UncertainCoordination]
    variants: VariantComparison | None
    firmness: Firmness
    versions: Mapping[str, str]
    risk: RiskFindings | None = None
    monitoring: Monitored | None = None
    unscored: Mapping[str, tuple[Text, ...]] = field(default_factory=dict)
    basis: tuple[Text, ...] = ()
    signatories: Signatories = Signatories()
    ground: Boundaries | None = None
