"""What goes wrong in Spark, said without a cell: its own messages quote them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from evalkit.errors import DataError, OutputError, SpecError
from evalkit.monitor.engine.base import Kinds
from evalkit.monitor.engine.columns import stored, unreadable

FULL = ("OutOfMemoryError", "No space left on device", "maxResultSize", "UNABLE_TO_ACQUIRE_MEMORY")
BEYOND = ("ARITHMETIC_OVERFLOW", "CAST_OVERFLOW", "CAST_INVALID_INPUT", "NUMERIC_VALUE_OUT_OF_RANGE", "DIVIDE_BY_ZERO")
UNTOLD = ("FAILED_READ_FILE", "CANNOT_READ_FILE_FOOTER", "is not a Parquet file")


@contextmanager
def quiet() -> Iterator[None]:
    """Without what Spark 4 says of pandas 3 at every turn: no frame of pandas passes between them here, only Arrow."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)
        yield


@contextmanager
def spoken(*, where: str) -> Iterator[None]:
    """What Spark raises inside becomes an error of evalkit, which names a file and never what stands in it."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError, ConnectionError) as fault:
        raise _meant(fault, where) from None


def alike(files: Sequence[Path], kinds: Kinds) -> list[list[Path]]:
    """The files, those together that store these columns the same way; refuses one that is no Parquet or lacks a column."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    groups = dict[tuple[str, ...], list[Path]]()
    for file in files:
        try:
            schema = pq.read_schema(file)
        except (pa.ArrowException, OSError):
            raise unreadable(file.name) from None
        types = {name: schema.field(name).type for name in schema.names if schema.names.count(name) == 1}
        stored({name: _kind(type_) for name, type_ in types.items()}, kinds, file=file)
        groups.setdefault(tuple(str(types[column]) for column in kinds), []).append(file)
    return list(groups.values())


def _kind(type_: Any) -> str:
    """The kind of a column of Arrow, or its own name where it is none."""
    from pyarrow import types

    held = type_.value_type if types.is_dictionary(type_) else type_
    if types.is_integer(held) and not types.is_uint64(held):
        return "integer"
    if types.is_date32(held) or (types.is_timestamp(held) and held.tz is None and held.unit != "ns"):
        return "date"
    if types.is_string(held) or types.is_large_string(held) or types.is_string_view(held):
        return "word"
    return "flag" if types.is_boolean(held) else str(held)


def _meant(fault: Exception, where: str) -> DataError | OutputError | SpecError:
    from pyspark.errors import AnalysisException, ParseException

    said = str(fault)
    if any(word in said for word in BEYOND):
        do = "look for amounts that are too large, and for words that are no figures"
        return DataError("a value does not fit its kind, or a sum goes beyond 64 bits", where=where, do=do)
    if any(word in said for word in FULL):
        do = "give it more memory, a larger spill folder, or more shuffle_partitions"
        return OutputError("there is not enough room in memory and in the spill folder", where=where, do=do)
    if any(word in said for word in UNTOLD):
        found = re.search(r"([^/\s]+\.parquet)", said)
        return unreadable(unquote(found.group(1)) if found else where)
    if isinstance(fault, AnalysisException | ParseException):
        do = "check its columns and their kinds"
        return SpecError("the engine does not understand the question", where=where, found=type(fault).__name__, do=do)
    if "JAVA_GATEWAY_EXITED" in said:
        return OutputError(
            "Java did not start", where=where, do="install Java 17 (Debian: openjdk-17-jre-headless), or set JAVA_HOME"
        )
    do = "look whether the machines of Spark run, and whether they see the folders under the same path"
    return OutputError("Spark did not finish", where=where, found=type(fault).__name__, do=do)
