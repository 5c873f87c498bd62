"""How indicators and dimensions moved since the reference years, in which places they got worse, and where they stand lowest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import in_period
from evalkit.indicators.index import IndexScores
from evalkit.panel.system import Direction, Indicator
from evalkit.report.document import Table
from evalkit.report.plain import MINUS, NOTHING, cell
from evalkit.report.words import Voice
from evalkit.stats.ranks import below
from evalkit.terms import Text

BARE = Text("{name}（{unit}）", "{name} ({unit})")
TARGET_NOTE = Text(
    "目标值取自政策文件，多为全国口径，不等于对每个地区的要求。",
    "Targets are those of policy documents, mostly for the whole country; they are no demand on each place.",
)


@dataclass(frozen=True, slots=True)
class Span:
    """The two years that are compared: the last of the reference years, or the first of all where that is the last; and the last."""

    base: int
    last: int

    @classmethod
    def of(cls, score: IndexScores) -> Span:
        """The years of an index."""
        years = score.frame.index.unique("period")
        last, learnt = int(years.max()), score.spec.reference[-1]
        return cls(learnt if learnt < last and learnt in years else int(years.min()), last)

    @property
    def single(self) -> bool:
        """Whether there is one year alone."""
        return self.base == self.last


def signed(value: float, decimals: int = 3) -> str:
    """A change with its sign.

    Examples
    --------
    >>> signed(0.1234), signed(-0.5, 1)
    ('+0.123', '−0.5')
    """
    return f"{value:+.{decimals}f}".replace("-", MINUS)


def called(one: Indicator, voice: Voice) -> str:
    """An indicator with its unit of measure."""
    return voice(BARE, name=one.name, unit=one.unit) if any(one.unit) else voice(one.name)


def badness(one: Indicator, values: pd.Series) -> pd.Series:
    """How far from good the values of an indicator are: the greater, the worse."""
    if one.direction is Direction.MODERATE and one.ideal is not None:
        low, high = one.ideal
        return (low - values).clip(lower=0) + (values - high).clip(lower=0)
    return values if one.direction is Direction.COST else -values


def misses(one: Indicator, values: pd.Series) -> int | None:
    """In how many places an indicator misses its target; None without one that says more or less is better."""
    if one.target is None or one.direction not in (Direction.BENEFIT, Direction.COST):
        return None
    sign = 1.0 if one.direction is Direction.BENEFIT else -1.0
    short = below(sign * values.to_numpy(dtype=float), sign * one.target)
    return int(short.sum())


def worse(one: Indicator, before: pd.Series, now: pd.Series) -> int | None:
    """In how many places an indicator is worse than before; None of a context indicator, of which none is better."""
    if not one.scored:
        return None
    return int((badness(one, now) > badness(one, before.reindex(now.index)) + 1e-9).sum())


def progress(frame: pd.DataFrame, indicators: Iterable[Indicator], span: Span, voice: Voice) -> pd.DataFrame:
    """One row an indicator: its mean then and now, in how many places it got worse, its target and who misses it, where it is worst."""
    first, now = in_period(frame, span.base), in_period(frame, span.last)
    rows = [_row(one, first, now, voice) for one in indicators]
    before, change = str(span.base), voice(Text("变化", "Change"))
    down = voice(Text("变差的地区", "Places worse off"))
    target, missed = voice(Text("目标值", "Target")), voice(Text("未达目标的地区", "Places short of it"))
    heads = [voice.term("indicator"), before, str(span.last) if not span.single else "", change, down, target, missed]
    made = pd.DataFrame(rows, columns=[*heads, voice(Text("最差的地区", "Worst place"))])
    if span.single:
        made = made.drop(columns=["", change, down])
    return made.drop(columns=[target, missed]) if made[target].isna().all() else made


def _row(one: Indicator, first: pd.DataFrame, now: pd.DataFrame, voice: Voice) -> tuple[object, ...]:
    before, values = first[one.id], now[one.id]
    counts = [pd.NA if count is None else count for count in (worse(one, before, values), misses(one, values))]
    target = np.nan if one.target is None else one.target
    mean, was = values.mean(), before.mean()
    return called(one, voice), was, mean, mean - was, counts[0], target, counts[1], _worst(one, values, voice)


def _worst(one: Indicator, values: pd.Series, voice: Voice) -> str:
    """The place where an indicator is worst with its value, or how many share that."""
    bad = badness(one, values).to_numpy(dtype=float)
    if not one.scored or np.isnan(bad).all():
        return NOTHING
    at, alike = int(np.nanargmax(bad)), int(np.isclose(bad, np.nanmax(bad), rtol=1e-9).sum())
    if alike > 1:
        return voice(Text("{n} 个地区并列", "{n} places alike"), n=alike)
    return f"{voice.name(values.index[at])} {cell(float(values.iloc[at]), decimals=2)}"


def progress_table(key: str, caption: Text, made: pd.DataFrame, voice: Voice) -> Table:
    """The table of `progress`, with the digits of its columns; targets have a note."""
    target = voice(Text("目标值", "Target"))
    numbers = [head for head in made.columns[1:-1] if made[head].dtype == float]
    decimals = dict.fromkeys(map(str, numbers), 2) | {target: 0 if _whole(made, target) else 2}
    note = voice(TARGET_NOTE) if target in made else ""
    return Table(key=key, caption=caption, frame=made, decimals=decimals, note=note)


def _whole(made: pd.DataFrame, target: str) -> bool:
    return target in made and bool((made[target].dropna() % 1 == 0).all())
