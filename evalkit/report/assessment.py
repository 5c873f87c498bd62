"""The whole assessment as a document, in the order evaluators use; each chapter is a function from answers to blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

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


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Assessment:
    """What one assessment found; the report prints it and adds nothing to it.

    `scores` and `obstacles` are keyed by system, in the order of the study; `accepted` are audit rules the study accepts,
    with the reason; `versions` names what computed it.
    """

    title: Text
    subtitle: Text
    organization: Text
    date: str
    statement: Text
    chapters: tuple[Chapter, ...]
    panel: Panel
    audit: Audit | None
    accepted: tuple[tuple[str, str], ...]
    scores: Mapping[str, IndexScores]
    filled: pd.DataFrame
    bond: Coordination
    obstacles: Mapping[str, Obstacles]
    groups: Mapping[str, Groups]
    comparison: Comparison | None
    versions: Mapping[str, str]
