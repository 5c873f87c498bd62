"""evalkit: ex-post evaluation of consolidating poverty-alleviation results and linking them with rural revitalization.

A spec is a frozen question; asked of a panel, it gives a frozen answer.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from evalkit import datasets
from evalkit.answer import Answer, Note
from evalkit.coupling.compare import compare
from evalkit.coupling.grades import COUPLING_STAGES, FIVE_GRADES, FOUR_GRADES, SIX_GRADES, TEN_GRADES, Grade, GradeScheme
from evalkit.coupling.relative import LagRule
from evalkit.coupling.static import CouplingCoordination
from evalkit.coupling.variants import Power, Standard
from evalkit.datasets import systems
from evalkit.distribution.groups import GroupDifferences
from evalkit.errors import DataError, EvalkitError, NoAnswer, OutputError, SpecError
from evalkit.indicators.aggregation.means import ARITHMETIC, GEOMETRIC, HARMONIC, PowerMean
from evalkit.indicators.aggregation.tree import ByLevel
from evalkit.indicators.index import CompositeIndex
from evalkit.indicators.normalization.min_max import MinMax
from evalkit.indicators.normalization.target import DistanceToTarget
from evalkit.indicators.normalization.z_score import ZScore
from evalkit.indicators.obstacle import ObstacleDegree
from evalkit.indicators.treatment.missing import Carry, GroupMean, Interpolate, LeaveOut, Refuse, treat
from evalkit.indicators.uncertainty import vary
from evalkit.indicators.weighting.critic import Critic
from evalkit.indicators.weighting.entropy import Entropy
from evalkit.indicators.weighting.equal import Equal
from evalkit.indicators.weighting.given import Given
from evalkit.indicators.weighting.levels import Levels
from evalkit.panel.audit import audit_file, audit_panel
from evalkit.panel.panel import Panel
from evalkit.panel.read import read_panel
from evalkit.panel.system import Dimension, Direction, Indicator, IndicatorSystem
from evalkit.terms import Text

if TYPE_CHECKING:
    from evalkit.panel.form import read_system
    from evalkit.report.report import Report
    from evalkit.report.verbs import figure, prose, table
    from evalkit.study import Study

__version__ = "0.1.0"

__all__ = [
    "ARITHMETIC",
    "COUPLING_STAGES",
    "FIVE_GRADES",
    "FOUR_GRADES",
    "GEOMETRIC",
    "HARMONIC",
    "SIX_GRADES",
    "TEN_GRADES",
    "Answer",
    "ByLevel",
    "Carry",
    "CompositeIndex",
    "CouplingCoordination",
    "Critic",
    "DataError",
    "Dimension",
    "Direction",
    "DistanceToTarget",
    "Entropy",
    "Equal",
    "EvalkitError",
    "Given",
    "Grade",
    "GradeScheme",
    "GroupDifferences",
    "GroupMean",
    "Indicator",
    "IndicatorSystem",
    "Interpolate",
    "LagRule",
    "LeaveOut",
    "Levels",
    "MinMax",
    "NoAnswer",
    "Note",
    "ObstacleDegree",
    "OutputError",
    "Panel",
    "Power",
    "PowerMean",
    "Refuse",
    "Report",
    "SpecError",
    "Standard",
    "Study",
    "Text",
    "ZScore",
    "audit_file",
    "audit_panel",
    "compare",
    "datasets",
    "figure",
    "prose",
    "read_panel",
    "read_system",
    "systems",
    "table",
    "treat",
    "vary",
]

_LAZY = {
    "read_system": "evalkit.panel.form",
    "figure": "evalkit.report.verbs",
    "prose": "evalkit.report.verbs",
    "table": "evalkit.report.verbs",
    "Report": "evalkit.report.report",
    "Study": "evalkit.study",
}


def __getattr__(name: str) -> Any:
    """Names that need ink or forms (matplotlib, python-docx, pydantic) are imported when they are first used."""
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'evalkit' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
