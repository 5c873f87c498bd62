"""Thresholds as whole numbers: one for all, or by county; money is fen, shares are basis points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import narwhals as nw
import numpy as np
import pandas as pd

from evalkit.check import shown
from evalkit.errors import SpecError
from evalkit.monitor.engine.base import Engine, Frame

BASIS = 10_000  # basis points of one whole
MOST_FEN = 10**14  # a million million yuan: no threshold is beyond it, and products with basis points stay within 64 bits


def fen(yuan: float, *, who: str) -> int:
    """Yuan as whole fen, exactly as they are written.

    Examples
    --------
    >>> fen(8700, who="the line"), fen(0.29, who="the line")
    (870000, 29)
    """
    return _whole(yuan, 100, who=who, do="write yuan with two decimals at most, from 0 on")


def basis_points(share: float, *, who: str) -> int:
    """A share as whole basis points, exactly as it is written.

    Examples
    --------
    >>> basis_points(0.3, who="the share"), basis_points(1.5, who="the multiple")
    (3000, 15000)
    """
    return _whole(share, BASIS, who=who, do="write it with four decimals at most, from 0 on")


def _whole(number: float, times: int, *, who: str, do: str) -> int:
    """A number times so much, where that is whole and not negative."""
    right = isinstance(number, int | float | np.integer | np.floating) and not isinstance(number, bool)
    exact = Decimal(str(number)) * times if right else Decimal("NaN")
    if not exact.is_finite() or exact < 0 or exact != exact.to_integral_value() or exact > MOST_FEN:
        raise SpecError(f"{who} cannot be counted exactly", found=shown(number), do=do)
    return int(exact)


def by_name(values: object, *, who: str) -> dict[str, float]:
    """Thresholds by the code of a county, as a table of numbers.

    Examples
    --------
    >>> by_name({"6201": 8700}, who="by_county")
    {'6201': 8700}
    """
    sound = isinstance(values, Mapping) and all(isinstance(name, str) and name for name in values)
    if not sound:
        raise SpecError(f"{who} must be a table of counties", found=shown(values), do='write {"6201" = 8700}')
    return dict(values)  # type: ignore[call-overload]  # it is a mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """A threshold in whole numbers: `standard` for every county but those of `by_county`; None: only those have one.

    Examples
    --------
    >>> Limits(standard=870000, by_county={"6201": 880000}).of("6201")
    880000
    """

    standard: int | None
    by_county: Mapping[str, int]

    def of(self, county: str | None) -> int | None:
        """The threshold of a county; None: it has none."""
        return self.standard if county is None else self.by_county.get(county, self.standard)

    @property
    def every(self) -> tuple[int, ...]:
        """All of them."""
        own = tuple(self.by_county.values())
        return own if self.standard is None else (self.standard, *own)

    def onto(self, engine: Engine, frame: Frame, name: str = "limit") -> Frame:
        """The frame with the threshold of its column `county`; rows of counties that have none are left out."""
        if not self.by_county:
            return frame.with_columns(nw.lit(self.standard, dtype=nw.Int64).alias(name))
        table = pd.DataFrame({"county": list(self.by_county), name: list(self.by_county.values())})
        joined = frame.join(engine.hold(table, {"county": "word", name: "integer"}), on="county", how="left")
        if self.standard is None:
            return joined.filter(~nw.col(name).is_null())
        own = nw.col(name)
        return joined.with_columns(nw.when(own.is_null()).then(nw.lit(self.standard, dtype=nw.Int64)).otherwise(own).alias(name))
