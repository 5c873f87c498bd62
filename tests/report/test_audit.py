"""The chapter on the data: every rule of the audit has a name in both languages."""

from evalkit.panel.rules import ACCEPTABLE, RULES
from evalkit.report.audit import CALLED


def test_every_rule_has_a_name():
    assert set(CALLED) == set(RULES)
    assert set(ACCEPTABLE) <= set(CALLED)
    assert all(words.zh and words.en for words in CALLED.values())
