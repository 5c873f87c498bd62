"""How answers look on paper: the only ink, the only writer. Importing it registers the looks of every family's answers."""

from evalkit.report import assessment, coupling, distribution, indicators, maps, monitor, poverty, risk

__all__ = ["assessment", "coupling", "distribution", "indicators", "maps", "monitor", "poverty", "risk"]
