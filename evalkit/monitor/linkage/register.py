"""The register of homes and their members, as it was known on a day: who lives where, and who lived where when it happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import narwhals as nw

from evalkit.monitor.engine.base import Engine, Frame, distinct

HOME = ("home", "county", "village", "formerly_poor", "labor")
DATES = ("from_date", "to_date")


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """The two tables of the register, as they stand in the store.

    `homes` has household, county, village, formerly_poor, labor and known_date: several rows a home over time. `members` has
    person, household, from_date, to_date and known_date: a person lives there on a day when from_date ≤ day < to_date, or has not
    left. A row that is known later, of the same person, home and from_date, replaces the one before.
    """

    homes: Frame
    members: Frame


def known_by(frame: Frame, as_of: date) -> Frame:
    """The rows that were known on a day."""
    return frame.filter(nw.col("known_date") <= nw.lit(as_of))


def newest(frame: Frame, key: Sequence[str], order: Sequence[str]) -> Frame:
    """The last row of each key in an order that leaves no tie; keys have no gaps.

    Only keys that stand more than once are put in order, as most stand once.
    """
    twice = repeated(frame, key)
    once = frame.join(twice, on=[*key], how="anti")
    last = frame.join(twice, on=[*key], how="semi").unique(subset=[*key], keep="last", order_by=[*order])
    return nw.concat([once, last.select(*once.collect_schema().names())], how="vertical")


def repeated(frame: Frame, key: Sequence[str]) -> Frame:
    """The keys that stand more than once."""
    return frame.group_by(*key).agg(nw.len().alias("_rows")).filter(nw.col("_rows") > 1).select(*key)


def homes_as_of(engine: Engine, register: Register, as_of: date) -> Frame:
    """Each home as known on a day: home, county, village, formerly_poor, labor, and how many members live there."""
    return engine.keep(homes_known(register, stays_as_of(engine, register, as_of), as_of).select(*HOME, "members"))


def homes_known(register: Register, stays: Frame, as_of: date) -> Frame:
    """Homes with their members of the day, and the dates both became known: `known_date`, and `members_known`.

    Of several rows of a home the newest known stands; of those known on one day, the last by village, county and flags.
    """
    homes = newest(known_by(register.homes, as_of), ["household"], ["known_date", "village", "county", "formerly_poor", "labor"])
    day = nw.lit(as_of)
    living = stays.filter(nw.col("from_date") <= day, nw.col("to_date").is_null() | (nw.col("to_date") > day))
    counts = living.group_by("home").agg(
        nw.len().cast(nw.Int64).alias("members"), nw.col("known_date").max().alias("members_known")
    )
    named = homes.select(nw.col("household").alias("home"), *HOME[1:], "known_date")
    return named.join(counts, on="home", how="left").with_columns(nw.col("members").fill_null(0))


def stays_as_of(engine: Engine, register: Register, as_of: date) -> Frame:
    """Where each person lived when, as known on a day, in homes the register knew: a person is in one home a day.

    One row a stay: person, home, from_date, to_date (gap: until now), known_date; `shared`, whether another home claims the
    person for these days too: then the membership that became known last stands (of one day, the one that began last, then the
    greater key). `since` and `until` are the days the row answers for: from its from_date until the person's next stay, the
    first row also for all days before, so that a record meets exactly one row of its person, see `lived`.
    """
    homes = distinct(known_by(register.homes, as_of), "household")
    members = known_by(register.members, as_of).join(homes, on="household", how="semi")
    members = members.select("person", "household", "from_date", "to_date", "known_date")
    moved = engine.keep(repeated(members, ["person"]))
    never, no = nw.lit(None, dtype=nw.Date), nw.lit(False)
    once = members.join(moved, on="person", how="anti").filter(_lasts())
    once = once.with_columns(shared=no, since=never, until=never)
    several = _apart(members.join(moved, on="person", how="semi"))
    order = ["person", "household", "from_date", "to_date", "known_date", "shared", "since", "until"]
    stays = nw.concat([once.select(*order), several.select(*order)], how="vertical").rename({"household": "home"})
    return engine.keep(stays)


def lived(records: Frame, stays: Frame, on: str = "event_date") -> Frame:
    """Records, as many as there were, with where their person lived on a day: `lives`, a gap where nowhere.

    `left` is where the person lived last before, with `left_on`, for who lives nowhere on that day any more; `shared` whether two
    homes claim the person for the day.
    """
    day = nw.col(on)
    answers = stays.select(
        "person", "shared", nw.col("home").alias("_home"), *(nw.col(c).alias(f"_{c}") for c in ("since", "until", *DATES))
    )
    joined = records.join(answers, on="person", how="left").filter(
        nw.col("_since").is_null() | (nw.col("_since") <= day), nw.col("_until").is_null() | (day < nw.col("_until"))
    )
    here = (nw.col("_from_date") <= day) & (nw.col("_to_date").is_null() | (day < nw.col("_to_date")))
    gone = nw.col("_to_date") <= day
    found = joined.with_columns(
        nw.when(here).then(nw.col("_home")).alias("lives"),
        nw.when(gone).then(nw.col("_home")).alias("left"),
        nw.when(gone).then(nw.col("_to_date")).alias("left_on"),
        (here & nw.col("shared")).fill_null(False).alias("shared"),
    )
    return found.drop("_home", "_since", "_until", *(f"_{c}" for c in DATES))


def _lasts() -> nw.Expr:
    """Memberships of a day at least."""
    return nw.col("to_date").is_null() | (nw.col("to_date") > nw.col("from_date"))


def _apart(members: Frame) -> Frame:
    """Memberships of persons who have several, cut where one begins or ends, with one home for each piece."""
    versions = newest(members, ["person", "household", "from_date"], ["known_date", "to_date"]).filter(_lasts())
    ends = [versions.select("person", nw.col(name).alias("_cut")) for name in DATES]
    cuts = distinct(nw.concat(ends, how="vertical").filter(~nw.col("_cut").is_null()), "person", "_cut")
    spans = cuts.with_columns(_next=nw.col("_cut").shift(-1).over("person", order_by="_cut"))
    pieces = spans.join(versions, on="person", how="inner").filter(
        nw.col("from_date") <= nw.col("_cut"), nw.col("to_date").is_null() | (nw.col("to_date") > nw.col("_cut"))
    )
    one, other = (side.over("person", "_cut") for side in (nw.col("household").min(), nw.col("household").max()))
    marked = pieces.with_columns(shared=one != other)
    chosen = marked.unique(subset=["person", "_cut"], keep="last", order_by=["known_date", "from_date", "household", "to_date"])
    stays = chosen.drop("from_date", "to_date").rename({"_cut": "from_date", "_next": "to_date"})
    before = nw.col("from_date").shift(1).over("person", order_by="from_date")
    return stays.with_columns(
        since=nw.when(~before.is_null()).then(nw.col("from_date")),
        until=nw.col("from_date").shift(-1).over("person", order_by="from_date"),
    )
