"""The door: deliveries are read, keys become pseudonyms, and only declared columns go into the store, row by sound row."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalkit.check import instance, number, shown, whole
from evalkit.errors import DataError, SpecError, several
from evalkit.identifiers import direct_identifier
from evalkit.monitor.door.files import Batch, Batches, arrivals, batches_of, fingerprint_of, same, seen_files, table_batches
from evalkit.monitor.door.received import Outcome, Received, received
from evalkit.monitor.door.rules import Refusal
from evalkit.monitor.door.store import Store, Writing, delivery_name
from evalkit.monitor.door.tally import Tally, standardized
from evalkit.monitor.sources.sources import Delivered, RegisterSource, Source
from evalkit.panel.pseudonyms import a_key, key_id
from evalkit.panel.read import FORMATS

__all__ = ["Batches", "Door", "Received"]

WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What deliveries come through.

    Parameters
    ----------
    sources, register
        What is delivered; None: no register.
    key
        The secret pseudonyms are made with; keep it apart from deliveries and store.
    store
        Where they go.
    most
        A delivery of which a larger share of rows cannot be read is refused as a whole.
    batch
        How many rows of a file are in memory at a time, where it can be read in parts (Parquet, PostgreSQL).

    Examples
    --------
    >>> import tempfile
    >>> from evalkit.monitor.sources.sources import State
    >>> from evalkit.terms import Text
    >>> water = Source(
    ...     id="water", name=Text("饮水", "water"), department=Text("水利局", "water"), file="*.csv", refresh="year",
    ...     known_after=5, columns={"household": "home", "event_date": "day"}, states={"safe": State(kind="flag")},
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     rows = "home,name,day,safe\\nH1,someone,2024-05-01,是\\nH2,someone,1 May,否\\n"
    ...     _ = (Path(folder) / "water.csv").write_text(rows, encoding="utf-8")
    ...     store = Store(Path(folder) / "store")
    ...     door = Door(sources=(water,), key=b"sixteen bytes ok", store=store, most=0.5)
    ...     received = door.receive(Path(folder))
    >>> received.frame[["source", "status", "rows", "kept"]].values.tolist()
    [['water', 'stored', 2, 1]]
    >>> received.aside[["row", "column", "rule"]].values.tolist()
    [[3, 'event_date', 'date_unreadable']]
    """

    sources: tuple[Source, ...]
    register: RegisterSource | None = None
    key: bytes = field(repr=False)
    store: Store
    most: float = 0.2
    batch: int = 2**18

    def __post_init__(self) -> None:
        a_key(self.key)
        instance(self.store, Store, who="Door store", do="give a Store")
        number(self.most, "[0, 1]", who="Door most")
        whole(self.batch, who="Door batch", least=2048)
        ids = [source.id for source in self.sources]
        if len(set(ids)) != len(ids):
            raise SpecError("two sources of a Door have one id", found=several(ids, 12), do="give each source its own id")

    @property
    def tables(self) -> tuple[Delivered, ...]:
        """Everything that comes through it, the register first."""
        return (*(self.register.tables if self.register is not None else ()), *self.sources)

    def receive(self, folder: str | Path, tables: Mapping[str, Batches] | None = None) -> Received:
        """Take in every file of a folder that matches a source and is not in the store yet, and tables of a database.

        A delivery goes into the store as a whole or not at all. One that is refused holds up no other; `refusals` says why, in
        words that hold no cell. Files are looked at again when all are read: of one that was changed meanwhile nothing is kept.
        A file with a header and no row is a delivery: nobody was reported.

        Parameters
        ----------
        folder
            Where the files lie; patterns of sources are looked for in it.
        tables
            For sources (and "homes", "members") that are tables of PostgreSQL: what gives their rows.

        Raises
        ------
        SpecError
            What is given is no folder, the key is not that of the store, a file matches two sources, or a table has nothing that
            reads it.
        DataError
            The folder is not there.
        OutputError
            The store cannot be written to, or another run is writing to it.
        """
        read = dict(tables or {})
        if not isinstance(folder, str | Path):
            raise SpecError("Door needs a folder of deliveries", found=shown(folder), do='pass Path("some/folder")')
        folder = Path(folder)
        if not folder.is_dir():
            raise DataError("there is no such folder of deliveries", where=str(folder), do="check the path")
        found = self._found(folder, read)
        with self.store.writing(key_id(self.key)) as writing:
            names = _apart([_shown(path, folder, table) for table, path in found])
            outcomes = [self._file(writing, table, path, name) for (table, path), name in zip(found, names, strict=True)]
            for (_, path), told in zip(found, outcomes, strict=True):
                _take_back_changed(writing, told, path, outcomes)
            outcomes += [self._table(writing, table, read[table.id]) for table in self.tables if table.table is not None]
        return received(self, outcomes, strays=len(set(seen_files(folder)) - {path for _, path in found}))

    def _found(self, folder: Path, read: Mapping[str, Batches]) -> list[tuple[Delivered, Path]]:
        """The files and what they are deliveries of."""
        found = [(table, path) for table in self.tables if table.file is not None for path in arrivals(folder, table.file)]
        taken = dict[Path, str]()
        for table, path in found:
            if taken.setdefault(path, table.id) != table.id:
                do = "make their patterns differ"
                raise SpecError(f"'{taken[path]}' and '{table.id}' both take a file", where=_shown(path, folder, table), do=do)
        lacking = [table.id for table in self.tables if table.table is not None and table.id not in read]
        if lacking:
            raise SpecError("nothing reads the tables of PostgreSQL", found=several(lacking), do="pass their readers in `tables`")
        return found

    def _file(self, writing: Writing, table: Delivered, path: Path, name: str) -> Outcome:
        """One file."""
        told = Outcome(table=table, file=name, given=path.name)
        try:
            told.fingerprint = fingerprint_of(path)
            if (there := self._there(told)) is not None:
                return told.known(there)
            return self._take(writing, told, batches_of(path, table.layout, self.batch), lambda _: same(path, told.fingerprint))
        except Refusal as refused:
            return told.refused(refused)

    def _table(self, writing: Writing, table: Delivered, read: Batches) -> Outcome:
        """One table of a database; what it holds is its fingerprint, in whatever order its rows come."""
        told = Outcome(table=table, file=str(table.table))
        try:
            return self._take(writing, told, table_batches(told.file, table.layout, read), lambda tally: tally.content)
        except Refusal as refused:
            return told.refused(refused)

    def _take(self, writing: Writing, told: Outcome, batches: Iterator[Batch], print_of: Callable[[Tally], str]) -> Outcome:
        """Rows into the store, batch by batch; nothing is there before all are."""
        told.tally = tally = Tally(told.table, told.file)
        with writing.arriving(told.table) as arriving:
            for batch in batches:
                part = standardized(batch, told.table, self.key)
                tally.add(part)
                arriving.add(part.frame)
            tally.judge(self.most)
            told.fingerprint = print_of(tally)
            if (there := self._there(told)) is not None:
                return told.known(there)
            told.delivery, told.status = _named(told), "stored"
            arriving.commit(told.delivery, told.receipt())
        return told

    def _there(self, told: Outcome) -> Mapping[str, Any] | None:
        """The receipt of the delivery, where it is in the store already."""
        there = self.store.deliveries(told.table)
        same = there[there["fingerprint"] == told.fingerprint]
        same = same[(same["rows"] > 0) | (same["delivery"] == _named(told))]  # files without a row differ by their names alone
        return None if same.empty else {str(name): value for name, value in same.iloc[0].items()}


