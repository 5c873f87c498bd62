"""What every answer is: the spec that asked, a tidy frame, and the notes a reader must know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.terms import Lang, Text

NoteKind = Literal["choice", "caution", "filled", "left_out"]


@dataclass(frozen=True, slots=True)
class Note:
    """What must be known beside a number, in both languages.

    `kind` is "choice" (a decision that was made), "caution" (a limit or a warning), "filled" (values that were not
    observed) or "left_out" (rows that are not in the answer).
    """

    kind: NoteKind
    text: Text

    def say(self, lang: Lang) -> str:
        """The note in one language."""
        return self.text.say(lang)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Answer:
    """A frozen answer: `spec` asked, `frame` holds the figures, `notes` what must be known beside them."""

    spec: Any
    frame: pd.DataFrame
    notes: tuple[Note, ...] = ()

    def _repr_html_(self) -> str:
        head = f"<b>{type(self).__name__}</b> · {len(self.frame):,} × {self.frame.shape[1]}"
        notes = "".join(f"<li>{note.kind}: {note.text.en}</li>" for note in self.notes)
        return f"{head}{self.frame.head(10).to_html()}<ul>{notes}</ul>"


def by_period(index: pd.Index) -> tuple[NDArray[np.signedinteger], tuple[int, ...]]:
    """The periods of an index keyed by (unit, period), sorted, and the position among them of each row.

    Examples
    --------
    >>> by_period(pd.MultiIndex.from_tuples([("a", 2021), ("a", 2020), ("b", 2021)], names=["unit", "period"]))
    (array([1, 0, 1], dtype=int8), (2020, 2021))
    """
    assert isinstance(index, pd.MultiIndex)
    codes, level = index.codes[1], index.levels[1].to_numpy()
    used = np.flatnonzero(np.bincount(codes, minlength=len(level)))
    used = used[np.argsort(level[used])]
    place = np.zeros(len(level), dtype=codes.dtype)
    place[used] = np.arange(len(used))
    return place[codes], tuple(int(p) for p in level[used])


def in_period(frame: pd.DataFrame, period: int) -> pd.DataFrame:
    """The rows of one period of a frame keyed by (unit, period) or (group, period), keyed by the first alone."""
    rows = frame.index.get_level_values("period") == period
    return frame.loc[rows].droplevel("period")
