"""Report: answers put together into one document, in the order they are added."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from evalkit.answer import Answer
from evalkit.check import one_of
from evalkit.errors import SpecError
from evalkit.report.document import Block, Document, Heading, Paragraph
from evalkit.report.render import save
from evalkit.report.verbs import answered, figures, names, tables, words
from evalkit.report.words import Voice
from evalkit.terms import TERMS, Lang, Text

CHAPTERS: dict[str, Text] = {
    "Screened": Text("数据可得性", "Availability"),
    "IndexScores": Text("综合指数", "Index"),
    "FittedIndex": Text("指标与权重", "Indicators and weights"),
    "Priorities": Text("专家判断", "Judgements"),
    "Diagnosis": Text("指标诊断", "The indicators examined"),
    "EffectiveImportance": Text("实际重要性", "Effective importance"),
    "Removals": Text("剔除单个指标", "Without one indicator"),
    "Obstacles": Text("障碍因素", "Obstacles"),
    "Outranking": Text("两两比较", "Pairwise comparison"),
    "Benefit": Text("最有利权重", "Benefit of the doubt"),
    "Coordination": Text("耦合协调", "Coupling and coordination"),
    "Balanced": Text("两系统的相对位置", "Where the systems stand"),
    "VariantComparison": Text("耦合度模型对照", "Variants side by side"),
    "UncertainCoordination": Text("结果的不确定性", "How sure the result is"),
    "SpeedCoupling": Text("两系统的变化速度", "Speeds of the systems"),
    "Decoupled": Text("脱钩分析", "Decoupling"),
    "Transitions": Text("等级的变动", "Moves between grades"),
    "ChangeParts": Text("D 变化的来源", "What changed D"),
    "Forecasted": Text("趋势外推", "If the past went on"),
    "Metacoupled": Text("元耦合", "Metacoupling"),
    "CouplingAudit": Text("印刷表格核查", "Audit of a printed table"),
    "Groups": Text("区域差异", "Regional differences"),
    "Comparison": Text("稳健性", "Robustness"),
    "RankIntervals": Text("位次区间", "Rank intervals"),
    "Uncertainty": Text("不确定性", "Uncertainty"),
    "Drivers": Text("不确定性的来源", "What drives the ranking"),
    "IndexAgreement": Text("指数比较", "Indices beside one another"),
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

    def __post_init__(self) -> None:
        one_of(self.lang, ("zh", "en"), who="the language of a report")

    def add(self, *answers: Answer) -> Report:
        """The report with more answers at its end."""
        for one in answers:
            answered(one)
        return replace(self, answers=(*self.answers, *answers))

    def document(self) -> Document:
        """The report as a document."""
        known: dict[str, Text] = {}
        for answer in self.answers:
            known |= names(answer)
        voice = Voice(self.lang, known)
        blocks = [block for answer in self.answers for block in _chapter(answer, voice)]
        given = dict.fromkeys(source.say(self.lang) for answer in self.answers if (source := _source(answer)))
        computed = voice(Text("本报告计算", "computed for this report"))
        said = voice(Text("；", "; ")).join([*given, computed])
        return Document(title=self.title, lang=self.lang, workbook=False, blocks=tuple(blocks)).sourced(said)

    def save(self, path: str | Path) -> Path:
        """Write the report to a .html, .docx or .xlsx file, whole or not at all."""
        if not self.answers:
            raise SpecError("the report holds no answer", do="add some: report.add(answer)")
        return save(self.document(), Path(path))


def _source(answer: Answer) -> Text | None:
    """Where the figures of an answer come from, if it knows its panel."""
    panel = getattr(answer, "panel", None)
    return panel.source if panel is not None and any(panel.source) else None


def _chapter(answer: Answer, voice: Voice) -> list[Block]:
    title = CHAPTERS.get(type(answer).__name__, TERMS["note"])
    return [
        Heading(voice(title)),
        Paragraph(words(answer, voice)),
        *figures(answer, voice),
        *tables(answer, voice),
        *(Paragraph(note.say(voice.lang), role="note") for note in answer.notes),
    ]
