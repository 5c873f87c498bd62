"""How the monitor looks: bulletin, quality of deliveries, cases and lists."""

from evalkit.report.monitor import cases, look, process, quality, triage

__all__ = ["cases", "look", "process", "quality", "triage"]
