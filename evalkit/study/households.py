"""What a survey of households tells a study: who is poor, who is kept out by transfers alone, who came back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from evalkit import datasets
from evalkit.check import has_columns
from evalkit.errors import DataError, NoAnswer
from evalkit.panel.design import SurveyDesign
from evalkit.panel.read import open_table
from evalkit.panel.tidy import Layout, tidy
from evalkit.poverty.alkire_foster import AlkireFoster
from evalkit.poverty.bottom_line import BottomLine, ReturnVerdict
from evalkit.poverty.deprivation_form import read_deprivations
from evalkit.poverty.deprivations import DeprivationSystem
from evalkit.poverty.dynamics import PovertyMoves, PovertyTransitions, paired
from evalkit.poverty.fgt import PovertyIndices
from evalkit.poverty.persistence import Persistence, PovertyPersistence
from evalkit.poverty.return_clusters import ClustersFound, ReturnClusters
from evalkit.poverty.transfers import TransferPoverty, WithoutTransfers
from evalkit.report.households import HouseholdFindings
from evalkit.study.household_form import HouseholdsForm

WEIGHT, POOR = "design weight", "poor"
LEAST = 3  # waves from which on chronic and transient poverty are told apart


def household_findings(form: HouseholdsForm, folder: Path) -> HouseholdFindings:
    """All that the survey answers, in the last wave where not said otherwise.

    Raises
    ------
    DataError, SpecError, NoAnswer
        The file cannot be read, or does not hold what the study says it does.
    """
    path = datasets.folder() / f"{form.dataset}.csv" if form.dataset is not None else folder / str(form.file)
    system = _deprivations(form, folder)
    lacks = () if system is None else tuple(one.id for one in system.deprivations)
    homes, source, fingerprint = read_homes(path, form, lacks)
    design = SurveyDesign(weights=WEIGHT, strata=form.strata, clusters=form.clusters)
    last = int(homes[form.period].max())
    now = homes[homes[form.period] == last]
    asked = {"income": form.income, "line": form.line, "design": design, "strict": form.strict, "level": form.level}
    indices = PovertyIndices(**asked)  # type: ignore[arg-type]
    many = None
    if system is not None:
        cutoff = 1 / len(system.deprivations) if form.cutoff is None else form.cutoff
        many = AlkireFoster(system=system, cutoff=cutoff, design=design, level=form.level).measure(now)
    return HouseholdFindings(
        source=source,
        fingerprint=fingerprint,
        year=last,
        waves=homes[form.period].nunique(),
        homes=len(now),
        by_year=indices.measure(homes, over=form.period),
        by_place=indices.measure(now, over=form.place) if form.place is not None else None,
        transfers=_without(form, now, design),
        many=many,
        moves=_moves(form, homes, design),
        lasting=_lasting(form, homes, design),
        bottom=_bottom(form, now, design),
        villages=_villages(form, now),
    )


def _deprivations(form: HouseholdsForm, folder: Path) -> DeprivationSystem | None:
    if form.deprivations is None:
        return None
    beside = folder / form.deprivations
    return read_deprivations(beside if beside.suffix == ".toml" else form.deprivations)


def read_homes(path: Path, form: HouseholdsForm, more: tuple[str, ...] = ()) -> tuple[pd.DataFrame, str, str]:
    """The survey as a frame, homes numbered in the order of the file; what it was read from, and its fingerprint.

    The codes of homes are replaced before a row is looked at, and columns that are not asked for, such as names, are dropped
    unread, so that no message and no result can hold one. `more` are further columns that are asked for.
    """
    raw = open_table(path, sheet=form.sheet, header=form.header, text=(form.unit, *form.texts))
    has_columns(raw.frame, [form.unit], who=f"[households] in {raw.place}")
    codes = raw.frame[form.unit].astype("string").str.strip()
    number = pd.Series(pd.factorize(codes)[0] + 1, index=raw.frame.index)
    raw.frame[form.unit] = [None if code == 0 else f"{code:07d}" for code in number]
    figures = [form.income, *([form.line] if isinstance(form.line, str) else []), *form.transfers]
    figures += [column for column in (form.members, form.formerly_poor) if column is not None]
    asked = {form.unit, form.period, form.weight, *form.texts, *figures, *more}
    kept = [column for column in raw.frame.columns if form.columns.get(column, column) in asked]
    raw = replace(raw, frame=raw.frame[kept])
    layout = Layout(
        unit=form.unit, period=form.period, groups=form.texts, weight=form.weight, columns=form.columns, missing=form.missing
    )
    panel = tidy(raw, layout).panel()
    homes = panel.frame.reset_index().rename(columns={"unit": form.unit, "period": form.period})
    for column in form.texts:
        homes[column] = panel.groups[column].reindex(homes[form.unit]).to_numpy()
    weight = np.ones(len(homes)) if panel.weights is None else panel.weights.to_numpy()
    has_columns(homes, (*figures, *more), who=f"[households] in {raw.place}")
    gaps = homes[[*figures, *more]].isna().any(axis=1)
    if gaps.all():
        raise DataError("no home has all the columns that are asked", where=raw.place, found=", ".join((*figures, *more)))
    homes = homes.assign(**{WEIGHT: weight if form.members is None else weight * homes[form.members]})[~gaps]
    line = homes[form.line] if isinstance(form.line, str) else form.line
    below = homes[form.income] < line if form.strict else homes[form.income] <= line
    return homes.assign(**{POOR: below.astype(int)}).reset_index(drop=True), raw.place, raw.fingerprint


def _without(form: HouseholdsForm, now: pd.DataFrame, design: SurveyDesign) -> TransferPoverty | None:
    if not form.transfers:
        return None
    spec = WithoutTransfers(
        income=form.income, transfers=form.transfers, line=form.line, design=design, strict=form.strict, level=form.level
    )
    return spec.measure(now)


def _moves(form: HouseholdsForm, homes: pd.DataFrame, design: SurveyDesign) -> PovertyMoves | None:
    """Moves between waves that follow each other; none where no home was seen twice, or all were poor, or none."""
    years = np.unique(homes[form.period])
    if len(years) < 2:
        return None
    clusters = form.clusters or form.unit  # a home that is seen in several pairs counts as one
    try:
        pairs = paired(homes, unit=form.unit, period=form.period, state=POOR, lag=int(np.diff(years).min()))
        return PovertyTransitions(earlier="earlier", design=replace(design, clusters=clusters), level=form.level).measure(pairs)
    except NoAnswer:
        return None


def _lasting(form: HouseholdsForm, homes: pd.DataFrame, design: SurveyDesign) -> Persistence | None:
    if homes[form.period].nunique() < LEAST:
        return None
    spec = PovertyPersistence(
        unit=form.unit, period=form.period, income=form.income, line=form.line, design=design, level=form.level
    )
    try:
        return spec.measure(homes[homes[form.income] > 0])
    except NoAnswer:
        return None


def _bottom(form: HouseholdsForm, now: pd.DataFrame, design: SurveyDesign) -> ReturnVerdict | None:
    """Of homes that were registered as poor, those below the line in the last wave."""
    left = _left(form, now)
    if left is None:
        return None
    asked = {"returned": POOR, "threshold": form.threshold, "design": design, "level": form.level}
    return BottomLine(**asked).measure(left, over=form.place)  # type: ignore[arg-type]


def _villages(form: HouseholdsForm, now: pd.DataFrame) -> ClustersFound | None:
    left = _left(form, now)
    if left is None or form.village is None:
        return None
    return ReturnClusters(returned=POOR, village=form.village, within=form.place, level=form.level).measure(left)


def _left(form: HouseholdsForm, now: pd.DataFrame) -> pd.DataFrame | None:
    return None if form.formerly_poor is None else now[now[form.formerly_poor] == 1]
