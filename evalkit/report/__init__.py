"""How answers look on paper: the only ink, the only writer. Importing it registers the looks of every family's answers."""

from evalkit.report import coupling, distribution, indicators

__all__ = ["coupling", "distribution", "indicators"]
