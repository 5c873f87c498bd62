"""Decisions put into words: a verdict on each step, on the table as a whole, and what a reader must know beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.answer import Note
from evalkit.coupling.audit.boxes import Printed
from evalkit.coupling.audit.grades import GradeFinding
from evalkit.coupling.audit.steps import Decided
from evalkit.coupling.audit.trial import STATED, Decision, Outcome, Trial
from evalkit.terms import Text

STEPS = ("Z", "W", "U", "C", "T", "D", "grade", "table")
WRONG = ("error", "nothing")
GRAVEST: tuple[Outcome, ...] = ("error", "undecided", "unchecked", "reproduced")
LISTED = 4  # rivals that are named

OUTSIDE = Text("不在 [0, 1] 内的系统指数：{n} 个", "system indices outside [0, 1]: {n}")
ROUNDED_OVER = Text(
    "略高于 1 的系统指数：{n} 个，未超过末位一个单位，系权重舍入所致。",
    "System indices above 1 by no more than a unit of their last place, as rounded weights make them: {n}.",
)
BY_PLACE = Text(
    "原始数据的系统按次序对应表中的系统：{pairs}。", "The systems of the raw data are taken in the order of the table: {pairs}."
)
UNCHECKED = Text("无原始数据，未检查", "not checked: there are no raw data")
ABSENT = Text("表中没有", "not printed")
NO_ROWS = Text("没有可检查的行", "no row can be checked")
NOTHING = Text("所试算法都不能再现", "nothing that was tried reproduces it")
TOO_FEW = Text("格数太少，无法判断", "too few cells to tell")
ALIKE = Text("几种算法同样符合：{names}", "several fit alike: {names}")
BY_CHANCE = Text(
    "符合，但格数太少或取值过于集中，可能出于偶然：{names}",
    "fits, but of so few or so similar cells chance may be the reason: {names}",
)
HOW = Text(
    "每个印出的数值代表一个区间（末位的半个单位；亦容许截尾）。若某些印法相同的输入给出印法相同的结果，则该格可再现；"
    "某一算法须再现至少 {share:.0%} 的格，且比其他算法多出一格以上。",
    "Each printed figure stands for an interval (half a unit of its last place; cutting is allowed too). A cell is reproduced if "
    "some inputs that print alike give a value that prints alike; a hypothesis must reproduce at least {share:.0%} of the cells, "
    "and be ahead of every other by more than one cell.",
)
CUT = Text("{steps} 中有数值是截尾而非四舍五入。", "Some figures of {steps} were cut, not rounded.")
SMALL = Text(
    "各系统最大值之和为 {sum:.3f}，不超过 1：各系统的权重可能在全部系统上归一，需以原始数据核实。",
    "The maxima of the systems sum to {sum:.3f}, no more than 1: their weights may sum to one over all systems together; raw "
    "data would tell.",
)
BEFORE_U = Text(
    "标准化、权重（含熵权是否误与 e 成正比）等先于 U 的步骤，只有原始数据才能检查。",
    "What comes before U, such as normalization and weights (also weights proportional to e by mistake), shows only in raw data.",
)
SCALE = Text(
    "两个系统的两两连乘耦合度随 U 的尺度而变，上限为 0.707，不宜套用以 1 为上限的等级。",
    "Of two systems the coupling degree by pairs depends on their scale and ends at 0.707: grades made for a C that reaches 1 do "
    "not fit it.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is said of one step: the fields are the columns of `CouplingAudit.verdicts`."""

    outcome: Outcome
    hypothesis: str = ""
    rivals: str = ""
    cells: int = 0
    reproduced: int = 0
    told_apart: int = 0
    rounding: str = ""
    message_zh: str
    message_en: str

    @property
    def message(self) -> Text:
        """The verdict in words."""
        return Text(self.message_zh, self.message_en)


def said(outcome: Outcome, message: Text, hypothesis: str = "", cells: int = 0) -> Verdict:
    """A verdict without a trial behind it."""
    return Verdict(outcome=outcome, hypothesis=hypothesis, cells=cells, message_zh=message.zh, message_en=message.en)


