"""Screening by availability: indicators, then units, of which too few figures were observed are left out, by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import has_columns, number
from evalkit.errors import NoAnswer
from evalkit.indicators.treatment.missing import listed
from evalkit.panel.panel import Panel
from evalkit.panel.system import IndicatorSystem
from evalkit.terms import Text

Part = Literal["indicator", "unit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """Leave out indicators, then units, of which less than a share of the figures was observed.

    Parameters
    ----------
    units
        The least share of its years and kept indicators that must be observed of a unit; 0 keeps all.
    indicators
        The least share of all units and years that must be observed of an indicator; 0 keeps all.

    Notes
    -----
    A year for which a unit has no row counts as not observed. Indicators are judged first and on all units, so that an
    indicator hardly anyone reports costs no unit its place. Context indicators are not judged. Source: the check of data
    availability in OECD & JRC (2008), Handbook on Constructing Composite Indicators; for units, `Screen` in COINr.

    Examples
    --------
    >>> import evalkit as ek
    >>> counties = ek.datasets.load("counties")
    >>> screened = Screen(units=0.9, indicators=0.9).measure(counties, ek.systems("revitalization")["revitalization"])
    >>> screened.panel.units == counties.units, len(screened.system.columns)
    (True, 18)
    """

    units: float = 0.65
    indicators: float = 0.65

    def __post_init__(self) -> None:
        for name, share in (("units", self.units), ("indicators", self.indicators)):
            number(share, "[0, 1]", who=f"Screen {name}", do="give a share: 0.65 asks for 65 % of the figures")

    def measure(self, panel: Panel, system: IndicatorSystem) -> Screened:
        """How much was observed, and what is left of the panel and the system.

        Raises
        ------
        NoAnswer
            No indicator, or no unit, has enough figures.
        """
        has_columns(panel.frame, system.columns, who=f"Screen of '{system.id}'")
        observed, years = panel.frame[list(system.columns)].notna(), len(panel.periods)
        indicators = _judged(observed.sum(), len(panel.units) * years, self.indicators)
        columns = indicators.index[indicators["kept"]]
        if columns.empty:
            raise NoAnswer(f"no indicator of '{system.id}' has enough figures", found=_best(indicators), do="lower the share")
        units = _judged(observed[columns].groupby("unit").sum().sum(axis=1), len(columns) * years, self.units)
        if not units["kept"].any():
            raise NoAnswer("no unit has enough figures", found=_best(units), do="lower the share")
        gone = {part: frame.index[~frame["kept"]] for part, frame in (("indicator", indicators), ("unit", units))}
        return Screened(
            spec=self,
            frame=pd.concat({"indicator": indicators, "unit": units}, names=["part", "id"]),
            notes=_notes(self, panel, system, gone),
            panel=panel.rows(~panel.frame.index.get_level_values("unit").isin(gone["unit"])),
            system=without(system, gone["indicator"]),
            asked=system,
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Screened(Answer):
    """Availability: `frame` is keyed by (part, id), part "indicator" or "unit".

    Columns: `observed` (figures), `share` (of all that could be), `kept`. `panel` and `system` hold what is left, ready for
    an index; `asked` is the system that was screened.
    """

    spec: Screen
    panel: Panel
    system: IndicatorSystem
    asked: IndicatorSystem

    def of(self, part: Part) -> pd.DataFrame:
        """The rows of the indicators or of the units, the least observed first."""
        rows = self.frame.index.get_level_values("part") == part
        return self.frame.loc[rows].droplevel("part").sort_values("share", kind="stable")


def without(system: IndicatorSystem, gone: Iterable[str]) -> IndicatorSystem:
    """A system without some of its indicators; a dimension left with none to score falls away."""
    names, kept = set(gone), []
    for dimension in system.dimensions:
        inside = tuple(indicator for indicator in dimension.indicators if indicator.id not in names)
        if any(indicator.scored for indicator in inside):
            kept.append(replace(dimension, indicators=inside))
    return replace(system, dimensions=tuple(kept))


def _judged(observed: pd.Series, cells: int, least: float) -> pd.DataFrame:
    share = observed / cells
    return pd.DataFrame({"observed": observed, "share": share, "kept": share >= least})


def _best(judged: pd.DataFrame) -> str:
    return f"at most {judged['share'].max():.1%}"


def _notes(spec: Screen, panel: Panel, system: IndicatorSystem, gone: Mapping[str, pd.Index]) -> tuple[Note, ...]:
    known = {indicator.id: indicator.name for indicator in system.every}
    indicators = Text(
        "{n} 项指标因观测值不足（低于 {share:.0%}）未纳入：{names}。",
        "Indicators left out, less than {share:.0%} observed ({n}): {names}.",
    )
    units = Text(
        "{n} 个地区因观测值不足（低于 {share:.0%}）未参评：{names}。", "Left out, less than {share:.0%} observed ({n}): {names}."
    )
    said = (
        (indicators, spec.indicators, [known[key] for key in gone["indicator"]]),
        (units, spec.units, [panel.name(key) for key in gone["unit"]]),
    )
    return tuple(
        Note("left_out", text.format(n=len(names), share=share, names=listed(names))) for text, share, names in said if names
    )
