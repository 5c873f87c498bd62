"""What a survey of households tells a study: who is poor, who is kept out by transfers alone, who came back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from evalkit import datasets
from evalkit.answer import Note
from evalkit.errors import DataError, NoAnswer
from evalkit.panel.design import SurveyDesign
from evalkit.poverty.change.transfers import TransferPoverty, WithoutTransfers
from evalkit.poverty.dynamics.moves import PovertyMoves, PovertyTransitions, paired
from evalkit.poverty.dynamics.persistence import Persistence, PovertyPersistence
from evalkit.poverty.income.fgt import PovertyEstimates, PovertyIndices
from evalkit.poverty.income.ratios import yes_or_no
from evalkit.poverty.lines.level import odd_lines
from evalkit.poverty.multidimensional.alkire_foster import AlkireFoster, MultidimensionalPoverty
from evalkit.poverty.multidimensional.deprivation_form import read_deprivations
from evalkit.poverty.multidimensional.deprivations import DeprivationSystem
from evalkit.poverty.returns.bottom_line import BottomLine, ReturnVerdict
from evalkit.poverty.returns.clusters import ClustersFound, ReturnClusters
from evalkit.report.assessment.households import HouseholdFindings
from evalkit.stats.arrays import Array
from evalkit.stats.suppression import suppressed
from evalkit.study.households.file import POOR, WEIGHT, read_homes
from evalkit.study.households.form import HouseholdsForm
from evalkit.terms import Text

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
    survey = read_homes(path, form, *_columns(system))
    homes, design = survey.homes, SurveyDesign(weights=WEIGHT, strata=form.strata, clusters=form.grouped, single=form.single)
    last = int(homes[form.period].max())
    now = homes[homes[form.period] == last]
    asked = {"income": form.income, "line": form.line, "design": design, "strict": form.strict, "level": form.level}
    indices = PovertyIndices(**asked)  # type: ignore[arg-type]
    by_year = indices.measure(homes, over=form.period)
    return HouseholdFindings(
        source=survey.source,
        fingerprint=survey.fingerprint,
        year=last,
        waves=homes[form.period].nunique(),
        homes=len(now),
        persons=form.members is not None,
        by_year=by_year,
        by_place=_by_place(form, indices, now),
        transfers=_without(form, now, design),
        many=_many(form, system, now, design),
        moves=_moves(form, homes, design),
        lasting=_lasting(form, homes, design),
        bottom=_bottom(form, now, design),
        villages=_villages(form, now),
        odd_line=_odd_line(form, homes, by_year.line),
        notes=(*survey.notes, *_said(form, homes)),
    )


def _odd_line(form: HouseholdsForm, homes: pd.DataFrame, line: Array) -> tuple[Note, ...]:
    """The caution on a line that is far from incomes: in the last wave, else in other waves, in places, in places of a wave."""
    income, last = homes[form.income].to_numpy(dtype=float), (homes[form.period] == homes[form.period].max()).to_numpy()
    found = odd_lines(income[last], line[last], None, ())
    years = homes[form.period].astype(str)
    places = [] if form.place is None else [homes[form.place].astype(str), homes[form.place].astype(str) + " " + years]
    for parts in (years, *places):
        codes, labels = pd.factorize(parts, sort=True)
        found = found or odd_lines(income, line, codes, tuple(labels))
    return found


def _by_place(form: HouseholdsForm, indices: PovertyIndices, now: pd.DataFrame) -> PovertyEstimates | None:
    """The indices of places, without those of few homes and those from which theirs would follow."""
    if form.place is None:
        return None
    found = indices.measure(now, over=form.place)
    homes = found.frame.groupby(form.place, sort=False)["n"].first()
    hidden = suppressed(homes.to_numpy(dtype=np.intp)[:, None], form.smallest, totals=(False, True)).hidden[:-1, 0]
    if not hidden.any():
        return found
    shown = found.frame[~found.frame[form.place].isin(homes.index[hidden])].reset_index(drop=True)
    text = Text(
        "户数不足 {least} 的地区，以及可据以推算其数字的地区，不列出：共 {n} 个。",
        "Places with fewer than {least} homes, or that would give such a place away, are not shown: {n}.",
    )
    note = Note("left_out", text.format(least=form.smallest, n=int(hidden.sum())))
    return replace(found, frame=shown, notes=(*found.notes, note)) if len(shown) else None


def _said(form: HouseholdsForm, homes: pd.DataFrame) -> Iterator[Note]:
    """What the line, the design and the words mean in this survey."""
    line = Text("收入线取自列“{c}”", "the line is that of column “{c}”").format(c=form.line)
    if not isinstance(form.line, str):
        line = Text("收入线为 {c:,.0f}", "the line is {c:,.0f}").format(c=form.line)
    who = Text("按人加权", "persons are counted") if form.members is not None else Text("按户加权", "homes are counted")
    parts = [
        (Text("分层", "strata"), form.strata),
        (Text("群组", "clusters"), form.grouped),
        (Text("权数", "weights"), form.weight),
    ]
    none = Text("无", "none")
    design = [Text("{a}：{b}", "{a}: {b}").format(a=name, b=column or none) for name, column in parts]
    text = Text("{line}；{who}；抽样设计——{design}。", "In this survey {line}; {who}; design: {design}.")
    listed = Text("，".join(one.zh for one in design), ", ".join(one.en for one in design))
    yield Note("choice", text.format(line=line, who=who, design=listed))
    if form.formerly_poor is not None:
        text = Text(
            "底线部分的“返贫”指曾登记为贫困户、末期低于收入线的户，不要求观测到其脱贫的过程；“进入、退出与返回”部分的返贫指前一期刚脱贫、"
            "后一期又贫困的户。",
            "For the bottom line a return is a home once registered as poor that is below the line in the last wave, whether or "
            "not it was seen to leave; among the moves it is a home that had left in one wave and is poor in the next.",
        )
        yield Note("choice", text)
    years = np.unique(homes[form.period])
    if len(set(np.diff(years))) > 1:
        text = Text(
            "各期间隔不等（{years}）：只有相隔 {lag} 年的两期计入进入与退出。",
            "Waves are not equally far apart ({years}): only those {lag} years apart are paired.",
        )
        yield Note("caution", text.format(years="、".join(map(str, years)), lag=int(np.diff(years).min())))


def _deprivations(form: HouseholdsForm, folder: Path) -> DeprivationSystem | None:
    if form.deprivations is None:
        return None
    beside = folder / form.deprivations
    return read_deprivations(beside if beside.suffix == ".toml" else form.deprivations)


def _columns(system: DeprivationSystem | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns of deprivations, and those without a cut-off, which say by 1 who lacks something."""
    declared = () if system is None else system.deprivations
    return tuple(one.id for one in declared), tuple(one.id for one in declared if one.below is None and one.above is None)


