"""The chapter on households: poverty and its depth, what transfers carry, who fell and who came back, and the bottom line."""

from __future__ import annotations

from dataclasses import dataclass, replace

from evalkit.answer import Answer, Note
from evalkit.poverty.change.transfers import TransferPoverty
from evalkit.poverty.dynamics.moves import PovertyMoves
from evalkit.poverty.dynamics.persistence import Persistence
from evalkit.poverty.income.fgt import PovertyEstimates
from evalkit.poverty.multidimensional.alkire_foster import MultidimensionalPoverty
from evalkit.poverty.returns.bottom_line import ReturnVerdict
from evalkit.poverty.returns.clusters import ClustersFound
from evalkit.report.document import Block, Figure, Heading, Paragraph, Table
from evalkit.report.printed import once, printed
from evalkit.report.words import Voice
from evalkit.terms import Text

LEAD = Text(
    "本章依据住户调查（{source}，{waves} 期，末期 {n} 户）。住户编码在读入时即已替换，报告不含任何住户；估计值带有抽样误差，区间见各表。"
    "结果用于安排走访与帮扶，不作为取消帮扶的依据。",
    "This chapter rests on a survey of households ({source}, {waves} waves, {n} homes in the last). Codes of homes were replaced as they "
    "were read and no home is named; estimates carry sampling errors, shown as intervals. They are for visits and help, and no "
    "ground for withdrawing it.",
)

COMPUTED = Text("{source}；本报告计算", "{source}; computed for this report")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class HouseholdFindings:
    """What a survey of households told: `by_year` of all waves, the others of the last one where they are not of moves.

    `fingerprint` is the SHA-256 of its file, `persons` says whether persons were counted and not homes; `odd_line` is the caution
    on a line that is far from all incomes of a wave or a place, which whatever rests on it has to carry.
    None where the study did not ask, or the survey cannot tell: moves need homes seen twice, `lasting` three waves.
    """

    source: str
    fingerprint: str
    year: int
    waves: int
    homes: int
    persons: bool
    by_year: PovertyEstimates
    by_place: PovertyEstimates | None
    transfers: TransferPoverty | None
    many: MultidimensionalPoverty | None
    moves: PovertyMoves | None
    lasting: Persistence | None
    bottom: ReturnVerdict | None
    villages: ClustersFound | None
    odd_line: tuple[Note, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def parts(self) -> tuple[tuple[Text, Answer | None], ...]:
        """Each part under its heading, in the order of the chapter."""
        return (
            (Text("各期的收入贫困", "Income poverty by wave"), self.by_year),
            (Text("各地区的收入贫困", "Income poverty by place"), self.by_place),
            (Text("不计转移收入时", "Without transfers"), self.transfers),
            (Text("多维贫困", "Multidimensional poverty"), self.many),
            (Text("进入、退出与返回", "Entry, exit and return"), self.moves),
            (Text("长期与暂时贫困", "Chronic and transient poverty"), self.lasting),
            (Text("是否发生规模性返贫", "Is there a return to poverty on a large scale?"), self.bottom),
            (Text("返贫户集中的村", "Villages where returns come together"), self.villages),
        )


def households(found: HouseholdFindings | None, voice: Voice) -> list[Block]:
    """The chapter; nothing without a survey."""
    if found is None:
        return []
    lead = voice(LEAD, source=found.source, waves=found.waves, n=f"{found.homes:,}")
    blocks: list[Block] = [Heading(voice(Text("住户贫困与返贫", "Poverty of households, and return to it"))), Paragraph(lead)]
    blocks += [
        Paragraph(note.say(voice.lang), role="caution" if note.kind == "caution" else "note")
        for note in (*found.odd_line, *found.notes)
    ]
    for title, answer in found.parts:
        if answer is not None:
            blocks += [Heading(voice(title), level=2), *printed(answer, voice)]
    return once([_sourced(block, voice(COMPUTED, source=found.source)) for block in blocks])


def _sourced(block: Block, source: str) -> Block:
    return replace(block, source=source) if isinstance(block, Table | Figure) and not block.source else block
