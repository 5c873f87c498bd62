"""Audit of a printed table of coupling coordination: what reproduces it, which error explains it, or that nothing does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.coupling.audit import chain, verdict
from evalkit.coupling.audit.boxes import Printed, as_told, read_printed
from evalkit.coupling.audit.columns import PrintedColumns
from evalkit.coupling.audit.grades import COVERS, GradeFinding, class_findings, label_findings, read_class
from evalkit.coupling.audit.rescaling import scopes
from evalkit.coupling.audit.steps import Columns, Decided, agreed, coordination_step, coupling_step, development_step
from evalkit.coupling.audit.trial import frame_of, plainer, settled
from evalkit.errors import DataError, SpecError, several
from evalkit.panel.persons import about_persons
from evalkit.stats.arrays import Codes, Mask
from evalkit.terms import Text

PERCENT = 8.5  # a median above it is no sum of indices of up to eight systems
CELL_COLUMNS = ["step", "row", "unit", "period", "column", "printed", "least", "greatest", "miss"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CouplingAudit(Answer):
    """What an audit of a printed table found: `frame` has one row a step and hypothesis tried, the best first.

    Columns of `frame`: `step`, `hypothesis` (its key), `kind` ("right" or "error"), `cells`, `reproduced`, `share`, `worst_miss`
    (in units of the last printed place), `chance` (how probable so many cells fit though it is false), `solved`.

    `verdicts` is keyed by step (Z normalized figures, W weights, U systems, C, T, D, grade, table): `outcome` ("reproduced",
    "error", "nothing", "undecided", "not_printed", "unchecked"), `hypothesis`, `rivals`, `cells`, `reproduced`, `told_apart` (how
    many cells the best hypothesis reproduces and the next does not), `rounding`, `message_zh`, `message_en`.

    `cells` lists what does not fit: `step`, `row` (position, from 1), `unit`, `period`, `column`, `printed`, `least`, `greatest`
    (between which the figure should lie) and `miss`. `labels` says each hypothesis in both languages. `outcome` is that of the
    whole table, `at` the first step that went wrong or is undecided.
    """

    spec: PrintedColumns
    verdicts: pd.DataFrame
    cells: pd.DataFrame
    labels: Mapping[str, Text]
    outcome: str
    at: str


def audit_coupling(
    frame: pd.DataFrame, columns: PrintedColumns | None = None, *, raw: chain.RawData | None = None
) -> CouplingAudit:
    """Which variant, shares and rounding reproduce a printed table of coupling coordination, or which error explains it.

    Every printed figure stands for an interval, half a unit of its last place to each side, or a whole unit above where figures
    were cut. A hypothesis reproduces a cell if some inputs that print alike give a value that prints alike. Step by step (C from
    the systems, T from the systems, D from the printed C and T) it is asked which hypothesis reproduces at least 85 % of the
    cells and is ahead of every other by more than one cell; parameters (shares, k) are solved from the table and given as ranges.
    Where several fit alike or chance may explain the fit the step is undecided; where none fits, nothing reproduces it.

    Parameters
    ----------
    frame
        The table: one row a unit, period or both; figures as text keep their last zeros.
    columns
        What each column is; what is not named is found by its header.
    raw
        The raw indicators, to follow the chain from the start.

    Raises
    ------
    DataError
        No two systems, none of C, T and D, two columns for one of them, or a cell that is no number.

    Examples
    --------
    >>> table = pd.DataFrame({"U1": ["0.60", "0.42", "0.81", "0.33"], "U2": ["0.20", "0.30", "0.75", "0.90"]})
    >>> table["D"] = ["0.589", "0.596", "0.883", "0.738"]
    >>> found = audit_coupling(table)
    >>> found.outcome, found.verdicts.loc["D", "hypothesis"]
    ('reproduced', 'chain|standard|equal')
    """
    if not isinstance(frame, pd.DataFrame):
        raise SpecError("a printed table must be a DataFrame", found=type(frame).__name__)
    for given, kind in ((columns, PrintedColumns), (raw, chain.RawData)):
        if not isinstance(given, kind | None):
            raise SpecError(f"an audit takes a {kind.__name__}", found=type(given).__name__, do=f"pass {kind.__name__}(…)")
    if isinstance(frame.columns, pd.MultiIndex):
        frame = frame.set_axis(["/".join(map(str, name)) for name in frame.columns], axis=1)
    table = _with_keys(frame)
    if (column := about_persons(table)) is not None:
        do = "a printed table is about places: take the column out"
        raise DataError(f"column '{column}' of the printed table holds names or numbers of persons", do=do)
    if table.empty:
        raise DataError("the printed table has no rows")
    found = (columns or PrintedColumns()).found_in(table)
    printed = _columns(table, found)
    steps: dict[str, Decided] = {}
    if raw is not None:
        raw = _matched(raw, found.systems, len(table))
        _same_order(raw.frame, table, [name for name in (found.unit, found.period) if name is not None])
        groups = scopes(printed.units, printed.periods, len(table))
        steps = _raw_steps(printed, raw, groups)
        known = steps.get("Z") or steps.get("U")
        printed = replace(printed, scored=chain.recomputed(raw, groups, known.decision if known is not None else None))
    steps |= _printed_steps(replace(printed, systems=tuple(one.where(~outside(one)) for one in printed.systems)))
    return _composed(_Audited(found, table, printed, steps, _by_place(raw, found.systems)))


def _with_keys(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with what names its rows as columns."""
    named = [name for name in frame.index.names if name is not None and name not in frame.columns]
    return as_told((frame.reset_index(names=None) if named else frame.reset_index(drop=True)).rename(columns=str))


