"""The chapters on how good the indicators are and how firm the result is."""

from __future__ import annotations

from dataclasses import replace

from evalkit.answer import Answer
from evalkit.report.assessment import Assessment
from evalkit.report.document import Block, Heading, Paragraph
from evalkit.report.verbs import figures, names, tables, words
from evalkit.report.words import Voice
from evalkit.terms import Text


def indicators(found: Assessment, voice: Voice) -> list[Block]:
    """What the indicators of each system have in common, how important each is, and what hangs on it."""
    if not found.quality:
        return []
    blocks: list[Block] = [Heading(voice(Text("指标体系诊断", "The indicators examined")))]
    for name, quality in found.quality.items():
        blocks += [
            Heading(voice.name(name), level=2),
            Heading(voice(Text("相关与适切性", "Correlation and adequacy")), level=3),
            *_printed(quality.diagnosis, voice),
            Heading(voice(Text("实际重要性", "Effective importance")), level=3),
            *_printed(quality.importance, voice),
            Heading(voice(Text("剔除单个指标", "Without one indicator")), level=3),
            *_printed(quality.removals, voice, drawn=0),
        ]
    return _once(blocks)


def robustness(found: Assessment, voice: Voice) -> list[Block]:
    """The result under other settings, one at a time and all at once."""
    firm, blocks = found.firmness, list[Block]()
    if firm.comparison is not None:
        title = Text("其他设定下的耦合协调", "Coordination under other settings")
        blocks += [Heading(voice(title), level=2), *_printed(firm.comparison, voice)]
    for name in found.scores:
        parts = ((firm.uncertainty, 1), (firm.drivers, 1), (firm.agreement, 0), (firm.outranking, 0), (firm.benefit, 0))
        asked = [block for part, drawn in parts if name in part for block in _printed(part[name], voice, drawn=drawn)]
        if asked:
            title = Text("{system}：位次有多稳", "{system}: how firm the ranks are")
            blocks += [Heading(voice(title, system=voice.name(name)), level=2), *asked]
    head: list[Block] = [Heading(voice(Text("稳健性", "Robustness")))] if blocks else []
    return _once([*head, *blocks])


def _printed(answer: Answer, voice: Voice, drawn: int = 1) -> list[Block]:
    """An answer in words, its first figures, its tables and what must be known beside them."""
    voice = replace(voice, names={**names(answer), **voice.names})
    notes = [Paragraph(note.say(voice.lang), role="note") for note in answer.notes]
    return [Paragraph(words(answer, voice)), *figures(answer, voice)[:drawn], *tables(answer, voice), *notes]


def _once(blocks: list[Block]) -> list[Block]:
    """The blocks without notes that were printed before."""
    seen, kept = set[str](), list[Block]()
    for block in blocks:
        if not (isinstance(block, Paragraph) and block.role == "note" and block.text in seen):
            kept.append(block)
        if isinstance(block, Paragraph):
            seen.add(block.text)
    return kept
