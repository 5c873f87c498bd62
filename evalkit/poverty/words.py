"""What the measures of poverty and inequality are called in notes, Chinese and English."""

from __future__ import annotations

from collections.abc import Iterable

from evalkit.terms import Text, same

NAMES = {
    "headcount": Text("贫困发生率", "the headcount ratio"),
    "gap": Text("贫困深度指数", "the poverty gap"),
    "severity": Text("贫困强度指数", "severity"),
    "watts": Text("Watts 指数", "the Watts index"),
    "sen": Text("Sen 指数", "the Sen index"),
    "sen_shorrocks_thon": Text("Sen–Shorrocks–Thon 指数", "the Sen–Shorrocks–Thon index"),
    "exit_time": Text("平均脱贫时间", "the exit time"),
    "gini": Text("基尼系数", "the Gini coefficient"),
    "mean_log_deviation": Text("平均对数离差", "the mean log deviation"),
    "theil": Text("泰尔指数", "Theil's index"),
    "share_ratio": Text("高低收入份额之比", "the ratio of income shares"),
    "quantile_ratio": Text("高低分位数之比", "the ratio of quantiles"),
    "entry": Text("入贫率", "entry into poverty"),
    "stay": Text("持续贫困率", "staying in poverty"),
    "exit": Text("脱贫率", "exit from poverty"),
    "return": Text("返贫率", "return to poverty"),
    "first_entry": Text("此前非贫困户的入贫率", "entry of those not poor before"),
}
KINDS = {  # with a parameter or a number behind the name
    "ge_": Text("广义熵指数 GE({x})", "GE({x})"),
    "atkinson_": Text("Atkinson 指数（ε={x}）", "Atkinson's index of {x}"),
    "share_": Text("第 {x} 组收入份额", "income share {x}"),
}


def measure_name(name: str) -> Text:
    """The name of a measure as a note says it.

    Examples
    --------
    >>> measure_name("watts").zh, measure_name("atkinson_0.5").zh
    ('Watts 指数', 'Atkinson 指数（ε=0.5）')
    """
    if name in NAMES:
        return NAMES[name]
    kind = next((kind for kind in KINDS if name.startswith(kind)), None)
    return same(name) if kind is None else KINDS[kind].format(x=name.removeprefix(kind))


def measure_names(names: Iterable[str]) -> Text:
    """Several of them in one line.

    Examples
    --------
    >>> measure_names(["return", "first_entry"]).zh
    '返贫率、此前非贫困户的入贫率'
    """
    every = [measure_name(name) for name in names]
    return Text("、".join(name.zh for name in every), ", ".join(name.en for name in every))
