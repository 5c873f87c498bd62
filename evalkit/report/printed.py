"""An answer as the blocks of a chapter."""

from __future__ import annotations

from dataclasses import replace

from evalkit.answer import Answer
from evalkit.report.document import Block, Paragraph
from evalkit.report.verbs import figures, names, tables, words
from evalkit.report.words import Voice


def printed(answer: Answer, voice: Voice, drawn: int = 1) -> list[Block]:
    """An answer in words, its first figures, its tables and what must be known beside them."""
    voice = knowing(answer, voice)
    notes = [Paragraph(note.say(voice.lang), role="note") for note in answer.notes]
    return [Paragraph(words(answer, voice)), *figures(answer, voice)[:drawn], *tables(answer, voice), *notes]


def told(answer: Answer, voice: Voice) -> str:
    """An answer in words, with the names it knows itself."""
    return words(answer, knowing(answer, voice))


def knowing(answer: Answer, voice: Voice) -> Voice:
    """The voice with the names that an answer knows itself."""
    return replace(voice, names={**names(answer), **voice.names})


def once(blocks: list[Block]) -> list[Block]:
    """The blocks without notes that were printed before."""
    seen, kept = set[str](), list[Block]()
    for block in blocks:
        if not (isinstance(block, Paragraph) and block.role == "note" and block.text in seen):
            kept.append(block)
        if isinstance(block, Paragraph):
            seen.add(block.text)
    return kept
