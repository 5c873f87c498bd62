"""The report of one assessment, chapter by chapter."""

from evalkit.report.assessment import audit

__all__ = ["audit"]
