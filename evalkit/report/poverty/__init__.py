"""How poverty looks."""

from evalkit.report.poverty import bottom_line, dynamics, indices, parts

__all__ = ["bottom_line", "dynamics", "indices", "parts"]
