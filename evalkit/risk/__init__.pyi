# Names that are too plain to stand beside those of other families; the others are offered by evalkit itself.

from .calibration.curves import Beta as Beta
from .calibration.curves import Isotonic as Isotonic
from .calibration.curves import Platt as Platt
from .drift.drift import Drift as Drift
from .features.history import PovertyHistory as PovertyHistory
from .features.measures import Level as Level
from .features.measures import Ratio as Ratio
from .features.measures import Recent as Recent
from .keeping.persistence import load as load
from .keeping.persistence import save as save
from .labels.types import Threshold as Threshold
from .lists.budgets import Number as Number
from .lists.budgets import Share as Share

__all__: list[str]
