"""What must be known beside forecasts: how the intervals came about, what was cut, and which method earned no trust."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from evalkit.answer import Note
from evalkit.coupling.forecast.grey import ACCURACY
from evalkit.coupling.forecast.path import ForecastMethod
from evalkit.coupling.forecast.rolling import Plan, Run, coverage, enough
from evalkit.stats.arrays import Array
from evalkit.terms import Text

UNSETTLED = 0.1  # a method with a greater share of fits that did not converge is not chosen
SHORT = 0.1  # an interval that holds so much less than its level is said to be too narrow
Ran = Mapping[str, tuple[ForecastMethod, Run]]


def forecast_notes(plan: Plan, ran: Ran, table: pd.DataFrame, errors: pd.DataFrame, checks: pd.DataFrame) -> tuple[Note, ...]:
    """The notes of a forecast, in order."""
    return (
        _choices(plan, table),
        *_against_naive(ran, errors),
        *_intervals(plan, ran, table),
        *_cuts(plan, ran),
        *_fits(ran),
        *_grey(ran, checks),
    )


def listed(names: list[Text]) -> Text:
    """Names in a row, in both languages."""
    return Text("、".join(name.zh for name in names), "; ".join(name.en for name in names))


def _choices(plan: Plan, table: pd.DataFrame) -> Note:
    years = table.columns.to_numpy()
    step = years[-1] - years[-2]
    last = len(years) - plan.horizon - 1
    text = Text(
        "以 {a}—{b} 年外推 {h} {unit}；回测以 {first}—{last} 年为起点（{n} 个），各方法起点相同。"
        "预测只是过去的延续，不含政策与冲击。",
        "{a}–{b} are carried on for {h} {unit}; each method is tried from the same {n} origins, {first} to {last}. A forecast "
        "carries the past on; it knows of no policy and no shock.",
    )
    plural = "s" if plan.horizon > 1 else ""
    unit = Text("年", f"year{plural}") if step == 1 else Text("期（每期 {s} 年）", f"step{plural} of {{s}} years").format(s=step)
    first = years[last - plan.origins + 1]
    return Note(
        "choice",
        text.format(a=years[0], b=years[-1], h=plan.horizon, unit=unit, n=plan.origins, first=first, last=years[last]),
    )


def _against_naive(ran: Ran, errors: pd.DataFrame) -> Iterator[Note]:
    mean = errors["MAE"].groupby(level="method").mean().round(10)
    behind = [method.name for key, (method, _) in ran.items() if key != "naive" and mean[key] >= mean["naive"]]
    if behind:
        text = Text(
            "以下方法的平均绝对误差不低于朴素法，没有超过“末年值不变”：{names}。",
            "These methods do not beat the naive forecast (the last value): {names}.",
        )
        yield Note("caution", text.format(names=listed(behind)))


def _intervals(plan: Plan, ran: Ran, table: pd.DataFrame) -> Iterator[Note]:
    own = [method.name for method, run in ran.values() if run.path.std_error is not None]
    past = [method.name for method, run in ran.values() if run.path.std_error is None]
    if own:
        text = Text(
            "区间（{p:.0%}）由模型给出，视估计参数为真值：{names}。",
            "Intervals ({p:.0%}) of the model, which takes its fitted parameters for the true ones: {names}.",
        )
        yield Note("choice", text.format(p=plan.level, names=listed(own)))
    short = [method.name for method, run in ran.values() if np.mean(coverage(run.past, plan.level)) < plan.level - SHORT]
    if short:
        text = Text(
            "回测中，以下方法的区间所含实际值远少于 {p:.0%}，区间过窄：{names}。",
            "From past origins these intervals held far less than {p:.0%} of what came; they are too narrow: {names}.",
        )
        yield Note("caution", text.format(p=plan.level, names=listed(short)))
    if past:
        count = len(table) * plan.origins
        text = Text(
            "区间（{p:.0%}）由回测误差给出（每个预测步长 {n} 个误差，{how}），各地区同宽：{names}。",
            "Intervals ({p:.0%}) from past errors ({n} at each horizon, {how}), equally wide for all places: {names}.",
        )
        how = Text("取其分位数", "their quantiles")
        if count < enough(plan.level):
            how = Text("误差太少，按正态与 t 分布推算", "too few, so taken for normal, with the t distribution")
        yield Note("choice", text.format(p=plan.level, n=count, how=how, names=listed(past)))
    if len(table) > 1:
        text = Text(
            "均值的预测是对均值序列的预测，不等于各地区预测的均值。",
            "The forecast of the mean is that of the series of means, not the mean of the forecasts.",
        )
        few = Text(
            "{text}其由回测误差给出的区间只依据 {n} 个误差，按正态与 t 分布推算。",
            "{text} Its intervals from past errors rest on {n} of them, taken for normal, with the t distribution.",
        )
        sparse = bool(past) and plan.origins < enough(plan.level)
        yield Note("choice", few.format(text=text, n=plan.origins) if sparse else text)


def _cuts(plan: Plan, ran: Ran) -> Iterator[Note]:
    if plan.bounds is None:
        return
    low, high = plan.bounds
    points = sum(_beyond(run.path.estimate, low, high) for _, run in ran.values())
    ends = sum(_beyond(run.low, low, high) + _beyond(run.high, low, high) for _, run in ran.values())
    if points or ends:
        text = Text(
            "指数限于 [{low:g}, {high:g}]：{points} 个预测值与 {ends} 个区间端点超出，已截断。",
            "The index stays within [{low:g}, {high:g}]: {points} forecasts and {ends} ends of intervals were cut.",
        )
        yield Note("caution", text.format(low=low, high=high, points=points, ends=ends))


def _beyond(values: Array, low: float, high: float) -> int:
    return int(((values < low) | (values > high)).sum())


def _fits(ran: Ran) -> Iterator[Note]:
    for method, run in ran.values():
        fits, unsettled, failed = (getattr(run.path, part) + getattr(run.past, part) for part in ("fits", "unsettled", "failed"))
        if unsettled or failed:
            text = Text(
                "{name}：{n} 次拟合中有 {k} 次未收敛，{m} 次失败（失败者以末年值代替）。",
                "{name}: of {n} fits {k} did not converge and {m} failed (there the last value stands).",
            )
            yield Note("caution", text.format(name=method.name, n=fits, k=unsettled, m=failed))
        if run.unsettled > UNSETTLED:
            text = Text(
                "{name}：未收敛或失败的拟合超过 {p:.0%}，不作为首选方法。",
                "{name}: more than {p:.0%} of its fits did not converge or failed, so it is not the method of choice.",
            )
            yield Note("caution", text.format(name=method.name, p=UNSETTLED))


def _grey(ran: Ran, checks: pd.DataFrame) -> Iterator[Note]:
    for key in checks.index.unique("method"):
        one, name = checks.loc[key], ran[key][0].name
        apart = int((~one["ratios_pass"]).sum())
        poor, grown = int((one["accuracy"] == len(ACCURACY)).sum()), int((one["reach"] > 1).sum())
        moved = one["constant"][one["constant"] > 0]
        if len(moved):
            text = Text(
                "{name}：{k} 个序列加了平移常数（最大 {c:.4g}），预测后减去；常数越大，级比检验越容易通过。",
                "{name}: a constant (at most {c:.4g}) was added to {k} series and taken off their forecasts; the larger it is, "
                "the easier the level ratios pass.",
            )
            yield Note("choice", text.format(name=name, k=len(moved), c=moved.max()))
        if apart or poor or grown:
            text = Text(
                "{name}（{n} 个序列）：{apart} 个未通过级比检验，{poor} 个精度为四级（不合格），"
                "{grown} 个 −a 大于 0.3，不宜作中长期预测；其预测仍列出，以供对照。",
                "{name} ({n} series): {apart} fail the level ratio test, {poor} are of unqualified accuracy, {grown} have −a "
                "above 0.3 and are not for the medium or long term; their forecasts are given for comparison.",
            )
            yield Note("caution", text.format(name=name, n=len(one), apart=apart, poor=poor, grown=grown))
