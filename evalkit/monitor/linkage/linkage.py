"""Departmental records brought to the homes they are about, by keys alone and by rules in order, every row accounted for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import narwhals as nw
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import many, one_of, shown, whole
from evalkit.errors import DataError, SpecError, several
from evalkit.monitor.engine.base import Engine, Frame, distinct
from evalkit.monitor.income import Flow
from evalkit.monitor.linkage.register import Register, known_by, lived, stays_as_of
from evalkit.monitor.linkage.rows import Rows, once_each, rows_of, totals
from evalkit.monitor.windows import month_of
from evalkit.terms import Text

LEFT = ("delivery", "row", "event_date", "known_date", "household_unknown")
RULES: dict[str, Text] = {
    "person": Text("按人员当日所在户", "by the home the person lived in that day"),
    "person_before": Text("按人员此前所在户", "by the home the person had left shortly before"),
    "household": Text("按填报户", "by the household as filed"),
}
NEEDED = ("household", "person", "number", "event_date", "known_date", "county", "delivery", "row")
COUNTS = (
    "records", "kept", "duplicates", "conflict_number", "unmatched", "by_person", "by_person_before", "by_household", "moved",
    "household_unknown", "ambiguous", "double_month",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Linkage:
    """How records find their homes: by equal keys only, the first rule that finds a home decides.

    A person wins over the household that was filed: who moved is often still filed under the old home. Rules find only homes the
    register knew on the day. Nothing is guessed: what no rule finds stays unmatched, for its department to look at.

    Parameters
    ----------
    rules
        In order: "person" (the home the person lived in on the day of the event), "person_before" (the home the person left
        before it, when in none on the day), "household" (as filed).
    months
        How many months before the event a person may have left a home for "person_before".

    Examples
    --------
    >>> Linkage(rules=("household",)).rules
    ('household',)
    """

    rules: tuple[str, ...] = ("person", "person_before", "household")
    months: int = 12

    def __post_init__(self) -> None:
        rules = many(self.rules, who="Linkage rules", do='write ("person", "household")')
        for rule in rules:
            one_of(rule, list(RULES), who="a rule of Linkage")
        if not rules or len(set(rules)) < len(rules):
            raise SpecError("Linkage rules are some, each once", found=shown(rules), do='write ("person", "household")')
        object.__setattr__(self, "rules", rules)
        whole(self.months, who="Linkage months")

    def measure(
        self, engine: Engine, records: Mapping[str, Frame], register: Register, sources: Sequence[Flow], as_of: date
    ) -> Linked:
        """The records known on a day, each once, with their homes, and the counts of each source.

        Raises
        ------
        DataError
            A source has no records, or they lack a column.
        """
        for source in sources:
            _sound(records, source.id)
        stays = stays_as_of(engine, register, as_of)
        homes = engine.keep(distinct(known_by(register.homes, as_of), "household"))
        found, left, counts = {}, {}, []
        for source in sources:
            known = known_by(records[source.id], as_of)
            columns = known.collect_schema().names()
            told = totals(engine, known, records=nw.len(), persons=_yes(~nw.col("person").is_null()))
            rows = once_each(engine, known)
            named = told["persons"] > 0 or "household" not in self.rules
            placed = self._placed(engine, rows.records, columns, stays, homes) if named else _filed(engine, rows.records, homes)
            found[source.id], left[source.id] = placed.found.select(*columns, "home", "link"), placed.left.select(*LEFT)
            counts.append(_counts(engine, source, placed, told["records"], rows))
        frame = pd.DataFrame(counts, index=pd.Index([source.id for source in sources], name="source"), columns=list(COUNTS))
        claimed = rows_of(engine, distinct(stays.filter(nw.col("shared")), "person"))
        return Linked(spec=self, frame=frame, notes=_notes(self, frame, claimed), records=found, unmatched=left, stays=stays)

    def _placed(self, engine: Engine, records: Frame, columns: Sequence[str], stays: Frame, homes: Frame) -> _Placed:
        """Records of persons with home, link, and marks for the counts."""
        rows = lived(records, stays).join(homes.with_columns(_known=nw.lit(True)), on="household", how="left")
        lately = month_of(nw.col("event_date")) - month_of(nw.col("left_on")) <= self.months
        answers = {
            "person": nw.col("lives"),
            "person_before": nw.when(lately).then(nw.col("left")),
            "household": nw.when(nw.col("_known")).then(nw.col("household")),
        }
        home, link = nw.lit(None, dtype=nw.Int64), nw.lit(None, dtype=nw.String)
        for rule in reversed(self.rules):
            answer = answers[rule]
            home, link = nw.coalesce(answer, home), nw.when(~answer.is_null()).then(nw.lit(rule)).otherwise(link)
        known_home = nw.col("_known").fill_null(False)
        marked = rows.with_columns(home=home, link=link).select(
            *columns,
            "home",
            "link",
            _moved=(known_home & (nw.col("household") != nw.col("home"))).fill_null(False),
            household_unknown=~nw.col("household").is_null() & ~known_home,
            _shared=(nw.col("shared") & (nw.col("link") == nw.lit("person"))).fill_null(False),
        )
        placed, found = engine.keep(marked), ~nw.col("home").is_null()
        return _Placed(placed.filter(found), placed.filter(~found), named=True)


class _Placed(NamedTuple):
    """Records that found a home, and those that did not, with marks for the counts."""

    found: Frame
    left: Frame
    named: bool  # whether persons were asked for


def _filed(engine: Engine, records: Frame, homes: Frame) -> _Placed:
    """Records that name no person, by the household as filed; they are not kept, for reading the store again is quicker.

    The households that the register does not know are few: what was found is what is not of them, each time it is read.
    """
    named = ~nw.col("household").is_null()
    strange = records.join(homes, on="household", how="anti").with_columns(household_unknown=named)
    left = engine.keep(strange.select("household", *LEFT))
    strangers = engine.keep(distinct(left.filter(named), "household"))
    known = records.filter(named).join(strangers, on="household", how="anti")
    found = known.with_columns(home=nw.col("household"), link=nw.lit("household"))
    return _Placed(found, left.select(*LEFT), named=False)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Linked(Answer):
    """Records with their homes: `frame` counts by source.

    Every record known on the day is in one of four: `records` = `kept` + `duplicates` (the same row delivered again) +
    `conflict_number` (a content that gave way to a newer one of its number) + `unmatched`. `kept` = `by_person` +
    `by_person_before` + `by_household`. Of the kept, `moved` were filed under another home than their person's, and `ambiguous`
    have a person whom two homes claimed that day. `household_unknown` counts kept and unmatched records filed under a household
    the register did not know, `double_month` records that follow another of the same home, person and month in a source that
    should have one.

    `records` holds by source the kept rows, all their columns with `home` and `link` (the rule that found it); `unmatched` the
    others, delivery and row, for the department to look at. `stays` says who lived where, see `stays_as_of`.
    """

    records: Mapping[str, Frame]
    unmatched: Mapping[str, Frame]
    stays: Frame


def _sound(records: Mapping[str, Frame], source: str) -> None:
    """Refuse records that are not there or lack what linkage reads."""
    if source not in records:
        raise DataError(f"source '{source}' has no records to link", found=several(records), do="give an empty table of it")
    absent = [name for name in NEEDED if name not in records[source].collect_schema().names()]
    if absent:
        raise DataError(f"records of '{source}' lack columns [{several(absent)}]", do="take them in again at the door")


def _counts(engine: Engine, source: Flow, placed: _Placed, records: int, rows: Rows) -> dict[str, int]:
    """The counts of a source; what was found is looked through again only where persons were asked for."""
    left = totals(engine, placed.left, rows=nw.len(), unknown=_yes(nw.col("household_unknown")))
    kept = records - rows.duplicates - rows.conflicts - left["rows"]
    told = {"records": records, "kept": kept, "duplicates": rows.duplicates, "conflict_number": rows.conflicts}
    links, marks = dict.fromkeys([f"by_{rule}" for rule in RULES], 0), dict.fromkeys(MARKS, 0)
    if placed.named:
        asked = {f"by_{rule}": _yes(nw.col("link") == nw.lit(rule)) for rule in RULES}
        links = totals(engine, placed.found, **asked)
        marks = totals(engine, placed.found, **{name: _yes(nw.col(mark)) for name, mark in MARKS.items()})
    else:
        links["by_household"] = kept
    double = 0
    if source.covers == "month":
        at = placed.found.select("home", "person", _month=month_of(nw.col("event_date")))
        double = kept - rows_of(engine, distinct(at, "home", "person", "_month"))
    unknown = marks.pop("household_unknown") + left["unknown"]
    return {**told, **links, **marks, "household_unknown": unknown, "unmatched": left["rows"], "double_month": double}


MARKS = {"moved": "_moved", "household_unknown": "household_unknown", "ambiguous": "_shared"}


def _yes(mark: nw.Expr) -> nw.Expr:
    """How many rows have a mark."""
    return nw.when(mark).then(nw.lit(1)).otherwise(nw.lit(0)).sum()


def _notes(spec: Linkage, frame: pd.DataFrame, claimed: int) -> tuple[Note, ...]:
    zh, en = "、".join(RULES[rule].zh for rule in spec.rules), ", ".join(RULES[rule].en for rule in spec.rules)
    order = Text("记录只按键值完全一致归户，依次为：{r}。", "Records find homes by equal keys only, in this order: {r}.")
    notes = [Note("choice", order.format(r=Text(zh, en)))]
    left, double, unsure = (int(frame[name].sum()) for name in ("unmatched", "double_month", "ambiguous"))
    if left:
        text = Text("{n:,} 条记录未能归户，未计入任何住户。", "{n:,} records found no home and count for none.")
        notes.append(Note("left_out", text.format(n=left)))
    if "household" in spec.rules and frame["by_household"].sum():
        text = Text(
            "{n:,} 条记录按填报户归户：填错但存在的户号无法由键值识别；按月来源中 {m:,} 条与同户同月另一条重复，可疑。",
            "{n:,} records went to the household as filed: a wrong one that exists cannot be seen by its key. {m:,} of monthly "
            "sources follow another of the same home and month, which is suspicious.",
        )
        notes.append(Note("caution", text.format(n=int(frame["by_household"].sum()), m=double)))
    if claimed:
        text = Text(
            "{p:,} 人同时登记在两户：以最新获知的为准，涉及 {n:,} 条记录。",
            "{p:,} persons are registered in two homes at once: what became known last stands; {n:,} records are concerned.",
        )
        notes.append(Note("caution", text.format(p=claimed, n=unsure)))
    return tuple(notes)
