"""What can be done with any answer: `table`, `figure`, `prose`; each family registers how its answers look."""

from __future__ import annotations

from collections.abc import Mapping
from functools import singledispatch
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pandas as pd

from evalkit.answer import Answer
from evalkit.check import one_of
from evalkit.errors import SpecError, several
from evalkit.report.document import Figure, Table
from evalkit.report.words import Voice
from evalkit.terms import Lang, Text

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

    from evalkit.panel.boundaries import Boundaries


@singledispatch
def tables(answer: Answer, voice: Voice) -> tuple[Table, ...]:
    """The tables an answer is printed as, the main one first."""
    return ()


@singledispatch
def figures(answer: Answer, voice: Voice) -> tuple[Figure, ...]:
    """The figures an answer is drawn as, the main one first."""
    return ()


@singledispatch
def maps(answer: Answer, voice: Voice, ground: Boundaries | None) -> tuple[Figure | Table, ...]:
    """The maps an answer is drawn as, the main one first, and the table they are drawn from; without a ground, in a tile grid."""
    return ()


@singledispatch
def words(answer: Answer, voice: Voice) -> str:
    """An answer in a few sentences."""
    return ""


@singledispatch
def names(answer: Answer) -> Mapping[str, Text]:
    """The names an answer knows of its units, systems and indicators."""
    return {}


def table(answer: Answer, kind: str | None = None, *, lang: Lang = "zh", known: Mapping[str, Text] | None = None) -> pd.DataFrame:
    """An answer as a table ready to print; `kind` chooses among several, `known` names units the answer has no names for."""
    voice = _voice(answer, lang, known)
    options = [part for part in maps(answer, voice, None) if isinstance(part, Table)] if kind == "map" else tables(answer, voice)
    return _chosen(tuple(options), kind, answer, "table").frame


def figure(
    answer: Answer,
    kind: str | None = None,
    *,
    lang: Lang = "zh",
    known: Mapping[str, Text] | None = None,
    boundaries: Boundaries | None = None,
) -> Canvas:
    """An answer as a matplotlib figure; `kind` chooses among several.

    `boundaries` draw it as a map: "map" (the first), "map_indices" or "map_change". Without them, such a kind is drawn as a tile
    grid, one square a place in the order of the codes.

    Examples
    --------
    >>> import evalkit as ek
    >>> counties = ek.datasets.load("counties")
    >>> index = ek.CompositeIndex(system=ek.systems("revitalization")["revitalization"])
    >>> drag = ek.ObstacleDegree(top=3).measure(index.fit(counties).score(counties))
    >>> type(ek.figure(drag, lang="en")).__name__
    'Picture'
    """
    from evalkit.report.theme import style

    with style():
        chosen = _chosen(_drawn(answer, kind, _voice(answer, lang, known), boundaries), kind, answer, "figure")
        drawn: Canvas = chosen.draw()
        drawn.suptitle(chosen.caption.say(lang), fontsize=10)
        return drawn


def _drawn(answer: Answer, kind: str | None, voice: Voice, ground: Boundaries | None) -> tuple[Figure, ...]:
    """The figures to choose from: maps where these are asked for."""
    if ground is None and not str(kind).startswith("map"):
        return figures(answer, voice)
    drawn = tuple(part for part in maps(answer, voice, ground) if isinstance(part, Figure))
    if not drawn:
        raise SpecError(f"{type(answer).__name__} is not drawn as a map", do="draw coordination or the scores of an index")
    return drawn


def prose(answer: Answer, *, lang: Lang = "zh", known: Mapping[str, Text] | None = None) -> str:
    """An answer in a few sentences."""
    return words(answer, _voice(answer, lang, known))


def answered(value: object) -> None:
    """Refuse what is no answer."""
    if type(value).__module__.startswith("evalkit.risk."):
        import_module("evalkit.report.risk.ladder")  # registered when first asked for: its answers bring scikit-learn with them
    if not isinstance(value, Answer):
        raise SpecError(
            "only answers are shown and reported", found=type(value).__name__, do="pass what measure or score returns"
        )


def _voice(answer: Answer, lang: Lang, known: Mapping[str, Text] | None) -> Voice:
    answered(answer)
    one_of(lang, ("zh", "en"), who="lang")
    return Voice(lang, {**names(answer), **(known or {})})


def _chosen(options: tuple[Any, ...], kind: str | None, answer: Answer, what: str) -> Any:
    if not options:
        raise SpecError(f"{type(answer).__name__} has no {what}", do="look at its frame")
    if kind is None:
        return options[0]
    for option in options:
        if option.key == kind:
            return option
    raise SpecError(f"{type(answer).__name__} has no {what} '{kind}'", do=f"use one of {several(o.key for o in options)}")
