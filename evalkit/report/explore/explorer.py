"""Sliders for weights: move them in a notebook and see places change their ranks and grades."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from evalkit.check import number, one_of
from evalkit.coupling.static import CouplingCoordination
from evalkit.indicators.index import IndexScores
from evalkit.indicators.weighting.given import Given
from evalkit.report.explore.page import Page
from evalkit.report.explore.weights import Level, Movable, given, movable, shared, started
from evalkit.report.verbs import names
from evalkit.report.words import Voice
from evalkit.terms import Lang


def explore(
    *scores: IndexScores,
    coupling: CouplingCoordination | None = None,
    period: int | None = None,
    by: Level = "dimension",
    start: Mapping[str, float] | None = None,
    lang: Lang = "zh",
) -> Explorer:
    """Move weights and see how ranks change; with two systems or more also D and grades.

    In a notebook with ipywidgets there is a slider for each part; elsewhere it shows a table. Weights are divided by their sum,
    and the index is scored anew by them; curves and bounds stay as they were learnt.

    Parameters
    ----------
    *scores
        Scores of one system, or of several that couple.
    coupling
        How they couple; by default the standard formula and ten grades.
    period
        The period in which places are ranked; by default the last.
    by
        "dimension" moves the weights of dimensions, "indicator" that of each indicator.
    start
        Weights to begin with, by the id of a part; other parts begin as they were learnt.
    lang
        The language, "zh" or "en".

    Returns
    -------
    Explorer
        Shows itself; `frame` holds the table, `given` the weights, to go on with in code.

    Examples
    --------
    >>> import evalkit as ek
    >>> counties, system = ek.datasets.load("counties"), ek.systems("revitalization")["revitalization"]
    >>> rise = ek.CompositeIndex(system=system).fit(counties).score(counties)
    >>> moved = ek.explore(rise, start={"ecology": 0.6}, lang="en")
    >>> moved.frame.columns.tolist(), int(moved.frame["rank"].min())
    (['rank', 'change', 'revitalization'], 1)
    >>> moved.reset()
    >>> bool((moved.frame["change"] == 0).all())
    True
    """
    one_of(lang, ("zh", "en"), who="lang")
    ask = movable(scores, coupling, period, by)
    return Explorer(ask, started(ask, start), lang)


class Explorer:
    """Weights that can be moved, and where places stand under them."""

    def __init__(self, ask: Movable, weights: tuple[dict[str, float], ...], lang: Lang) -> None:
        self.ask = ask
        self.held = dict(zip(ask.systems, weights, strict=True))
        self.voices = {one.system.id: Voice(lang, names(one)) for one in ask.scores}
        self._board: Any = None

    def __repr__(self) -> str:
        return f"Explorer({', '.join(self.held)}; {len(self.ask.published[0])} weights, {self.ask.period})"

    @property
    def weights(self) -> dict[str, dict[str, float]]:
        """What each part counts now, by system; the parts of a system sum to one."""
        return {system: shared(some) for system, some in self.held.items()}

    @property
    def given(self) -> dict[str, Given]:
        """The weights of the indicators, by system, for `replace(index, weigh=…)`."""
        return {one.system.id: given(one, self.held[one.system.id]) for one in self.ask.scores}

    @property
    def frame(self) -> pd.DataFrame:
        """Where places stand: see `Movable.standing`."""
        return self.ask.standing(tuple(self.held.values()))

    def move(self, system: str, **weights: float) -> None:
        """Set some weights of a system, each from 0 to 1, as its sliders would.

        Examples
        --------
        >>> import evalkit as ek
        >>> counties, system = ek.datasets.load("counties"), ek.systems("revitalization")["revitalization"]
        >>> moved = ek.explore(ek.CompositeIndex(system=system).fit(counties).score(counties))
        >>> moved.move("revitalization", ecology=0.0, culture=0.0, governance=0.0, living=0.0)
        >>> moved.weights["revitalization"]["industry"]
        1.0
        """
        one_of(system, tuple(self.held), who="the system")
        for part, weight in weights.items():
            one_of(part, tuple(self.held[system]), who=f"a part of '{system}'")
            number(weight, "[0, 1]", who=f"the weight of '{part}'")
        self.held[system] |= {part: float(weight) for part, weight in weights.items()}
        self._show()

    def reset(self) -> None:
        """Back to the weights as they were learnt."""
        self.held = dict(zip(self.ask.systems, self.ask.published, strict=True))
        self._show()

    def _show(self) -> None:
        if self._board:
            self._board.show()

    def _repr_html_(self) -> str:
        return Page(self).static()

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        """The sliders where ipywidgets is at hand, and the table for what cannot show them."""
        still = {"text/plain": repr(self), "text/html": self._repr_html_()}
        try:
            import ipywidgets  # noqa: F401
        except ImportError:
            return still
        from evalkit.report.explore.board import Board

        self._board = self._board or Board(self)
        return {**self._board.box._repr_mimebundle_(), **still}
