"""Answers on a map."""

from evalkit.report.maps import answers

__all__ = ["answers"]
