"""What keeps a change out of the ledger, and what to do about it."""

from __future__ import annotations

from typing import NamedTuple

from evalkit.terms import Text


class Fault(NamedTuple):
    """A fault of a change: what is wrong, and what to do."""

    what: Text
    do: Text


FAULTS: dict[str, Fault] = {
    "no_home": Fault(Text("缺少户标识", "the home is missing"), Text("补全户标识", "complete it, or leave the row out")),
    "no_case": Fault(
        Text("缺少案次，或不是从 1 起的整数", "the case is missing, or is no whole number from 1 on"),
        Text("写明是该户的第几次", "number the cases of a home 1, 2, …"),
    ),
    "no_stage": Fault(
        Text("环节名称不在规定之内", "the stage is none of the ledger's"),
        Text("使用规定的环节名称", "use flagged, signal, visited, included, not_included, helped, resolved or reopened"),
    ),
    "no_date": Fault(
        Text("缺少发生日期或无法识别", "the date is missing or cannot be read"), Text("写为 2024-06-30", "write it as 2024-06-30")
    ),
    "not_known_yet": Fault(
        Text("获知日期早于发生日期", "it was known before it happened"), Text("核对两个日期", "compare the two dates")
    ),
    "known_after": Fault(
        Text("获知日期晚于本批记入的日期", "it became known after the day this batch is written for"),
        Text("核对获知日期，或记入以后的批次", "correct the date, or give it with a later batch"),
    ),
    "settled": Fault(
        Text("获知日期早于台账已记至的日期", "it would have become known before a day the ledger is settled up to"),
        Text("以现在获知的日期记入", "write it with the day it became known, which is now"),
    ),
    "no_source": Fault(Text("未写明由谁告知", "it is not said who told"), Text("写明来源", "name the source")),
    "no_county": Fault(Text("立案而未写明县", "a case is opened without its county"), Text("写明县", "name the county")),
    "no_rule": Fault(
        Text("预警而未写明依据", "a flag or signal without what it rests on"),
        Text("写明规则编号或自主申报等来源", "give the rules, or a word such as self_report, as its reason"),
    ),
    "no_reason": Fault(Text("不纳入而未写明原因", "not included without a reason"), Text("写明原因", "give the reason")),
    "no_grounds": Fault(
        Text("风险消除而未写明依据", "resolved without grounds"), Text("写明依据", "give the grounds as its reason")
    ),
    "no_measure": Fault(Text("帮扶而未写明措施", "helped without a measure"), Text("写明措施", "name the measure")),
    "no_kind": Fault(
        Text("对象类型不在规定之内", "the kind is none of the three"),
        Text("使用规定的类型名称，或留空", "use unstable, marginal, sudden or none, or leave it empty"),
    ),
    "identifier": Fault(
        Text("文字中含有身份证号或手机号", "a word holds what looks like an identity or telephone number"),
        Text("改用代码，删去号码", "use a code and take the number out"),
    ),
    "repeated": Fault(
        Text("同一帮扶或预警已经记入", "the same help or signal is written already"),
        Text("删去该行", "leave the row out, or tell the two apart by date or measure"),
    ),
    "not_opened": Fault(
        Text("该次尚未立案即为“{stage}”", "'{stage}' of a case that was never opened"),
        Text("先记预警", "write its flag first, or correct the number of the case"),
    ),
    "already_open": Fault(
        Text("该次已经立案，不能再次“{stage}”", "'{stage}' of a case that is there already"),
        Text("案内新增预警记为 signal；结案后另立一次", "write signal on an open case; after a closed one, open the next case"),
    ),
    "closed": Fault(
        Text("该次已经结案（{detail}），不能新增预警", "a signal on a closed case ('{detail}')"),
        Text("另立一次", "open the next case"),
    ),
    "out_of_order": Fault(
        Text("“{stage}”不能接在“{detail}”之后", "'{stage}' cannot follow '{detail}'"),
        Text("补记中间环节，或核对环节", "write what lies between, or correct the stage"),
    ),
    "skips_case": Fault(
        Text("该户没有上一次，却记为后一次", "the case before this one is not there"),
        Text("接续编号", "number the cases of a home one after the other"),
    ),
    "still_open": Fault(
        Text("该户上一次尚未结案（{detail}）", "the case before this one is still open ('{detail}')"),
        Text("在未结的一次上记 signal", "write a signal on the open case"),
    ),
    "was_resolved": Fault(
        Text("上一次已风险消除，应记 reopened", "the case before this one was resolved"), Text("记为 reopened", "write reopened")
    ),
    "was_not_resolved": Fault(
        Text("没有已风险消除的上一次，应记 flagged", "there is no resolved case before this one"),
        Text("记为 flagged", "write flagged"),
    ),
    "date_before": Fault(
        Text("“{stage}”的日期早于其前面的环节", "'{stage}' happened before the stage it follows"),
        Text("核对日期", "correct the date"),
    ),
    "not_closable": Fault(
        Text("尚不符合风险消除条件：{detail}", "the conditions of resolution are not met: {detail}"),
        Text("符合后再消除", "resolve it when they are"),
    ),
}
