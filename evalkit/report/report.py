"""Report: answers put together into one document, in the order they are added."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from evalkit.answer import Answer
from evalkit.check import one_of
from evalkit.errors import SpecError
from evalkit.panel.panel import Panel
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
    "Lines": Text("收入线", "Income lines"),
    "PovertyEstimates": Text("收入贫困", "Income poverty"),
    "InequalityEstimates": Text("收入差距", "Inequality"),
    "TransferPoverty": Text("不计转移收入时", "Without transfers"),
    "MultidimensionalPoverty": Text("多维贫困", "Multidimensional poverty"),
    "PovertyChanges": Text("多维贫困的变化", "Change of multidimensional poverty"),
    "PovertyChangeParts": Text("增长与分配", "Growth and redistribution"),
    "SubgroupPoverty": Text("各组的贫困", "Poverty by group"),
    "SubgroupInequality": Text("组内与组间差距", "Inequality within and between groups"),
    "SubgroupChanges": Text("各组的贫困变化", "Change of poverty by group"),
    "SourceGini": Text("各收入来源与差距", "Sources of income and inequality"),
    "SourcePoverty": Text("各收入来源与贫困", "Sources of income and poverty"),
    "PovertyMoves": Text("进入、退出与返回", "Entry, exit and return"),
    "Persistence": Text("长期与暂时贫困", "Chronic and transient poverty"),
    "Spells": Text("持续时间", "Spells"),
    "AttritionTable": Text("失访", "Attrition"),
    "HazardRatios": Text("返贫风险比", "Hazard ratios"),
    "VulnerabilityModel": Text("预期收入", "Expected income"),
    "VulnerabilityScores": Text("脆弱性", "Vulnerability"),
    "ReturnVerdict": Text("规模性返贫底线", "The bottom line"),
    "ClustersFound": Text("返贫户集中的村", "Villages where returns come together"),
    "SampleSizes": Text("样本量", "Sample sizes"),
    "Labels": Text("标签", "Labels"),
    "Leaks": Text("泄漏检查", "Leakage"),
    "Climbed": Text("模型阶梯", "The ladder of models"),
    "HomeReasons": Text("致险因素", "Reasons"),
    "Importance": Text("重要性", "Importance"),
    "ScoredRisk": Text("风险的区分与校准", "How risks rank"),
    "Targeted": Text("走访预算", "Visits by budget"),
    "DecisionCurves": Text("净收益", "Net benefit"),
    "CalibratedRisk": Text("校准", "Calibration"),
    "Threshold": Text("走访阈值", "Threshold"),
    "Fairness": Text("分组差异", "Gaps between groups"),
    "Visits": Text("走访名单", "List of visits"),
    "Drifted": Text("漂移监测", "Drift"),
    "ListEvaluation": Text("现有名单核查", "The existing list"),
    "ModelCard": Text("模型说明卡", "Model card"),
    "Look": Text("当日情况", "A look at a day"),
    "Received": Text("收到的数据", "Deliveries taken in"),
    "Linked": Text("记录归户", "Records and their homes"),
    "DeliveryReport": Text("数据质量", "Quality of deliveries"),
    "Signals": Text("预警信号", "Signals"),
    "Triaged": Text("走访安排", "Visits"),
    "LedgerState": Text("监测帮扶台账", "The ledger"),
    "Closable": Text("风险消除条件", "Conditions of closing"),
    "Process": Text("工作质量", "Quality of the process"),
    "AsKnown": Text("当日已知情况", "As known on a day"),
}


WHOLE = Text(
    "上列说明中的户数和记录数未作小数量隐藏，仅供工作使用，不得公布；对外请用月报。",
    "The notes above count homes and records as they are: for those who work with them, not for publication. Publish the bulletin.",
)


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
    return panel.source if isinstance(panel, Panel) and any(panel.source) else None


def _chapter(answer: Answer, voice: Voice) -> list[Block]:
    title = CHAPTERS.get(type(answer).__name__, TERMS["note"])
    return [
        Heading(voice(title)),
        Paragraph(words(answer, voice)),
        *figures(answer, voice),
        *tables(answer, voice),
        *(Paragraph(note.say(voice.lang), role="note") for note in answer.notes),
        *([Paragraph(voice(WHOLE), role="caution")] if _of_records(answer) else []),
    ]


def _of_records(answer: Answer) -> bool:
    """Whether an answer is about records of homes and its notes count them."""
    return bool(answer.notes) and type(answer).__module__.startswith("evalkit.monitor.")
