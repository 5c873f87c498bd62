"""Denominators: totals become rates, such as beds per thousand residents, before places of unlike size are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from evalkit.answer import Note
from evalkit.check import has_columns, instance, mapping, number
from evalkit.errors import DataError, SpecError, several
from evalkit.indicators.treatment.missing import listed
from evalkit.panel.panel import Panel
from evalkit.terms import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Denominate:
    """Columns divided by other columns of the same unit and year.

    Parameters
    ----------
    by
        The denominator of each column that is divided, by name; None takes the weights of the panel, such as population.
    times
        What a quotient is multiplied by: 1000 gives a figure per thousand. 1 where nothing is given.

    Notes
    -----
    A column that is divided changes its meaning: its unit of measure and its plausible range in the indicator system are
    those of the rate. Source: OECD & JRC (2008), Handbook on Constructing Composite Indicators; `Denominate` in COINr.

    Examples
    --------
    >>> rows = pd.DataFrame({"county": ["a", "b"], "year": 2020, "beds": [120.0, 90.0], "population": [40_000.0, 15_000.0]})
    >>> panel = Panel.from_frame(rows, unit="county", period="year")
    >>> Denominate(by={"beds": "population"}, times={"beds": 1000}).apply(panel).frame["beds"].tolist()
    [3.0, 6.0]
    """

    by: Mapping[str, str | None]
    times: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        do = "name columns: Denominate(by={'beds': 'population'}, times={'beds': 1000})"
        mapping(self.by, who="Denominate by", do=do)
        mapping(self.times, who="Denominate times", do=do)
        if not self.by:
            raise SpecError("Denominate divides no column", do="name in `by` what is divided, and by what")
        stray = [name for name in self.times if name not in self.by]
        if stray:
            raise SpecError(f"Denominate multiplies [{several(stray)}], which it does not divide", do="name them in `by`, too")
        for name, below in self.by.items():
            if below is not None:
                instance(below, str, who=f"Denominate by of '{name}'", do="name a column, or None for the weights of the panel")
        for name, factor in self.times.items():
            number(factor, "(0, ∞)", who=f"Denominate times of '{name}'", do="give 1000 for a figure per thousand")

    def apply(self, panel: Panel) -> Panel:
        """The panel with the columns divided and a note that says so; a missing figure stays missing.

        Raises
        ------
        DataError
            A column is absent, or a denominator is missing, infinite or not above 0 where there is a figure to divide.
        """
        weight = None if panel.weights is None else panel.weights.name
        if weight is not None and weight in self.by.values() and weight not in panel.frame:
            what = f"'{weight}' is the weight of the panel and no column of figures"
            raise DataError(what, do=f"divide by None, which is the weight: Denominate(by={{'{next(iter(self.by))}': None}})")
        has_columns(panel.frame, [name for pair in self.by.items() for name in pair if name is not None], who="Denominate")
        if panel.weights is None and None in self.by.values():
            raise DataError("Denominate divides by the weights of the panel, and it has none", do="name a column instead")
        rates = {name: _rate(panel, name, below, self.times.get(name, 1.0)) for name, below in self.by.items()}
        return replace(panel, frame=panel.frame.assign(**rates), notes=(*panel.notes, self._note()))

    def _note(self) -> Note:
        text = Text("已换算为比率：{items}。", "Turned into rates: {items}.")
        items = [
            Text("{name} ÷ {below}{times}", "{name} / {below}{times}").format(
                name=name,
                below=Text("权重", "weight") if below is None else below,
                times=f" × {self.times[name]:,g}" if name in self.times else "",
            )
            for name, below in self.by.items()
        ]
        return Note("choice", text.format(items=listed(items)))


def _rate(panel: Panel, name: str, below: str | None, times: float) -> pd.Series:
    figure = panel.frame[name]
    denominator = panel.weights if below is None else panel.frame[below]
    assert denominator is not None
    bad = figure.notna() & ~((denominator > 0) & (denominator < np.inf))
    if bad.any():
        raise DataError(
            f"'{name}' cannot be divided by '{below or 'weight'}', which is missing, infinite or not above 0",
            where=panel.where([(*key, below or "weight") for key in figure.index[bad]], named=False),
            found=several(f"{value:g}" for value in denominator[bad]),
            do="complete the denominator, or leave the figure blank",
        )
    return figure / denominator.where(denominator > 0) * times
