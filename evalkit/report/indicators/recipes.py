"""How each step of an index is explained in print: a sentence or two, and its formula; one registration a method."""

from __future__ import annotations

from functools import singledispatch
from typing import NamedTuple

from evalkit.indicators.aggregation.grey import GreyRelational
from evalkit.indicators.aggregation.means import PowerMean
from evalkit.indicators.aggregation.penalty import MazziottaPareto
from evalkit.indicators.aggregation.rank_sum import RankSumRatio
from evalkit.indicators.aggregation.topsis import Topsis
from evalkit.indicators.aggregation.tree import ByLevel
from evalkit.indicators.normalization.logarithm import Logarithm
from evalkit.indicators.normalization.min_max import MinMax
from evalkit.indicators.normalization.ranks import Percentile, Rank
from evalkit.indicators.normalization.shares import Sum, Vector
from evalkit.indicators.normalization.target import DistanceToTarget
from evalkit.indicators.normalization.z_score import ZScore
from evalkit.indicators.weighting.ahp import Ahp
from evalkit.indicators.weighting.combined import Combined
from evalkit.indicators.weighting.critic import Critic
from evalkit.indicators.weighting.entropy import Entropy
from evalkit.indicators.weighting.equal import Equal
from evalkit.indicators.weighting.given import Given
from evalkit.indicators.weighting.hierarchy import AhpHierarchy
from evalkit.indicators.weighting.levels import Levels
from evalkit.indicators.weighting.matched import Matched
from evalkit.indicators.weighting.pca import PCA
from evalkit.indicators.weighting.raw_entropy import RawEntropy
from evalkit.indicators.weighting.spread import CoefficientOfVariation, StandardDeviation
from evalkit.terms import Text, same


class Explained(NamedTuple):
    """What is done, in words with `{span}` for the reference years; its formula, and the formula to be read aloud."""

    words: Text
    tex: str = ""
    alt: Text = Text("", "")


@singledispatch
def explained(spec: object) -> Explained:
    """How a normalization, a weighting or an aggregation is explained; a method of the user's own is called by its name."""
    name = getattr(spec, "name", None)
    called = name if isinstance(name, Text) else same(type(spec).__name__)
    return Explained(Text("采用{name}。", "The {name} is used.").format(name=called))


LINE = r"z_{ij}=\dfrac{x_{ij}-x_j^{0}}{x_j^{1}-x_j^{0}}"
ALONG = Text(
    "z = (x − 0 分值) / (1 分值 − 0 分值)；逆向指标两值互换",
    "z = (x − value scoring 0) / (value scoring 1 − value scoring 0); a cost has them exchanged",
)


@explained.register
def _(spec: MinMax) -> Explained:
    if spec.bounds == "plausible":
        words = Text(
            "采用极差标准化；上下界为指标体系给定的目标区间。",
            "Min–max normalization between the goalposts of the indicator systems.",
        )
    elif spec.bounds == "period":
        words = Text(
            "采用极差标准化；上下界逐年取得，年际增长因此被抹去。",
            "Min–max normalization with the bounds of each year by itself, which erases growth over the years.",
        )
    else:
        words = Text(
            "采用极差标准化；上下界取自参考期 {span} 的全部“地区—年份”，并用于所有年份，以保留增长。",
            "Min–max normalization with bounds from all unit-years of the reference years {span}, applied to every year so that "
            "growth stays visible.",
        )
    return Explained(words, LINE, ALONG)


@explained.register
def _(spec: ZScore) -> Explained:
    words = Text(
        "采用 Z 分数标准化，均值与标准差取自参考期 {span}。", "Z-scores with mean and deviation of the reference years {span}."
    )
    return Explained(words, r"z_{ij}=\pm\dfrac{x_{ij}-\bar x_j}{s_j}", same("z = ±(x − x̄) / s"))


@explained.register
def _(spec: DistanceToTarget) -> Explained:
    words = Text(
        "采用目标距离标准化：参考期 {span} 最差值得 0，目标值得 1。",
        "Distance to target: 0 at the worst value of {span}, 1 at the target.",
    )
    return Explained(words, LINE, ALONG)


