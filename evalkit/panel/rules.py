"""The rules a data file is held to: one table of stable ids, each with how grave it is and how it is said."""

from __future__ import annotations

from typing import Literal, NamedTuple

from evalkit.terms import Text

Severity = Literal["defect", "notice", "repaired"]


class Rule(NamedTuple):
    """How grave a breach is, how it is said, and what the user can do."""

    severity: Severity
    says: Text
    do: Text = Text("", "")


def _rule(severity: Severity, zh: str, en: str, do_zh: str = "", do_en: str = "") -> Rule:
    return Rule(severity, Text(zh, en), Text(do_zh, do_en))


_ANOTHER_UNIT = _rule(
    "defect",
    "“{column}”有 {count} 个值像是相差 {factor} 倍（如 {found}，单位应为“{unit}”），疑似{guess}：{where}",
    "'{column}' has {count} value(s) that look {factor} times off (such as {found}, in '{unit}'): {guess}, {where}",
    "换算为体系规定的单位",
    "convert them to the unit of the system",
)

#: Rule id → how grave, how it is said (with what was found filled in), what to do. The ids are stable words that a study
#: file may write to accept a defect of values; what stops a panel from being made cannot be accepted.
RULES: dict[str, Rule] = {
    # the file and its header
    "error_cell": _rule(
        "defect",
        "公式错误单元格 {where}（{found}）",
        "cells hold a formula error: {where} ({found})",
        "更正公式后另存",
        "correct the formulas and save again",
    ),
    "formula_without_value": _rule(
        "defect",
        "公式没有存下计算结果：{where}",
        "formulas without a stored result: {where}",
        "用电子表格软件打开并重新保存",
        "open the file in a spreadsheet program and save it",
    ),
    "blank_header": _rule(
        "defect",
        "{where} 列有数据而没有列名",
        "columns hold data and have no name: {where}",
        "补上列名或删除该列",
        "name the columns or remove them",
    ),
    "duplicate_column": _rule(
        "defect",
        "列名“{column}”出现 {count} 次：{where}",
        "the column name '{column}' stands {count} times: {where}",
        "改名或删去重复的列",
        "rename or remove the repeated columns",
    ),
    "missing_column": _rule(
        "defect",
        "缺少列{found}{others}",
        "there is no column {found}{others}",
        "补上该列，或在 columns 中写明它在文件里的名称",
        "add it, or say under 'columns' which column of the file holds it",
    ),
    "ambiguous_column": _rule(
        "defect",
        "合并表头下不止一列叫作{found}",
        "below a merged header, more than one column is called {found}",
        "写出含上级表头的完整列名，或在 columns 中指定",
        "write the whole name, or say under 'columns' which of them holds it",
    ),
    # cells
    "unreadable_cell": _rule(
        "defect",
        "“{column}”有 {count} 个单元格不是数字：{where}；内容为 {found}",
        "'{column}' holds {count} cell(s) that are not numbers: {where}; found {found}",
        "改为数字，或把表示缺失的写法列入“missing”",
        "correct them, or list the marks of missing values under 'missing'",
    ),
    "mixed_units": _rule(
        "defect",
        "“{column}”的单元格单位不一致：{found}；{where}",
        "the cells of '{column}' carry different units: {found}; {where}",
        "统一为同一单位",
        "bring them to one unit",
    ),
    "merged_figures": _rule(
        "defect",
        "“{column}”的数值写在合并单元格中：{where}",
        "figures of '{column}' stand in merged cells: {where}",
        "取消合并，把数值写在所属的行",
        "unmerge, and write each figure in the row it belongs to",
    ),
    "personal_data": _rule(
        "defect",
        "“{column}”疑似身份证号或手机号（{count} 个，内容不予显示）",
        "'{column}' looks like identity or telephone numbers ({count} values, not shown)",
        "从文件中删除该列",
        "remove the column from the file",
    ),
    # keys
    "missing_key": _rule(
        "defect",
        "{count} 行缺少地区或年份：{where}",
        "{count} row(s) lack a unit or a period: {where}",
        "补全或删除这些行",
        "complete or remove these rows",
    ),
    "unreadable_period": _rule(
        "defect",
        "“{column}”有 {count} 个不是年份的值：{where}；内容为 {found}",
        "'{column}' holds {count} value(s) that are not a year: {where}; found {found}",
        "改为四位年份",
        "write whole numbers such as 2016",
    ),
    "lost_leading_zeros": _rule(
        "defect",
        "“{column}”中 {count} 个代码比其余少一位，疑似丢失前导零：{found}；{where}",
        "in '{column}' {count} code(s) are one digit short, as if a leading zero was lost: {found}; {where}",
        "在源文件中按文本保存代码",
        "store the codes as text in the source file",
    ),
    "short_codes": _rule(
        "notice",
        "“{column}”中 {count} 个代码比区划代码（6、9 或 12 位）少一位，可能丢失了前导零：{found}；{where}",
        "in '{column}' {count} code(s) are one digit shorter than region codes (6, 9 or 12 digits) and may have lost a leading "
        "zero: {found}; {where}",
        "若应有前导零，请在源文件中按文本保存代码",
        "store the codes as text if they begin with a zero",
    ),
    "duplicate_rows": _rule(
        "defect",
        "{count} 个地区—年份有多行（{found}）：{where}",
        "{count} unit–period pair(s) have several rows ({found}): {where}",
        "每个地区每年只留一行",
        "keep one row of each",
    ),
    "group_changes": _rule(
        "defect",
        "{count} 个地区在不同年份属于不同的“{column}”：{where}",
        "{count} unit(s) change their '{column}' over the periods: {where}",
        "每个地区只属一组",
        "give each unit one group",
    ),
    "total_row": _rule(
        "notice",
        "“{column}”中疑似合计行：{found}；{where}",
        "'{column}' holds what looks like totals: {found}; {where}",
        "若不是评价对象请删去",
        "remove them unless they are assessed as units",
    ),
    # values
    "empty_column": _rule(
        "defect",
        "“{column}”全部缺失",
        "'{column}' holds no value at all",
        "补充数据或从体系中去掉该指标",
        "supply the figures or take the indicator out",
    ),
    "constant_column": _rule(
        "defect",
        "“{column}”全部 {count} 个值都是 {found}",
        "all {count} values of '{column}' are {found}",
        "核对数据；没有差异的指标不能区分地区",
        "check it: an indicator without variation tells no units apart",
    ),
    "not_finite": _rule(
        "defect",
        "“{column}”有 {count} 个无穷大：{where}",
        "'{column}' holds {count} infinite value(s): {where}",
        "更正计算",
        "correct the computation",
    ),
    "out_of_range": _rule(
        "defect",
        "“{column}”有 {count} 个值超出合理范围 {span}：{where}；如 {found}",
        "'{column}' has {count} value(s) outside its plausible range {span}: {where}; such as {found}",
        "核对并更正，或修改体系中的合理范围",
        "check and correct them, or widen the range in the system",
    ),
    "percent_as_fraction": _rule(
        "defect",
        "“{column}”的单位是“{unit}”，但有 {count} 个值像是小数（如 {found}），疑似把百分数写成了小数：{where}",
        "'{column}' is measured in '{unit}', yet {count} value(s) look like fractions (such as {found}): "
        "percent given as a fraction, {where}",
        "乘以 100",
        "multiply these by 100",
    ),
    "unit_of_ten_thousand": _ANOTHER_UNIT,
    "unit_of_thousand": _ANOTHER_UNIT,
    "unit_of_hundred": _ANOTHER_UNIT,
    "unit_jump": _rule(
        "defect",
        "“{column}”有 {count} 处跳变接近 10 的整数次幂，疑似中途换了单位：{where}",
        "'{column}' jumps {count} time(s) by about a power of ten, as if its unit of measure had changed: {where}",
        "统一单位",
        "bring the series to one unit",
    ),
    # gaps
    "missing_periods": _rule(
        "defect",
        "{count} 个地区缺整年数据：{where}",
        "{count} unit(s) lack whole periods: {where}",
        "补充这些年份，或剔除这些地区，或接受此项",
        "supply these periods, leave the units out, or accept this by name",
    ),
    "reference_gap": _rule(
        "defect",
        "参考期内所有地区都没有 {where} 年的数据，界限与权重将由更少的年份学得",
        "no unit has a row for {where}, within the reference years: bounds and weights would be learnt on fewer years than named",
        "补充这些年份，或更改 reference，或接受此项",
        "supply these periods, name another reference, or accept this by name",
    ),
    "period_gap": _rule("notice", "年份不连续，缺 {where}", "the periods are not consecutive; absent: {where}"),
    "missing_cells": _rule("notice", "“{column}”缺失 {count} 个值（{found}）", "'{column}' lacks {count} value(s) ({found})"),
    "text_column": _rule(
        "notice", "“{column}”是文字列，未作为指标（{where}）", "'{column}' is text and is not taken as figures ({where})"
    ),
    "no_key_column": _rule(
        "notice",
        "看不出哪一列是{found}，未作按键的检查",
        "no column looks like the {found}; rows were not checked by key",
        "写明 unit 与 period",
        "name the unit and the period column",
    ),
    # repaired on the way in
    "full_width": _rule(
        "repaired",
        "“{column}”：{count} 个全角写法已转为半角",
        "'{column}': {count} full-width cell(s) read as ordinary characters",
    ),
    "thousands": _rule(
        "repaired", "“{column}”：{count} 个千位分隔符已去掉", "'{column}': thousands separators taken out of {count} cell(s)"
    ),
    "unit_in_cell": _rule(
        "repaired",
        "“{column}”：{count} 个单元格内的单位已去掉（{found}）",
        "'{column}': the unit was taken out of {count} cell(s) ({found})",
    ),
    "percent_format": _rule(
        "repaired",
        "“{column}”：{count} 个百分比格式的单元格按所见的百分数读入",
        "'{column}': {count} cell(s) in percent format read as the percentage they show",
    ),
    "missing_marker": _rule(
        "repaired",
        "“{column}”：{count} 个缺失标记按缺失读入（{found}）",
        "'{column}': {count} marker(s) read as missing ({found})",
    ),
    "year_text": _rule(
        "repaired",
        "“{column}”：{count} 个年份由文字读为整数（{found}）",
        "'{column}': {count} period(s) read from text ({found})",
    ),
    "code_number": _rule(
        "repaired", "“{column}”：{count} 个数值代码已转为文本", "'{column}': {count} numeric code(s) turned into text"
    ),
    "code_format": _rule(
        "repaired",
        "{count} 个数值按单元格格式的显示补上前导零：{where}",
        "{count} number(s) read with the leading zeros their cell format shows: {where}",
    ),
    "merged_cells": _rule(
        "repaired", "“{column}”：合并单元格向下填充 {count} 行", "'{column}': merged cells filled down over {count} row(s)"
    ),
    "title_rows": _rule(
        "repaired", "表头之上有 {count} 行标题，未读入：{found}", "{count} line(s) above the header were left aside: {found}"
    ),
    "comment_lines": _rule(
        "repaired", "以 # 开头的 {count} 行注释未读入", "{count} comment line(s) beginning with # were left aside"
    ),
    "footnotes": _rule(
        "repaired", "表下 {count} 行说明未读入：{found}", "{count} line(s) below the table were left aside: {found}"
    ),
    "blank_rows": _rule("repaired", "{count} 个空行未读入：{where}", "{count} blank row(s) were left aside: {where}"),
    "encoding": _rule("repaired", "文件按 {found} 编码读入", "the file was read as {found}"),
    "other_sheets": _rule("repaired", "读入工作表“{column}”；未读：{found}", "sheet '{column}' was read; not read: {found}"),
}

#: Defects of values, which a study may accept with a reason; the others leave nothing to assess.
ACCEPTABLE: tuple[str, ...] = (
    "constant_column",
    "missing_periods",
    "out_of_range",
    "percent_as_fraction",
    "reference_gap",
    "unit_jump",
    "unit_of_hundred",
    "unit_of_ten_thousand",
    "unit_of_thousand",
)
