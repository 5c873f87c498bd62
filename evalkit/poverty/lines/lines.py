"""Where the line is drawn: lines of documents by province and year, and lines relative to what others have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import one_of, positive, shown, whole
from evalkit.errors import DataError, SpecError, did_you_mean, several
from evalkit.poverty.columns import has_rows, is_name, numbers, odd, told
from evalkit.poverty.lines.prices import Deflator
from evalkit.stats.arrays import Array
from evalkit.stats.parted import Parted
from evalkit.stats.quantiles import quantile_influence, quantiles
from evalkit.terms import Text, first_of

Kind = Literal["standard", "monitoring"]
NATION = "全国"
KINDS = ("standard", "monitoring")
NEEDED = ("province", "year", "kind", "value")
TEXTS = {"province_en": "", "unit": "yuan per person per year", "precision": "exact", "source": "", "confidence": "own"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RelativeLine:
    """A line that is a share of what others have: of the median or the mean income, of all or of each group.

    Being poor is then being far from the ordinary life around one; the line moves with all incomes. Its sampling error is part of
    the errors of the indices that use it.

    Parameters
    ----------
    share
        Of the median or mean; 0.6 is the European at-risk-of-poverty line.
    of
        "median" or "mean", weighted by the design.
    over
        A column: each of its groups has its own line. None: one line.

    Examples
    --------
    >>> RelativeLine(share=0.5).values(np.array([2.0, 4.0, 6.0]), Parted.of(np.ones(3)))
    array([2.])
    """

    share: float = 0.6
    of: Literal["median", "mean"] = "median"
    over: str | None = None

    def __post_init__(self) -> None:
        positive(self.share, who="RelativeLine share")
        one_of(self.of, ("median", "mean"), who="RelativeLine of")
        if self.over is not None:
            is_name(self.over, who="RelativeLine over")

    def values(self, income: Array, parted: Parted) -> Array:
        """The line of each group."""
        middle = parted.mean(income) if self.of == "mean" else quantiles(income, parted, 0.5)
        if not (middle > 0).all():
            found = f"{int((~(middle > 0)).sum())} groups whose {self.of} is not"
            raise DataError(
                f"a line relative to the {self.of} needs a positive one", found=found, do="use an absolute line there"
            )
        return self.share * middle

    def influence(self, income: Array, parted: Parted) -> Array:
        """What a little more weight of each row does to the line of its group."""
        if self.of == "mean":
            return self.share * parted.per(income - parted.rows(parted.mean(income)))
        return self.share * quantile_influence(income, parted, 0.5)[1]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PovertyLines:
    """Income lines by province and year, with their sources: the shipped table, overridden by your own.

    A line that no source was found for stays empty; asking it is an error and not a guess. Where a province has no line of its
    own in a year the national one stands in, which is said.

    Parameters
    ----------
    own
        Your table, with columns `province`, `year`, `kind` ("standard" or "monitoring") and `value`, and any of `province_en`,
        `unit`, `precision`, `source`, `confidence`. Its rows take the place of shipped ones of the same province, year and kind.
    times
        The line is so many times the one in the table: 1.5 with kind "standard" is the rule of the guidance of 2020.
    deflator
        With it a year without a line takes the latest earlier one of its province in prices of that year, which is said.

    Examples
    --------
    >>> PovertyLines().line(2021)
    6000.0
    >>> PovertyLines(times=1.5).line(2020, kind="standard")
    6000.0
    """

    own: pd.DataFrame | None = None
    times: float = 1.0
    deflator: Deflator | None = None

    def __post_init__(self) -> None:
        positive(self.times, who="PovertyLines times")
        if self.deflator is not None and not isinstance(self.deflator, Deflator):
            raise SpecError("PovertyLines deflator must be a Deflator", found=shown(self.deflator))
        if self.own is not None:
            has_rows(self.own, NEEDED, who="a table of lines")
            _sound(self.own)

    @property
    def table(self) -> pd.DataFrame:
        """All lines: one row a province, year and kind."""
        from evalkit import datasets  # readers of files are slow to import, and only the table needs them

        shipped = datasets.lines()
        if self.own is None:
            return shipped
        key = list(NEEDED[:3])
        own = self.own.assign(**{name: text for name, text in TEXTS.items() if name not in self.own})
        own = own.fillna(dict.fromkeys(TEXTS, ""))
        taken = shipped[key].merge(own[key].drop_duplicates(), on=key, how="left", indicator=True)["_merge"] == "both"
        every = pd.concat([own, shipped[~taken.to_numpy()]], ignore_index=True)
        return every[[column for column in shipped.columns if column in every]]

    def line(self, year: int, province: str = NATION, kind: Kind = "monitoring") -> float:
        """One line, in yuan per person per year.

        Raises
        ------
        DataError
            No source was found for it, or there is no such row.
        """
        is_name(province, who="the province of a line")
        whole(year, who="the year of a line", least=None)
        asked = pd.DataFrame({"province": [province], "year": [year]})
        return float(self.measure(asked, kind=kind).frame["line"].iloc[0])

    def measure(
        self, frame: pd.DataFrame, *, year: str = "year", province: str | None = "province", kind: Kind = "monitoring"
    ) -> Lines:
        """The line of each row of a frame, by its columns of year and province (None: the national one).

        Raises
        ------
        SpecError
            The kind is not known.
        DataError
            A column is absent, or a line is not known.
        """
        one_of(kind, KINDS, who="the kind of a line")
        named = [year] if province is None else [year, province]
        has_rows(frame, named, who="PovertyLines")
        years = numbers(frame, year, who="PovertyLines")
        place = frame[province] if province is not None else pd.Series(NATION, index=frame.index)
        if pd.api.types.infer_dtype(place, skipna=True).startswith("mixed"):
            raise DataError("provinces of lines must be text", found=f"others in '{province}'", do="write them as text")
        wrong = (years % 1 != 0) | (np.abs(years) > 9999)
        if wrong.any() or place.isna().any():
            found = f"years such as {years[wrong][0]:g}" if wrong.any() else "gaps in the province"
            raise DataError("lines are asked by province and whole year", found=found, do="write years as 2020")
        asked = pd.DataFrame({"province": place.to_numpy(), "year": years.astype(int)})
        pairs = asked.drop_duplicates(ignore_index=True)
        table = self.table
        table = table[table["kind"] == kind]
        rows = [self._find(table, str(p), int(y), kind) for p, y in zip(pairs["province"], pairs["year"], strict=True)]
        pairs = pd.concat([pairs, pd.DataFrame(rows)], axis=1)
        lines = asked.merge(pairs, on=["province", "year"], how="left").set_index(frame.index)
        return Lines(spec=self, frame=lines, pairs=pairs, notes=_notes(pairs, kind, self.times))

    def _find(self, table: pd.DataFrame, province: str, year: int, kind: str) -> dict[str, object]:
        """The line of a province and year and where it comes from."""
        names = table[[name for name in ("province", "province_en") if name in table]].to_numpy()
        own, nation = (names == province).any(axis=1), (names == NATION).any(axis=1)
        known = table["value"].notna()
        for rows in (table[own & known], table[nation & known]):
            exact = rows[rows["year"] == year]
            if len(exact):
                return _row(exact.iloc[0], float(exact["value"].iloc[0]) * self.times)
            earlier = rows[rows["year"] < year].sort_values("year", kind="stable")
            if self.deflator is not None and len(earlier):
                last = earlier.iloc[-1]
                return _row(last, self.deflator.carry(float(last["value"]), int(last["year"]), year) * self.times)
        hint = "" if own.any() else did_you_mean(province, [str(name) for name in np.unique(names.astype(str)) if name])
        do = "give it in a table of your own, PovertyLines(own=...), with columns province, year, kind, value and source"
        years = several(sorted(table.loc[(own | nation) & known, "year"].unique()), 20)
        raise DataError(
            f"the {kind} line of {told(province)} in {year} is not known: no source was found for it",
            found=f"lines of {years or 'no year'}",
            do=f"{hint} Otherwise {do}" if hint else do,
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Lines(Answer):
    """Lines of rows: `frame` is on the index that was asked.

    Columns: `province`, `year`, `line`, `whose` (the province whose line it is), `from_year` (the year it was set in), `unit`,
    `source`, `confidence` and `precision` of the table.
    `pairs` has one row a province and year.
    """

    spec: PovertyLines
    pairs: pd.DataFrame

    @property
    def series(self) -> pd.Series:
        """The line of each row, to add as a column."""
        return self.frame["line"]


def _row(row: pd.Series, line: float) -> dict[str, object]:
    kept = {name: row.get(name, "") for name in ("unit", "source", "confidence", "precision")}
    return {"line": line, "whose": row["province"], "from_year": int(row["year"]), **kept}


def _sound(own: pd.DataFrame) -> None:
    """Refuse a table of one's own that says two things, or none that can be used."""
    unknown = set(own["kind"].dropna()) - set(KINDS)
    if unknown or own["kind"].isna().any():
        raise DataError(
            "kinds of lines are 'standard' and 'monitoring'", found=odd(unknown) if unknown else "gaps", do="rename them"
        )
    if not pd.api.types.is_numeric_dtype(own["value"]) or not ((own["value"] > 0) | own["value"].isna()).all():
        raise DataError("lines must be positive numbers", found="others in column 'value'", do="mend the table of lines")
    if not np.isfinite(own["value"].dropna().to_numpy(dtype=float)).all():
        raise DataError("lines must be finite numbers", found="infinite ones in column 'value'", do="mend the table of lines")
    if not pd.api.types.is_integer_dtype(own["year"]):
        raise DataError("the years of lines are whole numbers", found=str(own["year"].dtype), do="write years as 2020")
    twice = own.loc[own.duplicated(list(NEEDED[:3])), "province"]
    if len(twice):
        raise DataError(
            "some lines stand twice in the table", found=odd(twice.unique()), do="keep one row a province, year and kind"
        )


