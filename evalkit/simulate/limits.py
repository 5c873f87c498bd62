"""The check simulation specs share: figures that must be finite and within limits."""

from __future__ import annotations

import math

import numpy as np

from evalkit.errors import SpecError


def within(spec: object, low: float, high: float, *fields: str) -> None:
    """Refuse a spec of which a field is no number, or none from `low` to `high`."""
    for field in fields:
        value = getattr(spec, field)
        number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if not number or not math.isfinite(value) or not low <= value <= high:
            what = f"{type(spec).__name__} {field} must be a number from {low:g} to {high:g}"
            raise SpecError(what, found=repr(value))


def made_of(spec: object, **kinds: type) -> None:
    """Refuse a spec of which a part is not of its kind."""
    for field, kind in kinds.items():
        value = getattr(spec, field)
        if not isinstance(value, kind):
            what = f"{type(spec).__name__} {field} must be {kind.__name__}(…)"
            raise SpecError(what, found=repr(value), do=f"pass {kind.__name__}() or leave {field} out")
