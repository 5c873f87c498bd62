"""What every answer is: the spec that asked, a tidy frame, and the notes a reader must know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from html import escape
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.terms import Lang, Text

NoteKind = Literal["choice", "caution", "filled", "left_out"]
CALLED: dict[NoteKind, Text] = {
    "choice": Text("选择", "choice"),
    "caution": Text("注意", "caution"),
    "filled": Text("填补", "filled"),
    "left_out": Text("未计入", "left out"),
}
SHOWN = 8  # rows of a frame in a notebook
ACROSS = 12  # and columns
LONGEST = 240  # letters of a spec in a notebook
OF_PLACES = {"indicators", "coupling", "distribution", "panel"}  # families whose rows are places, findings or figures
COUNTED = {"measure", "part", "source", "table", "step", "section", "column", "failures", "verdict"}  # a row is one of these
PEOPLE = {"unit", "home", "household", "person", "member", "case"}  # or one of these


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

    def __init_subclass__(cls) -> None:
        if "__repr__" not in cls.__dict__:  # else a dataclass prints the whole frame, of homes too
            cls.__repr__ = Answer.__repr__  # type: ignore[method-assign]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({_size(self.frame)}; {in_a_line(self.spec)})"

    def _repr_html_(self) -> str:
        """Name, size, question, the first rows (of homes: only the columns), and every note in both languages."""
        rows = _columns(self.frame) if of_homes(self) else first_rows(self.frame)
        said = [
            f'<li><span lang="zh">{escape(f"{CALLED[n.kind].zh}：{n.text.zh}")}</span><br>'
            f'<span lang="en">{escape(f"{CALLED[n.kind].en}: {n.text.en}")}</span></li>'
            for n in self.notes
        ]
        notes = f"<details open><summary>说明 · Notes ({len(said)})</summary><ul>{''.join(said)}</ul></details>" if said else ""
        return (
            f"<div><b>{type(self).__name__}</b> · {_size(self.frame)}"
            f'<div style="opacity:0.75;font-size:90%"><code>{escape(in_a_line(self.spec))}</code></div>{rows}{notes}</div>'
        )


def of_homes(answer: Answer) -> bool:
    """Whether a row of an answer may be a home or a person; where it is not known to be anything else, it is.

    Examples
    --------
    >>> of_homes(Answer(spec=None, frame=pd.DataFrame({"measure": ["headcount"], "estimate": [0.1]})))
    False
    >>> of_homes(Answer(spec=None, frame=pd.DataFrame({"risk": [0.1]})))
    True
    """
    _, _, rest = type(answer).__module__.partition(".")
    heads = {str(name) for name in (*answer.frame.columns, *answer.frame.index.names)}
    if rest.partition(".")[0] in OF_PLACES:
        return bool(heads & (PEOPLE - {"unit"}))
    return bool(heads & PEOPLE) or not heads & COUNTED


def in_a_line(spec: object) -> str:
    """A spec as it was asked, in a line: its name and what was chosen otherwise than by default; tables and keys are not told.

    Examples
    --------
    >>> in_a_line(Note("choice", Text("甲", "a")))
    "Note(kind='choice')"
    >>> in_a_line({"a": 1, "b": [2, 3]}), in_a_line(b"secret"), in_a_line(pd.DataFrame({"x": [1, 2]}))
    ('{a: 1, b: (2, 3)}', 'bytes', 'DataFrame 2 × 1')
    """
    text = _told(spec)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _told(value: object) -> str:
    if isinstance(value, Answer):
        return _told(value.spec)
    if is_dataclass(value) and not isinstance(value, type):
        name = getattr(value, "id", None)
        chosen = {one.name: getattr(value, one.name) for one in fields(value) if _tellable(one, getattr(value, one.name))}
        inside = repr(name) if isinstance(name, str) else ", ".join(f"{key}={_told(some)}" for key, some in chosen.items())
        return f"{type(value).__name__}({inside})"
    if isinstance(value, Mapping):
        return f"{{{_few([f'{key}: {_told(some)}' for key, some in value.items()])}}}"
    if isinstance(value, tuple | list | set | frozenset | range):
        return f"({_few([_told(some) for some in value])})"
    if isinstance(value, pd.DataFrame | pd.Series | np.ndarray):
        return f"{type(value).__name__} {' × '.join(map(str, value.shape))}"
    return repr(value) if isinstance(value, str | int | float | slice | None) else type(value).__name__


def _few(items: list[str], most: int = 4) -> str:
    return ", ".join(items if len(items) <= most else [*items[:most], "…"])


def _tellable(one: Field[Any], value: object) -> bool:
    """Whether a field says something: printable, no words in two languages, and not as by default."""
    if not one.repr or isinstance(value, Text | pd.DataFrame | pd.Series | np.ndarray):
        return False
    default = one.default if one.default_factory is MISSING else one.default_factory()
    return default is MISSING or type(default) is not type(value) or bool(default != value)


def _size(frame: pd.DataFrame) -> str:
    return f"{len(frame):,} × {frame.shape[1]}"


def first_rows(frame: pd.DataFrame) -> str:
    """The first rows, numbers short; how many more there are."""
    table = frame.head(SHOWN).to_html(float_format=_short, max_cols=ACROSS, na_rep="—", border=0)
    more = len(frame) - SHOWN
    return f"{table}<div>… +{more:,}</div>" if more > 0 else table


def _columns(frame: pd.DataFrame) -> str:
    """What the columns are, by kind, and no row: rows are homes."""
    kinds: dict[str, list[str]] = {"index": [str(name) for name in frame.index.names if name is not None]}
    for name, kind in zip(frame.columns, frame.dtypes, strict=True):
        kinds.setdefault(str(kind), []).append(str(name))
    told = "".join(
        f"<tr><th>{escape(kind)}</th><td style='text-align:left'>{escape(', '.join(own))}</td></tr>"
        for kind, own in kinds.items()
        if own
    )
    said = Text("一行是一户或一人，不予显示；列：", "A row is a home or a person and is not shown. Columns:")
    return f'<div><span lang="zh">{said.zh}</span> <span lang="en">{said.en}</span></div><table>{told}</table>'


def _short(number: float) -> str:
    if number and abs(number) < 0.001:
        return f"{number:.2g}"
    return f"{number:,.3f}" if abs(number) < 1000 else f"{number:,.0f}"


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
