"""The place of a result: looked over before any data are read, kept to one run, cleared of what killed runs left there."""

from __future__ import annotations

import glob
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from hashlib import file_digest
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from evalkit import disk
from evalkit.errors import DataError, OutputError, SpecError

LEAST = 1 << 19  # bytes a folder of results takes at the least
ELSEWHERE = "choose another place"


@contextmanager
def claimed(out: Path, *, inputs: Iterable[Path] = (), room: int = LEAST) -> Iterator[Callable[[], None]]:
    """The place of a folder or file to one run alone: it can be written, has room, and lies apart from what is read.

    What killed runs left beside it is taken away. What is given, called before the result takes its place, refuses inputs that
    were changed since.

    Raises
    ------
    SpecError
        The output is one of the inputs, or the folder to be replaced holds one.
    OutputError
        It cannot be written, the disk has too little space, or another run is writing there.
    DataError
        An input cannot be read; or, when that is asked, it was changed while the run was under way.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder, claimed(Path(folder) / "report"):
    ...     with claimed(Path(folder) / "report"):
    ...         pass
    Traceback (most recent call last):
    evalkit.errors.OutputError: ...report: another run is writing there; found process ... To do: wait until it has ended, ...
    """
    read = [path for path in inputs if path.exists()]
    apart(out, read)
    place = _named(out)
    with _parents(place.parent, room):
        busy = OutputError("another run is writing there", where=str(out), do=f"wait until it has ended, or {ELSEWHERE}")
        unwritable = partial(_unwritable, place.parent)
        with disk.alone(place.with_name(f".{place.name}.lock"), busy=busy, unwritable=unwritable, passing=True):
            sweep(place)
            yield partial(refuse_changed, marked(read))


def apart(out: Path, inputs: Iterable[Path]) -> None:
    """Refuse an output that is one of the inputs, by whatever name, or a folder that holds one.

    Raises
    ------
    SpecError
        It is, or holds one.
    """
    real = out.resolve()
    for path in inputs:
        same = path.resolve() == real or (out.exists() and path.samefile(out))
        if same or path.resolve().is_relative_to(real):
            what = "the output would take the place of what is read" if same else "the output folder holds what is read"
            raise SpecError(what, where=str(out), found=path.name, do=ELSEWHERE)


def marked(inputs: Iterable[Path]) -> dict[Path, str]:
    """The SHA-256 of each file; folders and what is no file are passed over.

    Raises
    ------
    DataError
        One cannot be read.
    """
    return {path: _digest(path) for path in dict.fromkeys(inputs) if path.is_file()}


def refuse_changed(before: Mapping[Path, str]) -> None:
    """Refuse files that are no longer as they were marked.

    Raises
    ------
    DataError
        One was changed or taken away.
    """
    for path, told in before.items():
        if not path.is_file() or _digest(path) != told:
            do = "run again once nobody writes to it"
            raise DataError("the file was changed while it was being worked on", where=str(path), do=do)


def named_in(form: BaseModel, folder: Path) -> list[Path]:
    """The files that a form names and that are there, its paths being relative to a folder."""
    return [path for text in dict.fromkeys(_texts(form)) if (path := _path(folder, text)) is not None]


def sweep(place: Path) -> None:
    """Take away what killed runs left beside a place; a result that one was about to replace takes its place again."""
    for left in sorted(place.parent.glob(f".{glob.escape(place.name)}.part-*"), reverse=True):
        if left.suffix == ".old" and not place.exists():
            left.rename(place)
        elif left.is_dir() and not left.is_symlink():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


def _named(out: Path) -> Path:
    """The place with a name of its own, also where it was given as "." or "a/..", and links in its own name kept."""
    return Path(os.path.abspath(out))  # noqa: PTH100  resolve would follow a link in the place of the output


@contextmanager
def _parents(folder: Path, room: int) -> Iterator[None]:
    """The folder to write into, tried and made; what was made goes again where nothing was put into it."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            what = "no folder can be made here"
            raise OutputError(what, where=str(folder), found=fault.strerror or "", do=ELSEWHERE) from None
        try:
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as fault:
            raise _unwritable(folder, fault) from None
        disk.need_room(folder, room)
        yield
    finally:
        _unmade(missing)


def _unmade(folders: Iterable[Path]) -> None:
    """Remove folders that are empty, the innermost first."""
    with suppress(OSError):
        for one in folders:
            one.rmdir()


def _unwritable(folder: Path, fault: OSError) -> OutputError:
    """Why a folder cannot be written."""
    if fault.errno in disk.FULL:
        return disk.full(folder, LEAST)
    return OutputError("the output folder cannot be written", where=str(folder), found=fault.strerror or "", do=ELSEWHERE)


def _texts(value: Any) -> Iterator[str]:
    """Every text of a form, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, BaseModel):
        for _, one in value:
            yield from _texts(one)
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)


def _path(folder: Path, text: str) -> Path | None:
    """The file that a text names, if it is there."""
    if not text or len(text) > 1024 or "\n" in text:
        return None
    try:
        path = folder / text
        return path if path.is_file() else None
    except (OSError, ValueError):
        return None


def _digest(path: Path) -> str:
    """The SHA-256 of a file of any size."""
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError as fault:
        raise DataError("the file cannot be read", where=str(path), found=fault.strerror or "", do="check its rights") from None
