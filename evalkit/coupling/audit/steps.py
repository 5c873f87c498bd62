"""The steps from the systems to C, T and D, each decided on the printed cells that it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from evalkit.coupling.audit.boxes import Box, Cut, Printed, systems_box
from evalkit.coupling.audit.coordination import coordination_hypotheses
from evalkit.coupling.audit.coupling import coupling_hypotheses
from evalkit.coupling.audit.development import development_hypotheses
from evalkit.coupling.audit.rescaling import Builder, rescaled_hypotheses, scopes
from evalkit.coupling.audit.trial import Decision, Hypothesis, decide
from evalkit.stats.arrays import Codes, Mask
from evalkit.terms import Text

FROM_U = Text("由 U 直接算出", "straight from the systems")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Columns:
    """What is printed: the systems, and C, T and D where they are; `units` and `periods` are codes of the rows.

    `scored` are intervals of the systems (n, m) recomputed from raw data, for rows in which the systems are not printed.
    """

    systems: tuple[Printed, ...]
    c: Printed | None = None
    t: Printed | None = None
    d: Printed | None = None
    units: Codes | None = None
    periods: Codes | None = None
    scored: Box | None = None

    def box(self, how: Cut) -> Box:
        """The intervals of the systems; NaN where they are neither printed nor recomputed."""
        box = systems_box(self.systems, how)
        if self.scored is None:
            return box
        gone = np.isnan(box.low)
        return Box(np.where(gone, self.scored.low, box.low), np.where(gone, self.scored.high, box.high))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Decided:
    """A decision, the printed cells it is about, and which cells of its columns (`names`, one below the other) these are.

    `systems` says whether the systems behind it were taken as rounded or as cut.
    """

    decision: Decision
    printed: Printed
    rows: Mask
    names: tuple[str, ...] = ()
    systems: Cut = "rounded"


def coupling_step(table: Columns, how: Cut) -> Decided | None:
    """What reproduces C, from the systems."""
    if table.c is None:
        return None
    u = table.box(how)
    rows = table.c.known & ~np.isnan(u.low).any(axis=0)
    printed = _rows(table.c, rows)
    t = _box_of(table.t, rows)

    def build(box: Box, *, solve: bool) -> list[Hypothesis]:
        return coupling_hypotheses(box.rows(rows), printed.box(), t, solve=solve)

    return Decided(decision=_two_tiers("C", u, table, build, printed), printed=printed, rows=rows, systems=how)


def development_step(table: Columns, how: Cut) -> Decided | None:
    """What reproduces T, from the systems."""
    if table.t is None:
        return None
    u = table.box(how)
    rows = table.t.known & ~np.isnan(u.low).any(axis=0)
    printed = _rows(table.t, rows)
    largest = np.nanmax(u.middle, axis=1) if rows.any() else np.zeros(len(u.low))

    def build(box: Box, *, solve: bool) -> list[Hypothesis]:
        return development_hypotheses(box.rows(rows), printed.box(), largest=largest, solve=solve)

    return Decided(decision=_two_tiers("T", u, table, build, printed), printed=printed, rows=rows, systems=how)


def coordination_step(table: Columns, how: Cut) -> Decided | None:
    """What reproduces D: from the printed C and T, else from the systems themselves, else from systems that were rescaled."""
    if table.d is None:
        return None
    u = table.box(how)
    rows = table.d.known
    if table.c is None or table.t is None:
        rows = rows & ~np.isnan(u.low).any(axis=0)
    for one in (table.c, table.t):
        rows = rows & one.known if one is not None else rows
    printed = _rows(table.d, rows)
    c, t = _box_of(table.c, rows), _box_of(table.t, rows)
    first = decide("D", coordination_hypotheses(u.rows(rows), c, t, printed.box()), printed)
    whole = table.d.known & ~np.isnan(u.low).any(axis=0)
    more = first.outcome == "undecided" and whole.sum() > rows.sum()
    if first.outcome == "nothing" or more:
        again = _from_systems(table, u, whole, first, printed_chain=c is not None or t is not None)
        if again.decision.outcome not in ("nothing", "undecided") or first.outcome == "nothing":
            return replace(again, systems=how)
    return Decided(decision=first, printed=printed, rows=rows, systems=how)


def _from_systems(table: Columns, u: Box, rows: Mask, first: Decision, *, printed_chain: bool) -> Decided:
    """D from the systems alone, as they are printed and then rescaled."""
    assert table.d is not None
    printed = _rows(table.d, rows)

    def build(box: Box, *, solve: bool) -> list[Hypothesis]:
        return coordination_hypotheses(box.rows(rows), None, None, printed.box(), solve=solve)

    second = first
    if printed_chain:
        named = [
            replace(one, key=f"from_systems|{one.key}", name=_told(one.name), wider=_under(one.wider))
            for one in build(u, solve=True)
        ]
        second = decide("D", named, printed)
    if second.outcome == "nothing":
        second = _second_tier(second, u, table, build, printed)
    tried = second.tried if second is first else (*second.tried, *first.tried)
    return Decided(decision=replace(second, tried=tried), printed=printed, rows=rows)


def _told(name: Text) -> Text:
    return Text("{how}：{name}", "{how}: {name}").format(how=FROM_U, name=name)


def _under(keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"from_systems|{key}" for key in keys)


def _two_tiers(step: str, u: Box, table: Columns, build: Builder, printed: Printed) -> Decision:
    """The systems as they are printed first; only where nothing stands, the systems rescaled."""
    first = decide(step, build(u, solve=True), printed)
    return _second_tier(first, u, table, build, printed) if first.outcome == "nothing" else first


def _second_tier(first: Decision, u: Box, table: Columns, build: Builder, printed: Printed) -> Decision:
    groups: Mapping[str, Codes] = scopes(table.units, table.periods, u.low.shape[1])
    if np.isnan(u.low).any():
        return first
    second = decide(first.step, rescaled_hypotheses(u, groups, build, printed), printed)
    return first if second.outcome == "nothing" else replace(second, tried=(*second.tried, *first.tried))


def _rows(one: Printed, rows: Mask) -> Printed:
    return Printed(one.values[rows], one.unit[rows])


def _box_of(one: Printed | None, rows: Mask) -> Box | None:
    """The intervals of a printed column over some rows, if it is printed in all of them."""
    return _rows(one, rows).box() if one is not None and one.known[rows].all() else None


def agreed(steps: Mapping[str, Decided]) -> dict[str, Decided]:
    """The steps, an undecided one settled by another: systems that were rescaled for one of C, T and D were so for all."""
    treated = {
        key
        for one in steps.values()
        if one.decision.outcome == "error" and one.decision.best is not None
        and (key := one.decision.best.hypothesis.key.partition("|")[0]).startswith("rescaled")
    }  # fmt: skip
    return {step: _settled_by(one, treated) for step, one in steps.items()}


def _settled_by(one: Decided, treated: set[str]) -> Decided:
    decision = one.decision
    if decision.outcome != "undecided" or decision.best is None:
        return one
    same = [trial for trial in (decision.best, *decision.rivals) if trial.hypothesis.key.partition("|")[0] in treated]
    if not same:
        return one
    return replace(one, decision=replace(decision, outcome="error", best=same[0], rivals=tuple(same[1:])))
