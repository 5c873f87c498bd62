"""What must be known of a model before its list is used: purpose, data, label, errors, gaps, drift, limits, and whom to ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import many, shown, whole
from evalkit.errors import SpecError
from evalkit.risk.drift.drift import VERDICTS, Drifted
from evalkit.risk.fairness.fairness import Fairness, untold
from evalkit.risk.lists.budgets import budgets_of
from evalkit.risk.lists.targeting import Targeted
from evalkit.risk.observed import a_name, names_of
from evalkit.risk.scoring.scores import ScoredRisk
from evalkit.terms import Text, same

PURPOSE = Text(
    "提示哪些农户未来可能返贫，用于安排优先走访核实；风险高只意味着去看一看。",
    "To point to households that may return to poverty, so that they are visited first; a high risk opens a visit, no more.",
)
NEVER = Text(
    "不得据此自动认定、取消或减少任何帮扶；不在名单上的农户保留其全部帮扶，并可自行申报。",
    "Never to grant, end or cut support by itself; who is not listed keeps all support, and may come forward.",
)
DESPITE = Text(
    "标签记录的是在现有帮扶下的返贫，不是没有帮扶时的返贫；风险低可能正是因为帮扶有效。",
    "The label is a return to poverty despite the support there is, not without it; a low risk may be what support achieves.",
)
RIGHTS = Text(
    "农户有权要求说明，有权拒绝仅凭自动化方式作出的决定（《个人信息保护法》第二十四条）。",
    "Households may ask for an explanation and refuse a decision made by automated means alone (PIPL, article 24).",
)
FILL = Text("（待填写：{what}）", "(to be filled in: {what})")
CONTACT = Text("负责单位、联系人和电话", "office in charge, person and telephone")
APPEAL = Text("申诉和自行申报的渠道与时限", "how to object or come forward, and by when")
ROWS = Text("{n:,} 行", "{n:,} rows")
OF_POOR = Text(
    "{n:,} 行，其中 {m:,} 行来自起点期已贫困的农户：这些行只参与学习，不用于校准和检验，模型也不对这类农户给出风险",
    "{n:,} rows, of which {m:,} are of households poor at the origin: these teach only, they do not calibrate or test, and the "
    "model says nothing of the risk of such households",
)
FIRST = ("exclusion_error", "inclusion_error", "recall", "precision", "gap_missed")
THEN = ("auc", "average_precision", "brier_skill", "ece", "intercept", "slope")
SECTIONS = {
    "purpose": Text("用途", "Purpose"),
    "never": Text("不得用于", "Never for"),
    "data": Text("数据", "Data"),
    "trained": Text("训练时期", "Training period"),
    "taught": Text("参与学习的行数", "Rows that taught"),
    "label": Text("标签", "Label"),
    "line": Text("收入线版本", "Version of the line"),
    "despite": Text("标签的含义", "What the label means"),
    "features": Text("使用的特征", "Features used"),
    "held_aside": Text("不进入模型、只用于核查的属性", "Held aside, for audits only"),
    "drift": Text("漂移监测的结论", "Verdict on drift"),
    "limit": Text("局限", "Limit"),
    "rights": Text("农户的权利", "Rights of households"),
    "contact": Text("联系方式", "Contact"),
    "appeal": Text("申诉渠道", "How to object"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A card of a model, in both languages; what is left out stands on it as a blank to be filled in.

    Parameters
    ----------
    name
        What the model is called.
    data
        Which data, of whom, from where.
    trained
        First and last period of its training rows.
    label, label_says
        Id and version of the label, such as "falling@1", and what it says.
    line_version
        Which line it is of.
    features, held_aside
        Columns that enter the model, and those held aside for audits; none may be both.
    names
        What columns are called.
    limits
        What else must be known.
    taught
        How many rows taught the model, and how many of these are of homes poor at the origin, which teach only (None: not said).
    contact, appeal
        Whom to ask, and how a household objects or comes forward (None: a blank on the card, and said).

    Examples
    --------
    >>> card = Card(
    ...     name=Text("返贫风险", "Risk of return"),
    ...     data=Text("模拟农户", "simulated households"),
    ...     trained=(2020, 2022),
    ...     label="falling@1",
    ...     label_says=Text("次年人均收入低于监测线", "income below the line a year later"),
    ...     features=("income_pc",),
    ... )
    >>> card.write().frame.loc[0, "en"][:35]
    'To point to households that may ret'
    """

    name: Text
    data: Text
    trained: tuple[int, int]
    label: str
    label_says: Text
    features: tuple[str, ...]
    held_aside: tuple[str, ...] = ()
    line_version: str = ""
    names: Mapping[str, Text] = field(default_factory=dict)
    limits: tuple[Text, ...] = ()
    taught: tuple[int, int] | None = None
    contact: Text | None = None
    appeal: Text | None = None

    def __post_init__(self) -> None:
        for part in ("name", "data", "label_says"):
            _said(getattr(self, part), who=f"Card {part}")
        for part in ("contact", "appeal"):
            if getattr(self, part) is not None:
                _said(getattr(self, part), who=f"Card {part}")
        a_name(self.label, who="Card label")
        if not isinstance(self.line_version, str):
            raise SpecError("Card line_version must be text", found=shown(self.line_version))
        if not isinstance(self.trained, tuple) or len(self.trained) != 2:
            raise SpecError("Card trained must be the first and the last period", found=shown(self.trained))
        for period in self.trained:
            whole(period, who="a period of Card trained", least=-(10**9))
        if self.taught is not None:
            many(
                self.taught,
                who="Card taught",
                do="write (12_000, 2_000): all rows, and those of homes poor at the origin",
                count=2,
            )
            whole(self.taught[0], who="rows of Card taught")
            whole(self.taught[1], who="rows of poor homes of Card taught", least=0, most=self.taught[0])
        object.__setattr__(self, "features", names_of(self.features, who="Card features"))
        if self.held_aside != ():
            object.__setattr__(self, "held_aside", names_of(self.held_aside, who="Card held_aside"))
        both = sorted(set(self.features) & set(self.held_aside))
        if both:
            raise SpecError("Card features may not be held aside too", found=", ".join(both), do="take them out of the model")
        if not isinstance(self.limits, tuple) or not isinstance(self.names, Mapping):
            found, do = shown((self.limits, self.names)), "write limits=(Text(…),) and names={column: Text(…)}"
            raise SpecError("Card limits must be a tuple, and names a mapping", found=found, do=do)
        for limit in (*self.limits, *self.names.values()):
            _said(limit, who="a limit or name of Card")

    def write(
        self,
        *,
        targeted: Targeted | None = None,
        scored: ScoredRisk | None = None,
        fairness: Fairness | None = None,
        drifted: Drifted | None = None,
        risk: str | None = None,
    ) -> ModelCard:
        """The card with what was measured; `risk` names the risk of the model where answers hold several.

        Raises
        ------
        SpecError
            An answer is of another kind, or holds no such risk.
        """
        given = {"targeted": targeted, "scored": scored, "fairness": fairness, "drifted": drifted}
        kinds = {"targeted": Targeted, "scored": ScoredRisk, "fairness": Fairness, "drifted": Drifted}
        for part, answer in given.items():
            if answer is not None and not isinstance(answer, kinds[part]):
                found = type(answer).__name__
                raise SpecError(f"Card {part} must be {kinds[part].__name__}", found=found, do="pass what measure returns")
        tables = [_of(answer, risk, order) for answer, order in ((targeted, FIRST), (scored, THEN)) if answer is not None]
        scores = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
        rows = self._rows(drifted)
        frame = pd.DataFrame([(section, *text) for section, text in rows], columns=["section", "zh", "en"])
        return ModelCard(
            spec=self,
            frame=frame,
            scores=scores,
            reliability=pd.DataFrame() if scored is None else _risk(scored.reliability, risk),
            fairness=pd.DataFrame() if fairness is None else untold(fairness.gaps, fairness.telling),
            drift=pd.DataFrame() if drifted is None else drifted.rules,
            budgets={} if targeted is None else {b.label: b.said for b in budgets_of(targeted.spec.budgets, who="Card")},
            notes=self._notes(given),
        )

    def _rows(self, drifted: Drifted | None) -> list[tuple[str, Text]]:
        period = same(f"{self.trained[0]}–{self.trained[1]}")
        label = Text(f"{self.label}：{self.label_says.zh}", f"{self.label}: {self.label_says.en}")
        contact = self.contact or FILL.format(what=CONTACT)
        appeal = self.appeal or FILL.format(what=APPEAL)
        rows = [("purpose", PURPOSE), ("never", NEVER), ("data", self.data), ("trained", period)]
        if self.taught is not None:
            n, poor = self.taught
            rows.append(("taught", (OF_POOR if poor else ROWS).format(n=n, m=poor)))
        rows.append(("label", label))
        rows += [("line", same(self.line_version))] if self.line_version else []
        rows += [("despite", DESPITE), ("features", self._listing(self.features))]
        rows += [("held_aside", self._listing(self.held_aside))] if self.held_aside else []
        rows += [("drift", VERDICTS[drifted.verdict])] if drifted is not None else []
        rows += [("limit", limit) for limit in self.limits]
        return [*rows, ("rights", RIGHTS), ("contact", contact), ("appeal", appeal)]

    def _listing(self, columns: tuple[str, ...]) -> Text:
        named = [self.names.get(name, same(name)) for name in columns]
        return Text("、".join(one.say("zh") for one in named), ", ".join(one.say("en") for one in named))

    def _notes(self, given: Mapping[str, object]) -> tuple[Note, ...]:
        notes = []
        blanks = [what for text, what in ((self.contact, CONTACT), (self.appeal, APPEAL)) if text is None]
        for what in blanks:
            text = Text("使用前须填写：{what}。", "To be filled in before use: {what}.")
            notes.append(Note("caution", text.format(what=what)))
        lacking = {
            "targeted": Text("遗漏与误列的误差", "errors of exclusion and inclusion"),
            "scored": Text("区分与校准", "ranking and calibration"),
            "fairness": Text("分组差异核查", "the audit of groups"),
            "drifted": Text("漂移监测", "drift"),
        }
        for part, what in lacking.items():
            if given[part] is None:
                text = Text("本卡未包含{what}的结果。", "The card holds no result on {what}.")
                notes.append(Note("caution", text.format(what=what)))
        return tuple(notes)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ModelCard(Answer):
    """A card: `frame` has `section` (of `SECTIONS`) and its words, `zh` and `en`, in order.

    `scores` are measures with intervals, errors of exclusion first; `reliability`, `fairness` (gaps to the largest group) and
    `drift` (rules) are those of the answers it was written from, empty where there was none; `budgets` says what theirs are.
    """

    scores: pd.DataFrame
    reliability: pd.DataFrame
    fairness: pd.DataFrame
    drift: pd.DataFrame
    budgets: Mapping[str, Text]


