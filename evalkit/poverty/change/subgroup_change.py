"""What changes within groups and shifts of people between them did to poverty between two waves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import Answer
from evalkit.check import one_of
from evalkit.panel.design import SurveyDesign
from evalkit.poverty.columns import is_name
from evalkit.poverty.dynamics.waves import BASES, Base, base_notes, waves_of
from evalkit.poverty.income.additive import ADDITIVE, checked
from evalkit.stats.arrays import Array

PARTS = ("within", "shift", "interaction")


def group_changes(share: Array, poverty: Array, base: Base = "average") -> Array:
    """Change within, shift and interaction, of shape (3, groups), from population shares and poverty of groups, each (2, groups).

    Σ_g over all three is the change of P = Σ s_g P_g: s_g ΔP_g within a group, Δs_g P_g as people shift to it, and Δs_g ΔP_g; by
    the base of the first or the last wave, or the average of both, which has no interaction. A group that is in one wave only
    has no change within.

    Source: Ravallion & Huppi (1991), World Bank Economic Review 5:57–82.

    Examples
    --------
    >>> group_changes(np.array([[0.8, 0.2], [0.6, 0.4]]), np.array([[0.5, 0.1], [0.4, 0.1]]), "first").round(3)
    array([[-0.08,  0.  ],
           [-0.1 ,  0.02],
           [ 0.02,  0.  ]])
    """
    known = np.where(share > 0, poverty, poverty[::-1])
    apart, moved = known[1] - known[0], share[1] - share[0]
    if base == "average":
        return np.stack([share.mean(axis=0) * apart, moved * known.mean(axis=0), np.zeros(share.shape[1])])
    at = BASES.index(base)
    return np.stack([share[at] * apart, moved * known[at], moved * apart * (1 - 2 * at)])


@dataclass(frozen=True, slots=True, kw_only=True)
class SubgroupChange:
    """The change of poverty between two waves as changes within groups and shifts of people between them.

    Parameters
    ----------
    income, line, measures, base, design, strict
        As of `GrowthRedistribution`; "average" leaves no interaction.
    over
        The column of groups; those in one wave only count as a shift.

    Examples
    --------
    >>> before = pd.DataFrame({"y": [50.0, 90, 160, 170], "where": ["village", "village", "village", "town"]})
    >>> after = pd.DataFrame({"y": [60.0, 120, 160, 170], "where": ["village", "village", "town", "town"]})
    >>> change = SubgroupChange(income="y", line=100.0, over="where", measures=("headcount",)).measure(before, after)
    >>> change.frame[["where", "within", "shift"]].round(3).values.tolist()
    [['town', 0.0, 0.0], ['village', -0.104, -0.146]]
    """

    income: str
    line: float | str
    over: str
    measures: tuple[str, ...] = ADDITIVE[:3]
    base: Base = "average"
    design: SurveyDesign = SurveyDesign()
    strict: bool = True

    def __post_init__(self) -> None:
        checked(self, who="SubgroupChange")
        is_name(self.over, who="SubgroupChange over")
        one_of(str(self.base), BASES, who="SubgroupChange base")

    def measure(self, before: pd.DataFrame, after: pd.DataFrame) -> SubgroupChanges:
        """What each group did to the change; the sum over groups and parts is the change of all.

        Raises
        ------
        DataError
            A column is absent or holds gaps.
        """
        waves = waves_of(self, (before, after), self.over, who="SubgroupChange")
        labels = pd.Index(waves[0].labels).union(pd.Index(waves[1].labels))
        at = [labels.get_indexer(pd.Index(wave.labels)) for wave in waves]
        share, poverty = np.zeros((2, len(labels))), np.full((2, len(labels)), np.nan)
        for t, wave in enumerate(waves):
            share[t, at[t]] = wave.parted.total / wave.parted.total.sum()
        tables = []
        for name in self.measures:
            for t, wave in enumerate(waves):
                poverty[t, at[t]] = wave.parted.mean(wave.values(name, np.ones(len(wave.labels))))
            parts = dict(zip(PARTS, group_changes(share, poverty, self.base), strict=True))
            held = np.where(share > 0, share * np.nan_to_num(poverty), 0.0)
            head = {"measure": [name] * len(labels), self.over: list(labels), "first": held[0], "last": held[1]}
            tables.append(pd.DataFrame({**head, "change": held[1] - held[0], **parts}))
        notes = (*waves[0].drawn.notes, *base_notes(self.base, strict=self.strict))
        return SubgroupChanges(spec=self, frame=pd.concat(tables, ignore_index=True), notes=notes)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SubgroupChanges(Answer):
    """Changes by group: `frame` has one row a measure and group.

    Columns: `measure`, the group, `first` and `last` (what the group adds to poverty: its share of the population times its own),
    `change`, and its parts `within`, `shift` and `interaction`, which sum to it.
    """

    spec: SubgroupChange
