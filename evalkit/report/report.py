"""Report: answers put together into one document, in the order they are added."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from evalkit.answer import Answer
from evalkit.report.document import Block, Document, Heading, Paragraph
from evalkit.report.render import save
from evalkit.report.verbs import figures, names, tables, words
from evalkit.report.words import Voice
from evalkit.terms import TERMS, Lang, Text

CHAPTERS: dict[str, Text] = {
    "IndexScores": Text("综合指数", "Index"),
    "FittedIndex": Text("指标与权重", "Indicators and weights"),
    "Coordination": Text("耦合协调", "Coupling and coordination"),
    "Comparison": Text("稳健性", "Robustness"),
    "Obstacles": Text("障碍因素", "Obstacles"),
    "RankIntervals": Text("位次区间", "Rank intervals"),
    "Groups": Text("区域差异", "Regional differences"),
}


@dataclass(frozen=True, slots=True)
class Report:
    """A report of some answers; `add` gives a new report, `save` writes it.

    Each answer becomes a chapter: its words, figures, tables and notes. Names of places and indicators are taken from the
    answers that know them.

    Examples
    --------
    >>> import evalkit as ek
    >>> counties = ek.datasets.load("counties")
    >>> index = ek.CompositeIndex(system=ek.systems("revitalization")["revitalization"])
    >>> scores = index.fit(counties).score(counties)
    >>> report = ek.Report("Revitalization", lang="en").add(scores, ek.ObstacleDegree(top=3).measure(scores))
    >>> [table.caption.en for table in report.document().tables()][0]
    'Rural revitalization: dimension scores by year (means)'
    """

    title: str
    lang: Lang = "zh"
    answers: tuple[Answer, ...] = ()

    def add(self, *answers: Answer) -> Report:
        """The report with more answers at its end."""
        return replace(self, answers=(*self.answers, *answers))

    def document(self) -> Document:
        """The report as a document."""
        known: dict[str, Text] = {}
        for answer in self.answers:
            known |= names(answer)
        voice = Voice(self.lang, known)
        blocks = [block for answer in self.answers for block in _chapter(answer, voice)]
        return Document(title=self.title, lang=self.lang, blocks=tuple(blocks))

    def save(self, path: str | Path) -> Path:
        """Write the report to a .html, .docx or .xlsx file, whole or not at all."""
        return save(self.document(), Path(path))


def _chapter(answer: Answer, voice: Voice) -> list[Block]:
    title = CHAPTERS.get(type(answer).__name__, TERMS["note"])
    return [
        Heading(voice(title)),
        Paragraph(words(answer, voice)),
        *figures(answer, voice),
        *tables(answer, voice),
        *(Paragraph(note.say(voice.lang), role="note") for note in answer.notes),
    ]
