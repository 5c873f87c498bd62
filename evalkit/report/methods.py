"""The chapter on methods: formulas, the choices made, and what they cannot say."""

from __future__ import annotations

from evalkit.coupling.variants import Power, Standard
from evalkit.indicators.normalization.min_max import MinMax
from evalkit.indicators.normalization.normalized import Normalization
from evalkit.indicators.normalization.target import DistanceToTarget
from evalkit.indicators.normalization.z_score import ZScore
from evalkit.indicators.weighting.critic import Critic
from evalkit.indicators.weighting.entropy import Entropy
from evalkit.indicators.weighting.equal import Equal
from evalkit.indicators.weighting.given import Given
from evalkit.indicators.weighting.weights import Weighting
from evalkit.report.assessment import Assessment
from evalkit.report.document import Block, Bullets, Formula, Heading, Paragraph
from evalkit.report.words import Voice
from evalkit.terms import Text


def methods(found: Assessment, voice: Voice) -> list[Block]:
    """From raw figures to grades, step by step."""
    index = next(iter(found.scores.values())).spec.spec
    return [
        Heading(voice(Text("评估方法", "Methods"))),
        *_normalization(index.normalize, found, voice),
        *_weighting(index.weigh, voice),
        *_aggregation(voice),
        *_coupling(found, voice),
        *_obstacles(voice),
        Heading(voice(Text("方法的限度", "Limits")), level=2),
        Bullets(tuple(voice(limit) for limit in LIMITS)),
    ]


LIMITS = (
    Text(
        "指数为相对值：上下界取自参考期，换参考期则数值改变；跨研究比较须用相同的界与权重。",
        "Indices are relative: their bounds come from the reference years, and others give other values; studies compare only under the "
        "same bounds and weights.",
    ),
    Text(
        "两系统孰高孰低取决于各自的上下界与指标分布：偏态指标使指数偏低，“滞后”不等于绝对水平落后。",
        "Which system stands higher depends on the bounds and the distribution of its indicators: skewed ones keep an index low, so that "
        "“lags” is not “is worse off”.",
    ),
    Text(
        "加权平均允许指标之间完全互补，短板可被其他指标抵消，应结合障碍度阅读。",
        "A weighted mean is fully compensatory: a shortfall is offset by other indicators; read it with the obstacle degrees.",
    ),
    Text(
        "耦合度高只说明两系统水平接近，低水平接近同样得高值，故以协调度 D 评判。",
        "A high coupling degree says only that the systems stand level, at a low level too; the judgement therefore rests on D.",
    ),
    Text(
        "等级界限为约定；处于界限附近的地区，其等级不稳固。",
        "The limits of the grades are conventions; a place near a limit holds its grade weakly.",
    ),
)


def _normalization(spec: Normalization, found: Assessment, voice: Voice) -> list[Block]:
    reference = next(iter(found.scores.values())).spec.reference
    match spec:
        case MinMax():
            what = Text(
                "采用极差标准化；上下界取自参考期 {span} 的全部“地区—年份”，并用于所有年份，以保留增长。",
                "Min–max normalization with bounds from all unit-years of the reference years {span}, applied to every year so that growth stays "
                "visible.",
            )
            if spec.bounds == "plausible":
                what = Text(
                    "采用极差标准化；上下界为指标体系给定的目标区间。",
                    "Min–max normalization between the goalposts of the indicator systems.",
                )
        case ZScore():
            what = Text(
                "采用 Z 分数标准化，均值与标准差取自参考期 {span}。",
                "Z-scores with mean and deviation of the reference years {span}.",
            )
        case DistanceToTarget():
            what = Text(
                "采用目标距离标准化：参考期 {span} 最差值得 0，目标值得 1。",
                "Distance to target: 0 at the worst value of {span}, 1 at the target.",
            )
        case _:
            what = Text("标准化方法：" + type(spec).__name__, "Normalization: " + type(spec).__name__)
    beyond = Text("超出上下界的取值截断为 0 或 1。", "Values beyond the bounds are clipped to 0 or 1.")
    gap = "" if voice.lang == "zh" else " "
    said = voice(what, span=f"{reference[0]}–{reference[-1]}") + (gap + voice(beyond) if spec.clips else "")
    return [
        Heading(voice(Text("标准化", "Normalization")), level=2),
        Paragraph(said),
        Formula(
            r"z_{ij}=\dfrac{x_{ij}-x_j^{0}}{x_j^{1}-x_j^{0}}",
            voice(
                Text(
                    "z = (x − 0 分值) / (1 分值 − 0 分值)；逆向指标两值互换",
                    "z = (x − value scoring 0) / (value scoring 1 − value scoring 0); a cost has them exchanged",
                )
            ),
        ),
    ]


