"""A rule of the audit: how grave a breach is, how it is said, and what to do."""

from __future__ import annotations

from typing import Literal, NamedTuple

from evalkit.terms import Text

Severity = Literal["defect", "notice", "repaired"]


class Rule(NamedTuple):
    """How grave a breach is, how it is said, and what the user can do."""

    severity: Severity
    says: Text
    do: Text = Text("", "")


def rule(severity: Severity, zh: str, en: str, do_zh: str = "", do_en: str = "") -> Rule:
    """A rule from its words."""
    return Rule(severity, Text(zh, en), Text(do_zh, do_en))