def _named(told: Outcome) -> str:
    """What a delivery is called in the store."""
    return delivery_name(told.file.rsplit("/", 1)[-1], told.fingerprint)


def _take_back_changed(writing: Writing, told: Outcome, path: Path, outcomes: Sequence[Outcome]) -> None:
    """Refuse a delivery whose file was changed after it was read; it leaves the store, unless another file brought the same."""
    if told.status != "stored":
        return
    try:
        same(path, told.fingerprint)
    except Refusal as refused:
        others = [one for one in outcomes if one is not told and one.table is told.table and one.delivery == told.delivery]
        if not others:
            writing.take_back(told.table, told.delivery)
        told.delivery = ""
        told.refused(refused)


def _shown(path: Path, folder: Path, table: Delivered) -> str:
    """The file as it is named in messages and in the store: words that its source does not declare may be somebody's name.

    Kept are digits, signs, single letters, endings, and words of the source's id and pattern.
    """
    name = path.relative_to(folder).as_posix()
    if direct_identifier(name):
        return f"***{path.suffix}"
    own = set(WORD.findall(f"{table.id} {table.file} {' '.join(FORMATS)}".casefold()))
    return WORD.sub(lambda word: word[0] if word[0].casefold() in own or re.fullmatch("[A-Za-z]", word[0]) else "…", name)


def _apart(names: list[str]) -> list[str]:
    """Names, each once: the second of its kind is told so.

    Examples
    --------
    >>> _apart(["water.csv", "water-….csv", "water-….csv"])
    ['water.csv', 'water-….csv', 'water-….csv (2)']
    """
    seen = Counter[str]()
    made = []
    for name in names:
        seen[name] += 1
        made.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return made
