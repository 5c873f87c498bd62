"""A risk study on paper: whom the list would miss first, then how it was found, and what must be known before it is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from evalkit.answer import Answer
from evalkit.report.document import Block, Bullets, Document, Figure, Heading, Paragraph, Table
from evalkit.report.printed import once, printed, told
from evalkit.report.risk.ladder import LADDER, WHO
from evalkit.report.words import Voice
from evalkit.risk.drift.drift import Drifted
from evalkit.risk.explanation.importance import Importance
from evalkit.risk.fairness.fairness import Fairness
from evalkit.risk.features.dated import FeaturePlan
from evalkit.risk.keeping.card import ModelCard
from evalkit.risk.labels.labels import Labels
from evalkit.risk.ladder import Climbed
from evalkit.risk.leakage.check import Leaks
from evalkit.risk.lists.targeting import Targeted
from evalkit.risk.scoring.scores import ScoredRisk
from evalkit.terms import Lang, Text

STATEMENT = Text(
    "风险只用于安排走访的先后；风险高意味着去看一看，风险低不取消、不减少任何帮扶，不在名单上的农户可自行申报。读入时农户编码即已替换，"
    "报告不含任何农户；结果不评价个人或家庭，不证明因果。",
    "Risks say whom to visit first. A high risk opens a visit; a low one never takes help away, and households that are not listed may come "
    "forward. Codes of households were replaced as they were read and no household is named. Nothing here judges a person or a household, "
    "and nothing proves a cause.",
)
COMPUTED = Text("{source}；本报告计算", "{source}; computed for this report")
NAMED = {
    "income_over_line": Text("收入与线之比", "income over the line"),
    "income_level": Text("收入水平", "level of income"),
    "income_trend": Text("收入趋势", "trend of income"),
    "income_drop": Text("收入降幅", "drop of income"),
    "wage_share": Text("工资占比", "share of wages"),
    "medical_burden": Text("医疗支出负担", "burden of medical costs"),
    "education_burden": Text("教育支出负担", "burden of schooling costs"),
    "loss_burden": Text("灾害损失负担", "burden of losses"),
    "size": Text("家庭人口", "members"),
    "dependents": Text("被抚养人口占比", "share of dependents"),
    "chronic_share": Text("慢性病人口占比", "share of the chronically ill"),
    "illness_lately": Text("近期患病", "illness lately"),
    "insured": Text("参加医保", "medical insurance"),
    "student_share": Text("在校人口占比", "share at school"),
    "dropout_lately": Text("近期辍学", "dropout lately"),
    "head_schooling": Text("户主受教育程度", "schooling of the head"),
    "worker_share": Text("劳动力占比", "share of workers"),
    "job_lost_lately": Text("近期失业", "loss of work lately"),
    "unsafe_dwelling": Text("住房不安全", "unsafe dwelling"),
    "unsafe_water": Text("饮水不安全", "unsafe water"),
    "transfer_share": Text("转移性收入占比", "share of transfers"),
    "dibao_share": Text("低保金占比", "share of dibao"),
    "struck_lately": Text("近期遭灾或事故", "accident or disaster lately"),
    "poor_before": Text("此前贫困的期数占比", "share of earlier waves poor"),
    "waves_since_exit": Text("脱离贫困后的期数", "waves since leaving poverty"),
    "just_left": Text("刚脱离贫困", "just left poverty"),
    "waves_seen": Text("此前访到的期数", "earlier waves seen"),
    "registered_poor": Text("曾建档立卡", "once registered as poor"),
    "village_income": Text("村平均收入", "mean income of the village"),
    "village_poor": Text("村贫困比例", "share poor in the village"),
    "village_struck": Text("村受灾比例", "share struck in the village"),
    "county_income": Text("县平均收入", "mean income of the county"),
    "county_poor": Text("县贫困比例", "share poor in the county"),
}
KEPT = Text("保存的模型是{rung}。", "The model that is kept is: {rung}.")
CHOSEN = Text(
    "按研究文件指定保留{rung}，默认本应取{default}。",
    "The study keeps {rung} by name; the default would be {default}.",
)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RiskFindings:
    """What a risk study found; `kept` names the rung that is kept, `why` are the reasons given for accepted findings of leakage.

    `plan` draws the features, `themes` are theirs in the terms of the monitoring system, `trained` the rows that the rung learnt
    from. None where groups or periods are too small to tell.
    """

    title: Text
    subtitle: Text
    organization: Text
    date: str
    statement: Text
    source: str
    fingerprint: str
    homes: int
    keyed: bool
    names: Mapping[str, Text]
    labels: Labels
    leaks: Leaks
    why: tuple[Text, ...]
    climbed: Climbed
    kept: str
    targeted: Targeted
    scored: ScoredRisk
    importance: Importance
    fairness: Fairness | None
    drifted: Drifted | None
    card: ModelCard
    plan: FeaturePlan
    themes: Mapping[str, str]
    trained: pd.DataFrame

    @property
    def parts(self) -> tuple[tuple[Text, Answer | None], ...]:
        """Each part under its heading, in the order of the report."""
        return (
            (Text("预算之下遗漏了谁", "Whom the budget misses"), self.targeted),
            (WHO, self.labels),
            (Text("泄漏检查", "The check for leakage"), self.leaks),
            (LADDER, self.climbed),
            (Text("区分与校准", "Ranking and calibration"), self.scored),
            (Text("排序依赖什么", "What the ranking leans on"), self.importance),
            (Text("各组是否同样被看到", "Whether groups are seen alike"), self.fairness),
            (Text("漂移", "Drift"), self.drifted),
            (Text("模型说明卡", "Model card"), self.card),
        )


def compose_risk(found: RiskFindings, lang: Lang) -> Document:
    """The whole report in one language."""
    voice = Voice(lang, found.names)
    blocks: list[Block] = [Heading(voice(Text("要点", "In short"))), Bullets(tuple(_short(found, voice)))]
    for title, answer in found.parts:
        if answer is not None:
            blocks += [Heading(voice(title)), *_chapter(answer, voice)]
    blocks += [Paragraph(voice(text), role="note") for text in found.why]
    return _document(found.title, found.subtitle, blocks, voice, found)


def compose_card(card: ModelCard, lang: Lang, source: str) -> Document:
    """The card alone."""
    voice = Voice(lang, card.spec.names)
    title = Text(f"模型说明卡：{card.spec.name.zh}", f"Model card: {card.spec.name.en}")
    blocks = once(_chapter(card, voice))
    document = Document(title=voice(title), lang=lang, statement=voice(STATEMENT), workbook=False, blocks=tuple(blocks))
    return document.sourced(voice(COMPUTED, source=source))


def _chapter(answer: Answer, voice: Voice) -> list[Block]:
    """An answer as blocks, without an empty sentence."""
    return [one for one in printed(answer, voice, drawn=2) if not (isinstance(one, Paragraph) and not one.text)]


def _short(found: RiskFindings, voice: Voice) -> list[str]:
    chosen, rung = found.climbed.chosen, found.climbed.models[found.kept].rung.title
    default = found.climbed.models[chosen].rung.title
    kept = voice(KEPT, rung=rung) if chosen == found.kept else voice(CHOSEN, rung=rung, default=default)
    said = [told(one, voice) for one in (found.targeted, found.climbed, found.labels, found.leaks)]
    return [*said, kept, *([told(found.fairness, voice)] if found.fairness is not None else [])]


def _document(title: Text, subtitle: Text, blocks: list[Block], voice: Voice, found: RiskFindings) -> Document:
    source = voice(COMPUTED, source=found.source)
    codes = Text("农户编码已换为带密钥的代号", "codes of homes were replaced by keyed pseudonyms")
    numbers = Text("农户编码已换为按文件次序的编号", "codes of homes were replaced by numbers in the order of the file")
    cover = {
        Text("单位", "Organization"): voice(found.organization),
        Text("日期", "Date"): found.date,
        Text("数据", "Data"): voice(
            Text("{source}，{n} 户；{codes}", "{source}, {n} homes; {codes}"),
            source=found.source,
            n=f"{found.homes:,}",
            codes=codes if found.keyed else numbers,
        ),
    }
    return Document(
        title=voice(title),
        subtitle=voice(subtitle),
        lang=voice.lang,
        cover=tuple((voice(head), said) for head, said in cover.items() if said),
        statement=voice(found.statement if any(found.statement) else STATEMENT),
        blocks=tuple(once([_sourced(block, source) for block in blocks])),
    )


def _sourced(block: Block, source: str) -> Block:
    return replace(block, source=source) if isinstance(block, Table | Figure) and not block.source else block