def _many(
    form: HouseholdsForm, system: DeprivationSystem | None, now: pd.DataFrame, design: SurveyDesign
) -> MultidimensionalPoverty | None:
    """Multidimensional poverty of the homes whose deprivations are all known."""
    if system is None:
        return None
    known = now.dropna(subset=[one.id for one in system.deprivations])
    if known.empty:
        raise DataError("no home of the last wave has all deprivations", do="fill them, or leave deprivations out")
    cutoff = 1 / len(system.deprivations) if form.cutoff is None else form.cutoff
    return AlkireFoster(system=system, cutoff=cutoff, design=design, level=form.level).measure(known)


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
    clusters = form.grouped or form.unit  # a home that is seen in several pairs counts as one
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
    if not homes[POOR].any():
        return None
    try:
        return spec.measure(homes)
    except NoAnswer:
        return None


def _bottom(form: HouseholdsForm, now: pd.DataFrame, design: SurveyDesign) -> ReturnVerdict | None:
    """Of homes that were registered as poor, those below the line in the last wave."""
    left = _left(form, now)
    if left is None:
        return None
    asked = {"returned": POOR, "threshold": form.threshold, "design": design, "level": form.level, "smallest": form.smallest}
    return BottomLine(**asked).measure(left, over=form.place)  # type: ignore[arg-type]


def _villages(form: HouseholdsForm, now: pd.DataFrame) -> ClustersFound | None:
    left = _left(form, now)
    if left is None or form.village is None:
        return None
    return ReturnClusters(
        returned=POOR, village=form.village, within=form.place, level=form.level, smallest=form.smallest
    ).measure(left)


def _left(form: HouseholdsForm, now: pd.DataFrame) -> pd.DataFrame | None:
    """Homes that were registered as poor; none where the study does not ask, or there is no such home."""
    if form.formerly_poor is None:
        return None
    left = now[yes_or_no(now, form.formerly_poor)]
    return None if left.empty else left
