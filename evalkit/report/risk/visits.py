"""The list of visits as people carry it: pseudonyms for households, risk with its interval, reasons, and dates last known."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from evalkit.answer import Note
from evalkit.check import has_columns, one_of, whole
from evalkit.errors import DataError, SpecError, several
from evalkit.panel.pseudonyms import a_key, short
from evalkit.report.document import Block, Document, Heading, Paragraph, Table
from evalkit.report.plain import cell, neutral
from evalkit.report.render import write
from evalkit.report.words import Voice
from evalkit.report.workbook import workbook
from evalkit.risk.lists.visiting import Visits
from evalkit.terms import Lang, Text

TITLE = Text("走访名单", "List of visits")
SMALL = Text("各地列入户数", "Households listed, by place")
HEADS = {
    "priority": Text("优先次序", "Priority"),
    "household": Text("农户代号", "Household"),
    "risk": Text("风险（%）", "Risk (%)"),
    "low": Text("风险下限（%）", "Risk, lower (%)"),
    "high": Text("风险上限（%）", "Risk, upper (%)"),
    "lot": Text("是否抽签入列", "By lot"),
}
YES, NO = Text("是", "yes"), Text("否", "no")
LETTERS = 12  # of a pseudonym: 60 bits


def pseudonyms(ids: Iterable[object], key: bytes) -> list[str]:
    """A pseudonym of each household: keyed BLAKE2b of its id, twelve letters and digits.

    Who has the key can make the table that leads back; without it ids cannot be guessed and tried. One key gives a household the
    same pseudonym on every list.

    Raises
    ------
    DataError
        Two households get one pseudonym.

    Examples
    --------
    >>> one, other = pseudonyms(["H1", "H2"], b"sixteen bytes ok")
    >>> len(one), one != other, pseudonyms(["H1"], b"another key here") != [one]
    (12, True, True)
    """
    return short([str(one) for one in ids], key, LETTERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitSheet:
    """What a list of visits shows of each household, and how it is written.

    Parameters
    ----------
    key
        The secret pseudonyms are made with, 16 to 64 bytes; keep it apart from the lists.
    low, high
        Columns of the interval of the risk (None: not shown).
    places
        Columns that say where to go, such as county and village; the list is sorted by them.
    reasons
        Columns of reasons, in words.
    known
        Columns of dates at which something was last known.
    names
        What columns are called.
    least
        Places with fewer listed households are counted as fewer than that.
    lang
        The language of the sheet.
    """

    key: bytes = field(repr=False)
    low: str | None = None
    high: str | None = None
    places: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    names: Mapping[str, Text] = field(default_factory=dict)
    least: int = 10
    lang: Lang = "zh"

    def __post_init__(self) -> None:
        a_key(self.key)
        if (self.low is None) != (self.high is None):
            raise SpecError("VisitSheet low and high go together", do="name both columns of the interval, or none")
        for part in ("places", "reasons", "known"):
            value = getattr(self, part)
            if not isinstance(value, tuple) or not all(isinstance(name, str) and name for name in value):
                raise SpecError(f"VisitSheet {part} must be a tuple of column names", found=repr(value)[:80])
        every = [*self.places, *self.reasons, *self.known, *[one for one in (self.low, self.high) if one is not None]]
        if len(set(every)) != len(every):
            raise SpecError("a column of VisitSheet is named twice", found=several(every))
        whole(self.least, who="VisitSheet least")
        one_of(self.lang, ("zh", "en"), who="VisitSheet lang")

    def rows(self, visits: Visits, about: pd.DataFrame | None = None) -> pd.DataFrame:
        """The listed households in order, ready to print; `about` holds what is known of each, on the index of the list.

        Raises
        ------
        DataError
            The list is empty, `about` lacks a household or a column, or households are not told apart by the index.
        """
        frame, about = self._listed(visits, about)
        voice = Voice(self.lang, self.names)
        units = frame.index.get_level_values(0) if isinstance(frame.index, pd.MultiIndex) else frame.index
        printed = pd.DataFrame({voice(HEADS["priority"]): frame["place"].to_numpy()})
        for name in self.places:
            printed[voice.name(name)] = [neutral(voice.name(one)) for one in about[name]]
        printed[voice(HEADS["household"])] = pseudonyms(units, self.key)
        printed[voice(HEADS["risk"])] = 100 * frame["risk"].to_numpy(dtype=float)
        for end, column in (("low", self.low), ("high", self.high)):
            if column is not None:
                printed[voice(HEADS[end])] = 100 * about[column].to_numpy(dtype=float)
        tied = frame["chance"].to_numpy(dtype=float) < 1 - 1e-9
        if tied.any():
            printed[voice(HEADS["lot"])] = [voice(YES if one else NO) for one in tied]
        for name in (*self.reasons, *self.known):
            printed[voice.name(name)] = ["" if pd.isna(one) else neutral(cell(one, year=True)) for one in about[name]]
        return printed

    def save(self, visits: Visits, path: str | Path, about: pd.DataFrame | None = None) -> Path:
        """Write the list to .xlsx or .csv, for its owner alone, whole or not at all; nothing in it is a formula.

        Raises
        ------
        SpecError
            The ending is neither .xlsx nor .csv.
        DataError
            As `rows`.
        OutputError
            The file cannot be written.
        """
        place = Path(path)
        kind = place.suffix.lower()
        if kind not in (".xlsx", ".csv"):
            raise SpecError(f"a list of visits is not written as '{place.suffix}'", where=str(place), do="use .xlsx or .csv")
        printed = self.rows(visits, about)
        notes = self._notes(visits, about)
        data = self._csv(printed) if kind == ".csv" else self._workbook(printed, self._counts(visits, about), notes)
        write(place, data, private=True)
        return place

    def notes(self, visits: Visits, about: pd.DataFrame | None = None) -> tuple[Note, ...]:
        """What must be known beside the list: how it was drawn up, ties, and places with few households."""
        return self._notes(visits, about)

    def _listed(self, visits: Visits, about: pd.DataFrame | None) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The listed rows of both frames, by place, then in the order of visits."""
        if not isinstance(visits, Visits):
            do = "pass what VisitingList(...).measure returns"
            raise SpecError("only a list of visits is written as one", found=type(visits).__name__, do=do)
        if about is not None and not isinstance(about, pd.DataFrame):
            raise SpecError("what is known of households must be a DataFrame", found=type(about).__name__)
        if visits.frame.index.has_duplicates:
            raise DataError("households are not told apart by the index of the list", do="set the household as index")
        frame = visits.frame[visits.frame["listed"].to_numpy(dtype=bool)]
        if not len(frame):
            raise DataError("the list holds no household", do="give it a larger budget")
        needed = [*self.places, *self.reasons, *self.known, *[one for one in (self.low, self.high) if one is not None]]
        told = pd.DataFrame(index=visits.frame.index) if about is None else about
        has_columns(told, needed, who="VisitSheet")
        if told.index.has_duplicates or not frame.index.isin(told.index).all():
            raise DataError(
                "what is known of households does not cover the list, or names one twice", do="give it the same index"
            )
        told = told.loc[frame.index]
        self._sound(told)
        keys = [told[name].astype(str).to_numpy() for name in reversed(self.places)]
        order = np.lexsort([frame["place"].to_numpy(), *keys])
        return frame.iloc[order], told.iloc[order]

    def _sound(self, told: pd.DataFrame) -> None:
        """Refuse an interval that is no pair of probabilities."""
        if self.low is None or self.high is None:
            return
        for name in (self.low, self.high):
            values = told[name]
            if not pd.api.types.is_numeric_dtype(values.dtype) or not values.dropna().between(0, 1).all():
                raise DataError(f"column '{name}' must hold probabilities", do="give bounds of the risk between 0 and 1")

    def _counts(self, visits: Visits, about: pd.DataFrame | None) -> pd.DataFrame:
        """How many households are listed in each place; small numbers are not told."""
        _, told = self._listed(visits, about)
        voice = Voice(self.lang, self.names)
        counts = told.groupby([told[name].astype(str) for name in self.places]).size().reset_index(name="n")
        printed = pd.DataFrame({voice.name(name): [neutral(voice.name(one)) for one in counts[name]] for name in self.places})
        few = voice(Text("少于 {n}", "fewer than {n}"), n=self.least)
        printed[voice(Text("户数", "Households"))] = [few if n < self.least else f"{n:,}" for n in counts["n"]]
        return printed

    def _notes(self, visits: Visits, about: pd.DataFrame | None) -> tuple[Note, ...]:
        notes = list(visits.notes)
        if self.places:
            _, told = self._listed(visits, about)
            sizes = told.groupby([told[name].astype(str) for name in self.places]).size()
            small = int((sizes < self.least).sum())
            if small:
                text = Text(
                    "{n} 个地方列入的农户少于 {least} 户，易被认出：名单只限走访人员使用，不得张贴或转发。",
                    "In {n} places fewer than {least} households are listed and could be recognized: for visitors only, not to be "
                    "posted or passed on.",
                )
                notes.append(Note("caution", text.format(n=small, least=self.least)))
        return tuple(notes)

    def _csv(self, printed: pd.DataFrame) -> bytes:
        """The list as text that programs for tables open in the right letters."""
        rounded = printed.round(2).rename(columns=neutral)
        text = rounded.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
        return ("\ufeff" + text).encode()

    def _workbook(self, printed: pd.DataFrame, counts: pd.DataFrame, notes: Sequence[Note]) -> bytes:
        voice = Voice(self.lang, self.names)
        digits = {voice(HEADS[name]): 1 for name in ("risk", "low", "high")}
        said = " ".join(note.say(self.lang) for note in notes)
        listed = printed.rename(columns=neutral)
        blocks: list[Block] = [
            Heading(voice(TITLE)),
            Paragraph(said, role="note"),
            Table(key="visits", caption=TITLE, frame=listed, decimals=digits, note=said),
        ]
        if self.places:
            blocks.append(Table(key="places", caption=SMALL, frame=counts.rename(columns=neutral)))
        return workbook(Document(title=voice(TITLE), lang=self.lang, blocks=tuple(blocks)))
