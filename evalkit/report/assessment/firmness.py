"""The chapters on how good the indicators are and how firm the result is."""

from __future__ import annotations

from dataclasses import replace

from evalkit.report.assessment.found import Assessment
from evalkit.report.coupling.doubt import cumulative, with_the_method
from evalkit.report.document import Block, Figure, Heading, Paragraph, Table
from evalkit.report.printed import once, printed
from evalkit.report.words import Voice
from evalkit.terms import Text


def indicators(found: Assessment, voice: Voice) -> list[Block]:
    """What the indicators of each system have in common, how important each is, and what hangs on it."""
    if "indicators" not in found.chapters:
        return []
    blocks: list[Block] = [Heading(voice(Text("指标体系诊断", "The indicators examined")))]
    few = Text("“{system}”的数据过少，不作指标诊断。", "There are too few figures to examine the indicators of “{system}”.")
    scarce = [score.system.name for name, score in found.scores.items() if name not in found.quality]
    blocks += [Paragraph(voice(few, system=name), role="note") for name in scarce]
    for name, quality in found.quality.items():
        blocks += [
            Heading(voice.name(name), level=2),
            Heading(voice(Text("相关与适切性", "Correlation and adequacy")), level=3),
            *printed(quality.diagnosis, voice),
            Heading(voice(Text("实际重要性", "Effective importance")), level=3),
            *printed(quality.importance, voice),
        ]
        if quality.removals is not None:
            blocks.append(Heading(voice(Text("剔除单个指标", "Without one indicator")), level=3))
            blocks += printed(quality.removals, voice, drawn=0)
    return once(blocks)


def uncertainty(found: Assessment, voice: Voice) -> list[Block]:
    """How sure D, its grades, its change and its ranks are; and what is left as the method itself is put in doubt."""
    if not found.doubts:
        return []
    first = next(iter(found.doubts.values()))
    return [
        Heading(voice(Text("结果的不确定性", "How sure the result is"))),
        *printed(first, voice, drawn=2),
        Heading(voice(Text("方法存疑时", "With the method in doubt")), level=2),
        *(Paragraph(said) for said in (with_the_method(found.doubts, voice),) if said),
        cumulative(found.doubts, voice),
    ]


def robustness(found: Assessment, voice: Voice) -> list[Block]:
    """The result under other settings, one at a time and all at once."""
    firm, blocks = found.firmness, list[Block]()
    if firm.comparison is not None:
        title = Text("其他设定下的耦合协调", "Coordination under other settings")
        blocks += [Heading(voice(title), level=2), *printed(firm.comparison, voice)]
    if found.variants is not None:
        title = Text("其他耦合度模型", "Other variants of the coupling degree")
        blocks += [Heading(voice(title), level=2), *printed(found.variants, voice)]
    for name in found.scores:
        parts = ((firm.uncertainty, 1), (firm.drivers, 1), (firm.agreement, 0), (firm.outranking, 0), (firm.benefit, 0))
        asked = [block for part, drawn in parts if name in part for block in printed(part[name], voice, drawn=drawn)]
        if asked:
            title = Text("{system}：位次有多稳", "{system}: how firm the ranks are")
            blocks += [Heading(voice(title, system=voice.name(name)), level=2), *_of(found.scores[name].system.name, asked)]
    blocks = [*(Paragraph(note.say(voice.lang), role="note") for note in firm.notes), *blocks]
    head: list[Block] = [Heading(voice(Text("稳健性", "Robustness")))] if blocks else []
    return once([*head, *blocks])


def _of(system: Text, blocks: list[Block]) -> list[Block]:
    """The blocks, the name of the system before the captions, so that no two of a report are alike."""
    said = Text("{system}：{caption}", "{system}: {caption}")
    return [
        replace(block, caption=said.format(system=system, caption=block.caption)) if isinstance(block, Table | Figure) else block
        for block in blocks
    ]