def _notes(found: pd.DataFrame, kind: str, times: float) -> tuple[Note, ...]:
    text = {
        "standard": Text("收入线：国家扶贫标准。", "The line: the national poverty standard."),
        "monitoring": Text("收入线：防止返贫监测收入范围。", "The line: the income range of monitoring."),
    }[kind]
    notes = [Note("choice", text)]
    if times != 1:
        rule = Text("取表中数值的 {x} 倍。", "It is {x} times the figure in the table.")
        notes.append(Note("choice", rule.format(x=f"{times:g}")))
    sources = sorted(set(found["source"]) - {""})
    if sources:
        notes.append(Note("choice", Text("来源：{s}。", "Sources: {s}.").format(s="; ".join(sources))))
    lent = found[(found["whose"] == NATION) & ~found["province"].isin([NATION, "national"])]
    if len(lent):
        stood = Text("{p} 无本省线，用全国线代替。", "{p} have no line of their own; the national one stands in.")
        notes.append(Note("caution", stood.format(p=first_of(map(told, lent["province"].unique())))))
    carried = found[found["from_year"] != found["year"]]
    if len(carried):
        old = Text("{y} 年的线由较早年份按价格指数推算。", "Lines of {y} are earlier ones carried forward by prices.")
        notes.append(Note("filled", old.format(y=first_of(sorted(carried["year"].unique())))))
    if (found["precision"] == "about").any() or (~found["confidence"].isin(["high", "own"])).any():
        unsure = Text(
            "部分收入线为约数或来源可信度不高，请核对当地文件。",
            "Some lines are rough or of unsure source: check local documents.",
        )
        notes.append(Note("caution", unsure))
    return tuple(notes)