def _columns(table: pd.DataFrame, found: PrintedColumns) -> Columns:
    places = dict(found.decimals)

    def read(name: str | None) -> Printed | None:
        one = None if name is None else read_printed(table[name], who=str(name), decimals=places.get(str(name)))
        if one is not None and one.known.any() and PERCENT < float(np.nanmedian(one.values)) <= 100:
            found = f"figures such as {np.nanmedian(one.values):g}"
            raise DataError(f"column '{name}' looks like percentages", found=found, do="divide it by 100, or write the % signs")
        return one

    def codes(name: str | None) -> Codes | None:
        return None if name is None else pd.factorize(table[name].map(str))[0]

    systems = tuple(one for one in map(read, found.systems) if one is not None)
    return Columns(
        systems=systems, c=read(found.c), t=read(found.t), d=read(found.d), units=codes(found.unit), periods=codes(found.period)
    )


def _matched(raw: chain.RawData, systems: tuple[str, ...], rows: int) -> chain.RawData:
    """The raw data with its systems in the order of the table."""
    if len(raw.frame) != rows:
        raise DataError(
            "raw data and printed table do not have the same number of rows",
            found=f"{len(raw.frame)} and {rows}",
            do="give both one row per unit and period, in the same order",
        )
    if len(raw.systems) != len(systems):
        raise DataError(
            "raw data and printed table do not have the same number of systems",
            found=f"{several(raw.systems)} and {several(systems)}",
            do="name the same systems in both",
        )
    known = set(raw.systems) == set(systems)
    shared = set(raw.systems) & set(systems)
    if shared and not known:
        raise DataError(
            "raw data and printed table share some names of systems, and not all",
            found=f"{several(raw.systems)} and {several(systems)}",
            do="name all systems alike in both",
        )
    return replace(raw, systems={name: raw.systems[name] for name in systems}) if known else raw


def _same_order(raw: pd.DataFrame, table: pd.DataFrame, keys: list[str]) -> None:
    """Refuse raw data whose own unit or period says that its rows stand in another order."""
    keyed = _with_keys(raw)
    for key in keys:
        if key in keyed and (keyed[key].map(str).to_numpy() != table[key].map(str).to_numpy()).any():
            at = int(np.flatnonzero(keyed[key].map(str).to_numpy() != table[key].map(str).to_numpy())[0])
            found = f"row {at + 1}: {keyed[key].iloc[at]} and {table[key].iloc[at]}"
            raise DataError(f"raw data and printed table are in another order of '{key}'", found=found, do="sort both alike")


def _by_place(raw: chain.RawData | None, systems: tuple[str, ...]) -> str:
    """Which system of the raw data was taken for which of the table, where their names do not say so."""
    if raw is None or set(raw.systems) == set(systems):
        return ""
    return ", ".join(f"{one} = {other}" for one, other in zip(raw.systems, systems, strict=True))


def outside(system: Printed) -> Mask:
    """Where a system lies outside [0, 1], by more than a unit of its last place, which is what rounded weights can do."""
    return system.known & ((system.values < 0) | (system.values > 1 + 1.001 * system.unit))


def _raw_steps(printed: Columns, raw: chain.RawData, groups: chain.Grouping) -> dict[str, Decided]:
    made = {
        "Z": chain.normalization_step(raw, groups),
        "W": chain.weight_step(raw, groups),
        "U": chain.score_step(raw, groups, printed.systems),
    }
    return {step: one for step, one in made.items() if one is not None}


def _printed_steps(printed: Columns) -> dict[str, Decided]:
    """C, T and D; what rounded systems do not reproduce as it stands is tried once more with systems that were cut."""
    made = {}
    for step, ask in (("C", coupling_step), ("T", development_step), ("D", coordination_step)):
        one = ask(printed, "rounded")
        if one is not None and not settled(one.decision):
            again = ask(printed, "cut")
            one = again if again is not None and plainer(again.decision, one.decision) else one
        if one is not None and one.rows.any():
            made[step] = one
    return agreed(made)


@dataclass(frozen=True, slots=True, eq=False)
class _Audited:
    """The table, what its columns are, and what was decided step by step."""

    found: PrintedColumns
    table: pd.DataFrame
    printed: Columns
    steps: dict[str, Decided]
    by_place: str


