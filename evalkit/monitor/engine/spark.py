"""Spark, where records outgrow one machine: a cluster's master, a Spark Connect server, or a few cores of this one for tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw
import pandas as pd

from evalkit.check import instance, shown, whole
from evalkit.errors import SpecError
from evalkit.monitor.engine.base import Frame, Kind, Kinds
from evalkit.monitor.engine.columns import check_kinds, collected, in_kinds, kinds_of, settled
from evalkit.monitor.engine.places import Spill, named, passing, readable, room, whole_or_not, within, writable
from evalkit.monitor.engine.spark_faults import alike, quiet, spoken
from evalkit.monitor.engine.spark_session import Session, start

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

SQL: dict[Kind, str] = {"integer": "bigint", "date": "date", "word": "string", "flag": "boolean"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spark:
    """The distributed engine; it needs `pip install "evalkit[spark]"` and Java 17.

    The session counts in UTC, raises where a sum overflows, shows no web page, keeps no log and knows no Hive. The folders it is
    opened on must be seen under the same path by every machine of the cluster, and by this one. What else a cluster needs, such
    as the memory of its executors, stands where its administrators put it: in `spark-defaults.conf`, or at the server.

    Parameters
    ----------
    master
        Where it runs: "local[2]" for two cores of this machine, "spark://host:7077", "yarn", "k8s://…".
    remote
        A Spark Connect server instead, such as "sc://host:15002".
    memory
        How much the process beside this one may hold; on a cluster that is the driver.
    shuffle_partitions
        How many parts rows are dealt into when they are grouped and joined; None: as many as Spark finds right (200, put together
        where they are small). A cluster wants two or three for each of its cores; a test wants few.
    spill
        The folder to spill in; None: the first folder it is opened on that may be written. On a cluster its
        workers spill where they are told to.

    Examples
    --------
    >>> Spark(master="local[2]", shuffle_partitions=4).memory
    '4GB'
    """

    master: str = "local[2]"
    remote: str | None = None
    memory: str = "4GB"
    shuffle_partitions: int | None = None
    spill: Path | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.master, str) or not self.master:
            do = 'write it as "local[2]" or "spark://host:7077"'
            raise SpecError("Spark master must be an address", found=shown(self.master), do=do)
        if self.remote is not None and not str(self.remote).startswith("sc://"):
            raise SpecError("Spark remote must be the address of a Spark Connect server", do='write it as "sc://host:15002"')
        room(self.memory, who="Spark memory")
        if self.shuffle_partitions is not None:
            whole(self.shuffle_partitions, who="Spark shuffle_partitions")
        if self.spill is not None:
            instance(self.spill, Path, who="Spark spill", do="pass a pathlib.Path")

    def open(self, folders: Sequence[Path]) -> OpenSpark:
        """The engine, which reads and writes files in these folders and nowhere else.

        Where this process has a Spark session already, its machines are shared: memory and master are then those it was started
        with, and it runs on after this engine was closed.
        """
        real = named(folders)
        spill = Spill.within(self.spill or writable(real))
        try:
            settings = {} if self.shuffle_partitions is None else {"spark.sql.shuffle.partitions": str(self.shuffle_partitions)}
            size = room(self.memory, who="Spark memory")
            session = start(self.master, remote=self.remote, memory=size, spill=spill.folder, settings=settings)
        except BaseException:
            spill.remove()
            raise
        return OpenSpark(session=session, folders=real, spill=spill)


@dataclass(slots=True, kw_only=True)
class OpenSpark:
    """An open Spark; see `Engine`."""

    session: Session
    folders: tuple[Path, ...]
    spill: Spill
    name: str = "spark"

    def scan(self, files: Sequence[Path], kinds: Kinds) -> Frame:
        """The rows of Parquet files that have these columns; no file gives no rows."""
        check_kinds(kinds)
        if not files:
            return self.hold(pd.DataFrame({column: [] for column in kinds}), kinds)
        real = readable(files, self.folders)
        chosen = [f"CAST(`{column}` AS {SQL[kind]}) AS `{column}`" for column, kind in kinds.items()]
        whole_frame: DataFrame | None = None
        with spoken(where=real[0].name):
            for group in alike(real, kinds):
                part = self.session.spark.read.parquet(*map(_address, group)).selectExpr(*chosen)
                whole_frame = part if whole_frame is None else whole_frame.unionAll(part)
            return nw.from_native(whole_frame)

    def hold(self, frame: pd.DataFrame, kinds: Kinds) -> Frame:
        """A small table of this process."""
        import pyarrow as pa

        types = {"integer": pa.int64(), "date": pa.date32(), "word": pa.string(), "flag": pa.bool_()}
        settled_frame = settled(frame, kinds)
        arrays = [pa.array(settled_frame[column], from_pandas=True).cast(types[kind]) for column, kind in kinds.items()]
        table = pa.Table.from_arrays(arrays, schema=pa.schema([(column, types[kind]) for column, kind in kinds.items()]))
        with spoken(where="a table to hold"), quiet():
            return nw.from_native(self.session.spark.createDataFrame(table))

    def keep(self, frame: Frame) -> Frame:
        """The same rows, worked out at once; how they came about is forgotten, or plans would grow without end."""
        with spoken(where="what is kept"):
            return nw.from_native(in_kinds(frame).to_native().localCheckpoint(eager=True))

    def collect(self, frame: Frame) -> pd.DataFrame:
        """The rows in this process, in the dtypes of `COLLECTED`."""
        kinds = kinds_of(frame)
        with spoken(where="what is collected"), quiet():
            table = in_kinds(frame).to_native().toArrow()
        return pd.DataFrame({name: _column(table[name], kind) for name, kind in kinds.items()})

    def write(self, frame: Frame, file: Path) -> None:
        """The rows to one Parquet file, whole or not at all."""
        real, native = within(file, self.folders), in_kinds(frame).to_native()
        with whole_or_not(real) as part, passing(real) as folder:
            with spoken(where=real.name):  # dealt to one writer only after all else is done by many
                native.repartition(1).write.option("compression", "zstd").parquet(f"file:{folder / 'rows'}")
            (written,) = (folder / "rows").glob("part-*.parquet")
            written.replace(part)

    def close(self) -> None:
        """End the engine, and the session if it started it."""
        self.session.stop()
        self.spill.remove()

    def __enter__(self) -> OpenSpark:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _address(file: Path) -> str:
    """A file to read as Spark is told of it: on the disk, and with no letter that stands for others."""
    return "file:" + "".join(f"\\{letter}" if letter in "*?[]{}\\" else letter for letter in str(file))


def _column(values: Any, kind: Kind) -> Any:
    """A column of Arrow, with whole numbers staying whole."""
    import pyarrow as pa

    missing = values.is_null().to_numpy()
    if kind == "word":
        return collected(values.to_numpy(zero_copy_only=False), missing, kind)
    if kind == "date":
        return collected(values.cast(pa.timestamp("us")).to_numpy(), missing, kind)
    return collected(values.fill_null(False if kind == "flag" else 0).to_numpy(zero_copy_only=False), missing, kind)
