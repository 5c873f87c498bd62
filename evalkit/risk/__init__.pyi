# Names that are too plain to stand beside those of other families; the others are offered by evalkit itself.

from .budgets import Number as Number
from .budgets import Share as Share
from .curves import Beta as Beta
from .curves import Isotonic as Isotonic
from .curves import Platt as Platt
from .drift import Drift as Drift
from .features.history import PovertyHistory as PovertyHistory
from .features.measures import Level as Level
from .features.measures import Ratio as Ratio
from .features.measures import Recent as Recent
from .persistence import load as load
from .persistence import save as save
from .types import Threshold as Threshold

__all__: list[str]
