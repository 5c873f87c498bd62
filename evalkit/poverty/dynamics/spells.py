"""Spells of poverty: how long they last, how soon those who left come back, and what is known only in part."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import instance, whole
from evalkit.errors import NoAnswer
from evalkit.panel.design import Sampled, SurveyDesign
from evalkit.poverty.columns import has_rows, is_level, is_name
from evalkit.poverty.dynamics.regressors import keys_of
from evalkit.poverty.income.ratios import rates, yes_or_no
from evalkit.stats.arrays import Array, Codes, Mask
from evalkit.terms import Text


class Runs(NamedTuple):
    """Runs of one state in waves that follow each other: of each row, in the order of unit and period."""

    spell: Codes  # number of the run
    duration: Codes  # waves since it began, 1 in its first
    began: Mask  # whether its beginning was seen
    followed: Mask  # whether the wave right after this row was seen
    ends: Mask  # whether the state has changed in it


def runs(unit: Codes, period: Codes, state: Mask, step: int = 1) -> Runs:
    """Runs of rows sorted by unit and period; over a gap of waves nothing is joined.

    A run began where the wave right before it was seen, in the other state; otherwise it is known from the middle only.

    Examples
    --------
    >>> found = runs(np.array([0, 0, 0, 0]), np.array([1, 2, 3, 4]), np.array([True, False, False, True]))
    >>> found.duration.tolist(), found.began.tolist(), found.ends.tolist()
    ([1, 1, 2, 1], [False, True, True, True], [True, False, True, False])
    """
    joined = (unit[1:] == unit[:-1]) & (period[1:] == period[:-1] + step)
    changed = state[1:] != state[:-1]
    starts = np.concatenate([[True], ~joined | changed])
    spell = np.cumsum(starts) - 1
    first = np.flatnonzero(starts)
    began = np.concatenate([[False], joined & changed])[first]
    followed = np.concatenate([joined, [False]])
    ends = np.concatenate([joined & changed, [False]])
    return Runs(spell, np.arange(len(state)) - first[spell] + 1, began[spell], followed, ends)


def survival(hazard: Array) -> Array:
    """Share still in the state after each duration, Π (1 − h): Kaplan and Meier's estimate in whole waves.

    Source: Kaplan & Meier (1958), Journal of the American Statistical Association 53:457–481.

    Examples
    --------
    >>> survival(np.array([0.5, 0.2])).tolist()
    [0.5, 0.4]
    """
    return np.asarray(np.cumprod(1.0 - hazard), dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class PovertySpells:
    """Hazards of leaving poverty and of returning to it, by how long a spell has lasted, from homes seen in several waves.

    The hazard h(d) is the share of spells that have lasted d waves, and were seen in the next, that end in it. Only spells whose
    beginning was seen have a known duration and count; those still going on when last seen count as long as they were seen.

    Parameters
    ----------
    unit, period
        Columns of the home and of the wave, a whole number.
    state
        Column that says who is poor (1) or not (0).
    step
        Between waves that follow each other.
    design
        How homes were drawn; without clusters each home is one, since its waves are not drawn apart.
    level
        Of the intervals, see `bounded_interval`.

    Examples
    --------
    >>> poor = [1, 0, 1, 1, 0, 0, 1, 0, 0]
    >>> homes = pd.DataFrame({"home": [1] * 3 + [2] * 3 + [3] * 3, "year": [2019, 2020, 2021] * 3, "poor": poor})
    >>> PovertySpells(unit="home", period="year", state="poor").measure(homes).frame[["measure", "duration", "estimate", "n"]]
      measure  duration  estimate  n
    0  return         1  0.333333  3
    """

    unit: str
    period: str
    state: str
    step: int = 1
    design: SurveyDesign = SurveyDesign()
    level: float = 0.95

    def __post_init__(self) -> None:
        for name in (self.unit, self.period, self.state):
            is_name(name, who="PovertySpells")
        whole(self.step, who="PovertySpells step")
        instance(self.design, SurveyDesign, who="PovertySpells design", do="give a SurveyDesign")
        is_level(self.level, who="PovertySpells")

    def measure(self, frame: pd.DataFrame) -> Spells:
        """Hazards and survival by duration, and the spells themselves.

        Raises
        ------
        DataError
            A column is absent or holds a gap, waves are no whole numbers, or a home stands twice in one.
        NoAnswer
            No beginning of a spell was seen in a wave that another followed.
        """
        has_rows(frame, [self.unit, self.period, self.state], who="PovertySpells")
        keys_of(frame, self.unit, self.period, who="PovertySpells")
        rows = frame.sort_values([self.unit, self.period]).reset_index(drop=True)
        poor = yes_or_no(rows, self.state)
        unit, period = keys_of(rows, self.unit, self.period, who="PovertySpells")
        found = runs(unit, period, poor, self.step)
        drawn = replace(self.design, clusters=self.design.clusters or self.unit).on(rows)
        table = self._hazards(drawn, poor, found)
        spells = _spells(rows[self.unit].to_numpy(), period, poor, found)
        return Spells(spec=self, frame=table, spells=spells, notes=_notes(spells) + drawn.notes)

    def _hazards(self, drawn: Sampled, poor: Mask, found: Runs) -> pd.DataFrame:
        known = found.began & found.followed
        if not known.any():
            raise NoAnswer("no spell was seen to begin and was followed by a wave", do="give at least three waves of some homes")
        parts = []
        for measure, side in (("exit", poor), ("return", ~poor)):
            durations = np.unique(found.duration[known & side])
            if not len(durations):
                continue
            risk = [known & side & (found.duration == d) for d in durations]
            table, _ = rates([found.ends] * len(risk), risk, drawn, self.level)
            events = [int((found.ends & one).sum()) for one in risk]
            table = table.assign(events=events, survival=survival(table["estimate"].to_numpy()))
            table.insert(0, "measure", measure)
            table.insert(1, "duration", durations)
            parts.append(table)
        return pd.concat(parts, ignore_index=True)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Spells(Answer):
    """Hazards: `frame` has columns `measure`, `duration`, `estimate`, `std_error`, `ci_low`, `ci_high`, `n`, `events`,
    `survival`.

    `exit` is the hazard of leaving poverty after `duration` waves in it, `return` that of coming back after so many waves out;
    `n` spells are at risk, `events` of them end (unweighted), `survival` is the share still in the state. `spells` has one row a
    spell: `unit`, `start`, `end`, `poor`, `waves`, `began` (its beginning was seen) and `ended` (its end was).
    """

    spec: PovertySpells
    spells: pd.DataFrame


def _spells(unit: Array, period: Codes, poor: Mask, found: Runs) -> pd.DataFrame:
    first = np.flatnonzero(found.duration == 1)
    last = np.append(first[1:] - 1, len(unit) - 1)
    columns = {"unit": unit[first], "start": period[first], "end": period[last], "poor": poor[first]}
    return pd.DataFrame({**columns, "waves": found.duration[last], "began": found.began[first], "ended": found.ends[last]})


def _notes(spells: pd.DataFrame) -> tuple[Note, ...]:
    text = Text(
        "共 {n} 段，其中 {left} 段的开始未被观测，不计入按持续期的风险率；{right} 段在最后一次观测时尚未结束，计至当时。",
        "{n} spells: of {left} the beginning was not seen, so they are left out of hazards by duration; {right} had not ended "
        "when last seen and count until then.",
    )
    left, right = int((~spells["began"]).sum()), int((~spells["ended"]).sum())
    mixed = Text(
        "风险率随持续期下降，可能只因易脱贫者先行离开，不必是贫困自身的作用。",
        "Hazards that fall with duration may only show that those who leave easily leave first, not what poverty itself does.",
    )
    return Note("left_out", text.format(n=len(spells), left=left, right=right)), Note("caution", mixed)
