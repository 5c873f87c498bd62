"""What keeps a row, or a whole delivery, from coming through the door."""

from __future__ import annotations

from evalkit.errors import DataError
from evalkit.terms import Text

ROWS: dict[str, Text] = {
    "no_key": Text("没有住户或个人的编号", "no household and no person is named"),
    "total_row": Text("合计行，不是住户", "a row of totals, which is no home"),
    "missing": Text("必填的单元格为空", "a cell that is needed is blank"),
    "key_digits": Text("编号被存为数字，末位已丢失", "the key was stored as a number and has lost digits"),
    "date_unreadable": Text("不是可识别的日期", "this is no date that can be read"),
    "amount_unreadable": Text("不是可识别的金额", "this is no amount that can be read"),
    "amount_unit": Text("单元格内写有其他单位", "the cell names another unit"),
    "flag_unreadable": Text("既不是“是”也不是“否”", "this is neither yes nor no"),
    "not_whole": Text("不是整数", "this is no whole number"),
    "not_among": Text("不在声明的取值之内", "this is none of the declared values"),
}
WHOLE: dict[str, Text] = {
    "unreadable": Text("文件无法读取", "the file cannot be read"),
    "column_absent": Text("缺少声明的列", "a declared column is absent"),
    "merged_figures": Text("数值在合并单元格，不知属于哪一行", "figures stand in merged cells: of which row they are is unknown"),
    "unit_contradicts": Text("表上写明的金额单位与声明不符", "the table names another unit of amounts than is declared"),
    "too_many": Text("不能读取的行过多", "too many rows cannot be read"),
    "identifier": Text("在不应有证件号或手机号的列中发现了它们", "identity or telephone numbers stand where none belong"),
    "crowd": Text("地名列里的名称几乎与住户一样多", "a column of places names nearly as many places as there are homes"),
    "changed": Text("文件在读取时被改动", "the file changed while it was read"),
}


class Refusal(DataError):
    """A whole delivery that is refused, by a rule of `WHOLE`."""

    def __init__(self, rule: str, what: str, *, where: str = "", found: str = "", do: str = "") -> None:
        self.rule = rule
        super().__init__(what, where=where, found=found, do=do)
