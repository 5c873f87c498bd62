"""Everything an audit found, one row a place: a file to work through."""

from __future__ import annotations

import pandas as pd

from evalkit.panel.audit import Audit
from evalkit.panel.findings import SHOWN, in_chinese
from evalkit.panel.rules.rules import RULES
from evalkit.report.assessment.audit import CALLED
from evalkit.report.document import Document, Paragraph, Table
from evalkit.report.html.csv import as_csv
from evalkit.report.pictures import Pictures
from evalkit.report.render import rendered
from evalkit.report.words import Voice
from evalkit.terms import Lang, Text

SEVERITY = {"defect": Text("缺陷", "defect"), "notice": Text("提示", "notice"), "repaired": Text("已修复", "repaired")}
HEADS = {
    "code": Text("代码", "Code"),
    "severity": Text("级别", "Severity"),
    "rule": Text("规则", "Rule"),
    "column": Text("列", "Column"),
    "where": Text("位置", "Where"),
    "what": Text("说明", "What"),
    "do": Text("处理", "To do"),
}


def problem_frame(answer: Audit, lang: Lang) -> pd.DataFrame:
    """One row a place that the audit names, defects first; a finding that has no place has one row."""
    rows = []
    places = answer.places or ((),) * len(answer.frame)
    for found, every in zip(answer.frame.to_dict("records"), places, strict=True):
        rule = str(found["rule"])
        head = (rule, SEVERITY[found["severity"]].say(lang), CALLED[rule].say(lang), found["column"])
        tail = (found[f"message_{lang}"], RULES[rule].do.say(lang))
        said = [in_chinese(place) if lang == "zh" else place for place in every or (found["where"],)]
        rows += [(*head, place, *(("", "") if at else tail)) for at, place in enumerate(said)]
        if every and found["count"] > len(every) > SHOWN:
            rows.append((*head, f"… (+{found['count'] - len(every):,})", "", ""))
    return pd.DataFrame(rows, columns=[head.say(lang) for head in HEADS.values()])


def problem_file(answer: Audit, name: str, kind: str, lang: Lang) -> bytes:
    """The problems of a file as CSV, or as a page or a workbook."""
    frame = problem_frame(answer, lang)
    if kind == "csv":
        return as_csv([list(map(str, frame.columns)), *frame.astype(str).to_numpy().tolist()]).encode("utf-8-sig")
    voice = Voice(lang, {})
    title = Text("数据审计：{name}", "Audit of {name}").format(name=name)
    caption = Text("审计发现，每处一行", "What the audit found, a row each place")
    blocks = (Paragraph(voice(answer.kept)), Table(key="problems", caption=caption, frame=frame))
    return rendered(Document(title=voice(title), lang=lang, workbook=False, blocks=blocks), kind, Pictures(lang))
