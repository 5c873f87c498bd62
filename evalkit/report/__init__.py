"""How answers look on paper: the only ink, the only writer. Importing it registers the looks of every family's answers."""

from evalkit.report import (
    aggregation,
    comparison,
    coupling,
    diagnostics,
    distribution,
    importance,
    indicators,
    treatment,
    uncertainty,
    variants,
    weighting,
)

__all__ = [
    "aggregation",
    "comparison",
    "coupling",
    "diagnostics",
    "distribution",
    "importance",
    "indicators",
    "treatment",
    "uncertainty",
    "variants",
    "weighting",
]
