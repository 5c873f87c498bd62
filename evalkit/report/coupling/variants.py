"""How the variants of the coupling degree are explained, and how they look side by side."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from evalkit.answer import in_period
from evalkit.coupling.variant_comparison import VariantComparison
from evalkit.coupling.variants import Distance, Fan2024, PairwiseProduct, Power, Standard, Wang2021
from evalkit.report import theme
from evalkit.report.document import Figure, Table
from evalkit.report.indicators.recipes import Explained, explained
from evalkit.report.verbs import figures, names, tables, words
from evalkit.report.words import Voice
from evalkit.terms import Text, same

QUOTIENT = r"\dfrac{n\left(\prod_{s} U_s\right)^{1/n}}{\sum_s U_s}"


def _said(spec: Standard | Power | PairwiseProduct | Wang2021 | Fan2024 | Distance, tex: str, alt: str) -> Explained:
    words = Text("采用{variant}（{source}）。", "The {variant} is used ({source}).")
    return Explained(words.format(variant=spec.name, source=spec.source), tex, same(alt))


@explained.register
def _(spec: Standard) -> Explained:
    return _said(spec, "C=" + QUOTIENT, "C = n (∏U)^(1/n) / ΣU")


@explained.register
def _(spec: Power) -> Explained:
    power = r"C=\left[\dfrac{\prod_s U_s}{\left(\sum_s U_s/n\right)^{n}}\right]^{k}" + f",\\quad k={spec.k:g}"
    return _said(spec, power, f"C = [∏U / (ΣU / n)^n]^{spec.k:g}")


@explained.register
def _(spec: PairwiseProduct) -> Explained:
    return _said(
        spec, r"C=\left[\dfrac{\prod_s U_s}{\prod_{s<r}(U_s+U_r)}\right]^{1/n}", "C = [∏U / ∏ (U of one + U of another)]^(1/n)"
    )


@explained.register
def _(spec: Wang2021) -> Explained:
    tex = r"C=\sqrt{\left[1-\dfrac{\sum_{s>r}|U_s-U_r|}{n(n-1)/2}\right]\prod_s\left(\dfrac{U_s}{\max_r U_r}\right)^{\frac{1}{n-1}}}"
    return _said(spec, tex, "C = √{[1 − mean distance of pairs] · ∏ (U / max U)^(1/(n−1))}")


@explained.register
def _(spec: Fan2024) -> Explained:
    return _said(spec, r"C=1-2\sqrt{\dfrac{1}{n}\sum_s\left(U_s-\bar U\right)^2}", "C = 1 − 2 × standard deviation of U")


@explained.register
def _(spec: Distance) -> Explained:
    tex = r"C=\left(1-\sqrt{\dfrac{1}{n}\sum_s\left(U_s-U_s'\right)^2}\right)^{k/2}" + f",\\quad k={spec.k:g}"
    return _said(spec, tex, f"C = (1 − √ mean (U − mean of the others)²)^({spec.k:g}/2)")


@names.register
def _(answer: VariantComparison) -> Mapping[str, Text]:
    return {**answer.against.base.titles, **answer.labels}


@tables.register
def _(answer: VariantComparison, voice: Voice) -> tuple[Table, ...]:
    return overview(answer, voice), by_place(answer, voice)


@figures.register
def _(answer: VariantComparison, voice: Voice) -> tuple[Figure, ...]:
    return (beside(answer, voice),)


@words.register
def _(answer: VariantComparison, voice: Voice) -> str:
    frame = answer.against.frame
    text = Text(
        "以{base}为基准，其他 {n} 种模型改变 {low:.0%} 至 {high:.0%} 的“地区—年份”的等级",
        "Against the {base}, the other {n} variants change the grade of {low:.0%} to {high:.0%} of the unit-years",
    )
    ranked = Text("，位次相关系数为 {a:.2f} 至 {b:.2f}。", "; rank correlations run from {a:.2f} to {b:.2f}.")
    correlation = frame["rank_correlation"]
    end = voice(ranked, a=correlation.min(), b=correlation.max()) if correlation.notna().any() else voice(Text("。", "."))
    said = voice(
        text,
        base=answer.spec.variant.name,
        n=len(frame),
        low=frame["grade_changed"].min(),
        high=frame["grade_changed"].max(),
    )
    return said + end


def overview(answer: VariantComparison, voice: Voice) -> Table:
    """Means of C and D by variant, and what each changes against the first."""
    rows = []
    for label in answer.labels:
        own = answer.frame[label]
        against = answer.against.frame.loc[label] if label in answer.against.frame.index else None
        rows.append(
            {
                voice(Text("模型", "Variant")): voice.name(label),
                voice(Text("C 均值", "Mean C")): own["C"].mean(),
                voice(Text("D 均值", "Mean D")): own["D"].mean(),
                voice(Text("最大变化", "Largest change")): np.nan if against is None else against["largest_change"],
                voice(Text("位次相关", "Rank correlation")): np.nan if against is None else against["rank_correlation"],
                voice(Text("等级改变（%）", "Grade changed (%)")): np.nan if against is None else against["grade_changed"] * 100,
            }
        )
    caption = Text("各耦合度模型的结果对照", "Variants of the coupling degree side by side")
    last = voice(Text("等级改变（%）", "Grade changed (%)"))
    return Table(key="variants", caption=caption, frame=pd.DataFrame(rows), decimals={last: 1})


def by_place(answer: VariantComparison, voice: Voice) -> Table:
    """D, rank and grade of every place in the last year, under every variant."""
    year = answer.against.period
    now = in_period(answer.frame, year).sort_values((next(iter(answer.labels)), "rank"), kind="stable")
    scheme = answer.spec.grades
    printed = voice.places(now.index.to_series())[[voice.term("unit")]]
    for label in answer.labels:
        own, called = now[label], voice.name(label)
        grade = own["grade"].map(lambda g: scheme.label(int(g), voice.lang))
        told = [f"{d:.3f} · {r} · {g}" for d, r, g in zip(own["D"], own["rank"], grade, strict=True)]
        printed[called] = told
    caption = Text(f"{year} 年各模型下的 D、位次与等级", f"D, rank and grade under each variant, {year}")
    return Table(key="variants_by_place", caption=caption, frame=printed, show=10)


def beside(answer: VariantComparison, voice: Voice) -> Figure:
    """D of each other variant against the first, in the last year."""
    base, *others = answer.labels
    year = answer.against.period

    def draw() -> Canvas:
        now = in_period(answer.frame, year)
        canvas, axes = theme.new_figure(5.2, 4.8)
        for at, label in enumerate(others):
            axes.scatter(now[base]["D"], now[label]["D"], label=voice.name(label), **theme.dots(at))
        axes.plot([0, 1], [0, 1], color="0.35", lw=1, ls="--")
        axes.set(
            xlim=(0, 1), ylim=(0, 1), xlabel=f"D · {voice.name(base)}", ylabel=voice(Text("D · 其他模型", "D · other variants"))
        )
        axes.set_aspect("equal")
        theme.legend_below(axes)
        return canvas

    alt = Text(
        "散点图：横轴为{base}的 D，纵轴为其他模型的 D，虚线为相等线。", "Scatter: D of the {base} across, D of the others up."
    )
    return Figure(
        key="variants",
        caption=Text(f"{year} 年各模型的 D 对照", f"D under each variant, {year}"),
        draw=draw,
        alt=voice(alt, base=voice.name(base)),
    )
