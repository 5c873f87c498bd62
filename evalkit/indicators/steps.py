"""What can stand at each step of an index: what is of another step is refused where it is given, not where it is used."""

from __future__ import annotations

from evalkit.check import able, shown
from evalkit.errors import SpecError

# the verb of each step, and what to do where something else is given
STEPS = {
    "treat": ("fill", "use steps such as Interpolate(), Carry() or GroupMean()"),
    "outliers": ("learn", "use SkewKurtosis(), Winsorize(), Fences(), or None"),
    "normalize": ("learn", "use a normalization such as MinMax() or ZScore()"),
    "weigh": ("learn", "use a weighting such as Equal(), Entropy() or Critic()"),
    "aggregate": ("learn", "use an aggregation such as ARITHMETIC, GEOMETRIC or Topsis()"),
}


def stands_at(step: str, value: object, *, who: str) -> None:
    """Refuse what cannot stand at a step of an index: what is no spec, and a spec that stands at another step.

    Examples
    --------
    >>> from evalkit.indicators.normalization.z_score import ZScore
    >>> stands_at("weigh", ZScore(), who="weigh")
    Traceback (most recent call last):
    evalkit.errors.SpecError: weigh cannot be this; found ZScore(). To do: use a weighting such as Equal(), Entropy() or Critic().
    """
    verb, do = STEPS[step]
    able(value, verb, who=who, do=do)
    if _step_of(value, verb) not in (step, None):
        raise SpecError(f"{who} cannot be this", found=shown(value), do=do)


def _step_of(value: object, verb: str) -> str | None:
    """The step a spec stands at, told by what its verb reads; None where that does not tell."""
    if verb == "fill":
        return "treat"
    code = getattr(getattr(value, verb), "__code__", None)
    reads = () if code is None else code.co_varnames[: code.co_argcount]
    if "indicators" in reads:
        return "normalize" if hasattr(value, "remarks") else "outliers"
    return next((step for name, step in (("system", "weigh"), ("weights", "aggregate")) if name in reads), None)
