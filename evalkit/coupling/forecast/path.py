"""What a way to forecast is asked, and what it gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from evalkit.stats.arrays import Array
from evalkit.terms import Text


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """Forecasts of many series, of shape (series, horizon).

    `std_error` is that of a forecast under the method's own model, None where it has none. Of `fits` numerical fits
    `unsettled` did not converge, and for `failed` series there was none, so that their last value stands.
    """

    estimate: Array
    std_error: Array | None = None
    fits: int = 0
    unsettled: int = 0
    failed: int = 0


class ForecastMethod(Protocol):
    """A named way to forecast series of one length, equally spaced in time."""

    @property
    def key(self) -> str:
        """What the method is called in a frame."""
        ...

    @property
    def name(self) -> Text:
        """What the method is called."""
        ...

    @property
    def least(self) -> int:
        """How many values of a series it needs."""
        ...

    def forecast(self, y: Array, horizon: int) -> Path:
        """Forecasts of series of shape (series, years), 1 … `horizon` steps ahead."""
        ...
