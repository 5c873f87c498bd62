"""The chapter on methods: formulas, the choices made, and what they cannot say."""

from __future__ import annotations

from evalkit.report.assessment.found import Assessment
from evalkit.report.document import Block, Bullets, Formula, Heading, Paragraph
from evalkit.report.indicators.recipes import explained
from evalkit.report.words import Voice
from evalkit.terms import Text


def methods(found: Assessment, voice: Voice) -> list[Block]:
    """From raw figures to grades, step by step."""
    return [
        Heading(voice(Text("评估方法", "Methods"))),
        *_steps(found, voice),
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


def _steps(found: Assessment, voice: Voice) -> list[Block]:
    """Normalization, weights and aggregation, each in words and a formula; weights of each system where they differ."""
    first = next(iter(found.scores.values()))
    index, reference = first.spec.spec, first.spec.reference
    span = f"{reference[0]}–{reference[-1]}" if len(reference) > 1 else str(reference[0])
    blocks: list[Block] = [Heading(voice(Text("标准化", "Normalization")), level=2), *_step(index.normalize, span, voice)]
    if index.normalize.clips:
        clipped = Text("超出上下界的取值截断为 0 或 1。", "Values beyond the bounds are clipped to 0 or 1.")
        blocks.append(Paragraph(voice(clipped)))
    blocks.append(Heading(voice(Text("权重", "Weights")), level=2))
    every = {name: score.spec.spec.weigh for name, score in found.scores.items()}
    if all(weigh == index.weigh for weigh in every.values()):
        blocks += _step(index.weigh, span, voice)
    else:
        for name, weigh in every.items():
            blocks += [Heading(voice.name(name), level=3), *_step(weigh, span, voice)]
    return [*blocks, Heading(voice(Text("综合指数", "Index")), level=2), *_step(index.aggregate, span, voice)]


def _step(spec: object, span: str, voice: Voice) -> list[Block]:
    said = explained(spec)
    formula = [Formula(said.tex, voice(said.alt))] if said.tex else []
    return [Paragraph(voice(said.words, span=span)), *formula]


def _coupling(found: Assessment, voice: Voice) -> list[Block]:
    spec, said = found.bond.spec, explained(found.bond.spec.variant)
    text = Text(
        "{how}T 中各系统的份额：{shares}。等级：{grades}；{source}。",
        "{how} The systems count {shares} in T. Grades: {grades} ({source}).",
    )
    told = voice(Text("、", ", ")).join(
        f"{voice.name(name)} {share:.2f}" for name, share in zip(found.bond.systems, found.bond.shares, strict=True)
    )
    return [
        Heading(voice(Text("耦合协调度", "Coupling coordination")), level=2),
        Paragraph(voice(text, how=said.words, shares=told, grades=spec.grades.name, source=spec.grades.source)),
        Formula(said.tex + r",\quad T=\sum_s \alpha_s U_s,\quad D=\sqrt{C\,T}", f"{voice(said.alt)}; T = Σ a U; D = √(C·T)"),
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
