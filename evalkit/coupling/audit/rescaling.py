"""Systems rescaled to the whole of [0, 1] once more before C, T and D: within each unit, within each year, or over all rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Protocol

import numpy as np

from evalkit.coupling.audit.boxes import Box, Printed, rescaled
from evalkit.coupling.audit.trial import Hypothesis, attempt
from evalkit.stats.arrays import Codes
from evalkit.terms import Text

SPANS = ((0.01, 0.99), (0.0, 1.0), (0.002, 0.998), (0.001, 0.999))
SCOPES = {
    "within_units": Text("U 先在每个单元内重新归一化", "U was rescaled within each unit first"),
    "within_periods": Text("U 先在每一年内重新归一化", "U was rescaled within each year first"),
    "over_all": Text("U 先在全部样本上重新归一化", "U was rescaled over all rows first"),
}


class Builder(Protocol):
    """The hypotheses of a step on some systems, with or without parameters solved from the table."""

    def __call__(self, box: Box, *, solve: bool) -> Iterable[Hypothesis]:
        """The hypotheses on the systems in a box."""
        ...


def scopes(units: Codes | None, periods: Codes | None, rows: int) -> dict[str, Codes]:
    """The groupings of rows that rescaling may run within: those with several groups of several rows, and all rows together."""
    every = {"over_all": np.zeros(rows, dtype=np.intp)}
    for name, codes in (("within_units", units), ("within_periods", periods)):
        if codes is not None and 1 < len(np.unique(codes)) <= rows / 2:
            every[name] = codes
    return every


def rescaled_hypotheses(u: Box, groups: Mapping[str, Codes], build: Builder, printed: Printed) -> list[Hypothesis]:
    """The hypotheses of a step, on rescaled systems; of the spans in use, the one that reproduces most cells.

    Only what would be right without the rescaling is tried: two errors at once are not looked for.
    """
    kept = []
    for scope, codes in groups.items():
        best: dict[str, tuple[int, Hypothesis]] = {}
        for span in SPANS:
            for one in build(rescaled(u, codes, span), solve=False):
                if one.kind == "error":
                    continue
                hits = int(attempt(one, printed).hits.sum())
                if one.key not in best or hits > best[one.key][0]:
                    best[one.key] = (hits, _told(one, scope, span))
        kept += [one for _, one in best.values()]
    return kept


def _told(one: Hypothesis, scope: str, span: tuple[float, float]) -> Hypothesis:
    onto = Text("（到 [{a:g}, {b:g}]）", " (to [{a:g}, {b:g}])").format(a=span[0], b=span[1])
    name = Text("{what}{onto}；{name}", "{what}{onto}; {name}").format(what=SCOPES[scope], onto=onto, name=one.name)
    wider = tuple(f"rescaled_{scope}|{w}" for w in one.wider)
    return replace(one, key=f"rescaled_{scope}|{one.key}", name=name, kind="error", wider=wider)
