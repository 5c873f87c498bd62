"""Reports written side by side: a few processes, each with its own copy of the assessment, that end with the first one."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from evalkit.errors import OutputError
from evalkit.report.assessment.found import Assessment
from evalkit.report.document import Document
from evalkit.report.each.document import compose_place
from evalkit.report.pictures import Pictures
from evalkit.report.render import rendered, write
from evalkit.study.deliver import staged
from evalkit.study.each.record import cores, memory, record
from evalkit.terms import Lang

EACH = 700 * 2**20  # bytes a process takes at most on a panel of some hundred places, fonts and figures with it
TASKS = 50  # reports after which a process makes room for a new one


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What every report of a run has in common: where it goes, its languages and formats, the template of Word."""

    folder: Path
    langs: tuple[Lang, ...]
    formats: tuple[str, ...]
    template: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class One:
    """One report: the unit, the name of its folder, and the key of what it is made from."""

    unit: str
    folder: str
    key: str


def lean(found: Assessment) -> Assessment:
    """The assessment without what no report of a place prints."""
    return replace(found, households=None, forecast=None, quality={}, variants=None, groups={}, screened={})


def write_report(found: Assessment, task: Task, one: One) -> str:
    """Write the report of one place into its folder, whole or not at all, its record last; gives the unit."""
    with staged(task.folder / one.folder) as stage:
        for lang in task.langs:
            document = compose_place(found, one.unit, lang, workbook="xlsx" in task.formats)
            write_document(document, stage, f"report.{lang}", task)
        record(stage, one.key, {"unit": one.unit})
    return one.unit


def write_document(document: Document, folder: Path, stem: str, task: Task) -> None:
    """Write a document in every format; its figures are drawn once."""
    pictures = Pictures(document.lang)
    for kind in task.formats:
        write(folder / f"{stem}.{kind}", rendered(document, kind, pictures, task.template if kind == "docx" else None))


def written(found: Assessment, task: Task, todo: Sequence[One], jobs: int | None = None) -> Iterator[str]:
    """Write the reports and tell each unit when its report is there; `jobs` processes, by default as many as there is room for.

    Raises
    ------
    OutputError
        A report cannot be written, or a process was ended by the system; what was written stays.
    """
    count = min(jobs or room(), len(todo))
    small = lean(found)
    if count < 2:
        yield from (write_report(small, task, one) for one in todo)
        return
    for at in range(0, len(todo), count * TASKS):  # new processes now and then, so that what one piles up is given back
        yield from _side_by_side(small, task, todo[at : at + count * TASKS], count)


def _side_by_side(found: Assessment, task: Task, todo: Sequence[One], count: int) -> Iterator[str]:
    """Reports written by so many processes, each told the next one by a line of its own: who is gone is noticed at once.

    (A pool of `concurrent.futures` waits forever for a process that was killed, in Python 3.11.)
    """
    context, left = get_context("spawn"), deque(todo)
    workers = dict[Connection, BaseProcess]()
    try:
        for _ in range(min(count, len(todo))):
            line, end = context.Pipe()
            workers[line] = context.Process(target=_work, args=(end, found, task), daemon=True)
            workers[line].start()
            end.close()  # so that the line ends with the process
            line.send(left.popleft())
        busy = set(workers)
        while busy:
            for line in (one for one in wait([*busy]) if isinstance(one, Connection)):
                yield _told(line, task)
                if left:
                    line.send(left.popleft())
                else:
                    busy.discard(line)
    finally:
        for line in workers:
            line.close()
        for process in workers.values():
            process.join()


def _told(line: Connection, task: Task) -> str:
    """The unit whose report is there, or why it is not."""
    try:
        told = line.recv()
    except (EOFError, ConnectionError):
        what = "a process that wrote reports was ended by the system, most likely for want of memory"
        do = "run the same command again with --jobs 1; what is written is kept"
        raise OutputError(what, where=str(task.folder), do=do) from None
    if isinstance(told, BaseException):
        raise told
    return str(told)


def room() -> int:
    """How many processes there is room for, by processors and memory."""
    free = memory()
    return max(1, min(cores(), cores() if free is None else free // EACH))


def _work(line: Connection, found: Assessment, task: Task) -> None:
    """A process: it writes the reports it is told, leaves interrupts to the first process, and ends with that."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(EOFError, ConnectionError):
        while True:
            one = line.recv()
            try:
                told: str | Exception = write_report(found, task, one)
            except Exception as fault:
                told = fault
            line.send(told)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
