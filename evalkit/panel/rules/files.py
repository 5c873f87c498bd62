"""Rules for the file, its header, its cells and its keys; what stops a panel from being made."""

from __future__ import annotations

from evalkit.panel.rules.rule import Rule, rule

FILES: dict[str, Rule] = {
    # the file and its header
    "error_cell": rule(
        "defect",
        "公式错误单元格 {where}（{found}）",
        "cells hold a formula error: {where} ({found})",
        "更正公式后另存",
        "correct the formulas and save again",
    ),
    "formula_without_value": rule(
        "defect",
        "公式没有存下计算结果：{where}",
        "formulas without a stored result: {where}",
        "用电子表格软件打开并重新保存",
        "open the file in a spreadsheet program and save it",
    ),
    "blank_header": rule(
        "defect",
        "{where} 列有数据而没有列名",
        "columns hold data and have no name: {where}",
        "补上列名或删除该列",
        "name the columns or remove them",
    ),
    "duplicate_column": rule(
        "defect",
        "列名“{column}”出现 {count} 次：{where}",
        "the column name '{column}' stands {count} times: {where}",
        "改名或删去重复的列",
        "rename or remove the repeated columns",
    ),
    "garbled_text": rule(
        "defect",
        "{count} 行文字是乱码，曾按错误的编码读入或保存：{where}",
        "{count} line(s) hold text that was read or saved in a wrong encoding: {where}",
        "由原始文件重新导出为 UTF-8 编码的 CSV",
        "export the original again as CSV UTF-8",
    ),
    "cut_off": rule(
        "defect",
        "文件在最后一行中断：{where} 的单元格少于其他行",
        "the file breaks off in its last line: {where} has fewer cells than the others",
        "重新导出或重新传送该文件",
        "export or transfer the file again",
    ),
    "swallowed_lines": rule(
        "defect",
        "引号没有在同一单元格内结束，把后面的行并入了一个单元格：{where}",
        "a quotation mark is not closed in its cell, and takes the lines below into it: {where}",
        "补上或删去该引号",
        "close it, or take it out",
    ),
    "repeated_cell": rule(
        "defect",
        "同一地址出现多次，只能读入其一：{where}",
        "the same address stands more than once, and only one of them is read: {where}",
        "用电子表格软件打开并重新保存",
        "open the file in a spreadsheet program and save it",
    ),
    "raised_marks": rule(
        "defect",
        "数字中有上标、下标（如注释标记）或删除线，会被读作数字的一部分：{where}",
        "figures with a raised or lowered mark, such as that of a footnote, or with a part struck through, which would be read "
        "as digits: {where}",
        "删去上下标和带删除线的部分后另存",
        "take the marks and what is struck through out, and save again",
    ),
    "mixed_encodings": rule(
        "defect",
        "文件各行的编码不一致：{found}",
        "the lines of the file are in different encodings: {found}",
        "由原始文件重新导出为 UTF-8 编码的 CSV",
        "export the original again as CSV UTF-8",
    ),
    "missing_column": rule(
        "defect",
        "缺少列{found}{others}",
        "there is no column {found}{others}",
        "补上该列，或在 columns 中写明它在文件里的名称",
        "add it, or say under 'columns' which column of the file holds it",
    ),
    "ambiguous_column": rule(
        "defect",
        "合并表头下不止一列叫作{found}",
        "below a merged header, more than one column is called {found}",
        "写出含上级表头的完整列名，或在 columns 中指定",
        "write the whole name, or say under 'columns' which of them holds it",
    ),
    # cells
    "unreadable_cell": rule(
        "defect",
        "“{column}”有 {count} 个单元格不是数字：{where}；内容为 {found}",
        "'{column}' holds {count} cell(s) that are not numbers: {where}; found {found}",
        "改为数字（时长换算成同一单位的数），或把表示缺失的写法列入“missing”",
        "correct them (a length of time: as a number of one unit), or list the marks of missing values under 'missing'",
    ),
    "mixed_units": rule(
        "defect",
        "“{column}”的单元格单位不一致：{found}；{where}",
        "the cells of '{column}' carry different units: {found}; {where}",
        "统一为同一单位",
        "bring them to one unit",
    ),
    "merged_figures": rule(
        "defect",
        "“{column}”的数值写在合并单元格中：{where}",
        "figures of '{column}' stand in merged cells: {where}",
        "取消合并，把数值写在所属的行",
        "unmerge, and write each figure in the row it belongs to",
    ),
    "personal_data": rule(
        "defect",
        "“{column}”疑似身份证号或手机号（{count} 个，内容不予显示）",
        "'{column}' looks like identity or telephone numbers ({count} values, not shown)",
        "从文件中删除该列",
        "remove the column from the file",
    ),
    # keys
    "missing_key": rule(
        "defect",
        "{count} 行缺少地区或年份：{where}",
        "{count} row(s) lack a unit or a period: {where}",
        "补全或删除这些行",
        "complete or remove these rows",
    ),
    "unreadable_period": rule(
        "defect",
        "“{column}”有 {count} 个不是年份的值：{where}；内容为 {found}",
        "'{column}' holds {count} value(s) that are not a year: {where}; found {found}",
        "改为四位年份",
        "write whole numbers such as 2016",
    ),
    "lost_leading_zeros": rule(
        "defect",
        "“{column}”中 {count} 个代码比其余少一位，疑似丢失前导零：{found}；{where}",
        "in '{column}' {count} code(s) are one digit short, as if a leading zero was lost: {found}; {where}",
        "在源文件中按文本保存代码",
        "store the codes as text in the source file",
    ),
    "short_codes": rule(
        "notice",
        "“{column}”中 {count} 个代码比区划代码（6、9 或 12 位）少一位，可能丢失了前导零：{found}；{where}",
        "in '{column}' {count} code(s) are one digit shorter than region codes (6, 9 or 12 digits) and may have lost a leading "
        "zero: {found}; {where}",
        "若应有前导零，请在源文件中按文本保存代码",
        "store the codes as text if they begin with a zero",
    ),
    "code_in_powers": rule(
        "defect",
        "“{column}”中 {count} 个代码或数值被电子表格转成了科学计数，末位已丢失：{found}；{where}",
        "in '{column}' {count} code(s) or figure(s) were turned into powers of ten by a spreadsheet and have lost digits: "
        "{found}; {where}",
        "在源文件中按文本保存代码，按全部位数保存数值",
        "store codes as text, and figures with all their digits, in the source file",
    ),
    "long_code": rule(
        "defect",
        "“{column}”有 {count} 个代码或名称超过 {found} 个字符：{where}",
        "'{column}' holds {count} code(s) or name(s) of more than {found} letters: {where}",
        "核对；改为代码或名称，说明另列一列",
        "check them, and write a code or a name; a remark belongs in a column of its own",
    ),
    "comma_of_two_kinds": rule(
        "defect",
        "{count} 个单元格中的{mark}（{found}）可能是小数点，也可能是千位分隔符：{where}",
        "the {mark} in {count} cell(s) ({found}) may be decimal or part thousands: {where}",
        "小数用点号，不写千位分隔符",
        "write decimal points, and nothing between thousands",
    ),
    "encoded_figures": rule(
        "defect",
        "“{column}”有 {count} 个值带有标签，可能只是标签的序号或代号（{found}）：{where}",
        "'{column}' holds {count} value(s) that have a label and may only number it or stand for it ({found}): {where}",
        "若数字在标签里，请在 Stata 中用 decode、destring 还原；若表示无回答，请列入 missing；或不读入该列",
        "turn labels that are the figures back (in Stata: decode, then destring); list codes of no answer under 'missing'; "
        "or leave the column out",
    ),
    "duplicate_rows": rule(
        "defect",
        "{count} 个地区—年份有多行（{found}）：{where}",
        "{count} unit–period pair(s) have several rows ({found}): {where}",
        "每个地区每年只留一行",
        "keep one row of each",
    ),
    "group_changes": rule(
        "defect",
        "{count} 个地区在不同年份属于不同的“{column}”：{where}",
        "{count} unit(s) change their '{column}' over the periods: {where}",
        "每个地区只属一组",
        "give each unit one group",
    ),
    "total_row": rule(
        "defect",
        "“{column}”中有合计行：{found}；{where}",
        "'{column}' holds rows of totals or averages among the units: {found}; {where}",
        "删去这些行；合计不是评价对象",
        "remove them: a total is no unit",
    ),
    "whole_region": rule(
        "notice",
        "“{column}”中 {count} 个代码是包含其他地区的上级地区：{found}；{where}",
        "in '{column}' {count} code(s) are of regions that hold others: {found}; {where}",
        "若不是评价对象请删去",
        "remove them unless they are assessed as units",
    ),
    "name_changes": rule(
        "notice",
        "{count} 个地区在不同年份名称不同（如撤县设区）：{where}",
        "{count} unit(s) bear different names over the periods: {where}",
        "核对是否为同一地区；报告用最后一个名称",
        "check that each is one place; the report uses the last name",
    ),
    "name_shared": rule(
        "notice",
        "{count} 个名称属于不止一个代码，可能是代码变更：{where}",
        "{count} name(s) belong to more than one code, as if a code had changed: {where}",
        "核对；同一地区应使用同一代码",
        "check: one place keeps one code",
    ),
    # repaired on the way in
    "full_width": rule(
        "repaired",
        "“{column}”：{count} 个全角写法已转为半角",
        "'{column}': {count} full-width cell(s) read as ordinary characters",
    ),
    "thousands": rule(
        "repaired", "“{column}”：{count} 个千位分隔符已去掉", "'{column}': thousands separators taken out of {count} cell(s)"
    ),
    "unit_in_cell": rule(
        "repaired",
        "“{column}”：{count} 个单元格内的单位已去掉（{found}）",
        "'{column}': the unit was taken out of {count} cell(s) ({found})",
    ),
    "percent_format": rule(
        "repaired",
        "“{column}”：{count} 个百分比格式的单元格按所见的百分数读入",
        "'{column}': {count} cell(s) in percent format read as the percentage they show",
    ),
    "missing_marker": rule(
        "repaired",
        "“{column}”：{count} 个缺失标记按缺失读入（{found}）",
        "'{column}': {count} marker(s) read as missing ({found})",
    ),
    "year_text": rule(
        "repaired",
        "“{column}”：{count} 个年份由文字读为整数（{found}）",
        "'{column}': {count} period(s) read from text ({found})",
    ),
    "code_number": rule(
        "repaired", "“{column}”：{count} 个数值代码已转为文本", "'{column}': {count} numeric code(s) turned into text"
    ),
    "code_format": rule(
        "repaired",
        "{count} 个数值按单元格格式的显示补上前导零：{where}",
        "{count} number(s) read with the leading zeros their cell format shows: {where}",
    ),
    "merged_cells": rule(
        "repaired", "“{column}”：合并单元格向下填充 {count} 行", "'{column}': merged cells filled down over {count} row(s)"
    ),
    "title_rows": rule(
        "repaired", "表头之上有 {count} 行标题，未读入：{found}", "{count} line(s) above the header were left aside: {found}"
    ),
    "comment_lines": rule(
        "repaired", "以 # 开头的 {count} 行注释未读入", "{count} comment line(s) beginning with # were left aside"
    ),
    "unseen_signs": rule(
        "repaired",
        "“{column}”：{count} 个单元格去掉了看不见的字符：{where}",
        "'{column}': signs that no one sees were taken out of {count} cell(s): {where}",
    ),
    "short_lines": rule(
        "notice",
        "{count} 行的单元格少于其他行，缺的按空白读入：{where}",
        "{count} line(s) have fewer cells than the others, read as blank: {where}",
        "核对这些行",
        "check these lines",
    ),
    "hidden_rows": rule(
        "notice",
        "{what}被隐藏或筛选掉，仍已读入：{where}",
        "{what} hidden or filtered out, and read all the same: {where}",
        "若不应计入请删去",
        "remove what is not meant to count",
    ),
    "manual_calculation": rule(
        "notice",
        "工作簿设为手动计算，{count} 个公式的结果可能不是最新的",
        "the workbook is calculated by hand only: the results of {count} formula(s) may be old",
        "在表格软件中重新计算（F9）后保存",
        "calculate it anew (F9) in a spreadsheet program, and save it",
    ),
    "scaled_format": rule(
        "notice",
        "{count} 个单元格的格式把数值缩小、加负号或不予显示；读入的是所存的数值，不是所见：{where}",
        "{count} cell(s) show a fraction of what they hold, a minus before it, or no figure; what they hold was read: {where}",
        "核对数值与单位",
        "check the figures and their unit of measure",
    ),
    "doubtful_encoding": rule(
        "notice",
        "按 GB18030 读入的文字多为生僻字（{found}），编码可能有误",
        "read as GB18030, the text is of rare characters ({found}); it may be in another encoding",
        "核对名称，或另存为 UTF-8 编码的 CSV",
        "check the names, or save the file as CSV UTF-8",
    ),
    "footnotes": rule(
        "repaired", "表下 {count} 行说明未读入：{found}", "{count} line(s) below the table were left aside: {found}"
    ),
    "blank_rows": rule("repaired", "{count} 个空行未读入：{where}", "{count} blank row(s) were left aside: {where}"),
    "single_precision": rule(
        "notice",
        "{count} 列以单精度存储（约 7 位有效数字），已按双精度计算：{found}",
        "{count} column(s) are stored in single precision, about seven digits; they are computed in double: {found}",
        "以双精度（double）另存",
        "store them in double precision",
    ),
    "encoding": rule("repaired", "文件按 {found} 编码读入", "the file was read as {found}"),
    "other_sheets": rule("repaired", "读入工作表“{column}”；未读：{found}", "sheet '{column}' was read; not read: {found}"),
}