def _weighting(spec: Weighting, voice: Voice) -> list[Block]:
    blocks: list[Block] = [Heading(voice(Text("权重", "Weights")), level=2)]
    match spec:
        case Entropy():
            text = Text(
                "采用熵权法，在参考期全部 m 个“地区—年份”上合并计算。熵权反映指标离散程度，不表示政策重要性。",
                "Entropy weights over all m unit-years of the reference years. They follow the spread of an indicator, not its importance to policy.",
            )
            formula = r"p_{ij}=\dfrac{z_{ij}}{\sum_i z_{ij}},\quad e_j=-\dfrac{1}{\ln m}\sum_i p_{ij}\ln p_{ij},\quad w_j=\dfrac{1-e_j}{\sum_k(1-e_k)}"
            return [*blocks, Paragraph(voice(text)), Formula(formula, "p = z / Σz; e = −Σ p ln p / ln m; w = (1 − e) / Σ(1 − e)")]
        case Critic():
            text = Text(
                "采用 CRITIC 法，由得分的标准差与指标间冲突性确定。",
                "CRITIC weights: the deviation of a score times its conflict with the others.",
            )
            formula = r"w_j=\dfrac{s_j\sum_k(1-r_{jk})}{\sum_l s_l\sum_k(1-r_{lk})}"
            return [*blocks, Paragraph(voice(text)), Formula(formula, "w = s Σ(1 − r) / Σ s Σ(1 − r)")]
        case Equal(among="dimensions"):
            said = Text("各维度等权，维度内各指标等权。", "Dimensions count alike, and indicators alike inside each.")
        case Equal():
            said = Text("各指标等权。", "All indicators count alike.")
        case Given():
            said = Text("采用给定权重，列于附录。", "Weights were given; they stand in the annex.")
        case _:
            said = Text("权重方法：" + type(spec).__name__, "Weights: " + type(spec).__name__)
    return [*blocks, Paragraph(voice(said))]


def _aggregation(voice: Voice) -> list[Block]:
    text = Text(
        "综合指数为各指标得分的加权平均，权重之和为 1。",
        "The index is the weighted mean of the indicator scores; the weights sum to one.",
    )
    return [
        Heading(voice(Text("综合指数", "Index")), level=2),
        Paragraph(voice(text)),
        Formula(r"U_i=\sum_j w_j\,z_{ij}", "U = Σ w z"),
    ]


def _coupling(found: Assessment, voice: Voice) -> list[Block]:
    spec, n = found.bond.spec, len(found.bond.systems)
    shares = spec.shares or (1 / n,) * n
    quotient = rf"\dfrac{{{n}\left(\prod_{{s}} U_s\right)^{{1/{n}}}}}{{\sum_s U_s}}"
    power = f"^{{\\,{n * spec.variant.k:g}}}" if isinstance(spec.variant, Power) else ""
    c = r"C=\left[" + quotient + r"\right]" + power
    if isinstance(spec.variant, Standard):
        c = "C=" + quotient
    text = Text(
        "采用{variant}。T 中各系统份额为 {shares}。等级：{grades}；{source}。",
        "The {variant} is used; the systems count {shares} in T. Grades: {grades} ({source}).",
    )
    told = ", ".join(f"{voice.name(name)} {share:.2f}" for name, share in zip(found.bond.systems, shares, strict=True))
    return [
        Heading(voice(Text("耦合协调度", "Coupling coordination")), level=2),
        Paragraph(voice(text, variant=spec.variant.name, shares=told, grades=spec.grades.name, source=spec.grades.source)),
        Formula(c + r",\quad T=\sum_s \alpha_s U_s,\quad D=\sqrt{C\,T}", "C = n (∏U)^(1/n) / ΣU; T = Σ a U; D = √(C·T)"),
    ]


def _obstacles(voice: Voice) -> list[Block]:
    text = Text(
        "障碍度为某指标的加权差距占该地区全部加权差距的份额，合计为 1。",
        "An obstacle degree is the share of an indicator in the weighted shortfall of a place; the shares sum to one.",
    )
    return [
        Heading(voice(Text("障碍度", "Obstacle degree")), level=2),
        Paragraph(voice(text)),
        Formula(r"O_{ij}=\dfrac{w_j(1-z_{ij})}{\sum_k w_k(1-z_{ik})}", "O = w (1 − z) / Σ w (1 − z)"),
    ]