@explained.register
def _(spec: Logarithm) -> Explained:
    words = Text(
        "取对数后做极差标准化，上下界取自参考期 {span}：等比例的变化计为相等的得分变化。",
        "Min–max on logarithms with bounds of the reference years {span}: equal ratios count alike.",
    )
    tex = r"z_{ij}=\dfrac{\ln x_{ij}-\ln x_j^{0}}{\ln x_j^{1}-\ln x_j^{0}}"
    return Explained(words, tex, same("z = (ln x − ln x⁰) / (ln x¹ − ln x⁰)"))


@explained.register
def _(spec: Rank) -> Explained:
    words = Text(
        "按在参考期 {span} 全部“地区—年份”中的位次计分：最差 0，最好 1；之后年份在其间插值。",
        "Scores are ranks among all unit-years of the reference years {span}: 0 the worst, 1 the best; later years lie between them.",
    )
    return Explained(words, r"z_{ij}=\dfrac{r_{ij}-1}{m-1}", same("z = (r − 1) / (m − 1)"))


@explained.register
def _(spec: Percentile) -> Explained:
    words = Text(
        "按在参考期 {span} 全部“地区—年份”中的百分位计分。",
        "Scores are percentiles among all unit-years of the reference years {span}.",
    )
    return Explained(words, r"z_{ij}=\dfrac{r_{ij}-1/2}{m}", same("z = (r − ½) / m"))


@explained.register
def _(spec: Vector) -> Explained:
    words = Text(
        "采用向量标准化，分母取自参考期 {span}；逆向指标以 1 减之。",
        "Vector normalization over the reference years {span}; for a cost, 1 less that.",
    )
    return Explained(words, r"z_{ij}=\dfrac{x_{ij}}{\sqrt{\sum_i x_{ij}^2}}", same("z = x / √Σx²"))


@explained.register
def _(spec: Sum) -> Explained:
    words = Text(
        "采用总和标准化，分母取自参考期 {span}；逆向指标以 1 减之。",
        "Sum normalization over the reference years {span}; for a cost, 1 less that.",
    )
    return Explained(words, r"z_{ij}=\dfrac{x_{ij}}{\sum_i x_{ij}}", same("z = x / Σx"))


@explained.register
def _(spec: Equal) -> Explained:
    if spec.among == "dimensions":
        return Explained(Text("各维度等权，维度内各指标等权。", "Dimensions count alike, and indicators alike inside each."))
    return Explained(Text("各指标等权。", "All indicators count alike."))


@explained.register
def _(spec: Given) -> Explained:
    return Explained(Text("采用给定权重，列于附录。", "Weights were given; they stand in the annex."))


ENTROPY = r"e_j=-\dfrac{1}{\ln m}\sum_i p_{ij}\ln p_{ij},\quad w_j=\dfrac{1-e_j}{\sum_k(1-e_k)}"


@explained.register
def _(spec: Entropy) -> Explained:
    words = Text(
        "采用熵权法，在参考期 {span} 全部 m 个“地区—年份”上合并计算。熵权反映指标离散程度，不表示政策重要性。",
        "Entropy weights over all m unit-years of the reference years {span}. They follow the spread of an indicator, not its "
        "importance to policy.",
    )
    tex = r"p_{ij}=\dfrac{z_{ij}}{\sum_i z_{ij}},\quad " + ENTROPY
    return Explained(words, tex, same("p = z / Σz; e = −Σ p ln p / ln m; w = (1 − e) / Σ(1 − e)"))


@explained.register
def _(spec: RawEntropy) -> Explained:
    words = Text(
        "采用熵权法，比重按参考期 {span} 的原始值计算，不按标准化得分。",
        "Entropy weights of shares of the raw figures of {span}, not of scores.",
    )
    tex = r"p_{ij}=\dfrac{x_{ij}}{\sum_i x_{ij}},\quad " + ENTROPY
    return Explained(words, tex, same("p = x / Σx; e = −Σ p ln p / ln m; w = (1 − e) / Σ(1 − e)"))


