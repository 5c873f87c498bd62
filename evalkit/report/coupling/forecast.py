"""How forecasts look: what was and what may come, errors against the naive forecast, and the checks of GM(1,1)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from evalkit.coupling.forecast.forecast import MEAN, Forecasted
from evalkit.coupling.forecast.grey import ACCURACY, REACH
from evalkit.report import theme
from evalkit.report.document import Figure, Table
from evalkit.report.verbs import figures, names, tables, words
from evalkit.report.words import Voice
from evalkit.stats.ranks import even
from evalkit.terms import Text, same

METHOD = Text("方法", "Method")
FORECAST = Text("预测值", "Forecast")
LOW, HIGH = Text("下限", "Lower"), Text("上限", "Upper")
OF_MEAN = Text("{variable}：{whose}的历史与预测", "{variable}: {whose}, observed and forecast")
OBSERVED = Text("实际值", "observed")
SLIGHT = 0.95  # of the error of the naive forecast: a method above it is hardly better
AGAINST = Text("MAE 与朴素法之比", "MAE over naive")


@names.register
def _(answer: Forecasted) -> Mapping[str, Text]:
    return {MEAN: whose(answer), **answer.methods}


def whose(answer: Forecasted) -> Text:
    """Whose mean it is."""
    if isinstance(answer.spec.of, str):
        return Text("各地区均值", "mean of all places")
    return Text("所选 {n} 个地区的均值", "mean of the {n} places asked for").format(n=len(answer.spec.of))


@tables.register
def _(answer: Forecasted, voice: Voice) -> tuple[Table, ...]:
    every = [mean_ahead(answer, voice), errors(answer, voice)]
    if len(answer.checks):
        every.append(grey_checks(answer, voice))
    return tuple(every) if answer.spec.of == MEAN else (*every, places_ahead(answer, voice))


@figures.register
def _(answer: Forecasted, voice: Voice) -> tuple[Figure, ...]:
    return fan(answer, voice), errors_by_horizon(answer, voice)


@words.register
def _(answer: Forecasted, voice: Voice) -> str:
    against, tried = answer.against_naive, len(answer.methods) - 1
    beat = [voice.name(key) for key in against.index[against < 1]]
    last, best = answer.mean_history.index[-1], answer.mean.loc[answer.best].iloc[-1]
    text = Text(
        "“{variable}”（{whose}）在 {last} 年为 {now:.3f}。{verdict}按回测误差最小的方法（{best}）外推，{year} 年为 {then:.3f}"
        "（{p:.0%} 区间 {low:.3f} 至 {high:.3f}）。",
        "“{variable}”, {whose}, was {now:.3f} in {last}. {verdict} The method of least past error, {best}, puts it at {then:.3f} "
        "in {year} ({p:.0%} interval {low:.3f} to {high:.3f}).",
    )
    verdict = Text(
        "{n} 种方法在回测中都没有超过朴素法（末年值不变）。",
        "None of the {n} methods beats the naive forecast (the last value) from past origins.",
    )
    if tried == 0:
        verdict = Text("只用了朴素法（末年值不变）。", "Only the naive forecast (the last value) was made.")
    elif beat:
        verdict = Text(
            "{n} 种方法中有 {k} 种在回测中超过朴素法（末年值不变）：{names}；最好的平均绝对误差为朴素法的 {share:.1%}{slight}。",
            "Of {n} methods {k} beat the naive forecast (the last value) from past origins: {names}; the best has {share:.1%} of its "
            "mean absolute error{slight}.",
        )
    slight = Text("，差距很小，不足以说明其更好", ", too near to it to be called better") if against.min() > SLIGHT else same("")
    said = voice(verdict, n=tried, k=len(beat), names=voice.listing(beat), share=against.min(), slight=slight)
    return voice(
        text,
        variable=answer.variable,
        whose=whose(answer),
        last=last,
        now=answer.mean_history.iloc[-1],
        verdict=said,
        best=voice.name(answer.best),
        year=answer.mean.loc[answer.best].index[-1],
        then=best["estimate"],
        p=answer.spec.level,
        low=best["ci_low"],
        high=best["ci_high"],
    )


def mean_ahead(answer: Forecasted, voice: Voice) -> Table:
    """The mean of all places: what was observed, and what each method forecasts."""
    past = pd.DataFrame(
        {"method": voice(OBSERVED), "period": answer.mean_history.index, "estimate": answer.mean_history.to_numpy()}
    )
    ahead = answer.mean.reset_index()
    ahead["method"] = ahead["method"].map(voice.name)
    heads = {"method": METHOD, "estimate": Text("数值", "Value"), "ci_low": LOW, "ci_high": HIGH}
    printed = pd.concat([past, ahead], ignore_index=True).rename(columns={key: voice(head) for key, head in heads.items()})
    return Table(
        key="forecast_mean",
        caption=OF_MEAN.format(variable=answer.variable, whose=whose(answer)),
        frame=printed.rename(columns={"period": voice.term("period")}),
    )


def errors(answer: Forecasted, voice: Voice) -> Table:
    """Errors from past origins by method and horizon, beside the naive ones."""
    frame = answer.errors.reset_index()
    coverage = voice(Text("区间覆盖率（%）", "Coverage (%)"))
    relative = "MAPE (%)" if voice.lang == "en" else "MAPE（%）"
    printed = pd.DataFrame(
        {
            voice(METHOD): frame["method"].map(voice.name),
            voice(Text("预测步长", "Horizon")): frame["horizon"],
            "MAE": frame["MAE"],
            "RMSE": frame["RMSE"],
            relative: frame["MAPE"] * 100,
            "MASE": frame["MASE"],
            voice(AGAINST): frame["against_naive"],
            coverage: frame["coverage"] * 100,
            voice(Text("误差个数", "Errors")): frame["n"],
        }
    )
    return Table(
        key="forecast_errors",
        caption=Text("各方法的回测误差（滚动起点）", "Errors of each method from past origins (rolling)"),
        frame=printed,
        decimals={"MAE": 4, "RMSE": 4, relative: 1, "MASE": 2, voice(AGAINST): 2, coverage: 0},
        note=voice(
            Text(
                "与朴素法之比低于 1，方可称优于“末年值不变”；覆盖率应接近 {p:.0%}。",
                "Below 1 against naive, a method beats the last value; coverage should be near {p:.0%}.",
            ),
            p=answer.spec.level,
        ),
    )


def grey_checks(answer: Forecasted, voice: Voice) -> Table:
    """The checks of GM(1,1), the worst first."""
    frame = answer.checks.reset_index().sort_values(["accuracy", "C"], ascending=False, kind="stable", key=even)
    relative = voice(Text("平均相对误差（%）", "Mean relative error (%)"))
    printed = pd.DataFrame(
        {
            voice.term("unit"): frame["unit"].map(voice.name),
            voice(Text("平移常数", "Constant")): frame["constant"],
            "a": frame["a"],
            "b": frame["b"],
            voice(Text("最小级比", "Lowest ratio")): frame["lowest_ratio"],
            voice(Text("最大级比", "Highest ratio")): frame["highest_ratio"],
            voice(Text("级比检验", "Level ratios")): frame["ratios_pass"].map(
                {True: voice(Text("通过", "pass")), False: voice(Text("未通过", "fail"))}
            ),
            "C": frame["C"],
            "P": frame["P"],
            voice(Text("精度等级", "Accuracy")): [voice(ACCURACY[at - 1]) for at in frame["accuracy"]],
            relative: frame["relative_error"] * 100,
            voice(Text("适用期限", "Reach")): [voice(REACH[at - 1]) for at in frame["reach"]],
        }
    )
    if len(answer.checks.index.unique("method")) > 1:
        printed.insert(0, voice(METHOD), frame["method"].map(voice.name))
    return Table(
        key="grey_checks",
        caption=Text("GM(1,1) 的检验", "Checks of GM(1,1)"),
        frame=printed,
        decimals={voice(Text("平移常数", "Constant")): 4, "a": 4, "b": 4, relative: 1},
        show=20,
        note=voice(
            Text(
                "这些检验只说明对过去的拟合，不说明预测的好坏；后者见回测误差。",
                "These checks say how the past was fitted, not how well it forecasts; for that see the errors from past origins.",
            )
        ),
    )


def places_ahead(answer: Forecasted, voice: Voice) -> Table:
    """Every place: the last value and the forecasts of the best method, with the interval of the last year."""
    ahead = answer.frame.loc[answer.best]
    estimate = ahead["estimate"].unstack("period")
    last = answer.history.index.get_level_values("period").max()
    final = ahead.xs(estimate.columns[-1], level="period")
    now = answer.history.xs(last, level="period")
    order = estimate.iloc[:, -1].sort_values(ascending=False, kind="stable", key=even).index
    printed = voice.places(pd.Series(order))
    printed[voice(Text("{year} 年实际", "{year} observed"), year=last)] = now[order].to_numpy()
    for year in estimate.columns:
        printed[voice(Text("{year} 年预测", "{year} forecast"), year=year)] = estimate.loc[order, year].to_numpy()
    printed[voice(Text("{year} 年下限", "{year} lower"), year=estimate.columns[-1])] = final.loc[order, "ci_low"].to_numpy()
    printed[voice(Text("{year} 年上限", "{year} upper"), year=estimate.columns[-1])] = final.loc[order, "ci_high"].to_numpy()
    caption = Text("{variable}：各地区预测（{method}）", "{variable}: forecast by place ({method})")
    return Table(
        key="forecast_places",
        caption=caption.format(variable=answer.variable, method=answer.methods[answer.best]),
        frame=printed,
        show=40,
    )


def fan(answer: Forecasted, voice: Voice) -> Figure:
    """The mean of all places, the forecasts of every method, and the interval of the best."""

    def draw() -> Canvas:
        past = answer.mean_history
        canvas, axes = theme.new_figure(7.2, 4.0)
        axes.plot(past.index, past, label=voice(OBSERVED), color="0.2", lw=1.8, marker="o", ms=4)
        start = {"estimate": past.iloc[-1], "ci_low": past.iloc[-1], "ci_high": past.iloc[-1]}
        for at, key in enumerate(answer.methods):
            ahead = pd.concat([pd.DataFrame(start, index=past.index[-1:]), answer.mean.loc[key]])
            look = theme.line(at)
            axes.plot(ahead.index, ahead["estimate"], label=voice.name(key), **look)
            if key == answer.best:
                label = voice(Text("{p:.0%} 区间：{name}", "{p:.0%} interval: {name}"), p=answer.spec.level, name=voice.name(key))
                axes.fill_between(
                    ahead.index, ahead["ci_low"], ahead["ci_high"], color=look["color"], alpha=0.25, lw=0, label=label
                )
        axes.axvline(past.index[-1], color="0.5", lw=0.8, ls=":")
        axes.set_ylabel(voice(answer.variable))
        theme.years(axes, [*past.index, *answer.mean.loc[answer.best].index])
        theme.legend_below(axes)
        return canvas

    return Figure(
        key="forecast_fan",
        caption=OF_MEAN.format(variable=answer.variable, whose=whose(answer)),
        draw=draw,
        alt=voice(Text("折线图：{words}", "Line chart. {words}"), words=words(answer, voice)),
    )


def errors_by_horizon(answer: Forecasted, voice: Voice) -> Figure:
    """Mean absolute error of each method by horizon, the naive one in black."""

    def draw() -> Canvas:
        wide = answer.errors["MAE"].unstack("horizon").loc[list(answer.methods)]
        canvas, axes = theme.new_figure(6.4, 3.8)
        for at, key in enumerate(wide.index):
            look = theme.line(at) | ({"color": "black", "lw": 2.2} if key == "naive" else {})
            axes.plot(wide.columns, wide.loc[key], label=voice.name(key), **look)
        axes.set_xticks(np.asarray(wide.columns))
        axes.set_ylim(bottom=0)
        axes.set(xlabel=voice(Text("预测步长", "Horizon")), ylabel=voice(Text("平均绝对误差 MAE", "Mean absolute error")))
        theme.legend_below(axes)
        return canvas

    alt = Text(
        "折线图：横轴为预测步长，纵轴为平均绝对误差；低于黑线的方法优于朴素法。",
        "Line chart of the mean absolute error by horizon; methods below the black line beat the naive forecast.",
    )
    return Figure(
        key="forecast_errors",
        caption=Text("回测误差随预测步长的变化", "Errors from past origins by horizon"),
        draw=draw,
        alt=voice(alt),
    )