def _of(answer: Targeted | ScoredRisk, risk: str | None, order: tuple[str, ...]) -> pd.DataFrame:
    """The measures of one risk in this order, then the others that belong there."""
    rows = _risk(answer.frame, risk)
    rows = rows[rows["measure"].isin(order)]
    place = rows["measure"].map({measure: at for at, measure in enumerate(order)})
    return rows.loc[place.sort_values(kind="stable").index].reset_index(drop=True)


def _risk(frame: pd.DataFrame, risk: str | None) -> pd.DataFrame:
    """The rows of one risk."""
    if "risk" not in frame:
        return frame
    found = list(frame["risk"].unique())
    if risk is None and len(found) > 1:
        raise SpecError("the answers hold several risks", found=", ".join(map(str, found)), do="name that of the model: risk=…")
    if risk is not None and risk not in found:
        raise SpecError(f"the answers hold no risk '{risk}'", found=", ".join(map(str, found)))
    return frame[frame["risk"] == (found[0] if risk is None else risk)].drop(columns="risk").reset_index(drop=True)


def _said(text: object, *, who: str) -> None:
    if not isinstance(text, Text) or not all(isinstance(part, str) and part.strip() for part in text):
        raise SpecError(f"{who} must be said in both languages", found=shown(text), do='write Text("中文", "English")')