@explained.register
def _(spec: Critic) -> Explained:
    kind = Text("斯皮尔曼", "Spearman") if spec.correlation == "spearman" else Text("皮尔逊", "Pearson")
    words = Text(
        "采用 CRITIC 法，由得分的标准差与指标间冲突性（{kind}相关）确定。",
        "CRITIC weights: the deviation of a score times its conflict with the others ({kind} correlation).",
    )
    tex = r"w_j=\dfrac{s_j\sum_k(1-r_{jk})}{\sum_l s_l\sum_k(1-r_{lk})}"
    return Explained(words.format(kind=kind), tex, same("w = s Σ(1 − r) / Σ s Σ(1 − r)"))


@explained.register
def _(spec: CoefficientOfVariation) -> Explained:
    words = Text("采用变异系数法，反映离散程度。", "Weights by the coefficient of variation: they follow spread.")
    return Explained(words, r"w_j=\dfrac{s_j/\bar z_j}{\sum_k s_k/\bar z_k}", same("w = (s/z̄) / Σ(s/z̄)"))


@explained.register
def _(spec: StandardDeviation) -> Explained:
    words = Text("权重与得分的标准差成比例。", "Weights in proportion to the standard deviation of the scores.")
    return Explained(words, r"w_j=\dfrac{s_j}{\sum_k s_k}", same("w = s / Σs"))


@explained.register
def _(spec: PCA) -> Explained:
    forms = {
        "first": Text("按第一主成分的载荷", "by the loadings of the first component"),
        "variance": Text("按各主成分载荷与方差贡献", "by the loadings of the kept components, each by its share of the variance"),
        "rotated": Text("按旋转后各因子的载荷平方（OECD 手册）", "by squared rotated loadings, factor by factor (OECD handbook)"),
    }
    words = Text(
        "采用主成分法赋权：{how}，在参考期 {span} 的得分上计算。",
        "Weights by principal components of the scores of {span}: {how}.",
    )
    return Explained(Text(words.zh.replace("{how}", forms[spec.form].zh), words.en.replace("{how}", forms[spec.form].en)))


@explained.register(Ahp)
@explained.register(AhpHierarchy)
def _(spec: Ahp | AhpHierarchy) -> Explained:
    words = Text(
        "采用层次分析法（AHP）：由专家两两比较得到判断矩阵，一致性比率列于权重说明。",
        "Analytic hierarchy process: weights from experts' pairwise comparisons; the consistency ratios stand with the weights.",
    )
    tex = r"A w=\lambda_{\max}w,\quad CR=\dfrac{(\lambda_{\max}-n)/(n-1)}{RI}"
    return Explained(words, tex, same("A w = λ w; CR = ((λ − n) / (n − 1)) / RI"))


@explained.register
def _(spec: Levels) -> Explained:
    words = Text("维度间：{over}维度内：{inside}", "Between dimensions: {over} Inside dimensions: {inside}")
    over, inside = explained(spec.dimensions).words, explained(spec.indicators).words
    return Explained(Text(words.zh.format(over=over.zh, inside=inside.zh), words.en.format(over=over.en, inside=inside.en)))


@explained.register
def _(spec: Combined) -> Explained:
    how = {
        "arithmetic": (Text("加权算术平均", "weighted arithmetic mean"), r"w_j=\sum_k a_k w_{jk}", "w = Σ a w_k"),
        "multiplicative": (
            Text("乘法归一", "normalized product"),
            r"w_j=\dfrac{\prod_k w_{jk}}{\sum_l\prod_k w_{lk}}",
            "w = ∏w_k / Σ∏w_k",
        ),
        "geometric": (
            Text("几何平均（最小相对熵）", "geometric mean (minimum relative entropy)"),
            r"w_j=\dfrac{\prod_k w_{jk}^{a_k}}{\sum_l\prod_k w_{lk}^{a_k}}",
            "w = ∏w_k^a / Σ∏w_k^a",
        ),
        "game": (Text("博弈论组合", "game-theoretic combination"), r"w=\sum_k\alpha_k w_k", "w = Σ α_k w_k"),
    }
    name, tex, alt = how[spec.how]
    said = [explained(part).words for part in spec.parts]
    zh = f"组合赋权（{name.zh}）：" + "".join(f"（{at}）{words.zh}" for at, words in enumerate(said, start=1))
    en = f"Combined weights ({name.en}): " + " ".join(f"({at}) {words.en}" for at, words in enumerate(said, start=1))
    return Explained(Text(zh, en), tex, same(alt))


