"""Poverty with and without transfers: who stands above the line by transfers alone is not yet consolidated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.errors import SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.poverty.columns import names_of, numbers
from evalkit.poverty.estimates import Grouped, Measured
from evalkit.poverty.income.additive import checked, counted_poor, incomes_and_lines
from evalkit.poverty.income.gaps import is_poor, poverty_gaps
from evalkit.stats.arrays import Array, Mask
from evalkit.stats.parted import Parted
from evalkit.terms import Text

SHARES = frozenset({"headcount_with", "headcount_without", "kept_above", "kept_of_not_poor", "still_poor"})


def kept_above(income: Array, transfers: Array, line: Array, *, strict: bool = True) -> Mask:
    """Who is not poor with transfers, and would be without them.

    Examples
    --------
    >>> kept_above(np.array([120.0, 120.0, 90.0]), np.array([10.0, 30.0, 30.0]), np.full(3, 100.0))
    array([False,  True, False])
    """
    return ~is_poor(income, line, strict=strict) & is_poor(income - transfers, line, strict=strict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutTransfers:
    """Poverty with transfers and without, and the households that transfers alone keep above the line.

    What is without transfers is income less them, all else alike: it is arithmetic of what is, and no forecast of what people
    would do. Being kept above the line by transfers opens a visit and is no ground to end them.

    Parameters
    ----------
    income
        The column of incomes with transfers.
    transfers
        Columns of transfers that are part of it.
    line
        A number, or the column of lines.
    design
        How the rows were drawn.
    strict
        Whether an income at the line is not poor.
    level
        Of the intervals, on the logit scale for shares.

    Examples
    --------
    >>> homes = pd.DataFrame({"income": [80.0, 120.0, 120.0, 300.0], "dibao": [30.0, 40.0, 0.0, 0.0]})
    >>> found = WithoutTransfers(income="income", transfers=("dibao",), line=100.0).measure(homes)
    >>> found.frame.set_index("measure")["estimate"].loc[["headcount_with", "headcount_without", "kept_above"]].tolist()
    [0.25, 0.5, 0.25]
    >>> found.kept.tolist()
    [False, True, False, False]
    """

    income: str
    transfers: tuple[str, ...]
    line: float | str
    design: SurveyDesign = SurveyDesign()
    strict: bool = True
    level: float = 0.95

    def __post_init__(self) -> None:
        object.__setattr__(self, "transfers", names_of(self.transfers, who="WithoutTransfers transfers"))
        checked(self, who="WithoutTransfers")
        if self.income in self.transfers:
            raise SpecError("the income with transfers cannot be a transfer itself", found=f"'{self.income}'")

    @property
    def measures(self) -> tuple[str, ...]:
        """What is asked with and without transfers."""
        return ("headcount", "gap")

    def measure(self, frame: pd.DataFrame, over: str | None = None) -> TransferPoverty:
        """Headcount and gap with and without transfers, and who is kept above; of all or of each group of `over`.

        Raises
        ------
        DataError
            A column is absent, or holds gaps or text.
        """
        more = [*self.transfers, *([] if over is None else [over])]
        income, line = incomes_and_lines(self, frame, more, who="WithoutTransfers")
        given = np.sum([numbers(frame, name, who="WithoutTransfers") for name in self.transfers], axis=0)
        grouped = Grouped.of(frame, over, self.design)
        kept = kept_above(income, given, line, strict=self.strict)
        poor, was = (is_poor(x, line, strict=self.strict) for x in (income, income - given))
        gap, without = (poverty_gaps(x, line, strict=self.strict) for x in (income, income - given))
        parted = grouped.parted
        bounded = {name for name, x in (("gap_with", income), ("gap_without", income - given)) if (x >= 0).all()}
        measured: dict[str, Measured] = {
            "headcount_with": _mean(poor, parted),
            "headcount_without": _mean(was, parted),
            "kept_above": _mean(kept, parted),
            "still_poor": _mean(poor & was, parted),
            "kept_of_not_poor": _share(kept, ~poor, parted),
            "gap_with": _mean(gap, parted),
            "gap_without": _mean(without, parted),
            "headcount_change": _mean(was.astype(float) - poor, parted),
        }
        return TransferPoverty(
            spec=self,
            frame=grouped.table(measured, SHARES | bounded, self.level),
            kept=pd.Series(kept, index=frame.index, name="kept_above"),
            notes=(*grouped.drawn.notes, *self._notes(int(kept.sum()), int((given < 0).sum()))),
        )

    def _notes(self, kept: int, negative: int) -> tuple[Note, ...]:
        poor = counted_poor(strict=self.strict)
        alone = Text(
            "{n} 行（户）仅靠转移性收入高于贫困线，尚未稳固：应入户核实，不得据此取消帮扶。",
            "{n} rows are above the line by transfers alone, not yet consolidated: visit them; it is no ground to end help.",
        )
        fixed = Text("假定其他收入不变，不是取消转移支付的预测。", "All else is taken as it is: no forecast of ending transfers.")
        notes = [Note("choice", poor), Note("caution", alone.format(n=f"{kept:,}")), Note("caution", fixed)]
        if negative:
            less = Text("{n} 行转移性收入为负。", "{n} transfers are below 0.")
            notes.append(Note("caution", less.format(n=f"{negative:,}")))
        return tuple(notes)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TransferPoverty(Answer):
    """With and without transfers: `frame` has `measure`, the group, `estimate`, `std_error`, `ci_low`, `ci_high`, `n` (rows).

    Measures: `headcount_with`, `headcount_without`, `kept_above` (not poor with transfers, poor without), `still_poor` (poor with
    and without), `kept_of_not_poor` (what part of those who are not poor is kept so), `gap_with`, `gap_without`, and
    `headcount_change`, headcount without less with. `kept` says of each row whether transfers alone keep it above the line.
    """

    spec: WithoutTransfers
    kept: pd.Series


def _mean(value: Array | Mask, parted: Parted) -> Measured:
    counted = value.astype(np.float64)
    estimate = parted.mean(counted)
    return estimate, parted.per(counted - parted.rows(estimate))


def _share(part: Mask, whole: Mask, parted: Parted) -> Measured:
    """Σ w 1(part)/Σ w 1(whole); NaN where nobody is of the whole."""
    base = parted.sum(whole.astype(float))
    ratio = np.divide(parted.sum(part.astype(float)), base, out=np.full(parted.count, np.nan), where=base > 0)
    known = np.where(base > 0, base, np.nan)
    return ratio, (part - parted.rows(ratio) * whole) / parted.rows(known)
