"""Rules for the values of a panel and the gaps in it."""

from __future__ import annotations

from evalkit.panel.rules.rule import Rule, rule

_ANOTHER_UNIT = rule(
    "defect",
    "“{column}”有 {count} 个值像是相差 {factor} 倍（如 {found}，单位应为“{unit}”），疑似{guess}：{where}",
    "'{column}' has {count} value(s) that look {factor} times off (such as {found}, in '{unit}'): {guess}, {where}",
    "换算为体系规定的单位",
    "convert them to the unit of the system",
)

VALUES: dict[str, Rule] = {
    # values
    "empty_column": rule(
        "defect",
        "“{column}”全部缺失",
        "'{column}' holds no value at all",
        "补充数据或从体系中去掉该指标",
        "supply the figures or take the indicator out",
    ),
    "constant_column": rule(
        "defect",
        "“{column}”全部 {count} 个值都是 {found}",
        "all {count} values of '{column}' are {found}",
        "核对数据；没有差异的指标不能区分地区",
        "check it: an indicator without variation tells no units apart",
    ),
    "not_finite": rule(
        "defect",
        "“{column}”有 {count} 个无穷大：{where}",
        "'{column}' holds {count} infinite value(s): {where}",
        "更正计算",
        "correct the computation",
    ),
    "too_large": rule(
        "defect",
        "“{column}”有 {count} 个值大得不可能（如 {found}）：{where}",
        "'{column}' holds {count} value(s) larger than any figure can be (such as {found}): {where}",
        "核对；可能是编号或计算错误",
        "check them: they may be numbers of something, or an error of computation",
    ),
    "missing_code": rule(
        "defect",
        "“{column}”有 {count} 个值像是表示缺失的代码（{found}）：{where}",
        "'{column}' holds {count} value(s) that look like codes for missing ({found}): {where}",
        "若表示缺失，请列入 missing；若是真值，请接受此项",
        "list them under 'missing', or accept this by name if they are figures",
    ),
    "zero_for_missing": rule(
        "defect",
        "“{column}”有 {count} 个 0，而该地区其余各年都远大于 0，疑似以 0 表示缺失：{where}",
        "'{column}' holds {count} value(s) of 0 where all else is far above 0, as if it stood for missing: {where}",
        "若表示缺失，请留空；若是真值，请接受此项",
        "leave them blank, or accept this by name if they are figures",
    ),
    "few_negative": rule(
        "notice",
        "“{column}”有 {count} 个值小于 0（如 {found}），而其余均不小于 0：{where}",
        "'{column}' has {count} value(s) below 0 (such as {found}), where all others are not: {where}",
        "核对正负号",
        "check their sign",
    ),
    "weight_not_positive": rule(
        "defect",
        "权重“{column}”有 {count} 个值不大于 0 或为无穷大：{where}",
        "the weight '{column}' has {count} value(s) that are not above 0, or infinite: {where}",
        "更正；未知的权重请留空",
        "correct them; leave blank what is not known",
    ),
    "weight_missing": rule(
        "notice",
        "权重“{column}”缺失 {count} 个值：{where}",
        "the weight '{column}' lacks {count} value(s): {where}",
        "补充；缺失者不计入加权结果",
        "supply them; what lacks a weight is left out of weighted results",
    ),
    "unit_contradicts": rule(
        "defect",
        "“{column}”在文件中的单位是“{found}”，而体系规定为“{unit}”，相差 {factor} 倍",
        "the file says that '{column}' is in '{found}', where the system declares '{unit}', {factor} times off",
        "换算为体系规定的单位，或更正其中一处",
        "convert it, or correct one of the two",
    ),
    "far_level": rule(
        "notice",
        "“{column}”有 {count} 个地区的数值与其余地区相差几百倍以上（{found}），可能单位不同：{where}",
        "'{column}' is hundreds of times off the others in {count} unit(s) ({found}), as if in another unit of measure: {where}",
        "核对单位",
        "check the unit of measure",
    ),
    "leap": rule(
        "notice",
        "“{column}”的多数地区在同一年骤变：{where}",
        "most units leap or fall in '{column}' in the same year: {where}",
        "核对口径、单位或是否与他列互换",
        "check the definition, the unit, and whether two columns were exchanged",
    ),
    "repeated_row": rule(
        "notice",
        "{count} 行的全部数值与上一年相同：{where}",
        "{count} row(s) repeat every figure of the year before: {where}",
        "核对是否误抄上年",
        "check whether they were copied",
    ),
    "same_columns": rule(
        "notice",
        "“{column}”与{found}的数值完全相同",
        "'{column}' holds the same figures as {found}",
        "核对是否误抄",
        "check whether one was copied",
    ),
    "sum_row": rule(
        "defect",
        "{count} 个地区每年都等于其余地区之和，是合计行：{where}",
        "{count} unit(s) are the sum of all others in every year, a row of totals: {where}",
        "删去这些行；合计不是评价对象",
        "remove them: a total is no unit",
    ),
    "mean_row": rule(
        "defect",
        "{count} 个地区每年都等于其余地区的平均，是平均行：{where}",
        "{count} unit(s) are the mean of all others in every year, a row of averages: {where}",
        "删去这些行；平均不是评价对象",
        "remove them: an average is no unit",
    ),
    "out_of_range": rule(
        "defect",
        "“{column}”有 {count} 个值超出合理范围 {span}：{where}；如 {found}",
        "'{column}' has {count} value(s) outside its plausible range {span}: {where}; such as {found}",
        "核对并更正，或修改体系中的合理范围",
        "check and correct them, or widen the range in the system",
    ),
    "member_count": rule(
        "defect",
        "“{column}”有 {count} 个值不是人口数（不小于 1 的整数）：{where}；如 {found}",
        "'{column}' has {count} value(s) that are no number of members, a whole number from 1: {where}; such as {found}",
        "核对并更正；人口数不详则留空",
        "check and correct them; leave the cell empty where the number is not known",
    ),
    "percent_as_fraction": rule(
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
    "unit_jump": rule(
        "defect",
        "“{column}”有 {count} 处跳变接近 10 的整数次幂，疑似中途换了单位：{where}",
        "'{column}' jumps {count} time(s) by about a power of ten, as if its unit of measure had changed: {where}",
        "统一单位",
        "bring the series to one unit",
    ),
    # gaps
    "missing_periods": rule(
        "defect",
        "{count} 个地区缺整年数据：{where}",
        "{count} unit(s) lack whole periods: {where}",
        "补充这些年份，或剔除这些地区，或接受此项",
        "supply these periods, leave the units out, or accept this by name",
    ),
    "reference_gap": rule(
        "defect",
        "参考期内所有地区都没有 {where} 年的数据，界限与权重将由更少的年份学得",
        "no unit has a row for {where}, within the reference years: bounds and weights would be learnt on fewer years than named",
        "补充这些年份，或更改 reference，或接受此项",
        "supply these periods, name another reference, or accept this by name",
    ),
    "period_gap": rule("notice", "年份不连续，缺 {where}", "the periods are not consecutive; absent: {where}"),
    "missing_cells": rule("notice", "“{column}”缺失 {count} 个值（{found}）", "'{column}' lacks {count} value(s) ({found})"),
    "text_column": rule(
        "notice", "“{column}”是文字列，未作为指标（{where}）", "'{column}' is text and is not taken as figures ({where})"
    ),
    "no_key_column": rule(
        "notice",
        "看不出哪一列是{found}，未作按键的检查",
        "no column looks like the {found}; rows were not checked by key",
        "写明 unit 与 period",
        "name the unit and the period column",
    ),
}
