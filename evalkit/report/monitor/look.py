"""How a look at a day is shown: whom to visit, how good deliveries are, and which conditions of closing are met."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from evalkit.monitor.ledger.closing import CONDITIONS, Closable
from evalkit.monitor.monitor import Look
from evalkit.report.document import Figure, Table
from evalkit.report.monitor.tables import FEWER, LEAST, Counts
from evalkit.report.verbs import figures, names, tables, words
from evalkit.report.words import Voice
from evalkit.stats.suppression import suppressed
from evalkit.terms import Text

CLOSING = Text("在监测对象：各项风险消除条件（户次）", "Monitored cases by condition of closing")
CONDITION = Text("条件", "Condition")
ANSWERS = (Text("符合", "Met"), Text("不符合", "Not met"), Text("未知", "Not known"))


def conditions(closable: Closable, least: int = LEAST) -> Counts:
    """How many cases meet each condition, do not, or cannot be judged; each row is all cases."""
    counts = []
    for name in CONDITIONS:
        known = closable.frame[name].astype("boolean")
        counts.append([int(known.eq(True).sum()), int(known.eq(False).sum()), int(known.isna().sum())])
    found = suppressed(np.array(counts, dtype=np.intp), least, totals=(True, False))
    return Counts(rows=tuple(CONDITIONS), heads=ANSWERS, found=found, least=least)


@tables.register
def _(answer: Closable, voice: Voice) -> tuple[Table, ...]:
    named = Voice(voice.lang, {**voice.names, **CONDITIONS})
    return (conditions(answer).table("closing", CLOSING, CONDITION, named),)


@words.register
def _(answer: Closable, voice: Voice) -> str:
    text = Text(
        "在监测的 {n} 户次中，{met} 户次符合全部条件；是否消除由人决定。",
        "Of {n} monitored cases {met} meet all conditions; whether a risk is resolved is decided by people.",
    )
    return voice(text, n=_said(len(answer.frame), voice), met=_said(int(answer.frame["met"].sum()), voice))


@names.register
def _(answer: Look) -> Mapping[str, Text]:
    sources = {source.id: source.name for source in answer.spec.sources}
    return sources | {rule.id: rule.name for rule in answer.spec.rules.rules}


@tables.register
def _(answer: Look, voice: Voice) -> tuple[Table, ...]:
    return (*tables(answer.triaged, voice), *tables(answer.quality, voice), *tables(answer.closable, voice))


@figures.register
def _(answer: Look, voice: Voice) -> tuple[Figure, ...]:
    return figures(answer.quality, voice)


@words.register
def _(answer: Look, voice: Voice) -> str:
    parts = [words(one, voice) for one in (answer.triaged, answer.quality, answer.closable)]
    return voice(Text("", " ")).join(parts)


def _said(count: int, voice: Voice) -> str:
    return voice(FEWER, n=LEAST) if 0 < count < LEAST else f"{count:,}"
