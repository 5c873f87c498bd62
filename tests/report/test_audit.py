"""The chapter on the data: every rule of the audit has a name in both languages, and an audit is a table of its own."""

import pandas as pd
import pytest

import evalkit as ek
from evalkit.panel.rules.rules import ACCEPTABLE, RULES
from evalkit.report.assessment.audit import CALLED


def test_every_rule_has_a_name():
    assert set(CALLED) == set(RULES)
    assert set(ACCEPTABLE) <= set(CALLED)
    assert all(words.zh and words.en for words in CALLED.values())


@pytest.mark.parametrize(("lang", "rule"), [("zh", "常数列"), ("en", "constant column")])
def test_an_audit_is_printed_as_a_table(lang, rule):
    rows = pd.DataFrame({"county": list("aabb"), "year": [2020, 2021] * 2, "roads": 5.0, "income": [1.0, 1.1, 2, 3]})
    audit = ek.audit_panel(ek.Panel.from_frame(rows, unit="county", period="year"))
    assert rule in ek.table(audit, lang=lang).iloc[:, 0].tolist()
    assert len(ek.table(audit, "audit_all", lang=lang)) == len(audit.frame)
    clean = ek.audit_panel(ek.Panel.from_frame(rows.drop(columns="roads"), unit="county", period="year"))
    assert ek.table(clean, lang=lang).empty
