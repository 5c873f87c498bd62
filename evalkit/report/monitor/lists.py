"""Visiting lists, one a village: pseudonyms, what to look for, since when, and where the evidence lies."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from evalkit.check import has_columns, one_of
from evalkit.errors import DataError, OutputError
from evalkit.monitor.triage.triage import STATUSES, Triaged
from evalkit.panel.pseudonyms import printed
from evalkit.report.document import Block, Document, Heading, Paragraph, Table
from evalkit.report.monitor.tables import HOME_KINDS
from evalkit.report.monitor.triage import RISK
from evalkit.report.plain import neutral
from evalkit.report.render import write
from evalkit.report.words import Voice
from evalkit.report.workbook import workbook
from evalkit.terms import Lang, Text

LANGS: tuple[Lang, Lang] = ("zh", "en")
TITLE = Text("走访名单", "List of visits")
EVIDENCE = Text("线索所在记录", "Where the evidence lies")
HOME = Text("农户代号", "Household")
HEADS: dict[str, Text] = {
    "place": Text("次序", "Order"),
    "home": HOME,
    "status": Text("状态", "Status"),
    "kind": Text("可能类型（待核）", "Possible kind (to be checked)"),
    "reasons": Text("线索", "Reasons"),
    "fresh": Text("其中新线索", "Of these new"),
    "level": Text("级别", "Level"),
    "since": Text("首次预警", "First flagged"),
    "known": Text("最近获知", "Last known"),
}
POINTERS: dict[str, Text] = {
    "rule": Text("线索", "Reason"),
    "source": Text("来源", "Source"),
    "delivery": Text("交付文件", "Delivery"),
    "row": Text("行号", "Row"),
    "event_date": Text("发生日期", "Date of event"),
    "known_date": Text("获知日期", "Known on"),
}
VISIT = Text(
    "名单只用于安排走访核实，不作认定，不增减帮扶；代号由持有密钥者对应到户。仅限走访人员使用，不得张贴、转发。截至 {day}。",
    "The list is for visits alone: it decides nothing and changes nobody's support. Who holds the key finds the home of a code. For "
    "visitors only, not to be posted or passed on. As of {day}.",
)
_UNNAMEABLE = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class VillageLists:
    """How the lists of villages are written: one file a village, in a folder a county, for their owner alone (0600, 0700).

    Parameters
    ----------
    names
        What counties, villages and rules are called.
    sources
        What sources are called.
    lang
        The language of the lists.
    kind
        "xlsx" (with the evidence on a sheet of its own) or "csv" (the evidence in a second file).

    Examples
    --------
    >>> VillageLists(lang="en").kind
    'xlsx'
    """

    names: Mapping[str, Text] = field(default_factory=dict)
    sources: Mapping[str, Text] = field(default_factory=dict)
    lang: Lang = "zh"
    kind: str = "xlsx"

    def __post_init__(self) -> None:
        one_of(self.lang, ("zh", "en"), who="VillageLists lang")
        one_of(self.kind, ("xlsx", "csv"), who="VillageLists kind")

    def rows(self, triaged: Triaged, signals: pd.DataFrame | None = None) -> pd.DataFrame:
        """The listed homes ready to print, sorted by county, village and order; `signals` say when each was last known."""
        frame = triaged.frame[triaged.frame["listed"].to_numpy(dtype=bool)]
        frame = frame.sort_values(["county", "village", "place"], kind="stable")
        voice = self._voice()
        sheet = {voice(HEADS["place"]): frame["place"].to_numpy()}
        sheet[voice(HOME)] = np.array(printed(frame.index.to_numpy(dtype=np.int64)), dtype=object)
        said = {"status": STATUSES, "kind": HOME_KINDS}
        for column, texts in said.items():
            sheet[voice(HEADS[column])] = frame[column].map({name: voice(text) for name, text in texts.items()}).to_numpy()
        for column in ("reasons", "fresh"):
            sheet[voice(HEADS[column])] = self._reasons(frame[column]).to_numpy()
        sheet[voice(HEADS["level"])] = frame["level"].to_numpy()
        sheet[voice(HEADS["since"])] = _days(frame["since"])
        if signals is not None:
            last = signals.groupby("home")["known_date"].max().reindex(frame.index)
            sheet[voice(HEADS["known"])] = _days(last)
        return pd.DataFrame(sheet, index=pd.MultiIndex.from_frame(frame[["county", "village"]].astype(str)))

    def evidence(self, triaged: Triaged, evidence: pd.DataFrame) -> pd.DataFrame:
        """Where the evidence on listed homes lies, ready to print: which row of which delivery, and the dates.

        Raises
        ------
        DataError
            A column is absent.
        """
        has_columns(evidence, ["home", *POINTERS], who="the evidence of lists")
        frame = triaged.frame[triaged.frame["listed"].to_numpy(dtype=bool)][["county", "village", "place"]]
        rows = evidence[["home", *POINTERS]].merge(frame, left_on="home", right_index=True)
        rows = rows.sort_values(["county", "village", "place", *POINTERS], kind="stable")
        voice = self._voice()
        sheet = {voice(HOME): np.array(printed(rows["home"].to_numpy(dtype=np.int64)), dtype=object)}
        for column, head in POINTERS.items():
            if column in ("event_date", "known_date"):
                sheet[voice(head)] = _days(rows[column])
            elif column == "row":
                sheet[voice(head)] = rows[column].to_numpy()
            else:
                named = Voice(self.lang, self.sources) if column == "source" else voice
                sheet[voice(head)] = rows[column].map(_spoken(rows[column], named)).to_numpy()
        return pd.DataFrame(sheet, index=pd.MultiIndex.from_frame(rows[["county", "village"]].astype(str)))

    def save(
        self, triaged: Triaged, folder: Path, signals: pd.DataFrame | None = None, evidence: pd.DataFrame | None = None
    ) -> list[Path]:
        """Write the list of each village with somebody to visit; each file whole or not at all, nothing in it a formula.

        Raises
        ------
        DataError
            A column is absent, or the names of two villages would be one file.
        OutputError
            A file cannot be written.
        """
        listed, about = self.rows(triaged, signals), None if evidence is None else self.evidence(triaged, evidence)
        places = listed.index.unique()
        stems = {place: (_file(place[0]), _file(place[1])) for place in places}
        if len(set(stems.values())) < len(stems):
            raise DataError(
                "the names of two villages would be one file", do="give villages codes that differ in letters or digits"
            )
        by, told = dict(_by_place(listed)), {} if about is None else dict(_by_place(about))
        _own_folder(folder)
        made: list[Path] = []
        for place in places:
            own = folder / stems[place][0]
            _own_folder(own)
            made += self._write(own / stems[place][1], place, triaged, by[place], told.get(place))
        return made

    def _write(
        self, stem: Path, place: tuple[str, str], triaged: Triaged, rows: pd.DataFrame, evidence: pd.DataFrame | None
    ) -> Iterator[Path]:
        """The file or files of one village."""
        if self.kind == "xlsx":
            files = {stem.with_name(f"{stem.name}.xlsx"): self._workbook(place, triaged, rows, evidence)}
        else:
            files = {stem.with_name(f"{stem.name}.csv"): _csv(rows)}
            if evidence is not None:
                files[stem.with_name(f"{stem.name}.evidence.csv")] = _csv(evidence)
        for path, data in files.items():
            write(path, data, private=True)
            yield path

    def _workbook(self, place: tuple[str, str], triaged: Triaged, rows: pd.DataFrame, evidence: pd.DataFrame | None) -> bytes:
        voice = self._voice()
        said = voice(VISIT, day=triaged.as_of.isoformat())
        where = Text(*(" ".join(Voice(lang, self.names).name(one) for one in place) for lang in LANGS))
        blocks: list[Block] = [
            Heading(voice(TITLE)),
            Paragraph(said, role="note"),
            Table(key="visits", caption=Text("{t}：{w}", "{t}: {w}").format(t=TITLE, w=where), frame=rows, note=said),
        ]
        if evidence is not None:
            blocks.append(Table(key="evidence", caption=EVIDENCE, frame=evidence))
        return workbook(Document(title=f"{voice(TITLE)} {voice(where)}", lang=self.lang, blocks=tuple(blocks)))

    def _voice(self) -> Voice:
        return Voice(self.lang, {**RISK, **self.names})

    def _reasons(self, reasons: pd.Series) -> pd.Series:
        """Rules in words, each distinct set of them once."""
        voice, between = self._voice(), "；" if self.lang == "zh" else "; "
        said = {
            one: neutral(between.join(voice.name(rule) for rule in str(one).split("; "))) if one else ""
            for one in reasons.unique()
        }
        return reasons.map(said)


def _spoken(words: pd.Series, voice: Voice) -> dict[object, str]:
    """What each word of a column is called, made harmless."""
    return {one: neutral(voice.name(one)) for one in words.dropna().unique()}


def _by_place(rows: pd.DataFrame) -> Iterator[tuple[tuple[str, str], pd.DataFrame]]:
    for place, part in rows.groupby(level=[0, 1], sort=False):
        yield (str(place[0]), str(place[1])), part.reset_index(drop=True)


def _days(dates: pd.Series) -> np.ndarray:
    """Dates as they are written, blank where there is none."""
    return pd.to_datetime(dates).dt.strftime("%Y-%m-%d").astype(object).where(dates.notna().to_numpy(), "").to_numpy()


def _csv(rows: pd.DataFrame) -> bytes:
    """Rows as text that programs for tables open in the right letters."""
    text = rows.rename(columns=neutral).to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    return ("\ufeff" + text).encode()


def _file(name: str) -> str:
    """A name as that of a file; it cannot lead elsewhere."""
    return _UNNAMEABLE.sub("_", name).strip(".") or "_"


def _own_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)
    except OSError as fault:
        raise OutputError(
            "the folder cannot be made", where=str(folder), found=fault.strerror or "", do="choose another place"
        ) from None
