"""A survey of households as a study reads it: only the columns that are asked, and no home by its code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from evalkit.answer import Note
from evalkit.errors import DataError, did_you_mean
from evalkit.identifiers import called_personal, called_position, personal
from evalkit.panel.cells import read_codes
from evalkit.panel.checks.marks import odd_marks
from evalkit.panel.checks.observed import Observed
from evalkit.panel.findings import Finding, refusal
from evalkit.panel.panel import Panel
from evalkit.panel.raw import RawTable
from evalkit.panel.read import open_table
from evalkit.panel.tidy import Layout, tidy
from evalkit.stats.ranks import below
from evalkit.study.households.doubts import apart_in_writing, emptied_waves, large_transfers, one_unit_of_measure, sound_waves
from evalkit.study.households.form import HouseholdsForm
from evalkit.study.households.labels import labels_agree, labels_reversed
from evalkit.study.whole_file import whole_panel
from evalkit.terms import Text

WEIGHT, POOR = "design weight", "poor"
FAR, HEAVY = 100, 0.2  # how far incomes lie from the line at most, and what share of all weight one home may carry
CROWD = 20  # names of places from which on they must be fewer than half the homes


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Survey:
    """Homes by year, numbered in the order of the file; what they were read from, its fingerprint, and what was left out."""

    homes: pd.DataFrame
    source: str
    fingerprint: str
    notes: tuple[Note, ...]


def read_homes(path: Path, form: HouseholdsForm, more: tuple[str, ...] = (), lacking: tuple[str, ...] = ()) -> Survey:
    """The survey, each home with its weight and whether it is poor.

    The codes of homes are replaced before a row is looked at, and columns that are not asked for, such as names, are dropped
    unread, so that no message and no result can hold one. `more` are further columns that are asked for, and may hold gaps;
    `lacking` are those of them that say by 1 who lacks something.
    """
    raw = open_table(path, sheet=form.sheet, header=form.header, text=(form.unit, *form.texts))
    raw, apart = _asked(raw, form, (*form.figures, *more))
    labels_agree(raw, () if form.formerly_poor is None else (form.formerly_poor,), "yes", form.columns)
    labels_agree(raw, lacking, "lacks", form.columns)
    layout = Layout(
        unit=form.unit,
        period=form.period,
        groups=form.texts,
        weight=form.weight,
        columns=form.columns,
        missing=form.missing,
        waves=True,
        members=form.members,
    )
    panel = whole_panel(tidy(raw, layout), lambda some: _codes_of(_marks_in(some, (*form.figures, *more))))
    sound_weights(panel, form.weight)
    _are_figures(panel, (*form.figures, *more), raw.place)
    one_unit_of_measure(panel, form.money, raw.place)
    homes = panel.frame.reset_index().rename(columns={"unit": form.unit, "period": form.period})
    for column in form.texts:
        homes[column] = panel.groups[column].reindex(homes[form.unit]).to_numpy()
    for column in (one for one in (form.place, form.village) if one is not None):
        are_places(homes[column], homes[form.unit])
    weight = np.ones(len(homes)) if panel.weights is None else panel.weights.to_numpy()
    homes = homes.assign(**{WEIGHT: weight if form.members is None else weight * homes[form.members]})
    lacks = homes[list(form.figures)].isna().assign(**{form.weight or WEIGHT: np.isnan(weight)})
    gaps = lacks.any(axis=1)
    if gaps.all():
        do = "fill the gaps, or ask for fewer columns"
        raise DataError(
            "no home has all the columns that are asked",
            where=raw.place,
            found=", ".join(lacks.columns.drop(WEIGHT, errors="ignore")),
            do=do,
        )
    line = homes[form.line] if isinstance(form.line, str) else form.line
    poor = below(homes[form.income].to_numpy(dtype=float), np.asarray(line, dtype=float), strict=form.strict)
    notes = (
        *panel.notes,
        *apart,
        *labels_reversed(raw, lacking, form.columns),
        *_gaps(homes, form, lacks, more),
        *emptied_waves(homes[form.period], gaps),
        *odd_figures(panel, (*form.figures, *more), raw.place),
        *_odd_sizes(homes[~gaps], form, raw.place),
        *large_transfers(homes[~gaps], form.income, form.transfers),
    )
    kept = homes.assign(**{POOR: poor.astype(int)})[~gaps].reset_index(drop=True)
    sound_waves(kept, panel, form.unit, form.period)
    return Survey(homes=kept, source=raw.place, fingerprint=raw.fingerprint, notes=notes)


def are_there(wanted: Iterable[str], have: Iterable[str], *, place: str) -> None:
    """Refuse a survey that lacks a column, without listing those it has: under a wrong header they are cells of a home."""
    there = set(have)
    absent = [name for name in wanted if name not in there]
    if absent:
        do = did_you_mean(absent[0], there) or "check the names of the columns, and in which row the header stands"
        raise DataError(f"the survey has no column '{absent[0]}'", where=place, do=do)


def not_personal(texts: Iterable[str], figures: Iterable[str], *, place: str) -> None:
    """Refuse words that are called as names, numbers or addresses of persons are, and figures called as positions are.

    That homes have a telephone or an account is no identifier: figures that are one are found by what they look like.
    """
    named = [name for name in texts if called_personal(name, homes=True)] + [name for name in figures if called_position(name)]
    if named:
        what = f"the column '{named[0]}' is called as one of persons' names, numbers or addresses, and takes no part"
        raise DataError(what, where=place, do="leave it out, or rename it if it holds something else")


def _asked(raw: RawTable, form: HouseholdsForm, figures: tuple[str, ...]) -> tuple[RawTable, list[Note]]:
    """The table with the columns that are asked and no other, homes numbered; and what is said of their codes."""
    have = {form.columns.get(column, column): column for column in raw.frame.columns}
    wanted = (form.unit, form.period, *form.texts, *figures, *((form.weight,) if form.weight else ()))
    not_personal(form.texts, figures, place=raw.place)
    are_there(wanted, have, place=raw.place)
    frame = raw.frame[[have[name] for name in dict.fromkeys(wanted)]].copy()
    codes = read_codes(frame[have[form.unit]])[0]
    apart = apart_in_writing(codes, frame[have[form.period]])
    frame[have[form.unit]] = [None if at < 0 else f"{at + 1:07d}" for at in pd.factorize(codes)[0]]
    return replace(raw, frame=frame, personal=True), apart


def _are_figures(panel: Panel, figures: tuple[str, ...], place: str) -> None:
    texts = [name for name in figures if name not in panel.frame]
    if texts:
        do = "write figures; of yes and no write 1 and 0"
        raise DataError(f"the column '{texts[0]}' of the survey holds words where figures belong", where=place, do=do)


def sound_weights(panel: Panel, column: str | None) -> None:
    """Refuse weights below 0, and endless ones, with the rows of the file they stand in."""
    if panel.weights is None or column is None:
        return
    wrong = panel.weights.index[(panel.weights < 0) | np.isinf(panel.weights)]
    if len(wrong):
        what = f"the weight '{column}' has {len(wrong):,} value(s) that are below 0, or infinite"
        where = panel.where([(*key, column) for key in wrong], named=False)
        raise DataError(what, where=where, do="correct them; leave the cell empty where it is not known")


def odd_figures(panel: Panel, figures: tuple[str, ...], place: str) -> list[Note]:
    """Refuse codes for missing such as −99 among the figures, which would be counted as they stand; say which few are below 0."""
    marks = _marks_in(panel, figures)
    if wrong := _codes_of(marks):
        raise refusal(wrong, where=place, homes=True)
    return [Note("caution", item.message) for item in marks if item.rule == "few_negative"]


def _codes_of(marks: list[Finding]) -> list[Finding]:
    """Codes for missing and what is too large."""
    return [item for item in marks if item.rule in ("missing_code", "too_large")]


def _marks_in(panel: Panel, figures: tuple[str, ...]) -> list[Finding]:
    have = [name for name in figures if name in panel.frame]
    return odd_marks(Observed(frame=panel.frame[have], places=panel.places), homes=True)


def _odd_sizes(homes: pd.DataFrame, form: HouseholdsForm, place: str) -> list[Note]:
    """Refuse incomes that are in another unit of measure than the line; say when one home carries much of all weight."""
    line = homes[form.line].median() if isinstance(form.line, str) else form.line
    typical = homes[form.income].median()
    if 0 < typical < line / FAR or typical > line * FAR * 10:
        found = f"a median income of {typical:,.6g} against a line of {line:,.6g}"
        raise DataError(
            f"'{form.income}' and the line are not in one unit of measure", where=place, found=found, do="convert one"
        )
    heaviest = float((homes[WEIGHT] / homes.groupby(form.period)[WEIGHT].transform("sum")).max())
    if len(homes) < CROWD or heaviest <= HEAVY:
        return []
    text = Text(
        "一户占其年份全部权重的 {share:.0%}：核对权重。",
        "One home carries {share:.0%} of all weight of its year: check the weights.",
    )
    return [Note("caution", text.format(share=heaviest))]


def are_places(places: pd.Series, homes: pd.Series) -> None:
    """Refuse a column of places that names persons or homes: numbers of persons, or nearly as many names as homes."""
    column, names = places.name, places.dropna().astype(str).unique()
    if personal(names):
        raise DataError(f"the column '{column}' of the survey holds identity or telephone numbers", do="name a column of places")
    if len(names) > CROWD and 2 * len(names) > homes.nunique():
        found = f"{len(names)} names of {homes.nunique()} homes"
        raise DataError(
            f"the column '{column}' of the survey names homes and no places", found=found, do="name a column of places"
        )


def _gaps(homes: pd.DataFrame, form: HouseholdsForm, lacks: pd.DataFrame, more: tuple[str, ...]) -> list[Note]:
    """What is left out for want of a figure, and of which."""
    notes, gaps = [], lacks.any(axis=1)
    if gaps.any():
        each = lacks.sum()
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
