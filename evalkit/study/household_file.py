"""A survey of households as a study reads it: only the columns that are asked, and no home by its code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from evalkit.answer import Note
from evalkit.errors import DataError, did_you_mean
from evalkit.panel.findings import secret
from evalkit.panel.panel import Panel
from evalkit.panel.raw import RawTable
from evalkit.panel.read import open_table
from evalkit.panel.tidy import Layout, tidy
from evalkit.study.household_form import HouseholdsForm
from evalkit.terms import Text

WEIGHT, POOR = "design weight", "poor"
CROWD = 20  # names of places from which on they must be fewer than half the homes


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Survey:
    """Homes by year, numbered in the order of the file; what they were read from, its fingerprint, and what was left out."""

    homes: pd.DataFrame
    source: str
    fingerprint: str
    notes: tuple[Note, ...]


def read_homes(path: Path, form: HouseholdsForm, more: tuple[str, ...] = ()) -> Survey:
    """The survey, each home with its weight and whether it is poor.

    The codes of homes are replaced before a row is looked at, and columns that are not asked for, such as names, are dropped
    unread, so that no message and no result can hold one. `more` are further columns that are asked for, and may hold gaps.
    """
    raw = open_table(path, sheet=form.sheet, header=form.header, text=(form.unit, *form.texts))
    raw = _asked(raw, form, (*form.figures, *more))
    layout = Layout(
        unit=form.unit, period=form.period, groups=form.texts, weight=form.weight, columns=form.columns, missing=form.missing
    )
    panel = tidy(raw, layout).panel()
    _are_figures(panel, (*form.figures, *more), raw.place)
    homes = panel.frame.reset_index().rename(columns={"unit": form.unit, "period": form.period})
    for column in form.texts:
        homes[column] = panel.groups[column].reindex(homes[form.unit]).to_numpy()
    for column in (one for one in (form.place, form.village) if one is not None):
        are_places(homes[column], homes[form.unit])
    weight = np.ones(len(homes)) if panel.weights is None else panel.weights.to_numpy()
    homes = homes.assign(**{WEIGHT: weight if form.members is None else weight * homes[form.members]})
    gaps = homes[[*form.figures, WEIGHT]].isna().any(axis=1)
    if gaps.all():
        raise DataError("no home has all the columns that are asked", where=raw.place, found=", ".join(form.figures))
    line = homes[form.line] if isinstance(form.line, str) else form.line
    below = homes[form.income] < line if form.strict else homes[form.income] <= line
    notes = tuple(_gaps(homes, form, gaps, more))
    kept = homes.assign(**{POOR: below.astype(int)})[~gaps].reset_index(drop=True)
    return Survey(homes=kept, source=raw.place, fingerprint=raw.fingerprint, notes=notes)


def are_there(wanted: Iterable[str], have: Iterable[str], *, place: str) -> None:
    """Refuse a survey that lacks a column, without listing those it has: under a wrong header they are cells of a home."""
    there = set(have)
    absent = [name for name in wanted if name not in there]
    if absent:
        do = did_you_mean(absent[0], there) or "check the names of the columns, and in which row the header stands"
        raise DataError(f"the survey has no column '{absent[0]}'", where=place, do=do)


def _asked(raw: RawTable, form: HouseholdsForm, figures: tuple[str, ...]) -> RawTable:
    """The table with the columns that are asked and no other, homes numbered."""
    have = {form.columns.get(column, column): column for column in raw.frame.columns}
    wanted = (form.unit, form.period, *form.texts, *figures, *((form.weight,) if form.weight else ()))
    are_there(wanted, have, place=raw.place)
    frame = raw.frame[[have[name] for name in dict.fromkeys(wanted)]].copy()
    codes = frame[have[form.unit]].astype("string").str.strip()
    frame[have[form.unit]] = [None if at < 0 else f"{at + 1:07d}" for at in pd.factorize(codes)[0]]
    return replace(raw, frame=frame)


def _are_figures(panel: Panel, figures: tuple[str, ...], place: str) -> None:
    texts = [name for name in figures if name not in panel.frame]
    if texts:
        do = "write figures; of yes and no write 1 and 0"
        raise DataError(f"the column '{texts[0]}' of the survey holds words where figures belong", where=place, do=do)


def are_places(places: pd.Series, homes: pd.Series) -> None:
    """Refuse a column of places that names persons or homes: identity numbers, or nearly as many names as homes."""
    column, names = places.name, places.dropna().astype(str).unique()
    if any(secret(name) for name in names):
        raise DataError(f"the column '{column}' of the survey holds identity or telephone numbers", do="name a column of places")
    if len(names) > CROWD and 2 * len(names) > homes.nunique():
        found = f"{len(names)} names of {homes.nunique()} homes"
        raise DataError(
            f"the column '{column}' of the survey names homes and no places", found=found, do="name a column of places"
        )


def _gaps(homes: pd.DataFrame, form: HouseholdsForm, gaps: pd.Series, more: tuple[str, ...]) -> list[Note]:
    """What is left out for want of a figure, and of which."""
    notes = []
    if gaps.any():
        each = homes[list(form.figures)].isna().sum()
        listed = ", ".join(f"{name} {count}" for name, count in each[each > 0].items())
        text = Text(
            "因缺值未计入 {n} 户次（占 {share:.1%}；按列：{which}）。若缺值与贫困有关，结果有偏。",
            "Home-years left out for gaps: {n} ({share:.1%}; by column: {which}). Where gaps go with poverty, all is biased.",
        )
        notes.append(Note("caution", text.format(n=int(gaps.sum()), share=gaps.mean(), which=listed)))
    last = homes[form.period] == homes[form.period].max()
    lacking = int(homes.loc[last & ~gaps, list(more)].isna().any(axis=1).sum()) if more else 0
    if lacking:
        text = Text(
            "多维贫困未计入末期 {n} 户：指标有缺值。",
            "Homes of the last wave left out of multidimensional poverty for gaps: {n}.",
        )
        notes.append(Note("caution", text.format(n=lacking)))
    return notes
