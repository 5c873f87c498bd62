"""How risks of return to poverty look, and the list of visits."""

from evalkit.report.risk import card, lists, scores

__all__ = ["card", "lists", "scores"]
