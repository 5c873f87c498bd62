"""What one assessment found, and the chapters it can be printed in, in the order evaluators use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import pandas as pd

from evalkit.coupling.compare import Comparison
from evalkit.coupling.static import Coordination
from evalkit.distribution.groups import Groups
from evalkit.indicators.index import IndexScores
from evalkit.indicators.obstacle import Obstacles
from evalkit.panel.audit import Audit
from evalkit.panel.panel import Panel
from evalkit.terms import Text

Chapter = Literal["scope", "methods", "audit", "systems", "coupling", "obstacles", "regions", "robustness", "problems", "annexes"]
CHAPTERS: tuple[Chapter, ...] = get_args(Chapter)


class Accepted(NamedTuple):
    """Defects a study answers for: the rule, the one column or all, the reason, and how many defects that covers."""

    rule: str
    column: str | None
    because: str
    found: int


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Assessment:
    """What one assessment found; the report prints it and adds nothing to it.

    `scores` and `obstacles` are keyed by system, in the order of the study; `versions` names what computed it.
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
    scores: Mapping[str, IndexScores]
    filled: pd.DataFrame
    bond: Coordination
    obstacles: Mapping[str, Obstacles]
    groups: Mapping[str, Groups]
    comparison: Comparison | None
    versions: Mapping[str, str]
