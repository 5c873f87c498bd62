"""How differences between groups look, and moves between grades."""

from evalkit.report.distribution import groups, transitions

__all__ = ["groups", "transitions"]
