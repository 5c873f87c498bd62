"""A file that is refused: what is wrong with its cells and its keys and what is wrong with its values, in one error."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from evalkit.panel.audit import Audit, accepted
from evalkit.panel.findings import Finding, refusal
from evalkit.panel.panel import Panel
from evalkit.panel.tidy import Tidied
from evalkit.terms import Text, same


def whole_panel(tidied: Tidied, wrong: Callable[[Panel], Iterable[Finding]]) -> Panel:
    """The panel of a file; where it cannot be one, what is wrong with the values that could be read is told with the rest.

    Raises
    ------
    DataError
        A cell, a column or a key keeps it from being a panel.
    """
    cells = [item for item in tidied.findings if item.severity == "defect"]
    if not cells:
        return tidied.panel()
    values = wrong(_readable(tidied)) if tidied.keyed.any() else ()
    raise refusal([*cells, *values], where=tidied.raw.place, homes=tidied.layout.waves)


def defects_of(audit: Audit, accept: Collection[str]) -> list[Finding]:
    """The defects of an audit that are not accepted."""
    wrong = audit.defects.loc[~accepted(audit.defects, accept)]
    told = wrong[["rule", "column", "count", "message_zh", "message_en"]].itertuples(index=False, name=None)
    return [
        Finding(rule=rule, severity="defect", column=column, count=int(count), message=Text(zh, en))
        for rule, column, count, zh, en in told
    ]


def _readable(tidied: Tidied) -> Panel:
    """The figures that could be read, of rows with a key of their own."""
    layout = tidied.layout
    assert layout.unit is not None
    assert layout.period is not None
    rows = tidied.frame.loc[tidied.keyed, [layout.unit, layout.period, *tidied.figures]]
    panel = Panel.from_frame(rows, unit=layout.unit, period=layout.period)
    return replace(panel, weights=tidied.weights, source=same(tidied.raw.place), places=tidied.places)
