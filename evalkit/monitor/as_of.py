"""The state of homes as it was known on a past day: honest facts to train on, each with the day it became known on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import narwhals as nw
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import instance, many, one_of, shown
from evalkit.errors import DataError, SpecError, did_you_mean, several
from evalkit.monitor.engine.base import Engine, Frame
from evalkit.monitor.income import Flow, incomes, two_incomes
from evalkit.monitor.linkage.linkage import Linkage, Linked
from evalkit.monitor.linkage.register import HOME, Register, homes_known
from evalkit.monitor.windows import month_number, twelve_months
from evalkit.terms import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class AsOf:
    """What was known of every home on a day, no later record having a part in it: the same facts then and ever after.

    Parameters
    ----------
    sources
        The sources that are read.
    income
        Those that are income: `income` of the twelve months before the month of the day, `income_before` of the twelve before.
    spending
        Those that are spending: `spending_…` of the same twelve months by source.
    states
        Source → columns of states: `…_column` by source, as newest known. Of several persons of a home a flag holds if it holds
        for all, whole numbers add up, and of words the last in order stands (D after A).
    period
        What counts as the period of the day: its "month" (12 × year + month − 1, so that waves are
        as far apart as they are) or its "year".
    linkage
        How records find homes.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> medical = SimpleNamespace(id="medical", covers="event")
    >>> AsOf(sources=(medical,), spending=("medical",)).columns
    ('members', 'spending_medical')
    """

    sources: Sequence[Flow]
    income: tuple[str, ...] = ()
    spending: tuple[str, ...] = ()
    states: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    period: Literal["month", "year"] = "month"
    linkage: Linkage = Linkage()

    def __post_init__(self) -> None:
        sources = many(self.sources, who="AsOf sources", do="give the sources in a tuple")
        object.__setattr__(self, "sources", sources)
        strange = [source for source in sources if not isinstance(getattr(source, "id", None), str)]
        if strange:
            do = "give sources such as Pensions(), each with its id"
            raise SpecError("AsOf sources cannot be this", found=shown(strange[0]), do=do)
        known = [source.id for source in sources]
        for name in ("income", "spending"):
            ids = many(getattr(self, name), who=f"AsOf {name}", do='write ("medical",)')
            for one in ids:
                one_of(one, known, who=f"a source of AsOf {name}")
            object.__setattr__(self, name, ids)
        if not isinstance(self.states, Mapping):
            raise SpecError("AsOf states map sources to columns", do='write {"water": ("safe",)}')
        for one, columns in self.states.items():
            one_of(one, known, who="a source of AsOf states")
            many(columns, who=f"AsOf states of '{one}'", do='write {"water": ("safe",)}')
        if len(set(self.columns)) < len(self.columns):
            raise SpecError(
                "AsOf has two facts of one name", found=several(self.columns, 20), do="name each source and state once"
            )
        one_of(self.period, ("month", "year"), who="AsOf period")
        instance(self.linkage, Linkage, who="AsOf linkage", do="give a Linkage")

    @property
    def columns(self) -> tuple[str, ...]:
        """The facts, each of which has its `…_known` and `…_date` beside it."""
        income = ("income", "income_before") if self.income else ()
        states = (f"{source}_{column}" for source, columns in self.states.items() for column in columns)
        return ("members", *income, *(f"spending_{source}" for source in self.spending), *states)

    def facts(self, engine: Engine, records: Mapping[str, Frame], register: Register, day: date) -> AsKnown:
        """The facts of every home the register knew on the day.

        Raises
        ------
        DataError
            A source has no records, or a column of its states is absent.
        """
        linked = self.linkage.measure(engine, records, register, self.sources, day)
        homes = homes_known(register, linked.stays, day)
        members = nw.when(nw.col("members") > 0).then(nw.col("members_known")).otherwise(nw.col("known_date"))
        wide = homes.with_columns(members_known=members).drop("known_date")
        for part in self._parts(engine, linked, day):
            wide = wide.join(part, on="home", how="left")
        frame = self._keyed(engine.collect(wide), day)
        return AsKnown(spec=self, frame=frame, notes=(*_notes(day), *linked.notes), linked=linked.frame)

    def _parts(self, engine: Engine, linked: Linked, day: date) -> list[Frame]:
        """Facts by home, with the dates they became known."""
        by_id = {source.id: source for source in self.sources}
        window, parts = twelve_months(day), []
        if self.income:
            both = two_incomes(engine, linked.records, [by_id[one] for one in self.income], window, day)
            dates = {"known_date": "income_known", "known_before": "income_before_known"}
            parts.append(both.select("home", "income", "income_before", *dates).rename(dates))
        for one in self.spending:
            spent = incomes(engine, linked.records, [by_id[one]], window, day).select("home", "income", "known_date")
            parts.append(spent.rename({"income": f"spending_{one}", "known_date": f"spending_{one}_known"}))
        parts += [_state(linked.records[one], one, column) for one, columns in self.states.items() for column in columns]
        return parts

    def _keyed(self, frame: pd.DataFrame, day: date) -> pd.DataFrame:
        """Facts as numbers, money in yuan, keyed by home and period, in order of homes."""
        frame = frame.sort_values("home", ignore_index=True)
        period = month_number(day) if self.period == "month" else day.year
        made: dict[str, pd.Series] = {name: frame[name] for name in ("county", "village")}
        made |= {name: _number(frame[name]) for name in HOME[3:]}
        money = {"income", "income_before", *(f"spending_{one}" for one in self.spending)}
        for name in self.columns:
            words = name not in money and not pd.api.types.is_numeric_dtype(frame[name])
            value = frame[name] if words else _number(frame[name])
            made[name] = value / 100 if name in money else value
            made[f"{name}_known"] = pd.Series(float(period), index=frame.index).where(frame[f"{name}_known"].notna())
            made[f"{name}_date"] = pd.to_datetime(frame[f"{name}_known"])
        unit = pd.Index(frame["home"].astype("int64"), name="unit")
        index = pd.MultiIndex.from_arrays([unit, [period] * len(frame)], names=["unit", "period"])
        return pd.DataFrame({name: one.to_numpy() for name, one in made.items()}, index=index)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AsKnown(Answer):
    """Facts as known on a day: `frame` is keyed by (unit, period), the pseudonym of a home and the period of the day.

    It has county, village, formerly_poor and labor, and the facts of the spec, money in yuan. What was not known is a gap: no
    record is not nothing. Beside each fact `…_date` is the day on which the last record it is made of became known, and `…_known`
    the period a `FeaturePlan` may see it in: its own, a gap where there is none. `linked` counts linkage by source, see `Linked`.
    """

    spec: AsOf
    linked: pd.DataFrame


def _state(records: Frame, source: str, column: str) -> Frame:
    """The newest known state of each person, together for the home."""
    schema = records.collect_schema()
    if column not in schema.names():
        do = did_you_mean(column, schema.names()) or "name one of its columns"
        raise DataError(f"records of '{source}' lack the state '{column}'", found=several(schema.names(), 20), do=do)
    name, value = f"{source}_{column}", nw.col(column)
    rows = records.filter(~value.is_null()).select("home", "person", column, "event_date", "known_date", "delivery", "row")
    last = rows.unique(subset=["home", "person"], keep="last", order_by=["event_date", "known_date", "delivery", "row"])
    together = {
        "Boolean": value.cast(nw.Int64).min(),
        "String": value.max(),
    }.get(str(schema[column]), value.sum().cast(nw.Int64))
    return last.group_by("home").agg(together.alias(name), nw.col("known_date").max().alias(f"{name}_known"))


def _number(column: pd.Series) -> pd.Series:
    """Whole numbers and flags as numbers with gaps."""
    return column.astype("Float64").astype(float)


def _notes(day: date) -> tuple[Note, ...]:
    text = Text(
        "按 {d} 当日已获知的记录计算，此后获知的记录未使用。", "As known on {d}; no record that became known later has a part."
    )
    return (Note("choice", text.format(d=day.isoformat())),)