def on_step(one: Decided) -> Verdict:
    """The verdict on a step that was tried."""
    decision, best = one.decision, one.decision.best
    if best is None:
        return said(decision.outcome, NOTHING if decision.outcome == "nothing" else TOO_FEW, cells=int(one.rows.sum()))
    message = _named(best, _as_good(decision))
    if decision.rivals or decision.outcome == "undecided":
        names = [_named(trial) for trial in (best, *decision.rivals[: LISTED - 1])]
        more = len(decision.rivals) + 1 - len(names)
        names += [Text("其他 {n} 种", "{n} others").format(n=more)] if more else []
        listed = Text("；或 ".join(n.zh for n in names), "; or ".join(n.en for n in names))
        message = (ALIKE if decision.rivals else BY_CHANCE).format(names=listed)
    return Verdict(
        outcome=decision.outcome,
        hypothesis=best.hypothesis.key,
        rivals=" / ".join(trial.hypothesis.key for trial in decision.rivals),
        cells=len(best.hits),
        reproduced=int(best.hits.sum()),
        told_apart=decision.told_apart,
        rounding=best.rounding if one.systems == "rounded" else "cut",
        message_zh=message.zh,
        message_en=message.en,
    )


def _named(trial: Trial, as_good: Trial | None = None) -> Text:
    """A hypothesis with the parameters solved for it, or with the range of parameters that would do as well."""
    one = trial.hypothesis
    if as_good is not None:
        return NAMED.format(name=one.name, found=AS_WELL.format(found=as_good.hypothesis.found))
    return NAMED.format(name=one.name, found=one.found) if any(one.found) else one.name


def _as_good(decision: Decision) -> Trial | None:
    """The trial with solved parameters of which the best one is a special case."""
    best = decision.best
    if best is None:
        return None
    wide = (trial for trial in decision.tried if trial.hypothesis.key in best.hypothesis.wider and any(trial.hypothesis.found))
    return next((trial for trial in wide if trial.missed <= best.missed), None)


CONFIRMED = Text("{name}；格数虽少，后续各步与之相符", "{name}; of few cells, but what follows from it is reproduced")
NAMED = Text("{name}（{found}）", "{name} ({found})")
AS_WELL = Text("由表反解 {found}", "solved from the table: {found}")


def confirmed(verdicts: Mapping[str, Verdict]) -> bool:
    """Whether systems of which too few are printed are confirmed by what follows: every cell fits, and so do C and D."""
    u = verdicts["U"]
    later = {verdicts[step].outcome for step in ("C", "D") if step in verdicts}
    return u.outcome == "undecided" and not u.rivals and u.reproduced == u.cells and later == {"reproduced"}


def on_grades(grades: Sequence[GradeFinding]) -> Verdict:
    """The verdict on the printed grades."""
    worst = next(outcome for outcome in GRAVEST if any(one.outcome == outcome for one in grades))
    shown = [one for one in grades if one.outcome == worst]
    text = Text("；".join(one.text.zh for one in shown), "; ".join(one.text.en for one in shown))
    return said(worst, text, hypothesis=shown[0].key)


def on_table(verdicts: Mapping[str, Verdict]) -> tuple[Verdict, str]:
    """The verdict on the table, and its step: the first that went wrong, else the first that is undecided, else none."""
    order = [step for step in STEPS if step in verdicts]
    for outcomes in (WRONG, ("undecided",)):
        at = next((step for step in order if verdicts[step].outcome in outcomes), "")
        if at:
            one = verdicts[at]
            return said(one.outcome, AT[one.outcome].format(at=at, here=one.message), one.hypothesis), at
    if any(one.outcome == "reproduced" for one in verdicts.values()):
        return said("reproduced", Text("可以再现", "reproduced")), ""
    return said("undecided", NO_ROWS), order[0]


AT: dict[str, Text] = {
    "error": Text("{at} 一步出错：{here}", "an error at step {at}: {here}"),
    "nothing": Text("{at} 一步无法再现：{here}", "step {at} cannot be reproduced: {here}"),
    "undecided": Text("{at} 一步无法判定：{here}", "step {at} is undecided: {here}"),
}


def notes(verdicts: Mapping[str, Verdict], systems: Iterable[Printed]) -> Iterator[Note]:
    """What must be known beside the verdicts."""
    printed = tuple(systems)
    yield Note("choice", HOW.format(share=STATED))
    over = sum(int((one.known & (one.values > 1) & (one.values <= 1 + 1.001 * one.unit)).sum()) for one in printed)
    if over:
        yield Note("choice", ROUNDED_OVER.format(n=over))
    cut = [step for step, one in verdicts.items() if one.rounding in ("cut", "either")]
    if cut:
        yield Note("caution", CUT.format(steps=Text("、".join(cut), ", ".join(cut))))
    if any("pairs" in one.hypothesis and one.outcome == "reproduced" for one in verdicts.values()) and len(printed) == 2:
        yield Note("caution", SCALE)
    maxima = sum(float(np.nanmax(one.values)) for one in printed if one.known.any())
    if maxima <= 1.0 and "both_systems" not in {one.hypothesis for one in verdicts.values()}:
        yield Note("caution", SMALL.format(sum=maxima))
    if verdicts["U"].outcome == "unchecked":
        yield Note("caution", BEFORE_U)
