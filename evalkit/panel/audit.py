"""The audit: everything that is wrong with a panel or a data file, said and never silently repaired."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from evalkit.answer import Answer
from evalkit.check import one_of
from evalkit.panel.checks.copies import copies
from evalkit.panel.checks.gaps import absent_columns, flat_columns, missing_periods
from evalkit.panel.checks.jumps import unit_jumps
from evalkit.panel.checks.levels import far_levels, leaps
from evalkit.panel.checks.marks import bad_weights, odd_marks
from evalkit.panel.checks.measures import contradicted
from evalkit.panel.checks.observed import Observed, Span, asked_of
from evalkit.panel.checks.plausible import implausible
from evalkit.panel.findings import Finding, finding, refusal
from evalkit.panel.guess import guess_layout
from evalkit.panel.layout import Layout
from evalkit.panel.panel import Panel
from evalkit.panel.raw import below_heads, notes_of
from evalkit.panel.read import open_table
from evalkit.panel.rules.rules import ACCEPTABLE, RULES
from evalkit.panel.system import IndicatorSystem
from evalkit.panel.tidy import Tidied, tidy
from evalkit.terms import Text, same

__all__ = ["RULES", "Audit", "Checks", "audit_file", "audit_panel", "refuse"]

_COLUMNS = ["rule", "severity", "column", "count", "where", "found", "message_zh", "message_en"]
_ORDER = {"defect": 0, "notice": 1, "repaired": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What is checked: the rules of `RULES`, the indicators of some systems, and whether the reference years are all there."""

    systems: tuple[IndicatorSystem, ...] = ()
    reference: Span | None = None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Audit(Answer):
    """What is wrong with a panel or a file.

    `frame` has one row a finding: rule, severity ("defect", "notice" or "repaired"), column, count, where (the first
    twenty places), found, message_zh, message_en; defects come first. `kept` says what stands after the reading,
    `source` and `fingerprint` what was audited. `places` has every place of each finding, up to five thousand.
    """

    kept: Text = Text("", "")
    source: Text = Text("", "")
    fingerprint: str = ""
    places: tuple[tuple[str, ...], ...] = ()

    @property
    def defects(self) -> pd.DataFrame:
        """The findings that keep the data from being used as they are."""
        return self.frame.loc[self.frame["severity"] == "defect"].reset_index(drop=True)


def audit_panel(panel: Panel, systems: Iterable[IndicatorSystem] = (), *, reference: Span | None = None) -> Audit:
    """Everything that is wrong with a panel, seen through the systems that will be scored on it.

    Without a system, the columns are held against one another and themselves only; with one, also against the plausible
    range of each indicator, and a defect in a column that no score needs is a notice. `reference` are the first and the last
    of the years on which bounds and weights will be learnt: one of them that no unit has is a defect, any other a notice.

    Examples
    --------
    >>> rows = pd.DataFrame({"county": list("aabb"), "year": [2020, 2021] * 2, "roads": [5.0] * 4, "income": [1.0, 1.1, 2, 3]})
    >>> audit = audit_panel(Panel.from_frame(rows, unit="county", period="year"))
    >>> audit.defects[["rule", "column", "message_en"]].to_numpy().tolist()
    [['constant_column', 'roads', "all 4 values of 'roads' are 5"]]
    """
    checks = Checks(systems=tuple(systems), reference=reference)
    observed = Observed(
        frame=panel.frame,
        asked=asked_of(checks.systems),
        places=panel.places,
        reference=reference,
        weights=None if panel.weights is None else (str(panel.weights.name or "weight"), panel.weights.to_numpy(np.float64)),
        said=panel.places.said if panel.places else {},
    )
    findings = _values(observed)
    kept = _kept(len(panel.frame), len(panel.units), panel.periods, panel.frame.shape[1])
    audit = _audit(findings, checks, kept)
    return replace(audit, notes=panel.notes, source=panel.source, fingerprint=panel.fingerprint)


def audit_file(  # noqa: PLR0913  a door names everything that may come through it
    path: str | Path,
    *,
    layout: Layout | None = None,
    unit: str | None = None,
    period: str | None = None,
    systems: Sequence[IndicatorSystem] = (),
    sheet: str | None = None,
    header: int | None = None,
    reference: Span | None = None,
) -> Audit:
    """Everything that is wrong with a data file: its header, its cells, its keys, and the values as in `audit_panel`.

    `unit` and `period` are guessed from the names and the cells of the columns when they are not given; `layout` says all
    else that is known of the columns: names, groups, weight, indicators, words for missing.

    Raises
    ------
    DataError
        Only when no table can be read at all.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "counties.csv"
    ...     _ = file.write_text("county,year,income\\na,2020,1\\na,2020,about 2\\n", encoding="utf-8")
    ...     audit = audit_file(file)
    >>> audit.defects["rule"].tolist()
    ['unreadable_cell', 'duplicate_rows']
    """
    layout, checks = layout or Layout(), Checks(systems=tuple(systems), reference=reference)
    wanted = tuple(asked_of(checks.systems))
    layout = replace(layout, unit=unit or layout.unit, period=period or layout.period, wanted=wanted)
    raw = open_table(path, sheet=sheet, header=header, text=layout.texts)
    layout = guess_layout(raw, layout)
    tidied = tidy(raw, layout)
    keys = {"unit": Text("地区列", "unit column"), "period": Text("年份列", "period column")}
    findings = [*tidied.findings, *(finding("no_key_column", found=keys[k]) for k in keys if getattr(layout, k) is None)]
    observed = _observed(tidied, checks)
    findings += _values(observed)
    has_keys = bool(tidied.keyed.any())
    kept = _kept(
        len(observed.frame),
        len(pd.unique(observed.units)) if has_keys else 0,
        sorted(set(observed.periods)) if has_keys else (),
        observed.frame.shape[1],
    )
    audit = _audit(findings, checks, kept)
    return replace(audit, notes=notes_of(tidied.findings), source=same(raw.place), fingerprint=raw.fingerprint)


