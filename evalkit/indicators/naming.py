"""Indicators and dimensions by name, in a row, for notes."""

from __future__ import annotations

from collections.abc import Iterable

from evalkit.panel.system import IndicatorSystem
from evalkit.terms import Text


def named(system: IndicatorSystem, ids: Iterable[str], most: int = 8) -> Text:
    """The names of some indicators, dimensions or the system itself, the first few of many.

    Examples
    --------
    >>> import evalkit as ek
    >>> named(ek.systems("consolidation")["consolidation"], ["G10", "employment", "G12"], most=2).en
    'Rural tap-water coverage; Employment and 1 more'
    """
    known = {system.id: system.name} | {d.id: d.name for d in system.dimensions} | {i.id: i.name for i in system.every}
    every = [known[name] for name in ids]
    zh, en = "、".join(name.zh for name in every[:most]), "; ".join(name.en for name in every[:most])
    more = len(every) - most
    return Text(zh, en) if more <= 0 else Text(f"{zh}等 {len(every)} 项", f"{en} and {more} more")
