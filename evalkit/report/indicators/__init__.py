"""How indices look, and what they rest on."""

from evalkit.report.indicators import aggregation, comparison, diagnostics, importance, indices, treatment, uncertainty, weighting

__all__ = ["aggregation", "comparison", "diagnostics", "importance", "indices", "treatment", "uncertainty", "weighting"]
