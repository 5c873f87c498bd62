"""What is to be foreseen: a versioned label of each home and origin, when it becomes known, and who could not be labeled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import one_of, positive, shown, whole
from evalkit.errors import DataError, NoAnswer, SpecError, several
from evalkit.panel.panel import Panel
from evalkit.risk.labels.followed import Followed, origins_of
from evalkit.risk.labels.outcomes import EVENTS, REASONS, Event, Outcome, Trouble, outcome_of, trouble_of, was_poor
from evalkit.risk.observed import a_name
from evalkit.stats.arrays import Array, Codes, Mask
from evalkit.stats.ranks import below
from evalkit.terms import Text, same

Lost = Literal["leave_out", "event", "no_event"]
Assistance = Literal["as_is", "leave_out"]
LOST: tuple[str, ...] = get_args(Lost)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnLabel:
    """What is to be foreseen of a home at an origin, as a question with a name and a version.

    Every event asks whether some trouble is there at the outcome that was not there at the origin:

    * "falling": not poor, then poor.
    * "returning": the same, of homes that were poor in an earlier wave (or are registered as formerly poor).
    * "losing": one of the guarantees that was held is lost.
    * "falling_without_transfers": not poor, then poor, by income less transfers at both dates.
    * "shock": struck by one of the shocks that did not strike at the origin.

    Parameters
    ----------
    id, version, line_version
        Names that travel with the answer, into lists and cards.
    event
        As above.
    horizon
        How many periods lie between origin and outcome.
    within
        Whether trouble counts in any wave up to the horizon, or (False) at the horizon alone.
    origins
        The waves that are origins (None: all).
    income, line, strict
        Income a head; the line, a number or a column; whether an income at the line is not poor (True) or poor.
    poor
        Column that says who is poor (1) or not (0), in place of income and line.
    transfers
        Column of transfers a head, in the unit of the income.
    held, lacking
        Guarantees: columns that say 1 where held, and columns that say 1 where lacking.
    shocks
        Columns that say 1 where struck.
    formerly_poor
        Column of the register; None: only earlier waves tell who was poor.
    history
        How many periods are looked back on for it (None: to the first wave).
    gaps
        How many waves that ask of a home (its history; those up to the horizon, if `within`) may lack it.
    attrition
        Homes never seen again: "leave_out", or counted as "event" or "no_event", which gives the bounds of what attrition can do.
    stay
        Column of the chance that a home is still in the survey in this wave; weights are then divided by the chance to stay.
    assisted, assistance
        Column that says who received assistance (at the outcome), and whether outcomes are taken "as_is", which makes the label
        "falls back despite assistance", or those assisted are "leave_out".
    lag, as_of
        How many periods pass until an outcome is known, and the period whose knowledge is used (None: all in the frame is known).
    weight
        Column of survey weights; None: all count alike.

    Examples
    --------
    >>> key = pd.MultiIndex.from_product([["a", "b"], [2020, 2021, 2022]], names=["unit", "period"])
    >>> homes = pd.DataFrame({"income_pc": [9.0, 5.0, 8.0, 5.0, 9.0, 5.0]}, index=key)
    >>> labels = ReturnLabel(line=6.0).on(homes)
    >>> labels.frame["label"].to_dict()
    {('a', 2020): 1, ('b', 2021): 1}
    >>> labels.report.loc[labels.report["rows"] > 0, "rows"].to_dict()
    {'event': 2, 'not_at_risk': 3, 'not_yet_known': 1}
    """

    id: str = "falling"
    version: str = "1"
    line_version: str = ""
    event: Event = "falling"
    horizon: int = 1
    within: bool = False
    origins: tuple[int, ...] | None = None
    income: str = "income_pc"
    line: float | str = "line"
    strict: bool = True
    poor: str | None = None
    transfers: str | None = None
    held: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    shocks: tuple[str, ...] = ()
    formerly_poor: str | None = None
    history: int | None = None
    gaps: int = 0
    attrition: Lost = "leave_out"
    stay: str | None = None
    assisted: str | None = None
    assistance: Assistance = "as_is"
    lag: int = 0
    as_of: int | None = None
    weight: str | None = None

    def __post_init__(self) -> None:
        for name in ("id", "version", "income"):
            a_name(getattr(self, name), who=f"ReturnLabel {name}")
        one_of(self.event, tuple(EVENTS), who="ReturnLabel event")
        one_of(self.attrition, LOST, who="ReturnLabel attrition")
        one_of(self.assistance, get_args(Assistance), who="ReturnLabel assistance")
        whole(self.horizon, who="ReturnLabel horizon")
        for name in ("gaps", "lag"):
            whole(getattr(self, name), who=f"ReturnLabel {name}", least=0)
        if self.history is not None:
            whole(self.history, who="ReturnLabel history")
        if self.as_of is not None:
            whole(self.as_of, who="ReturnLabel as_of", least=-(10**9))
        for name in ("within", "strict"):
            if not isinstance(getattr(self, name), bool):
                raise SpecError(f"ReturnLabel {name} must be True or False", found=shown(getattr(self, name)))
        if isinstance(self.line, str):
            a_name(self.line, who="ReturnLabel line")
        else:
            positive(self.line, who="ReturnLabel line")
        for name in ("poor", "transfers", "formerly_poor", "stay", "assisted", "weight"):
            if getattr(self, name) is not None:
                a_name(getattr(self, name), who=f"ReturnLabel {name}")
        _tuples(self)
        self._complete()

    @property
    def name(self) -> str:
        """Id and version, as lists and cards print them."""
        return f"{self.id}@{self.version}"

    def on(self, panel: Panel | pd.DataFrame) -> Labels:
        """The label of every home and origin of a frame keyed by (unit, period).

        Raises
        ------
        SpecError
            This is no frame.
        DataError
            It lacks a column, a column holds text or something else than 1 and 0, a key stands twice, or a line is not positive.
        NoAnswer
            No row can be labeled; the message says why.
        """
        homes = Followed.of(panel, self._needed(), who=f"ReturnLabel '{self.name}'")
        trouble = self._trouble(homes)
        outcome = outcome_of(homes, trouble, self.horizon, within=self.within)
        reason = self._reason(homes, trouble, outcome)
        filled = (reason == _code("attrition")) & (self.attrition != "leave_out")
        labeled = (reason == -1) | filled
        label = outcome.came | (filled & (self.attrition == "event"))
        report = _report(reason, labeled, label)
        if not labeled.any():
            found = several(f"{n:,} {name}" for name, n in report["rows"].items() if n)
            raise NoAnswer(f"label '{self.name}' finds no row to label", found=found, do="check line, waves and horizon")
        index = origins_of(homes.frame)
        columns = {
            "label": label.astype(np.int8),
            "outcome_period": homes.period + self.horizon,
            "known_at": homes.period + self.horizon + self.lag,
            "weight": self._weights(homes, outcome.row),
        }
        why = pd.Categorical.from_codes(reason[~labeled], pd.Index(list(REASONS)))
        return Labels(
            spec=self,
            frame=pd.DataFrame(columns, index=index)[labeled],
            unlabeled=pd.Series(why, index=index[~labeled], name="reason"),
            report=report,
            notes=self._notes(report, int(filled.sum())),
        )

    def _complete(self) -> None:
        """Refuse an event without what it needs."""
        if self.event == "losing" and not (self.held or self.lacking):
            raise SpecError("losing a guarantee needs guarantees", do='give held=("insured",) or lacking=("dropout",)')
        if self.event == "shock" and not self.shocks:
            raise SpecError("sudden shocks need columns of shocks", do='give shocks=("illness", "disaster")')
        if self.event == "falling_without_transfers" and self.transfers is None:
            raise SpecError("falling without transfers needs their column", do='give transfers="transfer_pc"')
        if self.event == "falling_without_transfers" and self.poor is not None:
            raise SpecError("falling without transfers needs incomes, not a column of who is poor", do="leave out poor")
        if self.assistance == "leave_out" and self.assisted is None:
            raise SpecError("leaving out who was assisted needs a column", do='give assisted="treated"')

    def _needed(self) -> list[str]:
        named = [self.transfers] if self.event == "falling_without_transfers" else []
        if self.event == "losing":
            named += [*self.held, *self.lacking]
        elif self.event == "shock":
            named += list(self.shocks)
        elif self.poor is not None:
            named += [self.poor]
        else:
            named += [self.income, *([self.line] if isinstance(self.line, str) else [])]
        named += [self.formerly_poor] if self.event == "returning" else []
        return [name for name in (*named, self.stay, self.assisted, self.weight) if name is not None]

    def _trouble(self, homes: Followed) -> Trouble:
        if self.event == "losing":
            return trouble_of([1 - homes.flags(x) for x in self.held] + [homes.flags(x) for x in self.lacking])
        if self.event == "shock":
            return trouble_of([homes.flags(x) for x in self.shocks])
        if self.poor is not None:
            return trouble_of([homes.flags(self.poor)])
        income = homes.figures(self.income)
        line = homes.figures(self.line) if isinstance(self.line, str) else np.full(len(homes), float(self.line))
        if (line <= 0).any():
            raise DataError(f"lines of '{self.line}' must be positive", found=f"{int((line <= 0).sum())} that are not")
        if self.event == "falling_without_transfers":
            income = income - homes.figures(str(self.transfers))
        poor = below(income, line, strict=self.strict)
        return trouble_of([np.where(np.isnan(income + line), np.nan, poor)])

    def _reason(self, homes: Followed, trouble: Trouble, outcome: Outcome) -> Codes:
        """Why each row has no label: the place of the first reason that holds in `REASONS`, or −1."""
        due, waves = homes.period + self.horizon, homes.waves
        last = np.full(int(homes.unit.max()) + 1, waves.min())
        last[homes.unit] = homes.period  # rows are sorted: the last one stays
        unseen = (outcome.row < 0) | (outcome.unseen > self.gaps)
        poor, unknown = self._before(homes, trouble)
        returning = self.event == "returning"
        holds: dict[str, Mask] = {
            "not_an_origin": ~np.isin(homes.period, waves if self.origins is None else self.origins),
            "origin_missing": ~trouble.known,
            "not_at_risk": np.asarray(trouble.there.all(axis=1)),
            "no_history": returning & ~poor & (unknown > self.gaps),
            "never_poor": returning & ~poor,
            "not_yet_known": (due > waves.max()) | (due + self.lag > (np.inf if self.as_of is None else self.as_of)),
            "no_wave": ~np.isin(due, waves),
            "attrition": unseen & (last[homes.unit] < due),
            "gap": unseen,
            "outcome_missing": ~trouble.known[outcome.row],
            "assisted": self._assisted(homes, outcome.row),
        }
        reason = np.full(len(homes), -1, dtype=np.intp)
        for name, rows in reversed(holds.items()):
            reason[rows] = _code(name)
        return reason

    def _before(self, homes: Followed, trouble: Trouble) -> tuple[Mask, Codes]:
        if self.event != "returning":
            return np.zeros(len(homes), dtype=bool), np.zeros(len(homes), dtype=np.intp)
        poor, unknown = was_poor(homes, trouble, self.history)
        if self.formerly_poor is None:
            return poor, unknown
        register = homes.flags(self.formerly_poor)
        return poor | (register == 1), np.where(np.isnan(register), unknown, 0)

    def _assisted(self, homes: Followed, row: Codes) -> Mask:
        if self.assisted is None or self.assistance == "as_is":
            return np.zeros(len(homes), dtype=bool)
        given = homes.flags(self.assisted)[row]
        return np.isnan(given) | (given == 1)

    def _weights(self, homes: Followed, row: Codes) -> Array:
        weight = np.ones(len(homes)) if self.weight is None else homes.figures(self.weight)
        if np.isnan(weight).any() or (weight < 0).any():
            raise DataError(f"weights '{self.weight}' must be 0 or more, without gaps", do="correct the column of weights")
        if self.stay is None:
            return weight
        stay = homes.figures(self.stay)
        if not ((stay > 0) & (stay <= 1)).all():
            raise DataError(f"chances to stay '{self.stay}' must lie in (0, 1]", do="mend the column")
        return weight * np.where(row >= 0, stay / stay[row], 1.0)

    def _notes(self, report: pd.DataFrame, filled: int) -> tuple[Note, ...]:
        text = Text("标签 {name}：{event}；间隔 {h} 期{within}。", "Label {name}: {event}; {h} period(s) ahead{within}.")
        ahead = Text("以内", ", at any wave until then") if self.within else Text("", "")
        notes = [
            Note("choice", text.format(name=same(self.name), event=EVENTS[self.event], h=self.horizon, within=ahead)),
            Note("choice", self._of_assistance()),
        ]
        left = report.iloc[2:]
        if left["rows"].sum():
            said = [
                (*words, n) for words, n in zip(left[["zh", "en"]].to_numpy().tolist(), left["rows"].tolist(), strict=True) if n
            ]
            why = Text("；".join(f"{zh} {n:,}" for zh, _, n in said), "; ".join(f"{en}: {n:,}" for _, en, n in said))
            whole_text = Text("{n:,} 行没有标签：{why}。", "{n:,} rows have no label: {why}.")
            notes.append(Note("left_out", whole_text.format(n=int(left["rows"].sum()), why=why)))
        if filled:
            counted = {"event": Text("发生", "events"), "no_event": Text("未发生", "no events")}[self.attrition]
            bound = Text("{n:,} 个失访户按“{as_}”计，结果是界限。", "{n:,} homes not seen again count as {as_}: this is a bound.")
            notes.append(Note("filled", bound.format(n=filled, as_=counted)))
        if self.stay is not None:
            notes.append(Note("choice", Text("权数已除以留存概率。", "Weights are divided by the chance to stay in the survey.")))
        return tuple(notes)

    def _of_assistance(self) -> Text:
        if self.assistance == "leave_out":
            return Text("获得帮扶者不计入。", "Homes that received assistance are left out.")
        return Text(
            "标签是在现有帮扶之下的结果；风险低不等于可以取消帮扶。",
            "The label is what happens despite assistance: a low risk is no reason to end it.",
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Labels(Answer):
    """Labels: `frame` is keyed by (unit, origin).

    Columns: `label` (1 the event, 0 not), `outcome_period`, `known_at` (the period from which the outcome is known; the same for
    events and others, even where an event was seen earlier) and `weight`. `unlabeled` has the reason of every other row, and
    `report` counts of all rows: `rows`, `share`, `zh`, `en`, by "event", "no_event" and the reasons; they add up to the frame.
    """

    spec: ReturnLabel
    unlabeled: pd.Series
    report: pd.DataFrame


def _code(reason: str) -> int:
    return list(REASONS).index(reason)


def _report(reason: Codes, labeled: Mask, label: Mask) -> pd.DataFrame:
    """All rows counted: those labeled by label, the others by reason."""
    held = np.bincount(reason[~labeled], minlength=len(REASONS))
    rows = [int((labeled & label).sum()), int((labeled & ~label).sum()), *held.tolist()]
    texts = [Text("发生", "the event"), Text("未发生", "not the event"), *REASONS.values()]
    index = pd.Index(["event", "no_event", *REASONS], name="reason")
    zh, en = [text.zh for text in texts], [text.en for text in texts]
    return pd.DataFrame({"rows": rows, "share": np.array(rows) / len(reason), "zh": zh, "en": en}, index=index)


def _tuples(spec: ReturnLabel) -> None:
    """Refuse lists of columns and origins that are none."""
    for name in ("held", "lacking", "shocks"):
        value = getattr(spec, name)
        if not isinstance(value, tuple) or any(not isinstance(x, str) or not x for x in value) or len(set(value)) < len(value):
            do = f'write {name}=("a", "b")'
            raise SpecError(f"ReturnLabel {name} must be a tuple of different columns", found=shown(value), do=do)
    waves = spec.origins
    if waves is not None:
        sound = isinstance(waves, tuple) and all(isinstance(x, int | np.integer) and not isinstance(x, bool) for x in waves)
        if not sound or not waves:
            raise SpecError("ReturnLabel origins must be a tuple of whole periods", found=shown(waves), do="write (2021, 2022)")
