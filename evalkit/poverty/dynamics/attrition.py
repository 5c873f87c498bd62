"""Who was not seen again: rates of attrition, and weights that let those who stayed speak for those who left."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import instance, whole
from evalkit.errors import DataError, NoAnswer, SpecError, several
from evalkit.panel.design import SurveyDesign
from evalkit.poverty.columns import has_rows, is_free, is_level, is_name, names_of, odd, told
from evalkit.poverty.income.ratios import rates, yes_or_no
from evalkit.stats.arrays import Array, Codes, Mask
from evalkit.terms import Text


def retention_weights(seen: Mask, cell: Codes, weights: Array) -> Array:
    """Weights of those seen again times Σ w/Σ w seen of their cell, 0 of others: each cell keeps its weight.

    Unbiased where, within a cell, staying has nothing to do with what is asked. Source: Little (1986), International
    Statistical Review 54:139–157.

    Examples
    --------
    >>> retention_weights(np.array([True, False, True]), np.array([0, 0, 1]), np.ones(3))
    array([2., 0., 1.])
    """
    whole, kept = np.bincount(cell, weights=weights), np.bincount(cell, weights=weights * seen)
    factor = np.divide(whole, kept, out=np.zeros(len(whole)), where=kept > 0)
    return weights * seen * factor[cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attrition:
    """Attrition of homes between two waves, by what was known of them in the first.

    Parameters
    ----------
    seen
        Column of the first wave that says who was seen again (1) or not (0).
    by
        Columns of the first wave that make the cells, such as the state of poverty and the county; cut what is continuous.
    design
        How homes were drawn.
    smallest
        Cells with fewer homes seen again are named in a note: their weights rest on few.
    level
        Of the intervals.

    Examples
    --------
    >>> homes = pd.DataFrame({"poor": [1, 1, 1, 0, 0, 0], "seen": [1, 0, 0, 1, 1, 1]})
    >>> left = Attrition(seen="seen", by=("poor",), smallest=1).measure(homes)
    >>> left.frame.loc[left.frame["measure"] == "attrition", ["poor", "estimate", "n"]].round(3).values.tolist()
    [[0.0, 0.0, 3.0], [1.0, 0.667, 3.0]]
    >>> left.weights.tolist()
    [3.0, 0.0, 0.0, 1.0, 1.0, 1.0]
    """

    seen: str
    by: tuple[str, ...]
    design: SurveyDesign = SurveyDesign()
    smallest: int = 20
    level: float = 0.95

    def __post_init__(self) -> None:
        is_name(self.seen, who="Attrition seen")
        if isinstance(self.by, tuple | list) and not self.by:
            raise SpecError("Attrition needs at least one column that makes cells", do='give by=("poor",) or the like')
        object.__setattr__(self, "by", names_of(self.by, who="Attrition by"))
        instance(self.design, SurveyDesign, who="Attrition design", do="give a SurveyDesign")
        whole(self.smallest, who="Attrition smallest", least=0)
        is_level(self.level, who="Attrition")

    def measure(self, first: pd.DataFrame) -> AttritionTable:
        """Rates of attrition by cell, and the weights of those who stayed.

        Raises
        ------
        DataError
            A column is absent or holds a gap.
        NoAnswer
            In some cell nobody was seen again.
        """
        has_rows(first, [*self.by, self.seen], who="Attrition")
        is_free(self.by)
        gaps = [name for name in self.by if first[name].isna().any()]
        if gaps:
            raise DataError(f"columns [{several(gaps)}] hold gaps", do="give them a class of their own, such as 'not known'")
        seen, drawn = yes_or_no(first, self.seen), self.design.on(first)
        by = first.groupby(list(self.by), sort=True, observed=True)
        cell, keys = by.ngroup().to_numpy().astype(np.intp), by.size().index
        kept = np.bincount(cell, weights=drawn.weights * seen)
        if not (kept > 0).all():
            lost = [_named(key) for key in keys[kept == 0]]
            raise NoAnswer("in some cells nobody was seen again", found=odd(lost), do="join them to others")
        table, _ = rates([~seen] * len(keys), [cell == at for at in range(len(keys))], drawn, self.level)
        table = pd.concat([keys.to_frame(index=False), table], axis=1)
        table.insert(0, "measure", "attrition")
        weights = pd.Series(retention_weights(seen, cell, drawn.weights), index=first.index, name="weight")
        few = [_named(key) for key in keys[np.bincount(cell, weights=seen) < self.smallest]]
        return AttritionTable(spec=self, frame=table, weights=weights, notes=_notes(few, self.smallest) + drawn.notes)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AttritionTable(Answer):
    """Attrition: `frame` has columns `measure`, one a column of cells, `estimate`, `std_error`, `ci_low`, `ci_high`, `n`.

    `weights`, keyed as the frame that was asked, are design weights over the share that stayed in the cell; 0 of those not seen.
    """

    spec: Attrition
    weights: pd.Series


def _named(key: Hashable) -> str:
    return " × ".join(map(told, key)) if isinstance(key, tuple) else told(key)


def _notes(few: list[str], smallest: int) -> tuple[Note, ...]:
    text = Text(
        "权数按单元内的留存率调整：假定单元内是否留存与所问结果无关。",
        "Weights are raised by the share that stayed in each cell: within a cell, staying is taken to have nothing to do with "
        "the outcome.",
    )
    notes = [Note("choice", text)]
    if few:
        thin = Text("再次观测到的不足 {n} 户的单元：{cells}。", "Cells with fewer than {n} homes seen again: {cells}.")
        notes.append(Note("caution", thin.format(n=smallest, cells="; ".join(few[:5]))))
    return tuple(notes)