def _composed(one: _Audited) -> CouplingAudit:
    """Verdicts by step, the table's verdict, the cells that do not fit, and notes."""
    verdicts = {step: verdict.on_step(decided) for step, decided in one.steps.items()}
    beyond = [*_beyond(one)]
    if beyond:
        verdicts["U"] = verdict.said("error", verdict.OUTSIDE.format(n=len(beyond)), "outside")
    verdicts.setdefault("U", verdict.said("unchecked", verdict.UNCHECKED))
    for step, column in _measures(one):
        if step not in verdicts:
            gone = column is None
            verdicts[step] = verdict.said("not_printed" if gone else "unchecked", verdict.ABSENT if gone else verdict.NO_ROWS)
    if verdict.confirmed(verdicts):
        best = one.steps["U"].decision.best
        assert best is not None
        sure = verdict.CONFIRMED.format(name=best.hypothesis.name)
        verdicts["U"] = replace(verdicts["U"], outcome="reproduced", message_zh=sure.zh, message_en=sure.en)
    grades = _grades(one)
    if grades:
        verdicts["grade"] = verdict.on_grades(grades)
    verdicts["table"], at = verdict.on_table(verdicts)
    rows = pd.DataFrame.from_dict({step: asdict(said) for step, said in verdicts.items()}, orient="index")
    return CouplingAudit(
        spec=one.found,
        frame=frame_of(decided.decision for decided in one.steps.values()),
        verdicts=rows.reindex([step for step in verdict.STEPS if step in rows.index]).rename_axis("step"),
        cells=pd.DataFrame([*beyond, *_misfits(one), *_grade_cells(one, grades)], columns=CELL_COLUMNS),
        labels={
            trial.hypothesis.key: trial.hypothesis.name for decided in one.steps.values() for trial in decided.decision.tried
        },
        outcome=verdicts["table"].outcome,
        at=at,
        notes=(*verdict.notes(verdicts, one.printed.systems), *_named_by_place(one), *_left_out(one)),
    )


def _named_by_place(one: _Audited) -> Iterator[Note]:
    if one.by_place:
        yield Note("choice", verdict.BY_PLACE.format(pairs=one.by_place))


def _measures(one: _Audited) -> tuple[tuple[str, Printed | None], ...]:
    return (("C", one.printed.c), ("T", one.printed.t), ("D", one.printed.d))


Cell = dict[str, object]


def _left_out(one: _Audited) -> tuple[Note, ...]:
    """A caution where columns of figures took no part."""
    text = Text(
        "未参与核查的数值列：{names}；若其中有 C、T 或 D，请指明。",
        "Columns of figures that took no part: {names}; where one is C, T or D, say so.",
    )
    return (Note("caution", text.format(names=", ".join(one.found.idle))),) if one.found.idle else ()


def _beyond(one: _Audited) -> Iterator[Cell]:
    """Printed systems outside [0, 1]."""
    for name, system in zip(one.found.systems, one.printed.systems, strict=True):
        for row in np.flatnonzero(outside(system)):
            yield _cell(one, "U", int(row), name, Printed(system.values[[row]], system.unit[[row]]), (0.0, 1.0))


def _misfits(one: _Audited) -> Iterator[Cell]:
    """The cells that the best hypothesis of a step leaves unexplained."""
    for step, decided in one.steps.items():
        best = decided.decision.best
        if best is None:
            continue
        names = decided.names or (str(getattr(one.found, step.lower())),)
        height = len(decided.rows) // len(names)
        places = np.flatnonzero(decided.rows)
        for at in np.flatnonzero(~best.hits):
            column, row = divmod(int(places[at]), height)
            cell = Printed(decided.printed.values[[at]], decided.printed.unit[[at]])
            between = float(best.hypothesis.box.low[at]), float(best.hypothesis.box.high[at])
            yield _cell(one, step, row if height > 1 else None, names[column], cell, between)


def _cell(one: _Audited, step: str, row: int | None, column: str, cell: Printed, between: tuple[float, float]) -> Cell:
    """One cell; `cell` holds its figure alone, `row` is None for a weight, which stands in no row."""
    keys = {
        key: None if name is None or row is None else one.table[name].iloc[row]
        for key, name in (("unit", one.found.unit), ("period", one.found.period))
    }
    figure, (least, greatest) = float(cell.values[0]), between
    miss = max(least - figure, figure - greatest, 0.0) / float(cell.unit[0])
    where = {"step": step, "row": None if row is None else row + 1, **keys, "column": column}
    return where | {"printed": figure, "least": least, "greatest": greatest, "miss": miss}


def _grades(one: _Audited) -> list[GradeFinding]:
    """What was found on the printed limits and grades."""
    classes = [read_class(text) for text in one.found.limits]
    found = class_findings(classes, one.printed.d) if classes else []
    if classes and not found:
        found = [COVERS]
    if one.found.grade is not None and one.printed.d is not None:
        found += label_findings(one.table[one.found.grade], one.printed.d, classes)
    return found


def _grade_cells(one: _Audited, grades: list[GradeFinding]) -> Iterator[Cell]:
    """Figures of D that no class holds, or whose grade is another."""
    if one.printed.d is None:
        return
    for finding in grades:
        for row in finding.rows:
            cell = Printed(one.printed.d.values[[row]], one.printed.d.unit[[row]])
            yield _cell(one, "grade", row, str(one.found.d), cell, (np.nan, np.nan)) | {"miss": np.nan}