@explained.register
def _(spec: Matched) -> Explained:
    words = Text(
        "优化权重，使各指标对综合指数的实际重要性与预定份额一致（Becker 等，2017）。",
        "Weights are optimized so that each indicator is as important to the index as intended (Becker et al., 2017).",
    )
    return Explained(words)


@explained.register
def _(spec: PowerMean) -> Explained:
    words = Text(
        "综合指数为各指标得分的{name}，权重之和为 1。",
        "The index is the {name} of the indicator scores; the weights sum to one.",
    )
    tex, alt = r"U_i=\left(\sum_j w_j z_{ij}^{r}\right)^{1/r}", "U = (Σ w z^r)^(1/r)"
    if spec.power == 1:
        tex, alt = r"U_i=\sum_j w_j\,z_{ij}", "U = Σ w z"
    if spec.power == 0:
        tex, alt = r"U_i=\prod_j z_{ij}^{\,w_j}", "U = ∏ z^w"
    return Explained(words.format(name=spec.name), tex, same(alt))


@explained.register
def _(spec: ByLevel) -> Explained:
    return Explained(Text("合成方法：{name}。", "Aggregation: {name}.").format(name=spec.name))


@explained.register
def _(spec: Topsis) -> Explained:
    words = Text(
        "采用 TOPSIS：以到最优解与最劣解的加权距离之比计分，两解取自参考期 {span}，超出者按该解计。",
        "TOPSIS: relative closeness by weighted distances from the worst and the best, which are learnt on {span}; scores beyond "
        "them count as these.",
    )
    tex = r"U_i=\dfrac{d_i^-}{d_i^++d_i^-},\quad d_i^{\pm}=\sqrt{\sum_j w_j^2(z_{ij}-z_j^{\pm})^2}"
    return Explained(words, tex, same("U = d⁻ / (d⁺ + d⁻); d = √Σ w²(z − z±)²"))


@explained.register
def _(spec: GreyRelational) -> Explained:
    words = Text(
        "采用灰色关联度（ρ = {rho:g}），参考序列取参考期 {{span}} 的最优值。",
        "Grey relational grade (ρ = {rho:g}) against the best scores of {{span}}.",
    )
    tex = r"U_i=\sum_j w_j\dfrac{\rho\Delta_{\max}}{\Delta_{ij}+\rho\Delta_{\max}}"
    return Explained(words.format(rho=spec.rho), tex, same("U = Σ w ρΔmax / (Δ + ρΔmax)"))


@explained.register
def _(spec: RankSumRatio) -> Explained:
    words = Text("采用秩和比法，秩取自参考期 {span}。", "Rank-sum ratio, with ranks among the unit-years of {span}.")
    return Explained(words, r"U_i=\dfrac{1}{m}\sum_j w_j R_{ij}", same("U = Σ w R / m"))


@explained.register
def _(spec: MazziottaPareto) -> Explained:
    words = Text(
        "采用{name}：均值{how}不平衡惩罚，均值与离差按权重计算；0 分对应原量表的 70，1 分对应 130。",
        "The {name}: a mean {how} a penalty for imbalance, both weighted; 0 is 70 and 1 is 130 on its own scale.",
    ).format(name=spec.name, how=Text("减", "less") if spec.penalty == "minus" else Text("加", "plus"))
    sign = "-" if spec.penalty == "minus" else "+"
    return Explained(words, rf"\mathrm{{AMPI}}_i=M_i{sign}S_i\,\dfrac{{S_i}}{{M_i}}", same(f"AMPI = M {sign} S · S/M"))
