"""The three kinds of monitored households, each household-year in exactly one of them or in none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import positive, shown
from evalkit.errors import DataError, SpecError
from evalkit.panel.household_kinds import KINDS, Kind, monitoring_kind
from evalkit.risk.observed import a_frame, a_name, figures, yes_or_no
from evalkit.stats.arrays import Array, Codes, Mask
from evalkit.stats.ranks import below
from evalkit.terms import Text

__all__ = ["KINDS", "HouseholdTypes", "Kind", "MonitoringTypes", "Threshold", "monitoring_kind"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A shock told by a figure: the column is at least so much, as an amount or as a share of the column `of`.

    Examples
    --------
    >>> Threshold(column="medical", least=0.4, of="income")
    Threshold(column='medical', least=0.4, of='income')
    """

    column: str
    least: float
    of: str | None = None

    def __post_init__(self) -> None:
        a_name(self.column, who="Threshold column")
        positive(self.least, who="Threshold least")
        if self.of is not None:
            a_name(self.of, who="Threshold of")

    def met(self, frame: pd.DataFrame, *, who: str) -> Mask:
        """Where it is reached; of a share, where there is nothing to divide by, whatever was spent reaches it."""
        x = figures(frame, self.column, who=who)
        if self.of is None:
            return np.asarray(x >= self.least)
        whole = np.maximum(figures(frame, self.of, who=who), 0.0)
        return (x >= self.least * whole) & (x > 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringTypes:
    """Which kind of monitored household each row is: 脱贫不稳定户, 边缘易致贫户, 突发严重困难户, or none.

    Kinds open a visit and its help; they say nothing about the people of a home.

    Parameters
    ----------
    range
        The income range of monitoring: a number, or a column; provinces set it year by year.
    income
        Column of income a head, of the same twelve months.
    strict
        Whether an income at the limit is outside of the range (True) or within it.
    formerly_poor
        Column that says who was registered as poor (1) or not (0).
    shocks
        Columns that say who was struck, or a `Threshold` of a figure: medical costs, losses, a drop of income.
    at_risk
        Column of what the visit found; None: whoever is in range or struck counts as at risk.
    version
        Of the range and the rules, which travels with the answer.

    Examples
    --------
    >>> homes = pd.DataFrame({"income_pc": [5e3, 5e3, 9e3, 9e3], "poor_then": [1, 0, 1, 0], "illness": [0, 1, 1, 0]})
    >>> spec = MonitoringTypes(range=6000.0, formerly_poor="poor_then", shocks=("illness",))
    >>> spec.measure(homes).frame["kind"].tolist()
    ['unstable', 'marginal', 'sudden', 'none']
    """

    range: float | str
    income: str = "income_pc"
    strict: bool = False
    formerly_poor: str = "formerly_poor"
    shocks: tuple[str | Threshold, ...] = ()
    at_risk: str | None = None
    version: str = "1"

    def __post_init__(self) -> None:
        if isinstance(self.range, str):
            a_name(self.range, who="MonitoringTypes range")
        else:
            positive(self.range, who="MonitoringTypes range")
        for name in ("income", "formerly_poor", "version"):
            a_name(getattr(self, name), who=f"MonitoringTypes {name}")
        if not isinstance(self.strict, bool):
            raise SpecError("MonitoringTypes strict must be True or False", found=shown(self.strict))
        if self.at_risk is not None:
            a_name(self.at_risk, who="MonitoringTypes at_risk")
        sound = isinstance(self.shocks, tuple) and all(
            isinstance(shock, Threshold) or (isinstance(shock, str) and shock) for shock in self.shocks
        )
        if not sound:
            do = 'write shocks=("illness", Threshold(column="medical", least=0.4, of="income"))'
            raise SpecError("MonitoringTypes shocks must be a tuple of columns and thresholds", found=shown(self.shocks), do=do)

    def measure(self, frame: pd.DataFrame) -> HouseholdTypes:
        """The kind of each row, and how many there are of each.

        Raises
        ------
        SpecError
            This is no frame.
        DataError
            A column is absent, holds gaps or text, says something else than 1 and 0, or a range is not positive.
        """
        who = "MonitoringTypes"
        a_frame(frame, who=who)
        income, limit = figures(frame, self.income, who=who), self._limit(frame)
        within = below(income, limit, strict=self.strict)
        poor = yes_or_no(frame, self.formerly_poor, who=who) == 1
        struck = np.zeros(len(frame), dtype=bool)
        for shock in self.shocks:
            struck |= shock.met(frame, who=who) if isinstance(shock, Threshold) else yes_or_no(frame, shock, who=who) == 1
        risk = np.ones(len(frame), dtype=bool) if self.at_risk is None else yes_or_no(frame, self.at_risk, who=who) == 1
        code = monitoring_kind(within, poor, struck, risk)
        kind = pd.Categorical.from_codes(code, pd.Index(list(KINDS)))
        table = pd.DataFrame({"kind": kind, "within": within, "formerly_poor": poor, "struck": struck}, index=frame.index)
        return HouseholdTypes(spec=self, frame=table, counts=_counts(code), notes=self._notes(code, struck & within))

    def _limit(self, frame: pd.DataFrame) -> Array:
        if not isinstance(self.range, str):
            return np.full(len(frame), float(self.range))
        limit = figures(frame, self.range, who="MonitoringTypes")
        if (limit <= 0).any():
            raise DataError(f"ranges of '{self.range}' must be positive", found=f"{int((limit <= 0).sum())} that are not")
        return limit

    def _notes(self, code: Codes, both: Mask) -> tuple[Note, ...]:
        text = Text(
            "类型规则版本 {v}：收入{side}监测范围；收入高于范围而遭遇突发困难者为突发严重困难户。",
            "Rules of version {v}: incomes {side} the range of monitoring; above it those struck are in sudden difficulty.",
        )
        side = Text("低于", "below") if self.strict else Text("不高于", "not above")
        notes = [Note("choice", text.format(v=self.version, side=side))]
        if both.any():
            said = Text(
                "{n:,} 行收入在范围内且遭遇突发困难，按收入归类。", "{n:,} rows are in range and struck: their income decides."
            )
            notes.append(Note("choice", said.format(n=int(both.sum()))))
        if not self.shocks:
            none = Text("未给出突发困难，突发严重困难户无从识别。", "No shocks were given: sudden difficulty cannot be seen.")
            notes.append(Note("caution", none))
        if self.at_risk is None:
            rule = Text(
                "未经入户核实：这是待核对象，不是认定结果。", "Not verified by visits: these are homes to look at, not decisions."
            )
            notes.append(Note("caution", rule))
        return tuple(notes)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class HouseholdTypes(Answer):
    """Kinds of households: `frame` is on the index that was asked, with `kind` and what it was found by.

    `kind` is one of `KINDS`; `within`, `formerly_poor` and `struck` say by what. `counts` has `rows`, `share`, `zh` and `en` by
    kind and adds up to the frame.
    """

    spec: MonitoringTypes
    counts: pd.DataFrame


def _counts(code: Codes) -> pd.DataFrame:
    rows = np.bincount(code, minlength=len(KINDS))
    zh, en = [text.zh for text in KINDS.values()], [text.en for text in KINDS.values()]
    return pd.DataFrame({"rows": rows, "share": rows / len(code), "zh": zh, "en": en}, index=pd.Index(list(KINDS), name="kind"))
