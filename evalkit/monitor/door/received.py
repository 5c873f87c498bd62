"""What became of deliveries at the door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evalkit.answer import Answer
from evalkit.errors import EvalkitError
from evalkit.identifiers import direct_identifier
from evalkit.monitor.door.notes import notes_of
from evalkit.monitor.door.rules import Refusal
from evalkit.monitor.door.store import declared
from evalkit.monitor.door.tally import Tally
from evalkit.monitor.sources.sources import Delivered

OUTCOME = (
    "source", "delivery", "file", "status", "rule", "rows", "kept", "set_aside", "rounded", "first_event", "last_event",
    "first_known", "last_known", "fingerprint",
)  # fmt: skip
REASONS = ("source", "delivery", "column", "rule", "rows")
ASIDE = ("source", "delivery", "file", "row", "column", "rule")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Received(Answer):
    """What came through the door.

    `frame` has a row a delivery: `source` (or "homes", "members"), `delivery` as evidence names it, `file`, `status` ("stored",
    "known": it was in the store already, "refused"), the `rule` by which it was refused, `rows`, how many were `kept` (none of a
    refused delivery) and `set_aside`, `rounded` amounts that had parts of a fen, the first and last event_date and known_date of
    sound rows, and `fingerprint`.

    `reasons` counts rows set aside by delivery, column and rule (see `door_rules.ROWS`); one may break several. `aside` names
    the first 1,000 of a delivery by their number in the file, and never by a cell. `refusals` holds the errors of refused files.
    """

    reasons: pd.DataFrame
    aside: pd.DataFrame
    refusals: Mapping[str, EvalkitError]


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What became of one delivery, as it is found out."""

    table: Delivered
    file: str
    given: str = ""  # as it is called in its folder, which nobody is told
    delivery: str = ""
    status: str = "refused"
    fingerprint: str = ""
    tally: Tally | None = None
    refusal: Refusal | None = None
    stored: Mapping[str, Any] | None = None

    def refused(self, refusal: Refusal) -> Outcome:
        """The delivery as refused."""
        named = refusal.where
        if self.given and self.given in named:
            named = self.file + named.rpartition(self.given)[2]
        refusal.where = self.file if not named or direct_identifier(named) else named
        self.status, self.refusal = "refused", refusal
        return self

    def known(self, receipt: Mapping[str, Any]) -> Outcome:
        """The delivery as one that is in the store already."""
        self.status, self.delivery, self.stored = "known", str(receipt["delivery"]), receipt
        return self

    @property
    def otherwise(self) -> bool:
        """Whether it was taken in under another declaration."""
        return self.stored is not None and self.stored["declared"] != declared(self.table)

    def receipt(self) -> dict[str, Any]:
        """What the store keeps of it beside its rows."""
        assert self.tally is not None
        card = {"table": self.table.place, "delivery": self.delivery, "file": self.file, "fingerprint": self.fingerprint}
        return {**card, "declared": declared(self.table), **self.tally.counts, "reasons": self.tally.reasons}

    def row(self) -> dict[str, Any]:
        """Its row in the answer."""
        told = {"source": self.table.id, "delivery": self.delivery, "file": self.file, "status": self.status}
        if self.stored is not None:
            return {**self.stored, **told, "rule": ""}
        counts = self.tally.counts if self.tally is not None else {}
        none = {"kept": 0} if self.refusal is not None and self.tally is not None else {}
        rule = self.refusal.rule if self.refusal is not None else ""
        return {**counts, **none, **told, "rule": rule, "fingerprint": self.fingerprint}


def received(spec: Any, outcomes: list[Outcome], strays: int = 0) -> Received:
    """The answer of what became of deliveries; `strays` counts files that match no source."""
    frame = pd.DataFrame([one.row() for one in outcomes], columns=list(OUTCOME))
    for name in ("rows", "kept", "set_aside", "rounded"):
        frame[name] = frame[name].astype("Int64")
    for name in ("first_event", "last_event", "first_known", "last_known"):
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[us]")
    counted = [(one, one.tally) for one in outcomes if one.tally is not None and one.stored is None]
    reasons = [(one.table.id, one.delivery, *reason.values()) for one, tally in counted for reason in tally.reasons]
    aside = [(one.table.id, one.delivery, one.file, *place) for one, tally in counted for place in sorted(tally.places)]
    return Received(
        spec=spec,
        frame=frame,
        notes=notes_of(frame, [one.file for one in outcomes if one.otherwise], strays),
        reasons=pd.DataFrame(reasons, columns=list(REASONS)),
        aside=pd.DataFrame(aside, columns=list(ASIDE)),
        refusals={one.file: one.refusal for one in outcomes if one.refusal is not None},
    )
