"""Poverty over several waves: how much of it lasts, and how much comes and goes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import instance, number
from evalkit.errors import DataError, NoAnswer, several
from evalkit.panel.design import Sampled, SurveyDesign
from evalkit.poverty.columns import has_rows, is_level, is_line, is_name, line_per_row, numbers
from evalkit.poverty.dynamics.regressors import keys_of
from evalkit.poverty.estimates import bounded_interval
from evalkit.stats.arrays import Array
from evalkit.stats.inference import plain_interval, ratio_influence
from evalkit.terms import Text

TOLERANCE = 1e-9
SHARES = ("transient_share", "chronic_headcount", "duration", "duration_adjusted")
DEPTHS = ("total", "chronic", "transient")


def chronic_and_total(ratio: Array, alpha: float) -> tuple[Array, Array]:
    """Chronic and total poverty of each home, from its incomes over the line, of shape (n, waves).

    Total is the mean over the waves of g^α with the gap g = max(0, 1 − y/z); chronic is g^α of its mean income; transient is what
    is left, positive for who is poor in some waves only and, for α > 1, for whose income varies. For α of 1 or more transient
    is never negative. Source: Jalan & Ravallion (1998), Journal of Comparative Economics 26:338–357.

    Examples
    --------
    >>> chronic_and_total(np.array([[0.5, 0.5], [0.5, 1.5]]), 1)
    (array([0.5, 0. ]), array([0.5 , 0.25]))
    """
    return _powered(ratio.mean(axis=1), alpha), _powered(ratio, alpha).mean(axis=1)


def duration_adjusted(ratio: Array, duration: float, alpha: float = 0.0) -> tuple[Array, Array]:
    """Who is chronically poor (share of waves in poverty at least `duration`), and their mean g^α over the waves, 0 of others.

    The mean of the first is the headcount of the chronically poor H, of the second, for α = 0, the duration-adjusted headcount
    K0 = H·D with D the mean share of waves they are poor. Source: Foster (2009), A Class of Chronic Poverty Measures.

    Examples
    --------
    >>> duration_adjusted(np.array([[0.5, 0.5, 2.0], [0.5, 2.0, 2.0]]), duration=0.5)
    (array([1., 0.]), array([0.66666667, 0.        ]))
    """
    chronic = ((ratio < 1).mean(axis=1) >= duration - TOLERANCE).astype(float)
    return chronic, chronic * _powered(ratio, alpha).mean(axis=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PovertyPersistence:
    """Chronic and transient poverty of homes seen in every wave.

    Parameters
    ----------
    unit, period, income
        Columns of the home, the wave and the income, in prices of one year.
    line
        The poverty line: a number, or the column that holds it; incomes are read as multiples of it.
    alpha
        Of the Foster–Greer–Thorbecke measure that is split: 1 the gap, 2 its square.
    duration
        The share of waves from which on a poor home is chronically poor.
    design
        How homes were drawn; its columns are read in their first wave.
    level
        Of the intervals; of what lies in [0, 1], as depths do without negative incomes, see `bounded_interval`.

    Examples
    --------
    >>> homes = pd.DataFrame({"home": [1, 1, 2, 2], "year": [2019, 2020] * 2, "income": [50.0, 50.0, 50.0, 150.0]})
    >>> asked = PovertyPersistence(unit="home", period="year", income="income", line=100.0, alpha=1, duration=1.0)
    >>> asked.measure(homes).frame.set_index("measure")["estimate"].round(4).to_dict()  # doctest: +NORMALIZE_WHITESPACE
    {'total': 0.375, 'chronic': 0.25, 'transient': 0.125, 'transient_share': 0.3333,
     'chronic_headcount': 0.5, 'duration': 1.0, 'duration_adjusted': 0.5}
    """

    unit: str
    period: str
    income: str
    line: float | str
    alpha: float = 2
    duration: float = 0.5
    design: SurveyDesign = SurveyDesign()
    level: float = 0.95

    def __post_init__(self) -> None:
        who = "PovertyPersistence"
        for name in (self.unit, self.period, self.income):
            is_name(name, who=who)
        is_line(self.line, who=who)
        number(self.alpha, "[1, ∞)", who=f"{who} alpha", do="use 1 or 2: below 1 transient poverty may be negative")
        number(self.duration, "(0, 1]", who=f"{who} duration", do="use 0.5 for half of the waves")
        instance(self.design, SurveyDesign, who=f"{who} design", do="give a SurveyDesign")
        is_level(self.level, who=who)

    def measure(self, frame: pd.DataFrame) -> Persistence:
        """Total poverty, its chronic and transient parts, and the duration-adjusted headcount.

        Raises
        ------
        DataError
            A column is absent or holds a gap, a line is not positive, or a home stands twice in a wave.
        NoAnswer
            No home was seen in every wave.
        """
        rows, waves, homes = self._balanced(frame)
        line = line_per_row(rows, self.line, who="PovertyPersistence")
        ratio = (numbers(rows, self.income, who="PovertyPersistence") / line).reshape(-1, waves)
        drawn = self.design.on(rows.iloc[::waves])
        chronic, total = chronic_and_total(ratio, self.alpha)
        long, lasting = duration_adjusted(ratio, self.duration)
        one = np.ones(len(total))
        ratios = {
            "total": (total, one),
            "chronic": (chronic, one),
            "transient": (total - chronic, one),
            "transient_share": (total - chronic, total),
            "chronic_headcount": (long, one),
            "duration": (lasting, long),
            "duration_adjusted": (lasting, one),
        }
        table = _estimated(ratios, drawn, self.level, bounded=bool((ratio >= 0).all()))
        notes = _notes(self, len(total), homes, waves) + drawn.notes
        return Persistence(spec=self, frame=table, waves=waves, notes=notes)

    def _balanced(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, int, int]:
        """Rows of homes seen in every wave, by home and wave; how many waves there are, and how many homes in all."""
        named = [self.unit, self.period, self.income, *([self.line] if isinstance(self.line, str) else [])]
        has_rows(frame, named, who="PovertyPersistence")
        gaps = [name for name in named if frame[name].isna().any()]
        if gaps:
            raise DataError(f"columns [{several(gaps)}] hold gaps", do="fill them, or leave the rows out, by name")
        keys_of(frame, self.unit, self.period, who="PovertyPersistence")
        waves, seen = frame[self.period].nunique(), frame.groupby(self.unit)[self.period].transform("size")
        rows = frame[seen == waves].sort_values([self.unit, self.period])
        if rows.empty:
            raise NoAnswer(f"no '{self.unit}' was seen in every wave", found=f"{waves} waves", do="choose fewer waves")
        return rows, waves, frame[self.unit].nunique()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Persistence(Answer):
    """Persistence: `frame` has columns `measure`, `estimate`, `std_error`, `ci_low`, `ci_high` and `n` (homes).

    Measures: `total`, `chronic`, `transient` (they add up) and `transient_share`; `chronic_headcount` (H), `duration` (D, the
    mean share of waves in poverty of the chronically poor) and `duration_adjusted` (H·D). `waves` is how many there are.
    """

    spec: PovertyPersistence
    waves: int


def _powered(ratio: Array, alpha: float) -> Array:
    return np.where(ratio < 1, np.maximum(1 - ratio, 0.0) ** alpha, 0.0)


def _estimated(ratios: dict[str, tuple[Array, Array]], drawn: Sampled, level: float, *, bounded: bool) -> pd.DataFrame:
    """Ratios of weighted totals with their errors; what lies in [0, 1], as depths do without negative incomes, stays there."""
    found = [ratio_influence(above, below, drawn.weights) for above, below in ratios.values()]
    estimate = np.array([ratio for ratio, _ in found])
    covariance = drawn.covariance(np.stack([np.nan_to_num(own) for _, own in found]))
    error = np.where(np.isfinite(estimate), np.sqrt(np.diag(covariance)), np.nan)
    low, high = plain_interval(estimate, error, drawn.df, level)
    share = np.isin(list(ratios), SHARES + (DEPTHS if bounded else ()))
    clusters = [np.nan if drawn.whole else drawn.clusters_with(below > 0) for _, below in ratios.values()]
    held = None if drawn.whole else np.array(clusters)[share]
    low[share], high[share] = bounded_interval(estimate[share], error[share], drawn.df, held, level)
    figures = {"estimate": estimate, "std_error": error, "ci_low": low, "ci_high": high, "n": len(drawn.weights)}
    return pd.DataFrame({"measure": list(ratios), **figures})


def _notes(spec: PovertyPersistence, kept: int, homes: int, waves: int) -> tuple[Note, ...]:
    text = Text(
        "长期与暂时贫困按 {waves} 期均被观测的 {kept} 户计算（共 {homes} 户）；"
        "贫困期数占比不低于 {share:.0%} 的户计为长期贫困户。",
        "Chronic and transient poverty of the {kept} homes (of {homes}) seen in all {waves} waves; poor in at least {share:.0%} "
        "of them counts as chronically poor.",
    )
    notes = [Note("choice", text.format(waves=waves, kept=f"{kept:,}", homes=f"{homes:,}", share=spec.duration))]
    if kept < homes:
        left = Text("{n} 户未在每期被观测，未计入。", "{n} homes were not seen in every wave and are left out.")
        notes.append(Note("left_out", left.format(n=f"{homes - kept:,}")))
    return tuple(notes)
