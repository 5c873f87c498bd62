"""What the measures of poverty are called, and which of them are shares, printed in percent."""

from __future__ import annotations

import re

from evalkit.terms import Text, same

MEASURES: dict[str, Text] = {
    "headcount": Text("贫困发生率", "Headcount ratio"),
    "gap": Text("贫困深度指数", "Poverty gap index"),
    "severity": Text("贫困强度指数", "Squared poverty gap"),
    "watts": Text("Watts 指数", "Watts index"),
    "sen": Text("Sen 指数", "Sen index"),
    "sen_shorrocks_thon": Text("Sen–Shorrocks–Thon 指数", "Sen–Shorrocks–Thon index"),
    "exit_time": Text("平均脱贫时间（年）", "Mean exit time (years)"),
    "gini": Text("基尼系数", "Gini coefficient"),
    "mean_log_deviation": Text("平均对数离差", "Mean log deviation"),
    "theil": Text("泰尔指数", "Theil index"),
    "share_ratio": Text("高低收入份额之比", "Ratio of income shares"),
    "quantile_ratio": Text("高低分位数之比", "Ratio of quantiles"),
    "H": Text("多维贫困发生率（H）", "Headcount ratio H"),
    "A": Text("平均剥夺强度（A）", "Intensity A"),
    "M0": Text("调整后的发生率（M0）", "Adjusted headcount M0"),
    "M1": Text("调整后的深度（M1）", "Adjusted gap M1"),
    "M2": Text("调整后的强度（M2）", "Adjusted severity M2"),
    "uncensored": Text("受剥夺的比例", "Deprived"),
    "censored": Text("贫困且受剥夺的比例", "Poor and deprived"),
    "contribution": Text("对 M0 的贡献", "Contribution to M0"),
    "entry": Text("入贫率", "Entry into poverty"),
    "stay": Text("持续贫困率", "Staying in poverty"),
    "exit": Text("脱贫率", "Exit from poverty"),
    "return": Text("返贫率", "Return to poverty"),
    "first_entry": Text("此前非贫困户的入贫率", "Entry of those not poor before"),
    "total": Text("总贫困", "Total poverty"),
    "chronic": Text("长期贫困", "Chronic poverty"),
    "transient": Text("暂时贫困", "Transient poverty"),
    "transient_share": Text("暂时贫困所占比例", "Transient share"),
    "chronic_headcount": Text("长期贫困户比例", "Chronically poor"),
    "duration": Text("长期贫困户的贫困时间比例", "Time in poverty of the chronically poor"),
    "duration_adjusted": Text("按时间调整的发生率", "Duration-adjusted headcount"),
    "headcount_with": Text("贫困发生率（计入转移收入）", "Headcount with transfers"),
    "headcount_without": Text("贫困发生率（不计转移收入）", "Headcount without transfers"),
    "kept_above": Text("仅靠转移收入维持在线上的比例", "Kept above the line by transfers alone"),
    "still_poor": Text("计入与否均贫困的比例", "Poor with transfers and without"),
    "kept_of_not_poor": Text("非贫困户中仅靠转移收入维持的比例", "Kept so by transfers, of those not poor"),
    "gap_with": Text("贫困深度指数（计入转移收入）", "Poverty gap with transfers"),
    "gap_without": Text("贫困深度指数（不计转移收入）", "Poverty gap without transfers"),
    "headcount_change": Text("转移收入降低的发生率", "What transfers take off the headcount"),
    "attrition": Text("失访率", "Attrition"),
    "vulnerability": Text("平均脆弱性（预期贫困率）", "Mean vulnerability (expected poverty)"),
    "vulnerable": Text("脆弱户比例", "Vulnerable"),
    "low_mean": Text("因预期收入低而脆弱", "Vulnerable by a low mean"),
    "high_variance": Text("因收入波动大而脆弱", "Vulnerable by a high variance"),
}

INDICES = frozenset(
    [
        "watts",
        "sen",
        "sen_shorrocks_thon",
        "exit_time",
        "gini",
        "mean_log_deviation",
        "theil",
        "share_ratio",
        "quantile_ratio",
        "M0",
        "M1",
        "M2",
        "gap",
        "severity",
        "gap_with",
        "gap_without",
        "total",
        "chronic",
        "transient",
    ]
)


def called(measure: str) -> Text:
    """The name of a measure.

    Examples
    --------
    >>> called("ge_2").en, called("share_1").en, called("headcount").en
    ('GE(2)', 'Income share of part 1', 'Headcount ratio')
    """
    if measure in MEASURES:
        return MEASURES[measure]
    if found := re.fullmatch(r"(ge|atkinson)_(.+)", measure):
        return same(f"{'GE' if found[1] == 'ge' else 'Atkinson'}({found[2]})")
    if found := re.fullmatch(r"share_(\d+)", measure):
        return Text(f"第 {found[1]} 组的收入份额", f"Income share of part {found[1]}")
    return same(measure)


def in_percent(measure: str) -> bool:
    """Whether a measure is a share of households, persons or income."""
    return measure not in INDICES and not measure.startswith(("ge_", "atkinson_"))