def refuse(audit: Audit, accept: Collection[str] = ()) -> None:
    """Raise one `DataError` with every defect of an audit that is not accepted.

    `accept` names rules, such as "unit_jump", or rules in one column, such as "unit_jump:R24".

    Raises
    ------
    SpecError
        When `accept` names a rule that does not exist, or one that leaves nothing to assess.
    DataError
        When a defect remains.
    """
    for rule in accept:
        one_of(rule.partition(":")[0], ACCEPTABLE, who="an accepted rule")
    wrong = audit.defects.loc[~accepted(audit.defects, accept)]
    if len(wrong):
        texts = wrong[["rule", "message_zh", "message_en"]].astype(str).to_numpy().tolist()
        findings = [Finding(rule=rule, severity="defect", message=Text(zh, en)) for rule, zh, en in texts]
        raise refusal(findings, where=audit.source.en)


def accepted(defects: pd.DataFrame, accept: Collection[str]) -> pd.Series:
    """Which defects are accepted, by rule or by rule and column."""
    return defects["rule"].isin(list(accept)) | (defects["rule"] + ":" + defects["column"]).isin(list(accept))


def _values(observed: Observed) -> list[Finding]:
    """The checks that look at values."""
    findings = [*absent_columns(observed), *flat_columns(observed)]
    if not len(observed.frame) or observed.frame.index.names != ["unit", "period"]:
        return findings
    findings += [*implausible(observed), *contradicted(observed), *missing_periods(observed), *unit_jumps(observed)]
    findings += [*odd_marks(observed), *far_levels(observed), *leaps(observed), *copies(observed)]
    return [*findings, *bad_weights(observed), *_units_of_weights(observed)]


def _units_of_weights(observed: Observed) -> list[Finding]:
    """Weights that are in another unit of measure: jumps by a power of ten, and units far from all others."""
    if observed.weights is None:
        return []
    name, values = observed.weights
    frame = pd.DataFrame({name: values}, index=observed.frame.index)
    alone = replace(observed, frame=frame, asked={})
    return [*unit_jumps(alone), *far_levels(alone)]


def _observed(tidied: Tidied, checks: Checks) -> Observed:
    """The figures of a file by key; rows without a key of their own are left out, and all are kept where no key is known."""
    frame, layout = tidied.frame[list(tidied.figures)].astype("float64"), tidied.layout
    have = tidied.raw.frame.columns
    said = {layout.columns.get(name, name) for name in (*layout.roles, *layout.columns) if name not in have}
    every = asked_of(checks.systems)
    asked = {name: one for name, one in every.items() if name not in said and not below_heads(have, name)}
    if not tidied.keyed.any() or layout.unit is None or layout.period is None:
        return Observed(frame=frame, asked=asked, reference=checks.reference)
    index = tidied.keys
    order = np.argsort(
        pd.factorize(index.get_level_values(0), sort=True)[0] * 100_000 + index.get_level_values(1).to_numpy(), kind="stable"
    )
    keyed = frame.loc[tidied.keyed].set_axis(index, axis=0).iloc[order]
    weights = None
    if (weight := layout.weight) is not None and weight in tidied.frame:
        weights = (weight, tidied.frame[weight].to_numpy(np.float64)[tidied.keyed][order])
    return Observed(frame=keyed, asked=asked, places=tidied.places, reference=checks.reference, weights=weights, said=tidied.said)


def _kept(rows: int, units: int, periods: Sequence[int], columns: int) -> Text:
    span = f"{periods[0]}–{periods[-1]}" if len(periods) else "–"
    return Text(
        "{rows} 行，{units} 个地区，{span}，{columns} 列数值",
        "{rows} rows, {units} units, {span}, {columns} columns of figures",
    ).format(rows=f"{rows:,}", units=f"{units:,}", span=span, columns=columns)


def _audit(findings: Sequence[Finding], checks: Checks, kept: Text) -> Audit:
    """The findings as an answer, defects first."""
    ordered = sorted(findings, key=lambda item: _ORDER[item.severity])
    rows = [
        (item.rule, item.severity, item.column, item.count, item.where, item.found, item.message.zh, item.message.en)
        for item in ordered
    ]
    places = tuple(item.places for item in ordered)
    return Audit(spec=checks, frame=pd.DataFrame(rows, columns=_COLUMNS), kept=kept, places=places)
