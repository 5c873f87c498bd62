"""The chapter on the data: what the audit found, what was accepted and why, what was filled and left out."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from evalkit.panel.audit import Audit
from evalkit.report.assessment.found import Accepted, Assessment
from evalkit.report.document import Block, Bullets, Heading, Paragraph, Table
from evalkit.report.indicators.treatment import outlier_table, tamed_points
from evalkit.report.verbs import tables, words
from evalkit.report.words import Voice, spoken_method
from evalkit.terms import Text, same

#: What each rule of the audit is called in print.
CALLED: dict[str, Text] = {
    "error_cell": Text("公式错误", "formula error"),
    "formula_without_value": Text("公式无结果", "formula without a result"),
    "blank_header": Text("列无名称", "column without a name"),
    "duplicate_column": Text("列名重复", "column name twice"),
    "mixed_encodings": Text("编码不一致", "mixed encodings"),
    "garbled_text": Text("乱码", "garbled text"),
    "cut_off": Text("文件中断", "file cut off"),
    "repeated_cell": Text("地址重复", "address twice"),
    "swallowed_lines": Text("引号未结束", "quotation mark not closed"),
    "raised_marks": Text("数字带上标或删除线", "raised or struck-through marks"),
    "code_in_powers": Text("科学计数的编码或数字", "codes or figures in powers of ten"),
    "long_code": Text("代码过长", "code too long"),
    "comma_of_two_kinds": Text("逗号有歧义", "comma of two kinds"),
    "encoded_figures": Text("数字存成标签", "figures stored as labels"),
    "whole_region": Text("上级地区", "region that holds others"),
    "name_changes": Text("名称变化", "name changes"),
    "name_shared": Text("名称重复", "name of several codes"),
    "too_large": Text("数值过大", "too large a value"),
    "missing_code": Text("疑似缺失代码", "code for missing"),
    "zero_for_missing": Text("疑似以零代缺失", "zero for missing"),
    "few_negative": Text("少数负值", "few values below 0"),
    "weight_not_positive": Text("权重不为正", "weight not above 0"),
    "weight_missing": Text("缺权重", "weight missing"),
    "unit_contradicts": Text("单位与体系不符", "unit not as declared"),
    "far_level": Text("量级悬殊", "level far off"),
    "leap": Text("同年骤变", "leap in one year"),
    "repeated_row": Text("与上年相同", "row repeated"),
    "same_columns": Text("两列相同", "columns alike"),
    "sum_row": Text("合计行", "row of sums"),
    "mean_row": Text("平均行", "row of averages"),
    "unseen_signs": Text("看不见的字符", "unseen signs"),
    "short_lines": Text("行内缺单元格", "line too short"),
    "hidden_rows": Text("隐藏的行、列或工作表", "hidden rows, columns or sheets"),
    "manual_calculation": Text("手动计算的公式", "formulas calculated by hand"),
    "scaled_format": Text("显示与存储不同", "shown otherwise than stored"),
    "doubtful_encoding": Text("编码存疑", "doubtful encoding"),
    "missing_column": Text("缺少列", "column absent"),
    "ambiguous_column": Text("列名不唯一", "name in several columns"),
    "unreadable_cell": Text("不是数字", "not a number"),
    "mixed_units": Text("单位不一致", "mixed units"),
    "merged_figures": Text("数值在合并单元格", "figures in merged cells"),
    "personal_data": Text("疑似个人信息", "looks like personal data"),
    "missing_key": Text("缺地区或年份", "unit or period absent"),
    "unreadable_period": Text("不是年份", "not a year"),
    "lost_leading_zeros": Text("丢失前导零", "leading zero lost"),
    "short_codes": Text("代码疑缺前导零", "code perhaps without its leading zero"),
    "duplicate_rows": Text("重复行", "rows twice"),
    "group_changes": Text("分组变动", "group changes"),
    "total_row": Text("疑似合计行", "looks like a total"),
    "empty_column": Text("全列缺失", "column without a value"),
    "constant_column": Text("常数列", "constant column"),
    "not_finite": Text("非有限数", "not finite"),
    "out_of_range": Text("超出合理范围", "out of plausible range"),
    "member_count": Text("人口数有误", "no number of members"),
    "percent_as_fraction": Text("百分数以小数给出", "percent as a fraction"),
    "unit_of_ten_thousand": Text("单位相差一万倍", "unit ten thousand times off"),
    "unit_of_thousand": Text("单位相差一千倍", "unit a thousand times off"),
    "unit_of_hundred": Text("单位相差一百倍", "unit a hundred times off"),
    "unit_jump": Text("疑似单位改变", "likely change of unit"),
    "missing_periods": Text("缺整年", "whole periods absent"),
    "reference_gap": Text("参考期缺年", "gap in the reference years"),
    "period_gap": Text("年份不连续", "gap between periods"),
    "missing_cells": Text("缺失值", "missing values"),
    "text_column": Text("文字列", "column of text"),
    "no_key_column": Text("未指明键列", "no key column named"),
    "full_width": Text("全角字符", "full-width characters"),
    "thousands": Text("千位分隔符", "thousands separators"),
    "unit_in_cell": Text("单元格含单位", "unit in the cell"),
    "percent_format": Text("百分号", "percent sign"),
    "missing_marker": Text("缺失标记", "marks for missing"),
    "year_text": Text("年份含文字", "year with words"),
    "code_format": Text("代码格式含前导零", "leading zeros by cell format"),
    "code_number": Text("代码为数字", "code as a number"),
    "merged_cells": Text("合并单元格", "merged cells"),
    "title_rows": Text("标题行", "title rows"),
    "comment_lines": Text("注释行", "comment lines"),
    "footnotes": Text("表下注释", "footnotes"),
    "blank_rows": Text("空行", "blank rows"),
    "single_precision": Text("单精度存储", "stored in single precision"),
    "encoding": Text("文件编码", "encoding"),
    "other_sheets": Text("其他工作表", "other sheets"),
}


def audit(found: Assessment, voice: Voice) -> list[Block]:
    """What the audit found, what was accepted and why, what was filled and left out."""
    blocks: list[Block] = [Heading(voice(Text("数据审计", "Data audit")))]
    if found.audit is None or found.audit.frame.empty:
        blocks.append(Paragraph(voice(Text("数据审计未发现问题。", "The audit found nothing wrong."))))
    else:
        blocks += _findings(found, voice)
    if found.accepted:
        blocks.append(Bullets(tuple(_accepted(one, voice) for one in found.accepted)))
    for screened in found.screened.values():
        blocks += [Paragraph(words(screened, voice)), *tables(screened, voice)]
    blocks += [Paragraph(note.say(voice.lang), role="note") for note in found.panel.notes]
    if not found.filled.empty:
        blocks.append(_filled(found, voice))
    for score in found.scores.values():
        if score.spec.spec.outliers is not None:
            blocks += [outlier_table(score.spec, voice), tamed_points(score, voice)]
    return blocks


def _accepted(one: Accepted, voice: Voice) -> str:
    if one.column is None:
        said = Text("接受“{rule}”（{found} 处）：{because}", "Accepted “{rule}” ({found} found): {because}")
    else:
        said = Text(
            "接受 {column} 列“{rule}”（{found} 处）：{because}", "Accepted “{rule}” in {column} ({found} found): {because}"
        )
    return voice(said, **{**one._asdict(), "rule": CALLED[one.rule], "column": voice.name(one.column)})


def _findings(found: Assessment, voice: Voice) -> list[Block]:
    assert found.audit is not None
    source = voice(found.panel.source)
    return [replace(table, source=source) for table in tables(found.audit, voice)]


@tables.register
def _(answer: Audit, voice: Voice) -> tuple[Table, ...]:
    """The findings by rule, and all of them."""
    frame = answer.frame.assign(message=answer.frame[f"message_{voice.lang}"])
    severity = {"defect": Text("缺陷", "defect"), "notice": Text("提示", "notice"), "repaired": Text("已修复", "repaired")}
    heads = {
        "rule": voice(Text("规则", "Rule")),
        "severity": voice(Text("级别", "Severity")),
        "column": voice(Text("列", "Column")),
        "count": voice(Text("数量", "Count")),
        "where": voice(Text("位置", "Where")),
        "message": voice.term("note"),
    }
    named = frame.assign(
        rule=[voice(CALLED.get(rule, same(rule))) for rule in frame["rule"]],
        severity=[voice(severity[s]) for s in frame["severity"]],
        column=[voice.name(c) for c in frame["column"]],
    )
    brief = named.groupby(["rule", "severity"], sort=False).agg(
        column=("column", lambda columns: voice.listing(columns, 4)), count=("count", "sum"), message=("message", "first")
    )
    brief = brief.reset_index().rename(columns=heads | {"message": voice(Text("其中一例", "One of them"))})
    whole = named[list(heads)].rename(columns=heads)
    return (
        Table(key="audit", caption=Text("数据审计发现汇总", "Findings of the data audit, by rule"), frame=brief),
        Table(key="audit_all", caption=Text("数据审计发现明细", "Findings of the data audit, in full"), frame=whole, show=0),
    )


def _filled(found: Assessment, voice: Voice) -> Table:
    counts = pd.crosstab(found.filled["indicator"], found.filled["method"])
    counts.columns = [voice(spoken_method(str(method))) for method in counts.columns]
    counts.insert(0, voice.term("indicator"), [f"{key} {voice.name(key)}" for key in counts.index])
    caption = Text("按指标与方法填补的缺失值（单元格数）", "Missing values filled, by indicator and method (cells)")
    return Table(key="filled", caption=caption, frame=counts.reset_index(drop=True), show=20)
