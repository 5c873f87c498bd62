"""The check simulation specs share: figures that must be finite and within limits."""

from __future__ import annotations

import math

from evalkit.check import real, shown
from evalkit.errors import SpecError


def within(spec: object, low: float, high: float, *fields: str) -> None:
    """Refuse a spec of which a field is no number, or none from `low` to `high`."""
    for field in fields:
        value = getattr(spec, field)
        if not real(value) or not math.isfinite(value) or not low <= value <= high:
            what = f"{type(spec).__name__} {field} must be a number from {low:g} to {high:g}"
            raise SpecError(what, found=shown(value))


def made_of(spec: object, **kinds: type) -> None:
    """Refuse a spec of which a part is not of its kind."""
    for field, kind in kinds.items():
        value = getattr(spec, field)
        if not isinstance(value, kind):
            what = f"{type(spec).__name__} {field} must be {kind.__name__}(…)"
            raise SpecError(what, found=repr(value), do=f"pass {kind.__name__}() or leave {field} out")
