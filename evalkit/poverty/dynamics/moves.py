"""Poverty from one wave to the next: who falls in, who gets out, who comes back; and how mobile states are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import instance, neither, whole
from evalkit.errors import DataError, NoAnswer, SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.poverty.columns import has_rows, is_level, is_name
from evalkit.poverty.dynamics.regressors import keys_of
from evalkit.poverty.income.ratios import rates, yes_or_no
from evalkit.poverty.words import measure_names
from evalkit.stats.arrays import Array, Codes, all_native
from evalkit.stats.transitions import lagged
from evalkit.terms import Text


def transition_matrix(before: Codes, after: Codes, weights: Array, states: int) -> Array:
    """Shares p_ab = Σ w 1(s_t = a, s_t+1 = b)/Σ w 1(s_t = a) of those in state a (row) who are in b (column) later.

    Each row sums to 1; NaN where nobody began. States are numbered from 0.

    Examples
    --------
    >>> transition_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), np.array([3.0, 1.0, 1.0]), 2)
    array([[0.75, 0.25],
           [0.  , 1.  ]])
    """
    moved = np.bincount(before * states + after, weights=weights, minlength=states * states).reshape(states, states)
    began = moved.sum(axis=1, keepdims=True)
    return np.divide(moved, began, out=np.full(moved.shape, np.nan), where=began > 0)


def shorrocks_mobility(p: Array) -> float:
    """Mobility (K − tr P)/(K − 1) of a matrix of transition shares, in [0, K/(K − 1)].

    0: nobody moves; 1: the state before says nothing of the state after; more: states are exchanged.
    Source: Shorrocks (1978), Econometrica 46:1013–1024.

    Examples
    --------
    >>> shorrocks_mobility(np.array([[0.75, 0.25], [0.5, 0.5]]))
    0.75
    """
    return float((len(p) - np.trace(p)) / (len(p) - 1))


def paired(frame: pd.DataFrame, *, unit: str, period: str, state: str, lag: int = 1) -> pd.DataFrame:
    """Rows of homes and waves as pairs of waves exactly `lag` apart, one row a pair, with columns `before`, `after`, `earlier`.

    All columns are those of the wave before; `earlier` is the state `lag` before that, missing where it was not observed.

    Examples
    --------
    >>> waves = pd.DataFrame({"home": [1, 1, 1, 2, 2], "year": [2019, 2020, 2021, 2019, 2021], "poor": [1, 0, 1, 0, 0]})
    >>> paired(waves, unit="home", period="year", state="poor")[["home", "year", "earlier", "before", "after"]].values.tolist()
    [[1.0, 2019.0, nan, 1.0, 0.0], [1.0, 2020.0, 1.0, 0.0, 1.0]]
    """
    who = "pairs of waves"
    whole(lag, who=f"the lag of {who}")
    has_rows(frame, [unit, period, state], who=who)
    taken = {unit, period} & {"before", "after", "earlier"}
    if taken:
        raise SpecError(f"{who} have columns of their own that are called so", found=str(min(taken)), do="rename the column")
    if not pd.api.types.is_numeric_dtype(frame[state]) or pd.api.types.is_complex_dtype(frame[state]):
        raise DataError(
            f"{who} need states as numbers in '{state}'", found=str(frame[state].dtype), do="give 1 where poor, else 0"
        )
    before, after = lagged(*keys_of(frame, unit, period, who=who), lag)
    if not len(before):
        raise NoAnswer(f"no '{unit}' was seen in waves exactly {lag} apart", do="choose another lag")
    states = frame[state].to_numpy(dtype=float, na_value=np.nan) if frame[state].hasnans else frame[state].to_numpy()
    earlier = np.full(len(frame), np.nan)
    earlier[after] = states[before]
    pairs = all_native(frame).iloc[before].reset_index(drop=True)
    return pairs.assign(before=states[before], after=states[after], earlier=earlier[before])


@dataclass(frozen=True, slots=True, kw_only=True)
class PovertyTransitions:
    """Falling into poverty and leaving it, between a wave and a later one, with the errors of the sample design.

    Parameters
    ----------
    before, after
        Columns that say who is poor now and later (1 poor, 0 not); see `paired` to make them.
    earlier
        Column that says who was poor before now, with gaps where that was not seen; None: returns are not told apart.
    design
        How pairs were drawn: a home seen in several pairs makes a cluster of them, or is part of one.
    level
        Of the intervals, see `bounded_interval`.

    Examples
    --------
    >>> pairs = pd.DataFrame({"before": [0, 0, 0, 1, 1], "after": [0, 0, 1, 1, 0], "earlier": [0, 0, 1, 1, 1]})
    >>> moved = PovertyTransitions(earlier="earlier").measure(pairs)
    >>> moved.frame.set_index("measure")["estimate"].round(3).to_dict()
    {'entry': 0.333, 'stay': 0.5, 'exit': 0.5, 'return': 1.0, 'first_entry': 0.0}
    """

    before: str = "before"
    after: str = "after"
    earlier: str | None = None
    design: SurveyDesign = SurveyDesign()
    level: float = 0.95

    def __post_init__(self) -> None:
        for name in (self.before, self.after, *(() if self.earlier is None else (self.earlier,))):
            is_name(name, who="PovertyTransitions")
        instance(self.design, SurveyDesign, who="PovertyTransitions design", do="give a SurveyDesign")
        is_level(self.level, who="PovertyTransitions")

    def measure(self, pairs: pd.DataFrame) -> PovertyMoves:
        """Rates of entry, staying, exit and return, and the matrix they are of.

        Raises
        ------
        DataError
            A column is absent, `before` or `after` holds a gap, or one of the three something else than 0 and 1.
        NoAnswer
            Nobody is poor before, or everybody is.
        """
        has_rows(pairs, [name for name in (self.before, self.after, self.earlier) if name is not None], who="PovertyTransitions")
        now, later = yes_or_no(pairs, self.before), yes_or_no(pairs, self.after)
        drawn = self.design.on(pairs)
        if now.all() or not now.any():
            raise NoAnswer("transitions need some who are poor before and some who are not", found="only one of the two")
        events = {"entry": (later, ~now), "stay": (later, now), "exit": (~later, now)}
        if self.earlier is not None:
            was = _earlier(pairs[self.earlier])
            events |= {"return": (later, ~now & (was == 1)), "first_entry": (later, ~now & (was == 0))}
        table, covariance = rates([e for e, _ in events.values()], [r for _, r in events.values()], drawn, self.level)
        table.insert(0, "measure", list(events))
        names = pd.Index(["not_poor", "poor"])
        p = transition_matrix(now.astype(np.intp), later.astype(np.intp), drawn.weights, 2)
        return PovertyMoves(
            spec=self,
            frame=table,
            matrix=pd.DataFrame(p, index=names.rename("before"), columns=names.rename("after")),
            covariance=pd.DataFrame(covariance, index=list(events), columns=list(events)),
            mobility=shorrocks_mobility(p),
            notes=_notes(len(pairs), table) + drawn.notes,
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PovertyMoves(Answer):
    """Moves: `frame` has columns `measure`, `estimate`, `std_error`, `ci_low`, `ci_high` and `n`, the rows at risk.

    Measures: `entry` (poor later, of those not poor), `stay` and `exit` (poor or not later, of the poor); with an earlier state
    `return` (poor later, of those who were poor and are not) and `first_entry` (of those not poor then and now). `matrix` holds
    shares of moves, `covariance` that of the rates, `mobility` is Shorrocks' index.
    """

    spec: PovertyTransitions
    matrix: pd.DataFrame
    covariance: pd.DataFrame
    mobility: float


def _earlier(column: pd.Series) -> Array:
    """An earlier state, 1 or 0, or NaN where it was not seen."""
    seen = column.dropna()
    real = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_complex_dtype(column)
    if not (real or column.isna().all() or seen.map(lambda x: isinstance(x, bool)).all()) or not seen.isin([0, 1]).all():
        what, do = f"column '{column.name}' must say yes (1), no (0) or nothing", "give 1 where poor, 0 where not, else a gap"
        raise DataError(what, found=neither(seen[~seen.isin([0, 1])].unique()) if real else str(column.dtype), do=do)
    return np.asarray(column.astype(float).to_numpy(dtype=float, na_value=np.nan), dtype=np.float64)


def _notes(pairs: int, table: pd.DataFrame) -> tuple[Note, ...]:
    text = Text(
        "共 {n} 对观测。收入测量误差会把未变动者计为进出贫困，使进入率与退出率偏高。",
        "{n} pairs of waves. Errors in measured income count some who did not move as entering or leaving: both rates come out "
        "high.",
    )
    notes = [Note("caution", text.format(n=f"{pairs:,}"))]
    small, none = table.loc[table["n"].between(1, 29), "measure"], table.loc[table["n"] == 0, "measure"]
    if len(small):
        few = Text("可能发生变动的不足 30 行：{which}。", "Fewer than 30 rows are at risk of: {which}.")
        notes.append(Note("caution", few.format(which=measure_names(small))))
    if len(none):
        nobody = Text("没有可能发生变动的行，比率无从计算：{which}。", "Nobody is at risk, and there is no rate, of: {which}.")
        notes.append(Note("caution", nobody.format(which=measure_names(none))))
    return tuple(notes)
