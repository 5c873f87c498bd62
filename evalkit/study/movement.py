"""How a study's coordination moved over its years."""

from __future__ import annotations

from evalkit.coupling.dynamics.contributions import ChangeOfD
from evalkit.coupling.dynamics.speeds import Speeds
from evalkit.coupling.dynamics.transitions import GradeTransitions
from evalkit.coupling.static import Coordination
from evalkit.indicators.aggregation.means import ARITHMETIC
from evalkit.report.assessment.found import Movement
from evalkit.study.robust import Scores

STILL = Movement(speeds=None, grades=None, change=None)


def movement(bond: Coordination, scores: Scores) -> Movement:
    """Speeds, moves between grades, and what changed D; an index is opened where it is a sum of contributions."""
    if len(bond.frame.index.unique("period")) < 2:
        return STILL
    opened = {name: score for name, score in scores.items() if score.spec.spec.aggregate == ARITHMETIC}
    dimensions = {
        indicator.id: dimension.id
        for score in opened.values()
        for dimension in score.system.dimensions
        for indicator in dimension.indicators
    }
    return Movement(
        speeds=Speeds().measure(**{name: score.series for name, score in scores.items()}) if len(scores) == 2 else None,
        grades=GradeTransitions().measure(bond),
        change=ChangeOfD().measure(bond, {name: score.contributions for name, score in opened.items()}, dimensions),
    )
