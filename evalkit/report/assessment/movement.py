"""The chapters on how coordination moved, and where it would be if the past went on."""

from __future__ import annotations

from evalkit.report.assessment.found import Assessment
from evalkit.report.document import Block, Heading, Paragraph
from evalkit.report.printed import once, printed
from evalkit.report.words import Voice
from evalkit.terms import Text


def dynamics(found: Assessment, voice: Voice) -> list[Block]:
    """What changed D, how places moved between grades, and how the speeds of two systems couple."""
    moved, blocks = found.movement, list[Block]()
    parts = (
        (Text("D 变化的来源", "What changed D"), moved.change, 2),
        (Text("等级的变动", "Moves between grades"), moved.grades, 1),
        (Text("两系统的变化速度", "Speeds of the systems"), moved.speeds, 2),
    )
    for title, answer, drawn in parts:
        if answer is not None:
            blocks += [Heading(voice(title), level=2), *printed(answer, voice, drawn=drawn)]
    if blocks and len(found.scores) > 2:
        many = Text(
            "变化速度的耦合只在两个系统之间计算，本评估有 {n} 个系统。", "Speeds are coupled between two systems; here are {n}."
        )
        blocks.append(Paragraph(voice(many, n=len(found.scores)), role="note"))
    head: list[Block] = [Heading(voice(Text("耦合协调的变化", "How coordination moved")))] if blocks else []
    return once([*head, *blocks])


def forecast(found: Assessment, voice: Voice) -> list[Block]:
    """D some years ahead, with the errors each method made in the past."""
    if found.forecast is None:
        return []
    return [Heading(voice(Text("趋势外推", "If the past went on"))), *printed(found.forecast, voice, drawn=2)]
