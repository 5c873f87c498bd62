"""Signals: rules asked of records; one room a kind of rule, each of expressions that every engine has."""

from evalkit.monitor.signals.find import SignalRules, Signals
from evalkit.monitor.signals.unjudged import REASONS

__all__ = ["REASONS", "SignalRules", "Signals"]
