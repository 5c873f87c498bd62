"""What the ledger of a monitor, or a panel of its indicators, tells an assessment: G21–G24 by county and year, and a chapter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pandas as pd
from pydantic import BeforeValidator, Field, model_validator

from evalkit.answer import Note
from evalkit.check import has_columns
from evalkit.errors import DataError, SpecError, several
from evalkit.panel.form import Form
from evalkit.panel.panel import Panel
from evalkit.panel.read import Layout, read_as
from evalkit.report.assessment.found import MONITORED, Monitored
from evalkit.terms import Text, first_of

if TYPE_CHECKING:
    from evalkit.monitor.ledger.state import LedgerState
    from evalkit.study.monitor.run import MonitorStudy

LEAST = 10
LEDGER = Text("监测帮扶台账（截至 {days} 获知）", "the ledger of monitoring as known on {days}")
FILLED = Text(
    "指标 {which} 的 {n:,} 个空缺由{source}补入；所依户数过少、可能推知个别农户的数字不补。",
    "{n:,} gaps of {which} are filled from {source}; figures that rest on few homes, and could tell of one, are not.",
)
OTHERS = Text(
    "{source}中有 {n} 个县不在面板之列：{which}。",
    "{n} counties of {source} are not in the panel: {which}.",
)


def _days(value: object) -> object:
    return value if isinstance(value, list | tuple) else (value,)


class MonitoringForm(Form):
    """`[monitoring]`: a monitor, whose ledger is asked as of the end of one year or more, or a panel of G21–G24.

    `population` is a column of the study's panel that counts homes or people, or "weight": G22 is per 100 of them. `counties`
    says which unit of the panel a county of the ledger is, where their codes differ.
    """

    file: str | None = None
    as_of: Annotated[tuple[date, ...], BeforeValidator(_days)] = ()
    panel: str | None = None
    unit: str = "unit"
    period: str = "period"
    columns: dict[str, str] = Field(default_factory=dict)
    population: str | None = None
    counties: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_source(self) -> MonitoringForm:
        if (self.file is None) == (self.panel is None):
            raise ValueError("name either the file of a monitor or a panel")
        if (self.file is not None) != bool(self.as_of):
            raise ValueError("as_of names the days a monitor's ledger is asked for, such as 2024-12-31; a panel needs none")
        if len({day.year for day in self.as_of}) < len(self.as_of):
            raise ValueError("as_of names a year twice")
        return self


def monitored(form: MonitoringForm, folder: Path, panel: Panel) -> Monitored:
    """What is told of monitoring; the chapter is of the last day.

    Raises
    ------
    SpecError, DataError
        The file cannot be read, the ledger was changed or knows of no case, or none of its counties is in the panel.
    """
    found = _of_panel(form, folder) if form.panel is not None else _of_ledger(form, folder, panel)
    units = found.panel.index.get_level_values("unit").unique()
    if not units.isin(panel.units).any():
        do = 'say which is which: counties = { "code in the ledger" = "code in the panel" }'
        raise DataError("no county of the monitoring is in the panel", found=several(units), do=do)
    return found


def filled(panel: Panel, found: Monitored, columns: tuple[str, ...]) -> Panel:
    """The panel with those of G21–G24 among `columns` filled in where it lacks them, and a note that says so."""
    frame, gaps = panel.frame.copy(), dict[str, int]()
    for name in (one for one in MONITORED if one in columns and one in found.panel):
        told = found.panel[name].reindex(frame.index)
        have = frame[name] if name in frame else pd.Series(float("nan"), index=frame.index)
        gaps[name] = int((have.isna() & told.notna()).sum())
        if name in frame or gaps[name]:
            frame[name] = have.fillna(told)
    return replace(panel, frame=frame, notes=(*panel.notes, *_notes(panel, found, gaps)))


def _notes(panel: Panel, found: Monitored, gaps: dict[str, int]) -> Iterator[Note]:
    """What was filled, and what of the monitoring has no place in the panel."""
    if any(gaps.values()):
        which = "、".join(name for name, n in gaps.items() if n), ", ".join(name for name, n in gaps.items() if n)
        yield Note("choice", FILLED.format(which=Text(*which), n=sum(gaps.values()), source=found.source))
    units = found.panel.index.get_level_values("unit").unique()
    if len(others := units[~units.isin(panel.units)]):
        yield Note("left_out", OTHERS.format(source=found.source, n=len(others), which=first_of(others)))


def _of_panel(form: MonitoringForm, folder: Path) -> Monitored:
    """A panel of the indicators."""
    path = folder / str(form.panel)
    read = read_as(path, Layout(unit=form.unit, period=form.period, columns=form.columns, wanted=MONITORED))
    there = [name for name in MONITORED if name in read.frame]
    if not there:
        has_columns(read.frame, MONITORED, who=f"[monitoring] in {path.name}")
    return Monitored(panel=read.frame[there], source=read.source)


def _of_ledger(form: MonitoringForm, folder: Path, panel: Panel) -> Monitored:
    """The ledger of a monitor, asked on each of the days."""
    from evalkit.report.monitor.process import indicators_shown
    from evalkit.study.monitor.run import MonitorStudy

    study = MonitorStudy.read(folder / str(form.file))
    least, parts, process = study.form.report.least, [], None
    for day in sorted(form.as_of):
        state = _state(form, study, day)
        process = study.process(state, day, _population(form, panel, day, state))
        shown = indicators_shown(process, least)[list(MONITORED)]
        parts.append(shown.set_axis(pd.MultiIndex.from_product([shown.index.astype(str), [day.year]], names=["unit", "period"])))
    days = ", ".join(day.isoformat() for day in sorted(form.as_of))
    source = LEDGER.format(days=days)
    return Monitored(panel=pd.concat(parts).sort_index(), source=source, process=process, least=least, names=study.names)


def _state(form: MonitoringForm, study: MonitorStudy, day: date) -> LedgerState:
    """The cases known on a day, their counties by the codes of the panel."""
    state = study.monitor.ledger.state(day)
    if state.frame.empty:
        do = "give a day on which the monitor had been run, or check where its store lies"
        raise DataError("the ledger knows of no case", where=f"[monitoring] {form.file}", found=f"as of {day}", do=do)
    return replace(state, frame=state.frame.assign(county=state.frame["county"].replace(form.counties)))


def _population(form: MonitoringForm, panel: Panel, day: date, state: LedgerState) -> pd.Series | None:
    """Homes or people in the year of a day of the counties of a ledger; of others it does not say that nobody was included."""
    if form.population is None:
        return None
    column = panel.weights if form.population == "weight" else panel.frame.get(form.population)
    if column is None:
        do = "name a column of the panel, or leave it out: G22 is then not told"
        raise SpecError(f"[monitoring] population names '{form.population}', which the panel does not have", do=do)
    rows = column[column.index.get_level_values("period") == day.year].droplevel("period").dropna()
    rows = rows[rows.index.isin(state.frame["county"])]
    return rows if len(rows) else None
