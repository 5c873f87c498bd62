"""What every command says and how: two consoles, stages in words, notes, and files that could not be written."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from evalkit.answer import Note
from evalkit.errors import OutputError, SpecError
from evalkit.terms import Lang, Text

speak = Console(highlight=False, soft_wrap=True)
complain = Console(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())  # lines stay whole for grep

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but the result and errors.")]
SMALL = 1 << 16  # bytes a page takes at the least
STAGES = {
    "audit": Text("数据审计", "auditing the data"),
    "indices": Text("计算指数与耦合协调度", "scoring and coupling"),
    "obstacles": Text("障碍诊断", "finding obstacles"),
    "uncertainty": Text("不确定性", "drawing what is uncertain"),
    "robustness": Text("稳健性检验", "trying other settings"),
    "report": Text("生成报告", "writing the report"),
    "homes": Text("读取农户、标签与特征", "reading homes, labels and features"),
    "ladder": Text("逐级建模", "climbing the ladder of models"),
    "audits": Text("核查保留的模型", "auditing the model that is kept"),
    "list": Text("排出走访名单", "drawing up the list"),
    "deliveries": Text("接收部门数据", "taking deliveries in"),
    "signals": Text("归户与预警", "matching records and finding signals"),
}


def examples(*lines: str) -> str:
    """The examples under a command's help."""
    return "\n\n".join(["[bold]Examples[/]", *(f"  {line}" for line in lines)])


def show_notes(notes: tuple[Note, ...], out: Path, lang: Lang, *, quiet: bool) -> None:
    """What must be known beside a file, then its name."""
    for line in (*(() if quiet else (note.say(lang) for note in notes)), str(out)):
        speak.print(line, markup=False)


def show_folder(folder: Path, lang: Lang, *, quiet: bool) -> None:
    """Where the result lies, and what is in it."""
    head = "报告已生成：" if lang == "zh" else "The report lies in:"
    speak.print(str(folder) if quiet else f"{head} {folder.absolute()}")
    for path in () if quiet else sorted(folder.iterdir()):
        speak.print(f"  {path.name}{'/' if path.is_dir() else ''}")


def can_be_written(out: Path, endings: tuple[str, ...], what: str) -> None:
    """Refuse at once a file that could not be written at the end."""
    if out.is_dir():
        raise OutputError("this is a folder, not a file", where=str(out), do="name a file")
    if out.exists() and not out.is_file():
        raise OutputError("this is a device or a pipe, not a file", where=str(out), do="name a file")
    if out.suffix.lower() not in endings:
        raise SpecError(f"{out.name}: {what} is not written as '{out.suffix}'", do=f"use one of {', '.join(endings)}")
    if not out.absolute().parent.is_dir():
        raise OutputError("the folder to write into is not there", where=str(out.parent), do="make it, or name another")


@contextmanager
def one_file(out: Path | None, *inputs: Path) -> Iterator[Callable[[], None]]:
    """A file to be written by this run alone, apart from what it reads; what is given refuses inputs that were changed since."""
    if out is None:
        yield lambda: None
        return
    from evalkit.study.claim import claimed

    with claimed(out, inputs=inputs, room=SMALL) as unchanged:
        yield unchanged


@contextmanager
def progress(lang: Lang, *, quiet: bool) -> Iterator[Callable[[str], None]]:
    """A line that says which stage runs, on a terminal; nothing when quiet or when output goes to a file."""
    if quiet or not complain.is_terminal:
        yield lambda stage: None
        return
    with complain.status("…") as status:

        def tell(stage: str) -> None:
            status.update(STAGES[stage].say(lang) + " …")

        yield tell
