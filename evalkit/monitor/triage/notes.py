"""What must be known beside a list of homes to visit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from evalkit.answer import Note
from evalkit.terms import Text, first_of

if TYPE_CHECKING:
    from evalkit.monitor.triage.triage import Triage

VISITS = Text(
    "名单只安排入户走访，不作任何认定，不增减帮扶；未列入者照常享受现有帮扶，并可自行申报。",
    "The list opens visits and decides nothing: it changes nobody's support, and who is not on it may come forward.",
)
TIES = Text(
    "同等次序以抽签定先后（由农户代号、日期、种子 {seed} 算出，与行序无关）；{villages} 个村名额边界由抽签取舍，共 {homes} 户。",
    "Equal homes are ordered by lot, from home, day and seed {seed}, whatever the order of rows; in {villages} villages the lot "
    "decided at the cutoff, among {homes} homes.",
)
HANDLED = Text(
    "{n:,} 户的信号均已在办或已有结论，不再列入名单。",
    "All signals of {n:,} homes are handled already, or were decided on: these are not listed again.",
)
SAME = Text(
    "{n:,} 户在办期间出现新信号，已告知；仅一级信号重新列入名单（{k:,} 户）。",
    "{n:,} homes with an open case have a new signal, which is told; only those of level 1 are listed anew ({k:,}).",
)
OVER = Text(
    "{n:,} 户超出本期走访能力，留待下期，届时排在同级之前。",
    "{n:,} homes are beyond what villages can visit now: they wait, and come first in their level next time.",
)
UNJUDGED = Text(
    "{n:,} 户收入不明，无从判断是否在监测范围内，暂按突发困难与否归类。",
    "The income of {n:,} homes is not known: whether they are in range cannot be told, and their kind goes by shocks alone.",
)
ORDERED = Text(
    "风险分值只用于同级排序，不剔除任何农户。",
    "Risk scores only order homes within what the rules found; none is taken off by a score.",
)
SCORED = Text(
    "{n:,} 户没有规则信号，按风险分值利用空余名额列入。",
    "{n:,} homes without a signal are listed by their risk score, in places left free.",
)
TYPO = Text("走访能力中 {names} 不是名单中的村。", "The capacity names {names}, where no home of the list is.")


def notes_of(spec: Triage, rows: pd.DataFrame, villages: pd.DataFrame) -> tuple[Note, ...]:
    """The notes of a list, only those that say something of it; `rows` are its homes, with what is `tied` and `judged`."""
    status, left, tied = rows["status"], int(villages["left"].sum()), rows[rows["tied"].to_numpy(dtype=bool)]
    again, unjudged = status == "signal", int((~rows["judged"].to_numpy(dtype=bool)).sum())
    edges, scored = len(tied[["county", "village"]].drop_duplicates()), int((rows["reasons"] == "risk_score").sum())
    unused = spec.capacity.unused(rows)
    said: list[tuple[object, Note]] = [
        (True, Note("choice", VISITS)),
        (True, Note("choice", TIES.format(seed=spec.seed, villages=edges, homes=len(tied)))),
        (rows["risk"].notna().any(), Note("choice", ORDERED)),
        (scored, Note("choice", SCORED.format(n=scored))),
        ((status == "handled").any(), Note("left_out", HANDLED.format(n=int((status == "handled").sum())))),
        (again.any(), Note("left_out", SAME.format(n=int(again.sum()), k=int((again & (rows["place"] > 0)).sum())))),
        (left, Note("left_out", OVER.format(n=left))),
        (unjudged, Note("caution", UNJUDGED.format(n=unjudged))),
        (unused, Note("caution", TYPO.format(names=first_of(unused)))),
    ]
    return tuple(note for true, note in said if true)
