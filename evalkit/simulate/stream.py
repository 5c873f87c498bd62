"""Households and records block by block to Parquet: millions of them in the memory of one block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evalkit.check import whole
from evalkit.errors import OutputError, SpecError
from evalkit.simulate.chance import ATOM
from evalkit.simulate.columns import TRUTH, Table
from evalkit.simulate.names import width

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from evalkit.simulate.households import HouseholdSimulation


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class StreamedHouseholds:
    """Where streamed households lie: `files` by table, in the order of the rows, and how many `rows` each table has.

    Tables: `homes`, `years` and `truth` (columns as of `SimulatedHouseholds`, with keys `unit` and `period`), `villages`.
    """

    spec: HouseholdSimulation
    folder: Path
    files: dict[str, tuple[Path, ...]]
    rows: dict[str, int]


def stream_households(
    spec: HouseholdSimulation, folder: Path, *, block: int = 131_072, threads: int | None = None
) -> StreamedHouseholds:
    """See `HouseholdSimulation.stream`."""
    from evalkit.simulate.households import fill

    setting = spec.setting()
    writer = Writer(folder, spec, threads)
    years = len(spec.periods)
    for first, last in blocks(spec.households, block):
        fixed, table = fill(setting, first, last, threads=threads)
        number = np.arange(first, last)
        homes = {"unit": number, "county": setting.places.county[fixed["village"]], **fixed}
        writer.write("homes", homes)
        key = {"unit": number.repeat(years), "period": np.tile(np.array(spec.periods, dtype=np.int16), last - first)}
        flat = {name: column.ravel() for name, column in table.items()}
        writer.write("years", {**key, **{name: column for name, column in flat.items() if name not in TRUTH}})
        writer.write("truth", {**key, **{name: flat[name] for name in TRUTH}})
    writer.frame("villages", setting.places.frame().reset_index())
    return StreamedHouseholds(spec=spec, folder=writer.folder, files=writer.written(), rows=dict(writer.rows))


def blocks(households: int, block: int) -> Iterator[tuple[int, int]]:
    """First household and the one after the last of each block, in whole atoms.

    Examples
    --------
    >>> list(blocks(20_000, 9_000))
    [(0, 16384), (16384, 20000)]
    """
    whole(block, who="block")
    step = -(-block // ATOM) * ATOM
    for first in range(0, households, step):
        yield first, min(first + step, households)


# Columns that hold numbers counted from 0, which are written as keys of this letter.
KEYS = {"unit": "H", "true_unit": "H", "village": "V", "county": "C", "person": "P"}


class Writer:
    """Writes tables part by part; a part stands under its name only when it is whole."""

    def __init__(self, folder: Path, spec: HouseholdSimulation, threads: int | None) -> None:
        import duckdb

        if threads is not None:
            whole(threads, who="threads")
        self.folder, self.parts, self.rows = ready(folder), dict[str, list[Path]](), dict[str, int]()
        self.digits = {"H": width("H", spec.households), "V": width("V", spec.villages), "C": width("C", spec.counties)}
        self.engine: DuckDBPyConnection = duckdb.connect(config={"threads": threads or 2, "memory_limit": "768MB"})

    def write(self, table: str, columns: Mapping[str, Any] | Table) -> None:
        """Write the next part of a table; numbers of `KEYS` become keys."""
        chosen = ", ".join(self._select(name, values) for name, values in columns.items())
        self._copy(table, pd.DataFrame(dict(columns), copy=False), chosen)

    def frame(self, table: str, frame: pd.DataFrame) -> None:
        """Write a part as it is."""
        self._copy(table, frame, "*")

    def written(self) -> dict[str, tuple[Path, ...]]:
        """The files of each table."""
        self.engine.close()
        return {table: tuple(parts) for table, parts in self.parts.items()}

    def _select(self, name: str, values: Any) -> str:
        kind, letter = values.dtype.kind, KEYS.get(name)
        if kind == "M":
            return f'"{name}"::DATE AS "{name}"'
        if letter is None or kind not in "iu":
            return f'"{name}"'
        if letter == "P":  # see `person_keys`
            key = f"'P' || lpad((\"{name}\" + 10)::VARCHAR, {self.digits['H'] + 1}, '0')"
            return f'CASE WHEN "{name}" >= 0 THEN {key} END AS "{name}"'
        return f"'{letter}' || lpad((\"{name}\" + 1)::VARCHAR, {self.digits[letter]}, '0') AS \"{name}\""

    def _copy(self, table: str, frame: pd.DataFrame, chosen: str) -> None:
        import duckdb

        parts = self.parts.setdefault(table, [])
        place = self.folder / table
        place.mkdir(exist_ok=True)
        path = place / f"part-{len(parts):05d}.parquet"
        partial = path.with_suffix(".partial")
        self.engine.register("part", frame)
        try:
            target = str(partial).replace("'", "''")
            self.engine.execute(f"COPY (SELECT {chosen} FROM part) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
        except duckdb.Error as error:
            partial.unlink(missing_ok=True)
            raise OutputError(
                f"'{path}' cannot be written", found=type(error).__name__, do="free space or choose another place"
            ) from None
        finally:
            self.engine.unregister("part")
        partial.replace(path)
        parts.append(path)
        self.rows[table] = self.rows.get(table, 0) + len(frame)


def ready(folder: str | Path) -> Path:
    """A new or empty folder."""
    if not isinstance(folder, str | Path):
        raise SpecError("a folder is needed to stream to", found=repr(folder), do='pass Path("some/folder")')
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(f"'{folder}' is not an empty folder", do="name a new one; nothing is written over")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"'{folder}' cannot be made", found=error.strerror or "", do="choose another place") from None
    return folder
